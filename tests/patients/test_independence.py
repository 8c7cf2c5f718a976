"""What moves a draw and what does not: the pairing of arms rests on this."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_ndtr

from simulation.config import packaged_configs
from simulation.department.vocabulary import (
    ACUITY_BY_DEGRADED_TOOL,
    ACUITY_BY_NURSE,
    ACUITY_GIVEN,
    TOOL_CAN_FAIL,
    Pathway,
)
from simulation.errors import DrawsError
from simulation.patients import Draws, draw
from simulation.study.study import Study
from simulation.triage.apply import apply
from tests.policies import policy_called

POLICIES = sorted({path.stem for path in (packaged_configs() / "triage").glob("*.yaml")} - {"none"})
"""All that label."""
SHARES_OF_HERE = "attributes: {age: {shares: {here: [0.5, 0.5]}}}"
ROOM = "arrivals: {walk_in: {thinning_bound: 2}}"
Small = Callable[..., Pathway]
Different = Callable[..., set[str]]


@pytest.fixture(scope="module")
def fortnight(study: Study) -> Draws:
    return draw(study.baseline.pathway, seed=1, replication=0, days=14)


@pytest.fixture(scope="module")
def after_go_live(study: Study) -> Draws:
    """Long enough for a tool that goes live on day 14."""
    return draw(study.baseline.pathway, seed=1, replication=0, days=21)


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_moves_the_label_and_the_minutes_it_names_and_nothing_else(
    name: str, study: Study, after_go_live: Draws, different: Different
) -> None:
    policy = policy_called(name)
    under = apply(policy, study.baseline.pathway, after_go_live)
    assert len(under) == len(after_go_live)
    moved = {
        *(f"attribute {action.sets}" for action in policy.actions.values()),
        *(f"attribute {each}" for each in (ACUITY_GIVEN, ACUITY_BY_NURSE, ACUITY_BY_DEGRADED_TOOL)),
        *(f"minutes {each}" for each in policy.durations),
    }
    if policy.slow_under_load is not None:
        moved.add(f"attribute {TOOL_CAN_FAIL}")
    assert different(after_go_live, under) == moved


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_draws_the_same_label_twice(name: str, study: Study, fortnight: Draws) -> None:
    once, again = (apply(policy_called(name), study.baseline.pathway, fortnight) for _ in range(2))
    assert np.array_equal(once.attributes[ACUITY_GIVEN], again.attributes[ACUITY_GIVEN])


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ("attributes: {aaa: {kind: chance, p: 0.5}}", set()),
        ("durations: {aaa: {kind: exponential, mean: 5}}", set()),
        ("durations: {seeing: {repeats: 5}}", {"minutes seeing"}),
        ("durations: {seeing: {scale: 1.5}}", {"minutes seeing"}),
        ("durations: {patience: {scale: 2}}", {"minutes patience", "patience"}),
        ("pools: {nurses: {extra: 3}, beds: {kind: space, capacity: 9}}", set()),
        (
            "branches: {other: {kind: chance, targets: {home: 0.5, ward: 0.5}, evidence: assumed, source: test}}",
            set(),
        ),
        ("branches: {which: {targets: {home: 0.5, ward: 0.5}}}", {"attribute coin:which"}),
        (f"present: {{here: {{starts: see, number: 7}}}}\n{SHARES_OF_HERE}", set()),
        ("steps: {rest: {minutes: [resting], adheres: true, next: which}}", set()),
        ("day_factors: {other: {cv: 0.2}}", set()),
        ("priority: {adherence: 0.5}", set()),
    ],
)
def test_what_is_added_or_changed_moves_no_other_column(
    changes: str, moved: set[str], small: Small, different: Different
) -> None:
    before, after = (draw(small(each), seed=3, replication=0, days=10) for each in ("", changes))
    found = different(before, after)
    if "repeats: 5" in changes:  # the first two passes stay, too
        assert np.array_equal(before.minutes["seeing"], after.minutes["seeing"][:2])
    assert found == moved


def test_an_added_stream_brings_its_own_people_and_leaves_the_others_alone(
    small: Small, different: Different
) -> None:
    before = draw(small(), seed=3, replication=0, days=10)
    added = """
    arrivals: {helicopter: {starts: see, per_day: 20}}
    attributes: {age: {shares: {helicopter: [0.5, 0.5]}}}
    """
    after = draw(small(added), seed=3, replication=0, days=10)
    assert different(before, after) == set()
    assert len(after) - (after.arrival_source == 2).sum() == len(before) < len(after)


def test_a_stream_put_first_changes_codes_but_nobodys_variates(small: Small) -> None:
    pathway = small()
    turned = replace(pathway, arrivals=dict(reversed(pathway.arrivals.items())))
    one, other = (draw(each, seed=3, replication=0, days=10) for each in (pathway, turned))
    for name, code in (("walk_in", 0), ("ambulance", 1)):
        mine, theirs = one.arrival_source == code, other.arrival_source == 1 - code
        assert np.array_equal(one.arrived_at[mine], other.arrived_at[theirs]), name
        assert np.array_equal(one.minutes["seeing"][:, mine], other.minutes["seeing"][:, theirs]), (
            name
        )


@pytest.mark.parametrize("scale", [0.5, 0.9, 1.1, 1.2])
def test_scaled_arrivals_keep_or_drop_people_and_change_nobody(
    scale: float, small: Small, different: Different
) -> None:
    before = draw(small(ROOM), seed=3, replication=0, days=28)
    after = draw(
        small(f"arrivals: {{walk_in: {{thinning_bound: 2, scale: {scale}}}}}"),
        seed=3,
        replication=0,
        days=28,
    )
    assert different(before, after) == set()
    numbers = [set(each.number[each.arrival_source == 0].tolist()) for each in (before, after)]
    fewer, more = (numbers[1], numbers[0]) if scale < 1 else (numbers[0], numbers[1])
    assert fewer < more
    # Kept or dropped by a coin: 6 standard deviations of a binomial, false alarm below 1e-8.
    assert abs(len(fewer) / len(more) - min(scale, 1 / scale)) < 6 * np.sqrt(0.25 / len(more))
    assert (before.arrival_source == 1).sum() == (after.arrival_source == 1).sum()


def test_more_days_leave_the_earlier_days_as_they_were(small: Small, different: Different) -> None:
    short, long = (draw(small(), seed=3, replication=0, days=days) for days in (9, 30))
    assert different(short, long) == set()
    n_nine = int((long.arrived_at < 9 * 1440 * 1024).sum())
    assert n_nine == len(short)
    assert np.array_equal(short.arrived_at, long.arrived_at[:n_nine])


@pytest.mark.parametrize("which", ["seed", "replication"])
def test_another_seed_or_replication_is_other_variates_in_every_column(
    which: str, study: Study, fortnight: Draws, columns_of: Callable[[Draws], dict[str, np.ndarray]]
) -> None:
    numbers = {"seed": 1, "replication": 0} | {which: 5}
    other = draw(study.baseline.pathway, days=14, **numbers)
    mine, theirs = columns_of(fortnight), columns_of(other)
    n = min(len(fortnight), len(other))
    constant = {name for name, each in mine.items() if (each == each.ravel()[0]).all()}
    alike = {name for name in mine if np.array_equal(mine[name][..., :n], theirs[name][..., :n])}
    assert alike <= constant | {"patience"}
    assert len(fortnight) != len(other)


def test_no_two_columns_share_their_variates(small: Small) -> None:
    drawn = draw(small(), seed=3, replication=0, days=60)
    names = [
        "age",
        "frail",
        "seeing",
        "resting",
        "patience",
        "coin:which",
        "adherence:see",
        "triage.difficulty",
    ]
    variates = np.array([drawn.uniform(name) for name in names] + [drawn.uniform("seeing", 1)])
    off_diagonal = np.abs(np.corrcoef(variates) - np.eye(len(variates))).max()
    # 36 correlations of independent columns, each normal with standard deviation 1/sqrt(n): false alarm below 1e-6.
    assert off_diagonal < 6 / np.sqrt(len(drawn))


def test_a_shared_draw_makes_both_durations_long_for_the_same_patient(small: Small) -> None:
    drawn = draw(small(), seed=3, replication=0, days=28)
    mean = np.where(drawn.attributes["age"] == 1, 20.0, 10.0)
    variates = (np.log(drawn.minutes["seeing"][0] / mean) + 0.5**2 / 2) / 0.5
    assert np.allclose(drawn.minutes["writing"][0], -4 * log_ndtr(-variates))
    assert not np.array_equal(drawn.minutes["writing"][0], drawn.minutes["resting"][0])


def test_an_arms_extra_beds_start_empty_and_change_no_draw(
    small: Small, different: Different
) -> None:
    present = "present: {here: {starts: see, pool: nurses, share: 0.75}}"
    before = draw(small(f"{present}\n{SHARES_OF_HERE}"), seed=3, replication=0, days=10)
    after = draw(
        small(f"{present}\n{SHARES_OF_HERE}\npools: {{nurses: {{extra: 4}}}}"),
        seed=3,
        replication=0,
        days=10,
    )
    assert (before.arrival_source == 2).sum() == (after.arrival_source == 2).sum() == 3
    assert len(before) == len(after)
    assert different(before, after) == set()


def test_more_arrivals_than_the_thinning_bound_holds_are_refused_with_the_key_to_raise(
    small: Small,
) -> None:
    message = (
        r"arrivals\.ambulance: day 0 wants 1\.60 times .*Raise arrivals\.ambulance\.thinning_bound"
    )
    with pytest.raises(DrawsError, match=message):
        draw(small("arrivals: {ambulance: {scale: 1.6}}"), seed=3, replication=0, days=7)
