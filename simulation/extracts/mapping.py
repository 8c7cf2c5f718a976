"""What the columns of an extract are: a file that is checked like any configuration, and its first draft."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, fields
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from annotated_types import MinLen

from simulation.department.config_dataclass import Share, Sourced, SpanMinutes, config_dataclass
from simulation.errors import Fault, Faults, nearest
from simulation.records.schema import ADMITTED, LEFT

if TYPE_CHECKING:
    import pandas as pd

SOURCES = ("walk_in", "ambulance", "referred")
LEVELS = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")
OUTCOMES = ("discharged", ADMITTED, "transferred", LEFT)
SEXES = ("female", "male")
"""Categories of arrival source, acuity, outcome and sex, as the typical site has them."""
UNKNOWN_CODE = "unknown"
"""What a value may be read as that says that nothing is known."""
FEWEST = 5
"""Rows that a value must have to be written into a draft, so that no patient's own words get there."""
MOST_VALUES = 40
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
    day_first: bool = True
    """Whether 03/04/2025 is the third of April."""
    timezone: str | None = "Europe/London"
    """Whose clocks the stamps are of, for the nights in which clocks change; none if they never do.
    Example: `Europe/Stockholm`"""
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
        others = ("age", "attendance", "patient")
        roles |= {name: column for name in others if (column := getattr(self, name))}
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
}
"""What the values of each column of codes may mean."""


def extract_mapping_faults(mapping: ExtractMapping, where: str) -> Iterator[Fault]:
    """Faults of a mapping: unknown meanings, columns that are used twice, a timezone or a kind of dirt nobody knows."""
    from simulation.extracts.quality import KINDS

    for name, coded in mapping.codes.items():
        for value, meaning in coded.values.items():
            if meaning not in (*CATEGORIES[name], UNKNOWN_CODE):
                known = (*CATEGORIES[name], UNKNOWN_CODE)
                yield Fault(
                    f"{where}.{name}.values.{value}",
                    f"'{meaning}' is not known",
                    nearest(meaning, known),
                )
    used: dict[str, str] = {}
    stamped = [(f"times.{name}", column) for name, of in mapping.stamps.items() for column in of]
    others = [
        (name, getattr(mapping, name))
        for name in ("age", "attendance", "patient")
        if getattr(mapping, name)
    ]
    for name, column in [
        *stamped,
        *((name, coded.column) for name, coded in mapping.codes.items()),
        *others,
    ]:
        if column in used:
            found = f"the column '{column}' is that of {used[column]}, too"
            yield Fault(f"{where}.{name}", found, "Name another, or leave it out")
        used.setdefault(column, name)
    if mapping.timezone is not None and mapping.timezone not in available_timezones():
        remedy = nearest(mapping.timezone, ("Europe/London", "Europe/Dublin", "Europe/Stockholm"))
        yield Fault(f"{where}.timezone", f"'{mapping.timezone}' is no time zone", remedy)
    faults = Faults()
    for name in mapping.worst:
        faults.known(f"{where}.worst.{name}", name, KINDS, what="kind of dirt")
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


# --- a first draft ----------------------------------------------------------------------------------------------------

HEADINGS: Mapping[str, str] = {
    "arrived_at": r"arriv(al|ed)(?!.*(mode|method|source))",
    "assessed_at": r"(initial|first).*assess|^triage.*(start|time|date)|assess.*(time|date)|^triage(d|_at)?$",
    "triaged_at": r"triage.*(end|complete|finish)",
    "handed_over_at": r"hand_?over",
    "seen_at": r"seen|physician|clinician.*(time|date)|treatment.*(time|date)|first_clin|doctor",
    "decided_at": r"decid|decision|dta",
    "departed_at": r"depart|exit|left_dep|discharge_?(date|time)|conclusion",
    "arrival_source": r"mode|ambulance$|method|arrival_source",
    "acuity": r"acuity|priority|triage_?(cat|level|score|colou?r)|manchester|mts|esi",
    "outcome": r"disposition|outcome|status|destination|discharged_to|admitted|attendance_?disposal",
    "age": r"^age|_age$|age_at",
    "sex": r"sex|gender",
    "attendance": r"(attendance|encounter|episode|visit)_?(id|no|num|key|ref|ident)",
    "patient": r"(patient|person|pseudo|nhs).*(id|no|num|key|ident)|pseudonym",
}
"""What a heading that may be of each key looks like, once written in small letters; the first that fits is taken."""
MEANINGS: Mapping[str, Mapping[str, str]] = {
    "arrival_source": {
        "ambulance": r"ambul|999|helicop|^true$|paramed", "referred": r"refer|gp\b|primary care", "walk_in":
        r"walk|self|own|public|foot|private|^false$|car|other|bus|taxi",
    },
    "acuity": {
        "immediate": r"^(level )?1\b|immediate|^red|resus", "very_urgent": r"^(level )?2\b|very|^orange|emergent",
        "urgent": r"^(level )?3\b|^urgent|^yellow", "non_urgent": r"^(level )?5\b|non|^blue",
        "standard": r"^(level )?4\b|standard|^green|less",
    },
    "outcome": {
        "left": r"left|did not wait|dnw|lwbs|absc|unseen|walked out|without", "transferred": r"transfer|other hosp",
        "discharged": r"discharg|home|hem|not admit|^false$|no follow|clinic|gp", "admitted":
        r"admi|ward|inpat|^true$|icu|slutenv|theatre",
    },
    "sex": {"female": r"^(f|female|w|woman|kvinna|2)$", "male": r"^(m|male|man|1)$"},
}  # fmt: skip
"""What a value that may mean each category looks like; the first that fits is taken."""


