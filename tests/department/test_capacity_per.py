"""Pools whose capacity is that of another times a number: places that come with staff."""

from typing import Any

import numpy as np
import pytest
import yaml

from simulation.config import packaged_configs, pathway_from
from simulation.department.rota import shift_words, timetable, units_by_hour
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError

CLINIC = (packaged_configs() / "pathway" / "gallery" / "clinic.yaml").read_text(encoding="utf-8")
STAFF = next(name for name in yaml.safe_load(CLINIC)["pools"])
PLACES = {"kind": "space", "evidence": "assumed", "source": "made for a test"}


def clinic(places: dict[str, Any], **changes: Any) -> Pathway:
    """The clinic with places that every patient of its first step takes, too."""
    stated = yaml.safe_load(CLINIC)
    stated["pools"]["places"] = {**PLACES, **places}
    step = next(step for step in stated["steps"].values() if STAFF in step.get("asks", ()))
    step["asks"] = [*step["asks"], "places"]
    return pathway_from(
        {"pathway": stated}, changes={f"pathway.{path}": value for path, value in changes.items()}
    )


def test_places_follow_the_staff_hour_by_hour() -> None:
    rota = [
        {"hours": "8-20", "number": 2},
        {"hours": "12:30-14", "number": 1, "days": "mon"},
        {"hours": "20-8", "number": 1},
    ]
    made = clinic(
        {"capacity_per": {"pool": STAFF, "number": 3}},
        **{
            f"pools.{STAFF}": {
                "kind": "staff",
                "rota": rota,
                "evidence": "assumed",
                "source": "test",
            }
        },
    )
    staff, places = (units_by_hour(made.pools[name]) for name in (STAFF, "places"))
    assert np.array_equal(places, 3 * staff)
    assert timetable(made.pools["places"]) == [
        (tick, 3 * units) for tick, units in timetable(made.pools[STAFF])
    ]


def test_hours_that_are_the_same_every_day_are_stated_once() -> None:
    staff = {"kind": "staff", "evidence": "assumed", "source": "test"}
    rota = [{"hours": "8-20", "number": 2}, {"hours": "20-8", "number": 1}]
    more = [{"hours": "12:30-14", "number": 1, "days": "mon,wed"}]
    for shifts, words in (
        (rota, "0-8 h: 3; 8-20 h: 6; 20-24 h: 3"),
        (
            rota + more,
            "0-8 h: 3; 8-12:30 h: 6 (mon,wed); 12:30-14 h: 9 (mon,wed); 14-20 h: 6 (mon,wed); "
            "20-24 h: 3; 8-20 h: 6 (tue,thu,fri,sat,sun)",
        ),
    ):
        made = clinic(
            {"capacity_per": {"pool": STAFF, "number": 3}},
            **{f"pools.{STAFF}": {**staff, "rota": shifts}},
        )
        assert shift_words(made.pools["places"].rota or ()) == words
        assert timetable(made.pools["places"]) == [
            (tick, 3 * units) for tick, units in timetable(made.pools[STAFF])
        ]


def test_an_added_member_of_staff_brings_places_along() -> None:
    places = {"capacity_per": {"pool": STAFF, "number": 1.5}}
    before = clinic(places)
    more = clinic(places, **{f"pools.{STAFF}.extra": 1})
    shifts = clinic(places, **{f"pools.{STAFF}.extra_shifts": [{"hours": "14-22", "number": 2}]})
    of = {
        name: units_by_hour(made.pools[STAFF])
        for name, made in (("before", before), ("more", more), ("shifts", shifts))
    }
    for name, made in (("before", before), ("more", more), ("shifts", shifts)):
        assert np.array_equal(units_by_hour(made.pools["places"]), np.floor(1.5 * of[name] + 0.5))
    assert units_by_hour(more.pools["places"]).sum() > units_by_hour(before.pools["places"]).sum()


@pytest.mark.parametrize(
    ("places", "where"),
    [
        ({"capacity_per": {"pool": "nobody", "number": 2}}, "capacity_per.pool"),
        ({"capacity_per": {"pool": "places", "number": 2}}, "capacity_per.pool"),
        ({"capacity_per": {"pool": STAFF, "number": 2}, "capacity": 3}, "places"),
        ({"capacity_per": {"pool": STAFF, "number": -1}}, "capacity_per.number"),
        ({"capacity_per": {"pool": STAFF}}, "capacity_per.number"),
    ],
)
def test_what_cannot_be_followed_is_refused_where_it_stands(
    places: dict[str, Any], where: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        clinic(places)
    assert any(fault.where.endswith(where) for fault in refused.value.faults)


def test_places_of_a_part_of_a_person_are_one_at_least_while_anybody_is_on_duty() -> None:
    """A third of a place for each of two by day and one by night: two thirds and a third, in whole numbers."""
    rota = [{"hours": "8-20", "number": 2}, {"hours": "20-8", "number": 1}]
    staff = {"kind": "staff", "rota": rota, "evidence": "assumed", "source": "test"}
    made = clinic({"capacity_per": {"pool": STAFF, "number": 0.3}}, **{f"pools.{STAFF}": staff})
    assert set(units_by_hour(made.pools["places"]).tolist()) == {1}
