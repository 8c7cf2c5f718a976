"""What a planner can change of a department: which, and in which words, is in `controls.yaml`; what it is today, where
that comes from and what a department could have is read off the configuration, its meaning off the typed class."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from simulation.app.departments import LOCAL, Department, Place
from simulation.config.validating import Key, classes_in, keys_of
from simulation.department.vocabulary import Pathway
from simulation.records.serialise import read_yaml


@dataclass(frozen=True)
class Control:
    """Something that a planner can change, in steps; `value` 0 is the department today.

    lowest, highest: how far, where the configuration states no range; unit: words, where the type says too little;
    rests_on: the block that says what it rests on, where that is not the block of its value.
    """

    key: str
    label: str
    help: str
    how: Literal["times", "extra", "shift"]
    paths: tuple[str, ...]
    today: tuple[str, ...]
    step: int
    lowest: int | None = None
    highest: int | None = None
    unit: str = ""
    hours: str = ""
    rests_on: str = ""

    @property
    def sign(self) -> str:
        """What follows its number: ' %' or nothing."""
        return " %" if self.how == "times" else ""

    @property
    def typed(self) -> Key:
        """The key of the configuration that it changes: its meaning, unit and bounds."""
        return key_at(self.paths[0])

    def changes(self, value: int) -> Iterator[tuple[str, Any]]:
        """The changes of a department that it makes, by dotted path."""
        for path in self.paths:
            if self.how == "times":
                yield path, {"times": round(1 + value / 100, 4)}
            elif self.how == "extra":
                yield path, value
            else:
                yield path, [{"hours": self.hours, "number": value}]

    def ends(self, number: float, stated: tuple[float, float] | None) -> tuple[int, int]:
        """How far it goes down and up from a number: to the ends of the range that is `stated` for it, in whole steps;
        without one, as far as `controls.yaml` says."""
        if self.lowest is not None and self.highest is not None:
            return self.lowest, self.highest
        low, high = stated or (number, number)
        down, up = (
            100 * (end / number - 1) if self.how == "times" else end - number for end in (low, high)
        )
        return min(math.ceil(down / self.step) * self.step, 0), max(
            math.floor(up / self.step) * self.step, 0
        )


@cache
def controls() -> Mapping[str, Control]:
    """What can be changed, by key, in order."""
    stated = read_yaml(Path(__file__).with_name("controls.yaml"))
    return {
        key: Control(
            key, **{**block, "paths": tuple(block["paths"]), "today": tuple(block["today"])}
        )
        for key, block in stated.items()
    }


@cache
def helps() -> Mapping[str, str]:
    """What each policy that is offered at first is, in a line, by arm."""
    stated: dict[str, str] = read_yaml(Path(__file__).with_name("policies.yaml"))
    return stated


@cache
def key_at(path: str) -> Key:
    """The key at the end of a dotted path into a department, as its typed class states it."""
    group, *parts = path.split(".")
    section, last = "pools" if group == "staffing" else parts[0], parts[-1]
    kinds = classes_in(keys_of(Pathway)[section].hint)
    return next(keys[last] for kind in kinds if last in (keys := keys_of(kind)))


@dataclass(frozen=True)
class Today:
    """What a control changes, as it is today: words for its value, where that comes from, and how far it goes.

    in_range: whether its ends are those of a range that the configuration states.
    """

    words: str
    evidence: str
    source: str
    lowest: int
    highest: int
    number: float | None = None
    unit: str = ""
    in_range: bool = False


def today(where: Department, place: Place = LOCAL) -> Mapping[str, Today]:
    """A place's department as it is, by control; a control whose values it does not have is left out."""
    stated = place.resolved(f"ensemble={where.ensemble or 'none'}", *where.words)
    found = {key: _today(control, stated) for key, control in controls().items()}
    return {key: now for key, now in found.items() if now is not None}


def _today(control: Control, stated: Mapping[str, Any]) -> Today | None:
    """A control's value, evidence, source and ends, read off the configuration; None if it has none of these."""
    try:
        found = [_at(stated, path) for path in control.today]
        rests_on = control.rests_on or control.today[0].rpartition(".")[0]
        holder = found[0] if control.how == "shift" else _at(stated, rests_on)
        known = holder["evidence"], holder["source"]
        if control.how == "shift":
            shifts = "; ".join(f"{one['number']} from {one['hours']} h" for one in holder["rota"])
            return Today(shifts, *known, *control.ends(0, None))
        number, of_range = float(sum(found)), holder.get("range")
        ends = control.ends(number, of_range)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    in_range = control.lowest is None
    if control.key == "discharges":  # a factor says nothing to a planner
        return Today("", *known, *ends, in_range=in_range)
    unit = control.unit or key_at(control.today[0]).unit
    return Today(f"{round(number, 1):g} {unit}", *known, *ends, number, unit, in_range)


def _at(block: Mapping[str, Any], path: str) -> Any:
    value: Any = block
    for part in path.split("."):
        value = value[part]
    return value
