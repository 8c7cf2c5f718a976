"""Direct effect, spillover and total: figures by hand, and groups that are the same patients in every arm."""

import numpy as np
import pytest

from simulation.errors import ResultsError
from simulation.measures.measuring import MeasureName, Measures, measure
from simulation.records.schema import ActivityTable, Patients
from simulation.statistics.coverage_effects import effects, waits_by_group, with_coverage
from simulation.units import NEVER, to_ticks

WAIT = "wait_to_clinician_mean"
WINDOW = (0.0, 1440.0)
LABELS = ("all", "coverage=covered", "coverage=left_out", "coverage=outside", "coverage=never")


def measures(*values: float) -> Measures:
    """One replication's waits: everybody, covered, left out, outside, never covered."""
    return Measures(
        tuple(MeasureName(WAIT, "minutes", label) for label in LABELS),
        np.array(values, dtype=float),
    )


def test_the_parts_of_an_effect_by_hand() -> None:
    arms = {
        "none": [measures(60, 60, 60, 60, 60), measures(50, 48, 52, 50, 51)],
        "half": [measures(55, 50, 58, 62, 60), measures(48, 42, 51, 51, 51)],
        "all": [measures(50, 48, 49, 63, 56), measures(45, 41, 43, 52, 47)],
    }
    found = {
        each.name: each for each in effects(arms, "none", partial="half", full="all", measure=WAIT)
    }
    expected = {
        "direct": (-10 - 6) / 2,
        "spillover": (0 + 0) / 2,
        "spillover, left out": (-2 - 1) / 2,
        "spillover, outside": (2 + 1) / 2,
        "own": ((-10 + 2) + (-6 + 1)) / 2,
        "partial": (-5 - 2) / 2,
        "total": (-10 - 5) / 2,
    }
    assert {name: each.difference.mean for name, each in found.items()} == expected
    assert (found["direct"].before, found["direct"].after) == (54, 46)
    # Student's t with one degree of freedom: 12.706 x sd / sqrt(2), and the sd of -10 and -6 is 2 sqrt(2).
    assert found["direct"].difference.half_width == pytest.approx(12.706 * 2, abs=0.001)


def test_groups_without_anybody_are_not_reported_twice() -> None:
    nobody = np.nan
    arms = {arm: [measures(w, w, w, nobody, w) for w in (1, 2)] for arm in ("none", "half", "all")}
    names = [each.name for each in effects(arms, "none", partial="half", full="all", measure=WAIT)]
    assert names == ["direct", "spillover", "own", "partial", "total"]


def test_a_replication_in_which_somebody_had_not_left_is_left_out_of_no_part() -> None:
    """Without it the own effect would be that of the other replications, and look known."""
    replications = [measures(*(minutes,) * 5) for minutes in (np.inf, 2, 3)]
    arms = dict.fromkeys(("none", "half", "all"), replications)
    for part in effects(arms, "none", partial="half", full="all", measure=WAIT):
        assert part.difference.n == 3, part.name
        assert np.isnan(part.difference.mean), part.name


def five_patients() -> Patients:
    """Seen after 10, 20, 30, 40 minutes; the last left after 50. Rows 0, 2, 4, 6, 8 of the draws."""
    arrived_at = np.arange(5) * 100.0
    wait = np.array([10.0, 20, 30, 40, 50])
    columns = {
        "patient": np.arange(0, 10, 2, dtype=np.int32),
        "arrival_source": np.zeros(5, dtype=np.int16),
        "number": np.arange(5),
        "replication": np.zeros(5, dtype=np.int32),
        "arrived_at": arrived_at,
        "outcome": np.array([0, 0, 0, 0, 1], dtype=np.int16),
        "seen_at": np.where(np.arange(5) < 4, arrived_at + wait, np.nan),
        "departed_at": arrived_at + np.where(np.arange(5) < 4, wait + 5, wait),
    }
    return Patients(columns, {"arrival_source": ("walk_in",), "outcome": ("discharged", "left")})


