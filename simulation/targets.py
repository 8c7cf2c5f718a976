"""Published figures as data: what validation checks and what fitting aims at. `config` reads them from files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from simulation.errors import ConfigError, Fault, nearest
from simulation.pathway.config_dataclass import Evidence

Kind = Literal["input", "calibrated", "plausible", "predicted", "response"]
KINDS: tuple[Kind, ...] = ("input", "calibrated", "plausible", "predicted", "response")
LAST_MONTH = 12


@dataclass(frozen=True)
class Target:
    """One figure as its file states it. `low` and `high` are what is allowed (None: no bound); `strictly` refuses
    the bounds themselves; `change` names what a response row changes. `months`: the published figure is the mean of
    monthly figures, from one month to another (1 for January), both counted; None: it is of a whole year."""

    name: str
    kind: Kind
    measure: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    tolerance: str
    evidence: Evidence
    source: str
    note: str
    strictly: bool = False
    change: str = ""
    months: tuple[int, int] | None = None

    @property
    def banded(self) -> bool:
        """Whether anything is asked."""
        return self.low is not None or self.high is not None

    def allows(self, found: float) -> bool | None:
        """Whether the value itself is in the band, whatever its noise; None if there is no band."""
        if not self.banded:
            return None
        if self.strictly:
            return (self.low is None or found > self.low) and (self.high is None or found < self.high)
        return (self.low is None or found >= self.low) and (self.high is None or found <= self.high)

    def settled_by(self, found: float, half_width: float) -> bool:
        """Whether the value is known well enough to ask: its 95 % interval is no wider than the band.

        A band that is open on one side has no width to hold an interval against: there the interval must lie wholly
        on one side of the bound, so that a sign cannot be right by chance.
        """
        if self.low is not None and self.high is not None:
            return 2 * half_width <= self.high - self.low
        bound = self.low if self.low is not None else self.high
        return bound is None or abs(found - bound) >= half_width


def targets_from(content: dict[str, Any], where: str) -> tuple[Target, ...]:
    """The targets that a file states, `where` naming it. Raises ConfigError with every fault."""
    return _checked(_rows(content, where), where)


def _rows(stated: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """The rows of a file, blocks of keys all of them. Raises ConfigError."""
    rows = stated.get("rows")
    if not isinstance(rows, list) or not rows:
        raise ConfigError([Fault(where, "has no list of `rows`", "State one row or more under `rows`")])
    plain = [number + 1 for number, row in enumerate(rows) if not isinstance(row, dict)]
    if plain:
        faults = [
            Fault(f"{where}, row {each}", "is not a block of keys", "Write {name: ..., kind: ...}") for each in plain
        ]
        raise ConfigError(faults)
    return rows


def _checked(rows: list[dict[str, Any]], where: str) -> tuple[Target, ...]:
    allowed = {field.name for field in fields(Target)}
    needed = allowed - {"strictly", "change", "months"}
    faults = []
    for number, row in enumerate(rows):
        path = f"{where}, row {number + 1} ({row.get('name', 'no name')})"
        faults += [Fault(path, f"unknown key '{key}'", nearest(key, allowed)) for key in row if key not in allowed]
        faults += [Fault(path, f"'{key}' is missing", "Add it") for key in sorted(needed - row.keys())]
        if row.get("kind") not in KINDS:
            faults.append(Fault(path, f"unknown kind '{row.get('kind')}'", nearest(str(row.get("kind")), KINDS)))
        if not _are_months(row.get("months")):
            remedy = "Write two months from 1 to 12, the earlier first ([4, 9]), or leave them out for a whole year"
            faults.append(Fault(path, f"months is {row['months']!r}", remedy))
    if faults:
        raise ConfigError(faults)
    return tuple(Target(**{**row, "months": _pair(row.get("months"))}) for row in rows)


def _are_months(stated: object) -> bool:
    """Whether nothing is stated, or a first and a last month."""
    if stated is None:
        return True
    if not isinstance(stated, list) or [type(each) for each in stated] != [int, int]:
        return False
    return bool(1 <= stated[0] <= stated[1] <= LAST_MONTH)


def _pair(stated: list[int] | None) -> tuple[int, int] | None:
    return None if stated is None else (stated[0], stated[1])
