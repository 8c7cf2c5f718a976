"""Errors that a user can put right: one base class, one message per fault.

```
AeflowError
├── ConfigError      one or more faults in what was asked for, all reported at once
├── PlanError        an engine was asked for something it cannot do
├── DrawsError       random variates could not be drawn as described
└── ResultsError     results cannot be written, found or read
```

The commands print the message and end with `exit_code`; nothing here is caught to carry on.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import NoReturn


class AeflowError(Exception):
    """Something a user can put right. `str(error)` is the whole message."""

    exit_code = 2


@dataclass(frozen=True)
class Fault:
    """One fault: where it is (dotted path), what was found, and what to do about it.

    meant: the known name that was probably meant, if there is one; is_missing: whether nothing was found; breaks: the
    kind of name that it breaks, so that a later check can leave out what would follow from it.
    """

    where: str
    found: str
    remedy: str
    meant: str | None = None
    is_missing: bool = False
    breaks: str = ""

    def __str__(self) -> str:
        stop = "" if self.remedy.endswith("?") else "."
        return f"{self.where}: {self.found}. {self.remedy}{stop}"

    def within(self, block: str) -> Fault:
        """The fault of a key of a block, or of the block itself (''), with the dotted path of the block before it."""
        return replace(self, where=f"{block}.{self.where}".strip("."))


FIRST_FEW = 3
"""How many faults of one kind a message shows before it counts the rest."""


def _lines(faults: Iterable[Fault]) -> list[str]:
    """A line for each fault; of many that differ in their number within a list, or in their place alone, the first few
    and how many more there are."""
    alike: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        place = re.sub(r"\d+", "#", fault.where)
        alike.setdefault((place if place != fault.where else fault.found, fault.remedy), []).append(
            str(fault)
        )
    shown: list[str] = []
    for lines in alike.values():
        n_more = len(lines) - FIRST_FEW
        shown += lines if n_more <= 1 else [*lines[:FIRST_FEW], f"... and {n_more} more like these"]
    return shown


class ConfigError(AeflowError):
    """One or more faults in a configuration, reported together."""

    def __init__(self, faults: Iterable[Fault], heading: str = "") -> None:
        self.faults = tuple(faults)
        self.heading = heading
        n_faults = len(self.faults)
        title = heading or f"{n_faults} fault{'s' if n_faults != 1 else ''} in the configuration"
        lines = _lines(self.faults)
        super().__init__(
            lines[0] if n_faults == 1 and not heading else "\n  ".join([f"{title}:", *lines])
        )

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Fault, ...], str]]:
        """Pickle its faults and heading, of which the message is made again in another process."""
        return type(self), (self.faults, self.heading)


class Faults(list[Fault]):
    """The faults found so far: a check adds to them, and whoever asked for the check raises them all at once."""

    def add(self, where: str, found: str, remedy: str) -> None:
        """Add one fault."""
        self.append(Fault(where, found, remedy))

    def known(self, where: str, name: str | None, names: Collection[str], *, what: str) -> None:
        """Add a fault if there is a name and it is not known."""
        if name is not None and name not in names:
            self.append(unknown_fault(where, name, names, what=what))

    def refuse(self, heading: str = "") -> None:
        """Raise ConfigError with every fault, each once, if there is any."""
        if self:
            raise ConfigError(dict.fromkeys(self), heading)


def unknown_fault(where: str, name: str, known: Iterable[str], *, what: str) -> Fault:
    """The fault of a name that is not among the known ones of its kind."""
    return Fault(where, f"unknown {what} '{name}'", nearest(name, known), breaks=what)


def refuse(where: str, found: str, remedy: str) -> NoReturn:
    """Raise ConfigError with this one fault."""
    raise ConfigError([Fault(where, found, remedy)]) from None


class PlanError(AeflowError):
    """An engine was asked for something it cannot do; the message names the step."""


class DrawsError(AeflowError):
    """Random variates could not be drawn as the pathway describes them."""


class ResultsError(AeflowError):
    """Results cannot be written, found or read."""


NEAR = 0.6
"""How alike two names are, from 0 to 1, for `nearest` to offer the one for the other."""


def near_match(word: str, known: Iterable[str], *, near: float = 0.8) -> str | None:
    """The known word that a word of one's own is nearly, from 0 to 1 alike, but not quite; None if there is none.

    >>> near_match("Lft", ["left", "admitted"]), near_match("diverted", ["left", "admitted"])
    ('left', None)
    """
    words = tuple(known)
    if word in words:
        return None
    plain = word.casefold().replace(" ", "_").replace("-", "_")
    return next(iter(difflib.get_close_matches(plain, words, n=1, cutoff=near)), None)


def nearest(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the known name closest to it, or all known names.

    >>> nearest("nurze", ["nurse", "doctor"])
    "Did you mean 'nurse'?"
    >>> nearest("mark", ["evidence", "source"])
    'Known names: evidence, source'
    >>> nearest("desk", ["desk_by_day", "desk_by_night", "ward"])
    "Did you mean 'desk_by_day' or 'desk_by_night'?"
    """
    names = sorted(known)
    if meant := closest(name, names):
        return f"Did you mean '{meant}'?"
    if longer := [other for other in names if other.startswith(f"{name}_")]:
        return f"Did you mean {' or '.join(map(repr, longer[:3]))}?"
    return f"Known names: {', '.join(names) or 'none'}"


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to one that is not known; None if none is near.

    >>> closest("nurze", ["nurse", "doctor"])
    'nurse'
    """
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1, cutoff=NEAR)), None)
