"""What an executor is, the loop that drives any of them, and which one a study asks for.

To add one: a class with what `Executor` asks for, a name in `EXECUTORS` and a case of `open_executor`.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Protocol

from simulation.engine.in_turn import in_turn
from simulation.errors import AeflowError, nearest, refuse
from simulation.runs.replicate import ReplicationResult, ReplicationStopped, replicate
from simulation.signals import raise_if_stopped
from simulation.study.study import Study

EXECUTORS = ("serial", "threads", "local", "dask")
MOST_LOSSES = 3
"""Times that a replication is tried again after its worker was lost."""
SECONDS_BETWEEN_LOOKS = 0.1
"""The longest time until a cancellation from another thread is seen."""
MOST_WORKERS = 61 if sys.platform == "win32" else 1024
"""Processes of one executor: Windows waits for no more (63 handles, two of them taken); elsewhere more is a mistake."""


class WorkerLost(Exception):
    """The worker that ran a replication has gone; nothing but that replication is lost."""


class ExecutorFailed(AeflowError):
    """No replication can run here any more: the cluster has gone, or a worker would compute other numbers."""


class Executor(Protocol):
    """Runs replications. It may live on between studies, and is driven by one thread at a time."""

    @property
    def n_at_once(self) -> int:
        """Replications to hand over at once, 1 or more: enough to keep every worker busy."""

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        """Start one replication. Its future raises WorkerLost if its worker goes.

        The call or the future raises ExecutorFailed if nothing more can run.
        """

    def stop(self) -> None:
        """End all workers at once, busy or not."""

    def close(self) -> None:
        """Let the workers end; none is busy."""


@dataclass(frozen=True)
class Failed:
    """A replication that could not be finished: its number, and the error."""

    number: int
    error: BaseException


def completed(
    executor: Executor,
    study: Study,
    numbers: Iterable[int],
    *,
    cancelled: threading.Event | None = None,
) -> Iterator[ReplicationResult | Failed]:
    """Replications in the order in which they end, as many at once as there are workers.

    A failing replication is given as `Failed`, and the others go on. One whose worker is lost is tried again. Ends
    early when `cancelled` is set. Raises ExecutorFailed if nothing more can run, or if a replication's workers are lost
    again and again. The workers are ended after any error, and if the caller stops iterating.
    """
    waiting = iter(numbers)
    running: dict[Future[ReplicationResult], int] = {}
    losses: dict[int, int] = {}
    to_repeat: list[int] = []
    try:
        while cancelled is None or not cancelled.is_set():
            raise_if_stopped()
            while len(running) < executor.n_at_once:
                number = to_repeat.pop() if to_repeat else next(waiting, None)
                if number is None:
                    break
                running[executor.submit(study, number)] = number
            if not running:
                return
            ended, _ = wait(
                running,
                timeout=SECONDS_BETWEEN_LOOKS if cancelled else None,
                return_when=FIRST_COMPLETED,
            )
            for future in sorted(ended, key=running.__getitem__):
                number = running.pop(future)
                error = future.exception()
                if error is None:
                    yield future.result()
                elif isinstance(error, WorkerLost):
                    losses[number] = losses.get(number, 0) + 1
                    if losses[number] > MOST_LOSSES:
                        raise _lost_too_often(number)
                    to_repeat.append(number)
                elif isinstance(error, ExecutorFailed):
                    raise error
                elif isinstance(error, Exception):
                    yield Failed(number, error)
                else:
                    raise error
        executor.stop()
    except BaseException:
        executor.stop()
        raise


def _lost_too_often(number: int) -> ExecutorFailed:
    return ExecutorFailed(
        f"replication {number}: the worker that ran it was ended from outside {MOST_LOSSES + 1} times, perhaps for "
        "want of memory. Use fewer workers (workers=1), or executor=serial"
    )


def block_ctrl_c() -> None:
    """Block Ctrl-C in this thread: a terminal sends it to every process, and those started here are to ignore it."""
    if sys.platform != "win32":  # which has no such signals
        signal.pthread_sigmask(
            signal.SIG_BLOCK, {signal.SIGHUP}
        )  # or a closed terminal ends the tracker, which warns
        resource_tracker.ensure_running()  # unblocks SIGINT where it starts the tracker, so SIGINT is blocked after it
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


# --- which one a study asks for ---------------------------------------------------------------------------------------


class SerialExecutor:
    """Runs each replication at once, in this thread; `cancelled` ends it before the next part of its work."""

    n_at_once = 1

    def __init__(self, cancelled: threading.Event | None = None) -> None:
        self._stopped = None if cancelled is None else cancelled.is_set

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        """Run one replication now; its future is done."""
        future: Future[ReplicationResult] = Future()
        try:
            future.set_result(replicate(study, number, stopped=self._stopped))
        except ReplicationStopped:
            future.set_exception(WorkerLost())
        except Exception as error:  # given to whoever reads the future, as by every executor
            future.set_exception(error)
        return future

    def stop(self) -> None:
        """Nothing runs between calls."""

    def close(self) -> None:
        """There are no workers."""


class ThreadExecutor:
    """Worker threads of this process, each started when it is first needed: no process to start, no study to send.

    The compiled loop releases Python's lock (GIL), so threads share processors while it runs; all else is done by one
    at a time. Processes (`executor=local`) do more for a long run. A stop takes effect within an arm of a replication.

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


def processors() -> int:
    """The number of workers worth starting: the processors that this process may use, at most MOST_WORKERS."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(n, MOST_WORKERS)


@contextmanager
def open_executor(study: Study, *, cancelled: threading.Event | None = None) -> Iterator[Executor]:
    """The executor that a study asks for, closed at the end. Raises ConfigError if there is none of that name.

    `cancelled`: ends a replication within it where it runs in this thread; others are ended by `stop`.
    """
    executor: Executor = SerialExecutor(cancelled)
    if study.executor not in EXECUTORS:
        refuse("executor", f"'{study.executor}' is not known", nearest(study.executor, EXECUTORS))
    if study.executor == "dask":
        from simulation.runs.dask_cluster import DaskExecutor

        executor = DaskExecutor(study.cluster, study.workers)
    elif study.executor == "local" and study.workers > 1:
        from simulation.runs.processes import LocalExecutor

        executor = LocalExecutor(study.workers)
    elif study.executor == "threads":
        executor = ThreadExecutor(study.workers)
    try:
        yield executor
    finally:
        executor.close()
