"""The audit follows those whom rounds rank again: told of them it finds nothing broken, and not told it does."""

import numpy as np

from simulation.department.durations import Exponential
from simulation.department.vocabulary import (
    ArrivalSource,
    Choice,
    End,
    Pathway,
    Pool,
    Priority,
    QueueClass,
    Rounds,
    Step,
    TargetPull,
    Worsening,
)
from simulation.engine import compiled
from simulation.engine.contract import Notices, Run
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.rows import Plan
from simulation.measures.patients_table import activities_table
from simulation.patients import draw
from simulation.units import DAY
from tests.measures.audit import Audit, audit

NOTE = {"evidence": "assumed", "source": "made for a test"}
LEVELS = ("urgent", "standard", "minor")
DAYS = 6


def busy(*, accumulating: bool, pulled: bool) -> Pathway:
    """One doctor, three levels, a third of whom get worse within the hour, and a round every ten minutes."""
    pull = TargetPull(
        active=True, starts_at_minutes=120, ends_at_minutes=240, ranks_as="urgent", **NOTE
    )
    return Pathway(
        name="busy",
        arrivals={"walk_in": ArrivalSource(starts="door", per_day=75, **NOTE)},
        pools={"doctor": Pool(kind="staff", capacity=1, **NOTE)},
        attributes={
            "acuity_true": Choice(kind="choice", categories=LEVELS, shares=(0.2, 0.4, 0.4), **NOTE)
        },
        durations={
            "consultation": Exponential(kind="exponential", mean=18, **NOTE),
            "worsening": Exponential(kind="exponential", mean=150, **NOTE),
        },
        priority=Priority(
            rule="accumulating" if accumulating else "acuity",
            classes={
                name: QueueClass(rank=rank, rate=4 - rank) for rank, name in enumerate(LEVELS, 1)
            },
            untriaged_as="standard",
            ignored_as="standard",
            target_pull=pull if pulled else None,
            **NOTE,
        ),
        worsening=Worsening(
            minutes="worsening",
            arrivals=("walk_in",),
            becomes={"standard": "urgent", "minor": "standard"},
            **NOTE,
        ),
        rounds=Rounds(waiting_at=("see", "review"), every_minutes=10, **NOTE),
        steps={
            "door": Step(relabels="acuity_true", next="see"),
            "see": Step(
                asks=("doctor",), minutes=("consultation",), times=0.5, pulled=True, next="review"
            ),
            "review": Step(
                asks=("doctor",), minutes=("consultation",), times=0.5, pulled=True, next="home"
            ),
        },
        ends={"home": End(outcome="discharged")},
    )


def test_the_audit_follows_whom_rounds_rank_again() -> None:
    for accumulating in (False, True):
        for pulled in (False, True):
            pathway = busy(accumulating=accumulating, pulled=pulled)
            plan = lower(pathway)
            columns = bind(plan, draw(pathway, seed=2, replication=0, days=DAYS))
            run = compiled.simulate(plan, columns, DAYS * DAY)
            assert len(run.notices) > 100
            found = audited(plan, columns, run, run.notices)
            assert found.passed, str(found)
            nobody = Notices(np.zeros(0, np.int64), np.zeros(0, np.int32))
            assert audited(plan, columns, run, nobody).counts["priority"] > 20


def audited(plan: Plan, columns: Columns, run: Run, notices: Notices) -> Audit:
    return audit(
        plan, activities_table(plan, run), columns=columns, changes=run.changes, notices=notices
    )
