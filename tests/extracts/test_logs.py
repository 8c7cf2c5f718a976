"""Attendances as event logs: XES that another reader reads, and a stretch in which nobody appears from nowhere."""

import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simulation as ae
from simulation.cli import main
from simulation.errors import ConfigError
from simulation.extracts.extract import Extract
from simulation.extracts.logs import ACTIVITY, CASE, MOVED, TIME, write_log
from tests.extracts.dirt import ARRIVED, ASSESSED, DECIDED, DEPARTED, SEEN
from tests.extracts.made import clean, mapping, read
from tests.held import Hold

XES = "{http://www.xes-standard.org/}"


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return read(clean(300), tmp_path_factory.mktemp("log"))


def test_a_log_has_a_row_for_each_stamp_in_order_of_time(extract: Extract) -> None:
    log = ae.event_log(extract.patients, extract.first_day)
    stamps = sum(int((~np.isnan(extract.patients[name])).sum()) for name in
                 ("arrived_at", "assessed_at", "seen_at", "decided_at", "departed_at"))  # fmt: skip
    assert len(log) == stamps
    assert log[TIME].is_monotonic_increasing
    assert set(log[ACTIVITY]) == {"arrived", "assessed", "seen", "decided", "departed"}
    assert log.groupby(CASE).first()[ACTIVITY].eq("arrived").all()


def test_a_frame_of_simulated_patients_gives_a_log_as_well(extract: Extract) -> None:
    log = ae.event_log(extract.patients, extract.first_day)
    pd.testing.assert_frame_equal(ae.event_log(extract.patients.frame(), extract.first_day), log)


def test_xes_and_csv_hold_the_same_events(extract: Extract, tmp_path: Path) -> None:
    n = write_log(extract, tmp_path / "log.xes")
    assert write_log(extract, tmp_path / "log.csv") == n
    root = ET.parse(tmp_path / "log.xes").getroot()
    events = [event for trace in root.iter(f"{XES}trace") for event in trace.iter(f"{XES}event")]
    assert len(events) == n == len(pd.read_csv(tmp_path / "log.csv"))
    assert len(list(root.iter(f"{XES}trace"))) == len(extract.patients)
    times = [event.find(f"{XES}date").attrib["value"] for event in events]  # type: ignore[union-attr]
    assert all(pd.Timestamp(time).tz is not None for time in times)


def test_times_of_a_log_are_local_with_the_offset_of_their_day(tmp_path: Path) -> None:
    frame = pd.read_csv(StringIO(clean(300)), dtype=str, keep_default_na=False)
    frame.loc[0, [ARRIVED, ASSESSED, SEEN, DEPARTED]] = [
        "2025-03-30 00:30:00", "2025-03-30 00:50:00", "2025-03-30 02:10:00", "2025-03-30 05:00:00",
    ]  # fmt: skip
    frame.loc[0, [DECIDED, "Disposition"]] = ["", "Discharged"]
    extract = ae.from_table(frame, mapping())
    write_log(extract, tmp_path / "log.xes", exact_dates=True)
    text = (tmp_path / "log.xes").read_text("utf-8")
    for at in (
        "00:30:00.000+00:00",
        "00:50:00.000+00:00",
        "02:10:00.000+01:00",
        "05:00:00.000+01:00",
    ):
        assert f"2025-03-30T{at}" in text
    write_log(extract, tmp_path / "log.csv", exact_dates=True)
    log = pd.read_csv(tmp_path / "log.csv")
    stamps = sorted(
        stamp.replace(" ", "T") for name in (ARRIVED, SEEN) for stamp in frame[name] if stamp
    )
    assert sorted(log[TIME].str[:19][log[ACTIVITY].isin(["arrived", "seen"])]) == stamps
    without = ae.from_table(frame, mapping(timezone=None))
    write_log(without, tmp_path / "naive.xes", exact_dates=True)
    assert "00:30:00.000+" not in (tmp_path / "naive.xes").read_text("utf-8")


