"""A department of the user's own, written into the user's folder: the files of another under a new name, or the typical
site scaled to the user's totals."""

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from simulation.config.composing import packaged
from simulation.config.dotted import Raw
from simulation.config.files import (
    ANOTHER_NAME,
    Folders,
    file_named,
    is_name_of_file,
    mapping_in,
    names_in,
    packaged_configs,
    search_folders,
    stated_by,
    value_in,
)
from simulation.config.studies import reserved
from simulation.config.totals import EFFORT, LEAST, Scaled, Scaling, Totals
from simulation.config.validating import validated
from simulation.config.writing import write_files, yaml_text
from simulation.department.check_pathway import NAME, NAME_WORDS
from simulation.errors import ConfigError, Fault, Faults
from simulation.records.serialise import read_yaml

KINDS = ("pathway", "study")
"""The groups of a department alone: one file states the department, and one what is asked of it."""
CHOSEN = "override /pathway@_global_.pathway"
"""The key among the `defaults` of a study that chooses its department."""
GALLERY = "gallery/"
TRIAGE_MINUTES, ONE_TEAM = "calibration.triage_minutes_scale.value", "shared_front_door"
"""The path of triage minutes; the packaged pathway in which one team is at both doors."""


def new_department(name: str, source: str, folder: Path) -> tuple[Path, ...]:
    """Copy the department and study called `source` to `folder` as `name`, and return the files written.

    Raises ConfigError with every fault: a name that cannot be one or is taken, a source that is not there.
    """
    places = search_folders(folder if folder.is_dir() else None)
    Faults([*name_faults(name, folder, KINDS), *_source_faults(source, places)]).refuse()
    paths = {group: file_named(group, source, places) for group in KINDS}
    texts = {
        group: _renamed(path.read_text(encoding="utf-8"), source, name)
        for group, path in paths.items()
        if path
    }
    return write_files(texts, name, folder)


def _renamed(text: str, source: str, name: str) -> str:
    """The text of a file with another name, in which a study chooses the department of that name in place of `source`.
    All else stays, with its comments."""
    places = []
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, value in root.value if root else ():
        if key.value == "name":
            places.append(value)
        elif key.value == "defaults":
            entries = [entry for entry in value.value if isinstance(entry, yaml.MappingNode)]
            chosen = {group.value: file for entry in entries for group, file in entry.value}
            if CHOSEN in chosen and chosen[CHOSEN].value == source:
                places.append(chosen[CHOSEN])
    for place in sorted(places, key=lambda place: -place.start_mark.index):
        text = text[: place.start_mark.index] + name + text[place.end_mark.index :]
    return text


