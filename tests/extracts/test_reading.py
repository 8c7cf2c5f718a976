"""Extracts are read into the two tables, and dirt is counted kind by kind."""

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from operator import itemgetter
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import yaml

import simulation as ae
from simulation.errors import AeflowError, ConfigError
from simulation.extracts.extract import Extract, draft, read_extract
from simulation.extracts.files import read_file
from simulation.extracts.patterns import count_patterns
from simulation.extracts.quality import DataQuality, kinds
from simulation.extracts.stamps import clock_changes, elapsed, put_back, rounding_of
from simulation.records.schema import ActivityTable, Floats, Patients
from tests.extracts.dirt import (
    ARRIVED,
    ASSESSED,
    CANARIES,
    DEPARTED,
    SEEN,
    STAMPS,
    WHOLE,
    absent,
    at,
    at_once,
    before_by_rounding,
    broken,
    changed,
    cut_off,
    drift,
    few_arrivals,
    heap,
    heap_before_4h,
    hour_off,
    in_utc,
    is_seen,
    lacking,
    late_home,
    longest_stays,
    midnight,
    moved,
    mutated,
    on_whole,
    other_clock,
    overtaken,
    rounded,
    same_minute,
    same_moment,
    spacing,
)
from tests.extracts.dirt import KINDS as MADE
from tests.extracts.made import clean, mapping, read, written
from tests.held import Hold

PATTERNS = (
    cut_off, absent, hour_off, at_once, longest_stays, drift, heap, late_home, changed, spacing,
    midnight,
)  # fmt: skip
"""Kinds that are counted, and never refused; `lacking` is another, which every kind has that leaves rows out."""
NATURAL = re.compile("hour_twice")
"""What a clean extract has, too: a night in which clocks go back."""
LOST = {
    "repeated_row", "same_attendance_twice", "no_arrival", "repeated_header", "outside_period", "uneven_row",
    "empty_row", "unreadable_arrival", "left_out_row", "test_patient",
}  # fmt: skip
"""Kinds of which rows are left out: of a repetition, those that repeat."""


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return read(broken().text(), tmp_path_factory.mktemp("dirty"))


@pytest.mark.parametrize("kind", [kind.__name__ for kind in MADE if kind is not rounded])
def test_every_kind_of_dirt_is_counted(kind: str, dirty: Extract) -> None:
    by_chance = NATURAL.search(kind) and sum(
        any(row[stamp].startswith("2025-10-26 01:") for stamp in STAMPS)
        for row in broken(kinds=()).rows
    )
    found = dirty.quality.n(kind) - broken().expected[kind]
    assert found in range(max((by_chance or 0) - 1, 0), (by_chance or 0) + 1)  # one was left out


def test_stamps_on_quarters_of_an_hour_are_counted_beyond_what_chance_makes(dirty: Extract) -> None:
    assert dirty.quality.n("rounded") == pytest.approx(broken().expected["rounded"], rel=0.03)


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in WHOLE
        if kind
        not in (
            heap_before_4h,
            before_by_rounding,
            same_moment,
            same_minute,
            lacking,
            overtaken,
            *PATTERNS,
        )
    ],
)
def test_a_kind_of_a_whole_file_is_counted_or_the_file_refused_with_it(
    kind: Callable[[list[dict[str, str]]], int], tmp_path: Path, hold: Hold
) -> None:
    made = replace(broken(3000, kinds=(), days=200), rows=[])
    made.rows = [dict(row) for row in broken(3000, kinds=(), days=200).rows]
    expected = kind(made.rows)
    if kind is few_arrivals:
        extract = read(made.text(), tmp_path)
        assert extract.quality.n("few_arrivals") == expected == (~extract.is_whole_day).sum()
        hold(next(row.where for row in extract.quality if row.kind == "few_arrivals"))
        return
    with pytest.raises(ConfigError) as refused:
        read(made.text(), tmp_path)
    assert kinds()[kind.__name__].words in str(refused.value)
    hold(str(refused.value))


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_pattern_of_many_rows_is_counted(
    kind: Callable[[list[dict[str, str]]], int], tmp_path: Path
) -> None:
    made = replace(broken(9000, kinds=(), days=200), rows=[])
    made.rows = [dict(row) for row in broken(9000, kinds=(), days=200).rows]
    ours = {of.__name__ for of in PATTERNS}
    assert not {row.kind for row in read(made.text(), tmp_path).quality if row.n} & ours
    made.rows.sort(key=itemgetter(ARRIVED))
    expected = kind(made.rows)
    found = read(made.text(), tmp_path).quality
    assert {row.kind for row in found if row.n} & ours - {"changed"} == {kind.__name__} - {
        "changed"
    }
    assert found.n(kind.__name__) == pytest.approx(expected, rel=0.2)


