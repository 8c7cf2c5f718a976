"""User-defined measures and groups: those of a study, together with those of its departments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from simulation.department.check.measures_and_groups import check_own
from simulation.department.graph import dated_after_departure
from simulation.department.vocabulary import Pathway
from simulation.errors import Fault, Faults
from simulation.measures.definitions import Definition, definitions
from simulation.measures.own import Own
from simulation.study.design import Design
from simulation.study.study import ReadyArm


def own_of(design: Design, pathway: Pathway) -> Own:
    """The user-defined measures and groups of a department: its own, then the study's."""
    measures, groups = {**pathway.measures, **design.measures}, {**pathway.groups, **design.groups}
    return Own(measures, groups, dated_after_departure(pathway) if measures else frozenset())


def own_definitions(design: Design, pathways: Iterable[Pathway]) -> Mapping[str, Definition]:
    """The definition of every user-defined measure of a study and of these departments, by name."""
    by_name: dict[str, Definition] = {}
    for pathway in pathways:
        by_name |= own_of(design, pathway).definitions
    return by_name


def study_own_faults(design: Design, arms: Sequence[ReadyArm]) -> Iterator[Fault]:
    """Every fault of a study's user-defined measures and groups in the departments of its arms, each once."""
    yield from taken_names(design.measures, "study.")
    study_faults: dict[Fault, None] = {}
    for pathway in {id(arm.pathway): arm.pathway for arm in arms}.values():
        faults = Faults()
        check_own(pathway, faults, design.measures, design.groups, where="study.", beside=pathway.groups)
        for section in ("measures", "groups"):
            for name in sorted(getattr(design, section).keys() & getattr(pathway, section).keys()):
                remedy = "Names are unique in study and department together: rename one"
                faults.add(f"study.{section}.{name}", f"the department has '{name}' among its {section}, too", remedy)
        study_faults |= dict.fromkeys(faults)
    yield from study_faults


def taken_names(measures: Iterable[str], where: str = "") -> Iterator[Fault]:
    """A fault for each user-defined measure with the name of a measure that every study has."""
    for name in measures:
        if name in definitions():
            yield Fault(f"{where}measures.{name}", "the name is taken by a measure of every study", "Choose another")
