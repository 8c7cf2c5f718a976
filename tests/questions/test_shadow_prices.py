"""Shadow prices: the arms are what their names say, the arithmetic is that of the arms, and prices of a queue that is
known add up."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from simulation.commands import inquiries
from simulation.commands.command_line import read_line
from simulation.config import load
from simulation.department.rota import units_by_hour
from simulation.errors import ConfigError
from simulation.questions.shadow_prices import (
    DAYS,
    MEASURES,
    Extra,
    extras,
    hours_freed,
    price_extras,
    price_picture,
    price_rows,
    price_tables,
    verdict_of,
    with_extras,
)
from simulation.records.schema import Floats
from simulation.runs.result import StudyResult
from simulation.study.study import Study
from tests.held import Hold


@pytest.fixture(scope="module")
def study() -> Study:
    return load("ensemble=none", "run=prices")


@pytest.fixture(scope="module")
def more(study: Study) -> tuple[Extra, ...]:
    return extras(study)


def test_the_blocks_of_a_pool_cover_the_week_once_and_nothing_else(
    study: Study, more: tuple[Extra, ...]
) -> None:
    made = with_extras(study, more)
    usual = units_by_hour(study.baseline.pathway.pools["doctors"])
    of_doctors = [each for each in more if each.pool == "doctors"]
    added = {
        each.arm: units_by_hour(made.arm(each.arm).pathway.pools["doctors"]) - usual
        for each in of_doctors
    }
    blocks = [each for each in of_doctors if each.kind == "block"]
    assert len(blocks) == 12
    assert sum(added[each.arm] for each in blocks).tolist() == [1] * 168
    assert added["doctors_whole"].tolist() == [1] * 168
    for each in blocks:
        assert added[each.arm].sum() == each.hours_a_week
        assert (added[each.arm] + added[f"{each.arm}_without"]).tolist() == [1] * 168


def test_a_cubicle_has_hours_too_and_a_ward_gets_beds_for_whole_days(
    study: Study, more: tuple[Extra, ...]
) -> None:
    made = with_extras(study, more)
    cubicle = next(each for each in more if each.pool == "majors_cubicles" and each.kind == "block")
    before, after = (
        units_by_hour(arm.pathway.pools["majors_cubicles"])
        for arm in (made.baseline, made.arm(cubicle.arm))
    )
    assert (after - before).sum() == cubicle.hours_a_week
    beds = [each for each in more if each.kind == "beds"]
    assert [each.pool for each in beds] == [
        "short_stay_beds",
        "medicine_beds",
        "specialist_beds",
        "surgery_beds",
    ]
    assert {each.hours_a_week for each in beds} == {4 * 168}


def test_a_scribe_frees_the_seconds_that_its_policy_states(study: Study) -> None:
    """27 s of each walk-in and referred patient who is triaged at the desk: some 12 to 14 hours a week."""
    a_week = 7 * (224.4 + 20.4) * 27 / 3600
    assert hours_freed(study, "ai_scribe_measured") == pytest.approx(a_week, rel=0.05)


def made_up(study: Study, more: tuple[Extra, ...], effect: Mapping[str, Floats]) -> StudyResult:
    """A result in which each arm's measure is 100 plus its effect."""

    def values(arm: str, measure: str) -> Floats:
        return 100.0 + effect.get(arm, np.zeros(4))

    result: Any = SimpleNamespace(
        study=study, design=study.design, values=values, arm=study.design.arms.get
    )
    return cast(StudyResult, result)


def quadratic(more: tuple[Extra, ...], noise: Floats) -> dict[str, Floats]:
    """Effects of a unit at a share of all hours: minus twice the share, plus its square, so that each block's relief
    takes as much from every other."""

    def of(share: float) -> Floats:
        return np.asarray(-2 * share + share**2) + noise * share

    return {
        each.arm: of(each.hours_a_week / 168)
        for each in more
        if each.kind in ("block", "without", "whole")
    }


def test_where_relief_falls_off_evenly_the_prices_add_up_and_blocks_alone_promise_more(
    study: Study, more: tuple[Extra, ...]
) -> None:
    found = price_extras(
        made_up(study, more, quadratic(more, np.array([-0.1, 0.0, 0.1, 0.0]))), more
    )
    assert len(found.checks) == 3 * len(MEASURES)
    for check in found.checks:
        assert check.whole.mean == pytest.approx(-1)
        assert check.alone.mean < check.whole.mean < check.last.mean
        assert check.blocks.mean == pytest.approx(check.whole.mean)
        assert verdict_of(check) == "not told apart"


def test_an_hours_price_is_what_all_patients_together_wait_less(
    study: Study, more: tuple[Extra, ...]
) -> None:
    found = price_extras(
        made_up(study, more, {"medicine_beds_more": np.array([-1.0, -1.0, -2.0, 0.0])}), more
    )
    price = found.price("medicine_beds_more", "stay_mean")
    assert price.effect.mean == -1
    assert price.per_hour.mean == pytest.approx(340 * 7 / (4 * 168))
    assert price.per_hour.low < price.per_hour.mean < price.per_hour.high


def test_tables_file_and_picture_say_the_same(
    study: Study, more: tuple[Extra, ...], hold: Hold
) -> None:
    found = price_extras(
        made_up(with_extras(study, more), more, quadratic(more, np.array([-0.1, 0.0, 0.1, 0.0]))),
        more,
    )
    wait, stay, others, sums = price_tables(found)
    assert [len(table.rows) for table in (wait, stay, others, sums)] == [6, 6, 3 + 4 + 2, 6]
    hold(wait.notes[-1], "4 replications give wide")
    table = pd.DataFrame(price_rows(found))
    assert len(table) == len(MEASURES) * (3 * 12 + 3 + 4 + 2)
    first = table[(table.kind == "block") & (table.measure == MEASURES[0])].iloc[0]
    assert wait.rows[0][1].startswith(f"+{first.patient_minutes_per_hour:.1f} (")
    picture = price_picture(found)
    assert picture.png.startswith(b"\x89PNG")
    hold(picture.alt, "triage nurses most")
    assert set(DAYS) == {"weekdays", "weekends"}


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        (
            ["ensemble=england"],
            "Leave it out",
        ),
        (
            ["pools=[doctor]"],
            "Did you mean 'doctors'",
        ),
        (["pools=[]"], "pools=.*names nothing. Say pools=NAME,NAME"),
        (
            ["study=gallery/fast_track"],
            r"are usually priced \(triage_nurses, majors_cubicles\)",
        ),
    ],
)
def test_what_cannot_be_priced_is_refused(words: list[str], phrase: str, hold: Hold) -> None:
    with hold.refusal(ConfigError, match=phrase):
        inquiries.prices(read_line("prices", [*words, "dry_run=true"]))
