"""A study over an ensemble, wherever it runs and however often it is stopped: the same numbers, and every one in its
own department."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation import same_numbers
from simulation.api import Result, compare, grow, read, what_changed
from simulation.cli import main
from simulation.config import load
from simulation.errors import ConfigError
from simulation.resumable import run_into
from simulation.runs.provenance import about, content_of, identity_of
from simulation.runs.stored_run import UnfinishedRun, write_data
from simulation.study.study import Study
from tests.config.ours import MARKED, ensemble
from tests.held import Hold

pytestmark = pytest.mark.usefixtures("undrawn")

SHORT = ("run.departments=3", "run.replications=6", "run.measured_days=14", "run.warm_up_days=7")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of configurations with an ensemble of three departments, and one of 20."""
    where = tmp_path_factory.mktemp("mine")
    files = ensemble() | {
        "ensembles/many.yaml": ensemble(20)["ensembles/ours.yaml"].replace(
            "name: ours", "name: many"
        )
    }
    for name, text in files.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return where


@pytest.fixture(scope="module")
def study_over(folder: Path) -> Callable[..., Study]:
    """The study of one nurse over the three departments, in this process."""

    def made(*overrides: str) -> Study:
        return load(
            "study=mine", "ensemble=ours", "executor=serial", *SHORT, *overrides, config_dir=folder
        )

    return made


@pytest.fixture(scope="module")
def over(study_over: Callable[..., Study]) -> Result:
    """Its answer."""
    return compare(study_over())


def test_a_list_of_runs_names_the_ensemble(study_over: Callable[..., Study]) -> None:
    assert about(study_over())["site"] == "ours"


def test_each_replication_is_of_its_department(over: Result) -> None:
    """Departments have ever longer consultations: twice each, in order."""
    busy = over.values("one", "stay_mean").reshape(2, 3)
    assert (np.diff(busy, axis=1) > 0).all()
    assert over.department_of is not None
    assert over.department_of.tolist() == [0, 1, 2, 0, 1, 2]


def test_the_mean_is_over_departments_and_its_interval_from_within_them(over: Result) -> None:
    row = over.row("two", "stay_mean")
    effects = (over.values("two", "stay_mean") - over.values("one", "stay_mean")).reshape(2, 3)
    assert row.difference == pytest.approx(effects.mean())
    error = np.sqrt((effects.var(axis=0, ddof=1) / 2).sum()) / 3
    assert row.half_width > error
    assert row.n_departments == 3
    assert np.isnan(row.department_median), "a range of three departments is not stated"


@pytest.mark.slow
def test_a_cluster_gives_the_same_numbers(over: Result, study_over: Callable[..., Study]) -> None:
    assert same_numbers(over, compare(study_over("executor=dask", "workers=2")))


def test_a_run_that_was_stopped_goes_on_to_the_same_numbers(
    over: Result, study_over: Callable[..., Study], tmp_path: Path, hold: Hold
) -> None:
    study = study_over()
    with UnfinishedRun(tmp_path / study.design.name, identity_of(study), about={}) as unfinished:
        for number in (1, 4):
            unfinished.add(over.replications[number])
    output: list[str] = []
    stored = run_into(study_over(), tmp_path, say=output.append)
    hold(output)
    assert same_numbers(over, stored.result)


@pytest.mark.slow
def test_a_stored_run_knows_its_departments_without_any_configuration(
    study_over: Callable[..., Study], tmp_path: Path
) -> None:
    over = compare(study_over("engine=compiled"))
    again = read(write_data(over, tmp_path))
    assert same_numbers(over, again)
    assert what_changed(again) == ()
    assert again.findings[0].verdict == over.findings[0].verdict
    assert same_numbers(over.more(2), again.more(2))
    assert again.patients("two", 4).equals(over.patients("two", 4))


def test_patients_are_those_of_the_replication_s_department(over: Result) -> None:
    for number in (1, 2):
        patients = over.patients("one", number)
        start, end = over.run.window
        inside = patients[(patients["arrived_at"] >= start) & (patients["arrived_at"] < end)]
        stay = (inside["departed_at"] - inside["arrived_at"]).mean()
        assert stay == pytest.approx(over.values("one", "stay_mean")[number])


def test_kept_tables_are_of_each_replication_s_department(
    study_over: Callable[..., Study], tmp_path: Path
) -> None:
    result = compare(study_over("run.keep=[patients]", "run.replications=3"))
    again = read(result.write(tmp_path))
    for number in range(3):
        assert again.patients("two", number).equals(result.patients("two", number))


@pytest.mark.slow
def test_a_stored_run_is_run_again_to_the_last_bit(
    over: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    folder = over.write(tmp_path)
    assert main(["compare", f"from={folder}", f"results={tmp_path}", "executor=serial"]) == 0
    hold(capsys.readouterr().out, "Every number")


def test_whatever_changes_a_number_changes_the_identity(
    folder: Path, study_over: Callable[..., Study]
) -> None:
    """The departments, how many of them are used, and what comes after them; not how often."""
    one = identity_of(study_over()).parts["study"]
    assert identity_of(study_over("run.replications=12")).parts["study"] == one
    path = folder / "ensembles" / "ours.yaml"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("0.7667", "0.7668"), encoding="utf-8")
    changed = identity_of(study_over()).parts["study"]
    path.write_text(before, encoding="utf-8")
    others = [
        identity_of(study_over(each)).parts["study"]
        for each in ("run.departments=2", "ensemble=none")
    ]
    assert len({one, changed, *others}) == 4


