"""Answers as people write them: numbers, shares, rotas in words, seconds or a share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

SLOTS, PER_HOUR = 48, 2
"""Half hours of a day."""
MOST_CHARACTERS = 100
"""Characters of a text: it is a label in tables."""
SAID = {"apart|separate|dedicated": "own", "same|both": "triage"}
"""Words in which a choice is named that begins so, by pattern."""
NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
SOURCES = {"walk": "walk_in", "refer": "referred", "gp": "referred", "ambul": "ambulance"}
"""How the words begin of ways to arrive."""
CLOCK = r"(\d{1,2})(?:[:.]([0-5]\d))?\s*(am|pm|h)?"
SPAN = re.compile(rf"{CLOCK}\s*(?:-|–|to|until)\s*{CLOCK}")


class Unread(Exception):
    """An answer that cannot be read: what was found, and what to write."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.found, self.remedy = found, remedy


class ReadAmount(NamedTuple):
    """Seconds, or a share of the time."""

    number: float
    is_seconds: bool


class StatedShift(NamedTuple):
    """How many are on, from one half hour of the day to another; an end above 48 is past midnight."""

    number: int
    start: int
    end: int

    @property
    def hours(self) -> str:
        """'8-22', '22:30-7'."""
        return f"{_clock(self.start)}-{_clock(self.end % SLOTS or SLOTS)}"


class Rota(NamedTuple):
    """Shifts that are the same every day."""

    shifts: tuple[StatedShift, ...]

    @property
    def on_duty(self) -> tuple[int, ...]:
        """People on duty by half hour of the day."""
        return tuple(
            sum(shift.number for shift in self.shifts if _on(shift, slot)) for slot in range(SLOTS)
        )

    @property
    def person_hours(self) -> float:
        """Hours of work a day."""
        return sum(self.on_duty) / PER_HOUR

    @property
    def overlaps(self) -> str:
        """The hours in which shifts overlap; '' if none do."""
        return _runs([sum(_on(shift, slot) for shift in self.shifts) > 1 for slot in range(SLOTS)])

    def hours_where(self, number: int) -> str:
        """The hours in which so many are on; '' if there are none."""
        return _runs([on == number for on in self.on_duty])

    def stated(self) -> list[dict[str, Any]]:
        """The rota as a file of a department states it: shifts that do not overlap."""
        on, starts = (
            self.on_duty,
            [slot for slot in range(SLOTS) if self.on_duty[slot] != self.on_duty[slot - 1]],
        )
        ends = [*starts[1:], *(start + SLOTS for start in starts[:1])]
        shifts = [
            StatedShift(on[start], start, end)
            for start, end in zip(starts, ends, strict=True)
            if on[start]
        ]
        return [
            {"hours": shift.hours, "number": shift.number}
            for shift in shifts or [StatedShift(on[0], 0, SLOTS)]
        ]


def read(kind: str, answer: Any, choices: Mapping[str, str]) -> Any:
    """The value of an answer. Raises Unread."""
    text = ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer)
    text = " ".join(text.split())
    if isinstance(answer, bool):
        raise Unread(f"found {answer}", "Write it in words")
    if kind == "choice":
        return _choice(text, choices)
    return _READERS[kind](text)


def _text(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise Unread(f"has {len(text)} characters", f"Write {MOST_CHARACTERS} at most")
    return text


def _minutes(text: str) -> float:
    """A number of minutes: '6', '6 min'."""
    number = re.sub(r"\s*(min|mins|minutes)$", "", text.casefold())
    if re.search(r"[a-z]", number):
        raise Unread(f"found '{text}'", "Write a number of minutes")
    return number_of(number)


def _money(text: str) -> float:
    """A sum of pounds: '£120k', '90,000 pounds'."""
    return number_of(re.sub(r"^(£|gbp)\s*|\s*(pounds|gbp)$", "", text.casefold()))


def number_of(text: str) -> float:
    """The number that a text is, with commas between thousands and k or m behind it. Raises Unread.

    >>> number_of("1,280"), number_of("120k")
    (1280.0, 120000.0)
    """
    plain = text.strip().casefold()
    times = {"k": 1e3, "m": 1e6}.get(plain[-1:], 1.0)
    plain = plain[:-1].strip() if times != 1 else plain
    if re.fullmatch(r"[-+]?\d{1,3}([, ]\d{3})+(\.\d+)?", plain):
        plain = re.sub("[, ]", "", plain)
    if re.fullmatch(r"[-+]?\d+,\d+", plain):
        raise Unread(f"found '{text}'", f"Write a decimal point: {plain.replace(',', '.')}")
    if not re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)(e[+]?\d{1,2})?", plain):
        raise Unread(f"found '{text[:60]}'", "Write a number")
    return float(plain) * times


