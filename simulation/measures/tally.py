"""What the activities of a run add up to: waits by step, and units held by pool. Whole ticks, so the sums are exact.

A journal that is not in order of patients is added up in one compiled pass (`engine.compiled_tally`), because sorting
it costs more than all else; any other is added up from its holdings. Both give the same sums.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.engine.contract import Run
from simulation.engine.milestones import InOrder
from simulation.engine.rows import NONE, Plan, StepRow
from simulation.measures.occupancy import Ints, Roles, replay, roles_of, rows_of
from simulation.measures.patients_table import activities_table
from simulation.measures.window import Window, in_ticks
from simulation.records.schema import Mask
from simulation.units import DAY, HOUR, NEVER

TIMED, COUNTED = 1, 2
"""What is added up of a pool: how long its units are held, or how many are held at each whole hour. 0: nothing."""
MOST_KEPT = 64
"""Pools whose units held by a patient fit as bits into one whole number."""
BITS = 67
"""The powers of 2 below 2^64 leave different remainders by this, which are used to look up the pool of a bit."""
BY_DAY = (10 * HOUR, 23 * HOUR)
"""Ticks of a day from which and to which it is daytime; outside it is night."""


@dataclass(frozen=True)
class Tally:
    """Sums over a window of time.

    By step, (n_nodes,): n_stopped  how many joined in the window and stopped waiting (started, left or were
    blocked); waited  ticks that these had waited; waiting  ticks that anybody waited there in the window.
    By pool: held_ticks (n_pools, 2)  ticks in the window for which units counted against the pool, in all and by day;
    held (n_pools, n_hours)  units held at each whole hour of the window: what begins then counts, what ends does not.
    """

    n_stopped: Ints
    waited: Ints
    waiting: Ints
    held_ticks: Ints
    held: Ints


class TallyPlan(NamedTuple):
    """What is added up of a department's runs, worked out once.

    wanted  by pool TIMED, COUNTED or 0; waits  at which nodes somebody can wait. For the compiled pass: simple  pools
    and rows as `_simple` says, where a step holds a timed pool from its start to its end and no longer; special, teams
    as `engine.compiled_tally` reads them. `special` is None where the pass cannot say who holds what: with more than 64
    pools that are kept, or a kept one of teams, which needs to know when each unit was taken.
    """

    plan: Plan
    roles: Roles
    wanted: NDArray[np.int8]
    waits: Mask
    simple: tuple[Ints, Ints]
    teams: Ints
    special: tuple[NDArray[Any], ...] | None


def tally_plan(plan: Plan, wanted: NDArray[np.int8]) -> TallyPlan:
    """What is added up of a plan's runs. `wanted`: by pool, TIMED, COUNTED or 0."""
    roles = roles_of(plan)
    teams = np.full(
        (len(plan.pools), 1 + max(len(row.team_changes) for row in plan.pool_rows)), NEVER
    )
    for number, row in enumerate(plan.pool_rows):
        teams[number, : len(row.team_changes)] = row.team_changes
    of_teams = teams[:, 0] != NEVER
    simple = (wanted == TIMED) & ~roles.keeps & ~of_teams
    kept = np.flatnonzero(roles.keeps.any(axis=0) & (wanted > 0))
    waits = np.array([isinstance(row, StepRow) and row.ask != NONE for row in plan.rows])
    special = None
    if len(kept) <= MOST_KEPT and not (of_teams & (wanted == TIMED))[kept].any():
        special = _special(roles, (wanted > 0) & ~simple, kept, wanted == TIMED)
    return TallyPlan(plan, roles, wanted, waits, _simple(roles, simple), teams, special)


def _simple(roles: Roles, simple: Mask) -> tuple[Ints, Ints]:
    """The pools that a step holds from start to end (`simple`), and the row in which the ticks of each are added up.

    The rows are those of ticks by step and recorded pool (the first of a step: none recorded), then those by step.
    """
    n_nodes, n_pools = simple.shape
    nodes = np.arange(n_nodes)
    first = nodes * (1 + n_pools)
    parts = [(pools, first[-1] + 1 + n_pools + nodes) for pools in roles.always]
    parts += [(pools, first) for pools in roles.unless_chosen]
    parts += [
        (np.where(roles.offers[:, pool], pool, NONE), first + 1 + pool) for pool in range(n_pools)
    ]
    node, pool, row = np.concatenate([(nodes, *part) for part in parts], axis=1)
    chosen = (pool != NONE) & simple[node, pool]
    return pool[chosen], row[chosen]


