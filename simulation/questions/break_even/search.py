"""`aeflow breakeven`: reads what is asked, runs the searches, prints and writes the break-evens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from simulation.display.table import print_tables
from simulation.errors import ConfigError, Fault, nearest
from simulation.explain.costs import cost_of
from simulation.explain.statements import BANNER
from simulation.questions.break_even.break_evens import (
    BreakEvens,
    breakeven_sentences,
    breakeven_table,
    lower_is_better,
    write_breakeven,
)
from simulation.questions.break_even.policy_numbers import PRICE, Quantity, quantities_of, quantity_of
from simulation.questions.break_even.root_finding import (
    BreakEven,
    Frontier,
    PriceBreakEven,
    Trial,
    break_even,
    departments_of,
    differences_of,
    frontier,
    price_of,
    values_of,
)
from simulation.records.schema import Floats
from simulation.run.executors.executor import Executor, open_executor
from simulation.study.bounds import refuse_large
from simulation.study.study import ReadyArm, Study

OWN = ("arm", "against", "what")
"""Keys of the command itself; all others are of the configuration."""
USUAL = {"study": "alternatives", "run": "breakeven"}
"""What the command chooses of the configuration unless it is told otherwise."""
SHARES = (0.5, 0.75, 1.0)
"""Shares of its patients for whom the tool is used, along the frontier."""
Say = Callable[[str], None]


def breakeven(study: Study, own: Mapping[str, str], *, say: Say) -> Path | None:
    """Search, print and write break-evens; return their folder (None for a dry run). `own`: values of the keys `OWN`.

    Raises ConfigError for what cannot be asked.
    """
    arm, against = (_arm(study, own, key) for key in ("arm", "against"))
    if arm.name == against.name:
        raise ConfigError([Fault("against", f"'{arm.name}' is the arm itself", "Name another arm")])
    what = own.get("what", "")
    names = [name.strip() for name in what.split(",")] if what else [*quantities_of(arm), PRICE]
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
        breakevens = _search(study, (arm, against), quantities, executor, say, with_price=PRICE in names)
    print_tables([breakeven_table(breakevens)])
    for sentence in breakeven_sentences(breakevens):
        say(f"- {sentence}.")
    folder = write_breakeven(breakevens, Path(str(study.resolved["results"])))
    say(f"\nData:   {folder}")
    return folder


def _arm(study: Study, own: Mapping[str, str], key: str) -> ReadyArm:
    """The arm that a key names. Raises ConfigError."""
    name, baseline = own.get(key), study.design.baseline
    names = [arm.name for arm in study.arms if arm.name != baseline]
    if not name:
        remedy = "Write: aeflow breakeven arm=NAME against=NAME, with two arms of the study"
        raise ConfigError([Fault(key, "no arm is named", f"{remedy}: {', '.join(names)}")])
    if name not in names:
        why = "is the baseline" if name == baseline else f"is no arm of the study '{study.design.name}'"
        raise ConfigError([Fault(key, f"'{name}' {why}", nearest(name, names))])
    return study.arm(name)


def _search(
    study: Study,
    arms: tuple[ReadyArm, ReadyArm],
    quantities: list[Quantity],
    executor: Executor,
    say: Say,
    *,
    with_price: bool,
) -> BreakEvens:
    arm, against = arms
    target, names = study.design.primary[0], [study.design.baseline, against.name, arm.name]
    say("  both arms as stated, and the baseline")
    values = values_of(study.of_arms(names), names, target, executor)
    by_quantity = {
        quantity.name: break_even(
            quantity,
            differences_of(study, arm.name, values[against.name], target, executor),
            departments_of(study),
            as_stated=values[arm.name] - values[against.name],
            lower_is_better=lower_is_better(study),
            tried=_says_trial(quantity, say),
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
        frontier=_frontier(study, arm, values[against.name], by_quantity, executor, say),
    )


def _says_trial(quantity: Quantity, say: Say) -> Callable[[Trial], None]:
    """What prints each value of a quantity that a search tries, and the difference there."""

    def says(trial: Trial) -> None:
        value = f"{100 * trial.value:.1f} %" if quantity.unit == "share" else f"{trial.value:.1f} s"
        say(f"  {quantity.name} {value}: difference {_signed(trial.estimate.mean)}")

    return says


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
    effects = {name: values[name] - values[study.design.baseline] for name in (arm.name, against.name)}
    price = price_of(effects, arm.name, against.name, (cost.pounds, cost.low, cost.high), departments_of(study))
    return price, "" if price is not None else f"the effect of '{against.arm.label}' cannot be told from none"


def _frontier(
    study: Study, arm: ReadyArm, against: Floats, by_quantity: Mapping[str, BreakEven], executor: Executor, say: Say
) -> Frontier | None:
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

    return frontier(seconds.quantity, adoption, differences, at_stated=seconds.value, shares=SHARES, tried=says)
