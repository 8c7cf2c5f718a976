"""The report in a browser: the first page fits a screen and a sheet, nothing is cut off, axe finds nothing."""

from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from simulation.api import Result
from simulation.report.first_page import first_page

from .conftest import Opened

pytestmark = pytest.mark.slow

LANDSCAPE = 1054
"""Width in CSS pixels between the margins of A4 landscape: 297 - 2 x 9 mm, at 96 pixels an inch."""
TOO_WIDE = """() => [...document.querySelectorAll('main *, footer *')]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter(each => !each.closest('.scroll, .wide, svg'))
    .map(each => each.outerHTML.slice(0, 120))"""
CUT_OFF = """() => [...document.querySelectorAll('table')]
    .filter(each => each.closest('.part') && each.getBoundingClientRect().width > 0)
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(each => each.caption ? each.caption.textContent : each.outerHTML.slice(0, 120))"""
TOO_SHORT = 50
"""Pixels that a run of two days adds to the first page: a warning, and when 'not settled' is said. The published run's
page ends at 786."""
MOST_SHEETS, MOST_WORDS = 13, 6700
"""Of A4 after the first page."""


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds: a rule and the elements."""
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found]


def test_the_first_page_is_seen_whole_at_1280_by_800(opened: Opened, report: Path) -> None:
    box = opened(report).locator("#answer").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 800 + TOO_SHORT
    assert box["x"] + box["width"] <= 1280


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_axe_finds_nothing(opened: Opened, report: Path, width: int, height: int) -> None:
    page = opened(report, width, height)
    assert violations(page) == []


def test_on_a_phone_the_page_does_not_scroll_sideways_and_wide_tables_do(
    opened: Opened, report: Path
) -> None:
    page = opened(report, 360, 740)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(TOO_WIDE) == []
    wide = page.locator(".scroll", has=page.locator("table.verdicts"))
    assert wide.evaluate("each => each.scrollWidth > each.clientWidth")


def test_the_navigation_wraps_on_a_phone(opened: Opened, report: Path) -> None:
    links = opened(report, 360, 740).locator("nav a")
    boxes = [links.nth(number).bounding_box() for number in range(links.count())]
    assert len(boxes) >= 8
    assert all(
        box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360 for box in boxes
    )
    assert len({box["y"] for box in boxes if box is not None}) > 1


def test_a_link_of_the_navigation_leads_to_its_section(opened: Opened, report: Path) -> None:
    page = opened(report)
    for link in page.locator("nav a").all():
        link.click()
        name = (link.get_attribute("href") or "").removeprefix("#")
        assert page.locator(f"#{name}").is_visible(), name


def test_printed_the_first_page_is_one_sheet_and_the_rest_follows(
    opened: Opened, report: Path, result: Result
) -> None:
    pdf = opened(report).pdf(prefer_css_page_size=True)
    first, second, *_ = PdfReader(BytesIO(pdf)).pages
    output, after = (" ".join((sheet.extract_text() or "").split()) for sheet in (first, second))
    page = first_page(result)
    assert page.table is not None
    for words in (page.question, page.table.rows[-1][0], page.table.notes[-1]):
        assert words in output
    assert "Also found" in after
    assert "Also found" not in output
    width, height = (float(side) for side in (first.mediabox.width, first.mediabox.height))
    assert (round(width), round(height)) == (595, 842), "A4, portrait"
    assert float(second.mediabox.width) > float(second.mediabox.height)


def test_printed_the_report_of_the_default_study_has_few_sheets_after_its_first(
    opened: Opened, report: Path
) -> None:
    _, *after = PdfReader(BytesIO(opened(report).pdf(prefer_css_page_size=True))).pages
    assert 6 <= len(after) <= MOST_SHEETS
    assert sum(len((sheet.extract_text() or "").split()) for sheet in after) <= MOST_WORDS


def test_printed_no_table_loses_a_column(opened: Opened, report: Path) -> None:
    page = opened(report, LANDSCAPE, 700)
    page.emulate_media(media="print")
    assert page.evaluate(CUT_OFF) == []


def test_a_request_outside_would_be_noticed(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<img src='http://127.0.0.1:9/picture.png' alt=''>", encoding="utf-8")
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.close()
    assert any(url.startswith("http:") for url in asked)
