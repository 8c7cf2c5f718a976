"""docs/vocabulary.md: every key of every configuration file, written from the dataclasses that state them.

`python -m docs.tools.vocabulary` writes the page; with `--check` it only says whether that would change anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from inspect import get_annotations
from pathlib import Path
from typing import TypeAlias

import yaml

from docs.tools.command import run
from simulation.commands.files import file_kinds
from simulation.config.vocabulary import (
    Key,
    blocks_within,
    classes_in,
    example_of,
    in_yaml,
    keys_of,
    range_of,
    summary_of,
)
from simulation.department.config_dataclass import Sourced

FILE_KINDS = file_kinds()

COMMAND = "python -m docs.tools.vocabulary"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "vocabulary.md"
LONGEST_EXAMPLE = 60
"""Characters of an example in a table; a longer one is that of the block."""
Headings: TypeAlias = Mapping[type, str]
INTRO = """\
# The keys of configuration files

Every key, with its meaning, unit, range, default and an example. `python -m docs.tools.vocabulary` writes the page from
the dataclasses that state the keys; `aeflow schema` gives the same to an editor
([how to set one up](how-to/editors.md)). Words that are not explained here: [glossary](glossary.md).

**Required** is a key that must be there, unless the file starts from another one (`defaults`) that has it. **Unit**
*that of its key* means that of the key which holds the block. A **lever** is a key made to be changed by a scenario or
an arm.

**Evidence.** Blocks with numbers about care or cost say where these come from, in two keys that are not repeated below:

{sourced}

**Bounds.** No number of a department may be above 1,000,000,000, and no count above 1,000,000. `aeflow show` names
every value that is out of its range, and every name that leads nowhere.

**References.** A value may be `${{calibration.NAME.value}}`, or the dotted path of any other value of the
configuration; triage policies and targets state their values themselves.

## Files

{files}
"""


def page() -> str:
    """The whole page."""
    first_in = _by_file()
    headings = _headings(first_in)
    sourced = _table(keys_of(Sourced).values(), headings)
    parts = [INTRO.format(sourced=sourced, files=_files(headings))]
    for name, kinds in first_in.items():
        parts += [f"## {name.capitalize()} files\n"] if kinds else []
        parts += [part for kind in kinds for part in _section(kind, headings)]
    return "\n".join(parts)


def main(words: Sequence[str]) -> int:
    """Write the page again, or check it; return the exit code: 1 if `--check` found it out of date."""
    text = page()
    current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
    if "--check" in words:
        print("docs/vocabulary.md is current" if current else f"docs/vocabulary.md is out of date. Run {COMMAND}")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(f"docs/vocabulary.md: {'nothing' if current else 'something'} changed")
    return 0


def _by_file() -> dict[str, list[type]]:
    """The blocks of each kind of file, each block in the first kind of file that has it."""
    listed: set[type] = set()
    first_in: dict[str, list[type]] = {}
    for name, file in FILE_KINDS.items():
        blocks = [block for kind in blocks_within(file.states) for block in (*_inherited(kind), kind)]
        first_in[name] = [block for block in dict.fromkeys(blocks) if block not in listed]
        listed.update(blocks)
    return first_in


def _inherited(kind: type) -> tuple[type, ...]:
    """The blocks whose keys a block inherits, except that of evidence and source."""
    return tuple(base for base in kind.__bases__ if is_dataclass(base) and base is not Sourced)


def _headings(first_in: Mapping[str, Sequence[type]]) -> dict[type, str]:
    """The heading of each block: its name; with the kind of file if an earlier block has that name."""
    headings: dict[type, str] = {}
    for name, kinds in first_in.items():
        for kind in kinds:
            taken = kind.__name__ in headings.values()
            headings[kind] = f"{kind.__name__} of {name} files" if taken else kind.__name__
    return headings


def _linked(kind: type, headings: Headings) -> str:
    return f"[{headings[kind]}](#{headings[kind].lower().replace(' ', '-')})"


def _files(headings: Headings) -> str:
    rows = []
    for name, file in FILE_KINDS.items():
        folder = file.files.partition("**")[0]
        rows.append((f"`{name}`", f"`configs/{folder}`", file.about, range_of(file.states, _linking(headings))))
    return _rows(("kind", "where", "what it says", "what it holds"), rows)


def _linking(headings: Headings) -> Callable[[type], str]:
    return lambda kind: _linked(kind, headings)


def _section(kind: type, headings: Headings) -> Iterator[str]:
    """The parts of a block's section: description, example, and the keys that it does not inherit."""
    yield f"### {headings[kind]}\n"
    yield f"{summary_of(kind)}\n"
    if example_of(kind):
        yield f"```yaml\n{_in_lines(example_of(kind))}\n```\n"
    own = get_annotations(kind)
    yield f"{_table([key for name, key in keys_of(kind).items() if name in own], headings)}\n"
    inherited = [f"the keys of {_linked(base, headings)}" for base in _inherited(kind)]
    inherited += ["`evidence` and `source`"] if Sourced in kind.__bases__ else []
    if inherited:
        yield f"Besides: {' and '.join(inherited)}.\n"


def _in_lines(example: str) -> str:
    """An example as a file would state it, with short lists and blocks on one line."""
    block = yaml.safe_load(example)
    flow = None if any(isinstance(value, dict | list) for value in block.values()) else False
    return yaml.safe_dump(block, sort_keys=False, allow_unicode=True, width=10**6, default_flow_style=flow).strip()


def _table(keys: Iterable[Key], headings: Headings) -> str:
    header = ("key", "meaning", "unit", "allowed", "default", "example")
    rows = []
    for key in keys:
        allowed = range_of(key.hint, _linking(headings))
        rows.append((f"`{key.name}`", key.meaning, key.unit, allowed, _default(key), _example(key, headings)))
    return _rows(header, rows)


def _rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _default(key: Key) -> str:
    if key.required:
        return "required"
    if key.default in (None, (), {}, ""):
        return "none"
    return "as below" if is_dataclass(key.default) else f"`{in_yaml(key.default)}`"


def _example(key: Key, headings: Headings) -> str:
    if len(key.example) <= LONGEST_EXAMPLE:
        return f"`{key.example}`"
    kind = next(classes_in(key.hint), None)
    return f"see {_linked(kind, headings)}" if kind is not None else "above"


if __name__ == "__main__":
    run(main)
