"""Files that are not what they should be: each is one message that names the file, and nothing is left out."""

import errno
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import load, packaged_configs
from simulation.config.arms import stated_in_file
from simulation.config.files import (
    fingerprint_of,
    mapping_in,
    names_in,
    search_folders,
    value_in,
    yaml_files,
)
from simulation.config.new import new_scaled_department
from simulation.errors import ConfigError, Faults
from simulation.records.in_memory import folder_in_memory
from tests.held import Hold
from tests.policies import policy_named

Own = Callable[..., Path]
NO_BLOCKS = {
    "empty": ("", "states nothing"),
    "remark": ("# only a remark\n", "states nothing"),
    "no_keys": ("{}", "states nothing"),
    "a_list": ("[1, 2]", "is not a block of keys, but a list"),
    "a_word": ("a word", "is not a block of keys, but 'a word'"),
    "a_table": (
        "nhs_number,complaint\n" + "9434765919,chest pain\n" * 40,
        "is not a block of keys, but text (900 characters)",
    ),
}
"""By name of a policy's file: its text, and what is wrong with it."""
SHAM = (packaged_configs() / "triage" / "sham.yaml").read_text(encoding="utf-8")
NURSE = (packaged_configs() / "triage" / "nurse.yaml").read_text(encoding="utf-8")
LATIN_1 = "# café\nname: nurse\n".encode("latin-1")


def message_of(*overrides: str, folder: Path | None = None) -> str:
    with pytest.raises(ConfigError) as refused:
        load(*overrides, config_dir=folder)
    return str(refused.value)


def written(path: Path, stated: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stated)
    return path


