"""A folder of configuration files out of mappings: each checked before any is written, none over one that is there.

A file begins with one comment. It has a line for each block with a source and for each part of a list, as in the
packaged files. What any version of YAML could take for something else than the text that it is stands in quotes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from simulation.config.dotted import as_stated
from simulation.config.files import value_in
from simulation.errors import Faults, refuse
from simulation.records.serialise import to_plain, to_yaml
from simulation.runs.atomic import write_file

if TYPE_CHECKING:
    from simulation.config.ensembles import Ensemble


class _Layout(yaml.SafeDumper):
    """The layout of a file, which is that of the packaged ones."""

    def ignore_aliases(self, data: Any) -> bool:
        """Called by PyYAML: what stands in two places is written out in both."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Called by PyYAML: the parts of a list are indented below its key."""
        super().increase_indent(flow, False)

    def represent(self, data: Any) -> None:
        """Called by PyYAML with the whole of a file, whose keys have a line each."""
        node = self.represent_data(data)
        if isinstance(node, yaml.CollectionNode):
            node.flow_style = False
        self.serialize(node)

    def represent_mapping(
        self, tag: str, mapping: Any, flow_style: bool | None = None
    ) -> yaml.MappingNode:
        """Called by PyYAML: a block with a source, or without blocks in it, is on one line."""
        node = super().represent_mapping(tag, mapping, flow_style)
        node.flow_style = "source" in mapping or all(
            map(_is_short, (part for _, part in node.value))
        )
        return node

    def represent_sequence(
        self, tag: str, sequence: Any, flow_style: bool | None = None
    ) -> yaml.SequenceNode:
        """Called by PyYAML: a list of plain values is on one line, and each part of another list."""
        node = super().represent_sequence(tag, sequence, flow_style)
        node.flow_style = all(isinstance(part, yaml.ScalarNode) for part in node.value)
        for part in node.value:
            if isinstance(part, yaml.CollectionNode):
                part.flow_style = len(part.value) > 1
        return node


def _is_short(node: yaml.Node) -> bool:
    """Whether it is a plain value, or a list of some on one line."""
    return isinstance(node, yaml.ScalarNode) or (
        isinstance(node, yaml.SequenceNode) and bool(node.flow_style)
    )


def yaml_text(head: str, content: Any) -> str:
    """The text of a file that states `content` below a comment, and reads as it. Raises ConfigError if it cannot be."""
    body = to_yaml(content, _Layout, width=math.inf)
    text, faults = "".join(f"# {line}\n" for line in head.splitlines()) + body, Faults()
    read = value_in(text, head.partition("\n")[0], faults)
    faults.refuse()
    assert read == as_stated(content), f"'{head}' is read as something else than was written"
    return text


LEFT_OUT = (
    "structures", "limitation", "causes", "cause", "quantiles", "totals", "trusts", "trust", "country",
)  # fmt: skip
"""Keys of an ensemble, its parameters and its departments that are left out where they are empty."""


def _stated(part: Any) -> Any:
    return (
        {key: value for key, value in part.items() if value or key not in LEFT_OUT}
        if isinstance(part, dict)
        else part
    )


def _known(totals: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of departments, without what is not stated."""
    return {key: value for key, value in totals.items() if value not in (None, {})}


def ensemble_text(ensemble: Ensemble, head: str) -> str:
    """The text of the file of an ensemble below a comment, a line a department."""
    content = to_plain(ensemble)
    departments = [_stated(department) for department in content.pop("departments")]
    parameters = {name: _stated(one) for name, one in content["parameters"].items()}
    content["trusts"] = {name: _known(totals) for name, totals in content["trusts"].items()}
    if totals := content.get("totals"):  # first, because somebody's answers stand there
        first = {**{key: content[key] for key in ("name", "question")}, "totals": _known(totals)}
        content = first | {key: value for key, value in content.items() if key != "totals"}
    stated = {**_stated(content), "parameters": parameters}
    return yaml_text(head, {**stated, "departments": departments})


def write_files(texts: Mapping[str, str], name: str, folder: Path) -> tuple[Path, ...]:
    """Write a file called `name` in each group (text by group) of a folder of configurations; as `write_texts`."""
    return write_texts({folder / group / f"{name}.yaml": text for group, text in texts.items()})


def write_texts(texts: Mapping[Path, str], remedy: str = "Name another folder") -> tuple[Path, ...]:
    """Write files, each whole, or none of them, with their folders; return them. Raises ConfigError if one is there or
    cannot be written."""
    written = list[Path]()
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                raise FileExistsError(0, "File exists")
            write_file(path, text)
            written.append(path)
    except BaseException as error:  # Ctrl-C, too
        for other in written:
            other.unlink()
        if isinstance(error, OSError):
            refuse(str(path), f"cannot be written: {error.strerror}", remedy)
        raise
    return tuple(written)
