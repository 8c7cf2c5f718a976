"""A real Dask cluster on this machine: a scheduler, two workers, a client, each a process of its own.

    python tests/long/dask_real.py [NAME ...]

equal: serial = local = Dask = array jobs put together, to the last bit. refused: a worker whose processor draws other
numbers is named before work starts. worker: a worker is killed, and the run ends equal. scheduler: the scheduler is
killed, the run stops in words, and the same command ends equal. cost: processor time of scheduler and client a task.
Exit code 0 if all hold.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
LENGTH = ("engine=compiled", "run.warm_up_days=0", "run.cool_down_days=7", "run.doublings=0")
N_REPLICATIONS = 40
N_PROFILED = 20
"""Tasks that are not counted: the first replications bring day profiles, and set up what the others use."""
N_TASKS = 200
SECONDS_IDLE = 5.0
MOST_MS = 8.0
"""Of processor time a task, scheduler and client together."""
SECONDS_AT_MOST = 300.0
OTHER_PROCESSOR = "AVX2 FMA3 AVX512F AVX512_SKX AVX512_ICL AVX512_SPR X86_V3 X86_V4"
"""Instructions that NumPy is told to leave alone: it then draws as an older processor does."""


class RealCluster:
    """A scheduler and workers, each a process of its own on the loopback interface."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.scheduler = self._started(
            "scheduler", "--scheduler-file", str(self.file), "--port", "0"
        )
        _until(self.file.is_file)
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread."""
        options = ("--scheduler-file", str(self.file), "--nthreads", "1", "--no-nanny")
        worker = self._started("worker", *options, local_directory=True, **environment)
        self.workers.append(worker)
        return worker

    def _started(
        self, kind: str, *options: str, local_directory: bool = False, **environment: str
    ) -> subprocess.Popen[bytes]:
        own = ("--local-directory", str(self.folder)) if local_directory else ()
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            f"distributed.cli.dask_{kind}",
            "--host",
            "127.0.0.1",
        ]
        return subprocess.Popen(
            [*command, "--no-dashboard", *options, *own],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / f"{kind}.log").open("ab"),
        )

    def __enter__(self) -> "RealCluster":
        return self

    def __exit__(self, *error: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
        with suppress(FileNotFoundError):
            self.file.unlink()


def _until(true: Callable[[], bool]) -> None:
    """Wait until something is true. Raises TimeoutError."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > SECONDS_AT_MOST:
            raise TimeoutError
        time.sleep(0.05)


