"""The board's page of an offer: the answer in one sentence, what it hinges on, who is worse off, what the same money
does elsewhere, and what rests on the vendor's word. It is about one department and one product, and nothing else.

A sentence is data: its words, and the numbers in them, which become text at the edge.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from string import Template
from textwrap import shorten
from typing import NamedTuple

import numpy as np

from simulation.display.measured import FAILS, Limits, limits_of
from simulation.display.table import Cell, Cells, ReportTable, interval_cell
from simulation.display.words import kind_of, rests_on_claim
from simulation.errors import ResultsError
from simulation.explain.statements import BANNER
from simulation.questions.blanks import BlankEffect, by_blank
from simulation.questions.sweep import beside
from simulation.questions.what_decides.deciding_figures import n_harmed
from simulation.report.figures.first_picture import Drawing, first_picture
from simulation.report.findings import implausible, unlike_words, warnings
from simulation.report.headlines import PATIENTS, fails, harmed_groups, hinge_words, outcome_of
from simulation.report.tables.money import ranked
from simulation.report.tables.patient_groups import worse_off_groups
from simulation.report.templates import templates
from simulation.runs.result import ArmResult, Safety, StudyResult
from simulation.statistics.compare import Comparison
from simulation.study.design import Margin, Target
from simulation.study.offer import Blank, OfferFacts
from simulation.wording import listed_with_and, spaced

MOST_WORDS = 300
"""Words on the page beside table and picture."""
MOST_ALTERNATIVES, MOST_BLANKS = 5, 2
DETAIL = ((3, 9, 75), (1, 9, 75), (1, 6, 75), (1, 4, 75), (1, 2, 75), (1, 1, 75), (1, 1, 40), (1, 1, 25), (1, 1, 15))
"""Groups and blanks, and facts of the offer of a kind, that are listed, and characters of a text of the user's before
it is cut; the first that fits."""
ROUNDING = 1.02
"""By how much an arm may cost more that was made for a price: patients a year are known to about a hundredth."""
WAIT, FOUR_HOURS = ("wait_to_clinician_mean", "all"), "within_4h_share"
UNDER_TRIAGE = ("under_triage_1_2_share", "all")
LIMITS = {
    ("wait_to_clinician_mean", "acuity_true=1-2"): ("the wait of the sickest", "wait of the sickest"),
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
    "fails": ("Fails on safety", "$product would fail $failed of $stated safety limits here, and $effect."),
    "may fail": ("May fail on safety", "$product may fail $failed of $stated safety limits here, and $effect."),
    "little": ("Too little to matter", "$product would do too little to matter here: $effect."),
    "perhaps": ("Perhaps too little to matter", "$product would help here, but perhaps too little: $effect."),
    "open": ("Not settled", "It is not settled whether $product would help here: $effect."),
    "mixed": ("Helps and harms", "$product would help on one count and harm on another: $effect."),
    "harms": ("Does harm", "$product would make things worse here: $effect."),
    "unsure": ("Safety not settled", "$product would help here, but its safety is not settled: $effect."),
    "claimed": ("Helps, if the claim is true", "$product would help enough to matter here: $effect."),
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


class Part(NamedTuple):
    """A part of the page: its name, heading and sentences."""

    name: str
    heading: str
    sentences: tuple[Sentence, ...]


class Board(NamedTuple):
    """What the board's page says and shows.

    verdict, answer: the outcome in a few words, and in one sentence; look: the kind of verdict by which it is coloured;
    advice: what to do; notes: how numbers are to be read; arms: those in table and picture, the product first; counts:
    what the page rests on.
    """

    offer: OfferFacts
    verdict: str
    look: str
    answer: Sentence
    advice: tuple[Sentence, ...]
    notes: tuple[Sentence, ...]
    parts: tuple[Part, ...]
    arms: tuple[ArmResult, ...]
    table: ReportTable | None
    picture: Drawing | None
    counts: tuple[Sentence, ...]

    @property
    def title(self) -> str:
        """'Our AI at Our department'."""
        return f"{self.offer.product} at {self.offer.department}"

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Every sentence, in order."""
        of_parts = (one for part in self.parts for one in part.sentences)
        return (self.answer, *self.advice, *self.notes, *of_parts, *self.counts)

    @property
    def n_words(self) -> int:
        """How many words the page has beside table and picture."""
        headings = (BANNER, self.title, self.verdict, *(part.heading for part in self.parts))
        return sum(
            bool(re.search(r"\w", word)) for text in (*headings, *map(str, self.sentences)) for word in text.split()
        )


