"""Every command and block of docs/how-to/watch-a-day.md runs."""

import re
from pathlib import Path
from typing import Any

import pytest

import simulation as ae
from simulation.cli import main

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "watch-a-day.md").read_text(
    encoding="utf-8"
)
SHORT = ("run.warm_up_days=0", "run.measured_days=5", "run.cool_down_days=1")


@pytest.mark.slow
def test_the_commands_and_the_block_of_the_page_run(
    undrawn: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    study = ae.load("ensemble=none", *SHORT, "run.replications=1", "executor=serial")
    ae.compare(study.of_arms(["lean_triage"])).write("results")
    (commands,) = re.findall(r"^```\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    for line in commands.splitlines():
        aeflow, *words = line.split()
        assert aeflow == "aeflow"
        assert main([*words, *(() if "results/latest" in words else SHORT)]) == 0, line
    assert len(list((tmp_path / "results" / "animations").glob("*/animation.html"))) == 2
    assert (tmp_path / "day.html").is_file()
    (block,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(compile(block, "watch-a-day.md", "exec"), names)
    assert "Friday" in names["animation"].about
