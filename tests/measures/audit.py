"""The invariants that any pair of tables, simulated or real, must satisfy, and where they are broken.

`audit_patients` needs no pathway and suits an extract. `audit` replays the activities against the plan:

conservation  everybody who came has one route to one end, or is still in the building
causality     joined <= started <= ended, and each step begins where the last one ended
route         each step is one that the step before leads to (given `columns`, by elapsed minutes where those decide)
capacity      no start takes a pool above its capacity
priority      nobody starts while somebody with a better key, who could have taken what was taken, waits
idle          at no time does somebody wait while all the pools it asks for have a free unit

The last three are read after everything of an instant has happened, so the order within an instant raises no alarm.
Priority needs what was drawn for patients (`columns`); without it, it is not checked. It sees requests as they joined:
once a request is pulled towards the target or overflows, only its own start is still judged, not who overtakes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.engine.contract import Changes, Notices
from simulation.engine.plan import Columns
from simulation.engine.rows import (
    NONE,
    Ask,
    BranchRow,
    EndRow,
    Kind,
    Outcome,
    Plan,
    StepRow,
    paced_end,
)
from simulation.measures.occupancy import (
    Holdings,
    Ints,
    Rows,
    capacity_steps,
    holdings,
    number_rows,
)
from simulation.records.schema import IN_BUILDING, ActivityTable, Mask, Patients
from simulation.units import NEVER, TICKS_PER_MINUTE, to_ticks
from tests.measures.counted_again import until_of

N_EXAMPLES = 5
FOREVER = np.iinfo(np.int64).max // 4
POINTS_AFTER_ARRIVAL = (
    "assessed_at",
    "triaged_at",
    "handed_over_at",
    "seen_at",
    "decided_at",
    "departed_at",
)
IN_ORDER = (
    ("assessed_at", "triaged_at"),
    ("seen_at", "departed_at"),
    ("decided_at", "departed_at"),
)


@dataclass(frozen=True)
class Audit:
    """The invariants that were checked and, by invariant, how many violations there are and the first few in words."""

    checked: tuple[str, ...]
    counts: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]

    @property
    def passed(self) -> bool:
        """Whether no invariant was broken."""
        return not any(self.counts.values())

    def __str__(self) -> str:
        lines = [f"{name}: {self.counts[name] or 'no'} violations" for name in self.checked]
        lines += [
            f"  {name}: {example}" for name in self.checked for example in self.examples[name]
        ]
        return "\n".join(lines)


class _Findings:
    """The violations found so far, by invariant."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.examples: dict[str, list[str]] = {}

    def look(self, invariant: str) -> None:
        """Count an invariant as checked."""
        self.counts.setdefault(invariant, 0)
        self.examples.setdefault(invariant, [])

    def add(self, invariant: str, broken: Mask, words: str, *values: NDArray[np.generic]) -> None:
        """Count where `broken`, and put the values of the first few into `words`."""
        self.look(invariant)
        rows = np.flatnonzero(broken)
        self.counts[invariant] += len(rows)
        for row in rows[: max(N_EXAMPLES - len(self.examples[invariant]), 0)]:
            self.examples[invariant].append(words.format(*(value[row] for value in values)))

    def audit(self) -> Audit:
        examples = {name: tuple(lines) for name, lines in self.examples.items()}
        return Audit(tuple(self.counts), self.counts, examples)


def audit_patients(patients: Patients) -> Audit:
    """Conservation and causality of a table of patients alone.

    Conservation: one row a source, number and replication; whoever left the building has a departure, if those are
    dated. Causality: no point in time before arrival, none in the wrong order.
    """
    findings = _Findings()
    patient = patients["patient"]
    identity = np.stack(
        [patients[name].astype(np.int64) for name in ("replication", "arrival_source", "number")]
    )
    _, first = np.unique(identity, axis=1, return_index=True)
    repeated = np.ones(len(patients), dtype=np.bool_)
    repeated[first] = False
    findings.add(
        "conservation", repeated, "patient {}: another row has the same source and number", patient
    )
    if "departed_at" in patients:
        gone = ~patients.where("outcome", IN_BUILDING) & np.isnan(patients["departed_at"])
        findings.add("conservation", gone, "patient {}: has an outcome but no departed_at", patient)
    points = [("arrived_at", name) for name in POINTS_AFTER_ARRIVAL]
    for before, after in (*points, *IN_ORDER):
        if after in patients and before in patients:
            words = "patient {}: " + f"{after} {{:.2f}} is before {before} {{:.2f}}"
            wrong = patients[after] < patients[before]
            findings.add("causality", wrong, words, patient, patients[after], patients[before])
    return findings.audit()


