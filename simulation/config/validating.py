"""What a user stated as a value of one of our types, or every fault of it; and the meaning of each key.

Pydantic decides. Its schema is tightened first: numbers are numbers, and a union is decided by its block's `kind`, or
by whether a block, a list or a value is written; so every error is about what the user meant. A key's meaning is the
text below its field, its unit is the `Unit` in the field's type: messages, schemas and the page docs/vocabulary.md
(`docs/tools/vocabulary.py`, which puts ranges into words) use what is read here.
"""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import cache
from itertools import pairwise
from threading import Lock
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from simulation.config.files import shortened, without_comma
from simulation.department.config_dataclass import UNITLESS, Unit
from simulation.errors import Fault, Faults, closest, nearest

EXAMPLE = "Example: `"
_parsing = Lock()
"""Held while Python parses: to a syntax tree it does so in one thread at a time alone (a fault of Python 3.11)."""


@dataclass(frozen=True)
class Key:
    """One key of a block: `hint` is its type with bounds and unit, `example` YAML, `default` None if it is required."""

    name: str
    meaning: str
    hint: Any
    unit: str
    required: bool
    default: Any
    example: str


@cache
def keys_of(kind: type) -> Mapping[str, Key]:
    """The keys of a config dataclass by name, in the order in which they are declared."""
    hints = get_type_hints(kind, include_extras=True)
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        texts |= _texts_of(base.__module__).get(base.__name__, {})
    block_example = yaml.safe_load(example_of(kind) or "{}")
    keys = {}
    for field in fields(kind):
        hint = hints[field.name]
        meaning, own_example = _parted(texts.get(field.name, ""))
        if get_origin(hint) is Literal and len(get_args(hint)) == 1:
            meaning = meaning or summary_of(kind).partition("\n\n")[0]
        factory = field.default_factory
        default = field.default if factory is MISSING else factory()
        required = default is MISSING
        in_block = in_yaml(block_example[field.name]) if field.name in block_example else ""
        keys[field.name] = Key(
            name=field.name,
            meaning=meaning,
            hint=hint,
            unit=unit_of(hint),
            required=required,
            default=None if required else default,
            example=in_block
            or own_example
            or _example_of_few(hint, default)
            or _example_of_block(hint),
        )
    return keys


def summary_of(kind: type) -> str:
    """The description of a block, without its example; an empty line separates paragraphs."""
    return _parted(inspect.getdoc(kind) or "")[0]


def example_of(kind: type) -> str:
    """The example of a whole block, in YAML on one line; '' if its class gives none."""
    return _parted(inspect.getdoc(kind) or "")[1]


def unit_of(hint: Any) -> str:
    """The outermost unit that a type states; '' if it states none."""
    if get_origin(hint) is Annotated:
        units = [part.name for part in hint.__metadata__ if isinstance(part, Unit)]
        return str(units[-1]) if units else unit_of(hint.__origin__)
    if is_dataclass(hint):
        return unit_of(_number_within(hint))
    return next((unit for part in get_args(hint) if (unit := unit_of(part))), "")


def classes_in(hint: Any) -> Iterator[type]:
    """The config dataclasses that a type names, without those inside them."""
    if is_dataclass(hint):
        assert isinstance(hint, type)
        yield hint
    elif get_origin(hint) is Annotated:
        yield from classes_in(hint.__origin__)
    else:
        for part in get_args(hint):
            yield from classes_in(part)


def in_yaml(value: Any) -> str:
    """A value as YAML on one line."""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6
    )
    return text.removesuffix("...\n").strip()


def _number_within(kind: Any) -> Any:
    """The type of the number that a block states with its range and source; None if the block is no such number."""
    hints = get_type_hints(kind, include_extras=True)
    return hints["value"] if {"value", "range"} <= hints.keys() else None


def _example_of_few(hint: Any, default: Any) -> str:
    """An example for a key that takes one of few values: the first that is not the default; '' for another key."""
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for part in parts:
        values = (
            (True, False) if part is bool else get_args(part) if get_origin(part) is Literal else ()
        )
        others = [value for value in values if value is not default and value != default]
        if others:
            return in_yaml(others[0])
    return ""


def _example_of_block(hint: Any) -> str:
    """An example for a key that takes blocks: that of the first kind of block; '' for another key."""
    kind = next(classes_in(hint), None)
    if kind is None:
        return ""
    if get_origin(hint) is Annotated:
        hint = hint.__origin__
    whole, origin = example_of(kind), get_origin(hint)
    if origin is tuple:
        return f"[{whole}]"
    return whole if origin in (None, Union, UnionType) else f"{{ours: {whole}}}"


