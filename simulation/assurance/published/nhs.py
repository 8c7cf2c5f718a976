"""One site beside published NHS figures: the second part of the table of `aeflow validate`.

There are five kinds of row. input: set by hand, shown, not counted. calibrated: the fitted values were chosen to meet
it. plausible: a bound nobody published. predicted: not used in choosing the fitted values. response: what a change to
the department does, on the same draws. A row passes where its value is in the band and its 95 % interval is no wider
than the band, so that noise helps no row to pass. Every row is judged on all replications, day profiles included.
Nothing is tuned here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulation.assurance.published.changes import CLINICIAN, pools_of, with_defaults
from simulation.assurance.published.figures import (
    BUSY,
    Replications,
    busy_by_day,
    figure,
    four_hours_by_hour,
    of_measure,
)
from simulation.assurance.published.predictions import calibration_hash, predictions_path, read_predictions
from simulation.assurance.published.progress import Begin, without_progress
from simulation.assurance.published.site_runs import AS_IS, SiteRuns
from simulation.assurance.published.table import Row, Table, TriageLoad
from simulation.assurance.published.targets_check import DIFFERENCE, checked_targets
from simulation.assurance.targets import Target
from simulation.assurance.targets_file import targets_for, targets_named
from simulation.config import search_folders
from simulation.config.composing import stated_in
from simulation.department.vocabulary import ACUITY_GIVEN, Pathway
from simulation.engine.choose import EngineName
from simulation.errors import ConfigError, Fault
from simulation.patients import draw
from simulation.records.schema import Floats
from simulation.statistics.intervals import interval
from simulation.study.offered_load import in_a_mean_week, offered_load
from simulation.study.study import ReadyArm
from simulation.triage.apply import apply

LOAD_DAYS = 84
HOW_IT_IS_RUN = ("run", "engine", "executor", "workers", "results")
FILES = ("site", "study")
"""Overrides that choose files and leave their values as they are; `site.NAME=VALUE` does not."""


def validate_site(
    overrides: Sequence[str] = (),
    *,
    engine: EngineName = "compiled",
    targets: str | None = None,
    config_dir: str | Path | None = None,
    responses: bool = True,
    begin: Begin = without_progress,
) -> Table:
    """The site's figures under the baseline arm and under every change, each held against its target.

    `overrides` are those of the command line; `run=` and `engine=` in them win over `run=validation` and `engine`.
    `targets` names a file; None: the department's own, else England's. `begin` is told what runs and how far it is.
    Without `responses` those rows are left out. Raises ConfigError.
    """
    began = time.perf_counter()
    overridden = overridden_by(overrides)
    overrides = with_defaults(overrides, "run=validation", f"engine={engine}")
    folders = search_folders(config_dir)
    targets = targets or targets_for(stated_in(overrides, folders).choices, folders)
    wanted = targets_named(targets, folders)
    wanted = wanted if responses else tuple(target for target in wanted if target.kind != "response")
    site = SiteRuns(overrides, config_dir, by_month=any(target.months for target in wanted))
    if site.study.run.replications < 2:
        raise ConfigError([Fault("run.replications", "is 1", "Run two or more: rows are judged by standard errors")])
    wanted = checked_targets(wanted, targets, site.study)
    changes = {target.change for target in wanted if target.kind == "response"}
    with begin(_what_runs(site, targets, len(wanted), len(changes)), site.study.run.replications) as done:
        arms = site.arms(changes, done)
    before = arms[AS_IS]
    rows = [row for target in wanted if target.kind != "response" for row in _level_rows(target, before, site.pathway)]
    rows += [_response_row(target, arms) for target in wanted if target.kind == "response"]
    file = site.calibration_file()
    return Table(
        site=_department(site),
        targets=targets,
        rows=tuple(rows),
        calibration=site.calibration(),
        calibration_file=f"configs/calibration/{file.name}" if file else "",
        calibration_sha256=calibration_hash(file) if file else "",
        overridden=overridden,
        predictions=read_predictions(predictions_path(file.stem)) if file else None,
        triage_load=_triage_load(site.study.baseline, site.study.run.seed),
        four_hours_by_hour=four_hours_by_hour(before),
        fewer_in=site.fewer_in,
        weeks=site.study.run.replications * site.study.run.measured_days / 7,
        replications=site.study.run.replications,
        engine=site.study.engine,
        seconds=time.perf_counter() - began,
        differs=site.differs(),
    )


def overridden_by(overrides: Sequence[str]) -> tuple[str, ...]:
    """The keys of overrides that make the site another one than its files, and the hash of its fitted values, say."""
    keys = {override.split("=", 1)[0] for override in overrides}
    return tuple(sorted(key for key in keys if key not in FILES and key.split(".")[0] not in HOW_IT_IS_RUN))


def _department(site: SiteRuns) -> str:
    """The name of the department: that of its site, or of its pathway where it has no site."""
    name = site.study.chosen("site")
    return name if name != "none" else site.study.chosen("pathway")


def _what_runs(site: SiteRuns, targets: str, n_rows: int, n_changes: int) -> str:
    run = site.study.run
    under = "" if not n_changes else f", as it is and under {n_changes} change{'s' if n_changes > 1 else ''}"
    return (
        f"Simulating {_department(site)}{under}, to hold it against {n_rows} row{'s' if n_rows > 1 else ''} of "
        f"targets/{targets}.yaml: {run.replications} replications of {run.measured_days} days"
    )


def judged(target: Target, values: Floats, *, name: str = "", note: str = "") -> Row:
    """A row from one number a replication: the mean, its interval, and whether it is in the target's band."""
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
    """A row of the paired difference that a change makes."""
    measure = target.measure.removesuffix(DIFFERENCE)
    changed, as_is = (of_measure(measure, arms[name], target.months, target.group) for name in (target.change, AS_IS))
    return judged(target, changed - as_is)


def _triage_load(arm: ReadyArm, seed: int) -> tuple[TriageLoad, ...]:
    """The load of every staff pool that steps ask for which give the triage label."""
    pathway = arm.pathway
    giving = [step for step in pathway.steps.values() if step.relabels == ACUITY_GIVEN]
    pools = dict.fromkeys(
        pool for step in giving for pool in (*step.asks, *step.any_of) if pathway.pools[pool].kind == "staff"
    )
    sample = apply(arm.policy, pathway, draw(in_a_mean_week(pathway), seed=seed, replication=0, days=LOAD_DAYS))
    load = offered_load(pathway, sample)
    rows = {pool: load.pools.index(pool) for pool in pools}
    return tuple(
        TriageLoad(pool, load.by_hour()[number], float(load.weekly()[number])) for pool, number in rows.items()
    )
