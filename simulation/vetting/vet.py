"""`vet`: a triage AI on labelled cases, from its configuration to its card; for the command and notebooks.

The files of the bench are configs/vetting (tool, cases and criteria), configs/cases, configs/vignettes and
configs/prompt.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from simulation.config.dotted import load_file
from simulation.errors import Fault, refuse
from simulation.vetting.bench import Vetting, plan_faults, run_bench
from simulation.vetting.card import Card
from simulation.vetting.cases import (
    CaseMapping,
    CaseSet,
    CsvCases,
    Vignettes,
    mapping_faults,
    read_cases,
    synthetic_cases,
    vignette_faults,
)
from simulation.vetting.llm import LlmAssessor, Prompt, Setting, prompt_faults
from simulation.vetting.version_change import change_since, read_earlier

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
    plan = load_plan(name, overrides, config_dir=config_dir)
    earlier = read_earlier(Path(against)) if against else None
    cases = cases_of(plan, config_dir=config_dir)
    prompt = prompt_of(plan, config_dir=config_dir)
    setting = Setting(prompt=prompt, allow_remote=allow_remote, kept=Path(results) / KEPT, say=say)
    bench = run_bench(plan, cases, setting=setting)
    return Card(bench, change_since(bench, earlier) if earlier is not None else None)


def load_plan(
    name: str, overrides: Sequence[str] = (), *, config_dir: str | None = None
) -> Vetting:
    """The plan that `configs/vetting/<name>.yaml` states, with single values laid over it.

    Raises ConfigError with every fault.
    """

    def faults_of(plan: Vetting, where: str) -> list[Fault]:
        faults = plan_faults(plan, where)
        if plan.name != name:
            faults.add(f"{where}.name", f"is '{plan.name}'", f"Give the name of the file: {name}")
        return faults

    return load_file(Vetting, "vetting", name, faults_of, config_dir, overrides)


def cases_of(plan: Vetting, *, config_dir: str | None = None) -> CaseSet:
    """The cases of a plan, made or read. Raises ConfigError with every fault."""
    if isinstance(plan.cases, CsvCases):
        mapping = load_file(CaseMapping, "cases", plan.cases.mapping, mapping_faults, config_dir)
        if not plan.cases.file:
            remedy = "Say where it is: cases.file=PATH (docs/how-to/vet-a-triage-ai.md says where to get it)"
            refuse("cases.file", "names no CSV file", remedy)
        return read_cases(Path(plan.cases.file), mapping)
    vignettes = load_file(Vignettes, "vignettes", plan.cases.vignettes, vignette_faults, config_dir)
    if not sum(plan.cases.mix) > 0:
        refuse("cases.mix", "adds up to 0", "Give a weight above 0 to one level or more")
    return synthetic_cases(vignettes, plan.cases, plan.seed)


def prompt_of(plan: Vetting, *, config_dir: str | None = None) -> Prompt | None:
    """The prompt of a plan that asks a language model; None for another plan. Raises ConfigError."""
    if not isinstance(plan.assessor, LlmAssessor):
        return None
    return load_file(Prompt, "prompt", plan.assessor.prompt, prompt_faults, config_dir)
