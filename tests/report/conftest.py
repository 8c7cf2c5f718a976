"""A short study of the typical department: six arms, of which one is a twin of the baseline, and one states no cost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from simulation.api import Result, compare, run
from simulation.config import load
from simulation.display.drawing import Picture
from simulation.measures.measuring import Measures
from simulation.questions.blanks import BlankEffect
from simulation.report import contents as pictures_module
from simulation.report.contents import pictures
from simulation.study.design import Blank, Design, OfferFacts
from simulation.study.study import Study

SHORT = (
    "ensemble=none",
    "run.replications=3",
    "run.warm_up_days=0",
    "run.measured_days=2",
    "run.cool_down_days=3",
    "run.doublings=0",
    "executor=serial",
    "engine=compiled",
)
KEPT = ("nurse", "sham", "ai_label_measured_under", "ai_as_claimed", "one_more_triage_nurse")
TWIN = "twin"


@pytest.fixture(scope="session")
def study() -> Study:
    full = load(*SHORT, "~study.arms.ai_label_measured_under.cost")
    twin = replace(
        full.baseline, name=TWIN, arm=replace(full.baseline.arm, label="Twin of the nurse")
    )
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
def drawn(result: Result) -> dict[str, Picture]:
    return {picture.name: picture for picture in pictures(result)}


@pytest.fixture(scope="session")
def folder(
    result: Result, drawn: dict[str, Picture], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Its folder, with the pictures that `drawn` holds."""
    return result.write(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="session")
def html(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


SMALL = Picture("pathway", b"a picture", "alternative text", "caption")
"""Stands for the picture of the pathway, which takes longer to draw than all the others together."""


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write folders with one small picture: what they hold is looked at elsewhere."""
    monkeypatch.setattr(pictures_module, "pictures", lambda result: ())
    monkeypatch.setattr(pictures_module, "picture_of", lambda sketch: SMALL)


def with_measures(
    result: Result, measures: Mapping[str, Sequence[Measures]], design: Design | None = None
) -> Result:
    """A result of some of its arms, with measures made up, one for each replication."""
    arms = tuple(arm for arm in result.study.arms if arm.name in measures)
    replications = tuple(
        replace(
            replication,
            arms={
                arm.name: replace(replication.arms[arm.name], measures=measures[arm.name][number])
                for arm in arms
            },
        )
        for number, replication in enumerate(result.replications)
    )
    study = replace(result.study, arms=arms, design=design or result.study.design)
    return replace(result, study=study, replications=replications)


OFFER = OfferFacts(
    arm="ai_scribe_measured",
    product="QuickNote",
    department="Our department",
    claims=("27 seconds saved at each triage",),
    not_shown=("accuracy by language", "what happens when it fails"),
    blanks=(
        Blank(
            question="How many minutes triage of a walk-in takes",
            parameters=("triage_busy",),
            unit="minutes",
            find="time triages with a watch",
            patients=100,
        ),
        Blank(
            question="The wait for a bed",
            parameters=("ward_stay",),
            unit="minutes",
            find="ask the bed manager",
        ),
    ),
)
EFFECTS = (
    BlankEffect(OFFER.blanks[0], -1.2, -8.4, 0.5, True),
    BlankEffect(OFFER.blanks[1], -4.4, -3.6),
)
"""What the page is told of the blanks."""
ALTERNATIVES = ("lean_triage", "clinician_14_to_22")


@pytest.fixture(scope="session")
def offered_study() -> Study:
    """A study of an offer over twenty departments."""
    used = (
        "run.departments=20",
        "run.replications=40",
        "run.warm_up_days=0",
        "run.measured_days=3",
    )
    whole = load(
        *used, "run.cool_down_days=2", "run.doublings=0", "executor=serial", "engine=compiled"
    )
    study = whole.of_arms(("nurse", OFFER.arm, "ai_as_claimed", *ALTERNATIVES))
    return replace(study, design=replace(study.design, offer=OFFER))


@pytest.fixture(scope="session")
def offered(offered_study: Study) -> Result:
    """Its result."""
    return compare(offered_study)