def _parted(text: str) -> tuple[str, str]:
    """A text without the example at its end, and the example; lines of a paragraph are joined."""
    words, _, example = text.partition(EXAMPLE)
    paragraphs = [" ".join(paragraph.split()) for paragraph in words.split("\n\n")]
    return "\n\n".join(filter(None, paragraphs)), " ".join(example.strip().rstrip("`").split())


@cache
def _texts_of(module: str) -> Mapping[str, Mapping[str, str]]:
    """The texts below fields, by class of a module; empty if Python was installed without sources."""
    try:
        with _parsing:
            tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):
        return {}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: dict(_below_fields(node)) for node in classes}


def _below_fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """The name of each field of a class, and the text below it."""
    for line, below in pairwise(node.body):
        text = (
            below.value.value
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            else None
        )
        if (
            isinstance(line, ast.AnnAssign)
            and isinstance(line.target, ast.Name)
            and isinstance(text, str)
        ):
            yield line.target.id, inspect.cleandoc(text)


T = TypeVar("T")
Core = dict[str, Any]
"""A part of a schema of pydantic."""
Definitions = Mapping[str, Core]
"""The parts of a schema to which others refer, by name."""
Origin = dict[tuple[str, ...], str]
"""By part of a pathway, the group that it was written in."""
SHAPES = {"dataclass": "block", "dict": "block", "tuple": "list"}
"""What is written for each type of schema; every other is a value."""
UNIONS = ("union", "tagged-union")
NOT_A_NUMBER = ("int_type", "float_type")
_OF_A_NUMBER = (*NOT_A_NUMBER, "greater_than", "less_than", "multiple_of", "finite_number")
"""How the types of pydantic's errors about a number begin."""
_OF_PYTHON = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dataclass_type": "a block of keys",
    "mapping_type": "a block of keys",
    "dict_type": "a block of keys",
    "model_attributes_type": "a block of keys",
    "tuple_type": "a list",
    "string_type": "a word",
}
"""What is wanted, in the words of YAML, by the type of pydantic's error."""

_CLOCK = {
    "at": "a clock time in quotes, such as '9:30'",
    "hours": "a start and an end in quotes, such as '8:30-20'",
}
"""What to write for keys of clock times, where a number was found."""


@cache
def core_schema_of(kind: Any) -> Core:
    """Pydantic's schema of a type, tightened as described above."""
    core: Core = TypeAdapter(kind).core_schema  # type: ignore[assignment]
    tightened: Core = _tightened(core, _definitions_of(core))
    return tightened


def _definitions_of(core: Core) -> Definitions:
    """The parts of a schema to which others refer, by name."""
    return {part["ref"]: part for part in core.get("definitions", ())}


def _tightened(part: Any, definitions: Definitions) -> Any:
    if isinstance(part, list):
        return [_tightened(inner, definitions) for inner in part]
    if not isinstance(part, dict):
        return part
    made = {
        key: value if key in ("default", "metadata") else _tightened(value, definitions)
        for key, value in part.items()
    }
    if made.get("type") in ("int", "float", "bool"):
        made["strict"] = True
    return _told_apart(made, definitions) if made.get("type") == "union" else made


def _told_apart(union: Core, definitions: Definitions) -> Core:
    """A union as one whose member is chosen by whether a block, a list or a value is written, and a block by `kind`."""
    by_shape: dict[str, list[Core]] = {}
    for choice in union["choices"]:
        by_shape.setdefault(SHAPES.get(_defined(choice, definitions)["type"], "value"), []).append(
            choice
        )
    members = {shape: _one_of(choices, definitions) for shape, choices in by_shape.items()}
    if len(members) == 1:
        return next(iter(members.values()))
    shapes = tuple(members)

    def shape_of(value: Any) -> str:
        is_block = isinstance(value, Mapping) or is_dataclass(value)
        shape = "block" if is_block else "list" if isinstance(value, list | tuple) else "value"
        return shape if shape in shapes else "value" if "value" in shapes else shapes[0]

    return {"type": "tagged-union", "choices": members, "discriminator": shape_of}


def _one_of(choices: Sequence[Core], definitions: Definitions) -> Core:
    """Members of one shape: the only one, blocks by their `kind`, or plain values."""
    if len(choices) == 1:
        return choices[0]
    if _defined(choices[0], definitions)["type"] != "dataclass":
        return {"type": "union", "choices": list(choices)}
    by_kind = {}
    for choice in choices:
        fields = {
            field["name"]: field for field in _defined(choice, definitions)["schema"]["fields"]
        }
        by_kind[fields["kind"]["schema"]["expected"][0]] = choice
    return {"type": "tagged-union", "choices": by_kind, "discriminator": "kind"}


def _defined(part: Core, definitions: Definitions) -> Core:
    return definitions[part["schema_ref"]] if part["type"] == "definition-ref" else part


@cache
def _validator(kind: Any) -> SchemaValidator:
    return SchemaValidator(core_schema_of(kind))


