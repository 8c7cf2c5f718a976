"""Tables of what each arm changes and what it assumes, for the screen of `aeflow show` and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulation.display.table import ReportTable
from simulation.display.words import labelled
from simulation.explain.assumptions import AddedAssumption
from simulation.explain.change import KIND_WORDS, Change
from simulation.run.result import StudyResult

NOTHING = "nothing that reaches a patient"
HOW_FOUND = (
    "Found by comparing the same patients under the arm's policy and under the baseline's: four weeks of patients "
    "drawn with the study's seed, or a year if a tool goes live later, spreads or drifts. Shares refer to these "
    "patients."
)


def changes_table(arms: Iterable[tuple[str, Sequence[Change]]]) -> ReportTable:
    """A row a change: arm, what it does, where, and how much. `arms`: labels with their changes."""
    rows = []
    for label, changes in arms:
        rows += [(label, KIND_WORDS[change.kind], change.what.replace("_", " "), change.words) for change in changes]
        if not changes:
            rows.append((label, "–", "–", NOTHING))
    headers = ("arm", "what it does", "where", "how much")
    return ReportTable("changes", "What each arm changes", headers, tuple(rows), (HOW_FOUND,))


def assumed_table(arms: Iterable[tuple[str, Sequence[AddedAssumption]]]) -> ReportTable:
    """A row for every assumed number that an arm brings: value, range to sweep, reason."""
    added = [(label, number) for label, numbers in arms for number in numbers]
    rows = [
        (label, number.where.removeprefix("triage."), number.value, number.range, number.source)
        for label, number in added
        if number.evidence == "assumed"
    ]
    n_sourced = len(added) - len(rows)
    note = f"Numbers that the arms add to the baseline: {len(rows)} assumed (above), {n_sourced} published or measured."
    if not rows:
        note = f"None of the numbers that the arms add to the baseline is assumed; {n_sourced} published or measured."
    headers = ("arm", "statement", "value", "range", "why")
    return ReportTable(
        "added_assumptions", "What each arm assumes, besides the baseline", headers, tuple(rows), (note,)
    )


def report_changes(result: StudyResult) -> tuple[ReportTable, ...]:
    """Both tables of a result; none without another arm, or for a run stored before they were kept."""
    if not any(arm.changed or arm.added_assumptions for arm in result.others):
        return ()
    return (
        changes_table((labelled(result, arm), arm.changed) for arm in result.others),
        assumed_table((arm.label, arm.added_assumptions) for arm in result.others),
    )
