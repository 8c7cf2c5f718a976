"""The theory rows have teeth: what each mutation breaks, and, on request, that a row notices it.

`pytest -m mutation` runs the checks at the length of `aeflow validate`, unbroken and broken.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulation.assurance.theory import rows as theory
from simulation.assurance.theory.rows import (
    GROUPS,
    MUTATIONS,
    Mutation,
    RunSize,
    caught,
    theory_rows,
)
from simulation.assurance.theory.stations import (
    SOUND,
    Length,
    busy_days,
    one_queue,
    station,
    waited,
)
from simulation.department.vocabulary import ACUITY_GIVEN, Shift
from simulation.engine.plan import bind, lower
from simulation.errors import PlanError, ResultsError
from simulation.patients import draw
from simulation.units import DAY, WEEK
from tests.held import Hold

TWO_LEVELS = station(per_minute=0.1, shares=(0.5, 0.5), service_means=(5.0, 5.0))


def test_services_that_are_too_long_are_two_per_cent_too_long_and_nothing_else() -> None:
    drawn, plan = draw(TWO_LEVELS, seed=1, replication=0, days=20), lower(TWO_LEVELS)
    sound, broken = bind(plan, drawn), theory.service_too_long(plan, drawn)
    assert broken.minutes.sum() / sound.minutes.sum() == pytest.approx(1.02, abs=1e-4)
    assert np.array_equal(broken.attributes, sound.attributes)


def test_one_rank_in_a_hundred_is_flipped() -> None:
    drawn, plan = draw(TWO_LEVELS, seed=1, replication=0, days=20), lower(TWO_LEVELS)
    sound, broken = bind(plan, drawn), theory.flipped_ranks(plan, drawn)
    label = plan.attribute_columns.index(ACUITY_GIVEN)
    flipped = sound.attributes[label] != broken.attributes[label]
    assert flipped.mean() == pytest.approx(0.01, abs=0.0005)
    assert np.array_equal(broken.attributes[label][flipped], 1 - sound.attributes[label][flipped])
    assert np.array_equal(
        drawn.attributes[ACUITY_GIVEN],
        draw(TWO_LEVELS, seed=1, replication=0, days=20).attributes[ACUITY_GIVEN],
    )


def test_a_server_is_lost_a_hundredth_of_the_week() -> None:
    (row,) = theory.server_lost(one_queue(per_minute=0.1, service_mean=5.0, clinicians=3)).pool_rows
    ticks, units = np.array(row.timetable).T
    lasts = np.diff(np.append(ticks, WEEK))
    assert set(units) == {2, 3}
    assert lasts[units == 2].sum() / WEEK == pytest.approx(0.01, abs=1e-5)
    (places,) = theory.server_lost(
        one_queue(per_minute=0.1, service_mean=5.0, clinicians=None)
    ).pool_rows
    assert places.unlimited


def test_a_server_cannot_be_lost_from_a_rota() -> None:
    pathway = one_queue(per_minute=0.1, service_mean=5.0)
    rota = replace(
        pathway.pools["clinicians"], capacity=None, rota=(Shift(hours="8-20", number=2),)
    )
    with pytest.raises(PlanError, match="rota"):
        theory.server_lost(replace(pathway, pools={"clinicians": rota}))


def test_a_day_factor_counted_twice_makes_busy_days_busier_and_leaves_the_product_as_it_was() -> (
    None
):
    per_day, cv, n_days = 14.4, 0.3, 4000
    pathway = busy_days(
        one_queue(per_minute=per_day / 1440, service_mean=5.0), cv=cv, thinning_bound=12.0
    )
    which = {"seed": 1, "replication": 0, "days": n_days}
    once, twice = draw(pathway, **which), theory.day_factor_twice(pathway, **which)
    a_day = [np.bincount(each.arrived_at // DAY, minlength=n_days) for each in (once, twice)]
    # E f = 1 and E f^2 = 1 + cv^2; the sample of days is good to about 1 %.
    assert a_day[0].mean() / per_day == pytest.approx(1, abs=0.03)
    assert a_day[1].mean() / per_day == pytest.approx(1 + cv**2, abs=0.03)
    busiest = int(a_day[0].argmax())
    ours, theirs = (set(each.number[each.arrived_at // DAY == busiest]) for each in (once, twice))
    assert ours < theirs  # the same patients, and more
    assert np.array_equal(draw(pathway, **which).arrived_at, once.arrived_at)


def test_a_run_that_drains_has_no_arrivals_after_the_window() -> None:
    length = Length(1, 1, 2, 2)
    last = {
        chain.drains: waited(
            TWO_LEVELS, [None], engine="compiled", length=length, seed=1, replication=0, chain=chain
        )[0]["treatment"].joined_at.max()
        for chain in (SOUND, replace(SOUND, drains=True))
    }
    assert last[True] < 3 * DAY < 4 * DAY < last[False]


def test_every_mutation_breaks_one_thing_and_names_checks_that_exist() -> None:
    for mutation in MUTATIONS:
        assert mutation.noticed_by in GROUPS
        assert (
            sum(
                getattr(mutation.chain, part) != getattr(SOUND, part)
                for part in SOUND.__dataclass_fields__
            )
            == 1
        )


@cache
def unsound(group: str) -> list[str]:
    """The rows of a group that the product does not pass, or that would notice too little."""
    rows = theory_rows(RunSize("compiled"), groups=(group,))
    return [row.name for row in rows if not (row.passed and row.sharp)]


@pytest.mark.mutation
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_every_mutation_fails_a_row_that_the_product_passes(mutation: Mutation) -> None:
    effort = RunSize("compiled")
    assert unsound(mutation.noticed_by) == []
    found = caught(mutation, effort, groups=(mutation.noticed_by,))
    assert found.failed, f"largest |z| {found.largest_z:.1f}"


def test_more_rows_than_the_false_alarm_rate_allows_for_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    hold: Hold,
) -> None:
    """The threshold divides the chance of any false alarm by ROWS: a longer table would break its promise silently."""
    theory._refuse_too_many_rows(tuple(GROUPS))  # the packaged table keeps it
    monkeypatch.setattr(theory, "ROWS", 1)
    with hold.refusal(ResultsError, match="threshold holds .* for at most 1"):
        theory_rows(RunSize("compiled"), groups=("one_server",))
