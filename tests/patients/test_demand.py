"""Surges, bookings, factors that last and minutes that follow demand: each against a number worked out by hand.

Seeds are fixed; where chance is left, the tolerance is five standard errors: once in two million seeds for one number.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.rota import mean_per_day
from simulation.department.vocabulary import Pathway, Profile
from simulation.errors import DrawsError
from simulation.patients import Calendar, DrawnRun, Draws, draw, draws_from_table, lasting_factors
from simulation.study.offered_load import in_a_mean_week, offered_load
from simulation.units import DAY, HOUR
from tests.held import Hold

Small = Callable[..., Pathway]
STEADY = "day_factors: {weather: {cv: 0}}\n"
SOURCED = "evidence: assumed, source: test"


def counts(drawn: Draws, days: int, code: int = 0) -> np.ndarray:
    return np.bincount(drawn.arrived_at[drawn.arrival_source == code] // DAY, minlength=days)


def faults_of(pathway: Pathway) -> list[str]:
    return [str(fault) for fault in check_pathway(pathway)]


# --- surges ----------------------------------------------------------------------------------------------------------


def surging(*surges: str) -> str:
    return (
        STEADY
        + f"arrivals: {{walk_in: {{by_weekday: null, thinning_bound: 4, surges: [{', '.join(surges)}]}}}}"
    )


def test_a_surge_multiplies_the_arrivals_of_its_days_counted_from_the_first_measured_one(
    small: Small,
) -> None:
    surges = "{starts_on_day: 7, days: 14, times: 1.5}", "{starts_on_day: 14, days: 14, times: 2}"
    came = np.zeros(56)
    for replication in range(25):
        calendar = Calendar(start_week=3, warm_up_days=21)
        drawn = draw(
            small(surging(*surges)), seed=3, replication=replication, days=56, calendar=calendar
        )
        came += counts(drawn, 56)
    wanted = np.ones(56)
    wanted[28:42] *= 1.5
    wanted[35:49] *= 2
    for times in (1, 1.5, 2, 3):
        days = wanted == times
        expected = 25 * 60 * times * days.sum()
        assert abs(came[days].sum() - expected) < 5 * np.sqrt(expected), times


def test_a_surge_keeps_everybody_who_would_have_come_and_moves_no_other_day(
    small: Small, different: Callable[..., set[str]]
) -> None:
    usual = draw(small(surging()), seed=4, replication=0, days=28)
    surge = draw(
        small(surging("{starts_on_day: 3, days: 2, times: 1.7}")), seed=4, replication=0, days=28
    )
    extra = counts(surge, 28) - counts(usual, 28)
    assert (extra[3:5] > 0).all()
    assert extra[:3].tolist() == [0] * 3
    assert not extra[5:].any()
    assert different(usual, surge) == set()


def test_a_surge_beyond_the_thinning_bound_is_refused_with_what_the_days_want(
    small: Small, hold: Hold
) -> None:
    surges = "{starts_on_day: 0, days: 9, times: 2}", "{starts_on_day: 8, days: 1, times: 3}"
    (told,) = faults_of(small(surging(*surges)))
    hold(told, "arrivals.walk_in.surges.1")
    with pytest.raises(DrawsError, match=r"day 8 wants 6\.00 times"):
        draw(small(surging(*surges)), seed=1, replication=0, days=14)


def test_a_shift_laid_over_a_pool_puts_nobody_more_there_at_the_start(small: Small) -> None:
    there = "present: {inside: {starts: see, pool: nurses, share: 0.5}}\n"
    there += "attributes: {age: {shares: {inside: [1, 0]}}}\n"
    by_night = "pools: {nurses: {extra_shifts: [{hours: 22-8, number: 4}]}}\n"
    usual, more = (
        draw(small(changes), seed=4, replication=0, days=7) for changes in (there, there + by_night)
    )
    assert (usual.arrival_source == 2).sum() == (more.arrival_source == 2).sum() == 2


# --- bookings --------------------------------------------------------------------------------------------------------

BOOKED = """
arrivals:
  walk_in: {per_day: null, by_hour: null, by_weekday: null, day_factor: null, booked: [%s]}
