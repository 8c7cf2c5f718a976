"""Analyses that evaluators use, each from a kept library, over many emulated trials at once.

statsmodels fits regressions (the extra `evaluation`), SciPy does t tests. A randomisation test compares the estimate
with what every other order of switching would have given on the same observations; for two parallel groups it is
SciPy's permutation test. Every analysis returns an estimate, half the length of its 95 % interval, and its p value.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from simulation.errors import refuse
from simulation.evaluation.design import Analysis
from simulation.evaluation.trials import Trials
from simulation.records.schema import Floats

LAGS = 4
"""Weeks over which errors of HAC are correlated."""
ITERATIONS = 8
"""How often GLSAR fits the correlation of neighbouring weeks anew."""
CONFIDENCE = 0.95


class TrialEstimates(NamedTuple):
    """What an analysis reports, shape (T,) each: the effect, half the length of its 95 % interval, and the p value."""

    effect: Floats
    half_width: Floats
    p: Floats


def analyse(trials: Trials, analysis: Analysis) -> TrialEstimates:
    """What an analysis reports of each trial. Raises ConfigError if it needs a library that is not installed."""
    return OF_TRIALS[analysis](trials)


# --- one department ---------------------------------------------------------------------------------------------------


def _series(trials: Trials) -> Floats:
    """The weekly means of the department that switches, less the mean of the controls, shape (T, P)."""
    first, controls = trials.values[:, 0], trials.values[:, 1:]
    return first - controls.mean(axis=1) if controls.shape[1] else first


def _on_and_off(trials: Trials, values: Floats) -> tuple[Floats, Floats]:
    """Values of the weeks with the tool and of those without, shape (T, ...) each; `values`: (T, P)."""
    on = trials.on[:, 0]
    return values[on].reshape(len(on), -1), values[~on].reshape(len(on), -1)


def weekly_t(trials: Trials) -> TrialEstimates:
    """Student's t test of weeks with the tool against weeks without."""
    from scipy import stats

    return _of_t_test(stats.ttest_ind(*_on_and_off(trials, _series(trials)), axis=1))


def paired_t(trials: Trials) -> TrialEstimates:
    """Student's t test of the differences within pairs of neighbouring periods, one with the tool and one without."""
    from scipy import stats

    pairs = _series(trials).reshape(len(trials.on), -1, 2)
    later = trials.on[:, 0, 1::2]
    with_tool, without = (
        np.where(which, pairs[..., 1], pairs[..., 0]) for which in (later, ~later)
    )
    return _of_t_test(stats.ttest_rel(with_tool, without, axis=1))


def patients_t(trials: Trials) -> TrialEstimates:
    """Student's t test with patients as units, as if each had been drawn alone."""
    from scipy import stats

    columns: list[Any] = []
    moments = (_on_and_off(trials, trials.moments[:, 0, :, column]) for column in range(3))
    for of_weeks in zip(*moments, strict=True):
        n, total, squares = (part.sum(axis=1) for part in of_weeks)
        mean = total / n
        columns += [mean, np.sqrt((squares - n * mean**2) / (n - 1)), n]
    mean, sd, n, *others = columns
    test, away = (
        stats.ttest_ind_from_stats(mean + shift, sd, n, *others)
        for shift in (0.0, 1.0)  # an effect of 0 has no ratio to its error
    )
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2, n + others[2] - 2)
    half_width = quantile / (away.statistic - test.statistic)
    return TrialEstimates(mean - others[0], half_width, np.asarray(test.pvalue))


def _of_t_test(test: Any) -> TrialEstimates:
    interval = test.confidence_interval(CONFIDENCE)
    return TrialEstimates(
        (interval.low + interval.high) / 2, (interval.high - interval.low) / 2, test.pvalue
    )


