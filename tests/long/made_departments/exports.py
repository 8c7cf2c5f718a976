"""Two years of records of each department as its hospital would export them: headings, codes, dates and dirt.

Codes of SNOMED CT are those of the ECDS (NHS England's technical output specification; their meanings read in public
analyses of it), HES numbers those of its A&E dictionary (from memory: disposal 01 admitted, 02 and 03 discharged, 12
left before treatment; arrival 1 ambulance, 2 other), Manchester words its five categories. The others are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import dirt
from .departments import DEPARTMENTS, MORE, Department
from .engine import DAY, FIRST_DAY, figures, made
from .truths import DAYS, SEED

STAMPS = ("arrived", "assessed", "triaged", "seen", "decided", "departed")
NEVER = -10_000_000
Style = Callable[[Any], Any]


def style(date: str, between: str = " ", clock: str = "%H:%M", offset: bool = False) -> Style:
    """Minutes to text by `strftime` formats; not a number to nothing. With `offset` the one of local time."""
    days = pd.date_range(FIRST_DAY - pd.Timedelta(days=30), periods=DAYS + 90)
    dates, clocks = (
        np.array(days.strftime(date)),
        pd.date_range("2023", periods=DAY, freq="min").strftime(clock),
    )

    def texts(minutes: Any) -> Any:
        whole = np.floor(np.nan_to_num(np.asarray(minutes, float), nan=NEVER)).astype(int)
        known = np.where(whole == NEVER, 0, whole)
        text = (
            dates[known // DAY + 30].astype(object)
            + between
            + np.array(clocks)[known % DAY].astype(object)
        )
        if offset:
            text = text + np.where(dirt.summer(known), "+01:00", "+00:00").astype(object)
        return np.where(whole == NEVER, "", text)

    return texts


@dataclass(frozen=True)
class Export:
    """How a hospital writes its records, and what goes wrong. `codes` are alternatives with equal chances.

    `headings` are in the order of its columns; a complaint without a heading is the last one.
    `stamps`, `cells` and `lines` are makers of dirt and their arguments, by the name of the kind, in order.
    """

    headings: Mapping[str, Any]
    modes: tuple[tuple[str, ...], ...]
    levels: tuple[tuple[str, ...], ...]
    outcomes: tuple[tuple[str, ...], ...]
    style: Style
    later: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Codes of modes, levels and outcomes after the first year, if the system changed."""
    stamps: Mapping[str, tuple[Callable[..., Any], dict[str, Any]]] = field(default_factory=dict)
    cells: Mapping[str, tuple[Callable[..., Any], dict[str, Any]]] = field(default_factory=dict)
    lines: Mapping[str, tuple[Callable[..., Any], dict[str, Any]]] = field(default_factory=dict)
    sexes: tuple[str, str] = ("F", "M")
    day_first: bool = True

    def codes(self, column: str) -> dict[str, int]:
        """What each code of 'mode', 'level' or 'outcome' means, as the hospital's list of codes says."""
        place = ("mode", "level", "outcome").index(column)
        of_both = (self.modes, self.levels, self.outcomes)[place], *(self.later[place : place + 1])
        found: dict[str, int] = {}
        for by in of_both:
            for meaning, codes in enumerate(by):
                for code in codes:  # one that stands for two meanings, as 'other', is the first
                    found.setdefault(code, meaning)
        return found


def one_each(*codes: str) -> tuple[tuple[str, ...], ...]:
    """One code for each meaning."""
    return tuple((code,) for code in codes)


