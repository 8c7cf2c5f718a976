"""The kinds of configuration files that belong to this wing."""

from simulation.config.groups import FileKind
from simulation.vetting.bench import Vetting
from simulation.vetting.case_file import CaseMapping
from simulation.vetting.llm import Prompt
from simulation.vetting.vignettes import Vignettes

GROUPS = {
    "vetting": FileKind(Vetting, "A triage AI, its cases and criteria.", "vetting/**/*.yaml"),
    "cases": FileKind(CaseMapping, "How a CSV file of labelled cases is read.", "cases/**/*.yaml"),
    "prompt": FileKind(Prompt, "What a language model is told and asked.", "prompt/**/*.yaml"),
    "vignettes": FileKind(Vignettes, "Templates of made-up patients.", "vignettes/**/*.yaml"),
}
