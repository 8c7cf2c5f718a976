"""Named random streams: a column is asked for by name, and the digest of its name is the state of its generator.

This is the only file that makes a generator.
"""

import hashlib
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.records.schema import Floats, Ints

Codes = NDArray[np.int16]
"""Codes of categories."""
Attributes = Mapping[str, Codes]
"""Codes by name of the attribute."""
NamedFloats = Mapping[str, Floats]


@dataclass(frozen=True)
class Source:
    """The candidates of one layer of a source of patients, and which of them come.

    code   the source's number among the categories of `arrival_source`
    layer  0 for the usual arrivals
    kept   positions of those who come, in order
    """

    name: str
    code: int
    layer: int
    n_candidates: int
    kept: Ints

    @property
    def key(self) -> str:
        """The name of its random streams."""
        return key_of(self.name, self.layer)


@dataclass(frozen=True)
class Variates:
    """The streams of one replication's patients: a column is asked for by name and comes in the patients' order.

    place   (n,) each patient's position among the candidates of all sources, one source after another
    buffer  (n_candidates,) written over by every column, so one thread uses it at a time
    """

    seed: int
    replication: int
    sources: tuple[Source, ...]
    place: Ints
    buffer: Floats

    def uniform(self, column: str, repeat: int = 0) -> Floats:
        """One uniform number in (0, 1) a patient, shape (n,)."""
        for source, part in self._parts(self.buffer):
            generator_of(self.seed, self.replication, source.key, column, repeat).random(out=part)
        numbers = self.buffer.take(self.place)
        return np.maximum(numbers, 2.0**-54, out=numbers)

    def normal(
        self, column: str, repeat: int, *, source_keys: Collection[str] | None = None
    ) -> NDArray[np.float32]:
        """One standard normal number a patient, shape (n,); with `source_keys`, 0 for patients of other sources."""
        buffer = self.buffer.view(np.float32)
        for source, part in self._parts(buffer):
            if source_keys is None or source.key in source_keys:
                generator = generator_of(self.seed, self.replication, source.key, column, repeat)
                generator.standard_normal(out=part, dtype=np.float32)
            else:
                part[:] = 0
        return buffer.take(self.place)

    def _parts(self, buffer: Any) -> Iterator[tuple[Source, Any]]:
        """Each source and the part of the buffer for its candidates."""
        start = 0
        for source in self.sources:
            yield source, buffer[start : start + source.n_candidates]
            start += source.n_candidates


def key_of(source: str, layer: int) -> str:
    """The name of the random streams of one layer of a source; that of the usual arrivals is the source's own."""
    return f"{source}+{layer}" if layer else source


def first_above(variates: Floats, limits: Floats, row: Codes | Ints | None = None) -> Codes:
    """The column of the first limit above each variate, shape (n,); the last and one more if none is.

    limits  (n_rows, n_columns), rising along each row; row  (n,) which row counts for each, None: row k for the k-th,
    or the only one for all
    """
    column = np.zeros(len(variates), dtype=np.int16)
    if row is not None:
        row = row.astype(np.intp)  # once, or `take` would convert it for every column
    for limit in limits.T:
        column += variates >= (limit if row is None else limit.take(row))
    return column


COUNTER = np.uint64(1).tobytes()
"""The fourth word of a new state, which SFC64 counts up."""
_local = threading.local()


def generator_of(
    seed: int, replication: int, source: str, column: str, repeat: int
) -> np.random.Generator:
    """The generator of one stream, to be used before the next is asked for: each thread has one, whose state is set.

    The state is a digest of the stream's name, which spares the slower mixing of `SeedSequence`.
    """
    name = f"{seed}/{replication}/{source}/{column}/{repeat}".encode()
    digest = hashlib.blake2b(name, digest_size=24).digest()
    generator: np.random.Generator
    try:
        generator, state = _local.generator, _local.state
    except AttributeError:
        generator = _local.generator = np.random.Generator(np.random.SFC64(0))
        state = _local.state = generator.bit_generator.state
    state["state"]["state"] = np.frombuffer(digest + COUNTER, np.uint64)
    generator.bit_generator.state = state
    return generator
