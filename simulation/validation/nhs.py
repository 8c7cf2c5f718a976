"""One site beside published NHS figures: the second part of the table of `aeflow validate`.

Five kinds of row. input: set by hand, shown, not counted. calibrated: the fitted values were chosen to meet it.
plausible: a bound nobody published. predicted: not used in choosing them. response: what a change to the department
does, on the same draws. A row passes where its value is in the band and its 95 % t interval is no wider than the
band, so that noise helps no row to pass. Every row is judged on all replications, day profiles included. Nothing is
tuned here.

A figure is worked out as the published one is. Where that is a mean of monthly figures, so is ours (`months` of the
target): a 95th percentile over unlike months taken together lies above the mean of theirs.

Adult bed occupancy is beds in use at 00:00 over beds there at 00:00. Escalation beds count among the beds there
while they are open, and only then. A bed that is being turned round still counts as in use.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from simulation.analysis.compare import interval
from simulation.analysis.definitions import ALL, DEFINITIONS
from simulation.analysis.offered_load import offered_load
from simulation.analysis.profile import DayProfile
from simulation.config import composed, load, pathway_from, search_folders
from simulation.config.targets import targets_named
from simulation.draws import draw
from simulation.engine.choose import EngineName
from simulation.errors import ConfigError, Fault, ResultsError, nearest
from simulation.experiment.replicate import ArmReplication, ReplicationResult
from simulation.experiment.run import compare
from simulation.pathway.department import ACUITY_GIVEN, Pathway
from simulation.pathway.rota import units_by_hour
from simulation.records.schema import Floats
from simulation.study.study import ReadyArm, RunLength, Study
from simulation.targets import Target
from simulation.triage.apply import apply
from simulation.validation.changes import (
    ADULT_BED,
    CLINICIAN,
    fewer_beds,
    one_clinician_fewer,
    pools_of,
    with_override,
)
from simulation.validation.predictions import calibration_hash, predictions_path, read_predictions, write_predictions
from simulation.validation.table import (
    RAISED_BY,
    WEEKS_NEEDED,
    CalibrationValue,
    Predictions,
    Row,
    StaySearch,
    Table,
    TriageLoad,
)
from simulation.validation.words import as_lines

__all__ = [
    "WEEKS_NEEDED",
    "CalibrationValue",
    "Predictions",
    "Row",
    "StaySearch",
    "Table",
    "TriageLoad",
    "as_lines",
    "calibration_hash",
    "predictions_path",
    "read_predictions",
    "validate_site",
    "write_predictions",
]

BUSY_FROM, BUSY_TO = 10, 23
"""Clock hours over which clinician pools are held to their band."""
CLOSE_ENOUGH = 0.001
MOST_TRIES = 5
LOAD_DAYS = 84
STAY_PARAMETER = "calibration.ward_stay_scale.value"
STAY, BUSIER, FEWER_STAFF, FEWER_BEDS = (
    "bed-days per admission raised until occupancy at midnight is 2 points higher",
    "10 % more arrivals, nothing adapts",
    "one clinician fewer from 14:00 to 22:00",
    "10 % fewer beds, nothing adapts",
)
"""The changes that response rows may name."""
CHANGES = (STAY, FEWER_STAFF, BUSIER, FEWER_BEDS)
DIFFERENCE = "_difference"
HOW_IT_IS_RUN = ("run", "engine", "executor", "workers", "results", "site", "study")
"""Overrides that leave the site as its files and the hash of its fitted values say."""


def validate_site(
    overrides: Sequence[str] = (),
    *,
    engine: EngineName = "compiled",
    targets: str = "england",
    config_dir: str | Path | None = None,
    responses: bool = True,
    done: Callable[[str], None] = lambda what: None,
) -> Table:
    """Run the baseline arm of `run=validation` and every change, and hold them against the targets.

    `overrides` are those of the command line; `run=` and `engine=` in them win over ours. `done(what)` is told
    before each part. Without `responses` those rows are left out. Raises ConfigError.
    """
    began = time.perf_counter()
    stated = {each.split("=", 1)[0] for each in overrides}
    words = [*overrides]
    words += [] if "run" in stated else ["run=validation"]
    words += [] if "engine" in stated else [f"engine={engine}"]
    wanted = targets_named(targets, search_folders(config_dir))
    _known(wanted, targets)
    site = _Site(words, config_dir, by_month=any(target.months for target in wanted))
    if site.study.run.replications < 2:
        raise ConfigError([Fault("run.replications", "is 1", "Run two or more: rows are judged by standard errors")])
    _measured(wanted, site.study.run, targets)
    done("the site" + (", a busier one, one with fewer clinicians, one with fewer beds" if responses else ""))
    arms = site.arms(responses)
    before = arms[_AS_IS]
    rows = [row for target in wanted if target.kind != "response" for row in _level_rows(target, before, site.pathway)]
    search = None
    if responses:
        done("the same with longer stays")
        search, arms[STAY] = _longer_stays(site, before)
        rows += [_response_row(target, arms, search) for target in wanted if target.kind == "response"]
    file = site.calibration_file()
    return Table(
        site=site.study.chosen("site"),
        rows=tuple(rows),
        calibration=site.calibration(),
        calibration_file=f"configs/calibration/{file.name}",
        calibration_sha256=calibration_hash(file),
        overridden=tuple(sorted(key for key in stated if key.split(".")[0] not in HOW_IT_IS_RUN)),
        predictions=read_predictions(predictions_path(file.stem)),
        triage_load=_triage_load(site.study.baseline, site.study.run.seed),
        four_hours_by_hour=_four_hours_by_hour(before),
        stay=search,
        fewer_in=site.fewer_in,
        weeks=site.study.run.replications * site.study.run.measured_days / 7,
        replications=site.study.run.replications,
        engine=site.study.engine,
        seconds=time.perf_counter() - began,
    )


# --- the site and its changes --------------------------------------------------------------------------------------

_AS_IS = "as it is"
Answers = tuple[ArmReplication, ...]
"""One arm's replications, in order."""


