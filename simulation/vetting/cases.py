"""Labelled cases: what an assessor may see of a patient, and the level that it is held against.

A case is named by a digest of what an assessor sees, and a set of cases is kept in the order of these names. So
neither the order of a file nor its row numbers can reach a score. A number of the user's own (`own_id`) is only what a
file of answers may call the case.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ConfigError, Fault
from simulation.records.serialise import digest
from simulation.triage.policy import YARDSTICKS, Yardstick
from simulation.vetting.alike import grouped

Levels = NDArray[np.int64]
SHOWN_LENGTH = 40
"""Characters of a value that a message shows."""
N_LEVELS = 5
NUMBERS: Mapping[str, tuple[float, float, str]] = {
    "age": (0, 120, "years"),
    "pain_score": (0, 10, "points"),
    "systolic": (0, 350, "mmHg"),
    "diastolic": (0, 250, "mmHg"),
    "heart_rate": (0, 350, "a minute"),
    "respiratory_rate": (0, 120, "a minute"),
    "temperature": (20, 45, "degrees Celsius"),
    "saturation": (0, 100, "per cent"),
}
"""Inputs that are numbers: least, most, unit."""
WORDS: Mapping[str, tuple[str, ...]] = {
    "sex": ("female", "male", "other"),
    "arrival_mode": ("walk_in", "ambulance", "other"),
    "mental_state": ("alert", "verbal", "pain", "unresponsive"),
    "pain": ("yes", "no"),
    "injury": ("yes", "no"),
}
"""Inputs that are one of a few words."""
TEXTS = ("complaint", "language")
INPUTS = (*TEXTS, *NUMBERS, *WORDS)
"""Everything that an assessor may see of a patient."""
VITAL_SIGNS = ("systolic", "diastolic", "heart_rate", "respiratory_rate", "temperature", "saturation", "mental_state")
GROUPS = ("sex", "age_band", "arrival_mode", "language")
"""The attributes for which scores are given by group."""
AGE_BANDS: Mapping[str, float] = {"child": 18, "adult": 65, "older": 80, "oldest": 121}
"""The age at which the next band begins, by band: 0-17, 18-64, 65-79, 80 and over, as in the site."""
NOT_STATED = "not stated"
Value: TypeAlias = str | float
Inputs: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True)
class Case:
    """One patient as triage meets them, and how urgent they were. `rephrased`: the complaint in other words."""

    name: str
    inputs: Inputs
    truth: int
    """The level of the yardstick, 1 the most urgent."""
    nurse: int | None = None
    """The level that a nurse gave."""
    rephrased: tuple[str, ...] = ()
    must_not_miss: bool = False
    """Whether a label less urgent than the truth could cost a life, by whoever wrote the case."""
    own_id: str = field(default="", repr=False)
    """What the user's file calls it; '' if it says nothing. No assessor sees it, and no card holds it."""

    @property
    def complaint(self) -> str:
        """What the patient complains of; '' if it is not known."""
        return str(self.inputs.get("complaint", ""))

    def group(self, attribute: str) -> str:
        """The group that the case belongs to."""
        if attribute != "age_band":
            return str(self.inputs.get(attribute, NOT_STATED))
        if "age" not in self.inputs:
            return NOT_STATED
        return next(band for band, end in AGE_BANDS.items() if float(self.inputs["age"]) < end)


@dataclass(frozen=True)
class CaseSet:
    """Cases in the order of their names, with what their labels mean and where they come from."""

    name: str
    cases: tuple[Case, ...] = field(repr=False)
    yardstick: Yardstick
    synthetic: bool
    source: str
    levels: Mapping[str, int] = field(default_factory=dict)
    """The level, 1 to 5, of each name that the user's file has for one."""

    def __len__(self) -> int:
        return len(self.cases)

    @property
    def truth(self) -> Levels:
        """The true level of each case, from 0."""
        return np.array([case.truth - 1 for case in self.cases])

    @property
    def nurse(self) -> Levels | None:
        """The nurse's level of each case, from 0; None unless every case has one."""
        given = [case.nurse for case in self.cases if case.nurse is not None]
        return np.array(given) - 1 if len(given) == len(self.cases) else None

    @property
    def yardstick_words(self) -> str:
        """What the true levels mean, in words."""
        return YARDSTICKS[self.yardstick]

    @property
    def fingerprint(self) -> str:
        """A digest of names and levels, the same whatever the order in which the cases were written."""
        return digest([(case.name, case.truth, case.nurse) for case in self.cases])

    def members(self, attribute: str) -> dict[str, NDArray[np.bool_]]:
        """Whether each case belongs to a group, shape (cases,), by group in order of name."""
        groups = np.array([case.group(attribute) for case in self.cases])
        return {str(category): groups == category for category in np.unique(groups)}


@dataclass(frozen=True)
class Row:
    """A case before it has a name. `where`: its line of a file, for faults."""

    where: str
    inputs: Inputs
    truth: int
    nurse: int | None = None
    rephrased: tuple[str, ...] = ()
    must_not_miss: bool = False
    own_id: str = ""


def case_set(
    rows: Iterable[Row],
    *,
    name: str,
    yardstick: Yardstick,
    synthetic: bool,
    source: str,
    levels: Mapping[str, int] | None = None,
) -> CaseSet:
    """A set of cases from rows, named and ordered. `levels`: as in the set. Raises ConfigError with every fault."""
    listed = list(rows)
    faults = [fault for row in listed for fault in _faults(row)]
    if not listed:
        faults.append(Fault(name, "holds no case", "Give one row or more"))
    if faults:
        raise ConfigError(grouped(faults))
    ordered = sorted(listed, key=lambda row: (_digest_of(row.inputs), *_outcome(row)))
    cases: list[Case] = []
    for key, alike in groupby(ordered, key=lambda row: _digest_of(row.inputs)):
        for number, row in enumerate(alike, start=1):
            case_name = key if number == 1 else f"{key}-{number}"
            rest = (row.truth, row.nurse, row.rephrased, row.must_not_miss, row.own_id)
            cases.append(Case(case_name, row.inputs, *rest))
    return CaseSet(name, tuple(cases), yardstick, synthetic, source, levels or {})


def _digest_of(inputs: Inputs) -> str:
    text = json.dumps(dict(inputs), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _outcome(row: Row) -> tuple[int, int, tuple[str, ...], str]:
    """What orders cases that look the same to an assessor."""
    return row.truth, row.nurse or 0, row.rephrased, row.own_id


def _shown(value: object) -> str:
    """A value as a message shows it: cut short, because a wrong column may hold what a patient said."""
    text = repr(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}..."


def _faults(row: Row) -> list[Fault]:
    faults = []
    for level_name, level in (("true level", row.truth), ("nurse's level", row.nurse)):
        if level is not None and not 1 <= level <= N_LEVELS:
            faults.append(Fault(row.where, f"the {level_name} is {level}", f"Give a whole number from 1 to {N_LEVELS}"))
    for name, value in row.inputs.items():
        if name in NUMBERS:
            low, high, unit = NUMBERS[name]
            if isinstance(value, str) or not low <= value <= high:
                allowed = f"Give a number from {low:g} to {high:g} ({unit}), or say what means missing"
                faults.append(Fault(row.where, f"{name} is {_shown(value)}", allowed))
        elif name in WORDS:
            if value not in WORDS[name]:
                faults.append(Fault(row.where, f"{name} is {_shown(value)}", f"Allowed: {', '.join(WORDS[name])}"))
        elif name not in TEXTS:
            faults.append(Fault(row.where, f"{name} is not an input", f"Inputs are {', '.join(INPUTS)}"))
    return faults
