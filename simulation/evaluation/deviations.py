"""Deviations from the plan of an evaluation: slow adoption, a novelty that fades, missing weeks, a site that drops out.

What staff do with a tool changes its effect week by week. Weeks that are missing are known to be; an evaluator puts the
mean of the department's other weeks in their place, whatever was on, so that a randomisation test keeps its 5 %.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from annotated_types import Ge, Lt

from simulation.department.config_dataclass import Label, Share, Sourced, Unit, config_dataclass
from simulation.evaluation.design import Weeks
from simulation.measures.quantities import ratio
from simulation.records.schema import Floats, Mask

SomeShare = Annotated[float, Ge(0), Lt(1), Unit("share")]


@config_dataclass
class Deviation(Sourced):
    """One way in which an evaluation goes otherwise than planned.

    Example: `{label: "Slow adoption", effect_at_first: 0.3, effect_at_last: 0.8, weeks: 26, evidence: assumed,
    source: "a judgement"}`
    """

    label: Label
    """Words for it in tables."""
    effect_at_first: Share = 1.0
    """The share of the tool's effect in a department's first week with it."""
    effect_at_last: Share = 1.0
    """The share in the end; in a straight line between the two."""
    weeks: Weeks = 1
    """How long that takes, counted from a department's first week with the tool."""
    missing_share: SomeShare = 0.0
    """The share of weeks that nobody can count, each by chance; never the first. Example: `0.05`"""
    drop_out_share: SomeShare = 0.0
    """The chance that a department drops out of an evaluation with several, from a week by chance on.
    Example: `0.1`"""


def effect_shares(deviations: Sequence[Deviation], on: Mask) -> Floats:
    """The share of the tool's effect in each week, shape (T, S, W) of `on`: where the tool is on."""
    since = np.arange(on.shape[2]) - on.argmax(axis=2)[..., None]
    share = on.astype(float)
    for deviation in deviations:
        progress = np.clip(since / deviation.weeks, 0, 1)
        share *= (
            deviation.effect_at_first
            + (deviation.effect_at_last - deviation.effect_at_first) * progress
        )
    return share


def counted_weeks(
    deviations: Sequence[Deviation], shape: tuple[int, ...], chance: np.random.Generator
) -> Mask:
    """Weeks that are neither missing nor after a department has dropped out; `shape`: (T, S, W)."""
    counted = np.ones(shape, dtype=np.bool_)
    n_trials, n, n_weeks = shape
    for deviation in deviations:
        counted &= chance.random(shape) >= deviation.missing_share
        if n > 1 and n_weeks > 1:
            leaves = chance.random((n_trials, n, 1)) < deviation.drop_out_share
            counted &= ~leaves | (
                np.arange(n_weeks) < chance.integers(1, n_weeks, size=(n_trials, n, 1))
            )
    counted[:, :, 0] = True
    return counted


def filled(moments: Floats) -> Floats:
    """Number, sum and sum of squares by period, shape (T, S, P, 3), periods without a patient as the department's
    others are on average."""
    empty = moments[..., :1] == 0
    others: Floats = ratio(
        moments.sum(axis=2, keepdims=True), (~empty).sum(axis=2, keepdims=True).astype(float)
    )
    return np.where(empty, others, moments)
