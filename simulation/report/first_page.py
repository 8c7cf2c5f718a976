"""The first page: question, warnings, short sentences on each product, one table, one picture. The report and the
screen show the same.

A sentence rests on an outcome (`report/outcome.py`); every number is in a table.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from simulation.display.drawing import Drawing
from simulation.display.measured import cases_words, measurement_sentences
from simulation.display.table import ReportTable
from simulation.display.words import (
    PATIENTS,
    amount,
    change,
    cost_in_short,
    figure_words,
    prints_as_zero,
    span,
    span_of,
)
from simulation.measures.definitions import ALL
from simulation.questions import national
from simulation.questions.readings import range_words
from simulation.questions.what_decides import harmed_kind_words
from simulation.report.effect_pictures import first_picture, has_range
from simulation.report.findings import implausible, warnings, why_no_verdict
from simulation.report.money import limit_words
from simulation.report.outcome import (
    OUTCOMES,
    ArmOutcome,
    TellsCause,
    alternatives,
    arms_in_order,
    best_alternative,
    best_to_tell,
    count_departments,
    outcome_of,
    products,
    products_left_out,
    reported_targets,
)
from simulation.report.verdict_tables import first_table
from simulation.runs.result import Finding, Safety, StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.verdict import threshold_words
from simulation.study.explanation import uncovered_sources
from simulation.wording import capitalised, listed_with_and

FEW = 2
"""Products that need no summary: a reader takes in all that is said of them."""
SURE = 2 / 3
"""The share of departments told rightly below which figures do not tell what makes patients wait."""
MOST_WORDS = 350
"""Words of the page beside table and picture, for which detail is left out where answers stand by cause."""
MOST_BY_CAUSE = 3
"""Arms whose effects by cause of waiting are told."""
SIZES = {
    "more": "enough to matter",
    "open": "perhaps too little to matter",
    "less": "too little to matter",
}


class Headline(NamedTuple):
    """Sentences on one product: the `label` of its arm, then `parts`, which go on from it, without full stops."""

    arm: str
    label: str
    parts: tuple[str, ...]

    @property
    def words(self) -> str:
        """The sentences that go on from the label."""
        return " ".join(f"{part}." for part in self.parts)

    @property
    def sentences(self) -> list[str]:
        """The same apart, the first with the label."""
        return [f"{part}." for part in (f"{self.label}: {self.parts[0]}", *self.parts[1:])]

    @property
    def sentence(self) -> str:
        """'AI scribe: shortens it by 2.1 min (1.2 to 3.0), too little to matter. Worse off: children (+6.1 min).'"""
        return f"{self.label}: {self.words}"


class FirstPage(NamedTuple):
    """What the first page says and shows.

    checks  warnings to read before any number
    lead  what the headlines are about
    notes  what the headlines rest on
    hangs  what answers hang on, before the lead; empty without causes of waiting
    """

    question: str
    checks: tuple[str, ...]
    lead: str
    headlines: tuple[Headline, ...]
    notes: tuple[str, ...]
    table: ReportTable | None
    picture: Drawing | None
    hangs: str = ""

    @property
    def n_words(self) -> int:
        """How many words there are beside table and picture."""
        return len(" ".join((self.question, *self.checks, *self.sentences)).split())

    @property
    def sentences(self) -> tuple[str, ...]:
        """What answers hang on, lead, headlines and notes, in order."""
        return (
            *filter(None, (self.hangs, self.lead)),
            *(headline.sentence for headline in self.headlines),
            *self.notes,
        )


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
        f"{threshold_words(target.minimal_important_difference, row.unit)} or more matters)"
        for target, row in judged
    ]
    ranged = result.over_departments and has_range(result)
    of_country = national.sentences(result) if result.country else ()
    brackets = "nine of ten departments" if ranged else "95 % intervals"
    if held := result.study.held_to_records:
        brackets = (
            "where nine in ten true effects were in made-up departments or, of changes not tried there, would be in "
            "trials"
        )
    safe = ". Safety passes on average unless said" if result.design.margins else ""
    lead = f"{_summary(result)}Effects on {listed_with_and(about)}, in brackets {brackets}{safe}:"
    if few := result.few_departments:
        lead = (
            f"{few} departments say nothing about departments in general, so there is no verdict, and each interval is "
            "of these alone. For a verdict use 20 or more, each at least twice: run.departments=20 run.replications=40."
        )
    against = why_no_verdict(result)
    if result.not_calibrated:
        lead = (
            f"Not calibrated: {result.not_calibrated}. So there is no verdict, and no difference from "
            f"'{result.baseline.label}' has an interval. For both, hold departments to the records (aeflow fit)."
        )
    elif against:
        lead = (
            "The answers contradict one another, so there is no verdict. In the department that they make, "
            f"{'; '.join(one.found for one in against)}. Look first at {against[0].answer}."
        )
    silent = bool(few or against)
    page = FirstPage(
        result.design.question,
        checks,
        lead,
        () if silent else headlines(result, 0 if held else 2),
        tuple(_notes(result)),
        first_table(result),
        None if against else first_picture(result, arms_in_order(result.shown)),
        "" if silent else " ".join((*of_country, *cause_words(result))),
    )
    for detail in (1, 0) if result.causes and not silent else ():
        if page.n_words > MOST_WORDS:
            page = page._replace(headlines=headlines(result, detail))
    if result.causes and page.n_words > MOST_WORDS and not silent:
        page = page._replace(lead=lead.replace(_summary(result), ""))
    return page


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
        covered = "" if result.not_calibrated else "; intervals cover simulation noise only"
        yield f"The answer rests on {n_assumed} assumptions, not varied here{covered}."
    else:
        differ = "" if result.causes else f" ({departments.n_varied} values differ)"
        words = f"The answer rests on {n_assumed} assumptions and {result.study.department_words}{differ}."
        yield f"{words} {departments.limitation}".strip()


# --- what is said of a product ------------------------------------------------------------------------------------


def headlines(result: StudyResult, detail: int = 2) -> tuple[Headline, ...]:
    """Sentences on each product, in the order of the study, then on the best alternative; in departments held to
    records on every alternative, because the screen has no table of them.

    `detail`: 1 leaves out what products do that fail on safety; 0 also ranges over readings of the evidence, costs of
    what does as much, and all but the size of an effect that is too little.
    """
    among, held, lines = alternatives(result), result.study.held_to_records, []
    told = [outcome_of(result, arm.name) for arm in products(result)]
    for outcome in told + among * held:
        first, *others = _parts(outcome, detail)
        is_claimed = outcome.is_claimed and not outcome.is_identical
        claimed = "if the untested claim is true, " if is_claimed else ""
        parts = [f"{claimed}{first}", *others]
        lines.append(_headline(outcome.arm.name, outcome.arm.label, parts))
    if among and not held:
        best = best_alternative(result)
        parts, name = (
            (_nearest_parts(result), "")
            if best is None
            else (_best_parts(best, detail), best.arm.name)
        )
        lines.append(_headline(name, "Best alternative", parts))
    return tuple(lines)


def _headline(arm: str, label: str, parts: Sequence[str]) -> Headline:
    """With the parts that are not empty, each but the first with a capital."""
    first, *others = filter(None, parts)
    return Headline(arm, label, (first, *map(capitalised, others)))


def _parts(outcome: ArmOutcome, detail: int = 2) -> list[str]:
    """Sentences on a product without full stops, some empty: of one that fails a limit of safety, that limit first; of
    another, what its effect hinges on and, if it is large enough, what is cheaper and does as much."""
    if outcome.is_identical:
        return ["identical to the baseline in every measure"]
    first, limits, more = outcome.first, outcome.limits, more_by_cause_words(outcome)
    harmed, safety, held = (
        _harmed_groups(outcome),
        _safety_parts(outcome),
        outcome.result.study.held_to_records,
    )
    if outcome.kind == "little" and not detail:
        row, size = first.comparison, _effect_words(outcome, first)
        if not held:
            size = f"{change(row.difference, row.unit)} {short_unit(row)}, too little to matter"
        return [size + more, *harmed, *safety]
    targets = reported_targets(outcome.result)
    effect = [
        _effect_words(outcome, first, sized=not limits.failed) + more,
        _leaving_words(outcome),
    ]
    counted_on = cases_words(outcome.result, outcome.arm)
    beside = [
        *harmed,
        *(
            f"'{one.target.label}': {_effect_words(outcome, one)}"
            for one in outcome.effects
            if one.target in targets and one is not first
        ),
    ]
    if limits.failed:
        told = [*([] if first.matters == "little" else effect), *beside]
        return [*safety, counted_on, *(told if detail > 1 else ())]
    rests_on = (
        range_words(outcome.result, outcome.arm.name) if detail else "",
        "" if outcome.is_claimed or (held and not outcome.hinge.figure) else hinge_words(outcome),
        _cheapest_words(outcome, detail),
    )
    return [*effect, *beside, *safety, counted_on, *rests_on]


def _effect_words(outcome: ArmOutcome, finding: Finding, *, sized: bool = True) -> str:
    """'shortens it by 7.2 min (5.1 to 9.3), enough to matter', the last words if `sized`; the lead says what is in
    brackets."""
    row, settled = finding.comparison, finding.kind != "cannot-tell"
    if math.isnan(row.difference):
        return "effect not known: it is missing in some replication, for example because a stay had not ended"
    if not _tells_direction(finding):
        if settled and row.difference_low == row.difference_high == 0:
            return "changes nothing"
        why = f", {finding.verdict.reason}" if finding.verdict.reason else ""
        what = "makes no difference that matters" if settled else f"effect not settled{why}"
        interval = span_of(row)
        ends = _range_words(outcome, finding) or ("" if interval == "–" else f" ({interval})")
        return f"{what}: {change(row.difference, row.unit)} {short_unit(row)}{ends}"
    low, high = sorted((abs(row.difference_low), abs(row.difference_high)))
    ends = _range_words(outcome, finding) or f" ({_plain(low, row)} to {_plain(high, row)})"
    size = f", {SIZES[finding.verdict.size or 'open']}" if sized else ""
    return f"{_size_words(row)}{ends}{size}"


def _tells_direction(finding: Finding) -> bool:
    """Whether the sentence on an effect says which way it goes, and by how much ('by 3 min')."""
    is_known = finding.kind not in ("no-change", "cannot-tell")
    return is_known and not (finding.verdict.size == "less" and prints_as_zero(finding.comparison))


def _range_words(outcome: ArmOutcome, finding: Finding) -> str:
    """' (0.6 to 7.6)', of nine in ten departments, signed where it holds both; empty where the interval is wider, so
    that noise does not tell departments apart, and for one department. Of departments held to records, which leave too
    little open, of nine in ten further effects that are known."""
    row, either = finding.comparison, ""
    low, high = row.department_p5, row.department_p95
    if worth := outcome.range_in_fits(row):
        low, high, either = worth.low, worth.high, ": either way" * (finding.kind == "cannot-tell")
    elif not high - low > row.difference_high - row.difference_low:
        return ""
    one_way = _tells_direction(finding) and row.difference * low > 0 and row.difference * high > 0
    least, most = (_plain(size, row) for size in sorted((abs(low), abs(high))))
    sizes = least if least == most else f"{least} to {most}"
    return f" ({sizes if one_way else span(low, high, row.unit)}{either})"


def _leaving_words(outcome: ArmOutcome) -> str:
    return "part of it because more patients leave" if outcome.more_leave else ""


def _harmed_groups(outcome: ArmOutcome) -> list[str]:
    """'worse off: ambulance patients +6.2, the oldest +5.1 min': the groups that an arm harms, unless a failed limit
    says so."""
    told = [(limit.margin.measure, limit.margin.group) for limit in outcome.limits.failed]
    harmed = [row for row in outcome.harmed if (row.measure, row.group) not in told]
    groups = harmed_words(harmed)
    return [f"worse off: {groups} {short_unit(harmed[0])}"] if harmed else []


def harmed_words(rows: Sequence[Comparison]) -> str:
    """'ambulance patients +6.2, the oldest +5.1': groups that an arm harms, without the unit."""
    return ", ".join(f"{PATIENTS[row.group]} {change(row.difference, row.unit)}" for row in rows)


def _safety_parts(outcome: ArmOutcome) -> list[str]:
    """What is said of limits of safety that are failed, or may be; else of all of them: what is not settled, or in how
    many departments one is failed, where none is on average. None where all are passed: the lead says so."""
    limits = outcome.limits
    by_table = [one for one in limits.open if one.judgement.cause == "label table"]
    parts = [f"its measured table leaves safety open on {_quoted(by_table)}"] if by_table else []
    if limits.failed:
        words = "; ".join(_failed_words(outcome, safety) for safety in limits.failed)
        return [f"{limits.verb} on safety: {words}", *parts]
    if limits.open:
        return parts or [f"safety is not settled on {_quoted(limits.open)}"]
    worst = max(limits.judged, key=lambda one: one.n_harmed, default=None)
    if worst is None or worst.spread is None or not worst.n_harmed:
        return []
    where = harmed_kind_words(outcome.result, worst, rate=False)
    n = f"{worst.n_harmed} of {worst.spread.n} departments"
    harmed = f"fails '{worst.margin.label}' in {n}, though not on average"
    return [f"{harmed}: mostly {where}" if where else harmed]


def _quoted(limits: Sequence[Safety]) -> str:
    return listed_with_and([f"'{safety.margin.label}'" for safety in limits])


def _failed_words(outcome: ArmOutcome, safety: Safety) -> str:
    """'under-triage from 14.6 to 16.2 %', or 'wait +13.8 min'; 'of everybody' where the tool labels only some."""
    row, words = safety.comparison, limit_words(outcome.result, safety)
    if row.unit != "share":
        return f"{words} {change(row.difference, row.unit)} {short_unit(row)}"
    ready = outcome.arm.ready
    only_some = safety.margin.group == ALL and uncovered_sources(ready.policy, ready.pathway)
    return f"of everybody, {words}" if only_some else words


def hinge_words(outcome: ArmOutcome) -> str:
    """The figure that decides the effect, and the value from which it matters; empty for one department.

    A rule is given with its hit rate.
    """
    why, name, rule, grows = outcome.hinge
    if why == "no figure":
        return "no figure shows where it is larger"
    if why == "not settled":
        return "how departments differ in it is not settled"
    if name is None:
        return ""
    figure = figure_words(name, inside=True)
    if rule is None:
        return f"the effect is larger where {figure} is {'higher' if grows else 'lower'}"
    cut = amount(rule.cut, name.unit)
    if name.measure == "queue_mean":  # 'patients waiting for ...' is over 2.8
        cut = f"{rule.cut:.1f}"
    verb, side = "helps" if rule.gains else "harms", "over" if rule.above else "under"
    right = (
        f"right for {100 * rule.hit_rate:.0f} %; one answer for all: {100 * rule.commoner:.0f} %"
    )
    return f"{verb} enough where {figure} is {side} {cut} ({right})"


def _size_words(row: Comparison) -> str:
    """'shortens it by 7.2 min', 'raises it by 1.5 points'."""
    shorter, longer = ("shortens", "lengthens") if row.unit == "minutes" else ("lowers", "raises")
    return f"{longer if row.difference > 0 else shorter} it by {_plain(abs(row.difference), row)} {short_unit(row)}"


def short_unit(row: Comparison) -> str:
    """The unit of a difference in short: 'min', 'points', or the unit itself."""
    return {"minutes": "min", "share": "points"}.get(row.unit, row.unit)


def _plain(value: float, row: Comparison) -> str:
    """The size of a difference, without a plus."""
    return change(value, row.unit).lstrip("+")


def _cheapest_words(outcome: ArmOutcome, detail: int = 2) -> str:
    """The cheapest alternative that does as much as a product or more; empty for a product that does too little."""
    first, cheapest, result = outcome.first, outcome.cheapest, outcome.result
    is_small = first.kind != "better" or first.verdict.size == "less"
    if is_small or not (outcome.is_tool and alternatives(result)):
        return ""
    if cheapest is None:
        which = "no alternative" if outcome.arm.cost is None else "nothing cheaper"
        return f"{which} is shown to do as much"
    is_best = cheapest is best_alternative(result)
    if is_best and not detail:
        return ""  # said by itself
    is_short = is_best or not detail
    named = f"'{cheapest.arm.label}'" if is_short else _named(cheapest, _harmed_groups(cheapest))
    return f"{named} does {cheapest.does_as_much(outcome)}"


def cause_words(result: StudyResult) -> Iterator[str]:
    """Sentences on which answers depend on what makes patients wait, with effects by cause, which do not, what to
    measure to find out, and whether they stay where a cause counts twice; none without causes."""
    if not result.causes:
        return
    told = [outcome_of(result, arm.name) for arm in products(result)]
    for one in alternatives(result):
        if one is best_alternative(result) or (one.kind == "helps" and one.depends == "depends"):
            told.append(one)
    depends = [one for one in told if one.depends == "depends"]
    unsettled = [one for one in told if one.depends == "not settled"]
    for number, outcome in enumerate(depends[:MOST_BY_CAUSE]):
        label, words = outcome.arm.label, by_cause_words(outcome, first=number == 0)
        yield f"So does '{label}': {words}." if number else f"What '{label}' does {words}."
    if (n_more := len(depends) - MOST_BY_CAUSE) > 0:
        yield f"So do {n_more} more."
    if any(of.kind is None for one in unsettled for of in one.by_cause.values()):
        n_each = sorted(count_departments(result, mask) for mask in result.causes.values())
        yield f"Verdicts by cause need 20 departments of each; here are {n_each[0]} to {n_each[-1]}."
    elif unsettled:
        yield f"Not settled whether it does: {_arms(unsettled)}."
    elif told and not depends:
        yield "These answers hold whatever makes your patients wait."
    elif len(told) > len(depends):
        yield "The other answers do not."
    if depends and (tells := best_to_tell(result)):
        yield which_cause_words(tells)
    moved = [one for one in told if one.hangs_on_weight]
    if told:
        which = f"the answer on {_arms(moved)}" if moved else "no answer"
        if moved and moved == depends[:MOST_BY_CAUSE]:
            which = "only this answer" if len(moved) == 1 else "only these"
        yield f"If one cause were twice as common, {which} would change."


def which_cause_words(tells: TellsCause) -> str:
    """'To find out, measure 'handover over 30 minutes' for 14 days and ask `aeflow narrow` (right in 92 % of
    departments).'"""
    right = f"right in {100 * tells.right[tells.n_needed - 1]:.0f} % of departments"
    if tells.right[-1] < SURE:
        return f"No two figures tell which it is (at best {right})."
    named = [figure_words(figure, inside=True) for figure in tells.figures[: tells.n_needed]]
    measured = f"measure {' and '.join(named)} for {tells.days} days"
    return f"To find out, {measured} and ask `aeflow narrow` ({right})."


