"""The kinds of configuration files: what each states and where its files are. Commands add those of the wings."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from simulation.config.ensembles import Ensemble, Priors
from simulation.config.studies import CalibrationParameter, Scenario, Top
from simulation.department.vocabulary import Pathway, Pool
from simulation.questions.narrow import Observed
from simulation.study.design import Design
from simulation.study.study import RunLength
from simulation.triage.nurse_and_tool import Nurse, Tool


class FileKind(NamedTuple):
    """A kind of configuration file: the class that it states, what it is about, and where its files are.

    `composed`: a file may start from others of its kind and refer to values of other files, else it states all its
    values itself; `of_study`: `config.yaml` chooses one of its files for every study.
    """

    states: Any
    about: str
    files: str
    composed: bool = False
    of_study: bool = False


def _of_study(name: str, states: Any, about: str, *, composed: bool = True) -> FileKind:
    return FileKind(states, about, f"{name}/**/*.yaml", composed, of_study=True)


FILE_KINDS: dict[str, FileKind] = {
    "config": FileKind(
        Top,
        "What `aeflow` composes: a file of each group, and how a command runs.",
        "config.yaml",
        composed=True,
    ),
    "site": _of_study("site", Pathway, "A department with its wards: patients, spaces, minutes."),
    "staffing": _of_study("staffing", Mapping[str, Pool], "Rotas: pools of staff, by name."),
    "pathway": _of_study(
        "pathway", Pathway, "Steps and routes, and whatever a site leaves to them."
    ),
    "calibration": _of_study(
        "calibration", Mapping[str, CalibrationParameter], "Fitted values, by name."
    ),
    "nurse": _of_study("nurse", Nurse, "How nurses triage, in every arm.", composed=False),
    "triage": _of_study("triage", Tool, "A triage policy: what a tool does.", composed=False),
    "scenario": _of_study("scenario", Scenario, "Circumstances that every arm meets."),
    "run": _of_study("run", RunLength, "How long a run is."),
    "study": _of_study("study", Design, "A question: arms, measures, differences that matter."),
    "priors": FileKind(
        Priors,
        "Values that a department could have, before it is held against anything.",
        "priors/**/*.yaml",
    ),
    "ensembles": FileKind(
        Ensemble, "Departments that fit the same published figures.", "ensembles/**/*.yaml"
    ),
    "observed": FileKind(
        Observed, "Figures of your own department, for `aeflow narrow`.", "observed/**/*.yaml"
    ),
}
"""By name, those of the core; `commands.own_files.file_kinds` adds those of the wings."""
