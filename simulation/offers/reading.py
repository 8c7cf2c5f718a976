"""Answers as people write them, by kind: texts and choices here, figures in `figures`, rotas in `rotas`, patients in
`whom`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from simulation.offers.figures import (
    ReadAmount,
    Unread,
    read_amount,
    read_minutes,
    read_money,
    read_number,
    read_share,
)
from simulation.offers.rotas import Rota, read_rota, rota_words
from simulation.offers.whom import Whom, read_whom

LONGEST_ANSWER = 2_000
"""Characters of any answer; the longest are rotas."""
MOST_CHARACTERS = 100
"""Characters of a text: it is a label in tables."""
SAID = {"apart|separate|dedicated": "own", "same|both": "triage"}
"""Words in which a choice is named that begins so, by pattern."""


def read(kind: str, answer: Any, choices: Mapping[str, str], unit: str = "") -> Any:
    """The value of an answer to a question with such choices, or in such a unit. Raises Unread."""
    text = ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer)
    text = " ".join(text.split())
    if len(text) > LONGEST_ANSWER:
        raise Unread(f"has {len(text):,} characters", f"Write {LONGEST_ANSWER:,} at most")
    if re.search(r"\d{16}", text):
        raise Unread("holds a number of more than 15 digits", "Write a shorter one")
    if isinstance(answer, bool):
        raise Unread(f"found {answer}", "Write it in words")
    if kind == "choice":
        return _choice(text, choices)
    return _PLAIN[kind](text) if kind in _PLAIN else _FIGURES[kind](text, unit)


def _text(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise Unread(f"has {len(text)} characters", f"Write {MOST_CHARACTERS} at most")
    return text


def _choice(text: str, choices: Mapping[str, str]) -> str:
    """One of the choices, or the only one that begins so or is among the words."""
    plain = text.casefold().replace("_", " ")
    meant = [name for name in choices if name == plain] or [
        name for name in choices if name.startswith(plain)
    ]
    among = (name for name in choices if name != "not")  # which is in other words, too
    meant = meant or [name for name in among if re.search(rf"\b{name}\b", plain)]
    if not meant and not re.search(r"\b(?:not?|none)\b", plain):
        begins = tuple(begin for words, begin in SAID.items() if re.search(words, plain))
        meant = [name for name in choices if name.startswith(begins)]
    if len(meant) != 1:
        raise Unread(f"found '{text}'", f"Choose one: {', '.join(choices)}")
    return meant[0]


def words_of(kind: str, value: Any, unit: str) -> str:
    """A value as it was read, in words."""
    if isinstance(value, Rota):
        return rota_words(value)
    if isinstance(value, Whom):
        return value.words
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
    return f"{value:,.10g} {unit}" if isinstance(value, float) else str(value)


_PLAIN: Mapping[str, Callable[[str], Any]] = {
    "text": _text,
    "rota": read_rota,
    "sources": read_whom,
}
_FIGURES: Mapping[str, Callable[[str, str], Any]] = {
    "amount": read_amount,
    "share": read_share,
    "minutes": read_minutes,
    "money": read_money,
    "number": read_number,
}
"""By kind of answer, what reads it, figures in the unit of the question; a choice is read by its choices."""
