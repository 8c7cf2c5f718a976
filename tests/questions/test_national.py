"""Sums over the trusts of a country: on numbers worked out by hand, and over departments of two trusts that run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as ae
from simulation.cli import main
from simulation.config.ensembles import Ensemble, ensemble_named
from simulation.config.files import search_folders
from simulation.config.writing import write_files
from simulation.errors import ConfigError
from simulation.fits.country import OF_A_TRUST, CountryDepartments
from simulation.questions.national import National, TrustSum, is_met, national, sentences, tables
from simulation.statistics.raking import rake
from simulation.study.design import CountryFigure
from simulation.trusts.search import trusts

PER_DAY = np.array([100.0, 300.0])
TWO = TrustSum(np.array([0, 0, 1, 1]), PER_DAY, np.array([0.5, 0.7]), PER_DAY / PER_DAY.sum())
SHORT = (
    "run.replications=8", "run.departments=8", "run.measured_days=1", "run.warm_up_days=0", "run.cool_down_days=1",
    "executor=serial", "engine=compiled",
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> CountryDepartments:
    return CountryDepartments("england")


@pytest.fixture(scope="module")
def folder(made: CountryDepartments, tmp_path_factory: pytest.TempPathFactory) -> Path:
    configs = tmp_path_factory.mktemp("country")
    write_files(made.texts, "england", configs)
    return configs


@pytest.fixture(scope="module")
def result(folder: Path) -> ae.Result:
    return ae.compare(ae.load("study=england", *SHORT, config_dir=str(folder)))


def figure(low: float, high: float) -> CountryFigure:
    return CountryFigure(
        measure="left_share", label="left", low=low, high=high, evidence="assumed", source="a test"
    )


def test_trusts_count_by_attendances_and_their_departments_alike() -> None:
    mean = TWO.mean(np.array([1.0, 3.0, 10.0, 12.0]))
    assert mean.mean == pytest.approx(0.25 * 2 + 0.75 * 11)
    assert mean.error == pytest.approx(np.hypot(0.25, 0.75))  # each trust's mean has the error 1


def test_the_interval_of_a_sum_holds_what_more_departments_of_the_same_trusts_give() -> None:
    generator = np.random.default_rng(3)
    sizes, held = generator.uniform(100, 900, 60), 0
    trusts_of, truth = np.repeat(np.arange(60), 4), generator.normal(-3, 3, 60)
    of = TrustSum(trusts_of, sizes, sizes, sizes / sizes.sum())
    for _ in range(1000):
        mean = of.mean(truth[trusts_of] + generator.normal(0, 2, 240))
        held += mean.low <= of.weights @ truth <= mean.high
    assert held / 1000 == pytest.approx(0.95, abs=0.02)


def test_what_all_have_alike_moves_the_sum_by_its_line_within_trusts() -> None:
    load = np.array([1.0, 2.0, 1.5, 3.0])
    effects = np.array([10, 10, -5, -5]) - 2 * load
    middle = 0.25 * 10 - 0.75 * 5
    assert TWO.at_ends(effects, load) == pytest.approx((middle - 2, middle - 6))


def test_a_figure_about_some_counts_those_it_is_about() -> None:
    share, of_trust = np.array([0.2, 0.2, 0.4, 0.4]), np.array([0.5, 0.5, 0.1, 0.1])
    found = TWO.of(figure(0, 1), share, of_trust)
    assert found == pytest.approx((0.25 * 0.1 + 0.75 * 0.04) / (0.25 * 0.5 + 0.75 * 0.1))


def test_weights_move_no_further_than_a_figure_asks() -> None:
    stated, values = np.array([0.25, 0.25, 0.5]), np.array([0.2, 0.4, 0.6])
    raked = rake(stated, (values - 0.5)[:, None])
    assert raked is not None
    assert raked @ values == pytest.approx(0.5, abs=1e-4)
    steps = np.diff(np.log(raked / stated))
    assert steps[0] == pytest.approx(steps[1], rel=1e-3)  # tilted by one multiplier
    kept = rake(stated, (values - 0.4)[:, None])
    assert kept == pytest.approx(stated)


def test_there_are_no_weights_for_a_figure_beyond_every_trust() -> None:
    stated, values = np.array([0.25, 0.25, 0.5]), np.array([0.2, 0.4, 0.6])
    assert rake(stated, (values - 0.7)[:, None]) is None


def test_every_usable_trust_has_departments_of_as_many_causes_as_it_can(
    made: CountryDepartments,
) -> None:
    members = [made.ensemble.member(number) for number in range(len(made.ensemble.departments))]
    usable = {code for code, one in trusts().items() if one.published.usable}
    by_trust = {code: [one.cause for one in members if one.trust == code] for code in usable}
    assert [code for code, causes in by_trust.items() if not causes] == ["RNA"]
    assert max(map(len, by_trust.values())) == OF_A_TRUST
    assert sum(len(set(causes)) == 4 for causes in by_trust.values()) > 100
    sizes = [made.ensemble.trusts[one.trust].attendances_per_day or 0 for one in members]
    assert sizes == sorted(sizes, reverse=True)


def test_departments_of_a_country_are_read_as_they_were_written(
    made: CountryDepartments, folder: Path
) -> None:
    read = ensemble_named("england", search_folders(folder))
    assert read.trusts == made.ensemble.trusts
    assert read.country == made.country
    assert [read.member(number) for number in range(8)] == [
        made.ensemble.member(number) for number in range(8)
    ]


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (lambda of: replace(of, trusts={}, country=None), "no trust '"),
        (lambda of: replace(of, trusts=dict(list(of.trusts.items())[1:])), "country.trusts"),
    ],
    ids=["of_none", "of_others"],
)
def test_departments_of_an_unknown_trust_are_refused(
    made: CountryDepartments, tmp_path: Path, other: Callable[[Ensemble], Ensemble], found: str
) -> None:
    few = replace(made.ensemble, departments=made.ensemble.departments[:4])
    stated: Any = replace(made, name="england")
    stated.__dict__["ensemble"] = other(few)
    write_files({"ensembles": stated.texts["ensembles"]}, "england", tmp_path)
    with pytest.raises(ConfigError, match=found):
        ensemble_named("england", search_folders(tmp_path))


def test_a_result_over_trusts_says_what_they_give_together(result: ae.Result) -> None:
    found = national(result)
    assert found is not None
    assert len(found.by_attendances.weights) == 2
    assert [table.kind for table in tables(result)] == [
        "national",
        "national_figures",
        "national_levels",
    ]
    assert found.is_country == (len(list(sentences(result))) > 1)


def test_nothing_is_said_of_a_country_whose_figures_no_weights_give(
    result: ae.Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = national(result)
    assert found is not None
    beyond = replace(found.country.figures[0], low=0.99, high=1.0)
    without = National(found.country, found.by_attendances, None, [(beyond, 0.6, np.nan)])
    monkeypatch.setattr("simulation.questions.national.national", lambda _: without)
    (only,) = sentences(result)
    assert beyond.label in only
    assert not is_met(beyond, 0.6)
    sums = next(iter(tables(result)))
    assert {row[1] for row in sums.rows} == {"attendances"}


def test_a_run_over_one_trust_says_nothing_of_the_country(folder: Path) -> None:
    words = ("run.replications=4", "run.departments=4", *SHORT[2:])
    alone = ae.compare(ae.load("study=england", *words, config_dir=str(folder)))
    assert national(alone) is None
    assert list(tables(alone)) == []


def test_all_trusts_are_asked_for_by_name_and_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["trust", "England"]) == 2
    assert "out=national" in capsys.readouterr().err
    assert main(["trust", "england", "out=national"]) == 0
    assert "compare study=national" in capsys.readouterr().out
    assert main(["trust", "england", "out=national"]) == 2
    assert "configs/study/national.yaml" in capsys.readouterr().err
