"""Whom a tool meets, how people use it and when it fails: each lever against a share or a label worked out by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from simulation.config import load
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError
from simulation.patients import Calendar, Draws, draw
from simulation.triage.apply import apply, mask_users
from simulation.triage.check_policy import check_policy
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.labels import DAYS_A_MONTH, labels_of
from simulation.triage.matrix import Estimate, probabilities
from simulation.triage.people import Added
from simulation.triage.policy import Policy, lengthen_minutes
from simulation.units import DAY
from tests.held import Hold

Build = Callable[..., Policy]
Stated = Callable[..., dict[str, Any]]
LEVELS = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")
KTAS_MIX = (26, 220, 487, 459, 75)
EVERYBODY = ("walk_in", "ambulance", "referred")
WHY = {"evidence": "measured", "source": "test"}
Z = 4.9
"""Two-sided normal bound: about one false alarm in a million for each share that is looked at."""


def estimate(value: float) -> dict[str, Any]:
    return {"value": value, **WHY}


def covers(**more: Any) -> dict[str, Any]:
    return {"labels": list(EVERYBODY), **more, **WHY}


def given(policy: Policy, desk: Pathway, patients: Draws) -> np.ndarray:
    return apply(policy, desk, patients).attributes["acuity_given"]


def assert_share(yes: np.ndarray, p: float) -> None:
    assert abs(float(yes.mean()) - p) <= Z * np.sqrt(p * (1 - p) / len(yes)) + 1 / len(yes), (
        yes.mean(),
        p,
        len(yes),
    )


def assert_same(one: Draws, other: Draws) -> None:
    """Bit for bit: every label and every minute."""
    for name, codes in one.attributes.items():
        np.testing.assert_array_equal(codes, other.attributes[name], err_msg=name)
    for name, minutes in one.minutes.items():
        np.testing.assert_array_equal(minutes, other.minutes[name], err_msg=name)


@pytest.fixture(scope="session")
def true(patients: Draws) -> np.ndarray:
    return patients.attributes["acuity_true"]


@pytest.fixture(scope="session")
def nurse(policy: Build, desk: Pathway, patients: Draws) -> np.ndarray:
    return given(policy("nurse"), desk, patients)


@pytest.fixture(scope="session")
def answer(policy: Build, desk: Pathway, patients: Draws) -> np.ndarray:
    """What the language model that errs up says of everybody."""
    return given(policy("ai_label_measured_over"), desk, patients)


# --- nothing at all --------------------------------------------------------------------------------------------------


def everything(stated: Stated) -> dict[str, Any]:
    """Every lever at once, each far from doing nothing."""
    added = {"durations": ["triage_interview"], "seconds": estimate(30)}
    return {
        "noise": estimate(0.4),
        "drift": {"towards": stated("ai_drifts")["drift"]["towards"], "months": estimate(0.1)},
        "abstains": {"labels": ["immediate"], "beyond": estimate(1), "hand_back": added, **WHY},
        "latency": added,
        "adoption": {"start": estimate(0.5), "end": estimate(1), "weeks": estimate(1)},
        "minutes": [{"durations": ["triage_record"], "factor": estimate(0.5)}],
    }


def test_a_tool_that_covers_nobody_is_nurse_triage_whatever_else_it_does(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    nobody = covers(minutes=list(EVERYBODY), share=estimate(0))
    off = policy("ai_label_measured_over", **{**everything(stated), "covers": nobody})
    assert_same(apply(off, desk, patients), apply(policy("nurse"), desk, patients))
    assert not mask_users(off, desk, patients).any()
    on = policy(
        "ai_label_measured_over",
        **{**everything(stated), "covers": covers(minutes=list(EVERYBODY))},
    )
    assert np.any(given(on, desk, patients) != given(policy("nurse"), desk, patients))


def test_levers_that_do_nothing_leave_what_the_ai_does_bit_for_bit(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    plain = policy("ai_label_measured_over")
    added = {"durations": ["triage_interview"], "seconds": estimate(0)}
    never = {"shares": {"urgent": estimate(0)}, "hand_back": added, **WHY}
    idle = policy(
        "ai_label_measured_over",
        covers=covers(share=estimate(1), only={"sex": ["female", "male"]}),
        adoption={"start": estimate(1), "end": estimate(1), "weeks": estimate(3)},
        noise=estimate(0),
        drift={
            "towards": stated("ai_label_measured_over")["ai"]["matrix"],
            "months": estimate(0.1),
        },
        abstains=never,
        latency=added,
    )
    assert_same(apply(idle, desk, patients), apply(plain, desk, patients))


@pytest.mark.parametrize(
    "role", [{"role": "replaces"}, {"role": "advises", "acceptance": estimate(0.5)}]
)
def test_an_ai_with_the_nurses_matrix_minutes_and_variates_is_nurse_triage(
    role: dict[str, Any], policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    nurse = stated("nurse")["nurse"]
    twin = policy(
        "nurse", ai={**nurse, "name": "twin", "same_draw_as": "nurse"}, covers=covers(), **role
    )
    assert_same(apply(twin, desk, patients), apply(policy("nurse"), desk, patients))
    assert mask_users(twin, desk, patients).all()
    own_variates = policy("nurse", ai={**nurse, "name": "twin"}, covers=covers(), **role)
    assert np.any(given(own_variates, desk, patients) != given(policy("nurse"), desk, patients))


# --- coverage --------------------------------------------------------------------------------------------------------


def test_a_share_of_patients_is_covered_and_those_of_a_smaller_share_are_among_them(
    policy: Build, desk: Pathway, patients: Draws, nurse: np.ndarray, answer: np.ndarray
) -> None:
    some, more = (
        policy("ai_label_measured_over", covers=covers(share=estimate(p))) for p in (0.3, 0.5)
    )
    reached_some, reached_more = (mask_users(each, desk, patients) for each in (some, more))
    assert_share(reached_some, 0.3)
    assert_share(reached_more, 0.5)
    assert not np.any(reached_some & ~reached_more)
    np.testing.assert_array_equal(
        given(some, desk, patients), np.where(reached_some, answer, nurse)
    )


def test_an_attribute_keeps_those_it_names(policy: Build, desk: Pathway, patients: Draws) -> None:
    only = policy(
        "ai_label_measured_over",
        covers=covers(only={"sex": ["female"], "arrival_source": ["walk_in", "referred"]}),
    )
    code = desk.categories("arrival_source").index
    expected = (patients.attributes["sex"] == 0) & np.isin(
        patients.arrival_source, [code("walk_in"), code("referred")]
    )
    np.testing.assert_array_equal(mask_users(only, desk, patients), expected)


def test_coverage_by_label_is_by_the_nurses_own(
    policy: Build, desk: Pathway, patients: Draws, nurse: np.ndarray, answer: np.ndarray
) -> None:
    low = policy(
        "ai_label_measured_over", covers=covers(only={"acuity_given": ["standard", "non_urgent"]})
    )
    np.testing.assert_array_equal(mask_users(low, desk, patients), nurse >= 3)
    np.testing.assert_array_equal(given(low, desk, patients), np.where(nurse >= 3, answer, nurse))


def test_the_excluded_are_the_stated_share_of_each_category(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    excluded = {"by": "sex", "shares": {"female": estimate(0.1), "male": estimate(0.6)}}
    found = mask_users(
        policy("ai_label_measured_over", covers=covers(excluded=excluded)), desk, patients
    )
    female = patients.attributes["sex"] == 0
    assert_share(found[female], 0.9)
    assert_share(found[~female], 0.4)


def test_exclusion_and_share_are_different_coins(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    excluded = {"by": "sex", "shares": {"female": estimate(0.5), "male": estimate(0.5)}}
    both = policy("ai_label_measured_over", covers=covers(excluded=excluded, share=estimate(0.5)))
    assert_share(mask_users(both, desk, patients), 0.25)


# --- acceptance ------------------------------------------------------------------------------------------------------


def switching(right: float, wrong: float, both: float) -> dict[str, Any]:
    return {
        "acceptance": None,
        "switching": {
            "wrong_to_right": estimate(right),
            "right_to_wrong": estimate(wrong),
            "wrong_to_wrong": estimate(both),
        },
    }


def test_switching_equally_often_is_one_acceptance(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    one = policy("ai_label_advises", acceptance=estimate(0.3))
    same = policy("ai_label_advises", **switching(0.3, 0.3, 0.3))
    assert_same(apply(one, desk, patients), apply(same, desk, patients))
    for figure, value in label_accuracy(one, KTAS_MIX).items():
        assert label_accuracy(same, KTAS_MIX)[figure] == pytest.approx(value, abs=1e-9), figure


def test_a_nurse_who_follows_only_good_advice_is_right_where_either_is(
    policy: Build,
    desk: Pathway,
    patients: Draws,
    true: np.ndarray,
    nurse: np.ndarray,
    answer: np.ndarray,
) -> None:
    wise = given(policy("ai_label_advises", **switching(1, 0, 0)), desk, patients)
    np.testing.assert_array_equal(wise, np.where(answer == true, true, nurse))


def test_a_nurse_who_follows_only_bad_advice_is_right_where_both_are(
    policy: Build,
    desk: Pathway,
    patients: Draws,
    true: np.ndarray,
    nurse: np.ndarray,
    answer: np.ndarray,
) -> None:
    fooled = given(policy("ai_label_advises", **switching(0, 1, 0)), desk, patients)
    np.testing.assert_array_equal(fooled, np.where(nurse == true, answer, nurse))


def test_each_kind_of_switch_happens_as_often_as_stated(
    policy: Build,
    desk: Pathway,
    patients: Draws,
    true: np.ndarray,
    nurse: np.ndarray,
    answer: np.ndarray,
) -> None:
    labels = given(policy("ai_label_advises", **switching(0.6, 0.2, 0.35)), desk, patients)
    differ = nurse != answer
    for whose, p in (
        (differ & (answer == true), 0.6),
        (differ & (nurse == true), 0.2),
        (differ & (nurse != true) & (answer != true), 0.35),
    ):
        assert whose.sum() > 300
        assert_share(labels[whose] == answer[whose], p)
    np.testing.assert_array_equal(labels[~differ], nurse[~differ])


def test_the_share_of_right_labels_under_switching_is_that_of_two_independent_coins(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws, true: np.ndarray
) -> None:
    # Nurse right in a, AI in b, independent (correlation 0), all errors two levels apart or one, whatever: right are
    # a b + a (1 - b) (1 - right_to_wrong) + (1 - a) b wrong_to_right, since wrong_to_wrong makes nobody right.
    a, b, right, wrong = 0.7, 0.8, 0.5, 0.25

    def assessor(name: str, exact: float) -> dict[str, Any]:
        shares = np.full((5, 5), (1 - exact) / 4) + np.eye(5) * (exact - (1 - exact) / 4)
        return {
            "name": name,
            "correlation": estimate(0),
            "matrix": {"shares": shares.tolist(), **WHY},
        }

    built = policy(
        "ai_label_advises",
        nurse=assessor("nurse", a),
        ai=assessor("ai", b),
        **switching(right, wrong, 0.9),
    )
    expected = a * b + a * (1 - b) * (1 - wrong) + (1 - a) * b * right
    assert label_accuracy(built, [1] * 5)["exact_share"] == pytest.approx(expected, abs=1e-9)
    assert_share(given(built, desk, patients) == true, expected)


@pytest.mark.parametrize("name", ["ai_label_switching", "ai_hands_back"])
def test_what_describe_says_of_correlated_assessors_is_what_patients_get(
    name: str, policy: Build, desk: Pathway, patients: Draws, true: np.ndarray
) -> None:
    built = policy(name)
    labels = given(built, desk, patients)
    found = label_accuracy(built, np.bincount(true, minlength=5).tolist(), levels=LEVELS)
    assert_share(labels == true, found["exact_share"])
    assert_share(labels > true, found["under_share"])
    for level, share in enumerate(found["label_mix"]):
        assert_share(labels == level, share)


# --- abstention ------------------------------------------------------------------------------------------------------


def abstains(**how: Any) -> dict[str, Any]:
    return {"abstains": {**how, **WHY}}


@pytest.mark.parametrize("threshold", [0.5, 1.645, 2.5])
def test_the_hardest_are_handed_back_as_often_as_the_normal_distribution_says(
    threshold: float,
    policy: Build,
    desk: Pathway,
    patients: Draws,
    nurse: np.ndarray,
    answer: np.ndarray,
) -> None:
    built = policy("ai_label_measured_over", **abstains(beyond=estimate(threshold)))
    hard = np.abs(patients.normal("triage.difficulty")) > threshold
    assert_share(hard, 2 * float(ndtr(-threshold)))
    np.testing.assert_array_equal(given(built, desk, patients), np.where(hard, nurse, answer))


def test_an_ai_that_abstains_on_everybody_is_nurse_triage_but_for_the_minutes_spent_first(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    hand_back = {"durations": ["triage_interview"], "seconds": estimate(90)}
    effect = {"durations": ["triage_interview", "triage_record"], "factor": estimate(0.5)}
    built = policy(
        "ai_label_measured_over",
        **abstains(beyond=estimate(0), hand_back=hand_back),
        minutes=effect,
        covers=covers(minutes=list(EVERYBODY)),
        latency={"durations": ["triage_interview"], "seconds": estimate(6)},
    )
    after, before = apply(built, desk, patients), apply(policy("nurse"), desk, patients)
    np.testing.assert_array_equal(
        after.attributes["acuity_given"], before.attributes["acuity_given"]
    )
    np.testing.assert_array_equal(after.minutes["triage_record"], before.minutes["triage_record"])
    spent = after.minutes["triage_interview"] - before.minutes["triage_interview"]
    np.testing.assert_allclose(spent, 96 / 60, rtol=1e-9)


def test_the_patients_it_answers_keep_the_saving_and_those_handed_back_pay_twice(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    hand_back = {"durations": ["triage_interview"], "seconds": estimate(60)}
    record = {
        "durations": ["triage_record"],
        "factor": estimate(0.25),
        "kept_when_handed_back": True,
    }
    built = policy(
        "ai_label_measured_over",
        **abstains(beyond=estimate(1), hand_back=hand_back),
        minutes=[{"durations": ["triage_interview"], "factor": estimate(0.5)}, record],
        covers=covers(minutes=list(EVERYBODY)),
    )
    hard = np.abs(patients.normal("triage.difficulty")) > 1
    after, before = (
        each.minutes["triage_interview"][0] for each in (apply(built, desk, patients), patients)
    )
    np.testing.assert_allclose(after, np.where(hard, before + 1, before * 0.5), rtol=1e-12)
    record_after = apply(built, desk, patients).minutes["triage_record"]
    np.testing.assert_allclose(record_after, 0.25 * patients.minutes["triage_record"], rtol=1e-12)


def test_labels_that_the_ai_declines_are_the_nurses(
    policy: Build, desk: Pathway, patients: Draws, nurse: np.ndarray, answer: np.ndarray
) -> None:
    built = policy("ai_label_measured_over", **abstains(labels=["immediate", "non_urgent"]))
    declined = (answer == 0) | (answer == 4)
    np.testing.assert_array_equal(given(built, desk, patients), np.where(declined, nurse, answer))


def test_advice_is_taken_only_where_the_ai_is_asked_and_answers(
    policy: Build, desk: Pathway, patients: Draws, nurse: np.ndarray, answer: np.ndarray
) -> None:
    ambulance = {**covers(), "labels": ["ambulance"]}
    built = policy(
        "ai_label_advises",
        acceptance=estimate(1),
        covers=ambulance,
        **abstains(labels=["immediate"]),
    )
    asked = patients.arrival_source == desk.categories("arrival_source").index("ambulance")
    np.testing.assert_array_equal(
        given(built, desk, patients), np.where(asked & (answer != 0), answer, nurse)
    )


def test_answers_fail_as_often_as_stated_by_true_level(
    policy: Build, desk: Pathway, patients: Draws, true: np.ndarray
) -> None:
    hand_back = {"durations": ["triage_interview"], "seconds": estimate(60)}
    shares = {"immediate": estimate(0.5), "urgent": estimate(0.2)}
    built = policy("ai_label_measured_over", **abstains(shares=shares, hand_back=hand_back))
    back = (
        apply(built, desk, patients).minutes["triage_interview"]
        != patients.minutes["triage_interview"]
    )[0]
    for level, p in enumerate((0.5, 0.0, 0.2, 0.0, 0.0)):
        assert_share(back[true == level], p)


# --- adoption, drift, noise, latency ---------------------------------------------------------------------------------


def test_adoption_grows_in_a_straight_line_by_the_day_of_arrival(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    # From 20 % on day 1 to 90 % a week later: 20, 30, ... 90 % and no more; nobody on day 0.
    built = policy(
        "ai_label_measured_over",
        go_live_day=estimate(1),
        adoption={"start": estimate(0.2), "end": estimate(0.9), "weeks": estimate(1)},
    )
    found, day = mask_users(built, desk, patients), patients.arrived_at // DAY
    for number, p in enumerate((0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.9)):
        assert_share(found[day == number], p)


def test_who_takes_a_tool_up_early_uses_it_later_too(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    early, late = (
        mask_users(
            policy(
                "ai_label_measured_over",
                adoption={"start": estimate(p), "end": estimate(p), "weeks": estimate(1)},
            ),
            desk,
            patients,
        )
        for p in (0.3, 0.7)
    )
    assert_share(early, 0.3)
    assert not np.any(early & ~late)


def test_before_it_goes_live_a_tool_does_nothing(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    later = policy("ai_as_claimed", go_live_day=estimate(4))
    after, plain, before = (
        apply(each, desk, patients) for each in (later, policy("ai_as_claimed"), policy("nurse"))
    )
    first = int(np.searchsorted(patients.arrived_at, 4 * DAY))
    for name in ("triage_interview", "triage_record"):
        np.testing.assert_array_equal(
            after.minutes[name][:, :first], before.minutes[name][:, :first]
        )
        np.testing.assert_array_equal(
            after.minutes[name][:, first:], plain.minutes[name][:, first:]
        )
    labels = [each.attributes["acuity_given"] for each in (after, plain, before)]
    np.testing.assert_array_equal(labels[0], np.concatenate([labels[2][:first], labels[1][first:]]))


def test_a_tool_is_on_in_its_live_days_alone_counted_from_the_first_measured_day(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    warmed = replace(patients, calendar=Calendar(start_week=20, warm_up_days=7))
    day = patients.arrived_at // DAY
    switched, plain = (
        mask_users(policy("ai_label_measured_over", **keys), desk, warmed)
        for keys in ({"live_days": [[0, 0], [2, 9]]}, {})
    )
    np.testing.assert_array_equal(switched, plain & np.isin(day, (7, *range(9, 17))))
    assert switched.any()


def test_go_live_and_adoption_count_from_the_first_measured_day(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    """After a week of warm-up day 0 of the calendar is the eighth simulated one."""
    warmed = replace(patients, calendar=Calendar(start_week=20, warm_up_days=7))
    built = policy(
        "ai_label_measured_over",
        go_live_day=estimate(1),
        adoption={"start": estimate(0.2), "end": estimate(0.9), "weeks": estimate(1)},
    )
    found, day = mask_users(built, desk, warmed), patients.arrived_at // DAY
    assert not np.any(found[day < 8])
    for number, p in ((8, 0.2), (9, 0.3)):
        assert_share(found[day == number], p)


def test_without_a_go_live_day_a_tool_is_used_in_the_warm_up_as_on_the_first_measured_day(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    warmed = replace(patients, calendar=Calendar(warm_up_days=7))
    adoption = {"start": estimate(0.2), "end": estimate(0.9), "weeks": estimate(1)}
    found, day = (
        mask_users(policy("ai_label_measured_over", adoption=adoption), desk, warmed),
        patients.arrived_at // DAY,
    )
    assert_share(found[day < 7], 0.2)
    for number, p in ((7, 0.2), (8, 0.3), (9, 0.4)):
        assert_share(found[day == number], p)


def test_an_assessor_does_not_drift_in_the_warm_up(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws, answer: np.ndarray
) -> None:
    warmed = replace(patients, calendar=Calendar(warm_up_days=7))
    drift = {
        "towards": stated("ai_drifts")["drift"]["towards"],
        "months": estimate(5 / DAYS_A_MONTH),
    }
    labels, day = (
        given(policy("ai_label_measured_over", drift=drift), desk, warmed),
        patients.arrived_at // DAY,
    )
    np.testing.assert_array_equal(labels[day <= 7], answer[day <= 7])
    assert np.any(labels[day > 7] != answer[day > 7])


def test_a_drifting_matrix_is_the_weighted_mean_of_the_two_on_every_day(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws, true: np.ndarray
) -> None:
    # Gone after five days: on day d the weight is d / 5, and 1 from then on.
    towards = stated("ai_drifts")["drift"]["towards"]
    built = policy(
        "ai_label_measured_over", drift={"towards": towards, "months": estimate(5 / DAYS_A_MONTH)}
    )
    assert built.ai is not None
    assert built.drift is not None
    start, end = probabilities(built.ai.matrix), probabilities(built.drift.towards)
    labels, day = given(built, desk, patients), patients.arrived_at // DAY
    for number in range(10):
        weight = min(number / 5, 1)
        for level in range(5):
            mine = labels[(day == number) & (true == level)]
            for label, p in enumerate((1 - weight) * start[level] + weight * end[level]):
                assert_share(mine == label, p)


def test_a_drift_is_nothing_at_go_live_and_the_other_matrix_when_it_is_over(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws, answer: np.ndarray
) -> None:
    drifted = stated("ai_drifts")["drift"]["towards"]
    built = policy(
        "ai_label_measured_over", drift={"towards": drifted, "months": estimate(5 / DAYS_A_MONTH)}
    )
    ai = stated("ai_label_measured_over")["ai"]
    worse = given(policy("ai_label_measured_over", ai={**ai, "matrix": drifted}), desk, patients)
    labels, day = given(built, desk, patients), patients.arrived_at // DAY
    np.testing.assert_array_equal(labels[day == 0], answer[day == 0])
    np.testing.assert_array_equal(labels[day >= 5], worse[day >= 5])
    assert np.any(worse[day == 0] != answer[day == 0])


def test_a_group_drifts_towards_its_own_table(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    ai = stated("ai_label_measured_over")["ai"]
    perfect, upside_down = ({"shares": m.tolist(), **WHY} for m in (np.eye(5), np.eye(5)[::-1]))
    ai["matrix"]["by_group"] = {"sex": {"female": perfect}}
    towards = {
        **stated("ai_drifts")["drift"]["towards"],
        "by_group": {"sex": {"female": upside_down}},
    }
    built = policy(
        "ai_label_measured_over",
        ai=ai,
        drift={"towards": towards, "months": estimate(1 / DAYS_A_MONTH)},
    )
    true, late = patients.attributes["acuity_true"], (patients.arrived_at // DAY >= 1)
    female, labels = patients.attributes["sex"] == 0, given(built, desk, patients)
    np.testing.assert_array_equal(labels[female & ~late], true[female & ~late])
    np.testing.assert_array_equal(labels[female & late], 4 - true[female & late])


def test_a_noisy_answer_repeats_itself_as_often_as_two_draws_of_one_row_agree(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws, true: np.ndarray
) -> None:
    # Without correlation a fresh answer agrees with the first in the sum of the squares of the row.
    p = 0.4
    ai = {**stated("ai_label_measured_over")["ai"], "correlation": estimate(0)}
    plain, noisy = (
        policy("ai_label_measured_over", ai=ai, **more) for more in ({}, {"noise": estimate(p)})
    )
    first, second = (given(each, desk, patients) for each in (plain, noisy))
    assert plain.ai is not None
    for level, row in enumerate(probabilities(plain.ai.matrix)):
        mine = true == level
        assert_share(first[mine] == second[mine], 1 - p + p * float((row**2).sum()))
        for label, share in enumerate(row):
            assert_share(second[mine] == label, share)


def test_noise_leaves_the_patients_difficulty_in_the_answer(
    policy: Build, desk: Pathway, patients: Draws, true: np.ndarray, answer: np.ndarray
) -> None:
    always = given(policy("ai_label_measured_over", noise=estimate(1)), desk, patients)
    hard_to_see = patients.normal("triage.difficulty") > 1.5
    for labels in (always, answer):
        assert np.mean(labels[hard_to_see] > true[hard_to_see]) > 2 * np.mean(labels > true)


def test_the_nurse_waits_the_stated_seconds_for_each_answer_and_for_nobody_else(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    stated = {"durations": ["triage_interview"], "seconds": estimate(12)}
    built = policy(
        "ai_label_measured_over", latency=stated, covers={**covers(), "labels": ["walk_in"]}
    )
    added = (
        apply(built, desk, patients).minutes["triage_interview"]
        - patients.minutes["triage_interview"]
    )
    walk_in = patients.arrival_source == desk.categories("arrival_source").index("walk_in")
    np.testing.assert_allclose(added[0], np.where(walk_in, 0.2, 0), atol=1e-12)


# --- minutes ---------------------------------------------------------------------------------------------------------


def test_nothing_is_added_to_a_step_that_a_patient_does_not_come_to() -> None:
    added = Added(durations=("testing",), seconds=Estimate(**estimate(30)))
    minutes = {"testing": np.array([[0.0, 3.0, 3.0]])}
    assert lengthen_minutes(added, minutes, np.array([True, True, False]))["testing"].tolist() == [
        [0.0, 3.5, 3.0]
    ]


def test_a_list_of_one_effect_is_that_effect(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    one = policy("ai_as_claimed")
    listed = policy("ai_as_claimed", minutes=[stated("ai_as_claimed")["minutes"]])
    assert_same(apply(one, desk, patients), apply(listed, desk, patients))


def test_effects_follow_one_another_each_for_whom_it_covers(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    for_men = {"arrivals": ["walk_in", "ambulance"], "only": {"sex": ["male"]}, **WHY}
    effects = [
        {"durations": ["triage_interview"], "factor": estimate(0.5)},
        {"durations": ["triage_interview"], "factor": estimate(0.4), "covers": for_men},
        {
            "durations": ["testing"],
            "seconds_saved": estimate(-30),
            "never_below": estimate(0),
            "covers": for_men,
        },
    ]
    after = apply(policy("lean_triage", minutes=effects, readings={}, reading=None), desk, patients)
    walk_in, ambulance, referred = (
        patients.arrival_source == desk.categories("arrival_source").index(name)
        for name in EVERYBODY
    )
    men = (patients.attributes["sex"] == 1) & (walk_in | ambulance)
    expected = np.where(walk_in | referred, 0.5, 1) * np.where(men, 0.4, 1)
    before = patients.minutes["triage_interview"][0]
    np.testing.assert_allclose(after.minutes["triage_interview"][0], expected * before, rtol=1e-12)
    np.testing.assert_allclose(
        after.minutes["testing"], patients.minutes["testing"] + np.where(men, 0.5, 0), rtol=1e-12
    )


def test_a_burden_is_the_nurses_too_and_a_tool_takes_off_a_part(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    men = {"only": {"sex": ["male"]}, **WHY}
    burdens = [{"durations": ["triage_interview"], "factor": estimate(1.5), "covers": men}]
    tool = [{"durations": ["triage_interview"], "factor": estimate(0.8), "covers": men}]
    alone = apply(policy("nurse", burdens=burdens), desk, patients).minutes["triage_interview"][0]
    lean = policy("lean_triage", burdens=burdens, minutes=tool, readings={}, reading=None)
    helped = apply(lean, desk, patients).minutes["triage_interview"][0]
    before, male = patients.minutes["triage_interview"][0], patients.attributes["sex"] == 1
    at_desk = patients.arrival_source != desk.categories("arrival_source").index("ambulance")
    np.testing.assert_allclose(alone, before * np.where(male, 1.5, 1), rtol=1e-12)
    np.testing.assert_allclose(helped, alone * np.where(male & at_desk, 0.8, 1), rtol=1e-12)


def test_the_sham_is_as_often_wrong_as_whichever_nurse_in_every_group(stated: Stated) -> None:
    sham = stated("sham", "language")
    assert sham["nurse"] == stated("nurse", "language")["nurse"]
    assert sham["ai"]["matrix"] == sham["nurse"]["matrix"]
    assert "by_group" in sham["nurse"]["matrix"]
    assert "minutes" not in sham


def test_the_two_arms_of_partial_and_full_coverage_differ_in_the_share_alone(
    stated: Stated,
) -> None:
    half, full = stated("ai_covers_half"), stated("ai_covers_all")
    for each in (half, full):
        each.pop("name")
        each["covers"].pop("share")
    assert half == full


# --- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("sham", {"covers": covers(only={"sexx": ["male"]})}, "Did you mean 'sex'?"),
        ("sham", {"covers": covers(only={"sex": ["mal"]})}, "Did you mean 'male'?"),
        ("sham", {"covers": covers(only={"sex": []})}, "names no category"),
        (
            "sham",
            {"covers": covers(excluded={"by": "age", "shares": {}})},
            "unknown attribute 'age'",
        ),
        (
            "sham",
            {"covers": covers(excluded={"by": "sex", "shares": {"male": estimate(0)}})},
            "nothing for 'female'",
        ),
        ("sham", {"abstains": {**WHY}}, "never to abstain"),
        ("sham", {"abstains": {"labels": ["urgnt"], **WHY}}, "Did you mean 'urgent'?"),
        (
            "sham",
            {"latency": {"durations": ["triage_intervew"], "seconds": estimate(1)}},
            "'triage_interview'?",
        ),
        ("sham", {"ai": "variates"}, "does not label"),
        ("nurse", {"noise": estimate(0.2)}, "stated but there"),
        ("nurse", {"go_live_day": estimate(3)}, "go_live_day"),
        ("nurse", {"live_days": [[0, 6]]}, "live_days"),
        ("sham", {"live_days": [[0, 6], [9, 8]]}, r"live_days.1: found [9, 8]"),
        ("ai_label_advises", {"acceptance": None}, "acceptance: is missing"),
        ("ai_label_switching", {"acceptance": estimate(0.5)}, "stated beside acceptance"),
        (
            "ai_label_switching",
            {"role": "replaces"},
            "ai that replaces",
        ),
        (
            "lean_triage",
            {"minutes": [{"durations": ["testin"], "factor": estimate(1)}]},
            "minutes.0.durations",
        ),
        ("nurse", {"burdens": [{"durations": ["testing"]}]}, "burdens.0"),
    ],
)
def test_a_lever_that_means_nothing_here_is_refused(
    name: str,
    changes: dict[str, Any],
    expected: str,
    policy: Build,
    stated: Stated,
    desk: Pathway,
    patients: Draws,
    hold: Hold,
) -> None:
    if changes.get("ai") == "variates":
        changes = {"ai": {**stated("sham")["ai"], "same_draw_as": "doctor"}}
    built = policy(name, **changes)
    hold("\n".join(str(fault) for fault in check_policy(built, desk)), expected)
    with pytest.raises(ConfigError):
        apply(built, desk, patients)


def test_a_drift_without_the_groups_of_the_matrix_is_refused(
    policy: Build, stated: Stated, desk: Pathway, hold: Hold
) -> None:
    ai = stated("ai_label_measured_over")["ai"]
    ai["matrix"]["by_group"] = {"sex": {"male": {"shares": np.eye(5).tolist(), **WHY}}}
    drift = {"towards": stated("ai_drifts")["drift"]["towards"], "months": estimate(1)}
    (found,) = check_policy(policy("ai_label_measured_over", ai=ai, drift=drift), desk)
    hold(str(found))


def test_naming_levels_is_needed_to_describe_an_abstention_by_label(policy: Build) -> None:
    built = policy("ai_label_measured_over", **abstains(labels=["immediate"]))
    with pytest.raises(ConfigError, match="Name the 5 levels"):
        label_accuracy(built, KTAS_MIX)


def test_labels_of_an_assessor_do_not_depend_on_who_else_labels(
    policy: Build, desk: Pathway, patients: Draws, nurse: np.ndarray
) -> None:
    built = policy("ai_label_switching")
    np.testing.assert_array_equal(labels_of(built.nurse, desk, patients), nurse)


# --- everybody --------------------------------------------------------------------------------------------------------


def test_a_tool_whose_coverage_names_no_sources_labels_everybody_who_attends(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    of_all, of_named = policy("sham"), policy("sham", covers=covers())
    assert of_all.covers is not None
    assert of_all.covers.labels is None
    assert_same(apply(of_all, desk, patients), apply(of_named, desk, patients))
    assert mask_users(of_all, desk, patients).all()


def test_an_empty_list_of_sources_is_not_everybody(
    policy: Build, desk: Pathway, hold: Hold
) -> None:
    (fault,) = check_policy(policy("sham", covers={"labels": [], **WHY}), desk)
    hold(fault.found)


def test_the_sham_of_the_default_study_labels_as_if_it_named_the_sources_that_attend() -> None:
    sham = load("ensemble=none").arm("sham")
    labelled = replace(sham.policy.covers, labels=EVERYBODY)
    drawn = draw(sham.pathway, seed=1, replication=0, days=7)
    assert_same(
        apply(sham.policy, sham.pathway, drawn),
        apply(replace(sham.policy, covers=labelled), sham.pathway, drawn),
    )
