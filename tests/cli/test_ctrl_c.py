"""Ctrl-C in the middle of a run: one line, code 130, nothing half-written, nobody left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="a terminal's Ctrl-C is sent to a process group"),
]
LONG = (
    "run.replications=6", "run.measured_days=7", "run.warm_up_days=0", "run.cool_down_days=1", "run.doublings=0",
    "engine=reference",
)  # fmt: skip
"""Of each a second or two: the first is soon done, and the others leave time to be stopped."""
CHECKOUT = Path(__file__).parents[2]


def nobody_lives_for_long(group: int) -> bool:
    """Whether a process group is empty within five seconds."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_ctrl_c_in_the_middle_of_a_run_stops_it_cleanly(executor: str, tmp_path: Path) -> None:
    """A terminal sends it to every process of the run."""
    command = [sys.executable, "-m", "simulation", "run", f"executor={executor}", "workers=2", "results=kept", *LONG]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(120, lambda: os.killpg(process.pid, signal.SIGKILL))
    watchdog.start()
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert "1 of 6 replications" in first, first + process.stderr.read()
        os.killpg(process.pid, signal.SIGINT)
        told_at = time.monotonic()
        _, said = process.communicate()
        assert time.monotonic() - told_at < 30
    finally:
        watchdog.cancel()
    assert process.returncode == 130
    lines = [line for line in said.splitlines() if line and "replications" not in line]
    assert lines == ["aeflow: stopped. No half-written results are left; the same command starts from the beginning."]
    assert list((tmp_path / "kept").iterdir()) == []
    assert nobody_lives_for_long(process.pid)
