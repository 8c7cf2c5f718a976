"""Actions that triage sets off besides giving a label: ordering tests, streaming a patient, asking for a bed.

A department names such an action as an attribute (`kind: action`) and says in its route what follows; a policy says
for whom it is set off. A patient whom the action truly suits gets it with probability `sensitivity`, another one with
probability 1 - `specificity`.

One random number a patient, from the stream `triage.action.<name>`, is compared with that probability. So a patient who
gets the action at one sensitivity also gets it at a higher one, and a patient who does not at one specificity does not
at a higher one; a nurse's action and a tool's of the same name share their random variates. Nothing is drawn here. The
route determines what an action costs or gains: a wrong one uses the same nurses, rooms and beds as a right one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from simulation.department.config_dataclass import Names, OfAttributes, config_dataclass
from simulation.department.vocabulary import Action, Pathway
from simulation.patients import Draws
from simulation.records.schema import Mask
from simulation.triage.estimates import Portion
from simulation.triage.labels import Labels
from simulation.triage.minutes_effects import Reach
from simulation.triage.people import Attributes, among, reached_by


@config_dataclass
class TriageAction:
    """One action, whom it suits, and how well triage tells who that is. Its name is that of its random stream.

    Of several actions that set one attribute, the first that is set off counts.

    Example: `{sets: tests_ordered, to: "1", suited: {test_rounds: ["1", "2"]},
    sensitivity: {value: 0.8, evidence: measured, source: "own audit"},
    specificity: {value: 0.7, evidence: measured, source: "own audit"},
    covers: {arrivals: [walk_in], evidence: assumed, source: "the walk-in desk"}}`
    """

    sets: Annotated[str, Names("action")]
    """The department's action: an attribute of kind `action`."""
    to: str
    """The category that the attribute gets."""
    suited: OfAttributes
    """Who is truly suited: patients with one of the named categories of each named attribute."""
    sensitivity: Portion
    """The share of the suited for whom it is set off."""
    specificity: Portion
    """The share of the others for whom it is not set off."""
    covers: Reach
    """Whom triage considers for it."""


def covered_by(action: TriageAction, pathway: Pathway, attributes: Attributes) -> Mask:
    """Mask of the patients whom triage considers for an action, shape (n,): those who can get it and are covered."""
    attribute = pathway.attributes[action.sets]
    covered = reached_by(pathway, attributes, action.covers.arrivals, action.covers.only)
    if isinstance(attribute, Action):
        covered &= among(pathway, attributes, attribute.only)
    return covered


def set_off(actions: Mapping[str, TriageAction], pathway: Pathway, draws: Draws, used: Mask) -> dict[str, Labels]:
    """The codes of every attribute that an action sets, shape (n,) each; changed only for those in `used`."""
    codes_by_attribute: dict[str, Labels] = {}
    for name, action in actions.items():
        suited = among(pathway, draws.attributes, action.suited)
        chance = np.where(suited, action.sensitivity.value, 1 - action.specificity.value)
        chosen = used & covered_by(action, pathway, draws.attributes)
        chosen &= draws.uniform(f"triage.action.{name}") < chance
        codes = codes_by_attribute.setdefault(action.sets, draws.attributes[action.sets].copy())
        codes[chosen & (codes == 0)] = pathway.categories(action.sets).index(action.to)
    return codes_by_attribute
