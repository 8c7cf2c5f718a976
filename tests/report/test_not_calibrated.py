"""A department that is not calibrated has differences without intervals and verdicts, wherever they are shown."""

import math
from dataclasses import replace
from typing import Any

import pytest

from simulation.api import Result
from simulation.commands.inquiries import _calibrated
from simulation.errors import ConfigError
from simulation.report.findings import findings
from simulation.report.first_page import first_page
from simulation.report.screen import print_result, verdict_words
from simulation.runs.stored_run import _first_verdict
from simulation.statistics.verdict import p_value
from tests.held import Hold

from .test_first_page import NOISE, NURSE, TOOL, made

WHY = "too few"
WAITS = {NURSE: [100.0] * 12, TOOL: 80 + NOISE}
ENDS = ("difference_low", "difference_high", "simulated_low", "department_p5", "department_p95")


@pytest.fixture(scope="module")
def off(result: Result) -> Result:
    return made(result, WAITS, not_calibrated=WHY)


def test_no_difference_has_an_interval_and_each_has_its_mean(off: Result, result: Result) -> None:
    row, calibrated = (one.comparisons[-2] for one in (off, made(result, WAITS)))
    assert row.difference == pytest.approx(calibrated.difference)
    assert not math.isnan(calibrated.difference_low)
    table = off.table()
    assert table[table.arm == TOOL].difference.notna().all()
    assert table[list(ENDS)].isna().all(axis=None)
    for one in off.comparisons:
        assert one.weakness == "not calibrated"
        assert math.isnan(p_value(one))


def test_there_is_no_verdict_and_the_page_says_why(off: Result, hold: Hold) -> None:
    page = first_page(off)
    assert {finding.verdict.kind for finding in off.findings} == {"cannot tell"}
    assert {one.judgement.kind for one in off.safety} == {"cannot tell"}
    assert (page.headlines, page.picture) == ((), None)
    assert WHY in off.no_verdict
    assert verdict_words(_first_verdict(off)) == f"no verdict: {off.no_verdict}"
    assert not any("worse off" in sentence for sentence in findings(off))
    hold([page.lead, *page.notes])


def test_no_table_has_a_difference_with_an_interval(
    off: Result, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = [cell for table in off.tables.values() for row in table.cells for cell in row]
    differences: list[Any] = [
        one for one in shown if getattr(one, "style", "").endswith("difference")
    ]
    assert any(one.value for one in differences)
    assert all(one.low is None or math.isnan(one.low) for one in differences)
    print_result(off)
    assert WHY in " ".join(capsys.readouterr().out.split())


def test_over_the_departments_of_an_ensemble_a_study_is_calibrated(off: Result) -> None:
    study = replace(off.study)
    object.__setattr__(study, "departments", object())
    assert off.study.not_calibrated == WHY
    assert study.not_calibrated == ""


def test_prices_break_evens_and_evaluations_are_refused(off: Result) -> None:
    with pytest.raises(ConfigError) as refused:
        _calibrated(off.study)
    assert WHY in str(refused.value)
    assert _calibrated(replace(off.study, design=replace(off.design, not_calibrated=None)))
