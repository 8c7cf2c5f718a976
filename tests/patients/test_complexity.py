"""One number a patient that durations share: they go together as stated, and each stays as it was by itself."""

from collections.abc import Callable

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.patients import Draws, draw

Small = Callable[..., Pathway]
Different = Callable[..., set[str]]
SD = 0.5
Z = 4.4
"""Two-sided normal bound with a false-alarm rate of 1 in 100,000."""


def drawn(small: Small, seeing: float, writing: float) -> Draws:
    """About 11,000 patients; both durations lognormal, each with random variates of its own."""
    lognormal = "kind: lognormal, mean: 4, log_sd: 0.5"
    made = small(f"""
    durations:
      seeing: {{complexity: {seeing}}}
      resting: {{{lognormal}, complexity: {writing}}}
    """)
    return draw(made, seed=8, replication=0, days=120)


def logs(draws: Draws, name: str, repeat: int = 0) -> np.ndarray:
    found = np.log(draws.minutes[name][repeat])
    if name == "seeing":  # its mean doubles for the old
        found = found - np.log(1 + draws.attributes["age"])
    return np.asarray(found)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def assert_correlated(one: np.ndarray, other: np.ndarray, expected: float) -> None:
    """Fisher's z has a standard error of 1 / sqrt(n - 3)."""
    apart = np.arctanh(correlation(one, other)) - np.arctanh(expected)
    assert abs(apart) <= Z / np.sqrt(len(one) - 3)


def test_two_durations_go_together_as_the_product_of_their_correlations(small: Small) -> None:
    made = drawn(small, 0.6, 0.8)
    assert_correlated(logs(made, "seeing"), logs(made, "resting"), 0.48)
    assert_correlated(logs(made, "seeing", 0), logs(made, "seeing", 1), 0.36)


def test_without_complexity_they_do_not(small: Small) -> None:
    made = drawn(small, 0, 0.8)
    assert_correlated(logs(made, "seeing"), logs(made, "resting"), 0)


@pytest.mark.parametrize("name", ["seeing", "resting"])
def test_mean_and_spread_of_each_stay_as_stated(name: str, small: Small) -> None:
    found = logs(drawn(small, 0.6, 0.8), name)
    n = len(found)
    stated = np.log({"seeing": 10, "resting": 4}[name]) - SD**2 / 2
    assert abs(found.mean() - stated) <= Z * SD / np.sqrt(n)
    assert abs(found.std() - SD) <= Z * SD / np.sqrt(2 * n)
    # and not only these: the share below every tenth of the stated distribution
    from scipy.special import ndtri

    for share in np.arange(0.1, 1, 0.1):
        below = (found < stated + SD * ndtri(share)).mean()
        assert abs(below - share) <= Z * np.sqrt(share * (1 - share) / n)


def test_complexity_of_nought_draws_what_was_drawn_before(
    small: Small, different: Different
) -> None:
    before, after = (draw(small(changes), seed=8, replication=0, days=20) for changes in ("", ZERO))
    assert different(before, after) == set()


ZERO = "durations: {seeing: {complexity: 0}, resting: {complexity: 0}}"


def test_complexity_of_one_duration_moves_no_other(small: Small, different: Different) -> None:
    before = draw(small(""), seed=8, replication=0, days=20)
    after = draw(small("durations: {seeing: {complexity: 0.5}}"), seed=8, replication=0, days=20)
    assert different(before, after) == {"minutes seeing"}
