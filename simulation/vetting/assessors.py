"""Assessors that read nothing (labels drawn from a stated matrix, the commonest level for everybody), or a file.

A vendor's answers are given as a CSV file or as the JSON log of an evaluation by Inspect. Others are in `learned` and
`llm`: each assessor is a config dataclass and a class that answers.

Inspect is the UK AI Security Institute's framework. Its log is read without it, as the format is published (version 2:
`eval`, `samples`, each with `id`, `epoch`, `output`, `error` and `limit`; https://inspect.aisi.org.uk/eval-logs.html).
Samples that failed stay in the denominator, and a log in which more than one model answered is refused; Inspect itself
objects to neither.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from simulation.department.config_dataclass import config_dataclass
from simulation.errors import Fault, Faults, nearest, refuse
from simulation.patients.variates import generator_of
from simulation.records.serialise import parse_json
from simulation.triage.matrix import LabelTable, probabilities
from simulation.vetting.cases import (
    LARGEST_BYTES,
    MOST_REPEATS,
    N_LEVELS,
    OUTCOMES,
    VARIANTS,
    WHOLE,
    Answer,
    CaseSet,
    Outcome,
    Question,
    QuestionKey,
    Variant,
    csv_lines,
    draw_level,
    facts,
    group_faults,
)
from simulation.vetting.llm import (
    Ended,
    make_storable,
    outcome_of_level,
    outcome_of_message,
    whole_number,
)


@config_dataclass
class MatrixAssessor:
    """Labels drawn from a matrix: what a tool with these errors, and no others, would look like on the bench.

    Example: `{kind: matrix, table: {shares: [[1, 0, 0, 0, 0], [0.1, 0.8, 0.1, 0, 0], [0, 0.1, 0.8, 0.1, 0],
    [0, 0, 0.1, 0.9, 0], [0, 0, 0, 0.1, 0.9]], evidence: assumed, source: "a judgement"}}`
    """

    kind: Literal["matrix"]
    table: LabelTable
    """How often each true level gets each label."""


class ByMatrix:
    """Draws a label for each case and repeat, whatever the wording; it errs on each case independently."""

    name = "matrix"
    reads_text = False

    def __init__(self, config: MatrixAssessor, seed: int) -> None:
        self._limits = np.cumsum(probabilities(config.table), axis=1)
        self._source = config.table.source
        self._seed = seed

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One label a question; the same for a case and repeat, whatever else is asked."""
        return [question.answered("labelled", self._label(question)) for question in questions]

    def about(self) -> Mapping[str, str]:
        """The source of the matrix."""
        return {"matrix": self._source}

    def _label(self, question: Question) -> int:
        chance = generator_of(
            self._seed, question.repeat, "vetting", f"matrix/{question.case.name}", 0
        )
        return draw_level(self._limits[question.case.truth - 1], chance)


class Majority:
    """Labels every case with the level that is commonest among the other cases: agreement without reading anything."""

    name = "majority"
    reads_text = False

    def __init__(self, cases: CaseSet) -> None:
        self._counts = np.bincount(cases.truth, minlength=N_LEVELS)

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The commonest true level for every question; a case does not count for its own label."""
        without = self._counts - np.eye(N_LEVELS, dtype=int)
        commonest = without.argmax(axis=1) + 1
        return [
            question.answered("labelled", int(commonest[question.case.truth - 1]))
            for question in questions
        ]

    def about(self) -> Mapping[str, str]:
        """The number of cases of each true level."""
        return {"true levels 1 to 5": ", ".join(str(count) for count in self._counts)}


# --- a vendor's answers ------------------------------------------------------------------------------------------


AnswerRows: TypeAlias = Iterator[tuple[str, Answer | Fault]]
"""What the rows of a file hold, each with where it is."""
LOGS = (".json", ".eval")
CONVERT = "Name a JSON log; `inspect log convert LOG.eval --to json --output-dir FOLDER` writes one"
ENDED: Mapping[str, str] = facts("answers")["ended"]
"""The servers' words for Inspect's reasons why an answer ended."""
LIMITS: Mapping[str, Outcome] = facts("answers")["limits"]
"""The outcome of a sample halted by a limit; any other limit cuts the answer off."""


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
        is_log = path.suffix in LOGS  # a CSV file says nothing of the evaluation
        rows, self._told = (
            read_log(path, cases.levels) if is_log else (_csv_rows(path, cases.levels), {})
        )
        faults = Faults()
        self._answers: dict[QuestionKey, Answer] = {}
        for where, answer in rows:
            if isinstance(answer, Fault):
                faults.append(answer)
            elif answer.case not in known:
                found = f"there is no case '{answer.case[:40]}'" if answer.case else "names no case"
                faults.add(where, found, _by_which_names(cases))
            elif (named := replace(answer, case=known[answer.case])).key in self._answers:
                remedy = (
                    "Number repeats from 1 (`repeat`), and keep `variant` as in cases_to_answer.csv"
                )
                faults.add(where, f"a second answer to case '{answer.case[:40]}'", remedy)
            else:
                self._answers[named.key] = named
        Faults(group_faults(faults)[:20]).refuse(f"Faults in {path.name} ({len(faults)})")
        self._digest = sha256(path.read_bytes()).hexdigest()

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The file's answer to each question, or that it is missing."""
        return [
            self._answers.get(question.key) or question.answered("missing")
            for question in questions
        ]

    def has(self, variant: Variant) -> bool:
        """Whether the file holds any answer to a variant."""
        return any(answer.variant == variant for answer in self._answers.values())

    @property
    def n_repeats(self) -> int:
        """How often each case was asked."""
        return 1 + max((answer.repeat for answer in self._answers.values()), default=0)

    def about(self) -> Mapping[str, str]:
        """The product, the digest of the file and, of a log, what it says of the evaluation."""
        return {"product": self.name, "SHA-256 of the file of answers": self._digest, **self._told}


