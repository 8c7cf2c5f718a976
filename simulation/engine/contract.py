"""The contract that every engine obeys, in prose; and what an engine returns.

The words of a department (step, pool, trigger, round, ...) are those of `department/vocabulary.py`. A *request* is a
patient who waits for a step's pools. The *dispatch* is phase C.

**Time** is whole ticks of 1/1024 minute from 00:00 on day 0, a Monday. All chance is in the draws: an engine is a
deterministic function of (plan, columns, horizon).

**Three phases at each instant.**

A. Advance the clock to the next instant at which anything is due.
B. Apply every change due now: ends of steps, arrivals, rotas, patience running out, decisions of triggers. They only
   free capacity, or join, leave or re-rank in queues, so their order has no meaning.
C. Among all waiting requests that can start (every pool asked for has a free unit), whatever step they wait for,
   the one with the smallest key starts: it releases what its step releases at the start and takes its pools in
   one act; what it released is free at once. Again, until none can start. Only then do the steps of zero length
   that started here end, in another B and C of the same instant.

**Who is next.** The key is (rank, joined at, patient). Under `acuity` the rank is the class's; under `accumulating`
it is minus the class's rate times the ticks waited. The class is the patient's acuity now (before triage the
untriaged class), or the one the step states. Nobody who can start is held up by one who cannot; nothing is
reserved. The order in which pools and steps are declared has no meaning. A request for several pools starts when
all are free; one for any of several takes the first free in the order its step names.

**Leaving.** A patient whose patience ends at t has left before the dispatch at t. If patience ends while the
patient is being served, it leaves on joining the next queue that allows leaving. Once a step with `first_seen` has
started, or the patient has left once, patience no longer matters. Whoever leaves, is blocked or ends gives back
everything held.

**Clocks.** A clock that a step names in `starts_clock` starts for the patient as the step ends, anew if it ran. A step
`since` a clock counts its minutes (and its pace) from where the clock was started, and ends at once if they are over by
its start; the clock is used up. If it does not run, the minutes count from now. A branch on elapsed minutes reads such
a step: whether its clock runs and its minutes, counted from there at its pace and without effort, are over by now. The
clock runs on.

**Coins.** A coin is the random number that decides a branch by chance. Outside loops a branch has one for each patient.
Inside, it has one for each number of passes that the patient can have begun by then, so that a second pass is decided
afresh; the coin of a pass is the same in every arm.

**Effort.** The last share of a step's minutes may fall away in stages while many wait elsewhere. As each stage begins
(at the step's start, if its minutes since a clock are over by then) the number that waited just before this instant is
read: if it is large enough, the step ends, else it goes on to the next stage, or to its end.

**Rotas.** Nobody is cut off when a rota shrinks. `outgoing_count`: those still at work count against the new
number. `outgoing_are_extra`: at every time in the rota a new team begins, of whom nobody is in use; units of the old
team are still held until their work is over, and then leave the pool.

**Rounds.** A patient gets worse at a drawn time after arrival, and nothing happens by itself. A round acts on an alarm,
which is on from some time after arrival. Without a tool that watches, it is on once the patient is worse; with one, the
tool may miss that, or give a false alarm. At each round, a patient is noticed who has waited at one of its steps since
before now, has an alarm by now, was not noticed before and does not leave now: its acuity now becomes what the pathway
says, and it is ranked again and keeps its place (`joined at`). A later label replaces that.

**Queue limits.** A limit counts those who wait at one step. When C is at rest a queue that is too long loses the
largest keys among those who joined at this instant; they are blocked, and move on in another B.

**Outages.** An outage is a list of half-open spans of time in which something is down, drawn for the replication like
the patients. A branch on an outage
reads whether it is down now; with `since_start`, whether it was down at any time from the start of the patient's last
activity until now (both included; only now for a patient who has started none, or left the last one before its start).
So a step under way when something fails is completed, and what follows may differ. A pool that an outage closes has so
many units fewer while it lasts, none if it closes all, whatever else opens; nobody is cut off.

**State.** A branch on a queue reads how many waited just before this instant. Escalation (`opens`), care of boarders
(`takes`) and placement elsewhere (`overflow`) are decided every so many minutes on the same snapshot. Opening raises
capacity in B, closing cuts nobody off; a request that overflows to more pools keeps its place (`joined at`).

**On call.** Units that open with a delay come that long after the decision that called them, even if the queue is short
again by then. Until then, and at that instant, their trigger decides nothing; a later decision may close them.

**The end.** Events at the horizon do not run. An activity that has not started or ended by then has NEVER for that
time.

An engine that lacks what a plan needs raises PlanError and names the step: there is no silent fallback.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulation.engine.plan import Columns
from simulation.engine.rows import NONE, Outcome, Plan
from simulation.records.schema import Floats, Ints
from simulation.units import NEVER, TICKS_PER_MINUTE


@dataclass(frozen=True)
class Activities:
    """One row per patient and step, sorted by patient, then in order of joining; arrays of one length.

    The end that a patient reached is a last row of no length; a patient without one was still there at the horizon.

    patient  row of the draws
    step     row of the plan
    outcome  `rows.Outcome`
    joined_at, started_at, ended_at  ticks or NEVER
    pool     the pool of `any_of` of which a unit was taken, by number, or -1
    """

    patient: NDArray[np.int32]
    step: NDArray[np.int16]
    outcome: NDArray[np.int8]
    joined_at: Ints
    started_at: Ints
    ended_at: Ints
    pool: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.patient)


@dataclass(frozen=True)
class Changes:
    """Changes of capacity by triggers, and by outages that close pools: at tick `at`, row `trigger` of `Plan.triggers`
    set to `units` how many units it opens, takes or closes; sorted by (at, trigger)."""

    at: Ints
    trigger: NDArray[np.int16]
    units: NDArray[np.int32]


@dataclass(frozen=True)
class Notices:
    """What rounds noticed: at tick `at`, an alarm of `patient` (a row of the draws); sorted by (at, patient)."""

    at: Ints
    patient: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.at)


class Moment(IntEnum):
    """One of the three points in time of an activity."""

    JOINED = 0
    STARTED = 1
    ENDED = 2


Names = Mapping[str, Mapping[int, Moment]]
"""Which moments date each recorded point in time: by its name, the rows of the plan that do so, each with its
moment."""


@dataclass(frozen=True)
class Milestones:
    """When patients first reached each recorded point in time, and the last row of each of n patients.

    first_at       (n,) minutes by name, NaN where it was never reached (a step that a patient left never ended)
    last_step      (n,) node of the last row, or -1 if there is none
    last_ended_at  (n,) ticks at which that row ended, or NEVER
    """

    first_at: Mapping[str, Floats]
    last_step: NDArray[np.int16]
    last_ended_at: Ints


class Journal(Protocol):
    """Activities as an engine wrote them down: each patient's in the order of joining, patients in any order."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def arranged(self) -> Activities:
        """The same rows, patient by patient."""
        ...

    def milestones(self, names: Names, n_nodes: int, n_patients: int) -> Milestones:
        """First times by name and the last row of each patient, without sorting anything."""
        ...


