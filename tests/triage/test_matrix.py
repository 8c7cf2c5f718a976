"""Tables add up, and their summaries are those one gets by hand."""

import math

import numpy as np
import pytest

from simulation.errors import ConfigError
from simulation.triage.matrix import LabelTable, agreement, probabilities


def table(**stated: object) -> LabelTable:
    return LabelTable(evidence="assumed", source="test", **stated)  # type: ignore[arg-type]


def test_counts_are_normalised_row_by_row() -> None:
    shares = probabilities(table(counts=((3, 1), (0, 5))))
    assert shares.tolist() == [[0.75, 0.25], [0.0, 1.0]]


def test_a_row_of_shares_that_does_not_add_up_is_named_with_its_sum() -> None:
    with pytest.raises(ConfigError, match=r"row 2 adds up to 0\.97.*adds up to 1"):
        probabilities(table(shares=((0.9, 0.1), (0.17, 0.8))))


def test_a_table_without_rows_is_a_fault_and_no_crash() -> None:
    for empty in (table(counts=()), table(shares=())):
        with pytest.raises(ConfigError, match="has no rows"):
            probabilities(empty)


def test_every_faulty_row_is_reported_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        probabilities(table(shares=((0.5, 0.4), (0.6, 0.6))))
    assert [fault.found for fault in raised.value.faults] == [
        "row 1 adds up to 0.9",
        "row 2 adds up to 1.2",
    ]


def test_a_row_of_counts_without_patients_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="row 1 adds up to 0"):
        probabilities(table(counts=((0, 0), (1, 1))))


@pytest.mark.parametrize("entry", [-1.0, math.nan, math.inf])
def test_an_entry_that_is_no_count_is_a_fault(entry: float) -> None:
    with pytest.raises(ConfigError, match="finite number, 0 or more"):
        probabilities(table(counts=((2, entry), (1, 1))))


def test_a_table_that_is_not_square_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="2 rows of 2"):
        probabilities(table(counts=((1, 2, 3), (1, 2, 3))))


@pytest.mark.parametrize("both", [{}, {"counts": ((1,),), "shares": ((1,),)}])
def test_a_table_has_counts_or_shares(both: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="exactly one"):
        probabilities(table(**both))


def test_kappa_of_a_two_by_two_table_by_hand() -> None:
    # 20 + 15 of 50 agree; by chance (25 x 30 + 25 x 20) / 2500 = 0.5; kappa = (0.7 - 0.5) / 0.5. With two levels
    # every weight is 0 or 1, so linear, quadratic and plain kappa are one.
    found = agreement(np.array([[20, 5], [10, 15]]) / 25, [25, 25])
    assert found["exact_share"] == pytest.approx(0.7)
    assert found["under_share"] == pytest.approx(0.1)
    assert found["over_share"] == pytest.approx(0.2)
    assert found["kappa_linear"] == pytest.approx(0.4)
    assert found["kappa_quadratic"] == pytest.approx(0.4)


def test_weighted_kappas_of_a_three_by_three_table_by_hand() -> None:
    # True 10, 10, 20; labels 8 + 1 + 2 = 11, 1 + 8 + 2 = 11, 1 + 1 + 16 = 18, of 40.
    # Off by one: 1 + 1 + 1 + 2 = 5; off by two: 1 + 2 = 3.
    # Observed weight: linear 5 + 6 = 11, quadratic 5 + 12 = 17 (of 40).
    # By chance (of 1600): off by one 10x11 + 10x11 + 10x18 + 20x11 = 620; off by two 10x18 + 20x11 = 400.
    # Linear 1 - (11/40) / (1420/1600) = 1 - 440/1420; quadratic 1 - (17/40) / (2220/1600) = 1 - 680/2220.
    counts = np.array([[8, 1, 1], [1, 8, 1], [2, 2, 16]], dtype=float)
    found = agreement(counts / counts.sum(axis=1, keepdims=True), [10, 10, 20])
    assert found["kappa_linear"] == pytest.approx(1 - 440 / 1420)
    assert found["kappa_quadratic"] == pytest.approx(1 - 680 / 2220)
    assert found["two_or_more_levels_share"] == pytest.approx(3 / 40)
    assert found["sensitivity"] == pytest.approx(18 / 20)
    assert found["specificity"] == pytest.approx(16 / 20)
    assert found["label_mix"] == pytest.approx((11 / 40, 11 / 40, 18 / 40))


def test_perfect_labels_have_kappa_one_and_no_error() -> None:
    found = agreement(np.eye(3), [1, 2, 3])
    assert (found["kappa_linear"], found["kappa_quadratic"], found["exact_share"]) == (1, 1, 1)


def test_a_mix_without_high_acuity_has_no_sensitivity() -> None:
    assert math.isnan(agreement(np.eye(3), [0, 0, 1])["sensitivity"])


@pytest.mark.parametrize("mix", [[1, 2], [0, 0, 0], [1, -1, 2]])
def test_a_mix_that_fits_no_patients_is_a_fault(mix: list[float]) -> None:
    with pytest.raises(ConfigError, match="mix"):
        agreement(np.eye(3), mix)
