"""Mistakes that planners make are caught before anything is simulated, or read back so that they are seen."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from simulation.offers.interview import check

STATED = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("mistake", STATED["mistakes"], ids=lambda mistake: mistake["name"])
def test_a_mistake_is_refused_asked_about_or_read_back(
    mistake: dict[str, Any], tmp_path: Path
) -> None:
    for name, text in mistake.get("tables", {}).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    answers = {
        key: value
        for key, value in {**STATED["sound"], **mistake["answers"]}.items()
        if value is not None
    }
    checked = check(answers, tmp_path)
    key, how = mistake["key"], mistake["how"]
    said = [str(fault) for fault in checked.faults.get(key, ())]
    if how != "refused":
        assert not checked.all_faults
        said = (checked.doubts if how == "asked" else checked.readings)[key]
    assert any(mistake["says"] in words for words in said), said


def test_sound_answers_are_neither_refused_nor_asked_about() -> None:
    answers = {**STATED["sound"], "acceptance": "70 %"}
    checked = check(answers)
    assert not checked.all_faults
    assert not any(checked.doubts.values())
