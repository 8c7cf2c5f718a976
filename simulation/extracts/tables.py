"""The two tables of a simulation, out of the points in time and codes of an extract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from simulation.extracts.mapping import CATEGORIES
from simulation.records.schema import (
    IN_BUILDING,
    LEFT,
    MISSING,
    ActivityTable,
    Column,
    Floats,
)
from simulation.records.schema import Patients as PatientsTable

AGE_BANDS: Mapping[str, int] = {"child": 0, "adult": 18, "older": 65, "oldest": 80}
"""The first age of each band, as at the typical site."""
GIVEN = "acuity_given"
STEPS = ("assessment", "first_contact", "bed")
STEP_OUTCOMES = ("done", "left", "blocked", "open")
DONE, HAS_LEFT, OPEN = 0, 1, 3


def patients_table_of(
    points: Mapping[str, Floats], codes: Mapping[str, Column], age: Column | None
) -> PatientsTable:
    """One row for each attendance, in order of arrival."""
    n = len(points["arrived_at"])
    columns: dict[str, Column] = {
        "patient": np.arange(n, dtype=np.int32),
        "arrival_source": codes.get("arrival_source", np.zeros(n, dtype=np.int16)),
        "number": np.arange(n, dtype=np.int64),
        "replication": np.zeros(n, dtype=np.int32),
        "arrived_at": points["arrived_at"],
        "outcome": codes["outcome"],
    }
    categories = {
        "arrival_source": CATEGORIES["arrival_source"],
        "outcome": (*CATEGORIES["outcome"], IN_BUILDING),
    }
    for name, coded in ((GIVEN, "acuity"), ("sex", "sex")):
        if coded in codes:
            columns[name], categories[name] = codes[coded], CATEGORIES[coded]
    if age is not None:
        band = np.searchsorted(list(AGE_BANDS.values()), age, side="right") - 1
        columns |= {"age_band": np.where(age < 0, MISSING, band).astype(np.int16), "age": age}
        categories["age_band"] = (*AGE_BANDS,)
    return PatientsTable({**columns, **points}, categories)


def activities_of(patients: PatientsTable) -> ActivityTable:
    """A row for each step that stamps speak of, by patient, as they followed each other."""
    ends = tuple(name for name in patients.known("outcome") if name != IN_BUILDING)
    steps = (*STEPS, *ends)
    rows = [part for part in _stages(patients, steps) if len(part[0])]
    patient, step, outcome, joined, started, ended = (
        np.concatenate(column) if rows else np.zeros(0) for column in zip(*rows, strict=True)
    )
    order = np.argsort(
        patient, kind="stable"
    )  # of a patient they are in the order of steps already
    columns: dict[str, Column] = {
        "patient": patient[order].astype(np.int32),
        "step": step[order].astype(np.int16),
        "pool": np.full(len(order), MISSING, dtype=np.int16),
        "outcome": outcome[order].astype(np.int8),
        "joined_at": joined[order],
        "started_at": started[order],
        "ended_at": ended[order],
    }
    return ActivityTable(columns, {"step": steps, "pool": (), "outcome": STEP_OUTCOMES})


def _stages(patients: PatientsTable, steps: tuple[str, ...]) -> Iterator[tuple[Column, ...]]:
    """The rows of each step: patient, step, outcome, and when it was joined, started and ended."""
    nan = np.full(len(patients), np.nan)
    points = ("arrived_at", "assessed_at", "triaged_at", "seen_at", "decided_at", "departed_at")
    known = {name: patients.columns.get(name, nan) for name in points}
    left, unseen = patients.where("outcome", LEFT), np.isnan(known["seen_at"])
    after = np.fmax(np.fmax(known["arrived_at"], known["assessed_at"]), known["triaged_at"])
    after = np.where(known["seen_at"] < after, known["arrived_at"], after)  # seen before triage
    gone = left & unseen & ~np.isnan(known["departed_at"])
    departed = known["departed_at"]
    contact = (~unseen | gone, after, known["seen_at"], np.where(gone, departed, nan))
    bed = (~np.isnan(known["decided_at"]), known["decided_at"], departed, departed)
    stages: list[tuple[str, tuple[Column, ...]]] = [
        ("assessment", (~np.isnan(known["assessed_at"]), *(known[name] for name in points[:3]))),
        ("first_contact", contact),
        ("bed", bed),
    ]
    for code, name in enumerate(patients.known("outcome")):
        if name in steps:
            ends = (patients["outcome"] == code) & ~np.isnan(departed)
            stages.append((name, (ends, departed, departed, departed)))
    for name, (rows, *times) in stages:
        chosen = np.flatnonzero(rows)
        joined, started, ended = (at[chosen] for at in times)
        outcome = np.where(np.isnan(ended), OPEN, DONE)
        if name == "first_contact":
            outcome = np.where(gone[chosen], HAS_LEFT, outcome)
        step = np.full(len(chosen), steps.index(name))
        yield chosen, step, outcome, joined, started, ended
