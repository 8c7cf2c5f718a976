"""The departments of an offer: those of the packaged ensemble, scaled to what was answered, with the stated staff.

As many are of each cause of waiting as its weight says. Each keeps the factors by which it differs from the site of its
cause. What was left blank stays as it differs in them: who is on when, who sees children and ambulances, how long
triage takes. What was answered is the same in all. What decides the four-hour share, and minutes of triage where its
wait or minutes are stated, are then solved for (`solving`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from simulation.config.composing import packaged
from simulation.config.ensembles import PACKAGED, Ensemble, ensemble_named
from simulation.config.files import packaged_configs
from simulation.config.totals import ADMITTED_SHARE, SIZE, Scaling, TotalsAndRotas, apportioned
from simulation.department.vocabulary import Shift
from simulation.offers.interview import OfferAnswers
from simulation.offers.rotas import stated_shifts
from simulation.study.design import Member, Structure, VariedParameter

SHARED_CHILDREN, ONE_TEAM = "children_shared", "shared_front_door"
"""Structures in which doctors see children as well, and in which one team is at both doors; and how the names of their
pathways end."""
BOTH = f"{ONE_TEAM}_{SHARED_CHILDREN}"
"""The structure of both, which no packaged department has."""
BEDS = ("short_stay_beds", "medicine_beds", "specialist_beds", "surgery_beds")
NIGHT, TRIAGE, DOCTORS = "doctors_at_night", "triage_busy", "doctor_minutes"
"""Parameters of the ensemble: doctors at night, minutes of triage, minutes of doctors."""
PATH_OF_TRIAGE = "calibration.triage_minutes_scale.value"


@cache
def packaged_ensemble() -> Ensemble:
    """The packaged ensemble of departments like England's."""
    return ensemble_named(PACKAGED, [packaged_configs()])


def with_doctors_for_children(structure: Structure) -> bool:
    """Whether doctors see children as well."""
    return (structure.pathway or "").endswith(SHARED_CHILDREN)


def of_one_team(structure: Structure) -> bool:
    """Whether one team of nurses is at both doors."""
    return ONE_TEAM in (structure.pathway or "")


def stated_rotas(values: OfferAnswers) -> dict[str, list[dict[str, Any]]]:
    """The answered rotas, by pool. Of one team, the second nurse of every hour stands for the ambulance nurses."""
    team = values.triage_nurses
    pools = {
        "triage_nurses": team,
        "assessment_nurses": values.ambulance_nurses,
        "doctors": values.doctors,
    }
    rotas = {pool: rota.stated() for pool, rota in pools.items() if rota is not None}
    if values.ambulances == "triage nurses" and team is not None:
        second = [int(on > 1) for on in team.on_duty]
        first = [on - other for on, other in zip(team.on_duty, second, strict=True)]
        rotas["triage_nurses"], rotas["assessment_nurses"] = map(stated_shifts, (first, second))
    return rotas


def members_of(ensemble: Ensemble) -> list[Member]:
    """The departments of an ensemble."""
    return list(map(ensemble.member, range(len(ensemble.departments))))


def values_by_parameter(ensemble: Ensemble) -> dict[str, Sequence[float]]:
    """The value of every department, by parameter."""
    rows = (member.values for member in members_of(ensemble))
    return dict(zip(ensemble.parameters, zip(*rows, strict=True), strict=True))


def with_values(
    ensemble: Ensemble,
    parameters: Mapping[str, VariedParameter],
    columns: Mapping[str, Sequence[float]],
) -> Ensemble:
    """The departments with these parameters, and their values in every department."""
    rows = zip(members_of(ensemble), zip(*columns.values(), strict=True), strict=True)
    members = tuple(replace(member, values=values) for member, values in rows)
    return replace(ensemble, parameters=parameters, departments=members)