def _segmented(trials: Trials, fit: Callable[[Any, Floats, Floats], Any]) -> TrialEstimates:
    """Segmented regression: level and slope before, and the change of both at the switch, whose level is the effect."""
    models = _regressions()
    weeks, on = trials.weeks.astype(float), trials.on[0, 0]
    since = weeks - weeks[on][0]
    columns = np.column_stack([np.ones(len(weeks)), since, on, np.where(on, since, 0.0)])
    return _of_fits([fit(models, series, columns) for series in _series(trials)], 2)


def _of_fits(fits: list[Any], place: int) -> TrialEstimates:
    """One coefficient of each fit."""
    ends = np.array([fitted.conf_int(1 - CONFIDENCE)[place] for fitted in fits])
    p = np.array([fitted.pvalues[place] for fitted in fits])
    return TrialEstimates(ends.mean(axis=1), (ends[:, 1] - ends[:, 0]) / 2, p)


def least_squares(trials: Trials) -> TrialEstimates:
    """Segmented regression whose errors are taken as independent."""
    return _segmented(trials, lambda models, *series: models.OLS(*series, hasconst=True).fit())


def hac(trials: Trials) -> TrialEstimates:
    """Segmented regression with errors of Newey and West."""
    how = {"cov_type": "HAC", "cov_kwds": {"maxlags": LAGS}}
    return _segmented(trials, lambda models, *series: models.OLS(*series, hasconst=True).fit(**how))


def glsar(trials: Trials) -> TrialEstimates:
    """Segmented regression with errors that are autoregressive of order 1, fitted in turn with the coefficients."""

    def fit(models: Any, *series: Floats) -> Any:
        return models.GLSAR(*series, rho=1).iterative_fit(maxiter=ITERATIONS)

    return _segmented(trials, fit)


def _regressions() -> Any:
    """The regressions of statsmodels. Raises ConfigError if it is not installed."""
    if find_spec("statsmodels") is None:
        refuse(
            "evaluate",
            "statsmodels is not installed",
            "pip install 'aeflow[evaluation]', or name other analyses",
        )
    from statsmodels.regression import linear_model

    return linear_model


# --- several departments ----------------------------------------------------------------------------------------------


def sequence_t(trials: Trials) -> TrialEstimates:
    """Student's t test of departments' differences between weeks with and without, adjusted for their sequence.

    What all weeks of one sequence have in common adds to the differences of one half and is taken from those of the
    other (Hills and Armitage 1979).
    """
    from scipy import stats

    on, values = trials.on, trials.values
    with_tool, without = (np.where(weeks, values, 0).sum(axis=2) for weeks in (on, ~on))
    differences = (with_tool - without) / on[0, 0].sum()
    of_other = on[:, :, 0] != on[:, :1, 0]
    in_order = np.take_along_axis(differences, of_other.argsort(axis=1), axis=1)
    one, other = np.split(in_order, 2, axis=1)
    both = _of_t_test(stats.ttest_ind(one, -other, axis=1))
    return TrialEstimates(both.effect / 2, both.half_width / 2, both.p)


def cluster_t(trials: Trials) -> TrialEstimates:
    """Student's t test of the means of departments that have the tool against those that have not."""
    from scipy import stats

    means, on = trials.values.mean(axis=2), trials.on[:, :, 0]
    groups = (means[group].reshape(len(means), -1) for group in (on, ~on))
    return _of_t_test(stats.ttest_ind(*groups, axis=1))


