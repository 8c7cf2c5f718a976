"""The product's commands, as a user types them from the documentation, and what they say. The only part to change.

Whatever a command does not give is absent from what is returned here, and the judge counts it as missed.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .exports import STAMPS, Export

ROOT = Path(__file__).resolve().parents[3]
MEANINGS = {
    "mode": ("arrival_source", ("walk_in", "ambulance", "referred")),
    "level": ("acuity", ("immediate", "very_urgent", "urgent", "standard", "non_urgent")),
    "outcome": ("outcome", ("discharged", "admitted", "left")),
}
"""Our column: the mapping's key, and its words for our numbers."""
LABELS = {
    "wait_to_clinician_mean": r"Wait to first clinician",
    "walk_in_triage_wait_mean": r"Wait for triage of walk-ins, mean",
    "triage_minutes_mean": r"Minutes of a walk-in's triage, mean",
    "stay_mean": r"Stay, mean",
    "within_4h_share": r"Within four hours",
    "over_12h_share": r"Over 12 hours from arrival",
    "left_share": r"Left before being seen",
    "admitted_share": r"Admitted",
}
"""Our figure: its row in the table of measures."""
NOT_UNDERSTOOD = r"not understood|code that (says nothing|the mapping does not (know|name))"
KINDS = {
    "lost days": r"(day|month).*(far fewer|few|lost|missing|without)",
    "lost month": r"(day|month).*(far fewer|few|lost|missing|without)",
    "missing triage": r"no time of a step before|no (time|stamp) .*(triage|assess)",
    "unknown outcomes": NOT_UNDERSTOOD,
    "unknown modes": NOT_UNDERSTOOD,
    "unknown levels": NOT_UNDERSTOOD,
    "test patients": r"test patient|row that the mapping leaves out",
    "NULL in words": r"no (time|stamp).* first clinician, of a patient",
    "duplicates": r"row that repeats another",
    "blank lines": r"row without a value",
    "heap before four hours": r"before (4:00|four hours)",
    "seen before triage": r"order in which they cannot be|seen.*before .*(triage|assess)",
    "missing departures": r"no departure, of a patient",
    "other capitals": r"other capitals or blanks",
    "headers again": r"header again",
    "round minutes": r"whole 5 or 15 minutes",
    "negative triage": r"order in which they cannot be|negative",
    "date alone": r"date alone|later stamp that is no time",
    "total row": r"more or fewer cells|total|no time of arrival|arrival that is no time",
    "closed by the system": r"closed|23:59|same minute of",
    "yesterday's date": r"date of the day before",
    "ages of 999": r"age that is no number",
    "open quotes": r"quote",
    "one stamp in UTC": r"by a clock that|UTC",
    "twelve hours out": r"stamp before the arrival|twelve hours",
    "dates that stand for none": r"date that stands for none",
    "commas in free text": r"more or fewer cells",
    "downtime": r"downtime|(many|same).*(stamps|minute|moment)",
    "leavers with a seen stamp": r"left unseen, .* after a clinician|left .*(yet|though) seen",
    "numbers twice": r"attendance number that is there already",
}
"""Our kind of dirt: the product's rows of it, which are added up."""
ARMS = {
    "27_seconds_off_triage": "ai_scribe_measured",
    "one_more_triage_nurse": "one_more_triage_nurse",
    "one_more_doctor_14_to_22": "clinician_14_to_22",
}
"""Our change: the product's arm. The scribe is for walk-ins and referred patients alone; ours are for all
(`for_everybody`)."""
EVERYBODY, SCRIBE = "scribe_for_all", "ai_scribe_measured"
OTHER_ARMS = ("sham", "ai_label_measured_under", "ai_label_measured_over", "ai_label_advises", "ai_as_claimed",
              "ai_documents_measured", "lean_triage", "two_more_beds", "childrens_clinician_12_to_22")  # fmt: skip
"""Arms of the product's study that no truth is known of."""

SHOWN = (("department_p5", "department_p95"), ("difference_low", "difference_high"))
"""Columns of the range of nine in ten departments, and of the interval, which pages show where it is the wider."""

OF_FITS = "range of the effect"
"""The column of the product's range of an effect of departments that were held to records."""
ON_TRIALS = {
    "27_seconds_off_triage": "AI scribe, as measured",
    "one_more_triage_nurse": "One more triage nurse",
    "one_more_doctor_14_to_22": "One more clinician from 14",
}
"""Our change: how the arm is labelled in tables."""
MEASURES_SHOWN = {"wait_to_clinician_mean": 1, "within_4h_share": 100}
"""Measures, and how many of the unit of tables one is."""
Ranges = dict[str, dict[str, tuple[float, float]]]


