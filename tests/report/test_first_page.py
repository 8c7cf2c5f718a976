"""The first page: a sentence for each product on made-up measures, its numbers in tables, and an honest department."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from simulation.api import Result, compare
from simulation.config import load
from simulation.display.measured import Limits, Measured, limits_of
from simulation.display.table import Cell
from simulation.errors import ConfigError
from simulation.measures.measuring import MeasureName, Measures
from simulation.report import first_page as first_page_module
from simulation.report.findings import implausible
from simulation.report.first_page import first_page, headlines
from simulation.report.outcome import outcome_of, products
from simulation.report.patient_groups import worse_off
from simulation.report.verdict_tables import ON_PAST_TRIALS, first_table
from simulation.runs.result import StudyResult
from simulation.statistics.variance_components import TableUncertainty
from simulation.statistics.verdict import margin_words
from simulation.study.design import Cost, Design
from simulation.study.explanation import Explained
from simulation.triage.matrix import Matrix

from .conftest import with_measures

WAIT = MeasureName("wait_to_clinician_mean", "minutes", "all")
UNDER = MeasureName("under_triage_1_2_share", "share", "all")
FOUR_HOURS = MeasureName("within_4h_share", "share", "all")
NUMBER, MOST_WORDS = re.compile(r"\d[\d,.]*\d|\d"), 25
NOISE = np.resize([-1.0, 0.0, 1.0], 12)
TOOL, NURSE, MORE = "ai_label_measured_under", "nurse", "one_more_triage_nurse"


def made(
    result: Result,
    waits: Mapping[str, Sequence[float] | np.ndarray],
    under: Mapping[str, float] | None = None,
    **design: object,
) -> Result:
    """Twelve replications with these waits, and these shares of under-triage, by arm."""
    study = replace(result.study, run=replace(result.run, replications=12))
    twelve = replace(
        result,
        study=study,
        replications=tuple(result.replications[number % 3] for number in range(12)),
    )
    shares = {name: (under or {}).get(name, 0.1) + NOISE / 1000 for name in waits}
    measures = {
        name: [
            Measures((WAIT, UNDER), np.array([wait, share]))
            for wait, share in zip(
                values, shares[name] if name != NURSE else shares[name] * 0 + 0.1, strict=True
            )
        ]
        for name, values in waits.items()
    }
    margin = next(each for each in result.design.margins if each.measure == UNDER.measure)
    stated = replace(
        result.design, primary=result.design.primary[:1], secondary=(), margins=(margin,), sham=None
    )
    return with_measures(twelve, measures, replace(stated, **design))


def words_of(result: StudyResult, arm: str = TOOL) -> str:
    (found,) = (each for each in headlines(result) if each.arm == arm)
    return found.words


def test_a_sentence_says_effect_and_interval_and_that_something_else_does_as_much(
    result: Result,
) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 90 + NOISE, MORE: 89.5 + NOISE[::-1]}
    assert [each.words for each in headlines(made(result, waits))] == [
        "shortens it by 10.0 min (9.5 to 10.5), enough to matter. 'One more triage nurse, day and night' does as much.",
        "'One more triage nurse, day and night' (£369,000 a year) shortens it by 10.5 min.",
    ]


def with_also(result: Result, also: Mapping[MeasureName, float]) -> Result:
    """The same with these measures beside, at 0.5 under every arm, and by so much higher under the tool."""
    measures = {
        name: [
            Measures(
                (*rows.names, *also),
                np.array(
                    [
                        *rows.values,
                        *(0.5 + (extra + noise / 1000) * (name == TOOL) for extra in also.values()),
                    ]
                ),
            )
            for rows, noise in zip(of_arm, NOISE, strict=True)
        ]
        for name, of_arm in result.measures.items()
    }
    return with_measures(result, measures, result.design)


def of_group(group: str) -> MeasureName:
    return MeasureName(WAIT.measure, "minutes", group)


def test_a_group_harmed_by_more_than_matters_stands_in_the_headline_of_the_arm(
    result: Result,
) -> None:
    by_arrival = {
        of_group("arrival_source=ambulance"): 6.2,
        of_group("arrival_source=walk_in"): -9.0,
    }
    by_level = {of_group("acuity_true=1-2"): 4.9, of_group("acuity_true=urgent"): 8.0}
    by_age = {of_group("age_band=child"): 7.0, of_group("age_band=adult"): -9.0}
    waits = {NURSE: [100.0] * 12, TOOL: 98 + NOISE, MORE: 80 + NOISE[::-1]}
    found = with_also(made(result, waits), {**by_arrival, **by_level, **by_age})
    harmed = "too little to matter. Worse off: children +7.0, ambulance patients +6.2 min."
    assert words_of(found).endswith(harmed), "levels 1-2 by 4.9 minutes, and 5 matter"
    assert "Worse off" not in words_of(made(result, waits))
    assert "acuity_true=1-2" in {worse.comparison.group for worse in worse_off(found)}, (
        "in the table all the same"
    )


def test_a_group_whose_limit_fails_is_named_once_and_an_alternative_says_whom_it_harms(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    high = MeasureName(WAIT.measure, "minutes", "acuity_true=1-2")
    others = {of_group("acuity_true=urgent"): -20.0, of_group("arrival_source=ambulance"): 8.0}
    sickest = next(each for each in result.design.margins if each.group == "acuity_true=1-2")
    waits = {NURSE: [100.0] * 12, TOOL: 90 + NOISE, MORE: 94 + NOISE[::-1]}
    found = with_also(
        made(result, waits), {high: 9.0, **others, of_group("arrival_source=walk_in"): -1.0}
    )
    both = with_measures(found, found.measures, replace(found.design, margins=(sickest,)))
    assert "Worse off: patients of true levels 1-2 +9.0, ambulance patients +8.0 min." in words_of(
        found
    )
    assert words_of(both).startswith("fails on safety: wait (levels 1-2) +9.0 min. ")
    assert "patients of true levels 1-2 " not in words_of(both)
    swapped = {**both.design.arms, TOOL: replace(both.design.arms[TOOL], comparator=True)}
    swapped[MORE] = replace(swapped[MORE], comparator=False)
    design = replace(found.design, arms=swapped, focus=(MORE,))
    best = with_measures(found, found.measures, design)
    assert "Worse off: patients of true levels 1-2 +9.0, ambulance patients +8" in words_of(best)
    monkeypatch.setattr(first_page_module, "best_alternative", lambda result: None)
    harmed = "enough' (cost not stated; worse off: patients of true levels 1-2 +9.0, ambulance patients +8"
    assert harmed in words_of(best, MORE)


@pytest.mark.parametrize(
    ("wait", "more_leave", "said"), [(90, 0.01, True), (90, -0.01, False), (110, 0.01, False)]
)
def test_a_wait_that_falls_while_more_patients_leave_says_so(
    result: Result, wait: float, more_leave: float, said: bool
) -> None:
    found = made(result, {NURSE: [100.0] * 12, TOOL: wait + NOISE, MORE: 100 + NOISE})
    found = with_also(found, {MeasureName("left_share", "share", "all"): more_leave})
    words = "Part of it because more patients leave."
    assert (words in words_of(found)) is said
    swapped = {
        name: replace(found.design.arms[name], comparator=name == TOOL)
        for name in (NURSE, TOOL, MORE)
    }
    swapped = with_measures(
        found, found.measures, replace(found.design, arms=swapped, focus=(MORE,))
    )
    assert (words in headlines(swapped)[-1].words) is said, "of the best alternative"


def test_of_an_effect_that_is_not_told_nobody_is_said_to_leave(result: Result) -> None:
    found = made(result, {NURSE: [100.0] * 12, TOOL: 98 + NOISE}, {TOOL: 0.15})
    found = with_also(found, {MeasureName("left_share", "share", "all"): 0.01})
    assert words_of(found) == "fails on safety: under-triage from 10.0 to 15.0 %."


def test_the_note_of_the_first_table_says_that_waits_are_cut_at_twelve_hours(
    result: StudyResult,
) -> None:
    cut = "Waits to the first clinician over 12 h count as 12 h."
    assert result.tables["first_page"].notes.count(cut) == 1
    assert cut in result.tables[f"target:{WAIT.measure}:all"].notes
    assert cut not in result.tables["target:within_4h_share:all"].notes


@pytest.mark.parametrize(
    ("wait", "effect"), [(98, ""), (110, " Lengthens it by 10.0 min (9.5 to 10.5).")]
)
def test_a_failed_safety_limit_comes_first_then_an_effect_that_matters(
    result: Result, wait: float, effect: str
) -> None:
    found = made(result, {NURSE: [100.0] * 12, TOOL: wait + NOISE}, {TOOL: 0.15})
    assert words_of(found) == f"fails on safety: under-triage from 10.0 to 15.0 %.{effect}"


@pytest.mark.parametrize(
    ("under", "output", "look"),
    [
        (0.15, "fails: under-triage from 10.0 to 15.0 %", "worse"),
        (0.1, "passes on average", ""),
        (0.11, "may fail: under-triage from 10.0 to 11.0 %", "cannot-tell"),
    ],
)
def test_the_column_of_safety_limits_says_from_what_to_what(
    result: Result, under: float, output: str, look: str
) -> None:
    found = first_table(made(result, {NURSE: [100.0] * 12, TOOL: 98 + NOISE}, {TOOL: under}))
    assert found is not None
    at = found.headers.index("safety limits")
    cell = found.cells[1][at]
    assert isinstance(cell, Cell)
    assert (str(cell), cell.look) == (output, look)
    assert found.rows[0][at] == "–"


def test_the_best_alternative_is_told_last_whatever_becomes_of_the_products(result: Result) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 98 + NOISE, MORE: 90 + NOISE[::-1]}
    helps = "Best alternative: 'One more triage nurse, day and night' (£369,000 a year) shortens it by 10.0 min."
    for tool in (80, 91, 98, 102):
        for under in (0.1, 0.15):
            found = made(result, {**waits, TOOL: tool + NOISE}, {TOOL: under})
            assert first_page(found).headlines[-1].sentence == helps
    assert [
        each.arm for each in headlines(made(result, {**waits, "ai_as_claimed": 103 + NOISE}))
    ].count(MORE) == 1


def test_what_helps_little_or_fails_a_limit_itself_is_not_the_best_alternative(
    result: Result,
) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 102 + NOISE, MORE: 90 + NOISE[::-1]}
    named = []
    for found in (
        made(result, waits, {MORE: 0.15}),
        made(result, {**waits, MORE: 97 + NOISE[::-1]}),
    ):
        best = headlines(found)[-1]
        none, *nearest = best.sentence.split(". Nearest is ")
        assert none.rstrip(".") == (
            "Best alternative: none is shown to help enough without failing on safety"
        )
        assert all(words.startswith("'One more triage nurse") for words in nearest)
        named.append(len(nearest))
        assert best.arm == ""
    assert named == [0, 1]  # what fails a limit is not the nearest; what helps too little is


def test_a_share_of_everybody_is_called_so_where_the_tool_labels_some_only(result: Result) -> None:
    found = made(
        result, {NURSE: [100.0] * 12, "ai_as_claimed": 98 + NOISE}, {"ai_as_claimed": 0.15}
    )
    assert (
        "fails on safety: of everybody, under-triage from 10.0 to 15.0 %."
        in headlines(found)[0].words
    )


@pytest.mark.parametrize(
    ("wait", "output"),
    [
        (100 + NOISE, "makes no difference that matters: 0.0 min (−0.5 to +0.5)."),
        (99 + 40 * NOISE, "effect not settled: −1.0 min ("),
        (106 + NOISE, "lengthens it by 6.0 min (5.5 to 6.5), enough to matter"),
        (94.5 + 3 * NOISE, "shortens it by 5.5 min (3.9 to 7.1), perhaps too little to matter"),
        (99.97 + NOISE / 1000, "makes no difference that matters: 0.0 min (0.0 to 0.0)."),
        (
            np.where(np.arange(12) == 3, np.inf, 90.0),
            "effect not known: it is missing in some replication, for example",
        ),
    ],
)
def test_every_kind_of_effect_has_its_words(result: Result, wait: np.ndarray, output: str) -> None:
    assert words_of(made(result, {NURSE: [100.0] * 12, TOOL: wait})).startswith(output)


def test_what_costs_more_is_not_called_cheaper_and_what_does_half_as_much_does_not_do_as_much(
    result: Result,
) -> None:
    priced = Cost(per_year=100_000, what="a licence", evidence="assumed", source="test")
    waits = {NURSE: [100.0] * 12, TOOL: 90 + NOISE, MORE: 80 + NOISE[::-1]}
    dear = made(result, waits)
    arms = {**dear.design.arms, TOOL: replace(dear.design.arms[TOOL], cost=priced)}
    ready = tuple(replace(arm, arm=arms[arm.name]) for arm in dear.study.arms)
    study = replace(dear.study, arms=ready, design=replace(dear.design, arms=arms))
    assert words_of(replace(dear, study=study, explained=Explained(study))).endswith(
        "Nothing cheaper is shown to do as much."
    )
    less = made(result, {**waits, MORE: 95 + NOISE[::-1] / 10})
    assert words_of(less).endswith("No alternative is shown to do as much.")
    assert "as much" not in words_of(made(result, {**waits, TOOL: 98 + NOISE})), (
        "too little to be matched"
    )


@pytest.mark.parametrize(
    ("kept", "ends"), [(0.55, "does as much."), (0.45, "No alternative is shown to do as much.")]
)
def test_an_alternative_that_keeps_half_of_an_effect_does_as_much(
    result: Result, kept: float, ends: str
) -> None:
    """Of an effect of 6 minutes, paired without noise; 5 minutes matter."""
    waits = {NURSE: [100.0] * 12, TOOL: 94 + NOISE, MORE: 100 - 6 * kept + NOISE}
    assert words_of(made(result, waits)).endswith(ends)


def test_a_claim_is_reported_as_a_claim(result: Result) -> None:
    found = made(result, {NURSE: [100.0] * 12, "ai_as_claimed": 80 + NOISE})
    assert headlines(found)[0].words.startswith(
        "if the untested claim is true, shortens it by 20.0 min"
    )


def test_focus_names_the_products_and_their_order(result: Result) -> None:
    chosen = replace(
        result, study=replace(result.study, design=replace(result.design, focus=(MORE, TOOL)))
    )
    assert [arm.name for arm in products(chosen)] == [MORE, TOOL]
    table = first_table(chosen)
    assert table is not None
    assert [row[0] for row in table.rows[1:3]] == [chosen.arm(MORE).label, chosen.arm(TOOL).label]
    assert [arm.name for arm in products(result)] == [TOOL, "ai_as_claimed"], (
        "the tools, no comparator and no twin"
    )


@pytest.mark.parametrize(
    ("name", "why"), [("nurze", "is no arm"), ("sham", "is the sham"), ("nurse", "is the baseline")]
)
def test_a_focus_of_which_nothing_could_be_said_is_refused(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=rf"study\.focus: '{name}' {why}"):
        load(f"study.focus=[{name}]")


def test_every_number_of_the_first_page_stands_in_a_table(result: Result) -> None:
    page = first_page(result)
    assert all(NUMBER.findall(each.words) for each in page.headlines if each.arm)
    assert numbers_in_no_table(result) == set()
    assert page.table is not None
    assert page.table == result.tables["first_page"]


def numbers_in_no_table(result: StudyResult) -> set[str]:
    """The numbers of the first page's sentences and picture that stand in no table, its title, headers or notes."""
    page = first_page(result)
    told = " ".join(cell for table in result.tables.values() for row in table.rows for cell in row)
    told += " ".join(
        f"{table.title} {' '.join((*table.headers, *table.notes))}"
        for table in result.tables.values()
    )
    assert page.picture is not None
    shown = [
        words
        for words in re.findall(r"<text[^>]*>([^<]*)</text>", page.picture.svg)
        if not is_tick(words)
    ]
    words = " ".join((*page.sentences, page.picture.alt, page.picture.caption, *shown))
    return set(NUMBER.findall(words)) - set(NUMBER.findall(told))


