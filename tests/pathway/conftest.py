"""Small pathways from YAML, and the smallest one with changes laid over it."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from simulation.pathway.department import Pathway

EXAMPLES = Path(__file__).parents[2] / "configs" / "pathway" / "examples"
ADAPTER = TypeAdapter(Pathway)

SMALLEST = """
name: smallest
streams:
  walk_in: {starts: see, per_day: 24, mark: assumed, source: test}
pools:
  nurses: {kind: staff, capacity: 2, mark: assumed, source: test}
durations:
  seeing: {kind: fixed, mean: 30, mark: assumed, source: test}
priority:
  rule: acuity
  classes: {everybody: {rank: 1, rate: 1}}
  untriaged_as: everybody
  ignored_as: everybody
  mark: assumed
  source: test
steps:
  see: {asks: [nurses], minutes: [seeing], next: home}
ends:
  home: {outcome: discharged}
"""


def laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """A mapping with another laid over it, mapping by mapping."""
    result = copy.deepcopy(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = laid_over(result[key], value) if both else value
    return result


@pytest.fixture(scope="session")
def from_yaml() -> Callable[[str], Pathway]:
    """YAML text to a pathway."""
    return lambda text: ADAPTER.validate_python(yaml.safe_load(text))


@pytest.fixture(scope="session")
def smallest() -> Callable[..., Pathway]:
    """The smallest pathway with changes in YAML laid over it."""
    return lambda changes="": ADAPTER.validate_python(
        laid_over(yaml.safe_load(SMALLEST), yaml.safe_load(changes) or {})
    )


@pytest.fixture(scope="session", params=["clinic", "emergency_room"])
def example(request: pytest.FixtureRequest) -> Pathway:
    """Each example pathway."""
    return ADAPTER.validate_python(yaml.safe_load((EXAMPLES / f"{request.param}.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def emergency_room() -> Pathway:
    """The example with two types of patient."""
    return ADAPTER.validate_python(yaml.safe_load((EXAMPLES / "emergency_room.yaml").read_text(encoding="utf-8")))
