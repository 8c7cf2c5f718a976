"""How work that takes minutes reports what it simulates and how far it is, whether or not anybody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Begin = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Takes what is simulated, in words, and the number of replications; gives a function to call with how many ended."""


@contextmanager
def without_progress(words: str, n_replications: int) -> Iterator[Callable[[int], None]]:
    """A `Begin` that shows nothing."""
    yield lambda n_done: None
