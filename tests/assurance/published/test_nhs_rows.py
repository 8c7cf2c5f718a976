"""How rows are judged, counted and said; what the response rows change; and one small run of the whole table.

The small run is far too short to say anything about the site, and nothing here asks what it found.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from simulation.api import compare
from simulation.assurance import validate as command
from simulation.assurance.targets import (
    BUSY,
    CHANGES,
    PublishedFigure,
    adult_occupancy,
    one_clinician_fewer,
    targets_named,
    with_override,
)
from simulation.assurance.validate import (
    CalibrationValue,
    FigureTable,
    Row,
    SiteRuns,
    TriageLoad,
    calibration_hash,
    judged,
    overridden_by,
    predictions_path,
    read_predictions,
    site_text,
    validate_site,
    write_predictions,
)
from simulation.config import load, packaged_configs
from simulation.config.arms import pathway_from
from simulation.config.composing import composed
from simulation.department.rota import units_by_hour
from simulation.errors import ConfigError, ResultsError
from simulation.study.study import Study
from tests.held import Hold

NOTE: Any = {"evidence": "assumed", "source": "made for a test"}
TARGET = PublishedFigure(
    name="Within four hours", kind="predicted", measure="within_4h_share", unit="share", value=0.6, low=0.5, high=0.7,
    tolerance="band", evidence="assumed", source="made for a test", note="Because it is a test.",
)  # fmt: skip


N = 10
"""Replications of a made-up row: the 95 % interval is 2.262 standard errors either way."""


def around(mean: float, standard_error: float) -> np.ndarray:
    """Ten replications with this mean and this standard error."""
    apart = standard_error * math.sqrt(N - 1)
    return mean + apart * np.array([-1.0, 1.0] * (N // 2))


def row(found: float, standard_error: float = 0.0, **changes: Any) -> Row:
    return judged(replace(TARGET, **changes), around(found, standard_error))


def table(*rows: Row, **changes: Any) -> FigureTable:
    stated: Mapping[str, Any] = {
        "site": "typical",
        "rows": rows,
        "calibration": (CalibrationValue("beds", 240.0, 200.0, 280.0),),
        "calibration_file": "configs/calibration/typical.yaml",
        "calibration_sha256": "0123456789abcdef" * 4,
        "overridden": (),
        "predictions": None,
        "triage_load": (TriageLoad("triage_nurses", np.arange(24) / 24, 0.5),),
        "four_hours_by_hour": np.full(24, 0.61),
        "fewer_in": "doctors",
        "weeks": 160.0,
        "replications": 20,
        "engine": "compiled",
        "seconds": 60.0,
    }
    return FigureTable(**{**stated, **changes})


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "phrase"),
    [
        ("# café".encode("latin-1"), "targets/mine.yaml, line 1: the byte 0xe9 is not UTF-8."),
        (b"rows: \x07", "targets/mine.yaml, line 1"),
        (b"rows: [", "targets/mine.yaml, line 1: "),
        (b"", "targets/mine.yaml: states nothing."),
        (b"rows:\n", "targets/mine.yaml"),
        (b"rows: {a: 1}", "targets/mine.yaml"),
        (b"rows: [1]", "targets/mine.yaml, row 1"),
    ],
)
def test_a_file_of_targets_that_cannot_be_read_is_one_message_that_names_it(
    tmp_path: Path, stated: bytes, phrase: str, hold: Hold
) -> None:
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "mine.yaml").write_bytes(stated)
    with pytest.raises(ConfigError) as refused:
        targets_named("mine", [tmp_path])
    hold(str(refused.value), phrase)


# --- judging ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "standard_error", "word"),
    [
        (0.6, 0.0, "PASS"),
        (0.7, 0.0, "PASS"),
        (0.701, 0.0, "FAIL"),
        (0.6, 0.044, "PASS"),  # 2 x 2.262 x .044 = .199: no wider than the band of .2
        (0.6, 0.045, "INCONCLUSIVE"),
        (
            0.72,
            0.011,
            "FAIL",
        ),  # two standard errors would reach the band: noise helps no row to pass
        (0.48, 0.5, "FAIL"),
        (math.nan, 0.0, "FAIL"),
    ],
)
def test_a_row_passes_where_its_value_is_in_the_band_and_its_interval_no_wider(
    found: float, standard_error: float, word: str
) -> None:
    assert row(found, standard_error).word == word


def test_two_replications_are_too_few_where_ten_with_the_same_error_are_enough() -> None:
    two = judged(
        TARGET, np.array([0.56, 0.64])
    )  # standard error .04, but t is 12.7 of one degree of freedom
    assert two.standard_error == pytest.approx(row(0.6, 0.04).standard_error)
    assert (two.word, row(0.6, 0.04).word) == ("INCONCLUSIVE", "PASS")


def test_the_standard_error_is_over_replications() -> None:
    values = np.array([0.5, 0.6, 0.7, 0.8])
    found = judged(TARGET, values)
    assert found.found == pytest.approx(0.65)
    assert found.standard_error == pytest.approx(values.std(ddof=1) / 2)


def test_a_strict_bound_is_itself_refused() -> None:
    above_zero = {"low": 0.0, "high": None, "strictly": True}
    assert row(0.0, **above_zero).word == "FAIL"
    assert row(0.001, **above_zero).word == "PASS"


def test_where_a_bound_is_open_the_interval_must_lie_on_its_side() -> None:
    """There is no width to hold it against, and a sign must not be right by chance."""
    above_zero = {"low": 0.0, "high": None, "strictly": True}
    assert row(0.003, 0.001, **above_zero).word == "PASS"
    assert row(0.002, 0.001, **above_zero).word == "INCONCLUSIVE"
    assert row(-0.001, 0.001, **above_zero).word == "FAIL"
    assert row(-9.0, low=None, high=0.98).word == "PASS"
    assert row(0.979, 0.001, low=None, high=0.98).word == "INCONCLUSIVE"
    assert row(0.99, low=None, high=0.98).word == "FAIL"


def test_a_blunt_row_counts_as_not_passed_and_says_why(hold: Hold) -> None:
    found = table(row(0.6, 0.05), row(0.72, 0.02))
    assert len(found.failed) == 2
    lines = site_text(found).split("\n")
    hold(lines, "2 of 2 rows that count")
    (why,) = [line for line in lines if "within its band" in line]
    hold(why, "but the 95 % interval, 0.487 to 0.713, is too wide")
    (why,) = [line for line in lines if "is above" in line]
    assert "is above 0.700 (its 95 % interval, 0.675 to 0.765, reaches the band)" in why
    assert "0.70004 is above 0.70000" in site_text(table(row(0.70004)))


def test_a_row_without_a_band_is_printed_and_neither_passes_nor_fails() -> None:
    printed = row(-0.14, low=None, high=None, kind="response")
    assert printed.passed is None
    assert not printed.counts
    assert table(printed).failed == ()


def test_inputs_are_not_counted(hold: Hold) -> None:
    wrong = row(0.9, kind="input")
    found = table(wrong, row(0.6))
    assert wrong.passed is False
    assert found.failed == ()
    lines = site_text(found).split("\n")
    hold(lines, "0 of 1 rows that count")
    assert any("FAIL (not counted)" in line for line in lines)


# --- in words --------------------------------------------------------------------------------------------------------


def test_a_fail_is_printed_counted_and_explained(hold: Hold) -> None:
    found = table(row(0.9), row(0.6), row(0.6, kind="calibrated"))
    lines = site_text(found).split("\n")
    assert len(found.failed) == 1
    assert any(line.startswith("  FAIL  Within four hours") for line in lines)
    assert any(line.endswith(": 1 of 2 pass") for line in lines)
    hold(lines, "1 of 3 rows that count")
    (why,) = [line for line in lines if line.endswith("is above 0.700. Because it is a test.")]
    assert "0.900" in why


def test_every_row_says_its_source_and_every_fitted_value_stands_there(hold: Hold) -> None:
    text = site_text(table(row(0.6)))
    hold(text, "made")
    assert "beds" in text
    assert "240" in text


def test_triage_load_and_four_hours_are_printed_by_hour() -> None:
    lines = site_text(table(row(0.6))).split("\n")
    (shares,) = [line for line in lines if line.startswith("within 4 h, %")]
    assert shares.split()[-24:] == ["61"] * 24
    (loads,) = [line for line in lines if line.startswith("load of triage_nurses")]
    assert loads.endswith("96  50 over the week")


def test_too_few_weeks_are_called_no_validation() -> None:
    assert any(
        "not a validation" in line for line in site_text(table(row(0.6), weeks=149.0)).split("\n")
    )
    assert not any(
        "not a validation" in line for line in site_text(table(row(0.6), weeks=150.0)).split("\n")
    )


# --- the hash --------------------------------------------------------------------------------------------------------


def test_the_hash_is_that_of_the_file_whatever_its_line_ends(tmp_path: Path) -> None:
    (tmp_path / "unix.yaml").write_bytes(b"a: 1\nb: 2\n")
    (tmp_path / "windows.yaml").write_bytes(b"a: 1\r\nb: 2\r\n")
    expected = hashlib.sha256(b"a: 1\nb: 2\n").hexdigest()
    assert (
        calibration_hash(tmp_path / "unix.yaml")
        == calibration_hash(tmp_path / "windows.yaml")
        == expected
    )


def test_predictions_name_the_hash_they_were_made_with_and_validate_says_whether_it_agrees(
    tmp_path: Path,
    hold: Hold,
) -> None:
    made = table(
        row(0.6, 0.01), row(-0.02, kind="response", name="Fewer beds"), row(0.5, kind="calibrated")
    )
    path = tmp_path / "predictions.yaml"
    write_predictions(path, made, on=date(2026, 11, 24))
    read = read_predictions(path)
    assert read is not None
    assert read.calibration_sha256 == made.calibration_sha256
    assert read.made_on == "2026-11-24"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = [*content["predicted"], *content["response"]]
    values = {each["name"]: (each["value"], each["standard_error"]) for each in rows}
    assert values == {"Within four hours": (0.6, 0.01), "Fewer beds": (-0.02, 0.0)}
    same = site_text(replace(made, predictions=read))
    hold(same, "made with sha256 0123456789ab")
    moved = site_text(replace(made, predictions=read, calibration_sha256="f" * 64))
    assert "sha256 ffffffffffff" in moved
    hold(moved, "made with sha256 0123456789ab")


def test_no_predictions_on_file_is_said(tmp_path: Path, hold: Hold) -> None:
    assert read_predictions(tmp_path / "none.yaml") is None
    hold(site_text(table(row(0.6))).split("\n"), "No predictions")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"overridden": ("calibration.adherence.value",)},
            "calibration.adherence.value: is overridden",
        ),
        ({"weeks": 12.0}, "measures 12 weeks"),
        ({"calibration_file": ""}, "calibration: is none"),
        ({}, "were left out"),
    ],
)
def test_predictions_are_refused_from_a_run_that_the_hash_does_not_describe(
    tmp_path: Path, changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ConfigError, match=fault):
        write_predictions(tmp_path / "predictions.yaml", table(row(0.6), **changes))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["typical", "large"])
def test_predictions_are_written_into_the_file_of_their_calibration(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = table(
        row(0.6, 0.01),
        row(-0.02, kind="response", name="Fewer beds"),
        calibration_file=f"configs/calibration/{name}.yaml",
    )
    monkeypatch.setattr(command, "validate_site", lambda *_, **__: made)
    monkeypatch.setattr(
        command,
        "predictions_path",
        lambda calibration: tmp_path / predictions_path(calibration).name,
    )
    command.validate([], only="site", write=True, say=lambda line: None)
    assert [path.name for path in tmp_path.iterdir()] == [f"predictions-{name}.yaml"]


# --- targets and changes ---------------------------------------------------------------------------------------------


def test_a_target_with_an_unknown_measure_names_the_nearest(tmp_path: Path) -> None:
    stated = (packaged_configs() / "targets" / "england.yaml").read_text(encoding="utf-8")
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "mine.yaml").write_text(
        stated.replace("measure: left_share", "measure: lefft_share"), encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"lefft_share'\. Did you mean 'left_share'\?"):
        validate_site(targets="mine", config_dir=tmp_path)


def test_every_response_row_of_england_names_a_change_that_is_known() -> None:
    england = targets_named("england", (packaged_configs(),))
    changes = {target.change for target in england if target.kind == "response"}
    assert changes == set(CHANGES)


def test_the_clinician_taken_away_is_one_of_the_largest_pool() -> None:
    pathway = load().baseline.pathway
    chosen, changes = one_clinician_fewer(pathway)
    assert chosen == "doctors"
    assert list(changes) == ["staffing.doctors.extra_shifts"]
    fewer = pathway_from(composed(), changes=changes).pools["doctors"]
    difference = (units_by_hour(pathway.pools["doctors"]) - units_by_hour(fewer)).reshape(7, 24)
    assert (difference[:, 14:22] == 1).all()
    assert (np.delete(difference, range(14, 22), axis=1) == 0).all()


@pytest.mark.slow
def test_a_change_is_made_to_the_department_as_its_scenario_leaves_it() -> None:
    """A scenario may change a calibration parameter, which other files refer to."""
    site = SiteRuns(["scenario=nobody_reacts"], None)
    changed = site.changed("fewer doctors", {"staffing.doctors.extra": -1}).pathway
    assert {follows.elasticity for follows in changed.follows.values()} == {0}
    assert changed.pools["doctors"].extra == -1
    assert replace(changed, pools=site.pathway.pools) == site.pathway


def test_an_override_replaces_the_one_of_the_same_key() -> None:
    assert with_override(["scenario=winter", "run.seed=1"], "scenario=busier_staff_follow") == [
        "run.seed=1",
        "scenario=busier_staff_follow",
    ]


# --- a small run -----------------------------------------------------------------------------------------------------

SHORT = (
    "run.replications=2", "run.warm_up_days=7", "run.measured_days=7", "run.cool_down_days=1",
    "run.doublings=0", "executor=serial", "engine=compiled",
)  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> FigureTable:
    """The rows of England, each over the whole of a window too short for months (test_monthly_figures has those)."""
    folder = tmp_path_factory.mktemp("configs")
    stated = (packaged_configs() / "targets" / "england.yaml").read_text(encoding="utf-8")
    (folder / "targets").mkdir()
    (folder / "targets" / "pooled.yaml").write_text(
        stated.replace("    months: [4, 9]\n", ""), encoding="utf-8"
    )
    return validate_site(SHORT, targets="pooled", config_dir=folder)


def test_a_small_run_fills_every_row_of_the_targets(small: FigureTable) -> None:
    england = targets_named("england", (packaged_configs(),))
    expected = [target.name for target in england if target.measure != BUSY]
    assert [each.target.name for each in small.rows if each.target.measure != BUSY] == expected
    pools = [each.target.name.split(": ")[1] for each in small.rows if each.target.measure == BUSY]
    assert pools == ["doctors", "practitioners", "children_doctors"]
    sure = [
        each for each in small.rows if each.target.odds_to is None
    ]  # in two weeks all of an age may stay long
    assert all(math.isfinite(each.found) and math.isfinite(each.standard_error) for each in sure)


def test_a_small_run_names_the_hash_of_the_fitted_values_as_they_are(small: FigureTable) -> None:
    path = packaged_configs() / "calibration" / "typical.yaml"
    assert small.calibration_sha256 == calibration_hash(path)
    assert any(
        f"sha256 {calibration_hash(path)[:12]}" in line for line in site_text(small).split("\n")
    )
    assert small.overridden == ()


def test_a_value_of_the_site_is_overridden_and_the_choice_of_its_file_is_not() -> None:
    scale = "site.durations.ward_stay.scale"
    assert overridden_by(
        [f"{scale}=1.2", "site=small", "run.replications=2", "engine=reference"]
    ) == (scale,)


def test_a_small_run_is_not_called_a_validation(small: FigureTable) -> None:
    assert small.weeks == 2
    assert any("not a validation" in line for line in site_text(small).split("\n"))


def test_rows_of_day_profiles_are_judged_on_every_replication() -> None:
    """However few a run profiles for its pictures."""
    short = load(
        "ensemble=none",
        *SHORT,
        "run.profile_all=true",
        "run.profiles=1",
        "run.measured_days=7",
        "engine=compiled",
    )
    assert all(
        answer.arms["nurse"].day is not None for answer in compare(only_nurse(short)).replications
    )
    pictures_only = compare(only_nurse(replace(short, run=replace(short.run, profile_all=False))))
    nurse = tuple(answer.arms["nurse"] for answer in pictures_only.replications)
    assert [arm.day is not None for arm in nurse] == [True, False]
    with pytest.raises(ResultsError, match="1 of 2 replications have one"):
        adult_occupancy(nurse, short.baseline.pathway)


def test_the_packaged_validation_profiles_every_replication() -> None:
    assert load("ensemble=none", "run=validation").run.profile_all
    assert not load().run.profile_all


def only_nurse(study: Study) -> Study:
    return replace(
        study,
        arms=(study.baseline,),
        design=replace(study.design, arms={"nurse": study.baseline.arm}),
    )


def test_one_replication_is_refused(hold: Hold) -> None:
    with hold.refusal(ConfigError, "run.replications", match="two or more"):
        validate_site(["run.replications=1"])
