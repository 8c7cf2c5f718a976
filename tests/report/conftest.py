"""A short study of the typical department: a few days, six arms, one of them a twin of the baseline."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulation.config import load
from simulation.experiment.result import Result
from simulation.experiment.run import compare, run
from simulation.report import folder as folder_module
from simulation.report.figures import pictures
from simulation.report.figures.drawing import Picture
from simulation.report.folder import write_result
from simulation.report.gather import inputs_of
from simulation.report.inputs import ReportInputs
from simulation.study.study import Study

SHORT = (
    "run.replications=3",
    "run.start_week=0",  # in busier weeks somebody is still in A&E at the end, and a mean stay unknown
    "run.warm_up_days=0",
    "run.measured_days=2",
    "run.cool_down_days=1",
    "run.doublings=0",
    "executor=serial",
    "engine=reference",
)
KEPT = ("nurse", "sham", "ai_label_measured_under", "ai_as_claimed", "one_more_triage_nurse")
TWIN = "twin"


@pytest.fixture(scope="session")
def study() -> Study:
    full = load(*SHORT)
    twin = replace(full.baseline, name=TWIN, arm=replace(full.baseline.arm, label="Twin of the nurse"))
    arms = (*(full.arm(name) for name in KEPT), twin)
    design = replace(full.design, arms={arm.name: arm.arm for arm in arms})
    return replace(full, arms=arms, design=design)


@pytest.fixture(scope="session")
def result(study: Study) -> Result:
    return compare(study)


@pytest.fixture(scope="session")
def alone(study: Study) -> Result:
    return run(replace(study, run=replace(study.run, replications=1)))


@pytest.fixture(scope="session")
def inputs(result: Result) -> ReportInputs:
    return inputs_of(result, {})


@pytest.fixture(scope="session")
def drawn(inputs: ReportInputs) -> dict[str, Picture]:
    return {picture.name: picture for picture in pictures(inputs)}


@pytest.fixture(scope="session")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_result(result, tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="session")
def html(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


SMALL = Picture("pathway", b"a picture", "alternative text", "caption")
"""Stands for the picture of the pathway, which takes longer to draw than all the others together."""


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write folders with one small picture: what they hold is looked at elsewhere."""
    monkeypatch.setattr(folder_module, "pictures", lambda inputs: ())
    monkeypatch.setattr(folder_module, "picture_of", lambda sketch: SMALL)
