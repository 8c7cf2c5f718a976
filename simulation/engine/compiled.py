"""The compiled engine: the contract again, in numba, some fifty times as fast as the reference.

`simulate` flattens the plan to arrays and runs the loop of `compiled_loop`. If space runs out the loop says so and runs
again with twice as much, which is safe because engines are deterministic.
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Any, Literal

import numpy as np

from simulation.department.rota import HOURS_OF_WEEK
from simulation.engine import compiled_loop as loop
from simulation.engine import compiled_records as kinds
from simulation.engine.compiled_journal import Recorded, space_for
from simulation.engine.compiled_records import FlatPlan, Output, People, Records, Workspace
from simulation.engine.contract import Changes, Notices, Run, beside_others
from simulation.engine.plan import Columns
from simulation.engine.rows import NONE, BranchRow, EndRow, Kind, Plan, StepRow, TriggerRow
from simulation.errors import PlanError
from simulation.records.schema import Ints
from simulation.units import NEVER, WEEK

ROWS_A_PATIENT = 16
"""Rows of activities for which there is space at first; pages that are never written cost nothing."""
SPARE_ROWS = 1024
UNITS_HELD = 6
"""Units that a patient can hold at once, at first."""
WRITEABLE: tuple[Literal["C"], Literal["W"]] = ("C", "W")
Fields = dict[str, Any]


def simulate(plan: Plan, columns: Columns, horizon: int) -> Run:
    """Run everybody from time 0 to `horizon` (ticks) under the contract.

    Raises PlanError if the plan, the patients or the horizon are beyond what the packed integers hold.
    """
    _check_limits(plan, columns, horizon)
    flat, people = flatten(plan), _people(plan, columns, horizon)
    n_rows, most_held = ROWS_A_PATIENT * len(columns) + SPARE_ROWS, UNITS_HELD
    n_changes = len(plan.decided) * (horizon // plan.decide_every + 1) + len(people.closings)
    n_notices = len(columns) if plan.round_every else 0
    while True:
        into = Output(
            space_for(n_rows), np.empty(n_changes, kinds.CHANGE), np.empty(n_notices, kinds.NOTICE)
        )
        fresh = flat._replace(
            asks=flat.asks.copy(), pools=flat.pools.copy(), triggers=flat.triggers.copy()
        )
        workspace = _workspace(plan, flat, people, most_held)
        with beside_others():
            code, n_activities, n_changed, n_noticed, n_events = loop.run(
                fresh, people, workspace, into, horizon, most_held
            )
        if code == loop.FITS:
            break
        if code == loop.TABLE_FULL:
            n_rows *= 2
        else:
            most_held *= 2
    journal = Recorded(into.activities, n_activities, len(columns))
    changes, notices = _changes(into.changes[:n_changed]), _notices(into.notices[:n_noticed])
    return Run(journal, changes, horizon, n_events, notices)


def _check_limits(plan: Plan, columns: Columns, horizon: int) -> None:
    """Raise PlanError for what the packed integers of the loop do not hold."""
    for name, value, limit in (
        ("pools", len(plan.pools), loop.POOL_MASK),
        ("nodes", len(plan.nodes), 2**15 - 1),
        ("patients", len(columns), loop.PATIENT_MASK),
        ("ticks of the horizon", horizon, 2 ** (62 - loop.PATIENT_BITS)),
        ("changes of team", _n_teams(plan, horizon), 2 ** (31 - loop.POOL_BITS) - 1),
        (
            "points of rank (priority rates times the ticks of the horizon)",
            (
                max(plan.rates, default=0) * horizon
                if plan.accumulating
                else max(map(abs, plan.ranks), default=0)
            ),
            2**62,
        ),
    ):
        if value > limit:
            raise PlanError(
                f"the compiled engine takes at most {limit} {name}, not {value}. Use a smaller run or engine=reference"
            )


def _n_teams(plan: Plan, horizon: int) -> int:
    """The most changes of team that a pool can have before the horizon."""
    a_week = max((len(pool.team_changes) for pool in plan.pool_rows), default=0)
    return a_week * (horizon // WEEK + 1)


def _people(plan: Plan, columns: Columns, horizon: int) -> People:
    """The columns with the types, the memory order and the writeability that the loop was compiled for."""
    leaves_at = np.where(columns.patience == NEVER, NEVER, columns.arrived_at + columns.patience)
    leavers = np.flatnonzero((leaves_at != NEVER) & (leaves_at < horizon))
    # the units to which outages set the pools that they close before the horizon, in order of time
    changes: list[tuple[int, int, int]] = []
    for number, trigger in enumerate(plan.triggers):
        if trigger.outage != NONE:
            starts, ends = columns.outages[trigger.outage].T
            edges = np.unique(np.concatenate((starts, ends)))
            is_down = np.searchsorted(starts, edges, side="right") > np.searchsorted(
                ends, edges, side="right"
            )
            units = trigger.extra * is_down
            changes += [(at, number, n) for at, n in zip(edges, units, strict=True) if at < horizon]
    return People(
        np.require(columns.arrived_at, np.int64, WRITEABLE),
        np.require(columns.start, np.uint32, WRITEABLE),
        np.require(columns.attributes, np.int16, WRITEABLE),
        np.require(columns.minutes, np.int32, WRITEABLE),
        np.require(columns.ignored, np.bool_, WRITEABLE),
        leaves_at.astype(np.int64),
        np.where(columns.alarms == NEVER, NEVER, columns.arrived_at + columns.alarms),
        leavers[np.argsort(leaves_at[leavers])].astype(
            np.uint32
        ),  # those of one tick in any order: see the contract
        np.concatenate([np.zeros((0, 2), np.int64), *columns.outages]),
        np.cumsum([0, *(len(spans) for spans in columns.outages)]),
        np.array(sorted(changes), kinds.CHANGE),
    )


def _workspace(plan: Plan, flat: FlatPlan, columns: People, most_held: int) -> Workspace:
    """Arrays in which nobody has arrived yet (arrivals are written as they come), queues are empty, nothing is due."""
    n = len(columns.arrived_at)
    queues = np.empty(len(flat.asks) * len(flat.worth), kinds.QUEUE_ENDS)
    queues["first"] = queues["last"] = NONE
    waiting = np.zeros(len(flat.rows), kinds.WAITING)
    waiting["changed_at"] = NEVER
    n_may_end_early = n if (flat.rows["varies"] == kinds.MAY_BE_EARLY).any() else 0
    return Workspace(
        people=np.empty(n, kinds.PERSON),
        held=np.empty(n * most_held, np.uint32),
        passes=np.zeros(n * plan.n_loops + 1, np.int16),  # one more, which steps in no loop read
        clock_at=np.full(n * plan.n_clocks, NEVER, np.int64),
        early=np.empty(n_may_end_early, kinds.EARLY),
        queues=queues,
        waiting=waiting,
        touched=np.empty(len(flat.asks), np.uint32),
        freed=np.empty(len(flat.pools), np.uint32),
        heap=np.empty(n + 1, np.int64),
        wheel=np.full(loop.N_SLOTS, NONE, np.int32),
        begun=np.empty(n, np.uint32),
        moving=np.empty(n, np.uint32),
        ending=np.empty(n, np.uint32),
        limited=np.empty(n, np.uint32),
    )


def _changes(records: Records) -> Changes:
    records = records[np.lexsort((records["trigger"], records["at"]))]
    return Changes(
        records["at"].copy(), records["trigger"].astype(np.int16), records["units"].astype(np.int32)
    )


def _notices(records: Records) -> Notices:
    records = records[np.lexsort((records["patient"], records["at"]))]
    return Notices(records["at"].copy(), records["patient"].astype(np.int32))


# --- flattening ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def flatten(plan: Plan) -> FlatPlan:
    """A plan as arrays of whole numbers: tuples of any length go into one long list, and records say where."""
    lists = _Lists()
    queue_of_class, worth = _queues(plan)
    overflowing = {
        row.ask for row in plan.rows if isinstance(row, StepRow) and row.overflow_ask != NONE
    }
    rows = [_row(row, lists, number in plan.counted) for number, row in enumerate(plan.rows)]
    for number in plan.round_steps:
        rows[number]["has_rounds"] = True
    pull_from, pull_to, _ = plan.pull if plan.pull is not None else (NEVER, NEVER, 0)
    fields = _same(kinds.SETTINGS, plan) | {"pull_from": pull_from, "pull_to": pull_to}
    fields |= {
        "patience_to": max(plan.patience_to, 0),
        "decide_every": plan.decide_every if bool(plan.decided or overflowing) else 0,
    }
    # every change of a pool's units or team in a week, in order of time; units of a change of team are NONE
    changes = [
        (tick, pool, units)
        for pool, row in enumerate(plan.pool_rows)
        for tick, units in row.timetable
    ]
    changes += [
        (tick, pool, NONE) for pool, row in enumerate(plan.pool_rows) for tick in row.team_changes
    ]
    return FlatPlan(
        rows=_records(kinds.ROW, rows),
        asks=_records(kinds.ASK, (lists.add(all=ask.all_of, any=ask.any_of) for ask in plan.asks)),
        pools=_records(
            kinds.POOL, (_pool(plan, number, lists) for number in range(len(plan.pools)))
        ),
        triggers=_records(kinds.TRIGGER, (_trigger(trigger, lists) for trigger in plan.triggers)),
        calendar=np.array(sorted(changes), kinds.CALENDAR),
        settings=_records(kinds.SETTINGS, [fields]),
        queue_of_class=queue_of_class,
        worth=worth,
        classes_when_pulled=np.array(plan.classes_when_pulled, np.int64),
        paces=np.array(plan.paces, np.int64).reshape(-1, HOURS_OF_WEEK + 1),
        worse=np.array(plan.worse, np.int64),
        overflowing=np.array(sorted(overflowing), np.int64),
        lists=np.array(lists.numbers, np.uint32),
    )


class _Lists:
    """One long list of numbers that holds others by position and length."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def add(self, **lists: Iterable[int]) -> Fields:
        """The fields `<name>_at` and `n_<name>` of a record, for each list by its name."""
        fields = {}
        for name, numbers in lists.items():
            fields[f"{name}_at"] = start = len(self.numbers)
            self.numbers += numbers
            fields[f"n_{name}"] = len(self.numbers) - start
        return fields


