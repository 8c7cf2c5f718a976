"""When things are down: drawn by name, the same in every arm, in the shares that are asked for."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from simulation.department.vocabulary import Pathway
from simulation.patients import DrawnRun, draw, draw_outages
from simulation.units import DAY, TICKS_PER_MINUTE

Small = Callable[..., Pathway]
NOTE = "evidence: assumed, source: test"
RANDOM = (
    f"outages: {{tool: {{kind: random, mean_up_minutes: 300, mean_down_minutes: 100, {NOTE}}}}}"
)
SHARE = f"outages: {{tool: {{kind: share, share: 0.25, mean_down_minutes: 100, {NOTE}}}}}"


def spans(
    pathway: Pathway, *, seed: int = 1, replication: int = 0, days: int = 50
) -> NDArray[np.int64]:
    return draw_outages(pathway, DrawnRun(seed, replication, days))["tool"]


def test_spans_are_in_order_and_apart(small: Small) -> None:
    found = spans(small(RANDOM))
    assert len(found) > 100
    assert np.all(np.diff(found.ravel()) > 0)
    assert found[-1, 0] < 50 * DAY


def test_a_longer_run_has_the_same_spans_and_more(small: Small) -> None:
    short, long = (spans(small(RANDOM), days=days) for days in (10, 400))
    assert np.array_equal(short, long[: len(short)])
    assert len(long) > 30 * len(short)


def test_seed_and_replication_move_the_spans_and_nothing_else_does(small: Small) -> None:
    pathway = small(RANDOM)
    other = small(
        RANDOM.replace(
            "}}", f"}}, other: {{kind: share, share: 0.5, mean_down_minutes: 5, {NOTE}}}}}"
        )
    )
    assert np.array_equal(spans(pathway), spans(other))
    assert not np.array_equal(spans(pathway)[:50], spans(pathway, replication=1)[:50])
    assert not np.array_equal(spans(pathway)[:50], spans(pathway, seed=2)[:50])


def test_an_outage_moves_no_column_of_a_patient(
    small: Small, different: Callable[..., set[str]]
) -> None:
    before, after = (
        draw(small(changes), seed=3, replication=0, days=10) for changes in ("", RANDOM)
    )
    assert different(before, after) == set()
    assert np.array_equal(after.outages["tool"], spans(small(RANDOM), seed=3, days=10))


def test_a_share_of_time_is_the_same_as_its_means(small: Small) -> None:
    assert np.array_equal(spans(small(RANDOM)), spans(small(SHARE)))


def test_twice_the_mean_is_twice_the_spans_of_the_same_variates(small: Small) -> None:
    once = spans(small(RANDOM))
    twice = spans(small(RANDOM.replace("300", "600").replace(": 100", ": 200")), days=100)
    assert len(once) == len(twice)
    assert np.abs(twice - 2 * once).max() <= 1  # each is rounded to a tick


def test_the_share_of_time_down_is_what_was_asked_for_from_the_first_minute_on(
    small: Small,
) -> None:
    """Of 2,000 replications a quarter is down at 0, at 100 minutes and at 5 days, and down for 100 minutes on average.

    Within 4 standard errors each (false alarm 1 in 4,000 over the four).
    """
    pathway = small(RANDOM)
    drawn = [spans(pathway, replication=k, days=6) for k in range(2_000)]
    for at in (0, 100 * TICKS_PER_MINUTE, 5 * DAY):
        down = np.mean([np.any((each[:, 0] <= at) & (at < each[:, 1])) for each in drawn])
        assert abs(down - 0.25) < 4 * math.sqrt(0.25 * 0.75 / len(drawn))
    lengths = (
        np.concatenate([np.diff(each[:10], axis=1).ravel() for each in drawn]) / TICKS_PER_MINUTE
    )
    assert abs(lengths.mean() - 100) < 4 * 100 / math.sqrt(len(lengths))
    assert lengths.std() == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize(("up", "down", "share"), [(0, 5, 1), (5, 0, 0)])
def test_a_mean_of_0_or_a_share_of_0_or_1_is_never_or_always(
    up: int, down: int, share: int, small: Small
) -> None:
    stated = RANDOM.replace("300", str(up)).replace(": 100", f": {down}")
    for pathway in (small(stated), small(SHARE.replace("0.25", str(share)))):
        found = spans(pathway)
        assert len(found) == share
        if share:
            assert found[0, 0] == 0
            assert found[0, 1] > 10_000 * DAY


def test_stated_spans_are_taken_as_they_are(small: Small) -> None:
    stated = (
        "outages: {tool: {kind: stated, spans: [{starts_at_minutes: 60, ends_at_minutes: 90.5}, "
        f"{{starts_at_minutes: 1440, ends_at_minutes: 3000}}], {NOTE}}}}}"
    )
    assert spans(small(stated), days=9, replication=5).tolist() == [
        [61440, 92672],
        [1440 * 1024, 3000 * 1024],
    ]
    assert len(spans(small(stated), days=1)) == 1


def test_another_share_is_the_same_variates_stretched(small: Small) -> None:
    """As many minutes down each time, in that order, and sooner: spans of two shares are paired, not nested."""
    rare, often = (
        spans(small(SHARE.replace("0.25", share)), days=400) for share in ("0.02", "0.05")
    )
    n = min(len(rare), len(often))
    assert n > 50
    assert (
        np.abs(np.diff(rare[:n]) - np.diff(often[:n])).max() <= 1
    )  # each edge is rounded to a tick
    assert np.all(often[:n, 0] < rare[:n, 0])
