"""How often an interval excludes 0 at some time although there is no effect, when one looks after every replication.

Each null study draws its paired differences at random with replacement from 2,000 real ones, those of the sham arm (an
AI without any effect) less their mean. So the distribution is that of the model, not the normal one of the theory.
The claim: of 2,000 such studies, looked at after every replication from the 2nd to the 200th, at most 5 % ever exclude
0 by the always-valid interval. The share of the ordinary t interval is printed beside it.

    python tests/long/always_valid_nulls.py sham.csv

The first run simulates the sham differences (some five minutes of one processor) and appends each to the file, so that
it may be stopped and goes on where it was; later runs read them. Exit code 1 if the claim does not hold.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from kept_lines import kept_lines

import simulation as ae
from simulation.errors import ResultsError
from simulation.records.schema import Floats, Mask
from simulation.runs.replicate import replicate
from simulation.runs.running import compile_first
from simulation.statistics.critical_values import always_valid_value
from simulation.statistics.intervals import LEVEL, t_quantile

LENGTH = ("run=weeks", "run.warm_up_days=7", "run.measured_days=28")
CLAIMED = 1 - LEVEL
LOOK_FROM = 2


def sham_differences(path: Path, n: int) -> Floats:
    """The first n differences of the primary measure, sham less baseline, shape (n,); what is missing is simulated."""
    study = ae.load("study=ai_triage", *LENGTH, "engine=compiled").with_policies({})
    target, baseline, sham = study.design.primary[0], study.design.baseline, study.design.sham
    if sham is None:
        raise ResultsError("study 'ai_triage' has no sham arm. Name one in its file: sham: ...")
    header = f"# {sham} less {baseline}: {target.measure}, {target.group}; {' '.join(LENGTH)}; seed {study.run.seed}"

    def line_of(number: int) -> str:
        arms = replicate(study, number).arms
        ours, theirs = (
            arms[name].measures.value(target.measure, target.group) for name in (sham, baseline)
        )
        return repr(float(ours - theirs))

    return np.array(
        [
            float(line)
            for line in kept_lines(path, header, n, line_of, begin=lambda: compile_first(study))
        ]
    )


def ever_excludes(studies: Floats, critical_values: Floats) -> Mask:
    """Of each study, shape (n_studies,), whether the interval excludes 0 at some look.

    studies: shape (n_studies, n_looks + 1); critical_values: half-widths in standard errors at n = 2, 3, ...
    """
    n = np.arange(1, studies.shape[1] + 1)
    mean = np.cumsum(studies, axis=1) / n
    squares = np.cumsum(studies**2, axis=1) - n * mean**2
    standard_error = np.sqrt(np.maximum(squares[:, 1:], 0.0) / (n[1:] - 1) / n[1:])
    bounded = np.isfinite(critical_values)
    half_width = np.where(bounded, critical_values, 0.0) * standard_error
    excludes: Mask = (bounded & (np.abs(mean[:, 1:]) > half_width)).any(axis=1)
    return excludes


def main() -> int:
    """Print the shares; 0 if the claim holds, else 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "differences", type=Path, help="file of sham differences; what is missing is simulated"
    )
    parser.add_argument(
        "--differences-wanted", type=int, default=2000, metavar="N", help="default 2000"
    )
    parser.add_argument(
        "--studies", type=int, default=2000, metavar="N", help="null studies (default 2000)"
    )
    parser.add_argument(
        "--look-to", type=int, default=200, metavar="N", help="last look, in replications (200)"
    )
    parser.add_argument(
        "--seed", type=int, default=20261125, help="of the drawing of studies (default 20261125)"
    )
    options = parser.parse_args()
    try:
        differences = sham_differences(options.differences, options.differences_wanted)
    except (ResultsError, OSError) as error:
        parser.error(str(error))
    null = differences - differences.mean()
    studies = np.random.default_rng(options.seed).choice(
        null, size=(options.studies, options.look_to)
    )
    looks = range(LOOK_FROM, options.look_to + 1)
    intervals = {
        "always-valid interval": np.array([always_valid_value(n, LEVEL) for n in looks]),
        "ordinary t interval": np.array([t_quantile(n - 1) for n in looks]),
    }
    print(
        f"{len(differences):,} sham differences, mean {differences.mean():+.3f}, sd {differences.std(ddof=1):.3f} min; "
        f"{options.studies:,} null studies, looked at from n = {LOOK_FROM} to {options.look_to}"
    )
    shares = {}
    for name, critical_values in intervals.items():
        n_wrong = int(ever_excludes(studies, critical_values).sum())
        shares[name] = n_wrong / options.studies
        print(
            f"{name}: {n_wrong:,} of {options.studies:,} exclude 0 at some time ({100 * shares[name]:.1f} %)"
        )
    holds = shares["always-valid interval"] <= CLAIMED
    print(
        f"At most {100 * CLAIMED:.0f} % by the always-valid interval: {'holds' if holds else 'does not hold'}"
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
