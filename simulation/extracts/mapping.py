"""What the columns of an extract are: a file that is checked like any configuration, and its first draft."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, fields
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from annotated_types import MinLen

from simulation.department.config_dataclass import Share, Sourced, SpanMinutes, config_dataclass
from simulation.errors import Fault, Faults, nearest
from simulation.records.schema import ADMITTED, LEFT

SOURCES = ("walk_in", "ambulance", "referred")
LEVELS = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")
OUTCOMES = ("discharged", ADMITTED, "transferred", LEFT)
SEXES = ("female", "male")
"""Categories of arrival source, acuity, outcome and sex, as the typical site has them."""
UNKNOWN_CODE = "unknown"
"""What a value may be read as that says that nothing is known."""
FEWEST = 5
"""Rows that a value must have to be written into a draft or shown, so that no patient's own words get there."""
MISSING_COLUMN = "?"
"""What a draft names where it found no column."""
DRAFT_SOURCE = "own extract: say of which department and months"
"""What a draft says of where its records come from, until somebody writes it."""
Stamp = str | tuple[str, str]
"""The column of a point in time, or the two of its date and its time."""


@config_dataclass
class StampColumns:
    """Which column holds each point in time, or which two its date and its time. Stamps are never minutes.

    Example: `{arrived_at: [Arrival_Date, Arrival_Time], seen_at: Seen, departed_at: Departure}`
    """

    arrived_at: Stamp
    """Arrival at the department: of an ambulance, when it arrived, not when it was unloaded."""
    assessed_at: Stamp | None = None
    """Start of the initial assessment. Example: `Assessed`"""
    triaged_at: Stamp | None = None
    """End of triage, if there is a stamp. Example: `Triaged`"""
    handed_over_at: Stamp | None = None
    """End of the ambulance handover. Example: `Handover`"""
    seen_at: Stamp | None = None
    """First clinician. Example: `Seen`"""
    decided_at: Stamp | None = None
    """Decision to admit. Example: `Decision`"""
    departed_at: Stamp
    """Departure from the department: home, to a ward, or leaving unseen."""


@config_dataclass
class CodedColumn:
    """A column of codes, and what each value means; case and blanks around a value do not count.

    Example: `{column: Disposition, values: {Admitted: admitted, Discharged: discharged, Left: left}}`
    """

    column: str
    """The column's name in the header of the file."""
    values: Annotated[Mapping[str, str], MinLen(1)]
    """What each value means; `unknown` for one that says that nothing is known."""


