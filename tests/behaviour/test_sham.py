"""The sham band: an AI with the nurse's accuracy and minutes and fresh errors must not look like an effect."""

import numpy as np
import pytest

import simulation as ae
from simulation.statistics.compare import compare_values

SEED = 20261124
"""Fixed before the first run of this test. False-alarm rate: 0.1 % for each of two measures."""
LEVEL = 0.999
REPLICATIONS = 50


FEW = 4
"""Replications for what is asked of labels: some 16,000 patients, whose shares are known to a percentage point."""


def sham_trial(replications: int) -> ae.Result:
    """The nurse and the sham arm alone, so many replications of two weeks."""
    drop = [
        f"~study.arms.{name}"
        for name in ae.load("ensemble=none").design.arms
        if name not in ("nurse", "sham")
    ]
    study = ae.load(
        *drop,
        f"run.seed={SEED}",
        "ensemble=none",
        f"run.replications={replications}",
        "run.warm_up_days=7",
        "run.measured_days=14",
        "run.start_week=1",  # quiet weeks: in busy ones two of the same differ by so much that the interval is wide
        "engine=compiled",
        "executor=serial",
    )
    return ae.compare(study)


@pytest.fixture(scope="module")
def trial() -> ae.Result:
    """50 replications."""
    return sham_trial(REPLICATIONS)


@pytest.fixture(scope="module")
def short_trial() -> ae.Result:
    """The first of them."""
    return sham_trial(FEW)


@pytest.mark.slow
@pytest.mark.parametrize("group", ["all", "acuity_true=1-2"])
def test_a_sham_ai_changes_neither_primary(trial: ae.Result, group: str) -> None:
    difference = compare_values(
        trial.values("sham", "wait_to_clinician_mean", group),
        trial.values("nurse", "wait_to_clinician_mean", group),
        level=LEVEL,
    )
    assert difference.n == REPLICATIONS
    assert difference.half_width < 4, (
        "too noisy to see anything: a wider interval must not pass for no effect"
    )
    assert difference.low < 0 < difference.high, (
        f"{difference.mean:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]"
    )


def test_a_sham_ai_still_makes_a_share_of_patients_better_and_worse(short_trial: ae.Result) -> None:
    shares = short_trial.arm("sham").shares
    assert shares is not None
    print(
        f"sham: {shares.better:.1%} better, {shares.worse:.1%} worse, {shares.n_paired:,} patients"
    )
    assert shares.better > 0.1
    assert shares.worse > 0.1
    assert abs(shares.better - shares.worse) < 0.05


def test_sham_labels_are_as_good_as_the_nurses_but_not_the_same(short_trial: ae.Result) -> None:
    exact = [np.mean(short_trial.values(arm, "exact_triage_share")) for arm in ("nurse", "sham")]
    assert exact[0] == pytest.approx(exact[1], abs=0.01)
    assert not np.array_equal(
        short_trial.values("nurse", "exact_triage_share"),
        short_trial.values("sham", "exact_triage_share"),
    )
