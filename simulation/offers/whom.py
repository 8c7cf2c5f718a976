"""Whom a product is for, as people write it: 'adult walk-ins, English only', 'everyone but ambulances'.

Ways of arrival, ages and need of an interpreter are what the departments tell apart, and what a policy can cover.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from simulation.config.files import packaged_configs
from simulation.offers.figures import Unread
from simulation.records.serialise import read_yaml
from simulation.wording import listed_with_and

SITE = "configs/site/typical.yaml"
"""The file that shares of patients are read from."""
WAYS = {"walk_in": "walk-ins", "referred": "GP referrals", "ambulance": "ambulance patients"}
"""Patients by way of arrival, in words."""
AGES = {
    "child": (0, "children"),
    "adult": (18, "adults under 65"),
    "older": (65, "those of 65 to 79"),
    "oldest": (80, "those of 80 and over"),
}
"""The bands of age that departments know: from which age, and in words."""
ADULTS = ("adult", "older", "oldest")
EXAMPLE = (
    "Say walk-ins, GP referrals, ambulances or everyone; adults, children, or ages from or under 18, 65 or 80; English "
    "only. So: adult walk-ins, English only"
)
BETWEEN = "16 and 17 are not told from younger patients here, so they are taken as children, about 2 % of everybody"
"""What is said of an age of 16: two of the five years of 13 to 17, .241 of children, who are .24 of all (`SITE`)."""
N = r"(\d{1,3})(?:s| years?(?: old| of age)?)?"
TERMS: Mapping[str, str] = {
    "all_ages": r"(?:of |in )?(?:all|any) (?:ages?|languages?)",
    "not_english": r"non[- ]english(?:[- ]speak(?:ers|ing))?|(?:who )?need(?:s|ing)? (?:an? )?interpreters?",
    "english": r"(?:who )?(?:speak(?:s|ing)? )?english(?:[- ]speak(?:ers?|ing))?"
    r"|(?:with(?:out| no)|(?:who )?need(?:s|ing)? no|no) (?:need (?:of|for) )?(?:an? )?interpreters?(?: needed)?",
    "span": rf"(?:aged? )?(\d{{1,3}}) ?(?:-|–|to) ?{N}",
    "under": rf"(?:aged? )?(?:under|below|younger than|<) ?(?:the age of )?{N}",
    "from": rf"(?:aged? )?(?:over|above|older than|from|>) ?(?:the age of )?{N}"
    rf"|(?:aged? )?{N} ?(?:\+|plus|(?:and|or) (?:over|above|older|up))",
    "child": r"child(?:ren)?|kids|p(?:a?ed|aed)iatrics?|paeds",
    "grown": r"adults?|grown[- ]ups?",
    "walk_in": r"walk(?:ing)?[- ]?ins?|self[- ](?:present(?:ers?|ing)|refer(?:red|rals?))",
    "referred": r"gp[- ]?(?:referr(?:ed|als?))?|referr(?:ed|als?)(?: by (?:a |their )?gps?)?",
    "ambulance": r"ambulances?",
    "everyone": r"every(?:one|body)?|any(?:one|body)?|all(?:[- ]comers)?|both",
    "not": r"not|no|non|but|except(?:ing)?(?: for)?|excl(?:uding|\.)?|without|other than|apart from|minus",
    "only": r"only|just",
    "and": r"and|or|nor|&|\+|/",
    "stop": r"[,;.()]",
    "": r"patients?|people|arrivals?|arriv(?:e|ing)|attend(?:ers|ances|ees)|who|are|come|coming|by|the|an?|those"
    r"|with|in|of|for",
}  # fmt: skip
"""What stands for whom, in order: the first that begins here counts."""
TERM = re.compile(
    "|".join(rf"(?P<{name or 'fill'}>{words})(?!\w)" for name, words in TERMS.items())
)


class Whom(NamedTuple):
    """Whom a product is for: arrival sources, and categories of patients' attributes (age band, language need).

    taken: how an age was read that departments do not tell apart; '' for none.
    """

    sources: tuple[str, ...] = ("walk_in", "referred")
    only: Mapping[str, tuple[str, ...]] = {}
    taken: str = ""

    @property
    def words(self) -> str:
        """'adult walk-ins and GP referrals who need no interpreter'."""
        ways = listed_with_and([WAYS[name] for name in self.sources])
        ages, language = self.only.get("age_band", ()), self.only.get("language_need", ())
        if ages == ADULTS:
            ways = f"adult {ways}"
        elif ages:
            ways = f"{listed_with_and([AGES[age][1] for age in ages])} among {ways}"
        return (
            ways
            + {(): "", ("no",): " who need no interpreter", ("yes",): " who need an interpreter"}[
                language
            ]
        )

    @property
    def share(self) -> float:
        """Their share of attendances at the typical site (`SITE`)."""
        return sum(_share(way, self.only) for way in self.sources)

    @property
    def left_out(self) -> str:
        """Who is left out, in words, and their share of everybody; '' if nobody is."""
        ages, language = self.only.get("age_band", tuple(AGES)), self.only.get("language_need", ())
        without = [words for way, words in WAYS.items() if way not in self.sources]
        if not set(ages) & set(ADULTS):
            without.append("adults")
        else:
            without += [words for age, (_, words) in AGES.items() if age not in ages]
        interpreter = {
            (): [],
            ("no",): ["those who need an interpreter"],
            ("yes",): ["those who need no interpreter"],
        }
        without += interpreter[language]
        return (
            f"{listed_with_and(without)} ({100 * (1 - self.share):.0f} % of everybody)"
            if without
            else ""
        )


@cache
def _site() -> Mapping[str, Any]:
    site: Mapping[str, Any] = read_yaml(packaged_configs() / "site" / "typical.yaml")
    return site


def _share(way: str, only: Mapping[str, tuple[str, ...]]) -> float:
    """The share of attendances of those of one way of arrival who are among `only`."""
    arrivals, attributes = _site()["arrivals"], _site()["attributes"]
    share = arrivals[way]["per_day"] / sum(arrivals[name]["per_day"] for name in WAYS)
    ages = only.get("age_band")
    if ages:
        by_age = dict(
            zip(
                attributes["age_band"]["categories"],
                attributes["age_band"]["shares"][way],
                strict=True,
            )
        )
        share *= sum(by_age[age] for age in ages)
    need = attributes["language_need"]["p"]
    return float(share * {(): 1, ("no",): 1 - need, ("yes",): need}[only.get("language_need", ())])


class _Part(NamedTuple):
    """What stands between two commas or 'and': the terms, with ages, each as meant or as left out; whether 'only'."""

    meant: dict[str, tuple[str, ...]]
    left_out: dict[str, tuple[str, ...]]
    is_only: bool
    is_all: bool


def read_whom(text: str) -> Whom:
    """Whom a text says. Raises Unread."""
    if "%" in text or "per cent" in text:
        raise Unread(
            f"found '{text}'", "Say whom it is for; for how many of them, under used_share"
        )
    taken: list[str] = []
    parts = list(_parts(text, taken))
    meant, left_out = _together(parts, "meant"), _together(parts, "left_out")
    narrowed = [part for part in parts if part.meant.keys() & {"age", "language"}]
    with_way = [part for part in parts if part.is_all or "way" in part.meant]
    loose = [part for part in narrowed if part not in with_way and not part.is_only]
    all_of = [part for part in with_way if part.is_all and "way" in part.meant]
    unlike = any(
        part.meant.get(key, meant[key]) != meant[key]
        for part in narrowed
        for key in ("age", "language")
        if key in meant
    )
    is_later = bool(narrowed) and len(with_way) > 1 and narrowed[0] in with_way[1:] and not unlike
    if (
        (with_way and loose)
        or (all_of and narrowed and len(with_way) > 1)
        or (len(with_way) > 1 and unlike)
        or is_later
    ):
        raise Unread(
            f"found '{text}'",
            "Say it once for all of them: adult walk-ins; or walk-ins and ambulances, adults only",
        )
    if any(part.is_all and "way" not in part.meant for part in parts) and "way" in meant:
        raise Unread(f"found '{text}'", EXAMPLE)
    ways = [
        way for way in WAYS if way in meant.get("way", WAYS) and way not in left_out.get("way", ())
    ]
    ages = tuple(
        age for age in AGES if age in meant.get("age", AGES) and age not in left_out.get("age", ())
    )
    language = set(meant.get("language", ("no", "yes"))) - set(left_out.get("language", ()))
    if not parts or not ways or not ages or not language:
        raise Unread(f"found '{text}': nobody is left", EXAMPLE)
    only = {"age_band": ages} if len(ages) < len(AGES) else {}
    if len(language) == 1:
        only["language_need"] = tuple(language)
    return Whom(tuple(ways), only, taken[0] if taken else "")


def _together(parts: list[_Part], which: str) -> dict[str, tuple[str, ...]]:
    """The terms of all parts by kind."""
    found: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for kind, names in getattr(part, which).items():
            found[kind] = tuple(dict.fromkeys((*found.get(kind, ()), *names)))
    return found


def _parts(text: str, taken: list[str]) -> Iterator[_Part]:
    """The parts of a text. Raises Unread for a word that is not understood."""
    rest, is_not = (
        re.sub(r"\bnon-", "non ", re.sub(r"\bbut only\b", ", only", text.casefold())),
        False,
    )
    part = _Part({}, {}, False, False)
    while rest:
        found = TERM.match(rest)
        if not found:
            raise Unread(f"found '{rest.split()[0]}' in '{text}'", EXAMPLE)
        name, rest = str(found.lastgroup), rest[found.end() :].lstrip()
        if name in ("and", "stop"):
            if any(part):
                yield part
            part, is_not = _Part({}, {}, False, False), is_not and name == "and"
        elif name == "not":
            is_not = True
        elif name == "only":
            part = part._replace(is_only=True)
        elif name == "everyone":
            part = part._replace(is_all=True)
        elif (term := _term(name, found, text, taken)) is not None:
            kind, names = term
            terms = part.left_out if is_not else part.meant
            before = terms.get(kind)
            terms[kind] = (
                names if before is None or is_not else tuple(one for one in before if one in names)
            )
    if any(part):
        yield part


def _term(
    name: str, found: re.Match[str], text: str, taken: list[str]
) -> tuple[str, tuple[str, ...]] | None:
    """The kind and the names of a term; None for one that says nothing."""
    if name in WAYS:
        return "way", (name,)
    if name in ("english", "not_english"):
        return "language", ("no" if name == "english" else "yes",)
    if name in ("child", "grown"):
        return "age", ("child",) if name == "child" else ADULTS
    if name not in ("span", "under", "from"):
        return None
    ends = [int(group) for group in found.groups() if group and group.isdecimal()]
    low, high = {"span": (ends[0], ends[-1] + 1), "under": (0, ends[-1]), "from": (ends[0], 200)}[
        name
    ]
    if {low, high} & {16, 17}:
        taken.append(BETWEEN)
    low, high = (18 if end in (16, 17) else end for end in (low, high))
    edges = {start for start, _ in AGES.values()}
    ages = tuple(age for age, (start, _) in AGES.items() if low <= start < high)
    if low not in edges or (high not in edges and high < 100) or not ages:
        raise Unread(
            f"found '{found[0]}' in '{text}'", f"Ages are told apart at 18, 65 and 80. {EXAMPLE}"
        )
    return "age", ages
