"""Every table of a comparison in order, and those that every comparison has: arms, targets, margins, measures."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simulation.analysis.definitions import ALL, BINDING
from simulation.analysis.multiplicity import ALPHA
from simulation.analysis.verdict import IDENTICAL, INTERVAL_NOTES, PILOT, threshold
from simulation.analysis.weakness import SPELL_DAYS, WEAK_NOTE
from simulation.experiment.result import StudyResult
from simulation.report.tables.decides import harmed_kind_words
from simulation.report.tables.table import ReportTable
from simulation.report.unlike import unlike_words
from simulation.report.words import (
    DOES_NOT_FIT,
    MEASURE_LABELS,
    SIMULATION,
    amount,
    change,
    doubt_note,
    effect,
    false_alarms,
    half_width,
    labelled,
    measure_label,
    span,
    unit_words,
)
from simulation.study.design import Margin, Target

GETTING_WORSE = ("worsened_before_seen_share", "worse_wait_per_1000")
"""What the table of safety says where a study states no margin for it."""


def overview_table(result: StudyResult) -> ReportTable:
    """Arms by the main measures: level, and difference with its half-width."""
    columns = [(target.label, target.measure, target.group) for target in result.targets]
    columns += [
        (MEASURE_LABELS[name], name, "all")
        for name in ("left_share", "stay_mean")
        if result.has(name) and name not in [target.measure for target in result.targets]
        if any(result.row(arm.name, name).mean != 0 for arm in result.arms)  # nobody leaves where nobody can
    ]
    rows = []
    for arm in result.arms:
        cells = []
        for _, measure, group in columns:
            row = result.row(arm.name, measure, group)
            level = amount(row.mean, row.unit)
            own = arm.name != result.design.baseline and arm.name not in result.identical
            cells.append(f"{level}  {change(row.difference, row.unit)} {half_width(row)}" if own else level)
        rows.append((labelled(result, arm), *cells))
    notes = [
        f"Mean over {result.run.replications} replications, then difference from '{result.baseline.label}' ± half of "
        "its 95 % interval (minutes, or percentage points).",
        *INTERVAL_NOTES[result.interval_kind],
        doubt_note(),
    ]
    return ReportTable("overview", "Arms", ("arm", *(label for label, _, _ in columns)), tuple(rows), tuple(notes))


def target_table(result: StudyResult, target: Target) -> ReportTable:
    """One target: difference, interval, half-width and verdict, one line an arm."""
    rows = []
    unit = result.row(result.design.baseline, target.measure, target.group).unit
    for arm in result.others:
        finding = result.finding(arm.name, target)
        row = finding.comparison
        rows.append(
            (
                arm.label,
                amount(row.mean, unit),
                change(row.difference, unit),
                span(row.difference_low, row.difference_high, unit),
                half_width(row),
                finding.verdict.words,
                SIMULATION,
            )
        )
    base = result.row(result.design.baseline, target.measure, target.group)
    primary = "primary" if target in result.design.primary else "secondary"
    title = (
        f"{target.label} ({primary}): {amount(base.mean, unit)} under '{result.baseline.label}'; "
        f"differences in {unit_words(unit)}"
    )
    headers = ("arm", "mean", "difference", "95 % interval", "half-width", "verdict", "uncertainty")
    important = threshold(target.minimal_important_difference, unit)
    notes = [
        f"Least difference that would matter: {important} ({target.evidence}: {target.source}).",
        _looked_at(result, target),
        *INTERVAL_NOTES[result.interval_kind],
        *_weak_verdict_note(result, target),
        *_sham_note(result, target),
        *_looks_counted(result, target),
    ]
    return ReportTable(f"target:{target.measure}:{target.group}", title, headers, tuple(rows), tuple(notes))


def _now(result: StudyResult, margin: Margin) -> str:
    """' (now 14.6 %)': a share under the baseline; nothing of another unit."""
    row = result.row(result.design.baseline, margin.measure, margin.group)
    return f" (now {amount(row.mean, row.unit)})" if row.unit == "share" else ""


def _looks_counted(result: StudyResult, target: Target) -> Iterator[str]:
    """The arms whose difference depends on the rule that a look in the wrong area is no first clinician."""
    measure = "wait_to_first_look_mean"
    if target.measure != "wait_to_clinician_mean" or not result.has(measure, target.group):
        return
    told = []
    for arm in result.others:
        judged, counted = (result.row(arm.name, name, target.group) for name in (target.measure, measure))
        matters = abs(judged.difference - counted.difference) >= target.minimal_important_difference / 2
        if matters or judged.difference * counted.difference < 0:
            other, ours = (change(row.difference, row.unit) for row in (counted, judged))
            told.append(f"'{arm.label}' {other}, not {ours}")
    if told:
        yield (
            "A clinician who only finds out that a patient is in the wrong area is not counted as the first. Were such "
            f"looks counted (described, not judged): {'; '.join(told)}."
        )


def _looked_at(result: StudyResult, target: Target) -> str:
    """How many verdicts are read together with this one, and what that does to its words."""
    if target in result.design.primary:
        told = [
            f"Verdicts on primary measures ({whose}) are adjusted for {n} comparison{'s' * (n > 1)} (95 % overall): "
            f"each is read from an interval of {100 - 5 / n:.4g} %."
            for n, whose in _families(result, len(result.design.primary))
        ]
        return f"Intervals are of 95 % each. {' '.join(told)}"
    n = len(result.others) * len(result.design.secondary)
    return f"Verdicts are each from their own 95 % interval. {false_alarms(n)}"


def _families(result: StudyResult, n_stated: int) -> Iterator[tuple[int, str]]:
    """How many verdicts hold together, and whose: of tools, and of comparators; of all arms where none is one."""
    comparators = [result.design.arms[arm.name].comparator for arm in result.others]
    for comparator, one, several in ((False, "tool", "tools"), (True, "other thing to do", "other things to do")):
        n_arms = comparators.count(comparator)
        whose = (one if n_arms == 1 else several) if any(comparators) else "arms"
        if n_arms:
            yield n_arms * n_stated, f"{n_arms} {whose}"


def _weak_verdict_note(result: StudyResult, *judged: Target | Margin) -> Iterator[str]:
    """Why verdicts are open, if any arm's is for weak numbers."""
    arms = [arm.name for arm in result.others if arm.name not in result.identical]
    if any(result.row(arm, each.measure, each.group).weakness is not None for arm in arms for each in judged):
        yield WEAK_NOTE


