"""Checks of the words by which tables and figures name arms and measures, and of what a study states twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from simulation.errors import Fault
from simulation.study.design import Design, Margin, Target

UNSEEN = ("Cc", "Cf", "Zl", "Zp")
"""The categories of characters that break a line or are not seen."""
JOINERS = "\u200c\u200d"
"""Characters of these categories that some scripts are written with."""


def label_faults(design: Design) -> Iterator[Fault]:
    """Faults of labels that no table could show, and of arms with the label of another; draws of an arm are in no
    table."""
    labels = [(f"study.arms.{name}", arm.label) for name, arm in design.arms.items()]
    labels += [(where, target.label) for where, target in _judged(design)]
    for where, label in labels:
        if not _seen(label):
            yield Fault(f"{where}.label", "is blank", "Write words for tables and figures")
            continue
        unseen = next((sign for sign in label if unicodedata.category(sign) in UNSEEN and sign not in JOINERS), None)
        if unseen is not None:
            name = {"\n": "a line break", "\t": "a tab"}.get(unseen, f"U+{ord(unseen):04X}, which nobody sees")
            yield Fault(f"{where}.label", f"holds {name}", "Write words in one line")
    first: dict[str, str] = {}
    for name, arm in design.arms.items():
        other = first.setdefault(_seen(arm.label), name) if arm.draw_of is None else name
        if other != name:
            found = f"'{arm.label}' is the label of the arm '{other}', too"
            yield Fault(f"study.arms.{name}.label", found, "Tables name arms by their labels: give each its own")


def twice_faults(design: Design) -> Iterator[Fault]:
    """Faults of a measure and group stated twice as a target, or twice as a margin: it would count twice."""
    first: dict[tuple[bool, str, str], str] = {}
    for where, target in _judged(design):
        other = first.setdefault((isinstance(target, Margin), target.measure, target.group), where)
        if other != where:
            of_group = "" if target.group == "all" else f" of {target.group}"
            yield Fault(where, f"'{target.measure}'{of_group} is stated as {other}, too", "Keep one of the two")


def role_faults(design: Design) -> Iterator[Fault]:
    """An arm that is compared with itself, and changes whose evidence is stated by half."""
    if design.sham == design.baseline:
        yield Fault("study.sham", f"'{design.sham}' is the baseline", "Name another arm, or leave it out")
    if design.coverages is not None and design.coverages.partial == design.coverages.full:
        remedy = "Name the arm that covers a part, and the one that covers all"
        yield Fault("study.coverages", "names one arm twice", remedy)
    for name, arm in design.arms.items():
        for key in ("control", "draw_of"):
            if getattr(arm, key) == name:
                yield Fault(f"study.arms.{name}.{key}", "names the arm itself", "Name another arm, or leave it out")
        if (arm.evidence is None) != (not arm.source):
            stated, missing = ("source", "evidence") if arm.evidence is None else ("evidence", "source")
            remedy = "State both, or its changes are not listed among what the answer rests on"
            yield Fault(f"study.arms.{name}", f"states {stated} but no {missing}", remedy)


def _judged(design: Design) -> Iterator[tuple[str, Target | Margin]]:
    """Targets and margins, each with its dotted path."""
    parts: dict[str, Sequence[Target | Margin]]
    parts = {"primary": design.primary, "secondary": design.secondary, "margins": design.margins}
    for part, targets in parts.items():
        for number, target in enumerate(targets):
            yield f"study.{part}.{number}", target


def _seen(label: str) -> str:
    """A label as a reader sees it."""
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", label) if unicodedata.category(sign) not in UNSEEN)
    return " ".join(seen.split())