def _by_which_names(cases: CaseSet) -> str:
    """What to do about an answer to a case that is none."""
    remedy = "Answer the cases of cases_to_answer.csv, by the names in its first column"
    if any(case.own_id for case in cases.cases):
        return f"{remedy} or by your own case numbers"
    return f"{remedy}; to use case numbers of your own, state their column as `id` in the mapping of the cases"


def _csv_rows(path: Path, levels: Mapping[str, int]) -> AnswerRows:
    """The answers, or faults, of the rows of a CSV file."""
    for line, cells in csv_lines(
        path, {"case": "the name of the case", "label": "the level given"}
    ):
        where = f"{path.name}, line {line}"
        try:
            yield where, _answer_of(cells, levels)
        except ValueError as error:
            yield (
                where,
                Fault(
                    where, str(error), "See the columns of AnswersAssessor in docs/vocabulary.md"
                ),
            )


def _answer_of(cells: Mapping[str, str], levels: Mapping[str, int]) -> Answer:
    """The answer in one row. Raises ValueError that says what is wrong."""
    variant, outcome = _one_of(cells, "variant", VARIANTS), _one_of(cells, "outcome", OUTCOMES)
    repeat = _number(cells, "repeat", 1.0)
    if repeat not in range(1, MOST_REPEATS + 1):
        raise ValueError(f"repeat is {repeat:g}, not a whole number from 1 to 100")
    chances = [_number(cells, f"p_{level}") for level in range(1, N_LEVELS + 1)]
    probabilities = tuple(chance for chance in chances if chance is not None)
    sound = (
        len(probabilities) == N_LEVELS
        and min(probabilities) >= 0
        and abs(sum(probabilities) - 1) <= 0.01
    )
    if probabilities and not sound:
        raise ValueError("p_1 to p_5 are not five shares that add up to 1")
    seconds = _number(cells, "seconds")
    if seconds is not None and not 0 <= seconds < 1e6:
        raise ValueError(f"seconds is {seconds}")
    ended = _ended(cells["label"].strip(), outcome, levels)
    return Answer(
        cells["case"].strip(),
        int(repeat) - 1,
        variant or "as_written",
        *ended,
        probabilities,
        seconds,
    )


def _ended(text: str, outcome: Any, levels: Mapping[str, int]) -> Ended:
    """How the question ended, and the level: a level that is none of the five is counted, not refused.

    `levels`: the level of each name. A number is a level of the five, whatever number the cases write it as.
    """
    if outcome not in (None, "labelled"):
        return outcome, None
    if not text:
        return "abstained" if outcome is None else "empty", None
    text = re.sub(WHOLE, "", text if text.isdecimal() else str(levels.get(text, text)))
    return outcome_of_level(int(text[:9])) if text.isdecimal() else ("out_of_range", None)


