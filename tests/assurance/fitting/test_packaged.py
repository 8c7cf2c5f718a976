"""The priors that come with aeflow make sound departments of the typical site, and change what they mean to."""

import numpy as np
import pytest

from simulation.assurance.fitting.build import Site
from simulation.assurance.fitting.command import overrides_of_site
from simulation.assurance.fitting.emulator import Space, space_of
from simulation.assurance.targets import targets_named
from simulation.config.composing import stated_in
from simulation.config.ensembles import ensemble_named, priors_named
from simulation.config.files import search_folders

FOLDERS = search_folders()


@pytest.fixture(scope="module")
def space() -> Space:
    return space_of(priors_named("typical", FOLDERS), stated_in([], FOLDERS).raw)


@pytest.fixture(scope="module")
def site(space: Space) -> Site:
    found = stated_in(overrides_of_site(["site=typical"]), FOLDERS)
    return Site(found, FOLDERS, space, targets_named("england", FOLDERS))


def test_departments_at_both_ends_of_the_priors_are_sound(site: Site) -> None:
    site.check_edges()


def test_every_parameter_changes_the_department(site: Site, space: Space) -> None:
    """A path that nothing reads would be a parameter that cannot be identified."""
    middle = site.pathway(space.member(np.full(space.n_dims, 0.5)))
    for at, name in enumerate(space.parameters):
        point = np.full(space.n_dims, 0.5)
        point[at] = 1.0
        assert site.pathway(space.member(point)) != middle, name


def test_a_year_measures_the_months_that_targets_are_means_of(site: Site) -> None:
    assert [month for month, _ in site.study.run.months(0)] == [4, 5, 6, 7, 8, 9]
    assert site.study.run.measured_days == 364


def test_the_packaged_ensemble_is_of_these_priors_and_this_site(space: Space) -> None:
    """It is built again (`aeflow ensemble site=typical`) when either changes."""
    ensemble = ensemble_named("typical", FOLDERS)
    assert ensemble.parameters == space.parameters
    assert ensemble.structures == space.structures
    assert len(ensemble.departments) == len(set(ensemble.departments)) == 100


def test_the_first_and_the_last_department_of_the_packaged_ensemble_are_sound(site: Site) -> None:
    ensemble = ensemble_named("typical", FOLDERS)
    for number in (0, len(ensemble.departments) - 1):
        site.pathway(ensemble.member(number), checked=True)
