"""From an engine's run to the two tables. The only file of this room that knows an engine ran.

Everything is array work: a replication of 15,000 patients and 150,000 activities takes some milliseconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.draws import Draws
from simulation.engine.contract import Activities, Run
from simulation.engine.plan import OUTCOMES, Outcome, Plan
from simulation.errors import ResultsError
from simulation.pathway.department import STREAM, End, Moment, Pathway, Present, Step, Stream
from simulation.records.schema import IN_BUILDING, ActivityTable, Column, Patients
from simulation.units import NEVER, to_minutes

_MOMENTS: tuple[Moment, ...] = ("joined", "started", "ended")


def patients_table(pathway: Pathway, plan: Plan, draws: Draws, run: Run) -> Patients:
    """One row per attendance that arrived before the horizon, in order of arrival.

    Columns: those of `Patients`, every attribute of the pathway, and one point in time for every name that a step
    or an end records: the first time it happened. Sources with `attends: false` have no row. Raises ResultsError if
    an attribute or a record has the name of another column.
    """
    sources: dict[str, Stream | Present] = {**pathway.streams, **pathway.present}
    attends = np.array([source.attends for source in sources.values()])
    rows = np.flatnonzero(attends[draws.stream] & (draws.arrived_at < run.horizon))
    stream_code = np.cumsum(attends).astype(np.int16) - 1
    outcome, outcomes = _outcomes(pathway, run.activities, len(draws))
    columns: dict[str, Column] = {
        "patient": rows.astype(np.int32),
        STREAM: stream_code[draws.stream[rows]].astype(np.int16),
        "number": draws.number[rows],
        "replication": np.full(len(rows), draws.replication, dtype=np.int32),
        "arrived_at": to_minutes(draws.arrived_at[rows]),
        "outcome": outcome[rows],
    }
    categories = {
        STREAM: tuple(name for name, source in sources.items() if source.attends),
        "outcome": outcomes,
    }
    for name in pathway.attributes:
        _must_be_new(name, columns)
        columns[name] = draws.attributes[name][rows]
        categories[name] = pathway.categories(name)
    for name, first_at in _recorded(pathway, plan, run.activities, len(draws)).items():
        _must_be_new(name, columns)
        columns[name] = to_minutes(first_at[rows])
    return Patients(columns, categories)


def activities_table(plan: Plan, run: Run) -> ActivityTable:
    """One row per patient and step of everybody, those who compete for beds without attending included.

    `patient` is the row of the draws, as in `Patients`.
    """
    activities = run.activities
    return ActivityTable(
        {
            "patient": activities.patient,
            "step": activities.step,
            "pool": activities.pool,
            "outcome": activities.outcome,
            "joined_at": to_minutes(activities.joined_at),
            "started_at": to_minutes(activities.started_at),
            "ended_at": to_minutes(activities.ended_at),
        },
        {"step": plan.nodes, "pool": plan.pools, "outcome": OUTCOMES},
    )


def _must_be_new(name: str, columns: dict[str, Column]) -> None:
    if name in columns:
        raise ResultsError(f"attributes or records: '{name}' is already a column of patients. Choose another name")


def _outcomes(pathway: Pathway, activities: Activities, n: int) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """The code of everybody's outcome, shape (n,), and the names of the codes."""
    outcomes = (*dict.fromkeys(end.outcome for end in pathway.ends.values()), IN_BUILDING)
    of_node = np.full(len(pathway.nodes()), NEVER, dtype=np.int16)
    for number, node in enumerate(pathway.nodes().values()):
        if isinstance(node, End):
            of_node[number] = outcomes.index(node.outcome)
    reached = of_node[activities.step]
    ended = reached != NEVER
    codes = np.full(n, len(outcomes) - 1, dtype=np.int16)
    codes[activities.patient[ended]] = reached[ended]
    return codes, outcomes


def _recorded(pathway: Pathway, plan: Plan, activities: Activities, n: int) -> dict[str, NDArray[np.int64]]:
    """By name of a record: the tick at which it first happened to each patient, shape (n,), or NEVER."""
    moments: dict[str, dict[int, Moment]] = {}
    for node_name, node in pathway.nodes().items():
        row = plan.row(node_name)
        if isinstance(node, Step):
            for name, moment in node.records.items():
                moments.setdefault(name, {})[row] = moment
        elif isinstance(node, End):
            for name in node.records:
                moments.setdefault(name, {})[row] = "joined"
    ticks = (activities.joined_at, activities.started_at, activities.ended_at)
    found = {}
    for name, by_row in moments.items():
        rows, at = [], []
        for moment, column in zip(_MOMENTS, ticks, strict=True):
            recording = np.zeros(len(plan.nodes), dtype=np.bool_)
            recording[[row for row, each in by_row.items() if each == moment]] = True
            if not recording.any():
                continue
            mine = np.flatnonzero(recording[activities.step])
            happened = column[mine] != NEVER
            if moment == "ended":  # whoever gave up waiting never had the step
                happened &= activities.outcome[mine] == Outcome.DONE
            rows.append(mine[happened])
            at.append(column[mine[happened]])
        found[name] = _first(activities, np.concatenate(rows), np.concatenate(at), n)
    return found


def _first(activities: Activities, rows: NDArray[np.int64], at: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Of several rows a patient, the tick of the first, shape (n,). Rows are in order of time within a patient."""
    latest_first = np.argsort(rows)[::-1]
    first_at = np.full(n, NEVER, dtype=np.int64)
    first_at[activities.patient[rows[latest_first]]] = at[latest_first]  # of repeats the last written stays
    return first_at
