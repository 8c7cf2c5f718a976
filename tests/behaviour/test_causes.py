"""What makes patients wait: places (`site=typical_places`) and pace (`site=typical_pace`), on a week of each."""

from dataclasses import fields

import numpy as np
import pytest

from simulation.config import load
from simulation.engine.choose import EngineName
from simulation.measures.occupancy import capacity_steps, holdings
from simulation.records.schema import Ints
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.study import RunLength
from simulation.units import NEVER, to_minutes

SHORT = RunLength(warm_up_days=0, measured_days=3, cool_down_days=0, replications=1, seed=9)
RUN = RunLength(warm_up_days=7, measured_days=7, cool_down_days=2, replications=1, seed=3)


def week(*overrides: str) -> Simulated:
    """Two weeks and two days of the baseline of a department."""
    return simulate_arm(
        load("ensemble=none", "triage=nurse", *overrides).alone,
        RUN,
        "compiled",
        0,
        cool_down_days=2,
    )


@pytest.fixture(scope="module")
def pace() -> Simulated:
    return week("site=typical_pace")


@pytest.fixture(scope="module")
def places() -> Simulated:
    return week("site=typical_places")


def in_use(simulated: Simulated, pool: str, at: Ints) -> Ints:
    """How many units of a pool are held just after each of these ticks."""
    held = holdings(simulated.plan, simulated.activities)
    of_pool = held.pool == held.pools.index(pool)
    taken, given = np.sort(held.taken[of_pool]), np.sort(held.given_back[of_pool])
    given = given[given != NEVER]
    return np.searchsorted(taken, at, "right") - np.searchsorted(given, at, "right")


def test_a_doctor_takes_on_nobody_while_as_many_are_in_hand_as_there_may_be(
    pace: Simulated,
) -> None:
    table, plan = pace.run.activities, pace.plan
    started = table.started_at[
        (table.step == plan.row("majors_contact")) & (table.started_at != NEVER)
    ]
    ticks = np.sort(started)
    minutes, units = capacity_steps(
        plan,
        "patients_of_doctors",
        until=float(to_minutes(ticks).max()) + 1,
        changes=pace.run.changes,
    )
    may_be = units[np.searchsorted(minutes, to_minutes(ticks), "right") - 1]
    assert len(ticks) > 1500
    assert (in_use(pace, "patients_of_doctors", ticks) <= may_be).all()
    assert len(np.unique(may_be)) > 3  # by the hour, and by how many wait


def test_patients_are_in_hand_until_care_is_over_and_the_immediate_beyond_it(
    pace: Simulated,
) -> None:
    held, plan = holdings(pace.plan, pace.activities), pace.plan
    table = pace.run.activities
    over = table.step == plan.row("care_over")
    ends = set(zip(table.patient[over].tolist(), table.started_at[over].tolist(), strict=True))
    of_pool = (held.pool == held.pools.index("patients_of_doctors")) & (held.given_back != NEVER)
    given = zip(held.patient[of_pool].tolist(), held.given_back[of_pool].tolist(), strict=True)
    assert of_pool.sum() > 1500
    assert all(one in ends for one in given)
    beyond = held.pool == held.pools.index("patients_beyond")
    immediate = set(table.patient[table.step == plan.row("resus_contact")].tolist())
    assert set(held.patient[beyond].tolist()) <= immediate


def test_the_crew_goes_once_there_is_a_bay_and_not_before_the_assessment(places: Simulated) -> None:
    table, plan = places.run.activities, places.plan
    ended = {
        name: dict(
            zip(
                table.patient[table.step == plan.row(name)].tolist(),
                table.ended_at[table.step == plan.row(name)].tolist(),
                strict=True,
            )
        )
        for name in ("crew_comes_in", "ambulance_assessment", "unloading_assessed")
    }
    handed_over = {one: at for one, at in ended["unloading_assessed"].items() if at != NEVER}
    assert len(handed_over) > 500
    assert all(
        ended["crew_comes_in"][one] <= ended["ambulance_assessment"][one] <= at
        for one, at in handed_over.items()
    )
    assert not (table.step == plan.row("unloading")).any()


@pytest.mark.parametrize(
    "words",
    [
        ("triage=nurse_orders_tests", "site=typical_pace"),
        (
            "triage=nurse",
            "site=typical_pace",
            "pathway=between_contacts_children_shared",
            "staffing=three_nurses",
        ),
        ("triage=nurse", "site=typical_places", "pathway=between_contacts_shared_front_door"),
        ("triage=nurse", "site=typical_mixture", "scenario=strike"),
    ],
)
def test_both_engines_do_the_same_whatever_makes_patients_wait(words: tuple[str, ...]) -> None:
    arm = load(*words).alone
    engines: tuple[EngineName, ...] = ("reference", "compiled")
    runs = [simulate_arm(arm, SHORT, engine, 0, cool_down_days=0).run for engine in engines]
    for table in ("activities", "changes"):
        one, other = (getattr(run, table) for run in runs)
        assert len(one.at if table == "changes" else one.patient) > 10
        for column in fields(one):
            assert np.array_equal(getattr(one, column.name), getattr(other, column.name))