def board(result: StudyResult) -> Board:
    """The board's page of a result as data, with less detail where it would have more than `MOST_WORDS`.

    Raises ResultsError for a study that states no offer.
    """
    offer = result.design.offer
    if offer is None:
        raise ResultsError(
            f"{result.design.name}: states no offer, so there is no board's page. Make one: aeflow offer"
        )
    for most, facts, longest in DETAIL:
        page = _board(result.shown, _shortened(offer, longest), most, facts)
        if page.n_words <= MOST_WORDS:
            break
    return page


def board_page(result: StudyResult) -> str:
    """The board's page as one HTML text, which prints on one side of A4. The same result gives the same text.

    Raises ResultsError for a study that states no offer.
    """
    page = board(result)
    words = {"title": page.title, "banner": BANNER, "board": page, "joined": _joined}
    return templates().get_template("board.html").render(**words)


def _board(result: StudyResult, offer: OfferFacts, most: int, facts: int) -> Board:
    """The page with at most so many groups and blanks, and so many facts of a kind."""
    arm = _called(result.arm(offer.arm), offer.product)
    answer, counts = _answer(result, offer, arm), tuple(_counts(result, arm))
    if result.few_departments:
        return Board(offer, *answer, (), (), (), (), None, None, counts)
    arms = (arm, *_alternatives(result, arm))
    parts = (
        Part("safety", "Is it safe?", tuple(_safety(result, offer, arm))),
        Part("worse", "Who is worse off?", tuple(_worse_off(result, arm, most))),
        Part("money", "Same money elsewhere", tuple(_money(result, *arms))),
        Part("measure", "Measure first", (*_measure_first(result, arm, most), *_pilot(result, offer, arm))),
        Part("vendor", "The vendor", tuple(_vendor(offer, facts))),
        Part("assumed", "Assumed", tuple(_assumed(offer, facts + 2))),
    )
    picture, notes = first_picture(result, arms, number=_signed), tuple(_notes(result, offer, arm, facts))
    advice = tuple(_advice(result, *arms))
    return Board(offer, *answer, advice, notes, parts, arms, _table(result, *arms), picture, counts)


# --- numbers and words --------------------------------------------------------------------------------------------


def _number(value: float, unit: str = "") -> Cell:
    """The size of a number without its unit: one decimal below 10, none above or where it is whole."""
    return Cell(abs(value), unit, style="short")


def _signed(value: float, unit: str) -> str:
    """The same with its sign."""
    return str(Cell(value, unit, style="short difference"))


def _unit(unit: str, value: float = math.nan) -> str:
    """The unit of a difference in words: 'minutes', 'point'."""
    return {"share": "point" if math.isclose(value, 0.01) else "points"}.get(unit, unit)


def _side(row: Comparison, value: float) -> str:
    """The word for a difference: 'less', 'longer', 'higher'."""
    key = WAIT if (row.measure, row.group) == WAIT else row.unit
    return LESS_OR_MORE.get(key, LESS_OR_MORE[""])[value > 0]


def _cut(text: str, longest: int = DETAIL[0][-1]) -> str:
    """A text of the user's, without a full stop, cut where it is very long."""
    return shorten(text.rstrip(". "), longest, placeholder=" …")


def _shortened(offer: OfferFacts, longest: int) -> OfferFacts:
    """The offer with texts of at most so many characters; what was assumed may be three times as long."""
    claims, not_shown, differs = (
        tuple(_cut(one, longest) for one in nouns) for nouns in (offer.claims, offer.not_shown, offer.differs)
    )
    assumed = tuple(_cut(one, 3 * longest) for one in offer.assumed)
    product, department = (_cut(name, longest) for name in (offer.product, offer.department))
    names = replace(offer, product=product, department=department)
    return replace(names, claims=claims, not_shown=not_shown, differs=differs, assumed=assumed)


def _joined(text: object) -> str:
    """A text in which no line ends between a number and its unit."""
    return re.sub(r"(?<=\d) (?=%|minutes\b|h\b)", "\N{NO-BREAK SPACE}", str(text))


