"""Tables that every comparison has (arms, targets, margins, measures), and the warnings above them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from simulation.display.table import ReportTable
from simulation.display.words import (
    DOES_NOT_FIT,
    SIMULATION,
    amount,
    change,
    doubt_note,
    effect,
    false_alarms,
    few_words,
    half_width,
    labelled,
    measure_label,
    span,
    unit_words,
)
from simulation.measures.definitions import ALL, binding_measures
from simulation.questions.what_decides.deciding_figures import harmed_kind_words
from simulation.report.tables.by_arm import level_cell
from simulation.report.unlike import unlike_words
from simulation.run.comparisons import Safety
from simulation.run.result import StudyResult
from simulation.statistics.multiplicity import ALPHA
from simulation.statistics.verdict import IDENTICAL, INTERVAL_NOTES, PILOT, threshold
from simulation.statistics.weakness import SPELL_DAYS, weak_note
from simulation.study.design import Margin, Target
from simulation.study.study import ReadyArm

GETTING_WORSE = ("worsened_before_seen_share", "worse_wait_per_1000")
"""Measures that the table of safety shows where a study states no margin for them."""


def overview_table(result: StudyResult) -> ReportTable:
    """Arms by the main measures: level, and difference with its half-width."""
    columns = [(target.label, target.measure, target.group) for target in result.targets]
    judged = {target.measure for target in result.targets}
    columns += [
        (measure_label(result, name), name, ALL)
        for name in ("left_share", "stay_mean")
        if result.has(name) and name not in judged
        if any(result.row(arm.name, name).mean != 0 for arm in result.arms)  # nobody leaves where nobody can
    ]
    rows = [
        (labelled(result, arm), *(level_cell(result, arm.name, measure, group) for _, measure, group in columns))
        for arm in result.arms
    ]
    notes = [
        f"Mean over {len(result.replications)} replications, then difference from '{result.baseline.label}' ± half of "
        "its 95 % interval (minutes, or percentage points).",
        *INTERVAL_NOTES[result.interval_kind],
        doubt_note(),
    ]
    return ReportTable("overview", "Arms", ("arm", *(label for label, _, _ in columns)), tuple(rows), tuple(notes))


def target_table(result: StudyResult, target: Target) -> ReportTable:
    """One target, a row an arm: difference, interval, half-width and verdict."""
    base = result.row(result.design.baseline, target.measure, target.group)
    unit, rows = base.unit, []
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
        *_weak_verdict_note(result, [target]),
        *_sham_note(result, target),
        *_looks_note(result, target),
    ]
    return ReportTable(f"target:{target.measure}:{target.group}", title, headers, tuple(rows), tuple(notes))


def _looks_note(result: StudyResult, target: Target) -> Iterator[str]:
    """The arms whose difference depends on the rule that a look in the wrong area is no first clinician."""
    measure = "wait_to_first_look_mean"
    if target.measure != "wait_to_clinician_mean" or not result.has(measure, target.group):
        return
    arms = []
    for arm in result.others:
        judged, counted = (result.row(arm.name, name, target.group) for name in (target.measure, measure))
        matters = abs(judged.difference - counted.difference) >= target.minimal_important_difference / 2
        if matters or judged.difference * counted.difference < 0:
            with_looks, without = (change(row.difference, row.unit) for row in (counted, judged))
            arms.append(f"'{arm.label}' {with_looks}, not {without}")
    if arms:
        yield (
            "A clinician who only finds out that a patient is in the wrong area is not counted as the first. If "
            f"such assessments were counted (description only): {'; '.join(arms)}."
        )


def _looked_at(result: StudyResult, target: Target) -> str:
    """Sentences on how many verdicts are read together with those on a target, and how that is allowed for."""
    if target in result.design.primary:
        adjusted = [
            f"Verdicts on primary measures ({whose}) are adjusted for {n} comparisons (95 % overall): "
            f"each is read from an interval of {100 - 5 / n:.4g} %."
            for n, whose in _families(result, len(result.design.primary))
            if n > 1
        ]
        return " ".join(["Each interval is a 95 % interval.", *adjusted])
    n = len(result.others) * len(result.design.secondary)
    return f"Each verdict is read from its own 95 % interval. {false_alarms(n)}"


def _families(result: StudyResult, n_stated: int) -> Iterator[tuple[int, str]]:
    """The size of each family of verdicts, and whose they are: of tools, and of comparators; else of all arms.

    `n_stated`: verdicts an arm.
    """
    comparators = [result.design.arms[arm.name].comparator for arm in result.others]
    for comparator, one, several in ((False, "tool", "tools"), (True, "other thing to do", "other things to do")):
        n_arms = comparators.count(comparator)
        if not any(comparators):
            one, several = "arm", "arms"
        whose = one if n_arms == 1 else several
        if n_arms:
            yield n_arms * n_stated, f"{n_arms} {whose}"


def _weak_verdict_note(result: StudyResult, judged: Sequence[Target | Margin]) -> Iterator[str]:
    """Why verdicts are open, if any arm's is for weak numbers."""
    arms = [arm.name for arm in result.others if arm.name not in result.identical]
    if any(result.row(arm, one.measure, one.group).weakness is not None for arm in arms for one in judged):
        yield weak_note()


