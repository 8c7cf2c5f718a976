"""Run a study: replications through an executor, gathered in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from simulation.errors import AeflowError
from simulation.experiment.executors import Executor, Failed, completed, open_executor
from simulation.experiment.replicate import ReplicationResult
from simulation.experiment.result import StudyResult
from simulation.explain.explanation import Explained
from simulation.study.bounds import refuse_large
from simulation.study.overload import refuse_overload
from simulation.study.simulate import simulate_arm
from simulation.study.study import Study

Done = Callable[[int], None]


def compare(study: Study, *, done: Done = lambda n_done: None, executor: Executor | None = None) -> StudyResult:
    """Run every arm of a study on the same patients; `done(n)` is told after each of the replications.

    `executor`: one that lives on after the call; else the study's own is opened and closed. Raises ConfigError if the
    study is larger than the limits (unless `allow_large`) or a pool is overloaded over the week and nothing relieves it
    (unless `allow_overload`), and AeflowError with the numbers of replications that failed.
    """
    refuse_large([study])
    refuse_overload(study)
    return simulate(study, done=done, executor=executor)


def simulate(study: Study, *, done: Done = lambda n_done: None, executor: Executor | None = None) -> StudyResult:
    """`compare`, without looking at the load first."""
    return StudyResult(study, all_of(study, study.run.numbers, done=done, executor=executor), Explained(study))


def all_of(study: Study, numbers: range, *, done: Done, executor: Executor | None) -> tuple[ReplicationResult, ...]:
    """Replications by number, in order. Raises AeflowError with the numbers of those that failed."""
    results: list[ReplicationResult] = []
    failed: list[Failed] = []
    for result in replications(study, numbers, executor=executor):
        if isinstance(result, Failed):
            failed.append(result)
        else:
            results.append(result)
            done(len(results))
    if failed:
        raise failure(failed)
    return in_order(results)


def replications(
    study: Study,
    numbers: range | list[int],
    *,
    executor: Executor | None = None,
    cancelled: threading.Event | None = None,
) -> Iterator[ReplicationResult | Failed]:
    """Replications as they end, in whatever order; with `executor` on that one, else on one opened for the purpose."""
    compile_first(study)
    if executor is not None:
        yield from completed(executor, study, numbers, cancelled=cancelled)
        return
    workers = max(min(study.workers, len(numbers)), 1)
    with open_executor(replace(study, workers=workers)) as opened:
        yield from completed(opened, study, numbers, cancelled=cancelled)


def in_order(results: list[ReplicationResult]) -> tuple[ReplicationResult, ...]:
    """By number."""
    return tuple(sorted(results, key=lambda result: result.replication))


def failure(failed: list[Failed], *, kept: int = 0) -> BaseException:
    """What to raise for replications that failed: the error itself if it is the user's, else its kind and number.

    `kept`: how many others are stored.
    """
    first = min(failed, key=lambda each: each.number)
    if isinstance(first.error, AeflowError):
        return first.error
    numbers = ", ".join(str(each.number) for each in sorted(failed, key=lambda each: each.number))
    error = AeflowError(
        f"replication{'s' if len(failed) > 1 else ''} {numbers} failed ({type(first.error).__name__}: {first.error}). "
        f"{f'The other {kept} are kept, and the same command tries only these again. ' if kept else ''}"
        "This is a fault of aeflow: report it, with the command"
    )
    error.__cause__ = first.error
    return error


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
