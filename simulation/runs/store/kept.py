"""Tables of a run that are kept on request (`run.keep`): patients, activities and events of every arm and replication.

Replications are simulated again for them, one arm at a time, with the same bits as when they were measured. So a run
whose replications were resumed or computed elsewhere keeps the same bytes, and memory holds one arm's replication.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from simulation.department.vocabulary import Pathway
from simulation.measures.events import events_table
from simulation.measures.patients_table import no_activities, nobody
from simulation.records.schema import MISSING, ActivityTable, Column, Events, Patients, Table
from simulation.records.table_files import read_rows, table_writer
from simulation.runs.replicate import ReplicationResult
from simulation.study.simulate import Simulated, simulate_arms
from simulation.study.study import Kept, ReadyArm, Study

KINDS: Mapping[Kept, type[Table]] = {"patients": Patients, "activities": ActivityTable, "events": Events}
ADDED = ("arm", "replication")
"""Columns that lead every kept table."""
Done = Callable[[int], None]


def unheard(n: int) -> None:
    """Nobody hears of the number."""


def file_of(name: Kept) -> str:
    """The file of a kept table."""
    return f"{name}.parquet"


def kept_among(files: Iterable[str]) -> tuple[Kept, ...]:
    """The kept tables among the files of a folder of results."""
    names = set(files)
    return tuple(name for name in KINDS if file_of(name) in names)


# --- writing ----------------------------------------------------------------------------------------------------------


def write_kept(
    folder: Path,
    study: Study,
    replications: Sequence[ReplicationResult],
    *,
    provenance: Mapping[str, Any],
    done: Done = unheard,
) -> list[str]:
    """Write the tables that a study keeps into a folder; the names of the files.

    `done(n)` is called when n replications are written. Raises ResultsError if the folder cannot be written.
    """
    names = [name for name in KINDS if name in study.run.keep]
    if not names:
        return []
    all_columns = {name: _AllColumns(name, study.arms) for name in names}
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(table_writer(folder / file_of(name), provenance=provenance)) for name in names
        }
        for n_done, replication in enumerate(replications, start=1):
            number = replication.replication
            for ready, simulated in simulate_arms(study, number, cool_down_days=replication.cool_down_days):
                for name in names:
                    table = table_of(name, ready.pathway, simulated)
                    writers[name](all_columns[name].laid_out(table, ready.name, number))
                del simulated, table  # else they stay in memory while the next arm is simulated
            done(n_done)
    return [file_of(name) for name in names]


def table_of(name: Kept, pathway: Pathway, simulated: Simulated) -> Table:
    """One of the tables of one arm's replication."""
    if name == "patients":
        return simulated.patients
    if name == "activities":
        return simulated.activities
    return events_table(pathway, simulated.patients, simulated.activities)


def _empty(name: Kept, pathway: Pathway) -> Table:
    """A table without rows: the columns and categories that a department gives it."""
    if name == "patients":
        return nobody(pathway)
    if name == "activities":
        return no_activities(pathway)
    return events_table(pathway, nobody(pathway), no_activities(pathway))


class _AllColumns:
    """Columns and categories that hold the tables of every arm, whose departments may differ."""

    def __init__(self, name: Kept, arms: Sequence[ReadyArm]) -> None:
        self._kind = KINDS[name]
        empties = [_empty(name, pathway) for pathway in {id(arm.pathway): arm.pathway for arm in arms}.values()]
        self._columns = tuple(dict.fromkeys(column for empty in empties for column in empty.columns))
        categorical = dict.fromkeys(column for empty in empties for column in empty.categories)
        self._categories = {
            "arm": tuple(arm.name for arm in arms),
            **{
                column: tuple(dict.fromkeys(category for empty in empties for category in empty.known(column)))
                for column in categorical
            },
        }

    def laid_out(self, table: Table, arm: str, replication: int) -> Table:
        """The table of one arm's replication in these columns, codes into these categories."""
        columns: dict[str, Column] = {
            "arm": np.full(len(table), self._categories["arm"].index(arm), dtype=np.int16),
            "replication": np.full(len(table), replication, dtype=np.int32),
        }
        for name in self._columns:
            if name in ADDED:
                continue
            if name in self._categories:
                columns[name] = _recoded(table, name, self._categories[name])
            else:
                columns[name] = table[name] if name in table else np.full(len(table), np.nan)
        return self._kind(columns, self._categories)


def _recoded(table: Table, column: str, known: tuple[str, ...]) -> Column:
    """A column's codes in the categories `known`; MISSING where the table has no such column or category."""
    if column not in table:
        return np.full(len(table), MISSING, dtype=np.int16)
    code_of = {name: code for code, name in enumerate(known)}
    codes = [code_of.get(name, MISSING) for name in table.known(column)]
    return np.array([*codes, MISSING], dtype=np.int16)[table[column]]  # a missing code is -1: the last


# --- reading ----------------------------------------------------------------------------------------------------------


def read_kept(folder: Path, name: Kept, ready: ReadyArm, replication: int) -> Table:
    """A kept table of one arm's replication, as it was simulated.

    Raises ResultsError if the file is missing or is something else.
    """
    table = read_rows(folder / file_of(name), KINDS[name], arm=ready.name, replication=replication)
    empty = _empty(name, ready.pathway)
    columns = {
        column: _recoded(table, column, empty.known(column)) if column in empty.categories else table[column]
        for column in empty.columns
    }
    return KINDS[name](columns, empty.categories)
