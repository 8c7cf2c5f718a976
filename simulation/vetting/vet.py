"""`vet`: a triage AI on labelled cases, from its configuration to its card; for the command and notebooks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simulation.vetting.assessors.llm import Setting
from simulation.vetting.bench import run_bench
from simulation.vetting.card.card import Card
from simulation.vetting.configuration import cases_of, prompt_of, vetting_named
from simulation.vetting.earlier import change_since, read_earlier

KEPT = Path("vetting") / ".answers"
"""The folder, within that of results, for a server's answers: levels and outcomes, never the text."""


def vet(
    name: str = "synthetic",
    *overrides: str,
    against: Path | str | None = None,
    allow_remote: bool = False,
    results: Path | str = "results",
    config_dir: str | None = None,
    say: Callable[[str], None] = print,
) -> Card:
    """Put the tool of `configs/vetting/<name>.yaml` on the bench, and return its card, which is not written yet.

    `overrides`: single values laid over the file, such as `"cases.number=200"`; `against`: the folder of an earlier
    card; `results`: the folder in which a server's answers are kept, so that none is asked for twice. Raises
    ConfigError for a mistake in a file, and ResultsError for an earlier card of other cases or a server that changes
    its model.
    """
    plan = vetting_named(name, overrides, config_dir=config_dir)
    earlier = read_earlier(Path(against)) if against else None
    cases = cases_of(plan, config_dir=config_dir)
    prompt = prompt_of(plan, config_dir=config_dir)
    setting = Setting(prompt=prompt, allow_remote=allow_remote, kept=Path(results) / KEPT, say=say)
    bench = run_bench(plan, cases, setting=setting)
    return Card(bench, change_since(bench, earlier) if earlier is not None else None)
