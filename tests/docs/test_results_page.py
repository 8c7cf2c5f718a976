"""Every block of docs/how-to/results.md runs, on a small study."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import simulation as ae
from simulation.cli import main
from simulation.questions import ablation, what_decides
from simulation.statistics import compare

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "results.md"
SMALL = (
    "run.warm_up_days=0",
    "run.measured_days=2",
    "run.cool_down_days=1",
    "run.doublings=0",
    "run.replications=4",
)


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("summary.csv", compare.TIDY),
        ("decomposition.csv", ablation.TIDY),
        ("what_decides.csv", what_decides.TIDY),
    ],
)
def test_the_page_on_results_names_the_columns_of_every_tidy_file_in_order(
    file: str, columns: tuple[str, ...]
) -> None:
    text = (ROOT / "results" / "README.md").read_text(encoding="utf-8")
    (named,) = re.findall(rf"Columns of `{re.escape(file)}`: `([^`]*)`", text)
    assert tuple(re.split(r",\s+", named)) == columns


@pytest.mark.slow
def test_the_blocks_of_the_page_run(
    undrawn: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    load = ae.load
    monkeypatch.setattr(
        ae, "load", lambda *words, **named: load(*words, *SMALL, **named), raising=False
    )
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(compile(block, PAGE.name, "exec"), names)
    again, longer, growing = (names[name] for name in ("again", "longer", "growing"))
    for result in (again, longer, growing):
        assert isinstance(result, ae.Result)
    assert [len(result.replications) for result in (again, longer, growing)] == [4, 8, 3]
    assert longer.beside(again).tables
    assert ae.same_numbers(again, names["result"])
    assert main(["compare", "from=results/latest", "results=again", "executor=serial"]) == 0
    commands = re.findall(
        r"^```\n(aeflow [^`]*)\n```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    lines = [
        shlex.split(line.partition("#")[0])[1:] for block in commands for line in block.splitlines()
    ]
    assert [words[0] for words in lines] == ["compare", "results", "results", "extend", "compare"]
    assert main([*lines.pop(), "executor=serial", "results=precise"]) == 0
    assert len(ae.read("precise/latest").replications) >= 20
    for command, *words in lines:
        own = [*SMALL, "ensemble=none", "executor=serial"] if command == "compare" else []
        assert main([command, *own, *(word.replace("60", "2") for word in words)]) == 0, words
    extended = ae.read("results/latest")
    assert (len(extended.replications), extended.run.replications) == (6, 4)