def _first_capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _small(text: str) -> str:
    """A text for the middle of a sentence: its first letter small, unless it begins with initials."""
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def _ends(row: Comparison) -> tuple[float, float]:
    """The range of nine in ten departments, drawn out to the interval where that reaches further."""
    return row.with_range(row.difference_low, row.difference_high)


def _effect(row: Comparison, target: Target, *, in_few: bool = False) -> Sentence:
    """'patients would wait 7.2 minutes less for a clinician (nine in ten departments: 5.1 to 9.3)', without a capital;
    `in_few`: '7.2 minutes less (5.1 to 9.3)'."""
    if math.isnan(row.difference):
        return Sentence("the effect is not known, as it is missing in some replication")
    size, low, high = (_number(value, row.unit) for value in (row.difference, *_ends(row)))
    is_wait = (row.measure, row.group) == WAIT
    what = f"$size {_unit(row.unit)} {_side(row, row.difference)}"
    if str(size) == "0":
        what = "as long as now" if is_wait else "as now"
    if not in_few:
        what = f"patients would wait {what} for a clinician" if is_wait else f"'$label' would be {what}"
    signs = {np.sign(end) for end, number in zip(_ends(row), (low, high), strict=True) if str(number) != "0"}
    words = "nine in ten departments: " if row.by_range else "95 % interval: "
    span = "$low to $high"
    if len(signs) > 1 or str(size) == "0":
        down, up = (_side(row, end) for end in _ends(row))
        span = f"$low {down} to $high {up}"
    elif row.difference < 0:
        low, high = high, low
    if not math.isnan(row.difference_low):
        what += f" ({words * (not in_few)}{span})"
    return Sentence(what, size=size, low=low, high=high, label=_cut(target.label))


def _called(arm: ArmResult, label: str) -> ArmResult:
    """An arm under another label."""
    return replace(arm, ready=replace(arm.ready, arm=replace(arm.ready.arm, label=label)))


def _inside(before: str, sentence: Sentence, after: str, **parts: str | Cell) -> Sentence:
    """A sentence that has another inside."""
    return Sentence(f"{before}{sentence.words}{after}", **sentence.parts, **parts)


# --- the answer ---------------------------------------------------------------------------------------------------


def _answer(result: StudyResult, offer: OfferFacts, arm: ArmResult) -> tuple[str, str, Sentence]:
    """The verdict in a few words, the kind by which it is coloured, and the answer in one sentence."""
    product = offer.product
    if few := result.few_departments:
        words = "$n departments are too few for an answer: use 20 or more, each at least twice."
        return "No answer yet", "cannot-tell", Sentence(words, n=_number(few))
    row, outcome = result.row_of(result.first_target, arm.name), _outcome(result, arm)
    if outcome == "nothing":
        return "Changes nothing", "no-change", Sentence("$product changes nothing here.", product=product)
    verdict, words = VERDICTS[outcome]
    if offer.claims or rests_on_claim(result, arm):
        words = f"If the vendor's word holds, {words[0].lower()}{words[1:]}"
    before, _, after = words.partition("$effect")
    look, other = LOOKS.get(outcome, "cannot-tell"), _other_reading(result, arm)
    if other and other[1]:
        look, verdict = "worse" if look == "worse" else "cannot-tell", f"{verdict}, and safety not shown"
        after = f"; read less kindly, it {other[1]} on safety{after}"
    failed, stated = _number(len(limits_of(result, arm).failed[1])), _number(len(result.design.margins))
    effect = _effect(row, result.first_target)
    return verdict, look, _inside(before, effect, after, product=product, failed=failed, stated=stated)


def _outcome(result: StudyResult, arm: ArmResult) -> str:
    """The key of the product's outcome in `VERDICTS`; 'nothing' where it changes nothing."""
    if arm.name in result.identical:
        return "nothing"
    target = result.first_target
    outcome = "open" if math.isnan(result.row_of(target, arm.name).difference) else outcome_of(result, arm)
    return "perhaps" if outcome == "open" and kind_of(result.finding(arm.name, target)) == "better" else outcome


