"""`aeflow ensemble` on the smallest department: one nurse, whose minutes and arrivals nobody has published."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simulation.assurance.fitting import build
from simulation.assurance.fitting import emulator as walk
from simulation.assurance.fitting.build import LEAST_CHANCE, YearsFile
from simulation.assurance.fitting.command import CONFIRM_FROM, ensemble, overrides_of_site
from simulation.cli import main
from simulation.commands.command_line import read_line
from simulation.config import load
from simulation.config.composing import stated_in
from simulation.config.ensembles import Ensemble, ensemble_named
from simulation.config.files import search_folders
from simulation.errors import ConfigError, ResultsError
from tests.held import Hold

NOTE = "evidence: assumed, source: made for a test"
PRIORS = f"""
name: mine
judged_by_mean: [stay_p95]
parameters:
  minutes: {{changes: [pathway.durations.consultation.mean], how: times, range: [0.4, 1.1], {NOTE}}}
  arrivals: {{changes: [pathway.arrivals.walk_in.per_day], how: set, range: [60, 110], {NOTE}}}
  ends: {{changes: [pathway.pools.nurses.extra], how: set, whole: true, range: [0, 1], {NOTE}}}
"""


def targets(low: float, high: float) -> str:
    row = f"kind: calibrated, unit: minutes, tolerance: band, note: none, {NOTE}"
    return f"""
name: mine
rows:
  - {{name: Stay, measure: stay_mean, value: {low}, low: {low}, high: {high}, {row}}}
  - {{name: Tail, measure: stay_p95, value: 80, low: 40, high: 120, {row}}}
