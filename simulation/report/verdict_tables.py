"""Tables of verdicts: that of the first page, arms by the main measures, each target over departments, and limits."""

import math
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from simulation.display.table import (
    UNKNOWN,
    Cell,
    Cells,
    ReportTable,
    change_cell,
    crossed,
    difference_cell,
    difference_cells,
    ends_cell,
    interval_cell,
    range_cell,
    scaled_range_cell,
)
from simulation.display.words import (
    KIND_WORDS,
    amount,
    change,
    departments_words,
    effect,
    false_alarms,
    figure_words,
    group_words,
    half_width,
    interval_scope,
    kind_of_row,
    labelled,
    levels_of,
    measure_label,
    measure_notes,
    prints_as_zero,
    short_words,
    span,
    span_of,
    uncertainty_note,
    unit_words,
    weak_notes,
)
from simulation.measures.definitions import ALL
from simulation.questions.what_decides import harmed_kind_words
from simulation.report.money import (
    SAME,
    alternatives_table,
    safety_cell,
    stated_cost,
)
from simulation.report.outcome import (
    arms_in_order,
    count_departments,
    effect_in,
    of_causes,
    outcome_of,
    reported_targets,
    tell_causes,
    with_doubled,
)
from simulation.runs.result import ArmResult, StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.departments import MIN_DEPARTMENTS, Spread, count_beyond
from simulation.statistics.verdict import (
    ALPHA,
    BRIEF_NOTE,
    IDENTICAL,
    INTERVAL_NOTES,
    read_from,
    threshold_words,
)
from simulation.study.design import Margin, Target
from simulation.wording import number_of

GETTING_WORSE = ("worsened_before_seen_share", "worse_wait_per_1000")
"""Measures that the table of safety shows where a study states no margin for them."""
ON_PAST_TRIALS = "on past trials of this kind"
"""Header of the column that says what published effects make of a modelled one."""
TRIALS_NOTE = (
    f"{ON_PAST_TRIALS.capitalize()}: 90 % of further trials of such a change would find an effect there, by how "
    "published effects have compared with modelled ones (docs/validation.md). 'Hardly a trial', 'all kinds': judged by "
    "trials of other kinds. 'Either way': a trial could find a gain or a loss. The verdict does not rest on this."
)
OF_FITS = "range of the effect"
"""The header of that column for departments that were held to records."""
FITS_NOTE = (
    f"{OF_FITS.capitalize()}: where the true effect was in nine in ten made-up departments of another program, held to "
    "their records as these are; for a change that was not tried there, where 90 % of trials of such a change would "
    "find it. Real departments may be farther from the model than made-up ones (docs/validation.md)."
)
OVER_HEADERS = (
    "arm",
    "median department",
    "range at most",
    "in how many departments",
    "least in",
    "most in",
)
OVER = (
    "nine in ten departments",
    "95 % interval (departments as a sample)",
    "95 % interval (simulation noise)",
)
"""Headers of the intervals over departments."""
SAMPLE_NOTE = (
    "Nine in ten departments: the 5th to 95th percentile, simulation noise removed. Departments as a sample: the mean "
    "over departments like these lies there, which departments were drawn and simulation noise allowed for. "
    "Simulation noise: how exactly the mean over these very departments is known."
)


def level_cell(result: StudyResult, arm: str, measure: str, group: str) -> Cell:
    """'58.9 min  −7.2 ±3.1': a level, and its difference unless the arm is the baseline or identical to it."""
    row = result.row(arm, measure, group)
    if arm == result.design.baseline or arm in result.identical:
        return Cell(row.mean, row.unit)
    return Cell(row.mean, row.unit, words=f" {change(row.difference, row.unit)} {half_width(row)}")


