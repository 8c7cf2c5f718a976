"""A study's levers become arms that do what the levers say, all together the full policy; and what they come to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.api import Result, compare
from simulation.config import load
from simulation.errors import ConfigError
from simulation.questions.ablation import (
    beyond,
    busy_parts,
    coalitions,
    decomposition_of,
    label_of,
    with_combinations,
)
from simulation.statistics.intervals import Interval, estimate_interval
from simulation.study.design import Arm, Design, Lever, Target
from tests.held import Hold
from tests.made_up import result_of

from .conftest import SHORT, study_of

Own = Callable[..., Path]
ACCURACY = "accuracy: {label: labels, takes: [ai, role, covers.labels]}"
MORE = "more: {label: a nurse, changes: {staffing.triage_nurses.extra: 1}}"
TIME = "time: {label: time, takes: [minutes, covers.minutes]}"
TARGET = Target(
    measure="wait_to_clinician_mean",
    label="Wait",
    minimal_important_difference=5,
    evidence="assumed",
    source="test",
)


def design_of(*levers: str) -> Design:
    return Design(
        name="made",
        question="Which?",
        baseline="nurse",
        arms={"nurse": Arm(label="A nurse", triage="nurse")},
        primary=(TARGET,),
        levers={name: Lever(label=name, changes={f"calibration.{name}": 1}) for name in levers},
    )


@pytest.fixture(scope="module")
def with_idle(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Every combination of what the vendor claims and a lever that changes nothing, and the vendor's policy itself."""
    idle = "idle: {label: idle, changes: {staffing.triage_nurses.extra: 0}}"
    claimed = "  claimed: {label: As claimed, triage: ai_as_claimed}"
    folder = study_of(tmp_path_factory.mktemp("idle"), ACCURACY, TIME, idle, arms=claimed)
    return compare(load("study=own", *SHORT, "run.replications=1", config_dir=folder))


def refused(folder: Path) -> str:
    with pytest.raises(ConfigError) as error:
        load("study=own", config_dir=folder)
    return str(error.value)


# --- from levers to arms -------------------------------------------------------------------------------------


def test_two_levers_become_three_arms_beside_those_that_are_stated() -> None:
    study = load("study=claim")
    assert [arm.name for arm in study.arms] == [
        "nurse",
        "sham",
        "accuracy",
        "time",
        "accuracy+time",
    ]
    assert {arm.name: arm.arm.levers for arm in study.arms}["accuracy+time"] == ("accuracy", "time")


def test_a_lever_takes_its_part_of_the_full_policy_and_nothing_else() -> None:
    study = load("study=claim")
    full, nurse = (
        load("ensemble=none", f"triage={name}").alone.policy for name in ("ai_as_claimed", "nurse")
    )
    accuracy, time, both = (
        study.arm(name).policy for name in ("accuracy", "time", "accuracy+time")
    )
    assert (accuracy.ai, accuracy.role, accuracy.minutes) == (full.ai, full.role, None)
    assert (time.ai, time.role, time.minutes) == (None, None, full.minutes)
    assert accuracy.covers is not None
    assert time.covers is not None
    assert full.covers is not None
    assert (accuracy.covers.labels, accuracy.covers.minutes) == (full.covers.labels, ())
    assert (time.covers.labels, time.covers.minutes) == (None, full.covers.minutes)
    assert accuracy.covers.source == full.covers.source
    assert accuracy.nurse == time.nurse == nurse.nurse
    assert accuracy.price_per_attendance is time.price_per_attendance is None
    assert replace(both, name=full.name) == full


def test_all_levers_together_are_the_full_policy_to_the_last_bit(with_idle: Result) -> None:
    values = {name: measures[0].values for name, measures in with_idle.measures.items()}
    for together in ("accuracy+time", "accuracy+time+idle"):
        np.testing.assert_array_equal(values[together], values["claimed"])
    for one in ("accuracy", "time"):
        assert not np.array_equal(values[one], values["nurse"], equal_nan=True)


def test_a_lever_may_change_the_department_and_the_policy_too(own: Own) -> None:
    variates = "correlation: {label: correlation, changes: {nurse.labels.correlation.value: 0.25}}"
    study = load("study=own", config_dir=own(MORE, variates, ACCURACY, TIME))
    assert len(study.arms) == 16
    for arm in study.arms:
        assert arm.pathway.pools["triage_nurses"].extra == ("more" in arm.arm.levers)
        assert arm.policy.nurse.correlation.value == (
            0.25 if "correlation" in arm.arm.levers else 0.5
        )
        assert (arm.policy.minutes is not None) == ("time" in arm.arm.levers)


