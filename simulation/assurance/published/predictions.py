"""Predictions on file, and the hash of the fitted values that they were made with."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from simulation.assurance.published.table import WEEKS_NEEDED, Predictions, Table
from simulation.config import packaged_configs
from simulation.errors import ConfigError, Fault

PREDICTIONS = "predictions-{calibration}.yaml"


def calibration_hash(path: Path) -> str:
    """The SHA-256 of a file of fitted values, with line ends as on Linux."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def predictions_path(calibration: str = "typical") -> Path:
    """The file of the predictions made with a file of fitted values, in docs/decisions of a checkout."""
    return packaged_configs().parent / "docs" / "decisions" / PREDICTIONS.format(calibration=calibration)


def write_predictions(path: Path, table: Table, *, on: date | None = None) -> None:
    """Write the predicted and response values with the hash of the fitted values that they were made with.

    Raises ConfigError if anything of the site was overridden (the hash would not be that of the values used), if the
    response rows are missing, or if there are too few weeks to judge by.
    """
    import yaml

    remedy = "Write it into the site's files before predicting"
    faults = [Fault(key, "is overridden", remedy) for key in table.overridden]
    if table.weeks < WEEKS_NEEDED:
        faults.append(Fault("run", f"measures {table.weeks:.0f} weeks", f"Predict from {WEEKS_NEEDED} or more"))
    if not any(row.kind == "response" for row in table.rows):
        faults.append(Fault("responses", "were left out", "Predict with them"))
    if faults:
        raise ConfigError(faults)
    content = {
        "calibration": table.calibration_file,
        "calibration_sha256": table.calibration_sha256,
        "made_on": (on or date.today()).isoformat(),
        "engine": table.engine,
        "weeks": round(table.weeks, 1),
        **{
            kind: [
                {
                    "name": row.name,
                    "measure": row.measure,
                    "value": float(f"{row.found:.5g}"),
                    "standard_error": float(f"{row.standard_error:.2g}"),
                    "unit": row.unit,
                    **({"months": list(row.months)} if row.months else {}),
                }
                for row in table.rows
                if row.kind == kind
            ]
            for kind in ("predicted", "response")
        },
    }
    heading = "# What the model predicted, and the hash of the fitted values. Written by `write_predictions`.\n"
    text = heading + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    path.write_text(text, encoding="utf-8", newline="\n")


def read_predictions(path: Path) -> Predictions | None:
    """The predictions on file; None if there are none."""
    import yaml

    if not path.is_file():
        return None
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = [*content["predicted"], *content["response"]]
    values = {row["name"]: (float(row["value"]), float(row["standard_error"])) for row in rows}
    return Predictions(content["calibration_sha256"], str(content["made_on"]), values)
