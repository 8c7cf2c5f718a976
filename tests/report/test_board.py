"""The board's page of an offer: few plain words, numbers that stand in the tables, an outcome for each verdict."""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from docx import Document

import simulation as ae
from simulation.api import Result
from simulation.display.measured import Limits
from simulation.display.table import Cell
from simulation.display.word_file import word_file
from simulation.errors import ResultsError
from simulation.report import board as board_module
from simulation.report.board import (
    MOST_WORDS,
    Board,
    board,
    board_document,
    board_page,
    variants_table,
)
from simulation.report.letter import letter
from simulation.report.outcome import outcome_of
from simulation.report.screen import print_result
from simulation.report.write import write_exports, write_report
from simulation.runs.result import StudyResult
from simulation.statistics.verdict import Cause
from simulation.study.design import Blank, OfferFacts, PlannedPilot
from tests.golden import lines_of_html, lines_of_word

from .conftest import EFFECTS, OFFER
from .test_first_page import MORE, NOISE, NURSE, TOOL, made, with_also
from .test_first_page import of_group as group

NUMBERS = re.compile(r"\d[\d.,-]*\d|\d")
LEAST_EASE = 60
STATIC = {"95", "1", "2", "1-2", "20", "1,000"}
"""Numbers that are words of the page: the level of an interval, levels 1-2, the fewest departments, thousands."""


@pytest.fixture(autouse=True)
def blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left blank, worked out elsewhere."""
    monkeypatch.setattr(board_module, "rank_blanks", lambda result: EFFECTS)


def with_offer(result: Result, **facts: Any) -> Result:
    offer = replace(result.study.design.offer or OFFER, **facts)
    return replace(
        result, study=replace(result.study, design=replace(result.study.design, offer=offer))
    )


def text_of(page: Board) -> str:
    assert page.table is not None
    assert page.picture is not None
    parts = (line for part in page.parts for line in ("", part.heading, *map(str, part.words())))
    rows = (*(" | ".join(row) for row in (page.table.headers, *page.table.rows)), *page.table.notes)
    ends = (*map(str, page.counts), page.picture.alt, page.picture.caption)
    answer = (page.answer, " ".join(map(str, page.advice)), *page.notes)
    return "\n".join((page.title, page.verdict, *map(str, answer), *parts, "", *rows, "", *ends))


def syllables(word: str) -> int:
    """By the usual rule of thumb; a number counts as one."""
    letters = re.sub(r"(?:[^laeiouy]es|ed|[^laeiouy]e)$", "", re.sub(r"[^a-z]", "", word.lower()))
    return max(1, len(re.findall(r"[aeiouy]{1,2}", letters)))


def reading_ease(text: str) -> float:
    """Flesch's reading ease (1948); a sentence ends with a full stop."""
    words = [word for word in text.split() if re.search(r"\w", word)]
    sentences = [sentence for sentence in re.split(r"\.(?:\s|$)", text) if sentence.strip()]
    return (
        206.835
        - 1.015 * len(words) / len(sentences)
        - 84.6 * sum(map(syllables, words)) / len(words)
    )


def test_reading_ease_tells_plain_from_learned_words() -> None:
    assert reading_ease("The cat sat on the mat. The dog ran to the man.") > 100
    assert (
        reading_ease(
            "Heterogeneous departmental characteristics necessitate considerable deliberation."
        )
        < 0
    )


def test_the_words_of_the_page_are_those_that_were_read(
    offered: Result, golden: Callable[[str, str], None]
) -> None:
    golden("report/offer-board.txt", f"{text_of(board(offered))}\n\n{letter(offered)}\n")
    golden("report/offer-board_page.txt", lines_of_html(board_page(offered)))
    page = board(offered)
    golden("report/offer-board_word.txt", lines_of_word(word_file(board_document(page, None))))


def test_the_page_is_short_and_easy_to_read(offered: Result) -> None:
    page = board(offered)
    assert page.n_words <= MOST_WORDS == 300
    assert page.table is not None
    assert len(page.table.rows) <= 6
    assert reading_ease(" ".join(map(str, page.sentences))) >= LEAST_EASE
    assert reading_ease(letter(offered)) >= LEAST_EASE


