"""`aeflow breakeven`: reads what is asked, runs the searches, prints and writes the break-evens.

As a table, sentences, a picture and files.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from simulation.display.document import print_blocks
from simulation.display.drawing import BLUE, GREY, WORSE, Picture, figure_of, panel_title, png_of
from simulation.display.files import write_dated
from simulation.display.table import Cell, ReportTable
from simulation.display.words import few_words
from simulation.errors import nearest, refuse
from simulation.measures.definitions import definition_of
from simulation.questions.break_even.searching import (
    PRICE,
    BreakEven,
    PriceBreakEven,
    Quantity,
    Trial,
    break_even,
    differences_of,
    frontier,
    price_of,
    quantities_of,
    quantity_of,
    run_values,
)
from simulation.records.schema import Floats
from simulation.runs.result import departments_used
from simulation.runs.running import Executor, open_executor
from simulation.statistics.verdict import PILOT
from simulation.study.design import Target
from simulation.study.explanation import cost_of
from simulation.study.offered_load import refuse_large
from simulation.study.statements import BANNER
from simulation.study.study import ReadyArm, Study, own_definitions

SHARES = (0.5, 0.75, 1.0)
"""Shares of its patients for whom the tool is used, along the frontier."""
FOLDER = "breakeven"
"""The folder among the results."""
HEADERS = (
    "quantity",
    "stated",
    "break-even (95 %)",
    "nine in ten departments",
    "no value is enough in",
)
NONE = "–"
SHADED = "#dce9f5"
say = partial(print, flush=True)


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
    frontier: Mapping[float, float] | None

    @property
    def labels(self) -> tuple[str, str]:
        """Both arms in words, in quotes."""
        return f"'{self.arm.arm.label}'", f"'{self.against.arm.label}'"


def lower_is_better(study: Study) -> bool:
    """Whether a study's first target improves as its measure, which may be the user's own, falls."""
    own = own_definitions(study.design, [arm.pathway for arm in study.arms])
    return definition_of(study.design.primary[0].measure, own).better != "higher"


# --- search --------------------------------------------------------------------------------------------------


def breakeven(
    study: Study, of: str | None, against_arm: str | None, what: Sequence[str] = ()
) -> Path | None:
    """Search, print and write break-evens of an arm against another; return their folder (None for a dry run).

    `what`: names of quantities; none: all that the arm has. Raises ConfigError for what cannot be asked.
    """
    arm, against = _arm(study, "arm", of), _arm(study, "against", against_arm)
    if arm.name == against.name:
        refuse("against", f"'{arm.name}' is the arm itself", "Name another arm")
    names = what or [*quantities_of(arm), PRICE]
    quantities = [quantity_of(arm, name) for name in names if name != PRICE]
    refuse_large([study.of_arms([arm.name, against.name])])
    run = study.run
    say(f"aeflow. {BANNER}")
    length = f"{run.how_many} of {run.measured_days} days, {study.department_words}"
    say(f"'{arm.arm.label}' against '{against.arm.label}', {length}.")
    if study.resolved["dry_run"]:
        say("Dry run: nothing was simulated.")
        return None
    with open_executor(study) as executor:
        breakevens = _search(study, arm, against, quantities, executor, with_price=PRICE in names)
    print_blocks([breakeven_table(breakevens)])
    for sentence in breakeven_sentences(breakevens):
        say(f"- {sentence}.")
    folder = write_breakeven(breakevens, study.results_folder)
    say(f"\nData:   {folder}")
    return folder


def _arm(study: Study, key: str, name: str | None) -> ReadyArm:
    """The arm that a key names. Raises ConfigError."""
    baseline = study.design.baseline
    names = [arm.name for arm in study.arms if arm.name != baseline]
    if not name:
        remedy = "Write: aeflow breakeven arm=NAME against=NAME, with two arms of the study"
        refuse(key, "no arm is named", f"{remedy}: {', '.join(names)}")
    if name not in names:
        why = (
            "is the baseline"
            if name == baseline
            else f"is no arm of the study '{study.design.name}'"
        )
        refuse(key, f"'{name}' {why}", nearest(name, names))
    return study.arm(name)


def _search(
    study: Study,
    arm: ReadyArm,
    against: ReadyArm,
    quantities: list[Quantity],
    executor: Executor,
    *,
    with_price: bool,
) -> BreakEvens:
    target, names = study.design.primary[0], [study.design.baseline, against.name, arm.name]
    say("  both arms as stated, and the baseline")
    values = run_values(study.of_arms(names), names, target, executor)
    by_quantity = {
        quantity.name: break_even(
            quantity,
            differences_of(study, arm.name, values[against.name], target, executor),
            departments_used(study, study.run.numbers),
            as_stated=values[arm.name] - values[against.name],
            lower_is_better=lower_is_better(study),
            tried=partial(_say_trial, quantity),
        )
        for quantity in quantities
    }
    price, why = _price(study, arm, against, values) if with_price else (None, "")
    cost = cost_of(arm)
    return BreakEvens(
        study=study,
        arm=arm,
        against=against,
        target=target,
        by_quantity=by_quantity,
        cost=cost.pounds if cost is not None else None,
        price=price,
        why_no_price=why,
        frontier=_frontier(study, arm, values[against.name], by_quantity, executor),
    )


def _say_trial(quantity: Quantity, trial: Trial) -> None:
    """Print a value of a quantity that a search tries, and the difference there."""
    value = f"{100 * trial.value:.1f} %" if quantity.unit == "share" else f"{trial.value:.1f} s"
    say(f"  {quantity.name} {value}: difference {_signed(trial.estimate.mean)}")


def _signed(minutes: float) -> str:
    return f"{minutes:+.2f}".replace("-", "−")


def _price(
    study: Study, arm: ReadyArm, against: ReadyArm, values: Mapping[str, Floats]
) -> tuple[PriceBreakEven | None, str]:
    """The break-even in price, or why there is none."""
    cost = cost_of(against)
    if cost is None:
        return None, f"'{against.arm.label}' states no cost"
    if cost.pounds <= 0:
        return None, f"'{against.arm.label}' costs nothing, so no price above £0 is as good value"
    effects = {
        name: values[name] - values[study.design.baseline] for name in (arm.name, against.name)
    }
    departments = departments_used(study, study.run.numbers)
    price = price_of(
        effects, arm.name, against.name, (cost.pounds, cost.low, cost.high), departments
    )
    return (
        price,
        ""
        if price is not None
        else f"the effect of '{against.arm.label}' cannot be told from none",
    )


def _frontier(
    study: Study,
    arm: ReadyArm,
    against: Floats,
    by_quantity: Mapping[str, BreakEven],
    executor: Executor,
) -> Mapping[float, float] | None:
    """The frontier of seconds and adoption, on the first pass over the departments.

    None unless both were searched for and seconds have a break-even.
    """
    if not {"seconds", "adoption"} <= by_quantity.keys() or not by_quantity["seconds"].exists:
        return None
    n = study.run.departments or len(study.run.numbers)
    once = replace(study, run=replace(study.run, count=n))
    differences = differences_of(once, arm.name, against[:n], study.design.primary[0], executor)
    seconds, adoption = by_quantity["seconds"], by_quantity["adoption"].quantity

    def says(share: float, value: float, mean: float) -> None:
        say(f"  adoption {100 * share:.0f} %, seconds {value:.1f}: difference {_signed(mean)}")

    return frontier(
        seconds.quantity, adoption, differences, at_stated=seconds.value, shares=SHARES, tried=says
    )


# --- table ---------------------------------------------------------------------------------------------------


def breakeven_table(breakevens: BreakEvens) -> ReportTable:
    """A row for each quantity."""
    rows = [_row(breakeven) for breakeven in breakevens.by_quantity.values()]
    price = breakevens.price
    if price is not None:
        within = NONE if price.range is None else _pounds(*price.range[1:])
        stated = "not stated" if breakevens.cost is None else Cell(breakevens.cost, style="pounds")
        settled = math.isfinite(price.low) and math.isfinite(price.high)
        around = _pounds(price.low, price.high) if settled else "interval not settled"
        text = f"{_pounds(price.pounds)} ({around})"
        interval = Cell(price.pounds, low=price.low, high=price.high, style="pounds", text=text)
        rows.append(("price, a year", stated, interval, within, NONE))
        if price.by_cost[0] < price.by_cost[1]:
            rows.append(
                (
                    "price, over the other arm's range of cost",
                    NONE,
                    _pounds(*price.by_cost),
                    NONE,
                    NONE,
                )
            )
    title = f"{' against '.join(breakevens.labels)}: '{breakevens.target.label}'"
    return ReportTable("breakeven", title, HEADERS, rows, tuple(_notes(breakevens)))


def _row(breakeven: BreakEven) -> tuple[str | Cell, ...]:
    quantity, within, never = breakeven.quantity, NONE, NONE
    interval: str | Cell = "none"
    if breakeven.exists:
        value, low, high = breakeven.value, breakeven.low, breakeven.high
        text = f"{_value(quantity, value)} ({_number(quantity, low)} to {_number(quantity, high)})"
        interval = Cell(value, quantity.unit, low, high, text=text)
    if breakeven.range is not None:
        within = " to ".join(_bound(quantity, end) for end in breakeven.range[1:])
    if breakeven.roots is not None:
        never = f"{breakeven.n_never} of {len(breakeven.roots)}"
    stated = Cell(quantity.stated, quantity.unit, text=_value(quantity, quantity.stated))
    return quantity.name, stated, interval, within, never


def _bound(quantity: Quantity, value: float) -> str:
    """The break-even of one department, in words where it is beyond the bounds of the search."""
    if value == math.inf:
        return f"none up to {_number(quantity, quantity.high)}"
    return (
        f"under {_number(quantity, quantity.low)}"
        if value == -math.inf
        else _number(quantity, value)
    )


def _value(quantity: Quantity, value: float) -> str:
    return f"{_number(quantity, value)} {'%' if quantity.unit == 'share' else 's'}"


def _number(quantity: Quantity, value: float) -> str:
    """A value without its unit."""
    return f"{100 * value:.0f}" if quantity.unit == "share" else f"{value:.1f}".removesuffix(".0")


def _pounds(*values: float) -> str:
    """'£1,200', or '−£300 to any price'."""
    return " to ".join(
        "any price" if value == math.inf else f"{'−' if value < 0 else ''}£{abs(value):,.0f}"
        for value in values
    )


def _notes(breakevens: BreakEvens) -> Iterator[str]:
    run = breakevens.study.run
    yield (
        f"Found by root finding on paired differences: {len(run.numbers)} replications of {run.measured_days} days, "
        f"the same departments and patients at every value, {breakevens.study.department_words}. The interval is "
        "that of the mean over departments as a sample; of one department, of simulation noise. Nine in ten "
        "departments: the 5th to 95th percentile of break-evens of single "
        "departments, simulation noise removed; 'none' where no value up to the bound is enough. The number of "
        "departments without a break-even is a count of estimates, without an interval: loud noise makes it too low "
        "rather than too high."
    )
    if len(run.numbers) < PILOT:
        yield few_words(len(run.numbers))
    if breakevens.price is not None:
        yield (
            "Price: the cost at which both do as much for the same money, in proportion. Its interval and the spread "
            "over departments are at the other arm's stated cost. The row below shows what its range makes of it."
        )


# --- sentences -----------------------------------------------------------------------------------------------


def breakeven_sentences(breakevens: BreakEvens) -> Iterator[str]:
    """A sentence for each quantity: its break-even, or that there is none."""
    _, other = breakevens.labels
    for breakeven in breakevens.by_quantity.values():
        quantity = breakeven.quantity
        if breakeven.exists:
            value, stated = _value(quantity, breakeven.value), _value(quantity, quantity.stated)
            yield f"{quantity.name}: draws level with {other} at {value} (stated: {stated})"
            continue
        bounds = f"{_value(quantity, quantity.low)} to {_value(quantity, quantity.high)}"
        estimates = [trial.estimate for trial in breakeven.trials]
        if not min(estimates, key=lambda estimate: abs(estimate.mean)).excludes_zero:
            yield f"{quantity.name}: whether it draws level with {other} from {bounds} is not settled"
            continue
        does_more = (estimates[0].mean < 0) == lower_is_better(breakevens.study)
        never = ""
        if breakeven.roots is not None:
            never = (
                f"; no value is enough in {breakeven.n_never} of {len(breakeven.roots)} departments"
            )
        yield f"{quantity.name}: from {bounds} it does {'more' if does_more else 'less'} than {other}{never}"
    if breakevens.price is not None:
        yield f"price: as much for the money as {other} at {_pounds(breakevens.price.pounds)} a year"
    elif breakevens.why_no_price:
        yield f"price: {breakevens.why_no_price}"


# --- picture -------------------------------------------------------------------------------------------------


def frontier_picture(breakevens: BreakEvens) -> Picture | None:
    """The line of seconds over adoption on which an arm draws level with another; above it the arm does more.

    None if the frontier was not searched.
    """
    if breakevens.frontier is None:
        return None
    arm, against = breakevens.labels
    seconds, adoption = (
        breakevens.by_quantity["seconds"],
        breakevens.by_quantity["adoption"].quantity.stated,
    )
    both = np.array(list(breakevens.frontier.items()))
    shares, values = both[np.isfinite(both[:, 1])].T
    shares, adoption, stated = 100 * shares, 100 * adoption, seconds.quantity.stated
    within = seconds.range[1:] if seconds.range is not None else ()
    top = 1.25 * max([stated, *values, *filter(math.isfinite, within)])
    with figure_of(6.4, 4.6, 1, 1) as (figure, (ax,)):
        if len(values) > 1:
            ax.fill_between(shares, values, top, color=SHADED, linewidth=0, label="does more")
        ax.plot(shares, values, color=BLUE, marker="o", linewidth=2, label="draws level")
        if within:
            ends = [min(max(end, 0.0), top) for end in within]
            ax.plot([adoption] * 2, ends, color=GREY, linewidth=4, alpha=0.6, label="departments")
        ax.plot(
            [adoption],
            [stated],
            color=WORSE,
            marker="D",
            markersize=8,
            linestyle="none",
            label="as stated",
        )
        ax.set_xlim(0, 104)
        ax.set_ylim(0, top)
        ax.set_xlabel("share of its patients for whom it is used, %")
        ax.set_ylabel("seconds saved for each such patient")
        panel_title(ax, f"What {arm} needs\nto do as much as {against}")
        figure.legend(loc="outside lower center", ncols=4, fontsize=9)
        png = png_of(figure)
    points = "; ".join(
        f"{value:.0f} s at {share:.0f} %" for share, value in zip(shares, values, strict=True)
    )
    return Picture(
        "frontier",
        png,
        f"Seconds that {arm} must save for each patient for whom it is used, to do as much as {against}: {points}. As "
        f"stated: {stated:g} s at {adoption:.0f} %.",
        "Above the line it does more, on average over departments. The bar: break-evens of single departments.",
    )


# --- files ---------------------------------------------------------------------------------------------------


def write_breakeven(breakevens: BreakEvens, results: Path) -> Path:
    """Write the folder of a break-even, and return it. Formats: results/README.md. Raises ResultsError."""
    study, target, run = breakevens.study, breakevens.target, breakevens.study.run
    files = {
        **_tables(breakevens),
        "frontier.png": frontier_picture(breakevens),
        "breakeven.json": json.dumps(
            {
                "arm": breakevens.arm.name,
                "against": breakevens.against.name,
                "measure": target.measure,
                "group": target.group,
                "study": study.design.name,
                "scenario": study.scenario,
                "departments": study.department_words,
                "seed": run.seed,
                "replications": len(run.numbers),
                "warm_up_days": run.warm_up_days,
                "measured_days": run.measured_days,
                "sentences": list(breakeven_sentences(breakevens)),
            },
            indent=2,
            allow_nan=False,
        ),
    }
    prefix = f"{breakevens.arm.name}-{breakevens.against.name}-"
    written = {file: content for file, content in files.items() if content}
    return write_dated(results / FOLDER, written, prefix=prefix)


def _tables(breakevens: BreakEvens) -> dict[str, list[dict[str, object]]]:
    """The rows of each file, by its name."""
    searched = breakevens.by_quantity
    tables: dict[str, list[dict[str, object]]] = {
        "breakeven.csv": [_summary(breakeven) for breakeven in searched.values()],
        "trials.csv": [
            {"quantity": name, "value": trial.value, **trial.estimate.columns("difference")}
            for name, breakeven in searched.items()
            for trial in breakeven.trials
        ],
        "departments.csv": [
            {"quantity": name, "department": number, "break_even": float(root)}
            for name, breakeven in searched.items()
            if breakeven.roots is not None
            for number, root in enumerate(breakeven.roots)
        ],
    }
    price, frontier = breakevens.price, breakevens.frontier
    if price is not None:
        tables["price.csv"] = [
            {
                "stated": breakevens.cost,
                "break_even": price.pounds,
                "low": price.low,
                "high": price.high,
                "at_lowest_cost": price.by_cost[0],
                "at_highest_cost": price.by_cost[1],
                **_range_columns(price.range),
            }
        ]
    if frontier is not None:
        tables["frontier.csv"] = [
            {"adoption": share, "seconds": seconds} for share, seconds in frontier.items()
        ]
    return tables


def _summary(breakeven: BreakEven) -> dict[str, object]:
    quantity = breakeven.quantity
    return {
        "quantity": quantity.name,
        "unit": quantity.unit,
        "stated": quantity.stated,
        "searched_from": quantity.low,
        "searched_to": quantity.high,
        "break_even": breakeven.value,
        "low": breakeven.low,
        "high": breakeven.high,
        **_range_columns(breakeven.range),
        "n_departments": 0 if breakeven.roots is None else len(breakeven.roots),
        "n_departments_without": breakeven.n_never,
    }


def _range_columns(within: tuple[float, float, float] | None) -> dict[str, float]:
    """Median, 5th and 95th percentile over departments; NaN with too few."""
    names = ("department_median", "department_p5", "department_p95")
    return dict(zip(names, within or (math.nan,) * 3, strict=True))
