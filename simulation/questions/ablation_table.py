"""What each lever contributes, from the results of every combination, as tables, sentences and a file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from simulation.display.table import ReportTable
from simulation.display.words import SIMULATION, change, false_alarms, interval_text, unit_words
from simulation.questions.ablation import TargetParts, arm_of, beyond, busy_parts, decompositions, is_ablation
from simulation.questions.ablation_shares import Decomposition, Part
from simulation.run.result import StudyResult
from simulation.statistics.intervals import Interval
from simulation.statistics.multiplicity import ALPHA
from simulation.statistics.verdict import threshold

if TYPE_CHECKING:
    import pandas as pd

TIDY = (
    "measure",
    "group",
    "unit",
    "part",
    "levers",
    "value",
    "low",
    "high",
    "n_replications",
    "minimal_important_difference",
    "beyond_it",
)
"""The columns of `decomposition.csv`."""
BUSY = "busy_share"
BUSY_ENOUGH = 0.005
"""Least change of a busy share, by all levers or one of them, that is worth a line."""


@lru_cache(maxsize=8)
def decomposition_of(result: StudyResult) -> tuple[TargetParts, ...]:
    """The joint effect of the levers shared out, by target; empty if not every combination was run."""
    return decompositions(result.design, result.measures) if is_ablation(result.design) else ()


def joint_arm(result: StudyResult) -> str:
    """The name of the arm in which every lever is on."""
    return arm_of(result.design, frozenset(result.design.levers))


def lever_label(result: StudyResult, name: str) -> str:
    """'Time of interview and record'."""
    label = result.design.levers[name].label
    return label[:1].upper() + label[1:]


# --- tables --------------------------------------------------------------------------------------------------


def decomposition_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """Parts of the joint effect on each target, interactions, and how busy pools are; none without levers."""
    by_target = decomposition_of(result)
    if not by_target:
        return ()
    return (*(parts_table(result, of_one) for of_one in by_target), interactions_table(result), busy_table(result))


def parts_table(result: StudyResult, of_target: TargetParts) -> ReportTable:
    """One target: each lever's share, its effect alone, added last, and the others without it; then all together."""
    parts, unit, target = of_target.parts, of_target.unit, of_target.target
    joint = parts.part("joint", *parts.levers)
    rows = [
        (
            lever_label(result, lever),
            *(interval_text(parts.part(kind, lever), unit) for kind in ("shapley", "alone", "last", "all but")),
            _size(parts.part("shapley", lever), target.minimal_important_difference, unit),
            SIMULATION,
        )
        for lever in parts.levers
    ]
    size = _size(joint, target.minimal_important_difference, unit)
    rows.append(("All together", interval_text(joint, unit), "", "", "", size, SIMULATION))
    headers = ("lever", "its share", "alone", "added last", "the others without it", "its share is", "uncertainty")
    title = f"{target.label}: what each lever contributes to the joint effect, {unit_words(unit)}"
    return ReportTable(
        f"levers:{target.measure}:{target.group}", title, headers, tuple(rows), tuple(_parts_notes(parts))
    )


def _parts_notes(parts: Decomposition) -> Iterator[str]:
    n = len(parts.levers)
    orders = f"in all orders of adding them ({2**n} combinations, each an arm)"
    if parts.n_orders is not None:
        orders = (
            f"in {parts.n_orders} sampled orders of adding them (chosen by the levers' names); the interval "
            f"includes the sampling error"
        )
    yield (
        f"'Its share' is the Shapley value (Shapley 1953): what a lever adds on average {orders}. Shares add up to "
        f"the joint effect. In brackets: the 95 % interval over replications, unadjusted: of {n + 1} shares and "
        f"sums, about {ALPHA * (n + 1):.1f} would exclude 0 if no lever did anything."
    )


def interactions_table(result: StudyResult) -> ReportTable:
    """A row a pair of levers, a column a target: what the two do together beyond what each does."""
    by_target = decomposition_of(result)
    rows = []
    for one, other in combinations(result.design.levers, 2):
        cells = []
        for of_target in by_target:
            interaction, unit = of_target.parts.interaction(one, other), of_target.unit
            size = _size(interaction, of_target.target.minimal_important_difference, unit)
            cells.append(f"{interval_text(interaction, unit)}: {size}")
        rows.append((f"{lever_label(result, one)} with {result.design.levers[other].label}", *cells))
    headers = ("levers", *(f"{of_target.target.label}, {unit_words(of_target.unit)}" for of_target in by_target))
    n_looked_at = len(rows) * len(by_target)
    chance = f" {false_alarms(n_looked_at, 'pairs and targets')}" if n_looked_at > 1 else ""
    notes = (
        _interaction_note(by_target[0].parts),
        f"In brackets the 95 % interval (simulation noise only).{chance}",
    )
    return ReportTable("interactions", "What levers do together beyond what each does", headers, tuple(rows), notes)


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
    rows: list[tuple[float, tuple[str, ...]]] = []
    for pool, before, after, parts in zip(day.pools, day.busy_mean, joint, _busy(result), strict=True):
        shares = [parts.part("shapley", lever).mean for lever in parts.levers]
        changes = [after - before, *shares]
        if math.isnan(before) or max(map(abs, changes)) < BUSY_ENOUGH:
            continue
        levels = (f"{100 * before:.1f}", f"{100 * after:.1f}")
        row = (pool.replace("_", " "), *levels, *(change(share, "share") for share in changes))
        rows.append((abs(after - before), row))
    rows.sort(key=lambda ranked: -ranked[0])
    headers = (
        "pool",
        "without levers, %",
        "with all, %",
        "change, points",
        *(f"share of: {design.levers[lever].label}" for lever in design.levers),
    )
    notes = (
        "Time that units are held divided by time on duty, mean of the first replications; without intervals, so "
        "for description only. Pools that no lever changes by half a point are left out.",
    )
    return ReportTable(
        "levers:busy",
        "How busy pools are, and what each lever adds",
        headers,
        tuple(row for _, row in rows),
        notes,
    )


