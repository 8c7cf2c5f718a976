"""Departments with the published figures of a trust: its size and admissions, and three shares that it is held to.

As many departments are of each cause of waiting. What no trust publishes is as the packaged ensemble has it. Solved for
are what makes patients wait, for the share within four hours of arrival, ward stays, for that over four hours from the
decision to admit, and when patients are placed elsewhere, for that over twelve. Six years a department settle it,
because what their months drew of clinicians and wards is known and is taken off.

Full wards make some patients wait over four hours and some of these over twelve. Where a trust has many of the first
and hardly any of the second, its beds are allocated later, which needs no further staff: with no more site managers
than usual, 1.2 times as long keeps them all busy, and wards lock.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import ClassVar

import numpy as np

from simulation.config.composing import packaged
from simulation.config.ensembles import Ensemble
from simulation.config.files import search_folders
from simulation.config.new import scaled_study
from simulation.config.totals import Scaling, on_duty
from simulation.config.writing import yaml_text
from simulation.errors import refuse
from simulation.fits.solved import FIGURES, OVER_4H, OVER_12H, STAYS, DepartmentSet, Met
from simulation.offers.department import DOCTORS, OfferedDepartments, members_of
from simulation.offers.interview import OfferAnswers
from simulation.offers.offer import (
    BOUND_ON_HANDOVER,
    DEPARTMENTS,
    EASED,
    QUICK,
    QUICKER,
    YEAR,
    along_causes,
    of_years,
    texts_alone,
    unsolved_ensemble,
)
from simulation.offers.solving import (
    FRESH,
    KEPT,
    CalibrationTarget,
    KeptYears,
    Solver,
    at_values,
    kept_years,
    study_over,
)
from simulation.records.schema import Floats, Mask
from simulation.records.serialise import digest
from simulation.statistics.departments import spread_over
from simulation.study.study import Study
from simulation.trusts import search
from simulation.trusts.search import Trust
from simulation.wording import spaced

N_DEPARTMENTS, OF_EACH = 24, 5
"""How many departments are drawn, and how many of a cause of waiting are to be left."""
ROUNDS = (1, 1, 1, 1)
"""Years of each department in each round of solving; two fresh ones follow, so it is six in all."""
EACH = " each"
"""Ends the name of a column of `SHIPPED`: of single departments, without chance."""
SHARE, ELSEWHERE, EFFORT = "within_4h_share", "elsewhere_after", "effort_share"
MET: Mapping[str, Met] = {
    SHARE: Met(0.015, 0, 2),
    OVER_4H: Met(0.04, 0, 2),
    OVER_12H: Met(0.02, 0, 2),
}
"""How near the published shares have to be met by fresh years: by their mean, and by each department's, chance that its
two years show removed."""
OF_DRAWN = {"clinicians": 1.8, "places": 0.2, "pace": 0.5, "mixture": 0.8}
"""How many times the slope of doctors' minutes, with what eases a cause, months of few clinicians have alone."""
BY_WARDS = 0.55
"""The share over twelve hours from the decision, over the square of that over four, where only wards make patients wait
and place them elsewhere as soon as was tried: 3 % at 25, 7 at 35, 12 at 45 and 23 at 55 % (sets of 24 trusts)."""
ALLOCATION, MANAGERS = "site.durations.bed_allocation", "staffing.site_managers"
LATER = {
    "evidence": "assumed",
    "source": "from the published shares: who waits over 4 hours from the decision and hardly ever over 12 does not "
    "wait for wards alone; as many site managers more as keep them no busier",
}

AS_ASKED = 0.05
"""How far hours on duty by day may be from those that the size asks for before it is said."""


def allocation_times(over_4h: float, over_12h: float) -> float:
    """How many times as long as at the typical site a bed is allocated, by the shares over four and twelve hours from
    the decision; 1 where wards alone explain them, to two points.

    Half of those whom wards alone would keep over four hours are taken to be kept by them: who waits for both waits for
    their sum.
    """
    if BY_WARDS * over_4h**2 - over_12h <= MET[OVER_12H].near:
        return 1.0
    kept = math.sqrt(over_12h / BY_WARDS) / 2
    late = 1 - (1 - over_4h) / (1 - kept)
    minutes = packaged()["site"]["durations"]
    allocation, least = minutes["bed_allocation"], 240 - minutes["ward_transfer"]["mean"]
    log_mean = math.log(least / allocation["mean"]) + allocation["log_sd"] ** 2 / 2
    return round(math.exp(log_mean - allocation["log_sd"] * NormalDist().inv_cdf(1 - late)), 1)


