"""The interview at a terminal, and answers in a file: asked, kept as they are given, and read again."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from simulation.config.files import mapping_in
from simulation.errors import Faults
from simulation.offers.interview import (
    Answer,
    Answers,
    OfferQuestion,
    check,
    is_asked,
    is_blank,
    next_question,
    questions,
)
from simulation.runs.atomic import write_to

Ask = Callable[[str], str]
Say = Callable[[str], None]
HELP = "Enter takes what stands in [ ]; ? explains; back goes back; quit keeps your answers."
GIVEN = "(Enter keeps it, - leaves it blank)"
IS_IT_SO = "Type yes, or another answer."
SECTIONS = {"department": "Your department", "product": "The product"}


def answers_in(path: Path) -> dict[str, Answer]:
    """The answers that a file states. Raises ConfigError."""
    faults = Faults()
    stated = mapping_in(path, str(path), faults, may_be_empty=True)
    faults.refuse()
    typed = _with_three_decimals(path)
    return {key: typed.get(key, _plain(value)) for key, value in (stated or {}).items()}


def _with_three_decimals(path: Path) -> dict[str, str]:
    """The answers of a file such as 100.000, as typed: YAML would make 100 of what may be a hundred thousand."""
    import yaml

    root = yaml.compose(path.read_text(encoding="utf-8-sig"))
    return {
        key.value: value.value
        for key, value in (root.value if root is not None else ())
        if isinstance(value, yaml.ScalarNode) and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", value.value)
    }


def _plain(value: Any) -> Answer:
    """An answer as it can be read: a block of a file is shown as text, for the question to refuse."""
    return value if value is None or isinstance(value, str | int | float | list) else str(value)


def answers_text(answers: Answers) -> str:
    """The answers so far as the text of a file, which `answers_in` reads."""
    lines = [
        "# Answers of `aeflow offer`. A key without a value was left blank; one that is missing is still asked.\n"
    ]
    for key, answer in answers.items():
        value = "" if is_blank(answer) else f" {json.dumps(answer, ensure_ascii=False)}"
        lines.append(f"{key}:{value}\n")
    return "".join(lines)


def write_answers(answers: Answers, path: Path) -> None:
    """Write the answers so far. Raises ResultsError if that cannot be done."""
    write_to(path, answers_text(answers), "Name another file: answers=FILE")


def template(known: Answers = MappingProxyType({})) -> str:
    """A file of answers with every question, each blank but those that are known, and what is assumed where it is."""
    head = (
        "# Read by `aeflow offer answers=FILE`. Leave blank what you do not "
        "know: then what stands in [ ] is taken.\n"
    )
    return "\n".join([head, *_blocks(known)])


def _blocks(known: Answers) -> Iterator[str]:
    section = ""
    for key, question in questions().items():
        if not question.asked:
            continue
        if question.section != section:
            section = question.section
            yield f"# --- {SECTIONS[section]} ---"
        needs = "".join(
            f" Only if '{other}' is {' or '.join(word or 'blank' for word in words)}."
            for other, words in question.needs.items()
        )
        yield f"# {_prompt(question)}{needs}\n# Find it: {question.find}.\n{key}: {known.get(key, '')}".rstrip()


def interview(answers: dict[str, Answer], path: Path, *, ask: Ask, say: Say) -> bool:
    """Ask every question that is not answered, keeping each answer in `path`; whether the end was reached.

    `answers` is added to. `ask` shows a prompt and returns what was typed; EOFError is taken for 'quit'.
    """
    say(HELP)
    section = ""
    asked: list[str] = []
    before: dict[str, Answer] = {}
    instead: str | None = None
    while (key := next_question(answers)) is not None:
        question = questions()[key]
        if question.section != section:
            section = question.section
            say(f"\n{SECTIONS[section]}")
        try:
            given = before.get(key)
            typed = instead or ask(f"\n{_prompt(question, given)}\n> ").strip()
        except EOFError:
            typed = "quit"
        instead = None
        if typed.casefold() in ("quit", "exit"):
            write_answers(_with_given(answers, before), path)
            say(f"Kept in {path}. The same command goes on.")
            return False
        if typed == "?":
            say(_explained(question))
        elif typed.casefold() == "back":
            if asked:
                last = asked.pop()
                before[last] = answers.pop(last, None)
        elif not (answer := None if typed == "-" else typed or given) and question.required:
            say("  Nothing can be said without it.")
        elif (instead := _accept(key, answer, answers, path, ask, say)) is None:
            asked.append(key)
            before.pop(key, None)
            write_answers(_with_given(answers, before), path)
    return True


def _with_given(answers: dict[str, Answer], before: dict[str, Answer]) -> dict[str, Answer]:
    """The answers, and those that somebody went back over and did not change yet."""
    return answers | {
        key: given for key, given in before.items() if is_asked(questions()[key], answers)
    }


def _accept(
    key: str, typed: Answer, answers: dict[str, Answer], path: Path, ask: Ask, say: Say
) -> str | None:
    """Add an answer that can be used to `answers`, and return None; or else what was typed in its place, or ''. Says
    how it was read, or why not, and asks whether an odd one is so."""
    checked = check({**answers, key: typed}, path.parent)
    if faults := checked.faults.get(key):
        for fault in faults:
            say(f"  {fault.found}. {fault.remedy}")
        return ""
    echoed = checked.readings[key][-1:]
    as_typed = {typed, f"{typed} {questions()[key].unit}"}
    if typed and not as_typed.issuperset(echoed):
        say(f"  = {echoed[0]}")
    if odd := checked.doubts[key]:
        try:
            said = ask(
                "".join(f"  Check: {words}\n" for words in odd) + f"  {IS_IT_SO}\n> "
            ).strip()
        except EOFError:
            said = "quit"
        if said.casefold() not in ("y", "yes"):
            return "" if said.casefold() in ("n", "no") else said
    answers[key] = typed
    for other in [*answers]:
        if other in questions() and not is_asked(questions()[other], answers):
            del answers[other]
    return None


def _prompt(question: OfferQuestion, given: Answer = None) -> str:
    """A question with its choices and what Enter takes: what was given before, or else what is assumed."""
    choices = f" ({', '.join(question.choices)})" if question.choices else ""
    assumed = f" [{question.blank}]" if question.blank else ""
    return f"{question.words}{choices}{assumed if given is None else f' [{given}] {GIVEN}'}"


def _explained(question: OfferQuestion) -> str:
    """What the choices mean, why it is asked, where to find it, and what is assumed, with its source."""
    choices = "".join(f"  {name}: {words}\n" for name, words in question.choices.items())
    assumed = f"\n  Left blank: {question.blank}" if question.blank else ""
    source = f" ({question.evidence}: {question.source})" if question.source else ""
    n = f", on {question.patients} patients" if question.patients else ""
    return f"{choices}  Why: {question.why}\n  Where: {question.find}{n}.{assumed}{source}"