def _advice(result: StudyResult, product: ArmResult, *alternatives: ArmResult) -> Iterator[Sentence]:
    """What to do: buy or not, what to settle before, and what does more for the same money."""
    outcome, other = _outcome(result, product), _other_reading(result, product)
    deciding = [effect.blank for effect in by_blank(result) if effect.decides and not effect.blank.arms]
    is_little, is_unsafe = outcome == "nothing" or (outcome == "little" and not deciding), bool(other and other[1])
    if outcome not in ("fails", "harms") and (is_unsafe or outcome == "may fail"):
        outcome = "unsure"
    yield Sentence("Do not buy it to cut waits." if is_little else ADVICE.get(outcome, ADVICE["perhaps"]))
    if is_little and is_unsafe:
        yield Sentence("Before any other use, have its safety shown.")
    for blank in deciding[: outcome not in ("fails", "harms")]:
        yield Sentence("First settle $question: it decides the answer.", question=_small(_cut(blank.question)))
    if other_buy := _better_buy(result, product, *alternatives):
        theirs, own = (abs(result.row_of(result.first_target, one.name).difference) for one in (other_buy, product))
        may = "may do" if limits_of(result, other_buy).not_settled else "does"
        if theirs > own:
            yield Sentence(f"The same money {may} more elsewhere.")


def _other_reading(result: StudyResult, arm: ArmResult) -> tuple[str, str, tuple[Safety, ...]] | None:
    """Another reading of the same policy that is judged otherwise on safety, the worst: its words, 'fails', 'may fail'
    or '' if it passes, and the limits. None where there is none."""
    arms, own = result.design.arms, limits_of(result, arm).failed[0]
    others = [one for one in result.others if arms[one.name].triage == arms[arm.name].triage and one.name != arm.name]
    for verb in (*FAILS.values(), ""):
        for other in others:
            found, failed = limits_of(result, other).failed
            if found == verb != own and other.name != result.design.sham and not arms[other.name].comparator:
                return _cut(other.label.removeprefix(f"{arms[arm.name].label}, ")), verb, tuple(failed)
    return None


def _notes(result: StudyResult, offer: OfferFacts, arm: ArmResult, most: int) -> Iterator[Sentence]:
    """What a variant has otherwise; levels today; what the product changes at triage."""
    target = result.first_target
    if offer.differs:
        yield Sentence("Variant: $differs.", differs=_listed(offer.differs, most))
    before = result.row_of(target)
    if (target.measure, target.group) == WAIT and result.has(FOUR_HOURS):
        today = Cell(result.row(result.baseline.name, FOUR_HOURS).mean, "share")
        words = "Today they wait $before minutes; $today leave within four hours."
        yield Sentence(words, before=_number(before.mean, before.unit), today=today)
    for change in arm.explanation.changed:
        if change.kind in CHANGED:
            yield Sentence("At $step: $what of patients.", step=spaced(change.what), what=change.short)


# --- safety and who is worse off ------------------------------------------------------------------------------------


def _limit(margin: Margin, *, in_few: bool = False) -> str:
    return LIMITS.get((margin.measure, margin.group), (f"'{margin.label}'",) * 2)[in_few]


def _limits_in_few(margins: Iterable[Margin]) -> str:
    return listed_with_and([_limit(margin, in_few=True) for margin in margins])


def _unsettled(result: StudyResult, limits: Limits) -> list[Margin]:
    return [margin for margin in result.design.margins if margin.label in limits.not_settled]


def _safety(result: StudyResult, offer: OfferFacts, arm: ArmResult) -> Iterator[Sentence]:
    """A sentence on each limit that is failed or may be, then on those that are open, and on those that are passed."""
    limits = limits_of(result, arm)
    verb, failed = limits.failed
    is_assumed = any(NURSES_ERRORS in blank.parameters for blank in offer.blanks)
    yield from (_failed(result, verb.capitalize(), safety, is_assumed=is_assumed) for safety in failed)
    beyond: tuple[Safety, ...] = ()
    if other := _other_reading(result, arm):
        reading, differs, beyond = other
        read = _first_capital(reading) if reading.startswith("if ") else f"Read as '{reading}'"
        words = f"{read.replace('$', '$$')}, it {differs or 'passes'}"
        yield _failed(result, words, beyond[0], is_assumed=is_assumed) if beyond else Sentence(f"{words}.")
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
            limit, of = _first_capital(_limit(safety.margin)), _number(safety.spread.n)
            yield Sentence("$limit: beyond the limit in $n of $of departments.", limit=limit, n=_number(n), of=of)
    passed = [one.margin for one in limits.judged if one.judgement.kind in PASSED and one.margin not in told]
    for words, margins in (
        ("Not settled, as its range spans the limit", [one for one in _unsettled(result, limits) if one not in told]),
        ("Passes on average", passed),
    ):
        if margins:
            yield Sentence(f"{words}: $limits.", limits=_limits_in_few(margins))
    if not result.design.margins:
        yield Sentence("The study states no safety limit.")


