"""The server answers this computer alone, keeps what is sent in memory for its sender, and stops with its reader."""

import asyncio
import io
import re
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode
from zipfile import ZipFile

import httpx
import pytest

import simulation as ae
from simulation.app import session as session_module
from simulation.app.asked import MOST_ARMS, WORDS, AskedQuestion, arms_of, parse_question
from simulation.app.departments import LOCAL, Place
from simulation.app.server import MOST_FIELDS, MOST_QUERY, Guard, _csv, app_of
from simulation.app.session import AnswerState, Session
from simulation.app.upload import MOST_BYTES
from simulation.errors import ConfigError
from simulation.report.screen import verdict_words
from simulation.runs.provenance import read_manifest
from tests.held import Hold

Answer = TypeVar("Answer")
PORT = 8765
HOME = f"http://127.0.0.1:{PORT}"
QUERY = "arm=lean_triage"
FILE = "['study=ai_triage', 'ensemble=none', 'run.replications=200', 'run.measured_days=28']"


def awaited(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine returns, run in a thread of its own: in this one a browser's client may keep a loop running."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, coroutine).result()


class Client:
    """Asks the app without a network."""

    def __init__(self, app: Guard) -> None:
        self._app = app

    def _asked(self, method: str, path: str, **words: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(self._app), base_url=HOME
            ) as client:
                return await client.request(method, path, **words)

        return awaited(ask())

    def get(self, path: str, **words: Any) -> httpx.Response:
        return self._asked("GET", path, **words)

    def post(self, path: str, **words: Any) -> httpx.Response:
        return self._asked("POST", path, **words)


@pytest.fixture
def session_and_client() -> tuple[Session, Client]:
    app, session = app_of(PORT, n_workers=1, stored="<p>worked out beforehand</p>")
    return session, Client(app)


@pytest.fixture
def client(session_and_client: tuple[Session, Client]) -> Client:
    return session_and_client[1]


def test_a_sixth_policy_is_refused_beside_a_form_that_keeps_the_first_five(client: Client) -> None:
    arms = list(arms_of(LOCAL))[: MOST_ARMS + 1]
    refused = client.get(f"/?beds=4&{urlencode([('arm', arm) for arm in arms])}")
    assert refused.status_code == 400
    assert "policies: 6 are chosen" in refused.text
    assert [f'value="{arm}" checked' in refused.text for arm in arms] == [True] * MOST_ARMS + [
        False
    ]
    assert 'name="beds" min="-50" max="30" step="1" value="4"' in refused.text


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:80", "", "localhost:1"]
)
def test_the_app_answers_no_other_host(client: Client, host: str) -> None:
    refused = client.get("/", headers={"Host": host})
    assert refused.status_code == 403
    assert "not this computer's" in refused.text


def test_the_app_answers_no_page_of_another_site(client: Client) -> None:
    assert (
        client.post("/open", content=FILE, headers={"Origin": "https://evil.example"}).status_code
        == 403
    )
    assert client.post("/open", content=FILE, headers={"Origin": "null"}).status_code == 403
    for site in ("cross-site", "same-site"):  # the latter from another port
        script = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
        assert client.get(f"/stream?{QUERY}", headers=script).status_code == 403
        assert client.get("/", headers=script | {"Sec-Fetch-Mode": "navigate"}).status_code == 200
    for other in ("http://127.0.0.1:9999", "http://127.0.0.1", f"{HOME}0"):
        assert client.get("/", headers={"Origin": other}).status_code == 403
        assert client.get("/", headers={"Referer": f"{other}/page"}).status_code == 403
    for headers in ({"Origin": HOME}, {"Referer": f"{HOME}/x"}, {"Sec-Fetch-Site": "none"}):
        assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/stream", "/interview", "/narrow", "/records", "/open", "/static/app.css"]
)
def test_an_address_that_states_too_much_is_one_page_that_says_so(
    client: Client, path: str
) -> None:
    for query in ("&".join(f"a{k}=1" for k in range(MOST_FIELDS + 1)), "a" * (MOST_QUERY + 1)):
        refused = client.get(f"{path}?{query}")
        assert refused.status_code == 400
        assert "The address " in refused.text
        assert "at most" in refused.text
        assert refused.headers["Content-Security-Policy"]
    assert client.get(f"/interview?{'&'.join(['a=1'] * MOST_FIELDS)}").status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "{a: " * 5_000,
        "a: " + "9" * 5_000,
        f"['study=ai_triage', 'run.seed={'9' * 5_000}']",
        f"['study=ai_triage', 'scenario.changes={'[' * 3_000}']",
        f"attendances_per_day: {'9' * 5_000}",
        "a: !!int x",
        "a: !!binary aGVsbG8=",
        "!!omap [a: b]",
        '!!set {"a"}',
        'attendances_per_day: "\\ud800"',
        'product: "a\\0b"',
        "[{a: 1}, [b], null, 3, 1e999, .nan]",
        "? {a: b}\n: c",
    ],
)
def test_a_text_made_to_do_harm_is_a_page_at_once(client: Client, text: str) -> None:
    began = time.process_time()
    refused = client.post("/open", content=text)
    assert refused.status_code == 400
    assert time.process_time() - began < 2


