"""The Dask cluster: the numbers of one process, on the loopback interface alone, and every refusal in words."""

import multiprocessing
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from simulation.config import load
from simulation.errors import AeflowError, ConfigError
from simulation.runs import dask_cluster as module
from simulation.runs.dask_cluster import DaskExecutor
from simulation.runs.provenance import content_of
from simulation.runs.replicate import ReplicationResult, replicate
from simulation.runs.running import ExecutorFailed, WorkerLost, completed, open_executor
from simulation.study.study import Cluster, Study


@pytest.fixture(scope="module")
def dask(few: Study) -> Study:
    """One arm, by the engine that compiles nothing, for a cluster of two processes."""
    return replace(few.only(), executor="dask", workers=2, engine_asked="reference")


@pytest.fixture(scope="module")
def cluster(dask: Study) -> Iterator[DaskExecutor]:
    """A cluster of our own, which has run one replication."""
    with open_executor(dask) as executor:
        assert isinstance(executor, DaskExecutor)
        executor.submit(dask, 0).result(timeout=120)
        yield executor


def values(result: object) -> bytes:
    assert isinstance(result, ReplicationResult)
    return b"".join(arm.measures.values.tobytes() for arm in result.arms.values())


@pytest.mark.slow
def test_a_replication_has_the_numbers_of_one_process(cluster: DaskExecutor, dask: Study) -> None:
    ended = {
        each.replication: each
        for each in completed(cluster, dask, [1])
        if isinstance(each, ReplicationResult)
    }
    assert values(ended[1]) == values(replicate(dask, 1))


@pytest.mark.slow
def test_a_cluster_of_our_own_listens_on_the_loopback_interface_alone(
    cluster: DaskExecutor,
) -> None:
    ours = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = [
        each.laddr.ip
        for process in ours
        for each in process.net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3, "the scheduler and two workers"
    assert set(listening) == {"127.0.0.1"}


@pytest.mark.slow
def test_there_are_two_replications_for_each_worker_so_that_none_waits(
    cluster: DaskExecutor,
) -> None:
    assert cluster.n_at_once == 4


@pytest.mark.slow
def test_a_replication_whose_worker_dies_is_run_again(cluster: DaskExecutor, dask: Study) -> None:
    running = completed(cluster, dask, range(2, 8))
    ended = [next(running)]
    for worker in multiprocessing.active_children():
        worker.kill()
    ended += running
    assert sorted(each.replication for each in ended if isinstance(each, ReplicationResult)) == [
        2,
        3,
        4,
        5,
        6,
        7,
    ]


@pytest.mark.slow
def test_a_worker_that_goes_before_it_is_asked_what_it_draws_is_not_waited_for(
    cluster: DaskExecutor, dask: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = cluster._session
    assert session is not None
    versions = {"tcp://127.0.0.1:1": module.program_parts()}
    monkeypatch.setattr(session.client, "run", lambda *asked, **how: versions)
    with pytest.raises(WorkerLost):
        session.scattered(dask)


@pytest.mark.slow
def test_stopping_ends_the_workers_and_the_next_replication_starts_others(dask: Study) -> None:
    others = set(multiprocessing.active_children())
    with open_executor(dask) as executor:
        executor.submit(dask, 0).result(timeout=120)
        workers = set(multiprocessing.active_children()) - others
        assert len(workers) == 2
        executor.stop()
        for worker in workers:
            worker.join(10)
        assert not any(worker.is_alive() for worker in workers)
        assert executor.submit(dask, 1).result(timeout=120).replication == 1


def test_a_worker_with_other_versions_is_refused_by_name_and_by_what_differs(dask: Study) -> None:
    ours = {"source": "a", "python": "3.11.7", "numpy": "2.4.6"}
    differing = module._version_differences(ours, {**ours, "source": "b", "numpy": "2.0.0"})
    with pytest.raises(
        ExecutorFailed,
        match=r"tcp://10\.0\.0\.5:4 differs in the package's source, the version of NumPy \(2\.0\.0,",
    ):
        module._refuse({"tcp://10.0.0.4:4": (), "tcp://10.0.0.5:4": differing})
    without = module._version_differences(ours, ModuleNotFoundError("No module named 'simulation'"))
    with pytest.raises(ExecutorFailed, match=r"aeflow itself .*No module named 'simulation'"):
        module._refuse({"tcp://10.0.0.5:4": without})


def test_workers_that_agree_are_taken(dask: Study) -> None:
    versions = module.program_parts()
    assert module._version_differences(versions, dict(versions)) == ()
    module._refuse({"tcp://10.0.0.4:4": ()})


def test_three_of_many_refused_workers_are_named() -> None:
    with pytest.raises(ExecutorFailed, match="and 7 more"):
        module._refuse(
            {f"tcp://10.0.0.{number}:4": ("the package's source",) for number in range(10)}
        )


def test_a_worker_that_draws_other_numbers_says_so(dask: Study) -> None:
    parts = dict(module.identity_of(dask).parts)
    assert module._differences(module._Shared(dask, parts)) == ()
    other = module._Shared(dask, {**parts, "sample": "another"})
    assert module._differences(other) == ("what this processor makes of the same random numbers",)


def test_a_scheduler_that_does_not_answer_is_one_message(
    dask: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS_TO_CONNECT", 0.5)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        executor = DaskExecutor(Cluster(address=address), 1)
        with pytest.raises(ExecutorFailed, match=f"no Dask scheduler answers at {address}"):
            executor.submit(dask, 0)


def test_a_scheduler_file_that_is_not_there_is_one_message(
    dask: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS_TO_CONNECT", 0.5)
    executor = DaskExecutor(Cluster(scheduler_file=str(tmp_path / "none.json")), 1)
    with pytest.raises(ExecutorFailed, match=r"no Dask scheduler answers at .*none\.json"):
        executor.submit(dask, 0)


def test_without_dask_the_message_says_how_to_get_it(
    dask: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(AeflowError, match=r"pip install 'aeflow\[cluster\]'"):
        DaskExecutor(Cluster(), 1).submit(dask, 0)


def test_settings_of_a_cluster_that_nothing_would_read_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"cluster\.address: is not used by executor=local"):
        load("cluster.address=tcp://127.0.0.1:8786")
    with pytest.raises(ConfigError, match="names both an address and a scheduler file"):
        load(
            "executor=dask",
            "cluster.address=tcp://127.0.0.1:8786",
            "cluster.scheduler_file=scheduler.json",
        )


def test_where_a_study_runs_changes_nothing_about_what_it_is() -> None:
    here = load("ensemble=none", "run.replications=4")
    there = load(
        "ensemble=none",
        "run.replications=4",
        "executor=dask",
        "cluster.address=tcp://127.0.0.1:8786",
    )
    assert content_of(here) == content_of(there)
    assert "tcp://127.0.0.1:8786" in there.where
