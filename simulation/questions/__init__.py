"""Questions asked of a result, or by experiments of their own: one module each, or a folder where it is large.

A question's module holds what it computes, its tables, pictures and words, and the function that its command calls.
Those that are asked of every result stand in `OF_A_RESULT`, from which the report lists them. No question imports
another: what two of them share is in `statistics` (numbers) or `display` (words, tables, pictures).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulation.display.drawing import Picture
from simulation.display.table import ReportTable
from simulation.questions import (
    ablation,
    blanks,
    harm,
    national,
    readings,
    spillover,
    what_decides,
)
from simulation.runs.result import StudyResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ResultQuestion:
    """A question that is asked of every result. Each part is a function of the result, empty where it does not apply.

    name, title: anchor and heading of its section on the page; pictures: by name; lead: sentences with which the
    section begins; sentences: what the screen and the page say under 'Also found'; files: tables by the file's name.
    """

    name: str
    title: str
    tables: Callable[[StudyResult], Iterable[ReportTable]]
    pictures: Mapping[str, Callable[[StudyResult], Picture | None]] = field(default_factory=dict)
    lead: Callable[[StudyResult], Iterable[str]] = lambda result: ()
    sentences: Callable[[StudyResult], Iterable[str]] = lambda result: ()
    files: Callable[[StudyResult], Mapping[str, pd.DataFrame]] = lambda result: {}


OF_A_RESULT = (
    ResultQuestion("blanks", "What was left blank", blanks.tables),
    ResultQuestion(
        "national",
        "In the whole country",
        lambda result: national.tables(result) if result.country else (),
    ),
    ResultQuestion(
        "levers",
        "What each lever contributes",
        ablation.tables,
        pictures={"levers": ablation.picture},
        sentences=ablation.sentences,
        files=ablation.files,
    ),
    ResultQuestion(
        "coverage",
        "Patients whom the tool never sees",
        spillover.tables,
        sentences=spillover.sentences,
    ),
    ResultQuestion("harm", "Delay and harm", harm.tables),
    ResultQuestion("readings", "Each reading of the evidence", readings.tables),
    ResultQuestion(
        "decides",
        "What decides it, and what to measure",
        what_decides.tables,
        pictures={"what_decides": what_decides.picture},
        lead=what_decides.lead,
        files=what_decides.files,
    ),
)
"""In the order of the page."""
