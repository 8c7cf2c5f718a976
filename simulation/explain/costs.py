"""What an arm costs a year beyond the baseline: its own cost, the policy's fee, and its price per attendance."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from simulation.department.rota import mean_per_day
from simulation.department.vocabulary import ARRIVAL_SOURCE
from simulation.patients import DAYS_IN_YEAR, draw
from simulation.study.design import Cost
from simulation.study.study import ReadyArm
from simulation.triage.apply import reached
from simulation.triage.matrix import AtLeastZero
from simulation.triage.people import sources_labelled
from simulation.triage.policy import sources_of

DAYS_PER_YEAR = 365
"""Days of a calendar year, for which money is counted. A model year (`draws.DAYS_IN_YEAR`) has 364, and only shares of
patients are taken from it."""


class YearlyCost(NamedTuple):
    """Pounds a year beyond the baseline, their lowest and highest value, and in `words` what they buy."""

    pounds: float
    low: float
    high: float
    words: str


def cost_of(arm: ReadyArm) -> YearlyCost | None:
    """The sum of the arm's own cost, the policy's yearly cost and its price per attendance; None if none is stated.

    The lowest cost has every part at its lowest, the highest every part at its highest.
    """
    parts = list(_parts(arm))
    if not parts:
        return None
    pounds, low, high, words = zip(*parts, strict=True)
    return YearlyCost(sum(pounds), sum(low), sum(high), "; ".join(words))


def _parts(arm: ReadyArm) -> Iterator[YearlyCost]:
    """The arm's own cost, the policy's fee, and its price for all whom it covers, as far as they are stated."""
    cost, fee, price = arm.arm.cost, arm.policy.cost_per_year, arm.policy.price_per_attendance
    stated: list[tuple[float, float, Cost | AtLeastZero, str]] = []
    if cost is not None:
        stated.append((1, cost.per_year, cost, cost.words))
    if fee is not None:
        stated.append((1, fee.value, fee, "a year's fee"))
    if price is not None:
        n = _covered_a_year(arm)
        stated.append(
            (
                n,
                price.value,
                price,
                f"£{price.value:.2f} for each of {n:,.0f} covered attendances a year",
            )
        )
    for times, pounds, source, words in stated:
        low, high = source.range or (pounds, pounds)
        words = f"{words} ({source.evidence}: {source.source})"
        yield YearlyCost(times * pounds, times * low, times * high, words)


def _covered_a_year(arm: ReadyArm) -> float:
    """How many attendances a year the tool is used for."""
    policy = arm.policy
    covers = policy.covers
    if covers is None and not policy.actions:
        return 0.0
    labels = (
        sources_labelled(covers, arm.pathway)
        if covers is not None and policy.ai is not None
        else ()
    )
    minutes = covers.minutes if covers is not None else ()
    names = {
        *labels,
        *minutes,
        *(name for effect in policy.effects for name in sources_of(effect, ())),
    }
    names |= {name for action in policy.actions.values() for name in action.covers.arrivals}
    sources = {name: source for name, source in arm.pathway.arrivals.items() if name in names}
    return (
        DAYS_PER_YEAR
        * sum(map(mean_per_day, sources.values()))
        * _share_reached(arm, tuple(sources))
    )


def _share_reached(arm: ReadyArm, sources: Sequence[str]) -> float:
    """The share of the patients of these sources for whom the tool is used, in a year from go-live.

    1 if nothing but the source decides; else counted on a year of patients drawn with seed 0.
    """
    policy = arm.policy
    covers = policy.covers
    for_some = policy.adoption or (
        covers is not None and (covers.only or covers.excluded or covers.share)
    )
    if (
        not for_some
        and not policy.actions
        and all(effect.covers is None for effect in policy.effects)
    ):
        return 1.0
    drawn = draw(arm.pathway, seed=0, replication=0, days=DAYS_IN_YEAR)
    known = arm.pathway.categories(ARRIVAL_SOURCE)
    counted = np.isin(drawn.arrival_source, [known.index(name) for name in sources])
    live_at_once = replace(policy, go_live_day=None, live_days=None)
    return (
        float(reached(live_at_once, arm.pathway, drawn)[counted].mean()) if counted.any() else 0.0
    )
