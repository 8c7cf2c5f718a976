"""Processors by turns: first answers come first, every visitor gets a share of the work, and no answer begins what it
does not need at first."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import simulation as ae

STEP = 8
"""Replications by which one answer may be ahead of another that waits for a place."""
MANY = 1_000_000


class WorkQueue:
    """`n` turns at a time for every visitor together. The next one goes to a question without a first answer, of these
    to the visitor who holds the fewest turns, and then to whoever has used the least processor time."""

    def __init__(self, n: int) -> None:
        self.changed = threading.Condition()
        self.free = n
        self.waiting: list[QuestionShare] = []
        self.active: list[VisitorShare] = []
        """The shares of every thread that waits or works, one entry a thread."""

    def share(self) -> VisitorShare:
        """The share of one visitor."""
        return VisitorShare(self)


class VisitorShare:
    """One visitor's share: the processor time that was used, and the turns and places that are held now.

    Who comes, or comes back, begins at the time of whoever has used the least, so nobody saves up turns.
    """

    def __init__(self, queue: WorkQueue) -> None:
        self.queue = queue
        self.n_held, self.n_places, self.seconds = 0, 0, 0.0

    def question(self, needed: int = 0) -> QuestionShare:
        """A question of this visitor, whose first answer is of so many replications."""
        return QuestionShare(self, needed)


class QuestionShare:
    """A question of a visitor, to be held (`with question:`) around each piece of its work.

    needed: the replications of its first answer; n: those that are known.
    """

    def __init__(self, visitor: VisitorShare, needed: int) -> None:
        self.visitor, self.needed, self.n = visitor, needed, 0
        self._began = threading.local()

    @property
    def is_answered(self) -> bool:
        """Whether its first answer is known."""
        return self.n >= self.needed

    @property
    def rank(self) -> int:
        """The lower, the sooner it is worked on: its replications, after every question without a first answer once it
        has one."""
        return self.n + MANY * self.is_answered

    def __enter__(self) -> None:
        visitor, queue = self.visitor, self.visitor.queue
        with queue.changed:
            if visitor not in queue.active:
                least = min((one.seconds for one in queue.active), default=0.0)
                visitor.seconds = max(visitor.seconds, least)
            queue.active.append(visitor)
            queue.waiting.append(self)
            queue.changed.wait_for(
                lambda: queue.free and self is min(queue.waiting, key=QuestionShare._order)
            )
            queue.waiting.remove(self)
            queue.free -= 1
            visitor.n_held += 1
            queue.changed.notify_all()
        self._began.at = time.thread_time()

    def __exit__(self, *error: object) -> None:
        visitor, queue = self.visitor, self.visitor.queue
        with queue.changed:
            visitor.seconds += time.thread_time() - self._began.at
            visitor.n_held -= 1
            queue.free += 1
            queue.active.remove(visitor)
            queue.changed.notify_all()

    def _order(self) -> tuple[bool, int, float]:
        return self.is_answered, self.visitor.n_held, self.visitor.seconds


class Places:
    """So many questions are worked on at once; the others wait, and those in work make room once they have an answer.

    The next place goes to whoever has no first answer, or else the fewest replications; of these to the visitor who
    holds the fewest places and has used the least processor time. Places are taken in any event loop, and given back in
    any thread.
    """

    def __init__(self, n: int) -> None:
        self._free, self._lock = n, threading.Lock()
        self._waiting: list[tuple[QuestionShare, asyncio.Future[None]]] = []

    @property
    def are_taken(self) -> bool:
        """Whether the next question has to wait."""
        return self._free == 0

    def are_wanted(self, question: QuestionShare) -> bool:
        """Whether one that waits is so far behind a question at work that this is to give its place up."""
        with self._lock:
            return any(one.rank + STEP <= question.rank for one, _ in self._waiting)

    async def take(self, question: QuestionShare) -> None:
        """Wait for a place. It is held until `give_back`."""
        entry = question, asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append(entry)
            self._grant()
        try:
            await entry[1]
        except asyncio.CancelledError:
            with self._lock:
                if entry in self._waiting:
                    self._waiting.remove(entry)
                    raise
            self.give_back(question)
            raise

    def give_back(self, question: QuestionShare) -> None:
        """Give up the place of a question."""
        with self._lock:
            self._free += 1
            question.visitor.n_places -= 1
            self._grant()

    def _grant(self) -> None:
        while self._free and self._waiting:
            entry = min(self._waiting, key=Places._order)
            self._waiting.remove(entry)
            question, granted = entry
            with suppress(RuntimeError):  # whose event loop has ended
                granted.get_loop().call_soon_threadsafe(_set, granted)
                self._free -= 1
                question.visitor.n_places += 1

    @staticmethod
    def _order(entry: tuple[QuestionShare, object]) -> tuple[int, int, float]:
        question = entry[0]
        return question.rank, question.visitor.n_places, question.visitor.seconds


def _set(granted: asyncio.Future[None]) -> None:
    if not granted.done():
        granted.set_result(None)


class FirstFew(ae.ThreadExecutor):
    """Threads for one answer: what comes after the replications of its first answer begins once all of these have
    ended."""

    def __init__(self, n_workers: int, question: QuestionShare) -> None:
        super().__init__(n_workers, question)
        self._n_workers, self._needed = n_workers, max(question.needed - question.n, 0)
        self._first: list[Future[Any]] = []

    def submit(self, study: ae.Study, number: int) -> Future[Any]:
        """Start one replication. While the last of the first few run, none is to be handed over beside them."""
        begun = super().submit(study, number)
        if len(self._first) < self._needed:
            self._first.append(begun)
            self.n_at_once = 1 if len(self._first) == self._needed else self._n_workers
            begun.add_done_callback(self._ended)
        return begun

    def _ended(self, _: object) -> None:
        if len(self._first) == self._needed and all(one.done() for one in self._first):
            self.n_at_once = self._n_workers
