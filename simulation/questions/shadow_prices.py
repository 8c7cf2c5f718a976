"""Shadow prices: by how much one hour more of a nurse, a clinician, a cubicle or a bed shortens waits, by time of week.

One arm gives a resource one unit more in a block of four hours, on weekdays or at weekends, on the same patients; ward
beds get more at all hours. The price of an hour is what it takes off the waits of all patients together
(patient-minutes an hour of the resource), so that unlike resources can be compared, and tools that free staff too.

Blocks relieve one another: the effects of twelve blocks, each added alone, sum to more than that of a unit at all
hours, and those of blocks added last to less. The price of a block is therefore the mean of the two, its worth in the
two extreme orders of adding blocks. Up to terms of second order such prices add up exactly.

`with_more` makes the arms, `prices` reads the result. Nothing is simulated here; patients are drawn only to count the
hours of staff that a tool frees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulation.department.rota import HOURS_OF_WEEK, mean_per_day
from simulation.department.vocabulary import ExtraShift, Pathway
from simulation.errors import ConfigError, Fault, nearest
from simulation.patients import draw
from simulation.records.schema import Floats
from simulation.run.result import StudyResult
from simulation.statistics.compare import compare, paired
from simulation.statistics.intervals import Interval
from simulation.study.design import Arm
from simulation.study.offered_load import in_a_mean_week, offered_load
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply

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
MEASURES = ("wait_to_clinician_mean", "stay_mean")
"""The measures that an hour shortens: the wait for the first clinician; the stay, with its wait for a bed."""
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
class Check:
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

    @property
    def agree(self) -> bool:
        """Whether the blocks and the unit at all hours differ by no more than chance."""
        return not self.apart.excludes_zero


@dataclass(frozen=True)
class ShadowPrices:
    """All prices of a department, and the checks that they add up."""

    result: StudyResult
    prices: tuple[Price, ...]
    checks: tuple[Check, ...]

    def price(self, arm: str, measure: str) -> Price:
        """The price of one arm's extra."""
        return next(price for price in self.prices if (price.extra.arm, price.measure) == (arm, measure))

    def of_kind(self, kind: str, measure: str) -> tuple[Price, ...]:
        """The prices of one kind, in order."""
        return tuple(price for price in self.prices if (price.extra.kind, price.measure) == (kind, measure))


def extras(study: Study, pools: Sequence[str] = RESOURCES) -> tuple[Extra, ...]:
    """The extras that are priced, in order. Raises ConfigError for a pool that the department does not have."""
    pathway = study.baseline.pathway
    limited = [name for name, pool in pathway.pools.items() if not pool.unlimited]
    faults = [
        Fault(f"pools: {name}", "the department has no such pool of limited size", nearest(name, limited))
        for name in pools
        if name not in limited
    ]
    if faults:
        raise ConfigError(faults)
    return (*_blocks(pools), *_beds(pathway), *_tools(study))


def _blocks(pools: Sequence[str]) -> Iterator[Extra]:
    for pool in pools:
        for days, (_, n_days) in DAYS.items():
            for start in range(0, 24, BLOCK_HOURS):
                name, hours = f"{pool}_{days}_{start}", float(BLOCK_HOURS * n_days)
                yield Extra(name, pool, "block", hours, days, start)
                yield Extra(f"{name}_without", pool, "without", HOURS_OF_WEEK - hours, days, start)
        yield Extra(f"{pool}_whole", pool, "whole", float(HOURS_OF_WEEK))


def _beds(pathway: Pathway) -> Iterator[Extra]:
    for name, pool in pathway.pools.items():
        if pool.role == BED_ROLE:
            yield Extra(f"{name}_more", name, "beds", float(BEDS * HOURS_OF_WEEK), units=BEDS)


def _tools(study: Study) -> Iterator[Extra]:
    arms = {arm.name for arm in study.arms}
    for name in TOOLS:
        if name in arms:
            yield Extra(name, "", "tool", hours_freed(study, name))


def hours_freed(study: Study, arm: str) -> float:
    """The hours of staff a week that an arm saves against the baseline, from a sample of the same patients."""
    with_tool, without = (_staff_hours(study.arm(name), study.run.seed) for name in (arm, study.design.baseline))
    return without - with_tool


def _staff_hours(arm: ReadyArm, seed: int) -> float:
    """The hours of staff a week that the patients of an arm ask for."""
    drawn = draw(in_a_mean_week(arm.pathway), seed=seed, replication=0, days=LOAD_DAYS)
    load = offered_load(arm.pathway, apply(arm.policy, arm.pathway, drawn))
    staff = [number for number, name in enumerate(load.pools) if arm.pathway.pools[name].kind == "staff"]
    return float(load.work[staff].sum())


def with_more(study: Study, more: Sequence[Extra]) -> Study:
    """The study on one department, its arms the baseline and one for each extra."""
    study = study.on_typical()
    base = study.baseline
    arms = (base, *(study.arm(extra.arm) if extra.kind == "tool" else _arm(base, extra) for extra in more))
    definitions = {arm.name: replace(arm.arm, control=None, levers=()) for arm in arms}
    question = "What is one hour more of each resource worth, and when?"
    alone = replace(study.design, sham=None, focus=(), coverages=None, levers={}, full=None)
    design = replace(alone, question=question, arms=definitions)
    ready = tuple(replace(arm, arm=definitions[arm.name]) for arm in arms)
    return replace(study, arms=ready, design=design, on_one="")


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
    return ReadyArm(extra.arm, Arm(label=label, triage=base.arm.triage, comparator=True), pathway, base.policy)


def prices(result: StudyResult, more: Sequence[Extra]) -> ShadowPrices:
    """What an hour of each extra is worth, from a result of `with_more`."""
    pathway = result.study.baseline.pathway
    a_week = WEEK_DAYS * sum(mean_per_day(source) for source in pathway.arrivals.values() if source.attends)
    priced = [extra for extra in more if extra.kind != "without"]
    by_extra = [_price(result, extra, measure, a_week) for measure in MEASURES for extra in priced]
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
    return paired(result.values(extra.arm, measure), result.values(result.design.baseline, measure))


def _last(result: StudyResult, block: Extra, measure: str) -> Floats:
    """The effect of a block that is added to all others, shape (n_replications,)."""
    whole, without = (result.values(arm, measure) for arm in (f"{block.pool}_whole", f"{block.arm}_without"))
    return paired(whole, without)


def _interval(values: Floats) -> Interval:
    return compare(values, np.zeros(len(values)))


def _check(result: StudyResult, more: Sequence[Extra], pool: str, measure: str) -> Check:
    """The check of one resource, its sums taken within each replication."""
    blocks = [extra for extra in more if (extra.pool, extra.kind) == (pool, "block")]
    (at_all_hours,) = (extra for extra in more if (extra.pool, extra.kind) == (pool, "whole"))
    alone = np.sum([_alone(result, block, measure) for block in blocks], axis=0)
    last = np.sum([_last(result, block, measure) for block in blocks], axis=0)
    whole, mean = _alone(result, at_all_hours, measure), (alone + last) / 2
    return Check(pool, measure, *(_interval(values) for values in (alone, last, mean, whole, mean - whole)))


def by_block(priced: ShadowPrices, pool: str, measure: str) -> Mapping[str, tuple[Price, ...]]:
    """The prices of a pool's blocks, by weekdays and weekends, from midnight on."""
    of_pool = [price for price in priced.of_kind("block", measure) if price.extra.pool == pool]
    return {days: tuple(price for price in of_pool if price.extra.days == days) for days in DAYS}
