"""The page on pilots: its commands are accepted as they stand, its design is read, and its table lists the designs."""

import re
from pathlib import Path

import pytest

from simulation.app.controls import WORDS
from simulation.cli import main
from simulation.commands import inquiries
from simulation.evaluation.evaluate import load_designs
from simulation.offers.product import PILOTS
from simulation.study.study import Study

from .test_docs import ROOT, blocks

PAGE = "docs/how-to/will-my-pilot-find-out.md"


def text() -> str:
    return (ROOT / PAGE).read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_command_of_the_page_asks_for_its_run_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Study] = []
    monkeypatch.setattr(
        inquiries, "_run_for_an_evaluation", lambda study, results: asked.append(study)
    )
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^aeflow evaluate (.*)$", text(), re.MULTILINE)
    for words in commands:
        assert main(["evaluate", *words.split()]) == 0
    assert len(asked) == len(commands) >= 3
    tools = [[arm.name for arm in study.arms][1:] for study in asked]
    all_of = [
        ["sham", tool, f"{tool}_alternate_days", f"{tool}_by_patient"]
        for tool in ("ai_scribe_measured", "lean_triage")
    ]
    one = ["sham", "ai_scribe_measured"]
    assert tools == [one, all_of[0], one, one, all_of[1], ["works", "degraded"]]


def test_the_page_lists_every_deviation() -> None:
    assert set(re.findall(r"^\| `(\w+)` \| (?:the tool has|it has|one)", text(), re.MULTILINE)) == {
        path.stem for path in (ROOT / "configs" / "deviations").glob("*.yaml")
    }


def test_the_design_of_the_page_is_one_of_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (stated,) = blocks(PAGE, "yaml")
    path = tmp_path / "configs" / "evaluation" / "ours.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(stated, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (ours,) = load_designs("ours")
    assert (ours.weeks, ours.wash_out_days) == (36, 1)


def test_the_page_lists_every_design_with_its_departments() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| (\d+)", text(), re.MULTILINE))
    assert set(listed) == {path.stem for path in (ROOT / "configs" / "evaluation").glob("*.yaml")}
    for name, departments in listed.items():
        (design,) = load_designs(name)
        assert design.departments == int(departments) * (2 if name == "parallel_clusters" else 1)


def measured(design: str, outcome: str) -> list[int]:
    """A row of the table of docs/validation.md: false alarms of the sham, found and opposite of the scribe and of lean
    triage, ±, and bias, in whole numbers."""
    (stated,) = load_designs(design)
    validation = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    (row,) = re.findall(
        rf"^\| {re.escape(stated.label)} \| {outcome} \| (.*) \|$", validation, re.MULTILINE
    )
    numbers = re.findall(r"-?\+?\d+\.?\d*", re.sub(r"\([^)]*\)", "", row))
    return [int(float(number) + 0.5) for number in numbers]


def test_pilots_of_offers_are_those_that_validation_measured() -> None:
    """Who measures anew changes the table of docs/validation.md, and `PILOTS` as this test says."""
    rows = {
        answer: measured(design, "Wait to first clinician")
        for answer, design in (("before-after", "before_after"), ("alternating", "alternate_weeks"))
    }
    assert {answer: (half, alarms) for answer, (_, half, alarms) in PILOTS.items()} == {
        answer: (row[5], row[0] / 100) for answer, row in rows.items()
    }


def test_the_pilot_of_the_app_is_that_which_validation_measured() -> None:
    row = measured("before_after", "Wait for triage, walk-ins")
    half_width, false_alarms = WORDS["triage_pilot"]
    assert (round(half_width), round(100 * false_alarms)) == (row[5], row[0])


def test_the_page_gives_the_figures_of_validation() -> None:
    before = measured("before_after", "Wait to first clinician")
    assert f"{before[0]} call a tool that does nothing a success or a harm" in text()
    assert f"the pilot reports ± {before[5]}" in text()
    triage, wait = (
        measured("alternate_weeks", each)[1]
        for each in ("Wait for triage, walk-ins", "Wait to first clinician")
    )
    assert f"in {triage} of\n100 pilots, and that of the wait to a clinician in {wait}." in text()
