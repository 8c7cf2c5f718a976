"""Run a study: replications through an executor, gathered in order."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace

import numpy as np

from simulation.errors import AeflowError
from simulation.explain.explanation import Explained
from simulation.records.schema import Floats
from simulation.runs.executors import Executor, Failed, completed, open_executor
from simulation.runs.kept import Done, no_progress
from simulation.runs.replicate import ReplicationResult
from simulation.runs.result import StudyResult
from simulation.statistics.compare import paired
from simulation.statistics.intervals import replications_for
from simulation.study.design import Target
from simulation.study.overload import refuse_overload
from simulation.study.simulate import simulate_arm
from simulation.study.study import Precision, Study
from simulation.study.workload import refuse_large

_COMPILED = threading.Event()
"""Whether this process has compiled the engine."""


def compare(
    study: Study, *, done: Done = no_progress, executor: Executor | None = None
) -> StudyResult:
    """Run every arm of a study on the same patients; `done(n)` is called when n replications have ended.

    `executor`: an executor that stays open after the call; by default the study's executor is opened and closed. Raises
    ConfigError if the study is larger than the limits (unless `allow_large`) or a pool is overloaded over the week and
    nothing relieves it (unless `allow_overload`), and AeflowError with the numbers of replications that failed.
    """
    refuse_large([study])
    refuse_overload(study)
    return simulate(study, done=done, executor=executor)


def simulate(
    study: Study, *, done: Done = no_progress, executor: Executor | None = None
) -> StudyResult:
    """Run a study as `compare` does, without checking its size and load first."""
    study, results = every_replication(study, done=done, executor=executor)
    return StudyResult(study, results, Explained(study))


def every_replication(
    study: Study, *, done: Done = no_progress, executor: Executor | None
) -> tuple[Study, tuple[ReplicationResult, ...]]:
    """All replications in order, and the study with their number: as stated, or as `run.precision` asks."""
    known: dict[int, ReplicationResult] = {}
    study, missing = still_to_run(study, known)
    while missing:
        new = all_of(
            study, missing, done=lambda n_done: done(len(known) + n_done), executor=executor
        )
        known.update((result.replication, result) for result in new)
        study, missing = still_to_run(study, known)
    return study, in_order(known.values())


def still_to_run(study: Study, known: Mapping[int, ReplicationResult]) -> tuple[Study, list[int]]:
    """The study with as many replications as are known to be needed, and the numbers that are still to be run.

    `known`: replications that have ended, by number. With `run.precision` a first stage is run first; the replications
    of a stage, whatever else is known, say how many the next one has in all (`statistics/intervals.py`). So an
    interrupted run, one on other processors and one that is run again come to the same number.
    """
    run, precision = study.run, study.run.precision
    if precision is not None:
        n, asked = 0, precision.first_stage
        while n < asked and all(number in known for number in range(asked)):
            n = asked
            by_arm = values_for(study, [known[number] for number in range(n)])
            asked = max(
                replications_for(values, precision.half_width, at_most=precision.at_most)
                for values in by_arm.values()
            )
        study = replace(study, run=replace(run, replications=max(asked, run.replications)))
    return study, [number for number in study.run.numbers if number not in known]


def values_for(study: Study, replications: Sequence[ReplicationResult]) -> dict[str, Floats]:
    """The numbers that `run.precision` is about, one a replication: an arm's difference, or the baseline's level."""
    precision, design = study.run.precision, study.design
    assert precision is not None
    level = values_of(replications, design.baseline, precision)
    arms = precision.planned_arms([arm.name for arm in study.arms], design.baseline, design.sham)
    return {
        arm: level
        if arm == design.baseline
        else paired(values_of(replications, arm, precision), level)
        for arm in arms
    }


def values_of(
    replications: Sequence[ReplicationResult], arm: str, judged: Target | Precision
) -> Floats:
    """The measure of an arm that is judged, by replication, shape (n_replications,)."""
    of_arm = (replication.arms[arm].measures for replication in replications)
    return np.array([measures.value(judged.measure, judged.group) for measures in of_arm])


def all_of(
    study: Study, numbers: Sequence[int], *, done: Done, executor: Executor | None
) -> tuple[ReplicationResult, ...]:
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
    numbers: Sequence[int],
    *,
    executor: Executor | None = None,
    cancelled: threading.Event | None = None,
) -> Iterator[ReplicationResult | Failed]:
    """Yield replications as they end, in any order, from `executor` or from the study's, which is opened and closed."""
    compile_first(study)
    workers = max(min(study.workers, len(numbers)), 1)
    own = replace(study, workers=workers)
    opening = (
        nullcontext(executor) if executor is not None else open_executor(own, cancelled=cancelled)
    )
    with opening as opened:
        yield from completed(opened, study, numbers, cancelled=cancelled)


def in_order(results: Iterable[ReplicationResult]) -> tuple[ReplicationResult, ...]:
    """Replications in the order of their numbers."""
    return tuple(sorted(results, key=lambda result: result.replication))


def failure(failed: list[Failed], *, kept: int = 0) -> BaseException:
    """The error to raise for replications that failed: the error itself if it is the user's, else its kind and number.

    `kept`: the number of other replications that are stored.
    """
    failed = sorted(failed, key=lambda replication: replication.number)
    first = failed[0]
    if isinstance(first.error, AeflowError):
        return first.error
    numbers = ", ".join(str(replication.number) for replication in failed)
    error = AeflowError(
        f"replication{'s' if len(failed) > 1 else ''} {numbers} failed ({type(first.error).__name__}: {first.error}). "
        f"{f'The other {kept} are kept, and the same command tries only these again. ' if kept else ''}"
        "This is a fault of aeflow: report it, with the command"
    )
    error.__cause__ = first.error
    return error


def compile_first(study: Study) -> None:
    """Compile the engine in this process, once, so that workers find it in numba's cache; the reference engine has
    nothing to compile."""
    if study.engine == "compiled" and not _COMPILED.is_set():
        one_day = replace(study.run, warm_up_days=0, measured_days=1)
        simulated = simulate_arm(study.baseline, one_day, study.engine, 0, cool_down_days=0)
        _ = simulated.activities  # sorted by compiled code of its own
        _COMPILED.set()
