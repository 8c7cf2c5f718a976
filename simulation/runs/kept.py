"""Tables of a run that are kept on request (`run.keep`): patients, activities and events of every arm and replication.

Replications are simulated again for them, one arm at a time, with the same bits as when they were measured. So a run
whose replications were resumed or computed elsewhere keeps the same bytes, and memory holds one arm's replication.
"""

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

KINDS: Mapping[Kept, type[Table]] = {
    "patients": Patients,
    "activities": ActivityTable,
    "events": Events,
}
Done = Callable[[int], None]


def no_progress(n: int) -> None:
    """The callback of progress that does nothing."""


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
    done: Done = no_progress,
) -> list[str]:
    """Write the tables that a study keeps into a folder; the names of the files.

    `done(n)` is called when n replications are written. Raises ResultsError if the folder cannot be written.
    """
    names = [name for name in KINDS if name in study.run.keep]
    if not names:
        return []
    empty = {name: _empty_for_all(name, study.arms) for name in names}
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(table_writer(folder / file_of(name), provenance=provenance))
            for name in names
        }
        for n_done, replication in enumerate(replications, start=1):
            number = replication.replication
            for ready, simulated in simulate_arms(
                study, number, cool_down_days=replication.cool_down_days
            ):
                for name in names:
                    table = table_of(name, ready.pathway, simulated)
                    columns = _laid_out(table, empty[name])
                    arm = empty[name].known("arm").index(ready.name)
                    columns["arm"] = np.full(len(table), arm, dtype=np.int16)
                    columns["replication"] = np.full(len(table), number, dtype=np.int32)
                    writers[name](KINDS[name](columns, empty[name].categories))
                del (
                    simulated,
                    table,
                    columns,
                )  # else they stay in memory while the next arm is simulated
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


def _empty_for_all(name: Kept, arms: Sequence[ReadyArm]) -> Table:
    """A table without rows: arm, replication, and what holds the columns and categories of every arm, whose departments
    may differ."""
    empties = [
        _empty(name, pathway) for pathway in {id(arm.pathway): arm.pathway for arm in arms}.values()
    ]
    columns = ("arm", "replication", *(column for empty in empties for column in empty.columns))
    categories = {
        column: tuple(
            dict.fromkeys(category for empty in empties for category in empty.known(column))
        )
        for column in dict.fromkeys(column for empty in empties for column in empty.categories)
    }
    arm_names = tuple(arm.name for arm in arms)
    return KINDS[name](dict.fromkeys(columns, np.empty(0)), {"arm": arm_names, **categories})


def _laid_out(table: Table, like: Table) -> dict[str, Column]:
    """A table in the columns of another, codes into its categories; NaN where the table has no such column."""
    unknown = np.full(len(table), np.nan)
    return {
        name: _recoded(table, name, like.known(name))
        if name in like.categories
        else table.columns.get(name, unknown)
        for name in like.columns
    }


def _recoded(table: Table, column: str, known: tuple[str, ...]) -> Column:
    """A column's codes in the categories `known`; MISSING where the table has no such column or category."""
    if column not in table:
        return np.full(len(table), MISSING, dtype=np.int16)
    code_of = {name: code for code, name in enumerate(known)}
    codes = [code_of.get(name, MISSING) for name in table.known(column)]
    return np.array([*codes, MISSING], dtype=np.int16)[
        table[column]
    ]  # a missing code is -1: the last


# --- reading ----------------------------------------------------------------------------------------------------------


def read_kept(folder: Path, name: Kept, ready: ReadyArm, replication: int) -> Table:
    """A kept table of one arm's replication, as it was simulated.

    Raises ResultsError if the file is missing or is something else.
    """
    table = read_rows(folder / file_of(name), KINDS[name], arm=ready.name, replication=replication)
    empty = _empty(name, ready.pathway)
    return KINDS[name](_laid_out(table, empty), empty.categories)