def test_an_arm_may_change_a_value_of_its_policy(own: Own) -> None:
    slow = "  slow: {label: Slow, triage: ai_as_claimed, changes: {triage.minutes.seconds_saved.value: 60}}"
    policy = load("study=own", config_dir=own(ACCURACY, TIME, arms=slow)).arm("slow").policy
    claimed = load("ensemble=none", "triage=ai_as_claimed").alone.policy
    assert policy.minutes is not None
    assert claimed.minutes is not None
    assert policy.minutes.seconds_saved is not None
    assert policy.minutes.seconds_saved.value == 60
    assert claimed.minutes.seconds_saved is not None
    assert claimed.minutes.seconds_saved.value == 180
    assert policy.ai == claimed.ai


def test_an_arm_changed_beyond_the_range_of_a_value_is_refused(own: Own, hold: Hold) -> None:
    slow = "  slow: {label: Slow, triage: ai_as_claimed, changes: {triage.minutes.seconds_saved.value: 600}}"
    hold(refused(own(ACCURACY, TIME, arms=slow)), "600.0 is outside its")


@pytest.mark.parametrize(
    ("levers", "phrase"),
    [
        ((ACCURACY,), "states one lever"),
        ((ACCURACY, "time: {label: time}"), "study.levers.time: does nothing"),
        (
            (ACCURACY, "time: {label: time, takes: [minuts, covers.minutes]}"),
            "'minuts' is not",
        ),
        ((ACCURACY, "time: {label: time, takes: [minutes, covers]}"), "as 'accuracy' does"),
        ((ACCURACY, MORE), "not make up 'ai_as_claimed'"),
        ((ACCURACY, "a+b: {label: two, takes: [minutes, covers.minutes]}"), "the name holds '+'"),
        (
            (ACCURACY, "nurse: {label: time, takes: [minutes, covers.minutes]}"),
            "combination",
        ),
        (
            (ACCURACY, "time: {label: t, changes: {site.nothing.here: 1}}"),
            "study.levers.time.changes.site.nothing.here",
        ),
    ],
)
def test_a_mistake_in_a_lever_is_named(
    own: Own, levers: tuple[str, ...], phrase: str, hold: Hold
) -> None:
    hold(refused(own(*levers)), phrase)


def test_a_full_policy_that_is_not_there_is_named(own: Own) -> None:
    assert "no triage policy 'ai_as_claimd'" in refused(own(ACCURACY, TIME, full="ai_as_claimd"))


def test_a_mistake_that_every_combination_shares_is_reported_once(own: Own) -> None:
    text = refused(
        own(ACCURACY, TIME, "more: {label: more, changes: {staffing.triage_nurse.extra: 1}}")
    )
    assert text.count("there is no 'staffing.triage_nurse'") == 1


def test_eight_levers_are_run_in_every_combination_and_nine_in_those_of_sampled_orders() -> None:
    assert len(with_combinations(design_of(*"abcdefgh")).arms) == 256
    nine = design_of(*"abcdefghi")
    assert 1 + 9 + 36 + 9 + 1 < len(coalitions(nine)) < 512
    assert len(with_combinations(nine).arms) == len(coalitions(nine))


def test_a_reader_is_shown_single_levers_all_but_each_and_all() -> None:
    assert with_combinations(design_of(*"abcd")).shown == (
        "nurse", "a", "b", "c", "d", "a+b+c", "a+b+d", "a+c+d", "b+c+d", "a+b+c+d",
    )  # fmt: skip
    assert label_of(design_of(*"abcd"), frozenset("abd")) == "All but: c"


def test_a_study_chooses_some_weeks_and_the_command_line_has_the_last_word() -> None:
    weeks, year = load("study=claim"), load("study=claim", "run=standard")
    assert (weeks.run.measured_days, year.run.measured_days) == (56, 364)
    assert load("study=claim", "run.measured_days=28").run.measured_days == 28
    assert load("ensemble=none", "run=standard").run == year.run


