"""A language model behind a server that speaks as OpenAI's does (Ollama, vLLM, llama.cpp and others).

Each question is one request; each way in which it can fail is counted. No redirect is followed, no proxy of the
environment used, nothing sent beyond this machine unless `allow_remote` says so.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from annotated_types import Ge, Le

from simulation.department.config_dataclass import (
    AtLeastOne,
    Count,
    NotNegative,
    Positive,
    Unit,
    config_dataclass,
)
from simulation.errors import Fault, ResultsError, refuse
from simulation.records.serialise import digest, parse_json
from simulation.vetting.cases import (
    INJECTION,
    N_LEVELS,
    NUMBERS,
    OUTCOMES,
    Answer,
    Inputs,
    Outcome,
    Question,
    QuestionKey,
    facts,
    refuse_without,
)

if TYPE_CHECKING:
    import httpx


PLACE = "{case}"
RESPONSE_FORMAT: Mapping[str, Any] = facts("answers")["response_format"]
"""The form of an answer, sent to the server; answers are checked here too, whatever the server does."""
TITLES: Mapping[str, str] = facts("inputs")["titles"]
"""The name of each input in a prompt, in this order."""
LONG_RUN = 100
"""The least number of questions of which a run says how far it is."""
MOST_BYTES = 262_144
"""The longest reply; the rest of a longer one is not read."""
LONGEST_PAUSE = 60.0
KEPT = ("case", "repeat", "variant", "outcome", "label", "seconds", "tokens")
"""What is kept of an answer."""
NOT_OF_THE_MODEL: Sequence[str] = facts("answers")["not_of_the_model"]
"""Outcomes that say nothing about the model: they count, and the next run asks again."""
DECLINES = re.compile(
    r"(?i)^\W*(i['’]?m sorry|sorry|i am sorry|i cannot|i can['’]?t|i am unable|as an ai)\b"
)
"""How models that decline to answer begin."""


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
    temperature: Annotated[NotNegative, Le(2), Unit("none")] = 0.0
    """How freely the model chooses its words; 0 asks for the likeliest. Example: `0.7`"""
    seed: Annotated[Count, Unit("none")] = 1
    """Where the server's chance starts, the same for every question. Example: `2`"""
    longest_answer: Annotated[int, Ge(8), Le(4096), Unit("tokens")] = 64
    """Tokens after which an answer is cut off. Example: `200`"""
    timeout: Annotated[Positive, Le(3600), Unit("seconds")] = 60.0
    """How long one request may take in all. Example: `20`"""
    retries: Annotated[Count, Le(10), Unit("times")] = 2
    """How often a request is sent again if the server is down, slow, failing or asks for fewer. Example: `4`"""
    first_pause: Annotated[NotNegative, Le(60), Unit("seconds")] = 0.5
    """The pause before the first retry; each further one is twice as long, or as long as the server asks, up to a
    minute. Example: `2`"""
    concurrency: Annotated[AtLeastOne, Le(64), Unit("requests")] = 2
    """How many requests are under way at once. Example: `4`"""
    price: Annotated[NotNegative, Unit("GBP per million tokens")] | None = None
    """What is paid for a million tokens, read and written alike, as its maker states it. Example: `0.4`"""
    keep_text: bool = False
    """Whether questions and answers are kept in words beside the levels: they hold complaints."""


