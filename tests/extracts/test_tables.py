"""Files and frames as people have them: quotes, packed files, tables of other libraries; what a draft makes of them."""

import bz2
import gzip
import lzma
import re
import zipfile
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import simulation as ae
from simulation.errors import ConfigError
from simulation.extracts.drafting import meanings
from simulation.extracts.extract import draft, read_extract
from tests.extracts.dirt import ARRIVED, COLUMNS, DECIDED, DEPARTED, SEEN, STAMPS
from tests.extracts.made import clean, mapping, read, written
from tests.held import Hold


def opened(text: str, rows: tuple[int, ...], column: str) -> str:
    """The text with a quotation mark that nothing closes before a cell of some rows."""
    lines, place = text.splitlines(), COLUMNS.index(column)
    for row in rows:
        cells = lines[row].split(",")
        lines[row] = ",".join([*cells[:place], f'"{cells[place]}', *cells[place + 1 :]])
    return "\n".join(lines)


@pytest.mark.parametrize("column", ["Attendance_ID", "Complaint", "Patient_Name"])
@pytest.mark.parametrize("rows", [(50,), (50, 90), (50, 51), (50, 51, 60, 399)])
def test_an_open_quote_stops_with_its_line(
    column: str, rows: tuple[int, ...], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"line 51: a cell"):
        read(opened(clean(), rows, column), tmp_path)


def zipped(content: bytes, n: int = 1) -> bytes:
    into = BytesIO()
    with zipfile.ZipFile(into, "w") as packed:
        for number in range(n):
            packed.writestr(f"{number}.csv", content)
    return into.getvalue()


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("xz", lzma.compress), ("bz2", bz2.compress),
                                              ("zip", zipped)])  # fmt: skip
