"""Direct effect and spillover: what a tool does to those it is used for, and to those it never sees.

Patients interfere: a covered patient's minutes and label change when everybody else is seen. Three arms tell the
parts apart: no coverage (the baseline), partial coverage, full coverage. A coin per patient, the same in every arm,
decides who is covered under the partial one, so each group holds the same people in all three:

- *covered*  the tool is used for them under partial coverage;
- *left out* it is used for them under full coverage only: the coin decided, so they are like the covered;
- *outside*  it is for them under neither.

**Effects**, each a paired difference by replication (Hudgens and Halloran 2008, J Am Stat Assoc 103:832, whose terms
are in brackets): *direct*, covered patients under partial against no coverage (their total effect); *spillover*,
patients never covered under partial against no coverage (their indirect effect); *own*, direct less the spillover on
those left out: what being covered adds in a department where half are (their direct effect); *all at partial
coverage*; and *total*, everybody under full against no coverage (their overall effect). Intervals are over
replications, never over patients.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulation.errors import ResultsError
from simulation.measures.measuring import COVERAGE, Measures
from simulation.measures.occupancy import waiting_and_working
from simulation.measures.quantities import Window, arrived_in, ratio
from simulation.records.schema import ActivityTable, Floats, Mask, Patients
from simulation.statistics.compare import compare, paired
from simulation.statistics.critical_values import IntervalKind
from simulation.statistics.departments import Department
from simulation.statistics.intervals import Interval
from simulation.units import NEVER, TICKS_PER_MINUTE

Name = Literal[
    "direct", "spillover", "spillover, left out", "spillover, outside", "own", "partial", "total"
]
COVERED, LEFT_OUT, OUTSIDE = "covered", "left_out", "outside"
GROUPS = (COVERED, LEFT_OUT, OUTSIDE)
NEVER_COVERED = f"{COVERAGE}=never"
"""Left out and outside together: those whom the tool never sees under partial coverage."""


@dataclass(frozen=True)
class Effect:
    """One part of what a tool does: among whom (`group`), under which arm, against the baseline.

    `before` and `after`: the measure without the tool and with it, means over replications (NaN where the effect is
    a difference of differences).
    """

    name: Name
    group: str
    arm: str
    before: float
    after: float
    difference: Interval


def with_coverage(patients: Patients, partial: Mask, full: Mask) -> Patients:
    """The table with a column for the group of each patient.

    partial, full: for whom the tool is used under each arm, by row of the draws. Raises ResultsError if the table has
    such a column already.
    """
    if COVERAGE in patients:
        raise ResultsError(
            f"table of patients: '{COVERAGE}' is already a column. Rename the attribute"
        )
    rows = patients["patient"]
    codes = np.where(partial[rows], 0, np.where(full[rows], 1, 2)).astype(np.int16)
    return Patients(
        {**patients.columns, COVERAGE: codes}, {**patients.categories, COVERAGE: GROUPS}
    )


def effects(
    measures: Mapping[str, Sequence[Measures]],
    baseline: str,
    *,
    partial: str,
    full: str,
    measure: str,
    kind: IntervalKind = "fixed_sample",
    department: Department | None = None,
) -> tuple[Effect, ...]:
    """The effects of the tool on one measure; those on groups without patients are left out."""

    def values(arm: str, group: str) -> Floats:
        return np.array([replication.value(measure, group) for replication in measures[arm]])

    def difference(after: Floats, before: Floats) -> Interval:
        return compare(after, before, kind=kind, department=department)

    def part(name: Name, group: str, arm: str) -> Effect:
        before, after = values(baseline, group), values(arm, group)
        return Effect(name, group, arm, _mean(before), _mean(after), difference(after, before))

    covered, left_out, outside = (f"{COVERAGE}={group}" for group in GROUPS)
    parts = [
        part("direct", covered, partial),
        part("spillover", NEVER_COVERED, partial),
        part("spillover, left out", left_out, partial),
        part("spillover, outside", outside, partial),
    ]
    on_covered = paired(values(partial, covered), values(baseline, covered))
    own = paired(paired(on_covered, values(partial, left_out)), -values(baseline, left_out))
    parts.append(
        Effect(
            "own",
            f"{covered} less {LEFT_OUT}",
            partial,
            np.nan,
            np.nan,
            difference(own, np.zeros(len(own))),
        )
    )
    parts += [part("partial", "all", partial), part("total", "all", full)]
    if not parts[
        3
    ].difference.n:  # nobody is outside, so never covered and left out are the same people
        parts = [effect for effect in parts if effect.name != "spillover, left out"]
    return tuple(effect for effect in parts if effect.difference.n)


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def waits_by_group(
    patients: Patients, activities: ActivityTable, *, n_steps: int, window: Window
) -> Floats:
    """Minutes waited at each step up to the first clinician (or departure), per attendance of each group.

    Shape (len(GROUPS) + 1, n_steps), the last row those never covered; over attendances that arrived in the window;
    NaN for a group without any. `patients` has been through `with_coverage`.
    """
    measured = arrived_in(patients, window)
    n = 1 + int(max(activities["patient"].max(initial=0), patients["patient"].max(initial=0)))
    until, group = np.zeros((2, n), dtype=np.int64)  # who is not measured waits no time that counts
    seen_at, departed_at = measured.ticks("seen_at"), measured.ticks("departed_at")
    last = np.where(seen_at == NEVER, departed_at, seen_at)
    until[measured["patient"]] = np.where(
        last == NEVER, activities.ticks("joined_at").max(initial=0), last
    )
    group[measured["patient"]] = measured[COVERAGE]
    patient = activities["patient"]
    times = (activities.ticks(name) for name in ("joined_at", "started_at", "ended_at"))
    waited, _ = waiting_and_working(*times, until=until[patient])
    cell = group[patient] * n_steps + activities["step"]
    total = (
        np.bincount(cell, waited, len(GROUPS) * n_steps).reshape(len(GROUPS), n_steps)
        / TICKS_PER_MINUTE
    )
    counts = np.bincount(measured[COVERAGE], minlength=len(GROUPS)).astype(float)
    total, counts = np.vstack([total, total[1:].sum(axis=0)]), np.append(counts, counts[1:].sum())
    return ratio(total, counts[:, None])
