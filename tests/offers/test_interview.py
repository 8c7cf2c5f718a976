"""The questions, how answers are read, and which question comes next."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from simulation.offers.asking import answers_in, interview, template, write_answers
from simulation.offers.figures import Unread
from simulation.offers.interview import (
    Answer,
    OfferAnswers,
    check,
    is_asked,
    next_question,
    questions,
    read,
)
from simulation.offers.product import PILOTS, OfferedProduct
from simulation.offers.whom import Whom
from tests.held import Hold


def test_every_question_says_why_it_is_asked_where_to_find_it_and_what_a_blank_means() -> None:
    for key, question in questions().items():
        assert question.why, key
        assert question.find, key
        assert question.required or question.blank or key == "table", key
        assert (question.range is None) or question.source, key
        assert question.allowed is None or question.allowed[0] < question.allowed[1], key


def test_nurses_errors_are_asked_of_a_product_that_labels_and_an_earlier_answer_is_still_read(
    tmp_path: Path,
) -> None:
    question = questions()["nurses_table"]
    assert [
        is_asked(question, {"does": does})
        for does in ("saves time", "advises", "saves time and labels")
    ] == [
        0,
        1,
        1,
    ]
    (tmp_path / "nurses.csv").write_text("\n".join(["9,1,0,0,0"] * 5), encoding="utf-8")
    checked = check({"does": "saves time", "nurses_table": "nurses.csv"}, tmp_path)
    assert checked.values.nurses_table is not None
    assert "nurses_table" not in checked.faults


@pytest.mark.parametrize(
    ("text", "on_duty", "hours"),
    [
        ("2 8-22, 1 22-8", {0: 1, 8: 2, 21: 2, 22: 1}, 38),
        ("two from 8 to 22 h, one by night", {7: 1, 8: 2, 22: 1}, 38),
        ("2 8am-10pm and 1 by night", {7: 1, 9: 2, 23: 1}, 38),
        ("3 at all hours", {0: 3, 12: 3}, 72),
        ("one, at all hours", {0: 1, 12: 1}, 24),
        ("an ambulance nurse, at all hours", {0: 1, 12: 1}, 24),
        ("an ambulance nurse apart (one, at all hours)", {0: 1, 12: 1}, 24),
        ("1 0-24, 1 10:30-23", {10: 1, 11: 2, 22: 2, 23: 1}, 36.5),
        ("4 by night, 6 from 8 to 20", {7: 4, 8: 6, 20: 4}, 120),
    ],
)
def test_a_rota_is_read_in_words(text: str, on_duty: dict[int, int], hours: float) -> None:
    rota = read("rota", text, {})
    assert {hour: rota.on_duty[2 * hour] for hour in on_duty} == on_duty
    assert rota.person_hours == hours
    assert sum(
        shift["number"] for shift in rota.stated() for _ in (0,) if shift["hours"]
    )  # as a file states it: shifts that do not overlap
    again = read(
        "rota", ", ".join(f"{shift['number']} {shift['hours']}" for shift in rota.stated()), {}
    )
    assert again.on_duty == rota.on_duty


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", "1,280", 1280),
        ("money", "£120k", 120_000),
        ("share", "62 %", 0.62),
        ("share", 62, 0.62),
        ("share", 0.62, 0.62),
        ("minutes", "6.5 min", 6.5),
        ("amount", "30 s", (30, True)),
        ("amount", "0.5 minutes", (30, True)),
        ("amount", "12 %", (0.12, False)),
        ("sources", "walk-in and ambulance", Whom(("walk_in", "ambulance"))),
    ],
)
def test_an_answer_is_read_with_its_unit(kind: str, text: Answer, value: object) -> None:
    assert read(kind, text, {}) == value


@pytest.mark.parametrize(
    "text", ["many", "2", "2 8-8", "2 8-22, at all hours", "2 from 8 to 25", "x 8-22", ""]
)
def test_a_rota_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Unread):
        read("rota", text, {})


def test_a_choice_is_found_among_other_words_unless_two_are() -> None:
    whose = questions()["against"].choices
    assert read("choice", "senior nurses", whose) == "nurses"
    with pytest.raises(Unread):
        read("choice", "nurses, then a panel", whose)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("an ambulance nurse apart", "own nurses"),
        ("separate", "own nurses"),
        ("the same team", "triage nurses"),
    ],
)
def test_who_assesses_ambulances_is_read_as_meant(typed: str, meant: str) -> None:
    checked = check({"ambulances": typed})
    assert checked.values.ambulances == meant
    assert checked.readings["ambulances"][0] == meant
    assert is_asked(questions()["ambulance_nurses"], {"ambulances": typed}) is (
        meant == "own nurses"
    )
    with pytest.raises(Unread):
        read("choice", f"not {typed}", questions()["ambulances"].choices)


def test_an_ambulance_nurse_among_the_triage_nurses_is_left_out_and_asked_about(hold: Hold) -> None:
    checked = check({"triage_nurses": "two from 8 to 22 h, one by night, an ambulance nurse apart"})
    assert checked.values.triage_nurses.person_hours == 38
    hold(checked.doubts["triage_nurses"][0], "ambulance nurse apart'")


def test_questions_that_an_answer_rules_out_are_not_asked() -> None:
    answers: dict[str, Answer] = {"does": "saves time"}
    asked = {key for key, question in questions().items() if is_asked(question, answers)}
    assert "saves" in asked
    assert not {"acceptance", "against", "exact_share"} & asked
    assert is_asked(questions()["ambulance_nurses"], {"ambulances": "Own"})
    assert not is_asked(questions()["price_a_patient"], {"price_a_year": 5})


def test_nobody_is_asked_for_a_correlation_and_one_that_is_answered_is_refused() -> None:
    answers: dict[str, Answer] = {"does": "advises", "against": "nurses"}
    assert not is_asked(questions()["correlation"], answers)
    assert "is not asked" in str(check({**answers, "correlation": 0.5}).faults["correlation"][0])
    assert "correlation" not in check(answers).readings


def test_use_is_read_back_as_a_share_of_everybody() -> None:
    """By hand: walk-ins are 66 % and GP referrals 6 % of attendances, and 60 % of 72 % is 43 %."""
    readings = check({"used_share": "60 %", "attendances_per_day": 310}).readings["used_share"]
    assert readings[-1] == "used for 60 % of walk-ins and GP referrals, 43 % of everybody"
    ambulances = check({"used_share": "50 %", "covers": "ambulance"}).readings["used_share"]
    assert ambulances[-1] == "used for 50 % of ambulance patients, 14 % of everybody"


def test_the_interview_goes_back_explains_keeps_and_resumes(tmp_path: Path, hold: Hold) -> None:
    path, said = tmp_path / "offer.yaml", list[str]()
    typed = iter(["?", "nonsense", "310", "62 %", "back", "60 %", "quit"])
    answers: dict[str, Answer] = {}
    assert not interview(answers, path, ask=lambda prompt: next(typed), say=said.append)
    assert answers == {"attendances_per_day": "310", "within_four_hours": "60 %"}
    assert answers_in(path) == answers
    hold(said, "Everything else")
    assert any("found 'nonsense'" in words for words in said)
    assert next_question(answers) == "wait_to_clinician"


def test_enter_leaves_a_question_blank_and_its_prompt_says_what_is_assumed(
    tmp_path: Path, hold: Hold
) -> None:
    prompts: list[str] = []
    typed = iter(["310", "", "quit"])
    answers: dict[str, Answer] = {}
    interview(
        answers,
        tmp_path / "offer.yaml",
        ask=lambda words: prompts.append(words) or next(typed),
        say=prompts.append,
    )
    assert answers == {"attendances_per_day": "310", "within_four_hours": None}
    hold([words for words in prompts if "four hours" in words])


FACTS = {
    "attendances_per_day": "310",
    "within_four_hours": "62 %",
    "admitted_share": "27 %",
    "triage_nurses": "two from 8 to 22 h, one by night",
    "ambulances": "an ambulance nurse apart",
    "ambulance_nurses": "one, at all hours",
    "product": "Our AI",
    "does": "advises",
    "used_share": "60 %",
    "against": "senior nurses",
    "exact_share": "88 %",
    "price_a_year": "£120,000",
}
"""What a planner knows of an offer; everything else is left blank."""
MOST_WORDS_TO_READ = 430
"""Words that an interview may print: 400 and, for five figures that a planner knows, 30. With the way to it, its end,
the screen of `compare` and the board's page it is 1,330, of 1,500 that a newcomer may have to read."""


