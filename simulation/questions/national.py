"""What would an arm do in a whole country? The sum over its trusts, each by departments with its published figures.

A trust counts by its attendances, and each of its departments alike. What is published of the country as a sum over
patients is worked out in the same way. Where it does not come out, trusts are weighted as little as possible until it
does; where no weights do it, nothing is said of the country, and the sum by attendances stands alone.

Three things are uncertain, and are told apart:

- *which departments were drawn*: they differ within a trust, independently from trust to trust, so the sum averages it
  away. Its interval is from the spread within trusts, chance of simulation included.
- *what no trust publishes, and all may have alike* (`Country.in_common`): it does not average away. The sum is given
  with it at either end in all departments, by a line through departments within their trusts.
- *how the evidence on an arm is read*: each reading is an arm of its own (`readings=all`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from simulation.department.rota import attendances_per_day
from simulation.display.table import Cell, Cells, ReportTable, ends_cell, interval_cell
from simulation.display.words import labelled, unit_words
from simulation.records.schema import Floats
from simulation.runs.result import ArmResult, StudyResult
from simulation.statistics.departments import Department, means_of, noise_within
from simulation.statistics.intervals import Interval, t_quantile
from simulation.statistics.raking import rake
from simulation.study.design import Country, CountryFigure, Margin, Target
from simulation.study.explanation import DAYS_PER_YEAR
from simulation.wording import listed_with_and

BANDS = (0.0, 0.5, 0.6, 0.7, 1.0)
"""Shares within four hours by which trusts are grouped."""
MOST_SAID = 3
"""Arms that have a sentence."""
MINUTES_IN_HOUR = 60


@dataclass(frozen=True, eq=False)
class TrustSum:
    """Trusts and what they count.

    trust: of each department used, its place among the trusts, shape (n_departments,); attendances, within_4h: of each
    trust, a day, and a share; values: weights that add up to 1, shape (n_trusts,)
    """

    trust: Department
    attendances: Floats
    within_4h: Floats
    weights: Floats

    def mean(self, values: Floats) -> Interval:
        """The mean of a number a department, with what drawing other departments would change, 95 %."""
        within = noise_within(values[:, None], self.trust, self.weights)
        mean, error, degrees = (float(part[0]) for part in within)
        half = t_quantile(degrees) * error
        n = len(values)
        return Interval(mean, mean - half, mean + half, error * np.sqrt(n), n, error=error)

    def at_ends(self, effects: Floats, parameter: Floats) -> tuple[float, float]:
        """The mean effect if every department had the parameter at its lowest, and at its highest."""
        by_trust, column = np.column_stack([effects, parameter]), self.weights[self.trust]
        centred = by_trust - means_of(by_trust, self.trust)[self.trust]
        each = column / np.bincount(self.trust)[self.trust]
        spread = each @ centred[:, 1] ** 2
        slope = (each * centred[:, 1]) @ centred[:, 0] / spread if spread else 0.0
        middle = noise_within(by_trust, self.trust, self.weights).mean
        low, high = (
            middle[0] + slope * (end - middle[1]) for end in (parameter.min(), parameter.max())
        )
        return float(low), float(high)

    def of(self, figure: CountryFigure, values: Floats, among: Floats) -> float:
        """A figure over all patients whom it is about."""
        means = means_of(np.column_stack([values * among, among]), self.trust)
        whole = self.weights @ means
        return float(whole[0] / whole[1])


def is_met(figure: CountryFigure, value: float) -> bool:
    """Whether a number is within what is allowed, to a part in a thousand."""
    near = 1e-3 * figure.high
    return figure.low - near <= value <= figure.high + near


@dataclass(frozen=True, eq=False)
class National:
    """What departments of all trusts give together, by attendances and as weighted.

    figures: each figure with its number by attendances, and as weighted (NaN where no weights give all of them)
    """

    country: Country
    by_attendances: TrustSum
    weighted: TrustSum | None
    figures: Sequence[tuple[CountryFigure, float, float]]

    @property
    def missed(self) -> list[str]:
        """The figures that the sum by attendances does not give."""
        return [figure.label for figure, value, _ in self.figures if not is_met(figure, value)]

    @property
    def sums(self) -> dict[str, TrustSum]:
        """The sums that are shown, by what trusts are weighted by; the one for the country first."""
        sums = {"attendances": self.by_attendances}
        if self.missed and self.weighted is not None:
            sums = {"attendances and England's figures": self.weighted, **sums}
        return sums

    @property
    def is_country(self) -> bool:
        """Whether the first sum gives every figure of the country."""
        return not self.missed or self.weighted is not None


def of_departments(result: StudyResult, values: Floats) -> Floats:
    """The mean of a number a replication in each department, shape (n_departments,)."""
    assert result.department_of is not None
    return means_of(values[:, None], result.department_of)[:, 0]


@lru_cache(maxsize=4)
def national(result: StudyResult) -> National | None:
    """What departments of a country's trusts give together; None for those of no country, or of one trust alone."""
    over, country, base = result.study.departments, result.country, result.design.baseline
    if over is None or country is None or result.department_of is None:
        return None
    used = np.array(over.trust_of)[np.unique(result.department_of)]
    names, trust = np.unique(used, return_inverse=True)
    if len(names) < 2 or len(used) == len(names):
        return None
    stated = [country.trusts[name] for name in names]
    attendances = np.array([one.attendances_per_day for one in stated])
    within_4h = np.array([one.within_4h_share for one in stated])
    plain = TrustSum(trust, attendances, within_4h, attendances / attendances.sum())
    columns = {}
    for figure in country.figures:
        if not result.has(figure.measure):
            continue
        values = of_departments(result, result.values(base, figure.measure))
        among = np.ones(len(values))
        if figure.among:
            among = of_departments(result, result.values(base, figure.among))
        columns[figure] = values, among
    bounds = [
        means_of(
            np.column_stack([among * (values - figure.low), among * (figure.high - values)]), trust
        )
        for figure, (values, among) in columns.items()
    ]
    raked = rake(plain.weights, np.hstack(bounds)) if bounds else plain.weights
    weighted = None if raked is None else TrustSum(trust, attendances, within_4h, raked)
    figures = [
        (figure, plain.of(figure, *of), weighted.of(figure, *of) if weighted else np.nan)
        for figure, of in columns.items()
    ]
    return National(country, plain, weighted, figures)


