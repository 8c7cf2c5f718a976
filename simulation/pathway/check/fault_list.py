"""Where `check` puts what it finds, and the words it finds it in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulation.errors import Fault, nearest
from simulation.pathway.department import (
    Pathway,
)


@dataclass
class FaultList:
    """The faults so far, and which kinds of name are broken, so that later parts know what to leave out."""

    faults: list[Fault] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def add(self, where: str, faults: str, remedy: str, *, breaks: str = "") -> None:
        """Note a fault; `breaks` is the kind of name that is broken by it."""
        self.faults.append(Fault(where, faults, remedy))
        if breaks:
            self.broken.add(breaks)

    def known(self, where: str, name: str | None, names: Iterable[str], *, what: str) -> bool:
        """Whether a name, if there is one, is known; a fault if not."""
        names = tuple(names)
        if name is None or name in names:
            return name is not None
        self.add(where, f"unknown {what} '{name}'", nearest(name, names), breaks=what)
        return False


def path_of(pathway: Pathway, name: str) -> str:
    """The dotted path of a node."""
    kinds = ("steps", "branches", "loops", "ends")
    return next(f"{kind}.{name}" for kind in kinds if name in getattr(pathway, kind))


def repeated(names: Iterable[str]) -> list[str]:
    """What is there more than once, each once."""
    seen: set[str] = set()
    again: dict[str, None] = {}
    for name in names:
        if name in seen:
            again[name] = None
        seen.add(name)
    return list(again)


def listed(names: Iterable[str]) -> str:
    """'a', 'b', 'c'."""
    return ", ".join(f"'{name}'" for name in names)