def is_tick(words: str) -> bool:
    """Whether a text of a picture is a round number on its axis."""
    return re.fullmatch(r"[+−]?\d+(\.5)?", words) is not None


def test_no_sentence_of_the_first_page_is_longer_than_25_words(result: Result) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 98 + NOISE, MORE: 80 + NOISE[::-1]}
    for found in (result, made(result, waits), made(result, waits, {TOOL: 0.15})):
        for sentence in re.split(r"(?<=[.:]) ", " ".join(first_page(found).sentences)):
            assert len(sentence.split()) <= MOST_WORDS, sentence


def test_a_cell_is_coloured_as_it_is_worded(result: StudyResult) -> None:
    found = first_table(result)
    assert found is not None
    kinds = {"better": "better", "worse": "(worse|fails)", "no-change": "no material change"}
    kinds["cannot-tell"] = "(not settled|may fail)"
    n_looked_at = 0
    for cell in (cell for row in found.cells for cell in row if isinstance(cell, Cell)):
        if cell.look and "identical" not in str(cell):
            assert re.search(kinds[cell.look], str(cell))
            n_looked_at += 1
    assert n_looked_at >= 9


def test_better_is_left_whichever_way_the_measure_goes(result: Result) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 90 + NOISE}
    target = result.design.primary[0]
    up = replace(target, measure="within_4h_share", minimal_important_difference=0.01)
    lower, higher = made(result, waits), made(result, waits)
    measures = {
        name: [
            Measures(
                (MeasureName("within_4h_share", "share", "all"), UNDER), np.array([share, 0.1])
            )
        ]
        * 12
        for name, share in ((NURSE, 0.5), (TOOL, 0.6))
    }
    noisy = [
        Measures(each.names, each.values + np.array([noise / 1000, 0]))
        for each, noise in zip(measures[TOOL], NOISE, strict=True)
    ]
    higher = with_measures(higher, {**measures, TOOL: noisy}, replace(higher.design, primary=(up,)))
    for found in (lower, higher):
        picture = first_page(found).picture
        assert picture is not None
        (square,) = re.findall(r'<rect x="([\d.]+)"', picture.svg)
        zero = re.findall(r'<line x1="([\d.]+)"[^>]* stroke="#212b32"', picture.svg)
        assert float(square) < float(zero[0])


