"""Figures of one's own department, as YAML states them: what `aeflow narrow` reads an answer at."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le, MaxLen

from simulation.department.config_dataclass import Unit, config_dataclass

MOST_FIGURES = 5


@config_dataclass
class ObservedFigure:
    """One figure of a department, measured as the measure's definition says.

    Example: `{measure: walk_in_triage_wait_mean, value: 24.5, days: 28, patients: 400}`
    """

    measure: str
    """The measure, by its name in the tables: one that a hospital can read off."""
    group: str = "all"
    """Whose figure: everybody's, a group's, or that of a pool or step. Example: `pool=doctors`"""
    value: Annotated[float, Ge(0), Unit("that of the measure")]
    """The figure; a share is a number from 0 to 1 (of busy staff it may be above 1)."""
    days: Annotated[float, Ge(1), Le(3660), Unit("days")]
    """Over how many days it was measured."""
    patients: Annotated[int, Ge(2), Unit("patients")] | None = None
    """How many patients were looked at, if only a sample was; none: everybody who came in those days."""


@config_dataclass
class Observed:
    """Figures of one department, over the same days or not.

    Example: `{week: 14, figures: [{measure: walk_in_triage_wait_mean, value: 24.5, days: 28},
    {measure: busy_by_day_share, group: pool=doctors, value: 0.93, days: 28}]}`
    """

    figures: Annotated[tuple[ObservedFigure, ...], MaxLen(MOST_FIGURES)]
    """The figures: one to five."""
    week: Annotated[int, Ge(0), Le(51), Unit("week")] | None = None
    """The week of the year on whose Monday the measuring began; 0 is the first of January. None: not known."""