@dataclass(frozen=True)
class TrustFigures:
    """The published figures of a trust, and the name of the files of the departments that are held to them."""

    trust: Trust
    name: str

    whose: ClassVar[str] = "published figures"
    made_by: ClassVar[str] = "aeflow trust"
    limitation: ClassVar[str] = (
        "Departments with this trust's published figures, 2024-25. They are not the trust: nobody publishes its rotas, "
        "minutes or waits for triage."
    )

    def __post_init__(self) -> None:
        """Refuse a trust of which too little is published."""
        if not (of := self.trust.published).usable:
            refuse(self.trust.code, f"has no departments: {of.left_out}", "Name another trust")

    @property
    def of(self) -> str:
        """The trust and the year."""
        return f"{self.trust.published.name}, 2024-25"

    @property
    def wanted(self) -> dict[str, float]:
        """The shares that departments are held to, by measure."""
        of = self.trust.published
        shares = of.within_4h_share, of.over_4h_decision_share, of.over_12h_decision_share
        return dict(zip(MET, shares, strict=True))

    def departments(self, n: int) -> OfferedDepartments:
        """Departments of its size and admissions, before anything is solved for; with later allocation where needed."""
        of = self.trust.published
        values = OfferAnswers(
            attendances_per_day=round(of.attendances_a_day / self.trust.n_sites, 1),
            within_four_hours=of.within_4h_share,
            admitted_share=of.admitted_share,
        )
        usual, offered = packaged(), OfferedDepartments(values, n, evenly=True)
        times = allocation_times(self.wanted[OVER_4H], self.wanted[OVER_12H])
        if times == 1:
            return offered
        managers = on_duty(usual["staffing"]["site_managers"]["rota"])
        more = (times - 1) * Scaling(usual, offered.totals).size * max(managers)
        minutes = times * usual["site"]["durations"]["bed_allocation"]["mean"]
        later = {
            ALLOCATION: {"mean": minutes, **LATER},
            MANAGERS: {"extra": math.ceil(more), **LATER},
        }
        return replace(offered, known=later)

    def assumed(self) -> Iterator[str]:
        """What its departments have that nobody published and that no other trust's have, in sentences."""
        offered = self.departments(1)
        found = {
            name: hours - 1
            for name, hours in Scaling(packaged(), offered.totals).day_hours().items()
            if abs(hours - 1) > AS_ASKED
        }
        if found:
            more = ", ".join(f"{spaced(name)} {100 * by:+.0f} %" for name, by in found.items())
            yield (
                "Staff are those of the typical site, scaled to its attendances in whole people and hours, with one "
                f"person on duty at least. By day (10:00 to 23:00) that is not what the scale asks for: {more}."
            )
        if known := offered.known:
            minutes, managers = known[ALLOCATION]["mean"], known[MANAGERS]["extra"]
            yield (
                f"Assumed: a bed is allocated in {minutes:.0f} minutes on average, because wards alone do not keep so "
                f"many over four hours from the decision and so few over twelve; {managers} more site managers do it."
            )

    def study(self, ensemble: str = "none", why: str = "") -> str:
        """The text of the study over an ensemble."""
        scaling = Scaling(packaged(), self.departments(1).totals)
        content = scaled_study(self.name, scaling.costs())
        content |= {"defaults": ["ai_triage", "_self_"], "ensemble": ensemble}
        return yaml_text(f"{self.name}: {self.of}. Made by: {self.made_by}", content)


def targets_of(
    wanted: Mapping[str, float], causes: Sequence[str]
) -> tuple[list[CalibrationTarget], dict[str, dict[str, float | Floats]]]:
    """What is solved for, each by the parameter that moves it most, with a bound on ambulance handover; and what months
    of few clinicians or of long stays are known to do. Slopes are measured on 24 departments of each of three trusts
    (45, 62 and 81 % within four hours), two years each; they go with the standard deviation of one attendance."""
    within, over_4h, over_12h = (
        np.sqrt(max(share * (1 - share), 0.005)) for share in wanted.values()
    )
    full = np.array([{"places": 1.0, "mixture": 0.5}.get(cause, 0.0) for cause in causes])
    of_stays = {
        SHARE: -(0.7 + 0.7 * full) * within,
        OVER_4H: 3.4 * over_4h,
        OVER_12H: 4 * over_12h,
    }
    left = 0.6 * max(0.65 - wanted[SHARE], 0)  # who leaves before being seen is not admitted
    doctors = CalibrationTarget(
        DOCTORS, SHARE, wanted[SHARE], -0.72 * within, (0.3, 3.0), along=along_causes(EASED, causes),
        beyond=QUICK, also={name: power for name, power in QUICKER.items() if name != STAYS},
        crosses={OVER_4H: -left, OVER_12H: -left},
    )  # fmt: skip
    stays = CalibrationTarget(
        STAYS, OVER_4H, wanted[OVER_4H], 3.4 * over_4h, (0.7, 1.4), crosses=of_stays
    )
    elsewhere = CalibrationTarget(
        ELSEWHERE, OVER_12H, wanted[OVER_12H], 0.28 * over_12h, (0.5, 3.0),
        along={EFFORT: np.full(len(causes), -0.5)},
        crosses={SHARE: 0.04 * within, OVER_4H: -0.07 * over_4h},
    )  # fmt: skip
    alone = doctors.slope * np.array([OF_DRAWN[cause] for cause in causes])
    known = {"clinicians": {SHARE: alone}, "wards": of_stays}
    return [doctors, stays, elsewhere, BOUND_ON_HANDOVER], known


