"""Sentences of the board's page, by the part in which they stand. What is true of a result is worked out elsewhere.

A sentence is data: its words, and the numbers in them, which become text at the edge.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from string import Template
from textwrap import shorten

import numpy as np

from simulation.display.measured import Limits, limits_of
from simulation.display.table import Cell
from simulation.display.words import kind_of, rests_on_claim
from simulation.questions.blanks import BlankEffect, by_blank
from simulation.questions.what_decides import n_harmed
from simulation.report.findings import implausible, unlike_words, warnings
from simulation.report.headlines import (
    PATIENTS,
    better_buy,
    harmed_groups,
    hinge_words,
    other_reading,
    outcome_of,
)
from simulation.report.patient_groups import worse_off_groups
from simulation.runs.result import ArmResult, Safety, StudyResult
from simulation.statistics.compare import Comparison
from simulation.study.design import Margin, Target
from simulation.study.offer import Blank, OfferFacts
from simulation.wording import listed_with_and, spaced

MOST_BLANKS, MOST_CHARACTERS = 2, 75
"""Blanks to measure first, and characters of a text of the user's before it is cut."""
WAIT, FOUR_HOURS = ("wait_to_clinician_mean", "all"), "within_4h_share"
UNDER_TRIAGE = ("under_triage_1_2_share", "all")
LIMITS = {
    ("wait_to_clinician_mean", "acuity_true=1-2"): (
        "the wait of the sickest",
        "wait of the sickest",
    ),
    UNDER_TRIAGE: ("the sickest (levels 1-2) who get too low a level", "under-triage"),
    ("left_share", "all"): ("patients who leave unseen", "leaving unseen"),
}
"""Limits of safety in plain words, and in few; others have their label."""
NURSES_ERRORS = "nurses_errors"
"""The parameter of a blank of which today's under-triage is assumed."""
WHO = {
    "acuity_true=1-2": "the sickest (levels 1-2)",
    "age_band=oldest": "the oldest",
    "language_need=yes": "patients who need an interpreter",
}
"""Groups in plain words, where the first page has others."""
CHANGED = ("label", "minutes")
"""What a product changes at a step, by kind."""
VERDICTS = {
    "fails": (
        "Fails on safety",
        "$product would fail $failed of $stated safety limits here, and $effect.",
    ),
    "may fail": (
        "May fail on safety",
        "$product may fail $failed of $stated safety limits here, and $effect.",
    ),
    "little": ("Too little to matter", "$product would do too little to matter here: $effect."),
    "perhaps": (
        "Perhaps too little to matter",
        "$product would help here, but perhaps too little: $effect.",
    ),
    "open": ("Not settled", "It is not settled whether $product would help here: $effect."),
    "mixed": ("Helps and harms", "$product would help on one count and harm on another: $effect."),
    "harms": ("Does harm", "$product would make things worse here: $effect."),
    "unsure": (
        "Safety not settled",
        "$product would help here, but its safety is not settled: $effect.",
    ),
    "claimed": (
        "Helps, if the claim is true",
        "$product would help enough to matter here: $effect.",
    ),
    "helps": ("Helps", "$product would help enough to matter here: $effect."),
}
"""Heading and sentence of each outcome."""
ADVICE = {
    "fails": "Do not buy it as it is: it fails on safety.",
    "unsure": "Do not buy it until its safety is shown.",
    "perhaps": "Do not buy it yet: the gain may be too small.",
    "open": "Do not buy it yet: it may help or harm.",
    "mixed": "Weigh the gain against the harm before you buy.",
    "harms": "Do not buy it.",
    "claimed": "Do not buy it on the vendor's word: ask who else measured it.",
    "helps": "It is worth a pilot here.",
}
"""What to do, by outcome, where it may do enough to matter; what to measure, and what else to buy, follows."""
ENOUGH = 1.43
"""Half-widths of a pilot's interval that an effect has which 80 of 100 pilots find."""
TOO_MANY = 0.08
"""False alarms of a pilot that is not believed."""
PASSED = ("non-inferior", "no difference")
"""Kinds of judgement by which a limit is passed."""
LOOKS = {"fails": "worse", "harms": "worse", "claimed": "better", "helps": "better"}
LESS_OR_MORE = {WAIT: ("less", "more"), "minutes": ("shorter", "longer"), "": ("lower", "higher")}
"""Words for a fall and a rise: of the wait of everybody, of other minutes, of anything else."""