def test_dates_of_a_log_are_moved_by_whole_years_of_weeks_and_its_head_says_so(
    extract: Extract, tmp_path: Path
) -> None:
    write_log(extract, tmp_path / "exact.csv", exact_dates=True)
    write_log(extract, tmp_path / "moved.csv")
    write_log(extract, tmp_path / "moved.xes")
    exact, moved = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("exact", "moved"))
    by = pd.to_datetime(exact[TIME].str[:19]) - pd.to_datetime(moved[TIME].str[:19])
    assert by.nunique() == 1
    assert by.iloc[0].days % 364 == 0 < by.iloc[0].days
    assert (exact[TIME].str[10:] == moved[TIME].str[10:]).all()  # the clock, and its offset
    head = (tmp_path / "moved.xes").read_text("utf-8").partition("<trace>")[0]
    assert MOVED in head
    assert set(moved["case:dates"]) == {MOVED}
    assert "2025" not in head


def test_a_log_takes_no_other_file_s_place(extract: Extract, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_log(extract, tmp_path / "log.csv")


def test_a_stretch_holds_who_was_there_when_it_began(extract: Extract) -> None:
    events = ae.events_of(extract).frame()
    start, end = 50 * 1440.0, 60 * 1440.0
    part = ae.between(events, start, end)
    assert part["time"].between(0, end - start).all()
    arrived, departed = extract.patients["arrived_at"], extract.patients["departed_at"]
    there = np.flatnonzero((arrived < end) & ~(departed < start))
    assert set(part["entity_id"]) == set(there)
    assert part.groupby("entity_id")["event"].first().eq("arrival").all()


def test_events_are_those_that_vidigi_asks_for(extract: Extract) -> None:
    """Its documented columns and types: one arrival first and one departure last, and uses of numbered places."""
    part = ae.between(ae.events_of(extract).frame(), 50 * 1440.0, 60 * 1440.0)
    assert list(part.columns) == [
        "entity_id",
        "pathway",
        "event_type",
        "event",
        "time",
        "resource_id",
    ]
    assert set(part["event_type"]) <= {
        "arrival_departure",
        "queue",
        "resource_use",
        "resource_use_end",
    }
    assert part["entity_id"].dtype.kind == "i"
    assert part["time"].is_monotonic_increasing
    ends = (
        part[part["event_type"] == "arrival_departure"]
        .groupby("entity_id")["event"]
        .agg(["first", "size"])
    )
    assert (ends["first"] == "arrival").all()
    assert ends["size"].max() == 2
    used = part[part["event_type"].isin(["resource_use", "resource_use_end"])]
    assert (used["resource_id"] >= 1).all()
    assert (used["resource_id"] % 1 == 0).all()
    assert part.loc[~part.index.isin(used.index), "resource_id"].isna().all()


def test_who_has_finished_one_step_is_seen_to_wait_for_the_next(extract: Extract) -> None:
    """vidigi shows a patient where the last event of an instant puts them: never at the end of a use."""
    events = ae.events_of(extract).frame()
    last = events.groupby(["entity_id", "time"], observed=True)["event_type"].last()
    ended = last[last == "resource_use_end"].reset_index()
    final = events.groupby("entity_id")["time"].max()
    assert (ended["time"] == final[ended["entity_id"]].to_numpy()).all()


def test_no_place_is_used_by_two_at_once(extract: Extract) -> None:
    events = ae.events_of(extract).frame()
    for _, used in events[events["resource_id"].notna()].groupby("resource_id"):
        for _, at_place in used.groupby(
            used["event"].astype(str).str.removesuffix(":end"), observed=True
        ):
            kinds = at_place["event_type"].astype(str).tolist()
            assert kinds[::2] == ["resource_use"] * len(kinds[::2])


def test_the_command_reads_and_writes_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str], hold: Hold) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "attendances.csv").write_text(clean(), encoding="utf-8")
    assert main(["extract", "draft", "attendances.csv"]) == 0
    assert main(["extract", "attendances.csv", "log=events.csv"]) == 0
    assert (tmp_path / "events.csv").stat().st_size > 0
    said = capsys.readouterr().out
    hold(said, "Data quality")
    assert "configs/extract/attendances.yaml" in said.replace("\\", "/")


def test_a_stretch_has_nobody_who_was_never_seen_to_leave_for_ever() -> None:
    frame = pd.read_csv(StringIO(clean(600, days=20)), dtype=str, keep_default_na=False)

    def there(rows: pd.DataFrame) -> int:
        events = ae.events_of(ae.from_table(rows, mapping(worst_share=0.5))).frame()
        return int(ae.between(events, 10 * 1440, 10 * 1440 + 1)["entity_id"].nunique())

    lost = frame.copy()
    lost.loc[lost.index % 5 == 0, DEPARTED] = ""
    assert 0 < there(lost) <= there(frame) < 30
