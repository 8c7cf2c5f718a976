"""What does each lever contribute to the joint effect? Each combination of levers is an arm; each lever has a share.

A game gives every set of levers (a coalition) one number a replication.

- **Shapley value** (Shapley 1953, Contributions to the Theory of Games II, pp. 307-317): the mean, over all orders in
  which the levers could be added, of what a lever adds to those before it. The values of all levers add up to the
  joint effect exactly, in every replication; levers that do the same get the same; one that does nothing gets 0.
- **Interaction index** of two levers, from all coalitions: the Shapley interaction index (Grabisch and Roubens 1999,
  Int J Game Theory 28:547-565), the mean over the coalitions S of the others, weighted (k - s - 2)! s! / (k - 1)!, of
  v(S + both) - v(S + one) - v(S + other) + v(S). For two levers it is that difference itself.
- **Sampled orders**, where there are too many coalitions (Castro, Gómez and Tejada 2009, Comput Oper Res 36:1726-1730):
  each order comes with its reverse (Mitchell et al. 2022, J Mach Learn Res 23:43), and the interval holds the error of
  the sample, too. A pair then has the **interaction alone**, with no other lever on, which is another quantity:
  v(both) - v(one) - v(other) + v(none). The sample follows from the levers' names, so that a run needs no seed of its
  own: another name draws other orders, which moves the estimate within that error.

Intervals are t intervals over replications, wider where numbers are skewed (`statistics/critical_values.py`), on those
replications in which every coalition has a number.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, count, product
from typing import TYPE_CHECKING, Literal

import numpy as np

from simulation.display import drawing
from simulation.display.table import Cell, Cells, ReportTable, change_cell, crossed, interval_cell
from simulation.display.words import (
    change,
    false_alarms,
    interval_scope,
    rests_on_claim,
    unit_words,
)
from simulation.errors import Fault, ResultsError, nearest
from simulation.records.schema import Floats
from simulation.runs.result import StudyResult
from simulation.statistics.intervals import (
    LEVEL,
    Interval,
    estimate_interval,
    estimate_intervals,
    t_quantile,
)
from simulation.statistics.verdict import ALPHA, threshold_words
from simulation.study.design import TOGETHER, Design, Target, is_within
from simulation.wording import capitalised, spaced

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Coalition = frozenset[str]
Game = Mapping[Coalition, Floats]
"""By coalition, one number a replication, shape (n_replications,)."""
Order = tuple[str, ...]
PartKind = Literal[
    "alone", "last", "all but", "joint", "shapley", "interaction index", "interaction alone"
]
NOBODY: Coalition = frozenset()


@dataclass(frozen=True)
class Contribution:
    """One part of a joint effect.

    alone: a lever by itself; last: what it adds to all others; all but: the others without it; joint: all levers;
    shapley: a lever's share of the joint effect; interaction index: interaction of two levers, averaged over what else
    is on; interaction alone: interaction of two levers with nothing else on.
    """

    kind: PartKind
    levers: tuple[str, ...]
    estimate: Interval


@dataclass(frozen=True)
class Decomposition:
    """All parts of one joint effect. `n_orders` of adding levers were sampled; None where all coalitions are known."""

    levers: tuple[str, ...]
    parts: tuple[Contribution, ...]
    n_orders: int | None

    def part(self, kind: PartKind, *levers: str) -> Interval:
        """The estimate of one part."""
        return next(
            part.estimate
            for part in self.parts
            if part.kind == kind and set(part.levers) == set(levers)
        )

    def interaction(self, one: str, other: str) -> Interval:
        """The interaction of two levers: the index, or with sampled orders the interaction alone."""
        return self.part(
            "interaction index" if self.n_orders is None else "interaction alone", one, other
        )


def every_coalition(levers: Sequence[str]) -> tuple[Coalition, ...]:
    """All 2^k sets of levers, the smallest first."""
    return tuple(
        frozenset(chosen)
        for size in range(len(levers) + 1)
        for chosen in combinations(levers, size)
    )


def sampled_orders(levers: Sequence[str], n_pairs: int) -> tuple[Order, ...]:
    """`n_pairs` different orders, each followed by its reverse. The same names give the same orders.

    Order k sorts the levers by a hash of k and each name: as good as chance, without a generator.
    """
    orders: list[Order] = []
    for number in count():
        order = tuple(
            sorted(levers, key=lambda lever: hashlib.sha256(f"{number}:{lever}".encode()).digest())
        )
        if order not in orders:
            orders += [order, order[::-1]]
        if len(orders) == 2 * n_pairs:
            break
    return tuple(orders)


def coalitions_of(levers: Sequence[str], orders: Sequence[Order]) -> tuple[Coalition, ...]:
    """The coalitions that sampled orders need: single levers, pairs, all but each, all, and what each order passes."""
    everybody = frozenset(levers)
    coalitions = {NOBODY, everybody, *(everybody - {lever} for lever in levers)}
    coalitions.update(frozenset(pair) for size in (1, 2) for pair in combinations(levers, size))
    coalitions.update(frozenset(order[:size]) for order in orders for size in range(3, len(levers)))
    return tuple(sorted(coalitions, key=lambda some: (len(some), sorted(map(levers.index, some)))))


def shapley(game: Game, levers: Sequence[str]) -> Floats:
    """Each lever's value in each replication, shape (n_replications, k), from all coalitions."""
    return np.stack([_over_orders(game, levers, lever) for lever in levers], axis=1)


