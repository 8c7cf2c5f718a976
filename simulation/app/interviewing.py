"""The interview of a vendor's offer, one question a page: the questions and the checks of `aeflow offer`.

The answers are the address, so a link resumes them; nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from simulation.app.pages import rendered
from simulation.offers import asking
from simulation.offers.interview import (
    Answer,
    Checked,
    check,
    is_asked,
    is_blank,
    next_question,
    questions,
)
from simulation.offers.offer import N_DEPARTMENTS
from simulation.records.in_memory import folder_in_memory

MOST_CHARACTERS = 800
"""Of one answer; a table of counts has 200 or so."""


def answers_of(pairs: Sequence[tuple[str, str]]) -> dict[str, Answer]:
    """The answers that an address states, in the order of the questions; those that are not asked are left out."""
    typed = {
        key: text.strip(" \r\n")[:MOST_CHARACTERS] for key, text in pairs if key in questions()
    }
    answers: dict[str, Answer] = {key: typed[key] or None for key in questions() if key in typed}
    return {key: answer for key, answer in answers.items() if is_asked(questions()[key], answers)}


def rest_blank(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers, and what else is asked left blank, but for what must be answered."""
    all_of = dict(answers)
    while True:
        open_ones = (
            key for key, one in questions().items() if key not in all_of and is_asked(one, all_of)
        )
        key = next((key for key in open_ones if not questions()[key].required), None)
        if key is None:
            return {key: all_of[key] for key in questions() if key in all_of}
        all_of[key] = None


def with_tables(answers: Mapping[str, Answer]) -> tuple[dict[str, Answer], dict[str, bytes]]:
    """The answers with the name of a file for each table of counts, which is its text here, and these files by name: so
    no file of this computer is read for them."""
    names = {
        key: f"{key}.csv"
        for key in answers
        if questions()[key].kind == "table" and not is_blank(answers[key])
    }
    return {**answers, **names}, {name: str(answers[key]).encode() for key, name in names.items()}


def checked_answers(answers: Mapping[str, Answer]) -> Checked:
    """What was read of the answers."""
    named, tables = with_tables(answers)
    return check(named, folder_in_memory(tables))


def answers_text(pairs: Sequence[tuple[str, str]]) -> str:
    """The answers so far, as the text of a file, which names a file for each table."""
    return asking.answers_text(with_tables(answers_of(pairs))[0])


def _query(answers: Mapping[str, Answer]) -> str:
    return urlencode(
        {key: "" if is_blank(answer) else str(answer) for key, answer in answers.items()}
    )


def page(pairs: Sequence[tuple[str, str]]) -> str:
    """The first question that has no answer yet, or whose answer cannot be used; at the end how all were read."""
    answers = answers_of(pairs)
    if ("rest", "blank") in pairs:
        answers = rest_blank(answers)
    checked = checked_answers(answers)
    faulty = next((key for key in answers if checked.faults.get(key)), None)
    doubtful = _doubtful(pairs, answers, checked)
    key = faulty or doubtful or next_question(answers)
    shared: dict[str, Any] = {
        "n_answered": len(answers) - (faulty is not None),
        "query": _query(answers),
    }
    if key is None:
        rows = [
            (question.noun, _read_as(checked, name), _query(_without(answers, name)))
            for name, question in questions().items()
            if name in answers
        ]
        doubts = [
            f"{questions()[name].noun}: {words}"
            for name in checked.notes
            for words in checked.said(name, "asked")
        ]
        return rendered(
            "interview_end.html", rows=rows, doubts=doubts, n_departments=N_DEPARTMENTS, **shared
        )
    others, question = _without(answers, key), questions()[key]
    missed = key not in answers and ("asked", key) in pairs  # of choices none was taken
    before = [
        name for name in others if list(questions()).index(name) < list(questions()).index(key)
    ]
    last = before[-1] if before and faulty is None else None
    return rendered(
        "interview.html",
        key=key,
        question=question,
        section=asking.SECTIONS[question.section],
        number=len(before) + 1,
        required=[one.noun for one in questions().values() if one.required],
        may_rest=faulty is None and not question.required,
        is_rest=("rest", "blank") in pairs,
        doubts=checked.said(key, "asked") if key == doubtful else [],
        typed="" if is_blank(answers.get(key)) else str(answers[key]),
        faults=["is not answered. Choose one of these"] * missed
        + [
            f"{fault.found}. {fault.remedy}"
            for fault in checked.faults.get(key, ())
            if key in answers
        ],
        others=[(name, "" if is_blank(answer) else str(answer)) for name, answer in others.items()],
        back=None if not before else _query(_without(others, before[-1])),
        said=_read_as(checked, last) if last else "",
        said_of=questions()[last].noun if last else "",
        **shared,
    )


def _doubtful(
    pairs: Sequence[tuple[str, str]], answers: Mapping[str, Answer], checked: Checked
) -> str | None:
    """The question just answered, if its answer is unlikely and was not said to be so (`so`: that answer)."""
    name = next((text for key, text in pairs if key == "asked"), "")
    is_odd = name in answers and checked.said(name, "asked")
    return name if is_odd and ("so", str(answers[name])) not in pairs else None


def _without(answers: Mapping[str, Answer], name: str) -> dict[str, Answer]:
    return {key: answer for key, answer in answers.items() if key != name}


def _read_as(checked: Checked, name: str) -> str:
    """What an answer was read as, and what is unlikely about it."""
    return "; ".join([*checked.said(name, "echoed")[-1:], *checked.said(name, "asked")])
