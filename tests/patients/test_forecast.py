"""Quiet days: all but those that are forecast to be among the fullest, known or guessed."""

from collections.abc import Callable

import numpy as np
import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.rota import down_share
from simulation.department.vocabulary import Pathway
from simulation.errors import DrawsError
from simulation.patients import DrawnRun, attended_by_day, draw, draw_outages
from simulation.patients.drawn import DAYS_IN_YEAR
from simulation.units import DAY, HOUR
from tests.held import Hold

Small = Callable[..., Pathway]
NOTE = "evidence: assumed, source: test"
DAYS = 2 * DAYS_IN_YEAR


def quiet(error: float = 0, share: float = 0.1, hours: str = "13-23") -> str:
    stated = f"{{kind: quiet_days, hours: {hours}, fullest_share: {share}, forecast_error: {error}, {NOTE}}}"
    return f"outages: {{quiet: {stated}}}"


def full_days(pathway: Pathway, *, days: int = DAYS) -> tuple[np.ndarray, np.ndarray]:
    """Attendances by day, and which days are forecast to be among the fullest."""
    drawn = draw(pathway, seed=4, replication=0, days=days)
    came = attended_by_day(pathway, drawn, days)
    is_full = np.ones(days, bool)
    is_full[drawn.outages["quiet"][:, 0] // DAY] = False
    return came, is_full


def test_a_known_day_is_full_if_more_come_than_on_nine_in_ten(small: Small) -> None:
    came, is_full = full_days(small(quiet()))
    assert came[is_full].min() > came[~is_full].max()
    assert is_full.mean() == pytest.approx(0.1, abs=3 * np.sqrt(0.1 * 0.9 / DAYS))


def test_a_guessed_day_is_full_as_often_and_less_often_rightly(small: Small) -> None:
    came, known = full_days(small(quiet()))
    _, guessed = full_days(small(quiet(error=0.15)))
    assert guessed.mean() == pytest.approx(0.1, abs=0.04)
    assert 0.15 < known[guessed].mean() < 0.85
    assert came[guessed].mean() > came.mean() + 5


def test_quiet_days_have_the_stated_hours_and_a_longer_run_has_the_same_days(small: Small) -> None:
    pathway = small(quiet(hours="22-2"))
    short, long = (
        draw(pathway, seed=4, replication=0, days=days).outages["quiet"] for days in (60, 120)
    )
    assert set((short[:, 0] % DAY).tolist()) == {22 * HOUR}
    assert set((short[:, 1] - short[:, 0]).tolist()) == {4 * HOUR}
    assert np.array_equal(short, long[: len(short)])
    assert down_share(pathway.outages["quiet"]) == pytest.approx(0.9 * 4 / 24)


def test_quiet_days_of_nobody_known_are_refused(small: Small, hold: Hold) -> None:
    with hold.refusal(DrawsError, match="drawn patients only"):
        draw_outages(small(quiet()), DrawnRun(4, 0, 10))


def test_hours_that_are_none_are_one_fault(small: Small, hold: Hold) -> None:
    (fault,) = [
        each for each in check_pathway(small(quiet(hours="noon"))) if "outages" in each.where
    ]
    hold((fault.where, fault.found))
