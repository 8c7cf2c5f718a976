"""Labels from matrices and random variates: one assessor's answers, and the joint distribution of two assessors'.

A variate is standard normal: one part is shared (`triage.difficulty`), the other specific to the assessor
(`triage.private.<assessor>`; asked again, `triage.private.<assessor>.again`). A low variate errs up, a high one down.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from simulation.department.config_dataclass import Unit, config_dataclass
from simulation.department.vocabulary import ACUITY_TRUE, Pathway
from simulation.patients import DAYS_IN_YEAR, Draws
from simulation.patients.variates import Codes, first_above
from simulation.records.schema import Floats
from simulation.triage.matrix import (
    AboveZero,
    BesideNurse,
    Correlation,
    LabelTable,
    Matrix,
    Portion,
    given_nurse,
    probabilities,
)

Labels = Codes
DAYS_A_MONTH = DAYS_IN_YEAR / 12
FARTHEST = 9.0
"""Standard deviations of difficulty beyond which nobody is: less than one patient in 10^18."""
NODES = 400
"""Quadrature points of the integral over difficulty, on each stretch of it."""


@config_dataclass
class Assessor:
    """Somebody or something that labels.

    Example: `{name: nurse, matrix: {shares: [[0.9, 0.1], [0.2, 0.8]], evidence: assumed, source: "a judgement"},
    correlation: {value: 0.5, range: [0, 0.9], evidence: assumed, source: "no study measured it"}}`
    """

    name: str
    """The name of its stream of random variates; `nurse` for the nurse of every policy."""
    matrix: Matrix
    """How often it gives each label to patients of each true level."""
    correlation: Correlation
    """How far its errors fall on the patients whom other assessors find hard, too."""
    same_draw_as: str | None = None
    """Another assessor whose random variates it shares, so that with the same matrix it says the same.
    Example: `nurse`"""


@config_dataclass
class Drift:
    """A matrix that moves in a straight line from the stated one, at go-live, to another.

    Example: `{towards: {shares: [[0.8, 0.2], [0.3, 0.7]], evidence: assumed, source: "a judgement"},
    months: {value: 12, range: [6, 24], evidence: assumed, source: "a judgement"}}`
    """

    towards: Matrix
    """The matrix in the end. Groups with a table of their own move towards one of their own."""
    months: Annotated[AboveZero, Unit("months")]
    """How long that takes; a month is a twelfth of a model year (364 days)."""


def labels_of(
    assessor: Assessor,
    pathway: Pathway,
    draws: Draws,
    *,
    noise: Portion | None = None,
    drift: Drift | None = None,
    since: Floats | None = None,
    beside: tuple[BesideNurse, Labels] | None = None,
) -> Labels:
    """One assessor's label for each patient, shape (n,), whether or not it is used.

    With probability `noise` the answer comes from a fresh variate of the assessor. `drift` needs `since`. With
    `beside`, the probability of each answer depends on the truth and the nurse's label, shape (n,), in the same way for
    every group.
    """
    variates = _variates(assessor, draws)
    if noise:
        again = draws.uniform(f"triage.noise.{assessor.name}") < noise.value
        variates = np.where(again, _variates(assessor, draws, ".again"), variates)
    weight = None
    if drift and since is not None:  # the completed share of the drift, from 0 to 1
        weight = np.clip(since / (DAYS_A_MONTH * drift.months.value), 0, 1)
    true = draws.attributes[ACUITY_TRUE]
    if beside:
        return _look_up_beside(*beside, true, variates)
    towards = drift.towards if drift else None
    labels = _look_up(assessor.matrix, true, variates, towards, weight)
    for attribute, tables in assessor.matrix.by_group.items():
        code = {name: number for number, name in enumerate(pathway.categories(attribute))}
        for category, table in tables.items():
            members = draws.attributes[attribute] == code[category]
            group_towards = towards.by_group[attribute][category] if towards else None
            group_weight = weight[members] if weight is not None else None
            labels[members] = _look_up(
                table, true[members], variates[members], group_towards, group_weight
            )
    return labels


def _variates(assessor: Assessor, draws: Draws, again: str = "") -> Floats:
    """One standard normal number a patient, shape (n,); a high one errs down, a low one up."""
    variates = draws.normal(f"triage.private.{assessor.same_draw_as or assessor.name}{again}")
    rho = assessor.correlation.value
    if rho > 0:
        variates *= np.sqrt(1 - rho)
        variates += np.sqrt(rho) * draws.normal("triage.difficulty")
    return variates


def _look_up(
    table: LabelTable,
    true: Labels,
    variates: Floats,
    towards: LabelTable | None = None,
    weight: Floats | None = None,
) -> Labels:
    """Each patient's label, shape (n,): the first whose cumulative probability exceeds that of the patient's variate.

    A label of probability 0 is never given. With `towards`, each patient's row is the mixture of the two tables' rows,
    with `weight` (n,) on the second.
    """
    shares = probabilities(table)
    if not towards or weight is None:
        return first_above(variates, variate_limits(shares), true)
    rows = (1 - weight)[:, None] * shares[true] + weight[:, None] * probabilities(towards)[true]
    return first_above(variates, variate_limits(rows))


def _look_up_beside(beside: BesideNurse, nurse: Labels, true: Labels, variates: Floats) -> Labels:
    """Each patient's label, shape (n,), as `_look_up` but from the row of the true level and the nurse's label."""
    rows = given_nurse(beside)
    n_levels = len(rows)
    row = true.astype(np.int64) * n_levels + nurse
    return first_above(variates, variate_limits(rows.reshape(n_levels**2, n_levels)), row)


def variate_limits(shares: Floats) -> Floats:
    """The variate at which each label gives way to the next, shape of `shares`; infinite after a row's last possible
    label."""
    from scipy.special import ndtri

    totals = np.cumsum(shares, axis=1)
    # Rounding must not open the door to the impossible labels after a row's last possible one.
    after = np.cumsum(shares[:, ::-1], axis=1)[:, ::-1] - shares
    return np.where(after == 0, np.inf, ndtri(np.minimum(totals, 1)))


def joint_probabilities(
    nurse: Floats,
    ai: Floats,
    correlations: tuple[float, float],
    *,
    same_variates: bool,
    beyond: float | None = None,
) -> tuple[Floats, Floats]:
    """P(nurse labels j, AI labels k | true level), shape (levels, levels, levels) each, in two parts that add up to it.

    The first part is of patients whose difficulty is within `beyond` standard deviations, the second of the others
    (nobody without `beyond`). Given the difficulty the two answers are independent; with `same_variates` one number
    decides both.
    """
    parts = {name: np.zeros((*nurse.shape, nurse.shape[1])) for name in ("within", "outside")}
    for name, difficulty, weight in _stretches(beyond):
        (nurse_low, nurse_high), (ai_low, ai_high) = (
            _span(shares, rho, difficulty)
            for shares, rho in zip((nurse, ai), correlations, strict=True)
        )
        if same_variates:
            high = np.minimum(nurse_high[:, :, None], ai_high[:, None, :])
            low = np.maximum(nurse_low[:, :, None], ai_low[:, None, :])
            joint = np.maximum(high - low, 0)
        else:
            joint = (nurse_high - nurse_low)[:, :, None] * (ai_high - ai_low)[:, None, :]
        parts[name] += (joint * weight).sum(axis=-1)
    return parts["within"], parts["outside"]


def _stretches(beyond: float | None) -> Iterator[tuple[str, Floats, Floats]]:
    """Quadrature points and normal weights of the difficulty, for each stretch within or outside `beyond`."""
    points, weights = np.polynomial.legendre.leggauss(NODES)
    threshold = FARTHEST if beyond is None else min(beyond, FARTHEST)
    for name, low, high in (
        ("outside", -FARTHEST, -threshold),
        ("within", -threshold, threshold),
        ("outside", threshold, FARTHEST),
    ):
        if high > low:
            difficulty = (low + high) / 2 + points * (high - low) / 2
            yield (
                name,
                difficulty,
                weights * (high - low) / 2 * np.exp(-(difficulty**2) / 2) / np.sqrt(2 * np.pi),
            )


def _span(shares: Floats, rho: float, difficulty: Floats) -> tuple[Floats, Floats]:
    """The lower and upper probability of an assessor's private variate between which each label is given.

    Shape (levels, levels, points) each, a point for each difficulty.
    """
    from scipy.special import ndtr

    high = ndtr((variate_limits(shares)[:, :, None] - np.sqrt(rho) * difficulty) / np.sqrt(1 - rho))
    low = np.concatenate([np.zeros_like(high[:, :1]), high[:, :-1]], axis=1)
    return low, high
