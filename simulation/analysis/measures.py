"""What a department is judged by: NHS measures of one table of patients, each defined once, with its source.

Everything is counted over attendances that arrived in a window and followed to their end. Nothing here knows
whether the table was simulated. Two clocks are kept apart by name: measures count from arrival, except
`decision_to_departure_*`, which count from the decision to admit.

A measure that needs a point in time which the table does not record is absent. Groups without patients are NaN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ResultsError, nearest
from simulation.records.schema import IN_BUILDING, LEFT, MISSING, Mask, Patients

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
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
COVERAGE = "coverage"
"""Whom a tool is used for under partial coverage, where a study tells direct effect and spillover apart."""
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
        "worsened_before_seen_share",
        "share",
        "lower",
        "Share of attendances that got worse (worsened_at) before the first clinician took them on, or before they "
        "left without one; noticed or not.",
        "assumed",
        _DESIGN,
        ("worsened_at", "seen_at"),
    ),
    Definition(
        "worse_to_clinician_mean",
        "minutes",
        "lower",
        "Of those who got worse before the first clinician, mean minutes from getting worse to the first clinician, "
        "or to leaving without one; over 12 h counts as 12 h.",
        "assumed",
        _DESIGN,
        ("worsened_at", "seen_at", "departed_at"),
    ),
    Definition(
        "noticed_before_seen_share",
        "share",
        "higher",
        "Of those who got worse before the first clinician, the share whom a round had noticed and ranked again by "
        "then.",
        "assumed",
        _DESIGN,
        ("worsened_at", "noticed_at", "seen_at"),
    ),
    Definition(
        "raised_for_nothing_share",
        "share",
        "lower",
        "Share of attendances that a round ranked again although they had not got worse by then (a false alarm).",
        "assumed",
        _DESIGN,
        ("worsened_at", "noticed_at"),
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
    Definition(
        "unneeded_tests_share",
        "share",
        "lower",
        "Share of attendances whose tests were taken at triage and whose results nobody waited for.",
        "assumed",
        _DESIGN,
        ("early_test_at", "early_result_at"),
    ),
    Definition(
        "wrong_stream_share",
        "share",
        "lower",
        "Share of attendances that were looked at in another stream which did not suit them, and came back.",
        "assumed",
        _DESIGN,
        ("stream_looked_at",),
    ),
    Definition(
        "bed_held_unneeded_mean",
        "minutes",
        "lower",
        "Mean minutes for which a ward bed was held for a request that nobody needed, over all attendances.",
        "assumed",
        _DESIGN,
        ("bed_held_at", "bed_given_back_at"),
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
    "worsened_before_seen_share",
    "worse_to_clinician_mean",
    "noticed_before_seen_share",
)
"""Measures that are given for every group, too."""
BY_ADMISSION = ("stay_mean", "stay_median", "stay_p95")
BY_HOUR = ("within_4h_share",)
BY_LABEL = (
    "wait_to_clinician_mean",
    "worsened_before_seen_share",
    "worse_to_clinician_mean",
    "noticed_before_seen_share",
)
"""Measures that are given by whether the label was right, too. Another policy puts other patients into these groups."""
LABEL = "label"
LABELS = ("right", "under", "over")


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
    restricted wait. How long the stay will be, and for who has not been seen the time to a clinician, is not known but
    longer than any that ended: medians and 95th percentiles take it so, and are NaN where they fall among the
    unfinished; a mean with an unfinished stay in it is NaN. (Leaving such patients out would leave out the longest.)
    Points in time at the front door are of those to whom they happened. `unfinished` says how many there are, and a run
    with any should be longer. Somebody whose end lacks a departure date is left out of what needs it.
    """
    measured = arrived_in(patients, window)
    groups = _Groups(measured)
    names: list[MeasureName] = []
    values: list[float] = []
    for name, statistic, quantity in _quantities(measured):
        chosen = groups.summarise(name, statistic, quantity)
        names += [MeasureName(name, DEFINITIONS[name].unit, label) for label in chosen]
        values += chosen.values()
    return Measures(tuple(names), np.array(values, dtype=float))


def arrived_in(patients: Patients, window: Window) -> Patients:
    """Those who arrived in the window: a view and no copy where the table is in order of arrival."""
    rows = np.flatnonzero(in_window(patients, window))
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return patients.select(slice(int(rows[0]), int(rows[-1]) + 1))
    return patients.select(rows)


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


