"""What the changelog says to change in one's files is what the program knows, all of it, and does."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulation import __version__
from simulation.assurance.published.command import validate
from simulation.config import load
from simulation.config.migrate import migration_of
from simulation.config.migrate_nurse import GONE
from simulation.errors import ConfigError
from simulation.renamed import ATTRIBUTES, CHOICES, GROUPS, KEYS, OPTIONS, PATHS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
OLD_KEYS = ROOT / "tests" / "config" / "old_keys"
ROWS = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if re.fullmatch(r"\|.*`.*\|.*`.*\|.*\|", line)]
"""In 0.1.0, in 0.2.0, by."""


def rows_of(old: str) -> Iterator[tuple[str, str]]:
    """What to write instead of a word, and by what, in each row that has it on the left."""
    for before, after, by in ROWS:
        if re.search(rf"`{re.escape(old)}(?:[:=].*?)?`", before):
            yield after, by


def in_code(words: str) -> str:
    """`a=b and c` as plain text: without backticks."""
    return words.replace("`", "")


@pytest.mark.parametrize(("old", "new"), [*GROUPS.items(), *KEYS.items(), *ATTRIBUTES.items(), *PATHS.items()])
def test_every_renamed_key_is_in_the_table_with_its_new_name(old: str, new: str) -> None:
    ((after, by),) = rows_of(old)
    assert f"`{new}" in after
    assert by == "migrate"


@pytest.mark.parametrize(("old", "instead"), CHOICES.items())
def test_every_file_that_went_is_in_the_table_with_what_to_choose_instead(old: str, instead: str) -> None:
    ((after, by),) = rows_of(old)
    assert in_code(after) == instead
    assert ("migrate" in by) == (old.startswith("triage=") and old.removeprefix("triage=") in GONE)


@pytest.mark.parametrize(("old", "instead"), OPTIONS.items())
def test_every_option_that_went_is_in_the_table_and_refused_by_its_new_form(old: str, instead: str) -> None:
    ((after, _),) = rows_of(f"aeflow validate {old}")
    assert in_code(after) == instead
    with pytest.raises(ConfigError, match=f"{old}=false: is no option any more. Say {instead}"):
        validate([f"{old}=false"], say=print)


def test_the_table_has_no_row_that_the_program_does_not_know() -> None:
    known = {*GROUPS, *KEYS, *ATTRIBUTES, *PATHS, *CHOICES, *(f"aeflow validate {each}" for each in OPTIONS)}
    assert len(ROWS) == len(known)


@pytest.mark.parametrize("old", sorted(CHOICES))
def test_a_file_that_went_is_refused_on_the_command_line_by_what_replaced_it(old: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(old)
    assert f"was replaced. Choose {CHOICES[old]}." in str(refused.value)


@pytest.mark.parametrize(("old", "new"), PATHS.items())
def test_a_path_that_went_is_refused_on_the_command_line_by_its_new_name(old: str, new: str) -> None:
    for override in (f"{old}=[]", f"study.arms.sham.changes={{{old}: []}}"):
        with pytest.raises(ConfigError, match=f"It is now called '{new}': `aeflow migrate FOLDER`"):
            load(override).only()


def test_each_rename_of_the_table_is_made_by_migrate(tmp_path: Path) -> None:
    """In a folder that holds every old key; the nurse's paths are tried in the tests of migrating her."""
    folder = shutil.copytree(OLD_KEYS, tmp_path / "ours")
    output = "\n".join(migration_of(folder).lines())
    for old, new in {**GROUPS, **KEYS, **ATTRIBUTES}.items():
        assert f"{old} -> {new} (" in output, old


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