def overview_table(result: StudyResult) -> ReportTable:
    """Arms by the main measures: level, and difference with its half-width."""
    columns = [(target.label, (target.measure, target.group)) for target in result.targets]
    judged = {target.measure for target in result.targets}
    columns += [
        (measure_label(result, name), (name, ALL))
        for name in ("left_share", "stay_mean")
        if result.has(name) and name not in judged
        if any(
            result.row(arm.name, name).mean != 0 for arm in result.arms
        )  # nobody leaves where nobody can
    ]
    notes = [
        f"Mean over {len(result.replications)} replications, then difference from '{result.baseline.label}' ± half of "
        "its 95 % interval (minutes, or percentage points).",
        *INTERVAL_NOTES[result.interval_kind],
        uncertainty_note(result),
    ]
    arms = [(labelled(result, arm), arm.name) for arm in result.arms]
    return crossed(
        ("overview", "Arms", "arm"),
        arms,
        columns,
        lambda arm, figure: level_cell(result, arm, *figure),
        notes,
    )


def target_table(result: StudyResult, target: Target) -> ReportTable:
    """One target, a row an arm: difference, interval and verdict; over departments first the range, and last the
    interval of simulation noise."""
    base = result.row_of(target)
    unit, cells = base.unit, list[Cells]()
    for arm in result.others:
        finding = outcome_of(result, arm.name).on(target)
        row = finding.comparison
        difference, interval = difference_cells(row)
        noise = ends_cell(row.simulated_low, row.simulated_high, unit)
        intervals = (
            (scaled_range_cell(row), interval, noise) if result.over_departments else (interval,)
        )
        cells.append(
            (
                arm.label,
                Cell(row.mean, unit),
                difference,
                *intervals,
                finding.verdict.words,
                trials_cell(result, row),
            )
        )
    primary = "primary" if target in result.design.primary else "secondary"
    title = (
        f"{target.label} ({primary}): {amount(base.mean, unit)} under '{result.baseline.label}'; "
        f"differences in {unit_words(unit)}"
    )
    columns = OVER if result.over_departments else (f"95 % interval {interval_scope(result)}",)
    worth_header, worth_note = trials_column(result)
    headers = ("arm", "mean", "difference", *columns, "verdict", worth_header)
    important = threshold_words(target.minimal_important_difference, unit)
    notes = [
        f"Least difference that would matter: {important} ({target.evidence}: {target.source}).",
        _looked_at(result, target),
        *([SAMPLE_NOTE] if result.over_departments else []),
        worth_note,
        *measure_notes(result, target.measure),
        *INTERVAL_NOTES[result.interval_kind],
        *weak_notes(result, (result.row_of(target, arm.name) for arm in result.others)),
        *_sham_note(result, target),
        *_looks_note(result, target),
    ]
    return ReportTable(f"target:{target.measure}:{target.group}", title, headers, cells, notes)


def trials_column(result: StudyResult) -> tuple[str, str]:
    """The header of `trials_cell`, and the note below its table."""
    return (OF_FITS, FITS_NOTE) if result.study.held_to_records else (ON_PAST_TRIALS, TRIALS_NOTE)


TRIED = {"triage": "27 seconds saved or a nurse added", "clinicians": "a doctor added"}
"""What was tried in made-up departments, by the place of the change (`made_departments.yaml`)."""


def trials_cell(result: StudyResult, row: Comparison) -> str | Cell:
    """'−20.0 to +1.0 (9 studies): either way': what past trials of its kind of change make of an effect."""
    worth = outcome_of(result, row.arm).on_past_trials(row)
    if worth is None:
        return UNKNOWN
    studies = "hardly a trial" if worth.hardly_any else f"{worth.n_studies} studies"
    if worth.n_made:
        studies = f"{TRIED[worth.kind]} in {worth.n_made} made-up departments"
    elif not worth.kind:
        studies = "all kinds"
    words = f"({studies}): {'one way' if worth.holds else 'either way'}"
    return Cell(unit=row.unit, low=worth.low, high=worth.high, style="difference", words=words)


