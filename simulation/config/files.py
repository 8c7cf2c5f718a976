"""Configuration files: where they are looked for, how much they may hold, and one loader that reads them.

They are looked for in a folder that the user names, on the disk or in memory, in `./configs`, and in the packaged
folder. What an override or a file may hold is bounded (size, depth, characters) before anything is made of it, so that
a slip, or a file made to do harm, gives one message and not a process that runs out of memory. YAML is read as version
1.1, as Hydra reads it: the same numbers, and no key twice. What that version takes for another number than its writer
meant (`010` is 8, `10:00` is 600), or for a key that is no word (`no` is false), is refused with what to write instead.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar

import yaml

from simulation.errors import ConfigError, Fault, Faults, nearest, refuse
from simulation.records.in_memory import PathInMemory
from simulation.records.serialise import NO_WORDS, cached_on_disk, digest

Folders = Sequence[Path]
"""Folders in which configurations are looked for, in this order."""
Choices = Mapping[str, str]
"""The file chosen of each group of configurations."""
NO_FILE = "none"
"""The choice of a group of which no file is taken."""
LONGEST_NAME = 200
"""Characters of the name of a configuration, with its folders."""
NOT_IN_NAMES = frozenset('\\:<>"|?*\0')
"""Characters that no name of a file has on Windows, besides the slash."""
DEVICES = frozenset(
    [
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)),
    ]
)
"""Names of devices on Windows: no file is called so there, whatever its ending."""
DEVICE, ANOTHER_NAME = "is the name of a device on Windows", "Choose another name"


def packaged_configs() -> Path:
    """The folder of configurations that comes with aeflow: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "configs", package.parent / "configs"):
        if (folder / "config.yaml").is_file():
            return folder
    refuse("configs", "the folder is missing beside the simulation package", "Reinstall aeflow")


def search_folders(config_dir: str | Path | None = None) -> tuple[Path, ...]:
    """The folders in which configurations are looked for, in this order; the packaged folder is the last.

    Raises ConfigError if the folder named is missing.
    """
    packaged = packaged_configs()
    named = Path(config_dir) if isinstance(config_dir, str) else config_dir
    folders = [named.resolve()] if named is not None else []
    if folders and not folders[0].is_dir():
        refuse("--config-dir", f"there is no folder '{config_dir}'", "Name a folder that exists")
    local = Path("configs").resolve()
    if local.is_dir() and local not in (packaged, *folders):
        folders.append(local)
    return (*folders, packaged)


def yaml_files(folders: Folders) -> list[Path]:
    """Every configuration file; not a hidden one, such as an editor's lock, nor a link that leads nowhere."""
    return [file for folder in folders for file in _files_of(folder)]


def _files_of(folder: Path) -> Iterator[Path]:
    return (
        folder.files()
        if isinstance(folder, PathInMemory)
        else (Path(entry.path) for entry in _entries(folder))
    )


def _entries(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """The configuration files in a folder and those within it, by name."""
    with suppress(OSError), os.scandir(folder) as found:
        for entry in sorted(found, key=attrgetter("name")):
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)
            elif entry.name.endswith(".yaml") and entry.is_file():
                yield entry


def names_in(group: str, folders: Folders) -> set[str]:
    """The names that can be chosen of a group: those of its files in any of these folders, without their ending.

    A file whose name begins with `_` is left out: it is a part that others start from. So is one that Windows has not.
    """
    return {
        path.relative_to(folder / group).with_suffix("").as_posix()
        for folder in folders
        for path in yaml_files([folder / group])
        if not path.name.startswith("_") and not is_device(path.name)
    }