def _records(kind: np.dtype[Any], rows: Iterable[Fields]) -> Records:
    """One record a row; fields that a row does not name are 0. Raises PlanError for what a field cannot hold."""
    rows = list(rows)
    records = np.zeros(len(rows), kind)
    for number, fields in enumerate(rows):
        for name, value in fields.items():
            try:
                records[name][number] = value
            except OverflowError:
                limit = np.iinfo(records[name].dtype).max
                raise PlanError(
                    f"the compiled engine takes at most {limit} for '{name}', not {value}. "
                    "Use a smaller number or engine=reference"
                ) from None
    return records


_OPTIONAL = (
    *(
        "ask",
        "minutes",
        "column",
        "queue_class",
        "ignored",
        "relabels",
        "repeat_of",
        "since",
        "pace",
    ),
    *("queue_limit", "overflow_ask"),
)
_ABSENT = dict.fromkeys(_OPTIONAL, NONE)


def _same(kind: np.dtype[Any], row: object) -> Fields:
    """The fields of a record that are called as they are in a row of the plan, or in the plan itself."""
    return {name: getattr(row, name) for name in kind.names or () if hasattr(row, name)}


def _row(row: StepRow | BranchRow | EndRow, lists: _Lists, is_counted: bool) -> Fields:
    """The record of a row of the plan; `is_counted`: whether somebody reads how many wait there."""
    fields = {**_ABSENT, **_same(kinds.ROW, row)}
    if isinstance(row, StepRow):
        fields |= {"kind": Kind.STEP, "is_counted": is_counted, "varies": _varies(row)}
        fields |= {"blocked_next": max(row.blocked_next, 0)}
        fields |= lists.add(
            clocks=row.starts_clock, pairs=chain.from_iterable(row.stages), steps=row.watches, keeps=row.keeps,
            start_releases=row.releases_at_start, end_releases=row.releases_at_end,
        )  # fmt: skip
    elif isinstance(row, BranchRow):
        fields["targets_at"] = lists.add(targets=row.targets)["targets_at"]
        fields |= lists.add(
            steps=row.steps, pairs=chain.from_iterable((*row.open_hours, *row.coins_per_pass))
        )
    return fields


