"""Tables of arms and their department: what each is, changes, assumes and measures; what binds; a day; the run."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from simulation.display import words as in_words
from simulation.display.table import UNKNOWN, Cell, Cells, ReportTable, crossed
from simulation.display.words import high_words, labelled, levels_of, percent
from simulation.measures.definitions import ALL, binding_measures, label_of_measure
from simulation.measures.occupancy import STAGES
from simulation.records.schema import Floats
from simulation.report.money import stated_cost
from simulation.report.pathway_picture import KIND_WORDS
from simulation.report.verdict_tables import level_cell
from simulation.runs.result import ArmResult, StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.critical_values import SPELL_DAYS
from simulation.statistics.verdict import INTERVAL_NOTES
from simulation.study.arm_changes import ArmChange
from simulation.study.design import change_words
from simulation.study.statements import AddedAssumption, Statement, list_sourced
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
            ", ".join(
                change_words(path, value)
                for stated in result.design.stated_changes(arm.ready.arm).values()
                for path, value in stated.changes.items()
            )
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
            for one in list_sourced(without, "")
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


EVIDENCE = ("published", "measured", "stated", "assumed")
FULL_DEPARTMENT = "full_share"
LONGEST_QUEUES = 8
"""Steps that the table of what binds shows."""
SHORTEST_QUEUE = 0.05
"""Patients waiting on average, below which it shows no step."""
Row = tuple[str, str, str]
"""The words of a row, its measure and its group."""


# --- a row a measure, a column an arm -----------------------------------------------------------------------------


def by_arm_table(
    result: StudyResult, named: tuple[str, str, str], rows: Iterable[Row], notes: Iterable[str] = ()
) -> ReportTable | None:
    """A table of those rows that the result has; None if it has none. `named`: kind, title, header of the words."""
    known = [
        (words, (measure, group)) for words, measure, group in rows if result.has(measure, group)
    ]
    if not known:
        return None
    notes = list(notes)
    if result.others:
        notes.append(
            f"Mean over {len(result.replications)} replications, then difference from '{result.baseline.label}' ± half "
            "of its 95 % interval (in the row's unit, or percentage points)."
        )
        notes += INTERVAL_NOTES[result.interval_kind]
    arms = [(in_words.labelled(result, arm), arm.name) for arm in result.arms]
    notes.append(in_words.uncertainty_note(result))
    return crossed(named, known, arms, lambda figure, arm: level_cell(result, arm, *figure), notes)


def own_table(result: StudyResult) -> ReportTable | None:
    """The user's own measures, for everybody and for each own group; None if none are stated."""
    rows = []
    for name in result.own:
        words = in_words.measure_label(result, name)
        rows.append((words, name, ALL))
        rows += [
            (f"{words}: {in_words.group_words(group)}", name, group) for group in result.own_groups
        ]
    return by_arm_table(result, ("own", "Measures of your own", "measure"), rows)


def binding_table(
    result: StudyResult, measures: Sequence[str] = (), least_busy: float = 0.0
) -> ReportTable | None:
    """Which resource binds: busy staff, full beds, the longest queues, boarders, and hours with a full department.

    `measures`: these alone, in this order; `least_busy`: the share below which a pool's busy time is left out.
    """
    groups = {name: result.groups(name) for name in binding_measures()}
    queues = {group: result.before("queue_mean", group).mean for group in groups["queue_mean"]}
    longest = sorted(queues, key=lambda group: -queues[group])[:LONGEST_QUEUES]
    shown = tuple(group for group in longest if queues[group] >= SHORTEST_QUEUE)
    groups |= {"queue_mean": shown, "queue_wait_mean": shown}
    rows = [
        (_words(name, group), name, group)
        for name in measures or binding_measures()
        for group in groups[name]
        if result.has(name, group)
        and any(
            result.row(arm.name, name, group).mean
            > (least_busy if name.startswith("busy") else 0.0)
            for arm in result.arms
        )
    ]
    note = "Busy shares are shares of minutes on duty, for each pool of staff that is used."
    if len(shown) < len(queues):
        steps = "step where it is" if len(shown) == 1 else f"{len(shown)} steps where they are"
        queued = "The queue is shown for the" if len(shown) == 1 else "Queues are shown for the"
        note += (
            f" {queued} {steps} longest under '{result.baseline.label}' (all are in summary.csv)."
            if shown
            else ""
        )
    if any(name == FULL_DEPARTMENT for _, name, _ in rows):
        note += " The department is full when there are as many attendances in it as places, or more; counted at whole"
        note += " hours."
    return by_arm_table(result, ("binding", "Which resource binds", "what"), rows, [note])