class Sentence:
    """A sentence: its words, with `$name` for each part, and the parts by name, numbers among them."""

    def __init__(self, words: str, **parts: str | Cell) -> None:
        self.words, self.parts = words, parts

    def __str__(self) -> str:
        """The sentence as it is read."""
        return Template(self.words).substitute(self.parts)


def short_number(value: float, unit: str = "") -> Cell:
    """The size of a number without its unit: one decimal below 10, none above or where it is whole."""
    return Cell(abs(value), unit, style="short")


def signed(value: float, unit: str) -> str:
    """The same with its sign."""
    return str(Cell(value, unit, style="short difference"))


def unit_word(unit: str, value: float = math.nan) -> str:
    """The unit of a difference in words: 'minutes', 'point'."""
    return {"share": "point" if math.isclose(value, 0.01) else "points"}.get(unit, unit)


def _side(row: Comparison, value: float) -> str:
    """The word for a difference: 'less', 'longer', 'higher'."""
    key = WAIT if (row.measure, row.group) == WAIT else row.unit
    return LESS_OR_MORE.get(key, LESS_OR_MORE[""])[value > 0]


def cut_short(text: str, longest: int = MOST_CHARACTERS) -> str:
    """A text of the user's, without a full stop, cut where it is very long."""
    return shorten(text.rstrip(". "), longest, placeholder=" …")


def _first_capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _small(text: str) -> str:
    """A text for the middle of a sentence: its first letter small, unless it begins with initials."""
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def ends_of(row: Comparison) -> tuple[float, float]:
    """The range of nine in ten departments, drawn out to the interval where that reaches further."""
    return row.with_range(row.difference_low, row.difference_high)


def _effect(row: Comparison, target: Target, *, in_few: bool = False) -> Sentence:
    """'patients would wait 7.2 minutes less for a clinician (nine in ten departments: 5.1 to 9.3)', without a capital;
    `in_few`: '7.2 minutes less (5.1 to 9.3)'."""
    if math.isnan(row.difference):
        return Sentence("the effect is not known, as it is missing in some replication")
    size, low, high = (short_number(value, row.unit) for value in (row.difference, *ends_of(row)))
    is_wait = (row.measure, row.group) == WAIT
    what = f"$size {unit_word(row.unit)} {_side(row, row.difference)}"
    if str(size) == "0":
        what = "as long as now" if is_wait else "as now"
    if not in_few:
        what = (
            f"patients would wait {what} for a clinician"
            if is_wait
            else f"'$label' would be {what}"
        )
    signs = {
        np.sign(end)
        for end, number in zip(ends_of(row), (low, high), strict=True)
        if str(number) != "0"
    }
    words = "nine in ten departments: " if row.by_range else "95 % interval: "
    span = "$low to $high"
    if len(signs) > 1 or str(size) == "0":
        down, up = (_side(row, end) for end in ends_of(row))
        span = f"$low {down} to $high {up}"
    elif row.difference < 0:
        low, high = high, low
    if not math.isnan(row.difference_low):
        what += f" ({words * (not in_few)}{span})"
    return Sentence(what, size=size, low=low, high=high, label=cut_short(target.label))


def _inside(before: str, sentence: Sentence, after: str, **parts: str | Cell) -> Sentence:
    """A sentence that has another inside."""
    return Sentence(f"{before}{sentence.words}{after}", **sentence.parts, **parts)


