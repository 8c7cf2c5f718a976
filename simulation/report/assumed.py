"""What a comparison assumes: every block of its configuration and policies that states a mark and a source."""

from __future__ import annotations

from typing import Any

from simulation.report.inputs import ReportArm, ReportInputs
from simulation.report.stated import Statement, walk


def statements(inputs: ReportInputs) -> tuple[Statement, ...]:
    """Every block of the configuration and of the arms' policies that states a mark and a source."""
    groups = ("knobs", "site", "staffing", "pathway", "scenario", "study")
    found = [each for group in groups for each in walk(inputs.resolved.get(group), group)]
    nurses: list[Any] = []
    for policy in {arm.policy["name"]: arm.policy for arm in inputs.arms if not _partly(inputs, arm)}.values():
        own = dict(policy)
        if policy["nurse"] in nurses:  # the same nurse in every policy is one assumption, not ten
            del own["nurse"]
        nurses.append(policy["nurse"])
        found += walk(own, f"triage.{policy['name']}")
    return tuple(found)


def _partly(inputs: ReportInputs, arm: ReportArm) -> bool:
    """Whether an arm is some of the levers, so that what it states is stated again where all are on."""
    on = inputs.design.arms[arm.name].levers
    return bool(on) and set(on) != set(inputs.design.levers)
