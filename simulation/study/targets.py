"""Checks, before the run, of a study's measures and groups in its departments, and of the length of the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from simulation.department.vocabulary import Pathway
from simulation.errors import Fault, nearest
from simulation.measures.binding import binding_names
from simulation.measures.definitions import Definition, definitions, nearest_measure
from simulation.measures.measuring import MeasureName, measure
from simulation.measures.own import NOTHING_OWN, Own
from simulation.measures.patients_table import nobody
from simulation.statistics.coverage_effects import with_coverage
from simulation.study.design import Design, Margin, Target
from simulation.study.own import own_definitions, own_of
from simulation.study.precision import Precision
from simulation.study.study import ReadyArm, RunLength

Aim = Target | Margin | Precision


def target_faults(design: Design, arms: Sequence[ReadyArm], precision: Precision | None = None) -> Iterator[Fault]:
    """Faults of the measures and groups of primary and secondary targets, of margins and of a precision.

    A measure must be defined, and have a better direction if it is judged; the department of every arm must give it for
    the group; a difference between shares must be one of numbers from 0 to 1. A fault that several arms share is
    reported once.
    """
    given: dict[int, tuple[MeasureName, ...]] = {}  # by the id of a pathway, which several arms can share
    own = own_definitions(design, [arm.pathway for arm in arms])
    for where, target in _aims(design, precision):
        definition = definitions().get(target.measure) or own.get(target.measure)
        if definition is None:
            known = nearest_measure(target.measure, {*definitions(), *own})
            yield Fault(f"{where}.measure", f"unknown measure '{target.measure}'", known)
            continue
        if definition.better == "neither" and not isinstance(target, Precision):
            remedy = "Name one of which less or more is better; this one is reported in any case"
            yield Fault(f"{where}.measure", f"neither way is better of '{target.measure}'", remedy)
            continue
        yield from _per_cent_faults(where, target, definition)
        for arm in arms:
            if id(arm.pathway) not in given:
                given[id(arm.pathway)] = measures_of(
                    arm.pathway, own_of(design, arm.pathway), covers=design.coverages is not None
                )
            in_arm = "" if arm is arms[0] else f" in arm {arm.name}"
            fault = _absent(where, target, definition, given[id(arm.pathway)], in_arm)
            if fault is not None:
                yield fault
                break


def run_faults(run: RunLength, design: Design) -> Iterator[Fault]:
    """Faults of a part without replications, and of `run.precision` in this study except its measure and group."""
    if not run.numbers:
        found = f"is {run.first}, but replications are numbered 0 to {run.replications - 1}"
        yield Fault("run.first", found, "Begin with one of these, or raise run.replications")
    precision = run.precision
    if precision is None:
        return
    least = max(run.replications, precision.first_stage)
    if precision.at_most < least:
        found = f"is {precision.at_most}, below the {least} replications that are run in any case"
        yield Fault("run.precision.at_most", found, "Raise it, or lower run.replications or first_stage")
    if run.part_name:
        found = "cannot be planned from a part of the replications (run.first, run.count)"
        yield Fault("run.precision", found, "Run all of them at once, or state run.replications instead")
    fault = precision.arm_fault(design.arms)
    if fault is not None:
        yield fault


def measures_of(pathway: Pathway, own: Own = NOTHING_OWN, *, covers: bool = False) -> tuple[MeasureName, ...]:
    """The measures and groups that a department gives, found from an empty table of its patients.

    They follow from the columns and categories of the table. `own`: user-defined measures and groups; `covers`: whether
    the study distinguishes patients whom a tool covers.
    """
    patients = nobody(pathway)
    if covers:
        patients = with_coverage(patients, np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.bool_))
    return (*measure(patients, window=(0.0, 0.0), own=own).names, *binding_names(pathway, own))


def _aims(design: Design, precision: Precision | None) -> Iterator[tuple[str, Aim]]:
    """The precision, targets and margins, each with its dotted path."""
    if precision is not None:
        yield "run.precision", precision
    parts: dict[str, Sequence[Target | Margin]] = {
        "primary": design.primary,
        "secondary": design.secondary,
        "margins": design.margins,
    }
    for part, targets in parts.items():
        for number, target in enumerate(targets):
            yield f"study.{part}.{number}", target


def _per_cent_faults(where: str, target: Aim, definition: Definition) -> Iterator[Fault]:
    """The fault of a difference between shares that can only be meant in per cent."""
    keys: dict[type[Aim], str] = {
        Target: "minimal_important_difference",
        Margin: "margin",
        Precision: "half_width",
    }
    key = keys[type(target)]
    value = getattr(target, key)
    if definition.unit == "share" and value >= 1:
        found = f"found {value:g}, and '{target.measure}' is a share"
        points = f"{value:g} point{'' if value == 1 else 's'}"
        yield Fault(f"{where}.{key}", found, f"Shares run from 0 to 1: write {value / 100:g} for {points}")


def _absent(where: str, target: Aim, definition: Definition, given: Sequence[MeasureName], in_arm: str) -> Fault | None:
    """The fault of a target whose measure and group are not among those given; None if they are."""
    groups = [name.group for name in given if name.measure == target.measure]
    if target.group in groups:
        return None
    if groups:
        found = f"'{target.measure}' has no group '{target.group}'{in_arm}"
        return Fault(f"{where}.group", found, nearest(target.group, groups))
    needs = " and ".join(definition.needs) or "sources or levels that it has not"
    found = f"the department does not give '{target.measure}'{in_arm}: it takes {needs}"
    return Fault(f"{where}.measure", found, "Record it at a step or an end of the pathway, or name another measure")
