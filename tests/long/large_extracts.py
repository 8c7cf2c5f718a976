"""What `aeflow fit` takes for a large extract: seconds of processors and the peak of memory of the whole command.

The file is made up, 200,000 attendances at a time: five stamps, four codes, age, numbers, a free text and a name.

    python tests/long/large_extracts.py --rows 2000000

Exit code 1: two million rows take more than 35 seconds of a processor or 1.3 GB, or fewer take more than their share of
them, beside 12 seconds and 0.7 GB for the rest of the command. The engine has to be compiled before: run it twice.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

EACH, DAYS = 200_000, 200
SECONDS, BYTES, MILLIONS = 35.0, 1.3e9, 2.0
FIXED_SECONDS, FIXED_BYTES = 12.0, 0.7e9
HOURS = np.array([2, 2, 1, 1, 1, 1, 2, 2, 4, 5, 6, 7, 7, 7, 6, 6, 6, 6, 5, 5, 5, 4, 3, 3.0])
LEVELS = ("1 - Immediate", "2 - Very urgent", "3 - Urgent", "4 - Standard", "5 - Non-urgent")


def attendances(part: int, n: int, people: int) -> pd.DataFrame:
    """The attendances of one part, of 200 days of their own."""
    rng = np.random.default_rng(part + 1)
    seconds = rng.integers(0, DAYS, n) * 86_400 + rng.choice(24, n, p=HOURS / HOURS.sum()) * 3600
    arrived = part * DAYS * 86_400 + np.sort(seconds + rng.integers(0, 3600, n))
    minutes = rng.lognormal([2.2, 4.0, 4.6, 5.3], [0.7, 0.6, 0.5, 0.7], (n, 4)).cumsum(axis=1)
    begin = np.datetime64("2019-01-07", "s")
    assessed, seen, decided, admitted_at = (
        np.char.replace((begin + (arrived + at).astype("timedelta64[s]")).astype(str), "T", " ")
        for at in np.round(minutes.T * 60)
    )
    left, admitted = rng.random(n) < 0.05, rng.random(n) < 0.28
    admitted &= ~left
    return pd.DataFrame(
        {
            "Attendance ID": np.arange(part * EACH, part * EACH + n),
            "Patient Pseudo ID": rng.integers(0, people, n),
            "Arrival": np.char.replace(
                (begin + arrived.astype("timedelta64[s]")).astype(str), "T", " "
            ),
            "Initial Assessment Time": assessed,
            "Seen Time": np.where(left, "", seen),
            "Decision Time": np.where(admitted, decided, ""),
            "Departure": np.where(left, seen, np.where(admitted, admitted_at, decided)),
            "Acuity": rng.choice(LEVELS, n, p=[0.02, 0.15, 0.43, 0.35, 0.05]),
            "Arrival Mode": rng.choice(
                ["Walk-in", "Ambulance", "GP referral"], n, p=[0.66, 0.28, 0.06]
            ),
            "Age": rng.integers(0, 96, n),
            "Sex": rng.choice(["F", "M"], n),
            "Disposition": np.where(
                left, "Left before treatment", np.where(admitted, "Admitted", "Discharged")
            ),
            "Complaint": "fell from a ladder, arm hurts",
            "Patient Name": "Canaria Birdsong",
        }
    )


def taken(words: list[str], folder: Path) -> tuple[float, float]:
    """Seconds of processors and the peak of bytes of a command, which has to succeed."""
    with (folder / "said.txt").open("w+") as said:
        command = [sys.executable, "-m", "simulation", *words]
        done = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        _, status, use = os.wait4(done.pid, 0)
        done.returncode = os.waitstatus_to_exitcode(status)
        assert done.returncode == 0, said.seek(0) or said.read()
    return use.ru_utime + use.ru_stime, use.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> int:
    """Make the file, fit it, and say what that took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2_000_000)
    n = parser.parse_args().rows
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "large.csv"
        for part in range(-(-n // EACH)):
            rows = attendances(part, min(n - part * EACH, EACH), max(n // 2, 1))
            rows.to_csv(path, mode="a", header=not part, index=False)
        taken(["extract", "draft", "large.csv"], folder)
        seconds, peak = taken(["fit", "extract=large.csv", "out=large", "departments=0"], folder)
    share = n / 1e6 / MILLIONS
    limits = min(SECONDS, FIXED_SECONDS + share * SECONDS), min(BYTES, FIXED_BYTES + share * BYTES)
    holds = seconds <= limits[0] and peak <= limits[1]
    print(f"{n:,} rows: {seconds:.1f} s of processors (at most {limits[0]:.0f}), {peak / 1e9:.2f} GB (at most "
          f"{limits[1] / 1e9:.1f}): {'holds' if holds else 'is exceeded'}")  # fmt: skip
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
