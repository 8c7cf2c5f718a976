"""The NHS measures of one table of patients, by which a department is judged.

Everything is counted over attendances that arrived in a window and are followed to their end. Nothing here knows
whether the table was simulated. Measures count from arrival, except `decision_to_departure_*`, which count from the
decision to admit.

A measure that needs a point in time which the table does not record is absent. Groups without patients are NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulation.errors import ResultsError, nearest
from simulation.measures.definitions import ALL, definition_of, definitions, nearest_measure
from simulation.measures.groups import Groups
from simulation.measures.own_quantities import NOTHING_OWN, Own, own_quantities
from simulation.measures.quantities import Quantities, quantities
from simulation.measures.window import Window, arrived_in
from simulation.records.schema import Floats, Patients

if TYPE_CHECKING:
    import pandas as pd


class MeasureName(NamedTuple):
    """The name of a number: its measure, unit and group ('all', 'acuity_true=urgent')."""

    measure: str
    unit: str
    group: str


def is_observable(measure: str, group: str) -> bool:
    """Whether a hospital could take a measure of a group from its records: time stamps, rotas, counts of who is there.

    >>> is_observable("within_4h_share", "age_band=oldest"), is_observable("within_4h_share", "acuity_true=urgent")
    (True, False)
    """
    return measure in definitions() and group.partition("=")[0] in definitions()[measure].observable


def observables_among(names: tuple[MeasureName, ...]) -> tuple[MeasureName, ...]:
    """The measures among these that a hospital could take from its records, in order."""
    return tuple(name for name in names if is_observable(name.measure, name.group))


class MeasureNames(tuple[MeasureName, ...]):
    """The names of an arm's measures, in order. All equal ones are one object with one look-up, which saves memory."""

    @cached_property
    def places(self) -> dict[tuple[str, str], int]:
        """The place of each measure and group."""
        return {(name.measure, name.group): place for place, name in enumerate(self)}

    def __reduce__(self) -> tuple[Callable[..., MeasureNames], tuple[tuple[MeasureName, ...]]]:
        """Pickle them so that equal names become one object in the other process."""
        return shared_names, (tuple(self),)


@lru_cache(maxsize=64)
def shared_names(names: tuple[MeasureName, ...]) -> MeasureNames:
    """The names as the one object for all equal ones."""
    return MeasureNames(names)


@dataclass(frozen=True)
class Measures:
    """The measures of one replication: `names` and `values` (shape (len(names),)), in the same order for every arm."""

    names: tuple[MeasureName, ...]
    values: Floats

    def __post_init__(self) -> None:
        if not isinstance(self.names, MeasureNames):
            object.__setattr__(self, "names", shared_names(self.names))

    @property
    def places(self) -> Mapping[tuple[str, str], int]:
        """The place of each measure and group among the values."""
        assert isinstance(self.names, MeasureNames)
        return self.names.places

    def value(self, measure: str, group: str = ALL) -> float:
        """The value of a measure in a group. Raises ResultsError if it is unknown, or absent from the table."""
        place = self.places.get((measure, group))
        if place is not None:
            return float(self.values[place])
        groups = [name.group for name in self.names if name.measure == measure]
        if groups:
            raise ResultsError(
                f"measure '{measure}' has no group '{group}'. {nearest(group, groups)}"
            )
        if measure not in definitions():
            known = {*definitions(), *(name.measure for name in self.names)}
            raise ResultsError(f"measure '{measure}' is unknown. {nearest_measure(measure, known)}")
        needs = ", ".join(definitions()[measure].needs)
        raise ResultsError(
            f"measure '{measure}' is absent: the table of patients lacks one of {needs or 'its columns'}. "
            "Record it at a step or an end of the pathway"
        )

    def frame(self) -> pd.DataFrame:
        """One row a measure and group: measure, unit, group, value."""
        import pandas as pd

        return pd.DataFrame(self.names, columns=MeasureName._fields).assign(value=self.values)


def measure(
    patients: Patients, *, window: Window, own: Own = NOTHING_OWN, by_name: Quantities | None = None
) -> Measures:
    """Every measure that the table allows, over attendances that arrived in the window; user-defined ones come last.

    `by_name` gets the quantity of each measure that is a mean or a share.

    Patients who are still in the department count as not within 4 h, as over 12 h, and with the full 12 h of the
    restricted wait. Their stays, and the times to a clinician of those not yet seen, are taken as longer than any that
    ended, because leaving them out would leave out the longest: a median or 95th percentile that falls among them is
    infinite, and so is a mean with one of them. Front-door measures cover the patients to whom the event happened.
    `unfinished` counts those still there; a run with any should be longer. Patients with an end but no departure time
    are left out of measures that need it.
    """
    measured = arrived_in(patients, window)
    groups = Groups(measured, own)
    names: list[MeasureName] = []
    values: list[float] = []
    for name, statistic, quantity in chain(quantities(measured), own_quantities(measured, own)):
        definition = definition_of(name, own.definitions)
        chosen = groups.summarise(definition, statistic, quantity)
        if by_name is not None and statistic == "mean":
            by_name[name] = quantity
        names += [MeasureName(name, definition.unit, label) for label in chosen]
        values += chosen.values()
    return Measures(tuple(names), np.array(values, dtype=float))
