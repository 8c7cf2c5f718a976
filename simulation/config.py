"""YAML to a `Study`: compose with Hydra, apply what scenario and arm change, validate, name every fault at once.

The only file that knows every room. Below it nothing sees a configuration object: it hands out plain frozen
dataclasses. A key that nobody knows is a fault here, wherever it stands: on the command line, in a file of ours
or in a file of the user's.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import yaml
from hydra import compose, initialize_config_dir
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import TypeAdapter, ValidationError

from simulation.engine.choose import choose
from simulation.errors import ConfigError, Fault, nearest
from simulation.experiment.study import Arm, Design, ReadyArm, RunLength, Study
from simulation.inquiry.ablation import expanded, lever_faults
from simulation.pathway.check import check
from simulation.pathway.department import Attribute, Branch, Outage, Pathway, Trigger
from simulation.pathway.described import Mark, described
from simulation.pathway.durations import AnyDuration
from simulation.triage.policy import Policy
from simulation.triage.policy import check as check_policy

Raw = dict[str, Any]
SECTIONS = tuple(field.name for field in fields(Pathway))
GROUPS = ("site", "staffing", "pathway")
"""The groups that together state a `Pathway`."""
CHANGEABLE = (*GROUPS, "knobs")
"""What a scenario or an arm can change; anything else would do nothing."""


@described
class Knob:
    """A fitted value: what it is now, what a department could have, and where it comes from."""

    value: float | int
    range: tuple[float, float]
    mark: Mark
    source: str


@described
class Scenario:
    """Circumstances that every arm meets: dotted paths and their new values."""

    question: str
    changes: Mapping[str, bool | int | float | str]


@described
class Top:
    """What stands beside the groups."""

    engine: Literal["auto", "reference", "compiled"]
    executor: Literal["serial", "local"]
    workers: int
    results: str
    dry_run: bool


def packaged_configs() -> Path:
    """The folder of configurations that comes with aeflow: inside an installed package, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    for folder in (here / "configs", here.parent / "configs"):
        if (folder / "config.yaml").is_file():
            return folder
    raise ConfigError([Fault("configs", "the folder is missing beside the simulation package", "Reinstall aeflow")])


_user_folders: list[Path] = []


class _UserConfigs(SearchPathPlugin):
    """Puts the user's folders before the packaged one."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Called by Hydra when it starts."""
        for folder in reversed(_user_folders):
            search_path.prepend("aeflow-user", f"file://{folder}")


Plugins.instance().register(_UserConfigs)


def search_folders(config_dir: str | Path | None = None) -> tuple[Path, ...]:
    """Where configurations are looked for, first found first."""
    packaged = packaged_configs()
    found = [Path(config_dir).resolve()] if config_dir is not None else []
    if found and not found[0].is_dir():
        raise ConfigError([Fault("--config-dir", f"there is no folder '{config_dir}'", "Name a folder that exists")])
    here = Path("configs").resolve()
    if here.is_dir() and here != packaged:
        found.append(here)
    return (*found, packaged)


def composed(overrides: Sequence[str] = (), *, config_dir: str | Path | None = None) -> Raw:
    """The configuration as Hydra composes it, resolved to plain values. Raises ConfigError."""
    return _resolved(_stated(overrides, search_folders(config_dir)))


def _stated(overrides: Sequence[str], folders: Sequence[Path]) -> Raw:
    """The configuration before its `${...}` are looked up.

    Hydra chooses the files; single values are laid over them here, so that one may name a key that a file leaves
    out (`staffing.doctors.extra=1`) and a key that nobody knows is a fault with its nearest neighbour.
    """
    choices, values = _parted(overrides, folders)
    raw = copy.deepcopy(_files_composed(tuple(choices), tuple(folders), _fingerprint(folders)))
    faults: list[Fault] = []
    for override in values:
        text = override.input_line or override.key_or_group
        _lay_over(raw, override.key_or_group.split("."), override.value(), text, faults)
    if faults:
        raise ConfigError(faults)
    return raw


def _fingerprint(folders: Sequence[Path]) -> tuple[tuple[str, int, int], ...]:
    """Which files there are and when they changed."""
    files = [(path, path.stat()) for folder in folders for path in sorted(folder.rglob("*.yaml"))]
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in files)


