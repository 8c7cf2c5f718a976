"""What a reader is told of a study over departments, and of one that runs on the typical one."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.api import Result, compare
from simulation.cli import main
from simulation.config import load
from simulation.display.table import Cell, difference_cell, range_cell
from simulation.display.words import CUT, UNCUT, change, departments_words, measure_notes, span
from simulation.measures.measuring import MeasureName, Measures
from simulation.questions.what_decides import find_deciding
from simulation.report.effect_pictures import _shown
from simulation.report.first_page import _effect_words, _range_words, first_page, headlines
from simulation.report.money import better_table
from simulation.report.outcome import ArmOutcome, OnPastTrials, best_alternative, outcome_of
from simulation.report.screen import print_result, verdict_words
from simulation.report.verdict_tables import first_table, over_tables, safety_table, target_table
from simulation.runs.stored_run import _first_verdict
from simulation.statistics.verdict import threshold_words
from tests.config.ours import ensemble

from .test_first_page import numbers_in_no_table

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study of one nurse and an ensemble of 20 departments."""
    where = tmp_path_factory.mktemp("mine")
    for name, text in ensemble(20).items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("margins: []", ""), encoding="utf-8")
    return where


@pytest.fixture(scope="module")
def over(mine: Path) -> Result:
    """Its answer, each department used twice for a week."""
    study = load(
        "study=mine", "ensemble=ours", "executor=serial", "run.replications=40", "run.measured_days=7",
        "run.warm_up_days=7", config_dir=mine,
    )  # fmt: skip
    arms = {name: replace(arm, comparator=name == "two") for name, arm in study.design.arms.items()}
    ready = tuple(replace(arm, arm=arms[arm.name]) for arm in study.arms)
    return compare(replace(study, design=replace(study.design, arms=arms), arms=ready))


def test_a_sentence_says_the_range_over_departments_and_what_the_effect_hinges_on(
    over: Result,
) -> None:
    page = first_page(over)
    quicker, best = (each.words for each in page.headlines)
    finding = over.finding("quicker", over.targets[0])
    assert finding.spread is not None
    _, low, high = finding.spread.range
    assert f" min ({-high:.1f} to {-low:.1f}), enough to matter. Helps enough where '" in quicker
    assert quicker.endswith("'Two nurses' does more.")
    assert best.startswith("'Two nurses' (cost not stated) shortens it by ")
    assert page.lead.endswith("in brackets nine of ten departments:")
    assert page.notes == (
        "The answer rests on 6 assumptions and 20 departments of the ensemble 'ours' (2 values differ).",
    )
    assert numbers_in_no_table(over) == set()
    assert page.picture is not None
    assert "thin, nine in ten departments" in page.picture.caption


def test_departments_held_to_records_are_told_with_the_range_of_past_trials(over: Result) -> None:
    design = replace(over.design, not_calibrated="one alone")
    held = replace(over, study=replace(over.study, design=design))
    row = over.row_of(over.targets[0], "quicker")
    plain, worth = (outcome_of(of, "quicker").on_past_trials(row) for of in (over, held))
    assert plain is not None
    assert worth is not None
    assert worth.high - worth.low > plain.high - plain.low > row.department_p95 - row.department_p5
    page = first_page(held)
    quicker = page.headlines[0].words
    assert worth.low < 0 < worth.high
    assert f"({span(worth.low, worth.high, row.unit)}: either way)" in quicker
    assert page.lead != first_page(over).lead
    table = first_table(held)
    assert table is not None
    cell = next(cells for cells in table.cells if cells[0] == "9 minutes, not 12")[1]
    assert isinstance(cell, Cell)
    assert (cell.low, cell.high, cell.look) == (worth.low, worth.high, "cannot-tell")
    drawn, before = page.picture, first_page(over).picture
    assert drawn is not None
    assert before is not None
    assert drawn.caption != before.caption
    assert "(" in verdict_words(_first_verdict(over))
    assert "(" not in verdict_words(_first_verdict(held))


