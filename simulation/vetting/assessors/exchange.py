"""Requests to a server, their replies, and the answers that are kept.

Every way in which a request can fail is an outcome, never an exception.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.errors import ResultsError
from simulation.records.serialise import digest
from simulation.vetting.answers import OUTCOMES, Answer, Outcome, Question, QuestionKey
from simulation.vetting.cases import N_LEVELS

if TYPE_CHECKING:
    import httpx

    from simulation.vetting.assessors.llm import LlmAssessor

MOST_BYTES = 262_144
"""The longest reply; the rest of a longer one is not read."""
LONGEST_PAUSE = 60.0
KEPT = ("case", "repeat", "variant", "outcome", "label", "seconds", "tokens")
"""What is kept of an answer."""
NOT_OF_THE_MODEL = frozenset(
    {"no_connection", "timed_out", "redirected", "rate_limited", "client_error", "server_error", "missing"}
)
"""Outcomes that say nothing about the model: they count, and the next run asks again."""
DECLINES = re.compile(r"(?i)^\W*(i['’]?m sorry|sorry|i am sorry|i cannot|i can['’]?t|i am unable|as an ai)\b")
"""How models that decline to answer begin."""


@dataclass(frozen=True)
class Reply:
    """A reply. `level`: 1 to 5, only if the outcome is `labelled`; `text`: the model's words."""

    outcome: Outcome
    level: int | None = None
    model: str | None = None
    tokens: int | None = None
    seconds: float = 0.0
    text: str = ""
    again: bool = False
    """Whether sending the request again may help."""
    pause: float | None = None
    """Seconds that the server asks to wait before that."""


class Exchange:
    """The server that a plan states, and the limits of asking it; used by several threads at once."""

    def __init__(self, config: LlmAssessor, headers: dict[str, str]) -> None:
        self._config, self._headers = config, headers
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Stop retries; requests under way may end."""
        self._stopped.set()

    def client(self) -> httpx.Client:
        """A client for `ask`, to be closed by `with`. It follows no redirect and uses no proxy of the environment."""
        import httpx

        to, timeout = self._config.address, self._config.timeout
        return httpx.Client(
            base_url=to, headers=self._headers, timeout=timeout, follow_redirects=False, trust_env=False
        )

    def ask(self, client: httpx.Client, body: dict[str, Any]) -> Reply:
        """The reply after retries, with the seconds of all of them."""
        began = time.monotonic()
        for attempt in range(self._config.retries + 1):
            reply = self._once(client, body)
            if not reply.again or attempt == self._config.retries:
                break
            pause = self._config.first_pause * 2**attempt if reply.pause is None else reply.pause
            if self._stopped.wait(min(pause, LONGEST_PAUSE)):
                break
        return replace(reply, seconds=time.monotonic() - began)

    def _once(self, client: httpx.Client, body: dict[str, Any]) -> Reply:
        import httpx

        began = time.monotonic()
        content = bytearray()
        try:
            with client.stream("POST", "chat/completions", json=body) as response:
                failed = _of_status(response)
                if failed is not None:
                    return failed
                for part in response.iter_bytes():
                    content += part
                    if len(content) > MOST_BYTES:
                        return Reply("endless")
                    if time.monotonic() - began > self._config.timeout:
                        return Reply("timed_out", again=True)
        except httpx.TimeoutException:
            return Reply("timed_out", again=True)
        except httpx.DecodingError:
            return Reply("not_json")
        except httpx.TransportError as error:
            # a server that is killed closes before it has said anything; one that fails may stop in the middle
            broken_off = isinstance(error, httpx.RemoteProtocolError | httpx.ReadError) and content
            return Reply("cut_off" if broken_off else "no_connection", again=True)
        return reply_of(bytes(content))


def _of_status(response: httpx.Response) -> Reply | None:
    """The reply that a status alone decides; None if there is a body to read."""
    status = response.status_code
    if status == 200:
        return None
    if status == 429:
        return Reply("rate_limited", again=True, pause=_seconds(response.headers.get("retry-after")))
    if status >= 500:
        return Reply("server_error", again=True)
    of_hundred: dict[int, Outcome] = {3: "redirected", 4: "client_error"}
    return Reply(of_hundred.get(status // 100, "wrong_shape"))


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and re.fullmatch(r"\d{1,4}(\.\d{1,3})?", header) else None


def reply_of(content: bytes) -> Reply:
    """The reply in the body of a response with status 200, read strictly: a level alone, a whole number from 1 to 5."""
    if not content.strip():
        return Reply("empty")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return Reply("not_json")
    try:
        choice, usage = body["choices"][0], body.get("usage") or {}
        message, ended = choice["message"], choice.get("finish_reason")
        text, declined = message.get("content"), bool(message.get("refusal"))
        tokens, model = usage.get("total_tokens"), body.get("model")
    except (KeyError, IndexError, TypeError, AttributeError):
        return Reply("wrong_shape")
    outcome, level = outcome_of_message(text, ended, declined=declined)
    named = model if isinstance(model, str) else None
    return Reply(outcome, level, named, whole_number(tokens), text=text if isinstance(text, str) else "")


def whole_number(value: object) -> int | None:
    """A whole number, 0 or more; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def outcome_of_message(text: object, ended: object, *, declined: bool) -> tuple[Outcome, int | None]:
    """The outcome of a model's words, and the level.

    `text` is as it came, `ended` the server's reason for the end, `declined` whether the model refused outright.
    """
    if declined or ended == "content_filter":
        return "refused", None
    if ended == "length":
        return "cut_off", None
    if text is None or (isinstance(text, str) and not text.strip()):
        return "empty", None
    if not isinstance(text, str):
        return "wrong_shape", None
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return ("refused" if DECLINES.match(text) else "not_json"), None
    if not isinstance(answer, dict) or answer.keys() != {"level"} or type(answer["level"]) is not int:
        return "wrong_shape", None
    level = answer["level"]
    return ("labelled", level) if 1 <= level <= N_LEVELS else ("out_of_range", None)


# --- answers that are kept ----------------------------------------------------------------------------------------


class KeptAnswers:
    """Answers that a server has given, kept so that no question is asked twice: levels and outcomes, never the text.

    There is a file of JSON lines for each `identity`: the address, model, prompt and settings that they are of. A line
    is on the disk before the next question is asked; a line that a kill cut off is not read.
    """

    def __init__(self, folder: Path, identity: Mapping[str, object]) -> None:
        self._path = folder / f"{digest(dict(identity))[:24]}.jsonl"
        self._lock = threading.Lock()
        self.answers: dict[QuestionKey, Answer] = {}
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
