"""The documented queries run on a stored run, and give what aeflow gives."""

import re
from pathlib import Path

import duckdb
import numpy as np
import pytest

import simulation as ae
from simulation.api import Result

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "query-results.md"
QUERIES = {
    name: query for query in re.findall(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    for name in re.findall(r"^-- (\w+):", query)
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short run whose patients are kept, as the newest in results/."""
    study = ae.load(
        "ensemble=none", "run.replications=2", "run.measured_days=3", "run.warm_up_days=0", "run.cool_down_days=1",
        "run.doublings=0", "executor=serial", "pathway.allow_overload=true", "run.keep=[patients]",
    )  # fmt: skip
    results = tmp_path_factory.mktemp("page") / "results"
    ae.compare(study).write(results)
    return results


@pytest.fixture
def result(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(folder.parent)
    return ae.read("results/latest")


def test_the_page_has_a_query_on_measures_and_one_on_patients() -> None:
    assert list(QUERIES) == ["measures", "patients"]


@pytest.mark.slow
def test_the_query_on_measures_gives_the_mean_differences_of_the_result(result: Result) -> None:
    rows = duckdb.sql(QUERIES["measures"]).fetchall()
    assert {arm for arm, *_ in rows} == {arm.name for arm in result.others}
    for arm, n_replications, difference in rows:
        assert n_replications == 2
        assert difference == pytest.approx(
            result.row(arm, "wait_to_clinician_mean").difference, abs=0.0051
        )


@pytest.mark.slow
def test_the_query_on_patients_gives_the_waits_of_the_kept_frames(result: Result) -> None:
    rows = {(arm, level): row for arm, level, *row in duckdb.sql(QUERIES["patients"]).fetchall()}
    frames = [result.patients("nurse", number) for number in (0, 1)]
    waits = np.concatenate(
        [
            (frame["seen_at"] - frame["arrived_at"])[frame["acuity_true"] == "urgent"].dropna()
            for frame in frames
        ]
    )
    assert rows["nurse", "urgent"] == [
        len(waits),
        pytest.approx(np.quantile(waits, 0.95), abs=0.051),
    ]
    assert {arm for arm, _ in rows} == {arm.name for arm in result.arms}
