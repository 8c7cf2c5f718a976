"""The file of an ensemble: departments that fit, as a study reads them."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from pathlib import Path

import yaml

from simulation import __version__
from simulation.assurance.fitting.build import Fit
from simulation.assurance.targets import Target
from simulation.assurance.targets_file import ENGLAND
from simulation.config.composing import Composed
from simulation.config.ensembles import Built, Ensemble, Priors, ensemble_named
from simulation.errors import ResultsError
from simulation.records.serialise import digest, exact, plain
from simulation.run.store.identity import source_digest

SHOWN = 12
"""Characters of a hash that are shown."""
WIDTH = 118
"""Characters of a line of the heading."""


@dataclass(frozen=True)
class MetTargets:
    """The targets that departments had to meet, and the name of their file."""

    name: str
    targets: tuple[Target, ...]

    @property
    def words(self) -> str:
        """The targets in words."""
        return "the published figures" if self.name == ENGLAND else f"the figures in targets/{self.name}.yaml"


def ensemble_of(fit: Fit, name: str, composed: Composed, met: MetTargets, priors: Priors) -> Ensemble:
    """The ensemble of a fit, as its file states it."""
    chosen = {group: composed.choices.get(group, "none") for group in ("site", "staffing", "pathway", "calibration")}
    return Ensemble(
        name=name,
        question=f"What holds in every department like '{chosen['site']}' that meets {met.words}?",
        built=Built(
            **chosen,
            targets=f"{met.name} {digest(exact(met.targets))[:SHOWN]}",
            priors=f"{priors.name} {digest(exact(priors))[:SHOWN]}",
            program=f"{__version__} {source_digest()[:SHOWN]}",
            simulated_years=len(fit.years),
            accepted=fit.n_fit,
        ),
        parameters=fit.space.parameters,
        departments=tuple(year.values for year in fit.accepted),
    )


def write(path: Path, built: Ensemble, words: str) -> None:
    """Write an ensemble, and check that it can be read; `words` say what it meets.

    Raises ResultsError if the file cannot be written.
    """
    content = plain(built)
    rows = "".join(f"  - [{', '.join(f'{value:g}' for value in values)}]\n" for values in content.pop("departments"))
    heading = textwrap.fill(
        f"{len(built.departments)} departments that meet {words}, each as good a guess as the others: the "
        "site with these changes. They are in random order, so the first of them, however many, are a fair sample. "
        "Written by `aeflow ensemble`; not to be edited by hand.",
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
    )
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=math.inf, default_flow_style=None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{heading}\n{text}departments:\n{rows}", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written ({error.strerror}). Name another folder") from error
    ensemble_named(built.name, [path.parent.parent])
