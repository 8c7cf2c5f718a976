"""`aeflow breakeven`: what is asked, the searches, and what is said and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from simulation.analysis.definitions import DEFINITIONS
from simulation.errors import ConfigError, Fault, nearest
from simulation.experiment.executors import Executor, open_executor
from simulation.explain.costs import cost_of
from simulation.explain.statements import BANNER
from simulation.inquiry.break_even import (
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
from simulation.inquiry.quantities import QUANTITIES, Quantity, quantities_of, quantity_of
from simulation.records.schema import Floats
from simulation.report.breakeven import BreakEvens, breakeven_table, sentences, write_breakeven
from simulation.report.screen import print_tables
from simulation.study.bounds import refuse_large
from simulation.study.study import ReadyArm, Study

OWN = ("arm", "against", "what")
"""Words of the command itself; all others are of the configuration."""
SHARES = (0.5, 0.75, 1.0)
"""Of its patients for how many the tool is used, along the frontier."""
Say = Callable[[str], None]


def breakeven(study: Study, own: Mapping[str, str], *, say: Say) -> Path:
    """Search, say what was found, and write it: the folder. Raises ConfigError for what cannot be asked."""
    arm, against = (_arm(study, own, key) for key in ("arm", "against"))
    if arm.name == against.name:
        raise ConfigError([Fault("against", f"'{arm.name}' is the arm itself", "Name another arm")])
    wanted = _wanted(arm, own.get("what", ""))
    refuse_large([study.of_arms([arm.name, against.name])])
    run = study.run
    say(f"aeflow. {BANNER}")
    length = f"{run.how_many} of {run.measured_days} days, {study.department_words}"
    say(f"'{arm.arm.label}' against '{against.arm.label}', {length}.")
    with open_executor(study) as executor:
        asked = _search(study, arm, against, wanted, executor, say)
    print_tables([breakeven_table(asked)])
    for each in sentences(asked):
        say(f"- {each}.")
    folder = write_breakeven(asked, Path(str(study.resolved["results"])))
    say(f"\nData:   {folder}")
    return folder


def _arm(study: Study, own: Mapping[str, str], key: str) -> ReadyArm:
    names = [arm.name for arm in study.arms if arm.name != study.design.baseline]
    if not own.get(key):
        remedy = "Say: aeflow breakeven arm=NAME against=NAME, with arms of the study"
        raise ConfigError([Fault(key, "no arm is named", f"{remedy}: {', '.join(names)}")])
    if own[key] not in names:
        why = "is the baseline" if own[key] == study.design.baseline else "is no arm of the study"
        found = f"'{own[key]}' {why} '{study.design.name}'" if "no arm" in why else f"'{own[key]}' {why}"
        raise ConfigError([Fault(key, found, nearest(own[key], names))])
    return study.arm(own[key])


def _wanted(arm: ReadyArm, what: str) -> tuple[tuple[Quantity, ...], bool]:
    """The quantities to search for, and whether a price is asked for: those named, else all that there are."""
    if not what:
        return tuple(quantities_of(arm).values()), True
    names = [name.strip() for name in what.split(",")]
    return tuple(quantity_of(arm, name) for name in names if name != QUANTITIES[-1]), QUANTITIES[-1] in names


def _search(
    study: Study,
    arm: ReadyArm,
    against: ReadyArm,
    wanted: tuple[tuple[Quantity, ...], bool],
    executor: Executor,
    say: Say,
) -> BreakEvens:
    quantities, with_price = wanted
    target, department = study.design.primary[0], departments_of(study)
    measure = target.measure, target.group
    names = [study.design.baseline, against.name, *([arm.name] if with_price else [])]
    values = values_of(study.of_arms(names), names, *measure, executor=executor)
    differences = differences_of(study, arm.name, values[against.name], *measure, executor=executor)
    definition = DEFINITIONS.get(target.measure)
    lower = definition is None or definition.better != "higher"
    found: dict[str, BreakEven] = {}
    for quantity in quantities:
        found[quantity.name] = break_even(
            quantity, differences, department, lower_is_better=lower, tried=_told(quantity, say)
        )
    price, why = _price(study, arm, against, values) if with_price else (None, "")
    cost = cost_of(arm)
    return BreakEvens(
        study=study,
        arm=arm,
        against=against,
        target=target,
        found=found,
        cost=cost.pounds if cost is not None else None,
        price=price,
        why_no_price=why,
        frontier=_frontier(study, arm, values[against.name], found, executor),
    )


def _told(quantity: Quantity, say: Say) -> Callable[[Trial], None]:
    def told(trial: Trial) -> None:
        shown = f"{100 * trial.value:.1f} %" if quantity.unit == "share" else f"{trial.value:.1f} s"
        say(f"  {quantity.name} {shown}: difference {trial.estimate.mean:+.2f}".replace("-", "−"))

    return told


def _price(
    study: Study, arm: ReadyArm, against: ReadyArm, values: Mapping[str, Floats]
) -> tuple[PriceBreakEven | None, str]:
    """The break-even in price, or why there is none."""
    cost = cost_of(against)
    if cost is None:
        return None, f"'{against.arm.label}' states no cost"
    if cost.pounds <= 0:
        return None, f"'{against.arm.label}' costs nothing, so no price above nothing is as good value"
    effects = {name: values[name] - values[study.design.baseline] for name in (arm.name, against.name)}
    range_ = (cost.pounds, cost.low, cost.high)
    found = price_of(effects, arm.name, against.name, range_, departments_of(study))
    return found, "" if found is not None else f"the effect of '{against.arm.label}' is not told from none"


def _frontier(
    study: Study, arm: ReadyArm, against: Floats, found: Mapping[str, BreakEven], executor: Executor
) -> Frontier | None:
    """Of an arm that was asked for seconds and adoption and has a break-even in seconds: on the first pass over the
    departments."""
    if not {"seconds", "adoption"} <= found.keys() or not found["seconds"].exists:
        return None
    target, n = study.design.primary[0], study.run.departments or len(study.run.numbers)
    once = replace(study, run=replace(study.run, count=n))
    differences = differences_of(once, arm.name, against[:n], target.measure, target.group, executor=executor)
    seconds, adoption = found["seconds"], found["adoption"].quantity
    return frontier(seconds.quantity, adoption, differences, at_stated=seconds.value, shares=SHARES)
