"""A fit finds again what an extract was made with, says what it could not find, and writes a department that loads."""

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from omegaconf import OmegaConf
from scipy import stats

import simulation as ae
from simulation.config import load
from simulation.config.dotted import load_file
from simulation.config.ensembles import priors_named
from simulation.config.files import packaged_configs, value_in
from simulation.errors import ConfigError, Faults
from simulation.extracts.extract import Extract
from simulation.extracts.mapping import DRAFT_SOURCE
from simulation.fits.department import FittedDepartment, fit_department
from simulation.fits.fitting import (
    Arrivals,
    coded_counts,
    families_of,
    follows_crowding,
    nearest_family,
    of_source,
    patience_of,
    shares_of,
    true_mix,
)
from simulation.fits.records import ELSEWHERE, PACKAGED_NURSE, FittedRecords, errs_by_one
from simulation.fits.stated import stated_department
from simulation.patients import DrawnRun
from simulation.patients.variates import generator_of
from simulation.study.simulate import SharedDraws
from simulation.triage.matrix import probabilities
from simulation.triage.nurse_and_tool import Nurse
from tests.extracts.dirt import ARRIVED, ASSESSED, DEPARTED
from tests.extracts.made import clean, mapping, read, written
from tests.held import Hold

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


def test_borrowed_nurses_have_an_interval_for_another_hospital() -> None:
    """Twenty hospitals whose nurses err as published ones do, between the ends: nine in ten true shares are in the
    interval, and few in one of chance alone."""
    table = probabilities(
        load_file(Nurse, "nurse", PACKAGED_NURSE, lambda *_: (), None).labels.matrix
    )
    true, rng = np.array([0.02, 0.16, 0.44, 0.32, 0.06]), np.random.default_rng(3)
    held, by_chance = [], []
    for over, under in zip(rng.uniform(0.043, 0.289, 20), rng.uniform(0.033, 0.2, 20), strict=True):
        coded = rng.multinomial(20_000, true @ errs_by_one(over, under))
        alone = true_mix(coded, table)
        wide = true_mix(coded, table, *(errs_by_one(*shares) for shares in ELSEWHERE))
        held.append((wide.low <= true) & (true <= wide.high))
        by_chance.append((alone.low <= true) & (true <= alone.high))
    assert np.mean(held) >= 0.9
    assert np.mean(by_chance) < 0.2


def test_whose_nurses_are_borrowed_has_the_wide_interval(fitted: FittedDepartment) -> None:
    coded = coded_counts(fitted.extract, of_source(fitted.extract, "walk_in"))
    alone = true_mix(coded, fitted.nurse_table)
    width = fitted.mix["walk_in"].high - fitted.mix["walk_in"].low
    assert (width > 1.5 * (alone.high - alone.low)).all()


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
    best = nearest_family(minutes, families_of(minutes, 0))
    assert best.kind == "empirical"
    assert best.mean == pytest.approx(32.5)


@pytest.mark.parametrize("unnoted", [0.0, 0.3])
def test_patience_is_found_again_though_being_seen_cuts_it_off(unnoted: float) -> None:
    rng = np.random.default_rng(3)
    patience, wait = (
        stats.weibull_min(0.83, scale=900).rvs(12_000, random_state=rng),
        rng.gamma(2, 60, 12_000),
    )
    left = patience < wait
    until = np.where(left & (rng.random(12_000) < unnoted), np.nan, np.minimum(patience, wait))
    found = patience_of(until, left, until - 0.5)
    assert found is not None
    assert found.power[0] == pytest.approx(0.83, abs=0.12 if unnoted else 0.05)
    assert found.mean[1] < 900 * 1.105 < found.mean[2] or unnoted


def test_hours_and_days_are_those_of_the_extract(
    fitted: FittedDepartment, extract: Extract
) -> None:
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


def test_every_fitted_file_is_read_alike_by_us_and_by_hydra(fitted: FittedDepartment) -> None:
    for group, text in fitted.texts.items():
        read = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
        assert value_in(text, group, Faults()) == read


def test_every_fitted_number_has_source_count_and_interval(fitted: FittedDepartment) -> None:
    measured = [block for block in fitted.blocks if block.evidence == "measured"]
    assert {"site.attributes.acuity_true", "site.attributes.admitted", "site.arrivals.walk_in"} <= {
        block.path for block in measured
    }
    for block in measured:
        assert "n = " in block.source or "of " in block.source, block.path
        assert fitted.extract.mapping.source in block.source


