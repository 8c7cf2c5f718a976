"""Simulated attendances as an extract would hold them: stamps, codes and nothing that a hospital does not know."""

import numpy as np
import pandas as pd

import simulation as ae
from simulation.extracts.extract import Extract
from simulation.measures.quantities import Window

POINTS = (
    "arrived_at",
    "assessed_at",
    "triaged_at",
    "handed_over_at",
    "seen_at",
    "decided_at",
    "departed_at",
)
LEVELS = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")
CODED = {
    "arrival_source": ("walk_in", "ambulance", "referred"),
    "outcome": ("discharged", "admitted", "transferred", "left"),
    "sex": ("female", "male"),
}


def stamped(patients: pd.DataFrame, window: Window, monday: str = "2025-03-03") -> Extract:
    """The extract of those who arrived in a window, of which the first day is this Monday.

    Those who are on a ward when the table ends are coded as admitted.
    """
    arrived = patients["arrived_at"]
    rows = patients[(arrived >= window[0]) & (arrived < window[1])]
    frame = pd.DataFrame(
        {
            point: pd.Timestamp(monday)
            + pd.to_timedelta(np.round(rows[point] - window[0], 3), unit="min")
            for point in POINTS
        }
    )
    for name in (*CODED, "acuity_given", "age"):
        frame[name] = rows[name].astype(str)
    frame["outcome"] = frame["outcome"].replace("in_building", "admitted")
    coded = {
        name: {"column": name, "values": dict(zip(known, known, strict=True))}
        for name, known in CODED.items()
    }
    acuity = {"column": "acuity_given", "values": dict(zip(LEVELS, LEVELS, strict=True))}
    times = dict(zip(POINTS, POINTS, strict=True))
    return ae.from_table(
        frame, {"times": times, **coded, "acuity": acuity, "age": "age", "timezone": None}
    )
