"""Rows whose published figure is a mean of monthly figures: worked out so, and only from a run that has the months."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from simulation.assurance.targets import PublishedFigure, figure, targets_named
from simulation.assurance.validate import Row, site_text, validate_site
from simulation.config import load, packaged_configs
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, ResultsError
from simulation.measures.measuring import MeasureName, Measures
from simulation.runs.replicate import ArmReplication
from tests.held import Hold

NAMES = (
    MeasureName("stay_p95", "minutes", "all"),
    MeasureName("stay_p95", "minutes", "outcome=admitted"),
)
ROW = """
  - name: Stay
    kind: predicted
    measure: {measure}
    months: {months}
    unit: minutes
    value: 300
    low: 200
    high: 400
    tolerance: band
    evidence: assumed
    source: made for a test
    note: Because it is a test.
"""


def target(months: tuple[int, int] | None, measure: str = "stay_p95") -> PublishedFigure:
    return PublishedFigure(
        name="Stay", kind="predicted", measure=measure, unit="minutes", value=None, low=0, high=None, tolerance="band",
        evidence="assumed", source="made for a test", note="", months=months,
    )  # fmt: skip


def of(everybody: float, admitted: float) -> Measures:
    return Measures(NAMES, np.array([everybody, admitted]))


def answer(pooled: Measures, months: Sequence[tuple[int, Measures]] = ()) -> ArmReplication:
    return ArmReplication(pooled, day=None, shares=None, n_unfinished=0, months=tuple(months))


@pytest.fixture(scope="module")
def pathway() -> Pathway:
    return load().baseline.pathway


def written(folder: Path, **row: str) -> Path:
    (folder / "targets").mkdir()
    (folder / "targets" / "mine.yaml").write_text("rows:" + ROW.format(**row), encoding="utf-8")
    return folder


# --- the figure ------------------------------------------------------------------------------------------------------


def test_a_monthly_row_is_the_mean_of_its_months_in_each_replication(pathway: Pathway) -> None:
    first = answer(
        of(900, 0), [(3, of(5000, 0)), (4, of(200, 0)), (5, of(1000, 0)), (6, of(5000, 0))]
    )
    second = answer(of(300, 0), [(4, of(250, 0)), (5, of(310, 0))])
    np.testing.assert_array_equal(figure(target((4, 5)), (first, second), pathway), [600, 280])
    np.testing.assert_array_equal(figure(target(None), (first, second), pathway), [900, 300])


def test_a_measure_of_the_admitted_is_taken_by_month_as_well(pathway: Pathway) -> None:
    months = [(4, of(0, 1000)), (5, of(0, 1400))]
    row = target((4, 5), "stay_admitted_p95")
    assert figure(row, (answer(of(0, 1500), months),), pathway).tolist() == [1200]
    assert figure(target(None, "stay_admitted_p95"), (answer(of(0, 1500)),), pathway).tolist() == [
        1500
    ]


def test_a_month_that_was_measured_in_two_years_counts_once(pathway: Pathway) -> None:
    months = [(4, of(100, 0)), (5, of(400, 0)), (4, of(300, 0))]
    assert figure(target((4, 5)), (answer(of(0, 0), months),), pathway).tolist() == [300]


def test_months_that_a_run_did_not_bring_are_not_made_up(pathway: Pathway, hold: Hold) -> None:
    with hold.refusal(ResultsError, match="month 4 to 5, and measured"):
        figure(target((4, 5)), (answer(of(0, 0), [(4, of(1, 1))]),), pathway)


# --- in a file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "months", ["[0, 9]", "[4, 13]", "[9, 4]", "[4]", "[4, 5, 6]", "4", "[4.0, 9]", "[true, 9]"]
)
def test_a_mistake_in_months_is_one_message(tmp_path: Path, months: str, hold: Hold) -> None:
    folder = written(tmp_path, measure="stay_p95", months=months)
    with hold.refusal(ConfigError) as refused:
        targets_named("mine", [folder])
    (fault,) = refused.value.faults
    assert fault.where.startswith("targets/mine.yaml, row 1 (Stay).months")


def test_months_of_a_figure_of_the_whole_window_are_refused(tmp_path: Path, hold: Hold) -> None:
    folder = written(tmp_path, measure="census_mean", months="[4, 9]")
    with hold.refusal(ConfigError, match="'census_mean'") as refused:
        validate_site(targets="mine", config_dir=folder)
    assert len(refused.value.faults) == 1


def test_a_run_without_the_months_is_refused_once_for_all_rows(hold: Hold) -> None:
    with hold.refusal(
        ConfigError,
        "run.measured_days",
        match="not hold month 4, 5, 6, 7, 8, 9 .*and 9 rows .*Measure a year",
    ) as refused:
        validate_site(["run.warm_up_days=14", "run.measured_days=28"])
    assert len(refused.value.faults) == 1


def test_the_rows_of_quality_indicators_are_monthly_and_no_others() -> None:
    for row in targets_named("england", (packaged_configs(),)):
        indicator = "quality indicators" in row.source
        assert row.months == ((4, 9) if indicator else None), row.name
        assert ("six monthly" in row.note) == indicator, row.name


# --- a small run -----------------------------------------------------------------------------------------------------

HALF_A_YEAR = (
    "run.replications=2", "run.start_week=13", "run.warm_up_days=28", "run.measured_days=182",
    "run.cool_down_days=1", "run.doublings=0", "executor=serial", "engine=compiled",
)  # fmt: skip
"""April to September and no day more."""


@pytest.fixture(scope="module")
def half_a_year(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Row]:
    """The rows of England, and one of them over the whole window besides, by name."""
    folder = tmp_path_factory.mktemp("configs")
    pooled = ROW.replace("    months: {months}\n", "").format(measure="stay_admitted_p95")
    (folder / "targets").mkdir()
    stated = (packaged_configs() / "targets" / "england.yaml").read_text(encoding="utf-8")
    (folder / "targets" / "mine.yaml").write_text(stated + pooled, encoding="utf-8")
    table = validate_site(HALF_A_YEAR, targets="mine", config_dir=folder, responses=False)
    assert any(
        "minutes, mean of months Apr to Sep. NHS" in line for line in site_text(table).split("\n")
    )
    return {row.target.name: row for row in table.rows}


def test_every_monthly_row_is_filled_from_a_run_that_holds_the_months(
    half_a_year: Mapping[str, Row],
) -> None:
    monthly = [row for row in half_a_year.values() if row.target.months]
    assert len(monthly) == 9
    assert all(np.isfinite(row.found) and np.isfinite(row.standard_error) for row in monthly)


def test_a_tail_by_month_is_shorter_than_over_unlike_months_together(
    half_a_year: Mapping[str, Row],
) -> None:
    """No theorem, but so of this site: in some months the wards are fuller than in others."""
    assert (
        half_a_year["Time in department, admitted, 95th percentile"].found
        < half_a_year["Stay"].found
    )