def new_scaled_department(name: str, typed: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Write the typical site, scaled to totals (text by key), to `folder` as `name`, and return the files written.

    Raises ConfigError with every fault: a name that cannot be one or is taken, totals out of range.
    """
    faults = Faults(name_faults(name, folder, SCALED_KINDS))
    numbers = {key: number_in(text) for key, text in typed.items()}
    totals: Totals | None = validated(Totals, numbers, "", faults)
    faults = Faults(_about_smaller(fault, numbers) for fault in faults)
    if faults or totals is None:
        raise ConfigError(faults)
    scaling = Scaling(packaged(), totals)
    words = " ".join(f"{key}={text}" for key, text in typed.items())
    blocks = scaling.scaled()
    contents = {
        **scaled_contents(name, blocks),
        "study": scaled_study(name, scaling.costs()),
        "priors": scaled_priors(name, scaling, blocks),
    }
    texts = scaled_texts(contents, name, f"aeflow new department {name} {words}")
    return write_files(texts, name, folder)


def _about_smaller(fault: Fault, numbers: Mapping[str, Any]) -> Fault:
    """The fault, with where to start instead if it is that a total is too small for the typical site."""
    number = numbers.get(fault.where)
    if (
        fault.where not in LEAST
        or not isinstance(number, int | float)
        or number >= LEAST[fault.where]
    ):
        return fault
    return replace(fault, remedy=f"{fault.remedy}. {SMALLER}")


SMALLER = "A smaller department is stated by itself: start with from=gallery/clinic (docs/how-to/small-department.md)"
"""What to do for a department that is too small to be the typical one scaled."""
SCALED_KINDS = ("site", "staffing", "calibration", "pathway", "study", "priors")
"""The groups of a department that is the typical one scaled."""
HEADS, NOTES = read_yaml(Path(__file__).with_suffix(".yaml")).values()
"""What each of these files holds, for its first line and for the screen; and what its first comment says besides."""
NOTE = "`source` says how each number was derived. Change any of them, and write your own source."


def scaled_contents(
    name: str, blocks: Sequence[Scaled], base: str = "emergency_department"
) -> dict[str, Raw]:
    """What the files of a department state, by group: what differs from the typical one, each number with its source.

    `base`: the pathway that it starts from.
    """
    contents: dict[str, Raw] = {
        group: {"defaults": [base if group == "pathway" else "typical", "_self_"]}
        for group in ("site", "staffing", "calibration", "pathway")
    }
    contents["pathway"]["name"] = name
    for block in blocks:
        group, *path = block.path.split(".")
        inner = contents[group]
        for part in path:
            inner = inner.setdefault(part, {})
        inner |= {**block.values, "evidence": block.evidence, "source": block.source}
    return contents


def scaled_study(
    name: str, costs: Mapping[str, Mapping[str, Any]], nurse: str | None = None
) -> Raw:
    """What the file of its study states; `costs`: by arm, of those paid for each attendance; `nurse`: unless they are
    the packaged ones, its nurses."""
    groups = dict.fromkeys(("site", "staffing", "calibration", "pathway"), name)
    chosen = groups if nurse is None else {**groups, "nurse": nurse}
    files = [{f"override /{group}@_global_.{group}": file} for group, file in chosen.items()]
    arms = {arm: {"cost": cost} for arm, cost in costs.items()}
    defaults = ["ai_triage", *files, "_self_"]
    return {"defaults": defaults, "name": name, "ensemble": "none", "arms": arms}


def scaled_priors(name: str, scaling: Scaling, blocks: Sequence[Scaled]) -> Raw:
    """The typical priors, which are factors, with rotas of this size in place of staffings, as busy at the desk, and
    doctors at night: one more or fewer than in this rota. Places of which a range leaves one number do not vary."""
    values = {block.path: block.values for block in blocks}
    priors = stated_by("priors", "typical", [packaged_configs()])
    for structure in priors["structures"].values():
        named, route = structure.pop("staffing", None), structure.get("pathway")
        staffing = packaged(*([f"staffing={named}"] if named else []))["staffing"]
        rotas = scaling.rotas(staffing)
        changes: Raw = {f"staffing.{pool}.rota": rota for pool, rota in rotas.items()}
        if route:  # in place of the department's own, which states it
            efforts = {path: of for path, of in values.items() if path.endswith(EFFORT)}
            changes |= {f"{path}.at_least": of["at_least"] for path, of in efforts.items()}
        triage = structure["changes"][TRIAGE_MINUTES]
        times = scaling.triage_times(staffing, one_team=route == ONE_TEAM)
        changes[TRIAGE_MINUTES] = {"times": round(triage["times"] * times, 4)}
        structure |= {"changes": changes, "label": f"{structure['label']}, scaled"}
    night = values["staffing.doctors"]["rota"][0]["number"]
    priors["parameters"]["doctors_at_night"]["range"] = [max(night - 1, 1), night + 1]
    numbers = {path: block.get("value") for path, block in values.items()}
    priors["parameters"] = {
        parameter: stated
        for parameter, stated in priors["parameters"].items()
        if not _leaves_one_number(stated, numbers)
    }
    return {**priors, "name": name}


def _leaves_one_number(parameter: Raw, numbers: Mapping[str, Any]) -> bool:
    """Whether the range of a factor leaves one whole number of what it changes."""
    number = numbers.get(parameter["changes"][0].removesuffix(".value"))
    if number is None or not parameter.get("whole") or parameter["how"] != "times":
        return False
    low, high = (end * number for end in parameter["range"])
    return bool(math.ceil(low) >= math.floor(high))


def scaled_texts(contents: Mapping[str, Raw], name: str, made_by: str) -> dict[str, str]:
    """The text of each file, by group; `made_by`: the command."""
    notes = {group: NOTES.get(group, NOTE).replace("NAME", name) for group in contents}
    return {
        group: yaml_text(f"{name}: {HEADS[group]}.\nMade by: {made_by}\n{notes[group]}", content)
        for group, content in contents.items()
    }


def number_in(text: str) -> Any:
    """The value that YAML reads in a text; the text itself if it is no YAML or would be misread, for validation to
    refuse."""
    faults = Faults()
    value = value_in(text, "", faults)
    return text if faults else value


def sources(folders: Folders) -> tuple[str, ...]:
    """The departments that can be copied: those with a study of the same name that chooses them."""
    names = sorted(names_in("study", folders) & names_in("pathway", folders))
    paths = {name: file_named("study", name, folders) for name in names}
    stated = {name: mapping_in(path, name, Faults()) for name, path in paths.items() if path}
    return tuple(
        name
        for name, study in stated.items()
        if {CHOSEN: name} in ((study or {}).get("defaults") or ())
    )


def name_faults(
    name: str, folder: Path, kinds: Sequence[str], what: str = "a department"
) -> Iterator[Fault]:
    """Faults of a name for new files in these groups: it is not allowed, or is taken."""
    if not NAME.fullmatch(name):
        yield Fault(f"'{name}'", f"is not a name for {what}", NAME_WORDS)
        return
    if reason := reserved(name):
        yield Fault(f"'{name}'", reason, ANOTHER_NAME)
        return
    if yaml.safe_load(name) != name:
        yield Fault(
            f"'{name}'",
            f"is read as {yaml.safe_load(name)!r} in YAML",
            "Choose a name with other letters",
        )
        return
    for kind in kinds:
        path = folder / kind / f"{name}.yaml"
        if path.exists():
            yield Fault(str(path), "is there already", "Choose another name, or move the file away")
        elif name in names_in(kind, [packaged_configs()]):
            yield Fault(f"'{name}'", f"is a {kind} that comes with aeflow", "Choose another name")


def _source_faults(source: str, folders: Folders) -> Iterator[Fault]:
    """A fault if no department of that name can be copied."""
    known = sources(folders)
    if is_name_of_file(source) and source in known:
        return
    by_short_name = {
        name.removeprefix(GALLERY): name for name in known
    }  # a common beginning would make all similar
    close = difflib.get_close_matches(source.removeprefix(GALLERY), by_short_name, n=1, cutoff=0.6)
    remedy = (
        f"Did you mean '{by_short_name[close[0]]}'?"
        if close
        else f"Known names: {', '.join(known) or 'none'}"
    )
    yield Fault(f"from={source}", "there is no such department to start from", remedy)
