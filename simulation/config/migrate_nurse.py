"""Moves the nurse out of triage policies into files of her own, and names these files in the arms that need them.

Blocks move as they are written, comments with them. Nurses that a packaged file states too are named by that file, and
those that several policies state alike become one file. What cannot be moved so is a fault, and nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from simulation.config.folders import names_in, packaged_configs
from simulation.config.policies import DEFAULT_NURSE, OF_THE_NURSE
from simulation.errors import Fault
from simulation.renamed import PATHS

GONE: Mapping[str, tuple[str, str]] = {
    "nurse_language": ("nurse", "language"),
    "sham_language": ("sham", "language"),
    "published/no_levels": ("nurse", "published/no_levels"),
}
"""Packaged policies that are gone, and the policy and nurses that do the same."""
OF_LANGUAGE = ("ai_all_levers", "ai_interprets", "guardian_as_claimed")
"""Packaged policies that stated the cost of a missing shared language, which nurses state now."""
BY_HAND = "Move it by hand: docs/how-to/own-triage-policy.md says where nurses are described"


@dataclass(frozen=True)
class Moved:
    """The new text of each file that changes, and notes of what was done to it. A file may be a new one."""

    texts: Mapping[str, str]
    notes: Mapping[str, tuple[str, ...]]


@dataclass
class _Change:
    """Edits of one text, by where they start: how many characters go, and the text in their place."""

    file: str
    text: str
    edits: dict[int, tuple[int, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put(self, start: int, length: int, new: str, note: str) -> None:
        """Add an edit and a note of it; the first edit of a place counts."""
        if start not in self.edits:
            self.edits[start] = (length, new)
            self.notes.append(note)

    @property
    def changed(self) -> str:
        """The text with the edits made."""
        pieces, end = [], 0
        for start, (length, new) in sorted(self.edits.items()):
            pieces += [self.text[end:start], new]
            end = start + length
        return "".join((*pieces, self.text[end:]))


def moved_nurses(files: Mapping[str, str], faults: list[Fault]) -> Moved:
    """The files of a folder (text by path within it) that change as the nurse moves out of its policies.

    A fault is added for each nurse who has to be moved by hand.
    """
    policies = [_WrittenPolicy.of(file, text) for file, text in files.items() if file.startswith("triage/")]
    with_nurse = [policy for policy in policies if policy and any(key in policy.keys for key in OF_THE_NURSE)]
    known = {_name_of(file): _nurse_in(text) for file, text in files.items() if file.startswith("nurse/")}
    known |= {name: _nurse_in(_packaged(name)) for name in names_in("nurse", [packaged_configs()]) if name not in known}
    texts: dict[str, str] = {}
    notes: dict[str, tuple[str, ...]] = {}
    nurses: dict[str, str] = {}
    for policy in sorted(with_nurse, key=lambda policy: (policy.has_tool, policy.name)):
        policy_text, nurse_text = policy.parted(faults)
        nurse = _nurse_in(nurse_text)
        if nurse is None:
            continue
        name = next((name for name, other in known.items() if other == nurse), "")
        if not name:
            name = policy.name if policy.name not in known else f"{policy.name}_nurses"
            known[name] = nurse
            texts[f"nurse/{name}.yaml"] = nurse_text
            notes[f"nurse/{name}.yaml"] = (f"new, the nurses of {policy.file}",)
        nurses[policy.name] = name
        texts[policy.file] = policy_text
        notes[policy.file] = (f"without its nurses, who are nurse={name}",)
    for file, text in files.items():
        change = _Change(file, text)
        for study in _studies(file, text, faults):
            _name_nurses(change, study, nurses, known, faults)
        if file == "config.yaml":
            _choose_nurses(change)
        if change.edits:
            texts[file] = change.changed
            notes[file] = tuple(change.notes)
    return Moved(texts, notes)


def _name_of(file: str) -> str:
    """The name by which an arm chooses a file: 'published/no_levels' of 'nurse/published/no_levels.yaml'."""
    return file.partition("/")[2].removesuffix(".yaml")


def _packaged(name: str) -> str:
    return (packaged_configs() / "nurse" / f"{name}.yaml").read_text(encoding="utf-8")


def _nurse_in(text: str) -> Any:
    """Labels and burdens that a file of nurses states, to be compared; None if it states no labels."""
    content = _read(text)
    if not isinstance(content, dict) or content.get("labels") is None:
        return None
    return content["labels"], content.get("burdens") or []


def _read(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


# --- a policy ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _WrittenPolicy:
    """A triage policy as it is written: its file, text, position of each part (`node`) and values (`keys`)."""

    file: str
    text: str
    node: yaml.MappingNode
    keys: Mapping[str, Any]

    @classmethod
    def of(cls, file: str, text: str) -> _WrittenPolicy | None:
        """The policy in a file; None if it holds no block of keys."""
        node, keys = yaml.compose(text, Loader=yaml.SafeLoader), _read(text)
        return cls(file, text, node, keys) if isinstance(node, yaml.MappingNode) and isinstance(keys, dict) else None

    @property
    def name(self) -> str:
        """The name by which an arm chooses it."""
        return _name_of(self.file)

    @property
    def has_tool(self) -> bool:
        """Whether it states more than a nurse."""
        return not {*self.keys} <= {"kind", "name", *OF_THE_NURSE}

    def parted(self, faults: list[Fault]) -> tuple[str, str]:
        """The text of the policy and that of its nurse; two empty texts, and a fault, if they cannot be parted."""
        lines = self.text.splitlines(keepends=True)
        starts = [_first_comment_line(key.start_mark.line, lines) for key, _ in self.node.value[1:]]
        starts = [self.node.value[0][0].start_mark.line, *starts]
        blocks: dict[str, str] = {}
        policy_lines = lines[: starts[0]]
        for (key, _), start, end in zip(self.node.value, starts, [*starts[1:], len(lines)], strict=True):
            if key.value in OF_THE_NURSE:
                blocks[key.value] = "".join(lines[start:end])
            else:
                policy_lines += lines[start:end]
        policy = "".join(policy_lines)
        end_of_line = "\r\n" if "\r\n" in self.text else "\n"
        labels = re.sub(r"^([\"']?)nurse\b", r"\1labels", blocks.get("nurse", ""), count=1, flags=re.MULTILINE)
        parts = [f"# Question: how do nurses triage? Moved out of {self.file}.{end_of_line}", labels]
        parts += [end_of_line] if labels and not labels.endswith("\n") else []
        nurse = "".join([*parts, blocks.get("burdens", "")])
        tool = {key: value for key, value in self.keys.items() if key not in OF_THE_NURSE}
        if _read(policy) == tool and _nurse_in(nurse) == (self.keys.get("nurse"), self.keys.get("burdens") or []):
            return policy, nurse
        found = (
            "describes the nurse in a way that cannot be moved (an anchor, braces around the whole block, or no "
            "`nurse`)"
        )
        faults.append(Fault(self.file, found, BY_HAND))
        return "", ""


def _first_comment_line(line: int, lines: list[str]) -> int:
    """The number of the line at which the comments above a line begin; of the line itself if it has none."""
    while line and lines[line - 1].startswith("#"):
        line -= 1
    return line


# --- studies, whose arms name policies -----------------------------------------------------------------------


def _studies(file: str, text: str, faults: list[Fault]) -> Iterator[yaml.MappingNode]:
    """The blocks of a file that state a study; a fault for a nurse in a policy that it states itself."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        return
    if file.startswith("study/"):
        yield node
    inside = _get(node, "study")
    if isinstance(inside, yaml.MappingNode):
        yield inside
    inline = _get(node, "triage")
    if not file.startswith("triage/") and isinstance(inline, yaml.MappingNode):
        keys = [key for key in OF_THE_NURSE if _get(inline, key) is not None]
        faults += [Fault(f"{file}: triage.{key}", "belongs to the nurse", BY_HAND) for key in keys]