def test_the_page_keeps_to_its_words_however_much_the_offer_says(offered: Result) -> None:
    long = "the number of the patients whom the nurses of the ward saw in the night and by day"
    many = tuple(f"{number} {long}" for number in range(9))
    facts: dict[str, Any] = {"claims": many, "not_shown": many, "assumed": many, "differs": many}
    facts["left_out"] = f"{long}, {long}, {long} and {long}"
    page = board(with_offer(offered, product=long, department=long, **facts))
    assert page.n_words <= MOST_WORDS
    assert "9 points, in the full report." in text_of(page)
    assert "…" in page.title
    assert "…" in text_of(page)
    assert "…." not in text_of(page)


def test_no_other_product_is_on_the_page(offered: Result) -> None:
    text = text_of(board(offered))
    assert offered.arm("ai_as_claimed").label not in f"{text}{board_page(offered)}"
    assert all(arm.label in text for arm in board(offered).arms)


def numbers_of(result: Result) -> Iterator[float]:
    """Every number that a table of the result, its study or its offer holds, as it is printed."""
    for table in result.tables.values():
        for cell in (cell for row in table.cells for cell in row if isinstance(cell, Cell)):
            yield from (
                abs(cell.scaled(value))
                for value in (cell.value, cell.low, cell.high)
                if value is not None
            )
    limits = [(target, target.minimal_important_difference) for target in result.targets]
    for judged, limit in (*limits, *((margin, margin.margin) for margin in result.design.margins)):
        yield limit * (100 if result.row_of(judged).unit == "share" else 1)
    for effect in EFFECTS:
        yield from (abs(effect.low), abs(effect.high), float(effect.blank.patients or 0))
    for arm in result.arms:
        yield from (abs(float(f"{arm.cost:.3g}")) for _ in [0] if arm.cost)
        yield from (pounds / 1000 for pounds in (arm.cost or 0.0, *(arm.cost_range or ())))
    for change in result.arm(OFFER.arm).explanation.changed:
        yield from map(float, NUMBERS.findall(change.words))
    department = result.department_of
    yield from (len(result.replications), result.run.measured_days, len(result.design.margins))
    yield 1 if department is None else len(np.unique(department))


def as_written(numbers: Iterable[float]) -> set[str]:
    """Numbers to a whole and to one decimal, with and without commas."""
    return {
        f"{number:{form}}"
        for number in numbers
        if np.isfinite(number)
        for form in (".0f", ".1f", ",.0f")
    }


def test_every_number_of_the_page_stands_in_a_table_of_the_result(offered: Result) -> None:
    page, facts = (
        board(offered),
        " ".join((*OFFER.claims, *OFFER.not_shown, *(arm.label for arm in offered.arms))),
    )
    known = as_written(numbers_of(offered)) | STATIC | set(NUMBERS.findall(facts))
    told = " ".join(
        (
            *map(str, page.sentences),
            *(cell for row in (page.table.rows if page.table else ()) for cell in row),
        )
    )
    numbers = NUMBERS.findall(told)
    assert len(numbers) > 30
    assert set(numbers) - known == set()


def test_the_numbers_of_the_answer_are_the_row_of_the_product(offered: Result) -> None:
    row = offered.row_of(offered.first_target, OFFER.arm)
    wider = row.department_p95 - row.department_p5 > row.difference_high - row.difference_low
    ends = (
        (row.department_p5, row.department_p95)
        if wider
        else (row.difference_low, row.difference_high)
    )
    size, low, high = (
        str(Cell(abs(value), row.unit, style="short")) for value in (row.difference, *ends)
    )
    said = board(offered).answer
    assert f"{size} minutes less" in said
    assert f"{high} to {low}" in said or f"{low} less to {high} more" in said