def test_walk_ins_assessed_out_of_turn_are_counted() -> None:
    rng = np.random.default_rng(5)
    arrived = np.cumsum(rng.exponential(6, 9000))
    assessed, free = np.empty(9000), 0.0
    for row, came in enumerate(arrived):  # one nurse, in order of arrival
        free = max(free, came) + rng.exponential(5)
        assessed[row] = free
    codes = {"arrival_source": np.zeros(9000, int), "outcome": np.zeros(9000, int)}

    def n(assessed: Floats) -> int:
        quality = DataQuality()
        times = {"arrived_at": arrived, "assessed_at": assessed, "departed_at": assessed + 90}
        count_patterns(times, codes, None, np.ones(40, bool), quality)
        return quality.n("overtaken")

    again = (assessed - arrived > 20) & (rng.random(9000) < 0.6)
    assert n(assessed) == 0
    assert n(assessed + 45 * again) == pytest.approx(again.sum(), rel=0.1)


def test_numbers_that_are_not_there_are_counted(tmp_path: Path) -> None:
    made = replace(broken(3000, kinds=()), rows=[dict(row) for row in broken(3000, kinds=()).rows])
    expected = lacking(made.rows)
    assert read(made.text(), tmp_path).quality.n("lacking") == expected == 100
    for number, row in enumerate(made.rows):  # of numbers that a whole hospital gives
        row["Attendance_ID"] = f"A{11 * number + number % 7:06d}"
    assert read(made.text(), tmp_path).quality.n("lacking") == 0


def test_stamps_of_clinicians_at_the_departure_are_a_heap(tmp_path: Path) -> None:
    made = replace(broken(3000, kinds=()), rows=[dict(row) for row in broken(3000, kinds=()).rows])
    late = [row for row in made.rows if is_seen(row)][::3]
    for row in late:
        row[SEEN] = row[DEPARTED]
    found = {row.where: row.n for row in read(made.text(), tmp_path).quality if row.kind == "heap"}
    assert found["seen to departed"] == pytest.approx(len(late), rel=0.02)


def test_a_stay_of_one_minute_that_far_more_have_was_ended_by_a_system(tmp_path: Path) -> None:
    made = replace(broken(3000, kinds=()), rows=[dict(row) for row in broken(3000, kinds=()).rows])
    left = [row for row in made.rows if row["Disposition"].startswith("Left")]
    for row in left:
        row[DEPARTED] = row[ARRIVED]
        moved(row, DEPARTED, hours=12)
    found = read(made.text(), tmp_path).quality
    assert found.n("same_minute") == pytest.approx(len(left), abs=3)


def test_a_heap_before_four_hours_is_counted(tmp_path: Path) -> None:
    made = replace(broken(8000, kinds=()), rows=[dict(row) for row in broken(8000, kinds=()).rows])
    expected = heap_before_4h(made.rows)
    assert read(made.text(), tmp_path).quality.n("heap_before_4h") == pytest.approx(
        expected, rel=0.25
    )


