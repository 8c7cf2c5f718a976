"""One difference read by itself, and many read together."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.statistics.compare import Comparison
from simulation.statistics.verdict import ALPHA, holm, is_worse, p_value


def row(
    difference: float,
    half_width: float,
    *,
    measure: str = "wait_to_clinician_mean",
    unit: str = "minutes",
    n: int = 12,
) -> Comparison:
    low, high = difference - half_width, difference + half_width
    return Comparison("ai", measure, unit, "all", 60, 55, 65, "nurse", difference, low, high, n)


def test_a_lower_share_within_four_hours_is_worse_and_a_shorter_wait_is_better() -> None:
    assert is_worse(row(-0.02, 0.01, measure="within_4h_share", unit="share")) is True
    assert is_worse(row(-2, 1)) is False
    assert is_worse(row(-2, 3)) is None
    assert is_worse(row(1, 0.5, measure="admitted_share", unit="share")) is None


def test_the_p_value_agrees_with_the_interval() -> None:
    assert p_value(row(2, 2)) == pytest.approx(0.05)
    assert p_value(row(0, 1)) == 1
    assert math.isnan(p_value(row(2, math.nan, n=1)))


def test_holm_reads_each_p_value_against_what_is_left_to_look_at() -> None:
    assert holm([]) == ()
    assert holm([0.05]) == (True,)
    assert holm([0.024, 0.0001, 0.06]) == (
        True,
        True,
        False,
    )  # against 0.05 / 3, then 0.05 / 2, then 0.05
    assert holm([0.026, 0.0001, 0.026]) == (
        False,
        True,
        False,
    )  # 0.05 / 2 stops it, though the last is below 0.05


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lets_stand_what_bonferroni_does_and_never_what_one_look_would_not(
    p_values: list[float],
) -> None:
    for p, stands in zip(p_values, holm(p_values), strict=True):
        assert stands or p > ALPHA / len(p_values)
        assert not stands or p <= ALPHA
