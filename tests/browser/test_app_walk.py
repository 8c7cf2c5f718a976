"""A walk through the app as somebody takes it who knows the question alone, and axe on every page of an opened run.

    APP_WALK=folder pytest -m slow tests/browser/test_app_walk.py

writes what is seen after each action into the folder.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from simulation.api import Result
from simulation.app.asked import AskedQuestion
from simulation.app.pages import VIEWS
from simulation.report import board as board_module
from simulation.study.design import OfferFacts

from . import test_app
from .test_app import (
    MOST_REQUESTS,
    SECONDS,
    TOO_WIDE,
    Served,
    Visit,
    answered,
    stop,
    unfold,
    violations,
)
from .test_board import OFFERS

pytestmark = pytest.mark.slow

served, visitor = test_app.served, test_app.visitor
RUN, OFFER = "ai_triage/one", "offer/one"
SIZES = [(1280, 900), (820, 1180), (360, 740)]
See = Callable[[Page, str], None]


@pytest.fixture
def see() -> See:
    """Notes what is on the screen; axe finds nothing in it, and nothing scrolls sideways."""
    folder = os.environ.get("APP_WALK")

    def look(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png")
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name

    return look


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_six_actions_lead_from_the_first_page_to_what_would_do_better(
    visitor: Visit, see: See, width: int, height: int
) -> None:
    page = visitor("/", width, height)
    files = page.locator("link[rel=stylesheet], script").evaluate_all(
        "all => all.map(one => one.href || one.src)"
    )
    asked = [page.url, *files]
    page.on(
        "request", lambda one: asked.append(one.url) if one.url not in asked else None
    )  # files are kept for a while
    see(page, f"{width}-0-first")
    page.get_by_label("1. Department").select_option("short_of_triage")  # 1
    page.get_by_role("button", name="Show the answer").click()
    expect(page.locator("#answer h2")).to_contain_text(
        "in a department with busiest triage nurses", timeout=SECONDS
    )
    expect(page.locator(".verdicts li").first).to_be_visible(timeout=SECONDS)
    see(page, f"{width}-1-answer")
    unfold(page, "chosen")
    page.get_by_label("AI as published claims say (untested)").check()  # 2
    expect(page.locator(".verdicts")).to_contain_text("AI as published claims say", timeout=SECONDS)
    see(page, f"{width}-2-another-policy")
    stop(page)  # 3
    page.locator(".verdicts").scroll_into_view_if_needed()
    see(page, f"{width}-3-read")
    words = page.locator("#answer").inner_text()
    assert "a department with busiest triage nurses" in words
    assert "Lean triage, no AI" in words
    unfold(page, "Look closer").get_by_role("link", name="Who gains and who loses").click()  # 4
    expect(page.get_by_role("heading", level=1)).to_have_text("Who gains and who loses")
    see(page, f"{width}-4-who")
    page.get_by_role("link", name="The pathway by area").click()  # 5
    expect(page.locator(".areas .mark").first).to_be_visible(timeout=SECONDS)
    see(page, f"{width}-5-pathway")
    page.get_by_role("link", name="What it rests on").click()  # 6
    expect(page.locator("table").first).to_be_visible()
    see(page, f"{width}-6-rests")
    assert len({one for one in asked if not one.startswith("data:")}) <= MOST_REQUESTS


def test_questions_stand_side_by_side_under_the_names_that_a_reader_gives(
    visitor: Visit, see: See
) -> None:
    page = answered(visitor(f"/?{test_app.EXAMPLE}&tests=-30"))
    unfold(page, "Your name for it").get_by_label("Your name for the question").fill("Faster tests")
    page.keyboard.press("Tab")
    expect(page.locator("#answer h2")).to_contain_text("‘Faster tests’", timeout=SECONDS)
    page.get_by_role("button", name="Stop").click()
    unfold(page, "take it with you")
    page.get_by_role("link", name="Keep it beside the next question").click()
    page.get_by_label("Your name for the question").fill("As it is")
    unfold(page, "change more")
    page.get_by_role("button", name="Set everything as it is today").click()
    side = page.get_by_role("group", name="Questions side by side")
    expect(side).to_contain_text("As it is", timeout=SECONDS)
    expect(side).to_contain_text("Faster tests")
    verdicts = page.locator(".verdicts li").first
    expect(verdicts).to_be_visible(timeout=SECONDS)
    stop(page)
    side.scroll_into_view_if_needed()
    see(page, "side-by-side")
    link = page.locator("a", has_text="Link to this question").get_attribute("href")
    other = visitor(str(link))
    expect(other.locator(".verdicts li").first).to_be_visible(timeout=SECONDS)
    expect(other.get_by_role("group", name="Questions side by side")).to_contain_text(
        "Faster tests"
    )
    other.get_by_role("link", name="put away Faster tests").click()
    answered(other)
    expect(other.get_by_role("group", name="Questions side by side")).to_have_count(0)


@pytest.fixture(scope="module")
def opened_runs(served: Served, result: Result) -> Iterator[Served]:
    """A run over 20 departments and one of an offer, as if both had been opened."""
    facts: OfferFacts = OFFERS["usual"]
    offered = replace(
        result, study=replace(result.study, design=replace(result.study.design, offer=facts))
    )
    served.session._keep(AskedQuestion(run=RUN, arms=()), result)
    served.session._keep(AskedQuestion(run=OFFER, arms=()), offered)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(board_module, "rank_blanks", lambda result: ())
        yield served


PAGES = [
    f"/run?run={RUN}",
    *(f"/view/{name}?run={RUN}" for name in VIEWS),
    f"/narrow?run={RUN}",
    f"/narrow?run={RUN}&size=340&wait=25&days=28",
    f"/narrow?run={RUN}&wait=soon",
    f"/run?run={OFFER}",
    f"/board?run={OFFER}",
    f"/board?run={RUN}",
    "/view/nothing",
    "/records/nothing",
    "/nothing",
    "/run?run=nothing",
]


@pytest.mark.parametrize(("width", "height"), SIZES[::2])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_a_page_of_an_opened_run_or_an_error(
    opened_runs: Served, visitor: Visit, see: See, path: str, width: int, height: int
) -> None:
    page = visitor(path, width, height)
    see(page, f"{width}{path.replace('/', '-').replace('?', '-')}")
    assert page.evaluate(TOO_WIDE) == []
