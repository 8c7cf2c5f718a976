"""Waves of simulated years until enough departments meet every target.

The first wave is spread evenly over the priors. Before each further one an emulator learns from all years so far, and
a random walk by its probability of meeting every row chooses the departments to simulate next. A department is accepted
if the emulator, which has seen its year, gives ten years of it a fair chance of meeting every row, and if its own year
does not contradict that. Its own year need not meet every row: one year varies as much as a band is wide, so asking for
it would select on chance (docs/how-to/ensembles.md has the figures). A wave is a function of the years before it, so
that an interrupted build goes on as if it had never stopped.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats.qmc import Sobol

from simulation.assurance.figures import Say
from simulation.assurance.fitting.emulator import Emulator, Space, learn, walk
from simulation.assurance.fitting.years import Site, Year, YearsFile, simulate_years
from simulation.errors import ResultsError
from simulation.records.schema import Floats
from simulation.report.progress import progress
from simulation.runs.replicate import replicate
from simulation.runs.running import compile_first
from simulation.study.design import Member
from simulation.wording import number_of

FIRST, WAVE, N_CHAINS = 128, 80, 400
"""Years of the first wave (a power of two, which makes Sobol points even), years of each further wave, and chains of
the walk that chooses it."""
LEAST_CHANCE = 0.5
"""The least probability of meeting every row for a department to be accepted. The emulator's is a little too low, as
it counts years that lock up as noise and rows as independent (docs/how-to/ensembles.md)."""
YEARS_EACH = 14
"""Years that a build is expected to need for each department: `typical` took 1,488 for 106."""
MOST_YEARS = 150
"""Years for each department wanted after which a build stops; drawing at random would take twice as many."""


class Fit(NamedTuple):
    """A finished build: its years, the emulator, the number of departments that fit, and those wanted, at random."""

    space: Space
    years: tuple[Year, ...]
    emulator: Emulator
    n_fit: int
    accepted: tuple[Year, ...]

    @property
    def points(self) -> Floats:
        """The parameters of the departments that fit, in the cube, shape (departments, parameters)."""
        return self.space.points([year.member for year in self.accepted])[
            :, : len(self.space.parameters)
        ]


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
        if not self.file.proposed:
            sobol = Sobol(self.space.n_dims, rng=np.random.default_rng(self.seed))
            self.file.propose(map(self.space.member, sobol.random(FIRST)))
        if self.file.missing:
            self._say_how_long(wanted)
        while True:
            self._simulate_missing()
            years = self.file.of_waves()
            emulator, fit = self._learn(years)
            self.say(
                f"{self.file.n_waves} waves, {len(years)} years: {len(fit)} of {wanted} departments"
            )
            if len(fit) >= wanted:
                chosen = np.random.default_rng([self.seed, wanted]).permutation(len(fit))[:wanted]
                accepted = tuple(fit[index] for index in chosen)
                return Fit(self.space, tuple(years), emulator, len(fit), accepted)
            if len(years) >= MOST_YEARS * wanted:
                raise self._too_hard(years, len(fit), wanted)
            self.file.propose(self._next(emulator, fit))

    def _say_how_long(self, wanted: int) -> None:
        """Simulate a year in this process, and say how long the build may take if all years take as long."""
        study = self.site.study
        compile_first(study)
        began = time.perf_counter()
        number, member = next(iter(self.file.missing.items()))
        self.file.add(self.site.year(member, replicate(self.site.study_of(member), number)))
        seconds, at_once = (
            time.perf_counter() - began,
            1 if study.executor == "serial" else study.workers,
        )
        years = max(YEARS_EACH * wanted, len(self.file.proposed)) - len(self.file.of_waves())
        minutes = number_of(math.ceil(years * seconds / at_once / 60), "minute")
        self.say(
            f"Estimate: {minutes} for about {years:,} more years (typical needed {YEARS_EACH} a department), "
            f"{seconds:.2g} s each, {at_once} at once."
        )

    def _simulate_missing(self) -> None:
        if missing := self.file.missing:
            with progress(len(missing), what="years") as shown:
                for number, year in enumerate(simulate_years(self.site, missing), start=1):
                    self.file.add(year)
                    shown.done(number)

    def _next(self, emulator: Emulator, fit: Sequence[Year]) -> list[Member]:
        rng = np.random.default_rng([self.seed, self.file.n_waves])
        known = self.space.points([year.member for year in fit])
        chains = walk(emulator.log_chance, self.space.n_dims, rng, known, n_chains=N_CHAINS)
        return [
            self.space.member(point) for point in rng.permutation(np.unique(chains, axis=0))[:WAVE]
        ]

    def _learn(self, years: Sequence[Year]) -> tuple[Emulator, list[Year]]:
        """An emulator of these years, and those of them whose departments are accepted."""
        targets = self.site.fitted
        points = self.space.points([year.member for year in years])
        values = np.array([[year.rows[target.name] for target in targets] for year in years])
        emulator = learn(targets, points, values, self.judged_by_mean, self.space.edges)
        fit = emulator.log_chance(points) >= math.log(LEAST_CHANCE)
        fit &= ~emulator.contradicted(points, values)
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
