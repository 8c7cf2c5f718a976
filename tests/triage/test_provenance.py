"""Every number under configs/triage says where it comes from and how far it could be off."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from simulation.department.config_dataclass import Evidence

CONFIGS = Path(__file__).parents[2] / "configs" / "triage"
FILES = sorted(CONFIGS.rglob("*.yaml"))
KINDS_OF_EVIDENCE = get_args(Evidence)
TABLES = ("counts", "shares")


def unsourced(stated: Any, where: str = "") -> Iterator[str]:
    """Every number that lacks a mark, a source or a range, by its path; tables of errors need no range."""
    if isinstance(stated, bool | str) or stated is None:
        return
    if isinstance(stated, int | float):
        yield f"{where}: a bare number"
    elif isinstance(stated, list):
        for number, each in enumerate(stated):
            yield from unsourced(each, f"{where}.{number}")
    elif "value" in stated:
        low_high = stated.get("range")
        if not (
            isinstance(low_high, list)
            and len(low_high) == 2
            and low_high[0] <= stated["value"] <= low_high[1]
        ):
            yield f"{where}: no range that holds its value"
        yield from _without_provenance(stated, where)
    else:
        is_table = any(isinstance(stated.get(name), list) for name in TABLES)
        if is_table or "arrivals" in stated or "labels" in stated or "only" in stated:
            yield from _without_provenance(stated, where)
        for name, each in stated.items():
            if not (is_table and name in TABLES):
                yield from unsourced(each, f"{where}.{name}")


def _without_provenance(stated: dict[str, Any], where: str) -> Iterator[str]:
    if stated.get("evidence") not in KINDS_OF_EVIDENCE:
        yield f"{where}: no mark"
    if len(str(stated.get("source") or "")) < 10:
        yield f"{where}: no source"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CONFIGS).as_posix())
def test_every_parameter_of_a_packaged_policy_has_mark_source_and_range(path: Path) -> None:
    assert list(unsourced(read(path))) == []


def test_there_are_files_to_walk() -> None:
    assert len(FILES) > 15


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (
            lambda policy: policy["adoption"]["weeks"].pop("range"),
            ".adoption.weeks: no range that holds its value",
        ),
        (
            lambda policy: policy["adoption"]["weeks"].update(value=99),
            ".adoption.weeks: no range that holds its value",
        ),
        (lambda policy: policy["adoption"]["start"].pop("source"), ".adoption.start: no source"),
        (lambda policy: policy["adoption"]["end"].update(source="?"), ".adoption.end: no source"),
        (
            lambda policy: policy["readings"]["share"]["factor"].pop("evidence"),
            ".readings.share.factor: no mark",
        ),
        (lambda policy: policy["ai"]["matrix"].pop("source"), ".ai.matrix: no source"),
        (lambda policy: policy["covers"].pop("evidence"), ".covers: no mark"),
        (lambda policy: policy["adoption"].update(weeks=26), ".adoption.weeks: a bare number"),
    ],
)
def test_a_parameter_without_one_of_them_is_found(
    spoil: Callable[[dict[str, Any]], Any], found: str
) -> None:
    policy = copy.deepcopy(read(CONFIGS / "ai_adopted_slowly.yaml"))
    spoil(policy)
    assert list(unsourced(policy)) == [found]