def interaction(game: Game, levers: Sequence[str], one: str, other: str) -> Floats:
    """The Shapley interaction index of two levers in each replication, shape (n_replications,)."""
    return _over_orders(game, levers, one, other)


def _over_orders(game: Game, levers: Sequence[str], *chosen: str) -> Floats:
    """What a lever adds, or two do together beyond that, given those before them: the mean over all orders."""
    others = [lever for lever in levers if lever not in chosen]
    parts = [
        math.factorial(len(before))
        * math.factorial(len(others) - len(before))
        * _beyond(game, before, *chosen)
        for before in every_coalition(others)
    ]
    mean: Floats = np.sum(parts, axis=0) / math.factorial(len(others) + 1)
    return mean


def _beyond(game: Game, before: Coalition, one: str, other: str | None = None) -> Floats:
    """What a lever adds given those before, or what two do together beyond what each adds."""
    if other is None:
        return game[before | {one}] - game[before]
    return (
        game[before | {one, other}] - game[before | {one}] - game[before | {other}] + game[before]
    )


def marginals(game: Game, levers: Sequence[str], orders: Sequence[Order]) -> Floats:
    """What each lever adds in each order, shape (n_replications, n_orders, k)."""
    n = len(next(iter(game.values())))
    added = np.empty((n, len(orders), len(levers)))
    for number, order in enumerate(orders):
        for place, lever in enumerate(order):
            added[:, number, levers.index(lever)] = _beyond(game, frozenset(order[:place]), lever)
    return added


