"""The letter to a vendor: questions made from what the offer leaves open, as text to paste into a message.

It asks for figures. The cases that a vendor is to answer itself are written by the bench (`vetting/card`).
"""

import re
from collections.abc import Sequence

from simulation.display.measured import n_cases
from simulation.display.web_page import fill
from simulation.runs.result import StudyResult
from simulation.wording import capitalised

CASES, YARDSTICK, PRICE = (
    r"\bcases\b|sample",
    r"yardstick|against|agreement|truth|judge",
    r"\b(price|cost)",
)
TOPICS = {
    r"\b(languages?|ages?|groups?|ethnic|child|sex|interpreter)": "for each group, the number of cases and how many "
    "were labelled too low and too high",
    r"repeat|twice|same answer|consisten": "how many cases got another label when they were asked again",
    r"\b(fail|down\b|downtime|outage|unavailable)": "hours out of use in the last year, how staff learn of it, and how "
    "many answers were missing or came late",
    r"\b(seconds?|minutes?|time)\b": "minutes a patient before and after, how they were timed, and for how many",
    r"\btable\b|errors": "the counts of true level by level given",
    CASES: "how many, from where and when, how they were chosen, and the counts of true level by level given",
    YARDSTICK: "who set the true level, whether they saw the tool's answer, and how often two of them agree",
    PRICE: "pounds a year at our number of patients, with set-up and support",
    r"uptake": "how often nurse and product differed, and how often the nurse then took its label",
    r"\buse[sd]?\b": "patients for whom it could have been used and those for whom it was, by month, at each site",
}
"""What a vendor is to send, by the words in which something is known; the first that are found."""
OF_A_STUDY = {
    PRICE: "the price",
    CASES: "the cases that it was tested on",
    YARDSTICK: "whose judgement it was held against",
}
"""What a study may lack, too."""
ANYTHING = "what was measured, by whom, where, and on how many patients"
ALWAYS = (
    "The version, and since when it has not changed",
    "What the price leaves out: licences, integration, devices, training",
    "Where patients' words are processed and kept, and for how long",
)
"""What is asked of every vendor."""
ALL_OF_IT = "who measured it, who paid for that, where, when, and on how many patients"


def letter(result: StudyResult) -> str:
    """Questions to the vendor on its own claims, on what it has not shown (with the price, the cases and the yardstick
    where the study has not got them), and on what nobody else knows. Empty without an offer."""
    offer = result.design.offer
    if offer is None:
        return ""
    arm, named = result.arm(offer.arm), " ".join((*offer.claims, *offer.not_shown)).lower()
    policy, lacks = arm.ready.policy, {PRICE: arm.cost is None}
    if policy.ai is not None:
        lacks |= {CASES: not n_cases(policy)[0] > 0, YARDSTICK: policy.measured_against is None}
    also = [
        noun
        for topic, noun in OF_A_STUDY.items()
        if lacks.get(topic) and not re.search(topic, named)
    ]
    sent = {_send(claim) for claim in offer.claims} - {ANYTHING}
    unseen = {noun: _send(noun) in sent for noun in (*offer.not_shown, *also)}
    claimed = _points(
        [
            *offer.claims,
            *(f"{one}, which we have not seen" for one, is_sent in unseen.items() if is_sent),
        ]
    )
    not_shown = _points([one for one, is_sent in unseen.items() if not is_sent])
    words = {
        "offer": offer,
        "claimed": claimed,
        "not_shown": not_shown,
        "all_of_it": ALL_OF_IT,
        "always": ALWAYS,
    }
    return fill("letter.txt", **words)


def _points(nouns: Sequence[str]) -> list[tuple[str, str]]:
    """Nouns as the beginning of a sentence, and what to send; those of which the same is to be sent are one point."""
    points: dict[tuple[str, int], list[str]] = {}
    for number, noun in enumerate(nouns):
        send = _send(noun)
        points.setdefault((send, number if send == ANYTHING else 0), []).append(noun.rstrip(". "))
    return [(capitalised("; ".join(about)), send) for (send, _), about in points.items()]


def _send(about: str) -> str:
    return next(
        (send for words, send in TOPICS.items() if re.search(words, about.lower())), ANYTHING
    )
