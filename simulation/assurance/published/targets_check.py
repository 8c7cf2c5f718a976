"""Whether a department can be held against targets, checked before a run: measures, groups, units, months, changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from simulation.assurance.published.changes import ADULT_BED, CLINICIAN, pools_of
from simulation.assurance.published.figures import BUSY, FIGURES, GROUPED, OF_BEDS, months_from_to
from simulation.assurance.published.site_runs import CHANGES
from simulation.assurance.targets import Target
from simulation.config import packaged_configs
from simulation.config.folders import names_in
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault, nearest
from simulation.measures.definitions import ALL, definitions, nearest_measure
from simulation.measures.measuring import MeasureName
from simulation.study.own import own_definitions, own_of
from simulation.study.study import RunLength, Study
from simulation.study.targets import measures_of

DIFFERENCE = "_difference"
SHARE = "share"


@dataclass(frozen=True)
class NotGiven(Fault):
    """The fault of a row about what the department does not give. `of_pools`: there is no pool of the role it is of."""

    of_pools: bool = False


def checked_targets(targets: Sequence[Target], name: str, study: Study) -> tuple[Target, ...]:
    """The targets, each with its unit, if the study's baseline department has the figures that they are about.

    `name` is that of their file. Raises ConfigError with every measure, group, unit, change or month that does not fit.
    """
    pathway = study.baseline.pathway
    given = measures_of(pathway, own_of(study.design, pathway))
    units = known_measures(study)
    faults, asked = list[Fault](), list[Target]()
    for target in targets:
        path = f"targets/{name}.yaml, {target.name}"
        target_faults = [*_change_faults(target, path), *_measure_faults(target, path, units, given, pathway)]
        if not target_faults:
            target = replace(target, unit=target.unit or units[_measure(target)])
            target_faults = list(_unit_faults(target, path, units[_measure(target)]))
        faults += target_faults
        asked += [] if target_faults else [target]
    faults += _month_faults(asked, name, study.run)
    if faults and name in names_in("targets", [packaged_configs()]):
        raise ConfigError(_told_once(faults, targets, name), _heading(name, study))
    if faults:
        raise ConfigError(faults)
    return tuple(asked)


def _told_once(faults: Sequence[Fault], targets: Sequence[Target], name: str) -> Iterator[Fault]:
    """The faults against a packaged file, whose rows are not the user's to change: one for all those about what the
    department has not, then the others."""
    not_given = {fault.where for fault in faults if isinstance(fault, NotGiven)}
    if not_given:
        rows = [target for target in targets if f"targets/{name}.yaml, {target.name}" in not_given]
        measures = ", ".join(dict.fromkeys(map(_measure, rows)))
        found = f"{len(rows)} of {len(targets)} rows are of what the department does not give ({measures})"
        roles = any(isinstance(fault, NotGiven) and fault.of_pools for fault in faults)
        has_pools = f"; give its clinicians the role {CLINICIAN}, its beds {ADULT_BED}, if it has them" if roles else ""
        remedy = f"In a file of its own, state rows that it gives: docs/how-to/own-targets.md{has_pools}"
        yield Fault(f"targets/{name}.yaml", found, remedy)
    yield from (fault for fault in faults if fault.where not in not_given)


def _heading(targets_name: str, study: Study) -> str:
    """The heading of faults against packaged targets: what to do where a department is too unlike theirs."""
    own = next((name for group in ("site", "pathway") if (name := study.chosen(group)) not in ("none", "config")), "")
    return (
        f"The department cannot be held against targets/{targets_name}.yaml as it is. "
        f"State figures of its own in configs/targets/{own or 'NAME'}.yaml, or put right what follows"
    )


def known_measures(study: Study) -> Mapping[str, str]:
    """The unit of every measure and figure that targets may name, the study's own measures included."""
    own = own_definitions(study.design, [study.baseline.pathway])
    units: dict[str, str] = {name: definition.unit for name, definition in {**definitions(), **own}.items()}
    units |= {name: unit for name, (unit, _) in FIGURES.items()}
    units |= {name: units[measure] for name, (measure, _) in GROUPED.items()}
    return {**units, BUSY: SHARE}


