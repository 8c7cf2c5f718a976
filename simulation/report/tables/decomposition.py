"""Which lever earns the effect, in tables, sentences and a file: what the answers of every combination come to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from simulation.analysis.decompose import Decomposition
from simulation.analysis.intervals import Interval
from simulation.analysis.multiplicity import ALPHA
from simulation.analysis.verdict import threshold
from simulation.experiment.result import StudyResult
from simulation.inquiry.ablation import TargetParts, arm_of, beyond, busy_parts, decompositions, is_ablation
from simulation.report.tables.table import ReportTable
from simulation.report.words import SIMULATION, change, false_alarms, interval_text, unit_words

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
    """By target, the joint effect of the levers shared out; nothing if not every combination was run."""
    return decompositions(result.design, result.measures) if is_ablation(result.design) else ()


def joint_arm(result: StudyResult) -> str:
    """The arm in which every lever is on."""
    return arm_of(result.design, frozenset(result.design.levers))


def lever_label(result: StudyResult, name: str) -> str:
    """'Time of interview and record'."""
    label = result.design.levers[name].label
    return label[:1].upper() + label[1:]


# --- tables --------------------------------------------------------------------------------------------------


def decomposition_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """Parts of the joint effect on each target, interactions, and how busy pools are; nothing without levers."""
    if not decomposition_of(result):
        return ()
    found = [parts_table(result, each) for each in decomposition_of(result)]
    return (*found, interactions_table(result), busy_table(result))


def parts_table(result: StudyResult, each: TargetParts) -> ReportTable:
    """One target: each lever alone, its share, added last, and the others without it; then all together."""
    parts, unit, target = each.parts, each.unit, each.target
    joint = parts.part("joint", *parts.levers)
    rows = [
        (
            lever_label(result, lever),
            interval_text(parts.part("shapley", lever), unit),
            interval_text(parts.part("alone", lever), unit),
            interval_text(parts.part("last", lever), unit),
            interval_text(parts.part("all but", lever), unit),
            _size(parts.part("shapley", lever), target.minimal_important_difference, unit),
            SIMULATION,
        )
        for lever in parts.levers
    ]
    size = _size(joint, target.minimal_important_difference, unit)
    rows.append(("All together", interval_text(joint, unit), "", "", "", size, SIMULATION))
    headers = ("lever", "its share", "alone", "added last", "the others without it", "its share is", "uncertainty")
    title = f"{target.label}: what each lever earns of the effect of all, {unit_words(unit)}"
    return ReportTable(
        f"levers:{target.measure}:{target.group}", title, headers, tuple(rows), tuple(_parts_notes(parts))
    )


def _parts_notes(parts: Decomposition) -> Iterator[str]:
    ways = f"in all orders of adding them ({2 ** len(parts.levers)} combinations, each an arm)"
    if parts.n_orders is not None:
        ways = (
            f"in {parts.n_orders} sampled orders of adding them (chosen by the levers' names), whose error is in the "
            "interval"
        )
    yield (
        f"'Its share' is the Shapley value (Shapley 1953): what a lever adds on average {ways}. Shares add up to the "
        "effect of all together. In brackets the 95 % interval over replications, each by itself: "
        f"of {len(parts.levers) + 1} shares and sums, unadjusted, about {ALPHA * (len(parts.levers) + 1):.1f} would "
        "leave 0 out if no lever did anything."
    )


def interactions_table(result: StudyResult) -> ReportTable:
    """Pairs of levers by target: what the two do together beyond what each does."""
    rows = []
    for one, other in combinations(result.design.levers, 2):
        cells = []
        for each in decomposition_of(result):
            found = each.parts.interaction(one, other)
            size = _size(found, each.target.minimal_important_difference, each.unit)
            cells.append(f"{interval_text(found, each.unit)}: {size}")
        rows.append((f"{lever_label(result, one)} with {result.design.levers[other].label}", *cells))
    headers = ("levers", *(f"{each.target.label}, {unit_words(each.unit)}" for each in decomposition_of(result)))
    notes = [_interaction_note(decomposition_of(result)[0].parts)]
    n_looked_at = len(rows) * len(decomposition_of(result))
    adjusted = f" {false_alarms(n_looked_at, 'pairs and targets')}" if n_looked_at > 1 else ""
    notes.append(f"In brackets the 95 % interval (simulation noise only).{adjusted}")
    return ReportTable(
        "interactions", "What levers do together beyond what each does", headers, tuple(rows), tuple(notes)
    )


def _interaction_note(parts: Decomposition) -> str:
    if parts.n_orders is not None:
        return (
            "The effect of both levers less that of each, no other lever being on (a two-way difference: for the index "
            "over all combinations there were too many levers)."
        )
    return (
        "Shapley interaction index (Grabisch and Roubens 1999): both levers less each, averaged over what else is on."
        + (" Of two levers it is that difference itself." if len(parts.levers) == 2 else "")
    )


def busy_table(result: StudyResult) -> ReportTable:
    """How busy each pool is without levers and with all, and each lever's share of the change."""
    design = result.design
    joint = result.arm(joint_arm(result)).day.busy_mean
    rows: list[tuple[float, tuple[str, ...]]] = []
    for number, (pool, parts) in enumerate(zip(result.baseline.day.pools, _busy(result), strict=True)):
        shares = [parts.part("shapley", lever).mean for lever in parts.levers]
        before, after = result.baseline.day.busy_mean[number], joint[number]
        if math.isnan(before) or max(abs(share) for share in [*shares, after - before]) < BUSY_ENOUGH:
            continue
        cells = (f"{100 * before:.1f}", f"{100 * after:.1f}", change(after - before, "share"))
        row = (pool.replace("_", " "), *cells, *(change(share, "share") for share in shares))
        rows.append((abs(after - before), row))
    rows.sort(key=lambda each: -each[0])
    headers = (
        "pool",
        "without levers, %",
        "with all, %",
        "change, points",
        *(f"share of: {design.levers[lever].label}" for lever in design.levers),
    )
    notes = (
        "Time that units are held over time that they are on duty, mean of the first replications; without intervals, "
        "and for no inference. Pools that no lever changes by half a point are left out.",
    )
    return ReportTable(
        "levers:busy",
        "How busy pools are, and what each lever adds to that",
        headers,
        tuple(row for _, row in rows),
        notes,
    )


