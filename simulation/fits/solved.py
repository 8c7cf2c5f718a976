"""Departments that give what an extract shows: a set of them, because many that differ give the same stamps. Those
that give what is published of a trust (`trust_set`) are such a set, too.

Each is one of the packaged ensemble, of its own cause of waiting and structure, with what the extract identifies, and
what was stated, laid over it. What no stamp shows (minutes of clinicians and of what follows them, ward stays) is then
solved for, in the way of an offer, until waits by step, the four-hour share and who left come out. Departments that
cannot give them are left out; if too few are left, or their mean is off, there is no set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from simulation.config.dotted import Raw
from simulation.config.ensembles import Ensemble
from simulation.config.files import search_folders, stated_by
from simulation.config.writing import ensemble_text
from simulation.display.table import Cell, Cells, ReportTable
from simulation.fits.department import FittedDepartment
from simulation.fits.on_duty import with_drawn_clinicians
from simulation.fits.records import PACKAGED_NURSE, TRIAGE_SCALE
from simulation.offers.department import DOCTORS, TRIAGE, OfferedDepartments, members_of
from simulation.offers.offer import (
    AFTER,
    BOUND_ON_HANDOVER,
    DEPARTMENTS,
    EASED,
    REPLICATIONS,
    YEAR,
    along_causes,
    most_even,
    of_years,
    texts_alone,
    unsolved_ensemble,
)
from simulation.offers.solving import CalibrationTarget, Solver, kept_years, study_over
from simulation.records.schema import Floats, Mask
from simulation.records.serialise import read_rows
from simulation.report.findings import TOLERANCES, Tolerance
from simulation.study.study import Study

N_DEPARTMENTS, LEAST = 30, 20
"""How many departments are drawn, and how many have to be left for an answer."""
PATIENCE, STAYS = "patience", "ward_stays"
SEEN = 1.08
"""By how many times, at most, minutes of triage that stamps show are moved until walk-ins wait as long."""
LEAST_SHARE = 0.002
"""A share below which its logarithm is not solved for."""
OVER_4H, OVER_12H = (f"decision_to_departure_over_{hours}h_share" for hours in (4, 12))
FIGURES: Mapping[str, Tolerance] = {
    **TOLERANCES,
    OVER_4H: Tolerance("over four hours from the decision to admit", "%", "", 4, 8),
    OVER_12H: Tolerance("over twelve hours from the decision to admit", "%", "", 2, 4),
}
"""How figures are printed, by measure: those of a department, and those that are published of a trust's wards."""


class Met(NamedTuple):
    """How near a figure has to be met: by the mean of all departments and by each, as a share of the figure or as a
    number (`near_share` 0)."""

    near: float
    near_share: float
    single: float

    def off(self, simulated: Floats | float, recorded: float) -> Floats:
        """How far it is off, in units of what the mean may be."""
        return np.asarray(simulated - recorded) / max(self.near, self.near_share * recorded)


MET = read_rows(Path(__file__).with_suffix(".yaml"), Met)
"""Figures of an extract that its departments have to give, and how nearly; of single departments, whose two years have
luck of their own, by how many times that. Judgements."""


class HeldFigures(Protocol):
    """What departments are held to: `whose` figures, after 'the'; `made_by`: the command; `limitation`: what every
    answer from them says."""

    whose: ClassVar[str]
    made_by: ClassVar[str]
    limitation: ClassVar[str]

    @property
    def name(self) -> str:
        """The name of the files of the departments and of the study over them."""

    @property
    def of(self) -> str:
        """What the figures are of, as a name."""

    def study(self, ensemble: str = "none", why: str = "") -> str:
        """The text of the study over an ensemble, or over one department, with why that is not calibrated."""


def wanted_of(fitted: FittedDepartment) -> dict[str, float]:
    """The figures that departments are held to, by measure."""
    measures = fitted.extract.measures
    found = {name: measures.value(name) for name in MET if (name, "all") in measures.places}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def targets_of(
    wanted: Mapping[str, float], causes: Sequence[str], *, minutes_seen: bool = False
) -> Iterator[CalibrationTarget]:
    """What is solved for, each by the parameter that moves it most, and a bound on ambulance handover, which no stamp
    shows. Minutes of triage that stamps show (`minutes_seen`) hardly move. Slopes are measured on 16 departments of the
    packaged ensemble, a year each; where cubicles are always full, ward stays lengthen every wait."""
    triage, wait, share, left, long = MET
    eased, n = along_causes(EASED, causes), len(causes)
    full = np.array([{"places": 1.0, "mixture": 0.2}.get(cause, 0.0) for cause in causes])
    if wait in wanted:
        yield CalibrationTarget(
            DOCTORS, wait, wanted[wait], 2.1, (0.2, 3.0), True, along=eased,
            crosses={share: -0.41, left: 1.7, long: 0.8},
        )  # fmt: skip
    if share in wanted and wait in wanted:
        yield CalibrationTarget(
            AFTER[0], share, wanted[share], -0.24, (0.2, 3.0), along=dict.fromkeys(AFTER[1:], np.ones(n)),
            crosses={wait: 0.55, left: 0.4, long: 0.4},
        )  # fmt: skip
    elif share in wanted:
        crosses = {left: 1.7, long: 0.8}
        yield CalibrationTarget(
            DOCTORS, share, wanted[share], -0.35, (0.3, 3.0), along=eased, crosses=crosses
        )
    yield BOUND_ON_HANDOVER
    if triage in wanted:
        crosses = {wait: 0.57, share: -0.09, left: 0.68}
        ends = (1 / SEEN, SEEN) if minutes_seen else (0.05, 3.0)
        yield CalibrationTarget(TRIAGE, triage, wanted[triage], 3.2, ends, True, crosses=crosses)
    if left in wanted:
        crosses = {wait: 0.24, share: -0.06, long: 0.27, triage: 0.11}
        yield CalibrationTarget(
            PATIENCE, left, max(wanted[left], LEAST_SHARE), -0.62, (0.2, 5.0), True, crosses=crosses
        )
    if long in wanted:
        of_each = {wait: 0.1 + 3.2 * full, share: -0.2 - 0.35 * full, left: 2.5 * full}
        yield CalibrationTarget(
            STAYS, long, max(wanted[long], LEAST_SHARE), 3.8, (0.7, 1.4), True, crosses=of_each
        )


