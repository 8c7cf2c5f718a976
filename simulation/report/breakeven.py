"""What a break-even found, as sentences, tables, a picture and files for who goes on with it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simulation.experiment.store.folders import moved, must_be_writable, whole_or_nothing
from simulation.inquiry.break_even import BreakEven, Frontier, PriceBreakEven
from simulation.report.figures.drawing import Picture
from simulation.report.figures.frontier import frontier_picture
from simulation.report.tables.table import ReportTable
from simulation.study.design import Target
from simulation.study.study import ReadyArm, Study

FOLDER = "breakeven"
"""The folder among the results."""
HEADERS = ("quantity", "stated", "break-even (95 %)", "nine in ten departments", "no value is enough in")


@dataclass(frozen=True, eq=False)
class BreakEvens:
    """An arm held against another one: what was asked, and what was found by quantity.

    cost  of the arm in pounds a year, none if it states none; price  None where no price is as good value
    (`why_no_price` says why).
    """

    study: Study
    arm: ReadyArm
    against: ReadyArm
    target: Target
    found: Mapping[str, BreakEven]
    cost: float | None
    price: PriceBreakEven | None
    why_no_price: str
    frontier: Frontier | None

    @property
    def picture(self) -> Picture | None:
        """The frontier of seconds and adoption; None if it was not searched."""
        if self.frontier is None:
            return None
        seconds, adoption = self.found["seconds"], self.found["adoption"].quantity.stated
        labels = self.arm.arm.label, self.against.arm.label
        return frontier_picture(self.frontier, seconds, adoption, *labels)


def breakeven_table(asked: BreakEvens) -> ReportTable:
    """A row for each quantity."""
    rows = [_row(each) for each in asked.found.values()]
    if asked.price is not None:
        price = asked.price
        within = NONE if price.range is None else f"{_pounds(price.range[1])} to {_pounds(price.range[2])}"
        stated = "not stated" if asked.cost is None else _pounds(asked.cost)
        told = f"{_pounds(price.pounds)} ({_pounds(price.low)} to {_pounds(price.high)})"
        rows.append(("price, a year", stated, told, within, NONE))
    title = f"'{asked.arm.arm.label}' against '{asked.against.arm.label}': '{asked.target.label}'"
    return ReportTable("breakeven", title, HEADERS, tuple(rows), tuple(_notes(asked)))


def sentences(asked: BreakEvens) -> Iterator[str]:
    """What was found, a sentence a quantity."""
    other = f"'{asked.against.arm.label}'"
    for each in asked.found.values():
        quantity = each.quantity
        of = f" of {len(each.roots)} departments" if each.roots is not None else ""
        if each.exists:
            told = f"{quantity.name}: draws level with {other} at {_value(each, each.value)} (stated: "
            yield f"{told}{_value(each, quantity.stated)})"
        else:
            more = (each.trials[0].estimate.mean < 0) == _lower_is_better(asked)
            what = "does more than" if more else "does less than"
            bounds = f"{_value(each, quantity.low)} to {_value(each, quantity.high)}"
            never = f"; no value is enough in {each.n_never}{of}" if of else ""
            yield f"{quantity.name}: from {bounds} it {what} {other}{never}"
    if asked.price is not None:
        yield f"price: as much for the money as {other} at {_pounds(asked.price.pounds)} a year"
    elif asked.why_no_price:
        yield f"price: {asked.why_no_price}"


def _lower_is_better(asked: BreakEvens) -> bool:
    from simulation.analysis.definitions import DEFINITIONS

    definition = DEFINITIONS.get(asked.target.measure)
    return definition is None or definition.better != "higher"


NONE = "–"


def _row(each: BreakEven) -> tuple[str, ...]:
    quantity = each.quantity
    told = (
        "none"
        if not each.exists
        else f"{_value(each, each.value)} ({_bare(each, each.low)} to {_bare(each, each.high)})"
    )
    within = NONE
    if each.range is not None:
        within = f"{_bound(each, each.range[1])} to {_bound(each, each.range[2])}"
    never = NONE if each.roots is None else f"{each.n_never} of {len(each.roots)}"
    return quantity.name, _value(each, quantity.stated), told, within, never


def _bound(each: BreakEven, value: float) -> str:
    """A value of one department; beyond the bounds in words."""
    if value == math.inf:
        return f"none up to {_bare(each, each.quantity.high)}"
    return f"under {_bare(each, each.quantity.low)}" if value == -math.inf else _bare(each, value)


def _value(each: BreakEven, value: float) -> str:
    return f"{_bare(each, value)} {'%' if each.quantity.unit == 'share' else 's'}"


def _bare(each: BreakEven, value: float) -> str:
    return f"{100 * value:.0f}" if each.quantity.unit == "share" else f"{value:.1f}".removesuffix(".0")


def _pounds(value: float) -> str:
    return f"{'−' if value < 0 else ''}£{abs(value):,.0f}"


def _notes(asked: BreakEvens) -> Iterator[str]:
    run = asked.study.run
    yield (
        f"Found by root finding on paired differences: {len(run.numbers)} replications of {run.measured_days} days, "
        f"the same departments and patients at every value, {asked.study.department_words}. The interval is "
        "simulation noise. Nine in ten departments: the 5th to 95th percentile of their own break-evens, simulation "
        "noise removed; 'none' where no value up to the bound is enough."
    )
    if asked.price is not None:
        yield (
            "Price: the cost at which both do as much for the same money, in proportion; its interval holds the other "
            "arm's price and the noise in both effects."
        )


# --- files ------------------------------------------------------------------------------------------------------------


def write_breakeven(asked: BreakEvens, results: Path) -> Path:
    """Write the folder of a break-even, whole or not at all; formats in results/README.md. Raises ResultsError."""
    must_be_writable(results)
    parent = results / FOLDER
    parent.mkdir(exist_ok=True)
    stamp = datetime.now().strftime("%Y-%m-%dT%H%M%S")
    name = f"{asked.arm.name}-{asked.against.name}-{stamp}"
    with whole_or_nothing(parent, name) as partial:
        for file, rows in _tables(asked).items():
            _frame(rows).to_csv(partial / file, index=False, lineterminator="\n")
        about = json.dumps(_about(asked), indent=2, allow_nan=False)
        (partial / "breakeven.json").write_text(about, encoding="utf-8", newline="\n")
        picture = asked.picture
        if picture is not None:
            (partial / "frontier.png").write_bytes(picture.png)
        return moved(partial, parent, name)


def _frame(rows: list[dict[str, object]]):  # type: ignore[no-untyped-def]
    import pandas as pd

    return pd.DataFrame(rows)


def _tables(asked: BreakEvens) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {
        "breakeven.csv": [_summary(each) for each in asked.found.values()],
        "trials.csv": [
            {
                "quantity": each.quantity.name,
                "value": trial.value,
                "difference": trial.estimate.mean,
                "difference_low": trial.estimate.low,
                "difference_high": trial.estimate.high,
            }
            for each in asked.found.values()
            for trial in each.trials
        ],
        "departments.csv": [
            {"quantity": each.quantity.name, "department": number, "break_even": float(root)}
            for each in asked.found.values()
            if each.roots is not None
            for number, root in enumerate(each.roots)
        ],
    }
    if asked.price is not None:
        price = asked.price
        median, low, high = price.range or (math.nan,) * 3
        found["price.csv"] = [
            {
                "stated": asked.cost,
                "break_even": price.pounds,
                "low": price.low,
                "high": price.high,
                "department_median": median,
                "department_p5": low,
                "department_p95": high,
            }
        ]
    if asked.frontier is not None:
        pairs = zip(asked.frontier.adoption, asked.frontier.seconds, strict=True)
        found["frontier.csv"] = [{"adoption": share, "seconds": seconds} for share, seconds in pairs]
    return {file: rows for file, rows in found.items() if rows}


def _summary(each: BreakEven) -> dict[str, object]:
    median, low, high = each.range or (math.nan,) * 3
    return {
        "quantity": each.quantity.name,
        "unit": each.quantity.unit,
        "stated": each.quantity.stated,
        "searched_from": each.quantity.low,
        "searched_to": each.quantity.high,
        "break_even": each.value,
        "low": each.low,
        "high": each.high,
        "department_median": median,
        "department_p5": low,
        "department_p95": high,
        "n_departments": 0 if each.roots is None else len(each.roots),
        "n_departments_without": each.n_never,
    }


def _about(asked: BreakEvens) -> dict[str, object]:
    run = asked.study.run
    return {
        "arm": asked.arm.name,
        "against": asked.against.name,
        "measure": asked.target.measure,
        "group": asked.target.group,
        "study": asked.study.design.name,
        "scenario": asked.study.scenario,
        "played": asked.study.department_words,
        "seed": run.seed,
        "replications": len(run.numbers),
        "warm_up_days": run.warm_up_days,
        "measured_days": run.measured_days,
        "sentences": list(sentences(asked)),
    }
