"""Tables of a comparison in words that a planner can act on, for the screen and for the page alike.

A `Sheet` is a table with its title and notes; here every sheet is filled, and shown on a screen. No sentence claims
more than its interval supports, and each says which layer of doubt the interval is about.
"""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TextIO

from simulation.analysis.compare import Comparison
from simulation.analysis.definitions import ALL, DEFINITIONS
from simulation.analysis.verdict import IDENTICAL, threshold
from simulation.experiment.result import Result
from simulation.experiment.study import Margin, Target
from simulation.report.gather import inputs_of
from simulation.report.inputs import ReportArm, ReportInputs

BANNER = "Planning only, not for clinical use."
SIMULATION = "simulation"
"""The layer of doubt that every interval here is about."""
WORSE_OFF_BY = ("acuity_true", "age_band", "stream", "language_need")
"""Attributes whose groups are looked at, one by one, for who is worse off."""
GETTING_WORSE = ("worsened_before_seen_share", "worse_to_clinician_mean")
"""What the table of safety says where a study states no margin for it."""
ALPHA = 0.05
WIDTH = 110
"""Characters of a line of prose on a screen."""
MOST_ON_SCREEN = 12
"""Rows of a table on a screen; the report has all."""
MEASURE_LABELS = {
    "wait_to_clinician_mean": "Wait to first clinician",
    "time_to_clinician_median": "Time to treatment, median",
    "time_to_clinician_p95": "Time to treatment, 95th percentile",
    "stay_mean": "Stay, mean",
    "stay_median": "Stay, median",
    "stay_p95": "Stay, 95th percentile",
    "within_4h_share": "Within four hours",
    "within_4h_share_without_left": "Within four hours, of those who did not leave",
    "over_12h_share": "Over 12 hours from arrival",
    "left_share": "Left before being seen",
    "admitted_share": "Admitted",
    "ambulance_assessment_median": "Ambulance: to assessment, median",
    "ambulance_assessment_p95": "Ambulance: to assessment, 95th percentile",
    "walk_in_triage_wait_mean": "Walk-in: to triage, mean",
    "walk_in_triage_wait_p95": "Walk-in: to triage, 95th percentile",
    "handover_mean": "Ambulance handover, mean",
    "handover_over_30_share": "Handover over 30 minutes",
    "handover_over_60_share": "Handover over 60 minutes",
    "decision_to_departure_over_4h_share": "Over 4 hours from decision to admit (description only)",
    "decision_to_departure_over_12h_share": "Over 12 hours from decision to admit (description only)",
    "worsened_before_seen_share": "Got worse before the first clinician",
    "worse_to_clinician_mean": "From getting worse to the first clinician",
    "noticed_before_seen_share": "Noticed by then, of those who got worse before the first clinician",
    "raised_for_nothing_share": "Ranked again for nothing (false alarm)",
    "under_triage_1_2_share": "True levels 1-2 labelled less urgent",
    "under_triage_share": "Labelled less urgent than the truth",
    "over_triage_share": "Labelled more urgent than the truth",
    "exact_triage_share": "Labelled with the true level",
}


@dataclass(frozen=True)
class Sheet:
    """A table as it is read: `kind` is a short name, `headers` and `rows` are text, `notes` stand below."""

    kind: str
    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


# --- numbers in words ----------------------------------------------------------------------------------------


def amount(value: float, unit: str) -> str:
    """A level: '58.9 min', '61.2 %'; a dash for what is not known."""
    if math.isnan(value):
        return "–"
    return f"{100 * value:.1f} %" if unit == "share" else f"{value:.1f} min"


def change(value: float, unit: str) -> str:
    """A signed number without its unit: minutes, or points of a hundred."""
    if math.isnan(value):
        return "–"
    shown = f"{(100 if unit == 'share' else 1) * value:+.1f}".replace("-", "−")
    return "0.0" if shown in ("+0.0", "−0.0") else shown


def unit_words(unit: str) -> str:
    """The unit of a difference."""
    return "percentage points" if unit == "share" else "minutes"


def span(low: float, high: float, unit: str) -> str:
    """An interval of a difference; a dash with fewer than two replications."""
    return "–" if math.isnan(low) else f"{change(low, unit)} to {change(high, unit)}"


