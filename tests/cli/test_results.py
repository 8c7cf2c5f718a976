"""`aeflow results` lists runs from their manifests, names what it cannot list, and leaves everything else alone."""

import json
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import simulation as ae
from simulation.records.serialise import digest
from simulation.report.screen import verdict_words
from simulation.runs.atomic import point_latest
from simulation.runs.provenance import CHECKSUM
from simulation.runs.stored_run import followed, list_runs, write_data
from tests.held import Hold

from .conftest import SHORT, Aeflow

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored run of the study that comes with aeflow."""
    study = ae.load(*SHORT, "pathway.allow_overload=true").of_arms(
        ["sham", "ai_scribe_measured", "ai_as_claimed"]
    )
    return write_data(ae.compare(study), tmp_path_factory.mktemp("one"))


@pytest.fixture
def copied(one_run: Path, here: Path) -> Callable[..., Path]:
    """Put a copy of the run into results/, finished so many minutes later, with other entries in its manifest."""

    def copy(name: str, *, minutes: float = 0, **entries: str) -> Path:
        folder = here / "results" / "ai_triage" / name
        shutil.copytree(one_run, folder)
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        at = datetime.fromisoformat(manifest["finished_at"]) + timedelta(minutes=minutes)
        manifest |= {"finished_at": at.isoformat(timespec="seconds"), **entries}
        manifest.pop(CHECKSUM)
        manifest[CHECKSUM] = digest(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return folder

    return copy


def test_runs_are_listed_with_the_newest_first(aeflow: Aeflow, copied: Callable[..., Path]) -> None:
    copied("early")
    copied("late", minutes=9, scenario="winter")
    output = aeflow("results")
    assert (output.code, output.err) == (0, "")
    assert output.out.index("ai_triage/late") < output.out.index("ai_triage/early")
    line = next(line for line in output.out.splitlines() if "ai_triage/late" in line)
    assert all(
        word in line for word in ("ai_triage", "typical", "winter", " 2 ", "AI scribe, as measured")
    )


def test_the_first_primary_verdict_is_the_one_that_the_result_gives(one_run: Path) -> None:
    result = ae.read(one_run)
    finding = next(
        each
        for each in result.findings
        if each.arm != "sham" and each.target in result.design.primary
    )
    words = verdict_words(list_runs(one_run).runs[0].first_verdict)
    assert words.startswith(f"{result.arm(finding.arm).label}: ")
    assert words.endswith(finding.verdict.words.partition(":")[0])


def test_a_filter_chooses_by_study_site_or_scenario(
    aeflow: Aeflow, copied: Callable[..., Path], hold: Hold
) -> None:
    copied("usual")
    copied("winter", scenario="winter")
    output = aeflow("results", "scenario=winter", "study=ai_triage")
    assert "ai_triage/winter" in output.out
    assert "ai_triage/usual" not in output.out
    hold(aeflow("results", "results", "site=elsewhere").out, "run with site=elsewhere")
    hold(aeflow("results", "policy=nurse").message, "policy=nurse")


@pytest.mark.parametrize(
    "name",
    [
        "results/latest",
        "results/../results/latest",
        "linked",
        "linked/latest",
        "results/ai_triage/late",
    ],
)
def test_a_folder_is_listed_however_it_is_named(
    aeflow: Aeflow, here: Path, copied: Callable[..., Path], name: str
) -> None:
    """One run alone, by the link to it too; and the folder of results by a link of the user's."""
    point_latest(here / "results", copied("late"))
    (here / "linked").symlink_to("results")
    for folder in (name, str(here / name)):
        output = aeflow("results", folder)
        assert (output.code, output.err) == (0, "")
        assert "ai_triage/late" in output.out


def test_an_empty_folder_says_so_and_a_missing_one_is_a_mistake(
    aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    hold(aeflow("results").out, "run has written")
    (here / "results").mkdir()
    assert aeflow("results").out == "results: holds no run. Start one with: aeflow compare\n"
    hold(aeflow("results", "nowhere").message, "no such folder")


def test_other_files_are_left_alone(
    aeflow: Aeflow, here: Path, copied: Callable[..., Path]
) -> None:
    folder = copied("run").parent
    (folder / "notes.txt").write_text("mine")
    (here / "results" / "sweeps" / "then").mkdir(parents=True)
    (here / "results" / "sweeps" / "then" / "across.csv").write_text("a,b\n")
    output = aeflow("results")
    assert (output.code, output.err) == (0, "")
    assert output.out.count("ai_triage/") == 1
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["manifest.json", "summary.csv"])
def test_a_damaged_run_is_named_and_the_others_are_listed(
    name: str, aeflow: Aeflow, copied: Callable[..., Path], hold: Hold
) -> None:
    copied("sound")
    (copied("hurt") / name).unlink()
    output = aeflow("results")
    assert output.code == 0
    assert "ai_triage/sound" in output.out
    assert output.err.startswith("Not listed: ")
    hold(output.err, f"hurt/{name}")


