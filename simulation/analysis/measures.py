"""What a department is judged by: NHS measures of one table of patients.

Everything is counted over attendances that arrived in a window and followed to their end. Nothing here knows
whether the table was simulated. Two clocks are kept apart by name: measures count from arrival, except
`decision_to_departure_*`, which count from the decision to admit.

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
        """How they come back from another process: with the names that are already here, where they are the same."""
        return _restored, (self.names, self.values)

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], float]:
        return {(name.measure, name.group): value for name, value in zip(self.names, self.values.tolist(), strict=True)}

    def value(self, measure: str, group: str = ALL) -> float:
        """One number. Raises ResultsError if it is unknown, or absent because the table lacks what it needs."""
        found = self._by_name.get((measure, group))
        if found is not None:
            return found
        groups = [name.group for name in self.names if name.measure == measure]
        if groups:
            raise ResultsError(f"measure '{measure}' has no group '{group}'. {nearest(group, groups)}")
        if measure not in DEFINITIONS:
            known = {*DEFINITIONS, *(name.measure for name in self.names)}
            raise ResultsError(f"measure '{measure}' is unknown. {nearest(measure, known)}")
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
    """Every measure that the table allows, over attendances that arrived in the window; ours first, then one's own.

    Somebody who is still in the department counts as not within 4 h, as over 12 h, and with the full 12 h of the
    restricted wait. How long the stay will be, and for who has not been seen the time to a clinician, is not known but
    longer than any that ended: medians and 95th percentiles take it so, and are NaN where they fall among the
    unfinished; a mean with an unfinished stay in it is NaN. (Leaving such patients out would leave out the longest.)
    Points in time at the front door are of those to whom they happened. `unfinished` says how many there are, and a run
    with any should be longer. Somebody whose end lacks a departure date is left out of what needs it.
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
    """The same names, one object for equal ones: sent between processes once a replication, and kept in memory once."""
    return names


def _restored(names: tuple[MeasureName, ...], values: Floats) -> Measures:
    return Measures(shared_names(names), values)
