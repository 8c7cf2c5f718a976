"""An arm or a replication that a result does not have is one message that says which there are."""

from collections.abc import Callable

import pytest

import simulation as ae
from simulation.api import Result
from simulation.errors import ConfigError, ResultsError
from simulation.study.study import Study

ASKED: dict[str, Callable[[Result], object]] = {
    "simulated": lambda result: result.simulated("shem"),
    "patients": lambda result: result.patients("shem"),
    "values": lambda result: result.values("shem", "wait_to_clinician_mean"),
    "arm": lambda result: result.arm("shem"),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_an_arm_that_a_result_does_not_have_is_refused_with_the_nearest_name(
    asked: Callable[[Result], object], result: Result
) -> None:
    with pytest.raises(ResultsError, match=r"^there is no arm 'shem'\. Did you mean 'sham'\?$"):
        asked(result)


def test_an_arm_that_a_study_does_not_have_is_refused_with_the_known_names(few: Study) -> None:
    with pytest.raises(
        ResultsError, match=r"^there is no arm ''\. Known names: lean_triage, nurse, sham$"
    ):
        few.arm("")


@pytest.mark.parametrize("number", [-1, 2, 9])
def test_a_replication_that_was_not_run_is_refused_with_those_that_were(
    number: int, result: Result
) -> None:
    told = f"^there is no replication {number}\\. Replications of this result: 0 to 1$"
    with pytest.raises(ResultsError, match=told):
        result.patients(replication=number)


def test_a_table_that_a_result_does_not_have_is_refused_with_the_nearest(result: Result) -> None:
    with pytest.raises(
        ResultsError, match=r"^there is no table 'safty'\. Did you mean 'safety'\?$"
    ):
        result.tables["safty"]
    assert result.tables.get("safty") is None


def test_what_is_no_study_is_refused_with_what_to_write() -> None:
    told = r"""found 'study=centre', which is no study\. Load it first: {name}\(load\('study=centre'\)\)\.$"""
    for name in ("compare", "run", "grow"):
        with pytest.raises(ConfigError, match=f"^{name}: {told.replace('{name}', name)}"):
            getattr(ae, name)("study=centre")
    told = r"""^load: found \{'study': 'centre'\}\. Write each value as text: load\("study=centre"\)\.$"""
    with pytest.raises(ConfigError, match=told):
        ae.load({"study": "centre"})  # type: ignore[arg-type]
