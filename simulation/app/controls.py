"""What a planner can change of a department: which, and in which words, is in `controls.yaml`; what it is today, where
that comes from and what a department could have is read off the configuration, its meaning off the typed class."""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulation.app.departments import LOCAL, Department, Place
from simulation.config.dotted import Raw, value_at
from simulation.config.validating import Key, classes_in, keys_of
from simulation.department.rota import weekly_spans
from simulation.department.vocabulary import Pathway
from simulation.errors import nearest, refuse
from simulation.records.serialise import read_rows, read_yaml
from simulation.units import HOUR, WEEK

MINUTE = HOUR // 60
EVERY_DAY, ALL_HOURS = "mon-sun", "0-24"
WORDS: Mapping[str, Any] = read_yaml(Path(__file__).with_name("words.yaml"))
"""Words of the app that are lists, by name."""
HOURS_OFFERED, DAYS_OFFERED = WORDS["hours"], WORDS["days"]
FOLLOWS = "site.follows.clinicians"
MOST_SHIFTED = 20
"""People that one change of a team adds or takes away at most."""


@dataclass(frozen=True)
class Control:
    """Something that a planner can change, in steps; `value` 0 is the department today.

    lowest, highest: how far, where the configuration states no range; unit: words, where the type says too little;
    rests_on: the block that says what it rests on, where that is not the block of its value; followed: the paths of
    the other end of its answer, where staff keep pace; shown: whether its value says something to a planner.
    """

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
    followed: tuple[str, ...] = ()
    shown: bool = True

    @property
    def sign(self) -> str:
        """What follows its number: ' %' or nothing."""
        return " %" if self.how == "times" else ""

    @property
    def typed(self) -> Key:
        """The key of the configuration that it changes: its meaning, unit and bounds."""
        return key_at(self.paths[0])

    def changes(self, value: int, *, followed: bool = False) -> Iterator[tuple[str, Any]]:
        """The changes of a department that it makes, by dotted path; or those of its other end."""
        for path in (followed and self.followed) or self.paths:
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
        down, up = (
            (100 * (end / number - 1) if self.how == "times" else end - number) / self.step
            for end in stated or (number, number)
        )
        return min(math.ceil(down), 0) * self.step, max(math.floor(up), 0) * self.step


@cache
def controls() -> Mapping[str, Control]:
    """What can be changed, by key, in order."""
    return read_rows(Path(__file__).with_name("controls.yaml"), Control)


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

    in_range: whether its ends are those of a range that the configuration states; follows: whether staff can keep pace
    with it, and where that comes from.
    """

    words: str
    evidence: str
    source: str
    lowest: int
    highest: int
    number: float | None = None
    unit: str = ""
    in_range: bool = False
    follows: str = ""


def today(where: Department, place: Place = LOCAL) -> Mapping[str, Today]:
    """A place's department as it is, by control; a control whose values it does not have is left out."""
    stated = _stated(where, place)
    found = {key: _today(control, stated) for key, control in controls().items()}
    return {key: now for key, now in found.items() if now is not None}


def _today(control: Control, stated: Raw) -> Today | None:
    """A control's value, evidence, source and ends, read off the configuration; None if it has none of these."""
    try:
        found = [value_at(stated, path) for path in control.today]
        rests_on = control.rests_on or control.today[0].rpartition(".")[0]
        holder = found[0] if control.how == "shift" else value_at(stated, rests_on)
        known = holder["evidence"], holder["source"]
        if control.how == "shift":
            lowest, highest = control.ends(0, None)
            least = 1 - fewest_on_duty(holder["rota"], control.hours)
            return Today(_rota_words(holder["rota"]), *known, min(max(lowest, least), 0), highest)
        number, of_range = float(sum(found)), holder.get("range")
        ends = control.ends(number, of_range)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    in_range = control.lowest is None
    if not control.shown:
        return Today("", *known, *ends, in_range=in_range)
    unit, follows = control.unit or key_at(control.today[0]).unit, ""
    if control.followed:
        with suppress(KeyError, TypeError):  # else staff do not keep pace with patients here
            follows = value_at(stated, FOLLOWS)["source"]
    return Today(f"{round(number, 1):g} {unit}", *known, *ends, number, unit, in_range, follows)


