"""What the compiled engine's loop works on: record types, and arrays of them grouped by who writes into them.

What belongs together is one record, so that a patient, a row of the plan or an activity is one place in memory; records
that are looked up by number are padded to a power of two. Nothing here is compiled.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.records.schema import Ints, Mask

Records = NDArray[np.void]


def _record(*runs: str, padded: bool = True) -> np.dtype[Any]:
    """A record type whose fields numba and numpy both read as attributes; if padded, its size is a power of two.

    `runs`: fields that follow one another in memory, as "type: names"; a type of numpy's.
    """
    typed = [run.split(":") for run in runs]
    aligned = np.dtype(
        [(name, kind) for kind, names in typed for name in names.split()], align=True
    )
    placed: Any = aligned.fields
    size = 1 << (aligned.itemsize - 1).bit_length() if padded else aligned.itemsize
    formats, offsets = zip(*placed.values(), strict=True)
    layout: Any = {"names": aligned.names, "formats": formats, "offsets": offsets, "itemsize": size}
    return np.dtype((np.record, np.dtype(layout)))


# A field of a row that ends _at is a position in `FlatPlan.lists`, and n_... beside it a length.
# `pairs` are the open hours of a branch by the clock (from, to), the coins of a branch by chance (loop, how many coins
# further each pass of it moves on), or the stages of a step that may end early (millionths of the work left, how many
# must wait at `steps`).
VARYING, MAY_BE_EARLY = 1, 2
"""Values of `varies`: a step's minutes depend on a loop, a pace or a clock; or the step may end early. 0: neither, the
minutes are one column as it is, or none."""
ROW = _record(
    "int16: kind n_keeps n_end_releases n_start_releases",
    "uint32: next",
    "int32: ask minutes",
    "uint32: targets_at",
    "int32: column queue_class ignored relabels",
    "int8: varies",
    "bool: is_counted may_leave first_seen pulled",
    "int8: n_clocks",
    "bool: has_rounds",
    "uint32: clocks_at keeps_at end_releases_at start_releases_at",
    "int32: n_repeats repeat_of since pace queue_limit",
    "uint32: blocked_next",
    "int32: overflow_ask",
    "int64: overflows_after",
    "int32: number",
    "uint32: steps_at n_steps pairs_at n_pairs",
)
ASK = _record("uint32: all_at n_all any_at n_any", "int32: n_waiting best", "bool: is_touched")
POOL = _record(
    "int64: in_use capacity scheduled",
    "int32: team",
    "uint32: asks_at n_asks triggers_at n_triggers",
    "bool: is_freed",
)
TRIGGER = _record(
    "bool: opens closes",
    "uint32: pool watches_at n_watches",
    "int64: above below extra ticks_per_hour leaves delay arrives_at units carry",
)
# One change of the weekly calendar; units of a team change are NONE.
CALENDAR = _record("int64: due", "uint32: pool", "int64: units")
SETTINGS = _record(
    "bool: accumulating",
    "int64: ignored_class pull_from pull_to patience_to decide_every round_every n_loops n_clocks",
    "int64: untriaged_class",
)
# Where a patient is: the row of the plan, what it does there (`doing`, see `compiled_loop`), since when, its neighbours
# in the queue (`before`, `after`) and in its slot of the wheel (`due_next`), the number of units that it holds from
# earlier steps and took for this one, the pool that it got of several (`chosen`), the ask that it moves to (`wanted`).
PERSON = _record(
    "int64: joined_at started_at ends_at",
    "uint32: row",
    "int32: queue after before due_next wanted",
    "int16: acuity chosen n_held n_taken",
    "int8: doing",
    "bool: patience_over noticed",
)
# A step under way that may end early: from when its minutes count, and the stage (of `pairs`) that begins next.
EARLY = _record("int64: work_since", "int16: stage")
# How many wait at a row: now, just before this instant, and when that last changed.
WAITING = _record("int64: now before changed_at")
QUEUE_ENDS = _record("int32: first last")
ACTIVITY = _record(
    "int64: joined_at started_at ended_at",
    "uint32: patient",
    "int16: step pool",
    "int8: outcome",
    padded=False,
)
NOTICE = _record("int64: at", "uint32: patient")
CHANGE = _record("int64: at trigger units")


class FlatPlan(NamedTuple):
    """A plan as arrays of whole numbers. `pools`, `asks` and `triggers` also hold counts, so each run has a copy.

    `lists`: every list of the plan, one after another; records say where theirs begin and how long they are.
    `worth`: by queue, best first, its rank, or under `accumulating` its rate.
    `worse`: by class, what a round makes of it if somebody got worse.
    """

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
    """What the loop writes into: patients, queues, counts; what is due, and who moves at this instant.

    people   (n,) records of patients
    held     (n * most_held,) units that each patient holds, `most_held` places each
    passes   (n * loops + 1,) passes that each patient has begun of each loop
    early    (n,) steps that may end early; empty where none may
    touched  asks that may be able to start
    freed    pools that may have a unit free again
    heap, wheel  ends of activities that are due soon, or later
    begun    patients whose activity began at this instant and is not yet in the heap or the wheel
    moving   patients to be taken along the route
    ending   patients whose step of zero length started in this C
    limited  patients who joined a queue with a limit at this instant
    """

    people: Records
    held: NDArray[np.uint32]
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
