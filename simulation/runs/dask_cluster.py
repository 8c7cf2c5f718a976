"""Replications on a Dask cluster: one that is running already, or one of our own on this machine.

The study is scattered once; a task is that study and a number. Every worker must compute the numbers that this process
would (versions of the package and of its libraries, and what its processor draws): one that does not is refused before
work starts or, if it joins later, at its first replication.

A cluster of our own listens on 127.0.0.1 alone and ends with the process that started it.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulation.errors import AeflowError
from simulation.runs.provenance import WORDS, Identity, identity_of, program_parts
from simulation.runs.replicate import ReplicationResult, replicate
from simulation.runs.running import MOST_LOSSES, ExecutorFailed, WorkerLost, block_ctrl_c
from simulation.study.study import Cluster, Study

LOOPBACK = "127.0.0.1"
TASKS_A_THREAD = 2
"""One that runs and one that waits, so that no worker waits for the scheduler."""
SECONDS_TO_CONNECT = 20.0
SECONDS_TO_CLOSE = 2.0
SECONDS_BETWEEN_COUNTS = 2.0
"""The time after which the workers are counted again: they may come and go."""
MOST_NAMED = 3
"""Workers that a refusal names."""
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # a lost worker is this package's business (contract.completed)
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.gil.enabled": False,
}
"""Settings of a cluster of our own."""


class DaskExecutor:
    """Replications as tasks of a Dask cluster, which is found or started for the first one."""

    def __init__(self, cluster: Cluster, n_workers: int) -> None:
        self._cluster = cluster
        self._n_workers = n_workers
        self._session: _Session | None = None
        self._shared: tuple[Study, Any] | None = None

    @property
    def n_at_once(self) -> int:
        """Two for each thread of the cluster's workers as they are now; one before there are any."""
        return 1 if self._session is None else max(TASKS_A_THREAD * self._session.n_threads(), 1)

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        """Start one replication. Raises ExecutorFailed if there is no cluster or a worker is refused."""
        if self._session is None:
            self._session = _Session(self._cluster, self._n_workers)
        if self._shared is None or self._shared[0] is not study:
            try:
                self._shared = study, self._session.scattered(study)
            except WorkerLost as lost:
                future: Future[ReplicationResult] = Future()
                future.set_exception(lost)
                return future
        task = self._replicated(self._session, self._shared[1], number)
        return asyncio.run_coroutine_threadsafe(task, self._session.loop)

    async def _replicated(self, session: _Session, shared: Any, number: int) -> ReplicationResult:
        """One replication's result. Raises WorkerLost or ExecutorFailed as the contract says."""
        from distributed import KilledWorker

        try:
            task = session.client.submit(_replicate, shared, number, pure=False, retries=0)
            result: ReplicationResult = await task
        except KilledWorker as error:
            raise WorkerLost from error
        except (CancelledError, asyncio.CancelledError) as error:
            if session.client.status != "running":
                raise ExecutorFailed(
                    f"the scheduler of the Dask cluster at {session.address} has gone"
                ) from error
            self._shared = None  # every worker that held the study has gone
            raise WorkerLost from error
        return result

    def stop(self) -> None:
        """End a cluster of our own at once; on another's, replications that have not begun are not run."""
        if self._session is not None:
            self._session.kill()
        self.close()

    def close(self) -> None:
        """Leave the cluster; one of our own ends."""
        session, self._session, self._shared = self._session, None, None
        if session is not None:
            session.close()