class Setting(NamedTuple):
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
        self._headers = headers_for(config, allow_remote=setting.allow_remote)
        identity = {
            "address": config.address,
            "model": config.model,
            "prompt": self._prompt.version,
            "settings": [config.temperature, config.seed, config.longest_answer],
            "injection": INJECTION,
            "schema": RESPONSE_FORMAT["json_schema"]["schema"],
        }
        self._kept = KeptAnswers(setting.kept, identity)
        self._model = self._kept.model

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question. Raises ResultsError if the server changes its model in mid-run: run it again."""
        to_ask = [question for question in questions if question.key not in self._kept.answers]
        host = urlsplit(self._config.address).hostname or ""
        if to_ask and not is_this_machine(host):
            fields = sorted({name for question in to_ask for name in question.inputs})
            n_cases = len({question.case.name for question in to_ask})
            self._setting.say(
                f"Sending to {host}: {n_cases} cases, {len(to_ask)} questions; {', '.join(fields)}."
            )
        answers = {**self._kept.answers, **self._fresh_answers(to_ask)}
        return [answers[question.key] for question in questions]

    def _fresh_answers(self, questions: Sequence[Question]) -> dict[QuestionKey, Answer]:
        """Ask the server, several questions at once. It follows no redirect and uses no proxy of the environment.

        The event loop has a thread of its own: a notebook has a loop already, and Ctrl-C reaches the main thread, which
        stops what is under way.
        """
        import httpx

        answers: dict[QuestionKey, Answer] = {}
        waiting, stopped, n = iter(questions), Future[None](), len(questions)

        async def ask_on() -> None:
            async with httpx.AsyncClient(
                base_url=self._config.address,
                headers=self._headers,
                timeout=None,
                follow_redirects=False,
                trust_env=False,
            ) as client:
                for question in waiting:
                    answers[question.key] = await self._ask(client, question)
                    done = len(answers)
                    if n >= LONG_RUN and 10 * done // n > 10 * (done - 1) // n:
                        self._setting.say(f"{done} of {n} questions answered")

        async def ask_all() -> None:
            asking = asyncio.gather(*(ask_on() for _ in range(self._config.concurrency)))
            either: list[asyncio.Future[Any]] = [asking, stop := asyncio.wrap_future(stopped)]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            if asking.done():
                asking.result()  # whatever is still under way is cancelled as the loop ends

        with ThreadPoolExecutor(1) as pool:
            try:
                pool.submit(asyncio.run, ask_all()).result()
            except BaseException as error:
                stopped.cancel()
                if isinstance(error, KeyboardInterrupt) and self._setting.kept is not None:
                    raise KeyboardInterrupt(
                        "What was answered is kept: the same command resumes it"
                    ) from None
                raise
        return answers

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
            "response_format": RESPONSE_FORMAT,
        }

    def what_would_be_sent(self, questions: Sequence[Question]) -> str:
        """The first request of each variant, word for word, and how many there would be."""
        config, n = self._config, len(questions)
        lines = [
            f"{n} requests to {config.address}, {config.concurrency} at once; the first of each kind:"
        ]
        for variant, alike in groupby(questions, key=attrgetter("variant")):
            lines += [
                f"\n{variant}: POST {config.address.rstrip('/')}/chat/completions",
                f"Authorization: Bearer <value of {config.key}>"
                if config.key
                else "No Authorization",
                json.dumps(self.body(next(alike)), ensure_ascii=False, indent=1),
            ]
        return "\n".join(lines)

    async def _ask(self, client: httpx.AsyncClient, question: Question) -> Answer:
        """Raises ResultsError if the server names another model than before."""
        reply = await self._reply(client, self.body(question))
        if self._model is None:
            self._model = reply.model
        elif reply.model not in (None, self._model):
            raise ResultsError(
                f"{self._config.address}: the server now names its model '{reply.model[:80]}', before '{self._model}', "
                "so the answers would not be of one model. What was answered is kept: run again when the first model "
                "is back, or give the new one a name of its own with assessor.model"
            )
        seconds = round(reply.seconds, 4)
        answer = question.answered(reply.outcome, reply.level, seconds=seconds, tokens=reply.tokens)
        text = {"sent": self._prompt.messages(question.inputs), "came": reply.text}
        self._kept.keep(answer, self._model or "", text if self._config.keep_text else {})
        return answer

    async def _reply(self, client: httpx.AsyncClient, body: dict[str, Any]) -> Reply:
        """The reply after retries, with the seconds of all of them."""
        began = time.monotonic()
        for attempt in range(self._config.retries + 1):
            reply = await _send_once(client, body, self._config.timeout)
            if not reply.again or attempt == self._config.retries:
                break
            pause = self._config.first_pause * 2**attempt if reply.pause is None else reply.pause
            await asyncio.sleep(min(pause, LONGEST_PAUSE))
        return reply._replace(seconds=time.monotonic() - began)


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
    return {
        "Accept-Encoding": "identity",
        **({"Authorization": f"Bearer {secret}"} if config.key is not None else {}),
    }


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
        question = self.asks.replace(PLACE, write_out(inputs))
        return [{"role": "system", "content": self.system}, {"role": "user", "content": question}]


def prompt_faults(prompt: Prompt, where: str) -> list[Fault]:
    """The fault of a prompt that has no place for the case, or several."""
    n = prompt.asks.count(PLACE)
    fault = Fault(f"{where}.asks", f"has {n} places for the case", f"Write {PLACE} once")
    return [fault] * (n != 1)


def write_out(inputs: Inputs) -> str:
    """A case as lines of text; missing inputs are left out."""
    lines = []
    for name, title in TITLES.items():
        if name in inputs:
            value = inputs[name]
            unit = f" {NUMBERS[name][2]}" if name in NUMBERS and name != "pain_score" else ""
            shown = f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
            lines.append(f"{title}: {shown}{unit}")
    return "\n".join(lines)


class Reply(NamedTuple):
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


async def _send_once(client: httpx.AsyncClient, body: dict[str, Any], timeout: float) -> Reply:
    """The reply to one request. `timeout`: seconds for the whole exchange, from connecting to the last byte."""
    import httpx

    content = bytearray()
    try:
        async with (
            asyncio.timeout(timeout),
            client.stream("POST", "chat/completions", json=body) as response,
        ):
            if response.status_code != 200:
                return _of_status(response.status_code, response.headers.get("retry-after", ""))
            async for part in response.aiter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    return Reply("endless")
    except TimeoutError:
        return Reply("timed_out", again=True)
    except httpx.DecodingError:
        return Reply("not_json")
    except httpx.TransportError as error:
        # a server that is killed closes before it has said anything; one that fails may stop in the middle
        broken_off = isinstance(error, httpx.RemoteProtocolError | httpx.ReadError) and content
        return Reply("cut_off" if broken_off else "no_connection", again=True)
    return reply_of(bytes(content))


def _of_status(status: int, retry_after: str) -> Reply:
    """The reply that a status other than 200 decides. `retry_after`: the header, in which only seconds are read."""
    if status == 429:
        seconds = re.fullmatch(r"\d{1,4}(\.\d{1,3})?", retry_after)
        return Reply("rate_limited", again=True, pause=float(retry_after) if seconds else None)
    if status >= 500:
        return Reply("server_error", again=True)
    of_hundred: dict[int, Outcome] = {3: "redirected", 4: "client_error"}
    return Reply(of_hundred.get(status // 100, "wrong_shape"))


def reply_of(content: bytes) -> Reply:
    """The reply in the body of a response with status 200, read strictly: a level alone, a whole number from 1 to 5."""
    if not content.strip():
        return Reply("empty")
    try:
        body = parse_json(content)
    except ValueError:
        return Reply("not_json")
    try:
        choice, usage = body["choices"][0], body.get("usage") or {}
        message, ended = choice["message"], choice.get("finish_reason")
        text, declined = message.get("content"), bool(message.get("refusal"))
        tokens, model = usage.get("total_tokens"), body.get("model")
    except (KeyError, IndexError, TypeError, AttributeError):
        return Reply("wrong_shape")
    outcome, level = outcome_of_message(text, ended, declined=declined)
    named, words = (
        make_storable(value) if isinstance(value, str) else None for value in (model, text)
    )
    return Reply(outcome, level, named, whole_number(tokens), text=words or "")


def make_storable(text: str) -> str:
    """A text that every file and screen can hold: half a character, which JSON can state, becomes a question mark."""
    return text.encode(errors="replace").decode()


def whole_number(value: object) -> int | None:
    """A whole number from 0 to a billion; None for anything else."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and 0 <= value <= 10**9 else None  # type: ignore[operator, return-value]