def _arms(outcomes: Sequence[ArmOutcome]) -> str:
    if len(outcomes) > FEW:
        return f"{len(outcomes)} answers"
    return listed_with_and([f"'{one.arm.label}'" for one in outcomes])


def by_cause_words(outcome: ArmOutcome, *, first: bool = True) -> str:
    """'depends on what makes your patients wait: −5.0 min if clinicians are always busy, −1.2 if cubicles are always
    full'; not the `first`: '−5.0 and −1.2 min'."""
    row, by_cause = outcome.first.comparison, outcome.by_cause
    effects = {_in_few(label): change(of.effect.mean, row.unit) for label, of in by_cause.items()}
    failing = [f"if {_in_few(label)}" for label, of in by_cause.items() if of.kind == "fails"]
    safety = ""
    if failing and len(failing) < len(by_cause):
        safety = f"; it fails on safety {listed_with_and(failing)}"
    if not first:
        return f"{listed_with_and(list(effects.values()))} {short_unit(row)}{safety}"
    named = ", ".join(f"{effect} if {label}" for label, effect in effects.items())
    named = named.replace(" if ", f" {short_unit(row)} if ", 1)
    return f"depends on what makes your patients wait: {named}{safety}"


def more_by_cause_words(outcome: ArmOutcome) -> str:
    """', except perhaps if cubicles are always full', of an effect that is too little but for one cause; or empty."""
    least = outcome.first.target.minimal_important_difference
    by_cause = outcome.by_cause.items() if outcome.kind == "little" else ()
    more = [f"if {_in_few(label)}" for label, of in by_cause if abs(of.effect.mean) >= least]
    return f", except perhaps {' or '.join(more)}" if more else ""


