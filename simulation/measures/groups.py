"""Measures by group. A partition puts every patient into at most one of its groups; sums by cell serve them all."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.department.own_measures import LEVELS_1_2
from simulation.department.vocabulary import ACUITY_GIVEN, ACUITY_TRUE, ARRIVAL_SOURCE
from simulation.measures.definitions import ALL, MANCHESTER_TARGETS, Definition
from simulation.measures.own_quantities import NOTHING_OWN, Own, members
from simulation.measures.quantities import Number, Share, Statistic, has_levels_1_2, labelled, ratio
from simulation.records.schema import MISSING, Floats, Ints, Mask, Patients

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
    """Cells of patients who are in the same groups of every partition; sums over cells give the sum of any group."""

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
        compared = labelled(patients)
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
            by_level = summaries(statistic, quantity, self._cells["target_levels"])
            return {label: value for label, value in by_level.items() if label in with_target}
        by_label = {ALL: summary(statistic, quantity)}
        for kind, cells in self._cells.items():
            if ("attributes" if kind == "own" else kind) in definition.groups:
                by_label |= summaries(statistic, quantity, cells)
        return by_label


def _labels_of(column: str, patients: Patients) -> tuple[str, ...]:
    return tuple(f"{column}={category}" for category in patients.known(column))


def summary(statistic: Statistic, quantity: Number | Share) -> float:
    """The statistic over all who count."""
    if isinstance(quantity, Number) and statistic != "mean":
        return quantile_of_sorted(quantity.in_order, statistic)
    return quantity.mean()


def summaries(statistic: Statistic, quantity: Number | Share, cells: Cells) -> dict[str, float]:
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
