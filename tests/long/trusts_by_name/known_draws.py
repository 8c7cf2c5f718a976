"""What taking off what months drew does to the figures of one year: their spread, and whether it moves their mean.

Twenty departments of the packaged ensemble, five of each cause of waiting. Doctors' minutes, with what eases a cause,
are multiplied by five factors, so that four-hour shares spread; twelve years each. The slopes are those that `aeflow
trust NAME out=` assumes (`simulation/fits/trust_set.py`), measured on sets of departments of other trusts. Nothing is
fitted to these years, but that a department's slopes go by the level of its shares, which is their mean here and is
published there. What is taken off hangs on the draws alone, so its mean is also found over thousands of years that are
drawn and not simulated.

    python tests/long/trusts_by_name known_draws [YEARS [DEPARTMENTS]]

Over two minutes of a processor; years are kept in results/.departments. Exit code 1: the mean of what is taken off
is beyond .2 points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulation.config.ensembles import Ensemble
from simulation.config.files import search_folders
from simulation.fits.solved import OVER_4H, OVER_12H
from simulation.fits.trust_set import SHARE, targets_of
from simulation.offers.department import DOCTORS, members_of, values_by_parameter
from simulation.offers.offer import (
    DEPARTMENTS,
    EASED,
    along_causes,
    of_years,
    packaged_ensemble,
    texts_alone,
)
from simulation.offers.solving import SEED, KeptYears, Solver, study_over
from simulation.records.schema import Floats
from simulation.runs.provenance import program_parts
from simulation.study.study import Study

N, YEARS = 20, 12
STEPS = np.linspace(-0.5, 0.3, 5)
"""Logarithms of the factors of doctors' minutes: the first four departments, one of each cause, have the first."""
MEASURES = {SHARE: "within four hours", OVER_4H: "over 4 h", OVER_12H: "over 12 h"}
ALLOWED = 0.2
"""How far the mean may be moved, in points."""
DRAWN_YEARS = 200
"""Years of each department that are drawn and not simulated."""
NEEDED = 13
"""Years without anything taken off, whose standard error is asked for."""

ByYear = Mapping[str, Floats]
"""Measures by name, shares of shape (years, n_departments)."""


def first_of_each_cause(n: int) -> Ensemble:
    """The first `n` packaged departments of which as many are of each cause, one after the other."""
    packaged, of_cause = packaged_ensemble(), defaultdict(list)
    for member in members_of(packaged):
        of_cause[member.cause].append(member)
    chosen = [member for row in zip(*of_cause.values(), strict=False) for member in row][:n]
    return replace(packaged, name=DEPARTMENTS, departments=tuple(chosen))


def solver_of(ensemble: Ensemble, where: Sequence[str] = ()) -> Solver:
    """A solver that only simulates: years of these departments, kept in `results`, to which further ones are added."""
    n = len(ensemble.departments)

    def made() -> Study:
        words = ("executor=serial", *where)
        study = study_over(texts_alone(ensemble, None), DEPARTMENTS, n, search_folders(None), words)
        return of_years(study).of_arms([])

    answers = {"script": "known draws", "n": n, "where": where}
    kept = KeptYears(Path("results"), answers, {"ensemble": ensemble, **program_parts()})
    return Solver(made, ensemble, kept=kept, measures=tuple(MEASURES))


def points_of(ensemble: Ensemble) -> dict[str, Floats]:
    """Logarithms of doctors' minutes, moved by `STEPS` in turn, and of what eases a cause, moved the other way."""
    members = members_of(ensemble)
    step = STEPS[np.arange(len(members)) // 4 % len(STEPS)]
    along = along_causes(EASED, [member.cause for member in members])
    moved = {DOCTORS: step, **{name: times * step for name, times in along.items()}}
    values = values_by_parameter(ensemble)
    return {name: np.log(values[name]) + by for name, by in moved.items()}


def plain_years(solver: Solver, years: int) -> ByYear:
    """What years give, with nothing taken off."""
    with solver.running:
        solver._years(points_of(solver.ensemble), years, SEED)
    return solver.by_year


def known_at(level: Mapping[str, Floats], causes: Sequence[str]) -> dict[str, dict[str, Floats]]:
    """The slopes that are assumed for departments with these shares and causes: by lasting factor and measure."""
    each = [
        targets_of({name: float(of[n]) for name, of in level.items()}, [cause])[1]
        for n, cause in enumerate(causes)
    ]
    return {
        factor: {
            name: np.array([np.ravel(known[factor][name])[0] for known in each]) for name in slopes
        }
        for factor, slopes in each[0].items()
    }


@dataclass(frozen=True)
class Spread:
    """One measure before and after: standard deviations of a year within departments, and the mean that is added.

    All in points; `error`: the standard error of `moved` over departments."""

    before: float
    after: float
    moved: float
    error: float

    @property
    def years(self) -> float:
        """Years with the draws taken off that have the standard error of `NEEDED` plain ones."""
        return float(NEEDED * (self.after / self.before) ** 2)


def spread_of(plain: Floats, corrected: Floats) -> Spread:
    """Of shares of shape (years, n_departments)."""
    within = [100 * np.sqrt(of.var(axis=0, ddof=1).mean()) for of in (plain, corrected)]
    moved = 100 * (corrected - plain).mean(axis=0)
    return Spread(*within, moved.mean(), moved.std(ddof=1) / np.sqrt(len(moved)))


def mean_taken_off(solver: Solver, measure: str) -> float:
    """What is added to a measure on average over years that are only drawn, in points."""
    added = 0.0
    for factor, slopes in solver.known.items():
        if measure in slopes:
            drawn = solver._drawn(factor, DRAWN_YEARS, SEED + 9)
            added -= 100 * float((slopes[measure] * drawn).mean())
    return added


def main(years: int = YEARS, n: int = N) -> int:
    """Print what is found, of all departments and of each cause; 0 if the mean is moved by less than is allowed."""
    solver = solver_of(first_of_each_cause(n))
    plain = plain_years(solver, years)
    causes = [member.cause for member in solver.members]
    level = {name: of.mean(axis=0) for name, of in plain.items()}
    solver.known = known_at(level, causes)
    solver.kept.n_taken = 0
    corrected = plain_years(solver, years)
    shares = ", ".join(f"{100 * share:.0f}" for share in np.sort(level[SHARE]))
    print(f"{n} departments, {years} years each; four-hour shares {shares} %")
    print("| measure | departments | sd before | after | mean moved (SE) | drawn | years for 13 |")
    print("|---|---|---|---|---|---|---|")
    holds = True
    for name, words in MEASURES.items():
        drawn = mean_taken_off(solver, name)
        for label, here in {"all": np.ones(n, bool), **solver.causes}.items():
            one = spread_of(plain[name][:, here], corrected[name][:, here])
            of_all = f"{drawn:+.3f}" if label == "all" else ""
            print(
                f"| {words} | {label} | {one.before:.2f} | {one.after:.2f} | {one.moved:+.2f} ({one.error:.2f}) "
                f"| {of_all} | {one.years:.1f} |"
            )
        holds &= abs(drawn) < ALLOWED
    return 0 if holds else 1