class _Site:
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

    def arms(self, responses: bool) -> dict[str, Answers]:
        """The site as it is, and under each change that needs no search, by name of the change, on the same draws."""
        base = replace(self.study.baseline, name=_AS_IS)
        arms = [base]
        if responses:
            self.fewer_in, fewer = one_clinician_fewer(self.pathway)
            busier = load(*with_override(self.overrides, "scenario=busier"), config_dir=self.config_dir)
            arms += [
                replace(busier.baseline, name=BUSIER),
                self._changed(FEWER_STAFF, fewer),
                self._changed(FEWER_BEDS, fewer_beds(self.pathway, self._paths())),
            ]
        return self._run(self.study, arms)

    def longer_stays(self, scale: float) -> Answers:
        """The site with the parameter of ward stays at `scale`."""
        words = with_override(self.overrides, f"{STAY_PARAMETER}={scale:.6f}")
        study = load(*words, config_dir=self.config_dir)
        return self._run(study, [replace(study.baseline, name=STAY)])[STAY]

    def _changed(self, name: str, changes: Mapping[str, Any]) -> ReadyArm:
        arm = self.study.baseline
        own = {**self.raw["scenario"]["changes"], **arm.arm.changes, **changes}
        return replace(arm, name=name, pathway=pathway_from(self.raw, changes=own))

    def _paths(self) -> dict[str, str]:
        """By pool, the dotted path where it is stated."""
        groups = {"staffing": self.raw.get("staffing") or {}}
        groups |= {f"{group}.pools": (self.raw.get(group) or {}).get("pools") or {} for group in ("site", "pathway")}
        return {name: f"{group}.{name}" for group, pools in groups.items() for name in pools}

    def _run(self, study: Study, arms: Sequence[ReadyArm]) -> dict[str, Answers]:
        design = replace(study.design, baseline=arms[0].name)
        # Rows are judged on profiles, too, and some on months, whatever the run says.
        length = replace(study.run, profile_all=True, by_month=self.by_month)
        replications: tuple[ReplicationResult, ...] = compare(
            replace(study, arms=tuple(arms), design=design, run=length)
        ).replications
        return {arm.name: tuple(answer.arms[arm.name] for answer in replications) for arm in arms}