def effects_of(result: StudyResult, arm: str, judged: Target | Margin) -> Floats:
    """An arm's difference from the baseline in each department, shape (n_departments,)."""
    return of_departments(result, result.differences(arm, judged))


def pounds_a_year(
    result: StudyResult, arm: ArmResult, attendances: float
) -> tuple[float, float, float]:
    """What an arm costs for so many attendances a day, in millions a year, with its lowest and highest: that of the
    study's department, in proportion."""
    times = attendances / attendances_per_day(result.study.baseline.pathway) / 1e6
    cost = np.nan if arm.cost is None else arm.cost
    low, high = arm.cost_range or (cost, cost)
    return times * cost, times * low, times * high


# --- what the report and the screen show ------------------------------------------------------------------------------


def tables(result: StudyResult) -> Iterator[ReportTable]:
    """Sums over trusts by arm, the figures that they are to give, and effects by trusts' four-hour share."""
    found = national(result)
    if found is None:
        return
    yield _sums(result, found)
    yield _figures(result, found)
    yield _by_share(result, found)


def sentences(result: StudyResult) -> Iterator[str]:
    """Whether something can be said of the country, and what, for the first arms; on the first page."""
    found = national(result)
    if found is None:
        return
    trusts, country = found.by_attendances.attendances, found.country.label
    about = f"{len(trusts)} trusts with {trusts.sum() * DAYS_PER_YEAR / 1e6:.1f} million attendances a year"
    missed = listed_with_and([f"'{label}'" for label in found.missed])
    if not found.is_country:
        yield (
            f"No total for {country}: no weights of its {about} make their departments give all of its figures, and by "
            f"attendances they miss {missed}. The sums in the report are of these departments alone."
        )
        return
    how = ""
    if found.missed and found.weighted is not None:
        alike = 1 / (found.weighted.weights**2).sum()
        how = (
            f", weighted so that they give its figures (as even as {alike:.0f} trusts; by attendances they miss "
            f"{missed})"
        )
    yield f"{country}: {about}{how}."
    whose, target = next(iter(found.sums.values())), result.first_target
    unit = result.unit(target)
    for arm in result.tried[:MOST_SAID]:
        of_arm = effects_of(result, arm.name, target)
        by_load = "".join(
            f"; {ends_cell(low, high, unit)} from least to most {words}"
            for words, low, high in _in_common(result, found, whose, of_arm)
        )
        yield (
            f"'{arm.label}', over all of them: {interval_cell(whose.mean(of_arm), unit)} {unit_words(unit)} on "
            f"'{target.label}', {_hours(result, arm, whose)} million patient-hours a year{by_load}."
        )


def _hours(result: StudyResult, arm: ArmResult, trusts: TrustSum) -> Cell:
    """Millions of hours a year that all attendances wait longer for a clinician."""
    target = Margin(
        measure="wait_to_clinician_mean",
        label="wait",
        margin=1,
        evidence="assumed",
        source="the unit",
    )
    times = trusts.attendances.sum() * DAYS_PER_YEAR / MINUTES_IN_HOUR / 1e6
    hours = trusts.mean(effects_of(result, arm.name, target)).times(times)
    text = f"{hours.mean:+.2f} ({hours.low:+.2f} to {hours.high:+.2f})".replace("-", "−")
    return Cell(hours.mean, low=hours.low, high=hours.high, text=text)


