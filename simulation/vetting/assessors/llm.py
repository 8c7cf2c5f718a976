"""A language model behind a server that speaks as OpenAI's does (Ollama, vLLM, llama.cpp and others).

Each question is one request; each way in which it can fail is counted. No redirect is followed, no proxy of the
environment used, nothing sent beyond this machine unless `allow_remote` says so.
"""

from __future__ import annotations

import ipaddress
import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, Le

from simulation.department.config_dataclass import Unit, config_dataclass
from simulation.errors import Fault, ResultsError, refuse
from simulation.records.serialise import digest
from simulation.vetting.answers import INJECTION, Answer, Question
from simulation.vetting.assessors import refuse_without
from simulation.vetting.assessors.exchange import Exchange, KeptAnswers
from simulation.vetting.cases import N_LEVELS, NUMBERS, Inputs
from simulation.vetting.facts import facts

if TYPE_CHECKING:
    import httpx

PLACE = "{case}"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"level": {"type": "integer", "minimum": 1, "maximum": N_LEVELS}},
    "required": ["level"],
    "additionalProperties": False,
}
"""The JSON Schema of an answer, sent to the server; answers are checked here too, whatever the server does."""
TITLES: Mapping[str, str] = facts("inputs")["titles"]
"""The name of each input in a prompt, in this order."""
LONG_RUN = 100
"""The least number of questions of which a run says how far it is."""


@config_dataclass
class LlmAssessor:
    """A language model behind a server with OpenAI's chat interface.

    Example: `{kind: llm, address: "http://127.0.0.1:8080/v1", model: llama-3.2-3b, prompt: triage_1}`
    """

    kind: Literal["llm"]
    address: str
    """Where the server is, up to and with `/v1`. Another machine than this one needs `allow_remote=true`."""
    model: str
    """The model's name, as the server knows it."""
    prompt: str
    """The file in `configs/prompt` that says what is asked."""
    key: str | None = None
    """The NAME of the environment variable that holds the key, never the key. Example: `OUR_SERVER_KEY`"""
    temperature: Annotated[float, Ge(0), Le(2), Unit("none")] = 0.0
    """How freely the model chooses its words; 0 asks for the likeliest. Example: `0.7`"""
    seed: Annotated[int, Ge(0), Unit("none")] = 1
    """Where the server's chance starts, the same for every question. Example: `2`"""
    longest_answer: Annotated[int, Ge(8), Le(4096), Unit("tokens")] = 64
    """Tokens after which an answer is cut off. Example: `200`"""
    timeout: Annotated[float, Gt(0), Le(3600), Unit("seconds")] = 60.0
    """How long one request may take in all. Example: `20`"""
    retries: Annotated[int, Ge(0), Le(10), Unit("times")] = 2
    """How often a request is sent again if the server is down, slow, failing or asks for fewer. Example: `4`"""
    first_pause: Annotated[float, Ge(0), Le(60), Unit("seconds")] = 0.5
    """The pause before the first retry; each further one is twice as long, or as long as the server asks, up to a
    minute. Example: `2`"""
    concurrency: Annotated[int, Ge(1), Le(64), Unit("requests")] = 2
    """How many requests are under way at once. Example: `4`"""
    price: Annotated[float, Ge(0), Unit("GBP per million tokens")] | None = None
    """What is paid for a million tokens, read and written alike, as its maker states it. Example: `0.4`"""
    keep_text: bool = False
    """Whether questions and answers are kept in words beside the levels: they hold complaints."""


@dataclass(frozen=True)
class Setting:
    """What a run adds to the plan. `kept`: the folder of kept answers; None: nothing is kept."""

    prompt: Prompt | None = None
    allow_remote: bool = False
    kept: Path | None = None
    say: Callable[[str], None] = print


