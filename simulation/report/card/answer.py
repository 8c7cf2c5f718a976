"""A card in a few sentences: what was tried, what the criteria say, and beside the nurse."""

from __future__ import annotations

from collections import Counter

from simulation.report.card.tables import difference_words, value_words, verdict_on
from simulation.vetting.bench import NURSE, TOOL, Bench
from simulation.vetting.cases import N_LEVELS
from simulation.vetting.scores import SCORES

BESIDE = ("exact_share", "under_triage_1_2_share")
"""The scores in which the tool is set beside the nurse in words."""


def card_sentences(bench: Bench) -> list[str]:
    """The answer first; each sentence says no more than its interval."""
    cases = bench.cases
    words = Counter(verdict.word for verdict in bench.verdicts)
    counted = ", ".join(f"{n} {word}" for word, n in words.items())
    high = int((cases.truth < 2).sum())
    found = bench.scores(TOOL)
    said = [
        f"The criteria fixed beforehand are {_overall(bench)} by {bench.tool} ({counted}).",
        f"It was asked about {len(cases)} cases, {high} of them of true levels 1-2"
        f"{'; the cases are made up, so nothing follows for patients' * cases.synthetic}. "
        f"Truth is {cases.yardstick_words}.",
        f"It gave the true level to {value_words(found['exact_share'], 'exact_share')} of the cases, and a less urgent "
        f"one to {value_words(found['under_triage_1_2_share'], 'under_triage_1_2_share')} of true levels 1-2.",
    ]
    copies = [verdict for verdict in bench.verdicts if verdict.word == "identical to the nurse"]
    if copies:
        said.append("Every label is the nurse's own, so nothing is learnt of a tool that would err on its own account.")
    elif NURSE in bench.labelled:
        gaps = bench.against(NURSE)
        for name in BESIDE:
            word = verdict_on(gaps[name], name)
            told = {"cannot tell": "not told apart from the nurse"}.get(word, f"{word} than the nurse")
            said.append(f"{SCORES[name].capitalize()}: {told}, {difference_words(gaps[name], name)}.")
    if cases.truth.max() + 1 < N_LEVELS or high < 1:
        said.append("Some levels have no case, so nothing is known about them.")
    return said


def _overall(bench: Bench) -> str:
    told = {"cannot tell": "neither met nor missed for certain", "identical to the nurse": "met, like the nurse,"}
    return told.get(bench.word, bench.word)