@dataclass(frozen=True)
class DepartmentSet:
    """Departments held to figures: all that were drawn, what fresh years of each give, and which of them meet these.

    solved  after parameters were solved for; fresh: by measure, a number a department
    ends    sentences on parameters that ended at a bound
    met     how near each figure has to be met
    each    by what single departments are judged, if not by fresh years alone
    """

    fitted: HeldFigures
    solved: Ensemble
    fresh: Mapping[str, Floats]
    wanted: Mapping[str, float]
    ends: tuple[str, ...] = ()
    met: Mapping[str, Met] = field(default_factory=lambda: MET)
    each: Mapping[str, Floats] | None = None

    @cached_property
    def kept(self) -> Mask:
        """Which departments meet each figure within what a single one may be off: all of them, or, where their mean is
        off, the most of the nearest, `LEAST` or more, whose mean is not, if there are such."""
        off, of_each = (
            np.array([self.met[name].off(of[name], at) for name, at in self.wanted.items()])
            for of in (self.fresh, self.each or self.fresh)
        )
        far = (np.abs(of_each).T / [self.met[name].single for name in self.wanted]).max(axis=1)
        nearest = np.argsort(far)[: (far <= 1).sum()]
        sets = (nearest[:n] for n in range(len(nearest), LEAST - 1, -1))
        met = (one for one in sets if (np.abs(off[:, one].mean(axis=1)) <= 1).all())
        return np.isin(np.arange(len(far)), next(met, nearest))

    @cached_property
    def faults(self) -> tuple[str, ...]:
        """Why there is no set, in sentences; none: there is one."""
        n, of = int(self.kept.sum()), len(self.kept)
        least = min(LEAST, of)
        found = (
            [] if n >= least else [f"{n} of {of} departments meet every figure; {least} are needed"]
        )
        if n:
            for name, value in self.wanted.items():
                mean = float(self.fresh[name][self.kept].mean())
                if abs(float(self.met[name].off(mean, value))) > 1:
                    found.append(
                        f"{_words(name, mean)} where the {self.fitted.whose} have {_words(name, value)}"
                    )
        return tuple(found)

    @property
    def is_met(self) -> bool:
        """Whether the set gives the figures of the records."""
        return not self.faults

    @cached_property
    def ensemble(self) -> Ensemble:
        """The departments that meet the figures, as a study of the fitted department runs them."""
        name, chosen = self.fitted.name, np.flatnonzero(self.kept)[: self.n_met]
        built = replace(self.solved.built, accepted=len(chosen))
        members = tuple(map(self.solved.member, chosen.tolist()))
        used = {member.cause for member in members}
        causes = {key: cause for key, cause in self.solved.causes.items() if key in used}
        question = f"What holds in every department that gives the figures of {self.fitted.of}?"
        return replace(
            self.solved, name=name, question=question, built=built, causes=causes, departments=members,
            limitation=self.fitted.limitation,
        )  # fmt: skip

    @cached_property
    def table(self) -> ReportTable:
        """The figures of the records beside those of the departments."""
        cells: list[Cells] = []
        for name, value in self.wanted.items():
            shown, of = (
                FIGURES[name],
                self.fresh[name][self.kept if self.kept.any() else slice(None)],
            )
            low, high = (shown.scale * end for end in np.quantile(of, [0.05, 0.95]))
            off = float(self.met[name].off(float(of.mean()), value))
            cells.append((
                f"{shown.noun}, {shown.unit}", Cell(shown.scale * value, digits=1, style="number"),
                Cell(shown.scale * float(of.mean()), low=low, high=high, digits=1, style="number"),
                "met" if abs(off) <= 1 else "not met",
            ))  # fmt: skip
        state = "Calibrated" if self.is_met else "Not calibrated"
        title = f"{state}: {self.kept.sum()} of {len(self.kept)} departments meet the {self.fitted.whose}"
        headers = ("figure", self.fitted.whose, "departments: mean, nine in ten", "")
        return ReportTable("calibrated", title, headers, cells, tuple(self.sentences()))

    def sentences(self) -> Iterator[str]:
        """What was drawn, met and refused, by cause of waiting."""
        of = np.array([member.cause for member in members_of(self.solved)])
        for name, cause in self.solved.causes.items():
            here = of == name
            met = f"{self.kept[here].sum()} of {here.sum()} drawn meet them."
            yield f"If {cause.label}: {met}{self.of_cause(here)}"
        if 0 < self.n_met < self.kept.sum():
            yield (
                f"A study runs over the first {self.n_met} of the {self.kept.sum()}, so that each has as many of its "
                f"{REPLICATIONS} replications."
            )
        yield from self.ends
        for fault in self.faults:
            yield f"Not calibrated: {fault}."

    def of_cause(self, here: Mask) -> str:
        """What else is said of the departments of a cause."""
        return ""

    @property
    def n_met(self) -> int:
        """How many departments an answer rests on; 0 if there is no set."""
        return most_even(int(self.kept.sum())) if self.is_met else 0

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The texts of the ensemble and of the study over it, by group; without a set of a study that says why."""
        name = self.fitted.name
        if not self.is_met:
            return {"study": self.fitted.study(why=self.faults[0])}
        head = f"{name}: departments that give the figures of {self.fitted.of}. Made by: {self.fitted.made_by}"
        return {"ensembles": ensemble_text(self.ensemble, head), "study": self.fitted.study(name)}


def _words(name: str, value: float) -> str:
    shown = FIGURES[name]
    return f"{shown.noun} {shown.scale * value:.1f} {shown.unit}"


def departments_of(fitted: FittedDepartment, n: int) -> OfferedDepartments:
    """Departments of the packaged ensemble with what is known of this one laid over each."""
    laid = {
        block.path: {**block.values, "evidence": block.evidence, "source": block.source}
        for block in fitted.blocks
        if block.evidence in ("measured", "stated")
    }
    rotas = {
        path.partition(".")[2]: block["rota"] for path, block in laid.items() if "rota" in block
    }
    known = {
        path: {key: value for key, value in block.items() if key != "rota"}
        for path, block in laid.items()
    }
    totals = fitted.totals
    values = replace(
        fitted.stated.answers,
        attendances_per_day=totals.attendances_per_day,
        admitted_share=totals.admitted_share,
    )
    if fitted.front_door:
        values.ambulances = "triage nurses" if fitted.front_door.one_team else "own nurses"
    if fitted.ages:
        children = sum(fitted.per_day[name].first * of.first for name, of in fitted.ages.items())
        values.children_share = round(children / totals.attendances_per_day, 4)
    return OfferedDepartments(
        values, n, known, rotas, (DOCTORS, TRIAGE, PATIENCE), totals.ambulances_per_day
    )


def unsolved_of(fitted: FittedDepartment, n: int) -> Ensemble:
    """The departments before anything is solved for."""
    made = unsolved_ensemble(departments_of(fitted, n), f"{fitted.extract.name}, its figures")
    made = replace(made, built=replace(made.built, pathway=fitted.pathway))
    return with_drawn_clinicians(made, fitted.scaling.size, fitted.stated.values)


def solve(
    fitted: FittedDepartment,
    n: int = N_DEPARTMENTS,
    *,
    results: Path = Path("results"),
    progress: Callable[[int, int], None] = lambda done, of: None,
    where: Sequence[str] = (),
) -> DepartmentSet:
    """Hold `n` departments to the extract of a fit; years are kept in `results`, and go on after an interruption.

    `progress`: called with years done and to do; `where`: overrides that say where years run.
    """
    unsolved, wanted = unsolved_of(fitted, n), wanted_of(fitted)
    seen = any(
        block.path == TRIAGE_SCALE for block in fitted.blocks if block.evidence == "measured"
    )
    causes = [member.cause for member in members_of(unsolved)]
    moved = unsolved.parameters  # all but what was stated
    every = targets_of(wanted, causes, minutes_seen=seen)
    targets = [one for one in every if one.parameter in moved]
    folders = search_folders(None if fitted.config_dir is None else Path(fitted.config_dir))
    own = fitted.nurse != PACKAGED_NURSE
    nurse: Raw | None = stated_by("nurse", fitted.nurse, folders) if own else None
    length = YEAR | fitted.stretch

    def made() -> Study:
        study = study_over(texts_alone(unsolved, nurse), DEPARTMENTS, n, folders, where)
        return of_years(study, **length).of_arms([])

    kept = kept_years(results, {"fit": fitted.name, "n": n}, unsolved, targets, nurse, length)
    solver = Solver(
        made, unsolved, progress, kept,
        lambda fresh: DepartmentSet(fitted, unsolved, fresh, wanted).is_met,
    )  # fmt: skip
    solved, fresh = solver.solve(targets)
    return DepartmentSet(fitted, solved, fresh, wanted, tuple(solver.ends()))
