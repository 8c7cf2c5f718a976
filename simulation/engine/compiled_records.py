"""What the compiled engine's loop works on: record types, and arrays of them grouped by who writes into them.

What belongs together is one record, so that a patient, a row of the plan or an activity is one place in memory; records
that are looked up by number are padded to a power of two. Nothing here is compiled.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.records.schema import Ints, Mask

Records = NDArray[np.void]


def _record(*, padded: bool = True, **fields: type) -> np.dtype[Any]:
    """A record type whose fields numba and numpy both read as attributes; if padded, its size is a power of two."""
    named: Any = list(fields.items())
    aligned = np.dtype(named, align=True)
    placed = aligned.fields or {}
    size = 1 << (aligned.itemsize - 1).bit_length() if padded else aligned.itemsize
    layout: Any = {
        "names": list(placed),
        "formats": [kind for kind, *_ in placed.values()],
        "offsets": [offset for _, offset, *_ in placed.values()],
        "itemsize": size,
    }
    return np.dtype((np.record, np.dtype(layout)))


# A field of a row that ends _at is a position in `FlatPlan.lists`, and n_... beside it a length.
# `pairs` are open hours of a branch on the clock (from, to), turns of a coin (loop, how many coins on), or looks of a
# step that may end early (millionths of the work left, how many must wait at `steps`).
VARYING, MAY_BE_EARLY = 1, 2
"""Values of `varies`: a step's minutes depend on a loop, a pace or a clock; or the step may end early. 0: neither, the
minutes are one column as it is, or none."""
ROW = _record(
    kind=np.int16,
    n_keeps=np.int16,
    n_end_releases=np.int16,
    n_start_releases=np.int16,
    next=np.uint32,
    ask=np.int32,
    minutes=np.int32,
    targets_at=np.uint32,
    column=np.int32,
    queue_class=np.int32,
    ignored=np.int32,
    relabels=np.int32,
    varies=np.int8,
    is_counted=np.bool_,
    may_leave=np.bool_,
    first_seen=np.bool_,
    pulled=np.bool_,
    n_clocks=np.int8,
    is_looked_at=np.bool_,
    clocks_at=np.uint32,
    keeps_at=np.uint32,
    end_releases_at=np.uint32,
    start_releases_at=np.uint32,
    n_repeats=np.int32,
    repeat_of=np.int32,
    since=np.int32,
    pace=np.int32,
    queue_limit=np.int32,
    blocked_next=np.uint32,
    overflow_ask=np.int32,
    overflows_after=np.int64,
    number=np.int32,
    steps_at=np.uint32,
    n_steps=np.uint32,
    pairs_at=np.uint32,
    n_pairs=np.uint32,
)
ASK = _record(
    all_at=np.uint32,
    n_all=np.uint32,
    any_at=np.uint32,
    n_any=np.uint32,
    n_waiting=np.int32,
    best=np.int32,
    is_touched=np.bool_,
)
POOL = _record(
    in_use=np.int64,
    capacity=np.int64,
    scheduled=np.int64,
    team=np.int32,
    asks_at=np.uint32,
    n_asks=np.uint32,
    triggers_at=np.uint32,
    n_triggers=np.uint32,
    is_freed=np.bool_,
)
TRIGGER = _record(
    opens=np.bool_,
    closes=np.bool_,
    pool=np.uint32,
    watches_at=np.uint32,
    n_watches=np.uint32,
    above=np.int64,
    below=np.int64,
    extra=np.int64,
    ticks_per_hour=np.int64,
    leaves=np.int64,
    delay=np.int64,
    arrives_at=np.int64,
    units=np.int64,
    carry=np.int64,
)
# One change of the weekly calendar; units of a team change are NONE.
CALENDAR = _record(due=np.int64, pool=np.uint32, units=np.int64)
SETTINGS = _record(
    accumulating=np.bool_,
    ignored_class=np.int64,
    pull_from=np.int64,
    pull_to=np.int64,
    patience_to=np.int64,
    decide_every=np.int64,
    round_every=np.int64,
    n_loops=np.int64,
    n_clocks=np.int64,
    untriaged_class=np.int64,
)
# Where a patient is: the row of the plan, what it does there since when, its neighbours in the queue, what it holds.
PERSON = _record(
    joined_at=np.int64,
    started_at=np.int64,
    ends_at=np.int64,
    row=np.uint32,
    queue=np.int32,
    after=np.int32,
    before=np.int32,
    due_next=np.int32,
    wanted=np.int32,
    acuity=np.int16,
    chosen=np.int16,
    n_held=np.int16,
    n_taken=np.int16,
    doing=np.int8,
    seen=np.bool_,
    noticed=np.bool_,
)
# A step under way that may end early: from when its minutes count, and which look at it is due.
EARLY = _record(work_since=np.int64, look=np.int16)
# How many wait at a row: now, just before this instant, and when that last changed.
WAITING = _record(now=np.int64, before=np.int64, changed_at=np.int64)
QUEUE_ENDS = _record(first=np.int32, last=np.int32)
ACTIVITY = _record(
    padded=False,
    joined_at=np.int64,
    started_at=np.int64,
    ended_at=np.int64,
    patient=np.uint32,
    step=np.int16,
    pool=np.int16,
    outcome=np.int8,
)
NOTICE = _record(at=np.int64, patient=np.uint32)
CHANGE = _record(at=np.int64, trigger=np.int64, units=np.int64)


class FlatPlan(NamedTuple):
    """A plan as arrays of whole numbers. `pools`, `asks` and `triggers` also hold counts, so each run has a copy."""

    rows: Records
    lists: NDArray[np.uint32]
    asks: Records
    pools: Records
    triggers: Records
    calendar: Records
    settings: Records
    queue_of_class: Ints
    worth: Ints
    classes_when_pulled: Ints
    paces: Ints
    worse: Ints
    overflowing: Ints


class People(NamedTuple):
    """Bound columns.

    `leavers`: patients whose patience runs out before the horizon, in the order in which it does; `outages`: the spans
    of all outages, from and to, one outage after another; `outages_at`: where each begins; `closings`: the units to
    which outages set the pools that they close, in order of time.
    """

    arrived_at: Ints
    start: NDArray[np.uint32]
    attributes: NDArray[np.int16]
    minutes: NDArray[np.int32]
    ignored: Mask
    leaves_at: Ints
    alarm_at: Ints
    leavers: NDArray[np.uint32]
    outages: Ints
    outages_at: Ints
    closings: Records


class Workspace(NamedTuple):
    """What the loop writes into: patients, queues, counts; what is due, and who moves in an instant (one entry each).

    `early` is empty where no step may end early.
    """

    people: Records
    slots: NDArray[np.uint32]
    passes: NDArray[np.int16]
    clock_at: Ints
    early: Records
    queues: Records
    waiting: Records
    touched: NDArray[np.uint32]
    freed: NDArray[np.uint32]
    heap: Ints
    wheel: NDArray[np.int32]
    begun: NDArray[np.uint32]
    moving: NDArray[np.uint32]
    ending: NDArray[np.uint32]
    limited: NDArray[np.uint32]


class Output(NamedTuple):
    """Space for activities in the order in which they end, for what triggers did and for what rounds noticed."""

    activities: Records
    changes: Records
    notices: Records
