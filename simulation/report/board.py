"""The board's page of an offer: the answer in one sentence, what it hinges on, who is worse off, what the same money
does elsewhere, and what rests on the vendor's word. It is about one department and one product, and nothing else.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from textwrap import shorten
from typing import Any, NamedTuple

import numpy as np

from simulation.display.document import Document, Section, Words
from simulation.display.drawing import Drawing, Picture
from simulation.display.measured import before_and_after
from simulation.display.table import Cell, Cells, ReportTable, interval_cell
from simulation.display.web_page import page
from simulation.display.words import PATIENTS, amount, cost_in_short
from simulation.errors import ResultsError
from simulation.questions.blanks import BlankEffect, rank_blanks
from simulation.questions.sweep import beside
from simulation.report.effect_pictures import first_picture
from simulation.report.findings import (
    implausible,
    not_judged,
    stated_figures,
    unlike_words,
    warnings,
    why_no_verdict,
)
from simulation.report.first_page import (
    by_cause_words,
    hinge_words,
    which_cause_words,
)
from simulation.report.outcome import (
    OUTCOMES,
    ArmOutcome,
    best_to_tell,
    is_dearer,
    outcome_of,
    priced_alternatives,
)
from simulation.report.patient_groups import worse_off_groups
from simulation.runs.result import ArmResult, Safety, StudyResult
from simulation.statistics.compare import Comparison
from simulation.study.design import Blank, Margin, OfferFacts, Target
from simulation.study.statements import BANNER
from simulation.wording import apart, capitalised, listed_with_and, number_of, spaced

MOST_WORDS = 300
"""Words on the page beside table and picture."""
DETAIL = (
    (3, 9, 75),
    (1, 9, 75),
    (1, 5, 75),
    (1, 2, 75),
    (1, 0, 40),
    (1, 0, 15),
)
"""Groups and blanks, and facts of the offer of a kind, that are listed, and characters of a text of the user's before
it is cut; the first that fits."""
MOST_BLANKS, MOST_CHARACTERS = 2, 75
"""Blanks to measure first, and characters of a text of the user's before it is cut."""
MAY_BE_LONG = ("left_out", "assumed")
"""Texts of an offer that may be three times as long."""
LEAST_OF_NAME = 25
"""Characters of the product's and the department's name that are never cut."""
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
NURSES_ERRORS, USED = "nurses_errors", "used_share"
"""The parameters of two blanks: of which today's under-triage is assumed, and for how many a product is used."""
WHO = {
    "acuity_true=1-2": "the sickest (levels 1-2)",
    "age_band=oldest": "the oldest",
    "language_need=yes": "patients who need an interpreter",
}
"""Groups in plain words, where the first page has others."""
CHANGED = ("label", "minutes")
"""What a product changes at a step, by kind."""
ENOUGH = 1.43
"""Half-widths of a pilot's interval that an effect has which 80 of 100 pilots find."""
TOO_MANY = 0.08
"""False alarms of a pilot that is not believed."""
LESS_OR_MORE = {WAIT: ("less", "more"), "minutes": ("shorter", "longer"), "": ("lower", "higher")}
"""Words for a fall and a rise: of the wait of everybody, of other minutes, of anything else."""


class Board(NamedTuple):
    """What the board's page says and shows.

    verdict, answer: the outcome in a few words, and in one sentence; look: the kind of verdict by which it is coloured;
    advice: what to do; notes: how numbers are to be read; arms: those in table and picture, the product first; counts:
    what the page rests on. Without a verdict there is no picture, and the table has effects and costs alone.
    """

    offer: OfferFacts
    verdict: str
    look: str
    answer: str
    advice: tuple[str, ...]
    notes: tuple[str, ...]
    parts: tuple[Section, ...]
    arms: tuple[ArmResult, ...]
    table: ReportTable | None
    picture: Drawing | None
    counts: tuple[str, ...]

    @property
    def title(self) -> str:
        """'Our AI at Our department'."""
        return f"{self.offer.product} at {self.offer.department}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every sentence, in order."""
        of_parts = (words.text for part in self.parts for words in part.words())
        return (self.answer, *self.advice, *self.notes, *of_parts, *self.counts)

    @property
    def n_words(self) -> int:
        """How many words the page has beside table and picture."""
        headings = (BANNER, self.title, self.verdict, *(part.heading for part in self.parts))
        return len(re.findall(r"\S*\w\S*", " ".join((*headings, *self.sentences))))


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


