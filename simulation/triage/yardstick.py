"""Yardsticks: what the true level means where a tool was measured. Figures against different ones do not compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Yardstick = Literal["panel", "physician", "outcome", "written"]
YARDSTICKS: Mapping[Yardstick, str] = {
    "panel": "the level an expert panel gave afterwards, with the whole record",
    "physician": "the level a physician gave at triage",
    "outcome": "a level derived from what happened to the patient",
    "written": "the level a synthetic vignette was written for",
}
"""What the true level is under each, in words."""
