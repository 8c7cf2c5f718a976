"""How long work says what it simulates and how far it is, without knowing whether anybody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Begin = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Told what is simulated, in words, and of how many replications; gives what is told how many of them have ended."""


@contextmanager
def in_silence(words: str, n_replications: int) -> Iterator[Callable[[int], None]]:
    """Says nothing."""
    yield lambda n_done: None