def answer(result: StudyResult, offer: OfferFacts, arm: ArmResult) -> tuple[str, str, Sentence]:
    """The verdict in a few words, the kind by which it is coloured, and the answer in one sentence."""
    product = offer.product
    if few := result.few_departments:
        words = "$n departments are too few for an answer: use 20 or more, each at least twice."
        return "No answer yet", "cannot-tell", Sentence(words, n=short_number(few))
    row, outcome = result.row_of(result.first_target, arm.name), _outcome(result, arm)
    if outcome == "nothing":
        return (
            "Changes nothing",
            "no-change",
            Sentence("$product changes nothing here.", product=product),
        )
    verdict, words = VERDICTS[outcome]
    if offer.claims or rests_on_claim(result, arm):
        words = f"If the vendor's word holds, {words[0].lower()}{words[1:]}"
    before, _, after = words.partition("$effect")
    look, other = LOOKS.get(outcome, "cannot-tell"), other_reading(result, arm)
    if other and other[1]:
        look, verdict = (
            "worse" if look == "worse" else "cannot-tell",
            f"{verdict}, and safety not shown",
        )
        after = f"; read less kindly, it {other[1]} on safety{after}"
    failed, stated = (
        short_number(len(limits_of(result, arm).failed[1])),
        short_number(len(result.design.margins)),
    )
    effect = _effect(row, result.first_target)
    return (
        verdict,
        look,
        _inside(before, effect, after, product=product, failed=failed, stated=stated),
    )


def _outcome(result: StudyResult, arm: ArmResult) -> str:
    """The key of the product's outcome in `VERDICTS`; 'nothing' where it changes nothing."""
    if arm.name in result.identical:
        return "nothing"
    target = result.first_target
    outcome = (
        "open"
        if math.isnan(result.row_of(target, arm.name).difference)
        else outcome_of(result, arm)
    )
    return (
        "perhaps"
        if outcome == "open" and kind_of(result.finding(arm.name, target)) == "better"
        else outcome
    )


def advice(result: StudyResult, product: ArmResult, *alternatives: ArmResult) -> Iterator[Sentence]:
    """What to do: buy or not, what to settle before, and what does more for the same money."""
    outcome, other = _outcome(result, product), other_reading(result, product)
    deciding = [
        effect.blank for effect in by_blank(result) if effect.decides and not effect.blank.arms
    ]
    is_little, is_unsafe = (
        outcome == "nothing" or (outcome == "little" and not deciding),
        bool(other and other[1]),
    )
    if outcome not in ("fails", "harms") and (is_unsafe or outcome == "may fail"):
        outcome = "unsure"
    yield Sentence(
        "Do not buy it to cut waits." if is_little else ADVICE.get(outcome, ADVICE["perhaps"])
    )
    if is_little and is_unsafe:
        yield Sentence("Before any other use, have its safety shown.")
    for blank in deciding[: outcome not in ("fails", "harms")]:
        yield Sentence(
            "First settle $question: it decides the answer.",
            question=_small(cut_short(blank.question)),
        )
    if other_buy := better_buy(result, product, *alternatives):
        theirs, own = (
            abs(result.row_of(result.first_target, arm.name).difference)
            for arm in (other_buy, product)
        )
        may = "may do" if limits_of(result, other_buy).not_settled else "does"
        if theirs > own:
            yield Sentence(f"The same money {may} more elsewhere.")


def notes(result: StudyResult, offer: OfferFacts, arm: ArmResult, most: int) -> Iterator[Sentence]:
    """What a variant has otherwise; levels today; what the product changes at triage."""
    target = result.first_target
    if offer.differs:
        yield Sentence("Variant: $differs.", differs=_listed(offer.differs, most))
    before = result.row_of(target)
    if (target.measure, target.group) == WAIT and result.has(FOUR_HOURS):
        today = Cell(result.row(result.baseline.name, FOUR_HOURS).mean, "share")
        words = "Today they wait $before minutes; $today leave within four hours."
        yield Sentence(words, before=short_number(before.mean, before.unit), today=today)
    for change in arm.explanation.changed:
        if change.kind in CHANGED:
            yield Sentence(
                "At $step: $what of patients.", step=spaced(change.what), what=change.short
            )


