"""Two hundred offers of random answers: does a page ever give a verdict over a department that is not as was stated?

Each answer is drawn alone, evenly over what questions.yaml calls usual, and half of the optional ones are left blank.
Rotas are whole nurses and doctors between 10 and 20 or 8 and 22 h, half as many otherwise: as many as 340 patients a
day have, by size, times .8 to 1.5. So answers contradict one another more often than a planner's would. An odd answer
is kept, as by somebody who says yes; a refused one is given again, twice at most. What is refused is counted by
question. The others are made into departments and simulated with and without the product, and their board's page is
read: where it gives a verdict, every figure that was stated must lie within its tolerance, which is written down here a
second time.

    python tests/long/interviews.py FOLDER [first] [last]

The checks take seconds. An interview takes some 30 seconds of processor time: departments are made of four weeks in
place of a year, 20 in place of 30, and compared over two weeks, twice each. All of it runs in one process: start one
for each processor, with another range. What is done is kept in FOLDER. Exit code 1 if a page has a verdict that it
should not have, or if more than a fifth of all are refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import simulation as ae
from simulation.errors import ConfigError
from simulation.offers import offer
from simulation.offers.interview import OfferQuestion, check, is_asked, questions
from simulation.report.board import board
from simulation.report.findings import stated_figures

N, SEED, TRIES, MOST_REFUSED, N_DEPARTMENTS = 200, 4141, 3, 0.2, 20
MONTH = {"warm_up_days": 14, "measured_days": 28, "cool_down_days": 2, "doublings": 1}
SERIAL = "executor=serial"
FORTNIGHT = (
    SERIAL,
    "run=weeks",
    "run.warm_up_days=14",
    "run.measured_days=14",
    "run.cool_down_days=2",
)
SIZE = 340.0
STAFF = {"triage_nurses": 2.2, "ambulance_nurses": 1.8, "doctors": 10.0}
"""Staff by day for `SIZE` attendances a day, from which rotas are drawn."""
TOLERANCE = {
    "attendances_per_day": (0, 0.02),
    "left_share": (0.01, 0),
    "_share": (0.02, 0),
    "": (5, 0.15),
}
"""The most that a figure may be off, by the end of its measure's name: as it is or as a share of what was stated,
whichever is more."""


def answers_of(number: int) -> tuple[dict[str, Any], Counter[str]]:
    """The answers of an interview, always the same for a number, and how often each question was refused.

    A refused answer is drawn again, as an interview asks again, but `TRIES` times at most.
    """
    draw = np.random.default_rng([SEED, number])
    answers: dict[str, Any] = {}
    refused: Counter[str] = Counter()
    for key, question in questions().items():
        leave_blank = not question.required and draw.random() < 0.5
        if not leave_blank and question.asked and is_asked(question, answers):
            answers |= _drawn(key, question, answers, draw)
    answers["product"] = f"Product {number}"
    for _ in range(TRIES - 1):
        faults = [key for key, of_key in check(answers).faults.items() if of_key]
        refused.update(faults)
        for key in faults:
            answers |= _drawn(key, questions()[key], answers, draw)
    return answers, refused


def _drawn(
    key: str, question: OfferQuestion, answers: dict[str, Any], draw: np.random.Generator
) -> dict[str, Any]:
    """An answer as somebody writes it; none to a question that a number, choice or rota does not answer."""
    if question.kind == "rota":
        size = float(answers["attendances_per_day"]) / SIZE
        by_day = max(1, round(STAFF[key] * size * draw.uniform(0.8, 1.5)))
        first, last = ((10, 20), (8, 22))[draw.integers(2)]
        return {key: f"{by_day} {first}-{last}, {max(1, by_day // 2)} {last}-{first}"}
    if question.kind == "choice":
        return {key: str(draw.choice(list(question.choices)))}
    ends = question.usual or question.allowed
    if ends is None or question.kind == "table":
        return {}
    value = float(draw.uniform(*ends))
    if question.kind == "share":
        return {key: f"{100 * value:.1f} %"}
    return {key: f"{value:.0f} s" if question.kind == "amount" else f"{value:.0f}"}


def page_of(number: int, folder: Path) -> dict[str, Any]:
    """Make the departments of an interview, run them with and without the product, and read its board's page."""
    name = f"interview_{number}"
    with TemporaryDirectory() as temporary:
        configs = Path(temporary)
        try:
            offer.write_offer(
                answers_of(number)[0],
                configs,
                name=name,
                n=N_DEPARTMENTS,
                where=(SERIAL,),
                results=folder,
                say=lambda line: None,
            )
            study = ae.load(
                f"study={name}",
                *FORTNIGHT,
                f"run.replications={2 * N_DEPARTMENTS}",
                config_dir=configs,
            )
            product = next(arm.name for arm in study.arms if arm.name.endswith("product"))
            result = ae.compare(study.of_arms([product]))
        except ConfigError as error:
            return {"refused": str(error)}
    page = board(result)
    figures = {one.label: (one.stated, one.simulated, one.unit) for one in stated_figures(result)}
    return {"verdict": page.verdict, "figures": figures}


def is_beyond(label: str, stated: float, simulated: float, unit: str) -> bool:
    """Whether a figure is farther from what was stated than its tolerance."""
    least, share = next(
        most for words, most in TOLERANCE.items() if words in label or words in unit
    )
    return abs(simulated - stated) > max(least, share * stated)


def main() -> int:
    """Check all interviews, run those asked for, and count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("last", type=int, nargs="?", default=N)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    offer.YEAR.update(MONTH)
    reasons: Counter[str] = Counter()
    refused: set[int] = set()
    again: Counter[str] = Counter()
    for number in range(N):
        answers, tries = answers_of(number)
        again += tries
        faults = [key for key, of_key in check(answers).faults.items() if of_key]
        if faults:
            refused.add(number)
            reasons.update(faults)
    print(f"Answers refused and given again: {dict(again.most_common())}")
    print(f"{len(refused)} of {N} end refused: {dict(reasons.most_common())}", flush=True)
    wrong: list[int] = []
    for number in range(asked.first, asked.last):
        kept = asked.folder / f"{number}.json"
        if number in refused:
            continue
        if not kept.exists():
            kept.write_text(json.dumps(page_of(number, asked.folder)), encoding="utf-8")
        page = json.loads(kept.read_text(encoding="utf-8"))
        off = [key for key, of in page.get("figures", {}).items() if is_beyond(key, *of)]
        if off and not page["verdict"].startswith("No "):
            wrong.append(number)
        print(
            number,
            page.get("verdict", page.get("refused")),
            "; ".join(off) or "as stated",
            flush=True,
        )
    print(f"Verdicts over a department that is not as was stated: {wrong or 'none'}")
    return int(bool(wrong) or len(refused) > MOST_REFUSED * N)


if __name__ == "__main__":
    sys.exit(main())