@dataclass(frozen=True)
class Said:
    """What a command said, and whether it ended well."""

    fine: bool
    text: str


def command(folder: Path, *words: str, seconds: int = 7200) -> Said:
    """`aeflow WORDS` in a folder, as a user would run it."""
    asked = [sys.executable, "-c", "import sys; from aeflow import main; sys.exit(main())", *words]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
        "PYTHONIOENCODING": "utf-8",
    }
    try:
        done = subprocess.run(
            asked, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return Said(False, f"not ended after {seconds} s")
    return Said(done.returncode == 0, done.stdout + done.stderr)


def draft(folder: Path, file: str) -> tuple[Said, dict[str, Any]]:
    """The mapping that the product drafts; empty if it drafts none."""
    path = folder / "configs" / "extract" / f"{Path(file).stem}.yaml"
    path.unlink(missing_ok=True)
    said = command(folder, "extract", "draft", file)
    return said, yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


def correct(folder: Path, file: str, drafted: dict[str, Any], export: Export) -> None:
    """Write the mapping that somebody writes who knows the hospital's columns and lists of codes."""
    mapping = dict(drafted) or {"worst_share": 0.05, "timezone": "Europe/London"}
    headings = export.headings
    names = dict(
        zip(
            STAMPS,
            ("arrived_at", "assessed_at", "triaged_at", "seen_at", "decided_at", "departed_at"),
            strict=True,
        )
    )
    mapping["times"] = {
        words: headings[name] if isinstance(headings[name], str) else list(headings[name])
        for name, words in names.items()
    }  # fmt: skip
    for column, (key, words) in MEANINGS.items():
        codes = {code: words[meaning] for code, meaning in export.codes(column).items()}
        says_nothing = {
            code: "unknown"
            for _, arguments in export.cells.values()
            if arguments.get("column") == column
            for code in arguments.get("codes", ())
        }
        mapping[key] = {"column": headings[column], "values": {**codes, **says_nothing}}
    sexes = dict(zip(export.sexes, ("female", "male"), strict=True))
    mapping.update(age=headings["age"], attendance=headings["attendance"], patient=headings["patient"],
                   sex={"column": headings["sex"], "values": sexes}, day_first=export.day_first,
                   evidence="measured", source="made records, January 2023 to December 2024")  # fmt: skip
    path = folder / "configs" / "extract" / f"{Path(file).stem}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        yaml.safe_dump(mapping, sort_keys=False, width=1000, allow_unicode=True), encoding="utf-8"
    )


def advised(folder: Path, file: str, text: str) -> bool:
    """Do what a refusal advises (`utc: [seen_at]`, quotes taken out); whether it advised anything."""
    if "quotation mark" in text:
        data = folder / file
        data.write_text(data.read_text(encoding="utf-8").replace('"', ""), encoding="utf-8")
        return True
    lines = re.findall(r"\b(utc: \[\w+\])", " ".join(text.split()))
    path = folder / "configs" / "extract" / f"{Path(file).stem}.yaml"
    mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    for line in lines:
        mapping.update(yaml.safe_load(line))
    path.write_text(yaml.safe_dump(mapping, sort_keys=False, width=1000), encoding="utf-8")
    return bool(lines)


def measures_in(text: str) -> dict[str, float]:
    """Figures of the table of measures: minutes, and shares of 1."""
    found = {}
    for name, label in LABELS.items():
        row = re.search(rf"^ *{label} {{2,}}([\d.,]+) (min|%)", text, re.M)
        if row:
            found[name] = float(row[1].replace(",", "")) / (100 if row[2] == "%" else 1)
    row = re.search(r"^([\d,]+) attendances in ([\d,]+) days", text, re.M)
    lost = counts_in(text, ["lost days"])["lost days"]
    if row:
        days = float(row[2].replace(",", "")) - lost
        found["attendances_a_day"] = float(row[1].replace(",", "")) / days
    row = re.search(r"([\d.,]+) (?:attendances )?a day", text)
    if row:
        found["attendances_a_day"] = float(row[1].replace(",", ""))
    return found


