"""The plan of a bench: tool, cases and criteria, fixed in a file before anything is asked."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from annotated_types import Ge, Le, MinLen

from simulation.department.config_dataclass import Share, Unit, config_dataclass
from simulation.errors import Faults
from simulation.vetting.assessors.from_file import AnswersAssessor
from simulation.vetting.assessors.learned import LearnedAssessor
from simulation.vetting.assessors.llm import LlmAssessor
from simulation.vetting.assessors.simple import MatrixAssessor
from simulation.vetting.criteria import Criterion, criteria_faults

SiteLevel = Literal["immediate", "very_urgent", "urgent", "standard", "non_urgent"]
LEVEL_NAMES: tuple[SiteLevel, ...] = get_args(SiteLevel)
"""The levels of the departments here, those of the Manchester Triage System."""
Weight = Annotated[float, Ge(0), Unit("weight")]


@config_dataclass
class SyntheticCases:
    """Made-up cases from a file of vignettes.

    Example: `{kind: synthetic, vignettes: english_first, number: 600}`
    """

    kind: Literal["synthetic"]
    vignettes: str
    """The file in `configs/vignettes` that holds the templates."""
    number: Annotated[int, Ge(20), Le(20_000), Unit("cases")] = 600
    """How many cases are made."""
    mix: tuple[Weight, Weight, Weight, Weight, Weight] = (1.0, 3.0, 6.0, 6.0, 2.0)
    """How common each true level is, the most urgent first. Levels 1 and 2 are commoner than in a department, because
    most is asked about them. Example: `[1, 5, 10, 10, 2]`"""
    other_languages: Share = 0.2
    """The share of cases whose complaint is not in English. Example: `0.3`"""


@config_dataclass
class CsvCases:
    """Labelled cases in a CSV file of yours, read by a mapping.

    Example: `{kind: csv, mapping: korean, file: downloads/ktas_local_ed.csv}`
    """

    kind: Literal["csv"]
    mapping: str
    """The file in `configs/cases` that says which column is what."""
    file: str = ""
    """The CSV file; relative paths start from where the command runs. Name it here, or as `cases.file=PATH`."""


AnyCases: TypeAlias = SyntheticCases | CsvCases
AnyAssessor: TypeAlias = MatrixAssessor | LearnedAssessor | AnswersAssessor | LlmAssessor


def plan_faults(plan: Vetting, where: str) -> Faults:
    """The faults of a plan: criteria without one bound, and levels that stand for others out of order."""
    faults = criteria_faults(plan.criteria, f"{where}.criteria")
    order = [LEVEL_NAMES.index(level) for level in plan.stands_for]
    if order != sorted(order):
        found = f"is {', '.join(plan.stands_for)}"
        faults.add(f"{where}.stands_for", found, "A less urgent level cannot stand for a more urgent one")
    return faults


@config_dataclass
class Vetting:
    """One tool, the cases it is tried on, and the criteria, fixed beforehand.

    Example: `{name: ours, intended_use: "suggests a level to the triage nurse, adults", device_class: "I, stated by
    the vendor", cases: {kind: synthetic, vignettes: english_first}, assessor: {kind: learned}, criteria: [{score:
    under_triage_1_2_share, against: nurse, at_most: 0.05, evidence: assumed, source: "the safety officer's limit"}]}`
    """

    name: str
    """Name of the bench: that of its file, and of its folder below `results/vetting`."""
    intended_use: str
    """What the tool is for, for whom and who acts on it, as its maker states it."""
    device_class: str
    """The class of medical device that its maker claims, or that it claims none."""
    cases: AnyCases
    """Which labelled cases it is tried on."""
    assessor: AnyAssessor
    """What is tried."""
    criteria: Annotated[tuple[Criterion, ...], MinLen(1)]
    """What it must come to, stated before it is tried."""
    repeats: Annotated[int, Ge(1), Le(20), Unit("times")] = 2
    """How often each case is asked as it is written. Example: `3`"""
    rephrased: bool = True
    """Whether each case is asked once more in other words."""
    injected: bool = True
    """Whether each case is asked once more with a command to the reader at the end of the complaint."""
    comparators: bool = True
    """Whether the majority level and a model of vital signs alone are tried on the same cases."""
    stands_for: tuple[SiteLevel, SiteLevel, SiteLevel, SiteLevel, SiteLevel] = LEVEL_NAMES  # type: ignore[assignment]
    """Which level of a department each level of the cases, 1 to 5, stands for in a comparison: nobody has measured how
    one scale of triage maps on another. A level of the department that none stands for has no case, so its labels are
    assumed. Example: `[immediate, very_urgent, very_urgent, urgent, standard]`"""
    seed: Annotated[int, Ge(0), Unit("none")] = 2026
    """Where chance starts: made-up cases, folds, resamples. Example: `7`"""
