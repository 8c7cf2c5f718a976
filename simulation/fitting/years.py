"""One simulated year of a department, held against the targets; and the file of lines that keeps each as it ends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from simulation.analysis.definitions import ALL
from simulation.analysis.window import Window
from simulation.config.composing import Composed
from simulation.config.departments import department
from simulation.config.dotted import Change, as_stated
from simulation.config.ensembles import VariedParameter, changes_by
from simulation.config.studies import study_from
from simulation.errors import ConfigError, Fault, ResultsError
from simulation.experiment.executors import Executor, Failed, completed, open_executor
from simulation.experiment.replicate import ArmReplication, ReplicationResult
from simulation.experiment.run import compile_first, failure
from simulation.fitting.space import Space, Values
from simulation.pathway.config_dataclass import config_dataclass
from simulation.pathway.department import Pathway
from simulation.study.study import RunLength, Study
from simulation.targets import Target
from simulation.validation.figures import BUSY, figure, months_from_to

BESIDE = ("walk_in_triage_wait_mean", "busy_by_day_share")
"""Measures that no target is about and whose spread is shown: by these, departments that fit differ most."""
MOST_DOUBLINGS = 1
"""Of the cool-down: a department that locks up would hold patients for ever, and no target would be met."""


@dataclass(frozen=True)
class Year:
    """A department, and what a year of it gave: by name of the row or figure."""

    number: int
    values: Values
    rows: Mapping[str, float]
    beside: Mapping[str, float]


@config_dataclass
class _OfMonths(RunLength):
    """The length of a run that is measured by some months alone."""

    only: tuple[int, ...]

    def months(self, replication: int) -> tuple[tuple[int, Window], ...]:
        """Those of the months that somebody asks for."""
        return tuple(each for each in super().months(replication) if each[0] in self.only)


class Site:
    """A site that was composed and checked once, and its departments, which differ from it in numbers alone."""

    def __init__(
        self,
        found: Composed,
        folders: Sequence[Path],
        parameters: Mapping[str, VariedParameter],
        targets: Sequence[Target],
    ) -> None:
        self.raw, self.parameters = found.raw, parameters
        self.fitted = tuple(target for target in targets if target.kind == "calibrated")
        self.predicted = tuple(each for each in targets if each.kind == "predicted" and each.measure != BUSY)
        study = study_from(found, folders)
        arm = study.baseline
        stated = {**found.raw["scenario"].get("changes", {}), **arm.arm.changes}
        self._after = [Change(path, as_stated(value), path) for path, value in stated.items() if path[:7] != "triage."]
        months = tuple(sorted({month for target in targets for month in months_from_to(target.months)}))
        doublings = min(study.run.doublings, MOST_DOUBLINGS)
        stated = {**vars(study.run), "profile_all": True, "by_month": bool(months), "doublings": doublings}
        run = _OfMonths(**stated, only=months)
        design = replace(study.design, baseline=arm.name, coverages=None)
        self.study = replace(study, arms=(arm,), design=design, run=run, resolved={})

    def changes(self, values: Values) -> list[Change]:
        """Everything that makes the site into a department."""
        return [*changes_by(self.parameters, values, "department"), *self._after]

    def pathway(self, values: Values, *, checked: bool = False) -> Pathway:
        """A department. Raises ConfigError; `checked`: look at the whole of it, as at any department."""
        faults: list[Fault] = []
        _, made = department(self.raw, self.changes(values), faults, numbers_only=not checked)
        if faults or made is None:
            raise ConfigError(faults)
        return made

    def check_edges(self, space: Space) -> None:
        """Raise ConfigError if the department with every parameter at its lowest is not sound, or that at its highest.

        Departments between them differ in numbers alone, and are looked at in full again when they are accepted.
        """
        for edge in (0.0, 1.0):
            self.pathway(space.values(np.full(space.n_dims, edge)), checked=True)

    def study_of(self, values: Values) -> Study:
        """The baseline arm in a department."""
        arm = self.study.baseline
        return replace(self.study, arms=(replace(arm, pathway=self.pathway(values)),))

    def year(self, values: Values, result: ReplicationResult) -> Year:
        """A simulated year as the targets see it."""
        answer = result.arms[self.study.design.baseline]
        pathway = self.study.baseline.pathway
        rows = {each.name: float(figure(each, (answer,), pathway)[0]) for each in self.fitted}
        beside = {each.name: float(figure(each, (answer,), pathway)[0]) for each in self.predicted}
        return Year(result.replication, values, rows, {**beside, **_beside(answer)})


def _beside(answer: ArmReplication) -> dict[str, float]:
    """What is shown beside the rows: of every pool or of all."""
    return {
        each.measure if each.group == ALL else f"{each.measure}, {each.group}": float(value)
        for each, value in zip(answer.measures.names, answer.measures.values, strict=True)
        if each.measure in BESIDE and (each.group == ALL or each.group.startswith("pool="))
    }


class _InDepartments:
    """An executor whose task `number` is a year of a department of its own."""

    def __init__(self, executor: Executor, site: Site, of: Mapping[int, Values]) -> None:
        self._executor, self._site, self._of = executor, site, of

    @property
    def n_at_once(self) -> int:
        """As many as the executor's own: one department is made while the others are simulated."""
        return self._executor.n_at_once

    def submit(self, study: Study, number: int) -> Future[ReplicationResult]:
        """Make the department and start its year."""
        return self._executor.submit(self._site.study_of(self._of[number]), number)

    def stop(self) -> None:
        """End everything at once."""
        self._executor.stop()

    def close(self) -> None:
        """Let go of the workers."""
        self._executor.close()