def _special(roles: Roles, others: Mask, kept: Ints, timed: Mask) -> tuple[NDArray[Any], ...]:
    """What each step does with the pools that are not simple there (`others`), as `engine.compiled_tally` reads it."""
    node = np.arange(len(others))
    always, unless_chosen = (
        -np.sort(
            -np.where((pools != NONE) & others[node, pools], pools, NONE).T, axis=1
        )  # (n_nodes, k), NONE last
        for pools in (roles.always, roles.unless_chosen)
    )
    bits, pool_of_bit = np.zeros(len(timed), dtype=np.uint64), np.full(BITS, NONE)
    bits[kept] = np.left_shift(np.uint64(1), np.arange(len(kept), dtype=np.uint64))
    pool_of_bit[(bits[kept] % np.uint64(BITS)).astype(np.int64)] = kept
    releases_at_start, releases_at_end = (
        (role * bits).sum(axis=1, dtype=np.uint64)
        for role in (roles.releases_at_start, roles.releases_at_end)
    )
    offered = roles.offers & others
    takes = (always != NONE).any(axis=1) | (unless_chosen != NONE).any(axis=1) | offered.any(axis=1)
    is_special = takes | (releases_at_start > 0) | (releases_at_end > 0)
    return (
        is_special,
        always,
        unless_chosen,
        offered,
        roles.keeps,
        bits,
        releases_at_start,
        releases_at_end,
        pool_of_bit,
        timed,
    )


def tally(asked: TallyPlan, run: Run, *, window: Window) -> Tally:
    """The sums of a run over a window, from the compiled pass where it can tell them, else from the holdings."""
    if not isinstance(run.journal, InOrder) and asked.special is not None:
        from simulation.engine.compiled_journal import Recorded  # late: it brings numba

        assert isinstance(run.journal, Recorded)
        passes = (reader for reader in run.journal.readers if isinstance(reader, _Pass))
        compiled = next((done for done in passes if done.is_of(asked, window)), None)
        compiled = compiled or _Pass(asked, window, run.journal.n_patients)
        if compiled.n_read < len(run.journal):
            for records in run.journal.blocks():
                compiled(records)
        if compiled.fits:
            return compiled.sums()
    return from_holdings(asked, run, window=window)


def tally_with(asked: TallyPlan, run: Run, *, window: Window) -> None:
    """Have a run added up in the pass that finds its milestones, if its journal has one; `tally` reads them then."""
    if not isinstance(run.journal, InOrder) and asked.special is not None:
        from simulation.engine.compiled_journal import Recorded

        assert isinstance(run.journal, Recorded)
        run.journal.readers.append(_Pass(asked, window, run.journal.n_patients))


