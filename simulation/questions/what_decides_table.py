"""What decides each arm's effect over departments, as a table, sentences and a file; and what figures are worth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulation.display.table import ReportTable
from simulation.display.words import amount, figure_words, labelled, listed_with_and
from simulation.questions.what_decides import KNOWN_DAYS, Decided, decided, kinds_beyond
from simulation.questions.what_decides_statistics import Decides, Explains
from simulation.run.arm_result import ArmResult
from simulation.run.comparisons import Safety
from simulation.run.result import StudyResult
from simulation.statistics.departments import MIN_DEPARTMENTS, counted
from simulation.statistics.verdict import direction_words, threshold

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
TOO_FEW = (
    f"What decides the effect is worked out only for {MIN_DEPARTMENTS} or more departments, each simulated at "
    f"least twice."
)


def decides_table(result: StudyResult) -> ReportTable | None:
    """A row an arm: the figure that explains most, how much, and from which value the effect matters.

    A title without rows over too few departments; None on one department.
    """
    all_decided = decided(result)
    if all_decided is None:
        too_few = result.department_of is not None and result.run.department is None and result.others
        return ReportTable("what_decides", TOO_FEW, (), ()) if too_few else None
    rows = []
    for name, decides in all_decided.arms.items():
        figure, rule = _explained(all_decided, decides), _rule_words(result, all_decided, decides)
        rows.append((labelled(result, result.arm(name)), *figure, *rule))
    notes = (
        f"'{all_decided.target.label}', over {all_decided.n_departments} departments. Looked at: "
        f"{len(all_decided.figures)} figures of the baseline that a hospital could take from its records. Figure "
        f"and effect come from different replications of a department, so shared patients cannot explain the link. "
        f"Share: the share of the variance between departments that the figure explains, chance removed, ± its "
        f"standard error. A figure is named if it explains more than chance would in 95 % of studies, over all arms "
        f"and figures together.",
        "Hit rate: the share of departments not used to find the rule for which it is right; in brackets: the same "
        "if the commoner answer is always given.",
    )
    headers = ("arm", "figure that explains most", "share, %", "rule", "hit rate")
    return ReportTable("what_decides", "What decides the effect", headers, tuple(rows), notes)


def harmed_kind_words(result: StudyResult, safety: Safety, *, rate: bool = True) -> str:
    """'where walk-ins wait above 41 min for triage (right for 93 % of departments)': where an arm is beyond a margin.

    Empty where that is no department or all of them, and where no figure tells them from the others. `rate`: with the
    share in brackets.
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
    """The number of departments in which an arm is worse by more than a margin."""
    assert safety.spread is not None
    below, _, above = counted(safety.spread.effects, safety.margin.margin)
    return above if safety.comparison.better == "lower" else below


def worth_table(result: StudyResult) -> ReportTable | None:
    """What it is worth to know a figure before an arm is chosen; None where no value of an hour or cost is stated."""
    all_decided, hour = decided(result), result.design.value_per_patient_hour
    if all_decided is None or not all_decided.worth or hour is None:
        return None
    first = hour.pounds[0]
    rows = [
        (
            figure_words(worth.figure),
            *(f"£{max(worth.pounds[value], 0):,.0f} ± {worth.error[value]:,.0f}" for value in hour.pounds),
        )
        for worth in sorted(all_decided.worth, key=lambda worth: -worth.pounds[first])
    ]
    labels = ", ".join(f"'{result.arm(name).label}'" for name in all_decided.priced)
    notes = (
        f"GBP a year for one department: the gain from a better choice if the figure is measured for {KNOWN_DAYS} "
        f"days first, ± its standard error. The choice is among the baseline and the arms that state a cost: "
        f"{labels}. An hour's less waiting for one patient is worth what the heading says ({hour.evidence}: "
        f"{hour.source}).",
        "By regression of each arm's benefit on the figure (Strong, Oakley and Brennan, Medical Decision Making 2014).",
    )
    headers = ("figure", *(f"at £{value:g} an hour" for value in hour.pounds))
    return ReportTable("worth_knowing", "The value of measuring first", headers, tuple(rows), notes)