def audit(
    plan: Plan,
    activities: ActivityTable,
    *,
    patients: Patients | None = None,
    columns: Columns | None = None,
    changes: Changes | None = None,
    notices: Notices | None = None,
) -> Audit:
    """The audit of a table of activities: every invariant that can be checked with what is given.

    patients: adds a check that the two tables hold the same people and ends; columns: what was drawn for all patients
    (`bind`), adds checks of arrivals and priority; changes: what the triggers did, which changes capacity; notices:
    whom rounds noticed; if a plan has rounds, priority is checked only with these.
    """
    findings = _Findings()
    rows = number_rows(plan, activities)
    _conservation(findings, plan, rows, patients, columns)
    _causality(findings, plan, rows, columns)
    _route(findings, plan, rows)
    if columns is not None:
        _elapsed(findings, plan, rows, columns)
    held = holdings(plan, activities)
    timelines = _timelines(plan, rows, held, changes)
    _capacity(findings, plan, held, timelines)
    noticed_at = np.full(len(columns) if columns is not None else 0, FOREVER)
    if columns is not None and notices is not None:
        noticed_at[notices.patient] = notices.at
    requests = _requests(plan, rows, columns, noticed_at)
    if columns is not None and (notices is not None or not plan.round_every):
        _priority(findings, plan, requests)
    _idle(findings, plan, requests, timelines, until=_last_event(rows))
    return findings.audit()


def _name(plan: Plan, numbers: Ints) -> NDArray[np.str_]:
    return np.array(plan.nodes)[numbers]


def _minutes(ticks: Ints) -> NDArray[np.float64]:
    return ticks / TICKS_PER_MINUTE


def _last_event(rows: Rows) -> int:
    return (
        int(max(rows.joined_at.max(), rows.started_at.max(), rows.ended_at.max()))
        if len(rows)
        else 0
    )


def _changes_of_patient(rows: Rows) -> tuple[Mask, Mask]:
    """Which rows are the first, and which the last, of their patient."""
    changes = rows.patient[1:] != rows.patient[:-1]
    return np.append(True, changes)[: len(rows)], np.append(changes, True)[-len(rows) :] if len(
        rows
    ) else changes


def _conservation(
    findings: _Findings, plan: Plan, rows: Rows, patients: Patients | None, columns: Columns | None
) -> None:
    """Whether every patient has one row after another up to one end, and the two tables hold the same people."""
    _, last = _changes_of_patient(rows)
    unsorted = np.append(False, rows.patient[1:] < rows.patient[:-1])[: len(rows)]
    findings.add(
        "conservation", unsorted, "patient {}: rows are not in order of patients", rows.patient
    )
    is_end = np.array([isinstance(row, EndRow) for row in plan.rows])[rows.step]
    is_open = rows.outcome == Outcome.OPEN
    finished = is_end | is_open
    where = rows.patient, _name(plan, rows.step)
    findings.add("conservation", finished & ~last, "patient {}: goes on after '{}'", *where)
    findings.add("conservation", last & ~finished, "patient {}: vanishes after '{}'", *where)
    if columns is not None:
        arrived = np.flatnonzero(columns.arrived_at <= _last_event(rows))
        lost = ~np.isin(arrived, rows.patient)
        findings.add("conservation", lost, "patient {}: arrived and has no activities", arrived)
    if patients is not None:
        _same_people(findings, rows, patients, is_end)