UK, ISO = style("%d/%m/%Y"), style("%Y-%m-%d", "T", "%H:%M:00")
MANCHESTER = one_each(
    "Immediate (Red)",
    "Very Urgent (Orange)",
    "Urgent (Yellow)",
    "Standard (Green)",
    "Non Urgent (Blue)",
)
EXPORTS = {
    "Aldmoor": Export(
        dict(attendance="EC_Attendance_Number", patient="Local_Patient_ID", age="Age_At_Arrival", sex="Stated_Gender",
             arrived="Arrival_Date_Time", assessed="Initial_Assessment_Date_Time", triaged="Triage_Complete_Date_Time",
             seen="Seen_For_Treatment_Date_Time", decided="Decided_To_Admit_Date_Time", departed="Departure_Date_Time",
             mode="EC_Arrival_Mode_SNOMED_CT", level="EC_Acuity_SNOMED_CT", outcome="Discharge_Destination_SNOMED_CT"),
        (("1048071000000103", "1048061000000105"), ("1048031000000100", "1048041000000109"), ("1048071000000103",)),
        one_each("1064891000000107", "1064911000000105", "1064901000000108", "1077241000000103", "1077251000000100"),
        (("306689006", "306694006"), ("306706006", "1066391000000105"), ("1066311000000101", "1066301000000103")), UK,
        stamps={"lost days": (dirt.lost_days, dict(first=280, days=9)),
                "missing triage": (dirt.missing_stamp, dict(stamp="assessed", share=0.04))},
        cells={"unknown outcomes": (dirt.code_for, dict(column="outcome", codes=("UNK", "99"), share=0.03)),
               "test patients": (dirt.test_patients, dict(number=80)),
               "NULL in words": (dirt.text_for, dict(column="seen", text="NULL", share=0.02)),
               "duplicates": (dirt.copied, dict(share=0.012))},
        lines={"blank lines": (dirt.blank_lines, dict(number=40))},
    ),
    "Brackwater": Export(
        dict(attendance="Attendance ID", patient="Patient ID", age="Age", sex="Sex", arrived="Arrived",
             assessed="Triage start",
             triaged="Triage end", seen="First seen by clinician", decided="DTA time", departed="Left department",
             mode="How arrived", level="Triage category", outcome="Outcome"),
        (("Walked in", "Own car"), ("Ambulance", "Helicopter"), ("GP referral",)),
        one_each("Resuscitation", "Very urgent", "Urgent", "Standard", "Non-urgent"),
        (("Discharged home", "Discharged to GP"), ("Admitted", "Admitted to CDU"), ("Did not wait",)),
        style("%Y-%m-%d", "T", "%H:%M:00", offset=True), sexes=("Female", "Male"),
        stamps={"heap before four hours": (dirt.heap_before_four, dict(share=0.5)),
                "seen before triage": (dirt.seen_before_triage, dict(share=0.03)),
                "missing departures": (dirt.missing_stamp, dict(stamp="departed", share=0.015))},
        cells={"unknown modes": (dirt.code_for, dict(column="mode", codes=("Not recorded",), share=0.02)),
               "other capitals": (dirt.other_case, dict(column="outcome", share=0.02))},
        lines={"headers again": (dirt.headers_again, dict(number=23))},
    ),
    "Carrow Royal": Export(
        dict(attendance="aekey", patient="encrypted_hesid", age="arrivalage", sex="sex", arrived="arrival_dt",
             assessed="initial_assessment_dt", triaged="assessment_end_dt", seen="treatment_dt", decided="dta_dt",
             departed="departure_dt", mode="aearrivalmode", level="triage_cat", outcome="aeattenddisp"),
        one_each("2", "1", "2"), one_each("1", "2", "3", "4", "5"), (("02", "03"), ("01",), ("12",)), ISO,
        stamps={"lost month": (dirt.lost_days, dict(first=395, days=29)),
                "round minutes": (dirt.round_minutes, dict(stamp="assessed", share=0.5)),
                "negative triage": (dirt.negative_triage, dict(share=0.03))},
        cells={"date alone": (dirt.date_alone, dict(column="seen", share=0.005)),
               "unknown outcomes": (dirt.code_for, dict(column="outcome", codes=("14", "99"), share=0.02))},
        lines={"total row": (dirt.total_row, {})}, sexes=("2", "1"),
    ),
    "Dunmere": Export(
        dict(attendance="Attendance No", patient="Hospital No", age="Age (yrs)", sex="Gender",
             arrived=("Arrival Date", "Arrival Time"),
             assessed=("Triage Date", "Triage Time"), triaged=("Triage End Date", "Triage End Time"),
             seen=("Dr Seen Date", "Dr Seen Time"), decided=("Bed Request Date", "Bed Request Time"),
             departed=("Departure Date", "Departure Time"), mode="Mode of Arrival", level="MTS Category",
             outcome="Disposal"),
        (("Self", "Public Transport"), ("999 Ambulance",), ("GP",)), MANCHESTER,
        (("Home", "Treatment Complete", "Discharged - GP F/U"), ("Admitted to Ward", "Admitted ITU"),
         ("Left Before Seen", "DNW")),
        UK,
        stamps={"closed by the system": (dirt.batch_closed, dict(share=0.008)),
                "missing triage": (dirt.missing_stamp, dict(stamp="assessed", share=0.03))},
        cells={"yesterday's date": (dirt.yesterdays_date, dict(style=UK, share=0.3)),
               "unknown outcomes": (dirt.code_for, dict(column="outcome", codes=("?", "Other"), share=0.02)),
               "ages of 999": (dirt.text_for, dict(column="age", text="999", share=0.01))},
        lines={"open quotes": (dirt.open_quotes, dict(number=12))},
    ),
    "Eskside": Export(
        dict(attendance="VisitID", patient="MRN", age="AgeAtVisit", sex="Sex", arrived="ArrivalTime",
             assessed="TriageStart",
             triaged="TriageEnd", seen="ProviderSeen", decided="AdmitDecision", departed="DepartTime",
             mode="ArrivalMethod", level="Priority", outcome="Disposition"),
        one_each("Walk-in", "EMS", "Referred"), one_each("P1", "P2", "P3", "P4", "P5"),
        one_each("Home", "Admit", "LWBS"),
        style("%m/%d/%Y", clock="%I:%M %p"), day_first=False,
        stamps={"one stamp in UTC": (dirt.utc_stamp, dict(stamp="seen")),
                "twelve hours out": (dirt.twelve_hours_out, dict(share=0.01))},
        cells={"dates that stand for none":
               (dirt.text_for, dict(column="departed", text="01/01/1900 12:00 AM", share=0.006)),
               "duplicates": (dirt.copied, dict(share=0.02))},
        lines={"commas in free text": (dirt.commas_in_text, dict(number=300))},
    ),
    "Fenwick General": Export(
        dict(attendance="Att Ref", patient="Pt Ref", age="Age", sex="Sex", arrived="Arr DtTm", assessed="Triage DtTm",
             triaged="Triage Fin DtTm", seen="Clin DtTm", decided="DTA DtTm", departed="Dep DtTm", mode="Arr Mode",
             level="Acuity", outcome="Disposal"),
        one_each("WALK", "AMB", "GP"), one_each("Red", "Orange", "Yellow", "Green", "Blue"),
        one_each("DISCH", "ADM", "LEFT"),
        style("%d/%m/%Y", clock="%H:%M:00"),
        later=((("Own transport", "On foot"), ("Emergency ambulance",), ("Referral - GP",)),
               one_each("ESI 1", "ESI 2", "ESI 3", "ESI 4", "ESI 5"),
               (("Discharge", "Discharge with follow-up"), ("Admission to ward",), ("Left before treatment",))),
        stamps={"lost month": (dirt.lost_days, dict(first=151, days=30)),
                "downtime": (dirt.downtime, dict(nights=(31, 190, 402))),
                "leavers with a seen stamp": (dirt.leavers_seen, dict(share=0.15)),
                "missing departures": (dirt.missing_stamp, dict(stamp="departed", share=0.02))},
        cells={"numbers twice": (dirt.reused_numbers, dict(share=0.01)),
               "test patients": (dirt.test_patients, dict(number=150)),
               "unknown levels": (dirt.code_for, dict(column="level", codes=("Not triaged",), share=0.02))},
    ),
    "Garth": Export(
        dict(attendance="attendance_id", patient="patient_pseudo_id", age="age_at_arrival", sex="sex",
             arrived="arrival_datetime", assessed="triage_start_datetime", triaged="triage_end_datetime",
             seen="first_clinician_datetime", decided="decision_to_admit_datetime", departed="departure_datetime",
             mode="arrival_mode", level="acuity", outcome="disposal"),
        one_each("walk-in", "ambulance", "gp referral"),
        one_each("immediate", "very urgent", "urgent", "standard", "non-urgent"),
        one_each("discharged", "admitted", "left before being seen"), style("%Y-%m-%d"), sexes=("female", "male"),
        lines={"blank lines": (dirt.blank_lines, dict(number=25))},
    ),
    "Helmby": Export(
        dict(attendance="Attendance Number", patient="Patient Number", age="Age", sex="Gender", arrived="Arrival",
             assessed="Triage", triaged="Triage Complete", seen="Seen by Clinician", decided="Decision to Admit",
             departed="Departure", mode="Arrival Method", level="Manchester Category", outcome="Outcome"),
        (("Walk in", "Taxi"), ("Ambulance",), ("Sent by GP",)), MANCHESTER,
        (("Discharged",), ("Admitted to ward", "Admitted to ITU"), ("Did not wait",)), UK,
        cells={"duplicates": (dirt.copied, dict(share=0.004))},
    ),
    "Ironpool": Export(
        dict(attendance="AttendanceIdentifier", patient="PatientIdentifier", age="AgeAtAttendance", sex="Sex",
             arrived=("ArrivalDate", "ArrivalTime"), assessed=("AssessmentDate", "AssessmentTime"),
             triaged=("AssessmentEndDate", "AssessmentEndTime"), seen=("SeenDate", "SeenTime"),
             decided=("DecidedToAdmitDate", "DecidedToAdmitTime"), departed=("DepartureDate", "DepartureTime"),
             mode="ArrivalMode", level="TriageLevel", outcome="Disposal"),
        one_each("Self", "Ambulance", "Referral"), one_each("P1", "P2", "P3", "P4", "P5"),
        one_each("Home", "Admitted", "Left"), UK,
        stamps={"missing departures": (dirt.missing_stamp, dict(stamp="departed", share=0.005))},
    ),
    "Jarrowdon": Export(
        dict(attendance="ED_ID", patient="PID", age="AGE", sex="SEX", arrived="ARRIVED_AT", assessed="TRIAGE_START_AT",
             triaged="TRIAGE_END_AT", seen="SEEN_AT", decided="DTA_AT", departed="LEFT_AT", mode="ARRIVED_BY",
             level="TRIAGE_COLOUR", outcome="LEFT_AS"),
        one_each("WALK-IN", "AMBULANCE", "GP"), one_each("RED", "ORANGE", "YELLOW", "GREEN", "BLUE"),
        one_each("DISCHARGED", "ADMITTED", "DID NOT WAIT"), ISO,
        cells={"unknown outcomes": (dirt.code_for, dict(column="outcome", codes=("NOT KNOWN",), share=0.01))},
    ),
    "Kelder Park": Export(
        dict(attendance="EC Attendance", patient="Pseudonym", age="Age on arrival", sex="Stated gender",
             arrived="EC arrival", assessed="EC initial assessment", triaged="EC initial assessment end",
             seen="EC seen for treatment", decided="EC decided to admit", departed="EC departure",
             mode="EC arrival mode", level="EC acuity", outcome="EC discharge destination"),
        (("1048071000000103", "1048061000000105"), ("1048031000000100",), ("1048071000000103",)),
        one_each("1064891000000107", "1064911000000105", "1064901000000108", "1077241000000103", "1077251000000100"),
        (("306689006",), ("306706006",), ("1066311000000101",)), style("%d/%m/%Y", clock="%H:%M:00"),
        lines={"headers again": (dirt.headers_again, dict(number=7))}, sexes=("2", "1"),
    ),
    "Langrigg Bank": Export(
        dict(attendance="Number", patient="Patient", age="Age in years", sex="Sex", arrived="Time of arrival",
             assessed="Time triage began", triaged="Time triage ended", seen="Time seen", decided="Time bed requested",
             departed="Time departed", mode="Mode of arrival", level="Category", outcome="Discharge status"),
        (("On foot", "Car"), ("999 ambulance",), ("GP letter",)), one_each("1", "2", "3", "4", "5"),
        (("Home", "Home with follow-up"), ("Ward",), ("Left unseen",)),
        style("%Y-%m-%d", "T", "%H:%M:00", offset=True),
        cells={"unknown modes": (dirt.code_for, dict(column="mode", codes=("Not recorded",), share=0.01))},
    ),
    "Mossgate": Export(
        dict(patient="Hospital Number (pseudonymised)", attendance="ED Number", sex="Sex Code", age="Age Yrs",
             arrived=("Arr Date", "Arr Time"), level="Triage Code", mode="Arr Method Code", note="Complaint",
             assessed=("Tri Start Date", "Tri Start Time"), triaged=("Tri Finish Date", "Tri Finish Time"),
             seen=("1st Clin Date", "1st Clin Time"), decided=("Dec to Admit Date", "Dec to Admit Time"),
             departed=("Left Dept Date", "Left Dept Time"), outcome="Disch Code"),
        (("SELF", "RELATIVE", "POLICE"), ("AMB", "HELI"), ("GPREF",)), one_each("T1", "T2", "T3", "T4", "T5"),
        (("HOME", "HOMEGP", "CLINIC"), ("WARD", "CDU", "ITU"), ("DNW", "LBS")), style("%d/%m/%y"),
        stamps={"lost days": (dirt.lost_days, dict(first=206, days=6)),
                "closed by the system": (dirt.batch_closed, dict(share=0.005))},
        cells={"ages of 999": (dirt.text_for, dict(column="age", text="999", share=0.004)),
               "unknown levels": (dirt.code_for, dict(column="level", codes=("TX",), share=0.01))},
        lines={"total row": (dirt.total_row, {})},
    ),
    "Netherlaw": Export(
        dict(attendance="Unique Attendance No", patient="Hosp No (pseudonymised)", arrived="Arr Date & Time",
             mode="Arrival Method", age="Age at Arrival (yrs)", sex="Sex", note="Presenting Problem",
             level="Triage Category", assessed="Triage Start", triaged="Triage Finish", seen="First Clinician Seen",
             outcome="Attendance Outcome", decided="DTA Date & Time", departed="Left ED Date & Time"),
        (("Walked in", "Brought by relative", "Public transport"), ("999 ambulance", "Ambulance (HCP call)"),
         ("Referred by GP", "Referred by 111")),
        one_each("1 - Red", "2 - Orange", "3 - Yellow", "4 - Green", "5 - Blue"),
        (("Discharged - no follow up", "Discharged - GP follow up", "Discharged - clinic"),
         ("Admitted - ward", "Admitted - assessment unit"), ("Left before being seen",)),
        style("%d-%b-%Y"), sexes=("Female", "Male"),
        stamps={"missing triage": (dirt.missing_stamp, dict(stamp="assessed", share=0.025)),
                "leavers with a seen stamp": (dirt.leavers_seen, dict(share=0.08))},
        cells={"unknown modes": (dirt.code_for, dict(column="mode", codes=("Not stated",), share=0.012)),
               "duplicates": (dirt.copied, dict(share=0.006)),
               "test patients": (dirt.test_patients, dict(number=45))},
    ),
    "Orrin Royal": Export(
        dict(arrived="ArrivalDTTM", assessed="InitialAssessmentStartDTTM", triaged="InitialAssessmentEndDTTM",
             seen="FirstSeenByClinicianDTTM", decided="DecisionToAdmitDTTM", departed="DepartedDTTM",
             attendance="AttendanceKey", patient="PseudoPatientKey", sex="SexDescription", age="AgeInYears",
             mode="ArrivalModeDescription", level="AcuityDescription", outcome="DischargeStatusDescription",
             note="ChiefComplaintDescription"),
        (("Arrival by own transport", "Arrival on foot"),
         ("Arrival by emergency road ambulance", "Arrival by air ambulance"), ("Sent in by general practitioner",)),
        one_each("Immediate resuscitation", "Very urgent", "Urgent", "Standard", "Low acuity"),
        (("Treatment completed", "Discharged to usual residence"), ("Admitted to ward", "Admitted to critical care"),
         ("Left before treatment",)),
        style("%Y-%m-%d", clock="%H:%M:00.000"), sexes=("female", "male"),
        stamps={"round minutes": (dirt.round_minutes, dict(stamp="triaged", share=0.2)),
                "seen before triage": (dirt.seen_before_triage, dict(share=0.015))},
        cells={"dates that stand for none":
               (dirt.text_for, dict(column="departed", text="1900-01-01 00:00:00.000", share=0.004)),
               "other capitals": (dirt.other_case, dict(column="mode", share=0.03))},
        lines={"headers again": (dirt.headers_again, dict(number=23))},
    ),
}  # fmt: skip
STYLES = ("Aldmoor", "Brackwater", "Dunmere", "Carrow Royal", "Aldmoor", "Brackwater")
EXPORTS |= {
    department.name: replace(EXPORTS[as_of], stamps={}, cells={}, lines={})
    for department, as_of in zip(MORE, STYLES, strict=True)
}
"""Those of `MORE` write as these do, without dirt."""
NOTES = (
    "chest pain",
    "fall",
    "cut finger",
    "short of breath",
    "abdominal pain",
    "headache",
    "fever",
    "back pain",
)


