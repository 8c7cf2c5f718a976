"""Files and overrides to one nested mapping. Only this file asks Hydra; whether the mapping is sound is not its job.

It refuses a department composed of parts of several, which nobody has: a site that is the user's own, without the files
of its name in the groups beside it; or another site than the study's while the study's staffing, calibration or pathway
would stay; or a study of a department of the user's own that leaves out the `defaults` that would say so. And a
question is a text: the overrides of one command, a line each (`aeflow compare @question.yaml`).
"""

import math
import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from itertools import compress, islice, product
from pathlib import Path
from typing import Any

from hydra import initialize_config_dir, version
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath, SearchPathElement
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType, ValueType
from hydra.core.plugins import Plugins
from hydra.core.utils import JobRuntime
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from hydra.types import RunMode
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from simulation.config.arms import CHANGEABLE, SECTIONS
from simulation.config.dotted import Raw, lay_over, leave_out, path_to, resolve, value_at
from simulation.config.files import (
    NO_FILE,
    REFERENCE,
    Choices,
    Folders,
    cached_for_files,
    configuration_faults,
    copied,
    defaults_fault,
    explained,
    file_named,
    fingerprint_of,
    is_name_of_file,
    mapping_in,
    names_in,
    override_fault,
    packaged_configs,
    plain_text,
    search_folders,
    shortened,
    shown_path,
    stated_by,
    unknown_name,
    value_in,
    without_comma,
    yaml_files,
)
from simulation.errors import ConfigError, Fault, Faults, nearest, refuse
from simulation.records.serialise import digest
from simulation.study.design import Design
from simulation.study.study import Study
from simulation.version import __version__

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

    @property
    def values_of_department(self) -> tuple[str, ...]:
        """The single values that are of the department."""
        groups = (re.split(r"[.=]", text.lstrip("+~"))[0] for text in self.values)
        return tuple(compress(self.values, (group in CHANGEABLE for group in groups)))


_folders: list[Path] = []
"""The folders that Hydra reads, while it composes; none while a caller uses Hydra itself."""
_contents: dict[str, Raw] = {}
"""What each file states besides its `defaults`, by the name that Hydra gives it: our own loader reads it."""
_OF_HYDRA = "hydra/config"
"""The configuration of Hydra itself, of which nothing is used."""