def _in_few(label: str) -> str:
    """The words of a cause up to a comma or a 'while'."""
    return label.partition(",")[0].partition(" while ")[0]


def _best_parts(best: ArmOutcome, detail: int) -> list[str]:
    """The sentences on an alternative that fails no limit of safety: ''Lean triage' (£1,000 a year) shortens it by 7.2
    min (1.2 to 9.3)'."""
    # 'if cubicles are always full, 'Lean triage' may do more'; empty where it does most for every cause
    others = [one for one in alternatives(best.result) if not one.fails]
    more: dict[str, list[str]] = {}
    for label, other in best.overtaken(others).items():
        is_shown = other.by_cause[label].is_apart_from(best.by_cause[label])
        does = f"'{other.arm.label}' {'does' if is_shown else 'may do'} more"
        more.setdefault(does, []).append(label)
    return [
        f"{_named(best)} {_size_words(best.first.comparison)}{_range_words(best, best.first)}",
        _leaving_words(best),
        *_harmed_groups(best),
        range_words(best.result, best.arm.name) if detail else "",
        "; ".join(f"{_where_words(best, labels)}, {does}" for does, labels in more.items()),
        "its safety is not settled" if best.limits.open else "",
    ]


def _nearest_parts(result: StudyResult) -> list[str]:
    """What is said where no alternative is shown to help enough: which one without a failed limit helps most."""
    helps = [one for one in alternatives(result) if one.first.kind == "better" and not one.fails]
    most = max(helps, key=lambda one: abs(one.first.comparison.difference), default=None)
    nearest = [f"nearest is {_named(most)}: {_effect_words(most, most.first)}"] if most else []
    return ["none is shown to help enough without failing on safety", *nearest]


