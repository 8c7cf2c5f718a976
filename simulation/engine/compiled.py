"""The compiled engine: the contract again, in numba, some fifty times as fast as the reference.

`simulate` flattens the plan to arrays, runs the loop of `compiled_loop` and puts its table in order. If the table
was too small the loop says so and runs again with twice the room, which is safe because engines are deterministic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np

from simulation.engine import compiled_loop as loop
from simulation.engine.compiled_loop import FlatPlan, People, Table
from simulation.engine.contract import Activities, Changes, Run
from simulation.engine.plan import HOURS_IN_WEEK, NONE, BranchRow, Columns, EndRow, Kind, Plan, StepRow
from simulation.errors import PlanError
from simulation.units import NEVER, WEEK

ROWS_A_PATIENT = 16
"""Room for activities at first; pages that are never written cost nothing."""
SPARE_ROWS = 1024
UNITS_HELD = 6
"""Room for units that a patient holds at once, at first."""
WRITEABLE: tuple[Literal["C"], Literal["W"]] = ("C", "W")


def simulate(plan: Plan, columns: Columns, horizon: int) -> Run:
    """Run everybody from time 0 to `horizon` (ticks) under the contract.

    Raises PlanError if the plan, the patients or the horizon are beyond what the packed integers hold.
    """
    _within_limits(plan, columns, horizon)
    flat, people = flatten(plan), _people(columns, horizon)
    n_rows, n_slots = ROWS_A_PATIENT * len(columns) + SPARE_ROWS, UNITS_HELD
    n_changes = len(plan.triggers) * (horizon // plan.decide_every + 1) if plan.triggers else 0
    while True:
        table = _table(n_rows, n_changes)
        code, n_activities, n_changed, n_events = loop.run(flat, people, table, horizon, n_slots)
        if code == loop.FITS:
            break
        if code == loop.TABLE_FULL:
            n_rows *= 2
        else:
            n_slots *= 2
    return Run(_activities(table, n_activities, len(columns)), _changes(table, n_changed), horizon, n_events)


def _within_limits(plan: Plan, columns: Columns, horizon: int) -> None:
    for what, found, most in (
        ("pools", len(plan.pools), loop.POOL_MASK),
        ("nodes", len(plan.nodes), 2**15 - 1),
        ("patients", len(columns), loop.PATIENT_MASK),
        ("ticks of the horizon", horizon, 2 ** (62 - loop.PATIENT_BITS)),
        ("changes of team", _n_teams(plan, horizon), 2 ** (31 - loop.POOL_BITS) - 1),
    ):
        if found > most:
            raise PlanError(
                f"the compiled engine takes at most {most} {what}, not {found}. Use a smaller run or engine=reference"
            )


def _n_teams(plan: Plan, horizon: int) -> int:
    most = max((len(pool.team_changes) for pool in plan.pool_rows), default=0)
    return most * (horizon // WEEK + 1)


def _people(columns: Columns, horizon: int) -> People:
    """The columns with the types, the order of memory and the leave to write that the loop was compiled for."""
    leaves_at = np.where(columns.patience == NEVER, NEVER, columns.arrived_at + columns.patience)
    leavers = np.flatnonzero((leaves_at != NEVER) & (leaves_at < horizon))
    return People(
        np.require(columns.arrived_at, np.int64, WRITEABLE),
        np.require(columns.start, np.int32, WRITEABLE),
        np.require(columns.attributes, np.int16, WRITEABLE),
        np.require(columns.minutes, np.int32, WRITEABLE),
        np.require(columns.ignored, np.bool_, WRITEABLE),
        leaves_at.astype(np.int64),
        leavers[np.argsort(leaves_at[leavers], kind="stable")].astype(np.int64),
    )


def _table(n_rows: int, n_changes: int) -> Table:
    return Table(
        np.empty(n_rows, np.int32),
        np.empty(n_rows, np.int16),
        np.empty(n_rows, np.int8),
        np.empty(n_rows, np.int64),
        np.empty(n_rows, np.int64),
        np.empty(n_rows, np.int64),
        np.empty(n_rows, np.int16),
        np.empty((n_changes, 3), np.int64),
    )


def _activities(table: Table, n_activities: int, n_patients: int) -> Activities:
    out = _table(n_activities, 0)
    loop.arrange(table, n_activities, n_patients, out)
    return Activities(out.patient, out.step, out.outcome, out.joined_at, out.started_at, out.ended_at, out.pool)


def _changes(table: Table, n_changed: int) -> Changes:
    """The loop decides at rising times and in the order of triggers, so the rows are in order."""
    changes = table.changes[:n_changed]
    return Changes(changes[:, 0].copy(), changes[:, 1].astype(np.int16), changes[:, 2].astype(np.int32))


# --- flattening ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def flatten(plan: Plan) -> FlatPlan:
    """A plan as arrays of whole numbers: tuples of any length go into one long list, and rows say where."""
    lists = _Lists()
    widening = {row.ask for row in plan.rows if isinstance(row, StepRow) and row.widened_ask != NONE}
    pull_from, pull_to, pulled = plan.pull if plan.pull is not None else (NEVER, NEVER, 0)
    decides = bool(plan.triggers or widening)
    return FlatPlan(
        rows=_matrix((_row(row, lists) for row in plan.rows), loop.N_FIELDS),
        asks=_matrix(((*lists.add(ask.all_of), *lists.add(ask.any_of)) for ask in plan.asks), 4),
        pools=_matrix((_pool(plan, number, lists) for number in range(len(plan.pools))), 4),
        triggers=_matrix(
            (
                (t.opens, t.pool, *lists.add(t.steps), t.above, t.below, t.extra, t.ticks_per_hour, t.leaves)
                for t in plan.triggers
            ),
            9,
        ),
        ranks=np.array(plan.ranks, np.int64),
        rates=np.array(plan.rates, np.int64),
        classes_when_pulled=_classes_when_pulled(plan, pulled),
        paces=_matrix(plan.paces, HOURS_IN_WEEK + 1),
        widening=np.array(sorted(widening), np.int64),
        calendar=_calendar(plan),
        settings=np.array(
            [
                plan.accumulating,
                plan.untriaged_class,
                plan.ignored_class,
                pull_from,
                pull_to,
                plan.patience_to,
                plan.decide_every if decides else 0,
                plan.n_loops,
            ],
            np.int64,
        ),
        lists=np.array(lists.numbers, np.int64),
    )


class _Lists:
    """One long list of numbers in which others are kept by position and length."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def add(self, numbers: Iterable[int]) -> tuple[int, int]:
        start = len(self.numbers)
        self.numbers += numbers
        return start, len(self.numbers) - start


