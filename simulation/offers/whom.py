"""Whom a product is for, as people write it: 'adult walk-ins, English only', 'everyone but ambulances'.

Ways of arrival, ages and need of an interpreter are what the departments tell apart, and what a policy can cover.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
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
ONCE = "Say it once for all of them: adult walk-ins; or walk-ins and ambulances, adults only"
N = r"(\d{1,3})(?:s| years?(?: old| of age)?)?"
TERMS: Mapping[str, str] = {
    "all_ages": r"(?:of |in )?(?:all|any) (?:ages?|languages?)",
    "not_english": r"non[- ]english(?:[- ]speak(?:ers|ing))?|(?:who )?need(?:s|ing)? (?:an? )?interpreters?",
    "english": r"(?:who )?(?:can |able to )?(?:speak(?:s|ing)? )?english(?:[- ]speak(?:ers?|ing))?"
    r"|(?:with(?:out| no)|(?:who )?(?:need(?:s|ing)? no|do not need|don['’]t need)|no)"
    r" (?:need (?:of|for) )?(?:an? )?interpreters?(?: needed)?",
    "span": rf"(?:aged? )?(\d{{1,3}}) ?(?:-|–|to) ?{N}",
    "under": rf"(?:aged? )?(?:under|below|younger than|<)[- ]?(?:the age of )?{N}",
    "from": rf"(?:aged? )?(?:over|above|older than|from|>)[- ]?(?:the age of )?{N}"
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
    "stop": r",",
    "": r"patients?|people|arrivals?|arriv(?:e|ing)|attend(?:ers|ances|ees)|who|are|come|coming|by|the|an?|those"
    r"|with|in|of|for",
}  # fmt: skip
"""What stands for whom, in order: the first that begins here counts."""
TERM = re.compile(
    "|".join(rf"(?P<{name or 'fill'}>{words})(?!\w)" for name, words in TERMS.items())
)


class Whom(NamedTuple):
    """Whom a product is for: arrival sources, and categories of patients' attributes (age band, language need).

    taken: how an age was read that departments do not tell apart; '' for none; children: the share of attendances who
    are children; none: that of the typical site.
    """

    sources: tuple[str, ...] = ("walk_in", "referred")
    only: Mapping[str, tuple[str, ...]] = {}
    taken: str = ""
    children: float | None = None

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
        """Their share of attendances, by shares of the typical site (`SITE`)."""
        return sum(_share(way, self.only, self.children) for way in self.sources)

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
def _shares() -> tuple[Mapping[str, float], Mapping[str, Mapping[str, float]], float]:
    """At the typical site: shares of attendances by way of arrival, of ages of each, and of those who need an
    interpreter."""
    site: Mapping[str, Any] = read_yaml(packaged_configs() / "site" / "typical.yaml")
    per_day = {way: site["arrivals"][way]["per_day"] for way in WAYS}
    ages, language = site["attributes"]["age_band"], site["attributes"]["language_need"]
    by_age = {way: dict(zip(ages["categories"], ages["shares"][way], strict=True)) for way in WAYS}
    return {way: n / sum(per_day.values()) for way, n in per_day.items()}, by_age, language["p"]


def _share(way: str, only: Mapping[str, tuple[str, ...]], children: float | None) -> float:
    """The share of attendances of those of one way of arrival who are among `only`; `children`: the share of children,
    if it is not that of the typical site."""
    ways, ages, need = _shares()
    child = ages[way]["child"]
    usual = sum(ways[name] * ages[name]["child"] for name in WAYS)
    here = child if children is None else min(child * children / usual, 1.0)
    others = {age: share * (1 - here) / (1 - child) for age, share in ages[way].items()}
    of_ages = sum(here if age == "child" else others[age] for age in only.get("age_band", AGES))
    of_need = {(): 1.0, ("no",): 1 - need, ("yes",): need}[only.get("language_need", ())]
    return ways[way] * of_ages * of_need


class _Part(NamedTuple):
    """What stands between two commas or 'and's: the terms by kind, as meant or as left out."""

    meant: dict[str, tuple[str, ...]]
    left_out: dict[str, tuple[str, ...]]
    is_only: bool = False
    is_all: bool = False
    after_and: bool = False

    @property
    def has_way(self) -> bool:
        """Whether it names a way of arrival, or everybody."""
        return self.is_all or "way" in self.meant

    @property
    def narrows(self) -> bool:
        """Whether it names ages or a language."""
        return not self.meant.keys().isdisjoint(("age", "language"))

    @property
    def may_add(self) -> bool:
        """Whether 'walk-ins' before it may be meant as well: 'and adults', ', children'."""
        is_group = self.after_and or self.meant.get("age") == ("child",)
        return self.narrows and not self.has_way and not self.is_only and is_group


def read_whom(text: str) -> Whom:
    """Whom a text says. Raises Unread."""
    if "%" in text or "per cent" in text:
        raise Unread(
            f"found '{text}'", "Say whom it is for; for how many of them, under used_share"
        )
    taken: list[str] = []
    parts = list(_parts(text, taken))
    if any(_two_ways(parts)):
        raise Unread(f"found '{text}'", ONCE)
    meant, left_out = _together(parts, "meant"), _together(parts, "left_out")
    if any(part.is_all and "way" not in part.meant for part in parts) and "way" in meant:
        raise Unread(f"found '{text}'", EXAMPLE)
    every = {"way": tuple(WAYS), "age": tuple(AGES), "language": ("no", "yes")}
    ways, ages, language = (
        tuple(
            one
            for one in known
            if one in meant.get(kind, known) and one not in left_out.get(kind, ())
        )
        for kind, known in every.items()
    )
    if not (parts and ways and ages and language):
        raise Unread(f"found '{text}': nobody is left", EXAMPLE)
    only = {"age_band": ages} if len(ages) < len(AGES) else {}
    only |= {"language_need": language} if len(language) == 1 else {}
    return Whom(ways, only, taken[0] if taken else "")


def _two_ways(parts: Sequence[_Part]) -> Iterator[bool]:
    """Whether parts together may mean two things: what narrows one of them may be meant of it alone, or to add."""
    with_way = [part for part in parts if part.has_way]
    narrow = [part.narrows for part in with_way]
    if with_way:
        yield any(part.may_add for part in parts)
    if len(with_way) > 1:
        yield any(narrow) and any(part.is_all and "way" in part.meant for part in parts)
        yield any(narrow) and not narrow[0]
    for kind in ("age", "language"):
        named = [set(part.meant[kind]) for part in parts if kind in part.meant]
        yield any(one != other and one & other for one, other in combinations(named, 2))
        own = [part.meant[kind] for part in with_way if kind in part.meant]
        yield len(set(own)) > 1


def _together(parts: Iterable[_Part], which: str) -> dict[str, tuple[str, ...]]:
    """The terms of all parts by kind."""
    found: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for kind, names in getattr(part, which).items():
            found[kind] = (*found.get(kind, ()), *names)
    return found


def _parts(text: str, taken: list[str]) -> Iterator[_Part]:
    """The parts of a text. Raises Unread for a word that is not understood; adds to `taken` how ages were read."""
    rest, is_not = text.casefold().replace("_", "-"), False
    for pattern, word in ((r"\bbut only\b", ", only"), (r"\bnon-", "non "), (r"[,;.()]+", " , ")):
        rest = re.sub(pattern, word, rest)
    part, rest = _Part({}, {}), rest.strip()
    while rest:
        found = TERM.match(rest)
        if not found:
            raise Unread(f"found '{rest.split()[0]}' in '{text}'", EXAMPLE)
        name, rest = str(found.lastgroup), rest[found.end() :].lstrip()
        if name in ("and", "stop"):
            if any(part):
                yield part
            is_not = is_not and name == "and"
            part = _Part({}, {}, after_and=name == "and" and not is_not)
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
            terms[kind] = names if before is None else tuple(one for one in before if one in names)
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