def effect(row: Comparison) -> str:
    """'−7.2 minutes (−18.0 to +3.5)'."""
    interval = span(row.difference_low, row.difference_high, row.unit)
    return f"{change(row.difference, row.unit)} {unit_words(row.unit)} ({interval})"


def half_width(row: Comparison) -> str:
    """'±10.7'."""
    scale = 100 if row.unit == "share" else 1
    return "–" if math.isnan(row.half_width) else f"±{scale * row.half_width:.1f}"


def group_words(group: str) -> str:
    """'true level urgent', 'age 80 …' as the site names it, 'came by ambulance', 'needs an interpreter'."""
    if group == "all":
        return "everybody"
    attribute, value = group.split("=", 1)
    words = value.replace("_", " ")
    if attribute == "acuity_true":
        return f"true level{'s' if '-' in value else ''} {words}"
    if attribute == "language_need":
        return "needs an interpreter" if value == "yes" else "needs no interpreter"
    if attribute == "stream":
        return {"walk_in": "walked in", "ambulance": "came by ambulance"}.get(value, words)
    if attribute == "coverage":
        return {"never": "never covered", "left_out": "left out by the coin", "outside": "not for them"}.get(
            value, words
        )
    return f"{attribute.removesuffix('_band').replace('_', ' ')}: {words}"


def is_worse(row: Comparison) -> bool | None:
    """Whether the whole interval is on the worse side (True), the better side (False), or neither (None)."""
    better = DEFINITIONS[row.measure].better
    if better == "neither" or math.isnan(row.difference_low):
        return None
    if row.difference_low > 0:
        return better == "lower"
    if row.difference_high < 0:
        return better == "higher"
    return None


# --- sheets --------------------------------------------------------------------------------------------------


def sheets(inputs: ReportInputs) -> tuple[Sheet, ...]:
    """Everything that the screen shows, in order."""
    from simulation.report.by_group import by_group_sheets, is_asked  # these fill sheets, so they import this file
    from simulation.report.decomposition import decomposition_sheets

    if not inputs.others:
        return (measures_sheet(inputs),)
    by_lever, inputs = decomposition_sheets(inputs), inputs.shown
    found = [overview_sheet(inputs), *(target_sheet(inputs, target) for target in inputs.targets)]
    if inputs.design.margins:
        found.append(safety_sheet(inputs))
    found += [
        sheet for sheet in (labels_sheet(inputs), by_level_sheet(inputs), controls_sheet(inputs)) if sheet is not None
    ]
    if is_asked(inputs):
        found += by_group_sheets(inputs)
    return (*found, *spillover_sheets(inputs), worse_off_sheet(inputs), better_sheet(inputs), *by_lever)


def overview_sheet(inputs: ReportInputs) -> Sheet:
    """Arms by the main measures: level, and difference with its half-width."""
    columns = [(target.label, target.measure, target.group) for target in inputs.targets]
    columns += [
        (MEASURE_LABELS[name], name, "all")
        for name in ("left_share", "stay_mean")
        if inputs.has(name) and name not in [target.measure for target in inputs.targets]
    ]
    rows = []
    for arm in inputs.arms:
        cells = []
        for _, measure, group in columns:
            row = inputs.row(arm.name, measure, group)
            level = amount(row.mean, row.unit)
            own = arm.name != inputs.design.baseline and arm.name not in inputs.identical
            cells.append(f"{level}  {change(row.difference, row.unit)} {half_width(row)}" if own else level)
        rows.append((labelled(inputs, arm), *cells))
    notes = [
        f"Mean over {inputs.run.replications} replications, then difference from '{inputs.baseline.label}' ± half of "
        "its 95 % interval (minutes, or percentage points).",
        _doubt_note(),
    ]
    return Sheet("overview", "Arms", ("arm", *(label for label, _, _ in columns)), tuple(rows), tuple(notes))


def labelled(inputs: ReportInputs, arm: ReportArm) -> str:
    """An arm's label, saying so where it is identical to the baseline."""
    return f"{arm.label} ({IDENTICAL})" if arm.name in inputs.identical else arm.label


