"""Run a study: one task a replication through the executor, then the result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from simulation.experiment.executors.local import execute, executor_of
from simulation.experiment.overload import refuse_overload
from simulation.experiment.replicate import Task, replicate, simulate_arm
from simulation.experiment.result import Result
from simulation.study.study import Study


def compare(study: Study, *, done: Callable[[int], None] = lambda n_done: None) -> Result:
    """Run every arm of a study on the same patients; `done(n)` is told after each of the replications.

    Raises ConfigError if a pool is overloaded over the week and nothing relieves it (unless `allow_overload`).
    """
    refuse_overload(study)
    return simulate(study, done=done)


def run(study: Study, *, done: Callable[[int], None] = lambda n_done: None) -> Result:
    """Run one arm alone: the baseline's department under the policy of the group `triage`."""
    return compare(study.only(), done=done)


def simulate(study: Study, *, done: Callable[[int], None] = lambda n_done: None) -> Result:
    """`compare`, without looking at the load first."""
    tasks = [
        Task(study.arms, study.design.baseline, study.run, study.engine, number, study.design.coverages)
        for number in range(study.run.replications)
    ]
    workers = min(study.workers, len(tasks))
    compile_first(study)
    began = time.perf_counter()
    executor = executor_of(study.executor, workers)
    try:
        replications = execute(executor, replicate, tasks, done=done)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    return Result(study, tuple(replications), time.perf_counter() - began)


def compile_first(study: Study) -> float:
    """Compile in this process before the workers start, so that they find it in numba's cache; seconds taken.

    The reference engine compiles nothing.
    """
    began = time.perf_counter()
    if study.engine == "compiled":
        one_day = replace(study.run, warm_up_days=0, measured_days=1)
        simulated = simulate_arm(study.baseline, one_day, study.engine, 0, cool_down_days=0)
        _ = simulated.activities  # arranged by compiled code of its own
    return time.perf_counter() - began
