"""How often a 95 % interval holds what is true: levels and the AI scribe's difference, 20 replications of 28 days.

2,000 replications under the nurse and the scribe are the pool, and its means are taken for the truth. 10,000 samples of
20 are drawn from it at random with replacement. Replications are balanced over the year, which makes their mean surer
than 20 drawn at random; so as many samples are drawn `by season`: 20 weeks as 20 consecutive replications begin in,
and for each week one of the pool's that begin in it. Every run of 20 consecutive ones is tried as well; only some
hundred of these 2,000 do not overlap, so that column comes with a standard error, of two points or so.

Of each measure and interval the table says how often an interval is shown at all, how often one that is shown holds the
truth, at random, by season and in runs, how often one of 18 that hold together does (from which verdicts on primary
measures are read), and how many samples a verdict calls weak (`statistics/critical_values.py`).

Asked: 93 to 97 % of what is shown at random, of both primary measures, the four-hour share and 95th percentiles; no
interval, or 90 % of those shown, of the times of ambulances, which rare spells decide; 93 % at least by season, and in
runs no fewer than that by more than two standard errors.

    python tests/long/interval_coverage.py FILE                        five to twenty minutes on one processor
    python tests/long/interval_coverage.py FILE --pool 40 --samples 100    a trial

Finished replications are kept in FILE, one line each, and are not run again. Exit code 1: the answer is no.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from kept_lines import kept_lines
from numpy.typing import NDArray

import simulation as ae
from simulation.patients.drawn import WEEKS_IN_YEAR, balanced_start_week
from simulation.records.schema import Floats
from simulation.runs.replicate import replicate
from simulation.runs.running import compile_first
from simulation.statistics.critical_values import growth, has_too_few_days, weakness_of
from simulation.statistics.intervals import LEVEL, estimate_intervals, t_quantile
from simulation.study.study import Study

ARM = "ai_scribe_measured"
DAYS = 28
N = 20
FAMILY = 18
"""Verdicts on primary measures of the default study."""
PRIMARY, SICKEST = "wait_to_clinician_mean|all", "wait_to_clinician_mean|acuity_true=1-2"
WANTED = (PRIMARY, SICKEST, "within_4h_share|all", "time_to_clinician_p95|all", "stay_p95|all")
AMBULANCE = (
    "ambulance_assessment_p95|all",
    "handover_mean|all",
    "handover_over_30_share|all",
    "handover_over_45_share|all",
    "handover_over_60_share|all",
)
MEASURES = (*WANTED, *AMBULANCE)
ASKED, ASKED_OF_AMBULANCES, ASKED_BY_SEASON = (0.93, 0.97), (0.90, 1.0), 0.93
CLEARLY = 2.0
"""Standard errors beyond which runs of consecutive replications hold the truth too seldom."""


Ints = NDArray[np.int64]


class Covered(NamedTuple):
    """Of the samples: the shares with an interval, with one that holds the truth among these (by itself, and as one of
    18), and called weak."""

    shown: float
    held: float
    held_of_18: float
    weak: float


def two_arms() -> Study:
    """The default department under the nurse and the AI scribe, four weeks measured after four of warm-up."""
    study = ae.load(
        "study=ai_triage",
        "ensemble=none",
        "run=month",
        f"run.measured_days={DAYS}",
        "engine=compiled",
        "executor=serial",
    )
    arms = (study.baseline, study.arm(ARM))
    return replace(
        study,
        arms=arms,
        design=replace(study.design, arms={arm.name: arm.arm for arm in arms}, sham=None),
    )


def pool_in(file: Path, n: int, first: int) -> Floats:
    """n replications from `first` on, shape (n, 2, n_measures), nurse and scribe; what the file lacks is simulated and
    kept."""
    study = two_arms()
    length = [study.run.warm_up_days, study.run.measured_days, study.run.seed]
    header = json.dumps(
        {
            "measures": MEASURES,
            "arms": [arm.name for arm in study.arms],
            "run": length,
            "first": first,
        }
    )

    def line_of(number: int) -> str:
        arms = replicate(study, first + number).arms
        return json.dumps(
            [
                [arms[arm.name].measures.value(*name.split("|")) for name in MEASURES]
                for arm in study.arms
            ]
        )

    lines = kept_lines(file, header, n, line_of, begin=lambda: compile_first(study))
    return np.array([json.loads(line) for line in lines])


def covered(samples: Floats, truth: float, *, measure: str) -> Covered:
    """How a sample's interval does, for samples in columns, shape (N, n_samples)."""
    found = estimate_intervals(samples, LEVEL, "fixed_sample")
    weak = [
        weakness_of(N, of=N, spread=float(sd), largest_share=float(share)) is not None
        for sd, share in zip(found.sd, found.share, strict=True)
    ]
    if has_too_few_days(measure, N, DAYS):
        return Covered(0.0, np.nan, np.nan, 1.0)
    level = 1 - (1 - LEVEL) / FAMILY
    wider = t_quantile(N - 1, level) / t_quantile(N - 1)
    towards_tail = (truth - found.mean) * found.tail > 0
    of_18 = (
        wider
        * found.half_width
        * np.where(towards_tail, 1 + growth(level) * np.abs(found.tail), 1.0)
    )
    off = np.abs(found.mean - truth)
    held, held_of_18 = (
        float((off <= half_width).mean()) for half_width in (found.half_width, of_18)
    )
    return Covered(1.0, held, held_of_18, float(np.mean(weak)))


