"""Every block of docs/how-to/python.md runs, on a short run."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simulation as ae

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "python.md"
SHORT = (
    "ensemble=none",
    "run.warm_up_days=7",
    "run.measured_days=7",
    "run.cool_down_days=1",
    "run.replications=3",
)


@pytest.mark.slow
def test_the_blocks_of_the_page_run(monkeypatch: pytest.MonkeyPatch) -> None:
    load = ae.load
    monkeypatch.setattr(
        ae, "load", lambda *words, **named: load(*words, *SHORT, **named), raising=False
    )
    names: dict[str, Any] = {}
    text = PAGE.read_text(encoding="utf-8")
    for block in re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        exec(compile(block, PAGE.name, "exec"), names)
    assert isinstance(names["result"], ae.Result)
    assert len(names["result"].replications) == 3
    assert names["differences"].shape == (3,)
    assert np.all(names["differences"] < 0)


def test_the_arm_that_the_page_adds_is_an_arm() -> None:
    (arm,) = re.findall(r"`\"(\+study\.arms\.mine=[^\"]*)\"`", PAGE.read_text(encoding="utf-8"))
    assert ae.load("ensemble=none", arm).arm("mine").arm.label == "Mine"


def test_whoever_was_never_assessed_is_left_out_of_the_share_of_the_page() -> None:
    (function,) = re.findall(
        r"^def share_over_an_hour.*?^    return [^\n]*",
        PAGE.read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    arrived = np.array([0.0, 0.0, 0.0, 0.0])
    table = pd.DataFrame({"arrived_at": arrived, "assessed_at": [30.0, 90.0, np.nan, np.nan]})
    result = SimpleNamespace(
        run=SimpleNamespace(warm_up_days=0, measured_days=1), patients=lambda arm, number: table
    )
    names: dict[str, Any] = {"result": result}
    exec(function, names)
    assert names["share_over_an_hour"]("today", 0) == 0.5


def test_the_arm_that_the_page_takes_out_is_taken_out() -> None:
    (word,) = re.findall(r"`\"(~study\.arms\.\w+)\"`", PAGE.read_text(encoding="utf-8"))
    names = [arm.name for arm in ae.load("ensemble=none").arms]
    left = [arm.name for arm in ae.load("ensemble=none", word).arms]
    assert left == [name for name in names if name != word.rpartition(".")[2]]
    (kept,) = re.findall(r"`study\.of_arms\((\[.*?\])\)`", PAGE.read_text(encoding="utf-8"))
    few = ae.load("ensemble=none").of_arms(ast.literal_eval(kept))
    assert [arm.name for arm in few.arms] == ["nurse", *ast.literal_eval(kept)]