def target_sheet(inputs: ReportInputs, target: Target) -> Sheet:
    """One target: difference, interval, half-width and verdict, one line an arm."""
    rows = []
    unit = inputs.row(inputs.design.baseline, target.measure, target.group).unit
    for arm in inputs.others:
        finding = inputs.finding(arm.name, target)
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
    base = inputs.row(inputs.design.baseline, target.measure, target.group)
    primary = "primary" if target in inputs.design.primary else "secondary"
    title = (
        f"{target.label} ({primary}): {amount(base.mean, unit)} under '{inputs.baseline.label}'; "
        f"differences in {unit_words(unit)}"
    )
    headers = ("arm", "mean", "difference", "95 % interval", "half-width", "verdict", "doubt in it")
    important = threshold(target.minimal_important_difference, unit)
    notes = [
        f"Least difference that would matter: {important} ({target.mark}: {target.source}).",
        _looked_at(inputs, target),
        *_sham_note(inputs, target),
    ]
    return Sheet(f"target:{target.measure}:{target.group}", title, headers, tuple(rows), tuple(notes))


def _looked_at(inputs: ReportInputs, target: Target) -> str:
    """How many verdicts stand beside this one, and what that does to its words."""
    if target in inputs.design.primary:
        n = len(inputs.others) * len(inputs.design.primary)
        return (
            f"Intervals are of 95 % each. Verdicts are together: the {n} on primary measures ({len(inputs.others)} "
            f"arms) hold all at once with 95 %, so each is read from an interval of {100 - 5 / n:.4g} %."
        )
    n = len(inputs.others) * len(inputs.design.secondary)
    return f"Verdicts are each from their own 95 % interval. {false_alarms(n)}"


def false_alarms(n_looked_at: int, what: str = "on secondary measures") -> str:
    """What so many unadjusted intervals of 95 % bring by chance."""
    return (
        f"{n_looked_at} {what} were looked at, unadjusted: with no effect at all about {n_looked_at * ALPHA:.1f} would "
        "show one."
    )


def _sham_note(inputs: ReportInputs, target: Target) -> Iterator[str]:
    band = inputs.band(target.measure, target.group)
    if band is None or math.isnan(band.difference.low):
        return
    unit = inputs.row(inputs.design.baseline, target.measure, target.group).unit
    yield (
        f"With no effect at all (sham): {change(band.difference.mean, unit)} "
        f"({span(band.difference.low, band.difference.high, unit)}, of its mean); 95 of 100 single replications from "
        f"{change(band.low, unit)} to {change(band.high, unit)}."
    )


def sham_line(inputs: ReportInputs) -> str | None:
    """How many patients are 'better' and 'worse' when nothing is different but luck."""
    sham = inputs.sham
    if sham is None or sham.shares is None or math.isnan(sham.shares.better):
        return None
    return (
        f"With no effect at all (sham), {100 * sham.shares.better:.0f} % of patients wait more than a minute less and "
        f"{100 * sham.shares.worse:.0f} % more than a minute longer: such shares alone are no evidence."
    )


def safety_sheet(inputs: ReportInputs) -> Sheet:
    """One line an arm: the judgement on every margin, then what is known of getting worse and has no margin."""
    margins = inputs.design.margins
    judged = [margin.measure for margin in margins if margin.group == ALL]
    others = [name for name in GETTING_WORSE if inputs.has(name) and name not in judged]
    rows = []
    for arm in inputs.others:
        cells = []
        for margin in margins:
            found = next(each for each in inputs.safety if each.arm == arm.name and each.margin == margin)
            row = found.comparison
            interval = span(row.difference_low, row.difference_high, row.unit)
            cells.append(f"{found.judgement.words} ({interval})")
        cells += [effect(inputs.row(arm.name, name)) for name in others]
        same = arm.name in inputs.identical
        rows.append((arm.label, *((IDENTICAL,) * len(cells) if same else cells), SIMULATION))
    headers = (
        "arm",
        *(f"{margin.label}, margin {_margin_words(inputs, margin)}" for margin in margins),
        *(f"{MEASURE_LABELS[name]}, no margin stated" for name in others),
        "doubt in it",
    )
    notes = tuple(
        f"Margin of '{margin.label}': {_margin_words(inputs, margin)} ({margin.mark}: {margin.source})."
        for margin in margins
    )
    n = len(inputs.others) * len(margins)
    notes += (
        f"Intervals are of 95 % each. 'Not worse' is claimed of all {n} ({len(inputs.others)} arms) at once with 95 %, "
        f"so each is read from an interval of {100 - 5 / n:.4g} %; 'worse' is said from an interval by itself, so as "
        f"not to hide harm: about {n * ALPHA / 2:.1f} at most by chance. That no case was seen is no proof of safety.",
    )
    return Sheet("safety", "Safety: is it worse by more than the margin? (95 % interval)", headers, tuple(rows), notes)


