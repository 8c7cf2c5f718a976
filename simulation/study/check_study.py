"""Checks of a study before the run: names of measures and groups, labels, what is stated twice, length of the run."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from simulation.department.check_pathway import check_own
from simulation.department.own_measures import GIVEN_1_2
from simulation.department.staff_gone import StaffGone, staff_gone
from simulation.department.vocabulary import Pathway
from simulation.errors import Fault, Faults, nearest
from simulation.measures.binding import binding_names
from simulation.measures.definitions import (
    ALL,
    Definition,
    binding_measures,
    definitions,
    nearest_measure,
)
from simulation.measures.measuring import GROUPED_BY, MeasureName, measure
from simulation.measures.patients_table import nobody
from simulation.measures.quantities import NOTHING_OWN, Own, is_a_mean, statistic_of
from simulation.records.schema import Patients
from simulation.statistics.coverage_effects import with_coverage
from simulation.study.design import Design, Margin, Target
from simulation.study.study import Precision, ReadyArm, RunLength, own_definitions, own_of

Aim = Target | Margin | Precision
KEYS: dict[type[Aim], str] = {
    Target: "minimal_important_difference",
    Margin: "margin",
    Precision: "half_width",
}
"""The difference that each of them states."""
UNSEEN = ("Cc", "Cf", "Zl", "Zp")
"""The categories of characters that break a line or are not seen."""
JOINERS = "\u200c\u200d"
"""Characters of these categories that some scripts are written with."""


def target_faults(
    design: Design, arms: Sequence[ReadyArm], precision: Precision | None = None
) -> Iterator[Fault]:
    """Faults of the measures and groups of primary and secondary targets, of margins and of a precision.

    A measure must be defined, and have a better direction if it is judged; the department of every arm must give it for
    the group; a difference between shares must be one of numbers from 0 to 1. A fault that several arms share is
    reported once.
    """
    given: dict[
        int, tuple[MeasureName, ...]
    ] = {}  # by the id of a pathway, which several arms can share
    own = own_definitions(design, [arm.pathway for arm in arms])
    aims: list[tuple[str, Aim]] = [("run.precision", precision)] if precision else []
    for where, target in (*aims, *_judged(design)):
        definition = definitions().get(target.measure) or own.get(target.measure)
        if not definition:
            known = nearest_measure(target.measure, {*definitions(), *own})
            yield Fault(f"{where}.measure", f"unknown measure '{target.measure}'", known)
            continue
        if definition.better == "neither" and not isinstance(target, Precision):
            yield Fault(
                f"{where}.measure",
                f"neither way is better of '{target.measure}'",
                "Name one of which less or more is better; this one is reported in any case",
            )
            continue
        yield from _per_cent_faults(where, target, definition)
        for arm in arms:
            if id(arm.pathway) not in given:
                own_names = own_of(design, arm.pathway)
                given[id(arm.pathway)] = measures_of(
                    arm.pathway, own_names, covers=design.coverages is not None
                )
            in_arm = "" if arm is arms[0] else f" in arm {arm.name}"
            fault = _absent(where, target, definition, given[id(arm.pathway)], in_arm)
            if fault:
                yield fault
                break


def daily_faults(run: RunLength, design: Design, pathway: Pathway) -> Iterator[Fault]:
    """Faults of outcomes by day that are no mean or share of patients, or that the department does not give."""
    if not run.daily:
        return
    own = own_of(design, pathway)
    given = measures_of(pathway, own)
    of_patients = {name.measure for name in given if statistic_of(name.measure) == "mean"} - {
        *binding_measures()
    }
    of_patients -= {
        *own.busy,
        *(name for name, measure in own.of_patients.items() if not is_a_mean(measure)),
    }
    by_attribute = (name.group for name in given if name.group.partition("=")[0] in GROUPED_BY)
    groups = {ALL, GIVEN_1_2, *own.groups, *by_attribute}
    for number, outcome in enumerate(run.daily):
        where = f"run.daily.{number}"
        if outcome.measure not in of_patients:
            yield Fault(
                f"{where}.measure",
                f"'{outcome.measure}' is no mean or share of patients here",
                nearest(outcome.measure, of_patients),
            )
        if outcome.group not in groups:
            yield Fault(
                f"{where}.group",
                f"there is no group '{outcome.group}'",
                nearest(outcome.group, groups),
            )


def staff_gone_of(arm: ReadyArm) -> tuple[StaffGone, ...]:
    """Every step at which patients of an arm may wait for staff who have gone, given what its policy sets."""
    return staff_gone(arm.pathway, _actions_of(arm))


def _actions_of(arm: ReadyArm) -> dict[str, set[str]]:
    """What the policy of an arm sets: by action, its categories."""
    actions: dict[str, set[str]] = {}
    for action in arm.policy.actions.values():
        actions.setdefault(action.sets, set()).add(action.to)
    return actions


def staff_gone_faults(design: Design, arms: Sequence[ReadyArm]) -> Iterator[Fault]:
    """A fault for each step at which patients of an arm may wait for staff who have gone, as those of the baseline may
    not: what the arm seems to do may be what these few wait. Arms with the same department and actions are looked at
    once."""
    alike = {arm.name: (id(arm.pathway), repr(sorted(_actions_of(arm).items()))) for arm in arms}
    one_of_each = {alike[arm.name]: arm for arm in arms}
    found = {kind: staff_gone_of(arm) for kind, arm in one_of_each.items()}
    of_base = (found[kind] for name, kind in alike.items() if name == design.baseline)
    in_base = {(gone.step, gone.pools) for each in of_base for gone in each}
    for arm in arms:
        for gone in found[alike[arm.name]]:
            if (gone.step, gone.pools) not in in_base:
                remedy = f"Let others take whoever has waited (pathway.steps.{gone.step}.overflow)"
                yield Fault(f"study.arms.{arm.name}", str(gone), remedy)


def run_faults(run: RunLength, design: Design) -> Iterator[Fault]:
    """Faults of a part without replications, and of `run.precision` in this study except its measure and group."""
    if not run.numbers:
        yield Fault(
            "run.first",
            f"is {run.first}, but replications are numbered 0 to {run.replications - 1}",
            "Begin with one of these, or raise run.replications",
        )
    precision = run.precision
    if not precision:
        return
    least = max(run.replications, precision.first_stage)
    if precision.at_most < least:
        yield Fault(
            "run.precision.at_most",
            f"is {precision.at_most}, below the {least} replications that are run in any case",
            "Raise it, or lower run.replications or first_stage",
        )
    if run.part_name:
        yield Fault(
            "run.precision",
            "cannot be planned from a part of the replications (run.first, run.count)",
            "Run all of them at once, or state run.replications instead",
        )
    yield from precision.arm_faults(design.arms)


def measures_of(
    pathway: Pathway, own: Own = NOTHING_OWN, *, covers: bool = False
) -> tuple[MeasureName, ...]:
    """The measures and groups that a department gives, found from an empty table of its patients.

    They follow from the columns and categories of the table. `own`: user-defined measures and groups; `covers`: whether
    the study distinguishes patients whom a tool covers.
    """
    patients = nobody(pathway)
    if covers:
        patients = with_coverage(patients, np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.bool_))
    form = tuple(patients.columns), tuple(patients.categories.items()), repr(own)
    return (*_names_in(_Form(form, patients, own)), *binding_names(pathway, own))


@dataclass(frozen=True)
class _Form:
    """The columns and categories of a table with the user's own measures, as one value and themselves."""

    of_table: tuple[object, ...]
    patients: Patients = field(compare=False)
    own: Own = field(compare=False)


