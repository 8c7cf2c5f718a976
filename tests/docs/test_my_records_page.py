"""The pages on one's own records: their mapping, commands and Python are run on a made-up extract."""

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import simulation as ae
from simulation.cli import main
from simulation.extracts.logs import write_log
from tests.extracts.dirt import STAMPS
from tests.extracts.made import clean, mapping

from .test_docs import ROOT, blocks

PAGE, DETAIL = (f"docs/how-to/{name}.md" for name in ("my-records", "my-records-in-detail"))
MOST_LINES = 12
MOST_WORDS, MOST_OF_PATH = 1500, 350
"""Words of the page, and of the part with which a user starts (`tests/long/words_to_an_answer.py` counts the rest)."""


def commands() -> list[list[str]]:
    """The commands of both pages, in order."""
    lines = [line for page in (PAGE, DETAIL) for line in _text(page).splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("aeflow ")]


def _text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def test_the_page_is_short() -> None:
    path, heading, _ = _text(PAGE).partition("\n## When you need it\n")
    assert heading
    assert len(path.split()) <= MOST_OF_PATH
    assert len(_text(PAGE).split()) <= MOST_WORDS
    names = [line.split()[1] for line in path.splitlines() if line.startswith("aeflow ")]
    assert [*dict.fromkeys(names)] == ["extract", "fit", "compare"]


def test_the_mapping_of_the_page_reads_the_extract(tmp_path: Path) -> None:
    (stated,) = blocks(PAGE, "yaml")
    read = yaml.safe_load(stated)
    assert {key: read[key] for key in mapping()} == mapping()
    (tmp_path / "attendances.csv").write_text(clean(), encoding="utf-8")
    assert len(ae.read_extract(tmp_path / "attendances.csv", read).patients) == 400
    assert tuple(read["times"].values()) == STAMPS


def test_the_python_of_the_page_is_short_and_its_names_are_public() -> None:
    first, _, second = blocks(DETAIL, "python")
    assert len([line for line in first.splitlines() if line.strip()]) <= MOST_LINES
    assert set(re.findall(r"\bae\.(\w+)", first + second + _text(DETAIL))) <= set(ae.__all__)


@pytest.mark.slow
def test_the_python_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "attendances.csv").write_text(clean(3000, 21), encoding="utf-8")
    (tmp_path / "configs/extract").mkdir(parents=True)
    (tmp_path / "configs/extract/attendances.yaml").write_text(
        blocks(PAGE, "yaml")[0], encoding="utf-8"
    )
    names: dict[str, Any] = {}
    first, _, second = blocks(DETAIL, "python")
    exec(compile(first.replace("imputations=20", "imputations=2"), DETAIL, "exec"), names)
    exec(compile(second, DETAIL, "exec"), names)
    assert names["events"]["time"].max() < 1440
    trace = names["trace"]  # of made-up records, to whose waits nothing is near
    assert len(trace.tables["effects"].rows) == (2 if trace.is_near else 0)


@pytest.mark.filterwarnings("ignore:Install the optional requirement")
def test_pm4py_reads_the_log_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(
        "pm4py", reason="its licence is not ours, so it is not installed for the tests"
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "attendances.csv").write_text(clean(), encoding="utf-8")
    write_log(ae.read_extract("attendances.csv", mapping()), Path("events.xes"))
    names: dict[str, Any] = {}
    exec(compile(blocks(DETAIL, "python")[1], DETAIL, "exec"), names)
    assert names["first"] == {"arrived": 400}
    assert names["steps"][("arrived", "assessed")] > 300


def test_vidigi_shows_everybody_who_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prep = pytest.importorskip(
        "vidigi.prep", reason="it brings forty packages, so it is not installed for the tests"
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "attendances.csv").write_text(clean(1200, 20), encoding="utf-8")
    names: dict[str, Any] = {"ae": ae, "extract": ae.read_extract("attendances.csv", mapping())}
    exec(compile(blocks(DETAIL, "python")[2], DETAIL, "exec"), names)
    shown = prep.reshape_for_animations(names["events"], every_x_time_units=60, limit_duration=1440)
    arrived, departed = (
        names["extract"].patients[point] for point in ("arrived_at", "departed_at")
    )
    for snapshot in (0, 600, 1380):
        at = 14 * 1440 + snapshot
        there = set(np.flatnonzero((arrived <= at) & ~(departed <= at)))
        now = shown[(shown["snapshot_time"] == snapshot) & (shown["event"] != "depart")]
        assert set(now["entity_id"]) == there
        assert not now["event"].astype(str).str.endswith(":end").any()


@pytest.mark.slow
def test_the_commands_of_the_page_run_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "attendances.csv").write_text(clean(3000, 21), encoding="utf-8")
    run = [words for words in commands() if words[0] in ("extract", "fit", "trace")]
    assert [words[0] for words in run] == ["extract", "extract", "fit", "trace", "extract"]
    for words in run:
        quick = {"trace": ["imputations=2", "run.warm_up_days=7"], "fit": ["departments=0"]}
        assert main([*words, *quick.get(words[0], ())]) == 0
    assert (tmp_path / "events.xes").is_file()
    assert len(list((tmp_path / "results/extracts").rglob("extract.html"))) == 2
