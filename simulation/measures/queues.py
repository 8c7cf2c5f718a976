"""Who waits at an instant, in the order in which they would be served if everything were free.

Engines keep no log of their queues. The order follows from the activities and the priority rule: the key of a request
is (rank, joined at, patient), and the class that decides the rank follows from the label so far, the step, what a round
noticed and the target pull (`engine/contract.py`, 'Who is next').
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from simulation.engine.contract import Run
from simulation.engine.plan import Columns, bind
from simulation.engine.rows import NONE, Outcome, Plan, StepRow
from simulation.patients import Draws
from simulation.records.schema import Column, Ints, Table
from simulation.units import NEVER, to_minutes

FOREVER = np.iinfo(np.int64).max
Rows = NDArray[np.integer[Any]] | slice
"""Row numbers of `Run.activities`, shape (n,), or all of them."""
EVERY = slice(None)


@dataclass(frozen=True, eq=False)
class Queues:
    """Every queue of a run at any instant, those who compete for beds without attending included. Times are ticks."""

    plan: Plan
    columns: Columns
    run: Run

    @classmethod
    def of(cls, plan: Plan, draws: Draws, run: Run) -> Self:
        """The queues of patients as they were drawn."""
        return cls(plan, bind(plan, draws), run)

    @cached_property
    def waits_until(self) -> Ints:
        """When each activity starts, or its patient leaves the queue, shape (n,); after all else where neither does."""
        activities = self.run.activities
        until = np.where(activities.started_at == NEVER, activities.ended_at, activities.started_at)
        return np.where(until == NEVER, FOREVER, until)

    @cached_property
    def _label(self) -> tuple[Ints, Ints]:
        """The class by the last label before each activity, and when it was given (NEVER if none was), shape (n,)."""
        activities, patient = self.run.activities, self.run.activities.patient
        column = np.where(
            activities.outcome == Outcome.DONE, self._of_step("relabels", EVERY), NONE
        )
        latest = np.maximum.accumulate(np.where(column == NONE, -1, np.arange(len(activities))))
        latest = np.append(-1, latest)[: len(activities)]
        labelled = (latest >= 0) & (patient[latest] == patient)
        label = np.full(len(activities), self.plan.untriaged_class)
        label[labelled] = self.columns.attributes[column[latest[labelled]], patient[labelled]]
        return label, np.where(labelled, activities.ended_at[latest], NEVER)

    @cached_property
    def _noticed_at(self) -> Ints:
        noticed_at = np.full(len(self.columns), FOREVER)
        noticed_at[self.run.notices.patient] = self.run.notices.at
        return noticed_at

    def _of_step(self, field: str, rows: Rows) -> Ints:
        """A number of each activity's step; NONE at the end of a route."""
        values = [
            int(getattr(row, field)) if isinstance(row, StepRow) else NONE for row in self.plan.rows
        ]
        return np.array(values, dtype=np.int64)[self.run.activities.step[rows]]

    def acuity(self, rows: Rows, at: int | Ints) -> Ints:
        """The acuity now of the patients of these activities at an instant (of each), as a class of the plan."""
        label, given_at = (values[rows] for values in self._label)
        noticed_at = self._noticed_at[self.run.activities.patient[rows]]
        noticed = (noticed_at <= at) & (given_at < noticed_at)
        return np.where(noticed, np.array(self.plan.worse)[label], label)

    def classes(self, rows: Rows, at: int | Ints) -> Ints:
        """The class as which each of these activities waits at an instant (of each), shape (n,)."""
        plan, patient = self.plan, self.run.activities.patient[rows]
        stated, ignored, pulls = (
            self._of_step(field, rows) for field in ("queue_class", "ignored", "pulled")
        )
        number = np.where(stated == NONE, self.acuity(rows, at), stated)
        if plan.pull is not None:
            since = at - self.columns.arrived_at[patient]
            pulled = (pulls == 1) & (plan.pull[0] <= since) & (since < plan.pull[1])
            number = np.where(pulled, np.array(plan.classes_when_pulled)[number], number)
        if plan.ignored_columns:
            number = np.where(
                (ignored != NONE) & self.columns.ignored[ignored, patient],
                plan.ignored_class,
                number,
            )
        return number

    @property
    def may_change(self) -> tuple[Ints, Ints]:
        """Which activities may change class while they wait, and when: at a round, as the pull begins or ends."""
        activities = self.run.activities
        arrived_at = self.columns.arrived_at[activities.patient]
        moments = [
            self._noticed_at[activities.patient],
            *(arrived_at + edge for edge in (self.plan.pull or ())[:2]),
        ]
        within = [(activities.joined_at < at) & (at < self.waits_until) for at in moments]
        at = [moment[inside] for moment, inside in zip(moments, within, strict=True)]
        return np.concatenate([np.flatnonzero(inside) for inside in within]), np.concatenate(at)

    def waiting(self, at: int) -> Ints:
        """The activities that wait once everything due at tick `at` has happened, the next to be served first.

        Those who wait at one step are in the order of its queue. The instant must be before the horizon.
        """
        activities = self.run.activities
        rows = np.flatnonzero((activities.joined_at <= at) & (at < self.waits_until))
        joined_at, number = activities.joined_at[rows], self.classes(rows, at)
        if self.plan.accumulating:
            rank = -np.array(self.plan.rates)[number] * (at - joined_at)
        else:
            rank = np.array(self.plan.ranks)[number]
        return rows[np.lexsort((activities.patient[rows], joined_at, rank))]

    def table(self, at: int) -> Table:
        """Who waits once everything due at tick `at` has happened, the next to be served first.

        place  in the queue of the step, from 1; step; patient  as in `Patients`; class  as which they wait; joined_at,
        waited  minutes.
        """
        activities, rows = self.run.activities, self.waiting(at)
        step = activities.step[rows]
        by_step = np.argsort(step, kind="stable")
        place = np.empty(len(rows), dtype=np.int64)
        place[by_step] = 1 + np.arange(len(rows)) - np.searchsorted(step[by_step], step[by_step])
        joined_at = activities.joined_at[rows]
        columns: dict[str, Column] = {
            "place": place,
            "step": step,
            "patient": activities.patient[rows],
            "class": self.classes(rows, at),
            "joined_at": to_minutes(joined_at),
            "waited": to_minutes(at - joined_at),
        }
        return Table(columns, {"step": self.plan.nodes, "class": self.plan.classes})