@lru_cache(maxsize=32)
def _names_in(form: _Form) -> tuple[MeasureName, ...]:
    """The measures and groups of tables of a form, which the arms of a study share as a rule."""
    return measure(form.patients, window=(0.0, 0.0), own=form.own).names


def _judged(design: Design) -> Iterator[tuple[str, Target | Margin]]:
    """Targets and margins, each with its dotted path."""
    for part in ("primary", "secondary", "margins"):
        for number, target in enumerate(getattr(design, part)):
            yield f"study.{part}.{number}", target


def _per_cent_faults(where: str, target: Aim, definition: Definition) -> Iterator[Fault]:
    """The fault of a difference between shares that can only be meant in per cent."""
    key = KEYS[type(target)]
    value = getattr(target, key)
    if definition.unit == "share" and value >= 1:
        found = f"found {value:g}, and '{target.measure}' is a share"
        points = f"{value:g} point{'' if value == 1 else 's'}"
        yield Fault(
            f"{where}.{key}", found, f"Shares run from 0 to 1: write {value / 100:g} for {points}"
        )


def _absent(
    where: str, target: Aim, definition: Definition, given: Sequence[MeasureName], in_arm: str
) -> Fault | None:
    """The fault of a target whose measure and group are not among those given; None if they are."""
    groups = [name.group for name in given if name.measure == target.measure]
    if target.group in groups:
        return None
    if groups:
        return Fault(
            f"{where}.group",
            f"'{target.measure}' has no group '{target.group}'{in_arm}",
            nearest(target.group, groups),
        )
    needs = " and ".join(definition.needs) or "sources or levels that it has not"
    return Fault(
        f"{where}.measure",
        f"the department does not give '{target.measure}'{in_arm}: it takes {needs}",
        "Record it at a step or an end of the pathway, or name another measure",
    )


