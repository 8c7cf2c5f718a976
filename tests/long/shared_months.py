"""What departments share from month to month: trusts as published, and departments of the scenario `shared`.

`python tests/long/shared_months.py` prints, for the four-hour share of type 1 by trust and month, April 2016 to March
2019 (NHS England, OGL v3; AEFLOW_DATA names the folder), and for simulated departments in as many months: the standard
deviation within a department, the mean correlation of two departments, the same after each one's line in time and
months of the year, and the fall a year. It takes about a minute of one processor for each scenario.
"""

import gzip
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.config import load
from simulation.measures.measuring import DailyOutcome
from simulation.records.schema import Floats
from simulation.runs.result import simulate

FILE = "ae_attendances_2016-04_2019-03.csv.gz"
YEARS, N_DEPARTMENTS = 3, 24
LEAST_ATTENDANCES = 3_000
"""A month of a trust with a major department."""


def published(path: Path) -> Floats:
    """The four-hour share of type 1 by trust and month, trusts that report every month, shape (n_trusts, 36)."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        table = pd.read_csv(file, dtype={"type": str})
    type_1 = table[table["type"] == "1"]
    counts = type_1.pivot_table(
        index="org_code", columns="period", values=["attendances", "breaches"], aggfunc="sum"
    )
    whole = counts.dropna()
    whole = whole[(whole["attendances"] >= LEAST_ATTENDANCES).all(axis=1)]
    share: Floats = 1 - (whole["breaches"] / whole["attendances"]).to_numpy()
    return share


def simulated(scenario: str, *overrides: str) -> Floats:
    """The same of simulated departments under today's nurses, shape (N_DEPARTMENTS, 36)."""
    study = load(
        "study=ai_triage",
        f"scenario={scenario}",
        "run=evaluation",
        f"run.measured_days={364 * YEARS}",
        f"run.replications={N_DEPARTMENTS}",
        f"run.departments={N_DEPARTMENTS}",
        *overrides,
    )
    outcome = DailyOutcome(measure="within_4h_share")
    chosen = study.of_arms([])
    run = type(study.run)(**{**vars(study.run), "daily": (outcome,)})
    result = simulate(type(study)(**{**vars(chosen), "run": run}))
    days = np.stack([np.asarray(arm.daily).reshape(3, -1) for arm in result.arms[0].replications])
    month = np.arange(days.shape[2]) * 36 // days.shape[2]
    n, within = (np.stack([np.bincount(month, of[row]) for of in days]) for row in (0, 1))
    share: Floats = within / n
    return share


def figures(share: Floats) -> dict[str, float]:
    """Spread, correlations and fall of four-hour shares in points, shape (n, 36)."""
    points = 100 * share
    months = np.arange(points.shape[1])
    columns = np.column_stack([months / 12, np.eye(12)[months % 12]])
    slopes, left = [], []
    for row in points:
        fitted = np.linalg.lstsq(columns, row, rcond=None)[0]
        slopes.append(fitted[0])
        left.append(row - columns @ fitted)
    return {
        "standard deviation": float(points.std(axis=1, ddof=1).mean()),
        "correlation of two": _mean_correlation(points),
        "the same after line and months": _mean_correlation(np.array(left)),
        "points a year": float(np.mean(slopes)),
        "mean": float(points.mean()),
    }


def _mean_correlation(rows: Floats) -> float:
    correlations = np.corrcoef(rows)
    return float(correlations[np.triu_indices(len(rows), 1)].mean())


def main(scenarios: list[str]) -> int:
    """Print the figures of trusts and of each scenario."""
    told = {"trusts 2016-19": published(Path(os.environ["AEFLOW_DATA"]) / FILE)}
    told |= {scenario: simulated(scenario) for scenario in scenarios or ["usual", "shared"]}
    for name, share in told.items():
        print(
            f"{name} ({len(share)}): "
            + ", ".join(f"{what} {value:.2f}" for what, value in figures(share).items())
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