def by_season(weeks: Ints, starts: Ints, generator: np.random.Generator) -> Ints:
    """Places in the pool of N replications that begin in the weeks of N consecutive ones, from each start on; shape (N,
    n_samples). `weeks`: in which each of the pool begins."""
    chosen = np.vectorize(balanced_start_week)(np.add.outer(np.arange(N), starts))
    drawn = np.empty_like(chosen)
    for week in np.unique(weeks):
        here = chosen == week
        drawn[here] = generator.choice(np.flatnonzero(weeks == week), size=int(here.sum()))
    return drawn


def report(pool: Floats, first: int, n_samples: int, seed: int, start: int | None) -> bool:
    """Print the table; whether all is as asked. `start`: the first of N replications in whose weeks samples by season
    begin; None: any."""
    generator = np.random.default_rng(seed)
    weeks = np.array([balanced_start_week(first + place) for place in range(len(pool))])
    starts = (
        generator.integers(0, WEEKS_IN_YEAR, size=n_samples)
        if start is None
        else np.full(n_samples, start)
    )
    ways = (
        generator.integers(0, len(pool), size=(N, n_samples)),
        by_season(weeks, starts, generator),
        np.add.outer(np.arange(N), np.arange(len(pool) - N + 1)),
    )
    error = float(np.sqrt(ASKED_BY_SEASON * (1 - ASKED_BY_SEASON) / (len(pool) // N)))
    holds = True
    print(
        f"{len(pool):,} replications of {DAYS} days; {n_samples:,} samples of {N} at random and by season, "
        f"{ways[2].shape[1]:,} runs ({len(pool) // N} that do not overlap: standard error {error:.1%})"
    )
    heads = ("truth", "shown", "random", "season", "runs", "of 18", "weak")
    print(f"{'':<40}{'':<12}" + "".join(f"{head:>9}" for head in heads))
    for number, name in enumerate(MEASURES):
        measure, group = name.split("|")
        level, other = pool[:, 0, number], pool[:, 1, number]
        low, high = ASKED if name in WANTED else ASKED_OF_AMBULANCES
        for of, values in (("level", level), ("difference", other - level)):
            truth = float(values.mean())
            chance, season, runs = (
                covered(values[chosen], truth, measure=measure) for chosen in ways
            )
            few = season.held < ASKED_BY_SEASON or runs.held + CLEARLY * error < ASKED_BY_SEASON
            ok = chance.shown == 0 or (low <= chance.held <= high and not few)
            holds = holds and ok
            shares = (
                f"{chance.held:>9.1%}{season.held:>9.1%}{runs.held:>9.1%}{chance.held_of_18:>9.1%}"
            )
            shares = shares if chance.shown else f"{'–':>9}" * 4
            output = f"{measure}{'' if group == 'all' else f', {group}'}"
            print(
                f"{output:<40}{of:<12}{truth:>9.3f}{chance.shown:>9.0%}{shares}{chance.weak:>9.0%}  "
                f"{'ok' if ok else 'NO'}"
                f"{', more than claimed by season' if season.shown and season.held > ASKED[1] else ''}"
            )
    return holds


def main() -> int:
    """Run what is missing, keep it and say what comes of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="where replications are kept (JSON lines)")
    parser.add_argument(
        "--pool", type=int, default=2000, help=f"replications, {N} at least (default: 2000)"
    )
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first: a pool of its own (default: 0)"
    )
    parser.add_argument(
        "--samples", type=int, default=10_000, help="samples drawn at random (default: 10000)"
    )
    parser.add_argument(
        "--seed", type=int, default=20261125, help="of the samples (default: 20261125)"
    )
    parser.add_argument(
        "--start", type=int, help="samples by season have the weeks of 20 from this number on (any)"
    )
    asked = parser.parse_args()
    if asked.pool < N:
        parser.error(f"--pool: at least {N}")
    pool = pool_in(asked.file, asked.pool, asked.first)
    return 0 if report(pool, asked.first, asked.samples, asked.seed, asked.start) else 1


if __name__ == "__main__":
    sys.exit(main())