def _sham_note(result: StudyResult, target: Target) -> Iterator[str]:
    """What the sham does to a target: the interval of its mean, and where single replications fall."""
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
    """A sentence on how many patients wait less and longer under the sham, by chance; None without a sham."""
    sham = result.sham
    if sham is None or sham.shares is None or math.isnan(sham.shares.better):
        return None
    return (
        f"With no effect at all (sham), {100 * sham.shares.better:.0f} % of patients wait more than a minute less and "
        f"{100 * sham.shares.worse:.0f} % more than a minute longer: such shares alone are no evidence."
    )


def safety_table(result: StudyResult) -> ReportTable:
    """A row an arm: the judgement on every margin, then the measures of getting worse that have no margin."""
    margins = result.design.margins
    judged = [margin.measure for margin in margins if margin.group == ALL]
    others = [name for name in GETTING_WORSE if result.has(name) and name not in judged]
    by_arm_and_margin = {(safety.arm, safety.margin): safety for safety in result.safety}
    rows = []
    for arm in result.others:
        if arm.name in result.identical:
            cells = [IDENTICAL] * (len(margins) + len(others))
        else:
            cells = [_safety_cell(result, by_arm_and_margin[arm.name, margin]) for margin in margins]
            cells += [effect(result.row(arm.name, name)) for name in others]
        rows.append((arm.label, *cells, SIMULATION))
    headers = (
        "arm",
        *(_margin_header(result, margin) for margin in margins),
        *(f"{measure_label(result, name)}, no margin stated" for name in others),
        "uncertainty",
    )
    notes = [
        f"Margin of '{margin.label}': {_margin_words(result, margin)} ({margin.evidence}: {margin.source})."
        for margin in margins
    ]
    if any(measure.startswith("under_triage") for measure in judged):
        notes.append("Under-triage is a label less urgent than the truth.")
    notes += [_safety_families(result), *INTERVAL_NOTES[result.interval_kind], *_weak_verdict_note(result, margins)]
    if any(" where " in cell for row in rows for cell in row):
        notes.append(
            "'Where': the figure of a department that best tells those beyond the margin from the others, and the "
            "share of departments, not used to find it, for which it is right."
        )
    title = "Safety: is it worse by more than the margin? (95 % interval)"
    return ReportTable("safety", title, headers, tuple(rows), tuple(notes))


def _safety_cell(result: StudyResult, safety: Safety) -> str:
    """'15.1 %: not worse (−0.2 to +0.4); worse in 4 of 60 departments; where ...'."""
    row = safety.comparison
    interval = span(row.difference_low, row.difference_high, row.unit)
    level = f"{amount(row.mean, row.unit)}: " if row.unit == "share" else ""
    parts = (f"{level}{safety.judgement.words} ({interval})", safety.where, harmed_kind_words(result, safety))
    return "; ".join(part for part in parts if part)


def _margin_header(result: StudyResult, margin: Margin) -> str:
    """'Under-triage of levels 1-2 (now 14.6 %), margin 1 point'; the level now only of a share."""
    row = result.row(result.design.baseline, margin.measure, margin.group)
    now = f" (now {amount(row.mean, row.unit)})" if row.unit == "share" else ""
    return f"{margin.label}{now}, margin {_margin_words(result, margin)}"


def _margin_words(result: StudyResult, margin: Margin) -> str:
    return threshold(margin.margin, result.row(result.design.baseline, margin.measure, margin.group).unit)


