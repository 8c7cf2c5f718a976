"""The commands run in a folder of their own, with what they print."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulation.cli import main

SHORT = (
    "ensemble=none", "engine=compiled", "executor=serial", "run.measured_days=3", "run.warm_up_days=0",
    "run.cool_down_days=1", "run.doublings=0", "run.replications=2",
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """What it said about a mistake: one message, no traceback, a code of 2."""
        assert self.code == 2, (self.code, self.out, self.err)
        assert self.err.startswith("aeflow: ")
        assert self.err.count("aeflow: ") == 1
        assert "Traceback" not in self.out + self.err
        return self.err.removeprefix("aeflow: ").rstrip("\n")


Aeflow = Callable[..., Said]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def aeflow(here: Path, capsys: pytest.CaptureFixture[str]) -> Aeflow:
    """Run a command in the empty folder."""

    def run(*words: str) -> Said:
        capsys.readouterr()
        code = main(list(words))
        output = capsys.readouterr()
        return Said(code, output.out, output.err)

    return run


@pytest.fixture
def own(here: Path) -> Callable[..., Path]:
    """Write files (path within `configs` -> text) into the working folder's own configurations."""

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = here / "configs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return here / "configs"

    return write
