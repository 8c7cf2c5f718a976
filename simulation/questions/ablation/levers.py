"""How a joint effect is shared among the levers that made it: Shapley values and interactions, from numbers alone.

A game gives every set of levers (a coalition) one number a replication. Nothing here knows what a lever is, or what
the number measures.

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

Intervals are t intervals over replications, wider where numbers are skewed (`statistics/skewness.py`), on those
replications in which every coalition has a number.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from simulation.errors import Fault, ResultsError, nearest
from simulation.records.schema import Floats
from simulation.statistics.intervals import LEVEL, Interval, interval, intervals, t_quantile
from simulation.study.design import TOGETHER, Design, is_within

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
        """The estimate of one part. Raises ResultsError if there is none."""
        for part in self.parts:
            if part.kind == kind and set(part.levers) == set(levers):
                return part.estimate
        known = ", ".join(f"{part.kind} {'+'.join(part.levers)}" for part in self.parts)
        raise ResultsError(f"decomposition: no part '{kind}' of {'+'.join(levers)}. Known: {known}")

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

    Order k sorts the levers by a hash of k and each name: as good as chance, without a generator. Raises ResultsError
    for fewer than two pairs, or more than there are.
    """
    if n_pairs < 2 or 2 * n_pairs > math.factorial(len(levers)):
        raise ResultsError(
            f"orders: {n_pairs} pairs of {len(levers)} levers. Give at least 2, and no more than there are"
        )
    orders: list[Order] = []
    number = 0
    while len(orders) < 2 * n_pairs:
        order = tuple(
            sorted(levers, key=lambda lever: hashlib.sha256(f"{number}:{lever}".encode()).digest())
        )
        number += 1
        if order not in orders:
            orders += [order, order[::-1]]
    return tuple(orders)


def coalitions_of(levers: Sequence[str], orders: Sequence[Order]) -> tuple[Coalition, ...]:
    """The coalitions that sampled orders need: single levers, pairs, all but each, all, and what each order passes."""
    everybody = frozenset(levers)
    coalitions = [
        NOBODY,
        *(frozenset(chosen) for size in (1, 2) for chosen in combinations(levers, size)),
    ]
    coalitions += [frozenset(order[:size]) for order in orders for size in range(3, len(levers))]
    coalitions += [everybody - {lever} for lever in levers] + [everybody]

    def by_size_then_levers(coalition: Coalition) -> tuple[int, list[int]]:
        return len(coalition), [number for number, lever in enumerate(levers) if lever in coalition]

    return tuple(sorted(set(coalitions), key=by_size_then_levers))


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
        shares = [interval(values) for values in shapley(known, levers).T]
    by_kind: dict[PartKind, list[Interval]] = {
        "alone": [interval(known[frozenset({lever})] - none) for lever in levers],
        "all but": [interval(others - none) for others in without],
        "last": [interval(joint - others) for others in without],
        "shapley": shares,
    }
    parts = [Contribution("joint", tuple(levers), interval(joint - none))]
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
        parts.append(Contribution(kind, (one, other), interval(together)))
    return Decomposition(tuple(levers), tuple(parts), len(orders) or None)


def _complete(game: Game, needed: Iterable[Coalition]) -> dict[Coalition, Floats]:
    """The numbers of the needed coalitions, in the replications in which all of them have one (NaN if none has)."""
    missing = [coalition for coalition in needed if coalition not in game]
    if missing:
        names = "; ".join("+".join(sorted(coalition)) or "no lever" for coalition in missing)
        raise ResultsError(
            f"decomposition: no numbers of {names}. Run every combination of the levers"
        )
    numbers = {coalition: np.asarray(game[coalition], dtype=float) for coalition in needed}
    table = np.stack(list(numbers.values()))
    kept = ~np.any(np.isnan(table), axis=0)
    if (
        np.isinf(table).any() or not kept.any()
    ):  # somebody's stay had not ended: as in `compare`, nothing is known
        return {coalition: np.full(1, np.nan) for coalition in numbers}
    return {coalition: values[kept] for coalition, values in numbers.items()}


def _over_both(added: Floats) -> Interval:
    """The mean over replications and sampled orders, with an interval that allows for the chance in both.

    Replications and orders are crossed. The variance of the mean is at most that of the replications' means over their
    number plus that of the pairs' means over theirs (what both share is counted twice, on the careful side); degrees of
    freedom are those of the smaller of the two. Shape of `added`: (n_replications, n_orders).
    """
    by_replication = added.mean(axis=1)
    by_pair = added.reshape(len(added), -1, 2).mean(axis=(0, 2))
    simple = interval(by_replication)
    n, n_pairs = len(by_replication), len(by_pair)
    if n < 2 or n_pairs < 2:
        return simple
    parts = [
        intervals(means[:, None], LEVEL, "fixed_sample") for means in (by_replication, by_pair)
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
