"""What is cached is made once for a key, comes back as it was made, and is never needed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulation.records import serialise as module
from simulation.records.serialise import cached_on_disk


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, int]]:
    """Ask for a note, and how often it has been made."""
    monkeypatch.setattr(module, "CACHE_FOLDER", tmp_path / "notes")
    made: list[object] = []

    def ask(key: object, value: object) -> tuple[Any, int]:
        def make() -> object:
            made.append(value)
            return value

        return cached_on_disk("it", key, make), len(made)

    return ask


def test_it_is_made_once_for_a_key_and_again_for_another(
    calls: Callable[..., tuple[Any, int]],
) -> None:
    assert calls(("a", 1), {"hours": [1, 2.5, None]}) == ({"hours": [1, 2.5, None]}, 1)
    assert calls(("a", 1), "something else") == ({"hours": [1, 2.5, None]}, 1)
    assert calls(("a", 2), "something else") == ("something else", 2)


@pytest.mark.parametrize("value", [{1: "a key that is a number"}, (1, 2), {"a set"}])
def test_what_json_gives_back_as_something_else_is_made_each_time(
    calls: Callable[..., tuple[Any, int]], value: object
) -> None:
    assert calls("key", value) == (value, 1)
    assert calls("key", value) == (value, 2)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": 1}', "null"])
def test_a_note_that_cannot_be_read_is_made_again(
    calls: Callable[..., tuple[Any, int]], tmp_path: Path, text: str
) -> None:
    calls("key", 1)
    (tmp_path / "notes" / "it.json").write_text(text, encoding="utf-8")
    assert calls("key", 2) == (2, 2)
    assert calls("key", 3) == (2, 2)


def test_the_newest_notes_of_a_kind_are_kept(
    calls: Callable[..., tuple[Any, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CACHED", 2)
    calls("key", 1)
    for number in range(4):
        cached_on_disk(f"kind-{number}", number, lambda: True)
        os.utime(tmp_path / "notes" / f"kind-{number}.json", (number, number))
    assert {path.stem for path in (tmp_path / "notes").iterdir()} == {"it", "kind-2", "kind-3"}


def test_a_folder_that_cannot_be_written_costs_time_alone(
    calls: Callable[..., tuple[Any, int]], tmp_path: Path
) -> None:
    (tmp_path / "notes").write_text("a file in its place", encoding="utf-8")
    assert calls("key", 1) == (1, 1)
    assert calls("key", 1) == (1, 2)
