"""What does not fit together is said, of departments that show one thing each, and nothing of those that fit."""

import re

import pytest

from simulation.config import load
from simulation.study.department_warnings import department_warnings as found_in
from simulation.study.department_warnings import load_and_warnings, overload_faults
from simulation.study.study import Study
from tests.held import Hold

WARD = ("study=gallery/boarding", "pathway.pools.beds.role=adult_bed")


def boarding(*overrides: str) -> Study:
    return load(*WARD, *overrides)


def department_warnings(study: Study) -> tuple[str, ...]:
    return tuple(map(str, found_in(study)))


def test_departments_that_fit_have_no_warning() -> None:
    assert department_warnings(load()) == ()
    assert department_warnings(boarding()) == ()


def test_too_few_beds_for_the_stays_are_reported_with_the_keys() -> None:
    (output,) = department_warnings(
        boarding("pathway.pools.beds.capacity=30", "pathway.allow_overload=true")
    )
    assert output.startswith("Beds over 100 %: stays ask for ")
    assert "of 30 staffed beds" in output
    assert "calibration.*_beds" in output


def test_beds_are_not_over_100_per_cent_while_pressure_can_end_stays_early_enough() -> None:
    effort = (
        "{waiting_at: [ward_bed], share: SHARE, at_least: [3], evidence: assumed, source: test}"
    )
    few = ("pathway.pools.beds.capacity=30", "pathway.allow_overload=true")
    for share, n_said in (("0.6", 0), ("0.05", 1)):
        study = boarding(*few, f"pathway.steps.ward_stay.effort={effort.replace('SHARE', share)}")
        assert len(department_warnings(study)) == n_said


def test_only_the_effort_of_steps_that_hold_adult_beds_takes_from_them() -> None:
    """What shortens another step while many wait for it empties no bed."""
    few = ("pathway.pools.beds.capacity=30", "pathway.allow_overload=true")
    effort = "{waiting_at: [contact], share: 0.6, at_least: [3], evidence: assumed, source: test}"
    (output,) = department_warnings(boarding(*few, f"pathway.steps.tests.effort={effort}"))
    assert output.startswith("Beds over 100 %: stays ask for ")
    assert "pressure" not in output


@pytest.mark.slow
def test_too_few_beds_are_reported_where_triage_shortens() -> None:
    scale = "calibration.ward_stay_scale.value=1.25"
    beds, out_of_range = department_warnings(load("ensemble=none", "site=typical_pace", scale))
    assert re.search(r"130 % \(±\d+\), and 114 % even if every stay ends as early", beds)
    assert out_of_range.startswith("calibration.ward_stay_scale")


def test_a_limit_on_how_many_are_taken_on_has_no_load() -> None:
    """A pool of the role `in_hand` is neither staff nor a place: nothing is refused or said of it."""
    few = ("pathway.pools.beds.capacity=30", "pathway.pools.beds.role=in_hand")
    study = load(WARD[0], *few)
    load_of, found = load_and_warnings(study)
    assert "beds" not in load_of.pools
    assert len(load_of.pools) == len(load_of.work) == len(load_of.capacity) == len(load_of.error)
    assert found == overload_faults(study) == ()


def test_a_desk_whose_queue_passes_an_hour_is_reported() -> None:
    (output,) = department_warnings(load("study=gallery/emergency_room"))
    assert output.startswith("nurses: load 1")
    assert "staffing.nurses.rota" in output


def test_work_beyond_capacity_is_reported_with_the_keys_and_without_a_queue_of_the_same_desk() -> (
    None
):
    busy = (
        "study=gallery/one_nurse",
        "pathway.arrivals.walk_in.per_day=200",
        "+pathway.allow_overload=true",
    )
    (output,) = department_warnings(load(*busy))
    assert re.search(
        r"than can be done \(nurses 1\.\d\d times what there is\)\. Look at pathway\.pools\.nurses$",
        output,
    )


def test_work_that_others_can_do_is_judged_with_theirs() -> None:
    """Children's clinicians and doctors share children: by their numbers, doctors would get more than they can do."""
    shared = ("ensemble=none", "staffing=children_shared", "pathway=children_shared")
    load_of, found = load_and_warnings(load(*shared))
    assert load_of.weekly()[load_of.pools.index("doctors")] > 1.2
    assert found == ()


@pytest.mark.slow
def test_a_handover_of_55_hours_is_reported_as_minutes_and_as_a_fitted_value() -> None:
    found = department_warnings(load("ensemble=none", "calibration.unloading_minutes.value=3300"))
    assert any(each.startswith("unloading: 3,") and "durations.unloading" in each for each in found)
    out_of_range = "calibration.unloading_minutes is 3300, and a department could have 4 to 15"
    assert any(each.startswith(out_of_range) for each in found)


def test_the_load_is_that_of_the_baseline() -> None:
    load_of, _ = load_and_warnings(load("study=gallery/one_nurse"))
    assert load_of.weekly()[0] == pytest.approx(0.8, abs=0.05)


def test_a_change_after_the_last_measured_day_is_reported_as_never_happening(hold: Hold) -> None:
    small = ("study=gallery/one_nurse", "run.measured_days=28")
    source = "evidence: assumed, source: test"
    surge = "+pathway.arrivals.walk_in.surges=[{starts_on_day: DAY, days: 3, times: 1.4}]"
    span = "{starts_at_minutes: AT, ends_at_minutes: 99999}"
    strike = f"+pathway.outages.strike={{kind: stated, spans: [{span}], {source}}}"
    closed = "+pathway.pools.nurses.closed_while=strike"
    assert (
        department_warnings(
            load(*small, surge.replace("DAY", "27"), strike.replace("AT", "40319"), closed)
        )
        == ()
    )
    late = department_warnings(
        load(*small, surge.replace("DAY", "28"), strike.replace("AT", "40320"), closed)
    )
    assert [words.partition(":")[0] for words in late] == [
        "pathway.arrivals.walk_in.surges.0", "pathway.outages.strike.spans.0",
    ]  # fmt: skip
    assert all("begins on day 28, and 28 days are measured" in words for words in late)
    more = department_warnings(
        load(*small, strike.replace("AT", "0"), closed, "+pathway.pools.nurses.closes=9")
    )
    hold(more)


def test_beds_of_which_most_stay_empty_are_said_with_the_keys() -> None:
    (said,) = department_warnings(boarding("pathway.pools.beds.capacity=400"))
    assert said.startswith("Beds mostly empty: stays ask for ")
    assert "of 400 staffed beds" in said
    assert "calibration.*_beds" in said
