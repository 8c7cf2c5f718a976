"""A configuration spoilt at random is refused with a message, or runs alike on both engines."""

import pytest

from .mutator import tried

FEW, MANY = range(60), range(60, 560)


@pytest.mark.slow
def test_a_spoilt_configuration_is_refused_with_a_message_or_runs_alike_on_both_engines() -> None:
    assert {number: failure for number in FEW if (failure := tried(number).failure)} == {}


@pytest.mark.long
@pytest.mark.parametrize(
    "cases", [MANY[start : start + 100] for start in range(0, len(MANY), 100)], ids=str
)
def test_hundreds_of_them(cases: range) -> None:
    assert {number: failure for number in cases if (failure := tried(number).failure)} == {}
