"""The changelog, the citation and the program state one version and one day of its release."""

import re
from pathlib import Path

import pytest

from simulation import __version__

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("CITATION.cff", r"^version: (.*)$"),
        ("CHANGELOG.md", r"^## (\d.*) - \d{4}-\d\d-\d\d$"),
    ],
)
def test_the_version_is_the_same_wherever_it_stands(path: str, found: str) -> None:
    stated = re.search(found, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    assert stated is not None
    assert stated[1] == __version__


def test_the_day_of_the_release_is_that_of_the_citation() -> None:
    (day,) = re.findall(rf"^## {re.escape(__version__)} - (\S+)$", TEXT, re.MULTILINE)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\ndate-released: {day}\n" in citation
