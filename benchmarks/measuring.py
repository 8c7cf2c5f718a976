"""What the benchmarks share: interleaved rounds, one core, tables on screen and in results/benchmarks/.

Absolute times are one machine's on one day. What is compared is therefore a ratio: variants run in the same process,
in an order drawn afresh in every round, each warm, and a ratio is the median of the ratios of the rounds.
"""

from __future__ import annotations

import csv
import gc
import os
import platform
import random
import statistics
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "results" / "benchmarks"
Cell = str | float | int
Rounds = dict[str, list[float]]
"""Seconds of one call in each round, by variant."""


def options(description: str, *, rounds: int) -> Namespace:
    """The options of the command line, the same for every benchmark, as `make bench ARGS=...` gives them to all."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "--rounds",
        type=int,
        default=rounds,
        help="rounds, each in an order of its own (%(default)s)",
    )
    parser.add_argument(
        "--small", action="store_true", help="small sizes: to see that it runs, not to be quoted"
    )
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        metavar="PEER",
        help="peers to leave out (bench_peers only)",
    )
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error(f"--rounds is {args.rounds}. Ask for at least 1")
    if args.small:
        args.rounds = min(args.rounds, 2)
    return args


@contextmanager
def one_core() -> Iterator[None]:
    """Stay on one processor, where the system lets a process choose (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def timed(
    variants: Mapping[str, Callable[[int], object]],
    rounds: int,
    *,
    repeats: Mapping[str, int] | None = None,
    warm: bool = True,
    after: Callable[[str, Any], None] = lambda name, result: None,
) -> Rounds:
    """Seconds of one call of each variant in each round; a variant is given the number of the round.

    `repeats`: how often a fast variant is called in a row, so that a clock can tell. `warm`: call each once before.
    `after` gets each result, off the clock. Python's garbage collector stays on, but does not look at what earlier
    variants left.
    """
    seconds: Rounds = {name: [] for name in variants}
    for variant in variants.values() if warm else ():
        variant(rounds)
    for number in range(rounds):
        for name in in_random_order(variants, number):
            n = (repeats or {}).get(name, 1)
            gc.collect()
            gc.freeze()
            began = time.perf_counter()
            for _ in range(n):
                result = variants[name](number)
            seconds[name].append((time.perf_counter() - began) / n)
            gc.unfreeze()
            after(name, result)
    return seconds


def in_random_order(names: Iterable[str], number: int) -> list[str]:
    """The names in an order that differs by round, and is the same in every run of the benchmark."""
    shuffled = list(names)
    random.Random(number).shuffle(shuffled)
    return shuffled


def times(slower: Sequence[float], faster: Sequence[float]) -> float:
    """The median over rounds of how many times as long the first takes."""
    return statistics.median(a / b for a, b in zip(slower, faster, strict=True))


def spread(slower: Sequence[float], faster: Sequence[float]) -> str:
    """The smallest and the largest of the rounds' ratios."""
    ratios = [a / b for a, b in zip(slower, faster, strict=True)]
    return f"{significant(min(ratios))} to {significant(max(ratios))}"


@dataclass(frozen=True)
class Table:
    """A table to print and to keep. `name` is its file and its block in docs/benchmarks.md; `notes` stand below it."""

    name: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """The table and its notes."""
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)]]
        lines += [[significant(cell) for cell in row] for row in self.rows]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n\n".join([table, *self.notes])

    def keep(self, *, small: bool) -> None:
        """Print it, and write it as CSV (all digits) and Markdown; a small run is printed only."""
        print(f"\n{self.name}\n{self.markdown()}", flush=True)
        if small:
            return
        RESULTS.mkdir(parents=True, exist_ok=True)
        with (RESULTS / f"{self.name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([self.header, *self.rows])
        text = f"{self.markdown()}\n\n{machine()}\n"
        (RESULTS / f"{self.name}.md").write_text(text, encoding="utf-8", newline="\n")


def significant(cell: Cell) -> str:
    """A number to three figures, with commas; words as they are."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:
        rounded = cell if isinstance(cell, int) else round(cell, 2 - len(str(int(abs(cell)))) + 1)
        return f"{rounded:,.0f}"
    return f"{cell:#.3g}" if cell else "0"


def machine() -> str:
    """The day, the machine, its libraries and how busy it was (mean load of the last minute; a benchmark adds 1)."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "simpy"))
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"*{date.today():%d %B %Y}, {_processor()}, {os.cpu_count()} processors{load}; {python}, {libraries}.*"


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    if cpus.is_file():
        for line in cpus.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
