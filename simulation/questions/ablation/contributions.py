"""What each lever contributes, from the results of every combination: tables, sentences, a picture and a file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, product
from typing import TYPE_CHECKING

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
from simulation.questions.ablation.levers import (
    Contribution,
    Decomposition,
    PartKind,
    coalitions,
    decompose,
    is_ablation,
    orders,
)
from simulation.records.schema import Floats
from simulation.runs.result import StudyResult
from simulation.statistics.intervals import Interval
from simulation.statistics.multiplicity import ALPHA
from simulation.statistics.verdict import threshold
from simulation.study.design import Design, Target
from simulation.wording import spaced

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
        important, is_beyond = threshold(mid, self.unit), self.beyond(estimate)
        if estimate.low == estimate.high == 0:
            return "nothing"
        if is_beyond is None:
            return (
                f"perhaps more than {important}"
                if abs(estimate.mean) >= mid
                else f"not shown to exceed {important}"
            )
        return f"more than {important}" if is_beyond else f"less than {important}"


@lru_cache(maxsize=8)
def decomposition_of(result: StudyResult) -> tuple[TargetParts, ...]:
    """The joint effect on every target, divided among the levers; empty if not every combination was run."""
    by_target = []
    for target in result.targets if is_ablation(result.design) else ():
        by_arm = {arm: result.independent(arm, target) for arm in result.measures}
        by_target.append(
            TargetParts(target, result.unit(target), _decomposed(result.design, by_arm))
        )
    return tuple(by_target)


def busy_parts(result: StudyResult) -> list[Decomposition]:
    """The joint effect on the busy share of each pool, a mean over replications, divided among the levers, without
    intervals."""
    busy = {arm.name: arm.day.busy_mean for arm in result.arms}
    pools = range(len(result.baseline.day.pools))
    return [
        _decomposed(result.design, {arm: shares[[pool]] for arm, shares in busy.items()})
        for pool in pools
    ]


def _decomposed(design: Design, by_arm: Mapping[str, Floats]) -> Decomposition:
    """The joint effect on a number, divided among the levers. `by_arm`: shape (n_replications,)."""
    game = {coalition: by_arm[design.combination(coalition)] for coalition in coalitions(design)}
    return decompose(game, tuple(design.levers), orders=orders(design))


def beyond(estimate: Interval, mid: float) -> bool | None:
    """Whether an effect exceeds the minimal important difference in either direction; None if that is not settled.

    It is not settled either if the interval is too weak for a verdict (`statistics/weakness.py`).
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
    label = result.design.levers[name].label
    return label[:1].upper() + label[1:]


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
        interaction, unit = of_target.parts.interaction(*pair), of_target.unit
        text = f"{interval_cell(interaction, unit)}: {of_target.size(interaction)}"
        return replace(interval_cell(interaction, unit), text=text)

    return crossed(
        ("interactions", "What levers do together beyond what each does", "levers"),
        pairs,
        [
            (f"{of_target.target.label}, {unit_words(of_target.unit)}", of_target)
            for of_target in by_target
        ],
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

    if not decomposition_of(result):
        return {}
    rows: list[tuple[object, ...]] = []
    for of_target in decomposition_of(result):
        target = of_target.target
        about, mid = (
            (target.measure, target.group, of_target.unit),
            target.minimal_important_difference,
        )
        for part in of_target.parts.parts:
            is_beyond = {True: "yes", False: "no", None: "cannot tell"}[
                of_target.beyond(part.estimate)
            ]
            rows.append((*about, *_part_cells(part), part.estimate.n, mid, is_beyond))
    for pool, parts in zip(result.baseline.day.pools, busy_parts(result), strict=True):
        for part in parts.parts:
            if not math.isnan(part.estimate.mean):
                rows.append((BUSY, f"pool={pool}", "share", *_part_cells(part), np.nan, np.nan, ""))
    return {FILE: pd.DataFrame(rows, columns=list(TIDY)).astype({"n_replications": "Int64"})}


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
    with drawing.figure_of(
        3.2 + 2.6 * len(targets), 2.1 + 0.85 * len(names), 1, len(targets), sharey=True
    ) as (
        figure,
        axes,
    ):
        for ax, of_target in zip(axes, targets, strict=True):
            parts, scale = of_target.parts, drawing.axis_scale(of_target.unit)
            _lever_bar(ax, 0, of_target.joint, scale, JOINT_COLOUR, "", height=0.36)
            for place, name in enumerate(names, start=1):
                for number, (kind, _, colour, hatch) in enumerate(LEVER_BARS):
                    _lever_bar(
                        ax,
                        place + 0.25 * (number - 1),
                        parts.part(kind, name),
                        scale,
                        colour,
                        hatch,
                    )
            ax.axvline(0, color="black", linewidth=1)
            drawing.mark_important(
                ax, of_target.target.minimal_important_difference, of_target.unit
            )
            ax.set_ylim(len(names) + 0.55, -0.5)
            ax.grid(axis="x", color=drawing.PALE)
            ax.set_axisbelow(True)
            drawing.panel_title(ax, drawing.wrapped(of_target.target.label, 28))
        drawing.label_differences(
            axes, [one.unit for one in targets], [result.better(one.target) for one in targets]
        )
        labels = [drawing.wrapped(lever_label(result, name), drawing.LABEL_WIDTH) for name in names]
        axes[0].set_yticks(range(len(names) + 1), ["All together", *labels])
        for ax in axes:
            ax.tick_params(axis="y", length=0)
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


def _lever_bar(
    ax: Axes,
    place: float,
    estimate: Interval,
    scale: float,
    colour: str,
    hatch: str,
    *,
    height: float = 0.22,
) -> None:
    edge = drawing.DARK if hatch else colour
    ax.barh(
        place,
        scale * estimate.mean,
        height,
        color=colour,
        edgecolor=edge,
        hatch=hatch,
        linewidth=0.8,
    )
    if not math.isnan(estimate.low):
        ax.plot(
            [scale * estimate.low, scale * estimate.high],
            [place, place],
            color="black",
            linewidth=1.4,
        )
        for end in (estimate.low, estimate.high):
            ax.plot(
                [scale * end] * 2,
                [place - height / 4, place + height / 4],
                color="black",
                linewidth=1.4,
            )


def _lever_legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    bars = (
        Patch(
            facecolor=colour, edgecolor=drawing.DARK if hatch else colour, hatch=hatch, label=label
        )
        for _, label, colour, hatch in LEVER_BARS
    )
    handles = [
        Patch(facecolor=JOINT_COLOUR, label="all levers together"),
        *bars,
        Line2D([], [], color="black", linewidth=1.4, label="95 % interval"),
        Line2D(
            [],
            [],
            color=drawing.GREY,
            linewidth=1,
            linestyle=drawing.DASHED,
            label="least difference that would matter",
        ),
    ]
    drawing.legend_below(figure, handles)
