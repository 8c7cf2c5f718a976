"""The questions of an offer, answers as people write them, and what follows from them, by key. No terminal, no file.

Answers are a mapping of key to text or number; a blank is None or ''. Any front asks `next_question`, shows what
`check` says, and asks again.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, TypeGuard

from simulation.config.counts_table import FIVE_LEVELS, CountsTable, read_counts
from simulation.config.validating import validated
from simulation.department.config_dataclass import (
    AtLeastOne,
    Evidence,
    Label,
    Unit,
    config_dataclass,
)
from simulation.errors import ConfigError, Fault, Faults, nearest
from simulation.offers.figures import (
    ReadAmount,
    Unread,
    read_amount,
    read_minutes,
    read_money,
    read_number,
    read_share,
)
from simulation.offers.rotas import Rota, read_rota, rota_words
from simulation.offers.whom import Whom, read_whom
from simulation.records.serialise import read_yaml

AT_AMBULANCES = re.compile(r"[,;+]?[^,;+]*\bambul[^,;+]*(?:, *(?:at )?all hours)?", re.IGNORECASE)
"""The part of a rota that is about nurses for ambulances."""
NOT_ASKED_ANY_MORE = ("nurses_table",)
"""Questions that are asked of fewer products than they were: an earlier answer to them is still read."""
BOTH = {
    "saves time and advises": ("saves time", "advises"),
    "saves time and labels": ("saves time", "labels"),
}
"""Choices that are two others at once."""
LONGEST_ANSWER = 2_000
"""Characters of any answer; the longest are rotas."""
MOST_CHARACTERS = 100
"""Characters of a text: it is a label in tables."""
SAID = {"apart|separate|dedicated": "own", "same|both": "triage"}
"""Words in which a choice is named that begins so, by pattern."""
Answer = str | float | int | list[str] | None
Answers = Mapping[str, Answer]
Number = float | None
Text = str | None
Counts = CountsTable | None
Staff = Rota | None
Kind = Literal[
    "number", "share", "minutes", "money", "amount", "choice", "text", "rota", "table", "sources"
]
Bounds = Annotated[tuple[float, float], Unit("that of the question")]
Words = dict[str, list[str]]
USUALLY_FOR = Whom()
"""Whom a product is for if nobody says: walk-ins and GP referrals."""


@config_dataclass
class OfferQuestion:
    """One question of the interview.

    Example: `{section: department, words: "How many come?", noun: attendances a day, unit: attendances a day,
    kind: number, why: "All is scaled to it.", find: "monthly figures"}`
    """

    section: Literal["department", "product"]
    """What it is about."""
    words: str
    """The question."""
    noun: Label
    """What is asked for, as a noun."""
    unit: str
    """The unit of an answer."""
    kind: Kind
    """What an answer is."""
    why: str
    """Why it is asked."""
    find: Label
    """Where a trust finds it, or how it is measured."""
    required: bool = False
    """Whether nothing can be said without it."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """The words that may be chosen, and what each means."""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Another question, and choices one of which is its answer ('': it was left blank), or this one is not asked."""
    asked: bool = True
    """Whether it is asked at all; if not, it is always blank, so a range."""
    covers: bool = False
    """Whether somebody of a rota must be on at every hour."""
    allowed: Bounds | None = None
    """The lowest and the highest that is taken."""
    usual: Bounds | None = None
    """The lowest and the highest that nobody is asked about again."""
    patients: Annotated[AtLeastOne, Unit("patients")] | None = None
    """On how many patients it is measured; none: it is looked up."""
    blank: str | None = None
    """What is assumed without an answer."""
    range: Bounds | None = None
    """The range over which a blank is drawn, a value a department."""
    evidence: Evidence | None = None
    """Where that comes from."""
    source: str | None = None
    """The citation, or the reason for it."""