def _matrix(rows: Iterable[Sequence[int]], n_fields: int) -> loop.Ints:
    return np.array([[int(number) for number in row] for row in rows], np.int64).reshape(-1, n_fields)


def _row(row: StepRow | BranchRow | EndRow, lists: _Lists) -> list[int]:
    fields = [NONE] * loop.N_FIELDS
    if isinstance(row, StepRow):
        fields[loop.KIND] = Kind.STEP
        fields[loop.NEXT] = row.next
        fields[loop.ASK] = row.ask
        fields[loop.MINUTES], fields[loop.N_REPEATS] = row.minutes, row.n_repeats
        fields[loop.REPEAT_OF], fields[loop.PACE] = row.repeat_of, row.pace
        fields[loop.KEEPS_AT : loop.KEEPS_AT + 2] = lists.add(row.keeps)
        fields[loop.START_GIVES_AT : loop.START_GIVES_AT + 2] = lists.add(row.gives_up_at_start)
        fields[loop.END_GIVES_AT : loop.END_GIVES_AT + 2] = lists.add(row.gives_up_at_end)
        fields[loop.QUEUE_CLASS], fields[loop.IGNORED] = row.queue_class, row.ignored
        fields[loop.PULLED], fields[loop.MAY_LEAVE] = row.pulled, row.may_leave
        fields[loop.FIRST_SEEN], fields[loop.RELABELS] = row.first_seen, row.relabels
        fields[loop.QUEUE_LIMIT], fields[loop.TURNED_AWAY] = row.queue_limit, row.turned_away
        fields[loop.WIDENED_ASK], fields[loop.WIDENS_AFTER] = row.widened_ask, row.widens_after
        return fields
    fields[loop.KIND] = row.kind
    if isinstance(row, BranchRow):
        fields[loop.TARGETS_AT] = lists.add(row.targets)[0]
        fields[loop.COLUMN], fields[loop.NUMBER] = row.column, row.number
        fields[loop.STEPS_AT : loop.STEPS_AT + 2] = lists.add(row.steps)
        fields[loop.HOURS_AT : loop.HOURS_AT + 2] = lists.add(tick for pair in row.open_hours for tick in pair)
    return fields


def _pool(plan: Plan, pool: int, lists: _Lists) -> tuple[int, ...]:
    asks = [number for number, ask in enumerate(plan.asks) if pool in ask.all_of or pool in ask.any_of]
    triggers = [number for number, trigger in enumerate(plan.triggers) if trigger.pool == pool]
    return (*lists.add(asks), *lists.add(triggers))


def _classes_when_pulled(plan: Plan, pulled: int) -> loop.Ints:
    """The class that each class becomes under the pull towards the target: the better of the two."""
    worth = plan.rates if plan.accumulating else [-rank for rank in plan.ranks]
    numbers = range(len(plan.classes))
    return np.array([pulled if worth[pulled] > worth[number] else number for number in numbers], np.int64)


def _calendar(plan: Plan) -> loop.Ints:
    """Every change of a pool's units or team in a week: (tick, pool, units or NONE), in order of time."""
    changes = [(tick, pool, units) for pool, row in enumerate(plan.pool_rows) for tick, units in row.timetable]
    changes += [(tick, pool, NONE) for pool, row in enumerate(plan.pool_rows) for tick in row.team_changes]
    return _matrix(sorted(changes), 3)
