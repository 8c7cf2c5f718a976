"""Own measures and groups against six patients worked out by hand, and what happens with who has not ended."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simulation.department.own_measures import (
    CategoryGroup,
    CategoryMeasure,
    CombinedGroup,
    HoursGroup,
    OutcomeGroup,
    OutcomeMeasure,
    SpanMeasure,
)
from simulation.measures.measuring import measure
from simulation.measures.quantities import Own
from simulation.records.schema import Patients

DAY = (0.0, 1440.0)
GROUPS = {
    "ambulance": CategoryGroup(
        kind="category", attribute="arrival_source", categories=("ambulance",)
    ),
    "ended_well": OutcomeGroup(kind="outcome", outcomes=("discharged", "admitted")),
    "early": HoursGroup(kind="hours", hours="8-10"),
    "tuesday": HoursGroup(kind="hours", days="tue"),
    "early_speakers": CombinedGroup(kind="all_of", groups=("early", "language_need=no")),
    "sick_by_ambulance": CombinedGroup(kind="all_of", groups=("ambulance", "acuity_true=1-2")),
}


def span(**stated: Any) -> SpanMeasure:
    return SpanMeasure(kind="span", **stated)


MEASURES: dict[str, Any] = {
    "wait": span(until="seen_at"),
    "wait_or_left": span(until="seen_at", or_until="departed_at", cut_off_minutes=720),
    "after_seen": span(since="seen_at", until="departed_at"),
    "stay_p75": span(until="departed_at", statistic="percentile", percentile=75),
    "stay_middle": span(until="departed_at", statistic="median"),
    "soon": span(until="seen_at", statistic="share", within_minutes=70),
    "late": span(until="seen_at", statistic="share", over_minutes=70),
    "wait_nine_to_ten": span(until="departed_at", hours="9-10"),
    "admitted_of_early": OutcomeMeasure(kind="outcome", outcomes=("admitted",), among="early"),
    "needs": CategoryMeasure(kind="category", attribute="language_need", categories=("yes",)),
}
# Arrivals 8:00, 8:20, 9:00, 9:20, 10:00, 10:20. Waits 70, 0, left, 30, 100, 800. Stays 240, 400, 100, 1140, 241, 880.
BY_HAND = {
    ("wait", "all"): (70 + 0 + 30 + 100 + 800) / 5,
    ("wait", "ambulance"): 15,
    ("wait", "arrival_source=ambulance"): 15,
    ("wait", "early"): (70 + 0 + 30) / 3,
    ("wait", "early_speakers"): (70 + 0 + 30) / 3,
    ("wait", "sick_by_ambulance"): 15,
    ("wait", "ended_well"): 200,
    ("wait", "tuesday"): np.nan,
    ("wait_or_left", "all"): (70 + 0 + 100 + 30 + 100 + 720) / 6,
    ("after_seen", "all"): (170 + 400 + 1110 + 141 + 80) / 5,
    ("stay_p75", "all"): 400 + 0.75 * (880 - 400),
    ("stay_middle", "early"): (240 + 400) / 2,
    ("soon", "all"): 3 / 5,
    ("late", "all"): 2 / 5,
    ("soon", "ambulance"): 1,
    ("wait_nine_to_ten", "all"): (100 + 1140) / 2,
    ("admitted_of_early", "all"): 2 / 4,
    ("admitted_of_early", "ambulance"): 1,
    ("needs", "all"): 2 / 6,
    ("needs", "early"): 1 / 4,
}


@pytest.mark.parametrize(("name", "group"), BY_HAND)
def test_an_own_measure_is_what_it_is_by_hand(six: Patients, name: str, group: str) -> None:
    found = measure(six, window=DAY, own=Own(MEASURES, GROUPS)).value(name, group)
    assert found == pytest.approx(BY_HAND[name, group], abs=1e-12, nan_ok=True)


def test_spans_of_years_are_those_of_both_ends(six: Patients) -> None:
    with_age = Patients({**six.columns, "age": np.array([74, 75, 84, 85, 3, 90])}, six.categories)
    measures: dict[str, Any] = {
        "stay": span(until="departed_at", among="age=75-84"),
        "aged": CategoryMeasure(kind="category", attribute="age", categories=("0-17", "85-120")),
    }
    groups = {"old": CategoryGroup(kind="category", attribute="age", categories=("84-89", "90"))}
    found = measure(with_age, window=DAY, own=Own(measures, groups))
    assert found.value("stay", "all") == (400 + 100) / 2
    assert found.value("aged", "all") == 3 / 6
    assert found.value("aged", "old") == 2 / 3


def test_own_groups_and_measures_change_no_other_number(six: Patients) -> None:
    without, with_own = (
        measure(six, window=DAY),
        measure(six, window=DAY, own=Own(MEASURES, GROUPS)),
    )
    for name, value in zip(without.names, without.values, strict=True):
        np.testing.assert_array_equal(with_own.value(name.measure, name.group), value)
    assert (
        with_own.value("stay_mean", "early") == (240 + 400 + 100 + 1140) / 4
    )  # ours are given for own groups, too


def still_there(six: Patients, altered: Callable[..., Any], row: int, **columns: Any) -> Patients:
    """One patient who is still in the building when the table was made, and lacks these points in time."""
    changed = {name: six[name].copy() for name in ("outcome", *columns)}
    changed["outcome"][row] = 3
    for name, value in columns.items():
        changed[name][row] = value
    table: Patients = altered(six, **changed)
    return table


def test_who_has_not_ended_counts_as_longer_than_any_that_did(
    six: Patients, altered: Callable[..., Any]
) -> None:
    table = still_there(six, altered, 0, seen_at=np.nan, departed_at=np.nan)
    found = measure(table, window=DAY, own=Own(MEASURES, GROUPS))
    assert found.value("wait") == np.inf  # not known, so nothing is said of its mean
    assert found.value("wait_or_left") == (720 + 0 + 100 + 30 + 100 + 720) / 6
    assert found.value("soon") == 2 / 5
    assert found.value("late") == 3 / 5
    assert found.value("wait", "ambulance") == 15


def test_somebody_on_a_ward_has_left_and_misses_only_what_happens_on_wards(
    six: Patients, altered: Callable[..., Any]
) -> None:
    """Patient 1 left A&E for a ward and is there still: `left_ward_at` may yet come, `noticed_at` will not."""
    left_ward_at = np.array([np.nan, 2000.0, np.nan, 2200.0, np.nan, np.nan])
    table = still_there(altered(six, left_ward_at=left_ward_at), altered, 1, left_ward_at=np.nan)
    stated = {"ward": span(until="left_ward_at"), "noticed": span(until="noticed_at")}
    found = measure(table, window=DAY, own=Own(stated, after_departure=frozenset({"left_ward_at"})))
    assert found.value("ward") == np.inf
    assert found.value("noticed") == (540 - 480 + 650 - 600 + 1000 - 620) / 3
    assert measure(table, window=DAY, own=Own(stated)).value("ward") == 2200 - 560


OURS: dict[str, Any] = {
    "wait_to_clinician_mean": span(until="seen_at", or_until="departed_at", cut_off_minutes=720),
    "time_to_clinician_median": span(until="seen_at", statistic="median"),
    "time_to_clinician_p95": span(until="seen_at", statistic="percentile", percentile=95),
    "stay_mean": span(until="departed_at"),
    "stay_median": span(until="departed_at", statistic="median"),
    "stay_p95": span(until="departed_at", statistic="percentile", percentile=95),
    "within_4h_share": span(until="departed_at", statistic="share", within_minutes=240),
    "over_12h_share": span(until="departed_at", statistic="share", over_minutes=720),
    "left_share": OutcomeMeasure(kind="outcome", outcomes=("left",)),
    "admitted_share": OutcomeMeasure(kind="outcome", outcomes=("admitted",)),
}


def test_ten_of_our_measures_stated_in_yaml_words_are_ours_to_the_last_bit(department: Any) -> None:
    """A run with people who leave, are admitted, and are still there at its end."""
    found = measure(
        department.patients,
        window=(0.0, 6 * 1440.0),
        own=Own({f"own_{name}": each for name, each in OURS.items()}),
    )
    assert (
        department.patients.where("outcome", "in_building")
        & np.isnan(department.patients["departed_at"])
    ).any()
    ours = [name for name in found.names if name.measure in OURS]
    assert len(ours) > 60
    for name in ours:
        if name.group.split("=")[0] not in (
            "outcome",
            "arrival_hour",
            "label",
        ):  # groups of some of ours only
            np.testing.assert_array_equal(
                found.value(f"own_{name.measure}", name.group),
                found.value(name.measure, name.group),
                str(name),
            )
