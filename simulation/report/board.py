"""The board's page of an offer: the answer in one sentence, what it hinges on, who is worse off, what the same money
does elsewhere, and what rests on the vendor's word. It is about one department and one product, and nothing else.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from simulation.display.document import Document, Section, Words
from simulation.display.drawing import Drawing, Picture
from simulation.display.table import Cell, Cells, ReportTable, interval_cell
from simulation.display.web_page import page
from simulation.errors import ResultsError
from simulation.questions.sweep import beside
from simulation.report import board_sentences as sentences
from simulation.report.effect_pictures import first_picture
from simulation.report.outcome import is_dearer, outcome_of, priced_alternatives
from simulation.runs.result import ArmResult, StudyResult
from simulation.study.design import OfferFacts
from simulation.study.statements import BANNER

MOST_WORDS = 300
"""Words on the page beside table and picture."""
DETAIL = (
    (3, 9, 75),
    (1, 9, 75),
    (1, 6, 75),
    (1, 4, 75),
    (1, 2, 75),
    (1, 1, 75),
    (1, 1, 40),
    (1, 0, 40),
    (1, 0, 15),
)
"""Groups and blanks, and facts of the offer of a kind, that are listed, and characters of a text of the user's before
it is cut; the first that fits."""


class Part(NamedTuple):
    """A part of the page: its name, heading and sentences."""

    name: str
    heading: str
    sentences: tuple[str, ...]


class Board(NamedTuple):
    """What the board's page says and shows.

    verdict, answer: the outcome in a few words, and in one sentence; look: the kind of verdict by which it is coloured;
    advice: what to do; notes: how numbers are to be read; arms: those in table and picture, the product first; counts:
    what the page rests on.
    """

    offer: OfferFacts
    verdict: str
    look: str
    answer: str
    advice: tuple[str, ...]
    notes: tuple[str, ...]
    parts: tuple[Part, ...]
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
        of_parts = (sentence for part in self.parts for sentence in part.sentences)
        return (self.answer, *self.advice, *self.notes, *of_parts, *self.counts)

    @property
    def n_words(self) -> int:
        """How many words the page has beside table and picture."""
        headings = (BANNER, self.title, self.verdict, *(part.heading for part in self.parts))
        return sum(
            bool(re.search(r"\w", word))
            for text in (*headings, *map(str, self.sentences))
            for word in text.split()
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


def board_document(page: Board, drawn: Picture | Drawing | None) -> Document:
    """The board's page as a document: the answer, the parts, table and picture, and what the page rests on."""
    answer = (
        Words(str(page.answer), "point", page.verdict),
        *(Words(str(sentence), "strong") for sentence in page.advice),
        *(Words(str(sentence), "note") for sentence in page.notes),
    )
    parts = [
        Section(tuple(Words(str(sentence)) for sentence in part.sentences), part.heading, part.name)
        for part in page.parts
    ]
    table = Section(tuple(filter(None, (page.table, drawn))), anchor="table")
    counts = Section(tuple(Words(str(sentence), "note") for sentence in page.counts))
    return Document(page.title, (Section(answer), *parts, table, counts))


def board_page(result: StudyResult) -> str:
    """The board's page as one HTML text, which prints on one side of A4. The same result gives the same text.

    Raises ResultsError for a study that states no offer.
    """
    shown = board(result)
    return page(board_document(shown, shown.picture), "board.html", look=shown.look)


