"""Files of configurations, read by one loader: a file that YAML would misread is refused with what to write instead.

YAML is read as version 1.1, as Hydra reads it: the same numbers, and no key twice. What that version takes for another
number than its writer meant (`010` is 8, `10:00` is 600), or for a key that is no word (`no` is false), is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import yaml

from simulation.config.bounds import DEEPEST, MOST_PARTS, Reason, bad_reference, shortened
from simulation.config.folders import Folders, file_named, names_in
from simulation.errors import ConfigError, Fault, Faults, nearest, refuse

MOST_BYTES = 1_000_000
"""Bytes of one file; the largest packaged one has 60,000."""
SHOWN_LENGTH = 40
"""The longest text of a file that is no block of keys which a message shows."""
KEY_VALUE = "Write `key: value` lines"
LESS = "Leave out what the study does not need"
REWRITE = "Save it as plain text in UTF-8, without control characters"
SEVERAL_READINGS = re.compile(
    r"[-+]?(0[0-7_]+|0x[\da-fA-F_]+|0b[01_]+|[1-9][\d_]*(:[0-5]?\d)+(\.[\d_]*)?)"
)
"""Octal, hexadecimal and binary numbers, and those to the base of 60, as YAML 1.1 reads them."""
NO_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "~")
"""What YAML reads as true, false and nothing, in small letters."""
_EXPONENT = re.compile(r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9]+$")
_EVENTS: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def mapping_in(
    path: Path, shown: str, faults: Faults, *, may_be_empty: bool = False
) -> dict[str, Any] | None:
    """The keys that a YAML file states; None, and a fault that names the file as `shown`, if it is refused.

    A file is refused if it cannot be read, is not text in UTF-8, is not YAML or would be misread, or holds no block of
    keys. A block that the file repeats by an alias is copied for each use, so that a change reaches only one of them.
    """
    n_before = len(faults)
    text = plain_text(path, shown, faults)
    content = value_in(text, shown, faults) if text is not None else None
    if len(faults) > n_before:
        return None
    if (content is None and may_be_empty) or (
        isinstance(content, dict) and (content or may_be_empty)
    ):
        content = content or {}
        return {str(key): copied(value) for key, value in content.items()}
    found = "states nothing" if not content else f"is not a block of keys, but {_kind_of(content)}"
    faults.add(shown, found, KEY_VALUE)
    return None


def value_in(text: str, shown: str, faults: Faults) -> Any:
    """The value that a YAML text states, not to be changed; None, and a fault, if it is no YAML or would be misread."""
    value, fault = _read_and_checked(text)
    if fault:
        faults.append(replace(fault, where=shown + fault.where))
    return value


@lru_cache(maxsize=256)
def _read_and_checked(text: str) -> tuple[Any, Fault | None]:
    """The value of a YAML text, and its fault by line. Cached, as arms read the same policies again and again."""
    try:
        fault = next(_event_faults(text), None)
    except yaml.YAMLError:
        fault = None  # PyYAML's own loader has better words for it
    if not fault:
        try:
            return _read(text), None
        except yaml.YAMLError as error:
            fault = yaml_fault(error, "")
    return None, fault


def stated_by(group: str, name: str, folders: Folders) -> dict[str, Any]:
    """The keys of the file of that name in a group, from the first folder that has it. Raises ConfigError."""
    path, faults = file_named(group, name, folders), Faults()
    if not path:
        refuse(group, f"there is no '{shortened(name)}'", nearest(name, names_in(group, folders)))
    content = mapping_in(path, f"{group}/{name}.yaml", faults)
    faults.refuse()
    return content or {}


def bytes_of(
    path: Path, shown: str, faults: Faults, *, most: int = MOST_BYTES, less: str = LESS
) -> bytes | None:
    """The bytes of a file; None, and a fault, if it cannot be read, has more than `most`, or is no regular file: a
    device or a pipe might never end. `less` says what to do about a large one."""
    try:
        if path.exists() and not path.is_file():
            faults.add(shown, "is a folder, a device or a pipe", "Name a file")
            return None
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        remedy = (
            "Name a file that is there"
            if isinstance(error, FileNotFoundError)
            else "Make it readable"
        )
        faults.add(shown, f"cannot be read: {error.strerror or error}", remedy)
        return None
    if len(content) > most:
        faults.add(shown, f"is larger than {most / 1e6:g} MB", less)
        return None
    return content


def plain_text(path: Path, shown: str, faults: Faults) -> str | None:
    """The text of a file without its byte order mark; None, and a fault that names the file as `shown`, if it cannot be
    read, is not UTF-8, or holds control characters."""
    content = bytes_of(path, shown, faults)
    if content is None:
        return None
    try:
        text = content.decode("utf-8-sig")
        yaml.reader.Reader(text)
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        faults.add(
            f"{shown}, line {line}",
            f"the byte 0x{error.object[error.start]:02x} is not UTF-8",
            REWRITE,
        )
    except yaml.reader.ReaderError as error:
        line = 1 + text[: error.position].count("\n")
        character = f"holds the control character {ord(text[error.position]):#04x}"
        faults.add(f"{shown}, line {line}", character, REWRITE)
    else:
        return text
    return None


def copied(value: Any) -> Any:
    """A copy of blocks and lists, in which no two places share one; it takes a tenth of the time of `deepcopy`."""
    if isinstance(value, dict):
        return {
            key: copied(part) if type(part) in (dict, list) else part for key, part in value.items()
        }
    return [copied(part) for part in value] if isinstance(value, list) else value


def defaults_fault(content: dict[str, Any], shown: str) -> Fault | None:
    """The fault in the `defaults` of a file that Hydra is to compose; None if there is none."""
    defaults = content.get("defaults", [])
    if isinstance(defaults, list) and all(isinstance(entry, str | dict) for entry in defaults):
        return None
    remedy = "Write a list: defaults: [name], or [/group: name]"
    return Fault(f"{shown}: defaults", f"found {shortened(str(defaults))}", remedy)


def explained(error: Exception, folders: Folders) -> ConfigError:
    """The error for what Hydra or OmegaConf refused: as a rule a file that `defaults` name and nobody has."""
    missing = re.search(r"Could not find '([^'/@]+)/([^'@]+)'", str(error))
    if missing and (known := names_in(missing[1], folders)):
        found = f"`defaults` name it, and there is no {missing[1]} '{missing[2]}'"
        return ConfigError([Fault(f"{missing[1]}/{missing[2]}", found, nearest(missing[2], known))])
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ConfigError(
        [Fault("configuration", lines[0] if lines else repr(error), "See `aeflow show`")]
    )


def _kind_of(content: Any) -> str:
    """What a file holds that is no block, in words. A long text is not shown: it may be a table of patients."""
    if isinstance(content, list):
        return "a list"
    if isinstance(content, str) and len(content) > SHOWN_LENGTH:
        return f"text ({len(content):,} characters)"
    return repr(content)


@dataclass
class _Open:
    """A block or list that is being read: its anchor, how many parts it has so far, and whether a key comes next."""

    anchor: str | None
    is_block: bool = False
    n_parts: int = 1
    key_next: bool = True


def _event_faults(text: str) -> Iterator[Fault]:
    """The faults of a YAML text, in order: too deep, aliases without bound, a bad reference, what would be misread.

    Raises what PyYAML raises. The text is read event by event, and no value is built.
    """
    blocks: list[_Open] = [_Open(None)]
    n_parts: dict[str, int] = {}
    for event in yaml.parse(text, Loader=_EVENTS):
        where = f", line {event.start_mark.line + 1}" if event.start_mark else ""
        is_key = blocks[-1].is_block and blocks[-1].key_next
        if isinstance(event, yaml.NodeEvent):
            blocks[-1].key_next = not is_key
        if isinstance(event, yaml.CollectionStartEvent):
            blocks.append(_Open(event.anchor, isinstance(event, yaml.MappingStartEvent)))
            if len(blocks) > DEEPEST:
                yield Fault(
                    where, f"blocks within blocks, more than {DEEPEST} deep", "Write it flatter"
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            block = blocks.pop()
            blocks[-1].n_parts += block.n_parts
            if block.anchor:
                n_parts[block.anchor] = block.n_parts
        elif isinstance(event, yaml.AliasEvent):
            if any(block.anchor == event.anchor for block in blocks):
                yield Fault(
                    where,
                    f"*{event.anchor} is inside &{event.anchor} itself",
                    "Write the values out",
                )
            blocks[-1].n_parts += n_parts.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            blocks[-1].n_parts += 1
            reason = bad_reference(event.value) or (
                _misread(event.value, is_key) if event.implicit[0] else None
            )
            if reason:
                yield Fault(where, *reason)
        if blocks[-1].n_parts > MOST_PARTS:
            yield Fault(
                where, f"comes to more than {MOST_PARTS:,} values, aliases written out", LESS
            )


def _misread(text: str, is_key: bool) -> Reason:
    """What YAML makes of a word without quotes that nobody means by it, and what to write; None if nothing."""
    if is_key and text.casefold() in NO_WORDS:
        return (
            f"the key {text} is not text",
            f"Put it in quotes: YAML reads {text} without quotes as {_read(text)}",
        )
    if not SEVERAL_READINGS.fullmatch(text):
        return None
    read = _read(text)
    plain = text.replace("_", "").lstrip("+-0") or "0"
    instead = f"{plain}, or {read}" if plain.isdecimal() else f"{read}"
    return (
        f"found {text}, which YAML reads as {read}",
        f"Write {instead} for a number, '{text}' in quotes for text",
    )


_YAML_REMEDIES = {
    r"character '\t'": "Write spaces instead of the tab",
    "but got ':'": "Put quotes round a text with a colon, or add the bracket that is missing before it",
    "mapping values are not allowed": "Put quotes round a text with a colon, or indent the line as those around it",
}
"""What to do, by words of YAML's own about what it cannot read."""


