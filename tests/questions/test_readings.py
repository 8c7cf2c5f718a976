"""What another reading of the evidence would give is worked out from the run, and is what a run of it gives."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.api import Result, compare, read, write
from simulation.config import load
from simulation.department.durations import Exponential
from simulation.errors import ConfigError
from simulation.questions.readings import _rate, _times, range_words, readings_of, tables
from simulation.report.first_page import first_page
from simulation.study.study import Study
from tests.config.ours import ensemble
from tests.held import Hold
from tests.report.test_first_page import numbers_in_no_table

MARKED = "evidence: assumed, source: made for a test"
TOOL = f"""
kind: matrix
name: tool
nurses_label: false
covers: {{minutes: [walk_in], {MARKED}}}
reading: share
readings:
  share: {{durations: [consultation], factor: {{value: 0.9, range: [0.3, 1], {MARKED}}}}}
  seconds:
    durations: [consultation]
    seconds_saved: {{value: 90, range: [0, 300], {MARKED}}}
    never_below: {{value: 0, range: [0, 1], {MARKED}}}
  twice: {{durations: [consultation], factor: {{value: 0.8, range: [0.3, 1], {MARKED}}}}}
"""
ARMS = f"""  tool: {{label: A tool, triage: tool}}
  more: {{label: More, triage: tool, changes: {{triage.readings.share.factor.value: 0.5}}, {MARKED}}}
primary:"""
SOURCED = ("+study.arms.tool.evidence=assumed", "+study.arms.tool.source=test")


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of one nurse, of a tool with two readings and of one that saves more, with 20 departments."""
    files = ensemble(20) | {"triage/tool.yaml": TOOL}
    files["study/mine.yaml"] = files["study/mine.yaml"].replace("primary:", ARMS)
    return written(files, tmp_path_factory.mktemp("mine"))


def written(files: dict[str, str], where: Path) -> Path:
    for name, text in files.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return where


def stated(mine: Path, *overrides: str) -> Study:
    return load(
        "study=mine", "ensemble=ours", "executor=serial", "engine=compiled", "run.replications=40",
        "run.measured_days=28", "run.warm_up_days=7", *overrides, config_dir=mine,
    )  # fmt: skip


def few_days(mine: Path, *overrides: str) -> Result:
    return compare(stated(mine, "run.measured_days=2", *overrides))


@pytest.fixture(scope="module")
def one(mine: Path) -> Result:
    """Its answer by the readings that run, each department used twice."""
    return compare(stated(mine))


def test_arms_of_known_effects_give_the_rate_at_which_more_minutes_level_off() -> None:
    """Effects of -20 (1 - exp(-.7 s)) in sixty departments of different s, and noise of a minute."""
    chance = np.random.default_rng(1)
    size = chance.uniform(5, 35, 60)
    saved = [np.full(60, 0.45), chance.uniform(1.8, 3.6, 60)]
    arms = [(s, -size * (1 - np.exp(-0.7 * s)) + chance.normal(0, 1, 60)) for s in saved]
    assert _rate(arms) == pytest.approx(0.7, abs=0.15)
    assert _times(np.array([0.9]), np.array([0.45]), _rate(arms[:1])) == pytest.approx(
        2, abs=0.001
    ), "in proportion"


def test_the_reading_that_ran_is_as_simulated(one: Result) -> None:
    reading = readings_of(one)["tool"]["share"]
    spread = one.spread("tool", one.first_target)
    assert spread is not None
    assert reading.how == "simulated"
    assert reading.spread.effects.tolist() == spread.effects.tolist()


def test_another_reading_is_worked_out_to_within_half_a_minute_of_its_run(
    one: Result, mine: Path
) -> None:
    told = readings_of(one)["tool"]["twice"]
    twice = compare(stated(mine, "readings=all").of_arms(["tool_twice"]))
    as_run = twice.spread("tool_twice", twice.first_target)
    assert as_run is not None
    assert told.how == "worked out"
    ends = (told.spread.raw.mean(), *told.spread.range[1:])
    assert ends == pytest.approx((as_run.raw.mean(), *as_run.range[1:]), abs=0.5)
    of_share = readings_of(one)["tool"]["share"].spread
    assert 1.1 < as_run.raw.mean() / of_share.raw.mean() < 1.9, (
        "more than as run, less than in proportion"
    )


def test_minutes_saved_are_those_of_each_department_and_are_stored(
    one: Result, tmp_path: Path
) -> None:
    """Of exponential minutes with mean m, s minutes come off where as many are left: m (1 - exp(-s / m))."""
    saved = one.explanation.arms["tool"].readings
    durations = [
        one.study.of(number).arm("tool").pathway.durations["consultation"] for number in range(20)
    ]
    minutes = np.array(
        [duration.mean for duration in durations if isinstance(duration, Exponential)]
    )
    np.testing.assert_allclose(saved["share"], 0.1 * minutes, rtol=0.08)
    np.testing.assert_allclose(saved["seconds"], minutes * (1 - np.exp(-1.5 / minutes)), rtol=0.03)
    assert read(write(one, tmp_path)).explanation == one.explanation


