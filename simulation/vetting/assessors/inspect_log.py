"""The JSON log of an evaluation by Inspect, the UK AI Security Institute's framework: its samples as answers.

The log is read without Inspect, as its format is published (version 2: `eval`, `samples`, each with `id`, `epoch`,
`output`, `error` and `limit`; https://inspect.aisi.org.uk/eval-logs.html). Samples that failed stay in the denominator,
and a log in which more than one model answered is refused; Inspect itself objects to neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation.errors import ConfigError, Fault, nearest
from simulation.vetting.answers import VARIANTS, Answer, Outcome
from simulation.vetting.assessors.exchange import outcome_of_message
from simulation.vetting.cases import N_LEVELS
from simulation.vetting.mapping import LARGEST_BYTES

LOGS = (".json", ".eval")
CONVERT = "Name a JSON log; `inspect log convert LOG.eval --to json --output-dir FOLDER` writes one"
ENDED: Mapping[str, str] = {"max_tokens": "length", "model_length": "length", "content_filter": "content_filter"}
"""The servers' words for Inspect's reasons why an answer ended."""
LIMITS: Mapping[str, Outcome] = {"time": "timed_out", "working": "timed_out"}
"""The outcome of a sample halted by a limit; any other limit cuts the answer off."""


@dataclass(frozen=True)
class InspectLog:
    """A log: its samples, the model that answered, how the evaluation ended."""

    samples: tuple[Mapping[str, Any], ...]
    model: str
    status: str
    created: str

    def rows(self, name: str, levels: Mapping[str, int]) -> Iterator[tuple[str, Answer | Fault]]:
        """An answer, or a fault, for each sample, with where it is. `levels`: the level of each name for one."""
        for number, sample in enumerate(self.samples, start=1):
            where = f"{name}, sample {number}"
            case, _, variant = str(sample["id"]).strip().partition(":")
            if variant and variant not in VARIANTS:
                yield where, Fault(where, f"unknown variant '{variant[:40]}'", nearest(variant, VARIANTS))
                continue
            epoch = sample.get("epoch", 1)
            if not isinstance(epoch, int) or isinstance(epoch, bool) or not 1 <= epoch <= 100:
                yield where, Fault(where, f"epoch is {str(epoch)[:20]!r}", "A whole number from 1 to 100")
                continue
            output = _mapping(sample.get("output"))
            outcome, label = _outcome(sample, output, levels)
            tokens = _mapping(output.get("usage")).get("total_tokens")
            chosen = variant or "as_written"
            yield (
                where,
                Answer(case, epoch - 1, chosen, outcome, label, (), _seconds(output, sample), _whole(tokens)),  # type: ignore[arg-type]
            )

    def about(self) -> dict[str, str]:
        """What a card says about the log."""
        return {"model that the log names": self.model, "evaluation": f"Inspect, {self.created}, {self.status}"}


def read_log(path: Path) -> InspectLog:
    """The log in a file. Raises ConfigError for a file that is none, or in which more than one model answered."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ConfigError([Fault(path.name, "is too large", f"Give at most {LARGEST_BYTES:,} bytes")])
        log = json.loads(path.read_text(encoding="utf-8"))
        samples, evaluation = log["samples"], _mapping(log.get("eval"))
        if not isinstance(samples, list) or not all(isinstance(sample, dict) and "id" in sample for sample in samples):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise ConfigError([Fault(str(path), f"is not a JSON log of Inspect with `samples` ({why})", CONVERT)]) from None
    named = {str(model) for sample in samples if (model := _mapping(sample.get("output")).get("model"))}
    if len(named) > 1:
        found = f"holds answers of {len(named)} models: {', '.join(sorted(name[:60] for name in named)[:5])}"
        raise ConfigError([Fault(str(path), found, "Give a log of one model, for what is measured is one")])
    model = next(iter(named), str(evaluation.get("model", "none")))
    return InspectLog(
        tuple(samples), model, str(log.get("status", "status not stated")), str(evaluation.get("created", ""))
    )


def _outcome(
    sample: Mapping[str, Any], output: Mapping[str, Any], levels: Mapping[str, int]
) -> tuple[Outcome, int | None]:
    """The outcome and level of a sample: an error or a limit counts before what the model said."""
    if sample.get("error") or output.get("error"):
        return "server_error", None
    if sample.get("limit"):
        return LIMITS.get(str(_mapping(sample["limit"]).get("type")), "cut_off"), None
    choices = output.get("choices")
    choice = _mapping(choices[0]) if isinstance(choices, list) and choices else {}
    text = output.get("completion") or _text(_mapping(choice.get("message")).get("content"))
    if isinstance(text, str) and text.strip() in levels and not text.strip().isdecimal():
        text = str(levels[text.strip()])
    if isinstance(text, str) and text.strip().isdecimal():  # a bare level, as many evaluations ask for
        level = int(text.strip()[:9])
        return ("labelled", level) if 1 <= level <= N_LEVELS else ("out_of_range", None)
    return outcome_of_message(text, ENDED.get(str(choice.get("stop_reason"))), declined=False)


def _text(content: object) -> object:
    """The words of a message, given whole or in parts."""
    if not isinstance(content, list):
        return content
    return "".join(str(_mapping(part).get("text", "")) for part in content)


def _seconds(output: Mapping[str, Any], sample: Mapping[str, Any]) -> float | None:
    for seconds in (output.get("time"), sample.get("working_time"), sample.get("total_time")):
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < 1e6:
            return float(seconds)
    return None


def _whole(number: object) -> int | None:
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
