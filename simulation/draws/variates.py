"""Named random streams: a column is asked for by name, and the digest of its name is the state of its generator.

This is the only file that makes a generator.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """The candidates of one source of patients (a layer of a source), and which of them come (positions, in order).

    `code`: of the source or of those present; `layer`: which layer of the source, 0 the usual arrivals.
    """

    name: str
    code: int
    layer: int
    n_candidates: int
    kept: NDArray[np.int64]

    @property
    def key(self) -> str:
        """What its random streams are found by."""
        return f"{self.name}+{self.layer}" if self.layer else self.name


@dataclass(frozen=True)
class Variates:
    """The streams of one replication's patients: a column is asked for by name and comes in the patients' order.

    place  (n,) which of the candidates of all sources, one after another, each patient is; buffer  (n_candidates,) is
    written over by every column, so one thread uses it at a time.
    """

    seed: int
    replication: int
    sources: tuple[Source, ...]
    place: NDArray[np.int64]
    buffer: Floats

    def uniform(self, column: str, repeat: int = 0) -> Floats:
        """One uniform number in (0, 1) a patient, shape (n,)."""
        for source, mine in self._parts(self.buffer):
            generator_of(self.seed, self.replication, source.key, column, repeat).random(out=mine)
        found = self.buffer.take(self.place)
        return np.maximum(found, 2.0**-54, out=found)

    def normal(self, column: str, repeat: int, *, of: Collection[str]) -> NDArray[np.float32]:
        """One standard normal number a patient, shape (n,); 0 for those of sources not in `of`."""
        buffer = self.buffer.view(np.float32)
        for source, mine in self._parts(buffer):
            if source.key in of:
                generator = generator_of(self.seed, self.replication, source.key, column, repeat)
                generator.standard_normal(out=mine, dtype=np.float32)
            else:
                mine[:] = 0
        return buffer.take(self.place)

    def _parts(self, buffer: Any) -> Iterator[tuple[Source, Any]]:
        """Each source and the part of the buffer for its candidates."""
        start = 0
        for source in self.sources:
            yield source, buffer[start : start + source.n_candidates]
            start += source.n_candidates


def generator_of(seed: int, replication: int, source: str, column: str, repeat: int) -> np.random.Generator:
    """The generator of one stream, for use before the next is asked for: there is one a thread, set to the state.

    Its state is a digest of the stream's name, which spares the slower mixing of `SeedSequence`.
    """
    name = f"{seed}/{replication}/{source}/{column}/{repeat}".encode()
    digest = hashlib.blake2b(name, digest_size=24).digest()
    try:
        generator, state = _local.generator, _local.state
    except AttributeError:
        generator = _local.generator = np.random.Generator(np.random.SFC64(0))
        state = _local.state = generator.bit_generator.state
    state["state"]["state"] = np.frombuffer(digest + COUNTER, np.uint64)
    generator.bit_generator.state = state
    made: np.random.Generator = generator
    return made


COUNTER = np.uint64(1).tobytes()
"""The fourth word of a new state, which SFC64 counts up."""
_local = threading.local()
