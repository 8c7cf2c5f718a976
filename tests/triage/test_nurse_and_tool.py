"""Nurse and tool stated apart: what the two make together, and what each wrong way of stating them is told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.errors import Faults
from simulation.triage.check_policy import measured_elsewhere
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import AboveZero, agreement, probabilities
from simulation.triage.nurse_and_tool import Nurse, Tool, policy_from
from simulation.triage.policy import Policy
from tests.adapters import adapter_of
from tests.held import Hold

WHY = {"evidence": "assumed", "source": "test"}
NURSES = [
    [45, 5, 0, 0, 0],
    [4, 60, 10, 1, 0],
    [0, 9, 110, 14, 0],
    [0, 1, 13, 88, 4],
    [0, 0, 1, 8, 27],
]
AI = [[40, 8, 2, 0, 0], [6, 54, 13, 2, 0], [1, 20, 98, 13, 1], [0, 4, 22, 76, 4], [0, 1, 3, 11, 21]]
MIX = [50, 75, 133, 106, 36]
Read = Callable[..., dict[str, Any]]


def number(value: float) -> dict[str, Any]:
    return {"value": value, "range": [0, 1], **WHY}


def nurse(**table: Any) -> Nurse:
    stated = {"counts": NURSES, "evidence": "measured", "source": "own panel of 400"} | table
    labels = {"name": "nurse", "correlation": number(0.5), "matrix": stated}
    made: Nurse = adapter_of(Nurse).validate_python({"labels": labels})
    return made


def tool(**of_ai: Any) -> Tool:
    ai = {"name": "ours", "correlation": number(0.5), **of_ai}
    made: Tool = adapter_of(Tool).validate_python(
        {"kind": "matrix", "name": "ours", "role": "replaces", "ai": ai}
    )
    return made


def table(
    counts: list[list[float]], source: str = "the same 400 cases", evidence: str = "measured"
) -> dict[str, Any]:
    return {"matrix": {"counts": counts, "evidence": evidence, "source": source}}


def figures(exact: float, under: float, **more: Any) -> dict[str, Any]:
    return {
        "agreement": {"exact_share": number(exact), "under_share": number(under), **WHY, **more}
    }


def made(stated: Tool, nurses: Nurse | None = None) -> Policy:
    faults = Faults()
    policy = policy_from(stated, nurses or nurse(), "triage/ours.yaml", faults)
    assert faults == []
    assert policy is not None
    return policy


def refused(stated: Tool, nurses: Nurse | None) -> str:
    faults = Faults()
    assert policy_from(stated, nurses, "triage/ours.yaml", faults) is None
    (fault,) = faults
    return str(fault)


# --- four numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exact", "under"), [(0.75, 0.15), (0.9, 0.02), (0.6, 0.35), (0.82, 0.001), (0.5, 0.1)]
)
def test_a_constructed_table_has_the_two_figures_at_the_nurses_mix(
    exact: float, under: float
) -> None:
    found = label_accuracy(made(tool(**figures(exact, under))), MIX)
    assert found["exact_share"] == pytest.approx(exact, abs=1e-4)
    assert found["under_share"] == pytest.approx(under, abs=1e-4)


def test_it_has_them_at_the_mix_that_is_stated_with_them() -> None:
    mix = [1, 2, 3, 3, 1]
    policy = made(tool(**figures(0.75, 0.15, mix=mix)))
    assert label_accuracy(policy, mix)["under_share"] == pytest.approx(0.15, abs=1e-4)
    assert label_accuracy(policy, MIX)["under_share"] != pytest.approx(0.15, abs=1e-3)


def test_the_nurses_own_figures_give_nearly_the_nurses_own_table() -> None:
    own = agreement(probabilities(nurse().labels.matrix), MIX)
    policy = made(tool(**figures(own["exact_share"], own["under_share"])))
    np.testing.assert_allclose(
        probabilities(policy.ai.matrix), probabilities(policy.nurse.matrix), atol=0.05
    )


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        (
            figures(0.8, 0.3),
            "can be from 0.0010 to 0.1990 at this mix",
        ),
        (figures(0.02, 0.3), "table has exact_share 0.02 and under_share 0.3"),
        (
            figures(0.8, 0.1, mix=[1, 1]),
            "triage/ours.yaml.ai.agreement.mix: has 2 levels. Give 5 numbers",
        ),
        (
            figures(0.8, 0.1) | table(AI),
            "triage/ours.yaml.ai",
        ),
        (
            {},
            "triage/ours.yaml.ai",
        ),
    ],
)
def test_figures_that_cannot_be_are_one_message(
    stated: dict[str, Any], told: str, hold: Hold
) -> None:
    hold(refused(tool(**stated), nurse()), told)


@pytest.mark.parametrize("exact", [0.3, 0.8])
def test_the_limits_that_a_message_names_are_those_that_can_be(exact: float) -> None:
    told = refused(tool(**figures(exact, 0.9)), nurse())
    low, high = (float(told.split(word)[-1].split()[0]) for word in (" from ", " to "))
    for under in (low + 1e-4, high - 1e-4):
        made(tool(**figures(exact, under)))
    for under in (low - 1e-4, high + 1e-4):
        assert "no table has" in refused(tool(**figures(exact, under)), nurse())


def test_nurses_who_state_shares_need_the_mix_beside_the_figures(hold: Hold) -> None:
    shares = np.array(NURSES) / np.sum(NURSES, axis=1, keepdims=True)
    nurses = nurse(counts=None, shares=shares.tolist())
    hold(refused(tool(**figures(0.8, 0.1)), nurses), "agreement.mix")
    same = (made(tool(**figures(0.8, 0.1, mix=MIX)), nurses), made(tool(**figures(0.8, 0.1))))
    np.testing.assert_allclose(*(probabilities(each.ai.matrix) for each in same), atol=1.01e-4)


# --- wrong ways ----------------------------------------------------------------------------------------------


def test_the_nurses_table_as_the_tools_is_refused(hold: Hold) -> None:
    told = refused(tool(**table(NURSES)), nurse())
    hold(told, "triage/ours.yaml.ai.matrix")
    assert made(tool(as_nurse=True)).ai.matrix == nurse().labels.matrix


def test_a_tool_without_anybody_who_labels_is_refused(hold: Hold) -> None:
    hold(refused(tool(**table(AI)), None))


def test_a_tool_that_gives_back_what_no_nurse_lost_is_refused(hold: Hold) -> None:
    stated = {"kind": "matrix", "name": "ours", "nurse_by_group": {}}
    told = refused(adapter_of(Tool).validate_python(stated), nurse())
    hold(told, "nurse_by_group")


@pytest.mark.parametrize(
    ("of_tool", "of_nurses", "warned"),
    [
        (table(AI), {}, False),  # the same cases: as many of each true level
        (
            table(AI),
            {"counts": [[2 * count for count in row] for row in NURSES], "source": "Korea"},
            True,
        ),
        (
            table(AI, source="own panel of 400"),
            {"counts": [[2 * count for count in row] for row in NURSES]},
            False,
        ),
        (
            table(AI, evidence="assumed"),
            {"counts": [[2 * count for count in row] for row in NURSES]},
            False,
        ),
        (figures(0.8, 0.1), {}, False),
        ({"as_nurse": True}, {}, False),
    ],
)
def test_a_table_of_other_patients_than_the_nurses_is_warned_of(
    of_tool: dict[str, Any], of_nurses: dict[str, Any], warned: bool
) -> None:
    output = measured_elsewhere(made(tool(**of_tool), nurse(**of_nurses)))
    assert bool(output) == warned
    if warned:
        assert "(400 patients: the same 400 cases) and the nurses' (800 patients: Korea)" in output


@pytest.mark.parametrize(("row", "output"), [
    (0, "table of 'ours' counts 2 cases of 400 fewer than"),
    (1, "nurses' table counts 2 cases of 402 fewer than"),
    (2, "same patients"),
])  # fmt: skip
def test_the_message_on_a_few_cases_that_one_table_lacks_says_to_leave_them_out(
    row: int, output: str, hold: Hold
) -> None:
    """Of the most urgent level 2 fewer; 2 more; and 2 fewer, but 2 more of the next."""
    counts = [list(line) for line in AI]
    counts[0][0] += 2 if row == 1 else -2
    counts[1][1] += 2 if row == 2 else 0
    hold(measured_elsewhere(made(tool(**table(counts)), nurse(source="the nurses"))), output)


BESIDE = {
    "counts": (np.eye(5)[:, None, :] * np.array(NURSES)[:, :, None]).tolist(),
    "evidence": "measured",
    "source": "a bench of 200",
}


def test_a_tool_with_other_nurses_than_those_of_its_bench_gives_a_warning_that_names_them(
    hold: Hold,
) -> None:
    zero = {"value": 0, "range": [0, 0], "evidence": "assumed", "source": "in the counts"}
    for nurses, warned in (
        ("the same 400 cases", False),
        ("", False),
        ("nurses of the bench", True),
    ):
        beside = {**BESIDE, "nurses": nurses}
        output = measured_elsewhere(
            made(tool(beside_nurse=beside, correlation=zero), nurse(source="the same 400 cases"))
        )
        assert bool(output) == warned, output
    hold(output, "bench) than these (the same 400 cases)")


def test_nurses_with_other_odds_of_an_error_err_as_they_do_in_their_table() -> None:
    """By hand, of the first level: 45 right and 5 wrong are odds of 1 to 9; twice that is 2 to 9."""
    twice = replace(nurse(), errors=AboveZero(value=2, range=(1, 3), **WHY))
    labels = made(tool(**table(AI)), twice).nurse
    assert labels is not None
    shares = probabilities(labels.matrix)
    assert shares[0, :2] == pytest.approx([9 / 11, 2 / 11])
    before = probabilities(nurse().labels.matrix)
    assert shares[2, 1] / shares[2, 3] == pytest.approx(before[2, 1] / before[2, 3])
    assert np.sum(labels.matrix.counts or ()) == pytest.approx(np.sum(NURSES))
    assert made(tool(**table(AI)), replace(twice, errors=None)) == made(tool(**table(AI)))