@lru_cache(maxsize=32)
def _files_composed(
    choices: tuple[str, ...], folders: tuple[Path, ...], fingerprint: tuple[tuple[str, int, int], ...]
) -> Raw:
    """What Hydra makes of the files; remembered until one of them changes, because it takes half a second."""
    _user_folders[:] = folders[:-1]
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(config_dir=str(folders[-1]), version_base="1.3", job_name="aeflow"):
            raw = OmegaConf.to_container(compose("config", overrides=list(choices)), resolve=False)
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        raise _explained(error, folders) from None
    assert isinstance(raw, dict)
    return {str(key): value for key, value in raw.items()}


def _lay_over(place: Any, path: Sequence[str], value: Any, where: str, faults: list[Fault], within: str = "") -> None:
    """Set what a dotted path names: all of it but the last part must be there. A block is laid over a block."""
    part, rest = path[0], path[1:]
    here = f"{within}.{part}" if within else part
    key: Any = part
    if isinstance(place, list) and part.isdigit() and int(part) < len(place):
        key = int(part)
    elif not isinstance(place, dict):
        faults.append(Fault(where, f"'{within}' has no parts that a key could name", "Name a path that exists"))
        return
    elif part not in place and rest:
        found = f"{within} has no '{part}'" if within else f"there is no '{part}'"
        faults.append(Fault(where, found, nearest(part, place)))
        return
    if rest:
        _lay_over(place[key], rest, value, where, faults, here)
    elif isinstance(value, dict) and isinstance(place, dict) and isinstance(place.get(key), dict):
        for name, each in value.items():
            _lay_over(place[key], [str(name)], each, where, faults, here)
    else:
        place[key] = value


def combinations(overrides: Sequence[str]) -> list[list[str]]:
    """What a sweep runs: one list of overrides for each combination of the values that they name. Raises ConfigError.

    >>> combinations(["scenario=usual,busier", "run.seed=7"])
    [['scenario=usual', 'run.seed=7'], ['scenario=busier', 'run.seed=7']]
    """
    choices: list[list[str]] = []
    for text, override in zip(overrides, _parsed(overrides), strict=True):
        if override.is_sweep_override():
            key = text.split("=", 1)[0]
            choices.append([f"{key}={value}" for value in override.sweep_string_iterator()])
        else:
            choices.append([text])
    return [list(chosen) for chosen in product(*choices)]


def _parsed(overrides: Sequence[str]) -> list[Override]:
    parser = OverridesParser.create()
    parsed, faults = [], []
    for text in overrides:
        try:
            override = parser.parse_override(text)
        except HydraException:
            faults.append(Fault(text, "is not of the form key=value", "See aeflow --help"))
            continue
        if not override.key_or_group:
            faults.append(Fault(text, "names no key", "Overrides look like key=value"))
        parsed.append(override)
    if faults:
        raise ConfigError(faults)
    return parsed


def _parted(overrides: Sequence[str], folders: Sequence[Path]) -> tuple[list[str], list[Override]]:
    """Overrides that Hydra is to carry out (choices of a file, `+key`, `~key`), and single values."""
    choices: list[str] = []
    values: list[Override] = []
    faults: list[Fault] = []
    for text, override in zip(overrides, _parsed(overrides), strict=True):
        key = override.key_or_group
        if override.is_sweep_override():
            faults.append(Fault(text, "names several values", "Name one, or sweep over them with -m"))
        elif (folders[-1] / key).is_dir():
            faults += _unknown_choice(override, text, folders)
            choices.append(text)
        elif override.type is OverrideType.CHANGE and key.split(".")[0] != "hydra":
            values.append(override)
        else:
            choices.append(text)
    if faults:
        raise ConfigError(faults)
    return choices, values


def _unknown_choice(override: Override, text: str, folders: Sequence[Path]) -> list[Fault]:
    if override.is_delete():
        return [Fault(text, "a study needs every group", "Leave it out")]
    group, chosen = override.key_or_group, override.value()
    known = {
        path.relative_to(folder / group).with_suffix("").as_posix()
        for folder in folders
        for path in (folder / group).rglob("*.yaml")
    }
    if isinstance(chosen, str) and chosen in known:
        return []
    shown = f"'{chosen}'" if isinstance(chosen, str) else repr(chosen)
    return [Fault(text, f"there is no {group} {shown}", nearest(str(chosen), known))]


_REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.]*)\}")


def _resolved(stated: Raw) -> Raw:
    """A copy in which every `${a.b}` is replaced by what it names. Raises ConfigError."""
    try:
        return {key: _looked_up(stated, value) for key, value in stated.items()}
    except LookupError:  # not there, or more than a plain reference: OmegaConf knows, or says what is wrong
        try:
            resolved = OmegaConf.to_container(OmegaConf.create(stated), resolve=True)
        except OmegaConfBaseException as error:
            raise _explained(error, ()) from None
    assert isinstance(resolved, dict)
    return {str(key): value for key, value in resolved.items()}


def _looked_up(stated: Raw, value: Any, depth: int = 0) -> Any:
    if isinstance(value, dict):
        return {key: _looked_up(stated, each, depth) for key, each in value.items()}
    if isinstance(value, list):
        return [_looked_up(stated, each, depth) for each in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    match = _REFERENCE.fullmatch(value)
    if match is None or depth > len(SECTIONS):
        raise LookupError(value)
    place: Any = stated
    for part in match[1].split("."):
        if not isinstance(place, dict):
            raise LookupError(value)
        place = place[part]
    return _looked_up(stated, place, depth + 1)


def load(*overrides: str, config_dir: str | Path | None = None) -> Study:
    """Compose, validate and check a study; for notebooks, tests and the commands alike.

    `load("study=ai_triage", "scenario=busier", "run.replications=20")`. Raises ConfigError with every fault found.
    """
    folders = search_folders(config_dir)
    stated = _stated(overrides, folders)
    raw = _resolved(stated)
    faults: list[Fault] = []
    top = _validated(Top, {key: raw[key] for key in raw if key not in _GROUP_TYPES and key not in GROUPS}, "", faults)
    design = _validated(Design, raw.get("study"), "study", faults)
    run = _validated(RunLength, raw.get("run"), "run", faults)
    scenario = _validated(Scenario, raw.get("scenario"), "scenario", faults)
    for name, knob in (raw.get("knobs") or {}).items():
        _validated(Knob, knob, f"knobs.{name}", faults)
    if faults:
        raise ConfigError(faults)
    assert top and design and run and scenario
    _known_arms(design, faults)
    faults += lever_faults(design)
    if faults:
        raise ConfigError(faults)
    design = expanded(design)
    changed, pathway = _pathway(stated, _changes(scenario.changes, "scenario"), faults)
    arms = []
    for name, arm in design.arms.items():
        if arm.levers and faults:
            continue  # the same fault again, in every combination of levers
        where = f"study.arms.{name}"
        changes = _changes_of(arm, design, where)
        own = pathway
        of_department = [each for each in changes if not each.of_policy]
        if of_department and pathway is not None:
            _, own = _pathway(changed, of_department, faults)
        policy = _policy_of(name, design, [each for each in changes if each.of_policy], folders, faults)
        if own is not None and policy is not None:
            faults += check_policy(policy, own)
            arms.append(ReadyArm(name, arm, own, policy))
    own_policy: Policy | None = _validated(Policy, raw.get("triage"), "triage", faults)
    if own_policy is not None and pathway is not None:
        faults += check_policy(own_policy, pathway)
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)))
    assert own_policy
    engine, why = choose(top.engine, _n_patients(arms, run))
    return Study(
        design=design,
        run=run,
        arms=tuple(arms),
        alone=_alone(next(arm for arm in arms if arm.name == design.baseline), own_policy),
        scenario=_chosen(overrides, "scenario", "usual"),
        engine=engine,
        engine_why=why,
        executor=top.executor,
        workers=top.workers or os.cpu_count() or 1,
        resolved=raw,
    )


def _alone(baseline: ReadyArm, policy: Policy) -> ReadyArm:
    """What `run` runs: the baseline's department under the policy of the group `triage`."""
    if policy == baseline.policy:
        return baseline
    arm = replace(baseline.arm, label=f"Triage policy {policy.name}", triage=policy.name, cost=None)
    return ReadyArm(policy.name, arm, baseline.pathway, policy)


