"""A CSV file of labelled cases, read by a mapping that says which column is what.

Columns that hold or betray the answer are forbidden by name as inputs: a model's score hardly changes without one, so a
score cannot show that one has slipped in.
"""

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Annotated, NamedTuple

from annotated_types import MinLen

from simulation.department.config_dataclass import Sourced, Unit, config_dataclass
from simulation.errors import Faults, nearest, refuse
from simulation.triage.policy import Yardstick
from simulation.vetting.cases import (
    INPUTS,
    N_LEVELS,
    NUMBERS,
    WORDS,
    Case,
    CaseSet,
    Value,
    case_set,
    facts,
    grouped,
)

FORBIDDEN: Sequence[str] = facts("inputs")["forbidden"]
"""Columns from which no input may be read: answers, what happened afterwards, how triage went, and row numbers."""
MOST_ROWS = 200_000
LARGEST_BYTES = 200_000_000
MOST_FAULTS = 20
"""The number of a file's faults that are named one by one."""
WHOLE = re.compile(r"\.0+$")
"""The end of a whole number as a table writes it that holds empty cells in the same column: `3.0`."""
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
"""What may separate cells, the commonest first, in words."""
DECIMAL_COMMA = re.compile(r"^\s*([-+]?\d+),(\d+)\s*$")
OWN_LEVELS = "Say under `levels` which of these each name of yours is, as in levels: {urgent: 1, standard: 3, minor: 5}"
"""What to do about levels that are called otherwise, or are fewer."""
BEYOND = "\n"
"""The key of cells beyond the last column: no heading of a column that is asked for."""


@config_dataclass
class InputColumn:
    """Which column an input is read from, and what its values mean.

    Example: `{column: Sex, values: {"1": female, "2": male}}`
    """

    column: str
    """The column's name in the header of the file."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What each value of the column means, where it is not written as the input is. Example: `{"1": alert}`"""


@config_dataclass
class CaseMapping(Sourced):
    """How a CSV file of labelled cases is read: which column is what, and what the label means.

    Example: `{name: ours, yardstick: panel, truth: expert_level, nurse: nurse_level, inputs: {complaint:
    {column: Complaint}, age: {column: Age}}, missing: ["", "??"], evidence: measured, source: "audit of 200 cards"}`
    """

    name: str
    """Name of the mapping: that of its file."""
    yardstick: Yardstick
    """What the label means: the level of an expert `panel` afterwards, of a `physician` at triage, one derived from
    the `outcome`, or the one that a vignette was `written` for."""
    id: str | None = None
    """The column that holds your own case numbers, each once. A file of answers may name cases by them instead of by
    the names in `cases_to_answer.csv`; no assessor sees them. Example: `Case no.`"""
    truth: str
    """The column that holds the true level, 1 (the most urgent) to 5."""
    nurse: str | None = None
    """The column that holds the nurse's level, 1 to 5; none: the tool is compared with no nurse."""
    inputs: Annotated[Mapping[str, InputColumn], MinLen(1)]
    """What an assessor may see, by name: complaint, language, age, pain_score, systolic, diastolic, heart_rate,
    respiratory_rate, temperature, saturation, sex, arrival_mode, mental_state, pain, injury."""
    levels: Mapping[str, Annotated[int, Unit("level")]] = field(default_factory=dict)
    """What each value of the two level columns means, where these do not hold 1 to 5; a file of answers may give levels
    by these names, too. Fewer than five levels keep their order. Example: `{urgent: 1, standard: 3, minor: 5}`"""
    missing: tuple[str, ...] = ("",)
    """What a column holds where nothing is known."""
    synthetic: bool = False
    """Whether the cases are made up."""


def mapping_faults(mapping: CaseMapping, where: str) -> Faults:
    """The faults of unknown inputs and of columns that may not be inputs."""
    faults = Faults()
    for name, source in mapping.inputs.items():
        if name not in INPUTS:
            faults.add(f"{where}.inputs", f"'{name}' is not an input", nearest(name, INPUTS))
        if is_forbidden(source.column) or source.column in (
            mapping.truth,
            mapping.nurse,
            mapping.id,
        ):
            remedy = "It says or betrays the answer, so no assessor may see it: leave it out"
            faults.add(
                f"{where}.inputs.{name}", f"the column '{source.column}' is forbidden", remedy
            )
    return faults


def is_forbidden(column: str) -> bool:
    """Whether a column may not be an input, however its name is written.

    >>> is_forbidden("KTAS_expert"), is_forbidden("Row ID"), is_forbidden("Chief_complain")
    (True, True, False)
    """
    return re.sub(r"[^a-z0-9]+", "_", column.casefold()).strip("_") in FORBIDDEN


def read_cases(path: Path, mapping: CaseMapping) -> CaseSet:
    """The cases of a CSV file. Raises ConfigError with every fault of the mapping or the file."""
    faults = mapping_faults(mapping, f"cases/{mapping.name}")
    faults.refuse()
    rows = list(_rows(path, mapping, faults))
    kinds = grouped(faults)
    named = Faults(kinds[:MOST_FAULTS])
    if len(kinds) > MOST_FAULTS:
        named.add(path.name, f"{len(kinds) - MOST_FAULTS} more faults", "Put these right first")
    named.refuse(f"Faults in {path.name}")
    about = {
        field: getattr(mapping, field)
        for field in ("name", "yardstick", "synthetic", "source", "levels")
    }
    return case_set(rows, **about)


