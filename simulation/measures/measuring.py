"""The NHS measures of one table of patients, by which a department is judged.

Everything is counted over attendances that arrived in a window and are followed to their end. Nothing here knows
whether the table was simulated. Measures count from arrival, except `decision_to_departure_*`, which count from the
decision to admit.

A measure that needs a point in time which the table does not record is absent. Groups without patients are NaN.

How groups are measured: a *partition* (such as age bands) puts every patient into at most one of its groups; a *cell*
holds the patients who are in the same group of every partition. A quantity is added up once by cell, and the sum of a
group is that of its cells. Sums by day of arrival (`daily_sums`) are for evaluations, which add them up to weeks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.department.config_dataclass import config_dataclass
from simulation.department.own_measures import LEVELS_1_2
from simulation.department.vocabulary import ACUITY_GIVEN, ACUITY_TRUE, ARRIVAL_SOURCE
from simulation.errors import ResultsError, nearest
from simulation.measures.definitions import (
    ALL,
    MANCHESTER_TARGETS,
    Definition,
    definition_of,
    definitions,
    nearest_measure,
)
from simulation.measures.quantities import (
    NOTHING_OWN,
    Number,
    Own,
    Quantities,
    Share,
    Statistic,
    Window,
    arrived_in,
    has_levels_1_2,
    mask_labelled,
    members,
    own_quantities,
    quantities,
    ratio,
)
from simulation.records.schema import MISSING, Floats, Ints, Mask, Patients

if TYPE_CHECKING:
    import pandas as pd

GROUPED_BY = (ACUITY_TRUE, "age_band", "sex", ARRIVAL_SOURCE, "language_need", "complaint")
COVERAGE = "coverage"
"""The attribute that says whom a tool is used for, in a study that tells direct effect and spillover apart."""
LABEL = "label"
LABELS = ("right", "under", "over")


class Partition(NamedTuple):
    """Groups of which a patient is in at most one: their labels, and each patient's code, shape (n,), or MISSING."""

    labels: tuple[str, ...]
    codes: NDArray[np.integer[Any]]


def _group(label: str, members: Mask) -> Partition:
    """A partition of one group."""
    return Partition((label,), np.where(members, 0, MISSING))


class Cells:
    """The cells of some partitions (see the head of the file), and each patient's cell."""

    def __init__(self, partitions: Sequence[Partition], n_patients: int) -> None:
        self.partitions = partitions
        cell, n_cells = np.zeros(n_patients, dtype=np.int64), 1
        for partition in partitions:
            size = n_cells * (len(partition.labels) + 1)
            cell, n_cells = _renumber(
                cell * (len(partition.labels) + 1) + partition.codes + 1, size
            )
        member = np.zeros(n_cells, dtype=np.int64)
        member[cell] = np.arange(n_patients)
        self._cell, self._n_cells = cell, n_cells
        self._group_of_cell = [partition.codes[member] + 1 for partition in partitions]
        self._sorted: dict[Number, tuple[Floats, ...]] = {}

    def means(self, quantity: Number | Share) -> Iterator[float]:
        """The mean in each group, partition by partition."""
        counted, total = quantity.totals(self._cell, self._n_cells)
        for partition, group in zip(self.partitions, self._group_of_cell, strict=True):
            n, sums = (
                np.bincount(group, weights=weights, minlength=len(partition.labels) + 1)[1:]
                for weights in (counted, total)
            )
            yield from ratio(sums, n).tolist()

    def in_order(self, number: Number) -> tuple[Floats, ...]:
        """The numbers of each group, smallest first, partition by partition."""
        if number not in self._sorted:
            cell = self._cell[number.rows_in_order]
            by_group: list[Floats] = []
            for partition, group_of_cell in zip(self.partitions, self._group_of_cell, strict=True):
                group = group_of_cell[cell]
                by_group += [
                    number.in_order[np.flatnonzero(group == 1 + code)]
                    for code in range(len(partition.labels))
                ]
            self._sorted[number] = tuple(by_group)
        return self._sorted[number]


def _renumber(cell: Ints, size: int) -> tuple[Ints, int]:
    """The cells renumbered without the empty ones, and their number."""
    used = np.bincount(cell, minlength=size) > 0
    return (np.cumsum(used) - 1)[cell], int(used.sum())