@dataclass
class OfferAnswers:
    """The answers as they were read, in the order of the questions; None: left blank. Shares are from 0 to 1, waits and
    times in minutes, prices in pounds. Where one that is required is missing, it is 0 or ''."""

    attendances_per_day: float = 0
    within_four_hours: Number = None
    wait_to_clinician: Number = None
    median_wait_to_clinician: Number = None
    over_12h: Number = None
    left: Number = None
    admitted_share: Number = None
    beds: Number = None
    triage_nurses: Staff = None
    ambulances: Text = None
    ambulance_nurses: Staff = None
    children_share: Number = None
    children: Text = None
    doctors: Staff = None
    triage_minutes: Number = None
    triage_wait: Number = None
    product: str = ""
    does: str = ""
    saves: ReadAmount | None = None
    saves_by: Text = None
    covers: Whom | None = None
    used_share: Number = None
    acceptance: Number = None
    against: Text = None
    table: Counts = None
    exact_share: Number = None
    under_share: Number = None
    correlation: Number = None
    cases: Number = None
    cases_on: Text = None
    accuracy_by: Text = None
    nurses_table: Counts = None
    price_a_year: Number = None
    price_a_patient: Number = None
    evaluation: Text = None

    @property
    def given(self) -> dict[str, Any]:
        """What was answered, by key."""
        return {key: value for key, value in vars(self).items() if value is not None}

    def last_of(self, *keys: str) -> str:
        """The last of these questions that was answered."""
        return [key for key in self.given if key in keys][-1]

    @property
    def saves_time(self) -> bool:
        """Whether the product takes time off triage."""
        return "saves time" in chosen(self.does)

    @property
    def advises(self) -> bool:
        """Whether it suggests a label, of which the nurse decides."""
        return "advises" in chosen(self.does)

    @property
    def labels(self) -> bool:
        """Whether it gives or suggests labels."""
        return self.advises or "labels" in chosen(self.does)

    @property
    def agrees_with_nurses(self) -> bool:
        """Whether its accuracy was measured against nurses, or nobody says against whom."""
        return self.against in ("nurses", "unknown", None)

    @property
    def whom(self) -> Whom:
        """Whom it is for, as answered, or walk-ins and GP referrals."""
        return (self.covers or USUALLY_FOR)._replace(children=self.children_share)

    def patients_a_year(self, used_share: float) -> float:
        """Attendances a year for which it is used, roughly, if it is for such a share of those it is for."""
        return 365 * self.attendances_per_day * used_share * self.whom.share


@dataclass
class Checked:
    """The answers as they were read; by key faults, how each was read, and what is unlikely about it."""

    values: OfferAnswers = field(default_factory=OfferAnswers)
    faults: dict[str, list[Fault]] = field(default_factory=partial(defaultdict, list))
    readings: Words = field(default_factory=partial(defaultdict, list))
    doubts: Words = field(default_factory=partial(defaultdict, list))

    @property
    def all_faults(self) -> Faults:
        """Every fault, in the order of the questions."""
        return Faults(chain(*self.faults.values()))

    def refuse(self, key: str, found: str, remedy: str) -> None:
        """Add a fault."""
        self.faults[key].append(Fault(key, found, remedy))

    def ask(self, key: str, words: str) -> None:
        """Add what is unlikely about an answer."""
        self.doubts[key].append(words)

    def echo(self, key: str, words: str) -> None:
        """Add how an answer was read."""
        self.readings[key].append(words)


@cache
def questions() -> Mapping[str, OfferQuestion]:
    """The questions by key, in order."""
    stated = read_yaml(Path(__file__).with_name("questions.yaml"))
    faults = Faults()
    made = {
        key: validated(OfferQuestion, block, f"questions.{key}", faults)
        for key, block in stated.items()
    }
    faults.refuse()
    return {key: question for key, question in made.items() if question}


def is_blank(answer: Answer) -> bool:
    """Whether an answer says nothing."""
    return answer is None or answer == [] or (isinstance(answer, str) and not answer.strip())


def is_asked(question: OfferQuestion, answers: Answers) -> bool:
    """Whether the answers so far make this a question."""
    return question.asked and all(
        is_asked(other, answers)
        and not set(words).isdisjoint(chosen(_as_chosen(other, answers.get(key))))
        for key, words in question.needs.items()
        for other in [questions()[key]]
    )


def chosen(choice: str) -> tuple[str, ...]:
    """The single choices that a choice is.

    >>> chosen("saves time and advises"), chosen("labels")
    (('saves time', 'advises'), ('labels',))
    """
    return BOTH.get(choice, (choice,))


def _as_chosen(question: OfferQuestion, answer: Answer) -> str:
    """An answer in the words of the choice that it begins; as typed if it begins none, '' if it is blank."""
    typed = "" if is_blank(answer) else str(answer).casefold().strip()
    with suppress(Unread):
        if typed and question.choices:
            return str(read("choice", typed, question.choices))
    return typed


