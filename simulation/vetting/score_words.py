"""Scores, differences, bounds and verdicts in words, the same on a card and in the line that says stop or go."""

import numpy as np

from simulation.display.words import amount, change, span
from simulation.vetting.bench import OF_ANSWERS, Criterion, CriterionVerdict
from simulation.vetting.scores import HIGHER_IS_BETTER, KAPPAS, SCORES, ScoreEstimate
from simulation.wording import spaced


def value_words(estimate: ScoreEstimate, score: str) -> str:
    """A score and its interval: '87.1 % (84.3 to 89.5)', a kappa without per cent; a dash if it is not known."""
    scale, digits = (1, 2) if score in KAPPAS else (100, 1)
    shown = f"{estimate.value:.2f}" if score in KAPPAS else amount(estimate.value, "share")
    if np.isnan(estimate.value) or np.isnan(estimate.low):
        return "–" if np.isnan(estimate.value) else shown
    return f"{shown} ({scale * estimate.low:.{digits}f} to {scale * estimate.high:.{digits}f})"


def difference_words(estimate: ScoreEstimate, score: str) -> str:
    """A difference between scores and its interval: '−21.5 points (−25.4 to −17.5)'; a dash if it is not known."""
    if np.isnan(estimate.value):
        return "–"
    if score in KAPPAS:
        interval = "–" if np.isnan(estimate.low) else f"{estimate.low:+.2f} to {estimate.high:+.2f}"
        return f"{estimate.value:+.2f} ({interval})".replace("-", "−")
    return (
        f"{change(estimate.value, 'share')} points ({span(estimate.low, estimate.high, 'share')})"
    )


def verdict_on(estimate: ScoreEstimate, score: str) -> str:
    """'better' or 'worse' if the whole interval is on one side of no difference, else 'cannot tell'."""
    if estimate.low <= 0 <= estimate.high or np.isnan(estimate.low):
        return "cannot tell"
    return "better" if (estimate.value > 0) == (score in HIGHER_IS_BETTER) else "worse"


def bound_words(criterion: Criterion, other: str) -> str:
    """The bound of a criterion: 'at most 5 points beyond the nurse', 'at least 95 %'. `other`: whom it is beside."""
    which = "at most" if criterion.at_most is not None else "at least"
    beyond = f" beyond {other}" * (criterion.against == "nurse")
    if criterion.score in KAPPAS:
        return f"{which} {criterion.bound:g}{beyond}"
    points = f"{100 * criterion.bound:g}"
    unit = ("point" if points == "1" else "points") if beyond else "%"
    return f"{which} {points} {unit}{beyond}"


def verdict_row(verdict: CriterionVerdict, other: str = "the nurse") -> tuple[str, ...]:
    """Score, group, bound, what was measured on how many cases, the verdict, and what would settle it.

    `other`: whom the tool is beside, if the criterion asks for a difference.
    """
    criterion, estimate = verdict.criterion, verdict.estimate
    words = difference_words if criterion.against == "nurse" else value_words
    measured = (
        ("–", "0") if estimate is None else (words(estimate, criterion.score), str(estimate.n))
    )
    group = spaced(verdict.group).replace("=", ": ") or "everybody"
    named = {**SCORES, **OF_ANSWERS}[criterion.score]
    return named, group, bound_words(criterion, other), *measured, verdict.word, verdict.why
