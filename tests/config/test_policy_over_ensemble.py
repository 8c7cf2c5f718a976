"""Departments of an ensemble that differ in a triage policy."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simulation.config import load
from simulation.config.files import packaged_configs
from simulation.errors import ConfigError
from simulation.study.study import Study
from simulation.triage.matrix import probabilities
from tests.held import Hold

Own = Callable[..., Path]
MARKED = "evidence: assumed, source: made for a test"
STUDY = f"""
defaults: [ai_triage, _self_]
name: mine
ensemble: ours
arms:
  never_taken: {{label: Never taken, triage: ai_label_advises, changes: {{triage.acceptance.value: 0}}, {MARKED}}}
"""


def files(
    path: str = "triage.ai_label_advises.acceptance.value", high: float = 0.9
) -> dict[str, str]:
    return {
        "study/mine.yaml": STUDY,
        "ensembles/ours.yaml": f"""
name: ours
question: What holds however often its label is taken?
built:
  {{site: typical, staffing: typical, pathway: emergency_department, calibration: typical,
  targets: none, priors: none, program: 0.1.0, simulated_years: 0, accepted: 2}}
parameters:
  taken: {{changes: [{path}], how: set, range: [0.1, {high}], {MARKED}}}
departments: [[0.1], [{high}]]
""",
    }


def loaded(own: Own, **changed: object) -> Study:
    return load(
        "study=mine", "run.departments=2", "run.replications=4", config_dir=own(files(**changed))
    )  # type: ignore[arg-type]


def taken(study: Study, number: int, arm: str) -> float:
    acceptance = study.of(number).arm(arm).policy.acceptance
    assert acceptance is not None
    return acceptance.value


def test_each_department_has_its_value_of_the_policy_and_an_arm_changes_it_after_that(
    own: Own,
) -> None:
    study = loaded(own)
    assert [taken(study, number, "ai_label_advises") for number in range(3)] == [0.1, 0.9, 0.1]
    assert [taken(study, number, "never_taken") for number in range(2)] == [0, 0]
    assert study.departments is not None
    assert study.departments.varied_values == {"taken": (0.1, 0.9)}
    assert "tools" in study.departments.content()
    assert [arm.policy for arm in study.of(0).arms if arm.name == "lean_triage"] == [
        study.arm("lean_triage").policy
    ]


def test_a_policy_that_is_asked_for_instead_holds_in_every_department(own: Own) -> None:
    study = loaded(own)
    alone = study.of_one_arm("ai_label_advises", study.arm("never_taken").policy)
    assert [taken(alone, number, "ai_label_advises") for number in range(2)] == [0, 0]
    assert [
        taken(study.of_arms(["ai_label_advises"]), number, "ai_label_advises")
        for number in range(2)
    ] == [0.1, 0.9]


def test_nurses_err_by_department_in_every_arm(own: Own) -> None:
    nurses = f"errors: {{value: 1, range: [0.5, 2], {MARKED}}}"
    korea = (packaged_configs() / "nurse" / "korea.yaml").read_text(encoding="utf-8")
    folder = own({**files("nurse.errors.value"), "nurse/ours.yaml": f"{korea}{nurses}\n"})
    study = load(
        "study=mine", "nurse=ours", "run.departments=2", "run.replications=4", config_dir=folder
    )

    def right(number: int, arm: str) -> float:
        policy = study.of(number).arm(arm).policy
        assert policy.nurse is not None
        return float(np.trace(probabilities(policy.nurse.matrix)))

    for arm in ("nurse", "ai_label_advises", "never_taken"):
        assert right(0, arm) == right(0, "nurse") > right(1, "nurse") == right(1, arm)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"path": "triage.our_ai.acceptance.value"},
            "'triage.our_ai.acceptance.value' is no",
        ),
        (
            {"path": "triage.ai_drifts.acceptance.value"},
            "changes the policy 'ai_drifts', which no",
        ),
        ({"path": "triage.ai_label_advises.accept.value"}, "there is no 'triage.accept'"),
        ({"high": 1.5}, "triage/ai_label_advises.yaml.acceptance.value"),
    ],
)
def test_a_value_that_a_policy_cannot_have_is_refused(
    changed: dict[str, object], told: str, own: Own, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(own, **changed).of(1)
    hold(str(refused.value), told)