class _Number:
    """One number a patient, NaN for who is not in the denominator, infinite where it had not ended when the table did.

    Sorted once, whatever is asked of it.
    """

    def __init__(self, values: Floats) -> None:
        self._rows = np.flatnonzero(~np.isnan(values))
        self._values = values if len(self._rows) == len(values) else values[self._rows]
        self._sorted_by: dict[_Partition, tuple[Floats, ...]] = {}

    def mean(self) -> float:
        """The mean of all who count, NaN of none and where one of them had not ended."""
        mean = float(self._values.mean()) if len(self._values) else np.nan
        return mean if np.isfinite(mean) else np.nan

    def totals(self, cell: Ints, n: int) -> tuple[Floats, Floats]:
        """In each of n cells (everybody's in `cell`): how many count, and the sum of their numbers (or infinite)."""
        mine = cell[self._rows]
        return _count(mine, n), np.bincount(mine, weights=self._values, minlength=n).astype(float)

    @cached_property
    def _order(self) -> Ints:
        return np.argsort(self._values)

    @cached_property
    def in_order(self) -> Floats:
        """The numbers, smallest first."""
        return self._values[self._order]

    @cached_property
    def _rows_in_order(self) -> Ints:
        """Whose they are."""
        return self._rows[self._order]

    def in_order_by(self, partition: _Partition) -> tuple[Floats, ...]:
        """The numbers of each group, smallest first."""
        if partition not in self._sorted_by:
            codes = partition.codes[self._rows_in_order]
            groups = (self.in_order[np.flatnonzero(codes == code)] for code in range(len(partition.labels)))
            self._sorted_by[partition] = tuple(groups)
        return self._sorted_by[partition]


class _Share:
    """Yes or no of each patient who is in the denominator (`counted`)."""

    def __init__(self, yes: Mask, counted: Mask | None = None) -> None:
        self._counted = np.ones(len(yes), dtype=np.bool_) if counted is None else counted
        self._yes = yes & self._counted

    def mean(self) -> float:
        """The share of all who count, NaN of none."""
        n = np.count_nonzero(self._counted)
        return float(np.count_nonzero(self._yes) / n) if n else np.nan

    def totals(self, cell: Ints, n: int) -> tuple[Floats, Floats]:
        """In each of n cells (everybody's in `cell`): how many count, and how many of them are a yes."""
        return _count(cell[np.flatnonzero(self._counted)], n), _count(cell[np.flatnonzero(self._yes)], n)


def _count(cell: Ints, n: int) -> Floats:
    """How often each of n cells occurs."""
    return np.bincount(cell, minlength=n).astype(float)


Quantities = dict[str, tuple[Statistic, "_Number | _Share"]]


def _quantities(patients: Patients) -> Iterator[tuple[str, Statistic, _Number | _Share]]:
    """Each measure as a statistic of one quantity of every patient."""
    quantities: Quantities = {}
    _waits(patients, quantities)
    _stays(patients, quantities)
    _front_door(patients, quantities)
    _admissions(patients, quantities)
    _worsening(patients, quantities)
    _labels(patients, quantities)
    _set_off_in_vain(patients, quantities)
    for name in DEFINITIONS:
        if name in quantities:
            yield name, *quantities[name]


def _waits(patients: Patients, into: Quantities) -> None:
    if "seen_at" not in patients:
        return
    to_clinician = _Number(_or_unfinished(patients["seen_at"] - patients["arrived_at"], patients))
    into["time_to_clinician_median"] = "median", to_clinician
    into["time_to_clinician_p95"] = "p95", to_clinician
    if "departed_at" in patients:
        wait = wait_to_clinician(patients)
        into["wait_to_clinician_mean"] = "mean", _Number(wait)
        targets = np.array([MANCHESTER_TARGETS.get(name, np.nan) for name in patients.known(TRUE)])
        if np.isfinite(targets).any():
            target = _look_up(targets, patients[TRUE])
            into["beyond_target_share"] = "mean", _Share(wait > target, np.isfinite(wait + target))