def _looks_note(result: StudyResult, target: Target) -> Iterator[str]:
    """The arms whose difference depends on the rule that a look in the wrong area is no first clinician."""
    measure = "wait_to_first_look_mean"
    if target.measure != "wait_to_clinician_mean" or not result.has(measure, target.group):
        return
    arms = []
    for arm in result.others:
        judged, counted = (
            result.row(arm.name, name, target.group) for name in (target.measure, measure)
        )
        matters = (
            abs(judged.difference - counted.difference) >= target.minimal_important_difference / 2
        )
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
        rule = "" if result.few_departments else f" {verdict_rule(result)}"
        return f"Each interval is a 95 % interval.{rule}"
    n, by_range = len(result.others) * len(result.design.secondary), result.row_of(target).by_range
    return f"Each verdict is read from {read_from((), by_range=by_range)}. {false_alarms(n)}"


def verdict_rule(
    result: StudyResult, columns: Collection[tuple[str, str]] = frozenset[tuple[str, str]]()
) -> str:
    """From what verdicts on primary measures are read, in a sentence; and on others, by measure and group, that stand
    in `columns`."""
    if result.study.held_to_records:
        return "Verdicts are read from the range of the effect."
    families = tuple(_families(result, len(result.design.primary)))
    by_range = result.row_of(result.first_target).by_range
    words = [f"Verdicts on primary measures are read from {read_from(families, by_range=by_range)}"]
    targets = {_target(result, *column) for column in columns}
    if targets.intersection(result.design.secondary):
        words.append(f"on secondary ones from {read_from((), by_range=by_range)}")
    if None in targets:
        words.append("where no difference that matters is stated, from the 95 % interval")
    return f"{'; '.join(words)}."


def _families(result: StudyResult, n_stated: int) -> Iterator[tuple[int, str]]:
    """The size of each family of verdicts, and whose they are: of tools, and of comparators; else of all arms.

    `n_stated`: verdicts an arm.
    """
    comparators = [result.design.arms[name].comparator for name in result.judged]
    for comparator, one, several in (
        (False, "tool", "tools"),
        (True, "other thing to do", "other things to do"),
    ):
        n_arms = comparators.count(comparator)
        if not any(comparators):
            one, several = "arm", "arms"
        if n_arms:
            yield n_arms * n_stated, number_of(n_arms, one, several)


def _sham_note(result: StudyResult, target: Target) -> Iterator[str]:
    """What the sham does to a target: the interval of its mean, and where single replications fall."""
    band = result.band(target.measure, target.group)
    if band is None or math.isnan(band.difference.low):
        return
    unit = result.unit(target)
    yield (
        f"With no effect at all (sham): {change(band.difference.mean, unit)} "
        f"({span(band.difference.low, band.difference.high, unit)}, of its mean); 95 % of single replications "
        f"fall between {change(band.low, unit)} and {change(band.high, unit)}."
    )