def _limit(margin: Margin, *, in_few: bool = False) -> str:
    return LIMITS.get((margin.measure, margin.group), (f"'{margin.label}'",) * 2)[in_few]


def limits_in_few(margins: Iterable[Margin]) -> str:
    """'under-triage and leaving unseen'."""
    return listed_with_and([_limit(margin, in_few=True) for margin in margins])


def unsettled_limits(result: StudyResult, limits: Limits) -> list[Margin]:
    """The limits whose range spans them, in the order of the study."""
    return [margin for margin in result.design.margins if margin.label in limits.not_settled]


def safety(result: StudyResult, offer: OfferFacts, arm: ArmResult) -> Iterator[Sentence]:
    """A sentence on each limit that is failed or may be, then on those that are open, and on those that are passed."""
    limits = limits_of(result, arm)
    verb, failed = limits.failed
    is_assumed = any(NURSES_ERRORS in blank.parameters for blank in offer.blanks)
    yield from (
        _failed(result, verb.capitalize(), safety, is_assumed=is_assumed) for safety in failed
    )
    beyond: tuple[Safety, ...] = ()
    if other := other_reading(result, arm):
        label, differs, beyond = other
        reading = cut_short(label)
        read = _first_capital(reading) if reading.startswith("if ") else f"Read as '{reading}'"
        words = f"{read.replace('$', '$$')}, it {differs or 'passes'}"
        yield (
            _failed(result, words, beyond[0], is_assumed=is_assumed)
            if beyond
            else Sentence(f"{words}.")
        )
    told = {safety.margin for safety in (*failed, *beyond)}
    if beyond and offer.where_nurses_are_right is not None:
        share = Cell(offer.where_nurses_are_right, "share")
        yield Sentence("Harshest, if only where they are right: $share.", share=share)
    for safety in limits.judged:
        if (
            safety.margin not in told
            and safety.spread is not None
            and safety.spread.is_range
            and (n := n_harmed(safety))
        ):
            limit, of = _first_capital(_limit(safety.margin)), short_number(safety.spread.n)
            yield Sentence(
                "$limit: beyond the limit in $n of $of departments.",
                limit=limit,
                n=short_number(n),
                of=of,
            )
    passed = [
        one.margin
        for one in limits.judged
        if one.judgement.kind in PASSED and one.margin not in told
    ]
    for words, margins in (
        (
            "Not settled, as its range spans the limit",
            [one for one in unsettled_limits(result, limits) if one not in told],
        ),
        ("Passes on average", passed),
    ):
        if margins:
            yield Sentence(f"{words}: $limits.", limits=limits_in_few(margins))
    if not result.design.margins:
        yield Sentence("The study states no safety limit.")


def _failed(result: StudyResult, verb: str, safety: Safety, *, is_assumed: bool) -> Sentence:
    """'Fails: the wait of the sickest (levels 1 and 2), 17 minutes longer. The limit is 2.' is_assumed: whether nobody
    has counted today's labels, so that a limit above today's is assumed, too."""
    row, margin, spread, beyond = safety.comparison, safety.margin, safety.spread, ""
    parts: dict[str, str | Cell] = {
        "limit": _limit(margin),
        "most": short_number(margin.margin, row.unit),
    }
    if spread is not None and spread.is_range:
        beyond = ", broken in $n of $of departments"
        parts |= {"n": short_number(n_harmed(safety)), "of": short_number(spread.n)}
    if row.unit == "share":
        before, after = (
            Cell(result.row_of(margin, name).mean, "share") for name in (None, safety.arm)
        )
        unit, today, of = unit_word(row.unit, margin.margin), "today", "more"
        if is_assumed and (margin.measure, margin.group) == UNDER_TRIAGE:
            today, of, beyond = (
                "today (assumed)",
                "above that, so also assumed",
                beyond.replace(",", ";"),
            )
        words = f"$limit, $before {today}, $after with it. Limit: $most {unit} {of}{beyond}."
        return Sentence(f"{verb}: {words}", before=before, after=after, **parts)
    words = (
        f"$limit, $size {unit_word(row.unit)} {_side(row, row.difference)}. Limit: $most{beyond}."
    )
    return Sentence(f"{verb}: {words}", size=short_number(row.difference, row.unit), **parts)


