"""Shadow prices as tables, a picture and files: what `aeflow prices` prints and writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation.display.dated_folder import write_dated
from simulation.display.drawing import DARK, GREY, Picture, figure_of, png_of
from simulation.display.table import ReportTable
from simulation.display.words import few_words, interval_text
from simulation.explain.statements import BANNER
from simulation.questions.shadow_prices import BLOCK_HOURS, MEASURES, Check, Price, ShadowPrices, by_block
from simulation.statistics.intervals import Interval
from simulation.statistics.verdict import PILOT
from simulation.wording import spaced

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FOLDER, TABLE, PICTURE = "shadow_prices", "prices.csv", "prices.png"
MINUTES = "minutes"
WHAT = {"wait_to_clinician_mean": "wait for a first clinician", "stay_mean": "stay in A&E"}
"""Words for what an hour shortens, by measure."""
LINES: tuple[str | tuple[int, tuple[int, int]], ...] = ("--", ":", "-.", (0, (5, 1)))
LOOKS = {"weekdays": ("o", "#005eb8"), "weekends": ("s", "#d55e00")}
"""Marker and colour of each kind of days."""


def price_tables(shadow_prices: ShadowPrices) -> Iterator[ReportTable]:
    """Prices by block, of beds and of what tools free, and whether blocks add up."""
    hours = tuple(f"{start}-{start + BLOCK_HOURS} h" for start in range(0, 24, BLOCK_HOURS))
    n_replications = shadow_prices.prices[0].effect.of
    few = (few_words(n_replications),) if n_replications < PILOT else ()
    for measure in MEASURES:
        rows = [
            (f"{spaced(pool)}, {days}", *map(_per_hour, block_prices))
            for pool in _pools(shadow_prices)
            for days, block_prices in by_block(shadow_prices, pool, measure).items()
        ]
        yield ReportTable(
            f"prices:{measure}",
            f"What one hour more is worth: patient-minutes off the {WHAT[measure]}",
            ("resource", *hours),
            tuple(rows),
            (
                "Sum over all patients; above 0 where the hour helps. In brackets: the 95 % interval (simulation "
                "noise).",
                *few,
            ),
        )
    yield _others_table(shadow_prices)
    yield _sums_table(shadow_prices)


def _pools(shadow_prices: ShadowPrices) -> tuple[str, ...]:
    """The pools that are priced by block, in order."""
    return tuple(dict.fromkeys(price.extra.pool for price in shadow_prices.of_kind("block", MEASURES[0])))


def _others_table(shadow_prices: ShadowPrices) -> ReportTable:
    """Prices of units at all hours, of beds and of what tools free."""
    rows = []
    for kind in ("whole", "beds", "tool"):
        for price in shadow_prices.of_kind(kind, MEASURES[0]):
            cells = (_per_hour(shadow_prices.price(price.extra.arm, measure)) for measure in MEASURES)
            rows.append((_name(shadow_prices, price), f"{price.extra.hours_a_week:.1f}", *cells))
    return ReportTable(
        "prices:others",
        "The same for units at all hours, for ward beds, and for the staff time that a tool frees",
        ("what", "hours a week", *(f"patient-minutes an hour, {WHAT[measure]}" for measure in MEASURES)),
        tuple(rows),
        ("A tool's hours are the staff time that its patients no longer need, whenever in the week it falls.",),
    )


def _sums_table(shadow_prices: ShadowPrices) -> ReportTable:
    """Sums of a pool's prices by block beside its price at all hours."""
    rows = [
        (
            spaced(check.pool),
            WHAT[check.measure],
            *map(_minutes, (check.alone, check.last, check.blocks, check.whole, check.apart)),
            verdict_of(check),
        )
        for check in shadow_prices.checks
    ]
    return ReportTable(
        "prices:sums",
        "Do the twelve blocks add up to one unit at all hours? Minutes a patient",
        ("resource", "off", "each alone", "each last", "sum of prices", "at all hours", "apart", ""),
        tuple(rows),
        (
            "A price is the mean of what a block does when it is added alone and when it is added last. Alone, "
            "blocks promise more than a unit at all hours gives, because one hour's relief leaves less for the "
            "next. Apart: the sum minus the unit at all hours, paired by replication.",
        ),
    )


def verdict_of(check: Check) -> str:
    """'not told apart', or whether prices add up to more or to less than the unit at all hours gives."""
    if check.agree:
        return "not told apart"
    return "prices add up to more" if check.apart.mean < 0 else "prices add up to less"