def safety_table(result: StudyResult) -> ReportTable:
    """A row an arm: the judgement on every margin, then the measures of getting worse that have no margin."""
    margins = result.design.margins
    judged = [margin.measure for margin in margins if margin.group == ALL]
    others = [name for name in GETTING_WORSE if result.has(name) and name not in judged]
    by_arm_and_margin = {
        (name, one.margin): one
        for name in result.judged
        for one in outcome_of(result, name).limits.judged
    }

    def cell(arm: str, on: Margin | str) -> str | Cell:
        if arm in result.identical:
            return IDENTICAL
        if isinstance(on, Margin):
            # '15.1 %: not worse (−0.2 to +0.4); worse in 4 of 60 departments; where ...'
            safety = by_arm_and_margin[arm, on]
            row = safety.comparison
            level = f"{amount(row.mean, row.unit)}: " if row.unit == "share" else ""
            parts = (
                f"{level}{safety.judgement.words} ({span_of(row)})",
                safety.where,
                harmed_kind_words(result, safety),
            )
            return replace(difference_cell(row), text="; ".join(part for part in parts if part))
        row = result.row(arm, on)
        return replace(difference_cell(row), text=effect(row))

    columns: list[tuple[str, Margin | str]] = [
        *((_margin_header(result, margin), margin) for margin in margins),
        *((f"{measure_label(result, name)}, no margin stated", name) for name in others),
    ]
    notes = [
        f"Margin of '{margin.label}': {threshold_words(margin.margin, result.unit(margin))} "
        f"({margin.evidence}: {margin.source})."
        for margin in margins
    ]
    if any(measure.startswith("under_triage") for measure in judged):
        notes.append("Under-triage is a label less urgent than the truth.")
    # sentences on how many judgements on margins are read together, and how that is allowed for
    n_margins = len(result.design.margins)
    by_range = any(safety.comparison.by_range for safety in result.safety)
    claims = read_from(tuple(_families(result, n_margins)), by_range=by_range)
    by_chance = len(result.others) * n_margins * ALPHA / 2
    notes += [
        f"Each interval is a 95 % interval. 'Not worse' is read from {claims}. 'Worse' is read from the unadjusted "
        f"interval, so as not to hide harm: at most about {by_chance:.1f} would be called worse by chance. "
        "'No case seen' does not prove safety.",
        *INTERVAL_NOTES[result.interval_kind],
        *weak_notes(result, (safety.comparison for safety in result.safety)),
    ]
    if any(harmed_kind_words(result, safety) for safety in result.safety):
        notes.append(
            "'Where': the figure of a department that best tells those beyond the margin from the others, and the "
            "share of departments, not used to find it, for which it is right."
        )
    title = f"Safety: is it worse by more than the margin? 95 % intervals {interval_scope(result)}"
    rows = [(arm.label, arm.name) for arm in result.others]
    return crossed(("safety", title, "arm"), rows, columns, cell, notes)


def _margin_header(result: StudyResult, margin: Margin) -> str:
    """'Under-triage of levels 1-2 (now 14.6 %), margin 1 point'; the level now only of a share."""
    row = result.row_of(margin)
    now = f" (now {amount(row.mean, row.unit)})" if row.unit == "share" else ""
    return f"{margin.label}{now}, margin {threshold_words(margin.margin, row.unit)}"


def over_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """A table for each target, a row an arm; none for a study on one department.

    What each says beyond the table of the target: median, range at most, counts, and where it is least and most.
    """
    if result.department_of is None or not result.others:
        return ()
    return tuple(_over_table(result, target) for target in result.targets)


def causes_tables(result: StudyResult) -> Iterator[ReportTable]:
    """The first target, then every limit of safety, a row an arm and a column a cause of waiting; then the first target
    with the departments of each cause counted twice. None without causes."""
    parts, target = of_causes(result), result.first_target
    arms = [(labelled(result, arm), arm.name) for arm in result.others]
    counts = {label: count_departments(result, mask) for label, mask in result.causes.items()}
    columns = [(f"if {label} ({n} departments)", parts[label]) for label, n in counts.items()]
    few = sum(n < MIN_DEPARTMENTS for n in counts.values())
    notes = (
        "Mean difference with its 95 % interval over departments of that cause as a sample, and the verdict on them by "
        "the rule of all departments.",
        *([f"No verdict from fewer than {MIN_DEPARTMENTS} departments."] * bool(few)),
    )
    stated: tuple[Target | Margin, ...] = (target, *result.design.margins)
    for judged in stated if parts else ():
        title = f"By what makes patients wait: {judged.label}, {unit_words(result.unit(judged))}"
        named = (f"causes:{judged.measure}:{judged.group}", title, "arm")
        yield crossed(named, arms, columns, partial(_cause_cell, judged), notes)
    if parts:
        doubled = [(f"if {label}, twice", whole) for label, whole in with_doubled(result).items()]
        title = (
            f"One cause of waiting counted twice: {target.label}, {unit_words(result.unit(target))}"
        )
        notes = ("Weighted mean and its 95 % interval: departments of that cause count twice.",)
        named = ("causes_twice", title, "arm")
        yield crossed(named, arms, doubled, partial(_cause_cell, target), notes)


