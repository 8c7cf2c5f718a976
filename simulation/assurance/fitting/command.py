"""`aeflow ensemble`: builds departments that fit, writes configs/ensembles/NAME.yaml, and describes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulation.assurance.fitting.build import Builder, Fit
from simulation.assurance.fitting.emulator import must_be_installed
from simulation.assurance.fitting.ensemble_file import SHOWN, MetTargets, ensemble_of, write
from simulation.assurance.fitting.identified import (
    CONFIRM_MOST,
    LEAST_IDENTIFIED,
    confirm,
    contractions,
    fresh_years,
)
from simulation.assurance.fitting.picture import identified
from simulation.assurance.fitting.space import space_of
from simulation.assurance.fitting.words import confirmation_lines, fit_lines
from simulation.assurance.fitting.years import Site, YearsFile
from simulation.assurance.published.figures import BUSY
from simulation.assurance.published.targets_check import checked_targets, known_measures
from simulation.assurance.targets import Target
from simulation.assurance.targets_file import passed_by, targets_for, targets_named
from simulation.config import search_folders
from simulation.config.composing import stated_in
from simulation.config.ensembles import Priors, priors_named
from simulation.config.folders import is_name_of_file, names_in
from simulation.config.studies import study_from
from simulation.errors import ConfigError, Fault, nearest
from simulation.records.serialise import digest, exact
from simulation.run.store.identity import identity_of
from simulation.study.study import Study

NUMBERS = {"departments": (200, 10, 1000), "confirm": (0, 0, CONFIRM_MOST), "confirm_departments": (40, 1, 1000)}
"""Whole numbers that this command takes: default, least, most."""
WORDS = ("targets", "priors", "name")
"""The names that this command takes."""
HOW_IT_IS_RUN = ("run", "engine", "executor", "workers", "cluster", "results")
OF_FILES = ("site", "staffing", "pathway", "calibration", "study")
"""Other keys that it takes: how years are simulated, and the files that state the site."""


@dataclass(frozen=True)
class Asked:
    """A parsed command line: whole numbers, names, and the overrides of the configuration."""

    numbers: dict[str, int]
    words: dict[str, str]
    overrides: tuple[str, ...]


def ensemble(overrides: Sequence[str], *, config_dir: str | None = None, say: Callable[[str], None]) -> Path:
    """Build an ensemble, or go on building it; returns the file written. Raises ConfigError and ResultsError."""
    must_be_installed()
    asked, began = asked_for(overrides), time.perf_counter()
    folders = search_folders(config_dir)
    composed = stated_in(asked.overrides, folders)
    name = asked.words.get("name") or composed.choices.get("site", "none").rpartition("/")[2]
    _must_be_a_name(name)
    priors = priors_named(asked.words.get("priors") or _priors_for(name, folders), folders)
    chosen = asked.words.get("targets") or targets_for(composed.choices, folders)
    if "targets" not in asked.words and (not_used := passed_by(chosen, folders)):
        say(not_used)
    targets = targets_named(chosen, folders)
    _must_be_fitted(targets, chosen)
    study = study_from(composed, folders)
    _must_be_known(priors, study)
    targets = checked_targets(targets, chosen, study)
    space = space_of(priors, composed.raw)
    site = Site(composed, folders, space.parameters, targets)
    site.check_edges(space)
    key = digest([identity_of(site.study).key, exact(targets), exact(priors)])[:SHOWN]
    folder = Path(str(composed.raw["results"])) / "ensembles" / f"{name}-{key}"
    say(
        f"aeflow ensemble: departments of site '{composed.choices.get('site')}' within priors/{priors.name}.yaml that "
        f"meet {len(site.fitted)} rows of targets/{chosen}.yaml.\n"
        f"Years are kept in {folder}; the same command resumes the build."
    )
    with YearsFile(folder / "years.jsonl") as file:
        builder = Builder(site, space, priors.judged_by_mean, file, site.study.run.seed, say)
        fit = builder.build(asked.numbers["departments"])
        for year in fit.accepted:
            site.pathway(year.values, checked=True)
        path = Path(config_dir or "configs") / "ensembles" / f"{name}.yaml"
        met = MetTargets(chosen, targets)
        write(path, ensemble_of(fit, name, composed, met, priors), met.words)
        for line in fit_lines(fit):
            say(line)
        draw(fit, folder / "identified.png")
        if asked.numbers["confirm"]:
            departments = fit.accepted[: asked.numbers["confirm_departments"]]
            fresh = fresh_years(site, file, departments, asked.numbers["confirm"])
            say("")
            for line in confirmation_lines(confirm(fit, departments, fresh)):
                say(line)
    minutes = (time.perf_counter() - began) / 60
    say(f"\n{path}: {len(fit.accepted)} departments. Picture: {folder / 'identified.png'}. {minutes:.1f} minutes.")
    return path


def asked_for(overrides: Sequence[str]) -> Asked:
    """The parsed command line. Raises ConfigError with every fault."""
    numbers = {name: default for name, (default, _, _) in NUMBERS.items()}
    words: dict[str, str] = {}
    configuration, faults = [], []
    for override in overrides:
        key, _, value = override.partition("=")
        if key in NUMBERS:
            _, least, most = NUMBERS[key]
            if value.isdecimal() and least <= int(value) <= most:
                numbers[key] = int(value)
            else:
                faults.append(Fault(override, f"found '{value}'", f"Allowed: a whole number from {least} to {most}"))
        elif key in WORDS:
            words[key] = value
        elif key.lstrip("+").split(".")[0] in HOW_IT_IS_RUN or key in OF_FILES:
            configuration.append(override)
        else:
            known = (*NUMBERS, *WORDS, *HOW_IT_IS_RUN, *OF_FILES)
            remedy = "Write it into the site's files: an ensemble is of a site" if "." in key else nearest(key, known)
            faults.append(Fault(override, "is not for this command", remedy))
    if faults:
        raise ConfigError(faults)
    if not any(override.split("=", 1)[0] == "run" for override in configuration):
        configuration.insert(0, "run=validation")
    return Asked(numbers, words, tuple(configuration))


def _must_be_a_name(name: str) -> None:
    if not is_name_of_file(name) or "/" in name or name == "none":
        raise ConfigError([Fault("name", f"'{name}' is no name of a file", "Say name=NAME")])


def _priors_for(name: str, folders: Sequence[Path]) -> str:
    """The name of the priors: the ensemble's own, or else the typical site's, whose ranges are factors."""
    return name if name in names_in("priors", folders) else "typical"


def _must_be_fitted(targets: Sequence[Target], name: str) -> None:
    """Raise ConfigError unless there are rows to fit to, each with one number a year."""
    where = f"targets/{name}.yaml"
    fitted = [target for target in targets if target.kind == "calibrated"]
    faults = [
        Fault(f"{where}, {target.name}", f"'{BUSY}' is a row for each pool, which cannot be fitted to", "Predict it")
        for target in fitted
        if target.measure == BUSY
    ]
    if not fitted:
        faults.append(Fault(where, "has no row of kind calibrated", "Say which rows a department has to meet"))
    if faults:
        raise ConfigError(faults)


def _must_be_known(priors: Priors, study: Study) -> None:
    """Raise ConfigError for unknown measures in `judged_by_mean`.

    A known one that no row is about is allowed: priors serve several files of targets.
    """
    known = known_measures(study)
    where = f"priors/{priors.name}.yaml.judged_by_mean"
    faults = [
        Fault(where, f"unknown measure '{name}'", nearest(name, known))
        for name in priors.judged_by_mean
        if name not in known
    ]
    if faults:
        raise ConfigError(faults)


def draw(fit: Fit, path: Path) -> None:
    """Write the picture of what is and is not identified."""
    parameters = contractions(fit)
    order = [list(fit.space.parameters).index(parameter.name) for parameter in parameters]
    names = [parameter.name for parameter in parameters]
    points = fit.points[:, order]
    picture = identified(names, points, [parameter.contraction for parameter in parameters], least=LEAST_IDENTIFIED)
    path.write_bytes(picture.png)
