"""Files and overrides to one nested mapping. Only this file asks Hydra; whether the mapping is sound is not its job."""

import math
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import islice, product
from pathlib import Path

from hydra import version
from hydra._internal.config_repository import CachingConfigRepository, ConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.defaults_list import create_defaults_list
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType, ValueType
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigResult
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from simulation.config.bounds import (
    REFERENCE,
    configuration_faults,
    override_fault,
    shortened,
    without_comma,
)
from simulation.config.dotted import Raw, lay_over, leave_out, path_to, resolve, value_at
from simulation.config.files import copied, defaults_fault, explained, mapping_in
from simulation.config.folders import (
    NO_FILE,
    Choices,
    Folders,
    cached_for_files,
    fingerprint_of,
    is_name_of_file,
    names_in,
    search_folders,
    shown_path,
)
from simulation.config.own_site import BESIDE, rest_left_out, study_of_another
from simulation.errors import ConfigError, Fault, Faults, nearest, refuse
from simulation.records.serialise import digest

MOST_COMBINATIONS = 500
"""The most runs of one sweep, unless `allow_large` is set: each writes a folder of results."""
PLACES = ("results", "cluster.scheduler_file")
"""Keys whose value is the name of a folder or a file."""
UNEXPECTED = (TypeError, ValueError, KeyError, AttributeError, AssertionError)
"""What Hydra raises, without a word, where a file is not of the form that it expects."""
_hydra_lock = threading.RLock()
"""Held while Hydra composes, because it keeps one version for the whole process."""


@dataclass(frozen=True)
class Composed:
    """A composed configuration: `raw` before its `${...}` are looked up, and the file chosen of each group.

    `files`: the configuration before single values are laid over it; `values`: these values, as they were written.
    """

    raw: Raw
    choices: Choices
    files: Raw = field(default_factory=dict)
    values: tuple[str, ...] = ()


@dataclass
class _Loaded(ConfigResult):
    """A file of ours: `config` holds its `defaults`, which is all that Hydra is given, and `content` the rest of it."""

    content: Raw = field(default_factory=dict)