def _stays(patients: Patients, into: Quantities) -> None:
    left = patients.where("outcome", LEFT)
    into["left_share"] = "mean", _Share(left)
    into["admitted_share"] = "mean", _Share(patients.admitted())
    if "departed_at" not in patients:
        return
    so_far = _or_unfinished(patients["departed_at"] - patients["arrived_at"], patients)
    number = _Number(so_far)
    into["stay_mean"] = "mean", number
    into["stay_median"] = "median", number
    into["stay_p95"] = "p95", number
    dated = ~np.isnan(so_far)
    into["within_4h_share"] = "mean", _Share(so_far <= FOUR_HOURS, dated)
    into["within_4h_share_without_left"] = "mean", _Share(so_far <= FOUR_HOURS, dated & ~left)
    into["over_12h_share"] = "mean", _Share(so_far > TWELVE_HOURS, dated)


def _or_unfinished(minutes: Floats, patients: Patients) -> Floats:
    """The minutes, infinite for who has none yet and had not left A&E when the table was made; NaN otherwise."""
    waiting = np.isnan(minutes) & patients.where("outcome", IN_BUILDING)
    if "departed_at" in patients:
        waiting &= np.isnan(patients["departed_at"])
    found: Floats = np.where(waiting, np.inf, minutes)
    return found


def _front_door(patients: Patients, into: Quantities) -> None:
    streams = patients.known("stream")
    if "assessed_at" in patients:
        if AMBULANCE in streams:
            to_assessment = _minutes_to("assessed_at", patients, AMBULANCE)
            into["ambulance_assessment_median"] = "median", to_assessment
            into["ambulance_assessment_p95"] = "p95", to_assessment
        if WALK_IN in streams:
            to_assessment = _minutes_to("assessed_at", patients, WALK_IN)
            into["walk_in_triage_wait_mean"] = "mean", to_assessment
            into["walk_in_triage_wait_p95"] = "p95", to_assessment
    if "handed_over_at" in patients and AMBULANCE in streams:
        by_ambulance = patients.where("stream", AMBULANCE)
        handover = patients["handed_over_at"] - patients["arrived_at"]
        happened = by_ambulance & ~np.isnan(handover)
        into["handover_mean"] = "mean", _minutes_to("handed_over_at", patients, AMBULANCE)
        into["handover_over_30_share"] = "mean", _Share(handover > 30, happened)
        into["handover_over_60_share"] = "mean", _Share(handover > 60, happened)


def _minutes_to(point: str, patients: Patients, stream: str) -> _Number:
    """Minutes from arrival to a point in time, of those of one stream."""
    rows = np.flatnonzero(patients.where("stream", stream))
    return _Number(patients[point][rows] - patients["arrived_at"][rows])


def _admissions(patients: Patients, into: Quantities) -> None:
    if "decided_at" not in patients or "departed_at" not in patients:
        return
    boarding = patients["departed_at"] - patients["decided_at"]
    counted = patients.admitted() & ~np.isnan(boarding)
    into["decision_to_departure_over_4h_share"] = "mean", _Share(boarding > FOUR_HOURS, counted)
    into["decision_to_departure_over_12h_share"] = "mean", _Share(boarding > TWELVE_HOURS, counted)


def _worsening(patients: Patients, into: Quantities) -> None:
    """Who got worse before the first clinician, and what rounds made of it. Columns are NaN where it did not happen."""
    if "worsened_at" not in patients:
        return
    worsened_at = patients["worsened_at"]
    has_rounds = "noticed_at" in patients
    noticed_at = patients["noticed_at"] if has_rounds else np.full(len(patients), np.nan)
    if "seen_at" in patients:
        seen_at = np.where(np.isnan(patients["seen_at"]), np.inf, patients["seen_at"])
        worse = worsened_at < seen_at
        into["worsened_before_seen_share"] = "mean", _Share(worse)
        if "departed_at" in patients:
            until = np.where(np.isinf(seen_at), patients["departed_at"], seen_at)
            until[np.isnan(until) & patients.where("outcome", IN_BUILDING)] = np.inf
            spent = np.minimum(until - worsened_at, RESTRICTED_AT)
            into["worse_to_clinician_mean"] = "mean", _Number(np.where(worse, spent, np.nan))
        if has_rounds:
            into["noticed_before_seen_share"] = "mean", _Share(noticed_at <= seen_at, worse)
    if has_rounds:
        into["raised_for_nothing_share"] = "mean", _Share(~np.isnan(noticed_at) & ~(worsened_at <= noticed_at))


