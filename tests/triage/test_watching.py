"""What a tool that watches sees and raises: counted against its stated sensitivity and rate."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.patients import Draws
from simulation.triage.apply import apply, mask_users
from simulation.triage.check_policy import check_policy
from simulation.triage.policy import Policy
from simulation.units import DAY, NEVER, TICKS_PER_MINUTE
from tests.held import Hold

Build = Callable[..., Policy]
WHY = {"evidence": "assumed", "source": "test"}
Z = 3.9
"""Two-sided normal bound with a false-alarm rate of 1 in 10,000."""


def watches(sensitivity: float, false_alarms: float, **more: Any) -> dict[str, Any]:
    return {
        "arrivals": ["walk_in", "ambulance", "referred"],
        "sensitivity": {"value": sensitivity, "range": [0, 1], **WHY},
        "false_alarms_per_hour": {"value": false_alarms, "range": [0, 100], **WHY},
        **WHY,
        **more,
    }


@pytest.fixture
def alarms(policy: Build, desk: Pathway, patients: Draws) -> Callable[..., np.ndarray]:
    def found(sensitivity: float, false_alarms: float, **more: Any) -> np.ndarray:
        made = apply(
            policy("nurse", watches=watches(sensitivity, false_alarms, **more)), desk, patients
        )
        assert made.alarms is not None
        assert np.array_equal(made.worsens, patients.worsens)  # the truth stays
        return made.alarms

    return found


def test_a_tool_that_sees_all_and_raises_nothing_sees_the_truth(
    alarms: Callable[..., np.ndarray], patients: Draws
) -> None:
    assert (patients.worsens != NEVER).any()
    assert (patients.worsens == NEVER).any()
    assert np.array_equal(alarms(1, 0), patients.worsens)


def test_a_tool_that_sees_and_raises_nothing_gives_no_alarm(
    alarms: Callable[..., np.ndarray],
) -> None:
    assert (alarms(0, 0) == NEVER).all()


def test_as_many_of_those_who_get_worse_are_seen_as_the_sensitivity_says(
    alarms: Callable[..., np.ndarray], patients: Draws
) -> None:
    worse = patients.worsens != NEVER
    seen = alarms(0.7, 0)
    n = int(worse.sum())
    assert abs((seen[worse] != NEVER).sum() - 0.7 * n) <= Z * np.sqrt(n * 0.7 * 0.3)
    assert (seen[~worse] == NEVER).all()
    assert np.array_equal(seen[seen != NEVER], patients.worsens[seen != NEVER])


def test_a_tool_that_sees_more_sees_everybody_whom_another_sees(
    alarms: Callable[..., np.ndarray],
) -> None:
    few, many = alarms(0.4, 0) != NEVER, alarms(0.7, 0) != NEVER
    assert (few & ~many).sum() == 0
    assert few.sum() < many.sum()


def test_false_alarms_come_at_the_stated_rate_and_a_lower_one_raises_them_later(
    alarms: Callable[..., np.ndarray],
) -> None:
    often, seldom = alarms(0, 0.5), alarms(0, 0.25)
    n = len(often)
    for minutes in (30, 120, 600):  # exponential: 1 - exp(-rate t)
        p = 1 - np.exp(-0.5 * minutes / 60)
        counted = (often <= minutes * TICKS_PER_MINUTE).sum()
        assert abs(counted - n * p) <= Z * np.sqrt(n * p * (1 - p))
    assert np.abs(seldom - 2 * often).max() <= 2  # ticks: the same random variates, half as fast


def test_the_first_alarm_counts_be_it_true_or_false(alarms: Callable[..., np.ndarray]) -> None:
    true, false, both = alarms(0.7, 0), alarms(0, 0.5), alarms(0.7, 0.5)
    late = np.iinfo(np.int64).max
    assert np.array_equal(both, np.minimum(np.where(true == NEVER, late, true), false))


def test_those_who_are_not_watched_have_no_alarm(
    alarms: Callable[..., np.ndarray], desk: Pathway, patients: Draws
) -> None:
    code = desk.categories("arrival_source").index("walk_in")
    found = alarms(1, 2, arrivals=["walk_in"], only={"age_band": ["oldest"]})
    mine = (patients.arrival_source == code) & (patients.attributes["age_band"] == 3)
    assert (found[~mine] == NEVER).all()
    assert (found[mine] != NEVER).all()


def test_where_a_policy_covers_a_part_the_others_are_not_watched(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    half = {"share": {"value": 0.5, "range": [0, 1], **WHY}, **WHY}
    built = policy("nurse", watches=watches(1, 2), covers=half)
    assert check_policy(built, desk) == []
    found = apply(built, desk, patients).alarms
    assert found is not None
    assert np.array_equal(found != NEVER, mask_users(built, desk, patients))
    assert np.array_equal(found != NEVER, patients.uniform("triage.coverage") < 0.5)


def test_watching_moves_no_label_and_no_minutes(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    with_tool, without = (apply(policy(name), desk, patients) for name in ("ai_watches", "nurse"))
    assert without.alarms is None
    assert np.array_equal(with_tool.attributes["acuity_given"], without.attributes["acuity_given"])
    assert all(
        np.array_equal(with_tool.minutes[name], without.minutes[name]) for name in desk.durations
    )


def test_whoever_is_watched_is_one_whom_the_tool_reached(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    assert mask_users(policy("ai_watches"), desk, patients).all()
    assert not mask_users(policy("nurse"), desk, patients).any()


@pytest.mark.parametrize(
    ("more", "where", "says"),
    [
        ({"arrivals": ["walk_inn"]}, "watches.arrivals.0", "unknown arrival source 'walk_inn'"),
        ({"arrivals": []}, "watches.arrivals", "no arrival source"),
        ({"only": {"age": ["old"]}}, "watches.only.age", "unknown attribute 'age'"),
    ],
)
def test_a_wrong_name_is_a_fault(
    more: dict[str, Any], where: str, says: str, policy: Build, desk: Pathway, hold: Hold
) -> None:
    (fault,) = check_policy(policy("nurse", watches=watches(1, 0, **more)), desk)
    assert fault.where.endswith(where)
    hold(fault.found, says)


def test_a_department_in_which_nobody_gets_worse_or_looks_cannot_use_it(
    policy: Build, desk: Pathway, hold: Hold
) -> None:
    from dataclasses import replace

    built = policy("ai_watches")
    (fault,) = check_policy(built, replace(desk, rounds=None))
    hold(fault.found)
    (fault,) = check_policy(built, replace(desk, worsening=None, rounds=None))
    assert "nobody gets worse" in fault.found


def test_watching_begins_as_the_tool_goes_live_and_grows_as_staff_take_it_up(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    # Live from day 2, for 30 % of patients; nobody is covered by anything else.
    portion = {"value": 0.3, "range": [0, 1], **WHY}
    taken_up = {"start": portion, "end": portion, "weeks": {"value": 1, "range": [1, 2], **WHY}}
    late = {"value": 2, "range": [0, 9], **WHY}
    built = policy("nurse", watches=watches(1, 2), go_live_day=late, adoption=taken_up)
    assert check_policy(built, desk) == []
    found = apply(built, desk, patients).alarms
    assert found is not None
    used = (patients.arrived_at >= 2 * DAY) & (patients.uniform("triage.adoption") < 0.3)
    assert np.array_equal(found != NEVER, used)
    assert np.array_equal(mask_users(built, desk, patients), used)
