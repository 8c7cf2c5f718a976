"""Bounds on what an override and a composed configuration may hold: their size and depth, and their characters.

They are checked before anything is made of them, so that a slip (or a file made to do harm) gives one message and not a
process that runs out of memory. What the values mean is not checked here; `files` checks a file before it is parsed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from simulation.errors import Fault

DEEPEST = 40
"""Levels of blocks within blocks; the packaged files have up to 8."""
MOST_PARTS = 200_000
"""Keys and values of a file or a configuration, each alias counted as what it repeats; the packaged ones have 4,000."""
LONGEST_TEXT = 10_000
"""Characters of one text; the packaged files have up to 600."""
LARGEST = 1e15
"""The largest absolute value of a number; whole numbers up to it are exact wherever they are used."""
REFERENCE = re.compile(r"\$\{([A-Za-z_][\w-]*(?:\.[\w-]+)*)\}")
"""The one form of a reference: the whole value is `${a.b}`, another value of the configuration."""
ATOMS = (int, float, bool, type(None))
"""Types of values that hold no others and refer to none."""
NO_REFERENCE = (
    "is not a plain reference",
    "Write the value itself, or ${...} alone with its dotted path",
)


@dataclass(frozen=True)
class Product:
    """A reference to a number, or another product, and the factor that multiplies it; `where` states the factor."""

    operand: str | Product
    factor: float
    where: str


_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


Reason = tuple[str, str] | None
"""What is wrong, and what to do about it; None if nothing is."""
POINT = "Write a decimal point where a decimal number is meant: 0.4, not 0,4"
"""What to do about a decimal comma."""


def bad_reference(text: str) -> Reason:
    """What is wrong with a text that refers to something, and what to do; None if nothing is.

    A reference names another value of the configuration. It cannot read the environment or a file, which must not get
    into stored results.
    """
    if "${" not in text or REFERENCE.fullmatch(text):
        return None
    return f"'{shortened(text)}' {NO_REFERENCE[0]}", NO_REFERENCE[1]


def override_fault(text: str) -> Fault | None:
    """The fault of an override that may not be parsed: too long, too deep, characters that cannot be shown; or None."""
    shown = shortened(text)
    if len(text) > LONGEST_TEXT:
        return Fault(shown, f"is longer than {LONGEST_TEXT:,} characters", "Write it into a file")
    if _UNWRITABLE.search(text):
        return Fault(shown, "holds a character that cannot be written out", "Use plain text")
    depth = 0
    for sign in text:
        depth += (sign in "[{(") - (sign in ")}]")
        if depth > DEEPEST:
            return Fault(
                shown, f"blocks within blocks, more than {DEEPEST} deep", "Write it flatter"
            )
    return Fault(shown, *NO_REFERENCE) if "${" in REFERENCE.sub("", text) else None


def configuration_faults(raw: dict[str, Any], where: str = "") -> list[Fault]:
    """A fault for each key or value that no part of a configuration may hold; `where` leads their dotted paths."""
    return list(_value_faults(where, raw, 0, [MOST_PARTS]))


def _value_faults(where: str, value: Any, depth: int, left: list[int]) -> Iterator[Fault]:
    """The faults of one value; `left` holds how many values more there may be."""
    left[0] -= 1
    if left[0] == 0:
        yield Fault(
            where,
            f"the configuration has more than {MOST_PARTS:,} values",
            "Leave out what is not needed",
        )
    if left[0] <= 0 or isinstance(value, Product):
        return
    if depth > DEEPEST:
        yield Fault(where, f"blocks within blocks, more than {DEEPEST} deep", "Write it flatter")
    elif isinstance(value, dict):
        before = None
        for key, part in value.items():
            comma = _decimal_comma(before, key) if part is None else None
            before = key, part
            if comma:
                yield Fault(f"{where}.{comma[0]}" if where else comma[0], *comma[1:])
                continue
            if not isinstance(key, str):
                yield Fault(
                    where or "configuration", f"the key {key!r} is not text", "Put it in quotes"
                )
                continue
            path = f"{where}.{key}" if where else key
            if reason := _bad_text(key):
                yield Fault(shortened(path), f"the key {reason[0]}", reason[1])
            elif not _is_sound(part, left):
                yield from _value_faults(path, part, depth + 1, left)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for number, part in enumerate(value):
            if not _is_sound(part, left):
                yield from _value_faults(f"{where}.{number}", part, depth + 1, left)
    elif reason := _bad_value(value):
        yield Fault(where, *reason)


def _decimal_comma(before: tuple[Any, Any] | None, key: object) -> tuple[str, str, str] | None:
    """The key, what was found and what to do if `{log_sd: 0,4}` was written, which YAML reads as `log_sd: 0` and then a
    key 4 without a value; `before`: the key before, and its value."""
    if before is None or not re.fullmatch(r"\d+", str(key)):
        return None
    name, whole = before
    if not isinstance(whole, int) or isinstance(whole, bool) or not isinstance(name, str):
        return None
    return name, f"found {whole}, and then {key} after a comma", without_comma(f"{whole},{key}")


def without_comma(text: str) -> str:
    """What to write in place of a number with a comma.

    >>> without_comma("1,280")
    'Write thousands without a comma: 1280. A decimal number has a point: 1.280'
    """
    if not re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", text):
        return POINT
    plain, point = text.replace(",", ""), text.replace(",", ".", 1)
    return f"Write thousands without a comma: {plain}. A decimal number has a point: {point}"


def _is_sound(value: object, left: list[int]) -> bool:
    """Whether a value, which is then counted, holds no others and has no fault: most are so, and need no path."""
    if left[0] <= 1 or not (type(value) is str or type(value) in ATOMS) or _bad_value(value):
        return False
    left[0] -= 1
    return True


def _bad_text(text: str) -> Reason:
    if text.isprintable() and len(text) < LONGEST_TEXT and "${" not in text:
        return None  # as below, at once
    unwritable = _UNWRITABLE.search(text)
    if unwritable:
        return (
            f"holds the character {ord(unwritable[0]):#06x}, which cannot be written out",
            "Use plain text",
        )
    if len(text) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT:,} characters", "Shorten it"
    return bad_reference(text)


def _bad_value(value: object) -> Reason:
    """What is wrong with a value that is no block or list, and what to do; None if nothing is."""
    if isinstance(value, str):
        return _bad_text(value)
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, int | float):
        return f"found {type(value).__name__}", "Write a number, a word, a list or a block of keys"
    if isinstance(value, float) and not math.isfinite(value):
        return f"found {value}", "Give a finite number"
    if abs(value) > LARGEST:
        return "the number is too large", f"Give one up to {LARGEST:g}"
    return None


def shortened(text: str, width: int = 100) -> str:
    """A text as a message shows it: on one line, '?' for what cannot be written out, not longer than `width`."""
    plain = _UNWRITABLE.sub("?", text.replace("\n", " "))
    return plain if len(plain) <= width else f"{plain[: width - 3]}..."
