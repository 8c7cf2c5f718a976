"""What a department is judged by: NHS measures of one table of patients, each defined once, with its source.

Everything is counted over attendances that arrived in a window and followed to their end. Nothing here knows
whether the table was simulated. Two clocks are kept apart by name: measures count from arrival, except
`decision_to_departure_*`, which count from the decision to admit.

A measure that needs a point in time which the table does not record is absent. Groups without patients are NaN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ResultsError, nearest
from simulation.records.schema import IN_BUILDING, LEFT, Mask, Patients

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Window = tuple[float, float]
"""Minutes of arrival, half-open [from, to)."""
Better = Literal["lower", "higher", "neither"]
Statistic = Literal["mean", "median", "p95"]

RESTRICTED_AT = 720.0
"""Minutes at which the primary wait is cut off: 12 h."""
FOUR_HOURS, TWELVE_HOURS = 240.0, 720.0
WALK_IN, AMBULANCE = "walk_in", "ambulance"
ALL = "all"
TRUE, GIVEN = "acuity_true", "acuity_given"
LEVELS_1_2 = "acuity_true=1-2"
GROUPED_BY = (TRUE, "age_band", "sex", "stream", "language_need", "complaint")
MANCHESTER_TARGETS: Mapping[str, float] = {
    "immediate": 0.0,
    "very_urgent": 10.0,
    "urgent": 60.0,
    "standard": 120.0,
    "non_urgent": 240.0,
}
"""Minutes from arrival to the first clinician by level. Published: Manchester Triage System (Mackway-Jones,
Marsden and Windle, Emergency Triage, 3rd ed., 2014)."""

_CQI = "NHS England, A&E clinical quality indicators (ECDS)"
_MONTHLY = "NHS England, Monthly A&E Attendances and Emergency Admissions: definitions"
_DESIGN = "aeflow, docs: estimands stated before the first run"
_CONTRACT = "NHS Standard Contract, ambulance handover standards (15, 30 and 60 minutes)"
_MTS = "Mackway-Jones, Marsden and Windle, Emergency Triage (Manchester Triage Group), 3rd ed., 2014"


@dataclass(frozen=True)
class Definition:
    """One measure: its unit ('minutes' or 'share', a number from 0 to 1), which way is better, what it counts.

    `needs`: the columns of patients it takes. `mark` and `source` say whose definition it is; `assumed` means ours.
    """

    name: str
    unit: Literal["minutes", "share"]
    better: Better
    definition: str
    mark: Literal["published", "assumed"]
    source: str
    needs: tuple[str, ...] = ()


_ALL_DEFINITIONS = (
    Definition(
        "wait_to_clinician_mean",
        "minutes",
        "lower",
        "Mean minutes from arrival to the first clinician, or to leaving without one; "
        "a wait over 12 h counts as 12 h. Primary.",
        "assumed",
        _DESIGN,
        ("seen_at", "departed_at"),
    ),
    Definition(
        "time_to_clinician_median",
        "minutes",
        "lower",
        "Median minutes from arrival to the first clinician, of those who were seen ('time to treatment').",
        "published",
        _CQI,
        ("seen_at",),
    ),
    Definition(
        "time_to_clinician_p95",
        "minutes",
        "lower",
        "95th percentile of minutes from arrival to the first clinician, of those who were seen.",
        "published",
        _CQI,
        ("seen_at",),
    ),
    Definition(
        "stay_mean",
        "minutes",
        "lower",
        "Mean minutes from arrival to departure (discharged, left, or moved to a ward bed).",
        "published",
        _CQI,
        ("departed_at",),
    ),
    Definition(
        "stay_median",
        "minutes",
        "lower",
        "Median minutes from arrival to departure.",
        "published",
        _CQI,
        ("departed_at",),
    ),
    Definition(
        "stay_p95",
        "minutes",
        "lower",
        "95th percentile of minutes from arrival to departure.",
        "published",
        _CQI,
        ("departed_at",),
    ),
    Definition(
        "within_4h_share",
        "share",
        "higher",
        "Share of attendances that departed within 4 h (240 min or less) of arrival, those who left included.",
        "published",
        _MONTHLY,
        ("departed_at",),
    ),
    Definition(
        "within_4h_share_without_left",
        "share",
        "higher",
        "The same of those who did not leave before they were seen: leaving early cannot improve it.",
        "assumed",
        _DESIGN,
        ("departed_at",),
    ),
    Definition(
        "over_12h_share",
        "share",
        "lower",
        "Share of attendances that departed more than 12 h after ARRIVAL (not after the decision to admit).",
        "published",
        "NHS England, ECDS: 12 hours from arrival",
        ("departed_at",),
    ),
    Definition(
        "left_share", "share", "lower", "Share of attendances that left before they were seen.", "published", _CQI
    ),
    Definition(
        "admitted_share", "share", "neither", "Share of attendances that were admitted to a bed.", "published", _MONTHLY
    ),
    Definition(
        "ambulance_assessment_median",
        "minutes",
        "lower",
        "Median minutes from arrival to initial assessment, of those who came by ambulance.",
        "published",
        _CQI,
        ("assessed_at",),
    ),
    Definition(
        "ambulance_assessment_p95",
        "minutes",
        "lower",
        "95th percentile of minutes from arrival to initial assessment, of those who came by ambulance.",
        "published",
        _CQI,
        ("assessed_at",),
    ),
    Definition(
        "walk_in_triage_wait_mean",
        "minutes",
        "lower",
        "Mean minutes from arrival to the start of triage, registration included, of walk-ins who were triaged.",
        "assumed",
        "RCEM and RCN ask for an initial assessment within 15 minutes; no national figure is published for walk-ins",
        ("assessed_at",),
    ),
    Definition(
        "walk_in_triage_wait_p95",
        "minutes",
        "lower",
        "95th percentile of minutes from arrival to the start of triage, of walk-ins who were triaged.",
        "assumed",
        "RCEM and RCN ask for an initial assessment within 15 minutes; no national figure is published for walk-ins",
        ("assessed_at",),
    ),
    Definition(
        "handover_mean",
        "minutes",
        "lower",
        "Mean minutes from the ambulance's arrival until its crew is free.",
        "published",
        _CONTRACT,
        ("handed_over_at",),
    ),
    Definition(
        "handover_over_30_share",
        "share",
        "lower",
        "Share of ambulance handovers that took more than 30 minutes.",
        "published",
        _CONTRACT,
        ("handed_over_at",),
    ),
    Definition(
        "handover_over_60_share",
        "share",
        "lower",
        "Share of ambulance handovers that took more than 60 minutes.",
        "published",
        _CONTRACT,
        ("handed_over_at",),
    ),
    Definition(
        "decision_to_departure_over_4h_share",
        "share",
        "lower",
        "Share of admissions that waited more than 4 h from the DECISION to admit. "
        "Description only: the clock is a local choice.",
        "published",
        _MONTHLY,
        ("decided_at", "departed_at"),
    ),
    Definition(
        "decision_to_departure_over_12h_share",
        "share",
        "lower",
        "Share of admissions that waited more than 12 h from the DECISION to admit. "
        "Description only: the clock is a local choice.",
        "published",
        _MONTHLY,
        ("decided_at", "departed_at"),
    ),
    Definition(
        "beyond_target_share",
        "share",
        "lower",
        "Share of patients of a true level whose first clinician (or leaving) came later than "
        "the level's Manchester target.",
        "published",
        _MTS,
        ("seen_at", "departed_at", TRUE),
    ),
    Definition(
        "under_triage_1_2_share",
        "share",
        "lower",
        "Of triaged patients of true level 1 or 2, the share given a less urgent level.",
        "assumed",
        _DESIGN,
        (TRUE, GIVEN),
    ),
    Definition(
        "under_triage_share",
        "share",
        "lower",
        "Of triaged patients, the share given a less urgent level than the true one.",
        "assumed",
        _DESIGN,
        (TRUE, GIVEN),
    ),
    Definition(
        "over_triage_share",
        "share",
        "lower",
        "Of triaged patients, the share given a more urgent level than the true one.",
        "assumed",
        _DESIGN,
        (TRUE, GIVEN),
    ),
    Definition(
        "exact_triage_share",
        "share",
        "higher",
        "Of triaged patients, the share given the true level.",
        "assumed",
        _DESIGN,
        (TRUE, GIVEN),
    ),
)

DEFINITIONS: Mapping[str, Definition] = {each.name: each for each in _ALL_DEFINITIONS}
"""Every measure by name."""
PRIMARY = (("wait_to_clinician_mean", ALL), ("wait_to_clinician_mean", LEVELS_1_2))
"""The two primary measures: (measure, group)."""
BY_GROUP = (
    "wait_to_clinician_mean",
    "time_to_clinician_median",
    "time_to_clinician_p95",
    "stay_mean",
    "stay_median",
    "stay_p95",
    "within_4h_share",
    "left_share",
    "under_triage_share",
    "under_triage_1_2_share",
)
"""Measures that are given for every group, too."""
BY_ADMISSION = ("stay_mean", "stay_median", "stay_p95")
BY_HOUR = ("within_4h_share",)


class MeasureName(NamedTuple):
    """Which number: the measure, its unit, and the group it is about ('all', 'acuity_true=urgent')."""

    measure: str
    unit: str
    group: str


@dataclass(frozen=True)
class Measures:
    """The measures of one replication: `names` and `values` (shape (len(names),)), in the same order for every arm."""

    names: tuple[MeasureName, ...]
    values: Floats

    def value(self, measure: str, group: str = ALL) -> float:
        """One number. Raises ResultsError if it is unknown, or absent because the table lacks what it needs."""
        for name, value in zip(self.names, self.values, strict=True):
            if name.measure == measure and name.group == group:
                return float(value)
        if measure not in DEFINITIONS:
            raise ResultsError(f"measure '{measure}' is unknown. {nearest(measure, DEFINITIONS)}")
        groups = [name.group for name in self.names if name.measure == measure]
        if groups:
            raise ResultsError(f"measure '{measure}' has no group '{group}'. {nearest(group, groups)}")
        needs = ", ".join(DEFINITIONS[measure].needs)
        raise ResultsError(
            f"measure '{measure}' is absent: the table of patients lacks one of {needs or 'its columns'}. "
            "Record it at a step or an end of the pathway"
        )

    def frame(self) -> pd.DataFrame:
        """One row a measure and group: measure, unit, group, value."""
        import pandas as pd

        return pd.DataFrame(self.names, columns=MeasureName._fields).assign(value=self.values)


def measure(patients: Patients, *, window: Window) -> Measures:
    """Every measure that the table allows, over attendances that arrived in the window.

    Somebody who is still in the department counts as not within 4 h, as over 12 h, and with the full 12 h of the
    restricted wait; `unfinished` says how many there are, and a run with any should be longer. Somebody whose end
    lacks a departure date is left out of what needs it.
    """
    measured = patients.select(in_window(patients, window))
    groups = _groups(measured)
    names: list[MeasureName] = []
    values: list[float] = []
    for name, statistic, quantity in _quantities(measured):
        chosen = _chosen_groups(name, measured, groups)
        names += [MeasureName(name, DEFINITIONS[name].unit, label) for label in chosen]
        values += _summarise(quantity, statistic, chosen)
    return Measures(tuple(names), np.array(values, dtype=float))


def in_window(patients: Patients, window: Window) -> Mask:
    """Who arrived in the window, shape (n,)."""
    arrived_at = patients["arrived_at"]
    found: Mask = (arrived_at >= window[0]) & (arrived_at < window[1])
    return found


def unfinished(patients: Patients, window: Window) -> int:
    """How many of those who arrived in the window had not left A&E when the table was made."""
    still = patients.where("outcome", IN_BUILDING)
    if "departed_at" in patients:
        still &= np.isnan(patients["departed_at"])
    return int((still & in_window(patients, window)).sum())


def wait_to_clinician(patients: Patients) -> Floats:
    """Minutes from arrival to the first clinician or to leaving without one, at most 12 h, shape (n,).

    Raises ResultsError if the table lacks `seen_at` or `departed_at`.
    """
    seen_at, departed_at = patients["seen_at"], patients["departed_at"]
    wait = np.where(np.isnan(seen_at), departed_at, seen_at) - patients["arrived_at"]
    wait[np.isnan(wait) & patients.where("outcome", IN_BUILDING)] = np.inf
    found: Floats = np.minimum(wait, RESTRICTED_AT)
    return found


def _quantities(patients: Patients) -> Iterator[tuple[str, Statistic, Floats]]:
    """Each measure as a statistic of one number a patient; NaN for patients outside its denominator."""
    quantities: dict[str, tuple[Statistic, Floats]] = {}
    _waits(patients, quantities)
    _stays(patients, quantities)
    _front_door(patients, quantities)
    _admissions(patients, quantities)
    _labels(patients, quantities)
    for name in DEFINITIONS:
        if name in quantities:
            yield name, *quantities[name]


Quantities = dict[str, tuple[Statistic, Floats]]


def _waits(patients: Patients, into: Quantities) -> None:
    if "seen_at" not in patients:
        return
    to_clinician = patients["seen_at"] - patients["arrived_at"]
    into["time_to_clinician_median"] = "median", to_clinician
    into["time_to_clinician_p95"] = "p95", to_clinician
    if "departed_at" in patients:
        wait = wait_to_clinician(patients)
        into["wait_to_clinician_mean"] = "mean", wait
        targets = np.array([MANCHESTER_TARGETS.get(name, np.nan) for name in patients.known(TRUE)])
        if np.isfinite(targets).any():
            target = _look_up(targets, patients[TRUE])
            into["beyond_target_share"] = "mean", _share(wait > target, np.isfinite(wait + target))


def _stays(patients: Patients, into: Quantities) -> None:
    left = patients.where("outcome", LEFT)
    everybody = np.ones(len(patients), dtype=np.bool_)
    into["left_share"] = "mean", _share(left, everybody)
    into["admitted_share"] = "mean", _share(patients.admitted(), everybody)
    if "departed_at" not in patients:
        return
    stay = patients["departed_at"] - patients["arrived_at"]
    into["stay_mean"] = "mean", stay
    into["stay_median"] = "median", stay
    into["stay_p95"] = "p95", stay
    so_far = np.where(np.isnan(stay) & patients.where("outcome", IN_BUILDING), np.inf, stay)
    dated = ~np.isnan(so_far)
    into["within_4h_share"] = "mean", _share(so_far <= FOUR_HOURS, dated)
    into["within_4h_share_without_left"] = "mean", _share(so_far <= FOUR_HOURS, dated & ~left)
    into["over_12h_share"] = "mean", _share(so_far > TWELVE_HOURS, dated)


def _front_door(patients: Patients, into: Quantities) -> None:
    arrived_at, streams = patients["arrived_at"], patients.known("stream")
    if "assessed_at" in patients:
        to_assessment = patients["assessed_at"] - arrived_at
        if AMBULANCE in streams:
            by_ambulance = np.where(patients.where("stream", AMBULANCE), to_assessment, np.nan)
            into["ambulance_assessment_median"] = "median", by_ambulance
            into["ambulance_assessment_p95"] = "p95", by_ambulance
        if WALK_IN in streams:
            walked_in = np.where(patients.where("stream", WALK_IN), to_assessment, np.nan)
            into["walk_in_triage_wait_mean"] = "mean", walked_in
            into["walk_in_triage_wait_p95"] = "p95", walked_in
    if "handed_over_at" in patients and AMBULANCE in streams:
        handover = np.where(patients.where("stream", AMBULANCE), patients["handed_over_at"] - arrived_at, np.nan)
        happened = ~np.isnan(handover)
        into["handover_mean"] = "mean", handover
        into["handover_over_30_share"] = "mean", _share(handover > 30, happened)
        into["handover_over_60_share"] = "mean", _share(handover > 60, happened)


def _admissions(patients: Patients, into: Quantities) -> None:
    if "decided_at" not in patients or "departed_at" not in patients:
        return
    boarding = patients["departed_at"] - patients["decided_at"]
    counted = patients.admitted() & ~np.isnan(boarding)
    into["decision_to_departure_over_4h_share"] = "mean", _share(boarding > FOUR_HOURS, counted)
    into["decision_to_departure_over_12h_share"] = "mean", _share(boarding > TWELVE_HOURS, counted)


def _labels(patients: Patients, into: Quantities) -> None:
    """Under-, over- and exact triage. A label that nobody gave (left before triage) is no label."""
    levels = patients.known(TRUE)
    if not levels or patients.known(GIVEN) != levels:
        return
    true, given = patients[TRUE], patients[GIVEN]
    labelled = (true >= 0) & (given >= 0)
    if "triaged_at" in patients:
        labelled &= ~np.isnan(patients["triaged_at"])
    if _has_levels_1_2(patients):
        into["under_triage_1_2_share"] = "mean", _share(given > true, labelled & (true <= 1))
    into["under_triage_share"] = "mean", _share(given > true, labelled)
    into["over_triage_share"] = "mean", _share(given < true, labelled)
    into["exact_triage_share"] = "mean", _share(given == true, labelled)


def _has_levels_1_2(patients: Patients) -> bool:
    """Levels 1 and 2 are the first two of at least three, most urgent first."""
    return len(patients.known(TRUE)) >= 3


def _share(yes: Mask, counted: Mask) -> Floats:
    """1 for yes, 0 for no, NaN for who does not count."""
    return np.where(counted, yes.astype(float), np.nan)


def _look_up(values: Floats, codes: NDArray[np.integer]) -> Floats:
    """`values[codes]`, NaN where the category is missing."""
    found: Floats = np.append(values, np.nan)[codes]
    return found


def _groups(patients: Patients) -> dict[str, Mask]:
    """Every group by label. They follow from the table's categories, not from who came: the same for every arm."""
    groups = {ALL: np.ones(len(patients), dtype=np.bool_)}
    for attribute in GROUPED_BY:
        for code, name in enumerate(patients.known(attribute)):
            groups[f"{attribute}={name}"] = np.equal(patients[attribute], code)
    if _has_levels_1_2(patients):
        groups[LEVELS_1_2] = (patients[TRUE] >= 0) & (patients[TRUE] <= 1)
    return groups