def _safety_families(result: StudyResult) -> str:
    """Sentences on how many judgements on margins are read together, and how that is allowed for."""
    n_margins = len(result.design.margins)
    claims = " and ".join(
        f"for all {n} ({whose}) at once with 95 %, so each is read from an interval of {100 - 5 / n:.4g} %"
        for n, whose in _families(result, n_margins)
    )
    by_chance = len(result.others) * n_margins * ALPHA / 2
    return (
        f"Each interval is a 95 % interval. 'Not worse' is claimed {claims}. 'Worse' is read from the unadjusted "
        f"interval, so as not to hide harm: at most about {by_chance:.1f} would be called worse by chance. 'No case "
        "seen' does not prove safety."
    )


def measures_table(result: StudyResult, arm: str | None = None) -> ReportTable:
    """Every measure over all attendances of one arm, with the interval of its mean; the baseline if none is named."""
    chosen = result.arm(arm or result.design.baseline)
    rows = []
    for row in result.comparisons:
        if (
            row.arm == chosen.name
            and row.group == ALL
            and row.measure not in binding_measures()
            and _can_be(result, row.measure)
        ):
            low, high = max(row.low, 0.0), min(row.high, 1.0) if row.unit == "share" else row.high  # what can be
            star = " *" if row.level_weakness == "one replication" else ""
            interval = "–" if math.isnan(row.low) else f"{amount(low, row.unit)} to {amount(high, row.unit)}{star}"
            rows.append((measure_label(result, row.measure), amount(row.mean, row.unit), interval, SIMULATION))
    title = f"Measures of '{chosen.label}'"
    notes = (*_weak_notes(result, chosen.name), doubt_note())
    return ReportTable("measures", title, ("measure", "mean", "95 % interval", "uncertainty"), tuple(rows), notes)


def _can_be(result: StudyResult, measure: str) -> bool:
    """Whether a measure says something of the department: nobody is admitted where no end of the pathway admits."""
    return measure != "admitted_share" or any(result.row(arm.name, measure).mean != 0 for arm in result.arms)


def _weak_notes(result: StudyResult, arm: str) -> Iterator[str]:
    """Notes on an arm's measures without an interval, and on those whose interval is not to be relied on."""
    rows = [row for row in result.comparisons if row.arm == arm and row.group == ALL]
    short = [measure_label(result, row.measure) for row in rows if row.short]
    if short:
        years = SPELL_DAYS // 364
        yield f"No interval before {years} years are measured, because rare spells decide: {', '.join(short)}."
    if any(row.level_weakness == "one replication" for row in rows):
        yield "*: one replication carries over half of the variance, so the interval is not to be relied on."


LEAST_SECONDS = 2.0
"""Seconds taken off each patient below which they were probably meant as minutes. A judgement."""


def _seconds_words(arms: Iterable[ReadyArm]) -> Iterator[str]:
    """A sentence for each arm whose tool saves so few seconds that minutes were probably meant."""
    for arm in arms:
        saved = [effect.seconds_saved.value for effect in arm.policy.effects if effect.seconds_saved is not None]
        for seconds in saved:
            if 0 < abs(seconds) < LEAST_SECONDS:
                yield f"'{arm.arm.label}': changes minutes by {seconds:g} seconds. Is seconds_saved in seconds?"


def warnings(result: StudyResult) -> tuple[str, ...]:
    """What a reader must know before any number."""
    lines = [
        f"Warning: '{result.arm(name).label}' is {IDENTICAL} in every measure of every replication. "
        "Either it changes nothing that matters here, or its policy or its changes are not what you meant."
        for name in result.identical
    ]
    focus = result.design.focus
    arms = [arm.ready for arm in result.shown.arms if arm.name in focus or not focus]
    lines += [f"Warning, {words}" for words in (*unlike_words(arms), *_seconds_words(arms))]
    lines += [f"Warning: {DOES_NOT_FIT} {misfit}." for misfit in result.explanation.misfits]
    n_replications = len(result.replications)
    if n_replications < 2:
        lines.append("Warning: one replication has no interval. Run at least two; ten or more to compare arms.")
    elif n_replications < PILOT:
        lines.append(f"Warning: {few_words(n_replications)}")
    if result.n_unfinished:
        lines.append(
            f"Warning: {result.n_unfinished:,} measured attendances had not left when the run ended. "
            "How long they stay is not known, so a mean stay is missing (–) if it includes any of them in any "
            "replication of either arm. Set a longer run.cool_down_days, or add capacity."
        )
    return tuple(lines)