@dataclass(frozen=True)
class Written:
    """The lines of a file, the true count of each kind of dirt, and figures of the records before any dirt.

    `recorded` are the figures of the days that are there, and with what staff wrote before 4:00 taken as it is: no
    reader can undo these.
    """

    lines: list[str]
    counts: dict[str, int]
    true: dict[str, float]
    recorded: dict[str, float]


def coded(export: Export, frame: pd.DataFrame, column: str, rng: dirt.Rng) -> Any:
    """The codes of 'mode', 'level' or 'outcome'."""
    place = ("mode", "level", "outcome").index(column)
    meanings = frame[column].to_numpy()

    def draw(by: tuple[tuple[str, ...], ...]) -> Any:
        most = max(map(len, by))
        table = np.array([[codes[n % len(codes)] for n in range(most)] for codes in by], object)
        return table[meanings, rng.integers(0, most, len(meanings))]

    first = draw((export.modes, export.levels, export.outcomes)[place])
    return (
        np.where(frame.arrived >= 364 * DAY, draw(export.later[place]), first)
        if export.later
        else first
    )


def rendered(export: Export, frame: pd.DataFrame, rng: dirt.Rng) -> pd.DataFrame:
    """The text of every cell, in columns named as the fields are."""
    n = len(frame)
    cells = pd.DataFrame({
        "attendance": (1_000_000 + np.arange(n)).astype(str), "patient": rng.integers(10**6, 10**6 + n, n).astype(str),
        "age": frame.age.astype(str), "sex": np.array(export.sexes, object)[frame.sex],
    }, dtype=object)  # fmt: skip
    for name in STAMPS:
        cells[name] = export.style(frame[name])
    for name in ("mode", "level", "outcome"):
        cells[name] = coded(export, frame, name, rng)
    cells["note"] = rng.choice(NOTES, n)
    return cells


