"""How far effects in departments held to records were from the truth; writes `simulation/report/made_departments.yaml`.

    python tests/long/made_departments worth table FOLDER ...      after the judge, with effects, in each folder
    python tests/long/made_departments worth check                 of the file's rows: each department left out in turn
    python tests/long/made_departments worth causes RUN            of a run of study=ai_triage: ranges of packaged ones

`table` takes the comparison that the judge ran for each department, and writes a row for each change and measure: true
and modelled effect as logarithms of ratios (odds of shares), and the ends of nine in ten of the fitted departments.

    true = times * modelled,   times alike for all changes at one place (triage, clinicians), of waits and of shares

The mean of `times`, and the ends between which those of a further department lie with 90 % (Student's t over
departments, which weigh alike), stand in the same file. `check` leaves each department out, prints how many true
effects are in the range that others give it, and how wide that is beside the effect. `causes` prints how wide nine in
ten packaged departments of each cause are.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from scipy.stats import t

from . import product
from .departments import EVERY
from .truths import MEASURES, read_truths

INTO = product.ROOT / "simulation/report/made_departments.yaml"
PLACES = {
    "27_seconds_off_triage": "triage",
    "one_more_triage_nurse": "triage",
    "one_more_doctor_14_to_22": "clinicians",
}
"""Where a change acts."""


class Row(NamedTuple):
    """A true effect beside the mean of fitted departments and the ends of nine in ten of them, as logarithms."""

    department: str
    change: str
    measure: str
    true: float
    modelled: float
    least: float
    most: float


def log_of(before: float, difference: float, measure: str) -> float:
    """The logarithm of the ratio, or of the odds ratio of a share, of a difference from a level."""
    levels = before, before + difference
    if measure.endswith("share"):
        levels = levels[0] / (1 - levels[0]), levels[1] / (1 - levels[1])
    return math.log(levels[1] / levels[0])


def rows_in(folder: Path, department: str) -> Iterator[Row]:
    """The rows of a department whose comparison is in the folder."""
    truth = read_truths()[department]
    path = product.newest(folder, f"{department.split()[0].lower()}_fit/*/summary.csv")
    for found in product.rows_of(path):
        measure = found["measure"]
        change = next((key for key, arm in product.ARMS.items() if arm == found["arm"]), None)
        if change and measure in MEASURES and found["group"] == "all":
            difference = float(found["difference"])
            before = float(found["mean"]) - difference
            ends = (float(found[end]) for end in ("department_p5", "department_p95"))
            least, most = sorted(log_of(before, end, measure) for end in ends)
            true = log_of(truth["figures"][measure], truth["effects"][change][measure][0], measure)
            modelled = log_of(before, difference, measure)
            yield Row(department, change, measure, true, modelled, least, most)


def times_of(rows: Sequence[Row]) -> tuple[float, float, float]:
    """The mean of true over modelled effects, and the ends of 90 % of further departments."""
    names = list(dict.fromkeys(row.department for row in rows))
    of_each = [
        [row.true / row.modelled for row in rows if row.department == name] for name in names
    ]
    middle = float(np.mean([np.mean(of) for of in of_each]))
    spread = math.sqrt(
        sum(float(np.mean((np.array(of) - middle) ** 2)) for of in of_each) / (len(names) - 1)
    )
    reach = float(t.ppf(0.95, len(names) - 1)) * spread * math.sqrt(1 + 1 / len(names))
    return middle - reach, middle, middle + reach


def of_place(rows: Iterable[Row], place: str, unit: str) -> list[Row]:
    """The rows of changes at a place, of measures in that unit: minutes or share."""
    return [row for row in rows if PLACES[row.change] == place and unit_of(row.measure) == unit]


def unit_of(measure: str) -> str:
    """The unit of a measure."""
    return "share" if measure.endswith("share") else "minutes"


def check(rows: Sequence[Row]) -> None:
    """Print what ranges hold and how wide they are, each department left out in turn."""
    for measure in MEASURES:
        for change, place in PLACES.items():
            held, inside, widths, own = 0, 0, [], []
            for row in rows:
                if (row.change, row.measure) != (change, measure):
                    continue
                alike = of_place(rows, place, unit_of(measure))
                others = [one for one in alike if one.department != row.department]
                low, _, high = times_of(others)
                ends = low * row.modelled, high * row.modelled, row.least, row.most
                held += min(ends) <= row.true <= max(ends)
                inside += row.least <= row.true <= row.most
                widths.append((max(ends) - min(ends)) / abs(row.true))
                own.append((row.most - row.least) / abs(row.true))
                print(
                    f"  {row.department:16} true {row.true:+.4f}, modelled {row.modelled:+.4f} ({row.least:+.4f} to "
                    f"{row.most:+.4f}), times {row.true / row.modelled:5.2f}; others {low:.2f} to {high:.2f}"
                )
            print(
                f"{change}, {measure}: held {held} of {len(widths)}, by nine in ten departments {inside}; "
                f"width over the true effect {np.median(widths):.2f}, of departments {np.median(own):.2f}"
            )


def causes(run: Path) -> None:
    """Print the range of nine in ten packaged departments by cause, over the mean effect."""
    from simulation.api import read
    from simulation.statistics.departments import spread_over

    result = read(run)
    assert result.department_of is not None
    for change, arm in product.ARMS.items():
        for measure in MEASURES:
            difference = result.values(arm, measure) - result.values("nurse", measure)
            for label, mask in result.causes.items():
                over = spread_over(difference[mask], result.department_of[mask])
                low, high = np.quantile(over.effects, [0.05, 0.95])
                width = (high - low) / abs(over.effects.mean())
                print(f"{change}, {measure}, if {label}: {over.effects.mean():.4f} ({low:.4f} to {high:.4f}), width "
                      f"over the mean {width:.2f}")  # fmt: skip


def main(words: list[str]) -> int:
    """Write the table, check it, or print ranges by cause."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("table", "check", "causes"))
    parser.add_argument("folders", nargs="*", type=Path)
    asked = parser.parse_args(words)
    if asked.what == "causes":
        causes(asked.folders[0])
        return 0
    if asked.what == "table":
        rows = [
            row for folder in asked.folders for one in EVERY for row in rows_in(folder, one.name)
        ]
        places: dict[str, dict[str, dict[str, float]]] = {}
        for place in dict.fromkeys(PLACES.values()):
            for unit in map(unit_of, MEASURES):
                ends = (round(end, 2) for end in times_of(of_place(rows, place, unit)))
                of_unit = dict(zip(("low", "middle", "high"), ends, strict=True))
                places.setdefault(place, {})[unit] = of_unit
        n = len({row.department for row in rows})
        lines = [
            "# Made by tests/long/made_departments/worth.py, which says what it means",
            yaml.safe_dump({"n_departments": n, "places": places}, sort_keys=False).rstrip(),
            "rows:",
            *(f"  - {[*row[:3], *(round(value, 5) for value in row[3:])]}" for row in rows),
        ]
        INTO.write_text("\n".join(lines) + "\n", encoding="utf-8")
    known = [Row(*row) for row in yaml.safe_load(INTO.read_text(encoding="utf-8"))["rows"]]
    check(known)
    return 0
