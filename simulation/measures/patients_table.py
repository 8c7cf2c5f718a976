"""The two tables, made from an engine's run.

Everything is array work: a replication of 15,000 patients and 150,000 activities takes some milliseconds.
"""

import numpy as np
from numpy.typing import NDArray

from simulation.department.graph import WORSENING, dated_in, records_of
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ARRIVAL_SOURCE,
    TOOL_CAN_FAIL,
    Age,
    Given,
    Pathway,
)
from simulation.engine.contract import Milestones, Names, Run
from simulation.engine.contract import Moment as When
from simulation.engine.plan import lower
from simulation.engine.rows import OUTCOMES, EndRow, Outcome, Plan
from simulation.errors import ResultsError
from simulation.patients import Draws
from simulation.records.schema import IN_BUILDING, ActivityTable, Column, InTicks, Patients
from simulation.units import NEVER, to_minutes

CODES, TIMES = ("patient", "step", "pool", "outcome"), ("joined_at", "started_at", "ended_at")
"""The columns of activities: whole numbers, and points in time."""


def patients_table(pathway: Pathway, plan: Plan, draws: Draws, run: Run) -> Patients:
    """One row per attendance that arrived before the horizon, in order of arrival.

    Columns: those of `Patients`, every attribute of the pathway, and the first time of every point that a step or an
    end records. The label given is the last that triage gave, where the route had a choice (the nurse's while a tool is
    down). Sources with `attends: false` have no row. Raises ResultsError if an attribute or a record has the name of
    another column.
    """
    categories, dated = _columns_of(pathway)
    attends = np.array([source.attends for source in pathway.sources.values()])
    rows = np.flatnonzero(attends[draws.arrival_source] & (draws.arrived_at < run.horizon))
    source_code = np.cumsum(attends).astype(np.int16) - 1
    milestones = run.journal.milestones(_recorded(pathway, plan), len(plan.nodes), len(draws))
    columns: dict[str, Column] = {
        "patient": rows.astype(np.int32),
        ARRIVAL_SOURCE: source_code[draws.arrival_source[rows]].astype(np.int16),
        "number": draws.number[rows],
        "replication": np.full(len(rows), draws.replication, dtype=np.int32),
        "arrived_at": to_minutes(draws.arrived_at[rows]),
        "outcome": _outcome(pathway, plan, milestones)[rows],
    }
    for name in pathway.attributes:
        _must_be_new(name, columns)
        codes = (
            _label_given(pathway, plan, draws, run)
            if name == ACUITY_GIVEN
            else draws.attributes[name]
        )
        columns[name] = codes[rows]
    happened = dict(milestones.first_at)
    if pathway.worsening is not None:
        happened |= {
            name: to_minutes(at) for name, at in _worsening(plan, draws, run, milestones).items()
        }
    for name in dated:
        _must_be_new(name, columns)
        columns[name] = happened[name][rows]
    if pathway.worsening is not None and "departed_at" in columns:
        # what happens on a ward is not about A&E, nor about when the run ends
        columns["worsened_at"][columns["worsened_at"] >= columns["departed_at"]] = np.nan
    return Patients(columns, categories)


def nobody(pathway: Pathway) -> Patients:
    """A department's table of patients without a row: the columns and categories that `patients_table` gives."""
    categories, dated = _columns_of(pathway)
    columns: dict[str, Column] = {
        name: np.zeros(0, dtype=np.int16) for name in (*Patients.required, *pathway.attributes)
    }
    return Patients(
        {**columns, **{name: np.zeros(0) for name in ("arrived_at", *dated)}}, categories
    )


def _columns_of(pathway: Pathway) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """What a department adds to the table of patients: categories by column, and points in time, in order."""
    categories = {
        ARRIVAL_SOURCE: pathway.attending,
        "outcome": _outcomes(pathway),
        **{
            name: pathway.categories(name)
            for name, kind in pathway.attributes.items()
            if not isinstance(kind, Age)
        },
    }
    return categories, dated_in(pathway)


