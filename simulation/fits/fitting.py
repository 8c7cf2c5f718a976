"""What stamps and codes identify of a department: who comes when, how ill, how old, who is admitted, how patient.

Every number comes with its count and a 95 % interval. Minutes between two stamps are described by the nearest family of
distributions, rounding and censoring allowed for. What is not identified is listed. Nothing is simulated here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulation.extracts.extract import Extract
from simulation.extracts.mapping import source_words
from simulation.extracts.quality import in_fives
from simulation.extracts.stamps import DAY
from simulation.extracts.tables import GIVEN
from simulation.patients.variates import generator_of
from simulation.records.schema import ADMITTED, LEFT, Floats, Ints, Mask
from simulation.records.serialise import read_yaml

if TYPE_CHECKING:
    from scipy.stats import CensoredData

FAMILIES, SPANS = read_yaml(Path(__file__).with_suffix(".yaml")).values()
"""The families of distributions that are tried, and the spans that are described by them."""
Z = 1.96
LEAST_OF_SOURCE = 100
"""Arrivals below which nothing is fitted to a source alone."""
LEAST_DAYS, LEAST_OF_MONTH = 28, 10
"""Days below which weekdays and months are not told apart, and days of a month below which it is not fitted."""
N_DRAWN = 200
"""How often counts are drawn again for an interval."""
N_ROUNDS = 400
LEAST_CROWDING = 0.1
"""The rank correlation above which waits follow crowding; a judgement."""
MOST_RANKED = 50_000


class Figures(NamedTuple):
    """Numbers that were fitted, with the ends of their 95 % intervals, shape (n,) each, and of how many records."""

    values: Floats
    low: Floats
    high: Floats
    n: int

    @property
    def first(self) -> float:
        """The first number, of one alone."""
        return float(self.values[0])

    def words(self, digits: int = 3) -> str:
        """'n = 26,515; 95 %: 0.21-0.23, 0.45-0.47'."""
        ends = [
            f"{round(float(low), 4):.{digits}g}-{round(float(high), 4):.{digits}g}"
            if low < high
            else "not fitted"
            for low, high in zip(self.low, self.high, strict=True)
        ]
        return f"n = {in_fives(self.n):,}; 95 %: {', '.join(ends)}"


def shares_of(counts: Sequence[int] | Ints) -> Figures:
    """Shares, with intervals of Wilson (1927)."""
    counted = np.asarray(counts, dtype=float)
    n = max(counted.sum(), 1.0)
    share = counted / n
    middle, half = share + Z**2 / (2 * n), Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    low, high = (np.clip((middle + sign * half) / (1 + Z**2 / n), 0, 1) for sign in (-1, 1))
    return Figures(share, low, high, int(counted.sum()))


def true_mix(coded: Ints, table: Floats, *others: Floats) -> Figures:
    """Shares of true levels from counts of coded ones, by how often nurses give each label to each level.

    The likeliest shares, by expectation and maximisation; intervals from counts drawn again, wide enough for tables
    that may be as right.

    coded  (levels,); table, others  (levels, levels): P(label | true level)
    """
    n = int(coded.sum())
    drawn = generator_of(1, 0, "extract", "mix", 0).multinomial(n, coded / max(n, 1), N_DRAWN)
    counts = np.vstack([coded, drawn]).astype(float)
    mix = np.full_like(counts, 1 / len(coded))
    for _ in range(N_ROUNDS):
        expected = mix @ table
        mix = mix * ((counts / np.maximum(expected, 1e-12)) @ table.T) / max(n, 1)
    low, high = np.quantile(mix[1:], [0.025, 0.975], axis=0)
    for other in others:
        figures = true_mix(coded, other)
        low, high = np.minimum(low, figures.low), np.maximum(high, figures.high)
    return Figures(mix[0], low, high, n)


@dataclass(frozen=True)
class Arrivals:
    """When patients come: counts of an extract, and what follows from them. Days on which far fewer came than usual,
    as where records were lost, are left out: `days` are the others.

    usual_month  the weights of months that stand for those that the extract does not have, shape (12,)
    """

    extract: Extract
    usual_month: Floats

    @cached_property
    def day(self) -> Ints:
        """The day of each arrival, the first of the window 0; shape (n,)."""
        start = self.extract.window[0]
        return ((self.extract.patients["arrived_at"] - start) // DAY).astype(np.int64)

    @cached_property
    def weekday(self) -> Ints:
        """The weekday of each whole day of the window, Monday 0; shape (days,)."""
        return (self._whole + round(self.extract.window[0] / DAY)) % 7

    @property
    def _whole(self) -> Ints:
        return np.flatnonzero(self.extract.is_whole_day)

    @cached_property
    def month(self) -> Ints:
        """The month of each whole day of the window, January 0; shape (days,)."""
        first = self.extract.first_day + round(self.extract.window[0] / DAY)
        return (first + self._whole).astype("datetime64[M]").astype(np.int64) % 12

    def by_day(self, among: Mask | None = None) -> Ints:
        """Arrivals of each whole day, of all or of some; shape (days,)."""
        day = self.day if among is None else self.day[among]
        return np.bincount(day, minlength=self.extract.days)[self._whole]

    def hours(self, among: Mask) -> Figures:
        """Shares of the arrivals of some by hour of the day, in per cent."""
        minute = self.extract.patients["arrived_at"][among] % DAY
        share = shares_of(in_fives(np.bincount((minute // 60).astype(np.int64), minlength=24)))
        return Figures(100 * share.values, 100 * share.low, 100 * share.high, share.n)

    def weekdays(self, among: Mask) -> Figures:
        """Arrivals of some by weekday over the mean weekday."""
        by_day = self.by_day(among)
        return _over_mean(
            [by_day[self.weekday == weekday] for weekday in range(7)], int(by_day.sum())
        )

    @cached_property
    def months(self) -> tuple[Figures, tuple[int, ...]]:
        """Arrivals a day by month over the mean of the year, and which months the extract has.

        Months that it has not keep their usual weight, over a mean of the year at which the others fit.
        """
        by_day = self.by_day() / self.weekday_weights[self.weekday]
        weights = self.usual_month.copy()
        known = tuple(m for m in range(12) if (self.month == m).sum() >= LEAST_OF_MONTH)
        within = np.isin(self.month, known)
        mean = (
            by_day[within].sum() / self.usual_month[self.month[within]].sum()
            if known
            else float(by_day.mean())
        )
        half = np.zeros(12)
        for month in known:
            days = by_day[self.month == month] / mean
            weights[month], half[month] = days.mean(), Z * days.std(ddof=1) / np.sqrt(len(days))
        scale, n = 12 / weights.sum(), int(self.by_day().sum())
        ends = (weights * scale, (weights - half) * scale, (weights + half) * scale)
        return Figures(*ends, n), known

    @cached_property
    def weekday_weights(self) -> Floats:
        """Weights of weekdays of all arrivals; ones of a short extract."""
        if self.extract.days < LEAST_DAYS:
            return np.ones(7)
        return self.weekdays(np.ones(len(self.extract.patients), dtype=np.bool_)).values

    @cached_property
    def pattern(self) -> Floats:
        """How busy each day usually is, by weekday and month; shape (days,)."""
        return np.asarray(self.weekday_weights[self.weekday] * self.months[0].values[self.month])

    def per_day(self, among: Mask) -> Figures:
        """Arrivals of some on a mean day of the year."""
        daily = self.by_day(among) / self.pattern
        half = Z * daily.std(ddof=1) / np.sqrt(len(daily))
        mean = self.by_day(among).sum() / self.pattern.sum()
        return _one(mean, mean - half, mean + half, int(among.sum()))

    @cached_property
    def day_factor(self) -> Figures:
        """The coefficient of variation of days beyond weekday, month and chance."""
        by_day = self.by_day().astype(float)
        n_parameters = 6 + len(self.months[1])

        def cv(count: Floats, pattern: Floats) -> float:
            usual = pattern * count.sum() / pattern.sum()
            beyond = ((count - usual) ** 2).sum() * len(count) / (
                len(count) - n_parameters
            ) - usual.sum()
            return float(np.sqrt(max(beyond / (usual**2).sum(), 0.0)))

        generator = generator_of(1, 0, "extract", "day_factor", 0)
        rows = generator.integers(0, len(by_day), (N_DRAWN, len(by_day)))
        drawn = [cv(by_day[row], self.pattern[row]) for row in rows]
        low, high = np.quantile(drawn, [0.025, 0.975])
        return _one(cv(by_day, self.pattern), low, high, len(by_day))


def _one(value: float, low: float, high: float, n: int) -> Figures:
    return Figures(np.array([value]), np.array([low]), np.array([high]), n)


def _over_mean(groups: Sequence[Ints], n: int) -> Figures:
    means = np.array([group.mean() if len(group) else np.nan for group in groups])
    errors = np.array(
        [group.std(ddof=1) / np.sqrt(len(group)) if len(group) > 1 else np.nan for group in groups]
    )
    mean = np.nanmean(means)
    low, middle, high = (
        np.nan_to_num(means + sign * Z * errors, nan=mean) / mean for sign in (-1, 0, 1)
    )
    return Figures(middle, low, high, n)


def of_source(extract: Extract, name: str) -> Mask:
    """Mask of the patients of a source."""
    return extract.patients.where("arrival_source", name)


def fitted_sources(extract: Extract) -> tuple[str, ...]:
    """The sources that have enough arrivals to be fitted."""
    names = extract.patients.known("arrival_source")
    return tuple(name for name in names if of_source(extract, name).sum() >= LEAST_OF_SOURCE)


def coded_counts(extract: Extract, among: Mask) -> Ints:
    """How many of some have each coded level, shape (5,)."""
    codes = extract.patients[GIVEN][among]
    return np.bincount(codes[codes >= 0], minlength=len(extract.patients.known(GIVEN)))


class AdmittedCells(NamedTuple):
    """Attendances that did not leave unseen, by source, coded level (the last: none) and age band (the last: none)."""

    n: Ints
    admitted: Ints


def admitted_cells(extract: Extract) -> AdmittedCells:
    """How many there are of each, and how many of them were admitted, shape (3, 6, 5)."""
    patients = extract.patients
    shape = (3, 6, 5)
    missing = np.full(len(patients), -1)
    codes = [patients.columns.get(name, missing) for name in ("arrival_source", GIVEN, "age_band")]
    counted = (patients["outcome"] >= 0) & ~patients.where("outcome", LEFT) & (codes[0] >= 0)
    cell = np.ravel_multi_index([np.where(code < 0, size - 1, code)[counted] for code, size in
                                 zip(codes, shape, strict=True)], shape)  # fmt: skip
    admitted = patients.where("outcome", ADMITTED)[counted]
    n, yes = (np.bincount(chosen, minlength=90).reshape(shape) for chosen in (cell, cell[admitted]))
    return AdmittedCells(n, yes)


def level_given_code(mix: Floats, table: Floats) -> Floats:
    """P(true level | coded level), shape (codes, levels); the last row: where there is no code."""
    joint = (mix[:, None] * table).T
    return np.vstack([joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-12), mix])


class AdmissionFit(NamedTuple):
    """The base of the chance of admission, and its factors by source and by age band."""

    base: float
    by_source: Floats
    by_age: Floats


def fit_admission(
    cells: AdmittedCells,
    levels: Floats,
    by_level: Floats,
    start: tuple[Floats, Floats],
    ages: Floats,
) -> AdmissionFit:
    """Factors at which as many of each source and of each age are admitted as were, those of true levels given.

    levels  (3, 6, 5): P(true level | source, code); by_level  (5,); start: factors by source and age where nothing is
    known; ages  (4,): the mix of ages where an age is missing
    """
    by_source, by_age = start[0].copy(), start[1].copy()
    base = 1.0
    for _ in range(100):
        of_age = np.append(by_age, by_age @ ages)
        chance = np.minimum(base * by_source[:, None, None, None] * by_level
                            * of_age[None, None, :, None], 1.0)  # fmt: skip
        expected = cells.n * (chance * levels[:, :, None, :]).sum(axis=-1)
        base *= _ratio(cells.admitted.sum(), expected.sum())
        by_source = by_source * [
            _ratio(*pair)
            for pair in zip(cells.admitted.sum(axis=(1, 2)), expected.sum(axis=(1, 2)), strict=True)
        ]
        wanted, have = cells.admitted.sum(axis=(0, 1))[:4], expected.sum(axis=(0, 1))[:4]
        by_age = by_age * [_ratio(*pair) for pair in zip(wanted, have, strict=True)]
        mean_source, mean_age = by_source[0] / start[0][0], by_age[1] / start[1][1]
        base, by_source, by_age = (
            base * mean_source * mean_age,
            by_source / mean_source,
            by_age / mean_age,
        )
    return AdmissionFit(base, by_source, by_age)


def _ratio(above: float, below: float) -> float:
    """A damped ratio; 1 where one of the two is 0."""
    return float((above / below) ** 0.5) if above > 0 and below > 0 else 1.0


def follows_crowding(extract: Extract) -> float | None:
    """The rank correlation, over patients, of the wait and how many were there at arrival; None if waits are unknown.

    Near 0 waits do not come out of a queue: of made-up records, or of stamps that are set afterwards.
    """
    from scipy.stats import spearmanr

    patients = extract.patients
    if "seen_at" not in patients or "departed_at" not in patients:
        return None
    arrived, has_end = patients["arrived_at"], ~np.isnan(patients["departed_at"])
    departed = np.sort(patients["departed_at"][has_end])  # of the others nobody knows until when
    there = np.cumsum(has_end) - has_end - np.searchsorted(departed, arrived)
    wait = patients["seen_at"] - arrived
    rows = np.flatnonzero(~np.isnan(wait))[:: max(len(arrived) // MOST_RANKED, 1)]
    if len(rows) < LEAST_OF_SOURCE:
        return None
    hour, crowd = (arrived[rows] // 60 % 24).astype(np.int64), there[rows]
    n_of, total = (np.bincount(hour, weights=of, minlength=24) for of in (None, crowd))
    usual = (total / np.maximum(n_of, 1))[hour]
    return float(spearmanr(wait[rows], crowd - usual).statistic)


def cautions(extract: Extract) -> tuple[str, ...]:
    """What to know of the records, in sentences: whether anybody said where they come from, and whether their waits
    follow crowding, if waits are known."""
    unsaid, crowding = source_words(extract.mapping, extract.stated_in), follows_crowding(extract)
    if crowding is None:
        return unsaid
    says = "follow" if crowding > LEAST_CROWDING else "do not follow"
    words = f"Waits {says} crowding: rank correlation {crowding:.2f} of waits and how many are there for the hour."
    if crowding <= LEAST_CROWDING:
        words += " So they do not come out of a queue, as in made-up records, and no queue can be fitted to them."
    return (*unsaid, words)


def spans_of(extract: Extract) -> Iterator[tuple[str, str, Floats, float]]:
    """Spans between two stamps: its name, whether they are work, a wait or both, the minutes, and their rounding."""
    patients = extract.patients
    admitted = patients.where("outcome", ADMITTED)
    for start, end, words, what, of in SPANS:
        if start in patients and end in patients:
            minutes = patients[end] - patients[start]
            rounding = extract.tables_read.rounding
            step = max(rounding[start].to if start in rounding else 0, rounding[end].to)
            yield words, what, minutes if of is None else minutes[admitted == of], float(step)


MOST_FITTED, MOST_CENSORED = 2_000, 30_000
"""Spans that a family is fitted to, and stays that patience is fitted to: every k-th of more."""
LEAST_FITTED = 50
NEAR = 0.05
"""The largest distance of distribution functions (Kolmogorov-Smirnov) at which a family is taken to describe spans."""
TINY = 1e-4


class FittedFamily(NamedTuple):
    """A family fitted to spans: its kind, mean, other keys of the vocabulary, how far its distribution function is from
    that of the spans at most, and Akaike's criterion."""

    kind: str
    mean: float
    keys: Mapping[str, Any]
    distance: float
    aic: float


