"""Whom a tool reaches and whom it does not: direct effect, spillover and total in a table, and why."""

from __future__ import annotations

from collections.abc import Mapping

from simulation.experiment.result import StudyResult
from simulation.report.tables.table import ReportTable
from simulation.report.words import (
    SIMULATION,
    amount,
    change,
    false_alarms,
    measure_label,
    span,
    unit_words,
)
from simulation.study.design import Target

EFFECT_WORDS: Mapping[str, tuple[str, str]] = {
    "direct": ("direct", "covered patients, {partial} against none"),
    "spillover": ("spillover", "patients never covered, {partial} against none"),
    "spillover, left out": ("of it: left out", "never covered by the coin, though the tool could be for them"),
    "spillover, outside": ("of it: outside", "never covered because the tool is not for them"),
    "own": ("own", "direct less spillover on those left out: what being covered adds"),
    "partial": ("all, partial", "everybody, {partial} against none"),
    "total": ("total", "everybody, {full} against none"),
}
"""By part of what a tool does: its name, and among whom and between which arms."""
STEPS_NAMED = 3
"""Queues that the reason of a spillover names."""
LEAST_MINUTES = 0.1
"""A queue whose wait changes by less is not named."""


def spillover_table(result: StudyResult, target: Target) -> ReportTable | None:
    """Direct effect, spillover and total on one target's measure; nothing if the study does not tell them apart."""
    told, parts = result.design.coverages, result.spillover(target.measure)
    if told is None or not parts:
        return None
    unit = result.row(result.design.baseline, target.measure).unit
    labels = {"partial": f"'{result.arm(told.partial).label}'", "full": f"'{result.arm(told.full).label}'"}
    rows = []
    for part in parts:
        name, whom = EFFECT_WORDS[part.name]
        change_, low, high = part.difference.mean, part.difference.low, part.difference.high
        before, after = amount(part.before, unit), amount(part.after, unit)
        rows.append(
            (name, whom.format(**labels), before, after, change(change_, unit), span(low, high, unit), SIMULATION)
        )
    label = measure_label(result, target.measure)
    title = f"Whom the tool reaches and whom it does not: {label} (differences in {unit_words(unit)})"
    headers = ("effect", "on whom", "without", "with", "difference", "95 % interval", "uncertainty")
    notes = (
        "A coin decides who is covered, the same in every arm, so each row compares the same patients with themselves. "
        "The interval is over replications. Nobody's own triage changes in the row 'spillover'. "
        + false_alarms(len(rows), "effects"),
        *(
            sentence
            for sentence in (spillover_reason(result),)
            if sentence and target.measure == result.targets[0].measure
        ),
    )
    return ReportTable(f"spillover:{target.measure}", title, headers, tuple(rows), notes)


def spillover_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """One table for each measure among the targets."""
    by_measure = {target.measure: target for target in reversed(result.targets)}
    found = (
        spillover_table(result, by_measure[name]) for name in dict.fromkeys(each.measure for each in result.targets)
    )
    return tuple(table for table in found if table is not None)


def spillover_reason(result: StudyResult) -> str | None:
    """Where those never covered wait longer and shorter than without the tool, and what they share there."""
    told = result.design.coverages
    if told is None:
        return None
    before, after = (result.arm(name).waits.get("never", {}) for name in (result.design.baseline, told.partial))
    if not before or not after:
        return None
    moved = {step: after.get(step, 0.0) - before.get(step, 0.0) for step in {*before, *after}}
    most = sorted(moved, key=lambda step: (-abs(moved[step]), step))[:STEPS_NAMED]
    said = [
        f"{change(moved[step], 'minutes')} minutes at '{step.replace('_', ' ')}' ({_resources(result, step)})"
        for step in most
        if abs(moved[step]) >= LEAST_MINUTES
    ]
    if not said:
        return "Why: no queue of those never covered changes by as much as a tenth of a minute an attendance."
    signs = {moved[step] > 0 for step in most if abs(moved[step]) >= LEAST_MINUTES}
    ways = (
        ("they gain where the covered are done sooner", False),
        ("they lose where the covered go before them, or where what was saved earlier is waited again", True),
    )
    how = " and ".join(words for words, longer in ways if longer in signs)
    return (
        "Why: those never covered wait in the same queues as the covered. Before their first clinician they wait "
        f"{', '.join(said)} an attendance. What these steps take is shared: {how}."
    )


def _resources(result: StudyResult, step: str) -> str:
    """What a step takes, in words."""
    stated = result.resolved.get("pathway", {}).get("steps", {}).get(step, {})
    either = " or ".join(name.replace("_", " ") for name in stated.get("any_of", ()))
    names = [*(name.replace("_", " ") for name in stated.get("asks", ())), *([either] if either else [])]
    return " and ".join(names) or "no pool"
