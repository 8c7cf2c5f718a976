"""What planners get wrong is refused or asked about: no mistake of forty is silent, but those that are counted here."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from simulation.offers.interview import Checked, check

MISTAKES = yaml.safe_load(Path(__file__).with_name("planners.yaml").read_text(encoding="utf-8"))
SILENT = (
    "one_triage_nurse_for_640",
    "twelve_hour_clock",
    "two_consultants_for_520",
    "specialty_doctors_in_small_department",
    "resus_team_as_ambulance_nurses",
    "one_ambulance_nurse_for_880",
    "one_team_for_both_overrun",
    "rotas_swapped",
    "short_wait_with_nurses_overrun",
    "wait_for_doctor_as_wait_for_triage",
    "pilot_dates_as_design",
)
"""Mistakes about which nothing is said yet."""


def told(checked: Checked, mistake: Mapping[str, Any]) -> bool:
    """Whether a mistake is refused or asked about, as is wanted, at one of its questions."""
    keys, wanted = mistake["keys"], mistake["wanted"]
    refused = any(checked.faults.get(key) for key in keys)
    asked = any(checked.said(key, "asked") for key in keys)
    return refused or (asked and wanted != "refused")


def silent(mistakes: list[dict[str, Any]], folder: Path) -> Iterator[str]:
    """The names of the mistakes about which nothing is said."""
    return (one["name"] for one in mistakes if not told(check(one["answers"], folder), one))


def test_mistakes_of_planners_are_refused_or_asked_about(tmp_path: Path) -> None:
    assert tuple(silent(MISTAKES, tmp_path)) == SILENT
