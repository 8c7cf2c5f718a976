"""Packaged policies in the hands of packaged nurses."""

from simulation.config import DEFAULT_NURSE, packaged_configs, policy_named
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