@pytest.mark.parametrize(
    ("wait", "under", "verdict", "answer"),
    [
        (
            80.0,
            0.15,
            "Fails on safety",
            "Our AI would fail 1 of 1 safety limits here, and patients would wait 20",
        ),
        (
            80.0,
            0.11,
            "May fail on safety",
            "Our AI may fail 1 of 1 safety limits here, and patients would wait 20",
        ),
        (
            98.0,
            0.1,
            "Too little to matter",
            "Our AI would do too little to matter here: patients would wait 2",
        ),
        (
            94.5,
            0.1,
            "Perhaps too little to matter",
            "Our AI would help here, but perhaps too little: patients",
        ),
        (
            110.0,
            0.1,
            "Does harm",
            "Our AI would make things worse here: patients would wait 10 minutes more for",
        ),
        (
            80.0,
            0.1,
            "Helps",
            "Our AI would help enough to matter here: patients would wait 20 minutes less for a",
        ),
    ],
)
def test_each_outcome_has_its_answer(
    result: Result, wait: float, under: float, verdict: str, answer: str
) -> None:
    noise = 3 * NOISE if wait == 94.5 else NOISE
    shown = made(
        result,
        {NURSE: [100.0] * 12, TOOL: wait + noise, MORE: 90 + NOISE},
        {TOOL: under},
        offer=bare(),
    )
    page = board(shown)
    assert page.verdict == verdict
    assert str(page.answer).startswith(answer)
    assert str(page.answer).count(".") == len(re.findall(r"\d\.\d", str(page.answer))) + 1, (
        "one sentence"
    )


def bare(**facts: Any) -> OfferFacts:
    return replace(OfferFacts(arm=TOOL, product="Our AI", department="Our A&E"), **facts)


def test_what_rests_on_the_vendors_word_stays_a_claim(result: Result) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 80 + NOISE}
    claimed = board(made(result, waits, offer=bare(claims=("30 seconds saved",))))
    assert str(claimed.answer).startswith("If the vendor's word holds, Our AI would help")
    assert "Its word alone: 30 seconds saved." in text_of(claimed)
    assert str(board(made(result, waits, offer=bare())).answer).startswith("Our AI would help")


def test_another_reading_of_the_product_that_fails_a_limit_is_in_the_answer(result: Result) -> None:
    page = board(two_readings(result))
    assert str(page.answer).endswith("; read less kindly, it fails on safety.")
    assert str(page.advice[0]) == "Do not buy it until its safety is shown."
    assert page.verdict.endswith(", and safety not shown")
    assert page.look == "cannot-tell"
    assert page.table is not None
    assert page.table.rows[0][-1] == "depends"
    told = "Read as 'unkind', it fails: the sickest (levels 1-2) who get too low a level, 10.0 % today, 15.0 % with it."
    assert told in text_of(page)
    assert "Settle which reading is right: it decides on safety." in text_of(page)
    alone = text_of(board(made(result, {NURSE: [100.0] * 12, TOOL: 80 + NOISE}, offer=bare())))
    assert not re.search("read(ing)? ", alone)


def advice_of(shown: Result, **facts: Any) -> str:
    return " ".join(map(str, board(with_offer(shown, **facts) if facts else shown).advice))


@pytest.mark.parametrize(
    ("wait", "under", "says"),
    [
        (80.0, 0.15, "Do not buy it as it is: it fails on safety."),
        (80.0, 0.11, "Do not buy it until its safety is shown."),
        (98.0, 0.1, "Do not buy it to cut waits."),
        (94.5, 0.1, "Do not buy it yet: the gain may be too small."),
        (110.0, 0.1, "Do not buy it."),
        (80.0, 0.1, "It is worth a pilot here."),
    ],
)
def test_what_to_do_follows_from_the_outcome(
    result: Result, monkeypatch: pytest.MonkeyPatch, wait: float, under: float, says: str
) -> None:
    monkeypatch.setattr(board_module, "rank_blanks", lambda result: ())
    noise = 3 * NOISE if wait == 94.5 else NOISE
    assert (
        advice_of(
            made(result, {NURSE: [100.0] * 12, TOOL: wait + noise}, {TOOL: under}, offer=bare())
        )
        == says
    )


def test_what_decides_is_settled_before_anybody_says_that_it_does_too_little(
    result: Result,
) -> None:
    shown = made(result, {NURSE: [100.0] * 12, TOOL: 98 + NOISE}, offer=bare())
    first = "First settle how many minutes triage of a walk-in takes: it decides the answer."
    assert advice_of(shown) == f"Do not buy it yet: the gain may be too small. {first}"


