"""Rotas as people write them: '2 0800-2000, 1 by night', 'Mon-Fri 3 8-20, Sat & Sun 2 8-20, 1 2000-0800'.

Every word of an answer is understood, or it is refused: nothing is left out in silence. What the hours of a long day,
a night, an early or a late are differs from trust to trust, so they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

from simulation.offers.figures import Unread, number_in_words
from simulation.units import WEEKDAYS

SLOTS, PER_HOUR, NOON, WEEK = 48, 2, 24, 336
"""Half hours of a day, of an hour, before noon and of a week."""
EVERY_DAY = tuple(range(7))
MOST_PEOPLE = 99
NIGHT_FROM = 4 * PER_HOUR
"""A shift by night begins before, or goes past midnight."""
WHOLE = "'2 8-22, 1 22-8', or '1 at all hours'"
"""Examples of whole rotas: what a refusal shows in quotation marks is accepted."""
EXAMPLE = f"Say how many, and the hours: {WHOLE}"
BY_DAYS = "'mon-fri 3 8-22; sat-sun 2 8-22; mon-sun 1 22-8'"
ON_TOP = re.compile(r"\+|\b(?:more|extra|additional|another|plus|ALWAYS|DAYS0123456)\b")
"""What tells that hours of some days come on top of those of every day."""
OWN_HOURS = "Its hours are your trust's own, so write them: '2 7:30-20, 1 20-7:30'"
HALF_HOURS = "Write whole or half hours: '2 7:30-19:30, 1 19:30-7:30'"
SHIFT_NAMES = re.compile(
    r"ld|long|e|early|earlies|l|lates?|n|days?|mid|middle|twilights?",
)
"""Names of shifts, whose hours stand beside them."""
FILLING = re.compile(
    r"x|×|from|on|at|the|in|of|by|per|for|are|is|there|duty|h|hours?|hrs|all|over|cover|shifts?|desk|triage|front|door"
    r"|team|then|nurses?|rns?|staff|people|person|doctors?|clinicians?|consultants?|registrars?|shos?|sprs?|juniors?"
    r"|senior|grades?|acps?|enps?|ambulance|more|extra|additional|each"
)
"""Words that change nothing."""
CLOCK = r"(?<![\w.:])(\d{1,2})(?:[:.]?(\d\d))?(?![\d:]|\.\d)\s*(am|pm|h(?:ou)?rs?|h)?(?![a-z])"
SPAN = re.compile(rf"{CLOCK}\s*(?:-|–|—|→|to|until|till?|thru|through)\s*{CLOCK}")
DAY = rf"(?:(?:{'|'.join(WEEKDAYS)})(?:s|nes|r|rs|ur)?(?:days?)?|(?:week|wk)-? ?(?:days?|ends?)|w/e|m-f)"
DAYS = re.compile(rf"\b{DAY}\b(?:\s*(?:-|–|/|&|\band\b|\bto\b)\s*{DAY}\b)*")
DAILY = re.compile(
    r"\b(?:every day|each day|daily|(?:all|the whole) week|(?:and )?(?<!-)7 days(?: a week)?|7/7)(?!\w)"
)
ALWAYS = re.compile(
    r"\b(?:24/7|24 ?h(?:ou)?rs?(?: (?:a|per|each) day)?|24h|(?:a)?round[- ]the[- ]clock|(?:at )?all (?:hours|times)"
    r"|day and night|always)(?!\w)"
)


class StatedShift(NamedTuple):
    """How many are on, from one half hour of the day to another; an end above 48 is past midnight. On the days on which
    it begins, Monday 0."""

    number: int
    start: int
    end: int
    days: tuple[int, ...] = EVERY_DAY

    @property
    def hours(self) -> str:
        """'8-22', '22:30-7'."""
        return f"{half_hour_words(self.start)}-{half_hour_words(self.end % SLOTS or SLOTS)}"

    @property
    def days_words(self) -> str:
        """'mon-fri', 'sat,sun'; '' for every day."""
        if len(self.days) == len(EVERY_DAY):
            return ""
        places = self.days.index
        runs = [[*run] for _, run in groupby(self.days, key=lambda day: day - places(day))]
        return ",".join(
            WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs
        )


class Rota(NamedTuple):
    """Shifts of a week."""

    shifts: tuple[StatedShift, ...]

    @property
    def on_duty(self) -> tuple[int, ...]:
        """People on duty by half hour of the week, from Monday at 0:00; 336 numbers."""
        return _sums((shift.number, shift) for shift in self.shifts)

    @property
    def person_hours(self) -> float:
        """Hours of work a day, on average over the week."""
        return sum(self.on_duty) / PER_HOUR / len(EVERY_DAY)

    @property
    def overlaps(self) -> str:
        """The hours in which shifts overlap; '' if none do."""
        return hours_in_words(number > 1 for number in _sums((1, shift) for shift in self.shifts))

    def hours_where(self, number: int) -> str:
        """The hours in which so many are on; '' if there are none."""
        return hours_in_words(on == number for on in self.on_duty)

    def stated(self) -> list[dict[str, Any]]:
        """The rota as a file of a department states it: shifts that do not overlap."""
        return stated_shifts(self.on_duty)


def stated_shifts(on_duty: Sequence[int]) -> list[dict[str, Any]]:
    """People on duty by half hour of the week as shifts that do not overlap, as a file of a department states them."""
    return [
        {"hours": shift.hours, "number": shift.number}
        | ({"days": shift.days_words} if shift.days_words else {})
        for shift in _apart(on_duty) or [StatedShift(0, 0, SLOTS)]
    ]


def _sums(shifts: Iterable[tuple[int, StatedShift]]) -> tuple[int, ...]:
    """The sum of numbers over the shifts that are on, by half hour of the week."""
    on = [0] * WEEK
    for number, shift in shifts:
        for day in shift.days:
            for slot in range(shift.start, shift.end):
                on[(day * SLOTS + slot) % WEEK] += number
    return tuple(on)


def _apart(on: Sequence[int]) -> list[StatedShift]:
    """Shifts that do not overlap, of the half hours of a week; those of equal hours and numbers once, with their days.

    A shift begins where the number changes and, so that none is longer than a day, at one time of every day: the first
    at which it changes on all days, or else midnight.
    """
    changes = {slot for slot in range(WEEK) if on[slot] != on[slot - 1]}
    daily = (at for at in range(SLOTS) if changes.issuperset(range(at, WEEK, SLOTS)))
    cut = next(daily, 0)
    if not changes & set(range(WEEK)) - set(range(cut, WEEK, SLOTS)):
        cut = 0
    starts = sorted(changes | set(range(cut, WEEK, SLOTS)))
    ends = [*starts[1:], starts[0] + WEEK]
    if any(end == start + SLOTS and start % SLOTS for start, end in zip(starts, ends, strict=True)):
        starts = sorted({*starts, *range(0, WEEK, SLOTS)})  # '1:30-1:30' is no shift
    days: dict[tuple[int, int, int], list[int]] = {}
    for start, end in zip(starts, [*starts[1:], starts[0] + WEEK], strict=True):
        at = start % SLOTS
        days.setdefault((on[start], at, at + end - start), []).append(start // SLOTS)
    return [StatedShift(*key, tuple(of)) for key, of in days.items() if key[0]]


def half_hour_words(slot: int) -> str:
    """'8', '22:30', of a half hour."""
    return f"{slot // PER_HOUR}{':30' if slot % PER_HOUR else ''}"


def hours_in_words(of_slot: Iterable[bool]) -> str:
    """The half hours of a day or of a week that hold, in words: '22 to 8 h', '0 to 24 h sat-sun'."""
    holds = [*map(int, of_slot)]
    return ", ".join(
        f"{shift.hours.replace('-', ' to ')} h {shift.days_words}".rstrip()
        for shift in _apart(holds * (WEEK // len(holds)))
    )


def rota_words(rota: Rota) -> str:
    """'2 from 8 to 22 h, 1 from 22 to 8 h = 38 hours a day'."""
    parts = (
        f"{shift['number']} from {shift['hours'].replace('-', ' to ')} h {shift.get('days', '')}"
        for shift in rota.stated()
    )
    return f"{', '.join(map(str.rstrip, parts))} = {rota.person_hours:.4g} hours a day"


# --- reading --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Clause:
    """What stands between two commas: a number of people, hours or the night, and days, which may lead it."""

    text: str
    number: int | None = None
    span: re.Match[str] | None = None
    is_always: bool = False
    is_night: bool = False
    named: bool = False
    days: tuple[int, ...] = ()
    days_lead: bool = False

    @property
    def has_hours(self) -> bool:
        """Whether hours or the night are said."""
        return self.span is not None or self.is_always or self.is_night

    @property
    def says(self) -> tuple[bool, bool]:
        """Whether it says how many, and when."""
        return self.number is not None, self.has_hours

    def with_rest(self, other: _Clause) -> _Clause | None:
        """This clause and the next as one, if one says how many and the other when."""
        if {self.says, other.says} != {(True, False), (False, True)}:
            return None
        first, second = (self, other) if self.has_hours else (other, self)
        return replace(
            first,
            text=f"{self.text}, {other.text}",
            number=second.number,
            days=first.days or second.days,
            days_lead=self.days_lead or other.days_lead,
        )


def read_rota(text: str) -> Rota:
    """The rota that a text says. Raises Unread."""
    shifts: list[StatedShift] = []
    by_night: list[tuple[int, tuple[int, ...]]] = []
    leading: tuple[int, ...] = ()
    plain = _plain(text)
    for group in re.split(r"[;\n]", plain):
        is_first = True
        for clause in _joined(
            _clause(part) for part in re.split(r",|\+|\b(?:and|plus)\b|/|&", group)
        ):
            if is_first and leading and not clause.days:
                raise Unread(
                    f"found '{clause.text}', without days",
                    f"Say its days, too: {BY_DAYS}",
                )
            is_first = False
            if clause.days_lead:
                leading = clause.days
            days = clause.days or leading or EVERY_DAY
            number = _checked(clause)
            if clause.span:
                start, end = _ends(clause.span)
                if clause.is_night and start > NIGHT_FROM and end <= SLOTS:
                    raise Unread(f"found '{clause.text}', which is not by night", EXAMPLE)
                shifts.append(StatedShift(number, start, end, days))
            elif clause.is_always:
                shifts.append(StatedShift(number, 0, SLOTS, days))
            else:
                by_night.append((number, days))
    on = _sums((1, shift) for shift in shifts)
    nights = [shift for number, days in by_night for shift in _nights(number, days, on)]
    if not shifts and not nights:
        raise Unread(f"found '{text}'", EXAMPLE)
    rota = Rota((*shifts, *nights))
    some, every = (
        _sums((1, shift) for shift in rota.shifts if bool(shift.days_words) == is_some)
        for is_some in (True, False)
    )
    if any(map(min, some, every)) and not ON_TOP.search(plain):
        raise Unread(
            f"found '{text}', where hours of some days stand beside hours of every day",
            f"In place of these? Say their days, too: {BY_DAYS}. More? Say so: "
            "'2 8-22, 1 22-8; 1 more sat-sun 8-16'",
        )
    return rota


def _plain(text: str) -> str:
    """A text in which days, and what means all hours, are single words, and commas stand for brackets."""
    text = re.sub(r"^[a-z ]*apart\b[ ,;:]*(?=\W*\w)", "", text.casefold())
    if re.search(r"\b(?:wte|fte)s?\b", text):
        raise Unread(f"found '{text}'", f"Say who is on duty when, not contracts: {WHOLE}")
    for pattern, word in (
        (r"\b([ap])\.m\b\.?", r"\1m"),
        (r"\bo['’]clock\b", ""),
        (r"\bmidnight\b", "24:00"),
        (r"\b(?:noon|midday)\b", "12:00"),
        (r"\bbetween (\S+) and (?=\d)", r"\1-"),
        (r"\b(?:band ?\d|(?:fy?|st|ct)\d\+?)(?=\W|$)", ""),
        (r"[()\[\]]", " "),
        (r"\.(?=\s|$)", ";"),
        (r"(\d) ?[x×] ?(?=\d)", r"\1 x "),
        (r"[@=|]|:(?!\d\d)", " "),
    ):
        text = re.sub(pattern, word, text)
    text = DAILY.sub(" DAYS0123456 ", ALWAYS.sub(" ALWAYS ", text))
    return DAYS.sub(lambda found: f" DAYS{''.join(map(str, _days(found[0])))} ", text)


def _days(words: str) -> list[int]:
    """The numbers of the weekdays that words name: 'mon to thu', 'weekdays', 'sat & sun'."""
    days: list[int] = []
    is_span = False
    for word in re.findall(rf"{DAY}|-|–|\bto\b", words):
        first = days[-1] + 1 if is_span else 0
        if word in ("-", "–", "to"):
            is_span = True
            continue
        if word[:3] in WEEKDAYS:
            day = WEEKDAYS.index(word[:3])
            days += (
                [at % 7 for at in range(first, day + 1 + 7 * (day < first))] if is_span else [day]
            )
        else:
            days += range(5) if "day" in word or word == "m-f" else (5, 6)
        is_span = False
    return sorted(set(days))


def _clause(text: str) -> _Clause:
    """What a clause says. Raises Unread for a word that is not understood, and for what is said twice."""
    clause, numbers, n_days = _Clause(_shown(text)), list[int](), 0
    spans = [*SPAN.finditer(text)]
    words = SPAN.sub(" HOURS ", text).split()
    for place, word in enumerate(words):
        if word.startswith("DAYS"):
            days, n_days = tuple(map(int, word[4:])), n_days + 1
            is_lead = not numbers and {"HOURS", "ALWAYS"}.isdisjoint(words[:place])
            clause = replace(clause, days=days, days_lead=is_lead)
        elif word == "ALWAYS":
            clause = replace(clause, is_always=True)
        elif re.fullmatch("(?:over)?nights?", word):
            clause = replace(clause, is_night=True)
        elif SHIFT_NAMES.fullmatch(word):
            clause = replace(clause, named=True)
        elif (number := _people(word, clause.text)) is not None:
            numbers.append(number)
        elif word != "HOURS" and not FILLING.fullmatch(word):
            raise Unread(f"found '{word}' in '{clause.text}'", EXAMPLE)
    n_hours = len(spans) + words.count("ALWAYS") + (clause.is_always and clause.is_night)
    if max(len(numbers), n_hours, n_days) > 1:
        remedy = f"{EXAMPLE}; one number of people for each"
        if len(numbers) > 1 and n_hours > 1:
            remedy = f"Set a comma between two shifts: {WHOLE}"
        raise Unread(f"found '{clause.text}'", remedy)
    return replace(clause, number=next(iter(numbers), None), span=next(iter(spans), None))


def _shown(text: str) -> str:
    """A part of an answer, as it was typed but for marks that were put into it."""
    text = re.sub(
        r"DAYS(\d+)",
        lambda found: StatedShift(0, 0, 0, tuple(map(int, found[1]))).days_words or "every day",
        text,
    )
    return " ".join(text.replace("ALWAYS", "all hours").split())


def _people(word: str, text: str) -> int | None:
    """A number of people: '2', '2x', 'two', 'a'; None for another word."""
    if word in (few := {"no": 0, "none": 0, "nobody": 0, "another": 1}):
        return few[word]
    if found := re.fullmatch(r"[x×]?(\d+)[x×]?", word):
        number: int | None = int(found[1])
    elif re.fullmatch(r"\d+[.,/]\d+", word):
        raise Unread(f"found '{text}'", f"People on duty are whole: {WHOLE}")
    else:
        number = number_in_words(word)
    if number is not None and number > MOST_PEOPLE:
        raise Unread(
            f"found {number} people",
            f"Count people on duty at once, not heads of the team: {WHOLE}",
        )
    return number


def _joined(clauses: Iterator[_Clause]) -> Iterator[_Clause]:
    """The clauses, where 'one' and 'at all hours' are one, and days alone belong to what they stand beside."""
    last: _Clause | None = None
    for clause in clauses:
        is_days = bool(clause.days) and clause.number is None and not clause.has_hours
        if not clause.text or (is_days and clause.days == EVERY_DAY):
            continue
        if last is None:
            last = clause
        elif is_days and last.days and (not last.days_lead or last.number is None):
            last = replace(last, days=tuple(sorted({*last.days, *clause.days})))
        elif last.days and last.number is None and not last.has_hours and not is_days:
            days = tuple(sorted({*last.days, *clause.days}))
            last = replace(clause, days=days, days_lead=True)
        elif (both := last.with_rest(clause)) is not None:
            last = both
        else:
            yield last
            last = clause
    if last is not None:
        yield last


def _checked(clause: _Clause) -> int:
    """The number of people of a clause that says when. Raises Unread for one that does not, or says no number."""
    if clause.number is not None and clause.has_hours:
        return clause.number
    missing = "how many" if clause.has_hours else "hours"
    remedy = OWN_HOURS if clause.named else EXAMPLE
    raise Unread(f"found '{clause.text}', without {missing}", remedy)


def _nights(number: int, days: Sequence[int], on: Sequence[int]) -> Iterator[StatedShift]:
    """The nights of such days, in the hours about 4:00 in which nobody else is on (`on`: how many shifts are); from 22
    or to 8 h where these begin or end at no shift between noon and noon."""
    found: dict[tuple[int, int], list[int]] = {}
    four = SLOTS + 4 * PER_HOUR
    for day in days:
        free = [not on[(day * SLOTS + slot) % WEEK] for slot in range(2 * SLOTS)]
        start = end = four
        while free[four] and start > NOON and free[start - 1]:
            start -= 1
        while free[four] and end < SLOTS + NOON and free[end]:
            end += 1
        if start == NOON or not free[four]:
            start = 22 * PER_HOUR
        if end == SLOTS + NOON or not free[four]:
            end = SLOTS + 8 * PER_HOUR
        late = start >= SLOTS
        found.setdefault((start - SLOTS * late, end - SLOTS * late), []).append((day + late) % 7)
    for (start, end), of in found.items():
        yield StatedShift(number, start, end, tuple(sorted(of)))


SHORTEST, LONGEST = 4, 13.5
"""Hours of a shift of which one end says am or pm. A judgement."""


def _ends(span: re.Match[str]) -> tuple[int, int]:
    """Start and end of hours, in half hours. Raises Unread for hours that can be read in two ways.

    Of 24 hours are those with a 0 before them or an h behind, and those above 12.
    """
    found, ends, halves = span[0].strip(), list[int](), list[str]()
    in_hours = (span[6] or "").startswith("h")
    for hour, minute, half in (span.group(1, 2, 3), span.group(4, 5, 6)):
        half = half if half in ("am", "pm") else ""
        if minute not in (None, "00", "30", "59"):
            raise Unread(f"found '{found}'", HALF_HOURS)
        at = int(hour) * PER_HOUR + (minute == "30") + PER_HOUR * (minute == "59")
        if at > SLOTS or (half and not 1 <= int(hour) <= 12):
            raise Unread(f"found '{found}'", f"Hours go from 0 to 24: {WHOLE}")
        ends.append(at % NOON + NOON * (half == "pm") if half else at)
        is_open = not in_hours and not hour.startswith("0") and 1 <= int(hour) <= 12
        halves.append(half or "?" * is_open)
    start, end = ends
    if "?" in halves and {"am", "pm"}.intersection(halves):
        return _with_half(found, ends, halves)
    if halves == ["?", "?"] and (end <= start or start < 6 * PER_HOUR):
        by_day = f"{half_hour_words(start)}-{half_hour_words(end + NOON * (end <= start))}"
        other = f"{half_hour_words(start + NOON)}-{half_hour_words((end + NOON * (end > start)) or SLOTS)}"
        remedy = f"Write {other}, or {by_day} h" if end > start else f"Write {by_day} or {other}"
        first, _, last = other.partition("-")
        whole = f"{remedy}. With all other hours, such as '1 {other}, 2 {last}-{first}'"
        raise Unread(f"found '{found}', which may be {by_day} or {other}", whole)
    if start % SLOTS == end:
        raise Unread(f"found '{found}'", f"Name two different times: {WHOLE}")
    return start % SLOTS, end if end > start % SLOTS else end + SLOTS


def _with_half(found: str, ends: Sequence[int], halves: Sequence[str]) -> tuple[int, int]:
    """Hours of which one end says am or pm: the other is that which makes a shift of a usual length."""
    meant = []
    for more in (0, NOON):
        start, end = (
            at % NOON + more if half == "?" else at for at, half in zip(ends, halves, strict=True)
        )
        end += SLOTS * (end <= start)
        if SHORTEST * PER_HOUR <= end - start <= LONGEST * PER_HOUR:
            meant.append((start, end))
    if len(meant) != 1:
        raise Unread(f"found '{found}'", f"Say am or pm of both, or write hours of 24: {WHOLE}")
    return meant[0]