def yaml_fault(error: yaml.YAMLError, file: str) -> Fault:
    """The fault for what YAML refused in a file, with its line."""
    problem, mark = str(getattr(error, "problem", error)), getattr(error, "problem_mark", None)
    where = f"{file}, line {mark.line + 1}" if mark else file
    if problem.startswith("found duplicate key"):
        return Fault(
            where,
            shortened(problem.replace("found duplicate key", "states a key twice:")),
            "Keep one of the two",
        )
    remedies = (remedy for words, remedy in _YAML_REMEDIES.items() if words in problem)
    return Fault(where, problem, next(remedies, "Correct the YAML"))


def _read(text: str) -> Any:
    """The value that a YAML text states. What libyaml refuses is read again by PyYAML itself, ten times as slow, which
    has better words for it."""
    try:
        return yaml.load(text, Loader=_FastUniqueKeys)
    except yaml.YAMLError:
        return yaml.load(text, Loader=UniqueKeys)


class _UniqueKeys:
    """YAML in which a key stated twice in one block is an error, and numbers and dates are read as by OmegaConf."""

    # 1e-3 is a number, and a date is text
    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {
        first: [
            *((tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"),
            *([("tag:yaml.org,2002:float", _EXPONENT)] if first in "-+0123456789" else ()),
        ]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Called by PyYAML for each block."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # PyYAML has its own words for it
            if key.value in seen and key.value != "<<":
                problem = f"found duplicate key {key.value}"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep=deep)  # type: ignore[misc]
        return made


class UniqueKeys(_UniqueKeys, yaml.SafeLoader):
    """PyYAML's own loader, with unique keys."""


class _FastUniqueKeys(_UniqueKeys, _EVENTS):  # type: ignore[misc]
    """The loader of libyaml where PyYAML was built with it, with unique keys."""
