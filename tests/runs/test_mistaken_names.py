"""An arm or a replication that a result does not have is one message that says which there are."""

from collections.abc import Callable

import pytest

import simulation as ae
from simulation.api import Result
from simulation.errors import ConfigError, ResultsError
from simulation.study.study import Study
from tests.held import Hold

ASKED: dict[str, Callable[[Result], object]] = {
    "simulated": lambda result: result.simulated("shem"),
    "patients": lambda result: result.patients("shem"),
    "values": lambda result: result.values("shem", "wait_to_clinician_mean"),
    "arm": lambda result: result.arm("shem"),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_an_arm_that_a_result_does_not_have_is_refused_with_the_nearest_name(
    asked: Callable[[Result], object], result: Result, hold: Hold
) -> None:
    with hold.refusal(ResultsError, match=r"Did you mean 'sham'\?$"):
        asked(result)


def test_an_arm_that_a_study_does_not_have_is_refused_with_the_known_names(
    few: Study, hold: Hold
) -> None:
    with hold.refusal(ResultsError):
        few.arm("")


@pytest.mark.parametrize("number", [-1, 2, 9])
def test_a_replication_that_was_not_run_is_refused_with_those_that_were(
    number: int, result: Result, hold: Hold
) -> None:
    told = "0 to 1$"
    with hold.refusal(ResultsError, match=told):
        result.patients(replication=number)


def test_a_table_that_a_result_does_not_have_is_refused_with_the_nearest(
    result: Result, hold: Hold
) -> None:
    with hold.refusal(ResultsError, match=r"Did you mean 'safety'\?$"):
        result.tables["safty"]
    assert result.tables.get("safty") is None


def test_what_is_no_study_is_refused_with_what_to_write(hold: Hold) -> None:
    told = "found 'study=centre',"
    for name in ("compare", "run", "grow"):
        with pytest.raises(ConfigError, match=f"^{name}: {told.replace('{name}', name)}"):
            getattr(ae, name)("study=centre")
    told = r"found \{'study'"
    with hold.refusal(ConfigError, "load", match=told):
        ae.load({"study": "centre"})  # type: ignore[arg-type]
