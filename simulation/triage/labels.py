"""From a matrix and random variates to a label: an assessor's answer for each patient, and how those of two go
together.

The random variate is standard normal, part shared (`triage.difficulty`), part the assessor's own
(`triage.private.<assessor>`; asked again, `triage.private.<assessor>.again`). A low one errs up, a high one down.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from simulation.draws import DAYS_IN_YEAR, Draws
from simulation.pathway.config_dataclass import Unit, config_dataclass
from simulation.pathway.department import ACUITY_TRUE, Pathway
from simulation.records.schema import Floats
from simulation.triage.beside import BesideNurse, given_nurse
from simulation.triage.estimates import AboveZero, Correlation, Portion
from simulation.triage.matrix import Matrix, Table, probabilities

Labels = NDArray[np.int16]
DAYS_A_MONTH = DAYS_IN_YEAR / 12
FARTHEST = 9.0
"""Standard deviations of difficulty beyond which nobody is: less than one patient in 10^18."""
NODES = 400
"""Points of the rule that integrates over difficulty, for each stretch of it."""


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


def gone(drift: Drift, since: Floats) -> Floats:
    """How far an assessor has drifted for each patient, from 0 to 1, `since` days after go-live."""
    share: Floats = np.clip(since / (DAYS_A_MONTH * drift.months.value), 0, 1)
    return share


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

    With probability `noise` the answer is another one, with fresh random variates of the assessor's own. `drift` needs
    `since`. With `beside`, the nurse's labels (n,) and the truth together say how likely each answer is, for every
    group alike.
    """
    variates = _variates(assessor, draws)
    if noise is not None:
        again = draws.uniform(f"triage.noise.{assessor.name}") < noise.value
        variates = np.where(again, _variates(assessor, draws, ".again"), variates)
    weight = gone(drift, since) if drift is not None and since is not None else None
    true = draws.attributes[ACUITY_TRUE]
    if beside is not None:
        return _look_up_beside(*beside, true, variates)
    towards = drift.towards if drift is not None else None
    labels = _look_up(assessor.matrix, true, variates, towards, weight)
    for attribute, tables in assessor.matrix.by_group.items():
        code = {name: number for number, name in enumerate(pathway.categories(attribute))}
        for category, table in tables.items():
            mine = draws.attributes[attribute] == code[category]
            worse = towards.by_group[attribute][category] if towards is not None else None
            part = weight[mine] if weight is not None else None
            labels[mine] = _look_up(table, true[mine], variates[mine], worse, part)
    return labels


def _variates(assessor: Assessor, draws: Draws, again: str = "") -> Floats:
    """One standard normal number a patient: high random variates errs down, low random variates errs up. Shape (n,)."""
    variates = draws.normal(f"triage.private.{assessor.same_draw_as or assessor.name}{again}")
    rho = assessor.correlation.value
    if rho > 0:
        variates *= np.sqrt(1 - rho)
        variates += np.sqrt(rho) * draws.normal("triage.difficulty")
    return variates


def _look_up(
    table: Table, true: Labels, variates: Floats, towards: Table | None = None, weight: Floats | None = None
) -> Labels:
    """The first label whose running total exceeds the random variates's probability; never one that the row gives no
    chance.

    With `towards`, each patient's row is the mixture of the two tables' rows, with `weight` (n,) on the second.
    """
    shares = probabilities(table)
    labels: Labels = np.zeros(len(variates), dtype=np.int16)
    if towards is None or weight is None:
        for limit in limits(shares).T:
            labels += variates >= limit.take(true)
        return labels
    rows = (1 - weight)[:, None] * shares[true] + weight[:, None] * probabilities(towards)[true]
    for limit in limits(rows).T:
        labels += variates >= limit
    return labels


def _look_up_beside(beside: BesideNurse, nurse: Labels, true: Labels, variates: Floats) -> Labels:
    """The first label whose running total exceeds the random variates's probability, given the truth and the nurse's
    label."""
    rows = given_nurse(beside)
    n_levels = len(rows)
    which = true.astype(np.int64) * n_levels + nurse
    labels: Labels = np.zeros(len(variates), dtype=np.int16)
    for limit in limits(rows.reshape(n_levels**2, n_levels)).T:
        labels += variates >= limit.take(which)
    return labels


def limits(shares: Floats) -> Floats:
    """The random variates from which on the next label is given, shape of `shares`; infinite after a row's last
    possible one."""
    from scipy.special import ndtri

    totals = np.cumsum(shares, axis=1)
    # Rounding must not open the door to the impossible labels after a row's last possible one.
    after = np.cumsum(shares[:, ::-1], axis=1)[:, ::-1] - shares
    found: Floats = np.where(after == 0, np.inf, ndtri(np.minimum(totals, 1)))
    return found


# --- two assessors of one patient ----------------------------------------------------------------------------


def together(
    nurse: Floats, ai: Floats, correlations: tuple[float, float], *, same_variates: bool, beyond: float | None = None
) -> tuple[Floats, Floats]:
    """P(nurse says j, AI says k | true level), shape (levels, levels, levels) each, in two parts that add up to it.

    First the patients whose difficulty is within `beyond` standard deviations, then the others (nobody without it).
    Given the difficulty the two are independent, or, with `same_variates`, one number decides both.
    """
    within, outside = np.zeros((2, *nurse.shape, nurse.shape[1]))
    for into, difficulty, weight in _stretches(beyond):
        lows, highs = zip(
            *(_span(shares, rho, difficulty) for shares, rho in zip((nurse, ai), correlations, strict=True)),
            strict=True,
        )
        if same_variates:
            high = np.minimum(highs[0][:, :, None], highs[1][:, None, :])
            low = np.maximum(lows[0][:, :, None], lows[1][:, None, :])
            each = np.maximum(high - low, 0)
        else:
            each = (highs[0] - lows[0])[:, :, None] * (highs[1] - lows[1])[:, None, :]
        part = (each * weight).sum(axis=-1)
        if into == "within":
            within += part
        else:
            outside += part
    return within, outside


def _stretches(beyond: float | None) -> Iterator[tuple[str, Floats, Floats]]:
    """Where difficulty is within or outside a threshold, as points and weights of the standard normal."""
    points, weights = np.polynomial.legendre.leggauss(NODES)
    threshold = FARTHEST if beyond is None else min(beyond, FARTHEST)
    for name, low, high in (
        ("outside", -FARTHEST, -threshold),
        ("within", -threshold, threshold),
        ("outside", threshold, FARTHEST),
    ):
        if high > low:
            difficulty = (low + high) / 2 + points * (high - low) / 2
            yield name, difficulty, weights * (high - low) / 2 * np.exp(-(difficulty**2) / 2) / np.sqrt(2 * np.pi)


def _span(shares: Floats, rho: float, difficulty: Floats) -> tuple[Floats, Floats]:
    """From which to which probability of its own random variates each label is given, shape (levels, levels, n_points)
    each."""
    from scipy.special import ndtr

    high = ndtr((limits(shares)[:, :, None] - np.sqrt(rho) * difficulty) / np.sqrt(1 - rho))
    low = np.concatenate([np.zeros_like(high[:, :1]), high[:, :-1]], axis=1)
    return low, high
