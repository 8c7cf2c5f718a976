"""KILL, TERM, HUP and Ctrl-C at random moments, of the driver, of a worker, and of the whole process group.

    python tests/long/signals.py [--executor local|dask] [--each 10] [--seed 1] [--to driver group worker]

After a signal to the driver nothing of the run lives five seconds later, nothing of it is left in /dev/shm, and, unless
it was killed or had not begun, it says in one line what is kept and ends with 128 and the number of the signal. After a
signal to a worker the run goes on and ends with the numbers of an undisturbed one. Prints a line for each kind; exit
code 0 if all hold.

Left out: shared memory after KILL of the whole group of a Dask cluster of our own. Dask's queues have named semaphores,
and KILL takes the process that would remove them, too. executor=local has none.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
STUDY = (
    "study=gallery/one_nurse", "engine=compiled", "run.warm_up_days=0", "run.measured_days=182", "run.cool_down_days=7",
    "run.doublings=0",
)  # fmt: skip
N_ENDLESS, N_SHORT = 5000, 100
PART_SECONDS = 0.2
"""Work in a part that a run keeps, less than usual, so that some is soon kept."""
SIGNALS = ("KILL", "TERM", "HUP", "INT")
WHOM = ("driver", "group", "worker")
SECONDS_TO_END = 5.0
SECONDS_AT_MOST = 300.0
SHARED_MEMORY = Path("/dev/shm")
DRIVER = "--driver"


def _as_in_a_terminal() -> None:
    """Heed HUP and INT: whoever starts this script with `nohup` or in a shell's background hands down that they are
    ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Failed(Exception):
    """Something that should hold does not."""


class Run:
    """`aeflow run` in a session of its own, so that whatever it starts can be found."""

    def __init__(self, folder: Path, executor: str, n_replications: int) -> None:
        words = [
            "run",
            *STUDY,
            f"executor={executor}",
            "workers=2",
            f"run.replications={n_replications}",
        ]
        self.shared_before = _shared_memory()
        with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, __file__, DRIVER, *words],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=_as_in_a_terminal,
            )
        self.folder = folder

    @property
    def said(self) -> str:
        """What it said about its progress and its end."""
        return (self.folder / "err").read_text()

    def alive(self) -> list[psutil.Process]:
        """The processes of its session."""
        return [
            process
            for process in psutil.process_iter()
            if _session(process.pid) == self.process.pid
        ]

    def workers(self) -> list[psutil.Process]:
        """Its worker processes: what multiprocessing started, the keeper of its resources apart."""
        started = []
        for process in self.alive():
            try:
                words = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if process.pid != self.process.pid and "spawn_main" in words:
                started.append(process)
        return started

    def keeps_some(self) -> bool:
        """Whether some of its replications are on the disk, or it has ended."""
        return (
            any(self.folder.glob("results/*/.unfinished-*/parts/*.parquet"))
            or self.process.poll() is not None
        )

    def must_be_gone(self, *, shares: bool = True) -> None:
        """Raise Failed if it leaves processes or, if it `shares` any, shared memory behind."""
        deadline = time.monotonic() + SECONDS_TO_END
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        left = [f"{process.pid} {' '.join(process.cmdline())[:80]}" for process in self.alive()]
        for process in self.alive():
            process.kill()
        self.process.wait()
        if left:
            raise Failed(f"alive after {SECONDS_TO_END:.0f} s: {left}")
        while (shared := self._shared() if shares else set()) and time.monotonic() < deadline:
            time.sleep(0.2)
        if shared:
            raise Failed(f"left in {SHARED_MEMORY}: {sorted(map(str, shared))}")

    def _shared(self) -> set[Path]:
        """What came into shared memory since it began, and no other program uses."""
        return {
            path
            for path in _shared_memory() - self.shared_before
            if path.exists() and not _in_use(path)
        }


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid) if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else None
    except (OSError, psutil.Error):
        return None


def _shared_memory() -> set[Path]:
    return set(SHARED_MEMORY.iterdir()) if SHARED_MEMORY.is_dir() else set()


def _in_use(path: Path) -> bool:
    """Whether a living process, of another program of this machine, uses what is in shared memory."""
    for process in psutil.process_iter():
        try:
            if any(str(path) in mapped.path for mapped in process.memory_maps()):
                return True
        except (psutil.Error, OSError):
            continue
    return False


