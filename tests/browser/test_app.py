"""The app in a browser: a walk from the first page to an answer, and what disturbs it. axe finds nothing, and nothing
outside is asked."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from zipfile import ZipFile

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from simulation.app import asked as asked_module
from simulation.app import background as background_module
from simulation.app.pages import VIEWS
from simulation.app.server import app_of
from simulation.app.serving import stored_answer
from simulation.app.session import Session
from simulation.config.new import new_scaled_department
from simulation.offers import offer as offer_module
from tests.app.conftest import SHORT
from tests.app.test_background import BRIEF, OFFER, WEEK
from tests.app.test_interview import COUNTS

from .test_report import violations

pytestmark = pytest.mark.slow

EXAMPLE = "department=typical&arm=ai_scribe_measured&arm=lean_triage"
SECONDS, MINUTES = 60_000, 800_000
"""Milliseconds until the first answer, and until the page for a board is ready, on a busy machine."""
MOST_REQUESTS = 11
TOO_WIDE = """() => [...document.querySelectorAll('main *')]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter(each => !each.closest('.scroll, .wide, svg, .hidden'))
    .map(each => each.outerHTML.slice(0, 120))"""


@dataclass(frozen=True)
class Served:
    """The app on a port of this machine, with its session."""

    home: str
    session: Session


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Questions of two days a replication; an offer of 20 departments that are made in weeks, and compared in days."""
    here = tmp_path_factory.mktemp("app")
    new_scaled_department("ours", {"attendances_per_day": "250", "beds": "480"}, here / "configs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asked_module, "RUN", (*SHORT, "run.cool_down_days=1", "run.doublings=0"))
        patch.setattr(background_module, "N_DEPARTMENTS", 20)
        patch.setattr(background_module, "LOCK", here / "heavy.lock")
        patch.setattr(offer_module, "YEAR", WEEK)
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app, session = app_of(
            port,
            n_workers=1,
            stored=stored_answer(),
            results=here / "results",
            config_dir=here / "configs",
        )
        session.background.where += (*BRIEF, "run.replications=20", "run.departments=20")
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
        )
        thread.start()
        yield Served(f"http://127.0.0.1:{port}", session)
        session.background.stop()
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def visitor(browser: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    """Opens a path as a visitor of their own; afterwards nothing outside was asked for, and no page had an error."""
    contexts: list[BrowserContext] = []
    outside: list[str] = []
    errors: list[str] = []

    def visit(path: str = "/", width: int = 1280, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda one: (
                None if one.url.startswith((served.home, "data:")) else outside.append(one.url)
            ),
        )
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda one: errors.append(one.text) if "Content Security Policy" in one.text else None,
        )
        page.goto(served.home + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert outside == []
    assert errors == []


Visit = Callable[..., Page]


def answered(page: Page) -> Page:
    """The page once it has an answer."""
    expect(page.locator(".verdicts li").first).to_be_visible(timeout=SECONDS)
    expect(page.locator("#answer table").first).to_be_attached()
    return page


def unfold(page: Page, words: str) -> Page:
    """The page with a part of it unfolded."""
    page.locator("summary", has_text=words).first.click()
    return page


def stop(page: Page) -> None:
    """Stop an answer, and wait until it says what is said at rest."""
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("summary", has_text="What next")).to_be_visible(timeout=SECONDS)


def shown(page: Page) -> int:
    return int(page.locator(".n").inner_text().split()[0])


def rests(session: Session) -> bool:
    """Whether all work ends within some seconds."""
    for _attempt in range(60):
        if not session.n_running and not any(
            thread.name.startswith("question") for thread in threading.enumerate()
        ):
            return True
        time.sleep(0.1)
    return False


