"""Executors: whichever runs the replications, the results are those of one process."""

import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation
from simulation.api import compare
from simulation.config import load
from simulation.engine.contract import beside_others
from simulation.errors import AeflowError, ConfigError, Fault
from simulation.runs import replicate as replicate_module
from simulation.runs import running as run_module
from simulation.runs.processes import LocalExecutor
from simulation.runs.replicate import ReplicationResult
from simulation.runs.result import StudyResult
from simulation.runs.running import (
    MOST_LOSSES,
    ExecutorFailed,
    Failed,
    Runner,
    ThreadExecutor,
    WorkerLost,
    compile_first,
    completed,
    failure,
    open_executor,
)
from simulation.signals import Stopped, stopped_by_signals
from simulation.study.simulate import Simulated
from simulation.study.study import ReadyArm, Study
from tests.held import Hold

Outcomes = Callable[[int, int], ReplicationResult | BaseException]


class ScriptedExecutor:
    """Ends each replication as `outcome(number, attempt)` says, at once or, if `backwards`, last first."""

    def __init__(self, outcome: Outcomes, *, n_at_once: int = 1, backwards: bool = False) -> None:
        self.outcome = outcome
        self.n_at_once = n_at_once
        self.backwards = backwards
        self.submitted: list[int] = []
        self.n_stops = 0
        self._waiting: list[tuple[Future[ReplicationResult], int]] = []

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        future: Future[ReplicationResult] = Future()
        self.submitted.append(number)
        self._waiting.append((future, number))
        if not self.backwards or len(self._waiting) == self.n_at_once:
            while self._waiting:
                self._end(*self._waiting.pop())
        return future

    def _end(self, future: Future[ReplicationResult], number: int) -> None:
        outcome = self.outcome(number, self.submitted.count(number))
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    def stop(self) -> None:
        self.n_stops += 1

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def outcomes(result: StudyResult) -> Outcomes:
    """The first replication's result under any number."""
    return lambda number, attempt: replace(result.replications[0], replication=number)


@pytest.fixture(scope="module")
def local(few: Study) -> Study:
    """One arm for two processes, by the engine that compiles nothing."""
    short = replace(few.run, warm_up_days=0, measured_days=1)
    return replace(few.only(), run=short, executor="local", workers=2, engine_asked="reference")


@contextmanager
def opened(study: Study) -> Iterator[LocalExecutor]:
    with open_executor(study) as executor:
        assert isinstance(executor, LocalExecutor)
        yield executor
    executor.stop()


# --- the loop that drives any executor --------------------------------------------------------------------------------


def test_results_come_as_they_end_whatever_the_order(few: Study, outcomes: Outcomes) -> None:
    executor = ScriptedExecutor(outcomes, n_at_once=5, backwards=True)
    ended = list(completed(executor, few, range(5)))
    assert sorted(each.replication for each in ended if isinstance(each, ReplicationResult)) == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert executor.n_stops == 0


def test_no_more_replications_are_handed_over_than_are_asked_for_at_once(
    few: Study, outcomes: Outcomes
) -> None:
    executor = ScriptedExecutor(outcomes, n_at_once=2)
    beginning = completed(executor, few, range(100))
    next(beginning)
    assert executor.submitted == [0, 1]
    beginning.close()  # type: ignore[attr-defined]
    assert executor.n_stops == 1, "workers end when nobody listens any more"


def test_a_signal_whose_exception_was_lost_stops_the_run_all_the_same(
    few: Study, outcomes: Outcomes
) -> None:
    """As where it came while a destructor ran, which drops whatever is raised in it."""
    executor = ScriptedExecutor(outcomes)
    with stopped_by_signals() as asked:
        beginning = completed(executor, few, range(100))
        next(beginning)
        with suppress(Stopped):
            asked(signal.SIGTERM, None)
        with pytest.raises(Stopped):
            next(beginning)
    assert executor.n_stops == 1
    assert len(list(completed(executor, few, range(2)))) == 2, (
        "no signal came to what runs afterwards"
    )


def test_a_failing_replication_is_given_with_its_number_and_the_others_go_on(
    few: Study, outcomes: Outcomes
) -> None:
    executor = ScriptedExecutor(
        lambda number, attempt: KeyError("x") if number == 3 else outcomes(number, attempt)
    )
    ended = list(completed(executor, few, range(5)))
    failed = [each for each in ended if isinstance(each, Failed)]
    assert [(each.number, type(each.error)) for each in failed] == [(3, KeyError)]
    assert len(ended) == 5