def _busy(result: StudyResult) -> tuple[Decomposition, ...]:
    return busy_parts(result.design, {arm.name: arm.day.busy_mean for arm in result.arms})


def _size(estimate: Interval, mid: float, unit: str) -> str:
    """Whether it is beyond the minimal important difference, in words."""
    important = threshold(mid, unit)
    if estimate.low == estimate.high == 0:
        return "nothing"
    sure = beyond(estimate, mid)
    if sure is None:
        return f"perhaps more than {important}" if abs(estimate.mean) >= mid else f"not shown to exceed {important}"
    return f"more than {important}" if sure else f"less than {important}"


# --- in words ------------------------------------------------------------------------------------------------


def decomposition_sentences(result: StudyResult, *, claimed: bool) -> Iterator[str]:
    """By target, what each lever earns; then the interactions that matter. Nothing without levers."""
    for number, each in enumerate(decomposition_of(result)):
        yield _earned(result, each, opening="If the claim were true, of" if claimed and number == 0 else "Of")
    if decomposition_of(result):
        yield _interactions(result)


def _earned(result: StudyResult, each: TargetParts, *, opening: str) -> str:
    parts, unit = each.parts, each.unit
    joint = parts.part("joint", *parts.levers)
    order = sorted(parts.levers, key=lambda lever: -abs(parts.part("shapley", lever).mean))
    told = "; ".join(
        f"'{result.design.levers[lever].label}' {interval_text(parts.part('shapley', lever), unit)}, "
        f"alone {change(parts.part('alone', lever).mean, unit)}"
        for lever in order
    )
    return f"{opening} {interval_text(joint, unit)} {unit_words(unit)} of '{each.target.label}', levers earn: {told}."


def _interactions(result: StudyResult) -> str:
    """Pairs that together do more or less than each, by enough to matter; and those of which it may be so."""
    sure, open_ = [], 0
    for one, other in combinations(result.design.levers, 2):
        for each in decomposition_of(result):
            found, mid = each.parts.interaction(one, other), each.target.minimal_important_difference
            says = beyond(found, mid)
            if says:
                pair = f"'{result.design.levers[one].label}' with '{result.design.levers[other].label}'"
                sure.append(
                    f"{pair}, {interval_text(found, each.unit)} {unit_words(each.unit)} of '{each.target.label}'"
                )
            open_ += says is None
    words = "; ".join(sure) or "none is shown"
    return (
        f"Levers that together do more or less than each by itself, by more than the least difference that would "
        f"matter: {words}{f'; {open_} not settled' if open_ else ''}."
    )


# --- a file --------------------------------------------------------------------------------------------------


def decomposition_table(result: StudyResult) -> pd.DataFrame:
    """The rows of `decomposition.csv`, tidy: a row a target (or a pool's busy share) and part."""
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for each in decomposition_of(result):
        mid = each.target.minimal_important_difference
        for part in each.parts.parts:
            says = beyond(part.estimate, mid)
            rows.append(
                (
                    each.target.measure,
                    each.target.group,
                    each.unit,
                    *_part(part.kind, part.levers, part.estimate),
                    part.estimate.n,
                    mid,
                    {True: "yes", False: "no", None: "cannot tell"}[says],
                )
            )
    for pool, parts in zip(result.baseline.day.pools, _busy(result), strict=True):
        for part in parts.parts:
            if not math.isnan(part.estimate.mean):
                told = _part(part.kind, part.levers, part.estimate)
                rows.append((BUSY, f"pool={pool}", "share", *told, np.nan, np.nan, ""))
    return pd.DataFrame(rows, columns=list(TIDY)).astype({"n_replications": "Int64"})


def _part(kind: str, levers: tuple[str, ...], estimate: Interval) -> tuple[str, str, float, float, float]:
    return kind, "+".join(levers), estimate.mean, estimate.low, estimate.high
