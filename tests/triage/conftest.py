"""A triage desk on paper: three streams, five levels, a few durations, nobody who queues for long."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulation.department.vocabulary import Pathway
from simulation.patients import Draws, draw
from simulation.records.serialise import to_plain
from simulation.triage.policy import Policy
from tests.adapters import adapter_of
from tests.policies import policy_called

CONFIGS = Path(__file__).parents[2] / "configs" / "triage"
LEVELS = ["immediate", "very_urgent", "urgent", "standard", "non_urgent"]
COMPLAINTS = ["injury", "chest_pain", "breathing", "abdominal", "mental_health", "other"]
AGES = ["child", "adult", "older", "oldest"]
WHY = {"evidence": "assumed", "source": "test"}


@pytest.fixture(scope="session")
def stated_desk() -> dict[str, Any]:
    def stream(per_day: float) -> dict[str, Any]:
        return {"starts": "triage", "per_day": per_day, **WHY}

    def minutes(mean: float) -> dict[str, Any]:
        return {"kind": "lognormal", "mean": mean, "log_sd": 0.6, **WHY}

    return {
        "name": "desk",
        "arrivals": {"walk_in": stream(2000), "ambulance": stream(1000), "referred": stream(500)},
        "attributes": {
            "sex": {
                "kind": "choice",
                "categories": ["female", "male"],
                "shares": [0.5, 0.5],
                **WHY,
            },
            "acuity_true": {
                "kind": "choice",
                "categories": LEVELS,
                "shares": [0.1, 0.2, 0.3, 0.25, 0.15],
                **WHY,
            },
            "language_need": {"kind": "chance", "p": 0.04, **WHY},
            "age_band": {
                "kind": "choice",
                "categories": AGES,
                "shares": [0.2, 0.5, 0.2, 0.1],
                **WHY,
            },
            "acuity_given": {"kind": "given", "like": "acuity_true", **WHY},
            "test_rounds": {
                "kind": "choice",
                "categories": ["0", "1", "2"],
                "shares": [0.4, 0.5, 0.1],
                **WHY,
            },
            "complaint": {
                "kind": "choice",
                "categories": COMPLAINTS,
                "shares": [0.3, 0.1, 0.1, 0.2, 0.1, 0.2],
                **WHY,
            },
            "trolley": {"kind": "chance", "p": 0.3, **WHY},
            "admitted": {"kind": "chance", "p": 0.3, **WHY},
            "suits_primary_care": {"kind": "chance", "p": 0.2, **WHY},
            "suits_same_day_care": {"kind": "chance", "p": 0.1, **WHY},
            "streamed": {
                "kind": "action",
                "categories": ["nowhere", "primary_care", "same_day_care"],
                **WHY,
            },
            "tests_ordered": {
                "kind": "action",
                "categories": ["0", "1"],
                "only": {"acuity_given": LEVELS[1:]},
                **WHY,
            },
            "bed_requested": {"kind": "action", "categories": ["no", "yes"], **WHY},
        },
        "pools": {"nurses": {"kind": "staff", "unlimited": True, **WHY}},
        "durations": {
            "triage_interview": minutes(3.3),
            "triage_observations": minutes(1.1),
            "triage_record": minutes(2.2),
            "testing": {**minutes(5), "repeats": 2},
            "ambulance_assessment": minutes(8),
            "first_contact": minutes(25),
            "review": {**minutes(10), "repeats": 2},
            "worsening": {"kind": "exponential", "mean": 400, **WHY},
        },
        "worsening": {
            "minutes": "worsening",
            "arrivals": ["walk_in"],
            "becomes": {"urgent": "very_urgent"},
            **WHY,
        },
        "rounds": {"waiting_at": ["triage"], "every_minutes": 10, **WHY},
        "priority": {
            "rule": "acuity",
            "classes": {
                level: {"rank": rank, "rate": 5 - rank} for rank, level in enumerate(LEVELS)
            },
            "untriaged_as": "urgent",
            "ignored_as": "urgent",
            **WHY,
        },
        "steps": {
            "triage": {
                "asks": ["nurses"],
                "minutes": ["triage_interview", "triage_observations", "triage_record"],
                "relabels": "acuity_given",
                "next": "home",
            }
        },
        "ends": {"home": {"outcome": "discharged"}},
    }


@pytest.fixture(scope="session")
def desk(stated_desk: dict[str, Any]) -> Pathway:
    built: Pathway = adapter_of(Pathway).validate_python(stated_desk)
    return built


@pytest.fixture(scope="session")
def patients(desk: Pathway) -> Draws:
    """About 35,000 patients."""
    return draw(desk, seed=11, replication=0, days=10)


@pytest.fixture(scope="session")
def tool() -> Callable[[str], dict[str, Any]]:
    """A packaged policy as its YAML states it, without the nurse; fresh each time."""

    def read(name: str) -> dict[str, Any]:
        found = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found

    return read


@pytest.fixture(scope="session")
def stated() -> Callable[..., dict[str, Any]]:
    """A packaged policy with its nurse, as YAML would state the two; fresh each time."""

    def read(name: str, nurse: str = "") -> dict[str, Any]:
        stated: dict[str, Any] = to_plain(policy_called(name, nurse))
        return stated

    return read


@pytest.fixture(scope="session")
def policy(stated: Callable[[str], dict[str, Any]]) -> Callable[..., Policy]:
    """A packaged policy, with some of its keys replaced."""

    def build(name: str, **changes: Any) -> Policy:
        built: Policy = adapter_of(Policy).validate_python({**stated(name), **changes})
        return built

    return build
