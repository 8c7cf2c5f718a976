"""The table of a site as text: PASS and FAIL, the fitted values, and what is printed but not judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from simulation.assurance.published.table import WEEKS_NEEDED, Row, Table
from simulation.assurance.targets import KINDS, Kind

HASH_LENGTH = 12
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
HEADINGS: Mapping[Kind, str] = {
    "input": "Inputs (set by hand; shown, not counted)",
    "calibrated": "Calibrated (the fitted values below were chosen to meet these)",
    "plausible": "Plausible (bounds nobody published)",
    "predicted": "Predicted (not used in choosing the fitted values)",
    "response": "Response (what a change does, on the same patients; beside trusts' history: only=responses)",
}


def as_lines(table: Table) -> list[str]:
    """The lines of the table: what failed and why, every fitted value, and what is printed but not judged."""
    lines = [
        f"Site {table.site}: {table.replications} replications, {table.weeks:.0f} weeks measured, "
        f"engine {table.engine}, {table.seconds:.0f} s. Held against targets/{table.targets}.yaml.",
        "A row passes where its value is in the band. INCONCLUSIVE: it is, but its 95 % interval over all "
        "replications is wider than the band (or, of a band that is open on one side, reaches across the bound).",
    ]
    if table.weeks < WEEKS_NEEDED:
        lines.append(f"Judged on fewer than {WEEKS_NEEDED} weeks: not a validation. Leave run= out.")
    for kind in KINDS:
        rows = [row for row in table.rows if row.kind == kind]
        if rows:
            lines += ["", f"{HEADINGS[kind]}: {_count(rows, kind)}", *(_row_line(row) for row in rows)]
    sections = (_response_lines, _failure_lines, _differs_lines, _calibration_lines, _hour_lines)
    return [*lines, *(line for section in sections for line in section(table))]


def _count(rows: Sequence[Row], kind: Kind) -> str:
    judged = [row for row in rows if row.passed is not None]
    words = f"{sum(row.word == 'PASS' for row in judged)} of {len(judged)} pass"
    printed = len(rows) - len(judged)
    words += f", {printed} printed only" if printed else ""
    return f"{words}, not counted" if kind == "input" else words


def _row_line(row: Row) -> str:
    bounded = row.low is not None or row.high is not None
    band = f"{_number(row.low, 'open')} to {_number(row.high, 'open')}" if bounded else "no band"
    value = f"{_number(row.found)} +- {_number(row.standard_error)}"
    return f"  {row.word:<12} {row.name:<58} {value:<20} [{band}] {row.unit}{_months(row)}. {row.source}"


def _months(row: Row) -> str:
    """The months whose mean a row is, in words; empty for a row that is no such mean."""
    if row.months is None:
        return ""
    first, last = (MONTHS[month - 1] for month in row.months)
    return f", mean of months {first} to {last}"


def _number(value: float | None, otherwise: str = "") -> str:
    """A number as text: shares have three decimals, minutes one."""
    if value is None:
        return otherwise
    if not math.isfinite(value):
        return "none"
    size = abs(value)
    return f"{value:.4f}" if size < 0.01 else f"{value:.3f}" if size < 2 else f"{value:.1f}"


def _response_lines(table: Table) -> list[str]:
    if not table.fewer_in:
        return []
    return [
        f"  The clinician fewer is one of {table.fewer_in}. The department adapts as it always does, unless a row says "
        "that nobody reacts."
    ]


def _failure_lines(table: Table) -> list[str]:
    n_inconclusive = sum(row.word == "INCONCLUSIVE" for row in table.failed)
    n_counted = sum(row.counts for row in table.rows)
    lines = [
        "",
        f"{len(table.failed)} of {n_counted} rows that count do not pass: {n_inconclusive} of them INCONCLUSIVE.",
    ]
    for row in table.rows:
        if row.word in ("FAIL", "INCONCLUSIVE"):
            aside = " (not counted)" if not row.counts else ""
            lines.append(f"  {row.word}{aside}  {row.name}: {_number(row.found)} {_side(row)}. {row.note}")
    return lines


def _side(row: Row) -> str:
    """Where the value lies, and whether its interval reaches elsewhere."""
    if not math.isfinite(row.found):
        return "is not known"
    low, high = row.found - row.half_width, row.found + row.half_width
    interval = f"95 % interval, {_number(low)} to {_number(high)},"
    if row.word == "INCONCLUSIVE":
        return f"is within its band, but the {interval} is too wide"
    if row.low is not None and row.found <= row.low:
        side, reaches = f"is below {_number(row.low)}", high >= row.low
    else:
        side, reaches = f"is above {_number(row.high)}", row.high is not None and low <= row.high
    return f"{side} (its {interval} reaches the band)" if reaches else side


def _differs_lines(table: Table) -> list[str]:
    if not table.differs:
        return []
    heading = f"What differs from the typical department: {len(table.differs)} values"
    return ["", heading, *(f"  {line}" for line in table.differs)]


def _calibration_lines(table: Table) -> list[str]:
    if not table.calibration_file:
        return []
    short = table.calibration_sha256[:HASH_LENGTH]
    lines = ["", f"Fitted values: {len(table.calibration)}, {table.calibration_file}, sha256 {short}"]
    if table.overridden:
        lines.append(f"  Overridden in this run, so not what the hash stands for: {', '.join(table.overridden)}")
    lines.append(f"  {_predictions_line(table)}")
    lines += [
        f"  {parameter.name:<30} {parameter.value:<8g} of {parameter.low:g} to {parameter.high:g}"
        for parameter in table.calibration
    ]
    return lines


def _predictions_line(table: Table) -> str:
    if table.predictions is None:
        return "No predictions are on file for these fitted values."
    predicted_with = table.predictions.calibration_sha256
    begins = f"The predictions of {table.predictions.made_on} were made with sha256 {predicted_with[:HASH_LENGTH]}"
    if predicted_with == table.calibration_sha256 and not table.overridden:
        return f"{begins}: the same fitted values."
    return f"{begins}: NOT with these fitted values. They are not about this run."


def _hour_lines(table: Table) -> list[str]:
    hours = " ".join(f"{hour:>4d}" for hour in range(24))
    lines = ["", f"{'By clock hour':<34}{hours}"]
    shares = " ".join(f"{100 * share:4.0f}" for share in table.four_hours_by_hour)
    lines.append(f"{'within 4 h, % by hour of arrival':<34}{shares}")
    for load_ in table.triage_load:
        shares = " ".join(f"{100 * share:4.0f}" for share in load_.by_hour)
        lines.append(f"{'load of ' + load_.pool + ', %':<34}{shares}  {100 * load_.weekly:.0f} over the week")
    return lines
