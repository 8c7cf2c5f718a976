"""What a comparison assumes: every block of its configuration and policies that states its evidence and a source."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulation.records.serialise import Plain, to_plain
from simulation.study.design import Design
from simulation.study.study import ReadyArm
from simulation.wording import clipped

BANNER = "Planning only, not for clinical use."
"""The warning that every output carries."""


NOT_SAID = ("evidence", "source", "claim", "basis", "kind", "label", "question")
"""Keys of a block that are no values of it, or that are said in a column of their own."""
MOST_CHARACTERS = 110
"""Characters of a value in words; a longer one is cut."""
GROUPS = ("calibration", "site", "staffing", "pathway", "scenario", "study")


@dataclass(frozen=True)
class Statement:
    """One sourced statement: its dotted path, its values in a line, its evidence and source."""

    where: str
    says: str
    evidence: str
    source: str


def list_sourced(block: Any, where: str) -> Iterator[Statement]:
    """The sourced statements within a plain value; `where`: its dotted path."""
    for path, sourced in find_sourced_blocks(block, where):
        yield Statement(
            path, describe_values(sourced), str(sourced["evidence"]), str(sourced["source"])
        )


def find_sourced_blocks(block: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The dotted path and the content of every block within a plain value that states its evidence and a source."""
    if isinstance(block, Mapping):
        if "evidence" in block and "source" in block:
            yield where, block
        for key, value in block.items():
            yield from find_sourced_blocks(value, f"{where}.{key}")
    elif isinstance(block, list | tuple):
        for number, value in enumerate(block):
            yield from find_sourced_blocks(value, f"{where}.{number}")


def describe_values(block: Mapping[str, Any]) -> str:
    """The values of a block in one line, in the order stated, long ones cut; nested statements are left out."""
    parts = []
    for key, value in block.items():
        if key in NOT_SAID or value in (None, "", [], {}):
            continue
        if isinstance(value, Mapping) and "evidence" in value:
            continue
        text = _one_line(value)
        parts.append(text if key == "value" else f"{key} {text}")
    return "; ".join(parts)


def _one_line(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        text = ", ".join(f"{key} {_one_line(part)}" for key, part in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(map(_one_line, value))
        text = (
            f"({text})" if any(isinstance(part, list | tuple | Mapping) for part in value) else text
        )
    else:
        text = str(value)
    return clipped(text, MOST_CHARACTERS)


# --- of a study and its arms --------------------------------------------------------------------------------------


def list_statements(resolved: Plain, policies: Iterable[Plain]) -> tuple[Statement, ...]:
    """Every sourced statement of a composed configuration and of policies, each policy once by its name.

    A nurse who is the same in several policies is listed with the first of them only.
    """
    listed = [
        statement for group in GROUPS for statement in list_sourced(resolved.get(group), group)
    ]
    nurses: list[Any] = []
    for name, policy in {policy["name"]: policy for policy in policies}.items():
        nurse = policy.get("nurse")
        without_nurse = {key: value for key, value in policy.items() if key != "nurse"}
        listed += list_sourced(without_nurse if nurse in nurses else policy, f"triage.{name}")
        nurses.append(nurse)
    return tuple(listed)


def count_by_evidence(resolved: Mapping[str, object], groups: Sequence[str]) -> dict[str, int]:
    """The number of sourced statements in these groups of a configuration, by evidence."""
    evidence = [
        statement.evidence
        for group in groups
        for statement in list_sourced(to_plain(resolved.get(group)), group)
    ]
    return {
        kind: evidence.count(kind)
        for kind in sorted({"assumed", "measured", "published", *evidence})
    }


@dataclass(frozen=True)
class AddedAssumption:
    """A sourced statement of an arm that the baseline does not make; `value` and `range` in words."""

    where: str
    value: str
    range: str
    evidence: str
    source: str


def assumptions_added_by(
    arm: ReadyArm, baseline: ReadyArm, design: Design
) -> tuple[AddedAssumption, ...]:
    """Every sourced statement of an arm's policy, levers, changes and cost that the baseline does not make there."""
    ours, theirs = (
        {
            where: _without_nested(block)
            for where, block in find_sourced_blocks(to_plain(policy), "triage")
        }
        for policy in (arm.policy, baseline.policy)
    )
    added = [(where, block) for where, block in ours.items() if theirs.get(where) != block]
    definition = arm.arm
    for where, stated in design.stated_changes(definition).items():
        sourced = stated.evidence is not None and stated.source is not None
        if sourced and stated.changes and stated.changes != baseline.arm.changes:
            own = {
                "value": to_plain(stated.changes),
                "evidence": stated.evidence,
                "source": stated.source,
            }
            added.append((where, own))
    if definition.cost is not None:
        added.append(("cost", to_plain(definition.cost)))
    return tuple(
        AddedAssumption(
            where,
            describe_values({key: value for key, value in block.items() if key != "range"})
            or "as stated",
            " to ".join(f"{end:g}" for end in block.get("range", ())) or "–",
            str(block["evidence"]),
            str(block["source"]),
        )
        for where, block in added
    )


def _without_nested(block: Mapping[str, Any]) -> dict[str, Any]:
    """A sourced block without the parts that state a source of their own."""
    return {key: value for key, value in block.items() if not any(find_sourced_blocks(value, key))}
