"""What a comparison assumes: every block of its configuration and policies that states its evidence and a source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulation.explain.statements import Statement, walk
from simulation.records.serialise import Plain

GROUPS = ("calibration", "site", "staffing", "pathway", "scenario", "study")


def statements(resolved: Plain, policies: Iterable[Plain]) -> tuple[Statement, ...]:
    """Every sourced statement of a composed configuration and of policies, each policy once by its name.

    A nurse who is the same in several policies is listed with the first of them only.
    """
    listed = [statement for group in GROUPS for statement in walk(resolved.get(group), group)]
    nurses: list[Any] = []
    for name, policy in {policy["name"]: policy for policy in policies}.items():
        nurse = policy.get("nurse")
        without_nurse = {key: value for key, value in policy.items() if key != "nurse"}
        listed += walk(without_nurse if nurse in nurses else policy, f"triage.{name}")
        nurses.append(nurse)
    return tuple(listed)
