"""Whether ranges over an ensemble hold what they should: 500 made-up hospitals, each hidden, its own effect simulated.

Each truth is a department drawn from the priors that does not lock up. Its 'published' rows are its own, moved by a
draw from the width of each row's band. The walk of `aeflow ensemble` looks for departments that meet them, on one
emulator that was taught once by years of other departments; what departments would show is that emulator's mean, its
doubt and one year's noise, so that nothing is simulated for a truth but itself. The 90 % range of the departments found
is then held against the truth's own effect, and so is what `aeflow narrow` makes of the truth's own figures.

    python tests/long/ensemble_coverage.py [--truths 500] [--taught-by 1500] [--folder results/coverage] [--arm NAME]

Years are kept as they end: the same command goes on. About 45 minutes on two cores with nothing kept. Exit code 1: the
range of the ensemble, or that of `narrow` on one or two figures, holds less than 86 % or more than 94 % of the truths,
or the wait for triage leaves more than .4 of the range's width.

What is approximate: the ends of the walk are the departments. That `aeflow ensemble` simulates a year of each, and
keeps those that are likely enough after it, cannot be tried with nothing simulated. Rows that the priors judge by
their mean have the emulator's mean at the truth as their published figure, because few years do not tell it; what a
year strays by is taken as normal and alike everywhere on the scale on which a row is learnt; and a truth's effect is
that of two years, whose noise is allowed for.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats.qmc import Sobol

from simulation.assurance.fitting.build import Site, Year, YearsFile, simulate_years
from simulation.assurance.fitting.emulator import (
    YEARS_JUDGED,
    EmulatorPrediction,
    RowEmulator,
    Space,
    in_threads,
    learn,
    space_of,
    walk,
)
from simulation.assurance.targets import PublishedFigure, targets_named
from simulation.config import search_folders
from simulation.config.composing import stated_in
from simulation.config.ensembles import priors_named
from simulation.config.studies import study_from
from simulation.records.schema import Floats
from simulation.runs.replicate import ReplicationResult
from simulation.statistics.departments import ranges
from simulation.statistics.narrowing import LEVEL, Local, narrow
from simulation.study.design import Member
from simulation.study.study import Study

LogChance = Callable[[Floats], Floats]
ASKED = (0.86, 0.94)
NARROWER = 0.4
"""Of the width of the range, what knowing the wait for triage may leave."""
WAIT, BUSY = "walk_in_triage_wait_mean", "busy_by_day_share, pool=doctors"
EFFECT = "effect"
PER_E = 5.0
"""Minutes of effect for a factor of e: rows are learnt on the log scale, and an effect is to be learnt as it is."""
N_CHAINS = 80
ROW_YEARS, EFFECT_YEARS = 3, 2
"""Years of a truth: for its rows (the first is also where its own figures come from), and for its effect."""
LOCKED = 0.5
"""Share of admissions over 12 h from the decision to admit, beyond which a year counts as locked up."""
YEAR_DAYS, REPLICATION_DAYS = 364.0, 84.0


class Paired(Site):
    """A site of which years have the arm asked about beside the baseline."""

    def asked_about(self, study: Study, arm: str) -> None:
        """Play this arm of the study, too."""
        self.arm = arm
        names = (study.baseline.name, arm)
        arms = tuple(each for each in study.arms if each.name in names)
        stated = {name: each for name, each in study.design.arms.items() if name in names}
        design = replace(self.study.design, arms=stated, sham=None, levers={}, full=None)
        self.study = replace(self.study, arms=arms, design=design)

    def study_of(self, member: Member) -> Study:
        """Both arms in a department."""
        made = self.pathway(member)
        return replace(
            self.study, arms=tuple(replace(each, pathway=made) for each in self.study.arms)
        )

    def year(self, member: Member, result: ReplicationResult) -> Year:
        """A year with its effect on the mean wait to the first clinician, in minutes."""
        year = super().year(member, result)
        base, arm = (result.arms[name].measures for name in (self.study.design.baseline, self.arm))
        effect = float(arm.value("wait_to_clinician_mean") - base.value("wait_to_clinician_mean"))
        return replace(year, beside={**year.beside, EFFECT: effect})


@dataclass(frozen=True)
class Taught:
    """What one set of years taught: the rows, and the effect and figures beside them with how one year strays."""

    rows: tuple[RowEmulator, ...]
    judged_by_mean: frozenset[str]
    beside: tuple[RowEmulator, ...]
    strays: Floats
    """Covariance of what a year of a department strays by from its mean, over `beside`, on the scales learnt."""

    def guesses(self, points: Floats) -> list[EmulatorPrediction]:
        """What each row is expected to be."""
        return in_threads(lambda row: row.at(points), self.rows)


def simulated(site: Site, space: Space, points: Floats, first: int, path: Path) -> list[Year]:
    """A year at each point, simulated unless it is kept; numbers from `first` on choose its random variates."""
    departments: Mapping[int, Member] = {
        first + at: space.member(point) for at, point in enumerate(points)
    }
    with YearsFile(path) as file:
        missing = {
            number: member for number, member in departments.items() if number not in file.years
        }
        for n, year in enumerate(simulate_years(site, missing), start=1):
            file.add(year)
            if n % 100 == 0:
                print(f"  {path.stem}: {n} of {len(missing)} years", flush=True)
        return [file.years[number] for number in departments]


def column(years: list[Year], name: str) -> Floats:
    """One figure of years, an effect as the emulator learns it."""
    values = np.array([year.beside[name] for year in years])
    return np.exp(values / PER_E) if name == EFFECT else values


def target_of(name: str) -> PublishedFigure:
    """A figure beside the rows as something to learn: no band."""
    unit = "share" if "share" in name else "minutes"
    return PublishedFigure(
        name, "plausible", name, unit, None, None, None, "", "assumed", "learnt alone", ""
    )


def taught_by(
    years: list[Year],
    space: Space,
    targets: tuple[PublishedFigure, ...],
    judged_by_mean: tuple[str, ...],
) -> Taught:
    """The emulators, and how a year strays from what they expect."""
    points = space.points([year.member for year in years])
    values = np.array([[year.rows[target.name] for target in targets] for year in years])
    emulator = learn(targets, points, values, judged_by_mean)
    beside = tuple(
        RowEmulator(target_of(name), points, column(years, name)) for name in (WAIT, BUSY, EFFECT)
    )
    in_threads(RowEmulator.learn, beside)
    guesses = in_threads(lambda row: row.at(points), beside)
    seen = np.stack([row.scale.of(column(years, row.target.name)) for row in beside])
    apart = (seen - [guess.mean for guess in guesses]) / np.array(
        [[guess.noise] for guess in guesses]
    )
    together = np.corrcoef(np.clip(apart, -3, 3))
    noise = np.array([guess.noise for guess in guesses])
    return Taught(emulator.rows, emulator.judged_by_mean, beside, together * np.outer(noise, noise))


def log_chance_of(taught: Taught, row_means: Floats, rng: np.random.Generator) -> LogChance:
    """The walk's log chance for one truth: bands as wide as England's on the scale of each row, moved by a draw."""
    bands = []
    for row, at in zip(taught.rows, row_means, strict=True):
        low, high = (row.scale.bound(bound, 0.0) for bound in (row.target.low, row.target.high))
        below = rng.uniform(0, high - low)
        bands.append((at - below, at - below + high - low))
    kept: dict[bytes, Floats] = {}

    def log_chance(points: Floats) -> Floats:
        key = points[:50].tobytes() + bytes(str(points.shape), "ascii")
        if key not in kept:
            total = np.zeros(len(points))
            for row, guess, (low, high) in zip(
                taught.rows, _shared(taught, points), bands, strict=True
            ):
                n_years = math.inf if row.target.measure in taught.judged_by_mean else YEARS_JUDGED
                total += replace(guess, low=low, high=high).log_chance(n_years)
            kept[key] = total
        return kept[key]

    return log_chance


_first_tried: dict[bytes, list[EmulatorPrediction]] = {}


def _shared(taught: Taught, points: Floats) -> list[EmulatorPrediction]:
    """Every walk starts from the same points, which are looked at once."""
    key = points[:50].tobytes()
    if len(points) < 1000:
        return taught.guesses(points)
    if key not in _first_tried:
        _first_tried[key] = taught.guesses(points)
    return _first_tried[key]


def shown(taught: Taught, points: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Figures and effect of two replications of each department, and which department each is of."""
    guesses = in_threads(lambda row: row.at(points), taught.beside)
    real = np.stack(
        [guess.mean + guess.standard_error * rng.standard_normal(len(points)) for guess in guesses],
        axis=1,
    )
    noise = taught.strays * YEAR_DAYS / REPLICATION_DAYS
    department = np.repeat(np.arange(len(points)), 2)
    strayed = real[department] + rng.multivariate_normal(np.zeros(3), noise, len(department))
    return np.column_stack(
        [unscaled(row, strayed[:, at]) for at, row in enumerate(taught.beside)]
    ), department