def test_a_small_department_without_levels_or_clinician_has_a_first_page() -> None:
    study = load(
        "study=gallery/one_nurse", "executor=serial", "run.replications=3", "run.measured_days=7"
    )
    result = compare(study)
    page = first_page(result)
    assert [each.label for each in page.headlines] == ["Two nurses", "9 minutes, not 12"]
    assert page.lead.startswith("Effects on 'Stay' (")
    assert page.table is not None
    headers = ("Stay, minutes", ON_PAST_TRIALS, "Within four hours, percentage points")
    assert page.table.headers == ("arm", *headers)
    assert '<section class="first"' in result.report()


def test_a_believable_department_gets_no_check(result: StudyResult) -> None:
    assert implausible(result) == ()


def test_full_beds_and_long_handovers_are_reported_with_the_keys(result: Result) -> None:
    beds = MeasureName("occupied_at_midnight_share", "share", "pool=medicine_beds")
    handover = MeasureName("handover_mean", "minutes", "all")
    rows = [Measures((WAIT, beds, handover), np.array([60.0, 1.03, 240.0]))] * 3
    design: Design = replace(
        result.design, primary=result.design.primary[:1], secondary=(), margins=(), sham=None
    )
    found = with_measures(result, {NURSE: rows, TOOL: rows}, design)
    full, long = implausible(found)
    assert (
        "beds are full at midnight (medicine beds 103 %). Look at site.pools.medicine_beds" in full
    )
    assert "ambulances wait 240.0 min on average to hand over" in long