def test_what_does_more_for_the_same_money_is_part_of_the_advice(
    offered: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = outcome_of(offered.shown, OFFER.arm)
    assert product.bought is not None
    first, *others = product.bought.limits.judged
    unsettled = replace(first, judgement=replace(first.judgement, kind="cannot tell"))
    monkeypatch.setitem(vars(product.bought), "limits", Limits((unsettled, *others)))
    assert list(board_module.advice(product))[-1] == "The same money may do more elsewhere."
    monkeypatch.setitem(vars(product.bought), "limits", Limits(()))
    assert list(board_module.advice(product))[-1] == "The same money does more elsewhere."


def two_readings(result: Result, wait: float = 80, **facts: Any) -> Result:
    """A result in which another reading of the product fails the limit on under-triage."""
    waits = {NURSE: [100.0] * 12, TOOL: wait + NOISE, "ai_as_claimed": wait + NOISE}
    arms = dict(result.design.arms)
    arms["ai_as_claimed"] = replace(
        arms["ai_as_claimed"], triage=arms[TOOL].triage, label=f"{arms[TOOL].label}, unkind"
    )
    shown = made(result, waits, {"ai_as_claimed": 0.15}, offer=bare(**facts), arms=arms)
    ready = tuple(replace(one, arm=arms[one.name]) for one in shown.study.arms)
    return replace(shown, study=replace(shown.study, arms=ready))


def test_safety_that_is_not_shown_bars_any_use_of_what_does_too_little(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_module, "rank_blanks", lambda result: ())
    advice = advice_of(two_readings(result, 98))
    assert advice == "Do not buy it to cut waits. Before any other use, have its safety shown."


def test_a_limit_above_what_nobody_counted_is_said_to_be_assumed_and_one_counted_is_not(
    result: Result,
) -> None:
    blank = Blank(
        question="nurses' errors",
        parameters=("nurses_errors",),
        unit="patients",
        find="ask a panel",
    )
    assumed, counted = (
        text_of(board(two_readings(result, blanks=blanks))) for blanks in ((blank,), ())
    )
    assert (
        "10.0 % today (assumed), 15.0 % with it. Limit: 1 point above that, so also assumed."
        in assumed
    )
    assert "10.0 % today, 15.0 % with it. Limit: 1 point more." in counted


def test_the_harshest_reading_of_agreement_with_nurses_is_on_the_page(result: Result) -> None:
    text = text_of(board(two_readings(result, where_nurses_are_right=0.257)))
    assert "Harshest, if only where they are right: 25.7 %." in text
    assert "Harshest" not in text_of(board(two_readings(result)))


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("departments", "the range over departments spans the limit"),
        ("noise", "the interval spans the limit"),
        ("variance rule", "one odd department or run outweighs the others"),
        (None, "no case was seen"),
    ],
)
def test_not_settled_says_what_is_not_and_why(
    offered: Result, cause: Cause | None, reason: str
) -> None:
    shown = replace(offered)
    outcome = outcome_of(shown.shown, OFFER.arm)
    assert outcome.limits.judged
    first = outcome.limits.judged[0]
    judgement = replace(first.judgement, kind="cannot tell", cause=cause)
    vars(outcome)["limits"] = Limits((replace(first, judgement=judgement),))
    page = board(shown)
    assert page.table is not None
    assert page.table.rows[0][-1] == "not settled: wait of the sickest"
    (note,) = page.table.notes
    assert reason in note.removeprefix("'Not settled': ").removesuffix(".").split(" or one odd")
    assert page.table.notes[0] in html.unescape(board_page(shown))
    assert f"Not settled, as {reason}: wait of the sickest." in text_of(page)


def test_of_a_limit_on_which_all_departments_agree_no_odd_one_says_not_settled(
    offered: Result,
) -> None:
    """In no department of the offer do the sickest wait two minutes longer."""
    (wait,) = (
        one
        for one in outcome_of(offered.shown, OFFER.arm).limits.judged
        if one.margin.measure == "wait_to_clinician_mean"
    )
    assert wait.spread is not None
    assert (wait.spread.raw < wait.margin.margin).all()
    assert wait.state == "passes"