@pytest.mark.parametrize("kind", [same_moment, same_minute])
def test_stamps_that_a_system_set_are_counted_and_taken_out(
    kind: Callable[[list[dict[str, str]]], int], tmp_path: Path
) -> None:
    right = broken(3000, kinds=(), days=200)
    made = replace(right, rows=[dict(row) for row in right.rows])
    expected = kind(made.rows)
    extract = read(made.text(), tmp_path, worst_share=0.1)
    assert extract.quality.n(kind.__name__) == pytest.approx(expected, abs=4)
    assert read(right.text(), tmp_path).quality.n(kind.__name__) == 0
    assert np.isnan(extract.patients["departed_at"]).sum() >= expected - 4


def test_a_date_that_was_not_turned_is_seen_beside_other_stamps(tmp_path: Path) -> None:
    right = broken(3000, kinds=(), days=200)
    made = replace(right, rows=[dict(row) for row in right.rows])
    over = [
        row for row in made.rows
        if is_seen(row) and row[DEPARTED][11:] < "06" and row[ARRIVED][:10] < row[DEPARTED][:10]
        and (at(row, DEPARTED) - at(row)).days == 0
    ]  # fmt: skip
    for row in over:
        moved(row, DEPARTED, days=-1)
    extract = read(made.text(), tmp_path, worst_share=0.9)
    assert extract.quality.n("day_not_turned") == len(over) > 100
    np.testing.assert_allclose(
        extract.measures.values, read(right.text(), tmp_path).measures.values
    )


def test_triage_that_ends_before_it_begins_is_counted_beside_rounded_stamps() -> None:
    frame = pd.read_csv(StringIO(clean(3000)), dtype=str, keep_default_na=False)
    start = pd.to_datetime(frame["Initial_Assessment_DateTime"]).dt.floor("min")
    early = (frame.index % 30 == 7) & (start - pd.to_datetime(frame[ARRIVED]) > "5min")
    end = (start + pd.Timedelta(minutes=6)).mask(early, start - pd.Timedelta(minutes=4))
    nearest = start.dt.floor("15min")
    fits = (frame.index % 2 == 0) & (nearest > pd.to_datetime(frame[ARRIVED])) & (end > start)
    start = start.mask(fits, nearest)
    wrong = int((end < start).sum())
    frame["Initial_Assessment_DateTime"], frame["Triaged"] = start.astype(str), end.astype(str)
    stated = mapping(timezone=None)
    stated["times"] = stated["times"] | {"triaged_at": "Triaged"}
    extract = ae.from_table(frame, stated)
    assert extract.tables_read.rounding["assessed_at"].to == 15
    assert extract.quality.n("impossible_order") == pytest.approx(wrong, rel=0.02)
    assert extract.measures.value("walk_in_triage_minutes_mean") > 5.9


def test_a_maker_of_rounded_stamps_is_counted(tmp_path: Path) -> None:
    made = replace(broken(800, kinds=()), rows=broken(800, kinds=()).rows)
    expected = before_by_rounding(made.rows)
    assert read(made.text(), tmp_path).quality.n("before_by_rounding") == expected > 100


def test_stamps_in_utc_are_put_right_by_the_mapping(tmp_path: Path) -> None:
    made = replace(broken(900, kinds=()), rows=[dict(row) for row in broken(900, kinds=()).rows])
    right = read(made.text(), tmp_path).measures.values
    other_clock(made.rows)
    np.testing.assert_allclose(read(made.text(), tmp_path, utc=["seen_at"]).measures.values, right)


def test_no_row_is_dropped_in_silence(dirty: Extract) -> None:
    extract = broken()
    left_out = sum(extract.expected[kind] for kind in LOST)
    assert len(dirty.patients) == len(extract.rows) - left_out


def test_a_clean_extract_has_no_dirt(tmp_path: Path) -> None:
    found = {row.kind: row.n for row in read(clean(), tmp_path).quality if row.n}
    assert not {kind: n for kind, n in found.items() if kinds()[kind].loses}


