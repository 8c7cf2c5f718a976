"""From names to integers: `lower` makes the `Plan` of a pathway, `bind` puts the patients' columns into its order.

Lowering, as in a compiler: from what people write to what a machine runs."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from simulation.department.graph import cached_by_pathway, coin_name, coins_of
from simulation.department.rota import (
    closed_units,
    shift_starts,
    timetable,
    weekly_spans,
    weekly_weights,
)
from simulation.department.vocabulary import (
    ACUITY_NOW,
    Branch,
    ByAttribute,
    ByChance,
    ByElapsed,
    ByHours,
    ByPassed,
    ByQueue,
    Effort,
    End,
    Loop,
    Opens,
    Pathway,
    Step,
    Trigger,
    minutes_column,
    minutes_held,
)
from simulation.engine.rows import (
    EFFORT_SCALE,
    NONE,
    PACE_SCALE,
    RANK_SCALE,
    UNLIMITED,
    Ask,
    BranchRow,
    EndRow,
    Kind,
    MinutesColumn,
    Plan,
    PoolRow,
    StepRow,
    TriggerRow,
)
from simulation.errors import PlanError
from simulation.patients import Draws
from simulation.records.schema import Ints, Mask
from simulation.units import DAY, HOUR, TICKS_PER_MINUTE, to_ticks


@cached_by_pathway
def lower(pathway: Pathway) -> Plan:
    """The plan of a checked pathway; `pathway.check` finds the faults of one that is not."""
    return _Lowering(pathway).plan()


Key = TypeVar("Key", bound=Hashable)


class _Numbers(dict[Key, int]):
    """Numbers by name."""

    def of(self, name: Key | None) -> int:
        """The number of a name, the next one if it is new; NONE for no name."""
        return NONE if name is None else self.setdefault(name, len(self))


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


class _Lowering:
    """Makes one plan; holds the numbers given to names so far. Names of the pathway keep their order; clocks, asks,
    columns, paces and outages are numbered as rows first refer to them."""

    def __init__(self, pathway: Pathway) -> None:
        self.pathway = pathway
        self.nodes = _numbered(pathway.nodes())
        self.pools = _numbered(pathway.pools)
        self.classes = _numbered(pathway.priority.classes)
        self.loops = _numbered(pathway.loops)
        self.clocks = _Numbers[str]()
        self.asks = _Numbers[Ask]()
        self.minutes: list[MinutesColumn] = []
        self.first_minutes: dict[MinutesColumn, int] = {}
        self.attributes = _Numbers[str]()
        self.ignored = _Numbers[str]()
        self.paces = _Numbers[str]()
        self.outages = _Numbers[str]()
        self.asked_about = {
            branch.step for branch in pathway.branches.values() if isinstance(branch, ByPassed)
        }

    def plan(self) -> Plan:
        pathway, priority = self.pathway, self.pathway.priority
        rows = tuple(self._row(name, node) for name, node in pathway.nodes().items())
        pull = priority.target_pull
        rounds = pathway.rounds if pathway.rounds is not None and pathway.rounds.active else None
        return Plan(
            nodes=tuple(self.nodes),
            rows=rows,
            pools=tuple(self.pools),
            pool_rows=tuple(map(self._pool, self.pools)),
            asks=tuple(self.asks),
            n_loops=len(self.loops),
            n_clocks=len(self.clocks),
            classes=tuple(self.classes),
            ranks=tuple(
                round(queue_class.rank * RANK_SCALE) for queue_class in priority.classes.values()
            ),
            rates=tuple(queue_class.rate for queue_class in priority.classes.values()),
            accumulating=priority.rule == "accumulating",
            untriaged_class=self.classes[priority.untriaged_as],
            ignored_class=self.classes[priority.ignored_as],
            pull=(
                (
                    to_ticks(pull.starts_at_minutes),
                    to_ticks(pull.ends_at_minutes),
                    self.classes[pull.ranks_as],
                )
                if pull is not None and pull.active
                else None
            ),
            patience_to=self.nodes[pathway.patience.next] if pathway.patience else NONE,
            worse=self._worse(),
            round_every=to_ticks(rounds.every_minutes) if rounds else 0,
            round_steps=self._nodes(*rounds.waiting_at) if rounds else (),
            paces=tuple(map(self._pace, self.paces)),
            triggers=(
                *(self._trigger(trigger) for trigger in pathway.triggers.values()),
                *(
                    self._closing(name)
                    for name in sorted(self.pools)
                    if pathway.pools[name].closed_while is not None
                ),
            ),
            decide_every=to_ticks(pathway.decisions_every_minutes),
            source_starts=self._nodes(
                *(source.starts for source in pathway.arrivals.values()),
                *(present.starts for present in pathway.present.values()),
            ),
            minutes_columns=tuple(self.minutes),
            attribute_columns=tuple(self.attributes),
            ignored_columns=tuple(self.ignored),
            outages=tuple(self.outages),
            adherence=priority.adherence,
        )

    def _worse(self) -> tuple[int, ...]:
        """The class that each class becomes when a round notices that a patient got worse."""
        becomes = self.pathway.worsening.becomes if self.pathway.worsening is not None else {}
        return tuple(self.classes[becomes.get(name, name)] for name in self.classes)

    def _row(self, name: str, node: Step | Branch | Loop | End) -> StepRow | BranchRow | EndRow:
        if isinstance(node, Step):
            return self._step(name, node)
        if isinstance(node, ByAttribute):
            cases = self.pathway.categories(node.attribute)
            rows = self._nodes(*(node.cases.get(case, node.otherwise or "") for case in cases))
            if node.attribute == ACUITY_NOW:
                return BranchRow(Kind.ACUITY, rows)
            return BranchRow(Kind.ATTRIBUTE, rows, column=self.attributes.of(node.attribute))
        if isinstance(node, ByChance):
            coins = coins_of(self.pathway)[name]
            first, *_ = [
                self.attributes.of(coin_name(name, number)) for number in range(coins.number)
            ]
            coins_per_pass = tuple((self.loops[loop], n_coins) for loop, n_coins in coins.loops)
            kind = Kind.COIN if coins_per_pass else Kind.ATTRIBUTE
            return BranchRow(
                kind, self._nodes(*node.targets), column=first, coins_per_pass=coins_per_pass
            )
        if isinstance(node, Loop):
            pair, column = self._nodes(node.again, node.next), self.attributes.of(node.passes)
            return BranchRow(Kind.LOOP, pair, column=column, number=self.loops[name])
        if isinstance(node, End):
            return EndRow()
        pair = self._nodes(node.then, node.otherwise)
        if isinstance(node, ByQueue):
            return BranchRow(
                Kind.QUEUE, pair, number=node.at_least, steps=self._nodes(*node.waiting_at)
            )
        if isinstance(node, ByHours):
            return BranchRow(Kind.HOURS, pair, open_hours=weekly_spans(node.hours, node.days))
        if isinstance(node, ByElapsed):
            return BranchRow(Kind.ELAPSED, pair, number=self.nodes[node.step])
        if isinstance(node, ByPassed):
            return BranchRow(Kind.RUNNING, pair, column=self.clocks.of(_passed(node.step)))
        return BranchRow(
            Kind.DOWN, pair, column=self.outages.of(node.outage), number=int(node.since_start)
        )

    def _nodes(self, *names: str) -> tuple[int, ...]:
        return tuple(self.nodes[name] for name in names)

    def _step(self, name: str, step: Step) -> StepRow:
        n_repeats = 1
        minutes = NONE
        if step.minutes:
            if step.repeat_of is not None:
                n_repeats = max(
                    self.pathway.durations[duration].repeats for duration in step.minutes
                )
            parts = tuple(minutes_column(duration, step.minutes_by) for duration in step.minutes)
            minutes = self._minutes(parts, step.times, n_repeats)
        all_of, any_of = self._pools(step.asks), self._pools(step.any_of)
        overflow = NONE
        if step.overflow is not None:
            still_all_of, alternatives = (all_of, any_of) if any_of else ((), all_of)
            overflow = self.asks.of(
                Ask(still_all_of, (*alternatives, *self._pools(step.overflow.any_of)))
            )
        passed = [_passed(name)] if name in self.asked_about else []
        adheres = step.adheres and self.pathway.priority.adherence < 1
        effort = (
            step.effort if step.effort is not None and step.effort.share and step.minutes else None
        )
        return StepRow(
            next=self.nodes[step.next],
            ask=self.asks.of(Ask(all_of, any_of)) if all_of or any_of else NONE,
            minutes=minutes,
            n_repeats=n_repeats,
            repeat_of=self.loops[step.repeat_of] if step.repeat_of is not None else NONE,
            starts_clock=tuple(map(self.clocks.of, (*step.starts_clock, *passed))),
            since=self.clocks.of(step.since),
            pace=self.paces.of(step.pace),
            keeps=self._pools(step.keeps),
            releases_at_start=self._pools(step.releases_at_start),
            releases_at_end=self._pools(step.releases_at_end),
            queue_class=NONE if step.ranks_as == "acuity" else self.classes[step.ranks_as],
            ignored=self.ignored.of(name if adheres else None),
            pulled=step.pulled,
            may_leave=step.may_leave,
            first_seen=step.first_seen,
            relabels=self.attributes.of(step.relabels),
            queue_limit=step.queue_limit if step.queue_limit is not None else NONE,
            blocked_next=self.nodes[step.blocked_next] if step.blocked_next is not None else NONE,
            overflow_ask=overflow,
            overflows_after=to_ticks(step.overflow.after_minutes)
            if step.overflow is not None
            else 0,
            stages=_stages(effort) if effort is not None else (),
            watches=self._nodes(*effort.waiting_at) if effort is not None else (),
        )

    def _minutes(self, parts: tuple[str, ...], factor: float, n_repeats: int) -> int:
        """The number of the first of `n_repeats` neighbouring duration columns."""
        key = (parts, factor, n_repeats)
        if key not in self.first_minutes:
            self.first_minutes[key] = len(self.minutes)
            self.minutes += [(parts, factor, repeat) for repeat in range(n_repeats)]
        return self.first_minutes[key]

    def _pools(self, names: Sequence[str]) -> tuple[int, ...]:
        return tuple(self.pools[name] for name in names)

    def _pool(self, name: str) -> PoolRow:
        pool = self.pathway.pools[name]
        extra_teams = pool.on_shift_change == "outgoing_are_extra"
        return PoolRow(
            timetable=((0, UNLIMITED),) if pool.unlimited else tuple(timetable(pool)),
            unlimited=pool.unlimited,
            team_changes=tuple(shift_starts(pool)) if extra_teams else (),
        )

    def _pace(self, name: str) -> tuple[int, ...]:
        weights = weekly_weights(self.pathway.profiles[name])
        per_hour = np.rint(weights * HOUR * PACE_SCALE).astype(np.int64)
        return (0, *(int(total) for total in np.cumsum(per_hour)))

    def _trigger(self, trigger: Trigger) -> TriggerRow:
        steps, pool = self._nodes(*trigger.waiting_at), self.pools[trigger.pool]
        if isinstance(trigger, Opens):
            delay = int(to_ticks(trigger.arrives_after_minutes))
            return TriggerRow(
                True, pool, steps, trigger.above, trigger.below, trigger.extra, 0, 0, delay=delay
            )
        ticks_per_hour = int(to_ticks(trigger.minutes_per_hour))
        return TriggerRow(
            False, pool, steps if ticks_per_hour else (), 0, 0, 0, ticks_per_hour, trigger.leaves
        )

    def _closing(self, name: str) -> TriggerRow:
        """The row of the outage that closes a pool, or some units of it; all are the most that it ever has."""
        pool, number = self.pathway.pools[name], self.pools[name]
        triggers = self.pathway.triggers.values()
        opened = sum(
            trigger.extra
            for trigger in triggers
            if isinstance(trigger, Opens) and trigger.pool == name
        )
        closes = closed_units(pool) or max(units for _, units in timetable(pool)) + opened
        return TriggerRow(
            False, number, (), 0, 0, closes, 0, 0, outage=self.outages.of(pool.closed_while)
        )


def _passed(step: str) -> str:
    """The name of the clock that runs for whoever has been through a step; no clock of a pathway holds a space."""
    return f"passed {step}"


def _stages(effort: Effort) -> tuple[tuple[int, int], ...]:
    """When a step may end early, as `StepRow.stages` says; the shares left fall in equal stages to 0."""
    n_stages = len(effort.at_least)
    shares_left = (
        round(effort.share * (n_stages - k) / n_stages * EFFORT_SCALE) for k in range(n_stages)
    )
    return (*zip(shares_left, effort.at_least, strict=True), (0, 0))


@dataclass(frozen=True)
class Columns:
    """The patients of `Draws` as an engine reads them, bound to the columns of one plan.

    arrived_at  (n,) ticks, sorted
    start       (n,) row at which each begins
    attributes  (n_attributes, n) codes
    minutes     (n_columns, n) ticks of work
    patience    (n,) ticks from arrival to leaving, or NEVER
    alarms      (n,) ticks from arrival to when a round can see that a patient got worse, or NEVER
    ignored     (n_ignored, n) whether the class is not honoured
    outages     of each, (n_spans, 2) ticks from and to, half-open, in order of time, without overlap
    """

    arrived_at: Ints
    start: NDArray[np.int32]
    attributes: NDArray[np.int16]
    minutes: NDArray[np.int32]
    patience: Ints
    alarms: Ints
    ignored: Mask
    outages: tuple[Ints, ...] = ()

    def __len__(self) -> int:
        return len(self.arrived_at)


TOO_LONG = float(np.iinfo(np.int32).max)
"""Ticks that a column of minutes cannot hold: 1,456 days."""


def _too_long(parts: Sequence[str], ticks: float) -> str:
    """The message for durations whose minutes, added, are more than an engine counts."""
    together = "" if len(parts) == 1 else " together"
    return (
        f"duration {' + '.join(parts)}: somebody's takes {ticks / DAY:,.0f} days{together}, and an engine counts to "
        f"{TOO_LONG / DAY:,.0f}. Give a shorter mean, scale or log_sd"
    )


def bind(plan: Plan, draws: Draws) -> Columns:
    """The columns of `draws` in the order of `plan`. Raises PlanError if one is missing, or minutes are too long."""
    n = len(draws)
    missing = [name for name in plan.attribute_columns if name not in draws.attributes]
    durations = [
        tuple(minutes_held(part, draws.minutes) for part in parts)
        for parts, _, _ in plan.minutes_columns
    ]
    missing += sorted({part for parts in durations for part in parts if part not in draws.minutes})
    missing += [name for name in plan.outages if name not in draws.outages]
    if missing:
        raise PlanError(f"the draws lack {', '.join(missing)}; draw again with this pathway")
    attributes = np.empty((len(plan.attribute_columns), n), dtype=np.int16)
    for number, name in enumerate(plan.attribute_columns):
        attributes[number] = draws.attributes[name]
    minutes = np.empty((len(plan.minutes_columns), n), dtype=np.int32)
    bound: dict[MinutesColumn, int] = {}
    for number, (parts, (_, factor, repeat)) in enumerate(
        zip(durations, plan.minutes_columns, strict=True)
    ):
        first = bound.setdefault((parts, factor, repeat), number)
        if first != number:  # the same minutes were bound before
            minutes[number] = minutes[first]
            continue
        columns = [draws.minutes[part][min(repeat, len(draws.minutes[part]) - 1)] for part in parts]
        ticks = sum(columns[1:], start=columns[0]) * (factor * TICKS_PER_MINUTE)
        if n and not np.max(ticks) < TOO_LONG:  # NaN is too long, too
            raise PlanError(_too_long(parts, float(np.max(ticks))))
        minutes[number] = np.rint(ticks, out=ticks)
    ignored = np.zeros((len(plan.ignored_columns), n), dtype=np.bool_)
    for number, name in enumerate(plan.ignored_columns):
        ignored[number] = draws.adherence[name] >= plan.adherence
    start = np.asarray(plan.source_starts, dtype=np.int32)[draws.arrival_source]
    outages = tuple(draws.outages[name] for name in plan.outages)
    alarms = draws.worsens if draws.alarms is None else draws.alarms
    return Columns(
        draws.arrived_at, start, attributes, minutes, draws.patience, alarms, ignored, outages
    )
