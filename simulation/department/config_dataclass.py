"""`config_dataclass`: a frozen dataclass whose fields are the keys of a block of YAML; other keys are refused.

These dataclasses are plain Python. `config` validates YAML against them with pydantic, which refuses unknown keys
because of the attribute set here; nothing in this subpackage imports pydantic.

What else a value may not be is stated where the value is: in the type of its field (`Rule`: that a text is the name of
something, a clock time, a number that can be simulated) or, if it concerns several fields, in a method `faults` of its
class. `list_entries` walks everything inside a value, and `rule_faults` asks all these rules.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from typing import (
    TYPE_CHECKING,
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

from simulation.errors import Fault, unknown_fault
from simulation.units import parse_clock, parse_days, parse_hours, years_of
from simulation.wording import quote_names

if TYPE_CHECKING:
    from simulation.department.vocabulary import Pathway

PLAIN = (str, float, int, bool)

T = TypeVar("T")


@dataclass(frozen=True)
class Unit:
    """What a number counts or is measured in, where it is stated: `Annotated[float, Ge(0), Unit("minutes")]`."""

    name: str


class Context(NamedTuple):
    """What rules look at besides the value that they are about.

    names       the names of everything in the department, by kind (`Names.what`) or by what else a name is among
    categories  those of every sound attribute, and of the acuity now
    """

    department: Pathway
    names: Mapping[str, Collection[str]]
    categories: Mapping[str, Sequence[str]]


class Entry(NamedTuple):
    """A value inside a config dataclass: its dotted path, the rules that its type states, the attribute of a category,
    and the dataclass around it. A tuple or mapping has the `Names` of its items or keys."""

    where: str
    value: Any
    rules: tuple[Rule, ...] = ()
    of: str = ""
    holder: object = None


class Rule:
    """What a value may not be, stated in the type of its field: `Annotated[str, Names("pool")]`.

    What concerns several fields of a block is a method `faults` of its class, of the context alone.
    """

    of = ""
    """The field beside it that names the attribute of its categories."""

    def faults(self, entry: Entry, context: Context) -> Iterator[Fault]:
        """Every fault of a value, without its path."""
        raise NotImplementedError


@dataclass(frozen=True)
class Names(Rule):
    """What a text is the name of: `Annotated[str, Names("pool")]` is the name of a pool.

    what   the kind of thing, in words
    among  the known names, if they are not all of that kind: a key of `Context.names`
    of     for a category: the field beside it that names the attribute; the key above it if empty
    every  whether a mapping with such keys has all of them, unless an `otherwise` beside it covers the rest
    """

    what: str
    among: str = ""
    of: str = ""
    every: bool = False

    def faults(self, entry: Entry, context: Context) -> Iterator[Fault]:
        """A name that is unknown or unfit, or categories that are left out; none of those of an unknown attribute."""
        value, is_category = entry.value, self.what == "category"
        known = (
            context.categories.get(entry.of)
            if is_category
            else context.names.get(self.among or self.what)
        )
        if known is None:
            return
        if isinstance(value, str):
            if any(name not in known for name in in_full(value, known)):
                yield unknown_fault("", value, known, what=self.what)
            elif unfit := self.unfit(value, context):
                yield Fault("", *unfit)
        elif value == () and is_category:
            yield Fault("", "names no category", f"Name some of {quote_names(known)}")
        elif (
            self.every
            and isinstance(value, Mapping)
            and getattr(entry.holder, "otherwise", None) is None
        ):
            stated = each_in_full(value, known)
            if missing := [name for name in known if name not in stated]:
                yield Fault(
                    "",
                    f"nothing for {quote_names(missing)}",
                    f"Name every category of {entry.of}, or give `otherwise` where the vocabulary has it",
                    breaks="attribute",
                )

    def unfit(self, name: str, context: Context) -> tuple[str, str] | None:
        """Why what a known name stands for does not do here, and what to do about it; None if it does."""
        return None


def each_in_full(values: Mapping[str, T], known: Collection[str]) -> dict[str, T]:
    """A mapping by category in which a span of years, such as `65-74`, stands for each of its years."""
    return {one: value for name, value in values.items() for one in in_full(name, known)}


def in_full(name: str, known: Collection[str]) -> Sequence[str]:
    """The categories that a name means: a span of years means each of its years where they are categories."""
    years = [*map(str, years_of(name))] if name not in known else []
    return years if years and {*years} <= {*known} else [name]


@dataclass(frozen=True)
class LimitedPool(Names):
    """The name of a pool that is not unlimited; `but` follows what was found."""

    what: str = "pool"
    but: str = ": this changes nothing"
    remedy: str = "Name a pool with a capacity or a rota"

    def unfit(self, name: str, context: Context) -> tuple[str, str] | None:
        """Whether it is unlimited."""
        is_unlimited = context.department.pools[name].unlimited
        return (f"'{name}' is unlimited{self.but}", self.remedy) if is_unlimited else None


LARGEST = 1e9
"""The largest number of any kind; in minutes, 1,900 years."""
LARGEST_WHOLE = 1_000_000
"""The largest whole number: units of a pool, patients present, a queue."""


def too_large(where: str, value: float, most: float) -> Iterator[Fault]:
    """The fault of a number above the most that can be simulated."""
    if value > most:
        yield Fault(where, f"{value:g} is more than can be simulated", f"Give {most:,.0f} or less")


@dataclass(frozen=True)
class Simulable(Rule):
    """What can be simulated of a number. No real department is beyond it: this prevents a slip (a figure with too many
    zeros, minutes entered for days) from exhausting memory. 0 may say never (`or_never`)."""

    least: float = -math.inf
    most: float = math.inf
    or_never: bool = False

    def faults(self, entry: Entry, context: Context) -> Iterator[Fault]:
        """A number that is out of these bounds, and finite."""
        value = entry.value
        if value < math.inf:
            yield from too_large("", value, self.most)
        if -math.inf < value < self.least and (value or not self.or_never):
            yield Fault(
                "", f"{value:g} is less than can be simulated", f"Give {self.least:g} or more"
            )


@dataclass(frozen=True)
class Written(Rule):
    """How a text has to be written: `parse` raises ValueError for any other."""

    parse: Callable[[str], object]
    remedy: str

    def faults(self, entry: Entry, context: Context) -> Iterator[Fault]:
        """A text that cannot be read."""
        try:
            self.parse(entry.value)
        except ValueError as error:
            yield Fault("", str(error), self.remedy, breaks="hours")


class NamedOnce(Rule):
    """No name of a list is there twice."""

    def faults(self, entry: Entry, context: Context) -> Iterator[Fault]:
        """Each name that is."""
        for category in find_repeated(entry.value):
            yield Fault("", f"'{category}' is there twice", "Name each category once")


def find_stated(block: object, *keys: str) -> list[str]:
    """Those of some keys of a block that have a value."""
    return [key for key in keys if getattr(block, key) is not None]


def find_repeated(names: Iterable[str]) -> list[str]:
    """The names that occur more than once."""
    return [name for name, number in Counter(names).items() if number > 1]


HOLDER = Unit("that of its key")
"""The unit of a number inside a block: that of the key which holds the block."""
UNITLESS = Unit("none")
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Count = Annotated[int, Ge(0)]
AtLeastOne = Annotated[int, Ge(1)]
Share = Annotated[NotNegative, Le(1), Unit("share")]
ByName = Mapping[str, T]
NonEmpty = Annotated[T, MinLen(1)]
Minutes = Annotated[NotNegative, Unit("minutes")]
Label = Annotated[str, MinLen(1), MaxLen(200)]
"""Words for a column, or beside a figure."""
SpanMinutes = Annotated[Positive, Unit("minutes")]
Times = Annotated[NotNegative, Unit("factor")]
"""What something is multiplied by."""
Ratio = Annotated[NotNegative, Unit("ratio")]
PerDay = Annotated[NotNegative, Unit("patients a day")]
BelowOne = Annotated[NotNegative, Lt(1), Unit("correlation")]
Range = Annotated[tuple[float, float], HOLDER]
"""The lowest and the highest of a number."""

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

Hours = Annotated[str, Written(parse_hours, "Write hours like that")]
Days = Annotated[str, Written(parse_days, "Write days like that")]
Clock = Annotated[str, Written(parse_clock, "Write a clock time like that, in quotes")]

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


def rule_faults(entries: Sequence[Entry], context: Context) -> Iterator[Fault]:
    """The faults of values by the rules that their types state, then of blocks by those of their classes."""
    for entry in entries:
        for rule in entry.rules:
            for fault in rule.faults(entry, context):
                yield fault.within(entry.where)
    for where, value, *_ in entries:
        if type(value) not in PLAIN and hasattr(value, "faults"):
            for fault in value.faults(context):
                yield fault.within(where)


def value_faults(entries: Iterable[Entry]) -> Iterator[Fault]:
    """The fault of each number that cannot be simulated, and of each empty source."""
    for where, value, *_ in entries:
        if isinstance(value, float) and not math.isfinite(value):
            yield Fault(where, f"{value} is not a finite number", "Give a finite number")
        elif isinstance(value, (int, float)):
            most = LARGEST_WHOLE if isinstance(value, int) else LARGEST
            if not -most <= value <= most:
                yield from too_large(where, abs(value), most)
        elif isinstance(value, Sourced) and not value.source.strip():
            yield Fault(
                f"{where}.source",
                "the source is empty",
                "Cite the source, or say why this is assumed",
            )


class _Hint(NamedTuple):
    """What a type says: the rules of the value itself, or of its keys; and what is inside it."""

    rules: tuple[Rule, ...] = ()
    inside: _Hint | None = None

    @property
    def beside(self) -> str:
        """The field beside it that names the attribute of its categories."""
        own = "".join(rule.of for rule in self.rules)
        return own or (self.inside.beside if self.inside else "")


PLAIN_HINT = _Hint()


def list_entries(value: object, where: str = "") -> Sequence[Entry]:
    """A value of a config dataclass and everything inside it, keys that have rules too, depth first, without None."""
    found = [Entry(where, value)]
    _add_inside(found, found[0], PLAIN_HINT)
    return found


def _add_inside(found: list[Entry], entry: Entry, inside: _Hint) -> None:
    """Add what stands inside a value; `inside`: what its type says of that."""
    where, value, rules, of, holder = entry
    prefix = f"{where}." if where else ""
    if isinstance(value, tuple):
        for number, item in enumerate(value):
            _add(found, f"{prefix}{number}", item, inside, of, holder)
    elif is_dataclass(kind := type(value)):
        for name, hint, beside in _hints(kind):
            item = getattr(value, name)
            if item is not None:
                attribute = (getattr(value, beside) or "") if beside else ""
                _add(found, f"{prefix}{name}", item, hint, attribute, value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if rules:
                found.append(Entry(f"{prefix}{key}", key, rules, of, holder))
            if item is not None:
                _add(found, f"{prefix}{key}", item, inside, str(key), holder)


def _add(
    found: list[Entry], where: str, value: object, hint: _Hint, of: str, holder: object
) -> None:
    """Add an entry, and what stands inside it."""
    entry = Entry(where, value, hint.rules, of, holder)
    found.append(entry)
    if type(value) not in PLAIN:
        _add_inside(found, entry, hint.inside or PLAIN_HINT)


@cache
def _hints(kind: type) -> tuple[tuple[str, _Hint, str], ...]:
    """What the type of each field of a config dataclass says, and the field that names their attribute."""
    hints = {
        name: _hint(annotation)
        for name, annotation in get_type_hints(kind, include_extras=True).items()
    }
    return tuple((name, hint, hint.beside) for name, hint in hints.items())


def _hint(annotation: Any) -> _Hint:
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        rules = tuple(part for part in parts[1:] if isinstance(part, Rule))
        own = _hint(parts[0])
        return own._replace(rules=(*own.rules, *rules))
    hints = [hint for hint in map(_hint, parts) if hint != PLAIN_HINT]
    if not hints:
        return PLAIN_HINT
    if get_origin(annotation) is tuple:
        return _Hint(tuple(rule for rule in hints[0].rules if isinstance(rule, Names)), hints[0])
    if get_origin(annotation) is Mapping:
        return _Hint(_hint(parts[0]).rules, _hint(parts[1]))
    return hints[0]