def _same_people(findings: _Findings, rows: Rows, patients: Patients, is_end: Mask) -> None:
    """Whether the two tables hold the same people, and agree on who is still in the building."""
    patient = patients["patient"].astype(np.int64)
    findings.add(
        "conservation", ~np.isin(patient, rows.patient), "patient {}: has no activities", patient
    )
    ended = np.isin(patient, rows.patient[is_end])
    in_building = patients.where("outcome", IN_BUILDING)
    findings.add(
        "conservation", ended == in_building, "patient {}: outcome and activities disagree", patient
    )


def _causality(findings: _Findings, plan: Plan, rows: Rows, columns: Columns | None) -> None:
    """Whether each row is in order of time in itself and begins where the one before ended, or at arrival."""
    started, ended, joined = rows.started_at, rows.ended_at, rows.joined_at
    where = rows.patient, _name(plan, rows.step)
    early = (started != NEVER) & (started < joined)
    findings.add("causality", early, "patient {}, {}: started before it joined", *where)
    begun = np.where(started == NEVER, joined, started)
    findings.add(
        "causality",
        (ended != NEVER) & (ended < begun),
        "patient {}, {}: ended before it began",
        *where,
    )
    done = rows.outcome == Outcome.DONE
    unfinished = done & ((started == NEVER) | (ended == NEVER))
    findings.add("causality", unfinished, "patient {}, {}: done without a start and an end", *where)
    started_and_left = np.isin(rows.outcome, [Outcome.LEFT, Outcome.BLOCKED]) & (started != NEVER)
    findings.add(
        "causality", started_and_left, "patient {}, {}: left a step that had started", *where
    )
    first, _ = _changes_of_patient(rows)
    gap = ~first & (joined != np.append(NEVER, ended[:-1])[: len(rows)])
    findings.add(
        "causality", gap, "patient {}, {}: does not begin where the step before ended", *where
    )
    if columns is not None:
        late = first & (joined != columns.arrived_at[rows.patient])
        findings.add("causality", late, "patient {}, {}: does not begin at arrival", *where)


def _route(findings: _Findings, plan: Plan, rows: Rows) -> None:
    """Whether each row can follow the one before by that one's outcome, whatever the branches between decided."""
    allowed = np.zeros((3, len(plan.rows), len(plan.rows)), dtype=np.bool_)
    for number, row in enumerate(plan.rows):
        if isinstance(row, StepRow):
            allowed[Outcome.DONE, number, list(_reached(plan, row.next))] = True
            if row.may_leave and plan.patience_to != NONE:
                allowed[Outcome.LEFT, number, list(_reached(plan, plan.patience_to))] = True
            if row.blocked_next != NONE:
                allowed[Outcome.BLOCKED, number, list(_reached(plan, row.blocked_next))] = True
    first, _ = _changes_of_patient(rows)
    later = np.flatnonzero(~first)
    before = rows.outcome[later - 1]
    known = np.isin(before, [Outcome.DONE, Outcome.LEFT, Outcome.BLOCKED])
    later, before = later[known], before[known]
    wrong = ~allowed[before, rows.step[later - 1], rows.step[later]]
    names = rows.patient[later], _name(plan, rows.step[later]), _name(plan, rows.step[later - 1])
    findings.add("route", wrong, "patient {}: '{}' cannot follow '{}'", *names)


def _elapsed(findings: _Findings, plan: Plan, rows: Rows, columns: Columns) -> None:
    """Whether patients went by the minutes that had elapsed where such a branch alone decides."""
    ways = np.array([*ways_by_elapsed(plan, rows, columns)], dtype=np.int64).reshape(-1, 3)
    wrong = ways[:, 1] == ways[:, 2]  # over, and the second way; or not over, and the first
    names = rows.patient[ways[:, 0]], _name(plan, rows.step[ways[:, 0]])
    findings.add(
        "route", wrong, "patient {}: went on from '{}' against the minutes that had elapsed", *names
    )


