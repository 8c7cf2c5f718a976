"""The departments of an offer: those of the ensemble 'typical', scaled to what was answered, with the stated staff.

Each keeps the factors by which it differs from the typical site. What was left blank stays as it differs in them: who
is on when, who sees children and ambulances, how long triage takes. What was answered is the same in all. Minutes of
doctors, and of triage where its wait or minutes are stated, are then solved for (`solving`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from simulation.config.composing import packaged
from simulation.config.dotted import Raw
from simulation.config.ensembles import Ensemble, ensemble_named
from simulation.config.files import packaged_configs
from simulation.config.new import scaled_contents, scaled_texts
from simulation.config.totals import (
    ADMITTED_SHARE,
    DAY,
    FOLLOWS,
    Scaled,
    Scaling,
    Totals,
    apportioned,
)
from simulation.offers.reading import PER_HOUR, Rota
from simulation.study.design import Member, Structure, VariedParameter, factor_of

SHARED_CHILDREN, ONE_TEAM = "children_shared", "shared_front_door"
"""Packaged pathways: doctors see children as well; one team for walk-ins and ambulances."""
BEDS = ("short_stay_beds", "medicine_beds", "specialist_beds", "surgery_beds")
NIGHT, TRIAGE, DOCTORS = "doctors_at_night", "triage_busy", "doctor_minutes"
"""Parameters of the ensemble: doctors at night, minutes of triage, minutes of doctors."""
PATH_OF_TRIAGE = "calibration.triage_minutes_scale.value"


@cache
def packaged_ensemble() -> Ensemble:
    """The packaged ensemble of departments like England's."""
    return ensemble_named("typical", [packaged_configs()])


@dataclass(frozen=True)
class OfferedStructure:
    """A packaged structure, and whether doctors see children as well and one team is at both doors."""

    stated: Structure
    children: bool
    one_team: bool


