"""Find trusts by what people call them, and read what NHS England published of each (`docs/tools/trusts.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from simulation.errors import refuse
from simulation.records.serialise import read_rows

LARGEST = 650.0
"""Attendances a day above which a trust is taken for several equal departments: the upper end of those drawn for the
ensemble `england`."""
OF_EVERY_TRUST = {
    "and", "at", "county", "district", "foundation", "general", "health", "healthcare", "hospital", "hospitals",
    "infirmary", "nhs", "of", "service", "teaching", "the", "trust", "university",
}  # fmt: skip
"""Words that tell no trust from another."""
NEAR = 0.75
"""How alike a misspelt word and one of a name are at least (`difflib`)."""
SHORT = {"saint": "st", "gt": "great"}
"""Words that are written in two ways, by the rarer."""


class PublishedOfTrust(NamedTuple):
    """What is published of a trust's major (type 1) emergency departments, over the months that are used of a year.

    months, first, last       how many are used, and from which to which (YYYY-MM); `left_out`: why others are not
    attendances_a_day         booked ones included
    within_4h_share           of these
    admitted_share            emergency admissions from type 1 departments, of these
    over_4h_decision_share    of emergency admissions from all departments: over four hours from the decision to admit
    over_12h_decision_share   over twelve
    usable                    whether it is a general department with enough months
    """

    name: str
    months: int
    first: str
    last: str
    attendances_a_day: float
    within_4h_share: float
    admitted_share: float
    over_4h_decision_share: float
    over_12h_decision_share: float
    usable: bool
    left_out: str


class TrustNames(NamedTuple):
    """Hospitals of a trust with a major department, and its other usual names."""

    hospitals: tuple[str, ...]
    also: tuple[str, ...]


@dataclass(frozen=True)
class Trust:
    """A trust: its code, what is published of it, and what it is called."""

    code: str
    published: PublishedOfTrust
    names: TrustNames

    @property
    def n_sites(self) -> int:
        """As how many equal departments it is simulated: more than one where it is larger than `LARGEST`."""
        large = self.published.attendances_a_day > LARGEST
        return max(len(self.names.hospitals), 2) if large else 1

    @cached_property
    def searched(self) -> tuple[list[str], ...]:
        """The words of each of its names that tell it from others."""
        return tuple(
            map(name_words, (self.published.name, *self.names.hospitals, *self.names.also))
        )


@cache
def trusts() -> Mapping[str, Trust]:
    """Every trust with a type 1 department, by code."""
    folder = Path(__file__).parent
    names = read_rows(folder / "names.yaml", TrustNames)
    published = read_rows(folder / "published.yaml", PublishedOfTrust)
    return {
        code: Trust(code, of, names.get(code, TrustNames((), ()))) for code, of in published.items()
    }


def facts_of_trust(trust: Trust) -> Iterator[str]:
    """What is published of a trust, and what is not, in sentences."""
    of = trust.published
    if not of.usable:
        yield f"No answer rests on it: {of.left_out}."
        return
    yield (
        f"Published, {of.first} to {of.last}: {of.attendances_a_day:.0f} attendances a day at major (type 1) "
        f"departments, booked ones included; {100 * of.within_4h_share:.1f} % within four hours; "
        f"{100 * of.admitted_share:.1f} % admitted (NHS England, monthly A&E statistics, Open Government Licence v3.0)."
    )
    yield (
        f"Of all its emergency admissions {100 * of.over_4h_decision_share:.1f} % waited over four hours from the "
        f"decision, {100 * of.over_12h_decision_share:.1f} % over twelve: departments that out=NAME makes are held "
        "to these, those of an offer are not."
    )
    if of.left_out:
        yield f"Of twelve months {of.months} are used: {of.left_out}."
    if trust.n_sites > 1:
        yield (
            f"It is simulated as one of {trust.n_sites} equal departments, because departments of the model end "
            f"at {LARGEST:.0f} a day ({', '.join(trust.names.hospitals)}; from memory)."
        )
    yield (
        "Departments with these figures are not the trust: nobody publishes its rotas, its minutes or its waits for "
        "triage. The wait for triage says most of what a quicker triage is worth: measure it."
    )


def answers_of_trust(trust: Trust) -> dict[str, str | float]:
    """What is published of one department of a trust, as answers of an offer."""
    of = trust.published
    return {
        "attendances_per_day": round(of.attendances_a_day / trust.n_sites),
        "within_four_hours": f"{100 * of.within_4h_share:.1f} %",
        "admitted_share": f"{100 * of.admitted_share:.1f} %",
    }


def every_word(name: str) -> list[str]:
    """The words of a name, in small letters without marks."""
    plain = re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’.]", "", name.casefold().replace("&", " and ")))
    return [SHORT.get(word, word) for word in plain.split()]


def name_words(name: str) -> list[str]:
    """The words of a name that tell it from others; all, if none does."""
    words = every_word(name)
    return [word for word in words if word not in OF_EVERY_TRUST] or words


def find(asked: str) -> tuple[Trust, ...]:
    """The trusts that are meant: by code, else by full name, whole words, beginnings of words, or nearest spelling.

    Several, where several have such a name. Raises ConfigError if none has.
    """
    known = trusts()
    if one := known.get(asked.strip().upper()):
        return (one,)
    words, whole_name = name_words(asked), every_word(asked)
    if named := [one for one in known.values() if every_word(one.published.name) == whole_name]:
        return tuple(named)
    vocabulary = {word for trust in known.values() for name in trust.searched for word in name}
    spelt = [(get_close_matches(word, vocabulary, 1, NEAR) or [word])[0] for word in words]
    for meant, here in ((words, _in_a_row), (words, _whole), (words, _beginning), (spelt, _whole)):
        found = tuple(
            trust
            for trust in known.values()
            if words and any(here(meant, name) for name in trust.searched)
        )
        if found:
            return found
    return refuse(
        "trust",
        f"none of the {len(known)} trusts whose figures are here is called '{asked}'",
        "Say its code (RHW), a hospital or a town; 'aeflow trust' lists all. Some five English trusts are missing",
    )


def _in_a_row(words: list[str], name: list[str]) -> bool:
    return any(name[place : place + len(words)] == words for place in range(len(name)))


def _whole(words: list[str], name: list[str]) -> bool:
    return set(words) <= set(name)


def _beginning(words: list[str], name: list[str]) -> bool:
    return all(any(of.startswith(word) for of in name) for word in words)
