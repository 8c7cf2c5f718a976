"""What the targets say about a department and what they leave open, from the departments that fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from simulation.fitting.build import Fit
from simulation.fitting.emulator import in_threads
from simulation.fitting.years import Site, Year, YearsFile, simulate_years
from simulation.records.schema import Floats

LEAST_IDENTIFIED = 0.2
"""Contraction below which a parameter counts as not identified."""
LEAST_TIED = 0.4
"""Correlation above which two parameters count as tied."""
N_POINTS = 4000
"""Departments of the priors over which targets are looked at in pairs."""
MOST_TOGETHER = 0.8
"""Two targets pull against each other if they are met together less often than so many times what chance would give."""
SHOWN = 5, 50, 95
CONFIRM_FROM, CONFIRM_MOST = 1_000_000, 100
"""Numbers of years on fresh seeds: apart from those of every build, and so many for each department at most."""


@dataclass(frozen=True)
class Identified:
    """One parameter: its values among the departments that fit, and how much narrower they lie than the priors."""

    name: str
    low: float
    middle: float
    high: float
    contraction: float

    @property
    def is_identified(self) -> bool:
        """Whether the targets say anything about it by itself."""
        return self.contraction >= LEAST_IDENTIFIED


@dataclass(frozen=True)
class Pulling:
    """Two targets: the share of departments of the priors that meets the second on average, and the share of those that
    meet the first."""

    first: str
    second: str
    share: float
    share_with_first: float


@dataclass(frozen=True)
class Spread:
    """A figure that was not fitted: 5th, 50th and 95th percentile over the departments that fit."""

    name: str
    low: float
    middle: float
    high: float


def contractions(fit: Fit) -> tuple[Identified, ...]:
    """Every parameter, the best identified first; 1 less its standard deviation here over that of the priors."""
    narrower = 1 - fit.points.std(axis=0, ddof=1) / fit.space.spread
    values = np.array([year.values for year in fit.accepted], dtype=float)
    found = [
        Identified(name, *_shown(values[:, at]), float(narrower[at])) for at, name in enumerate(fit.space.parameters)
    ]
    return tuple(sorted(found, key=lambda each: -each.contraction))


def _shown(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.percentile(values, SHOWN).tolist()
    return low, middle, high


def ties(fit: Fit) -> tuple[tuple[str, str, float], ...]:
    """Pairs of parameters that the figures tie to one another, with their correlation, the strongest first."""
    columns = {name: fit.points[:, at] for at, name in enumerate(fit.space.parameters)}
    moving = {name: column for name, column in columns.items() if column.std() > 0}
    pairs = [
        (one, other, float(np.corrcoef(moving[one], moving[other])[0, 1])) for one, other in combinations(moving, 2)
    ]
    return tuple(sorted((each for each in pairs if abs(each[2]) >= LEAST_TIED), key=lambda each: -abs(each[2])))


def pulling(fit: Fit) -> tuple[Pulling, ...]:
    """Pairs of targets that are met together less often than apart, over the priors, the strongest first.

    By what the emulator expects: in the years themselves targets go together, because the search chose them for that.
    """
    points = np.random.default_rng(0).random((N_POINTS, fit.space.n_dims))
    met = np.array(in_threads(lambda row: row.at(points).inside, fit.emulator.rows))
    names = [row.target.name for row in fit.emulator.rows]
    found = []
    for (i, first), (j, second) in combinations(enumerate(names), 2):
        if met[i].any() and met[j].any():
            found.append(Pulling(first, second, float(met[j].mean()), float(met[j, met[i]].mean())))
    return tuple(sorted((each for each in found if each.share_with_first < MOST_TOGETHER * each.share), key=_pull))


def _pull(pair: Pulling) -> float:
    return pair.share_with_first / pair.share


def spreads(fit: Fit) -> tuple[Spread, ...]:
    """Figures that were not fitted."""
    found = []
    for name in fit.accepted[0].beside:
        values = np.array([year.beside[name] for year in fit.accepted])
        found.append(Spread(name, *_shown(values[np.isfinite(values)])))
    return tuple(found)


@dataclass(frozen=True)
class Confirmed:
    """A row on fresh seeds: the share of departments that meet it there, in the one year that the emulator has seen of
    them, and by what it expects of them on average."""

    name: str
    fresh: float
    own: float
    expected: float


@dataclass(frozen=True)
class Confirmation:
    """Departments simulated again with other chance. `all_judged`: share that meets all rows as they are judged;
    `all_fresh`: share that meets them all in the fresh years."""

    n_departments: int
    n_years: int
    rows: tuple[Confirmed, ...]
    all_judged: float
    all_fresh: float


def fresh_years(site: Site, file: YearsFile, departments: Sequence[Year], n_years: int) -> list[list[Year]]:
    """So many further years of each department, kept in the file like all others."""
    numbers = [[CONFIRM_FROM + CONFIRM_MOST * each.number + at for at in range(n_years)] for each in departments]
    missing = {
        number: department.values
        for department, own in zip(departments, numbers, strict=True)
        for number in own
        if number not in file.years
    }
    for year in simulate_years(site, missing):
        file.add(year)
    return [[file.years[number] for number in own] for own in numbers]


def confirmed(fit: Fit, departments: Sequence[Year], fresh: Sequence[Sequence[Year]]) -> Confirmation:
    """How these departments do in their fresh years: each row's mean over them, as `aeflow validate` judges."""
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