def _margin_words(inputs: ReportInputs, margin: Margin) -> str:
    return threshold(margin.margin, inputs.row(inputs.design.baseline, margin.measure, margin.group).unit)


def true_levels(inputs: ReportInputs) -> tuple[str, ...]:
    """The true levels for which the first primary measure is known, most urgent first."""
    groups = inputs.groups(inputs.design.primary[0].measure)
    singles = [group for group in groups if group.startswith("acuity_true=") and not group.endswith("=1-2")]
    return tuple(group.split("=", 1)[1] for group in singles)


def labels_sheet(inputs: ReportInputs) -> Sheet | None:
    """How many patients get each label under each arm, as stated; None if the site's mix of levels is not known."""
    names = true_levels(inputs)
    if not names or any(len(arm.label_mix) != len(names) for arm in inputs.arms):
        return None
    rows = []
    for arm in inputs.arms:
        exact, under, over = (arm.agreement[f"{name}_share"] for name in ("exact", "under", "over"))
        agreed = (f"{100 * share:.1f}" for share in (exact, under, over))
        rows.append((arm.label, *(f"{100 * share:.1f}" for share in arm.label_mix), *agreed))
    headers = ("arm", *(f"{name.replace('_', ' ')}, %" for name in names), "right, %", "too low, %", "too high, %")
    note = "As stated, of those patients whom the arm's label is for, at this site's mix of true levels: not simulated."
    return Sheet("labels", "How many get each label, and how many of them are right", headers, tuple(rows), (note,))


def by_level_sheet(inputs: ReportInputs) -> Sheet | None:
    """Who waits longer: the first primary's difference by true level, against the sham; None without true levels."""
    measure, names = inputs.design.primary[0].measure, true_levels(inputs)
    if not names:
        return None
    rows = []
    for arm in sorted(inputs.others, key=lambda each: each.name != inputs.design.sham):
        found = [inputs.row(arm.name, measure, f"acuity_true={name}") for name in names]
        cells = [
            f"{change(row.difference, row.unit)} ({span(row.difference_low, row.difference_high, row.unit)})"
            + (" *" if outside_sham(inputs, row) else "")
            for row in found
        ]
        rows.append((labelled(inputs, arm), *cells))
    base = [inputs.row(inputs.design.baseline, measure, f"acuity_true={name}") for name in names]
    headers = (
        "arm",
        *(f"{name.replace('_', ' ')} ({amount(row.mean, row.unit)})" for name, row in zip(names, base, strict=True)),
    )
    unit = unit_words(base[0].unit)
    label = MEASURE_LABELS.get(measure, measure)
    notes = [
        f"In brackets: above, under '{inputs.baseline.label}'; in cells, the 95 % interval (simulation noise only)."
    ]
    if inputs.sham is not None:
        n_looked_at = (len(inputs.others) - 1) * len(names)
        notes.append(
            "*: differs from the sham, which has no effect but luck: the 95 % interval of the paired difference arm "
            f"less sham holds no 0. {false_alarms(n_looked_at, 'of these')}"
        )
    return Sheet("by_level", f"{label} by TRUE level: differences, {unit}", headers, tuple(rows), tuple(notes))


