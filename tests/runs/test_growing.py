"""A result that grows: read of its targets alone it says what the whole says, at every look."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.api import Phase, Result, grow, same_numbers
from simulation.measures.measuring import Measures
from simulation.runs.replicate import ReplicationResult
from simulation.study.study import Study

LOOKS = 200


def like(replication: ReplicationResult, number: int) -> ReplicationResult:
    """A replication under another number, each measure up to a twentieth away from what it was."""
    chance = np.random.default_rng(number)
    arms = {
        name: replace(
            arm,
            measures=Measures(arm.measures.names, arm.measures.values * chance.uniform(0.95, 1.05)),
        )
        for name, arm in replication.arms.items()
    }
    return replace(replication, replication=number, arms=arms)


def test_verdicts_on_the_targets_alone_are_those_of_the_whole_at_200_looks(result: Result) -> None:
    study = replace(result.study, run=replace(result.run, replications=2 * LOOKS))
    replications = tuple(like(result.replications[number % 2], number) for number in range(LOOKS))
    for n in (1, 2, 3, 11, *range(12, LOOKS, 94), LOOKS):
        whole = replace(result, study=study, replications=replications[:n])
        slim = whole.on_targets
        assert len(slim.measures["nurse"][0].names) < 10
        assert repr(slim.findings) == repr(whole.findings)
        assert repr(slim.safety) == repr(whole.safety)


def test_an_arm_that_differs_in_another_measure_alone_is_not_called_identical(
    result: Result,
) -> None:
    baseline = result.design.baseline
    measures = result.replications[0].arms[baseline].measures
    other = measures.values.copy()
    other[measures.places["stay_mean", "all"]] += 1.0
    arms = {name: result.replications[0].arms[baseline] for name in result.replications[0].arms}
    arms["lean_triage"] = replace(arms[baseline], measures=Measures(measures.names, other))
    changed = replace(
        result, replications=tuple(replace(one, arms=arms) for one in result.replications)
    )
    assert changed.on_targets.identical == changed.identical == ("sham",)


def test_it_says_what_it_does_before_the_first_replication_has_ended(few: Study) -> None:
    phases: list[Phase] = []
    growth = grow(
        replace(few, run=replace(few.run, warm_up_days=0, measured_days=1)), phase=phases.append
    )
    assert phases == ["checking"]
    assert len(next(growth).replications) == 1
    assert phases == ["checking", "compiling", "simulating"]
    growth.cancel()
    assert list(growth) == []


def test_it_goes_on_from_a_shorter_result_to_the_same_numbers(few: Study) -> None:
    study = replace(few, run=replace(few.run, warm_up_days=0, measured_days=1, replications=3))
    grown = list(grow(study))
    gone_on = list(grow(study, so_far=grown[0]))
    assert [len(one.replications) for one in gone_on] == [2, 3]
    assert gone_on[0].replications[0] is grown[0].replications[0]
    assert same_numbers(gone_on[-1], grown[-1])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_first_replications_have_day_profiles_as_many_as_the_run_says(
    few: Study, n: int
) -> None:
    run = replace(few.run, warm_up_days=0, measured_days=1, replications=2, profiles=n)
    *_, grown = grow(replace(few, run=run))
    assert [one.arms["nurse"].day is not None for one in grown.replications] == [
        number < n for number in range(2)
    ]