def next_question(answers: Answers) -> str | None:
    """The key of the first question that is not answered, nor left blank on purpose (a key without a value); None at
    the end."""
    return next(
        (
            key
            for key, question in questions().items()
            if key not in answers and is_asked(question, answers)
        ),
        None,
    )


def check(answers: Answers, folder: Path | None = None) -> Checked:
    """The answers as they were read, with a fault for each that cannot be used and a note on each that was read.

    `folder`: where tables are that answers name.
    """
    from simulation.offers.contradictions import cross_check

    checked = Checked()
    for key in answers:
        if key not in questions():
            checked.refuse(str(key), "is not asked", nearest(str(key), questions()))
    for key, question in questions().items():
        answer = answers.get(key)
        if not is_blank(answer):
            if is_asked(question, answers) or key in NOT_ASKED_ANY_MORE:
                _read_one(key, question, answer, folder or Path(), checked)
            else:
                _unasked(key, question, answers, checked)
        elif not is_asked(question, answers):
            continue
        elif question.required:
            checked.refuse(key, "is missing", question.words)
        elif question.blank is not None:
            checked.echo(key, f"left blank: {question.blank}")
    cross_check(answers, checked)
    return checked


def _unasked(key: str, question: OfferQuestion, answers: Answers, checked: Checked) -> None:
    """The fault of an answer to what another answer rules out."""
    if not question.asked:
        checked.refuse(
            key, "is answered, and is not asked: no count against nurses can tell", "Leave it out"
        )
        return
    other = next(iter(question.needs))
    found = f"is answered, and '{other}' is '{answers.get(other) or 'blank'}'"
    if other == "does" and "saves time" not in question.needs[other]:
        found = f"is answered, and the product gives no label ('does' is '{answers.get('does')}')"
    if key == "ambulance_nurses":
        found += ": they are among the triage nurses"
    checked.refuse(key, found, "Leave one of them out")


def _read_one(
    key: str, question: OfferQuestion, answer: Answer, folder: Path, checked: Checked
) -> None:
    """Read one answer; add its value, its faults and its notes."""
    if question.kind == "table":
        try:
            setattr(checked.values, key, read_counts(folder / str(answer), FIVE_LEVELS))
        except ConfigError as error:
            for fault in error.faults:
                checked.refuse(key, f"{fault.where}: {fault.found}", fault.remedy)
        return
    if key == "triage_nurses" and (apart := AT_AMBULANCES.search(str(answer))):
        answer = str(answer).replace(apart[0], "")
        checked.ask(
            key, f"'{apart[0].strip(' ,;')}' is left out here: that is asked under 'ambulances'."
        )
    try:
        value = read(question.kind, answer, question.choices, question.unit)
    except Unread as unread:
        checked.refuse(key, unread.found, unread.remedy)
        return
    words = words_of(question.kind, value, question.unit)
    number = _number_of(value)
    if _is_outside(number, question.allowed):
        low, high = (words_of(question.kind, end, question.unit) for end in question.allowed or ())
        checked.refuse(key, f"is {words}", f"Allowed: {low} to {high}{_hint(key, number)}")
        return
    setattr(checked.values, key, value)
    checked.echo(key, words)
    if _is_outside(number, question.usual) and not isinstance(value, Rota):
        times, sign = 1 + 99 * (question.kind == "share"), "£" * (question.kind == "money")
        usual = " to ".join(f"{sign}{end * times:,.10g}" for end in question.usual or ())
        checked.ask(key, f"{words}: that is unusual, {usual} is usual. Is it so?")
    if question.kind == "text" and str(answer).replace(",", "").strip("£ %").isdecimal():
        checked.ask(key, f"found {answer}, where words are asked for. Is it so?")
    if question.kind == "share" and isinstance(answer, int | float) and answer > 1:
        checked.ask(key, f"found {answer:g}, taken as {100 * value:g} %. Is it so?")
    if isinstance(value, Whom) and value.taken:
        checked.ask(key, f"{value.taken}. Is it so?")
    if isinstance(value, Rota):
        _check_rota(key, question, value, checked)


def _number_of(value: object) -> float | None:
    """The number that bounds are about, of a rota the most people at once; None if there is none."""
    if isinstance(value, Rota):
        return float(max(value.on_duty))
    if isinstance(value, ReadAmount):
        return value.number if value.is_seconds else None
    return float(value) if isinstance(value, int | float) else None


