"""A department's own figures: which file is taken, every mistake in it, and the way by command."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from simulation.api import compare
from simulation.assurance.fitting import command
from simulation.assurance.targets import (
    ENGLAND,
    FIGURES,
    checked_targets,
    targets_for,
    targets_named,
    with_measures_of,
)
from simulation.assurance.validate import validate_site
from simulation.cli import main
from simulation.config import load, packaged_configs
from simulation.config.new import new_scaled_department
from simulation.errors import ConfigError, ResultsError
from simulation.study.study import Study
from tests.held import Hold

ROW = {
    "name": "Four hours", "kind": "predicted", "measure": "within_4h_share", "value": 0.62, "low": 0.6, "high": 0.64,
    "evidence": "measured", "source": '"own extract, 2025-26"',
}  # fmt: skip
Say = Callable[..., str]
PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "own-targets.md").read_text(
    encoding="utf-8"
)


def row(**changes: object) -> str:
    """A row as a file states it; None leaves a key out."""
    stated = {key: value for key, value in {**ROW, **changes}.items() if value is not None}
    return "{" + ", ".join(f"{key}: {value}" for key, value in stated.items()) + "}"


def written(folder: Path, *rows: str, name: str = "ours", head: str = "") -> Path:
    path = folder / "targets" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}rows:\n" + "".join(f"  - {each}\n" for each in rows), encoding="utf-8")
    return folder


# --- which file ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "chosen"),
    [
        ({"site": "ours", "pathway": "emergency_department"}, "ours"),
        ({"site": "none", "pathway": "ours"}, "ours"),
        ({"site": "typical", "pathway": "ours"}, "england"),
        ({"site": "short_of_beds", "pathway": "emergency_department"}, "england"),
        ({}, "england"),
    ],
)
def test_a_department_is_held_against_the_file_of_its_name_else_against_england(
    tmp_path: Path, choices: Mapping[str, str], chosen: str
) -> None:
    assert targets_for(choices, [written(tmp_path, row()), packaged_configs()]) == chosen


# --- mistakes in a file ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "phrase"),
    [
        ({"low": 0.66}, "low is 0.66 and high is 0.64"),
        (
            {"value": 0.7},
            "band is 0.6 to 0.64",
        ),
        ({"value": 0.7, "low": None}, "value is 0.7, and the band"),
        (
            {"source": None},
            "'source' is missing",
        ),
        ({"source": '""'}, "Say where"),
        ({"kind": "calibratd"}, "kind: found 'calibratd'. Allowed: 'input', 'calibrated',"),
        (
            {"kind": "calibrated", "low": None, "high": None},
            "State the band",
        ),
        ({"lowest": 0.6}, "unknown key 'lowest'"),
        ({"low": "sixty"}, "low: found 'sixty'. Allowed: a valid number"),
        ({"low": "true"}, "low: found True. Allowed: a valid number"),
        (
            {"evidence": "guess"},
            "evidence: found 'guess'. Allowed: 'published', 'measured', 'stated' or 'assumed'.",
        ),
    ],
)
def test_a_mistake_in_a_row_is_one_message_that_names_file_and_row(
    tmp_path: Path, changes: Mapping[str, object], phrase: str, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as refused:
        targets_named("ours", [written(tmp_path, row(name="First"), row(**changes))])
    (fault,) = refused.value.faults
    assert str(fault).startswith("targets/ours.yaml, row 2 (Four hours)")
    hold(str(fault), phrase)


def test_mistakes_of_several_rows_are_told_at_once(tmp_path: Path) -> None:
    folder = written(tmp_path, row(low=0.9), row(source=None), head="nmae: ours\n")
    with pytest.raises(ConfigError, match=r"unknown key 'nmae'. Did you mean 'name'") as refused:
        targets_named("ours", [folder])
    assert len(refused.value.faults) == 3


def test_two_rows_of_one_name_are_refused(tmp_path: Path, hold: Hold) -> None:
    with hold.refusal(ConfigError, "targets/ours.yaml", match="2 rows are called 'Four hours'"):
        targets_named("ours", [written(tmp_path, row(), row())])


# --- what the department gives ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def typical() -> Study:
    return load("ensemble=none", "run=validation")


@pytest.fixture
def refusal(tmp_path: Path, typical: Study) -> Say:
    def said(**changes: object) -> str:
        with pytest.raises(ConfigError) as refused:
            checked_targets(
                targets_named("ours", [written(tmp_path, row(**changes))]), "ours", typical
            )
        (fault,) = refused.value.faults
        return str(fault)

    return said


@pytest.mark.parametrize(
    ("changes", "phrase"),
    [
        (
            {"measure": "within_4_share"},
            "unknown measure 'within_4_share'. Did you mean 'within_4h_share'?",
        ),
        ({"unit": '"%"'}, "unit is '%', and 'within_4h_share'"),
        (
            {"value": 62, "low": 60, "high": 64},
            "value is 62, low is 60, high is 64, and a share",
        ),
        (
            {"group": "acuity_true=urgnt"},
            "has no group 'acuity_true=urgnt' here. Did you mean 'acuity_true=urgent'?",
        ),
        (
            {
                "measure": "stay_admitted_p95",
                "group": "acuity_true=urgent",
                "value": None,
                "low": None,
                "high": 900,
            },
            "name the measure 'stay_p95'",
        ),
        (
            {"measure": "occupancy_midnight", "group": "acuity_true=urgent"},
            "'occupancy_midnight' has none. Leave",
        ),
        (
            {"measure": "occupancy_midnight", "months": "[4, 9]"},
            "Leave months out",
        ),
        (
            {"kind": "response", "change": "10 % more arrivals with the staff of today"},
            "difference",
        ),
        (
            {
                "kind": "response",
                "measure": "within_4h_share_difference",
                "change": "10 % more arivals with the staff of today",
            },
            "Did you mean '10 % more arrivals with the staff of today'?",
        ),
    ],
)
def test_what_a_department_does_not_give_is_told_before_anything_runs(
    refusal: Say, changes: Mapping[str, object], phrase: str, hold: Hold
) -> None:
    said = refusal(**changes)
    assert said.startswith("targets/ours.yaml, Four hours: ")
    hold(said, phrase)


def test_a_unit_that_is_left_out_is_that_of_the_measure(tmp_path: Path, typical: Study) -> None:
    rows = [row(), row(name="Mean", measure="stay_mean", value=300, low=250, high=350), row(
        name="Beds", measure="occupancy_midnight", value=None, low=None, high=0.98
    )]  # fmt: skip
    asked = checked_targets(targets_named("ours", [written(tmp_path, *rows)]), "ours", typical)
    assert [target.unit for target in asked] == ["share", "minutes", "share"]


OVER_4H = "kind: span, until: departed_at, statistic: share, over_minutes: 240"


@pytest.mark.parametrize(
    ("changes", "phrase"),
    [
        ({"counts": f"{{{OVER_4H}}}"}, "'within_4h_share'"),
        (
            {"odds_to": f"{{{OVER_4H}}}"},
            "states odds_to without counts",
        ),
    ],
)
def test_a_measure_of_a_row_has_a_name_of_its_own(
    tmp_path: Path, changes: Mapping[str, object], phrase: str, hold: Hold
) -> None:
    with hold.refusal(ConfigError, match=phrase):
        targets_named("ours", [written(tmp_path, row(**changes))])


@pytest.mark.parametrize(
    ("counts", "odds_to", "phrase"),
    [
        (f"{{{OVER_4H}, among: age_band=old}}", None, "unknown group 'age_band=old'"),
        (
            f"{{{OVER_4H}}}",
            "{kind: span, until: departed_at}",
            "minutes",
        ),
    ],
)
def test_what_a_row_counts_must_be_there(
    refusal: Say, counts: str, odds_to: str | None, phrase: str, hold: Hold
) -> None:
    hold(
        refusal(measure="mine", counts=counts, odds_to=odds_to, low=0.1, high=None, value=None),
        phrase,
    )


def test_a_row_of_odds_compares_two_groups_of_patients(tmp_path: Path) -> None:
    """Worked out again from the patients of the same two runs."""
    among = {name: f"{{{OVER_4H}, among: age_band={name}}}" for name in ("oldest", "adult")}
    rows = [
        row(name=name, measure=name, counts=text, value=None, low=0, high=1)
        for name, text in among.items()
    ]
    rows.append(
        row(
            name="Odds",
            measure="old",
            counts=among["oldest"],
            odds_to=among["adult"],
            value=None,
            high=None,
        )
    )
    folder = written(tmp_path, *rows)
    table = validate_site(SHORT, targets="ours", config_dir=folder, responses=False)
    oldest, adult, odds = (
        next(one for one in table.rows if one.target.name == name) for name in (*among, "Odds")
    )
    assert 0 < adult.found < oldest.found < 1
    assert odds.target.unit == "odds ratio"
    result = compare(
        with_measures_of(
            load("ensemble=none", "run=validation", *SHORT).only().on_typical(),
            targets_named("ours", [folder]),
        )
    )
    shares = [result.values(result.design.baseline, name, "all") for name in among]
    first, second = (share / (1 - share) for share in shares)
    assert odds.found == pytest.approx((first / second).mean())


def test_the_packaged_targets_fit_the_packaged_departments(typical: Study) -> None:
    england = targets_named("england", [packaged_configs()])
    assert checked_targets(england, "england", typical) == england


# --- by command ------------------------------------------------------------------------------------------------------

SHORT = (
    "run.replications=2",
    "run.warm_up_days=0",
    "run.measured_days=14",
    "run.cool_down_days=1",
    "engine=compiled",
    "executor=serial",
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A department of one nurse, called ours, in a folder of configurations."""
    folder = tmp_path / "configs"
    assert (
        main(["new", "department", "ours", "from=gallery/one_nurse", "--config-dir", str(folder)])
        == 0
    )
    with (folder / "pathway" / "ours.yaml").open("a", encoding="utf-8", newline="\n") as file:
        file.write(
            "measures:\n  an_hour: {kind: span, label: Home in an hour, better: higher, until: departed_at, "
        )
        file.write("statistic: share, within_minutes: 60}\n")
    return folder


