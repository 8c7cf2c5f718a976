"""One YAML file read by itself, and the faults that a YAML library finds in it.

It is read as Hydra reads the files that it composes: the same numbers, and no key twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from simulation.config.bounds import file_fault, shortened
from simulation.config.folders import file_named, names_in, shown_path, yaml_files
from simulation.errors import ConfigError, Fault, Faults, nearest, refuse

SHOWN_LENGTH = 40
"""The longest text of a file that is no block of keys which a message shows."""
REWRITE = "Save it as plain text in UTF-8, without control characters"


def mapping_in(path: Path, shown: str, faults: Faults) -> dict[str, Any] | None:
    """The keys that a YAML file states; None, and a fault that names the file as `shown`, if it is refused.

    A file is refused if it cannot be read, is not text in UTF-8, is not YAML, or holds no block of keys. A block that
    the file repeats by an alias is copied for each use, so that a change reaches only one of them.
    """
    text = plain_text(path, shown, faults)
    if text is None:
        return None
    fault = file_fault(text, shown)
    if fault is not None:
        faults.append(fault)
        return None
    try:
        content = _read(text)
    except yaml.MarkedYAMLError as error:
        faults.append(yaml_fault(error, shown))
        return None
    if isinstance(content, dict) and content:
        return {str(key): copied(value) for key, value in content.items()}
    found = "states nothing" if not content else f"is not a block of keys, but {_kind_of(content)}"
    faults.add(shown, found, "Write `key: value` lines")
    return None


def _kind_of(content: Any) -> str:
    """What a file holds that is no block, in words. A long text is not shown: it may be a table of patients."""
    if isinstance(content, list):
        return "a list"
    if isinstance(content, str) and len(content) > SHOWN_LENGTH:
        return f"text ({len(content):,} characters)"
    return repr(content)


def stated_by(group: str, name: str, folders: Iterable[Path]) -> dict[str, Any]:
    """The keys of the file of that name in a group, from the first folder that has it. Raises ConfigError."""
    places = tuple(folders)
    path = file_named(group, name, places)
    if path is None:
        found = f"there are no {group} '{shortened(name)}'"
        refuse(group, found, nearest(name, names_in(group, places)))
    faults = Faults()
    content = mapping_in(path, f"{group}/{name}.yaml", faults)
    if content is None:
        raise ConfigError(faults)
    return content


def plain_text(path: Path, shown: str, faults: Faults) -> str | None:
    """The text of a file, line ends and byte order mark as they are; None, and a fault that names the file as `shown`,
    if it cannot be read, is not UTF-8, or holds control characters."""
    try:
        text = path.read_bytes().decode("utf-8")
        yaml.reader.Reader(text)
    except OSError as error:
        faults.append(_not_readable(shown, error))
    except UnicodeDecodeError as error:
        faults.append(_not_utf8(shown, error))
    except yaml.reader.ReaderError as error:
        faults.append(_not_text(shown, error, text))
    else:
        return text
    return None


@lru_cache(maxsize=256)
def _read(text: str) -> Any:
    """The value that a YAML text states; not to be changed. Cached, as arms read the same policies again and again."""
    return yaml.load(text, Loader=UniqueKeys)


def defaults_fault(text: str, shown: str) -> Fault | None:
    """The fault in the `defaults` of a file that Hydra is to compose; None if there is none."""
    if "defaults" not in text:
        return None
    content = _read(text)
    defaults = content.get("defaults", []) if isinstance(content, dict) else []
    if isinstance(defaults, list) and all(isinstance(entry, str | dict) for entry in defaults):
        return None
    remedy = "Write a list: defaults: [name], or [/group: name]"
    return Fault(f"{shown}: defaults", f"found {shortened(str(defaults))}", remedy)


def copied(value: Any) -> Any:
    """A copy of blocks and lists, in which no two places share one; it takes a fifth of the time of `deepcopy`."""
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    return [copied(part) for part in value] if isinstance(value, list) else value


def _not_readable(shown: str, error: OSError) -> Fault:
    return Fault(shown, f"cannot be read: {error.strerror or error}", "Make it readable")


def _not_utf8(shown: str, error: UnicodeDecodeError) -> Fault:
    line = 1 + error.object[: error.start].count(b"\n")
    return Fault(f"{shown}, line {line}", f"the byte 0x{error.object[error.start]:02x} is not UTF-8", REWRITE)


def _not_text(shown: str, error: yaml.reader.ReaderError, text: str) -> Fault:
    line = 1 + text[: error.position].count("\n")
    return Fault(f"{shown}, line {line}", f"holds the control character {ord(text[error.position]):#04x}", REWRITE)


def unreadable(folders: Sequence[Path]) -> list[Fault]:
    """A fault for each YAML file that cannot be read as plain text: Hydra does not always say which file it read."""
    faults = Faults()
    for path in yaml_files(folders):
        plain_text(path, shown_path(path, folders), faults)
    return faults


def explained(error: Exception, folders: Sequence[Path]) -> ConfigError:
    """The error for what Hydra, OmegaConf or YAML refused."""
    if isinstance(error, OSError | UnicodeDecodeError | yaml.reader.ReaderError) and (faults := unreadable(folders)):
        return ConfigError(faults)
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return ConfigError([yaml_fault(error, shown_path(Path(error.problem_mark.name), folders))])
    if missing := _no_such_file(str(error), folders):
        return ConfigError([missing])
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ConfigError([Fault("configuration", lines[0] if lines else repr(error), "See `aeflow show`")])


def _no_such_file(message: str, folders: Sequence[Path]) -> Fault | None:
    """The fault of a file that a list of `defaults` names and that is in none of the folders; else None."""
    if not (missing := re.search(r"Could not find '([^'/@]+)/([^'@]+)'", message)):
        return None
    group, name = missing[1], missing[2]
    known = names_in(group, folders)
    if not known:
        return None
    return Fault(f"{group}/{name}", f"`defaults` name it, and there is no {group} '{name}'", nearest(name, known))


_YAML_REMEDIES = {
    r"character '\t'": "Write spaces instead of the tab",
    "but got ':'": "Put quotes round a text with a colon, or add the bracket that is missing before it",
    "mapping values are not allowed": "Put quotes round a text with a colon, or indent the line as those around it",
}
"""What to do, by words of YAML's own about what it cannot read."""


def yaml_fault(error: yaml.MarkedYAMLError, file: str) -> Fault:
    """The fault for what YAML refused in a file, with its line."""
    line = f", line {error.problem_mark.line + 1}" if error.problem_mark is not None else ""
    twice = str(error.problem).startswith("found duplicate key")
    if twice:
        found = shortened(str(error.problem).replace("found duplicate key", "states a key twice:"))
        return Fault(f"{file}{line}", found, "Keep one of the two")
    remedies = (remedy for words, remedy in _YAML_REMEDIES.items() if words in str(error.problem))
    return Fault(f"{file}{line}", str(error.problem), next(remedies, "Correct the YAML"))


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a key stated twice in one block is an error, as it is in every file that Hydra reads."""

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
        return super().construct_mapping(node, deep=deep)


# As OmegaConf reads numbers and dates: 1e-3 is a number, and a date is text.
UniqueKeys.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
UniqueKeys.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)