def test_from_the_first_page_to_an_answer_in_a_department_in_three_actions(visitor: Visit) -> None:
    page = visitor()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.get_by_label("1. Department").select_option("short_of_triage")
    page.get_by_label("3. Or change").select_option("A doctor off by day")
    page.get_by_role("button", name="Show the answer").click()
    answered(page)
    assert "department=short_of_triage" in page.url
    expect(page.get_by_role("table", name="Under nurse triage")).to_be_visible()
    unfold(page, "Doctors, 8 to 16 h −1")
    page.get_by_label("Doctors, 16 to 24 h").fill("1")
    expect(page.locator("#answer .changes")).to_contain_text(
        "doctors, 16 to 24 h +1", timeout=SECONDS
    )
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".state")).to_contain_text("Stopped.")
    assert len(asked) <= MOST_REQUESTS


def test_who_listens_hears_the_last_state_and_nothing_of_the_question_before(
    visitor: Visit, served: Served
) -> None:
    page, sent = visitor(), list[str]()
    state = 'event: state\ndata: <b class="n">{n} replications</b><ul class="verdicts"><li>Shorter.</li></ul>\n\n'
    body = f"{state.format(n=4)}{state.format(n=6)}event: end\ndata: \n\n"

    def once(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) == 1:
            route.fulfill(content_type="text/event-stream", body=body)

    page.route("**/stream?*", once)
    page.goto(f"{served.home}/?{EXAMPLE}")
    expect(page.locator("#said")).to_have_text("After 6 replications: Shorter.")
    unfold(page, "chosen").get_by_role("checkbox", name="Lean triage, no AI").uncheck()
    expect(page.locator("#said")).to_have_text("")


def test_a_link_opens_the_same_question_in_a_clean_browser(visitor: Visit) -> None:
    page = answered(visitor(f"/?{EXAMPLE}&beds=4&doctors_evening=1"))
    unfold(page, "take it with you")
    link = page.get_by_role("link", name="Link to this question").get_attribute("href")
    other = answered(visitor(str(link)))
    expect(other.get_by_label("Staffed beds in medicine", exact=True)).to_have_value("4")
    expect(other.locator("#beds-shown")).to_have_text("+4: 254 beds")
    expect(other.locator(".changes")).to_contain_text("taffed beds in medicine +4")


def test_a_reload_in_the_middle_goes_on_and_does_not_begin_again(visitor: Visit) -> None:
    page = answered(visitor(f"/?{EXAMPLE}&tests=-20"))
    n = shown(page)
    page.reload()
    assert shown(answered(page)) >= n


def test_stop_ends_the_work_and_go_on_goes_on(visitor: Visit, served: Served) -> None:
    page = answered(visitor(f"/?{EXAMPLE}&tests=10"))
    page.get_by_role("button", name="Stop").click()
    assert rests(served.session)
    n = shown(page)
    page.get_by_role("button", name="Go on").click()
    for _attempt in range(200):
        if shown(page) > n:
            break
        page.wait_for_timeout(100)
    assert shown(page) > n


def test_a_closed_tab_ends_the_work(visitor: Visit, served: Served) -> None:
    page = answered(visitor(f"/?{EXAMPLE}&tests=15"))
    assert served.session.n_running
    page.close()
    assert rests(served.session)


def test_a_question_with_a_fault_is_told_and_the_next_is_answered(visitor: Visit) -> None:
    page = visitor(f"/?{EXAMPLE}&tests=25")
    unfold(page, "chosen")
    for box in page.locator("#policies").get_by_role("checkbox").all():
        box.uncheck()
    unfold(page, "change more")
    page.get_by_role("button", name="Set everything as it is today").click()
    expect(page.locator("#answer")).to_contain_text("policies: none is chosen", timeout=SECONDS)
    page.get_by_label("Lean triage, no AI").check()
    answered(page)


