"""The quantity behind each measure: one number, or one Boolean, for every patient in its denominator.

A measure is a statistic (mean, quantile) of its quantity. `quantities` gives those of the table in `definitions.yaml`,
`own_quantities` those that users define. One that needs a point in time which the table does not record is absent.

Patients count who arrived in a window of time, whenever they leave. A stay that has not ended counts as longer than any
that has. Shares of time that pools are busy are no measures of patients: `binding`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulation.department.own_measures import (
    GIVEN_1_2,
    LEVELS_1_2,
    BusyMeasure,
    CategoryGroup,
    CombinedGroup,
    HoursGroup,
    OfPatients,
    OutcomeGroup,
    OwnGroup,
    OwnMeasure,
    SpanMeasure,
)
from simulation.department.rota import weekly_spans
from simulation.department.vocabulary import ACUITY_GIVEN, ACUITY_TRUE, ARRIVAL_SOURCE
from simulation.measures.definitions import ALL, MANCHESTER_TARGETS, Definition, definitions
from simulation.records.schema import (
    ADMITTED,
    IN_BUILDING,
    LEFT,
    MISSING,
    Floats,
    Ints,
    Mask,
    Patients,
)
from simulation.units import WEEK, to_ticks

SEEN_FIRST = ("discharged", ADMITTED, "transferred")
"""Outcomes that nobody has without being seen by a clinician."""
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


def count_unfinished(patients: Patients, window: Window) -> int:
    """The number of patients who arrived in the window and had not left A&E at the end of the table."""
    return int((still_there(patients) & in_window(patients, window)).sum())


Statistic = Literal["mean"] | float
"""'mean', or the share of a quantile (0.5 for the median)."""
RESTRICTED_AT = 720.0
"""Minutes at which the primary wait is cut off: 12 h."""
FOUR_HOURS, TWELVE_HOURS = 240.0, 720.0
WALK_IN, AMBULANCE = "walk_in", "ambulance"
ASSESSMENTS = {
    AMBULANCE: ("ambulance_assessment_median", "ambulance_assessment_p95"),
    WALK_IN: ("walk_in_triage_wait_mean", "walk_in_triage_wait_p95"),
}
"""Measures of the minutes to the initial assessment, by arrival source."""


def knows_waits(patients: Patients) -> bool:
    """Whether the table records when patients were seen and when they departed."""
    return "seen_at" in patients and "departed_at" in patients


def wait_to_clinician(patients: Patients) -> Floats:
    """Minutes from arrival to the first clinician or to leaving without one, at most 12 h, shape (n,).

    Raises ResultsError if the table lacks `seen_at` or `departed_at`.
    """
    return _restricted(patients["seen_at"], patients)


def _restricted(met_at: Floats, patients: Patients, most: float = RESTRICTED_AT) -> Floats:
    """Minutes from arrival to a point in time or to leaving before it, at most 12 h; NaN where records lack the stamp
    of somebody who cannot have gone without."""
    is_lacking = (patients["outcome"] == MISSING) | patients.where("outcome", *SEEN_FIRST)
    gone = np.isnan(met_at) & ~is_lacking
    wait = np.where(gone, patients["departed_at"], met_at) - patients["arrived_at"]
    return np.minimum(_or_unfinished(wait, patients), most)


class Number:
    """One number a patient: NaN outside the denominator, inf for a stay that had not ended.

    The numbers are sorted once, at first use.
    """

    def __init__(self, values: Floats) -> None:
        self._rows = np.flatnonzero(~np.isnan(values))
        self._values = values if len(self._rows) == len(values) else values[self._rows]

    def mean(self) -> float:
        """The mean over the denominator: NaN if it is empty, inf if one of the numbers is."""
        return float(self._values.mean()) if len(self._values) else np.nan

    def totals(self, cell: Ints, n: int) -> tuple[Floats, Floats]:
        """For each of n cells, the number of patients and the sum of their numbers (or inf). `cell`: patients'
        cells."""
        counted = cell[self._rows]
        return _count(counted, n), np.bincount(counted, weights=self._values, minlength=n).astype(
            float
        )

    def moments(self, edges: Ints, among: Mask | None) -> Floats:
        """Number of patients, sum and sum of squares of their numbers in each span of rows, shape (3, n).

        `edges`: where the spans begin and end, shape (n + 1,); `among`: mask of who counts, None for all.
        """
        counted = slice(None) if among is None else among[self._rows]
        return _moments(self._rows[counted], self._values[counted], edges)

    @cached_property
    def _order(self) -> Ints:
        return np.argsort(self._values)

    @cached_property
    def in_order(self) -> Floats:
        """The numbers, smallest first."""
        return self._values[self._order]

    @cached_property
    def rows_in_order(self) -> Ints:
        """The patients' rows in the order of `in_order`."""
        return self._rows[self._order]


