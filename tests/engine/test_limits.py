"""Numbers that the compiled engine cannot hold are refused by name; what it takes, it takes as the reference does."""

from dataclasses import replace

import pytest

from simulation.engine import compiled, reference
from simulation.engine.rows import BranchRow, Kind, Plan
from simulation.errors import PlanError

from .equality import assert_equal
from .strategies import GRIDS, Case, case


def accumulating() -> Case:
    return next(
        made for made in (case(seed, GRIDS[1]) for seed in range(200)) if made.plan.accumulating
    )


def test_rates_that_would_come_round_from_below_0_are_refused() -> None:
    made = accumulating()
    rates = (2**50, *made.plan.rates[1:])
    with pytest.raises(PlanError, match="points of rank"):
        compiled.simulate(replace(made.plan, rates=rates), made.columns, made.horizon)


def test_rates_as_high_as_are_taken_give_the_tables_of_the_reference() -> None:
    made = accumulating()
    plan = replace(made.plan, rates=(2**62 // made.horizon, *made.plan.rates[1:]))
    runs = [
        engine(plan, made.columns, made.horizon)
        for engine in (compiled.simulate, reference.simulate)
    ]
    assert_equal(*runs, "rates as high as can be")


def test_a_number_beyond_a_field_is_named_with_the_most_that_it_holds() -> None:
    made = next(
        case(seed, GRIDS[1]) for seed in range(200) if _queue(case(seed, GRIDS[1]).plan) is not None
    )
    at = _queue(made.plan)
    assert at is not None
    row = made.plan.rows[at]
    assert isinstance(row, BranchRow)
    rows = (*made.plan.rows[:at], replace(row, number=3_000_000_000), *made.plan.rows[at + 1 :])
    with pytest.raises(PlanError, match=f"at most {2**31 - 1} for 'number', not 3000000000"):
        compiled.simulate(replace(made.plan, rows=rows), made.columns, made.horizon)


def _queue(plan: Plan) -> int | None:
    return next(
        (
            at
            for at, row in enumerate(plan.rows)
            if row.__class__ is BranchRow and row.kind == Kind.QUEUE
        ),
        None,
    )
