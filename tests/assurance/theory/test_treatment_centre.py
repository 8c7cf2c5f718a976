"""The published treatment centre: its figures come out, its faults are what we say they are, its arms share patients.

Statistical tests compare within three standard errors with a fixed seed: a right engine fails 0.27 % of figures.
`aeflow validate` does the same with 1,000 clinic days; here 300 keep it within seconds.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from simulation.assurance.theory import treatment_centre
from simulation.assurance.theory.treatment_centre import (
    CLOSES,
    MINUTES_OPEN,
    OPENS,
    SAME_STARTS,
    STUDY,
    ModelRow,
    SimulatedCentre,
    as_text,
    expected_failures,
    hourly_rates,
    measured,
    people,
    published,
    shipped_arrivals_expected,
    shipped_gaps,
    simulate,
    simulated,
    starts,
    treatment_centre_rows,
)
from simulation.config import load
from simulation.engine.choose import ENGINES, EngineName
from simulation.errors import ResultsError
from simulation.patients import Draws
from simulation.study.department_warnings import overload_faults
from simulation.study.study import ReadyArm
from simulation.units import HOUR, TICKS_PER_MINUTE, WEEK
from tests.held import Hold

CLINIC_DAYS = 300
SEED = 2013
MEASURES = 16
"""Figures of the original's summary of a run."""


@pytest.fixture(scope="module")
def arms() -> dict[str, ReadyArm]:
    return {arm.name: arm for arm in load(STUDY).arms}