class Share:
    """A Boolean for each patient in the denominator (`counted`)."""

    def __init__(self, yes: Mask, counted: Mask | None = None) -> None:
        self._counted = np.ones(len(yes), dtype=np.bool_) if counted is None else counted
        self._yes = yes & self._counted

    def mean(self) -> float:
        """The share of the denominator that is true; NaN if it is empty."""
        n = np.count_nonzero(self._counted)
        return float(np.count_nonzero(self._yes) / n) if n else np.nan

    def totals(self, cell: Ints, n: int) -> tuple[Floats, Floats]:
        """For each of n cells, the number of patients and how many of them are true. `cell`: patients' cells."""
        return _count(cell[np.flatnonzero(self._counted)], n), _count(
            cell[np.flatnonzero(self._yes)], n
        )

    def moments(self, edges: Ints, among: Mask | None) -> Floats:
        """As those of a number that is 1 where it is true."""
        rows = np.flatnonzero(self._counted if among is None else self._counted & among)
        return _moments(rows, self._yes[rows].astype(float), edges)


def _moments(rows: Ints, values: Floats, edges: Ints) -> Floats:
    """Count, sum and sum of squares of the values whose rows are in each span; `rows` rise."""
    places = np.searchsorted(rows, edges)
    n, padded = (
        np.diff(places),
        np.append(values[: places[-1]], 0.0),
    )  # a last span that is empty begins beyond them
    sums = (
        np.where(n > 0, np.add.reduceat(numbers, places[:-1]), 0.0)
        for numbers in (padded, padded**2)
    )
    return np.stack([n.astype(float), *sums])


def _count(cell: Ints, n: int) -> Floats:
    """The number of occurrences of each of n cells, as floats."""
    return np.bincount(cell, minlength=n).astype(float)


Quantities = dict[str, "Number | Share"]


def quantities(patients: Patients) -> Iterator[tuple[str, Statistic, Number | Share]]:
    """Each measure as a statistic of one quantity per patient."""
    by_measure: Quantities = {}
    for add in (_waits, _stays, _front_door, _admissions, _worsening, _labels, _unneeded_actions):
        add(patients, by_measure)
    for name in definitions():
        if name in by_measure:
            yield name, statistic_of(name), by_measure[name]


def statistic_of(measure: str) -> Statistic:
    """The statistic that the end of a measure's name says.

    >>> statistic_of("stay_median"), statistic_of("stay_p95"), statistic_of("left_share")
    (0.5, 0.95, 'mean')
    """
    if measure.endswith("_median"):
        return 0.5
    percentile = re.search(r"_p(\d+)$", measure)
    return int(percentile[1]) / 100 if percentile else "mean"


def _waits(patients: Patients, into: Quantities) -> None:
    if "seen_at" not in patients:
        return
    to_clinician = Number(_or_unfinished(patients["seen_at"] - patients["arrived_at"], patients))
    into |= dict.fromkeys(("time_to_clinician_median", "time_to_clinician_p95"), to_clinician)
    if "departed_at" in patients:
        wait = wait_to_clinician(patients)
        into["wait_to_clinician_mean"] = Number(wait)
        into["wait_to_clinician_uncut_mean"] = Number(
            _restricted(patients["seen_at"], patients, np.inf)
        )
        if "looked_at" in patients:  # an assessment in the wrong area ends this wait, too
            met_at = np.fmin(patients["looked_at"], patients["seen_at"])
            into["wait_to_first_look_mean"] = Number(_restricted(met_at, patients))
        targets = np.array(
            [MANCHESTER_TARGETS.get(name, np.nan) for name in patients.known(ACUITY_TRUE)]
        )
        if np.isfinite(targets).any():
            target = np.append(targets, np.nan)[
                patients[ACUITY_TRUE]
            ]  # the last: for who has no level
            into["beyond_target_share"] = Share(wait > target, np.isfinite(wait + target))


