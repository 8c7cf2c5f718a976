"""What a comparison assumes: every block of its configuration and policies that states its evidence and a source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulation.explain.statements import Statement, walk
from simulation.records.serialise import Plain

GROUPS = ("calibration", "site", "staffing", "pathway", "scenario", "study")


def statements(resolved: Plain, policies: Iterable[Plain]) -> tuple[Statement, ...]:
    """Every block of a composed configuration and of policies that states its evidence and a source.

    The same nurse in every policy is one assumption, not ten.
    """
    found = [each for group in GROUPS for each in walk(resolved.get(group), group)]
    nurses: list[Any] = []
    for policy in {policy["name"]: policy for policy in policies}.values():
        own = dict(policy)
        if own.get("nurse") in nurses:
            del own["nurse"]
        nurses += [each for each in (policy.get("nurse"),) if each is not None]
        found += walk(own, f"triage.{policy['name']}")
    return tuple(found)