class Llm:
    """A model behind a server; questions that it answered before are not asked again."""

    reads_text = True

    def __init__(self, config: LlmAssessor, setting: Setting) -> None:
        refuse_without("httpx")
        assert setting.prompt is not None  # `config` hands it over with the plan
        self.name = config.model
        self._config, self._prompt, self._setting = config, setting.prompt, setting
        self._exchange = Exchange(config, headers_for(config, allow_remote=setting.allow_remote))
        self._kept = KeptAnswers(setting.kept, self._identity()) if setting.kept is not None else None
        self._model = self._kept.model if self._kept is not None else None
        self._lock = threading.Lock()

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question. Raises ResultsError if the server changes its model in mid-run: run it again."""
        known = [self._kept.known(question) if self._kept is not None else None for question in questions]
        to_ask = [question for question, answer in zip(questions, known, strict=True) if answer is None]
        self._announce(to_ask)
        fresh = iter(self._fresh_answers(to_ask))
        return [answer if answer is not None else next(fresh) for answer in known]

    def _fresh_answers(self, questions: Sequence[Question]) -> list[Answer]:
        """Ask the server, several questions at once.

        Each thread takes the next question itself. Handing over thousands of them would keep the main thread in the
        pool's locks, where Ctrl-C would leave one taken, and the threads would wait for it without end.
        """
        answers: dict[int, Answer] = {}
        waiting, lock, stopped = iter(enumerate(questions)), threading.Lock(), threading.Event()

        def ask_on(client: httpx.Client) -> None:
            try:
                while not stopped.is_set():
                    with lock:
                        number, question = next(waiting, (-1, None))
                    if question is None:
                        return
                    answer = self._ask(client, question)
                    with lock:
                        answers[number] = answer
                        self._say_how_far(len(answers), len(questions))
            except BaseException:
                stopped.set()
                raise

        with self._exchange.client() as client, ThreadPoolExecutor(self._config.concurrency) as pool:
            try:
                for future in [pool.submit(ask_on, client) for _ in range(self._config.concurrency)]:
                    future.result()
            except BaseException as error:
                stopped.set()
                self._exchange.stop()
                if isinstance(error, KeyboardInterrupt) and self._kept is not None:
                    raise KeyboardInterrupt("What was answered is kept: the same command resumes it") from None
                raise
        return [answers[number] for number in range(len(questions))]

    def about(self) -> Mapping[str, str]:
        """Address, model, prompt and settings; never the key."""
        config = self._config
        return {
            "address": config.address,
            "model asked for": config.model,
            "model that the server names": self._model or "it named none",
            "prompt": self._prompt.version,
            "temperature, seed": f"{config.temperature:g}, {config.seed}",
        }

    def body(self, question: Question) -> dict[str, Any]:
        """The whole body of the request about a question."""
        config = self._config
        return {
            "model": config.model,
            "messages": self._prompt.messages(question.inputs),
            "temperature": config.temperature,
            "seed": config.seed,
            "max_tokens": config.longest_answer,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "triage", "schema": SCHEMA, "strict": True},
            },
        }

    def _identity(self) -> dict[str, object]:
        config = self._config
        return {
            "address": config.address,
            "model": config.model,
            "prompt": self._prompt.version,
            "settings": [config.temperature, config.seed, config.longest_answer],
            "injection": INJECTION,
            "schema": SCHEMA,
        }

    def _announce(self, to_ask: Sequence[Question]) -> None:
        host = urlsplit(self._config.address).hostname or ""
        if to_ask and not is_this_machine(host):
            fields = sorted({name for question in to_ask for name in question.inputs})
            n_cases = len({question.case.name for question in to_ask})
            self._setting.say(f"Sending to {host}: {n_cases} cases, {len(to_ask)} questions; {', '.join(fields)}.")

    def _say_how_far(self, n_answered: int, n_questions: int) -> None:
        """Say how many questions are answered, at every tenth of a long run."""
        if n_questions >= LONG_RUN and (10 * n_answered) // n_questions > (10 * (n_answered - 1)) // n_questions:
            self._setting.say(f"{n_answered} of {n_questions} questions answered")

    def _ask(self, client: httpx.Client, question: Question) -> Answer:
        reply = self._exchange.ask(client, self.body(question))
        self._same_model(reply.model)
        seconds = round(reply.seconds, 4)
        answer = question.answered(reply.outcome, reply.level, seconds=seconds, tokens=reply.tokens)
        if self._kept is not None:
            text = {"sent": self._prompt.messages(question.inputs), "came": reply.text}
            self._kept.keep(answer, self._model or "", text if self._config.keep_text else {})
        return answer

    def _same_model(self, named: str | None) -> None:
        """Raise ResultsError if the server names another model than before."""
        with self._lock:
            before = self._model = self._model if self._model is not None else named
        if named is not None and named != before:
            raise ResultsError(
                f"{self._config.address}: the server now names its model '{named[:80]}', before '{before}', so the "
                "answers would not be of one model. What was answered is kept: run again when the first model is back, "
                "or give the new one a name of its own with assessor.model"
            )


def headers_for(config: LlmAssessor, *, allow_remote: bool) -> dict[str, str]:
    """The headers to send. Raises ConfigError for an address that is none, is not allowed, or lacks its key."""
    parts = urlsplit(config.address)
    remote, secret = not is_this_machine(parts.hostname or ""), os.environ.get(config.key or "", "")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        found = f"'{config.address[:80]}' is not an address"
        refuse("assessor.address", found, "Write it like http://127.0.0.1:8080/v1")
    if parts.username is not None or parts.password is not None:
        remedy = "Leave it out, and name a variable under assessor.key"
        refuse("assessor.address", "holds a user name or a password", remedy)
    if remote and not allow_remote:
        remedy = "Say allow_remote=true to send it complaints of patients"
        refuse("assessor.address", f"{parts.hostname} is another machine", remedy)
    if config.key is not None and not (secret and secret.isascii() and secret.isprintable()):
        found = f"the environment variable {config.key[:80]} is not set, or holds no key"
        refuse("assessor.key", found, "Set it where the command runs")
    if config.key is not None and remote and parts.scheme == "http":
        refuse("assessor.address", "would carry the key unencrypted", "Use https")
    return {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {secret}"} if config.key is not None else {})}


def is_this_machine(host: str) -> bool:
    """Whether a host is the loopback of this machine.

    >>> is_this_machine("127.0.0.1"), is_this_machine("localhost"), is_this_machine("localhost.example.org")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def what_would_be_sent(llm: Llm, questions: Iterable[Question], config: LlmAssessor) -> str:
    """The first request of each variant, word for word, and how many there would be."""
    listed = list(questions)
    firsts = {question.variant: question for question in reversed(listed)}
    lines = [f"{len(listed)} requests to {config.address}, {config.concurrency} at once; the first of each kind:"]
    for variant, question in reversed(firsts.items()):
        lines.append(f"\n{variant}: POST {config.address.rstrip('/')}/chat/completions")
        lines.append(f"Authorization: Bearer <value of {config.key}>" if config.key else "No Authorization")
        lines.append(json.dumps(llm.body(question), ensure_ascii=False, indent=1))
    return "\n".join(lines)


