"""How often `run.precision` keeps its promise: that the mean lies within the half-width asked for, with 95 %.

Runs are drawn from distributions whose mean is known, and from the pool that `interval_coverage.py` has made (its mean
is taken for the truth). Each begins with a first stage of 20 and stops where `statistics/intervals.py` says. Asked for
are half-widths for which 20, 60 and 200 replications would do if the standard deviation were known. Of all of them the
mean lies within the half-width asked for in at least 94 %. Beside it stands how often the ordinary 95 % interval of
that run holds the truth.

    python tests/long/stopping.py POOL          a minute; POOL is the file of interval_coverage.py
    python tests/long/stopping.py POOL --runs 200    a trial

Exit code 1: the answer is no.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from interval_coverage import MEASURES, PRIMARY, SICKEST, pool_in

from simulation.records.schema import Floats
from simulation.statistics.intervals import estimate_interval, replications_for, skewness

FIRST, MOST = 20, 10_000
ENOUGH = (20, 60, 200)
ASKED = 0.94
NORMAL = 1.96

Draw = Callable[[np.random.Generator, int], Floats]


def sources(pool: Floats) -> dict[str, tuple[Draw, Floats]]:
    """By name, how to draw numbers, and many of them, whose mean is the truth."""
    made: dict[str, Draw] = {
        "normal": lambda generator, n: generator.normal(10, 3, size=n),
        "gamma, skewness 1.4": lambda generator, n: generator.gamma(2, 3, size=n),
        "exponential, skewness 2": lambda generator, n: generator.exponential(5, size=n),
    }
    drawn = {name: (draw, draw(np.random.default_rng(1), 4_000_000)) for name, draw in made.items()}
    stored = {"wait, level": (PRIMARY, False), "wait, levels 1-2, level": (SICKEST, False),
              "stay, 95th percentile, level": ("stay_p95|all", False), "wait, scribe's difference": (PRIMARY, True),
              "wait, levels 1-2, difference": (SICKEST, True)}  # fmt: skip
    for name, (measure, difference) in stored.items():
        level, other = (pool[:, arm, MEASURES.index(measure)] for arm in (0, 1))
        values = other - level if difference else level
        drawn[name] = (lambda generator, n, values=values: generator.choice(values, size=n)), values
    return drawn


def stopped(draw: Draw, half_width: float, generator: np.random.Generator) -> Floats:
    """The numbers of one run that stops by itself."""
    values = draw(generator, FIRST)
    while (n := replications_for(values, half_width, at_most=MOST)) > len(values):
        values = np.concatenate([values, draw(generator, n - len(values))])
    return values


def main() -> int:
    """Print a line for each source and half-width; 0 if all of them are as asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "pool", type=Path, help="the pool of interval_coverage.py; what is missing is simulated"
    )
    parser.add_argument("--runs", type=int, default=4000, help="runs of each (default: 4000)")
    parser.add_argument(
        "--pool-size", type=int, default=2000, help="replications of the pool (default: 2000)"
    )
    parser.add_argument(
        "--first", type=int, default=0, help="number of the pool's first (default: 0)"
    )
    parser.add_argument(
        "--seed", type=int, default=20261125, help="of the runs (default: 20261125)"
    )
    asked = parser.parse_args()
    generator, holds = np.random.default_rng(asked.seed), True
    print(
        f"{asked.runs:,} runs each; standard error of a share of 95 %: {(0.05 * 0.95 / asked.runs) ** 0.5:.2%}"
    )
    print(f"{'':<32}{'skewness':>9}{'would do':>9}{'run':>7}{'within':>9}{'in interval':>12}")
    for name, (draw, all_values) in sources(
        pool_in(asked.pool, asked.pool_size, asked.first)
    ).items():
        truth, sd = float(all_values.mean()), float(all_values.std())
        for enough in ENOUGH:
            half_width = NORMAL * sd / enough**0.5
            within, held, n = [], [], []
            for _ in range(asked.runs):
                found = estimate_interval(stopped(draw, half_width, generator))
                within.append(abs(found.mean - truth) <= half_width)
                held.append(found.low <= truth <= found.high)
                n.append(found.n)
            ok = float(np.mean(within)) >= ASKED
            holds = holds and ok
            print(
                f"{name:<32}{skewness(all_values):>9.1f}{enough:>9}{np.mean(n):>7.0f}{np.mean(within):>9.1%}"
                f"{np.mean(held):>12.1%}  {'ok' if ok else 'NO'}",
                flush=True,
            )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