def columns_of(export: Export, cells: pd.DataFrame) -> dict[str, Any]:
    """The columns of the file by heading, in the hospital's order; stamps in two columns where it has two."""
    columns: dict[str, Any] = {}
    for name in dict.fromkeys((*export.headings, "note")):
        heading = export.headings.get(name, "Presenting complaint")
        if isinstance(heading, str):
            columns[heading] = cells[name]
        else:
            parts = cells[name].str.partition(" ")
            columns[heading[0]], columns[heading[1]] = parts[0], parts[2]
    return columns


def written(
    department: Department,
    export: Export,
    days: int = DAYS,
    seed: int = SEED,
    *,
    plain: bool = False,
) -> Written:
    """The department's file, with its dirt."""
    rng, counts = np.random.default_rng([seed, 5]), {}
    frame = made(department, days, seed, plain=plain)
    frame[list(STAMPS)] = np.floor(frame[list(STAMPS)])
    true = recorded = figures(frame, days)
    lost = 0
    for kind, (maker, arguments) in export.stamps.items():
        frame, counts[kind] = maker(frame, rng, **arguments)
        if maker in (dirt.heap_before_four, dirt.lost_days):
            lost += counts[kind] * (maker is dirt.lost_days)
            recorded = figures(frame, days - lost)
    cells = rendered(export, frame, rng)
    for kind, (maker, arguments) in export.cells.items():
        cells, frame, counts[kind] = maker(cells, frame, rng, **arguments)
    columns = columns_of(export, cells)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    lines = [",".join(columns), *map(",".join, rows)]
    for kind, (maker, arguments) in export.lines.items():
        lines, counts[kind] = maker(lines, rng, **arguments)
    return Written(lines, counts, true, recorded)


def export_all(folder: Path) -> dict[str, Written]:
    """Write the files of the first six departments into a folder, as `brackwater.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for department in DEPARTMENTS:
        files[department.name] = file = written(department, EXPORTS[department.name])
        path = folder / f"{department.name.split()[0].lower()}.csv"
        path.write_text("\n".join(file.lines) + "\n", encoding="utf-8")
        print(path, f"{len(file.lines):,} lines", file.counts, flush=True)
    return files