def validated(
    folder: Path, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(
        ["validate", "study=ours", "only=site", *SHORT, *words, "--config-dir", str(folder)]
    )
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_department_is_held_against_its_own_figures_by_command(
    small: Path, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    stay = row(name="Stay", measure="stay_mean", value=None, low=5, high=500)
    by_walk_in = row(
        name="Walk-ins",
        measure="stay_mean",
        value=None,
        low=700,
        high=None,
        group="arrival_source=walk_in",
    )
    quick = row(name="In an hour", measure="an_hour", kind="calibrated", value=None, low=0, high=1)
    written(small, stay, by_walk_in, quick)
    code, out, err = validated(small, capsys)
    assert code == 1
    hold(out, "hold it against 3 rows of targets/ours.yaml")
    assert "2 of 2 replications" in err
    assert sum("own extract" in line for line in out.splitlines()) == 3
    hold(out, "1 of 3 rows that count")
    assert "FAIL  Walk-ins" in out
    assert "docs/how-to/own-targets.md, step 3" in out


def test_without_own_figures_a_department_that_is_unlike_englands_is_told_to_state_some(
    small: Path, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    code, _, err = validated(small, capsys)
    assert code == 2
    hold(err, "own in configs/targets/ours.yaml")
    assert "targets/england.yaml, " not in err
    hold(err, "its beds adult_bed")
    hold(err, "targets/england.yaml")
    assert "name another measure" not in err


def test_targets_may_be_named_and_only_for_the_site(
    small: Path, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    written(small, row(measure="stay_meen"), name="others")
    assert (
        "targets/others.yaml, Four hours: unknown measure 'stay_meen'"
        in validated(small, capsys, "targets=others")[2]
    )
    assert "Did you mean 'others'?" in validated(small, capsys, "targets=other")[2]
    assert main(["validate", "only=theory", "targets=others", "--config-dir", str(small)]) == 2
    hold(capsys.readouterr().err, "only=theory has targets")


def test_own_figures_that_are_not_called_like_the_site_are_not_passed_by_in_silence(
    small: Path, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    written(small, row(), name="our")
    _, out, _ = validated(small, capsys)
    hold(out, "A department's own")


def test_an_ensemble_is_built_to_the_same_figures(
    small: Path, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    written(small, row())
    words = ["ensemble", "study=ours", "name=ours", *SHORT, "--config-dir", str(small)]
    assert main(words) == 2
    hold(capsys.readouterr().err, "targets/ours.yaml")
    busy = row(measure="clinician_busy_share", kind="calibrated")
    written(small, busy)
    assert main(words) == 2
    hold(capsys.readouterr().err, "'clinician_busy_share'")
    written(small, row(measure="stay_meen", kind="calibrated"))
    assert main(words) == 2
    assert "unknown measure 'stay_meen'. Did you mean 'stay_mean'?" in capsys.readouterr().err


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a department scaled to totals, and what the page has one write."""
    figures, measures = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    folder = tmp_path / "configs"
    new_scaled_department("ours", {"attendances_per_day": "280", "beds": "510"}, folder)
    with (folder / "site" / "ours.yaml").open("a", encoding="utf-8") as file:
        file.write(measures)
    (folder / "targets").mkdir()
    (folder / "targets" / "ours.yaml").write_text(figures, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_commands_of_the_page_run_on_the_files_of_the_page(
    as_the_page_says: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    hold: Hold,
) -> None:
    validate, ensemble = re.findall(r"^aeflow (.*)$", PAGE, re.MULTILINE)
    assert main([*validate.split(), *SHORT, "run.warm_up_days=7"]) in (0, 1)
    hold(capsys.readouterr().out, "4 rows that count")

    class Stops:
        def __init__(self, *about: object) -> None:
            raise ResultsError("what follows takes half an hour")

    monkeypatch.setattr(command, "Builder", Stops)
    assert main(ensemble.split()) == 2
    captured = capsys.readouterr()
    assert "that meet 2 rows of targets/ours.yaml" in captured.out
    hold(captured.err, "what follows takes")


def test_the_page_names_figures_of_a_site_that_there_are() -> None:
    (named,) = re.findall(r"a figure of the site \((.*?)\)", PAGE)
    assert set(re.findall(r"`(\w+)`", named)) <= FIGURES.keys()


def test_the_page_says_what_is_taken_without_own_figures(hold: Hold) -> None:
    hold(PAGE, f"takes `{ENGLAND}`")