@pytest.mark.parametrize(
    ("ends", "word", "matters"),
    [
        ((-1.2, -0.5), "slightly better", "little"),
        ((-20.0, -6.0), "better", "helps"),
        ((-20.0, -1.0), "perhaps slightly better", "open"),
        ((-0.9, 0.9), "no material change", "little"),
        ((-30.0, 9.0), "either way", "open"),
    ],
)
def test_in_departments_held_to_records_the_word_is_that_of_the_range_beside_it(
    over: Result,
    monkeypatch: pytest.MonkeyPatch,
    ends: tuple[float, float],
    word: str,
    matters: str,
) -> None:
    worth = OnPastTrials("", 0, *ends, holds=ends[0] * ends[1] > 0)
    monkeypatch.setattr(ArmOutcome, "range_in_fits", lambda one, row: worth)
    held = replace(over)
    table = first_table(held)
    assert table is not None
    cell = next(cells for cells in table.cells if cells[0] == "9 minutes, not 12")[1]
    assert isinstance(cell, Cell)
    assert (cell.low, cell.high, cell.words.strip()) == (*ends, word)
    assert outcome_of(held, "quicker").first.matters == matters
    assert (": either way)" in first_page(held).headlines[0].words) == (word == "either way")


def test_in_departments_held_to_records_every_option_has_a_line(
    over: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    worth = OnPastTrials("", 0, -30, -9, holds=True)
    monkeypatch.setattr(ArmOutcome, "range_in_fits", lambda one, row: worth)
    design = replace(over.design, not_calibrated="one alone")
    held = replace(over, study=replace(over.study, design=design))
    told = {headline.label: headline.words for headline in first_page(held).headlines}
    assert list(told) == [outcome_of(held, name).arm.label for name in ("quicker", "two")]
    for words in told.values():
        assert re.match(r"shortens it by [\d.]+ min \(9\.0 to 30\.0\), enough to matter", words)
    assert "Best alternative" in first_page(over).headlines[-1].label


@pytest.mark.parametrize(("ends", "matters"), [((-30, 9), "open"), ((-0.01, 0.01), "little")])
def test_all_that_judges_an_effect_in_fits_judges_by_its_range(
    over: Result,
    monkeypatch: pytest.MonkeyPatch,
    ends: tuple[float, float],
    matters: str,
) -> None:
    assert best_alternative(over) is not None
    assert outcome_of(over, "quicker").hinge.rule is not None
    worth = OnPastTrials("", 0, *ends, holds=False)
    monkeypatch.setattr(ArmOutcome, "range_in_fits", lambda one, row: worth)
    held, target = replace(over), over.targets[0]
    assert best_alternative(held) is None
    assert [outcome_of(held, arm).first.matters for arm in ("quicker", "two")] == [matters] * 2
    words = {
        "open": "either way",
        "little": f"no change beyond {threshold_words(target.minimal_important_difference, over.unit(target))}",
    }[matters]
    assert {row[-2] for row in target_table(held, target).rows} == {words}
    assert {row[-1] for row in better_table(held).rows} == {words}
    assert {_shown(held, arm).finding.kind for arm in held.others} <= {"cannot-tell", "no-change"}
    hinge = outcome_of(held, "quicker").hinge
    assert hinge.figure
    assert hinge.rule is None, "it says where the effect helps enough"


@pytest.mark.parametrize(("commoner", "is_told"), [(0.7, True), (0.9, False), (0.95, False)])
def test_a_rule_is_shown_with_its_hit_rate_and_only_if_it_beats_one_answer_for_all(
    over: Result, monkeypatch: pytest.MonkeyPatch, commoner: float, is_told: bool
) -> None:
    found = find_deciding(over)
    assert found is not None
    of_arm = found.arms["quicker"]
    assert of_arm.rule is not None
    rule = replace(of_arm.rule, hit_rate=0.9, commoner=commoner)
    made_up = replace(found, arms={**found.arms, "quicker": replace(of_arm, rule=rule)})
    monkeypatch.setattr("simulation.report.outcome.find_deciding", lambda result: made_up)
    quicker = headlines(replace(over))[0].words
    assert ("Helps enough where '" in quicker) == is_told
    assert (f"(right for 90 %; one answer for all: {100 * commoner:.0f} %)." in quicker) == is_told
    assert ("The effect is larger where '" in quicker) != is_told


@pytest.mark.parametrize(("noise", "is_said"), [(0.1, False), (30, True)])
def test_how_departments_differ_is_not_settled_unless_they_are_shown_to_be_alike(
    over: Result, noise: float, is_said: bool
) -> None:
    """Effects of 10 minutes that differ by chance alone: by little, and by so much that it hides any difference."""
    chance = np.random.default_rng(5).normal(0, noise, 40)
    stay = MeasureName("stay_mean", "minutes", "all")
    replications = []
    for number, each in enumerate(over.replications):
        theirs = each.arms["quicker"].measures
        ours = np.array(theirs.values)
        base = over.values(over.design.baseline, "stay_mean")[number]
        ours[theirs.names.index(stay)] = base - 10 + chance[number]
        arm = replace(each.arms["quicker"], measures=Measures(theirs.names, ours))
        replications.append(replace(each, arms={**each.arms, "quicker": arm}))
    quicker = headlines(replace(over, replications=tuple(replications)))[0].words
    assert ("How departments differ in it is not settled." in quicker) == is_said
    assert "larger where" not in quicker


def test_a_range_has_its_signs_where_no_direction_was_told(over: Result) -> None:
    wider = replace(over.targets[0], minimal_important_difference=60.0)
    coarse = replace(over, study=replace(over.study, design=replace(over.design, primary=(wider,))))
    finding = coarse.finding("quicker", wider)
    told = replace(finding, verdict=replace(finding.verdict, kind="no change beyond", size=None))
    assert finding.spread is not None
    _, low, high = finding.spread.range
    of = outcome_of(coarse, "quicker")
    assert _range_words(of, told) == f" (−{-low:.1f} to −{-high:.1f})"
    assert _range_words(of, finding) == f" ({-high:.1f} to {-low:.1f})"
    nothing = replace(
        finding.comparison, difference=-0.01, difference_low=-0.02, difference_high=-0.01
    )
    small = replace(
        finding, comparison=nothing, verdict=replace(finding.verdict, kind="cuts", size="less")
    )
    assert _effect_words(of, small).startswith("makes no difference that matters")
    assert _range_words(of, small) == _range_words(of, told), "with its sign, after that"
    alike = replace(
        finding, comparison=replace(finding.comparison, department_p5=low, department_p95=low + 0.1)
    )
    row = alike.comparison
    assert f" min ({-row.difference_high:.1f} to {-row.difference_low:.1f})" in _effect_words(
        of, alike
    ), "as in the table"


def test_the_range_leads_then_the_interval_over_departments_as_a_sample_and_simulation_noise_is_last(
    over: Result,
) -> None:
    target = over.targets[0]
    row, spread = over.row("two", "stay_mean"), over.finding("two", target).spread
    assert spread is not None
    table = over.tables["target:stay_mean:all"]
    assert table.headers[2:] == (
        "difference", "nine in ten departments", "95 % interval (departments as a sample)",
        "95 % interval (simulation noise)", "verdict", "on past trials of this kind",
    )  # fmt: skip
    cells = next(cells for cells in table.rows if cells[0] == "Two nurses")
    ends = [
        spread.range[1:],
        (row.difference_low, row.difference_high),
        (row.simulated_low, row.simulated_high),
    ]
    assert list(cells[3:6]) == [span(*each, "minutes") for each in ends]
    assert ends[2][1] - ends[2][0] < ends[1][1] - ends[1][0] < ends[0][1] - ends[0][0]
    first = first_page(over).table
    assert first is not None
    shown = next(cells[1] for cells in first.rows if cells[0] == "Two nurses")
    assert (
        shown
        == f"{change(row.difference, 'minutes')} ({span(*spread.range[1:], 'minutes')}) better"
    )
    assert "in brackets the range of nine in ten departments" in first.notes[0]
    alike = replace(row, department_p5=row.difference, department_p95=row.difference)
    assert str(range_cell(alike)) == str(difference_cell(row)), (
        "departments that noise does not tell apart"
    )
    assert "95 % interval over departments as a sample" in first.notes[0]


def test_no_table_over_departments_says_that_its_intervals_are_simulation_noise(
    over: Result,
) -> None:
    for table in over.tables.values():
        assert "simulation noise only" not in " ".join(table.notes), table.kind
        assert "simulation noise only" not in " ".join(table.headers), table.kind


def test_an_ablation_over_departments_takes_each_department_as_one_number(over: Result) -> None:
    target = over.targets[0]
    assert over.department_of is not None
    by_department = [
        over.values("two", "stay_mean")[over.department_of == number].mean() for number in range(20)
    ]
    assert over.independent("two", target) == pytest.approx(by_department)


def with_waits(result: Result, uncut: dict[int, float]) -> Result:
    """The same with mean waits of 60 minutes, in some departments with others in which none is cut at 12 hours."""
    replications = []
    for number, each in enumerate(result.replications):
        arms = {}
        for name, arm in each.arms.items():
            names = (
                *arm.measures.names,
                *(MeasureName(measure, "minutes", "all") for measure in (CUT, UNCUT)),
            )
            values = np.array([*arm.measures.values, 60.0, uncut.get(number % 20, 60.0)])
            arms[name] = replace(arm, measures=Measures(names, values))
        replications.append(replace(each, arms=arms))
    return replace(result, replications=tuple(replications))


def test_where_the_cut_at_12_hours_moves_a_mean_wait_by_over_a_minute_the_whole_one_is_printed(
    over: Result,
) -> None:
    said = list(measure_notes(with_waits(over, {3: 60.9, 7: 64.0, 12: 70.0}), CUT))
    assert said == [
        "Waits to the first clinician over 12 h count as 12 h.",
        "Counted in full, the mean under the baseline is 60.7, not 60.0 min. It is longer by over 1 min in 2 of 20 "
        "departments, most in department 12 (70.0, not 60.0 min).",
    ]
    assert list(measure_notes(with_waits(over, {3: 60.9}), CUT)) == said[:1]
    assert list(measure_notes(with_waits(over, {3: np.inf, 7: 64.0}), CUT)) == said[:1], (
        "a stay that had not ended"
    )
    assert len(list(measure_notes(with_waits(over, {7: 64.0}), "stay_mean"))) == 0


def test_a_table_says_where_it_is_least_and_most(over: Result) -> None:
    (table,) = over_tables(over)
    two = dict(
        zip(table.headers, next(row for row in table.rows if row[0] == "Two nurses"), strict=True)
    )
    spread = over.finding("two", over.targets[0]).spread
    assert spread is not None
    assert two["median department"] == f"−{-np.median(spread.effects):.1f}"
    assert int(two["most in"].partition(":")[0]) >= 15, "long consultations"
    assert int(two["least in"].partition(":")[0]) < 5, "short ones"
    assert over.tables[table.kind] == table


def test_screen_page_and_figure_show_the_range(over: Result) -> None:
    screen = io.StringIO()
    print_result(over, stream=screen)
    assert "in brackets nine of ten departments" in " ".join(screen.getvalue().split())
    page = over.report()
    assert "Stay over 20 departments of the ensemble &#39;ours&#39;, 2 replications of each" in page
    assert "Thin: the range of nine in ten departments" in page
    assert "nine in ten departments" in over.figure("differences").alt


def test_the_summary_has_the_range(over: Result, tmp_path: Path) -> None:
    with (over.write(tmp_path) / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["arm"], row["measure"], row["group"]): row for row in csv.DictReader(file)}
    found = rows["two", "stay_mean", "all"]
    assert found["n_departments"] == "20"
    assert (
        float(found["department_p5"])
        < float(found["department_median"])
        < float(found["department_p95"])
    )


