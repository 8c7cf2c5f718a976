"""A tool counted beside the nurse: labels come out as truth, nurse and tool were counted together."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Faults
from simulation.patients import Draws
from simulation.triage.apply import apply
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import BesideNurse, given_nurse, ordinal_prior, probabilities
from simulation.triage.nurse_and_tool import Nurse, Tool, policy_from
from simulation.triage.policy import Policy
from tests.adapters import adapter_of
from tests.held import Hold

from .conftest import WHY

NURSES = [
    [450, 50, 0, 0, 0],
    [40, 600, 100, 10, 0],
    [0, 90, 1100, 140, 0],
    [0, 10, 130, 880, 40],
    [0, 0, 10, 80, 270],
]


def counts() -> np.ndarray:
    """A tool that is right three times in four where the nurse is, and says what she says where she is wrong half the
    time: they err together."""
    found = np.zeros((5, 5, 5))
    for true in range(5):
        for nurse in range(5):
            n = NURSES[true][nurse]
            shares = np.full(5, 0.05)
            shares[true] += 0.70 if nurse == true else 0.25
            shares[nurse] += 0.05 if nurse == true else 0.50
            found[true, nurse] = n * shares / shares.sum()
    return found


def policy(
    nurses: Any = None, *, faults: Faults | None = None, of_ai: Any = None, **of_tool: Any
) -> Policy:
    zero = {"value": 0, "range": [0, 0], **WHY}
    half = {"value": 0.5, "range": [0, 1], **WHY}
    labels = {"name": "nurse", "correlation": half, "matrix": {"counts": nurses or NURSES, **WHY}}
    ai = {
        "name": "ours",
        "correlation": zero,
        "beside_nurse": {"counts": counts().tolist(), **WHY},
        **(of_ai or {}),
    }
    covers = {"labels": ["walk_in", "ambulance", "referred"], **WHY}
    stated = {
        "kind": "matrix",
        "name": "ours",
        "role": "replaces",
        "ai": ai,
        "covers": covers,
        **of_tool,
    }
    nurse: Nurse = adapter_of(Nurse).validate_python({"labels": labels})
    found = faults if faults is not None else Faults()
    made = policy_from(adapter_of(Tool).validate_python(stated), nurse, "triage/ours.yaml", found)
    if faults is None:
        assert found == []
        assert made is not None
    return made  # type: ignore[return-value]


def joint(stated: Policy, desk: Pathway, patients: Draws) -> np.ndarray:
    """Simulated patients by truth, nurse's label and tool's label."""
    nurse = apply(
        replace(stated, ai=None, role=None, covers=None, beside_nurse=None), desk, patients
    )
    tool = apply(stated, desk, patients)
    found = np.zeros((5, 5, 5))
    np.add.at(found, tuple(each.attributes[name].astype(int) for each, name in (
        (patients, "acuity_true"), (nurse, "acuity_given"), (tool, "acuity_given"))), 1)  # fmt: skip
    return found


def test_simulated_labels_have_the_counted_joint_table(desk: Pathway, patients: Draws) -> None:
    """Cell by cell within 4.5 standard errors: of 125 cells a right program fails once in a thousand runs."""
    found = joint(policy(), desk, patients)
    shares = probabilities(policy().nurse.matrix)[:, :, None] * given_nurse(policy().beside_nurse)  # type: ignore
    n = found.sum(axis=(1, 2), keepdims=True)
    spread = np.sqrt(n * shares * (1 - shares))
    assert np.all(np.abs(found - n * shares) <= 4.5 * spread + 1e-9)
    together = [
        found[t, j, j].sum() / max(found[t, j].sum(), 1) for t, j in ((1, 2), (2, 3), (3, 2))
    ]
    assert (
        min(together) > 0.4
    )  # where she is wrong it says the same half the time; independent errors would not


def test_the_nurse_stays_whoever_she_is_and_the_tool_follows_her(
    desk: Pathway, patients: Draws
) -> None:
    """With other nurses the tool's labels given truth and nurse are the bench's, and its own table is another."""
    others = [
        [90, 10, 0, 0, 0],
        [0, 100, 0, 0, 0],
        [0, 0, 60, 40, 0],
        [0, 0, 0, 100, 0],
        [0, 0, 0, 0, 100],
    ]
    found = joint(policy(others), desk, patients)
    row = found[2, 3] / found[2, 3].sum()
    expected = given_nurse(policy().beside_nurse)[2, 3]  # type: ignore[arg-type]
    assert row == pytest.approx(expected, abs=4.5 * 0.5 / np.sqrt(found[2, 3].sum()))
    assert found[3, 2].sum() == 0
    assert policy(others).ai.matrix != policy().ai.matrix  # type: ignore[union-attr]


def test_the_label_accuracy_is_that_of_the_labels_that_patients_get(
    desk: Pathway, patients: Draws
) -> None:
    mix = np.bincount(patients.attributes["acuity_true"], minlength=5).tolist()
    acceptance = {"value": 0.5, "range": [0, 1], **WHY}
    switching = {name: {"value": value, "range": [0, 1], **WHY} for name, value in
                 (("wrong_to_right", 0.9), ("right_to_wrong", 0.2), ("wrong_to_wrong", 0.5))}  # fmt: skip
    for usage in (
        {},
        {"role": "advises", "acceptance": acceptance},
        {"role": "advises", "switching": switching},
    ):
        stated = policy(**usage)
        given = apply(stated, desk, patients).attributes["acuity_given"]
        output = label_accuracy(stated, mix)
        exact = float(np.mean(given == patients.attributes["acuity_true"]))
        assert exact == pytest.approx(
            output["exact_share"], abs=4 * 0.5 / np.sqrt(len(patients))
        ), usage


def test_a_cell_that_nobody_was_counted_in_leans_on_the_level() -> None:
    alone = np.zeros((5, 5, 5))
    alone[2, 2, 2] = 200
    rows = given_nurse(BesideNurse(counts=alone.tolist(), evidence="assumed", source="x"))
    assert rows.sum(axis=2) == pytest.approx(np.ones((5, 5)))
    assert rows[2, 3, 2] > 0.99
    assert rows[0, 0] == pytest.approx(ordinal_prior(5)[0])


def test_few_cases_in_a_cell_hardly_dilute_the_errors_that_nurse_and_tool_make_together() -> None:
    """Of 12 cases that the nurse under-triages, in cells of 1 to 5, the tool under-triages 7: 58 %."""
    counts = np.zeros((5, 5, 5))
    counts[1, 1, 1], counts[0, 0, 0] = 60, 14
    for cell, (right, wrong) in {
        (0, 1): (1, 1),
        (0, 2): (0, 1),
        (1, 2): (3, 2),
        (1, 3): (1, 2),
        (1, 4): (0, 1),
    }.items():
        counts[cell][cell[0]], counts[cell][cell[1]] = right, wrong
    rows = given_nurse(BesideNurse(counts=counts.tolist(), evidence="assumed", source="x"))
    missed = sum(
        counts[cell].sum() * rows[cell][cell[0] + 1 :].sum()
        for cell in zip(*np.nonzero(np.triu(counts.sum(axis=2), 1)), strict=True)
    )
    assert missed / 12 == pytest.approx(7 / 12, abs=0.05)


@pytest.mark.parametrize(
    ("of_ai", "message"),
    [
        (
            {"beside_nurse": {"counts": [[[1]]], **WHY}},
            "Give 5 tables of 5 rows of 5",
        ),
        ({"beside_nurse": {"counts": np.zeros((5, 5, 5)).tolist(), **WHY}}, "adds up to 0"),
        ({"correlation": {"value": 0.5, "range": [0, 1], **WHY}}, "state correlation 0"),
        ({"as_nurse": True}, "states beside_nurse and as_nurse"),
    ],
)
def test_a_mistake_in_it_is_named(of_ai: Any, message: str, hold: Hold) -> None:
    faults = Faults()
    policy(faults=faults, of_ai=of_ai)
    hold(str(faults[0]), message)


def test_what_it_leaves_no_room_for_is_refused(desk: Pathway, patients: Draws, hold: Hold) -> None:
    beyond = {"beyond": {"value": 1, "range": [0, 2], **WHY}, **WHY}
    with hold.refusal(ConfigError, "triage.ours.abstains.beyond"):
        apply(policy(abstains=beyond), desk, patients)