def decompose(game: Game, levers: Sequence[str], *, orders: Sequence[Order] = ()) -> Decomposition:
    """Every part of the joint effect of the levers, with its interval.

    Without `orders` the game holds all coalitions; with them (in pairs, one the reverse of the other) those of
    `coalitions_of`. Raises ResultsError for a coalition without numbers, or fewer than two levers.
    """
    if len(levers) < 2:
        raise ResultsError(f"decomposition of {len(levers)} lever. State at least two")
    needed = coalitions_of(levers, orders) if orders else every_coalition(levers)
    known = _complete(game, needed)
    everybody = frozenset(levers)
    none, joint = known[NOBODY], known[everybody]
    without = [known[everybody - {lever}] for lever in levers]
    if orders:
        added = marginals(known, levers, orders)
        shares = [_over_both(added[:, :, place]) for place in range(len(levers))]
    else:
        shares = [estimate_interval(values) for values in shapley(known, levers).T]
    by_kind: dict[PartKind, list[Interval]] = {
        "alone": [estimate_interval(known[frozenset({lever})] - none) for lever in levers],
        "all but": [estimate_interval(others - none) for others in without],
        "last": [estimate_interval(joint - others) for others in without],
        "shapley": shares,
    }
    parts = [Contribution("joint", tuple(levers), estimate_interval(joint - none))]
    for kind, estimates in by_kind.items():
        parts += [
            Contribution(kind, (lever,), estimate)
            for lever, estimate in zip(levers, estimates, strict=True)
        ]
    kind = "interaction alone" if orders else "interaction index"
    for one, other in combinations(levers, 2):
        together = (
            _beyond(known, NOBODY, one, other) if orders else interaction(known, levers, one, other)
        )
        parts.append(Contribution(kind, (one, other), estimate_interval(together)))
    return Decomposition(tuple(levers), tuple(parts), len(orders) or None)


def _complete(game: Game, needed: Iterable[Coalition]) -> dict[Coalition, Floats]:
    """The numbers of the needed coalitions, in the replications in which all of them have one (NaN if none has)."""
    numbers = {coalition: game[coalition] for coalition in needed}
    table = np.stack(list(numbers.values()))
    kept = ~np.isnan(table).any(axis=0)
    if np.isinf(table).any() or not kept.any():
        # somebody's stay had not ended: as in `compare`, nothing is known
        return dict.fromkeys(numbers, np.full(1, np.nan))
    return {coalition: values[kept] for coalition, values in numbers.items()}


def _over_both(added: Floats) -> Interval:
    """The mean over replications and sampled orders, with an interval that allows for the chance in both.

    Replications and orders are crossed. The variance of the mean is at most that of the replications' means over their
    number plus that of the pairs' means over theirs (what both share is counted twice, on the careful side); degrees of
    freedom are those of the smaller of the two. Shape of `added`: (n_replications, n_orders).
    """
    by_replication = added.mean(axis=1)
    by_pair = added.reshape(len(added), -1, 2).mean(axis=(0, 2))
    simple = estimate_interval(by_replication)
    n, n_pairs = len(by_replication), len(by_pair)
    if n < 2 or n_pairs < 2:
        return simple
    parts = [
        estimate_intervals(means[:, None], LEVEL, "fixed_sample")
        for means in (by_replication, by_pair)
    ]
    variance = sum(float((part.widened * part.sd)[0]) ** 2 / int(part.n[0]) for part in parts)
    half = t_quantile(min(n, n_pairs) - 1, LEVEL) * math.sqrt(variance)
    return replace(simple, low=simple.mean - half, high=simple.mean + half, error=None)


MOST_LEVERS = 8
"""The most levers of which every combination is run (256 arms); for more, orders of adding them are sampled."""


def is_ablation(design: Design) -> bool:
    """Whether a study has levers, and every combination that is run is among its arms."""
    return bool(design.levers) and all(
        design.combination(coalition) in design.arms for coalition in coalitions(design)
    )


def orders(design: Design) -> tuple[Order, ...]:
    """The sampled orders of adding levers; empty if every combination is run."""
    levers = tuple(design.levers)
    return sampled_orders(levers, design.order_pairs) if len(levers) > MOST_LEVERS else ()


def coalitions(design: Design) -> tuple[Coalition, ...]:
    """The combinations of levers that are run, smallest first."""
    levers, sampled = tuple(design.levers), orders(design)
    return coalitions_of(levers, sampled) if sampled else every_coalition(levers)


def with_combinations(design: Design) -> Design:
    """The study with an arm for each combination of its levers; the same study if it has none."""
    if not design.levers:
        return design
    baseline = design.arms[design.baseline]
    arms = {
        design.combination(coalition): replace(
            baseline,
            label=label_of(design, coalition),
            levers=_in_order(design, coalition),
            control=None,
            cost=None,
        )
        for coalition in coalitions(design)
        if coalition != NOBODY
    }
    return replace(design, arms={**design.arms, **arms})


