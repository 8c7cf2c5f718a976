"""Waves of simulated years until enough departments meet every target.

A year is one of a department of its own, and a file keeps all. The first wave is spread evenly over the priors. Before
each further one an emulator learns from all years so far, and a random walk by its probability of meeting every row
chooses the departments to simulate next. A department is accepted if the emulator, which has seen its year, gives ten
years of it a fair chance of meeting every row, and if its own year does not contradict that. Its own year need not meet
every row: one year varies as much as a band is wide, so asking for it would select on chance
(docs/how-to/ensembles.md has the figures). A wave is a function of the years before it, so that an interrupted build
goes on as if it had never stopped.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from filelock import FileLock, Timeout
from scipy.stats.qmc import Sobol

from simulation.assurance.fitting.emulator import Emulator, Space, learn, space_of, walk
from simulation.assurance.targets import (
    BUSY,
    PublishedFigure,
    Say,
    figure,
    months_from_to,
    with_measures_of,
)
from simulation.config.arms import department, lay_changes
from simulation.config.composing import Composed, files_with
from simulation.config.dotted import Change, ChangeRow, as_stated
from simulation.config.ensembles import Priors, changes_by, kinds_of
from simulation.config.studies import study_from
from simulation.config.totals import SIZE
from simulation.department.check_pathway import unlike_faults
from simulation.department.config_dataclass import config_dataclass
from simulation.department.vocabulary import Pathway
from simulation.display.progress import progress
from simulation.errors import ConfigError, Faults, ResultsError
from simulation.measures.definitions import ALL
from simulation.measures.quantities import Window
from simulation.records.schema import Floats
from simulation.runs.atomic import write_file
from simulation.runs.replicate import ReplicationResult, replicate
from simulation.runs.running import Runner, compile_first
from simulation.study.design import Member
from simulation.study.study import RunLength, Study
from simulation.wording import number_of

BESIDE = ("walk_in_triage_wait_mean", "busy_by_day_share")
"""Measures without a target, of all or of every pool, whose spread is shown: departments that fit differ most in
these."""
MOST_DOUBLINGS = 1
"""The most doublings of the cool-down: a department that locks up would hold patients for ever, and meet no target."""


@dataclass(frozen=True)
class Year:
    """A department and one year of it: the values of rows to be fitted, and of figures beside them, by name."""

    number: int
    member: Member
    rows: Mapping[str, float]
    beside: Mapping[str, float]


@config_dataclass
class _OfMonths(RunLength):
    """The length of a run that is measured by some months alone."""

    only: tuple[int, ...]

    def months(self, replication: int) -> tuple[tuple[int, Window], ...]:
        """The months that targets ask for, with their windows."""
        return tuple(month for month in super().months(replication) if month[0] in self.only)


class Site:
    """A site, composed and checked once, and its departments, which differ in numbers alone within a structure."""

    def __init__(
        self,
        composed: Composed,
        folders: Sequence[Path],
        priors: Priors,
        targets: Sequence[PublishedFigure],
        cause: str = "",
    ) -> None:
        self.raw, self.space = composed.raw, space_of(priors, composed.raw, cause)
        self.priors = replace(priors, parameters=self.space.parameters)
        self._files = files_with(composed, kinds_of(priors), folders)
        self.fitted = tuple(target for target in targets if target.kind == "calibrated")
        self.predicted = tuple(
            target for target in targets if target.kind == "predicted" and target.measure != BUSY
        )
        study = with_measures_of(study_from(composed, folders), targets)
        arm = study.baseline
        changes = {**composed.raw["scenario"].get("changes", {}), **arm.arm.changes}
        self._after = [
            Change(path, as_stated(value), path)
            for path, value in changes.items()
            if not path.startswith("triage.")
        ]
        months = tuple({month for target in targets for month in months_from_to(target.months)})
        doublings = min(study.run.doublings, MOST_DOUBLINGS)
        length = replace(study.run, profile_all=True, by_month=bool(months), doublings=doublings)
        run = _OfMonths(**vars(length), only=months)
        design = replace(study.design, baseline=arm.name, coverages=None)
        self.study = replace(study, arms=(arm,), design=design, run=run, resolved={})

    def changes(self, member: Member) -> ChangeRow:
        """The changes that make its structure into a department."""
        return changes_by(self.priors, member, "department")

    def pathway(self, member: Member, *, checked: bool = False) -> Pathway:
        """A department. Raises ConfigError; with `checked` the whole of it is checked, as any department is."""
        faults = Faults()
        raw = {**self.raw, **self._files.get(member.kind, {})}
        lay_changes(raw, self.changes(member), faults)
        _, pathway = department(raw, self._after, faults, numbers_only=not checked)
        faults.refuse()
        assert pathway is not None
        return pathway

    def check_edges(self) -> None:
        """Raise ConfigError if a department of some structure with every parameter at its lowest, or at its highest,
        has a fault, or other steps or pools than the first.

        Departments between them differ in numbers alone, and are checked in full when they are accepted.
        """
        faults, first = Faults(), None
        for structure, edge in product(self.space.structures or ("",), (0.0, 1.0)):
            at_edge = self.space.member(np.full(self.space.n_dims, edge))
            where = f"structures.{structure}"
            try:
                made = self.pathway(replace(at_edge, structure=structure), checked=True)
            except ConfigError as refused:
                within = f"{where}: " if structure else ""
                faults += [replace(fault, where=within + fault.where) for fault in refused.faults]
            else:
                first = first or made
                faults += unlike_faults(made, first, where)
        faults.refuse()

    def study_of(self, member: Member) -> Study:
        """A study of the baseline arm in a department."""
        arm = self.study.baseline
        return replace(self.study, arms=(replace(arm, pathway=self.pathway(member)),))

    def year(self, member: Member, result: ReplicationResult) -> Year:
        """The figures of a simulated year that targets are about."""
        replication = result.arms[self.study.design.baseline]
        pathway = self.study.baseline.pathway
        rows, predicted = (
            {target.name: figure(target, (replication,), pathway).item() for target in targets}
            for targets in (self.fitted, self.predicted)
        )
        beside = {
            name.measure if name.group == ALL else f"{name.measure}, {name.group}": float(value)
            for name, value in zip(
                replication.measures.names, replication.measures.values, strict=True
            )
            if name.measure in BESIDE and (name.group == ALL or name.group.startswith("pool="))
        }
        return Year(result.replication, member, rows, {**predicted, **beside})


def simulate_years(site: Site, departments: Mapping[int, Member]) -> Iterator[Year]:
    """A year of each department as it ends; the department's number is that of its random variates.

    One department is made while the others are simulated. Raises AeflowError with the numbers of those that failed,
    after the others.
    """

    def study_of(number: int) -> Study:
        return site.study_of(departments[number])

    for result in Runner(site.study, numbers=departments, study_of=study_of):
        yield site.year(departments[result.replication], result)


class YearsFile:
    """A file of proposed departments and simulated years, a line each; a context that one process holds.

    A line that a crash cut short is dropped when the file is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.proposed: list[Member] = []
        """Departments in the order of their numbers."""
        self.n_waves = 0
        self.years: dict[int, Year] = {}
        self._lock = FileLock(path.with_suffix(".lock"))

    def __enter__(self) -> YearsFile:
        """Take the lock and read the file. Raises ResultsError if another process holds the lock."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ResultsError(
                f"{self.path}: another process builds this ensemble. Wait for it, or end it"
            ) from None
        except OSError as error:
            raise ResultsError(
                f"{self.path}: cannot be written ({error.strerror}). Choose another folder"
            ) from error
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
            write_file(self.path, whole)

    def _take(self, line: dict[str, Any]) -> None:
        if "proposed" in line:
            self.proposed += map(_member, line["proposed"])
            self.n_waves += 1
        else:
            self.years[line["number"]] = Year(**{**line, "member": _member(line["member"])})

    def _append(self, line: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write((text := json.dumps(line, default=vars)) + "\n")
        self._take(json.loads(text))

    def propose(self, departments: Iterable[Member]) -> None:
        """Add a wave of departments, to be simulated."""
        self._append({"proposed": list(departments)})

    def add(self, year: Year) -> None:
        """Keep a year."""
        self._append(vars(year))

    @property
    def missing(self) -> dict[int, Member]:
        """Departments that were proposed and not simulated yet, by number."""
        return {
            number: member
            for number, member in enumerate(self.proposed)
            if number not in self.years
        }

    def of_waves(self) -> list[Year]:
        """The years of all waves, by number."""
        return [self.years[number] for number in range(len(self.proposed)) if number in self.years]


def _member(line: Mapping[str, Any]) -> Member:
    return Member(**{**line, "values": tuple(line["values"])})


FIRST, WAVE, N_CHAINS = 128, 80, 400
"""Years of the first wave (a power of two, which makes Sobol points even), years of each further wave, and chains of
the walk that chooses it."""
LEAST_CHANCE = 0.5
"""The least probability of meeting every row for a department to be accepted (docs/how-to/ensembles.md)."""
YEARS_EACH = 14
"""Years that a build is expected to need for each department: `typical` took 1,488 for 106."""
MOST_YEARS = 150
"""Years for each department wanted after which a build stops; drawing at random would take twice as many."""


class Fit(NamedTuple):
    """A finished build: its years, the emulator, the number of departments that fit, and those wanted, at random."""

    space: Space
    years: tuple[Year, ...]
    emulator: Emulator
    n_fit: int
    accepted: tuple[Year, ...]

    @property
    def points(self) -> Floats:
        """The parameters of the departments that fit, in the cube, shape (departments, parameters)."""
        return self.space.points([year.member for year in self.accepted])[
            :, : len(self.space.parameters)
        ]


@dataclass
class Builder:
    """A build: the site and its priors, the file of years, and the seed."""

    site: Site
    judged_by_mean: Sequence[str]
    file: YearsFile
    seed: int
    say: Say

    def build(self, wanted: int) -> Fit:
        """Simulated years of which `wanted` departments fit. Raises ResultsError if they are too hard to find."""
        if not self.file.proposed:
            sobol = Sobol(self.site.space.n_dims, rng=np.random.default_rng(self.seed))
            self.file.propose(map(self.site.space.member, sobol.random(FIRST)))
        if self.file.missing:
            self._say_how_long(wanted)
        while True:
            if missing := self.file.missing:
                with progress(len(missing), what="years") as shown:
                    for number, year in enumerate(simulate_years(self.site, missing), start=1):
                        self.file.add(year)
                        shown.done(number)
            years = self.file.of_waves()
            emulator, fit = self._learn(years)
            self.say(
                f"{self.file.n_waves} waves, {len(years)} years: {len(fit)} of {wanted} departments"
            )
            if len(fit) >= wanted:
                accepted = tuple(fit[index] for index in self._chosen(fit, wanted))
                return Fit(self.site.space, tuple(years), emulator, len(fit), accepted)
            if len(years) >= MOST_YEARS * wanted:
                raise self._too_hard(years, len(fit), wanted)
            rng = np.random.default_rng([self.seed, self.file.n_waves])
            known = self.site.space.points([year.member for year in fit])
            chains = walk(
                emulator.log_chance, self.site.space.n_dims, rng, known, n_chains=N_CHAINS
            )
            self.file.propose(
                [
                    self.site.space.member(point)
                    for point in rng.permutation(np.unique(chains, axis=0))[:WAVE]
                ]
            )

    def _chosen(self, fit: Sequence[Year], wanted: int) -> list[int]:
        """Which of those that fit are taken, at random; where they differ in size, such that sizes are spread as they
        were drawn, because which sizes there are is known and no row is about it."""
        rng = np.random.default_rng([self.seed, wanted])
        left: list[int] = rng.permutation(len(fit)).tolist()
        sizes = [SIZE in one.changes for one in self.site.space.parameters.values()]
        if not any(sizes):
            return left[:wanted]
        at = self.site.space.points([year.member for year in fit])[:, sizes.index(True)]
        chosen = []
        for place in rng.permutation((np.arange(wanted) + 0.5) / wanted):
            chosen.append(min(left, key=lambda index: abs(at[index] - place)))
            left.remove(chosen[-1])
        return chosen

    def _say_how_long(self, wanted: int) -> None:
        """Simulate a year in this process, and say how long the build may take if all years take as long."""
        study = self.site.study
        compile_first(study)
        began = time.perf_counter()
        number, member = next(iter(self.file.missing.items()))
        self.file.add(self.site.year(member, replicate(self.site.study_of(member), number)))
        seconds, at_once = (
            time.perf_counter() - began,
            1 if study.executor == "serial" else study.workers,
        )
        years = max(YEARS_EACH * wanted, len(self.file.proposed)) - len(self.file.of_waves())
        minutes = number_of(math.ceil(years * seconds / at_once / 60), "minute")
        self.say(
            f"Estimate: {minutes} for about {years:,} more years (typical needed {YEARS_EACH} a department), "
            f"{seconds:.2g} s each, {at_once} at once."
        )

    def _learn(self, years: Sequence[Year]) -> tuple[Emulator, list[Year]]:
        """An emulator of these years, and those of them whose departments are accepted."""
        targets = self.site.fitted
        points = self.site.space.points([year.member for year in years])
        values = np.array([[year.rows[target.name] for target in targets] for year in years])
        emulator = learn(targets, points, values, self.judged_by_mean, self.site.space.edges)
        fit = emulator.chance(points) >= LEAST_CHANCE
        fit &= ~emulator.contradicted(points, values)
        return emulator, [year for year, is_fit in zip(years, fit, strict=True) if is_fit]

    def _too_hard(self, years: Sequence[Year], n_found: int, wanted: int) -> ResultsError:
        shares = {
            target.name: np.mean([bool(target.allows(year.rows[target.name])) for year in years])
            for target in self.site.fitted
        }
        hardest = min(shares, key=lambda name: float(shares[name]))
        return ResultsError(
            f"{n_found} of {wanted} departments after {len(years)} years. '{hardest}' was met least often "
            f"({shares[hardest]:.0%} of years). Widen the priors that it depends on, or its target"
        )
