"""The list of faults that `check` fills, and small functions for its messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulation.department.vocabulary import Pathway
from simulation.errors import Fault, nearest


@dataclass
class FaultList:
    """The faults so far, and the kinds of name that they break, so that later parts know what to leave out."""

    faults: list[Fault] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def add(self, where: str, found: str, remedy: str, *, breaks: str = "") -> None:
        """Add a fault; `breaks` is the kind of name that it breaks."""
        self.faults.append(Fault(where, found, remedy))
        if breaks:
            self.broken.add(breaks)

    def known(self, where: str, name: str | None, names: Iterable[str], *, what: str) -> bool:
        """Whether there is a name and it is known; adds a fault if it is not known."""
        if name is None:
            return False
        names = tuple(names)
        if name in names:
            return True
        self.add(where, f"unknown {what} '{name}'", nearest(name, names), breaks=what)
        return False


def path_of(pathway: Pathway, name: str) -> str:
    """The dotted path of a node."""
    kinds = ("steps", "branches", "loops", "ends")
    return next(f"{kind}.{name}" for kind in kinds if name in getattr(pathway, kind))


def repeated(names: Iterable[str]) -> list[str]:
    """The names that occur more than once, in the order of their second occurrence."""
    seen: set[str] = set()
    again: dict[str, None] = {}
    for name in names:
        if name in seen:
            again[name] = None
        seen.add(name)
    return list(again)


def listed(names: Iterable[str]) -> str:
    """Names in quotes, joined by commas: "'a', 'b', 'c'"."""
    return ", ".join(f"'{name}'" for name in names)
