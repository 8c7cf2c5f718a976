"""Worlds whose answer is known: trials of Gaussian cells, and banks of made-up departments."""

import numpy as np

from simulation.evaluation.analyses import analyse
from simulation.evaluation.design import (
    Analysis,
    EvaluatedOutcome,
    EvaluationDesign,
    Stepped,
    Switching,
)
from simulation.evaluation.operating import N_TRIALS, OperatingCharacteristics, characteristics
from simulation.evaluation.trials import Bank, Trials, trials_of
from simulation.measures.measuring import DailyOutcome
from simulation.records.schema import Floats, Mask

WAIT = DailyOutcome(measure="wait_to_clinician_mean")
A_DAY = 100.0
"""Patients a day of a made-up department."""


def operating(
    bank: Bank,
    design: EvaluationDesign,
    analysis: Analysis,
    outcome: EvaluatedOutcome,
    arm: str,
    *,
    n_trials: int = N_TRIALS,
) -> OperatingCharacteristics:
    """How an analysis of a design does with one arm and outcome, over emulated trials."""
    trials = trials_of(bank, design, arm, outcome.daily, n_trials)
    return characteristics(
        trials, analyse(trials, analysis), bank.department, design, analysis, outcome, arm
    )


def design_of(
    switching: Switching,
    *,
    departments: int = 1,
    weeks: int = 24,
    analysis: str = "weekly_t",
    **keys: object,
) -> EvaluationDesign:
    stated = {
        "label": "made up",
        "randomised": "",
        "evidence": "assumed",
        "source": "made for a test",
        **keys,
    }
    return EvaluationDesign(  # type: ignore[arg-type]
        departments=departments, weeks=weeks, switching=switching, analyses=(analysis,), **stated
    )


def gaussian(
    allocations: Mask,
    n_trials: int,
    *,
    effect: float = 0.0,
    between: float = 0.0,
    within: float = 1.0,
    shock: float = 0.0,
    correlation: float = 0.0,
    seed: int = 1,
) -> Trials:
    """Trials of Gaussian cells: a department's level, a shock that all departments share, and noise that is
    autoregressive of order 1; the variances of each."""
    chance = np.random.default_rng(seed)
    _, n, n_periods = allocations.shape
    drawn = chance.integers(len(allocations), size=n_trials)
    noise = chance.normal(size=(n_trials, n, n_periods))
    for period in range(1, n_periods):
        noise[:, :, period] = (
            correlation * noise[:, :, period - 1]
            + np.sqrt(1 - correlation**2) * noise[:, :, period]
        )
    values = np.sqrt(within) * noise + np.sqrt(between) * chance.normal(size=(n_trials, n, 1))
    values += (
        np.sqrt(shock) * chance.normal(size=(n_trials, 1, n_periods)) + effect * allocations[drawn]
    )
    moments = np.stack([np.ones_like(values), values, values**2], axis=-1)
    runs = np.tile(np.arange(n), (n_trials, 1))
    return Trials(
        moments,
        allocations,
        drawn,
        np.arange(n_periods),
        runs,
        np.full(n_trials, effect),
        between,
        within,
    )


def bank_of_noise(
    n: int, weeks: int, *, effect: float = 0.0, by_department: float = 0.0, seed: int = 1
) -> Bank:
    """Departments whose days are independent, and a tool that changes a patient's wait by a known amount."""
    chance = np.random.default_rng(seed)
    own = effect + by_department * chance.normal(size=n)
    means = 60 + 10 * chance.normal(size=(n, 1)) + 3 * chance.normal(size=(n, 7 * weeks))

    def days(of: Floats) -> Floats:
        total = A_DAY * of
        return np.stack([np.full_like(of, A_DAY), total, A_DAY * (of**2 + 400)], axis=1)[:, None]

    arms = {"nurse": days(means), "tool": days(means + own[:, None]), "sham": days(means)}
    return Bank((WAIT,), "nurse", arms, np.arange(n))


def wedge(departments: int, steps: int) -> EvaluationDesign:
    return design_of(
        Stepped(kind="stepped", step_weeks=1),
        departments=departments,
        weeks=steps + 1,
        analysis="permutation",
    )