@pytest.fixture(scope="module")
def no_blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder with all of them, so that it is composed once."""
    folder = tmp_path_factory.mktemp("no_blocks")
    for name, (stated, _) in NO_BLOCKS.items():
        written(folder / "triage" / f"{name}.yaml", stated.encode("utf-8"))
    return folder


@pytest.mark.parametrize("arm", ["sham", "nurse"])
@pytest.mark.parametrize("name", NO_BLOCKS)
def test_an_arm_whose_policy_file_is_no_block_of_keys_is_refused_and_never_left_out(
    no_blocks: Path, arm: str, name: str
) -> None:
    message = message_of(f"study.arms.{arm}.triage={name}", folder=no_blocks)
    assert message == f"triage/{name}.yaml: {NO_BLOCKS[name][1]}. Write `key: value` lines."


def test_every_arm_of_the_design_is_in_the_study() -> None:
    study = load()
    assert [arm.name for arm in study.arms] == list(study.design.arms)


@pytest.mark.parametrize(
    "file", ["triage/nurse.yaml", "scenario/usual.yaml", "study/ai_triage.yaml"]
)
@pytest.mark.parametrize(
    ("stated", "where"),
    [
        (
            LATIN_1,
            ", line 1: the byte 0xe9 is not UTF-8. Save it as plain text in UTF-8, without control characters.",
        ),
        (
            b"# fine\nname: nu\x07rse\n",
            ", line 2: holds the control character 0x07. Save it as plain text",
        ),
    ],
)
def test_a_file_that_is_no_text_is_one_message_that_names_it(
    tmp_path: Path, file: str, stated: bytes, where: str
) -> None:
    written(tmp_path / file, stated)
    assert message_of(folder=tmp_path).startswith(f"{file}{where}")


def test_a_policy_file_that_only_an_arm_names_has_the_same_message(tmp_path: Path) -> None:
    written(tmp_path / "triage" / "mine.yaml", LATIN_1)
    message = message_of("study.arms.sham.triage=mine", folder=tmp_path)
    assert message.startswith("triage/mine.yaml, line 1: the byte 0xe9 is not UTF-8")


def test_a_file_with_a_byte_order_mark_reads_as_without(tmp_path: Path) -> None:
    faults = Faults()
    assert mapping_in(written(tmp_path / "a.yaml", b"\xef\xbb\xbfa: 1\n"), "a.yaml", faults) == {
        "a": 1
    }
    assert faults == []


def test_a_file_read_by_itself_has_the_numbers_that_hydra_reads(tmp_path: Path) -> None:
    faults = Faults()
    stated = b"small: 1e-3\nlarge: 2.5e3\nwhole: 12\nday: 2026-01-02\nendless: .inf\nplain: 1.5\n"
    assert mapping_in(written(tmp_path / "a.yaml", stated), "a.yaml", faults) == {
        "small": 0.001, "large": 2500.0, "whole": 12, "day": "2026-01-02", "endless": math.inf, "plain": 1.5,
    }  # fmt: skip


def test_blocks_that_share_an_anchor_are_changed_apart(tmp_path: Path) -> None:
    stated = mapping_in(
        written(tmp_path / "a.yaml", b"one: &same {x: 1}\ntwo: *same\n"), "a.yaml", Faults()
    )
    assert stated is not None
    stated["one"]["x"] = 2
    assert stated["two"] == {"x": 1}


def test_a_key_that_is_a_list_is_a_fault_of_the_file(tmp_path: Path) -> None:
    faults = Faults()
    assert mapping_in(written(tmp_path / "a.yaml", b"? [a, b]\n: 1\n"), "a.yaml", faults) is None
    assert [fault.where for fault in faults] == ["a.yaml, line 1"]


TOO_DEEP, TOO_LARGE = "more than 40 deep", "the number is too large"
HOSTILE = {
    "brackets": ("[" * 50_000, TOO_DEEP),
    "brackets, closed": ("[" * 5_000 + "]" * 5_000, TOO_DEEP),
    "braces": ("{a: " * 5_000, TOO_DEEP),
    "brackets before an error": ("[" * 900 + "%", "'%' that cannot start"),
    "blocks": ("".join(f"{' ' * k}a:\n" for k in range(100)), TOO_DEEP),
    "lists of lists": ("- " * 5_000, TOO_DEEP),
    "keys of keys": ("? " * 5_000, TOO_DEEP),
    "aliases": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n" for k in range(1, 9)),
        "more than 200,000 values",
    ),
    "an alias of itself": ("&a [*a]", "is inside &a itself"),
    "digits": ("a: " + "9" * 5_000, TOO_LARGE),
    "digits of a key": ("9" * 5_000 + ": 1", TOO_LARGE),
    "hexadecimal": ("a: 0x" + "f" * 5_000, TOO_LARGE),
    "base of 60": ("a: 1" + ":59" * 3_000, TOO_LARGE),
    **{
        f"tag !!{tag}": (f"a: !!{tag} {value}", f"the tag !!{tag}")
        for tag, value in {
            "int": "x",
            "float": "x",
            "bool": "x",
            "timestamp": "x",
            "binary": "aGVsbG8=",
            "set": "{a, b}",
            "omap": "[a: b]",
            "pairs": "[a: b]",
            "null": "x",
            "merge": "x",
        }.items()
    },
    "half a character": ('a: "\\ud800"', "invalid Unicode character"),
    "a character of no text": ('"a\\0b": 1', "cannot be written out"),
    "no digit": ("a: 0x_", "is no number"),
    "no binary digit": ("0b_: 1", "is no number"),
    "many keys and an error": ("a: [1, 2]\n" * 60_000 + "]", "a"),
}
"""Texts that are made to do harm, and what is said of them."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_made_to_do_harm_is_one_fault_at_once(name: str) -> None:
    text, words = HOSTILE[name]
    faults, began = Faults(), time.process_time()
    assert value_in(text, "the file", faults) is None
    (fault,) = faults
    assert words in fault.found
    assert time.process_time() - began < 2


def test_hidden_files_and_links_that_lead_nowhere_are_no_configurations(tmp_path: Path) -> None:
    kept = written(tmp_path / "triage" / "mine.yaml", NURSE.encode())
    written(tmp_path / "triage" / ".mine.yaml", LATIN_1)
    written(tmp_path / ".old" / "triage" / "mine.yaml", LATIN_1)
    (tmp_path / "triage" / ".#mine.yaml").symlink_to("someone@somewhere.4711")
    (tmp_path / "triage" / "gone.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "triage" / "folder.yaml").mkdir()
    assert yaml_files([tmp_path]) == [kept]
    assert names_in("triage", [tmp_path]) == {"mine"}
    assert len(fingerprint_of([tmp_path])) == 1
    assert policy_named("mine", [tmp_path, packaged_configs()], "triage", Faults()) is not None


def test_an_editors_lock_stops_no_study(tmp_path: Path) -> None:
    (tmp_path / "triage").mkdir()
    (tmp_path / "triage" / ".#mine.yaml").symlink_to("someone@somewhere.4711")
    assert load("ensemble=none", config_dir=tmp_path).arms


@pytest.mark.parametrize("file", ["triage/nurse.yaml", "scenario/usual.yaml"])
def test_a_file_that_cannot_be_read_is_one_message_that_names_it(
    tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = written(tmp_path / file, b"question: q?\n")

    def refuse(path: str | Path) -> None:
        if str(path) == str(locked):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    as_open, as_bytes = Path.open, Path.read_bytes
    monkeypatch.setattr(
        Path, "open", lambda file, *more, **named: refuse(file) or as_open(file, *more, **named)
    )
    monkeypatch.setattr(Path, "read_bytes", lambda path: refuse(path) or as_bytes(path))
    assert (
        message_of(folder=tmp_path)
        == f"{file}: cannot be read: Permission denied. Make it readable."
    )


# --- a policy file stands alone, whoever names it ------------------------------------------------------------------


@pytest.mark.parametrize("overrides", [("triage=mine",), ("study.arms.sham.triage=mine",)])
@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        (SHAM + "defaults: [sham]\n", "triage/mine.yaml.defaults: takes another file"),
        (
            SHAM.replace("value: 0,", 'value: "${calibration.medicine_beds.value}",'),
            "triage/mine.yaml.ai.correlation.value: refers to '${calibration.medicine_beds.value}'",
        ),
    ],
)
def test_the_group_and_an_arm_refuse_a_policy_file_that_takes_from_others_in_the_same_words(
    own: Own, overrides: tuple[str, ...], stated: str, fault: str
) -> None:
    message = message_of(*overrides, folder=own({"triage/mine.yaml": stated}))
    rule = "a policy file has no `defaults` and no `${}`"
    assert message.startswith(fault)
    assert message.endswith(
        f"Write the value itself: {rule}." if "refers" in fault else f"themselves: {rule}."
    )


