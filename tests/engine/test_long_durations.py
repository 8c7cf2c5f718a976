"""Minutes beyond what a column of ticks can hold are refused by name; they do not come round again from below 0."""

import pytest

from simulation.department.vocabulary import Step
from simulation.engine.plan import Columns, bind, lower
from simulation.errors import PlanError
from simulation.units import TICKS_PER_MINUTE

from .small import DAY, Person, department, draws_of, minutes

LONGEST = 2_097_151
"""Whole minutes below 2 ** 31 ticks."""


def bound(*parts: float) -> Columns:
    """Somebody who stays on a ward for so many minutes, part by part."""
    names = tuple(f"stay_{number}" for number in range(len(parts)))
    durations = {name: minutes(part) for name, part in zip(names, parts, strict=True)}
    made = department({"ward": Step(minutes=names, next="home")}, pools={}, durations=durations)
    return bind(lower(made), draws_of(made, (Person(0),)))


def test_the_longest_duration_that_fits_is_kept_to_the_tick() -> None:
    assert bound(LONGEST).minutes.tolist() == [[LONGEST * TICKS_PER_MINUTE]]


def test_a_longer_one_is_refused_by_its_name() -> None:
    with pytest.raises(
        PlanError, match=r"duration stay_0: somebody's takes 1,457 days, and .* counts to 1,456"
    ):
        bound(1457 * DAY)


def test_several_that_are_too_long_together_are_refused_by_their_names() -> None:
    with pytest.raises(
        PlanError, match=r"duration stay_0 \+ stay_1: somebody's takes 2,000 days together"
    ):
        bound(1000 * DAY, 1000 * DAY)
