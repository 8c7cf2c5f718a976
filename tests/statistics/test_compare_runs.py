"""Several runs of one question: what they agree on, and that differing verdicts alone show no differing effects."""

import numpy as np
import pytest

from simulation.errors import ResultsError
from simulation.records.schema import Floats
from simulation.statistics.compare import Comparison
from simulation.statistics.intervals import estimate_interval
from simulation.statistics.several_runs import compare_runs
from simulation.statistics.verdict import Verdict, verdict
from tests.held import Hold

MID = 5.0


def effects(mean: float, sd: float = 1.0, n: int = 20, seed: int = 1) -> Floats:
    """Paired differences with this very mean and standard deviation."""
    variates = np.random.default_rng(seed).standard_normal(n)
    found: Floats = mean + sd * (variates - variates.mean()) / variates.std(ddof=1)
    return found


def judged(values: Floats) -> Verdict:
    found = estimate_interval(values)
    row = Comparison(
        "tool", "wait_to_clinician_mean", "minutes", "all", 60 + found.mean, 59, 61, "nurse",
        found.mean, found.low, found.high, found.n,
    )  # fmt: skip
    return verdict(row, MID)


def put_together(runs: dict[str, Floats], on: str = "the bottleneck"):  # type: ignore[no-untyped-def]
    return compare_runs(
        {name: judged(each) for name, each in runs.items()}, runs, MID, "minutes", on=on
    )


def test_a_verdict_shared_by_every_run_is_given_once(hold: Hold) -> None:
    found = put_together({"beds": effects(-9, seed=1), "triage": effects(-9, seed=2)})
    hold((found.kind, found.words))


def test_one_direction_by_different_amounts_says_so(hold: Hold) -> None:
    found = put_together({"slack": effects(-2, seed=1), "tight": effects(-9, seed=2)})
    hold((found.kind, found.words))
    one, other, apart = found.apart
    assert (one, other) == ("slack", "tight")
    assert apart.low < -7 < apart.high < 0


def test_verdicts_that_differ_with_their_effects_depend_on_what_binds(hold: Hold) -> None:
    found = put_together({"short of triage": effects(-9), "short of beds": effects(0)})
    hold((found.kind, found.words))
    assert (
        put_together({"a": effects(-9), "b": effects(0)}, on="run.seed").words
        == "depends on run.seed"
    )


def test_verdicts_that_differ_by_chance_alone_are_not_called_a_dependence(hold: Hold) -> None:
    """One interval just misses 0, the other just holds it: the effects are 0.1 of a standard error apart."""
    runs = {"one": effects(-1.1, sd=2.3, seed=1), "other": effects(-1.05, sd=2.3, seed=2)}
    assert {judged(each).kind for each in runs.values()} == {"cuts", "no change beyond"}
    found = put_together(runs)
    hold((found.kind, found.words))


def test_effects_that_differ_by_less_than_would_matter_are_no_dependence(hold: Hold) -> None:
    found = put_together({"one": effects(-3, seed=1), "other": effects(0, seed=2)})
    hold((found.kind, found.words))
    hold(put_together({"one": effects(-9), "other": effects(-8, seed=2)}).words, "5 min in every")


def test_intervals_of_all_pairs_hold_together() -> None:
    """Of five runs without any difference, at most one in twenty sweeps finds one: 200 sweeps, 99.9 % below 10.5 %."""
    false_alarms = 0
    for seed in range(200):
        variates = np.random.default_rng(seed).standard_normal((5, 12))
        apart = put_together({str(number): each for number, each in enumerate(variates)}).apart
        assert apart is not None
        false_alarms += apart[2].low > 0 or apart[2].high < 0
    assert false_alarms / 200 < 0.105


def test_unequal_numbers_of_replications_are_compared_as_far_as_they_go() -> None:
    found = put_together({"short": effects(-9, n=5), "long": effects(-9, n=20, seed=3)})
    assert found.apart[2].n == 5


def test_one_run_has_nobody_to_differ_from() -> None:
    found = put_together({"usual": effects(-9)})
    assert (found.kind, found.apart) == ("cuts", None)
    with pytest.raises(ResultsError, match="no run"):
        compare_runs({}, {}, MID, "minutes")