def validated(
    kind: Any,
    content: Any,
    where: str,
    faults: Faults,
    origin: Origin | None = None,
    also: Collection[str] = (),
) -> Any:
    """`content` as a `kind`; None if it is not valid, with its faults added to `faults`.

    `where`: the dotted path of `content`; `origin`: by part of a pathway, the group it was written in; `also`: keys
    that are allowed besides those of `kind`.
    """
    try:
        return _validator(kind).validate_python(content)
    except ValidationError as refusal:
        errors = refusal.errors(include_url=False)
    found: dict[
        tuple[str, ...], Fault
    ] = {}  # a number that may be whole or not has two errors: the first will do
    for error in errors:
        if error["type"] == "too_short" and error["ctx"]["actual_length"] < len(error["input"]):
            continue  # pydantic leaves out wrong items before it counts them
        place = _walked(kind, tuple(map(str, error["loc"])))
        if place.path not in found:
            fault = _fault(_located(where, place.path, origin or {}), place, error, also)
            without_kind = error["type"] == "union_tag_not_found" or (
                fault.is_missing and place.path[-1] == "kind"
            )
            found[place.path] = (
                _with_name_meant(fault, place.path, content) if without_kind else fault
            )
    faults += _without_echoes(list(found.values()))
    return None


def sound(kind: type[T], content: Any, where: str, check: Callable[[T], Iterable[Fault]]) -> T:
    """`content` as a `kind`, in which `check` finds no fault either. Raises ConfigError with every fault."""
    faults = Faults()
    value: T = validated(kind, content, where, faults)
    if value is not None:
        faults += check(value)
    faults.refuse()
    return value


class _Place(NamedTuple):
    """Where an error is: its path as the user wrote it, the blocks that hold the last key, the innermost known key, and
    the kinds that a block there may have."""

    path: tuple[str, ...]
    holders: tuple[type, ...]
    key: Key | None
    kinds: tuple[str, ...]

    @property
    def known(self) -> dict[str, Key]:
        """The keys that can stand there."""
        return {
            name: key for holder in reversed(self.holders) for name, key in keys_of(holder).items()
        }


def keys_at(kind: Any, path: Sequence[str]) -> dict[str, Key]:
    """The keys that can stand beside the last one of a path within a `kind`; if it has several kinds, those of all."""
    return _walked(kind, path, tags=False).known


def _walked(kind: Any, loc: Sequence[str], *, tags: bool = True) -> _Place:
    """Where a location leads; with `tags` it also names the member of each union, as pydantic's own locations do."""
    core = core_schema_of(kind)
    definitions = _definitions_of(core)

    def plain(part: Core) -> Iterator[Core]:
        if part["type"] in ("default", "nullable", "definitions"):
            yield from plain(part["schema"])
        elif part["type"] == "definition-ref":
            yield from plain(definitions[part["schema_ref"]])
        elif part["type"] in UNIONS and not tags:
            choices = part["choices"]
            for choice in choices.values() if isinstance(choices, dict) else choices:
                yield from plain(choice)
        else:
            yield part

    places, path, key = list(plain(core)), [], None
    holders: tuple[type, ...] = ()
    for part in loc:
        if places and places[0]["type"] in UNIONS:
            choices = places[0]["choices"]
            places = (
                list(plain(choices[part])) if isinstance(choices, dict) and part in choices else []
            )
        elif part != "[key]":
            path.append(part)
            holders = tuple(place["cls"] for place in places if place["type"] == "dataclass")
            key = next(
                (keys_of(holder)[part] for holder in holders if part in keys_of(holder)), key
            )
            places = [
                inner for place in places for step in _inside(place, part) for inner in plain(step)
            ]
            if not places and not holders:
                path.pop()  # what a union of plain values tried
    kinds = tuple(
        kind for place in places if place["type"] == "tagged-union" for kind in place["choices"]
    )
    return _Place(tuple(path), holders, key, kinds)


def _inside(place: Core, part: str) -> list[Core]:
    """What stands at a key of a block, a name of a mapping or a number of a list."""
    if place["type"] == "dataclass":
        return [field["schema"] for field in place["schema"]["fields"] if field["name"] == part]
    if place["type"] == "dict":
        return [place["values_schema"]]
    return place["items_schema"][:1] if place["type"] == "tuple" else []


def _without_echoes(faults: Sequence[Fault]) -> list[Fault]:
    """The faults without "'changes' is missing" where that of a misspelt key beside it suggests 'changes'."""
    suggested = {
        (block, fault.meant)
        for fault in faults
        for block in (
            fault.where.rpartition(".")[0],
            "",
        )  # a section that is missing is of no group
    }
    return [
        fault
        for fault in faults
        if not (fault.is_missing and fault.where.rpartition(".")[::2] in suggested)
    ]