LOOKS = {
    "date": r"^(?:\d+[-/. ](?:\d+|[A-Za-z]+)[-/. ]\d+|\d{8})(?:[ T]00:00(?::00(?:\.0+)?)?)?$",
    "time": r"^(?:\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp][Mm])?|\d{3,4}(?:\.0)?)$",
    "stamp": r"\d[-/T.: ]\d|^\d{5}(?:\.\d+)?$|^\d{8}",
}
"""What dates alone, times alone and points in time look like; the first that most values fit is taken."""


def drafted(frame: pd.DataFrame) -> dict[str, Any]:
    """The mapping of a table of text, as a file states it: what each column seems to be, and what codes seem to mean.

    Only values of at least `FEWEST` rows are in it: what one patient said is not.
    """
    plain = {name: re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") for name in frame.columns}
    times: dict[str, Any] = {}
    stated: dict[str, Any] = {"times": times}
    for key, heading in HEADINGS.items():
        fitting = {name: words for name, words in plain.items() if re.search(heading, words)}
        coded = (
            name
            for name in fitting
            if key not in MEANINGS or 1 < frame[name].nunique() <= MOST_VALUES
        )
        found = _stamped(frame, fitting) if key.endswith("_at") else [*coded][:1]
        if found:
            (times if key.endswith("_at") else stated)[key] = found[0] if len(found) == 1 else found
        plain = {name: words for name, words in plain.items() if name not in found}
    for key in MEANINGS.keys() & stated.keys():
        stated[key] = {"column": stated[key], "values": _meant(key, frame[stated[key]])}
    return {**stated, "day_first": True, "timezone": "Europe/London", "worst_share": 0.05, "evidence": "measured",
            "source": DRAFT_SOURCE}  # fmt: skip


def _stamped(frame: pd.DataFrame, fitting: Mapping[str, str]) -> list[str]:
    """The first column of points in time, or else the first two that are their date and their time, by name."""
    looks = [
        (_look(frame[name]), re.sub(r"date|time|of|_", "", words), name)
        for name, words in fitting.items()
    ]
    whole = [[name] for look, _, name in looks if look == "stamp"]
    dates, times = (
        {of: name for look, of, name in looks if look == wanted} for wanted in ("date", "time")
    )
    return next(iter([*whole, *([dates[of], times[of]] for of in dates if of in times)]), [])


def _look(column: pd.Series) -> str:
    """Which of `LOOKS` most values that are there have; none: ''."""
    values = column.str.strip()
    values = values[values != ""].head(200)
    fits = (
        look
        for look, form in LOOKS.items()
        if len(values) and values.str.contains(form, regex=True).mean() > 0.5
    )
    return next(fits, "")


def _meant(key: str, column: pd.Series) -> dict[str, str]:
    counts = column.str.strip().value_counts()
    common = [str(value) for value, n in counts.items() if n >= FEWEST and str(value)]
    return {value: _meaning(key, value) for value in common}


def _meaning(key: str, value: str) -> str:
    words = value.casefold()
    fits = (meaning for meaning, pattern in MEANINGS[key].items() if re.search(pattern, words))
    return next(fits, UNKNOWN_CODE)
