"""Every block of docs/how-to/python.md runs, on a short run."""

import re
from pathlib import Path
from typing import Any

import numpy as np
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
