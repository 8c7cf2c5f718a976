"""Runs of one site as it is and under each change that response rows name, all on the same draws."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulation.assurance.published.changes import fewer_beds, one_clinician_fewer, with_override
from simulation.assurance.published.differs import differences
from simulation.assurance.published.figures import Replications
from simulation.assurance.published.table import CalibrationValue
from simulation.config import load, pathway_from, search_folders
from simulation.config.composing import stated_in
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault
from simulation.run.replicate import ReplicationResult
from simulation.run.running import compare
from simulation.study.study import ReadyArm, Study

LONGER_STAYS, BUSIER, NOBODY_REACTS, FEWER_STAFF, FEWER_BEDS = (
    "adult ward stays 3 % longer",
    "10 % more arrivals",
    "10 % more arrivals, nobody reacts",
    "one clinician fewer from 14:00 to 22:00",
    "10 % fewer beds",
)
"""The changes that response rows may name."""
CHANGES = (LONGER_STAYS, FEWER_STAFF, BUSIER, NOBODY_REACTS, FEWER_BEDS)
SCENARIOS = {BUSIER: "busier", NOBODY_REACTS: "nobody_reacts"}
"""Changes that are scenarios."""
LONGER = {"site.durations.ward_stay.scale": {"times": 1.03}}
AS_IS = "as it is"


class SiteRuns:
    """A composed configuration and the runs of its site. `fewer_in`: the pool that lost a clinician, once run."""

    def __init__(self, overrides: Sequence[str], config_dir: str | Path | None, *, by_month: bool = False) -> None:
        self.overrides, self.config_dir, self.by_month = list(overrides), config_dir, by_month
        self.raw = stated_in(self.overrides, search_folders(config_dir)).raw
        self.study = load(*self.overrides, config_dir=config_dir).on_typical()
        self.fewer_in = ""

    @property
    def pathway(self) -> Pathway:
        """The baseline arm's department."""
        return self.study.baseline.pathway

    def calibration_file(self) -> Path | None:
        """The file of fitted values in use; None for a department without."""
        name = self.study.chosen("calibration")
        if not self.raw.get("calibration"):
            return None
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

    def differs(self) -> tuple[str, ...]:
        """Each value in which the site differs from the typical one; none for another pathway, where all differs."""
        typical = stated_in((), search_folders(self.config_dir))
        if self.study.chosen("pathway") != typical.choices["pathway"]:
            return ()
        return differences(self.raw, typical.raw)

    def arms(self, changes: Collection[str], done: Callable[[int], None]) -> dict[str, Replications]:
        """The replications of the site as it is and under each of these changes, by name of the change."""
        changed = [self._arm(change) for change in CHANGES if change in changes]
        return self._run(self.study, [replace(self.study.baseline, name=AS_IS), *changed], done)

    def _arm(self, change: str) -> ReadyArm:
        if change in SCENARIOS:
            return self._under(SCENARIOS[change], change)
        if change == LONGER_STAYS:
            return self.changed(change, LONGER)
        if change == FEWER_BEDS:
            return self.changed(change, fewer_beds(self.pathway, self._paths()))
        self.fewer_in, fewer = one_clinician_fewer(self.pathway)
        return self.changed(change, fewer)

    def _under(self, scenario: str, name: str) -> ReadyArm:
        study = load(*with_override(self.overrides, f"scenario={scenario}"), config_dir=self.config_dir)
        return replace(study.baseline, name=name)

    def changed(self, name: str, changes: Mapping[str, Any]) -> ReadyArm:
        """The baseline arm with changes on top of those of the scenario and of its own."""
        arm = self.study.baseline
        own = {**self.raw["scenario"]["changes"], **arm.arm.changes, **changes}
        return replace(arm, name=name, pathway=pathway_from(self.raw, changes=own))

    def _paths(self) -> dict[str, str]:
        """The dotted path at which each pool is stated."""
        groups = {"staffing": self.raw.get("staffing") or {}}
        groups |= {f"{group}.pools": (self.raw.get(group) or {}).get("pools") or {} for group in ("site", "pathway")}
        return {name: f"{group}.{name}" for group, pools in groups.items() for name in pools}

    def _run(self, study: Study, arms: Sequence[ReadyArm], done: Callable[[int], None]) -> dict[str, Replications]:
        design = replace(study.design, baseline=arms[0].name)
        # Rows are judged on profiles too, and some on months, whatever the run says.
        length = replace(study.run, profile_all=True, by_month=self.by_month)
        replications: tuple[ReplicationResult, ...] = compare(
            replace(study, arms=tuple(arms), design=design, run=length), done=done
        ).replications
        return {arm.name: tuple(replication.arms[arm.name] for replication in replications) for arm in arms}
