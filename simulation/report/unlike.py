"""Warnings about arms whose tool was measured on other patients than the department's."""

from __future__ import annotations

from collections.abc import Iterable

from simulation.study.study import ReadyArm
from simulation.triage.unlike_patients import unlike_patients


def unlike_words(arms: Iterable[ReadyArm]) -> list[str]:
    """''AI label, erring up' and 2 other arms: ...', each warning once with all its arms."""
    labels_by_words: dict[str, list[str]] = {}
    for arm in arms:
        for words in unlike_patients(arm.policy, arm.pathway):
            labels_by_words.setdefault(words, []).append(arm.arm.label)
    return [f"{_named(labels)}: {words}." for words, labels in labels_by_words.items()]


def _named(labels: list[str]) -> str:
    others = len(labels) - 1
    return f"'{labels[0]}'" + (f" and {others} other arm{'s' * (others > 1)}" if others else "")
