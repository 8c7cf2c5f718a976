"""Shadow prices: by how much one hour more of a nurse, a clinician, a cubicle or a bed shortens waits, by time of week.

One arm gives a resource one unit more in a block of four hours, on weekdays or at weekends, on the same patients; ward
beds get more at all hours. The price of an hour is what it takes off the waits of all patients together
(patient-minutes an hour of the resource), so that unlike resources can be compared, and tools that free staff too.

Blocks relieve one another: the effects of twelve blocks, each added alone, sum to more than that of a unit at all
hours, and those of blocks added last to less. The price of a block is therefore the mean of the two, its worth in the
two extreme orders of adding blocks. Up to terms of second order such prices add up exactly.

`show_prices` is the command: `with_more` makes arms, `price_extras` reads the result. Patients are drawn here only to
count the hours of staff that a tool frees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation.department.rota import HOURS_OF_WEEK, attendances_per_day
from simulation.department.vocabulary import ExtraShift
from simulation.display.document import print_blocks
from simulation.display.drawing import DARK, GREY, Picture, figure_of, panel_title, png_of
from simulation.display.files import write_dated
from simulation.display.table import Cell, Cells, ReportTable, interval_cell
from simulation.display.words import few_words
from simulation.errors import Fault, Faults, nearest, refuse
from simulation.patients import draw
from simulation.records.schema import Floats
from simulation.runs.result import StudyResult
from simulation.statistics.compare import compare_values, subtract_pairs
from simulation.statistics.intervals import Interval
from simulation.statistics.verdict import PILOT
from simulation.study.design import Arm
from simulation.study.offered_load import in_a_mean_week, offered_load
from simulation.study.statements import BANNER
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply
from simulation.wording import spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER, TABLE, PICTURE = "shadow_prices", "prices.csv", "prices.png"
WHAT = {"wait_to_clinician_mean": "wait for a first clinician", "stay_mean": "stay in A&E"}
"""Words for what an hour shortens, by measure: the stay holds the wait for a bed, too."""
MEASURES = tuple(WHAT)
LINES: tuple[str | tuple[int, tuple[int, int]], ...] = ("--", ":", "-.", (0, (5, 1)))
LOOKS = {"weekdays": ("o", "#005eb8"), "weekends": ("s", "#d55e00")}
"""Marker and colour of each kind of days."""
BLOCK_HOURS = 4
DAYS = {"weekdays": ("mon-fri", 5), "weekends": ("sat,sun", 2)}
"""The days of a block by name: as a rota writes them, and how many a week."""
RESOURCES = ("triage_nurses", "doctors", "majors_cubicles")
"""Pools that get a unit more block by block."""
BEDS = 4
"""How many beds a ward group gets more: the effect of one would be lost in noise."""
BED_ROLE = "adult_bed"
TOOLS = ("ai_scribe_measured", "ai_documents_measured")
"""Arms of the study whose freed hours of staff are priced as well."""
WEEK_DAYS = 7
LOAD_DAYS = 84


@dataclass(frozen=True)
class Extra:
    """What an arm adds: `units` of a pool at `hours` of a day, on `days`; `hours_a_week` in all.

    kind: `block`; `without` (all hours except the block's); `whole` (all hours); `beds`; or `tool` (staff hours that a
    tool frees).
    """

    arm: str
    pool: str
    kind: str
    hours_a_week: float
    days: str = ""
    start: int = 0
    units: int = 1

    @property
    def hours(self) -> str:
        """The hours of the block, as a rota writes them: '8-12'."""
        return f"{self.start}-{self.start + BLOCK_HOURS}"


@dataclass(frozen=True)
class Price:
    """The value of one hour of an extra, with 95 % intervals.

    effect: the effect on the measure, minutes a patient (for a block, the mean of its effects when added alone and when
    added last); per_hour: the patient-minutes that one hour saves, above 0 where it helps.
    """

    extra: Extra
    measure: str
    effect: Interval
    per_hour: Interval


@dataclass(frozen=True)
class SumCheck:
    """Whether the blocks of a resource add up to a unit at all hours: effects in minutes a patient, with intervals.

    alone, last: sums of the blocks' effects when each is added alone, and when each is added last; blocks: the mean of
    the two sums; whole: the effect of a unit at all hours; apart: `blocks` minus `whole`.
    """

    pool: str
    measure: str
    alone: Interval
    last: Interval
    blocks: Interval
    whole: Interval
    apart: Interval


@dataclass(frozen=True)
class ShadowPrices:
    """All prices of a department, and the checks that they add up."""

    result: StudyResult
    prices: tuple[Price, ...]
    checks: tuple[SumCheck, ...]

    def price(self, arm: str, measure: str) -> Price:
        """The price of one arm's extra."""
        return next(
            price for price in self.prices if (price.extra.arm, price.measure) == (arm, measure)
        )

    def of_kind(self, kind: str, measure: str) -> tuple[Price, ...]:
        """The prices of one kind, in order."""
        return tuple(
            price for price in self.prices if (price.extra.kind, price.measure) == (kind, measure)
        )

    @property
    def pools(self) -> tuple[str, ...]:
        """The pools that are priced by block, in order."""
        return tuple(
            dict.fromkeys(price.extra.pool for price in self.of_kind("block", MEASURES[0]))
        )

    def by_block(self, pool: str, measure: str) -> Mapping[str, tuple[Price, ...]]:
        """The prices of a pool's blocks, by weekdays and weekends, from midnight on."""
        of_pool = [price for price in self.of_kind("block", measure) if price.extra.pool == pool]
        return {
            days: tuple(price for price in of_pool if price.extra.days == days) for days in DAYS
        }


