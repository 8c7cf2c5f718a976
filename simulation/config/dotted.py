"""Dotted paths into composed configurations: setting what they name, and looking up what `${a.b}` refers to."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from simulation.config.files import explained
from simulation.errors import Fault, nearest
from simulation.renamed import now_called

Raw = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A dotted path, its new value, and where that is written."""

    path: str
    value: Any
    where: str

    @property
    def of_policy(self) -> bool:
        """Whether it is about the triage policy, not the department."""
        return self.path.split(".")[0] == "triage"


def lay_over(root: Raw, path: Sequence[str], value: Any, where: str, faults: list[Fault]) -> None:
    """Set what a dotted path names; a block is laid over a block, key by key. `where` is told of a fault."""
    place = _place_of(root, path, where, faults)
    if place is None:
        return
    holder, key = place
    if isinstance(value, dict) and isinstance(holder, dict) and isinstance(holder.get(key), dict):
        for name, each in value.items():
            lay_over(root, (*path, str(name)), each, where, faults)
    else:
        holder[key] = value


def set_change(raw: Raw, change: Change, faults: list[Fault], *, changeable: Sequence[str]) -> None:
    """Set what a change names, whole; a last key that is not there yet is left to validation."""
    first = change.path.split(".")[0]
    if first not in changeable:
        renamed = now_called(first) in changeable
        remedy = nearest(first, changeable) if renamed else f"Changes may start with {', '.join(changeable)}"
        faults.append(Fault(change.where, "is not part of a department", remedy))
        return
    place = _place_of(raw, change.path.split("."), change.where, faults)
    if place is not None:
        holder, key = place
        holder[key] = change.value


def take(root: Raw, full: Raw | None, path: str, where: str, faults: list[Fault]) -> None:
    """Take one block or value over from the full policy; a block that is new gets the provenance it has there.

    A part of a list (`minutes.1`) goes behind those that are there.
    """
    parts = path.split(".")
    sources: list[Any] = [full]
    for part in parts:
        place = _inside(sources[-1], part)
        if place is None:
            remedy = _nowhere(sources[-1], parts, parts.index(part), where).remedy
            faults.append(Fault(where, f"'{path}' is not in the full policy", remedy))
            return
        sources.append(place[0][place[1]])
    if isinstance(sources[-2], list):
        _append(root, parts, sources, path, where, faults)
        return
    found: list[Fault] = []
    place = _place_of(root, parts, where, found, new=[_provenance(each) for each in sources[1:-1]])
    faults += [Fault(where, f"in the policy that is to have '{path}', {each.found}", each.remedy) for each in found]
    if place is not None:
        holder, key = place
        holder[key] = copy.deepcopy(sources[-1])


def _append(root: Raw, parts: list[str], sources: list[Any], path: str, where: str, faults: list[Fault]) -> None:
    """Put one part of a list of the full policy behind those that are there already."""
    holder: Any = root
    for part, source in zip(parts[:-1], sources[1:-1], strict=True):
        holder = holder.setdefault(part, [] if isinstance(source, list) else _provenance(source))
        if not isinstance(holder, type(source)):
            found = f"the policy that is to have '{path}' has something else there"
            faults.append(Fault(where, found, "Write it as a list in both, or take it whole"))
            return
    holder.append(copy.deepcopy(sources[-1]))


def _provenance(block: Any) -> Raw:
    return {key: block[key] for key in ("evidence", "source") if key in block} if isinstance(block, dict) else {}


def _place_of(
    root: Raw, path: Sequence[str], where: str, faults: list[Fault], *, new: Sequence[Raw] = ()
) -> tuple[Any, Any] | None:
    """The block (or list) that a dotted path leads into, and the key (or number) there; None and a fault if nowhere.

    All of the path but its last part must be there, unless `new` gives a block for each parent that is not.
    """
    holder: Any = root
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if new and not last and isinstance(holder, dict):
            holder.setdefault(part, new[depth])
        inside = _inside(holder, part)
        if inside is None and last and isinstance(holder, dict):
            return holder, part
        if inside is None:
            faults.append(_nowhere(holder, path, depth, where))
            return None
        if last:
            return inside
        holder = inside[0][inside[1]]
    return None


def _inside(holder: Any, part: str) -> tuple[Any, Any] | None:
    """A block and its key, or a list and a number in it, if that is there."""
    if isinstance(holder, dict) and part in holder:
        return holder, part
    if isinstance(holder, list) and part.isdecimal() and int(part) < len(holder):
        return holder, int(part)
    return None


def _nowhere(holder: Any, path: Sequence[str], depth: int, where: str) -> Fault:
    """The fault of a path that leads nowhere from its part `depth` on."""
    led, there = ".".join(path[:depth]), ".".join(path[: depth + 1])
    if isinstance(holder, dict):
        return Fault(where, f"there is no '{there}'", nearest(path[depth], (str(key) for key in holder)))
    if isinstance(holder, list):
        numbers = f"0 to {len(holder) - 1}" if holder else "none"
        return Fault(where, f"'{led}' is a list, without '{path[depth]}'", f"Numbers of its parts: {numbers}")
    return Fault(where, f"'{led}' holds no keys", "Name a path that exists")


_DEEPEST = 20
"""References to references that are followed; more are taken for a circle, which OmegaConf then names."""
_REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.]*)\}")


def resolve(stated: Raw) -> Raw:
    """A copy in which every `${a.b}` is replaced by what it names. Raises ConfigError."""
    try:
        return {key: _looked_up(stated, value) for key, value in stated.items()}
    except LookupError:  # not there, or more than a plain reference: OmegaConf knows, or says what is wrong
        try:
            resolved = OmegaConf.to_container(OmegaConf.create(stated), resolve=True)
        except OmegaConfBaseException as error:
            raise explained(error, ()) from None
    assert isinstance(resolved, dict)
    return {str(key): value for key, value in resolved.items()}


def _looked_up(stated: Raw, value: Any, depth: int = 0) -> Any:
    if isinstance(value, dict):
        return {key: _looked_up(stated, each, depth) for key, each in value.items()}
    if isinstance(value, list):
        return [_looked_up(stated, each, depth) for each in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    match = _REFERENCE.fullmatch(value)
    if match is None or depth > _DEEPEST:
        raise LookupError(value)
    place: Any = stated
    for part in match[1].split("."):
        if not isinstance(place, dict):
            raise LookupError(value)
        place = place[part]
    return _looked_up(stated, place, depth + 1)