def of_rows(*rows: int) -> np.ndarray:
    return np.isin(np.arange(10), rows)


def test_everybody_is_covered_left_out_or_outside_and_never_is_the_last_two() -> None:
    told = with_coverage(five_patients(), of_rows(0, 4), of_rows(0, 2, 4, 6))
    assert told["coverage"].tolist() == [0, 1, 0, 1, 2]
    found = measure(told, window=WINDOW)
    waits = {label: found.value(WAIT, label) for label in LABELS}
    assert waits == dict(zip(LABELS, (30, 20, 30, 50, 110 / 3), strict=True))


def test_a_study_that_does_not_tell_coverage_has_no_such_group() -> None:
    assert not [
        name for name in measure(five_patients(), window=WINDOW).names if "coverage" in name.group
    ]


def test_an_attribute_of_that_name_is_refused() -> None:
    told = with_coverage(five_patients(), of_rows(0), of_rows(0))
    with pytest.raises(ResultsError, match="already a column"):
        with_coverage(told, of_rows(0), of_rows(0))


def test_waits_by_step_and_group_by_hand() -> None:
    # Row 0 (covered) waits 7 minutes at step 0 and 3 at step 1, then 4 more at step 1 after being seen: not counted.
    # Row 2 (left out) waits 20 at step 1. Row 8 (outside) joins step 0 and gives up after 50, never started.
    told = with_coverage(five_patients(), of_rows(0, 4), of_rows(0, 2, 4, 6))
    rows = [
        (0, 0, 0, 7, 7),
        (0, 1, 7, 10, 12),
        (0, 1, 12, 16, 17),
        (1, 0, 0, 99, 100),  # nobody who attends
        (2, 1, 100, 120, 125),
        (8, 0, 400, None, 450),
    ]
    patient, step, joined, started, ended = zip(*rows, strict=True)
    columns = {
        "patient": np.array(patient, dtype=np.int32),
        "step": np.array(step, dtype=np.int16),
        "pool": np.full(len(rows), -1, dtype=np.int16),
        "outcome": np.zeros(len(rows), dtype=np.int16),
        "joined_at": np.array(joined, dtype=float),
        "started_at": np.array([np.nan if each is None else each for each in started]),
        "ended_at": np.array(ended, dtype=float),
    }
    activities = ActivityTable(columns, {"step": ("a", "b"), "outcome": ("done",)})
    found = waits_by_group(told, activities, n_steps=2, window=WINDOW)
    # Two are covered, two left out, one outside, three never covered.
    np.testing.assert_allclose(
        found, [[7 / 2, 3 / 2], [0, 20 / 2], [50, 0], [50 / 3, 20 / 3]], atol=1e-9
    )


def test_somebody_still_waiting_at_the_end_counts_up_to_it() -> None:
    told = with_coverage(five_patients(), of_rows(0), of_rows(0))
    open_ended = {**told.columns, "seen_at": np.full(5, np.nan), "departed_at": np.full(5, np.nan)}
    still = Patients(open_ended, told.categories)
    columns = {
        "patient": np.array([0, 0, 2], dtype=np.int32),
        "step": np.array([0, 1, 0], dtype=np.int16),
        "pool": np.full(3, -1, dtype=np.int16),
        "outcome": np.zeros(3, dtype=np.int16),
        "joined_at": np.array([0.0, 60, 100]),
        "started_at": np.array([30.0, np.nan, 100]),
        "ended_at": np.array([60.0, np.nan, 100]),
    }
    activities = ActivityTable(columns, {"step": ("a", "b"), "outcome": ("open",)})
    assert activities.ticks("started_at")[1] == NEVER
    found = waits_by_group(still, activities, n_steps=2, window=WINDOW)
    assert found[0].tolist() == [30, 40]  # the last that anybody joined is minute 100
    assert to_ticks(np.array([1.0])) == 1024
