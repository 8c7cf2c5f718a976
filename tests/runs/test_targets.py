"""The measures that a department gives are known before anybody has come, and are those of a run."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from simulation.api import compare
from simulation.config import load
from simulation.department.durations import Fixed
from simulation.department.vocabulary import Pathway, Worsening
from simulation.engine.plan import bind, lower
from simulation.engine.reference import simulate
from simulation.measures.patients_table import nobody, patients_table
from simulation.patients import draw
from simulation.study.check_study import measures_of

SHORT = (
    "run.replications=1", "run.measured_days=1", "run.warm_up_days=0", "run.cool_down_days=0", "run.doublings=0",
    "engine=reference", "executor=serial", "ensemble=none",
)  # fmt: skip


@pytest.mark.parametrize("study", ["coverage", "ai_triage", "published/treatment_centre"])
def test_the_measures_known_beforehand_are_those_of_a_run(study: str) -> None:
    short = load(f"study={study}", *SHORT)
    told = short.design.coverages
    kept = {short.design.baseline, *((told.partial, told.full) if told else ())}
    few = replace(short, arms=tuple(arm for arm in short.arms if arm.name in kept))
    found = compare(few).measures[short.design.baseline][0].names
    assert measures_of(short.baseline.pathway, covers=told is not None) == found


def test_the_table_of_nobody_has_the_columns_of_a_run_with_worsening(
    ward: Callable[..., Pathway],
) -> None:
    becomes = {"urgent": "very_urgent"}
    worse = Worsening(
        minutes="worse", arrivals=("walk_in",), becomes=becomes, evidence="assumed", source="test"
    )
    plain = ward(minutes=10)
    minutes = Fixed(kind="fixed", mean=5, evidence="assumed", source="test")
    made = replace(plain, worsening=worse, durations={**plain.durations, "worse": minutes})
    plan, draws = lower(made), draw(made, seed=1, replication=0, days=1)
    table = patients_table(made, plan, draws, simulate(plan, bind(plan, draws), 1440 * 1024))
    assert len(table) > 0
    assert "worsened_at" in table
    assert set(nobody(made).columns) == set(table.columns)
    assert nobody(made).categories == table.categories
