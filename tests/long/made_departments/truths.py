"""True figures of two years of every department, and true effects of three changes from 50 paired years.

    python tests/long/made_departments truths [50 [Garth ...]]

With names only theirs are found, and the others stay as they were written.
Every change meets the same patients and beds as no change. A standard error is of the mean over the years.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from .departments import EVERY, Department
from .engine import CHANGES, figures, made

DAYS, YEAR, SEED = 728, 364, 2023
MEASURES = ("wait_to_clinician_mean", "within_4h_share")
KEPT = (*MEASURES, "time_to_clinician_mean")
TRUTHS = Path(__file__).with_name("truths.yaml")


def true_effects(department: Department, years: int) -> dict[str, dict[str, list[float]]]:
    """By change and measure the mean difference over paired years, and its standard error."""
    differences: dict[str, list[list[float]]] = {name: [] for name in CHANGES}
    for year in range(years):
        before = figures(made(department, YEAR, 10_000 + year), YEAR)
        for name, change in CHANGES.items():
            after = figures(made(department, YEAR, 10_000 + year, change), YEAR)
            differences[name].append([after[measure] - before[measure] for measure in KEPT])
    found: dict[str, dict[str, list[float]]] = {}
    for name, rows in differences.items():
        mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / np.sqrt(years)
        found[name] = {
            measure: [round(float(mean[place]), 5), round(float(spread[place]), 5)]
            for place, measure in enumerate(KEPT)
        }
    return found


def write_truths(years: int = 50, *names: str) -> None:
    """Write `truths.yaml`: by department its figures and effects, of those named or of all."""
    truths: dict[str, Any] = read_truths() if names else {}
    for department in EVERY:
        if names and department.name not in names:
            continue
        two_years = figures(made(department, DAYS, SEED), DAYS)
        truths[department.name] = {
            "figures": {name: round(value, 5) for name, value in two_years.items()},
            "effects": true_effects(department, years),
        }
        print(department.name, truths[department.name], flush=True)
    head = (
        f"# {DAYS} days of seed {SEED}; effects [mean, standard error] of {years} paired years.\n"
    )
    TRUTHS.write_text(
        head + yaml.safe_dump(truths, sort_keys=False, default_flow_style=None, width=118),
        encoding="utf-8",
    )


def read_truths() -> dict[str, Any]:
    """What `truths.yaml` holds."""
    return yaml.safe_load(TRUTHS.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