class _Files(ConfigSource):
    """Files of one of the folders. Hydra is given their `defaults` alone: it would follow whatever else they say."""

    def __init__(self, provider: str, path: str) -> None:
        super().__init__(provider, path)
        self._folder = _folders[int(self.path)]

    @staticmethod
    def scheme() -> str:
        """The beginning of the path of such a folder, for Hydra."""
        return "aeflow"

    def available(self) -> bool:
        """Whether it can be read."""
        return True

    def is_group(self, config_path: str) -> bool:
        """Whether it is a folder within this one."""
        return (self._folder / config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """Whether it is a file of this folder: no name leads out of it."""
        name = self._normalize_file_name(config_path)
        return config_path == _OF_HYDRA or (
            is_name_of_file(name) and (self._folder / name).is_file()
        )

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """The names that Hydra would offer: none, because a message of ours does."""
        return []

    def load_config(self, config_path: str) -> ConfigResult:
        """A file as Hydra wants it. Raises ConfigError if it is refused."""
        if config_path == _OF_HYDRA:
            none = self._get_header_dict("")
            return ConfigResult(self.provider, self.path, OmegaConf.create(), none)
        path = self._folder / self._normalize_file_name(config_path)
        shown, faults = shown_path(path, [self._folder]), Faults()
        content = mapping_in(path, shown, faults, may_be_empty=True)
        if content is not None and (fault := defaults_fault(content, shown)):
            faults.append(fault)
        faults.refuse()
        assert content is not None
        defaults = {"defaults": content.pop("defaults")} if "defaults" in content else {}
        _contents[config_path] = content
        header = self._get_header_dict(path.read_text(encoding="utf-8-sig")[:512])
        return ConfigResult(self.provider, self.path, OmegaConf.create(defaults), header)


class _OurFolders(SearchPathPlugin):
    """Has Hydra search our folders and no others, while we compose."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Called by Hydra each time that somebody initialises it."""
        if _folders:
            search_path.get_path()[:] = [
                SearchPathElement("aeflow", f"{_Files.scheme()}://{number}")
                for number in range(len(_folders))
            ]


@contextmanager
def _hydra_of_ours(folders: Folders) -> Iterator[ConfigLoader]:
    """Hydra 1.3 that reads these folders. A caller's own Hydra and its version are put back afterwards."""
    with _hydra_lock:
        shared, base = GlobalHydra.instance(), version.VersionBase.instance()
        theirs, of_theirs = shared.hydra, base.version_base
        for plugin in (_Files, _OurFolders):
            Plugins.instance().register(plugin)
        try:
            shared.clear()
            _folders[:] = folders
            name = JobRuntime.instance().get("name")
            with initialize_config_dir(str(folders[-1]), job_name=name, version_base="1.3"):
                yield shared.config_loader()
        finally:
            _folders.clear()
            _contents.clear()
            GlobalHydra.set_instance(shared)
            shared.hydra, base.version_base = theirs, of_theirs


def _laid_over_files(choices: Sequence[str], folders: Folders) -> tuple[Raw, dict[str, str | None]]:
    """The files that Hydra chooses, in its order, each laid over those before it; and the name chosen of each group."""
    raw: Raw = {}
    with _hydra_of_ours(folders) as loader:
        listed = loader.compute_defaults_list("config", list(choices), RunMode.RUN)
        for default in listed.defaults:
            content = _contents.get(str(default.config_path), {})
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


@cache
def packaged(*choices: str) -> Raw:
    """The packaged configuration with these choices of files, its references not looked up; not to be changed."""
    return stated_in(choices, [packaged_configs()]).raw


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


@lru_cache(maxsize=64)  # an ensemble has some 32 structures
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
    """By name, what the files that are chosen of some groups state, the others being those of a configuration.

    Of the packaged files, those of a department alone are composed: no study, run or scenario states a part of one.
    """
    fingerprint, files = fingerprint_of(folders) if chosen else (), {}
    groups = composed.choices if len(folders) > 1 else {*CHANGEABLE}
    for name, choices in chosen.items():
        of_groups = {**composed.choices, **choices}.items()
        texts = tuple(
            f"{group}={file}" for group, file in of_groups if file != NO_FILE and group in groups
        )
        raw = _files_composed(texts, tuple(folders), fingerprint).raw if choices else {}
        files[name] = {group: raw[group] for group in choices}
    return files


def folders_of_department(composed: Composed, folders: Folders) -> Folders:
    """The folders whose files state a department: the packaged one alone, if the others add nothing to it."""
    own, packaged = folders[:-1], folders[-1:]
    if own and not yaml_files([folder / group for folder in own for group in CHANGEABLE]):
        here = {group: composed.choices.get(group, NO_FILE) for group in CHANGEABLE}
        if files_with(composed, {"": here}, packaged)[""] == {
            group: composed.files.get(group) for group in here
        }:
            return packaged
    return folders


def combinations(overrides: Sequence[str]) -> list[list[str]]:
    """The runs of a sweep: one list of overrides for each combination of the values that they name. Raises ConfigError.

    >>> combinations(["scenario=usual,winter", "run.seed=7"])
    [['scenario=usual', 'run.seed=7'], ['scenario=winter', 'run.seed=7']]
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
    if chosen is None:
        return [Fault(text, f"there is no {group} named 'null'", nearest("null", known))]
    return [Fault(text, *unknown_name(group, str(chosen), known))]


BESIDE = ("staffing", "calibration", "pathway")
"""The groups that state a department together with `site`."""


def rest_left_out(choices: Choices, asked: Collection[str], folders: Folders) -> Fault | None:
    """The fault of a site of the user's own whose staffing, calibration or pathway is not chosen with it; else None.

    `asked`: the groups that overrides choose. What they, or the study's or the site's own file, choose is left alone.
    """
    site, own = choices.get("site", ""), folders[:-1]
    if not file_named("site", site, own):
        return None
    stated = [
        key
        for group in ("study", "site")
        if file_named(group, choices.get(group, ""), own)
        for entry in stated_by(group, choices[group], own).get("defaults", ())
        if isinstance(entry, dict)
        for key in entry
    ]
    left = {
        group: choices[group]
        for group in BESIDE
        if group not in asked
        and choices.get(group, site) != site
        and file_named(group, site, own)
        and not any(key.startswith(f"override /{group}@") for key in stated)
    }
    if not left:
        return None
    files = ", ".join(f"{group}/{site}.yaml" for group in left)
    found = f"chooses the site alone, and you have {files} too"
    whole = " ".join(f"{group}={site}" for group in ("site", *left))
    group, name = next(iter(left.items()))
    remedy = (
        f"For the whole department write {whole}; to replace a part of it, add "
        f"that choice as well ({group}={name})"
    )
    return Fault(f"site={site}", found, remedy)


def study_of_another(
    choices: Choices, of_study: Choices, usual: Choices, asked: Collection[str], folders: Folders
) -> Fault | None:
    """The fault of a site that overrides choose while other groups stay with the department that the study chooses;
    else None.

    `of_study`, `usual`: what the study chooses by itself, and what is chosen without any. `asked` as above: what it
    names is meant.
    """
    study, site = choices["study"], choices["site"]
    if of_study["site"] in (usual["site"], site):
        return None
    left = {
        group: choices[group]
        for group in BESIDE
        if group not in asked
        and choices[group] == of_study[group]
        and choices[group] not in (usual[group], site)
    }
    if not left:
        return None
    kept = [f"{group}={name}" for group, name in left.items()]
    about = (
        "a department of its own"
        if of_study["site"] == NO_FILE
        else f"the department of site={of_study['site']}"
    )
    found = f"study={study} is about {about}, and its {', '.join(kept)} would stay"
    whole = {group: site if file_named(group, site, folders) else usual[group] for group in left}
    words = " ".join(f"{group}={name}" for group, name in {"site": site, **whole}.items())
    remedy = f"Leave site={site} out, or for the whole department say {words}; what you want to keep say as well"
    return Fault(f"site={site}", found, f"{remedy} ({kept[0]})")


def defaults_left_out(
    choices: Choices, raw: Mapping[str, Any], design: Design, folders: Folders
) -> Fault | None:
    """The one fault of a study with faults that is about a department of its own and has no `defaults`; else None.

    It is about one if an arm changes a section of `pathway` that the composed department states in other groups
    (`pathway.pools`), or if no arm has a triage policy.
    """
    name, site = choices.get("study", NO_FILE), choices.get("site", NO_FILE)
    if NO_FILE in (name, site) or "defaults" in stated_by("study", name, folders):
        return None
    elsewhere = {section for section in SECTIONS if section not in (raw.get("pathway") or {})}
    paths = [path.split(".") for arm in design.arms.values() for path in arm.changes]
    untriaged = not design.levers and all(arm.triage == "none" for arm in design.arms.values())
    if not untriaged and not any(
        path[0] == "pathway" and path[1:2] and path[1] in elsewhere for path in paths
    ):
        return None
    pathway = name if name in names_in("pathway", folders) else "NAME"
    line = f"defaults: [/study/_department_alone, override /pathway@_global_.pathway: {pathway}]"
    other = (
        ", or give the arms a triage policy if it is about the department that comes with aeflow"
        if untriaged
        else ""
    )
    found = (
        f"states no `defaults`, so it is about the department that comes with aeflow (site={site})"
    )
    return Fault(
        f"study/{name}.yaml", found, f"For a department of your own write at the top: {line}{other}"
    )


MOST_OVERRIDES = 500


def question_text(words: Sequence[str], study: Study) -> str:
    """The text of a file that states these overrides of a study."""
    from simulation.config.writing import yaml_text

    part = f"{len(study.run.numbers)} of " if study.run.part_name else ""
    head = (
        f"{study.design.question}\n{study.department_words}; {part}{study.run.how_many}, seed {study.run.seed}. "
        f"aeflow {__version__}. Planning only, not for clinical use.\nAsk it again: aeflow compare @question.yaml"
    )
    return yaml_text(head, [*words])


def overrides_in(text: str, shown: str = "the question") -> tuple[str, ...]:
    """The overrides that such a text states; `shown` names it in messages. Raises ConfigError if it is none."""
    faults = Faults()
    stated = value_in(text, shown, faults)
    faults.refuse()
    words = stated if isinstance(stated, list) and len(stated) <= MOST_OVERRIDES else []
    if not words or not all(isinstance(word, str) for word in words):
        found = f"is not a list of overrides, {MOST_OVERRIDES} at most"
        refuse(shown, found, "Write one a line, as in `- scenario=winter`, in quotes if need be")
    for word in words:
        if word.startswith(("@", "-")) or ("=" not in word and not word.startswith("~")):
            refuse(
                shown,
                f"'{shortened(word)}' is not of the form key=value",
                "Leave it out, or say key=value",
            )
    return tuple(words)


def with_files(words: Iterable[str]) -> Sequence[str]:
    """The words of a command, those of a file in the place of each `@FILE`. Raises ConfigError if it cannot be read."""
    all_words, faults = list[str](), Faults()
    for word in words:
        text = (
            plain_text(Path(word.removeprefix("@")), word, faults) if word.startswith("@") else None
        )
        faults.refuse()
        all_words += [word] if text is None else overrides_in(text, word)
    return all_words
