"""Which blank would change the verdict most: a regression over departments, shrunk for noise."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from simulation.questions.blanks import _ends, fit_line
from simulation.study.design import Blank

N = 24
RNG = np.random.default_rng(7)
VALUES = {
    name: RNG.permutation(N) / N
    for name in ("use", "seconds", "patience", "wards", "beds", "minutes")
}
KINDS = ["one" if number % 3 else "two" for number in range(N)]


def test_the_ends_of_a_blank_are_those_of_the_line() -> None:
    effects = -6 * VALUES["use"] - 1 + RNG.normal(0, 0.2, N)
    low, high, error = fit_line(VALUES, KINDS, effects, 0.04).ends(("use",))
    assert (low, high) == pytest.approx((-1, -6.75), abs=0.5)
    assert 0 < error < 1


def test_a_blank_that_only_chance_ties_to_the_effect_moves_it_little() -> None:
    effects = RNG.normal(-2, 1, N)
    line = fit_line(VALUES, KINDS, effects, 1.0)
    moves = [abs(high - low) for low, high, _ in (line.ends((name,)) for name in VALUES)]
    assert max(moves) < 1


def test_a_structure_is_read_at_the_two_that_differ_most() -> None:
    effects = np.where([kind == "two" for kind in KINDS], -8.0, -2.0) + RNG.normal(0, 0.1, N)
    low, high, _ = fit_line(VALUES, KINDS, effects, 0.01).ends(("structure",))
    assert (low, high) == pytest.approx((-8, -2), abs=0.6)


def test_a_cause_of_waiting_is_told_from_the_structure() -> None:
    causes = np.where(np.arange(N) % 4 < 2, "places", "pace")
    kinds = [f"{cause}/{kind}" for cause, kind in zip(causes, KINDS, strict=True)]
    effects = np.where(causes == "places", -6.0, 0.0) + RNG.normal(0, 0.1, N)
    line = fit_line(VALUES, kinds, effects, 0.01)
    assert line.ends(("cause",))[:2] == pytest.approx((-6, 0), abs=0.6)
    low, high, _ = line.ends(("structure",))
    assert high - low < 0.6


def test_effects_without_spread_have_no_ends() -> None:
    assert fit_line(VALUES, KINDS, np.full(N, -3.0), 0.0).ends(("use",)) == (-3.0, -3.0, 0.0)


def test_a_blank_with_an_arm_at_either_end_is_read_from_these_arms() -> None:
    """The line through departments says nothing of how a blank works with the others: its range may be narrower."""
    effects = {"kind": -8.0, "unkind": 2.0}
    rows = {
        arm: SimpleNamespace(arm=arm, difference=effect, sample=(N, ""))
        for arm, effect in effects.items()
    }
    apart = SimpleNamespace(half_width=2.069)
    result: Any = SimpleNamespace(
        row_of=lambda judged, arm: rows[arm], against=lambda *names: apart
    )
    blank = Blank(question="whom it departs from", parameters=("use",), unit="", find="ask")
    line, judged = (
        fit_line(VALUES, KINDS, np.full(N, -3.0), 0.0),
        cast(Any, SimpleNamespace(measure="wait", group="all")),
    )
    assert _ends(result, judged, line, blank) == (-3, -3, 0)
    assert _ends(result, judged, line, replace(blank, arms=tuple(effects))) == pytest.approx(
        (-8, 2, 1), abs=0.001
    )
