"""When no definite verdict may rest on an interval: the numbers behind it are too few, or a rare one decides it.

A t interval holds for means of independent numbers of similar weight. It fails, without looking wrong, where there are
hardly any numbers, where most replications have none, where equal numbers say nothing of their spread, and where rare
spells decide (a department that locks up for some days once in a year or two). A sample holds either too many of these
spells, and then one replication carries most of its variance; or none, and then its interval is narrow, wrong and looks
like any other. So measures that such spells decide (`BY_SPELLS`) have no interval at all until enough years are
measured, unless the study states them as targets. How often intervals cover: `tests/long/interval_coverage.py` and
docs/model.md 4.3.
"""

from typing import Literal

import numpy as np

from simulation.records.schema import Floats

Weakness = Literal[
    "too few", "mostly missing", "no spread", "one replication", "rare spells", "few departments"
]
BY_SPELLS = (
    "ambulance_assessment_median", "ambulance_assessment_p95", "handover_mean", "handover_over_30_share",
    "handover_over_45_share", "handover_over_60_share",
)  # fmt: skip
"""Measures that a few days in a year may decide, on which the department is so full that ambulances cannot hand over:
their intervals need years."""
MIN_REPLICATIONS = 3
"""Replications that a definite verdict needs."""
ENOUGH = 10
"""Replications from which no spread is believed, and from which one replication with most of the variance is held to be
odd: one normal number carries over half the variance in 13 % of samples of ten, 3 % of fifteen and 0.6 % of twenty."""
MAX_SHARE = 0.5
"""The share of the variance that one replication may carry, and the share of replications that may lack the measure."""
WIDE_FROM, WIDER = 20, 4.0
"""Replications (over an ensemble: departments) from which a verdict is read from an interval so many times as wide
where one of them carries most of the variance. Such an interval of 95 % holds the truth in 94 % of these samples or
more, for spells of exponential length up to 300 standard deviations on average (tests/statistics/test_weakness.py). Of
longer spells, of lengths with a heavier tail, and among several verdicts read together it holds less well. Of ten to
nineteen it does not always, so nothing definite is said."""
SPELL_DAYS = 20 * 364
"""Days measured in all from which intervals of measures that rare spells decide are trusted: twenty years."""


def weak_note(word: str = "cannot tell") -> str:
    """The note of a table in which one of the verdicts is weak. `word`: what the table calls such a verdict."""
    return (
        f"'{word.capitalize()}' is said, whatever the interval, for fewer than three replications, a measure that most "
        "of them lack, no spread in fewer than ten, and one of ten to nineteen that carries over half of the variance; "
        "of twenty or more that is read from an interval four times as wide."
    )


def weakness_of(n: int, *, of: int, spread: float, largest_share: float) -> Weakness | None:
    """Why no definite verdict may rest on `n` numbers of so many replications; None if one may.

    spread: their standard deviation or the half-width of their interval, NaN if not known; largest_share: see the
    function of that name.
    """
    if n < MIN_REPLICATIONS:
        return "too few"
    if of - n > MAX_SHARE * of:
        return "mostly missing"
    if spread == 0 and n < ENOUGH:
        return "no spread"
    return "one replication" if largest_share > MAX_SHARE and n >= ENOUGH else None


def width_factor(weakness: Weakness | None, n: int, *, always_valid: bool) -> float:
    """How many times as wide as its interval one is from which a verdict on `n` independent numbers is read; NaN if
    from none.

    NaN for an always-valid interval, too: four times as wide does not hold at every look.
    """
    if weakness is None:
        return 1.0
    return (
        WIDER if weakness == "one replication" and n >= WIDE_FROM and not always_valid else np.nan
    )


def too_short(measure: str, n: int, measured_days: float | None) -> bool:
    """Whether n replications of so many days each (None: not known) are too few for an interval of this measure."""
    return measure in BY_SPELLS and measured_days is not None and n * measured_days < SPELL_DAYS


def largest_share(squares: Floats) -> Floats:
    """The share of each column's sum of squared deviations that the largest makes; 0 where there are none.

    squares: shape (n_replications, n_columns), 0 where a replication has no number.

    >>> largest_share(np.array([[1.0], [1.0], [4.0], [0.0]])).round(2).tolist()
    [0.67]
    """
    total = squares.sum(axis=0)
    shares: Floats = np.divide(
        squares.max(axis=0), total, out=np.zeros_like(total), where=total > 0
    )
    return shares
