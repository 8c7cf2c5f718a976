"""Whether a run of ten thousand replications is resumed and written in seconds.

Makes so many replications of 4 arms out of one that is simulated: the same measures with other numbers and slightly
other values. A part holds 20, about two seconds of work for four weeks of each arm. Then the unfinished run is
opened, which reads every part, and its data are written as a folder of results. Asked of 10,000: opened in 5 s, written
in 15 s, on a machine that does nothing else. Last, what was written is read again: every replication is there.

    python tests/long/big_store.py            about two minutes on one processor
    python tests/long/big_store.py --replications 500 --profile

Exit code 1: it took longer, or something was lost.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

import simulation as ae
from simulation.api import Result
from simulation.measures.measuring import Measures
from simulation.runs.provenance import about, identity_of, manifest_of
from simulation.runs.replicate import ReplicationResult, replicate
from simulation.runs.stored_run import PARTS, UnfinishedRun, read_run, write_data, write_part
from simulation.study.explanation import Explained
from simulation.study.study import Study

ARMS = ("nurse", "sham", "lean_triage", "ai_scribe_measured")
LIMITS = {"opened": 5.0, "written": 15.0}
"""Seconds for 10,000 replications, and in proportion for more; fewer have as long."""
IN_A_PART = 20
T = TypeVar("T")


def main() -> int:
    """Make the replications, open and write them, and say how long that took; 1 if it was too long."""
    asked = options()
    study = four_arms(asked.replications)
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        profile = cProfile.Profile(time.process_time)
        began, cpu_began = time.perf_counter(), time.process_time()
        made = profile.runcall(work) if asked.profile else work()
        seconds[name] = time.perf_counter() - began
        print(
            f"{name}: {seconds[name]:.1f} s ({time.process_time() - cpu_began:.1f} s of processors)",
            flush=True,
        )
        if asked.profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return made

    with tempfile.TemporaryDirectory() as place:
        identity = identity_of(study)
        unfinished = UnfinishedRun(Path(place), identity, about=about(study))
        with unfinished:
            timed("made", lambda: make_parts(study, unfinished))
        again = UnfinishedRun(Path(place), identity, about=about(study))
        timed("opened", again.__enter__)
        explained = Explained(study)
        timed("explained", lambda: explained.explanation)
        replications = tuple(again.kept[number] for number in study.run.numbers)
        manifest = manifest_of(
            study,
            replications,
            identity,
            wall_seconds=0.0,
            engine_seconds=again.engine_seconds,
        )
        result = Result(study, replications, explained, manifest)
        folder = timed("written", lambda: write_data(result, Path(place), within=again.folder))
        stored = timed("read", lambda: read_run(folder))
        again.remove(study.run.numbers)
        whole = all(map(same, replications, stored.replications))
        size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    factor = max(asked.replications / 10_000, 1.0)
    late = [name for name, limit in LIMITS.items() if seconds[name] > limit * factor]
    print(
        f"{len(stored.replications)} replications of {len(study.arms)} arms, {size:.0f} MB", end=""
    )
    print(
        f"{'' if whole else '; they are NOT the same again'}{f'; too slow: {late}' if late else ''}"
    )
    return 0 if whole and not late and len(stored.replications) == asked.replications else 1


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--replications", type=int, default=10_000, help="how many, at least 1 (default: 10000)"
    )
    parser.add_argument("--profile", action="store_true", help="say which functions took the time")
    asked = parser.parse_args()
    if asked.replications < 1:
        parser.error("--replications: at least 1")
    return asked


def four_arms(replications: int) -> Study:
    """Four arms of the default study, a week each."""
    length = (
        "ensemble=none",
        f"run.replications={replications}",
        "run.warm_up_days=0",
        "run.measured_days=7",
        "run.cool_down_days=1",
    )
    study = ae.load(
        "study=ai_triage",
        "ensemble=none",
        *length,
        "run.doublings=0",
        "engine=compiled",
        "executor=serial",
    )
    arms = tuple(study.arm(name) for name in ARMS)
    return replace(study, arms=arms, design=study.design.restricted_to(list(ARMS)))


def make_parts(study: Study, unfinished: UnfinishedRun) -> None:
    """Write the parts of a run: of the first replications with their day profiles, of all others without."""
    first, later = replicate(study, 0), replicate(study, study.run.profiles)
    numbers = study.run.numbers
    for start in range(0, len(numbers), IN_A_PART):
        made = list(copies(first, later, numbers[start : start + IN_A_PART], study.run.profiles))
        write_part(unfinished.folder / PARTS, made, key=unfinished.key)


def copies(
    first: ReplicationResult, later: ReplicationResult, numbers: range, n_profiled: int
) -> Iterator[ReplicationResult]:
    """Replications under these numbers, each measure up to a hundredth away from one that was simulated."""
    for number in numbers:
        chance = np.random.default_rng(number)
        model = first if number < n_profiled else later
        arms = {}
        for name, arm in model.arms.items():
            values = arm.measures.values * (
                1 + 0.01 * chance.uniform(-1, 1, len(arm.measures.values))
            )
            arms[name] = replace(arm, measures=Measures(arm.measures.names, values))
        yield replace(model, replication=number, arms=arms)


def same(ours: ReplicationResult, theirs: ReplicationResult) -> bool:
    """Whether two replications have the same number and the same measures in every arm, to the last bit."""
    return ours.replication == theirs.replication and all(
        arm.measures.names == theirs.arms[name].measures.names
        and np.array_equal(arm.measures.values, theirs.arms[name].measures.values, equal_nan=True)
        for name, arm in ours.arms.items()
    )


if __name__ == "__main__":
    sys.exit(main())