def test_every_primary_measure_has_a_column_of_its_own_name_and_a_sentence() -> None:
    study = load(
        "study=gallery/clinic", "executor=serial", "run.replications=3", "run.measured_days=7"
    )
    clinic = compare(study)
    assert len({target.measure for target in clinic.design.primary}) == 2
    page = first_page(clinic)
    assert page.table is not None
    headers = page.table.headers
    assert len(set(headers)) == len(headers)
    labels = [target.label for target in clinic.design.primary]
    assert labels[0] in page.lead
    assert "'Gave up' (" in page.lead
    assert all(" 'Gave up': " in headline.words for headline in page.headlines)


def test_a_difference_printed_as_zero_is_no_change_where_no_least_one_is_stated(
    result: Result,
) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 98 + NOISE}
    for shift, words in ((1e-5, "0.0 (0.0 to 0.0) no change"), (1e-2, "worse")):
        shown = made(result, waits, margins=())
        others = {
            name: [
                Measures(
                    (*measures.names, FOUR_HOURS),
                    np.array([*measures.values, 0.6 - shift * (name == TOOL)]),
                )
                for measures in shown.measures[name]
            ]
            for name in waits
        }
        table = first_table(with_measures(shown, others, shown.design))
        assert table is not None
        assert table.rows[1][3].endswith(words)
        assert "by column: 5 min, none stated." in table.notes[0]


