"""What a report says of those whom a tool never sees, from the run and from the stored folder alike."""

from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from simulation.api import Result, compare, read
from simulation.config import load
from simulation.display.words import change
from simulation.questions.spillover import spillover_reason, tables
from simulation.report import contents as pictures_module
from simulation.report.arm_tables import arms_table
from simulation.report.contents import compared_tables
from simulation.report.findings import findings
from simulation.report.page import page
from simulation.report.write import write_report
from simulation.runs.result import StudyResult
from simulation.statistics.coverage_effects import with_coverage
from simulation.study.explanation import Explained
from simulation.triage.apply import mask_users
from simulation.triage.matrix import AtLeastZero
from tests.held import Hold
from tests.report.conftest import SMALL

pytestmark = pytest.mark.slow

SHORT = (
    "study=coverage",
    "~study.arms.sham",
    "study.sham=null",
    "run.replications=2",
    "run.warm_up_days=0",
    "run.measured_days=2",
    "run.cool_down_days=1",
    "run.doublings=0",
    "executor=serial",
    "engine=compiled",
)


@pytest.fixture(scope="module")
def whole() -> Result:
    return compare(load(*SHORT))


@pytest.fixture(scope="module")
def told(whole: Result) -> StudyResult:
    return whole


def test_each_effect_is_a_row_with_its_interval(told: StudyResult, whole: Result) -> None:
    waits, within = tables(told)
    assert [row[0] for row in waits.rows] == ["direct", "spillover", "own", "all, partial", "total"]
    parts = whole.spillover("wait_to_clinician_mean")
    assert parts == told.spillover("wait_to_clinician_mean")
    assert [row[4] for row in waits.rows] == [
        change(part.difference.mean, "minutes") for part in parts
    ]
    assert "percentage points" in within.title


def test_the_total_is_the_row_of_full_coverage_and_partial_that_of_half(told: StudyResult) -> None:
    parts = {part.name: part.difference.mean for part in told.spillover("wait_to_clinician_mean")}
    assert parts["total"] == pytest.approx(told.row("all", "wait_to_clinician_mean").difference)
    assert parts["partial"] == pytest.approx(told.row("half", "wait_to_clinician_mean").difference)


def test_the_groups_are_the_same_patients_in_every_arm_and_those_never_covered_keep_the_nurses_label(
    whole: Result,
) -> None:
    policies = {arm.name: arm.policy for arm in whole.study.arms}
    tables = {}
    for name in ("nurse", "half", "all"):
        found = whole.simulated(name)
        partial, full = (
            mask_users(policies[each], whole.study.arm(name).pathway, found.draws)
            for each in ("half", "all")
        )
        tables[name] = with_coverage(found.patients, partial, full)
    for column in ("arrival_source", "number", "coverage"):
        np.testing.assert_array_equal(tables["nurse"][column], tables["half"][column])
        np.testing.assert_array_equal(tables["nurse"][column], tables["all"][column])
    covered = tables["nurse"]["coverage"] == 0
    assert 0.4 < covered.mean() < 0.6
    labels = {name: table["acuity_given"] for name, table in tables.items()}
    np.testing.assert_array_equal(labels["half"][~covered], labels["nurse"][~covered])
    np.testing.assert_array_equal(labels["half"][covered], labels["all"][covered])
    assert np.any(labels["half"][covered] != labels["nurse"][covered])
    assert np.any(labels["all"][~covered] != labels["nurse"][~covered])


def test_the_reason_names_the_queues_that_moved_most_and_what_they_take(told: StudyResult) -> None:
    before, after = (told.arm(name).waits["never"] for name in ("nurse", "half"))
    moved = {step: abs(after.get(step, 0) - before.get(step, 0)) for step in {*before, *after}}
    most = max(moved, key=lambda step: moved[step])
    reason = spillover_reason(told)
    assert reason is not None
    assert f"'{most.replace('_', ' ')}' (" in reason
    assert list(findings(told)).count(reason) == 1


def test_a_study_without_coverages_has_no_such_table(result: StudyResult) -> None:
    assert tables(result) == ()
    assert spillover_reason(result) is None
    assert not [table for table in compared_tables(result) if table.kind.startswith("spillover")]
    assert 'id="coverage"' not in page(result, ())


@pytest.mark.slow
def test_the_page_of_a_stored_folder_says_the_same(
    whole: Result, told: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    monkeypatch.setattr(pictures_module, "picture_of", lambda sketch: SMALL)
    folder = whole.write(tmp_path)
    (folder / "report.html").unlink()
    assert write_report(folder, read(folder)) is None
    text = unescape((folder / "report.html").read_text(encoding="utf-8"))
    hold(text, "Patients whom")
    reason = spillover_reason(told)
    assert reason is not None
    assert reason in text
    for row in tables(told)[0].rows:
        assert row[1] in text
        assert row[5] in text


def test_a_drawn_share_is_stated_with_its_evidence(told: StudyResult) -> None:
    (half,) = [row for row in arms_table(told).rows if row[0] == told.arm("half").label]
    assert "covers.share 0.5" in half[2]


def test_a_price_is_paid_for_those_whom_the_tool_is_used_for(whole: Result) -> None:
    # One pound an attendance: of everybody who comes, and of the half that the coin covers; 140,000 coins.
    pound = AtLeastZero(value=1, range=(1, 1), evidence="assumed", source="a test")
    arms = tuple(
        replace(arm, policy=replace(arm.policy, price_per_attendance=pound))
        if arm.name != "nurse"
        else arm
        for arm in whole.study.arms
    )
    priced = replace(whole.study, arms=arms)
    costs = {
        arm.name: arm.cost for arm in replace(whole, study=priced, explained=Explained(priced)).arms
    }
    everybody = 365 * sum(
        source.per_day * source.scale
        for source in whole.study.baseline.pathway.arrivals.values()
        if source.attends
    )
    assert costs["nurse"] is None
    assert costs["all"] == pytest.approx(everybody)
    assert costs["half"] == pytest.approx(everybody / 2, rel=0.01)
