"""What each command takes, in the one table of `keys.yaml`: its words, its keys and what a value may be; how a command
line is read by it, and refused; and the help of one command.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from simulation.errors import NEAR, Faults, nearest
from simulation.records.serialise import read_rows

if TYPE_CHECKING:
    from simulation.study.study import Study

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
TAKES: Mapping[str, CommandWords] = read_rows(Path(__file__).with_name("keys.yaml"), _read_words)
"""What each command takes, by its name."""
CONFIG_DIR, SWEEP = "--config-dir", ("-m", "--multirun")
OF_A_BENCH = {"study=vetted", "study=vetted_doubt"}
"""The studies whose policy a bench wrote."""


@dataclass(frozen=True)
class CommandLine:
    """A command's words as they were read; `line["arm"]` is the value of a key of the command's own."""

    values: Mapping[str, Any]
    """By key: the value, or the usual one; None, or no names, where there is neither."""
    answers: Mapping[str, str]
    """The text of each key that the subject of the command reads."""
    words: Sequence[str]
    """Words without '='."""
    overrides: Sequence[str]
    config_dir: str | None
    is_sweep: bool = False

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    @property
    def own_configs(self) -> Path:
        """The folder into which configurations are written."""
        return Path(self.config_dir or "configs")

    @property
    def config_option(self) -> str:
        """The option --config-dir of a command that is suggested; '' if no folder is named."""
        return f" {CONFIG_DIR} {self.config_dir}" if self.config_dir is not None else ""

    def runs(self) -> list[Sequence[str]]:
        """The overrides of each run: of one, or with -m of one for each combination of comma-separated values."""
        if not self.is_sweep:
            return [self.overrides]
        from simulation.config import combinations

        return [*combinations(self.overrides)]

    def study(self, overrides: Sequence[str] | None = None, **usual: str) -> Study:
        """The study that the overrides state, or others in their place; of the baseline and the arms that `arms=` names
        alone, where it does. Raises ConfigError.

        `usual`: what is chosen of the configuration unless the overrides do.
        """
        from simulation.config import load

        stated, folder = self.overrides if overrides is None else overrides, self.config_dir
        keys = {word.partition("=")[0] for word in stated}
        words = [*(f"{key}={name}" for key, name in usual.items() if key not in keys), *stated]
        card = self.values.get("card")
        if card is not None or OF_A_BENCH & set(words):
            from simulation.vetting.newest_card import configs_of_card

            folder = configs_of_card(words, folder, card)
        study, arms = load(*words, config_dir=folder), self.values.get("arms")
        return study.of_arms(arms) if arms else study


def read_line(command: str, words: Sequence[str]) -> CommandLine:
    """The words of a command as its entry in the table says. Raises ConfigError with every fault."""
    takes, faults = TAKES[command], Faults()
    keys = {key.name: key for key in takes.keys}
    answers = frozenset(answers_of(command))
    stated, plain, overrides = dict[str, str](), list[str](), list[str]()
    for word in _whole(words):
        name, equals, text = word.partition("=")
        if equals and (name in keys or name in answers or name == CONFIG_DIR):
            if name in stated:
                faults.add(name, "is given twice", "Keep one of the two")
            stated[name] = text
        elif takes.overrides and (equals or word.startswith("~")):
            overrides.append(word)
            if near := _misspelt(name, keys, takes.overrides):
                faults.add(shown(word), f"is no key of aeflow {command}", f"Did you mean '{near}'?")
        elif takes.sweeps and word in SWEEP:
            overrides.append(word)
        elif takes.words and (Path(word).exists() if equals else not word.startswith("-")):
            plain.append(word)
        elif equals:
            known = nearest(name.lstrip("-"), {*keys, *answers})
            faults.add(shown(word), f"is no key of aeflow {command}", known)
        else:
            form = f"Write {keys[word].form}" if word in keys else f"See aeflow {command} --help"
            faults.add(shown(word), "is not of the form key=value", form)
    if not takes.n_words[0] <= len(plain) <= takes.n_words[1]:
        found = f"found '{shown(' '.join(plain))}'" if plain else "found nothing"
        faults.add(command, found, f"Say: {usage(command)}")
    if stated.get(CONFIG_DIR) == "":
        faults.add(CONFIG_DIR, "no folder follows", "Name one")
    values = {name: _value_of(key, stated, command, faults) for name, key in keys.items()}
    faults.refuse()
    return CommandLine(
        values=values,
        answers={name: stated[name] for name in stated if name in answers},
        words=plain,
        overrides=[word for word in overrides if word not in SWEEP],
        config_dir=stated.get(CONFIG_DIR),
        is_sweep=not set(SWEEP).isdisjoint(overrides),
    )


def _whole(words: Sequence[str]) -> Iterator[str]:
    """The words, those of a file in the place of each `@FILE`, the folder behind --config-dir in one word with it.

    Raises ConfigError for a file that cannot be read.
    """
    if any(word.startswith("@") for word in words):
        from simulation.config import with_files

        words = with_files(words)
    remaining = iter(words)
    for word in remaining:
        yield f"{word}={next(remaining, '')}" if word == CONFIG_DIR else word


def _misspelt(name: str, keys: Iterable[str], overrides: Sequence[str]) -> str | None:
    """The key that a name is meant for, if nothing that overrides begin with is nearer."""

    def likeness(known: str) -> float:
        return SequenceMatcher(None, known, name).ratio()

    near = max((*keys, *overrides), key=likeness)
    is_key = name.isidentifier() and near not in overrides and likeness(near) >= NEAR
    return near if is_key else None


def _value_of(key: CommandKey, stated: Mapping[str, str], command: str, faults: Faults) -> object:
    """The value of a key; adds a fault if it is none, or if a key that is needed is left out."""
    if key.name in stated or key.usual:
        return key.read(stated.get(key.name, key.usual), faults)
    if key.needed:
        faults.add(key.name, "is not given", f"Say: {usage(command)}")
    return () if key.kind == "names" else None


def usage(command: str) -> str:
    """A command with what it needs: 'aeflow fit extract=FILE out=NAME'."""
    takes = TAKES[command]
    needed = [key.form for key in takes.keys if key.needed]
    return " ".join(filter(None, ("aeflow", command, takes.words, *needed)))


def key_lines(command: str) -> Iterator[str]:
    """A line of help for each key of a command: how it is written, what it is for, and what is usual."""
    takes = TAKES[command]
    for key in takes.keys:
        usual = f" ({key.usual})" if key.usual and key.kind != "switch" else ""
        yield f"  {key.form:<27} {key.about}{usual}"
    if takes.about_answers:
        yield f"  {'KEY=VALUE':<27} {takes.about_answers}"
