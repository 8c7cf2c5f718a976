"""Processors by turns: every visitor gets a share of the work, and no answer begins what it does not need at first."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from types import TracebackType
from typing import Any

import simulation as ae


class WorkQueue:
    """`n` turns at a time for every visitor together. The next one goes to the visitor who holds the fewest, and of
    these to whoever has used the least processor time."""

    def __init__(self, n: int) -> None:
        self.changed = threading.Condition()
        self.free = n
        self.waiting: list[VisitorShare] = []
        self.active: list[VisitorShare] = []
        """The shares of every thread that waits or works, one entry a thread."""

    def share(self) -> VisitorShare:
        """The share of one visitor, to be held (`with share:`) around each piece of work."""
        return VisitorShare(self)


class VisitorShare:
    """One visitor's share: the processor time that was used, and the turns that are held now.

    Who comes, or comes back, begins at the time of whoever has used the least, so nobody saves up turns.
    """

    def __init__(self, queue: WorkQueue) -> None:
        self._queue, self._began = queue, threading.local()
        self.n_held, self.seconds = 0, 0.0

    def __enter__(self) -> None:
        queue = self._queue
        with queue.changed:
            if self not in queue.active:
                self.seconds = max(
                    self.seconds, min((one.seconds for one in queue.active), default=0.0)
                )
            queue.active.append(self)
            queue.waiting.append(self)
            queue.changed.wait_for(
                lambda: queue.free and self is min(queue.waiting, key=VisitorShare._order)
            )
            queue.waiting.remove(self)
            queue.free -= 1
            self.n_held += 1
            queue.changed.notify_all()
        self._began.at = time.thread_time()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        queue = self._queue
        with queue.changed:
            self.seconds += time.thread_time() - self._began.at
            self.n_held -= 1
            queue.free += 1
            queue.active.remove(self)
            queue.changed.notify_all()

    def _order(self) -> tuple[int, float]:
        return self.n_held, self.seconds


class FirstFew(ae.ThreadExecutor):
    """Threads for one answer: what comes after the first `needed` replications begins once all of these have ended."""

    def __init__(self, n_workers: int, share: VisitorShare, needed: int) -> None:
        super().__init__(n_workers, share)
        self._n_workers, self._needed = n_workers, needed
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
