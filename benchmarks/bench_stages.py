"""Where the time of one replication goes (`site=typical`, compiled, warm, one core); start-up; memory.

The stages from draws to measures are what an answer needs; the table of activities, the profile of the day and files
come on top. Compiling and memory are measured in processes of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from measuring import Cell, Table, in_random_order, one_core, options
from whole import TO_MEASURES, Clock, every_stage

import simulation as ae
from simulation.records.table_files import write_tables
from simulation.study.study import ReadyArm

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Measure, print and keep."""
    args = options(__doc__ or "", rounds=9)
    arm = ae.load("site=typical", "engine=compiled").baseline
    sizes = (7, 14) if args.small else (35, 365)
    with one_core():
        stages(arm, sizes, args.rounds).keep(small=args.small)
    start_up(n_cold=1 if args.small else 2, n_cached=1 if args.small else 5).keep(small=args.small)
    memory((7, 14) if args.small else (35, 365, 1825)).keep(small=args.small)


def stages(arm: ReadyArm, sizes: Sequence[int], rounds: int) -> Table:
    """A table of milliseconds by stage and length of run; the order of the lengths is drawn in every round."""
    seconds: dict[int, dict[str, list[float]]] = {days: {} for days in sizes}
    n_attendances: dict[int, int] = {}
    with TemporaryDirectory() as folder:
        for days in sizes:
            _, n_attendances[days] = _once(arm, days, rounds, Path(folder))
        for number in range(rounds):
            for size in in_random_order(map(str, sizes), number):
                clock, _ = _once(arm, int(size), number, Path(folder))
                for stage, taken in clock.seconds.items():
                    seconds[int(size)].setdefault(stage, []).append(taken)
    rows: list[list[Cell]] = []
    for stage in seconds[sizes[0]]:
        rows.append([stage, *(1000 * median(seconds[days][stage]) for days in sizes)])
        if stage == TO_MEASURES[-1]:
            rows.append(
                ["**draws to measures**", *(1000 * _whole(seconds[days]) for days in sizes)]
            )
            per_attendance = (1e6 * _whole(seconds[days]) / n_attendances[days] for days in sizes)
            rows.append(["the same, microseconds an attendance", *per_attendance])
    counts = ", ".join(f"{n_attendances[days]:,} in {days} days" for days in sizes)
    return Table(
        "stages",
        ["stage", *(f"{days} days, ms" for days in sizes)],
        rows,
        [
            f"Medians of {rounds} replications, each another one. Attendances: about {counts}. Parquet with zstd."
        ],
    )


def _once(arm: ReadyArm, days: int, number: int, folder: Path) -> tuple[Clock, int]:
    """The seconds of every stage of one replication, files included, and its attendances."""
    clock, patients, activities = every_stage(arm, days=days, number=number)
    clock.of(
        "writing patients",
        lambda: write_tables([patients], folder / "patients.parquet", provenance={}),
    )
    clock.of(
        "writing activities",
        lambda: write_tables([activities], folder / "activities.parquet", provenance={}),
    )
    return clock, len(patients)


def _whole(seconds: dict[str, list[float]]) -> float:
    """The median of the rounds' sums from draws to measures."""
    by_round = zip(*(seconds[stage] for stage in TO_MEASURES), strict=True)
    return float(median(map(sum, by_round)))


def start_up(*, n_cold: int, n_cached: int) -> Table:
    """A table of what the first replication of a process costs, with an empty cache of compiled code and a full one."""
    cold, cached = [], []
    for _ in range(n_cold):
        with TemporaryDirectory() as cache:
            cold.append(alone(1, NUMBA_CACHE_DIR=cache))
            cached += [alone(1, NUMBA_CACHE_DIR=cache) for _ in range(n_cached // n_cold)]
    rows: list[list[Cell]] = [
        [name, *(float(median(map(part, processes))) for processes in (cold, cached))]
        for name, part in PARTS.items()
    ]
    return Table(
        "start_up",
        ["seconds", "nothing compiled yet", "from the cache"],
        rows,
        [
            f"Medians of {len(cold)} and {len(cached)} processes. Runs are of one day, from draws to measures. "
            "Compiling (or reading what was compiled) is the first call of the engine less the second."
        ],
    )


PARTS: dict[str, Callable[[dict[str, Any]], float]] = {
    "imports and configuration": lambda process: process["start"],
    "first run, late imports included": lambda process: process["first"],
    "of that, compiling or reading": lambda process: (
        process["first_engine"] - process["second_engine"]
    ),
    "second run": lambda process: process["second"],
}


def memory(sizes: Sequence[int]) -> Table:
    """A table of the most memory that a process has at once for one replication, by length."""
    start = alone(1)
    rows: list[list[Cell]] = [
        ["1 day (the program itself)", start["n_attendances"], _mb(start), ""]
    ]
    for days in sizes:
        process = alone(days)
        is_known = process["peak_mb"] is not None and start["peak_mb"] is not None
        extra_bytes = (process["peak_mb"] - start["peak_mb"]) * 1e6 if is_known else 0.0
        rows.append(
            [
                f"{days:,} days",
                process["n_attendances"],
                _mb(process),
                max(extra_bytes, 0.0) / process["n_attendances"] if is_known else "not measured",
            ]
        )
    return Table(
        "memory",
        [
            "one replication, draws to measures",
            "attendances",
            "peak MB",
            "bytes an attendance above 1 day",
        ],
        rows,
        ["Peak resident memory of a process of its own, one each."],
    )


def _mb(process: dict[str, Any]) -> Cell:
    return round(process["peak_mb"]) if process["peak_mb"] is not None else "not measured"


def alone(days: int, **environment: str) -> dict[str, Any]:
    """The figures that `one_process.py` prints."""
    done = subprocess.run(
        [sys.executable, str(HERE / "one_process.py"), str(days)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"one_process.py {days} failed:\n{done.stderr}")
    process: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return process


if __name__ == "__main__":
    main()