def worse_off(result: StudyResult, arm: ArmResult, most: int) -> Iterator[Sentence]:
    """The groups that the product harms by more than the least difference that matters, the hardest hit first."""
    target = result.first_target
    unit, least = result.unit(target), target.minimal_important_difference
    rows = sorted(harmed_groups(result, arm), key=lambda row: -abs(row.difference))
    if not worse_off_groups(result):
        yield Sentence("No groups were looked at.")
    elif not rows:
        words = f"No group, by more than $least {unit_word(unit)}."
        yield Sentence(words, least=short_number(least, unit))
    for number, row in enumerate(rows[:most]):
        who, size = (
            _first_capital(WHO.get(row.group, PATIENTS[row.group])),
            short_number(row.difference, unit),
        )
        by = (
            f"wait $size {unit_word(unit)} longer"
            if row.measure.startswith("wait_")
            else f"be worse by $size {unit_word(unit)}"
        )
        words = f"$who: $size {unit_word(unit)}." if number else f"$who would {by}."
        yield Sentence(words, who=who, size=size)
    if len(rows) > most:
        yield Sentence("And $n more.", n=short_number(len(rows) - most))


def money(result: StudyResult, product: ArmResult, *alternatives: ArmResult) -> Iterator[Sentence]:
    """What the product costs, and the best that the same money buys of something else without failing a limit."""
    if product.cost is None:
        yield Sentence("The price is not known, so nothing can be held against it.")
        return
    target, price = result.first_target, Cell(product.cost, style="rounded pounds")
    if arm := better_buy(result, product, *alternatives):
        effect, name = (
            _effect(result.row_of(target, arm.name), target, in_few=True),
            cut_short(arm.label),
        )
        yield _inside(
            "Its price, $price a year, also buys '$name': ", effect, ".", price=price, name=name
        )
        if limits_of(result, arm).not_settled:
            yield Sentence("The safety of that is not settled.")
        return
    yield Sentence(
        "Its price, $price a year, buys nothing else that is shown to help and be safe.",
        price=price,
    )


def measure_first(result: StudyResult, arm: ArmResult, most: int) -> Iterator[Sentence]:
    """The blanks that would change the verdict most; without any, the figure on which the effect hinges."""
    row, blanks, tied = (
        result.row_of(result.first_target, arm.name),
        by_blank(result),
        list[Blank](),
    )
    if other_reading(result, arm):
        tied = [effect.blank for effect in blanks if effect.blank.arms]
        yield from (_settled(blank, "On safety") for blank in tied)
        if not tied:
            yield Sentence("Settle which reading is right: it decides on safety.")
        blanks = tuple(effect for effect in blanks if effect.blank not in tied)
    for number, effect in enumerate(blanks[: min(most, MOST_BLANKS)]):
        if effect.decides or effect.limit or not (number or tied):
            yield from _blank(result, effect, row, first=number == 0)
    if blanks:
        return
    hinges = hinge_words(result, arm) or "no one figure is shown to decide the effect"
    yield Sentence("$hinges.", hinges=_first_capital(hinges))


def pilot(result: StudyResult, offer: OfferFacts, arm: ArmResult) -> Iterator[Sentence]:
    """What the planned pilot could tell of the wait."""
    target, pilot = result.first_target, offer.pilot
    if pilot is None or (target.measure, target.group) != WAIT:
        return
    is_large = abs(result.row_of(target, arm.name).difference) >= ENOUGH * pilot.half_width
    yield Sentence(
        f"The pilot, $design, would measure the wait to ± $half minutes, and misjudge a product that does nothing in "
        f"$alarms of 100: it "
        f"{'could' if is_large and pilot.false_alarms < TOO_MANY else 'could not'} tell.",
        design=cut_short(pilot.design),
        half=short_number(pilot.half_width, "minutes"),
        alarms=short_number(100 * pilot.false_alarms),
    )