def _in_common(
    result: StudyResult, found: National, trusts: TrustSum, of_arm: Floats
) -> Iterator[tuple[str, float, float]]:
    """What all trusts may have alike, in words, and the mean effect at its lowest and its highest."""
    assert result.study.departments is not None and result.department_of is not None
    used, values = np.unique(result.department_of), result.study.departments.varied_values
    for name, words in found.country.in_common.items():
        if name in values:
            yield words, *trusts.at_ends(of_arm, np.array(values[name])[used])


def _sums(result: StudyResult, found: National) -> ReportTable:
    target, rows = result.first_target, list[Cells]()
    others = [one for one in result.targets if one.measure == target.measure and one != target]
    unit = result.unit(target)
    for arm in result.tried:
        of_arm = effects_of(result, arm.name, target)
        for by, trusts in found.sums.items():
            ends = [
                ends_cell(low, high, unit)
                for _, low, high in _in_common(result, found, trusts, of_arm)
            ]
            pounds, low, high = pounds_a_year(result, arm, trusts.attendances.sum())
            cost = Cell(pounds, low=low, high=high, style="number")
            each = [
                interval_cell(trusts.mean(effects_of(result, arm.name, one)), unit)
                for one in (target, *others)
            ]
            rows.append(
                (
                    labelled(result, arm),
                    by,
                    each[0],
                    *ends,
                    *each[1:],
                    _hours(result, arm, trusts),
                    cost,
                )
            )
    headers = (
        "arm", "trusts count by", target.label,
        *(f"from least to most {words}" for words in found.country.in_common.values()),
        *(one.label for one in others), "million patient-hours a year, waiting for a clinician", "£ million a year",
    )  # fmt: skip
    notes = (
        "In brackets which departments were drawn for each trust, 95 %: it averages away over trusts. What all trusts "
        "may have alike does not: beside it stands the effect with that at its lowest and at its highest everywhere, "
        "by a straight line through departments within their trusts. "
        "Weights are taken as known. Readings of the evidence are arms of their own (readings=all). Cost in "
        "proportion to attendances, with its stated range.",
    )
    return ReportTable("national", f"{found.country.label}: sums over trusts", headers, rows, notes)


def _figures(result: StudyResult, found: National) -> ReportTable:
    def cells(figure: CountryFigure, value: float) -> Cell:
        unit = result.before(figure.measure).unit
        return Cell(
            value, unit, words="" if np.isnan(value) else "" if is_met(figure, value) else "not met"
        )

    rows: list[Cells] = [
        (
            figure.label,
            Cell(low=figure.low, high=figure.high, unit=result.before(figure.measure).unit),
            cells(figure, plain),
            cells(figure, weighted),
            figure.source,
        )
        for figure, plain, weighted in found.figures
    ]
    headers = ("figure", "allowed", "by attendances", "as weighted", "source")
    notes = (
        "Means over twelve weeks of the year, where some are published of six months. Weights of trusts are the "
        "nearest to attendances that give every figure; a dash: no weights do. Handover is summed as if as many in a "
        "hundred came by ambulance in every trust.",
    )
    return ReportTable(
        "national_figures",
        f"{found.country.label}: what all trusts give together",
        headers,
        rows,
        notes,
    )


def _by_share(result: StudyResult, found: National) -> ReportTable:
    target, rows = result.first_target, list[Cells]()
    unit, of = result.unit(target), found.by_attendances
    for arm in result.tried:
        of_arm = effects_of(result, arm.name, target)
        for low, high in pairwise(BANDS):
            here = (of.within_4h >= low) & (of.within_4h < high)
            departments = here[of.trust]
            if here.sum() < 2:
                continue
            _, trust = np.unique(of.trust[departments], return_inverse=True)
            part = TrustSum(trust, of.attendances[here], of.within_4h[here], of.attendances[here])
            words = (
                f"{100 * low:.0f} to {100 * high:.0f} %"
                if low and high < 1
                else (f"under {100 * high:.0f} %" if high < 1 else f"{100 * low:.0f} % and more")
            )
            effect = interval_cell(part.mean(of_arm[departments]), unit)
            rows.append((labelled(result, arm), words, str(here.sum()), effect))
    headers = ("arm", "within four hours, as published", "trusts", target.label)
    notes = ("By attendances; in brackets which departments were drawn for each trust, 95 %.",)
    return ReportTable(
        "national_levels",
        f"{found.country.label}: by trusts' four-hour share",
        headers,
        rows,
        notes,
    )