def _stays(patients: Patients, into: Quantities) -> None:
    left = patients.where("outcome", LEFT)
    known = patients["outcome"] != MISSING  # of a simulated patient it always is
    into["left_share"] = Share(left, known)
    into["admitted_share"] = Share(patients.admitted(), known)
    if "departed_at" not in patients:
        return
    so_far = _or_unfinished(patients["departed_at"] - patients["arrived_at"], patients)
    number = Number(so_far)
    into["stay_mean"] = number
    into["stay_median"] = number
    into["stay_p95"] = number
    dated = ~np.isnan(so_far)
    into["within_4h_share"] = Share(so_far <= FOUR_HOURS, dated)
    into["within_4h_share_without_left"] = Share(so_far <= FOUR_HOURS, dated & ~left)
    into["seen_within_4h_share"] = Share((so_far <= FOUR_HOURS) & ~left, dated)
    into["over_12h_share"] = Share(so_far > TWELVE_HOURS, dated)


def _or_unfinished(minutes: Floats, patients: Patients) -> Floats:
    """The minutes where known; inf for patients who had not left A&E at the end of the table; else NaN."""
    return np.where(np.isnan(minutes) & still_there(patients), np.inf, minutes)


def _front_door(patients: Patients, into: Quantities) -> None:
    sources = patients.known(ARRIVAL_SOURCE)
    for source, measures in ASSESSMENTS.items():
        if "assessed_at" in patients and source in sources:
            into |= dict.fromkeys(measures, _minutes_to("assessed_at", patients, source))
    if "assessed_at" in patients and "triaged_at" in patients and WALK_IN in sources:
        into["walk_in_triage_minutes_mean"] = _minutes_to(
            "triaged_at", patients, WALK_IN, since="assessed_at"
        )
    if "handed_over_at" in patients and AMBULANCE in sources:
        handover = patients["handed_over_at"] - patients["arrived_at"]
        happened = patients.where(ARRIVAL_SOURCE, AMBULANCE) & ~np.isnan(handover)
        into["handover_mean"] = _minutes_to("handed_over_at", patients, AMBULANCE)
        for limit in (30, 45, 60):
            into[f"handover_over_{limit}_share"] = Share(handover > limit, happened)


def _minutes_to(
    point: str, patients: Patients, source: str, *, since: str = "arrived_at"
) -> Number:
    """Minutes from one point in time to another, for patients of one source; none where the order is wrong, as stamps
    of records can be."""
    minutes = patients[point] - patients[since]
    return Number(
        np.where(patients.where(ARRIVAL_SOURCE, source) & (minutes >= 0), minutes, np.nan)
    )


def _admissions(patients: Patients, into: Quantities) -> None:
    if "decided_at" not in patients or "departed_at" not in patients:
        return
    boarding = patients["departed_at"] - patients["decided_at"]
    counted = patients.admitted() & (boarding >= 0)
    into["decision_to_departure_over_4h_share"] = Share(boarding > FOUR_HOURS, counted)
    into["decision_to_departure_over_12h_share"] = Share(boarding > TWELVE_HOURS, counted)


