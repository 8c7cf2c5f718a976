"""The time and memory told before a run count what grows with it: replications too."""

from dataclasses import replace

import pytest

import simulation as ae
from simulation.study.offered_load import Work, work_of
from simulation.study.study import Study


@pytest.fixture(scope="module")
def study() -> Study:
    return ae.load("ensemble=none", "engine=compiled", "executor=serial")


def of(study: Study, replications: int) -> Work:
    return work_of(replace(study, run=replace(study.run, replications=replications)))


def test_memory_grows_by_what_is_held_of_each_replication(study: Study) -> None:
    """1.1 MB in 13 arms, as measured; 300 took 0.79 GB."""
    few, many = of(study, 30), of(study, 300)
    assert (many.gigabytes - few.gigabytes) * 1000 / 270 == pytest.approx(
        1.1 * len(study.arms) / 13, rel=0.05
    )
    assert many.gigabytes == pytest.approx(0.79, rel=0.15)


def test_a_short_run_takes_as_long_as_starting_and_reporting(study: Study) -> None:
    assert of(study, 1).seconds > 8
    per_replication = of(study, 101).seconds - of(study, 100).seconds
    assert of(study, 1000).seconds == pytest.approx(1000 * per_replication, rel=0.05)


def test_a_second_process_makes_it_less_than_twice_as_fast(study: Study) -> None:
    one = of(study, 100)
    two = of(replace(study, executor="local", workers=2), 100)
    assert one.seconds / two.seconds == pytest.approx(1.7, rel=0.05)
    assert two.gigabytes > one.gigabytes
