"""Answers that a server has given, kept so that no question is asked twice: levels and outcomes, never the text.

There is a file of JSON lines for each address, model, prompt and setting. A line is on the disk before the next
question is asked; a line that a kill cut off is not read.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from simulation.errors import ResultsError
from simulation.records.serialise import digest
from simulation.vetting.answers import OUTCOMES, Answer, Key, Question
from simulation.vetting.cases import N_LEVELS

KEPT = ("case", "repeat", "variant", "outcome", "label", "seconds", "tokens")
"""What is kept of an answer."""
NOT_OF_THE_MODEL = frozenset(
    {"no_connection", "timed_out", "redirected", "rate_limited", "client_error", "server_error", "missing"}
)
"""Outcomes that say nothing about the model: they count, and the next run asks again."""


class KeptAnswers:
    """The answers known already. `identity`: the address, model, prompt and settings that they are of."""

    def __init__(self, folder: Path, identity: Mapping[str, object]) -> None:
        self._path = folder / f"{digest(dict(identity))[:24]}.jsonl"
        self._lock = threading.Lock()
        self.answers: dict[Key, Answer] = {}
        self.model: str | None = None
        if self._path.exists():
            self._read()

    def known(self, question: Question) -> Answer | None:
        """The answer to a question, if it was given before."""
        return self.answers.get(question.key)

    def keep(self, answer: Answer, model: str, text: Mapping[str, object]) -> None:
        """Keep an answer. `text`: what was sent and came, only if the user asked for it."""
        if answer.outcome in NOT_OF_THE_MODEL:
            return
        line = {**{name: getattr(answer, name) for name in KEPT}, "model": model, **text}
        with self._lock:
            self.answers[answer.key] = answer
            self._append(json.dumps(line, ensure_ascii=False) + "\n")

    def _append(self, text: str) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise ResultsError(f"{self._path}: cannot be written ({error.strerror or error})") from error

    def _read(self) -> None:
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError as error:
            raise ResultsError(f"{self._path}: cannot be read ({error.strerror or error})") from None
        if lines[-1]:  # a kill cut the last line off: the next one begins behind it
            self._append("\n")
        for line in lines[:-1]:
            with suppress(ValueError, KeyError, TypeError):  # where it is no answer, the question is asked again
                row = json.loads(line)
                answer = Answer(**{name: row[name] for name in KEPT})
                known = answer.outcome in OUTCOMES and answer.label in (None, *range(1, N_LEVELS + 1))
                if known and (answer.outcome == "labelled") == (answer.label is not None):
                    self.answers[answer.key] = answer
                    self.model = str(row["model"])
