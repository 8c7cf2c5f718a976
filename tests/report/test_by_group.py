"""Who gains and who pays: rows by group add up to what the comparison says; a study that asks gets the picture."""

from dataclasses import replace

import pytest

from simulation.report.effect_pictures import by_group
from simulation.report.patient_groups import (
    ATTRIBUTES,
    by_group_tables,
    groups_of,
    is_about_groups,
    less_everybody,
)
from simulation.runs.result import StudyResult

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def asked(result: StudyResult) -> StudyResult:
    """The same run, as a study that has a target for the oldest."""
    oldest = replace(result.design.primary[0], group="age_band=oldest", label="Wait, oldest")
    design = replace(result.design, secondary=(oldest,))
    return replace(result, study=replace(result.study, design=design))


def test_every_group_of_age_sex_language_and_arrival_has_one_row(result: StudyResult) -> None:
    attributes = [group.split("=")[0] for group in groups_of(result)]
    assert list(dict.fromkeys(attributes)) == list(ATTRIBUTES)
    differences, gaps = by_group_tables(result)
    assert differences.rows[0][0] == "everybody"
    assert len(differences.rows) == len(groups_of(result)) + 1
    assert len(gaps.rows) == len(groups_of(result))
    assert all(len(row) == len(result.others) + 2 for row in differences.rows)


def test_a_group_s_gap_is_its_difference_less_everybody_s(result: StudyResult) -> None:
    measure = result.design.primary[0].measure
    for arm in result.others:
        whole = result.row(arm.name, measure).difference
        for group in groups_of(result):
            own = result.row(arm.name, measure, group).difference
            assert less_everybody(result, arm, group).mean == pytest.approx(own - whole, abs=1e-9)


def test_the_baseline_s_twin_opens_no_gap(result: StudyResult) -> None:
    _, gaps = by_group_tables(result)
    column = gaps.headers.index("Twin of the nurse")
    assert {row[column] for row in gaps.rows} == {"0.0 (0.0 to 0.0)"}


def test_only_a_study_that_asks_about_groups_gets_the_picture(
    result: StudyResult, asked: StudyResult
) -> None:
    assert not is_about_groups(result)
    assert by_group(result) is None
    picture = by_group(asked)
    assert picture is not None
    assert "age: oldest" in picture.alt
    assert "sham" in picture.caption


def test_a_picture_by_group_without_a_sham_speaks_of_no_band(asked: StudyResult) -> None:
    design = replace(asked.design, sham=None)
    picture = by_group(replace(asked, study=replace(asked.study, design=design)))
    assert picture is not None
    assert "band" not in picture.caption
