"""Replications in several processes of this machine.

Ctrl-C is the business of the process that the user started. A terminal sends it to every process of ours, so the
workers do not listen to it; they are ended when a run stops early. A worker also ends by itself as soon as the process
that started it has gone, however that ended.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, cast

from simulation.experiment.executors.seam import WorkerLost
from simulation.experiment.replicate import ReplicationResult, replicate
from simulation.study.study import Study


class LocalExecutor:
    """So many processes of this machine, started by spawn (as Windows does) when the first replication comes."""

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._pool: _Pool | None = None
        self._sent: tuple[Study, _Packed] | None = None

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        """Hand one replication over; workers are started for it if there are none, or if they were lost."""
        if self._sent is None or self._sent[0] is not study:
            self._sent = study, _Packed.of(study)
        future: Future[ReplicationResult] = Future()
        future.set_running_or_notify_cancel()
        for last_try in (False, True):
            try:
                self._workers().submit(_replicate, self._sent[1], number).add_done_callback(
                    lambda done: _hand_over(done, future)
                )
                break
            except BrokenProcessPool:  # the workers of an earlier replication went between two calls
                self._pool = None
                if last_try:
                    future.set_exception(WorkerLost())
        return future

    def stop(self) -> None:
        """End the workers in the middle of what they do; nobody else's."""
        if self._pool is not None:
            self._pool.stop()
            self._pool = None

    def close(self) -> None:
        """Let the workers end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _workers(self) -> _Pool:
        if self._pool is None:
            self._pool = _Pool(self.n_workers)
        return self._pool


def _hand_over(done: Future[ReplicationResult], to: Future[ReplicationResult]) -> None:
    """What became of a replication; that of a worker that went is lost, not failed."""
    if done.cancelled():
        to.set_exception(WorkerLost())
        return
    error = done.exception()
    if error is None:
        to.set_result(done.result())
    else:
        to.set_exception(WorkerLost() if isinstance(error, BrokenProcessPool) else error)


# --- in the workers ------------------------------------------------------------------------------------------------


class _Packed:
    """A study as bytes, so that it is packed once however many replications are sent."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.digest = hashlib.sha256(content).digest()

    @classmethod
    def of(cls, study: Study) -> _Packed:
        return cls(pickle.dumps(study, pickle.HIGHEST_PROTOCOL))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Packed) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@lru_cache(maxsize=2)
def _unpacked(packed: _Packed) -> Study:
    return cast(Study, pickle.loads(packed.content))


def _replicate(packed: _Packed, number: int) -> ReplicationResult:
    return replicate(_unpacked(packed), number)


def _start_worker() -> None:
    """Ignore Ctrl-C, and end with the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


# --- starting them --------------------------------------------------------------------------------------------------


class _Pool(ProcessPoolExecutor):
    """Processes of our own, which can be ended in the middle of what they do."""

    def __init__(self, n_workers: int) -> None:
        self._own: set[BaseProcess] = set()
        started = _Started(multiprocessing.get_context("spawn"), self._own)
        super().__init__(n_workers, mp_context=cast(BaseContext, started), initializer=_start_worker)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand a task over; a worker may be started for it."""
        with _ctrl_c_waits():
            return super().submit(fn, *args, **kwargs)

    def stop(self) -> None:
        """End the workers."""
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
