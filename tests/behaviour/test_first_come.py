"""A department that states no priority serves in the order of arrival, on every engine."""

import numpy as np

from simulation.config import load
from simulation.department.vocabulary import FIRST_COME
from simulation.engine.choose import EngineName
from simulation.study.simulate import simulate_arm


def test_a_department_without_priority_serves_first_come_first_served(engine: EngineName) -> None:
    study = load("study=gallery/one_nurse", "run.warm_up_days=0", "run.measured_days=2")
    assert study.baseline.pathway.priority == FIRST_COME
    run = simulate_arm(study.baseline, study.run, engine, 0, cool_down_days=1)
    served = run.activities.frame().query("step == 'consultation'").sort_values("joined_at")
    assert (served["started_at"] > served["joined_at"]).mean() > 0.5, "somebody waits"
    assert np.all(np.diff(served["started_at"].dropna()) >= 0)