def aeflow(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start a command in a folder of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "simulation", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_words(*more: str) -> list[str]:
    """`aeflow run`: one arm of a small department."""
    small = (
        "study=gallery/one_nurse",
        "run.measured_days=182",
        f"run.replications={N_REPLICATIONS}",
    )
    return ["run", *small, *LENGTH, *more]


def result_of(command: subprocess.Popen[str], folder: Path) -> Any:
    """What a command that ends well has written."""
    import simulation as ae

    out, err = command.communicate(timeout=SECONDS_AT_MOST)
    assert command.returncode == 0, out + err
    return ae.read(folder / "results" / "latest")


def made(folder: Path, *more: str) -> Any:
    """The result of `aeflow run` in a new folder."""
    folder.mkdir()
    return result_of(aeflow(folder, *run_words(*more)), folder)


_undisturbed: list[Any] = []


def undisturbed(scratch: Path) -> Any:
    """The result of one process, made once."""
    if not _undisturbed:
        _undisturbed.append(made(scratch / "serial", "executor=serial"))
    return _undisturbed[0]


def same(one: Any, other: Any) -> bool:
    """Whether all measures are equal to the last bit."""
    import simulation as ae

    return ae.same_numbers(one, other)


# --- what is tried ----------------------------------------------------------------------------------------------------


def equal(scratch: Path) -> str:
    """Every executor, and parts put together, give the same measures."""
    import simulation as ae

    serial = undisturbed(scratch)
    others = {"local": made(scratch / "local", "executor=local", "workers=2")}
    others["own cluster"] = made(scratch / "own", "executor=dask", "workers=2")
    with RealCluster(scratch) as cluster:
        for _ in range(2):
            cluster.add_worker()
        file = f"cluster.scheduler_file={cluster.file}"
        others["real cluster"] = made(scratch / "real", "executor=dask", file, "cluster.wait_for=2")
    half = N_REPLICATIONS // 2
    parts = []
    for first in (0, half):
        folder = scratch / f"part-{first}"
        made(folder, "executor=serial", f"run.first={first}", f"run.count={half}")
        parts.append(folder / "results" / "latest")
    others["array jobs"] = ae.gather(parts)
    unlike = [name for name, result in others.items() if not same(serial, result)]
    assert not unlike, f"not equal to serial: {unlike}"
    return f"serial = {' = '.join(others)}: {N_REPLICATIONS} replications equal to the last bit"


def refused(scratch: Path) -> str:
    """A worker that would compute other numbers is refused, in words that name it, and nothing is simulated."""
    (scratch / "refused").mkdir()
    with RealCluster(scratch) as cluster:
        cluster.add_worker()
        cluster.add_worker(NPY_DISABLE_CPU_FEATURES=OTHER_PROCESSOR)
        words = ("executor=dask", f"cluster.scheduler_file={cluster.file}", "cluster.wait_for=2")
        command = aeflow(
            scratch / "refused", "run", *LENGTH, *words
        )  # one nurse's patients are drawn alike
        _, err = command.communicate(timeout=SECONDS_AT_MOST)
    assert command.returncode == 2, err
    assert "Traceback" not in err, err
    assert "what this processor makes of the same random numbers" in err, err
    assert err.count("tcp://127.0.0.1:") == 1, err
    return f"refused in words: {err.strip()}"


def worker(scratch: Path) -> str:
    """One of two workers is killed in the middle; the run ends with the same measures."""
    import simulation as ae

    serial = undisturbed(scratch)
    folder = scratch / "worker"
    folder.mkdir()
    with RealCluster(scratch) as cluster:
        for _ in range(2):
            cluster.add_worker()
        words = run_words(
            "executor=dask", f"cluster.scheduler_file={cluster.file}", "cluster.wait_for=2"
        )
        command = aeflow(folder, *words)
        _first_line(command)
        cluster.workers[0].send_signal(signal.SIGKILL)
        result = result_of(command, folder)
    assert same(serial, result)
    assert isinstance(result, ae.Result)
    return f"a worker killed: {N_REPLICATIONS} replications, equal"


def scheduler(scratch: Path) -> str:
    """The scheduler is killed in the middle; the run stops in words; the same command ends with the same measures."""
    serial = undisturbed(scratch)
    folder = scratch / "scheduler"
    folder.mkdir()
    with RealCluster(scratch) as cluster:
        cluster.add_worker()
        words = run_words("executor=dask", f"cluster.scheduler_file={cluster.file}")
        command = aeflow(folder, *words)
        _first_line(command)
        cluster.scheduler.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        _, err = command.communicate(timeout=SECONDS_AT_MOST)
        took = time.monotonic() - killed_at
    assert command.returncode == 2, err
    assert "Traceback" not in err, err
    assert "has gone" in err, err
    assert "are kept" in err, err
    with RealCluster(scratch) as cluster:
        cluster.add_worker()
        again = aeflow(folder, *words)
        result = result_of(again, folder)
    assert same(serial, result)
    return f"the scheduler killed: stopped in words after {took:.1f} s, resumed, equal\n    {err.splitlines()[-1]}"


def _first_line(command: subprocess.Popen[str]) -> None:
    assert command.stderr is not None
    line = command.stderr.readline()
    while "replications" not in line:
        assert line, "the command ended before a replication did"
        line = command.stderr.readline()


def cost(scratch: Path) -> str:
    """Processor time of the scheduler's and the client's process, of many small tasks after a few."""
    from simulation import load
    from simulation.runs.running import completed, open_executor

    with RealCluster(scratch) as cluster:
        for _ in range(2):
            cluster.add_worker()
        study = load(
            *LENGTH, "run.measured_days=7", f"run.replications={N_TASKS}", "executor=dask",
            f"cluster.scheduler_file={cluster.file}", "cluster.wait_for=2",
        )  # fmt: skip
        with open_executor(study) as executor:
            list(completed(executor, study, range(N_PROFILED)))
            of_scheduler = psutil.Process(cluster.scheduler.pid)

            def used() -> tuple[float, float, float]:
                return sum(of_scheduler.cpu_times()[:2]), time.process_time(), time.monotonic()

            begun = used()
            time.sleep(SECONDS_IDLE)
            idle = used()
            n_done = sum(
                1 for _ in completed(executor, study, range(N_PROFILED, N_PROFILED + N_TASKS))
            )
            ended = used()
    wall = ended[2] - idle[2]
    ms = []
    for place in (0, 1):
        of_idling = (idle[place] - begun[place]) / (idle[2] - begun[2]) * wall
        ms.append(1000 * (ended[place] - idle[place] - of_idling) / n_done)
    words = (
        f"{n_done} tasks of {len(study.arms)} arms: scheduler {ms[0]:.1f} ms, client {ms[1]:.1f} ms a task "
        f"(besides what both use while idle); {1000 * wall / n_done:.0f} ms of wall time"
    )
    assert sum(ms) <= MOST_MS, f"{words}; allowed: {MOST_MS} together"
    return words


TRIED = {each.__name__: each for each in (equal, refused, worker, scheduler, cost)}


def main() -> int:
    """Try what is named, all of it if nothing is; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"what to try: {', '.join(TRIED)} (all)"
    )
    names = parser.parse_args().names or list(TRIED)
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            try:
                print(f"{name}: {TRIED[name](Path(scratch))}", flush=True)
            except AssertionError as error:
                failed += 1
                print(f"{name}: FAILED: {error}", flush=True)
    print(f"{len(names) - failed} of {len(names)} hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
