"""Colours that mean different things are told apart by who sees no green (deuteranopia)."""

import re
import warnings
from itertools import combinations

import numpy as np
import pytest

from simulation.display.drawing import BETTER, GREY, LEVEL_COLOURS, UNCLEAR, WORSE
from simulation.display.web_page import TEMPLATES

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore"
    )  # Python warns of escapes in its source when it compiles it: on the first import
    from colorspacious import cspace_convert, deltaE

DEUTERANOPIA = {"name": "sRGB1+CVD", "cvd_type": "deuteranomaly", "severity": 100}
LEAST = 12.0
"""Difference in CAM02-UCS from which two patches beside each other are told apart at a glance; about 1 is just seen."""
STYLE = (TEMPLATES / "report.html").read_text(encoding="utf-8")


def seen(colour: str) -> np.ndarray:
    """A colour as it is seen with deuteranopia, sRGB from 0 to 1."""
    rgb = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return np.clip(cspace_convert(rgb, DEUTERANOPIA, "sRGB1"), 0, 1)


def apart(one: str, other: str) -> float:
    return float(deltaE(seen(one), seen(other), input_space="sRGB1"))


@pytest.mark.parametrize(("one", "other"), tuple(combinations((BETTER, WORSE, UNCLEAR), 2)))
def test_better_worse_and_not_settled_differ_in_pictures(one: str, other: str) -> None:
    assert apart(one, other) >= LEAST


@pytest.mark.parametrize(("one", "other"), tuple(combinations((*LEVEL_COLOURS, GREY), 2)))
def test_levels_of_acuity_differ_in_animations(one: str, other: str) -> None:
    assert apart(one, other) >= LEAST


def test_better_and_worse_differ_in_the_table_by_their_edges() -> None:
    edges = dict(
        re.findall(r"td\.(better|worse)\s*{ border-left-color: (#[0-9a-f]{6}|var\(--blue\))", STYLE)
    )
    blue = re.search(r"--blue: (#[0-9a-f]{6})", STYLE)
    assert blue is not None
    colours = {name: blue[1] if "var" in colour else colour for name, colour in edges.items()}
    assert set(colours) == {"better", "worse"}
    assert apart(colours["better"], colours["worse"]) >= LEAST


def test_red_and_green_of_the_same_lightness_would_not_pass() -> None:
    assert apart("#b35c44", "#7a7a33") < LEAST
