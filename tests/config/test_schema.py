"""The schemas of configuration files accept what loads, and refuse a misspelt key and a value out of range."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from docs.tools.vocabulary import blocks_within
from simulation.cli import main
from simulation.commands.own_files import file_kinds
from simulation.config import load, packaged_configs
from simulation.config.files import value_in
from simulation.config.schema import schema_of, write_schemas
from simulation.config.validating import example_of
from simulation.errors import ConfigError, Faults
from tests.held import Hold

FILE_KINDS = file_kinds()

CONFIGS = packaged_configs()
FILES = [
    (name, path) for name, file in FILE_KINDS.items() for path in sorted(CONFIGS.glob(file.files))
]
POOL = {"kind": "space", "capacity": 4, "evidence": "measured", "source": "floor plan"}
DURATION = {
    "kind": "lognormal",
    "mean": 5,
    "log_sd": 0.4,
    "evidence": "assumed",
    "source": "a guess",
}


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(name))


def faults(name: str, stated: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(stated)]


def contents(path: Path) -> Any:
    return value_in(path.read_text(encoding="utf-8"), path.name, Faults())


@pytest.fixture(scope="module")
def checked() -> dict[str, Any]:
    """The definitions that are sound so far."""
    return {}


@pytest.mark.parametrize("name", FILE_KINDS)
def test_every_schema_is_one(name: str, checked: dict[str, Any]) -> None:
    """What several define alike is checked once."""
    schema = validator(name).schema
    new = {
        key: block for key, block in schema.get("$defs", {}).items() if checked.get(key) != block
    }
    Draft202012Validator.check_schema({**schema, "$defs": new})
    checked.update(new)


def test_every_packaged_file_is_of_a_kind() -> None:
    assert {path for _, path in FILES} == set(CONFIGS.rglob("*.yaml"))


@pytest.mark.parametrize(("name", "path"), FILES, ids=lambda each: getattr(each, "stem", each))
def test_every_packaged_file_is_accepted(name: str, path: Path) -> None:
    assert faults(name, contents(path)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path"), FILES, ids=lambda each: getattr(each, "stem", each))
def test_a_misspelt_key_is_refused_wherever_it_stands(name: str, path: Path) -> None:
    stated = contents(path)
    blocks = [where for where in blocks_of(stated) if key_of_block(where, stated)]
    for where in blocks:
        spoilt = copy.deepcopy(stated)
        block = at(where, spoilt)
        block["soruce"] = block.pop("source")
        assert any("'soruce'" in fault for fault in faults(name, spoilt)), where


def blocks_of(stated: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where blocks stand."""
    if isinstance(stated, dict):
        yield where
    parts = (
        stated.items()
        if isinstance(stated, dict)
        else enumerate(stated)
        if isinstance(stated, list)
        else ()
    )
    for key, part in parts:
        yield from blocks_of(part, (*where, key))


def key_of_block(where: tuple[Any, ...], stated: Any) -> bool:
    """Whether it is a block that states its source, and is no value of a change, which may be anything."""
    return "source" in at(where, stated) and "changes" not in where


def at(where: tuple[Any, ...], stated: Any) -> Any:
    for key in where:
        stated = stated[key]
    return stated


@pytest.mark.parametrize("name", FILE_KINDS)
def test_every_example_of_a_block_is_accepted(name: str) -> None:
    schema = schema_of(name)
    for kind in blocks_within(FILE_KINDS[name].states):
        if kind.__name__ in schema["$defs"]:
            reference = {"$ref": f"#/$defs/{kind.__name__}", "$defs": schema["$defs"]}
            errors = list(
                Draft202012Validator(reference).iter_errors(yaml.safe_load(example_of(kind)))
            )
            assert errors == [], kind


@pytest.mark.parametrize(
    ("name", "stated", "message"),
    [
        ("site", {"pools": {"beds": {**POOL, "capacity": -1}}}, "minimum of 0"),
        ("site", {"pools": {"beds": {**POOL, "capacity": "four"}}}, "does not match"),
        ("site", {"pools": {"beds": {**POOL, "kind": "room"}}}, "'room' is not"),
        ("site", {"pools": {"beds": {"kind": "space"}}}, "'source'"),
        ("site", {"durations": {"triage": {**DURATION, "cv": 1}}}, "'cv' was unexpected"),
        ("site", {"durations": {"triage": {**DURATION, "kind": "long"}}}, "'long' is not"),
        ("site", {"durations": {"triage": {**DURATION, "complexity": 1}}}, "maximum of 1"),
        ("site", {"poools": {}}, "'poools' was unexpected"),
        (
            "staffing",
            {"nurses": {**POOL, "rota": [{"hours": "8-20"}]}},
            "'number'",
        ),
        ("run", {"warm_up_days": 10}, "multiple of 7"),
        ("run", {"seed": True}, "True is not"),
        ("scenario", {"question": "?", "changes": []}, "[] is not"),
        ("study", {"arms": {}}, "should be non-empty"),
        ("triage", {"kind": "matrix", "name": "x", "ai": "${triage.ai}"}, "not valid under"),
        ("targets", {"name": "x", "rows": [{"months": [4, 13]}]}, "13 is greater than"),
        ("calibration", {"beds": {"value": 4, "range": [1, 2, 3]}}, "is too long"),
        ("config", {"engine": "fast"}, "'fast' is not"),
    ],
)
def test_what_cannot_be_is_refused(name: str, stated: Any, message: str, hold: Hold) -> None:
    hold(faults(name, stated), message)


