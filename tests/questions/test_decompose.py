"""A joint effect is shared out as Shapley's axioms ask, on games whose answer is known by hand."""

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest

from simulation.questions.ablation import (
    Coalition,
    Game,
    coalitions_of,
    decompose,
    every_coalition,
    interaction,
    marginals,
    sampled_orders,
    shapley,
)
from simulation.statistics.intervals import t_quantile

THREE = ("a", "b", "c")
SEVEN = tuple("abcdefg")


def game_of(
    worth: Callable[[Coalition], float], levers: tuple[str, ...] = THREE, *, n: int = 2
) -> Game:
    return {each: np.full(n, float(worth(each))) for each in every_coalition(levers)}


def noisy(levers: tuple[str, ...], *, n: int, seed: int) -> dict[Coalition, np.ndarray]:
    """A game without any structure: every coalition has numbers of its own."""
    variates = np.random.default_rng(seed)
    return {each: variates.normal(size=n) + len(each) for each in every_coalition(levers)}


def test_in_the_glove_game_the_owner_of_the_only_left_glove_gets_two_thirds() -> None:
    pairs = game_of(lambda each: float("a" in each and len(each) > 1))
    assert shapley(pairs, THREE)[0] == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_in_a_weighted_vote_the_values_are_those_of_the_orders_counted_by_hand() -> None:
    # Weights 4, 2, 1, 1 of 8, five to win: a decides in 3 of 4 places of the order, the others share the rest.
    weight = dict(zip("abcd", (4, 2, 1, 1), strict=True))
    vote = game_of(lambda each: float(sum(weight[name] for name in each) >= 5), tuple("abcd"))
    decides = {name: 0 for name in weight}
    for order in permutations(weight):
        total = 0
        for name in order:
            total += weight[name]
            if total >= 5:
                decides[name] += 1
                break
    assert sorted(decides.values()) == [2, 2, 2, 18]
    assert shapley(vote, tuple("abcd"))[0] == pytest.approx([decides[name] / 24 for name in "abcd"])


def test_values_add_up_to_the_joint_effect_in_every_replication() -> None:
    game = noisy(THREE, n=30, seed=1)
    joint = game[frozenset(THREE)] - game[frozenset()]
    assert shapley(game, THREE).sum(axis=1) == pytest.approx(joint, abs=1e-12)


def test_a_lever_that_adds_nothing_to_anybody_gets_nothing() -> None:
    game = noisy(("a", "b"), n=8, seed=2)
    with_dummy = {each: game[each - {"c"}] for each in every_coalition(THREE)}
    values = shapley(with_dummy, THREE)
    assert np.all(values[:, 2] == 0)
    assert values[:, :2] == pytest.approx(shapley(game, ("a", "b")))
    assert np.all(interaction(with_dummy, THREE, "a", "c") == 0)


def test_levers_that_do_the_same_get_the_same() -> None:
    game = noisy(THREE, n=8, seed=3)
    swapped = {"a": "b", "b": "a", "c": "c"}
    alike = {each: game[each] + game[frozenset(swapped[name] for name in each)] for each in game}
    values = shapley(alike, THREE)
    assert values[:, 0] == pytest.approx(values[:, 1])
    assert values[:, 0] != pytest.approx(values[:, 2])


def test_values_of_a_sum_of_games_are_the_sum_of_the_values() -> None:
    one, other = noisy(THREE, n=4, seed=4), noisy(THREE, n=4, seed=5)
    both = {each: 2 * one[each] - other[each] for each in one}
    assert shapley(both, THREE) == pytest.approx(2 * shapley(one, THREE) - shapley(other, THREE))


def test_the_interaction_index_of_a_game_that_needs_all_of_t_levers_is_one_over_t_less_one() -> (
    None
):
    # Grabisch and Roubens 1999: in the game that is won when all of T are in, I(S) = 1 / (t - s + 1).
    for levers, index in ((("a", "b"), 1.0), (THREE, 1 / 2), (tuple("abcd"), 1 / 3)):
        needs_all = game_of(lambda each, all_of=frozenset(levers): float(each == all_of), levers)
        assert interaction(needs_all, levers, "a", "b")[0] == pytest.approx(index)


def test_levers_whose_effects_add_up_do_not_interact_and_get_what_each_does_alone() -> None:
    gain = {"a": -3.0, "b": 1.0, "c": 0.5}
    found = decompose(game_of(lambda each: 60 + sum(gain[name] for name in each)), THREE)
    for lever, own in gain.items():
        for kind in ("alone", "last", "shapley"):
            assert found.part(kind, lever).mean == pytest.approx(own)
        assert found.part("all but", lever).mean == pytest.approx(-1.5 - own)
    assert all(
        each.estimate.mean == pytest.approx(0)
        for each in found.parts
        if each.kind == "interaction index"
    )
    assert found.part("joint", *THREE).mean == pytest.approx(-1.5)