def test_an_interview_is_short_and_each_of_its_answers_is_taken_at_once(tmp_path: Path) -> None:
    printed, asked = list[str](), list[str]()
    answers: dict[str, Answer] = {}

    def ask(words: str) -> str:
        printed.append(words)
        asked.append(next_question(answers) or "")
        return FACTS.get(asked[-1], "")

    assert interview(answers, tmp_path / "offer.yaml", ask=ask, say=printed.append)
    assert len(asked) == len(set(asked))
    assert set(FACTS) < set(asked)
    assert len(re.findall(r"\S*\w\S*", " ".join(printed))) <= MOST_WORDS_TO_READ
    assert sum("? explains" in words for words in printed) == 1
    assert "  = own nurses" in printed, "what was not typed as it is read is read back"


def test_what_a_planner_needs_to_answer_is_one_question_mark_away(tmp_path: Path) -> None:
    """The meaning of every choice, why it is asked, where to find it, what is assumed, and its source."""
    for key, question in questions().items():
        before = {other: words[0] for other, words in question.needs.items()}
        answers: dict[str, Answer] = {one: None for one in questions() if one != key} | before
        if not is_asked(question, answers):
            continue
        said, typed = list[str](), iter(["?", "quit"])
        interview(
            answers,
            tmp_path / "offer.yaml",
            ask=lambda _, typed=typed: next(typed),
            say=said.append,
        )  # type: ignore[misc]
        told = " ".join(said)
        parts = (
            *question.choices.values(),
            question.why,
            question.find,
            question.blank or "",
            question.source or "",
        )
        assert all(part in told for part in parts), key


