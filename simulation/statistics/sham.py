"""The sham band: how far chance alone moves a figure, from a negative-control arm without any real effect."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.measures.shares import Shares
from simulation.records.schema import Floats
from simulation.statistics.always_valid import IntervalKind
from simulation.statistics.compare import compare
from simulation.statistics.departments import Department
from simulation.statistics.intervals import LEVEL, Interval


@dataclass(frozen=True)
class ShamBand:
    """How far chance alone moves a figure: the paired differences of a sham arm, which has no real effect.

    difference: their mean and its interval, which shrinks with the number of replications; low, high: where 95 % of
    single replications are expected (a prediction interval), which does not shrink; shares: shares of patients 'better'
    and 'worse', if counted.
    """

    difference: Interval
    low: float
    high: float
    shares: Shares | None = None


def sham_band(
    sham: Floats,
    baseline: Floats,
    *,
    level: float = LEVEL,
    shares: Shares | None = None,
    kind: IntervalKind = "fixed_sample",
    department: Department | None = None,
) -> ShamBand:
    """The band of no effect of one measure, from the replications of the sham arm and of the baseline."""
    difference = compare(sham, baseline, level=level, kind=kind, department=department)
    return ShamBand(difference, *difference.single(level=level), shares)
