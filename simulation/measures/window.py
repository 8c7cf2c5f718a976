"""The patients who are measured: those who arrived in a window of time, followed to their end."""

import numpy as np

from simulation.records.schema import IN_BUILDING, Mask, Patients
from simulation.units import to_ticks

Window = tuple[float, float]
"""Minutes of arrival, half-open [from, to)."""


def in_ticks(window: Window) -> tuple[int, int]:
    """Where a window begins and ends, in ticks."""
    return to_ticks(window[0]), to_ticks(window[1])


def arrived_in(patients: Patients, window: Window) -> Patients:
    """The patients who arrived in the window; a view rather than a copy if the table is in order of arrival."""
    rows = np.flatnonzero(in_window(patients, window))
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return patients.select(slice(int(rows[0]), int(rows[-1]) + 1))
    return patients.select(rows)


def in_window(patients: Patients, window: Window) -> Mask:
    """Mask of the patients who arrived in the window, shape (n,)."""
    arrived_at = patients["arrived_at"]
    return (arrived_at >= window[0]) & (arrived_at < window[1])


def still_there(patients: Patients) -> Mask:
    """Mask of the patients who had not left A&E at the end of the table, shape (n,)."""
    still = patients.where("outcome", IN_BUILDING)
    if "departed_at" in patients:
        still &= np.isnan(patients["departed_at"])
    return still


def unfinished(patients: Patients, window: Window) -> int:
    """The number of patients who arrived in the window and had not left A&E at the end of the table."""
    return int((still_there(patients) & in_window(patients, window)).sum())