def test_no_number_of_few_patients_is_fitted_or_said(extract: Extract) -> None:
    patients = extract.patients
    source = np.where(patients["arrival_source"] == 2, 0, patients["arrival_source"])
    source[np.flatnonzero(patients.where("outcome", "discharged"))[:3]] = 2
    columns = {**patients.columns, "arrival_source": source.astype(np.int16)}
    tables = replace(extract.tables_read, patients=replace(patients, columns=columns))
    fitted = fit_department(replace(extract, tables_read=tables), "few")
    blocks = {block.path: block for block in fitted.blocks}
    assert "referred not shown" in blocks["site.attributes.admitted"].source
    for block in fitted.blocks:
        counts = re.findall(r"\bn = ([\d,]+)", block.source)
        days = block.path in ("site.day_factors.residual",)
        assert all(int(n.replace(",", "")) % 5 == 0 for n in counts) or days, block.source


def test_what_stamps_do_not_identify_is_listed(fitted: FittedDepartment) -> None:
    kept = " ".join(row[0] for row in fitted.tables["kept"].rows)
    assert all(
        words in kept
        for words in ("who is on duty", "minutes of clinicians", "adult beds", "minutes of triage")
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
    whole = follows_crowding(ae.from_table(frame, stated)) or 0.0
    assert whole > 0.3
    lost = frame.assign(d=frame["d"].where(frame.index % 10 > 0))  # they are not there for ever
    assert follows_crowding(ae.from_table(lost, stated | {"worst_share": 0.5})) == pytest.approx(
        whole, abs=0.03
    )


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


def test_a_packaged_study_of_a_fitted_site_is_not_calibrated_either(
    fitted: FittedDepartment, tmp_path: Path
) -> None:
    fitted.write_configs(tmp_path)
    department = [f"{group}=mine" for group in ("site", "staffing", "calibration", "pathway")]
    study = ae.load("study=alternatives", *department, config_dir=tmp_path)
    assert study.not_calibrated == ae.load("study=mine", config_dir=tmp_path).not_calibrated != ""
    assert ae.load("study=alternatives", "ensemble=none", config_dir=tmp_path).not_calibrated == ""


def test_the_same_department_may_be_written_again(fitted: FittedDepartment, tmp_path: Path) -> None:
    first = fitted.write_configs(tmp_path)
    assert fitted.write_configs(tmp_path) == first
    assert not list(tmp_path.rglob("*.old*"))


def test_a_department_that_differs_from_what_is_there_is_refused_with_what_differs(
    told: FittedDepartment, tmp_path: Path
) -> None:
    told.write_configs(tmp_path)
    there = told.texts["calibration"].replace(
        "majors_cubicles: {value: 21", "majors_cubicles: {value: 20"
    )
    written(there, tmp_path / "calibration", "told.yaml")
    with pytest.raises(
        ConfigError, match=r"majors_cubicles\.value is 20, would be 21.*overwrite=true"
    ):
        told.write_configs(tmp_path)
    assert (tmp_path / "calibration/told.yaml").read_text(encoding="utf-8") == there


def test_what_is_written_over_is_kept_beside_it(told: FittedDepartment, tmp_path: Path) -> None:
    told.write_configs(tmp_path)
    calibration = tmp_path / "calibration/told.yaml"
    for number in (1, 2):
        edited = f"# our own words, {number}\n{told.texts['calibration']}"
        calibration.write_text(edited, encoding="utf-8")
        told.write_configs(tmp_path, overwrite=True)
        assert calibration.read_text(encoding="utf-8") == told.texts["calibration"]
        assert calibration.with_name(f"told.yaml.old{number}").read_text(encoding="utf-8") == edited
    assert len(list(tmp_path.rglob("*.old*"))) == 2


def test_files_that_no_fit_has_written_are_never_written_over(
    fitted: FittedDepartment, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    written("defaults: [typical, _self_]\n", tmp_path / "site", "mine.yaml")
    with pytest.raises(ConfigError, match="is there already"):
        fitted.write_configs(tmp_path, overwrite=True)


def test_a_source_that_nobody_filled_in_is_said_with_what_is_fitted(
    fitted: FittedDepartment,
    hold: Hold,
) -> None:
    unsaid = replace(fitted.extract, mapping=replace(fitted.extract.mapping, source=DRAFT_SOURCE))
    words = "line `source:` of the mapping"
    hold(" ".join(replace(fitted, extract=unsaid).sentences()), words)
    assert words not in " ".join(fitted.sentences())


@pytest.mark.slow
def test_the_command_writes_department_and_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from simulation.cli import main

    monkeypatch.chdir(tmp_path)
    written(clean(3000, 40), tmp_path)
    assert main(["extract", "draft", "extract.csv"]) == 0
    assert main(["fit", "extract=extract.csv", "out=mine", "departments=0"]) == 0
    assert "source:` of configs/extract/extract.yaml" in capsys.readouterr().out
    mapping_file = tmp_path / "configs/extract/extract.yaml"
    mapping_file.write_text(
        mapping_file.read_text("utf-8").replace("own extract: say of", "ours of"), "utf-8"
    )
    assert main(["fit", "extract=extract.csv", "out=mine", "departments=0"]) == 2
    assert (
        main(["fit", "extract=extract.csv", "out=mine", "departments=0", "overwrite=perhaps"]) == 2
    )
    assert main(["fit", "extract=extract.csv", "out=mine", "departments=0", "overwrite=true"]) == 0
    page = max((tmp_path / "results/extracts").rglob("extract.html"))
    assert "Data quality" in page.read_text(encoding="utf-8")
    assert ARRIVED in page.read_text(encoding="utf-8")
    assert mapping()["age"] in page.read_text(encoding="utf-8")


# --- what a department says of itself ---------------------------------------------------------------------------------

ANSWERS = """
attendances_per_day: 310
triage_nurses: two from 8 to 22 h, one by night
ambulances: own nurses
ambulance_nurses: 1 at all hours
triage_minutes: 6
product: Our AI
"""


def test_totals_that_are_moved_or_left_out_are_told(extract: Extract) -> None:
    fitted = fit_department(extract, "moved")
    before = list(fitted.sentences())
    fitted.__dict__["totals"] = replace(fitted.totals, admitted_share=0.6, ambulances_per_day=None)
    admitted, ambulances = (line for line in fitted.sentences() if line not in before)
    assert "60 %" in admitted
    assert "ambulance" in ambulances


@pytest.fixture(scope="module")
def told(extract: Extract, tmp_path_factory: pytest.TempPathFactory) -> FittedDepartment:
    path = written(ANSWERS, tmp_path_factory.mktemp("answers"), "offer.yaml")
    stated = {
        "doctors": "6 8-22, 3 by night",
        "majors_cubicles": 21,
        "first_contact": 27,
        "settling": "9 min",
    }
    return fit_department(extract, "told", stated=stated, answers=path)


def test_what_is_stated_takes_the_place_of_what_is_assumed_and_is_marked(
    told: FittedDepartment,
) -> None:
    stated = {block.path: block.values for block in told.blocks if block.evidence == "stated"}
    assert stated["staffing.triage_nurses"]["rota"] == [
        {"hours": "8-22", "number": 2}, {"hours": "22-8", "number": 1},
    ]  # fmt: skip
    assert stated["staffing.assessment_nurses"]["rota"] == [{"hours": "0-24", "number": 1}]
    assert {shift["number"] for shift in stated["staffing.doctors"]["rota"]} == {3, 6}
    assert stated["calibration.majors_cubicles"]["value"] == 21
    assert stated["calibration.settling_minutes"]["value"] == 9


def test_what_is_stated_is_listed_as_it_was_read(told: FittedDepartment) -> None:
    table = told.tables["stated"]
    assert {row[0] for row in table.rows} >= {
        "doctors",
        "triage nurses",
        "majors cubicles",
        "first contact",
    }
    assert {len(row) for row in table.rows} == {2}
    assert "product" in table.notes[0]


def test_a_first_contact_takes_the_stated_minutes_with_these_patients(
    told: FittedDepartment, tmp_path: Path
) -> None:
    told.write_configs(tmp_path)
    study = load("study=told", "run=weeks", "run.measured_days=28", "pathway.allow_overload=true", "run.warm_up_days=0",
                 config_dir=str(tmp_path))  # fmt: skip
    assert study.baseline.pathway.pools["doctors"].evidence == "stated"
    drawn = SharedDraws(DrawnRun(1, 0, 28)).of(study.baseline.pathway)
    minutes = drawn.minutes["first_contact"][0][drawn.arrival_source < 3]
    assert minutes[minutes > 0].mean() == pytest.approx(27, rel=0.1)


def test_departments_that_fit_do_not_vary_what_was_stated(
    told: FittedDepartment, tmp_path: Path
) -> None:
    told.write_configs(tmp_path)
    priors = priors_named("told", [tmp_path, packaged_configs()])
    assert not priors.structures
    assert not {"doctors_at_night", "doctor_minutes", "triage_busy", "settling_minutes"} & set(
        priors.parameters
    )
    assert "discharge_minutes" in priors.parameters
    few = next(
        block.values["value"]
        for block in told.blocks
        if block.path == "calibration.assessment_bays"
    )
    assert ("assessment_bays" in priors.parameters) == (few > 3)


def test_answers_that_cannot_be_read_are_refused_together(extract: Extract) -> None:
    stated = {"doctors": "6 at dawn", "beds": 3, "majors_cubicles": 2.5, "majors_cubicals": 20}
    with pytest.raises(ConfigError) as refused:
        fit_department(extract, "told", stated=stated)
    assert [fault.where for fault in refused.value.faults] == list(stated)


def test_true_levels_may_come_from_the_departments_own_nurses(
    extract: Extract, tmp_path: Path
) -> None:
    counts = (90 * np.eye(5) + 2).astype(int).tolist()
    nurse = {
        "labels": {
            "name": "nurse",
            "correlation": {
                "value": 0.5,
                "range": [0, 0.9],
                "evidence": "assumed",
                "source": "not measured",
            },
            "matrix": {"counts": counts, "evidence": "measured", "source": "own panel"},
        }
    }
    (tmp_path / "nurse").mkdir()
    (tmp_path / "nurse/ours.yaml").write_text(yaml.safe_dump(nurse), encoding="utf-8")
    ours = fit_department(extract, "ours_too", nurse="ours", config_dir=str(tmp_path))
    coded = shares_of(coded_counts(extract, of_source(extract, "walk_in"))).values
    assert ours.mix["walk_in"].values == pytest.approx(
        np.clip((coded - 0.02) / 0.9, 0, 1), abs=0.01
    )
    ours.write_configs(tmp_path)
    assert (
        load("study=ours_too", config_dir=str(tmp_path)).baseline.policy.nurse.matrix.source
        == "own panel"
    )
    assert "configs/nurse/ours.yaml (yours)" in str(ours.tables["kept"].frame())


def test_days_that_were_lost_are_left_out_of_rates() -> None:
    frame = pd.read_csv(StringIO(clean(20_000, 360)), dtype=str, keep_default_na=False)
    lost = frame[(frame[ARRIVED].str[:7] != "2025-05") & (frame[ARRIVED].str[:10] != "2025-08-07")]
    whole, short = (Arrivals(ae.from_table(rows, mapping()), np.ones(12)) for rows in (frame, lost))
    assert short.extract.quality.n("few_arrivals") == 31 + 1
    everybody = [np.ones(len(one.extract.patients), dtype=np.bool_) for one in (whole, short)]
    rates = [one.per_day(of).first for one, of in zip((whole, short), everybody, strict=True)]
    assert rates[1] == pytest.approx(rates[0], rel=0.01)
    assert short.day_factor.first < 0.05
    assert 4 not in short.months[1]


def test_who_has_no_departure_is_not_there_for_ever() -> None:
    frame = pd.read_csv(StringIO(clean(3000, 40)), dtype=str, keep_default_na=False)
    lost = frame.copy()
    lost.loc[lost.index % 5 == 0, DEPARTED] = ""
    allowed = mapping(worst_share=0.5)
    found = [follows_crowding(ae.from_table(rows, allowed)) for rows in (frame, lost)]
    assert found[1] == pytest.approx(found[0], abs=0.05)


def test_minutes_of_triage_are_the_same_on_the_page_and_in_the_fit() -> None:
    frame = pd.read_csv(StringIO(clean(600, 40)), dtype=str, keep_default_na=False)
    at = pd.to_datetime(frame[ASSESSED])
    late = np.where(frame.index % 8 == 0, -3, 6)
    frame["Triaged"] = (at + pd.to_timedelta(late, unit="min")).astype(str)
    times = mapping()["times"] | {"triaged_at": "Triaged"}
    extract = ae.from_table(frame, mapping(times=times))
    assert extract.measures.value("walk_in_triage_minutes_mean") == pytest.approx(6)
    assert extract.quality.n("impossible_order") == pytest.approx(600 / 8, rel=0.2)
    blocks = {
        block.path: block.source for block in FittedRecords(extract, "mine")._triage_minutes()
    }
    assert "mean 6.00 min" in blocks["calibration.triage_minutes_scale"]


def test_the_busiest_weekday_is_within_the_bound_on_arrivals() -> None:
    frame = pd.read_csv(StringIO(clean(12_000, 200)), dtype=str, keep_default_na=False)
    monday = pd.to_datetime(frame[ARRIVED]).dt.day_of_week == 0
    busy = ae.from_table(frame[monday | (frame.index % 4 == 0)], mapping(worst_share=0.5))
    records = FittedRecords(busy, "mine")
    bounds = [
        block.values["thinning_bound"]
        for block in records._when()
        if block.path.startswith("site.arrivals.")
    ]
    most = records.arrivals.pattern.max()
    assert most > 2
    assert min(bounds) == pytest.approx(
        most * (1 + 5 * records.arrivals.day_factor.first), abs=0.06
    )


def test_clinicians_whom_nobody_stated_are_named(told: FittedDepartment) -> None:
    assert "doctors" in told.stated.words
    assert "practitioners" in " ".join(told.drawn())
    assert "children_doctors" in " ".join(told.drawn())
    stated = {
        "doctors": "2 8-22, 1 22-8",
        "practitioners": "0 at all hours",
        "children_doctors": "1 at all hours",
    }
    every = replace(told, stated=stated_department(stated))
    assert [*every.drawn()] == []