def _words(measure: str, group: str) -> str:
    label = label_of_measure(measure)
    return (
        label
        if group == ALL
        else f"{spaced(group.partition('=')[2])}: {label[:1].lower()}{label[1:]}"
    )


def measures_table(result: StudyResult) -> ReportTable:
    """Every measure over all attendances under the baseline, with the interval of its mean."""
    of_baseline = [
        row for row in result.comparisons if row.arm == result.design.baseline and row.group == ALL
    ]
    cells = []
    for row in of_baseline:
        if row.measure in binding_measures():
            continue
        under_arms = (result.row(arm.name, row.measure).mean for arm in result.arms)
        if row.measure != "admitted_share" or any(
            under_arms
        ):  # nobody is admitted where no end of the pathway admits
            low, high = (
                max(row.low, 0.0),
                min(row.high, 1.0) if row.unit == "share" else row.high,
            )  # what can be
            star = "*" if row.level_weakness == "one replication" else ""
            interval = (
                UNKNOWN if math.isnan(row.low) else Cell(None, row.unit, low, high, words=star)
            )
            cells.append(
                (in_words.measure_label(result, row.measure), Cell(row.mean, row.unit), interval)
            )
    notes = (*_weak_notes(result, of_baseline), in_words.uncertainty_note(result))
    headers = ("measure", "mean", f"95 % interval {in_words.interval_scope(result)}")
    return ReportTable("measures", f"Measures of '{result.baseline.label}'", headers, cells, notes)


def _weak_notes(result: StudyResult, rows: Sequence[Comparison]) -> Iterator[str]:
    """Notes on measures without an interval, and on those whose interval is not to be relied on."""
    short = [in_words.measure_label(result, row.measure) for row in rows if row.short]
    if short:
        years = SPELL_DAYS // 364
        yield f"No interval before {years} years are measured, because rare spells decide: {', '.join(short)}."
    if any(row.level_weakness == "one replication" for row in rows):
        yield "*: one replication, or department, carries over half of the variance: do not rely on the interval."


# --- a day, stays, waits by level ---------------------------------------------------------------------------------


def clinicians(result: StudyResult) -> tuple[str, ...]:
    """The pools whose role is clinician and whose share of busy time is known."""
    profile = result.baseline.day
    return tuple(
        pool
        for pool in profile.pools
        if result.roles.get(pool) == "clinician"
        and not np.isnan(profile.busy[profile.pools.index(pool)]).all()
    )


def stay_parts(result: StudyResult, arm: ArmResult) -> Floats:
    """Where the minutes of a mean stay go under an arm, up to departure: minutes per attendance waiting for each stage,
    and in it, in the order of `STAGES`; shape (2, n_stages)."""
    parts, minutes = np.zeros((2, len(STAGES))), np.nan_to_num([arm.day.waiting, arm.day.working])
    for place, step in enumerate(arm.day.steps):
        if step in result.stages:
            parts[:, STAGES.index(result.stages[step])] += minutes[:, place]
    return parts


def stages_seen(parts: Collection[Floats]) -> list[int]:
    """The numbers of the stages that take time in the stay of any of the arms."""
    seen: list[int] = np.flatnonzero(
        np.max([of.sum(axis=0) for of in parts], axis=0) >= 0.05
    ).tolist()
    return seen


def levels(result: StudyResult) -> tuple[str, ...]:
    """The true levels for which waits are known, most urgent first."""
    return in_words.single_levels(result.groups("time_to_clinician_median"))


def day_table(result: StudyResult) -> ReportTable:
    """The mean day of the baseline by hour."""
    day = result.baseline.day
    counts = {"arrivals": day.arrivals, "present": day.census, "waiting for a bed": day.boarders}
    columns = [
        (words, (Cell(style="number"), by_hour))
        for words, by_hour in counts.items()
        if not np.isnan(by_hour).all()
    ]
    columns += [
        (
            f"{spaced(pool)} busy, %",
            (Cell(style="percent", digits=0), day.busy[day.pools.index(pool)]),
        )
        for pool in clinicians(result)
    ]
    return crossed(
        ("day", f"A mean day under '{result.baseline.label}'", "hour"),
        [(f"{hour:02d}:00", hour) for hour in range(24)],
        columns,
        lambda hour, column: replace(column[0], value=float(column[1][hour])),
    )


def stay_table(result: StudyResult) -> ReportTable | None:
    """Minutes per attendance, waiting for a stage and in it, for every arm; None where no stage is known."""
    parts = {arm.label: stay_parts(result, arm) for arm in result.arms}
    shown = stages_seen(parts.values())
    if not shown:
        return None
    cells: list[Cells] = [
        (
            label,
            *(
                Cell(n, style="number")
                for n in (*stay[:, shown].T.ravel().tolist(), float(stay.sum()))
            ),
        )
        for label, stay in parts.items()
    ]
    stages = (f"{words}{STAGES[n]}" for n in shown for words in ("waiting for ", ""))
    title = "Minutes per attendance: waiting for a stage, and in it"
    return ReportTable("stay", title, ("arm", *stages, "in all"), cells)