# --- what is asked -------------------------------------------------------------------------------------------


def refuse_ensemble(name: str) -> None:
    """Raise ConfigError if an ensemble is named."""
    if name != "none":
        found = "prices are worked out for one department"
        refuse("ensemble", found, "Leave it out, or name a site: site=short_of_triage")


def show_prices(
    study: Study, pools: Sequence[str], *, run: Callable[[Study], StudyResult | None]
) -> None:
    """Run, print and write the prices of one department. `pools`: those named, none for the usual ones; `run`: runs a
    study, with what a command says of it; None for a dry run.

    Raises ConfigError for what cannot be priced.
    """
    refuse_ensemble(str(study.resolved["ensemble"]))
    more = extras(study, pools or None)
    result = run(with_extras(study, more))
    if result is not None:
        shadow_prices = price_extras(result, more)
        print_blocks(price_tables(shadow_prices))
        print(f"\nPrices: {write_prices(shadow_prices, Path(str(study.resolved['results'])))}")


def extras(study: Study, pools: Sequence[str] | None = None) -> tuple[Extra, ...]:
    """The extras that are priced, in order; `pools`: those named, None for the usual ones. Raises ConfigError for a
    pool that the department does not have."""
    pathway = study.baseline.pathway
    limited = [name for name, pool in pathway.pools.items() if not pool.unlimited]
    missing = [name for name in pools or RESOURCES if name not in limited]
    if missing and pools is None:
        lacking = ", ".join(missing)
        found = f"none is named, and this department lacks some of the pools that are usually priced ({lacking})"
        example = ",".join(limited[:2])
        refuse("pools", found, f"Name some of its own, as pools=[{example}]: {', '.join(limited)}")
    found = "the department has no such pool of limited size"
    Faults(Fault(f"pools: {name}", found, nearest(name, limited)) for name in missing).refuse()
    wards = [name for name, pool in pathway.pools.items() if pool.role == BED_ROLE]
    beds = (
        Extra(f"{name}_more", name, "beds", float(BEDS * HOURS_OF_WEEK), units=BEDS)
        for name in wards
    )
    tools = [arm.name for arm in study.arms if arm.name in TOOLS]
    freed = (
        Extra(name, "", "tool", hours_freed(study, name)) for name in sorted(tools, key=TOOLS.index)
    )
    return (*_blocks(pools or RESOURCES), *beds, *freed)


