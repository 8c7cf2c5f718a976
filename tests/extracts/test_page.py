"""The page of records: its words and tables, the files beside it, and the list of what was written."""

from collections.abc import Callable
from pathlib import Path

from simulation.display.drawing import Picture
from simulation.extracts.page import PAGE, write_pages, written_pages
from tests.conftest import ONE_PIXEL
from tests.extracts.dirt import broken
from tests.extracts.made import read
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
    )
    assert page.name == PAGE
    golden("extracts/page.txt", lines_of_html(page.read_text(encoding="utf-8")))
    files = sorted(path for path in page.parent.iterdir() if path.suffix == ".csv")
    texts = [f"## {path.name}\n{path.read_text('utf-8-sig')}" for path in files]
    names = sorted(path.name for path in page.parent.iterdir())
    golden("extracts/files.txt", "\n".join((*texts, "## files", *names)))


def test_pages_are_listed_by_their_titles(tmp_path: Path) -> None:
    page = write_pages(tmp_path, "Is '<b>' & 'x' our department?", (), [], [])
    listed = written_pages(tmp_path)
    assert listed == {
        page.parent.name: ("Is '<b>' & 'x' our department?", page.read_text(encoding="utf-8"))
    }
