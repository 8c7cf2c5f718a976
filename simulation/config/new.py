"""A department of the user's own, written into the user's folder: the files of another under a new name, or the typical
site scaled to the user's totals."""

import difflib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from simulation.config.composing import stated_in
from simulation.config.files import (
    Folders,
    is_name_of_file,
    names_in,
    packaged_configs,
    search_folders,
    value_in,
)
from simulation.config.studies import RESERVED
from simulation.config.totals import LEAST, Scaled, Scaling, Totals
from simulation.config.validating import validated
from simulation.department.check_pathway import NAME, NAME_WORDS
from simulation.display.web_page import templates
from simulation.errors import ConfigError, Fault, Faults, refuse

KINDS = ("pathway", "study")
"""The groups of a department alone: one file states the department, and one what is asked of it."""
CHOSEN = r"(override /pathway@_global_\.pathway:\s*)"
"""The words of a study before the name of its department."""
GALLERY = "gallery/"


def new_department(name: str, source: str, folder: Path) -> tuple[Path, ...]:
    """Copy the department and study called `source` to `folder` as `name`, and return the files written.

    Raises ConfigError with every fault: a name that cannot be one or is taken, a source that is not there.
    """
    places = search_folders(folder if folder.is_dir() else None)
    Faults([*name_faults(name, folder, KINDS), *_source_faults(source, places)]).refuse()
    renamed = {
        kind: re.sub(r"^name:.*$", f"name: {name}", text, count=1, flags=re.MULTILINE)
        for kind, text in _texts(source, places).items()
    }
    renamed["study"] = re.sub(f"{CHOSEN}{re.escape(source)}\\b", rf"\g<1>{name}", renamed["study"])
    return write_files(renamed, name, folder)


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
    scaling = Scaling(stated_in((), [packaged_configs()]).raw, totals)
    blocks = scaling.scaled()
    words = " ".join(f"{key}={text}" for key, text in typed.items())
    costs = "".join(f"  {arm}: {{cost: {flow(cost)}}}\n" for arm, cost in scaling.costs().items())
    study = from_template("scaled_study.yaml", name=name, words=words, costs=costs)
    made_by = f"aeflow new department {name} {words}"
    texts = {
        kind: study if kind == "study" else scaled_text(kind, name, made_by, blocks)
        for kind in SCALED_KINDS
    }
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
HEADS = {
    "site": "who comes, how many are admitted, places. Minutes and case mix stay those of configs/site/typical.yaml",
    "staffing": "who is on duty when, in whole people. Shifts that overlap add up",
    "calibration": "beds, majors places, thresholds. Everything else stays as fitted to the typical site",
    "pathway": "the typical route; how many must wait for a bed before stays end early",
    "study": "the question. What is compared, and by which measures",
    "priors": "ranges of the parameters, for `aeflow ensemble`",
}
"""What each of these files holds, for its first line and for the screen."""


def scaled_text(
    kind: str, name: str, made_by: str, blocks: Sequence[Scaled], base: str = "emergency_department"
) -> str:
    """The text of one file: what differs from the typical one, each number with its source.

    `made_by`: the command; `base`: the pathway that it starts from.
    """
    if kind == "priors":
        return _priors_text(name, blocks)
    nested: dict[str, Any] = {"name": name} if kind == "pathway" else {}
    for block in blocks:
        if block.group == kind:
            inner = nested
            for part in block.path.split(".")[1:]:
                inner = inner.setdefault(part, {})
            inner |= {**block.values, "evidence": block.evidence, "source": block.source}
    return (
        f"# {name}: {HEADS[kind]}.\n# Made by: {made_by}\n"
        "# `source` says how each number was derived. Change any of them, and write your own source.\n"
        f"defaults: [{base if kind == 'pathway' else 'typical'}, _self_]\n{''.join(_lines(nested))}"
    )


def _priors_text(name: str, blocks: Sequence[Scaled]) -> str:
    """The typical priors, which are factors, except for doctors at night: one more or fewer than in this rota."""
    text = (packaged_configs() / "priors" / "typical.yaml").read_text(encoding="utf-8")
    (night,) = (
        block.values["rota"][0]["number"] for block in blocks if block.path == "staffing.doctors"
    )
    text = re.sub(r"^name: typical$", f"name: {name}", text, count=1, flags=re.MULTILINE)
    return re.sub(
        r"(doctors_at_night: .*range: )\[[^]]*\]", rf"\g<1>[{max(night - 1, 1)}, {night + 1}]", text
    )


def _lines(nested: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """YAML with a line for each block that has a source, as in the packaged files."""
    for key, value in nested.items():
        if isinstance(value, dict) and "source" not in value:
            yield f"{indent}{key}:\n"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key}: {flow(value)}\n"


def flow(value: Any) -> str:
    """A value as YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=math.inf)
    return text.removesuffix("...\n").rstrip()


def from_template(file: str, **known: Any) -> str:
    """The text of a file of configurations, by its template."""
    environment = templates(Path(__file__).parent / "templates").overlay(keep_trailing_newline=True)
    environment.filters |= {"quoted": partial(json.dumps, ensure_ascii=False), "g": "{:g}".format}
    return environment.get_template(file).render(known)


def number_in(text: str) -> Any:
    """The value that YAML reads in a text; the text itself if it is no YAML or would be misread, for validation to
    refuse."""
    faults = Faults()
    value = value_in(text, "", faults)
    return text if faults else value


def write_files(texts: Mapping[str, str], name: str, folder: Path) -> tuple[Path, ...]:
    """Write a file called `name` in each group (text by group), and return the files. Raises ConfigError if one cannot
    be written or is there already."""
    paths = {kind: folder / kind / f"{name}.yaml" for kind in texts}
    for kind, path in paths.items():
        write_new(path, texts[kind], "Name another folder")
    return tuple(paths.values())


def write_new(path: Path, text: str, remedy: str) -> None:
    """Write a file that is not there yet, with its folders. Raises ConfigError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        refuse(str(path), f"cannot be written: {error.strerror}", remedy)


def sources(folders: Folders) -> tuple[str, ...]:
    """The departments that can be copied: those with a study of the same name that chooses them."""
    names = sorted(names_in("study", folders) & names_in("pathway", folders))
    return tuple(
        name
        for name in names
        if re.search(f"{CHOSEN}{re.escape(name)}\\b", _texts(name, folders)["study"])
    )


def _texts(name: str, folders: Folders) -> Mapping[str, str]:
    """The text of the department's file and of its study's, by group, each from the first folder that has it."""
    paths = {
        kind: next(path for folder in folders if (path := folder / kind / f"{name}.yaml").is_file())
        for kind in KINDS
    }
    return {kind: path.read_text(encoding="utf-8") for kind, path in paths.items()}


def name_faults(
    name: str, folder: Path, kinds: Sequence[str], what: str = "a department"
) -> Iterator[Fault]:
    """Faults of a name for new files in these groups: it is not allowed, or is taken."""
    if not NAME.fullmatch(name) or name.casefold() in RESERVED:
        yield Fault(f"'{name}'", f"is not a name for {what}", NAME_WORDS)
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
