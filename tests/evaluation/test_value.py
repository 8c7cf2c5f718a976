"""What an evaluation is worth, where that is known: all of perfect knowledge, nothing, or less than nothing."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.errors import ConfigError
from simulation.evaluation.design import Alternating, EvaluatedOutcome, EvaluationDesign
from simulation.evaluation.evaluate import stakes_of
from simulation.evaluation.operating import YEAR_DAYS, DesignValue, Stakes, design_values
from tests.evaluation.made import A_DAY, bank_of_noise, design_of

WAIT = EvaluatedOutcome(label="Wait", measure="wait_to_clinician_mean", role="wait")
ONE = design_of(Alternating(kind="alternating"), weeks=8)
HOURS_A_MINUTE = A_DAY * YEAR_DAYS / 60
STAKES = Stakes(prior=0.5, price=10_000.0, hour=15.0, years=1.0, cost=0.0)


def worth(effect: float, stakes: Stakes, design: EvaluationDesign = ONE) -> DesignValue:
    bank = bank_of_noise(40, 60, effect=effect)
    (value,) = design_values(bank, [design], WAIT, ("sham", "tool"), stakes, n_trials=4_000)
    return value


def test_an_evaluation_that_cannot_err_is_worth_what_knowing_is() -> None:
    """A tool that takes 20 minutes off, bought by who knows no better: half of the time the price is lost."""
    value = worth(-20.0, STAKES)
    gain = 15 * 20 * HOURS_A_MINUTE - 10_000
    assert gain > 10_000  # so that without an evaluation it is bought
    assert value.perfect.value == pytest.approx(0.5 * 10_000)
    assert value.evaluated.value == pytest.approx(0.5 * 10_000, rel=0.01)
    assert value.significant.value == pytest.approx(0.5 * 10_000, rel=0.15)
    forgone = 4 * 7 / YEAR_DAYS * 0.5 * (gain - 10_000)
    assert value.net.value == pytest.approx(value.evaluated.value - forgone)


def test_what_is_not_worth_its_price_even_if_it_works_is_not_worth_an_evaluation() -> None:
    value = worth(-1.0, STAKES)
    assert value.perfect == (0.0, 0.0)
    assert value.evaluated.value == 0.0
    assert value.significant.value < -20.0
    assert value.net.value == pytest.approx(
        -4 * 7 / YEAR_DAYS * (10_000 - 0.5 * 15 * HOURS_A_MINUTE)
    )


def test_buying_if_significant_loses_money_where_power_is_low_and_the_tool_is_worth_its_price() -> (
    None
):
    stakes = replace(STAKES, prior=0.9, price=2_000.0)
    value = worth(-0.5, stakes)
    assert value.significant.value < -500
    assert 0 <= value.evaluated.value <= value.perfect.value == pytest.approx(0.1 * 2_000)


def test_a_result_may_be_ignored_so_an_evaluation_is_not_worth_less_than_nothing() -> None:
    """Where the tool is nearly sure to pay, a bound set on noise loses on the other half of the trials."""
    values = [
        worth(-0.5, replace(STAKES, prior=prior, price=2_000.0)) for prior in (0.9, 0.95, 0.99)
    ]
    assert min(value.evaluated.value for value in values) == 0.0
    for value in values:
        lost = value.weeks + STAKES.cost
        assert value.net.value == pytest.approx(value.evaluated.value - lost)


def test_an_evaluation_is_worth_more_the_longer_it_lasts_and_never_more_than_knowing() -> None:
    stakes = replace(STAKES, price=5_000.0)
    short, long = (worth(-1.2, stakes, replace(ONE, weeks=weeks)) for weeks in (8, 52))
    assert 0 < short.evaluated.value < long.evaluated.value <= long.perfect.value


def test_years_and_the_cost_of_the_evaluation_are_in_the_net() -> None:
    one, three = (worth(-20.0, replace(STAKES, years=years, cost=700.0)) for years in (1.0, 3.0))
    assert three.net.value - one.net.value == pytest.approx(2 * one.evaluated.value)
    assert worth(-20.0, STAKES).net.value - one.net.value == pytest.approx(700.0)


def test_stakes_are_stated_whole_or_not_at_all() -> None:
    assert stakes_of({}, 1_000.0) is None
    assert stakes_of({"prior": 0.5, "hour": 15.0}, 1_000.0) == Stakes(0.5, 1_000.0, 15.0, 1.0, 0.0)
    with pytest.raises(ConfigError) as refused:
        stakes_of({"prior": 1.0, "years": -1.0}, None)
    assert [fault.where for fault in refused.value.faults] == ["prior", "price", "hour", "years"]
    with pytest.raises(ConfigError, match="found nan"):
        stakes_of({"prior": 0.5, "hour": np.nan}, 1.0)
