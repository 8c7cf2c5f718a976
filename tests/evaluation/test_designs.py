"""Designs: those that come with aeflow are sound, and faults of a design are told together."""

import pytest

from simulation.config import load
from simulation.errors import ConfigError
from simulation.evaluation.design import (
    ALLOWED,
    ANALYSES,
    Alternating,
    BeforeAfter,
    Stepped,
    Switching,
    design_faults,
)
from simulation.evaluation.evaluate import load_designs, outcomes_of
from tests.evaluation.made import design_of

PACKAGED = load_designs("all")


def test_every_order_of_switching_is_packaged_and_those_without_a_lot_come_first() -> None:
    assert {design.switching.kind for design in PACKAGED} == {
        "before_after", "alternating", "parallel", "stepped", "alternate_days", "by_patient",
    }  # fmt: skip
    assert [design.is_randomised for design in PACKAGED] == sorted(
        design.is_randomised for design in PACKAGED
    )
    for design in PACKAGED:
        assert design.is_randomised == (design.randomised != "not randomised")


def test_every_analysis_suits_some_order_and_is_used_by_a_packaged_design() -> None:
    assert {analysis for suits in ALLOWED.values() for analysis in suits} == set(ANALYSES)
    slow = {"mixed"}  # on request alone
    assert {analysis for design in PACKAGED for analysis in design.analyses} == set(ANALYSES) - slow


def test_the_run_that_comes_with_aeflow_keeps_the_outcomes_of_the_designs() -> None:
    """One near the mechanism, one wait, one of safety; some of them in no trust's records."""
    outcomes = outcomes_of(PACKAGED)
    assert load("ensemble=none", "run=evaluation").run.daily == tuple(
        outcome.daily for outcome in outcomes
    )
    assert {outcome.role for outcome in outcomes} == {"mechanism", "wait", "safety"}
    recorded = {f"{outcome.measure} {outcome.group}": outcome.is_recorded for outcome in outcomes}
    assert not recorded["wait_to_clinician_mean acuity_true=1-2"]
    assert recorded["wait_to_clinician_mean acuity_given=1-2"]
    assert not recorded["under_triage_1_2_share all"]
    assert recorded["walk_in_triage_wait_mean all"]


@pytest.mark.parametrize(
    ("switching", "keys", "where"),
    [
        (BeforeAfter(kind="before_after", before_weeks=22), {}, ["weeks"]),
        (BeforeAfter(kind="before_after", before_weeks=12), {"run_in_weeks": 10}, ["weeks"]),
        (
            BeforeAfter(kind="before_after", before_weeks=12),
            {"wash_out_days": 1},
            ["wash_out_days"],
        ),
        (Alternating(kind="alternating"), {"weeks": 23}, ["weeks"]),
        (Alternating(kind="alternating"), {"run_in_weeks": 2}, ["run_in_weeks"]),
        (Alternating(kind="alternating", sequences=2), {}, ["switching.sequences"]),
        (
            Alternating(kind="alternating"),
            {"departments": 8, "analysis": "sequence_t"},
            ["switching.sequences"],
        ),
        (
            Alternating(kind="alternating", sequences=2),
            {"departments": 5, "analysis": "sequence_t"},
            ["departments"],
        ),
        (Stepped(kind="stepped", step_weeks=4), {"departments": 8, "analysis": "gls"}, ["weeks"]),
        (
            Stepped(kind="stepped", step_weeks=4),
            {"departments": 5, "analysis": "hac"},
            ["analyses.0"],
        ),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(
    switching: Switching, keys: dict[str, object], where: list[str]
) -> None:
    faults = design_faults(design_of(switching, **keys), "evaluation/ours")  # type: ignore[arg-type]
    assert [fault.where for fault in faults] == [f"evaluation/ours.{name}" for name in where]


def test_a_value_laid_over_a_packaged_design_is_checked_too() -> None:
    (longer,) = load_designs("alternate_weeks", ["weeks=52"])
    assert longer.weeks == 52
    with pytest.raises(ConfigError, match=r"evaluation/alternate_weeks.weeks: is 7"):
        load_designs("alternate_weeks", ["weeks=7"])
    with pytest.raises(
        ConfigError, match=r"there is no 'alternate_week'\. Did you mean 'alternate_weeks'"
    ):
        load_designs("alternate_week")


def test_several_designs_are_named_with_commas_between() -> None:
    named = load_designs("stepped_wedge,before_after")
    assert [design.is_randomised for design in named] == [False, True]
