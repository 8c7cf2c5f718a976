"""Turns of worker threads: one at a time runs Python, and others run the compiled loop beside it.

Threads pass Python's own lock (GIL) on whenever numpy lets go of it, some 2,500 times a replication of four arms. One
lock, held through all but the compiled loop, spares that: a quarter of the processor time of two threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.Lock()
_THREAD = threading.local()


@contextmanager
def in_turn() -> Iterator[None]:
    """Wait until no other thread is within this, but for those in a part `beside_others`."""
    with _LOCK:
        _THREAD.in_turn = True
        try:
            yield
        finally:
            _THREAD.in_turn = False


@contextmanager
def beside_others() -> Iterator[None]:
    """A part that needs no Python: within `in_turn`, let another thread have its turn meanwhile."""
    if not getattr(_THREAD, "in_turn", False):
        yield
        return
    _LOCK.release()
    try:
        yield
    finally:
        _LOCK.acquire()
