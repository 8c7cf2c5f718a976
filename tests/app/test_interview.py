"""The interview one question a page: the questions, the order and the checks of `aeflow offer`."""

from html import escape
from pathlib import Path

import pytest

from simulation.app.interviewing import answers_of, answers_text, page
from simulation.offers.asking import answers_in
from simulation.offers.interview import next_question, questions

FIRST = ("attendances_per_day", "300")


def test_it_begins_with_the_first_question_and_finds_no_fault_yet() -> None:
    text = page([])
    assert escape(questions()["attendances_per_day"].words) in text
    assert "There is a problem" not in text


def test_each_page_asks_what_the_command_would_ask_next() -> None:
    pairs = [FIRST]
    while (key := next_question(answers_of(pairs))) is not None and len(pairs) < 12:
        assert f'name="{key}"' in page(pairs)
        pairs.append((key, "Our AI" if key == "product" else ""))
        if questions()[key].required and key != "product":
            break


def test_an_answer_that_cannot_be_used_is_asked_again_with_what_is_wrong() -> None:
    text = page([("attendances_per_day", "109500")])
    assert "There is a problem" in text
    assert "Is it a year" in text
    assert 'value="109500"' in text


def test_a_choice_that_was_not_made_is_asked_for() -> None:
    before = [FIRST, ("within_four_hours", ""), ("admitted_share", ""), ("beds", ""), ("triage_nurses", "")]
    assert "is not answered" not in page([*before, ("asked", "triage_nurses")])
    assert "is not answered. Choose one of these" in page([*before, ("asked", "ambulances")])


def test_what_an_answer_was_read_as_is_said_on_the_next_page() -> None:
    assert "300 attendances a day" in page([FIRST]).replace("\n", " ")


def test_an_answer_to_what_is_not_asked_any_more_is_left_out() -> None:
    pairs = [FIRST, ("ambulances", "triage nurses"), ("ambulance_nurses", "2 from 0 to 24")]
    assert "ambulance_nurses" not in answers_of(pairs)


def test_the_file_of_answers_is_read_by_the_command(tmp_path: Path) -> None:
    path = tmp_path / "offer.yaml"
    path.write_text(answers_text([FIRST, ("within_four_hours", "")]), encoding="utf-8")
    assert answers_in(path) == {"attendances_per_day": "300", "within_four_hours": None}


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><b>'])
def test_what_is_typed_cannot_become_markup(text: str) -> None:
    written = page([("attendances_per_day", text)])
    assert text not in written
