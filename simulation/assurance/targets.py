"""Published figures as data: what validation checks and what fitting aims at. `config` reads them from files."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen

from simulation.department.config_dataclass import Evidence, Unit, config_dataclass

Kind = Literal["input", "calibrated", "plausible", "predicted", "response"]
KINDS: tuple[Kind, ...] = ("input", "calibrated", "plausible", "predicted", "response")
LAST_MONTH = 12
Month = Annotated[int, Ge(1), Le(LAST_MONTH), Unit("month")]
OF_ROW = Unit("that of the row")


@config_dataclass
class Target:
    """One figure that is known, published or your own, and what is allowed of the department's.

    Example: `{name: Within four hours of arrival, kind: predicted, measure: within_4h_share, unit: share, value: 0.593,
    low: 0.573, high: 0.613, tolerance: "absolute, 2 points either way", evidence: measured,
    source: "NHS England monthly A&E statistics, type 1", note: "Booked attendances included."}`
    """

    name: str
    """Words for the figure in tables."""
    kind: Kind
    """What agreement says: `input` (set by hand), `calibrated` (settings were chosen to meet it), `plausible` (a bound
    that nobody published), `predicted` (not used in choosing settings), `response` (what a change does)."""
    measure: str
    """The measure that is held against it, by its name in the tables; of a response with `_difference` behind it."""
    unit: str = ""
    """Unit of the measure and of the numbers here; empty: that of the measure. A share is a number from 0 to 1."""
    value: Annotated[float, OF_ROW] | None = None
    """The figure itself; none where there is no single one."""
    low: Annotated[float, OF_ROW] | None = None
    """The least that is allowed; none: no lower bound."""
    high: Annotated[float, OF_ROW] | None = None
    """The most that is allowed; none: no upper bound."""
    tolerance: str = ""
    """In words, how wide the band is and why."""
    evidence: Evidence
    """Where the figure comes from."""
    source: str
    """The citation, or the reason for an assumption."""
    note: str = ""
    """What a reader must know about the figure: definition, coverage, spread."""
    strictly: bool = False
    """Whether the bounds themselves are refused."""
    change: str = ""
    """Of a response: what is changed, in words. Example: `one more doctor at every hour`"""
    months: tuple[Month, Month] | None = None
    """The published figure is the mean of monthly figures, from one month to another (1 is January), both counted;
    none: it is of a whole year. Example: `[4, 9]`"""
    group: str = "all"
    """Whose measure, by the group's name in the tables. Example: `arrival_source=walk_in`"""
    standard_error: Annotated[float, Ge(0), OF_ROW] | None = None
    """Of a figure of the trusts' panel: its standard error, clustered by trust. Example: `0.12`"""

    @property
    def banded(self) -> bool:
        """Whether there is a band: a lower or an upper bound."""
        return self.low is not None or self.high is not None

    def allows(self, simulated: float) -> bool | None:
        """Whether a simulated value is in the band, whatever its noise; None if there is no band."""
        if not self.banded:
            return None
        if self.strictly:
            return (self.low is None or simulated > self.low) and (self.high is None or simulated < self.high)
        return (self.low is None or simulated >= self.low) and (self.high is None or simulated <= self.high)

    def settled_by(self, simulated: float, half_width: float) -> bool:
        """Whether a simulated value is known well enough to be judged: its 95 % interval is no wider than the band.

        If the band is open on one side, the interval must lie wholly on one side of the bound, so that a sign cannot
        be right by chance.
        """
        if self.low is not None and self.high is not None:
            return 2 * half_width <= self.high - self.low
        bound = self.low if self.low is not None else self.high
        return bound is None or abs(simulated - bound) >= half_width


@config_dataclass
class TargetFile:
    """What a file of targets states.

    Example: `{name: england, rows: [{name: Four hours, kind: predicted, measure: within_4h_share, unit: share,
    value: 0.59, low: 0.57, high: 0.61, tolerance: 2 points, evidence: measured, source: NHS England, note: Type 1}]}`
    """

    name: str = ""
    """Name of the targets: that of the file."""
    rows: Annotated[tuple[Target, ...], MinLen(1)]
    """The figures, in the order of the table that `aeflow validate` prints."""
