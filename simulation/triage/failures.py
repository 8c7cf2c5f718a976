"""How a triage tool fails: the columns that a department uses instead.

Outages are drawn for the site (`Pathway.outages`) and read by branches of the route; nothing here knows a clock. A
policy gives several columns instead of one: the nurse's label and minutes besides those with the tool, the label and
minutes of a degraded tool, and for whom the tool can fail. Routes choose among them as triage starts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    Outage,
    Pathway,
    QuietDays,
    RandomOutages,
    ShareOfTime,
    Worker,
    minutes_column,
)
from simulation.records.schema import Floats


def can_happen(outage: Outage) -> bool:
    """Whether something is ever down.

    >>> can_happen(ShareOfTime(kind="share", share=0, mean_down_minutes=60, evidence="assumed", source="test"))
    False
    """
    if isinstance(outage, ShareOfTime):
        return outage.share > 0
    if isinstance(outage, RandomOutages):
        return outage.mean_down_minutes > 0
    if isinstance(outage, QuietDays):
        return True
    return any(span.ends_at_minutes > span.starts_at_minutes for span in outage.spans)


def durations_of_triage(pathway: Pathway) -> frozenset[str]:
    """The durations of the steps that give the policy's label."""
    steps = [step for step in pathway.steps.values() if step.relabels == ACUITY_GIVEN]
    return frozenset(name for step in steps for name in step.minutes)


def by_worker(worker: Worker, minutes: Mapping[str, Floats], usual: Mapping[str, Floats]) -> dict[str, Floats]:
    """The columns of one worker's minutes, by name, shape (repeats, n) each, except those equal to `usual`."""
    return {
        minutes_column(name, worker): column
        for name, column in minutes.items()
        if column is not usual[name] and not np.array_equal(column, usual[name])
    }
