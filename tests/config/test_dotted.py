"""One way to walk a dotted path: on the command line, in a change of an arm, and in what a lever takes."""

from typing import Any

import pytest

from simulation.config.dotted import Change, lay_over, set_change, take
from simulation.errors import Faults
from tests.held import Hold

FULL: dict[str, Any] = {
    "minutes": {"seconds_saved": {"value": 60}, "evidence": "assumed", "source": "test"},
    "ai": {"matrix": [[1]]},
}


def stated() -> dict[str, Any]:
    return {
        "staffing": {
            "doctors": {"rota": [{"number": 1}, {"number": 2}], "kind": "staff"},
            "none": None,
        }
    }


NOWHERE = {
    "staffing.doctrs.extra": "there is no 'staffing.doctrs'. Did you mean 'doctors'?",
    "staffing.doctors.kind.x": "'staffing.doctors.kind' holds no keys. Name a path that exists.",
    "staffing.none.x": "'staffing.none' holds no keys. Name a path that exists.",
    "staffing.doctors.rota.2.number": "'staffing.doctors.rota' is a list, without '2'. Numbers of its parts: 0 to 1.",
    "staffing.doctors.rota.first": "'staffing.doctors.rota' is a list, without 'first'. Numbers of its parts: 0 to 1.",
}


@pytest.mark.parametrize(("path", "phrase"), NOWHERE.items())
def test_a_path_that_leads_nowhere_has_one_message_on_the_command_line_and_in_a_change(
    path: str, phrase: str
) -> None:
    faults = Faults()
    raw = stated()
    lay_over(raw, path.split("."), 1, "here", faults)
    set_change(raw, Change(path, 1, "here"), faults, changeable=("staffing",))
    assert [str(fault) for fault in faults] == [f"here: {phrase}"] * 2
    assert raw == stated()


def test_a_change_reaches_into_a_list_and_may_add_a_last_key() -> None:
    raw, faults = stated(), Faults()
    for path, value in (("staffing.doctors.rota.1.number", 5), ("staffing.doctors.extra", 1)):
        set_change(raw, Change(path, value, "here"), faults, changeable=("staffing",))
    assert faults == []
    assert raw["staffing"]["doctors"] == {
        "rota": [{"number": 1}, {"number": 5}],
        "kind": "staff",
        "extra": 1,
    }


def test_a_block_is_laid_over_a_block_and_set_whole_by_a_change() -> None:
    over, whole, faults = {"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": 2}}, Faults()
    lay_over(over, ["a"], {"x": 3}, "here", faults)
    set_change(whole, Change("a", {"x": 3}, "here"), faults, changeable=("a",))
    assert (over, whole, faults) == ({"a": {"x": 3, "y": 2}}, {"a": {"x": 3}}, [])


def test_what_is_taken_brings_the_provenance_of_its_block_and_stays_apart_from_the_full_policy() -> (
    None
):
    policy: dict[str, Any] = {}
    faults = Faults()
    take(policy, FULL, "minutes.seconds_saved", "here", faults)
    assert policy == {
        "minutes": {"seconds_saved": {"value": 60}, "evidence": "assumed", "source": "test"}
    }
    policy["minutes"]["seconds_saved"]["value"] = 1
    assert FULL["minutes"]["seconds_saved"]["value"] == 60
    assert faults == []


@pytest.mark.parametrize("held", [None, "a word", [1]])
def test_taking_into_what_is_no_block_is_a_fault(held: Any, hold: Hold) -> None:
    faults = Faults()
    take({"minutes": held}, FULL, "minutes.seconds_saved", "study.levers.time.takes", faults)
    assert len(faults) == 1
    hold(str(faults[0]), "study.levers.time.takes")


def test_taking_what_the_full_policy_has_not_is_a_fault(hold: Hold) -> None:
    faults = Faults()
    take({}, FULL, "minutes.seconds_savd", "here", faults)
    take({}, FULL, "ai.matrix.1", "here", faults)
    hold([fault.remedy for fault in faults])


def test_parts_of_a_list_are_taken_one_behind_the_other(hold: Hold) -> None:
    faults = Faults()
    full = {"minutes": [{"factor": 1}, {"factor": 2}, {"factor": 3}]}
    taken: dict[str, Any] = {}
    for number in (2, 0):
        take(taken, full, f"minutes.{number}", "here", faults)
    assert (taken, faults) == ({"minutes": [{"factor": 3}, {"factor": 1}]}, [])
    take({"minutes": {"factor": 5}}, full, "minutes.0", "here", faults)
    hold(faults[0].remedy)