def simulate_years(site: Site, departments: Mapping[int, Values]) -> Iterator[Year]:
    """A year of each department as it ends; its number says which other chance it has than all others.

    Raises AeflowError with the numbers of those that failed, after the others.
    """
    if not departments:
        return
    compile_first(site.study)
    failed: list[Failed] = []
    with open_executor(site.study) as opened:
        executor = _InDepartments(opened, site, departments)
        for result in completed(executor, site.study, departments):
            if isinstance(result, Failed):
                failed.append(result)
            else:
                yield site.year(departments[result.replication], result)
    if failed:
        raise failure(failed)


class YearsFile:
    """Departments that were proposed and years that were simulated, a line each; a context that one process holds.

    A line that a crash cut short is dropped as the file is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.proposed: list[Values] = []
        """Departments in the order of their numbers."""
        self.waves: list[int] = []
        """By wave, how many departments had been proposed when it ended."""
        self.years: dict[int, Year] = {}
        self._lock = FileLock(path.with_suffix(".lock"))

    def __enter__(self) -> YearsFile:
        """Take the lock and read what is there. Raises ResultsError if another process has it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ResultsError(f"{self.path}: another process builds this ensemble. Wait for it, or end it") from None
        except OSError as error:
            raise ResultsError(f"{self.path}: cannot be written ({error.strerror}). Choose another folder") from error
        self._read()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        self._lock.release()

    def _read(self) -> None:
        text = self.path.read_text(encoding="utf-8") if self.path.is_file() else ""
        whole = text[: text.rfind("\n") + 1]
        for line in whole.splitlines():
            self._take(json.loads(line))
        if whole != text:
            self.path.write_text(whole, encoding="utf-8", newline="\n")

    def _take(self, stated: dict[str, Any]) -> None:
        if "proposed" in stated:
            self.proposed += [tuple(values) for values in stated["proposed"]]
            self.waves.append(len(self.proposed))
        else:
            self.years[stated["number"]] = Year(**{**stated, "values": tuple(stated["values"])})

    def _append(self, stated: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(stated) + "\n")
        self._take(stated)

    def propose(self, departments: Iterable[Values]) -> None:
        """Add a wave of departments, to be simulated."""
        self._append({"proposed": [list(values) for values in departments]})

    def add(self, year: Year) -> None:
        """Keep a year."""
        self._append({"number": year.number, "values": list(year.values), "rows": year.rows, "beside": year.beside})

    @property
    def missing(self) -> dict[int, Values]:
        """Departments that were proposed and not simulated yet, by number."""
        return {number: values for number, values in enumerate(self.proposed) if number not in self.years}

    def of_waves(self, n_waves: int | None = None) -> list[Year]:
        """The years of so many waves from the first on, by number; none given: of all."""
        end = len(self.proposed) if n_waves is None else self.waves[n_waves - 1]
        return [self.years[number] for number in range(end) if number in self.years]