def file_named(group: str, name: str, folders: Folders) -> Path | None:
    """The file of that name in a group, from the first folder that has it; None if there is none."""
    if not is_name_of_file(name):
        return None
    paths = (folder / group / f"{name}.yaml" for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def is_name_of_file(name: str) -> bool:
    """Whether a name can be that of a file within a group's folder, on Windows too: it does not lead out of the folder
    or to a hidden file.

    >>> is_name_of_file("published/no_levels"), is_name_of_file("../nurse"), is_name_of_file("aux")
    (True, False, False)
    """
    parts = name.split("/")
    return len(name) <= LONGEST_NAME and all(map(_is_name, parts))


def _is_name(part: str) -> bool:
    """Whether a file or folder can be called so."""
    allowed = (
        bool(part) and part[0] not in ". " and part[-1] not in ". " and not set(part) & NOT_IN_NAMES
    )
    return allowed and not is_device(part)


def is_device(name: str) -> bool:
    """Whether a name, or the last part of a path, is that of a device on Windows."""
    return name.rpartition("/")[2].partition(".")[0].casefold() in DEVICES


def unknown_name(kind: str, name: str, known: Iterable[str]) -> tuple[str, str]:
    """What is wrong with a name of which there is no file of a kind, and what to do."""
    if is_device(name):
        return f"'{shortened(name)}' {DEVICE}", ANOTHER_NAME
    return f"there is no {kind} '{shortened(name)}'".replace("  ", " "), nearest(name, known)


def fingerprint_of(folders: Folders) -> tuple[tuple[str, int, int], ...]:
    """The configuration files, each with the time of its last change (ns) and its size (bytes)."""
    return _stamped(entry for folder in folders for entry in _entries(folder))


def _stamped(files: Iterable[Path | os.DirEntry[str]]) -> tuple[tuple[str, int, int], ...]:
    return tuple(
        (os.fspath(file), (stat := file.stat()).st_mtime_ns, stat.st_size) for file in files
    )


@cache
def _own_modules() -> str:
    """A digest of the same of the modules that read and check the files; they stay as they are while a process runs."""
    package = Path(__file__).parents[1]
    return digest(
        _stamped(
            path
            for room in ("config", "department", "study")
            for path in sorted((package / room).rglob("*.py"))
        )
    )


def cached_for_files(folders: Folders, name: str, key: object, make: Callable[[], Any]) -> Any:
    """The value of `make()`. Of the packaged files alone it is cached on disk, until one of these files, or of the
    modules that read them, changes."""
    if len(folders) > 1:
        return make()
    return cached_on_disk(name, [key, fingerprint_of(folders), _own_modules()], make)


def shown_path(path: Path, folders: Folders) -> str:
    """A file as a user knows it: its path within the folder of configurations that it is in."""
    for folder in folders:
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name


DEEPEST = 40
"""Levels of blocks within blocks; the packaged files have up to 8."""
TOO_DEEP = (f"blocks within blocks, more than {DEEPEST} deep", "Write it flatter")
MOST_PARTS = 200_000
"""Keys and values of a file or a configuration, each alias counted as what it repeats; the packaged ones have 4,000."""
LONGEST_TEXT = 10_000
"""Characters of one text; the packaged files have up to 600."""
LARGEST = 1e15
"""The largest absolute value of a number; whole numbers up to it are exact wherever they are used."""
TOO_LARGE = ("the number is too large", f"Give one up to {LARGEST:g}")
_TOO_MANY_DIGITS = re.compile(r"[-+]?\d[\da-fA-FxX_:]{300}")
"""The beginning of a number that is not read at all: Python makes none of over 4,300 digits."""
REFERENCE = re.compile(r"\$\{([A-Za-z_][\w-]*(?:\.[\w-]+)*)\}")
"""The one form of a reference: the whole value is `${a.b}`, another value of the configuration."""
ATOMS = (int, float, bool, type(None))
"""Types of values that hold no others and refer to none."""
NO_REFERENCE = (
    "is not a plain reference",
    "Write the value itself, or ${...} alone with its dotted path",
)


@dataclass(frozen=True)
class Product:
    """A reference to a number, or another product, and the factor that multiplies it; `where` states the factor."""

    operand: str | Product
    factor: float
    where: str


_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


Reason = tuple[str, str] | None
"""What is wrong, and what to do about it; None if nothing is."""
POINT = "Write a decimal point where a decimal number is meant: 0.4, not 0,4"
"""What to do about a decimal comma."""


def bad_reference(text: str) -> Reason:
    """What is wrong with a text that refers to something, and what to do; None if nothing is.

    A reference names another value of the configuration. It cannot read the environment or a file, which must not get
    into stored results.
    """
    if "${" not in text or REFERENCE.fullmatch(text):
        return None
    return f"'{shortened(text)}' {NO_REFERENCE[0]}", NO_REFERENCE[1]


def override_fault(text: str) -> Fault | None:
    """The fault of an override that may not be parsed: too long, too deep, characters that cannot be shown; or None."""
    shown = shortened(text)
    if len(text) > LONGEST_TEXT:
        return Fault(shown, f"is longer than {LONGEST_TEXT:,} characters", "Write it into a file")
    if _UNWRITABLE.search(text):
        return Fault(shown, "holds a character that cannot be written out", "Use plain text")
    if _TOO_MANY_DIGITS.search(text):
        return Fault(shown, *TOO_LARGE)
    depth = 0
    for sign in text:
        depth += (sign in "[{(") - (sign in ")}]")
        if depth > DEEPEST:
            return Fault(shown, *TOO_DEEP)
    return Fault(shown, *NO_REFERENCE) if "${" in REFERENCE.sub("", text) else None


def configuration_faults(raw: dict[str, Any], where: str = "") -> list[Fault]:
    """A fault for each key or value that no part of a configuration may hold; `where` leads their dotted paths."""
    return list(_value_faults(where, raw, 0, [MOST_PARTS]))


def _value_faults(where: str, value: Any, depth: int, left: list[int]) -> Iterator[Fault]:
    """The faults of one value; `left` holds how many values more there may be."""
    left[0] -= 1
    if left[0] == 0:
        yield Fault(
            where,
            f"the configuration has more than {MOST_PARTS:,} values",
            "Leave out what is not needed",
        )
    if left[0] <= 0 or isinstance(value, Product):
        return
    if depth > DEEPEST:
        yield Fault(where, *TOO_DEEP)
    elif isinstance(value, dict):
        before = None
        for key, part in value.items():
            comma = _decimal_comma(before, key) if part is None else None
            before = key, part
            if comma:
                yield Fault(f"{where}.{comma[0]}" if where else comma[0], *comma[1:])
                continue
            if not isinstance(key, str):
                yield Fault(
                    where or "configuration", f"the key {key!r} is not text", "Put it in quotes"
                )
                continue
            path = f"{where}.{key}" if where else key
            if reason := _bad_text(key):
                yield Fault(shortened(path), f"the key {reason[0]}", reason[1])
            elif not _is_sound(part, left):
                yield from _value_faults(path, part, depth + 1, left)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for number, part in enumerate(value):
            if not _is_sound(part, left):
                yield from _value_faults(f"{where}.{number}", part, depth + 1, left)
    elif reason := _bad_value(value):
        yield Fault(where, *reason)


def _decimal_comma(before: tuple[Any, Any] | None, key: object) -> tuple[str, str, str] | None:
    """The key, what was found and what to do if `{log_sd: 0,4}` was written, which YAML reads as `log_sd: 0` and then a
    key 4 without a value; `before`: the key before, and its value."""
    if before is None or not re.fullmatch(r"\d+", str(key)):
        return None
    name, whole = before
    if not isinstance(whole, int) or isinstance(whole, bool) or not isinstance(name, str):
        return None
    return name, f"found {whole}, and then {key} after a comma", without_comma(f"{whole},{key}")


def without_comma(text: str) -> str:
    """What to write in place of a number with a comma.

    >>> without_comma("1,280")
    'Write thousands without a comma: 1280. A decimal number has a point: 1.280'
    """
    if not re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", text):
        return POINT
    plain, point = text.replace(",", ""), text.replace(",", ".", 1)
    return f"Write thousands without a comma: {plain}. A decimal number has a point: {point}"


def _is_sound(value: object, left: list[int]) -> bool:
    """Whether a value, which is then counted, holds no others and has no fault: most are so, and need no path."""
    if left[0] <= 1 or not (type(value) is str or type(value) in ATOMS) or _bad_value(value):
        return False
    left[0] -= 1
    return True


def _bad_text(text: str) -> Reason:
    if text.isprintable() and len(text) < LONGEST_TEXT and "${" not in text:
        return None  # as below, at once
    if len(text) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT:,} characters", "Shorten it"
    return _unwritable(text) or bad_reference(text)


