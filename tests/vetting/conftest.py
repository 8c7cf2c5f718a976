"""A bench on paper: a few made-up cases, and the 688 real ones where AEFLOW_DATA is set."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from simulation.vetting.bench import Vetting
from simulation.vetting.cases import CaseSet, Levels
from simulation.vetting.scores import Labelled
from simulation.vetting.vet import cases_of, load_plan

Made = Callable[..., CaseSet]
EXACT_NURSE = [[1 if i == k else 0 for k in range(5)] for i in range(5)]
PUBLISHED = [
    [15, 11, 0, 0, 0],
    [3, 183, 27, 6, 1],
    [0, 16, 400, 63, 8],
    [0, 4, 20, 420, 15],
    [0, 0, 0, 12, 63],
]
"""The packaged nurse's counts."""


@pytest.fixture(scope="session")
def synthetic() -> tuple[Vetting, CaseSet]:
    """A plan and 120 made-up cases."""
    plan = load_plan("synthetic", ["cases.number=120"])
    return plan, cases_of(plan)


@pytest.fixture(scope="session")
def korean(aeflow_data: Path) -> tuple[Vetting, CaseSet]:
    """A plan and the 688 real cases."""
    plan = load_plan("korean", [f"cases.file={aeflow_data / 'ktas_local_ed.csv'}"])
    return plan, cases_of(plan)


def labelled(truth: Sequence[int] | Levels, labels: Sequence[int] | Levels) -> Labelled:
    """Levels from 1, one repeat; 0 for no label."""
    return Labelled(np.array(truth) - 1, (np.array(labels) - 1)[:, None])


def drawn(truth: Levels, counts: list[list[int]], seed: int) -> Levels:
    """Labels from 0 that err as counts say, independently."""
    shares = np.array(counts, float) / np.sum(counts, axis=1, keepdims=True)
    chance = np.random.default_rng(seed).random(len(truth))
    found: Levels = (chance[:, None] >= np.cumsum(shares, axis=1)[truth][:, :-1]).sum(axis=1)
    return found
