"""What an executor is, and the loop that drives any of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Protocol

from simulation.errors import AeflowError
from simulation.run.replicate import ReplicationResult
from simulation.signals import heed
from simulation.study.study import Study

MOST_LOSSES = 3
"""Times that a replication is tried again after its worker was lost."""
SECONDS_BETWEEN_LOOKS = 0.1
"""The longest time until a cancellation from another thread is seen."""


class WorkerLost(Exception):
    """The worker that ran a replication has gone; nothing but that replication is lost."""


class ExecutorFailed(AeflowError):
    """No replication can run here any more: the cluster has gone, or a worker would compute other numbers."""


class Executor(Protocol):
    """Runs replications. It may live on between studies, and is driven by one thread at a time."""

    @property
    def n_at_once(self) -> int:
        """Replications to hand over at once, 1 or more: enough to keep every worker busy."""
        ...

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        """Start one replication. Its future raises WorkerLost if its worker goes.

        The call or the future raises ExecutorFailed if nothing more can run.
        """
        ...

    def stop(self) -> None:
        """End all workers at once, busy or not."""
        ...

    def close(self) -> None:
        """Let the workers end; none is busy."""
        ...


@dataclass(frozen=True)
class Failed:
    """A replication that could not be finished: its number, and the error."""

    number: int
    error: BaseException


def completed(
    executor: Executor, study: Study, numbers: Iterable[int], *, cancelled: threading.Event | None = None
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
            heed()
            while len(running) < executor.n_at_once:
                number = to_repeat.pop() if to_repeat else next(waiting, None)
                if number is None:
                    break
                running[executor.submit(study, number)] = number
            if not running:
                return
            ended, _ = wait(running, timeout=SECONDS_BETWEEN_LOOKS if cancelled else None, return_when=FIRST_COMPLETED)
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
