"""Replications in several threads of this process: no process to start, no study to send, one compiled engine.

The compiled loop releases Python's lock (GIL), so threads share processors while it runs; all else is done by one at a
time. Processes (`executor=local`) do more for a long run. A stop takes effect within an arm of a replication.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext

from simulation.engine.in_turn import in_turn
from simulation.runs.executors.executor import WorkerLost
from simulation.runs.replicate import ReplicationResult, ReplicationStopped, replicate
from simulation.study.study import Study


class ThreadExecutor:
    """Worker threads of this process, each started when it is first needed.

    `turns`: entered around each replication, as a semaphore that several executors share, so that together they run no
    more at once.
    """

    def __init__(self, n_workers: int, turns: AbstractContextManager[object] | None = None) -> None:
        self.n_at_once = n_workers
        self._turns = nullcontext() if turns is None else turns
        self._threads = ThreadPoolExecutor(n_workers, thread_name_prefix="replication")
        self._stopped = threading.Event()

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        """Start one replication on an idle thread."""
        return self._threads.submit(self._replicated, study, number, self._stopped)

    def _replicated(self, study: Study, number: int, stopped: threading.Event) -> ReplicationResult:
        try:
            with self._turns, in_turn():
                return replicate(study, number, stopped=stopped.is_set)
        except ReplicationStopped:
            raise WorkerLost from None

    def stop(self) -> None:
        """Have every replication end before the next part of its work; what is submitted afterwards runs."""
        stopped, self._stopped = self._stopped, threading.Event()
        stopped.set()

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False)
