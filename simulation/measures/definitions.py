"""Every measure by name: those of patients (`patient_measures`) and of which resource binds (`binding_measures`)."""

from __future__ import annotations

from collections.abc import Mapping

from simulation.department.own_measures import EVERYBODY
from simulation.errors import ResultsError, nearest
from simulation.measures.binding_measures import BINDING_MEASURES
from simulation.measures.measure_definition import Definition
from simulation.measures.patient_measures import PATIENT_MEASURES

ALL = EVERYBODY
DEFINITIONS: Mapping[str, Definition] = {
    definition.name: definition for definition in (*PATIENT_MEASURES, *BINDING_MEASURES)
}
BINDING = tuple(definition.name for definition in BINDING_MEASURES)


def definition_of(measure: str, own: Mapping[str, Definition]) -> Definition:
    """The definition of a measure; `own`: those of the user's own. Raises ResultsError for an unknown one."""
    definition = DEFINITIONS.get(measure) or own.get(measure)
    if definition is None:
        raise ResultsError(f"measure '{measure}' is unknown. {nearest(measure, {*DEFINITIONS, *own})}")
    return definition
