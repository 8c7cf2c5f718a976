"""Packaged policies in the hands of packaged nurses, and policies by name."""

from collections.abc import Iterable
from pathlib import Path

from simulation.config import DEFAULT_NURSE, packaged_configs
from simulation.config.arms import policy_made_of, stated_in_file
from simulation.errors import Faults
from simulation.triage.policy import Policy

FOR_LANGUAGE = ("ai_all_levers", "ai_interprets", "guardian_as_claimed")
"""Policies that give back what a missing language costs, so that they need nurses who lose it."""


def policy_called(name: str, nurse: str = "") -> Policy:
    """A packaged policy with the nurses of that name, or else those whom it fits."""
    faults = Faults()
    chosen = nurse or ("language" if name in FOR_LANGUAGE else DEFAULT_NURSE)
    policy = policy_named(name, [packaged_configs()], "triage", faults, nurse=chosen)
    assert faults == []
    assert policy is not None
    return policy


def policy_named(
    name: str, folders: Iterable[Path], where: str, faults: Faults, nurse: str = DEFAULT_NURSE
) -> Policy | None:
    """The triage policy of that name, used by the nurses `nurse`; None, with faults, if one is not sound."""
    places = tuple(folders)
    raw = {
        "triage": stated_in_file("triage", name, places, where, faults),
        "nurse": stated_in_file("nurse", nurse, places, "nurse", faults),
    }
    if None in raw.values():
        return None
    triaged = policy_made_of(raw, f"triage/{name}.yaml", f"nurse/{nurse}.yaml", faults)
    return triaged.policy if triaged is not None else None
