"""Tables of the arms: what each is, changes, assumes and states. A policy is read as it is stored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from simulation.display.table import UNKNOWN, Cell, ReportTable
from simulation.display.words import high_words, labelled, levels_of, percent
from simulation.explain.arm_changes import KIND_WORDS, ArmChange
from simulation.explain.statements import AddedAssumption, walk
from simulation.report.tables.money import stated_cost
from simulation.runs.result import ArmResult, StudyResult
from simulation.study.design import change_words
from simulation.wording import spaced

NOTHING = "nothing that reaches a patient"
HOW_FOUND = (
    "Found by comparing the same patients under the arm's policy and under the baseline's: four weeks of patients "
    "drawn with the study's seed, or a year if a tool goes live later, spreads or drifts. Shares refer to these "
    "patients."
)
ASSESSORS = (("nurse", "nurse"), ("ai", "AI"))
"""Keys of a policy under which a table of labels is, and who gives them."""
EVERY_ARM = "every arm"


# --- what they are ------------------------------------------------------------------------------------------------


def arms_table(result: StudyResult) -> ReportTable:
    """A row an arm: who labels, what its policy states, how often labels are right, what it changes, what it costs."""
    high = high_words(levels_of(result.study.baseline.pathway))
    shares = "labels right / too low / too high"
    agreement = (
        f"{shares}, as stated, %",
        f"{shares}, as simulated, %",
        f"true {high} labelled too low, %",
    )
    headers = (
        "arm",
        "who labels",
        "what the tool states",
        *agreement,
        "changes to the department",
        "cost a year",
    )
    roles = {result.design.baseline: " (baseline)", result.design.sham: " (sham: no effect at all)"}
    cells = [
        (
            f"{labelled(result, arm)}{roles.get(arm.name, '')}",
            _who_labels(arm.policy),
            _stated(arm.policy),
            *_agreement(result, arm),
            ", ".join(change_words(path, value) for path, value in arm.ready.arm.changes.items())
            or "none",
            stated_cost(arm),
            arm.explanation.cost_words,
        )
        for arm in result.arms
    ]
    note = (
        "A label is too low if it is less urgent than the truth. 'As stated' refers to the patients whom the arm "
        "labels, at their mix of levels here; 'as simulated' refers to everybody who was triaged."
    )
    return ReportTable("arms", "What was compared", (*headers, "what it buys"), cells, (note,))


def _who_labels(policy: Mapping[str, Any]) -> str:
    """Who gives the label: 'nurse', 'AI 'claimed' instead of the nurse', 'nurse, advised by AI 'x'', 'nobody'."""
    if policy.get("ai") is None:
        return "nurse" if "nurse" in policy else "nobody"
    tool = f"AI '{policy['ai']['name']}'"
    return (
        f"nurse, advised by {tool}"
        if policy.get("role") == "advises"
        else f"{tool} instead of the nurse"
    )


def _stated(policy: Mapping[str, Any]) -> str:
    """What a policy states besides the tables of labels, each with its evidence."""
    without = {key: value for key, value in policy.items() if key not in ("nurse", "ai")}
    return (
        "; ".join(
            f"{one.where.removeprefix('.')} {one.says} ({one.evidence})"
            for one in walk(without, "")
        )
        or "nothing"
    )


def _agreement(result: StudyResult, arm: ArmResult) -> tuple[str | Cell, ...]:
    """How often labels are right, too low and too high, as stated and as simulated, and too low of the most urgent."""
    names = ("exact", "under", "over")
    stated = (percent(arm.explanation.agreement.get(f"{name}_share")) for name in names)
    simulated = (percent(_simulated(result, arm, f"{name}_triage_share")) for name in names)
    urgent = _simulated(result, arm, "under_triage_1_2_share")
    too_low: str | Cell = UNKNOWN if urgent is None else Cell(urgent, style="percent", digits=0)
    return " / ".join(stated), " / ".join(simulated), too_low


def _simulated(result: StudyResult, arm: ArmResult, measure: str) -> float | None:
    return result.row(arm.name, measure).mean if result.has(measure) else None


def matrices_table(result: StudyResult) -> ReportTable | None:
    """The tables of labels as stated, a row for each arm, assessor and true level; None if nobody is labelled.

    A table that several arms have is listed once.
    """
    names = levels_of(result.study.baseline.pathway)
    listed: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
    for arm in result.arms:
        for key, who in ASSESSORS:
            if (assessor := arm.policy.get(key)) is not None:
                listed.setdefault(
                    (f"{who} '{assessor['name']}'", str(assessor["matrix"])),
                    (arm.label, assessor["matrix"]),
                )
    cells = [
        (label, who, spaced(level), *_shares_or_counts(matrix, number), matrix["evidence"])
        for (who, _), (label, matrix) in listed.items()
        for number, level in enumerate(names)
    ]
    if not cells:
        return None
    headers = (
        "arm",
        "whose labels",
        "true level",
        *(f"labelled {spaced(name)}" for name in names),
        "evidence",
    )
    return ReportTable("matrices", "Tables of labels as stated", headers, cells)


def _shares_or_counts(matrix: Mapping[str, Any], row: int) -> Iterator[Cell]:
    for value in matrix["counts" if "counts" in matrix else "shares"][row]:
        yield Cell(value, style="number", digits=0) if "counts" in matrix else Cell(value, "share")


# --- what they change and assume ----------------------------------------------------------------------------------


def changes_table(arms: Iterable[tuple[str, Sequence[ArmChange]]]) -> ReportTable:
    """A row a change: arm, what it does, where, and how much. `arms`: labels with their changes."""
    rows = []
    for label, changes in arms:
        rows += [
            (label, KIND_WORDS[change.kind], spaced(change.what), change.words)
            for change in changes
        ]
        if not changes:
            rows.append((label, "–", "–", NOTHING))
    headers = ("arm", "what it does", "where", "how much")
    return ReportTable("changes", "What each arm changes", headers, rows, (HOW_FOUND,))


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
        "added_assumptions", "What each arm assumes, besides the baseline", headers, rows, (note,)
    )


def report_changes(result: StudyResult) -> tuple[ReportTable, ...]:
    """Both tables of a result; none without another arm, or for a run stored before they were kept."""
    if not any(
        arm.explanation.changed or arm.explanation.added_assumptions for arm in result.others
    ):
        return ()
    return (
        changes_table((labelled(result, arm), arm.explanation.changed) for arm in result.others),
        assumed_table((arm.label, arm.explanation.added_assumptions) for arm in result.others),
    )


def assumptions_log(result: StudyResult) -> ReportTable:
    """A row for each number, the assumed ones first: arm, where it is stated, value, range, evidence, source."""
    rows = [
        (EVERY_ARM, statement.where, statement.says, "", statement.evidence, statement.source)
        for statement in result.statements
    ]
    rows += [
        (arm.label, number.where, number.value, number.range, number.evidence, number.source)
        for arm in result.others
        for number in arm.explanation.added_assumptions
    ]
    rows.sort(key=lambda row: row[4] != "assumed")
    numbered = tuple((str(number), *row) for number, row in enumerate(rows, start=1))
    headers = ("number", "arm", "where", "value", "range", "evidence", "source or reason")
    return ReportTable(
        "assumptions",
        "Assumptions log: every sourced number, the assumed ones first",
        headers,
        numbered,
    )
