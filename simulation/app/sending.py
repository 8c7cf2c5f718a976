"""What somebody sends as a file: a question, answers of the interview, or a department. It is read, checked, kept in
memory and never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from simulation.app.asked import RUN, AskedQuestion
from simulation.app.departments import Department, Place
from simulation.config.files import value_in
from simulation.errors import Faults, refuse
from simulation.offers.interview import questions

PARTS = ("site", "staffing", "calibration", "pathway")
"""The groups that a file of a department may state, each under its name; a file without them is a site."""
STARTS = (["typical"], ["typical", "_self_"])
MOST_VALUES = 400
KINDS = "a question, answers of the interview, or a department"


def address_of(text: str, place: Place) -> str | None:
    """The page that answers or a department lead to, once checked; None for what is a list, as questions are.

    Raises ConfigError with every fault.
    """
    faults = Faults()
    stated = value_in(text, "the file", faults)
    faults.refuse()
    if isinstance(stated, list):
        return None
    if not isinstance(stated, Mapping) or not stated or not all(isinstance(key, str) for key in stated):
        refuse("the file", f"is none of what can be sent: {KINDS}", "Each has one key or word a line")
    if stated.keys() & questions().keys():
        return f"/interview?{urlencode({key: _answer(value) for key, value in stated.items()})}"
    return f"/?{AskedQuestion(place.keep(_department(stated, place)), place=place).query}"


def _answer(value: Any) -> str:
    """An answer as it is typed."""
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _department(stated: Mapping[str, Any], place: Place) -> Department:
    """The department of a file, as what it states over the typical one. Raises ConfigError with every fault."""
    whole = dict(stated)
    if (starts := whole.pop("defaults", ["typical"])) not in STARTS:
        refuse("the file", f"starts from {starts}", "Start from the typical department, or from nothing, and state all")
    parts = whole if whole.keys() & {*PARTS} else {"site": whole}
    if others := [key for key in parts if key not in PARTS]:
        refuse("the file", f"states '{others[0][:40]}' beside a department", f"Keep to {', '.join(PARTS)}")
    for part, block in parts.items():
        if not isinstance(block, Mapping):
            refuse(f"the file: {part}", f"found '{str(block)[:40]}'", "State the values of the department below it")
    words = tuple(word for part, block in parts.items() for word in _words(part, block))
    if not 0 < len(words) <= MOST_VALUES:
        refuse("the file", f"states {len(words)} values", f"State 1 to {MOST_VALUES}: what the typical one has not")
    made = Department("The department that you sent", words)
    place.load(*RUN, *made.over(0))
    return made


def _words(path: str, value: Any) -> Iterator[str]:
    """The override of each value of a block; a block whose keys are no names is one value."""
    if isinstance(value, Mapping) and all(str(key).isidentifier() for key in value):
        for key, inner in value.items():
            if key != "defaults":
                yield from _words(f"{path}.{key}", inner)
    else:
        yield f"++{path}={_written(value)}"


def _written(value: Any) -> str:
    """A value as an override states it: texts in quotes of their own."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, str):
        return "'" + " ".join(value.split()).replace("\\", "").replace("'", "\\'") + "'"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
