"""Queues with a closed form: what theory says, and that every engine gives it.

Statistical rows pass within three standard errors over 20 replications (Student's t with 19 degrees of freedom): a
right engine fails 0.7 % of rows by chance; with 12 replications 1.2 %. Seeds are fixed, so no test fails now and then.
The compiled engine runs long; the reference, forty times slower, less long with a larger standard error, stated in
`AIMED_AT`. That both do the same to the last tick is the parity tests' business.
"""

import math

import numpy as np
import pytest

from simulation.engine.choose import EngineName
from simulation.validation import theory
from simulation.validation._stations import Length, first_come, labeller, station, waited
from simulation.validation.theory import Effort, TheoryRow, theory_rows

REPLICATIONS = {"compiled": 20, "reference": 12}
AIMED_AT = {  # relative standard error of everybody's mean wait: compiled, reference
    "equal_service": (0.011, 0.05),
    "label_errors": (0.015, 0.08),
    "several_clinicians": (0.02, 0.08),
    "patience": (0.01, 0.03),
    "triage": (0.03, 0.06),
}


def rows_of(engine: EngineName, group: str) -> dict[str, TheoryRow]:
    found = theory_rows(engine, groups=(group,), error=aimed_at(engine, group), replications=REPLICATIONS[engine])
    return {row.name: row for row in found}


def aimed_at(engine: EngineName, group: str) -> float:
    return AIMED_AT[group][engine == "reference"]


def assert_theory(rows: dict[str, TheoryRow]) -> None:
    failed = [
        f"{row.name}: {row.expected:.3f} expected, {row.found:.3f} found, z {row.z:.1f}"
        for row in rows.values()
        if not row.passed
    ]
    assert not failed, failed


# --- closed forms ----------------------------------------------------------------------------------------------------


def test_one_server_waits_as_erlang_pollaczek_and_cobham_agree() -> None:
    expected = 0.6 / (1 - 0.6) * 10
    assert theory.mmc_wait(0.06, 10, servers=1) == pytest.approx(expected)
    assert theory.pollaczek_khinchine(0.06, 10, cv=1) == pytest.approx(expected)
    assert theory.allen_cunneen(0.06, 10, cv=1, servers=1) == pytest.approx(expected)
    assert theory.cobham([0.06], [10], [200])[0] == pytest.approx(expected)


def test_erlang_c_is_the_textbooks() -> None:
    """Two servers at load a: C = a^2 / (2 + a) x ... = 2 r^2 / (1 + r) with r = a / 2."""
    for load in (0.1, 0.5, 0.9):
        assert theory.erlang_c(2, 2 * load) == pytest.approx(2 * load**2 / (1 + load))
    assert theory.erlang_c(3, 3.0) == 1.0


def test_no_steady_state_is_an_infinite_wait() -> None:
    assert theory.mmc_wait(0.2, 10, servers=2) == math.inf
    assert theory.pollaczek_khinchine(0.1, 10, cv=0) == math.inf
    waits = theory.cobham([0.05, 0.06], [10, 10], [200, 200])
    assert np.isfinite(waits[0])
    assert waits[1] == math.inf


def test_constant_service_halves_the_wait() -> None:
    assert theory.pollaczek_khinchine(0.06, 10, cv=0) == pytest.approx(theory.mmc_wait(0.06, 10, servers=1) / 2)


def test_equal_services_share_one_mean_wait_whatever_the_priority() -> None:
    rates = np.array([0.02, 0.05, 0.05])
    waits = theory.priority_mmc(rates, 20, servers=3)
    assert (np.diff(waits) > 0).all()
    assert np.average(waits, weights=rates) == pytest.approx(theory.mmc_wait(0.12, 20, servers=3))


def test_labels_do_not_move_the_work_weighted_mean_wait() -> None:
    means = np.array(theory.SERVICE_MEANS)
    per_minute = 0.85 / np.dot(theory.MIX, means)
    first_in_first_out = per_minute * np.dot(theory.MIX, 2 * means**2) / 2 / (1 - 0.85)
    for labels in (theory.nurse_labels(), theory.perfect_labels(), theory.random_labels()):
        assert theory.label_error_waits(labels).work_mean == pytest.approx(first_in_first_out)


def test_perfect_triage_lengthens_the_patients_mean_wait_where_the_sick_take_longer() -> None:
    nurse = theory.label_error_waits(theory.nurse_labels())
    perfect = theory.label_error_waits(theory.perfect_labels())
    assert nurse.patient_mean == pytest.approx(164.0, abs=0.1)
    assert perfect.patient_mean == pytest.approx(172.7, abs=0.1)
    assert nurse.work_mean == pytest.approx(127.9, abs=0.1)
    assert perfect.work_mean == pytest.approx(127.9, abs=0.1)


def test_endless_patience_is_no_leaving_and_none_is_erlang_b() -> None:
    assert theory.erlang_a(0.08, 20, patience_mean=1e9, servers=2) == pytest.approx(0, abs=1e-6)
    load = 1.6
    blocked = (load**2 / 2) / (1 + load + load**2 / 2)
    assert theory.erlang_a(0.08, 20, patience_mean=1e-9, servers=2) == pytest.approx(blocked)


