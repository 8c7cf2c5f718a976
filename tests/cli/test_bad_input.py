"""Input that could run without end, write where it should not, or mean nothing is one message; nothing is written."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import packaged_configs

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
            "study.primary.0.minimal_important_difference: found inf. Give a finite number.",
        ),
        (
            'study.question="\ud800"',
            'study.question="?": holds a character that cannot be written out.',
        ),
        (
            "~site.profiles.arrivals_walk_in.weights.0",
            "'site.profiles.arrivals_walk_in.weights' is a list. Write the whole list:",
        ),
        ("~site.profiles.nothing", "there is no 'site.profiles.nothing'"),
        ("hydra=1", "hydra=1: is an option of Hydra."),
        ("hydra.run.dir=x", "hydra.run.dir=x: is an option of Hydra."),
        ("scenario@elsewhere=busier", "is an option of Hydra."),
        (
            "scenario.changes={pathway: x}",
            "scenario.changes.pathway: 'pathway' is a block of keys.",
        ),
        (
            "study.arms.sham.changes={site: 3}",
            "study.arms.sham.changes.site: 'site' is a block of keys.",
        ),
        (
            "pathway.ends.left.records=[departed_at,acuity_given]",
            "pathway.ends.left.records: the name 'acuity_given' is taken by an attribute.",
        ),
        (
            "pathway.ends.left.records=[departed_at,arrived_at]",
            "the name 'arrived_at' is taken by every table of patients.",
        ),
        (
            "site.arrivals.walk_in.per_day=1e300",
            "site.arrivals.walk_in.per_day: the number is too large.",
        ),
        ("site.arrivals.walk_in.per_day=1000000", "1,000,166 patients a day, more than 50,000."),
        (
            "site.pools.majors_cubicles.capacity=1e30",
            "site.pools.majors_cubicles.capacity: the number is too large.",
        ),
        (
            "site.pools.majors_cubicles.capacity=3000000",
            "3e+06 is more than can be simulated. Give 1,000,000 or less.",
        ),
        ("run.measured_days=10000003", "10,000,035 days a replication, more than 100,000."),
        ("run.replications=1200000", "run: the study would take about"),
        (
            "ward_stay_scale=0.8",
            "ward_stay_scale=0.8: there is no top-level key 'ward_stay_scale'. "
            "Did you mean 'calibration.ward_stay_scale.value'?",
        ),
        ("study.name=latest", "study.name: 'latest' is a reserved name."),
        ("study.name=Con", "study.name: 'Con' is a reserved name."),
        ("pathway.name=../../x", "pathway.name: '../../x' is not a name."),
        (
            "study.arms.sham.triage=../../x",
            "study.arms.sham.triage: there is no triage policy '../../x'.",
        ),
        ("study.arms.sham.triage=../triage/sham", "there is no triage policy '../triage/sham'."),
        ("study.question='${oc.env:HOME}'", "'${oc.env:HOME}': is not a plain reference."),
        ("results='x${run.seed}'", "'x${run.seed}' is not a plain reference."),
        (
            "study.question='${study.question}'",
            "study.question: refers to itself: ${study.question} -> ",
        ),
        (
            "study.question='${study.nothing}'",
            "study.question: ${study.nothing}: there is no 'study.nothing'.",
        ),
        (f"study.question={'[' * 60}{']' * 60}", "blocks within blocks, more than 40 deep."),
        (f"study.question={'x' * 20_000}", "is longer than 10,000 characters."),
        (
            "site.durations.triage_interview.log_sd=20",
            "20 is more than can be simulated. Give 5 or less.",
        ),
        (
            "study.order_pairs=100000000",
            "study.order_pairs: found 100000000. Allowed: less than or equal to 1000",
        ),
        (
            "pathway.decisions_every_minutes=0.001",
            "0.001 is less than can be simulated. Give 1 or more.",
        ),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(
    word: str, message: str, aeflow: Aeflow, here: Path
) -> None:
    output = aeflow("compare", word).message
    assert message in output
    assert "\n" not in output
    assert list(here.iterdir()) == []


def test_a_policy_outside_the_configurations_is_not_found_by_run_either(aeflow: Aeflow) -> None:
    assert (
        "triage=../../x: there is no triage '../../x'." in aeflow("run", "triage=../../x").message
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &a [*a]\n", "scenario/mine.yaml, line 1: *a is inside &a itself."),
        (BOMB, "comes to more than 200,000 values, aliases written out."),
        (
            f"a: {'[' * 200}{']' * 200}\n",
            "scenario/mine.yaml, line 1: blocks within blocks, more than 40 deep.",
        ),
        (f"a: {'x' * 1_000_000}\n", "scenario/mine.yaml: is larger than 1 MB."),
        (
            "question: ${oc.env:HOME}\nchanges: {}\n",
            "line 1: '${oc.env:HOME}' is not a plain reference.",
        ),
        (
            "question: q\nchanges: {}\ncalibration: 3\n",
            "scenario.calibration: unknown key 'calibration'.",
        ),
        ("# @package _global_\ncalibration: 3\n", "calibration: found 3. Write a block of keys."),
        (
            "question: no\nchanges: {}\n",
            "scenario.question: found false, not a word. Put the word in quotes: YAML reads",
        ),
        (
            "question: q\nchanges: {no: 3}\n",
            "scenario/mine.yaml, line 2: the key no is not text. Put it in quotes: YAML reads no without quotes as",
        ),
        (
            "defaults: nurse\nquestion: q\nchanges: {}\n",
            "scenario/mine.yaml: defaults: found nurse. Write a list:",
        ),
        ("defaults: [3]\n", "scenario/mine.yaml: defaults: found [3]. Write a list:"),
    ],
)
def test_a_file_that_asks_too_much_is_named(
    text: str, message: str, aeflow: Aeflow, own: Own, here: Path
) -> None:
    own({"scenario/mine.yaml": text})
    began = time.monotonic()
    assert message in aeflow("compare", "scenario=mine").message
    assert time.monotonic() - began < 10
    assert [path.name for path in here.iterdir()] == ["configs"]


def test_a_policy_file_with_aliases_without_bound_is_named(aeflow: Aeflow, own: Own) -> None:
    own({"triage/mine.yaml": BOMB})
    assert "triage/mine.yaml, line " in aeflow("compare", "study.arms.sham.triage=mine").message


def test_references_that_multiply_are_named_before_they_fill_the_memory(aeflow: Aeflow) -> None:
    levels = [
        f"+x.{one}=[{','.join(['${x.' + other + '}'] * 9)}]"
        for one, other in zip("abcdefg", "bcdefgh", strict=True)
    ]
    assert (
        "more than 200,000 values with its references looked up"
        in aeflow("compare", *levels, "+x.h=[1]").message
    )


def test_a_sweep_of_too_many_is_refused_before_any_is_loaded(aeflow: Aeflow) -> None:
    began = time.monotonic()
    output = aeflow(
        "compare", "-m", "run.seed=range(1,1000000000)", "scenario=usual,winter"
    ).message
    assert (
        output
        == "-m: more than 500 combinations of values. Name fewer, or set allow_large=true to run them all."
    )
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("word", ["run.seed=interval(1,5)", "scenario=glob(*)"])
def test_a_sweep_that_names_no_values_is_refused(word: str, aeflow: Aeflow) -> None:
    assert "names no values one by one" in aeflow("compare", "-m", word).message


def test_a_dry_run_says_how_long_and_how_much_memory(aeflow: Aeflow, here: Path) -> None:
    output = aeflow("compare", "dry_run=true", "executor=serial", "engine=compiled")
    assert output.code == 0
    expected = r"Expected: about [\d.]+ (s|min) and \d\.\d GB of memory\.\n$"
    assert re.search(f"Dry run: nothing was simulated. {expected}", output.out)
    assert list(here.iterdir()) == []


def test_a_large_study_may_be_allowed(aeflow: Aeflow) -> None:
    large = ("run.measured_days=364000", "dry_run=true")
    assert "allow_large=true" in aeflow("compare", *large).message
    assert "Expected: about" in aeflow("compare", *large, "allow_large=true").out


def test_a_story_of_nobody_is_refused_before_a_year_is_simulated(aeflow: Aeflow) -> None:
    began = time.monotonic()
    output = aeflow("show", "patient=abc").message
    assert output.startswith(
        "patient=abc: is neither a row nor SOURCE-NUMBER such as 'walk_in-12'."
    )
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