def which_cause_table(result: StudyResult) -> ReportTable | None:
    """A row for each number of days: the two figures that tell best what makes patients wait; None without causes."""
    cells: list[Cells] = []
    for told in tell_causes(result):
        one, other = (
            (figure_words(figure), Cell(right, style="percent", digits=0))
            for figure, right in zip(told.figures, told.right, strict=True)
        )
        cells.append((f"{told.days}", *one, *other))
    notes = (
        "The share of departments of which the cause is told rightly: each by the departments that chose neither "
        "figures nor limits (ten-fold linear discriminants), with the noise of so many days of measuring. A guess is "
        f"right for {100 / max(len(result.causes), 1):.0f} %. Departments of the model differ less than real ones.",
    )
    title, headers = (
        "How to find out what makes patients wait",
        ("days", "figure", "right by it, %", "and", "by both, %"),
    )
    return ReportTable("which_cause", title, headers, cells, notes) if cells else None


def _cause_cell(judged: Target | Margin, arm: str, part: StudyResult) -> Cell:
    """'−7.2 (−9.0 to −5.4) better': the effect in a part of the departments and its verdict, if they are enough."""
    words, interval = "no verdict", effect_in(part, arm, judged)
    if not part.few_departments:
        outcome = outcome_of(part, arm)
        on_limits = (one for one in outcome.limits.judged if one.margin == judged)
        limit = next(on_limits, None)
        state = "" if limit is None else limit.state
        words = {"open": "not settled"}.get(state, state) or short_words(outcome.first)
    return replace(interval_cell(interval, part.unit(judged)), words=words)


def _over_table(result: StudyResult, target: Target) -> ReportTable:
    base = result.row_of(target)
    cells: list[Cells] = []
    for arm in result.others:
        finding = result.finding(arm.name, target)
        unit, spread, where = base.unit, finding.spread, finding.where or UNKNOWN
        over: Cells = (UNKNOWN, UNKNOWN)  # the median over departments, and the range at most
        if spread is not None and spread.is_range:
            over = (change_cell(spread.range[0], unit), ends_cell(*spread.widest, unit))
        cells.append((arm.label, *over, where, *_ends(spread, unit)))
    title = (
        f"{target.label} over {departments_words(result)}: {amount(base.mean, base.unit)} under "
        f"'{result.baseline.label}'; differences in {unit_words(base.unit)}"
    )
    kind = f"departments:{target.measure}:{target.group}"
    return ReportTable(kind, title, OVER_HEADERS, cells, tuple(_over_notes(result, target)))


def _ends(spread: Spread | None, unit: str) -> tuple[str | Cell, ...]:
    """The departments in which the difference is nearest to none and furthest from it, the way most of them go."""
    if spread is None or not spread.n:
        return UNKNOWN, UNKNOWN
    order = np.argsort(spread.effects * (1 if spread.effects.mean() > 0 else -1), kind="stable")
    at_ends = (
        (spread.numbers[at], change_cell(float(spread.effects[at]), unit))
        for at in (order[0], order[-1])
    )
    return tuple(replace(cell, text=f"{number}: {cell}") for number, cell in at_ends)


