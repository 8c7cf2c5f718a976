"""The page of records: its words and tables, the files beside it, and the list of what was written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simulation.display.drawing import Picture
from simulation.display.table import Cell
from simulation.extracts.page import PAGE, write_pages, written_pages
from simulation.extracts.quality import in_fives, is_few
from tests.conftest import ONE_PIXEL
from tests.extracts.dirt import broken
from tests.extracts.made import clean, read
from tests.golden import lines_of_html


def test_the_words_of_the_page_and_its_files_are_those_that_were_read(
    tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    extract = read(broken().text(), tmp_path)
    picture = Picture("beside", ONE_PIXEL, "what it shows", "what to see in it")
    page = write_pages(
        tmp_path,
        "Is '<b>' & 'x' our department?",
        ("One sentence.", "Another."),
        [extract.dirt, extract.tables["columns"]],
        [picture],
        "aeflow compare study=mine",
    )
    assert page.name == PAGE
    golden("extracts/page.txt", lines_of_html(page.read_text(encoding="utf-8")))
    files = sorted(path for path in page.parent.iterdir() if path.suffix == ".csv")
    texts = [f"## {path.name}\n{path.read_text('utf-8-sig')}" for path in files]
    names = sorted(path.name for path in page.parent.iterdir())
    golden("extracts/files.txt", "\n".join((*texts, "## files", *names)))


def test_pages_are_listed_by_their_titles(tmp_path: Path) -> None:
    title = "Is '<b>' & 'x' our department?"
    for step in ("", "aeflow compare study=mine"):
        page = write_pages(tmp_path, title, (), [], [], step)
        content = page.read_text(encoding="utf-8")
        assert written_pages(tmp_path)[page.parent.name] == (title, step, content)


def few(text: str, column: str, value: str, n: int) -> str:
    """The text of an extract in whose first rows with this value another one stands."""
    lines = text.splitlines()
    rows = [k for k, line in enumerate(lines) if value in line.split(",")][:n]
    for k in rows:
        cells = lines[k].split(",")
        cells[lines[0].split(",").index(column)] = "Purple"
        lines[k] = ",".join(cells)
    return "\n".join(lines)


def test_counts_under_five_are_shown_nowhere_and_no_total_gives_one_back(tmp_path: Path) -> None:
    text = few(few(clean(), "Acuity", "3 - Urgent", 13), "Sex", "F", 3)
    lines = text.splitlines()
    for k in range(30, 33):
        lines[k] = lines[k].replace("Ambulance", "Walk-in").replace("Walk-in", "  walk-in ")
    extract = read("\n".join(lines), tmp_path, worst_share=0.5)
    counted = {row.kind: row for row in extract.quality.by_kind()}
    assert counted["unknown_code"].n == 13 + 3  # known to whoever holds the records
    table = extract.dirt
    row = next(row for row in table.cells if "calls unknown" in str(row[0]))
    assert str(row[0]).endswith("under 5)")
    assert " 3" not in str(row[0])
    assert isinstance(row[1], Cell)
    assert row[1].value == 13
    for _, number, share, *_ in table.cells:
        assert number == "under 5" if isinstance(number, str) else not 0 < number.value < 5
        assert share == "" or isinstance(number, Cell)
    assert any(row[1] == "under 5" for row in table.cells)


@pytest.mark.parametrize(("n", "of", "few"), [(0, 9, False), (1, 9, True), (4, 9, True), (5, 9, True), (5, 10, False),
                                              (9, 9, False), (0, 3, True)])  # fmt: skip
def test_a_count_is_few_if_it_or_the_others_are(n: int, of: int, few: bool) -> None:
    assert bool(is_few(n, of)) is few


def test_counts_beside_shares_are_to_the_nearest_five() -> None:
    assert in_fives(np.array([0, 2, 3, 7, 8, 1002])).tolist() == [0, 0, 5, 5, 10, 1000]


def test_a_share_that_fewer_than_five_have_is_no_measure_of_the_page(tmp_path: Path) -> None:
    head, left, rest = clean().partition("Left before treatment")
    extract = read(head + left + rest.replace(left, "Discharged"), tmp_path, worst_share=0.2)
    assert 0 < extract.measures.value("left_share") < 4.5 / 400
    shown = [name.measure for name, _ in extract.shown()]
    assert "left_share" not in shown
    assert "within_4h_share" in shown
    assert not any("Left before" in str(row[0]) for row in extract.tables["measures"].cells)
