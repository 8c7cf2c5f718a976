"""What triage sets off: for whom, how often, on whose random variates."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.check_pathway import check_pathway as check_pathway
from simulation.department.vocabulary import Action, Pathway
from simulation.errors import ConfigError
from simulation.patients import Draws
from simulation.triage.apply import apply, mask_users
from simulation.triage.check_policy import check_policy
from simulation.triage.policy import Policy
from tests.adapters import adapter_of
from tests.held import Hold

Build = Callable[..., Policy]
Z_ONE_IN_TEN_THOUSAND = 4.4
"""Two-sided normal bound for a dozen shares with a false-alarm rate of 1 in 10,000 over all of them."""
WHY = {"evidence": "assumed", "source": "test"}
EVERYBODY = {"arrivals": ["walk_in", "ambulance", "referred"], **WHY}


def portion(value: float) -> dict[str, Any]:
    return {"value": value, "range": [0, 1], **WHY}


def action(
    sets: str, to: str, suited: dict[str, list[str]], sens: float, spec: float, **more: Any
) -> dict[str, Any]:
    stated = {
        "sets": sets,
        "to": to,
        "suited": suited,
        "sensitivity": portion(sens),
        "specificity": portion(spec),
    }
    return {**stated, "covers": EVERYBODY, **more}


def early_tests(sens: float, spec: float, **more: Any) -> dict[str, Any]:
    return action("tests_ordered", "1", {"test_rounds": ["1", "2"]}, sens, spec, **more)


def bed(sens: float, spec: float, **more: Any) -> dict[str, Any]:
    return action("bed_requested", "yes", {"admitted": ["yes"]}, sens, spec, **more)


def ordered(policy: Build, desk: Pathway, patients: Draws, **actions: Any) -> np.ndarray:
    """Who has tests ordered, as the nurse's policy with these actions says."""
    return apply(policy("nurse", actions=actions), desk, patients).attributes["tests_ordered"] == 1


def needed(patients: Draws) -> np.ndarray:
    return patients.attributes["test_rounds"] > 0


def can_have_tests(policy: Build, desk: Pathway, patients: Draws) -> np.ndarray:
    """The desk orders none for whom the label says immediate."""
    return apply(policy("nurse"), desk, patients).attributes["acuity_given"] > 0


