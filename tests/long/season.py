"""Whether runs of four weeks answer the question of the year: bias and coverage over many seeds.

For each seed, 52 replications of 28 days under the nurse and under the AI scribe give a level and an effect with their
95 % t intervals; one year apart from them, under the same two arms, adds to what is true of the year. Asked of all
seeds together: the level is within a minute of the year's and the effect within 0.2 minutes, each known to half of that
(standard error); the effect's interval holds the year's in 90 to 99 % of seeds, the level's in at least 90 %. The
level's interval counts the season as noise, though replications are balanced over it, so it may hold more often than
the 95 % it claims.

    python tests/long/season.py FILE            about 15 minutes on one processor
    python tests/long/season.py FILE --seeds 4  a trial

Finished seeds are kept in FILE, one line each, and are not run again. Exit code 1: the answer is no.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import simulation as ae
from simulation.analysis.compare import compare, interval
from simulation.experiment.run import simulate
from simulation.study.study import Study

ARM = "ai_scribe_measured"
MEASURE = "wait_to_clinician_mean"
REPLICATIONS = 52
DAYS = 28
YEAR = 364
YEARS_FROM = 1_000_000
"""Seeds of the years are so much higher, so that no year shares its patients with a run of four weeks."""
LIMITS = {"level": 1.0, "effect": 0.2}
"""Minutes by which the mean over seeds may differ from the year's."""
COVERAGE = {"level": (0.90, 1.0), "effect": (0.90, 0.99)}

Line = dict[str, float]


def main() -> int:
    """Run what is missing, keep it and say what comes of it."""
    asked = options()
    study = two_arms()
    lines = {int(line["seed"]): line for line in kept(asked.file)}
    with asked.file.open("a", encoding="utf-8") as file:
        for seed in range(asked.seeds):
            if seed not in lines:
                lines[seed] = line_of(study, seed)
                print(json.dumps(lines[seed]), file=file, flush=True)
                print(f"{len(lines)} of {asked.seeds} seeds", file=sys.stderr, flush=True)
    holds = report([lines[seed] for seed in range(asked.seeds)])
    return 0 if holds else 1


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="where finished seeds are kept (JSON lines)")
    parser.add_argument("--seeds", type=int, default=100, help="seeds from 0 on, at least 2 (default: 100)")
    asked = parser.parse_args()
    if asked.seeds < 2:
        parser.error("--seeds: at least 2")
    return asked


def two_arms() -> Study:
    """The default department under the nurse and the AI scribe."""
    study = ae.load("study=ai_triage", "engine=compiled", "executor=serial")
    arms = (study.baseline, study.arm(ARM))
    return replace(study, arms=arms, design=replace(study.design, arms={arm.name: arm.arm for arm in arms}, sham=None))


def kept(file: Path) -> Iterator[Line]:
    """The lines of finished seeds; none if there is no file yet."""
    if file.exists():
        for text in file.read_text(encoding="utf-8").splitlines():
            yield json.loads(text)


def line_of(study: Study, seed: int) -> Line:
    """Level and effect of a seed with half-widths of their intervals, in minutes, and those of one year."""
    baseline, other = waits(study, seed=seed, replications=REPLICATIONS, measured_days=DAYS)
    level, effect = interval(baseline), compare(other, baseline)
    year, other_year = waits(study, seed=YEARS_FROM + seed, replications=1, measured_days=YEAR)
    return {
        "seed": seed,
        "level": level.mean,
        "level_half_width": level.half_width,
        "effect": effect.mean,
        "effect_half_width": effect.half_width,
        "year_level": float(year[0]),
        "year_effect": float(other_year[0] - year[0]),
    }


def waits(study: Study, *, seed: int, replications: int, measured_days: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean waits for the first clinician in minutes, one a replication, under the nurse and under the scribe."""
    run = replace(study.run, seed=seed, replications=replications, measured_days=measured_days)
    result = simulate(replace(study, run=run))
    return result.values(study.design.baseline, MEASURE), result.values(ARM, MEASURE)


def report(lines: list[Line]) -> bool:
    """Print bias, its standard error and coverage of level and effect; whether all are as asked."""
    n = len(lines)
    holds = True
    print(f"{n} seeds: {REPLICATIONS} replications of {DAYS} days each, beside {n} years")
    for name, limit in LIMITS.items():
        found, half_width, years = (
            np.array([line[key] for line in lines]) for key in (name, f"{name}_half_width", f"year_{name}")
        )
        truth = years.mean()
        bias = found.mean() - truth
        error = np.hypot(found.std(ddof=1), years.std(ddof=1)) / np.sqrt(n)
        coverage = np.mean(np.abs(found - truth) <= half_width)
        low, high = COVERAGE[name]
        ok = abs(bias) <= limit and error <= limit / 2 and low <= coverage <= high
        holds = holds and bool(ok)
        print(
            f"{'ok  ' if ok else 'FAIL'} {name:<6}  year {truth:8.3f} min  bias {bias:+.3f} (at most {limit})  "
            f"its standard error {error:.3f} (at most {limit / 2})  coverage {coverage:.0%} ({low:.0%} to {high:.0%})  "
            f"between seeds {found.std(ddof=1):.3f}, said {half_width.mean() / 2:.3f}"
        )
    return holds


if __name__ == "__main__":
    sys.exit(main())
