"""Run a study's replications: where they run (executors), and the one runner that gives each as it ends.

Reading order: `Executor`, which runs one replication and gives a future of it; `completed`, which keeps its workers
busy and tries lost ones again; `Runner`, which knows which replications are missing, merges arms that are known
already, and stores each as it ends. A worker is sent the study and a number, and works out all else itself. To add an
executor: a class with what `Executor` asks for, a name in `EXECUTORS` and a case of `open_executor`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Protocol

import numpy as np

from simulation.engine.contract import in_turn
from simulation.errors import AeflowError, nearest, refuse
from simulation.records.schema import Floats
from simulation.runs.replicate import ReplicationResult, ReplicationStopped, replicate
from simulation.signals import raise_if_stopped
from simulation.statistics.compare import subtract_pairs
from simulation.statistics.intervals import replications_for
from simulation.study.design import Target
from simulation.study.simulate import simulate_arm
from simulation.study.study import Precision, Study

if TYPE_CHECKING:
    from simulation.runs.stored_run import UnfinishedRun

EXECUTORS = ("serial", "threads", "local", "dask")
MOST_LOSSES = 3
"""Times that a replication is tried again after its worker was lost."""
SECONDS_BETWEEN_LOOKS = 0.1
"""How often it is checked whether another thread has cancelled."""
MOST_WORKERS = 61 if sys.platform == "win32" else 1024
"""Processes of one executor: Windows waits for no more (63 handles, two of them taken); elsewhere more is a mistake."""
_COMPILED = threading.Event()
"""Whether this process has compiled the engine."""
Done = Callable[[int], None]


def no_progress(n: int) -> None:
    """The callback of progress that does nothing."""


# --- the runner -------------------------------------------------------------------------------------------------------


@dataclass
class Runner:
    """Runs the replications of a study that are missing; iterating over it gives each as it ends, in any order.

    - `study`: with as many replications as are known to be needed: as stated, or as `run.precision` asks
    - `known`: replications that have ended, by number. At first those that an earlier run stored; one with some of the
      arms alone is run in the others (`partly`)
    - `numbers`: numbers of the replications that are wanted, if not `study.run.numbers`
    - `study_of`: the study of each number, if each has one of its own
    - `executor`: one that stays open; else the study's is opened and closed
    - `cancelled`: ends the run early once it is set
    - `unfinished`: the folder in which each is stored as it ends
    - `planned`: is called with how many there will be, as each stage of a `run.precision` begins
    - `goes_on`: whether the other replications are still run after one has failed

    Raises AeflowError with the numbers of replications that failed, ExecutorFailed if nothing more can run, and
    ResultsError if one cannot be kept.
    """

    study: Study
    known: dict[int, ReplicationResult] = field(default_factory=dict)
    numbers: Collection[int] | None = None
    study_of: Callable[[int], Study] | None = None
    executor: Executor | None = None
    cancelled: threading.Event | None = None
    unfinished: UnfinishedRun | None = None
    planned: Done = no_progress
    goes_on: bool = True

    def __post_init__(self) -> None:
        """Plan as many replications as those that are known say."""
        self._partly = {
            number: self.known.pop(number)
            for number in list(self.known)
            if len(self.known[number].arms) < len(self.study.arms)
        }
        self._missing = self._plan()

    def _plan(self) -> list[int]:
        """The numbers that are still to be run."""
        self.study = as_planned(self.study, self.known)
        missing = [number for number in self._wanted if number not in self.known]
        self._n_before = len(self._wanted) - len(missing) - self._n_added
        return missing

    @property
    def _wanted(self) -> Collection[int]:
        return self.study.run.numbers if self.numbers is None else self.numbers

    @property
    def _n_added(self) -> int:
        return 0 if self.unfinished is None else self.unfinished.n_added

    @property
    def n_kept(self) -> int:
        """How many of the replications are stored; one that is being written as a signal comes is among them."""
        return 0 if self.unfinished is None else self._n_before + self._n_added

    @property
    def is_cancelled(self) -> bool:
        """Whether it was ended early."""
        return self.cancelled is not None and self.cancelled.is_set()

    @property
    def results(self) -> tuple[ReplicationResult, ...]:
        """The replications that are wanted, in order, once all have ended."""
        return tuple(self.known[number] for number in self._wanted)

    def __iter__(self) -> Iterator[ReplicationResult]:
        """Run those that are missing, stage by stage of a precision."""
        while self._missing and not self.is_cancelled:
            compile_first(self.study)
            self.planned(len(self.study.run.numbers))
            failed: list[Failed] = []
            for result in self._ended(self._missing):
                if isinstance(result, Failed):
                    if not self.goes_on:
                        raise failure([result])
                    failed.append(result)
                    continue
                if part := self._partly.pop(result.replication, None):
                    if result.cool_down_days > self.study.run.cool_down_days:
                        continue  # the arms that are known had not as long, so all are run
                    arms = {**result.arms, **part.arms}
                    arms = {arm.name: arms[arm.name] for arm in self.study.arms}
                    result = replace(result, arms=arms)
                self.known[result.replication] = result
                if self.unfinished is not None:
                    self.unfinished.add(result)
                self.study = as_planned(self.study, self.known)
                yield result
            if failed and not self.is_cancelled:
                raise failure(failed, kept=self.n_kept)
            self._missing = self._plan()

    def _ended(self, numbers: Sequence[int]) -> Iterator[ReplicationResult | Failed]:
        own = replace(self.study, workers=max(min(self.study.workers, len(numbers)), 1))
        opening = (
            nullcontext(self.executor)
            if self.executor is not None
            else open_executor(own, cancelled=self.cancelled)
        )
        study_of = self.study_of or partial(_study_of_rest, self.study, dict(self._partly), {})
        with opening as executor:
            yield from completed(
                executor, self.study, numbers, study_of=study_of, cancelled=self.cancelled
            )


def _study_of_rest(
    study: Study,
    partly: Mapping[int, ReplicationResult],
    made: dict[frozenset[str], Study],
    number: int,
) -> Study:
    """The study of the arms of a replication that are not known, and of those that other arms need (the baseline, with
    a sham). `made` caches these studies by the names of the arms that are known."""
    if number not in partly:
        return study
    if (known := frozenset(partly[number].arms)) not in made:
        behind = study.design.behind_others
        arms = [arm for arm in study.arms if arm.name not in known or arm.name in behind]
        rest = study.of_arms([arm.name for arm in arms])
        made[known] = replace(
            rest, arms=tuple(arms), design=study.design, engine_asked=study.engine
        )
    return made[known]


def every_replication(
    study: Study, *, done: Done = no_progress, executor: Executor | None = None
) -> tuple[Study, tuple[ReplicationResult, ...]]:
    """All replications in order, and the study with their number; `done(n)` is called when n have ended.

    Raises AeflowError with the numbers of those that failed.
    """
    runner = Runner(study, executor=executor)
    for n_ended, _ in enumerate(runner, start=1):
        done(n_ended)
    return runner.study, runner.results


def as_planned(study: Study, known: Mapping[int, ReplicationResult]) -> Study:
    """The study with as many replications as are known to be needed.

    `known`: replications that have ended, by number. With `run.precision` a first stage is run first; the replications
    of a stage, whatever else is known, say how many the next one has in all (`statistics/intervals.py`). So an
    interrupted run, one on other processors and one that is run again come to the same number.
    """
    run, precision = study.run, study.run.precision
    if precision is None:
        return study
    n, asked = 0, precision.first_stage
    while n < asked and all(number in known for number in range(asked)):
        n = asked
        by_arm = values_for(study, [known[number] for number in range(n)])
        asked = max(
            replications_for(values, precision.half_width, at_most=precision.at_most)
            for values in by_arm.values()
        )
    return replace(study, run=replace(run, replications=max(asked, run.replications)))


def values_for(study: Study, replications: Sequence[ReplicationResult]) -> dict[str, Floats]:
    """By arm, the numbers that `run.precision` is about, one a replication: its difference from the baseline, or for
    the baseline itself its level."""
    precision, design = study.run.precision, study.design
    assert precision is not None
    level = judged_values(replications, design.baseline, precision)
    arms = precision.planned_arms([arm.name for arm in study.arms], design.baseline, design.sham)
    return {
        arm: level
        if arm == design.baseline
        else subtract_pairs(judged_values(replications, arm, precision), level)
        for arm in arms
    }


def judged_values(
    replications: Sequence[ReplicationResult], arm: str, judged: Target | Precision
) -> Floats:
    """The measure of an arm that is judged, by replication, shape (n_replications,)."""
    of_arm = (replication.arms[arm].measures for replication in replications)
    return np.array([measures.value(judged.measure, judged.group) for measures in of_arm])


def failure(failed: Sequence[Failed], *, kept: int = 0) -> BaseException:
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


# --- executors --------------------------------------------------------------------------------------------------------


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
    study_of: Callable[[int], Study] | None = None,
    cancelled: threading.Event | None = None,
) -> Iterator[ReplicationResult | Failed]:
    """Run replications, as many at once as there are workers, and yield each as it ends.

    A failing replication is yielded as `Failed`, and the others go on. One whose worker is lost is tried again. Ends
    early when `cancelled` is set. The workers are ended after any error, and if the caller stops iterating. `study_of`:
    see `Runner`. Raises ExecutorFailed if nothing more can run, or if a replication's workers are lost again and again.
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
                running[executor.submit(study_of(number) if study_of else study, number)] = number
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
                elif isinstance(error, WorkerLost | ReplicationStopped):
                    losses[number] = losses.get(number, 0) + 1
                    if losses[number] > MOST_LOSSES:
                        raise ExecutorFailed(
                            f"replication {number}: the worker that ran it was ended from outside {MOST_LOSSES + 1} "
                            "times, perhaps for want of memory. Use fewer workers (workers=1), or executor=serial"
                        )
                    to_repeat.append(number)
                elif isinstance(error, Exception) and not isinstance(error, ExecutorFailed):
                    yield Failed(number, error)
                else:
                    raise error
        executor.stop()
    except BaseException:
        executor.stop()
        raise


def block_ctrl_c() -> None:
    """Block Ctrl-C in this thread: a terminal sends it to every process, and those started here are to ignore it."""
    if sys.platform != "win32":  # which has no such signals
        # or a closed terminal ends the tracker, which warns
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
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

    `turns`: a context entered around each replication. Executors that share a semaphore here run together no more at
    once than it lets in.
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
        with self._turns, in_turn():
            return replicate(study, number, stopped=stopped.is_set)

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
