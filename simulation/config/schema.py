"""JSON Schema of each kind of configuration file, so that editors complete keys and check values.

Pydantic writes it from the dataclasses. Added are what it cannot know: what each key means, its unit, an example and
whether its block states evidence; that a block's `kind` decides its keys; that a value may be a reference; and that a
file which starts from others may leave keys out. What a schema cannot express is left to `aeflow show`: whether names
lead somewhere, shares add up, a route ends.
"""

import json
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from simulation.config.files import REFERENCE
from simulation.config.groups import FILE_KINDS
from simulation.config.validating import Key, core_schema_of, keys_of, summary_of
from simulation.department.vocabulary import Pathway
from simulation.errors import nearest, refuse
from simulation.runs.atomic import write_file

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEFAULTS: Schema = {
    "description": "Files that this one starts from, in order; `_self_` is this file. What it states lies over theirs.",
    "type": "array",
    "items": {"type": ["string", "object"]},
    "examples": [["typical", "_self_"]],
}
REFERENCED: Schema = {"type": "string", "pattern": f"^{REFERENCE.pattern}$"}
OF_A_LIST = ("items", "prefixItems")
VALUES = ("if", "examples", "default", "enum", "required", "properties", "type")
"""Keywords of a schema that hold no schema which changes; those of `properties` are changed one by one."""


class _Writer(GenerateJsonSchema):
    """Pydantic's own writer, with what our dataclasses say of themselves."""

    def dataclass_schema(self, schema: Any) -> JsonSchemaValue:
        """A block of keys."""
        block = schema["cls"]
        made = {**super().dataclass_schema(schema), "description": summary_of(block)}
        keys = keys_of(block)
        properties = {
            name: {**_said_of(keys[name]), **part} for name, part in made["properties"].items()
        }
        evidence = (
            {"evidence": "required" if keys["evidence"].required else "optional"}
            if "evidence" in keys
            else {}
        )
        return {**made, "properties": properties, **evidence}

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        """A value or null."""
        made = self.generate_inner(schema["schema"])
        if "type" in made and "enum" not in made:
            return {**made, "type": [made["type"], "null"]}
        return {"anyOf": [*made.get("anyOf", [made]), {"type": "null"}]}

    def tagged_union_schema(self, schema: Any) -> JsonSchemaValue:
        """Blocks told apart by their `kind`, which says what their keys are; or a block, a list and a value."""
        members = {name: self.generate_inner(part) for name, part in schema["choices"].items()}
        if schema["discriminator"] != "kind":
            return {} if {} in members.values() else {"anyOf": list(members.values())}
        cases = [
            {
                "if": {
                    "type": "object",
                    "properties": {"kind": {"const": kind}},
                    "required": ["kind"],
                },
                "then": block,
            }
            for kind, block in members.items()
        ]
        # a block that is used twice stands among the definitions
        blocks = [
            self.get_schema_from_definitions(made["$ref"]) if "$ref" in made else made
            for made in members.values()
        ]
        summaries = [block["description"].partition("\n\n")[0] for block in blocks if block]
        about = "Which kind of block this is; it says which keys the block has."
        kind = {"description": about, "enum": list(members), "enumDescriptions": summaries}
        return {
            "type": "object",
            "properties": {"kind": kind},
            "allOf": cases,
            "required": ["kind"],
        }


_read = cache(yaml.safe_load)


def _said_of(key: Key) -> Schema:
    """What a key's dataclass says of it: its meaning, its unit, and an example."""
    unit = {"unit": key.unit} if key.unit else {}
    return {"description": key.meaning, **unit, "examples": [_read(key.example)]}


