"""Rewrites a folder of configurations whose keys have since been renamed, or whose policies state the nurse
(`migrate_nurse`), and nothing else in it.

Comments, order, quotes and line ends stay: each edit replaces the characters of one key or value, whose position YAML
gives. What a name means depends on its block: a key is renamed, the user's own name of a pool or an arm is not. So
the walk over a file carries what the keys of each block are (`Keys`), along dotted paths and `${...}` too. Comments
are not rewritten. Whether the result is sound is not checked here: loading it does.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import yaml

from simulation.config.departments import GROUPS
from simulation.config.files import plain_text, yaml_fault
from simulation.config.folders import shown_path, yaml_files
from simulation.config.migrate_nurse import moved_nurses
from simulation.errors import ConfigError, Fault
from simulation.renamed import ATTRIBUTES
from simulation.renamed import GROUPS as RENAMED_GROUPS
from simulation.renamed import KEYS as RENAMED_KEYS


class Keys(Enum):
    """The kinds of keys: those of one block are all of one kind."""

    GROUPS = "groups of configurations"
    FIELDS = "keys that aeflow defines"
    NAMES = "the user's own names"
    ATTRIBUTES = "names of attributes"
    PATHS = "dotted paths from the root"
    DEFAULTS = "choices of files"


_NAMED = """
    streams arrivals present day_factors profiles pools attributes durations steps branches loops ends triggers outages
    classes arms levers actions cases targets values shares becomes records
"""
NAMED = frozenset(_NAMED.split())
"""Keys whose blocks hold the user's own names."""
OF_ATTRIBUTES = frozenset({"only", "suited", "by_group"})
"""Keys whose blocks hold names of attributes."""
NAMES_AN_ATTRIBUTE = frozenset({"attribute", "by", "like", "passes"})
"""Keys whose value is the name of an attribute."""
FOLDERS: Mapping[str, Keys] = {
    **dict.fromkeys((*GROUPS, "nurse", "triage", "scenario", "run", "study", "targets"), Keys.FIELDS),
    **dict.fromkeys(("staffing", *RENAMED_GROUPS, *RENAMED_GROUPS.values()), Keys.NAMES),
}
"""The kind of the keys in the files of each folder."""

_REFERENCE = re.compile(r"(?<=\$\{)(\.*)([A-Za-z_][\w.]*)(?=\})")
_BEFORE_A_SCALAR = re.compile(r"(?:[&!]\S*\s+)*['\"]?")
"""An anchor, a tag, a quote."""
_GROUP_OF_A_CHOICE = re.compile(rf"(?<![\w-])({'|'.join(RENAMED_GROUPS)})(?![\w-])")
"""A group within an entry of a `defaults` list: 'override /knobs@_global_.knobs'."""
_GLOBAL_PACKAGE = re.compile(r"^#\s*@package\s+_global_\s*$", re.MULTILINE)
_GROUP_OF_MEASURES = re.compile(rf"^({'|'.join(ATTRIBUTES)})(?==)")
_KEEP = {"true": "[patients, activities]", "false": "[]"}
"""The list of tables to keep that replaces each yes or no."""


@dataclass(frozen=True)
class Edit:
    """`new` in place of the characters `old`, which begin at `start` in a text."""

    start: int
    old: str
    new: str

    def words(self) -> Iterator[tuple[str, str]]:
        """The words that are renamed, old and new: the parts of a dotted path that differ."""
        for pair in zip(self.old.split("."), self.new.split("."), strict=True):
            if pair[0] != pair[1]:
                yield pair