def test_both_tables_are_those_of_a_simulation(dirty: Extract) -> None:
    assert isinstance(dirty.patients, Patients)
    assert isinstance(dirty.activities, ActivityTable)
    assert {
        "wait_to_clinician_mean",
        "within_4h_share",
        "left_share",
        "decision_to_departure_over_4h_share",
    } <= {name.measure for name in dirty.measures.names}


def test_a_table_of_pandas_gives_the_same_as_its_file(tmp_path: Path) -> None:
    path = written(clean(), tmp_path)
    frame = pd.read_csv(path, parse_dates=[ARRIVED, SEEN, DEPARTED])
    from_frame = ae.from_table(frame, mapping())
    np.testing.assert_allclose(
        from_frame.measures.values, read_extract(path, mapping()).measures.values
    )


def test_a_parquet_file_gives_the_same_as_csv(tmp_path: Path) -> None:
    path = written(clean(), tmp_path)
    pd.read_csv(path, parse_dates=[ARRIVED, SEEN]).to_parquet(tmp_path / "extract.parquet")
    one, other = (
        read_extract(tmp_path / name, mapping()) for name in ("extract.csv", "extract.parquet")
    )
    np.testing.assert_array_equal(one.measures.values, other.measures.values)


@pytest.mark.parametrize("kind", ["utf-16", "cp1252", "utf-8-sig", "gz", "quoted", ";", "bytes"])
def test_a_file_is_read_however_it_was_written(kind: str, tmp_path: Path) -> None:
    n = 900 if kind == "bytes" else 120  # far behind where the encoding is looked at
    text = clean(n).replace("canary", "d\u00e9j\u00e0 vu")
    if kind == "quoted":
        text = text.replace(
            CANARIES[0].replace("canary", "d\u00e9j\u00e0 vu"), '"said ""no"",\nthen left"'
        )
    content = text.replace(",", ";" if kind == ";" else ",").encode(
        kind if kind[:2] in ("ut", "cp") else "utf-8"
    )
    if kind == "bytes":
        content = content[:-200] + content[-200:].replace("\u00e9".encode(), b"\xff")
    path = tmp_path / f"extract.csv{'.gz' * (kind == 'gz')}"
    path.write_bytes(gzip.compress(content) if kind == "gz" else content)
    extract = read_extract(path, mapping())
    assert (len(extract.patients), extract.quality.n("uneven_row")) == (n, 0)


def test_a_file_of_which_a_part_is_in_another_encoding_is_refused_with_its_place(
    tmp_path: Path,
) -> None:
    first, rest = clean(40).encode(), clean(40).encode("utf-16-le")
    (tmp_path / "extract.csv").write_bytes(first + rest)
    with pytest.raises(ConfigError, match=f"{len(first) + 1:,}"):
        read_extract(tmp_path / "extract.csv", mapping())
    with pytest.raises(ConfigError, match=f"{len(first) + 1:,}"):
        draft(tmp_path / "extract.csv")


@pytest.mark.parametrize("minutes", [5, 15])
def test_stamps_before_an_arrival_by_rounding_alone_are_put_at_it(
    minutes: int, tmp_path: Path
) -> None:
    extract = broken(800, kinds=())
    coarse = replace(extract, rows=on_whole(extract.rows, minutes, keep=(ARRIVED,)))
    quality = read(coarse.text(), tmp_path).quality
    early = sum(
        row[column] < row[ARRIVED] for row in coarse.rows for column in STAMPS if row[column]
    )
    assert quality.n("before_by_rounding") == early > 0
    assert quality.n("before_arrival") == 0


def test_measures_are_those_of_the_stamps(tmp_path: Path) -> None:
    extract = read(clean(), tmp_path)
    frame = pd.read_csv(tmp_path / "extract.csv", parse_dates=[ARRIVED, DEPARTED])
    summer = (frame[ARRIVED] > "2025-03-30") & (frame[ARRIVED] < "2025-10-26")
    assert summer.any()
    within = ((frame[DEPARTED] - frame[ARRIVED]).dt.total_seconds() <= 4 * 3600).mean()
    assert extract.measures.value("within_4h_share") == pytest.approx(within, abs=0.005)


