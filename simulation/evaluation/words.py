"""The answer in sentences, and a paragraph for a protocol. They are written from the numbers, at the edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from simulation.display.words import change, cost_in_short, unit_words
from simulation.evaluation.design import ANALYSES, EvaluatedOutcome, EvaluationDesign
from simulation.evaluation.operating import SOUND, TARGETS, NeededSize, OperatingFigure
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
    """What the tool does, what the designs would tell of it, and what that rests on."""
    main = evaluation.main
    truths = [_truth(evaluation, outcome) for outcome in evaluation.outcomes if outcome.role != "safety"]
    yield f"In {_departments(evaluation)} the tool truly changes {listed_with_and(truths)}."
    first = next((design for design in evaluation.designs if not design.is_randomised), None)
    for design in dict.fromkeys(filter(None, (first, evaluation.best))):
        alarms, tool = (evaluation.one(design, main, arm) for arm in (evaluation.nothing, evaluation.arm))
        is_sound = alarms.significant.value <= SOUND
        would = "would" if is_sound and tool.right.value >= TARGETS[0] else "would not"
        yield (
            f"{design.label}, {design.weeks} weeks, {would} find out about '{main.label.lower()}'. Of 100 such "
            f"evaluations of a tool that does nothing, {_in_100(alarms.significant)} find an effect; of this one "
            f"{_in_100(tool.right)} find its effect and {_in_100(tool.wrong, short=True)} the opposite, with "
            f"±{_size(evaluation, main, tool.half_width)}."
        )
    yield from _sizes(evaluation)
    yield from _near(evaluation)
    yield from _carried_over(evaluation)
    yield from _harm(evaluation)
    if evaluation.deviations:
        stated = listed_with_and([deviation.label.lower() for deviation in evaluation.deviations])
        yield f"Not all goes as planned: {stated}."
    factors = evaluation.result.study.baseline.pathway.lasting_factors.values()
    alike = "the season and no more, so before and after real false alarms are likely to be more"
    if any(factor.shared and factor.active for factor in factors):
        alike = "good and bad months, as trusts do"
    yield f"Each department has {evaluation.bank.n_weeks} simulated weeks. Departments share {alike}."
    yield _worth(evaluation)


def _near(evaluation: Evaluation) -> Iterator[str]:
    """The least design that finds the change of an outcome near the tool: in department-weeks, of those that keep their
    5 %, randomised ones first."""
    for outcome in evaluation.outcomes:
        sound = evaluation.sound(outcome)
        among = [design for design in sound if design.is_randomised] or sound
        found = {design: evaluation.one(design, outcome, evaluation.arm).right for design in among}
        enough = [design for design in among if found[design].value >= TARGETS[0]]
        if outcome.role == "mechanism" and enough:
            design = min(enough, key=lambda design: design.weeks * design.departments)
            alarms = evaluation.one(design, outcome, evaluation.result.design.nothing).significant
            yield (
                f"'{outcome.label}' is nearer to the tool: {design.label.lower()}, {design.weeks} weeks, finds its "
                f"change in {_in_100(found[design], short=True)} of 100 (false alarms "
                f"{_in_100(alarms, short=True)})."
            )


def _carried_over(evaluation: Evaluation) -> Iterator[str]:
    """What designs show whose groups meet in the same queues, beside what the tool does to everybody."""
    near = [outcome for outcome in evaluation.outcomes if outcome.role == "mechanism"]
    for outcome in (*near[:1], evaluation.main):
        rows = [row for row in evaluation.of(outcome, evaluation.arm) if row.design.is_simulated]
        own = {row.design: row for row in reversed(rows)}
        shown = [
            f"{design.label.lower()} {_signed(evaluation, outcome, row.true + row.bias.value)} of "
            f"{_signed(evaluation, outcome, row.true)}"
            for design, row in reversed(own.items())
        ]
        if shown:
            yield (
                f"Queues carry over what a tool saves, so '{outcome.label.lower()}' shows a part of it: "
                f"{listed_with_and(shown)}."
            )


def _worth(evaluation: Evaluation) -> str:
    """What evaluations are worth, and the rule that loses money; or why nothing is said of it."""
    stakes = evaluation.stakes
    if stakes is None:
        return "No value in pounds is given: that takes a stated chance that the tool works at all (prior=)."
    best = max(evaluation.worth, key=lambda value: value.net)
    worst = min(evaluation.worth, key=lambda value: value.significant.value)
    words = (
        f"With a chance of {100 * stakes.prior:.0f} % that the tool works, {cost_in_short(stakes.price)} a year and "
        f"£{stakes.hour:g} an hour, to know is worth {cost_in_short(best.perfect.value)} a year. "
    )
    if best.net > 0:
        gain = f"{cost_in_short(best.net)} over {stakes.years:g} year{'s' * (stakes.years != 1)}"
        words += f"Best is {best.design.label.lower()}: {gain}, its cost deducted."
    else:
        words += f"No design is worth its cost. On what is known today: {'buy' if best.buys else 'do not buy'}."
    if worst.significant.value < 0:
        loss = cost_in_short(-worst.significant.value)
        words += f" To buy if p < 0.05 loses {loss} a year after {worst.design.label.lower()}."
    return words


def _departments(evaluation: Evaluation) -> str:
    return number_of(len(set(evaluation.departments)), "simulated department")


def _truth(evaluation: Evaluation, outcome: EvaluatedOutcome) -> str:
    true = evaluation.of(outcome, evaluation.arm)[0].true
    return f"'{outcome.label.lower()}' by {_signed(evaluation, outcome, true)}"


def _signed(evaluation: Evaluation, outcome: EvaluatedOutcome, value: float) -> str:
    unit = evaluation.unit(outcome)
    return f"{change(value, unit)} {unit_words(unit)}"


def _size(evaluation: Evaluation, outcome: EvaluatedOutcome, value: float) -> str:
    return _signed(evaluation, outcome, abs(value)).removeprefix("+")


def _in_100(figure: OperatingFigure, *, short: bool = False) -> str:
    """'19 (16 to 22)'."""
    value, low, high = (100 * min(max(number, 0.0), 1.0) for number in (figure.value, figure.low, figure.high))
    return f"{value:.0f}" if short else f"{value:.0f} ({low:.0f} to {high:.0f})"


def _sizes(evaluation: Evaluation) -> Iterator[str]:
    """What the randomised designs need for 80 % power."""
    sizes = {
        design.label: evaluation.sizes[design.label][0]
        for design in evaluation.sound(evaluation.main)
        if design.is_randomised
    }
    words = [f"{label.lower()}: {size_words(size)}" for label, size in sizes.items() if size.weeks is not None]
    if words:
        others = "; the others do not reach it" if len(words) < len(sizes) else ""
        yield f"80 % power on the wait takes, of {'; of '.join(words)}{others}."
    elif sizes:
        yield "None of these that keeps its 5 % reaches 80 % power on the wait within five years or 120 departments."


def _harm(evaluation: Evaluation) -> Iterator[str]:
    """What evaluations would see of a change in the waits of the most urgent, by the truth and by the label given."""
    urgent = [outcome for outcome in evaluation.outcomes if outcome.group.endswith("=1-2")]
    if len(urgent) == 2 and all(evaluation.best in evaluation.shown(outcome) for outcome in urgent):
        truly, given = (
            _signed(evaluation, outcome, evaluation.of(outcome, evaluation.arm)[0].true) for outcome in urgent
        )
        by_truth, by_label = (
            _in_100(evaluation.one(evaluation.best, outcome, evaluation.arm).right, short=True) for outcome in urgent
        )
        yield (
            f"The wait of levels 1 and 2 changes by {truly} by the truth, by {given} by the labels, which alone the "
            f"records show. {evaluation.best.label} finds the first in {by_truth} of 100, if all cases are audited, "
            f"and the second in {by_label}."
        )


def size_words(size: NeededSize) -> str:
    """'24 weeks in 40 departments', 'not within five years'."""
    if size.weeks is None:
        return "not within five years" if size.departments == 1 else f"not with {size.departments} departments"
    where = "one department" if size.departments == 1 else f"{size.departments} departments"
    return f"{'' if size.simulated else 'about '}{size.weeks} weeks in {where}"


def protocol(evaluation: Evaluation, design: EvaluationDesign) -> str:
    """A paragraph for the protocol of an evaluation by this design."""
    main = evaluation.main
    definition = definition_of(main.measure, evaluation.result.own).definition
    alarms, tool = (evaluation.one(design, main, arm) for arm in (evaluation.nothing, evaluation.arm))
    others = listed_with_and(
        [outcome.label for outcome in evaluation.outcomes if outcome != main and outcome.is_recorded]
    )
    audited = listed_with_and([outcome.label for outcome in evaluation.outcomes if not outcome.is_recorded])
    uncounted = [
        *([f"the first {design.run_in_weeks} weeks after a switch"] if design.run_in_weeks else []),
        *([f"the first {design.wash_out_days} day(s) of each week"] if design.wash_out_days else []),
    ]
    where = "one department" if design.departments == 1 else f"{design.departments} departments"
    parts = (
        f"Primary outcome: {main.label}. {definition.removesuffix(' Primary.')}",
        f"Secondary outcomes from routine records: {others}.",
        f"By audit of a sample of cases, blind to whether the tool was on: {audited}." if audited else "",
        f"Setting and size: {where}, {design.weeks} weeks.",
        f"Allocation: {design.randomised}."
        + (" The list is drawn outside the departments, before the first week." if design.is_randomised else ""),
        "Unit of analysis: "
        + (
            {"alternate_days": "the day.", "by_patient": "the patient."}.get(design.switching.kind, "the week.")
            if design.departments == 1
            else "the department, by the means of its periods; never the patient."
        ),
        f"Analysis: {ANALYSES[design.analyses[0]][1]}, two-sided at 5 %, everybody counted under what was allocated.",
        f"Not counted: {listed_with_and(uncounted)}." if uncounted else "",
        f"Assumptions: an effect of {_signed(evaluation, main, tool.true)}. Emulated {evaluation.n_trials:,} times on "
        f"{_departments(evaluation)}, the design finds it in {_in_100(tool.right)} of 100, with "
        f"±{_size(evaluation, main, tool.half_width)}, and an effect of a tool that does nothing in "
        f"{_in_100(alarms.significant)} of 100{'' if alarms.significant.value <= SOUND else ', which is too many'}.",
        f"Reported by {REPORTED_BY[design.switching.kind]}, with {OF_AN_AI}.",
    )
    return " ".join(filter(None, parts))