def schema_of(name: str) -> Schema:
    """The JSON Schema (draft 2020-12) of a kind of file. Raises ConfigError for a name that is none."""
    if name not in FILE_KINDS:
        refuse(name, "is no kind of configuration file", nearest(name, FILE_KINDS))
    kind = FILE_KINDS[name]
    head: Schema = {"$schema": DIALECT, "title": f"aeflow: {name}", "description": kind.about}
    whole, defs = _root(kind.states, composed=kind.composed)
    if not kind.composed:
        return {**head, **whole, "$defs": defs}
    if name != "config":
        parts = {
            "part": _part(whole),
            **{f"{inner}Part": _part(made) for inner, made in defs.items()},
        }
        either = {"then": {"$ref": "#/$defs/part"}, "else": {"$ref": "#/$defs/whole"}}
        return {
            **head,
            "if": {"required": ["defaults"]},
            **either,
            "$defs": {"whole": whole, **defs, **parts},
        }
    for group, of_group in FILE_KINDS.items():
        if of_group.of_study:
            made, inner = _root(of_group.states, composed=True)
            whole["properties"][group] = {**made, "description": of_group.about}
            defs |= inner
    whole["properties"]["hydra"] = {"description": "Options of Hydra.", "type": "object"}
    return {
        **head,
        **_part(whole),
        "$defs": {**defs, **{f"{inner}Part": _part(made) for inner, made in defs.items()}},
    }


def _root(states: Any, *, composed: bool) -> tuple[Schema, Schema]:
    """The schema of a whole file, and those of the blocks in it. Sections of a department are divided among groups, so
    that none of them is required."""
    written = _Writer(by_alias=True).generate(cast(Any, core_schema_of(states)))
    defs = written.pop("$defs", {})
    root = defs.get(written["$ref"].rpartition("/")[2]) if "$ref" in written else written
    root = {**root, "required": []} if states is Pathway else root
    root, defs = (
        _tidied(root, composed),
        {name: _tidied(made, composed) for name, made in defs.items()},
    )
    if composed:
        root["properties"] = {"defaults": DEFAULTS, **root.get("properties", {})}
    return root, defs


def _mapped(part: Any, change: Callable[[Any], Any], kept: Iterable[str] = ()) -> Any:
    """A schema with `change` made to every schema in it, but not to values, conditions and the keys in `kept`."""
    if isinstance(part, list):
        return [change(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    made = {key: value if key in (*VALUES, *kept) else change(value) for key, value in part.items()}
    properties = {name: change(inner) for name, inner in part.get("properties", {}).items()}
    return {**made, "properties": properties} if "properties" in part else made


def _tidied(part: Any, refers: bool) -> Any:
    """A schema without pydantic's titles; with `refers`, a reference may stand for any value but text."""
    made = _mapped(part, partial(_tidied, refers=refers))
    if not isinstance(made, dict):
        return made
    if isinstance(made.get("title"), str):
        del made["title"]
    if not refers or "enumDescriptions" in made:
        return made
    if "enum" in made:
        about = {
            key: made.pop(key) for key in ("description", "examples", "default") if key in made
        }
        return {**about, "anyOf": [made, REFERENCED]}
    types = made.get("type", [])
    types = [types] if isinstance(types, str) else types
    is_value = bool(types) and types != ["null"] and "string" not in types
    return {**made, **REFERENCED, "type": [*types, "string"]} if is_value else made


def _part(schema: Any) -> Any:
    """The schema of what is laid over a block that another file states: no key is required. Lists are stated whole."""
    made = _mapped(schema, _part, OF_A_LIST)
    if not isinstance(made, dict):
        return made
    made.pop("required", None)
    if "$ref" in made:
        made["$ref"] += "Part"
    if "allOf" in made and "kind" in made.get("properties", {}):
        any_kind = {"anyOf": [case["then"] for case in made["allOf"]]}
        made["allOf"].append(
            {"if": {"type": "object", "not": {"required": ["kind"]}}, "then": any_kind}
        )
    return made


def schema_text(name: str) -> str:
    """The schema of a kind of file as JSON."""
    return json.dumps(schema_of(name), indent=1, ensure_ascii=False) + "\n"


def write_schemas(folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """Write the schema of each kind of file into a folder, as `site.json`, and return the files written."""
    texts = {folder / f"{name}.json": schema_text(name) for name in names}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            write_file(path, text)
    except OSError as error:
        refuse(str(folder), f"cannot be written: {error.strerror}", "Name another folder")
    return tuple(texts)