def test_the_interview_ends_with_answers_that_can_be_used(tmp_path: Path) -> None:
    """Every question is answered or left blank by its first choice."""
    answers: dict[str, Answer] = {}
    wanted = {
        "attendances_per_day": "310",
        "product": "Our AI",
        "does": "advises",
        "triage_nurses": "2 at all hours",
    }

    def ask(prompt: str) -> str:
        key = next_question(answers)
        assert key is not None
        return wanted.get(key, "")

    assert interview(answers, tmp_path / "offer.yaml", ask=ask, say=lambda words: None)
    assert not check(answers).all_faults


def test_the_template_is_a_file_of_answers_that_are_all_blank(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(template(), encoding="utf-8")
    assert set(answers_in(path)) == {key for key, question in questions().items() if question.asked}
    assert set(check(answers_in(path)).faults) == {"attendances_per_day", "product", "does"}


def test_kept_answers_are_read_again_as_they_were(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {
        "product": 'Our "AI": 2',
        "beds": 510,
        "used_share": "60 %",
        "covers": None,
    }
    write_answers(answers, tmp_path / "a.yaml")
    assert answers_in(tmp_path / "a.yaml") == answers


def test_an_answer_that_was_given_is_kept_where_somebody_goes_back(tmp_path: Path) -> None:
    path, prompts = tmp_path / "offer.yaml", list[str]()
    answers: dict[str, Answer] = {}
    typed = iter(["310", "62 %", "back", "back", "", "-", "quit"])

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return next(typed)

    assert not interview(answers, path, ask=ask, say=lambda _: None)
    assert "[310]" in prompts[4]
    assert answers == {"attendances_per_day": "310", "within_four_hours": None}


def test_quitting_after_going_back_loses_no_answer(tmp_path: Path) -> None:
    typed = iter(["310", "62 %", "back", "back", "quit"])
    assert not interview({}, tmp_path / "offer.yaml", ask=lambda _: next(typed), say=lambda _: None)
    assert answers_in(tmp_path / "offer.yaml") == {
        "attendances_per_day": "310",
        "within_four_hours": "62 %",
    }


def test_a_planned_pilot_is_in_the_study_of_the_offer_unless_there_is_none() -> None:
    values = check(FACTS).values
    pilots = [
        OfferedProduct("our_ai", replace(values, **more)).study([])["offer"].get("pilot")
        for more in (
            {},
            {"evaluation": "alternating"},
            {"evaluation": "not"},
        )
    ]
    assert [pilot and pilot["design"] for pilot in pilots] == [
        "twelve weeks before and after",
        "24 alternate weeks",
        None,
    ]
    assert set(questions()["evaluation"].choices) == {*PILOTS, "not"}


def test_every_question_has_an_attribute_among_the_answers_in_its_order() -> None:
    assert [field.name for field in fields(OfferAnswers)] == list(questions())
