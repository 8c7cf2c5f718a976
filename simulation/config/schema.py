"""JSON Schema of each kind of configuration file, so that editors complete keys and check values.

What a schema cannot express is left to `aeflow show`: whether names lead somewhere, shares add up, a route ends. In
one thing it is stricter than loading: a number in quotes is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, MultipleOf

from simulation.assurance.targets import TargetFile
from simulation.config.bounds import REFERENCE
from simulation.config.departments import GROUPS
from simulation.config.ensembles import Ensemble, Priors
from simulation.config.studies import GROUP_TYPES, CalibrationParameter, Scenario, Top
from simulation.config.vocabulary import Key, keys_of, range_of, summary_of
from simulation.department.vocabulary import Pathway, Pool
from simulation.errors import ConfigError, Fault, nearest
from simulation.questions.narrow import Observed
from simulation.study.design import Design
from simulation.study.study import RunLength
from simulation.triage.stated import Nurse, Tool
from simulation.vetting.assessors.prompt import Prompt
from simulation.vetting.mapping import CaseMapping
from simulation.vetting.plan import Vetting
from simulation.vetting.vignettes import Vignettes

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}
KEYWORDS = {
    Ge: ("minimum", "ge"),
    Gt: ("exclusiveMinimum", "gt"),
    Le: ("maximum", "le"),
    Lt: ("exclusiveMaximum", "lt"),
    MultipleOf: ("multipleOf", "multiple_of"),
}
DEFAULTS: Schema = {
    "description": "Files that this one starts from, in order; `_self_` is this file. What it states lies over theirs.",
    "type": "array",
    "items": {"type": ["string", "object"]},
    "examples": [["typical", "_self_"]],
}


@dataclass(frozen=True)
class FileKind:
    """A kind of configuration file: the class that it states, what it is about, and where its files are.

    `composed`: a file may start from others of its kind and refer to values of other files; else it states all its
    values itself.
    """

    states: Any
    about: str
    files: str
    composed: bool = True


FILE_KINDS: Mapping[str, FileKind] = {
    "config": FileKind(Top, "What `aeflow` composes: a file of each group, and how a command runs.", "config.yaml"),
    "site": FileKind(Pathway, "A department with its wards: patients, spaces, minutes.", "site/**/*.yaml"),
    "staffing": FileKind(Mapping[str, Pool], "Rotas: pools of staff, by name.", "staffing/**/*.yaml"),
    "pathway": FileKind(Pathway, "Steps and routes, and whatever a site leaves to them.", "pathway/**/*.yaml"),
    "calibration": FileKind(Mapping[str, CalibrationParameter], "Fitted values, by name.", "calibration/**/*.yaml"),
    "nurse": FileKind(Nurse, "How nurses triage, in every arm.", "nurse/**/*.yaml", composed=False),
    "triage": FileKind(Tool, "A triage policy: what a tool does.", "triage/**/*.yaml", composed=False),
    "scenario": FileKind(Scenario, "Circumstances that every arm meets.", "scenario/**/*.yaml"),
    "run": FileKind(RunLength, "How long a run is.", "run/**/*.yaml"),
    "study": FileKind(Design, "A question: arms, measures, differences that matter.", "study/**/*.yaml"),
    "targets": FileKind(
        TargetFile, "Published figures that a department is held against.", "targets/**/*.yaml", composed=False
    ),
    "priors": FileKind(
        Priors,
        "Values that a department could have, before it is held against anything.",
        "priors/**/*.yaml",
        composed=False,
    ),
    "ensembles": FileKind(
        Ensemble, "Departments that fit the same published figures.", "ensembles/**/*.yaml", composed=False
    ),
    "observed": FileKind(
        Observed, "Figures of your own department, for `aeflow narrow`.", "observed/**/*.yaml", composed=False
    ),
    "vetting": FileKind(Vetting, "A triage AI, its cases and criteria.", "vetting/**/*.yaml", composed=False),
    "cases": FileKind(CaseMapping, "How a CSV file of labelled cases is read.", "cases/**/*.yaml", composed=False),
    "prompt": FileKind(Prompt, "What a language model is told and asked.", "prompt/**/*.yaml", composed=False),
    "vignettes": FileKind(Vignettes, "Templates of made-up patients.", "vignettes/**/*.yaml", composed=False),
}


def schema_of(name: str) -> Schema:
    """The JSON Schema (draft 2020-12) of a kind of file. Raises ConfigError for a name that is none."""
    if name not in FILE_KINDS:
        raise ConfigError([Fault(name, "is no kind of configuration file", nearest(name, FILE_KINDS))])
    kind = FILE_KINDS[name]
    writer = _Writer(refers=kind.composed)
    head: Schema = {"$schema": DIALECT, "title": f"aeflow: {name}", "description": kind.about}
    if name == "config":
        root = _root(writer, kind.states, part=True)
        groups = {group: FILE_KINDS[group] for group in dict.fromkeys((*GROUPS, *GROUP_TYPES))}
        for group, of_group in groups.items():
            root["properties"][group] = {**_root(writer, of_group.states, part=True), "description": of_group.about}
        root["properties"]["hydra"] = {"description": "Options of Hydra.", "type": "object"}
        return {**head, **root, "$defs": writer.definitions}
    if not kind.composed:
        return {**head, **_root(writer, kind.states, part=False), "$defs": writer.definitions}
    roots = {name: _root(writer, kind.states, part=name == "part") for name in ("whole", "part")}
    whole_or_part = {
        "if": {"required": ["defaults"]},
        "then": {"$ref": "#/$defs/part"},
        "else": {"$ref": "#/$defs/whole"},
    }
    return {**head, **whole_or_part, "$defs": {**roots, **writer.definitions}}


def write_schemas(folder: Path, names: Iterable[str] = tuple(FILE_KINDS)) -> tuple[Path, ...]:
    """Write the schema of each kind of file into a folder, as `site.json`, and return the files written."""
    texts = {folder / f"{name}.json": schema_text(name) for name in names}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError([Fault(str(folder), f"cannot be written: {error.strerror}", "Name another folder")]) from None
    return tuple(texts)


def schema_text(name: str) -> str:
    """The schema of a kind of file as JSON."""
    return json.dumps(schema_of(name), indent=1, ensure_ascii=False) + "\n"


def _root(writer: _Writer, states: Any, *, part: bool) -> Schema:
    """The schema of a whole file. Sections of a department are divided among groups, so that none is required."""
    if not is_dataclass(states):
        root = writer.of(states, part=part)
        root["properties"] = {"defaults": DEFAULTS} if writer.refers else {}
        return root
    assert isinstance(states, type)
    root = writer.block(states, part=part)
    if states is Pathway:
        root.pop("required", None)
    if writer.refers:
        root["properties"] = {"defaults": DEFAULTS, **root["properties"]}
    return root


class _Writer:
    """Writes types as schemas; `definitions` collects those of blocks.

    `refers`: whether any value may be a reference `${a.b}`; `part`: whether a block is laid over another one, so that
    no key in it is required.
    """

    def __init__(self, *, refers: bool) -> None:
        self.refers = refers
        self.definitions: dict[str, Schema] = {}

    def of(self, hint: Any, bounds: tuple[Any, ...] = (), *, part: bool) -> Schema:
        """The schema of a type."""
        if get_origin(hint) is Annotated:
            return self.of(hint.__origin__, hint.__metadata__, part=part)
        origin, parts = get_origin(hint), get_args(hint)
        if origin is Literal:
            return self._or_reference({"enum": list(parts)})
        if origin in (Union, UnionType):
            return self._union(parts, bounds, part=part)
        if origin is tuple:
            length = {"minItems": len(parts), "maxItems": len(parts)} if parts[-1] is not Ellipsis else {}
            items = {"items": self.of(parts[0], part=False)}
            return {**self._typed("array"), **items, **length, **_lengths(bounds, "Items")}
        if origin is not None:  # a mapping
            values = {"additionalProperties": self.of(parts[1], part=part)}
            return {**self._typed("object"), **values, **_lengths(bounds, "Properties")}
        if is_dataclass(hint):
            assert isinstance(hint, type)
            return {"$ref": f"#/$defs/{self._defined(hint, part=part)}"}
        return self._plain(hint, bounds)

    def block(self, kind: type, *, part: bool) -> Schema:
        """The schema of a block of keys."""
        keys = keys_of(kind)
        required = [name for name, key in keys.items() if key.required and not part]
        return {
            **self._typed("object"),
            "description": summary_of(kind),
            "properties": {name: self._key(key, part=part) for name, key in keys.items()},
            "additionalProperties": False,
            **({"required": required} if required else {}),
        }

    def _defined(self, kind: type, *, part: bool) -> str:
        name = f"{kind.__name__}Part" if part else kind.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # a block may hold blocks of its own kind
            self.definitions[name] = self.block(kind, part=part)
        return name

    def _key(self, key: Key, *, part: bool) -> Schema:
        schema: Schema = {"description": _description(key), **self.of(key.hint, part=part)}
        if isinstance(key.default, str | bool | int | float):
            schema["default"] = key.default
        return {**schema, "examples": [yaml.safe_load(key.example)]}

    def _union(self, parts: tuple[Any, ...], bounds: tuple[Any, ...], *, part: bool) -> Schema:
        members = [member for member in parts if member is not NoneType]
        if object in {get_args(member)[-1] for member in members if get_args(member)}:
            return {}  # any value at all: a change
        kinds = {_kind_of(member): member for member in members}
        if len(members) == 1:
            schema = self.of(members[0], bounds, part=part)
        elif None not in kinds:
            schema = self._tagged(kinds, part=part)
        else:
            schema = {"anyOf": [self.of(member, bounds, part=part) for member in members]}
        return _or_nothing(schema) if NoneType in parts else schema

    def _tagged(self, kinds: Mapping[str | None, Any], *, part: bool) -> Schema:
        """The schema of blocks that are told apart by their `kind`, which says what their keys are."""
        blocks = {kind: self.of(block, part=part) for kind, block in kinds.items()}
        cases: list[Schema] = [
            {"if": {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": block}
            for kind, block in blocks.items()
        ]
        if part:
            any_kind = {"anyOf": list(blocks.values())}
            cases.append({"if": {"type": "object", "not": {"required": ["kind"]}}, "then": any_kind})
        summaries = [summary_of(block).partition("\n\n")[0] for block in kinds.values()]
        kind_key = {
            "description": "Which kind of block this is; it says which keys the block has.",
            "enum": list(blocks),
        }
        return {
            **self._typed("object"),
            "title": "A block of one of several kinds",
            "properties": {"kind": {**kind_key, "enumDescriptions": summaries}},
            "allOf": cases,
            **({} if part else {"required": ["kind"]}),
        }

    def _plain(self, kind: Any, bounds: tuple[Any, ...]) -> Schema:
        if kind is str:
            return {"type": "string", **_lengths(bounds, "Length")}
        limits = [(*KEYWORDS[type(bound)], bound) for bound in bounds if type(bound) in KEYWORDS]
        return {**self._typed(TYPES[kind]), **{word: getattr(bound, name) for word, name, bound in limits}}

    def _typed(self, name: str) -> Schema:
        """The schema of a type of JSON, or of a reference in its place."""
        return {"type": [name, "string"], "pattern": f"^{REFERENCE.pattern}$"} if self.refers else {"type": name}

    def _or_reference(self, schema: Schema) -> Schema:
        reference = {"type": "string", "pattern": f"^{REFERENCE.pattern}$"}
        return {"anyOf": [schema, reference]} if self.refers else schema


def _kind_of(block: Any) -> str | None:
    """The `kind` that tells a block from the others of a union; None if it has none."""
    key = keys_of(block).get("kind") if is_dataclass(block) and isinstance(block, type) else None
    return str(get_args(key.hint)[0]) if key is not None else None


def _or_nothing(schema: Schema) -> Schema:
    """A schema that allows null, too."""
    if "$ref" in schema or "anyOf" in schema or "enum" in schema:
        return {"anyOf": [*(schema.get("anyOf") or [schema]), {"type": "null"}]}
    types = schema["type"]
    return {**schema, "type": [*(types if isinstance(types, list) else [types]), "null"]}


def _lengths(bounds: tuple[Any, ...], suffix: str) -> Schema:
    """The keywords for the bounds of a length; `suffix`: Items, Properties or Length."""
    least = {f"min{suffix}": bound.min_length for bound in bounds if isinstance(bound, MinLen)}
    most = {f"max{suffix}": bound.max_length for bound in bounds if isinstance(bound, MaxLen)}
    return {**least, **most}


def _description(key: Key) -> str:
    unit = f"Unit: {key.unit}. " if key.unit else ""
    return f"{key.meaning}\n\n{unit}Allowed: {range_of(key.hint)}."