def _varies(row: StepRow) -> int:
    """What a step's minutes depend on, as `compiled_records` says."""
    if row.minutes == NONE:
        return 0
    if row.stages:
        return kinds.MAY_BE_EARLY
    return 0 if row.repeat_of == row.since == row.pace == NONE else kinds.VARYING


def _pool(plan: Plan, pool: int, lists: _Lists) -> Fields:
    asks = [
        number for number, ask in enumerate(plan.asks) if pool in ask.all_of or pool in ask.any_of
    ]
    triggers = [number for number, trigger in enumerate(plan.triggers) if trigger.pool == pool]
    return lists.add(asks=asks, triggers=triggers)


def _trigger(trigger: TriggerRow, lists: _Lists) -> Fields:
    fields = _same(kinds.TRIGGER, trigger) | lists.add(watches=trigger.steps)
    return fields | {"closes": trigger.outage != NONE, "arrives_at": NEVER}


def _queues(plan: Plan) -> tuple[Ints, Ints]:
    """The queue of each class, and each queue's rate (accumulating) or rank, best first.

    Classes of one rank share a queue: within it the key is (joined at, patient) in any case.
    """
    if plan.accumulating:
        return np.arange(len(plan.rates)), np.array(plan.rates, np.int64)
    ranks, queue = np.unique(np.array(plan.ranks, np.int64), return_inverse=True)
    return queue.astype(np.int64), ranks
