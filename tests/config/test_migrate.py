"""Old keys of configurations: `migrate` rewrites them and nothing else, and loading refuses them by their new names."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import load, packaged_configs, search_folders
from simulation.config.migrate import migration_of, renamed_path
from simulation.errors import ConfigError

Own = Callable[..., Path]
OLD = Path(__file__).parent / "old_keys"
"""A user's folder with every old key, and with the user's own names that are called as keys once were."""
NEW = Path(__file__).parent / "new_keys"
"""The same folder in today's keys."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return shutil.copytree(OLD, tmp_path / "ours")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def migrated(folder: Path, name: str) -> str:
    migration_of(folder).carry_out()
    return (folder / name).read_text(encoding="utf-8")


def refused(*overrides: str, folder: Path | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(*overrides, config_dir=folder)
    return str(caught.value)


# --- rewriting -----------------------------------------------------------------------------------------------


def test_keys_references_and_folders_are_renamed_and_every_other_character_stays(old: Path) -> None:
    migration_of(old).carry_out()
    assert contents(old) == contents(NEW)


def test_a_migrated_folder_loads(old: Path) -> None:
    migration_of(old).carry_out()
    study = load("nurse=our_ai", "run=ours", config_dir=old)
    pathway = study.arm("our_ai").pathway
    assert study.choices["calibration"] == "ours"
    assert (study.run.cool_down_days, study.run.keep) == (6, ("patients", "activities"))
    assert pathway.arrivals["streams"].thinning_bound == 2
    assert pathway.durations["triage_record"].same_draw_as == "triage_interview"
    assert pathway.steps["registration"].starts_clock == ("came",)
    assert study.arm("mark").policy.ai == study.arm("our_ai").policy.ai


def test_a_migrated_folder_has_nothing_left_to_migrate(old: Path) -> None:
    migration_of(old).carry_out()
    before = contents(old)
    again = migration_of(old)
    again.carry_out()
    assert (again.files, again.folders) == ((), ())
    assert contents(old) == before


def test_no_packaged_configuration_has_an_old_key() -> None:
    found = migration_of(packaged_configs())
    assert (found.files, found.folders) == ((), ())


def test_nothing_is_written_before_it_is_carried_out(old: Path) -> None:
    before = contents(old)
    lines = list(migration_of(old).lines())
    assert contents(old) == before
    assert "  run/ours.yaml: run_out_days -> cool_down_days (1), keep_patients -> keep (1), " in "\n".join(lines)
    assert lines[-2:] == ["  knobs/ -> calibration/", "87 places in 13 files, 1 folder"]


def test_line_ends_a_byte_order_mark_and_permissions_stay(own: Own) -> None:
    folder = own({"run/ours.yaml": ""})
    file = folder / "run" / "ours.yaml"
    file.write_bytes(b"\xef\xbb\xbf# ours\r\nrun_out_days:  3 # r\xc3\xa9serve\r\nseed: 1\r\n")
    file.chmod(0o640)
    migration_of(folder).carry_out()
    assert file.read_bytes() == b"\xef\xbb\xbf# ours\r\ncool_down_days:  3 # r\xc3\xa9serve\r\nseed: 1\r\n"
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in (folder / "run").iterdir()] == ["ours.yaml"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("site/a.yaml", "pools: {mark: {mark: assumed}}", "pools: {mark: {evidence: assumed}}"),
        ("site/a.yaml", "streams: {streams: {'mark': x}}", "arrivals: {streams: {'evidence': x}}"),
        ("site/a.yaml", "a: &stream {by: &b stream}\nc: *stream\n", "a: &stream {by: &b arrival_source}\nc: *stream\n"),
        ("site/a.yaml", "a: &a {mark: x, b: *a}", "a: &a {evidence: x, b: *a}"),
        ("site/a.yaml", "source: 'streams: mark'", "source: 'streams: mark'"),
        ("site/a.yaml", "a: '${knobs.mark.mark} ${mark}'", "a: '${calibration.mark.evidence} ${mark}'"),
        ("site/a.yaml", "a: '${site.streams.a.mark}'", "a: '${site.arrivals.a.evidence}'"),
        ("site/a.yaml", "streams: {a: {b: '${..c.headroom}'}}", "arrivals: {a: {b: '${..c.thinning_bound}'}}"),
        ("staffing/a.yaml", "mark: {mark: x}", "mark: {evidence: x}"),
        ("pathway/a.yaml", "branches: {a: {cases: {stream: streams}}}", "branches: {a: {cases: {stream: streams}}}"),
        ("study/a.yaml", "changes: {triage.covers.only.stream: a}", "changes: {triage.covers.only.arrival_source: a}"),
        ("study/a.yaml", "changes: {staffing.mark.mark: a}", "changes: {staffing.mark.evidence: a}"),
        ("study/a.yaml", "takes: [minutes.0.covers.streams]", "takes: [minutes.0.covers.arrivals]"),
        ("study/a.yaml", "primary: [{group: stream=stream}]", "primary: [{group: arrival_source=stream}]"),
        ("scenario/a.yaml", "changes: {site.streams: {a: {mark: x}}}", "changes: {site.arrivals: {a: {evidence: x}}}"),
    ],
)  # fmt: skip
def test_what_a_word_stands_for_decides(name: str, before: str, after: str, own: Own) -> None:
    assert migrated(own({name: before}), name) == after


