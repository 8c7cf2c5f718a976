"""A bench: its plan, the verdicts on its criteria, and a run, which asks the assessor and scores its answers.

Tool, cases and criteria are fixed in a file before anything is asked. At the end, the verdict on each criterion is met,
not met or cannot tell. Nothing is written here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Annotated, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from annotated_types import Ge, Le, MinLen

from simulation.department.config_dataclass import (
    AtLeastOne,
    Count,
    Sourced,
    Unit,
    config_dataclass,
)
from simulation.errors import Faults
from simulation.records.schema import Floats, Mask
from simulation.vetting.assessors import (
    AnswersAssessor,
    ByMatrix,
    FromFile,
    Majority,
    MatrixAssessor,
)
from simulation.vetting.cases import (
    NO_LABEL,
    OUTCOMES,
    Answer,
    BenchAssessor,
    CaseSet,
    CsvCases,
    Question,
    SyntheticCases,
    Variant,
    facts,
    label_table,
    questions_of,
)
from simulation.vetting.learned import Learned, LearnedAssessor
from simulation.vetting.llm import NOT_OF_THE_MODEL, Llm, LlmAssessor, Setting
from simulation.vetting.scores import (
    FEW,
    HIGH_SHARES,
    SHARES,
    Estimates,
    Labelled,
    ScoreEstimate,
    cases_for_share,
    cases_to_settle,
    difference,
    differences,
    exact_share,
    matrix_intervals,
    score,
    score_all,
    share_of,
)

SiteLevel = Literal["immediate", "very_urgent", "urgent", "standard", "non_urgent"]
LEVEL_NAMES: tuple[SiteLevel, ...] = get_args(SiteLevel)
"""The levels of the departments here, those of the Manchester Triage System."""
Bound = Annotated[float, Ge(-1), Le(1), Unit("share")]
Word = Literal["met", "not met", "cannot tell", "identical to the nurse"]
Scored = Literal[
    "exact_share", "under_share", "over_share", "two_or_more_levels_share", "sensitivity", "under_triage_1_2_share",
    "kappa_linear", "kappa_quadratic", "unusable_share", "repeatable_share", "rephrased_moved_share",
    "injected_moved_share",
]  # fmt: skip
AS_GOOD_AS_EQUAL = 1e-5
"""How near a share may be to a bound and no number of cases is worked out: it would be millions."""
MOST_CASES = 100_000
"""The most that a bench could have: no larger number is told."""
OF_ANSWERS: Mapping[str, str] = facts("words")["of_answers"]
"""Scores of answers, not of labels against the truth, in words."""


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
    at_most: Bound | None = None
    """The most that the score, or the difference, may be. Example: `0.05`"""
    at_least: Bound | None = None
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

    @property
    def margin(self) -> float:
        """How much worse than another's the score may be; below 0 where it must be better."""
        return self.bound if self.at_most is not None else -self.bound


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
    repeats: Annotated[AtLeastOne, Le(20), Unit("times")] = 2
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
    seed: Annotated[Count, Unit("none")] = 2026
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
            faults.add(
                place, f"{criterion.score} is of the tool alone", "Leave `against` and `by` out"
            )
    if list(plan.stands_for) != sorted(plan.stands_for, key=LEVEL_NAMES.index):
        found = f"is {', '.join(plan.stands_for)}"
        faults.add(
            f"{where}.stands_for", found, "A less urgent level cannot stand for a more urgent one"
        )
    return faults


# --- verdicts -----------------------------------------------------------------------------------------------------


class CriterionVerdict(NamedTuple):
    """The verdict on a criterion for everybody (`group` is '') or a group."""

    criterion: Criterion
    group: str
    estimate: ScoreEstimate | None
    """None if it was not measured."""
    word: Word
    why: str
    """How many cases would settle it, or why it cannot be settled; '' if it is."""


