"""What a run adds up to: the one pass over the compiled engine's journal and the replay of holdings give equal sums."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from simulation.engine import compiled, reference
from simulation.measures.binding import (
    COUNTED,
    TIMED,
    Tally,
    from_holdings,
    tally,
    tally_plan,
    tally_with,
)
from simulation.units import to_minutes

from .strategies import GRIDS, case

SEEDS = range(40)


def differing(one: Tally, other: Tally) -> list[str]:
    return [
        each.name
        for each in fields(Tally)
        if not np.array_equal(getattr(one, each.name), getattr(other, each.name))
    ]


@pytest.mark.parametrize("kind", [TIMED, COUNTED])
def test_one_pass_over_the_journal_of_random_departments_gives_what_a_replay_gives(
    kind: int,
) -> None:
    """Windows that begin and end between whole hours, in the run and beyond it."""
    in_one_pass, something = 0, np.zeros(len(fields(Tally)))
    for seed in SEEDS:
        made = case(seed, GRIDS[seed % len(GRIDS)])
        run = compiled.simulate(made.plan, made.columns, made.horizon)
        end = float(to_minutes(np.array([made.horizon]))[0])
        asked = tally_plan(made.plan, np.full(len(made.plan.pools), kind, dtype=np.int8))
        for window in ((0.0, end), (end / 3 + 0.25, 0.8 * end)):
            replayed, found = (
                from_holdings(asked, run, window=window),
                tally(asked, run, window=window),
            )
            assert differing(found, replayed) == [], f"seed {seed}, {window}"
            something += [getattr(found, each.name).sum() > 0 for each in fields(Tally)]
        in_one_pass += asked.special is not None
    assert in_one_pass > len(SEEDS) / 4, f"the pass says nothing of most departments: {in_one_pass}"
    assert (something[:3] > len(SEEDS)).all(), something


def test_both_engines_add_up_to_the_same() -> None:
    for seed in SEEDS[:20]:
        made = case(seed, GRIDS[1])
        asked = tally_plan(made.plan, np.full(len(made.plan.pools), TIMED, dtype=np.int8))
        runs: list[Any] = [
            each.simulate(made.plan, made.columns, made.horizon) for each in (compiled, reference)
        ]
        one, other = (tally(asked, run, window=(60.0, 2000.0)) for run in runs)
        assert differing(one, other) == [], f"seed {seed}"


def test_a_run_that_is_added_up_along_with_its_milestones_has_the_same_sums() -> None:
    made = case(3, GRIDS[1])
    asked = tally_plan(made.plan, np.full(len(made.plan.pools), COUNTED, dtype=np.int8))
    window = (60.0, 2000.0)
    along, alone = (compiled.simulate(made.plan, made.columns, made.horizon) for _ in range(2))
    tally_with(asked, along, window=window)
    for run in (along, alone):
        run.journal.milestones({}, len(made.plan.nodes), len(made.columns))
    assert differing(tally(asked, along, window=window), tally(asked, alone, window=window)) == []
    other = (0.0, 60.0)
    assert differing(tally(asked, along, window=other), tally(asked, alone, window=other)) == []