@config_dataclass
class ExtractMapping(Sourced):
    """How an extract of attendances is read. No other column of the file is loaded.

    Example: `{times: {arrived_at: Arrival, departed_at: Departure}, arrival_source: {column: Mode, values: {A:
    ambulance, W: walk_in}}, outcome: {column: Disposition, values: {Admit: admitted, Home: discharged, Left: left}},
    age: Age, evidence: measured, source: "own ECDS extract, April 2025 to March 2026"}`
    """

    times: StampColumns
    """The columns of points in time."""
    arrival_source: CodedColumn | None = None
    """How patients arrive: walk_in, ambulance, referred. Without it all walk in."""
    acuity: CodedColumn | None = None
    """The level given by triage: immediate, very_urgent, urgent, standard, non_urgent."""
    outcome: CodedColumn
    """How attendances end: discharged, admitted, transferred, left."""
    left: CodedColumn | None = None
    """A second column that says who left unseen, where that of the outcome does not: it counts first. Other values
    are passed over. Example: `{column: Discharge_Status, values: {"1066301000000103": left}}`"""
    age: str | None = None
    """The column of the age in whole years."""
    sex: CodedColumn | None = None
    """Female or male."""
    attendance: str | None = None
    """The column of attendance numbers, each of which should be there once. They are compared, and not kept.
    Example: `Attendance`"""
    patient: str | None = None
    """The column of patients' pseudonyms, by which who comes again is found. They are compared, and not kept.
    Example: `Pseudonym`"""
    leave_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of columns whose rows are left out and counted, such as test patients. Example: `{Is_Test: ["Y"]}`"""
    day_first: bool = True
    """Whether 03/04/2025 is the third of April."""
    timezone: str | None = "Europe/London"
    """Whose clocks the stamps are of, for the nights in which clocks change; none if they never do.
    Example: `Europe/Stockholm`"""
    utc: tuple[str, ...] = ()
    """Points in time whose stamps are in UTC all year, beside others in local time. Example: `[seen_at]`"""
    longest_stay: SpanMinutes = 14_400.0
    """A stay that is longer is taken for an error of a clock. Example: `14400`"""
    back_within: SpanMinutes = 10_080.0
    """Within how long after departure a new arrival of the same patient counts as a re-attendance. Example: `10080`"""
    worst_share: Share = 0.05
    """The share of rows beyond which a kind of dirt that loses something is refused. Example: `0.05`"""
    worst: Mapping[str, Share] = field(default_factory=dict)
    """The same share for single kinds of dirt. Example: `{no_seen: 0.3}`"""

    @property
    def stamps(self) -> Mapping[str, tuple[str, ...]]:
        """The column of each point in time that has one, or its two, arrival first."""
        stated = {point.name: getattr(self.times, point.name) for point in fields(self.times)}
        return {
            name: (of,) if isinstance(of, str) else of
            for name, of in stated.items()
            if of is not None
        }

    @property
    def points(self) -> Mapping[str, str]:
        """What the column of each point in time is called once a date and a time are put together."""
        return {name: " ".join(of) for name, of in self.stamps.items()}

    @property
    def codes(self) -> Mapping[str, CodedColumn]:
        """The columns of codes by what they say."""
        stated = {name: getattr(self, name) for name in CATEGORIES}
        return {name: coded for name, coded in stated.items() if coded is not None}

    @property
    def others(self) -> dict[str, str]:
        """The columns of ages and numbers, by their keys."""
        keys = ("age", "attendance", "patient")
        return {name: column for name in keys if (column := getattr(self, name))}

    @property
    def roles(self) -> dict[str, str]:
        """The column of each key, by the key in words."""
        roles: dict[str, str] = {}
        for name, of in self.stamps.items():
            parts = [""] if len(of) == 1 else [", date", ", time"]
            roles |= {
                f"{name.removesuffix('_at')}{part}": column
                for part, column in zip(parts, of, strict=True)
            }
        roles |= {name: coded.column for name, coded in self.codes.items()}
        roles |= self.others
        roles |= {f"left out, {column}": column for column in self.leave_out}
        return {name.replace("_", " "): column for name, column in roles.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        return tuple(dict.fromkeys(self.roles.values()))


CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "arrival_source": SOURCES,
    "acuity": LEVELS,
    "outcome": OUTCOMES,
    "sex": SEXES,
    "left": (LEFT,),
}
"""What the values of each column of codes may mean."""


def extract_mapping_faults(mapping: ExtractMapping, where: str) -> Iterator[Fault]:
    """Faults of a mapping: unknown meanings, columns that are used twice, a timezone or a kind of dirt nobody knows."""
    from simulation.extracts.quality import kinds

    for name, coded in mapping.codes.items():
        known = (*CATEGORIES[name], UNKNOWN_CODE)
        for value, meaning in coded.values.items():
            if meaning not in known:
                yield Fault(
                    f"{where}.{name}.values.{value}",
                    f"'{meaning}' is not known",
                    nearest(meaning, known),
                )
    used: dict[str, str] = {}
    stamped = [(f"times.{name}", column) for name, of in mapping.stamps.items() for column in of]
    for name, column in [
        *stamped,
        *((name, coded.column) for name, coded in mapping.codes.items()),
        *mapping.others.items(),
    ]:
        if column == MISSING_COLUMN:
            remedy = f"Write the heading of its column in place of {MISSING_COLUMN}"
            yield Fault(f"{where}.{name}", "the draft found no column for it", remedy)
        elif column in used:
            found = f"the column '{column}' is that of {used[column]}, too"
            yield Fault(f"{where}.{name}", found, "Name another, or leave it out")
        used.setdefault(column, name)
    for column, values in mapping.leave_out.items():
        if MISSING_COLUMN in values:
            yield Fault(
                f"{where}.leave_out.{column}",
                "rows may be of several departments or kinds of attendance",
                "Keep the values whose rows are to be left out, if any, and take ? out",
            )
    if mapping.timezone is not None and mapping.timezone not in available_timezones():
        remedy = nearest(mapping.timezone, ("Europe/London", "Europe/Dublin", "Europe/Stockholm"))
        yield Fault(f"{where}.timezone", f"'{mapping.timezone}' is no time zone", remedy)
    faults = Faults()
    for name in mapping.utc:
        faults.known(f"{where}.utc", name, mapping.stamps, what="point in time")
    for name in mapping.worst:
        faults.known(f"{where}.worst.{name}", name, kinds(), what="kind of dirt")
    yield from faults


def source_words(mapping: ExtractMapping, stated_in: str) -> tuple[str, ...]:
    """A warning while nobody has said where the records come from."""
    if DRAFT_SOURCE not in mapping.source:
        return ()
    where = (
        f"Nobody has said where these records come from: fill in the line `source:` of {stated_in}"
    )
    return (f"{where} (which department, which months). Every number that is fitted carries it.",)


def zone_of(mapping: ExtractMapping) -> ZoneInfo | None:
    """Whose clocks the stamps are of."""
    return None if mapping.timezone is None else ZoneInfo(mapping.timezone)


def plain_code(value: object) -> str:
    """A code without blanks around it, in small letters, a whole number as such."""
    text = str(value).strip().casefold()
    return text.removesuffix(".0") if text.removesuffix(".0").isdecimal() else text