def label_of(design: Design, coalition: Coalition) -> str:
    """'All levers: accuracy + time', 'Only: time', 'All but: time', 'Accuracy + time + tests'."""
    on = _in_order(design, coalition)
    off = [name for name in design.levers if name not in coalition]
    label = {name: lever.label for name, lever in design.levers.items()}
    if not off:
        return (
            f"All levers: {' + '.join(label[name] for name in on)}"
            if len(on) < 4
            else f"All {len(on)} levers"
        )
    if len(on) == 1:
        return f"Only: {label[on[0]]}"
    if len(off) == 1:
        return f"All but: {label[off[0]]}"
    return " + ".join(label[name] for name in on)


def lever_faults(design: Design) -> Iterator[Fault]:
    """The faults in a study's levers that show without looking at any policy."""
    where = "study.levers"
    if design.baseline in design.arms and design.arms[design.baseline].levers:
        remedy = "Leave them out: it is where all levers are off"
        yield Fault(f"study.arms.{design.baseline}.levers", "the baseline has levers on", remedy)
    if len(design.levers) == 1:
        yield Fault(
            where, "states one lever", "State at least two: the effect of one is that of an arm"
        )
    for name, lever in design.levers.items():
        if TOGETHER in name:
            yield Fault(
                f"{where}.{name}",
                f"the name holds '{TOGETHER}'",
                "Arms of several levers are named with it",
            )
        if not lever.takes and not lever.changes:
            yield Fault(f"{where}.{name}", "does nothing", "State takes or changes")
        if lever.takes and design.full is None:
            yield Fault(
                "study.full", "is missing", f"Name the policy that '{name}' takes its parts from"
            )
    touched = {
        name: {*(f"triage.{path}" for path in lever.takes), *lever.changes}
        for name, lever in design.levers.items()
    }
    for one, other in combinations(touched, 2):
        for path in sorted(touched[one]):
            if any(is_within(path, others) or is_within(others, path) for others in touched[other]):
                yield Fault(
                    f"{where}.{other}",
                    f"changes '{path}', as '{one}' does",
                    "Leave it to one of them",
                )
    combined = {design.combination(coalition) for coalition in coalitions(design) if coalition}
    for name in sorted(combined & set(design.arms)):
        yield Fault(
            f"study.arms.{name}",
            "has the name of a combination of levers",
            "Rename the arm or the lever",
        )
    for name, arm in design.arms.items():
        for lever_name in arm.levers:
            if lever_name not in design.levers:
                remedy = nearest(lever_name, design.levers)
                yield Fault(
                    f"study.arms.{name}.levers", f"there is no lever '{lever_name}'", remedy
                )


def _in_order(design: Design, coalition: Coalition) -> tuple[str, ...]:
    return tuple(name for name in design.levers if name in coalition)


# --- from a result ------------------------------------------------------------------------------------------

FILE = "decomposition.csv"
TIDY = (
    "measure", "group", "unit", "part", "levers", "value", "low", "high", "n_replications",
    "minimal_important_difference", "beyond_it",
)  # fmt: skip
"""The columns of the file."""
BUSY = "busy_share"
BUSY_ENOUGH = 0.005
"""Least change of a busy share, by all levers or one of them, that is worth a line."""
LEVER_BARS: tuple[tuple[PartKind, str, str, str], ...] = (
    ("shapley", "its share of the joint effect (Shapley value)", "#4d94db", ""),
    ("alone", "alone", "#c4dcf2", ""),
    ("last", "added last, after all others", "#ffffff", "////"),
)
"""The bars of each lever: the part drawn, its words in the legend, colour and hatch."""
JOINT_COLOUR = "#a3b0b8"
KINDS: tuple[PartKind, ...] = ("shapley", "alone", "last", "all but")
"""The parts of each lever that a table shows."""


