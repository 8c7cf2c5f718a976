"""What a report decides follows from fields: other words for every label, question and source change nothing else."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from typing import Any

import pytest

from simulation.api import Result
from simulation.display.table import Cell
from simulation.display.words import rests_on_claim
from simulation.report.contents import every_table
from simulation.report.findings import implausible, warnings
from simulation.report.first_page import first_page
from simulation.report.outcome import outcome_of
from simulation.study.explanation import Explained
from simulation.study.statements import Statement

pytestmark = pytest.mark.usefixtures("undrawn")

WORDS = ("label", "question", "source", "what", "paid_by", "nurses")
"""Fields that hold words for a reader."""
VERBS = (
    "claim: ",
    "for each of 12 attendances ",
    "worse where it fails, not met ",
    "£1,000 −3.1 % ",
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
        return {name: scrambled(each, str(name)) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(scrambled(each, key) for each in value)
    return value


@pytest.fixture(scope="module")
def reworded(result: Result) -> Result:
    study = result.study
    arms = {arm.name: scrambled(arm) for arm in study.arms}
    design, resolved = scrambled(study.design), scrambled(study.resolved)
    other = replace(
        study,
        arms=tuple(arms.values()),
        alone=scrambled(study.alone),
        design=design,
        resolved=resolved,
    )
    return replace(result, study=other, explained=Explained(other))


def test_the_words_are_other_words(result: Result, reworded: Result) -> None:
    def sources(statements: tuple[Statement, ...]) -> set[str]:
        return {statement.source for statement in statements}

    assert len(reworded.statements) == len(result.statements)
    assert not sources(reworded.statements) & sources(result.statements)
    assert not {arm.label for arm in reworded.arms} & {arm.label for arm in result.arms}


def test_claims_costs_and_verdicts_do_not_follow_from_words(
    result: Result, reworded: Result
) -> None:
    for ours, theirs in zip(result.arms, reworded.arms, strict=True):
        assert rests_on_claim(result, ours) == rests_on_claim(reworded, theirs)
        assert (ours.cost, ours.cost_range) == (theirs.cost, theirs.cost_range)
        if ours is not result.baseline:
            assert outcome_of(result, ours.name).fails == outcome_of(reworded, ours.name).fails
    assert [rests_on_claim(result, arm) for arm in result.arms].count(True) == 1
    assert [each.verdict for each in result.findings] == [
        each.verdict for each in reworded.findings
    ]
    assert [each.judgement for each in result.safety] == [
        each.judgement for each in reworded.safety
    ]
    assert (len(warnings(result)), len(implausible(result))) == (
        len(warnings(reworded)),
        len(implausible(reworded)),
    )


def test_tables_have_the_same_structure_and_numbers_in_other_words(
    result: Result, reworded: Result
) -> None:
    def numbers(cell: str | Cell) -> Any:
        return replace(cell, text="") if isinstance(cell, Cell) else "text"

    ours, theirs = every_table(result), every_table(reworded)
    assert list(ours) == list(theirs)
    for kind, table in ours.items():
        other = theirs[kind]
        assert len(table.headers) == len(other.headers), kind
        assert [[repr(numbers(cell)) for cell in row] for row in table.cells] == [
            [repr(numbers(cell)) for cell in row] for row in other.cells
        ], kind
    pages = first_page(result), first_page(reworded)
    assert (
        len({len(page.headlines) for page in pages})
        == len({len(page.notes) for page in pages})
        == 1
    )
