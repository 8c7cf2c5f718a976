"""What departments that fit say: how far targets identify parameters, which are tied, which targets conflict, and
what holds in further years on fresh seeds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from simulation.assurance.fitting.build import Fit
from simulation.assurance.fitting.emulator import in_threads
from simulation.assurance.fitting.years import Site, Year, YearsFile, simulate_years
from simulation.records.schema import Floats

LEAST_IDENTIFIED = 0.2
"""Contraction below which a parameter counts as not identified."""
MOST_AT_END = 0.2
"""Share of departments in the first or the last bin above which a parameter counts as at an end of its range."""
BINS, POINT = np.linspace(0, 1, 11), 1e-9
LEAST_TIED = 0.4
"""Correlation above which two parameters count as tied."""
N_POINTS = 4000
"""The number of departments of the priors over which pairs of targets are compared."""
MOST_TOGETHER = 0.8
"""Two targets conflict if they are met together less often than this share of what chance gives."""
SHOWN = 5, 50, 95
CONFIRM_FROM, CONFIRM_MOST = 1_000_000, 100
"""The first number of a year on a fresh seed, beyond those of every build, and the most such years of a department."""


@dataclass(frozen=True)
class SpreadOfParameter:
    """A parameter, or a figure that was not fitted: 5th, 50th and 95th percentile over the departments that fit."""

    name: str
    low: float
    middle: float
    high: float

    @property
    def values(self) -> str:
        """The three percentiles as columns of a table."""
        return f"{self.low:>9.4g} {self.middle:>9.4g} {self.high:>9.4g}"


@dataclass(frozen=True)
class Identified(SpreadOfParameter):
    """A parameter, its contraction from the priors, and its shares in ten bins of equal prior probability."""

    contraction: float
    shares: tuple[float, ...]

    @property
    def is_identified(self) -> bool:
        """Whether the targets identify the parameter by itself."""
        return self.contraction >= LEAST_IDENTIFIED

    @property
    def is_at_an_end(self) -> bool:
        """Whether so many departments are at an end of its range that it may have to be wider."""
        return max(self.shares[0], self.shares[-1]) > MOST_AT_END


class ConflictingTargets(NamedTuple):
    """Two targets that are seldom met together.

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


def contractions(fit: Fit) -> tuple[Identified, ...]:
    """Every parameter, the best identified first.

    Contraction is 1 less the standard deviation among departments that fit over that in the priors.
    """
    narrower = 1 - fit.points.std(axis=0, ddof=1) / fit.space.spread
    values = np.array([year.member.values for year in fit.accepted], dtype=float)
    half = (
        np.maximum(fit.space.whole, POINT) / 2
    )  # a whole number is spread over its part of the cube
    middles = np.clip(fit.points, half, 1 - half)
    below = np.array(
        [np.clip((edge - middles + half) / (2 * half), 0, 1).mean(axis=0) for edge in BINS]
    )
    parameters = [
        Identified(name, *_percentiles(column), float(contraction), tuple(shares))
        for name, column, contraction, shares in zip(
            fit.space.parameters,
            values.T,
            narrower,
            np.diff(below, axis=0).T.round(4).tolist(),
            strict=True,
        )
    ]
    return tuple(sorted(parameters, key=lambda parameter: -parameter.contraction))


def structure_shares(fit: Fit) -> tuple[tuple[str, float, float], ...]:
    """The label of each structure, its share of the prior weights, and that of the departments that fit."""
    accepted = Counter(year.member.structure for year in fit.accepted)
    return tuple(
        (structure.label, float(prior), accepted[name] / accepted.total())
        for (name, structure), prior in zip(
            fit.space.structures.items(), np.diff(fit.space.edges), strict=True
        )
    )