@dataclass(frozen=True)
class TargetParts:
    """The parts of the joint effect on one target, in `unit`."""

    target: Target
    unit: str
    parts: Decomposition

    @property
    def joint(self) -> Interval:
        """The effect of all levers together."""
        return self.parts.part("joint", *self.parts.levers)

    def words(self, kind: PartKind, lever: str) -> str:
        """One part with its interval: '−7.2 (−18.0 to +3.5)'."""
        return str(interval_cell(self.parts.part(kind, lever), self.unit))

    def beyond(self, estimate: Interval) -> bool | None:
        """Whether a part exceeds the least difference that matters; None if that is not settled."""
        return beyond(estimate, self.target.minimal_important_difference)

    def size(self, estimate: Interval) -> str:
        """The same in words."""
        mid = self.target.minimal_important_difference
        important, is_beyond = threshold_words(mid, self.unit), self.beyond(estimate)
        if estimate.low == estimate.high == 0:
            return "nothing"
        if is_beyond is not None:
            return f"{'more' if is_beyond else 'less'} than {important}"
        perhaps = abs(estimate.mean) >= mid
        return f"{'perhaps more than' if perhaps else 'not shown to exceed'} {important}"


@lru_cache(maxsize=8)
def decomposition_of(result: StudyResult) -> tuple[TargetParts, ...]:
    """The joint effect on every target, divided among the levers; empty if not every combination was run."""
    by_target = []
    for target in result.targets if is_ablation(result.design) else ():
        by_arm = {arm: result.independent(arm, target) for arm in result.measures}
        by_target.append(
            TargetParts(target, result.unit(target), _decompose_by_arm(result.design, by_arm))
        )
    return tuple(by_target)


def busy_parts(result: StudyResult) -> list[Decomposition]:
    """The joint effect on the busy share of each pool, a mean over replications, divided among the levers, without
    intervals."""
    busy = {arm.name: arm.day.busy_mean for arm in result.arms}
    pools = range(len(result.baseline.day.pools))
    return [
        _decompose_by_arm(result.design, {arm: shares[[pool]] for arm, shares in busy.items()})
        for pool in pools
    ]


def _decompose_by_arm(design: Design, by_arm: Mapping[str, Floats]) -> Decomposition:
    """The joint effect on a number, divided among the levers. `by_arm`: shape (n_replications,)."""
    game = {coalition: by_arm[design.combination(coalition)] for coalition in coalitions(design)}
    return decompose(game, tuple(design.levers), orders=orders(design))


def beyond(estimate: Interval, mid: float) -> bool | None:
    """Whether an effect exceeds the minimal important difference in either direction; None if that is not settled.

    It is not settled either if the interval is too weak for a verdict (`statistics/critical_values.py`).
    """
    low, high = estimate.judged
    if low >= mid or high <= -mid:
        return True
    return False if -mid < low and high < mid else None


def joint_arm(result: StudyResult) -> str:
    """The name of the arm in which every lever is on."""
    return result.design.combination(frozenset(result.design.levers))


def lever_label(result: StudyResult, name: str) -> str:
    """'Time of interview and record'."""
    return capitalised(result.design.levers[name].label)


# --- tables --------------------------------------------------------------------------------------------------


def tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """Parts of the joint effect on each target, interactions, and how busy pools are; none without levers."""
    by_target = decomposition_of(result)
    if not by_target:
        return ()
    return (
        *(parts_table(result, of_one) for of_one in by_target),
        interactions_table(result),
        busy_table(result),
    )


