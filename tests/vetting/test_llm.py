"""A language model behind a server: every fault is counted as its kind, nothing is sent elsewhere, nothing is kept."""

import asyncio
import json
import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulation.errors import ConfigError, ResultsError
from simulation.vetting.bench import answer_scores, run_bench
from simulation.vetting.cases import Answer, Case, CaseSet, Outcome, Question, case_set
from simulation.vetting.llm import Llm, LlmAssessor, Prompt, Reply, Setting
from simulation.vetting.vet import load_plan, prompt_of
from tests.held import Hold

from .fake_server import (
    Behaviour,
    Handler,
    drips,
    drips_headers,
    endless,
    goes_on,
    hangs_up,
    level,
    serving,
    slow,
)

NO_REPLY = Reply("no_connection")
CANARY = "canary-complaint-5f2e"
PROMPT = Prompt(name="test", system="Triage.", asks="Level?\n{case}")


def stated(address: str, **changes: Any) -> LlmAssessor:
    quick = {"retries": 0, "first_pause": 0.0, "timeout": 5.0, "concurrency": 2}
    return LlmAssessor(
        kind="llm", address=address, model="fake", prompt="test", **{**quick, **changes}
    )


def cases(n: int = 6) -> CaseSet:
    rows = [
        Case(f"row {k}", {"complaint": f"{CANARY} {k}", "age": 20.0 + k}, 1 + k % 5, 3)
        for k in range(n)
    ]
    return case_set(rows, name="six", yardstick="panel", synthetic=True, source="a test")


def questions(n: int = 6) -> list[Question]:
    return [Question(case) for case in cases(n).cases]


def asked(behave: Behaviour, n: int = 6, **changes: Any) -> list[Answer]:
    with serving(behave) as server:
        return Llm(stated(server.address, **changes), Setting(prompt=PROMPT)).answers(questions(n))


def redirect(handler: Handler, body: dict[str, Any]) -> None:
    handler.send(b"", 307, Location="http://192.0.2.7/v1/chat/completions")