def _blocks(pools: Sequence[str]) -> Iterator[Extra]:
    for pool in pools:
        for days, (_, n_days) in DAYS.items():
            for start in range(0, 24, BLOCK_HOURS):
                name, hours = f"{pool}_{days}_{start}", float(BLOCK_HOURS * n_days)
                yield Extra(name, pool, "block", hours, days, start)
                yield Extra(f"{name}_without", pool, "without", HOURS_OF_WEEK - hours, days, start)
        yield Extra(f"{pool}_whole", pool, "whole", float(HOURS_OF_WEEK))


def hours_freed(study: Study, arm: str) -> float:
    """The hours of staff a week that an arm saves against the baseline, from a sample of the same patients."""
    with_tool, without = (
        _staff_hours(study.arm(name), study.run.seed) for name in (arm, study.design.baseline)
    )
    return without - with_tool


def _staff_hours(arm: ReadyArm, seed: int) -> float:
    """The hours of staff a week that the patients of an arm ask for."""
    drawn = draw(in_a_mean_week(arm.pathway), seed=seed, replication=0, days=LOAD_DAYS)
    load = offered_load(arm.pathway, apply(arm.policy, arm.pathway, drawn))
    staff = [
        number for number, name in enumerate(load.pools) if arm.pathway.pools[name].kind == "staff"
    ]
    return float(load.work[staff].sum())


def with_extras(study: Study, more: Sequence[Extra]) -> Study:
    """The study on one department, its arms the baseline and one for each extra."""
    study = study.on_typical()
    base = study.baseline
    arms = (
        base,
        *(study.arm(extra.arm) if extra.kind == "tool" else _arm(base, extra) for extra in more),
    )
    ready = tuple(replace(arm, arm=replace(arm.arm, control=None, levers=())) for arm in arms)
    design = study.design.with_arms({arm.name: arm.arm for arm in ready}, baseline=base.name)
    question = "What is one hour more of each resource worth, and when?"
    return replace(study, arms=ready, design=replace(design, question=question), on_one="")


def _arm(base: ReadyArm, extra: Extra) -> ReadyArm:
    pool = base.pathway.pools[extra.pool]
    if extra.kind != "block":
        pool = replace(pool, extra=pool.extra + extra.units)
    if extra.kind in ("block", "without"):
        number = extra.units if extra.kind == "block" else -extra.units
        shift = ExtraShift(hours=extra.hours, number=number, days=DAYS[extra.days][0])
        pool = replace(pool, extra_shifts=(*pool.extra_shifts, shift))
    pathway = replace(base.pathway, pools={**base.pathway.pools, extra.pool: pool})
    label = f"{extra.pool.replace('_', ' ')} {extra.days} {extra.hours if extra.kind == 'block' else extra.kind}"
    return ReadyArm(
        extra.arm, Arm(label=label, triage=base.arm.triage, comparator=True), pathway, base.policy
    )


# --- prices --------------------------------------------------------------------------------------------------


def price_extras(result: StudyResult, more: Sequence[Extra]) -> ShadowPrices:
    """What an hour of each extra is worth, from a result of `with_more`."""
    a_week = WEEK_DAYS * attendances_per_day(result.study.baseline.pathway)
    by_extra = [
        _price(result, extra, measure, a_week)
        for measure in MEASURES
        for extra in more
        if extra.kind != "without"
    ]
    pools = dict.fromkeys(extra.pool for extra in more if extra.kind == "whole")
    checks = [_check(result, more, pool, measure) for measure in MEASURES for pool in pools]
    return ShadowPrices(result, tuple(by_extra), tuple(checks))


def _price(result: StudyResult, extra: Extra, measure: str, a_week: float) -> Price:
    """The price of one extra; `a_week`: attendances."""
    effects = _alone(result, extra, measure)
    if extra.kind == "block":
        effects = (effects + _last(result, extra, measure)) / 2
    effect = _interval(effects)
    factor = -a_week / extra.hours_a_week if extra.hours_a_week > 0 else np.nan
    return Price(extra, measure, effect, effect.times(factor))


def _alone(result: StudyResult, extra: Extra, measure: str) -> Floats:
    """The effect of an extra by itself, shape (n_replications,)."""
    return subtract_pairs(
        result.values(extra.arm, measure), result.values(result.design.baseline, measure)
    )


