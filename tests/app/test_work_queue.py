"""The queue of work: first answers come first, then who has had least of the processors; nobody saves turns up."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

import simulation as ae
from simulation.app.asked import EXAMPLE, AskedQuestion
from simulation.app.departments import Place
from simulation.app.session import AnswerState, Session
from simulation.app.work_queue import FirstFew, QuestionShare, WorkQueue
from simulation.runs import running as threads_module

MOST_SECONDS = 10.0


def until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + MOST_SECONDS
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.001)


def order_of(
    queue: WorkQueue, holder: QuestionShare, shares: list[QuestionShare]
) -> list[QuestionShare]:
    """The order in which questions get a turn, all of them asking while `holder` has one."""
    got: list[QuestionShare] = []

    def work(share: QuestionShare) -> None:
        with share:
            got.append(share)

    with ThreadPoolExecutor(len(shares)) as threads, holder:
        for n, share in enumerate(shares, 1):
            threads.submit(work, share)
            until(lambda n=n: len(queue.waiting) == n)  # type: ignore[misc]
    return got


def test_the_next_turn_is_of_who_has_used_the_least() -> None:
    queue = WorkQueue(1)
    much, little, some = shares = [queue.share().question() for _ in range(3)]
    for share, seconds in zip(shares, (3.0, 1.0, 2.0), strict=True):
        share.visitor.seconds = seconds
    assert order_of(queue, queue.share().question(), shares) == [little, some, much]


def test_who_holds_a_turn_waits_for_who_holds_none() -> None:
    queue = WorkQueue(2)
    one, other = queue.share().question(), queue.share().question()
    other.visitor.seconds = 50.0
    with one:
        assert order_of(queue, one, [one, other]) == [other, one]


def test_who_comes_new_begins_where_the_others_are() -> None:
    queue = WorkQueue(2)
    long_here, new = queue.share().question(), queue.share().question()
    long_here.visitor.seconds = 40.0
    with long_here, new:
        assert new.visitor.seconds == 40.0


def test_a_question_without_an_answer_comes_before_one_that_is_refined() -> None:
    queue = WorkQueue(1)
    refined, new = queue.share().question(4), queue.share().question(4)
    refined.n, new.visitor.seconds = 4, 50.0
    assert order_of(queue, queue.share().question(), [refined, new]) == [new, refined]


def test_a_share_counts_the_processor_time_of_its_work() -> None:
    share = WorkQueue(1).share()
    with share.question():
        began = time.thread_time()
        while time.thread_time() < began + 0.01:
            pass
    assert share.seconds >= 0.01
    assert share.n_held == 0


def test_a_visitor_has_one_share_and_who_has_no_name_a_new_one() -> None:
    session = Session(2)
    kept = session.share("ann")
    assert session.share("ann") is kept
    assert session.share("bob") is not kept
    assert session.share() is not session.share()


def test_nothing_begins_beside_the_last_of_what_a_first_answer_needs(
    monkeypatch: pytest.MonkeyPatch, two: ae.Result
) -> None:
    ends = [threading.Event() for _ in range(4)]
    monkeypatch.setattr(
        threads_module, "replicate", lambda study, number, **named: ends[number].wait(MOST_SECONDS)
    )
    executor = FirstFew(2, WorkQueue(2).share().question(3))
    first, second = executor.submit(two.study, 0), executor.submit(two.study, 1)
    ends[0].set()
    assert first.result(MOST_SECONDS)
    assert executor.n_at_once == 2
    executor.submit(two.study, 2)
    assert executor.n_at_once == 1
    ends[2].set()
    ends[1].set()
    assert second.result(MOST_SECONDS)
    until(lambda: executor.n_at_once == 2)
    executor.close()


# --- many visitors ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loaded(Place):
    """A place whose every question is of one study."""

    study: Any = field(default=None, compare=False)

    def load(self, *words: str) -> ae.Study:
        return self.study  # type: ignore[no-any-return]


@pytest.fixture
def questions(two: ae.Result, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], AskedQuestion]:
    """Questions of which a replication takes 5 ms."""

    def replicate(study: ae.Study, number: int, **named: Any) -> Any:
        time.sleep(0.005)
        return replace(two.replications[number % 2], replication=number)

    monkeypatch.setattr(threads_module, "replicate", replicate)
    place = Loaded(study=two.study)
    return lambda number: AskedQuestion(arms=EXAMPLE[:2], seconds=number, place=place)


async def seen_by(
    session: Session, questions: Callable[[int], AskedQuestion], n: int
) -> list[tuple[int, int]]:
    """Visitor and replications of every answer that is seen by visitors who stay."""
    seen: list[tuple[int, int]] = []

    async def stay(visitor: int) -> None:
        async for state in session.stream(questions(visitor), 31, f"visitor {visitor}"):
            seen.append((visitor, replications(state)))

    async with asyncio.timeout(60), asyncio.TaskGroup() as visitors:
        for visitor in range(n):
            visitors.create_task(stay(visitor))
    return seen


def replications(state: AnswerState) -> int:
    return 0 if state.result is None else len(state.result.replications)


@pytest.mark.slow
def test_twenty_visitors_who_stay_each_have_an_answer_before_any_has_its_thirtieth_replication(
    questions: Callable[[int], AskedQuestion],
) -> None:
    seen = asyncio.run(seen_by(Session(2), questions, 20))
    first = [
        next(at for at, (who, n) in enumerate(seen) if who == one and n >= 4) for one in range(20)
    ]
    thirtieth = next(at for at, (_, n) in enumerate(seen) if n >= 30)
    assert max(first) < thirtieth
    assert min(max(n for who, n in seen if who == one) for one in range(20)) >= 31


def test_behind_forty_streams_that_nobody_reads_a_newcomer_is_answered(
    questions: Callable[[int], AskedQuestion],
) -> None:
    session, answered = Session(2), set[int]()

    async def read_once(number: int) -> None:
        async for state in session.stream(questions(number), 60):
            if replications(state) >= 4:
                answered.add(number)
                await asyncio.sleep(1000)  # nothing more is taken from the stream

    async def newcomer() -> int:
        unread = [asyncio.create_task(read_once(number)) for number in range(40)]
        await asyncio.sleep(0)
        async with asyncio.timeout(60):
            async for state in session.stream(questions(40), 60, "newcomer"):
                if replications(state) >= 4:
                    break
        for one in unread:
            one.cancel()
        return len(answered)

    assert asyncio.run(newcomer()) <= 12
