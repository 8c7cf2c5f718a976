"""`aeflow show warm_up=...`: series, a recommendation beside what is stated, and a picture."""

from pathlib import Path

import pytest

from tests.held import Hold

from .conftest import Aeflow

pytestmark = pytest.mark.usefixtures("undrawn")

CLINIC = ("run.replications=2", "run.warm_up_days=7")


def test_a_series_is_drawn_with_the_warm_up_recommended_beside_the_one_stated(
    aeflow: Aeflow, here: Path
) -> None:
    output = aeflow("show", "warm_up=in_department,medicine_beds", *CLINIC)
    assert (output.code, output.err) == (0, "")
    lines = output.out.splitlines()
    (inside,), (beds,) = (
        [line for line in lines if line.startswith(f"  {name}")]
        for name in ("in dep", "medicine b")
    )
    for line in (inside, beds):
        assert line.split()[-1] in ("days", "short")
    assert float(beds.split()[2]) > float(inside.split()[2]) > 10  # units in use in the first week
    assert "run.warm_up_days is 7" in output.out
    picture = here / "results" / "pathway" / "emergency_department-warm_up.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("asked", "words"), [
    ("medicine_bed", "Did you mean 'medicine_beds'?"),
    ("", "warm_up=: names nothing"),
])  # fmt: skip
def test_a_series_that_is_not_there_is_one_message(
    asked: str, words: str, aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    hold(aeflow("show", f"warm_up={asked}").message, words)
    assert list(here.iterdir()) == []