@pytest.fixture(scope="module")
def rows() -> Iterator[list[ModelRow]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(treatment_centre, "CLINIC_DAYS", CLINIC_DAYS)
        yield treatment_centre_rows()


@pytest.fixture(scope="module")
def runs(arms: dict[str, ReadyArm]) -> dict[str, SimulatedCentre]:
    return simulate(list(arms.values()), "correct", engine="compiled", clinic_days=20, seed=SEED)


# --- the department ------------------------------------------------------------------------------------------------


def test_choosing_the_study_chooses_everything_that_belongs_to_it() -> None:
    study = load(STUDY)
    assert {arm.pathway.name for arm in study.arms} == {"treatment_centre"}
    assert study.alone.policy.name == "nurse"
    assert study.resolved["calibration"] == {}
    assert overload_faults(study) == ()


def test_what_the_command_line_says_wins_over_what_the_study_chooses() -> None:
    changed = load(STUDY, "site.pools.triage_bays.capacity=5")
    assert changed.baseline.pathway.pools["triage_bays"].capacity == 5


def test_lognormal_minutes_have_the_published_variance(arms: dict[str, ReadyArm]) -> None:
    for name, mean, variance in (
        ("registration", 5, 2),
        ("treatment", 13.3, 2),
        ("trauma_treatment", 30, 4),
    ):
        duration = arms["base"].pathway.durations[name]
        assert duration.kind == "lognormal"
        assert duration.mean == mean
        assert mean**2 * math.expm1(duration.log_sd**2) == pytest.approx(variance, rel=1e-5)


# --- side by side --------------------------------------------------------------------------------------------------


def test_every_distinct_figure_of_the_original_is_stated_once(arms: dict[str, ReadyArm]) -> None:
    stated = [(each.arrivals, each.arm, each.measure) for each in published()]
    assert len(stated) == len(set(stated))
    assert {arm for _, arm, _ in stated} == set(arms)
    for kind in ("shipped", "correct"):
        assert sum(each[:2] == (kind, "base") for each in stated) == MEASURES
    assert all(0 < each.standard_error < each.mean for each in published())


def test_every_figure_is_within_three_standard_errors_of_the_original(rows: list[ModelRow]) -> None:
    assert len(rows) > len(published())
    failed = [
        f"{row.group}, {row.name}: {row.expected:.3f} expected, {row.found:.3f} found, z {row.z:.1f}"
        for row in rows
        if not row.passed
    ]
    assert not failed, failed


def test_figures_are_not_matched_by_wide_errors(rows: list[ModelRow]) -> None:
    """With standard errors of a few per cent (at worst, the wait for trauma treatment, 6 %) a pass says something."""
    errors = [row.standard_error / row.expected for row in rows if row.expected]
    assert max(errors) < 0.08
    assert np.median(errors) < 0.01


def test_right_arrivals_do_not_give_the_shipped_figures(arms: dict[str, ReadyArm]) -> None:
    """The comparison can tell a department with 1 % more patients from one without."""
    base = simulate([arms["base"]], "correct", engine="compiled", clinic_days=1000, seed=SEED)[
        "base"
    ]
    throughput = measured(base)["throughput"]
    shipped = next(
        each for each in published() if (each.arm, each.measure) == ("base", "throughput")
    )
    error = math.hypot(throughput.std(ddof=1) / math.sqrt(len(throughput)), shipped.standard_error)
    assert (throughput.mean() - shipped.mean) / error > 3


def test_one_arm_does_not_pass_for_another(arms: dict[str, ReadyArm], rows: list[ModelRow]) -> None:
    """What is called 'swap' there is really a triage bay more and an examination room less."""
    swap = replace(arms["base"].pathway.pools["treatment_cubicles"], extra=1)
    less = replace(arms["base"].pathway.pools["examination_rooms"], extra=-1)
    pools = {**arms["base"].pathway.pools, "treatment_cubicles": swap, "examination_rooms": less}
    as_named = replace(arms["base"], pathway=replace(arms["base"].pathway, pools=pools))
    found = measured(
        simulate([as_named], "shipped", engine="compiled", clinic_days=50, seed=SEED)["base"]
    )
    row = next(row for row in rows if row.name == "swap_exam_treat, treatment wait")
    assert row.passed
    assert np.mean(found["treatment_wait"]) < row.expected - 20


def test_a_row_without_spread_passes_only_if_it_is_equal() -> None:
    equal = ModelRow("group", "name", "starts", 0.0, 0.0, 0.0, "made for a test")
    assert equal.passed
    assert equal.z == 0
    assert not replace(equal, found=1.0).passed
    assert not replace(equal, found=math.nan).passed


def test_what_is_printed_says_what_failed_and_how_many_passed(
    rows: list[ModelRow], hold: Hold
) -> None:
    *_, output = as_text(rows).split("\n")
    assert output.startswith(f"{len(rows)} of {len(rows)} treatment-centre rows pass")
    lines = as_text(
        [rows[0], replace(rows[0], found=rows[0].expected + 4 * rows[0].standard_error)]
    ).split("\n")
    assert [line.split()[0] for line in lines[2:4]] == ["PASS", "FAIL"]
    hold(lines[-1], "1 of 2 treatment-centre rows pass")


def test_the_false_alarms_to_expect_are_said_and_rows_that_must_be_equal_raise_none(
    hold: Hold,
) -> None:
    one = ModelRow("made up", "wait", "minutes", 10.0, 10.0, 1.0, "made up")
    assert expected_failures([one] * 100 + [replace(one, standard_error=0.0)]) == pytest.approx(
        0.26998, abs=1e-5
    )
    hold(as_text([one] * 100).split("\n")[-1], "more at 24% of seeds")


# --- the same patients ---------------------------------------------------------------------------------------------


def test_a_change_downstream_leaves_every_start_upstream_at_its_tick(
    runs: dict[str, SimulatedCentre],
) -> None:
    for arm, (like, steps) in SAME_STARTS.items():
        for step in steps:
            assert np.array_equal(starts(runs[arm], step), starts(runs[like], step)), (arm, step)


def test_a_change_is_felt_where_it_is_made(runs: dict[str, SimulatedCentre]) -> None:
    for arm, step in (
        ("triage_plus_1", "triage"),
        ("triage_plus_1", "stabilisation"),
        ("exam_plus_1", "examination"),
        ("treat_plus_1", "treatment"),
    ):
        assert not np.array_equal(starts(runs[arm], step), starts(runs["base"], step)), (arm, step)


def test_waits_upstream_are_equal_to_the_last_digit(runs: dict[str, SimulatedCentre]) -> None:
    figures = {name: measured(run) for name, run in runs.items()}
    for arm in ("exam_plus_1", "treat_plus_1"):
        for figure in (
            "arrivals",
            "triage_wait",
            "registration_wait",
            "stabilisation_wait",
            "trauma_total",
        ):
            assert np.array_equal(figures[arm][figure], figures["base"][figure])
    assert np.array_equal(
        figures["treat_plus_1"]["examination_wait"], figures["base"]["examination_wait"]
    )
    assert (
        figures["treat_plus_1"]["treatment_wait"].mean() < figures["base"]["treatment_wait"].mean()
    )


# --- the original's faults -----------------------------------------------------------------------------------------


def literal_loop(rates: np.ndarray, days: int, seed: int) -> np.ndarray:
    """Counts by hour from the loop as it is written there: candidates at the highest rate, kept by a held rate."""
    chance = np.random.default_rng(seed)
    counts = np.zeros((days, 19))
    highest = rates.max()
    for day in range(days):
        now = 0.0
        while True:
            held = rates[int(now // 60) % len(rates)]
            now += chance.exponential(60 / highest)
            while chance.random() >= held / highest:
                now += chance.exponential(60 / highest)
            if now >= MINUTES_OPEN:
                break
            counts[day, int(now // 60)] += 1
    return counts


def by_hour(draws: Draws, days: int) -> np.ndarray:
    """Arrivals by clinic day and hour after opening; whoever rounds to the tick of closing came in the last hour."""
    counts = np.zeros((days, 19))
    hour = np.minimum((draws.arrived_at % WEEK - OPENS) // HOUR, 18)
    np.add.at(counts, (draws.arrived_at // WEEK, hour), 1)
    return counts


def assert_alike(found: np.ndarray, expected: np.ndarray, error: np.ndarray) -> None:
    assert np.all(np.abs(found - expected) < 4 * error)


@pytest.mark.slow
def test_the_shipped_loop_is_gaps_at_the_rate_of_the_last_patients_hour(
    arms: dict[str, ReadyArm],
) -> None:
    """Hour by hour within four standard errors: 19 comparisons, false alarm 0.1 %."""
    pathway = arms["base"].pathway
    literal = literal_loop(hourly_rates(pathway), 400, seed=SEED)
    ours = by_hour(people(pathway, "shipped", clinic_days=1000, seed=SEED), 1000)
    error = np.sqrt(
        literal.var(axis=0, ddof=1) / len(literal) + ours.var(axis=0, ddof=1) / len(ours)
    )
    assert_alike(ours.mean(axis=0), literal.mean(axis=0), error)


def test_how_many_the_shipped_loop_lets_in_is_known_exactly() -> None:
    """Two hours at rates 2 and 6: P(nobody in the first) e^-2, then 2 is held until the first patient."""
    none_yet = math.exp(-2)
    held = (
        1 - none_yet
    )  # 2 is held at the start of the second hour whoever came last; it ends with this probability
    assert shipped_arrivals_expected(np.array([2.0, 6.0]), 2) == pytest.approx(
        2 + held + 6 * (1 - held / 2)
    )


def test_a_constant_rate_is_not_changed_by_the_shipped_loop() -> None:
    assert shipped_arrivals_expected(np.full(18, 5.0), 19) == pytest.approx(95)


def test_the_shipped_loop_loses_patients_and_the_nineteenth_hour_nearly_gives_them_back(
    arms: dict[str, ReadyArm],
) -> None:
    rates = hourly_rates(arms["base"].pathway)
    assert rates.sum() == pytest.approx(227.1333, abs=1e-4)
    assert shipped_arrivals_expected(rates, 18) == pytest.approx(224.4945, abs=1e-3)
    assert shipped_arrivals_expected(rates, 19) == pytest.approx(226.7547, abs=1e-3)


def test_arrivals_as_its_rates_say_come_hour_by_hour(arms: dict[str, ReadyArm]) -> None:
    """Poisson counts within four standard errors; the nineteenth hour has the rate of the first."""
    pathway = arms["base"].pathway
    rates = np.append(hourly_rates(pathway), hourly_rates(pathway)[0])
    ours = by_hour(people(pathway, "correct", clinic_days=1000, seed=SEED), 1000)
    assert_alike(ours.mean(axis=0), rates, np.sqrt(rates / 1000))


def test_gaps_add_up_within_a_day() -> None:
    share = np.full((1, 3), 1 - math.exp(-1))  # each gap is one mean
    assert shipped_gaps(share, np.array([1.0, 6.0])) == pytest.approx(
        np.array([[60.0, 70.0, 80.0]])
    )


# --- its measures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_figures_are_those_of_the_original_by_its_definitions(
    arms: dict[str, ReadyArm], engine: EngineName
) -> None:
    """Patient by patient: who began, or left, before closing."""
    n_days = 2
    run = simulate([arms["base"]], "correct", engine=engine, clinic_days=n_days, seed=SEED)["base"]
    expected = by_hand(run)
    for name, values in measured(run).items():
        assert values == pytest.approx([expected[name, day] for day in range(n_days)], abs=1e-9), (
            name
        )


def by_hand(run: SimulatedCentre) -> dict[tuple[str, int], float]:
    activities, draws = run.activities, run.draws
    waits: dict[tuple[str, int], list[float]] = defaultdict(list)
    for patient, step, joined, started, ended in zip(
        activities.patient,
        activities.step,
        activities.joined_at,
        activities.started_at,
        activities.ended_at,
        strict=True,
    ):
        day = int(draws.arrived_at[patient] // WEEK)
        closes = day * WEEK + CLOSES
        name = run.plan.nodes[step]
        if name == "home" and joined < closes:
            kind = ("trauma", "non_trauma")[draws.attributes["patient_type"][patient]]
            waits[f"{kind}_total", day].append(
                (joined - draws.arrived_at[patient]) / TICKS_PER_MINUTE
            )
        elif name in run.pathway.steps and started < closes:
            waits[f"{name}_wait", day].append((started - joined) / TICKS_PER_MINUTE)
            waits[f"{name}_busy", day].append((ended - started) / TICKS_PER_MINUTE)
    found = {each: float(np.mean(values)) for each, values in waits.items()}
    for day in range(run.clinic_days):
        found["arrivals", day] = int((draws.arrived_at // WEEK == day).sum())
        found["throughput", day] = len(waits["trauma_total", day]) + len(
            waits["non_trauma_total", day]
        )
        for name, units in (
            ("triage", 1),
            ("registration", 1),
            ("examination", 3),
            ("treatment", 1),
            ("stabilisation", 2),
            ("trauma_treatment", 1),
        ):
            found[f"{name}_utilisation", day] = sum(waits[f"{name}_busy", day]) / (1140 * units)
    return found


def test_some_are_still_there_at_closing_so_that_the_definitions_matter(
    runs: dict[str, SimulatedCentre],
) -> None:
    figures = measured(runs["base"])
    assert (figures["throughput"] < figures["arrivals"] - 20).all()


def test_days_that_run_into_one_another_are_refused(arms: dict[str, ReadyArm], hold: Hold) -> None:
    base = arms["base"]
    slow = replace(base.pathway.durations["examination"], scale=20.0)
    pathway = replace(base.pathway, durations={**base.pathway.durations, "examination": slow})
    arm = replace(base, pathway=pathway)
    with hold.refusal(ResultsError, match="clinic day begins"):
        simulated(
            arm,
            people(pathway, "correct", clinic_days=2, seed=SEED),
            engine="compiled",
            clinic_days=2,
        )
