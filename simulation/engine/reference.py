"""The reference engine: the contract in SimPy, written to be read.

SimPy keeps the clock and the list of what is due. Arrivals, rotas and decisions are SimPy processes; the end of
an activity and the end of patience are timeouts with a callback. Between them they do all of phase B. Phase C is
`_dispatch`, called once everything due at an instant has happened. Reading order: `simulate`, `_proceed`,
`_dispatch`, `_start`, `_finish`.
"""

from __future__ import annotations

import gc
from bisect import bisect_left, insort
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import simpy

from simulation.engine.contract import Activities, Changes, InOrder, Notices, Run
from simulation.engine.plan import Columns
from simulation.engine.rows import (
    EFFORT_SCALE,
    NONE,
    Ask,
    BranchRow,
    Kind,
    Outcome,
    Plan,
    StepRow,
    TriggerRow,
    paced_end,
)
from simulation.units import HOUR, NEVER, WEEK

Process = Generator[simpy.Event, Any, None]


def simulate(plan: Plan, columns: Columns, horizon: int) -> Run:
    """Run everybody from time 0 to `horizon` (ticks) under the contract."""
    department = _Department(plan, columns)
    collecting = gc.isenabled()
    gc.disable()  # looking for cycles costs a tenth of the time, and the only ones are broken at the end
    try:
        return department.run(horizon)
    finally:
        vars(department).clear()  # else SimPy's list of what is due keeps every patient in memory
        if collecting:
            gc.enable()


@dataclass(slots=True, eq=False)
class _Patient:
    """What the engine knows about one patient now; `number` is its row of the draws."""

    number: int
    arrived_at: int
    acuity: int
    leaves_at: int
    patience_over: bool
    """Whether patience no longer matters: a clinician has started, or the patient has left once or is at an end."""
    passes: list[int]
    """How often the patient has begun a pass of each loop."""
    pulled: bool = False
    """Whether the target pull is on: the patient may rank as a better class."""
    alarm_at: int = NEVER
    noticed: bool = False
    """Whether a round has noticed that the patient got worse."""
    clock_at: dict[int, int] = field(default_factory=dict)
    """Ticks at which each clock that runs was started."""
    stages: list[tuple[int, int]] = field(default_factory=list)
    """The stages still to come of a step that may end early: when each begins, and how many must wait for the step to
    end then; the last is its end, for which nobody need wait."""
    held: Units = field(default_factory=list)
    """Pools kept from earlier steps, each with the team of the unit."""
    taken: Units = field(default_factory=list)
    """Pools of the step under way."""
    step: StepRow = None  # type: ignore[assignment]
    record: list[int] = field(default_factory=list)
    """The activity under way, as it will be written: 0 patient, 1 row of the plan, 2 joined at, 3 started at,
    4 ended at, 5 outcome, 6 which pool of several it got."""
    ask: _Ask | None = None
    queue: Queue | None = None
    """The queue the patient waits in, if it waits."""


@dataclass(slots=True, eq=False)
class _Pool:
    """A pool now; `number` is its place in the plan.

    scheduled  units of the rota
    capacity   units that may be in use: those of the rota, and what triggers and outages add or take
    in_use     units in use, of the present team alone
    team       how many changes of team there have been, where the outgoing are extra; else 0
    """

    number: int
    scheduled: int = 0
    capacity: int = 0
    in_use: int = 0
    team: int = 0
    asks: list[_Ask] = field(default_factory=list)
    """Every ask that this pool could help to start."""
    triggers: list[int] = field(default_factory=list)
    """The triggers that change its capacity, by number."""


Queue = list[tuple[int, int, _Patient]]
"""Who waits: (joined at, patient's number, patient), oldest first."""
Units = list[tuple[_Pool, int]]
"""Pools of which a unit is held, each with the team that the unit belongs to."""


