"""The small pathways of the tests of departments; a short study of the department that comes with aeflow."""

from dataclasses import replace

import pytest

from simulation.api import Result, compare
from simulation.config import load
from simulation.study.study import Study
from tests.department.conftest import emergency_room, example, from_yaml, smallest

__all__ = ["emergency_room", "example", "from_yaml", "smallest"]

SHORT = (
    "ensemble=none",
    "run.measured_days=7",
    "run.warm_up_days=7",
    "run.replications=2",
    "engine=compiled",
    "executor=serial",
)
FEW = ("nurse", "sham", "ai_label_measured_under")


@pytest.fixture(scope="session")
def study() -> Study:
    """Every arm of the study that comes with aeflow, on two short replications."""
    return load(*SHORT)


@pytest.fixture(scope="session")
def result(study: Study) -> Result:
    """The result of a few arms."""
    return compare(replace(study, arms=tuple(study.arm(name) for name in FEW)))