"""


RUN = (
    "study=gallery/one_nurse",
    "run.warm_up_days=0",
    "run.measured_days=14",
    "run.cool_down_days=0",
    "run=small",
)
WORDS = (*RUN, "executor=serial", "engine=compiled", "name=mine", "targets=mine", "departments=20")
Own = Callable[..., Path]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name, text in {"priors/mine.yaml": PRIORS, "targets/mine.yaml": targets(20, 30)}.items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "mine"


@pytest.fixture(autouse=True)
def _small_waves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "FIRST", 32)
    monkeypatch.setattr(build, "WAVE", 20)
    monkeypatch.setattr(build, "N_CHAINS", 60)
    monkeypatch.setattr(walk, "N_STEPS", 15)


def built(own: Path, *words: str) -> tuple[Ensemble, list[str]]:
    output: list[str] = []
    line = read_line("ensemble", [*WORDS, f"results={own.parent / 'results'}", *words])
    ensemble(line.overrides, **line.values, config_dir=str(own), say=output.append)
    return ensemble_named("mine", [own]), output


def years_file(own: Path) -> Path:
    (path,) = (own.parent / "results" / "ensembles").glob("mine-*/years.jsonl")
    return path


@pytest.mark.slow
def test_departments_that_fit_are_found_written_and_told(own: Path, hold: Hold) -> None:
    made, output = built(own, "confirm=2", "confirm_departments=15")
    text = "\n".join(output)
    assert len(made.departments) == 20
    with YearsFile(years_file(own)) as file:
        years = file.of_waves()
        stays: dict[object, list[float]] = {}
        for year in file.years.values():
            if year.number >= CONFIRM_FROM:
                stays.setdefault(year.member.values, []).append(year.rows["Stay"])
    assert set(stays) == set(made.departments[:15])
    assert sum(20 <= np.mean(each) <= 30 for each in stays.values()) >= 15 * LEAST_CHANCE
    assert made.built.simulated_years == len(years)
    assert made.built.pathway == "gallery/one_nurse"
    assert made.built.accepted >= 20
    hold(text, f"20 of {made.built.accepted} departments that fit")
    hold(text, "15 departments, 2 years each")
    for picture in ("identified.png", "parameters.png"):
        assert years_file(own).with_name(picture).read_bytes().startswith(b"\x89PNG")
    rows = list(
        csv.DictReader(
            years_file(own).with_name("parameters.csv").read_text(encoding="utf-8").splitlines()
        )
    )
    assert {row.pop("parameter") for row in rows} == set(made.parameters)
    assert [sum(map(float, row.values())) for row in rows] == pytest.approx([1.0] * 3)
    estimate = next(at for at, line in enumerate(output) if line.startswith("Estimate: "))
    assert estimate < next(at for at, line in enumerate(output) if line.startswith("1 waves"))
    assert "more years (typical needed 14 a department)" in output[estimate]
    assert (
        stated_in(RUN[:1], search_folders(own)).raw["pathway"]["arrivals"]["walk_in"]["per_day"]
        == 96
    )


@pytest.mark.slow
def test_departments_of_several_structures_are_found_and_written_with_their_structure(
    own: Path,
    hold: Hold,
) -> None:
    """Consultations may take so long that two nurses can fit, too."""
    more = "{label: Two nurses, weight: 1, pathway: two_nurses, "
    stated = f"structures:\n  one: {{label: One nurse, weight: 3, {NOTE}}}\n  two: {more}{NOTE}}}\n"
    priors = PRIORS.replace("range: [0.4, 1.1]", "range: [0.4, 2.2]")
    (own / "priors" / "mine.yaml").write_text(priors + stated, encoding="utf-8")
    (own / "pathway").mkdir()
    two = "defaults: [gallery/one_nurse@_here_, _self_]\npools: {nurses: {capacity: 2}}\n"
    (own / "pathway" / "two_nurses.yaml").write_text(two, encoding="utf-8")
    made, output = built(own, "confirm=2", "confirm_departments=20")
    members = [made.member(number) for number in range(20)]
    with YearsFile(years_file(own)) as file:
        fresh = [year for year in file.years.values() if year.number >= CONFIRM_FROM]
    for structure in ("one", "two"):
        assert structure in {member.structure for member in members}
        assert (
            20
            <= np.mean([year.rows["Stay"] for year in fresh if year.member.structure == structure])
            <= 30
        )
    text = "\n".join(output)
    share = np.mean([member.structure == "two" for member in members])
    hold(text, "Structures (prior share")
    assert re.search(rf"  Two nurses +25% +{share:.0%}\n", text)
    study = load(
        "study=gallery/one_nurse",
        "ensemble=mine",
        "run.departments=20",
        "~study.arms.quicker",
        "~study.arms.two",
        config_dir=own,
    )
    for number, member in enumerate(members):
        capacity = study.of(number).baseline.pathway.pools["nurses"].capacity
        assert capacity == {"one": 1, "two": 2}[member.structure]


@pytest.mark.slow
def test_a_build_that_was_interrupted_goes_on_to_the_same_departments(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = built(own)
    path = years_file(own)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:40]) + lines[40][:25], encoding="utf-8")
    again, _ = built(own)
    assert again == whole
    assert sorted(path.read_text(encoding="utf-8").splitlines(keepends=True)) == sorted(lines)


def test_two_processes_do_not_build_one_ensemble(tmp_path: Path, hold: Hold) -> None:
    path = tmp_path / "years.jsonl"
    refused = hold.refusal(ResultsError, match="another process builds")
    with YearsFile(path), refused, YearsFile(path):
        pass


@pytest.mark.slow
def test_targets_that_nobody_meets_end_the_search_with_the_hardest_row(
    own: Path, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    monkeypatch.setattr(build, "MOST_YEARS", 2)
    (own / "targets" / "mine.yaml").write_text(targets(1, 2), encoding="utf-8")
    with hold.refusal(ResultsError):
        built(own)


@pytest.mark.parametrize(
    ("word", "phrase"),
    [
        ("site.pools.beds.extra=1", "site's files"),
        ("scenario=busier_staff_follow", "scenario=busier_staff_follow"),
        ("sit=typical", "Did you mean 'site'?"),
    ],
)
def test_an_option_that_this_command_has_not_is_refused(word: str, phrase: str, hold: Hold) -> None:
    with pytest.raises(ConfigError) as refused:
        overrides_of_site([word])
    hold(str(refused.value), phrase)


def test_what_is_not_a_row_cannot_be_judged_by_its_mean(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = own / "priors" / "mine.yaml"
    path.write_text(PRIORS.replace("[stay_p95]", "[stay_p59]"), encoding="utf-8")
    assert main(["ensemble", *WORDS, "--config-dir", str(own)]) == 2
    assert (
        "judged_by_mean: unknown measure 'stay_p59'. Did you mean 'stay_p95'?"
        in capsys.readouterr().err
    )
