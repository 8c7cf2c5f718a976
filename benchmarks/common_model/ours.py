"""The common model in aeflow's vocabulary, run by either engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from common_model import parameters
from common_model.parameters import Records
from simulation.department.check_pathway import check_pathway
from simulation.department.config_dataclass import Evidence
from simulation.department.durations import Amount, Exponential, Factor, Lognormal
from simulation.department.vocabulary import (
    ACUITY_TRUE,
    ArrivalSource,
    ByAttribute,
    Chance,
    Choice,
    End,
    Pathway,
    Patience,
    Pool,
    Priority,
    Profile,
    QueueClass,
    Shift,
    Step,
)
from simulation.engine.choose import EngineName, engine_named
from simulation.engine.contract import Run
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.rows import Plan
from simulation.measures.patients_table import patients_table
from simulation.patients import Draws, draw
from simulation.records.schema import LEFT, Patients
from simulation.units import DAY

SEED = 1
EVIDENCE: Evidence = "assumed"
SOURCE = "made up, so that engines have the same work"
NEVER_IMPATIENT = 1e5
"""Times the mean patience: beyond any horizon."""


def pathway(*, cubicles: bool = True, outgoing_are_extra: bool = False) -> Pathway:
    """The department; without cubicles it is the reduced model. Checked before it is returned."""
    levels = tuple(str(level) for level in parameters.LEVELS)
    keep = ("cubicles",) if cubicles else ()
    steps = {
        "triage": Step(
            asks=("triage_nurses",),
            minutes=("triage",),
            relabels=ACUITY_TRUE,
            records={"triaged_at": "ended"},
            next="cubicle" if cubicles else "first_contact",
        ),
        "cubicle": Step(asks=keep, keeps=keep, may_leave=True, next="first_contact"),
        "first_contact": Step(
            asks=("clinicians",),
            minutes=("first_contact",),
            may_leave=True,
            first_seen=True,
            records={"seen_at": "started"},
            next="needs_tests",
        ),
        "tests": Step(minutes=("tests",), next="review"),
        "review": Step(asks=("clinicians",), minutes=("review",), next="is_admitted"),
        "bed_delay": Step(minutes=("bed_delay",), next="ward"),
    }
    pools = {
        "triage_nurses": _staff(parameters.TRIAGE_NURSES, outgoing_are_extra),
        "clinicians": _staff(parameters.CLINICIANS, outgoing_are_extra),
        "cubicles": Pool(
            kind="space", capacity=parameters.CUBICLES, evidence=EVIDENCE, source=SOURCE
        ),
    }
    if not cubicles:
        del steps["cubicle"], pools["cubicles"]
    patience_by_level = {
        level: 1.0 if int(level) in parameters.IMPATIENT else NEVER_IMPATIENT for level in levels
    }
    department = Pathway(
        name="common_model",
        arrivals={
            "patients": ArrivalSource(
                starts="triage",
                per_day=parameters.PER_DAY,
                by_hour="by_hour",
                thinning_bound=1,
                evidence=EVIDENCE,
                source=SOURCE,
            )
        },
        profiles={
            "by_hour": Profile(weights=parameters.WEIGHTS_BY_HOUR, evidence=EVIDENCE, source=SOURCE)
        },
        pools=pools,
        attributes={
            ACUITY_TRUE: Choice(
                kind="choice",
                categories=levels,
                shares=parameters.SHARES,
                evidence=EVIDENCE,
                source=SOURCE,
            ),
            "tested": Chance(kind="chance", p=parameters.P_TESTS, evidence=EVIDENCE, source=SOURCE),
            "admitted": Chance(
                kind="chance",
                p=Amount(
                    times=(
                        Factor(
                            by=ACUITY_TRUE,
                            values=dict(zip(levels, parameters.P_ADMITTED, strict=True)),
                        ),
                    )
                ),
                evidence=EVIDENCE,
                source=SOURCE,
            ),
        },
        durations={
            "triage": _minutes(parameters.TRIAGE),
            "first_contact": _minutes(parameters.FIRST_CONTACT),
            "tests": _minutes(parameters.TESTS),
            "review": _minutes(parameters.REVIEW),
            "bed_delay": _minutes(parameters.BED_DELAY),
            "patience": Exponential(
                kind="exponential",
                mean=Amount(
                    base=parameters.PATIENCE_MEAN,
                    times=(Factor(by=ACUITY_TRUE, values=patience_by_level),),
                ),
                evidence=EVIDENCE,
                source=SOURCE,
            ),
        },
        priority=Priority(
            rule="acuity",
            classes={level: QueueClass(rank=int(level), rate=1) for level in levels},
            untriaged_as=levels[-1],
            ignored_as=levels[-1],
            evidence=EVIDENCE,
            source=SOURCE,
        ),
        patience=Patience(
            minutes="patience",
            arrivals=("patients",),
            next="gone",
            evidence=EVIDENCE,
            source=SOURCE,
        ),
        steps=steps,
        branches={
            "needs_tests": ByAttribute(
                kind="attribute", attribute="tested", cases={"yes": "tests", "no": "is_admitted"}
            ),
            "is_admitted": ByAttribute(
                kind="attribute", attribute="admitted", cases={"yes": "bed_delay", "no": "home"}
            ),
        },
        ends={
            "home": End(outcome="discharged", records=("departed_at",)),
            "ward": End(outcome="admitted", records=("departed_at",)),
            "gone": End(outcome=LEFT, records=("departed_at",)),
        },
    )
    assert not check_pathway(department)
    return department


def _staff(numbers: tuple[int, ...], outgoing_are_extra: bool) -> Pool:
    starts = (0, *parameters.SHIFT_ENDS[:-1])
    shifts = zip(starts, parameters.SHIFT_ENDS, numbers, strict=True)
    pool = Pool(
        kind="staff",
        rota=tuple(Shift(hours=f"{start}-{end}", number=number) for start, end, number in shifts),
        evidence=EVIDENCE,
        source=SOURCE,
    )
    return replace(pool, on_shift_change="outgoing_are_extra") if outgoing_are_extra else pool


def _minutes(minutes: parameters.Lognormal) -> Lognormal:
    return Lognormal(
        kind="lognormal", mean=minutes.mean, log_sd=minutes.log_sd, evidence=EVIDENCE, source=SOURCE
    )


HORIZON = (parameters.DAYS + parameters.RUN_ON_DAYS) * DAY


def inputs(department: Pathway, number: int) -> tuple[Plan, Draws, Columns]:
    """The plan, draws and columns of one replication."""
    plan = lower(department)
    draws = draw(department, seed=SEED, replication=number, days=parameters.DAYS)
    return plan, draws, bind(plan, draws)


def simulate(department: Pathway, engine: EngineName, number: int) -> Patients:
    """The table of patients of one replication, from the draws on."""
    plan, draws, columns = inputs(department, number)
    return patients_table(department, plan, draws, run(engine, plan, columns))


def run(engine: EngineName, plan: Plan, columns: Columns) -> Run:
    """The run of the engine alone."""
    return engine_named(engine)(plan, columns, HORIZON)


def records(patients: Patients) -> Records:
    """The table of patients in the words of the common model."""
    return Records(
        level=np.asarray(patients[ACUITY_TRUE], dtype=np.int64) + 1,
        arrived_at=patients["arrived_at"],
        triaged_at=patients["triaged_at"],
        seen_at=patients["seen_at"],
        departed_at=patients["departed_at"],
        left=patients.where("outcome", LEFT),
    )