def activities_table(plan: Plan, run: Run) -> ActivityTable:
    """One row per patient and step of everybody, those who compete for beds without attending included.

    `patient` is the row of the draws, as in `Patients`. Nothing is copied: points in time stay in the run's ticks and
    become minutes when they are first read.
    """
    codes, times = (
        {name: getattr(run.activities, name) for name in names} for names in (CODES, TIMES)
    )
    return ActivityTable(
        InTicks(codes, times), {"step": plan.nodes, "pool": plan.pools, "outcome": OUTCOMES}
    )


def no_activities(pathway: Pathway) -> ActivityTable:
    """A department's table of activities without a row: the columns and categories that `activities_table` gives."""
    plan = lower(pathway)
    columns: dict[str, Column] = {name: np.zeros(0, dtype=np.int32) for name in CODES}
    columns |= {name: np.zeros(0) for name in TIMES}
    return ActivityTable(columns, {"step": plan.nodes, "pool": plan.pools, "outcome": OUTCOMES})


def _worsening(
    plan: Plan, draws: Draws, run: Run, milestones: Milestones
) -> dict[str, NDArray[np.int64]]:
    """When each patient got worse before leaving, and when a round noticed: ticks or NEVER, shape (n,) each."""
    has_ended = np.append(
        [isinstance(row, EndRow) for row in plan.rows], False
    )  # the last: for who has no row
    gone_at = np.where(has_ended[milestones.last_step], milestones.last_ended_at, run.horizon)
    worsened_at = np.where(draws.worsens == NEVER, gone_at, draws.arrived_at + draws.worsens)
    noticed_at = np.full(len(draws), NEVER, dtype=np.int64)
    noticed_at[run.notices.patient] = run.notices.at
    times = np.where(worsened_at < gone_at, worsened_at, NEVER), noticed_at
    return dict(zip(WORSENING, times, strict=True))


def _label_given(pathway: Pathway, plan: Plan, draws: Draws, run: Run) -> NDArray[np.int16]:
    """Each patient's label from triage, shape (n,): the policy's, or that of the last step that gave another one."""
    given = draws.attributes[ACUITY_GIVEN]
    if not np.any(draws.attributes.get(TOOL_CAN_FAIL, 0)):
        return given
    labels = {
        plan.row(name): step.relabels
        for name, step in pathway.steps.items()
        if step.relabels is not None and isinstance(pathway.attributes[step.relabels], Given)
    }
    names = tuple(dict.fromkeys((ACUITY_GIVEN, *labels.values())))
    if len(names) == 1:
        return given
    which = np.full(len(plan.nodes), NEVER, dtype=np.int8)
    which[list(labels)] = [names.index(label) for label in labels.values()]
    of_row = np.where(run.activities.outcome == Outcome.DONE, which[run.activities.step], NEVER)
    rows = np.flatnonzero(of_row >= 0)
    last = np.zeros(len(draws), dtype=np.int8)
    last[run.activities.patient[rows]] = of_row[
        rows
    ]  # rows are in order, so a patient's last one stays
    return np.choose(last, [draws.attributes[name] for name in names])


def _must_be_new(name: str, columns: dict[str, Column]) -> None:
    if name in columns:
        raise ResultsError(
            f"attributes or records: '{name}' is already a column of patients. Choose another name"
        )


def _outcomes(pathway: Pathway) -> tuple[str, ...]:
    return (*dict.fromkeys(end.outcome for end in pathway.ends.values()), IN_BUILDING)


def _outcome(pathway: Pathway, plan: Plan, milestones: Milestones) -> NDArray[np.int16]:
    """The code of each patient's outcome, shape (n,)."""
    outcomes = _outcomes(pathway)
    of_node = np.full(
        len(plan.nodes) + 1, outcomes.index(IN_BUILDING), dtype=np.int16
    )  # the last: for who has no row
    for name, end in pathway.ends.items():
        of_node[plan.row(name)] = outcomes.index(end.outcome)
    return of_node[milestones.last_step]


def _recorded(pathway: Pathway, plan: Plan) -> Names:
    """The nodes that record each point in time, and at which moment, by name of the point."""
    names: dict[str, dict[int, When]] = {}
    for node_name, node in pathway.nodes().items():
        for name, moment in records_of(node).items():
            names.setdefault(name, {})[plan.row(node_name)] = When[moment.upper()]
    return names
