"""The meaning of each key of a configuration, read from the config dataclass that states it.

A key's meaning is the text below its field, its unit is the `Unit` in the field's type. The schemas, the messages of
`validating` and the page docs/vocabulary.md (`docs/tools/vocabulary.py`, which puts ranges into words) use what is read
here.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from itertools import pairwise
from threading import Lock
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml

from simulation.department.config_dataclass import Unit

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