def test_a_replication_whose_worker_is_lost_is_tried_again(few: Study, outcomes: Outcomes) -> None:
    executor = ScriptedExecutor(
        lambda number, attempt: WorkerLost() if attempt == 1 else outcomes(number, attempt)
    )
    assert len(list(completed(executor, few, range(3)))) == 3
    assert sorted(executor.submitted) == [0, 0, 1, 1, 2, 2]


def test_a_replication_that_loses_every_worker_is_one_message_with_what_to_do(few: Study) -> None:
    executor = ScriptedExecutor(lambda number, attempt: WorkerLost())
    with pytest.raises(
        AeflowError,
        match=r"replication 7: the worker .* ended from outside 4 times.* executor=serial",
    ):
        list(completed(executor, few, [7]))
    assert executor.submitted == [7] * (MOST_LOSSES + 1)
    assert executor.n_stops == 1


def test_nothing_is_tried_again_where_nothing_can_run(few: Study, outcomes: Outcomes) -> None:
    executor = ScriptedExecutor(
        lambda number, attempt: ExecutorFailed("gone") if number else outcomes(number, attempt)
    )
    with pytest.raises(ExecutorFailed, match="gone"):
        list(completed(executor, few, range(9)))
    assert executor.submitted == [0, 1]
    assert executor.n_stops == 1


def test_a_cancelled_run_ends_early_and_ends_its_workers(few: Study, outcomes: Outcomes) -> None:
    executor, cancelled, ended = ScriptedExecutor(outcomes), threading.Event(), []
    for each in completed(executor, few, range(100), cancelled=cancelled):
        ended.append(each)
        if len(ended) == 3:
            cancelled.set()
    assert len(ended) == 3
    assert executor.n_stops == 1


# --- the runner -------------------------------------------------------------------------------------------------------


def test_the_runner_runs_what_is_not_known_in_the_study_of_each_number(
    few: Study, outcomes: Outcomes
) -> None:
    executor = ScriptedExecutor(outcomes, n_at_once=2, backwards=True)
    first = outcomes(7, 1)
    assert isinstance(first, ReplicationResult)
    asked: list[int] = []

    def study_of(number: int) -> Study:
        asked.append(number)
        return few

    runner = Runner(few, {7: first}, numbers=(9, 7, 5), study_of=study_of, executor=executor)
    assert [each.replication for each in runner] == [5, 9]
    assert asked == [9, 5]
    assert [each.replication for each in runner.results] == [9, 7, 5]
    assert runner.n_kept == 0
    assert list(runner) == []


@pytest.mark.parametrize(("goes_on", "n_ended", "numbers"), [(True, 3, "s 1, 3"), (False, 1, " 1")])
def test_the_runner_raises_a_failure_after_the_others_or_at_once(
    few: Study, outcomes: Outcomes, goes_on: bool, n_ended: int, numbers: str
) -> None:
    executor = ScriptedExecutor(
        lambda number, attempt: KeyError("x") if number % 2 else outcomes(number, attempt)
    )
    runner = Runner(few, numbers=range(5), executor=executor, goes_on=goes_on)
    with pytest.raises(AeflowError, match=rf"replication{numbers} failed \(KeyError"):
        list(runner)
    assert len(runner.known) == n_ended


def test_a_runner_that_is_cancelled_raises_nothing(few: Study, outcomes: Outcomes) -> None:
    executor, cancelled = ScriptedExecutor(outcomes), threading.Event()
    runner = Runner(few, numbers=range(9), executor=executor, cancelled=cancelled)
    for _ in runner:
        cancelled.set()
    assert len(runner.known) == 1
    assert runner.is_cancelled
    assert executor.n_stops == 1


# --- threads of this process ------------------------------------------------------------------------------------------


def test_threads_give_the_numbers_of_one_thread(few: Study) -> None:
    study = replace(
        few, executor="threads", workers=2, run=replace(few.run, warm_up_days=0, measured_days=1)
    )
    threads, serial = (compare(replace(study, executor=name)) for name in ("threads", "serial"))
    assert study.where == "2 threads"
    for arm, measures in serial.measures.items():
        for ours, theirs in zip(threads.measures[arm], measures, strict=True):
            np.testing.assert_array_equal(ours.values, theirs.values)