class Groups:
    """All groups. They follow from the table's categories, not from who came, so they are the same in every arm."""

    def __init__(self, patients: Patients, own: Own = NOTHING_OWN) -> None:
        attributes = {
            name: Partition(_labels_of(name, patients), patients[name])
            for name in GROUPED_BY
            if patients.known(name)
        }
        partitions = list(attributes.values())
        if has_levels_1_2(patients):
            partitions.append(
                _group(LEVELS_1_2, (patients[ACUITY_TRUE] >= 0) & (patients[ACUITY_TRUE] <= 1))
            )
        if patients.known(COVERAGE):
            partitions.append(Partition(_labels_of(COVERAGE, patients), patients[COVERAGE]))
            partitions.append(_group(f"{COVERAGE}=never", patients[COVERAGE] > 0))
        hour = np.floor(patients["arrived_at"]).astype(np.int64) // 60 % 24
        outcome = Partition(
            ("outcome=admitted", "outcome=not_admitted"), np.where(patients.admitted(), 0, 1)
        )
        by_kind = {
            "attributes": partitions,
            # in cells of their own, so that no other number depends on them
            "own": [_group(name, members(name, patients, own)) for name in own.groups],
            "outcome": [outcome],
            "label": [],
            "arrival_hour": [
                Partition(tuple(f"arrival_hour={number:02d}" for number in range(24)), hour)
            ],
            "target_levels": [
                partition
                for partition in partitions
                if partition.labels == (LEVELS_1_2,) or partition is attributes.get(ACUITY_TRUE)
            ],
        }
        compared = mask_labelled(patients)
        if compared is not None:
            sign = np.sign(
                patients[ACUITY_GIVEN] - patients[ACUITY_TRUE]
            )  # 0 right, 1 under, -1 over
            labels = tuple(f"{LABEL}={name}" for name in LABELS)
            by_kind["label"].append(Partition(labels, np.where(compared, sign % 3, MISSING)))
        self._cells = {
            kind: Cells(parts, len(patients)) for kind, parts in by_kind.items() if parts
        }

    def summarise(
        self, definition: Definition, statistic: Statistic, quantity: Number | Share
    ) -> dict[str, float]:
        """A measure in every group that it has, by label."""
        if "target_levels" in definition.groups:
            with_target = {LEVELS_1_2, *(f"{ACUITY_TRUE}={level}" for level in MANCHESTER_TARGETS)}
            by_level = summarise_groups(statistic, quantity, self._cells["target_levels"])
            return {label: value for label, value in by_level.items() if label in with_target}
        by_label = {ALL: summarise(statistic, quantity)}
        for kind, cells in self._cells.items():
            if ("attributes" if kind == "own" else kind) in definition.groups:
                by_label |= summarise_groups(statistic, quantity, cells)
        return by_label


def _labels_of(column: str, patients: Patients) -> tuple[str, ...]:
    return tuple(f"{column}={category}" for category in patients.known(column))


def summarise(statistic: Statistic, quantity: Number | Share) -> float:
    """The statistic over all who count."""
    if isinstance(quantity, Number) and statistic != "mean":
        return quantile_of_sorted(quantity.in_order, statistic)
    return quantity.mean()


def summarise_groups(
    statistic: Statistic, quantity: Number | Share, cells: Cells
) -> dict[str, float]:
    """The statistic in each group of each partition, by label."""
    labels = [label for partition in cells.partitions for label in partition.labels]
    if isinstance(quantity, Number) and statistic != "mean":
        values = [quantile_of_sorted(group, statistic) for group in cells.in_order(quantity)]
    else:
        values = list(cells.means(quantity))
    return dict(zip(labels, values, strict=True))


def quantile_of_sorted(values: Floats, share: float) -> float:
    """A quantile of sorted values, linear between neighbours (numpy's default); NaN if empty, inf next to inf.

    >>> quantile_of_sorted(np.array([1.0, 2.0, 4.0]), 0.75)
    3.0
    """
    if not len(values):
        return np.nan
    position = share * (len(values) - 1)
    low = int(position)
    high = low if position == low else low + 1
    if not np.isfinite(values[high]):
        return np.inf
    return float(values[low] + (values[high] - values[low]) * (position - low))


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


DAY_MINUTES = 1440.0


@config_dataclass
class DailyOutcome:
    """A mean or a share of which a run keeps number of patients, sum and sum of squares for each day of arrival.

    Example: `{measure: wait_to_clinician_mean, group: "acuity_given=1-2"}`
    """

    measure: str
    """The measure, by its name in the tables: a mean or a share."""
    group: str = ALL
    """Whose: everybody's, or that of one group of patients; `acuity_given=1-2` are those labelled as levels 1 or 2."""


def daily_sums(
    patients: Patients,
    by_name: Quantities,
    outcomes: Sequence[DailyOutcome],
    own: Own,
    window: Window,
) -> Floats:
    """Number, sum and sum of squares of each outcome by day of arrival in a window, shape (n_outcomes * 3 * n_days,).

    `by_name`: the quantities of those who arrived in it (`measure`).
    """
    measured = arrived_in(patients, window)
    n_days = round((window[1] - window[0]) / DAY_MINUTES)
    edges = np.searchsorted(measured["arrived_at"], window[0] + DAY_MINUTES * np.arange(n_days + 1))
    of_groups = {
        group: None if group == ALL else members(group, measured, own)
        for group in {outcome.group for outcome in outcomes}
    }
    sums = [
        by_name[outcome.measure].moments(edges, of_groups[outcome.group]) for outcome in outcomes
    ]
    return np.concatenate([*map(np.ravel, sums)])