def _n_patients(arms: Sequence[ReadyArm], run: RunLength) -> float:
    """About how many patients a study simulates, all arms and replications together."""
    per_day = sum(stream.per_day * stream.scale for arm in arms for stream in arm.pathway.streams.values())
    return per_day * run.days * run.replications


def pathway_from(raw: Raw, *, changes: Mapping[str, Any] | None = None) -> Pathway:
    """The checked pathway of a composed configuration. Raises ConfigError."""
    faults: list[Fault] = []
    _, pathway = _pathway(
        raw, [_Change(path, value, f"changes.{path}") for path, value in (changes or {}).items()], faults
    )
    if faults or pathway is None:
        raise ConfigError(faults)
    return pathway


def policy_named(name: str, folders: Iterable[Path], where: str, faults: list[Fault]) -> Policy | None:
    """The triage policy of that name from the first folder that has it."""
    stated = _policy_stated(name, folders, where, faults)
    if stated is None:
        return None
    policy: Policy | None = _validated(Policy, stated, f"triage/{name}.yaml", faults)
    return policy


def _policy_stated(name: str, folders: Iterable[Path], where: str, faults: list[Fault]) -> Any:
    """What the file of a triage policy states; None if there is no such file, or it is not YAML."""
    known: set[str] = set()
    for folder in folders:
        known |= {path.stem for path in (folder / "triage").glob("*.yaml")}
        path = folder / "triage" / f"{name}.yaml"
        if path.is_file():
            try:
                return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
            except yaml.MarkedYAMLError as error:
                faults.append(_yaml_fault(error, f"triage/{path.name}"))
                return None
    faults.append(Fault(where, f"there is no triage policy '{name}'", nearest(name, known)))
    return None


_GROUP_TYPES = ("study", "run", "scenario", "knobs", "triage")


def _known_arms(design: Design, faults: list[Fault]) -> None:
    named = [("study.baseline", design.baseline), ("study.sham", design.sham)]
    named += [(f"study.arms.{name}.control", arm.control) for name, arm in design.arms.items()]
    if design.coverages is not None:
        named += [(f"study.coverages.{each}", getattr(design.coverages, each)) for each in ("partial", "full")]
    for where, name in named:
        if name is not None and name not in design.arms:
            faults.append(Fault(where, f"there is no arm '{name}'", nearest(name, design.arms)))


def _chosen(overrides: Sequence[str], group: str, default: str) -> str:
    chosen = [text.split("=", 1)[1] for text in overrides if text.split("=", 1)[0] == group and "=" in text]
    return chosen[-1] if chosen else default


# --- what an arm and its levers change -----------------------------------------------------------------------

PRICES = ("price_per_attendance", "cost_per_year")
"""Parts of a policy that belong to no lever: they come with all of them together."""


@dataclass(frozen=True)
class _Change:
    """A dotted path, its new value, and where that is written."""

    path: str
    value: Any
    where: str

    @property
    def of_policy(self) -> bool:
        """Whether it is about the triage policy, not the department."""
        return self.path.split(".")[0] == "triage"


def _changes(stated: Mapping[str, Any], where: str) -> list[_Change]:
    return [_Change(path, value, f"{where}.changes.{path}") for path, value in stated.items()]


def _changes_of(arm: Arm, design: Design, where: str) -> list[_Change]:
    """What an arm changes: first what its levers do, then its own."""
    by_levers = [each for name in arm.levers for each in _changes(design.levers[name].changes, f"study.levers.{name}")]
    return [*by_levers, *_changes(arm.changes, where)]


