"""The plan that every engine reads: rows (steps, branches, loops, ends) and a few tables beside them, all integers.

A plan holds no chance and no clock. `plan` makes it from a pathway, and binds the patients' columns to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from simulation.department.rota import HOURS_OF_WEEK
from simulation.units import HOUR, WEEK

RANK_SCALE = 1000
"""Ranks of the acuity rule are stored in thousandths, so that they are whole numbers."""
EFFORT_SCALE = 1_000_000
"""Shares of a step's minutes are stored in millionths."""
PACE_SCALE = 1000
"""A pace of 1 is 1,000 units a tick."""
UNLIMITED = 2**31 - 1
NONE = -1


class Kind(IntEnum):
    """What a row is: a step, an end, a loop, or a branch on what is named.

    Branches mostly keep the names of the vocabulary (`elapsed` is ELAPSED). But `attribute` is ACUITY where it reads
    `acuity_now`; `chance` is ATTRIBUTE, with a coin for its attribute, or COIN inside loops; and `passed` is RUNNING:
    whether a hidden clock runs that the step in question starts.
    """

    STEP = 0
    ATTRIBUTE = 1
    ACUITY = 2
    QUEUE = 3
    HOURS = 4
    LOOP = 5
    DOWN = 6
    END = 7
    COIN = 8
    ELAPSED = 9
    RUNNING = 10


class Outcome(IntEnum):
    """How an activity ended."""

    DONE = 0
    LEFT = 1
    BLOCKED = 2
    OPEN = 3


OUTCOMES = ("done", "left", "blocked", "open")


@dataclass(frozen=True)
class StepRow:
    """A step in integers. Pools, rows, asks and columns are numbers; NONE where there is none.

    - `ask`: a number of `Plan.asks`
    - `minutes`: the first of `n_repeats` duration columns; NONE: the step takes no time
    - `repeat_of`: a loop's number
    - `starts_clock, since`: numbers of clocks
    - `queue_class`: a fixed class, or NONE for the acuity now
    - `ignored`: a column of whether the class is not honoured
    - `relabels`: an attribute column
    - `stages`: of a step that may end early, for each stage the share of its minutes that is left as it begins (in
      millionths) and how many must wait for the step to end then; the last is its end: (0, 0)
    - `watches`: the steps whose waiting patients are counted for that
    """

    next: int
    ask: int
    minutes: int
    n_repeats: int
    repeat_of: int
    starts_clock: tuple[int, ...]
    since: int
    pace: int
    keeps: tuple[int, ...]
    releases_at_start: tuple[int, ...]
    releases_at_end: tuple[int, ...]
    queue_class: int
    ignored: int
    pulled: bool
    may_leave: bool
    first_seen: bool
    relabels: int
    queue_limit: int
    blocked_next: int
    overflow_ask: int
    overflows_after: int
    stages: tuple[tuple[int, int], ...] = ()
    watches: tuple[int, ...] = ()


@dataclass(frozen=True)
class BranchRow:
    """A branch in integers.

    ATTRIBUTE, ACUITY: `column` is the attribute (ACUITY: none), `targets` one row a category.
    COIN: `column` is the first of neighbouring coins; `coins_per_pass`: loops, and how many coins further each pass of
    one moves on.
    QUEUE: `steps` waiting, `number` at least -> targets[0], else targets[1].
    HOURS: open in any of `open_hours` (ticks of the week, half-open) -> targets[0], else targets[1].
    LOOP: `column` the attribute of passes, `number` the loop's number -> targets[0] for another pass, else targets[1].
    DOWN: `column` the outage; down now, or (`number` 1) at any time since the last activity started -> targets[0],
    else targets[1].
    ELAPSED: the minutes of the step `number` since its clock are over -> targets[0], else targets[1].
    RUNNING: the clock `column` runs -> targets[0], else targets[1].
    """

    kind: Kind
    targets: tuple[int, ...]
    column: int = NONE
    number: int = 0
    steps: tuple[int, ...] = ()
    open_hours: tuple[tuple[int, int], ...] = ()
    coins_per_pass: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class EndRow:
    """The end of the route."""

    kind: Kind = Kind.END


@dataclass(frozen=True)
class Ask:
    """A set of pools: all of `all_of`, and one of `any_of` (the first free) if there are any."""

    all_of: tuple[int, ...]
    any_of: tuple[int, ...]


@dataclass(frozen=True)
class PoolRow:
    """A pool's week: (tick of the week, units) rows, or unlimited; `team_changes`: ticks at which the team changes,
    where the outgoing are extra."""

    timetable: tuple[tuple[int, int], ...]
    unlimited: bool
    team_changes: tuple[int, ...]