def test_dirt_beyond_its_share_is_refused_with_every_kind_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(broken(1500).text(), tmp_path, worst_share=0.005)
    assert len(refused.value.faults) > 5
    assert "worst: {" in str(refused.value)


def test_a_mapping_is_refused_with_every_fault_at_once(tmp_path: Path) -> None:
    faulty = mapping(timezone="Europe/Lundon", worst={"no_sean": 0.3})
    faulty["acuity"] = {"column": "Acuity", "values": {"1 - Immediate": "imediate"}}
    with pytest.raises(ConfigError) as refused:
        read_extract(written(clean(50), tmp_path), faulty)
    assert len(refused.value.faults) == 3


@pytest.mark.parametrize("key", ["age", "patient"])
def test_a_column_that_two_keys_name_is_refused(key: str, tmp_path: Path, hold: Hold) -> None:
    with hold.refusal(ConfigError, match=f"column '{SEEN}'"):
        read(clean(50), tmp_path, **{key: SEEN})


def test_other_columns_are_not_loaded_and_their_number_is_said(tmp_path: Path, hold: Hold) -> None:
    extract = read(clean(), tmp_path)
    assert extract.n_ignored == 1
    hold(extract.tables["columns"].notes[0], "1 other was")


def test_nothing_that_is_said_of_an_extract_holds_a_row(dirty: Extract) -> None:
    said = repr(dirty) + "".join(
        str(table.frame()) + table._repr_html_() for table in dirty.tables.values()
    )
    assert "Purple" in said  # a code of at least five rows
    for words in (*CANARIES, "A000", "P000", "see notes"):
        assert words not in said


def test_a_file_without_headings_is_refused_without_a_word_of_it(tmp_path: Path) -> None:
    content = broken(300, kinds=()).text().partition("\n")[2]
    with pytest.raises(ConfigError) as refused:
        read(content, tmp_path)
    assert not any(words in str(refused.value) for words in (*CANARIES, "A000", "2025-"))


def test_a_stay_over_a_change_of_clocks_is_as_long_as_it_was() -> None:
    zone = ZoneInfo("Europe/London")
    start = (np.datetime64("2025-03-29") - np.datetime64("1970-01-01")).astype(float) * 1440
    changes = clock_changes(zone, start, start + 300 * 1440)
    assert [change.by for change in changes] == [60, -60]
    before, after = (
        np.array([start + 1440 + 30.0]),
        np.array([start + 1440 + 150.0]),
    )  # 00:30 and 02:30
    assert elapsed(before, after, changes) == pytest.approx([60])


@pytest.mark.parametrize("to", [0, 1, 5, 15])
def test_the_rounding_of_stamps_is_found(to: int) -> None:
    at = np.random.default_rng(1).uniform(0, 1e5, 2000)
    assert rounding_of(np.round(at / to) * to if to else at).to == to


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("way", [np.rint, np.floor], ids=["nearest", "down"])
@pytest.mark.parametrize("to", [5, 10, 15])
@pytest.mark.parametrize("stamp", ["start", "end"])
def test_means_of_stamps_that_are_rounded_in_part_are_those_of_exact_ones(
    stamp: str, to: int, way: Callable[..., Floats], in_order: bool
) -> None:
    rng, n = np.random.default_rng(42), 60_000
    arrived = np.floor(rng.uniform(0, 1e6, n))
    start = arrived + np.floor(rng.exponential(8, n)) * (rng.random(n) > 0.2)
    end = start + np.floor(1 + rng.lognormal(1.5, 0.5, n))
    gone = end + np.floor(1 + rng.exponential(40, n))
    at, before, after = (start, arrived, end) if stamp == "start" else (end, start, gone)
    grid = way(at / to) * to
    chosen = rng.random(n) < 0.5
    if in_order:
        chosen &= (grid > before) & (grid <= after)
    back = put_back(np.where(chosen, grid, at), before, after)
    assert (back >= before).mean() > 0.99
    assert (back <= after).mean() > 0.99
    wait, triage = (start - arrived).mean(), (end - start).mean()
    assert back.mean() - at.mean() == pytest.approx(0, abs=0.02 * min(wait, triage))