def _share(text: str) -> float:
    """A share: '62 %', '62' or '0.62'."""
    is_per_cent = bool(re.search(r"%|per ?cent$", text))
    number = number_of(re.sub(r"\s*(%|per ?cent)$", "", text))
    if is_per_cent and 0 < number < 1:
        raise Unread(
            f"found {text}",
            f"That is less than one in a hundred: write {100 * number:g} % or {number:g}",
        )
    return number / 100 if is_per_cent or number > 1 else number


def _amount(text: str) -> ReadAmount:
    """Seconds or a share: '30 s', '0.5 min', '12 %'."""
    text = text.casefold()
    match = re.fullmatch(
        r"(.+?)\s*(s|secs?|seconds?|mins?|minutes?|%|per ?cent)(?: (?:a|per) triage)?", text
    )
    if not match:
        raise Unread(
            f"found '{text}', without a unit", f"Say {text or '30'} s, or a share such as 12 %"
        )
    number = number_of(match[1])
    if match[2].startswith(("%", "per")):
        if not -100 <= number <= 100:
            raise Unread(f"found {text}", "Write a share of a triage, at most 100 %")
        return ReadAmount(number / 100, False)
    return ReadAmount(number * (60 if match[2].startswith("m") else 1), True)


def _choice(text: str, choices: Mapping[str, str]) -> str:
    """One of the choices, or the only one that begins so or is among the words."""
    plain = text.casefold().replace("_", " ")
    meant = [name for name in choices if name == plain] or [
        name for name in choices if name.startswith(plain)
    ]
    meant = meant or [name for name in choices if re.search(rf"\b{name}\b", plain)]
    if not meant and not re.search(r"\b(?:not?|none)\b", plain):
        begins = tuple(begin for words, begin in SAID.items() if re.search(words, plain))
        meant = [name for name in choices if name.startswith(begins)]
    if len(meant) != 1:
        raise Unread(f"found '{text}'", f"Choose one: {', '.join(choices)}")
    return meant[0]


def _sources(text: str) -> tuple[str, ...]:
    """Ways of arrival, each once."""
    text = text.casefold()
    parts = [part.strip() for part in re.split(r"[,;]|\band\b", text) if part.strip()]
    found = {
        part: [name for begin, name in SOURCES.items() if part.startswith(begin)] for part in parts
    }
    for part, names in found.items():
        if not names:
            raise Unread(f"found '{part}'", "Name ways of arrival: walk-in, referred, ambulance")
    return tuple(dict.fromkeys(names[0] for names in found.values()))


def _rota(text: str) -> Rota:
    """Shifts in words: '2 8-22, 1 22-8', 'two from 8 to 22 h, one by night', 'a nurse apart: one, at all hours'."""
    text = text.casefold()
    shifts: list[StatedShift] = []
    by_night: list[int] = []
    plain = re.sub(
        r"[()]|:(?!\d)", ",", re.sub(r"^[a-z ]*apart\b[ ,;:]*(?=\W*\w)", "", text)
    ).strip(" ,")
    joined = re.sub(
        r"(^|[,;+] *)(\w+(?: (?!by |from )[a-z]+){0,3}), *(?=(?:at )?all )", r"\1\2 ", plain
    )
    for part in (part.strip() for part in re.split(r"[,;]|\band\b(?! night)|\+", joined)):
        if not part:
            continue
        first = re.match(r"(\d+|[a-z]+)\b", part)
        if not first or not (first[1].isdecimal() or first[1] in (*NUMBERS, "a", "an")):
            raise Unread(f"found '{part}'", "Begin with how many: 2 from 8 to 22, 1 by night")
        number = (
            int(first[1])
            if first[1].isdecimal()
            else NUMBERS.index(first[1])
            if first[1] in NUMBERS
            else 1
        )
        rest = part[first.end() :]
        if span := SPAN.search(rest):
            shifts.append(StatedShift(number, *_ends(span, part)))
        elif "night" in rest and "day" not in rest:
            by_night.append(number)
        elif re.search(r"all hours|day and night|clock|all day|always", rest):
            shifts.append(StatedShift(number, 0, SLOTS))
        else:
            raise Unread(
                f"found '{part}'", "Say the hours: 2 from 8 to 22, 1 by night; or 1 at all hours"
            )
    for number in by_night:
        shifts += _night(number, shifts)
    if not shifts:
        raise Unread(f"found '{text}'", "Say who is on when: 2 from 8 to 22, 1 by night")
    return Rota(tuple(shifts))


