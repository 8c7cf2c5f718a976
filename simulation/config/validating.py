"""Nested mappings to frozen dataclasses: the only place that asks pydantic, and says what it found in our words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from simulation.config.bounds import shortened
from simulation.config.vocabulary import Key, keys_of
from simulation.errors import Fault, moved_to, nearest
from simulation.pathway.config_dataclass import UNITLESS
from simulation.pathway.department import Attribute, Branch, Outage, Trigger
from simulation.pathway.durations import AnyDuration
from simulation.pathway.own_measures import OwnGroup, OwnMeasure
from simulation.renamed import PATHS
from simulation.vetting.plan import AnyAssessor, AnyCases


def validated(
    kind: Any,
    stated: Any,
    where: str,
    faults: list[Fault],
    origin: Mapping[tuple[str, ...], str] | None = None,
    also: Collection[str] = (),
    *,
    again: bool = False,
) -> Any:
    """`stated` as a `kind`, or None and its faults.

    `origin`: by part of a pathway, the group it was written in; `also`: keys that are allowed besides those of `kind`;
    `again`: what differs from this in numbers alone was validated before, so that no boolean passes for a number.
    """
    made, errors = _tried(kind, stated)
    errors += [] if again else _booleans_for_numbers(kind, stated)
    if not errors:
        return made
    found: list[Fault] = []
    for each in errors:
        loc = tuple(str(part) for part in each["loc"])
        if not _meant(loc, stated):
            continue
        path = _visible(loc, stated)
        located = ".".join(part for part in (where, *path) if part)
        found.append(_fault(as_written(located, origin or {}), kind, loc, path, each, also))
    found = _without_echoes(found)
    faults += dict.fromkeys(found or [_unmatched(where, stated, errors, origin or {})])
    return None


def _tried(kind: Any, stated: Any) -> tuple[Any, list[Mapping[str, Any]]]:
    """What pydantic makes of `stated`, and what it reports."""
    try:
        return _adapter(kind).validate_python(stated), []
    except ValidationError as error:
        return None, [{**each, "loc": tuple(map(_unbounded, each["loc"]))} for each in error.errors()]


def _unbounded(part: int | str) -> int | str:
    """A part of a location as it would be if a number had no bounds: bounds say nothing about what was meant."""
    return part.removeprefix("constrained-") if part in ("constrained-float", "constrained-int") else part


NOT_A_LIST = ("tuple_type", "list_type")
NOT_A_NUMBER = ("int_parsing", "float_parsing")


def _booleans_for_numbers(kind: Any, stated: Any) -> list[Mapping[str, Any]]:
    """A report of each boolean where a number is wanted: pydantic takes `true` for 1, but not the word 'true'."""
    if not _holds_a_boolean(stated):
        return []
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for each in _tried(kind, _in_words(stated))[1]:
        path = _visible(tuple(str(part) for part in each["loc"]), stated)
        given = _at(path, stated)
        if each["type"] in NOT_A_NUMBER and isinstance(given, bool):
            found.setdefault(path, {**each, "input": given, "msg": str(each["msg"]).partition(",")[0]})
    return list(found.values())


def _holds_a_boolean(stated: Any) -> bool:
    if isinstance(stated, Mapping):
        return any(_holds_a_boolean(each) for each in stated.values())
    return any(map(_holds_a_boolean, stated)) if isinstance(stated, list | tuple) else isinstance(stated, bool)


def _in_words(stated: Any) -> Any:
    """A copy with 'true' and 'false' for booleans."""
    if isinstance(stated, Mapping):
        return {key: _in_words(each) for key, each in stated.items()}
    if isinstance(stated, list | tuple):
        return [_in_words(each) for each in stated]
    return str(stated).lower() if isinstance(stated, bool) else stated


def _at(path: Sequence[str], stated: Any) -> Any:
    """The value at a path that `_visible` gave; None if it leads nowhere."""
    place = stated
    for part in path:
        if isinstance(place, Mapping):
            place = place.get(part)
        else:
            place = place[int(part)] if isinstance(place, list | tuple) and part.isdigit() else None
    return place


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


_SUGGESTION = re.compile(r"(?:Did you mean|It is now called) '(.+?)'")


def _without_echoes(faults: list[Fault]) -> list[Fault]:
    """Without "'changes' is missing" where a misspelt or old key beside it is already told what it should be."""
    meant = {
        (block, suggestion[1])
        for fault in faults
        if (suggestion := _SUGGESTION.match(fault.remedy))
        for block in (fault.where.rpartition(".")[0], "")  # a section that is missing is of no group
    }
    return [
        fault for fault in faults if not (" is missing" in fault.found and fault.where.rpartition(".")[::2] in meant)
    ]


@cache
def _kinds() -> dict[str, str]:
    """By name of a class, the `kind` that says it is meant."""
    unions = (AnyDuration, Attribute, Branch, Trigger, Outage, OwnMeasure, OwnGroup, AnyCases, AnyAssessor)
    return {
        each.__name__: str(get_args(get_type_hints(each)["kind"])[0]) for union in unions for each in get_args(union)
    }


def _meant(loc: Sequence[str], stated: Any) -> bool:
    """Whether a fault is about what the user meant: pydantic reports every member of a union that it tried."""
    place = stated
    for part in loc:
        if isinstance(place, Mapping):
            if part in place:
                place = place[part]
            elif part in _kinds():
                if place.get("kind") != _kinds()[part]:
                    return False
            elif part in _SCALARS or part.startswith(("tuple", "constrained")):
                return False
        elif isinstance(place, list | tuple) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
        elif isinstance(place, list | tuple):
            if part.isidentifier():  # one block was tried where the user wrote a list of them
                return False
        elif part in _TRIED or part.startswith(("dict", "constrained")):
            return False
    return True


_OF_PYTHON = {
    "dataclass_type": "a block of keys",
    "mapping_type": "a block of keys",
    "dict_type": "a block of keys",
    "tuple_type": "a list",
    "string_type": "a word",
}
_SCALARS = ("float", "int", "str", "bool")


_TRIED = ("Amount", "dict[str,tuple[float, ...]]")


def _unmatched(
    where: str, stated: Any, errors: Sequence[Mapping[str, Any]], origin: Mapping[tuple[str, ...], str]
) -> Fault:
    """The fault where no report is of what the user meant: a block or list where a value is wanted, or a block whose
    `kind` is missing or unknown."""
    for error in errors:
        loc = tuple(str(part) for part in error["loc"])
        if not _of_another_kind(loc, stated):
            path = _visible(loc, stated)
            path = path[:-1] if loc[-1:] == path[-1:] and loc[-1] in _SCALARS else path
            located = as_written(".".join(part for part in (where, *path) if part), origin)
            return Fault(located, f"found {shortened(repr(_at(path, stated)))}", f"Allowed: {_wanted(error)}")
    path = _visible(tuple(str(part) for part in errors[0]["loc"]), stated)
    path = path[:-1] if path[-1:] == ("kind",) else path
    place = stated
    for depth, part in enumerate(path):
        place = _at((part,), place)
        if isinstance(place, Mapping) and depth == 1:
            path = path[:2]
            break
    located = as_written(".".join(part for part in (where, *path) if part), origin)
    kind = place.get("kind") if isinstance(place, Mapping) else None
    tried = {_kinds()[part] for error in errors for part in map(str, error["loc"]) if part in _kinds()}
    known = sorted(tried or set(_kinds().values()))
    if isinstance(kind, str):
        return Fault(f"{located}.kind", f"unknown kind '{shortened(kind)}'", nearest(kind, known))
    return Fault(located, "has no kind", f"Known kinds: {', '.join(known)}")


def _of_another_kind(loc: Sequence[str], stated: Any) -> bool:
    """Whether a report is about a member of a union that the `kind` of the block does not name."""
    place = stated
    for part in loc:
        if isinstance(place, Mapping) and part not in place and part in _kinds():
            if place.get("kind") != _kinds()[part]:
                return True
        elif isinstance(place, Mapping) and part in place:
            place = place[part]
        elif isinstance(place, list | tuple) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
    return False


def _visible(loc: tuple[str, ...], stated: Any) -> tuple[str, ...]:
    """The part of a location that the user wrote: pydantic also names the kinds it tried."""
    path: list[str] = []
    place = stated
    for part in loc:
        if isinstance(place, Mapping):
            if part in place:
                place = place[part]
                path.append(part)
            elif part == loc[-1]:
                path.append(part)
        elif isinstance(place, list | tuple) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
            path.append(part)
    return tuple(path)


def _fault(
    located: str,
    kind: Any,
    loc: tuple[str, ...],
    path: tuple[str, ...],
    error: Mapping[str, Any],
    also: Collection[str],
) -> Fault:
    what = error["type"]
    if what in ("extra_forbidden", "unexpected_keyword_argument"):
        known = {*known_keys(kind, loc[:-1]), *also}
        moved = PATHS.get(".".join(located.split(".")[-2:]))
        return Fault(located, f"unknown key '{loc[-1]}'", moved_to(moved) if moved else nearest(loc[-1], known))
    if what in ("missing", "missing_argument"):
        return Fault(located, f"'{path[-1]}' is missing", _to_add(known_keys(kind, loc[:-1]).get(path[-1])))
    given = error.get("input")
    shown = f"'{shortened(given)}'" if isinstance(given, str) else shortened(repr(given))
    if what in NOT_A_LIST and isinstance(given, str) and given.isidentifier():
        return Fault(located, f"found {shown}", f"Write a list in brackets: [{shortened(given)}]")
    if what == "string_type" and isinstance(given, bool):
        remedy = "Put the word in quotes: YAML reads yes, no, on and off without quotes as true and false"
        return Fault(located, f"found {str(given).lower()}, not a word", remedy)
    if what == "string_type" and path[-1] == "at" and isinstance(given, int):
        remedy = "Put it in quotes: YAML reads 9:30 without quotes as 570"
        return Fault(located, f"found {given}, not a clock time", remedy)
    unit = _unit_shown(_key_at(kind, loc, path)) if what.startswith(_OF_A_NUMBER) else ""
    return Fault(located, f"found {shown}", f"Allowed: {_wanted(error)}{unit}")


def _wanted(error: Mapping[str, Any]) -> str:
    """What a report says that there should be, in the words of YAML where it speaks of Python."""
    if error["type"] in _OF_PYTHON:
        return _OF_PYTHON[error["type"]]
    return str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")


_OF_A_NUMBER = ("greater_than", "less_than", "multiple_of", "int_", "float_", "finite_number")


def _to_add(key: Key | None) -> str:
    """What to do about a key that is missing: what it means, in which unit."""
    if key is None or not key.meaning:
        return "Add it"
    first = key.meaning.partition("\n")[0].partition(". ")[0].rstrip(".")
    words = first if first[:2].isupper() else first[:1].lower() + first[1:]
    return f"Add it: {words}{_unit_shown(key)}"


def _key_at(kind: Any, loc: Sequence[str], path: Sequence[str]) -> Key | None:
    """The innermost key that a location names; within a list or by name, that of the list or the names."""
    for depth in range(len(loc), 0, -1):
        key = known_keys(kind, loc[: depth - 1]).get(loc[depth - 1]) if loc[depth - 1] in path else None
        if key is not None:
            return key
    return None


def _unit_shown(key: Key | None) -> str:
    """A key's unit in brackets; '' if it has none, or that of something else."""
    shown = key is not None and key.unit and key.unit != UNITLESS.name and not key.unit.startswith("that of")
    return f" ({key.unit})" if key is not None and shown else ""


