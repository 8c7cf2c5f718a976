"""The table of the first page: arms by the figures that matter, coloured and worded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulation.analysis.verdict import IDENTICAL, INTERVAL_NOTES, threshold
from simulation.experiment.arm_result import ArmResult
from simulation.experiment.comparisons import Safety
from simulation.experiment.result import StudyResult
from simulation.report.kinds import kind_of, kind_of_row, short_words
from simulation.report.tables.alternatives import alternatives_table
from simulation.report.tables.decides import n_harmed
from simulation.report.tables.decomposition import decomposition_of, joint_arm
from simulation.report.tables.ranking import ranked
from simulation.report.tables.table import ReportTable
from simulation.report.words import (
    MEASURE_LABELS,
    amount,
    cost_in_short,
    difference_text,
    labelled,
    measure_label,
    unit_words,
)

FIGURES = (("wait_to_clinician_mean", "all"), ("wait_to_clinician_mean", "acuity_true=1-2"), ("within_4h_share", "all"))
"""The figures that matter of an A&E department, as far as a study has them."""
MOST_FIGURES = 3
"""Columns beside safety and cost."""
UNDER_TRIAGE_1_2, UNDER_TRIAGE = ("under_triage_1_2_share", "all"), "under-triage"
"""The limit that boards ask about, and its name where there is little room."""
UNDER_TRIAGE_NOTE = " Under-triage: levels 1-2 labelled less urgent."
LIMITS_HEADER = "safety limits"
"""Of the column that says whether a limit is failed."""
MOST_PRODUCTS = 6
"""Products of a study that names no `focus`; further arms are in the table below them."""


@dataclass(frozen=True)
class FirstTable:
    """The table as text, and of each cell of a row what it is coloured by (empty: by nothing)."""

    table: ReportTable
    looks: tuple[tuple[str, ...], ...]


def first_table(result: StudyResult) -> FirstTable | None:
    """A row an arm, the baseline first, then products, then the others, best first; None of one arm alone.

    Of a study that compares at equal spend: by cost."""
    result = result.shown
    if not result.others:
        return None
    if result.design.equal_spend is not None:
        return FirstTable(*alternatives_table(result))
    figures = tuple(_figures(result))
    costs = any(arm.cost is not None for arm in result.arms)
    base = result.baseline
    limits = bool(result.design.margins)
    levels = [amount(row.mean, row.unit) for row in (result.row(base.name, *figure) for figure in figures)]
    rows = [(f"{base.label} (baseline)", *levels, *["–"] * (limits + costs))]
    looks = [("",) * len(rows[0])]
    for arm in told_arms(result):
        cells = [_cell(result, arm, *figure) for figure in figures]
        safety = [safety_cell(result, arm)] if limits else []
        cost = [("not stated" if arm.cost is None else cost_in_short(arm.cost), "")] if costs else []
        rows.append((labelled(result, arm), *(words for words, _ in (*cells, *safety, *cost))))
        looks.append(("", *(look for _, look in (*cells, *safety, *cost))))
    beside = (*([LIMITS_HEADER] if limits else []), *(["cost a year"] if costs else []))
    headers = ("arm", *(_header(result, *figure) for figure in figures), *beside)
    table = ReportTable(
        "first_page", f"Each arm against '{base.label}'", headers, tuple(rows), tuple(_notes(result, figures))
    )
    return FirstTable(table, tuple(looks))


def products(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms that get a sentence: those in `focus`; else the tool with all its levers; else those with another triage
    policy than the baseline's that are no comparators; else all."""
    arms = [arm for arm in result.shown.others if arm.name != result.design.sham]
    if result.design.focus:
        return tuple(arm for name in result.design.focus for arm in arms if arm.name == name)
    if decomposition_of(result):
        return tuple(arm for arm in arms if arm.name == joint_arm(result))
    return _tools(result, arms)[:MOST_PRODUCTS]


def products_left_out(result: StudyResult) -> tuple[ArmResult, ...]:
    """The tools that get no sentence, because the study names none in `focus` and has more than the page holds."""
    if result.design.focus or decomposition_of(result):
        return ()
    return _tools(result, [arm for arm in result.shown.others if arm.name != result.design.sham])[MOST_PRODUCTS:]


