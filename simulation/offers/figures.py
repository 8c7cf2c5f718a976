"""Numbers as people write them: '1,280', 'about 310', '£10k a month', '60 %', '1 in 4', '6 min 30 s'.

What can be read in two ways, a range or a bound is refused with what to write; no word of an answer is left out in
silence.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from simulation.records.serialise import read_yaml

TABLES: Mapping[str, Mapping[str, float]] = read_yaml(Path(__file__).with_name("words.yaml"))
WORDS, MANY, PARTS, DAYS_OF, YEARLY, SECONDS = TABLES.values()
UNKNOWN = r"n/?[ak]|tb[cad]|unknown|not known|unsure|\?+|do(?:n['’]t| not) know|dk|not sure|-+"
ABOUT = (
    r"^(?:about|around|approx(?:imately|\.)?|roughly|circa|ca?\.?(?= ?[\d£])|~|≈|on average|(?:an? )?(?:average|mean)"
    r"(?: of)?) ?| ?(?:\bapprox\.?|\bor so|-?ish)$|[.,;]$"
)
"""What an answer begins and ends with that makes it no other number."""
BOUND = (
    r"^(?:[<>≤≥]|(?:over|under|above|below|at least|at most|up to|more than|less than|fewer than|max|min|nearly|almost"
    r"|between)\b)|\d ?\+|±|\+/-"
)
ONE_NUMBER, NO_NUMBER = "Write one number", "Write a number"
NUMBER = (
    r"[-+]?(?:\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)(?:e\+?\d{1,2})?(?![\d.,]*\d)"
)
RANGE = re.compile(
    rf"£? ?({NUMBER}) ?([a-z%]*) ?(?:-|–|—|\bto\b|\bor\b) ?£? ?({NUMBER}) ?([a-z%]*)"
)
ALL_OR_NONE = dict.fromkeys(("all", "everybody", "everyone", "always"), 1.0)
ALL_OR_NONE |= dict.fromkeys(("none", "nobody", "never"), 0.0)
OF_THEM = (
    r"(?: of (?:the |all |those |these |our )*(?:patients|attendances|them|cases|people|labels))?"
)
PER = r"(?:a|an|per|each|every|/) ?"
AVERAGE = r"(?:,? ?(?:on average|average|mean|each))?"
CLOCK_TIME = re.compile(r"(\d+):([0-5]\d)")


class Unread(Exception):
    """An answer that cannot be read: what was found, and what to write."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.found, self.remedy = found, remedy


class ReadAmount(NamedTuple):
    """Seconds, or a share of the time."""

    number: float
    is_seconds: bool


def number_in_words(word: str) -> int | None:
    """The number that one word is; None for another word."""
    ten, _, one = word.partition("-")
    if ten not in WORDS or WORDS.get(one, 0) >= 20 or (one and one not in WORDS):
        return None
    return int(WORDS[ten] + WORDS.get(one, 0))


def _plain(text: str) -> str:
    """A text in small letters without 'about'. Raises Unread if it is no number, or a range or bound of numbers."""
    plain = " ".join(text.casefold().split())
    if re.fullmatch(UNKNOWN, plain):
        raise Unread(f"found '{text}'", "Leave it blank if nobody knows")
    plain = re.sub(r"\bp\.?a\b\.?|\bannually|\byearly", "a year", re.sub(ABOUT, "", plain))
    plain = re.sub(r"\b(month|quarter|week)ly\b", r"a \1", plain)
    for sign, value in (("½", ".5"), ("¼", ".25"), ("¾", ".75")):
        plain = re.sub(rf"(\d*) ?{sign}", rf"\g<1>{value}", plain)
    if found := RANGE.match(plain):
        low, high = (float(re.sub("[, ]", "", found[place])) for place in (1, 3))
        middle, times = (low + high) / 2, MANY.get(found[4], 1)
        is_one = found[2] == found[4] or (not found[2] and times == 1)
        example = (
            f": {middle * times:,.10g} {found[4] if times == 1 else ''}".rstrip() if is_one else ""
        )
        raise Unread(
            f"found a range, '{text}'",
            f"{ONE_NUMBER}, such as the middle{example}" if example else ONE_NUMBER,
        )
    if re.search(BOUND, plain):
        raise Unread(f"found '{text}'", f"{ONE_NUMBER}, the mean or the usual, or leave it blank")
    return plain


