"""The commands and files of docs/how-to/vet-a-triage-ai.md do what the page says; nothing is asked of anybody."""

import re
import shlex
from pathlib import Path

import pytest

from simulation.cli import main
from simulation.vetting.vet import cases_of, load_plan

from .test_docs import ROOT, blocks

PAGE = "docs/how-to/vet-a-triage-ai.md"
CARDS = """Presenting complaint,Age,Sex,Came by,Pulse,SpO2,consultant_level,nurse_level
cough,40,F,1,88,97,4,4
chest pain,71,M,2,n/a,93,2,3
rash,9,F,1,,,5,5
"""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with the files that the page tells to write."""
    plan, cases = blocks(PAGE, "yaml")
    for name, text in (("vetting/ours", plan), ("cases/ours", cases)):
        path = tmp_path / "configs" / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "cards.csv").write_text(CARDS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_files_of_the_page_make_a_bench(here: Path) -> None:
    plan = load_plan("ours")
    cases = cases_of(plan)
    assert sorted((case.truth, case.nurse) for case in cases.cases) == [(2, 3), (4, 4), (5, 5)]
    assert {case.inputs.get("heart_rate") for case in cases.cases} == {88.0, None}
    assert cases.yardstick == "panel"


def test_the_commands_of_the_page_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As dry runs, the vendor's file and the downloaded one being made up here; `write_cases` as it stands."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    listed = re.findall(r"^aeflow .*$", text, re.MULTILINE)
    assert len(listed) == 9
    (here / "vendor").mkdir()
    (here / "vendor" / "answers.csv").write_text("case,label\n", encoding="utf-8")
    for line in listed:
        program, *words = shlex.split(line)
        assert program == "aeflow"
        if "cases.file=ktas_local_ed.csv" in words or words[0] == "compare":
            continue  # run whole by tests/vetting
        words = [word for word in words if not word.startswith("against=")]
        dry = [] if {"write_cases=true", "dry_run=true"} & {*words} else ["dry_run=true"]
        assert main([*words, *dry]) == 0, (line, capsys.readouterr().err)
    assert (here / "results" / "vetting" / "ours-cases_to_answer.csv").is_file()
