"""What a stored policy does, in words: who labels, what it does to minutes, and what it sets off at triage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulation.display.words import percent
from simulation.wording import spaced

UNCHANGED = "as in the department"
"""What is said of the minutes of a policy that changes none."""


def who_labels(policy: Mapping[str, Any]) -> str:
    """Who gives the label, and to whom."""
    ai = policy.get("ai")
    if ai is None:
        return "The nurse labels." if "nurse" in policy else "Nobody labels."
    whom = f"For: {_whom(policy, 'labels')}."
    if policy.get("role") == "advises":
        return f"The AI '{ai['name']}' advises; the nurse takes its label {_how_often(policy)}. {whom}"
    return f"The label of the AI '{ai['name']}' replaces the nurse's. {whom}"


def minutes_words(policy: Mapping[str, Any]) -> str:
    """What the policy does to minutes."""
    sentences = [f"whoever triages, {_effect_words(burden)}." for burden in policy.get("burdens", ())]
    minutes = policy.get("minutes") or []
    for effect in [minutes] if isinstance(minutes, Mapping) else minutes:
        whom = _listed(effect.get("covers", {}).get("arrivals", ())) or _whom(policy, "minutes")
        sentences.append(f"{_effect_words(effect)}. For: {whom}.")
    if "latency" in policy:
        sentences.append(f"{policy['latency']['seconds']['value']:g} s waited for each answer.")
    hand_back = policy.get("abstains", {}).get("hand_back")
    if hand_back:
        sentences.append(f"{hand_back['seconds']['value']:g} s spent before each hand-back.")
    watches = policy.get("watches")
    if watches:
        whom = "; ".join([_listed(watches["arrivals"]), *_only(watches)])
        sentences.append(
            f"Watches those who wait ({whom}): detects {100 * watches['sensitivity']['value']:g} % of those who get "
            f"worse, raises {watches['false_alarms_per_hour']['value']:g} false alarms a patient and hour; rounds "
            f"act "
            "on them."
        )
    return " ".join(sentences) or UNCHANGED


def sets_off_words(policy: Mapping[str, Any]) -> str:
    """What the policy sets off at triage, for how many of those it suits and of the others; empty if nothing."""
    sentences = []
    for name, action in policy.get("actions", {}).items():
        sensitivity, specificity, covers = action["sensitivity"], action["specificity"], action["covers"]
        whom = "; ".join([_listed(covers["arrivals"]), *_only(covers)])
        sentences.append(
            f"{spaced(name)}: {percent(sensitivity['value'])} % of those it suits ({sensitivity['evidence']}) and "
            f"{percent(1 - specificity['value'])} % of the others ({specificity['evidence']}). For: {whom}."
        )
    return " ".join(sentences)


def _how_often(policy: Mapping[str, Any]) -> str:
    """How often an advised nurse takes the label of the AI."""
    switching, acceptance = policy.get("switching"), policy.get("acceptance")
    if switching:
        right, wrong, both = (switching[name] for name in ("wrong_to_right", "right_to_wrong", "wrong_to_wrong"))
        return (
            f"{percent(right['value'])} % of the times they differ and it alone is right, "
            f"{percent(wrong['value'])} % where the nurse alone is right, {percent(both['value'])} % where neither "
            f"is "
            f"({right['evidence']})"
        )
    if not acceptance:
        return "every time they differ"
    return f"{percent(acceptance['value'])} % of the times they differ ({acceptance['evidence']})"


def _effect_words(effect: Mapping[str, Any]) -> str:
    """'triage: × 0.9 (assumed), never below 50 %, age band adult only'."""
    parts = []
    if "factor" in effect:
        parts.append(f"× {effect['factor']['value']:g} ({effect['factor']['evidence']})")
    if "seconds_saved" in effect:
        parts.append(f"{effect['seconds_saved']['value']:g} s less ({effect['seconds_saved']['evidence']})")
    if "never_below" in effect:
        parts.append(f"never below {100 * effect['never_below']['value']:g} %")
    return f"{_listed(effect['durations'])}: {', '.join([*parts, *_only(effect.get('covers', {}))])}"


def _whom(policy: Mapping[str, Any], which: str) -> str:
    """Whom a tool is for: sources, then what narrows them, then how far people use it and when it hands back.

    `which`: 'labels' or 'minutes'.
    """
    covers = policy.get("covers", {})
    all_others = "everybody who attends" if which == "labels" else "the sources that each effect names"
    parts = [_listed(covers.get(which) or ()) or all_others, *_only(covers)]
    if "excluded" in covers:
        shares = covers["excluded"]["shares"].items()
        excluded = ", ".join(f"{spaced(name)} {percent(share['value'])} %" for name, share in shares)
        parts.append(f"without those who cannot use it ({excluded})")
    if "share" in covers:
        parts.append(f"a drawn {percent(covers['share']['value'])} % of them")
    if "adoption" in policy:
        adoption = policy["adoption"]
        start, end = (percent(adoption[name]["value"]) for name in ("start", "end"))
        parts.append(f"used for {start} % of them at first and {end} % after {adoption['weeks']['value']:g} weeks")
    if which == "labels" and "abstains" in policy:
        parts.append("hands some of them back to the nurse")
    return "; ".join(parts)


def _only(covers: Mapping[str, Any]) -> list[str]:
    """The categories that narrow whom a tool is for, by attribute."""
    return [
        f"{spaced(name)} {' or '.join(map(spaced, categories))} only"
        for name, categories in covers.get("only", {}).items()
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(spaced, names))