"""
TWO = '{at: "9:00", number: 2, days: mon-fri}, {at: "13:30", number: 1, days: "sat,mon"}'


def test_booked_patients_come_at_their_times_and_weekdays_and_nobody_else_does(
    small: Small,
) -> None:
    drawn = draw(small(BOOKED % TWO), seed=5, replication=0, days=14)
    minutes = drawn.arrived_at[drawn.arrival_source == 0] / (HOUR / 60)
    nine, half_past_one = 9 * 60, 13 * 60 + 30
    week = [
        nine,
        nine,
        half_past_one,
        *(1440 * day + nine for day in (1, 1, 2, 2, 3, 3, 4, 4)),
        5 * 1440 + half_past_one,
    ]
    assert minutes.tolist() == [at + 7 * 1440 * k for k in range(2) for at in week]
    assert mean_per_day(small(BOOKED % TWO).arrivals["walk_in"]) == 12 / 7


def test_one_booking_more_and_another_time_leave_everybody_elses_chance_as_it_is(
    small: Small, columns_of: Callable[[Draws], dict[str, np.ndarray]]
) -> None:
    one, other = (
        draw(small(BOOKED % booked), seed=6, replication=0, days=140)
        for booked in (TWO, TWO.replace("9:00", "10:00") + ', {at: "8:00", number: 3}')
    )
    first, second = columns_of(one), columns_of(other)
    keys = [each.arrival_source.astype(np.int64) * 10**12 + each.number for each in (one, other)]
    shared, mine, theirs = np.intersect1d(*keys, return_indices=True)
    assert len(shared) == len(one)
    moved = {
        name
        for name in first
        if not np.array_equal(first[name][..., mine], second[name][..., theirs])
    }
    assert moved == {"arrived_at"}


def test_a_scale_below_one_is_the_probability_that_a_booked_patient_comes(small: Small) -> None:
    changed = (BOOKED % TWO).replace("booked:", "scale: 0.8, booked:")
    n_days = 7 * 500
    drawn = draw(small(changed), seed=7, replication=0, days=n_days)
    booked = 12 * 500
    assert abs((drawn.arrival_source == 0).sum() - 0.8 * booked) < 5 * np.sqrt(booked * 0.8 * 0.2)


def test_the_offered_load_of_booked_patients_is_their_number_times_their_minutes(
    small: Small,
) -> None:
    pathway = small(BOOKED % TWO + "  ambulance: {per_day: 0}\n")
    drawn = draw(pathway, seed=8, replication=0, days=28)
    drawn = drawn.with_columns(
        minutes={"seeing": np.full((2, len(drawn)), 30.0), "writing": np.full((1, len(drawn)), 6.0)}
    )
    load = offered_load(pathway, drawn)
    week = load.work[0].reshape(7, 24)
    assert week.sum() == pytest.approx(12 * 36 / 60)
    assert week[:, 9].tolist() == pytest.approx([1.2] * 5 + [0, 0])
    assert week[:, 13].tolist() == pytest.approx([0.5, 0, 0, 0, 0, 0.5, 0])
    assert week[:, 14].tolist() == pytest.approx([0.1, 0, 0, 0, 0, 0.1, 0])


MISTAKEN = {
    "walk_in: {per_day: null}": "arrivals.walk_in: does not say how many come. "
    "Give exactly one of `per_day`, `booked`.",
    'walk_in: {booked: [{at: "9", number: 1}]}': "arrivals.walk_in: has both `per_day` and `booked`. "
    "Give exactly one of `per_day`, `booked`.",
    'ambulance: {per_day: null, booked: [{at: "25:00", number: 1}]}': "arrivals.ambulance.booked.0.at: '25:00' is not "
    "like '9:30'. Write a clock time like that, in quotes.",
    'ambulance: {per_day: null, booked: [{at: "9", number: 1, days: weekend}]}': "arrivals.ambulance.booked.0.days: "
    "'weekend' is not like 'mon-fri' or 'sat,sun'; days are mon, tue, wed, thu, fri, sat, sun. Write days like that.",
    'ambulance: {per_day: null, day_factor: weather, booked: [{at: "9", number: 1}]}': "arrivals.ambulance.day_factor: "
    "the patients are booked. Leave it out: bookings say who comes when.",
    'ambulance: {per_day: null, scale: 1.2, booked: [{at: "9", number: 1}]}': "arrivals.ambulance.scale: a "
    "scale of 1.2. Book more: of booked patients it is the probability that each comes.",
}


@pytest.mark.parametrize(("arrivals", "told"), MISTAKEN.items())
def test_a_source_that_is_booked_wrongly_is_told_so(small: Small, arrivals: str, told: str) -> None:
    assert faults_of(small(f"arrivals: {{{arrivals}}}")) == [told]


# --- factors that last -----------------------------------------------------------------------------------------------


def lasting(
    every: str, *, cv: float = 0.2, persistence: float = 0.5, more: str = "arrivals: [walk_in]"
) -> str:
    return f"lasting_factors: {{spell: {{every: {every}, cv: {cv}, persistence: {persistence}, {more}, {SOURCED}}}}}\n"


@pytest.mark.parametrize(("every", "per_year"), [("week", 52), ("month", 12)])
@pytest.mark.parametrize(("cv", "persistence"), [(0.03, 0.45), (0.7, 0.5)])
def test_a_lasting_factor_has_mean_one_the_stated_spread_and_the_stated_persistence(
    small: Small, every: str, per_year: int, cv: float, persistence: float
) -> None:
    pathway = small(lasting(every, cv=cv, persistence=persistence))
    n = 1500
    about = np.array([one_year(pathway, replication, per_year) for replication in range(n)]) - 1
    found = {
        "mean": (about.mean(axis=1), 0.0),
        "first period": (about[:, 0] ** 2, cv**2),
        "variance": ((about**2).mean(axis=1), cv**2),
        "lag 1": ((about[:, 1:] * about[:, :-1]).mean(axis=1), persistence * cv**2),
        "last period": (about[:, -1] ** 2, cv**2),
    }
    for what, (by_replication, expected) in found.items():
        error = by_replication.std(ddof=1) / np.sqrt(n)
        assert abs(by_replication.mean() - expected) < 5 * error, what


def one_year(pathway: Pathway, replication: int, per_year: int) -> np.ndarray:
    """One year of the factor, a number a period."""
    by_day = lasting_factors(pathway, DrawnRun(1, replication, 364))["spell"]
    starts = np.flatnonzero(np.diff(by_day, prepend=-1.0))
    assert len(starts) == per_year
    return by_day[starts]


def test_a_month_begins_where_the_model_year_says_and_a_longer_run_begins_alike(
    small: Small,
) -> None:
    pathway = small(lasting("month"))
    calendar = Calendar(start_week=3, warm_up_days=14)  # day 0 is 7 January: 23 days are left of it
    short, long = (
        lasting_factors(pathway, DrawnRun(2, 0, days, calendar))["spell"] for days in (60, 400)
    )
    assert np.array_equal(short, long[:60])
    months = calendar.months(np.arange(400))
    assert np.array_equal(np.diff(long) != 0, np.diff(months) != 0)


def test_a_shared_factor_is_the_same_in_every_replication_and_of_its_own_seed_and_name(
    small: Small,
) -> None:
    apart, shared = (
        small(lasting("month", more=f"arrivals: [walk_in], shared: {word}"))
        for word in ("false", "true")
    )
    one, other = (
        lasting_factors(apart, DrawnRun(1, replication, 364))["spell"] for replication in (0, 1)
    )
    same = [
        lasting_factors(shared, DrawnRun(1, replication, 364))["spell"] for replication in (0, 1, 7)
    ]
    assert not np.isin(one, other).any()
    assert np.array_equal(same[0], same[1])
    assert np.array_equal(same[0], same[2])
    assert not np.isin(same[0], one).any()
    assert not np.isin(same[0], lasting_factors(shared, DrawnRun(2, 0, 364))["spell"]).any()


def test_a_lasting_factor_has_a_season_and_rises_from_the_measured_window_on(small: Small) -> None:
    year = "profiles: {year: {weights: [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], " + SOURCED + "}}\n"
    still = small(
        year + lasting("month", cv=0.0, more="arrivals: [walk_in], by_month: year, rises: 0.1")
    )
    calendar = Calendar(start_week=0, warm_up_days=28)
    by_day = lasting_factors(still, DrawnRun(1, 0, 28 + 728, calendar))["spell"]
    rise = 1.1 ** ((np.arange(756) - 28) / 364)
    january = calendar.months(np.arange(756)) == 0
    np.testing.assert_allclose(by_day, rise * np.where(january, 24 / 13, 12 / 13))
    assert by_day[28] == pytest.approx(24 / 13)


def test_arrivals_in_a_lasting_spell_have_the_variance_of_a_mixed_poisson(small: Small) -> None:
    cv, n_weeks = 0.2, 400
    busy = (
        "arrivals: {walk_in: {per_day: 20, by_weekday: null, by_hour: null, thinning_bound: 4}}\n"
    )
    drawn = draw(
        small(STEADY + busy + lasting("week", cv=cv, persistence=0.0)),
        seed=9,
        replication=0,
        days=7 * n_weeks,
    )
    by_week = counts(drawn, 7 * n_weeks).reshape(n_weeks, 7).sum(axis=1)
    variance = 140 + (cv * 140) ** 2
    assert abs(by_week.mean() - 140) < 5 * np.sqrt(variance / n_weeks)
    assert abs(by_week.var(ddof=1) / variance - 1) < 5 * np.sqrt(
        2.6 / n_weeks
    )  # a lognormal's tail adds to 2


def test_minutes_are_multiplied_by_the_factor_of_the_day_of_arrival_before_they_are_cut_off(
    small: Small,
) -> None:
    more = "durations: [seeing]"
    cut = "durations: {seeing: {longest: 25}}\n"
    usual = draw(small(), seed=10, replication=3, days=70)
    varied = draw(small(lasting("week", more=more) + cut), seed=10, replication=3, days=70)
    series = lasting_factors(small(lasting("week", more=more)), DrawnRun(10, 3, 70))["spell"]
    expected = np.minimum(usual.minutes["seeing"] * series[usual.arrived_at // DAY], 25)
    assert np.array_equal(varied.minutes["seeing"], expected)
    assert np.array_equal(varied.minutes["writing"], usual.minutes["writing"])
    assert np.array_equal(varied.arrived_at, usual.arrived_at)


@pytest.mark.parametrize("word", ["lasting", "follows"])
def test_a_word_that_is_switched_off_leaves_every_column_as_it_was(
    small: Small, different: Callable[..., set[str]], word: str
) -> None:
    stated = {
        "lasting": lasting("week", more="arrivals: [walk_in], durations: [seeing], active: false"),
        "follows": following(more="active: false"),
    }
    one, other = (
        draw(small(changes), seed=11, replication=0, days=14) for changes in ("", stated[word])
    )
    assert len(one) == len(other)
    assert different(one, other) == set()


def test_the_offered_load_of_a_mean_week_knows_no_surge_and_no_factor_that_lasts(
    small: Small,
) -> None:
    surge = surging("{starts_on_day: 0, days: 9, times: 3}") + "\n"
    busy = small(surge + lasting("month", cv=0.5, more="arrivals: [walk_in], durations: [seeing]"))
    usual = small(surging())
    loads = [
        offered_load(each, draw(in_a_mean_week(each), seed=1, replication=0, days=14))
        for each in (usual, busy)
    ]
    assert np.array_equal(loads[0].work, loads[1].work)
    assert in_a_mean_week(usual) is usual


def test_the_offered_load_of_minutes_that_follow_is_that_of_the_year_and_not_of_its_quiet_months(
    small: Small,
) -> None:
    fixed, follows = small(), small(following(1))
    quiet = Profile(weights=(0.5,) * 6 + (1.5,) * 6, evidence="assumed", source="made for a test")
    loads = []
    for made in (fixed, follows):
        source = replace(made.arrivals["walk_in"], by_month="season")
        seasonal = replace(
            made,
            profiles={**made.profiles, "season": quiet},
            arrivals={**made.arrivals, "walk_in": source},
        )
        sample = draw(in_a_mean_week(seasonal), seed=1, replication=0, days=56)
        loads.append(float(offered_load(seasonal, sample).weekly().max()))
    assert loads[1] == pytest.approx(
        loads[0], rel=0.05
    )  # in January alone it would be a third to a half above


# --- minutes that follow demand --------------------------------------------------------------------------------------


def following(elasticity: float = 1.0, days: int = 2, more: str = "least: 0.5, most: 3") -> str:
    which = f"durations: [seeing], arrivals: [walk_in], elasticity: {elasticity}, days: {days}"
    return f"follows: {{staff: {{{which}, {more}, {SOURCED}}}}}\n"


def table(walk_in: list[int], ambulance: list[int]) -> pd.DataFrame:
    """So many of each source on each day, at noon."""
    rows = [
        (1440.0 * day + 720, source)
        for source, by_day in (("walk_in", walk_in), ("ambulance", ambulance))
        for day, number in enumerate(by_day)
        for _ in range(number)
    ]
    return pd.DataFrame(rows, columns=["arrived_at", "arrival_source"])


def test_minutes_follow_the_attendances_of_the_days_before_as_worked_out_by_hand(
    small: Small,
) -> None:
    # planned: 6 walk-ins and 3 ambulances a day, 9; came 9, 18, 9, 1, 4, 8
    planned = (
        "arrivals: {walk_in: {per_day: 6, by_weekday: null, scale: 1.2}, ambulance: {per_day: 3}}\n"
    )
    patients = table([6, 10, 3, 0, 1, 4], [3, 8, 6, 1, 3, 4])
    by_hand = [1, 1, 18 / 27, 18 / 27, 18 / 10, 18 / 5]
    for elasticity in (1.0, 0.5, 0.0):
        usual, followed = (
            draws_from_table(small(planned + changes), patients)
            for changes in ("", following(elasticity))
        )
        factor = np.clip(np.array(by_hand) ** elasticity, 0.5, 3)
        expected = np.where(usual.arrival_source == 0, factor[usual.arrived_at // DAY], 1)
        np.testing.assert_allclose(
            followed.minutes["seeing"], usual.minutes["seeing"] * expected, rtol=1e-12
        )
        assert np.array_equal(followed.minutes["writing"], usual.minutes["writing"])


def test_nobody_for_days_leaves_the_most_that_minutes_may_be(small: Small) -> None:
    planned = "arrivals: {walk_in: {per_day: 6, by_weekday: null}, ambulance: {per_day: 3}}\n"
    patients = table([6, 0, 0, 6], [0, 0, 0, 0])
    usual, followed = (
        draws_from_table(small(planned + changes), patients) for changes in ("", following())
    )
    on_day_3 = usual.arrived_at // DAY == 3
    np.testing.assert_allclose(
        followed.minutes["seeing"][:, on_day_3], 3 * usual.minutes["seeing"][:, on_day_3]
    )


def test_the_plan_is_that_of_the_weekdays_and_of_the_months_only_where_it_is_asked_for(
    small: Small,
) -> None:
    months = "profiles: {by_month: {weights: [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]}}\n"
    arrivals = "arrivals: {walk_in: {per_day: 600, by_month: by_month}, ambulance: {per_day: 0}}\n"
    found = {}
    for by_month in ("false", "true"):
        changes = (
            STEADY
            + months
            + arrivals
            + following(days=1, more=f"by_month: {by_month}, least: 0.1, most: 9")
        )
        usual, followed = (
            draw(small(each), seed=12, replication=0, days=28)
            for each in (months + STEADY + arrivals, changes)
        )
        ratio = followed.minutes["seeing"][0] / usual.minutes["seeing"][0]
        found[by_month] = np.array(
            [ratio[usual.arrived_at // DAY == day].mean() for day in range(1, 28)]
        )
    # twice the mean month comes in January: a plan without months sees twice its number, whatever the weekday
    # (1,200 a day: a day's ratio has a standard deviation of 3 %)
    assert np.abs(found["false"] * 2 - 1).max() < 0.2
    assert np.abs(found["true"] - 1).max() < 0.2
    np.testing.assert_allclose(found["true"], 2 * found["false"], rtol=1e-12)


def test_with_elasticity_one_the_work_of_a_week_is_as_planned_though_a_fifth_more_come(
    small: Small,
) -> None:
    n_weeks = 200
    more = "arrivals: {walk_in: {per_day: 100, scale: 1.2, by_weekday: null}, ambulance: {attends: false}}\n"
    usual, followed = (
        draw(small(STEADY + more + changes), seed=13, replication=0, days=7 * n_weeks)
        for changes in ("", following(days=28, more="most: 1.4"))
    )
    mine = (usual.arrival_source == 0) & (usual.arrived_at >= 28 * DAY)
    usual_minutes, minutes = (each.minutes["seeing"][0][mine] for each in (usual, followed))
    planned = 100 * (7 * n_weeks - 28) * usual_minutes.mean()
    # the mean of 1/x of a mean of 28 days is above 1 over its mean by the squared cv, 1 / (28 x 120); that the first 28
    # days are not those that the last ones are followed by leaves a standard error of 9 % x sqrt(28) / 1,372 days
    assert minutes.sum() / planned == pytest.approx(1 + 1 / 3360, abs=5 * 0.00035)
    assert minutes.sum() / usual_minutes.sum() == pytest.approx(1 / 1.2, abs=5 * 0.0025)


def test_demand_words_that_name_nothing_or_contradict_themselves_are_refused(
    small: Small, hold: Hold
) -> None:
    stated = (
        following(more="least: 2").replace("[seeing]", "[seing]").replace("[walk_in]", "[walk_on]")
    )
    hold(faults_of(small(stated + lasting("week", more="durations: []"))))
    hold(faults_of(small(BOOKED % TWO + lasting("month"))))
    nobody = "arrivals: {walk_in: {attends: false}, ambulance: {attends: false}}\n"
    hold(faults_of(small(nobody + following())))