def _policy_of(
    name: str, design: Design, changes: Sequence[_Change], folders: Sequence[Path], faults: list[Fault]
) -> Policy | None:
    """An arm's policy: the one it names with another's nurse, what its levers take, and changes, laid over it.

    A policy that was changed bears the arm's name.
    """
    arm = design.arms[name]
    if not arm.levers and not changes and arm.nurse is None:
        return policy_named(arm.triage, folders, f"study.arms.{name}.triage", faults)
    n_before = len(faults)
    raw: Raw = {"triage": _policy_stated(arm.triage, folders, f"study.arms.{name}.triage", faults)}
    full = _policy_stated(design.full, folders, "study.full", faults) if arm.levers and design.full else None
    nurse = _policy_stated(arm.nurse, folders, f"study.arms.{name}.nurse", faults) if arm.nurse else None
    if len(faults) > n_before:
        return None
    if nurse is not None:
        raw["triage"].update({"nurse": nurse["nurse"], "burdens": nurse.get("burdens", [])})
    for lever in arm.levers:
        for path in design.levers[lever].takes:
            _take(raw["triage"], full, path, f"study.levers.{lever}.takes", faults)
    for change in changes:
        _change(raw, change, faults, changeable=("triage",))
    if full is not None and set(arm.levers) == set(design.levers):
        raw["triage"].update({each: full[each] for each in PRICES if each in full})
        faults += _missing_from_full(raw["triage"], full, design)
    if len(faults) > n_before:
        return None
    policy: Policy | None = _validated(Policy, {**raw["triage"], "name": name}, f"study.arms.{name}.triage", faults)
    return policy


def _take(place: Raw, full: Raw | None, path: str, where: str, faults: list[Fault]) -> None:
    """Take one block or value over from the full policy; a block that is new gets the provenance it has there."""
    source: Any = full
    *parents, last = path.split(".")
    for depth, part in enumerate((*parents, last)):
        if not isinstance(source, dict) or part not in source:
            known = source if isinstance(source, dict) else ()
            faults.append(Fault(where, f"'{path}' is not in the full policy", nearest(part, known)))
            return
        source = source[part]
        if depth < len(parents) and isinstance(source, dict):
            place = place.setdefault(part, {key: source[key] for key in ("mark", "source") if key in source})
    place[last] = copy.deepcopy(source)


def _missing_from_full(joint: Raw, full: Raw, design: Design) -> list[Fault]:
    """Parts of the full policy that no lever takes, where all levers together do otherwise."""
    meant = {path.removeprefix("triage.") for lever in design.levers.values() for path in lever.changes}
    return [
        Fault("study.levers", f"together do not make up '{design.full}': {path} is not the same", "Let a lever take it")
        for path in _unlike(joint, full)
        if not any(path == each or path.startswith(f"{each}.") or each.startswith(f"{path}.") for each in meant)
    ]


def _unlike(one: Raw, other: Raw, within: str = "") -> list[str]:
    """Dotted paths at which two policies differ, names, notes and prices apart."""
    found = []
    for key in dict.fromkeys((*one, *other)):
        path = f"{within}{key}"
        if one.get(key) == other.get(key) or path in ("name", *PRICES) or key in ("mark", "source"):
            continue
        if isinstance(one.get(key), dict) and isinstance(other.get(key), dict):
            found += _unlike(one[key], other[key], f"{path}.")
        else:
            found.append(path)
    return found


# --- one pathway out of three groups -------------------------------------------------------------------------


def _pathway(raw: Raw, changes: Iterable[_Change], faults: list[Fault]) -> tuple[Raw, Pathway | None]:
    """The groups with changes applied, and the pathway they state together (None if that has faults)."""
    changed = {group: copy.deepcopy(raw.get(group)) for group in CHANGEABLE}
    n_before = len(faults)
    for each in changes:
        _change(changed, each, faults)
    if len(faults) > n_before:
        return changed, None
    merged, origin, found = _merged(_resolved(changed))
    faults += found
    if found:
        return changed, None
    pathway = _validated(Pathway, merged, "", faults, origin)
    if pathway is None or len(faults) > n_before:
        return changed, None
    found = [Fault(_located(fault.where, origin), fault.found, fault.remedy) for fault in check(pathway)]
    faults += found
    return changed, None if found else pathway


def _change(raw: Raw, change: _Change, faults: list[Fault], *, changeable: Sequence[str] = CHANGEABLE) -> None:
    """Set one dotted path; a last key that is not there yet is left to validation."""
    if change.path.split(".")[0] not in changeable:
        remedy = f"Changes may start with {', '.join(changeable)}"
        faults.append(Fault(change.where, "is not part of a department", remedy))
        return
    place: Any = raw
    *parents, last = change.path.split(".")
    for depth, key in enumerate(parents):
        if isinstance(place, list) and key.isdigit() and int(key) < len(place):
            place = place[int(key)]  # the second of several effects on minutes is `triage.minutes.1`
            continue
        if not isinstance(place, dict) or key not in place:
            known = place if isinstance(place, dict) else ()
            faults.append(Fault(change.where, f"there is no '{'.'.join(parents[: depth + 1])}'", nearest(key, known)))
            return
        place = place[key]
    if not isinstance(place, dict):
        faults.append(Fault(change.where, f"'{'.'.join(parents)}' holds no keys", "Name a path that exists"))
        return
    place[last] = change.value