def _longer_stays(site: _Site, before: Answers) -> tuple[StaySearch, Answers]:
    """Lengthen stays until occupancy is two points higher: the secant method on the parameter, a few runs."""
    start = float(site.raw["calibration"]["ward_stay_scale"]["value"])
    occupied = float(adult_occupancy(before, site.pathway).mean())
    goal = occupied + RAISED_BY
    known = [(start, occupied)]
    scale = start * (1 + RAISED_BY / occupied)
    best: tuple[float, float, Answers] | None = None
    for _ in range(MOST_TRIES):
        replications = site.longer_stays(scale)
        reached = float(adult_occupancy(replications, site.pathway).mean())
        if best is None or abs(reached - goal) < abs(best[1] - goal):
            best = scale, reached, replications
        known.append((scale, reached))
        if abs(reached - goal) < CLOSE_ENOUGH:
            break
        scale = _next_scale(known, goal, start)
    assert best is not None
    change = _of("within_4h_share", best[2]) - _of("within_4h_share", before)
    return StaySearch(start, best[0], occupied, best[1], float(change.mean())), best[2]


def _next_scale(known: Sequence[tuple[float, float]], goal: float, start: float) -> float:
    """Through the two points nearest the goal; no further than one and a half times as long as at the start."""
    (x0, y0), (x1, y1) = sorted(known, key=lambda each: abs(each[1] - goal))[:2]
    slope = (y1 - y0) / (x1 - x0) if x1 != x0 else 0.0
    step = (goal - y0) / slope if slope > 0 else 0.02 * start * math.copysign(1, goal - y0)
    return float(np.clip(x0 + step, start, 1.5 * start))


# --- figures: one number a replication -----------------------------------------------------------------------------


def adult_occupancy(replications: Answers, pathway: Pathway) -> Floats:
    """Adult beds in use over adult beds there at 00:00, open escalation beds counted, shape (replications,)."""
    occupied, beds = _beds(replications, pathway)
    found: Floats = occupied.sum(axis=1) / beds.sum(axis=1)
    return found


def fullest_group(replications: Answers, pathway: Pathway) -> Floats:
    """The same of the adult ward group that is fullest on average, shape (replications,)."""
    occupied, beds = _beds(replications, pathway)
    shares = occupied / beds
    found: Floats = shares[:, int(np.argmax(shares.mean(axis=0)))]
    return found


def _beds(replications: Answers, pathway: Pathway) -> tuple[Floats, Floats]:
    """Beds in use and beds there at midnight, shape (replications, adult ward groups)."""
    groups = pools_of(pathway, ADULT_BED)
    if not groups:
        raise ConfigError([Fault("pools", f"no pool has the role {ADULT_BED}", "Give it to the adult wards' beds")])
    days = _days(replications)
    at = [days[0].pools.index(name) for name in groups]
    return np.array([day.occupied_midnight[at] for day in days]), np.array([day.beds_midnight[at] for day in days])


def busy_by_day(replications: Answers, pathway: Pathway, pool: str) -> Floats:
    """Minutes busy over minutes rostered from 10 to 23 h of one pool, shape (replications,)."""
    hours = slice(BUSY_FROM, BUSY_TO)
    on_duty = units_by_hour(pathway.pools[pool]).reshape(7, 24).mean(axis=0)[hours]
    days = _days(replications)
    number = days[0].pools.index(pool)
    busy = np.nan_to_num(np.array([day.busy[number, hours] for day in days]))
    found: Floats = busy @ on_duty / on_duty.sum()
    return found


