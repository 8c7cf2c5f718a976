"""The NHS measures, each defined once: what it counts, which way is better, whose definition it is.

And for which groups of patients each is given. How they are worked out: `analysis.quantities`, `analysis.groups`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from simulation.errors import ResultsError, nearest
from simulation.pathway.own_measures import EVERYBODY, LEVELS_1_2, Better

RESTRICTED_AT = 720.0
"""Minutes at which the primary wait is cut off: 12 h."""
FOUR_HOURS, TWELVE_HOURS = 240.0, 720.0
WALK_IN, AMBULANCE = "walk_in", "ambulance"
ALL = EVERYBODY
TRUE, GIVEN = "acuity_true", "acuity_given"
GROUPED_BY = (TRUE, "age_band", "sex", "arrival_source", "language_need", "complaint")
COVERAGE = "coverage"
"""Whom a tool is used for under partial coverage, where a study tells direct effect and spillover apart."""
MANCHESTER_TARGETS: Mapping[str, float] = {
    "immediate": 0.0,
    "very_urgent": 10.0,
    "urgent": 60.0,
    "standard": 120.0,
    "non_urgent": 240.0,
}
"""Minutes to the first clinician by level. Published: Manchester Triage System (Mackway-Jones, Marsden and Windle,
Emergency Triage, 3rd ed., 2014). Assumed: that they run from arrival."""

_CQI = "NHS England, A&E clinical quality indicators (ECDS)"
_MONTHLY = "NHS England, Monthly A&E Attendances and Emergency Admissions: definitions"
_DESIGN = "aeflow, docs: estimands stated before the first run"
_BANDS = "NHS Standard Contract, ambulance handover: reporting bands (15, 30 and 60 minutes)"
_MOST_45 = "NHS England, Urgent and emergency care plan 2025/26: a maximum of 45 minutes"
_TRIAGE = (
    "NHS England, Clinical Review of Standards (2020-21): initial assessment within 15 minutes, an indicator; "
    "no national figure is published for walk-ins"
)
_MTS = (
    "Minutes published: Mackway-Jones, Marsden and Windle, Emergency Triage (Manchester Triage Group), 3rd ed., 2014; "
    "the clock from arrival and counting those who left are ours, stricter"
)


@dataclass(frozen=True)
class Definition:
    """One measure: its unit ('share' is a number from 0 to 1), which way is better, what it counts.

    `needs`: the columns of patients it takes. `evidence` and `source` say whose definition it is; `assumed` means ours.
    """

    name: str
    unit: Literal["minutes", "share", "patients"]
    better: Better
    definition: str
    evidence: Literal["published", "assumed"]
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
        "wait_to_first_look_mean",
        "minutes",
        "lower",
        "As wait_to_clinician_mean, but a clinician's look at a patient sent to the wrong area ends the wait, too. "
        "Description only: wrong labels make such looks more frequent, and no patient is treated in one.",
        "assumed",
        _DESIGN,
        ("looked_at", "seen_at", "departed_at"),
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
        "assumed",
        "As stay_median, whose definition is NHS England's: the published indicators give no mean",
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
        "The same of those who did not leave before they were seen. Whoever leaves instead of staying longer is in "
        "neither count, so leaving can raise it.",
        "assumed",
        _DESIGN,
        ("departed_at",),
    ),
    Definition(
        "seen_within_4h_share",
        "share",
        "higher",
        "Share of all attendances that were seen and departed within 4 h of arrival: leaving before being seen counts "
        "as not, so it cannot improve this.",
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
        _TRIAGE,
        ("assessed_at",),
    ),
    Definition(
        "walk_in_triage_wait_p95",
        "minutes",
        "lower",
        "95th percentile of minutes from arrival to the start of triage, of walk-ins who were triaged.",
        "assumed",
        _TRIAGE,
        ("assessed_at",),
    ),
    Definition(
        "handover_mean",
        "minutes",
        "lower",
        "Mean minutes from the ambulance's arrival until its crew is free.",
        "assumed",
        "The contract's standard has reporting bands (15, 30 and 60 minutes), no mean",
        ("handed_over_at",),
    ),
    Definition(
        "handover_over_30_share",
        "share",
        "lower",
        "Share of ambulance handovers that took more than 30 minutes.",
        "published",
        _BANDS,
        ("handed_over_at",),
    ),
    Definition(
        "handover_over_45_share",
        "share",
        "lower",
        "Share of ambulance handovers that took more than 45 minutes.",
        "published",
        _MOST_45,
        ("handed_over_at",),
    ),
    Definition(
        "handover_over_60_share",
        "share",
        "lower",
        "Share of ambulance handovers that took more than 60 minutes.",
        "published",
        _BANDS,
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
        "assumed",
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
        "worse_wait_per_1000",
        "minutes",
        "lower",
        "Minutes from getting worse to the first clinician, or to leaving without one (over 12 h counts as 12 h), "
        "added up over everybody, for 1,000 attendances: who does not get worse before then adds none.",
        "assumed",
        _DESIGN,
        ("worsened_at", "seen_at", "departed_at"),
    ),
    Definition(
        "worse_to_clinician_mean",
        "minutes",
        "lower",
        "Description only, because an arm decides who is in it: of those who got worse before the first clinician, "
        "mean minutes from then to the first clinician, or to leaving without one; over 12 h counts as 12 h. Longer "
        "waits bring in more patients who have just got worse, and lower it.",
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
    Definition(
        "busy_by_day_share",
        "share",
        "neither",
        "Which resource binds: unit-minutes that a pool of staff is held, over unit-minutes on duty, between 10:00 and "
        "23:00. Above 1 where people finish after their shift.",
        "assumed",
        _DESIGN,
    ),
    Definition("busy_by_night_share", "share", "neither", "The same between 23:00 and 10:00.", "assumed", _DESIGN),
    Definition(
        "occupied_at_midnight_share",
        "share",
        "neither",
        "Which resource binds: units of a pool of beds (its role ends in `bed`) that are held at 00:00, over the units "
        "there are, over all midnights.",
        "published",
        "NHS England, KH03: beds occupied at midnight",
    ),
    Definition(
        "queue_mean",
        "patients",
        "lower",
        "Which resource binds: how many wait at a step on average over time, those who do not attend included.",
        "assumed",
        _DESIGN,
    ),
    Definition(
        "queue_wait_mean",
        "minutes",
        "lower",
        "Mean minutes waited at a step by whoever came to it and stopped waiting: started, left or was turned away.",
        "assumed",
        _DESIGN,
    ),
    Definition(
        "boarders_mean",
        "patients",
        "lower",
        "How many are in A&E on average over time for whom a bed was decided on.",
        "assumed",
        _DESIGN,
        ("decided_at", "departed_at"),
    ),
    Definition(
        "full_share",
        "share",
        "lower",
        "Hours with a full department: the share of whole hours at which as many attendances were in A&E as it has "
        "places (pools of role `place`), or more.",
        "assumed",
        _DESIGN,
        ("departed_at",),
    ),
)

DEFINITIONS: Mapping[str, Definition] = {each.name: each for each in _ALL_DEFINITIONS}
"""Every measure by name."""
BINDING = (
    "busy_by_day_share",
    "busy_by_night_share",
    "occupied_at_midnight_share",
    "queue_mean",
    "queue_wait_mean",
    "boarders_mean",
    "full_share",
)
"""Measures of a window of time that say which resource binds (`analysis.binding`); all others are of patients."""


def definition_of(measure: str, own: Mapping[str, Definition]) -> Definition:
    """What is said of a measure; `own`: those of the user's own. Raises ResultsError for an unknown one."""
    found = DEFINITIONS.get(measure) or own.get(measure)
    if found is None:
        raise ResultsError(f"measure '{measure}' is unknown. {nearest(measure, {*DEFINITIONS, *own})}")
    return found


PRIMARY = (("wait_to_clinician_mean", ALL), ("wait_to_clinician_mean", LEVELS_1_2))
"""The two primary measures: (measure, group)."""
BY_GROUP = (
    "wait_to_clinician_mean",
    "wait_to_first_look_mean",
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
    "worse_wait_per_1000",
    "worse_to_clinician_mean",
    "noticed_before_seen_share",
)
"""Measures that are given for every group, too."""
BY_SPELLS = (
    "ambulance_assessment_median",
    "ambulance_assessment_p95",
    "handover_mean",
    "handover_over_30_share",
    "handover_over_45_share",
    "handover_over_60_share",
)
"""Measures that a few days in a year may decide, when the department is so full that ambulances cannot hand over: an
interval of them needs years (`analysis/weakness.py`)."""
BY_ADMISSION = ("stay_mean", "stay_median", "stay_p95")
BY_HOUR = ("within_4h_share",)
BY_LABEL = (
    "wait_to_clinician_mean",
    "worsened_before_seen_share",
    "worse_wait_per_1000",
    "worse_to_clinician_mean",
    "noticed_before_seen_share",
)
"""Measures that are given by whether the label was right, too. Another policy puts other patients into these groups."""
LABEL = "label"
LABELS = ("right", "under", "over")
