"""A report of a result that still grows: it says so, and nobody reads 'inf' or 'nan'."""

import io
import re
from dataclasses import replace

import pytest

import simulation as ae
from simulation.display.words import profiled_words
from simulation.report.contents import every_table
from simulation.report.first_page import first_page
from simulation.report.page import page
from simulation.report.screen import print_result
from simulation.statistics.verdict import INTERVAL_NOTES

pytestmark = pytest.mark.usefixtures("undrawn")

NOTE = INTERVAL_NOTES["always_valid"][0]


@pytest.fixture(scope="module")
def growing(result: ae.Result) -> ae.Result:
    """Three replications of 40 planned: no interval is bounded yet."""
    return replace(
        result, study=replace(result.study, run=replace(result.study.run, replications=40))
    )


def test_tables_say_that_intervals_are_always_valid(result: ae.Result, growing: ae.Result) -> None:
    assert sum(NOTE in table.notes for table in every_table(growing).values()) >= 3
    assert not any(NOTE in table.notes for table in every_table(result).values())


def test_replications_are_counted_as_they_have_ended_and_not_as_planned(growing: ae.Result) -> None:
    (overview,) = (table for table in every_table(growing).values() if table.kind == "overview")
    assert overview.notes[0].startswith("Mean over 3 replications")
    assert "3 replications of 2 days" in page(growing, ())
    assert profiled_words(growing) == ""


def test_before_intervals_are_bounded_every_verdict_is_cannot_tell_yet(growing: ae.Result) -> None:
    words = [
        finding.verdict.words
        for finding in growing.findings
        if finding.arm not in growing.identical
    ]
    words += [
        safety.judgement.words for safety in growing.safety if safety.arm not in growing.identical
    ]
    assert words
    assert all(said.startswith("cannot tell yet") for said in words)


@pytest.mark.slow
def test_no_unbounded_number_is_printed_or_drawn(growing: ae.Result) -> None:
    screen = io.StringIO()
    print_result(growing, stream=screen)
    picture = growing.figure("differences")
    text = " ".join(
        (
            screen.getvalue(),
            *first_page(growing).sentences,
            picture.alt,
            picture.caption,
            growing.report(),
        )
    )
    assert "cannot tell yet" in text
    assert re.findall(r"\b(?:inf|nan)\b", text) == []
