"""What the model has been worth on past trials: how published effects compare with modelled ones, by kind of change.

published = slope * modelled + spread * abs(modelled) * z + the published effect's own error,   z standard normal

Effects are logarithms of ratios (odds of shares). A kind of change has a slope and a spread; both are drawn towards
those of all kinds (a hierarchy on a grid: slopes normal, spreads log-normal over kinds), the more so the fewer studies
a kind has. Because the spread is proportional to the modelled effect, an effect of none stays none. Studies weigh
alike, however many rows they have (a composite likelihood: a row counts 1 / n of its study). An interval goes no
further than any published effect went, along the modelled one's sign or against it (`farthest`).

The rows, and what follows from them for a report, stand in `report/past_trials.yaml`, which
`tests/long/past_trials.py` writes. Intervals cover 90 %. How often they hold a study that was
left out, and how they score, it prints, too.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr
from scipy.stats import norm

from simulation.records.schema import Floats

COVERED = 0.9
"""What intervals on past trials cover."""
SLOPES = np.linspace(-1.0, 2.5, 71)
SPREADS = np.geomspace(0.05, 4.0, 24)
MIDDLES = np.linspace(-0.5, 1.5, 21)
APARTS = np.array([0.1, 0.2, 0.4, 0.8])
SIZES = np.geomspace(0.1, 3.0, 15)
SIZES_APART = np.array([0.2, 0.4, 0.8])


class PastRow(NamedTuple):
    """A published effect beside the modelled one.

    study, kind, outcome: whose it is, its kind of change and class of outcome; level_from: whose level makes it a ratio
    (`trial`, `model`, or none is needed); published, modelled: logarithms of ratios, above 0 for a benefit, each with
    its standard error.
    """

    row: str
    study: str
    kind: str
    outcome: str
    level_from: str
    published: float
    published_se: float
    modelled: float
    modelled_se: float


class Bounds(NamedTuple):
    """An interval and its middle."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class PastTrials:
    """The fit to some rows."""

    rows: tuple[PastRow, ...]

    @cached_property
    def weights(self) -> dict[str, float]:
        """What a row of each study counts."""
        return {study: 1 / n for study, n in Counter(row.study for row in self.rows).items()}

    def n_studies(self, kind: str = "") -> int:
        """How many studies there are of a kind, or in all."""
        return len({row.study for row in self.rows if row.kind == kind or not kind})

    @cached_property
    def farthest(self) -> tuple[float, float]:
        """How far any published effect went against the sign of the modelled one (below 0), and along it."""
        along = [float(row.published * np.sign(row.modelled)) for row in self.rows]
        return min(0.0, *along), max(0.0, *along)

    @cached_property
    def _posteriors(self) -> dict[str, Floats]:
        """By kind, and for '' a new one, the weight of each slope and spread, shape (n_slopes, n_spreads)."""
        slopes = _rows_sum_1(
            norm.pdf(SLOPES, MIDDLES[:, None, None], APARTS[:, None]).reshape(-1, len(SLOPES))
        )
        logs = np.log(SPREADS)
        spreads = _rows_sum_1(
            norm.pdf(logs, np.log(SIZES)[:, None, None], SIZES_APART[:, None]).reshape(
                -1, len(logs)
            )
        )
        likelihoods = {
            kind: self._likelihood(kind) for kind in dict.fromkeys(row.kind for row in self.rows)
        }
        marginals = {kind: slopes @ like @ spreads.T for kind, like in likelihoods.items()}
        total = sum((np.log(each) for each in marginals.values()), np.zeros(()))
        hyper = np.exp(total - np.max(total)) * np.ones((len(slopes), len(spreads)))
        hyper /= hyper.sum()
        found = {
            kind: like * (slopes.T @ (hyper / marginals[kind]) @ spreads)
            for kind, like in likelihoods.items()
        }
        return found | {"": slopes.T @ hyper @ spreads}

    def _likelihood(self, kind: str) -> Floats:
        """The likelihood of each slope and spread on the rows of a kind, its largest 1."""
        total = np.zeros((len(SLOPES), len(SPREADS)))
        for row in self.rows:
            if row.kind == kind:
                middle, scale = _scales(row.modelled, row.modelled_se, row.published_se)
                logs = -0.5 * ((row.published - middle) / scale) ** 2 - np.log(scale)
                total += self.weights[row.study] * logs
        return np.asarray(np.exp(total - total.max()))

    def bounds(
        self, kind: str, modelled: float = 1.0, modelled_se: float = 0.0, published_se: float = 0.0
    ) -> Bounds:
        """The interval for a further study of a kind of change (of a new kind, if it has none)."""
        if not any((modelled, modelled_se, published_se)):
            return Bounds(0.0, 0.0, 0.0)
        weights = self._posteriors.get(kind, self._posteriors[""])
        middle, scale = _scales(modelled, modelled_se, published_se)
        ends = []
        for share in ((1 - COVERED) / 2, 0.5, (1 + COVERED) / 2):
            low, high = -50.0, 50.0
            for _ in range(50):
                at = (low + high) / 2
                below = float((weights * ndtr((at - middle) / scale)).sum() / weights.sum())
                low, high = (at, high) if below < share else (low, at)
            ends.append((low + high) / 2)
        return Bounds(*ends)


def _scales(modelled: float, modelled_se: float, published_se: float) -> tuple[Floats, Floats]:
    """The middle and the scale of a published effect for each slope and spread."""
    middle = SLOPES[:, None] * modelled
    squares = (SPREADS * modelled) ** 2 + (SLOPES[:, None] * modelled_se) ** 2 + published_se**2
    return middle, np.sqrt(squares)


def _rows_sum_1(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=1, keepdims=True))
