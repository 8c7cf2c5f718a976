"""docs/vocabulary.md: every key of every configuration file, written from the dataclasses that state them.

`python -m docs.tools.vocabulary` writes the page; with `--check` it only says whether that would change anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from inspect import get_annotations
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

import yaml
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, MultipleOf

from docs.tools.command import run
from simulation.commands.own_files import file_kinds
from simulation.config.validating import (
    Key,
    classes_in,
    example_of,
    in_yaml,
    keys_of,
    summary_of,
)
from simulation.department.config_dataclass import Sourced

FILE_KINDS = file_kinds()

COMMAND = "python -m docs.tools.vocabulary"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "vocabulary.md"
LONGEST_EXAMPLE = 60
"""Characters of an example in a table; a longer one is that of the block."""
PLAIN = {str: "text", bool: "true or false", int: "any whole number", float: "any number"}
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
        print(
            "docs/vocabulary.md is current"
            if current
            else f"docs/vocabulary.md is out of date. Run {COMMAND}"
        )
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(f"docs/vocabulary.md: {'nothing' if current else 'something'} changed")
    return 0


def _by_file() -> dict[str, list[type]]:
    """The blocks of each kind of file, each block in the first kind of file that has it."""
    listed: set[type] = set()
    first_in: dict[str, list[type]] = {}
    for name, file in FILE_KINDS.items():
        blocks = [
            block for kind in blocks_within(file.states) for block in (*_inherited(kind), kind)
        ]
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
        rows.append(
            (
                f"`{name}`",
                f"`configs/{folder}`",
                file.about,
                range_of(file.states, _linking(headings)),
            )
        )
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
    return yaml.safe_dump(
        block, sort_keys=False, allow_unicode=True, width=10**6, default_flow_style=flow
    ).strip()


def _table(keys: Iterable[Key], headings: Headings) -> str:
    header = ("key", "meaning", "unit", "allowed", "default", "example")
    rows = []
    for key in keys:
        allowed = range_of(key.hint, _linking(headings))
        rows.append(
            (
                f"`{key.name}`",
                key.meaning,
                key.unit,
                allowed,
                _default(key),
                _example(key, headings),
            )
        )
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


def blocks_within(*hints: Any) -> tuple[type, ...]:
    """Every config dataclass that types lead to, each once: those that they name, then those inside."""
    blocks: dict[type, None] = {}
    waiting = [kind for hint in hints for kind in classes_in(hint)]
    while waiting:
        kind = waiting.pop(0)
        if kind not in blocks:
            blocks[kind] = None
            waiting += [inner for key in keys_of(kind).values() for inner in classes_in(key.hint)]
    return tuple(blocks)


def range_of(hint: Any, name_block: Callable[[type], str] = lambda kind: kind.__name__) -> str:
    """The values that a key may have, in words; `name_block` gives the words for a block of keys.

    >>> range_of(Annotated[float, Ge(0), Le(1)]), range_of(tuple[Literal["a", "b"], ...])
    ('number, 0 to 1', 'list of: `a` or `b`')
    """
    bounds: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, bounds = hint.__origin__, hint.__metadata__
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _either([f"`{part}`" for part in parts])
    if origin in (Union, UnionType):
        members = [
            part for part in parts if part is not NoneType and not (part is int and float in parts)
        ]
        if any(object in get_args(member) for member in members):
            return "any value"
        return _either(
            [
                range_of(Annotated[member, *bounds] if bounds else member, name_block)
                for member in members
            ]
        )
    if origin is tuple:
        return _in_list(parts, bounds, name_block)
    if origin is not None:  # a mapping
        return f"by name: {range_of(parts[1], name_block)}"
    if is_dataclass(hint) and isinstance(hint, type):
        return name_block(hint)
    return _bounded(hint, bounds)


def _in_list(
    parts: tuple[Any, ...], bounds: tuple[Any, ...], name_block: Callable[[type], str]
) -> str:
    if parts[-1] is not Ellipsis:
        return f"list of {len(parts)}: {range_of(parts[0], name_block)}"
    least = next((bound.min_length for bound in bounds if isinstance(bound, MinLen)), 0)
    length = f", {least} or more" if least else ""
    return f"list{length} of: {range_of(parts[0], name_block)}"


def _bounded(kind: Any, bounds: tuple[Any, ...]) -> str:
    """A plain type with its bounds in words."""
    low = next((f"{bound.ge:g} or more" for bound in bounds if isinstance(bound, Ge)), "")
    low = low or next((f"above {bound.gt:g}" for bound in bounds if isinstance(bound, Gt)), "")
    high = next((f"up to {bound.le:g}" for bound in bounds if isinstance(bound, Le)), "")
    high = high or next((f"below {bound.lt:g}" for bound in bounds if isinstance(bound, Lt)), "")
    both = f"{low}, {high}" if low and high else low or high
    if low.endswith(" or more") and high.startswith("up to "):
        both = f"{low.removesuffix(' or more')} to {high.removeprefix('up to ')}"
    steps = next(
        (
            f", a multiple of {bound.multiple_of}"
            for bound in bounds
            if isinstance(bound, MultipleOf)
        ),
        "",
    )
    longest = next(
        (f", up to {bound.max_length} characters" for bound in bounds if isinstance(bound, MaxLen)),
        "",
    )
    if kind is str:
        return f"text{longest}"
    if not both:
        return PLAIN[kind]
    return f"{'whole number' if kind is int else 'number'}, {both}{steps}"


def _either(alternatives: list[str]) -> str:
    """Alternatives in words, separated by semicolons if one has a comma or an 'or' of its own."""
    if len(alternatives) == 1:
        return alternatives[0]
    if any("," in words or " or " in words for words in alternatives):
        return "; or ".join(alternatives)
    return f"{', '.join(alternatives[:-1])} or {alternatives[-1]}"


if __name__ == "__main__":
    run(main)
