"""study=direction compares what it says: only the way of the errors differs, and each control has the same labels."""

from collections.abc import Sequence

import numpy as np
import pytest

from simulation.api import Result, compare
from simulation.config import load
from simulation.display.words import change, span
from simulation.errors import ConfigError
from simulation.report.findings import findings
from simulation.report.patient_groups import by_level_table, controls_table, labels_table
from simulation.statistics.coverage_effects import Shares
from simulation.study.explanation import case_mix
from simulation.study.simulate import simulate_arm
from simulation.study.study import ReadyArm, Study
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import Agreement, probabilities
from tests.held import Hold

from .conftest import SHORT


@pytest.fixture(scope="module")
def study() -> Study:
    return load("study=direction", *SHORT)


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return compare(study)


def mix_of(arm: ReadyArm) -> Sequence[float]:
    mix = case_mix(arm.pathway)
    assert mix is not None
    return mix


def said(study: Study, name: str) -> Agreement:
    arm = study.arm(name)
    return label_accuracy(arm.policy, mix_of(arm))


def sizes(study: Study, name: str) -> list[float]:
    """Shares of patients whose label is so many levels off."""
    arm = study.arm(name)
    assert arm.policy.ai is not None
    mix = np.array(mix_of(arm)) / np.sum(mix_of(arm))
    joint = mix[:, None] * probabilities(arm.policy.ai.matrix)
    off = np.abs(np.subtract.outer(np.arange(len(mix)), np.arange(len(mix))))
    return [float(joint[off == size].sum()) for size in range(len(mix))]


def test_both_directions_agree_equally_often_and_are_as_far_off(study: Study) -> None:
    assert said(study, "errs_up")["exact_share"] == pytest.approx(0.617, abs=1e-5)
    assert sizes(study, "errs_up") == pytest.approx(sizes(study, "errs_down"), abs=1e-5)
    assert sizes(study, "errs_up") == pytest.approx([0.617, 0.295, 0.088, 0, 0], abs=1e-5)


def test_one_errs_up_only_and_the_other_down_only(study: Study) -> None:
    assert said(study, "errs_up")["under_share"] == 0
    assert said(study, "errs_down")["over_share"] == 0


@pytest.mark.parametrize("name", ["errs_up", "errs_down"])
def test_a_control_gives_the_same_mix_of_labels_whoever_the_patient_is(
    study: Study, name: str
) -> None:
    control = study.arm(f"{name}_at_random").policy
    assert control.ai is not None
    rows = probabilities(control.ai.matrix)
    assert np.all(rows == rows[0])
    assert rows[0] == pytest.approx(said(study, name)["label_mix"], abs=1e-5)


def test_labels_that_are_given_come_out_as_stated_in_direction_and_mix(study: Study) -> None:
    given = {}
    for name in ("errs_up", "errs_up_at_random", "errs_down", "errs_down_at_random"):
        patients = simulate_arm(
            study.arm(name), study.run, "compiled", 0, cool_down_days=4
        ).patients
        given[name] = (patients["acuity_given"].astype(int), patients["acuity_true"].astype(int))
    assert np.all(given["errs_up"][0] <= given["errs_up"][1])
    assert np.all(given["errs_down"][0] >= given["errs_down"][1])
    for name in ("errs_up", "errs_down"):
        ours, control = (
            np.bincount(given[each][0], minlength=5) for each in (name, f"{name}_at_random")
        )
        n = ours.sum()
        # Standard error of a difference of two shares is at most sqrt(0.5 / n); five of them.
        assert np.all(np.abs(ours - control) / n < 5 * np.sqrt(0.5 / n))
    label, true = given["errs_down_at_random"]
    assert abs(np.corrcoef(label, true)[0, 1]) < 5 / np.sqrt(len(label))


@pytest.mark.slow
def test_the_report_prints_the_mixes_and_the_waits_by_true_level_against_the_sham(
    result: Result,
    hold: Hold,
) -> None:
    labels = labels_table(result)
    by_level = by_level_table(result)
    assert labels is not None
    assert by_level is not None
    by_arm = {row[0]: row[1:6] for row in labels.rows}
    assert by_arm["Labels right or too urgent"] == ("11.1", "28.3", "36.5", "22.0", "2.2")
    assert (
        by_arm["As many of each label as 'right or too urgent', at random"]
        == by_arm["Labels right or too urgent"]
    )
    hold(by_level.rows[0][0], "nurse's accuracy")
    assert len(by_level.rows) == 5
    assert all(len(row) == 6 for row in by_level.rows)
    band = result.band("wait_to_clinician_mean", "acuity_true=non_urgent")
    assert band is not None
    assert isinstance(band.shares, Shares)
    for arm in result.others:
        row = result.row(arm.name, "wait_to_clinician_mean", "acuity_true=non_urgent")
        apart = (
            row.difference_low > band.difference.high or row.difference_high < band.difference.low
        )
        cell = next(each for each in by_level.rows if each[0] == arm.label)[5]
        assert cell.endswith("*") == (apart and arm.name != "sham")


def test_an_arm_less_its_control_is_the_difference_of_their_differences_from_the_baseline(
    result: Result,
) -> None:
    assert [(arm.name, control.name) for arm, control in result.controlled()] == [
        ("errs_up", "errs_up_at_random"),
        ("errs_down", "errs_down_at_random"),
    ]
    table = controls_table(result)
    assert table is not None
    for (arm, control), row in zip(result.controlled(), table.rows, strict=True):
        ours, theirs = (result.row(each.name, "wait_to_clinician_mean") for each in (arm, control))
        apart = result.against(arm.name, control.name, "wait_to_clinician_mean")
        assert apart.mean == pytest.approx(ours.difference - theirs.difference)
        assert (
            row[1] == f"{change(apart.mean, 'minutes')} ({span(apart.low, apart.high, 'minutes')})"
        )
        assert any(each.startswith(f"'{arm.label}' less its control") for each in findings(result))


def test_a_control_that_is_not_an_arm_is_named(hold: Hold) -> None:
    with hold.refusal(ConfigError, "study.arms.errs_up.control", match="no arm 'errs_up_at_rndom'"):
        load("study=direction", "study.arms.errs_up.control=errs_up_at_rndom")
