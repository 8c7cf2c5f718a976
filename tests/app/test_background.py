"""Heavy work of the app: one piece at a time, in turn, stopped within one, and stored as any run is."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

import simulation as ae
from simulation.app import background as background_module
from simulation.app.asked import AskedQuestion, parse_question
from simulation.app.background import MOST_WAITING, Background, HeavyWork, Stage
from simulation.app.departments import EVERY, LOCAL
from simulation.app.server import app_of
from simulation.app.session import Session
from simulation.app.upload import address_of
from simulation.app.working import full_work, offer_work, state
from simulation.config import ensembles
from simulation.errors import ConfigError, refuse
from simulation.offers import offer as offer_module
from simulation.offers.interview import Answer, check
from simulation.study.offered_load import in_words

from .conftest import PAIRS
from .test_interview import COUNTS
from .test_server import PORT, Client

BRIEF = (
    "run.warm_up_days=0", "run.measured_days=2", "run.cool_down_days=1", "run.doublings=0", "run.profiles=1",
    "engine=compiled",
)  # fmt: skip
OFFER = {
    "attendances_per_day": "310",
    "within_four_hours": "62 %",
    "triage_nurses": "two from 8 to 22 h, one by night",
    "product": "Our AI",
    "does": "saves time and advises",
    "used_share": "60 %",
    "saves": "30 s",
    "against": "nurses",
    "exact_share": "88 %",
    "price_a_year": "£120,000",
}
WEEK = {"warm_up_days": 0, "measured_days": 7, "cool_down_days": 1, "doublings": 0}
SECONDS = 120


@pytest.fixture
def background(tmp_path: Path) -> Iterator[Background]:
    made = Background(tmp_path / "results", 1, LOCAL)
    yield made
    made.stop()


def until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something is so; an error after so many seconds."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def held(key: str, go: threading.Event) -> HeavyWork:
    """A piece of work that takes until `go` is set, or it is stopped."""

    def do(work: HeavyWork) -> Path:
        work.now("running", 10)
        while not go.is_set():
            work.step(3)
            time.sleep(0.01)
        return Path()

    return HeavyWork((key,), f"work {key}", "/", do)


def test_heavy_work_is_done_one_piece_at_a_time_and_who_waits_is_told(
    background: Background,
) -> None:
    go = threading.Event()
    first, second = background.start(held("one", go)), background.start(held("two", go))
    until(lambda: first.stage == "running")
    assert second.stage == "waiting"
    assert "1 piece of such work comes first." in state(background, second)
    assert "3 of 10" in state(background, first)
    go.set()
    until(lambda: second.stage == "done")


def test_time_left_is_told_by_the_pace_since_the_first_step_and_is_that_of_the_whole_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stages: tuple[tuple[Stage, int], ...] = (("running", 15), ("making", 15 + 20))
    work, now = HeavyWork(("a",), "a", "/", lambda work: Path()), [0.0]
    monkeypatch.setattr(background_module.time, "monotonic", lambda: now[0])
    for stage, n_left in stages:  # departments are simulated later
        work.now(stage, 20)
        for n_done, at in ((4, 500.0), (5, 530.0)):  # four were kept, after minutes of compiling
            now[0] = at
            assert work.time_left == ""
            work.did(n_done)
        assert work.time_left == in_words(n_left * 30)


@pytest.mark.slow
def test_two_apps_of_one_user_take_turns(background: Background, tmp_path: Path) -> None:
    go, other = threading.Event(), Background(tmp_path / "other", 1, LOCAL)
    first = background.start(held("one", go))
    until(lambda: first.stage == "running")
    second = other.start(held("two", go))
    until(lambda: second.stage == "elsewhere")
    go.set()
    until(lambda: second.stage == "done")


def test_work_that_is_stopped_ends_and_the_next_begins(background: Background) -> None:
    first, second = (background.start(held(name, threading.Event())) for name in ("one", "two"))
    until(lambda: first.stage == "running")
    first.stopped.set()
    until(lambda: first.stage == "stopped")
    until(lambda: second.stage == "running")


def test_the_same_work_is_not_begun_twice_and_only_so_many_pieces_wait(
    background: Background,
) -> None:
    go = threading.Event()
    works = [background.start(held(str(number), go)) for number in range(MOST_WAITING + 1)]
    assert background.start(held("2", go)) is works[2]
    with pytest.raises(ConfigError, match="Try again in some minutes"):
        background.start(held("one more", go))
    assert background.work(works[1].name) is works[1]
    with pytest.raises(ConfigError, match="is not known here any more"):
        background.work("guessed")


def test_no_page_of_another_site_begins_heavy_work(tmp_path: Path) -> None:
    app, session = app_of(PORT, n_workers=1, results=tmp_path)
    for path in (f"/offer?{urlencode(OFFER)}", f"/full/year?{urlencode(PAIRS)}"):
        assert Client(app).post(path, headers={"Origin": "https://evil.example"}).status_code == 403
        assert Client(app).get(path).status_code == 405
    assert not session.background._works


def test_answers_that_cannot_be_used_begin_no_work(tmp_path: Path) -> None:
    app, session = app_of(PORT, n_workers=1, results=tmp_path)
    refused = Client(app).post("/offer?attendances_per_day=109500")
    assert refused.status_code == 400
    assert "Is it a year" in refused.text
    assert not session.background._works


def test_a_fault_of_work_is_told_and_the_next_begins(background: Background) -> None:
    def fail(work: HeavyWork) -> Path:
        raise ValueError("no such thing")

    failed, go = background.start(HeavyWork(("a",), "a", "/", fail)), threading.Event()
    go.set()
    after = background.start(held("b", go))
    until(lambda: after.stage == "done")
    assert failed.stage == "refused"
    assert "no such thing" in state(background, failed)


def test_a_question_in_full_is_a_year_or_every_department(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That the departments are sound, other tests ask."""
    monkeypatch.setattr(ensembles, "_check_once", lambda *of: None)
    asked = parse_question(PAIRS)
    year, every = (ae.load(*asked.in_full(length)) for length in asked.lengths)
    assert (year.run.measured_days, year.departments) == (364, None)
    assert every.department_words == "100 departments of the ensemble 'england'"
    assert every.run.replications == 200
    assert [arm.name for arm in every.arms] == ["nurse", "ai_scribe_measured", "lean_triage"]
    assert list(parse_question([("department", EVERY), *PAIRS]).lengths) == ["every"]