def test_a_bad_file_is_told_and_a_good_one_is_answered(visitor: Visit, tmp_path: Path) -> None:
    page = visitor("/open")
    bad = tmp_path / "bad.yaml"
    bad.write_text("['executor=dask']", encoding="utf-8")
    page.get_by_label("A file that ends in .yaml or .zip").set_input_files(bad)
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("alert")).to_contain_text("may not be stated here")
    assert violations(page) == []
    question = visitor(f"/?{EXAMPLE}")
    answered(question)
    unfold(question, "take it with you")
    with question.expect_download() as download:
        question.get_by_role("link", name="The question as a file").click()
    page.get_by_label("Or paste the text of a file").fill(
        Path(download.value.path()).read_text(encoding="utf-8")
    )
    page.get_by_role("button", name="Open it").click()
    answered(page)
    assert "file=" in page.url


def test_two_visitors_do_not_see_each_other_s_file(visitor: Visit) -> None:
    one, other = visitor("/open"), visitor("/open")
    for page, arm in ((one, "lean_triage"), (other, "two_more_beds")):
        page.get_by_label("Or paste the text of a file").fill(
            f"['study=ai_triage', 'ensemble=none', '~study.arms.{arm}']"
        )
        page.get_by_role("button", name="Open it").click()
        page.wait_for_url("**/?file=*")
    assert one.url != other.url
    one.get_by_text("What it states").click()
    assert "lean_triage" in one.locator("#question").inner_text()
    assert "two_more_beds" not in one.content()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder of configurations on the visitor's side."""
    new_scaled_department(
        "mine", {"attendances_per_day": "270", "beds": "500"}, tmp_path / "configs"
    )
    return tmp_path / "configs"


def chosen(page: Page, how: str, folder: Path) -> None:
    """Choose the folder, or a zip of it, and open it."""
    packed = folder.with_suffix(".zip")
    if how == "zip":
        with ZipFile(packed, "w") as made:
            for path in folder.rglob("*.yaml"):
                made.write(path, path.relative_to(folder.parent))
    label = (
        "Or a folder of configurations" if how == "folder" else "A file that ends in .yaml or .zip"
    )
    page.get_by_label(label).set_input_files(packed if how == "zip" else folder)
    page.get_by_role("button", name="Open it").click()


@pytest.mark.parametrize("how", ["zip", "folder"])
def test_a_folder_that_is_chosen_is_asked_about_and_kept_with_its_question(
    visitor: Visit, served: Served, mine: Path, how: str, tmp_path: Path
) -> None:
    page, other = visitor("/open"), visitor("/")
    (mine / "notes.txt").write_text("mine", encoding="utf-8")
    chosen(page, how, mine)
    answered(page)
    assert page.get_by_label("1. Department").input_value() == "mine"
    expect(page.locator("#question")).to_contain_text(
        "configs/notes.txt" if how == "folder" else "1. Department"
    )
    page.get_by_text("Change patients, staff, places and beds").click()
    expect(page.locator("#attendances-help")).to_contain_text("Today: 270 patients a day")
    assert violations(page) == []
    page.get_by_role("button", name="Stop").click()
    unfold(page, "take it with you")
    with page.expect_download() as download:
        page.get_by_role("link", name="The question as a file").click()
    with ZipFile(Path(download.value.path())) as packed:
        assert {"question.yaml", "configs/site/mine.yaml"} <= set(packed.namelist())
    page.get_by_label("1. Department").select_option("typical")
    assert "sent=" in answered(page).url
    assert "mine" not in other.get_by_label("1. Department").inner_text()


def test_without_scripts_a_folder_is_taken_all_the_same(
    browser: Browser, served: Served, mine: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for how in ("zip", "folder"):
        page.goto(f"{served.home}/open")
        chosen(page, how, mine)
        assert page.get_by_label("1. Department").input_value() == "mine"
    context.close()


def test_a_damaged_zip_and_a_folder_that_is_too_large_are_told(visitor: Visit, mine: Path) -> None:
    page = visitor("/open")
    bad = mine.with_suffix(".zip")
    bad.write_bytes(b"PK\x03\x04 and no more")
    page.get_by_label("A file that ends in .yaml or .zip").set_input_files(bad)
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("alert")).to_contain_text("configs.zip: cannot be unpacked")
    assert violations(page) == []
    (mine / "site/large.yaml").write_bytes(b"#" * 3_000_000)
    page.get_by_label("Or a folder of configurations").set_input_files(mine)
    page.get_by_role("button", name="Open it").click()
    told = page.get_by_label("Or a folder of configurations").evaluate(
        "one => one.validationMessage"
    )
    assert "at most 1 MB can be sent" in told
    page.locator("#upload").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("alert")).to_contain_text("is larger than 1 MB", timeout=SECONDS)


