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


def lay_over(place: Any, path: Sequence[str], value: Any, where: str, faults: list[Fault], within: str = "") -> None:
    """Set what a dotted path names: all of it but the last part must be there. A block is laid over a block."""
    part, rest = path[0], path[1:]
    here = f"{within}.{part}" if within else part
    key: Any = part
    if isinstance(place, list) and part.isdigit() and int(part) < len(place):
        key = int(part)
    elif not isinstance(place, dict):
        faults.append(Fault(where, f"'{within}' has no parts that a key could name", "Name a path that exists"))
        return
    elif part not in place and rest:
        found = f"{within} has no '{part}'" if within else f"there is no '{part}'"
        faults.append(Fault(where, found, nearest(part, place)))
        return
    if rest:
        lay_over(place[key], rest, value, where, faults, here)
    elif isinstance(value, dict) and isinstance(place, dict) and isinstance(place.get(key), dict):
        for name, each in value.items():
            lay_over(place[key], [str(name)], each, where, faults, here)
    else:
        place[key] = value


def set_change(raw: Raw, change: Change, faults: list[Fault], *, changeable: Sequence[str]) -> None:
    """Set one dotted path; a last key that is not there yet is left to validation."""
    if change.path.split(".")[0] not in changeable:
        remedy = f"Changes may start with {', '.join(changeable)}"
        faults.append(Fault(change.where, "is not part of a department", remedy))
        return
    place: Any = raw
    *parents, last = change.path.split(".")
    for depth, key in enumerate(parents):
        if not isinstance(place, dict) or key not in place:
            known = place if isinstance(place, dict) else ()
            faults.append(Fault(change.where, f"there is no '{'.'.join(parents[: depth + 1])}'", nearest(key, known)))
            return
        place = place[key]
    if not isinstance(place, dict):
        faults.append(Fault(change.where, f"'{'.'.join(parents)}' holds no keys", "Name a path that exists"))
        return
    place[last] = change.value


def take(place: Raw, full: Raw | None, path: str, where: str, faults: list[Fault]) -> None:
    """Take one block or value over from the full policy; a block that is new gets the provenance it has there."""
    source: Any = full
    *parents, last = path.split(".")
    for depth, part in enumerate((*parents, last)):
        if not isinstance(source, dict) or part not in source:
            known = source if isinstance(source, dict) else ()
            faults.append(Fault(where, f"'{path}' is not in the full policy", nearest(part, known)))
            return
        source = source[part]
        if depth < len(parents) and isinstance(source, dict):
            place = place.setdefault(part, {key: source[key] for key in ("mark", "source") if key in source})
    place[last] = copy.deepcopy(source)


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