def _unwritable(text: str) -> Reason:
    found = _UNWRITABLE.search(text)
    if not found:
        return None
    return (
        f"holds the character {ord(found[0]):#06x}, which cannot be written out",
        "Use plain text",
    )


def _bad_value(value: object) -> Reason:
    """What is wrong with a value that is no block or list, and what to do; None if nothing is."""
    if isinstance(value, str):
        return _bad_text(value)
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, int | float):
        return f"found {type(value).__name__}", "Write a number, a word, a list or a block of keys"
    if isinstance(value, float) and not math.isfinite(value):
        return f"found {value}", "Give a finite number"
    if abs(value) > LARGEST:
        return TOO_LARGE
    return None


def shortened(text: str, width: int = 100) -> str:
    """A text as a message shows it: on one line, '?' for what cannot be written out, not longer than `width`."""
    plain = _UNWRITABLE.sub("?", text.replace("\n", " "))
    return plain if len(plain) <= width else f"{plain[: width - 3]}..."


MOST_BYTES = 1_000_000
"""Bytes of one file; the largest packaged one has 60,000."""
LONGEST_AGAIN = 100_000
"""Characters of a text that is read a second time for better words of what is wrong."""
SHOWN_LENGTH = 40
"""The longest text of a file that is no block of keys which a message shows."""
KEY_VALUE = "Write `key: value` lines"
LESS = "Leave out what the study does not need"
REWRITE = "Save it as plain text in UTF-8, without control characters"
SEVERAL_READINGS = re.compile(
    r"[-+]?(0[0-7_]+|0x[\da-fA-F_]+|0b[01_]+|[1-9][\d_]*(:[0-5]?\d)+(\.[\d_]*)?)"
)
"""Octal, hexadecimal and binary numbers, and those to the base of 60, as YAML 1.1 reads them."""
_TAGS = re.compile("tag:yaml.org,2002:(binary|bool|float|int|merge|null|omap|pairs|set|timestamp)")
"""Of values that are written without one, or that no configuration has."""
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
    except yaml.YAMLError as error:  # most have better words by PyYAML's own loader
        fault = Fault("", *TOO_DEEP) if "nesting depth" in str(error) else None
    if not fault:
        try:
            return _read(text), None
        except yaml.YAMLError as error:
            fault = yaml_fault(error)
        except RecursionError:
            fault = Fault("", *TOO_DEEP)
    return None, fault


