"""Ways of writing are read as what they are, or refused with what to write: never read as something else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from simulation.department.rota import timetable, weekly_spans
from simulation.department.vocabulary import Pool, Shift
from simulation.offers.interview import check
from simulation.units import HOUR

STATED = yaml.safe_load(Path(__file__).with_name("ways_of_writing.yaml").read_text("utf-8"))
KEYS = {
    "number": "attendances_per_day",
    "share": "used_share",
    "minutes": "triage_minutes",
    "amount": "saves",
    "money": "price_a_year",
}
"""The question under which an answer of a kind is given."""
RULED_OUT = {"price_a_patient", "saves"}


def week(rows: list[tuple[str, str, int]]) -> list[int]:
    """People on duty in each half hour of the week, from Monday, by shifts of days, hours and number."""
    on = [0] * 336
    for days, hours, number in rows:
        for start, end in weekly_spans(hours, days):
            for slot in range(2 * start // HOUR, 2 * end // HOUR):
                on[slot] += number
    return on


def said(checked: Any, key: str) -> str:
    return " ".join(str(fault) for fault in checked.faults.get(key, ()))


@pytest.mark.parametrize("way", STATED["rota"], ids=lambda way: way["text"])
def test_a_rota_is_read_as_written_or_refused(way: dict[str, Any]) -> None:
    checked = check({"doctors": way["text"]})
    if way["is"] == "refused":
        assert "doctors" not in checked.values
        assert way["says"] in said(checked, "doctors")
        return
    rows = [row.split() for row in way["is"].split("; ")]
    wanted = week([(days, hours, int(number)) for days, hours, number in rows])
    if 0 in wanted:
        assert "nobody is on" in said(checked, "doctors")
        return
    rota = checked.values["doctors"]
    assert list(rota.on_duty) == wanted
    assert rota.person_hours == sum(wanted) / 14
    shifts = tuple(Shift(**shift) for shift in rota.stated())
    pool = Pool(kind="staff", rota=shifts, role="clinician", evidence="assumed", source="a test")
    changes = dict(timetable(pool))
    on = 0
    for slot, number in enumerate(wanted):
        on = changes.get(slot * HOUR // 2, on)
        assert on == number


@pytest.mark.parametrize("way", STATED["number"], ids=lambda way: f"{way['kind']}: {way['text']}")
def test_a_number_is_read_as_written_or_refused(way: dict[str, Any]) -> None:
    key = way.get("key", KEYS[way["kind"]])
    checked = check({"does": "saves time and labels", key: way["text"]})
    if way["is"] == "refused":
        assert key not in checked.values
        assert way["says"] in said(checked, key)
        return
    value = checked.values.get(key)
    assert not said(checked, key)
    assert (list(value) if isinstance(value, tuple) else value) == pytest.approx(way["is"])


@pytest.mark.parametrize("way", STATED["whom"], ids=lambda way: way["text"])
def test_whom_it_is_for_is_read_as_written_or_refused(way: dict[str, Any]) -> None:
    checked = check({"covers": way["text"]})
    if "refused" in way:
        assert "covers" not in checked.values
        assert way["refused"] in said(checked, "covers")
        return
    assert not said(checked, "covers")
    whom = checked.values["covers"]
    only = {}
    if "ages" in way:
        only["age_band"] = tuple(way["ages"])
    if "language" in way:
        only["language_need"] = (way["language"],)
    assert list(whom.sources) == way["ways"]
    assert dict(whom.only) == only
    asked = " ".join(checked.said("covers", "asked"))
    assert way.get("asked", "") in asked
    assert ("asked" in way) == bool(asked)