def controls_sheet(inputs: ReportInputs) -> Sheet | None:
    """Arms less their own controls on the first primary, for everybody and by true level; None without controls."""
    if not inputs.controlled():
        return None
    measure = inputs.design.primary[0].measure
    names = true_levels(inputs)
    groups = ("all", *(f"acuity_true={name}" for name in names))
    unit = inputs.row(inputs.design.baseline, measure).unit
    rows = []
    for arm, control in inputs.controlled():
        found = [inputs.against(arm.name, control.name, measure, group) for group in groups]
        cells = (f"{change(each.mean, unit)} ({span(each.low, each.high, unit)})" for each in found)
        rows.append((f"{arm.label} less {control.label}", *cells))
    headers = ("arm less its control", "everybody", *(name.replace("_", " ") for name in names))
    title = f"{MEASURE_LABELS.get(measure, measure)}: arms less their controls, by TRUE level, {unit_words(unit)}"
    note = (
        "Paired by replication, with the 95 % interval (simulation noise only). What is left is what the control "
        "lacks. " + false_alarms(len(rows) * len(groups), "differences")
    )
    return Sheet("controls", title, headers, tuple(rows), (note,))


def outside_sham(inputs: ReportInputs, row: Comparison) -> bool:
    """Whether the arm differs from the sham: the interval of their difference, paired by replication, holds no 0.

    Two intervals against one baseline may overlap although the arms differ, and the other way round: both hold the
    baseline's luck.
    """
    if inputs.sham is None or row.arm == inputs.sham.name:
        return False
    found = inputs.against(row.arm, inputs.sham.name, row.measure, row.group)
    return found.low > 0 or found.high < 0


@dataclass(frozen=True)
class WorseOff:
    """A group of an arm whose interval is wholly on the worse side; `holm`: it still is after Holm's adjustment."""

    arm: ReportArm
    comparison: Comparison
    p: float
    holm: bool


def worse_off_groups(inputs: ReportInputs) -> tuple[str, ...]:
    """The groups that are looked at, by the first primary measure."""
    measure = inputs.design.primary[0].measure
    return tuple(
        group for group in inputs.groups(measure) if group.split("=")[0] in WORSE_OFF_BY and not group.endswith("=1-2")
    )


def worse_off(inputs: ReportInputs) -> tuple[WorseOff, ...]:
    """Who waits longer under which arm: every group whose 95 % interval is wholly worse, the surest first.

    Holm's step-down holds the chance of any false alarm over all arms and groups at 5 %.
    """
    measure = inputs.design.primary[0].measure
    looked_at = []
    for arm in inputs.others:
        for group in worse_off_groups(inputs):
            row = inputs.row(arm.name, measure, group)
            p = p_value(row)
            if not math.isnan(p):
                looked_at.append((p, arm, row))
    looked_at.sort(key=lambda each: each[0])
    found, still = [], True
    for number, (p, arm, row) in enumerate(looked_at):
        still = still and p <= ALPHA / (len(looked_at) - number)
        if is_worse(row):
            found.append(WorseOff(arm, row, p, still))
    return tuple(found)


def p_value(row: Comparison) -> float:
    """Two-sided p of the paired t test; NaN with fewer than two replications, 1 where nothing differs."""
    if row.n_replications < 2:
        return math.nan
    if row.difference == 0:
        return 1.0
    if row.sd == 0:
        return 0.0
    from scipy.special import stdtr

    t = abs(row.difference) / row.sd * math.sqrt(row.n_replications)
    return float(2 * stdtr(row.n_replications - 1, -t))


def worse_off_sheet(inputs: ReportInputs) -> Sheet:
    """Who is worse off, and how many false alarms so much looking would bring."""
    rows = []
    for each in worse_off(inputs):
        row = each.comparison
        rows.append(
            (
                each.arm.label,
                group_words(row.group),
                amount(row.mean, row.unit),
                change(row.difference, row.unit),
                span(row.difference_low, row.difference_high, row.unit),
                "yes" if each.holm else "no: may be a false alarm",
                SIMULATION,
            )
        )
    n_groups = len(worse_off_groups(inputs))
    n_looked_at = n_groups * len(inputs.others)
    label = MEASURE_LABELS.get(inputs.design.primary[0].measure, inputs.design.primary[0].measure)
    notes = [
        f"{label}, in {n_groups} groups (true level, age, how they came, language) of {len(inputs.others)} arms: "
        f"{n_looked_at} looked at. With no effect at all about {n_looked_at * ALPHA / 2:.1f} would show by chance; "
        "'stands' says which stay after Holm's adjustment over all of them (5 % chance of any false alarm).",
    ]
    if not rows:
        notes.insert(0, "No group's interval is wholly on the worse side. That is not proof that nobody is worse off.")
    headers = ("arm", "who", "mean", "difference", "95 % interval", "stands", "doubt in it")
    return Sheet(
        "worse_off",
        "Who is worse off: groups whose 95 % interval is wholly on the worse side (minutes)",
        headers,
        tuple(rows),
        tuple(notes),
    )


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