def verdicts_on(
    criterion: Criterion,
    tool: Labelled,
    nurse: Labelled | None,
    groups: Mapping[str, Mapping[str, Mask]],
    of_answers: Estimates,
    seed: int,
) -> list[CriterionVerdict]:
    """The verdicts on a criterion: for everybody first, then group by group."""
    if criterion.score in OF_ANSWERS:
        return [_verdict(criterion, "", of_answers.get(criterion.score))]
    if criterion.against == "nothing":
        return judge_groups(criterion, tool, None, groups, seed)
    if nurse is None:
        why = "the cases hold no nurse's label"
        return [CriterionVerdict(criterion, "", None, "cannot tell", why)]
    verdicts = judge_groups(criterion, tool, nurse, groups, seed)
    if not np.all(tool.labels == nurse.labels):
        return verdicts
    copied: Word = "identical to the nurse"
    return [
        verdict._replace(word=copied, why="every label is the nurse's")
        if verdict.estimate and verdict.estimate.n
        else verdict
        for verdict in verdicts
    ]


def judge_groups(
    criterion: Criterion,
    tool: Labelled,
    other: Labelled | None,
    groups: Mapping[str, Mapping[str, Mask]],
    seed: int,
) -> list[CriterionVerdict]:
    """The verdicts for everybody first (''), then for each group that must meet a criterion, too: on the score itself,
    or on tool minus another on the same cases."""
    parts = {"": np.full(len(tool.truth), True)}
    for attribute in criterion.by:
        parts |= {f"{attribute}={name}": which for name, which in groups[attribute].items()}
    return [
        _verdict(
            criterion,
            group,
            score(tool.only(which), criterion.score, seed)
            if other is None
            else difference(tool.only(which), other.only(which), criterion.score, seed),
        )
        for group, which in parts.items()
    ]


def overall(verdicts: Sequence[CriterionVerdict]) -> Word:
    """The verdict on all criteria: met only if every verdict is, not met if any is not."""
    words = {verdict.word for verdict in verdicts}
    if "not met" in words:
        return "not met"
    if words == {"identical to the nurse"}:
        return "identical to the nurse"
    return "cannot tell" if "cannot tell" in words or not words else "met"


def _verdict(criterion: Criterion, group: str, estimate: ScoreEstimate | None) -> CriterionVerdict:
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
        why = _to_settle(criterion, estimate) if word == "cannot tell" else ""
    return CriterionVerdict(criterion, group, estimate, word, why)


def _to_settle(criterion: Criterion, estimate: ScoreEstimate) -> str:
    """How many of the cases that the score is about would settle it, in words: at the estimate seen, and if both err
    equally often, where that was not ruled out and the cases in hand are too few for it."""
    about = "cases of true levels 1-2" if criterion.score in HIGH_SHARES else "cases"
    gap, now = abs(estimate.value - criterion.bound), f"({estimate.n:,} now)"
    if criterion.against == "nurse":
        premises = {"the difference stays": gap} if gap > AS_GOOD_AS_EQUAL else {}
        worse = estimate.value if criterion.at_most is not None else -estimate.value
        if (estimate.high - estimate.low) / 2 > criterion.margin > max(worse, AS_GOOD_AS_EQUAL):
            premises["both err equally often"] = criterion.margin
        sizes = {premise: cases_to_settle(estimate, far) for premise, far in premises.items()}
        many = [
            f"about {even:,} to {likely:,} {about} would settle it if {premise}"
            for premise, (even, likely) in sizes.items()
            if even <= MOST_CASES
        ]
        if many:
            return f"{', '.join(many)} {now}"
    elif criterion.score not in SHARES:
        return f"more {about} are needed {now}"
    elif gap > AS_GOOD_AS_EQUAL:
        needed = cases_for_share(estimate.value, criterion.bound, estimate.n)
        if needed <= MOST_CASES:
            return f"about {needed:,} {about} would settle it if the score stays {now}"
    return f"it lies on its bound, so not even {MOST_CASES:,} {about} would settle it {now}"


# --- the run ------------------------------------------------------------------------------------------------------

TOOL, NURSE = "tool", "nurse"
VITAL_SIGNS_ALONE = LearnedAssessor(kind="learned", reads=("vital_signs",))


