"""How many tests hold a sentence, counted by one rule before and after.

A test function holds a sentence if it compares prose, written in the test, with what the product says. So a change of
words has to be made in the test, too. Sentences are better held by goldens, which are read as a whole and written anew
at once (`tests/held.py`); a test asks for facts: which error, where, how many, which number.

Prose is a text, or a part of one between other signs, of at least `WORDS` words in a row: letters, with a space or a
comma and a space between them. Paths, keys, command lines, YAML and tables of numbers have no such row. It is held
where it stands
- in an `assert`, outside of what is given to a function of the product (an argument of a call is no expectation,
  unless it is one of a method of texts or of `re`),
- in `pytest.raises(match=...)` and its like,
- in a variable or a table of the module, a loop or `pytest.mark.parametrize` that one of those names,
- in a call of a helper of the tests that compares that argument.

`python tests/held_sentences.py` prints the count by room (`--list`: each test, with words that it holds;
`--root FOLDER`: the tests of another checkout).
"""

import argparse
import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

TESTS = Path(__file__).parent
WORDS = 4
"""From how many words in a row a text is a sentence."""
WORD = "[A-Za-z][a-z'’]*"
PROSE = re.compile(f"{WORD}(?:[,;]? {WORD}){{{WORDS - 1},}}")
OF_TEXTS = {
    "startswith", "endswith", "count", "index", "find", "partition", "rpartition", "split", "removeprefix",
    "removesuffix", "join", "match", "search", "fullmatch", "findall", "compile", "escape", "format", "replace",
}  # fmt: skip
"""Methods of texts and functions of `re` whose arguments are expectations."""
BUILT_IN = {
    "set", "list", "tuple", "dict", "sorted", "any", "all", "zip", "frozenset", "str", "enumerate", "next", "iter",
    "len", "sum", "approx", "Counter", "reversed", "filter", "map", "bool",
}  # fmt: skip
CHECKS = {"raises", "warns"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache(maxsize=4000)
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Every node of a tree, walked once."""
    nodes, todo = [], [tree]
    while todo:
        node = todo.pop()
        nodes.append(node)
        for value in vars(
            node
        ).values():  # quicker than ast.walk, which asks for each field by its name
            if isinstance(value, ast.AST):
                todo.append(value)
            elif isinstance(value, list):
                todo += [part for part in value if isinstance(part, ast.AST)]
    return tuple(nodes)


def prose_in(text: str) -> str | None:
    """The first row of words in a text, if it has one."""
    found = PROSE.search(text)
    return found.group() if found else None


def name_of(call: ast.Call) -> str:
    """The last name of what is called."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def expectations(node: ast.AST | None) -> Iterator[ast.AST]:
    """The nodes of an expression that stand for what is expected: not what is given to a function of the product."""
    if node is None:
        return
    yield node
    if isinstance(node, ast.Call):
        yield from expectations(node.func)
        known = OF_TEXTS if isinstance(node.func, ast.Attribute) else BUILT_IN
        if name_of(node) not in known:
            return
        for argument in [*node.args, *(word.value for word in node.keywords)]:
            yield from expectations(argument)
        return
    if isinstance(node, ast.Subscript):  # a text between brackets is a key
        yield from expectations(node.value)
        return
    for child in ast.iter_child_nodes(node):
        yield from expectations(child)


def compared_in(function: ast.AST) -> Iterator[ast.AST]:
    """The expressions that a function compares."""
    for node in nodes_of(function):
        if isinstance(node, ast.Assert):
            yield from expectations(node.test)
        elif isinstance(node, ast.Call) and name_of(node) in CHECKS:
            given = (word.value for word in node.keywords if word.arg == "match")
            yield from (child for value in given for child in expectations(value))


def texts(node: ast.AST) -> Iterator[str]:
    """Every text in an expression; those of an f-string, and what stands in it counts as a word of its own."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "0" for part in node.values)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
        return
    for child in ast.iter_child_nodes(node):
        yield from texts(child)


def first_prose(nodes: Iterable[ast.AST]) -> str | None:
    """The first row of words in some expressions."""
    return next(
        (found for node in nodes for text in texts(node) if (found := prose_in(text))), None
    )


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def shallow(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """Texts alone among nodes that were walked one by one, so that none is looked at twice."""
    return [node for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr)]


def of_targets(target: ast.AST, value: ast.AST, names: set[str]) -> Iterator[ast.AST]:
    """What stands at the places of some names in a table that a loop or an assignment takes apart."""
    if isinstance(target, ast.Name):
        if target.id in names:
            yield value
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for part, given in zip(target.elts, value.elts, strict=False):
            yield from of_targets(part, given, names)


def rows_of(value: ast.AST, tables: dict[str, ast.AST]) -> Iterator[ast.AST]:
    """The rows of a table: of a list, of a dictionary's keys, items or values, of a table of the module by its name."""
    if isinstance(value, ast.Name) and value.id in tables:
        value = tables[value.id]
    if isinstance(value, ast.Call):
        method, owner = name_of(value), getattr(value.func, "value", None)
        if method in {"items", "values"} and owner is not None:
            if isinstance(owner, ast.Name) and owner.id in tables:
                owner = tables[owner.id]
            if isinstance(owner, ast.Dict):
                if method == "values":
                    yield from owner.values
                else:
                    yield from (
                        ast.Tuple([key, given])
                        for key, given in zip(owner.keys, owner.values, strict=True)
                        if key
                    )
                return
        for argument in value.args:
            yield from rows_of(argument, tables)
        return
    if isinstance(value, ast.Dict):
        yield from (key for key in value.keys if key)
    elif isinstance(value, ast.BinOp):
        yield from rows_of(value.left, tables)
        yield from rows_of(value.right, tables)
    elif isinstance(value, ast.List | ast.Tuple | ast.Set):
        for row in value.elts:
            if isinstance(row, ast.Starred):
                yield from rows_of(row.value, tables)
            elif isinstance(row, ast.Call) and name_of(row) == "param":
                yield ast.Tuple(list(row.args)) if len(row.args) != 1 else row.args[0]
            else:
                yield row


def parametrised(
    function: Function, names: set[str], tables: dict[str, ast.AST]
) -> Iterator[ast.AST]:
    """What a test's parameters of some names are given."""
    for decorator in function.decorator_list:
        if not (
            isinstance(decorator, ast.Call)
            and name_of(decorator) == "parametrize"
            and len(decorator.args) >= 2
        ):
            continue
        said = decorator.args[0]
        if isinstance(said, ast.Constant):
            given = [name.strip() for name in str(said.value).split(",")]
        else:
            given = [
                str(name.value)
                for name in getattr(said, "elts", ())
                if isinstance(name, ast.Constant)
            ]
        target: ast.AST = (
            ast.Tuple([ast.Name(name) for name in given])
            if len(given) > 1
            else ast.Name("".join(given))
        )
        for row in rows_of(decorator.args[1], tables):
            yield from of_targets(target, row, names)


def assigned(function: Function, names: set[str], tables: dict[str, ast.AST]) -> Iterator[ast.AST]:
    """What a function's own variables and loops give to some names."""
    for node in nodes_of(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from of_targets(target, node.value, names)
        elif isinstance(node, ast.For | ast.comprehension):
            for row in rows_of(node.iter, tables):
                yield from of_targets(node.target, row, names)


def literals(nodes: Iterable[ast.AST], tables: dict[str, ast.AST]) -> Iterator[ast.AST]:
    """Expectations among what was given to names; a table of the module by its name."""
    for node in nodes:
        for part in expectations(node):
            if isinstance(part, ast.Constant | ast.JoinedStr):
                yield part
            elif isinstance(part, ast.Name) and part.id in tables:
                yield from shallow(expectations(tables[part.id]))


def helpers_in(trees: Iterable[ast.Module]) -> dict[str, list[str | int]]:
    """The helpers of the tests that compare what they are given, with the parameters that they compare."""
    found: dict[str, list[str | int]] = {}
    for tree in trees:
        for node in nodes_of(tree):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("test_"):
                given = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
                extra = [argument.arg for argument in node.args.kwonlyargs]
                names = names_in(compared_in(node))
                places: list[str | int] = [at for at, name in enumerate(given) if name in names]
                places += [name for name in [*given, *extra] if name in names]
                if node.args.vararg and node.args.vararg.arg in names:
                    places += range(len(given), len(given) + 20)
                if places:
                    found[node.name] = places
    return found


def to_helpers(function: Function, helpers: dict[str, list[str | int]]) -> Iterator[ast.AST]:
    """What a function gives to helpers that compare it."""
    for node in nodes_of(function):
        if isinstance(node, ast.Call) and (places := helpers.get(name_of(node))):
            yield from (argument for at, argument in enumerate(node.args) if at in places)
            yield from (word.value for word in node.keywords if word.arg in places)


def held_by(
    function: Function, helpers: dict[str, list[str | int]], tables: dict[str, ast.AST]
) -> str | None:
    """A row of words that a test holds, or None."""
    compared = list(compared_in(function))
    given = list(to_helpers(function, helpers))
    names = names_in(compared) | names_in(part for node in given for part in expectations(node))
    named = [tables[name] for name in names if name in tables]
    lent = [*parametrised(function, names, tables), *assigned(function, names, tables)]
    return first_prose([*shallow(compared), *literals([*given, *named, *lent], tables)])


def tables_of(tree: ast.Module) -> dict[str, ast.AST]:
    """What a module's own names stand for."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }


def held_in(folder: Path) -> dict[str, str | None]:
    """Every test function below a folder of tests, with a row of words that it holds."""
    paths = sorted(folder.rglob("*.py"))
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}
    common = helpers_in(tree for path, tree in trees.items() if not path.name.startswith("test_"))
    found: dict[str, str | None] = {}
    for path, tree in trees.items():
        if not path.name.startswith("test_"):
            continue
        helpers = {**common, **helpers_in([tree])}
        tables = tables_of(tree)
        for node in nodes_of(tree):
            if isinstance(node, Function) and node.name.startswith("test_"):
                where = f"{path.relative_to(folder).as_posix()}::{node.name}"
                found[where] = held_by(node, helpers, tables)
    return found


def main() -> None:
    """Print the count by room, or each test."""
    reader = argparse.ArgumentParser(description="How many tests hold a sentence.")
    reader.add_argument(
        "--list", action="store_true", help="each test, with the words that it holds"
    )
    reader.add_argument("--root", type=Path, default=TESTS, help="the folder of tests")
    asked = reader.parse_args()
    held = held_in(asked.root)
    if asked.list:
        print("\n".join(f"{where}  {words}" for where, words in held.items() if words))
    rooms = Counter(where.partition("/")[0] for where, words in held.items() if words)
    for room, n in rooms.most_common():
        print(f"{room:<12} {n:>4}")
    print(
        f"{sum(rooms.values())} of {len(held):,} test functions hold a sentence of {WORDS} words or more"
    )


if __name__ == "__main__":
    sys.exit(main())