def test_tools_and_comparators_are_judged_among_themselves(over: Result) -> None:
    """Each is the only one of its family, so that nothing is adjusted; together they would be two."""
    for name in ("two", "quicker"):
        assert "judged together" not in over.finding(name, over.targets[0]).verdict.sentence
    notes = " ".join(over.tables["target:stay_mean:all"].notes)
    assert "Each interval is a 95 % interval." in notes
    assert "adjusted" not in notes


def test_replications_of_each_department_are_counted(over: Result) -> None:
    growing = replace(over, replications=over.replications[:30])
    assert (
        departments_words(growing)
        == "20 departments of the ensemble 'ours', 1 or 2 replications of each"
    )
    fewer = replace(over, replications=over.replications[:15])
    assert (
        departments_words(fewer) == "15 departments of the ensemble 'ours', 1 replication of each"
    )


@pytest.fixture(scope="module")
def few(mine: Path) -> Result:
    """The same study over four departments, each used twice."""
    return compare(
        load(
            "study=mine", "ensemble=ours", "executor=serial", "run.departments=4", "run.replications=8",
            "run.measured_days=7", "run.warm_up_days=7", config_dir=mine,
        )
    )  # fmt: skip


def test_fewer_than_20_departments_have_one_sentence_in_place_of_verdicts(few: Result) -> None:
    page = first_page(few)
    assert page.headlines == ()
    assert page.lead.startswith(
        "4 departments say nothing about departments in general, so there is no verdict, and "
    )
    assert "each interval is of these alone" in page.lead
    assert "20 or more, each at least twice: run.departments=20 run.replications=40" in page.lead
    assert {finding.verdict.kind for finding in few.findings} == {"cannot tell"}
    assert "4 departments of the ensemble 'ours'" in page.notes[0]
    screen = io.StringIO()
    print_result(few, stream=screen)
    told = f"{' '.join(screen.getvalue().split())} {few!r} {few.report()}"
    for words in (
        "enough to matter",
        "little to matter",
        "shorter by",
        "shortens",
        "stands out",
        "wholly on the worse",
    ):
        assert words not in told, words


