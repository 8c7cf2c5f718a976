"""Whatever a packaged scenario, arm or lever changes says whose figures those are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from simulation.department.config_dataclass import Evidence

CONFIGS = Path(__file__).parents[2] / "configs"
FILES = sorted(
    path for group in ("scenario", "study") for path in (CONFIGS / group).rglob("*.yaml")
)
KINDS_OF_EVIDENCE = get_args(Evidence)


def unsourced(stated: dict[str, Any], where: str = "") -> Iterator[str]:
    """Everything that changes values without a mark and a source; a whole block states its own."""
    values = [each for each in (stated.get("changes") or {}).values() if not _has_provenance(each)]
    if values and not _has_provenance(stated):
        yield where or "changes"
    for group in ("arms", "levers"):
        for name, each in (stated.get(group) or {}).items():
            yield from unsourced(each, f"{group}.{name}")


def _has_provenance(stated: Any) -> bool:
    return (
        isinstance(stated, dict)
        and stated.get("evidence") in KINDS_OF_EVIDENCE
        and len(str(stated.get("source") or "")) >= 10
    )


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CONFIGS).as_posix())
def test_every_change_of_a_packaged_scenario_or_study_has_a_mark_and_a_source(path: Path) -> None:
    assert list(unsourced(read(path))) == []


def test_there_are_changes_to_look_at() -> None:
    assert sum("changes: {" in path.read_text(encoding="utf-8") for path in FILES) > 10


@pytest.mark.parametrize("lost", ["evidence", "source"])
@pytest.mark.parametrize(
    ("file", "within", "found"),
    [
        ("scenario/busier_staff_follow.yaml", (), "changes"),
        ("study/ai_triage.yaml", ("arms", "two_more_beds"), "arms.two_more_beds"),
        ("study/ablation.yaml", ("levers", "reprioritise"), "levers.reprioritise"),
        (
            "study/failures.yaml",
            ("arms", "down_a_day", "changes", "site.outages.triage_tool"),
            "arms.down_a_day",
        ),
    ],
)
def test_a_change_without_one_of_them_is_found(
    file: str, within: tuple[str, ...], found: str, lost: str
) -> None:
    stated = read(CONFIGS / file)
    block = stated
    for name in within:
        block = block[name]
    del block[lost]
    assert list(unsourced(stated)) == [found]
