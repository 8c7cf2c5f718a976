"""A report of a result that still grows: it says so, and nobody reads 'inf' or 'nan'."""

import io
import re
from dataclasses import replace

import pytest

from simulation.analysis.verdict import INTERVAL_NOTES
from simulation.report.answer import answer
from simulation.report.figures.effects import differences
from simulation.report.inputs import ReportInputs
from simulation.report.screen import print_inputs
from simulation.report.tables.overview import safety_table, tables, target_table

NOTE = INTERVAL_NOTES["always_valid"][0]


@pytest.fixture
def growing(inputs: ReportInputs) -> ReportInputs:
    """Three replications of many more: no interval is bounded yet."""
    return replace(inputs, interval_kind="always_valid")


def test_tables_say_that_intervals_are_always_valid(inputs: ReportInputs, growing: ReportInputs) -> None:
    judged = (target_table(growing, growing.targets[0]), safety_table(growing), tables(growing)[0])
    assert all(NOTE in table.notes for table in judged)
    assert not any(NOTE in table.notes for table in tables(inputs))


def test_before_intervals_are_bounded_every_verdict_is_cannot_tell_yet(growing: ReportInputs) -> None:
    different = [each for each in growing.findings if each.arm not in growing.identical]
    assert different
    assert all(each.verdict.words.startswith("cannot tell yet") for each in different)


def test_no_unbounded_number_is_printed_or_drawn(growing: ReportInputs) -> None:
    screen = io.StringIO()
    print_inputs(growing, stream=screen)
    picture = differences(growing)
    assert picture is not None
    text = " ".join((screen.getvalue(), *answer(growing), picture.alt, picture.caption))
    assert "cannot tell yet" in text
    assert re.findall(r"\b(?:inf|nan)\b", text) == []
