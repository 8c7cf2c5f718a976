"""The one writer of configuration files: what it writes is read as it was stated, by us and by Hydra's YAML 1.1."""

import ast
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf._utils import get_yaml_loader

import simulation
from simulation.config import packaged_configs
from simulation.config.files import mapping_in, value_in, yaml_files
from simulation.config.new import new_department, new_scaled_department
from simulation.config.writing import write_files, write_texts, yaml_text
from simulation.errors import ConfigError, Faults
from simulation.records.serialise import to_yaml

MISREAD = (
    "yes", "no", "on", "off", "y", "N", "True", "null", "~", "", "8:30", "10:00", "1e3", "1E-3", "0o7", "010", "0x1f",
    "0b11", "1_000", ".5", "5.", "-.inf", ".NaN", "2025-01-02", "2025-01-02T03:04:05Z", "=", "<<", "- a", "a: b", "# a",
    "a #b", "[a", "{a", "*a", "&a", "!a", "%a", "@a", "`a", "'a", '"a', " a", "a ", "a\nb", "\ta", "?", "-", "|", ">",
)  # fmt: skip
"""Texts that some version of YAML takes for something else when they stand without quotes."""
numbers = st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12).filter(
    lambda text: "${" not in text
)
texts = texts | st.sampled_from(MISREAD)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


def by_hydra(text: str) -> Any:
    return OmegaConf.to_container(OmegaConf.create(text), resolve=False)


def quickly_by_hydra(text: str) -> Any:
    """By Hydra's rules of what a word stands for; the signs are found by the library in C."""

    class InC(yaml.CSafeLoader):
        yaml_implicit_resolvers = get_yaml_loader().yaml_implicit_resolvers

    return yaml.load(text, InC) or {}


IN_C_OR_NOT = pytest.mark.parametrize(
    "read", [quickly_by_hydra, pytest.param(by_hydra, marks=pytest.mark.slow)]
)


@IN_C_OR_NOT
@settings(max_examples=25)
@given(content=st.dictionaries(texts, values, min_size=1, max_size=4))
def test_what_is_written_is_read_as_it_was_stated(
    content: dict[str, Any], read: Callable[[str], Any]
) -> None:
    text, faults = yaml_text("anything", content), Faults()
    assert value_in(text, "it", faults) == content
    assert not faults
    assert read(text) == content


@IN_C_OR_NOT
@given(content=st.dictionaries(texts, values, min_size=1, max_size=4))
def test_what_a_stored_run_keeps_is_read_as_it_was(
    content: dict[str, Any], read: Callable[[str], Any]
) -> None:
    assert read(to_yaml(content, yaml.CSafeDumper, width=120)) == content


@pytest.mark.parametrize("text", MISREAD)
def test_what_could_be_read_in_several_ways_stands_in_quotes(text: str) -> None:
    assert yaml_text("", {"key": text})[len("key: ")] in "'\""


def test_a_number_and_a_word_stand_without_quotes() -> None:
    content = {"a": 1, "b": 0.5, "c": 1e-7, "d": True, "e": None, "f": "8-20", "g": "very_urgent"}
    assert yaml_text("", content) == (
        "a: 1\nb: 0.5\nc: 1.0e-07\nd: true\ne: null\nf: 8-20\ng: very_urgent\n"
    )


def test_a_block_with_its_source_and_a_part_of_a_list_have_a_line_each() -> None:
    shift = {"hours": "0-8", "number": 1}
    content = {
        "defaults": ["typical", {"override /site@_global_.site": "ours"}],
        "pools": {"beds": {"capacity": 4, "evidence": "assumed", "source": "x, y"}},
        "rows": [shift, shift],
    }
    assert yaml_text("ours: it.\nMade by: us", content) == (
        "# ours: it.\n# Made by: us\n"
        "defaults:\n  - typical\n  - override /site@_global_.site: ours\n"
        "pools:\n  beds: {capacity: 4, evidence: assumed, source: 'x, y'}\n"
        "rows:\n  - {hours: 0-8, number: 1}\n  - {hours: 0-8, number: 1}\n"
    )


@IN_C_OR_NOT
def test_every_packaged_file_is_read_alike_by_us_and_by_hydra(read: Callable[[str], Any]) -> None:
    for path in yaml_files([packaged_configs()]):
        faults = Faults()
        ours = mapping_in(path, path.name, faults, may_be_empty=True)
        assert not faults
        assert ours == read(path.read_text(encoding="utf-8")), path