def _leading(plain: str, remedy: str = NO_NUMBER) -> tuple[float, str]:
    """The number with which a text begins, in digits or words, and what stands behind it. Raises Unread."""
    if found := re.match(r"(\d{1,3}(?:\.\d{3})+)(?![\d.,])", plain):
        digits = found[1].replace(".", "")
        if not found[1].startswith("0"):
            decimal = f", or {float(found[1]):g}" if found[1].count(".") == 1 else ""
            raise Unread(f"found '{plain}'", f"Write {int(digits):,}{decimal}")
    if (found := re.match(r"[-+]?\d+,\d+(?![\d,.])", plain)) and not re.match(NUMBER, plain):
        remedy = f"Write a number with a decimal point, {found[0].replace(',', '.')}, or commas between thousands"
        raise Unread(f"found '{plain}'", remedy)
    if found := re.match(rf"(\d+) (\d)/(\d)\b|({NUMBER})", plain):
        number = (
            float(re.sub("[, ]", "", found[4]))
            if found[4]
            else int(found[1]) + int(found[2]) / (int(found[3]) or 1)
        )
        return number, plain[found.end() :].strip()
    return _in_words(plain, remedy)


def _in_words(plain: str, remedy: str) -> tuple[float, str]:
    """A number in words, and what stands behind it. Raises Unread."""
    total, part, is_number, rest = 0.0, 0.0, False, plain.replace("-", " ")
    while found := re.match(r"(?:and )?([a-z]+) ?", rest):
        word = found[1]
        if word in WORDS and not (is_number and word in ("a", "an")):
            part += WORDS[word]
        elif word in MANY and len(word) > 2 and part:
            part *= MANY[word]
            if word != "hundred":
                total, part = total + part, 0
        else:
            break
        is_number, rest = True, rest[found.end() :]
    if not is_number:
        raise Unread(f"found '{plain[:60]}'", remedy)
    return total + part, rest.strip()


def _multiplied(number: float, rest: str) -> tuple[float, str]:
    """A number with the k, m, thousand or million behind it."""
    found = re.match(rf"({'|'.join(MANY)})\b ?", rest)
    return (number * MANY[found[1]], rest[found.end() :]) if found else (number, rest)


def read_number(text: str, unit: str = "") -> float:
    """A number in a unit such as 'attendances a day', with commas between thousands, k or m behind. Raises Unread.

    >>> read_number("1,280"), read_number("120k"), read_number("113,150 a year", "attendances a day")
    (1280.0, 120000.0, 310.0)
    """
    number, rest = _multiplied(*_leading(_plain(text)))
    noun = unit.partition(" ")[0]
    nouns = f"{noun}|{noun.removesuffix('s')}" + "|patients|pts|people" * (
        noun in ("attendances", "cases")
    )
    period = rf" ?{PER}({'|'.join(DAYS_OF)})" if unit.endswith("a day") else r"(\b)"
    found = (
        re.fullmatch(rf"(?:(?:type ?1 |staffed |adult |g&a )*(?:{nouns}))?(?:{period})?", rest)
        if unit or not rest
        else None
    )
    if not found:
        raise Unread(f"found '{text[:60]}'", f"Write a number of {unit}" if unit else NO_NUMBER)
    days = DAYS_OF[found[1] or "day"] if found.groups() else 1
    return number if days == 1 else round(number / days, 1)


def read_share(text: str) -> float:
    """A share: '62 %', '62', '0.62', 'half', '1 in 4'. Raises Unread."""
    plain, remedy = _plain(text), "Write a share, such as 62 %"
    example = Unread(f"found '{text[:60]}'", remedy)
    if plain in ALL_OR_NONE:
        return ALL_OR_NONE[plain]
    if found := re.fullmatch(rf"(?:([a-z]+)[- ])?({'|'.join(PARTS)})s?{OF_THEM}", plain):
        n_parts = number_in_words(found[1] or "one")
        if n_parts is None or n_parts > PARTS[found[2]]:
            raise example
        return n_parts / PARTS[found[2]]
    if found := re.fullmatch(r"(\w+) ?(?:/|\bin\b|\bof\b|\bout of\b) ?(\w+)", plain):
        some, of_all = (
            int(word) if word.isdecimal() else number_in_words(word) or 0 for word in found.groups()
        )
        if not 0 < some <= of_all:
            raise example
        return some / of_all
    number, rest = _leading(plain, remedy)
    within = r"(?: within (?:4|four) ?h(?:ou)?rs?)?"
    if not re.fullmatch(rf"(?:%|per ?cent|pct?)?{OF_THEM}{within}{AVERAGE}", rest):
        raise example
    if not rest:
        if 1 <= number < 2:
            raise Unread(f"found '{text}'", f"Write {number:g} %{' or 100 %' * (number == 1)}")
        return number / 100 if number > 1 else number
    if 0 < number < 1:
        remedy = (
            f"Write {100 * number:g} %, or {number / 100:g} if it is less than one in a hundred"
        )
        raise Unread(f"found {text}", remedy)
    return number / 100