def families_of(minutes: Floats, step: float) -> tuple[FittedFamily, ...]:
    """Every family fitted to spans, the best first; none of fewer than `LEAST_FITTED`.

    `step`: minutes to which the stamps are rounded; a span is then known to about as much on either side.
    """
    from scipy import stats

    known = np.sort(minutes[np.isfinite(minutes) & (minutes >= 0)])
    known = known[:: max(-(-len(known) // MOST_FITTED), 1)]
    if len(known) < LEAST_FITTED:
        return ()
    around = max(step, TINY) / 2
    low, high = np.maximum(known - around, TINY), known + around + TINY
    spans = (
        stats.CensoredData.interval_censored(low=low, high=high)
        if step
        else np.maximum(known, TINY)
    )
    at, fits = np.unique(known), []
    below = np.searchsorted(known, at, side="right") / len(known)
    for kind, (name, key, power) in FAMILIES.items():
        family = getattr(stats, name)
        try:
            frozen = family.fit(
                spans, floc=0, **({"scale": max(float(known.mean()), TINY)} if step else {})
            )
        except (stats.FitError, ValueError, FloatingPointError):
            continue
        mass = family.cdf(high, *frozen) - family.cdf(low, *frozen)
        n_parameters = len(frozen) - 1
        aic = 2 * n_parameters - 2 * float(np.log(np.maximum(mass, 1e-12)).sum())
        keys = {key: round(float(frozen[0] ** power), 3)} if key else {}
        # the largest between distribution functions where rounded spans leave no doubt of theirs
        distance = float(np.abs(family.cdf(at + step / 2, *frozen) - below).max())
        fits.append(FittedFamily(kind, float(family.mean(*frozen)), keys, distance, aic))
    return tuple(sorted(fits, key=lambda fit: fit.aic))


def nearest_family(minutes: Floats, fits: Sequence[FittedFamily]) -> FittedFamily:
    """The family that describes spans best, or `empirical`: the spans as they are."""
    nearest = min(fits, key=lambda fit: fit.distance)
    if nearest.distance <= NEAR:
        return nearest
    known = minutes[np.isfinite(minutes) & (minutes >= 0)]
    return FittedFamily("empirical", float(known.mean()), {}, 0.0, 0.0)


@dataclass(frozen=True)
class FittedPatience:
    """A Weibull distribution of the time from arrival to leaving unseen, relative to what is usual for a patient.

    power, mean   with the ends of their 95 % intervals
    n_left, n     patients who left, and those whose patience is known to be longer than their wait
    """

    power: tuple[float, float, float]
    mean: tuple[float, float, float]
    n_left: int
    n: int


def patience_of(minutes: Floats, has_left: Mask, least: Floats) -> FittedPatience | None:
    """Patience from times to leaving, and to being seen, which cut it off; None if hardly anybody left.

    minutes  to leaving or to being seen; NaN of those who left and nobody noted when: they are taken to have left
    before waits as long as those of the others, evenly spread, would have ended
    least    of those who left, since when they may have wanted to: not before, shape (n,)
    """
    from scipy import stats

    stride = max(-(-len(minutes) // MOST_CENSORED), 1)
    known = ~np.isnan(minutes) | has_left
    minutes, left, least = (
        minutes[known][::stride],
        has_left[known][::stride],
        least[known][::stride],
    )
    if left.sum() < LEAST_FITTED:
        return None
    noted = left & ~np.isnan(minutes)
    cut = np.maximum(minutes[~left], TINY)
    unnoted = int((left & np.isnan(minutes)).sum())
    low = np.concatenate([np.maximum(least[noted], TINY), np.full(unnoted, TINY)])
    waits = np.sort(cut)  # who leaves has a wait that is the longer: about in proportion
    ends = np.interp(
        (np.arange(unnoted) + 0.5) / max(unnoted, 1), np.cumsum(waits) / waits.sum(), waits
    )
    high = np.concatenate([np.maximum(minutes, least)[noted] + 2 * TINY, ends + 2 * TINY])
    data: Any = stats.CensoredData(right=cut, interval=np.stack([low, high], axis=1))
    power, _, scale = stats.weibull_min.fit(
        data, floc=0, scale=float(cut.mean()) * len(cut) / max(left.sum(), 1)
    )
    spread = _spread(data, power, scale)

    def mean_at(log_power: float, log_scale: float) -> float:
        return float(stats.weibull_min.mean(np.exp(log_power), scale=np.exp(log_scale)))

    at = np.log([power, scale])
    slope = [(np.log(mean_at(*(at + step_)) / mean_at(*at))) / 1e-4 for step_ in np.eye(2) * 1e-4]
    sd_power, sd_mean = np.sqrt(spread[0, 0]), float(np.sqrt(np.array(slope) @ spread @ slope))
    mean = mean_at(*at)
    return FittedPatience(_ends(power, sd_power), _ends(mean, sd_mean), int(left.sum()), len(left))


def _ends(value: float, log_sd: float) -> tuple[float, float, float]:
    return float(value), float(value * np.exp(-1.96 * log_sd)), float(value * np.exp(1.96 * log_sd))


def _spread(data: CensoredData, power: float, scale: float) -> Floats:
    """The covariance of the logarithms of power and scale, from the curvature of the likelihood."""
    from scipy import stats

    cut, interval = np.asarray(data._right), np.asarray(data._interval)

    def loss(point: Floats) -> float:
        family = stats.weibull_min(np.exp(point[0]), scale=np.exp(point[1]))
        mass = family.cdf(interval[:, 1]) - family.cdf(interval[:, 0])
        return -float(family.logsf(cut).sum() + np.log(np.maximum(mass, 1e-300)).sum())

    at, h = np.log([power, scale]), 1e-3
    steps = np.eye(2) * h
    curvature = np.array(
        [
            [
                (loss(at + a + b) - loss(at + a - b) - loss(at - a + b) + loss(at - a - b))
                / (4 * h * h)
                for b in steps
            ]
            for a in steps
        ]
    )
    return np.asarray(np.linalg.pinv(curvature))
