"""Every key of every command is read by one table, which refuses odd values and writes the help."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from simulation.cli import COMMANDS, HELP
from simulation.commands.command_line import (
    TAKES,
    CommandKey,
    answers_of,
    key_lines,
    read_line,
    usage,
)
from simulation.config.files import packaged_configs
from simulation.config.studies import Top
from simulation.errors import ConfigError
from simulation.vetting.bench import Vetting
from tests.held import Hold

from .conftest import Aeflow

pytestmark = pytest.mark.usefixtures("undrawn")

ODD = [
    # switches are true or false
    ("offer check=perhaps", "found 'perhaps'"),
    ("offer check=True", "found 'True'"),
    ("offer check=1", "found '1'"),
    ("report x export=maybe", "found 'maybe'"),
    ("report x export=on", "found 'on'"),
    ("report x export=excel", "found 'excel'"),
    ("fit extract=a.csv out=b overwrite=1", "found '1'"),
    ("fit extract=a.csv out=b overwrite=perhaps", "found 'perhaps'"),
    ("vet write_cases=perhaps", "write_cases"),
    ("vet allow_remote=off", "allow_remote"),
    ("vet dry_run=maybe", "dry_run"),
    ("validate power=y", "found 'y'"),
    ("compare dry_run=yes", "dry_run: found 'yes'. Allowed: true or false."),
    ("run resume=off", "resume: found 'off'. Allowed: true or false."),
    # numbers have bounds
    ("offer departments=ten", "whole number from 20 to 100"),
    ("offer departments=19", "whole number from 20 to 100"),
    ("offer departments=24.5", "whole number from 20 to 100"),
    ("offer departments=+24", "whole number from 20 to 100"),
    ("offer departments=²", "whole number from 20 to 100"),
    (f"offer departments={'9' * 5000}", "whole number from 20 to 100"),
    ("ensemble departments=9", "whole number from 10 to 1,000"),
    ("ensemble confirm=some", "whole number from 0 to 100"),
    ("ensemble confirm_departments=0", "whole number from 1 to 1,000"),
    ("trace extract=a.csv imputations=0", "whole number from 2 to 200"),
    ("trace extract=a.csv imputations=1e2", "imputations: found '1e2'. Allowed:"),
    ("app port=65536", "whole number from 0 to 65,535"),
    ("app port=-1", "whole number from 0 to 65,535"),
    ("app workers=many", "whole number from 0 to 64"),
    ("animate day=monday", "whole number from 0 to 1,000,000"),
    ("animate replication=-2", "replication: found '-2'."),
    ("evaluate arm=a trials=99", "whole number from 100 to 20,000"),
    ("evaluate arm=a prior=likely", "prior: found 'likely'. Allowed: a number from 0 to 1."),
    ("evaluate arm=a prior=1.5", "prior: found '1.5'. Allowed: a number from 0 to 1."),
    ("evaluate arm=a hour=1,5", "hour: found '1,5'. Allowed: a number from 0 upwards."),
    ("evaluate arm=a price=nan", "price: found 'nan'. Allowed: a number from 0 upwards."),
    ("evaluate arm=a cost=inf", "cost: found 'inf'. Allowed: a number from 0 upwards."),
    ("extend results/latest some", "whole number from 0 to 1,000,000"),
    # choices have a nearest
    ("validate only=thoery", "site, responses, known_effects. Did you mean 'theory'?"),
    ("validate predictions=print", "predictions: found 'print'. Allowed: check, write."),
    # names between commas
    ("breakeven arm=a against=b what=seconds,,price", "what=seconds,,price: names nothing."),
    ("prices pools=[doctors,]", "pools=[doctors,]: names nothing."),
    ("evaluate arm=a deviations=,", "deviations=,: names nothing."),
    # a key without a value
    ("offer answers=", "answers="),
    ("offer check=", "check="),
    ("narrow observed=", "observed="),
    ("vet name=", "name="),
    ("compare from=", "from="),
    ("compare card=", "card="),
    ("compare --config-dir=", "--config-dir: no folder follows. Name one."),
    # a key twice
    ("offer check=true check=true", "Keep one"),
    ("report x export=true export=false", "Keep one"),
    ("breakeven arm=a arm=b against=c", "Keep one"),
    ("offer product=A product=B", "Keep one"),
    ("app --config-dir a --config-dir b", "Keep one"),
    # unknown keys, with the nearest
    ("offer chekc=true", "chekc=true"),
    ("offer --check=true", "--check=true"),
    ("offer used_shar=0.8", "used_shar=0.8"),
    ("app prot=80", "prot=80"),
    ("report x exprot=true", "exprot=true"),
    ("narrow form=x observed=y", "form=x"),
    ("results policy=nurse", "policy=nurse"),
    ("gather a b result=x", "result=x"),
    ("schema fodler=x", "fodler=x"),
    ("fit extract=a.csv out=b bed=500", "bed=500"),
    ("extract a.csv mappnig=b", "mappnig=b"),
    ("new department ours bed=510", "bed=510"),
    # and beside overrides of the configuration
    ("evaluate arn=lean_triage", "arn=lean_triage"),
    ("compare form=results/latest", "form=results/latest"),
    ("breakeven arm=a agianst=b", "agianst=b"),
    ("trace extract=a.csv imputation=5", "imputation=5"),
    ("validate ony=site", "ony=site"),
    ("ensemble department=20", "department=20"),
    ("vet agains=x", "agains=x"),
    ("show pateint=3", "pateint=3"),
    ("animate arm=nurse", "arm=nurse"),
    # words without '='
    ("offer check", "Write check=true"),
    ("offer now", "See aeflow offer --help"),
    ("offer -m", "See aeflow offer --help"),
    ("app 8080", "8080"),
    ("fit a.csv", "a.csv"),
    ("narrow ours.yaml", "ours.yaml"),
    ("breakeven arm=a against=b what", "Write what=NAME,NAME"),
    ("compare run.seed", "run.seed"),
    ("report --open", "form key=value"),
    # words that are too few or too many, keys that are needed
    ("report", "report: found nothing. Say: aeflow report FOLDER."),
    ("report a b", "report: found 'a b'. Say: aeflow report FOLDER."),
    ("results a b c", "results: found 'a b c'. Say: aeflow results [FOLDER [FOLDER]]."),
    ("extend", "extend: found nothing. Say: aeflow extend FOLDER NUMBER."),
    ("gather", "gather: found nothing. Say: aeflow gather FOLDER ..."),
    ("schema run site", "schema: found 'run site'. Say: aeflow schema [NAME]."),
    ("extract", "extract: found nothing. Say: aeflow extract [draft] FILE."),
    ("new department", "new department NAME attendances_per_day=280"),
    ("narrow", "observed: is not given. Say: aeflow narrow observed=FILE."),
    ("fit extract=a.csv", "out: is not given. Say: aeflow fit extract=FILE out=NAME."),
    ("trace study=ai_triage", "extract: is not given. Say: aeflow trace extract=FILE."),
    ("evaluate design=all", "arm: is not given. Say: aeflow evaluate arm=NAME."),
]  # fmt: skip


@pytest.mark.parametrize(("words", "message"), ODD)
def test_what_a_command_does_not_take_is_one_message_and_nothing_is_written(
    words: str, message: str, aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    hold(aeflow(*words.split()).message, message)
    assert list(here.iterdir()) == []


def test_all_faults_of_a_command_are_told_together(aeflow: Aeflow, hold: Hold) -> None:
    said = aeflow("offer", "check=perhaps", "departments=ten", "chekc=true").message
    hold(said.splitlines()[0], "3 faults")
    assert len(said.splitlines()) == 4


def test_a_key_may_say_what_is_usual() -> None:
    line = read_line("offer", ["check=false", "departments=24", "answers=a=b.yaml", "beds="])
    assert (line["check"], line["departments"], line["answers"]) == (False, 24, "a=b.yaml")
    assert (line["name"], dict(line.answers)) == (None, {"beds": ""})


def test_a_name_of_a_folder_may_hold_an_equals_sign(tmp_path: Path, hold: Hold) -> None:
    folder = tmp_path / "seed=7"
    with hold.refusal(ConfigError, match="aeflow report"):
        read_line("report", [str(folder)])
    folder.mkdir()
    assert read_line("report", [str(folder)]).words == [str(folder)]


def test_keys_of_a_command_are_told_from_overrides() -> None:
    words = ["arm=a", "study=claim", "~study.harm", "+x.arm=3", "design.weeks=52", "run.seed=7"]
    line = read_line("evaluate", [*words, "--config-dir", "mine", "price=£165,500", "prior=.5"])
    assert line["arm"] == "a"
    assert list(line.overrides) == words[1:]
    assert (line.config_dir, line["price"], line["prior"]) == ("mine", 165_500, 0.5)


@pytest.mark.parametrize("command", [name for name, takes in TAKES.items() if takes.overrides])
def test_no_override_is_taken_for_a_misspelt_key(command: str) -> None:
    names = TAKES[command].overrides
    needed = [f"{key.name}=x" for key in TAKES[command].keys if key.needed]
    words = ["a", "1"] if command == "extend" else []
    stated = [
        f"{name}=x" for name in names if name not in {key.name for key in TAKES[command].keys}
    ]
    assert list(read_line(command, [*words, *needed, *stated]).overrides) == stated


def test_what_overrides_begin_with_is_what_a_configuration_holds() -> None:
    in_files = {path.name for path in packaged_configs().iterdir() if path.is_dir()}
    of_study = {*TAKES["compare"].overrides}
    assert {one.name for one in fields(Top)} <= of_study
    assert of_study <= {one.name for one in fields(Top)} | in_files
    assert {*TAKES["vet"].overrides} == {one.name for one in fields(Vetting)}


# --- the help ------------------------------------------------------------------------------------------------


def test_each_command_has_an_entry_and_a_place_in_the_help() -> None:
    assert {*COMMANDS} == {*TAKES}


@pytest.mark.parametrize("command", TAKES)
def test_the_help_of_a_command_lists_each_of_its_keys(command: str, aeflow: Aeflow) -> None:
    said = aeflow(command, "--help")
    assert said.code == 0
    for key in TAKES[command].keys:
        lines = re.findall(rf"^  {re.escape(key.form)} +(.+)$", said.out, re.MULTILINE)
        assert any(line.startswith(key.about) for line in lines)
    assert all(len(line) <= 118 for line in key_lines(command))


@pytest.mark.parametrize("command", TAKES)
def test_the_overview_mentions_only_keys_that_the_command_takes(
    command: str, aeflow: Aeflow
) -> None:
    takes = TAKES[command]
    about, name = "", ""
    for line in HELP.split("\n\n")[1].splitlines():
        name = line.split()[1] if line.startswith("  aeflow ") else name
        about += f"{line}\n" if name == command else ""
    assert about
    known = {key.name for key in takes.keys} | set(answers_of(command))
    known |= {*takes.overrides}
    mentioned = set(re.findall(r"(?<![\w.])([a-z_]+)=", about)) - {"key"}
    assert mentioned <= known
    needed = [key.form for key in takes.keys if key.needed]
    assert all(form.partition("=")[0] in mentioned for form in needed), usage(command)


@pytest.mark.parametrize("command", TAKES)
def test_what_is_usual_can_be_read(command: str) -> None:
    for key in TAKES[command].keys:
        assert isinstance(key, CommandKey)
        assert not (key.needed and key.usual)
        assert key.kind != "choice" or key.usual in key.choices
        assert key.kind != "switch" or key.usual == "false"
