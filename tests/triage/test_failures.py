"""What a policy gives a department besides its answer: what the nurse would have said and taken, and a worse answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.vocabulary import (
    ACUITY_BY_DEGRADED_TOOL,
    ACUITY_BY_NURSE,
    ACUITY_GIVEN,
    TOOL_CAN_FAIL,
    Pathway,
)
from simulation.errors import ConfigError
from simulation.patients import Draws, draw
from simulation.triage.apply import apply
from simulation.triage.check_policy import check_policy
from simulation.triage.policy import Policy
from tests.adapters import adapter_of
from tests.held import Hold

from .conftest import WHY

Make = Callable[..., Policy]
DOWN = {"kind": "share", "share": 0.1, "mean_down_minutes": 60, **WHY}
NEVER = {**DOWN, "share": 0}
SECONDS = {"value": 90, "range": [0, 600], **WHY}


def failing(stated_desk: dict[str, Any], outage: dict[str, Any]) -> Pathway:
    label = {"kind": "given", "like": "acuity_true", **WHY}
    attributes = {
        **stated_desk["attributes"],
        ACUITY_BY_NURSE: label,
        ACUITY_BY_DEGRADED_TOOL: label,
        TOOL_CAN_FAIL: {"kind": "given", "categories": ["no", "yes"], **WHY},
    }
    durations = {**stated_desk["durations"], "tool_late": {"kind": "fixed", "mean": 0, **WHY}}
    return adapter_of(Pathway).validate_python(
        {
            **stated_desk,
            "attributes": attributes,
            "durations": durations,
            "outages": {"triage_tool": outage},
        }
    )


@pytest.fixture(scope="module")
def fails(stated_desk: dict[str, Any]) -> Pathway:
    return failing(stated_desk, DOWN)


@pytest.fixture(scope="module")
def there(fails: Pathway) -> Draws:
    return draw(fails, seed=11, replication=0, days=3)


def column(draws: Draws, duration: str, worker: str) -> np.ndarray:
    return draws.minutes.get(f"{duration}:{worker}", draws.minutes[duration])


@pytest.mark.parametrize(
    "name", ["ai_as_claimed", "ai_hands_back", "ai_interprets", "ai_noisy", "lean_triage", "sham"]
)
def test_the_nurse_to_fall_back_on_has_the_labels_and_minutes_of_the_policy_without_its_tool(
    name: str, policy: Make, fails: Pathway, there: Draws
) -> None:
    """Burdens (an interview through an interpreter) are hers too."""
    with_tool = policy(name)
    without = replace(
        policy("nurse"),
        nurse=with_tool.nurse,
        burdens=with_tool.burdens,
        minutes=None,
        latency=None,
        ai=None,
    )
    got, alone = apply(with_tool, fails, there), apply(without, fails, there)
    assert np.array_equal(got.attributes[ACUITY_BY_NURSE], alone.attributes[ACUITY_GIVEN])
    for duration in fails.durations:
        assert np.array_equal(column(got, duration, "nurse"), alone.minutes[duration]), duration


def test_the_burdens_of_whoever_triages_reach_the_fall_back(
    policy: Make, fails: Pathway, there: Draws
) -> None:
    got = apply(policy("ai_interprets"), fails, there)
    assert np.any(got.minutes["triage_interview:nurse"] > there.minutes["triage_interview"])


@pytest.mark.parametrize(
    "name", ["ai_as_claimed", "ai_hands_back", "ai_drifts", "ai_label_switching", "ai_noisy"]
)
def test_a_degraded_answer_is_that_of_the_policy_that_has_the_degraded_matrix_from_the_start(
    name: str, policy: Make, fails: Pathway, there: Draws
) -> None:
    matrix = policy("ai_degrades").degraded
    good = policy(name)
    assert matrix is not None
    assert good.ai is not None
    got = apply(replace(good, degraded=matrix), fails, there)
    worse = apply(replace(good, ai=replace(good.ai, matrix=matrix)), fails, there)
    assert np.array_equal(
        got.attributes[ACUITY_GIVEN], apply(good, fails, there).attributes[ACUITY_GIVEN]
    )
    assert np.array_equal(got.attributes[ACUITY_BY_DEGRADED_TOOL], worse.attributes[ACUITY_GIVEN])
    for duration in fails.durations:
        assert np.array_equal(column(got, duration, "degraded_tool"), worse.minutes[duration]), (
            duration
        )


def test_without_a_degraded_matrix_a_tool_answers_as_ever(
    policy: Make, fails: Pathway, there: Draws
) -> None:
    got = apply(policy("ai_as_claimed"), fails, there)
    assert np.array_equal(got.attributes[ACUITY_BY_DEGRADED_TOOL], got.attributes[ACUITY_GIVEN])
    assert not [name for name in got.minutes if name.endswith(":degraded_tool")]


def test_the_tool_can_fail_for_whom_it_is_used_in_triage_and_for_nobody_else(
    policy: Make, fails: Pathway, there: Draws
) -> None:
    streams = {
        "ai_as_claimed": ["walk_in", "referred"],
        "ai_covers_all": ["walk_in", "ambulance", "referred"],
        "ai_documents": [],  # writes the clinician's record
        "nurse": [],
    }
    known = fails.categories("arrival_source")
    for name, used in streams.items():
        expected = np.isin(there.arrival_source, [known.index(each) for each in used])
        assert np.array_equal(
            apply(policy(name), fails, there).attributes[TOOL_CAN_FAIL], expected
        ), name


def test_where_nothing_can_fail_nobody_is_sent_the_longer_way(
    policy: Make, stated_desk: dict[str, Any], there: Draws
) -> None:
    never = failing(stated_desk, NEVER)
    assert not apply(policy("ai_covers_all"), never, there).attributes[TOOL_CAN_FAIL].any()
    slow = apply(policy("ai_slows_down"), never, there)
    assert slow.attributes[TOOL_CAN_FAIL].any()


def test_a_late_answer_is_so_much_later_for_whom_the_tool_is_used(
    policy: Make, fails: Pathway, there: Draws
) -> None:
    got = apply(
        policy("ai_slows_down", slow_under_load={"durations": ["tool_late"], "seconds": SECONDS}),
        fails,
        there,
    )
    assert np.array_equal(got.minutes["tool_late"][0], 1.5 * got.attributes[TOOL_CAN_FAIL])


def test_what_is_late_for_some_is_what_it_was_for_the_others(
    policy: Make, stated_desk: dict[str, Any], there: Draws
) -> None:
    # 90 seconds more for whom the tool is used, and as long as ever for the others.
    late = {"slow_under_load": {"durations": ["testing"], "seconds": SECONDS}}
    got = apply(policy("ai_slows_down", **late), failing(stated_desk, NEVER), there)
    used = got.attributes[TOOL_CAN_FAIL] == 1
    assert used.any()
    assert not used.all()
    assert np.array_equal(got.minutes["testing"], there.minutes["testing"] + np.where(used, 1.5, 0))


def test_what_triage_takes_at_any_time_is_not_late_under_load(
    policy: Make, fails: Pathway, hold: Hold
) -> None:
    late = {"slow_under_load": {"durations": ["tool_late", "triage_record"], "seconds": SECONDS}}
    (fault,) = check_policy(policy("ai_slows_down", **late), fails)
    assert fault.where == "triage.ai_slows_down.slow_under_load.durations"
    hold(fault.found, "triage_record, which triage")


@pytest.mark.parametrize("name", ["ai_degrades", "ai_slows_down"])
def test_a_packaged_policy_that_fails_fits_the_desk_where_a_tool_can(
    name: str, policy: Make, fails: Pathway
) -> None:
    assert policy(name).name == name
    assert check_policy(policy(name), fails) == []


def test_what_a_department_lacks_for_a_policys_failures_is_named(
    policy: Make, desk: Pathway
) -> None:
    draws = draw(desk, seed=1, replication=0, days=1)
    with pytest.raises(ConfigError, match=r"attributes\.acuity_by_degraded_tool: is missing"):
        apply(policy("ai_degrades"), desk, draws)
    with pytest.raises(
        ConfigError, match=r"(?s)attributes\.tool_can_fail: is missing|unknown duration 'tool_late'"
    ):
        apply(policy("ai_slows_down"), desk, draws)


def test_failures_without_a_tool_are_faults(
    policy: Make, fails: Pathway, there: Draws, hold: Hold
) -> None:
    late = {"durations": ["tool_late"], "seconds": SECONDS}
    with hold.refusal(ConfigError, "triage.nurse.slow_under_load"):
        apply(policy("nurse", slow_under_load=late), fails, there)
    matrix = policy("ai_degrades").degraded
    with hold.refusal(ConfigError, "triage.nurse.degraded", match="stated but there"):
        apply(replace(policy("nurse"), degraded=matrix), fails, there)


@pytest.mark.parametrize(
    ("name", "refused"), [("ai_covers_all", True), ("lean_triage", False), ("nurse", False)]
)
@pytest.mark.parametrize("outage", [DOWN, NEVER])
def test_a_tool_that_can_be_down_is_refused_where_admission_leans_on_its_label(
    name: str, refused: bool, outage: dict[str, Any], policy: Make, stated_desk: dict[str, Any]
) -> None:
    """The route takes back the label as the tool fails, and could not take back whom it made to be admitted."""
    chances = {
        "immediate": 0.9,
        "very_urgent": 0.6,
        "urgent": 0.4,
        "standard": 0.1,
        "non_urgent": 0.1,
    }
    admitted = {
        "kind": "chance",
        "label_weight": 0.5,
        "p": {"base": 1, "times": [{"by": "acuity_true"}]},
        **WHY,
    }
    admitted["p"]["times"][0]["values"] = chances
    leans = failing(
        {**stated_desk, "attributes": {**stated_desk["attributes"], "admitted": admitted}}, outage
    )
    faults = check_policy(policy(name), leans)
    assert [each.where for each in faults] == (
        [f"triage.{name}.ai"] if refused and outage is DOWN else []
    )
    assert all(
        "admitted lean on, and can fail (outages.triage_tool)" in each.found for each in faults
    )


@pytest.mark.parametrize(("degrades", "refused"), [(True, True), (False, False)])
def test_actions_are_refused_beside_answers_that_can_be_worse_if_the_tool_has_any(
    degrades: bool, refused: bool, policy: Make, fails: Pathway
) -> None:
    """What is set off goes by the good label; the route would give the patient the worse one."""
    actions = policy("ai_requests_beds").actions
    never = replace(fails.outages["triage_tool"], share=0)
    worse = replace(
        fails, outages={"triage_tool": never, "triage_tool_degraded": fails.outages["triage_tool"]}
    )
    told = replace(policy("ai_degrades"), actions=actions)
    faults = check_policy(told if degrades else replace(told, degraded=None), worse)
    assert [each.where for each in faults] == (["triage.ai_degrades.actions"] if refused else [])