@dataclass(slots=True, eq=False)
class _Ask:
    """A set of pools that steps ask for (`rows.Ask`), and the patients who wait for it: one queue a class."""

    all_of: tuple[_Pool, ...]
    any_of: tuple[_Pool, ...]
    queues: dict[int, Queue] = field(default_factory=dict)
    """By class."""
    n_waiting: int = 0

    def requests(self) -> list[tuple[int, _Patient]]:
        """Who waits now, and since when."""
        return [
            (joined_at, patient)
            for queue in self.queues.values()
            for joined_at, _, patient in queue
        ]

    def can_start(self) -> bool:
        """Whether every pool of `all_of` has a free unit, and one of `any_of` if there are any."""
        for pool in self.all_of:
            if pool.in_use >= pool.capacity:
                return False
        for pool in self.any_of:
            if pool.in_use < pool.capacity:
                return True
        return not self.any_of


class _Department:
    """The state of everything, and the three phases."""

    def __init__(self, plan: Plan, columns: Columns) -> None:
        self.plan = plan
        self.env = simpy.Environment()
        self.now = 0
        """The present instant in ticks: `env.now` as a plain number."""
        self.rows = plan.rows
        self.pools = [_Pool(number) for number in range(len(plan.pools))]
        self.asks = [self._make_ask(row) for row in plan.asks]
        self.touched: set[_Ask] = set()
        """Asks that may be able to start: a pool was freed or rose, or somebody joined."""
        self.ending_now: list[_Patient] = []
        """Steps of zero length that started in this C."""
        self.joined_now: list[_Patient] = []
        """Those who joined a queue with a limit at this instant."""
        # by row of the plan: how many wait now, how many waited before the last instant of change, and that instant
        self.waiting = [0] * len(plan.rows)
        self.waiting_before = [0] * len(plan.rows)
        self.waiting_changed_at = [NEVER] * len(plan.rows)
        self.trigger_units = [0] * len(plan.triggers)
        self.trigger_carry = [0] * len(plan.triggers)
        """Work of a trigger that `takes` that is less than a whole unit, carried over to the next decision."""
        self.arrive_at = [NEVER] * len(plan.triggers)
        """By trigger, when the units that were called last come, or came."""
        for number, trigger in enumerate(plan.triggers):
            self.pools[trigger.pool].triggers.append(number)
        self.arrived_at: list[int] = columns.arrived_at.tolist()
        self.starts: list[int] = columns.start.tolist()
        self.attributes: list[list[int]] = columns.attributes.tolist()
        self.minutes: list[list[int]] = columns.minutes.tolist()
        self.patience: list[int] = columns.patience.tolist()
        self.alarms: list[int] = columns.alarms.tolist()
        self.ignored: list[list[bool]] = columns.ignored.tolist()
        self.outages: list[list[list[int]]] = [spans.tolist() for spans in columns.outages]
        self.records: list[list[int]] = []
        self.changes: list[tuple[int, int, int]] = []
        self.notices: list[tuple[int, int]] = []
        self.n_events = 0

    def _make_ask(self, row: Ask) -> _Ask:
        all_of, any_of = (
            tuple(self.pools[pool] for pool in pools) for pools in (row.all_of, row.any_of)
        )
        ask = _Ask(all_of, any_of)
        for pool in (*ask.all_of, *ask.any_of):
            pool.asks.append(ask)
        return ask

    # --- the clock -------------------------------------------------------------------------------------------

    def run(self, horizon: int) -> Run:
        """Start the processes, then do the three phases of every instant before the horizon."""
        env = self.env
        env.process(self._arrivals())
        for pool, row in zip(self.pools, self.plan.pool_rows, strict=True):
            env.process(self._rota(pool, row.timetable))
            if row.team_changes:
                env.process(self._teams(pool, row.team_changes))
        overflowing = [
            row for row in self.rows if isinstance(row, StepRow) and row.overflow_ask != NONE
        ]
        if self.plan.decided or overflowing:
            env.process(self._decisions({row.ask for row in overflowing}))
        for number, trigger in enumerate(self.plan.triggers):
            if trigger.outage != NONE:
                env.process(self._closings(number, trigger))
        if self.plan.round_every:
            env.process(self._rounds())
        peek, step = env.peek, env.step
        due = peek()
        while due < horizon:  # A
            self.now = now = int(due)
            while peek() == due:  # B
                step()
                self.n_events += 1
            if self.touched or self.joined_now:
                self._dispatch(now)  # C
            due = peek()
        return Run(
            InOrder(self._activities()), self._changes(), horizon, self.n_events, self._notices()
        )

    # --- B: what is due now ----------------------------------------------------------------------------------

    def _arrivals(self) -> Process:
        """Let each patient arrive, with its patience, alarm and target pull."""
        env, n_loops, untriaged = self.env, self.plan.n_loops, self.plan.untriaged_class
        for number, arrived_at in enumerate(self.arrived_at):
            if arrived_at > self.now:
                yield env.timeout(arrived_at - self.now)
            patience = self.patience[number]
            leaves_at = NEVER if patience == NEVER else arrived_at + patience
            patient = _Patient(
                number, arrived_at, untriaged, leaves_at, leaves_at == NEVER, [0] * n_loops
            )
            if self.alarms[number] != NEVER:
                patient.alarm_at = arrived_at + self.alarms[number]
            if leaves_at != NEVER:
                self._schedule(patience, self._patience_ends, patient)
            if self.plan.pull is not None:
                self._schedule(self.plan.pull[0], self._pull, patient)
                self._schedule(self.plan.pull[1], self._pull, patient)
            self._proceed(patient, self.starts[number])

    def _rota(self, pool: _Pool, timetable: tuple[tuple[int, int], ...]) -> Process:
        """Set a pool's scheduled units at every change of its weekly timetable."""
        for week in count(0, WEEK):
            for tick, units in timetable:
                if week + tick > self.now:
                    yield self.env.timeout(week + tick - self.now)
                pool.scheduled = units
                self._set_capacity(pool)
            if len(timetable) == 1:
                return

    def _teams(self, pool: _Pool, changes: tuple[int, ...]) -> Process:
        """At every change of team, start the count of units in use anew, where the outgoing are extra."""
        for week in count(0, WEEK):
            for tick in changes:
                yield self.env.timeout(week + tick - self.now)
                pool.team += 1
                pool.in_use = 0
                self._touch(pool)

    def _decisions(self, may_overflow: set[int]) -> Process:
        """Decide escalation, care of boarders and placement elsewhere at stated times, on the state just before."""
        while True:
            for number in self.plan.decided:
                self._decide(number)
            for ask in may_overflow:
                self._overflow(self.asks[ask])
            yield self.env.timeout(self.plan.decide_every)

    def _decide(self, number: int) -> None:
        """Set or call the units of one trigger by how many waited just before."""
        trigger = self.plan.triggers[number]
        n_waiting = sum(self._waiting_before(step) for step in trigger.steps)
        units = self.trigger_units[number]
        if trigger.opens:
            if self.arrive_at[number] >= self.now:
                return
            if n_waiting > trigger.above:
                if trigger.delay and not units:
                    self.arrive_at[number] = self.now + trigger.delay
                    self.env.process(self._on_call(number, trigger))
                    return
                units = trigger.extra
            elif n_waiting <= trigger.below:
                units = 0
        else:
            period = self.plan.decide_every
            due = self.trigger_carry[number] + n_waiting * trigger.ticks_per_hour * period // HOUR
            units, self.trigger_carry[number] = divmod(due, period)
        self._set_units(number, units)

    def _set_units(self, number: int, units: int) -> None:
        if units != self.trigger_units[number]:
            self.trigger_units[number] = units
            self.changes.append((self.now, number, units))
            self._set_capacity(self.pools[self.plan.triggers[number].pool])

    def _on_call(self, number: int, trigger: TriggerRow) -> Process:
        """Open the units that were called, when they come."""
        yield self.env.timeout(trigger.delay)
        self._set_units(number, trigger.extra)

    def _closings(self, number: int, trigger: TriggerRow) -> Process:
        """Close units of a pool while an outage lasts."""
        for tick in sorted({tick for span in self.outages[trigger.outage] for tick in span}):
            if tick > self.now:
                yield self.env.timeout(tick - self.now)
            is_down = self._was_down(trigger.outage, self.now)
            self._set_units(number, trigger.extra if is_down else 0)

    def _set_capacity(self, pool: _Pool) -> None:
        """Set capacity to the rota's units and what escalation opened, less what boarders take and an outage closes."""
        capacity = pool.scheduled
        for number in pool.triggers:
            trigger = self.plan.triggers[number]
            if trigger.opens:
                capacity += self.trigger_units[number]
            else:
                capacity = max(min(capacity, trigger.leaves), capacity - self.trigger_units[number])
        if capacity > pool.capacity:
            self._touch(pool)
        pool.capacity = capacity

    def _overflow(self, ask: _Ask) -> None:
        """Move requests that have waited long enough to the ask with more pools; they keep their place."""
        now = self.now
        for joined_at, patient in ask.requests():
            step = patient.step
            waited = now - joined_at
            if step.overflow_ask != NONE and waited and waited >= step.overflows_after:
                self._unqueue(patient)
                self._enqueue(patient, self.asks[step.overflow_ask])

    def _rounds(self) -> Process:
        """Look at those who wait at some steps, every so many minutes."""
        while True:
            for ask in self.asks:
                for joined_at, patient in ask.requests():
                    if joined_at < self.now and patient.record[1] in self.plan.round_steps:
                        self._notice(patient, ask)
            yield self.env.timeout(self.plan.round_every)

    def _notice(self, patient: _Patient, ask: _Ask) -> None:
        """Rank a patient who waits again if there is an alarm that was not noticed before."""
        worse = patient.alarm_at != NEVER and patient.alarm_at <= self.now
        leaves = (
            not patient.patience_over and patient.step.may_leave and patient.leaves_at == self.now
        )
        if worse and not patient.noticed and not leaves:
            patient.noticed = True
            self.notices.append((self.now, patient.number))
            self._unqueue(patient)
            patient.acuity = self.plan.worse[patient.acuity]
            self._enqueue(patient, ask)

    def _patience_ends(self, event: Any) -> None:
        """Let a patient leave who waits where leaving is allowed; one who is busy may leave as it joins a queue."""
        patient: _Patient = event.value
        if not patient.patience_over and patient.queue is not None and patient.step.may_leave:
            patient.patience_over = True
            self._leave(patient, Outcome.LEFT, self.plan.patience_to)

    def _pull(self, event: Any) -> None:
        """Start or end the target pull, by the time since arrival, and rank the patient again if it waits."""
        patient = event.value
        assert self.plan.pull is not None
        starts, ends, _ = self.plan.pull
        patient.pulled = starts <= self.now - patient.arrived_at < ends
        if patient.queue is not None and patient.ask is not None and patient.step.pulled:
            ask = patient.ask
            self._unqueue(patient)
            self._enqueue(patient, ask)

    def _activity_ends(self, event: Any) -> None:
        """End a step, unless it has only come to a stage at which it might have ended early."""
        patient: _Patient = event.value
        minutes = self._until_next_stage(patient) if patient.stages else 0
        if minutes:
            self._schedule(minutes, self._activity_ends, patient)
        else:
            self._finish(patient)

    def _schedule(self, delay: int, callback: Any, patient: _Patient) -> None:
        """Call back for a patient after so many ticks."""
        event = simpy.Timeout(self.env, delay, patient)
        event.callbacks.append(callback)

    # --- B: along the route ----------------------------------------------------------------------------------

    def _proceed(self, patient: _Patient, row: int) -> None:
        """Follow the route from a row to where the patient waits, is busy, or ends."""
        rows, now = self.rows, self.now
        while True:
            node = rows[row]
            if type(node) is StepRow:
                record = [patient.number, row, now, NEVER, NEVER, Outcome.OPEN, NONE]
                self.records.append(record)
                patient.record = record
                patient.step = node
                if node.ask == NONE:
                    if not self._start_alone(patient):
                        return
                    row = node.next
                elif node.may_leave and not patient.patience_over and patient.leaves_at <= now:
                    record[4], record[5] = now, Outcome.LEFT
                    patient.patience_over = True
                    self._release_all(patient)
                    row = self.plan.patience_to
                else:
                    self._join(patient, node, row)
                    return
            elif type(node) is BranchRow:
                row = self._choose(patient, node)
            else:
                self.records.append([patient.number, row, now, now, now, Outcome.DONE, NONE])
                self._release_all(patient)
                patient.patience_over = True
                return

    def _choose(self, patient: _Patient, branch: BranchRow) -> int:
        """The row that a branch leads to."""
        kind = branch.kind
        if kind is Kind.ATTRIBUTE:
            return branch.targets[self.attributes[branch.column][patient.number]]
        if kind is Kind.ACUITY:
            return branch.targets[patient.acuity]
        if kind is Kind.COIN:
            coin = branch.column + sum(
                patient.passes[loop] * n for loop, n in branch.coins_per_pass
            )
            return branch.targets[self.attributes[coin][patient.number]]
        if kind is Kind.LOOP:
            holds = patient.passes[branch.number] < self.attributes[branch.column][patient.number]
            patient.passes[branch.number] += holds
        elif kind is Kind.QUEUE:
            holds = sum(self._waiting_before(step) for step in branch.steps) >= branch.number
        elif kind is Kind.DOWN:
            holds = self._was_down(
                branch.column, self._last_start(patient) if branch.number else self.now
            )
        elif kind is Kind.ELAPSED:
            holds = self._has_elapsed(patient, self.rows[branch.number])
        elif kind is Kind.RUNNING:
            holds = branch.column in patient.clock_at
        else:
            at = self.now % WEEK
            holds = any(start <= at < end for start, end in branch.open_hours)
        return branch.targets[0 if holds else 1]

    def _has_elapsed(self, patient: _Patient, step: Any) -> bool:
        """Whether the clock of a step runs and the step's minutes since then are over."""
        since = patient.clock_at.get(step.since)
        return since is not None and self._paced(step, since, self._work(patient, step)) <= self.now

    def _last_start(self, patient: _Patient) -> int:
        """When the patient's last activity started; now, if there was none or it never started."""
        started_at = patient.record[3] if patient.record else NEVER
        return self.now if started_at == NEVER else started_at

    def _was_down(self, outage: int, since: int) -> bool:
        """Whether an outage lasted at any time from `since` until now, both included."""
        return any(start <= self.now and since < end for start, end in self.outages[outage])

    def _start_alone(self, patient: _Patient) -> bool:
        """Start a step that asks for no pool; True if it is over at once."""
        patient.record[3] = self.now
        if patient.step.releases_at_start:
            self._release_pools(patient, patient.step.releases_at_start)
        patient.patience_over |= patient.step.first_seen
        minutes = self._minutes(patient)
        if minutes:
            self._schedule(minutes, self._activity_ends, patient)
            return False
        self._end_activity(patient)
        return True

    def _join(self, patient: _Patient, step: StepRow, row: int) -> None:
        """Wait for a step's pools."""
        self._count(row, 1)
        self._enqueue(patient, self.asks[step.ask])
        if step.queue_limit != NONE:
            self.joined_now.append(patient)

    def _enqueue(self, patient: _Patient, ask: _Ask) -> None:
        """Put a request in its class's queue, where it belongs by the time it joined."""
        entry = (patient.record[2], patient.number, patient)
        queue = ask.queues.setdefault(self._class(patient), [])
        if queue and queue[-1] > entry:
            insort(queue, entry)
        else:
            queue.append(entry)
        patient.queue, patient.ask = queue, ask
        ask.n_waiting += 1
        self.touched.add(ask)

    def _unqueue(self, patient: _Patient) -> None:
        """Take a request out of its queue."""
        queue, ask = patient.queue, patient.ask
        assert queue is not None and ask is not None
        del queue[bisect_left(queue, (patient.record[2], patient.number, patient))]
        ask.n_waiting -= 1
        patient.queue = patient.ask = None

    def _class(self, patient: _Patient) -> int:
        """The class that a patient counts as at its step now."""
        step = patient.step
        if step.ignored != NONE and self.ignored[step.ignored][patient.number]:
            return self.plan.ignored_class
        number = patient.acuity if step.queue_class == NONE else step.queue_class
        return self.plan.classes_when_pulled[number] if patient.pulled and step.pulled else number

    def _leave(self, patient: _Patient, outcome: Outcome, row: int) -> None:
        """Leave the queue without having started, and give back everything held."""
        self._unqueue(patient)
        self._count(patient.record[1], -1)
        patient.record[4], patient.record[5] = self.now, outcome
        self._release_all(patient)
        self._proceed(patient, row)

    def _finish(self, patient: _Patient) -> None:
        """End a step and go on along the route."""
        self._end_activity(patient)
        self._proceed(patient, patient.step.next)

    def _end_activity(self, patient: _Patient) -> None:
        """Date the end of a step, give back what it does not keep, start its clocks, relabel."""
        step = patient.step
        patient.record[4], patient.record[5] = self.now, Outcome.DONE
        if patient.taken:
            if step.keeps:
                patient.held += [unit for unit in patient.taken if unit[0].number in step.keeps]
                self._release([unit for unit in patient.taken if unit[0].number not in step.keeps])
            else:
                self._release(patient.taken)
            patient.taken = []
        if step.releases_at_end:
            self._release_pools(patient, step.releases_at_end)
        for clock in step.starts_clock:
            patient.clock_at[clock] = self.now
        if step.relabels != NONE:
            patient.acuity = self.attributes[step.relabels][patient.number]

    def _release_pools(self, patient: _Patient, pools: tuple[int, ...]) -> None:
        self._release([unit for unit in patient.held if unit[0].number in pools])
        patient.held = [unit for unit in patient.held if unit[0].number not in pools]

    def _release_all(self, patient: _Patient) -> None:
        self._release(patient.held)
        patient.held = []

    def _release(self, units: Units) -> None:
        """Give units back to their pools; a unit of an earlier team is in no count any more."""
        for pool, team in units:
            if team == pool.team:
                pool.in_use -= 1
                if pool.in_use < pool.capacity:
                    self._touch(pool)

    def _touch(self, pool: _Pool) -> None:
        """Note that whoever waits for a pool may be able to start: it was freed or rose."""
        for ask in pool.asks:
            if ask.n_waiting:
                self.touched.add(ask)

    # --- C: who goes where -----------------------------------------------------------------------------------

    def _dispatch(self, now: int) -> None:
        """Start requests, the smallest key first, until none can start; then end steps of zero length, and again."""
        while True:
            while self.touched and (chosen := self._best(now)) is not None:
                self._start(chosen, now)
            if self.joined_now:
                self._block(now)
            if not self.ending_now:
                if not self.touched:
                    self.joined_now = []
                    return
                continue
            ended, self.ending_now = self.ending_now, []
            for patient in ended:
                self._finish(patient)

    def _best(self, now: int) -> tuple[_Ask, Queue] | None:
        """The ask and the queue whose first patient has the smallest key of all who can start."""
        best = best_key = None
        accumulating, rates, ranks = self.plan.accumulating, self.plan.rates, self.plan.ranks
        for ask in tuple(self.touched):
            if not ask.n_waiting or not ask.can_start():
                self.touched.discard(ask)
                continue
            for number, queue in ask.queues.items():
                if queue:
                    joined_at, patient, _ = queue[0]
                    rank = -rates[number] * (now - joined_at) if accumulating else ranks[number]
                    key = (rank, joined_at, patient)
                    if best_key is None or key < best_key:
                        best, best_key = (ask, queue), key
        return best

    def _start(self, chosen: tuple[_Ask, Queue], now: int) -> None:
        """Start the first request of a queue: release what its step releases, take its pools."""
        ask, queue = chosen
        patient = queue.pop(0)[2]
        ask.n_waiting -= 1
        patient.queue = patient.ask = None
        step, record = patient.step, patient.record
        self._count(record[1], -1)
        record[3] = now
        if step.releases_at_start:
            self._release_pools(patient, step.releases_at_start)
        taken = [(pool, pool.team) for pool in ask.all_of]
        for pool in ask.any_of:
            if pool.in_use < pool.capacity:
                taken.append((pool, pool.team))
                record[6] = pool.number
                break
        for pool, _ in taken:
            pool.in_use += 1
        patient.taken = taken
        patient.patience_over |= step.first_seen
        if minutes := self._minutes(patient):
            self._schedule(minutes, self._activity_ends, patient)
        else:
            self.ending_now.append(patient)

    def _minutes(self, patient: _Patient) -> int:
        """Ticks from now to the end of the step."""
        step = patient.step
        if step.minutes == NONE:
            return 0
        work = self._work(patient, step)
        since = patient.clock_at.pop(step.since, self.now)
        if not step.stages:
            return max(self._paced(step, since, work) - self.now, 0)
        patient.stages = [
            (self._paced(step, since, work - work * left // EFFORT_SCALE), at_least)
            for left, at_least in step.stages
        ]
        return self._until_next_stage(patient)

    def _work(self, patient: _Patient, step: StepRow) -> int:
        """Ticks of work of a step, in the patient's pass of its loop."""
        column = step.minutes
        if step.repeat_of != NONE:
            column += min(max(patient.passes[step.repeat_of] - 1, 0), step.n_repeats - 1)
        return self.minutes[column][patient.number]

    def _paced(self, step: StepRow, since: int, work: int) -> int:
        """The tick at which a step has done so much work."""
        if step.pace == NONE or not work:
            return since + work
        return paced_end(since, work, self.plan.paces[step.pace])

    def _until_next_stage(self, patient: _Patient) -> int:
        """Ticks from now to the next stage at which the step may end early, or to its end; 0 if it ends now."""
        n_waiting = sum(self._waiting_before(step) for step in patient.step.watches)
        while True:
            at, at_least = patient.stages[0]
            if at > self.now:
                return at - self.now
            if n_waiting >= at_least:
                patient.stages = []
                return 0
            del patient.stages[0]

    def _block(self, now: int) -> None:
        """Block patients in queues that are too long: of those who joined at this instant, the largest keys."""
        joined = [
            patient
            for patient in self.joined_now
            if patient.queue is not None and patient.record[2] == now
        ]
        by_queue: dict[int, list[_Patient]] = {}
        for patient in joined:
            by_queue.setdefault(patient.record[1], []).append(patient)
        self.joined_now, blocked = [], []
        for row, newcomers in by_queue.items():
            newcomers.sort(key=lambda newcomer: (self._rank(newcomer), newcomer.number))
            n_stay = max(len(newcomers) + newcomers[0].step.queue_limit - self.waiting[row], 0)
            self.joined_now += newcomers[:n_stay]
            blocked += newcomers[n_stay:]
        for patient in blocked:  # all are chosen before the first one joins another queue
            self._leave(patient, Outcome.BLOCKED, patient.step.blocked_next)

    def _rank(self, patient: _Patient) -> int:
        return 0 if self.plan.accumulating else self.plan.ranks[self._class(patient)]

    # --- how many wait, now and just before this instant -----------------------------------------------------

    def _count(self, row: int, change: int) -> None:
        """Change how many wait at a step, and keep the number of just before this instant."""
        if row not in self.plan.counted:
            return
        now = self.now
        if self.waiting_changed_at[row] != now:
            self.waiting_before[row] = self.waiting[row]
            self.waiting_changed_at[row] = now
        self.waiting[row] += change

    def _waiting_before(self, row: int) -> int:
        return (
            self.waiting_before[row]
            if self.waiting_changed_at[row] == self.now
            else self.waiting[row]
        )

    # --- tables ----------------------------------------------------------------------------------------------

    def _activities(self) -> Activities:
        table = np.array(self.records, dtype=np.int64).reshape(-1, 7)
        table = table[np.argsort(table[:, 0], kind="stable")]
        patient, step, joined_at, started_at, ended_at, outcome, pool = table.T
        return Activities(
            patient=patient.astype(np.int32),
            step=step.astype(np.int16),
            outcome=outcome.astype(np.int8),
            joined_at=joined_at.copy(),
            started_at=started_at.copy(),
            ended_at=ended_at.copy(),
            pool=pool.astype(np.int16),
        )

    def _changes(self) -> Changes:
        table = np.array(sorted(self.changes), dtype=np.int64).reshape(-1, 3)
        return Changes(
            table[:, 0].copy(), table[:, 1].astype(np.int16), table[:, 2].astype(np.int32)
        )

    def _notices(self) -> Notices:
        table = np.array(sorted(self.notices), dtype=np.int64).reshape(-1, 2)
        return Notices(table[:, 0].copy(), table[:, 1].astype(np.int32))