class _Session:
    """A client of a cluster. Raises ExecutorFailed if there is none, and AeflowError if Dask is not installed."""

    def __init__(self, cluster: Cluster, n_workers: int) -> None:
        try:
            import dask
            import distributed
        except ImportError as error:
            raise AeflowError(
                "executor=dask needs Dask, which is not installed. Install it with pip install 'aeflow[cluster]', or "
                "use executor=local"
            ) from error
        # keep logs of Dask and its event loop, tracebacks too, off the screen: what matters is raised as an error
        for name in tuple(logging.root.manager.loggerDict):
            if name.partition(".")[0] in ("distributed", "tornado"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
        self._own: Any = None
        self._counted_at = 0.0
        self._n_threads = 0
        with dask.config.set(SETTINGS if cluster.is_own else {}), _ignoring_ctrl_c():
            if cluster.is_own:
                self._own = _start_local(distributed.LocalCluster, n_workers)
            self.client = self._connect(cluster, distributed.Client)
        self.address: str = self.client.scheduler.address
        self.loop: asyncio.AbstractEventLoop = self.client.loop.asyncio_loop
        if not cluster.is_own:
            self._wait_for(cluster.wait_for)

    def _connect(self, cluster: Cluster, client: Any) -> Any:
        """A client of the cluster, of class `client`."""
        scheduler: dict[str, Any] = {"address": self._own or cluster.address}
        try:
            if cluster.scheduler_file is not None:
                scheduler = {"scheduler_file": cluster.scheduler_file}
                _wait_for_file(Path(cluster.scheduler_file))
            return client(
                **scheduler,
                timeout=SECONDS_TO_CONNECT,
                set_as_default=False,
                direct_to_workers=True,
            )
        except (OSError, ValueError, KeyError) as error:
            raise ExecutorFailed(
                f"no Dask scheduler answers at {cluster.address or cluster.scheduler_file} ({_brief(error)}). Start "
                "one (dask scheduler), or correct cluster.address or cluster.scheduler_file"
            ) from error

    def _wait_for(self, n_workers: int) -> None:
        """Wait until there are so many workers. Raises ExecutorFailed if they do not come."""
        try:
            self.client.wait_for_workers(n_workers, timeout=SECONDS_TO_CONNECT)
        except TimeoutError as error:
            n_there = len(self.client.nthreads())
            self.close()
            raise ExecutorFailed(
                f"the Dask cluster at {self.address} has {n_there} workers, and {n_workers} are waited for. Start them "
                "(dask worker), or lower cluster.wait_for"
            ) from error

    def n_threads(self) -> int:
        """Threads of all workers, counted now or a moment ago."""
        now = time.monotonic()
        if now - self._counted_at > SECONDS_BETWEEN_COUNTS and self.client.status == "running":
            with suppress(OSError, CancelledError):  # a scheduler that has gone shows in its tasks
                self._n_threads = sum(self.client.nthreads().values())
            self._counted_at = now
        return self._n_threads

    def scattered(self, study: Study) -> Any:
        """The study on every worker, whose versions must be ours, and which compares the sample that it draws.

        Raises ExecutorFailed if a worker would compute other numbers, and WorkerLost if one goes meanwhile.
        """
        from distributed import KilledWorker

        try:
            parts = identity_of(study).parts
            versions = self.client.run(program_parts, on_error="return")
            if any(isinstance(answer, OSError) for answer in versions.values()):
                raise WorkerLost
            _refuse(
                {worker: _version_differences(parts, theirs) for worker, theirs in versions.items()}
            )
            shared = self.client.scatter(_Shared(study, parts), broadcast=True, hash=False)
            how = {"allow_other_workers": False, "pure": False}
            checks = {
                worker: self.client.submit(_differences, shared, workers=[worker], **how)
                for worker in versions
            }
            _refuse({worker: self._answer(worker, check) for worker, check in checks.items()})
        except (KilledWorker, CancelledError, OSError) as error:
            raise WorkerLost from error
        return shared

    def _answer(self, worker: str, check: Any) -> tuple[str, ...]:
        """What a worker answers. Raises WorkerLost if it goes before that: no other would answer in its place."""
        while True:
            try:
                answer: tuple[str, ...] = check.result(timeout=SECONDS_BETWEEN_COUNTS)
            except TimeoutError:
                if worker not in self.client.nthreads():
                    raise WorkerLost from None
            else:
                return answer

    def kill(self) -> None:
        """End the workers of a cluster of our own at once, so that none is started again."""
        for nanny in () if self._own is None else tuple(self._own.workers.values()):
            nanny.auto_restart = False
            process = getattr(getattr(nanny, "process", None), "process", None)
            if process is not None and process.is_alive():
                process._process.kill()

    def close(self) -> None:
        """Leave the cluster; one of our own ends."""
        for opened in (self.client, self._own):
            with suppress(TimeoutError, OSError, CancelledError):
                if opened is not None:
                    opened.close(timeout=SECONDS_TO_CLOSE)


def _start_local(cluster: Any, n_workers: int) -> Any:
    """A cluster of our own, started again if a worker ends while it starts. Raises ExecutorFailed if it always does."""
    for _attempt in range(MOST_LOSSES + 1):
        try:
            return cluster(
                n_workers=n_workers,
                threads_per_worker=1,
                processes=True,
                host=LOOPBACK,
                dashboard_address=f"{LOOPBACK}:0",
                worker_dashboard_address=f"{LOOPBACK}:0",
                silence_logs=logging.CRITICAL,
                memory_limit=0,
            )
        except (RuntimeError, OSError) as error:
            failed: Exception = error
    raise ExecutorFailed(
        f"the workers of a Dask cluster on this machine could not be started ({_brief(failed)}). Use fewer "
        "(workers=1), or executor=local"
    ) from failed


def _wait_for_file(path: Path) -> None:
    """Wait a while for a scheduler to write its file. Raises FileNotFoundError."""
    deadline = time.monotonic() + SECONDS_TO_CONNECT
    while not path.is_file():
        if time.monotonic() > deadline:
            raise FileNotFoundError("the file is not there")
        time.sleep(0.1)


def _refuse(differing: Mapping[str, tuple[str, ...]]) -> None:
    """Raise ExecutorFailed if any worker differs, with the first workers and what they differ in."""
    refused = [
        f"{worker} differs in {', '.join(parts)}" for worker, parts in differing.items() if parts
    ]
    if not refused:
        return
    others = f" and {len(refused) - MOST_NAMED} more" if len(refused) > MOST_NAMED else ""
    raise ExecutorFailed(
        f"workers are refused because they would compute other numbers: {'; '.join(refused[:MOST_NAMED])}{others}. "
        "Install the same versions there, and use processors of one kind"
    )


def _version_differences(
    ours: Mapping[str, str], theirs: Mapping[str, str] | Exception
) -> tuple[str, ...]:
    """The versions of a worker that are not ours, in words."""
    if isinstance(theirs, Exception):
        return (f"aeflow itself ({_brief(theirs)})",)
    return tuple(
        WORDS[name] if name == "source" else f"{WORDS[name]} ({version}, here {ours[name]})"
        for name, version in theirs.items()
        if version != ours[name]
    )


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


@contextmanager
def _ignoring_ctrl_c() -> Iterator[None]:
    """Start threads and processes that ignore Ctrl-C, which a terminal sends to every process."""
    if sys.platform != "win32":  # which has no such mask
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        block_ctrl_c()
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    else:
        yield


# --- in the workers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Shared:
    """A study, and the identity of its run in the process that sent it."""

    study: Study
    parts: Mapping[str, str]


@lru_cache(maxsize=4)
def _differences(shared: _Shared) -> tuple[str, ...]:
    """The parts in which this worker's identity of the run differs from the sender's, in words."""
    return Identity(shared.parts).differences(identity_of(shared.study))


def _replicate(shared: _Shared, number: int) -> ReplicationResult:
    from distributed import get_worker

    _refuse({get_worker().address: _differences(shared)})
    return replicate(shared.study, number)