@pytest.mark.parametrize("override", ["nurse=mine", "study.arms.sham.nurse=mine"])
def test_the_group_and_an_arm_refuse_a_nurse_file_that_takes_from_others_in_the_same_words(
    own: Own, override: str, hold: Hold
) -> None:
    message = message_of(override, folder=own({"nurse/mine.yaml": "defaults: [korea]\n"}))
    hold(message, "nurse/mine.yaml.defaults")


def test_an_unknown_nurse_in_a_subfolder_has_its_nearest_name() -> None:
    faults = Faults()
    assert (
        stated_in_file("nurse", "published/no_level", [packaged_configs()], "nurse", faults) is None
    )
    assert faults[0].remedy == "Did you mean 'published/no_levels'?"


ROWS = "Jane Smith, chest pain since Tuesday, " * 40


@pytest.mark.parametrize("group", ["site", "study", "scenario"])
@pytest.mark.parametrize(
    "text", [ROWS, f"{ROWS}: 1", f"{ROWS}: 1\n{ROWS}: 2", f"[{ROWS}]", f"name: '{ROWS}'"]
)
def test_no_message_holds_a_whole_file(own: Own, group: str, text: str) -> None:
    output = message_of(f"{group}=mine", folder=own({f"{group}/mine.yaml": text}))
    assert (
        output.count("Jane Smith") <= 6
    )  # cut short wherever it is shown: as the place, and as what was found


def test_a_folder_in_memory_is_read_as_the_same_folder_on_the_disk(tmp_path: Path) -> None:
    new_scaled_department("ours", {"attendances_per_day": "250", "beds": "480"}, tmp_path)
    files = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*.yaml")
    }
    folder, words = folder_in_memory(files), ("study=ours", "ensemble=none")
    assert load(*words, config_dir=folder) == load(*words, config_dir=tmp_path)
    assert names_in("site", [folder]) == names_in("site", [tmp_path]) == {"ours"}
    assert (
        search_folders(folder)[0]
        == folder_in_memory(dict(reversed(files.items())))
        != folder_in_memory({})
    )
    assert message_of("site=our", folder=folder) == message_of("site=our", folder=tmp_path)


@pytest.mark.parametrize(
    "word",
    [
        "site=nul",
        "study=AUX",
        "study.arms.sham.triage=con.v2",
        "study.arms.sham.nurse=com1",
        "study.name=lpt9",
    ],
)
def test_the_name_of_a_device_on_windows_is_named_as_such(own: Own, word: str, hold: Hold) -> None:
    """Though a file of that name is there, elsewhere."""
    key, _, name = word.partition("=")
    group = key.rpartition(".")[2]
    folder = own({f"{group}/{name}.yaml": "name: x\n"})
    message = message_of(word, folder=folder)
    hold(message, f"'{name}' is")
    assert f"'{name}'?" not in message


def test_an_arm_that_is_null_says_how_it_is_taken_out(hold: Hold) -> None:
    for arm in ("lean_triage", "nobody"):
        message = message_of(f"study.arms.{arm}=null")
        hold(message, f"~study.arms.{arm}")
    assert "lean_triage" not in [
        arm.name for arm in load("~study.arms.lean_triage", "ensemble=none").arms
    ]
