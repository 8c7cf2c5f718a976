"""Two stored runs beside each other are called by what differs between them."""

from pathlib import Path

import pytest

import simulation as ae
from simulation.api import Result, read
from simulation.questions.sweep import beside

SHORT = (
    "run.measured_days=7",
    "run.warm_up_days=0",
    "run.replications=3",
    "executor=serial",
    "engine=reference",
)


@pytest.fixture(scope="module")
def usual() -> Result:
    return ran()


def ran(*words: str) -> Result:
    return ae.compare(ae.load("study=gallery/one_nurse", *SHORT, *words))


def labels(one: Result, other: Result) -> list[str]:
    return [run.label for run in beside(one, other).runs]


@pytest.mark.slow
def test_runs_that_differ_in_a_value_are_called_by_it(usual: Result, tmp_path: Path) -> None:
    busier = ran("pathway.arrivals.walk_in.per_day=97", "run.measured_days=8")
    stored = [read(result.write(tmp_path)) for result in (usual, busier)]
    both = [
        {f"walk_in.per_day={per_day}", f"run.measured_days={days}"}
        for per_day, days in ((96, 7), (97, 8))
    ]
    assert [set(label.split(", ")) for label in labels(stored[0], stored[1])] == both
    reseeded = ran("run.seed=5")
    assert labels(usual, reseeded) == [f"seed={usual.run.seed}", "seed=5"]


def test_runs_that_differ_in_a_whole_block_are_called_by_their_time(usual: Result) -> None:
    rota = "pathway.pools.nurses={capacity: null, rota: [{hours: 0-24, number: 1}]}"
    assert all(label.startswith("finished_at=") for label in labels(usual, ran(rota)))
