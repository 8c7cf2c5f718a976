"""The seam for parallel work: one loop over `submit` and `as_completed` of any `concurrent.futures.Executor`.

Ctrl-C is the business of the process that the user started. A terminal sends it to every process of ours, so the
workers do not listen to it; they are ended when a run stops early, and nothing is left behind.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, Literal, TypeVar, cast

from simulation.errors import AeflowError

Task = TypeVar("Task")
Answer = TypeVar("Answer")
MOST_WORKERS = 61 if sys.platform == "win32" else 1024
"""Processes of one executor: Windows waits for no more (63 handles, two of them taken); elsewhere a slip of the pen."""


def processors() -> int:
    """How many processes are worth starting: the processors that this one may use, MOST_WORKERS at most."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    return min(os.cpu_count() or 1, MOST_WORKERS)


class SerialExecutor(Executor):
    """Does each task at once, in this process."""

    def submit(self, fn: Callable[..., Answer], /, *args: Any, **kwargs: Any) -> Future[Answer]:
        """Run now; the future is already done."""
        future: Future[Answer] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # handed to whoever asks the future, as every executor does
            future.set_exception(error)
        return future


class LocalExecutor(ProcessPoolExecutor):
    """So many processes of this machine, started by spawn (as Windows does) and deaf to Ctrl-C."""

    def __init__(self, workers: int) -> None:
        self._own: set[BaseProcess] = set()
        started = _Started(multiprocessing.get_context("spawn"), self._own)
        super().__init__(workers, mp_context=cast(BaseContext, started), initializer=_ignore_ctrl_c)

    def submit(self, fn: Callable[..., Answer], /, *args: Any, **kwargs: Any) -> Future[Answer]:
        """Hand a task over; a worker may be started for it."""
        with _ctrl_c_waits():
            return super().submit(fn, *args, **kwargs)

    def stop(self) -> None:
        """End the workers in the middle of what they do; nobody else's."""
        for process in tuple(self._own):
            if process.is_alive():
                process.terminate()
        self.shutdown(wait=True, cancel_futures=True)


class _Started:
    """A context of multiprocessing that notes which processes were started through it."""

    def __init__(self, context: BaseContext, own: set[BaseProcess]) -> None:
        self._context = context
        self._own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def Process(self, *args: Any, **named: Any) -> BaseProcess:
        """A new process of ours."""
        process: BaseProcess = self._context.Process(*args, **named)  # type: ignore[attr-defined]
        self._own.add(process)
        return process


def _ignore_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Hold Ctrl-C back for a moment. A process started meanwhile inherits that, so it is deaf from its first line."""
    if not hasattr(signal, "pthread_sigmask"):
        yield  # Windows: the worker is deaf from its first task on
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def executor_of(kind: Literal["serial", "local"], workers: int) -> Executor:
    """An executor: this process, or so many processes of this machine."""
    if kind == "serial" or workers == 1:
        return SerialExecutor()
    return LocalExecutor(workers)


def execute(
    executor: Executor,
    work: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    done: Callable[[int], None] = lambda n_done: None,
) -> list[Answer]:
    """The answers in the order of the tasks; `done(n)` after each.

    A failure or Ctrl-C is raised as it is; what has not begun is cancelled, and workers of ours are ended. Raises
    AeflowError if a worker dies.
    """
    answers: dict[int, Answer] = {}
    futures: dict[Future[Answer], int] = {}
    try:
        for number, task in enumerate(tasks):
            futures[executor.submit(work, task)] = number
            if isinstance(executor, SerialExecutor):
                answers[number] = next(reversed(futures)).result()
                done(len(answers))
        if not isinstance(executor, SerialExecutor):
            for future in as_completed(futures):
                answers[futures[future]] = future.result()
                done(len(answers))
    except BaseException as error:
        if isinstance(executor, LocalExecutor):
            executor.stop()
        else:
            executor.shutdown(wait=False, cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise AeflowError(
                "a worker process was ended from outside, perhaps for want of memory. "
                "Use fewer (workers=1), or executor=serial"
            ) from None
        raise
    return [answers[number] for number in range(len(tasks))]
