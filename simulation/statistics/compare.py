"""Compare arms with a baseline, paired by replication: `compare_arms` makes one `Comparison` a measure, group and arm.

Patients are never the unit: they share queues, so they are not independent.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulation.department.own_measures import Better
from simulation.errors import ResultsError, nearest
from simulation.measures.definitions import Definition, definition_of
from simulation.measures.measuring import MeasureName, Measures
from simulation.records.schema import Floats
from simulation.statistics.critical_values import (
    IntervalKind,
    Weakness,
    has_too_few_days,
    sides,
    weakness_of,
    widen_for_one,
    width_factor,
)
from simulation.statistics.departments import Department, ranges
from simulation.statistics.intervals import (
    LEVEL,
    Interval,
    bounds,
    critical_value,
    estimate_interval,
    estimate_intervals,
    estimate_within_departments,
    t_quantile,
    tail_level,
)

if TYPE_CHECKING:
    import pandas as pd

TIDY = (
    "arm", "measure", "unit", "group", "mean", "low", "high", "baseline", "difference", "difference_low",
    "difference_high", "simulated_low", "simulated_high", "n_replications", "department_median", "department_p5",
    "department_p95", "n_departments",
)  # fmt: skip
"""The columns of `summary.csv`."""


@dataclass(frozen=True)
class Comparison:
    """One arm, one measure, one group: its mean, and its paired difference from the baseline arm.

    `baseline` is the baseline arm's name. Unknown numbers are NaN. Every number rests on the `n_replications` in which
    both arms have the measure, out of `of` (0: all of them). So the baseline's mean is `mean - difference`, which
    differs from the baseline's own row if a replication lacks the measure in this arm.

    - `interval_kind`: the kind of its intervals
    - `largest_share`: the share of the difference's variance that is due to one replication
    - `level_share`: the same of the mean's variance
    - `opposite`: the difference that lies furthest out on the other side of the mean from that replication
    - `tail`: how much longer one side of the interval is at levels above 95 %, and in always-valid intervals,
      for skewness; its sign says which (`critical_values.sides`)
    - `short`: whether too few days were measured for any interval of this measure
    - `own`: the definition of a measure of the user's own
    - `few_departments`: the number of departments, where it is too small for any verdict; else 0

    Over an ensemble the mean counts each department once, and its interval, of `degrees` degrees of freedom, is that of
    the mean over departments as a sample (`statistics/intervals.py`; while a result grows it uses each department's
    first replication). `simulated_low` and `simulated_high` are the difference's interval for simulation noise alone,
    in these departments; NaN while a result grows. `department_median`, `department_p5` and `department_p95` are
    quantiles of the difference over the `n_departments` departments, simulation noise removed; NaN for fewer than 20.
    `by_range`: whether verdicts are about one department like these, and so are read from the range as well.
    """

    arm: str
    measure: str
    unit: str
    group: str
    mean: float
    low: float
    high: float
    baseline: str
    difference: float
    difference_low: float
    difference_high: float
    n_replications: int
    level: float = LEVEL
    interval_kind: IntervalKind = "fixed_sample"
    of: int = 0
    largest_share: float = 0.0
    level_share: float = 0.0
    opposite: float = np.nan
    tail: float = 0.0
    short: bool = False
    own: Definition | None = None
    degrees: float | None = None
    simulated_low: float = np.nan
    simulated_high: float = np.nan
    department_median: float = np.nan
    department_p5: float = np.nan
    department_p95: float = np.nan
    n_departments: int = 1
    few_departments: int = 0
    by_range: bool = False

    @property
    def better(self) -> Better:
        """Which way is better. Raises ResultsError for a measure that is not defined."""
        return definition_of(
            self.measure, {} if self.own is None else {self.measure: self.own}
        ).better

    @property
    def half_width(self) -> float:
        """Half the length of the difference's interval."""
        return (self.difference_high - self.difference_low) / 2

    @property
    def short_side(self) -> float:
        """The length of the interval on the side away from the long tail: half of it, if neither side is longer."""
        return 2 * self.half_width / sum(self._sides(self.level))

    @property
    def spread(self) -> float:
        """The standard deviation of the difference between replications, or departments, times the factor by which
        skewness widens an interval; NaN where there is no interval."""
        if self.n_replications < 2:
            return np.nan
        return self.short_side * math.sqrt(self.sample[0]) / self._critical_value(self.level)

    @property
    def level_weakness(self) -> Weakness | None:
        """Why no definite statement may rest on the interval of its mean; None if one may."""
        return self._weakness((self.high - self.low) / 2, self.level_share)

    @property
    def weakness(self) -> Weakness | None:
        """Why no definite verdict may rest on its difference; None if one may."""
        if self.few_departments:
            return "few departments"
        return self._weakness(self.half_width, self.largest_share)

    @property
    def width_factor(self) -> float:
        """How many times as wide as the interval shown the one is from which a verdict is read; NaN if no verdict may
        be read."""
        always_valid = self.interval_kind == "always_valid"
        return width_factor(self.weakness, self.sample[0], always_valid=always_valid)

    @property
    def sample(self) -> tuple[int, str]:
        """How many independent numbers its interval rests on, and what each is of: a department, or a replication."""
        if self.degrees is None:
            return self.n_replications, "replication"
        return round(self.degrees) + 1, "department"

    def _weakness(self, half_width: float, share: float) -> Weakness | None:
        if self.interval_kind == "none":
            return "not calibrated"
        if self.short:
            return "rare spells"
        return weakness_of(self.n_replications, of=self.of, spread=half_width, largest_share=share)

    def _critical_value(self, level: float) -> float:
        if self.degrees is not None:
            return t_quantile(self.degrees, level)
        return critical_value(self.n_replications, level, self.interval_kind)

    def _sides(self, level: float) -> tuple[float, float]:
        """How many times as long the lower and the upper side are at a level as without a long tail."""
        return sides(self.tail, tail_level(self.n_replications, level, self.interval_kind))

    def level_of(self, family: int) -> float:
        """The level of each of so many intervals that makes all of them hold together at `level` (Bonferroni)."""
        return 1 - (1 - self.level) / family

    def together(self, family: int) -> tuple[float, float]:
        """The difference's interval as one of a family that hold together at `level`; unchanged for a family of 1.

        NaN where there is none, or where no definite verdict may rest on it; wider where one replication makes it
        (`widen_for_one`), and on the side of the long tail where differences are skewed.
        """
        if self.n_replications < 2 or (family == 1 and self.width_factor == 1):
            return self.difference_low, self.difference_high
        return self.together_at(self.level_of(family))

    def with_range(self, low: float, high: float) -> tuple[float, float]:
        """An interval, widened to the range of departments if verdicts are about one department (`by_range`)."""
        if not self.by_range or math.isnan(self.department_p5):
            return low, high
        return min(low, self.department_p5), max(high, self.department_p95)

    def together_at(self, level: float) -> tuple[float, float]:
        """The difference's interval at another level; as `together`, of two replications or more."""
        ratio = self._critical_value(level) / self._critical_value(self.level)
        lower, upper = (side * ratio * self.short_side for side in self._sides(level))
        ends = self.difference - lower, self.difference + upper
        return widen_for_one(ends, self.difference, self.width_factor, self.opposite)


