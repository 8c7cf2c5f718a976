"""What a department is judged by: NHS measures of one table of patients.

Everything is counted over attendances that arrived in a window and are followed to their end. Nothing here knows
whether the table was simulated. Measures count from arrival, except `decision_to_departure_*`, which count from the
decision to admit.

A measure that needs a point in time which the table does not record is absent. Groups without patients are NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulation.analysis.definitions import ALL, DEFINITIONS, definition_of
from simulation.analysis.groups import Groups
from simulation.analysis.near_measures import nearest_measure
from simulation.analysis.own_measures import NOTHING_OWN, Own, own_quantities
from simulation.analysis.quantities import quantities
from simulation.analysis.window import Window, arrived_in
from simulation.errors import ResultsError, nearest
from simulation.records.schema import Floats, Patients

if TYPE_CHECKING:
    import pandas as pd


class MeasureName(NamedTuple):
    """Which number: the measure, its unit, and the group it is about ('all', 'acuity_true=urgent')."""

    measure: str
    unit: str
    group: str


@dataclass(frozen=True)
class Measures:
    """The measures of one replication: `names` and `values` (shape (len(names),)), in the same order for every arm."""

    names: tuple[MeasureName, ...]
    values: Floats

    def __reduce__(self) -> tuple[Callable[..., Measures], tuple[tuple[MeasureName, ...], Floats]]:
        """How another process restores them: equal names become one object there."""
        return _restored, (self.names, self.values)

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], float]:
        return {(name.measure, name.group): value for name, value in zip(self.names, self.values.tolist(), strict=True)}

    def value(self, measure: str, group: str = ALL) -> float:
        """The value of a measure in a group. Raises ResultsError if it is unknown, or absent from the table."""
        number = self._by_name.get((measure, group))
        if number is not None:
            return number
        groups = [name.group for name in self.names if name.measure == measure]
        if groups:
            raise ResultsError(f"measure '{measure}' has no group '{group}'. {nearest(group, groups)}")
        if measure not in DEFINITIONS:
            known = {*DEFINITIONS, *(name.measure for name in self.names)}
            raise ResultsError(f"measure '{measure}' is unknown. {nearest_measure(measure, known)}")
        needs = ", ".join(DEFINITIONS[measure].needs)
        raise ResultsError(
            f"measure '{measure}' is absent: the table of patients lacks one of {needs or 'its columns'}. "
            "Record it at a step or an end of the pathway"
        )

    def frame(self) -> pd.DataFrame:
        """One row a measure and group: measure, unit, group, value."""
        import pandas as pd

        return pd.DataFrame(self.names, columns=MeasureName._fields).assign(value=self.values)


def measure(patients: Patients, *, window: Window, own: Own = NOTHING_OWN) -> Measures:
    """Every measure that the table allows, over attendances that arrived in the window; the user's own come last.

    Somebody who is still in the department counts as not within 4 h, as over 12 h, and with the full 12 h of the
    restricted wait. The length of their stay, and the time to a clinician of who has not been seen, are taken as longer
    than any that ended, because to leave them out would leave out the longest: a median or 95th percentile that falls
    among them is infinite, and so is a mean with one of them. Measures of the front door are over those to whom it
    happened. `unfinished` counts those still there; a run with any should be longer. Who has an end without a departure
    date is left out of what needs it.
    """
    measured = arrived_in(patients, window)
    groups = Groups(measured, own)
    names: list[MeasureName] = []
    values: list[float] = []
    for name, statistic, quantity in chain(quantities(measured), own_quantities(measured, own)):
        chosen = groups.summarise(name, statistic, quantity)
        unit = definition_of(name, own.definitions).unit
        names += [MeasureName(name, unit, label) for label in chosen]
        values += chosen.values()
    return Measures(shared_names(tuple(names)), np.array(values, dtype=float))


@lru_cache(maxsize=64)
def shared_names(names: tuple[MeasureName, ...]) -> tuple[MeasureName, ...]:
    """The same names, as one object for all equal ones, so that they are kept in memory once."""
    return names


def _restored(names: tuple[MeasureName, ...], values: Floats) -> Measures:
    return Measures(shared_names(names), values)
