"""What the model has been worth on past trials: what ships is what the fit gives, and holds studies that it was not
fitted to."""

from typing import get_args

import numpy as np
import pytest

from simulation.assurance.known_effects import LOAD
from simulation.assurance.targets import KindOfChange
from simulation.report.outcome import past_trials
from tests.long.past_trials import (
    INTO,
    PastRow,
    PastTrials,
    check_of,
    other_studies,
    past_rows,
)

ROWS = past_rows(INTO)
FIT = PastTrials(tuple(ROWS))
ASKED, STUDIES = 25, 31
"""Studies whose effects a 90 % interval holds at least, by chance with 95 %; and how many there are."""


SCORES = ((1.40, 1.25), (1.55, 1.79))
"""Mean interval scores, of all rows and of those that rest on no level of the model: the lower the better."""


def a_row(study: int, kind: str, published: float, modelled: float) -> PastRow:
    return PastRow("row", f"study {study}", kind, "wait", "trial", published, 0.01, modelled, 0.0)


def test_left_out_by_study_the_interval_holds_the_effects_of_nine_in_ten_less_what_chance_allows() -> (
    None
):
    found = check_of(ROWS)
    assert found.n_studies == STUDIES
    assert found.held >= ASKED, found.missed


def test_its_interval_score_stands_beside_that_of_other_studies_effects_alone() -> None:
    sized = [row for row in ROWS if row.level_from != "model"]
    scores = [(check_of(rows).score, check_of(rows, other_studies).score) for rows in (ROWS, sized)]
    assert scores == [pytest.approx(pair, abs=0.01) for pair in SCORES]


def test_what_ships_is_what_the_fit_to_the_shipped_rows_gives() -> None:
    shipped = past_trials()["kinds"]
    assert past_trials()["farthest"] == pytest.approx(FIT.farthest, abs=6e-4)
    assert set(shipped) == {*get_args(KindOfChange), ""} - {LOAD}
    for kind, worth in shipped.items():
        ends = [worth[end] for end in ("low", "middle", "high")]
        assert ends == pytest.approx(FIT.bounds(kind), abs=0.006)
        assert worth["n_studies"] == FIT.n_studies(kind)


def test_an_effect_of_none_stays_none_and_a_small_one_small() -> None:
    assert FIT.bounds("beds", modelled=0.0) == pytest.approx((0, 0, 0), abs=1e-6)
    whole, tenth = (np.array(FIT.bounds("beds", modelled=size)) for size in (1.0, 0.1))
    assert tenth == pytest.approx(whole / 10, abs=1e-6)


def test_a_kind_with_few_studies_is_drawn_to_all_kinds_and_one_with_many_is_not() -> None:
    noise = np.resize([0.9, 1.1], 40)
    many = [a_row(number, "many", 1.0 * times, 1.0) for number, times in enumerate(noise)]
    other = [a_row(100 + number, "other", 0.1 * times, 1.0) for number, times in enumerate(noise)]
    few = [a_row(1000, "few", 0.1, 1.0)]
    fit = PastTrials((*many, *other, *few))
    assert fit.bounds("many").middle == pytest.approx(1.0, abs=0.05)
    assert 0.1 < fit.bounds("few").middle < fit.bounds("").middle < 1.0


def test_a_study_weighs_the_same_however_many_rows_it_has() -> None:
    rows = [a_row(number, "one", 0.5 + number / 10, 1.0) for number in range(5)]
    twice = PastTrials((*rows, replace_row(rows[-1])))
    assert twice.bounds("one") == pytest.approx(PastTrials(tuple(rows)).bounds("one"), abs=1e-6)


def replace_row(row: PastRow) -> PastRow:
    return row._replace(row="another row of the same study")
