"""The seam for parallel work: whatever executor does it, the answers are those of one process in the order of tasks."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simulation.errors import AeflowError
from simulation.experiment import run as run_module
from simulation.experiment.executors.local import SerialExecutor, execute, executor_of
from simulation.experiment.result import Result
from simulation.experiment.run import compare, compile_first
from simulation.study.simulate import Simulated
from simulation.study.study import Study


class BackwardsExecutor(Executor):
    """Does nothing until so many tasks are there, then does them last first."""

    def __init__(self, n_tasks: int) -> None:
        self.n_tasks = n_tasks
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.finished: list[Any] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        if len(self.waiting) == self.n_tasks:
            threading.Thread(target=self._work).start()
        return future

    def _work(self) -> None:
        for future, work in reversed(self.waiting):
            answer = work()
            self.finished.append(answer)
            future.set_result(answer)


def squared(number: int) -> int:
    return number**2


def refuses_three(number: int) -> int:
    if number == 3:
        raise KeyError("three")
    return number


def test_answers_come_in_the_order_of_the_tasks_whatever_finishes_first() -> None:
    executor = BackwardsExecutor(5)
    told: list[int] = []
    assert execute(executor, squared, range(5), done=told.append) == [0, 1, 4, 9, 16]
    assert executor.finished == [16, 9, 4, 1, 0]
    assert told == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("executor", [SerialExecutor(), ThreadPoolExecutor(2)])
def test_a_failing_task_raises_its_own_exception(executor: Executor) -> None:
    with pytest.raises(KeyError, match="three"):
        execute(executor, refuses_three, range(5))


def test_a_failing_task_cancels_those_that_have_not_begun() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise ValueError("no")
        time.sleep(0.02)

    executor = ThreadPoolExecutor(1)
    with pytest.raises(ValueError, match="no"):
        execute(executor, work, range(300))
    executor.shutdown(wait=True)
    assert len(begun) < 300


def test_one_process_stops_at_the_first_failure() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return refuses_three(number)

    with pytest.raises(KeyError):
        execute(SerialExecutor(), work, range(10))
    assert begun == [0, 1, 2, 3]


def test_a_failure_in_another_process_is_raised_here_and_ends_the_processes() -> None:
    with pytest.raises(ValueError, match="invalid literal for int"):
        execute(executor_of("local", 2), int, ["1", "two", "3"])
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_is_one_message_with_what_to_do() -> None:
    with pytest.raises(AeflowError, match=r"a worker process was ended from outside.* executor=serial"):
        execute(executor_of("local", 2), os._exit, [1])
    assert multiprocessing.active_children() == []


def test_a_mistake_of_the_user_found_by_a_worker_arrives_as_such(study: Study) -> None:
    broken = {
        name: replace(source, scale=1.45, thinning_bound=1.46) if name == "walk_in" else source
        for name, source in study.baseline.pathway.arrivals.items()
    }
    arm = replace(study.baseline, pathway=replace(study.baseline.pathway, arrivals=broken, allow_overload=True))
    local = replace(study, arms=(arm,), executor="local", workers=2, engine_asked="reference")
    with pytest.raises(AeflowError, match=r"Raise arrivals\.walk_in\.thinning_bound"):
        compare(local)


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_every_executor_gives_the_same_tables_in_the_same_order(executor: Any, few: Study, result: Result) -> None:
    again = compare(replace(few, executor=executor, workers=2))
    pd.testing.assert_frame_equal(again.table(), result.table(), check_exact=True)
    assert [each.replication for each in again.replications] == [0, 1]
    for ours, theirs in zip(again.replications, result.replications, strict=True):
        for arm in theirs.arms:
            values = [each.arms[arm].measures.values for each in (ours, theirs)]
            assert np.array_equal(*values, equal_nan=True), arm


def test_another_seed_gives_another_table(study: Study, result: Result) -> None:
    short = replace(study, arms=(study.baseline,), run=replace(study.run, seed=study.run.seed + 1))
    other = compare(replace(short, design=replace(study.design, sham=None)))
    measure = "wait_to_clinician_mean"
    assert not np.array_equal(other.values("nurse", measure), result.values("nurse", measure))


def test_one_worker_needs_no_process() -> None:
    assert isinstance(executor_of("local", 1), SerialExecutor)


def test_a_run_that_stops_ends_its_own_processes_and_nobody_else_s() -> None:
    """Another process is started in this one after the executor was made, as a notebook or another study may do."""
    executor = executor_of("local", 2)
    bystander = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    bystander.start()
    others = set(multiprocessing.active_children())
    try:
        with pytest.raises(ValueError, match="invalid literal for int"):
            execute(executor, int, ["1", "two", "3"])
        assert bystander.is_alive()
        assert set(multiprocessing.active_children()) <= others
    finally:
        bystander.terminate()
        bystander.join()


def test_only_the_compiled_engine_compiles_and_then_all_that_a_worker_may_need(
    few: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Simulated] = []
    plainly = run_module.simulate_arm

    def noted(*arguments: Any, **named: Any) -> Simulated:
        ran.append(plainly(*arguments, **named))
        return ran[-1]

    monkeypatch.setattr(run_module, "simulate_arm", noted)
    compile_first(replace(few, engine_asked="reference", executor="local", workers=2))
    assert ran == []
    compile_first(replace(few, engine_asked="compiled"))
    assert "activities" in vars(ran[0]), "arranging is compiled, too"
