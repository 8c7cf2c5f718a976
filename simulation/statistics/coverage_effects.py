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

**Sham.** How far chance alone moves things is seen from a negative-control arm without any real effect: the band of a
figure, and the shares of patients who wait shorter and longer than under the baseline, to be read beside the sham's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ResultsError
from simulation.measures.measuring import COVERAGE, Measures
from simulation.measures.occupancy import waiting_and_working
from simulation.measures.quantities import Window, arrived_in, ratio, wait_to_clinician
from simulation.records.schema import ActivityTable, Floats, Mask, Patients
from simulation.statistics.compare import compare_values, subtract_pairs
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
        return compare_values(after, before, kind=kind, department=department)

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
    on_covered = subtract_pairs(values(partial, covered), values(baseline, covered))
    own = subtract_pairs(
        subtract_pairs(on_covered, values(partial, left_out)), -values(baseline, left_out)
    )
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


BEYOND_MINUTES = 1.0
"""Minutes by which a wait must differ to count as shorter or longer."""


@dataclass(frozen=True)
class Shares:
    """Among patients who are in both arms, the shares whose wait is shorter, and longer, by more than a minute."""

    better: float
    worse: float
    n_paired: int
    n_unpaired: int

    @property
    def same(self) -> float:
        """The share whose wait is the same within a minute."""
        return 1 - self.better - self.worse


def shares_better_worse(patients: Patients, baseline: Patients, window: Window) -> Shares:
    """The shares of patients who wait shorter or longer for a clinician than the same patient under the baseline.

    Patients are the same if source (by name), number and replication agree. The wait is the restricted primary one.
    Show this only together with the shares of a sham arm: without any effect a good part of patients are 'better'.
    """
    sources = baseline.known("arrival_source")
    identity, wait = _identified(patients, sources, window)
    of_baseline, baseline_wait = _identified(baseline, sources, window)
    if np.array_equal(
        identity, of_baseline
    ):  # arms that share their draws have the same patients in the same order
        difference, n_unpaired = wait - baseline_wait, 0
    else:
        both, rows, baseline_rows = np.intersect1d(
            identity, of_baseline, assume_unique=True, return_indices=True
        )
        difference = wait[rows] - baseline_wait[baseline_rows]
        n_unpaired = len(identity) + len(of_baseline) - 2 * len(both)
    n_paired = int(np.count_nonzero(~np.isnan(difference)))
    if n_paired == 0:
        return Shares(np.nan, np.nan, 0, n_unpaired)
    n_better, n_worse = (
        int(np.count_nonzero(change > BEYOND_MINUTES)) for change in (-difference, difference)
    )
    return Shares(n_better / n_paired, n_worse / n_paired, n_paired, n_unpaired)


def _identified(
    patients: Patients, sources: tuple[str, ...], window: Window
) -> tuple[NDArray[np.int64], Floats]:
    """An identifier of each patient that is the same in every arm, and the patient's wait."""
    measured = arrived_in(patients, window)
    known = measured.known("arrival_source")
    others = tuple(name for name in known if name not in sources)
    code = np.array([(*sources, *others).index(name) for name in known], dtype=np.int64)
    identity = (measured["replication"].astype(np.int64) << 48) + (
        code[measured["arrival_source"]] << 40
    )
    return identity + measured["number"].astype(np.int64), wait_to_clinician(measured)


@dataclass(frozen=True)
class ShamBand:
    """How far chance alone moves a figure: the paired differences of a sham arm, which has no real effect.

    difference: their mean and its interval, which shrinks with the number of replications; low, high: where 95 % of
    single replications are expected (a prediction interval), which does not shrink; shares: shares of patients 'better'
    and 'worse', if counted.
    """

    difference: Interval
    shares: Shares | None = None

    @property
    def low(self) -> float:
        """The lower end of the band."""
        return self.difference.single()[0]

    @property
    def high(self) -> float:
        """The upper end of the band."""
        return self.difference.single()[1]
