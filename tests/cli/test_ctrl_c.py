"""Ctrl-C, TERM and HUP in the middle of a run: one line that says what is kept, nobody left behind, and it goes on."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from simulation import cli
from simulation.errors import ConfigError, Fault
from simulation.signals import SECONDS_TO_STOP, stopped_by_signals
from tests.held import Hold

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="a terminal's Ctrl-C is sent to a process group"
)
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


def stopped(number: int, folder: Path) -> tuple[int, list[str]]:
    """Start a run, send it a signal after one replication; exit code, and what was said since."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulation", "run", "executor=serial", "results=kept", *LONG],
        cwd=folder,
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
        os.killpg(process.pid, number)
        told_at = time.monotonic()
        _, output = process.communicate()
        assert time.monotonic() - told_at < 30
    finally:
        watchdog.cancel()
    assert nobody_lives_for_long(process.pid)
    return process.returncode, [
        line for line in output.splitlines() if line and "of 6 replications" not in line[:26]
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGINT, "stopped"),
        (signal.SIGTERM, "stopped by SIGTERM"),
        (signal.SIGHUP, "stopped by SIGHUP"),
    ],
)
def test_a_signal_in_the_middle_of_a_run_stops_it_cleanly_and_what_is_done_is_kept(
    number: int, words: str, tmp_path: Path, hold: Hold
) -> None:
    """Of one process; `tests/long/signals.py` sends it to the processes of others."""
    code, lines = stopped(number, tmp_path)
    assert code == 128 + number
    (line,) = lines
    assert line.startswith(f"aeflow: {words}. ")
    hold(line)
    (unfinished,) = (tmp_path / "kept").glob("*/.unfinished-*")
    assert list(unfinished.glob("parts/*.parquet"))


def test_a_second_signal_does_not_disturb_the_work_of_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with stopped_by_signals() as asked:
        with pytest.raises(KeyboardInterrupt):
            asked(signal.SIGHUP, None)
        asked(signal.SIGTERM, None)
        assert asked.exit_code == 128 + signal.SIGHUP
        now[0] += SECONDS_TO_STOP
        with pytest.raises(KeyboardInterrupt):
            asked(signal.SIGTERM, None)


def test_a_signal_that_is_ignored_stays_ignored_and_the_others_are_given_back() -> None:
    """As HUP is under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    of_term = signal.getsignal(signal.SIGTERM)
    try:
        with stopped_by_signals() as asked:
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is asked
        assert signal.getsignal(signal.SIGTERM) == of_term
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_error_that_a_library_makes_of_a_signal_is_not_told_as_the_user_s(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(words: list[str]) -> int:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise ConfigError(
                [Fault("configuration", "ConfigCompositionException()", "See `aeflow show`")]
            ) from None
        return 0

    monkeypatch.setitem(cli.COMMANDS, "show", interrupted)
    assert cli.main(["show"]) == 128 + signal.SIGTERM
    assert (
        capsys.readouterr().err.strip()
        == "aeflow: stopped by SIGTERM. Nothing half-written is left."
    )


@pytest.mark.parametrize("module", ["simulation.cli", "numpy", "hydra"])
@pytest.mark.parametrize("command", ["aeflow", pytest.param("simulation", marks=pytest.mark.slow)])
def test_ctrl_c_during_an_import_is_one_line(command: str, module: str, tmp_path: Path) -> None:
    """The signal comes as a module is looked for: before the commands can hear it, and later."""
    (tmp_path / "sitecustomize.py").write_text(
        "import signal, sys\n"
        "class Press:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Press())\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(tmp_path), str(CHECKOUT)])
    done = subprocess.run(
        [sys.executable, "-m", command, "show"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "aeflow: stopped. Nothing half-written is left."


def test_a_signal_that_python_drops_in_a_callback_comes_again(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class Pressed:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    def work() -> None:
        Pressed()
        for _ in range(100):
            time.sleep(0.05)

    with stopped_by_signals() as asked, pytest.raises(KeyboardInterrupt):
        work()
    assert asked.exit_code == 130
    assert capfd.readouterr().err == ""