def test_every_file_of_a_new_department_is_read_alike_by_us_and_by_hydra(tmp_path: Path) -> None:
    totals = {"attendances_per_day": "280", "beds": "510"}
    written = [
        *new_scaled_department("ours", totals, tmp_path),
        *new_department("mine", "gallery/clinic", tmp_path),
    ]
    assert len(written) == 8
    for path in written:
        assert mapping_in(path, "", Faults()) == by_hydra(path.read_text(encoding="utf-8"))


def test_a_copy_differs_in_its_names_alone_and_keeps_every_comment(tmp_path: Path) -> None:
    for path in new_department("mine", "gallery/clinic", tmp_path):
        source = packaged_configs() / path.parent.name / "gallery" / "clinic.yaml"
        lines = zip(
            path.read_text(encoding="utf-8").splitlines(),
            source.read_text(encoding="utf-8").splitlines(),
            strict=True,
        )
        changed = [new for new, old in lines if new != old]
        chosen = "defaults: [/study/_department_alone, override /pathway@_global_.pathway: mine]"
        assert changed == ([chosen] if path.parent.name == "study" else []) + ["name: mine"]


def test_a_text_that_yaml_cannot_hold_is_refused_before_anything_is_written() -> None:
    with pytest.raises(ConfigError, match="is not a plain reference"):
        yaml_text("ours", {"source": "costs ${HOME}"})


def test_what_is_there_stays_and_nothing_else_is_written(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    there = tmp_path / "study" / "ours.yaml"
    there.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"ours\.yaml: cannot be written: File exists"):
        write_files({"site": "a: 1\n", "study": "b: 1\n"}, "ours", tmp_path)
    assert there.read_text(encoding="utf-8") == "mine"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [there]


def test_a_disk_that_fills_leaves_no_file_and_a_second_try_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {tmp_path / f"{name}.yaml": "a: 1\n" for name in "abc"}

    def full(write: Callable[..., None]) -> Callable[..., None]:
        def until_b(path: Path, text: str) -> None:
            if path.name == "b.yaml":
                raise OSError(28, "No space left on device")
            write(path, text)

        return until_b

    from simulation.config import writing

    with monkeypatch.context() as patched:
        patched.setattr(writing, "write_file", full(writing.write_file))
        with pytest.raises(ConfigError, match="No space left on device"):
            write_texts(texts)
    assert list(tmp_path.iterdir()) == []
    assert write_texts(texts) == tuple(texts)


def test_ctrl_c_between_two_files_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulation.config import writing

    texts = {tmp_path / f"{name}.yaml": "a: 1\n" for name in "ab"}
    write = writing.write_file

    def stop_at_b(path: Path, text: str) -> None:
        if path.name == "b.yaml":
            raise KeyboardInterrupt
        write(path, text)

    monkeypatch.setattr(writing, "write_file", stop_at_b)
    with pytest.raises(KeyboardInterrupt):
        write_texts(texts)
    assert list(tmp_path.iterdir()) == []


ATOMIC = {
    "runs/atomic.py",  # the writer itself
    "display/files.py",  # into a folder that appears whole
    "records/serialise.py",  # a cache beside the package
    "engine/compiled_cache.py",  # another
    "assurance/fitting/build.py",  # a line at a time, of which one cut off is dropped
    "vetting/llm.py",  # likewise
}
"""The modules that write files otherwise than by `write_file`, and why."""


def test_users_files_are_written_whole_or_not_at_all() -> None:
    package = Path(simulation.__file__).parent
    writes = re.compile(r"\.write_(text|bytes)\(|\bopen\([^)]*[\"'][wxa]b?[\"']")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if writes.search(path.read_text(encoding="utf-8"))
    }
    assert found == ATOMIC


DUMPS = {"records/serialise.py", "config/validating.py"}
"""What the writer and a stored run call; examples in the documentation."""


def test_nothing_else_in_the_package_makes_yaml() -> None:
    package = Path(simulation.__file__).parent
    dumps = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "dump" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr in ("dump", "safe_dump")
        if isinstance(node.value, ast.Name) and node.value.id == "yaml"
    }
    assert dumps == DUMPS


def test_a_date_is_text_for_us_as_it_is_for_hydra() -> None:
    assert isinstance(yaml.safe_load("2025-01-02"), date)
    assert value_in("2025-01-02", "", Faults()) == "2025-01-02"
