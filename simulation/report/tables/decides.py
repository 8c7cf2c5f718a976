"""What decides each arm's effect over departments, in a table, sentences and a file; and what figures are worth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulation.analysis.departments import MIN_DEPARTMENTS, counted
from simulation.analysis.verdict import direction_words, threshold
from simulation.analysis.what_decides import Decides, Rule
from simulation.experiment.arm_result import ArmResult
from simulation.experiment.comparisons import Safety
from simulation.experiment.result import StudyResult
from simulation.inquiry.decides import KNOWN_DAYS, Decided, decided, kinds_beyond
from simulation.report.tables.table import ReportTable
from simulation.report.words import amount, figure_words, labelled, listed_with_and

if TYPE_CHECKING:
    import pandas as pd

TIDY = (
    "arm",
    "measure",
    "group",
    "correlation",
    "share_of_variance",
    "standard_error",
    "found",
    "rule_above",
    "rule_cut",
    "hit_rate",
    "commoner_answer",
)
"""The columns of `what_decides.csv`."""
TOO_FEW = f"What decides the effect is not said of fewer than {MIN_DEPARTMENTS} departments, each used twice."


def decides_table(result: StudyResult) -> ReportTable | None:
    """By arm: the figure that explains most, how much, and from which value on the effect matters."""
    found = decided(result)
    if found is None:
        few = result.department_of is not None and result.run.department is None and result.others
        return ReportTable("what_decides", TOO_FEW, (), ()) if few else None
    rows = [
        (labelled(result, result.arm(name)), *_explained(found, each), *_rule_words(result, found, each))
        for name, each in found.arms.items()
    ]
    target = found.target
    notes = (
        f"'{target.label}', over {found.n_departments} departments. Looked at: {len(found.figures)} figures of the "
        "baseline that a hospital could read off. Figure and effect are from different replications of a department, "
        "so patients in both explain nothing. Share: of the variance between departments that it explains, chance "
        "taken out, ± its standard error. Found: beyond what chance gives in 95 % of studies, all arms and figures "
        "together.",
        "Hit rate: of departments that were not used to find the rule, the share for which it is right; in brackets "
        "that of always giving the commoner answer.",
    )
    headers = ("arm", "figure that explains most", "share, %", "rule", "hit rate")
    return ReportTable("what_decides", "What decides the effect", headers, tuple(rows), notes)


def harmed_kind_words(result: StudyResult, safety: Safety, *, rate: bool = True) -> str:
    """'where walk-ins wait above 41 min for triage (right for 93 % of departments)': where an arm is beyond a margin.

    Empty where it is so in no department or in all, and where no figure tells them from the others.
    """
    if safety.spread is None or not 0 < n_harmed(safety) < safety.spread.n:
        return ""
    kind = kinds_beyond(result, safety.margin).get(safety.arm)
    if kind is None:
        return ""
    cut = amount(kind.rule.cut, kind.figure.unit)
    where = f"where {figure_words(kind.figure, inside=True)} is {'above' if kind.rule.above else 'below'} {cut}"
    return f"{where} (right for {kind.rule.hit_rate:.0%} of departments)" if rate else where


def n_harmed(safety: Safety) -> int:
    """In how many departments an arm is worse by more than a margin."""
    assert safety.spread is not None
    below, _, above = counted(safety.spread.effects, safety.margin.margin)
    return above if safety.comparison.better == "lower" else below


def worth_table(result: StudyResult) -> ReportTable | None:
    """What it is worth to know a figure before an arm is chosen; None where no value of an hour or cost is stated."""
    found, stated = decided(result), result.design.value_per_patient_hour
    if found is None or not found.worth or stated is None:
        return None
    first = stated.pounds[0]
    rows = [
        (
            figure_words(each.figure),
            *(f"£{max(each.pounds[value], 0):,.0f} ± {each.error[value]:,.0f}" for value in stated.pounds),
        )
        for each in sorted(found.worth, key=lambda each: -each.pounds[first])
    ]
    labels = ", ".join(f"'{result.arm(name).label}'" for name in found.priced)
    notes = (
        f"GBP a year for one department: what a better choice gains if the figure is measured for {KNOWN_DAYS} days "
        f"first, ± its standard error. Chosen among the baseline and the arms that state a cost: {labels}. An hour "
        f"that a patient waits less is worth what the heading says ({stated.evidence}: {stated.source}).",
        "By regression of each arm's benefit on the figure (Strong, Oakley and Brennan, Medical Decision Making 2014).",
    )
    headers = ("figure", *(f"at £{value:g} an hour" for value in stated.pounds))
    return ReportTable("worth_knowing", "What it is worth to measure first", headers, tuple(rows), notes)


def _explained(found: Decided, each: Decides) -> tuple[str, str]:
    """The figure that explains most, and its share."""
    best = each.best
    if best is None:
        return "none that can be read off" if each.differs else "effects do not differ beyond chance", "–"
    return figure_words(found.figures[best.figure]), _share_words(best.share, best.share_error)


def _share_words(share: float, error: float) -> str:
    """'98 ± 1'."""
    return "–" if math.isnan(share) else f"{100 * share:.0f} ± {100 * error:.0f}"


def _rule_words(result: StudyResult, found: Decided, each: Decides) -> tuple[str, str]:
    """'Above 14.2 min: shorter by more than 5 min', and '93 % (63 %)'."""
    best, rule = each.best, each.rule
    if best is None:
        return "–", "–"
    if rule is None:
        beyond = f"beyond {threshold(found.target.minimal_important_difference, found.unit)}"
        return f"{beyond} at {'every' if each.everywhere else 'no'} value", "–"
    cut = amount(rule.cut, found.figures[best.figure].unit)
    where = f"{'above' if rule.above else 'below'} {cut}: {_effect_words(result, found, rule)}"
    return where, f"{100 * rule.hit_rate:.0f} % ({100 * rule.commoner:.0f} %)"


def _effect_words(result: StudyResult, found: Decided, rule: Rule) -> str:
    """'shorter by more than 5 min'."""
    target = found.target
    better = result.better(target)
    way = direction_words(found.unit, better, down=(better == "lower") == rule.gains)
    return f"{way} by more than {threshold(target.minimal_important_difference, found.unit)}"


def decides_sentences(result: StudyResult) -> Iterator[str]:
    """Which one figure to measure, and the rules that come with it; of arms that no figure explains, that it is so."""
    found = decided(result)
    if found is None:
        return
    told = [arm for arm in result.others if arm.name != result.design.sham]
    by_figure: dict[str, list[ArmResult]] = {}
    for arm in told:
        best = found.best(arm.name)
        if best is not None:
            by_figure.setdefault(figure_words(best, inside=True), []).append(arm)
    for words, arms in sorted(by_figure.items(), key=lambda each: -len(each[1])):
        named = listed_with_and([_explained_share(found, arm) for arm in arms])
        yield f"Measure {words}: over {found.n_departments} departments it decides how much is done by {named}."
    unexplained = [arm for arm in told if found.arms[arm.name].differs and found.best(arm.name) is None]
    if unexplained:
        quoted = listed_with_and([f"'{arm.label}'" for arm in unexplained])
        yield f"Nothing that a hospital can read off explains how departments differ in what is done by {quoted}."


def _explained_share(found: Decided, arm: ArmResult) -> str:
    best = found.arms[arm.name].best
    assert best is not None
    share = "" if math.isnan(best.share) else f" ({_share_words(best.share, best.share_error)} % of the spread)"
    return f"'{arm.label}'{share}"


def decides_frame(found: Decided) -> pd.DataFrame:
    """A row for each arm and figure told of it: `what_decides.csv`."""
    import pandas as pd

    rows = []
    for arm, each in found.arms.items():
        for place, one in enumerate(each.explains):
            name, rule = found.figures[one.figure], each.rule if place == 0 else None
            told = (one.correlation, one.share, one.share_error, one.found)
            of_rule = (None,) * 4 if rule is None else (rule.above, rule.cut, rule.hit_rate, rule.commoner)
            rows.append((arm, name.measure, name.group, *told, *of_rule))
    return pd.DataFrame(rows, columns=list(TIDY))