def test_a_department_that_was_sent_is_worked_out_in_full_as_it_was_sent(
    background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    studies: list[ae.Study] = []
    monkeypatch.setattr(background_module, "refuse_overload", studies.append)
    monkeypatch.setattr(
        background_module, "run_into", lambda *_, **__: refuse("here", "ends", "the test")
    )
    session = Session(1)
    for n in (150, 160):
        text = f"arrivals: {{walk_in: {{per_day: {n}}}}}".encode()
        pairs = parse_qsl(address_of({"": text}, session).removeprefix("/?"))
        work = full_work(background, parse_question(pairs, session.place_of(pairs)), "year")
        until(lambda work=work: work.has_ended)  # type: ignore[misc]
    assert [study.baseline.pathway.arrivals["walk_in"].per_day for study in studies] == [150, 160]


def test_a_table_that_was_pasted_is_read_for_the_departments_of_an_offer(
    background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def made(answers: dict[str, Answer], folder: Path, *, tables: Path, **_: object) -> None:
        read.append(check(answers, tables).values.table.rows[0])
        refuse("here", "ends", "the test")

    monkeypatch.setattr(background_module, "write_offer", made)
    answers = {
        **{key: text for key, text in OFFER.items() if key != "exact_share"},
        "table": COUNTS,
    }
    work = offer_work(background, list(answers.items()))
    until(lambda: work.has_ended)
    assert read == [(40, 8, 2, 0, 0)]


def test_a_length_that_is_not_offered_is_one_message(background: Background) -> None:
    with pytest.raises(ConfigError, match="length: there is no 'decade'"):
        full_work(background, AskedQuestion(), "decade")


@pytest.mark.slow
def test_a_stopped_question_in_full_goes_on_and_lands_among_the_stored_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, session = app_of(PORT, n_workers=2, results=tmp_path)
    client, where = Client(app), session.background.where
    session.background.where = (*where, *BRIEF, "run.replications=6", "run.measured_days=28")
    begun = client.post(
        f"/full/year?{urlencode(PAIRS)}", headers={"Origin": f"http://127.0.0.1:{PORT}"}
    )
    address = begun.headers["location"]
    work = session.background.work(address.removeprefix("/heavy/"))
    assert "In full: a year of the typical department, 20 times" in client.get(address).text
    until(lambda: work.n_done >= 2, SECONDS)
    assert client.post(f"{address}/stop").status_code == 303
    until(lambda: work.has_ended, SECONDS)
    assert "goes on from there" in client.get(address).text
    anew, session_anew = app_of(PORT, n_workers=2, results=tmp_path)  # as after a kill
    session_anew.background.where = session.background.where
    led = Client(anew).get(address)
    assert led.status_code == 303
    kept = Client(anew).get(led.headers["location"]).text
    assert re.search(r"was broken off: [2-6] of 6 replications are kept", kept)
    assert "Not finished" in Client(anew).get("/runs").text
    again = client.post(f"/full/year?{urlencode(PAIRS)}").headers["location"]
    assert again != address
    states = client.get(f"{again}/stream").text
    assert "Resuming an unfinished run" in states
    assert states.endswith("event: end\ndata: \n\n")
    (name,) = session.runs()
    page = client.get(again).text
    assert f"/run?run={name}" in page
    assert (
        client.get("/file/report.html", params={"run": name})
        .headers["content-disposition"]
        .startswith("attachment")
    )
    refused = client.get("/file/manifest.json", params={"run": name})
    assert (refused.status_code, "manifest.json" in refused.text) == (400, True)


@pytest.mark.slow
def test_the_interview_ends_on_the_board_s_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(background_module, "N_DEPARTMENTS", 20)
    monkeypatch.setattr(offer_module, "YEAR", WEEK)
    app, session = app_of(PORT, n_workers=2, results=tmp_path / "results")
    client, where = Client(app), session.background.where
    session.background.where = (*where, *BRIEF, "run.departments=20", "run.replications=20")
    address = client.post(f"/offer?{urlencode(OFFER)}").headers["location"]
    states = client.get(f"{address}/stream").text
    assert "Making departments that your answers could mean" in states
    page = client.get(address).text
    assert "Open the board's page" in unescape(page), page[page.index("<main") :]
    (name,) = session.runs()
    board = client.get("/board", params={"run": name})
    assert "Our AI" in board.text
    assert "planning" in board.text.lower()
    assert 'href="/?department=our_ai&amp;arm=lean_triage' in page
    links = [unescape(link) for link in re.findall(r'href="(/[^"]+)"', board.text)]
    assert [client.get(link).status_code for link in links] == [200, 200]  # report and letter
    assert (
        "Your department, as described for ‘our_ai’ (20 departments, slower)"
        in client.get("/?arm=lean_triage").text
    )
    study = ae.load(*parse_question([("department", "our_ai"), ("arm", "lean_triage")]).overrides)
    assert study.department_words == "20 departments of the ensemble 'our_ai'"
    assert [arm.name for arm in study.arms] == ["nurse", "lean_triage", "own_our_ai"]
