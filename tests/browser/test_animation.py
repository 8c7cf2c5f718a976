"""A day to watch in a browser: its numbers are those of the tables, it can be worked by keyboard, axe finds nothing."""

import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from simulation.config import load
from simulation.display.words import STAGE_WORDS
from simulation.measures.occupancy import STAGES
from simulation.questions.what_happened.animation import animate
from simulation.questions.what_happened.patient_story import story
from simulation.study.simulate import simulate_arm
from simulation.study.study import Study
from simulation.units import DAY, HOUR
from tests.questions.day_tables import Tables, content_of

from .conftest import Opened
from .test_report import TOO_WIDE, violations

pytestmark = pytest.mark.slow

ARMS = ("nurse", "ai_label_measured_under")
BEGINS = 7 * DAY
SIZES = [(1280, 800), (768, 1024), (360, 740)]
STATES = """ticks => ticks.map(tick => {
    animation.go(tick);
    return animation.states().map(byArea => byArea.map(({seen, waiting}) =>
        [seen, waiting].map(all => all.map(({person}) => animation.named(person)))));
})"""
MOST_MILLISECONDS = 8
"""Of a frame's work, the median: half of what a screen leaves for it."""


@pytest.fixture(scope="module")
def study() -> Study:
    return load(
        "ensemble=none",
        "engine=compiled",
        "run.warm_up_days=7",
        "run.measured_days=1",
        "run.cool_down_days=1",
    )


