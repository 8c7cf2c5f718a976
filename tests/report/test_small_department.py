"""The report of a small department with levels of its own speaks of nothing that only A&E has."""

import re
from html import unescape
from pathlib import Path

import pytest

from simulation.api import Result, compare
from simulation.config import load, packaged_configs
from simulation.display.words import high_words, target_of
from simulation.report.contents import pictures
from simulation.report.page import page
from simulation.report.patient_groups import worse_off_table
from simulation.report.verdict_tables import ON_PAST_TRIALS, first_table

pytestmark = pytest.mark.usefixtures("undrawn")

GIVEN = '  acuity_given: {kind: given, like: acuity_true, evidence: assumed, source: "triage decides it"}\n'
COUNTS = "counts: [[45, 14, 1], [12, 190, 18], [1, 22, 97]]"
MATRIX = (
    "correlation: {value: 0.5, range: [0, 0.9], evidence: assumed, source: x}, "
    f"matrix: {{evidence: measured, source: x, {COUNTS}}}"
)
AI = f"{{name: our_ai, {MATRIX}}}".replace("[45, 14, 1]", "[50, 9, 1]")
QUIET = "pathway.arrivals.walk_in.per_day=100"
"""So few that nobody stays four hours."""
FILES = {
    "nurse/ours.yaml": f"labels: {{name: nurse, {MATRIX}}}\n",
    "triage/our_ai.yaml": f"kind: matrix\nname: our_ai\nai: {AI}\nrole: replaces\n"
    "covers: {labels: [walk_in], evidence: assumed, source: x}\n",
    "study/ours.yaml": """
defaults:
  - /study/_department_alone
  - override /pathway@_global_.pathway: ours
  - override /nurse@_global_.nurse: ours
name: ours
question: Would a triage AI help the urgent?
baseline: today
sham: sham
arms:
  today: {label: "Nurses label, as today", triage: nurse}
  sham: {label: "Sham AI", triage: sham}
  our_ai: {label: "Our AI", triage: our_ai}
primary:
  - {measure: wait_to_clinician_mean, group: acuity_true=urgent, label: "Wait, urgent",
     minimal_important_difference: 3, evidence: assumed, source: x}
""",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The clinic of the gallery with a triage that can be wrong (docs/how-to/small-department.md)."""
    folder: Path = tmp_path_factory.mktemp("small")
    clinic = (packaged_configs() / "pathway/gallery/clinic.yaml").read_text(encoding="utf-8")
    clinic = clinic.replace("pools:\n", f"{GIVEN}pools:\n", 1).replace(
        "relabels: acuity_true", "relabels: acuity_given"
    )
    for name, text in {
        **FILES,
        "pathway/ours.yaml": re.sub("(?m)^name: .*$", "name: ours", clinic),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    short = (
        "run.replications=3",
        "run.measured_days=2",
        "run.warm_up_days=0",
        "executor=serial",
        QUIET,
    )
    return compare(load("study=ours", *short, config_dir=folder))


@pytest.fixture(scope="module")
def text(small: Result) -> str:
    """What a reader of its page sees."""
    html = re.sub(r"<style>.*?</style>", " ", page(small, pictures(small)), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


@pytest.mark.parametrize(
    "words",
    [
        "Manchester", "target 60", "% late", "public figures", "published totals", "March 2025",
        "Effect on waits and on four hours", "levels 1-2", "true level 1", "short of beds", "as it has places",
        "the 1 steps", "how they came", "language, ", "the site", "Admitted",
    ],
)  # fmt: skip
def test_the_page_of_a_small_department_does_not_speak_of_what_it_has_not(
    words: str, text: str
) -> None:
    assert words not in text


def test_it_names_its_own_levels(text: str, small: Result) -> None:
    assert "true levels 'urgent' and 'standard' labelled too low, %" in small.tables["arms"].headers
    assert "280 of levels 'urgent' and 'standard'" in text
    assert "minor (" in text
    assert "The department contains only what its file states" in text


def test_groups_are_counted_by_the_attributes_there_are(small: Result) -> None:
    table = worse_off_table(small)
    assert table is not None
    assert any("in 4 groups (true level) of 2 arms" in note for note in table.notes)


def test_no_column_says_that_everybody_stays_less_than_four_hours(small: Result) -> None:
    assert {f"{small.row(arm.name, 'within_4h_share').mean:.3f}" for arm in small.arms} == {"1.000"}
    shown = first_table(small)
    assert shown is not None
    headers = ("Wait, urgent, minutes", ON_PAST_TRIALS, "Wait to first clinician, minutes")
    assert shown.headers == ("arm", *headers)


def test_levels_of_another_system_have_no_manchester_target() -> None:
    assert target_of("urgent", ("very_urgent", "urgent")) == 60
    assert target_of("urgent", ("urgent", "minor")) is None
    assert high_words(("everybody",)) == "level 'everybody'"
