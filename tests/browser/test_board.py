"""The board's page in a browser: one side of A4, no sideways scrolling on a phone, and axe finds nothing."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from simulation.api import Result
from simulation.questions.blanks import BlankEffect
from simulation.report import board as board_module
from simulation.report.board import board, board_page
from simulation.study.design import Blank, OfferFacts

from .conftest import Opened
from .test_report import TOO_WIDE, violations

pytestmark = pytest.mark.slow

LONG = "a figure whose name takes as many words as a vendor has ever put into one line of text"
BLANK = Blank(question=LONG, parameters=("triage_busy",), unit="minutes", find=LONG, patients=100)
OFFERS = {
    "usual": OfferFacts(
        arm="ai_label_measured_under",
        product="Our AI",
        department="Our A&E",
        claims=("30 seconds saved",),
        not_shown=("accuracy by age",),
        blanks=(replace(BLANK, question="minutes a triage", find="time triages"),),
    ),
    "long": OfferFacts(
        arm="ai_as_claimed",
        product=LONG,
        department=LONG,
        claims=(LONG,) * 9,
        not_shown=(LONG,) * 9,
        blanks=(BLANK,) * 3,
    ),
}
OFFERS["contradicted"] = OFFERS["long"]
STATED = (
    "within_4h_share", "wait_to_clinician_mean", "over_12h_share", "left_share", "admitted_share",
    "walk_in_triage_wait_mean", "walk_in_triage_minutes_mean",
)  # fmt: skip
"""Every figure that an interview asks for, besides attendances."""


@pytest.fixture(scope="module", params=OFFERS)
def offered(result: Result, request: pytest.FixtureRequest) -> Iterator[Result]:
    """The default study as one of an offer: of few words, of as many as there can be, and of as many without a verdict,
    each with every figure stated, as it was simulated or another."""
    other = 0.3 * (request.param == "contradicted")
    stated = {measure: result.before(measure).mean * (1 + other) for measure in STATED}
    offer = replace(OFFERS[request.param], stated=stated)
    effects = tuple(BlankEffect(blank, -8.0, 1.0) for blank in offer.blanks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(board_module, "rank_blanks", lambda result: effects)
        yield replace(
            result, study=replace(result.study, design=replace(result.study.design, offer=offer))
        )


@pytest.fixture(scope="module")
def path(offered: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("board") / "board.html"
    where.write_text(board_page(offered), encoding="utf-8")
    return where


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    opened: Opened, path: Path, width: int, height: int
) -> None:
    page = opened(path, width, height)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_WIDE) == []
    assert cut_off(page) == []


def cut_off(page: Page) -> list[str]:
    """Cells of the table and sentences that show less than they hold."""
    script = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    cut: list[str] = page.locator("th, td, p, h1, h2").evaluate_all(script)
    return cut


def test_on_a_phone_effect_safety_and_cost_of_every_option_are_in_sight(
    opened: Opened, path: Path
) -> None:
    cells = opened(path, 360, 740).locator(".money tbody td")
    boxes = [cells.nth(number).bounding_box() for number in range(cells.count())]
    assert len(boxes) == 18
    assert all(
        box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360 for box in boxes
    )


def test_printed_it_is_one_side_of_a4_with_every_sentence(
    opened: Opened, path: Path, offered: Result
) -> None:
    sheets = PdfReader(BytesIO(opened(path).pdf(prefer_css_page_size=True))).pages
    assert len(sheets) == 1
    assert (round(float(sheets[0].mediabox.width)), round(float(sheets[0].mediabox.height))) == (
        595,
        842,
    )
    printed = "".join(sheets[0].extract_text().split())
    page = board(offered)
    assert all("".join(str(sentence).split()) in printed for sentence in page.sentences)
    (stated,) = (table for part in page.parts for table in part.tables)
    assert page.table is not None
    for table in (page.table, stated):
        assert "".join("".join(table.rows[-1]).split()) in printed