@dataclass(frozen=True, eq=False)
class Bench:
    """The results of a bench. Labels are from 0, -1 for none."""

    plan: Vetting
    cases: CaseSet
    tool: str
    about: Mapping[str, str]
    answers: tuple[Answer, ...] = field(repr=False)
    labelled: Mapping[str, Labelled] = field(repr=False)
    """The labels of the tool, of the nurse where there is one, and of the comparators."""
    of_answers: Estimates
    verdicts: tuple[CriterionVerdict, ...]

    @property
    def word(self) -> Word:
        """The verdict on all criteria together."""
        return overall(self.verdicts)

    def name_of(self, who: str) -> str:
        """The name of one who labelled: a key of `labelled`, or the tool's own name."""
        return self.tool if who == TOOL else who

    @property
    def outcomes(self) -> dict[str, int]:
        """The number of questions as written by outcome, for outcomes that happened."""
        kinds = [answer.outcome for answer in self.answers if answer.variant == "as_written"]
        return {kind: kinds.count(kind) for kind in OUTCOMES if kind in kinds}

    @cached_property
    def scores(self) -> dict[str, Estimates]:
        """Every score by who labelled: a key of `labelled`."""
        seed = self.plan.seed
        return {who: score_all(labelled, seed) for who, labelled in self.labelled.items()}

    @cached_property
    def against(self) -> dict[str, Estimates]:
        """Tool minus another in every score, paired, by the other: a key of `labelled`."""
        tool, seed = self.labelled[TOOL], self.plan.seed
        return {
            who: differences(tool, other, seed)
            for who, other in self.labelled.items()
            if who != TOOL
        }

    @cached_property
    def by_group(self) -> dict[str, dict[tuple[str, str], Estimates]]:
        """Every score of the tool and the nurse by attribute and group; attributes of one group are left out. None of a
        nurse who did not label."""
        groups = [
            (attribute, group, which)
            for attribute, of_attribute in self.cases.groups.items()
            if len(of_attribute) > 1
            for group, which in of_attribute.items()
        ]
        return {
            who: {
                (attribute, group): score_all(self.labelled[who].only(which), self.plan.seed)
                for attribute, group, which in groups
                if who in self.labelled
            }
            for who in (TOOL, NURSE)
        }

    @property
    def matrix(self) -> tuple[Floats, Floats, Floats]:
        """The tool's P(label | true level): mean and 95 % credible limits, shape (levels, levels) each."""
        return matrix_intervals(self.labelled[TOOL].table)


def run_bench(
    plan: Vetting,
    cases: CaseSet,
    assessor: BenchAssessor | None = None,
    *,
    setting: Setting | None = None,
) -> Bench:
    """The results of a plan on these cases. `assessor` takes the place of the one that the plan states.

    Raises ConfigError, and ResultsError if a server changes its model in mid-run.
    """
    tool = assessor if assessor is not None else assessor_of(plan, cases, setting or Setting())
    comparators: list[BenchAssessor] = []
    if plan.comparators:  # before anything is asked, so that faults in them come first
        alone = Learned(VITAL_SIGNS_ALONE, cases, plan.seed, "vital signs alone")
        comparators = [Majority(cases), alone]
    answers = tool.answers(questions_to(tool, plan, cases))
    labels = {TOOL: label_table(cases, answers)}
    if cases.nurse is not None:
        labels[NURSE] = cases.nurse[:, None]
    as_written = questions_of(cases, "as_written", plan.repeats)
    for comparator in comparators:
        labels[comparator.name] = label_table(cases, comparator.answers(as_written))
    labelled = {who: Labelled(cases.truth, table) for who, table in labels.items()}
    of_answers = answer_scores(cases, answers)
    nurse, groups = labelled.get(NURSE), cases.groups
    verdicts = (
        verdicts_on(criterion, labelled[TOOL], nurse, groups, of_answers, plan.seed)
        for criterion in plan.criteria
    )
    judged = tuple(chain.from_iterable(verdicts))
    return Bench(plan, cases, tool.name, tool.about(), tuple(answers), labelled, of_answers, judged)


def assessor_of(plan: Vetting, cases: CaseSet, setting: Setting) -> BenchAssessor:
    """The assessor that a plan states. Raises ConfigError."""
    match plan.assessor:
        case MatrixAssessor():
            return ByMatrix(plan.assessor, plan.seed)
        case AnswersAssessor():
            return FromFile(plan.assessor, cases)
        case LlmAssessor():
            return Llm(plan.assessor, setting)
    return Learned(plan.assessor, cases, plan.seed)


