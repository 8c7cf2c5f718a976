"""The order of start weeks is balanced however many replications there are, and the calendar starts where it says."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.errors import DrawsError
from simulation.patients import (
    DAYS_IN_YEAR,
    WEEKS_IN_YEAR,
    Calendar,
    DrawnRun,
    balanced_start_week,
    draw,
    draw_outages,
    start_weeks_over_departments,
)
from simulation.patients.drawn import WEEKS_APART
from simulation.units import DAY, WEEK
from tests.held import Hold

Small = Callable[..., Pathway]
NOTE = "evidence: assumed, source: test"
WARM_UPS = (0, 7, 14, 28, 35)


def discrepancy(start_weeks: Sequence[int]) -> float:
    """How many start weeks a stretch of the year, round its end too, has more or fewer than its share at the most."""
    counts = np.bincount(start_weeks, minlength=WEEKS_IN_YEAR)
    before = np.concatenate(([0], np.cumsum(np.tile(counts, 2))))
    first, length = np.meshgrid(np.arange(WEEKS_IN_YEAR), np.arange(1, WEEKS_IN_YEAR + 1))
    excess = before[first + length] - before[first] - len(start_weeks) * length / WEEKS_IN_YEAR
    return float(np.abs(excess).max())


def worst_beginning(order: Sequence[int]) -> float:
    return max(discrepancy(order[:n]) for n in range(1, len(order) + 1))


# --- the order of start weeks ----------------------------------------------------------------------------------------


def test_every_beginning_of_the_replications_is_spread_over_the_year() -> None:
    order = [balanced_start_week(replication) for replication in range(4 * WEEKS_IN_YEAR)]
    assert worst_beginning(order) < 2.2


def test_52_replications_in_a_row_begin_in_every_week_once() -> None:
    order = [balanced_start_week(replication) for replication in range(3 * WEEKS_IN_YEAR)]
    for first in range(2 * WEEKS_IN_YEAR):
        assert sorted(order[first : first + WEEKS_IN_YEAR]) == list(range(WEEKS_IN_YEAR))


def test_no_other_step_spreads_the_beginnings_more_evenly() -> None:
    worst = {
        step: worst_beginning(
            [step * replication % WEEKS_IN_YEAR for replication in range(WEEKS_IN_YEAR)]
        )
        for step in range(1, WEEKS_IN_YEAR)
        if math.gcd(step, WEEKS_IN_YEAR) == 1
    }
    assert len(worst) == 24
    assert worst[WEEKS_APART] == pytest.approx(min(worst.values()))
    golden = WEEKS_IN_YEAR * (3 - math.sqrt(5)) / 2
    best = [step for step, value in worst.items() if value == pytest.approx(min(worst.values()))]
    assert min(best, key=lambda step: abs(step - golden)) == WEEKS_APART


# --- the days --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start_week", [0, 13, 51])
def test_a_longer_warm_up_moves_no_calendar_day_of_the_window(start_week: int) -> None:
    window = np.arange(400)
    for warm_up in WARM_UPS:
        calendar = Calendar(start_week, warm_up)
        assert calendar.measured_days(window + warm_up).tolist() == window.tolist()
        assert np.array_equal(
            calendar.months(window + warm_up), Calendar(start_week).months(window)
        )
        assert calendar.measured_from % WEEK == 0  # a Monday
        assert calendar.days_of_year(np.array([warm_up]))[0] == 7 * start_week


def test_the_model_year_wraps_round_at_both_ends() -> None:
    assert Calendar(51).days_of_year(np.array([0, 6, 7, 8])).tolist() == [357, 363, 0, 1]
    assert Calendar(0, 14).days_of_year(np.array([0, 13, 14])).tolist() == [350, 363, 0]
    assert Calendar(0, 7).months(np.array([0, 6, 7, 7 + 30, 7 + 31])).tolist() == [11, 11, 0, 0, 1]


@pytest.mark.parametrize("days", [1, 3, 10, -7])
def test_a_warm_up_of_other_than_whole_weeks_is_refused(days: int) -> None:
    with pytest.raises(DrawsError, match=rf"warm_up_days is {days}\. Give whole weeks: 0, 7, 14"):
        Calendar(0, days)


@pytest.mark.parametrize("week", [-1, 52])
def test_a_week_that_the_model_year_has_not_is_refused(week: int, hold: Hold) -> None:
    with hold.refusal(DrawsError, match="week from 0 to 51"):
        Calendar(week)


# --- what is drawn by it ---------------------------------------------------------------------------------------------


def test_arrivals_follow_the_months_of_the_calendar(small: Small) -> None:
    """Nobody comes but in January and December, of which the second wants three times as many."""
    pathway = small(
        "arrivals: {walk_in: {per_day: 60, by_weekday: null, by_month: winter, day_factor: null}}\n"
        "profiles: {winter: {weights: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]}}"
    )
    for start_week, warm_up in ((0, 0), (0, 14), (20, 7), (46, 28)):
        calendar = Calendar(start_week, warm_up)
        drawn = draw(pathway, seed=5, replication=0, days=DAYS_IN_YEAR, calendar=calendar)
        counts = np.bincount(
            drawn.arrived_at[drawn.arrival_source == 0] // DAY, minlength=DAYS_IN_YEAR
        )
        month = calendar.months(np.arange(DAYS_IN_YEAR))
        assert counts[(month > 0) & (month < 11)].sum() == 0
        # A Poisson mean is off by more than 5 standard deviations once in a million.
        for number, per_day in ((0, 60 * 12 / 4), (11, 60 * 12 * 3 / 4)):
            mine = counts[month == number]
            assert abs(mine.mean() - per_day) < 5 * math.sqrt(per_day / len(mine))
        assert drawn.calendar == calendar


def test_without_months_the_calendar_moves_no_patient(small: Small) -> None:
    one, other = (
        draw(small(), seed=5, replication=0, days=14, calendar=calendar)
        for calendar in (Calendar(), Calendar(30, 7))
    )
    assert np.array_equal(one.arrived_at, other.arrived_at)
    assert all(np.array_equal(one.minutes[name], other.minutes[name]) for name in one.minutes)


def test_stated_outages_count_from_the_first_measured_day_and_drawn_ones_from_time_0(
    small: Small,
) -> None:
    stated = f"{{kind: stated, spans: [{{starts_at_minutes: 60, ends_at_minutes: 90}}], {NOTE}}}"
    random = f"{{kind: random, mean_up_minutes: 300, mean_down_minutes: 100, {NOTE}}}"
    pathway = small(f"outages: {{stated: {stated}, random: {random}}}")
    plain, late = (
        draw_outages(pathway, DrawnRun(1, 0, 28, calendar))
        for calendar in (Calendar(), Calendar(30, 14))
    )
    assert plain["stated"].tolist() == [[60 * 1024, 90 * 1024]]
    assert late["stated"].tolist() == [[14 * DAY + 60 * 1024, 14 * DAY + 90 * 1024]]
    assert np.array_equal(late["random"], plain["random"])
    drawn = draw(pathway, seed=1, replication=0, days=28, calendar=Calendar(30, 14))
    assert np.array_equal(drawn.outages["stated"], late["stated"])


# --- over an ensemble ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [52, 60, 104, 200])
def test_the_weeks_of_a_department_in_two_passes_are_independent(n: int) -> None:
    """Two weeks drawn apart are 13 weeks apart on average, the shorter way round the year."""
    first, second = (
        np.array(start_weeks_over_departments(20261124, number, n)) for number in (0, 1)
    )
    apart = np.abs(first - second)
    assert 10 <= np.minimum(apart, WEEKS_IN_YEAR - apart).mean() <= 16


@pytest.mark.parametrize("number", range(5))
def test_a_pass_over_departments_is_spread_over_the_year_however_far_it_has_come(
    number: int,
) -> None:
    weeks = start_weeks_over_departments(1, number, 104)
    assert sorted(weeks[:52]) == sorted(weeks[52:]) == list(range(52))
    inside = (
        np.array(weeks)[:, None] - np.arange(WEEKS_IN_YEAR)
    ) % WEEKS_IN_YEAR < 13  # of 13 weeks from each on
    off = np.abs(inside.cumsum(axis=0) - np.arange(1, 105)[:, None] / 4)
    assert off.max() < 5


def test_another_seed_or_pass_has_another_order_and_more_departments_the_same_beginning() -> None:
    weeks = start_weeks_over_departments(1, 0, 60)
    assert weeks == start_weeks_over_departments(1, 0, 104)[:60]
    assert weeks != start_weeks_over_departments(1, 1, 60)
    assert weeks != start_weeks_over_departments(2, 0, 60)