def _located(where: str, path: Sequence[str], origin: Origin) -> str:
    """The dotted path, as the user wrote it, of a part of what is stated at `where`; a long key in it is cut short."""
    written = as_written(".".join(part for part in (where, *path) if part), origin)
    start = where if written.startswith(where) else ""  # the path of a file is shown in full
    return start + ".".join(map(shortened, written[len(start) :].split(".")))


def _fault(located: str, place: _Place, error: Mapping[str, Any], also: Collection[str]) -> Fault:
    """The fault at `located` for one of pydantic's errors."""
    what, value = error["type"], error.get("input")
    shown = f"'{shortened(value)}'" if isinstance(value, str) else shortened(repr(value))
    if what in ("extra_forbidden", "unexpected_keyword_argument"):
        name, known = place.path[-1], {*place.known, *also}
        unknown = f"unknown key '{shortened(name)}'"
        return Fault(located, unknown, nearest(name, known), closest(name, known))
    if what in ("missing", "missing_argument"):
        to_add = _to_add(place.known.get(place.path[-1]))
        return Fault(located, f"'{place.path[-1]}' is missing", to_add, is_missing=True)
    if value is None and not place.holders and place.path and not place.path[-1].isdecimal():
        return Fault(located, "states nothing", f"Write its keys, or take it out: ~{located}")
    if what.startswith("union_tag"):
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if isinstance(kind, str):
            return Fault(
                f"{located}.kind", f"unknown kind '{shortened(kind)}'", nearest(kind, place.kinds)
            )
        return Fault(located, "has no kind", f"Known kinds: {', '.join(sorted(place.kinds))}")
    if what == "tuple_type" and isinstance(value, str) and value.isidentifier():
        return Fault(located, f"found {shown}", f"Write a list in brackets: [{shortened(value)}]")
    if (
        what in NOT_A_NUMBER
        and isinstance(value, str)
        and re.fullmatch(r"[-+]?\d+,\d+", value.strip())
    ):
        return Fault(located, f"found {shown}", without_comma(str(value)))
    if what == "string_type" and isinstance(value, bool):
        remedy = "Put the word in quotes: YAML reads yes, no, on and off without quotes as true and false"
        return Fault(located, f"found {str(value).lower()}, not a word", remedy)
    if what == "string_type" and isinstance(value, int) and place.path[-1] in _CLOCK:
        return Fault(located, f"found {shown}", f"Write {_CLOCK[place.path[-1]]}")
    unit = _unit_shown(place.key) if what.startswith(_OF_A_NUMBER) else ""
    return Fault(located, f"found {shown}", f"Allowed: {_wanted(error)}{unit}")


def _with_name_meant(fault: Fault, path: Sequence[str], content: Any) -> Fault:
    """The fault of a block without its `kind`, with the block beside it whose name is nearly the same."""
    if len(path) < 2:
        return fault
    block = path[:-1] if path[-1] == "kind" else path
    beside = content
    for part in block[:-1]:
        beside = beside[int(part)] if isinstance(beside, list | tuple) else beside[part]
    if not isinstance(beside, Mapping):
        return fault
    meant = closest(block[-1], set(beside) - {block[-1]})
    if meant is None:
        return fault
    first = fault.remedy[:1].lower() + fault.remedy[1:]
    return replace(fault, remedy=f"Did you mean '{meant}'? If not, {first}", meant=meant)


def _wanted(error: Mapping[str, Any]) -> str:
    """What should be there according to an error, in the words of YAML where it speaks of Python."""
    if error["type"] in _OF_PYTHON:
        return _OF_PYTHON[error["type"]]
    text = error["input"] if error["type"] in NOT_A_NUMBER else None
    is_number = isinstance(text, str) and re.fullmatch(r"[-+]?\d+(\.\d*)?", text.strip())
    quoted = ", without quotes" if is_number else ""
    return str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ") + quoted


def _to_add(key: Key | None) -> str:
    """The remedy for a key that is missing, with its meaning and unit."""
    if key is None or not key.meaning:
        return "Add it"
    first = key.meaning.partition("\n")[0].partition(". ")[0].rstrip(".")
    words = first if first[:2].isupper() else first[:1].lower() + first[1:]
    return f"Add it: {words}{_unit_shown(key)}"


def _unit_shown(key: Key | None) -> str:
    """A key's unit in brackets; '' if it has none of its own."""
    if key is None or key.unit in ("", UNITLESS.name) or key.unit.startswith("that of"):
        return ""
    return f" ({key.unit})"


def as_written(where: str, origin: Origin) -> str:
    """A path within the pathway, with the group that it was written in put first."""
    parts = tuple(where.split("."))
    group = origin.get(parts[:2]) or origin.get(parts[:1])
    if group is None:
        return where
    return (
        ".".join((group, *parts[1:]))
        if group == "staffing" and parts[0] == "pools"
        else f"{group}.{where}"
    )
