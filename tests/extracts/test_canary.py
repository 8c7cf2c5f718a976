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
        if path.is_file()
        and path != leave
        and any(word.encode() in path.read_bytes() for word in WORDS)
    ]


@pytest.mark.slow
def test_a_canary_is_in_no_file_and_in_nothing_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    extract = written(clean(3000, 40), tmp_path)
    for words in (["extract", "draft", "extract.csv"], ["extract", "extract.csv", "log=events.xes"],
                  ["fit", "extract=extract.csv", "out=mine", "departments=0"]):  # fmt: skip
        assert main(words) == 0
    said = capsys.readouterr()
    assert not found_in(tmp_path, extract)
    assert not any(word in said.out + said.err for word in WORDS)


def test_a_canary_is_in_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                 capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    text = broken(900, kinds=()).text()
    assert main(["extract", "draft", str(written(text, tmp_path))]) == 0
    for content in (
        text.partition("\n")[2],
        text.replace("2025-", "x"),
        text.replace(",", "|", 40),
        "",
    ):
        written(content, tmp_path)
        assert main(["extract", "extract.csv"]) == 2
    said = capsys.readouterr()
    assert not any(word in said.out + said.err for word in WORDS)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
@pytest.mark.parametrize("moment", ["", "configs/site/mine.yaml", "results/extracts"])
def test_a_kill_leaves_no_canary(moment: str, tmp_path: Path) -> None:
    """Killed while the extract is read, when the first file of the department is there, and as its page is written."""
    extract = written(clean(20_000, 80), tmp_path)
    assert subprocess.run(
        [sys.executable, "-m", "simulation", "extract", "draft", "extract.csv"], cwd=tmp_path, capture_output=True
    ).returncode == 0  # fmt: skip
    fit = subprocess.Popen(
        [sys.executable, "-m", "simulation", "fit", "extract=extract.csv", "out=mine", "departments=0"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={"TMPDIR": str(tmp_path), "PATH": "", "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    while fit.poll() is None:
        if (tmp_path / moment).exists() if moment else is_open(fit.pid, extract):
            break
        time.sleep(0.002)
    assert fit.poll() is None, "it ended before it could be killed"
    fit.kill()
    fit.wait()
    assert not found_in(tmp_path, extract)


def is_open(pid: int, path: Path) -> bool:
    """Whether a process has a file open; where nothing says so, whether it has run for two seconds."""
    folder = Path(f"/proc/{pid}/fd")
    if not folder.is_dir():
        time.sleep(2)
        return True
    try:
        return any(link.readlink() == path for link in folder.iterdir())
    except OSError:
        return False
