"""The precision that a study should reach for one number (`run.precision`), which decides how many replications run."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from annotated_types import Ge, Le

from simulation.department.config_dataclass import Positive, Unit, config_dataclass
from simulation.errors import Fault, nearest

LEAST_FIRST = 20
"""Replications below which a standard deviation says too little to plan by: from 20 its 95 % interval reaches from 0.76
to 1.46 times it."""
MOST_REPLICATIONS = 1_000_000


@config_dataclass
class Precision:
    """How precisely a measure should be known, from which follows how many replications are run.

    Replications are run in stages: the spread so far says how many are needed in all, until there are enough. There are
    at least `run.replications` and at most `at_most` of them; skewed numbers need more.

    Example: `{measure: wait_to_clinician_mean, group: "acuity_true=1-2", arm: lean_triage, half_width: 0.5,
    first_stage: 30, at_most: 500}`
    """

    measure: str
    """The measure, by its name in the tables."""
    group: str = "all"
    """Whose measure: everybody's, or that of one group of patients."""
    arm: str | None = None
    """The arm whose difference from the baseline is meant, or the baseline, for its own level; none: the differences of
    all arms but a sham, the least precise of which decides (the level, where there is only the baseline)."""
    half_width: Annotated[Positive, Unit("that of the measure")]
    """Half the length that the 95 % interval should have."""
    first_stage: Annotated[int, Ge(LEAST_FIRST), Le(MOST_REPLICATIONS), Unit("replications")] = LEAST_FIRST
    """Replications that are run first, from whose spread the number of all is planned; `run.replications`, if these
    are more."""
    at_most: Annotated[int, Ge(LEAST_FIRST), Le(MOST_REPLICATIONS), Unit("replications")] = 1000
    """The upper bound, whatever the spread."""

    def arm_fault(self, arms: Collection[str]) -> Fault | None:
        """The fault of `arm` in a study with these arms; None if there is none."""
        if self.arm is None or self.arm in arms:
            return None
        return Fault("run.precision.arm", f"there is no arm '{self.arm}'", nearest(self.arm, arms))

    def arms_meant(self, arms: Collection[str], baseline: str, sham: str | None) -> tuple[str, ...]:
        """The arms whose differences from the baseline are planned; the baseline itself stands for its level."""
        if self.arm is not None:
            return (self.arm,)
        return tuple(arm for arm in arms if arm not in (baseline, sham)) or (baseline,)