def _labelled(patients: Patients) -> Mask | None:
    """Who has a label that can be compared with the truth; one that nobody gave (left before triage) is no label."""
    levels = patients.known(TRUE)
    if not levels or patients.known(GIVEN) != levels:
        return None
    labelled: Mask = (patients[TRUE] >= 0) & (patients[GIVEN] >= 0)
    return labelled if "triaged_at" not in patients else labelled & ~np.isnan(patients["triaged_at"])


def _labels(patients: Patients, into: Quantities) -> None:
    """Under-, over- and exact triage."""
    labelled = _labelled(patients)
    if labelled is None:
        return
    true, given = patients[TRUE], patients[GIVEN]
    if _has_levels_1_2(patients):
        into["under_triage_1_2_share"] = "mean", _Share(given > true, labelled & (true <= 1))
    into["under_triage_share"] = "mean", _Share(given > true, labelled)
    into["over_triage_share"] = "mean", _Share(given < true, labelled)
    into["exact_triage_share"] = "mean", _Share(given == true, labelled)


def _set_off_in_vain(patients: Patients, into: Quantities) -> None:
    """What triage set off for nothing, over all attendances: 0 where nothing is set off."""
    everybody = np.ones(len(patients), dtype=np.bool_)
    if "early_test_at" in patients and "early_result_at" in patients:
        in_vain = ~np.isnan(patients["early_test_at"]) & np.isnan(patients["early_result_at"])
        into["unneeded_tests_share"] = "mean", _Share(in_vain, everybody)
    if "stream_looked_at" in patients:
        into["wrong_stream_share"] = "mean", _Share(~np.isnan(patients["stream_looked_at"]), everybody)
    if "bed_held_at" in patients and "bed_given_back_at" in patients:
        held = patients["bed_given_back_at"] - patients["bed_held_at"]
        into["bed_held_unneeded_mean"] = "mean", _Number(np.nan_to_num(held))


def _has_levels_1_2(patients: Patients) -> bool:
    """Levels 1 and 2 are the first two of at least three, most urgent first."""
    return len(patients.known(TRUE)) >= 3


def _look_up(values: Floats, codes: NDArray[np.integer]) -> Floats:
    """`values[codes]`, NaN where the category is missing."""
    found: Floats = np.append(values, np.nan)[codes]
    return found


@dataclass(frozen=True, eq=False)
class _Partition:
    """Groups of which a patient is in one at most: their labels, and everybody's (`codes`, shape (n,), or MISSING)."""

    labels: tuple[str, ...]
    codes: NDArray[np.integer[Any]]


class _Cells:
    """Patients who are in the same groups of every partition, taken together: a sum by cell is a sum by any group."""

    def __init__(self, partitions: Sequence[_Partition], n_patients: int) -> None:
        self.partitions = partitions
        cell, n_cells = np.zeros(n_patients, dtype=np.int64), 1
        for partition in partitions:
            size = n_cells * (len(partition.labels) + 1)
            cell, n_cells = _renumber(cell * (len(partition.labels) + 1) + partition.codes + 1, size)
        one_of = np.zeros(n_cells, dtype=np.int64)
        one_of[cell] = np.arange(n_patients)
        self._cell, self._n_cells = cell, n_cells
        self._group_of_cell = [partition.codes[one_of] + 1 for partition in partitions]

    def means(self, quantity: _Number | _Share) -> Iterator[float]:
        """The mean in each group, partition by partition."""
        counted, total = quantity.totals(self._cell, self._n_cells)
        for partition, group in zip(self.partitions, self._group_of_cell, strict=True):
            n, sums = (
                np.bincount(group, weights=each, minlength=len(partition.labels) + 1)[1:] for each in (counted, total)
            )
            yield from np.divide(sums, n, out=np.full(len(n), np.nan), where=(n > 0) & np.isfinite(sums)).tolist()


def _renumber(cell: Ints, size: int) -> tuple[Ints, int]:
    """The same cells without the empty ones, and how many they are."""
    used = np.bincount(cell, minlength=size) > 0
    return (np.cumsum(used) - 1)[cell], int(used.sum())