class _Files(FileConfigSource):
    """Files of a folder as our own loader reads them; Hydra would follow whatever they say."""

    def __init__(self, folder: Path) -> None:
        super().__init__("aeflow", f"{self.scheme()}://{folder}")
        self._folder = folder

    @staticmethod
    def scheme() -> str:
        """The beginning of the path of such a folder, for Hydra."""
        return "aeflow"

    def is_group(self, config_path: str) -> bool:
        """Whether it is a folder within this one."""
        return (self._folder / config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """Whether it is a file of this folder: no name leads out of it."""
        name = self._normalize_file_name(config_path)
        return is_name_of_file(name) and (self._folder / name).is_file()

    def load_config(self, config_path: str) -> ConfigResult:
        """A file as Hydra wants it. Raises ConfigError if it is refused."""
        path = self._folder / self._normalize_file_name(config_path)
        shown, faults = shown_path(path, [self._folder]), Faults()
        content = mapping_in(path, shown, faults, may_be_empty=True)
        if content is not None and (fault := defaults_fault(content, shown)):
            faults.append(fault)
        faults.refuse()
        assert content is not None
        defaults = OmegaConf.create(
            {"defaults": content.pop("defaults")} if "defaults" in content else {}
        )
        header = self._get_header_dict(path.read_text(encoding="utf-8-sig")[:512])
        return _Loaded(self.provider, self.path, defaults, header, content=content)


@contextmanager
def _hydra_version() -> Iterator[None]:
    """Hydra behaves as version 1.3 while the context lasts; a caller's own version is put back afterwards."""
    with _hydra_lock:
        shared = version.VersionBase.instance()
        of_caller = shared.version_base
        version.setbase("1.3")
        try:
            yield
        finally:
            shared.version_base = of_caller


def _laid_over_files(choices: Sequence[str], folders: Folders) -> tuple[Raw, dict[str, str | None]]:
    """The files that Hydra chooses, in its order, each laid over those before it; and the name chosen of each group."""
    of_folders = ConfigRepository(ConfigSearchPathImpl())
    of_folders.sources += [_Files(folder) for folder in folders]
    repository = CachingConfigRepository(of_folders)
    overridden = OverridesParser.create().parse_overrides(list(choices))
    with _hydra_version():
        listed = create_defaults_list(
            repository, "config", overridden, prepend_hydra=False, skip_missing=False
        )
    raw: Raw = {}
    for default in listed.defaults:
        loaded = repository.load_config(str(default.config_path))
        assert isinstance(loaded, _Loaded)
        content = loaded.content
        for part in reversed(default.package.split(".") if default.package else ()):
            content = {part: content}
        _merge(raw, content, raw)
    return raw, dict(listed.overrides.known_choices)


def _merge(below: Raw, above: Raw, root: Raw) -> None:
    """Lay blocks over blocks, key by key; what a file lays over a reference is laid over a copy of what it names."""
    for key, value in above.items():
        old = below.get(key)
        if (
            isinstance(value, dict)
            and isinstance(old, str)
            and (reference := REFERENCE.fullmatch(old))
        ):
            below[key] = old = copied(value_at(root, reference[1]))
        if isinstance(value, dict) and isinstance(old, dict):
            _merge(old, value, root)
        else:
            below[key] = copied(value)


def composed(overrides: Sequence[str] = (), *, config_dir: str | Path | None = None) -> Raw:
    """The configuration as Hydra composes it, resolved to plain values. Raises ConfigError."""
    return resolve(stated_in(overrides, search_folders(config_dir)).raw)


def stated_in(overrides: Sequence[str], folders: Folders) -> Composed:
    """The configuration before its `${...}` are looked up, and the files it was composed of. Raises ConfigError.

    Hydra chooses the files; single values are laid over them here, so that one may name a key that a file leaves
    out (`staffing.doctors.extra=1`) and a key that nobody knows is a fault with its nearest neighbour.
    """
    with _hydra_lock:  # its parser, too, is shared by the threads of a process
        choices, values = _parted(overrides, folders)
        files = _files_composed(tuple(choices), tuple(folders), fingerprint_of(folders))
        mixed = _mixed_departments(files, choices, folders)
    if mixed:
        raise ConfigError([mixed])
    return laid_over(files, values)


def _mixed_departments(files: Composed, choices: Sequence[str], folders: Folders) -> Fault | None:
    """The fault of choices that state one department with parts of another, or None."""
    asked = {text: text.partition("=")[0].lstrip("+~") for text in choices}
    left_out = rest_left_out(files.choices, set(asked.values()), folders)
    if left_out or not {"site", "study"} <= set(asked.values()):
        return left_out
    of_study = tuple(text for text, group in asked.items() if group not in ("site", *BESIDE))
    alone, usual = (
        _files_composed(texts, tuple(folders), fingerprint_of(folders)) for texts in (of_study, ())
    )
    return study_of_another(
        files.choices, alone.choices, usual.choices, set(asked.values()), folders
    )


def laid_over(files: Composed, values: Sequence[Override]) -> Composed:
    """The configuration with single values set, added or left out. Raises ConfigError for a fault in it."""
    raw, faults = copied(files.raw), Faults()
    lay_values(raw, values, faults)
    faults += configuration_faults(raw)
    faults.refuse()
    return Composed(
        raw, dict(files.choices), files.raw, tuple(override.input_line or "" for override in values)
    )


@lru_cache(maxsize=8)
def parsed_values(values: tuple[str, ...]) -> tuple[Override, ...]:
    """Single values as they are written on a command line, parsed once a process."""
    return tuple(_parsed(values))


def lay_values(raw: Raw, values: Sequence[Override], faults: Faults) -> None:
    """Set single values, add them or leave them out, in groups that files state."""
    for override in values:
        text = shortened(override.input_line or override.key_or_group)
        path = override.key_or_group.split(".")
        if override.is_delete():
            leave_out(raw, path, text, faults)
        else:
            added = override.type in (OverrideType.ADD, OverrideType.FORCE_ADD)
            if len(path) == 1 and path[0] not in raw and (meant := path_to(path[0], raw)):
                faults.add(
                    text, f"there is no top-level key '{path[0]}'", f"Did you mean '{meant}'?"
                )
                continue
            lay_over(raw, path, override.value(), text, faults, add=added)


@lru_cache(maxsize=32)
def _files_composed(
    choices: tuple[str, ...],
    folders: tuple[Path, ...],
    fingerprint: tuple[tuple[str, int, int], ...],
) -> Composed:
    """The files as Hydra composes them; cached until one of them changes, because it takes half a second.

    What the packaged files alone state is cached for later processes, too.
    """
    name = f"composed-{digest(choices)[:12]}"
    return Composed(
        *cached_for_files(folders, name, choices, partial(_composed_by_hydra, choices, folders))
    )


def _composed_by_hydra(choices: tuple[str, ...], folders: tuple[Path, ...]) -> list[Raw]:
    """What the files state, and the file chosen of each group."""
    try:
        raw, chosen = _laid_over_files(choices, folders)
    except ConfigError:
        raise
    except (HydraException, OmegaConfBaseException, OSError, RecursionError, *UNEXPECTED) as error:
        raise explained(error, folders) from None
    raw.pop("hydra", None)
    return [raw, {group: NO_FILE if name is None else str(name) for group, name in chosen.items()}]


def files_with(
    composed: Composed, chosen: Mapping[str, Choices], folders: Folders
) -> dict[str, Raw]:
    """By name, what the files that are chosen of some groups state, the others being those of a configuration."""
    fingerprint, files = fingerprint_of(folders) if chosen else (), {}
    for name, choices in chosen.items():
        of_groups = {**composed.choices, **choices}.items()
        texts = tuple(f"{group}={file}" for group, file in of_groups if file != NO_FILE)
        raw = _files_composed(texts, tuple(folders), fingerprint).raw if choices else {}
        files[name] = {group: raw[group] for group in choices}
    return files


def combinations(overrides: Sequence[str]) -> list[list[str]]:
    """The runs of a sweep: one list of overrides for each combination of the values that they name. Raises ConfigError.

    >>> combinations(["scenario=usual,busier", "run.seed=7"])
    [['scenario=usual', 'run.seed=7'], ['scenario=busier', 'run.seed=7']]
    """
    most = None if "allow_large=true" in overrides else MOST_COMBINATIONS
    choices = [
        _swept(text, override, most) if override.is_sweep_override() else [text]
        for text, override in zip(overrides, _parsed(overrides), strict=True)
    ]
    if most and math.prod(map(len, choices)) > most:
        found = f"more than {most:,} combinations of values"
        refuse("-m", found, "Name fewer, or set allow_large=true to run them all")
    return [list(chosen) for chosen in product(*choices)]


def _swept(text: str, override: Override, most: int | None) -> list[str]:
    """One override for each value of a sweep over one key, at most one more than `most`."""
    if not override.is_discrete_sweep() or override.value_type is ValueType.GLOB_CHOICE_SWEEP:
        refuse(shortened(text), "names no values one by one", "Write them out: key=a,b,c")
    key = text.split("=", 1)[0]
    values = override.sweep_string_iterator()
    return [f"{key}={value}" for value in islice(values, None if most is None else most + 1)]


def _parsed(overrides: Sequence[str]) -> list[Override]:
    """The overrides as Hydra parses them. Raises ConfigError with a fault for each that is not allowed."""
    parser = OverridesParser.create()
    parsed, faults = [], Faults()
    for text in overrides:
        fault = override_fault(text)
        if fault:
            faults.append(fault)
            continue
        try:
            override = parser.parse_override(_as_text(text))
        except HydraException:
            key, equals, value = text.partition("=")
            quotes = f"Put a value with brackets, accents or quotes in quotes of its own: \"{key}='...'\""
            remedy = quotes if equals and value else "See aeflow --help"
            faults.add(shortened(text), "is not of the form key=value", remedy)
            continue
        if not override.key_or_group:
            faults.add(text, "names no key", "Overrides look like key=value")
        elif override.package is not None or re.split(r"[./]", override.key_or_group)[0] == "hydra":
            faults.add(
                text, "is an option of Hydra", "Name a group or a value of the configuration"
            )
        parsed.append(override)
    faults.refuse()
    return parsed


def _as_text(override: str) -> str:
    """The override with its value in quotes if it names a folder, which may hold spaces, brackets and accents.

    >>> _as_text("results=C:\\\\Users\\\\Zoë (new)"), _as_text("run.seed=7")
    ("results='C:\\\\Users\\\\Zoë (new)'", 'run.seed=7')
    """
    key, _, value = override.partition("=")
    if key not in PLACES or not value or value[0] in "'\"":
        return override
    escaped = re.sub(
        r"(\\*)'", r"\1\1\\'", value
    )  # a backslash before a quote, or at the end, counts double
    escaped = re.sub(r"(\\+)$", r"\1\1", escaped)
    return f"{key}='{escaped}'"


def _parted(overrides: Sequence[str], folders: Folders) -> tuple[list[str], list[Override]]:
    """Overrides that Hydra is to carry out (choices of a file), and single values to set, add or leave out."""
    choices: list[str] = []
    values: list[Override] = []
    faults = Faults()
    for text, override in zip(overrides, _parsed(overrides), strict=True):
        key = override.key_or_group
        if override.is_sweep_override():
            faults.append(_several_values(override, text, folders))
        elif (folders[-1] / key).is_dir():
            faults += _unknown_choice(override, text, folders)
            choices.append(text)
        else:
            values.append(override)
    faults.refuse()
    return choices, values


def _several_values(override: Override, text: str, folders: Folders) -> Fault:
    """The fault of a sweep where one value was wanted; it mentions brackets if a list may have been meant."""
    key, _, values = text.partition("=")
    remedy = "Name one, or sweep over them with -m"
    if re.fullmatch(r"[-+]?\d+,\d+", values):
        thousands = (
            f" {without_comma(values).partition('.')[0]}."
            if re.fullmatch(r".*\d,\d{3}", values)
            else ""
        )
        remedy += f".{thousands} A decimal number has a point: {key}={values.replace(',', '.')}"
    if not (folders[-1] / override.key_or_group).is_dir() and all(
        word.isidentifier() for word in values.split(",")
    ):
        remedy += f". A list has brackets: '{key}=[{values}]'"
    return Fault(text, "names several values", remedy)


def _unknown_choice(override: Override, text: str, folders: Folders) -> list[Fault]:
    """A fault if an override leaves a group out, or chooses a file of it that is not there."""
    if override.is_delete():
        return [Fault(text, "a study needs every group", "Leave it out")]
    group, chosen = override.key_or_group, override.value()
    known = names_in(group, folders)
    if isinstance(chosen, str) and chosen in known:
        return []
    shown = "named 'null'" if chosen is None else f"'{chosen}'"
    return [Fault(text, f"there is no {group} {shown}", nearest(str(chosen), known))]
