"""What a language model is sent: a versioned prompt, and a case written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulation.department.config_dataclass import config_dataclass
from simulation.errors import Fault
from simulation.records.serialise import digest
from simulation.vetting.cases import N_LEVELS, NUMBERS, Inputs
from simulation.vetting.facts import facts

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