@pytest.mark.slow
def test_work_beyond_capacity_is_reported_above_the_answer_and_stored_with_a_result() -> None:
    study = load(
        "study=gallery/one_nurse", "executor=serial", "run.replications=2", "run.measured_days=7",
        "pathway.arrivals.walk_in.per_day=200", "+pathway.allow_overload=true",
    )  # fmt: skip
    result = compare(study)
    checks = first_page(result).checks
    (output,) = [
        each for each in checks if "More work is asked for over the week than can be done" in each
    ]
    assert re.search(
        r"\(nurses 1\.\d\d times what there is\)\. Look at pathway\.pools\.nurses", output
    )


def test_the_answer_begins_with_what_becomes_of_several_products(result: Result) -> None:
    waits = {
        NURSE: [100.0] * 12,
        TOOL: 98 + NOISE,
        "ai_as_claimed": 98 + NOISE,
        MORE: 90 + NOISE[::-1],
    }
    three = made(result, waits, {TOOL: 0.15}, focus=(TOOL, "ai_as_claimed", MORE))
    told = "Of 3 products 1 fails on safety, 1 does too little, 1 helps enough. Effects on"
    assert first_page(three).sentences[0].startswith(told)
    assert first_page(made(result, waits, {TOOL: 0.15}, focus=(TOOL, MORE))).lead.startswith(
        "Effects on"
    )