def _days(replications: Answers) -> list[DayProfile]:
    """The day profile of every replication. Raises ResultsError if one has none: a row is judged on all or on none."""
    days = [answer.day for answer in replications if answer.day is not None]
    if len(days) != len(replications):
        raise ResultsError(
            f"day profiles: {len(days)} of {len(replications)} replications have one. Run with run.profile_all=true"
        )
    return days


def _day(read: Callable[[DayProfile], float]) -> Callable[[Answers, Pathway], Floats]:
    return lambda replications, _: np.array([read(day) for day in _days(replications)], dtype=float)


FIGURES: Mapping[str, Callable[[Answers, Pathway], Floats]] = {
    "arrivals_per_day": _day(lambda day: float(day.arrivals.sum())),
    "occupancy_midnight": adult_occupancy,
    "occupancy_midnight_worst": fullest_group,
    "census_mean": _day(lambda day: float(day.census.mean())),
    "boarders_mean": _day(lambda day: float(day.boarders.mean())),
    "boarders_monday_minus_friday": _day(lambda day: float(day.boarders_by_weekday[0] - day.boarders_by_weekday[4])),
}
"""Figures that are not measures of patients, by the name that targets give them."""
GROUPED: Mapping[str, tuple[str, str]] = {
    f"stay_{outcome}_{statistic}": (f"stay_{statistic}", f"outcome={outcome}")
    for outcome in ("admitted", "not_admitted")
    for statistic in ("median", "p95")
}
"""Measures of one group of patients, and the group, by the name that targets give them."""
BUSY = "clinician_busy_share"
"""The figure that becomes one row a clinician pool."""


def _known(targets: Sequence[Target], name: str) -> None:
    """Raise ConfigError for a measure or a change that nobody knows."""
    of_patients = {*DEFINITIONS, *GROUPED}
    measures = {*of_patients, *FIGURES, BUSY}
    faults = []
    for target in targets:
        path = f"targets/{name}.yaml, {target.name}"
        response = target.kind == "response"
        measure = target.measure.removesuffix(DIFFERENCE) if response else target.measure
        if measure not in measures or (response and not target.measure.endswith(DIFFERENCE)):
            faults.append(Fault(path, f"unknown measure '{target.measure}'", nearest(measure, measures)))
        elif target.months and measure not in of_patients:
            found = f"states months, and '{measure}' is a figure of the whole window"
            faults.append(Fault(path, found, "Leave months out: they are for measures of patients"))
        if response and target.change not in CHANGES:
            faults.append(Fault(path, f"unknown change '{target.change}'", nearest(target.change, CHANGES)))
    if faults:
        raise ConfigError(faults)


def _measured(targets: Sequence[Target], run: RunLength, name: str) -> None:
    """Raise ConfigError, once, if a replication does not measure a whole month that a target is a mean of."""
    asked = [target for target in targets if target.months]
    wanted = {month for target in asked for month in _from_to(target.months)}
    measured = [{month for month, _ in run.months(replication)} for replication in range(run.replications)]
    missing = sorted(month for month in wanted if not all(month in months for months in measured))
    if not missing:
        return
    found = (
        f"the {run.measured_days} measured days do not hold month {', '.join(map(str, missing))} (1 is January) wholly "
        f"in every replication, and {len(asked)} rows of targets/{name}.yaml are means of monthly figures"
    )
    remedy = "Measure a year, as run=validation does: run.warm_up_days=28 run.measured_days=364"
    raise ConfigError([Fault("run.measured_days", found, remedy)])


def _from_to(months: tuple[int, int] | None) -> range:
    """The months from the first to the last, none if none are stated."""
    return range(months[0], months[1] + 1) if months else range(0)


def figure(target: Target, replications: Answers, pathway: Pathway) -> Floats:
    """What a target is about, worked out as it was: one number a replication, shape (replications,)."""
    if target.measure in FIGURES:
        return FIGURES[target.measure](replications, pathway)
    return _of(target.measure, replications, target.months)


