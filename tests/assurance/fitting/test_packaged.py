"""The priors that come with aeflow make sound departments of the typical site, and change what they mean to."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulation.assurance.fitting.build import Site
from simulation.assurance.fitting.command import Causes, overrides_of_site
from simulation.assurance.targets import targets_named
from simulation.config.composing import stated_in
from simulation.config.ensembles import priors_named
from simulation.config.files import search_folders
from simulation.config.studies import study_from

FOLDERS = search_folders()


PRIORS = priors_named("england", FOLDERS)
CAUSES = tuple(PRIORS.causes)


@cache
def site_of(cause: str) -> Site:
    words = overrides_of_site([])
    found, targets = stated_in(words, FOLDERS), targets_named("england", FOLDERS)
    return Causes(found, words, FOLDERS, PRIORS, targets).site(cause)


@pytest.mark.parametrize(
    "cause",
    [pytest.param(cause, marks=[pytest.mark.slow] * (cause != "mixture")) for cause in CAUSES],
)
def test_departments_of_every_cause_at_both_ends_of_the_priors_are_sound(cause: str) -> None:
    site_of(cause).check_edges()


def test_a_build_around_the_typical_site_is_not_a_verdict_over_the_packaged_departments() -> None:
    """Ten replications are too few for such a verdict, which would refuse every build that names no other site."""
    study = study_from(stated_in(overrides_of_site([]), FOLDERS), FOLDERS)
    assert (study.run.replications, study.run.departments) == (10, None)


def test_every_parameter_changes_the_department_of_some_cause() -> None:
    """A path that nothing reads would be a parameter that cannot be identified."""
    unread = set(PRIORS.parameters)
    for cause in CAUSES:
        site = site_of(cause)
        point = np.full(site.space.n_dims, 0.5)
        middle = site.pathway(site.space.member(point))
        for at, name in enumerate(site.space.parameters):
            if name not in unread:
                continue
            moved = point.copy()
            moved[at] = 1.0
            if site.pathway(site.space.member(moved)) != middle:
                unread.discard(name)
    assert not unread


def test_departments_of_two_sizes_have_as_busy_nurses_and_keep_the_rest() -> None:
    """What scales with size is what `aeflow new department` scales; minutes, patience and shares are left alone."""
    site = site_of("places")
    small, large = (
        site.pathway(replace(site.space.member(np.full(site.space.n_dims, 0.5)), values=values))
        for values in _at_sizes(site, 220.0, 600.0)
    )
    per_day = [
        sum(one.arrivals[name].per_day for name in ("walk_in", "ambulance", "referred"))
        for one in (small, large)
    ]
    assert per_day == pytest.approx([220, 600], rel=1e-3)
    assert small.pools["majors_cubicles"].capacity < large.pools["majors_cubicles"].capacity
    assert small.durations["settling"] == large.durations["settling"]
    assert small.attributes.keys() == large.attributes.keys()


def _at_sizes(site: Site, *sizes: float) -> list[tuple[float, ...]]:
    middle = site.space.member(np.full(site.space.n_dims, 0.5))
    place = list(site.space.parameters).index("size")
    return [(*middle.values[:place], size, *middle.values[place + 1 :]) for size in sizes]


def test_sizes_are_drawn_as_trusts_are_spread() -> None:
    space = site_of("pace").space
    place = list(space.parameters).index("size")
    drawn = [space.member(np.full(space.n_dims, at)).values[place] for at in (0, 0.125, 0.5, 1)]
    assert drawn == [200, 240, 350, 650]
    members = [space.member(np.full(space.n_dims, at)) for at in (0.1, 0.6, 0.9)]
    assert space.points(members)[:, place] == pytest.approx([0.1, 0.6, 0.9], abs=1e-3)


def test_a_year_measures_the_months_that_targets_are_means_of() -> None:
    run = site_of("clinicians").study.run
    assert [month for month, _ in run.months(0)] == [4, 5, 6, 7, 8, 9]
    assert run.measured_days == 364
