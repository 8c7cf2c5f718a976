"""A run says in which weeks of the year it is measured, where that is not the whole of it."""

import pytest

from simulation.display.words import season_words
from simulation.study.study import RunLength


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({"measured_days": 364, "replications": 20}, ""),
        (
            {"measured_days": 364, "replications": 20, "start_week": 3},
            "starting in week 3 of the year",
        ),
        (
            {"measured_days": 28, "replications": 20, "start_week": 0},
            "starting in week 0 of the year",
        ),
        ({"measured_days": 28, "replications": 1}, "starting in week 0 of the year"),
        ({"measured_days": 28, "replications": 4}, "starting in weeks 0, 5, 19, 38 of the year"),
        ({"measured_days": 28, "replications": 20}, "starting in 20 weeks spread over the year"),
        ({"measured_days": 28, "replications": 60}, "starting in 52 weeks spread over the year"),
    ],
)
def test_the_start_weeks_are_named_if_few_and_counted_if_many(
    run: dict[str, int], words: str
) -> None:
    length = RunLength(seed=1, warm_up_days=14, cool_down_days=4, **run)
    assert season_words(length, range(length.replications)) == words