def _last(result: StudyResult, block: Extra, measure: str) -> Floats:
    """The effect of a block that is added to all others, shape (n_replications,)."""
    whole, without = (
        result.values(arm, measure) for arm in (f"{block.pool}_whole", f"{block.arm}_without")
    )
    return subtract_pairs(whole, without)


def _interval(values: Floats) -> Interval:
    return compare_values(values, np.zeros(len(values)))


def _check(result: StudyResult, more: Sequence[Extra], pool: str, measure: str) -> SumCheck:
    """The check of one resource, its sums taken within each replication."""
    blocks = [extra for extra in more if (extra.pool, extra.kind) == (pool, "block")]
    (at_all_hours,) = (extra for extra in more if (extra.pool, extra.kind) == (pool, "whole"))
    alone, last = (
        np.sum([effect(result, block, measure) for block in blocks], axis=0)
        for effect in (_alone, _last)
    )
    whole, mean = _alone(result, at_all_hours, measure), (alone + last) / 2
    return SumCheck(
        pool, measure, *(_interval(values) for values in (alone, last, mean, whole, mean - whole))
    )


# --- tables, picture and files -------------------------------------------------------------------------------


def price_tables(shadow_prices: ShadowPrices) -> Iterator[ReportTable]:
    """Prices by block, of beds and of what tools free, and whether blocks add up."""
    hours = tuple(f"{start}-{start + BLOCK_HOURS} h" for start in range(0, 24, BLOCK_HOURS))
    n_replications = shadow_prices.prices[0].effect.of
    few = [few_words(n_replications)] if n_replications < PILOT else []
    for measure in MEASURES:
        rows: list[Cells] = [
            (f"{spaced(pool)}, {days}", *(_minutes(price.per_hour) for price in block_prices))
            for pool in shadow_prices.pools
            for days, block_prices in shadow_prices.by_block(pool, measure).items()
        ]
        title = f"What one hour more is worth: patient-minutes off the {WHAT[measure]}"
        note = "Sum over all patients; above 0 where the hour helps. In brackets: the 95 % interval (simulation noise)."
        yield ReportTable(f"prices:{measure}", title, ("resource", *hours), rows, (note, *few))
    yield _others_table(shadow_prices)
    yield _sums_table(shadow_prices)


def _others_table(shadow_prices: ShadowPrices) -> ReportTable:
    """Prices of units at all hours, of beds and of what tools free."""
    rows: list[Cells] = []
    for kind in ("whole", "beds", "tool"):
        for price in shadow_prices.of_kind(kind, MEASURES[0]):
            cells = (
                _minutes(shadow_prices.price(price.extra.arm, measure).per_hour)
                for measure in MEASURES
            )
            rows.append(
                (
                    _name(shadow_prices, price),
                    Cell(price.extra.hours_a_week, style="number"),
                    *cells,
                )
            )
    return ReportTable(
        "prices:others",
        "The same for units at all hours, for ward beds, and for the staff time that a tool frees",
        (
            "what",
            "hours a week",
            *(f"patient-minutes an hour, {WHAT[measure]}" for measure in MEASURES),
        ),
        rows,
        (
            "A tool's hours are the staff time that its patients no longer need, whenever in the week it falls.",
        ),
    )


def _sums_table(shadow_prices: ShadowPrices) -> ReportTable:
    """Sums of a pool's prices by block beside its price at all hours."""
    rows: list[Cells] = [
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
        (
            "resource",
            "off",
            "each alone",
            "each last",
            "sum of prices",
            "at all hours",
            "apart",
            "",
        ),
        rows,
        (
            "A price is the mean of what a block does when it is added alone and when it is added last. Alone, "
            "blocks promise more than a unit at all hours gives, because one hour's relief leaves less for the "
            "next. Apart: the sum minus the unit at all hours, paired by replication.",
        ),
    )


def verdict_of(check: SumCheck) -> str:
    """'not told apart', or whether prices add up to more or to less than the unit at all hours gives."""
    if not check.apart.excludes_zero:
        return "not told apart"
    return "prices add up to more" if check.apart.mean < 0 else "prices add up to less"


def _name(shadow_prices: ShadowPrices, price: Price) -> str:
    extra = price.extra
    if extra.kind == "tool":
        return shadow_prices.result.arm(extra.arm).label
    return f"{spaced(extra.pool)}, {f'{extra.units} more, ' if extra.units > 1 else ''}at all hours"


