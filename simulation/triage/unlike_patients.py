"""Whether a tool's table and the nurses' were counted on the same patients: if not, a difference between the two may be
one between patients, scales or countries, and not between tool and nurse."""

from __future__ import annotations

from simulation.triage.matrix import Matrix
from simulation.triage.policy import Policy


def of_other_patients(policy: Policy) -> str:
    """What to say of a tool's measured table beside nurses who were measured elsewhere; '' if there is nothing.

    Two tables of the same cases count as many patients of each true level. An assumed table claims nothing of the kind.
    """
    if policy.ai is None or policy.nurse is None or policy.ai.matrix.evidence == "assumed":
        return ""
    tool, nurses = policy.ai.matrix, policy.nurse.matrix
    if tool.source == nurses.source or (tool.counts and _by_level(tool) == _by_level(nurses)):
        return ""
    return (
        f"the table of '{policy.ai.name}' {_of_whom(tool)} and the nurses' {_of_whom(nurses)} are not of the same "
        "patients, so what differs may be patients, scales or countries. Measure both on the same cases, and state "
        "your own nurses (nurse=...)"
    )


def _by_level(matrix: Matrix) -> tuple[float, ...]:
    """Patients of each true level; none where the table states shares."""
    return tuple(sum(row) for row in matrix.counts or ())


def _of_whom(matrix: Matrix) -> str:
    """'(400: own panel, May 2026)'."""
    n = f"{sum(_by_level(matrix)):,.0f} patients: " if matrix.counts else ""
    source = matrix.source if len(matrix.source) <= MOST else f"{matrix.source[:MOST].rstrip()}…"
    return f"({n}{source})"


MOST = 100
"""Characters of a source in a sentence."""