def _sham_note(result: StudyResult, target: Target) -> Iterator[str]:
    band = result.band(target.measure, target.group)
    if band is None or math.isnan(band.difference.low):
        return
    unit = result.row(result.design.baseline, target.measure, target.group).unit
    yield (
        f"With no effect at all (sham): {change(band.difference.mean, unit)} "
        f"({span(band.difference.low, band.difference.high, unit)}, of its mean); 95 % of single replications "
        f"fall between {change(band.low, unit)} and {change(band.high, unit)}."
    )


def sham_line(result: StudyResult) -> str | None:
    """How many patients are 'better' and 'worse' when nothing is different but chance."""
    sham = result.sham
    if sham is None or sham.shares is None or math.isnan(sham.shares.better):
        return None
    return (
        f"With no effect at all (sham), {100 * sham.shares.better:.0f} % of patients wait more than a minute less and "
        f"{100 * sham.shares.worse:.0f} % more than a minute longer: such shares alone are no evidence."
    )


def safety_table(result: StudyResult) -> ReportTable:
    """One line an arm: the judgement on every margin, then what is known of getting worse and has no margin."""
    margins = result.design.margins
    judged = [margin.measure for margin in margins if margin.group == ALL]
    others = [name for name in GETTING_WORSE if result.has(name) and name not in judged]
    rows = []
    for arm in result.others:
        cells = []
        for margin in margins:
            found = next(each for each in result.safety if each.arm == arm.name and each.margin == margin)
            row = found.comparison
            interval = span(row.difference_low, row.difference_high, row.unit)
            level = f"{amount(row.mean, row.unit)}: " if row.unit == "share" else ""
            told = (f"{level}{found.judgement.words} ({interval})", found.where, harmed_kind_words(result, found))
            cells.append("; ".join(each for each in told if each))
        cells += [effect(result.row(arm.name, name)) for name in others]
        same = arm.name in result.identical
        rows.append((arm.label, *((IDENTICAL,) * len(cells) if same else cells), SIMULATION))
    headers = (
        "arm",
        *(f"{margin.label}{_now(result, margin)}, margin {_margin_words(result, margin)}" for margin in margins),
        *(f"{MEASURE_LABELS[name]}, no margin stated" for name in others),
        "uncertainty",
    )
    notes = tuple(
        f"Margin of '{margin.label}': {_margin_words(result, margin)} ({margin.evidence}: {margin.source})."
        for margin in margins
    )
    if any(measure.startswith("under_triage") for measure in judged):
        notes += ("Under-triage is a label less urgent than the truth.",)
    n = len(result.others) * len(margins)
    claims = " and ".join(
        f"of all {each} ({whose}) at once with 95 %, so each is read from an interval of {100 - 5 / each:.4g} %"
        for each, whose in _families(result, len(margins))
    )
    notes += (
        f"Intervals are of 95 % each. 'Not worse' is claimed {claims}; 'worse' is said from an interval by itself, so "
        f"as not to hide harm: about {n * ALPHA / 2:.1f} at most by chance. That no case was seen is no proof of "
        "safety.",
        *INTERVAL_NOTES[result.interval_kind],
        *_weak_verdict_note(result, *margins),
    )
    if any(" where " in cell for row in rows for cell in row):
        notes += (
            "'Where': the figure of a department that best tells those beyond the margin from the others, and the "
            "share of departments, not used to find it, for which it is right.",
        )
    return ReportTable(
        "safety", "Safety: is it worse by more than the margin? (95 % interval)", headers, tuple(rows), notes
    )