PRINTED = {
    (8, 1): (10.6, 7.3, 1.5),
    (10, 1): (42.2, 18.7, 2.3),
    (12, 2): (1.7, 1.2, 0.2),
    (15, 2): (3.4, 2.3, 0.4),
    (18, 2): (8.2, 4.7, 0.6),
    (18, 3): (0.8, 0.6, 0.1),
}


@pytest.mark.parametrize("station", PRINTED)
def test_the_table_of_what_27_seconds_are_worth_is_allen_cunneen(station: tuple[int, int]) -> None:
    waits = [theory.triage_wait(*station, minutes) for minutes in theory.TRIAGE_MINUTES.values()]
    assert waits == pytest.approx(PRINTED[station], abs=0.0501)


def test_the_triage_only_department_has_the_tables_spread() -> None:
    triage = theory.triage_only(per_hour=8, nurses=1, minutes=5.5).durations["triage"]
    assert triage.kind == "lognormal"
    assert math.sqrt(math.exp(triage.log_sd**2) - 1) == pytest.approx(theory.CV, abs=1e-4)


# --- every engine ----------------------------------------------------------------------------------------------------


def test_label_accuracy_does_not_move_the_mean_wait_where_service_is_equal(engine: EngineName) -> None:
    rows = rows_of(engine, "equal_service")
    for labels in ("nurse", "perfect", "random"):
        row = rows[f"mean wait, {labels} labels"]
        assert row.expected == pytest.approx(15.0)
        assert row.relative_error <= {"compiled": 0.01, "reference": 0.04}[engine]
    assert_theory(rows)


def test_the_sick_taking_longer_makes_perfect_triage_wait_longer_as_cobham_says(engine: EngineName) -> None:
    rows = rows_of(engine, "label_errors")
    for row in rows.values():
        assert row.relative_error <= {"compiled": 0.02, "reference": 0.1}[engine], row
    assert_theory(rows)
    assert rows["mean wait of a patient, perfect labels"].found > rows["mean wait of a patient, nurse labels"].found


def test_several_clinicians_serve_as_erlang_c_and_by_priority(engine: EngineName) -> None:
    assert_theory(rows_of(engine, "several_clinicians"))


def test_people_leave_as_erlang_a_says(engine: EngineName) -> None:
    assert_theory(rows_of(engine, "patience"))


@pytest.mark.parametrize("nurses", [1, 2, 3])
def test_triage_alone_waits_as_the_table_says(engine: EngineName, nurses: int) -> None:
    """One nurse: exact. More: within 6 % or half a printed digit. The reference skips the two longest stations."""
    stations = [station for station in theory.TRIAGE_STATIONS if station[1] == nurses]
    if engine == "reference":
        stations = [station for station in stations if station not in ((10, 1), (12, 2), (18, 2))]
    effort = Effort(engine, aimed_at(engine, "triage"), REPLICATIONS[engine], seed=27)
    rows = theory.triage_rows(effort, stations=stations)
    assert max(row.relative_error for row in rows) <= {"compiled": 0.045, "reference": 0.09}[engine]
    assert_theory({row.name: row for row in rows})


BRIEF = Length(replications=1, warm_up_days=0, measured_days=12, run_out_days=12)


def test_no_order_of_service_changes_the_work_weighted_wait_to_the_last_tick(engine: EngineName) -> None:
    """Exact, not statistical: one server, the same patients, everybody served. No tolerance, no false alarms."""
    mean = float(np.dot(theory.MIX, theory.SERVICE_MEANS))
    pathway = station(per_minute=0.85 / mean, shares=theory.MIX, service_means=theory.SERVICE_MEANS)
    policies = [
        labeller(name, labels)
        for name, labels in (
            ("nurse", theory.nurse_labels()),
            ("perfect", theory.perfect_labels()),
            ("random", theory.random_labels()),
        )
    ]
    by_label = waited(pathway, policies, engine=engine, length=BRIEF, seed=3, replication=0, closes=True)
    (in_turn,) = waited(
        first_come(pathway), policies[:1], engine=engine, length=BRIEF, seed=3, replication=0, closes=True
    )
    totals = {int(each.wait @ each.service) for each in (*by_label, in_turn)}
    assert len(totals) == 1
    assert len({int(each.wait.sum()) for each in by_label}) == len(by_label)  # while the patients' mean moves


def test_a_patient_with_a_more_urgent_label_waits_less_and_accuracy_is_not_asked(engine: EngineName) -> None:
    pathway = station(per_minute=0.08, shares=theory.EQUAL_SHARES, service_means=[10.0] * 5)
    policy = labeller("random", theory.random_labels())
    (found,) = waited(pathway, [policy], engine=engine, length=BRIEF, seed=5, replication=0)
    waits = [found.mean_of_label(label) for label in range(5)]
    assert waits == sorted(waits)
