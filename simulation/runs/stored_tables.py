"""What is stored of a run in tables: replications as rows, and the tables of patients that are kept on request.

Replications are rows of a file, one for each arm, and come back to the last bit.

For tables of patients, activities and events (`run.keep`) replications are simulated again, one arm at a time, with the
same bits as when they were measured. So a run whose replications were resumed or computed elsewhere keeps the same
bytes, and memory holds one arm's replication.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import numpy as np

from simulation.department.vocabulary import Pathway
from simulation.errors import ResultsError
from simulation.measures.events import events_table
from simulation.measures.measuring import MeasureName, Measures, shared_names
from simulation.measures.occupancy import DayProfile
from simulation.measures.patients_table import no_activities, nobody
from simulation.records.schema import (
    MISSING,
    ActivityTable,
    Column,
    Events,
    Floats,
    Patients,
    Table,
)
from simulation.records.serialise import Plain
from simulation.records.table_files import ListColumn, read_rows, table_writer
from simulation.runs.replicate import ArmReplication, Count, ReplicationResult, day_shapes
from simulation.runs.running import Done, no_progress
from simulation.statistics.coverage_effects import Shares
from simulation.study.simulate import Simulated, simulate_arms
from simulation.study.study import Kept, ReadyArm, Study

SHARES = ("better", "worse", "n_paired", "n_unpaired")
COUNTS: tuple[Count, ...] = get_args(Count)
FORM = 2
"""The form of the rows. In the first, which states none, all but the last of `COUNTS` are those of all arms together,
in the row of each."""
NONE = np.empty(0)
NO_SHARES = Shares(np.nan, np.nan, -1, -1)
"""What is stored where the shares are not known."""
N_GROUPS = 4
"""Rows of the waits of one arm: three groups of coverage, and those never covered."""


@dataclass(frozen=True)
class RowLayout:
    """What the rows of each arm have in common: the names of its measures, and of what its day profiles hold.

    names     by arm, (measure, unit, group) in order
    profiles  by arm, the names of `pools`, `steps` and `triggers`; an arm without profiles is left out
    form      of the rows (`FORM`)
    """

    names: Mapping[str, tuple[MeasureName, ...]]
    profiles: Mapping[str, Mapping[str, tuple[str, ...]]]
    form: int = FORM

    @classmethod
    def of(cls, replications: Sequence[ReplicationResult]) -> RowLayout:
        """The layout of some replications. Raises ResultsError if their measures differ."""
        names: dict[str, tuple[MeasureName, ...]] = {}
        profiles: dict[str, dict[str, tuple[str, ...]]] = {}
        for replication in replications:
            for arm, outcome in replication.arms.items():
                known = names.setdefault(arm, outcome.measures.names)
                if known is not outcome.measures.names and known != outcome.measures.names:
                    raise ResultsError(
                        f"replication {replication.replication}, arm '{arm}': its measures differ from those of other "
                        "replications, so they cannot be stored together"
                    )
                if (day := outcome.day) is not None:
                    known_triggers = profiles.get(arm, {}).get("triggers", ())
                    triggers = tuple(dict.fromkeys((*known_triggers, *day.triggered)))
                    profiles[arm] = {"pools": day.pools, "steps": day.steps, "triggers": triggers}
        return cls(names, profiles)

    def plain(self) -> Plain:
        """The layout as JSON holds it; measures that several arms share are listed once."""
        lists = list(dict.fromkeys(self.names.values()))
        return {
            "arms": {arm: lists.index(names) for arm, names in self.names.items()},
            "names": [list(map(list, names)) for names in lists],
            "profiles": self.profiles,
            "form": self.form,
        }

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> RowLayout:
        """The layout from its plain form."""
        lists = [_measure_names(tuple(map(tuple, names))) for names in content["names"]]
        profiles = {
            arm: {part: tuple(names) for part, names in profile.items()}
            for arm, profile in content["profiles"].items()
        }
        names = {arm: lists[number] for arm, number in content["arms"].items()}
        return cls(names, profiles, content.get("form", 1))


@lru_cache(maxsize=64)
def _measure_names(plain: tuple[tuple[str, str, str], ...]) -> tuple[MeasureName, ...]:
    """Names of measures from their plain form; cached, because most parts of a run have the same."""
    return shared_names(tuple(MeasureName(*name) for name in plain))


def columns_of(
    replications: Sequence[ReplicationResult], layout: RowLayout, *, values: bool
) -> dict[str, Any]:
    """One row for each replication and arm, in order; measures only with `values`."""
    rows = [(replication, arm) for replication in replications for arm in replication.arms]
    outcomes = [replication.arms[arm] for replication, arm in rows]
    shares = [outcome.shares or NO_SHARES for outcome in outcomes]
    columns: dict[str, Any] = {
        "replication": np.array(
            [replication.replication for replication, _ in rows], dtype=np.int32
        ),
        "arm": [arm for _, arm in rows],
        "cool_down_days": np.array(
            [replication.cool_down_days for replication, _ in rows], dtype=np.int64
        ),
        **{
            name: np.array([getattr(outcome, name) for outcome in outcomes], dtype=np.int64)
            for name in COUNTS
        },
        **{name: np.array([getattr(share, name) for share in shares]) for name in SHARES},
        "day": ListColumn(
            [
                None if day is None else _packed(day, layout.profiles[arm]["triggers"])
                for (_, arm), day in zip(rows, (outcome.day for outcome in outcomes), strict=True)
            ]
        ),
        "waits": ListColumn([outcome.waits for outcome in outcomes]),
        "months": ListColumn(
            [np.array([month for month, _ in outcome.months], dtype=float) for outcome in outcomes]
        ),
        "month_values": ListColumn(
            [
                np.concatenate([NONE, *(measures.values for _, measures in outcome.months)])
                for outcome in outcomes
            ]
        ),
    }
    if any(outcome.daily is not None for outcome in outcomes):
        columns["daily"] = ListColumn([outcome.daily for outcome in outcomes])
    if values:
        columns["values"] = ListColumn([outcome.measures.values for outcome in outcomes])
    return columns


def replications_of(
    columns: Mapping[str, Any], layout: RowLayout, values: Sequence[Floats], *, n_arms: int
) -> list[ReplicationResult]:
    """The replications from which `columns_of` made the columns; clock times are NaN.

    `values`: by row, the values of its measures. Counts of all arms together, as the first form has them, stand in the
    first arm.
    """
    if layout.form == 1:
        is_first = np.arange(len(values)) % n_arms == 0
        columns = {**columns, **{name: columns[name] * is_first for name in COUNTS[:-1]}}
    arms = columns["arm"].tolist()
    rows = [
        _arm_replication(columns, layout, arm, number, values[number])
        for number, arm in enumerate(arms)
    ]
    of_all = {name: columns[name].tolist() for name in ("replication", "cool_down_days")}
    return [
        ReplicationResult(
            **{name: column[start] for name, column in of_all.items()},
            arms=dict(zip(arms[start : start + n_arms], rows[start : start + n_arms], strict=True)),
            engine_seconds=np.nan,
            seconds=np.nan,
        )
        for start in range(0, len(rows), n_arms)
    ]


def _arm_replication(
    columns: Mapping[str, Any], layout: RowLayout, arm: str, row: int, values: Floats
) -> ArmReplication:
    """The results of one arm in one replication, from a row of the columns."""
    names = layout.names[arm]
    shares = Shares(*(columns[name][row].item() for name in SHARES))
    waits, months = columns["waits"][row], columns["months"][row]
    by_month = columns["month_values"][row].reshape(len(months), -1) if len(months) else ()
    return ArmReplication(
        measures=Measures(names, values),
        day=None if columns["day"][row] is None else _unpacked(columns["day"][row], layout, arm),
        shares=shares if shares.n_paired >= 0 else None,
        **{name: int(columns[name][row]) for name in COUNTS},
        waits=None if waits is None else waits.reshape(N_GROUPS, -1),
        daily=columns["daily"][row] if "daily" in columns else None,
        months=tuple(
            (int(month), Measures(names, of_month))
            for month, of_month in zip(months.tolist(), by_month, strict=True)
        ),
    )


def _packed(day: DayProfile, triggers: Sequence[str]) -> Floats:
    """A day profile as one row of numbers; a trigger that only other departments have is never on."""
    parts = [getattr(day, name).ravel() for name in day_shapes(day.pools, day.steps)]
    return np.array([*np.concatenate(parts), *(day.triggered.get(name, 0.0) for name in triggers)])


def _unpacked(row: Floats, layout: RowLayout, arm: str) -> DayProfile:
    """The day profile that `_packed` made one row of numbers."""
    pools, steps, triggers = (layout.profiles[arm][part] for part in ("pools", "steps", "triggers"))
    parts: dict[str, Floats] = {}
    start = 0
    for name, shape in day_shapes(pools, steps).items():
        parts[name] = row[start : start + math.prod(shape)].reshape(shape)
        start += math.prod(shape)
    return DayProfile(
        pools=pools,
        steps=steps,
        triggered=dict(zip(triggers, row[start:].tolist(), strict=True)),
        **parts,
    )


KINDS: Mapping[Kept, type[Table]] = {
    "patients": Patients,
    "activities": ActivityTable,
    "events": Events,
}


def file_of(name: Kept) -> str:
    """The file of a kept table."""
    return f"{name}.parquet"


def kept_among(files: Iterable[str]) -> tuple[Kept, ...]:
    """The kept tables among the files of a folder of results."""
    names = set(files)
    return tuple(name for name in KINDS if file_of(name) in names)


# --- tables of patients: writing --------------------------------------------------------------------------------------


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
                    table = kept_table(name, ready.pathway, simulated)
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


def kept_table(name: Kept, pathway: Pathway, simulated: Simulated) -> Table:
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


# --- tables of patients: reading --------------------------------------------------------------------------------------


def read_kept(folder: Path, name: Kept, ready: ReadyArm, replication: int) -> Table:
    """A kept table of one arm's replication, as it was simulated.

    Raises ResultsError if the file is missing or is something else.
    """
    table = read_rows(folder / file_of(name), KINDS[name], arm=ready.name, replication=replication)
    empty = _empty(name, ready.pathway)
    return KINDS[name](_laid_out(table, empty), empty.categories)