def test_a_department_in_which_a_value_is_not_allowed_is_named(
    study_over: Callable[..., Study],
) -> None:
    """Only the third department has so few patients that a scenario's change leaves fewer than none."""
    study = study_over()
    assert study.departments is not None
    broken = replace(study.departments, rows=(*study.departments.rows[:2], *_negative(study)))  # type: ignore[type-var]
    with pytest.raises(ConfigError, match=r"department 2: pathway\.arrivals\.walk_in\.per_day"):
        compare(replace(study, departments=broken))


def test_an_arm_that_was_changed_in_python_is_not_left_behind_in_silence(
    study_over: Callable[..., Study],
    hold: Hold,
) -> None:
    study = study_over()
    other = replace(study.arm("two"), pathway=replace(study.baseline.pathway))
    with hold.refusal(ConfigError, "arms", match="another department"):
        replace(study, arms=(study.baseline, other))
    assert replace(study.on_typical(), arms=(study.baseline, other)).arm("two") is other


def _negative(study: Study) -> tuple[object, ...]:
    rows = study.departments.rows[2]  # type: ignore[union-attr]
    return (tuple(replace(each, value=-1.0) if "per_day" in each.path else each for each in rows),)


@pytest.mark.slow
def test_a_result_that_grows_takes_each_department_once(folder: Path) -> None:
    """Always-valid intervals until all are there: of n departments as of n replications, and no narrower in the second
    pass; then the interval from within."""
    study = load(
        "study=mine", "ensemble=many", "executor=serial", "run.replications=40", "run.measured_days=7",
        "run.warm_up_days=7", config_dir=folder,
    )  # fmt: skip
    assert study.run.departments == 20
    n, kinds = [], []
    for result in grow(study):
        row = result.row("two", "stay_mean")
        n.append(row.of)
        kinds.append(row.interval_kind)
    assert n == [*range(1, 21), *[20] * 19, 40]
    assert set(kinds[:-1]) == {"always_valid"}
    assert kinds[-1] == "fixed_sample"
    finding = result.finding("two", result.targets[0])
    assert finding.spread is not None
    assert finding.spread.n == 20
    assert row.department_p5 < row.department_median < row.department_p95
    assert "of 20 departments" in finding.where or "every department" in finding.where


@pytest.mark.slow
def test_a_run_over_structures_is_the_same_in_other_processes_with_the_other_engine_and_when_it_is_read(
    folder: Path, tmp_path: Path
) -> None:
    """One nurse in two departments and two nurses in one, where hardly anybody waits."""
    two = "defaults: [gallery/one_nurse@_here_, _self_]\npools: {nurses: {capacity: 2}}\n"
    (folder / "pathway").mkdir()
    (folder / "pathway" / "two_nurses.yaml").write_text(two, encoding="utf-8")
    text = ensemble()["ensembles/ours.yaml"].replace("name: ours", "name: structured")
    for structure in ("one", "two", "one"):
        text = re.sub(r"- (\[.*\])", rf"- {{structure: {structure}, values: \1}}", text, count=1)
    label = f"label: nurses, weight: 1, {MARKED}"
    structures = f"structures: {{one: {{{label}}}, two: {{pathway: two_nurses, {label}}}}}\n"
    (folder / "ensembles" / "structured.yaml").write_text(text + structures, encoding="utf-8")

    def study(*overrides: str) -> Study:
        return load("study=mine", "ensemble=structured", *SHORT, *overrides, config_dir=folder)

    result = compare(study("executor=serial", "engine=reference"))
    stays = result.values("one", "stay_mean").reshape(2, 3).mean(axis=0)
    assert stays[1] < min(stays[0], stays[2]), (
        "else consultations, and so stays, would be longer than in the first"
    )
    assert same_numbers(result, compare(study("executor=local", "workers=2", "engine=compiled")))
    again = read(write_data(result, tmp_path))
    assert again.study.departments is not None
    assert again.study.departments.structure_of == ("one", "two", "one")
    assert same_numbers(
        result.more(2), replace(again, study=replace(again.study, executor="serial")).more(2)
    )


def test_the_limitation_of_departments_stands_on_the_page_and_in_what_is_stored_but_changes_no_identity() -> (
    None
):
    study = load("study=ai_triage")
    assert study.departments is not None
    assert "past trials" in study.departments.limitation
    assert "guess" in study.departments.limitation  # what the figure is to be held against
    silent = replace(study, departments=replace(study.departments, limitation=""))  # type: ignore[type-var]
    assert content_of(study)["departments"]["limitation"] == study.departments.limitation
    assert identity_of(silent).key == identity_of(study).key
