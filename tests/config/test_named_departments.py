"""Each named department is the one of the ensemble that its file names, and the default study runs on it whole."""

import re

import pytest

from simulation.assurance.validate import list_differences
from simulation.config import composed, load, packaged_configs
from simulation.config.composing import stated_in
from simulation.config.dotted import value_at
from simulation.config.ensembles import ensemble_named
from tests.held import Hold

CONFIGS = packaged_configs()
NAMES = ("short_of_beds", "short_of_clinicians", "short_of_triage")


@pytest.mark.parametrize("name", NAMES)
def test_a_named_department_is_the_one_of_the_ensemble_that_its_file_names(name: str) -> None:
    output = re.search(
        r"Department (\d+) of the ensemble `typical`",
        (CONFIGS / "site" / f"{name}.yaml").read_text("utf-8"),
    )
    assert output is not None
    changes = ensemble_named("typical", [CONFIGS]).changes_of(int(output[1]))
    ours, typical = composed([f"site={name}"]), composed()
    wanted: dict[str, float] = {}
    for (
        change
    ) in changes:  # a structure's change, then the department's own: of one path both may be
        before = wanted.get(
            change.path, 1.0 if change.path.endswith(".scale") else value_at(typical, change.path)
        )
        wanted[change.path] = (
            before * change.value["times"] if isinstance(change.value, dict) else change.value
        )
    assert {path: value_at(ours, path) for path in wanted} == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_what_the_ensemble_varies_differs_and_every_arm_stays(
    name: str, hold: Hold
) -> None:
    varied = ensemble_named("typical", [CONFIGS]).varied
    lines = list_differences(
        stated_in([f"site={name}"], [CONFIGS]).raw, stated_in((), [CONFIGS]).raw
    )
    assert {line.split()[0] for line in lines} <= varied.keys()
    study = load(f"site={name}")
    assert study.left_out == ()
    assert study.departments is None
    hold(study.on_one, "ensemble 'typical' was built")


def test_a_study_on_a_site_with_an_ensemble_of_its_own_names_it(hold: Hold) -> None:
    hold(load("site=between_contacts").on_one, "ensemble=between_contacts has departments")
    assert load("site=between_contacts", "ensemble=between_contacts").departments is not None


def test_a_department_is_called_by_the_name_of_its_files() -> None:
    named = {
        "study=gallery/one_nurse": "the department 'one_nurse'",
        "site=short_of_beds": "the department 'short_of_beds'",
        "site=typical": "the typical department",
    }
    assert {words: load(words, "ensemble=none").department_words for words in named} == named