def _over_notes(result: StudyResult, target: Target) -> Iterator[str]:
    yield (
        "Range, counts, least and most are of effects with simulation noise removed by a normal model (variance "
        "between and within departments); '(n as simulated)' counts departments by the unadjusted means of their "
        "replications. 'At most' is the range with the variance between departments at its upper 95 % limit; 'in "
        f"every department' rests on it. All are left out under {MIN_DEPARTMENTS} departments."
    )
    sham = result.sham
    if (
        sham is not None
        and (spread := result.finding(sham.name, target).spread) is not None
        and spread.is_range
    ):
        unit = result.row_of(target, sham.name).unit
        _, low, high = spread.range
        yield f"Check, with no effect at all (sham): {span(low, high, unit)}{_beyond_margin(result, sham)}."
    yield "One department alone: run.department=NUMBER, from 0, as in 'least in' and 'most in'."


def _beyond_margin(result: StudyResult, sham: ArmResult) -> str:
    """In how many departments the sham is beyond a safety margin, in either direction."""
    counts = []
    for safety in result.safety:
        if safety.arm == sham.name and safety.spread is not None:
            below, within, above = count_beyond(safety.spread.effects, safety.margin.margin)
            counts.append(f"'{safety.margin.label}' in {below + above} of {below + within + above}")
    return f"; beyond a safety margin: {', '.join(counts)}" if counts else ""


FIGURES = (
    ("wait_to_clinician_mean", "all"),
    ("wait_to_clinician_mean", "acuity_true=1-2"),
    ("within_4h_share", "all"),
)
"""Measure and group of the figures that matter of an A&E department, as far as a study has them."""
MOST_FIGURES = 3
"""Columns beside safety and cost."""
UNDER_TRIAGE_NOTE = " Under-triage: levels 1-2{names} labelled less urgent."
A_AND_E_LEVELS, LEAST_LEVELS = 5, 4
"""Levels of urgency in A&E, and the fewest of which levels 1-2 are a minority that gets a column unasked."""
LIMITS_HEADER = "safety limits"
"""Header of the column that says whether a limit is failed."""


def first_table(result: StudyResult) -> ReportTable | None:
    """A row an arm: the baseline, then products, then the others, best first; None if one arm was run alone.

    A study that compares at equal spend has the arms by cost.
    """
    result = result.shown
    if not result.others:
        return None
    if result.design.equal_spend is not None:
        return alternatives_table(result)
    figures, base, limits = _figures(result), result.baseline, bool(result.design.margins)
    costs = any(arm.cost is not None for arm in result.arms)
    levels = [
        Cell(row.mean, row.unit) for row in (result.row(base.name, *figure) for figure in figures)
    ]
    headers = ["arm", *(_header(result, *figure) for figure in figures)]
    of_base: list[str | Cell] = [f"{base.label} (baseline)", *levels]
    worth_header, worth_note = trials_column(result)
    in_brackets = result.study.held_to_records  # the range of an effect
    if not in_brackets:
        headers.insert(2, worth_header)
        of_base.insert(2, UNKNOWN)
    cells: list[Cells] = [(*of_base, *[UNKNOWN] * (limits + costs))]
    for arm in arms_in_order(result):
        of_arm: list[str | Cell] = [_cell(result, arm, *figure) for figure in figures]
        if not in_brackets:
            of_arm.insert(1, trials_cell(result, result.row(arm.name, *figures[0])))
        of_arm += [safety_cell(result, arm)] if limits else []
        if costs:
            of_arm.append(stated_cost(arm, "rounded pounds"))
        cells.append((labelled(result, arm), *of_arm))
    beside = (*([LIMITS_HEADER] if limits else []), *(["cost a year"] if costs else []))
    notes, title = (*_notes(result, figures), worth_note), f"Each arm against '{base.label}'"
    return ReportTable("first_page", title, (*headers, *beside), cells, notes)


def _figures(result: StudyResult) -> tuple[tuple[str, str], ...]:
    """Measure and group of each column: targets with sentences, figures of A&E, other targets; at most `MOST_FIGURES`
    unless sentences are about more."""
    with_sentences = [(target.measure, target.group) for target in reported_targets(result)]
    is_scale = len(levels_of(result.study.baseline.pathway)) >= LEAST_LEVELS
    known = (
        figure
        for figure in FIGURES
        if (is_scale or figure[1] == ALL) and _is_informative(result, *figure)
    )
    others = ((target.measure, target.group) for target in result.targets)
    return tuple(dict.fromkeys((*with_sentences, *known, *others)))[
        : max(MOST_FIGURES, len(with_sentences))
    ]