def _seconds(plain: str, remedy: str) -> tuple[float, str | None, str]:
    """A time such as '6 min 30 s' in seconds, its first unit and what stands behind it; without a unit the number."""
    if found := re.match(r"half an? ", plain):
        plain = f"0.5 {plain[found.end() :]}"
    total, first, rest = 0.0, None, plain
    while rest and (first is None or re.match(r"\d", rest)):
        number, behind = _leading(rest, remedy)
        found = re.match(r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)(?![a-z])[ ,]*", behind)
        if not found and first == "h":
            return total + 60 * number, first, behind
        if not found:
            return (number, None, behind) if first is None else (total, first, rest)
        first, total = first or found[1][0], total + number * SECONDS[found[1][0]]
        rest = behind[found.end() :]
    return total, first, rest


def read_minutes(text: str) -> float:
    """A number of minutes: '6', '6 min', '6m30s', '90 s'. Raises Unread."""
    plain, example = _plain(text), "Write a number of minutes"
    if found := CLOCK_TIME.fullmatch(plain):
        one, sixtieth = int(found[1]), int(found[2])
        raise Unread(
            f"found '{text}'", f"{example}: {one + sixtieth / 60:.4g}, or {60 * one + sixtieth}"
        )
    number, first, rest = _seconds(plain, example)
    if first == "h":
        raise Unread(f"found '{text}'", f"{example}: {number / 60:.4g}")
    if not re.fullmatch(rf"(?:{PER}(?:patient|triage|walk-in))?{AVERAGE}", rest):
        raise Unread(f"found '{text}'", example)
    return number / 60 if first else number


def read_amount(text: str) -> ReadAmount:
    """Seconds or a share: '30 s', '0.5 min', '12 %'. Raises Unread."""
    plain, example = _plain(text), "Say seconds, such as 30 s, or a share of a triage, such as 12 %"
    if found := CLOCK_TIME.fullmatch(plain):
        raise Unread(f"found '{text}'", f"Say {60 * int(found[1]) + int(found[2])} s")
    number, first, rest = _seconds(plain, example)
    of = r"(?: ?(?:(?:off|from|of|a|per|for|each|every|the)\b|/) ?)*(?:triages?(?: time)?|time|patient)?"
    if first and re.fullmatch(rf"{of}{AVERAGE}", rest):
        return ReadAmount(number, True)
    if first is None and re.fullmatch(rf"(?:%|per ?cent|pct?){of}{AVERAGE}", rest):
        if not -100 <= number <= 100:
            raise Unread(f"found {text}", "Write a share of a triage, at most 100 %")
        return ReadAmount(number / 100, False)
    if not rest and first is None:
        raise Unread(f"found '{text}', without a unit", f"Say {plain} s, or a share such as 12 %")
    raise Unread(f"found '{text}'", example)


def read_money(text: str, unit: str = "") -> float:
    """A sum of pounds a year or a patient: '£120k', '90,000 pounds', '£10k a month', '85p'. Raises Unread."""
    found, of_patient = f"found '{text[:60]}'", unit.endswith("a patient")
    if re.search(r"\bvat\b", text.casefold()):
        raise Unread(
            found,
            "Write the sum that you would pay, with VAT if you cannot claim it back: £120,000",
        )
    if re.search(r"[$€¥]|\b(?:usd|eur|dollars?|euros?)\b", text.casefold()):
        raise Unread(found, "Write pounds: £120,000")
    plain = re.sub(r"^(?:£|gbp) ?", "", _plain(text))
    if plain in ("free", "nil", "nothing", "no charge"):
        return 0.0
    example = f"Write what it costs, as £{'1.85 a patient' if of_patient else '120,000 a year'}"
    number, rest = _multiplied(*_leading(plain, example))
    behind = re.fullmatch(
        rf"(pounds?|gbp|£|p|pence)? ?(?:{PER}(?:({'|'.join(YEARLY)})"
        r"|(patient|attendance|use|triage|transaction|encounter)))?",
        rest,
    )
    if not behind:
        raise Unread(found, example)
    coin, period, patient = behind.groups()
    if coin in ("p", "pence"):
        if not of_patient:
            raise Unread(found, "Write pounds: £120,000")
        number /= 100
    if of_patient and period:
        raise Unread(found, "A price a year is answered under price_a_year")
    if patient and unit.endswith("a year"):
        raise Unread(found, "A price a patient is answered under price_a_patient; leave this blank")
    return number * YEARLY.get(period or "year", 1)