# --- rows ----------------------------------------------------------------------------------------------------------


def judged(target: Target, values: Floats, *, name: str = "", note: str = "") -> Row:
    """A row from one number a replication: mean, standard error, whether it is in the band, and known well enough."""
    found, over = float(values.mean()), interval(values)
    return Row(
        name=name or target.name,
        kind=target.kind,
        measure=target.measure,
        found=found,
        standard_error=over.sd / math.sqrt(len(values)),
        half_width=over.half_width,
        low=target.low,
        high=target.high,
        unit=target.unit,
        passed=target.allows(found),
        sharp=target.settled_by(found, over.half_width),
        source=target.source,
        note=f"{target.note} {note}".strip(),
        months=target.months,
    )


def _level_rows(target: Target, replications: Answers, pathway: Pathway) -> list[Row]:
    if target.measure != BUSY:
        return [judged(target, figure(target, replications, pathway))]
    return [
        judged(target, busy_by_day(replications, pathway, pool), name=f"{target.name}: {pool}")
        for pool in pools_of(pathway, CLINICIAN)
    ]


def _response_row(target: Target, arms: Mapping[str, Answers], search: StaySearch) -> Row:
    """The paired difference that a change makes."""
    measure = target.measure.removesuffix(DIFFERENCE)
    difference = _of(measure, arms[target.change], target.months) - _of(measure, arms[_AS_IS], target.months)
    row = judged(target, difference)
    if target.change != STAY or search.reached:
        return row
    rose = 100 * (search.occupancy - search.occupancy_before)
    return replace(row, passed=False, note=f"Occupancy was moved by {rose:.1f} points instead of 2. {row.note}")


def _of(measure: str, replications: Answers, months: tuple[int, int] | None = None) -> Floats:
    """A measure of each replication, shape (replications,); with `months` the mean of theirs."""
    name = GROUPED.get(measure, (measure, ALL))
    if months is None:
        return np.array([answer.measures.value(*name) for answer in replications])
    return np.array([_mean_of_months(answer, name, months) for answer in replications])


def _mean_of_months(answer: ArmReplication, name: tuple[str, str], months: tuple[int, int]) -> float:
    """Each month counts equally, however many came in it or years were measured."""
    measured = {month for month, _ in answer.months}
    if not measured.issuperset(_from_to(months)):
        raise ResultsError(
            f"months: {name[0]} is asked for from month {months[0]} to {months[1]}, and measured by month in "
            f"{sorted(measured) or 'none'}. Run with run.by_month=true and a window that holds them"
        )
    by_month = [
        np.mean([measures.value(*name) for number, measures in answer.months if number == month])
        for month in _from_to(months)
    ]
    return float(np.mean(by_month))


def _four_hours_by_hour(replications: Answers) -> Floats:
    """Four-hour share by hour of arrival, mean over replications, shape (24,)."""
    hours = [f"arrival_hour={hour:02d}" for hour in range(24)]
    rows = [[answer.measures.value("within_4h_share", hour) for hour in hours] for answer in replications]
    return np.asarray(np.nanmean(np.array(rows), axis=0), dtype=float)


def _triage_load(arm: ReadyArm, seed: int) -> tuple[TriageLoad, ...]:
    """The load of every pool that a step asks for which gives the triage label."""
    pathway = arm.pathway
    giving = [step for step in pathway.steps.values() if step.relabels == ACUITY_GIVEN]
    pools = dict.fromkeys(
        pool for step in giving for pool in (*step.asks, *step.any_of) if pathway.pools[pool].kind == "staff"
    )
    sample = apply(arm.policy, pathway, draw(pathway, seed=seed, replication=0, days=LOAD_DAYS))
    load_ = offered_load(pathway, sample)
    at = {pool: load_.pools.index(pool) for pool in pools}
    return tuple(
        TriageLoad(pool, load_.by_hour()[number], float(load_.weekly()[number])) for pool, number in at.items()
    )