def permutation(trials: Trials) -> TrialEstimates:
    """A randomisation test of the mean of periods with the tool against those without.

    Means are adjusted for departments and periods by least squares, as far as the design allows. The interval holds the
    effects that the test does not reject.
    """
    # The weight of each cell of departments and periods in the estimate, under each order, shape (R, S * P).
    nuisance = _nuisance(trials)
    on = trials.allocations.reshape(len(trials.allocations), -1).astype(float)
    left = on - (on @ nuisance) @ np.linalg.pinv(nuisance)
    weights = left / (left * on).sum(axis=1, keepdims=True)
    under_each = trials.values.reshape(len(trials.values), -1) @ weights.T
    effect = under_each[np.arange(len(under_each)), trials.drawn]
    slack = 1e-9 * np.abs(under_each).max()
    p = (np.abs(under_each) >= np.abs(effect)[:, None] - slack).mean(axis=1)
    overlap = (on @ weights.T)[trials.drawn]
    # Half the length of the interval of effects that a randomisation test does not reject, shape (T,). If the effect
    # were d, another order would have given its estimate less d times the part of it that the order drawn makes
    # (`overlap`). That is at least as far out as the estimate itself for all d up to one of two bounds.
    lows, highs = [], []
    for sign in (-1.0, 1.0):
        share = 1 + sign * overlap
        always = share < 1e-9  # the order drawn, or its opposite
        bound = (effect[:, None] + sign * under_each) / np.where(always, 1.0, share)
        lows.append(np.where(always, -np.inf, bound))
        highs.append(np.where(always, np.inf, bound))
    k = int(np.ceil((1 - CONFIDENCE) * overlap.shape[1])) - 1
    low = np.partition(np.minimum(*lows), k, axis=1)[:, k]
    high = -np.partition(-np.maximum(*highs), k, axis=1)[:, k]
    half: Floats = (high - low) / 2
    return TrialEstimates(effect, half, p)


def _nuisance(trials: Trials) -> Floats:
    """Columns of departments, where each is seen with and without the tool, and of periods, where these can be told
    from the tool, shape (S * P, n)."""
    _, n, n_periods = trials.allocations.shape
    department, period = np.repeat(np.eye(n), n_periods, axis=0), np.tile(np.eye(n_periods), (n, 1))
    if n == 1:
        return department
    both = trials.allocations.any(axis=2) & ~trials.allocations.all(axis=2)
    return np.column_stack([period, department[:, 1:]]) if both.all() else period


def gls(trials: Trials) -> TrialEstimates:
    """Generalised least squares with the variances between and within departments known (Hussey and Hughes 2007)."""
    models = _regressions()
    _, n, n_periods = trials.values.shape
    one = trials.between * np.ones((n_periods, n_periods)) + trials.within * np.eye(n_periods)
    whiten = np.linalg.inv(
        np.linalg.cholesky(one)
    ).T  # departments are independent, so each is whitened alone
    periods = np.tile(whiten.T, (n, 1))
    fits = []
    for values, on in zip(trials.values @ whiten, trials.on @ whiten, strict=True):
        model = models.OLS(values.ravel(), np.column_stack([on.ravel(), periods]), hasconst=True)
        fits.append(model.fit(cov_type="fixed scale"))
    return _of_fits(fits, 0)


def mixed(trials: Trials) -> TrialEstimates:
    """A mixed model, tool and periods fixed and departments random, by REML; it takes about 20 ms a trial."""
    from warnings import catch_warnings, simplefilter

    _regressions()
    from statsmodels.regression.mixed_linear_model import MixedLM

    _, n, n_periods = trials.values.shape
    department, periods = np.repeat(np.arange(n), n_periods), np.tile(np.eye(n_periods), (n, 1))
    fits = []
    with catch_warnings():
        simplefilter(
            "ignore"
        )  # a variance between departments of 0 is at the end of its range, and said to be
        for values, on in zip(trials.values, trials.on, strict=True):
            columns = np.column_stack([on.ravel(), periods])
            fits.append(MixedLM(values.ravel(), columns, department).fit())
    return _of_fits(fits, 0)


OF_TRIALS: Mapping[str, Callable[[Trials], TrialEstimates]] = {
    analysis.__name__: analysis
    for analysis in (
        weekly_t, paired_t, patients_t, least_squares, hac, glsar, cluster_t, permutation, sequence_t, gls, mixed,
    )
}  # fmt: skip
"""Every analysis by its name."""
