"""A journal that is in order already, and its milestones by numpy: what the reference engine brings, without numba.

The compiled engine's is in `compiled_journal`; both find the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.engine.contract import Activities, Milestones, Moment, Names
from simulation.engine.rows import NONE, Outcome
from simulation.units import NEVER, TICKS_PER_MINUTE


@dataclass(frozen=True)
class InOrder:
    """Activities, patient by patient."""

    activities: Activities

    def __len__(self) -> int:
        return len(self.activities)

    def arranged(self) -> Activities:
        """The activities themselves."""
        return self.activities

    def milestones(self, names: Names, n_nodes: int, n_patients: int) -> Milestones:
        """First times by name and the last row of each patient."""
        activities = self.activities
        when = (activities.joined_at, activities.started_at, activities.ended_at)
        first_at = {}
        for name, nodes in names.items():
            moment_of = np.full(n_nodes, NEVER)
            moment_of[list(nodes)] = list(nodes.values())
            moment = moment_of[activities.step]
            at = np.full(len(activities), NEVER, dtype=np.int64)
            for each in Moment:
                at = np.where(moment == each, when[each], at)
            at[(moment == Moment.ENDED) & (activities.outcome != Outcome.DONE)] = NEVER
            dated = np.flatnonzero(at != NEVER)[::-1]  # backwards, so the first of a patient is written last and stays
            first_at[name] = np.full(n_patients, np.nan)
            first_at[name][activities.patient[dated]] = at[dated] / TICKS_PER_MINUTE
        last_step = np.full(n_patients, NONE, dtype=np.int16)
        last_step[activities.patient] = activities.step  # in order, so the last of a patient stays
        last_ended_at = np.full(n_patients, NEVER, dtype=np.int64)
        last_ended_at[activities.patient] = activities.ended_at
        return Milestones(first_at, last_step, last_ended_at)