def _blank(
    result: StudyResult, effect: BlankEffect, row: Comparison, *, first: bool
) -> Iterator[Sentence]:
    """What the effect is at either end of a blank, whether that decides the answer, and how to measure the blank."""
    blank, (low, high) = effect.blank, sorted((effect.low, effect.high))
    question = _small(cut_short(blank.question))
    span = f"$low {unit_word(row.unit)} {_side(row, low)} to $high {_side(row, high)}"
    words = f"Then: $question ({span})."
    if first:
        words = f"Nothing left blank is expected to move the effect enough to matter. The most: $question ({span})."
    if first and (effect.decides or effect.limit):
        why = ", so it decides whether that is enough" * effect.decides
        words = f"Most hinges on $question. Over its range the effect goes from {span}{why}."
    yield Sentence(
        words, question=question, low=short_number(low, row.unit), high=short_number(high, row.unit)
    )
    for margin in (
        margin for margin in result.design.margins if first and margin.label == effect.limit
    ):
        yield Sentence("It decides a safety limit, too: $limit.", limit=_limit(margin))
    if first and "hinges" in words:
        yield _settled(blank, "To settle it")


def _settled(blank: Blank, what: str) -> Sentence:
    """'To settle it: time triages with a watch, on 100 patients.'"""
    find = _small(cut_short(blank.find))
    n = (
        {}
        if blank.patients is None or f"{blank.patients}" in find
        else {"n": short_number(blank.patients)}
    )
    return Sentence(f"{what}: $find{', on $n patients' if n else ''}.", find=find, **n)


def vendor(offer: OfferFacts, most: int) -> Iterator[Sentence]:
    """What rests on the vendor's word alone, and what is not shown."""
    for words, nouns in (("Its word alone", offer.claims), ("Not shown", offer.not_shown)):
        if nouns:
            yield Sentence(f"{words}: $nouns.", nouns=_listed(nouns, most))
    if not offer.claims and not offer.not_shown:
        yield Sentence("Nothing: all that we asked for is shown.")


def assumed(offer: OfferFacts, most: int) -> Iterator[Sentence]:
    """How answers were read, what was assumed, and in what departments differ because it was left blank."""
    clauses = offer.assumed or [
        f"{_small(cut_short(blank.question))}: a range" for blank in offer.blanks
    ]
    if clauses:
        yield Sentence("$clauses.", clauses=_first_capital(_listed(clauses, most)))


def _listed(nouns: Sequence[str], most: int) -> str:
    """'a; b; 2 more', of more than so many; of none '2 points, in the full report'."""
    if not most:
        return f"{len(nouns)} point{'s' if len(nouns) > 1 else ''}, in the full report"
    return "; ".join([*nouns[:most], *([f"{len(nouns) - most} more"] if len(nouns) > most else [])])


def counts(result: StudyResult, arm: ArmResult) -> Iterator[Sentence]:
    """What the page rests on, and whether warnings stand in the report of what the page does not say."""
    n, days = short_number(len(result.replications)), short_number(result.run.measured_days)
    where, used = "one department", {}
    if result.department_of is not None:
        where, used = (
            "$used departments",
            {"used": short_number(len(np.unique(result.department_of)))},
        )
    yield Sentence(f"Simulated: {where}, $n replications of $days days.", n=n, days=days, **used)
    told = (
        [f"Warning, {words}" for words in unlike_words([arm.ready])]
        if other_reading(result, arm)
        else []
    )
    if checks := len(
        [words for words in (*warnings(result), *implausible(result)) if words not in told]
    ):
        yield Sentence(f"Read the {'warnings' if checks > 1 else 'warning'} in the full report.")
