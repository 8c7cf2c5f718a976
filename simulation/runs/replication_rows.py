"""Replications as rows of a file, one for each arm, and back to the last bit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from simulation.errors import ResultsError
from simulation.measures.measuring import MeasureName, Measures, shared_names
from simulation.measures.profile import DayProfile
from simulation.records.schema import Floats
from simulation.records.serialise import Plain
from simulation.records.table_files import ListColumn
from simulation.runs.replicate import ArmReplication, ReplicationResult, day_shapes
from simulation.statistics.sham import Shares

SHARES = ("better", "worse", "n_paired", "n_unpaired")
COUNTS = ("cool_down_days", "n_attendances", "n_activities", "n_events")
"""Numbers of a replication, which are the same in the rows of all its arms."""
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
    """

    names: Mapping[str, tuple[MeasureName, ...]]
    profiles: Mapping[str, Mapping[str, tuple[str, ...]]]

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
                day = outcome.day
                if day is not None and arm not in profiles:
                    profiles[arm] = {
                        "pools": day.pools,
                        "steps": day.steps,
                        "triggers": tuple(day.triggered),
                    }
        return cls(names, profiles)

    def plain(self) -> Plain:
        """The layout as JSON holds it; measures that several arms share are listed once."""
        lists = list(dict.fromkeys(self.names.values()))
        return {
            "arms": {arm: lists.index(names) for arm, names in self.names.items()},
            "names": [list(map(list, names)) for names in lists],
            "profiles": self.profiles,
        }

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> RowLayout:
        """The layout from its plain form."""
        lists = [_measure_names(tuple(map(tuple, names))) for names in content["names"]]
        profiles = {
            arm: {part: tuple(names) for part, names in profile.items()}
            for arm, profile in content["profiles"].items()
        }
        return cls({arm: lists[number] for arm, number in content["arms"].items()}, profiles)


@lru_cache(maxsize=64)
def _measure_names(plain: tuple[tuple[str, str, str], ...]) -> tuple[MeasureName, ...]:
    """Names of measures from their plain form; cached, because most parts of a run have the same."""
    return shared_names(tuple(MeasureName(*name) for name in plain))


def columns_of(replications: Sequence[ReplicationResult], *, values: bool) -> dict[str, Any]:
    """One row for each replication and arm, in order; measures only with `values`."""
    rows = [(replication, arm) for replication in replications for arm in replication.arms]
    outcomes = [replication.arms[arm] for replication, arm in rows]
    shares = [outcome.shares or NO_SHARES for outcome in outcomes]
    columns: dict[str, Any] = {
        "replication": np.array(
            [replication.replication for replication, _ in rows], dtype=np.int32
        ),
        "arm": [arm for _, arm in rows],
        **{
            name: np.array([getattr(replication, name) for replication, _ in rows], np.int64)
            for name in COUNTS
        },
        "n_unfinished": np.array([outcome.n_unfinished for outcome in outcomes], dtype=np.int64),
        **{name: np.array([getattr(share, name) for share in shares]) for name in SHARES},
        "day": ListColumn(
            [None if outcome.day is None else _packed(outcome.day) for outcome in outcomes]
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

    `values`: by row, the values of its measures.
    """
    arms = columns["arm"].tolist()
    rows = [
        _arm_replication(columns, layout, arm, number, values[number])
        for number, arm in enumerate(arms)
    ]
    counts = {name: columns[name].tolist() for name in ("replication", *COUNTS)}
    return [
        ReplicationResult(
            **{name: column[start] for name, column in counts.items()},
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
        n_unfinished=int(columns["n_unfinished"][row]),
        waits=None if waits is None else waits.reshape(N_GROUPS, -1),
        daily=columns["daily"][row] if "daily" in columns else None,
        months=tuple(
            (int(month), Measures(names, of_month))
            for month, of_month in zip(months.tolist(), by_month, strict=True)
        ),
    )


def _packed(day: DayProfile) -> Floats:
    """A day profile as one row of numbers."""
    parts = [getattr(day, name).ravel() for name in day_shapes(day.pools, day.steps)]
    return np.concatenate([*parts, [*day.triggered.values()]], dtype=float)


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