def compare_values(
    values: Floats,
    baseline: Floats,
    *,
    level: float = LEVEL,
    kind: IntervalKind = "fixed_sample",
    department: Department | None = None,
) -> Interval:
    """The mean difference `values - baseline`, paired by replication (entry k of both is replication k).

    Raises ResultsError if they have not the same number of replications.
    """
    if values.shape != baseline.shape:
        raise ResultsError(
            f"compare: {values.shape[0]} replications against {baseline.shape[0]}. Pair them: run both arms alike"
        )
    return estimate_interval(
        subtract_pairs(values, baseline), level=level, kind=kind, department=department
    )


def subtract_pairs(values: Floats, baseline: Floats) -> Floats:
    """`values - baseline`; infinite where either is, because a stay that has not ended has no known difference."""
    unended = np.isinf(values) | np.isinf(baseline)
    difference: Floats = np.where(unended, 0.0, values) - np.where(unended, 0.0, baseline)
    difference[unended] = np.inf
    return difference


def compare_arms(
    arms: Mapping[str, Sequence[Measures]],
    baseline: str,
    *,
    kind: IntervalKind = "fixed_sample",
    defined: Mapping[str, Definition] = MappingProxyType({}),
    measured_days: float | None = None,
    stated: Collection[str] = (),
    department: Department | None = None,
    few: int = 0,
    by_range: bool = False,
) -> tuple[Comparison, ...]:
    """Every arm's measures and paired differences, the baseline's own rows included (difference 0).

    `arms`: by arm the measures of its replications, in the same order of replications; `defined`: measures of the
    user's own, by name; `measured_days` of each, if known: a measure that rare spells decide has no interval where
    there are too few, unless the study states it (`stated`); `department`: which one each replication used, over an
    ensemble; `few`: how many there are, where they are too few for any verdict; `by_range`: whether verdicts are about
    one such department; its range is then drawn with the variance between departments at its upper limit. Measures
    that only some arms have are left out. Raises ResultsError for an unknown baseline or unequal numbers of
    replications.
    """
    if baseline not in arms:
        raise ResultsError(f"baseline '{baseline}' is not an arm. {nearest(baseline, arms)}")
    shared = _shared_names(arms)
    tables = {arm: _stack(replications, shared) for arm, replications in arms.items()}
    rows: list[Comparison] = []
    for arm, table in tables.items():
        if table.shape != tables[baseline].shape:
            raise ResultsError(
                f"arm '{arm}' has {len(table)} replications, '{baseline}' has {len(tables[baseline])}. Run both alike"
            )
        columns = _columns(table, tables[baseline], kind, department, widest=by_range)
        short = [
            name.measure not in stated and has_too_few_days(name.measure, n, measured_days)
            for name, n in zip(shared, columns["n_replications"].tolist(), strict=True)
        ]
        for bound in (name for name in columns if name.endswith(("low", "high"))):
            columns[bound] = np.where(short, np.nan, columns[bound])
        columns["short"] = np.array(short, dtype=np.bool_)
        common: dict[str, Any] = {
            "arm": arm,
            "baseline": baseline,
            "interval_kind": kind,
            "few_departments": few,
        }
        common["by_range"] = by_range
        values = zip(*(column.tolist() for column in columns.values()), strict=True)
        rows += [
            Comparison(
                **common,
                **name._asdict(),
                own=defined.get(name.measure),
                **dict(zip(columns, row, strict=True)),
            )
            for name, row in zip(shared, values, strict=True)
        ]
    return tuple(rows)