def ways_by_elapsed(plan: Plan, rows: Rows, columns: Columns) -> Iterator[tuple[int, bool, int]]:
    """The row, whether the minutes were over, and which way was gone, after each step that leads to such a branch.

    Worked out again from clocks that were started; left out where a loop decides which minutes count, or where a way
    leads to another branch.
    """
    if not any(isinstance(row, BranchRow) and row.kind is Kind.ELAPSED for row in plan.rows):
        return
    clocks, patient = dict[int, int](), NONE
    for k in range(len(rows) - 1):
        if rows.patient[k] != patient:
            clocks, patient = {}, int(rows.patient[k])
        row, now = plan.rows[rows.step[k]], int(rows.ended_at[k])
        if not isinstance(row, StepRow):
            continue
        if rows.started_at[k] != NEVER and row.minutes != NONE:
            clocks.pop(row.since, None)
        if rows.outcome[k] != Outcome.DONE or rows.patient[k + 1] != patient:
            continue
        clocks |= dict.fromkeys(row.starts_clock, now)
        branch = plan.rows[row.next]
        if isinstance(branch, BranchRow) and branch.kind is Kind.ELAPSED:
            step, to = plan.rows[branch.number], branch.targets
            assert isinstance(step, StepRow)
            if (
                step.repeat_of == NONE
                and to[0] != to[1]
                and not any(isinstance(plan.rows[n], BranchRow) for n in to)
            ):
                since, work = (
                    clocks.get(step.since, NEVER),
                    int(columns.minutes[step.minutes][patient]),
                )
                end = (
                    since + work
                    if step.pace == NONE or not work
                    else paced_end(since, work, plan.paces[step.pace])
                )
                yield k, since != NEVER and end <= now, to.index(int(rows.step[k + 1]))


def _reached(plan: Plan, row: int) -> set[int]:
    """The steps and ends that a row leads to, through branches."""
    steps_and_ends: set[int] = set()
    seen: set[int] = set()
    ahead = [row]
    while ahead:
        number = ahead.pop()
        if number in seen:
            continue
        seen.add(number)
        node = plan.rows[number]
        if isinstance(node, BranchRow):
            ahead += node.targets
        else:
            steps_and_ends.add(number)
    return steps_and_ends


@dataclass(frozen=True)
class _Timeline:
    """A pool after every instant at which it may have changed: ticks, units counted, capacity."""

    at: Ints
    in_use: Ints
    capacity: NDArray[np.float64]

    def free(self, at: Ints) -> Mask:
        """Whether a unit was free after each of these ticks (from the first of the timeline on)."""
        row = np.searchsorted(self.at, at, side="right") - 1
        is_free: Mask = self.in_use[row] < self.capacity[row]
        return is_free


def _timelines(
    plan: Plan, rows: Rows, held: Holdings, changes: Changes | None
) -> tuple[_Timeline, ...]:
    """The use and the capacity of each pool, in the order of the plan."""
    until = _last_event(rows)
    timelines = []
    for pool in plan.pools:
        of_pool = held.of(pool)
        taken = np.sort(to_ticks(held.taken_at[of_pool]))
        counted = until_of(held)[of_pool]
        back = np.sort(to_ticks(counted[np.isfinite(counted)]))
        minutes, units = capacity_steps(plan, pool, until=until / TICKS_PER_MINUTE, changes=changes)
        changed = to_ticks(minutes)
        at = np.unique(np.concatenate([taken, back, changed]))
        in_use = np.searchsorted(taken, at, side="right") - np.searchsorted(back, at, side="right")
        timelines.append(
            _Timeline(at, in_use, units[np.searchsorted(changed, at, side="right") - 1])
        )
    return tuple(timelines)


def _capacity(
    findings: _Findings, plan: Plan, held: Holdings, timelines: tuple[_Timeline, ...]
) -> None:
    """Whether some start takes a pool above its capacity."""
    findings.look("capacity")
    for pool, timeline in zip(plan.pools, timelines, strict=True):
        of_pool = held.of(pool)
        lasting = until_of(held)[of_pool] > held.taken_at[of_pool]
        starts = np.unique(to_ticks(held.taken_at[of_pool][lasting]))
        row = np.searchsorted(timeline.at, starts)
        in_use, capacity = timeline.in_use[row], timeline.capacity[row]
        words = f"{pool} at minute {{:.2f}}: a start makes {{}} in use of {{:.0f}}"
        findings.add("capacity", in_use > capacity, words, _minutes(starts), in_use, capacity)