def test_sensitivity_and_specificity_come_out_as_stated(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    who, suited = ordered(policy, desk, patients, early=early_tests(0.8, 0.7)), needed(patients)
    can = can_have_tests(policy, desk, patients)
    for mine, p in ((suited & can, 0.8), (~suited & can, 0.3)):
        bound = Z_ONE_IN_TEN_THOUSAND * np.sqrt(mine.sum() * p * (1 - p))
        assert abs(who[mine].sum() - mine.sum() * p) <= bound
    assert not who[~can].any()


def test_a_perfect_prediction_finds_the_suited_and_nobody_else(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    who = ordered(policy, desk, patients, early=early_tests(1, 1))
    np.testing.assert_array_equal(who, needed(patients) & can_have_tests(policy, desk, patients))
    none = ordered(policy, desk, patients, early=early_tests(0, 1))
    assert not none.any()
    all_of_them = ordered(policy, desk, patients, early=early_tests(1, 0))
    np.testing.assert_array_equal(all_of_them, can_have_tests(policy, desk, patients))


def test_no_action_without_a_policy_that_sets_it_off(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    after = apply(policy("nurse"), desk, patients)
    for name in ("streamed", "tests_ordered", "bed_requested"):
        assert not after.attributes[name].any()


def test_sensitivity_0_and_specificity_1_give_the_nurse_to_the_last_bit(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    idle = policy("nurse", actions={"early": early_tests(0, 1), "bed": bed(0, 1)})
    after, nurse = apply(idle, desk, patients), apply(policy("nurse"), desk, patients)
    for name, codes in nurse.attributes.items():
        np.testing.assert_array_equal(after.attributes[name], codes)
    for name, minutes in nurse.minutes.items():
        assert after.minutes[name] is minutes


def test_a_better_prediction_keeps_everybody_whom_a_worse_one_found(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    suited = needed(patients)
    worse, better = (
        ordered(policy, desk, patients, early=early_tests(*each))
        for each in ((0.5, 0.6), (0.7, 0.9))
    )
    assert better[worse & suited].all()  # a higher sensitivity keeps everybody it had
    assert worse[better & ~suited].all()  # a higher specificity only spares
    assert better[suited].sum() > worse[suited].sum()


def test_the_variates_of_an_action_are_found_by_its_name(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    alone = ordered(policy, desk, patients, early=early_tests(0.5, 0.5))
    beside = ordered(policy, desk, patients, bed=bed(0.7, 0.8), early=early_tests(0.5, 0.5))
    renamed = ordered(policy, desk, patients, late=early_tests(0.5, 0.5))
    np.testing.assert_array_equal(alone, beside)
    assert (alone != renamed).mean() == pytest.approx(
        0.5 * can_have_tests(policy, desk, patients).mean(), abs=0.02
    )


def test_the_first_of_two_actions_on_one_attribute_counts(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    stated = {
        "primary": action("streamed", "primary_care", {"suits_primary_care": ["yes"]}, 1, 1),
        "same_day": action("streamed", "same_day_care", {"suits_same_day_care": ["yes"]}, 1, 1),
    }
    after = apply(policy("nurse", actions=stated), desk, patients).attributes["streamed"]
    primary, same_day = (
        patients.attributes[f"suits_{each}"] == 1 for each in ("primary_care", "same_day_care")
    )
    np.testing.assert_array_equal(after, np.where(primary, 1, np.where(same_day, 2, 0)))
    assert (primary & same_day).any()


def test_an_action_covers_streams_and_categories(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    covers = {"arrivals": ["walk_in"], "only": {"age_band": ["adult"]}, **WHY}
    after = apply(policy("nurse", actions={"bed": bed(1, 0, covers=covers)}), desk, patients)
    walk_in = patients.arrival_source == desk.categories("arrival_source").index("walk_in")
    adult = patients.attributes["age_band"] == desk.categories("age_band").index("adult")
    np.testing.assert_array_equal(after.attributes["bed_requested"] == 1, walk_in & adult)


def test_only_reads_the_label_that_counts(policy: Build, desk: Pathway, patients: Draws) -> None:
    covers = {**EVERYBODY, "only": {"acuity_given": ["immediate"]}}
    built = policy("ai_label_measured_over", actions={"bed": bed(1, 0, covers=covers)})
    after = apply(built, desk, patients)
    np.testing.assert_array_equal(
        after.attributes["bed_requested"] == 1, after.attributes["acuity_given"] == 0
    )
    nurse = apply(policy("nurse"), desk, patients).attributes["acuity_given"]
    assert ((after.attributes["bed_requested"] == 1) != (nurse == 0)).any()


def test_nothing_is_set_off_where_the_tool_is_not_used_or_hands_back(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    stated = {"bed": bed(1, 0)}
    late = policy(
        "ai_hands_back", actions=stated, go_live_day={"value": 10_000, "range": [0, 10_000], **WHY}
    )
    assert not apply(late, desk, patients).attributes["bed_requested"].any()
    after = apply(policy("ai_hands_back", actions=stated), desk, patients).attributes
    without = after["bed_requested"] == 0
    assert 0.1 < without.mean() < 0.3  # the hardest tenth, and whom the AI would call immediate
    hers = apply(policy("nurse"), desk, patients).attributes["acuity_given"]
    np.testing.assert_array_equal(after["acuity_given"][without], hers[without])


def test_whoever_an_action_is_for_counts_as_reached(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    covers = {"arrivals": ["referred"], **WHY}
    built = policy("nurse", actions={"bed": bed(0.5, 0.5, covers=covers)})
    referred = patients.arrival_source == desk.categories("arrival_source").index("referred")
    np.testing.assert_array_equal(mask_users(built, desk, patients), referred)
    labels = {"labels": ["ambulance"], **WHY}
    both = policy(
        "ai_label_measured_over", covers=labels, actions={"bed": bed(0.5, 0.5, covers=covers)}
    )
    ambulance = patients.arrival_source == desk.categories("arrival_source").index("ambulance")
    np.testing.assert_array_equal(mask_users(both, desk, patients), referred | ambulance)


@pytest.mark.parametrize(
    ("change", "where", "found"),
    [
        ({"sets": "test_ordered"}, "actions.early.sets", "unknown action 'test_ordered'"),
        ({"sets": "admitted"}, "actions.early.sets", "unknown action 'admitted'"),
        ({"to": "0"}, "actions.early.to", "means that nothing"),
        ({"to": "3"}, "actions.early.to", "unknown category '3'"),
        ({"suited": {}}, "actions.early.suited", "names no attribute"),
        (
            {"suited": {"test_round": ["1"]}},
            "actions.early.suited.test_round",
            "unknown attribute 'test_round'",
        ),
        (
            {"suited": {"test_rounds": ["9"]}},
            "actions.early.suited.test_rounds.0",
            "unknown category '9'",
        ),
        (
            {"suited": {"acuity_given": ["urgent"]}},
            "actions.early.suited.acuity_given",
            "triage decides itself",
        ),
        (
            {"suited": {"streamed": ["nowhere"]}},
            "actions.early.suited.streamed",
            "triage decides itself",
        ),
        (
            {"covers": {"arrivals": [], **WHY}},
            "actions.early.covers.arrivals",
            "no arrival source",
        ),
        (
            {"covers": {"arrivals": ["walkin"], **WHY}},
            "actions.early.covers.arrivals.0",
            "unknown arrival source 'walkin'",
        ),
        (
            {"sensitivity": {"value": 0.5, **WHY}},
            "actions.early.sensitivity.range",
            "is missing",
        ),
    ],
)
def test_an_action_that_does_not_fit_the_department_is_refused_by_name(
    change: dict[str, Any],
    where: str,
    found: str,
    policy: Build,
    desk: Pathway,
    patients: Draws,
    hold: Hold,
) -> None:
    built = policy("nurse", actions={"early": {**early_tests(0.5, 0.5), **change}})
    (fault,) = check_policy(built, desk)
    assert fault.where == f"triage.nurse.{where}"
    hold(fault.found, found)
    with pytest.raises(ConfigError):
        apply(built, desk, patients)


def test_a_department_without_actions_refuses_a_policy_that_has_some(
    policy: Build, desk: Pathway, hold: Hold
) -> None:
    bare = replace(
        desk, attributes={k: v for k, v in desk.attributes.items() if not isinstance(v, Action)}
    )
    (fault,) = check_policy(policy("nurse", actions={"early": early_tests(0.5, 0.5)}), bare)
    hold(fault.found)


@pytest.mark.parametrize(
    ("spoil", "where", "found"),
    [
        ({"categories": ["0", "1", "1"]}, "categories", "there twice"),
        ({"only": {"age": ["adult"]}}, "only.age", "unknown attribute 'age'"),
        ({"only": {"age_band": ["adults"]}}, "only.age_band.0", "unknown category 'adults'"),
        ({"only": {"age_band": []}}, "only.age_band", "names no category"),
        ({"only": {"streamed": ["nowhere"]}}, "only.streamed", "action itself"),
    ],
)
def test_an_action_attribute_that_is_wrong_is_found(
    spoil: dict[str, Any], where: str, found: str, stated_desk: dict[str, Any], hold: Hold
) -> None:
    attribute = {"kind": "action", "categories": ["0", "1"], **WHY, **spoil}
    stated = {
        **stated_desk,
        "attributes": {**stated_desk["attributes"], "tests_ordered": attribute},
    }
    faults = check_pathway(adapter_of(Pathway).validate_python(stated))
    (fault,) = [each for each in faults if each.where.startswith("attributes.tests_ordered")]
    assert fault.where == f"attributes.tests_ordered.{where}"
    hold(fault.found, found)