def test_what_a_file_takes_from_another_may_be_left_out() -> None:
    part = {
        "defaults": ["typical", "_self_"],
        "pools": {"beds": {"capacity": 4}},
        "durations": {"triage": {"mean": 5}},
    }
    assert faults("site", part) == []
    assert len(faults("site", {key: part[key] for key in part if key != "defaults"})) == 4


@pytest.mark.parametrize(
    "misspelt", [{"pools": {"beds": {"capcity": 4}}}, {"durations": {"triage": {"meen": 5}}}]
)
def test_what_a_file_states_of_a_part_is_checked(misspelt: dict[str, Any]) -> None:
    assert faults("site", {"defaults": ["typical"], **misspelt})


@pytest.mark.parametrize(
    "stated",
    [
        {"pools": {"beds": {**POOL, "capacity": "${calibration.beds.value}"}}},
        {"pools": "${site.pools}"},
        {
            "durations": {
                "triage": "${site.durations.other}",
                "other": {**DURATION, "mean": {"base": "${a.b}"}},
            }
        },
        {"pools": {"beds": {**POOL, "unlimited": "${a.b}", "kind": "${a.b}", "rota": "${a.b}"}}},
    ],
)
def test_a_reference_may_stand_for_any_value(stated: dict[str, Any]) -> None:
    assert faults("site", stated) == []


def test_unit_bounds_and_evidence_are_fields_of_their_own_and_not_in_prose() -> None:
    arrivals = schema_of("site")["$defs"]["ArrivalSource"]
    per_day = arrivals["properties"]["per_day"]
    assert (per_day["unit"], per_day["minimum"]) == ("patients a day", 0)
    assert (
        schema_of("site")["$defs"]["Lognormal"]["properties"]["complexity"]["exclusiveMaximum"] == 1
    )
    assert arrivals["evidence"] == "required"
    assert not [
        part
        for part in json.dumps(schema_of("site")).split('"')
        if "Unit: " in part or "Allowed: " in part
    ]


# --- the nearest name, and the command -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("site.pools.resus_bays.capcity=4", "unknown key 'capcity'. Did you mean 'capacity'?"),
        ("site.durations.triage_interview.scael=2", "unknown key 'scael'. Did you mean 'scale'?"),
        ("~site.pools.resus_bays.source", "assumption"),
        (
            "~site.day_factors.residual.cv",
            "deviation over mean (ratio)",
        ),
        (
            "site.arrivals.walk_in.per_day=-1",
            "equal to 0 (patients a day)",
        ),
        (
            "site.durations.triage_interview.mean=-1",
            "equal to 0 (minutes)",
        ),
        (
            "site.attributes.sex.shares=[2,-1]",
            "site.attributes.sex.shares.0: found 2. Allowed: less than",
        ),
    ],
)
def test_a_message_says_what_a_key_means_and_in_which_unit(
    override: str, message: str, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(override)
    hold(str(refused.value), message)


def test_the_command_lists_the_kinds_of_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(FILE_KINDS)


def test_the_command_prints_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "run"]) == 0
    assert json.loads(capsys.readouterr().out) == schema_of("run")


def test_the_command_writes_every_schema_or_the_one_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", "run", f"folder={tmp_path / 'one'}"]) == 0
    assert main(["schema", f"folder={tmp_path / 'all'}"]) == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["run.json"]
    assert {path.stem for path in (tmp_path / "all").iterdir()} == set(FILE_KINDS)
    assert json.loads((tmp_path / "all" / "site.json").read_text("utf-8")) == schema_of("site")
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(FILE_KINDS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sit"], "sit: is no kind of configuration file. Did you mean 'site'?"),
        (["site", "run"], "schema: found 'site run'. Say: aeflow schema [NAME]."),
        (["folder="], "folder=: names nothing. Say folder=FOLDER, or leave it out."),
        (["sit", "folder=x"], "sit: is no kind of configuration file. Did you mean 'site'?"),
    ],
)
def test_a_mistake_of_the_command_is_one_message(
    words: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["schema", *words]) == 2
    assert capsys.readouterr().err == f"aeflow: {message}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file/here: cannot be written"):
        write_schemas(tmp_path / "file" / "here", ["run"])
