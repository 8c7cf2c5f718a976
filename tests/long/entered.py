"""How much of the package a command enters: files, rooms and functions, from its first line to its last page.

    python tests/long/entered.py [JOB ...]         about a minute; all jobs, unless some are named
    python tests/long/entered.py --files compare   also every file, with how many of its functions are entered
    python tests/long/entered.py --checkout FOLDER of another checkout
    python tests/long/entered.py --json            as JSON: job, then file, then its functions

`compare` is `aeflow compare study=gallery/one_nurse` to its report; `offer` is `aeflow offer check=true` of a file of
answers; `draft` is `aeflow extract draft` of a made-up file; `trust` is `aeflow trust 'royal berkshire'`; `app` is
`aeflow app` until a browser has its first page and the first answer. Each job runs in a process of its own, so that
nothing is remembered from another.

A function counts if the process or one of its threads calls it; so does a lambda or a comprehension. A file counts if
one of its functions does. A room is a folder with such a file (files directly in `simulation/` are one room). What runs
when a module is imported does not count, nor does another process: replications run in this one. The figures of `app`
and of a first run, which compiles the engine, differ by some functions from time to time.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

Entered = dict[str, list[str]]
"""The functions that a job enters, by the path of their file within the checkout."""
SMALL = (
    "ensemble=none",
    "executor=serial",
    "engine=compiled",
    "run.replications=4",
    "run.measured_days=7",
)
ANSWERS = """attendances_per_day: 310
within_four_hours: 62 %
admitted_share: 27 %
triage_nurses: two from 8 to 22 h, one by night
ambulances: own nurses
ambulance_nurses: 1 at all hours
product: Our AI
does: advises
used_share: 60 %
against: nurses
exact_share: 88 %
price_a_year: £120,000
"""
N_ATTENDANCES = 400
QUESTION = "arm=lean_triage&most=2"


# --- the jobs ---------------------------------------------------------------------------------------------------------


def command(*words: str, code: int = 0) -> None:
    """Run a command line in this process."""
    from simulation.cli import main

    ended = main(list(words))
    assert ended == code, f"aeflow {' '.join(words)}: exit code {ended}"


def compare() -> None:
    """The comparison of the smallest department, with its report."""
    command("compare", "study=gallery/one_nurse", *SMALL)


def offer() -> None:
    """The check of an offer whose answers stand in a file."""
    Path("offer.yaml").write_text(ANSWERS, encoding="utf-8")
    command("offer", "answers=offer.yaml", "check=true")


def draft() -> None:
    """The draft of how a department's records are read."""
    with Path("attendances.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            (
                "Arrival_DateTime",
                "Seen_DateTime",
                "Departure_DateTime",
                "Arrival_Mode",
                "Acuity",
                "Disposition",
            )
        )
        for n in range(N_ATTENDANCES):
            stamps = (
                f"2025-03-{1 + n // 20:02} {hour:02}:{7 * n % 60:02}:00" for hour in (9, 10, 12)
            )
            mode, acuity = (
                ("Walk-in", "Ambulance")[n % 2],
                ("2 - Very urgent", "3 - Urgent", "4 - Standard")[n % 3],
            )
            rows.writerow((*stamps, mode, acuity, ("Admitted", "Discharged")[n % 5 > 1]))
    command("extract", "draft", "attendances.csv")


def trust() -> None:
    """What is published of a trust."""
    command("trust", "royal berkshire")


def app() -> None:
    """The first page of the app, and the first answer to a question."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def read(path: str) -> bytes:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=300) as answer:
            return bytes(answer.read())

    def browse() -> None:
        try:
            for _ in range(600):
                try:
                    pages.append(read("/"))
                    break
                except URLError:
                    time.sleep(0.1)
            pages.append(read(f"/stream?{QUESTION}"))
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    pages: list[bytes] = []
    browser = threading.Thread(target=browse)
    browser.start()
    command("app", f"port={port}", "workers=1", code=130)
    browser.join()
    assert b"event: end" in pages[1], pages


JOBS: dict[str, Callable[[], None]] = {
    job.__name__: job for job in (compare, offer, draft, trust, app)
}


# --- counting ---------------------------------------------------------------------------------------------------------


def entered_by(job: Callable[[], None], checkout: Path) -> Entered:
    """The functions of the checkout's package that a job enters, in this process."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            codes.add(frame.f_code)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        job()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    files: dict[str, set[str]] = {}
    for code in codes:
        path = Path(code.co_filename)
        # the body of a class or of a module is not optimised: it is no function
        if code.co_flags & CO_OPTIMIZED and path.is_relative_to(checkout / "simulation"):
            name = path.relative_to(checkout).as_posix()
            files.setdefault(name, set()).add(f"{code.co_qualname} {code.co_firstlineno}")
    return {name: sorted(functions) for name, functions in sorted(files.items())}


def entered_alone(job: str, checkout: Path) -> Entered:
    """The same, in a process of its own and an empty folder."""
    with tempfile.TemporaryDirectory() as scratch:
        asked = [sys.executable, __file__, "--alone", "--checkout", str(checkout), job]
        done = subprocess.run(asked, cwd=scratch, capture_output=True, text=True, timeout=840)
    if done.returncode:
        raise SystemExit(f"{job}: {done.stdout}\n{done.stderr}")
    found: Entered = json.loads(done.stdout.splitlines()[-1])
    return found


def rooms_of(files: Entered) -> list[str]:
    """The folders of these files."""
    return sorted({name.rpartition("/")[0] for name in files})


def main() -> int:
    """Print what each job enters."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("jobs", nargs="*", choices=[*JOBS, []], help="default: all", metavar="JOB")
    parser.add_argument("--checkout", type=Path, default=Path(__file__).parents[2])
    parser.add_argument("--files", action="store_true", help="list the files")
    parser.add_argument("--json", action="store_true", help="print all as JSON")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    checkout = asked.checkout.resolve()
    if asked.alone:
        sys.path.insert(0, str(checkout))
        print(json.dumps(entered_by(JOBS[asked.jobs[0]], checkout)))
        return 0
    entered = {job: entered_alone(job, checkout) for job in asked.jobs or JOBS}
    if asked.json:
        print(json.dumps(entered, indent=1))
        return 0
    for job, files in entered.items():
        n_functions = sum(map(len, files.values()))
        print(
            f"{job:<8} {len(files):>4} files {len(rooms_of(files)):>3} rooms {n_functions:>6,} functions"
        )
        if asked.files:
            print(
                "".join(f"  {len(functions):>4}  {name}\n" for name, functions in files.items()),
                end="",
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