def spillover_sheet(inputs: ReportInputs, target: Target) -> Sheet | None:
    """Direct effect, spillover and total on one target's measure; nothing if the study does not tell them apart."""
    told, parts = inputs.design.coverages, inputs.spillover(target.measure)
    if told is None or not parts:
        return None
    unit = inputs.row(inputs.design.baseline, target.measure).unit
    labels = {"partial": f"'{inputs.arm(told.partial).label}'", "full": f"'{inputs.arm(told.full).label}'"}
    rows = []
    for part in parts:
        name, whom = EFFECT_WORDS[part.name]
        change_, low, high = part.difference.mean, part.difference.low, part.difference.high
        before, after = amount(part.before, unit), amount(part.after, unit)
        rows.append(
            (name, whom.format(**labels), before, after, change(change_, unit), span(low, high, unit), SIMULATION)
        )
    label = MEASURE_LABELS.get(target.measure, target.measure)
    title = f"Whom the tool reaches and whom it does not: {label} (differences in {unit_words(unit)})"
    headers = ("effect", "on whom", "without", "with", "difference", "95 % interval", "doubt in it")
    notes = (
        "A coin decides who is covered, the same in every arm, so each row compares the same patients with themselves. "
        "The interval is over replications. Nobody's own triage changes in the row 'spillover'. "
        + false_alarms(len(rows), "effects"),
        *(
            sentence
            for sentence in (spillover_reason(inputs),)
            if sentence and target.measure == inputs.targets[0].measure
        ),
    )
    return Sheet(f"spillover:{target.measure}", title, headers, tuple(rows), notes)


def spillover_sheets(inputs: ReportInputs) -> tuple[Sheet, ...]:
    """One table for each measure among the targets."""
    by_measure = {target.measure: target for target in reversed(inputs.targets)}
    found = (
        spillover_sheet(inputs, by_measure[name]) for name in dict.fromkeys(each.measure for each in inputs.targets)
    )
    return tuple(sheet for sheet in found if sheet is not None)


def spillover_reason(inputs: ReportInputs) -> str | None:
    """Where those never covered wait longer and shorter than without the tool, and what they share there."""
    told = inputs.design.coverages
    if told is None:
        return None
    before, after = (inputs.arm(name).waits.get("never", {}) for name in (inputs.design.baseline, told.partial))
    if not before or not after:
        return None
    moved = {step: after.get(step, 0.0) - before.get(step, 0.0) for step in {*before, *after}}
    most = sorted(moved, key=lambda step: (-abs(moved[step]), step))[:STEPS_NAMED]
    said = [
        f"{change(moved[step], 'minutes')} minutes at '{step.replace('_', ' ')}' ({_resources(inputs, step)})"
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
        "Why: those never covered stand in the same queues as the covered. Before their first clinician they wait "
        f"{', '.join(said)} an attendance. What these steps take is shared: {how}."
    )


def _resources(inputs: ReportInputs, step: str) -> str:
    """What a step takes, in words."""
    stated = inputs.resolved.get("pathway", {}).get("steps", {}).get(step, {})
    either = " or ".join(name.replace("_", " ") for name in stated.get("any_of", ()))
    names = [*(name.replace("_", " ") for name in stated.get("asks", ())), *([either] if either else [])]
    return " and ".join(names) or "no pool"


def ranked(inputs: ReportInputs, target: Target) -> tuple[Comparison, ...]:
    """Arms but the sham by their effect on a target, best first; as stated where neither way is better."""
    if DEFINITIONS[target.measure].better == "neither":
        return tuple(
            inputs.row(arm.name, target.measure, target.group)
            for arm in inputs.others
            if arm.name != inputs.design.sham
        )
    sign = 1 if DEFINITIONS[target.measure].better == "lower" else -1
    rows = [
        inputs.row(arm.name, target.measure, target.group) for arm in inputs.others if arm.name != inputs.design.sham
    ]
    return tuple(sorted(rows, key=lambda row: math.inf if math.isnan(row.difference) else sign * row.difference))


