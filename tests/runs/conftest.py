"""A short study of the department that comes with aeflow, run once; and a department small enough to see through."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulation.api import Result, compare
from simulation.config import load
from simulation.department.vocabulary import Pathway
from simulation.study.study import Study
from tests.adapters import adapter_of

SHORT = (
    "ensemble=none",
    "run.measured_days=7",
    "run.warm_up_days=7",
    "run.replications=2",
    "engine=compiled",
    "executor=serial",
)
FEW = ("nurse", "sham", "lean_triage")
NOTE = {"evidence": "assumed", "source": "made for a test"}
LEVELS = ["immediate", "very_urgent", "urgent", "standard", "non_urgent"]


@pytest.fixture(scope="session")
def study() -> Study:
    """Every arm of the study that comes with aeflow, on two short replications."""
    return load(*SHORT)


@pytest.fixture(scope="session")
def few(study: Study) -> Study:
    """The baseline, the sham, and one arm that saves time."""
    return replace(study, arms=tuple(study.arm(name) for name in FEW))


@pytest.fixture(scope="session")
def result(few: Study) -> Result:
    """The answer of a few arms."""
    return compare(few)


@pytest.fixture(scope="session")
def ward() -> Callable[..., Pathway]:
    """Patients who are seen at once and keep a chair for `minutes`, before they go home."""

    def make(*, minutes: float, per_day: float = 20) -> Pathway:
        levels: dict[str, Any] = {
            level: {"rank": number + 1, "rate": 1} for number, level in enumerate(LEVELS)
        }
        stated = {
            "name": "ward",
            "arrivals": {"walk_in": {"starts": "see", "per_day": per_day, **NOTE}},
            "attributes": {
                "acuity_true": {
                    "kind": "choice",
                    "categories": LEVELS,
                    "shares": [0.05, 0.15, 0.3, 0.4, 0.1],
                    **NOTE,
                },
                "acuity_given": {"kind": "given", "like": "acuity_true", **NOTE},
            },
            "pools": {"doctors": {"kind": "staff", "unlimited": True, **NOTE}},
            "durations": {"seeing": {"kind": "fixed", "mean": minutes, **NOTE}},
            "priority": {
                "rule": "acuity",
                "classes": levels,
                "untriaged_as": "urgent",
                "ignored_as": "urgent",
                **NOTE,
            },
            "steps": {
                "see": {
                    "asks": ["doctors"],
                    "minutes": ["seeing"],
                    "first_seen": True,
                    "records": {"seen_at": "started"},
                    "next": "home",
                }
            },
            "ends": {"home": {"outcome": "discharged", "records": ["departed_at"]}},
        }
        return adapter_of(Pathway).validate_python(stated)

    return make


@pytest.fixture(scope="session")
def study_of(study: Study) -> Callable[..., Study]:
    """The nurse's arm at another department, for so many days."""

    def make(pathway: Pathway, **days: int) -> Study:
        arm = replace(study.baseline, pathway=pathway)
        design = replace(study.design, arms={arm.name: arm.arm}, sham=None)
        return replace(study, arms=(arm,), alone=arm, design=design, run=replace(study.run, **days))

    return make
