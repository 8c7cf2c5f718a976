"""The files of the bench: configs/vetting (tool, cases and criteria), configs/cases, configs/vignettes and
configs/prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from simulation.config.bounds import override_fault, shortened
from simulation.config.dotted import lay_over
from simulation.config.files import UniqueKeys, mapping_in
from simulation.config.folders import file_named, names_in, search_folders
from simulation.config.validating import validated
from simulation.errors import ConfigError, Fault, Faults, nearest
from simulation.vetting.assessors.llm import LlmAssessor
from simulation.vetting.assessors.prompt import Prompt, prompt_faults
from simulation.vetting.cases import CaseSet
from simulation.vetting.mapping import CaseMapping, mapping_faults, read_cases
from simulation.vetting.plan import CsvCases, Vetting, plan_faults
from simulation.vetting.vignettes import Vignettes, synthetic_cases, vignette_faults

T = TypeVar("T")


def vetting_named(name: str, overrides: Sequence[str] = (), *, config_dir: str | None = None) -> Vetting:
    """The plan that `configs/vetting/<name>.yaml` states, with single values laid over it.

    Raises ConfigError with every fault.
    """
    raw, where = _file_named("vetting", name, search_folders(config_dir))
    faults = Faults()
    for text in overrides:
        path, _, value_text = text.partition("=")
        fault = override_fault(text)
        if fault is None and path:
            value = _value(value_text, text, faults)
            if isinstance(value, dict):  # a block takes the place of the one in the file
                lay_over(raw, path.split("."), None, shortened(text), faults, add=True)
            lay_over(raw, path.split("."), value, shortened(text), faults, add=True)
        else:
            faults.append(fault or Fault(text, "names no key", "Overrides look like key=value"))
    if faults:
        raise ConfigError(faults)
    plan = _valid(Vetting, raw, where)
    faults = plan_faults(plan, where)
    if plan.name != name:
        faults.append(Fault(f"{where}.name", f"is '{plan.name}'", f"Give the name of the file: {name}"))
    if faults:
        raise ConfigError(faults)
    return plan


def cases_of(plan: Vetting, *, config_dir: str | None = None) -> CaseSet:
    """The cases of a plan, made or read. Raises ConfigError with every fault."""
    folders = search_folders(config_dir)
    if isinstance(plan.cases, CsvCases):
        raw, where = _file_named("cases", plan.cases.mapping, folders)
        mapping = _valid(CaseMapping, raw, where)
        _refuse(mapping_faults(mapping, where))
        if not plan.cases.file:
            remedy = "Say where it is: cases.file=PATH (docs/how-to/vet-a-triage-ai.md says where to get it)"
            raise ConfigError([Fault("cases.file", "names no CSV file", remedy)])
        return read_cases(Path(plan.cases.file), mapping)
    raw, where = _file_named("vignettes", plan.cases.vignettes, folders)
    vignettes = _valid(Vignettes, raw, where)
    _refuse(vignette_faults(vignettes, where))
    if not sum(plan.cases.mix) > 0:
        raise ConfigError([Fault("cases.mix", "adds up to 0", "Give a weight above 0 to one level or more")])
    return synthetic_cases(vignettes, plan.cases.mix, plan.cases.number, plan.cases.other_languages, plan.seed)


def prompt_of(plan: Vetting, *, config_dir: str | None = None) -> Prompt | None:
    """The prompt of a plan that asks a language model; None for another plan. Raises ConfigError."""
    if not isinstance(plan.assessor, LlmAssessor):
        return None
    raw, where = _file_named("prompt", plan.assessor.prompt, search_folders(config_dir))
    prompt = _valid(Prompt, raw, where)
    _refuse(prompt_faults(prompt, where))
    return prompt


def _file_named(group: str, name: str, folders: Sequence[Path]) -> tuple[dict[str, Any], str]:
    """The keys of the file of that name in a group, and its name in messages. Raises ConfigError."""
    path = file_named(group, name, folders)
    if path is None:
        raise ConfigError([Fault(group, f"there is no '{name}'", nearest(name, names_in(group, folders)))])
    faults = Faults()
    raw = mapping_in(path, f"{group}/{name}.yaml", faults)
    _refuse(faults)
    assert raw is not None
    return raw, f"{group}/{name}"


def _valid(kind: type[T], raw: dict[str, Any], where: str) -> T:
    """`raw` as a `kind`. Raises ConfigError with every fault."""
    faults = Faults()
    value: T | None = validated(kind, raw, where, faults)
    _refuse(faults)
    assert value is not None
    return value


def _refuse(faults: Faults) -> None:
    """Raise ConfigError if there is a fault."""
    if faults:
        raise ConfigError(faults)


def _value(text: str, override: str, faults: Faults) -> Any:
    """The value of an override, read as YAML; None, with a fault, if it is none."""
    try:
        return yaml.load(text, Loader=UniqueKeys)
    except yaml.YAMLError:
        faults.append(Fault(shortened(override), "cannot be read as YAML", "Put text with special signs in quotes"))
        return None