def _explained(all_decided: Decided, decides: Decides) -> tuple[str, str]:
    """The figure that explains most of one arm's effect, and the share that it explains."""
    best = decides.best
    if best is None:
        return "none that a hospital records" if decides.differs else "effects do not differ beyond chance", "–"
    return figure_words(all_decided.figures[best.figure]), _share_words(best)


def _share_words(explains: Explains) -> str:
    """'98 ± 1', in per cent."""
    return "–" if math.isnan(explains.share) else f"{100 * explains.share:.0f} ± {100 * explains.share_error:.0f}"


def _rule_words(result: StudyResult, all_decided: Decided, decides: Decides) -> tuple[str, str]:
    """'above 14.2 min: shorter by more than 5 min', and '93 % (63 %)'."""
    best, rule = decides.best, decides.rule
    if best is None:
        return "–", "–"
    target = all_decided.target
    matters = threshold(target.minimal_important_difference, all_decided.unit)
    if rule is None:
        return f"beyond {matters} at {'every' if decides.everywhere else 'no'} value", "–"
    better = result.better(target)
    direction = direction_words(all_decided.unit, better, down=(better == "lower") == rule.gains)
    cut = amount(rule.cut, all_decided.figures[best.figure].unit)
    words = f"{'above' if rule.above else 'below'} {cut}: {direction} by more than {matters}"
    return words, f"{100 * rule.hit_rate:.0f} % ({100 * rule.commoner:.0f} %)"


def decides_sentences(result: StudyResult) -> Iterator[str]:
    """A sentence for each figure that decides the effects of some arms; then one on arms that no figure explains."""
    all_decided = decided(result)
    if all_decided is None:
        return
    judged = [arm for arm in result.others if arm.name != result.design.sham]
    by_figure: dict[str, list[ArmResult]] = {}
    for arm in judged:
        best = all_decided.best(arm.name)
        if best is not None:
            by_figure.setdefault(figure_words(best, inside=True), []).append(arm)
    for figure, arms in sorted(by_figure.items(), key=lambda item: -len(item[1])):
        named = listed_with_and([_explained_share(all_decided, arm) for arm in arms])
        yield f"Measure {figure}: over {all_decided.n_departments} departments it decides the effect of {named}."
    unexplained = [arm for arm in judged if all_decided.arms[arm.name].differs and all_decided.best(arm.name) is None]
    if unexplained:
        quoted = listed_with_and([f"'{arm.label}'" for arm in unexplained])
        yield (
            f"No figure that a hospital could take from its records explains how departments differ in the effect "
            f"of {quoted}."
        )


def _explained_share(all_decided: Decided, arm: ArmResult) -> str:
    """''AI scribe' (98 ± 1 % of the spread)'."""
    best = all_decided.arms[arm.name].best
    assert best is not None
    share = "" if math.isnan(best.share) else f" ({_share_words(best)} % of the spread)"
    return f"'{arm.label}'{share}"


def decides_frame(all_decided: Decided) -> pd.DataFrame:
    """`what_decides.csv`: a row for each arm and figure, with the rule in the row of the arm's first figure."""
    import pandas as pd

    rows = []
    for arm, decides in all_decided.arms.items():
        for place, explains in enumerate(decides.explains):
            name, rule = all_decided.figures[explains.figure], decides.rule if place == 0 else None
            about = (explains.correlation, explains.share, explains.share_error, explains.found)
            of_rule = (None,) * 4 if rule is None else (rule.above, rule.cut, rule.hit_rate, rule.commoner)
            rows.append((arm, name.measure, name.group, *about, *of_rule))
    return pd.DataFrame(rows, columns=list(TIDY))