def test_stamps_of_which_all_or_hardly_any_are_rounded_stay_as_they_are() -> None:
    rng = np.random.default_rng(1)
    before = np.floor(rng.uniform(0, 1e6, 20_000))
    at = before + np.floor(rng.exponential(9, 20_000))
    for stamps in (at, np.rint(at / 5) * 5, np.rint(at / 15) * 15):
        np.testing.assert_array_equal(put_back(stamps, before, before + 60), stamps)


def test_minutes_of_triage_are_read_where_half_of_its_starts_are_on_quarters_of_an_hour() -> None:
    frame = pd.read_csv(StringIO(clean(20_000)), dtype=str, keep_default_na=False)
    rng, n = np.random.default_rng(7), len(frame)
    arrived = pd.to_datetime(frame[ARRIVED]).dt.floor("min")
    start = arrived + pd.to_timedelta(np.floor(rng.exponential(7, n)), unit="min")
    end = start + pd.to_timedelta(np.floor(1 + rng.lognormal(1.5, 0.5, n)), unit="min")
    seen = end + pd.to_timedelta(np.floor(rng.exponential(30, n)), unit="min")
    gone = seen + pd.Timedelta(minutes=60)
    stated = mapping(timezone=None)
    stated["times"] = stated["times"] | {"triaged_at": "Triaged"}
    del stated["times"]["decided_at"]

    def figures(start: pd.Series) -> Floats:
        frame[ASSESSED], frame["Triaged"] = start.astype(str), end.astype(str)
        frame[ARRIVED], frame[SEEN], frame[DEPARTED] = (
            arrived.astype(str),
            seen.astype(str),
            gone.astype(str),
        )
        measures = ae.from_table(frame, stated | {"worst": {"impossible_order": 0.9}}).measures
        names = ("walk_in_triage_wait_mean", "walk_in_triage_minutes_mean")
        return np.array([measures.value(name) for name in names])

    for nearest in (start.dt.round("15min"), start.dt.floor("15min")):
        written = start.mask(rng.random(n) < 0.5, nearest)
        in_order = written.where((written > arrived) & (written <= end), start)
        np.testing.assert_allclose(figures(in_order), figures(start), rtol=0.025)


def test_a_missing_clinician_is_counted_beside_an_outcome_that_is_not_understood() -> None:
    frame = pd.read_csv(StringIO(clean(3000)), dtype=str, keep_default_na=False)
    outcome = frame["Disposition"].to_numpy()
    is_word = (frame.index % 40 == 3) & (outcome != "Left before treatment")
    frame[SEEN] = frame[SEEN].mask(outcome == "Left before treatment", "").mask(is_word, "NULL")
    frame["Disposition"] = frame["Disposition"].mask(frame.index % 20 == 3, "UNK")
    quality = ae.from_table(frame, mapping(worst_share=0.1)).quality
    assert quality.n("no_seen") == is_word.sum() > 50
    assert quality.n("unknown_code") == 150


def test_a_draft_reads_the_file_that_it_is_of(tmp_path: Path) -> None:
    path = written(clean(), tmp_path)
    folder = tmp_path / "configs" / "extract"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(draft(path), encoding="utf-8")
    drafted = read_extract(path, "mine", config_dir=str(tmp_path / "configs"))
    np.testing.assert_array_equal(
        drafted.measures.values, read_extract(path, mapping()).measures.values
    )


