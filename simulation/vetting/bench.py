"""Runs a bench: asks the assessor, scores its answers, judges the criteria. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulation.records.schema import Floats
from simulation.vetting.answers import (
    NO_LABEL,
    OUTCOMES,
    Answer,
    Assessor,
    Question,
    Variant,
    label_table,
    questions_of,
)
from simulation.vetting.assessors.by_matrix import ByMatrix, MatrixAssessor
from simulation.vetting.assessors.from_file import AnswersAssessor, FromFile
from simulation.vetting.assessors.learned import Learned, LearnedAssessor
from simulation.vetting.assessors.llm import Llm, LlmAssessor, Setting, what_would_be_sent
from simulation.vetting.assessors.majority import Majority
from simulation.vetting.cases import GROUPS, CaseSet, Levels
from simulation.vetting.criteria import Verdict, Word, judged, overall
from simulation.vetting.intervals import Estimate, exact_share
from simulation.vetting.plan import Vetting
from simulation.vetting.scores import Labelled, differences, matrix_intervals, scores

TOOL, NURSE = "tool", "nurse"
VITAL_SIGNS_ALONE = LearnedAssessor(kind="learned", reads=("vital_signs",))


@dataclass(frozen=True)
class Bench:
    """What came of a bench. Labels are from 0, -1 for none."""

    plan: Vetting
    cases: CaseSet
    tool: str
    about: Mapping[str, str]
    answers: tuple[Answer, ...] = field(repr=False)
    labelled: Mapping[str, Labelled] = field(repr=False)
    """By who labelled: the tool, the nurse where there is one, the comparators."""
    of_answers: Mapping[str, Estimate]
    verdicts: tuple[Verdict, ...]

    @property
    def word(self) -> Word:
        """The verdict on all criteria together."""
        return overall(list(self.verdicts))

    @property
    def outcomes(self) -> dict[str, int]:
        """How questions as written ended, by kind; those that happened."""
        kinds = [answer.outcome for answer in self.answers if answer.variant == "as_written"]
        return {kind: kinds.count(kind) for kind in OUTCOMES if kind in kinds}

    def scores(self, who: str) -> dict[str, Estimate]:
        """Every score of one of those who labelled."""
        return scores(self.labelled[who], self.plan.seed)

    def against(self, other: str) -> dict[str, Estimate]:
        """Tool minus another in every score, paired."""
        return differences(self.labelled[TOOL], self.labelled[other], self.plan.seed)

    def by_group(self, who: str = TOOL) -> dict[tuple[str, str], dict[str, Estimate]]:
        """Every score by attribute and group; attributes of one group are left out."""
        members = {attribute: self.cases.members(attribute) for attribute in GROUPS}
        return {
            (attribute, group): scores(self.labelled[who].only(which), self.plan.seed)
            for attribute, groups in members.items()
            if len(groups) > 1
            for group, which in groups.items()
        }

    def matrix(self, who: str = TOOL) -> tuple[Floats, Floats, Floats]:
        """P(label | true level) with 95 % credible intervals."""
        return matrix_intervals(self.labelled[who].table)


def run_bench(
    plan: Vetting, cases: CaseSet, assessor: Assessor | None = None, *, setting: Setting | None = None
) -> Bench:
    """Ask, score and judge. `assessor`: in place of the one that the plan states.

    Raises ConfigError, and ResultsError if a server changes its model in mid-run.
    """
    asked = assessor if assessor is not None else made(plan, cases, setting or Setting())
    comparators = _comparators(plan, cases)  # made first: what they lack is told before anything is asked
    answers = asked.answers(questions_to(asked, plan, cases))
    labelled = {TOOL: Labelled(cases.truth, label_table(cases, answers))}
    if cases.nurse is not None:
        labelled[NURSE] = Labelled(cases.truth, cases.nurse[:, None])
    for each in comparators:
        theirs = each.answers(questions_of(cases, "as_written", plan.repeats))
        labelled[each.name] = Labelled(cases.truth, label_table(cases, theirs))
    of_answers = answer_scores(cases, answers)
    groups = {attribute: cases.members(attribute) for attribute in GROUPS}
    verdicts = tuple(
        verdict
        for criterion in plan.criteria
        for verdict in judged(criterion, labelled[TOOL], labelled.get(NURSE), groups, of_answers, plan.seed)
    )
    return Bench(plan, cases, asked.name, asked.about(), tuple(answers), labelled, of_answers, verdicts)


def made(plan: Vetting, cases: CaseSet, setting: Setting) -> Assessor:
    """The assessor that a plan states. Raises ConfigError."""
    stated = plan.assessor
    if isinstance(stated, MatrixAssessor):
        return ByMatrix(stated, plan.seed)
    if isinstance(stated, AnswersAssessor):
        return FromFile(stated, cases)
    return Llm(stated, setting) if isinstance(stated, LlmAssessor) else Learned(stated, cases, plan.seed)


def _comparators(plan: Vetting, cases: CaseSet) -> list[Assessor]:
    if not plan.comparators:
        return []
    return [Majority(cases), Learned(VITAL_SIGNS_ALONE, cases, plan.seed, "vital signs alone")]


def questions_to(assessor: Assessor, plan: Vetting, cases: CaseSet) -> list[Question]:
    """All that is asked: as written, in other words, with a command added; of a file only what it holds."""
    file = assessor if isinstance(assessor, FromFile) else None
    questions = questions_of(cases, "as_written", file.n_repeats if file is not None else plan.repeats)
    wanted: Mapping[Variant, bool] = {"rephrased": plan.rephrased, "injected": plan.injected}
    for variant, is_wanted in wanted.items():
        if is_wanted and assessor.reads_text and (file is None or file.has(variant)):
            questions += questions_of(cases, variant, 1)
    return questions


def told_beforehand(plan: Vetting, cases: CaseSet, setting: Setting) -> str:
    """What a run would ask; of a server, the requests word for word. Nothing is sent."""
    asked = made(plan, cases, setting)
    questions = questions_to(asked, plan, cases)
    said = f"Dry run: nothing was asked. {len(cases)} cases ({cases.yardstick_words}), {len(questions)} questions."
    if isinstance(asked, Llm) and isinstance(plan.assessor, LlmAssessor):
        return f"{said}\n{what_would_be_sent(asked, questions, plan.assessor)}"
    return said


def answer_scores(cases: CaseSet, answers: Sequence[Answer]) -> dict[str, Estimate]:
    """Scores of answers: unusable, repeatable, moved by other words or by a command. Only those that were measured."""
    written = [answer for answer in answers if answer.variant == "as_written"]
    labels = label_table(cases, answers)
    n, n_repeats = labels.shape
    unusable = sum(not answer.usable for answer in written) / n_repeats
    found = {"unusable_share": exact_share(unusable, n)}
    if n_repeats > 1:
        found["repeatable_share"] = exact_share(int((labels == labels[:, :1]).all(axis=1).sum()), n)
    for variant in ("rephrased", "injected"):
        if any(answer.variant == variant for answer in answers):
            found[f"{variant}_moved_share"] = _moved(labels, label_table(cases, answers, variant))
    return found


def _moved(labels: Levels, changed: Levels) -> Estimate:
    """Of the cases labelled both times, the share whose label is another one."""
    both = (labels[:, 0] != NO_LABEL) & (changed[:, 0] != NO_LABEL)
    return exact_share(int((labels[both, 0] != changed[both, 0]).sum()), int(both.sum()))


# --- calibration, abstention, seconds ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Bin:
    """Answers of about the same stated confidence: how sure on average, and how often right."""

    confidence: float
    right: Estimate


def calibration(bench: Bench, n_bins: int = 5) -> list[Bin]:
    """Confidence beside how often the label was right, in bins of equally many answers; none if none is stated."""
    confidence, right, _ = _confident(bench)
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, n_bins) if len(part)]
    return [Bin(float(confidence[part].mean()), exact_share(float(right[part].sum()), len(part))) for part in parts]


@dataclass(frozen=True)
class Threshold:
    """What is left, and how good it is, if less confident labels are handed back."""

    handed_back_share: float
    exact: Estimate
    under_triage_1_2: Estimate


def abstention_curve(bench: Bench) -> list[Threshold]:
    """The labels that are left if the 0 to 90 % least confident are handed back; none if no confidence is stated."""
    confidence, right, under = _confident(bench)
    order = np.argsort(confidence, kind="stable")
    rows = []
    for tenth in range(10) if len(order) else ():
        kept = order[len(order) * tenth // 10 :]
        high = kept[~np.isnan(under[kept])]
        found = exact_share(float(right[kept].sum()), len(kept)), exact_share(float(under[high].sum()), len(high))
        rows.append(Threshold(tenth / 10, *found))
    return rows


def _confident(bench: Bench) -> tuple[Floats, Floats, Floats]:
    """Of first answers that state probabilities and gave a label: that of the label, whether it is right, and whether
    it under-triages a true level 1-2 (NaN for other levels)."""
    truth = {case.name: case.truth for case in bench.cases.cases}
    first = [
        answer
        for answer in bench.answers
        if answer.variant == "as_written" and answer.repeat == 0 and answer.probabilities and answer.label is not None
    ]
    labels = np.array([answer.label or 0 for answer in first])
    true = np.array([truth[answer.case] for answer in first])
    confidence = np.array([answer.probabilities[(answer.label or 1) - 1] for answer in first])
    under = np.where(true <= 2, (labels > true).astype(float), np.nan) if len(first) else np.zeros(0)
    return confidence, (labels == true).astype(float), under


def seconds_of(answers: Sequence[Answer]) -> tuple[float, float] | None:
    """Median and 95th percentile of the seconds that answers took; None if none says."""
    known = [answer.seconds for answer in answers if answer.seconds is not None]
    return (float(np.median(known)), float(np.quantile(known, 0.95))) if known else None
