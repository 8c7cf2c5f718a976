"""The generator of broken extracts does what it says."""

from simulation.extracts.quality import kinds
from tests.extracts.dirt import COLUMNS, WHOLE, broken, clean, mutated
from tests.extracts.dirt import KINDS as MADE


def test_a_broken_extract_has_more_than_twenty_kinds_of_dirt_each_counted_apart() -> None:
    extract = broken()
    assert len(MADE) >= 20
    assert len(set(extract.expected.values())) == len(MADE) == len(extract.expected)


def test_every_kind_that_is_listed_has_a_maker() -> None:
    assert {kind.__name__ for kind in (*MADE, *WHOLE)} == {*kinds()}


def test_the_same_seed_makes_the_same_broken_extract() -> None:
    made = [broken.__wrapped__(1500, seed=seed).text() for seed in (3, 3, 4)]  # none from the cache
    assert made[0] == made[1] != made[2]
    text = broken(300, kinds=()).text()
    assert mutated(text, seed=5) == mutated(text, seed=5) != text


def test_a_clean_extract_has_every_column_and_nobody_twice() -> None:
    rows = clean(200)
    assert all(tuple(row) == COLUMNS for row in rows)
    assert (
        len({row["Patient_Pseudo_ID"] for row in rows})
        == len({row["Attendance_ID"] for row in rows})
        == 200
    )
