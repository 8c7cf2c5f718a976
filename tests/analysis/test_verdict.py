"""Each verdict from an interval that calls for it, and a layer of doubt in every sentence."""

import numpy as np
import pytest

from simulation.analysis.compare import Comparison
from simulation.analysis.verdict import LAYER, Verdict, across_sites, non_inferiority, verdict
from simulation.errors import ResultsError


def difference(
    low: float, high: float, *, measure: str = "wait_to_clinician_mean", unit: str = "minutes", n: int = 10
) -> Comparison:
    mean = (low + high) / 2
    return Comparison("ai", measure, unit, "all", 50, 49, 51, "nurse", mean, low, high, n)


@pytest.mark.parametrize(("low", "high", "kind", "words"), [
    (-9, -6, "cuts", "ai cuts it, by more than the minimal important difference of 5 minutes"),
    (-4, -1, "cuts", "by less than"),
    (-9, -1, "cuts", "perhaps by less than"),
    (6, 9, "lengthens", "ai lengthens it, by more than"),
    (1, 4, "lengthens", "by less than"),
    (-4, 3, "no change beyond", "does not change it beyond the minimal important difference of 5 minutes"),
    (-9, 3, "cannot tell", "more replications"),
    (-4, 6, "cannot tell", "more replications"),
    (0, 0, "identical", "identical to the baseline"),
    (-9, 0, "cannot tell", "more replications"),
])  # fmt: skip
def test_an_interval_calls_for_its_verdict(low: float, high: float, kind: str, words: str) -> None:
    found = verdict(difference(low, high), 5)
    assert found.kind == kind
    assert words in found.sentence
    assert found.sentence.endswith(LAYER)


def test_replications_still_missing_bring_the_half_width_to_half_the_difference() -> None:
    found = verdict(difference(-9, 3, n=10), 5)  # half-width 6; sd 6 * sqrt(10) / 2.262 = 8.39; 2.5 wanted: n = 46
    assert found.n_more == 46 - 10
    assert "about 36 more replications" in found.sentence


def test_an_interval_that_is_narrow_enough_and_lies_across_the_line_asks_for_no_more() -> None:
    found = verdict(difference(-5.5, 0.5 - 1e-9, n=10), 6.5)
    assert found.kind == "no change beyond"
    across = non_inferiority(difference(1.5, 2.5, n=30), 2)
    assert (across.kind, across.n_more) == ("cannot tell", 0)


def test_one_replication_cannot_tell_unless_it_is_identical() -> None:
    unknown = Comparison("ai", "stay_mean", "minutes", "all", 5, np.nan, np.nan, "nurse", -3, np.nan, np.nan, 1)
    found = verdict(unknown, 5)
    assert (found.kind, found.n_more) == ("cannot tell", None)
    assert "at least two replications" in found.sentence
    same = Comparison("ai", "stay_mean", "minutes", "all", 5, np.nan, np.nan, "nurse", 0, np.nan, np.nan, 1)
    assert verdict(same, 5).kind == "identical"


def test_a_share_is_raised_or_lowered_in_percentage_points() -> None:
    found = verdict(difference(0.012, 0.03, measure="within_4h_share", unit="share"), 0.01)
    assert found.kind == "lengthens"
    assert "raises it, by more than the minimal important difference of 1 percentage points" in found.sentence
    assert "+2.10 percentage points" in found.sentence


@pytest.mark.parametrize(("low", "high", "kind"), [
    (-3, 1, "non-inferior"),
    (3, 8, "inferior"),
    (-1, 4, "cannot tell"),
    (0, 0, "non-inferior"),
])  # fmt: skip
def test_a_wait_is_worse_when_it_is_longer(low: float, high: float, kind: str) -> None:
    found = non_inferiority(difference(low, high), 2)
    assert found.kind == kind
    assert found.sentence.endswith(LAYER)


@pytest.mark.parametrize(("low", "high", "kind"), [
    (-0.01, 0.05, "non-inferior"),
    (-0.08, -0.03, "inferior"),
    (-0.04, 0.01, "cannot tell"),
])  # fmt: skip
def test_a_four_hour_share_is_worse_when_it_is_lower(low: float, high: float, kind: str) -> None:
    found = non_inferiority(difference(low, high, measure="within_4h_share", unit="share"), 0.02)
    assert found.kind == kind


def test_a_margin_needs_a_measure_that_has_a_better_direction() -> None:
    with pytest.raises(ResultsError, match="neither better"):
        non_inferiority(difference(0, 1, measure="admitted_share", unit="share"), 0.02)
    with pytest.raises(ResultsError, match="above 0"):
        non_inferiority(difference(0, 1), 0)
    with pytest.raises(ResultsError, match="above 0"):
        verdict(difference(0, 1), -1)


def test_verdicts_that_differ_between_sites_depend_on_the_bottleneck() -> None:
    cuts, none = verdict(difference(-9, -6), 5), verdict(difference(-1, 1), 5)
    assert across_sites({"beds": cuts, "triage": cuts}).kind == "cuts"
    found = across_sites({"short of triage": cuts, "short of beds": none})
    assert found.kind == "depends on the bottleneck"
    assert "short of beds: no change beyond" in found.sentence
    with pytest.raises(ResultsError, match="no site"):
        across_sites({})


def test_a_verdict_is_a_plain_value() -> None:
    assert verdict(difference(-9, -6), 5) == verdict(difference(-9, -6), 5)
    assert isinstance(verdict(difference(-9, -6), 5), Verdict)