def _one_of(cells: Mapping[str, str], column: str, known: Collection[str]) -> Any:
    text = cells.get(column, "").strip()
    if text and text not in known:
        raise ValueError(f"unknown {column} '{text[:40]}'. {nearest(text, known)}")
    return text or None


def _number(cells: Mapping[str, str], column: str, otherwise: Any = None) -> Any:
    """The number in a column; `otherwise` where there is none. Raises ValueError for what is no number."""
    text = cells.get(column, "").strip()
    try:
        return float(text) if text else otherwise
    except ValueError:
        raise ValueError(f"{column} is '{text[:40]}', not a number") from None


# --- a log of Inspect ---------------------------------------------------------------------------------------------


def read_log(path: Path, levels: Mapping[str, int]) -> tuple[AnswerRows, dict[str, str]]:
    """The answers, or faults, of a log's samples, and what a card says about the log. `levels`: the level of each name.

    Raises ConfigError for a file that is none, or in which more than one model answered.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            refuse(path.name, "is too large", f"Give at most {LARGEST_BYTES:,} bytes")
        log = parse_json(path.read_text(encoding="utf-8"))
        samples = log["samples"]
        if not isinstance(samples, list) or not all(
            isinstance(sample, dict) and "id" in sample for sample in samples
        ):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        refuse(str(path), f"is not a JSON log of Inspect with `samples` ({why})", CONVERT)
    models = {str(model) for sample in samples if (model := _at(sample, "output", "model"))}
    if len(models) > 1:
        found = f"holds answers of {len(models)} models: {', '.join(sorted(name[:60] for name in models)[:5])}"
        refuse(str(path), found, "Give a log of one model, for what is measured is one")
    model = next(iter(models), str(_at(log, "eval", "model") or "none"))
    ended = (
        f"Inspect, {_at(log, 'eval', 'created') or ''}, {log.get('status', 'status not stated')}"
    )
    named = {
        f"{path.name}, sample {number}": sample for number, sample in enumerate(samples, start=1)
    }
    rows = ((where, _answer_in(sample, where, levels)) for where, sample in named.items())
    return rows, {
        "model that the log names": make_storable(model),
        "evaluation": make_storable(ended),
    }


def _answer_in(sample: Mapping[str, Any], where: str, levels: Mapping[str, int]) -> Answer | Fault:
    """The answer in one sample, or what is wrong with it."""
    case, _, variant = str(sample["id"]).strip().partition(":")
    if variant and variant not in VARIANTS:
        return Fault(where, f"unknown variant '{variant[:40]}'", nearest(variant, VARIANTS))
    epoch = whole_number(sample.get("epoch", 1)) or 0
    if not 1 <= epoch <= MOST_REPEATS:
        return Fault(
            where, f"epoch is {str(sample['epoch'])[:20]!r}", "A whole number from 1 to 100"
        )
    output = sample.get("output")
    spans: tuple[Any, ...] = (
        _at(output, "time"),
        sample.get("working_time"),
        sample.get("total_time"),
    )
    seconds = (float(span) for span in spans if type(span) in (int, float) and 0 <= span < 1e6)
    tokens = whole_number(_at(output, "usage", "total_tokens"))
    ended = _outcome(sample, levels)
    return Answer(case, epoch - 1, variant or "as_written", *ended, (), next(seconds, None), tokens)


def _outcome(sample: Mapping[str, Any], levels: Mapping[str, int]) -> Ended:
    """The outcome and level of a sample: an error or a limit counts before what the model said."""
    if sample.get("error") or _at(sample, "output", "error"):
        return "server_error", None
    if sample.get("limit"):
        return LIMITS.get(str(_at(sample, "limit", "type")), "cut_off"), None
    choice = _at(sample, "output", "choices", 0)
    text = _at(sample, "output", "completion") or _text(_at(choice, "message", "content"))
    if isinstance(text, str):
        text = text.strip()
        text = text if text.isdecimal() else str(levels.get(text, text))
        if text.isdecimal():  # a bare level, as many evaluations ask for
            return outcome_of_level(int(text[:9]))
    return outcome_of_message(text, ENDED.get(str(_at(choice, "stop_reason"))), declined=False)


def _text(content: Any) -> Any:
    """The words of a message, given whole or in parts."""
    return (
        "".join(str(_at(part, "text") or "") for part in content)
        if isinstance(content, list)
        else content
    )


def _at(value: Any, *path: str | int) -> Any:
    """What stands at a path inside a log; None if there is no such place."""
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value