def test_a_table_of_counts_is_pasted_and_said_back(visitor: Visit) -> None:
    before = {key: text for key, text in OFFER.items() if key != "exact_share"} | {
        "against": "panel"
    }
    page = visitor(f"/interview?{urlencode(before)}", 360, 740)
    for _question in range(40):
        if page.locator("textarea").count():
            break
        if page.get_by_label("I do not know").count():
            page.get_by_label("I do not know").check()
        with page.expect_navigation():
            page.get_by_role("button", name="Continue").click()
    assert violations(page) == []
    page.locator("textarea").fill(COUNTS.replace(",", "\t"))
    with page.expect_navigation():
        page.get_by_role("button", name="Continue").click()
    expect(page.locator(".said")).to_contain_text("the tool called 25 lower")


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (768, 1024), (360, 740)])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/first",
        f"/?{EXAMPLE}&beds=2&both=1",
        f"/?{EXAMPLE}&attendances=5&staff=majors_nurses+-2+0-24+mon",
        f"/pilot?{EXAMPLE}",
        "/pilot?run=first",
        "/open",
        "/interview",
        "/interview?attendances_per_day=9",
        "/runs",
        "/records",
        "/narrow?run=first",
        "/?arm=x",
    ],
)
def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    visitor: Visit, path: str, width: int, height: int
) -> None:
    page = visitor(path, width, height)
    if path.startswith(f"/?{EXAMPLE}"):
        answered(page)
        stop(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_WIDE) == []


def test_on_a_phone_a_table_is_read_without_scrolling_and_stays_a_table(visitor: Visit) -> None:
    page = answered(visitor(f"/?{EXAMPLE}&tests=45", 360, 740))
    stop(page)
    unfold(page, "All numbers")
    table = page.get_by_role("table", name=re.compile("Difference from"))
    assert table.evaluate("one => one.scrollWidth <= one.closest('.scroll').clientWidth")
    expect(table.get_by_role("columnheader", name="Safety limits")).to_be_attached()
    expect(table.get_by_role("row").nth(1).get_by_role("cell")).to_have_count(5)
    assert violations(page) == []


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "departments"])
def test_axe_finds_nothing_on_any_view(visitor: Visit, served: Served, name: str) -> None:
    if (
        served.session.result(asked_module.parse_question(parse_qsl(EXAMPLE), served.session.place))
        is None
    ):
        answered(visitor(f"/?{EXAMPLE}"))
    page = visitor(f"/view/{name}?{EXAMPLE}", 360, 740)
    expect(page.locator("table").first).to_be_attached()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_day_is_watched_with_the_only_script_that_the_page_names(visitor: Visit) -> None:
    page = answered(visitor(f"/?{EXAMPLE}"))
    page.get_by_role("button", name="Stop").click()
    unfold(page, "Look closer")
    page.locator(".views").get_by_role("link", name="Lean triage, no AI").click()
    expect(page.locator("canvas").first).to_be_visible(timeout=SECONDS)
    assert violations(page) == []
    page.get_by_role("link", name="Back to the answer").click()
    answered(page)


