"""Totals scale the typical site: nothing changes at its own totals, beds and shares are met, hours are kept."""

from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from simulation.config import load
from simulation.config.composing import stated_in
from simulation.config.dotted import Raw, value_at
from simulation.config.files import packaged_configs
from simulation.config.new import new_scaled_department
from simulation.config.totals import (
    ADMITTED_SHARE,
    AMBULANCE_WORK,
    FOLLOWS,
    Scaled,
    Scaling,
    Totals,
    on_duty,
    scaled_rota,
)
from simulation.department.durations import Amount, Factor
from simulation.department.vocabulary import Chance, Pathway
from simulation.errors import ConfigError
from simulation.patients.sample import draw, evaluate_amount
from simulation.study.offered_load import in_a_mean_week, offered_load

DAY = slice(10, 23)


@cache
def typical() -> Raw:
    return stated_in((), [packaged_configs()]).raw


def scaled(**totals: Any) -> dict[str, Scaled]:
    return {each.path: each for each in Scaling(typical(), Totals(**totals)).scaled()}


def adult_beds(blocks: dict[str, Scaled]) -> list[int]:
    groups = ("short_stay", "medicine", "specialist", "surgery")
    return [blocks[f"calibration.{group}_beds"].values["value"] for group in groups]


@pytest.mark.parametrize("factor", [0.7, 0.9, 1.25, 1.9])
def test_no_hour_of_shifts_that_overlap_is_lost(factor: float) -> None:
    rota = [
        {"hours": hours, "number": 3}
        for hours in ("0-10", "8-18", "9-19", "12-22", "16-2", "10-14", "0-24")
    ]
    hours = sum(on_duty(rota))
    assert sum(on_duty(scaled_rota(rota, factor, [0] * 8 + [1] * 16))) == pytest.approx(
        factor * hours, abs=0.5
    )


def test_the_typical_totals_give_the_typical_site() -> None:
    for path, block in scaled(attendances_per_day=340).items():
        there = value_at(typical(), path)
        for key, value in block.values.items():
            if key == "p":
                assert value["base"] == there["p"]["base"]
            elif key == "range":
                assert value == pytest.approx(there["range"], abs=0.99)
            else:
                assert value == there[key], f"{path}.{key}"


def test_beds_of_all_groups_add_up_to_what_is_stated() -> None:
    for beds in (401, 510, 616, 998):
        assert sum(adult_beds(scaled(attendances_per_day=280, beds=beds))) == beds


def test_beds_that_are_not_stated_follow_admissions() -> None:
    """340 x .2 and 50 that come straight to a ward, over 340 x .286 and these 50."""
    beds = sum(adult_beds(scaled(attendances_per_day=340, admitted_share=0.2)))
    assert beds == round(616 * (340 * 0.2 + 50) / (340 * ADMITTED_SHARE + 50))


@pytest.mark.parametrize("factor", [0.3, 0.83, 1.7])
def test_a_rota_keeps_its_hours_in_whole_people(factor: float) -> None:
    blocks = scaled(attendances_per_day=340 * factor ** (1 / 0.95))
    for name in ("reception", "triage_nurses", "doctors", "imaging_rooms"):
        before = np.array(on_duty(typical()["staffing"][name]["rota"]))
        now = np.array(on_duty(blocks[f"staffing.{name}"].values["rota"]))
        least = np.maximum(np.floor(before * factor), 1)
        assert now.sum() == np.floor(np.maximum(before * factor, least).sum() + 0.5)
        assert (now >= least).all()
        assert (now <= least + 1).all()


@pytest.mark.parametrize("size", [120, 160, 200, 280, 340, 500, 650, 800])
def test_by_day_every_pool_has_the_hours_that_its_size_asks_for_unless_one_person_is_more(
    size: int,
) -> None:
    blocks = scaled(attendances_per_day=size)
    scaling = Scaling(typical(), Totals(attendances_per_day=size))
    factors, hours = scaling.factors, scaling.day_hours()
    for name, pool in typical()["staffing"].items():
        asked = np.array(on_duty(pool["rota"])) * factors[FOLLOWS["pools"].get(name, "staff")]
        there = np.array(on_duty(blocks[f"staffing.{name}"].values["rota"]))
        lone = ((there == 1) & (asked < 1) & (asked > 0)).any()
        ratio = there[DAY].sum() / asked[DAY].sum()
        assert 0.95 <= ratio <= 1.05 or (lone and ratio > 1), name
        assert hours[name] == pytest.approx(ratio), name
        more = there.sum() - asked.sum() >= 1
        assert more == ("one is on at least" in blocks[f"staffing.{name}"].source), name


