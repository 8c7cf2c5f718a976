"""One replication of the default site in a process of its own: what it costs from the start, and how much memory.

    python benchmarks/one_process.py DAYS

It prints one line of JSON. `first` is the first run of everything from draws to measures, over one day, with late
imports and with compiling, or reading what was compiled before; `second` is the same again. Then DAYS are run once.
`..._engine` is the call of the engine in each.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(days: int) -> None:
    """Run and print."""
    began = time.perf_counter()
    from whole import ENGINE, Clock, draws_to_measures

    import simulation as ae

    arm = ae.load("site=typical", "engine=compiled").baseline
    seconds = {"start": time.perf_counter() - began}
    for name, some_days in (("first", 1), ("second", 1), ("run", days)):
        clock = Clock()
        began = time.perf_counter()
        n_attendances = draws_to_measures(arm, days=some_days, number=0, clock=clock)
        seconds[name] = time.perf_counter() - began
        seconds[f"{name}_engine"] = clock.seconds[ENGINE]
    print(json.dumps({**seconds, "n_attendances": n_attendances, "peak_mb": peak_mb()}))


def peak_mb() -> float | None:
    """The most memory this process has had at once, in MB (10^6 bytes); None where the system does not say."""
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss would count what the parent had before the start
        line = next(
            line
            for line in status.read_text(encoding="utf-8").splitlines()
            if line.startswith("VmHWM")
        )
        return int(line.split()[1]) * 1024 / 1e6
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:
        return None
    return getrusage(RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main(int(sys.argv[1]))
