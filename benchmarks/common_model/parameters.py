"""The parameters of the common model: a small department that every engine of `bench_peers.py` simulates.

Arrivals are Poisson with a rate by clock hour. A triage nurse sees everybody in order of arrival. Then a cubicle
(by level, then in order), and in it a clinician (by level, then in order, not pre-emptive). Some need tests: the
clinician goes, the cubicle stays theirs, and a clinician reviews the results (same queue). Admitted patients keep the
cubicle until a bed is ready. Levels 4 and 5 lose patience: a deadline counted from arrival ends their wait for the
cubicle or for the first clinician; who has passed it by the end of triage leaves then. A rota that shrinks cuts
nobody off, and those still at work count against it.

The *reduced* model has no cubicles, because Ciw cannot hold one through several nodes.

Nothing here describes a real department: the numbers are made up so that engines have the same work.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MINUTES_PER_DAY = 1440
WARM_UP_DAYS = 7
DAYS = 35
"""Days on which patients arrive; those of the warm-up are not measured."""
RUN_ON_DAYS = 4
"""Days after them, on which nobody comes and everybody goes home or to a bed."""
MEASURED = (WARM_UP_DAYS * MINUTES_PER_DAY, DAYS * MINUTES_PER_DAY)
ENDS_AT = (DAYS + RUN_ON_DAYS) * MINUTES_PER_DAY

PER_DAY = 300
WEIGHTS_BY_HOUR = (
    7,
    6,
    5,
    4,
    4,
    4,
    5,
    7,
    11,
    16,
    19,
    20,
    20,
    19,
    18,
    18,
    18,
    18,
    18,
    17,
    15,
    13,
    10,
    8,
)
RATE_BY_HOUR = tuple(PER_DAY / 60 * weight / sum(WEIGHTS_BY_HOUR) for weight in WEIGHTS_BY_HOUR)
"""Arrivals a minute."""
PEAK_RATE = max(RATE_BY_HOUR)

LEVELS = (1, 2, 3, 4, 5)
SHARES = (0.03, 0.17, 0.40, 0.30, 0.10)
P_ADMITTED = (0.85, 0.56, 0.30, 0.11, 0.05)
P_TESTS = 0.45
IMPATIENT = (4, 5)
PATIENCE_MEAN = 240.0
"""Minutes from arrival, exponential."""

CUBICLES = 20
SHIFT_ENDS = (8, 16, 24)
TRIAGE_NURSES = (2, 4, 3)
CLINICIANS = (5, 8, 6)


@dataclass(frozen=True)
class Lognormal:
    """Minutes by their mean (not that of the logarithm) and the standard deviation of the logarithm."""

    mean: float
    log_sd: float

    @property
    def log_mean(self) -> float:
        """The mean of the logarithm."""
        return log(self.mean) - self.log_sd**2 / 2


TRIAGE = Lognormal(8, 0.5)
FIRST_CONTACT = Lognormal(20, 0.6)
TESTS = Lognormal(60, 0.5)
REVIEW = Lognormal(10, 0.5)
BED_DELAY = Lognormal(120, 0.6)


@dataclass(frozen=True)
class Records:
    """One replication's patients in any order, arrays of one length: points in time in minutes (NaN: never), level."""

    level: NDArray[np.int64]
    arrived_at: Floats
    triaged_at: Floats
    seen_at: Floats
    departed_at: Floats
    left: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.arrived_at)


def measures(records: Records) -> dict[str, float]:
    """The measures in which engines have to agree, over patients who arrived in the measured window."""
    measured = (records.arrived_at >= MEASURED[0]) & (records.arrived_at < MEASURED[1])
    if np.isnan(records.departed_at).any():
        raise AssertionError(
            f"{int(np.isnan(records.departed_at).sum())} patients never departed: run on longer"
        )
    wait = (records.seen_at - records.triaged_at)[measured]
    stay = (records.departed_at - records.arrived_at)[measured]
    level = records.level[measured]
    return {
        "arrivals": float(measured.sum()),
        "clinician wait": float(np.nanmean(wait)),
        "clinician wait, level 2": float(np.nanmean(wait[level == 2])),
        "clinician wait, level 5": float(np.nanmean(wait[level == 5])),
        "stay": float(stay.mean()),
        "over 4 h": float((stay > 240).mean()),
        "left": float(records.left[measured].mean()),
    }