@dataclass(frozen=True)
class Rewritten:
    """One file with its old keys renamed."""

    path: Path
    shown: str
    text: str
    edits: tuple[Edit, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Migration:
    """The files of a folder to rewrite, and the folders to rename afterwards (old, new)."""

    folder: Path
    files: tuple[Rewritten, ...]
    folders: tuple[tuple[Path, Path], ...]

    def carry_out(self) -> None:
        """Rewrite each file whole or not at all, then rename folders. Raises ConfigError if one cannot be written."""
        # Policies come last: an error before them loses no nurse, who is in her own file by then.
        policies_last = sorted(self.files, key=lambda file: file.shown.startswith("triage/"))
        try:
            for file in policies_last:
                _replace(file.path.resolve(), file.text)
            for old, new in self.folders:
                old.rename(new)
        except OSError as error:
            name = Path(error.filename or self.folder).name
            remedy = "Make it writable and migrate again; files that were rewritten stay as they are"
            raise ConfigError([Fault(name, f"cannot be written: {error.strerror}", remedy)]) from error

    def lines(self) -> Iterator[str]:
        """The changes for the screen, a line for each file or folder, and their numbers."""
        for file in self.files:
            counts = Counter(words for edit in file.edits for words in edit.words())
            renamed = [f"{old} -> {now} ({n})" for (old, now), n in counts.items()]
            yield f"  {file.shown}: " + ", ".join([*renamed, *file.notes])
        for old, new in self.folders:
            yield f"  {old.name}/ -> {new.name}/"
        n_edits = sum(len(file.edits) + len(file.notes) for file in self.files)
        if n_edits or self.folders:
            numbers = ((n_edits, "place"), (len(self.files), "file"), (len(self.folders), "folder"))
            places, files, folders = (f"{n} {what}{'' if n == 1 else 's'}" for n, what in numbers)
            yield f"{places} in {files}, {folders}"
        else:
            yield f"{self.folder}: nothing has an old name or place"


def migration_of(folder: str | Path) -> Migration:
    """The migration that a folder of configurations needs; nothing is written.

    Raises ConfigError with every fault: no such folder, a file that is not YAML, a key beside the one that replaces it.
    """
    root = Path(folder)
    _must_hold_configurations(root, str(folder))
    faults: list[Fault] = []
    files = [_rewritten(path, root, faults) for path in yaml_files([root])]
    folders = tuple((root / old, root / new) for old, new in RENAMED_GROUPS.items() if (root / old).is_dir())
    for old, new in folders:
        if new.exists():
            faults.append(
                Fault(old.name, f"is there as well as '{new.name}', its new name", "Put their files together")
            )
    if faults:
        raise ConfigError(faults)
    by_path = {file.shown: file for file in files if file is not None}
    moved = moved_nurses({shown: file.text for shown, file in by_path.items()}, faults)
    if faults:
        raise ConfigError(faults)
    for shown, text in moved.texts.items():
        file = by_path.get(shown, Rewritten(root / shown, shown, "", ()))
        by_path[shown] = replace(file, text=text, notes=moved.notes[shown])
    return Migration(root, tuple(file for file in by_path.values() if file.edits or file.notes), folders)


def _must_hold_configurations(root: Path, shown: str) -> None:
    """Raise ConfigError if a folder is not there or has no group of configurations in it."""
    if not root.is_dir():
        raise ConfigError([Fault(shown, "is not a folder", "Name your folder of configurations")])
    if not (root / "config.yaml").is_file() and not any((root / name).is_dir() for name in FOLDERS):
        nested = root / "configs"
        remedy = f"Name {nested}" if nested.is_dir() else "Name the one that holds site, triage, study and the like"
        raise ConfigError([Fault(shown, "holds no group of configurations", remedy)])


def _rewritten(path: Path, root: Path, faults: list[Fault]) -> Rewritten | None:
    """A file with its old keys renamed; None if it is not one of aeflow's, or (with a fault) cannot be read."""
    shown = shown_path(path, [root])
    group = shown.partition("/")[0] if "/" in shown else ""
    text = plain_text(path, shown, faults)
    if text is None:
        return None
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        faults.append(yaml_fault(error, shown))
        return None
    if _GLOBAL_PACKAGE.search(text) or shown == "config.yaml":
        keys = Keys.GROUPS
    elif group in FOLDERS:
        keys = FOLDERS[group]
    else:
        return None
    walk = _Walk(text, shown, faults)
    if isinstance(document, yaml.MappingNode):
        walk.block(document, keys, ())
    edits = tuple(sorted(walk.edits.values(), key=lambda edit: edit.start))
    return Rewritten(path, shown, _applied(text, edits), edits)


def _applied(text: str, edits: Sequence[Edit]) -> str:
    """The text with edits made; they are in order of where they start."""
    pieces, end = [], 0
    for edit in edits:
        pieces += [text[end : edit.start], edit.new]
        end = edit.start + len(edit.old)
    return "".join((*pieces, text[end:]))


def _replace(path: Path, text: str) -> None:
    """Write a text in place of a file, whole or not at all, with the file's own permissions."""
    part = path.with_name(f".{path.name}.part")
    path.parent.mkdir(exist_ok=True, parents=True)
    try:
        part.write_bytes(text.encode("utf-8"))
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


# --- what a name means in its block --------------------------------------------------------------------------


def inside(keys: Keys, key: str) -> Keys:
    """The kind of the keys in the block under `key`; `keys`: the kind of the keys in the block that holds `key`."""
    if keys is Keys.GROUPS:
        return Keys.DEFAULTS if key == "defaults" else FOLDERS.get(key, Keys.FIELDS)
    if keys is Keys.ATTRIBUTES:
        return Keys.NAMES
    if keys is not Keys.FIELDS:
        return Keys.FIELDS
    if key == "changes":
        return Keys.PATHS
    if key in OF_ATTRIBUTES:
        return Keys.ATTRIBUTES
    return Keys.NAMES if key in NAMED else Keys.FIELDS


_BY_KEYS: Mapping[Keys, Mapping[str, str]] = {
    Keys.GROUPS: RENAMED_GROUPS,
    Keys.FIELDS: RENAMED_KEYS,
    Keys.ATTRIBUTES: ATTRIBUTES,
}


def renamed_path(path: str, keys: Keys = Keys.GROUPS) -> tuple[str, Keys]:
    """A dotted path in today's names, and the kind of the keys in the block at its end.

    >>> renamed_path("site.streams.marks.mark")[0]
    'site.arrivals.marks.evidence'
    """
    parts = []
    for part in path.split("."):
        parts.append(_BY_KEYS.get(keys, {}).get(part, part))
        if keys is Keys.NAMES or not part.isdecimal():  # a number names a part of a list, whose keys are the same
            keys = inside(keys, part)
    return ".".join(parts), keys


@dataclass
class _Walk:
    """Finds what to rename in one text.

    `edits`: by where they start; `seen`: blocks that were walked, which aliases lead to again.
    """

    text: str
    shown: str
    faults: list[Fault]
    edits: dict[int, Edit] = field(default_factory=dict)
    seen: set[tuple[int, Keys]] = field(default_factory=set)

    def block(self, block: yaml.MappingNode, keys: Keys, above: tuple[Keys, ...]) -> None:
        """Walk a mapping whose keys are of the kind `keys`; `above`: the kinds of blocks and lists around it, the
        outermost first."""
        if (id(block), keys) in self.seen:
            return
        self.seen.add((id(block), keys))
        blocks = (*above, keys)
        known = {key.value for key, _ in block.value if isinstance(key, yaml.ScalarNode)}
        for key, value in block.value:
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                self.node(value, keys, blocks)
                continue
            new, keys_inside = self._key(key.value, keys, top=not above)
            if new != key.value and new in known:
                where = f"{self.shown}, line {key.start_mark.line + 1}"
                self.faults.append(Fault(where, f"states '{key.value}' and '{new}', its new name", "Keep one"))
            self._edit(key, key.value, new)
            if key.value == "keep_patients" and keys is Keys.FIELDS:
                self._keep(value)
            elif keys is Keys.FIELDS and isinstance(value, yaml.ScalarNode):
                self._value(key.value, value)
            elif keys is Keys.FIELDS and key.value == "takes":
                self._takes(value)
            elif keys_inside is Keys.DEFAULTS:
                self._defaults(value)
            self.node(value, keys_inside, blocks)

    def node(self, node: yaml.Node, keys: Keys, above: tuple[Keys, ...]) -> None:
        """Walk the value of a key; `keys`: the kind of the keys of blocks in it."""
        if isinstance(node, yaml.MappingNode):
            self.block(node, keys, above)
        elif isinstance(node, yaml.SequenceNode):
            for part in node.value:
                self.node(part, keys, (*above, keys))
        else:
            self._references(node, above)

    def _key(self, key: str, keys: Keys, *, top: bool) -> tuple[str, Keys]:
        """Today's name of a key, and the kind of the keys inside."""
        if top and key == "defaults":
            return key, Keys.DEFAULTS
        if keys is Keys.PATHS:
            return renamed_path(key)
        return _BY_KEYS.get(keys, {}).get(key, key), inside(keys, key)

    def _value(self, key: str, value: yaml.ScalarNode) -> None:
        """Rename a value that is the name of an attribute, or of a group of measures by one."""
        if key in NAMES_AN_ATTRIBUTE and value.value in ATTRIBUTES:
            self._edit(value, value.value, ATTRIBUTES[value.value])
        elif key == "group" and (match := _GROUP_OF_MEASURES.match(value.value)):
            self._edit(value, match[1], ATTRIBUTES[match[1]])

    def _keep(self, value: yaml.Node) -> None:
        """Replace a yes or no by a list of tables."""
        old = self.text[value.start_mark.index : value.end_mark.index]
        if old.lower() in _KEEP:
            self._put(value.start_mark.index, old, _KEEP[old.lower()])
        else:
            where = f"{self.shown}, line {value.start_mark.line + 1}"
            self.faults.append(Fault(where, f"keep_patients is {old}", "Write true or false, and migrate again"))

    def _defaults(self, choices: yaml.Node) -> None:
        """Rename the groups in a `defaults` list."""
        for choice in choices.value if isinstance(choices, yaml.SequenceNode) else ():
            for name in [key for key, _ in choice.value] if isinstance(choice, yaml.MappingNode) else [choice]:
                for match in _GROUP_OF_A_CHOICE.finditer(self.text, name.start_mark.index, name.end_mark.index):
                    self._put(match.start(), match[1], RENAMED_GROUPS[match[1]])

    def _takes(self, paths: yaml.Node) -> None:
        """Rename parts of the paths, within a policy, that a lever takes."""
        for path in paths.value if isinstance(paths, yaml.SequenceNode) else ():
            if isinstance(path, yaml.ScalarNode):
                self._edit(path, path.value, renamed_path(path.value, Keys.FIELDS)[0])

    def _references(self, value: yaml.Node, above: tuple[Keys, ...]) -> None:
        """Rename parts of each `${a.b}`, a path from the root, and `${.b}`, a path from the block that holds it."""
        for match in _REFERENCE.finditer(self.text, value.start_mark.index, value.end_mark.index):
            dots, path = match.groups()
            if len(dots) <= len(above):
                self._put(match.start(2), path, renamed_path(path, above[-len(dots)] if dots else Keys.GROUPS)[0])

    def _edit(self, scalar: yaml.ScalarNode, old: str, new: str) -> None:
        """Put `new` in place of `old` at the beginning of a key or value, after any anchor, tag and quote."""
        before = _BEFORE_A_SCALAR.match(self.text, scalar.start_mark.index)
        if before is not None and self.text.startswith(old, before.end()):
            self._put(before.end(), old, new)

    def _put(self, start: int, old: str, new: str) -> None:
        if old != new:
            self.edits[start] = Edit(start, old, new)