def board_document(page: Board, drawn: Picture | Drawing | None) -> Document:
    """The board's page as a document: the answer, the parts, table and picture, and what the page rests on."""
    answer = (
        Words(page.answer, "point", page.verdict),
        *(Words(sentence, "strong") for sentence in page.advice),
        *(Words(sentence, "note") for sentence in page.notes),
    )
    table = Section(tuple(filter(None, (page.table, drawn))), anchor="table")
    counts = Section(tuple(Words(sentence, "note") for sentence in page.counts))
    return Document(page.title, (Section(answer), *page.parts, table, counts))


def board_page(result: StudyResult) -> str:
    """The board's page as one HTML text, which prints on one side of A4. The same result gives the same text.

    Raises ResultsError for a study that states no offer.
    """
    shown = board(result)
    return page(board_document(shown, shown.picture), "board.html", look=shown.look)


def _board(result: StudyResult, offer: OfferFacts, most: int, facts: int) -> Board:
    """The page with at most so many groups and blanks, and so many facts of a kind."""
    outcome = outcome_of(result, offer.arm)
    answer, counts = _answer(outcome, offer), tuple(_counts(outcome))
    if result.few_departments:
        return Board(offer, *answer, (), (), (), (), None, None, counts)
    ready = replace(outcome.arm.ready, arm=replace(outcome.arm.ready.arm, label=offer.product))
    arms = (replace(outcome.arm, ready=ready), *priced_alternatives(result, outcome.arm))
    stated = _part("stated", "Your department", _unstated(result), *_stated(result))
    vendor = _part("vendor", "The vendor", _vendor(offer, facts))
    assumed = _part("assumed", "Assumed", _assumed(offer, facts + 2))
    notes, table = tuple(_notes(outcome, offer, facts)), _table(result, *arms)
    if against := why_no_verdict(result):
        money = _part("money", "What each option would do there", ())
        told = (f"Look first at {against[0].answer}. Then make the page again.",)
        if others := [one.found for one in against[1 : most + 1]]:
            notes = (f"Also: {'; '.join(others)}.", *notes)
        few = (stated, vendor, money, assumed)
        return Board(offer, *answer, told, notes, few, arms, table, None, counts)
    measured = (*_measure_first(outcome, most), *_pilot(outcome, offer))
    parts = (
        _part("safety", "Is it safe?", _safety(outcome, offer)),
        _part("worse", "Who is worse off?", _worse_off(outcome, most)),
        stated,
        _part("money", "Same money elsewhere", _money(outcome)),
        _part("measure", "Measure first", measured),
        vendor,
        assumed,
    )
    picture = first_picture(result, arms, number=_signed)
    return Board(offer, *answer, tuple(advice(outcome)), notes, parts, arms, table, picture, counts)


def _part(name: str, heading: str, sentences: Iterable[str], *tables: ReportTable) -> Section:
    whole = (Words(one.replace(" ….", " …")) for one in sentences)  # of texts that were cut short
    return Section((*tables, *whole), heading, name)


def _stated(result: StudyResult) -> Iterator[ReportTable]:
    """What was stated of the department beside what was simulated, where anything was."""
    cells = list[Cells]()
    for one in stated_figures(result):
        stated, simulated = (Cell(value, one.unit) for value in (one.stated, one.simulated))
        cells.append((one.label, stated, replace(simulated, words="too far off" * (one.off > 1))))
    if cells:
        yield ReportTable("stated", "Your department", ("Today", "Stated", "Simulated"), cells)


def _unstated(result: StudyResult) -> Iterator[str]:
    """What could not be held against the simulation."""
    if unknown := not_judged(result):
        yield f"Not compared, as this run does not hold it: {listed_with_and(unknown)}."