def test_a_draft_in_python_is_that_of_the_command(tmp_path: Path) -> None:
    path = written(clean(), tmp_path)
    stated = ae.draft_mapping(path)
    assert yaml.safe_load(draft(path)) == stated
    frame = pd.read_csv(path, parse_dates=[ARRIVED, SEEN, DEPARTED])
    assert ae.draft_mapping(frame) == stated
    assert len(ae.from_table(frame, stated).patients) == len(frame)


def test_a_draft_without_a_source_is_said_beside_the_columns(tmp_path: Path, hold: Hold) -> None:
    path = written(clean(), tmp_path)
    hold(str(read_extract(path, ae.draft_mapping(path)).tables["columns"].notes))
    assert "source:" not in str(read(clean(), tmp_path).tables["columns"].notes)


def test_an_unknown_mapping_is_refused_with_how_to_draft_one(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError,
        match=r"no configs/extract/ours.yaml. Draft it: aeflow extract draft .*extract.csv",
    ):
        read_extract(written(clean(50), tmp_path), "ours")
    with pytest.raises(ConfigError, match=r"or ae.draft_mapping in Python"):
        ae.from_table(pd.DataFrame({ARRIVED: []}), "ours")


def test_codes_take_no_text_for_each_row(tmp_path: Path) -> None:
    file = read_file(
        written(clean(2000), tmp_path), {"Acuity": "acuity", "Age": "age", ARRIVED: "arrived"}
    )
    assert file.frame[["Acuity", "Age"]].memory_usage(deep=True).drop("Index").sum() < 2 * 2000 * 6
    assert file.frame[ARRIVED].iloc[0].startswith("2025-")


# --- date and time in two columns -------------------------------------------------------------------------------------


def apart(text: str, date: str = "%Y-%m-%d", time: str = "%H:%M:%S") -> pd.DataFrame:
    """The extract as text, each stamp in two columns."""
    frame = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    for name in STAMPS:
        stamp = pd.to_datetime(frame.pop(name), errors="coerce")
        for part, form in (("Date", date), ("Time", time)):
            frame[name.replace("DateTime", part)] = stamp.dt.strftime(form).fillna("")
    return frame


DATES, TIMES = ([name.replace("DateTime", part) for name in STAMPS] for part in ("Date", "Time"))
TWO = dict(zip(mapping()["times"], map(list, zip(DATES, TIMES, strict=True)), strict=True))


@pytest.mark.parametrize("forms", [("%Y-%m-%d", "%H:%M:%S"), ("%d/%m/%Y 00:00:00", "30/12/1899 %H:%M:%S"),
                                   ("%d-%b-%Y", "%H:%M:%S")])  # fmt: skip
def test_date_and_time_in_two_columns_are_read_as_one_stamp(
    forms: tuple[str, str], tmp_path: Path
) -> None:
    extract = ae.from_table(apart(clean(200), *forms), mapping(times=TWO))
    np.testing.assert_array_equal(
        extract.measures.values, read(clean(200), tmp_path).measures.values
    )
    assert extract.quality.n("other_format") == 0
    assert extract.read["arrived, time"] == "Arrival_Time"


@pytest.mark.parametrize("form", ["%H%M", "number"])
def test_times_without_a_colon_are_read(form: str) -> None:
    frame = apart(clean(200), time="%H:%M" if form == "number" else form)
    if form == "number":
        for name in TIMES:
            frame[name] = pd.to_numeric(frame[name].str.replace(":", ""))
    whole = pd.read_csv(StringIO(clean(200)), dtype=str, keep_default_na=False)
    whole[[*STAMPS]] = whole[[*STAMPS]].apply(lambda column: column.str[:16])
    values = ae.from_table(whole, mapping()).measures.values
    np.testing.assert_array_equal(ae.from_table(frame, mapping(times=TWO)).measures.values, values)


