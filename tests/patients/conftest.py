"""A small department with every kind of column, the study that comes with aeflow, and how to compare draws."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from simulation.config import load
from simulation.department.vocabulary import Pathway
from simulation.patients import Draws
from simulation.study.study import Study
from tests.department.made import pathway_from

Columns = Mapping[str, np.ndarray]
SOURCED = ("arrivals", "day_factors", "profiles", "attributes", "pools", "durations", "present")
SMALL = """
name: small
arrivals:
  walk_in: {starts: see, per_day: 60, by_hour: by_hour, by_weekday: by_weekday, day_factor: weather}
  ambulance: {starts: see, per_day: 30}
day_factors:
  weather: {cv: 0.1}
profiles:
  by_hour: {weights: [1,1,1,1,1,1,1,2,3,4,5,6,6,6,5,5,5,5,4,4,3,3,2,1]}
  by_weekday: {weights: [1.3, 1, 1, 1, 1, 0.9, 0.8]}
attributes:
  age: {kind: choice, by: arrival_source, categories: [young, old], shares: {walk_in: [0.8, 0.2], ambulance: [.3, .7]}}
  frail: {kind: chance, p: {base: 0.1, times: [{by: age, values: {young: 0, old: 5}}]}}
pools:
  nurses: {kind: staff, capacity: 4}
durations:
  seeing: {kind: lognormal, mean: {base: 10, times: [{by: age, values: {young: 1, old: 2}}]}, log_sd: 0.5, repeats: 2}
  writing: {kind: exponential, mean: 4, same_draw_as: seeing}
  resting: {kind: exponential, mean: 4}
  patience: {kind: weibull, mean: 600, power: 0.8}
patience: {minutes: patience, arrivals: [walk_in], next: left, evidence: assumed, source: test}
priority:
  rule: acuity
  classes: {everybody: {rank: 1, rate: 1}, nobody: {rank: 2, rate: 1}}
  untriaged_as: everybody
  ignored_as: nobody
  adherence: 0.9
  evidence: assumed
  source: test
steps:
  see: {asks: [nurses], minutes: [seeing, writing], may_leave: true, adheres: true, next: which}
branches:
  which: {kind: chance, targets: {home: 0.7, ward: 0.3}, evidence: assumed, source: test}
ends:
  home: {outcome: discharged}
  ward: {outcome: admitted}
  left: {outcome: left}
"""


@pytest.fixture(scope="session")
def small() -> Callable[..., Pathway]:
    """The small department, with changes in YAML laid over it."""

    return lambda changes="": pathway_from(SMALL, changes, noted=SOURCED)


@pytest.fixture(scope="session")
def study() -> Study:
    """The study that comes with aeflow."""
    return load("ensemble=none", "engine=compiled", "executor=serial")


@pytest.fixture(scope="session")
def columns_of() -> Callable[[Draws], Columns]:
    """Every column by name, one entry (or column) a patient."""

    def columns(draws: Draws) -> Columns:
        return {
            "arrived_at": draws.arrived_at,
            "arrival_source": draws.arrival_source,
            "number": draws.number,
            "patience": draws.patience,
            **{f"attribute {name}": codes for name, codes in draws.attributes.items()},
            **{f"minutes {name}": minutes for name, minutes in draws.minutes.items()},
            **{f"adherence {name}": coins for name, coins in draws.adherence.items()},
        }

    return columns


@pytest.fixture(scope="session")
def different(columns_of: Callable[[Draws], Columns]) -> Callable[..., set[str]]:
    """The columns in which the patients that two sets of draws share differ, found by arrival source and number.

    `arrivals`: only patients of these sources (codes). Columns that one of the two lacks are left out.
    """

    def names(one: Draws, other: Draws, arrivals: tuple[int, ...] | None = None) -> set[str]:
        first, second = columns_of(one), columns_of(other)
        keys = [each.arrival_source.astype(np.int64) * 10**9 + each.number for each in (one, other)]
        shared, mine, theirs = np.intersect1d(*keys, return_indices=True)
        if arrivals is not None:
            chosen = np.isin(shared // 10**9, arrivals)
            mine, theirs = mine[chosen], theirs[chosen]
        assert len(mine) > 100
        return {
            name
            for name in first.keys() & second.keys()
            if not np.array_equal(first[name][..., mine], second[name][..., theirs])
        }

    return names