def _busy(result: StudyResult) -> tuple[Decomposition, ...]:
    """The change of each pool's busy share, shared out among the levers."""
    return busy_parts(result.design, {arm.name: arm.day.busy_mean for arm in result.arms})


def _size(estimate: Interval, mid: float, unit: str) -> str:
    """Whether a difference is beyond the minimal important difference, in words."""
    important = threshold(mid, unit)
    if estimate.low == estimate.high == 0:
        return "nothing"
    is_beyond = beyond(estimate, mid)
    if is_beyond is None:
        return f"perhaps more than {important}" if abs(estimate.mean) >= mid else f"not shown to exceed {important}"
    return f"more than {important}" if is_beyond else f"less than {important}"


# --- in words ------------------------------------------------------------------------------------------------


def decomposition_sentences(result: StudyResult, *, claimed: bool) -> Iterator[str]:
    """A sentence for each target on what each lever contributes, then one on the interactions that matter.

    Without levers there are none. `claimed`: whether all levers together rest on a claim.
    """
    by_target = decomposition_of(result)
    for number, of_target in enumerate(by_target):
        yield _contributed(result, of_target, opening="If the claim were true, of" if claimed and number == 0 else "Of")
    if by_target:
        yield _interactions(result)


def _contributed(result: StudyResult, of_target: TargetParts, *, opening: str) -> str:
    """What each lever contributes to one target, the largest share first."""
    parts, unit = of_target.parts, of_target.unit
    joint = f"{interval_text(parts.part('joint', *parts.levers), unit)} {unit_words(unit)}"
    order = sorted(parts.levers, key=lambda lever: -abs(parts.part("shapley", lever).mean))
    levers = "; ".join(
        f"'{result.design.levers[lever].label}' {interval_text(parts.part('shapley', lever), unit)}, "
        f"alone {change(parts.part('alone', lever).mean, unit)}"
        for lever in order
    )
    return f"{opening} {joint} in '{of_target.target.label}', levers contribute: {levers}."


def _interactions(result: StudyResult) -> str:
    """The pairs that together do more or less than each by enough to matter, and how many are not settled."""
    levers, shown, n_open = result.design.levers, [], 0
    for one, other in combinations(levers, 2):
        for of_target in decomposition_of(result):
            target, unit = of_target.target, of_target.unit
            interaction = of_target.parts.interaction(one, other)
            is_beyond = beyond(interaction, target.minimal_important_difference)
            if is_beyond:
                pair = f"'{levers[one].label}' with '{levers[other].label}'"
                shown.append(f"{pair}, {interval_text(interaction, unit)} {unit_words(unit)} in '{target.label}'")
            n_open += is_beyond is None
    return (
        f"Pairs of levers whose joint effect differs from the sum of their single effects by more than the least "
        f"difference that would matter: "
        f"{'; '.join(shown) or 'none is shown'}{f'; {n_open} not settled' if n_open else ''}."
    )


# --- a file --------------------------------------------------------------------------------------------------


def decomposition_table(result: StudyResult) -> pd.DataFrame:
    """`decomposition.csv`: a row for each target (or pool's busy share) and part."""
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for of_target in decomposition_of(result):
        target = of_target.target
        mid = target.minimal_important_difference
        for part in of_target.parts.parts:
            is_beyond = {True: "yes", False: "no", None: "cannot tell"}[beyond(part.estimate, mid)]
            about = (target.measure, target.group, of_target.unit)
            rows.append((*about, *_part_cells(part), part.estimate.n, mid, is_beyond))
    for pool, parts in zip(result.baseline.day.pools, _busy(result), strict=True):
        for part in parts.parts:
            if not math.isnan(part.estimate.mean):
                rows.append((BUSY, f"pool={pool}", "share", *_part_cells(part), np.nan, np.nan, ""))
    return pd.DataFrame(rows, columns=list(TIDY)).astype({"n_replications": "Int64"})


def _part_cells(part: Part) -> tuple[str, str, float, float, float]:
    """The columns `part` to `high`."""
    return part.kind, "+".join(part.levers), part.estimate.mean, part.estimate.low, part.estimate.high
