"""Tables of the arms: what each is, changes, assumes and states. A policy is read as it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from simulation.display.scale import high_words, levels_of
from simulation.display.table import UNKNOWN, Cell, ReportTable
from simulation.display.words import labelled, percent
from simulation.explain.arm_changes import KIND_WORDS, Change
from simulation.explain.assumptions import AddedAssumption
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult
from simulation.study.design import change_words
from simulation.wording import spaced

NOTHING = "nothing that reaches a patient"
HOW_FOUND = (
    "Found by comparing the same patients under the arm's policy and under the baseline's: four weeks of patients "
    "drawn with the study's seed, or a year if a tool goes live later, spreads or drifts. Shares refer to these "
    "patients."
)
UNCHANGED = "as in the department"
"""What is said of the minutes of a policy that changes none."""
ASSESSORS = (("nurse", "nurse"), ("ai", "AI"))
"""Keys of a policy under which a table of labels is, and who gives them."""
EVERY_ARM = "every arm"


# --- what they are ------------------------------------------------------------------------------------------------


def arms_table(result: StudyResult) -> ReportTable:
    """A row an arm: who labels, what it does to minutes, how often labels are right, what it changes, what it costs."""
    labels_given = any("nurse" in arm.policy for arm in result.arms)
    minutes_changed = labels_given or any(minutes_words(arm.policy) != UNCHANGED for arm in result.arms)
    costs_stated = any(arm.cost is not None for arm in result.arms)
    high = high_words(levels_of(result.study.baseline.pathway))
    shares = "labels right / too low / too high"
    headers = (
        "arm",
        *(("who labels",) if labels_given else ()),
        *(("minutes of triage" if labels_given else "minutes",) if minutes_changed else ()),
        *((f"{shares}, as stated, %", f"{shares}, as simulated, %") if labels_given else ()),
        *((f"true {high} labelled too low, %",) if labels_given else ()),
        "changes to the department",
        *(("cost a year", "what it buys") if costs_stated else ()),
    )
    cells = []
    for arm in result.arms:
        minutes = f"{minutes_words(arm.policy)} {sets_off_words(arm.policy)}".strip()
        changes = ", ".join(change_words(path, value) for path, value in arm.changes.items()) or "none"
        cost: str | Cell = "not stated" if arm.cost is None else Cell(arm.cost, style="pounds")
        cells.append(
            (
                f"{labelled(result, arm)}{_role(result, arm)}",
                *((who_labels(arm.policy),) if labels_given else ()),
                *((minutes,) if minutes_changed else ()),
                *(_agreement(result, arm) if labels_given else ()),
                changes,
                *((cost, arm.cost_words) if costs_stated else ()),
            )
        )
    note = "Each arm is the department with the changes that it states. Nobody is labelled here."
    if labels_given:
        note = (
            "A label is too low if it is less urgent than the truth. 'As stated' refers to the patients whom the arm "
            "labels, at their mix of levels here; 'as simulated' refers to everybody who was triaged."
        )
    return ReportTable("arms", "What was compared", headers, tuple(cells), (note,))


def _role(result: StudyResult, arm: ArmResult) -> str:
    roles = {result.design.baseline: " (baseline)", result.design.sham: " (sham: no effect at all)"}
    return roles.get(arm.name, "")


def _agreement(result: StudyResult, arm: ArmResult) -> tuple[str | Cell, ...]:
    """How often labels are right, too low and too high, as stated and as simulated, and too low of the most urgent."""
    names = ("exact", "under", "over")
    stated = (percent(arm.agreement.get(f"{name}_share")) for name in names)
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
            if arm.policy.get(key) is not None:
                assessor = arm.policy[key]
                listed.setdefault(
                    (f"{who} '{assessor['name']}'", str(assessor["matrix"])), (arm.label, assessor["matrix"])
                )
    cells = [
        (label, who, spaced(level), *_shares_or_counts(matrix, number), matrix["evidence"])
        for (who, _), (label, matrix) in listed.items()
        for number, level in enumerate(names)
    ]
    if not cells:
        return None
    headers = ("arm", "whose labels", "true level", *(f"labelled {spaced(name)}" for name in names), "evidence")
    return ReportTable("matrices", "Tables of labels as stated", headers, tuple(cells))


def _shares_or_counts(matrix: Mapping[str, Any], row: int) -> Iterator[Cell]:
    for value in matrix["counts" if "counts" in matrix else "shares"][row]:
        yield Cell(value, style="number", digits=0) if "counts" in matrix else Cell(value, "share")


# --- what they change and assume ----------------------------------------------------------------------------------


def changes_table(arms: Iterable[tuple[str, Sequence[Change]]]) -> ReportTable:
    """A row a change: arm, what it does, where, and how much. `arms`: labels with their changes."""
    rows = []
    for label, changes in arms:
        rows += [(label, KIND_WORDS[change.kind], spaced(change.what), change.words) for change in changes]
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


def assumptions_log(result: StudyResult) -> ReportTable:
    """A row for each number, the assumed ones first: arm, where it is stated, value, range, evidence, source."""
    rows = [
        (EVERY_ARM, statement.where, statement.says, "", statement.evidence, statement.source)
        for statement in result.statements
    ]
    rows += [
        (arm.label, number.where, number.value, number.range, number.evidence, number.source)
        for arm in result.others
        for number in arm.added_assumptions
    ]
    rows.sort(key=lambda row: row[4] != "assumed")
    numbered = tuple((str(number), *row) for number, row in enumerate(rows, start=1))
    headers = ("number", "arm", "where", "value", "range", "evidence", "source or reason")
    return ReportTable(
        "assumptions", "Assumptions log: every sourced number, the assumed ones first", headers, numbered
    )


# --- a policy in words --------------------------------------------------------------------------------------------


def who_labels(policy: Mapping[str, Any]) -> str:
    """Who gives the label, and to whom."""
    ai = policy.get("ai")
    if ai is None:
        return "The nurse labels." if "nurse" in policy else "Nobody labels."
    whom = f"For: {_whom(policy, 'labels')}."
    if policy.get("role") == "advises":
        return f"The AI '{ai['name']}' advises; the nurse takes its label {_how_often(policy)}. {whom}"
    return f"The label of the AI '{ai['name']}' replaces the nurse's. {whom}"


def minutes_words(policy: Mapping[str, Any]) -> str:
    """What the policy does to minutes."""
    sentences = [f"whoever triages, {_effect_words(burden)}." for burden in policy.get("burdens", ())]
    minutes = policy.get("minutes") or []
    for effect in [minutes] if isinstance(minutes, Mapping) else minutes:
        whom = _listed(effect.get("covers", {}).get("arrivals", ())) or _whom(policy, "minutes")
        sentences.append(f"{_effect_words(effect)}. For: {whom}.")
    if "latency" in policy:
        sentences.append(f"{policy['latency']['seconds']['value']:g} s waited for each answer.")
    hand_back = policy.get("abstains", {}).get("hand_back")
    if hand_back:
        sentences.append(f"{hand_back['seconds']['value']:g} s spent before each hand-back.")
    watches = policy.get("watches")
    if watches:
        whom = "; ".join([_listed(watches["arrivals"]), *_only(watches)])
        sentences.append(
            f"Watches those who wait ({whom}): detects {100 * watches['sensitivity']['value']:g} % of those who get "
            f"worse, raises {watches['false_alarms_per_hour']['value']:g} false alarms a patient and hour; rounds "
            f"act "
            "on them."
        )
    return " ".join(sentences) or UNCHANGED


def sets_off_words(policy: Mapping[str, Any]) -> str:
    """What the policy sets off at triage, for how many of those it suits and of the others; empty if nothing."""
    sentences = []
    for name, action in policy.get("actions", {}).items():
        sensitivity, specificity, covers = action["sensitivity"], action["specificity"], action["covers"]
        whom = "; ".join([_listed(covers["arrivals"]), *_only(covers)])
        sentences.append(
            f"{spaced(name)}: {percent(sensitivity['value'])} % of those it suits ({sensitivity['evidence']}) and "
            f"{percent(1 - specificity['value'])} % of the others ({specificity['evidence']}). For: {whom}."
        )
    return " ".join(sentences)


def _how_often(policy: Mapping[str, Any]) -> str:
    """How often an advised nurse takes the label of the AI."""
    switching, acceptance = policy.get("switching"), policy.get("acceptance")
    if switching:
        right, wrong, both = (switching[name] for name in ("wrong_to_right", "right_to_wrong", "wrong_to_wrong"))
        return (
            f"{percent(right['value'])} % of the times they differ and it alone is right, "
            f"{percent(wrong['value'])} % where the nurse alone is right, {percent(both['value'])} % where neither "
            f"is "
            f"({right['evidence']})"
        )
    if not acceptance:
        return "every time they differ"
    return f"{percent(acceptance['value'])} % of the times they differ ({acceptance['evidence']})"


def _effect_words(effect: Mapping[str, Any]) -> str:
    """'triage: × 0.9 (assumed), never below 50 %, age band adult only'."""
    parts = []
    if "factor" in effect:
        parts.append(f"× {effect['factor']['value']:g} ({effect['factor']['evidence']})")
    if "seconds_saved" in effect:
        parts.append(f"{effect['seconds_saved']['value']:g} s less ({effect['seconds_saved']['evidence']})")
    if "never_below" in effect:
        parts.append(f"never below {100 * effect['never_below']['value']:g} %")
    return f"{_listed(effect['durations'])}: {', '.join([*parts, *_only(effect.get('covers', {}))])}"


def _whom(policy: Mapping[str, Any], which: str) -> str:
    """Whom a tool is for: sources, then what narrows them, then how far people use it and when it hands back.

    `which`: 'labels' or 'minutes'.
    """
    covers = policy.get("covers", {})
    all_others = "everybody who attends" if which == "labels" else "the sources that each effect names"
    parts = [_listed(covers.get(which) or ()) or all_others, *_only(covers)]
    if "excluded" in covers:
        shares = covers["excluded"]["shares"].items()
        excluded = ", ".join(f"{spaced(name)} {percent(share['value'])} %" for name, share in shares)
        parts.append(f"without those who cannot use it ({excluded})")
    if "share" in covers:
        parts.append(f"a drawn {percent(covers['share']['value'])} % of them")
    if "adoption" in policy:
        adoption = policy["adoption"]
        start, end = (percent(adoption[name]["value"]) for name in ("start", "end"))
        parts.append(f"used for {start} % of them at first and {end} % after {adoption['weeks']['value']:g} weeks")
    if which == "labels" and "abstains" in policy:
        parts.append("hands some of them back to the nurse")
    return "; ".join(parts)


def _only(covers: Mapping[str, Any]) -> list[str]:
    """The categories that narrow whom a tool is for, by attribute."""
    return [
        f"{spaced(name)} {' or '.join(map(spaced, categories))} only"
        for name, categories in covers.get("only", {}).items()
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(spaced, names))
