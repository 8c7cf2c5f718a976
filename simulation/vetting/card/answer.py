"""A card in a few sentences: what was tried, what the criteria say, and how the tool compares with the nurse."""

from __future__ import annotations

from collections import Counter

from simulation.vetting.bench import NURSE, TOOL, Bench
from simulation.vetting.card.tables import difference_words, value_words, verdict_on
from simulation.vetting.cases import N_LEVELS
from simulation.vetting.scores import SCORES

COMPARED = ("exact_share", "under_triage_1_2_share")
"""The scores on which a sentence compares the tool with the nurse."""


def card_sentences(bench: Bench) -> list[str]:
    """What the bench found, the verdict first; no sentence says more than its interval supports."""
    cases = bench.cases
    counts = Counter(verdict.word for verdict in bench.verdicts)
    counted = ", ".join(f"{n} {word}" for word, n in counts.items())
    n_urgent = int((cases.truth < 2).sum())
    scores = bench.scores(TOOL)
    sentences = [
        f"The criteria fixed beforehand are {_overall(bench)} by {bench.tool} ({counted}).",
        f"It was asked about {len(cases)} cases, {n_urgent} of them of true levels 1-2"
        f"{'; the cases are made up, so nothing follows for patients' * cases.synthetic}. "
        f"Truth is {cases.yardstick_words}.",
        f"It gave the true level to {value_words(scores['exact_share'], 'exact_share')} of the cases, and a less "
        f"urgent one to {value_words(scores['under_triage_1_2_share'], 'under_triage_1_2_share')} of true levels 1-2.",
    ]
    if any(verdict.word == "identical to the nurse" for verdict in bench.verdicts):
        sentences.append("Every label is the nurse's own, so this says nothing about a tool that makes other errors.")
    elif NURSE in bench.labelled:
        differences = bench.against(NURSE)
        for name in COMPARED:
            word = verdict_on(differences[name], name)
            verdict = "cannot be told from the nurse" if word == "cannot tell" else f"{word} than the nurse"
            sentences.append(f"{SCORES[name].capitalize()}: {verdict}, {difference_words(differences[name], name)}.")
    if len(set(cases.truth.tolist())) < N_LEVELS:
        sentences.append("Some levels have no case, so nothing is known about them.")
    return sentences


def _overall(bench: Bench) -> str:
    """The verdict on all criteria together, for the middle of a sentence."""
    words = {"cannot tell": "neither clearly met nor clearly missed", "identical to the nurse": "met, like the nurse,"}
    return words.get(bench.word, bench.word)