def _shortened(offer: OfferFacts, longest: int) -> OfferFacts:
    """The offer with texts of at most so many characters; what was assumed may be three times as long."""
    texts = dict[str, Any]()
    for name in ("product", "department", "claims", "not_shown", "differs", "left_out", "assumed"):
        stated, most = getattr(offer, name), longest * (3 if name in MAY_BE_LONG else 1)
        if name in ("product", "department"):
            most = max(most, LEAST_OF_NAME)
        if isinstance(stated, str):
            texts[name] = cut_short(stated, most)
        elif stated:
            texts[name] = tuple(cut_short(one, most) for one in stated)
    return replace(offer, **texts)


def _thousands(arm: ArmResult, words: str, use: tuple[float, float] = (1, 1)) -> Cell:
    """'116 (72 to 196)': the cost a year in thousands of pounds, with its range; then words. `use`: the least and the
    most that it may be used, as shares of what the cost is of."""
    if arm.cost is None:
        return Cell(text="not known")
    ends = np.multiply(arm.cost_range or [arm.cost] * 2, use)
    cost, low, high = (float(pounds) / 1000 for pounds in (arm.cost, *ends))
    cell = Cell(cost, style="number", digits=0, words=words)
    return replace(cell, low=low, high=high) if round(low) != round(high) else cell


def _use(result: StudyResult, product: ArmResult) -> tuple[float, float]:
    """The least and the most that a product paid by the patient is used in these departments, as shares of its stated
    use; 1 where departments do not differ in it."""
    over, policy = result.study.departments, product.ready.policy
    drawn = over.varied_values.get(USED, ()) if over else ()
    if (
        not drawn
        or policy.price_per_attendance is None
        or not (policy.covers and policy.covers.share)
    ):
        return 1, 1
    return min(drawn) / policy.covers.share.value, max(drawn) / policy.covers.share.value


def _table(result: StudyResult, product: ArmResult, *alternatives: ArmResult) -> ReportTable:
    """A row each for the product and the alternatives: cost of one, its effect, and whether it passes the limits."""
    target, unit = result.first_target, result.unit(result.first_target)
    cells, reasons = list[Cells](), dict[str, None]()
    for arm in (product, *alternatives):
        outcome = outcome_of(result, arm.name)
        row, limits = outcome.first.comparison, outcome.limits
        effect = Cell(row.difference, unit, *_ends_of(row), style="short difference")
        use = _use(result, product) if arm is product else (1.0, 1.0)
        cost = _thousands(arm, "dearer" * is_dearer(arm, product), use)
        depends = arm is product and bool(outcome.otherwise)
        passes = "depends" if depends else "passes" if limits.judged else "–"
        unsettled = f"not settled: {_limits_in_few(limits.open)}" if limits.open else ""
        cells.append((cut_short(arm.label), cost, effect, limits.verb or unsettled or passes))
        if unsettled and not limits.verb:
            reasons |= dict.fromkeys(one.judgement.reason for one in limits.open)
    is_wait = (target.measure, target.group) == WAIT
    headers = (
        "Option",
        "£1,000 a year (range)",
        f"{'Change in wait' if is_wait else target.label}, {_unit_word(unit)}",
        "Safety limits",
    )
    notes = (f"'Not settled': {' or '.join(reasons)}.",) if reasons else ()
    if why_no_verdict(result):
        cells, notes = [(*row[:-1], "no verdict") for row in cells], ()
    return ReportTable("board", "What each costs and does", headers, cells, notes)


def variants_table(one: StudyResult, other: StudyResult) -> ReportTable:
    """The rows of two variants of an offer, with what they have otherwise, and how far their effects are apart."""
    pages, compared = [board(one), board(other)], beside(one, other).comparisons
    cells, headers = list[Cells](), ["Variant"]
    for result, shown in zip((one, other), pages, strict=True):
        if shown.table is not None:
            name = "; ".join([result.design.name, *shown.offer.differs])
            cells.append((name, *shown.table.cells[0][1:]))
            headers[1:] = shown.table.headers[1:]
    apart, notes = compared[pages[0].offer.arm, one.first_target].apart, list[str]()
    if apart is not None:
        unit = one.unit(one.first_target)
        by = f"{interval_cell(apart[2], unit)} {_unit_word(unit)}"
        notes.append(f"On the same patients, the second differs from the first by {by}.")
    return ReportTable("variants", "Two variants of an offer", tuple(headers), cells, notes)


# --- sentences, by the part in which they stand ----------------------------------------------------------------------


