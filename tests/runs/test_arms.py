"""Arms meet the same patients: what is equal is equal to the last bit, and what differs differs by what was changed."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import simulation.runs.replicate as replicating
from simulation.api import Result, compare, run
from simulation.config import load
from simulation.department.vocabulary import Pathway, ShareOfTime
from simulation.engine.plan import bind
from simulation.engine.rows import EndRow
from simulation.measures.measuring import measure
from simulation.records.schema import IN_BUILDING
from simulation.report.screen import print_result
from simulation.runs.replicate import replicate
from simulation.study.simulate import Simulated, draws_alike, simulate_arm
from simulation.study.study import ReadyArm, RunLength, Study
from tests.measures.audit import audit

from .conftest import SHORT

TWINS = """
name: twins
question: Does a nurse differ from a nurse?
baseline: nurse
sham: other
arms:
  nurse: {label: A nurse, triage: nurse}
  twin: {label: The same nurse, triage: nurse}
  other: {label: A sham, triage: sham}
primary:
  - {measure: wait_to_clinician_mean, label: Wait, minimal_important_difference: 5, evidence: assumed, source: test}
"""
ARMS = ("nurse", "one_more_triage_nurse", "two_more_beds", "sham", "ai_as_claimed")
"""The baseline, every change to the department, and a policy of each kind."""


HALF = ShareOfTime(
    kind="share", share=0.5, mean_down_minutes=240, evidence="assumed", source="made for a test"
)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("configs")
    (folder / "study").mkdir()
    (folder / "study" / "twins.yaml").write_text(TWINS, encoding="utf-8")
    return compare(load("study=twins", *SHORT, config_dir=folder))


@pytest.fixture(scope="module", params=ARMS)
def simulated(request: pytest.FixtureRequest, study: Study) -> Simulated:
    return simulate_arm(
        study.arm(request.param), study.run, "compiled", 0, cool_down_days=study.run.cool_down_days
    )


def test_an_arm_equal_to_the_baseline_differs_by_exactly_nothing_in_every_measure(
    twins: Result,
) -> None:
    rows = [row for row in twins.comparisons if row.arm == "twin" and row.n_replications]
    assert len(rows) > 50
    assert all(row.difference == 0 for row in rows if not np.isnan(row.mean))
    several = [
        row for row in rows if row.n_replications > 1
    ]  # few get worse: a group may have some in one only
    several = [row for row in several if not row.short]  # handovers have no interval in so few days
    assert all(
        row.difference_low == row.difference_high == 0 for row in several if not np.isnan(row.mean)
    )
    shares = twins.arm("twin").shares
    assert shares is not None
    assert (shares.better, shares.worse) == (0, 0)


def test_only_the_arm_equal_to_the_baseline_is_called_identical(twins: Result) -> None:
    assert twins.identical == ("twin",)


def test_the_label_identical_can_be_read_from_the_screen(
    twins: Result, capsys: pytest.CaptureFixture[str]
) -> None:
    print_result(twins)
    line = next(line for line in capsys.readouterr().out.splitlines() if "The same nurse" in line)
    assert "identical" in line


def test_extra_beds_and_staff_of_an_arm_change_no_draw(study: Study) -> None:
    days = {"cool_down_days": study.run.cool_down_days}
    drawn = [
        simulate_arm(study.arm(name), study.run, "compiled", 0, **days).draws
        for name in ("nurse", "two_more_beds", "one_more_triage_nurse")
    ]
    for other in drawn[1:]:
        assert np.array_equal(drawn[0].arrived_at, other.arrived_at)
        assert np.array_equal(drawn[0].number, other.number)
        assert np.array_equal(drawn[0].patience, other.patience)
        for name, codes in drawn[0].attributes.items():
            assert np.array_equal(codes, other.attributes[name]), name
        for name, minutes in drawn[0].minutes.items():
            assert np.array_equal(minutes, other.minutes[name]), name


def test_no_arm_breaks_conservation_causality_capacity_priority_or_leaves_somebody_idle(
    simulated: Simulated,
) -> None:
    found = audit(
        simulated.plan,
        simulated.activities,
        patients=simulated.patients,
        columns=bind(simulated.plan, simulated.draws),
        changes=simulated.run.changes,
        notices=simulated.run.notices,
    )
    assert set(found.checked) == {
        "conservation",
        "causality",
        "route",
        "capacity",
        "priority",
        "idle",
    }
    assert found.passed, str(found)


def test_patients_in_out_and_in_the_building_balance_to_nobody(simulated: Simulated) -> None:
    patients = simulated.patients
    at_horizon = patients.where("outcome", IN_BUILDING)
    n_ended = (~at_horizon).sum()
    ends = [number for number, row in enumerate(simulated.plan.rows) if isinstance(row, EndRow)]
    activities = simulated.activities
    reached = np.isin(activities["step"], ends) & np.isin(
        activities["patient"], patients["patient"]
    )
    assert len(patients) - reached.sum() - at_horizon.sum() == 0
    assert n_ended == reached.sum() > 1000


@pytest.mark.slow
def test_both_engines_give_the_same_measures(study: Study) -> None:
    arms = tuple(study.arm(name) for name in ("nurse", "ai_as_claimed"))
    short = replace(study, arms=arms, run=replace(study.run, replications=1))
    compiled, reference = (
        compare(replace(short, engine_asked=engine)) for engine in ("compiled", "reference")
    )
    assert [each.total("n_activities") for each in compiled.replications] == [
        each.total("n_activities") for each in reference.replications
    ]
    for arm in arms:
        ours, theirs = compiled.measures[arm.name][0], reference.measures[arm.name][0]
        assert ours.names == theirs.names
        assert np.array_equal(ours.values, theirs.values, equal_nan=True), arm.name


def test_run_is_the_baselines_department_under_the_policy_of_the_group_triage() -> None:
    study = load(*SHORT, "run.replications=1", "triage=lean_triage")
    result = run(study)
    assert [arm.name for arm in result.study.arms] == ["lean_triage"]
    claimed = simulate_arm(
        study.arm("lean_triage"), study.run, "compiled", 0, cool_down_days=study.run.cool_down_days
    )
    assert result.patients()["seen_at"].equals(claimed.patients.frame()["seen_at"])


def test_run_without_a_policy_is_the_baseline(study: Study, result: Result) -> None:
    alone = run(study)
    assert [arm.name for arm in alone.study.arms] == ["nurse"]
    for ours, theirs in zip(alone.measures["nurse"], result.measures["nurse"], strict=True):
        assert np.array_equal(ours.values, theirs.values, equal_nan=True)


def test_a_replication_simulated_again_has_the_same_patients(result: Result) -> None:
    kept = result.measures["lean_triage"][1]
    again = result.simulated("lean_triage", 1)
    of_patients = measure(again.patients, window=result.study.run.window)
    of_those = kept.values[: len(of_patients.names)]  # what says which resource binds follows
    assert np.array_equal(of_patients.values, of_those, equal_nan=True)


def test_an_arm_that_is_alone_has_no_findings(
    ward: Callable[..., Pathway], study_of: Callable[..., Study]
) -> None:
    assert compare(study_of(ward(minutes=30))).findings == ()


def test_arms_whose_outages_differ_share_their_patients_and_have_their_own_outages(
    study: Study,
) -> None:
    """One replication of two arms brings what each brings alone, and the patients are drawn once."""
    arm = study.arm("ai_as_claimed")
    failing = replace(arm.pathway, outages={**arm.pathway.outages, "triage_tool": HALF})
    assert draws_alike(arm.pathway, failing)
    down = replace(arm, name="down", pathway=failing)
    length = replace(study.run, warm_up_days=0, measured_days=5, cool_down_days=1, doublings=0)
    together, alone = (
        replicate(_of(study, arms, length), 1).arms["down"] for arms in ((arm, down), (down,))
    )
    assert together.measures.value("wait_to_clinician_mean") == alone.measures.value(
        "wait_to_clinician_mean"
    )
    plain = replicate(_of(study, (arm,), length), 1)
    assert plain.arms[arm.name].measures.value("wait_to_clinician_mean") != alone.measures.value(
        "wait_to_clinician_mean"
    )


def _of(study: Study, arms: tuple[ReadyArm, ...], length: RunLength) -> Study:
    """Only these arms, the first of them the baseline."""
    design = replace(
        study.design, baseline=arms[0].name, arms={arm.name: arm.arm for arm in arms}, sham=None
    )
    return replace(study, arms=arms, design=design, run=length)


def test_the_engine_is_timed_in_processor_time(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that does something else meanwhile makes no engine slower."""
    runs = replicating.simulate_draws

    def waiting(*args: Any, **options: Any) -> Any:
        time.sleep(0.5)
        return runs(*args, **options)

    monkeypatch.setattr(replicating, "simulate_draws", waiting)
    (replication,) = compare(
        replace(study.only(), run=replace(study.run, replications=1))
    ).replications
    assert 0 < replication.engine_seconds < 0.5
