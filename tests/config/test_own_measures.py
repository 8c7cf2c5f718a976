"""What is wrong with measures and groups of one's own is one message each: where, what was found, what to do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulation.config import load
from simulation.config.arms import pathway_from
from simulation.config.validating import validated
from simulation.errors import ConfigError, Faults
from simulation.study.check_study import study_own_faults, target_faults
from simulation.study.design import Design
from simulation.study.study import Study
from tests.held import Hold

Own = Callable[..., Path]
STUDY = """
name: mine
question: Who waits?
baseline: nurse
arms:
  nurse: {label: A nurse, triage: nurse}
measures: MEASURES
groups: GROUPS
primary:
  - {measure: TARGET, label: Wait, minimal_important_difference: 5, evidence: assumed, source: test}
"""
WAIT = "{kind: span, better: lower, until: seen_at}"


@pytest.fixture(scope="module")
def usual() -> Study:
    return load("ensemble=none")


def stated(*, target: str = "wait_to_clinician_mean", groups: str = "{}", **measures: str) -> str:
    block = ", ".join(f"{name}: {text}" for name, text in measures.items())
    return (
        STUDY.replace("MEASURES", f"{{{block}}}")
        .replace("GROUPS", groups)
        .replace("TARGET", target)
    )


def message_of(text: str, usual: Study, **site: Any) -> str:
    """What is said of a study in the department that comes with aeflow, as `load` says it."""
    faults = Faults()
    design = validated(Design, yaml.safe_load(text), "study", faults)
    if design is not None:
        raw = {**usual.resolved, "site": {**usual.resolved["site"], **site}}  # type: ignore[dict-item]
        arms = [
            replace(usual.baseline, pathway=pathway_from(raw) if site else usual.baseline.pathway)
        ]
        faults += list(study_own_faults(design, arms)) or list(target_faults(design, arms))
    return str(ConfigError(faults))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{kind: span, until: seen_ad}",
            "study.measures.one.until",
        ),
        (
            "{kind: span, until: arrived_at}",
            "study.measures.one.until",
        ),
        (
            "{kind: span, until: seen_at, statistic: share}",
            "study.measures.one",
        ),
        (
            "{kind: span, until: seen_at, statistic: percentile}",
            "study.measures.one.percentile: is missing.",
        ),
        (
            "{kind: span, until: seen_at, within_minutes: 60}",
            "study.measures.one.within_minutes",
        ),
        (
            "{kind: span, until: seen_at, among: acuity_true=urgnt}",
            "study.measures.one.among: unknown group 'acuity_true=urgnt'. Did you mean 'acuity_true=urgent'?",
        ),
        (
            "{kind: category, attribute: age_bant, categories: [a]}",
            "study.measures.one.attribute: unknown attribute 'age_bant'. Did you mean 'age_band'?",
        ),
        (
            "{kind: category, attribute: arrival_source, categories: [ambulence]}",
            "study.measures.one.categories.0: unknown category 'ambulence'. Did you mean 'ambulance'?",
        ),
        (
            "{kind: outcome, outcomes: [discharge]}",
            "study.measures.one.outcomes.0: unknown outcome 'discharge'. Did you mean 'discharged'?",
        ),
        (
            "{kind: span, until: seen_at, among: age=oldest}",
            "study.measures.one.among: unknown group 'age=oldest'. Did you mean 'age_band=oldest'?",
        ),
        (
            "{kind: category, attribute: age, categories: [84-75]}",
            "study.measures.one.categories.0: unknown category '84-75'. Known names: 0, 1-4, 13-17, 18-24, "
            "25-39, 40-64, 5-12, 65-74, 75-79, 80-84, 85-89, 90-94, 95-104.",
        ),
        (
            "{kind: busy, pool: docters}",
            "study.measures.one.pool: unknown pool 'docters'. Did you mean 'doctors'?",
        ),
        (
            "{kind: busy, pool: analysers}",
            "study.measures.one.pool",
        ),
        ("{kind: busy, pool: doctors, hours: 8-28}", "study.measures.one.hours: "),
        (
            "{kind: spam, until: seen_at}",
            "study.measures.one.kind: unknown kind 'spam'. Did you mean 'span'?",
        ),
        (
            "{kind: span, untill: seen_at}",
            "study.measures.one.untill: unknown key 'untill'. Did you mean 'until'?",
        ),
    ],
)
def test_a_mistake_in_a_measure_is_one_message_with_the_nearest_name(
    usual: Study, text: str, message: str, hold: Hold
) -> None:
    hold(message_of(stated(one=text), usual), message)


def test_measures_and_groups_name_spans_of_years(usual: Study) -> None:
    old = "{kind: category, attribute: age, categories: [75-84, 90-120]}"
    groups = f"{{old: {old}, both: {{kind: all_of, groups: [old, age=80]}}}}"
    text = stated(groups=groups, one=f"{WAIT[:-1]}, among: age=75-84}}")
    assert message_of(text, usual).startswith("0 faults")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            "{old: {kind: all_of, groups: [older, all]}, older: {kind: all_of, groups: [old, all]}}",
            "2 faults",
        ),
        (
            "{all: {kind: hours, hours: 8-20}}",
            "study.groups.all",
        ),
        ('{"a=b": {kind: hours}}', "study.groups.a=b"),
        (
            "{night: {kind: hours}, both: {kind: all_of, groups: [nigth, all]}}",
            "study.groups.both.groups.0: unknown group 'nigth'. Did you mean 'night'?",
        ),
        (
            "{one: {kind: all_of, groups: [all]}}",
            "study.groups.one.groups: found ",
        ),
    ],
)
def test_a_mistake_in_a_group_is_one_message(
    usual: Study, groups: str, message: str, hold: Hold
) -> None:
    hold(message_of(stated(groups=groups), usual), message)


def test_a_measure_with_the_name_of_one_of_ours_is_refused_wherever_it_is_stated(
    usual: Study,
) -> None:
    taken = "the name is taken by a measure of every study. Choose another."
    assert message_of(stated(stay_mean=WAIT), usual) == f"study.measures.stay_mean: {taken}"
    with pytest.raises(ConfigError) as refused:
        message_of(stated(), usual, measures={"stay_mean": {"kind": "span", "until": "seen_at"}})
    assert str(refused.value) == f"site.measures.stay_mean: {taken}"


def test_names_are_unique_in_study_and_department_together(usual: Study, hold: Hold) -> None:
    message = message_of(
        stated(wait=WAIT), usual, measures={"wait": {"kind": "span", "until": "seen_at"}}
    )
    hold(message, "study.measures.wait")


def test_a_departments_own_measure_is_checked_where_it_is_written(usual: Study, hold: Hold) -> None:
    with hold.refusal(ConfigError, "site.measures.wait.until", match="point in time 'seen_ad'"):
        message_of(stated(), usual, measures={"wait": {"kind": "span", "until": "seen_ad"}})


def test_a_target_names_an_own_measure_and_a_mistake_the_nearest(
    usual: Study, own: Own, hold: Hold
) -> None:
    folder = own({"study/mine.yaml": stated(wait=WAIT, target="wait")})
    assert load("study=mine", config_dir=folder).design.primary[0].measure == "wait"
    message = message_of(stated(my_wait=WAIT, target="my_wat"), usual)
    assert message == "study.primary.0.measure: unknown measure 'my_wat'. Did you mean 'my_wait'?"
    message = message_of(stated(wait="{kind: span, until: seen_at}", target="wait"), usual)
    hold(message, "study.primary.0.measure")


def test_a_target_may_be_a_queue_or_a_busy_share_and_names_its_step_or_pool(
    usual: Study, hold: Hold
) -> None:
    message = message_of(stated(target="queue_mean"), usual)
    hold(message, "study.primary.0.group")
    text = stated(target="queue_mean").replace("label: Wait", 'group: "step=triage", label: Wait')
    assert message_of(text, usual) == str(ConfigError([]))


PER_CENT = "{measure: MEASURE, label: Of all, KEY: VALUE, evidence: assumed, source: test}"


@pytest.mark.parametrize("measure", ["left_share", "one"])
@pytest.mark.parametrize(
    ("part", "key"), [("secondary", "minimal_important_difference"), ("margins", "margin")]
)
def test_a_difference_between_shares_that_is_written_in_per_cent_is_refused(
    usual: Study, measure: str, part: str, key: str
) -> None:
    text = stated(one="{kind: outcome, better: lower, outcomes: [left]}")
    target = PER_CENT.replace("MEASURE", measure).replace("KEY", key)
    assert message_of(f"{text}\n{part}: [{target.replace('VALUE', '5')}]", usual) == (
        f"study.{part}.0.{key}: found 5, and '{measure}' is a share. Shares run from 0 to 1: write 0.05 for 5 points."
    )
    assert message_of(f"{text}\n{part}: [{target.replace('VALUE', '0.05')}]", usual) == str(
        ConfigError([])
    )


def test_a_precision_of_a_share_that_is_written_in_per_cent_is_refused(hold: Hold) -> None:
    with hold.refusal(ConfigError, "run.precision.half_width", match="found 1, and 'left_share'"):
        load("run.precision={measure: left_share, half_width: 1}")