def known_keys(kind: Any, loc: Sequence[str]) -> dict[str, Key]:
    """The keys that a dataclass reached from `kind` along `loc` has; those of all candidates if unsure."""
    candidates = [kind]
    for part in loc:
        named = [candidate for candidate in candidates if getattr(candidate, "__name__", "") == part]
        if named:
            candidates = named
            continue
        following: list[Any] = []
        for candidate in candidates:
            if is_dataclass(candidate):
                hints = get_type_hints(candidate, include_extras=False)
                following += _classes(hints[part]) if part in hints else [candidate]
            else:
                following.append(candidate)
        candidates = following
    classes = [candidate for candidate in candidates if is_dataclass(candidate) and isinstance(candidate, type)]
    return {name: key for each in reversed(classes) for name, key in keys_of(each).items()}


def _classes(hint: Any) -> list[Any]:
    """The dataclasses within a type: of a mapping its values, of a union its members."""
    if is_dataclass(hint):
        return [hint]
    return [found for part in get_args(hint) for found in _classes(part)]


def as_written(where: str, origin: Mapping[tuple[str, ...], str]) -> str:
    """A path within the pathway, led by the group it was written in."""
    parts = tuple(where.split("."))
    group = origin.get(parts[:2]) or origin.get(parts[:1])
    if group is None:
        return where
    return ".".join((group, *parts[1:])) if group == "staffing" and parts[0] == "pools" else f"{group}.{where}"
