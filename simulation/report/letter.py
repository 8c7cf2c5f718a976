"""The letter to a vendor: questions made from what the offer leaves open, as text to paste into a message.

It asks for figures. The cases that a vendor is to answer itself are written by the bench (`vetting/card`).
"""

import re
from typing import NamedTuple

from simulation.display.measured import n_cases
from simulation.report.templates import templates
from simulation.runs.result import StudyResult


class Topic(NamedTuple):
    """Something to ask a vendor for: a pattern of the words by which it is known, its name, and what to send."""

    pattern: str
    name: str
    send: str


CASES = Topic(
    r"\bcases?\b|sample",
    "The cases that it was tested on",
    "how many, from where and when, how they were chosen, and the counts of true level by level given",
)
YARDSTICK = Topic(
    r"yardstick|against|agreement|truth",
    "Whose judgement it was held against",
    "who set the true level, whether they saw the tool's answer, and how often two of them agree",
)
PRICE = Topic(
    r"\b(price|cost|fees?\b)", "The price", "pounds a year at our number of patients, with set-up and support"
)
TOPICS = (
    Topic(
        r"\b(language|ages?\b|group|ethnic|child|sex\b|interpreter)",
        "",
        "for each group, the number of cases and how many were labelled too low and too high",
    ),
    Topic(r"repeat|twice|same answer|consisten", "", "how many cases got another label when they were asked again"),
    Topic(
        r"\b(fail|down\b|downtime|outage|breaks?\b|unavailable)",
        "",
        "hours out of use in the last year, how staff learn of it, and how many answers were missing or came late",
    ),
    Topic(
        r"\b(seconds?|minutes?|times?|faster)\b",
        "",
        "minutes a patient before and after, how they were timed, and for how many",
    ),
    CASES,
    YARDSTICK,
    PRICE,
)
"""Topics with what a vendor is to send, the first whose pattern is found."""
ANYTHING = "what was measured, by whom, where, and on how many patients"
ALL_OF_IT = "who measured it, who paid for that, where, when, and on how many patients"


class Question(NamedTuple):
    """A question to the vendor: what it is about, and what to send."""

    about: str
    send: str


def questions(result: StudyResult) -> tuple[tuple[Question, ...], tuple[Question, ...]]:
    """What to ask the vendor of its own claims, and of what it has not shown, with the cases, the yardstick and the
    price where the study has not got them either; empty without an offer."""
    offer = result.design.offer
    if offer is None:
        return (), ()
    arm = result.arm(offer.arm)
    policy, known = arm.ready.policy, " ".join(offer.not_shown).lower()
    missing = [(PRICE, arm.cost is None)]
    if policy.ai is not None:
        missing += [(CASES, not n_cases(policy)[0] > 0), (YARDSTICK, policy.measured_against is None)]
    of_study = [topic.name for topic, is_missing in missing if is_missing and not re.search(topic.pattern, known)]
    asked = (
        tuple(Question(_noun(one), _send(one)) for one in nouns)
        for nouns in (offer.claims, (*offer.not_shown, *of_study))
    )
    claimed, not_shown = asked
    return claimed, not_shown


def letter(result: StudyResult) -> str:
    """The letter as text; empty where nothing is missing, or without an offer."""
    claimed, not_shown = questions(result)
    if not claimed and not not_shown:
        return ""
    words = {"offer": result.design.offer, "claimed": claimed, "not_shown": not_shown, "all_of_it": ALL_OF_IT}
    return templates().get_template("letter.txt").render(**words)


def _noun(text: str) -> str:
    """A noun as the beginning of a sentence, without a full stop."""
    return f"{text[:1].upper()}{text[1:]}".rstrip(". ")


def _send(about: str) -> str:
    return next((topic.send for topic in TOPICS if re.search(topic.pattern, about.lower())), ANYTHING)
