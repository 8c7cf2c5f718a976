"""The interview of a vendor's offer, one question a page: the questions and the checks of `aeflow offer`.

The answers are the address, so a link resumes them; nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from simulation.app.pages import rendered
from simulation.offers import asking
from simulation.offers.interview import Answer, check, is_asked, is_blank, next_question, questions
from simulation.offers.offer import N_DEPARTMENTS

MOST_CHARACTERS = 400
"""Of one answer."""


def answers_of(pairs: Sequence[tuple[str, str]]) -> dict[str, Answer]:
    """The answers that an address states, in the order of the questions; those that are not asked are left out."""
    typed = {key: text.strip()[:MOST_CHARACTERS] for key, text in pairs if key in questions()}
    typed |= {key: "" for key in typed if questions()[key].kind == "table"}  # which would name a file of this computer
    answers: dict[str, Answer] = {key: typed[key] or None for key in questions() if key in typed}
    return {key: answer for key, answer in answers.items() if is_asked(questions()[key], answers)}


def answers_text(pairs: Sequence[tuple[str, str]]) -> str:
    """The answers so far, as the text of a file."""
    return asking.answers_text(answers_of(pairs))


def _query(answers: Mapping[str, Answer]) -> str:
    return urlencode({key: "" if is_blank(answer) else str(answer) for key, answer in answers.items()})


def page(pairs: Sequence[tuple[str, str]]) -> str:
    """The first question that has no answer yet, or whose answer cannot be used; at the end how all were read."""
    answers = answers_of(pairs)
    checked = check(answers)
    faulty = next((key for key in answers if checked.faults.get(key)), None)
    key = faulty or next_question(answers)
    n_known = sum(is_asked(question, answers) for question in questions().values())
    shared: dict[str, Any] = {
        "n_answered": len(answers) - (faulty is not None),
        "n_asked": n_known,
        "query": _query(answers),
    }
    if key is None:
        rows = [
            (question.noun, _read_as(checked.notes.get(name, ())), _query(_without(answers, name)))
            for name, question in questions().items()
            if name in answers
        ]
        doubts = [
            f"{questions()[name].noun}: {note.words}"
            for name, notes in checked.notes.items()
            for note in notes
            if note.how == "asked"
        ]
        return rendered("interview_end.html", rows=rows, doubts=doubts, n_departments=N_DEPARTMENTS, **shared)
    others, question = _without(answers, key), questions()[key]
    missed = key not in answers and ("asked", key) in pairs  # of choices none was taken
    before = [name for name in others if list(questions()).index(name) < list(questions()).index(key)]
    last = before[-1] if before and faulty is None else None
    return rendered(
        "interview.html",
        key=key,
        question=question,
        section=asking.SECTIONS[question.section],
        typed="" if is_blank(answers.get(key)) else str(answers[key]),
        faults=["is not answered. Choose one of these"] * missed
        + [f"{fault.found}. {fault.remedy}" for fault in checked.faults.get(key, ()) if key in answers],
        others=[(name, "" if is_blank(answer) else str(answer)) for name, answer in others.items()],
        back=None if not before else _query(_without(others, before[-1])),
        said=_read_as(checked.notes.get(last, ())) if last else "",
        said_of=questions()[last].noun if last else "",
        **shared,
    )


def _without(answers: Mapping[str, Answer], name: str) -> dict[str, Answer]:
    return {key: answer for key, answer in answers.items() if key != name}


def _read_as(notes: Sequence[Any]) -> str:
    """What an answer was read as, and what is unlikely about it."""
    return "; ".join(note.words for note in notes)
