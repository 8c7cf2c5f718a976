"""A study with policies that no file states: the baseline and the sham stay, the rest is what was asked for."""

from dataclasses import replace

import numpy as np
import pytest

import simulation as ae
from simulation.errors import ConfigError
from simulation.study.study import Study
from simulation.triage.matrix import agreement
from tests.held import Hold

from .conftest import SHORT


@pytest.fixture(scope="module")
def full() -> Study:
    return ae.load("study=ai_triage", *SHORT)


def test_baseline_and_sham_stay_and_the_others_go_unless_kept(full: Study) -> None:
    policy = full.arm("ai_as_claimed").policy
    study = full.with_policies({"mine": replace(policy, name="mine")}, keep=["two_more_beds"])
    assert [arm.name for arm in study.arms] == ["nurse", "sham", "two_more_beds", "mine"]
    assert list(study.design.arms) == ["nurse", "sham", "two_more_beds", "mine"]
    assert study.arm("mine").pathway is full.baseline.pathway
    assert study.arm("two_more_beds") == full.arm("two_more_beds")


def test_a_policy_put_in_by_hand_gives_what_the_arm_of_the_study_gives(full: Study) -> None:
    policy = full.arm("ai_as_claimed").policy
    result = ae.compare(full.with_policies({"mine": policy}, keep=["ai_as_claimed"]))
    ours, theirs = (result.measures[name][0].values for name in ("mine", "ai_as_claimed"))
    np.testing.assert_array_equal(ours, theirs)


def test_every_fault_is_reported_at_once(full: Study, hold: Hold) -> None:
    policy = full.arm("ai_as_claimed").policy
    wrong = replace(policy, covers=replace(policy.covers, labels=("walkin",)))
    with pytest.raises(ConfigError) as caught:
        full.with_policies({"nurse": policy, "mine": wrong}, keep=["two_more_bed"])
    output = str(caught.value)
    hold(output, "no arm 'two_more_bed'")
    hold(output, "arm that stays")
    assert "unknown arrival source 'walkin'" in output


def test_the_public_matrix_has_the_wanted_share_and_direction(full: Study) -> None:
    counts = np.array(full.baseline.policy.nurse.matrix.counts)
    shares = ae.nearest_matrix(counts, ae.Wanted(exact_share=0.7, under_to_over=3.0))
    found = agreement(shares, counts.sum(axis=1))
    assert found["exact_share"] == pytest.approx(0.7, abs=1e-6)
    assert found["under_share"] / found["over_share"] == pytest.approx(3, rel=1e-5)


def test_the_engine_suits_the_work_of_the_arms_that_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulation.engine.choose.is_compiled", lambda: False)
    study = ae.load(
        "ensemble=none",
        "engine=auto",
        "run=weeks",
        "run.measured_days=7",
        "run.warm_up_days=0",
        "run.replications=2",
    )
    few, many = (
        study.only(),
        study.with_policies({f"tool_{n}": study.baseline.policy for n in range(40)}),
    )
    assert few.n_patients < study.n_patients < many.n_patients
    assert (few.engine, many.engine) == ("reference", "compiled")
