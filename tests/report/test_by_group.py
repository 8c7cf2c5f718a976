"""Who gains and who pays: rows by group add up to what the comparison says; a study that asks gets the picture."""

from dataclasses import replace

import pytest

from simulation.report.figures.effects import by_group
from simulation.report.inputs import ReportInputs
from simulation.report.tables.by_group import ATTRIBUTES, by_group_tables, groups_of, is_asked, less_everybody


@pytest.fixture(scope="module")
def asked(inputs: ReportInputs) -> ReportInputs:
    """The same run, as a study that has a target for the oldest."""
    oldest = replace(inputs.design.primary[0], group="age_band=oldest", label="Wait, oldest")
    return replace(inputs, design=replace(inputs.design, secondary=(oldest,)))


def test_every_group_of_age_sex_language_and_arrival_has_one_row(inputs: ReportInputs) -> None:
    attributes = [group.split("=")[0] for group in groups_of(inputs)]
    assert list(dict.fromkeys(attributes)) == list(ATTRIBUTES)
    differences, gaps = by_group_tables(inputs)
    assert differences.rows[0][0] == "everybody"
    assert len(differences.rows) == len(groups_of(inputs)) + 1
    assert len(gaps.rows) == len(groups_of(inputs))
    assert all(len(row) == len(inputs.others) + 2 for row in differences.rows)


def test_a_group_s_gap_is_its_difference_less_everybody_s(inputs: ReportInputs) -> None:
    measure = inputs.design.primary[0].measure
    for arm in inputs.others:
        whole = inputs.row(arm.name, measure).difference
        for group in groups_of(inputs):
            own = inputs.row(arm.name, measure, group).difference
            assert less_everybody(inputs, arm, group).mean == pytest.approx(own - whole, abs=1e-9)


def test_the_baseline_s_twin_opens_no_gap(inputs: ReportInputs) -> None:
    _, gaps = by_group_tables(inputs)
    column = gaps.headers.index("Twin of the nurse")
    assert {row[column] for row in gaps.rows} == {"0.0 (0.0 to 0.0)"}


def test_only_a_study_that_asks_about_groups_gets_the_picture(inputs: ReportInputs, asked: ReportInputs) -> None:
    assert not is_asked(inputs)
    assert by_group(inputs) is None
    picture = by_group(asked)
    assert picture is not None
    assert "age: oldest" in picture.alt
    assert "sham" in picture.caption
