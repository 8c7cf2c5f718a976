"""The scripts of this folder that start real processes, in short."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("script", "words", "last"),
    [
        ("signals.py", ("--each", "2"), "24 of 24 held"),
        ("dask_real.py", ("equal", "refused", "worker", "scheduler"), "4 of 4 hold"),
    ],
)
def test_what_a_script_tries_holds(script: str, words: tuple[str, ...], last: str) -> None:
    done = subprocess.run([sys.executable, HERE / script, *words], capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == last
