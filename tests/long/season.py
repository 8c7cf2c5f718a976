"""Whether runs of four weeks answer the question of the year: bias and coverage over many seeds.

For each seed, 52 replications of 28 days under the nurse and under the AI scribe give a level and an effect with their
95 % t intervals. Years of other patients, under the same two arms, say what is true of the year. Asked of all seeds
together: the level is within a minute of the year's and the effect within 0.2 minutes, each known to half of that
(standard error); the effect's interval holds the year's in 90 to 99 % of seeds, the level's in at least 90 %. The
level's interval counts the season as noise, though replications are balanced over it, so it may hold more often than
the 95 % it claims. More years than seeds are needed, because a rare year in which the department locks up weighs much.

Both warm up for 28 days, twice what a year asks for: a department that has locked up stays so for weeks, and a run that
begins two weeks before it is measured sees too few of these.

    python tests/long/season.py FILE                        about 20 minutes on one processor
    python tests/long/season.py FILE --seeds 4 --years 8    a trial

Finished seeds and years are kept in FILE, one line each, and are not run again. Exit code 1: the answer is no.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

import simulation as ae
from simulation.runs.result import simulate
from simulation.statistics.compare import compare_values
from simulation.statistics.intervals import estimate_interval
from simulation.study.study import Study

ARM = "ai_scribe_measured"
MEASURE = "wait_to_clinician_mean"
REPLICATIONS = 52
DAYS = 28
WARM_UP_DAYS = 28
YEAR = 364
FIRST_YEAR = 1_000_000
"""The seed of the first year, so high that no year shares its patients with a run of four weeks."""
LIMITS = {"level": 1.0, "effect": 0.2}
"""Minutes by which the mean over seeds may differ from the year's."""
COVERAGE = {"level": (0.90, 1.0), "effect": (0.90, 0.99)}

Line = dict[str, float]
"""What is kept of a seed or a year: which, and level and effect in minutes, a seed's with half-widths."""


def main() -> int:
    """Run what is missing, keep it and say what comes of it."""
    asked = options()
    study = two_arms()
    seeds = finished(asked.file, "seed", asked.seeds, partial(weeks_of, study))
    years = finished(asked.file, "year", asked.years, partial(year_of, study))
    return 0 if report(seeds, years) else 1


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "file", type=Path, help="where finished seeds and years are kept (JSON lines)"
    )
    parser.add_argument(
        "--seeds", type=int, default=100, help="seeds of four weeks, at least 2 (default: 100)"
    )
    parser.add_argument("--years", type=int, default=200, help="years, at least 2 (default: 200)")
    asked = parser.parse_args()
    if min(asked.seeds, asked.years) < 2:
        parser.error("--seeds and --years: at least 2")
    return asked


def two_arms() -> Study:
    """The default department under the nurse and the AI scribe."""
    study = ae.load("study=ai_triage", "ensemble=none", "engine=compiled", "executor=serial")
    arms = (study.baseline, study.arm(ARM))
    return replace(
        study,
        arms=arms,
        design=replace(study.design, arms={arm.name: arm.arm for arm in arms}, sham=None),
    )


def finished(file: Path, kind: str, wanted: int, run: Callable[[int], Line]) -> list[Line]:
    """The lines of the first so many seeds or years: those that the file has, and the others run and kept now."""
    texts = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    lines = {int(line[kind]): line for line in map(json.loads, texts) if kind in line}
    with file.open("a", encoding="utf-8") as opened:
        for number in range(wanted):
            if number not in lines:
                lines[number] = {kind: number, **run(number)}
                print(json.dumps(lines[number]), file=opened, flush=True)
                print(f"{len(lines)} of {wanted} {kind}s", file=sys.stderr, flush=True)
    return [lines[number] for number in range(wanted)]


def weeks_of(study: Study, seed: int) -> Line:
    """Level and effect of a seed's four weeks, with half-widths of their intervals."""
    baseline, other = waits(study, seed=seed, replications=REPLICATIONS, measured_days=DAYS)
    level, effect = estimate_interval(baseline), compare_values(other, baseline)
    return {
        "level": level.mean,
        "level_half_width": level.half_width,
        "effect": effect.mean,
        "effect_half_width": effect.half_width,
    }


def year_of(study: Study, number: int) -> Line:
    """Level and effect of one year."""
    baseline, other = waits(study, seed=FIRST_YEAR + number, replications=1, measured_days=YEAR)
    return {"level": float(baseline[0]), "effect": float(other[0] - baseline[0])}


def waits(
    study: Study, *, seed: int, replications: int, measured_days: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean waits for the first clinician in minutes, one a replication, under the nurse and under the scribe."""
    run = replace(study.run, seed=seed, replications=replications, measured_days=measured_days)
    run = replace(run, warm_up_days=WARM_UP_DAYS)
    result = simulate(replace(study, run=run))
    return result.values(study.design.baseline, MEASURE), result.values(ARM, MEASURE)


def report(seeds: list[Line], years: list[Line]) -> bool:
    """Print bias, its standard error and coverage of level and effect; whether all are as asked."""
    holds = True
    print(
        f"{len(seeds)} seeds: {REPLICATIONS} replications of {DAYS} days each, beside {len(years)} years"
    )
    for name, limit in LIMITS.items():
        weeks, half_width = (
            np.array([line[key] for line in seeds]) for key in (name, f"{name}_half_width")
        )
        year = np.array([line[name] for line in years])
        truth = year.mean()
        bias = weeks.mean() - truth
        error = np.hypot(*(values.std(ddof=1) / np.sqrt(len(values)) for values in (weeks, year)))
        coverage = np.mean(np.abs(weeks - truth) <= half_width)
        low, high = COVERAGE[name]
        ok = abs(bias) <= limit and error <= limit / 2 and low <= coverage <= high
        holds = holds and bool(ok)
        print(
            f"{'ok  ' if ok else 'FAIL'} {name:<6}  year {truth:8.3f} min  bias {bias:+.3f} (at most {limit})  "
            f"its standard error {error:.3f} (at most {limit / 2})  coverage {coverage:.0%} ({low:.0%} to {high:.0%})  "
            f"between seeds {weeks.std(ddof=1):.3f}, said {half_width.mean() / 2:.3f}"
        )
    return holds


if __name__ == "__main__":
    sys.exit(main())