def test_an_upload_that_is_broken_off_ends_in_one_line(
    client: Client, capfd: pytest.CaptureFixture[str], hold: Hold
) -> None:
    events = iter([{"type": "http.request", "body": b"a", "more_body": True}])

    async def receive() -> dict[str, Any]:
        return next(events, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        """Nobody hears it."""

    host = HOME.removeprefix("http://").encode()
    scope = {
        "type": "http", "method": "POST", "path": "/open", "raw_path": b"/open", "query_string": b"",
        "headers": [(b"host", host)], "root_path": "", "scheme": "http", "server": None,
    }  # fmt: skip
    awaited(client._app(scope, receive, send))
    (line,) = capfd.readouterr().err.splitlines()
    hold(line)


def test_the_app_loads_nothing_from_elsewhere_and_sets_no_cookie(client: Client) -> None:
    for path in (
        "/",
        f"/?{QUERY}",
        "/open",
        "/interview",
        f"/view/who?{QUERY}",
        "/static/app.js",
        "/nothing",
    ):
        answered = client.get(path)
        assert "default-src 'none'" in answered.headers["content-security-policy"], path
        assert answered.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answered.headers
        assert "http://" not in answered.text.replace("http://www.w3.org/2000/svg", "")
    assert client.get("/").headers["cache-control"] == "no-store"
    assert client.get("/static/app.js").headers["cache-control"] == "private, max-age=600"
    assert client.get("/nothing").text.count("There is no such page") == 2
    for sheet in ("nhsuk", "app"):
        styles = client.get(f"/static/{sheet}.css").text
        assert not {"@font-face", "url(", "@import", "Frutiger"} & set(
            styles.replace("(", "( ").split()
        )
        assert "url(" not in styles
        assert "Frutiger" not in styles


def test_the_app_refuses_what_is_too_long(client: Client) -> None:
    assert client.get(f"/?x={'y' * MOST_QUERY}").status_code == 400
    sent = client.post("/open", content="x" * (MOST_BYTES + 1))
    assert sent.status_code == 400
    assert "is larger than 1 MB" in sent.text


def test_what_is_sent_to_the_app_is_never_written_and_is_for_its_sender_alone(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sent = client.post("/open", content=f"text={FILE}\r\n")
    assert sent.status_code == 303
    name = sent.headers["location"].removeprefix("/?file=")
    assert len(name) >= 20
    assert "Your file's question" in client.get(f"/?file={name}").text
    assert client.get("/?file=guessed").status_code == 400
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("['executor=dask']", "may not be stated here"),
        ("site: typical", "site: found"),
        ("[1, 2]", "is not a list of overrides"),
        (b"\xff\xfe", "is neither a text in UTF-8"),
        ("['study=nothing']", "there is no study"),
        ("!!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("['nurse=${oc.env:HOME}']", "oc.env"),
    ],
)
def test_a_bad_file_is_one_page_that_says_what_is_wrong(
    client: Client, content: str | bytes, told: str
) -> None:
    refused = client.post("/open", content=content)
    assert refused.status_code == 400
    assert told in refused.text


def test_a_mistaken_address_is_a_page_that_says_what_is_wrong(client: Client) -> None:
    refused = client.get("/?arm=nothing")
    assert refused.status_code == 400
    assert "there is no policy" in refused.text
    assert "This cannot be shown" in client.get(f"/answer.csv?{QUERY}").text
    assert client.get(f"/view/nothing?{QUERY}").status_code == 404


def test_the_first_page_has_250_words_at_most_and_three_controls_and_works_on_nothing(
    session_and_client: tuple[Session, Client],
) -> None:
    session, client = session_and_client
    page = client.get("/").text
    body = page.partition("<body>")[2]
    assert len(re.sub(r"<[^>]*>", " ", body).split()) <= 250
    assert (page.count("<select"), page.count("<input"), page.count("<svg")) == (3, 0, 1)
    assert "worked out beforehand" in page
    assert "<p>worked out beforehand</p>" in client.get("/first").text
    assert session.n_running == 0


@pytest.mark.parametrize("change", WORDS["changes"])
@pytest.mark.parametrize("arm", ["usual", "lean_triage"])
def test_what_the_first_page_offers_is_a_question(client: Client, arm: str, change: str) -> None:
    answered = client.get("/", params={"department": "typical", "arm": arm, "also": change})
    assert answered.status_code == 200
    alone = arm == "usual" and change
    assert ("None: choose" in answered.text) == bool(alone)


def test_the_question_as_a_file_states_as_many_replications_as_were_seen(client: Client) -> None:
    text = client.get(f"/question.yaml?{QUERY}&n=12").text
    assert ae.overrides_in(text)[-2:] == ("run.first=0", "run.count=12")
    assert "; 12 of 200 replications, seed" in text
    assert ae.load(*ae.overrides_in(text)).run.numbers == range(12)


@pytest.mark.slow
def test_an_answer_is_kept_as_the_folder_of_a_run_but_not_that_of_what_was_sent(
    short: None, session_and_client: tuple[Session, Client], tmp_path: Path
) -> None:
    session, client = session_and_client
    asked = parse_question(parse_qsl(QUERY))
    study = LOCAL.load(*asked.overrides, "run.profiles=4")
    result = next(result for result in ae.grow(study) if len(result.replications) >= 4)
    session._keep(asked, result)
    packed = client.get(f"/answer.zip?{QUERY}")
    assert packed.headers["content-type"] == "application/zip"
    ZipFile(io.BytesIO(packed.content)).extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert ae.same_numbers(ae.read(folder), result)
    assert {path.name for path in folder.iterdir()} >= {
        "report.html",
        "figures",
        "tables",
        "summary.csv",
    }
    text = client.get(f"/question.yaml?{QUERY}&n=4").text
    sent = session.take_in(
        "\n".join(line for line in text.splitlines() if "engine" not in line), LOCAL
    )
    assert "is not made of what was sent" in client.get(f"/answer.zip?{sent.query}").text


@pytest.mark.slow
def test_a_day_can_be_watched_under_two_policies(short: None, client: Client) -> None:
    page = client.get(f"/watch/lean_triage?{QUERY}")
    assert page.status_code == 200
    assert "Lean triage, no AI" in page.text
    assert "script-src 'sha256-" in page.text
    assert "img-src data:" in page.headers["content-security-policy"]
    assert "there is no arm" in client.get(f"/watch/nothing?{QUERY}").text.lower()


def test_no_cell_of_the_app_s_csv_is_a_formula(
    grown: Callable[[int, float], ae.Result],
) -> None:
    result = grown(2, 0.0)
    arms = [replace(ready, arm=replace(ready.arm, label="=1+1")) for ready in result.study.arms]
    text = _csv(replace(result, study=replace(result.study, arms=tuple(arms))))
    assert any(line.startswith("'=1+1,") for line in text.splitlines())
    assert not any(line.startswith("=") for line in text.splitlines())


def test_a_stream_ends_at_the_number_that_was_asked_for(short: None, client: Client) -> None:
    text = client.get(f"/stream?{QUERY}&most=2").text
    assert text.endswith("event: end\ndata: \n\n")
    assert "2 replications" in text


@pytest.mark.slow
def test_a_stored_run_is_opened_and_nothing_beside_the_runs_is(
    two: ae.Result, tmp_path: Path
) -> None:
    folder = two.write(tmp_path / "results")
    app, _ = app_of(PORT, n_workers=1, results=tmp_path / "results")
    client = Client(app)
    (tmp_path / "elsewhere").mkdir()
    name = folder.relative_to(tmp_path / "results").as_posix()
    listed = client.get("/runs").text
    assert f"/run?run={quote(name)}" in listed
    assert verdict_words(read_manifest(folder)["first_verdict"]) in unescape(listed)
    opened = client.get("/run", params={"run": name})
    assert "2 replications" in opened.text
    assert ">Over departments<" not in opened.text
    assert "<table" in client.get("/view/who", params={"run": name}).text
    assert client.get("/answer.csv", params={"run": name}).text.startswith("policy,target")
    assert "states no offer" in client.get("/board", params={"run": name}).text
    for other in ("../elsewhere", str(tmp_path), "", "latest"):
        refused = client.get("/run", params={"run": other})
        assert refused.status_code == 400
        assert "Choose one of those that are listed" in refused.text


@pytest.mark.slow
def test_a_run_with_damaged_files_is_listed_as_damaged(two: ae.Result, tmp_path: Path) -> None:
    folder = two.write(tmp_path / "results")
    (folder / "replications.parquet").write_bytes(b"damaged")
    app, _ = app_of(PORT, n_workers=1, results=tmp_path / "results")
    listed = Client(app).get("/runs").text
    assert "<h2>Damaged</h2>" in listed
    assert str(folder) in listed


def test_day_profiles_are_kept_whichever_result_is_longer(two: ae.Result) -> None:
    session, asked = Session(1), parse_question(parse_qsl(QUERY))
    replications = [replace(two.replications[n % 2], replication=n) for n in range(9)]
    study = two.study

    def made(n: int, profiles: int) -> ae.Result:
        of = replace(study, run=replace(study.run, profiles=profiles))
        return replace(two, study=of, replications=tuple(replications[:n]))

    for results in ((made(4, 4), made(9, 0)), (made(9, 0), made(4, 4))):
        for result in results:
            session._keep(asked, result)
        kept = session.result(asked)
        assert kept is not None
        assert (kept.run.profiles, len(kept.replications)) == (4, 9)
        session._kept.clear()


def test_without_results_there_is_no_stored_run(client: Client) -> None:
    assert "None is finished yet" in client.get("/runs").text


# --- the session ------------------------------------------------------------------------------------------------------


def first_states(
    session: Session, asked: AskedQuestion, n: int, most: int = 50
) -> list[AnswerState]:
    """The first states of an answer; then the reader leaves."""

    async def collect() -> list[AnswerState]:
        states, seen = session.stream(asked, most), []
        async for one in states:
            seen.append(one)
            if one.result is not None and len(one.result.replications) >= n:
                break
        await states.aclose()  # type: ignore[attr-defined]
        return seen

    return awaited(collect())


def n_at_work() -> int:
    return sum(thread.name.startswith("question") for thread in threading.enumerate())


def test_the_work_ends_when_the_reader_leaves(short: None) -> None:
    session = Session(1)
    seen = first_states(session, parse_question([("arm", "lean_triage")]), 1)
    assert seen[0].step == "loading"
    assert session.n_running == 0
    for _attempt in range(100):
        if not n_at_work():
            break
        time.sleep(0.1)
    assert not n_at_work()


def test_a_reload_goes_on_from_what_is_known(short: None) -> None:
    session, asked = Session(1), parse_question([("arm", "lean_triage")])
    first_states(session, asked, 2)
    again = first_states(session, asked, 2)
    assert again[0].result is not None
    assert len(again[0].result.replications) >= 2
    assert session.result(asked) is not None


def test_no_more_questions_than_there_is_room_for_are_worked_on_at_once(
    short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "MOST_RUNNING", 1)
    session, asked, other = (
        Session(1),
        parse_question([("arm", "lean_triage")]),
        parse_question([("arm", "two_more_beds")]),
    )

    async def both() -> list[str]:
        first = session.stream(asked, 50)
        await anext(first)
        second = session.stream(other, 50)
        steps = [(await anext(second)).step]
        await first.aclose()  # type: ignore[attr-defined]
        steps.append((await anext(second)).step)
        await second.aclose()  # type: ignore[attr-defined]
        return [str(step) for step in steps]

    assert awaited(both()) == ["waiting", "loading"]


def test_only_so_many_results_and_files_are_kept(
    monkeypatch: pytest.MonkeyPatch, two: ae.Result
) -> None:
    monkeypatch.setattr(session_module, "MOST_KEPT", 2)
    monkeypatch.setattr(session_module, "MOST_FILES", 2)
    session = Session(1)
    questions = [
        parse_question([("arm", arm)])
        for arm in ("lean_triage", "two_more_beds", "ai_scribe_measured")
    ]
    for asked in questions:
        session._keep(asked, two)
    assert [session.result(asked) is None for asked in questions] == [True, False, False]
    names = [session.take_in(FILE, LOCAL).file for _ in range(3)]
    assert len(set(names)) == 3
    with pytest.raises(ConfigError, match="is not known here any more"):
        session.file(names[0])
    assert session.file(names[2]).own
    sent = [session.keep(Place(None, name)) for name in "abc"]
    with pytest.raises(ConfigError, match="is not known here any more"):
        session.place_of([("sent", "a")])
    assert session.place_of([("sent", "c")]) is sent[2]


def test_the_app_shows_the_pages_of_own_records_and_nothing_else_of_the_folder(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "There is none yet" in client.get("/records").text
    folder = tmp_path / "results/extracts/2026-11-29T080000"
    folder.mkdir(parents=True)
    (folder / "extract.html").write_text("<p>beside", encoding="utf-8")
    (folder / "title.txt").write_text("Mine & yours\n", encoding="utf-8")
    (tmp_path / "secret.html").write_text("<title>secret</title>", encoding="utf-8")
    (tmp_path / "results/extracts/link").mkdir()
    (tmp_path / "results/extracts/link/extract.html").symlink_to(tmp_path / "secret.html")
    listed = client.get("/records").text
    assert 'href="/records/2026-11-29T080000">Mine &amp; yours</a>' in listed
    assert "secret" not in listed
    shown = client.get("/records/2026-11-29T080000")
    assert shown.text.endswith("beside")
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    for name in ("link", "..%2F..%2Fsecret.html", "%2Fetc%2Fpasswd"):
        assert client.get(f"/records/{name}").status_code == 404