def test_each_of_two_levers_gets_its_own_effect_and_half_of_their_interaction() -> None:
    worth = {frozenset(): 60.0, frozenset("a"): 58.0, frozenset("b"): 55.0, frozenset("ab"): 50.0}
    found = decompose({each: np.full(3, value) for each, value in worth.items()}, ("a", "b"))
    assert found.part("interaction index", "b", "a").mean == pytest.approx(-3)
    assert found.part("shapley", "a").mean == pytest.approx(-2 - 1.5)
    assert found.part("shapley", "b").mean == pytest.approx(-5 - 1.5)


def test_an_interval_is_students_over_replications() -> None:
    game = noisy(("a", "b"), n=12, seed=6)
    of_a = shapley(game, ("a", "b"))[:, 0]
    half = t_quantile(11) * of_a.std(ddof=1) / math.sqrt(12)
    found = decompose(game, ("a", "b")).part("shapley", "a")
    assert (found.low, found.high) == pytest.approx((of_a.mean() - half, of_a.mean() + half))


def test_a_replication_without_a_number_in_one_coalition_is_left_out_of_every_part() -> None:
    game = noisy(("a", "b"), n=10, seed=7)
    game[frozenset("a")][4] = np.nan
    found = decompose(game, ("a", "b"))
    assert {each.estimate.n for each in found.parts} == {9}
    parts = found.part("shapley", "a").mean + found.part("shapley", "b").mean
    assert parts == pytest.approx(found.part("joint", "a", "b").mean)


def test_there_is_no_interval_if_no_replication_has_every_number() -> None:
    game = {each: np.full(4, np.nan) for each in every_coalition(THREE)} | {
        frozenset(): np.zeros(4)
    }
    for orders in ((), tuple(permutations(THREE))):
        found = decompose(game, THREE, orders=orders)
        assert all(np.isnan(each.estimate.mean) and each.estimate.n == 0 for each in found.parts)


# --- sampled orders ------------------------------------------------------------------------------------------


def test_sampled_orders_are_different_come_with_their_reverses_and_are_the_same_again() -> None:
    orders = sampled_orders(SEVEN, 20)
    assert len(set(orders)) == 40
    assert all(
        order[::-1] == reverse for order, reverse in zip(orders[::2], orders[1::2], strict=True)
    )
    assert orders == sampled_orders(SEVEN, 20)
    assert orders[:10] == sampled_orders(SEVEN, 5)


def test_every_lever_comes_first_about_equally_often_in_sampled_orders() -> None:
    orders = sampled_orders(SEVEN, 700)
    first = [sum(order[0] == lever for order in orders) for lever in SEVEN]
    chi_squared = sum((count - 200) ** 2 / 200 for count in first)
    assert (
        chi_squared < 22.5
    )  # 0.999 quantile with 6 degrees of freedom: one false alarm in a thousand choices


def test_all_orders_together_give_the_values_of_all_coalitions() -> None:
    game = noisy(tuple("abcd"), n=3, seed=9)
    orders = tuple(permutations("abcd"))
    assert marginals(game, tuple("abcd"), orders).mean(axis=1) == pytest.approx(
        shapley(game, tuple("abcd"))
    )


def test_shares_from_sampled_orders_add_up_to_the_joint_effect_and_need_the_named_coalitions_only() -> (
    None
):
    orders = sampled_orders(SEVEN, 4)
    needed = coalitions_of(SEVEN, orders)
    game = noisy(SEVEN, n=5, seed=10)
    found = decompose({each: game[each] for each in needed}, SEVEN, orders=orders)
    assert len(needed) < 2**7
    assert found.n_orders == 8
    shares = sum(found.part("shapley", lever).mean for lever in SEVEN)
    assert shares == pytest.approx(found.part("joint", *SEVEN).mean)


@pytest.mark.slow
def test_the_interval_of_sampled_orders_holds_their_error() -> None:
    # No noise between replications, so all of the error is that of the orders. 60 games of 7 levers, 95 % intervals:
    # fewer than 385 of 420 held would be a chance of about one in ten thousand if values were independent.
    variates = np.random.default_rng(11)
    orders = sampled_orders(SEVEN, 12)
    n_held = 0
    for _ in range(60):
        game = {each: np.repeat(variates.normal(), 40) for each in every_coalition(SEVEN)}
        exact = shapley(game, SEVEN)[0]
        found = decompose(game, SEVEN, orders=orders)
        for lever, value in zip(SEVEN, exact, strict=True):
            share = found.part("shapley", lever)
            assert share.sd == pytest.approx(0, abs=1e-12)
            n_held += share.low <= value <= share.high
    assert 385 <= n_held < 420


def test_an_interaction_says_whether_it_is_the_index_or_of_the_pair_alone() -> None:
    """In the game that three levers win together a pair alone does nothing, and its index is a half."""
    wins = game_of(lambda each: float(each >= frozenset("abc")), SEVEN)
    whole = decompose(wins, SEVEN)
    assert whole.interaction("a", "b").mean == pytest.approx(
        whole.part("interaction index", "a", "b").mean
    )
    assert whole.interaction("a", "b").mean == pytest.approx(1 / 2)
    sampled = decompose(wins, SEVEN, orders=sampled_orders(SEVEN, 4))
    assert (
        sampled.interaction("a", "b").mean == sampled.part("interaction alone", "a", "b").mean == 0
    )
