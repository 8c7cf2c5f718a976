"""What other programs open holds what the report says, and is the same file whenever it is written."""

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from simulation.api import Result, compare
from simulation.config import load
from simulation.display import word_file as documents
from simulation.display import workbook as workbooks
from simulation.display.document import Document as NewDocument
from simulation.display.document import Section, Words
from simulation.display.table import Cell, ReportTable
from simulation.display.word_file import word_file
from simulation.display.workbook import number_format, workbook
from simulation.errors import ResultsError
from simulation.report import write as writing
from simulation.report.arm_tables import assumptions_log
from simulation.report.contents import CLOCK, drawn
from simulation.report.first_page import first_page
from simulation.report.page import word_document, workbook_document
from simulation.report.stress_des import stress_des
from simulation.report.write import ASSUMPTIONS, DOCUMENT, STRESS, WORKBOOK, write_exports

ITEMS = (
    "1.1",
    "1.2",
    "1.3",
    "2.1",
    "2.2",
    "2.3",
    "2.4",
    "2.5",
    "3.1",
    "3.2",
    "3.3",
    "3.4",
    "4.1",
    "4.2",
    "4.3",
)
ITEMS += ("5.1", "5.2", "5.3", "5.4")


@pytest.fixture(scope="module")
def packed(result: Result) -> bytes:
    return workbook(workbook_document(result), result.table())


@pytest.fixture(scope="module")
def book(packed: bytes) -> Workbook:
    return load_workbook(BytesIO(packed))


@pytest.fixture(scope="module")
def paper(result: Result) -> bytes:
    picture = drawn(result, "differences")
    assert picture is not None
    return word_file(word_document(result, picture))


def told(book: Workbook, name: str) -> list[str]:
    return [
        str(cell.value) for row in book[name].iter_rows() for cell in row if cell.value is not None
    ]


def test_the_workbook_holds_the_first_page_every_table_and_the_summary(
    book: Workbook, result: Result
) -> None:
    page, first = first_page(result), told(book, "First page")
    for words in (page.question, *page.sentences):
        assert words in first
    titles = {book[name]["A1"].value for name in book.sheetnames}
    assert {
        table.title for name, table in result.tables.items() if name not in (CLOCK, "first_page")
    } <= titles
    assert book["Summary"].max_row == len(result.table()) + 1
    assert all(len(name) <= 31 for name in book.sheetnames)


def test_a_number_in_the_workbook_is_a_number_that_reads_as_in_the_report(
    book: Workbook, result: Result
) -> None:
    summary = {
        (row[0].value, row[1].value, row[3].value): row[4].value
        for row in book["Summary"].iter_rows(min_row=2)
    }
    row = result.row("nurse", "wait_to_clinician_mean")
    assert summary["nurse", "wait_to_clinician_mean", "all"] == pytest.approx(row.mean, rel=1e-12)
    formats = {
        Cell(-1.9, "minutes", style="difference"): "+0.0;−0.0;0.0",
        Cell(369000, style="pounds"): "£#,##0;−£#,##0",
        Cell(0.584, "share"): '0.0" %"',
    }
    assert {cell: number_format(cell) for cell in formats} == formats


def test_every_number_of_the_first_page_is_a_number_in_the_workbook(
    book: Workbook, result: Result
) -> None:
    """A difference, the ends of its interval and the verdict have a cell each."""
    table = first_page(result).table
    assert table is not None
    label = result.arm("ai_as_claimed").label
    (cells,) = [row for row in book["First page"].iter_rows(values_only=True) if row[0] == label]
    row = result.row("ai_as_claimed", "wait_to_clinician_mean")
    assert cells[1:4] == pytest.approx((row.difference, row.difference_low, row.difference_high))
    headers, rows = table.spread_out()
    assert len({len(spread) for spread in rows} | {len(headers)}) == 1
    numbers = [cell for spread in rows for cell in spread if isinstance(cell, Cell)]
    assert len(numbers) > 3 * len(rows)


def test_the_document_holds_the_first_page_its_table_and_a_picture_with_its_words(
    paper: bytes, result: Result
) -> None:
    read, page = Document(BytesIO(paper)), first_page(result)
    output = "\n".join(paragraph.text for paragraph in read.paragraphs)
    for words in (page.question, page.lead, *(each.sentence for each in page.headlines)):
        assert words in output
    assert page.table is not None
    cells = [tuple(cell.text for cell in row.cells) for row in read.tables[0].rows]
    assert cells == [page.table.headers, *page.table.rows]
    picture = drawn(result, "differences")
    assert picture is not None
    assert [shape._inline.docPr.get("descr") for shape in read.inline_shapes] == [picture.alt]