def whole_hours(window: Window) -> Ints:
    """The whole hours of a window, in hours since 00:00 on day 0."""
    low, high = in_ticks(window)
    return np.arange(-(-low // HOUR), -(-high // HOUR))


def from_holdings(asked: TallyPlan, run: Run, *, window: Window) -> Tally:
    """The sums of a run over a window, from a table in order of patients."""
    plan, wanted = asked.plan, asked.wanted
    rows = rows_of(plan, activities_table(plan, run))
    n_nodes, (low, high) = len(plan.nodes), in_ticks(window)
    waits = asked.waits[rows.step]
    stopped_at = np.where(rows.started_at == NEVER, rows.ended_at, rows.started_at)
    stopped = waits & (rows.joined_at >= low) & (rows.joined_at < high) & (stopped_at != NEVER)
    until = np.where(stopped_at == NEVER, high, stopped_at)
    waiting = np.clip(until, low, high) - np.clip(rows.joined_at, low, high)
    held = replay(asked.roles, rows)
    chosen = np.flatnonzero(wanted[held.pool] == TIMED)
    pool, edges = held.pool[chosen], np.stack([held.taken[chosen], held.counted_until[chosen]])
    edges = np.clip(np.where(edges == NEVER, high, edges), low, high)
    held_ticks = [
        _sum_by(pool, np.diff(ticks, axis=0)[0], len(plan.pools))
        for ticks in (edges, daytime(edges))
    ]
    return Tally(
        n_stopped=np.bincount(rows.step[stopped], minlength=n_nodes),
        waited=_sum_by(rows.step[stopped], (stopped_at - rows.joined_at)[stopped], n_nodes),
        waiting=_sum_by(rows.step[waits], waiting[waits], n_nodes),
        held_ticks=np.stack(held_ticks, axis=1),
        held=_held_at(whole_hours(window), held.pool, held.taken, held.given_back, wanted),
    )


def _sum_by(key: Ints, ticks: Ints, n: int) -> Ints:
    """The sum of ticks by key, shape (n,); exact, because they are whole."""
    sums = np.zeros(n, dtype=np.int64)
    np.add.at(sums, key, ticks)
    return sums


def daytime(ticks: Ints) -> Ints:
    """Ticks of daytime between tick 0 and each tick."""
    begins, ends = BY_DAY
    days, within = np.divmod(ticks, DAY)
    by_day: Ints = days * (ends - begins) + np.clip(within - begins, 0, ends - begins)
    return by_day


def _held_at(
    hours: Ints, pool: Ints, taken: Ints, given_back: Ints, wanted: NDArray[np.int8]
) -> Ints:
    """Units held at each whole hour, (n_pools, n_hours); 0 for pools that are not COUNTED."""
    held = np.zeros((len(wanted), len(hours)), dtype=np.int64)
    at = hours * HOUR
    for number in np.flatnonzero(wanted == COUNTED):
        of_pool = pool == number
        left = given_back[of_pool][given_back[of_pool] != NEVER]
        held[number] = np.searchsorted(np.sort(taken[of_pool]), at, side="right")
        held[number] -= np.searchsorted(np.sort(left), at, side="right")
    return held


class _Pass:
    """The sums of the compiled pass, as records are read; `fits` is False once somebody holds two units of one pool."""

    def __init__(self, asked: TallyPlan, window: Window, n_patients: int) -> None:
        n_nodes, n_pools = len(asked.waits), len(asked.wanted)
        n_hours = len(whole_hours(window))
        self._asked, self._window = asked, window
        self._bounds = np.array([*in_ticks(window), *BY_DAY])
        self._held_by = np.zeros(n_patients, dtype=np.uint64)
        shapes = (
            (n_pools,),
            (n_nodes, 3),
            (n_nodes, 1 + n_pools, 2),
            (n_pools, 2),
            (n_pools, n_hours + 1),
        )
        self._totals = tuple(np.zeros(shape, dtype=np.int64) for shape in shapes)
        self.n_read = 0
        self.fits = True

    def is_of(self, asked: TallyPlan, window: Window) -> bool:
        """Whether these are the sums asked for."""
        return self._asked is asked and self._window == window

    def __call__(self, records: NDArray[Any]) -> None:
        from simulation.engine.compiled_tally import add_up

        self.n_read += len(records)
        asked = self._asked
        self.fits = self.fits and add_up(
            records, self._bounds, asked.special, asked.teams, self._held_by, *self._totals
        )

    def sums(self) -> Tally:
        """The sums over all records read."""
        asked, (n_open, by_step, by_choice, ticks_given_back, changes) = self._asked, self._totals
        to_the_end = np.array(
            [self._bounds[1], daytime(self._bounds[1])]
        )  # for units that nobody gave back
        held_ticks = ticks_given_back + n_open[:, None] * to_the_end
        pool, row = asked.simple
        np.add.at(
            held_ticks, pool, np.concatenate([by_choice.reshape(-1, 2), by_choice.sum(axis=1)])[row]
        )
        n_stopped, waited, waiting = np.where(asked.waits[:, None], by_step, 0).T
        held = np.where((asked.wanted == COUNTED)[:, None], np.cumsum(changes[:, :-1], axis=1), 0)
        return Tally(n_stopped, waited, waiting, held_ticks, held)
