"""A result whose waits are made up, so that no study has to be run."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from simulation.measures.measuring import MeasureName, Measures
from simulation.runs.replicate import ArmReplication, ReplicationResult
from simulation.runs.result import StudyResult
from simulation.study.design import Design

WAIT = MeasureName("wait_to_clinician_mean", "minutes", "all")


def result_of(design: Design, waits: Mapping[str, np.ndarray], *, planned: int = 0) -> StudyResult:
    """A result with these waits by arm, a number a replication. `planned`: replications planned (0: so many)."""
    n = len(waits[design.baseline])
    replications = tuple(
        ReplicationResult(
            number,
            {
                arm: ArmReplication(Measures((WAIT,), of_arm[[number]]), None, None, 0)
                for arm, of_arm in waits.items()
            },
            *(0, 0.0, 0.0),
        )
        for number in range(n)
    )
    pathway = SimpleNamespace(measures={}, groups={})
    arms = [SimpleNamespace(name=arm, pathway=pathway) for arm in waits]
    run = SimpleNamespace(replications=planned or n, measured_days=28, departments=None)
    study: Any = SimpleNamespace(
        design=design, arms=arms, run=run, departments=None, not_calibrated=""
    )
    explained: Any = None
    return StudyResult(study, replications, explained)
