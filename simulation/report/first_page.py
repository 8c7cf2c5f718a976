"""The first page: question, warnings, short sentences on each product, one table, one picture. The report and the
screen show the same."""

from collections.abc import Iterator
from typing import NamedTuple

from simulation.display.measured import measurement_sentences
from simulation.display.table import ReportTable
from simulation.display.words import amount
from simulation.report.effect_pictures import Drawing, first_picture
from simulation.report.findings import implausible, warnings
from simulation.report.headlines import Headline, headlines, summary
from simulation.report.verdict_tables import (
    arms_in_order,
    first_table,
    products_left_out,
    reported_targets,
)
from simulation.runs.result import StudyResult
from simulation.statistics.verdict import threshold
from simulation.wording import listed_with_and


class FirstPage(NamedTuple):
    """What the first page says and shows.

    checks  warnings to read before any number
    lead  what the headlines are about
    notes  what the headlines rest on
    """

    question: str
    checks: tuple[str, ...]
    lead: str
    headlines: tuple[Headline, ...]
    notes: tuple[str, ...]
    table: ReportTable | None
    picture: Drawing | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Lead, headlines and notes, in order."""
        return (self.lead, *(headline.sentence for headline in self.headlines), *self.notes)


def first_page(result: StudyResult) -> FirstPage:
    """The first page of a result."""
    checks = (*warnings(result), *implausible(result))
    if not result.others:
        target, base = result.first_target, result.row_of(result.first_target)
        level = f"{target.label}: {amount(base.mean, base.unit)}"
        lead = f"'{result.baseline.label}' was run alone, so nothing is compared. {level}."
        return FirstPage(result.design.question, checks, lead, (), (), None, None)
    judged = [(target, result.row_of(target)) for target in reported_targets(result)]
    about = [
        f"'{target.label}' ({amount(row.mean, row.unit)}; "
        f"{threshold(target.minimal_important_difference, row.unit)} or more matters)"
        for target, row in judged
    ]
    brackets = "nine of ten departments" if result.over_departments else "95 % intervals"
    safe = ". Safety passes on average unless said" if result.design.margins else ""
    lead = f"{summary(result)}Effects on {listed_with_and(about)}, in brackets {brackets}{safe}:"
    if few := result.few_departments:
        lead = (
            f"{few} departments say nothing about departments in general, so there is no verdict, and each interval is "
            "of these alone. For a verdict use 20 or more, each at least twice: run.departments=20 run.replications=40."
        )
    return FirstPage(
        result.design.question,
        checks,
        lead,
        () if few else headlines(result),
        tuple(_notes(result)),
        first_table(result),
        first_picture(result, arms_in_order(result.shown)),
    )


def _notes(result: StudyResult) -> Iterator[str]:
    """Sentences on which departments were used, what is left out, and what the intervals do not hold."""
    is_one = result.department_of is None or result.run.departments == 1
    departments = None if is_one else result.study.departments
    if departments is None:
        why = f" ({result.study.on_one})" if result.study.on_one else ""
        used = f", {result.study.department_words}" if result.study.departments is not None else ""
        yield f"This is one department{used}{why}: what an effect hinges on was not tested."
    yield from (f"{words}." for words in result.study.left_out)
    left_out = [f"'{arm.label}'" for arm in products_left_out(result)]
    if left_out:
        yield (
            f"No sentence here is about {', '.join(left_out)}: to choose the arms with sentences, list them in "
            f"the study's `focus`."
        )
    yield from measurement_sentences(result)
    n_assumed = sum(statement.evidence == "assumed" for statement in result.statements)
    if departments is None:
        yield f"The answer rests on {n_assumed} assumptions, not varied here; intervals cover simulation noise only."
    else:
        differ = f"{departments.n_varied} values differ"
        words = f"The answer rests on {n_assumed} assumptions and {result.study.department_words} ({differ})."
        yield f"{words} {departments.limitation}".strip()
