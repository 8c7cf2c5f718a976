"""A tool that agrees with nurses: its labels beside theirs, for every tie of its departures to their errors."""

import numpy as np
import pytest

from simulation.errors import Faults
from simulation.records.schema import Floats
from simulation.triage.construct import Departure, WithNurse, beside_nurses
from simulation.triage.matrix import (
    BesideNurse,
    LabelTable,
    Portion,
    agreement,
    given_nurse,
    joint_beside,
    probabilities,
)

NURSES = LabelTable(
    counts=(
        (15, 11, 0, 0, 0),
        (3, 183, 27, 6, 1),
        (0, 16, 400, 63, 8),
        (0, 4, 20, 420, 15),
        (0, 0, 0, 12, 63),
    ),
    evidence="measured",
    source="a study",
)
MIX = [sum(row) for row in NURSES.counts or ()]


def portion(value: float) -> Portion:
    return Portion(value=value, evidence="assumed", source="an example")


def tied(correlation: float, agree: float = 0.88, lower: float = 0.06) -> Floats:
    """P(nurse's label, tool's label | truth)."""
    return joint_beside(beside(correlation, agree, lower), probabilities(NURSES))


def beside(correlation: float, agree: float = 0.88, lower: float = 0.06) -> BesideNurse:
    stated = WithNurse(
        agree_share=portion(agree),
        lower_share=portion(lower),
        correlation=Departure(value=correlation, evidence="assumed", source="an example"),
        evidence="assumed",
        source="an example",
    )
    faults = Faults()
    made = beside_nurses(stated, NURSES, "ai", faults)
    assert made is not None, faults
    return made


@pytest.mark.parametrize("correlation", [-1, -0.3, 0, 0.5, 1])
def test_agreement_with_the_nurse_is_the_same_whatever_the_correlation(correlation: float) -> None:
    joint = tied(correlation)
    share = np.array(MIX) / sum(MIX) @ np.einsum("tnn->t", joint)
    assert share == pytest.approx(0.88, abs=0.007)  # zeros of the nurses' table are smoothed


def test_accuracy_rises_with_the_correlation_and_agreement_is_not_accuracy() -> None:
    exact = [
        agreement(tied(correlation).sum(axis=1), MIX)["exact_share"]
        for correlation in (-1, 0, 0.5, 1)
    ]
    assert exact == sorted(exact)
    nurse = agreement(probabilities(NURSES), MIX)["exact_share"]
    assert exact[0] == pytest.approx(
        nurse - 0.12, abs=0.01
    )  # every departure is from a right label
    assert exact[-1] == pytest.approx(nurse + 0.12 - 0.03, abs=0.02)
    assert exact[1] < nurse < exact[-1]


def test_without_correlation_departures_do_not_know_the_truth() -> None:
    """So the tool's table is the nurses' times its own given their label."""
    given = given_nurse(beside(0))
    assert np.abs(given - given[2][None]).max() < 1e-3  # a prior of one case in a million
    assert np.allclose(tied(0).sum(axis=1), probabilities(NURSES) @ given[2], atol=1e-3)


def test_counts_against_nurses_are_taken_as_they_are() -> None:
    counts = tuple(tuple(40.0 if row == column else 2.0 for column in range(5)) for row in range(5))
    stated = WithNurse(
        counts=counts,
        correlation=Departure(value=0.5, evidence="assumed", source="an example"),
        evidence="measured",
        source="an example",
    )
    made = beside_nurses(stated, NURSES, "ai", Faults())
    assert made is not None
    by_nurse = np.array(made.counts).sum(axis=0)
    assert np.allclose(np.diag(by_nurse / by_nurse.sum(axis=1, keepdims=True)), 40 / 48)


def test_shares_that_no_table_has_are_refused_with_those_that_one_can_have() -> None:
    stated = WithNurse(
        agree_share=portion(0.9),
        lower_share=portion(0.2),
        correlation=Departure(value=0, evidence="assumed", source="an example"),
        evidence="assumed",
        source="an example",
    )
    faults = Faults()
    assert beside_nurses(stated, NURSES, "ai.with_nurse", faults) is None
    assert "lower_share can be: " in str(faults[0])
