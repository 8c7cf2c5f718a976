"""Runs of one site as it is and under each change that response rows ask about, all on the same draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from simulation.config import composed, load, pathway_from, search_folders
from simulation.errors import ConfigError, Fault
from simulation.experiment.replicate import ReplicationResult
from simulation.experiment.run import compare
from simulation.pathway.department import Pathway
from simulation.study.study import ReadyArm, Study
from simulation.validation.changes import fewer_beds, one_clinician_fewer, with_override
from simulation.validation.figures import Replications, adult_occupancy, of_measure
from simulation.validation.table import RAISED_BY, CalibrationValue, StaySearch

CLOSE_ENOUGH = 0.001
MOST_TRIES = 5
STAY_PARAMETER = "calibration.ward_stay_scale.value"
STAY, BUSIER, NOBODY_REACTS, FEWER_STAFF, FEWER_BEDS = (
    "bed-days per admission raised until occupancy at midnight is 2 points higher",
    "10 % more arrivals",
    "10 % more arrivals, nobody reacts",
    "one clinician fewer from 14:00 to 22:00",
    "10 % fewer beds",
)
"""The changes that response rows may name."""
CHANGES = (STAY, FEWER_STAFF, BUSIER, NOBODY_REACTS, FEWER_BEDS)
SCENARIOS = {BUSIER: "busier", NOBODY_REACTS: "nobody_reacts"}
"""Changes that are scenarios."""
AS_IS = "as it is"


class SiteRuns:
    """A composed configuration and the runs made from it."""

    def __init__(self, overrides: Sequence[str], config_dir: str | Path | None, *, by_month: bool = False) -> None:
        self.overrides, self.config_dir, self.by_month = list(overrides), config_dir, by_month
        self.raw = composed(self.overrides, config_dir=config_dir)
        self.study = load(*self.overrides, config_dir=config_dir)
        self.fewer_in = ""

    @property
    def pathway(self) -> Pathway:
        """The baseline arm's department."""
        return self.study.baseline.pathway

    def calibration_file(self) -> Path:
        """The file of fitted values in use."""
        name = self.study.chosen("calibration")
        for folder in search_folders(self.config_dir):
            if (folder / "calibration" / f"{name}.yaml").is_file():
                return folder / "calibration" / f"{name}.yaml"
        raise ConfigError([Fault("calibration", f"there is no file '{name}.yaml'", "Name one that exists")])

    def calibration(self) -> tuple[CalibrationValue, ...]:
        """Every fitted value."""
        return tuple(
            CalibrationValue(
                name,
                float(parameter["value"]),
                float(parameter["range"][0]),
                float(parameter["range"][1]),
                parameter["source"],
            )
            for name, parameter in (self.raw.get("calibration") or {}).items()
        )

    def arms(self, responses: bool) -> dict[str, Replications]:
        """The site as it is, and under each change that needs no search, by name of the change, on the same draws."""
        base = replace(self.study.baseline, name=AS_IS)
        arms = [base]
        if responses:
            self.fewer_in, fewer = one_clinician_fewer(self.pathway)
            arms += [
                *(self._under(scenario, name) for name, scenario in SCENARIOS.items()),
                self._changed(FEWER_STAFF, fewer),
                self._changed(FEWER_BEDS, fewer_beds(self.pathway, self._paths())),
            ]
        return self._run(self.study, arms)

    def with_stays(self, scale: float) -> Replications:
        """The site with the parameter of ward stays at `scale`."""
        words = with_override(self.overrides, f"{STAY_PARAMETER}={scale:.6f}")
        study = load(*words, config_dir=self.config_dir)
        return self._run(study, [replace(study.baseline, name=STAY)])[STAY]

    def _under(self, scenario: str, name: str) -> ReadyArm:
        study = load(*with_override(self.overrides, f"scenario={scenario}"), config_dir=self.config_dir)
        return replace(study.baseline, name=name)

    def _changed(self, name: str, changes: Mapping[str, Any]) -> ReadyArm:
        arm = self.study.baseline
        own = {**self.raw["scenario"]["changes"], **arm.arm.changes, **changes}
        return replace(arm, name=name, pathway=pathway_from(self.raw, changes=own))

    def _paths(self) -> dict[str, str]:
        """By pool, the dotted path where it is stated."""
        groups = {"staffing": self.raw.get("staffing") or {}}
        groups |= {f"{group}.pools": (self.raw.get(group) or {}).get("pools") or {} for group in ("site", "pathway")}
        return {name: f"{group}.{name}" for group, pools in groups.items() for name in pools}

    def _run(self, study: Study, arms: Sequence[ReadyArm]) -> dict[str, Replications]:
        design = replace(study.design, baseline=arms[0].name)
        # Rows are judged on profiles, too, and some on months, whatever the run says.
        length = replace(study.run, profile_all=True, by_month=self.by_month)
        replications: tuple[ReplicationResult, ...] = compare(
            replace(study, arms=tuple(arms), design=design, run=length)
        ).replications
        return {arm.name: tuple(answer.arms[arm.name] for answer in replications) for arm in arms}


def longer_stays(site: SiteRuns, before: Replications) -> tuple[StaySearch, Replications]:
    """Lengthen stays until occupancy is two points higher: the secant method on the parameter, a few runs."""
    start = float(site.raw["calibration"]["ward_stay_scale"]["value"])
    occupied = float(adult_occupancy(before, site.pathway).mean())
    goal = occupied + RAISED_BY
    known = [(start, occupied)]
    scale = start * (1 + RAISED_BY / occupied)
    best: tuple[float, float, Replications] | None = None
    for _ in range(MOST_TRIES):
        replications = site.with_stays(scale)
        reached = float(adult_occupancy(replications, site.pathway).mean())
        if best is None or abs(reached - goal) < abs(best[1] - goal):
            best = scale, reached, replications
        known.append((scale, reached))
        if abs(reached - goal) < CLOSE_ENOUGH:
            break
        scale = _next_scale(known, goal, start)
    assert best is not None
    change = of_measure("within_4h_share", best[2]) - of_measure("within_4h_share", before)
    return StaySearch(start, best[0], occupied, best[1], float(change.mean())), best[2]


def _next_scale(known: Sequence[tuple[float, float]], goal: float, start: float) -> float:
    """Through the two points nearest the goal; no further than one and a half times as long as at the start."""
    (x0, y0), (x1, y1) = sorted(known, key=lambda each: abs(each[1] - goal))[:2]
    slope = (y1 - y0) / (x1 - x0) if x1 != x0 else 0.0
    step = (goal - y0) / slope if slope > 0 else 0.02 * start * math.copysign(1, goal - y0)
    return float(np.clip(x0 + step, start, 1.5 * start))