def parts_table(result: StudyResult, of_target: TargetParts) -> ReportTable:
    """One target: each lever's share, its effect alone, added last, and the others without it; then all together."""
    target, unit = of_target.target, of_target.unit
    rows: list[Cells] = []
    for lever in of_target.parts.levers:
        parts = [of_target.parts.part(kind, lever) for kind in KINDS]
        cells = (interval_cell(part, unit) for part in parts)
        rows.append((lever_label(result, lever), *cells, of_target.size(parts[0])))
    joint = of_target.joint
    rows.append(("All together", interval_cell(joint, unit), "", "", "", of_target.size(joint)))
    headers = ("lever", "its share", "alone", "added last", "the others without it", "its share is")
    title = f"{target.label}: what each lever contributes to the joint effect, {unit_words(unit)}"
    notes = tuple(_parts_notes(of_target.parts, interval_scope(result)))
    return ReportTable(f"levers:{target.measure}:{target.group}", title, headers, rows, notes)


def _parts_notes(parts: Decomposition, what: str) -> Iterator[str]:
    n = len(parts.levers)
    orders = f"in all orders of adding them ({2**n} combinations, each an arm)"
    if parts.n_orders is not None:
        orders = (
            f"in {parts.n_orders} sampled orders of adding them (chosen by the levers' names); the interval "
            f"includes the sampling error"
        )
    yield (
        f"'Its share' is the Shapley value (Shapley 1953): what a lever adds on average {orders}. Shares add up to "
        f"the joint effect. In brackets: the 95 % interval {what}, unadjusted: of {n + 1} shares and "
        f"sums, about {ALPHA * (n + 1):.1f} would exclude 0 if no lever did anything."
    )


def interactions_table(result: StudyResult) -> ReportTable:
    """A row a pair of levers, a column a target: what the two do together beyond what each does."""
    by_target, levers = decomposition_of(result), result.design.levers
    pairs = [
        (f"{lever_label(result, one)} with {levers[other].label}", (one, other))
        for one, other in combinations(levers, 2)
    ]
    n_looked_at = len(pairs) * len(by_target)
    chance = f" {false_alarms(n_looked_at, 'pairs and targets')}" if n_looked_at > 1 else ""

    def cell(pair: tuple[str, str], of_target: TargetParts) -> Cell:
        interaction = of_target.parts.interaction(*pair)
        number = interval_cell(interaction, of_target.unit)
        return replace(number, text=f"{number}: {of_target.size(interaction)}")

    return crossed(
        ("interactions", "What levers do together beyond what each does", "levers"),
        pairs,
        [(f"{one.target.label}, {unit_words(one.unit)}", one) for one in by_target],
        cell,
        (
            _interaction_note(by_target[0].parts),
            f"In brackets the 95 % interval {interval_scope(result)}.{chance}",
        ),
    )


def _interaction_note(parts: Decomposition) -> str:
    if parts.n_orders is not None:
        return (
            "The effect of both levers minus that of each, with no other lever on (a two-way difference: there were "
            "too many levers for the index over all combinations)."
        )
    return (
        "Shapley interaction index (Grabisch and Roubens 1999): both levers minus each, averaged over what else is "
        "on." + (" With two levers it is that difference itself." if len(parts.levers) == 2 else "")
    )


def busy_table(result: StudyResult) -> ReportTable:
    """A row a pool, the largest change first: how busy it is without levers and with all, and each lever's share."""
    design = result.design
    day, joint = result.baseline.day, result.arm(joint_arm(result)).day.busy_mean
    rows: list[tuple[float, Cells]] = []
    for pool, before, after, parts in zip(
        day.pools, day.busy_mean, joint, busy_parts(result), strict=True
    ):
        shares = [parts.part("shapley", lever).mean for lever in parts.levers]
        changes = [after - before, *shares]
        if math.isnan(before) or max(map(abs, changes)) < BUSY_ENOUGH:
            continue
        levels = (Cell(level, "share", style="number") for level in (before, after))
        row: Cells = (spaced(pool), *levels, *(change_cell(share, "share") for share in changes))
        rows.append((abs(after - before), row))
    rows.sort(key=lambda ranked: -ranked[0])
    shares_of = (f"share of: {lever.label}" for lever in design.levers.values())
    headers = ("pool", "without levers, %", "with all, %", "change, points", *shares_of)
    note = (
        "Time that units are held divided by time on duty, mean of the first replications; without intervals, so "
        "for description only. Pools that no lever changes by half a point are left out."
    )
    title, ordered = "How busy pools are, and what each lever adds", tuple(row for _, row in rows)
    return ReportTable("levers:busy", title, headers, ordered, (note,))


