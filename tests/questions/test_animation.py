"""A day to watch: it shows what the tables say at any instant, stands alone, and is small."""

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

import simulation as ae
from simulation.cli import main
from simulation.errors import ConfigError, ResultsError
from simulation.questions.what_happened.animation import FILE, Animation, animate
from simulation.study.simulate import simulate_arm
from simulation.study.study import Study
from simulation.units import DAY
from tests.held import Hold

from .day_tables import Tables, areas_on_page, content_of

LENGTH = ("run.warm_up_days=7", "run.measured_days=2", "run.cool_down_days=1")
LOOKED = (
    "study=watching",
    "ensemble=none",
    "engine=compiled",
    "pathway.priority.target_pull.active=true",
    *LENGTH,
)
ARMS = ("nurse", "rounds_hourly")
MOST_BYTES = 200_000


@pytest.fixture(scope="module")
def study() -> Study:
    """Who waits long is pulled up the queue in both arms, and looked at again in the second."""
    return ae.load(*LOOKED)


@pytest.fixture(scope="module")
def animation(study: Study) -> Animation:
    return animate(study, *ARMS, day=1, replication=1)


def test_at_forty_random_instants_counts_and_orders_are_those_of_the_tables(
    study: Study, animation: Animation
) -> None:
    content, chance = content_of(animation.html), random.Random(1)
    ticks = [chance.randrange(8 * DAY, 9 * DAY) for _ in range(40)]
    for number, name in enumerate(ARMS):
        arm = study.arm(name)
        tables = Tables(
            arm.pathway, simulate_arm(arm, study.run, study.engine, 1, cool_down_days=1)
        )
        for tick in ticks:
            shown = areas_on_page(content, number, tick)
            assert shown == tables.areas(tick), f"{name}, tick {tick}"
            assert len(shown) >= 4
    assert any(record and record[4] for record in content["arms"][1]["people"]), (
        "nobody changes class in a wait"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["emergency_room", "graded_beds", "priority_queue", "three_rounds", "outage", "redirection"],
)
def test_in_small_departments_it_shows_what_the_tables_say(name: str) -> None:
    study = ae.load(f"study=gallery/{name}", "engine=reference", *LENGTH)
    names, chance = (study.arms[0].name, study.arms[-1].name), random.Random(3)
    content = content_of(animate(study, *names, day=1).html)
    ticks = [chance.randrange(8 * DAY, 9 * DAY) for _ in range(40)]
    for number, arm in enumerate(map(study.arm, names)):
        tables = Tables(
            arm.pathway, simulate_arm(arm, study.run, study.engine, 0, cool_down_days=1)
        )
        assert [areas_on_page(content, number, tick) for tick in ticks] == [
            tables.areas(tick) for tick in ticks
        ]


@pytest.mark.slow
def test_two_arms_of_the_default_study_are_at_most_200_kb() -> None:
    default = ae.load("ensemble=none", "engine=compiled", "run.warm_up_days=7")
    made = animate(default)
    assert 50_000 < len(made.html.encode()) <= MOST_BYTES
    assert "Nurse triage (today) beside AI scribe" in made.title
    assert len(content_of(made.html)["people"]) > 300


def test_both_arms_have_the_same_patients(animation: Animation) -> None:
    content = content_of(animation.html)
    assert all(
        all(arm["people"]) and len(arm["people"]) == len(content["people"])
        for arm in content["arms"]
    )


def test_the_page_asks_for_nothing_and_runs_no_script_but_its_own(animation: Animation) -> None:
    assert "default-src 'none'" in animation.html
    assert (
        re.findall(
            r"""(?:src|href|url|import|fetch)\s*[=(]\s*["']?(https?:|//|/)""", animation.html
        )
        == []
    )
    assert animation.html.count("<script") == animation.html.count("</script>") == 2


def test_words_of_a_user_cannot_become_markup(study: Study) -> None:
    hostile = "</script><script>alert(1)</script><b>"
    arms = tuple(replace(arm, arm=replace(arm.arm, label=hostile)) for arm in study.arms)
    made = animate(replace(study, arms=arms), *ARMS)
    assert hostile not in made.html
    assert made.html.count("<script") == 2
    assert content_of(made.html)["arms"][0]["label"] == hostile
    assert "<b>" not in made._repr_html_()


def test_a_notebook_shows_it_in_a_frame(animation: Animation) -> None:
    assert re.fullmatch(
        r'<iframe srcdoc="[^"]*" title="[^"]*" style="[^"]*"></iframe>', animation._repr_html_()
    )


def test_a_department_without_levels_or_with_one_arm_can_be_watched() -> None:
    small = ae.load("study=gallery/triage_only", "engine=reference", *LENGTH)
    content = content_of(animate(small, small.baseline.name).html)
    assert [arm["label"] for arm in content["arms"]] == [small.baseline.arm.label]
    assert {mark for _, mark, _ in content["classes"]} == {""}
    assert len(content["people"]) > 20


@pytest.mark.parametrize(
    ("arms", "day", "error", "message"),
    [
        (("nurse", "nobody"), 0, ResultsError, "no arm 'nobody'"),
        (("nurse", "sham", "rounds_hourly"), 0, ConfigError, "found 3 arms"),
        ((), 2, ConfigError, "0 to 1"),
    ],
)
def test_what_cannot_be_watched_is_refused(
    study: Study, arms: tuple[str, ...], day: int, error: type[Exception], message: str, hold: Hold
) -> None:
    with hold.refusal(error, match=message):
        animate(study, *arms, day=day)


WORDS = ("study=gallery/triage_only", "engine=reference", *LENGTH)


def test_the_command_writes_a_study_into_a_folder_of_its_own_and_refuses_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["animate", *WORDS, "day=1"]) == 0
    (written,) = (tmp_path / "results" / "animations").glob(f"*/{FILE}")
    assert str(written.relative_to(tmp_path)) in capsys.readouterr().out
    for wrong in (
        ["day=x"],
        ["results/latest", "run.seed=2"],
        ["replication=-1"],
        [*WORDS, "out=/dev/null/day.html"],
    ):
        assert main(["animate", *wrong]) == 2
    assert capsys.readouterr().err.count("aeflow: ") == 4


@pytest.mark.slow
def test_the_command_writes_a_stored_run_into_its_folder_or_where_it_is_told(
    undrawn: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = ae.load(*WORDS, "run.replications=1", "executor=serial")
    folder = ae.compare(study).write(tmp_path / "results")
    assert main(["animate", str(folder), "day=1"]) == 0
    assert (folder / FILE).read_text(encoding="utf-8") == animate(study, day=1).html
    assert main(["animate", "results/latest", "out=own/day.html"]) == 0
    assert (tmp_path / "own" / "day.html").is_file()
    assert ae.read(folder).numbers == (0,)
