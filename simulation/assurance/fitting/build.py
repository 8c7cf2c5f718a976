"""Waves of simulated years until enough departments meet every target.

The first wave is spread evenly over the priors. Before each further one an emulator learns from all years so far, and
a random walk by its probability of meeting every row chooses the departments to simulate next. A department is accepted
if the emulator, which has seen its year, gives four years of it a fair chance of meeting every row, and if its own year
does not contradict that. Its own year need not meet every row: one year varies as much as a band is wide, so asking for
it would select on chance (docs/how-to/ensembles.md has the figures). A wave is a function of the years before it, so
that an interrupted build goes on as if it had never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.stats.qmc import Sobol

from simulation.assurance.fitting.emulator import Emulator, learn
from simulation.assurance.fitting.space import Space, Values
from simulation.assurance.fitting.walk import walk
from simulation.assurance.fitting.years import Site, Year, YearsFile, simulate_years
from simulation.errors import ResultsError
from simulation.records.schema import Floats
from simulation.report.progress import progress

Say = Callable[[str], None]
FIRST, WAVE, N_CHAINS = 128, 80, 400
"""Years of the first wave (a power of two, which makes Sobol points even), years of each further wave, and chains of
the walk that chooses it."""
LEAST_CHANCE = 0.5
"""The least probability of meeting every row for a department to be accepted. The emulator's is a little too low, as
it counts years that lock up as noise and rows as independent (docs/how-to/ensembles.md)."""
MOST_YEARS = 150
"""Years for each department wanted after which a build gives up; drawing at random would take twice as many."""


@dataclass(frozen=True)
class Fit:
    """A finished build: its years, the emulator, the number of departments that fit, and those wanted, at random."""

    site: Site
    space: Space
    years: tuple[Year, ...]
    emulator: Emulator
    n_fit: int
    accepted: tuple[Year, ...]

    @property
    def points(self) -> Floats:
        """The departments that fit, in the cube, shape (departments, parameters)."""
        return self.space.points([year.values for year in self.accepted])


@dataclass
class Builder:
    """A build: the site and its priors, the file of years, and the seed."""

    site: Site
    space: Space
    judged_by_mean: Sequence[str]
    file: YearsFile
    seed: int
    say: Say

    def build(self, wanted: int) -> Fit:
        """Simulated years of which `wanted` departments fit. Raises ResultsError if they are too hard to find."""
        while True:
            self._simulate_missing()
            years = self.file.of_waves()
            if not years:
                self.file.propose(self._first())
                continue
            emulator, fit = self._learn(years)
            self.say(f"{len(self.file.waves)} waves, {len(years)} years: {len(fit)} of {wanted} departments")
            if len(fit) >= wanted:
                chosen = np.random.default_rng([self.seed, wanted]).permutation(len(fit))[:wanted]
                accepted = tuple(fit[index] for index in chosen)
                return Fit(self.site, self.space, tuple(years), emulator, len(fit), accepted)
            if len(years) >= MOST_YEARS * wanted:
                raise self._too_hard(years, len(fit), wanted)
            self.file.propose(self._next(emulator, fit))

    def _simulate_missing(self) -> None:
        missing = self.file.missing
        if not missing:
            return
        with progress(len(missing), what="years") as shown:
            for number, year in enumerate(simulate_years(self.site, missing), start=1):
                self.file.add(year)
                shown.done(number)

    def _first(self) -> list[Values]:
        sobol = Sobol(self.space.n_dims, rng=np.random.default_rng(self.seed))
        return [self.space.values(point) for point in sobol.random(FIRST)]

    def _next(self, emulator: Emulator, fit: Sequence[Year]) -> list[Values]:
        rng = np.random.default_rng([self.seed, len(self.file.waves)])
        known = self.space.points([year.values for year in fit])
        chains = walk(partial(self._log_chance, emulator), self.space.n_dims, rng, known, n_chains=N_CHAINS)
        distinct = np.unique(chains, axis=0)
        return [self.space.values(point) for point in rng.permutation(distinct)[:WAVE]]

    def _log_chance(self, emulator: Emulator, points: Floats) -> Floats:
        """The log of the probability that each point meets every row.

        It is minus infinity for departments whose answer to pressure is not as the priors ask.
        """
        answers = self.space.answers(points)
        logs = np.full(len(points), -np.inf)
        if answers.any():
            logs[answers] = emulator.log_chance(points[answers])
        return logs

    def _learn(self, years: Sequence[Year]) -> tuple[Emulator, list[Year]]:
        """An emulator of these years, and those of them whose departments are accepted."""
        targets = self.site.fitted
        points = self.space.points([year.values for year in years])
        values = rows_of(years, [target.name for target in targets])
        emulator = learn(targets, points, values, self.judged_by_mean)
        fit = self._log_chance(emulator, points) >= math.log(LEAST_CHANCE)
        fit &= ~emulator.surprised(points, values)
        return emulator, [year for year, is_fit in zip(years, fit, strict=True) if is_fit]

    def _too_hard(self, years: Sequence[Year], n_found: int, wanted: int) -> ResultsError:
        shares = {
            target.name: np.mean([bool(target.allows(year.rows[target.name])) for year in years])
            for target in self.site.fitted
        }
        hardest = min(shares, key=lambda name: float(shares[name]))
        return ResultsError(
            f"{n_found} of {wanted} departments after {len(years)} years. '{hardest}' was met least often "
            f"({shares[hardest]:.0%} of years). Widen the priors that it depends on, or its target"
        )


def rows_of(years: Sequence[Year], names: Sequence[str]) -> Floats:
    """The values of rows by name, shape (years, names)."""
    return np.array([[year.rows[name] for name in names] for year in years]).reshape(len(years), len(names))