def test_the_page_says_what_passes_on_safety_only_where_there_is_a_limit(result: Result) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 98 + NOISE}
    assert "Safety passes on average unless said:" in first_page(made(result, waits)).lead
    assert "afety" not in first_page(made(result, waits, margins=())).lead


def test_products_that_help_on_one_measure_and_harm_on_another_or_leave_safety_open_are_counted_so(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = {
        NURSE: [100.0] * 12,
        TOOL: 90 + NOISE,
        "ai_as_claimed": 90 + NOISE,
        MORE: 90 + NOISE[::-1],
    }
    target = replace(
        result.design.primary[0], measure=UNDER.measure, minimal_important_difference=0.01
    )
    two = made(result, waits, {TOOL: 0.15}, focus=(TOOL, "ai_as_claimed", MORE), margins=())
    two = with_measures(
        two, two.measures, replace(two.design, primary=(*two.design.primary, target))
    )
    assert "1 helps on one measure and harms on another" in first_page(two).lead
    three = made(result, waits, focus=(TOOL, "ai_as_claimed", MORE))
    assert "not settled" not in first_page(three).lead
    label = three.design.margins[0].label
    tool = outcome_of(three, TOOL)
    (limit,) = tool.limits.judged
    by_table = replace(limit.judgement, kind="cannot tell", cause="label table")
    vars(tool)["limits"] = Limits((replace(limit, judgement=by_table),))
    vars(tool).pop("kind")
    page = first_page(three)
    assert "1 helps, but its safety is not settled" in page.lead
    assert f"Its measured table leaves safety open on '{label}'" in page.headlines[0].words
    assert page.table is not None
    assert page.table.rows[1][-2] == "not settled"


def test_an_alternative_whose_safety_is_not_settled_is_not_said_to_pass(result: Result) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 99 + NOISE, MORE: 90 + NOISE[::-1]}
    passes = made(result, waits, focus=(TOOL,))
    assert "safety" not in words_of(passes, MORE)
    measures = {name: list(rows) for name, rows in passes.measures.items()}
    measures[MORE] = [
        Measures(rows.names, np.array([rows.values[0], rows.values[1] + 0.2 * (number % 2) - 0.1]))
        for number, rows in enumerate(measures[MORE])
    ]
    assert "Its safety is not settled." in words_of(
        with_measures(passes, measures, passes.design), MORE
    )