def _failed(result: StudyResult, verb: str, safety: Safety, *, is_assumed: bool) -> Sentence:
    """'Fails: the wait of the sickest (levels 1 and 2), 17 minutes longer. The limit is 2.' is_assumed: whether nobody
    has counted today's labels, so that a limit above today's is assumed, too."""
    row, margin, spread, beyond = safety.comparison, safety.margin, safety.spread, ""
    parts: dict[str, str | Cell] = {"limit": _limit(margin), "most": _number(margin.margin, row.unit)}
    if spread is not None and spread.is_range:
        beyond = ", broken in $n of $of departments"
        parts |= {"n": _number(n_harmed(safety)), "of": _number(spread.n)}
    if row.unit == "share":
        before, after = (Cell(result.row_of(margin, name).mean, "share") for name in (None, safety.arm))
        unit, today, of = _unit(row.unit, margin.margin), "today", "more"
        if is_assumed and (margin.measure, margin.group) == UNDER_TRIAGE:
            today, of, beyond = "today (assumed)", "above that, so also assumed", beyond.replace(",", ";")
        words = f"$limit, $before {today}, $after with it. Limit: $most {unit} {of}{beyond}."
        return Sentence(f"{verb}: {words}", before=before, after=after, **parts)
    words = f"$limit, $size {_unit(row.unit)} {_side(row, row.difference)}. Limit: $most{beyond}."
    return Sentence(f"{verb}: {words}", size=_number(row.difference, row.unit), **parts)


def _worse_off(result: StudyResult, arm: ArmResult, most: int) -> Iterator[Sentence]:
    """The groups that the product harms by more than the least difference that matters, the hardest hit first."""
    target = result.first_target
    unit, least = result.unit(target), target.minimal_important_difference
    rows = sorted(harmed_groups(result, arm), key=lambda row: -abs(row.difference))
    if not worse_off_groups(result):
        yield Sentence("No groups were looked at.")
    elif not rows:
        words = f"No group, by more than $least {_unit(unit)}."
        yield Sentence(words, least=_number(least, unit))
    for number, row in enumerate(rows[:most]):
        who, size = _first_capital(WHO.get(row.group, PATIENTS[row.group])), _number(row.difference, unit)
        by = (
            f"wait $size {_unit(unit)} longer"
            if row.measure.startswith("wait_")
            else f"be worse by $size {_unit(unit)}"
        )
        words = f"$who: $size {_unit(unit)}." if number else f"$who would {by}."
        yield Sentence(words, who=who, size=size)
    if len(rows) > most:
        yield Sentence("And $n more.", n=_number(len(rows) - most))


# --- money ----------------------------------------------------------------------------------------------------------


def _is_dearer(arm: ArmResult, product: ArmResult) -> bool:
    """Whether an arm costs more than the product, by more than the rounding of a price that is paid a patient."""
    return arm.cost is not None and product.cost is not None and arm.cost > product.cost * ROUNDING


def _alternatives(result: StudyResult, product: ArmResult) -> tuple[ArmResult, ...]:
    """The alternatives that state a cost: those that the product's price buys, best first, then dearer ones."""
    names = [row.arm for row in ranked(result, result.first_target) if row.arm != product.name]
    arms = [result.arm(name) for name in names if result.design.arms[name].comparator]
    priced = [arm for arm in arms if arm.cost is not None]
    return tuple(sorted(priced, key=lambda arm: _is_dearer(arm, product)))[:MOST_ALTERNATIVES]


