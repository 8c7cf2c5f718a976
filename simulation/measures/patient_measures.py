"""The NHS measures of patients, each defined once: what it counts, which way is better, whose definition it is.

How they are worked out: `analysis.quantities`; for which groups of patients: `analysis.groups`.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulation.measures.measure_definition import DESIGN, Definition

RESTRICTED_AT = 720.0
"""Minutes at which the primary wait is cut off: 12 h."""
FOUR_HOURS, TWELVE_HOURS = 240.0, 720.0
WALK_IN, AMBULANCE = "walk_in", "ambulance"
TRUE, GIVEN = "acuity_true", "acuity_given"
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

PATIENT_MEASURES = (
    Definition(
        "wait_to_clinician_mean",
        "minutes",
        "lower",
        "Mean minutes from arrival to the first clinician. Who leaves before being seen counts, with the minutes up to "
        "leaving; a wait over 12 h counts as 12 h. Primary.",
        "assumed",
        DESIGN,
        ("seen_at", "departed_at"),
    ),
    Definition(
        "wait_to_first_look_mean",
        "minutes",
        "lower",
        "As wait_to_clinician_mean, but a clinician's look at a patient sent to the wrong area ends the wait, too. "
        "Description only: wrong labels make such looks more frequent, and no patient is treated in one.",
        "assumed",
        DESIGN,
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
        DESIGN,
        ("departed_at",),
    ),
    Definition(
        "seen_within_4h_share",
        "share",
        "higher",
        "Share of all attendances that were seen and departed within 4 h of arrival: leaving before being seen counts "
        "as not, so it cannot improve this.",
        "assumed",
        DESIGN,
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
        DESIGN,
        ("worsened_at", "seen_at"),
    ),
    Definition(
        "worse_wait_per_1000",
        "minutes",
        "lower",
        "Minutes from getting worse to the first clinician, or to leaving without one (over 12 h counts as 12 h), "
        "added up over everybody, for 1,000 attendances: who does not get worse before then adds none.",
        "assumed",
        DESIGN,
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
        DESIGN,
        ("worsened_at", "seen_at", "departed_at"),
    ),
    Definition(
        "noticed_before_seen_share",
        "share",
        "higher",
        "Of those who got worse before the first clinician, the share whom a round had noticed and ranked again by "
        "then.",
        "assumed",
        DESIGN,
        ("worsened_at", "noticed_at", "seen_at"),
    ),
    Definition(
        "raised_for_nothing_share",
        "share",
        "lower",
        "Share of attendances that a round ranked again although they had not got worse by then (a false alarm).",
        "assumed",
        DESIGN,
        ("worsened_at", "noticed_at"),
    ),
    Definition(
        "under_triage_1_2_share",
        "share",
        "lower",
        "Under-triage: of triaged patients of true level 1 or 2, the share given a less urgent level.",
        "assumed",
        DESIGN,
        (TRUE, GIVEN),
    ),
    Definition(
        "under_triage_share",
        "share",
        "lower",
        "Of triaged patients, the share given a less urgent level than the true one.",
        "assumed",
        DESIGN,
        (TRUE, GIVEN),
    ),
    Definition(
        "over_triage_share",
        "share",
        "lower",
        "Of triaged patients, the share given a more urgent level than the true one.",
        "assumed",
        DESIGN,
        (TRUE, GIVEN),
    ),
    Definition(
        "exact_triage_share",
        "share",
        "higher",
        "Of triaged patients, the share given the true level.",
        "assumed",
        DESIGN,
        (TRUE, GIVEN),
    ),
    Definition(
        "unneeded_tests_share",
        "share",
        "lower",
        "Share of attendances whose tests were taken at triage and whose results nobody waited for.",
        "assumed",
        DESIGN,
        ("early_test_at", "early_result_at"),
    ),
    Definition(
        "wrong_stream_share",
        "share",
        "lower",
        "Share of attendances that were looked at in another stream which did not suit them, and came back.",
        "assumed",
        DESIGN,
        ("stream_looked_at",),
    ),
    Definition(
        "bed_held_unneeded_mean",
        "minutes",
        "lower",
        "Mean minutes for which a ward bed was held for a request that nobody needed, over all attendances.",
        "assumed",
        DESIGN,
        ("bed_held_at", "bed_given_back_at"),
    ),
)
