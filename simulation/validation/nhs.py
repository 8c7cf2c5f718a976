"""One site beside published NHS figures: the second part of the table of `aeflow validate`.

Five kinds of row. input: set by hand, shown, not counted. calibrated: the fitted values were chosen to meet it.
plausible: a bound nobody published. predicted: not used in choosing them. response: what a change to the department
does, on the same draws. A row passes where its value is in the band and its 95 % interval is no wider than the
band, so that noise helps no row to pass. Every row is judged on all replications, day profiles included. Nothing is
tuned here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simulation.analysis.compare import interval
from simulation.analysis.definitions import DEFINITIONS
from simulation.analysis.offered_load import in_a_mean_week, offered_load
from simulation.config import search_folders
from simulation.config.targets import targets_named
from simulation.draws import draw
from simulation.engine.choose import EngineName
from simulation.errors import ConfigError, Fault, nearest
from simulation.pathway.department import ACUITY_GIVEN, Pathway
from simulation.records.schema import Floats
from simulation.study.study import ReadyArm, RunLength
from simulation.targets import Target
from simulation.triage.apply import apply
from simulation.validation.changes import CLINICIAN, pools_of
from simulation.validation.figures import (
    BUSY,
    FIGURES,
    GROUPED,
    Replications,
    busy_by_day,
    figure,
    four_hours_by_hour,
    months_from_to,
    of_measure,
)
from simulation.validation.predictions import calibration_hash, predictions_path, read_predictions
from simulation.validation.site_runs import AS_IS, CHANGES, SiteRuns
from simulation.validation.table import Row, Table, TriageLoad

LOAD_DAYS = 84
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
    site = SiteRuns(words, config_dir, by_month=any(target.months for target in wanted))
    if site.study.run.replications < 2:
        raise ConfigError([Fault("run.replications", "is 1", "Run two or more: rows are judged by standard errors")])
    _measured(wanted, site.study.run, targets)
    done("the site" + (", and under each change that response rows name" if responses else ""))
    arms = site.arms(responses)
    before = arms[AS_IS]
    rows = [row for target in wanted if target.kind != "response" for row in _level_rows(target, before, site.pathway)]
    if responses:
        rows += [_response_row(target, arms) for target in wanted if target.kind == "response"]
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
        four_hours_by_hour=four_hours_by_hour(before),
        fewer_in=site.fewer_in,
        weeks=site.study.run.replications * site.study.run.measured_days / 7,
        replications=site.study.run.replications,
        engine=site.study.engine,
        seconds=time.perf_counter() - began,
        differs=site.differs(),
    )


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
    wanted = {month for target in asked for month in months_from_to(target.months)}
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


def _level_rows(target: Target, replications: Replications, pathway: Pathway) -> list[Row]:
    if target.measure != BUSY:
        return [judged(target, figure(target, replications, pathway))]
    return [
        judged(target, busy_by_day(replications, pathway, pool), name=f"{target.name}: {pool}")
        for pool in pools_of(pathway, CLINICIAN)
    ]


def _response_row(target: Target, arms: Mapping[str, Replications]) -> Row:
    """The paired difference that a change makes."""
    measure = target.measure.removesuffix(DIFFERENCE)
    changed, as_is = (of_measure(measure, arms[name], target.months) for name in (target.change, AS_IS))
    return judged(target, changed - as_is)


def _triage_load(arm: ReadyArm, seed: int) -> tuple[TriageLoad, ...]:
    """The load of every pool that a step asks for which gives the triage label."""
    pathway = arm.pathway
    giving = [step for step in pathway.steps.values() if step.relabels == ACUITY_GIVEN]
    pools = dict.fromkeys(
        pool for step in giving for pool in (*step.asks, *step.any_of) if pathway.pools[pool].kind == "staff"
    )
    sample = apply(arm.policy, pathway, draw(in_a_mean_week(pathway), seed=seed, replication=0, days=LOAD_DAYS))
    load_ = offered_load(pathway, sample)
    at = {pool: load_.pools.index(pool) for pool in pools}
    return tuple(
        TriageLoad(pool, load_.by_hour()[number], float(load_.weekly()[number])) for pool, number in at.items()
    )
