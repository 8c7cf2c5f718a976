"""What an ensemble states of its departments: what they differ in, their structures, and what they were built from."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from annotated_types import Ge, Gt

from simulation.department.config_dataclass import (
    Label,
    NonEmpty,
    Range,
    Sourced,
    Unit,
    config_dataclass,
)
from simulation.study.design import Changes

OF_CHANGE = Unit("that of the changed value")


@config_dataclass
class VariedParameter(Sourced):
    """Something that departments differ in: what it changes, and how far.

    Example: `{changes: [calibration.patience_scale.value], how: times, range: [0.7, 1.4], evidence: assumed,
    source: "a judgement"}`
    """

    changes: NonEmpty[tuple[str, ...]]
    """Dotted paths into site, staffing, pathway and calibration, or in an ensemble into a triage policy
    (`triage.our_ai.acceptance.value`) or the nurses (`nurse.errors.value`): all of them get the parameter's value."""
    how: Literal["times", "set"]
    """Whether the value multiplies the number that is there (`times`), or takes its place (`set`)."""
    range: Range
    """The lowest and the highest value."""
    whole: bool = False
    """Whether only whole numbers can come out: beds, people on a shift. In priors, such a parameter has one path."""


@config_dataclass
class Structure(Sourced):
    """Who is on when and who does what: a staffing and a pathway.

    Results are one table over all structures of an ensemble, so all have the same steps and pools; who is asked for,
    and when they are on, may differ.

    Example: `{label: Three triage nurses by day, weight: 2, staffing: typical, changes:
    {site.durations.triage_interview.scale: {times: 1.5}}, evidence: assumed, source: "a judgement"}`
    """

    label: Label
    """Words for the structure in tables."""
    weight: Annotated[float, Gt(0), Unit("that of the other weights")]
    """How common it is, relative to the others, among departments that are not yet held against any figure."""
    staffing: str | None = None
    """The staffing: the name of its file. None: the one that the ensemble is built for. Example: `typical`"""
    pathway: str | None = None
    """The pathway: the name of its file. None: the one that the ensemble is built for. Example: `emergency_department`
    """
    changes: Changes = field(default_factory=dict)
    """Other changes of the site, as a scenario's; the values of a department's parameters are laid over them."""

    @property
    def files(self) -> dict[str, str]:
        """The file of each group that it chooses."""
        chosen = {"staffing": self.staffing, "pathway": self.pathway}
        return {group: name for group, name in chosen.items() if name is not None}


@config_dataclass
class Member:
    """A department of an ensemble that states structures.

    Example: `{structure: three_by_day, values: [0.83, 1.07]}`
    """

    structure: str
    """The name of its structure."""
    values: tuple[Annotated[float | int, OF_CHANGE], ...]
    """The value of every parameter, in their order."""


@config_dataclass
class Built:
    """What an ensemble was built from: a department of it means nothing on another site.

    Example: `{site: typical, staffing: typical, pathway: emergency_department, calibration: typical,
    targets: england 1f3a, priors: typical 77b0, program: 0.2.0 9c2e, simulated_years: 1300, accepted: 200}`
    """

    site: str
    """The site that the changes are made to."""
    staffing: str
    """The staffing that they are made to."""
    pathway: str
    """The pathway that they are made to."""
    calibration: str
    """The file of fitted values that they are made to."""
    targets: str
    """The targets that the departments meet: their name, and a hash of them."""
    priors: str
    """The ranges they come from: their name, and a hash of them."""
    program: str
    """Version of aeflow, and a hash of its source."""
    simulated_years: Annotated[int, Ge(0), Unit("years")]
    """Years that were simulated to find them."""
    accepted: Annotated[int, Ge(0), Unit("departments")]
    """How many departments fit, of which the file holds as many as were asked for."""
