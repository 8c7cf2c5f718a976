"""Each named department differs from the typical one in what departments are drawn in, and runs the default study."""

import pytest

from simulation.assurance.validate import list_differences
from simulation.config import load, packaged_configs
from simulation.config.composing import stated_in
from simulation.config.ensembles import priors_named
from simulation.errors import ConfigError
from tests.held import Hold

CONFIGS = packaged_configs()
NAMES = ("short_of_beds", "short_of_clinicians", "short_of_triage")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_what_departments_are_drawn_in_differs_and_every_arm_stays(
    name: str, hold: Hold
) -> None:
    drawn = priors_named("typical", [CONFIGS]).parameters.values()
    lines = list_differences(
        stated_in([f"site={name}"], [CONFIGS]).raw, stated_in((), [CONFIGS]).raw
    )
    assert {line.split()[0] for line in lines} <= {path for one in drawn for path in one.changes}
    study = load(f"site={name}")
    assert study.left_out == ()
    assert study.departments is None
    hold(study.on_one, "ensemble 'england' was built")


def test_a_replaced_ensemble_is_refused_with_the_new_name(hold: Hold) -> None:
    for name in ("typical", "between_contacts"):
        with hold.refusal(ConfigError):
            load(f"ensemble={name}")


def test_a_department_is_called_by_the_name_of_its_files() -> None:
    named = {
        "study=gallery/one_nurse": "the department 'one_nurse'",
        "site=short_of_beds": "the department 'short_of_beds'",
        "site=typical": "the typical department",
    }
    assert {words: load(words, "ensemble=none").department_words for words in named} == named
