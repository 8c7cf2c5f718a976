"""Small pathways from YAML, and the smallest one with changes laid over it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.department.vocabulary import Pathway
from tests.department.made import pathway_from

EXAMPLES = Path(__file__).parents[2] / "configs" / "pathway" / "gallery"

SMALLEST = """
name: smallest
arrivals:
  walk_in: {starts: see, per_day: 24, evidence: assumed, source: test}
pools:
  nurses: {kind: staff, capacity: 2, evidence: assumed, source: test}
durations:
  seeing: {kind: fixed, mean: 30, evidence: assumed, source: test}
priority:
  rule: acuity
  classes: {everybody: {rank: 1, rate: 1}}
  untriaged_as: everybody
  ignored_as: everybody
  evidence: assumed
  source: test
steps:
  see: {asks: [nurses], minutes: [seeing], next: home}
ends:
  home: {outcome: discharged}
"""


@pytest.fixture(scope="session")
def from_yaml() -> Callable[[str], Pathway]:
    """YAML text to a pathway."""
    return pathway_from


@pytest.fixture(scope="session")
def smallest() -> Callable[..., Pathway]:
    """The smallest pathway with changes in YAML laid over it."""
    return lambda changes="": pathway_from(SMALLEST, changes)


@pytest.fixture(scope="session", params=["clinic", "emergency_room"])
def example(request: pytest.FixtureRequest) -> Pathway:
    """Each example pathway."""
    return pathway_from((EXAMPLES / f"{request.param}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def emergency_room() -> Pathway:
    """The example with two types of patient."""
    return pathway_from((EXAMPLES / "emergency_room.yaml").read_text(encoding="utf-8"))
