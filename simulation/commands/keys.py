"""What each command takes: its words, its keys and what a value may be, in the one table of `keys.yaml`.

`command_line.py` reads a command line by it, refuses one by it, and writes the help of one command from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from simulation.errors import Faults, nearest
from simulation.records.serialise import read_rows

Kind = Literal["text", "name", "names", "file", "folder", "whole", "number", "switch", "choice"]
VALUES: Mapping[Kind, str] = {
    "text": "TEXT",
    "name": "NAME",
    "names": "NAME,NAME",
    "file": "FILE",
    "folder": "FOLDER",
    "number": "NUMBER",
    "switch": "true",
}
"""How the help writes a value of each kind that has no bounds and no choices."""
YES, NO = ("true", "yes"), ("false", "no")
WHOLE = re.compile("[0-9]+")
AMOUNT = re.compile(r"£?([0-9]+|[0-9]{1,3}(,[0-9]{3})+|(?=\.))(\.[0-9]+)?")
"""A number with a point, and commas between thousands alone: 165,500 but not 1,5."""
MOST_DIGITS = 15


def shown(word: str) -> str:
    """A word as a message shows it: on one line, and not too long."""
    from simulation.config.files import shortened  # a message alone waits for the configuration

    return shortened(word)


@dataclass(frozen=True)
class CommandKey:
    """A key of a command: what its value is, what it is for, and what holds if it is left out."""

    name: str
    kind: Kind
    about: str
    usual: str = ""
    """The value that is read if the key is left out; '' for none."""
    least: float = 0
    most: float = math.inf
    choices: Sequence[str] = ()
    needed: bool = False

    @property
    def form(self) -> str:
        """How the key is written: 'departments=20..100'."""
        if self.kind == "choice":
            return f"{self.name}={'|'.join(self.choices)}"
        bounds = f"{self.least:g}..{'' if math.isinf(self.most) else f'{self.most:g}'}"
        return f"{self.name}={bounds if self.kind == 'whole' else VALUES[self.kind]}"

    def read(self, text: str, faults: Faults) -> Any:
        """The value of a text; adds a fault if it is none."""
        if not text:
            faults.add(f"{self.name}=", "names nothing", f"Say {self.form}, or leave it out")
        elif self.kind == "switch":
            if text not in (*YES, *NO):
                faults.add(self.name, f"found '{shown(text)}'", "Write true or false")
            return text in YES
        elif self.kind == "choice" and text not in self.choices:
            allowed = f"Allowed: {', '.join(self.choices)}"
            near = nearest(text, self.choices)
            remedy = f"{allowed}. {near}" if near.endswith("?") else allowed
            faults.add(self.name, f"found '{shown(text)}'", remedy)
        elif self.kind == "names":
            names = tuple(name.strip() for name in text.strip("[]").split(","))
            if not all(names):
                remedy = f"Say {self.form}, with a name between commas"
                faults.add(shown(f"{self.name}={text}"), "names nothing", remedy)
            return names
        elif self.kind in ("whole", "number"):
            return self._number(text, faults)
        return text

    def _number(self, text: str, faults: Faults) -> float:
        """A number, whole where it has to be; adds a fault if it is none or out of range."""
        is_whole = self.kind == "whole"
        if len(text) <= MOST_DIGITS and (WHOLE if is_whole else AMOUNT).fullmatch(text):
            number = float(text.removeprefix("£").replace(",", ""))
            if self.least <= number <= self.most:
                return int(number) if is_whole else number
        most = "upwards" if math.isinf(self.most) else f"to {self.most:,.0f}"
        allowed = f"Allowed: a {'whole ' * is_whole}number from {self.least:,.0f} {most}"
        faults.add(self.name, f"found '{shown(text)}'", allowed)
        return 0


@dataclass(frozen=True)
class CommandWords:
    """What a command takes: words without '=', keys of its own, and overrides of the configuration."""

    keys: tuple[CommandKey, ...] = ()
    words: str = ""
    """What its words are, as in 'FOLDER NUMBER'."""
    n_words: tuple[int, int] = (0, 0)
    """How many words there may be, at least and at most."""
    overrides: tuple[str, ...] = ()
    """What its overrides begin with, where it takes any."""
    sweeps: bool = False
    """Whether -m runs it once for each combination of values."""
    about_answers: str = ""
    """What its other keys are, whose values its subject reads (`answers_of`)."""


def answers_of(command: str) -> Iterable[str]:
    """The keys of a command whose values its subject reads."""
    match command:
        case "offer":
            from simulation.offers.interview import questions

            return questions()
        case "fit":
            from simulation.fits.stated import stated_keys

            return stated_keys()
        case "new":
            from simulation.config.totals import Totals

            return Totals.__annotations__
    return ()


def _read_words(keys: Mapping[str, Any] = MappingProxyType({}), **others: Any) -> CommandWords:
    return CommandWords(tuple(CommandKey(name, **key) for name, key in keys.items()), **others)


MANY = 1_000_000
TAKES: Mapping[str, CommandWords] = read_rows(Path(__file__).with_suffix(".yaml"), _read_words)
"""What each command takes, by its name."""