def _short(value: float, unit: str = "") -> str:
    """The size of a number without its unit: one decimal below 10, none above or where it is whole."""
    return str(Cell(abs(value), unit, style="short"))


def _signed(value: float, unit: str) -> str:
    """The same with its sign."""
    return str(Cell(value, unit, style="short difference"))


def _unit_word(unit: str, value: float = math.nan) -> str:
    """The unit of a difference in words: 'minutes', 'point'."""
    return {"share": "point" if math.isclose(value, 0.01) else "points"}.get(unit, unit)


def _sized(value: float, unit: str) -> str:
    """'7.2 minutes'."""
    return f"{_short(value, unit)} {_unit_word(unit)}"


def _side(row: Comparison, value: float) -> str:
    """The word for a difference: 'less', 'longer', 'higher'."""
    key = WAIT if (row.measure, row.group) == WAIT else row.unit
    return LESS_OR_MORE.get(key, LESS_OR_MORE[""])[value > 0]


def cut_short(text: str, longest: int = MOST_CHARACTERS) -> str:
    """A text of the user's, without a full stop, cut where it is very long."""
    return shorten(text.rstrip(". "), longest, placeholder=" …")


def _small(text: str) -> str:
    """A text of the user's for the middle of a sentence: cut short, and its first letter small, unless it begins with
    initials."""
    text = cut_short(text)
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def _ends_of(row: Comparison) -> tuple[float, float]:
    """The range of nine in ten departments, drawn out to the interval where that reaches further."""
    return row.with_range(row.difference_low, row.difference_high)


def _effect(row: Comparison, target: Target, *, in_few: bool = False) -> str:
    """'patients would wait 7.2 minutes less for a clinician (nine in ten departments: 5.1 to 9.3)', without a capital;
    `in_few`: '7.2 minutes less (5.1 to 9.3)'."""
    if math.isnan(row.difference):
        return "the effect is not known, as it is missing in some replication"
    size, low, high = (_short(value, row.unit) for value in (row.difference, *_ends_of(row)))
    is_wait = (row.measure, row.group) == WAIT
    what = f"{size} {_unit_word(row.unit)} {_side(row, row.difference)}"
    if size == "0":
        what = "as long as now" if is_wait else "as now"
    if not in_few:
        label = cut_short(target.label)
        what = (
            f"patients would wait {what} for a clinician"
            if is_wait
            else f"'{label}' would be {what}"
        )
    signs = {
        np.sign(end)
        for end, number in zip(_ends_of(row), (low, high), strict=True)
        if number != "0"
    }
    words = "nine in ten departments: " if row.by_range else "95 % interval: "
    if len(signs) > 1 or size == "0":
        low, high = (
            f"{end} {_side(row, value)}"
            for end, value in zip((low, high), _ends_of(row), strict=True)
        )
    elif row.difference < 0:
        low, high = high, low
    if not math.isnan(row.difference_low):
        what += f" ({words * (not in_few)}{low} to {high})"
    return what


def _answer(outcome: ArmOutcome, offer: OfferFacts) -> tuple[str, str, str]:
    """The verdict in a few words, the kind by which it is coloured, and the answer in one sentence."""
    result, limits = outcome.result, outcome.limits
    if few := result.few_departments:
        words = f"{few} departments are too few for an answer: use 20 or more, each at least twice."
        return "No answer yet", "cannot-tell", words
    if against := why_no_verdict(result):
        words = f"The answers contradict one another: in the department that they make, {against[0].found}."
        return "No verdict", "cannot-tell", words
    of_kind = OUTCOMES[outcome.kind]
    verdict, words, look = of_kind.heading, of_kind.sentence, of_kind.look
    if outcome.kind != "nothing":
        if offer.claims or outcome.is_claimed:
            words = f"If the vendor's word holds, {words[:1].lower()}{words[1:]}"
        if outcome.otherwise:
            look = "worse" if look == "worse" else "cannot-tell"
            verdict = f"{verdict}, and safety not shown"
            words = f"{words[:-1]}; read less kindly, it {outcome.otherwise} on safety."
    if outcome.depends == "depends":
        look = "worse" if look == "worse" else "cannot-tell"
        verdict = f"{verdict}, depending on the cause of waiting"
        words = f"{words} It {by_cause_words(outcome)}."
    row = outcome.first.comparison
    sentence = words.format(
        product=offer.product,
        effect=_effect(row, outcome.first.target),
        failed=f"{len(limits.failed)} of {len(limits.judged)}",
    )
    return verdict, look, sentence