def csv_lines(path: Path, needed: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file by column, each with its line. `needed`: the columns it must have, and what for.

    Raises ConfigError for a file that cannot be read, is too large, or lacks a column.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            refuse(path.name, f"is {size:,} bytes", f"Give at most {LARGEST_BYTES:,}")
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = _delimiter(file.readline(), needed)
            file.seek(0)
            reader = csv.DictReader(
                file, restkey=BEYOND, restval="", strict=True, delimiter=delimiter
            )
            header = list(reader.fieldnames or ())
            _refuse_header(path.name, header, needed)
            for number, row in enumerate(reader):
                if number >= MOST_ROWS:
                    refuse(path.name, f"has more than {MOST_ROWS:,} rows", "Give a sample of them")
                if any(cell.strip() for cell in row.pop(BEYOND, ())):
                    found = f"has more cells than the {len(header)} columns"
                    remedy = f"Put a text that holds a {SEPARATORS[delimiter]} in double quotes"
                    refuse(f"{path.name}, line {reader.line_num}", found, remedy)
                if delimiter == ";":  # there 37,5 is a decimal number
                    row = {
                        column: re.sub(DECIMAL_COMMA, r"\1.\2", cell)
                        for column, cell in row.items()
                    }
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        refuse(str(path), f"cannot be read as CSV: {reason}", "Name a CSV file in UTF-8")


def _delimiter(first_line: str, needed: Collection[str]) -> str:
    """What separates the cells: the sign by which the most columns that are needed, then the most cells, are found."""
    headers = {sign: next(csv.reader([first_line], delimiter=sign), []) for sign in SEPARATORS}
    return max(
        headers,
        key=lambda sign: (sum(column in needed for column in headers[sign]), len(headers[sign])),
    )


def _refuse_header(where: str, header: Sequence[str], needed: Mapping[str, str]) -> None:
    """Raise ConfigError for columns that are missing, or there more than once."""
    faults = Faults()
    for column, n in Counter(header).items():
        if column and n > 1:
            faults.add(
                where, f"has the column '{column}' {n} times", "Keep one, or rename the others"
            )
    names = [
        name if len(name) <= 40 else f"{name[:40]}..." for name in header
    ]  # without a header: what a patient said
    for column, what in needed.items():
        if column not in header:
            faults.add(where, f"has no column '{column}' ({what})", nearest(column, names))
    faults.refuse()


def _rows(path: Path, mapping: CaseMapping, faults: Faults) -> Iterator[Case]:
    columns = {source.column: f"input {name}" for name, source in mapping.inputs.items()}
    levels = {
        mapping.truth: "the true level",
        mapping.nurse: "the nurse's level",
        mapping.id: "your case numbers",
    }
    columns |= {column: what for column, what in levels.items() if column is not None}
    line_of: dict[str, int] = {}
    for line, cells in csv_lines(path, columns):
        row = _CsvRow(mapping, cells, f"{path.name}, line {line}", faults)
        truth = row.level(mapping.truth)
        nurse = row.level(mapping.nurse) if mapping.nurse else None
        values = {name: row.value(name, source) for name, source in mapping.inputs.items()}
        own_id = ""
        if mapping.id is not None:
            own_id = cells[mapping.id].strip()
            if not own_id:
                row.add(
                    mapping.id,
                    "holds no case number",
                    "Give every case one, or leave `id` out of the mapping",
                )
            elif line_of.setdefault(own_id, line) != line:
                found = f"'{own_id[:40]}' is the number of the case in line {line_of[own_id]}, too"
                row.add(mapping.id, found, "Give each case a number of its own")
        if truth is not None:
            inputs = {name: value for name, value in values.items() if value is not None}
            yield Case(row.where, inputs, truth, nurse, own_id=own_id)


class _CsvRow(NamedTuple):
    """One row of the file, and the faults to which it adds."""

    mapping: CaseMapping
    cells: Mapping[str, str]
    where: str
    faults: Faults

    def add(self, column: str, found: str, remedy: str) -> None:
        """Add a fault of one column."""
        self.faults.add(f"{self.where}, {column}", found, remedy)

    def level(self, column: str) -> int | None:
        """The level in a column; None where there is none, which adds a fault."""
        cell, levels = self.cells[column].strip(), self.mapping.levels
        try:
            return int(re.sub(WHOLE, "", str(levels.get(cell, cell))))
        except ValueError:
            remedy = f"Allowed: {', '.join(levels) or f'1 to {N_LEVELS}'}"
            if cell in self.mapping.missing:
                remedy += ". Leave cases without a level out of the file: `missing` is of inputs"
            elif not levels:
                remedy += f". {OWN_LEVELS}"
            self.add(column, f"found '{self.cells[column][:40]}'", remedy)
            return None

    def value(self, name: str, source: InputColumn) -> Value | None:
        """The value of one input; None where it is missing, or wrong, which adds a fault."""
        text = self.cells[source.column].strip()
        if text in self.mapping.missing:
            return None
        text = source.values.get(text, text)
        remedy = f"Give a number, or add it to `missing` of cases/{self.mapping.name}"
        if name in NUMBERS:
            with suppress(ValueError):
                return float(text)
        elif name not in WORDS or text in WORDS[name]:
            return text
        else:
            remedy = f"Allowed: {', '.join(WORDS[name])}. Say under `values` what it means"
        self.add(source.column, f"found '{text[:40]}'", remedy)
        return None
