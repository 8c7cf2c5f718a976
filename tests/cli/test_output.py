"""Output that cannot be written ends in one sentence and an exit code, never in a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.held import Hold

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="a shell of Unix, and its /dev/full")


def shell(
    redirected: str, here: Path, command: str = "--help", **env: str
) -> subprocess.CompletedProcess[str]:
    """A command of aeflow, its output led elsewhere by the shell."""
    return subprocess.run(
        f'"{sys.executable}" -m aeflow {command} {redirected}',
        shell=True,
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("command", "redirected", "told"),
    [
        pytest.param("--help", ">/dev/full", "left on device", marks=pytest.mark.slow),
        ("schema", ">/dev/full", "left on device"),  # more than is held back until the end
        ("--help", ">&-", "output is closed"),
    ],
)
def test_a_full_disk_and_a_closed_output_are_one_sentence(
    command: str, redirected: str, told: str, tmp_path: Path, hold: Hold
) -> None:
    done = shell(redirected, tmp_path, command)
    assert done.returncode == 2
    hold(done.stderr, told)
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize(
    "redirected", [pytest.param(">/dev/full 2>/dev/full", marks=pytest.mark.slow), ">&- 2>&-"]
)
def test_where_nothing_can_be_said_the_code_says_it(redirected: str, tmp_path: Path) -> None:
    assert shell(redirected, tmp_path, "--help").returncode == 2


def test_a_reader_that_has_gone_is_no_fault(tmp_path: Path) -> None:
    done = shell("| true", tmp_path, "schema study")
    assert done.stderr == ""


@pytest.mark.slow
def test_an_ascii_locale_gets_plain_letters(tmp_path: Path) -> None:
    words = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}
    done = shell("", tmp_path, "show", **words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert not shell("", tmp_path, "show", **{**words, "LC_ALL": "C.UTF-8"}).stdout.isascii()