@pytest.mark.parametrize("size", [120, 200, 650])
def test_triage_busy_means_the_same_at_every_size_in_every_structure(
    size: int, tmp_path: Path
) -> None:
    """Minutes over nurse hours by day, times patients, is what it is at the typical site."""
    new_scaled_department("ours", {"attendances_per_day": str(size)}, tmp_path)
    ours, packaged = (
        yaml.safe_load((folder / "priors" / f"{name}.yaml").read_text(encoding="utf-8"))
        for folder, name in ((tmp_path, "ours"), (packaged_configs(), "typical"))
    )
    assert ("assessment_bays" in ours["parameters"]) == (size > 120)  # 3 bays x .7 to 1.3 are 3
    own = scaled(attendances_per_day=size)["staffing.triage_nurses"].values["rota"]
    for name, structure in packaged["structures"].items():
        if name == "shared_front_door":  # its nurses see ambulances as well
            continue
        folders = [packaged_configs()]
        raw = stated_in([f"staffing={structure.get('staffing', 'typical')}"], folders).raw
        changes = ours["structures"][name]["changes"]
        rotas = (
            changes.get("staffing.triage_nurses.rota", own),
            raw["staffing"]["triage_nurses"]["rota"],
        )
        here, there = (sum(on_duty(rota)[DAY]) for rota in rotas)
        path = "calibration.triage_minutes_scale.value"
        times = changes[path]["times"] / structure["changes"][path]["times"]
        assert times * size / 340 / (here / there) == pytest.approx(1, abs=0.001), name


@pytest.mark.slow
@pytest.mark.parametrize("size", [200, 500, 650])
def test_the_offered_load_by_day_is_that_of_the_typical_department(
    size: int, tmp_path: Path
) -> None:
    """Staff grow by the power .95, so a department of another size is busier by the power .05, within 5 %."""
    new_scaled_department("ours", {"attendances_per_day": str(size)}, tmp_path)
    usual, ours = (
        load_by_day(load(*words, config_dir=tmp_path).baseline.pathway)
        for words in (("ensemble=none",), ("study=ours",))
    )
    for pool in typical()["staffing"]:
        if usual[pool]:
            busier = ours[pool] / usual[pool] / (size / 340) ** 0.05
            assert busier == pytest.approx(1, abs=0.05), pool


def load_by_day(pathway: Pathway) -> dict[str, float]:
    drawn = draw(in_a_mean_week(pathway), seed=3, replication=0, days=84)
    load = offered_load(pathway, drawn)
    work, units = (
        hours.reshape(-1, 7, 24)[:, :, DAY].sum(axis=(1, 2)) for hours in (load.work, load.capacity)
    )
    return dict(zip(load.pools, (work / units).tolist(), strict=True))


@pytest.mark.parametrize("by_year", [{}, {"0-39": 0.5, "40-74": 1.1, "75-104": 1.6}])
def test_a_share_is_admitted_though_each_chance_is_1_at_most(by_year: dict[str, float]) -> None:
    """Over drawn patients, whose mix is not worked out here; a factor on the base would give another share."""
    raw = deepcopy(typical())
    if by_year:
        raw["site"]["attributes"]["admitted"]["p"]["times"].append({"by": "age", "values": by_year})
    blocks = Scaling(raw, Totals(attendances_per_day=340, admitted_share=0.45)).scaled()
    block = next(each for each in blocks if each.path == "site.attributes.admitted")
    pathway = load("ensemble=none").baseline.pathway
    drawn = draw(pathway, seed=5, replication=0, days=40)
    attends = [each.attends for each in pathway.arrivals.values()]
    known = {"arrival_source": drawn.arrival_source, **drawn.attributes}
    admitted = pathway.attributes["admitted"]
    assert isinstance(admitted, Chance)
    assert isinstance(admitted.p, Amount)
    factors = (*admitted.p.times, *([Factor(by="age", values=by_year)] if by_year else ()))
    chance = evaluate_amount(pathway, known, replace(admitted.p, times=factors))
    here = drawn.arrival_source < len(attends)
    here[here] = np.array(attends)[drawn.arrival_source[here]]

    def share(times: float) -> float:
        return float(np.minimum(chance[here] * times, 1).mean())

    wanted = share(1) * 0.45 / ADMITTED_SHARE
    assert share(block.values["p"]["base"]) == pytest.approx(wanted, rel=0.01)
    assert share(0.45 / ADMITTED_SHARE) < 0.97 * wanted


