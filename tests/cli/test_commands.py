"""What each command does when it is asked well."""

import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import simulation as ae
from simulation.cli import COMMANDS, main
from simulation.commands import inquiries, run_studies
from simulation.commands.command_line import read_line
from simulation.commands.run_studies import PRICES
from simulation.config import packaged_configs
from simulation.display.drawing import Picture
from simulation.report import contents as pictures_module
from simulation.runs.provenance import resolved_of
from tests.held import Hold

from .conftest import SHORT, Aeflow

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_help_lists_every_command(words: tuple[str, ...], aeflow: Aeflow) -> None:
    output = aeflow(*words)
    assert (output.code, output.err) == (0, "")
    assert all(f"aeflow {name}" in output.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_is_about_that_command_and_what_all_share(
    name: str, aeflow: Aeflow
) -> None:
    output = aeflow(name, "--help").out
    assert {line.split()[1] for line in output.splitlines() if line.startswith("  aeflow ")} == {
        name
    }
    assert "--config-dir FOLDER" in output


def test_the_version_is_printed(aeflow: Aeflow) -> None:
    assert aeflow("--version").out == f"aeflow {ae.__version__}\n"


def test_a_comparison_takes_the_arms_that_are_named_and_the_baseline(aeflow: Aeflow) -> None:
    short = ("ensemble=none", "run.replications=3", "dry_run=true")
    for words in (["arms=lean_triage,sham"], ["arms=[sham,lean_triage]"]):
        assert "3 arms x" in aeflow("compare", *short, *words).out
    for words in (["arms=lean"], ["arms=sham", "from=results/latest"], ["arms=sham", PRICES]):
        assert "arm" in aeflow("compare", *short, *words).message


def test_a_dry_run_says_what_would_run_and_writes_nothing(aeflow: Aeflow, here: Path) -> None:
    output = aeflow("run", "dry_run=true", "run.replications=3", "scenario=busier_staff_follow")
    assert (output.code, output.err) == (0, "")
    assert "1 arm x 3 replications" in output.out
    assert "scenario 'busier_staff_follow'" in output.out
    assert "nothing was simulated" in output.out
    assert list(here.iterdir()) == []


def test_a_dry_run_says_how_large_the_tables_that_are_kept_get(aeflow: Aeflow) -> None:
    output = aeflow(
        "run", "dry_run=true", "run=standard", "run.replications=10", "run.keep=[patients,events]"
    )
    assert re.search(
        r"Stored for every arm and replication: patients, events, about 0\.2\d GB", output.out
    )
    assert re.search(r"0\.2 GB of tables on the disk", output.out)
    assert "on the disk" not in aeflow("run", "dry_run=true").out


@pytest.mark.slow
def test_a_sweep_says_one_run_for_each_combination(aeflow: Aeflow) -> None:
    output = aeflow(
        "run", "-m", "scenario=usual,busier_staff_follow", "run.seed=1,2", "dry_run=true"
    )
    assert output.code == 0
    runs = [(scenario, seed) for scenario in ("usual", "busier_staff_follow") for seed in (1, 2)]
    places = [output.out.index(f"scenario '{scenario}', seed {seed}") for scenario, seed in runs]
    assert places == sorted(places)
    assert output.out.count("nothing was simulated") == 4
    headings = [line for line in output.out.splitlines() if line.startswith("Run ")]
    assert headings == [
        f"Run {n} of 4: scenario={run[0]}, run.seed={run[1]}" for n, run in enumerate(runs, start=1)
    ]


def test_a_mistake_in_one_combination_of_a_sweep_stops_it_before_the_first(
    aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    output = aeflow("run", "-m", *SHORT, "scenario=usual,nowhere")
    hold(output.message, "no scenario 'nowhere'")
    assert list(here.iterdir()) == []


def test_show_marks_what_one_arm_changes_and_lists_what_it_assumes(
    aeflow: Aeflow, here: Path
) -> None:
    output = aeflow("show", "arm=ai_as_claimed")
    assert (output.code, output.err) == (0, "")
    assert "triage: −2.7 min on average" in output.out
    assert "triage.minutes.seconds_saved = 180  (range 0 to 180)" in output.out
    assert "The department itself: " in output.out
    assert (here / "results" / "pathway" / "emergency_department-ai_as_claimed.png").is_file()


def test_show_of_an_unknown_arm_is_one_message(aeflow: Aeflow) -> None:
    assert "no such arm. Did you mean 'nurse'?" in aeflow("show", "arm=nurze").message


# --- what is written, from one short run  --------------------------------------------------------------

RUN = ("scenario=mine", "staffing.doctors.extra=1", *SHORT, "run.replications=1", "results=kept")


@pytest.fixture(scope="module")
def written(undrawn: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The working folder after a run, and what the command printed."""
    here = tmp_path_factory.mktemp("written")
    mine = here / "configs" / "scenario"
    mine.mkdir(parents=True)
    (mine / "mine.yaml").write_text(
        "question: Mine?\nchanges: {site.arrivals.walk_in.scale: 1.2}\n", encoding="utf-8"
    )
    printed = io.StringIO()
    small = Picture(
        "pathway", b"a picture", "alternative text", "caption"
    )  # it is drawn for `show`, above
    with (
        contextlib.chdir(here),
        contextlib.redirect_stdout(printed),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(pictures_module, "picture_of", lambda sketch: small)
        assert main(["run", *RUN, "run.seed=1"]) == 0
        yield here, printed.getvalue()


def folders(here: Path) -> list[Path]:
    return sorted(path for path in (here / "kept" / "ai_triage").iterdir() if path.is_dir())


def test_a_run_writes_one_whole_folder_of_results_and_says_where(written: tuple[Path, str]) -> None:
    here, printed = written
    (folder,) = folders(here)
    assert "seed: 1\n" in (folder / "config.yaml").read_text(encoding="utf-8")
    assert str(folder.relative_to(here) / "report.html") in printed
    assert (folder / "report.html").is_file()
    assert (folder / "summary.csv").is_file()
    assert (here / "kept" / "latest").resolve() == folder
    assert not list((here / "kept").rglob(".partial-*"))


def test_the_command_and_the_notebook_resolve_a_study_alike(written: tuple[Path, str]) -> None:
    stored = yaml.safe_load((folders(written[0])[0] / "config.yaml").read_text(encoding="utf-8"))
    study = ae.load(*RUN, "run.seed=1")
    assert resolved_of(study) == stored
    assert study.baseline.pathway.arrivals["walk_in"].scale == 1.2
    assert study.baseline.pathway.pools["doctors"].extra == 1
    assert resolved_of(ae.load(*RUN, "run.seed=1", config_dir=written[0] / "configs")) == stored


def test_a_report_can_be_written_again_from_what_was_stored(written: tuple[Path, str]) -> None:
    page = folders(written[0])[0] / "report.html"
    before = page.read_text(encoding="utf-8")
    page.unlink()
    assert main(["report", str(page.parent), "export=true"]) == 0
    assert page.read_text(encoding="utf-8") == before
    exports = {path.name for path in (page.parent / "exports").iterdir()}
    assert exports == {"tables.xlsx", "first_page.docx", "assumptions.csv", "stress_des.md"}
    assert ae.read(page.parent).design.name == "ai_triage"


@pytest.mark.slow
def test_a_report_that_cannot_be_made_is_reported_at_the_end_and_the_data_and_the_answer_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    def fail(*_: object) -> object:
        raise RuntimeError("no fonts here")

    monkeypatch.setattr("simulation.report.contents.pictures", fail)
    assert main(["run", *SHORT, "run.replications=1", f"results={tmp_path}"]) == 2
    (folder,) = (path for path in (tmp_path / "ai_triage").iterdir())
    output = capsys.readouterr()
    hold(output.err.splitlines()[-1], f"aeflow report {folder}")
    hold(output.out, "nothing is compared")
    assert "Report:" not in output.out
    assert {"config.yaml", "manifest.json", "replications.parquet", "summary.csv"} <= {
        path.name for path in folder.iterdir()
    }


@pytest.mark.slow
def test_a_sweep_ends_with_its_runs_beside_each_other(aeflow: Aeflow, here: Path) -> None:
    output = aeflow("compare", "-m", *SHORT, "scenario=usual,winter")
    assert (output.code, output.err.count("Traceback")) == (0, 0)
    assert output.out.count("Report: ") == 2
    assert output.out.index("Across 2 runs: ") > output.out.rindex("Report: ")
    (folder,) = (here / "results" / "sweeps").iterdir()
    assert (
        f"Sweep:  {(folder / 'across.csv').relative_to(here)}, effects.csv, design.csv, across.png"
        in output.out
    )


def test_a_study_with_scenarios_runs_in_each_unless_one_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    def load(*overrides: str, config_dir: str | None) -> Any:
        return SimpleNamespace(
            design=SimpleNamespace(scenarios=("usual", "winter")), words=tuple(overrides)
        )

    monkeypatch.setattr("simulation.config.load", load)
    found = [
        run_studies._in_scenarios(read_line("compare", words))
        for words in (["study=ours"], ["study=ours", "scenario=busier_staff_follow"])
    ]
    runs, studies = ([*once, *again] for once, again in zip(*found, strict=True))
    each = [
        ["study=ours", "scenario=usual"],
        ["study=ours", "scenario=winter"],
        ["study=ours", "scenario=busier_staff_follow"],
    ]
    assert runs == each
    assert [list(study.words) for study in studies] == each  # type: ignore[attr-defined]


def test_the_study_of_shadow_prices_is_the_command_of_that_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(inquiries, "prices", lambda line: asked.append(line["pools"]) or 0)
    assert main(["compare", "study=shadow_prices", "pools=[doctors]"]) == 0
    assert asked == [("doctors",)]


def test_the_scenarios_that_a_packaged_study_names_are_there() -> None:
    configs = packaged_configs()
    stated = yaml.safe_load((configs / "study" / "stress.yaml").read_text(encoding="utf-8"))[
        "scenarios"
    ]
    assert stated[0] == "usual"
    assert {f"{name}.yaml" for name in stated} <= {
        path.name for path in (configs / "scenario").glob("*.yaml")
    }
