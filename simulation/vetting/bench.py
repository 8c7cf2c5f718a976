"""A run of the bench: it asks the assessor, scores its answers and judges the criteria. It writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulation.records.schema import Floats
from simulation.vetting.assessors.from_file import AnswersAssessor, FromFile
from simulation.vetting.assessors.learned import Learned, LearnedAssessor
from simulation.vetting.assessors.llm import Llm, LlmAssessor, Setting, what_would_be_sent
from simulation.vetting.assessors.simple import ByMatrix, Majority, MatrixAssessor
from simulation.vetting.bench_plan import CriterionVerdict, Vetting, Word, judged, overall
from simulation.vetting.cases import (
    NO_LABEL,
    OUTCOMES,
    Answer,
    BenchAssessor,
    CaseSet,
    Question,
    Variant,
    label_table,
    questions_of,
)
from simulation.vetting.scores import (
    Labelled,
    ScoreEstimate,
    differences,
    exact_share,
    matrix_intervals,
    scores,
    share_of,
)

TOOL, NURSE = "tool", "nurse"
VITAL_SIGNS_ALONE = LearnedAssessor(kind="learned", reads=("vital_signs",))


@dataclass(frozen=True)
class Bench:
    """The results of a bench. Labels are from 0, -1 for none."""

    plan: Vetting
    cases: CaseSet
    tool: str
    about: Mapping[str, str]
    answers: tuple[Answer, ...] = field(repr=False)
    labelled: Mapping[str, Labelled] = field(repr=False)
    """The labels of the tool, of the nurse where there is one, and of the comparators."""
    of_answers: Mapping[str, ScoreEstimate]
    verdicts: tuple[CriterionVerdict, ...]

    @property
    def word(self) -> Word:
        """The verdict on all criteria together."""
        return overall(list(self.verdicts))

    @property
    def outcomes(self) -> dict[str, int]:
        """The number of questions as written by outcome, for outcomes that happened."""
        kinds = [answer.outcome for answer in self.answers if answer.variant == "as_written"]
        return {kind: kinds.count(kind) for kind in OUTCOMES if kind in kinds}

    def scores(self, who: str) -> dict[str, ScoreEstimate]:
        """Every score of one who labelled: a key of `labelled`."""
        return scores(self.labelled[who], self.plan.seed)

    def against(self, other: str) -> dict[str, ScoreEstimate]:
        """Tool minus another in every score, paired."""
        return differences(self.labelled[TOOL], self.labelled[other], self.plan.seed)

    def by_group(self, who: str = TOOL) -> dict[tuple[str, str], dict[str, ScoreEstimate]]:
        """Every score by attribute and group; attributes of one group are left out."""
        return {
            (attribute, group): scores(self.labelled[who].only(which), self.plan.seed)
            for attribute, groups in self.cases.groups.items()
            if len(groups) > 1
            for group, which in groups.items()
        }

    def matrix(self) -> tuple[Floats, Floats, Floats]:
        """The tool's P(label | true level): mean and 95 % credible limits, shape (levels, levels) each."""
        return matrix_intervals(self.labelled[TOOL].table)


def run_bench(
    plan: Vetting, cases: CaseSet, assessor: BenchAssessor | None = None, *, setting: Setting | None = None
) -> Bench:
    """The results of a plan on these cases. `assessor` takes the place of the one that the plan states.

    Raises ConfigError, and ResultsError if a server changes its model in mid-run.
    """
    tool = assessor if assessor is not None else assessor_of(plan, cases, setting or Setting())
    comparators: list[BenchAssessor] = []  # before anything is asked, so that faults in them come first
    if plan.comparators:
        comparators = [Majority(cases), Learned(VITAL_SIGNS_ALONE, cases, plan.seed, "vital signs alone")]
    answers = tool.answers(questions_to(tool, plan, cases))
    labels = {TOOL: label_table(cases, answers)}
    if cases.nurse is not None:
        labels[NURSE] = cases.nurse[:, None]
    as_written = questions_of(cases, "as_written", plan.repeats)
    labels |= {comparator.name: label_table(cases, comparator.answers(as_written)) for comparator in comparators}
    labelled = {who: Labelled(cases.truth, table) for who, table in labels.items()}
    of_answers = answer_scores(cases, answers)
    verdicts = tuple(
        verdict
        for criterion in plan.criteria
        for verdict in judged(criterion, labelled[TOOL], labelled.get(NURSE), cases.groups, of_answers, plan.seed)
    )
    return Bench(plan, cases, tool.name, tool.about(), tuple(answers), labelled, of_answers, verdicts)


def assessor_of(plan: Vetting, cases: CaseSet, setting: Setting) -> BenchAssessor:
    """The assessor that a plan states. Raises ConfigError."""
    config = plan.assessor
    if isinstance(config, MatrixAssessor):
        return ByMatrix(config, plan.seed)
    if isinstance(config, AnswersAssessor):
        return FromFile(config, cases)
    return Llm(config, setting) if isinstance(config, LlmAssessor) else Learned(config, cases, plan.seed)


def questions_to(assessor: BenchAssessor, plan: Vetting, cases: CaseSet) -> list[Question]:
    """The questions to an assessor: as written, in other words, with a command; of a file, those that it answers."""
    file = assessor if isinstance(assessor, FromFile) else None
    questions = questions_of(cases, "as_written", file.n_repeats if file is not None else plan.repeats)
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
    if isinstance(assessor, Llm) and isinstance(plan.assessor, LlmAssessor):
        return f"{summary}\n{what_would_be_sent(assessor, questions, plan.assessor)}"
    return summary


def answer_scores(cases: CaseSet, answers: Sequence[Answer]) -> dict[str, ScoreEstimate]:
    """Scores of answers that were measured: unusable, repeatable, moved by other words or by a command."""
    labels = label_table(cases, answers)
    n, n_repeats = labels.shape
    n_unusable = sum(not answer.usable for answer in answers if answer.variant == "as_written")
    estimates = {"unusable_share": exact_share(n_unusable / n_repeats, n)}
    if n_repeats > 1:
        estimates["repeatable_share"] = share_of((labels == labels[:, :1]).all(axis=1))
    for variant in ("rephrased", "injected"):
        if any(answer.variant == variant for answer in answers):
            changed = label_table(cases, answers, variant)[:, 0]
            both = (labels[:, 0] != NO_LABEL) & (changed != NO_LABEL)  # those labelled both times
            estimates[f"{variant}_moved_share"] = share_of(labels[both, 0] != changed[both])
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
        curve.append((tenth / 10, share_of(right[left]), share_of(under[left][~np.isnan(under[left])])))
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
        if answer.variant == "as_written" and answer.repeat == 0 and answer.probabilities and answer.label is not None
    ]
    answered = np.array(first, dtype=float).reshape(-1, 3)
    label, true, confidence = answered[np.argsort(answered[:, 2], kind="stable")].T
    under = np.where(true <= 2, label > true, np.nan)
    return confidence, (label == true).astype(float), under
