"""Which parameters the targets identify and which they leave open, from the departments that fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from simulation.assurance.fitting.build import Fit
from simulation.assurance.fitting.emulator import in_threads
from simulation.assurance.fitting.years import Site, Year, YearsFile, simulate_years
from simulation.records.schema import Floats

LEAST_IDENTIFIED = 0.2
"""Contraction below which a parameter counts as not identified."""
LEAST_TIED = 0.4
"""Correlation above which two parameters count as tied."""
N_POINTS = 4000
"""The number of departments of the priors over which pairs of targets are compared."""
MOST_TOGETHER = 0.8
"""Two targets pull against each other if they are met together less often than this share of what chance gives."""
SHOWN = 5, 50, 95
CONFIRM_FROM, CONFIRM_MOST = 1_000_000, 100
"""The first number of a year on a fresh seed, beyond those of every build, and the most such years of a department."""


@dataclass(frozen=True)
class Identified:
    """A parameter: 5th, 50th and 95th percentile over the departments that fit, and the contraction from the priors."""

    name: str
    low: float
    middle: float
    high: float
    contraction: float

    @property
    def is_identified(self) -> bool:
        """Whether the targets identify the parameter by itself."""
        return self.contraction >= LEAST_IDENTIFIED


@dataclass(frozen=True)
class Pulling:
    """Two targets that pull against each other.

    `share` of the departments of the priors meet the second on average, and `share_with_first` of those that meet the
    first.
    """

    first: str
    second: str
    share: float
    share_with_first: float

    @property
    def ratio(self) -> float:
        """How often they are met together, of how often chance gives it."""
        return self.share_with_first / self.share


@dataclass(frozen=True)
class Spread:
    """A figure that was not fitted: 5th, 50th and 95th percentile over the departments that fit."""

    name: str
    low: float
    middle: float
    high: float


def contractions(fit: Fit) -> tuple[Identified, ...]:
    """Every parameter, the best identified first.

    Contraction is 1 less the standard deviation among departments that fit over that in the priors.
    """
    narrower = 1 - fit.points.std(axis=0, ddof=1) / fit.space.spread
    values = np.array([year.values for year in fit.accepted], dtype=float)
    parameters = [
        Identified(name, *_percentiles(column), float(contraction))
        for name, column, contraction in zip(fit.space.parameters, values.T, narrower, strict=True)
    ]
    return tuple(sorted(parameters, key=lambda parameter: -parameter.contraction))


def _percentiles(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.percentile(values, SHOWN).tolist()
    return low, middle, high


def ties(fit: Fit) -> tuple[tuple[str, str, float], ...]:
    """The pairs of parameters that the figures tie to one another, with their correlation, the strongest first."""
    columns = dict(zip(fit.space.parameters, fit.points.T, strict=True))
    moving = {name: column for name, column in columns.items() if column.std() > 0}
    pairs = [
        (one, other, float(np.corrcoef(moving[one], moving[other])[0, 1])) for one, other in combinations(moving, 2)
    ]
    return tuple(sorted((pair for pair in pairs if abs(pair[2]) >= LEAST_TIED), key=lambda pair: -abs(pair[2])))


def pulling(fit: Fit) -> tuple[Pulling, ...]:
    """The pairs of targets that are met together less often than chance gives, over the priors, the strongest first.

    They are judged by what the emulator expects: simulated years meet targets together because the search chose them.
    """
    points = np.random.default_rng(0).random((N_POINTS, fit.space.n_dims))
    met = np.array(in_threads(lambda row: row.at(points).inside, fit.emulator.rows))
    names = [row.target.name for row in fit.emulator.rows]
    pairs = []
    for (i, first), (j, second) in combinations(enumerate(names), 2):
        if met[i].any() and met[j].any():
            pairs.append(Pulling(first, second, float(met[j].mean()), float(met[j, met[i]].mean())))
    return tuple(sorted((pair for pair in pairs if pair.ratio < MOST_TOGETHER), key=lambda pair: pair.ratio))


def spreads(fit: Fit) -> tuple[Spread, ...]:
    """The figures that were not fitted, over the departments that fit."""
    figures = []
    for name in fit.accepted[0].beside:
        values = np.array([year.beside[name] for year in fit.accepted])
        figures.append(Spread(name, *_percentiles(values[np.isfinite(values)])))
    return tuple(figures)


@dataclass(frozen=True)
class Confirmed:
    """The share of departments that meet a row: on fresh seeds, in their own year, and as the emulator expects."""

    name: str
    fresh: float
    own: float
    expected: float


@dataclass(frozen=True)
class Confirmation:
    """Departments simulated again on fresh seeds.

    `all_judged` is the share that meets all rows as they are judged, `all_fresh` that in the fresh years alone.
    """

    n_departments: int
    n_years: int
    rows: tuple[Confirmed, ...]
    all_judged: float
    all_fresh: float


def fresh_years(site: Site, file: YearsFile, departments: Sequence[Year], n_years: int) -> list[list[Year]]:
    """`n_years` further years of each department, kept in the file like all others."""
    numbers = [[CONFIRM_FROM + CONFIRM_MOST * year.number + k for k in range(n_years)] for year in departments]
    missing = {
        number: department.values
        for department, own in zip(departments, numbers, strict=True)
        for number in own
        if number not in file.years
    }
    for year in simulate_years(site, missing):
        file.add(year)
    return [[file.years[number] for number in own] for own in numbers]


def confirm(fit: Fit, departments: Sequence[Year], fresh: Sequence[Sequence[Year]]) -> Confirmation:
    """The shares of departments whose mean over fresh years meets each row, as `aeflow validate` judges."""
    points = fit.space.points([year.values for year in departments])
    rows, judged, all_fresh = [], np.ones(len(points), bool), np.ones(len(points), bool)
    for emulated in fit.emulator.rows:
        target = emulated.target
        means: Floats = np.array([np.mean([year.rows[target.name] for year in years]) for years in fresh])
        again = np.array([bool(target.allows(value)) for value in means])
        own = np.array([bool(target.allows(year.rows[target.name])) for year in departments])
        expected = emulated.at(points).inside
        judged &= expected if target.measure in fit.emulator.judged_by_mean else again
        all_fresh &= again
        rows.append(Confirmed(target.name, float(again.mean()), float(own.mean()), float(expected.mean())))
    n_years = len(fresh[0])
    return Confirmation(len(points), n_years, tuple(rows), float(judged.mean()), float(all_fresh.mean()))
