"""First page, page, screen and Word text of small studies at fixed seeds, word for word.

`pytest tests/report/test_golden.py --write-golden` writes them anew: look at the difference before it is committed.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from docx import Document

from simulation.api import Result, compare
from simulation.config import load
from simulation.display.document import lines_of
from simulation.display.word_file import word_file
from simulation.display.workbook import workbook
from simulation.report.first_page import FirstPage, Headline, first_page
from simulation.report.page import page, word_document, workbook_document
from simulation.report.screen import VERDICT_LINES, print_result, verdict_lines
from simulation.report.write import write_report
from tests.golden import lines_of_html, lines_of_workbook

GOLDEN = Path(__file__).parent / "golden"
SHORT = ("executor=serial", "engine=compiled", "run.doublings=0")
FEW = ("run.replications=3", "run.warm_up_days=0", "run.measured_days=2", "run.cool_down_days=3")
STUDIES = {
    "typical": ("ensemble=none", "~study.arms.ai_label_measured_under.cost", *FEW),
    "clinic": ("study=gallery/clinic", "run.replications=4", "run.measured_days=7"),
    "one_nurse": ("study=gallery/one_nurse", "run.replications=3", "run.measured_days=7"),
}


@lru_cache(maxsize=len(STUDIES))
def result_of(name: str) -> Result:
    return compare(load(*SHORT, *STUDIES[name]))


def first_page_text(result: Result) -> str:
    first = first_page(result)
    table = (
        []
        if first.table is None
        else [" | ".join(row) for row in (first.table.headers, *first.table.rows)]
    )
    notes = () if first.table is None else first.table.notes
    picture = [] if first.picture is None else [first.picture.alt, first.picture.caption]
    return "\n".join((first.question, *first.checks, *first.sentences, *table, *notes, *picture))


def page_text(result: Result) -> str:
    """The text of the page but for how it was run, which names versions."""
    html = page(result, ())
    html = re.sub(
        r'<section class="part" id="run">.*?</section>|<footer>.*?</footer>',
        "",
        html[html.index("<main") :],
        flags=re.DOTALL,
    )
    return lines_of_html(html)


def screen_text(result: Result) -> str:
    out = StringIO()
    print_result(result, stream=out)
    return out.getvalue()


def word_text(result: Result) -> str:
    read = Document(BytesIO(word_file(word_document(result, None))))
    tables = [
        " | ".join(cell.text for cell in row.cells)
        for table in read.tables[: -1 if result.others else None]  # the last says how it was run
        for row in table.rows
    ]
    return "\n".join((*(paragraph.text for paragraph in read.paragraphs), *tables))


TEXTS = {"first_page": first_page_text, "page": page_text, "screen": screen_text, "word": word_text}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", STUDIES)
def test_the_words_are_those_that_were_read(
    name: str, text: str, golden: Callable[[str, str], None]
) -> None:
    golden(f"report/{name}-{text}.txt", TEXTS[text](result_of(name)))


@pytest.mark.parametrize("name", ["clinic"])
def test_workbook_and_folder_of_tables_hold_the_cells_that_were_read(
    name: str, tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    result = result_of(name)
    sheets = re.split(
        r"^(?=## )",
        lines_of_workbook(workbook(workbook_document(result), result.table())),
        flags=re.MULTILINE,
    )
    kept = [sheet for sheet in sheets if not re.match(r"## (\d+ run|Summary)\n", sheet)]
    golden(f"report/{name}-workbook.txt", "".join(kept))
    assert write_report(tmp_path, result) is None
    files = sorted(path for path in tmp_path.rglob("*.csv") if path.name != "run.csv")
    texts = [
        f"## {path.relative_to(tmp_path).as_posix()}\n{path.read_text('utf-8-sig')}"
        for path in files
    ]
    golden(f"report/{name}-tables.txt", "\n".join(texts))
    names = sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    )
    golden(f"report/{name}-files.txt", "\n".join(names))


def test_the_first_page_of_the_default_study_has_at_most_350_words_beside_table_and_picture() -> (
    None
):
    page = first_page(result_of("typical"))
    assert len(" ".join((page.question, *page.checks, *page.sentences)).split()) <= 350
    assert re.match(r"Of 6 products \d ", page.sentences[0])


def test_the_page_of_the_default_study_has_at_most_six_thousand_words_after_its_first() -> None:
    text = (GOLDEN / "typical-page.txt").read_text(encoding="utf-8")
    assert 2000 < len(text.split("\nAlso found\n")[-1].split()) <= 6000


@pytest.mark.parametrize("name", STUDIES)
def test_the_verdict_on_a_screen_has_at_most_fifteen_lines(name: str) -> None:
    page_of = first_page(result_of(name))
    lines = verdict_lines(page_of)
    assert len(page_of.headlines) < len(lines) <= VERDICT_LINES == 15
    for headline in page_of.headlines:
        assert any(line.startswith(f"- {headline.label[:40]}") for line in lines)


def test_a_screen_has_each_first_sentence_whole_before_a_second_of_any() -> None:
    """Three lines of lead and three products: the first has much to say, the last one sentence of two lines."""
    many, long = tuple(f"it does {n} things" for n in range(60)), " ".join(["word"] * 30)
    told = [
        Headline("", "First", many),
        Headline("", "Second", ("short", long)),
        Headline("", "Third", (long,)),
    ]
    page_of = FirstPage("", (), " ".join(["lead"] * 60), tuple(told), (), None, None)
    lines = verdict_lines(page_of)
    assert len(lines) == VERDICT_LINES
    assert lines[-2:] == [*lines_of(f"Third: {long}.", "- ")]
    assert lines[-3] == "- Second: short."
