"""The responses as text: both sides of every figure with standard errors, and the year's shape by month."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.assurance.published.panel import MONTHS, month_effect
from simulation.assurance.published.responses import ALLOWED, DEMAND, DISCHARGES, Response, Responses
from simulation.assurance.published.words import MONTHS as NAMES


def as_lines(responses: Responses) -> list[str]:
    """The lines printed: one a figure, a table of the year's shape, and how many agree."""
    shape = [month_effect(month) for month in range(MONTHS)]
    figures = [row for row in responses.rows if row.target.measure not in shape]
    by_month = {row.target.measure: row for row in responses.rows if row.target.measure in shape}
    lines = [
        "Responses: simulated months and those of NHS trusts, put through one regression",
        f"{responses.n_trusts} simulated trusts of {_departments(responses.n_departments)}, {responses.n_months} "
        "months each; levels of each trust and each month taken out, standard errors clustered by trust.",
        f"By design attendances of a simulated trust vary from month to month by {100 * DEMAND.cv:.1f} % (persistence "
        f"{DEMAND.persistence:g}), as trusts' do, and ward stays by {100 * DISCHARGES.cv:.1f} % "
        f"({DISCHARGES.persistence:g}), so that occupancy lasts as trusts' does.",
        f"A row agrees within {ALLOWED:g} joint standard errors of the trusts' figure, or of the range stated. "
        "Associations on both sides; no row changes the exit code.",
        f"  {'':<6} {'figure':<62} {'trusts':>16}  {'simulation':>16}  {'apart':>6}",
        *(_line(row) for row in figures),
    ]
    if by_month:
        lines += _shape_lines([by_month[name] for name in shape if name in by_month])
    agree = sum(row.passed for row in responses.rows)
    return [*lines, f"{agree} of {len(responses.rows)} figures agree."]


def _departments(n: int) -> str:
    return "one department" if n == 1 else f"{n} departments"


def _line(row: Response) -> str:
    target = row.target
    theirs = _with_error(target.value, target.standard_error)
    ours = _with_error(row.found.value, row.found.standard_error)
    asked = f" asked: {_number(target.low)} to {_number(target.high)}" if target.banded else ""
    word = "AGREES" if row.passed else "MISSES"
    return f"  {word:<6} {target.name:<62} {theirs:>16}  {ours:>16}  {row.apart:+6.1f}{asked}"


def _with_error(value: float | None, error: float | None) -> str:
    return f"{_number(value)} ({error:.3f})" if error is not None else _number(value)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:+.3f}"


def _shape_lines(rows: Sequence[Response]) -> list[str]:
    """The lines of the year's shape, with a column a month."""
    months = [int(row.target.measure.rsplit("_", 1)[1]) - 1 for row in rows]

    def line(name: str, values: Sequence[float | None]) -> str:
        return f"  {name:<34}" + " ".join("   . " if value is None else f"{value:+5.1f}" for value in values)

    return [
        f"  {'Four-hour share less the year, points':<34}" + " ".join(f"{NAMES[month]:>5}" for month in months),
        line("trusts", [row.target.value for row in rows]),
        line("simulation", [row.found.value for row in rows]),
        line("apart, joint standard errors", [row.apart for row in rows]),
        f"  Months that agree: {sum(row.passed for row in rows)} of {len(rows)}",
    ]