# --- in words ------------------------------------------------------------------------------------------------


def sentences(result: StudyResult) -> Iterator[str]:
    """A sentence for each target on what each lever contributes, then one on the interactions that matter.

    Without levers there are none.
    """
    by_target = decomposition_of(result)
    if not by_target:
        return
    claimed = rests_on_claim(result, result.arm(joint_arm(result)))
    for number, of_target in enumerate(by_target):
        yield _contributed(
            result,
            of_target,
            opening="If the claim were true, of" if claimed and number == 0 else "Of",
        )
    yield _interactions(result)


def _contributed(result: StudyResult, of_target: TargetParts, *, opening: str) -> str:
    """What each lever contributes to one target, the largest share first."""
    parts, unit = of_target.parts, of_target.unit
    joint = f"{interval_cell(of_target.joint, unit)} {unit_words(unit)}"
    levers = "; ".join(
        f"'{result.design.levers[lever].label}' {of_target.words('shapley', lever)}, "
        f"alone {change(parts.part('alone', lever).mean, unit)}"
        for lever in sorted(parts.levers, key=lambda lever: -abs(parts.part("shapley", lever).mean))
    )
    return f"{opening} {joint} in '{of_target.target.label}', levers contribute: {levers}."


def _interactions(result: StudyResult) -> str:
    """The pairs that together do more or less than each by enough to matter, and how many are not settled."""
    levers, shown, n_open = result.design.levers, [], 0
    for (one, other), of_target in product(combinations(levers, 2), decomposition_of(result)):
        interaction, unit = of_target.parts.interaction(one, other), of_target.unit
        is_beyond = of_target.beyond(interaction)
        if is_beyond:
            effect = f"{interval_cell(interaction, unit)} {unit_words(unit)} in '{of_target.target.label}'"
            shown.append(f"'{levers[one].label}' with '{levers[other].label}', {effect}")
        n_open += is_beyond is None
    return (
        f"Pairs of levers whose joint effect differs from the sum of their single effects by more than the least "
        f"difference that would matter: "
        f"{'; '.join(shown) or 'none is shown'}{f'; {n_open} not settled' if n_open else ''}."
    )


# --- a file --------------------------------------------------------------------------------------------------


def files(result: StudyResult) -> dict[str, pd.DataFrame]:
    """A row for each target (or pool's busy share) and part; no file without levers."""
    import pandas as pd

    rows = [*_target_rows(result)]
    if not rows:
        return {}
    for pool, parts in zip(result.baseline.day.pools, busy_parts(result), strict=True):
        rows += [
            (BUSY, f"pool={pool}", "share", *_part_cells(part), np.nan, np.nan, "")
            for part in parts.parts
            if not math.isnan(part.estimate.mean)
        ]
    return {FILE: pd.DataFrame(rows, columns=list(TIDY)).astype({"n_replications": "Int64"})}


def _target_rows(result: StudyResult) -> Iterator[tuple[object, ...]]:
    """The rows of the file on each part of the joint effect on each target."""
    for of_target in decomposition_of(result):
        target, mid = of_target.target, of_target.target.minimal_important_difference
        for part in of_target.parts.parts:
            says = {True: "yes", False: "no", None: "cannot tell"}[of_target.beyond(part.estimate)]
            about = (target.measure, target.group, of_target.unit)
            yield (*about, *_part_cells(part), part.estimate.n, mid, says)


def _part_cells(part: Contribution) -> tuple[str, str, float, float, float]:
    """The columns `part` to `high`."""
    return (
        part.kind,
        "+".join(part.levers),
        part.estimate.mean,
        part.estimate.low,
        part.estimate.high,
    )


