"""What a study says of the offer that it is about: the product, the vendor's word, and what nobody answered."""

from dataclasses import field
from typing import Annotated

from annotated_types import Ge, Gt, Le

from simulation.department.config_dataclass import Label, NonEmpty, Unit, config_dataclass


@config_dataclass
class Blank:
    """A question of the interview that was left blank: the study's departments differ in it.

    Example: `{question: How many minutes triage of a walk-in takes, parameters: [triage_minutes], unit: minutes,
    find: time 100 triages with a watch, patients: 100}`
    """

    question: Label
    """The question, as a noun."""
    parameters: NonEmpty[tuple[str, ...]]
    """The ensemble's parameters, or `structure`, in which departments differ because of it."""
    unit: str
    """The unit of an answer."""
    find: Label
    """Where a trust finds it, or how it is measured, as an instruction."""
    patients: Annotated[int, Ge(1), Unit("patients")] | None = None
    """On how many patients it is measured; none: it is looked up."""
    arms: tuple[str, ...] = ()
    """Two arms of the study that have it at either end in every department, if there are any.
    Example: `[our_ai_regardless, our_ai_where_wrong]`"""


@config_dataclass
class PlannedPilot:
    """How a product will be tried out, and what such a pilot reports of the wait to the first clinician.

    Example: `{design: "twelve weeks before and after", half_width: 15, false_alarms: 0.25}`
    """

    design: Label
    """The design, in words."""
    half_width: Annotated[float, Gt(0), Unit("minutes")]
    """Half the length of the 95 % interval that it reports, on average over departments."""
    false_alarms: Annotated[float, Ge(0), Le(1), Unit("share")]
    """How often it finds an effect of a product that does nothing."""


@config_dataclass
class OfferFacts:
    """The offer that a study is about, as its board's page tells it.

    Example: `{arm: our_ai, product: Our AI, department: Our department}`
    """

    arm: str
    """The arm of the product."""
    product: Label
    """The product's name, as in a sentence."""
    department: Label
    """The department's name, as in a sentence."""
    claims: tuple[Label, ...] = ()
    """What rests on the vendor's word alone, each as a noun. Example: `[30 seconds saved a triage]`"""
    not_shown: tuple[Label, ...] = ()
    """What the vendor has not shown, each as a noun. Example: `[accuracy by language]`"""
    assumed: tuple[Label, ...] = ()
    """How answers were read, and what was assumed, each as a clause. Example: `[nurses err as in two hospitals]`"""
    differs: tuple[Label, ...] = ()
    """What a variant of an offer has otherwise, each as a clause. Example: `["used share 80 %"]`"""
    pilot: PlannedPilot | None = None
    """How it will be evaluated; none: it will not be."""
    blanks: tuple[Blank, ...] = field(default_factory=tuple)
    """What was not answered."""
    where_nurses_are_right: Annotated[float, Ge(0), Le(1), Unit("share")] | None = None
    """The share of the sickest at triage with too low a level if a product that agrees with nurses differs from them
    only where they are right: the harshest reading of agreement, worked out by `aeflow offer`. Example: `0.257`"""
