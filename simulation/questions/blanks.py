"""Which question that nobody answered would change the verdict on an offered product most?"""

from dataclasses import dataclass

from simulation.runs.result import StudyResult
from simulation.study.offer import Blank


@dataclass(frozen=True)
class BlankEffect:
    """The expected effect of the product on the first target with a blank at either end of its range.

    error: the standard error of their difference; decides: whether the effect matters at one end and not at the other;
    limit: a limit of safety that is failed on average at one end and not at the other, by its words; '' if none is.
    """

    blank: Blank
    low: float
    high: float
    error: float = 0.0
    decides: bool = False
    limit: str = ""


def by_blank(result: StudyResult) -> tuple[BlankEffect, ...]:
    """The blanks of a study's offer, the one that would change the verdict most first."""
    return ()