@pytest.mark.parametrize("executor", ["serial", "threads"])
def test_a_cancelled_replication_ends_before_the_next_part_of_its_work(
    few: Study, executor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, cancelled, simulate = [], threading.Event(), replicate_module.simulate_draws

    def cancelling(arm: ReadyArm, *others: Any, **named: Any) -> Any:
        begun.append(arm.name)
        cancelled.set()
        ended = simulate(arm, *others, **named)
        stopped.wait(timeout=10)  # of threads: until the driver has heard of it
        return ended

    def measured(*_: object, **__: object) -> Any:
        begun.append("measuring")

    stopped = threading.Event()
    monkeypatch.setattr(replicate_module, "simulate_draws", cancelling)
    monkeypatch.setattr(replicate_module, "_measured", measured)
    study = replace(few, executor=executor, workers=1)
    assert len(study.arms) > 1
    with open_executor(study, cancelled=cancelled) as opened:
        stop = opened.stop

        def stop_and_tell() -> None:
            stop()
            stopped.set()

        monkeypatch.setattr(opened, "stop", stop_and_tell)
        if executor == "serial":
            stopped.set()
        assert list(completed(opened, study, range(4), cancelled=cancelled)) == []
    if isinstance(opened, ThreadExecutor):
        opened._threads.shutdown()
    assert len(begun) == 1


def test_executors_that_share_turns_run_no_more_at_once_together(
    few: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most, lock = [], [], threading.Lock()

    def watched(study: Study, number: int, **_: Any) -> ReplicationResult:
        with lock:
            running.append(number)
            most.append(len(running))
        with beside_others():
            time.sleep(0.01)
        with lock:
            running.remove(number)
        return "done"  # type: ignore[return-value]

    monkeypatch.setattr(run_module, "replicate", watched)
    turns = threading.Semaphore(2)
    executors = [ThreadExecutor(2, turns) for _ in range(3)]
    futures = [executor.submit(few, number) for number in range(4) for executor in executors]
    assert all(future.result(timeout=10) == "done" for future in futures)
    assert max(most) == 2
    for executor in executors:
        executor.close()


def test_threads_do_all_but_the_compiled_loop_one_at_a_time(
    few: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    within, beside, most = [0], [0], {"within": 0, "beside": 0}

    def watched(study: Study, number: int, **_: Any) -> int:
        for _ in range(20):
            within[0] += 1
            most["within"] = max(most["within"], within[0])
            time.sleep(0.0005)
            within[0] -= 1
            with beside_others():
                beside[0] += 1
                most["beside"] = max(most["beside"], beside[0])
                time.sleep(0.002)
                beside[0] -= 1
        return number

    monkeypatch.setattr(run_module, "replicate", watched)
    executor = ThreadExecutor(3)
    futures = [executor.submit(few, number) for number in range(3)]
    assert [future.result(timeout=10) for future in futures] == [0, 1, 2]
    executor.close()
    assert most["within"] == 1
    assert most["beside"] >= 2


def test_threads_may_make_the_departments_of_one_study_at_once() -> None:
    study = load("ensemble=england", "run.departments=20", "run.replications=20")
    departments = study.departments
    assert departments is not None
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(departments.arms, [number % 6 for number in range(48)]))
    alone = {number: departments.arms(number) for number in range(6)}
    assert all(made[number] == alone[number % 6] for number in range(48))


# --- processes of this machine ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_worker_that_dies_takes_only_its_own_replication_and_that_is_run_again(
    local: Study,
) -> None:
    with opened(local) as executor:
        (before,) = completed(executor, local, [0])
        (victim,) = multiprocessing.active_children()
        assert victim.pid is not None
        os.kill(
            victim.pid, signal.SIGSTOP
        )  # it takes the replication, and cannot end it before it is killed
        future = executor.submit(local, 0)
        with pytest.raises(TimeoutError):
            future.result(timeout=1)
        victim.kill()
        with pytest.raises(WorkerLost):
            future.result(timeout=60)
        (after,) = completed(executor, local, [0])
    assert isinstance(before, ReplicationResult)
    assert isinstance(after, ReplicationResult)
    assert (
        after.arms["nurse"].measures.values.tobytes()
        == before.arms["nurse"].measures.values.tobytes()
    )


@pytest.mark.slow
def test_a_worker_that_died_while_idle_costs_nothing(local: Study) -> None:
    with opened(local) as executor:
        list(completed(executor, local, [0]))
        for worker in multiprocessing.active_children():
            worker.kill()
            worker.join()
        assert executor.submit(local, 0).result(timeout=60).replication == 0


@pytest.mark.slow
def test_a_run_that_stops_ends_its_own_processes_and_nobody_else_s(local: Study) -> None:
    bystander = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    bystander.start()
    try:
        with opened(local) as executor:
            running = completed(executor, local, range(4))
            next(running)
            assert len(multiprocessing.active_children()) > 1
            running.close()  # type: ignore[attr-defined]
            assert multiprocessing.active_children() == [bystander]
    finally:
        bystander.terminate()
        bystander.join()


@pytest.mark.slow
def test_an_executor_that_was_stopped_starts_workers_anew(local: Study) -> None:
    with opened(local) as executor:
        executor.submit(local, 0)
        executor.stop()
        assert executor.submit(local, 1).result(timeout=60).replication == 1


@pytest.mark.slow
def test_closing_an_executor_ends_its_workers(local: Study) -> None:
    with open_executor(local) as executor:
        list(completed(executor, local, [0]))
        workers = multiprocessing.active_children()
        assert workers
    for worker in workers:
        worker.join(10)
        assert not worker.is_alive()


def test_a_mistake_of_the_user_found_by_a_worker_arrives_as_such(study: Study) -> None:
    broken = {
        name: replace(source, scale=1.45, thinning_bound=1.46) if name == "walk_in" else source
        for name, source in study.baseline.pathway.arrivals.items()
    }
    arm = replace(
        study.baseline,
        pathway=replace(study.baseline.pathway, arrivals=broken, allow_overload=True),
    )
    local = replace(study, arms=(arm,), executor="local", workers=2, engine_asked="reference")
    with opened(local) as executor:
        (failed,) = completed(executor, local, [0])
    assert isinstance(failed, Failed)
    with pytest.raises(AeflowError, match=r"Raise arrivals\.walk_in\.thinning_bound"):
        raise failure([failed])


def test_faults_keep_their_message_on_the_way_from_a_worker() -> None:
    error = ConfigError(
        [Fault("run.seed", "found -1", "Allowed: 0 or more"), Fault("a", "b", "c")], "Two faults"
    )
    back = pickle.loads(pickle.dumps(error))
    assert (str(back), back.faults) == (str(error), error.faults)


@pytest.mark.slow
def test_one_worker_needs_no_process(local: Study) -> None:
    with open_executor(replace(local, workers=1)) as executor:
        list(completed(executor, local, [0]))
        assert multiprocessing.active_children() == []


def test_an_executor_that_is_unknown_is_named_with_those_there_are(local: Study) -> None:
    with (
        pytest.raises(ConfigError, match=r"executor: 'lokal' .*Did you mean 'local'\?"),
        open_executor(replace(local, executor="lokal")),
    ):
        pass


def test_another_seed_gives_another_table(study: Study, result: StudyResult) -> None:
    short = replace(study, arms=(study.baseline,), run=replace(study.run, seed=study.run.seed + 1))
    other = compare(replace(short, design=replace(study.design, sham=None)))
    measure = "wait_to_clinician_mean"
    assert not np.array_equal(other.values("nurse", measure), result.values("nurse", measure))


def test_only_the_compiled_engine_compiles_and_then_all_that_a_worker_may_need(
    few: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Simulated] = []
    plainly = run_module.simulate_arm

    def noted(*arguments: Any, **named: Any) -> Simulated:
        ran.append(plainly(*arguments, **named))
        return ran[-1]

    monkeypatch.setattr(run_module, "simulate_arm", noted)
    monkeypatch.setattr(run_module, "_COMPILED", threading.Event())
    compile_first(replace(few, engine_asked="reference", executor="local", workers=2))
    assert ran == []
    compile_first(replace(few, engine_asked="compiled"))
    compile_first(replace(few, engine_asked="compiled"))
    (only,) = ran
    assert "activities" in vars(only), "arranging is compiled, too"


SCRIPT = """
import simulation as ae
{more}
study = ae.load("study=gallery/one_nurse", "run.replications=2", "run.measured_days=1", "executor=local", "workers=2")
print(ae.compare({study}))
"""
OWN = """
from dataclasses import replace
class Own:
    pass
"""


@pytest.mark.slow
def test_a_script_needs_no_guard_around_its_work_unless_the_study_holds_something_of_it(
    tmp_path: Path,
    hold: Hold,
) -> None:
    def run(more: str, study: str) -> subprocess.CompletedProcess[str]:
        script = tmp_path / "script.py"
        script.write_text(SCRIPT.format(more=more, study=study), encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(Path(simulation.__file__).parents[1])}
        return subprocess.run(
            [sys.executable, str(script)], env=environment, capture_output=True, text=True
        )

    plain = run("", "study")
    assert plain.returncode == 0, plain.stderr
    assert "Result of 'one_nurse'" in plain.stdout
    own = run(OWN, "replace(study, resolved={'own': Own()})")
    assert own.returncode == 1
    # one worker may say it or both, by which of them starts first
    hold(set(re.findall("aeflow: workers import.*?executor=serial", own.stderr)))
