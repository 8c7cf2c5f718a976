"""The page of keys is current, its examples load, and the how-to for editors says what is so."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from docs.tools.vocabulary import COMMAND, PAGE, blocks_within, main, page
from simulation.commands.own_files import file_kinds
from simulation.config.totals import Totals
from simulation.config.validating import keys_of, summary_of
from simulation.department.durations import Duration, Lognormal
from simulation.department.own_measures import Counted
from simulation.department.vocabulary import Pool
from simulation.triage.policy import Usage
from tests.adapters import adapter_of

FILE_KINDS = file_kinds()

EDITORS = Path(__file__).parents[2] / "docs" / "how-to" / "editors.md"
BLOCKS = {
    kind.__name__: kind for file in FILE_KINDS.values() for kind in blocks_within(file.states)
}


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"run {COMMAND}"


def test_a_changed_page_is_noticed_and_written_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("docs.tools.vocabulary.PAGE", tmp_path / "vocabulary.md")
    assert main(["--check"]) == 1
    assert COMMAND in capsys.readouterr().out
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_every_block_has_a_section_and_its_example_loads() -> None:
    text = PAGE.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (.+?)\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE))
    shared = {kind.__name__ for kind in (Duration, Counted, Usage, Totals)}
    assert sections.keys() == BLOCKS.keys() | shared
    for name, kind in BLOCKS.items():
        (example,) = re.findall(r"```yaml\n(.*?)```", sections[name], re.DOTALL)
        adapter_of(kind).validate_python(yaml.safe_load(example))


def test_the_settings_of_both_editors_name_every_schema_and_where_its_files_are() -> None:
    text = EDITORS.read_text(encoding="utf-8")
    wanted = {f".schemas/{name}.json": f"configs/{file.files}" for name, file in FILE_KINDS.items()}
    (code,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (helix,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert json.loads(code) == {"yaml.yamlVersion": "1.1", "yaml.schemas": wanted}
    server = tomllib.loads(helix)["language-server"]["yaml-language-server"]
    assert server["config"]["yaml"] == {"yamlVersion": "1.1", "schemas": wanted}


def test_the_transcript_says_what_keys_and_kinds_mean_today() -> None:
    text = EDITORS.read_text(encoding="utf-8")
    (transcript,) = re.findall(r"^```\n(Below .*?)^```", text, re.DOTALL | re.MULTILINE)
    pool, kinds, lognormal, _ = transcript.split("\n\n")
    for part, keys in ((pool, keys_of(Pool)), (lognormal, keys_of(Lognormal))):
        told = told_in(part)
        assert told == {
            name: f"{keys[name].meaning.partition('. ')[0].rstrip('.')}." for name in told
        }
    durations = {
        key.example: kind
        for kind in BLOCKS.values()
        if issubclass(kind, Duration)
        for key in [keys_of(kind)["kind"]]
    }
    assert told_in(kinds) == {
        name: summary_of(kind).partition("\n\n")[0] for name, kind in durations.items()
    }


def told_in(part: str) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in part.splitlines()[1:])