def _merged(raw: Raw) -> tuple[Raw, dict[tuple[str, ...], str], list[Fault]]:
    """Site, staffing and pathway as one mapping; where each name came from; names stated twice."""
    merged: Raw = {}
    origin: dict[tuple[str, ...], str] = {}
    faults: list[Fault] = []
    for group in GROUPS:
        stated = raw.get(group) or {}
        parts = {"pools": stated} if group == "staffing" else stated
        for section, content in parts.items():
            if not isinstance(content, dict) or section not in SECTIONS or section in ("priority", "patience"):
                merged[section] = content
                origin[(section,)] = group
                continue
            for name, each in content.items():
                if name in merged.get(section, {}):
                    path = f"staffing.{name}" if group == "staffing" else f"{group}.{section}.{name}"
                    first = origin[section, name]
                    faults.append(
                        Fault(path, f"the name is used in {first}, too", "Names are unique in a section: rename one")
                    )
                merged.setdefault(section, {})[name] = each
                origin[(section, name)] = group
    return merged, origin, faults


def _located(where: str, origin: Mapping[tuple[str, ...], str]) -> str:
    """A path within the pathway, led by the group it was written in."""
    parts = tuple(where.split("."))
    group = origin.get(parts[:2]) or origin.get(parts[:1])
    if group is None:
        return where
    return ".".join((group, *parts[1:])) if group == "staffing" and parts[0] == "pools" else f"{group}.{where}"


# --- validation ----------------------------------------------------------------------------------------------


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _validated(
    kind: Any, stated: Any, where: str, faults: list[Fault], origin: Mapping[tuple[str, ...], str] | None = None
) -> Any:
    """`stated` as a `kind`, or None and its faults."""
    try:
        return _adapter(kind).validate_python(stated)
    except ValidationError as error:
        found: list[Fault] = []
        for each in error.errors():
            loc = tuple(str(part) for part in each["loc"])
            if not _meant(loc, stated):
                continue
            path = _visible(loc, stated)
            located = ".".join(part for part in (where, *path) if part)
            found.append(_fault(_located(located, origin or {}), kind, loc, path, each))
        found = _without_echoes(found)
        faults += dict.fromkeys(found or [_unmatched(where, stated, error, origin or {})])
        return None


def _without_echoes(faults: list[Fault]) -> list[Fault]:
    """Without "'changes' is missing" where a misspelt 'changs' beside it is already told what it should be."""
    meant = {
        (fault.where.rpartition(".")[0], fault.remedy.removeprefix("Did you mean '").removesuffix("'?"))
        for fault in faults
        if fault.remedy.startswith("Did you mean '")
    }
    return [
        fault for fault in faults if not (" is missing" in fault.found and fault.where.rpartition(".")[::2] in meant)
    ]


@cache
def _kinds() -> dict[str, str]:
    """By name of a class, the `kind` that says it is meant."""
    unions = (AnyDuration, Attribute, Branch, Trigger, Outage)
    return {
        each.__name__: str(get_args(get_type_hints(each)["kind"])[0]) for union in unions for each in get_args(union)
    }


def _meant(loc: Sequence[str], stated: Any) -> bool:
    """Whether a fault is about what the user meant: pydantic reports every member of a union that it tried."""
    place = stated
    for part in loc:
        if isinstance(place, Mapping):
            if part in place:
                place = place[part]
            elif part in _kinds():
                if place.get("kind") != _kinds()[part]:
                    return False
            elif part in _SCALARS or part.startswith(("tuple", "constrained")):
                return False
        elif isinstance(place, list | tuple) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
        elif isinstance(place, list | tuple):
            if part.isidentifier():  # one block was tried where the user wrote a list of them
                return False
        elif part in _TRIED or part.startswith(("dict", "constrained")):
            return False
    return True


