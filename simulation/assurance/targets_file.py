"""The figures that a site is held against, read from `configs/targets/*.yaml`: published ones, or the user's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from simulation.assurance.targets import KINDS, LAST_MONTH, Target, TargetFile
from simulation.config.bounds import shortened
from simulation.config.files import stated_by
from simulation.config.folders import names_in
from simulation.config.validating import validated
from simulation.config.vocabulary import keys_of
from simulation.errors import ConfigError, Fault, Faults, nearest

ENGLAND = "england"
"""The targets of a department that has none of its own."""


def targets_for(choices: Mapping[str, str], folders: Iterable[Path]) -> str:
    """The name of a department's targets: that of its site, or of its pathway if it has no site, if there is such a
    file; else England's.

    The study does not name the file: the figures belong to a department, whatever is asked of it, and naming them
    would make it another study.
    """
    named = [name for group in ("site", "pathway") if (name := choices.get(group)) is not None and name != "none"]
    return named[0] if named and named[0] in names_in("targets", folders) else ENGLAND


def passed_by(chosen: str, folders: Sequence[Path]) -> str:
    """A note on the user's own targets if England's are used instead; '' if there are none."""
    own = sorted(names_in("targets", folders[:-1]) - names_in("targets", folders[-1:]))
    if chosen != ENGLAND or not own:
        return ""
    return (
        f"Not used: targets/{', '.join(own)}. A department's own targets have the name of its site; "
        f"targets={own[0]} uses this file."
    )


def targets_named(name: str, folders: Iterable[Path]) -> tuple[Target, ...]:
    """The targets of that name from the first folder that has them. Raises ConfigError with every fault."""
    where = f"targets/{name}.yaml"
    content = stated_by("targets", name, folders)
    faults = Faults(
        Fault(where, f"unknown key '{shortened(key)}'", nearest(key, keys_of(TargetFile)))
        for key in content
        if key not in keys_of(TargetFile)
    )
    rows = _rows(content, where)
    targets = [target for number, row in enumerate(rows) if (target := _target(row, _path(where, number, row), faults))]
    faults += _repeated_names(targets, where)
    if faults:
        raise ConfigError(faults)
    return tuple(targets)


def _rows(content: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """The rows of a file. Raises ConfigError if it has none, or if one is not a block of keys."""
    rows = content.get("rows")
    if not isinstance(rows, list) or not rows:
        raise ConfigError([Fault(where, "has no list of `rows`", "State one row or more under `rows`")])
    faults = [
        Fault(f"{where}, row {number}", "is not a block of keys", "Write {name: ..., kind: ...}")
        for number, row in enumerate(rows, start=1)
        if not isinstance(row, dict)
    ]
    if faults:
        raise ConfigError(faults)
    return rows


def _path(where: str, number: int, row: Mapping[str, Any]) -> str:
    """The name of a row in messages."""
    return f"{where}, row {number + 1} ({shortened(str(row.get('name', 'no name')))})"


def _target(row: Mapping[str, Any], path: str, faults: Faults) -> Target | None:
    """The target of one row; None, with faults, if it is not sound."""
    content, own = dict(row), Faults()
    if "kind" in row and row["kind"] not in KINDS:
        own.append(Fault(path, f"unknown kind '{shortened(str(row['kind']))}'", nearest(str(row["kind"]), KINDS)))
        content["kind"] = KINDS[0]
    if not _are_months(row.get("months")):
        remedy = "Write two months from 1 to 12, the earlier first ([4, 9]), or leave them out for a whole year"
        own.append(Fault(path, f"months is {shortened(repr(content.pop('months')))}", remedy))
    target: Target | None = validated(Target, content, path, own)
    if target is not None and not own:
        own += _row_faults(target, path)
    faults += own
    if own or target is None:
        return None
    return Target(**{**content, "months": target.months})  # numbers as they were written: a hash is made of them


def _are_months(value: object) -> bool:
    """Whether a value is a first and a last month, or None."""
    if value is None:
        return True
    if not isinstance(value, list) or [type(month) for month in value] != [int, int]:
        return False
    return bool(1 <= value[0] <= value[1] <= LAST_MONTH)


def _row_faults(target: Target, path: str) -> Iterator[Fault]:
    """Faults of a band that is missing or the wrong way round, a figure outside it, and an empty source."""
    low, high, value = target.low, target.high, target.value
    if low is not None and high is not None and not low < high:
        yield Fault(path, f"low is {low:g} and high is {high:g}", "Write the least that is allowed as low")
    elif value is not None and target.kind != "response" and target.allows(value) is False:
        band = f"{'open' if low is None else f'{low:g}'} to {'open' if high is None else f'{high:g}'}"
        yield Fault(path, f"value is {value:g}, and the band is {band}", "Put the figure within its own band")
    if target.kind == "calibrated" and not target.banded:
        remedy = "State the band with low, high or both, or make the row predicted, which is printed only"
        yield Fault(path, "is calibrated and has no band", remedy)
    if not target.source.strip():
        yield Fault(path, "source is empty", "Say where the figure comes from, or why it is assumed")


def _repeated_names(targets: Sequence[Target], where: str) -> Iterator[Fault]:
    """A fault for each name that several rows have: rows are told apart by their names."""
    for name, n in Counter(target.name for target in targets).items():
        if n > 1:
            yield Fault(where, f"{n} rows are called '{shortened(name)}'", "Give each a name of its own")