def test_blanks_that_decide_nothing_are_not_said_to(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = made(result, {NURSE: [100.0] * 12, TOOL: 98 + NOISE}, offer=bare())
    limit = shown.design.margins[0]
    idle = replace(EFFECTS[1], low=-2.1, high=-1.9)
    monkeypatch.setattr(board_module, "rank_blanks", lambda result: (idle, EFFECTS[0]))
    text = text_of(board(shown))
    assert (
        "Nothing left blank is expected to move the effect enough to matter. The most: the wait for a bed (2.1"
        in text
    )
    assert "To settle it" not in text
    monkeypatch.setattr(board_module, "rank_blanks", lambda result: (replace(idle, limit=limit),))
    text = text_of(board(shown))
    assert "Most hinges on the wait for a bed." in text
    assert (
        "It decides a safety limit, too: the sickest (levels 1-2) who get too low a level." in text
    )


def test_an_identical_product_changes_nothing(result: Result) -> None:
    shown = made(result, {NURSE: [100.0] * 12, TOOL: np.full(12, 100.0)}, offer=bare())
    same = replace(
        shown,
        replications=tuple(
            replace(one, arms={**one.arms, TOOL: one.arms[NURSE]}) for one in shown.replications
        ),
    )
    assert str(board(same).answer) == "Our AI changes nothing here."


def test_groups_harmed_by_more_than_matters_are_named_the_hardest_hit_first(result: Result) -> None:
    by_age = {group("age_band=child"): 7.0, group("age_band=adult"): -9.0}
    by_arrival = {group("arrival_source=ambulance"): 12.0, group("arrival_source=walk_in"): -9.0}
    shown = with_also(
        made(result, {NURSE: [100.0] * 12, TOOL: 98 + NOISE}, offer=bare()),
        {**by_age, **by_arrival},
    )
    worse = next(part for part in board(shown).parts if part.anchor == "worse")
    assert [*map(str, worse.words())] == [
        "Ambulance patients would wait 12 minutes longer.",
        "Children: 7 minutes.",
    ]
    nobody = made(result, {NURSE: [100.0] * 12, TOOL: 98 + NOISE}, offer=bare())
    assert "No groups were looked at." in text_of(board(nobody))


def test_what_the_planned_pilot_could_tell_is_one_line(result: Result) -> None:
    told, waits = [], {NURSE: [100.0] * 12, TOOL: 80 + NOISE}
    for half_width, false_alarms in ((200.0, 0.05), (1.0, 0.05), (1.0, 0.27)):
        pilot = PlannedPilot(
            design="24 alternate weeks", half_width=half_width, false_alarms=false_alarms
        )
        told.append(text_of(board(made(result, waits, offer=bare(pilot=pilot)))))
    assert (
        "The pilot, 24 alternate weeks, would measure the wait to ± 200 minutes, and misjudge a product"
        in told[0]
    )
    assert "misjudge a product that does nothing in 5 of 100: it could not tell." in told[0]
    assert ["it could tell" in page for page in told] == [False, True, False]
    assert "The pilot, " not in text_of(board(made(result, waits, offer=bare())))


def test_few_departments_have_no_answer(offered: Result) -> None:
    few = replace(
        offered, study=replace(offered.study, run=replace(offered.study.run, departments=10))
    )
    page = board(few)
    assert (page.verdict, page.parts, page.table, page.picture) == ("No answer yet", (), None, None)
    assert str(page.answer).startswith("10 departments are too few for an answer")
    assert "10 departments are too few" in board_page(few)


def test_alternatives_that_the_price_buys_come_first_and_others_are_marked(offered: Result) -> None:
    page = board(offered)
    assert (page.arms[0].name, page.arms[0].label) == (OFFER.arm, OFFER.product)
    price, *costs = (arm.cost or 0.0 for arm in page.arms)
    bought = [cost <= price for cost in costs]
    assert {True, False} == set(bought)
    assert bought == sorted(bought, reverse=True)
    assert page.table is not None
    assert [("dearer" in row[1]) for row in page.table.rows[1:]] == [not one for one in bought]


def test_the_range_of_each_cost_stands_in_the_table(offered: Result) -> None:
    table = board(offered).table
    assert table is not None
    low, high = offered.arm("lean_triage").cost_range or (0.0, 0.0)
    assert f"60 ({low / 1000:.0f} to {high / 1000:.0f})" in next(
        row[1] for row in table.rows if "Lean" in row[0]
    )


def test_what_the_product_changes_at_triage_and_what_was_assumed_are_on_the_page(
    offered: Result,
) -> None:
    changed = next(
        change for change in offered.arm(OFFER.arm).explanation.changed if change.kind == "minutes"
    )
    facts = {"assumed": ("nurses err as in two hospitals",), "differs": ("price 9, not 8",)}
    text = text_of(board(with_offer(offered, **facts)))
    assert f"At triage: {changed.short} of those who come there." in text
    assert "Nurses err as in two hospitals." in text
    assert "Variant: price 9, not 8." in text


def test_for_whom_the_product_is_not_is_on_the_page_as_a_whole(offered: Result) -> None:
    left_out = (
        "GP referrals, ambulance patients, children, adults and all the others (54 % of everybody)"
    )
    assert f"Not for {left_out}." in text_of(board(with_offer(offered, left_out=left_out)))
    assert "Not for" not in text_of(board(offered))


def test_variants_of_an_offer_are_set_side_by_side_with_what_differs(offered: Result) -> None:
    other = with_offer(offered, differs=("price 9, not 8",))
    other = replace(other, study=replace(other.study, design=replace(other.design, name="other")))
    table = variants_table(offered, other)
    first, second = table.rows
    assert (first[0], second[0]) == ("ai_triage", "other; price 9, not 8")
    page = board(offered)
    assert page.table is not None
    assert first[1:] == second[1:] == page.table.rows[0][1:]
    assert "differs from the first by 0.0 (0.0 to 0.0) minutes" in table.notes[0]
    renamed = replace(other.design, offer=replace(OFFER, product="Another AI"))
    with pytest.raises(ResultsError, match="cannot be compared"):
        variants_table(offered, replace(other, study=replace(other.study, design=renamed)))


def test_the_picture_draws_no_line_through_words_and_says_what_its_colours_mean(
    offered: Result,
) -> None:
    picture = board(offered).picture
    assert picture is not None
    lines = re.findall(
        r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"', picture.svg
    )
    upright = [(float(top), float(end)) for left, top, right, end in lines if left == right]
    words = [float(y) for y in re.findall(r'<text x="10.0" y="([\d.]+)"', picture.svg)]
    assert len(words) > 3
    assert not [
        (top, y) for top, end in upright for y in words if top < y < end or top < y - 9 < end
    ]
    assert all(word in picture.caption for word in ("Blue square", "orange diamond", "grey circle"))


def test_the_letter_asks_for_what_is_missing_and_of_everybody_for_version_extras_and_data(
    offered: Result,
) -> None:
    text = letter(offered)
    assert (
        "1. 27 seconds saved at each triage. Please send: minutes a patient before and after"
        in text
    )
    assert "2. Accuracy by language. Please send: for each group" in text
    assert "3. What happens when it fails. Please send: hours out of use" in text
    least = letter(with_offer(offered, claims=(), not_shown=()))
    for about in (
        "1. The version, and since when",
        "2. What the price leaves out",
        "3. Where patients' words are",
    ):
        assert about in least
    assert 'href="letter.txt"' in board_page(offered)


@pytest.mark.parametrize(
    ("noun", "send"),
    [
        ("a panel's judgement", "who set the true level"),
        ("errors by level", "the counts of true level"),
        ("number of cases", "how many, from where"),
        ("ages and languages", "for each group"),
        ("repeat answers", "how many cases got another label"),
        ("failures", "hours out of use"),
        ("an independent study of the minutes saved", "minutes a patient before"),
        ("its use where it runs", "patients for whom it could have been used"),
        ("uptake by nurses", "how often nurse and product differed"),
        ("88 % agreement with nurses", "who set the true level"),
        ("anything else", "what was measured, by whom"),
    ],
)
def test_the_letter_says_what_to_send_on_each_topic(offered: Result, noun: str, send: str) -> None:
    assert f". Please send: {send}" in letter(with_offer(offered, claims=(), not_shown=(noun,)))


def test_the_letter_asks_once_for_what_two_nouns_would_be_answered_by(offered: Result) -> None:
    claims, unseen = (
        ("88 % agreement with nurses",),
        ("a panel's judgement", "number of cases", "cases by site"),
    )
    text = letter(with_offer(offered, claims=claims, not_shown=unseen))
    assert (
        "1. 88 % agreement with nurses; a panel's judgement, which we have not seen. Please send: who set"
        in text
    )
    assert "2. Number of cases; cases by site. Please send: how many" in text
    assert text.count("who set the true level") == 1


def test_the_letter_asks_for_cases_yardstick_and_price_that_the_study_lacks_once(
    result: Result,
) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 98 + NOISE}
    text = letter(made(result, waits, offer=bare(not_shown=("cases that it was tested on",))))
    assert "The price. Please send: pounds a year" in text, "the tool states no cost"
    assert "1. Cases that it was tested on. Please send: how many" in text
    assert text.count("how they were chosen") == 1


