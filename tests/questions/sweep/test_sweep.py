"""Runs of a sweep beside each other: the numbers are those of the runs; what should not be put together is not."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from simulation.api import compare
from simulation.display.table import difference_cell
from simulation.questions.sweep import (
    Sweep,
    changed_tables,
    is_changed,
    is_unsettled,
    sweep_of,
    sweep_picture,
    sweep_rows,
    sweep_tables,
    write_sweep,
)
from simulation.runs.result import StudyResult
from simulation.statistics.verdict import Verdict
from simulation.study.study import Study
from tests.held import Hold

pytestmark = pytest.mark.slow

FOLDER = Path("results/one")


@pytest.fixture(scope="module")
def other(study: Study) -> StudyResult:
    """The same study with another seed."""
    return compare(replace(study, run=replace(study.run, seed=study.run.seed + 1)))


@pytest.fixture(scope="module")
def sweep(result: StudyResult, other: StudyResult) -> Sweep:
    done = [
        (["scenario=usual", "run.seed=7"], result, FOLDER),
        (["scenario=winter", "run.seed=7"], other, FOLDER),
    ]
    made = sweep_of(done)
    assert made is not None
    return made


def test_a_run_is_called_by_what_was_varied(
    sweep: Sweep, result: StudyResult, other: StudyResult
) -> None:
    assert [run.label for run in sweep.runs] == ["usual", "winter"]
    assert sweep.depends_on == "the bottleneck"
    pairs = [
        (["a.b.c=1", "run.seed=1"], result, FOLDER),
        (["a.b.c=2", "run.seed=2"], other, FOLDER),
    ]
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


def test_the_file_has_a_row_for_every_run_arm_and_target_and_says_what_was_varied(
    sweep: Sweep, tmp_path: Path
) -> None:
    first, second = (write_sweep(sweep, tmp_path) for _ in range(2))
    assert first != second
    assert sorted(path.name for path in first.iterdir()) == [
        "across.csv",
        "across.png",
        "design.csv",
        "effects.csv",
    ]
    table = pd.read_csv(first / "across.csv", encoding="utf-8-sig")
    assert len(table) == 2 * len(sweep.arms) * len(sweep.targets)
    assert table["scenario"].unique().tolist() == ["usual", "winter"]
    assert {"difference", "difference_low", "verdict", "together", "folder"} <= set(table.columns)
    pd.testing.assert_frame_equal(table, pd.DataFrame(sweep_rows(sweep)), check_dtype=False)


def test_the_picture_says_in_words_what_it_shows(sweep: Sweep) -> None:
    picture = sweep_picture(sweep)
    assert picture.png.startswith(b"\x89PNG")
    for arm in sweep.arms:
        assert (
            f"{sweep.first.arm(arm).label} {sweep.comparisons[arm, sweep.targets[0]].words}"
            in picture.alt
        )


def test_the_twin_of_the_baseline_is_identical_in_every_run(sweep: Sweep, hold: Hold) -> None:
    hold(sweep.comparisons["twin", sweep.targets[0]].words, "identical to baseline")


@pytest.fixture(scope="module")
def four_runs(result: StudyResult, other: StudyResult) -> Sweep:
    """Two things varied, two values each; what each run found is one of two results."""
    done = [
        ([f"scenario={scenario}", f"staffing.triage_nurses.extra={extra}"], found, FOLDER)
        for scenario, extra, found in (
            ("usual", "0", result), ("usual", "1", other), ("winter", "0", result), ("winter", "1", result),
        )
    ]  # fmt: skip
    made = sweep_of(done)
    assert made is not None
    return made


def test_effects_and_their_standard_errors_are_those_of_the_runs(
    four_runs: Sweep, tmp_path: Path
) -> None:
    target, arm = four_runs.targets[0], four_runs.arms[0]
    effects = pd.read_csv(
        write_sweep(four_runs, tmp_path) / "effects.csv", encoding="utf-8-sig", dtype=str
    )
    assert len(effects) == 3 * (1 + len(four_runs.arms)) * len(four_runs.targets)
    mine = effects[
        (effects.measure == target.measure) & (effects.group == target.group) & (effects.arm == arm)
    ]
    assert mine["kind"].tolist() == ["main", "main", "interaction"]
    one, two = (run.result.differences(arm, target) for run in four_runs.runs[:2])
    by_hand = {
        "scenario": (one - two) / 2,
        "staffing.triage_nurses.extra": (two - one) / 2,
        "both": one - two,
    }
    for (_, row), values in zip(mine.iterrows(), by_hand.values(), strict=True):
        assert float(row.estimate) == pytest.approx(values.mean())
        assert float(row.standard_error) == pytest.approx(values.std(ddof=1) / len(values) ** 0.5)
    level = effects[(effects.arm == "nurse") & (effects.of == "level")]
    assert len(level) == 3 * len(four_runs.targets)


def test_the_design_has_a_row_for_every_run(four_runs: Sweep, tmp_path: Path) -> None:
    design = pd.read_csv(
        write_sweep(four_runs, tmp_path) / "design.csv", encoding="utf-8-sig", dtype=str
    )
    assert design["scenario"].tolist() == ["usual", "usual", "winter", "winter"]
    assert design["staffing.triage_nurses.extra"].tolist() == ["0", "1", "0", "1"]
    assert set(design["replications"]) == {str(len(four_runs.first.replications))}


def test_a_table_of_effects_stands_beside_the_runs_where_they_can_be_told_apart(
    four_runs: Sweep, sweep: Sweep
) -> None:
    tables = {table.kind: table for table in four_runs.tables}
    target = four_runs.targets[0]
    table = tables[f"effects:{target.measure}:{target.group}"]
    main = ("scenario: winter less usual", "triage_nurses.extra: 1 less 0")
    assert table.headers == ("arm", *main, "scenario=winter with triage_nurses.extra=1")
    assert [row[0] for row in table.rows] == [
        four_runs.first.arm(arm).label for arm in ("nurse", *four_runs.arms)
    ]
    three = Sweep(four_runs.runs[:3])
    assert not [
        table
        for some in (sweep, three)
        for table in some.tables
        if table.kind.startswith("effects")
    ]


def test_what_is_no_sweep_of_one_study_is_not_put_together(
    result: StudyResult, other: StudyResult
) -> None:
    assert sweep_of([]) is None
    assert sweep_of([(["scenario=usual"], result, FOLDER)]) is None
    assert (
        sweep_of([(["scenario=usual"], result, FOLDER), (["scenario=usual"], other, FOLDER)])
        is None
    )
    another = replace(
        other, study=replace(other.study, design=replace(other.design, name="another"))
    )
    assert sweep_of([(["study=one"], result, FOLDER), (["study=another"], another, FOLDER)]) is None


@pytest.mark.parametrize(
    ("before", "now", "turned", "unsettled"),
    [
        (("cuts", "more"), ("no change beyond", "less"), True, False),
        (("cuts", "more"), ("cuts", "less"), True, False),
        (("cuts", "more"), ("cuts", "open"), False, False),
        (("cuts", "more"), ("lengthens", "more"), True, False),
        (("cuts", "more"), ("cannot tell", "open"), False, True),
        (("cannot tell", "open"), ("cuts", "more"), False, False),
    ],
)
def test_a_verdict_turns_where_both_tell_something_else_and_is_unsettled_where_one_no_longer_tells(
    before: tuple[str, str], now: tuple[str, str], turned: bool, unsettled: bool
) -> None:
    first, other = (
        Verdict(kind=kind, words="", sentence="", answer="", direction="", size=size)  # type: ignore[arg-type]
        for kind, size in (before, now)
    )
    assert is_changed(first, other) == turned
    assert is_unsettled(first, other) == unsettled


def test_a_run_beside_itself_differs_in_nothing_and_no_verdict_turns(result: StudyResult) -> None:
    done = [(["scenario=usual"], result, FOLDER), (["scenario=winter"], result, FOLDER)]
    same = sweep_of(done)
    assert same is not None
    tables = list(changed_tables(same))
    assert len(tables) == len(same.first.design.primary)
    assert {row[3:] for table in tables for row in table.rows} == {("nowhere", "nowhere")}


def test_the_sham_is_a_check_and_gets_no_verdict(result: StudyResult, other: StudyResult) -> None:
    """It has no effect by design: whatever a verdict said of it would be true by chance or false."""
    runs = [
        replace(one, study=replace(one.study, design=replace(one.design, sham="twin")))
        for one in (result, other)
    ]
    sham = runs[0].beside(runs[1])
    assert "twin" in sham.arms
    assert "twin" not in sham.judged
    label, words = sham.first.arm("twin").label, "check: no effect by design"
    across = [row for table in sweep_tables(sham) for row in table.rows if row[0] == label]
    assert [row[-1] for row in across] == [words] * len(sham.targets)
    assert across[0][1] == str(difference_cell(sham.runs[0].result.row_of(sham.targets[0], "twin")))
    assert not any(row[0] == label for table in changed_tables(sham) for row in table.rows)
    file = pd.DataFrame(sweep_rows(sham))
    told = file[file.arm == "twin"]
    assert set(told.verdict) | set(told.together) == {words}
    assert f"{label} {words}" in sweep_picture(sham).alt