def _chosen_groups(name: str, patients: Patients, groups: Mapping[str, Mask]) -> dict[str, Mask]:
    """The groups that a measure is given for."""
    if name == "beyond_target_share":
        levels = [level for level in patients.known(TRUE) if level in MANCHESTER_TARGETS]
        return {f"{TRUE}={level}": groups[f"{TRUE}={level}"] for level in levels}
    chosen = dict(groups) if name in BY_GROUP else {ALL: groups[ALL]}
    if name in BY_ADMISSION:
        admitted = patients.admitted()
        chosen |= {"outcome=admitted": admitted, "outcome=not_admitted": ~admitted}
    if name in BY_HOUR:
        hour = (patients["arrived_at"] // 60 % 24).astype(np.int64)
        chosen |= {f"arrival_hour={number:02d}": hour == number for number in range(24)}
    return chosen


def _summarise(quantity: Floats, statistic: Statistic, groups: Mapping[str, Mask]) -> list[float]:
    """The statistic of the quantity in each group."""
    counted = np.flatnonzero(~np.isnan(quantity))
    if statistic == "mean":
        values = quantity[counted]
        return [_mean(values[mask[counted]]) for mask in groups.values()]
    ordered = counted[np.argsort(quantity[counted])]
    values = quantity[ordered]
    share = 0.5 if statistic == "median" else 0.95
    return [quantile_of_sorted(values[mask[ordered]], share) for mask in groups.values()]


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan


def quantile_of_sorted(values: Floats, share: float) -> float:
    """A quantile of sorted values, linear between neighbours (numpy's default); NaN of none.

    >>> quantile_of_sorted(np.array([1.0, 2.0, 4.0]), 0.75)
    3.0
    """
    if not len(values):
        return np.nan
    position = share * (len(values) - 1)
    low = int(position)
    high = min(low + 1, len(values) - 1)
    return float(values[low] + (values[high] - values[low]) * (position - low))
