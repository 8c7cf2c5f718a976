"""Which question that nobody answered would change the verdict on an offered product most?

Departments of an offer differ in what was left blank. The product's effect is regressed over departments on all that
they differ in: numbers scaled to one variance, causes of waiting and structures as categories. Coefficients are normal
about 0 with one variance; it and the variance about the line, at least the simulation noise of a department's mean, are
those that make the effects most likely. So a blank that only chance ties to the effect gets a small effect. A blank is
then read with its numbers at their lowest and at their highest, all others at their mean; a cause or structure at the
two that differ most. Of a blank that has an arm at either end these arms are read: they hold what no line does, how it
works with the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from simulation.display.table import Cell, Cells, ReportTable, change_cell
from simulation.records.schema import Floats
from simulation.runs.result import StudyResult
from simulation.statistics.departments import MIN_DEPARTMENTS, n_departments, spread_over
from simulation.statistics.intervals import t_quantile
from simulation.study.design import Blank, Margin, Target

KINDS = ("cause", "structure")
"""What departments differ in that is no number: what makes patients wait, and who is on when and does what."""
SHARES = np.geomspace(0.01, 30, 30)
"""Variances of all coefficients together that are tried, in units of the variance of the effects."""
ABOUT = np.geomspace(0.01, 1.5, 20)
"""Variances about the line that are tried, in the same units."""


@dataclass(frozen=True)
class BlankEffect:
    """The expected effect of the product on the first target with a blank at either end of its range.

    error: the standard error of their difference; decides: whether the effect matters at one end and not at the other;
    limit: a limit of safety that is failed on average at one end and not at the other; None if none is;
    moves: how far it moves the target or a limit, whichever more, in units of what matters.
    """

    blank: Blank
    low: float
    high: float
    error: float = 0.0
    decides: bool = False
    limit: Margin | None = None
    moves: float = 0.0


@dataclass(frozen=True)
class Line:
    """A regression over departments.

    columns: by parameter, shape (n_departments, n) each; mean, covariance: of the coefficients; middle: the mean.
    """

    columns: Mapping[str, Floats]
    middle: float
    mean: Floats
    covariance: Floats

    def ends(self, parameters: Sequence[str]) -> tuple[float, float, float]:
        """The expected effect with these parameters at either end, and the standard error of the difference."""
        low, high = np.zeros(len(self.mean)), np.zeros(len(self.mean))
        start = 0
        for name, columns in self.columns.items():
            places = slice(start, start + columns.shape[1])
            start += columns.shape[1]
            if name not in parameters:
                continue
            rows = np.unique(columns, axis=0)
            at = rows @ self.mean[places]
            ends = (
                (at.argmin(), at.argmax())
                if name in KINDS
                else (columns.argmin(), columns.argmax())
            )
            source = rows if name in KINDS else columns
            low[places], high[places] = source[ends[0]], source[ends[1]]
        error = float(np.sqrt((high - low) @ self.covariance @ (high - low)))
        return self.middle + float(low @ self.mean), self.middle + float(high @ self.mean), error


def fit_line(
    values: Mapping[str, Floats], structures: Sequence[str], effects: Floats, noise: float
) -> Line:
    """The line through effects by department, shape (n,).

    values: of each parameter, shape (n,); structures: 'cause/structure', or a structure; noise: the variance of
    simulation in an effect.
    """
    columns = {
        name: _scaled(np.asarray(column)[:, None])
        for name, column in values.items()
        if np.ptp(column) > 0
    }
    parted = (kind.rpartition("/")[::2] for kind in structures)
    for name, of_all in zip(KINDS, zip(*parted, strict=True), strict=True):
        if len(kinds := sorted(set(of_all))) > 1:
            columns[name] = _scaled(
                np.array([[float(kind == own) for kind in kinds] for own in of_all])
            )
    design = np.hstack([*columns.values()]) if columns else np.zeros((len(effects), 0))
    middle, centred = float(effects.mean()), effects - effects.mean()
    variance, n = float(centred @ centred) / max(len(effects) - 1, 1), max(design.shape[1], 1)
    if variance <= 0 or not columns:
        return Line(columns, middle, np.zeros(design.shape[1]), np.zeros((design.shape[1],) * 2))
    tries = list(
        product((variance * SHARES / n).tolist(), np.maximum(variance * ABOUT, noise).tolist())
    )
    prior, about = max(tries, key=lambda pair: _log_likelihood(design, centred, *pair))
    precision = design.T @ design / about + np.eye(design.shape[1]) / prior
    covariance = np.linalg.inv(precision)
    return Line(columns, middle, covariance @ design.T @ centred / about, covariance)


def _scaled(columns: Floats) -> Floats:
    """Columns about their means, their variances adding up to 1."""
    centred = columns - columns.mean(axis=0)
    return np.asarray(centred / np.sqrt((centred**2).mean(axis=0).sum()))


def _log_likelihood(design: Floats, centred: Floats, prior: float, about: float) -> float:
    covariance = prior * design @ design.T + about * np.eye(len(centred))
    _, log_determinant = np.linalg.slogdet(covariance)
    return float(-0.5 * (log_determinant + centred @ np.linalg.solve(covariance, centred)))


def rank_blanks(result: StudyResult) -> tuple[BlankEffect, ...]:
    """The blanks of a study's offer, the one that would change the verdict most first: those that decide, then those
    that move a limit of safety, then by how far they move anything. Empty on fewer than twenty departments."""
    offer, department, departments = (
        result.design.offer,
        result.department_of,
        result.study.departments,
    )
    if (
        offer is None
        or department is None
        or departments is None
        or n_departments(department) < MIN_DEPARTMENTS
    ):
        return ()
    target = result.first_target
    used = np.unique(department)
    values = {name: np.array(of_all)[used] for name, of_all in departments.varied_values.items()}
    structures = [departments.structure_of[number] for number in used]

    def line(judged: Target | Margin) -> Line:
        spread = spread_over(result.differences(offer.arm, judged), department)
        if len(spread.numbers) != len(used):
            return fit_line(values, structures, np.zeros(len(used)), 0.0)
        return fit_line(
            values, structures, spread.raw, spread.within / float(np.min(spread.n_each))
        )

    of_target, of_margins = (
        line(target),
        [(margin, line(margin)) for margin in result.design.margins],
    )
    effects = []
    for blank in offer.blanks:
        low, high, error = _ends(result, target, of_target, blank)
        matters = target.minimal_important_difference
        decides = _side(low, matters) != _side(high, matters)
        ends = [(margin, *_ends(result, margin, of, blank)) for margin, of in of_margins]
        limits = [
            margin
            for margin, one, other, _ in ends
            if _fails_at_one_end(result, margin, one, other)
        ]
        moves = max(
            [
                abs(high - low) / matters,
                *(abs(other - one) / of.margin for of, one, other, _ in ends),
            ]
        )
        effects.append(
            BlankEffect(blank, low, high, error, decides, limits[0] if limits else None, moves)
        )
    return tuple(sorted(effects, key=lambda one: (not one.decides, one.limit is None, -one.moves)))


def _side(effect: float, matters: float) -> int:
    return int(effect >= matters) - int(effect <= -matters)


def _ends(
    result: StudyResult, judged: Target | Margin, line: Line, blank: Blank
) -> tuple[float, float, float]:
    """The effect at either end of a blank, by its arms or else the line, and the standard error of the difference."""
    if not blank.arms:
        return line.ends(blank.parameters)
    low, high = (result.row_of(judged, arm) for arm in blank.arms)
    apart = result.against(high.arm, low.arm, judged.measure, judged.group)
    return low.difference, high.difference, apart.half_width / t_quantile(low.sample[0] - 1)


def _fails_at_one_end(result: StudyResult, margin: Margin, low: float, high: float) -> bool:
    """Whether the expected change of a margin's measure is beyond it at one end of a blank only."""
    worse = -1 if result.better(margin) == "higher" else 1
    return (worse * low > margin.margin) != (worse * high > margin.margin)


def tables(result: StudyResult) -> Iterator[ReportTable]:
    """A row a blank; none without blanks."""
    effects = rank_blanks(result)
    if not effects or result.design.offer is None:
        return
    target, unit = result.first_target, result.unit(result.first_target)
    rows: list[Cells] = [
        (
            effect.blank.question,
            change_cell(effect.low, unit),
            change_cell(effect.high, unit),
            Cell(effect.error, style="number", digits=1),
            "yes" if effect.decides else "no",
            effect.limit.label if effect.limit else "none",
            effect.blank.find,
        )
        for effect in effects
    ]
    ends, limit = ("at one end", "at the other", "standard error"), "limit passed at one end"
    headers = ("left blank", *ends, "decides", limit, "find it")
    notes = (
        "Effects of the product, expected by a regression over the departments on all that they differ in, shrunk for "
        "noise. 'Decides': the effect matters at one end and not at the other.",
    )
    yield ReportTable("blanks", f"'{target.label}' by what was left blank", headers, rows, notes)
