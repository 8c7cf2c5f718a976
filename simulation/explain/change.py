"""What an arm changes, as it is stored: single changes, each with its words and the nodes where it shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["label", "by label", "minutes", "pool", "route", "rule", "nothing"]
KIND_WORDS: dict[Kind, str] = {
    "label": "gives another label",
    "by label": "decided by the label",
    "minutes": "takes other minutes",
    "pool": "has more or fewer units",
    "route": "leads elsewhere",
    "rule": "works by another rule",
    "nothing": "does nothing here",
}
"""What an arm does at a node that is marked with its change."""


@dataclass(frozen=True)
class Change:
    """One thing that an arm changes. `what`: its name or dotted path; `at`: the nodes of the pathway where it shows;
    `short`: a few words, to print above the box of a node."""

    kind: Kind
    what: str
    words: str
    at: tuple[str, ...] = ()
    short: str = ""


@dataclass(frozen=True)
class ArmChanges:
    """Everything that an arm changes; `opened`: edges, from node to node, that nobody takes under the baseline."""

    arm: str
    changes: tuple[Change, ...]
    opened: tuple[tuple[str, str], ...] = ()

    def without_echoes(self) -> ArmChanges:
        """These changes without those of kind 'by label', which every arm has that gives another label."""
        return replace(self, changes=tuple(change for change in self.changes if change.kind != "by label"))

    def by_node(self) -> dict[str, tuple[tuple[Kind, str], ...]]:
        """By node, the kind and the short words of each change that shows there."""
        marks: dict[str, tuple[tuple[Kind, str], ...]] = {}
        for change in self.changes:
            for node in change.at:
                marks[node] = (*marks.get(node, ()), (change.kind, change.short))
        return marks