def _worsening(patients: Patients, into: Quantities) -> None:
    """Measures of getting worse before the first clinician, and of rounds. Columns are NaN where it did not happen."""
    if "worsened_at" not in patients:
        return
    worsened_at = patients["worsened_at"]
    has_rounds = "noticed_at" in patients
    noticed_at = patients["noticed_at"] if has_rounds else np.full(len(patients), np.nan)
    if "seen_at" in patients:
        seen_at = np.where(np.isnan(patients["seen_at"]), np.inf, patients["seen_at"])
        worse = worsened_at < seen_at
        into["worsened_before_seen_share"] = Share(worse)
        if "departed_at" in patients:
            until = np.where(np.isinf(seen_at), patients["departed_at"], seen_at)
            spent = np.minimum(_or_unfinished(until, patients) - worsened_at, RESTRICTED_AT)
            into["worse_wait_per_1000"] = Number(np.where(worse, 1000 * spent, 0.0))
            into["worse_to_clinician_mean"] = Number(np.where(worse, spent, np.nan))
        if has_rounds:
            into["noticed_before_seen_share"] = Share(noticed_at <= seen_at, worse)
    if has_rounds:
        into["raised_for_nothing_share"] = Share(
            ~np.isnan(noticed_at) & ~(worsened_at <= noticed_at)
        )


def mask_labelled(patients: Patients) -> Mask | None:
    """Mask of the patients with a label and a true level, shape (n,); None if there are none."""
    levels = patients.known(ACUITY_TRUE)
    if not levels or patients.known(ACUITY_GIVEN) != levels:
        return None
    both_known: Mask = (patients[ACUITY_TRUE] >= 0) & (patients[ACUITY_GIVEN] >= 0)
    return (
        both_known
        if "triaged_at" not in patients
        else both_known & ~np.isnan(patients["triaged_at"])
    )


def _labels(patients: Patients, into: Quantities) -> None:
    """Under-, over- and exact triage."""
    counted = mask_labelled(patients)
    if counted is None:
        return
    true, given = patients[ACUITY_TRUE], patients[ACUITY_GIVEN]
    if has_levels_1_2(patients):
        into["under_triage_1_2_share"] = Share(given > true, counted & (true <= 1))
    into["under_triage_share"] = Share(given > true, counted)
    into["over_triage_share"] = Share(given < true, counted)
    into["exact_triage_share"] = Share(given == true, counted)


def _unneeded_actions(patients: Patients, into: Quantities) -> None:
    """Measures of actions that triage set off unneeded, over all attendances: 0 where nothing is set off."""
    if "early_test_at" in patients and "early_result_at" in patients:
        in_vain = ~np.isnan(patients["early_test_at"]) & np.isnan(patients["early_result_at"])
        into["unneeded_tests_share"] = Share(in_vain)
    if "stream_looked_at" in patients:
        into["wrong_stream_share"] = Share(~np.isnan(patients["stream_looked_at"]))
    if "bed_held_at" in patients and "bed_given_back_at" in patients:
        held = patients["bed_given_back_at"] - patients["bed_held_at"]
        into["bed_held_unneeded_mean"] = Number(np.nan_to_num(held))


def ratio(above: NDArray[Any], below: NDArray[Any]) -> Floats:
    """`above / below`, NaN where `below` is not above 0."""
    out = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    quotient: Floats = np.divide(above, below, out=out, where=below > 0)
    return quotient


def has_levels_1_2(patients: Patients) -> bool:
    """Whether there are at least three true levels, so that the first two, the most urgent, are levels 1 and 2."""
    return len(patients.known(ACUITY_TRUE)) >= 3


@dataclass(frozen=True)
class Own:
    """The user's own measures and groups of one department.

    after_departure: points in time that come after leaving A&E, so that nobody on a ward has missed them yet.
    """

    measures: Mapping[str, OwnMeasure] = field(default_factory=dict)
    groups: Mapping[str, OwnGroup] = field(default_factory=dict)
    after_departure: frozenset[str] = frozenset()

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """The definition of each measure, by name."""
        return {name: _definition(name, measure) for name, measure in self.measures.items()}

    @cached_property
    def of_patients(self) -> dict[str, OfPatients]:
        """The measures of patients."""
        return {
            name: measure
            for name, measure in self.measures.items()
            if not isinstance(measure, BusyMeasure)
        }

    @cached_property
    def busy(self) -> dict[str, BusyMeasure]:
        """The measures of pools."""
        return {
            name: measure
            for name, measure in self.measures.items()
            if isinstance(measure, BusyMeasure)
        }


NOTHING_OWN = Own()