@dataclass(frozen=True)
class OfferedDepartments:
    """Departments that answers describe.

    values: the answers as they were read; n: how many departments; known: values of blocks that are the same in
    all, by dotted path; rotas: further ones, by pool; solved: parameters that move though their value is known;
    evenly: whether as many are of each cause, whatever its weight.
    """

    values: OfferAnswers
    n: int
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rotas: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    solved: tuple[str, ...] = ()
    ambulances_per_day: float | None = None
    evenly: bool = False

    @cached_property
    def totals(self) -> TotalsAndRotas:
        """The totals and rotas that were answered."""
        values, rotas = self.values, {**self.rotas, **stated_rotas(self.values)}
        return TotalsAndRotas(
            attendances_per_day=values.attendances_per_day,
            admitted_share=values.admitted_share or ADMITTED_SHARE,
            children_share=values.children_share,
            ambulances_per_day=self.ambulances_per_day,
            beds=None if values.beds is None else round(values.beds),
            rotas={pool: tuple(Shift(**shift) for shift in rota) for pool, rota in rotas.items()},
            known=self.known,
        )

    # --- structures -------------------------------------------------------------------------------------------

    @cached_property
    def _left(self) -> Mapping[str, Structure]:
        """The structures that the answers leave, by name, as the packaged ensemble states them."""
        known = dict(packaged_ensemble().structures)
        wanted = {"own clinicians": False, "doctors": True}.get(self.values.children or "")
        team = {"own nurses": False, "triage nurses": True}.get(self.values.ambulances or "")
        if team:
            door, children = known[ONE_TEAM], known[SHARED_CHILDREN]
            known[BOTH] = replace(
                children,
                pathway=f"{door.pathway}_{SHARED_CHILDREN}",
                changes={**children.changes, **door.changes},
            )
        return {
            name: one
            for name, one in known.items()
            if wanted in (None, with_doctors_for_children(one)) and team in (None, of_one_team(one))
        }

    @cached_property
    def _same(self) -> Mapping[str, str]:
        """By structure that is left, the first that is the same once the stated rotas take the place of its own."""
        first: dict[str, str] = {}
        return {
            name: first.setdefault(repr(self._besides_rotas(one)), name)
            for name, one in self._left.items()
        }

    def _besides_rotas(self, structure: Structure) -> tuple[object, ...]:
        """What a structure decides, besides the rotas that were answered and the triage minutes that follow them."""
        rotas = {
            name: pool["rota"]
            for name, pool in packaged(f"staffing={structure.staffing}")["staffing"].items()
            if name not in self.totals.rotas
        }
        changes = {
            path: value
            for path, value in structure.changes.items()
            if path != PATH_OF_TRIAGE or "triage_nurses" not in self.totals.rotas
        }
        return structure.pathway, rotas, changes

    @cached_property
    def structures(self) -> Mapping[str, Structure]:
        """The structures of these departments, by name: what the answers leave, each once."""
        return {
            name: replace(one, label=self._label(name, one))
            for name, one in self._left.items()
            if name in self._same.values()
        }

    @property
    def are_of_one_team(self) -> bool:
        """Whether one team of nurses is at both doors in all: its second nurse may not be on duty by night."""
        return all(map(of_one_team, self.structures.values()))

    def _label(self, name: str, structure: Structure) -> str:
        if not self.totals.rotas and name != BOTH:
            return structure.label
        team = "One team at the door; " if of_one_team(structure) else ""
        children = (
            "doctors see children as well"
            if with_doctors_for_children(structure)
            else "children have clinicians of their own"
        )
        alone = len({*self._same.values()}) == 1
        return f"{team}{children}" + ("" if alone else f"; other rotas as in '{structure.label}'")

    # --- departments ------------------------------------------------------------------------------------------

    @cached_property
    def parameters(self) -> Mapping[str, VariedParameter]:
        """What departments differ in, without what the answers fix; of stated beds, the number of each ward group."""
        kept = {
            name: stated
            for name, stated in packaged_ensemble().parameters.items()
            if SIZE not in stated.changes
            and not (name == NIGHT and "doctors" in self.totals.rotas)
            and not (self._is_known(stated) and name not in self.solved)
        }
        if self.totals.beds is not None:
            ends = 1.0, float(self.totals.beds)
            kept |= {name: replace(kept[name], how="set", range=ends) for name in BEDS}
        return kept

    def _is_known(self, parameter: VariedParameter) -> bool:
        """Whether what it changes is the same in all departments."""
        return any(parameter.changes[0].startswith(f"{path}.") for path in self.known)

    @cached_property
    def scaled_beds(self) -> Mapping[str, int]:
        """Beds of each ward group of the typical site, scaled."""
        scaled = {block.path: block.values for block in Scaling(packaged(), self.totals).scaled()}
        return {name: scaled[f"calibration.{name}"]["value"] for name in BEDS}

    def members(self) -> list[Member]:
        """The departments, causes mixed evenly. Of each cause, those of the packaged ensemble of a structure that is
        left, in its order; then, if these are too few, the others of it under the structures that are left, in turn."""
        ensemble, left = packaged_ensemble(), list(self.structures)
        weights = [1.0 if self.evenly else cause.weight for cause in ensemble.causes.values()]
        numbers = apportioned([self.n * weight / sum(weights) for weight in weights], self.n)
        placed: list[tuple[float, Member]] = []
        for name, number in zip(ensemble.causes, numbers, strict=True):
            of_cause = [member for member in members_of(ensemble) if member.cause == name]
            own = [
                replace(member, structure=self._same[member.structure])
                for member in of_cause
                if member.structure in self._same
            ]
            others = [member for member in of_cause if member.structure not in self._same]
            own += [
                replace(member, structure=left[place % len(left)])
                for place, member in enumerate(others)
            ]
            placed += [
                ((place + 0.5) / number, member) for place, member in enumerate(own[:number])
            ]
        placed.sort(key=lambda place: place[0])
        return [replace(member, values=tuple(self._values(member.values))) for _, member in placed]

    def _values(self, values: Sequence[float]) -> Iterator[float]:
        """The values of a department of the packaged ensemble, with the stated beds apportioned as its own are."""
        by_name: dict[str, float] = dict(zip(packaged_ensemble().parameters, values, strict=True))
        if self.totals.beds is not None:
            beds = {name: by_name[name] * number for name, number in self.scaled_beds.items()}
            exact = [number * self.totals.beds / sum(beds.values()) for number in beds.values()]
            by_name |= zip(BEDS, apportioned(exact, self.totals.beds), strict=True)
        for name, stated in self.parameters.items():
            yield 1.0 if self._is_known(stated) else by_name[name]
