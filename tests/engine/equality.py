"""What equal means for two runs, and how hard the comparison was."""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from simulation.engine.contract import Activities, Changes, Notices, Run
from simulation.engine.plan import Columns
from simulation.units import NEVER

PARTS = ("activities", "changes", "notices")


def assert_equal(one: Run, other: Run, label: str) -> None:
    """The same rows, in the same order, of the same types."""
    n_rows = n_differing(one, other)
    assert n_rows == 0, (
        f"{label}: {n_rows} rows differ in {', '.join(_differing_columns(one, other))}"
    )


def n_differing(one: Run, other: Run) -> int:
    """Rows of all tables that differ, or that only one run has; a column of another type differs in every row."""
    return sum(_n_rows(getattr(one, part), getattr(other, part)) for part in PARTS)


def _n_rows(one: Activities | Changes | Notices, other: Activities | Changes | Notices) -> int:
    first, second = _columns(one), _columns(other)
    n_same, n_rows = sorted(len(next(iter(table.values()))) for table in (first, second))
    differs = np.zeros(n_same, bool)
    for name, array in first.items():
        differs |= (array[:n_same] != second[name][:n_same]) | (array.dtype != second[name].dtype)
    return int(differs.sum()) + n_rows - n_same


def _differing_columns(one: Run, other: Run) -> list[str]:
    return [
        f"{part}.{name}"
        for part in PARTS
        for name, array in _columns(getattr(one, part)).items()
        if not np.array_equal(array, getattr(getattr(other, part), name))
    ] or ["types alone"]


def _columns(table: Activities | Changes | Notices) -> dict[str, NDArray[np.integer]]:
    return {field.name: getattr(table, field.name) for field in fields(table)}


def n_moments(columns: Columns, run: Run) -> tuple[int, int]:
    """Moments at which something happened to a patient (arrived, joined, started, ended), and how many of them
    another patient shares to the tick: where the order of events could matter."""
    table = run.activities
    patients = np.concatenate([np.arange(len(columns)), *[table.patient] * 3])
    ticks = np.concatenate([columns.arrived_at, table.joined_at, table.started_at, table.ended_at])
    happened = (ticks != NEVER) & (ticks < run.horizon)
    moments = np.unique(ticks[happened] * len(columns) + patients[happened])
    _, n_each = np.unique(moments // len(columns), return_counts=True)
    return len(moments), int(n_each[n_each > 1].sum())