def test_table_and_headline_give_the_readings_and_what_would_settle_it(
    one: Result, mine: Path
) -> None:
    (table,) = tables(one)
    told = [(row[0], row[1], row[-1]) for row in table.rows]
    assert told[:2] == [("A tool", "10 %", "simulated"), ("A tool", "90 s", "worked out")]
    assert told[3:5] == [("More", "50 %", "simulated"), ("More", "90 s", "worked out")]
    most = "study.arms.more.changes={triage.readings.share.factor.value: 0.95}"
    assert {readings["twice"].how for readings in readings_of(few_days(mine, most)).values()} == {
        "extrapolated"
    }
    ends = [
        end for reading in readings_of(one)["tool"].values() for end in reading.spread.range[1:]
    ]
    words = f"aves 10 % or 90 s or 20 % (time staff to tell): −{-min(ends):.1f} to −{-max(ends):.1f} min"
    assert range_words(one, "tool") == f"s{words}"
    page = first_page(one)
    assert (
        f"S{words}" in next(headline for headline in page.headlines if headline.arm == "tool").parts
    )
    assert numbers_in_no_table(one) == set()


def test_only_arms_that_save_minutes_of_the_same_steps_foretell_each_other(one: Result) -> None:
    """Without the arm that saves more, the other's effects are in proportion to its minutes."""
    alone = replace(one, study=one.study.of_arms(["tool"]))
    steps = {"tool": "here", "more": "elsewhere"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("simulation.questions.readings._steps", lambda arm: steps[arm.name])
        apart = readings_of(replace(one))["tool"]
    assert (
        apart["twice"].spread.raw.tolist()
        == readings_of(alone)["tool"]["twice"].spread.raw.tolist()
    )
    assert apart["twice"].spread.raw.mean() < readings_of(one)["tool"]["twice"].spread.raw.mean()


def test_an_arm_that_also_changes_the_department_has_no_other_reading_worked_out(
    mine: Path,
) -> None:
    """Not all of its effect is due to the minutes."""
    second_nurse = "+study.arms.tool.changes={pathway.pools.nurses.extra: 1}"
    result = few_days(mine, second_nurse, *SOURCED)
    assert list(readings_of(result)) == ["more"]


def test_nothing_is_said_of_readings_on_one_department(mine: Path) -> None:
    result = few_days(mine, "ensemble=none", "run.replications=2")
    assert readings_of(result) == {}
    assert list(tables(result)) == []
    assert range_words(result, "tool") == ""


def test_readings_all_adds_an_arm_for_each_reading_that_does_not_run(mine: Path) -> None:
    names = [arm.name for arm in stated(mine, "readings=all").arms]
    assert names[3:] == ["tool", "tool_seconds", "tool_twice", "more", "more_seconds", "more_twice"]
    chosen = stated(
        mine, "readings=all", "+study.arms.tool.changes={triage.reading: seconds}", *SOURCED
    )
    assert {arm.name: arm.policy.reading for arm in chosen.arms if arm.name.startswith("tool")} == {
        "tool": "seconds",
        "tool_share": "share",
        "tool_twice": "twice",
    }
    assert stated(mine).arm("tool").policy.reading == "share"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "reading: share\n",
            "",
            "triage.tool.reading",
        ),
        (
            "reading: share",
            "reading: shar",
            "triage.tool.reading: unknown reading 'shar'. Did you mean 'share'?",
        ),
        (
            "value: 0.9",
            "value: 1.1",
            "triage.tool.readings.share.factor",
        ),
        (
            "value: 90",
            "value: 999",
            "triage.tool.readings.seconds.seconds_saved",
        ),
        ("readings:\n", "readings: share\nothers:\n", "triage/tool.yaml.readings: "),
    ],
)
def test_a_reading_that_is_not_sound_is_refused_whether_it_runs_or_not(
    mine: Path, tmp_path: Path, old: str, new: str, fault: str, hold: Hold
) -> None:
    files = {
        name: (mine / name).read_text(encoding="utf-8")
        for name in ("study/mine.yaml", "ensembles/ours.yaml")
    }
    folder = written(files | {"triage/tool.yaml": TOOL.replace(old, new, 1)}, tmp_path / "theirs")
    for overrides in ((), ("readings=all",)):
        with pytest.raises(ConfigError) as refused:
            stated(folder, *overrides)
        hold(str(refused.value), fault)
        assert "minutes effect" not in str(refused.value)
        assert "tool_s." not in str(refused.value), "no arm of a letter"
