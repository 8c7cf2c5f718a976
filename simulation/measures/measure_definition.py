"""The form of a measure's definition. The definitions themselves: `patient_measures`, `binding_measures`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulation.department.own_measures import Better

DESIGN = "aeflow, docs: estimands stated before the first run"
"""The source of a definition of our own."""


@dataclass(frozen=True)
class Definition:
    """One measure: its unit ('share' is a number from 0 to 1), which way is better, what it counts.

    `needs`: the columns of patients that it reads. `evidence` and `source` say whose definition it is; `assumed` means
    that it is defined by aeflow.
    """

    name: str
    unit: Literal["minutes", "share", "patients"]
    better: Better
    definition: str
    evidence: Literal["published", "assumed"]
    source: str
    needs: tuple[str, ...] = ()