def _percentiles(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.percentile(values, SHOWN).tolist()
    return low, middle, high


def ties(fit: Fit) -> tuple[tuple[str, str, float], ...]:
    """The pairs of parameters that the figures tie to one another, with their correlation, the strongest first."""
    columns = dict(zip(fit.space.parameters, fit.points.T, strict=True))
    moving = {name: column for name, column in columns.items() if column.std() > 0}
    pairs = [
        (one, other, float(np.corrcoef(moving[one], moving[other])[0, 1]))
        for one, other in combinations(moving, 2)
    ]
    return tuple(
        sorted(
            (pair for pair in pairs if abs(pair[2]) >= LEAST_TIED), key=lambda pair: -abs(pair[2])
        )
    )


def conflicting_targets(fit: Fit) -> tuple[ConflictingTargets, ...]:
    """The pairs of targets that are met together less often than chance gives, over the priors, the strongest first.

    They are judged by what the emulator expects: simulated years meet targets together because the search chose them.
    """
    points = np.random.default_rng(0).random((N_POINTS, fit.space.n_dims))
    met = np.array(in_threads(lambda row: row.at(points).inside, fit.emulator.rows))
    names = [row.target.name for row in fit.emulator.rows]
    pairs = [
        ConflictingTargets(first, second, float(met[j].mean()), float(met[j, met[i]].mean()))
        for (i, first), (j, second) in combinations(enumerate(names), 2)
        if met[i].any() and met[j].any()
    ]
    return tuple(
        sorted((pair for pair in pairs if pair.ratio < MOST_TOGETHER), key=lambda pair: pair.ratio)
    )


def spreads(fit: Fit) -> tuple[SpreadOfParameter, ...]:
    """The figures that were not fitted, over the departments that fit."""
    columns = {
        name: np.array([year.beside[name] for year in fit.accepted])
        for name in fit.accepted[0].beside
    }
    return tuple(
        SpreadOfParameter(name, *_percentiles(values[np.isfinite(values)]))
        for name, values in columns.items()
    )


class Confirmed(NamedTuple):
    """The share of departments that meet a row: on fresh seeds, in their own year, and as the emulator expects."""

    name: str
    fresh: float
    own: float
    expected: float


class Confirmation(NamedTuple):
    """Departments simulated again on fresh seeds.

    `all_judged` is the share that meets all rows as they are judged, `all_fresh` that in the fresh years alone.
    """

    n_departments: int
    n_years: int
    rows: tuple[Confirmed, ...]
    all_judged: float
    all_fresh: float


def fresh_years(
    site: Site, file: YearsFile, departments: Sequence[Year], n_years: int
) -> list[list[Year]]:
    """`n_years` further years of each department, kept in the file like all others."""
    first = {CONFIRM_FROM + CONFIRM_MOST * year.number: year.member for year in departments}
    wanted = {number + k: values for number, values in first.items() for k in range(n_years)}
    missing = {number: values for number, values in wanted.items() if number not in file.years}
    for year in simulate_years(site, missing):
        file.add(year)
    return [[file.years[number + k] for k in range(n_years)] for number in first]


def confirm_fit(
    fit: Fit, departments: Sequence[Year], fresh: Sequence[Sequence[Year]]
) -> Confirmation:
    """The shares of departments whose mean over fresh years meets each row, as `aeflow validate` judges."""
    points = fit.space.points([year.member for year in departments])
    rows, judged, all_fresh = [], np.ones(len(points), bool), np.ones(len(points), bool)
    for emulated in fit.emulator.rows:
        target = emulated.target
        means: Floats = np.array(
            [np.mean([year.rows[target.name] for year in years]) for years in fresh]
        )
        again, own = (
            np.array([bool(target.allows(value)) for value in values])
            for values in (means, [year.rows[target.name] for year in departments])
        )
        expected = emulated.at(points).inside
        judged &= expected if target.measure in fit.emulator.judged_by_mean else again
        all_fresh &= again
        rows.append(
            Confirmed(target.name, float(again.mean()), float(own.mean()), float(expected.mean()))
        )
    n_years = len(fresh[0])
    return Confirmation(
        len(points), n_years, tuple(rows), float(judged.mean()), float(all_fresh.mean())
    )
