"""Input that could run without end, write where it should not, or mean nothing is one message; nothing is written."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import packaged_configs
from tests.held import Hold

from .conftest import SHORT, Aeflow

pytestmark = pytest.mark.usefixtures("undrawn")

Own = Callable[..., Path]
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefg", "bcdefgh", strict=True)
)


def packaged(name: str) -> str:
    return (packaged_configs() / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (
            "study.primary.0.minimal_important_difference=inf",
            "study.primary.0.minimal_important_difference",
        ),
        (
            'study.question="\ud800"',
            'study.question="?"',
        ),
        (
            "~site.profiles.arrivals_walk_in.weights.0",
            "'site.profiles.arrivals_walk_in.weights'",
        ),
        ("~site.profiles.nothing", "there is no 'site.profiles.nothing'"),
        ("hydra=1", "hydra=1"),
        ("hydra.run.dir=x", "hydra.run.dir=x"),
        ("scenario@elsewhere=busier_staff_follow", "option of Hydra"),
        (
            "scenario.changes={pathway: x}",
            "scenario.changes.pathway",
        ),
        (
            "study.arms.sham.changes={site: 3}",
            "study.arms.sham.changes.site",
        ),
        (
            "pathway.ends.left.records=[departed_at,acuity_given]",
            "pathway.ends.left.records",
        ),
        (
            "pathway.ends.left.records=[departed_at,arrived_at]",
            "name 'arrived_at' is taken",
        ),
        (
            "site.arrivals.walk_in.per_day=1e300",
            "site.arrivals.walk_in.per_day",
        ),
        ("site.arrivals.walk_in.per_day=1000000", "1,000,166 patients a day"),
        (
            "site.pools.majors_cubicles.capacity=1e30",
            "site.pools.majors_cubicles.capacity",
        ),
        (
            "site.pools.majors_cubicles.capacity=3000000",
            "Give 1,000,000 or less",
        ),
        ("run.measured_days=10000003", "10,000,035 days a replication"),
        ("run.replications=1200000", "study would take"),
        (
            "ward_stay_scale=0.8",
            "ward_stay_scale=0.8",
        ),
        ("study.name=latest", "study.name"),
        ("study.name=Con", "study.name"),
        ("pathway.name=../../x", "pathway.name"),
        (
            "study.arms.sham.triage=../../x",
            "study.arms.sham.triage",
        ),
        ("study.arms.sham.triage=../triage/sham", "no triage policy '../triage/sham'"),
        ("study.question='${oc.env:HOME}'", "'${oc.env:HOME}'"),
        ("results='x${run.seed}'", "'x${run.seed}' is not"),
        (
            "study.question='${study.question}'",
            "study.question: refers to itself: ${study.question} -> ",
        ),
        (
            "study.question='${study.nothing}'",
            "study.question: ${study.nothing}: there is no 'study.nothing'.",
        ),
        (f"study.question={'[' * 60}{']' * 60}", "more than 40 deep"),
        (f"study.question={'x' * 20_000}", "is longer than 10,000 characters."),
        (
            "site.durations.triage_interview.log_sd=20",
            "Give 5 or less",
        ),
        (
            "study.order_pairs=100000000",
            "study.order_pairs",
        ),
        (
            "pathway.decisions_every_minutes=0.001",
            "Give 1 or more",
        ),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(
    word: str, message: str, aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    output = aeflow("compare", "ensemble=none", word).message
    hold(output, message)
    assert "\n" not in output
    assert list(here.iterdir()) == []


def test_a_policy_outside_the_configurations_is_not_found_by_run_either(
    aeflow: Aeflow, hold: Hold
) -> None:
    hold(aeflow("run", "triage=../../x").message, "triage=../../x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &a [*a]\n", "scenario/mine.yaml, line 1: *a is inside &a itself."),
        (BOMB, "more than 200,000 values, aliases written"),
        (
            f"a: {'[' * 200}{']' * 200}\n",
            "scenario/mine.yaml, line 1",
        ),
        (f"a: {'x' * 1_000_000}\n", "scenario/mine.yaml: is larger than 1 MB."),
        (
            "question: ${oc.env:HOME}\nchanges: {}\n",
            "'${oc.env:HOME}' is not",
        ),
        (
            "question: q\nchanges: {}\ncalibration: 3\n",
            "scenario.calibration: unknown key 'calibration'.",
        ),
        ("# @package _global_\ncalibration: 3\n", "found 3"),
        (
            "question: no\nchanges: {}\n",
            "scenario.question",
        ),
        (
            "question: q\nchanges: {no: 3}\n",
            "scenario/mine.yaml, line 2",
        ),
        (
            "defaults: nurse\nquestion: q\nchanges: {}\n",
            "scenario/mine.yaml: defaults: found nurse. Write a list:",
        ),
        ("defaults: [3]\n", "scenario/mine.yaml: defaults: found [3]. Write a list:"),
    ],
)
def test_a_file_that_asks_too_much_is_named(
    text: str, message: str, aeflow: Aeflow, own: Own, here: Path, hold: Hold
) -> None:
    own({"scenario/mine.yaml": text})
    began = time.monotonic()
    hold(aeflow("compare", "scenario=mine").message, message)
    assert time.monotonic() - began < 10
    assert [path.name for path in here.iterdir()] == ["configs"]


def test_a_policy_file_with_aliases_without_bound_is_named(aeflow: Aeflow, own: Own) -> None:
    own({"triage/mine.yaml": BOMB})
    assert "triage/mine.yaml, line " in aeflow("compare", "study.arms.sham.triage=mine").message


def test_references_that_multiply_are_named_before_they_fill_the_memory(
    aeflow: Aeflow, hold: Hold
) -> None:
    levels = [
        f"+x.{one}=[{','.join(['${x.' + other + '}'] * 9)}]"
        for one, other in zip("abcdefg", "bcdefgh", strict=True)
    ]
    hold(aeflow("compare", *levels, "+x.h=[1]").message, "more than 200,000 values with its")


def test_a_sweep_of_too_many_is_refused_before_any_is_loaded(aeflow: Aeflow, hold: Hold) -> None:
    began = time.monotonic()
    output = aeflow(
        "compare", "-m", "run.seed=range(1,1000000000)", "scenario=usual,winter"
    ).message
    hold(output, "more than 500 combinations of values")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("word", ["run.seed=interval(1,5)", "scenario=glob(*)"])
def test_a_sweep_that_names_no_values_is_refused(word: str, aeflow: Aeflow, hold: Hold) -> None:
    hold(aeflow("compare", "-m", word).message)


def test_a_dry_run_says_how_long_and_how_much_memory(aeflow: Aeflow, here: Path) -> None:
    output = aeflow("compare", "dry_run=true", "executor=serial", "engine=compiled")
    assert output.code == 0
    expected = r"Expected: about [\d.]+ (s|min) and \d\.\d GB of memory\.\n$"
    assert re.search(f"Dry run: nothing was simulated. {expected}", output.out)
    assert list(here.iterdir()) == []


def test_a_large_study_may_be_allowed(aeflow: Aeflow) -> None:
    large = ("ensemble=none", "run.measured_days=364000", "run.replications=2", "dry_run=true")
    assert "allow_large=true" in aeflow("compare", *large).message
    assert "Expected: about" in aeflow("compare", *large, "allow_large=true").out


def test_a_story_of_nobody_is_refused_before_a_year_is_simulated(
    aeflow: Aeflow, hold: Hold
) -> None:
    began = time.monotonic()
    output = aeflow("show", "patient=abc").message
    hold(output)
    assert time.monotonic() - began < 10


@pytest.mark.slow
def test_labels_are_text_and_never_formulas(aeflow: Aeflow) -> None:
    label = "study.arms.ai_scribe_measured.label='$\\frac{ b$'"
    words = (label, "study.primary.0.label='a$_b$ {'", "study.question='$x^'")
    output = aeflow("compare", *SHORT, *words, "scenario=usual")
    assert (output.code, "Traceback" in output.err) == (0, False), output.err
    assert "$\\frac{ b$" in output.out


@pytest.mark.slow
def test_an_arm_that_changes_a_list_has_the_whole_new_list(aeflow: Aeflow) -> None:
    rota = "study.arms.sham.changes={staffing.triage_nurses.rota: [{hours: 0-24, number: 5}]}"
    words = (
        rota,
        "+study.arms.sham.evidence=assumed",
        "+study.arms.sham.source=test",
        "ensemble=none",
    )
    output = aeflow("show", *words, "arm=sham")
    assert output.code == 0, output.err
    assert "triage_nurses" in output.out
    ran = aeflow("compare", *SHORT, *words)
    assert ran.code == 0, ran.err