def _name(shadow_prices: ShadowPrices, price: Price) -> str:
    extra = price.extra
    if extra.kind == "tool":
        return shadow_prices.result.arm(extra.arm).label
    return f"{spaced(extra.pool)}, {f'{extra.units} more, ' if extra.units > 1 else ''}at all hours"


def _per_hour(price: Price) -> str:
    return _minutes(price.per_hour)


def _minutes(interval: Interval) -> str:
    return interval_text(interval, MINUTES)


def price_table(shadow_prices: ShadowPrices) -> pd.DataFrame:
    """A row for each price: what, when, its effect on a patient's mean, and what an hour of it is worth."""
    import pandas as pd

    rows = []
    for price in shadow_prices.prices:
        extra = price.extra
        row: dict[str, object] = {"arm": extra.arm, "kind": extra.kind, "pool": extra.pool, "days": extra.days}
        row["hours_a_week"] = extra.hours_a_week
        if extra.kind == "block":
            row["from_hour"] = extra.start
        row["measure"] = price.measure
        for name, interval in (("effect_minutes", price.effect), ("patient_minutes_per_hour", price.per_hour)):
            row |= {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
        rows.append(row)
    return pd.DataFrame(rows)


def price_picture(shadow_prices: ShadowPrices) -> Picture:
    """What an hour of each resource takes off waits, by time of week; lines: the staff time that tools free."""
    measure, pools = MEASURES[0], _pools(shadow_prices)
    tools = shadow_prices.of_kind("tool", measure)
    with figure_of(3.5 * len(pools) + 1, 3.9, 1, len(pools), sharey=True) as (figure, axes):
        for ax, pool in zip(axes, pools, strict=True):
            _panel(ax, shadow_prices, pool, measure)
            for number, tool in enumerate(tools):
                style = LINES[number % len(LINES)]
                label = _name(shadow_prices, tool)
                ax.axhline(tool.per_hour.mean, color=GREY, linewidth=1.4, linestyle=style, label=label)
            ax.axhline(0, color="black", linewidth=1)
            ax.set_title(f"One more of {spaced(pool)}", fontsize=10, fontweight="bold", loc="left")
            ax.set_xlabel(f"clock hour, blocks of {BLOCK_HOURS}")
        axes[0].set_ylabel("patient-minutes of wait\noff, an hour of it")
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, labelcolor=DARK,
            fontsize=8, title=f"Bars: 95 % intervals. {BANNER}", title_fontsize=8,
        )  # fmt: skip
        png = png_of(figure)
    best = _best(shadow_prices, pools, measure)
    return Picture(
        "shadow_prices",
        png,
        f"Patient-minutes of wait that one hour more takes off, by four-hour block: {best}",
        "What one hour more of each resource takes off the waits of all patients together, by time of week, with 95 % "
        "intervals (simulation noise only). Lines: the same for an hour of staff time that a tool frees.",
    )


def _panel(ax: Axes, shadow_prices: ShadowPrices, pool: str, measure: str) -> None:
    """Draw the prices of one pool by block, weekdays and weekends side by side."""
    for place, (days, prices) in enumerate(by_block(shadow_prices, pool, measure).items()):
        marker, colour = LOOKS[days]
        at = np.array([price.extra.start + BLOCK_HOURS / 2 + (place - 0.5) * 0.9 for price in prices])
        means, lows, highs = np.array(
            [(price.per_hour.mean, price.per_hour.low, price.per_hour.high) for price in prices]
        ).T
        ax.errorbar(
            at, means, yerr=[means - lows, highs - means], fmt=marker, color=colour, markersize=6, linewidth=1.6,
            label=f"an hour more, {days}",
        )  # fmt: skip
    ax.set_xticks(range(0, 25, BLOCK_HOURS))


def _best(shadow_prices: ShadowPrices, pools: Sequence[str], measure: str) -> str:
    """'triage nurses most on weekdays from 8 h (120); ...'."""
    words = []
    for pool in pools:
        prices = [price for block in by_block(shadow_prices, pool, measure).values() for price in block]
        best = max(prices, key=lambda price: price.per_hour.mean)
        words.append(f"{spaced(pool)} most on {best.extra.days} from {best.extra.start} h ({best.per_hour.mean:.0f})")
    return "; ".join(words) + "."


def write_prices(shadow_prices: ShadowPrices, results: Path) -> Path:
    """Write table and picture into a folder of their own, and return it. Raises ResultsError."""

    def write(folder: Path) -> None:
        price_table(shadow_prices).to_csv(folder / TABLE, index=False, encoding="utf-8-sig", lineterminator="\n")
        (folder / PICTURE).write_bytes(price_picture(shadow_prices).png)

    return write_dated(results / FOLDER, write)
