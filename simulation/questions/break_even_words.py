"""A break-even as sentences, a table, a picture and files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulation.display.dated_folder import write_dated
from simulation.display.drawing import Picture
from simulation.display.table import ReportTable
from simulation.display.words import few_words
from simulation.measures.definitions import definition_of
from simulation.questions.break_even import BreakEven, Frontier, PriceBreakEven
from simulation.questions.break_even_picture import frontier_picture
from simulation.questions.break_even_quantities import Quantity
from simulation.statistics.verdict import PILOT
from simulation.study.design import Target
from simulation.study.own import own_definitions
from simulation.study.study import ReadyArm, Study

FOLDER = "breakeven"
"""The folder among the results."""
HEADERS = ("quantity", "stated", "break-even (95 %)", "nine in ten departments", "no value is enough in")
NONE = "–"


@dataclass(frozen=True, eq=False)
class BreakEvens:
    """An arm held against another one: the break-even in each quantity.

    cost  of the arm in pounds a year, None if it states none
    price  None where no price is as good value; `why_no_price` says why
    """

    study: Study
    arm: ReadyArm
    against: ReadyArm
    target: Target
    by_quantity: Mapping[str, BreakEven]
    cost: float | None
    price: PriceBreakEven | None
    why_no_price: str
    frontier: Frontier | None

    @property
    def picture(self) -> Picture | None:
        """The frontier of seconds and adoption; None if it was not searched."""
        if self.frontier is None:
            return None
        seconds, adoption = self.by_quantity["seconds"], self.by_quantity["adoption"].quantity.stated
        labels = self.arm.arm.label, self.against.arm.label
        return frontier_picture(self.frontier, seconds, adoption, *labels)


def breakeven_table(breakevens: BreakEvens) -> ReportTable:
    """A row for each quantity."""
    rows = [_row(breakeven) for breakeven in breakevens.by_quantity.values()]
    price = breakevens.price
    if price is not None:
        within = NONE if price.range is None else f"{_pounds(price.range[1])} to {_pounds(price.range[2])}"
        stated = "not stated" if breakevens.cost is None else _pounds(breakevens.cost)
        settled = math.isfinite(price.low) and math.isfinite(price.high)
        around = f"{_pounds(price.low)} to {_pounds(price.high)}" if settled else "interval not settled"
        interval = f"{_pounds(price.pounds)} ({around})"
        rows.append(("price, a year", stated, interval, within, NONE))
        if price.by_cost[0] < price.by_cost[1]:
            by_cost = f"{_pounds(price.by_cost[0])} to {_pounds(price.by_cost[1])}"
            rows.append(("price, over the other arm's range of cost", NONE, by_cost, NONE, NONE))
    title = f"'{breakevens.arm.arm.label}' against '{breakevens.against.arm.label}': '{breakevens.target.label}'"
    return ReportTable("breakeven", title, HEADERS, tuple(rows), tuple(_notes(breakevens)))


def sentences(breakevens: BreakEvens) -> Iterator[str]:
    """A sentence for each quantity: its break-even, or that there is none."""
    other = f"'{breakevens.against.arm.label}'"
    for breakeven in breakevens.by_quantity.values():
        quantity = breakeven.quantity
        if breakeven.exists:
            value, stated = _value(quantity, breakeven.value), _value(quantity, quantity.stated)
            yield f"{quantity.name}: draws level with {other} at {value} (stated: {stated})"
            continue
        bounds = f"{_value(quantity, quantity.low)} to {_value(quantity, quantity.high)}"
        if not min(
            (trial.estimate for trial in breakeven.trials), key=lambda estimate: abs(estimate.mean)
        ).excludes_zero:
            yield f"{quantity.name}: whether it draws level with {other} from {bounds} is not settled"
            continue
        does_more = (breakeven.trials[0].estimate.mean < 0) == lower_is_better(breakevens.study)
        never = ""
        if breakeven.roots is not None:
            never = f"; no value is enough in {breakeven.n_never} of {len(breakeven.roots)} departments"
        yield f"{quantity.name}: from {bounds} it does {'more' if does_more else 'less'} than {other}{never}"
    if breakevens.price is not None:
        yield f"price: as much for the money as {other} at {_pounds(breakevens.price.pounds)} a year"
    elif breakevens.why_no_price:
        yield f"price: {breakevens.why_no_price}"


def lower_is_better(study: Study) -> bool:
    """Whether a study's first target improves as its measure, which may be the user's own, falls."""
    own = own_definitions(study.design, [arm.pathway for arm in study.arms])
    return definition_of(study.design.primary[0].measure, own).better != "higher"


def _row(breakeven: BreakEven) -> tuple[str, ...]:
    quantity, interval, within, never = breakeven.quantity, "none", NONE, NONE
    if breakeven.exists:
        low, high = _number(quantity, breakeven.low), _number(quantity, breakeven.high)
        interval = f"{_value(quantity, breakeven.value)} ({low} to {high})"
    if breakeven.range is not None:
        within = f"{_bound(quantity, breakeven.range[1])} to {_bound(quantity, breakeven.range[2])}"
    if breakeven.roots is not None:
        never = f"{breakeven.n_never} of {len(breakeven.roots)}"
    return quantity.name, _value(quantity, quantity.stated), interval, within, never


def _bound(quantity: Quantity, value: float) -> str:
    """The break-even of one department, in words where it is beyond the bounds of the search."""
    if value == math.inf:
        return f"none up to {_number(quantity, quantity.high)}"
    return f"under {_number(quantity, quantity.low)}" if value == -math.inf else _number(quantity, value)


def _value(quantity: Quantity, value: float) -> str:
    return f"{_number(quantity, value)} {'%' if quantity.unit == 'share' else 's'}"


def _number(quantity: Quantity, value: float) -> str:
    """A value without its unit."""
    return f"{100 * value:.0f}" if quantity.unit == "share" else f"{value:.1f}".removesuffix(".0")


def _pounds(value: float) -> str:
    if value == math.inf:
        return "any price"
    return f"{'−' if value < 0 else ''}£{abs(value):,.0f}"


def _notes(breakevens: BreakEvens) -> Iterator[str]:
    run = breakevens.study.run
    yield (
        f"Found by root finding on paired differences: {len(run.numbers)} replications of {run.measured_days} days, "
        f"the same departments and patients at every value, {breakevens.study.department_words}. The interval is "
        "simulation noise. Nine in ten departments: the 5th to 95th percentile of break-evens of single "
        "departments, simulation noise removed; 'none' where no value up to the bound is enough. The number of "
        "departments without a break-even is a count of estimates, without an interval: loud noise makes it too low "
        "rather than too high."
    )
    if len(run.numbers) < PILOT:
        yield few_words(len(run.numbers))
    if breakevens.price is not None:
        yield (
            "Price: the cost at which both do as much for the same money, in proportion. Its interval is simulation "
            "noise at the other arm's stated cost, and so is the spread over departments taken at that cost. The row "
            "below shows what the range of that cost makes of it."
        )


# --- files ------------------------------------------------------------------------------------------------------------


def write_breakeven(breakevens: BreakEvens, results: Path) -> Path:
    """Write the folder of a break-even, and return it. Formats: results/README.md. Raises ResultsError."""
    import pandas as pd

    def write(folder: Path) -> None:
        for file, rows in _tables(breakevens).items():
            pd.DataFrame(rows).to_csv(folder / file, index=False, lineterminator="\n")
        about = json.dumps(_about(breakevens), indent=2, allow_nan=False)
        (folder / "breakeven.json").write_text(about, encoding="utf-8", newline="\n")
        picture = breakevens.picture
        if picture is not None:
            (folder / "frontier.png").write_bytes(picture.png)

    return write_dated(results / FOLDER, write, prefix=f"{breakevens.arm.name}-{breakevens.against.name}-")


def _tables(breakevens: BreakEvens) -> dict[str, list[dict[str, object]]]:
    """The rows of each file, by its name; files without rows are left out."""
    searched = breakevens.by_quantity.values()
    tables: dict[str, list[dict[str, object]]] = {
        "breakeven.csv": [_summary(breakeven) for breakeven in searched],
        "trials.csv": [
            {
                "quantity": breakeven.quantity.name,
                "value": trial.value,
                "difference": trial.estimate.mean,
                "difference_low": trial.estimate.low,
                "difference_high": trial.estimate.high,
            }
            for breakeven in searched
            for trial in breakeven.trials
        ],
        "departments.csv": [
            {"quantity": breakeven.quantity.name, "department": number, "break_even": float(root)}
            for breakeven in searched
            if breakeven.roots is not None
            for number, root in enumerate(breakeven.roots)
        ],
    }
    price, frontier = breakevens.price, breakevens.frontier
    if price is not None:
        median, low, high = price.range or (math.nan,) * 3
        tables["price.csv"] = [
            {
                "stated": breakevens.cost,
                "break_even": price.pounds,
                "low": price.low,
                "high": price.high,
                "at_lowest_cost": price.by_cost[0],
                "at_highest_cost": price.by_cost[1],
                "department_median": median,
                "department_p5": low,
                "department_p95": high,
            }
        ]
    if frontier is not None:
        pairs = zip(frontier.adoption, frontier.seconds, strict=True)
        tables["frontier.csv"] = [{"adoption": share, "seconds": seconds} for share, seconds in pairs]
    return {file: rows for file, rows in tables.items() if rows}


def _summary(breakeven: BreakEven) -> dict[str, object]:
    quantity = breakeven.quantity
    median, low, high = breakeven.range or (math.nan,) * 3
    return {
        "quantity": quantity.name,
        "unit": quantity.unit,
        "stated": quantity.stated,
        "searched_from": quantity.low,
        "searched_to": quantity.high,
        "break_even": breakeven.value,
        "low": breakeven.low,
        "high": breakeven.high,
        "department_median": median,
        "department_p5": low,
        "department_p95": high,
        "n_departments": 0 if breakeven.roots is None else len(breakeven.roots),
        "n_departments_without": breakeven.n_never,
    }


def _about(breakevens: BreakEvens) -> dict[str, object]:
    study, target = breakevens.study, breakevens.target
    run = study.run
    return {
        "arm": breakevens.arm.name,
        "against": breakevens.against.name,
        "measure": target.measure,
        "group": target.group,
        "study": study.design.name,
        "scenario": study.scenario,
        "played": study.department_words,
        "seed": run.seed,
        "replications": len(run.numbers),
        "warm_up_days": run.warm_up_days,
        "measured_days": run.measured_days,
        "sentences": list(sentences(breakevens)),
    }
