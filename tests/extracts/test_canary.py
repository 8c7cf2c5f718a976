"""What patients are called and what they said gets nowhere, after a kill either."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulation.cli import main
from tests.extracts.dirt import CANARIES, broken
from tests.extracts.made import clean, written

WORDS = (*CANARIES, "A000001", "P000001")


def found_in(folder: Path, leave: Path) -> list[str]:
    """Files, but for the extract itself, in which a canary stands."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path != leave and any(word.encode() in path.read_bytes() for word in WORDS)
    ]


@pytest.mark.slow
def test_a_canary_is_in_no_file_and_in_nothing_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    extract = written(clean(3000, 40), tmp_path)
    for words in (["extract", "draft", "extract.csv"], ["extract", "extract.csv", "log=events.xes"],
                  ["fit", "extract=extract.csv", "out=mine"]):  # fmt: skip
        assert main(words) == 0
    said = capsys.readouterr()
    assert not found_in(tmp_path, extract)
    assert not any(word in said.out + said.err for word in WORDS)


def test_a_canary_is_in_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                 capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    text = broken(900, kinds=()).text()
    assert main(["extract", "draft", str(written(text, tmp_path))]) == 0
    for content in (text.partition("\n")[2], text.replace("2025-", "x"), text.replace(",", "|", 40), ""):
        written(content, tmp_path)
        assert main(["extract", "extract.csv"]) == 2
    said = capsys.readouterr()
    assert not any(word in said.out + said.err for word in WORDS)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
def test_a_kill_leaves_no_canary(tmp_path: Path) -> None:
    extract = written(clean(6000, 80), tmp_path)
    assert subprocess.run(
        [sys.executable, "-m", "simulation", "extract", "draft", "extract.csv"], cwd=tmp_path, capture_output=True
    ).returncode == 0  # fmt: skip
    for seconds in (1.0, 2.5):
        fit = subprocess.Popen(
            [sys.executable, "-m", "simulation", "fit", "extract=extract.csv", "out=mine"],
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"TMPDIR": str(tmp_path), "PATH": "", "PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        time.sleep(seconds)
        fit.kill()
        fit.wait()
        assert not found_in(tmp_path, extract)