def _is_outside(number: float | None, bounds: Bounds | None) -> TypeGuard[float]:
    """Whether there is a number that is beyond bounds."""
    return number is not None and bounds is not None and not bounds[0] <= number <= bounds[1]


def _hint(key: str, number: float) -> str:
    """What an answer of another unit may have been."""
    if key == "attendances_per_day" and number > 1500:
        return f". Is it a year's? That is {number / 365:,.0f} a day"
    if key == "price_a_patient" and number > 500:
        return ". A price a year is answered under price_a_year"
    return ""


def _check_rota(key: str, question: OfferQuestion, rota: Rota, checked: Checked) -> None:
    """Faults and notes of a rota: hours without anybody, shifts that overlap, heads instead of people on duty."""
    if question.covers and (gaps := rota.hours_where(0)):
        setattr(checked.values, key, None)
        on, one = rota_words(rota).partition(" = ")[0], gaps.replace(", ", ", 1 ")
        remedy = f"Name everybody who is on, such as '{on}, 1 {one}'"
        checked.refuse(key, f"nobody is on from {gaps}", remedy)
    if rota.overlaps:
        checked.ask(key, f"shifts overlap from {rota.overlaps}: there they add up. Is it so?")
    if question.usual and max(rota.on_duty) > question.usual[1]:
        checked.ask(
            key,
            f"{max(rota.on_duty)} on duty at once? Count people on duty, not heads of the team.",
        )


# --- answers as people write them -----------------------------------------------------------------------------


def read(kind: str, answer: Any, choices: Mapping[str, str], unit: str = "") -> Any:
    """The value of an answer to a question with such choices, or in such a unit. Raises Unread."""
    text = ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer)
    text = " ".join(text.split())
    if len(text) > LONGEST_ANSWER:
        raise Unread(f"has {len(text):,} characters", f"Write {LONGEST_ANSWER:,} at most")
    if re.search(r"\d{16}", text):
        raise Unread("holds a number of more than 15 digits", "Write a shorter one")
    if isinstance(answer, bool):
        raise Unread(f"found {answer}", "Write it in words")
    if kind == "choice":
        return _choice(text, choices)
    return _IN_UNITS[kind](text, unit) if kind in _IN_UNITS else _PLAIN[kind](text)


def _text(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise Unread(f"has {len(text)} characters", f"Write {MOST_CHARACTERS} at most")
    return text


def _choice(text: str, choices: Mapping[str, str]) -> str:
    """One of the choices, or the only one that begins so or is among the words."""
    plain = text.casefold().replace("_", " ")
    meant = [name for name in choices if name == plain] or [
        name for name in choices if name.startswith(plain)
    ]
    among = (name for name in choices if name != "not")  # which is in other words, too
    meant = meant or [name for name in among if re.search(rf"\b{name}\b", plain)]
    if not meant and not re.search(r"\b(?:not?|none)\b", plain):
        begins = tuple(begin for words, begin in SAID.items() if re.search(words, plain))
        meant = [name for name in choices if name.startswith(begins)]
    if len(meant) != 1:
        raise Unread(f"found '{text}'", f"Choose one: {', '.join(choices)}")
    return meant[0]


def words_of(kind: str, value: Any, unit: str) -> str:
    """A value as it was read, in words."""
    if isinstance(value, Rota):
        return rota_words(value)
    if isinstance(value, Whom):
        return value.words
    if isinstance(value, ReadAmount):
        return (
            f"{value.number:g} seconds"
            if value.is_seconds
            else f"{100 * value.number:g} % of a triage"
        )
    if kind == "share":
        return f"{100 * value:.4g} %"
    if kind == "money":
        return f"£{value:,.2f} {unit.removeprefix('pounds ')}".replace(".00 ", " ")
    return f"{value:,.10g} {unit}" if isinstance(value, float) else str(value)


_PLAIN: Mapping[str, Callable[[str], Any]] = {
    "text": _text,
    "rota": read_rota,
    "sources": read_whom,
    "amount": read_amount,
    "share": read_share,
    "minutes": read_minutes,
}
_IN_UNITS: Mapping[str, Callable[[str, str], Any]] = {"money": read_money, "number": read_number}
"""By kind of answer, what reads it, some in the unit of the question; a choice is read by its choices."""