def test_fewer_than_20_departments_keep_the_table_of_effects_and_say_whose_intervals_these_are(
    few: Result,
) -> None:
    page, row = first_page(few), few.row("two", "stay_mean")
    assert page.table is not None
    (two,) = (cells for cells in page.table.rows if cells[0] == "Two nurses")
    assert (
        two[1]
        == f"−{-row.difference:.1f} (−{-row.difference_low:.1f} to −{-row.difference_high:.1f}) not settled"
    )
    assert row.difference_high < 0, "the interval of these departments tells"
    for table in (page.table, few.tables["target:stay_mean:all"]):
        assert any("each interval is of these alone" in note for note in table.notes), table.kind
    assert few.row("two", "stay_mean").simulated_low == row.difference_low


@pytest.mark.parametrize(
    ("departments", "planned", "n", "few"),
    [
        (20, 40, 40, 0), (19, 38, 38, 19), (2, 40, 40, 2), (1, 40, 40, 0), (None, 40, 40, 0), (60, 10, 10, 10),
        (60, 120, 15, 0), (19, 38, 10, 19), (60, 10, 25, 0),
    ],
)  # fmt: skip
def test_departments_are_few_by_plan_and_use(
    over: Result, departments: int | None, planned: int, n: int, few: int
) -> None:
    """A run of many departments that was stopped early is judged while it grows; so is one that grew to many."""
    run = replace(over.run, departments=departments, replications=planned)
    result = replace(over, study=replace(over.study, run=run), replications=over.replications[:n])
    assert result.few_departments == few
    assert {row.few_departments for row in result.comparisons} == {few}


