"""The interview of a vendor's offer, one question a page: the questions and the checks of `aeflow offer`.

The answers are the address, so a link resumes them; nothing is kept here.
"""

from itertools import takewhile
from typing import Any
from urllib.parse import urlencode

from simulation.app.asked import Pairs
from simulation.app.pages import rendered
from simulation.offers import asking
from simulation.offers.interview import (
    Answer,
    Answers,
    Checked,
    check,
    is_asked,
    is_blank,
    next_question,
    questions,
)
from simulation.offers.offer import N_DEPARTMENTS, doubtful
from simulation.records.in_memory import folder_in_memory

MOST_CHARACTERS = 800
"""Of one answer; a table of counts has 200 or so."""


def answers_of(pairs: Pairs) -> dict[str, Answer]:
    """The answers that an address states, in the order of the questions; those that are not asked are left out."""
    known = questions()
    left = {key: "" for name, key in pairs if name == "asked" and key in known}  # none was chosen
    typed = {key: "" for key in left if not known[key].required}
    typed |= {key: text.strip(" \r\n")[:MOST_CHARACTERS] for key, text in pairs if key in known}
    answers: dict[str, Answer] = {key: typed[key] or None for key in questions() if key in typed}
    return {key: answer for key, answer in answers.items() if is_asked(questions()[key], answers)}


def rest_blank(answers: Answers) -> dict[str, Answer]:
    """The answers, and what else is asked in the part of the next question left blank, but for what must be
    answered."""
    all_of, now = dict(answers), next_question(answers)
    for key, question in questions().items():  # none needs a later one
        is_here = now is not None and question.section == questions()[now].section
        if is_here and key not in all_of and not question.required and is_asked(question, all_of):
            all_of[key] = None
    return {key: all_of[key] for key in questions() if key in all_of}


def with_tables(answers: Answers) -> tuple[dict[str, Answer], dict[str, bytes]]:
    """The answers with the name of a file for each table of counts, which is its text here, and these files by name: so
    no file of this computer is read for them."""
    names = {
        key: f"{key}.csv"
        for key in answers
        if questions()[key].kind == "table" and not is_blank(answers[key])
    }
    return {**answers, **names}, {name: str(answers[key]).encode() for key, name in names.items()}


def checked_answers(answers: Answers) -> Checked:
    """What was read of the answers."""
    named, tables = with_tables(answers)
    return check(named, folder_in_memory(tables))


def answers_text(pairs: Pairs) -> str:
    """The answers so far, as the text of a file, which names a file for each table."""
    return asking.answers_text(with_tables(answers_of(pairs))[0])


def texts_of(answers: Answers) -> dict[str, str]:
    """The answers as an address states them, '' for a blank."""
    return {key: "" if is_blank(answer) else str(answer) for key, answer in answers.items()}


def _query(answers: Answers) -> str:
    return urlencode(texts_of(answers))


def page(pairs: Pairs) -> str:
    """The first question that has no answer yet, or whose answer cannot be used; at the end how all were read."""
    answers = answers_of(pairs)
    if ("rest", "blank") in pairs:
        answers = rest_blank(answers)
    checked = checked_answers(answers)
    faulty = next((key for key in answers if checked.faults.get(key)), None)
    doubted = _doubted(pairs, answers, checked)
    key = faulty or doubted or next_question(answers)
    shared: dict[str, Any] = {
        "n_answered": len(answers) - (faulty is not None),
        "query": _query(answers),
    }
    if key is None:
        rows = [
            (questions()[name].noun, _read_as(checked, name), _query(_without(answers, name)))
            for name in answers
        ]
        return rendered(
            "interview_end.html",
            rows=rows,
            doubts=[*doubtful(checked)],
            n_departments=N_DEPARTMENTS,
            **shared,
        )
    others, question = _without(answers, key), questions()[key]
    before = [name for name in takewhile(key.__ne__, questions()) if name in others]
    said = [(questions()[name].noun, _read_as(checked, name)) for name in before[-1:] if not faulty]
    faults = [f"{fault.found}. {fault.remedy}" for fault in checked.faults.get(key, ())]
    if key not in answers:
        missed = ("asked", key) in pairs  # of choices none was taken
        faults = ["is not answered. Choose one of these"] * missed
    return rendered(
        "interview.html",
        key=key,
        question=question,
        section=asking.SECTIONS[question.section],
        number=len(before) + 1,
        n_most=sum(one.asked for one in questions().values()),
        required=[one.noun for one in questions().values() if one.required],
        may_rest=faulty is None and not question.required,
        is_rest=("rest", "blank") in pairs,
        doubts=checked.doubts[key] if key == doubted else [],
        typed=texts_of(answers).get(key, ""),
        faults=faults,
        others=texts_of(others),
        back=_query(_without(others, before[-1])) if before else None,
        said=said,
        **shared,
    )


def _doubted(pairs: Pairs, answers: Answers, checked: Checked) -> str | None:
    """The question just answered, if its answer is unlikely and was not said to be so (`so`: that answer)."""
    name = next((text for key, text in pairs if key == "asked"), "")
    is_odd = name in answers and checked.doubts[name]
    return name if is_odd and ("so", str(answers[name])) not in pairs else None


def _without(answers: Answers, name: str) -> dict[str, Answer]:
    return {key: answer for key, answer in answers.items() if key != name}


def _read_as(checked: Checked, name: str) -> str:
    """What an answer was read as, and what is unlikely about it."""
    return "; ".join([*checked.readings[name][-1:], *checked.doubts[name]])
