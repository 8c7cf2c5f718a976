"""Random words in place of every text of a result: what is decided from fields stays as it is."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from typing import Any

from simulation.api import Result
from simulation.display.table import Cell, ReportTable
from simulation.study.explanation import Explained

WORDS = (
    "label", "question", "source", "what", "paid_by", "nurses", "words", "sentence", "answer", "direction", "why",
    "where", "find", "randomised",
)  # fmt: skip
"""Fields that hold words for a reader."""
VERBS = (
    "claim: ",
    "for each of 12 attendances ",
    "worse where it fails, not met ",
    "£1,000 −3.1 % ",
    "if it hinges on what is not settled: ",
)
"""What a decision read from words might look for."""


def other_words(text: str) -> str:
    """Random words in place of a text, the same for the same text."""
    digest = sha256(text.encode()).hexdigest()
    return f"{VERBS[int(digest[0], 16) % len(VERBS)]}{digest[:12]}"


def scrambled(value: Any, key: str = "") -> Any:
    """A value with other words in every field that holds words."""
    if isinstance(value, str):
        return other_words(value) if key in WORDS and value else value
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            each.name: scrambled(getattr(value, each.name), each.name)
            for each in fields(value)
            if each.init
        }
        return replace(value, **changed)
    if isinstance(value, Mapping):
        return {scrambled(name): scrambled(each, str(name)) for name, each in value.items()}
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        return type(value)(scrambled(each, key) for each in value)
    return value


def reworded(result: Result) -> Result:
    """The result with other words in its study, its explanation of the arms, and its verdicts."""
    study = result.study
    arms = [scrambled(arm) for arm in study.arms]
    if study.departments is not None:  # whose arms must be those of its departments
        arms = [replace(arm, arm=scrambled(arm.arm)) for arm in study.arms]
    other = replace(
        study,
        arms=tuple(arms),
        alone=scrambled(study.alone),
        design=scrambled(study.design),
        resolved=scrambled(study.resolved),
    )
    found = replace(result, study=other, explained=Explained(other))
    wholes = ((found, result), (found.shown, result.shown), (found.on_targets, result.on_targets))
    for whole, before in wholes:
        for name in ("findings", "safety"):
            judged = (
                replace(scrambled(one), comparison=one.comparison, spread=one.spread)
                for one in getattr(before, name)
            )
            vars(whole)[name] = tuple(judged)
    return found


def without_words(table: ReportTable) -> Any:
    """The structure and the numbers of a table."""
    cells = [
        [
            repr(replace(cell, text="", words="")) if isinstance(cell, Cell) else "text"
            for cell in row
        ]
        for row in table.cells
    ]
    return len(table.headers), cells, len(table.notes)