def _where_words(outcome: ArmOutcome, labels: Sequence[str]) -> str:
    """'if cubicles are full or if staff speed up', or 'unless cubicles are full' of all causes but one."""
    others = [label for label in outcome.by_cause if label not in labels]
    if not others:
        return "whatever makes patients wait"
    if len(labels) > 1 and len(others) == 1:
        return f"unless {_in_few(others[0])}"
    return " or ".join(f"if {_in_few(label)}" for label in labels)


def _named(outcome: ArmOutcome, harmed: Sequence[str] = ()) -> str:
    """An arm with its cost and the groups that it harms: ''Lean triage' (cost not stated; worse off: children +7.0
    min)'."""
    arm = outcome.arm
    cost = "cost not stated" if arm.cost is None else f"{cost_in_short(arm.cost)} a year"
    return f"'{arm.label}' ({'; '.join((cost, *harmed))})"


def _summary(result: StudyResult) -> str:
    """'Of 6 products 3 fail on safety, 2 do too little, 1 helps enough. '; empty for a few products."""
    arms = products(result)
    if len(arms) <= FEW:
        return ""
    n = Counter(OUTCOMES[outcome_of(result, arm.name).kind].counted for arm in arms)
    in_order = dict.fromkeys(words.counted for words in OUTCOMES.values())
    counts = [f"{n[words]} {words[n[words] > 1]}" for words in in_order if n[words]]
    are_tools = any(arm.ready.policy != result.baseline.ready.policy for arm in arms)
    return f"Of {len(arms)} {'products' if are_tools else 'changes'} {', '.join(counts)}. "