def _columns(
    table: Floats,
    baseline: Floats,
    kind: IntervalKind,
    department: Department | None,
    *,
    widest: bool,
) -> dict[str, NDArray[Any]]:
    """What a `Comparison` says in numbers, by field, one entry a measure and group."""
    less_baseline = subtract_pairs(table, baseline)
    of_levels: IntervalKind = "fixed_sample" if kind == "none" else kind  # a level is no effect
    levels = estimate_intervals(
        np.where(np.isnan(less_baseline), np.nan, table), LEVEL, of_levels, department
    )
    differences = estimate_intervals(less_baseline, LEVEL, kind, department)
    low, high = bounds(levels, LEVEL, of_levels)
    difference_low, difference_high = bounds(differences, LEVEL, kind)
    columns: dict[str, NDArray[Any]] = {
        "mean": levels.mean,
        "low": low,
        "high": high,
        "difference": differences.mean,
        "difference_low": difference_low,
        "difference_high": difference_high,
        "n_replications": differences.n,
        "of": np.full(len(differences.n), differences.of),
        "largest_share": differences.share,
        "level_share": levels.share,
        "opposite": differences.opposite,
        "tail": differences.tail,
    }
    if differences.degrees is not None:
        columns["degrees"] = differences.degrees
    if kind == "fixed_sample":
        noise = (
            differences
            if differences.degrees is None
            else estimate_within_departments(less_baseline, LEVEL, department)
        )
        columns["simulated_low"], columns["simulated_high"] = bounds(noise, LEVEL, kind)
    if department is not None and kind != "none":
        known = np.where(np.isinf(less_baseline).any(axis=0), np.nan, less_baseline)
        over = ranges(known, department, widest=widest)
        fields = ("department_median", "department_p5", "department_p95", "n_departments")
        columns |= zip(fields, over, strict=True)
    return columns


def _shared_names(arms: Mapping[str, Sequence[Measures]]) -> tuple[MeasureName, ...]:
    """The measures that every replication of every arm has, in the order of the first."""
    distinct = {
        id(measures.names): measures.names
        for replications in arms.values()
        for measures in replications
    }
    if not distinct:
        return ()
    first, *others = distinct.values()
    in_all = set(first).intersection(*others)
    return tuple(name for name in first if name in in_all)


def _stack(replications: Sequence[Measures], names: tuple[MeasureName, ...]) -> Floats:
    """The measures of an arm, one row a replication, one column a name."""
    distinct = {id(measures.names): measures.places for measures in replications}
    columns = {
        key: np.array([places[name.measure, name.group] for name in names], dtype=np.intp)
        for key, places in distinct.items()
    }
    return np.stack([measures.values[columns[id(measures.names)]] for measures in replications])


def find_row(
    rows: Sequence[Comparison], *, arm: str, measure: str, group: str = "all"
) -> Comparison:
    """The row of an arm, a measure and a group. Raises ResultsError if there is none."""
    for row in rows:
        if (row.arm, row.measure, row.group) == (arm, measure, group):
            return row
    wanted = f"{arm}, {measure}, {group}"
    raise ResultsError(
        f"no comparison of {wanted}. {nearest(wanted, {f'{r.arm}, {r.measure}, {r.group}' for r in rows})}"
    )


def summary_table(rows: Sequence[Comparison]) -> pd.DataFrame:
    """The rows of `summary.csv`, tidy."""
    import pandas as pd

    return pd.DataFrame(
        [{name: getattr(row, name) for name in TIDY} for row in rows], columns=list(TIDY)
    )