def _night(number: int, shifts: list[StatedShift]) -> list[StatedShift]:
    """A shift in the hours that the others leave, or from 22 to 8 h if they leave none."""
    free = [not any(_on(shift, slot) for shift in shifts) for slot in range(SLOTS)]
    starts = [slot for slot in range(SLOTS) if free[slot] and not free[slot - 1]]
    if len(starts) != 1:
        return [StatedShift(number, 22 * PER_HOUR, 32 * PER_HOUR)]
    return [StatedShift(number, starts[0], starts[0] + sum(free))]


def _ends(span: re.Match[str], part: str) -> tuple[int, int]:
    """Start and end of hours, in half hours."""
    ends = []
    for hour, minute, half in (span.group(1, 2, 3), span.group(4, 5, 6)):
        clock = int(hour) % 12 + 12 * (half == "pm") if half in ("am", "pm") else int(hour)
        if clock > 24 or minute not in (None, "00", "30"):
            raise Unread(
                f"found '{part}' ({span[0].strip()})",
                "Hours go from 0 to 24, whole or half: 8-22, 22:30-7",
            )
        ends.append(clock * PER_HOUR + (minute == "30"))
    start, end = ends[0] % SLOTS, ends[1]
    if start == end:
        raise Unread(f"found '{part}'", "Name two different times: 8-22")
    return start, end if end > start else end + SLOTS


def _on(shift: StatedShift, slot: int) -> bool:
    return shift.start <= slot < shift.end or shift.start <= slot + SLOTS < shift.end


def _clock(slot: int) -> str:
    return f"{slot // PER_HOUR}{':30' if slot % PER_HOUR else ''}"


def _runs(of_slot: list[bool]) -> str:
    """The hours of a day that hold, in words: '22 to 8 h'."""
    if all(of_slot):
        return "0 to 24 h"
    starts = [slot for slot in range(SLOTS) if of_slot[slot] and not of_slot[slot - 1]]
    words = []
    for start in starts:
        end = next(end for end in range(start, 2 * SLOTS) if not of_slot[end % SLOTS])
        words.append(f"{_clock(start)} to {_clock(end % SLOTS or SLOTS)} h")
    return ", ".join(words)


def words_of(kind: str, value: Any, unit: str) -> str:
    """A value as it was read, in words."""
    if isinstance(value, Rota):
        parts = ", ".join(
            f"{shift['number']} from {shift['hours'].replace('-', ' to ')} h"
            for shift in value.stated()
        )
        return f"{parts} = {value.person_hours:g} hours a day"
    if isinstance(value, ReadAmount):
        return (
            f"{value.number:g} seconds"
            if value.is_seconds
            else f"{100 * value.number:g} % of a triage"
        )
    if kind == "share":
        return f"{100 * value:.4g} %"
    if kind == "money":
        return f"£{value:,.2f} {unit.removeprefix('pounds ')}".replace(".00 ", " ")
    if isinstance(value, float):
        return f"{value:,.10g} {unit}"
    return ", ".join(value).replace("_", "-") if isinstance(value, tuple) else str(value)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "text": _text,
    "rota": _rota,
    "sources": _sources,
    "amount": _amount,
    "share": _share,
    "minutes": _minutes,
    "money": _money,
    "number": number_of,
}
"""By kind of answer, what reads it; a choice is read by the choices of its question."""
