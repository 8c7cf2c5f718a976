"""A vendor's answers, given as a CSV file or as the JSON log of an Inspect evaluation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from simulation.department.config_dataclass import config_dataclass
from simulation.errors import ConfigError, Fault, nearest
from simulation.vetting.alike import grouped
from simulation.vetting.answers import OUTCOMES, VARIANTS, Answer, Outcome, Question, Variant
from simulation.vetting.assessors.inspect_log import LOGS, read_log
from simulation.vetting.cases import N_LEVELS, CaseSet
from simulation.vetting.mapping import WHOLE, csv_lines

Key = tuple[str, int, str]


@config_dataclass
class AnswersAssessor:
    """A tool's answers to the cases of `cases_to_answer.csv`, which `write_cases=true` writes.

    A CSV file has the columns `case` (a name of that file, or your own case number if the mapping of the cases states
    `id`) and `label` (1 to 5 or a name under `levels` of the mapping; empty for a hand-back), and may have `repeat`
    (from 1), `variant`, `outcome`, `seconds` and `p_1` to `p_5`. A file that ends in .json is read as a log of Inspect,
    whose samples have the `id` of a case, or `CASE:VARIANT` (`rephrased`, `injected`).

    Example: `{kind: answers, file: vendor/answers.csv, product: "Acme Triage 2.1"}`
    """

    kind: Literal["answers"]
    file: str
    """The CSV file, or the JSON log of an Inspect evaluation whose samples are named by case."""
    product: str
    """Name and version of the tool that answered, as its maker states them."""


class FromFile:
    """The answers of a file; a question without one counts as missing."""

    reads_text = True

    def __init__(self, config: AnswersAssessor, cases: CaseSet) -> None:
        path = Path(config.file)
        self.name = config.product
        known = {case.name: case.name for case in cases.cases}
        known |= {case.own_id: case.name for case in cases.cases if case.own_id}
        log = read_log(path) if path.suffix in LOGS else None
        rows = log.rows(path.name, cases.levels) if log is not None else _csv_rows(path, cases.levels)
        self._told = log.about() if log is not None else {}
        faults: list[Fault] = []
        self._answers: dict[Key, Answer] = {}
        for where, answer in rows:
            if isinstance(answer, Fault):
                faults.append(answer)
            elif answer.case not in known:
                found = f"there is no case '{answer.case[:40]}'" if answer.case else "names no case"
                faults.append(Fault(where, found, _by_which_names(cases)))
            elif (key := (known[answer.case], answer.repeat, answer.variant)) in self._answers:
                remedy = "Number repeats from 1 (`repeat`), and keep `variant` as in cases_to_answer.csv"
                faults.append(Fault(where, f"a second answer to case '{answer.case[:40]}'", remedy))
            else:
                self._answers[key] = replace(answer, case=key[0])
        if faults:
            raise ConfigError(grouped(faults)[:20], heading=f"Faults in {path.name} ({len(faults)})")
        self._digest = sha256(path.read_bytes()).hexdigest()

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The file's answer to each question, or that it is missing."""
        missing = (Answer(question.case.name, question.repeat, question.variant, "missing") for question in questions)
        return [self._answers.get(_key(answer), answer) for answer in missing]

    def has(self, variant: Variant) -> bool:
        """Whether the file holds any answer to a variant."""
        return any(key[2] == variant for key in self._answers)

    @property
    def n_repeats(self) -> int:
        """How often each case was asked."""
        return 1 + max((key[1] for key in self._answers), default=0)

    def about(self) -> Mapping[str, str]:
        """The product, the digest of the file and, of a log, what it says of the evaluation."""
        return {"product": self.name, "SHA-256 of the file of answers": self._digest, **self._told}


def _key(answer: Answer) -> Key:
    return answer.case, answer.repeat, answer.variant


def _by_which_names(cases: CaseSet) -> str:
    """What to do about an answer to a case that is none."""
    remedy = "Answer the cases of cases_to_answer.csv, by the names in its first column"
    if any(case.own_id for case in cases.cases):
        return f"{remedy} or by your own case numbers"
    return f"{remedy}; to use case numbers of your own, state their column as `id` in the mapping of the cases"


def _csv_rows(path: Path, levels: Mapping[str, int]) -> Iterator[tuple[str, Answer | Fault]]:
    for line, cells in csv_lines(path, {"case": "the name of the case", "label": "the level given"}):
        where = f"{path.name}, line {line}"
        try:
            yield where, _answer_of(cells, levels)
        except ValueError as error:
            yield where, Fault(where, str(error), "See the columns of AnswersAssessor in docs/vocabulary.md")


def _answer_of(cells: Mapping[str, str], levels: Mapping[str, int]) -> Answer:
    """The answer in one row. Raises ValueError that says what is wrong."""
    variant, outcome = _one_of(cells, "variant", VARIANTS), _one_of(cells, "outcome", OUTCOMES)
    repeat = _number(cells, "repeat")
    repeat = 1.0 if repeat is None else repeat
    if repeat not in range(1, 101):
        raise ValueError(f"repeat is {repeat:g}, not a whole number from 1 to 100")
    chances = [_number(cells, f"p_{level}") for level in range(1, N_LEVELS + 1)]
    probabilities = tuple(chance for chance in chances if chance is not None)
    sound = len(probabilities) == N_LEVELS and min(probabilities) >= 0 and abs(sum(probabilities) - 1) <= 0.01
    if probabilities and not sound:
        raise ValueError("p_1 to p_5 are not five shares that add up to 1")
    seconds = _number(cells, "seconds")
    if seconds is not None and not 0 <= seconds < 1e6:
        raise ValueError(f"seconds is {seconds}")
    label, kind = _label(cells["label"].strip(), outcome, levels)
    return Answer(cells["case"].strip(), int(repeat) - 1, variant or "as_written", kind, label, probabilities, seconds)


def _label(text: str, outcome: Any, levels: Mapping[str, int]) -> tuple[int | None, Outcome]:
    """The level and how the question ended: a level that is none of the five is counted, not refused.

    `levels`: the level of each name. A number is a level of the five, whatever number the cases write it as.
    """
    if outcome is not None and outcome != "labelled":
        return None, outcome
    if not text:
        return None, "abstained" if outcome is None else "empty"
    text = re.sub(WHOLE, "", text if text.isdecimal() else str(levels.get(text, text)))
    if text.isdecimal() and 1 <= int(text[:9]) <= N_LEVELS:
        return int(text), "labelled"
    return None, "out_of_range"


def _one_of(cells: Mapping[str, str], column: str, known: Mapping[Any, str]) -> Any:
    text = cells.get(column, "").strip()
    if text and text not in known:
        raise ValueError(f"unknown {column} '{text[:40]}'. {nearest(text, known)}")
    return text or None


def _number(cells: Mapping[str, str], column: str) -> float | None:
    text = cells.get(column, "").strip()
    try:
        return float(text) if text else None
    except ValueError:
        raise ValueError(f"{column} is '{text[:40]}', not a number") from None