def test_a_run_of_an_offer_has_page_and_letter_and_its_screen_leads_with_the_answer(
    offered: Result, tmp_path: Path, without_pictures: None
) -> None:
    assert write_report(tmp_path, offered) is None
    assert (tmp_path / "board.html").read_text(encoding="utf-8") == ae.board_page(offered)
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == letter(offered)
    assert (tmp_path / "report.html").is_file()
    out = StringIO()
    print_result(offered, tmp_path, stream=out)
    lines = " ".join(out.getvalue().split())
    page = board(offered)
    assert lines.startswith(
        f"{page.title} {page.verdict}. {page.answer} {' '.join(map(str, page.advice))}"
    )
    assert len(out.getvalue().splitlines()) <= 15
    assert len(lines.split()) < 120
    assert f"{tmp_path}/board.html" in lines


def test_other_studies_have_no_page(result: Result, folder: Path) -> None:
    assert not (folder / "board.html").exists()
    assert not (folder / "letter.txt").exists()
    with pytest.raises(ResultsError, match="states no offer"):
        board_page(result)
    assert letter(result) == ""


def test_the_word_document_says_what_the_page_says(
    offered: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("workbook", "stress_des"):
        monkeypatch.setattr(f"simulation.report.write.{other}", lambda *of: b"")
    path = next(path for path in write_exports(tmp_path, offered) if path.name == "board.docx")
    document = Document(BytesIO(path.read_bytes()))
    texts, page = [paragraph.text for paragraph in document.paragraphs], board(offered)
    assert f"{page.verdict}: {page.answer}" in texts
    assert " ".join(map(str, page.advice)) in texts
    assert all(str(sentence) in texts for part in page.parts for sentence in part.words())
    assert len(document.tables) == 1
    assert len(document.inline_shapes) == 1


def test_a_text_of_the_offer_is_escaped_and_its_signs_are_no_places(result: Result) -> None:
    odd = bare(product="<b>$size & {n}</b>", claims=("$unit off",))
    shown: StudyResult = made(result, {NURSE: [100.0] * 12, TOOL: 98 + NOISE}, offer=odd)
    page = board_page(shown)
    assert "&lt;b&gt;$size &amp; {n}&lt;/b&gt;" in page
    assert "$unit off" in page


def test_what_a_product_paid_by_the_patient_costs_ranges_with_its_use() -> None:
    """Of £163,000 if it were used for everyone, £90,000 are shown for 55 %: 20 to 90 % are £33,000 to £147,000."""
    share, drawn = SimpleNamespace(value=0.55), {"used_share": (0.2, 0.5, 0.9)}
    policy = SimpleNamespace(price_per_attendance=2.0, covers=SimpleNamespace(share=share))
    result: Any = SimpleNamespace(
        study=SimpleNamespace(departments=SimpleNamespace(varied_values=drawn))
    )
    product: Any = SimpleNamespace(
        ready=SimpleNamespace(policy=policy), cost=89_650.0, cost_range=None
    )
    cell = board_module._thousands(product, "", board_module._use(result, product))
    assert (round(cell.value), round(cell.low), round(cell.high)) == (90, 33, 147)
    policy.price_per_attendance = None
    assert board_module._use(result, product) == (1, 1)
