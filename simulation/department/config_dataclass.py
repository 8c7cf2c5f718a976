"""`config_dataclass`: a frozen dataclass whose fields are the keys of a block of YAML; other keys are refused.

These dataclasses are plain Python. `config` validates YAML against them with pydantic, which refuses unknown keys
because of the attribute set here; nothing in this subpackage imports pydantic. A text that is the name of something
else says so in its type (`Names`), and `list_entries` finds all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

PLAIN = (str, float, int, bool)

T = TypeVar("T")


@dataclass(frozen=True)
class Unit:
    """What a number counts or is measured in, where it is stated: `Annotated[float, Ge(0), Unit("minutes")]`."""

    name: str


@dataclass(frozen=True)
class Names:
    """What a text is the name of: `Annotated[str, Names("pool")]` is the name of a pool.

    what   the kind of thing, in words
    among  the known names, if they are not all of that kind: a key of `department.check_values.names_of`
    of     for a category: the field beside it that names the attribute; the key above it if empty
    every  whether a mapping with such keys has all of them, unless an `otherwise` beside it covers the rest
    sizes  for a profile: how many weights it may have
    """

    what: str
    among: str = ""
    of: str = ""
    every: bool = False
    sizes: tuple[int, ...] = ()


HOLDER = Unit("that of its key")
"""The unit of a number inside a block: that of the key which holds the block."""
UNITLESS = Unit("none")
Share = Annotated[float, Ge(0), Le(1), Unit("share")]
ByName = Mapping[str, T]
NonEmpty = Annotated[T, MinLen(1)]
Minutes = Annotated[float, Ge(0), Unit("minutes")]
Label = Annotated[str, MinLen(1), MaxLen(200)]
"""Words for a column, or beside a figure."""
Positive = Annotated[float, Gt(0)]
SpanMinutes = Annotated[Positive, Unit("minutes")]
Times = Annotated[float, Ge(0), Unit("factor")]
"""What something is multiplied by."""
Ratio = Annotated[float, Ge(0), Unit("ratio")]
PerDay = Annotated[float, Ge(0), Unit("patients a day")]
BelowOne = Annotated[float, Ge(0), Lt(1), Unit("correlation")]
Range = Annotated[tuple[float, float], HOLDER]
"""The lowest and the highest of a number."""
Count = Annotated[int, Ge(0)]

PoolName = Annotated[str, Names("pool")]
DurationName = Annotated[str, Names("duration")]
SourceName = Annotated[str, Names("arrival source")]
PoolNames = tuple[PoolName, ...]
DurationNames = tuple[DurationName, ...]
SourceNames = tuple[SourceName, ...]
AttributeName = Annotated[str, Names("attribute")]
LevelName = Annotated[str, Names("level")]
"""A level of true acuity."""
CategoryName = Annotated[str, Names("category")]
CategoryOfBy = Annotated[str, Names("category", of="by", every=True)]
"""A category of the attribute that the field `by` names."""
OfAttributes = Mapping[AttributeName, tuple[CategoryName, ...]]
"""Some categories of each named attribute."""

Evidence = Literal["published", "measured", "stated", "assumed"]
"""Where a number comes from: a cited text, data we (or a site) computed it from, what a department says of itself, or
a judgement."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def config_dataclass(cls: type[T]) -> type[T]:
    """A frozen, keyword-only dataclass whose YAML form may hold its own keys only.

    A text below each field says what the key means; its type says the range and, with `Unit`, the unit. An example in
    backticks ends the text of the class, or that of a field which the class's example leaves out.
    """
    decorated: Any = dataclass(frozen=True, kw_only=True)(cls)
    decorated.__pydantic_config__ = {"extra": "forbid"}
    return decorated  # type: ignore[no-any-return]


@config_dataclass
class Sourced:
    """A statement with its provenance."""

    evidence: Evidence
    """Where its numbers come from: `published` (a cited text), `measured` (worked out from data, ours or a
    site's), `stated` (a department says so of itself) or `assumed` (a judgement)."""
    source: str
    """The citation, or the reason for an assumption. Example: `own ECDS extract, April 2025 to March 2026`"""


class Entry(NamedTuple):
    """A value inside a config dataclass: its dotted path, what it is the name of (a tuple: what its entries are; a
    mapping: what its keys are), the attribute of a category, and the dataclass around it."""

    where: str
    value: object
    names: Names | None = None
    of: str = ""
    holder: object = None


class _Hint(NamedTuple):
    """What a type says about names: the value itself, or its keys; and what is inside it."""

    names: Names | None = None
    inside: _Hint | None = None

    @property
    def beside(self) -> str:
        """The field beside it that names the attribute of its categories."""
        return (self.names.of if self.names else "") or (self.inside.beside if self.inside else "")


def list_entries(value: object, where: str = "") -> Sequence[Entry]:
    """A value of a config dataclass and everything inside it, keys that are names too, depth first, without None."""
    found = [Entry(where, value)]
    _add_inside(found, found[0], None)
    return found


def _add_inside(found: list[Entry], entry: Entry, inside: _Hint | None) -> None:
    """Add what stands inside a value; `inside`: what its type says of that."""
    where, value, names, of, holder = entry
    prefix = f"{where}." if where else ""
    if isinstance(value, tuple):
        for number, item in enumerate(value):
            _add(found, f"{prefix}{number}", item, inside, of, holder)
    elif is_dataclass(kind := type(value)):
        for name, hint, beside in _hints(kind):
            item = getattr(value, name)
            if item is not None:
                _add(
                    found,
                    f"{prefix}{name}",
                    item,
                    hint,
                    (getattr(value, beside) or "") if beside else "",
                    value,
                )
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if names:
                found.append(Entry(f"{prefix}{key}", key, names, of, holder))
            if item is not None:
                _add(found, f"{prefix}{key}", item, inside, str(key), holder)


def _add(
    found: list[Entry], where: str, value: object, hint: _Hint | None, of: str, holder: object
) -> None:
    """Add an entry, and what stands inside it."""
    entry = (
        Entry(where, value, hint.names, of, holder)
        if hint
        else Entry(where, value, None, of, holder)
    )
    found.append(entry)
    if type(value) not in PLAIN:
        _add_inside(found, entry, hint.inside if hint else None)


@cache
def _hints(kind: type) -> tuple[tuple[str, _Hint | None, str], ...]:
    """What the type of each field of a config dataclass says about names, and the field that names their attribute."""
    hints = {
        name: _hint(annotation)
        for name, annotation in get_type_hints(kind, include_extras=True).items()
    }
    return tuple((name, hint, hint.beside if hint else "") for name, hint in hints.items())


def _hint(annotation: Any) -> _Hint | None:
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        names = next((part for part in parts[1:] if isinstance(part, Names)), None)
        return _Hint(names) if names else _hint(parts[0])
    hints = [hint for hint in map(_hint, parts) if hint]
    if not hints:
        return None
    if get_origin(annotation) is tuple:
        return _Hint(hints[0].names, hints[0])
    if get_origin(annotation) is Mapping:
        keys = _hint(parts[0])
        return _Hint(keys.names if keys else None, _hint(parts[1]))
    return hints[0]