class _Groups:
    """Every group by label. They follow from the table's categories, not from who came: the same for every arm."""

    def __init__(self, patients: Patients) -> None:
        attributes = {
            name: _Partition(_labels_of(name, patients), patients[name]) for name in GROUPED_BY if patients.known(name)
        }
        partitions = list(attributes.values())
        if _has_levels_1_2(patients):
            levels_1_2 = np.where((patients[TRUE] >= 0) & (patients[TRUE] <= 1), 0, MISSING)
            partitions.append(_Partition((LEVELS_1_2,), levels_1_2))
        if patients.known(COVERAGE):
            never = np.where(patients[COVERAGE] > 0, 0, MISSING)
            partitions.append(_Partition(_labels_of(COVERAGE, patients), patients[COVERAGE]))
            partitions.append(_Partition((f"{COVERAGE}=never",), never))
        n = len(patients)
        hour = np.floor(patients["arrived_at"]).astype(np.int64) // 60 % 24
        outcome = _Partition(("outcome=admitted", "outcome=not_admitted"), np.where(patients.admitted(), 0, 1))
        self._attributes = _Cells(partitions, n)
        self._outcome = _Cells([outcome], n)
        self._hour = _Cells([_Partition(tuple(f"arrival_hour={number:02d}" for number in range(24)), hour)], n)
        true_level = [attributes[TRUE]] if TRUE in attributes else []
        if true_level and _has_levels_1_2(patients):
            true_level.append(_Partition((LEVELS_1_2,), levels_1_2))
        self._true_level = _Cells(true_level, n) if true_level else None
        labelled = _labelled(patients)
        self._label = None
        if labelled is not None:
            sign = np.sign(patients[GIVEN] - patients[TRUE])  # 0 right, 1 under, -1 over
            codes = np.where(labelled, sign % 3, MISSING)
            self._label = _Cells([_Partition(tuple(f"{LABEL}={each}" for each in LABELS), codes)], n)

    def summarise(self, name: str, statistic: Statistic, quantity: _Number | _Share) -> dict[str, float]:
        """A measure in every group that it is given for, by label."""
        if name == "beyond_target_share" and self._true_level:
            with_target = {LEVELS_1_2, *(f"{TRUE}={level}" for level in MANCHESTER_TARGETS)}
            by_level = _summaries(statistic, quantity, self._true_level)
            return {label: value for label, value in by_level.items() if label in with_target}
        found = {ALL: _summary(statistic, quantity)}
        if name in BY_GROUP:
            found |= _summaries(statistic, quantity, self._attributes)
        if name in BY_ADMISSION:
            found |= _summaries(statistic, quantity, self._outcome)
        if name in BY_LABEL and self._label:
            found |= _summaries(statistic, quantity, self._label)
        if name in BY_HOUR:
            found |= _summaries(statistic, quantity, self._hour)
        return found


def _labels_of(column: str, patients: Patients) -> tuple[str, ...]:
    return tuple(f"{column}={each}" for each in patients.known(column))


QUANTILES: Mapping[Statistic, float] = {"median": 0.5, "p95": 0.95}


def _summary(statistic: Statistic, quantity: _Number | _Share) -> float:
    """The statistic over all who count."""
    if isinstance(quantity, _Number) and statistic in QUANTILES:
        return quantile_of_sorted(quantity.in_order, QUANTILES[statistic])
    return quantity.mean()


def _summaries(statistic: Statistic, quantity: _Number | _Share, cells: _Cells) -> dict[str, float]:
    """The statistic in each group of each partition, by label."""
    labels = [label for partition in cells.partitions for label in partition.labels]
    if isinstance(quantity, _Number) and statistic in QUANTILES:
        values = [
            quantile_of_sorted(group, QUANTILES[statistic])
            for partition in cells.partitions
            for group in quantity.in_order_by(partition)
        ]
    else:
        values = list(cells.means(quantity))
    return dict(zip(labels, values, strict=True))


def quantile_of_sorted(values: Floats, share: float) -> float:
    """A quantile of sorted values, linear between neighbours (numpy's default); NaN of none, or next to the infinite.

    >>> quantile_of_sorted(np.array([1.0, 2.0, 4.0]), 0.75)
    3.0
    """
    if not len(values):
        return np.nan
    position = share * (len(values) - 1)
    low = int(position)
    high = low if position == low else low + 1
    if not np.isfinite(values[high]):
        return np.nan
    return float(values[low] + (values[high] - values[low]) * (position - low))