def _is_informative(result: StudyResult, measure: str, group: str) -> bool:
    """Whether a figure is known, and not a share that prints as 100 % under every arm: 'within four hours' if nobody
    stays so long."""
    if not result.has(measure, group):
        return False
    rows = [result.row(arm.name, measure, group) for arm in result.arms]
    return any(
        row.unit != "share" or amount(row.mean, row.unit) != amount(1.0, row.unit) for row in rows
    )


def _target(result: StudyResult, measure: str, group: str) -> Target | None:
    """The target that a column is about, if it is one."""
    return next(
        (target for target in result.targets if (target.measure, target.group) == (measure, group)),
        None,
    )


def _header(result: StudyResult, measure: str, group: str) -> str:
    target = _target(result, measure, group)
    if target is not None:
        label = target.label
    else:
        label = measure_label(result, measure)
        label += "" if group == ALL else f", {group_words(group)}"
    return f"{label}, {unit_words(result.before(measure, group).unit)}"


def _cell(result: StudyResult, arm: ArmResult, measure: str, group: str) -> Cell:
    """'−2.1 (−3.0 to −1.2) slightly better': mean, nine in ten departments (of one: the interval; of departments held
    to records: the range of the effect), verdict."""
    if arm.name in result.identical:
        return SAME
    row, target = result.row(arm.name, measure, group), _target(result, measure, group)
    outcome = outcome_of(result, arm.name)
    if target is None:
        kind = "no-change" if prints_as_zero(row) else kind_of_row(row)
        words = KIND_WORDS[kind]
    else:
        finding = outcome.on(target)
        kind, words = finding.kind, short_words(finding)
    if worth := outcome.range_in_fits(row):
        if not worth.holds and kind != "no-change":
            kind, words = "cannot-tell", "either way"
        return difference_cell(outcome.with_range(row), words=words, look=kind)
    return range_cell(row, words=words, look=kind)


def _notes(result: StudyResult, figures: tuple[tuple[str, str], ...]) -> Iterator[str]:
    targets = [_target(result, *figure) for figure in figures]
    matters = [
        "none stated"
        if target is None
        else threshold_words(target.minimal_important_difference, result.unit(target))
        for target in targets
    ]
    levels = levels_of(result.study.baseline.pathway)
    names = "" if len(levels) == A_AND_E_LEVELS else f" ({', '.join(levels[:2])})"
    has_limit = any(margin.measure.startswith("under_triage") for margin in result.design.margins)
    under_triage = UNDER_TRIAGE_NOTE.format(names=names) if has_limit else ""
    brackets = "with its 95 % interval (simulation noise only)"
    if result.study.held_to_records:
        brackets = "and in brackets the range of the effect"
    elif result.over_departments:
        brackets = (
            "and in brackets the range of nine in ten departments, or where noise does not tell departments apart the "
            "95 % interval over departments as a sample. The report's table of each target has both"
        )
    yield (
        f"Difference {brackets}. Least difference that matters, by column: "
        f"{', '.join(matters)}. 'Slightly': by less than that.{under_triage}"
    )
    if not result.few_departments:
        yield verdict_rule(result, figures)
    yield from measure_notes(result, *(measure for measure, _ in figures))
    yield from INTERVAL_NOTES[result.interval_kind]
    shown = (result.row(arm.name, *figure) for arm in arms_in_order(result) for figure in figures)
    if result.study.held_to_records:
        return
    yield from weak_notes(result, shown, "not settled")
    if any(finding.verdict.reason and finding.target in targets for finding in result.findings):
        yield BRIEF_NOTE