def advice(outcome: ArmOutcome) -> Iterator[str]:
    """What to do: buy or not, what to settle before, and what does more for the same money."""
    kind, unsafe = outcome.kind, bool(outcome.otherwise)
    deciding = [
        effect.blank
        for effect in rank_blanks(outcome.result)
        if effect.decides and not effect.blank.arms
    ]
    is_little = kind == "nothing" or (kind == "little" and not deciding)
    if kind not in ("fails", "harms") and (unsafe or kind == "may fail"):
        kind = "unsure"
    if outcome.depends == "depends" and (tells := best_to_tell(outcome.result)):
        yield which_cause_words(tells)
    yield "Do not buy it to cut waits." if is_little else OUTCOMES[kind].advice
    if is_little and unsafe:
        yield "Before any other use, have its safety shown."
    if deciding and kind not in ("fails", "harms"):
        yield f"First settle {_small(deciding[0].question)}: it decides the answer."
    if other := outcome.bought:
        theirs, own = (abs(one.first.comparison.difference) for one in (other, outcome))
        if theirs > own and other.behind(outcome) < 0:
            yield f"The same money {'may do' if other.limits.open else 'does'} more elsewhere."


def _notes(outcome: ArmOutcome, offer: OfferFacts, most: int) -> Iterator[str]:
    """What a variant has otherwise; levels today; what the product changes at triage."""
    result, target = outcome.result, outcome.result.first_target
    if offer.differs:
        yield f"Variant: {_listed(offer.differs, most)}."
    if (target.measure, target.group) == WAIT and result.has(FOUR_HOURS):
        before, within = result.row_of(target), result.before(FOUR_HOURS)
        today = f"{_short(before.mean, before.unit)} minutes"
        yield f"Simulated today: they wait {today}; {amount(within.mean, 'share')} leave within four hours."
    changes = [one for one in outcome.arm.explanation.changed if one.kind in CHANGED]
    for what in dict.fromkeys(one.what for one in changes):
        shorts = (one.short for one in changes if one.what == what)
        yield f"At {spaced(what)}: {'; '.join(shorts)} of those who come there."


def _limit(margin: Margin, *, in_few: bool = False) -> str:
    return LIMITS.get((margin.measure, margin.group), (f"'{margin.label}'",) * 2)[in_few]


def _limits_in_few(limits: Iterable[Safety]) -> str:
    """'under-triage and leaving unseen'."""
    return listed_with_and([_limit(safety.margin, in_few=True) for safety in limits])


def _safety(outcome: ArmOutcome, offer: OfferFacts) -> Iterator[str]:
    """A sentence on each limit that is failed or may be, then on those that are open, and on those that are passed."""
    result, limits, other = outcome.result, outcome.limits, outcome.other_reading
    is_assumed = any(NURSES_ERRORS in blank.parameters for blank in offer.blanks)
    told = {one.margin for one in limits.failed}
    for one in limits.failed:
        yield _failed(result, limits.verb.capitalize(), one, is_assumed=is_assumed)
    if other:
        own = result.design.arms[outcome.arm.name].label
        reading = cut_short(other.arm.label.removeprefix(f"{own}, "))
        read = capitalised(reading) if reading.startswith("if ") else f"Read as '{reading}'"
        words, beyond = f"{read}, it {outcome.otherwise or 'passes'}", other.limits.failed
        yield (_failed(result, words, beyond[0], is_assumed=is_assumed) if beyond else f"{words}.")
        told |= {one.margin for one in beyond}
        if beyond and offer.where_nurses_are_right is not None:
            share = amount(offer.where_nurses_are_right, "share")
            yield f"Harshest, if only where they are right: {share}."
    untold = [one for one in limits.judged if one.margin not in told]
    for one in untold:
        if one.spread and one.n_harmed and one.judgement.cause != "label table":
            limit, n = capitalised(_limit(one.margin)), one.n_harmed
            yield f"{limit}: beyond the limit in {n} of {one.spread.n} departments."
    is_open = [one for one in untold if one.state == "open"]
    for reason in dict.fromkeys(one.judgement.reason for one in is_open):
        named = _limits_in_few(one for one in is_open if one.judgement.reason == reason)
        yield f"Not settled, as {reason}: {named}."
    if named := _limits_in_few(one for one in untold if one.state == "passes"):
        yield f"Passes on average: {named}."
    if not result.design.margins:
        yield "The study states no safety limit."