def _better_buy(result: StudyResult, product: ArmResult, *alternatives: ArmResult) -> ArmResult | None:
    """The best that the product's price buys of something else that helps and fails no limit."""
    affordable = [arm for arm in alternatives if not _is_dearer(arm, product) and not fails(result, arm)]
    target = result.first_target
    return next((arm for arm in affordable if kind_of(result.finding(arm.name, target)) == "better"), None)


def _money(result: StudyResult, product: ArmResult, *alternatives: ArmResult) -> Iterator[Sentence]:
    """What the product costs, and the best that the same money buys of something else without failing a limit."""
    if product.cost is None:
        yield Sentence("The price is not known, so nothing can be held against it.")
        return
    target, price = result.first_target, Cell(product.cost, style="rounded pounds")
    if arm := _better_buy(result, product, *alternatives):
        effect, name = _effect(result.row_of(target, arm.name), target, in_few=True), _cut(arm.label)
        yield _inside("Its price, $price a year, also buys '$name': ", effect, ".", price=price, name=name)
        if limits_of(result, arm).not_settled:
            yield Sentence("The safety of that is not settled.")
        return
    yield Sentence("Its price, $price a year, buys nothing else that is shown to help and be safe.", price=price)


def _thousands(arm: ArmResult, words: str) -> Cell:
    """'116 (72 to 196)': the cost a year in thousands of pounds, with its range; then words."""
    if arm.cost is None:
        return Cell(text="not known")
    cell = Cell(arm.cost / 1000, style="number", digits=0, words=words)
    low, high = (pounds / 1000 for pounds in arm.cost_range or (arm.cost, arm.cost))
    return replace(cell, low=low, high=high) if round(low) != round(high) else cell


def _table(result: StudyResult, product: ArmResult, *alternatives: ArmResult) -> ReportTable:
    """A row each for the product and the alternatives: cost of one, its effect, and whether it passes the limits."""
    target, unit = result.first_target, result.unit(result.first_target)
    cells: list[Cells] = []
    for arm in (product, *alternatives):
        row, limits = result.row_of(target, arm.name), limits_of(result, arm)
        effect = Cell(row.difference, unit, *_ends(row), style="short difference")
        cost = _thousands(arm, "dearer" * _is_dearer(arm, product))
        other = _other_reading(result, arm) if arm is product else None
        passes = "depends" if other and other[1] else "passes" if limits.judged else "–"
        unsettled = _limits_in_few(_unsettled(result, limits))
        safe = limits.failed[0] or (f"not settled: {unsettled}" if unsettled else passes)
        cells.append((_cut(arm.label), cost, effect, safe))
    what = "Change in wait" if (target.measure, target.group) == WAIT else target.label
    headers = ("Option", "£1,000 a year (range)", f"{what}, {_unit(unit)}", "Safety limits")
    is_open = any("not settled" in str(row[-1]) for row in cells)
    notes = ("'Not settled': the range of the effect spans the limit.",) * is_open
    return ReportTable("board", "What each costs and does", headers, cells, notes)


def variants_table(one: StudyResult, other: StudyResult) -> ReportTable:
    """The rows of two variants of an offer, with what they have otherwise, and how far their effects are apart."""
    pages, compared = [board(one), board(other)], beside(one, other).comparisons
    names = [
        "; ".join([result.design.name, *page.offer.differs]) for result, page in zip((one, other), pages, strict=True)
    ]
    tables = [page.table for page in pages if page.table is not None]
    cells = [(name, *table.cells[0][1:]) for name, table in zip(names, tables, strict=len(tables) == len(pages))]
    apart = compared[pages[0].offer.arm, one.first_target].apart
    unit = one.unit(one.first_target)
    words = "On the same patients, the second differs from the first by"
    notes = () if apart is None else (f"{words} {interval_cell(apart[2], unit)} {_unit(unit)}.",)
    headers = ("Variant", *(tables[0].headers[1:] if tables else ()))
    return ReportTable("variants", "Two variants of an offer", headers, cells, notes)


# --- what it hinges on, and the vendor's word -----------------------------------------------------------------------


def _measure_first(result: StudyResult, arm: ArmResult, most: int) -> Iterator[Sentence]:
    """The blanks that would change the verdict most; without any, the figure on which the effect hinges."""
    row, blanks, tied = result.row_of(result.first_target, arm.name), by_blank(result), list[Blank]()
    if _other_reading(result, arm):
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


