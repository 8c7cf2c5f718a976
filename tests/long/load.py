"""How waits and stays answer demand, with the staff of today and with staff who follow.

Each change of attendances is held against the same department without it, year by year on the same seeds (with staff
who follow the same patients and some more come; with the staff of today the plan moves, and patients are drawn anew).
`elasticity` is by how many per cent the mean wait rises for each per cent of attendances. More patients with staff who
follow must shorten no mean wait: the 95 % interval of no rise lies below 0. With several values of
`--staff-elasticity` the largest of those for which that holds is printed, with all those below it.

    python tests/long/load.py --site typical --years 8
    python tests/long/load.py --site typical --staff-elasticity 0.8 0.9 1 1.05 --changes 2 5 10 --only follow

A year of one department takes about a second of one processor. Exit code 1: for the department's own value, or for all
those given, some rise shortens the wait.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from simulation.api import compare
from simulation.config import load
from simulation.records.schema import Floats
from simulation.statistics.intervals import Interval, estimate_interval

DOORS = ("walk_in", "ambulance", "referred")
KEYS = {"follow": "scale", "same": "per_day"}
"""What is multiplied with staff who follow, and with the staff of today."""
WAIT, STAY, FOUR_HOURS = "wait_to_clinician_mean", "stay_mean", "within_4h_share"


class Change(NamedTuple):
    """What a change of attendances does: the paired differences, in minutes, and in points of the four-hour share."""

    staff: str
    per_cent: float
    wait: Interval
    stay: Interval
    four_hours: Interval
    elasticity: float

    @property
    def shortens(self) -> bool:
        """Whether more patients with staff who follow wait less, beyond noise."""
        return self.staff == "follow" and self.per_cent > 0 and self.wait.high < 0


def changes_of(
    overrides: Sequence[str], changes: Sequence[float], staff: Sequence[str]
) -> Iterator[Change]:
    """What each change does to the department of the overrides."""
    study = load(*overrides)
    arms = {"0": study.baseline}
    for name in staff:
        for change in changes:
            more = [
                f"site.arrivals.{door}.{KEYS[name]}={{times: {1 + change / 100}}}" for door in DOORS
            ]
            arms[f"{name} {change:+g}"] = load(*overrides, *more).baseline
    made = tuple(replace(arm, name=name) for name, arm in arms.items())
    design = replace(
        study.design, baseline="0", arms={arm.name: arm.arm for arm in made}, sham=None
    )
    replications = compare(replace(study, arms=made, design=design)).replications

    def values(arm: str, measure: str) -> Floats:
        return np.array([one.arms[arm].measures.value(measure) for one in replications])

    for name in staff:
        for change in changes:
            wait, stay, within = (
                values(f"{name} {change:+g}", measure) - values("0", measure)
                for measure in (WAIT, STAY, FOUR_HOURS)
            )
            relative = np.log1p(wait.mean() / values("0", WAIT).mean())
            yield Change(
                name,
                change,
                *map(estimate_interval, (wait, stay, 100 * within)),
                elasticity=float(relative / np.log1p(change / 100)),
            )


def main() -> int:
    """Run each value of the elasticity, print what comes of it; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", default="typical")
    parser.add_argument("--years", type=int, default=8)
    parser.add_argument("--days", type=int, default=364)
    parser.add_argument("--seed", type=int, default=771)
    parser.add_argument(
        "--changes", type=float, nargs="+", default=[-10, -5, -2, 2, 5, 10], help="per cent"
    )
    parser.add_argument("--staff-elasticity", type=float, nargs="+", default=[])
    parser.add_argument("--only", choices=list(KEYS))
    asked = parser.parse_args()
    overrides = [
        f"site={asked.site}",
        "ensemble=none",
        "engine=compiled",
        "executor=serial",
        "run=validation",
        "run.profile_all=false",
        "run.profiles=0",
        f"run.seed={asked.seed}",
        f"run.replications={asked.years}",
        f"run.measured_days={asked.days}",
    ]
    holds: dict[str, bool] = {}
    print(
        "elasticity of staff | staff | % | wait, min (95 %) | elasticity | stay, min | 4 h, points"
    )
    for value in asked.staff_elasticity or [None]:
        own = [] if value is None else [f"calibration.staff_elasticity.value={value}"]
        name = "its own" if value is None else f"{value:g}"
        holds[name] = True
        staff = [asked.only] if asked.only else list(KEYS)
        for row in changes_of([*overrides, *own], asked.changes, staff):
            holds[name] &= not row.shortens
            cells = (
                f"{each.mean:+.2f} ({each.low:+.2f} to {each.high:+.2f})"
                for each in (row.wait, row.stay, row.four_hours)
            )
            wait, stay, within = cells
            said = "  SHORTER" if row.shortens else ""
            print(
                f"{name} | {row.staff} | {row.per_cent:+g} | {wait} | {row.elasticity:.2f} | {stay} | {within}{said}",
                flush=True,
            )
    least_fault = next((n for n, name in enumerate(holds) if not holds[name]), len(holds))
    kept = list(holds)[:least_fault]
    print(
        f"More patients with staff who follow shorten no mean wait at: {', '.join(kept) or 'none'}"
    )
    return 0 if any(holds.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