def _tools(result: StudyResult, arms: Sequence[ArmResult]) -> tuple[ArmResult, ...]:
    """Arms with another triage policy than the baseline's that are no comparators; without any, all."""
    tools = [arm for arm in arms if not result.design.arms[arm.name].comparator]
    with_policy = [arm for arm in tools if arm.ready.policy != result.baseline.ready.policy]
    return tuple(with_policy or tools or arms)


def told_arms(result: StudyResult) -> tuple[ArmResult, ...]:
    """Products in their order, then the others by their effect on the first target, best first; no sham."""
    mine = products(result)
    named = {arm.name for arm in mine}
    rest = (result.arm(row.arm) for row in ranked(result, result.design.primary[0]) if row.arm not in named)
    return (*mine, *rest)


def _figures(result: StudyResult) -> Iterator[tuple[str, str]]:
    """Measure and group of each column: the first target, those of A&E, other targets; at most so many."""
    first, *others = ((each.measure, each.group) for each in result.targets)
    every = dict.fromkeys((first, *(each for each in FIGURES if result.has(*each)), *others))
    yield from list(every)[:MOST_FIGURES]


def _header(result: StudyResult, measure: str, group: str) -> str:
    target = next((each for each in result.targets if (each.measure, each.group) == (measure, group)), None)
    label = target.label if target is not None else MEASURE_LABELS.get(measure, measure_label(result, measure))
    return f"{label}, {unit_words(result.row(result.design.baseline, measure, group).unit)}"


def _cell(result: StudyResult, arm: ArmResult, measure: str, group: str) -> tuple[str, str]:
    """'−2.1 (−3.0 to −1.2) slightly better', and the kind that it is coloured by."""
    if arm.name in result.identical:
        return IDENTICAL, "no-change"
    row = result.row(arm.name, measure, group)
    told = difference_text(row)
    target = next((each for each in result.targets if (each.measure, each.group) == (measure, group)), None)
    if target is None:
        kind = words = kind_of_row(row)
    else:
        finding = result.finding(arm.name, target)
        kind, words = kind_of(finding), short_words(finding)
    return f"{told} {words.replace('cannot tell', 'not settled')}", kind.replace(" ", "-")


def safety_cell(result: StudyResult, arm: ArmResult) -> tuple[str, str]:
    """'passes' ('on average': not in every department), or 'fails: under-triage 14.5 to 16.2 %' (a share under the
    baseline and under the arm), and the kind that it is coloured by."""
    if arm.name in result.identical:
        return IDENTICAL, "no-change"
    mine = [each for each in result.safety if each.arm == arm.name]
    for kind, verb in (("inferior", "fails"), ("worse", "may fail")):
        failed = [each for each in mine if each.judgement.kind == kind]
        if failed:
            worst = next((each for each in failed if each.comparison.unit == "share"), failed[0])
            how_many = f" {len(failed)}" if len(failed) > 1 else ""
            return f"{verb}{how_many}: {_limit_words(result, worst)}", "worse" if kind == "inferior" else "cannot-tell"
    open_ones = [each for each in mine if each.judgement.kind in ("cannot tell", "none seen")]
    if open_ones:
        return "not settled", "cannot-tell"
    return "passes on average" if any(each.spread and n_harmed(each) for each in mine) else "passes", ""


def _limit_words(result: StudyResult, safety: Safety) -> str:
    """'under-triage 14.5 to 16.2 %': a limit in few words, and of a share from what to what."""
    margin = safety.margin
    label = UNDER_TRIAGE if (margin.measure, margin.group) == UNDER_TRIAGE_1_2 else margin.label
    label = label[:1].lower() + label[1:]
    if safety.comparison.unit != "share":
        return label
    before, after = (
        amount(result.row(name, margin.measure, margin.group).mean, "share")
        for name in (result.design.baseline, safety.arm)
    )
    return f"{label} {before.removesuffix(' %')} to {after}"


def _notes(result: StudyResult, figures: tuple[tuple[str, str], ...]) -> Iterator[str]:
    matters = [
        threshold(target.minimal_important_difference, result.row(result.design.baseline, *figure).unit)
        for figure in figures
        for target in result.targets
        if (target.measure, target.group) == figure
    ]
    safe = any(each.measure.startswith("under_triage") for each in result.design.margins)
    yield (
        f"Difference with its 95 % interval (simulation noise only). Least difference that matters, by column: "
        f"{', '.join(matters)}. 'Slightly': by less than that.{UNDER_TRIAGE_NOTE if safe else ''}"
    )
    yield from INTERVAL_NOTES[result.interval_kind]