def _definition(name: str, measure: OwnMeasure) -> Definition:
    in_minutes = isinstance(measure, SpanMeasure) and measure.statistic != "share"
    label = measure.label or name
    return Definition(
        name,
        label,
        "minutes" if in_minutes else "share",
        measure.better,
        definition=label,
        evidence="assumed",
        source="a measure of the user's own",
        groups=("attributes",),
    )


def own_quantities(patients: Patients, own: Own) -> Iterator[tuple[str, Statistic, Number | Share]]:
    """Each user-defined measure of patients, as a statistic of one quantity per patient."""
    for name, measure in own.of_patients.items():
        counted = members(measure.among, patients, own) & _arrived_at_hours(
            patients, measure.hours, measure.days
        )
        if isinstance(measure, SpanMeasure):
            yield name, *_of_span(measure, patients, own, counted)
        else:
            yield name, "mean", Share(_have(measure, patients), counted)


def _of_span(
    measure: SpanMeasure, patients: Patients, own: Own, counted: Mask
) -> tuple[Statistic, Number | Share]:
    minutes = _span(measure, patients, own)
    if measure.cut_off_minutes is not None:
        minutes = np.minimum(minutes, measure.cut_off_minutes)
    if measure.statistic != "share":
        statistic: Statistic = "mean"
        if measure.statistic != "mean":
            statistic = 0.5 if measure.percentile is None else measure.percentile / 100
        return statistic, Number(np.where(counted, minutes, np.nan))
    limit = measure.within_minutes if measure.over_minutes is None else measure.over_minutes
    assert limit is not None  # `check` says so
    yes = minutes <= limit if measure.over_minutes is None else minutes > limit
    return "mean", Share(yes, counted & ~np.isnan(minutes))


def is_a_mean(measure: OfPatients) -> bool:
    """Whether a measure of patients is a mean or a share, and so a quotient of sums."""
    return not isinstance(measure, SpanMeasure) or measure.statistic in ("mean", "share")


def _span(measure: SpanMeasure, patients: Patients, own: Own) -> Floats:
    """Minutes between the two points, shape (n,); inf for patients who may yet reach the second, NaN without either."""
    points = [point for point in (measure.until, measure.or_until) if point is not None]
    until = patients[points[0]]
    if len(points) > 1:
        until = np.where(np.isnan(until), patients[points[1]], until)
    there = (
        still_there(patients)
        if own.after_departure.isdisjoint(points)
        else patients.where("outcome", IN_BUILDING)
    )
    return np.where(np.isnan(until) & there, np.inf, until) - patients[measure.since]


def members(group: str, patients: Patients, own: Own) -> Mask:
    """Mask of the patients in a group, shape (n,); a group is `all`, user-defined, or `attribute=category`."""
    if group == ALL:
        return np.ones(len(patients), dtype=np.bool_)
    if group not in own.groups:
        attribute, _, category = group.partition("=")
        categories = (
            patients.known(attribute)[:2] if group in (LEVELS_1_2, GIVEN_1_2) else (category,)
        )
        return patients.where(attribute, *categories)
    own_group = own.groups[group]
    if isinstance(own_group, HoursGroup):
        return _arrived_at_hours(patients, own_group.hours, own_group.days)
    if isinstance(own_group, CombinedGroup):
        in_all: Mask = np.logical_and.reduce(
            [members(name, patients, own) for name in own_group.groups]
        )
        return in_all
    return _have(own_group, patients)


def _have(stated: CategoryGroup | OutcomeGroup, patients: Patients) -> Mask:
    """Mask of the patients with one of the stated categories, or one of the outcomes: those still on a ward are
    admitted, as in `admitted_share`."""
    if isinstance(stated, CategoryGroup):
        return patients.where(stated.attribute, *stated.categories)
    ended = patients.where("outcome", *stated.outcomes)
    return ended | patients.admitted() if ADMITTED in stated.outcomes else ended


def _arrived_at_hours(patients: Patients, hours: str, days: str) -> Mask:
    """Mask of the patients who arrived in these clock hours, shape (n,)."""
    within = to_ticks(patients["arrived_at"]) % WEEK
    arrived: Mask = np.logical_or.reduce(
        [(within >= start) & (within < end) for start, end in weekly_spans(hours, days)]
    )
    return arrived
