"""The measures that a hospital could take from its records: time stamps, rotas, counts of who is there.

Measures that need the true level, whether a label was right, or a policy's coverage are left out, because nobody sees
them; so are those of single steps other than queues, for which no hospital keeps a stamp.
"""

from __future__ import annotations

from simulation.measures.definitions import ALL
from simulation.measures.measuring import MeasureName

OBSERVABLE: dict[str, tuple[str, ...]] = {
    "walk_in_triage_wait_mean": (ALL,),
    "walk_in_triage_wait_p95": (ALL,),
    "ambulance_assessment_median": (ALL,),
    "handover_mean": (ALL,),
    "handover_over_30_share": (ALL,),
    "time_to_clinician_median": (ALL, "arrival_source"),
    "time_to_clinician_p95": (ALL,),
    "stay_median": (ALL, "outcome"),
    "within_4h_share": (ALL, "arrival_source", "age_band", "outcome"),
    "over_12h_share": (ALL,),
    "left_share": (ALL, "arrival_source"),
    "admitted_share": (ALL,),
    "decision_to_departure_over_4h_share": (ALL,),
    "decision_to_departure_over_12h_share": (ALL,),
    "busy_by_day_share": ("pool",),
    "busy_by_night_share": ("pool",),
    "occupied_at_midnight_share": ("pool",),
    "queue_mean": ("step",),
    "boarders_mean": (ALL,),
    "full_share": (ALL,),
}
"""By measure, the kinds of group for which a hospital could record it: everybody, or the attribute before the `=`."""


def is_observable(measure: str, group: str) -> bool:
    """Whether a hospital could take a measure of a group from its records.

    >>> is_observable("within_4h_share", "age_band=oldest"), is_observable("within_4h_share", "acuity_true=urgent")
    (True, False)
    """
    return group.partition("=")[0] in OBSERVABLE.get(measure, ())


def observables_among(names: tuple[MeasureName, ...]) -> tuple[MeasureName, ...]:
    """The measures among these that a hospital could take from its records, in order."""
    return tuple(name for name in names if is_observable(name.measure, name.group))