def test_a_packed_file_is_read_and_drafted(
    suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = written(pack(clean(60).encode()), tmp_path, f"extract.csv.{suffix}")
    assert ae.draft_mapping(path)["times"]["arrived_at"] == ARRIVED
    assert len(read_extract(path, mapping()).patients) == 60


def test_packed_files_that_hold_too_much_are_refused(tmp_path: Path, hold: Hold) -> None:
    for content, name in (
        (zipped(b"a", 2), "two.csv.zip"),
        (gzip.compress(b"a" * 201_000_000, 1), "large.csv.gz"),
        (lzma.compress(clean().encode())[:900], "broken.csv.xz"),
    ):
        with pytest.raises(ConfigError) as refused:
            read_extract(written(content, tmp_path, name), mapping())
        hold(str(refused.value).partition(name)[2].lstrip(": "))


def relation(frame: pd.DataFrame) -> object:
    duckdb = pytest.importorskip("duckdb")
    return duckdb.from_arrow(pa.Table.from_pandas(frame))


def polars_frame(frame: pd.DataFrame) -> object:
    polars = pytest.importorskip("polars")
    return polars.from_arrow(pa.Table.from_pandas(frame))


def lazy_frame(frame: pd.DataFrame) -> object:
    polars = pytest.importorskip("polars")
    return polars.from_arrow(pa.Table.from_pandas(frame)).lazy()


class OfArrow:
    """A table of which nothing is known but Arrow's way of giving out columns, as that of Polars."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.table = pa.Table.from_pandas(frame, preserve_index=False)

    def __arrow_c_stream__(self, schema: object = None) -> object:
        return self.table.__arrow_c_stream__(schema)


@pytest.mark.parametrize(
    "make", [pa.Table.from_pandas, relation, polars_frame, lazy_frame, OfArrow]
)
def test_tables_of_other_libraries_go_in(make: Callable[[pd.DataFrame], object]) -> None:
    frame = pd.read_csv(StringIO(clean(200)), parse_dates=[ARRIVED, SEEN, DEPARTED])
    assert ae.draft_mapping(make(frame)) == ae.draft_mapping(frame)
    np.testing.assert_array_equal(
        ae.from_table(make(frame), mapping()).measures.values,
        ae.from_table(frame, mapping()).measures.values,
    )
    with pytest.raises(ConfigError, match="is a dict"):
        ae.from_table({}, mapping())


@pytest.mark.parametrize(
    ("key", "value", "meaning"),
    [
        ("arrival_source", "Unknown", "unknown"), ("arrival_source", "Not known", "unknown"),
        ("arrival_source", "Non-ambulance", "walk_in"), ("arrival_source", "Ambulatory", "walk_in"),
        ("arrival_source", "Non-emergency road ambulance", "ambulance"), ("arrival_source", "AMB", "ambulance"),
        ("arrival_source", "1048051000000107", "ambulance"), ("arrival_source", "Self-referral", "walk_in"),
        ("outcome", "Discharged without follow-up", "discharged"), ("outcome", "Discharge to ward", "admitted"),
        ("outcome", "Admitted to Clinical Decision Unit", "admitted"), ("outcome", "Not admitted", "discharged"),
        ("outcome", "Admitted: left upper lobe", "admitted"), ("outcome", "Left department", "unknown"),
        ("outcome", "Left before treatment", "left"), ("outcome", "1066301000000103", "left"),
        ("outcome", "Transferred to other hospital", "transferred"), ("outcome", "Transferred to ward", "admitted"),
        ("outcome", "Discharged against medical advice", "unknown"), ("outcome", "182992009", "unknown"),
        ("acuity", "Non-emergent", "unknown"), ("acuity", "P1", "immediate"), ("acuity", "P5", "non_urgent"),
        ("acuity", "Semi-urgent", "standard"), ("acuity", "2 - Urgent", "unknown"), ("acuity", "Orange", "very_urgent"),
        ("acuity", "1064901000000108", "urgent"),
    ],
)  # fmt: skip
def test_a_value_is_understood_or_unknown(key: str, value: str, meaning: str) -> None:
    found = meanings(key, "column", pd.Series({value: 9}))[value]
    assert found == meaning


def test_numbers_are_national_codes_only_where_all_are() -> None:
    disposal = pd.Series({"01": 9, "03": 9, "12": 9})
    assert [*meanings("outcome", "disposal", disposal).values()] == [
        "admitted",
        "discharged",
        "left",
    ]
    assert {*meanings("outcome", "disposal", pd.Series({"01": 9, "88": 9})).values()} == {"unknown"}
    flags = pd.Series({"0": 9, "1": 9})
    assert [*meanings("outcome", "Admitted", flags).values()] == ["discharged", "admitted"]


def renamed(**names: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(clean()), dtype=str, keep_default_na=False).rename(columns=names)


def test_who_left_and_who_was_admitted_may_stand_in_two_columns() -> None:
    frame = renamed()
    left = frame["Disposition"] == "Left before treatment"
    frame["Discharge_Status"] = np.where(left, "1066311000000101", "182992009")
    frame["Discharge_Destination"] = np.where(
        frame.pop("Disposition") == "Admitted", "306706006", "306689006"
    )
    frame.loc[left, "Discharge_Destination"] = ""
    drafted = ae.draft_mapping(frame)
    assert drafted["left"] == {"column": "Discharge_Status", "values": {"1066311000000101": "left"}}
    extract = ae.from_table(frame, drafted)
    assert extract.quality.n("no_source_or_outcome") == 0
    np.testing.assert_array_equal(
        extract.measures.values, ae.from_table(renamed(), mapping()).measures.values
    )


def test_headings_in_short_are_understood_and_those_that_are_not_are_said(
    tmp_path: Path, hold: Hold
) -> None:
    frame = renamed(**{ARRIVED: "Arr DtTm", DEPARTED: "Dep DtTm", "Disposition": "Disposal"})
    drafted = ae.draft_mapping(frame)
    times = drafted["times"]
    assert drafted["outcome"]["column"] == "Disposal"
    assert (times["arrived_at"], times["departed_at"]) == ("Arr DtTm", "Dep DtTm")
    partial = renamed(**{DEPARTED: "T9", "Disposition": "How"})
    path = written(partial.to_csv(index=False), tmp_path)
    hold("\n".join(line for line in draft(path).splitlines() if line.startswith("#")))
    with pytest.raises(ConfigError, match="in place of \\?"):
        read_extract(path, ae.draft_mapping(path))
    with pytest.raises(ConfigError, match="aeflow vet"):
        ae.draft_mapping(frame.drop(columns=["Arr DtTm", "Dep DtTm", *STAMPS], errors="ignore"))


def test_words_that_are_cut_short_are_read_in_headings_and_values() -> None:
    frame = renamed(
        **{"Attendance_ID": "Att Ref", SEEN: "Clin DtTm", "Patient_Pseudo_ID": "Pt Ref"}
    )
    frame["Tri Fin"], frame["Dec to Adm"] = frame["Clin DtTm"], frame.pop(DECIDED)
    short = {"Discharged": "DISCH", "Admitted": "ADM", "Left before treatment": "DNW"}
    frame["Disposition"] = frame["Disposition"].map(short)
    drafted = ae.draft_mapping(frame)
    assert drafted["times"]["seen_at"] == "Clin DtTm"
    assert drafted["times"]["triaged_at"] == "Tri Fin"
    assert drafted["times"]["decided_at"] == "Dec to Adm"
    assert (drafted["attendance"], drafted["patient"]) == ("Att Ref", "Pt Ref")
    meanings = {"DISCH": "discharged", "ADM": "admitted", "DNW": "left"}
    assert drafted["outcome"]["values"] == meanings


@pytest.mark.parametrize("heading", ["InitialAssessment%sDTTM", "%s of initial assessment"])
def test_the_start_and_the_end_of_an_initial_assessment_are_those_of_triage(heading: str) -> None:
    start, end = (heading % which for which in ("Start", "End"))
    frame = renamed(**{STAMPS[0]: start})
    frame[end] = frame[start]
    times = ae.draft_mapping(frame)["times"]
    assert (times["assessed_at"], times["triaged_at"]) == (start, end)


def test_headers_among_the_rows_are_no_codes() -> None:
    frame = renamed()
    headers = pd.DataFrame([dict(zip(frame.columns, frame.columns, strict=True))] * 9)
    drafted = ae.draft_mapping(pd.concat([frame.astype(str), headers]))
    for key in ("arrival_source", "acuity", "outcome", "sex"):
        assert drafted[key]["column"] not in drafted[key]["values"]
    assert drafted == ae.draft_mapping(frame)


@pytest.mark.parametrize(
    ("own", "whose"),
    [("Docket", "Individual"), ("Our ref.", "Token"), ("Visit", "NHS"), ("Serial No", "Medical record number"),
     ("URN", "Identifier"), ("Key", "Case number")],
)  # fmt: skip
def test_numbers_that_come_again_are_of_patients_and_others_of_attendances(
    own: str, whose: str
) -> None:
    frame = renamed(**{"Attendance_ID": own, "Patient_Pseudo_ID": whose})
    others = frame[["Disposition"]].rename(columns={"Disposition": "Bed number"})
    for columns in ([whose, own], [own, whose]):
        rest = frame.drop(columns=columns)
        numbered = pd.concat([others, frame[columns], rest], axis=1)
        numbered[own], numbered[whose] = range(1000, 1400), [n * 7 % 150 for n in range(400)]
        twice = pd.concat([numbered, numbered[:60]])
        drafted = ae.draft_mapping(twice.astype(str))
        assert (drafted["attendance"], drafted["patient"]) == (own, whose)


def test_numbers_that_say_nothing_are_left_to_be_named() -> None:
    frame = renamed(**{"Attendance_ID": "Phone no.", "Patient_Pseudo_ID": "Ward number"})
    frame["Number"] = frame["Bed number"] = [n % 7 for n in range(400)]
    for rows in (400, 60):
        assert {"attendance", "patient"}.isdisjoint(ae.draft_mapping(frame[:rows].astype(str)))


@pytest.mark.parametrize(
    ("form", "day_first"), [("%m/%d/%Y %H:%M", False), ("%d/%m/%Y %H:%M", True)]
)
@pytest.mark.parametrize("days", [300, 9])
def test_a_draft_sees_which_comes_first_day_or_month(form: str, day_first: bool, days: int) -> None:
    frame = renamed()
    at = pd.to_datetime(frame[ARRIVED])
    frame[ARRIVED] = (pd.Timestamp("2025-03-01") + (at - at.min()) * (days / 300)).dt.strftime(form)
    assert ae.draft_mapping(frame)["day_first"] is day_first


def test_rare_codes_late_in_a_file_are_drafted_and_test_patients_left_out() -> None:
    frame = renamed()
    frame.loc[frame.index[-6:], "Patient_Name"] = "ZZ Test Patient"
    left = frame.index[frame["Disposition"] == "Left before treatment"]
    frame.loc[left[-6:], "Disposition"] = "LWBS"
    drafted = ae.draft_mapping(pd.concat([renamed()] * 60 + [frame]))  # behind 24,000 rows
    assert drafted["outcome"]["values"]["LWBS"] == "left"
    assert drafted["leave_out"] == {"Patient_Name": ["ZZ Test Patient"]}


def test_days_of_a_spreadsheet_to_five_places_are_whole_seconds() -> None:
    frame = renamed()
    right = ae.from_table(frame, mapping())
    for name in STAMPS:
        at = (pd.to_datetime(frame[name]) - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)
        frame[name] = at.map("{:.5f}".format).where(at.notna(), "")
    read = ae.from_table(frame, mapping())
    for name in ("arrived_at", "seen_at", "departed_at"):
        ours, theirs = read.patients[name], right.patients[name]
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_column_of_two_sites_has_to_be_decided_on() -> None:
    frame = renamed()
    for heading, values, stated in (
        ("SiteCode", ["RX1A1", "RX1C7"], ["?", "RX1C7"]),
        ("Attendance_Category", ["1", "2"], ["?", "2"]),
        ("Site", ["RX1A1", ""], None),
        ("Ward", ["RX1A1", "RX1C7"], None),
    ):
        drafted = ae.draft_mapping(frame.assign(**{heading: values[0]}))
        assert heading not in drafted.get("leave_out", {})
        both = frame.assign(**{heading: [values[n % 3 == 1] for n in range(len(frame))]})
        drafted = ae.draft_mapping(both)
        assert drafted.get("leave_out", {}).get(heading) == stated
        if stated:
            with pytest.raises(ae.ConfigError, match=heading):
                ae.from_table(both, drafted)


def test_stamps_of_which_some_have_an_offset_are_read_as_the_others() -> None:
    frame = renamed()
    right = ae.from_table(frame, mapping()).measures.values
    for name in STAMPS:
        at = pd.to_datetime(frame[name]).dt.tz_localize(
            "Europe/London", ambiguous="NaT", nonexistent="shift_forward"
        )
        frame[name] = at.astype(str).where((frame.index % 3 == 0) & at.notna(), frame[name])
    np.testing.assert_allclose(ae.from_table(frame, mapping()).measures.values, right)


def test_a_date_alone_is_no_stamp_in_a_column_of_stamps(tmp_path: Path) -> None:
    frame = renamed()
    frame.loc[frame.index[:15], DEPARTED] = frame[DEPARTED].str[:10]
    frame.loc[frame.index[15:20], SEEN] = (
        frame[SEEN].str[:10].where(frame[SEEN] == "", frame[SEEN].str[:10] + " 00:00")
    )
    extract = ae.from_table(frame, mapping())
    assert extract.quality.n("date_without_time") >= 15
    assert np.isnan(extract.patients["departed_at"]).sum() == 15


def test_a_date_that_a_program_wrote_with_midnight_is_no_stamp_on_a_later_day() -> None:
    frame = renamed()
    later = pd.to_datetime(frame[DEPARTED]).dt.normalize() + pd.Timedelta(days=1)
    frame.loc[frame.index[:15], DEPARTED] = later[:15].astype(str) + " 00:00:00"
    extract = ae.from_table(frame, mapping())
    assert extract.quality.n("date_without_time") == 15
    assert np.isnan(extract.patients["departed_at"]).sum() == 15


def test_what_is_not_understood_stops_what_rests_on_it(tmp_path: Path, hold: Hold) -> None:
    values = {
        "Admitted": "admitted",
        "Discharged": "discharged",
        "Left before treatment": "unknown",
    }
    stated = mapping(outcome={"column": "Disposition", "values": values})
    with pytest.raises(ConfigError) as refused:
        ae.from_table(renamed(), stated | {"worst_share": 0.01})
    hold(re.sub(r"\d", "9", str(refused.value)))
    allowed = ae.from_table(renamed(), stated | {"worst": {"unknown_code": 0.2}})
    known = 400 - allowed.quality.n("unknown_code")
    admitted = (renamed()["Disposition"] == "Admitted").sum()
    assert allowed.measures.value("admitted_share") == pytest.approx(admitted / known)
