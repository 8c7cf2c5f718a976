"""Builds the packaged departments of every cause and size, and says which they are.

    python tests/long/england.py            # about two CPU hours; resumes where it was stopped
    python tests/long/england.py 100 10     # and ten fresh years of each of 40 departments of a cause

Below what `aeflow ensemble` prints for each cause: how many were drawn and accepted, by cause, structure and size; and
what walk-ins wait for triage beside how busy doctors are, over all departments and within causes. One year of each.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping

import numpy as np

from simulation.assurance.fitting.build import Fit
from simulation.assurance.fitting.command import ensemble

BESIDE = ("walk_in_triage_wait_mean", "busy_by_day_share, pool=doctors")


def report(fits: Mapping[str, Fit]) -> None:
    """Print what was drawn and accepted, by cause."""
    print(
        "\ncause        drawn  fit  kept   attendances a day (5, 50, 95 %)   correlation of the two figures"
    )
    for cause, fit in fits.items():
        sizes = np.quantile([year.member.values[0] for year in fit.accepted], [0.05, 0.5, 0.95])
        counts = f"{len(fit.years):8} {fit.n_fit:4} {len(fit.accepted):5}"
        print(f"{cause:11}{counts}   {sizes.round()}   {_correlation({cause: fit}):+.2f}")
    print(f"all: {_correlation(fits):+.2f} of {' and '.join(BESIDE)}")
    kinds = Counter(
        (year.member.structure, cause) for cause, fit in fits.items() for year in fit.accepted
    )
    print("\n" + "structure".ljust(24) + "".join(f"{cause:>12}" for cause in fits))
    for structure in next(iter(fits.values())).space.structures:
        print(structure.ljust(24) + "".join(f"{kinds[structure, cause]:12}" for cause in fits))


def _correlation(fits: Mapping[str, Fit]) -> float:
    years = [year for fit in fits.values() for year in fit.accepted]
    columns = ([year.beside[name] for year in years] for name in BESIDE)
    return float(np.corrcoef(*columns)[0, 1])


def main(departments: int = 100, confirm: int = 0) -> None:
    """Build, or go on building."""
    ensemble(
        (), departments=departments, confirm=confirm, priors="england", name="england", say=print, then=report
    )  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