def _get(block: yaml.Node | None, key: str) -> yaml.Node | None:
    """The value of a key of a block; None if there is no such key or no block."""
    pairs = block.value if isinstance(block, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _blocks(block: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    """The values of a block that are blocks themselves."""
    pairs = block.value if isinstance(block, yaml.MappingNode) else ()
    yield from (value for _, value in pairs if isinstance(value, yaml.MappingNode))


def _name_nurses(
    change: _Change,
    study: yaml.MappingNode,
    nurses: Mapping[str, str],
    known: Mapping[str, Any],
    faults: list[Fault],
) -> None:
    """Name, in each arm of a study, the nurses whom its policy stated.

    `nurses`: by policy, the name of its nurses; `known`: the nurses of the folder and the packaged ones, by name.
    """
    arms = list(_blocks(_get(study, "arms")))
    named = {node.value for arm in arms for key in ("triage", "nurse") if (node := _get(arm, key)) is not None}
    nurses_of = {**nurses, **{old: nurse for old, (_, nurse) in GONE.items() if old not in nurses}}
    if named & GONE.keys():
        nurses_of |= {name: "language" for name in OF_LANGUAGE if name not in nurses}
    for arm in arms:
        triage, nurse = _get(arm, "triage"), _get(arm, "nurse")
        if isinstance(nurse, yaml.ScalarNode) and nurse.value not in known:
            new = nurses_of.get(nurse.value, DEFAULT_NURSE)
            _swap(change, nurse, new, f"nurse: {nurse.value} -> {new}")
        if not isinstance(triage, yaml.ScalarNode):
            continue
        new = nurses_of.get(triage.value, DEFAULT_NURSE)
        if nurse is None and new != DEFAULT_NURSE:
            key = next(name for name, _ in arm.value if name.value == "triage")
            separator = ", " if arm.flow_style else f"\n{' ' * key.start_mark.column}"
            change.put(key.start_mark.index, 0, f"nurse: {new}{separator}", f"nurse: {new} (with {triage.value})")
        if triage.value in GONE and triage.value not in nurses:
            _swap(change, triage, GONE[triage.value][0], f"triage: {triage.value} -> {GONE[triage.value][0]}")
    for block in (*arms, *_blocks(_get(study, "levers"))):
        _rename_paths(change, block, faults)


def _swap(change: _Change, scalar: yaml.ScalarNode, new: str, note: str) -> None:
    """Put `new` in place of the text of a key or value."""
    start = change.text.index(scalar.value, scalar.start_mark.index)
    change.put(start, len(scalar.value), new, note)


def _rename_paths(change: _Change, block: yaml.MappingNode, faults: list[Fault]) -> None:
    """Rename the paths of the nurse in `changes`; those in `takes` are faults."""
    changes, takes = _get(block, "changes"), _get(block, "takes")
    for key, _ in changes.value if isinstance(changes, yaml.MappingNode) else ():
        for old, new in PATHS.items():
            if key.value == old or key.value.startswith(f"{old}."):
                renamed = new + key.value.removeprefix(old)
                _swap(change, key, renamed, f"{key.value} -> {renamed}")
    for path in takes.value if isinstance(takes, yaml.SequenceNode) else ():
        if path.value.partition(".")[0] in OF_THE_NURSE:
            where = f"{change.file}, line {path.start_mark.line + 1}"
            remedy = "Put its tables by group under `nurse_by_group` in the full policy, and take `nurse_by_group`"
            faults.append(Fault(where, f"takes '{path.value}', which belongs to the nurse", remedy))


def _choose_nurses(change: _Change) -> None:
    """Choose nurses in the `defaults` of `config.yaml`, above the choice of the policy."""
    node = yaml.compose(change.text, Loader=yaml.SafeLoader)
    choices = _get(node, "defaults")
    entries = choices.value if isinstance(choices, yaml.SequenceNode) else ()
    keys = {key.value: key for entry in entries if isinstance(entry, yaml.MappingNode) for key, _ in entry.value}
    if "triage" in keys and "nurse" not in keys:
        start = keys["triage"].start_mark.index
        line_start = change.text[change.text.rfind("\n", 0, start) + 1 : start]
        change.put(start, 0, f"nurse: {DEFAULT_NURSE}\n{line_start}", f"chooses nurse: {DEFAULT_NURSE}")