def _margin_words(result: StudyResult, margin: Margin) -> str:
    return threshold(margin.margin, result.row(result.design.baseline, margin.measure, margin.group).unit)


def measures_table(result: StudyResult, arm: str | None = None) -> ReportTable:
    """Every measure over all attendances of one arm, with the interval of its mean over replications."""
    chosen = result.arm(arm or result.design.baseline)
    rows = []
    for row in result.comparisons:
        if row.arm == chosen.name and row.group == "all" and row.measure not in BINDING:
            low, high = max(row.low, 0.0), min(row.high, 1.0) if row.unit == "share" else row.high  # what can be
            mark = " *" if row.level_weakness == "one replication" else ""
            interval = "–" if math.isnan(row.low) else f"{amount(low, row.unit)} to {amount(high, row.unit)}{mark}"
            rows.append((measure_label(result, row.measure), amount(row.mean, row.unit), interval, SIMULATION))
    title = f"NHS measures of '{chosen.label}'"
    notes = (*_weak_notes(result, chosen.name), doubt_note())
    return ReportTable("measures", title, ("measure", "mean", "95 % interval", "uncertainty"), tuple(rows), notes)


def _weak_notes(result: StudyResult, arm: str) -> Iterator[str]:
    """Which of an arm's measures have no interval, and which one that is not to be relied on."""
    rows = [row for row in result.comparisons if row.arm == arm and row.group == "all"]
    short = [measure_label(result, row.measure) for row in rows if row.short]
    if short:
        years = SPELL_DAYS // 364
        yield f"No interval before {years} years are measured, because rare spells decide: {', '.join(short)}."
    if any(row.level_weakness == "one replication" for row in rows):
        yield "*: one replication carries over half of the variance, so the interval is not to be relied on."


def warnings(result: StudyResult) -> tuple[str, ...]:
    """What a reader must know before any number."""
    found = [
        f"Warning: '{result.arm(name).label}' is {IDENTICAL} in every measure of every replication. "
        "Either it changes nothing that matters here, or its policy or its changes are not what you meant."
        for name in result.identical
    ]
    focus = result.design.focus
    arms = [arm.ready for arm in result.shown.arms if arm.name in focus or not focus]
    found += [f"Warning, {words}" for words in unlike_words(arms)]
    found += [f"Warning: {DOES_NOT_FIT} {said}." for said in result.explanation.misfits]
    n_replications = len(result.replications)
    if n_replications < 2:
        found.append("Warning: one replication has no interval. Run at least two; ten or more to compare arms.")
    if 2 <= n_replications < PILOT:
        found.append(
            f"Warning: {n_replications} replications give wide intervals, and how wide they should be is "
            "hardly known. Run ten or more before anything is read from them."
        )
    if result.n_unfinished:
        found.append(
            f"Warning: {result.n_unfinished:,} measured attendances had not left when the run ended. "
            "How long these stay is not known, so means of stays are missing (–) where they are among them in any "
            "replication of either arm; a longer "
            "run.cool_down_days or more capacity is needed."
        )
    return tuple(found)