_SCALARS = ("float", "int", "str", "bool")
_TRIED = ("Amount", "dict[str,tuple[float, ...]]")


def _unmatched(where: str, stated: Any, error: ValidationError, origin: Mapping[tuple[str, ...], str]) -> Fault:
    """The fault of a block whose `kind` is missing or unknown."""
    loc = tuple(str(part) for part in error.errors()[0]["loc"])
    path = _visible(loc, stated)
    place = stated
    for depth, part in enumerate(path):
        place = place[int(part)] if isinstance(place, list | tuple) else place[part]
        if isinstance(place, Mapping) and depth == 1:
            path = path[:2]
            break
    located = _located(".".join(part for part in (where, *path) if part), origin)
    kind = place.get("kind") if isinstance(place, Mapping) else None
    if isinstance(kind, str):
        return Fault(f"{located}.kind", f"unknown kind '{kind}'", nearest(kind, _kinds().values()))
    return Fault(located, "has no kind", f"Known kinds: {', '.join(sorted(_kinds().values()))}")


def _visible(loc: tuple[str, ...], stated: Any) -> tuple[str, ...]:
    """The part of a location that the user wrote: pydantic also names the kinds it tried."""
    path: list[str] = []
    place = stated
    for part in loc:
        if isinstance(place, Mapping):
            if part in place:
                place = place[part]
                path.append(part)
            elif part == loc[-1]:
                path.append(part)
        elif isinstance(place, list | tuple) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
            path.append(part)
    return tuple(path)


def _fault(located: str, kind: Any, loc: tuple[str, ...], path: tuple[str, ...], error: Mapping[str, Any]) -> Fault:
    what = error["type"]
    if what in ("extra_forbidden", "unexpected_keyword_argument"):
        known = _known_keys(kind, loc[:-1]) | (set(_GROUP_TYPES + GROUPS) if kind is Top else set())
        return Fault(located, f"unknown key '{loc[-1]}'", nearest(loc[-1], known))
    if what in ("missing", "missing_argument"):
        return Fault(located, f"'{path[-1]}' is missing", "Add it")
    given = error.get("input")
    shown = f"'{given}'" if isinstance(given, str) else repr(given)
    message = str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return Fault(located, f"found {shown}", f"Allowed: {message}")


def _known_keys(kind: Any, loc: Sequence[str]) -> set[str]:
    """The keys that a dataclass reached from `kind` along `loc` has; those of all candidates if unsure."""
    candidates = [kind]
    for part in loc:
        following: list[Any] = []
        for candidate in candidates:
            if is_dataclass(candidate):
                hints = get_type_hints(candidate, include_extras=False)
                following += _classes(hints[part]) if part in hints else [candidate]
            else:
                following.append(candidate)
        candidates = following
    return {field.name for candidate in candidates if is_dataclass(candidate) for field in fields(candidate)}


def _classes(hint: Any) -> list[Any]:
    """The dataclasses within a type: of a mapping its values, of a union its members."""
    if is_dataclass(hint):
        return [hint]
    return [found for part in get_args(hint) for found in _classes(part)]


# --- what Hydra says, in our words ---------------------------------------------------------------------------


def _explained(error: Exception, folders: Sequence[Path]) -> ConfigError:
    """One message for what Hydra, OmegaConf or YAML refused."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return ConfigError([_yaml_fault(error, _within(Path(error.problem_mark.name), folders))])
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ConfigError([Fault("configuration", lines[0] if lines else repr(error), "See `aeflow show`")])


def _within(path: Path, folders: Sequence[Path]) -> str:
    for folder in folders:
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name


def _yaml_fault(error: yaml.MarkedYAMLError, file: str) -> Fault:
    line = f", line {error.problem_mark.line + 1}" if error.problem_mark is not None else ""
    twice = str(error.problem).startswith("found duplicate key")
    found = str(error.problem).replace("found duplicate key", "states a key twice:") if twice else str(error.problem)
    return Fault(f"{file}{line}", found, "Keep one of the two" if twice else "Put the YAML right")


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key stated twice in one block is an error, as it is in every file that Hydra reads."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Called by PyYAML for each block."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and key.value != "<<":
                problem = f"found duplicate key {key.value}"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)