def stop(folder: Path, executor: str, name: str, whom: str, chance: random.Random) -> str:
    """Send a signal to the driver, or to its process group; when it came, in words."""
    run = Run(folder, executor, N_ENDLESS)
    number = getattr(signal, f"SIG{name}")
    early = chance.random() < 0.3
    if not early:
        _wait_for(run)
    time.sleep(chance.uniform(0, 3) if early else chance.random())
    try:
        (os.killpg if whom == "group" else os.kill)(run.process.pid, number)
        run.process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        pass
    killed_with_its_keeper = executor == "dask" and name == "KILL" and whom == "group"
    run.must_be_gone(shares=not killed_with_its_keeper)
    code, said = run.process.returncode, run.said
    if name == "KILL":
        if code != -number:
            raise Failed(f"exit code {code}")
    elif early:
        if code not in (128 + number, -number):
            raise Failed(f"exit code {code}, early: {said}")
    else:
        last = [line for line in said.splitlines() if line.startswith("aeflow:")]
        if (
            code != 128 + number
            or "Traceback" in said
            or len(last) != 1
            or "are kept" not in last[0]
        ):
            raise Failed(f"exit code {code}: {said}")
    return "early" if early else "midway"


def disturb(folder: Path, executor: str, name: str, expected: Any, chance: random.Random) -> str:
    """Send a signal to one worker; the run ends as an undisturbed one does."""
    import simulation as ae

    run = Run(folder, executor, N_SHORT)
    began = time.monotonic()
    while not run.workers():
        if run.process.poll() is not None or time.monotonic() - began > SECONDS_AT_MOST:
            raise Failed(f"no worker was started: {run.said}")
        time.sleep(0.02)
    time.sleep(chance.uniform(0, 3))
    workers = run.workers()
    if workers:
        workers[chance.randrange(len(workers))].send_signal(getattr(signal, f"SIG{name}"))
    code = run.process.wait(SECONDS_AT_MOST)
    run.must_be_gone()
    if code != 0:
        raise Failed(f"exit code {code}: {run.said}")
    if not ae.same_numbers(expected, ae.read(folder / "results" / "latest")):
        raise Failed("the numbers are not those of an undisturbed run")
    return "midway" if workers else "ended before"


def _wait_for(run: Run) -> None:
    began = time.monotonic()
    while not run.keeps_some():
        if time.monotonic() - began > SECONDS_AT_MOST:
            raise Failed("nothing was kept in time")
        time.sleep(0.02)


def undisturbed(folder: Path) -> Any:
    """The result that every disturbed run must have."""
    import simulation as ae

    run = Run(folder, "local", N_SHORT)
    if run.process.wait(SECONDS_AT_MOST) != 0:
        raise Failed(run.said)
    return ae.read(folder / "results" / "latest")


def drive() -> int:
    """`aeflow`, as a user gives it, with smaller parts."""
    from simulation.cli import main as command
    from simulation.runs import stored_run as unfinished

    unfinished.LEAST_SECONDS = PART_SECONDS
    return command(sys.argv[2:])


def main() -> int:
    """Send every signal so many times to each; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--executor", choices=("local", "dask"), default="local", help="(local)")
    parser.add_argument(
        "--each", type=int, default=10, help="times that each signal is sent to each (10)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the moments (1)")
    parser.add_argument("--to", nargs="+", choices=WHOM, default=WHOM, help=f"({' '.join(WHOM)})")
    parser.add_argument(
        "--signals", nargs="+", choices=SIGNALS, default=SIGNALS, help=f"({' '.join(SIGNALS)})"
    )
    options = parser.parse_args()
    chance = random.Random(options.seed)
    n_held = n_tried = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        place = Path(scratch)
        (place / "undisturbed").mkdir()
        expected = undisturbed(place / "undisturbed")
        for whom in options.to:
            for name in options.signals:
                when: list[str] = []
                faults: list[str] = []
                for repeat in range(options.each):
                    folder = place / f"{whom}-{name}-{repeat}"
                    folder.mkdir()
                    try:
                        if whom == "worker":
                            when.append(disturb(folder, options.executor, name, expected, chance))
                        else:
                            when.append(stop(folder, options.executor, name, whom, chance))
                    except Failed as fault:
                        faults.append(str(fault))
                n_tried += options.each
                n_held += options.each - len(faults)
                counts = ", ".join(f"{when.count(each)} {each}" for each in sorted(set(when)))
                print(
                    f"{name:4} of the {whom}: {len(when)} of {options.each} held ({counts})",
                    flush=True,
                )
                for fault in faults:
                    print(f"    {fault}", flush=True)
    print(f"{n_held} of {n_tried} held")
    return 0 if n_held == n_tried else 1


if __name__ == "__main__":
    sys.exit(drive() if sys.argv[1:2] == [DRIVER] else main())
