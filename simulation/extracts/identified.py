"""What stamps identify of a department, and what they do not: measures, keys and words, without a calculation."""

from __future__ import annotations

from collections.abc import Mapping

TARGETS: Mapping[str, tuple[str, float, str]] = {
    "within_4h_share": ("Within four hours", 0.015, "calibrated"),
    "over_12h_share": ("Over 12 hours from arrival", 0.01, "calibrated"),
    "time_to_clinician_median": ("Time to treatment, median", 0.08, "calibrated"),
    "time_to_clinician_p95": ("Time to treatment, 95th percentile", 0.1, "predicted"),
    "left_share": ("Left before being seen", 0.01, "calibrated"),
    "admitted_share": ("Admitted", 0.015, "predicted"),
    "decision_to_departure_over_4h_share": ("Over 4 hours from decision", 0.03, "calibrated"),
    "decision_to_departure_over_12h_share": ("Over 12 hours from decision", 0.02, "calibrated"),
    "walk_in_triage_wait_mean": ("Wait for triage of walk-ins, mean", 0.1, "calibrated"),
    "walk_in_triage_minutes_mean": ("Minutes of triage", 0.05, "calibrated"),
    "ambulance_assessment_median": ("Ambulance: to assessment, median", 0.15, "predicted"),
}
"""The rows of the targets of a fitted department: words, half-width of the band (minutes: as a share), kind."""
OFFER_ANSWERS = (
    ("within_four_hours", "within_4h_share", 100, " %"), ("admitted_share", "admitted_share", 100, " %"),
    ("triage_wait", "walk_in_triage_wait_mean", 1, ""), ("triage_minutes", "walk_in_triage_minutes_mean", 1, ""),
)  # fmt: skip
"""Questions of `aeflow offer` that an extract answers: key, measure, factor and unit."""
LIKENESS = (
    ("within_4h_share", "Within four hours, per cent:", 100, 0.02),
    ("wait_to_clinician_mean", "minutes to the first clinician:", 1, 0.1),
)
"""What is said of a simulated department beside its records: words, factor, and within how much they are near."""
KEPT = (
    ("minutes of clinicians, nurses, tests and beds", "durations of configs/site/typical.yaml"),
    (
        "who is on duty when",
        "configs/staffing/typical.yaml, scaled until they are as busy as there",
    ),
    (
        "cubicles, bays and rooms",
        "configs/calibration/typical.yaml, scaled until they are as full as there",
    ),
    (
        "ward stays, and admissions that do not come through A&E",
        "configs/site/typical.yaml, scaled to attendances",
    ),
    ("complaints, tests, specialties", "configs/site/typical.yaml"),
)
"""What stamps do not identify, and what stands in its place."""