# --- a team on some days ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShiftChange:
    """So many more or fewer of a team at some hours of some weekdays."""

    pool: str
    number: int
    hours: str = ALL_HOURS
    days: str = EVERY_DAY

    @property
    def text(self) -> str:
        """As an address states it: 'majors_nurses -2 0-24 mon'."""
        return f"{self.pool} {self.number} {self.hours} {self.days}"

    @property
    def words(self) -> str:
        """In words: 'majors nurses -2 on Mondays from 8-20 h'."""
        on = "" if self.days == EVERY_DAY else f" on {DAYS_OFFERED.get(self.days, self.days)}"
        at = "" if self.hours == ALL_HOURS else f" from {self.hours} h"
        return f"{self.pool.replace('_', ' ')} {self.number:+d}{on}{at}"

    @property
    def change(self) -> tuple[str, Any]:
        """The change of a department that it makes, by dotted path."""
        shift = {"hours": self.hours, "number": self.number, "days": f"'{self.days}'"}
        return f"staffing.{self.pool}.extra_shifts", [shift]


def teams(where: Department, place: Place = LOCAL) -> Mapping[str, list[Mapping[str, Any]]]:
    """The rota of every team of a department, by pool."""
    staffing = _stated(where, place)["staffing"]
    return {name: pool["rota"] for name, pool in staffing.items() if "rota" in pool}


def _stated(where: Department, place: Place) -> Raw:
    return place.resolved(f"ensemble={where.ensemble or 'none'}", *where.words)


def team_words(where: Department, place: Place) -> Mapping[str, str]:
    """Every team of a department in words, with its rota, by pool."""
    return {
        name: f"{name.replace('_', ' ').capitalize()} ({_rota_words(rota)})"
        for name, rota in teams(where, place).items()
    }


def parse_shift_change(text: str, of: Mapping[str, list[Mapping[str, Any]]]) -> ShiftChange:
    """A change of one of the teams, from an address. Raises ConfigError if it is none, or would leave nobody."""
    pool, number, hours, days = (*text.split(), *[""] * 4)[:4]
    change = ShiftChange(pool, _number(number), hours or ALL_HOURS, days or EVERY_DAY)
    if pool not in of:
        refuse("staff", f"there is no team '{pool[:40]}'", nearest(pool[:40], of))
    try:
        left = fewest_on_duty(of[pool], change.hours, change.days)
    except ValueError as error:
        refuse(
            "staff", str(error)[:120], "Write hours such as 8-20, and days such as mon or sat,sun"
        )
    if not 1 <= abs(change.number) <= MOST_SHIFTED:
        refuse("staff", f"found '{number[:20]}'", f"Add or take away 1 to {MOST_SHIFTED}")
    if left + change.number < min(left, 1):
        refuse(
            "staff",
            f"{change.words} leaves nobody on duty at some of these hours, and {left} "
            f"{'is' if left == 1 else 'are'} there at the least (today {_rota_words(of[pool])})",
            _at_most(of[pool], left),
        )
    return change


def _number(text: str) -> int:
    return int(text) if text.lstrip("+-").isdecimal() and len(text) < 5 else 0


def _at_most(rota: Iterable[Mapping[str, Any]], left: int) -> str:
    """What may be taken away instead: at these hours, where so many are `left`, or at those when most are on duty."""
    if left > 1:
        return f"Take {left - 1} away at most"
    most = int(_on_duty(rota).max())
    return (
        f"Name hours when {most} are on, and take {most - 1} away" if most > 1 else "Nobody can go"
    )


def fewest_on_duty(rota: Iterable[Mapping[str, Any]], hours: str, days: str = EVERY_DAY) -> int:
    """The fewest of a rota who are on duty at any of these hours of these weekdays. Raises ValueError for what is
    neither hours nor days."""
    on_duty, spans = _on_duty(rota), weekly_spans(hours, days)
    return min(int(on_duty[first // MINUTE : last // MINUTE].min()) for first, last in spans)


def _on_duty(rota: Iterable[Mapping[str, Any]]) -> NDArray[np.int64]:
    """How many of a rota are on duty, by minute of the week."""
    on_duty = np.zeros(WEEK // MINUTE, int)
    for shift in rota:
        for first, last in weekly_spans(str(shift["hours"]), shift.get("days", EVERY_DAY)):
            on_duty[first // MINUTE : last // MINUTE] += shift["number"]
    return on_duty


def _rota_words(rota: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{one['number']} from {one['hours']} h"
        + (f" on {one['days']}" if one.get("days", EVERY_DAY) != EVERY_DAY else "")
        for one in rota
    )
