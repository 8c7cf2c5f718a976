"""20,000 configurations spoilt at random are loaded, and the first 1,000 of those that load run a day on both engines.

    python tests/long/mutated_configurations.py progress.jsonl

Claimed: no traceback, nothing that takes longer than 20 s, no violation in any audit, equal tables from both engines.
The progress file holds a line a case, and the same command goes on where it ended. A case that fails is printed with
its number; `--case 4711` tries that one again and shows what was spoilt. Takes about an hour and a half.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mutating"))

from mutator import LONGEST_SECONDS, Outcome, as_line, bases, tried

N_LOADED, N_RUN = 20_000, 1_000


def main() -> int:
    """Go on until all cases are tried; 1 if any has failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("progress", type=Path, help="the file that the cases are written to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=N_LOADED)
    parser.add_argument("--case", type=int, help="try this one alone")
    asked = parser.parse_args()
    if asked.case is not None:
        outcome = tried(asked.case, seed=asked.seed)
        print(as_line(asked.case, outcome))
        return int(bool(outcome.failure))
    bases()  # composes and compiles, which no case is to be charged for
    done = stored(asked.progress)
    with asked.progress.open("a", encoding="utf-8") as progress:
        for number in range(len(done), asked.cases):
            faulthandler.dump_traceback_later(
                3 * LONGEST_SECONDS, exit=True
            )  # what no signal reaches, compiled code
            outcome = tried(number, seed=asked.seed, run=sum(each.ran for each in done) < N_RUN)
            done.append(outcome)
            progress.write(as_line(number, outcome) + "\n")
            progress.flush()
            if outcome.failure:
                print(f"case {number}: {outcome.failure}", flush=True)
            if len(done) % 1_000 == 0:
                print(summary(done), flush=True)
    faulthandler.cancel_dump_traceback_later()
    print(summary(done))
    return int(any(outcome.failure for outcome in done))


def stored(path: Path) -> list[Outcome]:
    """The cases that a progress file holds, in order; none if there is no such file."""
    if not path.is_file():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line.pop("case") for line in lines] == list(range(len(lines))), (
        "the progress file lacks a case"
    )
    return [Outcome(**line) for line in lines]


def summary(done: list[Outcome]) -> str:
    """How many were tried, loaded, run, and failed."""
    count = Counter(loaded=0, ran=0, failed=0)
    for outcome in done:
        count.update(loaded=outcome.loaded, ran=outcome.ran, failed=bool(outcome.failure))
    return f"{len(done):,} tried, {count['loaded']:,} loaded, {count['ran']:,} run, {count['failed']:,} failed"


if __name__ == "__main__":
    sys.exit(main())
