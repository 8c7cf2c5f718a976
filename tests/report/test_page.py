"""The page stands alone and answers what a reader of nothing else must know."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from simulation.api import Result, read
from simulation.display.files import file_of
from simulation.display.words import span
from simulation.report.arm_tables import arms_table, assumptions_log
from simulation.report.first_page import first_page
from simulation.report.page import page
from simulation.runs.result import StudyResult


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(html)
    return parser.found


@pytest.fixture(scope="module")
def text(html: str) -> str:
    """What a reader sees: no styles, no tags."""
    return re.sub(
        r"\s+",
        " ",
        unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", " ", html, flags=re.S))),
    )


def test_nothing_is_loaded_from_anywhere_and_no_script_runs(
    html: str, elements: list[tuple[str, dict[str, str | None]]]
) -> None:
    for tag, attributes in elements:
        assert tag not in ("script", "link", "iframe", "object", "embed")
        for name in ("src", "href", "srcset", "poster", "action"):
            target = attributes.get(name)
            assert target is None or target.startswith(("data:image/png;base64,", "#"))
    assert "@import" not in html
    assert "url(" not in html


def test_every_picture_has_alternative_text(
    elements: list[tuple[str, dict[str, str | None]]],
) -> None:
    images = [attributes for tag, attributes in elements if tag == "img"]
    assert len(images) == 2  # beside their tables; the others are in the folder
    assert all(len(image["alt"] or "") > 80 for image in images)
    drawings = [
        attributes for tag, attributes in elements if tag == "figure" and "role" in attributes
    ]
    assert [drawing["role"] for drawing in drawings] == ["img"]
    assert len(drawings[0]["aria-label"] or "") > 80


def test_every_part_below_the_first_page_has_a_heading_and_an_anchor(html: str) -> None:
    parts = html.split('<section class="part"')[1:]
    assert len(parts) >= 8
    assert all(re.match(r' id="[a-z-]+"><h2>[^<]+</h2>', part) for part in parts)


def test_every_link_on_the_page_leads_somewhere(
    elements: list[tuple[str, dict[str, str | None]]],
) -> None:
    ids = {attributes.get("id") for _, attributes in elements}
    links = [attributes["href"] for tag, attributes in elements if tag == "a"]
    assert links
    assert all(link is not None and link[1:] in ids for link in links)


def test_the_banner_stands_first_and_last(text: str) -> None:
    assert text.count("Planning only, not for clinical use.") == 2


def test_every_arm_appears_with_its_interval_on_the_first_target(text: str, result: Result) -> None:
    target = result.targets[0]
    for arm in result.arms:
        assert arm.label in text
    for arm in result.others:
        row = result.row(arm.name, target.measure, target.group)
        assert span(row.difference_low, row.difference_high, row.unit) in text


def test_every_table_is_on_the_page_or_named_there_as_a_file(text: str, result: Result) -> None:
    for table in result.tables.values():
        assert table.title in text or file_of(table) in text, table.kind
    assert len(text.partition("Every table")[2]) > 0


def test_a_twin_is_labelled_identical_to_the_baseline(text: str) -> None:
    assert "Twin of the nurse (identical to baseline)" in text
    assert "Warning: 'Twin of the nurse' is identical to baseline" in text


def test_the_page_counts_what_was_assumed_and_the_log_lists_it_with_sources(
    text: str, result: StudyResult
) -> None:
    assumed = [each for each in result.statements if each.evidence == "assumed"]
    assert f"{len(assumed)} numbers are assumed" in text
    assert {each.source for each in assumed} <= {row[-1] for row in assumptions_log(result).rows}


def test_every_marked_block_of_the_configuration_is_a_statement(result: StudyResult) -> None:
    def count(block: object) -> int:
        if isinstance(block, dict):
            return ("evidence" in block and "source" in block) + sum(
                count(each) for each in block.values()
            )
        return sum(count(each) for each in block) if isinstance(block, list) else 0

    groups = ("calibration", "site", "staffing", "pathway", "scenario", "study")
    n_in_groups = sum(count(result.resolved.get(group)) for group in groups)
    assert n_in_groups == sum(not each.where.startswith("triage.") for each in result.statements)
    assert sum(each.where == "triage.nurse.nurse.matrix" for each in result.statements) == 1


def test_the_page_says_where_the_data_end_and_keeps_three_layers_of_doubt_apart(text: str) -> None:
    for words in (
        "March 2025",
        "September 2025",
        "November 2026",
        "Simulation",
        "Inputs",
        "Structure",
    ):
        assert words in text


def test_the_table_of_arms_says_who_labels_and_what_the_tool_states(result: StudyResult) -> None:
    rows = {row[0]: row[1:3] for row in arms_table(result).rows}
    assert rows["Nurse triage (today) (baseline)"] == ("nurse", "nothing")
    assert (
        rows[f"{result.arm('sham').label} (sham: no effect at all)"][0]
        == "AI 'sham' instead of the nurse"
    )
    assert (
        "minutes.seconds_saved 180; range 0, 180 (assumed)"
        in rows[result.arm("ai_as_claimed").label][1]
    )


def test_no_sentence_calls_an_effect_known_whose_interval_holds_zero(result: StudyResult) -> None:
    target = result.targets[0]
    for each in (each for each in first_page(result).headlines if each.arm):
        row = result.row(each.arm, target.measure, target.group)
        if row.difference_low <= 0 <= row.difference_high:
            assert "enough to matter" not in each.words
            assert "shortens" not in each.words
            assert "lengthens" not in each.words


def test_a_run_of_one_arm_has_a_page_too(alone: Result) -> None:
    text = page(alone, ())
    assert "was run alone, so nothing is compared" in unescape(text)
    assert 'id="worse-off"' not in text


def test_the_result_in_a_folder_is_that_of_the_run(folder: Path, result: StudyResult) -> None:
    stored = read(folder)
    assert repr(stored.comparisons) == repr(result.comparisons)  # NaN is not equal to itself
    assert stored.design == result.design
    assert stored.run == result.run


def test_the_page_says_what_each_arm_changes_and_a_table_what_it_assumes(
    html: str, result: Result
) -> None:
    assert "What each arm changes" in html
    assert "+1 at every hour" in html
    assert any(row[1] == "minutes.seconds_saved" for row in result.tables["added_assumptions"].rows)


def test_a_shift_that_an_arm_adds_is_in_words(result: Result) -> None:
    ready = result.study.arm("one_more_triage_nurse")
    shift = replace(
        ready.arm, changes={"staffing.doctors.extra_shifts": ({"hours": "14-22", "number": 1},)}
    )
    arms = tuple(
        replace(each, arm=shift) if each.name == ready.name else each for each in result.study.arms
    )
    rows = arms_table(replace(result, study=replace(result.study, arms=arms))).rows
    (changes,) = [row[6] for row in rows if row[0] == ready.arm.label]
    assert changes == "staffing.doctors.extra_shifts = 14-22 h: 1"
