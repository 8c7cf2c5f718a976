"""What planners get wrong is refused or asked about: of eighty mistakes none is silent, but those counted here."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from simulation.offers.interview import Checked, check

MISTAKES = [
    one
    for name in ("planners", "planners_after")
    for one in yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8"))
]
SILENT = (
    "triage_long_day_ends_before_evening_peak",
    "admitted_share_of_adults_beside_all_children",
)
"""Mistakes about which nothing is said yet."""
READ_AS_MEANT = {
    "year_in_thousands": "323.3 attendances a day",
    "ambulances_named_to_exclude_them": "adult walk-ins, 48 % of everybody",
    "covers_negated": "adult walk-ins and GP referrals, 52 % of everybody",
}
"""What is read back of those that are read as they were meant."""


def told(checked: Checked, mistake: Mapping[str, Any]) -> bool:
    """Whether a mistake is refused or asked about, as is wanted, at one of its questions."""
    keys, wanted = mistake["keys"], mistake["wanted"]
    refused = any(checked.faults.get(key) for key in keys)
    asked = any(checked.doubts[key] for key in keys)
    echoed = " ".join(words for key in keys for words in checked.readings[key])
    is_read = READ_AS_MEANT.get(mistake["name"], "-") in echoed
    return refused or is_read or (asked and wanted != "refused")


def silent(mistakes: list[dict[str, Any]], folder: Path) -> Iterator[str]:
    """The names of the mistakes about which nothing is said."""
    return (one["name"] for one in mistakes if not told(check(one["answers"], folder), one))


def test_mistakes_of_planners_are_refused_or_asked_about(tmp_path: Path) -> None:
    assert tuple(silent(MISTAKES, tmp_path)) == SILENT
