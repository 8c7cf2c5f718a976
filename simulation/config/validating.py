"""Nested mappings to frozen dataclasses. Only this file asks pydantic; it turns what pydantic reports into faults."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import is_dataclass, replace
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from simulation.config.bounds import POINT, shortened
from simulation.config.vocabulary import Key, keys_of
from simulation.department.config_dataclass import UNITLESS
from simulation.department.durations import AnyDuration
from simulation.department.own_measures import OwnGroup, OwnMeasure
from simulation.department.vocabulary import Attribute, Branch, Outage, Trigger
from simulation.errors import Fault, Faults, nearest
from simulation.vetting.plan import AnyAssessor, AnyCases

NOT_A_LIST = ("tuple_type", "list_type")
NOT_A_NUMBER = ("int_parsing", "float_parsing")
_OF_A_NUMBER = ("greater_than", "less_than", "multiple_of", "int_", "float_", "finite_number")
"""How the types of pydantic's errors about the size of a number begin."""
_OF_PYTHON = {
    "dataclass_type": "a block of keys",
    "mapping_type": "a block of keys",
    "dict_type": "a block of keys",
    "tuple_type": "a list",
    "string_type": "a word",
}
"""What is wanted, in the words of YAML, by the type of pydantic's error."""
_SCALARS = ("float", "int", "str", "bool")
_TRIED = ("Amount", "dict[str,tuple[float, ...]]")
"""Parts of a location that name what pydantic tried, besides those that begin with 'dict' or 'constrained'."""


def validated(
    kind: Any,
    content: Any,
    where: str,
    faults: Faults,
    origin: Mapping[tuple[str, ...], str] | None = None,
    also: Collection[str] = (),
    *,
    again: bool = False,
) -> Any:
    """`content` as a `kind`; None if it is not valid, with its faults added to `faults`.

    `where`: the dotted path of `content`; `origin`: by part of a pathway, the group it was written in; `also`: keys
    that are allowed besides those of `kind`; `again`: content that differs from this in numbers alone was validated
    before, so booleans are not looked for.
    """
    value, errors = _tried(kind, content)
    errors += [] if again else _booleans_for_numbers(kind, content)
    if not errors:
        return value
    relevant: list[Fault] = []
    for error in errors:
        if _is_meant(error["loc"], content):
            path = _visible(error["loc"], content)
            fault = _fault(_located(where, path, origin or {}), kind, path, error, also)
            relevant.append(_with_name_meant(fault, path, content) if error["type"].startswith("missing") else fault)
    relevant = _without_echoes(relevant)
    faults += dict.fromkeys(relevant or [_unmatched(where, content, errors, origin or {})])
    return None


def _tried(kind: Any, content: Any) -> tuple[Any, list[Mapping[str, Any]]]:
    """What pydantic makes of `content`, and the errors that it reports, each with its location (`loc`) as text."""
    try:
        return _adapter(kind).validate_python(content), []
    except ValidationError as refusal:
        return None, [{**error, "loc": tuple(map(_unbounded, error["loc"]))} for error in refusal.errors()]


def _unbounded(part: int | str) -> str:
    """A part of an error's location as it would be if the number had no bounds, which say nothing of what was meant."""
    return str(part).removeprefix("constrained-") if part in ("constrained-float", "constrained-int") else str(part)


def _booleans_for_numbers(kind: Any, content: Any) -> list[Mapping[str, Any]]:
    """An error for each boolean where a number is wanted: pydantic takes `true` for 1, but not the word 'true'."""
    if not _holds_a_boolean(content):
        return []
    errors: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for error in _tried(kind, _in_words(content))[1]:
        path = _visible(error["loc"], content)
        value = _at(path, content)
        if error["type"] in NOT_A_NUMBER and isinstance(value, bool):
            errors.setdefault(path, {**error, "input": value, "msg": str(error["msg"]).partition(",")[0]})
    return list(errors.values())


def _holds_a_boolean(content: Any) -> bool:
    if isinstance(content, Mapping):
        return any(map(_holds_a_boolean, content.values()))
    return any(map(_holds_a_boolean, content)) if isinstance(content, list | tuple) else isinstance(content, bool)


