"""Tables of the department under each arm, of what is stated by evidence, and of how the study was run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from simulation.display.scale import target_of
from simulation.display.table import ReportTable
from simulation.display.words import percent, season_words
from simulation.explain.statements import Statement
from simulation.measures.profile import STAGES
from simulation.report.figures.department import clinicians, levels, stages_seen, stay_parts
from simulation.report.tables.over_departments import departments_words
from simulation.run.result import StudyResult

EVIDENCE = ("published", "measured", "assumed")


def day_table(result: StudyResult) -> ReportTable:
    """The mean day of the baseline by hour."""
    day, pools = result.baseline.day, clinicians(result)
    counts = {"arrivals": day.arrivals, "present": day.census, "waiting for a bed": day.boarders}
    counts = {words: by_hour for words, by_hour in counts.items() if not np.isnan(by_hour).all()}
    rows = []
    for hour in range(24):
        numbers = [f"{by_hour[hour]:.1f}" if not np.isnan(by_hour[hour]) else "–" for by_hour in counts.values()]
        busy = [percent(float(day.busy[day.pools.index(pool), hour])) for pool in pools]
        rows.append((f"{hour:02d}:00", *numbers, *busy))
    headers = ("hour", *counts, *(f"{pool.replace('_', ' ')} busy, %" for pool in pools))
    return ReportTable("day", f"A mean day under '{result.baseline.label}'", headers, tuple(rows))


def stay_table(result: StudyResult) -> ReportTable | None:
    """Minutes per attendance, waiting for a stage + in it, for every arm; None where no stage is known."""
    parts = {arm.label: stay_parts(result, arm) for arm in result.arms}
    shown = stages_seen(parts.values())
    if not shown:
        return None
    rows = [
        (label, *(f"{stay.waiting[n]:.1f} + {stay.working[n]:.1f}" for n in shown), f"{stay.total:.1f}")
        for label, stay in parts.items()
    ]
    headers = ("arm", *(STAGES[n] for n in shown), "in all")
    return ReportTable("stay", "Minutes per attendance: waiting for a stage + in it", headers, tuple(rows))


def acuity_table(result: StudyResult) -> ReportTable | None:
    """Median and 95th percentile of the wait by true level, and the share beyond the target; None if not known."""
    names = levels(result)
    if not names or not result.has("time_to_clinician_p95", f"acuity_true={names[0]}"):
        return None
    targets = {name: target_of(name, names) for name in names}
    rows = [
        (arm.label, *(_acuity_cell(result, arm.name, name, target) for name, target in targets.items()))
        for arm in result.arms
    ]
    headers = ("arm", *(_level_header(name, target) for name, target in targets.items()))
    note = "Patients who were seen."
    if any(target is not None for target in targets.values()):
        note = (
            "Patients who were seen; 'late' is the share of patients whose first clinician, or leaving, came "
            "after the target."
        )
    return ReportTable(
        "acuity", "Minutes to the first clinician: median / 95th percentile", headers, tuple(rows), (note,)
    )


def _acuity_cell(result: StudyResult, arm: str, level: str, target: float | None) -> str:
    """'23 / 96, 12 % late'."""
    group = f"acuity_true={level}"
    median, p95 = (result.row(arm, f"time_to_clinician_{name}", group).mean for name in ("median", "p95"))
    late = ""
    if target is not None and result.has("beyond_target_share", group):
        late = f", {percent(result.row(arm, 'beyond_target_share', group).mean)} % late"
    return f"{_number(median)} / {_number(p95)}{late}"


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.0f}"


def _level_header(level: str, target: float | None) -> str:
    return level.replace("_", " ") + (f" (target {target:g})" if target is not None else "")


def counts_table(statements: Sequence[Statement]) -> ReportTable:
    """How many statements of each part of the configuration are published, measured, assumed."""
    counts = Counter((statement.where.split(".")[0], statement.evidence) for statement in statements)
    parts = tuple(dict.fromkeys(part for part, _ in counts))
    rows = [(part, *(str(counts[part, evidence]) for evidence in EVIDENCE)) for part in parts]
    rows.append(("in all", *(str(sum(counts[part, evidence] for part in parts)) for evidence in EVIDENCE)))
    return ReportTable("counts", "Sourced statements by evidence", ("part", *EVIDENCE), tuple(rows))


def run_table(result: StudyResult) -> ReportTable:
    """What was run, and with what."""
    manifest, run = result.manifest, result.run
    versions = manifest.get("versions", {})
    git = manifest.get("git")
    commit = f"{git['commit'][:12]}{' with local changes' if git['changed'] else ''}" if git else "not a checkout"
    length = (
        f"{len(result.replications)} replications of {run.measured_days} measured days, {run.warm_up_days} of warm-up"
    )
    season = season_words(run, (replication.replication for replication in result.replications))
    rows = [
        ("length", f"{length}; cool-down {manifest.get('cool_down_days', run.cool_down_days)} days"),
        *([("season", season)] if season else []),
        *([("departments", departments_words(result))] if result.department_of is not None else []),
        *([("department", f"the typical one: {result.study.on_one}")] if result.study.on_one else []),
        ("seed", str(run.seed)),
        ("size", ", ".join(f"{_figure_of(manifest, name)} {name}" for name in ("attendances", "activities", "events"))),
        ("versions", ", ".join(f"{name} {number}" for name, number in versions.items()) or "not recorded"),
        ("commit", commit),
        ("configuration", f"SHA-256 {manifest.get('identity', {}).get('study', 'not recorded')}"),
    ]
    return ReportTable("run", "How it was run", ("what", "value"), tuple(rows))


def clock_table(result: StudyResult) -> ReportTable:
    """When it was run, by what, and how fast: all that differs between two runs of one study."""
    manifest = result.manifest
    speed = manifest.get("activities_per_second")
    finished_at = manifest.get("finished_at")
    at = datetime.fromisoformat(finished_at) if finished_at else None
    rows = [
        ("finished", f"{at.day} {at:%B %Y, %H:%M}" if at else "not recorded"),
        ("engine", f"{manifest.get('engine', 'not recorded')}, executor {manifest.get('executor', 'not recorded')}"),
        (
            "time taken",
            f"{_figure_of(manifest, 'wall_seconds')} s; {_figure_of(manifest, 'engine_seconds')} s of processor "
            f"time in simulation",
        ),
        ("speed", f"{speed:,} activities a second on one processor" if speed else "not recorded"),
    ]
    return ReportTable("clock", "When, and how fast", ("what", "value"), tuple(rows))


def _figure_of(manifest: Mapping[str, Any], name: str) -> str:
    value = manifest.get(name)
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}" if value is not None else "?"
