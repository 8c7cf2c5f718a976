"""Every measure against six patients worked out by hand, and the rules for what is absent."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.department.own_measures import LEVELS_1_2
from simulation.errors import ResultsError
from simulation.measures.definitions import binding_measures, definitions
from simulation.measures.measuring import measure, quantile_of_sorted
from simulation.measures.quantities import count_unfinished, wait_to_clinician
from simulation.records.schema import Patients

DAY = (0.0, 1440.0)

# Waits to the first clinician or leaving: 70, 0, 100 (left), 30, 100, 800 -> 720.
# Stays: 240, 400, 100, 1140, 241, 880. Boarding: 300 and 1000 minutes.
BY_HAND = {
    ("wait_to_clinician_mean", "all"): (70 + 0 + 100 + 30 + 100 + 720) / 6,
    ("wait_to_clinician_mean", LEVELS_1_2): (0 + 30 + 720) / 3,
    ("wait_to_clinician_mean", "acuity_true=urgent"): 70,
    ("wait_to_clinician_mean", "arrival_source=ambulance"): 15,
    ("wait_to_clinician_mean", "language_need=yes"): (100 + 720) / 2,
    ("wait_to_clinician_uncut_mean", "all"): (70 + 0 + 100 + 30 + 100 + 800) / 6,
    ("wait_to_first_look_mean", "all"): (20 + 0 + 100 + 30 + 100 + 60)
    / 6,  # 0 and 5 were looked at elsewhere first
    ("wait_to_first_look_mean", LEVELS_1_2): (0 + 30 + 60) / 3,
    ("time_to_clinician_median", "all"): 70,  # 0, 30, 70, 100, 800
    ("time_to_clinician_p95", "all"): 100 + 0.8 * 700,
    ("time_to_clinician_median", LEVELS_1_2): 30,
    ("stay_mean", "all"): (240 + 400 + 100 + 1140 + 241 + 880) / 6,
    ("stay_median", "all"): (241 + 400) / 2,
    ("stay_p95", "all"): 880 + 0.75 * 260,
    ("stay_mean", "outcome=admitted"): 770,
    ("stay_median", "outcome=not_admitted"): (240 + 241) / 2,
    ("within_4h_share", "all"): 2 / 6,
    ("within_4h_share", "arrival_hour=08"): 1 / 2,
    ("within_4h_share", "arrival_hour=09"): 1 / 2,
    ("within_4h_share", "arrival_hour=10"): 0,
    ("within_4h_share_without_left", "all"): 1 / 5,
    ("seen_within_4h_share", "all"): 1 / 6,
    ("over_12h_share", "all"): 2 / 6,
    ("left_share", "all"): 1 / 6,
    ("left_share", "language_need=yes"): 1 / 2,
    ("admitted_share", "all"): 2 / 6,
    ("ambulance_assessment_median", "all"): (5 + 40) / 2,
    ("ambulance_assessment_p95", "all"): 5 + 0.95 * 35,
    ("walk_in_triage_wait_mean", "all"): (10 + 20 + 0 + 30) / 4,
    ("walk_in_triage_wait_p95", "all"): 20 + 0.85 * 10,
    ("walk_in_triage_minutes_mean", "all"): (5 + 6 + 5) / 3,
    ("handover_mean", "all"): (12 + 65) / 2,
    ("handover_over_30_share", "all"): 1 / 2,
    ("handover_over_45_share", "all"): 1 / 2,
    ("handover_over_60_share", "all"): 1 / 2,
    ("decision_to_departure_over_4h_share", "all"): 1,
    ("decision_to_departure_over_12h_share", "all"): 1 / 2,
    ("beyond_target_share", "acuity_true=immediate"): 0,  # at once: 0 is not beyond 0
    ("beyond_target_share", "acuity_true=very_urgent"): 1,  # 30 and 800, target 10
    ("beyond_target_share", "acuity_true=urgent"): 1,  # 70, target 60
    ("beyond_target_share", "acuity_true=standard"): 0,  # left after 100, target 120
    ("beyond_target_share", "acuity_true=non_urgent"): 0,  # 100, target 240
    ("beyond_target_share", LEVELS_1_2): 2 / 3,
    # 0 got worse 20 minutes before it was seen, 2 40 before it left, 5 520 before; 3 only after the clinician came.
    ("worsened_before_seen_share", "all"): 3 / 6,
    ("worsened_before_seen_share", LEVELS_1_2): 1 / 3,
    ("worsened_before_seen_share", "language_need=yes"): 1,
    ("worsened_before_seen_share", "label=right"): 2 / 3,  # 2 has no label: it left before triage
    ("worsened_before_seen_share", "label=under"): 0,
    ("worse_wait_per_1000", "all"): 1000 * (20 + 40 + 520) / 6,
    ("worse_wait_per_1000", "acuity_true=standard"): 1000 * 40 / 1,
    ("worse_to_clinician_mean", "all"): (20 + 40 + 520) / 3,
    ("worse_to_clinician_mean", "acuity_true=standard"): 40,
    ("noticed_before_seen_share", "all"): 2 / 3,
    ("noticed_before_seen_share", "label=right"): 1,
    ("raised_for_nothing_share", "all"): 1 / 6,
    ("wait_to_clinician_mean", "label=under"): 30,
    ("wait_to_clinician_mean", "label=over"): 100,
    ("under_triage_1_2_share", "all"): 1 / 3,
    ("under_triage_share", "all"): 1 / 5,  # patient 2 was given a label by nobody
    ("over_triage_share", "all"): 1 / 5,
    ("exact_triage_share", "all"): 3 / 5,
    ("unneeded_tests_share", "all"): 1 / 6,  # taken of two, one of whom waited for the result
    ("wrong_stream_share", "all"): 1 / 6,
    ("bed_held_unneeded_mean", "all"): (30 + 45) / 6,
}


@pytest.mark.parametrize(("measure_name", "group"), BY_HAND)
def test_a_measure_is_what_it_is_by_hand(six: Patients, measure_name: str, group: str) -> None:
    found = measure(six, window=DAY).value(measure_name, group)
    assert found == pytest.approx(BY_HAND[measure_name, group], abs=1e-12)


def test_every_defined_measure_is_worked_out_by_hand() -> None:
    assert {name for name, _ in BY_HAND} == set(definitions()) - set(binding_measures())


@pytest.mark.parametrize("most", [30, 45, 60])
def test_a_handover_of_just_the_minutes_of_a_band_is_not_over_them(
    six: Patients, most: int
) -> None:
    by_ambulance = np.flatnonzero(six.where("arrival_source", "ambulance"))
    handed_over_at = six["handed_over_at"].copy()
    handed_over_at[by_ambulance] = six["arrived_at"][by_ambulance] + [most, most + 1]
    changed = Patients({**six.columns, "handed_over_at": handed_over_at}, six.categories)
    assert measure(changed, window=DAY).value(f"handover_over_{most}_share") == 1 / 2


def test_both_primary_measures_are_there_and_better_when_lower(six: Patients) -> None:
    found = {(name.measure, name.group) for name in measure(six, window=DAY).names}
    assert {("wait_to_clinician_mean", "all"), ("wait_to_clinician_mean", LEVELS_1_2)} <= found
    assert definitions()["wait_to_clinician_mean"].better == "lower"


def test_only_those_who_arrived_in_the_window_count(six: Patients) -> None:
    assert measure(six, window=(540.0, 600.0)).value("stay_mean") == (100 + 1140) / 2


def test_names_and_order_do_not_depend_on_who_came(six: Patients) -> None:
    nobody = measure(six, window=(5000.0, 6000.0))
    assert nobody.names == measure(six, window=DAY).names
    assert np.isnan(nobody.values).all()


def test_a_group_without_patients_is_not_a_number(six: Patients) -> None:
    assert np.isnan(measure(six, window=DAY).value("within_4h_share", "arrival_hour=03"))


@pytest.mark.parametrize(
    "column", ["seen_at", "departed_at", "assessed_at", "handed_over_at", "decided_at"]
)
def test_a_measure_whose_point_in_time_is_not_recorded_is_absent_and_says_so(
    six: Patients, column: str
) -> None:
    columns = {name: values for name, values in six.columns.items() if name != column}
    found = measure(Patients(columns, six.categories), window=DAY)
    needing = [
        each.name for each in definitions().values() if column in each.needs and not each.binds
    ]
    assert needing
    for name in needing:
        assert name not in {each.measure for each in found.names}
        with pytest.raises(ResultsError, match=column):
            found.value(name)


def test_triage_shares_are_absent_where_the_levels_of_label_and_truth_differ(six: Patients) -> None:
    other = Patients(six.columns, {**six.categories, "acuity_given": ("a", "b", "c", "d", "e")})
    assert "exact_triage_share" not in {name.measure for name in measure(other, window=DAY).names}


def test_an_unknown_measure_or_group_is_named_with_its_nearest(six: Patients) -> None:
    found = measure(six, window=DAY)
    with pytest.raises(ResultsError, match="stay_mean"):
        found.value("stay_meen")
    with pytest.raises(ResultsError, match="acuity_true=urgent"):
        found.value("stay_mean", "acuity_true=urgnt")


def test_somebody_still_there_counts_as_waiting_to_the_limit(
    six: Patients, altered: Callable[..., Any]
) -> None:
    outcome, seen, departed = (six[name].copy() for name in ("outcome", "seen_at", "departed_at"))
    outcome[0], seen[0], departed[0] = 3, np.nan, np.nan
    table = altered(six, outcome=outcome, seen_at=seen, departed_at=departed)
    found = measure(table, window=DAY)
    assert wait_to_clinician(table)[0] == 720
    assert found.value("within_4h_share") == 1 / 6
    assert found.value("over_12h_share") == 3 / 6
    assert count_unfinished(table, DAY) == 1
    assert count_unfinished(table, (500.0, 1440.0)) == 0


def still_there(six: Patients, altered: Callable[..., Any], *rows: int) -> Patients:
    """These patients neither seen nor gone when the table was made."""
    outcome, seen, departed = (six[name].copy() for name in ("outcome", "seen_at", "departed_at"))
    for row in rows:
        outcome[row], seen[row], departed[row] = 3, np.nan, np.nan
    return altered(six, outcome=outcome, seen_at=seen, departed_at=departed)


def test_the_longest_stay_is_not_cut_out_because_it_has_not_ended(
    six: Patients, altered: Callable[..., Any]
) -> None:
    """Patient 3 stayed 1140 minutes; while still there, the stay is longer than every other and the mean unknown."""
    found = measure(still_there(six, altered, 3), window=DAY)
    assert found.value("stay_mean") == np.inf
    assert found.value("stay_mean", "arrival_source=ambulance") == np.inf
    assert (
        found.value("stay_mean", "acuity_true=urgent") == 240
    )  # nobody of this group is unfinished
    assert found.value("stay_median") == (241 + 400) / 2  # 100, 240, 241, 400, 880, longer
    assert found.value("stay_p95") == np.inf
    assert (
        found.value("time_to_clinician_median") == 100
    )  # 0, 70, 100, 800, longer; the one who left is not seen


def test_half_a_table_unfinished_leaves_no_median(
    six: Patients, altered: Callable[..., Any]
) -> None:
    found = measure(still_there(six, altered, 1, 3, 5), window=DAY)
    assert found.value("stay_median") == np.inf
    assert found.value("within_4h_share") == 2 / 6


def test_a_quantile_is_known_up_to_the_last_number_that_is() -> None:
    values = np.array([1.0, 2.0, np.inf])
    assert quantile_of_sorted(values, 0.5) == 2.0
    assert quantile_of_sorted(values, 0.51) == quantile_of_sorted(values, 1.0) == np.inf


def test_a_patient_on_a_ward_is_admitted_and_not_unfinished(
    six: Patients, altered: Callable[..., Any]
) -> None:
    outcome = six["outcome"].copy()
    outcome[1] = 3  # still in a ward bed when the table was made
    table = altered(six, outcome=outcome)
    assert count_unfinished(table, DAY) == 0
    assert measure(table, window=DAY).value("admitted_share") == 2 / 6


def test_an_end_without_a_departure_date_is_left_out_and_not_called_late(
    six: Patients, altered: Callable[..., Any]
) -> None:
    departed = six["departed_at"].copy()
    departed[2] = np.nan
    found = measure(altered(six, departed_at=departed), window=DAY)
    assert found.value("within_4h_share") == 1 / 5
    assert found.value("wait_to_clinician_mean") == (70 + 0 + 30 + 100 + 720) / 5


def test_measures_in_pandas_have_one_row_a_measure_and_group(six: Patients) -> None:
    found = measure(six, window=DAY)
    frame = found.frame()
    assert list(frame.columns) == ["measure", "unit", "group", "value"]
    assert len(frame) == len(found.names) == len(set(found.names))


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=40), st.sampled_from([0.5, 0.95]))
def test_the_quantile_is_numpys(values: list[float], share: float) -> None:
    ordered = np.sort(np.array(values))
    assert quantile_of_sorted(ordered, share) == pytest.approx(np.quantile(ordered, share))


def test_groups_are_those_of_masks_one_by_one(department: Any) -> None:
    """Of a few hundred patients: sums by cell and quantiles by group, against numpy on each group by itself."""
    patients, window = department.patients, (1440.0, 4 * 1440.0)
    found = measure(patients, window=window)
    inside = (patients["arrived_at"] >= window[0]) & (patients["arrived_at"] < window[1])
    stay = patients["departed_at"] - patients["arrived_at"]
    admitted, hour = patients.admitted(), patients["arrived_at"] // 60 % 24
    groups = {
        "arrival_source=ambulance": patients.where("arrival_source", "ambulance"),
        "acuity_true=standard": patients.where("acuity_true", "standard"),
        LEVELS_1_2: patients.where("acuity_true", "immediate", "very_urgent"),
        "outcome=admitted": admitted,
        "outcome=not_admitted": ~admitted,
    }
    for label, mask in groups.items():
        mine = stay[mask & inside & ~np.isnan(stay)]
        assert len(mine) > 5
        assert found.value("stay_mean", label) == pytest.approx(mine.mean(), rel=1e-12)
        assert found.value("stay_median", label) == pytest.approx(np.median(mine), rel=1e-12)
        assert found.value("stay_p95", label) == pytest.approx(np.quantile(mine, 0.95), rel=1e-12)
    at_eleven = stay[inside & (hour == 11)]
    assert found.value("within_4h_share", "arrival_hour=11") == pytest.approx(
        (at_eleven <= 240).mean()
    )


def test_a_table_out_of_order_of_arrival_gives_the_same_measures(six: Patients) -> None:
    shuffled = six.select(np.array([3, 0, 5, 1, 4, 2]))
    window = (500.0, 610.0)
    np.testing.assert_array_equal(
        measure(shuffled, window=window).values, measure(six, window=window).values
    )


def test_a_mean_over_those_who_got_worse_falls_when_more_do_and_the_sum_over_everybody_does_not(
    six: Patients, altered: Callable[..., Any]
) -> None:
    """Patient 0 waits another hour, in which nobody else is touched; who got worse just before adds a short wait."""
    seen = six["seen_at"].copy()
    worsened = six["worsened_at"].copy()
    later = np.flatnonzero(np.isnan(worsened) & ~np.isnan(seen))[0]
    worsened[later], seen[later] = seen[later] + 55, seen[later] + 60
    before, after = (
        measure(table, window=DAY)
        for table in (six, altered(six, seen_at=seen, worsened_at=worsened))
    )
    assert after.value("worse_to_clinician_mean") < before.value("worse_to_clinician_mean")
    assert after.value("worse_wait_per_1000") == pytest.approx(
        before.value("worse_wait_per_1000") + 1000 * 5 / 6
    )
