"""What a report decides follows from fields: other words for every label, question and source change nothing else."""

from typing import Any

import pytest

from simulation.api import Result
from simulation.display.words import rests_on_claim
from simulation.report.board import board
from simulation.report.contents import every_table
from simulation.report.findings import implausible, warnings
from simulation.report.first_page import first_page
from simulation.report.outcome import ArmOutcome, outcome_of
from simulation.study.statements import Statement
from tests import other_words
from tests.other_words import without_words

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def reworded(result: Result) -> Result:
    return other_words.reworded(result)


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
    for ours, theirs in zip(result.findings, reworded.findings, strict=True):
        assert (ours.kind, ours.matters, ours.verdict.cause) == (
            theirs.kind,
            theirs.matters,
            theirs.verdict.cause,
        )
        assert ours.verdict.words != theirs.verdict.words
    for ours, theirs in zip(result.safety, reworded.safety, strict=True):
        assert (ours.state, ours.judgement.cause) == (theirs.state, theirs.judgement.cause)
    assert (len(warnings(result)), len(implausible(result))) == (
        len(warnings(reworded)),
        len(implausible(reworded)),
    )


def test_tables_have_the_same_structure_and_numbers_in_other_words(
    result: Result, reworded: Result
) -> None:
    ours, theirs = every_table(result), every_table(reworded)
    assert list(ours) == list(theirs)
    for kind, table in ours.items():
        assert without_words(table) == without_words(theirs[kind]), kind
    pages = first_page(result), first_page(reworded)
    assert (
        len({len(page.headlines) for page in pages})
        == len({len(page.notes) for page in pages})
        == 1
    )


def test_the_outcome_of_an_arm_and_the_board_s_page_do_not_follow_from_words(
    offered: Result,
) -> None:
    def decided(outcome: ArmOutcome) -> Any:
        others = (outcome.cheapest, outcome.bought, outcome.other_reading)
        return (
            (outcome.kind, outcome.fails, outcome.is_claimed, outcome.harmed, outcome.hinge),
            [limit.state for limit in outcome.limits.judged],
            [None if other is None else other.arm.name for other in others],
        )

    reworded = other_words.reworded(offered)
    for arm in offered.shown.others:
        ours, theirs = (outcome_of(result.shown, arm.name) for result in (offered, reworded))
        assert decided(ours) == decided(theirs)
    ours, theirs = board(offered), board(reworded)
    assert (ours.look, len(ours.advice), len(ours.notes)) == (
        theirs.look,
        len(theirs.advice),
        len(theirs.notes),
    )
    assert [arm.name for arm in ours.arms] == [arm.name for arm in theirs.arms]
    for one, other in zip(ours.parts, theirs.parts, strict=True):
        assert (one.anchor, len(one.blocks)) == (other.anchor, len(other.blocks))
    assert ours.table is not None
    assert theirs.table is not None
    assert without_words(ours.table) == without_words(theirs.table)