def study_own_faults(design: Design, arms: Sequence[ReadyArm]) -> Iterator[Fault]:
    """Every fault of a study's user-defined measures and groups in the departments of its arms, each once."""
    yield from taken_names(design.measures, "study.")
    study_faults: dict[Fault, None] = {}
    for pathway in {id(arm.pathway): arm.pathway for arm in arms}.values():
        faults = Faults()
        check_own(
            pathway, faults, design.measures, design.groups, where="study.", beside=pathway.groups
        )
        for section in ("measures", "groups"):
            for name in sorted(getattr(design, section).keys() & getattr(pathway, section).keys()):
                faults.add(
                    f"study.{section}.{name}",
                    f"the department has '{name}' among its {section}, too",
                    "Names are unique in study and department together: rename one",
                )
        study_faults |= dict.fromkeys(faults)
    yield from study_faults


def taken_names(measures: Iterable[str], where: str = "") -> Iterator[Fault]:
    """A fault for each user-defined measure with the name of a measure that every study has."""
    for name in measures:
        if name in definitions():
            yield Fault(
                f"{where}measures.{name}",
                "the name is taken by a measure of every study",
                "Choose another",
            )


def label_faults(design: Design) -> Iterator[Fault]:
    """Faults of labels that no table could show, and of arms with the label of another; draws of an arm are in no
    table."""
    labels = [(f"study.arms.{name}", arm.label) for name, arm in design.arms.items()]
    labels += [(where, target.label) for where, target in _judged(design)]
    for where, label in labels:
        if not _seen(label):
            yield Fault(f"{where}.label", "is blank", "Write words for tables and figures")
            continue
        unseen = next(
            (
                sign
                for sign in label
                if unicodedata.category(sign) in UNSEEN and sign not in JOINERS
            ),
            None,
        )
        if unseen:
            name = {"\n": "a line break", "\t": "a tab"}.get(
                unseen, f"U+{ord(unseen):04X}, which nobody sees"
            )
            yield Fault(f"{where}.label", f"holds {name}", "Write words in one line")
    first: dict[str, str] = {}
    for name, arm in design.arms.items():
        other = first.setdefault(_seen(arm.label), name) if arm.draw_of is None else name
        if other != name:
            yield Fault(
                f"study.arms.{name}.label",
                f"'{arm.label}' is the label of the arm '{other}', too",
                "Tables name arms by their labels: give each its own",
            )


def twice_faults(design: Design) -> Iterator[Fault]:
    """Faults of a measure and group stated twice as a target, or twice as a margin: it would count twice."""
    first: dict[tuple[bool, str, str], str] = {}
    for where, target in _judged(design):
        other = first.setdefault((isinstance(target, Margin), target.measure, target.group), where)
        if other != where:
            of_group = "" if target.group == "all" else f" of {target.group}"
            yield Fault(
                where,
                f"'{target.measure}'{of_group} is stated as {other}, too",
                "Keep one of the two",
            )


def role_faults(design: Design) -> Iterator[Fault]:
    """An arm that is compared with itself, and changes whose evidence is stated by half."""
    if design.sham == design.baseline:
        yield Fault(
            "study.sham", f"'{design.sham}' is the baseline", "Name another arm, or leave it out"
        )
    if design.coverages and design.coverages.partial == design.coverages.full:
        yield Fault(
            "study.coverages",
            "names one arm twice",
            "Name the arm that covers a part, and the one that covers all",
        )
    for name, arm in design.arms.items():
        for key in ("control", "draw_of"):
            if getattr(arm, key) == name:
                yield Fault(
                    f"study.arms.{name}.{key}",
                    "names the arm itself",
                    "Name another arm, or leave it out",
                )
        if (arm.evidence is None) != (not arm.source):
            stated, missing = (
                ("source", "evidence") if arm.evidence is None else ("evidence", "source")
            )
            yield Fault(
                f"study.arms.{name}",
                f"states {stated} but no {missing}",
                "State both, or its changes are not listed among what the answer rests on",
            )


def _seen(label: str) -> str:
    """A label as a reader sees it."""
    seen = "".join(
        sign
        for sign in unicodedata.normalize("NFKC", label)
        if unicodedata.category(sign) not in UNSEEN
    )
    return " ".join(seen.split())