@pytest.mark.parametrize(("measurement", "by_limits", "output"), [
    (0.0, ["non-inferior"], ""),
    (0.001, ["worse"], "may fail on safety: under-triage from 10.0 to 10.6 %"),
    (0.01, ["cannot tell"], "Its measured table leaves safety open on 'Under-triage of levels 1-2'"),
])  # fmt: skip
def test_a_measured_tool_passes_only_if_both_sources_of_uncertainty_let_it(
    result: Result,
    monkeypatch: pytest.MonkeyPatch,
    measurement: float,
    by_limits: list[str],
    output: str,
) -> None:
    """Worse by 0.6 points of a margin of 1, for certain within it by simulation alone."""
    found = made(result, {NURSE: [100.0] * 12, TOOL: 90 + NOISE}, {TOOL: 0.106})
    margin = found.design.margins[0]
    uncertainty = TableUncertainty(0.006, 0.0014, 0.0014, measurement, 0.0, 8)
    ends = uncertainty.effect - uncertainty.half_width, uncertainty.effect + uncertainty.half_width
    kind, words = margin_words(*ends, margin.margin, "share", "lower")
    tool = Measured(TOOL, margin, "share", "lower", uncertainty, "", kind, words, 100)
    monkeypatch.setattr("simulation.display.measured.measured_tools", lambda result: (tool,))
    limits = limits_of(found, found.arm(TOOL))
    assert [limit.judgement.kind for limit in limits.judged] == by_limits
    effect = "shortens it by 10.0 min (9.5 to 10.5)"
    (page,) = (each.parts for each in first_page(found).headlines if each.arm == TOOL)
    assert [part for part in page if not part.lower().startswith(effect)] == (
        [output] if output else []
    )
    assert outcome_of(found, TOOL).fails == (by_limits == ["worse"])


def test_a_product_whose_labels_were_counted_states_the_number_of_cases(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = {NURSE: [100.0] * 12, TOOL: 90 + NOISE}
    assert "cases" not in words_of(made(result, waits))
    counts = (
        (20.0, 4, 0, 0, 0),
        (2, 20, 3, 0, 0),
        (0, 9, 60, 6, 0),
        (0, 1, 9, 50, 4),
        (0, 0, 1, 8, 23),
    )
    policy = result.study.arm(TOOL).policy
    assert policy.ai is not None
    counted = replace(
        policy,
        ai=replace(policy.ai, matrix=Matrix(counts=counts, evidence="measured", source="panel")),
    )
    arms = tuple(
        replace(arm, policy=counted) if arm.name == TOOL else arm for arm in result.study.arms
    )
    found = made(replace(result, study=replace(result.study, arms=arms)), waits)
    output = "enough to matter. Its labels rest on 220 cases, 49 of levels 1-2"
    assert f"{output}; intervals do not cover that uncertainty." in words_of(found)
    tool = SimpleNamespace(arm=TOOL, judged=None, kind="")
    monkeypatch.setattr("simulation.display.measured.measured_tools", lambda result: (tool,))
    assert f"{output}." in words_of(found)


def test_levels_1_2_get_a_column_unasked_only_where_they_are_a_minority_of_the_scale(
    result: Result,
) -> None:
    short = ("run.replications=2", "run.measured_days=2", "executor=serial")
    clinic = compare(load("study=gallery/clinic", *short))
    for table, n_columns in ((first_table(clinic), 0), (first_table(result), 1)):
        assert table is not None
        assert sum("1-2" in header for header in table.headers) == n_columns


def test_the_note_on_weak_verdicts_uses_the_word_of_its_table(result: Result) -> None:
    found = made(result, {NURSE: [100.0] * 12, TOOL: np.where(np.arange(12) == 3, 10.0, 90.0)})
    table = first_table(found)
    assert table is not None
    assert "not settled" in " ".join(map(str, table.rows[1]))
    assert any(
        note.startswith("'Not settled' is said, whatever the interval") for note in table.notes
    )