# --- picture -------------------------------------------------------------------------------------------------


def picture(result: StudyResult) -> drawing.Picture | None:
    """What each lever contributes to the joint effect on every target, with intervals; None without levers."""
    targets = decomposition_of(result)
    if not targets:
        return None
    names = targets[0].parts.levers
    size = 3.2 + 2.6 * len(targets), 2.1 + 0.85 * len(names)
    with drawing.figure_of(*size, 1, len(targets), sharey=True) as (figure, axes):
        for ax, of_target in zip(axes, targets, strict=True):
            _draw_bar(ax, 0, of_target, of_target.joint, JOINT_COLOUR, height=0.36)
            for place, name in enumerate(names, start=1):
                for number, (kind, _, colour, hatch) in enumerate(LEVER_BARS):
                    part, at = of_target.parts.part(kind, name), place + 0.25 * (number - 1)
                    _draw_bar(ax, at, of_target, part, colour, hatch)
            ax.axvline(0, color="black", linewidth=1)
            target = of_target.target
            drawing.mark_important(ax, target.minimal_important_difference, of_target.unit)
            drawing.rows_down(ax, len(names) + 1)
            ax.set_ylim(len(names) + 0.55, -0.5)
            ax.tick_params(axis="y", length=0)
            drawing.panel_title(ax, drawing.wrapped(target.label, 28))
        drawing.label_differences(
            axes, [one.unit for one in targets], [result.better(one.target) for one in targets]
        )
        labels = [drawing.wrapped(lever_label(result, name), drawing.LABEL_WIDTH) for name in names]
        axes[0].set_yticks(range(len(names) + 1), ["All together", *labels])
        _lever_legend(figure)
        png = drawing.png_of(figure)
    return drawing.Picture(
        "levers",
        png,
        f"Bars of each lever's contribution to the joint effect, with 95 % intervals. "
        f"{'. '.join(_bars_words(result, of_target) for of_target in targets)}.",
        f"What each lever contributes: difference from '{result.baseline.label}' with its 95 % interval (simulation "
        "noise only). Shares add up to the joint effect.",
    )


def _bars_words(result: StudyResult, of_target: TargetParts) -> str:
    """The bars of one target, read out."""
    words = [f"all together {interval_cell(of_target.joint, of_target.unit)}"]
    for name in of_target.parts.levers:
        shares = f"{of_target.words('shapley', name)}, alone {of_target.words('alone', name)}"
        words.append(f"{lever_label(result, name)} {shares}")
    return f"{of_target.target.label}, {unit_words(of_target.unit)}: {'; '.join(words)}"


def _draw_bar(
    ax: Axes,
    place: float,
    of_target: TargetParts,
    part: Interval,
    colour: str,
    hatch: str = "",
    *,
    height: float = 0.22,
) -> None:
    """A bar with its interval."""
    low, mean, high = drawing.axis_scale(of_target.unit) * np.array(
        [part.low, part.mean, part.high]
    )
    ax.barh(
        place,
        mean,
        height,
        xerr=[[mean - low], [high - mean]],
        error_kw={"linewidth": 1.4, "capsize": 2},
        color=colour,
        edgecolor=drawing.DARK if hatch else colour,
        hatch=hatch,
        linewidth=0.8,
    )


def _lever_legend(figure: Figure) -> None:
    from matplotlib.patches import Patch

    interval = drawing.legend_line(color="black", linewidth=1.4, label="95 % interval")
    matters = drawing.legend_line(
        color=drawing.GREY,
        linewidth=1,
        linestyle=drawing.DASHED,
        label="least difference that would matter",
    )
    bars = (
        Patch(
            facecolor=colour, edgecolor=drawing.DARK if hatch else colour, hatch=hatch, label=label
        )
        for _, label, colour, hatch in LEVER_BARS
    )
    joint = Patch(facecolor=JOINT_COLOUR, label="all levers together")
    drawing.legend_below(figure, [joint, *bars, interval, matters])