Ended: TypeAlias = tuple[Outcome, int | None]
"""How a question ended, and the level if it is one of the five."""


def outcome_of_message(text: object, ended: object, *, declined: bool) -> Ended:
    """The outcome of a model's words, and the level.

    `text` is as it came, `ended` the server's reason for the end, `declined` whether the model refused outright.
    """
    if declined or ended == "content_filter":
        return "refused", None
    if ended == "length":
        return "cut_off", None
    if text is None:
        return "empty", None
    if not isinstance(text, str):
        return "wrong_shape", None
    if not text.strip():
        return "empty", None
    try:
        answer = parse_json(text)
    except ValueError:
        return ("refused" if DECLINES.match(text) else "not_json"), None
    match answer:
        case {"level": int(level)} if len(answer) == 1 and not isinstance(level, bool):
            return outcome_of_level(level)
    return "wrong_shape", None


def outcome_of_level(level: int) -> Ended:
    """The outcome of a whole number given as a level, and the level if it is one."""
    return ("labelled", level) if 1 <= level <= N_LEVELS else ("out_of_range", None)


# --- answers that are kept ----------------------------------------------------------------------------------------


class KeptAnswers:
    """Answers that a server has given, kept so that no question is asked twice: levels and outcomes, never the text.

    There is a file of JSON lines for each `identity`: the address, model, prompt and settings that they are of. A line
    is on the disk before the next question is asked; a line that a kill cut off is not read. Without a folder they are
    kept as long as the assessor is.
    """

    def __init__(self, folder: Path | None, identity: Mapping[str, object]) -> None:
        self._path = folder / f"{digest(identity)[:24]}.jsonl" if folder is not None else None
        self.answers: dict[QuestionKey, Answer] = {}
        self.model: str | None = None
        if self._path is not None and self._path.exists():
            self._read(self._path)

    def keep(self, answer: Answer, model: str, text: Mapping[str, object]) -> None:
        """Keep an answer. `text`: what was sent and came, only if the user asked for it."""
        if answer.outcome in NOT_OF_THE_MODEL:
            return
        self.answers[answer.key] = answer
        if self._path is not None:
            line = {**{name: getattr(answer, name) for name in KEPT}, "model": model, **text}
            _append(self._path, json.dumps(line, ensure_ascii=False) + "\n")

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError as error:
            raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from None
        if lines[-1]:  # a kill cut the last line off: the next one begins behind it
            _append(path, "\n")
        for line in lines[:-1]:
            with suppress(
                ValueError, KeyError, TypeError
            ):  # where it is no answer, the question is asked again
                row = parse_json(line)
                answer = Answer(**{name: row[name] for name in KEPT})
                known = answer.outcome in OUTCOMES and answer.label in (
                    None,
                    *range(1, N_LEVELS + 1),
                )
                if known and (answer.outcome == "labelled") == (answer.label is not None):
                    self.answers[answer.key] = answer
                    self.model = str(row["model"])


def _append(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written ({error.strerror or error})") from error
