"""A day of too many arrivals is refused before the run, with the path and a bound that holds it."""

import re
from dataclasses import replace

import pytest

from simulation.config import load
from simulation.errors import ConfigError, DrawsError
from simulation.patients import draw
from simulation.study.department_warnings import refuse_beyond_bound
from simulation.study.study import Study

CLINIC = (
    "study=gallery/one_nurse",
    "run.measured_days=28",
    "run.warm_up_days=7",
    "run.replications=12",
)
BUSY = "+pathway.day_factors={busy: {cv: 0.17, evidence: assumed, source: test}}"


def clinic(*overrides: str) -> Study:
    return load(*CLINIC, BUSY, "+pathway.arrivals.walk_in.day_factor=busy", *overrides)


def drawn(study: Study, replication: int) -> None:
    run = study.run
    days = run.warm_up_days + run.measured_days + run.cool_down_days
    draw(
        study.baseline.pathway,
        seed=run.seed,
        replication=replication,
        days=days,
        calendar=run.calendar(replication),
    )


def test_the_refusal_is_of_the_replication_that_would_have_stopped_the_run_and_its_remedy_works() -> (
    None
):
    study = clinic()
    with pytest.raises(ConfigError) as refused:
        refuse_beyond_bound(study)
    (fault,) = refused.value.faults
    assert fault.where == "pathway.arrivals.walk_in.thinning_bound"
    told = re.match(
        r"day (-?\d+) of replication (\d+) wants (\d\.\d\d) times the usual arrivals, above 1\.5",
        fault.found,
    )
    assert told is not None
    with pytest.raises(DrawsError, match=f"wants {told[3]} times"):
        drawn(study, int(told[2]))
    remedy = re.match(r"Say (\S+)=([\d.]+), ", fault.remedy)
    assert remedy is not None
    refuse_beyond_bound(clinic(f"{remedy[1]}={remedy[2]}"))


def test_nothing_is_refused_where_every_replication_can_be_drawn() -> None:
    study = clinic("pathway.day_factors.busy.cv=0.1")
    refuse_beyond_bound(study)
    for replication in study.run.numbers:
        drawn(study, replication)


def test_only_the_replications_of_a_part_count() -> None:
    study = clinic()
    fine = [n for n in study.run.numbers if _can_be_drawn(study, n)]
    assert fine
    refuse_beyond_bound(replace(study, run=replace(study.run, first=fine[0], count=1)))


def _can_be_drawn(study: Study, replication: int) -> bool:
    try:
        drawn(study, replication)
    except DrawsError:
        return False
    return True


def test_the_site_that_states_a_source_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^site\.arrivals\.walk_in\.thinning_bound: day "):
        refuse_beyond_bound(
            load("ensemble=none", "site.arrivals.walk_in.thinning_bound=1.01", "run.replications=2")
        )
