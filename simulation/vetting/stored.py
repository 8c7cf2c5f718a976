"""The data of a card: answers and true levels by name of the case, without a word of any complaint.

`read_earlier` reads what a later version of the tool is compared with.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.errors import ResultsError
from simulation.records.csv_text import Row, csv_text
from simulation.records.serialise import to_json
from simulation.triage.policy import YARDSTICKS, Yardstick
from simulation.vetting.answers import NO_LABEL, VARIANTS, questions_of
from simulation.vetting.bench import NURSE, TOOL, Bench
from simulation.vetting.cases import INPUTS, N_LEVELS, CaseSet
from simulation.vetting.scores import Labelled

CARD, ANSWERS, MODEL = "card.json", "answers.csv", "model.json"
FORMAT = 1
STATEMENT = "planning only, not for clinical use"


@dataclass(frozen=True)
class Earlier:
    """An earlier card: its tool, the cases it was tried on, its labels, its verdicts by (score, group)."""

    tool: str
    fingerprint: str
    yardstick: Yardstick
    labelled: Labelled
    verdicts: dict[tuple[str, str], str]


def card_text(bench: Bench) -> str:
    """The text of card.json: what a card says."""
    cases = bench.cases
    verdicts = [
        {"score": verdict.criterion.score, "group": verdict.group, "verdict": verdict.word, "why": verdict.why}
        for verdict in bench.verdicts
    ]
    return to_json(
        {
            "format": FORMAT,
            "statement": STATEMENT,
            "name": bench.plan.name,
            "tool": bench.tool,
            "verdict": bench.word,
            "verdicts": verdicts,
            "cases": {
                "name": cases.name,
                "number": len(cases),
                "synthetic": cases.synthetic,
                "yardstick": cases.yardstick,
                "source": cases.source,
                "fingerprint": cases.fingerprint,
            },
            "outcomes": bench.outcomes,
            "about": dict(bench.about),
        }
    )


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
    rows: list[Row] = []
    parts = [(who, "", "all", bench.scores(who)) for who in bench.labelled]
    for who in (TOOL, NURSE):
        if who in bench.labelled:
            parts += [(who, *group, estimates) for group, estimates in bench.by_group(who).items()]
    parts += [(f"{TOOL} minus {who}", "", "all", bench.against(who)) for who in bench.labelled if who != TOOL]
    parts.append((TOOL, "", "all", dict(bench.of_answers)))
    for who, attribute, group, estimates in parts:
        for name, estimate in estimates.items():
            numbers = [_number(value) for value in (estimate.value, estimate.low, estimate.high)]
            rows.append([who, name, attribute, group, *numbers, estimate.n, estimate.method, bench.cases.yardstick])
    return csv_text(header, rows)


def matrix_text(bench: Bench) -> str:
    """CSV with a row a cell of the matrix: the number of cases, and the share with its credible interval."""
    mean, low, high = bench.matrix()
    counts = bench.labelled[TOOL].table
    rows = [
        [i + 1, k + 1, _number(counts[i, k]), *(_number(shares[i, k]) for shares in (mean, low, high))]
        for i in range(N_LEVELS)
        for k in range(N_LEVELS)
    ]
    rows += [[i + 1, "none", _number(counts[i, N_LEVELS]), "", "", ""] for i in range(N_LEVELS)]
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


def read_earlier(folder: Path) -> Earlier:
    """An earlier card. Raises ResultsError for a folder that holds none."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["format"] != FORMAT:
            raise ValueError(f"is of format {card['format']}")
        with (folder / ANSWERS).open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["variant"] == "as_written"]
        names = sorted({row["case"] for row in rows})
        index = {name: number for number, name in enumerate(names)}
        truth = np.zeros(len(names), dtype=np.int64)
        labels = np.full((len(names), max(int(row["repeat"]) for row in rows)), NO_LABEL)
        for row in rows:
            truth[index[row["case"]]] = int(row["truth"]) - 1
            if row["label"]:
                labels[index[row["case"]], int(row["repeat"]) - 1] = int(row["label"]) - 1
        if not (np.all((truth >= 0) & (truth < N_LEVELS)) and np.all((labels >= NO_LABEL) & (labels < N_LEVELS))):
            raise ValueError("holds levels beyond 1 to 5")
        verdicts = {(verdict["score"], verdict["group"]): str(verdict["verdict"]) for verdict in card["verdicts"]}
        of_cases = card["cases"]
        if of_cases["yardstick"] not in YARDSTICKS:
            raise ValueError("names no yardstick that is known")
        labelled = Labelled(truth, labels)
        return Earlier(str(card["tool"]), str(of_cases["fingerprint"]), of_cases["yardstick"], labelled, verdicts)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error) or type(error).__name__
        raise ResultsError(f"{folder}: is no card of a bench ({why}). Name a folder that `aeflow vet` wrote") from None
