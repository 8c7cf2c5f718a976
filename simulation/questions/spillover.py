"""What does a tool do to patients whom it never sees? Direct effect, spillover and total effect, and the reason.

The arithmetic is in `statistics/coverage_effects.py`, because each replication counts its groups as it ends.
"""

from collections.abc import Iterator
from pathlib import Path

from simulation.display.table import Cell, ReportTable, change_cell, ends_cell, interval_cell
from simulation.display.words import change, false_alarms, interval_scope, measure_label, unit_words
from simulation.records.serialise import read_yaml
from simulation.runs.result import StudyResult
from simulation.study.design import Target
from simulation.wording import spaced

EFFECT_WORDS = read_yaml(Path(__file__).with_suffix(".yaml"))
"""The name of each part of a tool's effect, and on whom and between which arms it is."""
STEPS_NAMED = 3
"""Queues that the reason of a spillover names."""
LEAST_MINUTES = 0.1
"""Minutes by which the wait in a queue has to change for it to be named."""


def tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """A table for each measure among the targets; none if the study does not tell them apart."""
    result, by_measure = result.shown, dict[str, Target]()
    for target in result.targets:
        by_measure.setdefault(target.measure, target)
    return tuple(filter(None, (spillover_table(result, target) for target in by_measure.values())))


def sentences(result: StudyResult) -> Iterator[str]:
    """What the tool does to those it covers, to those it never sees, and to all; then why."""
    result = result.shown
    target = result.first_target
    effects = {part.name: part.difference for part in result.spillover(target.measure)}
    if not {"direct", "spillover", "total"} <= effects.keys():
        return
    unit, label = result.before(target.measure).unit, measure_label(result, target.measure)
    yield (
        f"{label}, in {unit_words(unit)}: direct effect on covered patients {interval_cell(effects['direct'], unit)}, "
        f"spillover on patients whom the tool never sees {interval_cell(effects['spillover'], unit)}, total effect of "
        f"covering everybody {interval_cell(effects['total'], unit)}."
    )
    reason = spillover_reason(result)
    if reason is not None:
        yield reason


def spillover_table(result: StudyResult, target: Target) -> ReportTable | None:
    """Direct effect, spillover and total on one target's measure; None if the study does not tell them apart."""
    coverages, parts = result.design.coverages, result.spillover(target.measure)
    if coverages is None or not parts:
        return None
    unit = result.before(target.measure).unit
    labels = {
        name: f"'{result.arm(getattr(coverages, name)).label}'" for name in ("partial", "full")
    }
    cells = []
    for part in parts:
        name, whom = EFFECT_WORDS[part.name]
        numbers = (
            Cell(part.before, unit),
            Cell(part.after, unit),
            change_cell(part.difference.mean, unit),
            ends_cell(part.difference.low, part.difference.high, unit),
        )
        cells.append((name, whom.format(**labels), *numbers))
    label = measure_label(result, target.measure)
    title = (
        f"Whom the tool reaches and whom it does not: {label} (differences in {unit_words(unit)})"
    )
    headers = (
        "effect",
        "on whom",
        "without",
        "with",
        "difference",
        f"95 % interval {interval_scope(result)}",
    )
    notes = [
        "A random draw decides who is covered, the same in every arm, so each row compares the same patients with "
        "themselves. In the row 'spillover' nobody's own triage changes. "
        + false_alarms(len(cells), "effects")
    ]
    reason = spillover_reason(result)
    if reason is not None and target.measure == result.targets[0].measure:
        notes.append(reason)
    return ReportTable(f"spillover:{target.measure}", title, headers, cells, tuple(notes))


def spillover_reason(result: StudyResult) -> str | None:
    """Where those never covered wait longer or shorter than without the tool, and what they share there."""
    coverages = result.design.coverages
    if coverages is None:
        return None
    before, after = (
        result.arm(name).waits.get("never", {})
        for name in (result.design.baseline, coverages.partial)
    )
    if not before or not after:
        return None
    changes = {step: after.get(step, 0.0) - before.get(step, 0.0) for step in {*before, *after}}
    largest = sorted(changes, key=lambda step: (-abs(changes[step]), step))[:STEPS_NAMED]
    steps = [step for step in largest if abs(changes[step]) >= LEAST_MINUTES]
    if not steps:
        return "Why: no queue of patients never covered changes by as much as a tenth of a minute per attendance."
    waits = ", ".join(
        f"{change(changes[step], 'minutes')} minutes at '{spaced(step)}' ({_resources(result, step)})"
        for step in steps
    )
    reasons = []
    if any(changes[step] < 0 for step in steps):
        reasons.append("they gain where covered patients finish sooner")
    if any(changes[step] > 0 for step in steps):
        reasons.append(
            "they lose where covered patients go before them, or where time saved earlier is spent in a later queue"
        )
    return (
        "Why: patients never covered wait in the same queues as covered patients. Before their first clinician they "
        f"wait {waits} per attendance. The resources of these steps are shared: {' and '.join(reasons)}."
    )


def _resources(result: StudyResult, step: str) -> str:
    """The pools that a step asks for: 'nurses and cubicles or trolleys'."""
    stated = result.resolved.get("pathway", {}).get("steps", {}).get(step, {})
    names = filter(None, (*stated.get("asks", ()), " or ".join(stated.get("any_of", ()))))
    return " and ".join(names).replace("_", " ") or "no pool"