def per_100k(row: Comparison, pounds: float) -> tuple[float, float, float]:
    """Difference and its interval for every £100,000 a year, in the measure's unit."""
    scale = 100_000 / pounds
    return row.difference * scale, row.difference_low * scale, row.difference_high * scale


def priced(inputs: ReportInputs) -> tuple[ReportArm, ...]:
    """Arms, the sham left out, that state a cost above nothing."""
    return tuple(
        arm for arm in inputs.others if arm.cost is not None and arm.cost > 0 and arm.name != inputs.design.sham
    )


def better_sheet(inputs: ReportInputs) -> Sheet:
    """What would do better: every arm but the sham, by its effect on the first primary and per £100,000."""
    target = inputs.design.primary[0]
    rows = []
    for row in ranked(inputs, target):
        arm = inputs.arm(row.arm)
        cost, each = "not stated", "–"
        if arm.cost is not None:
            cost = f"£{arm.cost:,.0f}"
        if arm in priced(inputs) and arm.cost is not None:
            mean, low, high = per_100k(row, arm.cost)
            each = f"{change(mean, row.unit)} ({span(low, high, row.unit)})"
        rows.append(
            (
                labelled(inputs, arm),
                f"{change(row.difference, row.unit)} ({span(row.difference_low, row.difference_high, row.unit)})",
                cost,
                each,
                inputs.finding(arm.name, target).verdict.words,
                SIMULATION,
            )
        )
    unit = unit_words(inputs.row(inputs.design.baseline, target.measure, target.group).unit)
    headers = ("arm", f"effect, {unit}", "cost a year", "for each £100,000 a year", "verdict", "doubt in it")
    notes = (
        "In brackets the 95 % interval of the difference from the baseline: the order is that of the estimates, and "
        "arms are told apart only by the difference between them. "
        "Per £100,000 assumes that effect and cost grow together, which holds near the size compared and nowhere else.",
    )
    neither = DEFINITIONS[target.measure].better == "neither"
    return Sheet(
        "better",
        f"What would do better: arms by their effect on '{target.label}', {'as stated' if neither else 'best first'}",
        headers,
        tuple(rows),
        notes,
    )


def measures_sheet(inputs: ReportInputs, arm: str | None = None) -> Sheet:
    """Every measure over all attendances of one arm, with the interval of its mean over replications."""
    chosen = inputs.arm(arm or inputs.design.baseline)
    rows = []
    for row in inputs.comparisons:
        if row.arm == chosen.name and row.group == "all":
            interval = "–" if math.isnan(row.low) else f"{amount(row.low, row.unit)} to {amount(row.high, row.unit)}"
            rows.append(
                (MEASURE_LABELS.get(row.measure, row.measure), amount(row.mean, row.unit), interval, SIMULATION)
            )
    title = f"NHS measures of '{chosen.label}'"
    return Sheet("measures", title, ("measure", "mean", "95 % interval", "doubt in it"), tuple(rows), (_doubt_note(),))


def _doubt_note() -> str:
    return (
        "Intervals are about simulation noise only. What is not known about inputs and about structure (which resource "
        "binds) is not in them."
    )


def warnings(inputs: ReportInputs) -> tuple[str, ...]:
    """What a reader must know before any number."""
    found = [
        f"Warning: '{inputs.arm(name).label}' is {IDENTICAL} in every measure of every replication. "
        "Either it changes nothing that matters here, or its policy or its changes are not what you meant."
        for name in inputs.identical
    ]
    if inputs.run.replications < 2:
        found.append("Warning: one replication has no interval. Run at least two; ten or more to compare arms.")
    n_unfinished = int(inputs.manifest.get("unfinished", 0))
    if n_unfinished:
        found.append(
            f"Warning: {n_unfinished:,} measured attendances had not left when the run ended. "
            "How long these stay is not known, so means of stays are missing (–) where they are among them; a longer "
            "run.run_out_days or more capacity is needed."
        )
    return tuple(found)


