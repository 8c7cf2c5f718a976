"""One regression for a panel of trusts and months, whether published or simulated.

Two-way fixed effects: each trust and each month has a level of its own, so what is left says how a trust's four-hour
share goes with its own occupancy and attendances in months that are unusual for it. First differences ask the same of
changes from one month to the next. Slopes are associations, on either side. Standard errors are clustered by trust:
the sandwich of slopes (with the usual factor n / (n - 1) of the clusters), the jackknife of spreads and correlations,
the spread over trusts of the year's shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.records.schema import Floats

Ints = NDArray[np.int64]
MONTHS = 12


@dataclass(frozen=True)
class Panel:
    """One row a trust and month, sorted by trust, then month; shape (n,) each.

    trust        number of the trust, from 0
    month        running number of the month, 0 for a January, so that neighbours differ by one
    within_4h    four-hour share, per cent
    occupancy    adult beds occupied, per cent
    attendances  a day
    """

    trust: Ints
    month: Ints
    within_4h: Floats
    occupancy: Floats
    attendances: Floats

    @property
    def n_trusts(self) -> int:
        """The number of trusts."""
        return len(np.unique(self.trust))


@dataclass(frozen=True)
class PanelEstimate:
    """A figure of a panel and its standard error, clustered by trust."""

    value: float
    standard_error: float


def month_effect(month: int) -> str:
    """The name of a month's figure (0 for January): its mean four-hour share over trusts less that of the year."""
    return f"panel_month_{month + 1}"


def estimates(panel: Panel) -> Mapping[str, PanelEstimate]:
    """The figures of a panel, by name: slopes, spreads within trusts, persistence, and the year's shape.

    Slopes are points of the four-hour share per point of occupancy and per 1 % of attendances, both in one regression.
    The lasting part of occupancy is its covariance with the month before. Chance that is forgotten within weeks hardly
    enters it: a level for each trust takes away a twelfth of that chance's variance.
    """
    columns = np.column_stack([panel.within_4h, panel.occupancy, 100 * np.log(panel.attendances)])
    trust = np.unique(panel.trust, return_inverse=True)[1]
    levels = _without_effects(columns, trust, panel.month)
    follows = np.flatnonzero((np.diff(trust) == 0) & (np.diff(panel.month) == 1))
    changes = _demeaned(columns[follows + 1] - columns[follows], panel.month[follows + 1])
    figures: dict[str, PanelEstimate] = {}
    for suffix, rows, of_trust in (("", levels, trust), ("_differenced", changes, trust[follows])):
        occupancy, attendances = _slopes(rows, of_trust)
        figures |= {f"panel_occupancy_slope{suffix}": occupancy, f"panel_attendances_slope{suffix}": attendances}
    for number, name in enumerate(("within_4h", "occupancy", "attendances")):
        column = levels[:, number]
        squares = _by_trust(column**2, trust)
        products = _by_trust(column[follows] * column[follows + 1], trust[follows], len(squares))
        n_rows, n_pairs = (_by_trust(np.ones(len(rows)), rows, len(squares)) for rows in (trust, trust[follows]))
        figures[f"panel_{name}_sd"] = _jackknife(lambda s, n: math.sqrt(s / n), squares, n_rows)
        figures[f"panel_{name}_persistence"] = _jackknife(
            lambda p, m, s, n: (p / m) / (s / n), products, n_pairs, squares, n_rows
        )
        if name == "occupancy":
            figures["panel_occupancy_lasting"] = _jackknife(lambda p, m: p / m, products, n_pairs)
    return figures | _year(panel, trust)


def _year(panel: Panel, trust: Ints) -> dict[str, PanelEstimate]:
    """Each calendar month's four-hour share less the trust's own mean, as a mean over trusts."""
    from_mean = _demeaned(panel.within_4h, trust)
    figures = {}
    for month in np.unique(panel.month % MONTHS).tolist():
        of_month = from_mean[panel.month % MONTHS == month]
        error = float(of_month.std(ddof=1)) / math.sqrt(len(of_month)) if len(of_month) > 1 else math.nan
        figures[month_effect(month)] = PanelEstimate(float(of_month.mean()), error)
    return figures


def _demeaned(columns: Floats, group: Ints) -> Floats:
    """Columns less their mean within each group, shape of `columns`."""
    number = np.unique(group, return_inverse=True)[1]
    size = np.bincount(number).astype(float)
    flat = columns.reshape(len(columns), -1)
    means = np.column_stack([np.bincount(number, weights=column) / size for column in flat.T])
    return np.asarray((flat - means[number]).reshape(columns.shape))


def _without_effects(columns: Floats, trust: Ints, month: Ints) -> Floats:
    """Columns less a level of each trust and of each month, whether or not a trust has every month."""
    dummies = (month[:, None] == np.unique(month)[None, 1:]).astype(float)
    without_levels, months = _demeaned(columns, trust), _demeaned(dummies, trust)
    return np.asarray(without_levels - months @ np.linalg.lstsq(months, without_levels, rcond=None)[0])


def _slopes(rows: Floats, trust: Ints) -> tuple[PanelEstimate, PanelEstimate]:
    """Least squares of the first column on the other two, without a constant; errors clustered by trust."""
    y, x = rows[:, 0], rows[:, 1:]
    bread = np.linalg.inv(x.T @ x)
    slopes = bread @ (x.T @ y)
    score = x * (y - x @ slopes)[:, None]
    clusters = np.column_stack([_by_trust(column, trust) for column in score.T])
    n = np.count_nonzero(np.bincount(trust))
    covariance = bread @ (clusters.T @ clusters) @ bread * (n / (n - 1))
    first, second = (PanelEstimate(float(s), math.sqrt(v)) for s, v in zip(slopes, np.diag(covariance), strict=True))
    return first, second


def _by_trust(values: Floats, trust: Ints, n: int = 0) -> Floats:
    return np.asarray(np.bincount(trust, weights=values, minlength=n))


def _jackknife(statistic: Callable[..., float], *sums: Floats) -> PanelEstimate:
    """A statistic of sums over trusts, and its standard error by leaving out one trust at a time."""
    totals = [by_trust.sum() for by_trust in sums]
    n = len(sums[0])
    left_out = np.array(
        [statistic(*(total - by_trust[k] for total, by_trust in zip(totals, sums, strict=True))) for k in range(n)]
    )
    error = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
    return PanelEstimate(float(statistic(*totals)), error)