@dataclass(frozen=True)
class OfferedDepartments:
    """Departments that answers describe.

    values: of the questions that were answered; n: how many departments.
    """

    values: Mapping[str, Any]
    n: int

    @cached_property
    def totals(self) -> Totals:
        """The totals that were answered."""
        beds = self.values.get("beds")
        return Totals(
            attendances_per_day=self.values["attendances_per_day"],
            admitted_share=self.values.get("admitted_share", ADMITTED_SHARE),
            beds=None if beds is None else round(beds),
        )

    @cached_property
    def scaling(self) -> Scaling:
        """The typical site scaled to them."""
        return Scaling(packaged(), self.totals)

    @cached_property
    def rotas(self) -> Mapping[str, list[dict[str, Any]]]:
        """The stated rotas, by pool. Of one team, the second nurse of every hour stands for the ambulance nurses."""
        pools = {
            "triage_nurses": "triage_nurses",
            "assessment_nurses": "ambulance_nurses",
            "doctors": "doctors",
        }
        rotas = {
            pool: self.values[key].stated() for pool, key in pools.items() if key in self.values
        }
        team = self.values.get("triage_nurses")
        if self.values.get("ambulances") == "triage nurses" and team is not None:
            rotas |= dict(
                zip(("triage_nurses", "assessment_nurses"), _split_team(team), strict=True)
            )
        return rotas

    # --- structures -------------------------------------------------------------------------------------------

    @cached_property
    def _left(self) -> Mapping[str, OfferedStructure]:
        """The structures that the answers leave, by name, as the packaged ensemble states them."""
        known = {
            name: OfferedStructure(
                stated, stated.pathway == SHARED_CHILDREN, stated.pathway == ONE_TEAM
            )
            for name, stated in packaged_ensemble().structures.items()
        }
        wanted = {"own clinicians": False, "doctors": True}.get(self.values.get("children", ""))
        team = {"own nurses": False, "triage nurses": True}.get(self.values.get("ambulances", ""))
        if team:
            known[f"{ONE_TEAM}_{SHARED_CHILDREN}"] = replace(known[ONE_TEAM], children=True)
        return {
            name: one
            for name, one in known.items()
            if wanted in (None, one.children) and team in (None, one.one_team)
        }

    @cached_property
    def structures(self) -> Mapping[str, Structure]:
        """The structures of these departments, by name: what the answers leave, each once."""
        of_left = {name: self._changes(one) for name, one in self._left.items()}
        first = {repr(changes): name for name, changes in reversed(of_left.items())}
        return {
            name: replace(
                one.stated,
                label=self._label(one),
                staffing=None,
                pathway=None,
                changes=of_left[name],
            )
            for name, one in self._left.items()
            if name in first.values()
        }

    @property
    def of_one_team(self) -> set[str]:
        """The names of the structures in which one team is at both doors."""
        return {name for name, one in self._left.items() if one.one_team}

    def _label(self, one: OfferedStructure) -> str:
        if not self.rotas and one.children == (one.stated.pathway == SHARED_CHILDREN):
            return one.stated.label
        team = "One team at the door; " if one.one_team else ""
        children = (
            "doctors see children as well"
            if one.children
            else "children have clinicians of their own"
        )
        return f"{team}{children}; other rotas as in '{one.stated.label}'"

    @property
    def base_pathway(self) -> str:
        """The packaged pathway that the department's own starts from: what all its structures share."""
        if all(option.one_team for option in self._left.values()):
            return ONE_TEAM
        return (
            SHARED_CHILDREN
            if all(option.children for option in self._left.values())
            else "emergency_department"
        )

    def _changes(self, one: OfferedStructure) -> dict[str, Any]:
        """The changes that make the scaled site into a structure: rotas, who is asked for, and triage minutes."""
        rotas = self.scaling.rotas(self._staffing(one))
        changes: dict[str, Any] = {
            f"staffing.{pool}.rota": _merged(rota)
            for pool, rota in rotas.items()
            if pool not in self.rotas
        }
        start = self._steps(self.base_pathway)
        for pathway in (ONE_TEAM,) * one.one_team + (SHARED_CHILDREN,) * one.children:
            for step, block in self._steps(pathway).items():
                of_typical = self._steps("emergency_department")[step]
                for key, value in block.items():
                    if value != of_typical.get(key) and value != start[step].get(key):
                        changes[f"pathway.steps.{step}.{key}"] = value
        changes[PATH_OF_TRIAGE] = {"times": round(self._triage_factor(one), 4)}
        return changes

    def _staffing(self, one: OfferedStructure) -> Raw:
        """The packaged rotas of a structure."""
        named = SHARED_CHILDREN if one.children and one.one_team else one.stated.staffing
        return dict(packaged(*([f"staffing={named}"] if named else []))["staffing"])

    def _steps(self, pathway: str) -> Raw:
        return dict(packaged(f"pathway={pathway}")["pathway"]["steps"])

    def _triage_factor(self, one: OfferedStructure) -> float:
        """Triage minutes relative to the typical site's at which the desk is busy for all its rostered minutes."""
        factor = factor_of(one.stated.changes[PATH_OF_TRIAGE])
        assert factor is not None
        team: Rota | None = self.values.get("triage_nurses")
        by_day = slice(DAY.start * PER_HOUR, DAY.stop * PER_HOUR)
        hours = None if team is None else sum(team.on_duty[by_day]) / PER_HOUR
        staffing = self._staffing(one)
        return factor * self.scaling.triage_times(staffing, one_team=one.one_team, hours=hours)

    # --- departments ------------------------------------------------------------------------------------------

    @cached_property
    def parameters(self) -> Mapping[str, VariedParameter]:
        """What departments differ in, without what the answers fix."""
        dropped = {NIGHT} if "doctors" in self.rotas else set()
        return {
            name: stated
            for name, stated in packaged_ensemble().parameters.items()
            if name not in dropped
        }

    def members(self) -> list[Member]:
        """The departments: of the packaged ensemble those of a structure that is left, in its order; then, if these are
        too few, the factors of others under the structures that are left, in turn."""
        by_changes = {repr(stated.changes): name for name, stated in self.structures.items()}
        same = {name: by_changes[repr(self._changes(one))] for name, one in self._left.items()}
        own, others = [], []
        for number in range(len(packaged_ensemble().departments)):
            member = packaged_ensemble().member(number)
            if member.structure in same:
                own.append(replace(member, structure=same[member.structure]))
            else:
                others.append(member)
        left = list(self.structures)
        extra = [
            replace(member, structure=left[place % len(left)])
            for place, member in enumerate(others)
        ]
        return [
            replace(member, values=tuple(self._scaled(member.values)))
            for member in (*own, *extra)[: self.n]
        ]

    def _scaled(self, values: Sequence[float]) -> Iterator[float]:
        """The values of a department of the packaged ensemble, at this size."""
        by_name = dict(zip(packaged_ensemble().parameters, values, strict=True))
        beds = {name: by_name[name] * self.scaling.factors["beds"] for name in BEDS}
        if self.totals.beds is not None:
            total = sum(beds.values())
            exact = [number * self.totals.beds / total for number in beds.values()]
            beds = dict(zip(beds, map(float, apportioned(exact, self.totals.beds)), strict=True))
        for name, stated in self.parameters.items():
            value = beds.get(name, by_name[name])
            if stated.how == "set" and name not in beds:
                value *= self._follows(name, stated)
            yield max(round(value), 1) if stated.whole else value

    def _follows(self, name: str, stated: VariedParameter) -> float:
        """The factor by which a number of the typical site grows with the department."""
        if name == NIGHT:
            return self.scaling.factors["staff"]
        of = stated.changes[0].split(".")[1]
        quantity = FOLLOWS["pools"].get(of) or FOLLOWS["parameters"].get(of)
        return self.scaling.factors[quantity] if quantity else 1.0

    # --- files ------------------------------------------------------------------------------------------------

    def texts(self, name: str) -> dict[str, str]:
        """The files of the department, by group."""
        blocks = [
            block._replace(values={**block.values, "rota": _merged(block.values["rota"])})
            if "rota" in block.values
            else block
            for block in self.scaling.scaled()
            if block.path.removeprefix("staffing.") not in self.rotas
        ]
        for pool, rota in self.rotas.items():
            blocks.append(
                Scaled(f"staffing.{pool}", {"rota": rota}, "as answered in the interview", "stated")
            )
        contents = scaled_contents(name, blocks, self.base_pathway)
        return scaled_texts(contents, name, f"aeflow offer name={name}")


def _merged(rota: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A rota with one shift where two have the same hours: the first is then all of the night."""
    numbers: dict[str, int] = {}
    for shift in rota:
        numbers[shift["hours"]] = numbers.get(shift["hours"], 0) + shift["number"]
    return [{"hours": hours, "number": number} for hours, number in numbers.items()]


def _split_team(team: Rota) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A team as two pools of which either serves both doors: one of every two or more, and the others."""
    from simulation.offers.reading import SLOTS, StatedShift

    second = [int(on > 1) for on in team.on_duty]
    parts = [[on - other for on, other in zip(team.on_duty, second, strict=True)], second]
    return tuple(  # type: ignore[return-value]
        Rota(
            tuple(
                StatedShift(on, slot, slot + 1)
                for slot, on in enumerate(part)
                if on or slot + 1 == SLOTS
            )
        ).stated()
        for part in parts
    )
