"""How far chance alone moves things, from a negative-control arm without any real effect (a sham).

The band of a figure; and the shares of patients who wait shorter and longer than under the baseline, to be read beside
those of the sham.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.measures.quantities import Window, arrived_in, wait_to_clinician
from simulation.records.schema import Floats, Patients
from simulation.statistics.intervals import Interval

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
