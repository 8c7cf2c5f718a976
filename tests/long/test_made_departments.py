"""The made departments: their simulation obeys its own rules, and each maker of dirt does what it counts."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.long.made_departments import dirt, exports, forty
from tests.long.made_departments.departments import DEPARTMENTS, FURTHER, LATER
from tests.long.made_departments.engine import (
    CHANGES,
    DAY,
    draw_beds,
    draw_patients,
    figures,
    made,
    simulate,
)
from tests.long.made_departments.product import KINDS, correct, counts_in, measures_in
from tests.long.made_departments.truths import DAYS, SEED, read_truths

SMALL = replace(DEPARTMENTS[0], a_day=120)
CLOCK = list(exports.STAMPS)


@cache
def week() -> pd.DataFrame:
    """Five days of a small department, to the whole minute; do not change it."""
    frame = made(SMALL, 5, 1, plain=True)
    frame[CLOCK] = np.floor(frame[CLOCK])
    return frame


@cache
def text() -> pd.DataFrame:
    return exports.rendered(exports.EXPORTS["Brackwater"], week(), np.random.default_rng(1))


def test_everybody_leaves_and_stamps_are_in_order() -> None:
    frame = made(SMALL, 4, 1, plain=True)
    assert frame.departed.notna().all()
    assert ((frame.outcome == 2) == frame.seen.isna()).all()
    assert ((frame.outcome == 1) == frame.decided.notna()).all()
    known = frame[CLOCK].ffill(axis=1)
    assert (known.diff(axis=1).iloc[:, 1:] >= 0).all().all()


def test_nobody_works_twice_at_once() -> None:
    busy = replace(
        SMALL, nurses=((0, 1), (8, 2)), places=5, doctors=((0, 3),), weekend_doctors=((0, 3),)
    )
    patients = draw_patients(busy, 2, 3)
    stamps = simulate(
        busy,
        patients,
        draw_beds(busy, patients, 2, 3),
        CHANGES["27_seconds_off_triage"],
        plain=True,
    )
    assessed, triaged, seen, _, departed = stamps.T
    for moment in assessed[~np.isnan(assessed)]:
        on_duty = [1, 2][int(moment % DAY >= 480)]
        before = [1, 2][int((moment - 60) % DAY >= 480)]
        assert ((assessed <= moment) & (triaged > moment)).sum() <= max(on_duty, before)
    placed = patients["placed"] & ~np.isnan(seen)
    for moment in seen[placed]:
        assert ((seen <= moment) & (departed > moment) & placed).sum() <= 5


def test_shorter_triage_meets_the_same_patients_and_shortens_waits() -> None:
    before = figures(made(SMALL, 4, 1, plain=True), 4)
    after = figures(made(SMALL, 4, 1, CHANGES["27_seconds_off_triage"], plain=True), 4)
    assert after["attendances_a_day"] == before["attendances_a_day"]
    assert after["triage_minutes_mean"] == pytest.approx(
        before["triage_minutes_mean"] - 0.45, abs=0.01
    )
    assert after["wait_to_assessment_mean"] < before["wait_to_assessment_mean"]


@pytest.mark.parametrize("department", [*DEPARTMENTS, *FURTHER, *LATER], ids=lambda one: one.name)
def test_true_figures_lie_where_departments_lie(department: Any) -> None:
    true = read_truths()[department.name]
    of_two_years = true["figures"]
    assert of_two_years["attendances_a_day"] == pytest.approx(department.a_day, rel=0.03)
    assert 0.5 < of_two_years["within_4h_share"] < 0.8
    assert 0.02 < of_two_years["left_share"] < 0.07
    assert 0.01 < of_two_years["over_12h_share"] < 0.12
    assert 0.20 < of_two_years["admitted_share"] < 0.32
    for mean, error in (effect["wait_to_clinician_mean"] for effect in true["effects"].values()):
        assert abs(mean) < 40
        assert error < 0.5


@pytest.mark.parametrize("department", FURTHER, ids=lambda one: one.name)
def test_the_further_six_wait_as_english_departments_do_and_a_doctor_helps(department: Any) -> None:
    true = read_truths()[department.name]
    assert 35 < true["figures"]["wait_to_clinician_mean"] < 110
    assert 4 < true["figures"]["walk_in_triage_wait_mean"] < 25
    assert -30 < true["effects"]["one_more_doctor_14_to_22"]["wait_to_clinician_mean"][0] < -1
    export = exports.EXPORTS[department.name]
    assert len({*export.stamps, *export.cells, *export.lines}) <= 1


@pytest.mark.parametrize("department", LATER, ids=lambda one: one.name)
def test_those_kept_apart_wait_as_english_departments_do_and_write_as_no_other(
    department: Any,
) -> None:
    true, export = read_truths()[department.name], exports.EXPORTS[department.name]
    assert 35 < true["figures"]["wait_to_clinician_mean"] < 110
    assert 5 < true["figures"]["walk_in_triage_wait_mean"] < 25
    assert 0.5 < true["figures"]["within_4h_share"] < 0.75
    for effect in true["effects"].values():
        mean, error = effect["wait_to_clinician_mean"]
        assert mean < -4 * error
    assert len({*export.stamps, *export.cells, *export.lines}) >= 3
    others = [other for name, other in exports.EXPORTS.items() if name != department.name]
    assert list(export.headings) not in [list(other.headings) for other in others]
    stamps = {export.headings[stamp] for stamp in CLOCK}
    assert not stamps & {other.headings[stamp] for other in others for stamp in CLOCK}


STAMP_MAKERS = [
    (maker, arguments)
    for export in exports.EXPORTS.values()
    for maker, arguments in export.stamps.values()
    if maker not in (dirt.lost_days, dirt.utc_stamp, dirt.downtime)
]


@pytest.mark.parametrize(
    ("maker", "arguments"), STAMP_MAKERS, ids=lambda one: getattr(one, "__name__", None)
)
def test_a_maker_of_stamps_changes_as_many_rows_as_it_says(
    maker: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    frame, count = maker(week().copy(), np.random.default_rng(2), **arguments)
    changed = (frame[CLOCK] != week()[CLOCK]) & ~(frame[CLOCK].isna() & week()[CLOCK].isna())
    rewritten = maker is dirt.round_minutes  # some are at the quarter already
    of_stamps = maker is dirt.missing_stamp
    n = changed.sum().sum() if of_stamps else changed.any(axis=1).sum()
    assert count >= n >= (0.8 * count if rewritten else count)


def test_a_lost_stretch_and_a_night_without_the_system() -> None:
    kept, days = dirt.lost_days(week().copy(), np.random.default_rng(1), first=1, days=2)
    assert days == 2
    assert sorted(set(kept.arrived // DAY)) == [0, 3, 4]
    down, rows = dirt.downtime(week().copy(), np.random.default_rng(1), nights=(2,))
    assert (
        rows == (down[CLOCK] != week()[CLOCK]).where(week()[CLOCK].notna(), False).any(axis=1).sum()
    )
    assert not down[list(dirt.LATER)].isin(range(2 * DAY + 61, 2 * DAY + 420)).any().any()


def test_clocks_go_forward_and_back_on_their_sundays() -> None:
    days = pd.date_range("2023-01-02", periods=DAYS).tz_localize("Europe/London") + pd.Timedelta(
        hours=12
    )
    forward = np.array([day.utcoffset().total_seconds() > 0 for day in days])
    assert (dirt.summer(np.arange(DAYS) * DAY + 720) == forward).all()
    frame, count = dirt.utc_stamp(
        week().assign(seen=week().seen + 100 * DAY), np.random.default_rng(1), stamp="seen"
    )
    assert count == week().seen.notna().sum()
    assert (frame.seen.dropna() == week().seen.dropna() + 100 * DAY - 60).all()


CELL_MAKERS = [
    (kind, maker, {**arguments, "style": exports.UK} if "style" in arguments else arguments)
    for export in exports.EXPORTS.values()
    for kind, (maker, arguments) in export.cells.items()
]


@pytest.mark.parametrize(
    ("kind", "maker", "arguments"), CELL_MAKERS, ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_maker_of_cells_changes_or_adds_as_many_rows_as_it_says(
    kind: str, maker: Any, arguments: dict[str, Any]
) -> None:
    cells, frame, count = maker(text().copy(), week().copy(), np.random.default_rng(3), **arguments)
    assert count > 0
    assert len(cells) == len(frame)
    added = len(cells) - len(text())
    changed = 0 if added else (cells != text()).any(axis=1).sum()
    assert count in (added, changed)


def test_makers_of_lines_add_or_spoil_as_many_as_they_say() -> None:
    lines, rng = ["a,b,c", *[f"{n},x,y" for n in range(50)]], np.random.default_rng(1)
    for maker in (dirt.blank_lines, dirt.headers_again):
        assert len(maker(list(lines), rng, number=4)[0]) == len(lines) + 4
    assert dirt.total_row(list(lines), rng)[0][-1] == "Total,50,"
    for maker, has in ((dirt.open_quotes, '"'), (dirt.commas_in_text, ", then")):
        spoilt, count = maker(list(lines), rng, number=4)
        assert count == 4 == sum(has in line for line in spoilt)


def test_stamps_are_written_as_each_hospital_writes_them() -> None:
    minutes = np.array([0.0, np.nan, 150 * DAY + 780.9])
    assert exports.UK(minutes).tolist() == ["02/01/2023 00:00", "", "01/06/2023 13:00"]
    assert exports.EXPORTS["Eskside"].style(minutes)[2] == "06/01/2023 01:00 PM"
    assert exports.EXPORTS["Brackwater"].style(minutes)[2] == "2023-06-01T13:00:00+01:00"


def test_every_kind_has_its_rows_and_what_is_said_is_read(tmp_path: Any) -> None:
    for name, export in exports.EXPORTS.items():
        assert set(KINDS) >= {*export.stamps, *export.cells, *export.lines}, name
        correct(tmp_path, f"{name}.csv", {}, export)
    said = "  row that repeats another one    12  0.1  left out  5.0\n"
    said += "731 attendances in 10 days\n  Within four hours   64.1 %\n"
    assert counts_in(said, ["duplicates", "open quotes"]) == {"duplicates": 12, "open quotes": 0}
    assert measures_in(said) == pytest.approx({"attendances_a_day": 73.1, "within_4h_share": 0.641})


@pytest.mark.slow
@pytest.mark.parametrize("of", forty.SETS)
def test_each_of_the_forty_is_a_file_of_its_own(of: str) -> None:
    frame = forty.clean()
    before, usual = frame.copy(), forty.table(forty.texts(frame))
    files = {
        name: maker(frame, np.random.default_rng(4)) for name, maker in forty.the_set(of).items()
    }
    assert len(files) == len({str(file) for file in files.values()}) == 40
    assert all(file != usual and len(file) > 0.3 * len(usual) for file in files.values())
    pd.testing.assert_frame_equal(frame, before)  # makers change a copy


@pytest.mark.slow
def test_compiled_and_plain_are_the_same_and_truths_come_out_again() -> None:
    pd.testing.assert_frame_equal(made(SMALL, 7, 1), made(SMALL, 7, 1, plain=True))
    again = figures(made(DEPARTMENTS[0], DAYS, SEED), DAYS)
    assert again == pytest.approx(read_truths()["Aldmoor"]["figures"], abs=2e-5)


@pytest.mark.slow
def test_a_file_holds_the_dirt_that_it_counts() -> None:
    file = exports.written(DEPARTMENTS[0], exports.EXPORTS["Aldmoor"], 60)
    rows = [line.split(",") for line in file.lines[1:]]
    assert sum(not any(row) for row in rows) == file.counts["blank lines"]
    assert sum(row[1] == "ZZTEST" for row in rows) == pytest.approx(
        file.counts["test patients"], abs=3
    )
    assert sum(row[12] in ("UNK", "99") for row in rows) == pytest.approx(
        file.counts["unknown outcomes"], rel=0.05
    )
    numbers = [row[0] for row in rows if row[0]]
    assert len(numbers) - len(set(numbers)) == file.counts["duplicates"]
