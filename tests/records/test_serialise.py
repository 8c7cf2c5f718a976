"""Plain values are compared key by key."""

from simulation.records.serialise import find_differences


def test_differences_are_found_at_every_path() -> None:
    one, other = {"a": 1, "b": {"c": [1, 2]}, "d": 0}, {"a": 1, "b": {"c": [1, 3]}, "e": 5}
    assert list(find_differences(one, other)) == [
        ("b.c", [1, 2], [1, 3]),
        ("d", 0, "not there"),
        ("e", "not there", 5),
    ]
