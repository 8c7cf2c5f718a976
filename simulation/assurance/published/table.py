"""The results of `validate` for a site, as data: rows, fitted values, predictions, and what is not judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from simulation.assurance.targets import Kind
from simulation.engine.choose import EngineName
from simulation.records.schema import Floats

WEEKS_NEEDED = 150


@dataclass(frozen=True)
class Row:
    """One line of the table.

    found, standard_error and half_width (of the 95 % interval) are in `unit` (shares from 0 to 1); low and high are
    the band, None where open. passed  whether the value is in its band, None without a band; sharp  whether the
    interval is narrow enough to say so; months  first and last of the months whose mean `found` is, None where it is
    of all who were measured.
    """

    name: str
    kind: Kind
    measure: str
    found: float
    standard_error: float
    half_width: float
    low: float | None
    high: float | None
    unit: str
    passed: bool | None
    sharp: bool
    source: str
    note: str
    months: tuple[int, int] | None = None

    @property
    def counts(self) -> bool:
        """Whether the row counts as agreement or disagreement."""
        return self.passed is not None and self.kind != "input"

    @property
    def word(self) -> Literal["PASS", "FAIL", "INCONCLUSIVE", ""]:
        """FAIL: outside the band; INCONCLUSIVE: inside, but the interval is too wide to say so; empty: no band."""
        if self.passed is None:
            return ""
        return "FAIL" if not self.passed else "PASS" if self.sharp else "INCONCLUSIVE"


@dataclass(frozen=True)
class CalibrationValue:
    """A fitted value as it was in this run."""

    name: str
    value: float
    low: float
    high: float
    source: str


@dataclass(frozen=True)
class TriageLoad:
    """Work asked of a pool that gives labels, over its units on duty: by clock hour, shape (24,), and over the week."""

    pool: str
    by_hour: Floats
    weekly: float


@dataclass(frozen=True)
class Predictions:
    """A file of predictions: the hash of the fitted values, the day, and (value, standard error) by name."""

    calibration_sha256: str
    made_on: str
    values: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Table:
    """The results of `validate` for a site."""

    site: str
    rows: tuple[Row, ...]
    calibration: tuple[CalibrationValue, ...]
    calibration_file: str
    calibration_sha256: str
    overridden: tuple[str, ...]
    """Keys given on the command line that make the site another one than its files state."""
    predictions: Predictions | None
    triage_load: tuple[TriageLoad, ...]
    four_hours_by_hour: Floats
    fewer_in: str
    """The pool that lost a clinician in a response row; empty if there are no such rows."""
    weeks: float
    replications: int
    engine: EngineName
    seconds: float
    differs: tuple[str, ...] = ()
    """Each value in which the site differs from the typical one."""
    targets: str = "england"
    """The file of targets that it was held against."""

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows that count and do not pass: outside their band, or too uncertain to say."""
        return tuple(row for row in self.rows if row.counts and row.word != "PASS")