@pytest.fixture(scope="module")
def path(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return animate(study, *ARMS).write(tmp_path_factory.mktemp("animation") / "day.html")


@pytest.fixture(scope="module")
def tables(study: Study) -> list[Tables]:
    ready = [study.arm(name) for name in ARMS]
    return [
        Tables(arm.pathway, simulate_arm(arm, study.run, study.engine, 0, cool_down_days=1))
        for arm in ready
    ]


@pytest.fixture
def page(opened: Opened, path: Path) -> Page:
    return opened(path)


@pytest.fixture
def people(path: Path) -> list[int]:
    """The numbers of the people of the page."""
    return list(range(len(content_of(path.read_text(encoding="utf-8"))["people"])))


def set_time(page: Page, minute: int) -> None:
    page.locator("#time").fill(str(minute))


def test_at_a_hundred_random_instants_counts_and_orders_are_those_of_the_tables(
    page: Page, tables: list[Tables]
) -> None:
    chance = random.Random(2)
    ticks = [chance.randrange(BEGINS, BEGINS + DAY) for _ in range(100)]
    for tick, by_arm in zip(ticks, page.evaluate(STATES, ticks), strict=True):
        for arm, by_area in zip(tables, by_arm, strict=True):
            shown = {
                area: (tuple(sorted(seen)), tuple(waiting))
                for area, (seen, waiting) in zip(STAGES, by_area, strict=True)
                if seen or waiting
            }
            assert shown == arm.areas(tick), tick


def test_the_table_has_the_numbers_of_the_picture(page: Page, tables: list[Tables]) -> None:
    set_time(page, 15 * 60)
    areas = [arm.areas(BEGINS + 15 * HOUR) for arm in tables]
    rows = {
        row.locator("th").inner_text(): [int(text) for text in row.locator("td").all_inner_texts()]
        for row in page.locator("#counts tbody tr").all()
    }
    total = rows.pop("in A&E")
    assert rows == {
        words: [len(them) for by_area in areas for them in by_area.get(name, ((), ()))]
        for name, words in STAGE_WORDS.items()
        if words in rows
    }
    assert total == [sum(row[column] for row in rows.values()) for column in range(4)]
    assert min(total) > 5
    assert page.locator("#clock").inner_text() == "Monday 15:00"


def test_a_story_is_told_in_the_words_of_the_patient_story(
    page: Page, tables: list[Tables], people: list[int]
) -> None:
    simulated = {name: arm.simulated for name, arm in zip(ARMS, tables, strict=True)}
    patients = tables[0].simulated.patients
    gone = {
        tables[0].name_of[patient]
        for patient in patients["patient"][patients["departed_at"] < 8 * 1440 - 600]
    }
    script = """([people, at]) => people.map(person => [animation.named(person), animation.introduction(person),
        [0, 1].map(arm => animation.story(arm, person, at))])"""
    n_told = 0
    for name, introduction, stories in page.evaluate(script, [people, BEGINS + DAY]):
        sections = story(simulated, name).split("\n\n")
        assert introduction == re.sub(r" \(.*?\)", "", sections[1], count=1)
        for lines, section in zip(stories, sections[2:4], strict=True):
            _, *expected = [line.strip() for line in section.splitlines()]
            if name in gone and "discharged" in expected[-1]:
                labelled = [line for line in lines if "Labelled" in line]
                assert [line.partition("  ")[2] for line in labelled] == expected[: len(labelled)]
                assert [line for line in lines if line not in labelled] == expected[1:]
                n_told += 1
    assert n_told > 200


def test_a_story_knows_nothing_of_what_comes_after(page: Page, people: list[int]) -> None:
    script = """([people, from, every]) => people.map(person => Array.from({length: 40}, (_, n) =>
        animation.story(0, person, from + n * every)))"""
    for told in page.evaluate(script, [people, BEGINS, DAY // 40]):
        for before, after in pairwise(told):
            ended = [
                line for line in before if not line.endswith(("still goes on", "and still waits"))
            ]
            assert len(before) - len(ended) <= 1
            assert ended == [line for line in after if line in ended], (
                "what has ended is told alike ever after"
            )


def test_play_moves_the_clock_and_pause_stops_it(page: Page) -> None:
    clock = page.locator("#clock")
    set_time(page, 600)
    page.get_by_role("button", name="Play").click()
    expect(clock).not_to_have_text(re.compile("Monday 10:0[0-3]"))
    page.get_by_role("button", name="Pause").click()
    stopped = clock.inner_text()
    page.wait_for_timeout(400)
    assert clock.inner_text() == stopped
    page.get_by_role("button", name="+5 min").click()
    assert clock.inner_text() > stopped


def test_the_end_of_the_day_stops_it_and_play_begins_again(page: Page) -> None:
    set_time(page, 1439)
    page.locator("#speed").select_option("60")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Play").wait_for()
    assert page.locator("#clock").inner_text() == "Monday 23:59"
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#clock")).not_to_have_text(re.compile("Monday 23:"))


def test_everything_can_be_done_with_the_keyboard(page: Page) -> None:
    page.keyboard.press("Tab")
    reached: list[str] = []
    for _ in range(7):
        reached.append(str(page.evaluate("document.activeElement.id")))
        page.keyboard.press("Tab")
    assert reached == ["play", "back", "forward", "speed", "time", "previous", "next"]
    page.locator("#time").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#clock").inner_text() == "Monday 12:01"
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    assert page.locator("#who").inner_text().startswith("Patient ")
    assert page.locator("#stories li").count() >= 2


def test_a_click_on_a_patient_tells_the_story_so_far(
    page: Page, tables: list[Tables], people: list[int]
) -> None:
    set_time(page, 15 * 60)
    _, waiting = tables[0].areas(BEGINS + 15 * HOUR)["clinician"]
    for waits in (waiting[0], waiting[-1]):
        number = page.evaluate(
            "([names, name]) => names.findIndex((_, k) => animation.named(k) === name)",
            [people, waits],
        )
        x, y = page.evaluate("number => animation.placeOf(0, number)", number)
        page.locator("canvas").click(position={"x": x, "y": y})
        assert page.locator("#who").inner_text().startswith(f"Patient {waits.rpartition('-')[2]}, ")
        assert page.locator("#who").get_attribute("title") == waits
        lines = page.locator("#stories section").first.locator("li").all_inner_texts()
        assert lines[-1].endswith(", and still waits")
    page.locator("canvas").click(position={"x": 2, "y": 2})
    assert page.locator("#nobody").is_visible()


def test_two_days_and_their_controls_fit_on_a_laptop_s_screen(page: Page) -> None:
    boxes = [page.locator(one).bounding_box() for one in ("#play", "#time", "canvas")]
    assert all(box is not None and box["y"] + box["height"] <= 800 for box in boxes)
    words = page.locator("main").inner_text().partition("To find this day again")[0]
    assert not re.search(r"\barms?\b|replication|walk_in", words)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    opened: Opened, path: Path, width: int, height: int
) -> None:
    page = opened(path, width, height)
    assert violations(page) == []
    page.locator("#next").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_WIDE) == []


def test_without_motion_it_goes_on_in_steps(browser: Browser, path: Path) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(path.as_uri())
    page.evaluate("() => { window.requestAnimationFrame = () => { throw new Error('moves'); }; }")
    page.locator("#play").click()
    expect(page.locator("#clock")).not_to_have_text("Monday 12:00")
    minutes = int(page.locator("#time").input_value()) - 720
    assert minutes % 5 in (0, 4), "about five minutes a step"
    page.close()


def test_a_frame_is_little_work(page: Page) -> None:
    script = """from => Array.from({length: 300}, (_, n) => {
        const began = performance.now();
        animation.go(from + n * 256);
        return performance.now() - began;
    }).sort((a, b) => a - b)[150]"""
    assert page.evaluate(script, BEGINS + 16 * HOUR) <= MOST_MILLISECONDS


def test_another_width_is_laid_out_again(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("canvas")).to_have_attribute("width", re.compile(r"3\d\d"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_in_the_frame_of_a_notebook_it_works_as_well(
    opened: Opened, study: Study, tmp_path: Path
) -> None:
    path = tmp_path / "notebook.html"
    path.write_text(animate(study, *ARMS)._repr_html_(), encoding="utf-8")
    frame = opened(path).frame_locator("iframe")
    frame.locator("#next").click()
    expect(frame.locator("#who")).to_have_text(re.compile("Patient "))
    expect(frame.locator("#counts tbody tr").last).to_contain_text(re.compile(r"in A&E\d+"))