def test_a_date_without_its_time_is_counted_and_never_read_as_midnight() -> None:
    frame = apart(clean())
    frame.loc[:4, "Arrival_Time"] = ""
    frame.loc[5:7, "Departure_Date"] = "NULL"
    frame.loc[8:9, ["Departure_Date", "Departure_Time"]] = ""
    quality = ae.from_table(frame, mapping(times=TWO)).quality
    counted = {
        kind: quality.n(kind) for kind in ("unreadable_arrival", "unreadable_stamp", "no_departure")
    }
    left = int((frame["Disposition"][8:10] == "Left before treatment").sum())
    assert counted == {"unreadable_arrival": 5, "unreadable_stamp": 3, "no_departure": 2 - left}


def test_a_file_of_dates_and_times_gives_the_same_as_one_of_stamps(
    dirty: Extract, tmp_path: Path
) -> None:
    frame = pd.read_csv(
        StringIO(broken().text()), dtype=str, keep_default_na=False, on_bad_lines="skip"
    )
    for name, date, time in zip(STAMPS, DATES, TIMES, strict=True):
        parts = frame.pop(name).replace(name, f"{date} {time}").str.partition(" ")
        frame[date], frame[time] = parts[0], parts[2]
    text = frame.to_csv(index=False)
    extract = read(text, tmp_path, times=TWO, worst_share=0.2)
    for kind in (
        "no_arrival",
        "out_of_order",
        "before_arrival",
        "day_not_turned",
        "stay_too_long",
        "repeated_header",
    ):
        assert extract.quality.n(kind) == dirty.quality.n(kind) > 0, kind


def test_a_draft_puts_date_and_time_of_the_same_name_together() -> None:
    drafted = ae.draft_mapping(apart(clean()))
    assert drafted["times"] == TWO
    assert len(ae.from_table(apart(clean()), drafted).patients) == 400


def test_a_column_of_dates_alone_is_no_stamp() -> None:
    frame = apart(clean()).drop(columns="Seen_Time")
    assert "seen_at" not in ae.draft_mapping(frame)["times"]


def test_a_draft_holds_no_value_of_few_rows(tmp_path: Path) -> None:
    text = broken(1200, kinds=()).text().replace("4 - Standard", "Mary Smith", 2)
    drafted = draft(written(text, tmp_path))
    assert "3 - Urgent" in drafted
    assert not re.search(r"Mary|canary|Birdsong|A0000|P0000", drafted)


@pytest.mark.parametrize("seeds", [range(6), pytest.param(range(500), marks=pytest.mark.long)])
def test_mutated_extracts_are_read_or_refused_in_one_message(seeds: range, tmp_path: Path) -> None:
    text = broken(300, kinds=()).text()
    n_read, said = 0, []
    for seed in seeds:
        try:
            read(mutated(text, seed=seed), tmp_path)
            n_read += 1
        except AeflowError as error:
            said.append(str(error))
    assert n_read > len(seeds) / 5
    assert not any(words in message for words in CANARIES for message in said)


def test_the_public_file_of_malmo_is_read(aeflow_data: Path) -> None:
    extract = read_extract(aeflow_data / "malmo_synth_jan_jun.csv.gz", "malmo")
    assert len(extract.patients) == 26_515
    assert extract.first_day == np.datetime64("2016-12-26")


@pytest.mark.slow
def test_arrivals_that_all_come_an_hour_earlier_in_summer_are_by_a_clock_of_winter(
    tmp_path: Path,
) -> None:
    made = replace(
        broken(16_000, kinds=()), rows=[dict(row) for row in broken(16_000, kinds=()).rows]
    )
    for row in made.rows:
        for stamp in STAMPS:
            if row[stamp]:
                row[stamp] = in_utc(in_utc(row[stamp]))  # who is made comes by the hours of UTC
    made.rows = [row for row in made.rows if row[ARRIVED][:10] not in ("2025-03-30", "2025-10-26")]
    with pytest.raises(ConfigError, match=r"utc: \[arrived_at, assessed_at, seen_at"):
        read(made.text(), tmp_path)
    read(made.text(), tmp_path, utc=list(mapping()["times"]))