def _failed(result: StudyResult, verb: str, safety: Safety, *, is_assumed: bool) -> str:
    """'Fails: the wait of the sickest (levels 1 and 2), 17 minutes longer. The limit is 2.' is_assumed: whether nobody
    has counted today's labels, so that a limit above today's is assumed, too."""
    row, margin, spread, beyond = safety.comparison, safety.margin, safety.spread, ""
    limit, most = _limit(margin), _short(margin.margin, row.unit)
    if spread is not None and spread.is_range:
        beyond = f", broken in {safety.n_harmed} of {spread.n} departments"
    if row.unit != "share":
        size = _short(row.difference, row.unit)
        if float(size.replace(",", "")) == margin.margin:
            size = apart(abs(row.difference), margin.margin, 1)
        size = f"{size} {_unit_word(row.unit)} {_side(row, row.difference)}"
        return f"{verb}: {limit}, {size}. Limit: {most}{beyond}."
    before, after = before_and_after(result, safety)
    unit, today, of = _unit_word(row.unit, margin.margin), "today", "more"
    if is_assumed and (margin.measure, margin.group) == UNDER_TRIAGE:
        today, of = "today (assumed)", "above that, so also assumed"
        beyond = beyond.replace(",", ";")
    return f"{verb}: {limit}, {before} {today}, {after} with it. Limit: {most} {unit} {of}{beyond}."


def _worse_off(outcome: ArmOutcome, most: int) -> Iterator[str]:
    """The groups that the product harms by more than the least difference that matters, the hardest hit first."""
    target, unit = outcome.first.target, outcome.first.comparison.unit
    rows = sorted(outcome.harmed, key=lambda row: -abs(row.difference))
    if not worse_off_groups(outcome.result):
        yield "No groups were looked at."
    elif not rows:
        yield f"No group, by more than {_sized(target.minimal_important_difference, unit)}."
    for number, row in enumerate(rows[:most]):
        who = capitalised(WHO.get(row.group, PATIENTS[row.group]))
        size, is_wait = _sized(row.difference, unit), row.measure.startswith("wait_")
        by = f"wait {size} longer" if is_wait else f"be worse by {size}"
        yield f"{who}: {size}." if number else f"{who} would {by}."
    if len(rows) > most:
        yield f"And {len(rows) - most} more."


def _money(outcome: ArmOutcome) -> Iterator[str]:
    """What the product costs, and the best that the same money buys of something else without failing a limit."""
    if outcome.arm.cost is None:
        yield "The price is not known, so nothing can be held against it."
        return
    price = f"Its price, {cost_in_short(outcome.arm.cost)} a year,"
    if other := outcome.bought:
        effect = _effect(other.first.comparison, other.first.target, in_few=True)
        worth = other.on_past_trials(other.first.comparison)
        untested = "; hardly a trial has tested it" if worth and worth.hardly_any else ""
        yield f"{price} also buys '{cut_short(other.arm.label)}': {effect}{untested}."
        if other.limits.open:
            yield "The safety of that is not settled."
        return
    yield f"{price} buys nothing else that is shown to help and be safe."


def _measure_first(outcome: ArmOutcome, most: int) -> Iterator[str]:
    """The blanks that would change the verdict most; without any, the figure on which the effect hinges."""
    blanks, tied = rank_blanks(outcome.result), list[Blank]()
    if outcome.other_reading:
        tied = [effect.blank for effect in blanks if effect.blank.arms]
        yield from (_settled(blank, "On safety") for blank in tied)
        if not tied:
            yield "Settle which reading is right: it decides on safety."
        blanks = tuple(effect for effect in blanks if effect.blank not in tied)
    for number, effect in enumerate(blanks[: min(most, MOST_BLANKS)]):
        if effect.decides or effect.limit or not (number or tied):
            yield from _blank(outcome, effect, first=number == 0)
    if not blanks:
        hinges = hinge_words(outcome) or "no one figure is shown to decide the effect"
        yield f"{capitalised(hinges)}."


