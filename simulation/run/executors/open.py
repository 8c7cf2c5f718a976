"""Executors by name."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from simulation.errors import ConfigError, Fault, nearest
from simulation.run.executors.contract import Executor
from simulation.run.executors.local import LocalExecutor
from simulation.run.executors.serial import SerialExecutor
from simulation.study.study import Study

MOST_WORKERS = 61 if sys.platform == "win32" else 1024
"""Processes of one executor: Windows waits for no more (63 handles, two of them taken); elsewhere more is a mistake."""


def processors() -> int:
    """The number of processes worth starting: the processors that this one may use, at most MOST_WORKERS."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    return min(os.cpu_count() or 1, MOST_WORKERS)


def _local(study: Study) -> Executor:
    return LocalExecutor(study.workers) if study.workers > 1 else SerialExecutor()


def _dask(study: Study) -> Executor:
    from simulation.run.executors.dask_cluster import DaskExecutor

    return DaskExecutor(study.cluster, study.workers)


EXECUTORS: dict[str, Callable[[Study], Executor]] = {
    "serial": lambda study: SerialExecutor(),
    "local": _local,
    "dask": _dask,
}


@contextmanager
def open_executor(study: Study) -> Iterator[Executor]:
    """The executor that a study asks for, closed at the end. Raises ConfigError if there is none of that name."""
    if study.executor not in EXECUTORS:
        raise ConfigError([Fault("executor", f"'{study.executor}' is not known", nearest(study.executor, EXECUTORS))])
    executor = EXECUTORS[study.executor](study)
    try:
        yield executor
    finally:
        executor.close()
