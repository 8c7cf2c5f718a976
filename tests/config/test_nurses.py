"""Nurses are stated once, for every arm: an arm with others says so, and its tool has a control with the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import load
from simulation.errors import ConfigError
from tests.held import Hold

Own = Callable[..., Path]
STUDY = """
question: Who?
name: two
baseline: today
arms:
  today: {label: Today, triage: nurse}
  better: {label: Better nurses, triage: nurse, nurse: language}
  tool: {label: A tool, triage: lean_triage%s}
primary:
  - {measure: wait_to_clinician_mean, label: Wait, minimal_important_difference: 5, evidence: assumed, source: test}
"""
OTHERS = "tool's"


def two(more: str) -> dict[str, str]:
    return {"study/two.yaml": STUDY % more}


@pytest.mark.parametrize("more", [", nurse: language", ", nurse: language, control: today"])
def test_a_tool_with_other_nurses_than_the_baseline_is_refused_without_a_control_that_has_them(
    more: str, own: Own, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as refused:
        load("study=two", config_dir=own(two(more)))
    hold(str(refused.value), "study.arms.tool")


@pytest.mark.slow
def test_a_change_of_the_nurse_in_one_arm_is_other_nurses_too(own: Own, hold: Hold) -> None:
    changes = ", changes: {nurse.labels.correlation.value: 0.1}, evidence: assumed, source: test"
    with hold.refusal(ConfigError, "study.arms.tool", match=OTHERS):
        load("study=two", config_dir=own(two(changes)))


def test_a_tool_and_its_control_have_the_same_nurses_and_the_baseline_its_own(own: Own) -> None:
    study = load("study=two", config_dir=own(two(", nurse: language, control: better")))
    burdens = {arm.name: len(arm.policy.burdens) for arm in study.arms}
    assert burdens == {"today": 0, "better": 2, "tool": 2}
    assert (
        study.arm("tool").policy.nurse
        == study.arm("better").policy.nurse
        != study.baseline.policy.nurse
    )


@pytest.mark.slow
def test_nurses_chosen_on_the_command_line_are_every_arms_but_those_that_name_others(
    own: Own,
) -> None:
    study = load(
        "study=two", "nurse=language", "study.arms.better.nurse=korea", config_dir=own(two(""))
    )
    assert [len(arm.policy.burdens) for arm in study.arms] == [2, 0, 2]
    assert len(study.alone.policy.burdens) == 2


def test_a_fault_of_the_nurses_is_reported_once_however_many_arms_have_them(hold: Hold) -> None:
    with pytest.raises(ConfigError) as refused:
        load("nurse.labels.correlation.value=0.95")
    hold(str(refused.value), "nurse.labels.correlation")


def test_a_configuration_that_chooses_no_nurses_is_one_message(own: Own, hold: Hold) -> None:
    without = "defaults:\n" + "\n".join(
        f"  - {group}: {name}"
        for group, name in {
            "calibration": "typical", "site": "typical", "staffing": "typical", "pathway": "emergency_department",
            "triage": "nurse", "scenario": "usual", "run": "standard", "study": "ai_triage",
        }.items()
    )  # fmt: skip
    with hold.refusal(ConfigError, "config.yaml", match="Write `- nurse"):
        load(config_dir=own({"config.yaml": without}))


@pytest.mark.parametrize("key", ["burdens: []", "nurse: {name: nurse}"])
def test_a_policy_that_states_the_nurse_is_refused_as_an_unknown_key(key: str, own: Own) -> None:
    folder = own({"triage/ours.yaml": f"kind: matrix\nname: ours\n{key}\n"})
    with pytest.raises(ConfigError) as refused:
        load("study.arms.sham.triage=ours", config_dir=folder)
    name = key.partition(":")[0]
    assert f"triage/ours.yaml.{name}: unknown key '{name}'. " in str(refused.value)
