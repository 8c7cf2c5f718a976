"""What an arm costs a year beyond the baseline: its own cost, the policy's fee, and its price per attendance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simulation.draws import DAYS_IN_YEAR, draw
from simulation.pathway.department import ARRIVAL_SOURCE
from simulation.pathway.rota import mean_per_day
from simulation.study.study import ReadyArm
from simulation.triage.apply import reached
from simulation.triage.minutes import sources_of
from simulation.triage.policy import Policy

DAYS_PER_YEAR = 365
"""Of a calendar year, for which licences are paid; a model year (`draws.DAYS_IN_YEAR`, 364) is whole weeks and is used
for shares only, so the two never meet in one quotient."""


def cost_of(arm: ReadyArm) -> tuple[float | None, str]:
    """Pounds a year and what they buy: the arm's own cost, the policy's yearly cost and its price per attendance."""
    parts: list[tuple[float, str]] = []
    if arm.arm.cost is not None:
        stated = arm.arm.cost
        parts.append((stated.per_year, f"{stated.what} ({stated.evidence}: {stated.source})"))
    policy: Policy = arm.policy
    if policy.cost_per_year is not None:
        parts.append(
            (
                policy.cost_per_year.value,
                f"a year's fee ({policy.cost_per_year.evidence}: {policy.cost_per_year.source})",
            )
        )
    if policy.price_per_attendance is not None:
        price = policy.price_per_attendance
        a_year = _covered_a_year(arm)
        words = f"£{price.value:.2f} for each of {a_year:,.0f} covered attendances a year"
        parts.append((price.value * a_year, f"{words} ({price.evidence}: {price.source})"))
    if not parts:
        return None, ""
    return sum(pounds for pounds, _ in parts), "; ".join(words for _, words in parts)


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