def _minutes(interval: Interval) -> Cell:
    return interval_cell(interval, "minutes")


def price_rows(shadow_prices: ShadowPrices) -> Iterator[dict[str, object]]:
    """A row for each price: what, when, its effect on a patient's mean, and what an hour of it is worth."""
    for price in shadow_prices.prices:
        extra = {
            name: getattr(price.extra, name)
            for name in ("arm", "kind", "pool", "days", "hours_a_week")
        }
        from_hour = price.extra.start if price.extra.kind == "block" else np.nan
        numbers = price.effect.columns("effect_minutes") | price.per_hour.columns(
            "patient_minutes_per_hour"
        )
        yield {**extra, "from_hour": from_hour, "measure": price.measure, **numbers}


def price_picture(shadow_prices: ShadowPrices) -> Picture:
    """What an hour of each resource takes off waits, by time of week; lines: the staff time that tools free."""
    measure, pools = MEASURES[0], shadow_prices.pools
    tools = shadow_prices.of_kind("tool", measure)
    with figure_of(3.5 * len(pools) + 1, 3.9, 1, len(pools), sharey=True) as (figure, axes):
        for ax, pool in zip(axes, pools, strict=True):
            _panel(ax, shadow_prices, pool, measure)
            for number, tool in enumerate(tools):
                style, label = LINES[number % len(LINES)], _name(shadow_prices, tool)
                ax.axhline(
                    tool.per_hour.mean, color=GREY, linewidth=1.4, linestyle=style, label=label
                )
            ax.axhline(0, color="black", linewidth=1)
            panel_title(ax, f"One more of {spaced(pool)}")
            ax.set_xlabel(f"clock hour, blocks of {BLOCK_HOURS}")
        axes[0].set_ylabel("patient-minutes of wait\noff, an hour of it")
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, labelcolor=DARK, fontsize=8,
            title=f"Bars: 95 % intervals. {BANNER}", title_fontsize=8,
        )  # fmt: skip
        png = png_of(figure)
    return Picture(
        "shadow_prices",
        png,
        f"Patient-minutes of wait that one hour more takes off, by four-hour block: {_best(shadow_prices, measure)}",
        "What one hour more of each resource takes off the waits of all patients together, by time of week, with 95 % "
        "intervals (simulation noise only). Lines: the same for an hour of staff time that a tool frees.",
    )


def _panel(ax: Axes, shadow_prices: ShadowPrices, pool: str, measure: str) -> None:
    """Draw the prices of one pool by block, weekdays and weekends side by side."""
    for place, (days, prices) in enumerate(shadow_prices.by_block(pool, measure).items()):
        marker, colour = LOOKS[days]
        at = [price.extra.start + BLOCK_HOURS / 2 + (place - 0.5) * 0.9 for price in prices]
        worths = [price.per_hour for price in prices]
        means, lows, highs = np.array([(worth.mean, worth.low, worth.high) for worth in worths]).T
        ax.errorbar(
            at, means, yerr=[means - lows, highs - means], fmt=marker, color=colour, markersize=6, linewidth=1.6,
            label=f"an hour more, {days}",
        )  # fmt: skip
    ax.set_xticks(range(0, 25, BLOCK_HOURS))


def _best(shadow_prices: ShadowPrices, measure: str) -> str:
    """'triage nurses most on weekdays from 8 h (120); ...'."""
    words = []
    for pool in shadow_prices.pools:
        prices = chain.from_iterable(shadow_prices.by_block(pool, measure).values())
        best = max(prices, key=lambda price: price.per_hour.mean)
        words.append(
            f"{spaced(pool)} most on {best.extra.days} from {best.extra.start} h ({best.per_hour.mean:.0f})"
        )
    return "; ".join(words) + "."


def write_prices(shadow_prices: ShadowPrices, results: Path) -> Path:
    """Write table and picture into a folder of their own, and return it. Raises ResultsError."""
    picture = price_picture(shadow_prices)
    return write_dated(results / FOLDER, {TABLE: price_rows(shadow_prices), PICTURE: picture})