def _in_words(content: Any) -> Any:
    """A copy of `content` with the words 'true' and 'false' for booleans."""
    if isinstance(content, Mapping):
        return {key: _in_words(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_in_words(value) for value in content]
    return str(content).lower() if isinstance(content, bool) else content


def _at(path: Sequence[str], content: Any) -> Any:
    """The value at a path that `_visible` gave; None if it leads nowhere."""
    place = content
    for part in path:
        if isinstance(place, Mapping):
            place = place.get(part)
        else:
            place = place[int(part)] if isinstance(place, list | tuple) and part.isdigit() else None
    return place


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


_SUGGESTION = re.compile(r"Did you mean '(.+?)'")


def _without_echoes(faults: Faults) -> list[Fault]:
    """The faults without "'changes' is missing" where that of a misspelt key beside it suggests 'changes'."""
    suggested = {
        (block, suggestion[1])
        for fault in faults
        if (suggestion := _SUGGESTION.match(fault.remedy))
        for block in (fault.where.rpartition(".")[0], "")  # a section that is missing is of no group
    }
    return [
        fault
        for fault in faults
        if not (" is missing" in fault.found and fault.where.rpartition(".")[::2] in suggested)
    ]


@cache
def _kinds() -> dict[str, str]:
    """The `kind` of each class that is a member of a union, by the name of the class."""
    unions = (AnyDuration, Attribute, Branch, Trigger, Outage, OwnMeasure, OwnGroup, AnyCases, AnyAssessor)
    return {
        member.__name__: str(get_args(get_type_hints(member)["kind"])[0])
        for union in unions
        for member in get_args(union)
    }


def _is_meant(loc: Sequence[str], content: Any) -> bool:
    """Whether an error is about what the user meant: pydantic reports every member of a union that it tried."""
    place = content
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


def _unmatched(
    where: str, content: Any, errors: Sequence[Mapping[str, Any]], origin: Mapping[tuple[str, ...], str]
) -> Fault:
    """The fault where no error is about what the user meant: a block or list where a value is wanted, or a block whose
    `kind` is missing or unknown."""
    for error in errors:
        loc = error["loc"]
        if not _of_another_kind(loc, content):
            path = _visible(loc, content)
            path = path[:-1] if loc[-1:] == path[-1:] and loc[-1] in _SCALARS else path
            found = f"found {shortened(repr(_at(path, content)))}"
            return Fault(_located(where, path, origin), found, f"Allowed: {_wanted(error)}")
    path = _visible(errors[0]["loc"], content)
    path = path[:-1] if path[-1:] == ("kind",) else path
    place = content
    for depth, part in enumerate(path):
        place = _at((part,), place)
        if isinstance(place, Mapping) and depth == 1:
            path = path[:2]
            break
    located = _located(where, path, origin)
    kind = place.get("kind") if isinstance(place, Mapping) else None
    tried = {_kinds()[part] for error in errors for part in error["loc"] if part in _kinds()}
    known = sorted(tried or set(_kinds().values()))
    if isinstance(kind, str):
        return Fault(f"{located}.kind", f"unknown kind '{shortened(kind)}'", nearest(kind, known))
    return Fault(located, "has no kind", f"Known kinds: {', '.join(known)}")


def _of_another_kind(loc: Sequence[str], content: Any) -> bool:
    """Whether an error is about a member of a union that the `kind` of the block does not name."""
    place = content
    for part in loc:
        if isinstance(place, Mapping) and part not in place and part in _kinds():
            if place.get("kind") != _kinds()[part]:
                return True
        elif isinstance(place, Mapping) and part in place:
            place = place[part]
        elif isinstance(place, list | tuple) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
    return False


def _visible(loc: tuple[str, ...], content: Any) -> tuple[str, ...]:
    """The parts of an error's location that the user wrote: pydantic also names the kinds that it tried."""
    path: list[str] = []
    place = content
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


def _located(where: str, path: Sequence[str], origin: Mapping[tuple[str, ...], str]) -> str:
    """The dotted path, as the user wrote it, of a part of what is stated at `where`; a long key in it is cut short."""
    written = as_written(".".join(part for part in (where, *path) if part), origin)
    start = where if written.startswith(where) else ""  # the path of a file is shown in full
    return start + ".".join(map(shortened, written[len(start) :].split(".")))


def _fault(located: str, kind: Any, path: tuple[str, ...], error: Mapping[str, Any], also: Collection[str]) -> Fault:
    """The fault at `located` for one of pydantic's errors; `path`: the parts of its location that the user wrote."""
    what, loc = error["type"], error["loc"]
    if what in ("extra_forbidden", "unexpected_keyword_argument"):
        known = {*known_keys(kind, loc[:-1]), *also}
        return Fault(located, f"unknown key '{shortened(loc[-1])}'", nearest(loc[-1], known))
    if what in ("missing", "missing_argument"):
        return Fault(located, f"'{path[-1]}' is missing", _to_add(known_keys(kind, loc[:-1]).get(path[-1])))
    value = error.get("input")
    shown = f"'{shortened(value)}'" if isinstance(value, str) else shortened(repr(value))
    if what in NOT_A_LIST and isinstance(value, str) and value.isidentifier():
        return Fault(located, f"found {shown}", f"Write a list in brackets: [{shortened(value)}]")
    if what in NOT_A_NUMBER and isinstance(value, str) and re.fullmatch(r"[-+]?\d+,\d+", value.strip()):
        return Fault(located, f"found {shown}", POINT)
    if what == "string_type" and isinstance(value, bool):
        remedy = "Put the word in quotes: YAML reads yes, no, on and off without quotes as true and false"
        return Fault(located, f"found {str(value).lower()}, not a word", remedy)
    if what == "string_type" and path[-1] == "at" and isinstance(value, int):
        remedy = "Put it in quotes: YAML reads 9:30 without quotes as 570"
        return Fault(located, f"found {value}, not a clock time", remedy)
    if what == "string_type" and path[-1] == "hours" and isinstance(value, int):
        reads = f": YAML reads {value // 60}:{value % 60:02} without quotes as {value}" if 60 <= value <= 1440 else ""
        return Fault(located, f"found {value}, not a start and an end", f"Write both, such as '8:30-20'{reads}")
    unit = _unit_shown(_key_at(kind, loc, path)) if what.startswith(_OF_A_NUMBER) else ""
    return Fault(located, f"found {shown}", f"Allowed: {_wanted(error)}{unit}")


def _with_name_meant(fault: Fault, path: Sequence[str], content: Any) -> Fault:
    """The fault of a block without its `kind`, with the block beside it whose name is nearly the same."""
    if len(path) < 3 or path[-1] != "kind":
        return fault
    meant = nearest(path[-2], sorted(set(_at(path[:-2], content)) - {path[-2]}))
    first = fault.remedy[:1].lower() + fault.remedy[1:]
    return replace(fault, remedy=f"{meant} If not, {first}") if meant.startswith("Did you mean") else fault


def _wanted(error: Mapping[str, Any]) -> str:
    """What should be there according to an error, in the words of YAML where it speaks of Python."""
    if error["type"] in _OF_PYTHON:
        return _OF_PYTHON[error["type"]]
    return str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")


def _to_add(key: Key | None) -> str:
    """The remedy for a key that is missing, with its meaning and unit."""
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
    """A key's unit in brackets; '' if it has none of its own."""
    if key is None or key.unit in ("", UNITLESS.name) or key.unit.startswith("that of"):
        return ""
    return f" ({key.unit})"


def known_keys(kind: Any, loc: Sequence[str]) -> dict[str, Key]:
    """The keys of the dataclass that `loc` leads to from `kind`; if it may be one of several, the keys of all."""
    candidates = [kind]
    for part in loc:
        named = [candidate for candidate in candidates if getattr(candidate, "__name__", "") == part]
        if named:
            candidates = named
            continue
        following: list[Any] = []
        for candidate in candidates:
            if isinstance(candidate, type) and is_dataclass(candidate):
                hints = _hints_of(candidate)
                following += _classes(hints[part]) if part in hints else [candidate]
            else:
                following.append(candidate)
        candidates = following
    classes = [candidate for candidate in candidates if is_dataclass(candidate) and isinstance(candidate, type)]
    return {name: key for config_class in reversed(classes) for name, key in keys_of(config_class).items()}


@cache
def _hints_of(config_class: type) -> dict[str, Any]:
    return get_type_hints(config_class)


def _classes(hint: Any) -> list[Any]:
    """The dataclasses within a type: the values of a mapping, the members of a union."""
    if is_dataclass(hint):
        return [hint]
    return [inner for part in get_args(hint) for inner in _classes(part)]


def as_written(where: str, origin: Mapping[tuple[str, ...], str]) -> str:
    """A path within the pathway, with the group that it was written in put first."""
    parts = tuple(where.split("."))
    group = origin.get(parts[:2]) or origin.get(parts[:1])
    if group is None:
        return where
    return ".".join((group, *parts[1:])) if group == "staffing" and parts[0] == "pools" else f"{group}.{where}"