def test_a_word_document_leaves_out_what_xml_cannot_hold() -> None:
    point = Words("one\u00a0nurse\ud800", "point", "2\ufffe")
    new = NewDocument("Waits\x00 at\x1b night", (Section((point,)),))
    heading, bullet = Document(BytesIO(word_file(new))).paragraphs
    assert (heading.text, bullet.text) == ("Waits at night", "2: one\u00a0nurse")


def test_the_log_has_every_sourced_number_the_assumed_ones_first(result: Result) -> None:
    log = assumptions_log(result)
    n_added = sum(len(arm.explanation.added_assumptions) for arm in result.others)
    assert len(log.rows) == len(result.statements) + n_added
    evidence = [row[5] for row in log.rows]
    n_assumed = evidence.count("assumed")
    assert evidence[:n_assumed] == ["assumed"] * n_assumed
    assert 0 < n_assumed < len(evidence)


def test_every_item_of_stress_des_is_answered(result: Result) -> None:
    text = stress_des(result)
    for item in ITEMS:
        (section,) = [part for part in text.split("\n### ") if part.startswith(f"{item} ")]
        assert len(section.split("\n", 2)[2].strip()) > len("docs/model.md"), item
    assert str(result.run.seed) in text
    assert result.arm("one_more_triage_nurse").label in text


def test_stress_des_of_ones_own_department_says_what_is_true_of_it_and_not_of_the_english_a_and_e() -> (
    None
):
    short = ("run.replications=3", "run.measured_days=7", "executor=serial")
    text = stress_des(compare(load("study=gallery/clinic", *short)))
    parts = {part.split(maxsplit=1)[0]: part for part in re.split(r"\n###? ", text)}
    for item in ("2.2", "2.4", "3.2", "3.4"):
        assert "docs/model.md" not in parts[item], item
    assert "goes to `gone`" in parts["2.4"]
    assert "from an empty department" in parts["4.1"]
    assert "skewed" in parts["4.3"]
    assert "add here where the program and these files are available" in parts["6"]


def test_no_text_of_a_study_becomes_a_tag_in_stress_des(result: Result) -> None:
    design = replace(result.study.design, question="<script>alert(1)</script> | & 'quoted'?")
    text = stress_des(replace(result, study=replace(result.study, design=design)))
    assert "<script" not in text
    assert "&lt;script>alert(1)&lt;/script> | & 'quoted'?" in text


def test_stress_des_of_the_english_a_and_e_cites_its_page_and_names_who_is_there_at_time_0(
    result: Result,
) -> None:
    text = stress_des(result)
    assert text.count("docs/model.md, 2.2") == text.count("docs/model.md, 3.4") == 1
    assert "from the patients present at time 0 (boarding_at_start, " in text


def test_the_same_result_gives_the_same_files_at_any_time(
    result: Result, packed: bytes, paper: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 5, 6, 7, 8, 9, 1, 126, 0))
    written = {path.name: path for path in write_exports(tmp_path, result)}
    assert set(written) == {WORKBOOK, DOCUMENT, ASSUMPTIONS, STRESS}
    assert written[WORKBOOK].read_bytes() == packed
    assert written[DOCUMENT].read_bytes() == paper
    with written[ASSUMPTIONS].open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == len(assumptions_log(result).rows) + 1


def without_office_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbook and document are empty: they take long to make."""
    monkeypatch.setattr(writing, "workbook", lambda document, summary: b"")
    monkeypatch.setattr(writing, "word_file", lambda document: b"")


def test_no_cell_of_the_assumptions_is_a_formula_to_a_spreadsheet(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ReportTable(
        "assumptions", "title", ("arm", "source"), (("=1+1", "=cmd|' /C calc'!A0"), ("−2", "-2"))
    )
    monkeypatch.setattr(writing, "assumptions_log", lambda _: log)
    without_office_files(monkeypatch)
    write_exports(tmp_path, result)
    rows = (tmp_path / "exports" / ASSUMPTIONS).read_text(encoding="utf-8-sig").splitlines()
    assert rows == ["arm,source", "'=1+1,'=cmd|' /C calc'!A0", "−2,-2"]


def test_a_folder_that_cannot_be_written_is_one_message(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_office_files(monkeypatch)
    (tmp_path / "exports").write_text("in the way", encoding="utf-8")
    with pytest.raises(ResultsError, match=r"exports: File exists\. Close the file"):
        write_exports(tmp_path, result)


def test_neither_library_is_imported_before_something_is_exported() -> None:
    names = [workbooks.__name__, documents.__name__]
    asked = "[name for name in ('docx', 'xlsxwriter') if name in sys.modules]"
    words = f"import json, sys, {', '.join(names)}; print(json.dumps({asked}))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