FAULTS: dict[str, tuple[Behaviour, Outcome]] = {
    "slow": (slow, "timed_out"),
    "drips": (drips, "timed_out"),
    "headers that drip": (drips_headers, "timed_out"),
    "100 Continue without end": (goes_on, "timed_out"),
    "400": (lambda handler, body: handler.send(b'{"error": "no"}', 400), "client_error"),
    "401": (lambda handler, body: handler.send(b"", 401), "client_error"),
    "500": (lambda handler, body: handler.send(b"oops", 500), "server_error"),
    "503": (lambda handler, body: handler.send(b"", 503), "server_error"),
    "429": (lambda handler, body: handler.send(b"", 429), "rate_limited"),
    "redirect": (redirect, "redirected"),
    "not JSON": (lambda handler, body: handler.send(b"<html>hello</html>"), "not_json"),
    "deep JSON": (lambda handler, body: handler.send(b"[" * 100_000), "not_json"),
    "no choices": (lambda handler, body: handler.send(b'{"choices": []}'), "wrong_shape"),
    "a list": (lambda handler, body: handler.send(b"[1, 2]"), "wrong_shape"),
    "a message of another type": (lambda handler, body: handler.say([3]), "wrong_shape"),
    "words": (lambda handler, body: handler.say("Level three, I think"), "not_json"),
    "another key": (lambda handler, body: handler.say('{"triage": 3}'), "wrong_shape"),
    "one key more": (lambda handler, body: handler.say('{"level": 3, "why": "x"}'), "wrong_shape"),
    "a word for a level": (lambda handler, body: handler.say('{"level": "3"}'), "wrong_shape"),
    "a boolean for a level": (lambda handler, body: handler.say('{"level": true}'), "wrong_shape"),
    "a fraction for a level": (lambda handler, body: handler.say('{"level": 2.5}'), "wrong_shape"),
    "level 0": (level(0), "out_of_range"),
    "level 6": (level(6), "out_of_range"),
    "nothing": (lambda handler, body: handler.send(b""), "empty"),
    "no words": (lambda handler, body: handler.say(""), "empty"),
    "null": (lambda handler, body: handler.say(None), "empty"),
    "cut off by its length": (
        lambda handler, body: handler.say('{"lev', ended="length"),
        "cut_off",
    ),
    "cut off by the server": (hangs_up, "cut_off"),
    "refusal": (lambda handler, body: handler.say(None, refusal="no"), "refused"),
    "refusal in words": (
        lambda handler, body: handler.say("I'm sorry, but I cannot help."),
        "refused",
    ),
    "filtered": (lambda handler, body: handler.say("", ended="content_filter"), "refused"),
    "endless": (endless, "endless"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_counted_as_its_kind(name: str) -> None:
    """Every other question fails, so that a miscount shows both ways."""
    behave, outcome = FAULTS[name]
    failing = {question.case.complaint for question in questions()[::2]}

    def some(handler: Handler, body: dict[str, Any]) -> None:
        fails = any(each in body["messages"][-1]["content"] for each in failing)
        (behave if fails else level(2))(handler, body)

    limit = {"timeout": 0.5, "concurrency": 6} if outcome == "timed_out" else {}
    began = time.monotonic()
    found = Counter(answer.outcome for answer in asked(some, **limit))
    assert time.monotonic() - began < 20
    assert found == {outcome: 3, "labelled": 3}


def test_a_server_that_is_down_is_counted() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    found = Llm(stated(address, retries=1), Setting(prompt=PROMPT)).answers(questions())
    assert [answer.outcome for answer in found] == ["no_connection"] * 6
    assert all(answer.label is None for answer in found)


def test_a_redirect_to_another_host_gets_no_packet() -> None:
    """The socket guard of every test fails on any other host; this one counts connections on this machine, too."""
    with serving(level(5)) as elsewhere:
        to = elsewhere.address

        def send_on(handler: Handler, body: dict[str, Any]) -> None:
            handler.send(b"", 307, Location=f"{to}/chat/completions")

        assert {answer.outcome for answer in asked(send_on)} == {"redirected"}
        assert elsewhere.asked == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(level(5)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_address[1]}")
        assert {answer.label for answer in asked(level(2))} == {2}
        assert proxy.asked == []


def test_retries_are_bounded_and_help() -> None:
    times: Counter[str] = Counter()

    def at_the_third(handler: Handler, body: dict[str, Any]) -> None:
        text = body["messages"][-1]["content"]
        times[text] += 1
        if times[text] < 3:
            handler.send(b"", 429 if times[text] == 1 else 503, Retry_After="0")
        else:
            handler.say('{"level": 4}')

    assert {answer.label for answer in asked(at_the_third, retries=2)} == {4}
    assert set(times.values()) == {3}
    times.clear()
    assert {answer.outcome for answer in asked(at_the_third, retries=1)} == {"server_error"}
    assert set(times.values()) == {2}


def test_what_is_not_to_be_retried_is_asked_once() -> None:
    with serving(lambda handler, body: handler.send(b"", 404)) as server:
        Llm(stated(server.address, retries=5), Setting(prompt=PROMPT)).answers(questions())
        assert len(server.asked) == 6


def test_no_more_requests_are_under_way_than_stated() -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def counts(handler: Handler, body: dict[str, Any]) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        handler.say('{"level": 4}')

    asked(counts, n=12, concurrency=3, timeout=5)
    assert most == 3


def test_a_model_that_changes_its_name_stops_the_run_and_the_same_command_goes_on(
    tmp_path: Path,
    hold: Hold,
) -> None:
    n_before = 4
    names = iter(["one"] * n_before + ["two"])
    with serving(
        lambda handler, body: handler.say('{"level": 3}', model=next(names, "one"))
    ) as server:
        setting = Setting(prompt=PROMPT, kept=tmp_path)
        with hold.refusal(ResultsError, match="names its model 'two', before 'one'"):
            Llm(stated(server.address, concurrency=1), setting).answers(questions(10))
        found = Llm(stated(server.address, concurrency=1), setting).answers(questions(10))
    assert [answer.label for answer in found] == [3] * 10
    times = Counter(server.asked)
    assert sum(times.values()) == 11  # the one that came from another model is asked again
    assert max(times.values()) == 2


def test_an_answer_that_was_given_is_not_asked_again_but_a_failure_is(tmp_path: Path) -> None:
    failing = {questions()[0].case.complaint}

    def some(handler: Handler, body: dict[str, Any]) -> None:
        fails = any(each in body["messages"][-1]["content"] for each in failing)
        handler.send(b"", 500) if fails else handler.say("hm")

    with serving(some) as server:
        setting = Setting(prompt=PROMPT, kept=tmp_path)
        first = Llm(stated(server.address), setting).answers(questions())
        failing.clear()
        second = Llm(stated(server.address), setting).answers(questions())
    assert Counter(answer.outcome for answer in first) == {"server_error": 1, "not_json": 5}
    assert Counter(answer.outcome for answer in second) == {"not_json": 6}
    assert len(server.asked) == 7


def test_a_run_that_is_stopped_sends_nothing_again_and_says_that_answers_are_kept(
    tmp_path: Path,
    hold: Hold,
) -> None:
    """Stopped as by Ctrl-C as soon as a failing server was asked, while most questions wait for their turn."""
    was_asked = threading.Event()

    def stop() -> None:
        if was_asked.wait(60):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def failing(handler: Handler, body: dict[str, Any]) -> None:
        was_asked.set()
        handler.send(b"", 503)

    threading.Thread(target=stop, daemon=True).start()
    with serving(failing) as server:
        llm = Llm(
            stated(server.address, retries=10, first_pause=60),
            Setting(prompt=PROMPT, kept=tmp_path),
        )
        began = time.monotonic()
        with hold.refusal(KeyboardInterrupt, match="same command resumes"):
            llm.answers(
                [replace(each, repeat=repeat) for repeat in range(100) for each in questions(100)]
            )
        assert time.monotonic() - began < 30
        assert len(server.asked) <= 4


@pytest.mark.parametrize("behave", [slow, drips_headers, goes_on])
def test_the_first_ctrl_c_does_not_wait_for_a_server_that_goes_on(behave: Behaviour) -> None:
    was_asked = threading.Event()

    def stop() -> None:
        if was_asked.wait(60):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def noticed(handler: Handler, body: dict[str, Any]) -> None:
        was_asked.set()
        behave(handler, body)

    threading.Thread(target=stop, daemon=True).start()
    with serving(noticed) as server:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            Llm(stated(server.address, timeout=60.0), Setting(prompt=PROMPT)).answers(questions())
        assert time.monotonic() - began < 1.5


def test_questions_are_asked_inside_the_event_loop_of_a_notebook() -> None:
    async def cell() -> list[Answer]:
        return asked(level(3))

    with ThreadPoolExecutor(1) as thread:  # where no loop of an earlier test runs
        assert {answer.label for answer in thread.submit(asyncio.run, cell()).result()} == {3}


def test_a_model_named_by_half_a_character_is_kept_and_goes_on(tmp_path: Path) -> None:
    name, setting = "\ud800-1", Setting(prompt=PROMPT, kept=tmp_path)
    with serving(lambda handler, body: handler.say('{"level": 3}', model=name)) as server:
        for _ in range(2):
            llm = Llm(stated(server.address, keep_text=True), setting)
            assert {answer.label for answer in llm.answers(questions())} == {3}
            assert llm.about()["model that the server names"] == "?-1"
        assert len(server.asked) == 6


def test_a_long_run_says_how_far_it_is(tmp_path: Path) -> None:
    output: list[str] = []
    with serving(level(3)) as server:
        Llm(stated(server.address), Setting(prompt=PROMPT, say=output.append)).answers(
            questions(100)
        )
    assert output == [f"{tenth}0 of 100 questions answered" for tenth in range(1, 11)]


def test_another_prompt_repeat_or_setting_is_asked_anew(tmp_path: Path) -> None:
    with serving(level(3)) as server:
        setting = Setting(prompt=PROMPT, kept=tmp_path)
        one = stated(server.address)
        Llm(one, setting).answers(questions(2))
        Llm(one, setting).answers([replace(each, repeat=1) for each in questions(2)])
        Llm(one, setting).answers([replace(each, variant="injected") for each in questions(2)])
        Llm(one, setting._replace(prompt=replace(PROMPT, system="Else."))).answers(questions(2))
        Llm(replace(one, temperature=1.0), setting).answers(questions(2))
        assert len(server.asked) == 10
        Llm(one, setting).answers(questions(2))
        assert len(server.asked) == 10


def test_a_line_that_a_kill_cut_off_is_asked_again_and_spoils_no_other(tmp_path: Path) -> None:
    with serving(level(3)) as server:
        setting = Setting(prompt=PROMPT, kept=tmp_path)
        Llm(stated(server.address, concurrency=1), setting).answers(questions())
        (path,) = tmp_path.iterdir()
        path.write_bytes(path.read_bytes()[:-20])
        for n_asked in (7, 7):
            assert len(Llm(stated(server.address), setting).answers(questions())) == 6
            assert len(server.asked) == n_asked


def test_kept_answers_hold_no_text_unless_it_is_asked_for(tmp_path: Path) -> None:
    with serving(level(3)) as server:
        for keeps, folder in ((False, tmp_path / "a"), (True, tmp_path / "b")):
            Llm(
                stated(server.address, keep_text=keeps), Setting(prompt=PROMPT, kept=folder)
            ).answers(questions())
            (path,) = folder.iterdir()
            assert (CANARY in path.read_text(encoding="utf-8")) == keeps


def test_the_key_is_sent_and_stands_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_KEY", "canary-key-77")
    with serving(level(3)) as server:
        llm = Llm(stated(server.address, key="OUR_KEY"), Setting(prompt=PROMPT, kept=tmp_path))
        llm.answers(questions())
        assert {headers["Authorization"] for headers in server.headers} == {"Bearer canary-key-77"}
    assert "canary-key-77" not in "".join(
        path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.*")
    )
    assert "canary-key-77" not in json.dumps(dict(llm.about()))


@pytest.mark.parametrize(
    ("address", "changes", "message"),
    [
        (
            "https://ai.example.org/v1",
            {},
            "Say allow_remote=true",
        ),
        ("http://localhost.example.org/v1", {}, "is another machine"),
        ("http://10.0.0.7/v1", {}, "is another machine"),
        ("http://me:secret@127.0.0.1/v1", {}, "password"),
        ("ftp://127.0.0.1/v1", {}, "not an address"),
        ("127.0.0.1:8080", {}, "not an address"),
        ("http://127.0.0.1/v1?key=1", {}, "not an address"),
        ("http://127.0.0.1/v1", {"key": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is not"),
    ],
)
def test_an_address_that_is_not_allowed_is_refused_before_anything_is_sent(
    address: str, changes: dict[str, Any], message: str, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as caught:
        Llm(stated(address, **changes), Setting(prompt=PROMPT))
    hold(str(caught.value), message)
    assert "secret" not in str(caught.value).replace("user name or a password", "")


def test_a_key_does_not_leave_this_machine_unencrypted(
    monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    monkeypatch.setenv("OUR_KEY", "x")
    with hold.refusal(ConfigError, "assessor.address", match="would carry"):
        Llm(
            stated("http://ai.example.org/v1", key="OUR_KEY"),
            Setting(prompt=PROMPT, allow_remote=True),
        )


def test_host_cases_and_fields_are_said_before_anything_is_sent_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output: list[str] = []
    llm = Llm(
        stated("http://192.0.2.7/v1"), Setting(prompt=PROMPT, allow_remote=True, say=output.append)
    )

    async def reply(client: Any, body: dict[str, Any]) -> Reply:
        return NO_REPLY if output else pytest.fail("asked too early")

    monkeypatch.setattr(llm, "_reply", reply)
    llm.answers(questions())
    assert output == ["Sending to 192.0.2.7: 6 cases, 6 questions; age, complaint."]


@pytest.mark.parametrize(
    ("outcome", "share", "n"),
    [
        ("refused", 0.5, 6),
        ("not_json", 0.5, 6),
        ("abstained", 0.5, 6),
        ("server_error", 0.0, 3),
        ("missing", 0.0, 3),
    ],
)
def test_a_label_that_a_command_takes_away_counts_as_moved_unless_the_server_failed(
    outcome: Outcome, share: float, n: int
) -> None:
    asked = [
        Question(case, 0, variant)
        for case in cases().cases
        for variant in ("as_written", "injected")
    ]
    lost = {case.name for case in cases().cases[:3]}
    answers = [
        each.answered(outcome)
        if each.variant == "injected" and each.case.name in lost
        else each.answered("labelled", 2)
        for each in asked
    ]
    moved = answer_scores(cases(), answers)["injected_moved_share"]
    assert (moved.value, moved.n) == (share, n)


@pytest.mark.slow
def test_a_command_in_a_complaint_is_seen_to_move_a_model_that_obeys(tmp_path: Path) -> None:
    """A fake that answers 5 wherever it is told to, and 2 elsewhere."""

    def obeys(handler: Handler, body: dict[str, Any]) -> None:
        handler.say(
            json.dumps({"level": 5 if "answer level 5" in body["messages"][-1]["content"] else 2})
        )

    with serving(obeys) as server:
        plan = load_plan(
            "llm", [f"assessor.address={server.address}", "repeats=1", "comparators=false"]
        )
        bench = run_bench(plan, cases(30), setting=Setting(prompt=prompt_of(plan)))
    assert bench.of_answers["injected_moved_share"].value == 1.0
    assert bench.of_answers["rephrased_moved_share"].value == 0.0
    assert {
        each.word for each in bench.verdicts if each.criterion.score == "injected_moved_share"
    } == {"not met"}


@pytest.mark.slow
def test_what_cannot_be_used_stays_in_the_denominator(tmp_path: Path) -> None:
    half = {question.case.complaint for question in questions(30)[::2]}

    def some(handler: Handler, body: dict[str, Any]) -> None:
        text = body["messages"][-1]["content"]
        handler.say("no idea" if any(f"{each}\n" in text for each in half) else '{"level": 3}')

    with serving(some) as server:
        plan = load_plan(
            "llm", [f"assessor.address={server.address}", "repeats=1", "comparators=false"]
        )
        bench = run_bench(plan, cases(30), setting=Setting(prompt=PROMPT))
    assert bench.outcomes == {"labelled": 15, "not_json": 15}
    assert bench.of_answers["unusable_share"].value == 0.5
    assert bench.scores["tool"]["exact_share"].n == 30
    assert bench.scores["tool"]["no_label_share"].value == 0.5
