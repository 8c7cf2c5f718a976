"""A fit finds again what an extract was made with, says what it could not find, and writes a department that loads."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

import simulation as ae
from simulation.config import load
from simulation.errors import ConfigError
from simulation.extracts.department import FittedDepartment, fit_department
from simulation.extracts.extract import Extract
from simulation.extracts.families import described, families_of, patience_of
from simulation.extracts.fitting import Arrivals, follows_crowding, shares_of, true_mix
from simulation.patients.variates import generator_of
from tests.extracts.dirt import ARRIVED
from tests.extracts.made import clean, mapping, read, written

N, DAYS = 6000, 80
"""Attendances and days, from 6 January."""


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return read(clean(N, DAYS), tmp_path_factory.mktemp("fit"))


@pytest.fixture(scope="module")
def fitted(extract: Extract) -> FittedDepartment:
    return fit_department(extract, "mine")


def test_true_levels_are_worked_out_from_coded_ones() -> None:
    table = np.array([[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]])
    true = np.array([0.1, 0.6, 0.3])
    coded = np.random.default_rng(1).multinomial(20_000, true @ table)
    mix = true_mix(coded, table)
    assert np.all((mix.low <= true) & (true <= mix.high))
    assert np.abs(coded / coded.sum() - true).max() > 0.03


def test_a_share_of_few_has_a_wide_interval() -> None:
    few, many = shares_of([1, 9]), shares_of([100, 900])
    assert few.high[0] - few.low[0] > 5 * (many.high[0] - many.low[0])


@pytest.mark.parametrize("step", [0, 5])
def test_a_family_is_found_again_from_rounded_minutes(step: int) -> None:
    minutes = np.random.default_rng(2).lognormal(3, 0.6, 2000)
    spans = np.round(minutes / step) * step if step else minutes
    best = families_of(spans, step)[0]
    assert best.kind == "lognormal"
    assert best.mean == pytest.approx(np.exp(3 + 0.18), rel=0.05)
    assert best.keys["log_sd"] == pytest.approx(0.6, abs=0.04)


def test_minutes_that_no_family_describes_are_kept_as_they_are() -> None:
    minutes = np.concatenate([np.full(500, 5.0), np.full(500, 60.0)])
    best = described(minutes, families_of(minutes, 0))
    assert best.kind == "empirical"
    assert best.mean == pytest.approx(32.5)


@pytest.mark.parametrize("unnoted", [0.0, 0.3])
def test_patience_is_found_again_though_being_seen_cuts_it_off(unnoted: float) -> None:
    rng = np.random.default_rng(3)
    patience, wait = stats.weibull_min(0.83, scale=900).rvs(12_000, random_state=rng), rng.gamma(2, 60, 12_000)
    left = patience < wait
    until = np.where(left & (rng.random(12_000) < unnoted), np.nan, np.minimum(patience, wait))
    found = patience_of(until, left, until - 0.5)
    assert found is not None
    assert found.power[0] == pytest.approx(0.83, abs=0.12 if unnoted else 0.05)
    assert found.mean[1] < 900 * 1.105 < found.mean[2] or unnoted


def test_hours_and_days_are_those_of_the_extract(fitted: FittedDepartment, extract: Extract) -> None:
    weights = yaml.safe_load(fitted.texts["site"])["profiles"]["arrivals_walk_in"]["weights"]
    assert np.argmax(weights) in range(10, 15)
    assert sum(weights) == pytest.approx(100, abs=0.1)
    per_day = sum(float(one.values[0]) for one in fitted.per_day.values())
    assert per_day == pytest.approx(N / extract.days, rel=0.05)


def test_months_that_are_not_in_the_extract_keep_their_weight(extract: Extract) -> None:
    usual = np.linspace(0.9, 1.1, 12)
    months, known = Arrivals(extract, usual).months
    assert set(range(12)) - set(known) == set(range(3, 12))
    assert months.values[11] / months.values[10] == pytest.approx(usual[11] / usual[10])
    assert months.values.mean() == pytest.approx(1)


def test_every_fitted_number_has_source_count_and_interval(fitted: FittedDepartment) -> None:
    measured = [block for block in fitted.blocks if block.evidence == "measured"]
    assert {"site.attributes.acuity_true", "site.attributes.admitted", "site.arrivals.walk_in"} <= {
        block.path for block in measured
    }
    for block in measured:
        assert "n = " in block.source or "of " in block.source, block.path
        assert fitted.extract.mapping.source in block.source


def test_what_stamps_do_not_identify_is_listed(fitted: FittedDepartment) -> None:
    kept = " ".join(row[0] for row in fitted.tables["kept"].rows)
    assert all(
        words in kept for words in ("who is on duty", "minutes of clinicians", "adult beds", "minutes of triage")
    )


def test_waits_drawn_row_by_row_do_not_follow_crowding(extract: Extract) -> None:
    assert abs(follows_crowding(extract) or 1.0) < 0.1


def test_waits_that_grow_with_who_is_there_follow_crowding() -> None:
    generator = generator_of(1, 0, "test", "crowding", 0)
    arrived = np.sort(generator.random(4000) * 30 * 1440)
    free, seen = 0.0, np.empty(4000)
    for number, at in enumerate(arrived):
        seen[number] = max(at, free)
        free = seen[number] + generator.exponential(9.5)
    start = pd.Timestamp("2025-01-06")
    times = {name: start + pd.to_timedelta(at, unit="min") for name, at in
             {"a": arrived, "s": seen, "d": seen + 20}.items()}  # fmt: skip
    frame = pd.DataFrame({**times, "o": "discharged"})
    stated = {"times": {"arrived_at": "a", "seen_at": "s", "departed_at": "d"},
              "outcome": {"column": "o", "values": {"discharged": "discharged"}}}  # fmt: skip
    assert (follows_crowding(ae.from_table(frame, stated)) or 0.0) > 0.3


def test_an_extract_that_is_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="A fit takes 300 or more"):
        fit_department(read(clean(200), tmp_path), "mine")


def test_the_written_department_loads_and_brings_the_patients_of_the_extract(
    fitted: FittedDepartment, tmp_path: Path
) -> None:
    fitted.write_configs(tmp_path / "configs")
    pathway = load("study=mine", config_dir=str(tmp_path / "configs")).baseline.pathway
    assert pathway.arrivals["ambulance"].per_day == pytest.approx(
        float(fitted.per_day["ambulance"].values[0]), abs=0.01
    )
    assert pathway.attributes["acuity_true"].evidence == "measured"
    with pytest.raises(ConfigError, match="is there already"):
        fitted.write_configs(tmp_path / "configs")


@pytest.mark.slow
def test_the_command_writes_department_and_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulation.cli import main

    monkeypatch.chdir(tmp_path)
    written(clean(3000, 40), tmp_path)
    assert main(["extract", "draft", "extract.csv"]) == 0
    assert main(["fit", "extract=extract.csv", "out=mine"]) == 0
    (page,) = (tmp_path / "results/extracts").rglob("extract.html")
    assert "Data quality" in page.read_text(encoding="utf-8")
    assert ARRIVED in page.read_text(encoding="utf-8")
    assert mapping()["age"] in page.read_text(encoding="utf-8")