@dataclass(frozen=True)
class _Requests:
    """Everybody who waited for pools, one entry an activity that asks.

    joined_at, out_at: ticks (FOREVER if still waiting); settled_until: `out_at`, or sooner if the class changes or the
    request overflows; overflows_at: ticks, FOREVER if it does not; class_joined, class_started: priority classes;
    ask, ask_started: numbers of asks; pool: the pool taken, of several; started: whether the activity started.
    """

    patient: Ints
    step: Ints
    joined_at: Ints
    out_at: Ints
    settled_until: Ints
    overflows_at: Ints
    class_joined: Ints
    class_started: Ints
    ask: Ints
    overflow_ask: Ints
    ask_started: Ints
    pool: Ints
    started: Mask


def _requests(plan: Plan, rows: Rows, columns: Columns | None, noticed_at: Ints) -> _Requests:
    """All requests: what each asked for, when, and as which class (0 without `columns`)."""

    def of_step(field: str) -> Ints:
        values = [
            int(getattr(row, field)) if isinstance(row, StepRow) else NONE for row in plan.rows
        ]
        return np.array(values, dtype=np.int64)[rows.step[asking]]

    asks = np.array([isinstance(row, StepRow) and row.ask != NONE for row in plan.rows])
    asking = np.flatnonzero(asks[rows.step])
    patient, joined = rows.patient[asking], rows.joined_at[asking]
    started = rows.started_at[asking] != NEVER
    out = np.where(started, rows.started_at[asking], rows.ended_at[asking])
    out = np.where(out == NEVER, FOREVER, out)
    overflow_ask = of_step("overflow_ask")
    # One tick after joining at the earliest: a decision of the very instant may or may not have seen the request.
    due = (
        -(-(joined + np.maximum(of_step("overflows_after"), 1)) // plan.decide_every)
        * plan.decide_every
    )
    overflows_at = np.where((overflow_ask != NONE) & (due < out), due, FOREVER)
    ask = of_step("ask")
    zeros: Ints = np.zeros(len(asking), dtype=np.int64)
    moves_at, class_joined, class_started = np.full(len(asking), FOREVER), zeros, zeros
    if columns is not None:
        class_joined, class_started, moves_at = _classes(
            plan,
            rows,
            columns,
            asking,
            out,
            of_step("queue_class"),
            of_step("ignored"),
            of_step("pulled") == 1,
            noticed_at,
        )
    return _Requests(
        patient=patient,
        step=rows.step[asking],
        joined_at=joined,
        out_at=out,
        settled_until=np.minimum(np.minimum(out, overflows_at), moves_at),
        overflows_at=overflows_at,
        class_joined=class_joined,
        class_started=class_started,
        ask=ask,
        overflow_ask=overflow_ask,
        ask_started=np.where(
            _took_elsewhere(plan, rows.pool[asking], ask, overflow_ask), overflow_ask, ask
        ),
        pool=rows.pool[asking],
        started=started,
    )


def _took_elsewhere(plan: Plan, pool: Ints, ask: Ints, overflow_ask: Ints) -> Mask:
    """Which requests took a pool that only the ask of an overflow offers."""
    offered = np.array(
        [[number in asked.any_of for number in range(len(plan.pools))] for asked in plan.asks]
    )
    elsewhere: Mask = (overflow_ask != NONE) & (pool != NONE) & ~offered[ask, pool]
    return elsewhere


def _classes(
    plan: Plan,
    rows: Rows,
    columns: Columns,
    asking: Ints,
    out: Ints,
    queue_class: Ints,
    ignored: Ints,
    pulled: Mask,
    noticed_at: Ints,
) -> tuple[Ints, Ints, Ints]:
    """Each request's class on joining, its class at its start, and the tick at which the first may change.

    queue_class: the class that the step states, NONE where the class follows acuity; ignored: the row of
    `columns.ignored` that says who is not treated by class, NONE where all are; pulled: whether the step pulls patients
    towards the target.
    """
    patient, joined = rows.patient[asking], rows.joined_at[asking]
    base = np.where(
        queue_class == NONE, _acuity_now(plan, rows, columns, noticed_at)[asking], queue_class
    )
    seen_worse = noticed_at[patient]
    ranks_again = (queue_class == NONE) & (joined < seen_worse) & (seen_worse <= out)
    base_out = np.where(ranks_again, np.array(plan.worse)[base], base)
    is_ignored = np.zeros(len(asking), dtype=np.bool_)
    asked = ignored != NONE
    is_ignored[asked] = columns.ignored[ignored[asked], patient[asked]]
    if plan.pull is None:
        on_joining, at_start = (
            np.where(is_ignored, plan.ignored_class, number) for number in (base, base_out)
        )
        return on_joining, at_start, np.where(ranks_again & ~is_ignored, seen_worse, FOREVER)
    start, end = (
        columns.arrived_at[patient] + plan.pull[0],
        columns.arrived_at[patient] + plan.pull[1],
    )
    better = np.array(_better_of_pull(plan))

    def at(tick: Ints, known: Ints) -> Ints:
        counted = np.where(pulled & (start <= tick) & (tick < end), better[known], known)
        return np.where(is_ignored, plan.ignored_class, counted)

    moves = np.where(joined < start, start, np.where(joined < end, end, FOREVER))
    moves = np.minimum(np.where(pulled, moves, FOREVER), np.where(ranks_again, seen_worse, FOREVER))
    return at(joined, base), at(out, base_out), np.where(is_ignored, FOREVER, moves)


def _better_of_pull(plan: Plan) -> list[int]:
    """The effective class of each class under the pull towards the target: itself or the pull's class, if better.

    It is computed anew and not read from the plan, because the audit checks the plan.
    """
    if plan.pull is None:
        return list(range(len(plan.classes)))
    to = plan.pull[2]
    if plan.accumulating:
        return [to if plan.rates[to] > rate else number for number, rate in enumerate(plan.rates)]
    return [to if plan.ranks[to] < rank else number for number, rank in enumerate(plan.ranks)]


def _acuity_now(plan: Plan, rows: Rows, columns: Columns, noticed_at: Ints) -> Ints:
    """The class that the department held each patient to be in when they joined each row: from the last relabelling
    before it, or worse where a round noticed the patient since."""
    relabels = np.array([row.relabels if isinstance(row, StepRow) else NONE for row in plan.rows])[
        rows.step
    ]
    relabels = np.where(rows.outcome == Outcome.DONE, relabels, NONE)
    latest = np.maximum.accumulate(np.where(relabels == NONE, -1, np.arange(len(rows))))
    latest = np.append(-1, latest[:-1])[: len(rows)]
    labelled = (latest >= 0) & (rows.patient[latest] == rows.patient)
    classes = np.full(len(rows), plan.untriaged_class, dtype=np.int64)
    classes[labelled] = columns.attributes[relabels[latest[labelled]], rows.patient[labelled]]
    labelled_at = np.where(labelled, rows.ended_at[latest], NEVER)
    noticed = noticed_at[rows.patient]
    since = (labelled_at < noticed) & (noticed <= rows.joined_at)
    classes[since] = np.array(plan.worse)[classes[since]]
    return classes


def _priority(findings: _Findings, plan: Plan, requests: _Requests) -> None:
    """Whether somebody with a better key, who could have taken just what a start took, still waits after it.

    Starts are grouped by what they asked for and took. A running maximum over those who joined before a threshold,
    which the key gives, shows whether one of them waited before the instant and still waits after it.
    """
    findings.look("priority")
    started = np.flatnonzero(requests.started)
    queues: dict[int, _Queue] = {}
    taken_by = zip(
        requests.ask_started[started].tolist(), requests.pool[started].tolist(), strict=True
    )
    for ask, pool in sorted(set(taken_by)):
        starts = started[(requests.ask_started[started] == ask) & (requests.pool[started] == pool)]
        taken = _taken(plan.asks[ask], pool)
        for other, wanted in enumerate(plan.asks):
            if set(wanted.all_of) <= taken and (not wanted.any_of or taken & set(wanted.any_of)):
                if other not in queues:
                    queues[other] = _Queue(plan, requests, other)
                _overtaken(findings, plan, requests, starts, queues[other])


def _taken(ask: Ask, pool: int) -> set[int]:
    return set(ask.all_of) | ({pool} if pool != NONE else set())


class _Queue:
    """The queue for one ask, by class: keys (joined, patient) in order, and the latest end of waiting up to each."""

    def __init__(self, plan: Plan, requests: _Requests, ask: int) -> None:
        self.base = int(requests.patient.max()) + 1 if len(requests.patient) else 1
        self.by_class: list[tuple[Ints, Ints]] = []
        for number in range(len(plan.classes)):
            rows = np.flatnonzero((requests.ask == ask) & (requests.class_joined == number))
            key = requests.joined_at[rows] * self.base + requests.patient[rows]
            order = np.argsort(key)
            until = np.maximum.accumulate(requests.settled_until[rows][order])
            self.by_class.append((key[order], np.append(-1, until)))


def _overtaken(
    findings: _Findings, plan: Plan, requests: _Requests, starts: Ints, queue: _Queue
) -> None:
    """Whether some start came before somebody in the queue with a better key."""
    now, joined = requests.out_at[starts], requests.joined_at[starts]
    own = requests.class_started[starts]
    own_key = joined * queue.base + requests.patient[starts]
    since_before = (
        now * queue.base
    )  # those who joined at this very instant may have come after the start
    patient, name = requests.patient[starts], _name(plan, requests.step[starts])
    for number, (keys, until) in enumerate(queue.by_class):
        if not len(keys):
            continue
        before = np.minimum(
            _threshold(plan, number, own, now, joined, own_key, queue.base), since_before
        )
        broken = until[np.searchsorted(keys, before)] > now
        words = f"patient {{}}, {{}} at minute {{:.2f}}: somebody of class {plan.classes[number]} was before it"
        findings.add("priority", broken, words, patient, name, _minutes(now))


def _threshold(
    plan: Plan, number: int, own: Ints, now: Ints, joined: Ints, own_key: Ints, base: int
) -> Ints:
    """The key (joined, patient) below which those of class `number` come before the one that starts."""
    if plan.accumulating:
        rates = np.array(plan.rates)
        earned = rates[own] * (now - joined)
        if rates[number] == 0:
            return np.where(rates[own] == 0, own_key, 0)
        first = (now - earned // rates[number]) * base
        return np.where(rates[own] == rates[number], own_key, first)
    ranks = np.array(plan.ranks)
    return np.where(
        ranks[number] < ranks[own], now * base, np.where(ranks[number] == ranks[own], own_key, 0)
    )


def _idle(
    findings: _Findings,
    plan: Plan,
    requests: _Requests,
    timelines: tuple[_Timeline, ...],
    *,
    until: int,
) -> None:
    """Whether somebody waits for longer than an instant, up to `until`, while all that they ask for is free."""
    findings.look("idle")
    overflowed = requests.overflows_at < FOREVER
    for number, ask in enumerate(plan.asks):
        first, second = requests.ask == number, overflowed & (requests.overflow_ask == number)
        joined = np.concatenate([requests.joined_at[first], requests.overflows_at[second]])
        out = np.concatenate(
            [np.minimum(requests.out_at, requests.overflows_at)[first], requests.out_at[second]]
        )
        joined, out = np.sort(joined), np.sort(out)
        pools = [timelines[pool] for pool in (*ask.all_of, *ask.any_of)]
        at = np.unique(np.concatenate([joined, out, *(pool.at for pool in pools), [until]]))
        at = at[at <= until]
        n_waiting = np.searchsorted(joined, at, side="right") - np.searchsorted(
            out, at, side="right"
        )
        at, n_waiting = at[:-1][n_waiting[:-1] > 0], n_waiting[:-1][n_waiting[:-1] > 0]
        free = np.ones(len(at), dtype=np.bool_)
        for pool in ask.all_of:
            free &= timelines[pool].free(at)
        if ask.any_of:
            free &= np.any([timelines[pool].free(at) for pool in ask.any_of], axis=0)
        names = " + ".join([plan.pools[pool] for pool in ask.all_of])
        names += (
            " + one of " + ", ".join(plan.pools[pool] for pool in ask.any_of) if ask.any_of else ""
        )
        findings.add(
            "idle",
            free,
            f"{names} from minute {{:.2f}}: free while {{}} wait",
            _minutes(at),
            n_waiting,
        )
