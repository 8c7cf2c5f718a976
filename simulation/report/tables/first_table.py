"""The table of the first page: arms by the figures that matter, coloured by verdict; and which arms are products."""

from collections.abc import Iterator

from simulation.display import words as in_words
from simulation.display.table import UNKNOWN, Cell, ReportTable, range_cell
from simulation.measures.definitions import ALL
from simulation.questions.ablation import decomposition_of, joint_arm
from simulation.report.tables.money import (
    SAME,
    alternatives_table,
    ranked,
    safety_cell,
    stated_cost,
)
from simulation.runs.result import ArmResult, StudyResult
from simulation.statistics.verdict import INTERVAL_NOTES, threshold
from simulation.study.design import Target

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
MOST_PRODUCTS = 6
"""Tools that get a sentence in a study that names no `focus`; the table has the others."""


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
    cells: list[tuple[str | Cell, ...]] = [
        (f"{base.label} (baseline)", *levels, *[UNKNOWN] * (limits + costs))
    ]
    for arm in arms_in_order(result):
        of_arm: list[str | Cell] = [_cell(result, arm, *figure) for figure in figures]
        of_arm += [safety_cell(result, arm)] if limits else []
        if costs:
            of_arm.append(stated_cost(arm, "rounded pounds"))
        cells.append((in_words.labelled(result, arm), *of_arm))
    beside = (*([LIMITS_HEADER] if limits else []), *(["cost a year"] if costs else []))
    headers = ("arm", *(_header(result, *figure) for figure in figures), *beside)
    notes = tuple(_notes(result, figures))
    return ReportTable("first_page", f"Each arm against '{base.label}'", headers, cells, notes)


def products(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms that get a sentence: those in `focus`; else the tool with all its levers; else the first tools."""
    arms = _without_sham(result)
    if result.design.focus:
        return tuple(arm for name in result.design.focus for arm in arms if arm.name == name)
    if decomposition_of(result):
        return tuple(arm for arm in arms if arm.name == joint_arm(result))
    return _tools(result)[:MOST_PRODUCTS]


def products_left_out(result: StudyResult) -> tuple[ArmResult, ...]:
    """The tools that get no sentence, because the study names none in `focus` and has more than the page holds."""
    return () if result.design.focus or decomposition_of(result) else _tools(result)[MOST_PRODUCTS:]


def _without_sham(result: StudyResult) -> tuple[ArmResult, ...]:
    return tuple(arm for arm in result.shown.others if arm.name != result.design.sham)


def _tools(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms that are no comparators and triage by another policy than the baseline; if there are none, all arms
    that are no comparators; else all."""
    arms = _without_sham(result)
    tools = tuple(arm for arm in arms if not result.design.arms[arm.name].comparator)
    with_policy = tuple(arm for arm in tools if arm.ready.policy != result.baseline.ready.policy)
    return with_policy or tools or arms


def arms_in_order(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms as the first page has them: products in their order, then the others, best first; no sham."""
    first = products(result)
    names = {arm.name for arm in first}
    others = (
        result.arm(row.arm) for row in ranked(result, result.first_target) if row.arm not in names
    )
    return (*first, *others)


def reported_targets(result: StudyResult) -> tuple[Target, ...]:
    """The primary targets that sentences are about: the first of each measure; other groups are in the table."""
    return tuple({target.measure: target for target in reversed(result.design.primary)}.values())[
        ::-1
    ]


def _figures(result: StudyResult) -> tuple[tuple[str, str], ...]:
    """Measure and group of each column: targets with sentences, figures of A&E, other targets; at most `MOST_FIGURES`
    unless sentences are about more."""
    with_sentences = [(target.measure, target.group) for target in reported_targets(result)]
    is_scale = len(in_words.levels_of(result.study.baseline.pathway)) >= LEAST_LEVELS
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
        row.unit != "share" or in_words.amount(row.mean, row.unit) != in_words.amount(1.0, row.unit)
        for row in rows
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
        label = in_words.measure_label(result, measure)
        label += "" if group == ALL else f", {in_words.group_words(group)}"
    return f"{label}, {in_words.unit_words(result.before(measure, group).unit)}"


def _cell(result: StudyResult, arm: ArmResult, measure: str, group: str) -> Cell:
    """'−2.1 (−3.0 to −1.2) slightly better': mean, nine in ten departments (of one: the interval), verdict."""
    if arm.name in result.identical:
        return SAME
    row, target = result.row(arm.name, measure, group), _target(result, measure, group)
    if target is None:
        kind = "no change" if in_words.prints_as_zero(row) else in_words.kind_of_row(row)
        words = kind.replace("cannot tell", "not settled")
    else:
        finding = result.finding(arm.name, target)
        kind, words = in_words.kind_of(finding), in_words.short_words(finding)
    return range_cell(row, words=words, look=kind.replace(" ", "-"))


def _notes(result: StudyResult, figures: tuple[tuple[str, str], ...]) -> Iterator[str]:
    targets = (_target(result, *figure) for figure in figures)
    matters = [
        "none stated"
        if target is None
        else threshold(target.minimal_important_difference, result.unit(target))
        for target in targets
    ]
    levels = in_words.levels_of(result.study.baseline.pathway)
    names = "" if len(levels) == A_AND_E_LEVELS else f" ({', '.join(levels[:2])})"
    has_limit = any(margin.measure.startswith("under_triage") for margin in result.design.margins)
    under_triage = UNDER_TRIAGE_NOTE.format(names=names) if has_limit else ""
    brackets = "with its 95 % interval (simulation noise only)"
    if result.over_departments:
        brackets = (
            "and in brackets the range of nine in ten departments. The verdict is read from the 95 % interval over "
            "departments as a sample, which stands in brackets where noise does not tell departments apart. The "
            "report's table of each target has all, and the interval of simulation noise"
        )
    yield (
        f"Difference {brackets}. Least difference that matters, by column: "
        f"{', '.join(matters)}. 'Slightly': by less than that.{under_triage}"
    )
    yield from in_words.measure_notes(result, *(measure for measure, _ in figures))
    yield from INTERVAL_NOTES[result.interval_kind]
    shown = (result.row(arm.name, *figure) for arm in arms_in_order(result) for figure in figures)
    yield from in_words.weak_notes(result, shown, "not settled")
