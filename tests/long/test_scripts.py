"""The scripts of this folder that start real processes, in short."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("script", "words", "says"),
    [
        ("signals.py", ("--each", "2"), "24 of 24 held"),
        ("dask_real.py", ("equal", "refused", "worker", "scheduler"), "4 of 4 hold"),
        ("kills.py", ("runs", "--moments", "5", "--replications", "40", "--rounds", "0"), "5 of 5 killed runs end as"),
    ],
)
def test_what_a_script_tries_holds(script: str, words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    asked = [sys.executable, HERE / script, *words]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, timeout=840)
    assert done.returncode == 0, done.stdout + done.stderr
    assert says in done.stdout