def test_a_changed_manifest_is_named(aeflow: Aeflow, copied: Callable[..., Path]) -> None:
    path = copied("hurt") / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"typical"', '"better"'), encoding="utf-8")
    assert "hurt/manifest.json: is damaged" in aeflow("results").err


def test_an_unfinished_run_is_listed_as_such(
    aeflow: Aeflow, here: Path, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    from simulation.resumable import run_into

    study = ae.load(*SHORT, "pathway.allow_overload=true", "run.replications=3").only()

    def stop(n_done: int) -> None:
        if n_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_into(study, here / "results", say=lambda words: None, done=stop)
    output = aeflow("results")
    (line,) = [line for line in output.out.splitlines() if ".unfinished-" in line]
    assert "2 of 3" in line
    hold(line, "same command resumes")


def test_two_runs_are_set_beside_each_other(
    aeflow: Aeflow, copied: Callable[..., Path], hold: Hold
) -> None:
    one, other = copied("one"), copied("two", scenario="winter")
    output = aeflow("results", str(one), str(other))
    assert (output.code, output.err) == (0, "")
    assert "Across 2 runs" in output.out
    assert "usual" in output.out
    assert "winter" in output.out
    assert "Say: aeflow results [FOLDER [FOLDER]]" in aeflow("results", "a", "b", "c").message
    hold(aeflow("results", "a", "b", "site=typical").message, "site=typical")


def test_three_hundred_runs_are_listed_in_two_seconds_of_processor_time(
    copied: Callable[..., Path],
) -> None:
    first = copied("run-0")
    for number in range(1, 300):
        folder = first.with_name(f"run-{number}")
        folder.mkdir()
        for path in first.iterdir():
            if path.is_file():
                (folder / path.name).hardlink_to(path)
    began = time.process_time()
    listing = list_runs(first.parent.parent)
    assert (len(listing.runs), listing.unreadable) == (300, ())
    assert time.process_time() - began < 2


def test_a_copy_of_some_files_of_a_run_is_distinguished_from_a_damaged_one(
    aeflow: Aeflow, copied: Callable[..., Path], hold: Hold
) -> None:
    copied("sound")
    kept = copied("published")
    for path in kept.iterdir():
        if path.is_file() and path.name not in ("manifest.json", "summary.csv"):
            path.unlink()
    output = aeflow("results")
    assert output.code == 0
    hold(output.err, "ai_triage/published")
    hold(output.err, "summary.csv), not the run")


@pytest.mark.parametrize(
    "name", ["replications.parquet", "details.parquet", "study.json", "summary.csv"]
)
def test_a_run_with_a_flipped_bit_is_named(
    name: str, aeflow: Aeflow, copied: Callable[..., Path]
) -> None:
    copied("sound")
    path = copied("hurt") / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    output = aeflow("results")
    assert "ai_triage/sound" in output.out
    assert "ai_triage/hurt" not in output.out
    assert f"hurt/{name}: is damaged" in output.err


def test_a_copy_of_a_study_and_the_latest_run_are_told_apart(
    aeflow: Aeflow, here: Path, copied: Callable[..., Path]
) -> None:
    """A copied file keeps the name that it states, so its runs are in the same folder, and `latest` changes hands."""
    copied("ours", study_file="our_copy")
    point_latest(here / "results", copied("theirs"))
    ours, theirs = sorted(
        line for line in aeflow("results").out.splitlines() if "2 " in line and "ai_triage/" in line
    )
    assert "our_copy" in ours + theirs
    (line,) = [line for line in (ours, theirs) if "our_copy" in line]
    assert "ai_triage/ours" in line
    (line,) = [line for line in (ours, theirs) if "(latest)" in line]
    assert "ai_triage/theirs" in line
    assert "our_copy" not in line


def test_a_command_that_is_led_by_latest_says_to_which_run(
    here: Path, copied: Callable[..., Path]
) -> None:
    run = copied("run")
    point_latest(here / "results", run)
    assert followed(here / "results" / "latest") == run
    assert ae.read(here / "results" / "latest").folder == run
