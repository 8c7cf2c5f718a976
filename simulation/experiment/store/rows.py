"""Replications as rows of a file, one for each arm, and back to the last bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from simulation.analysis.measures import MeasureName, Measures, shared_names
from simulation.analysis.profile import DayProfile
from simulation.analysis.shares import Shares
from simulation.errors import ResultsError
from simulation.experiment.replicate import ArmReplication, ReplicationResult
from simulation.records.columns import Lists
from simulation.records.schema import Floats

COUNTS = ("cool_down_days", "n_attendances", "n_activities", "n_events")
"""Of a replication; the same in the rows of all its arms."""
DAY = (
    "arrivals",
    "census",
    "boarders",
    "boarders_by_weekday",
    "busy",
    "busy_mean",
    "occupied_midnight",
    "beds_midnight",
    "waiting",
    "working",
)
"""Arrays of a day profile, in the order in which they are strung together."""


@dataclass(frozen=True)
class Layout:
    """What the rows of an arm have in common: names of measures, and of what a day profile tells.

    `names`: by arm, (measure, unit, group) in order; `pools`, `steps`, `triggers`: by arm, of its day profiles (none if
    it has none).
    """

    names: Mapping[str, tuple[MeasureName, ...]]
    pools: Mapping[str, tuple[str, ...]]
    steps: Mapping[str, tuple[str, ...]]
    triggers: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, replications: Sequence[ReplicationResult]) -> Layout:
        """The layout of some replications. Raises ResultsError if they do not have one in common."""
        names: dict[str, tuple[MeasureName, ...]] = {}
        pools: dict[str, tuple[str, ...]] = {}
        steps: dict[str, tuple[str, ...]] = {}
        triggers: dict[str, tuple[str, ...]] = {}
        for replication in replications:
            for arm, of_arm in replication.arms.items():
                known = names.setdefault(arm, of_arm.measures.names)
                if known is not of_arm.measures.names and known != of_arm.measures.names:
                    raise ResultsError(
                        f"replication {replication.replication}, arm '{arm}': its measures differ from those of other "
                        "replications, so they cannot be stored together"
                    )
                if of_arm.day is not None and arm not in pools:
                    pools[arm], steps[arm] = of_arm.day.pools, of_arm.day.steps
                    triggers[arm] = tuple(of_arm.day.triggered)
        return cls(names, pools, steps, triggers)

    def plain(self) -> dict[str, Any]:
        """As JSON can say it; measures that several arms share are listed once."""
        lists: list[list[list[str]]] = []
        which = {}
        for arm, names in self.names.items():
            as_list = [list(name) for name in names]
            if as_list not in lists:
                lists.append(as_list)
            which[arm] = lists.index(as_list)
        profiles = {
            arm: {"pools": self.pools[arm], "steps": self.steps[arm], "triggers": self.triggers[arm]}
            for arm in self.pools
        }
        return {"arms": which, "names": lists, "profiles": profiles}

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> Layout:
        """Out of its plain form."""
        lists = [_names(tuple(map(tuple, names))) for names in content["names"]]
        profiles = content["profiles"]
        parts = ({arm: tuple(each[key]) for arm, each in profiles.items()} for key in ("pools", "steps", "triggers"))
        return cls({arm: lists[number] for arm, number in content["arms"].items()}, *parts)


@lru_cache(maxsize=64)
def _names(plain: tuple[tuple[str, str, str], ...]) -> tuple[MeasureName, ...]:
    """Names of measures out of their plain form, which most parts of a run have in common."""
    return shared_names(tuple(MeasureName(*name) for name in plain))


def columns_of(replications: Sequence[ReplicationResult], *, values: bool) -> dict[str, Any]:
    """One row for each replication and arm, in order; measures only with `values`."""
    rows = [(each, arm, of_arm) for each in replications for arm, of_arm in each.arms.items()]
    shares = [of_arm.shares for _, _, of_arm in rows]
    columns: dict[str, Any] = {
        "replication": np.array([each.replication for each, _, _ in rows], dtype=np.int32),
        "arm": [arm for _, arm, _ in rows],
        **{name: np.array([getattr(each, name) for each, _, _ in rows], dtype=np.int64) for name in COUNTS},
        "n_unfinished": np.array([of_arm.n_unfinished for _, _, of_arm in rows], dtype=np.int64),
        "better": np.array([np.nan if each is None else each.better for each in shares]),
        "worse": np.array([np.nan if each is None else each.worse for each in shares]),
        "n_paired": np.array([-1 if each is None else each.n_paired for each in shares], dtype=np.int64),
        "n_unpaired": np.array([-1 if each is None else each.n_unpaired for each in shares], dtype=np.int64),
        "day": Lists([None if of_arm.day is None else _strung(of_arm.day) for _, _, of_arm in rows]),
        "waits": Lists([of_arm.waits for _, _, of_arm in rows]),
        "months": Lists([np.array([month for month, _ in of_arm.months], dtype=float) for _, _, of_arm in rows]),
        "month_values": Lists([_joined([each.values for _, each in of_arm.months]) for _, _, of_arm in rows]),
    }
    if values:
        columns["values"] = Lists([of_arm.measures.values for _, _, of_arm in rows])
    return columns


def replications_of(
    columns: Mapping[str, Any], layout: Layout, values: Sequence[Floats], *, n_arms: int
) -> list[ReplicationResult]:
    """The replications that `columns_of` was made from; clock times are not known.

    `values`: by row, of its measures.
    """
    arms = columns["arm"].tolist()
    rows = [_arm_replication(columns, layout, arm, number, values[number]) for number, arm in enumerate(arms)]
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


def _arm_replication(columns: Mapping[str, Any], layout: Layout, arm: str, row: int, values: Floats) -> ArmReplication:
    names = layout.names[arm]
    n_paired = int(columns["n_paired"][row])
    shares = None
    if n_paired >= 0:
        better, worse = float(columns["better"][row]), float(columns["worse"][row])
        shares = Shares(better, worse, n_paired, int(columns["n_unpaired"][row]))
    waits, months = columns["waits"][row], columns["months"][row]
    by_month = columns["month_values"][row].reshape(len(months), -1) if len(months) else ()
    return ArmReplication(
        measures=Measures(names, values),
        day=None if columns["day"][row] is None else _unstrung(columns["day"][row], layout, arm),
        shares=shares,
        n_unfinished=int(columns["n_unfinished"][row]),
        waits=None if waits is None else waits.reshape(N_GROUPS, -1),
        months=tuple(
            (int(month), Measures(names, mine)) for month, mine in zip(months.tolist(), by_month, strict=True)
        ),
    )


N_GROUPS = 4
"""Rows of the waits of one arm: three groups of coverage, and those never covered."""


def _joined(arrays: Sequence[Floats]) -> Floats:
    return np.concatenate(arrays) if arrays else np.empty(0)


def _strung(day: DayProfile) -> Floats:
    """A day profile in one row of numbers."""
    parts = [np.asarray(getattr(day, name), dtype=float).ravel() for name in DAY]
    return np.concatenate([*parts, np.array(list(day.triggered.values()), dtype=float)])


def _unstrung(row: Floats, layout: Layout, arm: str) -> DayProfile:
    pools, steps, triggers = layout.pools[arm], layout.steps[arm], layout.triggers[arm]
    shapes = {"boarders_by_weekday": (7,), "busy": (len(pools), 24)}
    shapes |= dict.fromkeys(("arrivals", "census", "boarders"), (24,))
    shapes |= dict.fromkeys(("busy_mean", "occupied_midnight", "beds_midnight"), (len(pools),))
    shapes |= dict.fromkeys(("waiting", "working"), (len(steps),))
    parts: dict[str, Floats] = {}
    start = 0
    for name in DAY:
        size = int(np.prod(shapes[name]))
        parts[name] = row[start : start + size].reshape(shapes[name])
        start += size
    return DayProfile(
        pools=pools, steps=steps, triggered=dict(zip(triggers, row[start:].tolist(), strict=True)), **parts
    )
