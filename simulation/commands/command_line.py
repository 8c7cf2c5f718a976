"""How a command line is read by the table of keys, and the help that the table gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.commands.keys import TAKES, CommandKey, answers_of, shown
from simulation.errors import NEAR, Faults, nearest

if TYPE_CHECKING:
    from simulation.study.study import Study

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
        """The study that the overrides state, or others in their place. Raises ConfigError.

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
        return load(*words, config_dir=folder)


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