def acuity_table(result: StudyResult) -> ReportTable | None:
    """Median and 95th percentile of the wait by true level, and the share beyond the target; None if not known."""
    names = levels(result)
    if not names or not result.has("time_to_clinician_p95", f"acuity_true={names[0]}"):
        return None
    columns, note = [], "Patients who were seen."
    for name in names:
        group, target = f"acuity_true={name}", in_words.target_of(name, names)
        goal = "" if target is None else f" (target {target:g})"
        columns.append((f"{spaced(name)}{goal}, median", ("time_to_clinician_median", group)))
        columns.append(("95th percentile", ("time_to_clinician_p95", group)))
        if target is not None and result.has("beyond_target_share", group):
            columns.append(("late, %", ("beyond_target_share", group)))
            note = (
                "Patients who were seen; 'late' is the share of patients whose first clinician, or leaving, came "
                "after the target."
            )

    def cell(arm: str, figure: tuple[str, str]) -> Cell:
        row = result.row(arm, *figure)
        return Cell(row.mean, row.unit, style="number", digits=0)

    arms = ((arm.label, arm.name) for arm in result.arms)
    return crossed(
        ("acuity", "Minutes to the first clinician, by true level", "arm"),
        arms,
        columns,
        cell,
        [note],
    )


# --- what is stated, and how it was run ---------------------------------------------------------------------------


def counts_table(statements: Sequence[Statement]) -> ReportTable:
    """How many statements of each part of the configuration are published, measured, assumed."""
    counts = Counter(
        (statement.where.partition(".")[0], statement.evidence) for statement in statements
    )
    counts += Counter(("in all", statement.evidence) for statement in statements)
    return crossed(
        ("counts", "Sourced statements by evidence", "part"),
        [(part, part) for part in dict.fromkeys(part for part, _ in counts)],
        [(kind, kind) for kind in EVIDENCE if kind != "stated" or counts["in all", kind]],
        lambda part, evidence: Cell(counts[part, evidence], style="number", digits=0),
    )


def run_table(result: StudyResult) -> ReportTable:
    """What was run, and with what."""
    manifest, run = result.manifest, result.run
    git, commit = manifest.get("git"), "not a checkout"
    if git:
        commit = f"{git['commit'][:12]}{' with local changes' if git['changed'] else ''}"
    length = (
        f"{len(result.replications)} replications of {run.measured_days} "
        f"measured days, {run.warm_up_days} of warm-up; cool-down "
        f"{manifest.get('cool_down_days', run.cool_down_days)} days"
    )
    sizes = ("attendances", "activities", "events")
    versions = (f"{name} {number}" for name, number in manifest.get("versions", {}).items())
    rows = {
        "length": length,
        "season": in_words.season_words(run, result.numbers),
        "departments": in_words.departments_words(result),
        "department": result.study.on_one and f"the typical one: {result.study.on_one}",
        "seed": str(run.seed),
        "size": ", ".join(f"{_figure_of(manifest, name)} {name}" for name in sizes),
        "versions": ", ".join(versions) or "not recorded",
        "commit": commit,
        "configuration": f"SHA-256 {manifest.get('identity', {}).get('study', 'not recorded')}",
    }
    known = [row for row in rows.items() if row[1]]
    return ReportTable("run", "How it was run", ("what", "value"), known)


def clock_table(result: StudyResult) -> ReportTable:
    """When it was run, by what, and how fast: all that differs between two runs of one study."""
    manifest, finished = result.manifest, "not recorded"
    speed = manifest.get("activities_per_second")
    if finished_at := manifest.get("finished_at"):
        at = datetime.fromisoformat(finished_at)
        finished = f"{at.day} {at:%B %Y, %H:%M}"
    engine, executor = (manifest.get(name, "not recorded") for name in ("engine", "executor"))
    wall, inside = (_figure_of(manifest, f"{name}_seconds") for name in ("wall", "engine"))
    rows = [
        ("finished", finished),
        ("engine", f"{engine}, executor {executor}"),
        ("time taken", f"{wall} s; {inside} s of processor time in simulation"),
        ("speed", f"{speed:,} activities a second on one processor" if speed else "not recorded"),
    ]
    return ReportTable("clock", "When, and how fast", ("what", "value"), rows)


def _figure_of(manifest: Mapping[str, Any], name: str) -> str:
    value = manifest.get(name)
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}" if value is not None else "?"