def _pilot(result: StudyResult, offer: OfferFacts, arm: ArmResult) -> Iterator[Sentence]:
    """What the planned pilot could tell of the wait."""
    target, pilot = result.first_target, offer.pilot
    if pilot is None or (target.measure, target.group) != WAIT:
        return
    is_large = abs(result.row_of(target, arm.name).difference) >= ENOUGH * pilot.half_width
    yield Sentence(
        f"The pilot, $design, would measure the wait to ± $half minutes, and find that a product that does nothing "
        f"works or harms in $alarms of 100: it "
        f"{'could' if is_large and pilot.false_alarms < TOO_MANY else 'could not'} tell.",
        design=_cut(pilot.design),
        half=_number(pilot.half_width, "minutes"),
        alarms=_number(100 * pilot.false_alarms),
    )


def _blank(result: StudyResult, effect: BlankEffect, row: Comparison, *, first: bool) -> Iterator[Sentence]:
    """What the effect is at either end of a blank, whether that decides the answer, and how to measure the blank."""
    blank, (low, high) = effect.blank, sorted((effect.low, effect.high))
    question = _small(_cut(blank.question))
    span = f"$low {_unit(row.unit)} {_side(row, low)} to $high {_side(row, high)}"
    words = f"Then: $question ({span})."
    if first:
        words = f"Nothing left blank is expected to move the effect enough to matter. The most: $question ({span})."
    if first and (effect.decides or effect.limit):
        why = ", so it decides whether that is enough" * effect.decides
        words = f"Most hinges on $question. Over its range the effect goes from {span}{why}."
    yield Sentence(words, question=question, low=_number(low, row.unit), high=_number(high, row.unit))
    for margin in (margin for margin in result.design.margins if first and margin.label == effect.limit):
        yield Sentence("It decides a safety limit, too: $limit.", limit=_limit(margin))
    if first and "hinges" in words:
        yield _settled(blank, "To settle it")


def _settled(blank: Blank, what: str) -> Sentence:
    """'To settle it: time triages with a watch, on 100 patients.'"""
    find = _small(_cut(blank.find))
    n = {} if blank.patients is None or f"{blank.patients}" in find else {"n": _number(blank.patients)}
    return Sentence(f"{what}: $find{', on $n patients' if n else ''}.", find=find, **n)


def _vendor(offer: OfferFacts, most: int) -> Iterator[Sentence]:
    """What rests on the vendor's word alone, and what is not shown."""
    for words, nouns in (("Its word alone", offer.claims), ("Not shown", offer.not_shown)):
        if nouns:
            yield Sentence(f"{words}: $nouns.", nouns=_listed(nouns, most))
    if not offer.claims and not offer.not_shown:
        yield Sentence("Nothing: all that we asked for is shown.")


def _assumed(offer: OfferFacts, most: int) -> Iterator[Sentence]:
    """How answers were read, what was assumed, and in what departments differ because it was left blank."""
    clauses = offer.assumed or [f"{_small(_cut(blank.question))}: a range" for blank in offer.blanks]
    if clauses:
        yield Sentence("$clauses.", clauses=_first_capital(_listed(clauses, most)))


def _listed(nouns: Sequence[str], most: int) -> str:
    """'a; b; 2 more', of more than so many."""
    return "; ".join([*nouns[:most], *([f"{len(nouns) - most} more"] if len(nouns) > most else [])])


def _counts(result: StudyResult, arm: ArmResult) -> Iterator[Sentence]:
    """What the page rests on, and whether warnings stand in the report of what the page does not say."""
    n, days = _number(len(result.replications)), _number(result.run.measured_days)
    where, used = "one department", {}
    if result.department_of is not None:
        where, used = "$used departments", {"used": _number(len(np.unique(result.department_of)))}
    yield Sentence(f"Simulated: {where}, $n replications of $days days.", n=n, days=days, **used)
    told = [f"Warning, {words}" for words in unlike_words([arm.ready])] if _other_reading(result, arm) else []
    if checks := len([words for words in (*warnings(result), *implausible(result)) if words not in told]):
        yield Sentence(f"Read the {'warnings' if checks > 1 else 'warning'} in the full report.")