# --- the prompt ---------------------------------------------------------------------------------------------------


@config_dataclass
class Prompt:
    """A prompt: what the model is told, and how it is asked about a case.

    Example: `{name: ours_1, system: "You triage patients.", asks: "Which level, 1 to 5?\\n{case}"}`
    """

    name: str
    """Name and version of the prompt: that of its file. A changed text is another version."""
    system: str
    """What the model is told before any case."""
    asks: str
    """How it is asked; `{case}`, once, is where the case is written out."""

    @property
    def version(self) -> str:
        """The prompt's name, and a digest of its texts."""
        return f"{self.name} ({digest([self.system, self.asks])[:12]})"

    def messages(self, inputs: Inputs) -> list[dict[str, str]]:
        """The messages about one case."""
        question = self.asks.replace(PLACE, written_out(inputs))
        return [{"role": "system", "content": self.system}, {"role": "user", "content": question}]


def prompt_faults(prompt: Prompt, where: str) -> list[Fault]:
    """The fault of a prompt that has no place for the case, or several."""
    n = prompt.asks.count(PLACE)
    return [] if n == 1 else [Fault(f"{where}.asks", f"has {n} places for the case", f"Write {PLACE} once")]


def written_out(inputs: Inputs) -> str:
    """A case as lines of text; missing inputs are left out."""
    lines = []
    for name, title in TITLES.items():
        if name in inputs:
            value = inputs[name]
            unit = f" {NUMBERS[name][2]}" if name in NUMBERS and name != "pain_score" else ""
            shown = f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
            lines.append(f"{title}: {shown}{unit}")
    return "\n".join(lines)
