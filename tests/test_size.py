"""How large the package may be: a budget of code lines and tokens, by room, file and function.

A code line is a line of Python that holds code: blanks, comments and bare strings (docstrings) do not count. A token is
one of Python's, those of layout and comments left out. A room is a folder directly under `simulation/`. A new wing may
raise the total by at most 3,000 lines, in one commit that says why; the core grows only by what that commit names.
"""

import ast
import io
import tokenize
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
MOST_LINES = 41_454
MOST_TOKENS = 441_428
MOST_CORE = 27_750
WINGS = ("app", "assurance", "evaluation", "extracts", "offers", "vetting")
"""Rooms beside the core: only the command line and the public front import them."""
MOST_OF_ROOM = 3_000
MOST_OF_LARGE_ROOM = 4_000
LARGE_ROOMS = ("report", "assurance", "questions", "engine")
MOST_OF_FILE = 500
MOST_OF_FUNCTION = 60
ONE_PIECE = tuple(
    f"simulation/{name}.py" for name in ("engine/reference", "engine/compiled_loop", "department/vocabulary")
)
"""Two engines, each one loop, and the vocabulary of a department, which is read as a whole."""
LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
    tokenize.ENDMARKER,
}  # fmt: skip


class Size(NamedTuple):
    """The code lines and tokens of a file, the code lines of each of its functions, and the names of its classes."""

    lines: int
    tokens: int
    functions: dict[str, int]
    classes: tuple[str, ...]


def size_of(source: str) -> Size:
    """The size of a file's source."""
    nodes = list(ast.walk(ast.parse(source)))
    bare: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            bare.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines: set[int] = set()
    n_tokens = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        rows = range(token.start[0], token.end[0] + 1)
        if token.type in LAYOUT or (token.type == tokenize.STRING and bare.issuperset(rows)):
            continue
        n_tokens += 1
        lines.update(rows)
    functions = {
        f"{node.name}, line {node.lineno}": len(lines.intersection(range(node.lineno, (node.end_lineno or 0) + 1)))
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return Size(len(lines), n_tokens, functions, tuple(node.name for node in nodes if isinstance(node, ast.ClassDef)))


@cache
def sizes() -> dict[str, Size]:
    """The size of every file of the package, by its path."""
    return {
        path.relative_to(ROOT).as_posix(): size_of(path.read_text(encoding="utf-8"))
        for package in ("aeflow", "simulation")
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def rooms() -> Counter[str]:
    """Code lines by room; files directly under a package are the room ''."""
    lines: Counter[str] = Counter()
    for name, size in sizes().items():
        _, room, *deeper = name.split("/")
        lines[room if deeper else ""] += size.lines
    return lines


def test_lines_and_tokens_are_counted_without_docstrings_blanks_and_comments() -> None:
    source = '"""What it is."""\n\n# why\ndef one(a: int) -> int:\n    """It."""\n    return (\n        a + 1\n    )\n'
    assert size_of(source) == (4, 16, {"one, line 4": 4}, ())


def test_the_package_keeps_to_its_budget() -> None:
    total = sum(size.lines for size in sizes().values())
    core = total - sum(rooms()[wing] for wing in WINGS)
    n_tokens = sum(size.tokens for size in sizes().values())
    assert total <= MOST_LINES, f"{total:,} code lines in simulation/"
    assert core <= MOST_CORE, f"{core:,} code lines without {' and '.join(WINGS)}"
    assert n_tokens <= MOST_TOKENS, f"{n_tokens:,} tokens in simulation/"


def test_no_room_is_too_large() -> None:
    limits = {room: MOST_OF_LARGE_ROOM if room in LARGE_ROOMS else MOST_OF_ROOM for room in rooms()}
    assert not {room: lines for room, lines in rooms().items() if lines > limits[room]}


def test_no_file_is_too_long() -> None:
    assert not {
        name: size.lines for name, size in sizes().items() if size.lines > MOST_OF_FILE and name not in ONE_PIECE
    }


def test_no_function_is_too_long() -> None:
    assert not [
        (name, function, lines)
        for name, size in sizes().items()
        if name not in ONE_PIECE
        for function, lines in size.functions.items()
        if lines > MOST_OF_FUNCTION
    ]


def test_no_name_of_a_class_stands_for_two_things() -> None:
    names = Counter(name for size in sizes().values() for name in size.classes)
    assert len(names) > 300
    assert not {name for name, n in names.items() if n > 1}
