"""What each key of a configuration means, read from the dataclasses that state it.

A key's meaning is the text below its field, its range the field's type, its unit the `Unit` in that type. The schema,
the page docs/vocabulary.md and the messages of `validating` all say what is read here.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, MultipleOf

from simulation.pathway.config_dataclass import Unit

EXAMPLE = "Example: `"
NUMBERS = (int, float)
PLAIN = {str: "text", bool: "true or false", int: "any whole number", float: "any number"}


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

    @property
    def is_number(self) -> bool:
        """Whether the value is a number, plain, in a list, by name, or with its range and source."""
        return any(part in NUMBERS for part in _plain_types(self.hint))


@cache
def keys_of(kind: type) -> Mapping[str, Key]:
    """The keys of a config dataclass by name, in the order in which they are declared."""
    hints = get_type_hints(kind, include_extras=True)
    texts = {name: text for each in reversed(kind.__mro__) for name, text in _texts_below_fields(each).items()}
    in_context = yaml.safe_load(example_of(kind) or "{}")
    keys = {}
    for field in fields(kind):
        hint = hints[field.name]
        meaning, own = _parted(texts.get(field.name, ""))
        if get_origin(hint) is Literal and len(get_args(hint)) == 1:
            meaning = meaning or summary_of(kind).partition("\n\n")[0]
        factory = field.default_factory
        default = field.default if factory is MISSING else factory()
        in_block = in_yaml(in_context[field.name]) if field.name in in_context else ""
        example = in_block or own or _of_few(hint, default) or _of_block(hint)
        required = default is MISSING
        keys[field.name] = Key(
            field.name, meaning, hint, unit_of(hint), required, None if required else default, example
        )
    return keys


def summary_of(kind: type) -> str:
    """What a block is, without its example; paragraphs are parted by an empty line."""
    return _parted(inspect.getdoc(kind) or "")[0]


def example_of(kind: type) -> str:
    """A whole block, in YAML on one line; '' if its class gives none."""
    return _parted(inspect.getdoc(kind) or "")[1]


def unit_of(hint: Any) -> str:
    """The unit that a type states, the outermost one; '' if it states none."""
    if get_origin(hint) is Annotated:
        units = [each.name for each in hint.__metadata__ if isinstance(each, Unit)]
        return str(units[-1]) if units else unit_of(hint.__origin__)
    if is_dataclass(hint):
        return unit_of(_number_within(hint))
    return next((unit for part in get_args(hint) if (unit := unit_of(part))), "")


def range_of(hint: Any, name_block: Callable[[type], str] = lambda kind: kind.__name__) -> str:
    """The values that a key may have, in words; `name_block` says how a block of keys is named.

    >>> range_of(Annotated[float, Ge(0), Le(1)]), range_of(tuple[Literal["a", "b"], ...])
    ('number, 0 to 1', 'list of: `a` or `b`')
    """
    bounds: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, bounds = hint.__origin__, hint.__metadata__
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _either([f"`{each}`" for each in parts])
    if origin in (Union, UnionType):
        stated = [part for part in parts if part is not NoneType and not (part is int and float in parts)]
        if any(object in get_args(part) for part in stated):
            return "any value"
        return _either([range_of(Annotated[part, *bounds] if bounds else part, name_block) for part in stated])
    if origin is tuple:
        return _in_list(parts, bounds, name_block)
    if origin is not None:  # a mapping
        return f"by name: {range_of(parts[1], name_block)}"
    if is_dataclass(hint) and isinstance(hint, type):
        return name_block(hint)
    return _bounded(hint, bounds)


def _in_list(parts: tuple[Any, ...], bounds: tuple[Any, ...], name_block: Callable[[type], str]) -> str:
    least = next((each.min_length for each in bounds if isinstance(each, MinLen)), 0)
    how_many = f", {least} or more" if least else ""
    if parts[-1] is not Ellipsis:
        return f"list of {len(parts)}: {range_of(parts[0], name_block)}"
    return f"list{how_many} of: {range_of(parts[0], name_block)}"


def _bounded(kind: Any, bounds: tuple[Any, ...]) -> str:
    """A plain type with its bounds in words."""
    low = next((f"{each.ge:g} or more" for each in bounds if isinstance(each, Ge)), "")
    low = low or next((f"above {each.gt:g}" for each in bounds if isinstance(each, Gt)), "")
    high = next((f"up to {each.le:g}" for each in bounds if isinstance(each, Le)), "")
    high = high or next((f"below {each.lt:g}" for each in bounds if isinstance(each, Lt)), "")
    both = f"{low}, {high}" if low and high else low or high
    if low.endswith(" or more") and high.startswith("up to "):
        both = f"{low.removesuffix(' or more')} to {high.removeprefix('up to ')}"
    steps = next((f", a multiple of {each.multiple_of}" for each in bounds if isinstance(each, MultipleOf)), "")
    longest = next((f", up to {each.max_length} characters" for each in bounds if isinstance(each, MaxLen)), "")
    if kind is str:
        return f"text{longest}"
    if not both:
        return PLAIN[kind]
    return f"{'whole number' if kind is int else 'number'}, {both}{steps}"


def _either(words: list[str]) -> str:
    """Alternatives in words; a semicolon parts those that have a comma or an 'or' of their own."""
    if len(words) == 1:
        return words[0]
    if any("," in each or " or " in each for each in words):
        return "; or ".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


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


def blocks_within(*hints: Any) -> tuple[type, ...]:
    """Every config dataclass that types lead to, theirs first, each once."""
    found: dict[type, None] = {}
    waiting = [kind for hint in hints for kind in classes_in(hint)]
    while waiting:
        kind = waiting.pop(0)
        if kind not in found:
            found[kind] = None
            waiting += [inner for key in keys_of(kind).values() for inner in classes_in(key.hint)]
    return tuple(found)


def in_yaml(value: Any) -> str:
    """A value as YAML on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return text.removesuffix("...\n").strip()