def _board(result: StudyResult, offer: OfferFacts, most: int, facts: int) -> Board:
    """The page with at most so many groups and blanks, and so many facts of a kind."""
    outcome = outcome_of(result, offer.arm)
    answer, counts = sentences.answer(outcome, offer), tuple(sentences.counts(outcome))
    if result.few_departments:
        return Board(offer, *answer, (), (), (), (), None, None, counts)
    arms = (_called(outcome.arm, offer.product), *priced_alternatives(result, outcome.arm))
    measured = (*sentences.measure_first(outcome, most), *sentences.pilot(outcome, offer))
    parts = (
        Part("safety", "Is it safe?", tuple(sentences.safety(outcome, offer))),
        Part("worse", "Who is worse off?", tuple(sentences.worse_off(outcome, most))),
        Part("money", "Same money elsewhere", tuple(sentences.money(outcome))),
        Part("measure", "Measure first", measured),
        Part("vendor", "The vendor", tuple(sentences.vendor(offer, facts))),
        Part("assumed", "Assumed", tuple(sentences.assumed(offer, facts + 2))),
    )
    picture = first_picture(result, arms, number=sentences.signed)
    advice, notes = sentences.advice(outcome), sentences.notes(outcome, offer, facts)
    table = _table(result, *arms)
    return Board(offer, *answer, tuple(advice), tuple(notes), parts, arms, table, picture, counts)


def _shortened(offer: OfferFacts, longest: int) -> OfferFacts:
    """The offer with texts of at most so many characters; what was assumed may be three times as long."""
    claims, not_shown, differs = (
        tuple(sentences.cut_short(noun, longest) for noun in nouns)
        for nouns in (offer.claims, offer.not_shown, offer.differs)
    )
    assumed = tuple(sentences.cut_short(clause, 3 * longest) for clause in offer.assumed)
    product, department = (
        sentences.cut_short(name, longest) for name in (offer.product, offer.department)
    )
    names = replace(offer, product=product, department=department)
    return replace(names, claims=claims, not_shown=not_shown, differs=differs, assumed=assumed)


def _called(arm: ArmResult, label: str) -> ArmResult:
    """An arm under another label."""
    return replace(arm, ready=replace(arm.ready, arm=replace(arm.ready.arm, label=label)))


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
    cells, is_open = list[Cells](), False
    for arm in (product, *alternatives):
        outcome = outcome_of(result, arm.name)
        row, limits = outcome.first.comparison, outcome.limits
        effect = Cell(row.difference, unit, *sentences.ends_of(row), style="short difference")
        cost = _thousands(arm, "dearer" * is_dearer(arm, product))
        depends = arm is product and bool(outcome.otherwise)
        passes = "depends" if depends else "passes" if limits.judged else "–"
        unsettled = f"not settled: {sentences.limits_in_few(limits.open)}" if limits.open else ""
        cells.append(
            (sentences.cut_short(arm.label), cost, effect, limits.verb or unsettled or passes)
        )
        is_open = is_open or bool(unsettled and not limits.verb)
    is_wait = (target.measure, target.group) == sentences.WAIT
    headers = (
        "Option",
        "£1,000 a year (range)",
        f"{'Change in wait' if is_wait else target.label}, {sentences.unit_word(unit)}",
        "Safety limits",
    )
    notes = ("'Not settled': the range of the effect spans the limit.",) * is_open
    return ReportTable("board", "What each costs and does", headers, cells, notes)


def variants_table(one: StudyResult, other: StudyResult) -> ReportTable:
    """The rows of two variants of an offer, with what they have otherwise, and how far their effects are apart."""
    pages, compared = [board(one), board(other)], beside(one, other).comparisons
    names = [
        "; ".join([result.design.name, *page.offer.differs])
        for result, page in zip((one, other), pages, strict=True)
    ]
    tables = [page.table for page in pages if page.table is not None]
    cells = [
        (name, *table.cells[0][1:])
        for name, table in zip(names, tables, strict=len(tables) == len(pages))
    ]
    apart = compared[pages[0].offer.arm, one.first_target].apart
    unit = one.unit(one.first_target)
    words = "On the same patients, the second differs from the first by"
    notes = (
        ()
        if apart is None
        else (f"{words} {interval_cell(apart[2], unit)} {sentences.unit_word(unit)}.",)
    )
    headers = ("Variant", *(tables[0].headers[1:] if tables else ()))
    return ReportTable("variants", "Two variants of an offer", headers, cells, notes)
