"""How the departments of each cause of waiting are fitted: least squares over the calibrated rows, on the same years.

`site=typical_places` (places make patients wait) and `site=typical_pace` (staff speed up) are moved from the values of
their calibration file until the calibrated rows of England's figures lie near the middle of their bounds. Only these
rows and the bound of busy clinicians count: none that is predicted, no trial, no effect. A residual is a row's distance
from the middle of its bounds in halves of their width, so that 1 is a bound; a parameter's distance from its starting
value in tenths of its range is one, too, at a tenth of the weight, since rows leave some directions open. The Jacobian
is of differences over steps as wide as a parameter is known to matter. The fitted values are printed as the calibration
file has them, and the rows on years of other seeds.

    python tests/long/fitted.py SITE [YEARS [SEED [STEPS]]]   typical_places or typical_pace; 4 years, seed 11, 4 steps

With 0 steps the department is only judged, on ten years. Some 10 minutes of one processor. Exit code 1: a row misses
on fresh years.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from simulation.assurance.validate import FigureTable, validate_site
from simulation.records.schema import Floats


class Moved(NamedTuple):
    """A parameter that may move: the step of its differences, and whether it is a whole number."""

    step: float
    whole: bool = False


BOTH: Mapping[str, Moved] = {
    "doctor_minutes_scale": Moved(0.02),
    "children_minutes_scale": Moved(0.05),
    "specialty_minutes": Moved(2),
    "discharge_minutes": Moved(1),
    "laboratory_minutes": Moved(4),
    "return_minutes": Moved(4),
    "observation_scale": Moved(0.05),
    "ward_stay_scale": Moved(0.005),
    "patience_scale": Moved(0.15),
    "ambulance_assessment_minutes": Moved(0.5),
    "rate_urgent": Moved(40, whole=True),
}
SITES: Mapping[str, Mapping[str, Moved]] = {
    "typical_places": BOTH
    | {
        "majors_cubicles": Moved(1, whole=True),
        "majors_chairs": Moved(1, whole=True),
        "corridor_places_more": Moved(1, whole=True),
        "assessment_bays": Moved(1, whole=True),
    },
    "typical_pace": BOTH
    | {
        "patients_in_hand": Moved(0.15),
        "take_on_above": Moved(1, whole=True),
    },
}
FITTED_TO = ("calibrated", "plausible")
AT_HOME = 0.1
"""The weight of a parameter's distance from where it started, in tenths of its range."""
INSIDE = 0.8
FRESH = 1000
"""What is added to the seed for the years on which the fit is judged."""


class Fit:
    """One site, its parameters in units of their steps, and its rows."""

    def __init__(self, site: str, years: int, seed: int) -> None:
        self.site, self.years, self.seed = site, years, seed
        self.moved = SITES[site]
        table = self.table({}, self.years, seed)
        known = {value.name: value for value in table.calibration}
        self.start = np.array([known[name].value for name in self.moved])
        self.low = np.array([known[name].low for name in self.moved])
        self.high = np.array([known[name].high for name in self.moved])
        self.steps = np.array([one.step for one in self.moved.values()])
        self.tried: dict[tuple[float, ...], Floats] = {}

    def values(self, x: Floats) -> dict[str, float]:
        """Values of parameters, whole where they count something."""
        values = np.clip(x * self.steps, self.low, self.high)
        return {
            name: float(round(value)) if one.whole else float(value)
            for (name, one), value in zip(self.moved.items(), values, strict=True)
        }

    def table(self, values: Mapping[str, float], years: int, seed: int) -> FigureTable:
        """The rows of a department with these values."""
        changes = [f"calibration.{name}.value={value:.6g}" for name, value in values.items()]
        return validate_site(
            [
                f"site={self.site}",
                f"run.replications={years}",
                f"run.seed={seed}",
                "executor=serial",
                *changes,
            ],
            targets="england",
            responses=False,
        )

    def residuals(self, x: Floats) -> Floats:
        """Distances of rows from the middle of their bounds, then of parameters from where they started."""
        values = self.values(x)
        key = tuple(values.values())
        if key not in self.tried:
            self.tried[key] = distances(self.table(values, self.years, self.seed))
        home = (np.array(key) - self.start) / (self.high - self.low) * 10 * AT_HOME
        return np.concatenate((self.tried[key], home))

    def jacobian(self, x: Floats) -> Floats:
        """Differences over one step of each parameter, inwards at the end of its range."""
        here = self.residuals(x)
        columns = []
        for number in range(len(x)):
            up = 1.0 if (x[number] + 1) * self.steps[number] <= self.high[number] else -1.0
            beside = x.copy()
            beside[number] += up
            columns.append((self.residuals(beside) - here) / up)
        worst = float(np.abs(here[: len(here) - len(x)]).max())
        print(f"  sum of squares {float((here**2).sum()):.2f}, worst row {worst:.2f}", flush=True)
        return np.array(columns).T


def distances(table: FigureTable) -> Floats:
    """How far rows that are fitted to lie from the middle of their bounds; 1 is at a bound.

    A bound that nobody published (`plausible`) counts from four fifths of the way to it.
    """
    found = []
    for row in table.rows:
        low, high = row.target.low, row.target.high
        if row.target.kind in FITTED_TO and low is not None and high is not None:
            away = (2 * row.found - low - high) / (high - low)
            inside = INSIDE if row.target.kind == "plausible" else 0.0
            found.append(np.sign(away) * max(abs(away) - inside, 0.0) / (1 - inside))
    return np.array(found)


def main(site: str, years: int = 4, seed: int = 11, steps: int = 4) -> int:
    fit = Fit(site, years, seed)
    x = fit.start / fit.steps
    if steps:
        bounds = (fit.low / fit.steps - 1e-9, fit.high / fit.steps + 1e-9)
        x = least_squares(
            fit.residuals, x, fit.jacobian, bounds, max_nfev=steps, xtol=0.02, ftol=0.01
        ).x
    values = fit.values(x)
    for name, value in values.items():
        print(f"{name}: {{value: {value:.4g}}}")
    fresh = fit.table(values, max(years, 10), seed + FRESH)
    missed = 0
    for row in fresh.rows:
        if row.target.kind in FITTED_TO:
            passed = row.passed
            missed += not passed
            target, mark = row.target, "" if passed else "  MISSED"
            print(f"{target.name:62} {row.found:9.3f}  {target.low} to {target.high}{mark}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
