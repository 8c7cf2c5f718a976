"""Whether the warm-up of the typical site is long enough: no measure drifts, and a longer one changes nothing.

Each measure has a number per replication (a slope over the weeks, or a difference between windows) that is about
normal with mean 0 if the warm-up is long enough, and a t-test over the replications. The family of all tests of a
claim raises a false alarm once in 1,000 seeds (Bonferroni).
"""

from dataclasses import replace

import numpy as np
import pytest

from simulation.config import load
from simulation.measures.measuring import measure
from simulation.measures.occupancy import in_department
from simulation.measures.quantities import Window
from simulation.records.schema import Patients
from simulation.study.simulate import simulate_arm

REPLICATIONS = 12
WEEKS = 6
FALSE_ALARM = 0.001
WATCHED = {
    "wait, everybody": ("wait_to_clinician_mean", "all"),
    "wait, levels 1-2": ("wait_to_clinician_mean", "acuity_true=1-2"),
    "within four hours": ("within_4h_share", "all"),
}
NAMES = (*WATCHED, "boarders")


def watched(patients: Patients, window: Window) -> list[float]:
    """The watched numbers of one window."""
    measured = measure(patients, window=window)
    numbers = [measured.value(*name) for name in WATCHED.values()]
    return [*numbers, in_department(patients, "decided_at", window=window).mean]


@pytest.fixture(scope="module")
def windows() -> dict[str, np.ndarray]:
    """By window: the watched numbers, shape (REPLICATIONS, 4); and those of the weeks, (REPLICATIONS, WEEKS, 4)."""
    flat = (
        f"site.profiles.arrivals_month.weights={[1] * 12}"  # the seasons are a trend of their own
    )
    study = load("ensemble=none", "site=typical", flat, "engine=compiled", "executor=serial")
    warm_up = study.run.warm_up_days * 1440.0
    weeks = [(warm_up + week * 10080, warm_up + (week + 1) * 10080) for week in range(WEEKS)]
    run = replace(study.run, warm_up_days=2 * study.run.warm_up_days, measured_days=7 * WEEKS)
    as_stated = (warm_up, warm_up + WEEKS * 10080)
    found: dict[str, list[object]] = {"weeks": [], "as_stated": [], "doubled": []}
    for replication in range(REPLICATIONS):
        patients = simulate_arm(
            study.baseline, run, "compiled", replication, cool_down_days=4
        ).patients
        found["weeks"].append([watched(patients, week) for week in weeks])
        found["as_stated"].append(watched(patients, as_stated))
        found["doubled"].append(watched(patients, run.window))
    return {name: np.array(values) for name, values in found.items()}


def t_values(numbers: np.ndarray) -> np.ndarray:
    """Mean over standard error, of each column."""
    return np.asarray(numbers.mean(axis=0) / (numbers.std(axis=0, ddof=1) / np.sqrt(len(numbers))))


def limit() -> float:
    from scipy.stats import t

    return float(t.ppf(1 - FALSE_ALARM / len(NAMES) / 2, REPLICATIONS - 1))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_no_measure_drifts_over_the_measured_weeks(
    number: int, windows: dict[str, np.ndarray]
) -> None:
    week = np.arange(WEEKS) - (WEEKS - 1) / 2
    slopes = windows["weeks"][..., number] @ week / (week @ week)
    t = t_values(slopes[:, None])[0]
    assert abs(t) < limit(), f"{NAMES[number]} moves by {slopes.mean():.3g} a week, t = {t:.2f}"


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_twice_the_warm_up_moves_no_measure_beyond_its_interval(
    number: int, windows: dict[str, np.ndarray]
) -> None:
    moved = (windows["doubled"] - windows["as_stated"])[:, number]
    t = t_values(moved[:, None])[0]
    assert abs(t) < limit(), f"{NAMES[number]} moves by {moved.mean():.3g}, t = {t:.2f}"
