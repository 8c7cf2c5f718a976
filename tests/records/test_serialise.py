"""Plain values are compared key by key."""

import pytest

from simulation.records.serialise import find_differences, parse_json


def test_differences_are_found_at_every_path() -> None:
    one, other = {"a": 1, "b": {"c": [1, 2]}, "d": 0}, {"a": 1, "b": {"c": [1, 3]}, "e": 5}
    assert list(find_differences(one, other)) == [
        ("b.c", [1, 2], [1, 3]),
        ("d", 0, "not there"),
        ("e", "not there", 5),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 200 + "]" * 200,
        '{"a":' * 100_000,
        f"[{'9' * 5_000}]",
        b"\xff",
        "",
        "{",
        "a" * 100_000,
    ],
)
def test_whatever_is_no_json_is_one_kind_of_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json(text)