def test_at_five_policies_the_other_boxes_rest_until_one_is_unticked(visitor: Visit) -> None:
    page = unfold(visitor("/?arm=usual"), "chosen")
    boxes = page.locator("#policies").get_by_role("checkbox", disabled=False)
    page.get_by_role("checkbox", name="Two more staffed beds (medicine)").check()
    expect(boxes).to_have_count(5)
    expect(page.locator(".choice:has(:checked) + #most")).to_contain_text(
        "untick one to choose another"
    )
    expect(page.locator("#seconds")).to_be_disabled()
    page.get_by_role("checkbox", name="Two more staffed beds (medicine)").uncheck()
    expect(
        page.get_by_role("checkbox", name="AI as published claims say (untested)")
    ).to_be_enabled()


def test_the_interview_ends_on_the_board_s_page_and_its_departments_can_be_asked_about(
    visitor: Visit,
) -> None:
    page = visitor("/interview?attendances_per_day=310", 360, 740)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"{page.url.partition('/interview')[0]}/interview?{urlencode(OFFER)}")
    for _question in range(40):  # the rest is left blank
        if "Check your answers" in page.title():
            break
        if page.get_by_label("I do not know").count():
            page.get_by_label("I do not know").check()
        with page.expect_navigation():
            page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Make the page for my board").click()
    expect(page.locator("#work")).to_contain_text("Making departments", timeout=SECONDS)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    address = page.url
    page.reload()
    assert page.url == address
    expect(page.locator("#work")).to_contain_text("It is ready", timeout=MINUTES)
    assert violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="A letter to the vendor").click()
    assert "Our AI" in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_role("link", name="Open the board's page").click()
    expect(page.locator("body")).to_contain_text("Our AI")
    page = visitor("/?arm=usual")
    page.get_by_label("1. Department").select_option("our_ai")
    page.get_by_text("Change patients, staff, places and beds").click()
    expect(page.locator("#attendances-help")).to_contain_text(
        "Today: 310 patients a day", timeout=SECONDS
    )
    expect(page.locator(".what-is-shown + .verdicts")).to_contain_text(
        "Your policy our_ai", timeout=MINUTES
    )


def test_a_question_is_worked_out_in_full_and_stopped(visitor: Visit) -> None:
    page = answered(visitor(f"/?{EXAMPLE}&tests=35"))
    page.get_by_role("button", name="Stop").click()
    unfold(page, "Work this out in full")
    page.get_by_role("button", name="A year of this department, 20 times").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("time to a blood result +35 %")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#work")).to_contain_text("Stopped.", timeout=SECONDS)
    assert violations(page) == []


def test_what_can_be_changed_follows_the_department(visitor: Visit) -> None:
    page = unfold(visitor(f"/?{EXAMPLE}&cubicles=2"), "change more")
    page.get_by_label("1. Department").select_option("short_of_triage")
    expect(page.locator("#cubicles")).to_have_attribute("max", "0", timeout=SECONDS)
    expect(page).not_to_have_url(re.compile("cubicles"), timeout=SECONDS)
    page.get_by_label("1. Department").select_option("ours")
    expect(page.locator("#attendances-help")).to_contain_text(
        "Today: 250 patients a day", timeout=SECONDS
    )
    answered(page)


def test_ranges_shrink_as_figures_are_typed(visitor: Visit) -> None:
    page = visitor()
    page.get_by_role("link", name="departments like yours").click()
    page.get_by_label("Attendances on a mean day").fill("340")
    page.get_by_label("Mean wait for triage of walk-ins").press_sequentially("24.5")
    expect(page.locator("#narrowed table").first).to_be_visible(timeout=SECONDS)
    assert violations(page) == []
    page.get_by_label("Mean wait for triage of walk-ins").fill("soon")
    expect(page.get_by_role("alert")).to_contain_text("Write a number, as in 24.5", timeout=SECONDS)


def test_the_answer_is_reached_and_stopped_by_keyboard_alone(visitor: Visit) -> None:
    page = visitor(f"/?{EXAMPLE}&tests=30")
    answered(page)
    unfold(page, "change more")
    slider = page.get_by_role("slider", name="Time to a blood result")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tests-shown")).to_have_text("+35 %: 39 minutes by day")
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    page.wait_for_timeout(1500)
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_contain_text("Stopped.")
