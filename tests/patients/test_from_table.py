"""A table of patients in place of drawn ones: what it says is taken, the rest is drawn, what is wrong is named."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from simulation.department.vocabulary import Pathway
from simulation.errors import DrawsError
from simulation.patients import attributes_after, draw, draws_from_table
from simulation.units import NEVER, to_ticks
from tests.held import Hold

Small = Callable[..., Pathway]
TABLE = {
    "arrived_at": [30.0, 10.0, 20.0, 10.0],
    "arrival_source": ["walk_in", "ambulance", "walk_in", "walk_in"],
}


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({**TABLE, **columns})


def test_arrivals_and_streams_are_those_of_the_table_in_order_of_time(small: Small) -> None:
    drawn = draws_from_table(small(), table())
    assert drawn.arrived_at.tolist() == to_ticks(np.array([10.0, 10.0, 20.0, 30.0])).tolist()
    names = small().categories("arrival_source")
    assert [names[code] for code in drawn.arrival_source] == [
        "walk_in",
        "ambulance",
        "walk_in",
        "walk_in",
    ]


def test_a_column_of_minutes_replaces_the_draw_of_the_pass_it_names(small: Small) -> None:
    columns = {"minutes.seeing": [3, 1, 2, 4], "minutes.seeing.1": [30, 10, 20, 40]}
    drawn = draws_from_table(small(), table(**columns))
    assert drawn.minutes["seeing"].tolist() == [[4, 1, 2, 3], [40, 10, 20, 30]]
    assert (drawn.minutes["resting"] > 0).all()


def test_minutes_left_empty_are_drawn(small: Small) -> None:
    plain = draws_from_table(small(), table(), seed=4)
    told = draws_from_table(
        small(), table(**{"minutes.seeing": [3, np.nan, np.nan, np.nan]}), seed=4
    )
    assert told.minutes["seeing"][0, 3] == 3
    assert np.array_equal(told.minutes["seeing"][0, :3], plain.minutes["seeing"][0, :3])


def test_what_the_table_does_not_say_is_drawn_as_without_it(small: Small) -> None:
    plain, told = (
        draws_from_table(small(), each, seed=4)
        for each in (table(), table(**{"minutes.seeing": 7.0}))
    )
    assert np.array_equal(plain.minutes["resting"], told.minutes["resting"])
    assert np.array_equal(plain.minutes["seeing"][1], told.minutes["seeing"][1])
    assert np.array_equal(plain.attributes["age"], told.attributes["age"])


def test_a_stated_attribute_drives_the_durations_and_the_attributes_that_depend_on_it(
    small: Small,
) -> None:
    young, old = (draws_from_table(small(), table(age=age), seed=4) for age in ("young", "old"))
    assert (young.attributes["age"] == 0).all()
    assert (old.attributes["age"] == 1).all()
    assert np.allclose(old.minutes["seeing"], 2 * young.minutes["seeing"])
    assert not young.attributes["frail"].any()


def test_a_stated_attribute_stays_when_labels_are_given_even_if_it_leans_on_them(
    small: Small,
) -> None:
    label_dependent = small("""
    attributes:
      acuity_true: {kind: choice, categories: [sick, well], shares: [0.5, 0.5]}
      acuity_given: {kind: given, like: acuity_true}
      frail:
        {kind: chance, label_weight: 1, p: {base: 1, times: [{by: acuity_true, values: {sick: 1, well: 0}}]}}
      asleep: {kind: choice, by: frail, categories: [a, b], shares: {"no": [1, 0], "yes": [0, 1]}}
    """)
    drawn = draws_from_table(label_dependent, table(frail=["yes", "no", "yes", "no"]))
    after = drawn.with_columns(
        attributes=attributes_after(label_dependent, drawn, 1 - drawn.attributes["acuity_true"])
    )
    assert np.array_equal(after.attributes["frail"], drawn.attributes["frail"])
    assert np.array_equal(after.attributes["asleep"], drawn.attributes["frail"])


def test_stated_patience_is_the_patience_of_the_streams_that_have_any(small: Small) -> None:
    drawn = draws_from_table(small(), table(**{"minutes.patience": 90.0}))
    assert drawn.patience.tolist() == [to_ticks(90), NEVER, to_ticks(90), to_ticks(90)]


def test_a_table_of_drawn_patients_gives_them_back(small: Small) -> None:
    pathway = small()
    drawn = draw(pathway, seed=5, replication=0, days=7)
    names = pathway.categories("arrival_source")
    columns: dict[str, object] = {
        "arrived_at": drawn.arrived_at / 1024,
        "arrival_source": [names[code] for code in drawn.arrival_source],
        **{
            name: [pathway.categories(name)[code] for code in drawn.attributes[name]]
            for name in pathway.attributes
        },
        **{
            f"minutes.{name}.{repeat}": minutes
            for name, passes in drawn.minutes.items()
            for repeat, minutes in enumerate(passes)
        },
    }
    again = draws_from_table(pathway, pd.DataFrame(columns))
    assert np.array_equal(again.arrived_at, drawn.arrived_at)
    assert np.array_equal(again.patience, drawn.patience)
    for name in pathway.attributes:
        assert np.array_equal(again.attributes[name], drawn.attributes[name]), name
    for name in pathway.durations:
        assert np.array_equal(again.minutes[name], drawn.minutes[name]), name


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"aeg": "old"}, r"unknown column 'aeg'\. Did you mean 'age'\?"),
        (
            {"minutes.seing": 3},
            r"unknown column 'minutes\.seing'\. Did you mean 'minutes\.seeing'\?",
        ),
        ({"minutes.seeing.2": 3}, r"unknown column 'minutes\.seeing\.2'"),
        ({"age": "odl"}, r"column 'age' holds 'odl'\. Did you mean 'old'\?"),
        (
            {"arrival_source": "walkin"},
            r"column 'arrival_source' holds 'walkin'\. Did you mean 'walk_in'\?",
        ),
        (
            {"arrived_at": [-1.0, 0, 0, 0]},
            r"column 'arrived_at' holds -1\.0 in row 0\. .*from 00:00 on a Monday",
        ),
        ({"arrived_at": [np.nan, 0, 0, 0]}, "column 'arrived_at' has no"),
        ({"minutes.seeing": [5, -2.0, 5, 5]}, r"column 'minutes\.seeing' holds -2\.0 in row 1"),
        ({"minutes.seeing": [5, 5, np.inf, 5]}, r"column 'minutes\.seeing' holds inf"),
        (
            {"minutes.seeing": ["5", "soon", "5", "5"]},
            r"column 'minutes\.seeing' does not",
        ),
    ],
)
def test_a_fault_of_the_table_is_named(
    columns: dict[str, object], message: str, small: Small, hold: Hold
) -> None:
    with hold.refusal(DrawsError, match=message):
        draws_from_table(small(), table(**columns))


@pytest.mark.parametrize("missing", ["arrived_at", "arrival_source"])
def test_a_table_without_arrivals_or_streams_is_refused(missing: str, small: Small) -> None:
    with pytest.raises(DrawsError, match=f"no column '{missing}'"):
        draws_from_table(small(), table().drop(columns=missing))
