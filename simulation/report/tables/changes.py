"""Tables of what each arm changes and what it assumes, for the screen of `aeflow show` and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulation.experiment.result import StudyResult
from simulation.explain.arm_changes import KIND_WORDS, AddedAssumption, Change
from simulation.report.tables.table import ReportTable
from simulation.report.words import labelled

NOTHING = "nothing that reaches a patient"
HOW_FOUND = (
    "Found by comparing the same patients under the arm's policy and under the baseline's: four weeks of them, drawn "
    "with the study's seed, or a year where a tool goes live later, spreads or drifts. Shares are of these patients."
)


def changes_table(arms: Iterable[tuple[str, Sequence[Change]]]) -> ReportTable:
    """One line a change: arm, where or what, what happens there, in numbers."""
    rows = []
    for label, changes in arms:
        rows += [(label, KIND_WORDS[each.kind], _spaced(each.what), each.words) for each in changes]
        if not changes:
            rows.append((label, "–", "–", NOTHING))
    headers = ("arm", "what it does", "where", "how much")
    return ReportTable("changes", "What each arm changes", headers, tuple(rows), (HOW_FOUND,))


def assumed_table(arms: Iterable[tuple[str, Sequence[AddedAssumption]]]) -> ReportTable:
    """Every assumed number that an arm brings: value, range to sweep, reason."""
    arms = list(arms)
    rows = [
        (label, each.where.removeprefix("triage."), each.value, each.range, each.source)
        for label, added_assumptions in arms
        for each in added_assumptions
        if each.evidence == "assumed"
    ]
    known = [each for _, added_assumptions in arms for each in added_assumptions if each.evidence != "assumed"]
    note = f"Of what is stated besides the baseline, {len(rows)} assumed (above), {len(known)} published or measured."
    if not rows:
        note = f"Nothing that is stated besides the baseline is assumed; {len(known)} published or measured."
    headers = ("arm", "statement", "value", "range", "why")
    return ReportTable(
        "added_assumptions", "What each arm assumes, besides the baseline", headers, tuple(rows), (note,)
    )


def report_changes(result: StudyResult) -> tuple[ReportTable, ...]:
    """Both tables for a page; nothing without another arm, or for a run stored before they were kept."""
    if not any(arm.changed or arm.added_assumptions for arm in result.others):
        return ()
    return (
        changes_table((labelled(result, arm), arm.changed) for arm in result.others),
        assumed_table((arm.label, arm.added_assumptions) for arm in result.others),
    )


def _spaced(name: str) -> str:
    return name.replace("_", " ")
