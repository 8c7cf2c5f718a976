"""Shadow prices: by how much one hour more of a nurse, a clinician, a cubicle or a bed shortens waits, by time of week.

Every resource gets one unit more in one block of four hours, on weekdays or at weekends, as an arm of its own on the
same patients; ward beds get some more at all hours. An hour's price is what it takes off the waits of all patients
together (patient-minutes an hour of the resource), so that unlike resources compare, and tools that free minutes of
staff as well.

People are whole, so one block alone takes relief away from its neighbours: twelve of them, each added alone, promise
more than a unit at all hours gives, and each added last less. The price is the mean of the two, what a block is worth
in the two extreme orders of adding blocks. Up to terms of second order such prices add up exactly.

`with_more` makes the arms, `prices` reads the result. Nothing is simulated here; a sample tells how many hours a tool
frees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulation.analysis.compare import compare, paired
from simulation.analysis.intervals import Interval
from simulation.analysis.offered_load import in_a_mean_week, offered_load
from simulation.draws import draw
from simulation.errors import ConfigError, Fault, nearest
from simulation.experiment.result import StudyResult
from simulation.pathway.department import ExtraShift, Pathway
from simulation.pathway.rota import HOURS_OF_WEEK, mean_per_day
from simulation.records.schema import Floats
from simulation.study.design import Arm
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply

BLOCK_HOURS = 4
DAYS = {"weekdays": ("mon-fri", 5), "weekends": ("sat,sun", 2)}
"""By name, the days as a rota writes them, and how many a week."""
RESOURCES = ("triage_nurses", "doctors", "majors_cubicles")
"""Pools that get a unit more block by block."""
BEDS = 4
"""Beds that a ward group gets more: the effect of one would be lost in noise."""
BED_ROLE = "adult_bed"
TOOLS = ("ai_scribe_measured", "ai_documents_measured")
"""Arms of the study whose freed staff minutes are priced beside them."""
MEASURES = ("wait_to_clinician_mean", "stay_mean")
"""What an hour takes minutes off: waits for a first clinician; stays in the department, waits for a bed among them."""
WEEK_DAYS = 7
LOAD_DAYS = 84


@dataclass(frozen=True)
class Extra:
    """What one arm has more: `units` of a pool at `hours` (of a day, on `days`), `hours_a_week` of it in all.

    kind  `block`, `without` (all hours but those of the block), `whole` (all hours), `beds`, or `tool` (hours of staff
    that a tool frees).
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
        """'8-12'."""
        return f"{self.start}-{self.start + BLOCK_HOURS}"


@dataclass(frozen=True)
class Price:
    """What an hour of something is worth. `effect`: on the mean of a patient, minutes (of a block the mean of its
    effects when added alone and when added last); `per_hour`: patient-minutes that an hour of it takes off, above 0
    where it helps; both with 95 % intervals."""

    extra: Extra
    measure: str
    effect: Interval
    per_hour: Interval


@dataclass(frozen=True)
class Check:
    """Whether the blocks of a resource add up to a unit at all hours: effects in minutes a patient, with intervals.

    alone, last  the sums of the blocks' effects when each is added alone and last; blocks  the sum of the prices'
    effects, which is the mean of the two; apart  that sum less the effect of a unit at all hours (`whole`).
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
        """Whether the two differ by no more than chance."""
        return not self.apart.excludes_zero


@dataclass(frozen=True)
class ShadowPrices:
    """All prices of a department, and whether they add up."""

    result: StudyResult
    prices: tuple[Price, ...]
    checks: tuple[Check, ...]

    def price(self, arm: str, measure: str) -> Price:
        """The price of one arm's extra."""
        return next(each for each in self.prices if (each.extra.arm, each.measure) == (arm, measure))

    def of_kind(self, kind: str, measure: str) -> tuple[Price, ...]:
        """The prices of one kind, in order."""
        return tuple(each for each in self.prices if (each.extra.kind, each.measure) == (kind, measure))


def extras(study: Study, pools: Sequence[str] = RESOURCES) -> tuple[Extra, ...]:
    """What the arms have more, in order. Raises ConfigError for a pool that the department does not have."""
    pathway = study.baseline.pathway
    limited = [name for name, pool in pathway.pools.items() if not pool.unlimited]
    faults = [
        Fault(f"pools: {name}", "the department has no such pool of limited size", nearest(name, limited))
        for name in pools
        if name not in limited
    ]
    if faults:
        raise ConfigError(faults)
    return (*_of_blocks(pools), *_of_beds(pathway), *_of_tools(study))


def _of_blocks(pools: Sequence[str]) -> Iterator[Extra]:
    for pool in pools:
        for days, (_, n_days) in DAYS.items():
            for start in range(0, 24, BLOCK_HOURS):
                name, hours = f"{pool}_{days}_{start}", float(BLOCK_HOURS * n_days)
                yield Extra(name, pool, "block", hours, days, start)
                yield Extra(f"{name}_without", pool, "without", HOURS_OF_WEEK - hours, days, start)
        yield Extra(f"{pool}_whole", pool, "whole", float(HOURS_OF_WEEK))