def _plain_types(hint: Any) -> Iterator[Any]:
    """The plain types within a type; of a number with its range and source, that of the number."""
    if get_origin(hint) is Annotated:
        yield from _plain_types(hint.__origin__)
    elif is_dataclass(hint):
        yield from _plain_types(_number_within(hint))
    elif get_origin(hint) is not Literal:
        parts = get_args(hint)
        yield from (each for part in parts for each in _plain_types(part)) if parts else (hint,)


def _number_within(kind: Any) -> Any:
    """The type of the number that a block states with its range and source; None if the block is no such number."""
    hints = get_type_hints(kind, include_extras=True)
    return hints["value"] if {"value", "range"} <= hints.keys() else None


def _of_few(hint: Any, default: Any) -> str:
    """An example for a key that takes one of few values: the first that is not the default."""
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for part in parts:
        values = (True, False) if part is bool else get_args(part) if get_origin(part) is Literal else ()
        other = [value for value in values if value is not default and value != default]
        if other:
            return in_yaml(other[0])
    return ""


def _of_block(hint: Any) -> str:
    """An example for a key that takes blocks: that of the first kind of block."""
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
    """A text and the example that ends it, lines of a paragraph joined."""
    words, _, example = text.partition(EXAMPLE)
    paragraphs = [" ".join(paragraph.split()) for paragraph in words.split("\n\n")]
    return "\n\n".join(each for each in paragraphs if each), " ".join(example.strip().rstrip("`").split())


def _texts_below_fields(kind: type) -> Mapping[str, str]:
    """The text below each field that a class itself declares, by name."""
    return _texts_of(kind.__module__).get(kind.__name__, {})


@cache
def _texts_of(module: str) -> Mapping[str, Mapping[str, str]]:
    """The texts below fields by class of a module; none where Python was installed without sources."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):
        return {}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {each.name: dict(_below_fields(each)) for each in classes}


def _below_fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for line, below in pairwise(node.body):
        text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else None
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(text, str):
            yield line.target.id, inspect.cleandoc(text)
