"""Replications in several processes of this machine.

A thread of the driver (the process that the user started) speaks to each worker through a pipe. No shared memory and no
semaphore of the system is used, so nothing is left behind however a run ends, and with a worker only the replication
that it was running is lost: `concurrent.futures.ProcessPoolExecutor` would leave semaphores, lose all replications with
one worker, and send the study with each.

The driver alone answers Ctrl-C. A terminal sends it to every process, so the workers ignore it, and the driver ends
them when a run stops early. A worker also ends by itself as soon as its driver has gone, however that ended.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any, cast

from simulation.errors import AeflowError
from simulation.runs.replicate import ReplicationResult, replicate
from simulation.runs.running import ExecutorFailed, WorkerLost, block_ctrl_c
from simulation.study.study import Study

SECONDS_TO_END = 2.0
"""The time for which a killed worker is waited for."""
SCRIPT = b"__main__"
"""The mark of a packed study that holds something defined in the script that was started."""


class LocalExecutor:
    """Worker processes of this machine, each started by spawn (as on Windows) when it is first needed."""

    def __init__(self, n_workers: int) -> None:
        # end a worker that imports the user's script and so would start the run once more
        if getattr(multiprocessing.process.current_process(), "_inheriting", False):
            sys.exit(
                "aeflow: workers import this script, because the study holds something defined in it. Put what the "
                'script does under `if __name__ == "__main__":`, or say executor=serial'
            )
        self.n_at_once = n_workers
        self._workers = _Workers(n_workers)
        self._packed: tuple[Study, bytes] | None = None

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        """Start one replication on an idle worker, or on a new one."""
        if self._packed is None or self._packed[0] is not study:
            self._packed = study, pickle.dumps(study, pickle.HIGHEST_PROTOCOL)
        return self._workers.threads.submit(self._workers.replicate, self._packed[1], number)

    def stop(self) -> None:
        """End this executor's workers at once, busy or not."""
        workers, self._workers = self._workers, _Workers(self.n_at_once)
        workers.kill()

    def close(self) -> None:
        """Let the workers end."""
        self._workers.end()


# --- in the driver ----------------------------------------------------------------------------------------------------


class _Workers:
    """At most `n_workers` workers, each spoken to by a thread of its own."""

    def __init__(self, n_workers: int) -> None:
        # what a thread starts inherits that Ctrl-C is blocked
        self.threads = ThreadPoolExecutor(n_workers, initializer=block_ctrl_c)
        self._lock = threading.Lock()
        self._of_thread: dict[int, _Worker] = {}
        self._stopped = False

    def replicate(self, packed: bytes, number: int) -> ReplicationResult:
        """Run one replication on this thread's worker. Raises WorkerLost if that ends, or what it raises."""
        worker = self._worker(imports_script=SCRIPT in packed)
        try:
            outcome = worker.replicate(packed, number)
        except (EOFError, OSError):
            with self._lock:
                del self._of_thread[threading.get_ident()]
            worker.process.kill()
            raise WorkerLost from None
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _worker(self, *, imports_script: bool) -> _Worker:
        """This thread's worker, or a new one if that has ended.

        Raises WorkerLost after `kill`, and ExecutorFailed if none can be started.
        """
        thread = threading.get_ident()
        with self._lock:
            if self._stopped:
                raise WorkerLost
            if thread not in self._of_thread or not self._of_thread[thread].process.is_alive():
                try:
                    self._of_thread[thread] = _Worker(imports_script=imports_script)
                except OSError as error:
                    raise ExecutorFailed(
                        f"no worker process could be started ({error.strerror or error}). Use fewer workers "
                        "(workers=1), or executor=serial"
                    ) from error
            return self._of_thread[thread]

    def kill(self) -> None:
        """End every worker at once, and start no other."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._stopped = True
            workers = tuple(self._of_thread.values())
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join(SECONDS_TO_END)

    def end(self) -> None:
        """Let the workers end, none of which is busy."""
        self.threads.shutdown(wait=False)
        for worker in self._of_thread.values():
            worker.connection.close()


class _Worker:
    """A worker process, and the driver's end of the pipe to it. Raises OSError if it cannot be started.

    The process holds nothing that would have to be released, so it can be killed at any time.
    """

    def __init__(self, *, imports_script: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(theirs,), daemon=True)
        self._has: bytes | None = None
        try:
            with nullcontext() if imports_script else _without_script():
                self.process.start()
        finally:
            theirs.close()

    def replicate(self, packed: bytes, number: int) -> ReplicationResult | BaseException:
        """Run one replication; returns its result, or what it raised. The same study is sent only once.

        Raises EOFError or OSError if the worker ends.
        """
        self.connection.send((None if packed is self._has else packed, number))
        self._has = packed
        return cast("ReplicationResult | BaseException", self.connection.recv())


@contextmanager
def _without_script() -> Iterator[None]:
    """Hide this process's main script, which spawn would import into a new process as `__main__`."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


# --- in the workers ---------------------------------------------------------------------------------------------------


def _work(connection: Connection) -> None:
    """Run replications until the driver closes the pipe, or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    threading.Thread(target=_end_with_driver, daemon=True).start()
    study: Study | None = None
    while True:
        try:
            packed, number = connection.recv()
            if packed is not None:
                study = pickle.loads(packed)
            assert study is not None
            connection.send_bytes(_outcome(study, number))
        except (EOFError, OSError):
            return


def _outcome(study: Study, number: int) -> bytes:
    """A replication's result, or the exception that it raised, pickled.

    An exception that cannot be pickled and read again becomes an AeflowError with its kind and message.
    """
    try:
        return pickle.dumps(replicate(study, number), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        error.add_note(f"In a worker process:\n{traceback.format_exc()}")
        try:
            content = pickle.dumps(error)
            pickle.loads(content)
        except Exception:
            return pickle.dumps(AeflowError(f"{type(error).__name__}: {error}"))
        return content


def _end_with_driver() -> None:
    """End this process when its driver has ended."""
    driver: Any = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)
