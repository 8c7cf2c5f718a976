"""Every measure by name: those of patients (`patient_measures`) and of which resource binds (`binding_measures`)."""

from __future__ import annotations

from collections.abc import Mapping

from simulation.analysis.binding_measures import BINDING_MEASURES
from simulation.analysis.measure_definition import Definition
from simulation.analysis.patient_measures import PATIENT_MEASURES
from simulation.errors import ResultsError, nearest
from simulation.pathway.own_measures import EVERYBODY

ALL = EVERYBODY
DEFINITIONS: Mapping[str, Definition] = {each.name: each for each in (*PATIENT_MEASURES, *BINDING_MEASURES)}
BINDING = tuple(each.name for each in BINDING_MEASURES)


def definition_of(measure: str, own: Mapping[str, Definition]) -> Definition:
    """What is said of a measure; `own`: those of the user's own. Raises ResultsError for an unknown one."""
    found = DEFINITIONS.get(measure) or own.get(measure)
    if found is None:
        raise ResultsError(f"measure '{measure}' is unknown. {nearest(measure, {*DEFINITIONS, *own})}")
    return found