# --- on a screen ---------------------------------------------------------------------------------------------


def print_result(result: Result, folder: Path | None = None, *, stream: TextIO | None = None) -> None:
    """Show a comparison: in colour on a terminal, as plain lines anywhere else."""
    print_inputs(inputs_of(result, {"unfinished": result.n_unfinished}), folder, stream=stream)


def print_inputs(inputs: ReportInputs, folder: Path | None = None, *, stream: TextIO | None = None) -> None:
    """The same from stored inputs; details first, so that the arms, the answer and the paths end the screen."""
    from simulation.report.answer import answer

    out = stream or sys.stdout
    lines = _rich if out.isatty() else _plain
    arms, *details = sheets(inputs)
    for sheet in details:
        lines(_shortened(sheet), out)
    for warning in warnings(inputs):
        print(f"\n{textwrap.fill(warning, WIDTH)}", file=out)
    lines(arms, out)
    print("\nIn words", file=out)
    for sentence in answer(inputs):
        print(textwrap.fill(sentence, WIDTH, initial_indent="- ", subsequent_indent="  "), file=out)
    for text in (sham_line(inputs), _depends()):
        if text:
            print(f"\n{textwrap.fill(text, WIDTH)}", file=out)
    print(f"\n{BANNER}", file=out)
    if folder is not None:
        print(f"Report: {folder / 'report.html'}", file=out)
        by_lever = "decomposition.csv, " if inputs.decomposition else ""
        print(f"Data:   {folder / 'summary.csv'}, {by_lever}replications.parquet, figures/", file=out)


def _shortened(sheet: Sheet) -> Sheet:
    """At most so many rows on a screen; the report has all."""
    if len(sheet.rows) <= MOST_ON_SCREEN:
        return sheet
    more = f"{len(sheet.rows) - MOST_ON_SCREEN} more rows are in the report."
    return replace(sheet, rows=sheet.rows[:MOST_ON_SCREEN], notes=(more, *sheet.notes))


def _depends() -> str:
    return (
        "Three layers of doubt: simulation (the intervals above); inputs (numbers marked assumed, not varied in this "
        "run); structure (which resource binds at your site: compare sites and scenarios)."
    )


def _rich(sheet: Sheet, out: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out)
    sheet = _narrow(sheet) if console.width < WIDTH else sheet
    table = Table(title=sheet.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, header in enumerate(sheet.headers):
        justified = _justified(sheet, number)
        table.add_column(header, justify=justified, overflow="fold", no_wrap=justified == "right" and len(header) <= 14)
    for row in sheet.rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    for note in sheet.notes:
        console.print(Text(note, style="dim"))


def _narrow(sheet: Sheet) -> Sheet:
    """A sheet for a narrow screen: without the means, and with what every row says about doubt said once, below."""
    kept = [number for number, header in enumerate(sheet.headers) if header not in ("mean", "doubt in it")]
    if len(kept) == len(sheet.headers) or sheet.kind == "measures":
        return sheet
    rows = tuple(tuple(row[number] for number in kept) for row in sheet.rows)
    notes = (*sheet.notes, f"Doubt in every row: {SIMULATION}. A wider window shows every column.")
    return replace(sheet, headers=tuple(sheet.headers[number] for number in kept), rows=rows, notes=notes)


def _plain(sheet: Sheet, out: TextIO) -> None:
    table = (sheet.headers, *sheet.rows)
    widths = [max(len(row[column]) for row in table) for column in range(len(sheet.headers))]
    print(f"\n{sheet.title}", file=out)
    for row in table if sheet.rows else ():
        cells = [
            cell.rjust(width) if _justified(sheet, number) == "right" else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"  {'  '.join(cells).rstrip()}", file=out)
    for note in sheet.notes:
        print(textwrap.fill(note, WIDTH, initial_indent="  ", subsequent_indent="  "), file=out)


def _justified(sheet: Sheet, column: int) -> Literal["left", "right"]:
    """Numbers to the right."""
    return "right" if is_numeric([row[column] for row in sheet.rows]) else "left"


def is_numeric(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers: every cell begins like one."""
    return bool(cells) and all(cell[:1] in "+−±–£0123456789" for cell in cells)
