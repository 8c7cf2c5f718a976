"""A mapping of the made-up extract, and the extract read from a file."""

from pathlib import Path
from typing import Any

from simulation.extracts.extract import Extract, read_extract
from tests.extracts.dirt import ARRIVED, ASSESSED, DECIDED, DEPARTED, LEVELS, SEEN, broken

LEVEL_NAMES = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")


def mapping(**changes: Any) -> dict[str, Any]:
    """How the made-up extract is read."""
    stated: dict[str, Any] = {
        "times": {
            "arrived_at": ARRIVED, "assessed_at": ASSESSED, "seen_at": SEEN, "decided_at": DECIDED,
            "departed_at": DEPARTED,
        },
        "arrival_source": {
            "column": "Arrival_Mode",
            "values": {"Walk-in": "walk_in", "Ambulance": "ambulance", "GP referral": "referred"},
        },
        "acuity": {"column": "Acuity", "values": dict(zip(LEVELS, LEVEL_NAMES, strict=True))},
        "outcome": {
            "column": "Disposition",
            "values": {"Admitted": "admitted", "Discharged": "discharged", "Left before treatment": "left"},
        },
        "sex": {"column": "Sex", "values": {"F": "female", "M": "male"}},
        "age": "Age",
        "attendance": "Attendance_ID",
        "patient": "Patient_Pseudo_ID",
        "leave_out": {"Complaint": ["Training record"]},
    }  # fmt: skip
    return stated | changes


def written(text: str | bytes, folder: Path, name: str = "extract.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(text: str | bytes, folder: Path, **changes: Any) -> Extract:
    """The extract of a file with this content."""
    return read_extract(written(text, folder), mapping(**changes))


def clean(n: int = 400, days: int = 300) -> str:
    """The text of a clean extract."""
    return broken(n, kinds=(), days=days).text()