def test_a_path_is_walked_as_a_file_is() -> None:
    assert renamed_path("knobs.knobs.mark")[0] == "calibration.knobs.evidence"
    assert renamed_path("pathway.steps.marks.marks")[0] == "pathway.steps.marks.starts_clock"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"site/a.yaml": "b: {mark: x, evidence: y}"}, "line 1: states 'mark' and 'evidence', its new name."),
        ({"run/a.yaml": "\nkeep_patients: soon"}, "run/a.yaml, line 2: keep_patients is soon. Write true or false,"),
        ({"site/a.yaml": "b: {mark"}, "site/a.yaml, line 1: "),
        ({"knobs/a.yaml": "b: 1", "calibration/a.yaml": "b: 2"}, "knobs: is there as well as 'calibration', its new"),
        ({"other/a.yaml": "mark: x"}, "holds no group of configurations. Name the one that holds site, triage"),
        ({"configs/site/a.yaml": "mark: x"}, "holds no group of configurations. Name "),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_migrated_is_left_whole_and_told_why(
    files: dict[str, str], message: str, own: Own
) -> None:
    folder = own(files)
    before = contents(folder)
    with pytest.raises(ConfigError) as caught:
        migration_of(folder).carry_out()
    assert message in str(caught.value)
    assert contents(folder) == before


# --- refusing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "where", "new"),
    [
        ("site.streams.walk_in.scale=1.1", "site.streams.walk_in.scale=1.1: there is no 'site.streams'", "arrivals"),
        ("site.arrivals.walk_in.headroom=2", "walk_in.headroom: unknown key 'headroom'", "thinning_bound"),
        ("site.arrivals.walk_in.mark=assumed", "site.arrivals.walk_in.mark: unknown key 'mark'", "evidence"),
        ("knobs.adherence.value=0.9", "knobs.adherence.value=0.9: there is no 'knobs'", "calibration"),
        ("knobs=typical", "knobs: unknown key 'knobs'", "calibration"),
        ("run.run_out_days=3", "run.run_out_days: unknown key 'run_out_days'", "cool_down_days"),
        ("run.keep_patients=true", "run.keep_patients: unknown key 'keep_patients'", "keep"),
        ("pathway.steps.triage.marks=[]", "pathway.steps.triage.marks: unknown key 'marks'", "starts_clock"),
        ("pathway.steps.triage.widens=null", "pathway.steps.triage.widens: unknown key 'widens'", "overflow"),
        ("site.durations.triage_record.luck_of=a", "triage_record.luck_of: unknown key 'luck_of'", "same_draw_as"),
        ("site.attributes.age_band.by=stream", "age_band.by: unknown attribute 'stream'", "arrival_source"),
        ("study.primary.0.group='stream=walk_in'", "has no group 'stream=walk_in'", "arrival_source=walk_in"),
    ],
)  # fmt: skip
def test_an_old_word_on_the_command_line_is_refused_by_its_new_one(word: str, where: str, new: str) -> None:
    assert f"{where}. It is now called '{new}': `aeflow migrate FOLDER` rewrites your files." in refused(word)


def test_a_file_in_old_keys_is_refused_without_asking_for_the_new_ones_besides(own: Own) -> None:
    text = "seed: 1\nreplications: 2\nwarm_up_days: 7\nmeasured_days: 2\nrun_out_days: 1\n"
    assert refused("run=ours", folder=own({"run/ours.yaml": text})) == (
        "run.run_out_days: unknown key 'run_out_days'. It is now called 'cool_down_days': "
        "`aeflow migrate FOLDER` rewrites your files."
    )


@pytest.mark.parametrize(
    ("path", "new"), [("site.streams.walk_in.scale", "arrivals"), ("knobs.a.value", "calibration")]
)
def test_an_old_path_in_changes_is_refused_by_its_new_name(path: str, new: str, own: Own) -> None:
    folder = own({"scenario/ours.yaml": f"question: q?\nchanges: {{{path}: 1}}\n"})
    output = refused("scenario=ours", folder=folder)
    assert output.startswith(f"scenario.changes.{path}: ")
    assert f"It is now called '{new}'" in output


def test_a_reference_to_an_old_group_is_refused_by_its_new_name(own: Own) -> None:
    text = "defaults: [typical, _self_]\npools: {resus_bays: {capacity: '${knobs.beds.value}'}}\n"
    output = refused("site=ours", folder=own({"site/ours.yaml": text}))
    assert output.startswith(
        "site.pools.resus_bays.capacity: ${knobs.beds.value}: there is no 'knobs'. It is now called"
    )


def test_a_file_of_an_old_group_that_config_yaml_takes_is_refused_by_its_new_name(own: Own) -> None:
    text = (packaged_configs() / "config.yaml").read_text(encoding="utf-8").replace("calibration: typical", "knobs: a")
    output = refused(folder=own({"config.yaml": text}))
    assert output.startswith("knobs/a: unknown name 'knobs'. It is now called 'calibration'")


def test_a_folder_of_an_old_group_is_refused_so_that_none_of_its_files_is_passed_by(own: Own) -> None:
    folder = own({"knobs/typical.yaml": "{}"})
    assert refused(folder=folder) == (
        f"{folder / 'knobs'}: this group is now called 'calibration'. Run aeflow migrate {folder}."
    )


def test_a_folder_that_is_named_and_is_also_configs_here_is_looked_through_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "configs" / "knobs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as refusal:
        search_folders("configs")
    assert len(refusal.value.faults) == 1