@dataclass(frozen=True)
class TriggerRow:
    """What changes the units of a pool.

    Opens: `extra` units, `delay` ticks after the decision, when more than `above` wait at `steps`, until `below` or
    fewer do. Takes: `ticks_per_hour` for each who waits; `leaves` units stay. Closes: `extra` units while `outage`
    lasts (NONE: the other two).
    """

    opens: bool
    pool: int
    steps: tuple[int, ...]
    above: int
    below: int
    extra: int
    ticks_per_hour: int
    leaves: int
    outage: int = NONE
    delay: int = 0


MinutesColumn = tuple[tuple[str, ...], float, int]
"""What a column of minutes holds: the durations that are added (`department.minutes_column`), factor, repeat."""


@dataclass(frozen=True)
class Plan:
    """Everything an engine needs but the patients. Rows are numbered as the pathway's nodes.

    Wherever a step, pool, class, loop, trigger or column is a whole number, that is its place in the tuple of its kind.
    """

    nodes: tuple[str, ...]
    rows: tuple[StepRow | BranchRow | EndRow, ...]
    pools: tuple[str, ...]
    pool_rows: tuple[PoolRow, ...]
    asks: tuple[Ask, ...]
    n_loops: int
    n_clocks: int
    classes: tuple[str, ...]
    ranks: tuple[int, ...]
    rates: tuple[int, ...]
    accumulating: bool
    untriaged_class: int
    ignored_class: int
    pull: tuple[int, int, int] | None
    """(ticks since arrival from, to, class) of the pull towards the target, if on."""
    patience_to: int
    worse: tuple[int, ...]
    """What each class becomes when a round notices that somebody got worse."""
    round_every: int
    """Ticks from one round to the next; 0 if there are none."""
    round_steps: tuple[int, ...]
    paces: tuple[tuple[int, ...], ...]
    """Each pace: 169 running totals of pace units at the hours of a week."""
    triggers: tuple[TriggerRow, ...]
    """The pathway's, in order; then one for each pool that an outage closes, by name."""
    decide_every: int
    source_starts: tuple[int, ...]
    """The row at which each source's patients begin: arrival sources, then those present at time 0."""
    minutes_columns: tuple[MinutesColumn, ...]
    attribute_columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    outages: tuple[str, ...]
    """Those that a branch reads or that close a pool, by number."""
    adherence: float

    def row(self, node: str) -> int:
        """The number of a node."""
        return self.nodes.index(node)

    @cached_property
    def decided(self) -> tuple[int, ...]:
        """The triggers that are decided at stated times, by number."""
        return tuple(
            number for number, trigger in enumerate(self.triggers) if trigger.outage == NONE
        )

    @cached_property
    def counted(self) -> frozenset[int]:
        """The steps whose waiting patients somebody counts: a branch, a trigger, or a limit of their own."""
        watched = {step for row in self.rows if isinstance(row, BranchRow) for step in row.steps}
        watched |= {step for trigger in self.triggers for step in trigger.steps}
        steps = {number: row for number, row in enumerate(self.rows) if isinstance(row, StepRow)}
        watched |= {step for row in steps.values() for step in row.watches}
        return frozenset(
            watched | {number for number, row in steps.items() if row.queue_limit != NONE}
        )

    @cached_property
    def classes_when_pulled(self) -> tuple[int, ...]:
        """The class that each class becomes under the target pull: the better of its own and the pull's."""
        if self.pull is None:
            return tuple(range(len(self.classes)))
        pulled = self.pull[2]
        worth = self.rates if self.accumulating else tuple(-rank for rank in self.ranks)
        return tuple(
            pulled if worth[pulled] > worth[number] else number
            for number in range(len(self.classes))
        )


def paced_end(now: int, work: int, pace: Sequence[int]) -> int:
    """The tick at which `work` ticks at pace 1, begun at `now`, are done under a weekly pace. Whole numbers throughout.

    `pace`: running totals of pace units at the hours of a week, linear within an hour; they are inverted, rounding up.
    """
    at = now % WEEK
    hour = at // HOUR
    total = (
        pace[hour] + (pace[hour + 1] - pace[hour]) * (at - hour * HOUR) // HOUR + work * PACE_SCALE
    )
    weeks = 0
    if total >= pace[HOURS_OF_WEEK]:
        weeks = total // pace[HOURS_OF_WEEK]
        total -= weeks * pace[HOURS_OF_WEEK]
        hour = 0
    while hour < HOURS_OF_WEEK - 1 and pace[hour + 1] <= total:
        hour += 1
    within = -(-(total - pace[hour]) * HOUR // max(pace[hour + 1] - pace[hour], 1))
    return max(now - at + weeks * WEEK + hour * HOUR + within, now)
