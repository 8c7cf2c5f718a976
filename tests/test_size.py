"""How large the package may be: a budget of tokens, in all and by room, file and function.

A token is one of Python's; those of layout, comments and bare strings (docstrings) do not count. A room is a folder
directly under `simulation/`. A capability may add at most 10,000 tokens, in one commit that raises `BUDGET` and says
why. Lines of code (blanks, comments and docstrings left out) are reported, and not limited: a limit would reward
density. `python tests/test_size.py` prints both, by room.
"""

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BUDGET = 492_350
"""Tokens of all Python files of the package: 437,000 after what was written five times was written once, 6,500 for
trials at their own dose (the check of staff who have gone, the score, the trial's own level, two words of a
department), 1,500 for departments of three causes (stages, what is off at 0, rotas by size), and 7,000 for one ensemble
of every cause and size: causes and sizes of departments, answers by cause, what an effect would be on past trials,
`narrow` by cause and size, and one rule of verdicts with its words; 10,000 for answers that cannot contradict their
department: held against one another while they are given, read as the NHS writes them, printed beside what is
simulated, and a changed department beside that of today; 6,000 for no verdict where it does,
departments that are made once (`contradictions`, `KeptYears`), and bounds on all that is read from outside. The last
two are more than one capability may add: 6,000 have to go again. 5,000 for departments that are held to records
(`fits/solved.py`), and 5,000 for records whose dirt is found by what it does to the data (clocks, orders, short days,
heaps), whose codes are understood or counted, and whose quotes are closed. 2,000 for trusts by name (`trusts`): their
table, the search, its command and answers. 2,000 for arms that are taken from a finished run (`runs`, `resumable`), by
which answers that cannot contradict their department are 8,000 over what one capability may add: these have to go.
1,200 of them went: answers are one typed object, offers and fits calibrate departments by the same steps, and files of
one subject are one (`offers`: 17 to 13; `fits`: 10 to 9). They had been used up elsewhere, so this is as it was.
1,500 less since what commands take and facts of evaluations are data: 1,400 tokens fewer in Python. 2,100 for
departments with a trust's published figures (`fits/trust_set.py`): totals, targets, what its months drew, and words.
300 for one range of an effect in departments held to records, on every page, and for the app that asks over them. 900
for rounded stamps that are put back, a spread of `narrow` by cause, and a first page that says what another cause would
make of the alternatives; 300 of it is what had been moved from code to YAML for the budget alone. 300
for the range of an effect on the pages of the app, a rota that can be read two ways, and clinicians nobody stated. 200
for claims of safety that are read from that range, and a line on every option in departments held to records. 650 for
sets of trusts that come with aeflow. 400 for beds that are allocated later in sets of trusts, and for doctors of
children whom nobody stated. 300 for what departments of a trust have that nobody published, said beside them. 4,500
for the national study: departments of every trust (`fits/country.py`), their sum with what averages away and what does
not (`questions/national.py`), and weights with which it gives the country's figures (`statistics/raking.py`)."""
SLACK = 1.02
"""By how much it may be passed, so that a small mend needs no commit of its own."""
MOST_OF_ROOM = 32_000
MOST_OF_LARGE_ROOM = 43_000
LARGE_ROOMS = ("report", "assurance", "config", "questions", "engine")
MOST_OF_FILE = 5_300
MOST_OF_FUNCTION = 700
ONE_PIECE = tuple(
    f"simulation/{name}.py"
    for name in ("engine/reference", "engine/compiled_loop", "department/vocabulary")
)
"""Two engines, each one loop, and the vocabulary of a department, which is read as a whole."""
LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
    tokenize.ENDMARKER,
}  # fmt: skip


class Size(NamedTuple):
    """The code lines and tokens of a file, the tokens of each of its functions, and the names of its classes."""

    lines: int
    tokens: int
    functions: dict[str, int]
    classes: tuple[str, ...]


def size_of(source: str) -> Size:
    """The size of a file's source."""
    nodes = list(ast.walk(ast.parse(source)))
    bare: set[int] = set()
    for node in nodes:
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            bare.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    tokens_on: Counter[int] = Counter()
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        rows = range(token.start[0], token.end[0] + 1)
        if token.type in LAYOUT or (token.type == tokenize.STRING and bare.issuperset(rows)):
            continue
        tokens_on[token.start[0]] += 1
        lines.update(rows)
    functions = {
        f"{node.name}, line {node.lineno}": sum(
            tokens_on[row] for row in range(node.lineno, (node.end_lineno or 0) + 1)
        )
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    classes = tuple(node.name for node in nodes if isinstance(node, ast.ClassDef))
    return Size(len(lines), tokens_on.total(), functions, classes)


@cache
def sizes() -> dict[str, Size]:
    """The size of every file of the package, by its path."""
    return {
        path.relative_to(ROOT).as_posix(): size_of(path.read_text(encoding="utf-8"))
        for package in ("aeflow", "simulation")
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def by_room() -> dict[str, tuple[int, int, int]]:
    """Files, code lines and tokens by room; files directly under a package are the room ''."""
    rooms: dict[str, tuple[int, int, int]] = {}
    for name, size in sizes().items():
        _, room, *deeper = name.split("/")
        files, lines, tokens = rooms.get(room if deeper else "", (0, 0, 0))
        rooms[room if deeper else ""] = (files + 1, lines + size.lines, tokens + size.tokens)
    return rooms


def report() -> str:
    """Files, lines, tokens and tokens a line, by room and in all."""
    rows = sorted(by_room().items(), key=lambda row: -row[1][2])
    total = tuple(map(sum, zip(*by_room().values(), strict=True)))
    return "\n".join(
        f"{room or '(none)':<12} {files:>4} files {lines:>7,} lines {tokens:>8,} tokens {tokens / lines:5.1f}"
        for room, (files, lines, tokens) in [*rows, ("in all", total)]
    )


def test_tokens_and_lines_are_counted_without_docstrings_blanks_and_comments() -> None:
    source = '"""What it is."""\n\n# why\ndef one(a: int) -> int:\n    """It."""\n    return (\n        a + 1\n    )\n'
    assert size_of(source) == (4, 16, {"one, line 4": 16}, ())


def test_the_package_keeps_to_its_budget(record_property: Callable[[str, object], None]) -> None:
    _, lines, tokens = map(sum, zip(*by_room().values(), strict=True))
    record_property("said", f"Size: {tokens:,} tokens on {lines:,} lines of code.")
    assert tokens <= SLACK * BUDGET, f"{tokens:,} tokens\n{report()}"
    assert tokens <= 10 * lines


def test_no_room_is_too_large() -> None:
    limits = {
        room: MOST_OF_LARGE_ROOM if room in LARGE_ROOMS else MOST_OF_ROOM for room in by_room()
    }
    assert not {room: size[2] for room, size in by_room().items() if size[2] > limits[room]}


def test_no_file_is_too_long() -> None:
    assert not {
        name: size.tokens
        for name, size in sizes().items()
        if size.tokens > MOST_OF_FILE and name not in ONE_PIECE
    }


def test_no_function_is_too_long() -> None:
    assert not [
        (name, function, tokens)
        for name, size in sizes().items()
        if name not in ONE_PIECE
        for function, tokens in size.functions.items()
        if tokens > MOST_OF_FUNCTION
    ]


def test_no_name_of_a_class_stands_for_two_things() -> None:
    names = Counter(name for size in sizes().values() for name in size.classes)
    assert len(names) > 300
    assert not {name for name, n in names.items() if n > 1}


if __name__ == "__main__":
    print(report())
