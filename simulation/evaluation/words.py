"""The answer in sentences, and a paragraph for a protocol. They are written from the numbers, at the edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from simulation.display.words import change, cost_in_short, unit_words
from simulation.evaluation.design import ANALYSES, BeforeAfter, EvaluatedOutcome, EvaluationDesign
from simulation.evaluation.operating import NeededSize, OperatingFigure
from simulation.measures.definitions import definition_of
from simulation.wording import listed_with_and, number_of

if TYPE_CHECKING:
    from simulation.evaluation.answer import Evaluation

REPORTED_BY: Mapping[str, str] = {
    "before_after": "TREND (Des Jarlais et al. 2004, Am J Public Health 94:361)",
    "alternating": "CONSORT for crossover trials (Dwan et al. 2019, BMJ 366:l4378) and for cluster trials (Campbell et "
    "al. 2012, BMJ 345:e5661)",
    "parallel": "CONSORT for cluster trials (Campbell et al. 2012, BMJ 345:e5661)",
    "alternate_days": "CONSORT for crossover trials (Dwan et al. 2019, BMJ 366:l4378)",
    "by_patient": "CONSORT (Schulz et al. 2010, BMJ 340:c332)",
    "stepped": "CONSORT for stepped wedge trials (Hemming et al. 2018, BMJ 363:k1614)",
}
"""The reporting guideline of each order of switching, beside those of interventions with an AI."""
OF_AN_AI = "SPIRIT-AI (Cruz Rivera et al. 2020, Nat Med 26:1351) and CONSORT-AI (Liu et al. 2020, Nat Med 26:1364)"


def sentences(evaluation: Evaluation) -> Iterator[str]:
    """Whether the design that was asked about would tell, which one would, and what that rests on."""
    main, (design, outcome) = evaluation.main, evaluation.planned
    asked = next(
        (asked for asked in evaluation.designs if not asked.is_randomised), evaluation.designs[0]
    )
    yield from _verdict(evaluation, asked)
    if evaluation.finds(design, outcome):
        if (design, outcome) != (asked, main):
            alarms, tool = evaluation.both(design, outcome)
            near = "" if outcome == main else ", nearer to the tool"
            yield (
                f"What would: {design.label.lower()}, {span_words(design)}, by '{outcome.label.lower()}'{near}: "
                f"{_in_100(tool.right)} of 100 find its change, and {_in_100(alarms.significant)} an effect of nothing."
            )
    elif len(evaluation.designs) > 1:
        yield "None of these designs finds the change of either outcome in 80 of 100."
    if not evaluation.finds(design, main):
        yield from _least_size(evaluation)
    yield from _carried_over(evaluation)
    yield from _harm(evaluation)
    if evaluation.deviations:
        stated = listed_with_and([deviation.label.lower() for deviation in evaluation.deviations])
        yield f"Not all goes as planned: {stated} (assumed)."
    factors = evaluation.result.study.baseline.pathway.lasting_factors.values()
    alike = "the season alone, so real false alarms before and after are likely to be more"
    if any(factor.shared and factor.active for factor in factors):
        alike = "good and bad months, as trusts do"
    yield (
        f"This rests on {_departments(evaluation)}, {evaluation.bank.n_weeks} weeks each. They share {alike}."
    )
    yield _worth(evaluation)


def _verdict(evaluation: Evaluation, design: EvaluationDesign) -> Iterator[str]:
    """Whether a design would tell of the wait, and why."""
    main, (alarms, tool) = evaluation.main, evaluation.both(design, evaluation.main)
    answer, would = ("Yes", "would") if evaluation.finds(design, main) else ("No", "would not")
    yield f"{answer}: {design.label.lower()}, {span_words(design)}, {would} tell you."
    yield (
        f"The tool changes '{main.label.lower()}' by {_signed(evaluation, main, tool.true)}, with "
        f"±{_size(evaluation, main, tool.half_width)} reported. Of 100 evaluations of a tool that does nothing, "
        f"{_in_100(alarms.significant)} report an effect (a test promises 5); of this one, {_in_100(tool.right)} find "
        f"its effect and {_in_100(tool.wrong, short=True)} the opposite."
    )


def span_words(design: EvaluationDesign) -> str:
    """How long a design lasts: '12 weeks before and 12 after', '24 weeks'."""
    if isinstance(design.switching, BeforeAfter):
        before = design.switching.before_weeks
        return f"{before} weeks before and {design.weeks - before} after"
    return number_of(design.weeks, "week")


def _carried_over(evaluation: Evaluation) -> Iterator[str]:
    """What designs show whose groups meet in the same queues, beside what the tool does to everybody."""
    outcome = (*evaluation.near, evaluation.main)[0]
    designs = [one for one in evaluation.shown(outcome) if one.is_simulated]
    rows = [evaluation.primary(one, outcome, evaluation.arm) for one in designs]
    shown = [
        f"{_short_label(row.design)} show {change(row.true + row.bias.value, evaluation.unit(outcome))}"
        for row in rows
    ]
    if shown:
        true = _signed(evaluation, outcome, rows[0].true)
        yield f"Queues carry over what a tool saves: of {true} by '{outcome.label.lower()}', {'; '.join(shown)}."


def _worth(evaluation: Evaluation) -> str:
    """What evaluations are worth, and the rule that loses money; or why nothing is said of it."""
    stakes = evaluation.stakes
    if stakes is None:
        return "No value in pounds is given without a stated chance that the tool works (prior=)."
    best = max(evaluation.worth, key=lambda value: value.net.value)
    worst = min(evaluation.worth, key=lambda value: value.significant.value)
    words = (
        f"With a chance of {100 * stakes.prior:.0f} % that the tool works, {cost_in_short(stakes.price)} a year and "
        f"£{stakes.hour:g} an hour, to know is worth {cost_in_short(best.perfect.value)} a year. "
    )
    if best.net.value > 0:
        gain = (
            f"{cost_in_short(best.net.value)} over {stakes.years:g} year{'s' * (stakes.years != 1)}"
        )
        words += f"Best is {best.design.label.lower()}: {gain}, its cost deducted."
    else:
        words += f"No design is worth its cost. On what is known today: {'buy' if best.buys else 'do not buy'}."
    if worst.significant.value < 0:
        loss = cost_in_short(-worst.significant.value)
        words += f" To buy if p < 0.05 loses {loss} a year after {worst.design.label.lower()}."
    return words


def _departments(evaluation: Evaluation) -> str:
    used = set(map(evaluation.result.study.department, evaluation.result.numbers))
    return number_of(len(used), "simulated department")


def _signed(evaluation: Evaluation, outcome: EvaluatedOutcome, value: float) -> str:
    unit = evaluation.unit(outcome)
    return f"{change(value, unit)} {unit_words(unit)}"


def _size(evaluation: Evaluation, outcome: EvaluatedOutcome, value: float) -> str:
    return _signed(evaluation, outcome, abs(value)).removeprefix("+")


def _in_100(figure: OperatingFigure, *, short: bool = False) -> str:
    """'19 (16 to 22)'."""
    value, low, high = (
        100 * min(max(number, 0.0), 1.0) for number in (figure.value, figure.low, figure.high)
    )
    return f"{value:.0f}" if short else f"{value:.0f} ({low:.0f} to {high:.0f})"


def _least_size(evaluation: Evaluation) -> Iterator[str]:
    """The least that a randomised design needs for 80 % power on the wait."""
    sound = [one for one in evaluation.sound(evaluation.main) if one in evaluation.sizes]
    sizes = {one: size for one in sound for size in evaluation.sizes[one][:1] if size.weeks}
    if sizes:
        design = min(sizes, key=lambda one: (sizes[one].weeks or 0) * sizes[one].departments)
        wait, takes = evaluation.main.label.lower(), _short_label(design)
        yield f"To find the change of '{wait}' in 80 of 100 takes {takes}: {size_words(sizes[design])}."
    elif sound:
        yield "On the wait, no randomised design here reaches 80 of 100 within five years or 120 departments."


def _short_label(design: EvaluationDesign) -> str:
    """'alternate weeks' of 'Alternate weeks, eight departments'."""
    return design.label.partition(",")[0].lower()


def _harm(evaluation: Evaluation) -> Iterator[str]:
    """What evaluations would see of longer waits of the most urgent, by the truth and by the label given."""
    urgent = [outcome for outcome in evaluation.outcomes if outcome.group.endswith("=1-2")]
    design, _ = evaluation.planned
    if len(urgent) == 2 and all(design in evaluation.shown(outcome) for outcome in urgent):
        rows = [evaluation.primary(design, outcome, evaluation.arm) for outcome in urgent]
        if rows[0].true > 0:
            truly, given = (_signed(evaluation, row.outcome, row.true) for row in rows)
            by_truth, by_label = (_in_100(row.right, short=True) for row in rows)
            yield (
                f"The wait of levels 1 and 2 changes by {truly} by the truth, {given} by the labels, which alone "
                f"records show. {design.label} finds the first in {by_truth} of 100, if all cases are audited, and the "
                f"second in {by_label}."
            )


def size_words(size: NeededSize) -> str:
    """'24 weeks in 40 departments', 'not within five years'."""
    if size.weeks is None:
        return (
            "not within five years"
            if size.departments == 1
            else f"not with {size.departments} departments"
        )
    where = "one department" if size.departments == 1 else f"{size.departments} departments"
    return f"{'' if size.simulated else 'about '}{size.weeks} weeks in {where}"


def protocol(evaluation: Evaluation, design: EvaluationDesign, main: EvaluatedOutcome) -> str:
    """A paragraph for the protocol of an evaluation by this design with this primary outcome."""
    definition = definition_of(main.measure, evaluation.result.own).definition
    alarms, tool = evaluation.both(design, main)
    finds, wait = evaluation.finds(design, main), evaluation.main
    why = (
        ""
        if finds
        else " No outcome of this design is found in 80 of 100: enlarge it before anybody signs."
    )
    if main != wait:
        of_wait = evaluation.primary(design, wait, evaluation.arm).right
        why = f" It is primary because this design finds its change; that of '{wait.label.lower()}' it finds in "
        why += f"{_in_100(of_wait, short=True)} of 100."
    others = listed_with_and(
        [
            outcome.label
            for outcome in evaluation.outcomes
            if outcome != main and outcome.is_recorded
        ]
    )
    audited = listed_with_and(
        [outcome.label for outcome in evaluation.outcomes if not outcome.is_recorded]
    )
    uncounted = [
        *([f"the first {design.run_in_weeks} weeks after a switch"] if design.run_in_weeks else []),
        *(
            [f"the first {design.wash_out_days} day(s) of each week"]
            if design.wash_out_days
            else []
        ),
    ]
    where = "one department" if design.departments == 1 else f"{design.departments} departments"
    parts = (
        f"Primary outcome: {main.label}. {definition.removesuffix(' Primary.')}{why}",
        f"Secondary outcomes from routine records: {others}.",
        f"By audit of a sample of cases, blind to whether the tool was on: {audited}."
        if audited
        else "",
        f"Setting and size: {where}, {span_words(design)}.",
        f"Allocation: {design.randomised}."
        + (
            " The list is drawn outside the departments, before the first week."
            if design.is_randomised
            else ""
        ),
        "Unit of analysis: "
        + (
            {"alternate_days": "the day.", "by_patient": "the patient."}.get(
                design.switching.kind, "the week."
            )
            if design.departments == 1
            else "the department, by the means of its periods; never the patient."
        ),
        f"Analysis: {ANALYSES[design.analyses[0]][1]}, two-sided at 5 %, everybody counted under what was allocated.",
        f"Not counted: {listed_with_and(uncounted)}." if uncounted else "",
        f"Assumptions: an effect of {_signed(evaluation, main, tool.true)}. Emulated {evaluation.n_trials:,} times on "
        f"{_departments(evaluation)}, the design finds it in {_in_100(tool.right)} of 100, with "
        f"±{_size(evaluation, main, tool.half_width)}, and an effect of a tool that does nothing in "
        f"{_in_100(alarms.significant)} of 100{'' if alarms.keeps_its_level else ', which is too many'}.",
        f"Reported by {REPORTED_BY[design.switching.kind]}, with {OF_AN_AI}.",
    )
    return " ".join(filter(None, parts))
