"""The plan of a bench: tool, cases and criteria, fixed in a file before anything is asked.

At the end, the verdict on each criterion: met, not met or cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, get_args

import numpy as np
from annotated_types import Ge, Le, MinLen

from simulation.department.config_dataclass import Share, Sourced, Unit, config_dataclass
from simulation.errors import Faults
from simulation.vetting.assessors.from_file import AnswersAssessor
from simulation.vetting.assessors.learned import LearnedAssessor
from simulation.vetting.assessors.llm import LlmAssessor
from simulation.vetting.assessors.simple import MatrixAssessor
from simulation.vetting.facts import facts
from simulation.vetting.scores import (
    FEW,
    HIGH_SHARES,
    SHARES,
    Labelled,
    ScoreEstimate,
    cases_for_share,
    cases_to_settle,
    difference,
    discordance_of,
    score,
)

SiteLevel = Literal["immediate", "very_urgent", "urgent", "standard", "non_urgent"]
LEVEL_NAMES: tuple[SiteLevel, ...] = get_args(SiteLevel)
"""The levels of the departments here, those of the Manchester Triage System."""
Weight = Annotated[float, Ge(0), Unit("weight")]
Word = Literal["met", "not met", "cannot tell", "identical to the nurse"]
Scored = Literal[
    "exact_share", "under_share", "over_share", "two_or_more_levels_share", "sensitivity", "under_triage_1_2_share",
    "kappa_linear", "kappa_quadratic", "unusable_share", "repeatable_share", "rephrased_moved_share",
    "injected_moved_share",
]  # fmt: skip
AS_GOOD_AS_EQUAL = 1e-5
"""How near a share may be to a bound and no number of cases is told: it would be millions."""
OF_ANSWERS: Mapping[str, str] = facts("words")["of_answers"]
"""Scores of answers, not of labels against the truth, in words."""


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


@config_dataclass
class Criterion(Sourced):
    """What a score must come to, fixed before any answer is seen: exactly one bound.

    Met or not met only if the whole 95 % interval is on one side of the bound; else the cases cannot tell.

    Example: `{score: under_triage_1_2_share, against: nurse, at_most: 0.05, evidence: assumed,
    source: "five points more is the most that the safety officer accepts"}`
    """

    score: Scored
    """Which score is bounded, a share of cases or a kappa."""
    against: Literal["nothing", "nurse"] = "nothing"
    """Whether the bound is of the score itself, or of tool minus nurse on the same cases."""
    at_most: Annotated[float, Ge(-1), Le(1), Unit("share")] | None = None
    """The most that the score, or the difference, may be. Example: `0.05`"""
    at_least: Annotated[float, Ge(-1), Le(1), Unit("share")] | None = None
    """The least that the score, or the difference, may be. Example: `0.9`"""
    by: tuple[Literal["sex", "age_band", "arrival_mode", "language"], ...] = ()
    """Groups that must each meet it, too. A group with fewer than 30 of the cases it is about says 'cannot tell'.
    Example: `[sex, age_band]`"""

    @property
    def bound(self) -> float:
        """The bound, whichever it is."""
        bound = self.at_most if self.at_most is not None else self.at_least
        assert bound is not None  # checked when the file is read
        return bound


AnyCases: TypeAlias = SyntheticCases | CsvCases
AnyAssessor: TypeAlias = MatrixAssessor | LearnedAssessor | AnswersAssessor | LlmAssessor


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


def plan_faults(plan: Vetting, where: str) -> Faults:
    """The faults of a plan: criteria without one bound or of scores that a nurse has not, and levels out of order."""
    faults = Faults()
    for number, criterion in enumerate(plan.criteria):
        place = f"{where}.criteria.{number}"
        if (criterion.at_most is None) == (criterion.at_least is None):
            found = "states no bound" if criterion.at_most is None else "states two bounds"
            faults.add(place, found, "State at_most or at_least")
        if criterion.score in OF_ANSWERS and (criterion.against == "nurse" or criterion.by):
            faults.add(place, f"{criterion.score} is of the tool alone", "Leave `against` and `by` out")
    order = [LEVEL_NAMES.index(level) for level in plan.stands_for]
    if order != sorted(order):
        found = f"is {', '.join(plan.stands_for)}"
        faults.add(f"{where}.stands_for", found, "A less urgent level cannot stand for a more urgent one")
    return faults


# --- verdicts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CriterionVerdict:
    """The verdict on a criterion for everybody (`group` is '') or a group."""

    criterion: Criterion
    group: str
    estimate: ScoreEstimate | None
    """None if it was not measured."""
    word: Word
    why: str
    """How many cases would settle it, or why it cannot be settled; '' if it is."""


def judged(
    criterion: Criterion,
    tool: Labelled,
    nurse: Labelled | None,
    groups: Mapping[str, Mapping[str, np.ndarray]],
    of_answers: Mapping[str, ScoreEstimate],
    seed: int,
) -> list[CriterionVerdict]:
    """The verdicts on a criterion: for everybody first, then group by group."""
    if criterion.score in OF_ANSWERS:
        return [_verdict(criterion, "", of_answers.get(criterion.score))]
    beside = nurse if criterion.against == "nurse" else None
    if criterion.against == "nurse" and beside is None:
        return [CriterionVerdict(criterion, "", None, "cannot tell", "the cases hold no nurse's label")]
    is_copy = beside is not None and bool(np.all(tool.labels == beside.labels))
    parts = [("", np.full(len(tool.truth), True))]
    for attribute in criterion.by:
        parts += [(f"{attribute}={category}", which) for category, which in groups[attribute].items()]
    return [
        _verdict(criterion, group, score(tool.only(which), criterion.score, seed))
        if beside is None
        else _beside_nurse(criterion, group, tool.only(which), beside.only(which), seed, is_copy=is_copy)
        for group, which in parts
    ]


def overall(verdicts: list[CriterionVerdict]) -> Word:
    """The verdict on all criteria: met only if every verdict is, not met if any is not."""
    words = {verdict.word for verdict in verdicts}
    if "not met" in words:
        return "not met"
    if words == {"identical to the nurse"}:
        return "identical to the nurse"
    return "cannot tell" if "cannot tell" in words or not words else "met"


def _beside_nurse(
    criterion: Criterion, group: str, tool: Labelled, nurse: Labelled, seed: int, *, is_copy: bool
) -> CriterionVerdict:
    estimate = difference(tool, nurse, criterion.score, seed)
    if is_copy and estimate.n:
        return CriterionVerdict(criterion, group, estimate, "identical to the nurse", "every label is the nurse's")
    discordance = discordance_of(tool, nurse, criterion.score) if criterion.score in SHARES else None
    return _verdict(criterion, group, estimate, discordance)


def _verdict(
    criterion: Criterion, group: str, estimate: ScoreEstimate | None, discordance: ScoreEstimate | None = None
) -> CriterionVerdict:
    word: Word = "cannot tell"
    if group and estimate is not None and estimate.n < FEW:
        why = f"cases: {estimate.n}, fewer than {FEW}"
    elif estimate is None or np.isnan(estimate.low):
        why = "it was not measured"
    else:
        low, high = estimate.low - criterion.bound, estimate.high - criterion.bound
        if criterion.at_least is not None:
            low, high = -high, -low
        word = "met" if high <= 0 else "not met" if low > 0 else word
        why = _to_settle(criterion, estimate, discordance) if word == "cannot tell" else ""
    return CriterionVerdict(criterion, group, estimate, word, why)


def _to_settle(criterion: Criterion, estimate: ScoreEstimate, discordance: ScoreEstimate | None) -> str:
    """How many of the cases that the score is about would settle it, in words."""
    about = "cases of true levels 1-2" if criterion.score in HIGH_SHARES else "cases"
    if discordance is not None and criterion.bound != 0:
        low, high = cases_to_settle(discordance, abs(criterion.bound))
        many = f"about {low:,} to {high:,}" if low else f"up to about {high:,}"
        return f"{many} {about} would settle it if both err equally often ({estimate.n} now)"
    far = abs(estimate.value - criterion.bound) > AS_GOOD_AS_EQUAL
    if criterion.score in SHARES and criterion.against == "nothing" and far:
        needed = cases_for_share(estimate.value, criterion.bound, estimate.n)
        return f"about {needed:,} {about} would settle it if the score stays ({estimate.n} now)"
    return f"more {about} are needed ({estimate.n} now)"
