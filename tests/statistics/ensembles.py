"""Made ensembles whose truth is known: departments with latent figures, replications with noise that both share."""

from dataclasses import dataclass

import numpy as np

from simulation.records.schema import Floats, Ints


@dataclass(frozen=True)
class Made:
    """Replications of departments: `figures` (n, n_figures), `effects` (n, n_arms), and which department each is of.

    true_figures, true_effects: of each department in the long run.
    """

    figures: Floats
    effects: Floats
    department_of: Ints
    true_figures: Floats
    true_effects: Floats


def truths(chance: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Departments as in the trial: a skewed wait for triage, busy staff, beds; a nurse and a doctor more.

    The nurse shortens the wait by .4 of the wait for triage, nearly; the doctor by something that no figure shows but
    little.
    """
    wait = 6 + 40 * chance.beta(1.3, 3, n)
    triage_busy = 1 - 6 / wait + 0.03 * chance.standard_normal(n)
    doctors_busy = 0.95 + 0.02 * chance.standard_normal(n)
    boarders = 18 + 4 * chance.standard_normal(n)
    nurse = 0.7 - 0.4 * wait - 0.002 * (wait - 18) ** 2 + 0.6 * chance.standard_normal(n)
    doctor = -11 + 0.1 * wait - 40 * (doctors_busy - 0.95) + 1.2 * chance.standard_normal(n)
    return np.column_stack([wait, triage_busy, doctors_busy, boarders]), np.column_stack(
        [nurse, doctor]
    )


def replications_of(
    chance: np.random.Generator, figures: Floats, effects: Floats, each: int = 2
) -> Made:
    """So many replications of each department. Busy weeks make waits longer and effects larger, crowded places more."""
    n, n_figures = figures.shape
    department_of = np.tile(np.arange(n), each)
    busy = chance.standard_normal((n * each, 1))
    crowding = (figures[department_of, :1] / figures[:, 0].mean()) ** 0.5
    noise = np.array([1.2, 0.012, 0.006, 1.5])[:n_figures] * crowding
    seen = figures[department_of] + noise * (
        0.7 * busy + 0.7 * chance.standard_normal((n * each, n_figures))
    )
    shared = np.array([-0.6, -0.3])[: effects.shape[1]]
    own = 0.4 * chance.standard_normal((n * each, effects.shape[1]))
    return Made(
        seen,
        effects[department_of] + crowding * (shared * busy + own),
        department_of,
        figures,
        effects,
    )


def made(seed: int, n: int = 60, each: int = 2) -> Made:
    chance = np.random.default_rng(seed)
    return replications_of(chance, *truths(chance, n), each)