def _measure(target: Target) -> str:
    """The measure whose value, or change, a row is about."""
    return target.measure.removesuffix(DIFFERENCE) if target.kind == "response" else target.measure


def _change_faults(target: Target, path: str) -> Iterator[Fault]:
    if target.kind != "response":
        return
    if target.change not in CHANGES:
        yield Fault(path, f"unknown change '{target.change}'", nearest(target.change, CHANGES))
    if not target.measure.endswith(DIFFERENCE):
        yield Fault(path, f"a response is a difference, and measure is '{target.measure}'", f"Add {DIFFERENCE} to it")


def _measure_faults(
    target: Target, path: str, units: Mapping[str, str], given: Sequence[MeasureName], pathway: Pathway
) -> Iterator[Fault]:
    """The faults of a target's measure, group and months in this department."""
    measure = _measure(target)
    if measure not in units:
        yield Fault(path, f"unknown measure '{target.measure}'", nearest_measure(measure, units))
        return
    if measure in FIGURES or measure == BUSY:
        if target.months:
            found = f"states months, and '{measure}' is a figure of the whole window"
            yield Fault(path, found, "Leave months out: they are for measures of patients")
        if target.group != ALL:
            yield Fault(path, f"group is '{target.group}', and '{measure}' has none", "Leave group out")
        role = CLINICIAN if measure == BUSY else ADULT_BED if measure in OF_BEDS else ""
        if role and not pools_of(pathway, role):
            found = f"'{measure}' is of pools with role {role}, and there is none"
            yield NotGiven(path, found, "Give the role to a pool", of_pools=True)
        return
    base, usual = GROUPED.get(measure, (measure, ALL))
    if usual != ALL and target.group != ALL:
        yield Fault(path, f"'{measure}' is of {usual} already", f"Leave group out, or name the measure '{base}'")
        return
    group = usual if usual != ALL else target.group
    groups = [name.group for name in given if name.measure == base]
    if not groups:
        needs = " and ".join(definitions()[base].needs) if base in definitions() else ""
        found = f"the department does not give '{measure}'"
        remedy = f"It takes {needs or 'sources or levels that it has not'}: name another measure"
        yield NotGiven(path, found, remedy)
    elif group not in groups:
        yield Fault(path, f"'{measure}' has no group '{group}' here", nearest(group, groups))


def _unit_faults(target: Target, path: str, unit: str) -> Iterator[Fault]:
    """The faults of a target's unit: another than the measure's, and shares beyond 1, which are most often per cent."""
    if target.unit.split(" of ")[0].split(",")[0] not in (unit, unit.split(" ")[0]):
        yield Fault(path, f"unit is '{target.unit}', and '{target.measure}' is in {unit}", "Leave unit out")
        return
    numbers = {"value": target.value, "low": target.low, "high": target.high}
    beyond = {key: number for key, number in numbers.items() if number is not None and not -1 <= number <= 1}
    if unit == SHARE and beyond:
        found = ", ".join(f"{key} is {number:g}" for key, number in beyond.items())
        yield Fault(path, f"{found}, and a share is a number from 0 to 1", "Write 0.59 for 59 %")


def _month_faults(targets: Sequence[Target], name: str, run: RunLength) -> Iterator[Fault]:
    """One fault if a replication does not measure a whole month that some target is a mean of."""
    by_month = [target for target in targets if target.months]
    wanted = {month for target in by_month for month in months_from_to(target.months)}
    measured = [{month for month, _ in run.months(replication)} for replication in range(run.replications)]
    missing = sorted(month for month in wanted if not all(month in months for months in measured))
    if not missing:
        return
    found = (
        f"the {run.measured_days} measured days do not hold month {', '.join(map(str, missing))} (1 is January) wholly "
        f"in every replication, and {len(by_month)} rows of targets/{name}.yaml are means of monthly figures"
    )
    remedy = "Measure a year, as run=validation does: run.warm_up_days=28 run.measured_days=364"
    yield Fault("run.measured_days", found, remedy)
