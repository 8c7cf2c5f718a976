"""What `validate` says about a site, as data: rows, fitted values, predictions, and what is printed but not judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from simulation.engine.choose import EngineName
from simulation.records.schema import Floats
from simulation.targets import Kind

WEEKS_NEEDED = 150


@dataclass(frozen=True)
class Row:
    """One line of the table. `passed`: the value is in its band; None where nothing is asked (printed only).

    found, standard_error and half_width (of the 95 % interval) are in `unit` (shares from 0 to 1); low and high are
    the band, None where open. `sharp`: the interval is narrow enough to ask. Noise helps no row to pass. `months`:
    found is a mean of the figures of these months, from and to; None: of all who were measured.
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
        """FAIL: outside the band; INCONCLUSIVE: inside, but too wide an interval to say so; empty: nothing asked."""
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
    """Work asked of one pool that gives labels over units on duty: by clock hour (24,), and over the week."""

    pool: str
    by_hour: Floats
    weekly: float


@dataclass(frozen=True)
class Predictions:
    """A file of predictions: the hash of the fitted values, the day, and name -> (value, standard error)."""

    calibration_sha256: str
    made_on: str
    values: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Table:
    """Everything `validate` says about a site."""

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
    """What makes the site another one than the typical, value by value."""
    targets: str = "england"
    """The file of targets that it was held against."""

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows that count and do not pass: outside their band, or too uncertain to say."""
        return tuple(row for row in self.rows if row.counts and row.word != "PASS")
