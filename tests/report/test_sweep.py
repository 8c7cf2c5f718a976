"""Runs of a sweep beside each other: the numbers are those of the runs; what should not be put together is not."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from simulation.api import compare
from simulation.experiment.result import StudyResult
from simulation.report.sweep import Sweep, sweep_of, sweep_picture, sweep_table, sweep_tables, write_sweep
from simulation.study.study import Study

FOLDER = Path("results/one")


@pytest.fixture(scope="module")
def other(study: Study) -> StudyResult:
    """The same study with another seed."""
    return compare(replace(study, run=replace(study.run, seed=study.run.seed + 1)))


@pytest.fixture(scope="module")
def sweep(result: StudyResult, other: StudyResult) -> Sweep:
    done = [(["scenario=usual", "run.seed=7"], result, FOLDER), (["scenario=winter", "run.seed=7"], other, FOLDER)]
    made = sweep_of(done)
    assert made is not None
    return made


def test_a_run_is_called_by_what_was_varied(sweep: Sweep, result: StudyResult, other: StudyResult) -> None:
    assert [run.label for run in sweep.runs] == ["usual", "winter"]
    assert sweep.depends_on == "the bottleneck"
    pairs = [(["a.b.c=1", "run.seed=1"], result, FOLDER), (["a.b.c=2", "run.seed=2"], other, FOLDER)]
    several = sweep_of(pairs)
    assert several is not None
    assert [run.label for run in several.runs] == ["b.c=1, run.seed=1", "b.c=2, run.seed=2"]
    assert several.depends_on == "a.b.c and run.seed"


def test_each_target_has_a_table_of_arms_by_runs_with_the_numbers_of_the_runs(sweep: Sweep) -> None:
    found = list(sweep_tables(sweep))
    assert len(found) == len(sweep.targets) == len(sweep.first.targets)
    table, target = found[0], sweep.targets[0]
    assert table.headers == ("arm", "usual", "winter", "furthest apart", "together")
    assert [row[0] for row in table.rows[1:]] == [sweep.first.arm(arm).label for arm in sweep.arms]
    for arm, row in zip(sweep.arms, table.rows[1:], strict=True):
        for cell, run in zip(row[1:3], sweep.runs, strict=True):
            value = run.result.row(arm, target.measure, target.group).difference
            assert cell.startswith(f"{value:+.1f}".replace("-", "−")) or cell.startswith("0.0")


def test_the_file_has_a_row_for_every_run_arm_and_target_and_says_what_was_varied(sweep: Sweep, tmp_path: Path) -> None:
    first, second = (write_sweep(sweep, tmp_path) for _ in range(2))
    assert first != second
    assert sorted(path.name for path in first.iterdir()) == ["across.csv", "across.png"]
    table = pd.read_csv(first / "across.csv", encoding="utf-8-sig")
    assert len(table) == 2 * len(sweep.arms) * len(sweep.targets)
    assert table["scenario"].unique().tolist() == ["usual", "winter"]
    assert {"difference", "difference_low", "verdict", "together", "folder"} <= set(table.columns)
    pd.testing.assert_frame_equal(table, sweep_table(sweep), check_dtype=False)


def test_the_picture_says_in_words_what_it_shows(sweep: Sweep) -> None:
    picture = sweep_picture(sweep)
    assert picture.png.startswith(b"\x89PNG")
    for arm in sweep.arms:
        assert f"{sweep.first.arm(arm).label} {sweep.compare_runs(arm, sweep.targets[0]).words}" in picture.alt


def test_the_twin_of_the_baseline_is_identical_in_every_run(sweep: Sweep) -> None:
    assert sweep.compare_runs("twin", sweep.targets[0]).words == "identical to baseline in every run"


def test_what_is_no_sweep_of_one_study_is_not_put_together(result: StudyResult, other: StudyResult) -> None:
    assert sweep_of([]) is None
    assert sweep_of([(["scenario=usual"], result, FOLDER)]) is None
    assert sweep_of([(["scenario=usual"], result, FOLDER), (["scenario=usual"], other, FOLDER)]) is None
    another = replace(other, study=replace(other.study, design=replace(other.design, name="another")))
    assert sweep_of([(["study=one"], result, FOLDER), (["study=another"], another, FOLDER)]) is None
