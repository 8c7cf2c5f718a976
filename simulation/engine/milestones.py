"""The reference engine's journal: activities sorted by patient, and their milestones, worked out without numba.

The compiled engine's journal is in `compiled_journal`; both give the same milestones.
"""

from dataclasses import dataclass

import numpy as np

from simulation.engine.contract import Activities, Milestones, Moment, Names
from simulation.engine.rows import NONE, Outcome
from simulation.units import NEVER, TICKS_PER_MINUTE


@dataclass(frozen=True)
class InOrder:
    """A journal of activities that are sorted by patient already."""

    activities: Activities

    def __len__(self) -> int:
        return len(self.activities)

    def arranged(self) -> Activities:
        """The activities themselves."""
        return self.activities

    def milestones(self, names: Names, n_nodes: int, n_patients: int) -> Milestones:
        """First times by name and the last row of each patient."""
        activities = self.activities
        times = (activities.joined_at, activities.started_at, activities.ended_at)  # by Moment
        first_at = {}
        for name, nodes in names.items():
            moment_of = np.full(n_nodes, NEVER)
            moment_of[list(nodes)] = list(nodes.values())
            row_moment = moment_of[activities.step]
            at = np.full(len(activities), NEVER, dtype=np.int64)
            for moment in Moment:
                at = np.where(row_moment == moment, times[moment], at)
            at[(row_moment == Moment.ENDED) & (activities.outcome != Outcome.DONE)] = NEVER
            dated = np.flatnonzero(at != NEVER)[
                ::-1
            ]  # backwards, so the first of a patient is written last and stays
            first_at[name] = np.full(n_patients, np.nan)
            first_at[name][activities.patient[dated]] = at[dated] / TICKS_PER_MINUTE
        last_step = np.full(n_patients, NONE, dtype=np.int16)
        last_step[activities.patient] = activities.step  # in order, so the last of a patient stays
        last_ended_at = np.full(n_patients, NEVER, dtype=np.int64)
        last_ended_at[activities.patient] = activities.ended_at
        return Milestones(first_at, last_step, last_ended_at)