def test_a_study_may_build_on_one_that_comes_with_aeflow(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    text = "defaults: [claim, _self_]\nname: ours\nfull: ai_label_advises\nlevers:\n"
    text += "  accuracy: {label: labels, takes: [ai, role, acceptance, covers.labels]}\n"
    text += "  time: {label: a nurse, takes: [], changes: {staffing.triage_nurses.extra: 1}}\n"
    (tmp_path / "study" / "ours.yaml").write_text(text, encoding="utf-8")
    study = load("study=ours", config_dir=tmp_path)
    assert [arm.name for arm in study.arms] == [
        "nurse",
        "sham",
        "accuracy",
        "time",
        "accuracy+time",
    ]
    assert study.arm("accuracy").policy.role == "advises"
    assert study.arm("accuracy").policy.measured_against == "physician", "goes with the AI's labels"
    assert study.arm("time").policy.measured_against is None
    assert study.run.measured_days == 56


# --- from answers to parts -----------------------------------------------------------------------------------


def test_parts_of_a_made_up_study_are_those_worked_out_by_hand() -> None:
    design = with_combinations(design_of("a", "b"))
    waits = {"nurse": 60.0, "a": 58.0, "b": 55.0, "a+b": 50.0}
    variates = np.array([0.0, 3.0])
    (found,) = decomposition_of(
        result_of(design, {arm: wait + variates for arm, wait in waits.items()})
    )
    assert found.unit == "minutes"
    assert found.parts.part("joint", "a", "b").mean == pytest.approx(-10)
    assert found.parts.part("shapley", "a").mean == pytest.approx(-3.5)
    assert found.parts.part("shapley", "b").mean == pytest.approx(-6.5)
    assert found.parts.part("interaction index", "a", "b").mean == pytest.approx(-3)


def test_parts_of_nine_levers_come_from_sampled_orders_and_add_up() -> None:
    design = with_combinations(design_of(*"abcdefghi"))
    variates = np.random.default_rng(12)
    (found,) = decomposition_of(
        result_of(design, {arm: variates.normal(60, 5, size=4) for arm in design.arms})
    )
    assert found.parts.n_orders == 2 * design.order_pairs
    shares = sum(found.parts.part("shapley", lever).mean for lever in "abcdefghi")
    assert shares == pytest.approx(found.parts.part("joint", *"abcdefghi").mean)


def test_the_parts_of_a_run_add_up_to_the_effect_that_the_comparison_reports(
    ablation: Result,
) -> None:
    for each in decomposition_of(ablation):
        row = next(
            row
            for row in ablation.comparisons
            if (row.arm, row.measure, row.group)
            == ("accuracy+time", each.target.measure, each.target.group)
        )
        joint = each.parts.part("joint", "accuracy", "time")
        assert (joint.mean, joint.low, joint.high) == pytest.approx(
            (row.difference, row.difference_low, row.difference_high)
        )
        shares = [each.parts.part("shapley", lever).mean for lever in ("accuracy", "time")]
        assert sum(shares) == pytest.approx(row.difference)


def test_a_lever_that_changes_nothing_earns_nothing_of_anything(with_idle: Result) -> None:
    (found,) = decomposition_of(with_idle)
    assert found.parts.part("shapley", "idle").mean == pytest.approx(0, abs=1e-12)
    assert found.parts.part("interaction index", "idle", "time").mean == pytest.approx(0, abs=1e-12)
    assert found.parts.part("shapley", "time").mean != 0


def test_minutes_saved_at_triage_are_earned_at_the_triage_nurses_by_the_lever_that_saves_them(
    ablation: Result,
) -> None:
    parts = dict(zip(ablation.baseline.day.pools, busy_parts(ablation), strict=True))[
        "triage_nurses"
    ]
    # 180 s of a mean of 5.5 min, for most of those who are triaged: a large part of the nurses' time.
    assert parts.part("shapley", "time").mean < -0.1
    assert abs(parts.part("shapley", "accuracy").mean) < 0.02


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [(5, 9, True), (-9, -5.5, True), (-4, 4.9, False), (3, 6, None), (np.nan, np.nan, None)],
)
def test_an_effect_is_beyond_the_important_difference_only_if_its_whole_interval_is(
    low: float, high: float, says: bool | None
) -> None:
    assert beyond(Interval((low + high) / 2, low, high, 1.0, 9), 5) is says


def test_an_effect_in_two_replications_is_neither_beyond_nor_within() -> None:
    assert beyond(estimate_interval(np.array([9.0, 9.1, 9.2])), 5) is True
    assert beyond(estimate_interval(np.array([9.0, 9.1])), 5) is None