def counts_in(text: str, kinds: list[str]) -> dict[str, float]:
    """By kind of dirt how often the table of data quality says that it is there."""
    rows = re.findall(r"^ {2}(\S.*?) {2,}([\d,]+) +[\d.]+ ", text, re.M)
    return {
        kind: sum(float(number.replace(",", "")) for label, number in rows if re.search(KINDS[kind], label, re.I))
        for kind in kinds
    }  # fmt: skip


def newest(folder: Path, pattern: str) -> Path | None:
    """The file of this pattern below `results` that was written last."""
    paths = sorted((folder / "results").glob(pattern), key=lambda path: path.stat().st_mtime)
    return paths[-1] if paths else None


def rows_of(path: Path | None) -> list[dict[str, str]]:
    """The rows of a CSV file that the product wrote; none if there is none."""
    return list(csv.DictReader(path.open(encoding="utf-8-sig"))) if path else []


def fit(folder: Path, file: str, *words: str) -> tuple[Said, dict[str, float], dict[str, float]]:
    """What the fit says, the department's simulated figures, and attendances a day by mode as fitted."""
    said = command(
        folder, "fit", f"extract={file}", f"out={Path(file).stem}_fit", "overwrite=true", *words
    )
    if not said.fine:
        return said, {}, {}
    simulated = {}
    for row in rows_of(newest(folder, "extracts/*/beside.csv")):
        label, _, value, *_ = row.values()
        for name, words in LABELS.items():
            if label == words and value:
                simulated[name] = float(value) / (100 if name.endswith("share") else 1)
    fitted = {}
    for row in rows_of(newest(folder, "extracts/*/fitted.csv")):
        label, value, *_ = row.values()
        found = re.match(r"arrivals: (walk in|ambulance|referred)$", label)
        if found and "per day" in value:
            per_day = re.search(r"per day ([\d.,]*\d)", value)
            fitted[found[1].replace(" ", "_")] = (
                float(per_day[1].replace(",", "")) if per_day else 0.0
            )
    return said, simulated, fitted


def for_everybody(folder: Path) -> None:
    """Write the scribe as a product that ambulance patients have as well, as a user writes their own."""
    stated = yaml.safe_load((ROOT / f"configs/triage/{SCRIBE}.yaml").read_text(encoding="utf-8"))
    stated["name"] = EVERYBODY
    stated["covers"]["minutes"] = ["walk_in", "referred", "ambulance"]
    for reading in stated["readings"].values():
        reading["durations"].append("ambulance_assessment")
    path = folder / "configs" / "triage" / f"{EVERYBODY}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")


def effects(folder: Path, file: str, replications: int) -> tuple[Said, Ranges, Ranges]:
    """By change and measure the range that the product gives an effect; and what records leave open of
    it: the range of nine in ten departments, or the interval of one."""
    study = f"{Path(file).stem}_fit"
    path, most = folder / "configs" / "ensembles" / f"{study}.yaml", list[str]()
    if path.exists():  # each of its departments as often, twice at least
        n = yaml.safe_load(path.read_text(encoding="utf-8"))["built"]["accepted"]
        replications, most = max(replications // n, 2) * n, [f"run.departments={n}"]
    other = [f"~study.arms.{arm}" for arm in OTHER_ARMS]
    for_everybody(folder)
    other.append(f"study.arms.{SCRIBE}.triage={EVERYBODY}")
    said = command(folder, "compare", f"study={study}", f"run.replications={replications}", *most, "study.sham=null",
                   *other, "executor=serial")  # fmt: skip
    ranges: Ranges = {change: {} for change in ARMS}
    left_open: Ranges = {change: {} for change in ARMS}
    if not said.fine or "not calibrated" in said.text:
        return said, ranges, left_open
    summary = newest(folder, f"{study}/*/summary.csv")
    for row in rows_of(summary):
        for change, arm in ARMS.items():
            if row["arm"] == arm and row["group"] == "all":
                ends = [(row[low], row[high]) for low, high in SHOWN]
                low, high = max(ends, key=lambda pair: float(pair[1] or 0) - float(pair[0] or 0))
                if low and high:
                    left_open[change][row["measure"]] = (float(low), float(high))
    for measure, unit in MEASURES_SHOWN.items():
        path = summary and summary.parent / "tables" / f"target-{measure}-all.csv"
        for row in rows_of(path):
            for change, label in ON_TRIALS.items():
                low, high = (row.get(f"{OF_FITS}, {end}") for end in ("from", "to"))
                if row["arm"].startswith(label) and low and high:
                    ranges[change][measure] = (float(low) / unit, float(high) / unit)
    return said, ranges, left_open
