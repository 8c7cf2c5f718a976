"""The ablation that comes with aeflow on two short replications, and a folder of the user's own configurations."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from simulation.api import Result, compare
from simulation.config import load
from tests.study.conftest import result, study

__all__ = ["result", "study"]

SHORT = (
    "run.measured_days=5", "run.warm_up_days=0", "run.cool_down_days=1", "run.doublings=0", "run.replications=2",
    "engine=compiled", "executor=serial", "ensemble=none",
)  # fmt: skip
STUDY = """
name: own
question: Which lever?
baseline: nurse
arms:
  nurse: {label: A nurse, triage: nurse}
ARMS
full: FULL
levers:
LEVERS
primary:
  - {measure: wait_to_clinician_mean, label: Wait, minimal_important_difference: 5, evidence: assumed, source: test}
"""


@pytest.fixture(scope="session")
def ablation() -> Result:
    """Every combination of what the vendor claims."""
    return compare(load("study=claim", *SHORT))


def study_of(folder: Path, *levers: str, full: str = "ai_as_claimed", arms: str = "") -> Path:
    """A folder of configurations with a study of these levers (a line each)."""
    path = folder / "mine" / "study" / "own.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = STUDY.replace("LEVERS", "\n".join(f"  {each}" for each in levers)).replace("FULL", full)
    path.write_text(text.replace("ARMS", arms), encoding="utf-8")
    return path.parents[1]


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Path]:
    """`study_of` in a folder of the test's own."""
    return partial(study_of, tmp_path)
