"""What is said of a break-even goes by which way of the measure is better, a user's own measure included."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.config import load
from simulation.department.own_measures import Better, SpanMeasure
from simulation.errors import ResultsError
from simulation.questions.break_even.break_evens import (
    BreakEvens,
    breakeven_sentences,
    breakeven_table,
    write_breakeven,
)
from simulation.questions.break_even.searching import BreakEven, PriceBreakEven, Quantity, Trial
from simulation.statistics.intervals import estimate_interval
from simulation.study.study import Study
from tests.held import Hold


@pytest.fixture(scope="module")
def study() -> Study:
    return load("study=gallery/clinic")


def breakevens(study: Study) -> BreakEvens:
    """One quantity, which no value brings level: every one of them leaves the arm's measure higher."""
    baseline, other = study.arms[:2]
    quantity = Quantity("seconds", "seconds", 10.0, 0.0, 600.0, 1.0, lambda value: baseline.policy)
    more = np.array([4.0, 5.0, 6.0])
    none = BreakEven(
        quantity, math.nan, math.nan, math.nan, (Trial(0.0, more, estimate_interval(more)),), None
    )
    return BreakEvens(
        study=study, arm=other, against=baseline, target=study.design.primary[0], by_quantity={"seconds": none},
        cost=None, price=None, why_no_price="", frontier=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("better", "words"), [("lower", "does less than"), ("higher", "does more than")]
)
def test_an_own_measure_says_which_way_is_more(study: Study, better: Better, words: str) -> None:
    own = SpanMeasure(
        kind="span",
        label="Long",
        better=better,
        since="arrived_at",
        until="departed_at",
        statistic="mean",
    )
    target = replace(study.design.primary[0], measure="long")
    design = replace(study.design, measures={"long": own}, primary=(target,))
    (sentence,) = breakeven_sentences(breakevens(replace(study, design=design)))
    assert f"from 0 s to 600 s it {words} '{study.baseline.arm.label}'" in sentence


def test_what_no_trial_shows_is_not_said(study: Study, hold: Hold) -> None:
    """Differences of 0 to 10 from 3 replications: more or less than the other arm, nobody knows."""
    found = breakevens(study)
    unclear = np.array([-2.0, 5.0, 12.0])
    quantity = replace(
        found.by_quantity["seconds"], trials=(Trial(0.0, unclear, estimate_interval(unclear)),)
    )
    (sentence,) = breakeven_sentences(replace(found, by_quantity={"seconds": quantity}))
    hold(sentence, f"draws level with '{study.baseline.arm.label}' from 0 s to 600 s is not")


def test_a_price_tells_noise_the_other_arms_cost_and_departments_apart(
    study: Study, hold: Hold
) -> None:
    price = PriceBreakEven(5e4, 48_000, 52_000, (40_000, 60_000), (5e4, 20_000, math.inf))
    table = breakeven_table(replace(breakevens(study), price=price))
    assert table.rows[-2] == (
        "price, a year",
        "not stated",
        "£50,000 (£48,000 to £52,000)",
        "£20,000 to any price",
        "–",
    )
    hold(table.rows[-1])
    certain = breakeven_table(
        replace(breakevens(study), price=replace(price, by_cost=(5e4, 5e4), low=math.nan))
    )
    assert certain.rows[-1][2] == "£50,000 (interval not settled)"


def test_a_folder_that_cannot_be_made_is_one_message(study: Study, tmp_path: Path) -> None:
    (tmp_path / "breakeven").write_text("a file", encoding="utf-8")
    with pytest.raises(ResultsError, match="breakeven: cannot be written"):
        write_breakeven(breakevens(study), tmp_path)


def test_intervals_of_a_few_replications_come_with_a_warning(study: Study, hold: Hold) -> None:
    few, enough = (replace(study, run=replace(study.run, replications=n)) for n in (9, 10))
    hold(breakeven_table(breakevens(few)).notes[-1], "9 replications give wide")
    assert "wide intervals" not in " ".join(breakeven_table(breakevens(enough)).notes)