@dataclass(frozen=True)
class Run:
    """What an engine returns. `n_events` counts the changes applied, for figures of speed."""

    journal: Journal
    changes: Changes
    horizon: int
    n_events: int
    notices: Notices

    @cached_property
    def activities(self) -> Activities:
        """Everybody's activities, sorted when they are first read: most results need no more than milestones."""
        return self.journal.arranged()


class Engine(Protocol):
    """A function from a plan, bound columns and a horizon in ticks to a run."""

    def __call__(self, plan: Plan, columns: Columns, horizon: int) -> Run:
        """Run everybody from time 0 to the horizon."""
        ...


@dataclass(frozen=True)
class InOrder:
    """A journal of activities that are sorted by patient already, as the reference engine gives them."""

    activities: Activities

    def __len__(self) -> int:
        return len(self.activities)

    def arranged(self) -> Activities:
        """The activities themselves."""
        return self.activities

    def milestones(self, names: Names, n_nodes: int, n_patients: int) -> Milestones:
        """First times by name and the last row of each patient."""
        activities = self.activities
        times = (activities.joined_at, activities.started_at, activities.ended_at)  # by Moment
        first_at = {}
        for name, nodes in names.items():
            moment_of = np.full(n_nodes, NEVER)
            moment_of[list(nodes)] = list(nodes.values())
            row_moment = moment_of[activities.step]
            at = np.full(len(activities), NEVER, dtype=np.int64)
            for moment in Moment:
                at = np.where(row_moment == moment, times[moment], at)
            at[(row_moment == Moment.ENDED) & (activities.outcome != Outcome.DONE)] = NEVER
            # backwards, so the first of a patient is written last and stays
            dated = np.flatnonzero(at != NEVER)[::-1]
            first_at[name] = np.full(n_patients, np.nan)
            first_at[name][activities.patient[dated]] = at[dated] / TICKS_PER_MINUTE
        last_step = np.full(n_patients, NONE, dtype=np.int16)
        last_step[activities.patient] = activities.step  # in order, so the last of a patient stays
        last_ended_at = np.full(n_patients, NEVER, dtype=np.int64)
        last_ended_at[activities.patient] = activities.ended_at
        return Milestones(first_at, last_step, last_ended_at)


_LOCK = threading.Lock()
_THREAD = threading.local()


@contextmanager
def in_turn() -> Iterator[None]:
    """Let one thread at a time run this block, but for threads that are in a part of it `beside_others`.

    For replications on threads of one process (`runs.running.ThreadExecutor`).
    """
    with _LOCK:
        _THREAD.in_turn = True
        try:
            yield
        finally:
            _THREAD.in_turn = False


@contextmanager
def beside_others() -> Iterator[None]:
    """Let another thread into its `in_turn` block meanwhile: for a part that needs no Python, as the compiled loop."""
    if not getattr(_THREAD, "in_turn", False):
        yield
        return
    _LOCK.release()
    try:
        yield
    finally:
        _LOCK.acquire()
