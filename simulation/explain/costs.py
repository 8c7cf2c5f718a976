"""What an arm costs a year beyond the baseline: its own cost, the policy's fee, and its price per attendance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulation.draws import DAYS_IN_YEAR, draw
from simulation.pathway.department import ARRIVAL_SOURCE
from simulation.pathway.rota import mean_per_day
from simulation.study.study import ReadyArm
from simulation.triage.apply import reached
from simulation.triage.estimates import AtLeastZero
from simulation.triage.minutes import sources_of

DAYS_PER_YEAR = 365
"""Of a calendar year, for which licences are paid; a model year (`draws.DAYS_IN_YEAR`, 364) is whole weeks and is used
for shares only, so the two never meet in one quotient."""


@dataclass(frozen=True)
class YearlyCost:
    """Pounds a year beyond the baseline, the lowest and the highest that they could be, and in words what they buy."""

    pounds: float
    low: float
    high: float
    words: str


def cost_of(arm: ReadyArm) -> YearlyCost | None:
    """The arm's own cost, the policy's yearly cost and its price per attendance, added up; None if none is stated.

    The lowest cost has every part at its lowest, and the highest every part at its highest.
    """
    parts = [*_own_cost(arm), *_policy_costs(arm)]
    if not parts:
        return None
    return YearlyCost(
        pounds=sum(part.pounds for part in parts),
        low=sum(part.low for part in parts),
        high=sum(part.high for part in parts),
        words="; ".join(part.words for part in parts),
    )


def _own_cost(arm: ReadyArm) -> Iterator[YearlyCost]:
    stated = arm.arm.cost
    if stated is not None:
        low, high = stated.range or (stated.per_year, stated.per_year)
        yield YearlyCost(stated.per_year, low, high, f"{stated.what} ({stated.evidence}: {stated.source})")


def _policy_costs(arm: ReadyArm) -> Iterator[YearlyCost]:
    fee, price = arm.policy.cost_per_year, arm.policy.price_per_attendance
    if fee is not None:
        yield _times(1, fee, "a year's fee")
    if price is not None:
        a_year = _covered_a_year(arm)
        yield _times(a_year, price, f"£{price.value:.2f} for each of {a_year:,.0f} covered attendances a year")


def _times(number: float, price: AtLeastZero, words: str) -> YearlyCost:
    low, high = price.range or (price.value, price.value)
    return YearlyCost(number * price.value, number * low, number * high, f"{words} ({price.evidence}: {price.source})")


def _covered_a_year(arm: ReadyArm) -> float:
    """Attendances a year that the tool is used for."""
    policy = arm.policy
    covers = policy.covers
    if covers is None and not policy.actions:
        return 0.0
    labels_and_minutes = (*covers.labels, *covers.minutes) if covers is not None else ()
    names = {*labels_and_minutes, *(name for each in policy.effects for name in sources_of(each, ()))}
    names |= {name for action in policy.actions.values() for name in action.covers.arrivals}
    sources = {name: source for name, source in arm.pathway.arrivals.items() if name in names}
    per_day = sum(map(mean_per_day, sources.values()))
    return DAYS_PER_YEAR * per_day * _share_reached(arm, tuple(sources))


def _share_reached(arm: ReadyArm, sources: Sequence[str]) -> float:
    """Of the patients of these sources, for how many the tool is used in a year from go-live, drawn for the purpose.

    1 where nothing but the source decides.
    """
    policy = arm.policy
    covers = policy.covers
    subgraph_of = policy.adoption or (covers is not None and (covers.only or covers.excluded or covers.share))
    if not subgraph_of and not policy.actions and all(effect.covers is None for effect in policy.effects):
        return 1.0
    drawn = draw(arm.pathway, seed=0, replication=0, days=DAYS_IN_YEAR)
    known = arm.pathway.categories(ARRIVAL_SOURCE)
    of_them = np.isin(drawn.arrival_source, [known.index(name) for name in sources])
    live_at_once = replace(policy, go_live_day=None)
    return float(reached(live_at_once, arm.pathway, drawn)[of_them].mean()) if of_them.any() else 0.0
