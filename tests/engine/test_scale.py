"""Parity at scale, on request: `python -m pytest -m scale tests/engine` (`-n 2` for two processes) prints its counts.

Random departments on every grid; the default department over many seeds, as drawn and, with every arm of the default
study in turn, on coarse grids; the compiled engine with the compiler off, indices checked.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from simulation.config import load
from simulation.engine import compiled, reference
from simulation.engine.contract import Engine
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.rows import Plan
from simulation.patients import draw
from simulation.study.study import Study
from simulation.triage.apply import apply
from simulation.units import DAY

from .copies import interpreted
from .equality import n_differing, n_moments
from .every_word import every_word_case, words_used
from .strategies import GRIDS, case, rounded

pytestmark = pytest.mark.scale

N_DEPARTMENTS = dict(zip(GRIDS, (500, 1_000, 1_000), strict=True))
"""Random departments on each grid: a fine one hides faults of order."""
N_OF_EVERY_WORD, N_SEEDS, N_INTERPRETED = 2_000, 100, 100
DAYS = 7
"""Days of the default department a seed."""
Record = Callable[[str, object], None]


def parts(n: int, size: int) -> list[range]:
    """0 to n in parts, so that processes can share them."""
    return [range(start, min(start + size, n)) for start in range(0, n, size)]


def name_of(part: range) -> str:
    return f"{part.start}-{part.stop - 1}"


@pytest.mark.parametrize(
    ("seeds", "grid"),
    [
        pytest.param(seeds, grid, id=f"{name_of(seeds)}-{grid}")
        for grid, n in N_DEPARTMENTS.items()
        for seeds in parts(n, 250)
    ],
)
def test_random_departments(seeds: range, grid: int, record_property: Record) -> None:
    count = Counter(departments=len(seeds) if grid == GRIDS[-1] else 0)
    for seed in seeds:
        made = case(seed, grid)
        _compare(made.plan, made.columns, made.horizon, count)
    _report("random departments, 3 grids", count, record_property)


@pytest.mark.parametrize("seeds", parts(N_OF_EVERY_WORD, 250), ids=name_of)
def test_random_departments_that_use_every_word_together(
    seeds: range, record_property: Record
) -> None:
    count = Counter(departments=len(seeds))
    for seed in seeds:
        made = every_word_case(seed, GRIDS[seed % 3])
        assert all(words_used(made.pathway).values()), words_used(made.pathway)
        _compare(made.plan, made.columns, made.horizon, count)
    _report("random departments, every word together", count, record_property)


@pytest.mark.parametrize("grid", GRIDS[::-1])
@pytest.mark.parametrize("seeds", parts(N_SEEDS, 10), ids=name_of)
def test_the_default_department(seeds: range, grid: int, record_property: Record) -> None:
    count = Counter(seeds=len(seeds) if grid == GRIDS[0] else 0)
    study = default_study()
    for seed in seeds:
        arm = study.baseline if grid == GRIDS[0] else study.arms[seed % len(study.arms)]
        plan = lower(arm.pathway)
        draws = apply(
            arm.policy, arm.pathway, draw(arm.pathway, seed=seed, replication=0, days=DAYS)
        )
        _compare(plan, rounded(bind(plan, draws), grid), DAYS * DAY, count)
    _report("the default department, 3 grids", count, record_property)


@pytest.mark.parametrize("seeds", parts(N_INTERPRETED, 25), ids=name_of)
def test_random_departments_with_the_compiler_off(seeds: range, record_property: Record) -> None:
    count, engine = Counter(departments=len(seeds)), interpreted()
    for seed in seeds:
        made = case(seed, GRIDS[seed % 3])
        _compare(made.plan, made.columns, made.horizon, count, engine)
    _report("random departments, compiler off", count, record_property)


@cache
def default_study() -> Study:
    return load("study=ai_triage", "site=typical")


def _compare(
    plan: Plan,
    columns: Columns,
    horizon: int,
    count: Counter[str],
    engine: Engine = compiled.simulate,
) -> None:
    run = reference.simulate(plan, columns, horizon)
    n_all, n_tied = n_moments(columns, run)
    count["activities"] += len(run.activities)
    count["moments of a patient"] += n_all
    count["of them tied with another patient's"] += n_tied
    count["differing rows"] += n_differing(run, engine(plan, columns, horizon))


def _report(what: str, count: Counter[str], record_property: Record) -> None:
    record_property(f"parity: {what}", dict(count))
    assert count["activities"] > 0
    assert count["differing rows"] == 0