REPLACED = {("ensembles", "typical"): "england", ("ensembles", "between_contacts"): "england"}
"""Packaged files that are no longer there, by group and name, and which took their place."""


def stated_by(group: str, name: str, folders: Folders) -> dict[str, Any]:
    """The keys of the file of that name in a group, from the first folder that has it. Raises ConfigError."""
    path, faults = file_named(group, name, folders), Faults()
    if not path and (group, name) in REPLACED:
        found = f"there is no '{name}' any more: it was replaced. Stored runs of it still open"
        refuse(group, found, f"Say {group.removesuffix('s')}={REPLACED[group, name]}")
    if not path:
        refuse(group, *unknown_name("", name, names_in(group, folders)))
    content = mapping_in(path, f"{group}/{name}.yaml", faults)
    faults.refuse()
    return content or {}


def read_bytes(
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
    content = read_bytes(path, shown, faults)
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
        found, remedy = unknown_name(missing[1], missing[2], known)
        found = f"`defaults` name it, and {found}"
        return ConfigError([Fault(f"{missing[1]}/{missing[2]}", found, remedy)])
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
        if tag := _TAGS.fullmatch(getattr(event, "tag", None) or ""):
            yield Fault(where, f"the tag !!{tag[1]}", "Leave it out, and write the value as text")
        if isinstance(event, yaml.NodeEvent):
            blocks[-1].key_next = not is_key
        if isinstance(event, yaml.CollectionStartEvent):
            blocks.append(_Open(event.anchor, isinstance(event, yaml.MappingStartEvent)))
            if len(blocks) > DEEPEST:
                yield Fault(where, *TOO_DEEP)
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
            reason = _unwritable(event.value) or bad_reference(event.value)
            if event.implicit[0]:
                reason = reason or _misread(event.value, is_key)
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
    if _TOO_MANY_DIGITS.match(text):
        return TOO_LARGE
    if not SEVERAL_READINGS.fullmatch(text):
        return None
    try:
        read = _read(text)
    except ValueError:  # 0x_
        return f"found {shortened(text)}, which is no number", "Put it in quotes"
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


def yaml_fault(error: yaml.YAMLError) -> Fault:
    """The fault for what YAML refused, with its line alone as the place."""
    problem, mark = str(getattr(error, "problem", error)), getattr(error, "problem_mark", None)
    where = f", line {mark.line + 1}" if mark else ""
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
    has better words for it; a long text is not."""
    try:
        return yaml.load(text, Loader=_FastUniqueKeys)
    except yaml.YAMLError:
        if len(text) <= LONGEST_AGAIN:
            yaml.load(text, Loader=UniqueKeys)
        raise  # also what PyYAML alone would read, which nothing has checked


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
