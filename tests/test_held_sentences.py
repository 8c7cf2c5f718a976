"""Few tests hold a sentence, by a rule that counts what it means to; and what the rooms hold belongs to a test."""

import ast

import pytest

from tests.held import TESTS, WORDS, is_there, read_entries
from tests.held_sentences import held_by, held_in, helpers_in, tables_of

MOST = 240
"""How many tests may hold a sentence: it only falls."""
HELD = [
    "def test_it():\n    assert say() == 'a pool has no unit'",
    "def test_it():\n    assert f'step {n}: the pool has no unit' in say()",
    "def test_it():\n    assert say().startswith('a pool has no unit')",
    "def test_it():\n    with pytest.raises(Error, match='a pool has no unit'):\n        run()",
    "SAID = ['a pool has no unit']\ndef test_it():\n    assert say() == SAID",
    "SAID = {'pool': 'a pool has no unit'}\ndef test_it():\n    for name, said in SAID.items():\n        "
    "assert said in say(name)",
    "@pytest.mark.parametrize(('name', 'said'), [('pool', 'a pool has no unit')])\ndef test_it(name, said):\n    "
    "assert say(name) == said",
    "def check(name, said):\n    assert say(name) == said\ndef test_it():\n    check('pool', 'a pool has no unit')",
]
NOT_HELD = [
    "def test_it():\n    assert count('a pool has no unit') == 3",
    "def test_it():\n    assert say() == 'a pool'",
    "def test_it():\n    assert found == {'pathway/steps/see/asks', 'steps.see.asks.0', '--help -m study=clinic'}",
    "def test_it():\n    assert facts, 'a pool has no unit'",
    "@pytest.mark.parametrize(('said', 'n'), [('a pool has no unit', 3)])\ndef test_it(said, n):\n    "
    "assert count(said) == n",
]


def holds(source: str) -> bool:
    tree = ast.parse(source)
    function = next(node for node in tree.body if getattr(node, "name", "") == "test_it")
    assert isinstance(function, ast.FunctionDef)
    return held_by(function, helpers_in([tree]), tables_of(tree)) is not None


@pytest.mark.parametrize("source", HELD)
def test_a_sentence_that_is_compared_is_held(source: str) -> None:
    assert holds(source)


@pytest.mark.parametrize("source", NOT_HELD)
def test_what_a_test_gives_to_the_product_and_what_is_no_prose_is_not_held(source: str) -> None:
    assert not holds(source)


def test_few_tests_hold_a_sentence() -> None:
    held = held_in(TESTS)
    assert len(held) > 2500
    assert sum(words is not None for words in held.values()) <= MOST


def test_every_text_that_a_room_holds_belongs_to_a_test() -> None:
    for path in TESTS.glob(f"*/golden/{WORDS}"):
        names = read_entries(path)
        assert names
        room = path.parents[1]
        assert not [
            name for name in names if not is_there(room, name.partition("[")[0].partition(" (")[0])
        ]
