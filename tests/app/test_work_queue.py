"""The queue of work: who has had least of the processors is next, nobody saves turns up, an answer begins its part."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import simulation as ae
from simulation.app.session import Session
from simulation.app.work_queue import FirstFew, VisitorShare, WorkQueue
from simulation.runs import running as threads_module

MOST_SECONDS = 10.0


def until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + MOST_SECONDS
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.001)


def order_of(
    queue: WorkQueue, holder: VisitorShare, shares: list[VisitorShare]
) -> list[VisitorShare]:
    """The order in which shares get a turn, all of them asking while `holder` has one."""
    got: list[VisitorShare] = []

    def work(share: VisitorShare) -> None:
        with share:
            got.append(share)

    with ThreadPoolExecutor(len(shares)) as threads, holder:
        for n, share in enumerate(shares, 1):
            threads.submit(work, share)
            until(lambda n=n: len(queue.waiting) == n)  # type: ignore[misc]
    return got


def test_the_next_turn_is_of_who_has_used_the_least() -> None:
    queue = WorkQueue(1)
    much, little, some = shares = [queue.share() for _ in range(3)]
    much.seconds, little.seconds, some.seconds = 3.0, 1.0, 2.0
    assert order_of(queue, queue.share(), shares) == [little, some, much]


def test_who_holds_a_turn_waits_for_who_holds_none() -> None:
    queue = WorkQueue(2)
    one, other = queue.share(), queue.share()
    other.seconds = 50.0
    with one:
        assert order_of(queue, one, [one, other]) == [other, one]


def test_who_comes_new_begins_where_the_others_are() -> None:
    queue = WorkQueue(2)
    long_here, new = queue.share(), queue.share()
    long_here.seconds = 40.0
    with long_here, new:
        assert new.seconds == 40.0


def test_a_share_counts_the_processor_time_of_its_work() -> None:
    share = WorkQueue(1).share()
    with share:
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
    executor = FirstFew(2, WorkQueue(2).share(), needed=3)
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