def _of_beds(pathway: Pathway) -> Iterator[Extra]:
    for name, pool in pathway.pools.items():
        if pool.role == BED_ROLE:
            yield Extra(f"{name}_more", name, "beds", float(BEDS * HOURS_OF_WEEK), units=BEDS)


def _of_tools(study: Study) -> Iterator[Extra]:
    there = {arm.name for arm in study.arms}
    for name in TOOLS:
        if name in there:
            yield Extra(name, "", "tool", hours_freed(study, name))


def hours_freed(study: Study, arm: str) -> float:
    """Hours of staff a week that an arm asks for less than the baseline, from a sample of the same patients."""
    ours, theirs = (_work(study.arm(name), study.run.seed) for name in (arm, study.design.baseline))
    return theirs - ours


def _work(arm: ReadyArm, seed: int) -> float:
    """Hours of staff a week that the patients of an arm ask for."""
    drawn = draw(in_a_mean_week(arm.pathway), seed=seed, replication=0, days=LOAD_DAYS)
    load = offered_load(arm.pathway, apply(arm.policy, arm.pathway, drawn))
    staff = [number for number, name in enumerate(load.pools) if arm.pathway.pools[name].kind == "staff"]
    return float(load.work[staff].sum())


def with_more(study: Study, more: Sequence[Extra]) -> Study:
    """The study on one department with an arm for each extra, besides the baseline."""
    study = study.on_typical()
    base = study.baseline
    made = [study.arm(each.arm) if each.kind == "tool" else _arm(base, each) for each in more]
    arms = (base, *made)
    stated = {arm.name: replace(arm.arm, control=None, levers=()) for arm in arms}
    asked = "What is one hour more of each resource worth, and when?"
    alone = replace(study.design, sham=None, focus=(), coverages=None, levers={}, full=None)
    design = replace(alone, question=asked, arms=stated)
    return replace(study, arms=tuple(replace(arm, arm=stated[arm.name]) for arm in arms), design=design, on_one="")


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
    """What each hour is worth, from a result of `with_more`."""
    pathway = result.study.baseline.pathway
    a_week = WEEK_DAYS * sum(mean_per_day(source) for source in pathway.arrivals.values() if source.attends)
    priced = [each for each in more if each.kind != "without"]
    found = [_price(result, each, measure, a_week) for measure in MEASURES for each in priced]
    pools = dict.fromkeys(each.pool for each in more if each.kind == "whole")
    checks = [_check(result, more, pool, measure) for measure in MEASURES for pool in pools]
    return ShadowPrices(result, tuple(found), tuple(checks))


def _price(result: StudyResult, extra: Extra, measure: str, a_week: float) -> Price:
    effects = _alone(result, extra, measure)
    if extra.kind == "block":
        effects = (effects + _last(result, extra, measure)) / 2
    effect = _interval(effects)
    factor = -a_week / extra.hours_a_week if extra.hours_a_week > 0 else np.nan
    return Price(extra, measure, effect, effect.times(factor))


def _alone(result: StudyResult, extra: Extra, measure: str) -> Floats:
    """What an extra does by itself, by replication."""
    return paired(result.values(extra.arm, measure), result.values(result.design.baseline, measure))


def _last(result: StudyResult, block: Extra, measure: str) -> Floats:
    """What a block does where all other blocks are there already, by replication."""
    whole, without = (result.values(arm, measure) for arm in (f"{block.pool}_whole", f"{block.arm}_without"))
    return paired(whole, without)


def _interval(values: Floats) -> Interval:
    return compare(values, np.zeros(len(values)))


def _check(result: StudyResult, more: Sequence[Extra], pool: str, measure: str) -> Check:
    """The sums over blocks, replication by replication, beside a unit at all hours."""
    blocks = [each for each in more if (each.pool, each.kind) == (pool, "block")]
    (at_all_hours,) = (each for each in more if (each.pool, each.kind) == (pool, "whole"))
    alone = np.sum([_alone(result, each, measure) for each in blocks], axis=0)
    last = np.sum([_last(result, each, measure) for each in blocks], axis=0)
    whole, both = _alone(result, at_all_hours, measure), (alone + last) / 2
    return Check(pool, measure, *(_interval(each) for each in (alone, last, both, whole, both - whole)))


def by_block(found: ShadowPrices, pool: str, measure: str) -> Mapping[str, tuple[Price, ...]]:
    """The prices of a pool's blocks, by weekdays and weekends, from midnight on."""
    there = [each for each in found.of_kind("block", measure) if each.extra.pool == pool]
    return {days: tuple(each for each in there if each.extra.days == days) for days in DAYS}
