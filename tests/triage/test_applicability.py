"""A tool that labels many whom it was hardly measured on: said, with the numbers, and only then."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

import simulation as ae
from simulation.department.vocabulary import Pathway
from simulation.study.study import Study
from simulation.triage.check_policy import applicability_notes, check_policy
from simulation.triage.policy import Policy
from tests.held import Hold

AGES = {"child": 400.0, "adult": 540.0, "older": 120.0, "oldest": 60.0}


@pytest.fixture(scope="module")
def study() -> Study:
    return ae.load("study=ai_triage", "ensemble=none")


@pytest.fixture(scope="module")
def arm(study: Study) -> tuple[Policy, Pathway]:
    """A tool that labels everybody, in the typical department."""
    claimed = study.arm("ai_as_claimed").policy
    covers = replace(claimed.covers, labels=("walk_in", "ambulance", "referred"))  # type: ignore[type-var]
    return replace(claimed, covers=covers), study.baseline.pathway


def said(arm: tuple[Policy, Pathway], **measured_on: Mapping[str, float]) -> list[str]:
    policy, pathway = arm
    told = applicability_notes(replace(policy, measured_on=measured_on), pathway)
    return [each for each in told if "measured on" in each]


def test_a_category_that_is_common_here_and_rare_there_is_named_with_both_numbers(
    arm: tuple[Policy, Pathway],
) -> None:
    (told,) = said(arm, age_band={**AGES, "child": 6.0})
    assert "by age band: child (6 cases, 24 % here)" in told
    (told,) = said(arm, arrival_source={"walk_in": 12.0, "ambulance": 676.0})
    assert "walk in (12 cases, " in told


def test_there_is_no_warning_with_enough_cases_or_if_the_tool_is_not_for_them(
    arm: tuple[Policy, Pathway],
) -> None:
    assert said(arm, age_band=AGES) == []
    policy, pathway = arm
    adults = replace(policy.covers, only={"age_band": ("adult", "older", "oldest")})  # type: ignore[type-var]
    assert said((replace(policy, covers=adults), pathway), age_band={**AGES, "child": 6.0}) == []


def test_shares_are_of_those_whom_the_tool_labels(arm: tuple[Policy, Pathway]) -> None:
    policy, pathway = arm
    (everybody,) = said(arm, age_band={**AGES, "older": 6.0})
    older = replace(policy.covers, only={"age_band": ("older",)})  # type: ignore[type-var]
    (told,) = said((replace(policy, covers=older), pathway), age_band={**AGES, "older": 6.0})
    assert "100 % here" in told
    assert "100 % here" not in everybody


def test_a_tool_measured_against_another_truth_than_a_panels_gives_a_warning(
    arm: tuple[Policy, Pathway],
) -> None:
    policy, pathway = arm
    for truth, is_said in (
        ("panel", False),
        ("physician", True),
        ("outcome", True),
        ("written", True),
    ):
        told = applicability_notes(replace(policy, measured_against=truth), pathway)  # type: ignore[arg-type]
        assert any("not an expert panel's" in each for each in told) == is_said, truth


def test_the_published_language_model_gives_one_warning_that_it_was_measured_against_physicians(
    study: Study,
    hold: Hold,
) -> None:
    told = {said for each in study.arms for said in applicability_notes(each.policy, each.pathway)}
    hold([each[:53] for each in told])


def test_cases_without_an_attribute_give_a_warning(arm: tuple[Policy, Pathway], hold: Hold) -> None:
    hold(said(arm, age_band=dict.fromkeys(AGES, 0.0))[0])


def test_a_category_that_is_left_out_counts_as_none(arm: tuple[Policy, Pathway]) -> None:
    (told,) = said(arm, age_band={name: n for name, n in AGES.items() if name != "child"})
    assert "by age band: child (0 cases, 24 % here)" in told


@pytest.mark.parametrize(
    ("measured_on", "message"),
    [
        (
            {"age_bnad": AGES},
            "measured_on",
        ),
        (
            {"age_band": {"chld": 6.0, "adult": 540.0}},
            "measured_on.age_band",
        ),
        (
            {"arrival_source": {"Walk-in": 6.0}},
            "measured_on.arrival_source",
        ),
    ],
)
def test_a_misspelt_name_of_whom_it_was_measured_on_is_named(
    measured_on: Mapping[str, Mapping[str, float]],
    message: str,
    arm: tuple[Policy, Pathway],
    hold: Hold,
) -> None:
    policy, pathway = arm
    (fault,) = check_policy(replace(policy, measured_on=measured_on), pathway)
    hold(str(fault), message)


def test_what_a_department_does_not_tell_is_no_fault(arm: tuple[Policy, Pathway]) -> None:
    policy, pathway = arm
    assert (
        check_policy(
            replace(policy, measured_on={"scanner": {"yes": 3.0}, "age_band": AGES}), pathway
        )
        == []
    )