def questions_to(assessor: BenchAssessor, plan: Vetting, cases: CaseSet) -> list[Question]:
    """The questions to an assessor: as written, in other words, with a command; of a file, those that it answers."""
    file = assessor if isinstance(assessor, FromFile) else None
    questions = questions_of(cases, "as_written", file.n_repeats if file else plan.repeats)
    wanted: dict[Variant, bool] = {"rephrased": plan.rephrased, "injected": plan.injected}
    for variant, is_wanted in wanted.items():
        if assessor.reads_text and is_wanted and (file is None or file.has(variant)):
            questions += questions_of(cases, variant, 1)
    return questions


def dry_run_text(plan: Vetting, cases: CaseSet, setting: Setting) -> str:
    """The text of a dry run: how much would be asked and, of a server, the requests word for word. Nothing is sent."""
    assessor = assessor_of(plan, cases, setting)
    questions = questions_to(assessor, plan, cases)
    summary = f"Dry run: nothing was asked. {len(cases)} cases ({cases.yardstick_words}), {len(questions)} questions."
    return (
        f"{summary}\n{assessor.what_would_be_sent(questions)}"
        if isinstance(assessor, Llm)
        else summary
    )


def answer_scores(cases: CaseSet, answers: Sequence[Answer]) -> Estimates:
    """Scores of answers that were measured: unusable, repeatable, moved by other words or by a command.

    A label that is lost counts as moved. Failures of a server say nothing about the model and are left out.
    """
    labels = label_table(cases, answers)
    n, n_repeats = labels.shape
    n_unusable = sum(not answer.usable for answer in answers if answer.variant == "as_written")
    estimates = {"unusable_share": exact_share(n_unusable / n_repeats, n)}
    if n_repeats > 1:
        estimates["repeatable_share"] = share_of((labels == labels[:, :1]).all(axis=1))
    for variant in ("rephrased", "injected"):
        outcomes = {each.case: each.outcome for each in answers if each.variant == variant}
        if outcomes:
            changed = label_table(cases, answers, variant)[:, 0]
            known = [outcomes.get(case.name) not in NOT_OF_THE_MODEL for case in cases.cases]
            asked = (labels[:, 0] != NO_LABEL) & known
            estimates[f"{variant}_moved_share"] = share_of(labels[asked, 0] != changed[asked])
    return estimates


# --- calibration, abstention ----------------------------------------------------------------------------


def calibration(bench: Bench) -> list[tuple[float, ScoreEstimate]]:
    """Five bins of equally many answers: their mean stated confidence, and the share that is right.

    None if no confidence is stated.
    """
    confidence, right, _ = _by_confidence(bench)
    parts = [part for part in np.array_split(np.arange(len(right)), 5) if len(part)]
    return [(float(confidence[part].mean()), share_of(right[part])) for part in parts]


def abstention_curve(bench: Bench) -> list[tuple[float, ScoreEstimate, ScoreEstimate]]:
    """The share of labels that is handed back, 0 to 90 %, the least confident first, and the scores of those left.

    The scores are exact agreement and under-triage of true levels 1-2. None if no confidence is stated.
    """
    _, right, under = _by_confidence(bench)
    curve = []
    for tenth in range(10) if len(right) else ():
        left = slice(len(right) * tenth // 10, None)
        curve.append(
            (tenth / 10, share_of(right[left]), share_of(under[left][~np.isnan(under[left])]))
        )
    return curve


def _by_confidence(bench: Bench) -> tuple[Floats, Floats, Floats]:
    """The confidence in each label, whether it is right, and whether it under-triages a true level 1-2.

    They are of first answers that give a label with probabilities, the least confident first, shape (answers,) each.
    The last is NaN for other levels.
    """
    truth = {case.name: case.truth for case in bench.cases.cases}
    first = [
        (answer.label, truth[answer.case], answer.probabilities[answer.label - 1])
        for answer in bench.answers
        if answer.variant == "as_written"
        and answer.repeat == 0
        and answer.probabilities
        and answer.label is not None
    ]
    answered = np.array(first, dtype=float).reshape(-1, 3)
    label, true, confidence = answered[np.argsort(answered[:, 2], kind="stable")].T
    under = np.where(true <= 2, label > true, np.nan)
    return confidence, (label == true).astype(float), under
