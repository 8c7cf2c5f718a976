"""The published result: small, sound, and what README says of it."""

import csv
import hashlib
import json
import re
from pathlib import Path

import pytest

from docs.tools.publish import MOST_BYTES, PUBLISHED, page_of, publish
from simulation.api import Result, compare
from simulation.config import load
from simulation.errors import ResultsError
from simulation.report.first_page import first_page

ROOT = Path(__file__).parents[2]
FOLDER = PUBLISHED / "ai_triage"
README_ROW = re.compile(
    r"^\| ([^|]+) \| ([+−]?[\d.]+ \([^)]*\)) \| [^|]* \| [^|]* \| \d+ / \d+ \| ([^|]+) \| ([^|]+) \|$",
    re.MULTILINE,
)
"""Arm, its effect with the interval, its limits of safety and its cost."""


@pytest.fixture(scope="module")
def small() -> Result:
    return compare(
        load(
            "study=gallery/one_nurse",
            "executor=serial",
            "run.replications=3",
            "run.measured_days=7",
        )
    )


def test_readme_states_the_effects_that_are_published() -> None:
    """Both are of one run: `python -m docs.tools.publish results/latest`, then the table of README."""
    published = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = README_ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    told = [row for row in rows if not row[0].startswith("Sham")]  # the first page has no sham
    assert len(told) >= 10
    for label, effect, limits, cost in told:
        (row,) = (
            line for line in published.splitlines() if line.startswith(f"| {label} | {effect} ")
        )
        assert f" | {limits} | {cost} |" in row, label


def test_the_published_page_gives_the_answer_first_and_in_at_most_365_words() -> None:
    """Question, warnings, lead, headlines and notes; no table, picture or title of either."""
    banner, table = "Planning only, not for clinical use.", "\n| arm |"
    page = (
        (FOLDER / "README.md").read_text(encoding="utf-8").partition(table)[0].replace(banner, "")
    )
    answer = next(
        line for line in page.splitlines()[1:] if line and not line.startswith("**Warning")
    )
    assert re.match(r"\*\*What '[^']+' does depends on [a-z ]+: −", answer)
    assert len(re.sub(r"^#|^- |\*\*", "", page, flags=re.MULTILINE).split()) <= 365


def test_the_published_folder_is_small_and_whole() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES
    names = {path.relative_to(FOLDER).as_posix() for path in files}
    exports = {
        f"exports/{name}" for name in ("first_page.docx", "assumptions.csv", "stress_des.md")
    }
    assert names == {"README.md", "differences.png", "manifest.json", *exports}
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["study"] == "ai_triage"
    assert f"{manifest['n_replications']} replications" in (
        FOLDER / "exports" / "stress_des.md"
    ).read_text("utf-8")


def test_a_published_page_says_what_the_first_page_says(small: Result) -> None:
    page, text = first_page(small), page_of(small, "words", "a caption")
    assert text.startswith(f"# {page.question}\n")
    for each in page.headlines:
        assert f"- **{each.label}**: {each.words}" in text
    assert page.table is not None
    for row in page.table.rows:
        assert f"| {' | '.join(row)} |" in text


@pytest.mark.slow
def test_publishing_twice_gives_the_same_files_and_too_large_a_one_is_refused(
    small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small.write(tmp_path / "results")
    sums = []
    for name in ("one", "two"):
        page = publish(folder, tmp_path / name)
        files = sorted(path for path in page.parent.rglob("*") if path.is_file())
        sums.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])
    assert sums[0] == sums[1]
    with (tmp_path / "one" / "exports" / "assumptions.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        assert len(list(csv.reader(file))) > 1
    monkeypatch.setattr("docs.tools.publish.MOST_BYTES", 1000)
    with pytest.raises(ResultsError, match=r"more than 1,000\. Publish a smaller study"):
        publish(folder, tmp_path / "three")