@dataclass(frozen=True)
class TrustSet(DepartmentSet):
    """Departments held to the published figures of a trust; `at_ends`: in which a parameter ended at a bound."""

    fitted: TrustFigures
    at_ends: Mapping[str, Mask] = field(default_factory=dict)

    def sentences(self) -> Iterator[str]:
        """What is assumed of the trust, and what was drawn, met and refused, by cause of waiting."""
        yield from self.fitted.assumed()
        yield from super().sentences()

    def of_cause(self, here: Mask) -> str:
        """Of a cause that hardly meets the figures: what its departments have, and what stopped them."""
        if self.kept[here].sum() >= OF_EACH:
            return ""
        have = ", ".join(
            f"{FIGURES[name].noun} {100 * self.fresh[name][here].mean():.1f} %"
            for name in self.wanted
        )
        ends = [
            f"; at the end of what was tried in {(of & here).sum()}: {name.replace('_', ' ')}"
            for name, of in self.at_ends.items()
            if (of & here).any()
        ]
        return f" On average they have {have}{''.join(ends)}."


def hold(
    figures: TrustFigures,
    n: int = N_DEPARTMENTS,
    *,
    results: Path = Path("results"),
    progress: Callable[[int, int], None] = lambda done, of: None,
    where: Sequence[str] = (),
) -> TrustSet:
    """Hold `n` departments to the published figures of a trust; years are kept in `results`, and go on after an
    interruption.

    `progress`: called with years done and to do; `where`: overrides that say where years run.
    """
    solver, targets = _solver(figures, n, results, progress, where)
    solved, fresh = solver.solve(targets)
    department = np.tile(np.arange(n), FRESH)
    each = {name: spread_over(solver.by_year[name].ravel(), department).effects for name in MET}
    ends = (*solver.ends(),)
    return TrustSet(figures, solved, fresh, figures.wanted, ends, MET, each, solver.at_ends)


def _solver(
    figures: TrustFigures,
    n: int,
    results: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    where: Sequence[str] = (),
) -> tuple[Solver, list[CalibrationTarget]]:
    """What solves for the figures of a trust, and what is solved for."""
    unsolved = unsolved_ensemble(figures.departments(n), figures.of)
    targets, known = targets_of(figures.wanted, [member.cause for member in members_of(unsolved)])

    def made() -> Study:
        study = study_over(texts_alone(unsolved, None), DEPARTMENTS, n, search_folders(None), where)
        return of_years(study).of_arms([])

    answers = {"trust": figures.trust.code, "n": n, "rounds": ROUNDS, "known": known}
    kept = KeptYears()
    if results is not None:
        kept = kept_years(results, answers, unsolved, targets, None, YEAR)
    measures = (*KEPT, OVER_4H, OVER_12H)
    solver = Solver(made, unsolved, progress, kept, lambda fresh: True, ROUNDS, measures, known)
    return solver, targets


# --- sets that come with aeflow ------------------------------------------------------------------------------------

SHIPPED = Path(search.__file__).with_name("sets.csv")
"""Departments of trusts that were solved for beforehand (`tests/long/trusts_by_name/sets.py`), a row each: the values
of the parameters that moved; by measure the mean of fresh years, and that without chance (`each`); and what the set
hangs on (`of`), by which it is not taken once the packaged departments, its figures or what is solved for change."""


@cache
def shipped_rows() -> Mapping[str, Sequence[Mapping[str, str]]]:
    """The rows of `SHIPPED`, by trust."""
    rows = defaultdict[str, list[Mapping[str, str]]](list)
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["trust"]].append(row)
    return rows


def set_hangs_on(unsolved: Ensemble, targets: Sequence[CalibrationTarget]) -> str:
    """What tells a set of these departments and targets from others."""
    departments = [(of.cause, of.structure, of.values) for of in members_of(unsolved)]
    return digest([departments, unsolved.parameters, unsolved.totals, targets])[:8]


def shipped(figures: TrustFigures, n: int = N_DEPARTMENTS) -> TrustSet | None:
    """The set of a trust that comes with aeflow, as `hold` would give it; None where none of these figures, or of `n`
    departments, does. More are drawn of some trusts than the usual `N_DEPARTMENTS`."""
    rows = shipped_rows().get(figures.trust.code, ())
    if n not in (N_DEPARTMENTS, len(rows)) or not rows:
        return None
    solver, targets = _solver(figures, len(rows))
    unsolved = solver.ensemble
    if rows[0]["of"] != set_hangs_on(unsolved, targets):
        return None
    numbers = {name: np.array([float(row[name]) for row in rows]) for name in [*rows[0]][2:]}
    moved = {name: of.tolist() for name, of in numbers.items() if name in unsolved.parameters}
    fresh, each = ({name: numbers[f"{name}{which}"] for name in MET} for which in ("", EACH))
    for one in targets:
        at, (low, high) = numbers[one.parameter], one.bounds
        if (here := (at <= low) | (at >= high)).any():
            solver.at_ends = {**solver.at_ends, one.parameter: here}
    solved, ends = at_values(unsolved, moved), (*solver.ends(),)
    return TrustSet(figures, solved, fresh, figures.wanted, ends, MET, each, solver.at_ends)
