"""Effects of a full factorial design: worked out by hand, told apart from noise, and refused where they cannot be."""

import numpy as np
import pytest

from simulation.statistics.several_runs import factorial_effects, is_full

TWO = [{"scenario": s, "nurses": n} for s in ("usual", "winter") for n in ("0", "1")]


def named(design: list[dict[str, str]], values: list[np.ndarray]) -> dict[str, tuple[float, float]]:
    return {
        " x ".join(f"{level.factor}={level.value}" for level in each.levels): (
            each.estimate.mean, each.estimate.standard_error,
        )
        for each in factorial_effects(design, values)
    }  # fmt: skip


def test_effects_of_two_by_two_are_those_worked_out_by_hand() -> None:
    """Means 50, 40; 80, 50: winter adds 20 on average, a nurse takes 20; in winter she takes 20 more than usually."""
    noise = np.array([-1.0, 1.0])  # the same in all runs: it cancels
    found = named(TWO, [mean + noise for mean in (50.0, 40.0, 80.0, 50.0)])
    assert found == {
        "scenario=winter": (20, 0),
        "nurses=1": (-20, 0),
        "scenario=winter x nurses=1": (-20, 0),
    }


def test_a_factor_of_three_values_is_compared_with_its_first() -> None:
    design = [{"a": a, "b": b} for a in ("x", "y", "z") for b in ("0", "1")]
    levels = {"x": 0.0, "y": 3.0, "z": 9.0}
    values = [np.full(3, levels[run["a"]] + 5 * (run["b"] == "1") + 2 * (run["a"] == "z" and run["b"] == "1"))
              for run in design]  # fmt: skip
    found = {name: effect for name, (effect, _) in named(design, values).items()}
    assert found == pytest.approx(
        {"a=y": 3, "a=z": 10, "b=1": 5 + 2 / 3, "a=y x b=1": 0, "a=z x b=1": 2}
    )


def test_standard_errors_are_those_of_contrasts_over_replications() -> None:
    """Independent noise of 3 in four runs of 400: a main effect has sd 3, an interaction 6; over the root of 400."""
    variates = np.random.default_rng(2).normal(0, 3, size=(4, 400))
    found = named(TWO, list(variates))
    assert found["nurses=1"][1] == pytest.approx(3 / 20, rel=0.1)
    assert found["scenario=winter x nurses=1"][1] == pytest.approx(6 / 20, rel=0.1)
    by_hand = variates[3] - variates[2] - variates[1] + variates[0]
    assert found["scenario=winter x nurses=1"][1] == pytest.approx(by_hand.std(ddof=1) / 20)


def test_only_a_full_design_is_taken_apart() -> None:
    assert is_full(TWO)
    assert not is_full(TWO[:3])
    assert not is_full([*TWO, TWO[0]])
    assert not is_full([])


def test_a_stay_that_had_not_ended_in_one_run_leaves_its_effects_unknown() -> None:
    values = [np.full(4, 1.0), np.full(4, 1.0), np.array([1.0, np.inf, 1.0, 1.0]), np.full(4, 1.0)]
    assert all(np.isnan(effect) for effect, _ in named(TWO, values).values())


def test_a_replication_that_some_run_lacks_is_left_out_and_of_unequal_numbers_the_first_are_used() -> (
    None
):
    values = [
        np.array([0.0, np.nan, 0.0]),
        np.zeros(4),
        np.array([6.0, 9.0, 8.0]),
        np.array([6.0, 1.0, 8.0]),
    ]
    assert named(TWO, values)["scenario=winter"] == (7, 1)
