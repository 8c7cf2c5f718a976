"""Dotted paths: setting what they name in a configuration or a file, and looking up what `${a.b}` refers to."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from simulation.config.files import (
    ATOMS,
    MOST_PARTS,
    REFERENCE,
    Product,
    copied,
    override_fault,
    search_folders,
    shortened,
    stated_by,
    value_in,
)
from simulation.config.validating import keys_at, sound
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault, Faults, nearest, refuse
from simulation.study.design import factor_of, is_number, is_within
from simulation.triage.nurse_and_tool import Nurse, Tool

Raw = dict[str, Any]
OF_TRIAGE = ("triage", "nurse")
"""The groups that are no part of a department: an arm may change those of its own policy and nurses."""


@dataclass(frozen=True)
class Change:
    """A dotted path, its new value, and where that is written."""

    path: str
    value: Any
    where: str

    @property
    def of_triage(self) -> bool:
        """Whether it changes the triage policy or the nurse, not the department."""
        return self.path.split(".")[0] in OF_TRIAGE

    @property
    def pool(self) -> str:
        """The dotted path of the pool that it is of; '' for other changes."""
        pool = re.match(r"(staffing|\w+\.pools)\.\w+", self.path)
        return pool[0] if pool else ""

    def only_adds(self, raw: Raw) -> bool:
        """Whether it adds units or shifts to a pool that states none of its own, which leaves nobody without."""
        key = self.path.rpartition(".")[2]
        if not self.pool or value_at(raw, self.path) or key not in ("extra", "extra_shifts"):
            return False
        shifts = self.value if isinstance(self.value, list) else [{"number": self.value}]
        numbers = [shift.get("number") if isinstance(shift, dict) else None for shift in shifts]
        return all(is_number(number) and number >= 0 for number in numbers)


ChangeRow = tuple[Change, ...]
"""The changes of one department, or of one arm."""


def lay_over(
    root: Raw, path: Sequence[str], value: Any, where: str, faults: Faults, *, add: bool = False
) -> None:
    """Set the value at a dotted path; a block is laid over a block key by key, and `{times: factor}` over a number
    multiplies it.

    `where`: the place that a fault names; `add`: whether blocks on the way that are missing are made.
    """
    place = _place_of(root, path, where, faults, add=add)
    if not place:
        return
    holder, key = place
    if isinstance(value, dict) and isinstance(holder, dict) and isinstance(holder.get(key), dict):
        for name, part in value.items():
            lay_over(root, (*path, str(name)), part, where, faults, add=add)
    else:
        holder[key] = new_value(holder, key, value, path, where, faults)


def path_to(key: str, raw: Raw, prefix: str = "") -> str:
    """The dotted path of the first key of that name, or of the `value` in its block; '' if there is none."""
    for name, part in raw.items():
        if name == key:
            return (
                f"{prefix}{name}.value"
                if isinstance(part, dict) and "value" in part
                else f"{prefix}{name}"
            )
        if isinstance(part, dict) and (inside := path_to(key, part, f"{prefix}{name}.")):
            return inside
    return ""


def leave_out(root: Raw, path: Sequence[str], where: str, faults: Faults) -> None:
    """Remove the key at a dotted path. A part of a list is not removed: the parts after it would move up."""
    place = _place_of(root, path, where, faults)
    if not place:
        return
    holder, key = place
    if isinstance(holder, list):
        parent = ".".join(path[:-1])
        faults.add(where, f"'{parent}' is a list", f"Write the whole list: {parent}=[...]")
    elif key not in holder:
        faults.append(_nowhere(_along(root, path), path, where))
    else:
        del holder[key]


def set_change(raw: Raw, change: Change, faults: Faults, *, changeable: Sequence[str]) -> None:
    """Replace the value that a change names, or multiply it (`{times: factor}`). Whether a last key that is not there
    yet is allowed is left to validation. The blocks on the way are replaced by copies, and nothing in them changes."""
    first = change.path.split(".")[0]
    if first not in changeable:
        remedy = f"Changes may start with {', '.join(changeable)}"
        faults.add(change.where, "is not part of a department", remedy)
        return
    if change.path in changeable and not isinstance(change.value, dict):
        remedy = f"Change a part of it: {change.path}.<key>"
        faults.add(change.where, f"'{change.path}' is a block of keys", remedy)
        return
    path = change.path.split(".")
    if _place_of(raw, path, change.where, faults):
        holder: Any = raw
        for part in path[:-1]:
            holder[_key_in(holder, part)] = holder = value_at(holder, part).copy()
        key = path[-1] if isinstance(holder, dict) else int(path[-1])
        holder[key] = new_value(holder, key, change.value, path, change.where, faults)


def value_at(raw: Raw, path: str) -> Any:
    """The value at a dotted path; None if there is none."""
    parts = path.split(".")
    values = _along(raw, parts)
    return values[-1] if len(values) > len(parts) else None


def as_stated(value: Any) -> Any:
    """A validated value as a file states it: with lists in place of tuples."""
    if isinstance(value, Mapping):
        return {key: as_stated(part) for key, part in value.items()}
    return [as_stated(part) for part in value] if isinstance(value, list | tuple) else value


def take(root: Raw, full: Raw | None, path: str, where: str, faults: Faults) -> None:
    """Copy one block or value of the full policy; a block that has to be made gets its evidence and source there.

    A part of a list (`minutes.1`) is appended to the list.
    """
    parts = path.split(".")
    sources = _along(full, parts)
    if len(sources) <= len(parts):
        faults.add(
            where, f"'{path}' is not in the full policy", _nowhere(sources, parts, where).remedy
        )
        return
    holder: Any = root
    for depth, (part, source) in enumerate(zip(parts[:-1], sources[1:-1], strict=True), start=1):
        if isinstance(holder, dict):
            holder.setdefault(part, [] if isinstance(source, list) else _provenance(source))
        holder = value_at(holder, part)
        if not isinstance(holder, type(source)):
            found = f"in the policy that should get '{path}', '{'.'.join(parts[:depth])}' is something else"
            faults.add(where, found, "Write it as a list in both, or name the list itself")
            return
    if isinstance(holder, list):
        holder.append(copied(sources[-1]))
    else:
        holder[parts[-1]] = copied(sources[-1])


def _provenance(block: Any) -> Raw:
    """The evidence and source of a block, as far as it states them."""
    return (
        {key: block[key] for key in ("evidence", "source") if key in block}
        if isinstance(block, dict)
        else {}
    )


def _place_of(
    root: Raw, path: Sequence[str], where: str, faults: Faults, *, add: bool = False
) -> tuple[Any, Any] | None:
    """The block (or list) that holds the end of a dotted path, and the key (or number) in it; None and a fault if it
    leads nowhere.

    All of the path but its last part must be there, unless `add` makes a block of each parent that is missing.
    """
    *parents, last = path
    holders = _along(root, parents, add=add)
    holder = holders[-1]
    if len(holders) == len(path):
        if isinstance(holder, dict):
            return holder, last
        if (number := _key_in(holder, last)) is not None:
            return holder, number
    faults.append(_nowhere(holders, path, where))
    return None


def _along(root: Any, path: Sequence[str], *, add: bool = False) -> list[Any]:
    """The values along a dotted path, `root` first: fewer than its parts and one if it leads nowhere.

    `add`: whether blocks that are missing in a block are made.
    """
    values = [root]
    for part in path:
        holder = values[-1]
        if add and isinstance(holder, dict):
            holder.setdefault(part, {})
        key = _key_in(holder, part)
        if key is None:
            break
        values.append(holder[key])
    return values


def _key_in(holder: Any, part: str) -> str | int | None:
    """The key of a block, or the number in a list, that `part` names; None if it is not there."""
    if isinstance(holder, dict):
        return part if part in holder else None
    return (
        int(part)
        if isinstance(holder, list) and re.fullmatch("[0-9]{1,9}", part) and int(part) < len(holder)
        else None
    )


def _nowhere(holders: Sequence[Any], path: Sequence[str], where: str) -> Fault:
    """The fault of a path that leads nowhere from the last of `holders` on, the values along it."""
    holder, depth = holders[-1], len(holders) - 1
    parent, missing = ".".join(path[:depth]), ".".join(path[: depth + 1])
    if isinstance(holder, dict):
        return Fault(where, f"there is no '{missing}'", nearest(path[depth], map(str, holder)))
    if isinstance(holder, list):
        numbers = f"0 to {len(holder) - 1}" if holder else "none"
        return Fault(
            where,
            f"'{parent}' is a list, without '{path[depth]}'",
            f"Numbers of its parts: {numbers}",
        )
    return Fault(where, f"'{parent}' holds no keys", "Name a path that exists")


def resolve(raw: Raw) -> Raw:
    """A copy in which every `${a.b}` is replaced by the value that it names. Raises ConfigError."""
    return {key: copied(value) for key, value in looked_up(raw).items()}


def looked_up(raw: Raw) -> Raw:
    """The configuration with every `${a.b}` replaced by the value that it names, to be read only: blocks without a
    reference are those of `raw` itself. Raises ConfigError.

    References within referenced blocks are followed, but not in a circle, and not to more than `MOST_PARTS` values in
    all.
    """
    return {key: _looked_up(raw, value, key, (), [MOST_PARTS]) for key, value in raw.items()}


def _looked_up(raw: Raw, value: Any, where: str, through: tuple[str, ...], left: list[int]) -> Any:
    """A value with its references replaced, the same object if it has none; `through`: the references that led to it;
    `left`: how many values more there may be."""
    left[0] -= 1
    if left[0] <= 0:
        found = (
            f"the configuration has more than {MOST_PARTS:,} values with its references looked up"
        )
        refuse(where, found, "Leave out what is not needed")
    if isinstance(value, dict | list):
        stated = value
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            if type(part) in ATOMS or (type(part) is str and part[:2] != "${"):
                left[0] -= 1
            elif (own := _looked_up(raw, part, f"{where}.{key}", through, left)) is not part:
                value = value.copy() if value is stated else value
                value[key] = own
        return value
    if isinstance(value, Product):
        return multiplied(value, _looked_up(raw, value.operand, where, through, left))
    match = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return value
    if value in through:
        circle = " -> ".join((*through[through.index(value) :], value))
        refuse(where, f"refers to itself: {circle}", "Write the value itself in one place")
    path = match[1].split(".")
    values = _along(raw, path)
    if len(values) <= len(path):
        fault = _nowhere(values, path, where)
        refuse(where, f"{value}: {fault.found}", fault.remedy)
    return _looked_up(raw, values[-1], where, (*through, value), left)


ROOTS = {"site": Pathway, "pathway": Pathway, "staffing": Pathway, "triage": Tool, "nurse": Nurse}
"""The class that states each group. Its keys may be multiplied even where a file leaves them out: by their default."""


def new_value(
    holder: Any, key: Any, value: Any, path: Sequence[str], where: str, faults: Faults
) -> Any:
    """The new value of a key of a block (or list): `value`; if that is a factor, the old value times it.

    The old value of a key that is left out is its default. A fault is added if there is no number to multiply.
    """
    factor = factor_of(value)
    if factor is None:
        return value
    is_stated = isinstance(holder, list) or key in holder
    old = holder[key] if is_stated else _default_at(path, holder, where, faults)
    if isinstance(old, Product) or (isinstance(old, str) and REFERENCE.fullmatch(old)):
        return Product(old, factor, where)
    if is_number(old):
        product = _times(old, factor)
        return max(round(product), min(old, 1)) if value.get("whole") else product
    if is_stated:
        faults.append(_no_number(where, old))
    return value


def multiplied(product: Product, number: Any) -> float:
    """The number of a product whose reference was looked up as `number`. Raises ConfigError if it is no number."""
    if not is_number(number):
        raise ConfigError([_no_number(product.where, number)])
    return _times(number, product.factor)


def _default_at(path: Sequence[str], holder: Any, where: str, faults: Faults) -> Any:
    """The default of a key that a file leaves out; None, and a fault, if it has none that is a number."""
    inside = ("pools", *path[1:]) if path[0] == "staffing" else tuple(path[1:])
    known = keys_at(ROOTS[path[0]], inside) if path[0] in ROOTS and inside else {}
    key = known.get(inside[-1]) if inside else None
    if key and is_number(key.default):
        return key.default
    names = known or {str(name) for name in holder}
    remedy = "Write the value itself" if key else nearest(path[-1], names)
    faults.add(where, f"there is no number '{'.'.join(path)}' to multiply", remedy)
    return None


def _times(number: float, factor: float) -> float:
    """The product: whole if the number is whole and the product is within rounding of it; infinite if too large."""
    try:
        product = float(number) * factor
    except OverflowError:
        return math.inf
    if not isinstance(number, int) or not math.isfinite(product):
        return product
    whole = round(product)
    return whole if math.isclose(product, whole, abs_tol=1e-9) else product


def _no_number(where: str, value: Any) -> Fault:
    return Fault(
        where,
        f"multiplies {shortened(repr(value))}, which is no number",
        "Name a number, or write a value",
    )


T = TypeVar("T")


def load_file(
    kind: type[T],
    group: str,
    name: str,
    faults_of: Callable[[T, str], Iterable[Fault]] = lambda part, where: (),
    config_dir: str | None = None,
    overrides: Sequence[str] = (),
) -> T:
    """The file `<group>/<name>.yaml` as a `kind`, single values laid over it. Raises ConfigError with every fault."""
    raw, faults, where = (
        stated_by(group, name, search_folders(config_dir)),
        Faults(),
        f"{group}/{name}",
    )
    for override in overrides:
        _lay_over(raw, override, faults)
    faults.refuse()
    return sound(kind, raw, where, lambda part: faults_of(part, where))


def _lay_over(raw: dict[str, Any], override: str, faults: Faults) -> None:
    """Lay one override over what a file states; one that cannot be read adds a fault."""
    path, _, text = override.partition("=")
    fault = override_fault(override)
    if fault is not None or not path:
        faults.append(fault or Fault(override, "names no key", "Overrides look like key=value"))
        return
    value = value_in(text, shortened(override), faults)
    if isinstance(value, dict):  # a block takes the place of the one in the file
        lay_over(raw, path.split("."), None, shortened(override), faults, add=True)
    lay_over(raw, path.split("."), value, shortened(override), faults, add=True)


# --- changes that must be relative to each department -------------------------------------------------------------


def outright_faults(
    ensemble: str, varied: Mapping[str, str], raw: Raw, changes: Iterable[Change]
) -> Iterator[Fault]:
    """A fault for each change that gives all departments one value of something that they differ in.

    Such a value would be an improvement in some departments and the contrary in others. `varied`: the parameter or
    structure behind each dotted path in which they differ; `raw`: the configuration.
    """
    unique = {
        (change.path, change.where): change for change in changes
    }  # a lever's are in the list once for each arm
    for change in unique.values():
        if factor_of(change.value) is not None or change.of_triage:
            continue
        old = value_at(raw, change.path)
        overwritten = {
            path for path in varied if is_within(path, change.path) or is_within(change.path, path)
        }
        for path in sorted(
            (overwritten | _varied_by(varied, old)) - _varied_by(varied, change.value)
        ):
            yield Fault(
                change.where,
                f"sets a value in which the departments of the ensemble '{ensemble}' differ "
                f"('{varied[path]}' varies {path})",
                f"Say it relative to each department: {change.path}: {_relative(old, change.value, raw)}; or run one "
                "department: ensemble=none",
            )


def _varied_by(varied: Iterable[str], value: Any) -> set[str]:
    """The varied paths that a value refers to."""
    named = set(_references(value))
    return {path for path in varied if any(is_within(path, block) for block in named)}


def _references(value: Any) -> Iterator[str]:
    """The dotted paths of all references `${...}` within a value."""
    if isinstance(value, str) and (match := REFERENCE.fullmatch(value)):
        yield match[1]
    parts = (
        value.values()
        if isinstance(value, Mapping)
        else value
        if isinstance(value, list | tuple)
        else ()
    )
    for part in parts:
        yield from _references(part)


def _relative(old: Any, new: Any, raw: Raw) -> str:
    """The change as a factor of the old value: '{times: 1.2}' if both are numbers."""
    if isinstance(old, str) and (match := REFERENCE.fullmatch(old)):
        old = value_at(raw, match[1])
    if is_number(old) and is_number(new) and old:
        return f"{{times: {shortened(f'{new / old:.4g}')}}}"
    return "{times: FACTOR}"
