"""The kinds of configuration files that belong to this wing."""

from simulation.config.groups import FileKind
from simulation.vetting.bench import Vetting
from simulation.vetting.cases import CaseMapping, Vignettes
from simulation.vetting.llm import Prompt

GROUPS = {
    "vetting": FileKind(Vetting, "A triage AI, its cases and criteria.", "vetting/**/*.yaml"),
    "cases": FileKind(CaseMapping, "How a CSV file of labelled cases is read.", "cases/**/*.yaml"),
    "prompt": FileKind(Prompt, "What a language model is told and asked.", "prompt/**/*.yaml"),
    "vignettes": FileKind(Vignettes, "Templates of made-up patients.", "vignettes/**/*.yaml"),
}