def unscaled(row: RowEmulator, values: Floats) -> Floats:
    """Back from the scale on which a row is learnt."""
    if row.target.name == EFFECT:
        return values * PER_E
    return 1 / (1 + np.exp(-values)) if row.scale.is_share else np.exp(values)


@dataclass(frozen=True)
class Truth:
    """A hidden department: where it lies, what its years gave, and its effect with its standard error."""

    point: Floats
    rows: list[Year]
    effect: float
    error: float


def truths_of(site: Site, plain: Site, space: Space, wanted: int, folder: Path) -> list[Truth]:
    """Departments of the priors that do not lock up, in the order in which they were drawn."""
    points = np.random.default_rng(11).random((2 * wanted, space.n_dims))
    ahead = simulated(
        plain, space, points[: wanted + wanted // 2], 10_000, folder / "truths-first.jsonl"
    )
    over_12h = next(
        each.name for each in plain.fitted if each.measure == "decision_to_departure_over_12h_share"
    )
    sound = [at for at, year in enumerate(ahead) if _sound(year, over_12h)][:wanted]
    print(f"{len(sound)} truths of {sound[-1] + 1} drawn; the others lock up", flush=True)
    chosen = points[sound]
    rows = [[ahead[at] for at in sound]]
    for n in range(1, ROW_YEARS):
        rows.append(
            simulated(plain, space, chosen, 10_000 * (n + 1), folder / f"truths-rows-{n}.jsonl")
        )
    effects = [
        simulated(site, space, chosen, 100_000 + 10_000 * n, folder / f"truths-effect-{n}.jsonl")
        for n in range(EFFECT_YEARS)
    ]
    found = np.array([[year.beside[EFFECT] for year in years] for years in effects])
    error = math.sqrt(float(found.var(axis=0, ddof=1).mean()) / EFFECT_YEARS)
    return [
        Truth(point, [years[at] for years in rows], float(found[:, at].mean()), error)
        for at, point in enumerate(chosen)
    ]


def _sound(year: Year, over_12h: str) -> bool:
    return all(np.isfinite(list(year.rows.values()))) and year.rows[over_12h] <= LOCKED


def holds(low: float, high: float, truth: Truth) -> bool:
    """Whether a range holds a truth's effect, the noise of that effect allowed for on either side."""
    middle, half = (low + high) / 2, (high - low) / 2
    return abs(truth.effect - middle) <= math.hypot(half, norm.ppf(0.5 + LEVEL / 2) * truth.error)


def tried(taught: Taught, truth: Truth, number: int, prior_width: float) -> dict[str, float]:
    """One truth: what was found, and whether each range holds it."""
    rng = np.random.default_rng([13, number])
    names = [row.target.name for row in taught.rows]
    at_truth = taught.guesses(truth.point[None])
    means = []
    for row, name, guess in zip(taught.rows, names, at_truth, strict=True):
        own = row.scale.of(np.array([year.rows[name] for year in truth.rows]))
        means.append(
            float(guess.mean[0])
            if row.target.measure in taught.judged_by_mean
            else float(own.mean())
        )
    log_chance = log_chance_of(taught, np.array(means), rng)
    n_dims = len(truth.point)
    points = walk(
        log_chance, n_dims, np.random.default_rng(7), np.empty((0, n_dims)), n_chains=N_CHAINS
    )
    values, department = shown(taught, points, rng)
    figures, effects = values[:, :2], values[:, 2:]
    _, (low,), (high,), _ = ranges(effects, department)
    row = {
        "truth": number, "effect": truth.effect, "error": truth.error, "low": low, "high": high,
        "held": float(holds(low, high, truth)), "width": (high - low) / prior_width,
    }  # fmt: skip
    own = np.array([truth.rows[0].beside[WAIT], truth.rows[0].beside[BUSY]])
    for name, n in (("wait", 1), ("both", 2)):
        local = Local(own[:n], np.full(n, YEAR_DAYS), np.zeros(n), REPLICATION_DAYS)
        nearest = local.nearest(figures[:, :n], department)
        row[f"{name}_outside"] = float((nearest.values != local.values).any())
        found = narrow(figures[:, :n], effects, department, nearest, [""] * len(points))
        row[f"{name}_held"] = float(holds(found.low[0], found.high[0], truth))
        before = float(found.everywhere.high[0] - found.everywhere.low[0])
        row[f"{name}_width"] = float(found.high[0] - found.low[0]) / before if before else math.nan
    return row


def main() -> int:
    """Teach, try every truth, print and save the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--truths", type=int, default=500)
    parser.add_argument("--taught-by", type=int, default=1500)
    parser.add_argument("--arm", default="ai_scribe_measured")
    parser.add_argument("--folder", type=Path, default=Path("results/coverage"))
    asked = parser.parse_args()
    folders = search_folders(None)
    found = stated_in(("run=validation", "study=ai_triage", "ensemble=none"), folders)
    priors, targets = priors_named("typical", folders), targets_named("england", folders)
    space = space_of(priors, found.raw)
    plain = Site(found, folders, priors, targets)
    site = Paired(found, folders, priors, targets)
    site.asked_about(study_from(found, folders), asked.arm)
    drawn = Sobol(space.n_dims, rng=np.random.default_rng(3)).random(
        2 ** math.ceil(math.log2(asked.taught_by))
    )
    asked.folder.mkdir(parents=True, exist_ok=True)
    years = simulated(site, space, drawn[: asked.taught_by], 0, asked.folder / "taught-by.jsonl")
    truths = truths_of(site, plain, space, asked.truths, asked.folder)
    taught = taught_by(years, space, site.fitted, tuple(priors.judged_by_mean))
    low, high = np.quantile([truth.effect for truth in truths], [0.05, 0.95])
    rows = []
    for number, truth in enumerate(truths):
        rows.append(tried(taught, truth, number, float(high - low)))
        if number % 25 == 24:
            print(
                f"  {number + 1} truths: held {np.mean([row['held'] for row in rows]):.3f}",
                flush=True,
            )
            pd.DataFrame(rows).to_csv(asked.folder / "coverage.csv", index=False)
    table = pd.DataFrame(rows)
    table.to_csv(asked.folder / "coverage.csv", index=False)
    print(
        f"Effect of {asked.arm} over the priors: {low:.1f} to {high:.1f} minutes (5th to 95th percentile of truths)"
    )
    good = True
    for name, label in (
        ("", "ensemble"),
        ("wait_", "narrowed by triage wait"),
        ("both_", "by that and doctors"),
    ):
        held, width = table[f"{name}held"].dropna(), table[f"{name}width"].dropna()
        error = math.sqrt(held.mean() * (1 - held.mean()) / len(held))
        wide = f"median width {width.median():.2f} of the {'ensemble' if name else 'prior'}'s"
        print(f"{label:<26}{held.mean():.3f} held (SE {error:.3f}) of {len(held)}; {wide}")
        good = good and bool(ASKED[0] <= held.mean() <= ASKED[1])
        good = good and (name != "wait_" or width.median() <= NARROWER)
    outside = [f"{table[f'{name}_outside'].sum():.0f}" for name in ("wait", "both")]
    print(f"read at the nearest: {outside[0]} by the wait, {outside[1]} by both")
    print(f"{asked.folder / 'coverage.csv'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