def test_as_many_children_attend_as_is_stated_and_their_staff_follow() -> None:
    """By hand: 28 % of 244.8 who walk in or are referred and 12 % of 95.2 by ambulance are 23.52 % of 340."""
    usual, blocks = (
        scaled(attendances_per_day=340, **more) for more in ({}, {"children_share": 0.3528})
    )
    shares = blocks["site.attributes.age_band"].values["shares"]
    assert shares["walk_in"] == pytest.approx([0.42, 0.4592, 0.0806, 0.0403], abs=1e-3)
    assert shares["ambulance"][0] == pytest.approx(0.18, abs=1e-3)
    assert all(sum(of_source) == pytest.approx(1) for of_source in shares.values())
    for pool, power in (("children_doctors", 0.95), ("children_nurses", 0.95)):
        before, after = (
            sum(on_duty(each[f"staffing.{pool}"].values["rota"])) for each in (usual, blocks)
        )
        assert after == pytest.approx(before * 1.5**power, abs=1)
    assert blocks["staffing.doctors"].values == usual["staffing.doctors"].values
    base = blocks["site.attributes.admitted"].values["p"]["base"]
    assert base > usual["site.attributes.admitted"].values["p"]["base"]  # children seldom are
    assert "site.attributes.age_band" not in usual


def test_how_many_must_wait_for_triage_to_shorten_scales_in_stages_that_differ() -> None:
    """With staff, as the queue does; equal stages are one, and none is of nobody."""
    for size, triage, beds in (
        (340, [16, 11, 8, 5, 3], [30, 24, 18]),
        (680, [31, 21, 15, 10, 6], [60, 48, 36]),
        (85, [4, 3, 2, 1], [8, 6, 5]),
    ):
        blocks = scaled(attendances_per_day=size)
        for step in ("triage", "triage_by_tool", "triage_again"):
            assert blocks[f"pathway.steps.{step}.effort"].values == {"at_least": triage}
        assert blocks["pathway.steps.ward_stay.effort"].values == {"at_least": beds}


def test_every_route_of_a_department_of_another_size_shortens_triage_as_its_own_does(
    tmp_path: Path,
) -> None:
    new_scaled_department("ours", {"attendances_per_day": "85"}, tmp_path)
    on = "calibration.triage_effort_share.value=0.3"  # at 0 it is left out
    steps = load("study=ours", on, config_dir=tmp_path).baseline.pathway.steps
    efforts = {name: step.effort for name, step in steps.items() if step.effort}
    assert efforts["triage"].at_least == (4, 3, 2, 1)
    assert "triage_by_tool" in efforts
    priors = yaml.safe_load((tmp_path / "priors" / "ours.yaml").read_text(encoding="utf-8"))
    for structure in priors["structures"].values():
        changes = structure["changes"]
        if structure.get("pathway"):
            for name, effort in efforts.items():
                stated = changes[f"pathway.steps.{name}.effort.at_least"]
                assert tuple(stated) == effort.at_least


def test_ambulances_that_leave_no_room_for_others_are_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"is 270 of 280 attendances\. Leave room for 17 referred"
    ):
        scaled(attendances_per_day=280, ambulances_per_day=270)


def test_what_is_paid_for_each_attendance_is_counted_at_the_stated_attendances() -> None:
    costs = Scaling(typical(), Totals(attendances_per_day=170)).costs()
    labels = {"ai_label_measured_under", "ai_label_measured_over", "ai_label_advises"}
    assert set(costs) == {"ai_scribe_measured", *labels}
    assert costs["ai_scribe_measured"] == {
        "per_year": 82650,
        "range": [58972, 105882],
        "attendances": 44676,
    }
    assert costs["ai_label_advises"]["attendances"] == 62050


def test_the_typical_totals_give_the_typical_costs() -> None:
    for arm, cost in Scaling(typical(), Totals(attendances_per_day=340)).costs().items():
        stated = typical()["study"]["arms"][arm]["cost"]
        assert cost == {key: stated[key] for key in cost}


@pytest.mark.parametrize(
    "key", ["ambulances_per_day", "electives_per_day", "other_emergency_per_day"]
)
def test_a_share_where_patients_a_day_are_wanted_is_refused(key: str) -> None:
    with pytest.raises(
        ConfigError, match=f"{key}: found 0.28. Allowed: 0, or 1 and more: patients a day"
    ):
        scaled(attendances_per_day=280, **{key: 0.28})


def test_majors_grow_by_the_root_of_the_share_that_is_admitted() -> None:
    """A quarter of the typical share admits a quarter, and needs half the places of majors (a trial on 103 trusts)."""
    totals = Totals(attendances_per_day=320, admitted_share=ADMITTED_SHARE / 4)
    factors = Scaling(typical(), totals).factors
    assert factors["majors"] == pytest.approx(factors["staff"] / 2)


def test_what_ambulances_take_of_one_team_is_what_they_ask_of_their_own_nurses_by_day() -> None:
    pathway = load("triage=nurse", "ensemble=none").alone.pathway
    drawn = draw(in_a_mean_week(pathway), seed=5, replication=0, days=84)
    load_ = offered_load(pathway, drawn)
    work = load_.work[load_.pools.index("assessment_nurses")].reshape(7, 24)
    assert work.mean(axis=0)[DAY].sum() == pytest.approx(AMBULANCE_WORK, rel=0.03)
