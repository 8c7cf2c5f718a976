"""The power of the theory rows: they are run again with one part of the program broken at a time.

A mutation that no row notices shows that the table is too weak. Each mutation replaces one part of the `Chain` from a
pathway to activities, so it works with every engine. `aeflow validate power=true` prints the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulation.assurance.theory.rows import GROUPS, Effort, TheoryRow, theory_rows
from simulation.assurance.theory.stations import SOUND, Chain
from simulation.department.vocabulary import ACUITY_GIVEN, Pathway
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.rows import Plan, PoolRow
from simulation.errors import PlanError
from simulation.patients import DrawnRun, Draws, day_factors, draw_run
from simulation.units import DAY, WEEK

TOO_LONG = 1.02
ONE_IN = 100


def service_too_long(plan: Plan, drawn: Draws) -> Columns:
    """The columns with every service 2 % longer than it was drawn."""
    columns = bind(plan, drawn)
    return replace(columns, minutes=np.rint(columns.minutes * TOO_LONG).astype(np.int32))


def flipped_ranks(plan: Plan, drawn: Draws) -> Columns:
    """The columns with one patient in a hundred given the opposite rank: the most urgent the least, and so on."""
    columns = bind(plan, drawn)
    if ACUITY_GIVEN not in plan.attribute_columns:
        return columns
    attributes = columns.attributes.copy()
    labels = attributes[plan.attribute_columns.index(ACUITY_GIVEN)]
    labels[::ONE_IN] = len(plan.classes) - 1 - labels[::ONE_IN]
    return replace(columns, attributes=attributes)


def server_lost(pathway: Pathway) -> Plan:
    """The plan in which every pool lacks one unit during a hundredth of each day, from noon."""
    plan = lower(pathway)
    return replace(plan, pool_rows=tuple(_one_fewer(row) for row in plan.pool_rows))


def _one_fewer(row: PoolRow) -> PoolRow:
    if row.unlimited:
        return row
    if len(row.timetable) > 1:
        raise PlanError("a pool has a rota, and this mutation knows only pools of one number. Give it a capacity")
    units = row.timetable[0][1]
    changes = [(0, units)]
    for noon in range(DAY // 2, WEEK, DAY):
        changes += [(noon, units - 1), (noon + DAY // ONE_IN, units)]
    return replace(row, timetable=tuple(changes))


def day_factor_twice(pathway: Pathway, **which: Any) -> Draws:
    """The draws as they would be if the factor of each day were multiplied in twice."""
    run = DrawnRun(**which)
    return draw_run(pathway, run, {name: factor**2 for name, factor in day_factors(pathway, run).items()})


@dataclass(frozen=True)
class Mutation:
    """A chain with one part broken, and the group of checks that is there to notice it."""

    name: str
    chain: Chain
    noticed_by: str


MUTATIONS = (
    Mutation("service 2 % too long", replace(SOUND, bind=service_too_long), "one_server"),
    Mutation("a server lost 1 % of the time", replace(SOUND, lower=server_lost), "one_server"),
    Mutation("a rank flipped in 1 % of dispatches", replace(SOUND, bind=flipped_ranks), "urgent_first"),
    Mutation("a day factor counted twice", replace(SOUND, draw=day_factor_twice), "busy_days"),
    Mutation("a run that drains instead of running on", replace(SOUND, drains=True), "changing_rate"),
)


@dataclass(frozen=True)
class Caught:
    """The theory rows under one mutation."""

    mutation: Mutation
    rows: tuple[TheoryRow, ...]

    @property
    def failed(self) -> tuple[TheoryRow, ...]:
        """The rows that noticed, the surest first."""
        return tuple(sorted((row for row in self.rows if not row.passed), key=lambda row: -abs(row.z)))

    @property
    def largest_z(self) -> float:
        """The largest difference from theory, in standard errors, whichever its sign."""
        return max(abs(row.z) for row in self.rows)


def caught(mutation: Mutation, effort: Effort, *, groups: Sequence[str] = tuple(GROUPS)) -> Caught:
    """The rows of these groups under a mutation."""
    return Caught(mutation, theory_rows(effort, groups=groups, chain=mutation.chain))
