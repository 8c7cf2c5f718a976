"""Every picture shows something and can be told in words."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from simulation.api import Result
from simulation.display import words as in_words
from simulation.display.drawing import Picture
from simulation.display.table import Cell
from simulation.report import arm_tables as tables_of_department
from simulation.report import department_pictures as figures_of_department
from simulation.report.arm_tables import measures_table, stay_parts
from simulation.report.contents import pictures
from simulation.runs.result import StudyResult

NAMES = ("differences", "per_100k", "day", "stay", "acuity")


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_not_blank_and_has_alternative_text(
    drawn: dict[str, Picture], name: str
) -> None:
    from matplotlib.image import imread

    pixels = imread(BytesIO(drawn[name].png))
    assert min(pixels.shape[:2]) > 300
    assert 0.02 < float((pixels[..., :3].min(axis=-1) < 0.98).mean()) < 0.9
    assert len(drawn[name].alt) > 80
    assert drawn[name].caption


def test_the_picture_of_differences_tells_every_arm_with_its_interval(
    drawn: dict[str, Picture], result: StudyResult
) -> None:
    from simulation.display.words import amount, change, span

    for arm in result.others:
        for target in result.targets:
            row = result.row(arm.name, target.measure, target.group)
            difference = f"difference {change(row.difference, row.unit)}"
            interval = (
                "95 % interval (simulation noise only) "
                f"{span(row.difference_low, row.difference_high, row.unit)}"
            )
            words = f"{arm.label}: mean {amount(row.mean, row.unit)}, {difference}, {interval}"
            assert words in drawn["differences"].alt


def test_only_arms_with_a_cost_are_in_the_picture_of_cost(drawn: dict[str, Picture]) -> None:
    assert "One more triage nurse" in drawn["per_100k"].alt
    assert "often not urgent enough" not in drawn["per_100k"].alt


def test_the_picture_of_cost_draws_and_orders_what_the_table_says_for_each_100_000_pounds(
    drawn: dict[str, Picture], result: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulation.report import effect_pictures

    axes = []
    forest = effect_pictures._forest
    monkeypatch.setattr(
        effect_pictures,
        "_forest",
        lambda ax, rows, arms=(): axes.append((ax, arms)) or forest(ax, rows, arms),
    )
    assert effect_pictures.cost(result) is not None
    ((ax, arms),) = axes
    table = result.tables["better"]
    cells = {row[0]: row[table.headers.index("for each £100,000 a year")] for row in table.cells}
    said = [cells[arm.label] for arm in arms]
    assert all(isinstance(cell, Cell) for cell in said)
    values = [cell.value for cell in said if isinstance(cell, Cell)]
    assert len(values) == 2
    assert values == sorted(values)
    points = [line.get_xdata()[0] for line in ax.lines if line.get_marker() in ("o", "s", "D")]
    assert points == pytest.approx(values)
    ends = [tuple(line.get_xdata()) for line in ax.lines if line.get_marker() == "|"]
    assert ends == [pytest.approx((cell.low, cell.high)) for cell in said if isinstance(cell, Cell)]
    assert "also allow for the uncertainty of the price" in drawn["per_100k"].caption


@pytest.mark.slow
def test_the_same_inputs_give_the_same_pictures(
    drawn: dict[str, Picture], result: StudyResult
) -> None:
    assert {picture.name: picture.png for picture in pictures(result)} == {
        name: each.png for name, each in drawn.items()
    }


def test_the_stages_of_a_stay_add_up_to_the_mean_stay(result: StudyResult) -> None:
    for arm in result.arms:
        finished = result.row(arm.name, "stay_mean").mean
        assert stay_parts(result, arm).sum() == pytest.approx(finished, rel=0.05)


def test_one_arm_alone_has_no_picture_of_differences(alone: Result) -> None:
    names = [picture.name for picture in pictures(alone)]
    assert names == ["day", "stay", "acuity"]


def test_the_pathway_is_drawn_large_enough_to_read(folder: Path) -> None:
    """As it stands in a folder of results: drawing it takes longer than all the others together."""
    from matplotlib.image import imread

    pixels = imread(folder / "figures" / "pathway.png")
    assert min(pixels.shape[:2]) > 2000
    assert np.ptp(pixels[..., 0]) > 0.9
    texts = json.loads((folder / "figures" / "texts.json").read_text(encoding="utf-8"))
    assert "walk in to front desk" in texts["pathway"]["alt"]


def test_levels_without_a_target_are_drawn_without_one_and_the_caption_names_none(
    result: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where levels have names of their own."""
    for module in (figures_of_department, in_words):
        monkeypatch.setattr(module, "target_of", lambda level, levels: None)
    drawn, table = figures_of_department.acuity(result), tables_of_department.acuity_table(result)
    assert drawn is not None
    assert table is not None
    assert "target" not in f"{drawn.alt} {drawn.caption} {table.headers} {table.notes}"


def test_the_measures_are_not_called_those_of_the_nhs(result: StudyResult) -> None:
    assert measures_table(result).title == f"Measures of '{result.baseline.label}'"
