"""The data of a card as text: answers and true levels by name of the case, without a word of any complaint."""

from __future__ import annotations

import numpy as np

from simulation.records.csv_text import csv_text
from simulation.records.serialise import to_json
from simulation.vetting.answers import VARIANTS, questions_of
from simulation.vetting.bench import NURSE, TOOL, Bench
from simulation.vetting.cases import INPUTS, N_LEVELS, CaseSet
from simulation.vetting.earlier import CARD_FORMAT

STATEMENT = "planning only, not for clinical use"


def card_text(bench: Bench) -> str:
    """The text of card.json: what a card says."""
    cases = bench.cases
    verdicts = [
        {"score": verdict.criterion.score, "group": verdict.group, "verdict": verdict.word, "why": verdict.why}
        for verdict in bench.verdicts
    ]
    of_cases = {"name": cases.name, "number": len(cases), "synthetic": cases.synthetic, "yardstick": cases.yardstick}
    content = {
        "format": CARD_FORMAT,
        "statement": STATEMENT,
        "name": bench.plan.name,
        "tool": bench.tool,
        "verdict": bench.word,
        "verdicts": verdicts,
        "cases": {**of_cases, "source": cases.source, "fingerprint": cases.fingerprint},
        "outcomes": bench.outcomes,
        "about": dict(bench.about),
    }
    return to_json(content)


def answers_text(bench: Bench) -> str:
    """CSV with a row an answer: levels, outcome, seconds, tokens, probabilities."""
    by_name = {case.name: case for case in bench.cases.cases}
    chances = [f"p_{level}" for level in range(1, N_LEVELS + 1)]
    header = ["case", "truth", "nurse", "variant", "repeat", "outcome", "label", "seconds", "tokens", *chances]
    rows = []
    for answer in bench.answers:
        case = by_name[answer.case]
        probabilities = [f"{probability:.6g}" for probability in answer.probabilities] or [""] * N_LEVELS
        seconds = "" if answer.seconds is None else f"{answer.seconds:.3f}"
        ended = [answer.variant, answer.repeat + 1, answer.outcome, answer.label, seconds, answer.tokens]
        rows.append([answer.case, case.truth, case.nurse, *ended, *probabilities])
    return csv_text(header, rows)


def scores_text(bench: Bench) -> str:
    """CSV with a row a score: whose, for which group, with its interval and the yardstick."""
    header = ["who", "score", "attribute", "group", "value", "low", "high", "cases", "interval", "yardstick"]
    parts = [(who, "", "all", bench.scores(who)) for who in bench.labelled]
    for who in (TOOL, NURSE) if NURSE in bench.labelled else (TOOL,):
        parts += [(who, *group, estimates) for group, estimates in bench.by_group(who).items()]
    parts += [(f"{TOOL} minus {who}", "", "all", bench.against(who)) for who in bench.labelled if who != TOOL]
    parts.append((TOOL, "", "all", dict(bench.of_answers)))
    rows = []
    for who, attribute, group, estimates in parts:
        for name, estimate in estimates.items():
            numbers = map(_number, (estimate.value, estimate.low, estimate.high))
            rows.append([who, name, attribute, group, *numbers, estimate.n, estimate.method, bench.cases.yardstick])
    return csv_text(header, rows)


def matrix_text(bench: Bench) -> str:
    """CSV with a row a cell of the matrix: the number of cases, and the share with its credible interval."""
    shares, counts = np.stack(bench.matrix(), axis=-1), bench.labelled[TOOL].table
    rows = [
        [true + 1, label + 1, _number(counts[true, label]), *map(_number, map(float, shares[true, label]))]
        for true, label in np.ndindex(N_LEVELS, N_LEVELS)
    ]
    rows += [[true + 1, "none", _number(n), "", "", ""] for true, n in enumerate(counts[:, N_LEVELS])]
    return csv_text(["truth", "label", "cases", "share", "low", "high"], rows)


def questions_text(cases: CaseSet) -> str:
    """CSV of the cases for a vendor to answer: names and inputs with complaints, but neither truth nor nurse."""
    rows = [
        [question.case.name, question.variant, *(question.inputs.get(name, "") for name in INPUTS)]
        for variant in VARIANTS
        for question in questions_of(cases, variant, 1)
    ]
    return csv_text(["case", "variant", *INPUTS], rows)


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6g}"


