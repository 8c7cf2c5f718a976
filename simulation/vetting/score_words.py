"""Scores, differences, bounds and verdicts in words, the same on a card and in the line that says stop or go."""

import numpy as np

from simulation.vetting.bench import OF_ANSWERS, Criterion, CriterionVerdict
from simulation.vetting.scores import HIGHER_IS_BETTER, KAPPAS, SCORES, ScoreEstimate
from simulation.wording import digits_apart, spaced


def value_words(estimate: ScoreEstimate, score: str, bound: float = np.nan) -> str:
    """A score and its interval: '87.1 % (84.3 to 89.5)', a kappa without per cent; a dash if it is not known.

    With more decimals where an end would else be printed as the `bound` that it is not.
    """
    if np.isnan(estimate.value):
        return "–"
    value, low, high = _numbers(estimate, score, bound)
    shown = value if score in KAPPAS else f"{value} %"
    return shown if np.isnan(estimate.low) else f"{shown} ({low} to {high})"


def difference_words(estimate: ScoreEstimate, score: str, bound: float = np.nan) -> str:
    """A difference between scores and its interval: '−21.5 points (−25.4 to −17.5)'; a dash if it is not known.

    `bound`: as in `value_words`.
    """
    if np.isnan(estimate.value):
        return "–"
    value, low, high = _numbers(estimate, score, bound, sign="+")
    interval = "–" if np.isnan(estimate.low) else f"{low} to {high}"
    return f"{value}{'' if score in KAPPAS else ' points'} ({interval})".replace("-", "−")


def _numbers(estimate: ScoreEstimate, score: str, bound: float, sign: str = "") -> tuple[str, ...]:
    """The score and the ends of its interval, with as many decimals as it takes to tell the ends from the bound."""
    scale, digits = (1, 2) if score in KAPPAS else (100, 1)
    ends = [scale * end for end in (estimate.low, estimate.high)]
    if not np.isnan(bound):
        digits = max(digits_apart(end, scale * bound, digits) for end in ends)
    numbers = (f"{each:{sign}.{digits}f}" for each in (scale * estimate.value, *ends))
    return tuple(number if float(number) else number.lstrip("+-") for number in numbers)


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
        ("–", "0")
        if estimate is None
        else (words(estimate, criterion.score, criterion.bound), str(estimate.n))
    )
    group = spaced(verdict.group).replace("=", ": ") or "everybody"
    named = {**SCORES, **OF_ANSWERS}[criterion.score]
    return named, group, bound_words(criterion, other), *measured, verdict.word, verdict.why