def _pilot(outcome: ArmOutcome, offer: OfferFacts) -> Iterator[str]:
    """What the planned pilot could tell of the wait."""
    row, pilot = outcome.first.comparison, offer.pilot
    if pilot is None or (row.measure, row.group) != WAIT:
        return
    could = (
        "could" if could_tell(row.difference, pilot.half_width, pilot.false_alarms) else "could not"
    )
    yield (
        f"The pilot, {cut_short(pilot.design)}, would measure the wait to ± {_short(pilot.half_width)} minutes, and "
        f"misjudge a product that does nothing in {_short(100 * pilot.false_alarms)} of 100: it {could} tell."
    )


def could_tell(difference: float, half_width: float, false_alarms: float) -> bool:
    """Whether 80 of 100 pilots find a difference, in minutes, and are to be believed (`PlannedPilot`)."""
    return abs(difference) >= ENOUGH * half_width and false_alarms < TOO_MANY


def _blank(outcome: ArmOutcome, effect: BlankEffect, *, first: bool) -> Iterator[str]:
    """What the effect is at either end of a blank, whether that decides the answer, and how to measure the blank."""
    row, question = outcome.first.comparison, _small(effect.blank.question)
    low, high = sorted((effect.low, effect.high))
    span = (
        f"{_sized(low, row.unit)} {_side(row, low)} to {_short(high, row.unit)} {_side(row, high)}"
    )
    if not first:
        yield f"Then: {question} ({span})."
    elif not (effect.decides or effect.limit):
        yield f"Nothing left blank is expected to move the effect enough to matter. The most: {question} ({span})."
    else:
        why = ", so it decides whether that is enough" * effect.decides
        yield f"Most hinges on {question}. Over its range the effect goes from {span}{why}."
        if effect.limit is not None:
            yield f"It decides a safety limit, too: {_limit(effect.limit)}."
        yield _settled(effect.blank, "To settle it")


def _settled(blank: Blank, what: str) -> str:
    """'To settle it: time triages with a watch, on 100 patients.'"""
    find = _small(blank.find)
    is_said = blank.patients is None or f"{blank.patients}" in find
    return f"{what}: {find}{'' if is_said else f', on {blank.patients:,} patients'}."


def _vendor(offer: OfferFacts, most: int) -> Iterator[str]:
    """What rests on the vendor's word alone, what is not shown, and for whom the product is not."""
    for words, nouns in (("Its word alone", offer.claims), ("Not shown", offer.not_shown)):
        if nouns:
            yield f"{words}: {_listed(nouns, most)}."
    if not offer.claims and not offer.not_shown:
        yield "Nothing: all that we asked for is shown."
    if offer.left_out:
        yield f"Not for {offer.left_out}."


def _assumed(offer: OfferFacts, most: int) -> Iterator[str]:
    """How answers were read, what was assumed, and in what departments differ because it was left blank."""
    clauses = offer.assumed or [f"{_small(blank.question)}: a range" for blank in offer.blanks]
    if clauses:
        yield f"{capitalised(_listed(clauses, most))}."


def _listed(nouns: Sequence[str], most: int) -> str:
    """'a; b; 2 more', of more than so many; of none '2 points, in the full report'."""
    if not most:
        return f"{number_of(len(nouns), 'point')}, in the full report"
    return "; ".join([*nouns[:most], *([f"{len(nouns) - most} more"] if len(nouns) > most else [])])


def _counts(outcome: ArmOutcome) -> Iterator[str]:
    """What the page rests on, and whether warnings stand in the report of what the page does not say."""
    result, where = outcome.result, "one department"
    if result.department_of is not None:
        where = f"{len(np.unique(result.department_of))} departments"
    n, days = len(result.replications), result.run.measured_days
    yield f"Simulated: {where}, {_short(n)} runs of {_short(days)} days."
    told = set[str]()
    if outcome.other_reading:
        told = {f"Warning, {words}" for words in unlike_words([outcome.arm.ready])}
    if checks := {*warnings(result), *implausible(result)} - told:
        yield f"Read the {'warnings' if len(checks) > 1 else 'warning'} in the full report."