def test_one_department_has_verdicts(over: Result) -> None:
    one = replace(over, study=replace(over.study, run=replace(over.run, departments=1)))
    assert one.finding("two", one.targets[0]).verdict.kind == "cuts"
    page = first_page(one)
    assert page.headlines
    assert page.lead.endswith("in brackets 95 % intervals:")
    assert page.notes[0].startswith("This is one department, ")
    assert departments_words(one) == "1 department of the ensemble 'ours', 40 replications of each"


def test_a_study_on_one_department_says_why_first(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = ensemble(20, built="gallery/clinic")["ensembles/ours.yaml"]
    (mine / "ensembles" / "elsewhere.yaml").write_text(
        elsewhere.replace("name: ours", "name: elsewhere"), encoding="utf-8"
    )
    words = [
        "study=mine",
        "ensemble=elsewhere",
        "run.replications=4",
        "run.measured_days=7",
        "executor=serial",
    ]
    assert main(["compare", *words, f"results={tmp_path}", "--config-dir", str(mine)]) == 0
    output = " ".join(capsys.readouterr().out.split())
    why = (
        "the ensemble 'elsewhere' was built for pathway=gallery/clinic, and this is "
        "pathway=gallery/one_nurse"
    )
    assert f"On one department: {why}." in output
    assert f"This is one department ({why}): what an effect hinges on was not tested." in output


def test_tables_of_an_offer_say_that_a_verdict_has_to_hold_over_the_range(
    offered: Result,
) -> None:
    further = "whichever reaches further"
    notes = [
        "".join(table.notes)
        for target in (offered.design.primary[0], offered.design.secondary[0])
        for table in [target_table(offered, target)]
    ]
    for note in (*notes, "".join(safety_table(offered).notes)):
        assert further in note
    one = replace(offered, study=replace(offered.study, design=replace(offered.design, offer=None)))
    assert further not in "".join(target_table(one, one.first_target).notes)


@pytest.mark.parametrize("held", [False, True])
def test_a_comparison_over_departments_held_to_records_ends_with_what_to_type_next(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], held: bool
) -> None:
    length = "run.replications=40", "run.measured_days=1", "run.warm_up_days=0", "executor=serial"
    words = ["study=mine", "ensemble=ours", *length, *["+study.not_calibrated=alone"] * held]
    assert main(["compare", *words, f"results={tmp_path}", "--config-dir", str(mine)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert (last == f"Next: aeflow app --config-dir {mine}") == held
