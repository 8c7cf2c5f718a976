"""What a page says of a result: the package's numbers, all of one n, and none that is too wide to be read."""

import csv
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from markupsafe import escape

import simulation as ae
from docs.tools.publish import PUBLISHED
from simulation.app import answer as answers
from simulation.app import pages
from simulation.app.answer import NOT_YET
from simulation.app.asked import MOST_BESIDE, AskedQuestion, parse_question
from simulation.app.controls import WORDS, controls
from simulation.app.departments import EVERY, LOCAL
from simulation.app.pages import (
    FIELDS,
    SIZE,
    VIEWS,
    _by_field,
    answer,
    first_visit,
    narrow_page,
    pilot_page,
    question_page,
    rendered,
    view_page,
)
from simulation.app.server import _csv
from simulation.app.serving import STORED, stored_answer
from simulation.app.session import FIRST, AnswerState
from simulation.cli import main
from simulation.config import packaged_configs
from simulation.department.own_measures import SpanMeasure
from simulation.display.measured import Limits
from simulation.display.table import Cell
from simulation.display.words import span
from simulation.errors import Fault
from simulation.report import outcome
from simulation.report.board import ENOUGH, TOO_MANY
from simulation.report.outcome import ArmOutcome, outcome_of
from simulation.report.patient_groups import WorseOff
from simulation.report.verdict_tables import trials_cell
from simulation.statistics.verdict import Judgement, NonInferiority
from simulation.study.department_warnings import DepartmentWarning
from simulation.study.design import Target
from simulation.study.explanation import Explained
from tests.app.conftest import PAIRS
from tests.golden import lines_of_html
from tests.other_words import reworded

pytestmark = pytest.mark.usefixtures("undrawn")

LOOKS = 200
OPEN = ("lean_triage", "Left before being seen")


def test_effects_in_departments_held_to_records_have_the_range_of_the_report(
    asked: AskedQuestion,
    grown: Callable[[int, float], ae.Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The answer, the questions beside it, a pilot and the numbers as CSV say what the report's tables say."""
    result = grown(60, 0.001)
    monkeypatch.setattr(type(result.study), "held_to_records", True)
    own = replace(result)
    page = unescape(answer(AnswerState("ended", own, None), asked))
    in_csv = {(row["policy"], row["target"]): row for row in csv.DictReader(StringIO(_csv(own)))}
    beside = answers.together([(asked, own)])["rows"][0][-1]
    piloted = {row[0]: row[1] for row in answers.of_pilot(own, [])["rows"]}
    for name in {*own.judged} - {own.design.sham}:
        held, label = outcome_of(own.on_targets, name), own.arm(name).label
        wide = trials_cell(own, own.row_of(own.first_target, name))
        assert isinstance(wide, Cell)
        row = held.first.comparison
        assert None not in (wide.low, wide.high)
        assert wide.high - wide.low > row.difference_high - row.difference_low
        ends = (wide.low, wide.high)
        assert span(*ends, "minutes") in page
        assert (beside[name].low, beside[name].high) == pytest.approx(ends)
        assert (piloted[label].low, piloted[label].high) == pytest.approx(ends)
        numbers = in_csv[label, own.first_target.label]
        assert float(numbers["low"]) == pytest.approx(wide.low)
        assert numbers["verdict"] == held.first.verdict.words


def made(
    name: str,
    difference: float,
    *,
    is_tool: bool = False,
    is_claimed: bool = False,
    fails: bool = False,
    width: float = 1.0,
) -> Any:
    """The outcome of a policy of which only this is known: its effect in minutes, with its interval."""
    row = SimpleNamespace(
        unit="minutes",
        difference=difference,
        better="lower",
        difference_low=difference - width / 2,
        difference_high=difference + width / 2,
    )
    return SimpleNamespace(
        arm=SimpleNamespace(label=name),
        is_tool=is_tool,
        is_claimed=is_claimed,
        fails=fails,
        first=SimpleNamespace(comparison=row, kind="better"),
        behind=lambda _: -math.inf,
        with_range=lambda row: row,
    )


def row_of(outcome: Any) -> answers.ShownArm:
    return answers.ShownArm(outcome, (), "", "better", "", "", "")


Grown = Callable[[int, float], ae.Result]


def seen(text: str) -> dict[str, list[str]]:
    """The rows of the tables of an answer as they are read, by policy or measure."""
    bodies = re.findall("<tbody>(.*?)</tbody>", text, re.DOTALL)
    rows = [row for body in bodies for row in body.split("</tr>") if row]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows)
    return {unescape(label): [unescape(cell) for cell in row] for label, *row in cells}


def to_be_seen(result: ae.Result, arm: str, target: Target) -> str:
    """What the package says of a policy on a target, as a reader sees it."""
    row = result.finding(arm, target).comparison
    if not row.difference_high - row.difference_low <= (10 if row.unit == "minutes" else 0.1):
        return NOT_YET
    return str(
        Cell(row.difference, row.unit, row.difference_low, row.difference_high, style="difference")
    )


@pytest.mark.slow
def test_at_200_looks_a_reader_sees_the_numbers_of_the_package(
    grown: Grown, asked: AskedQuestion
) -> None:
    """Every look there is: none, and 1 to 199 of the 200 that are planned. The package's numbers are of the whole."""
    whole = grown(LOOKS - 1, 0.05)
    shown_at = []
    for n in range(LOOKS):
        first = (
            ae.Result(whole.study, whole.replications[:n], whole.explained, whole.manifest)
            if n
            else None
        )
        rows = seen(answer(AnswerState("looking", first), asked))
        assert bool(rows) == (n >= FIRST)
        for label, cells in rows.items():
            assert first is not None
            (arm,) = (one.name for one in first.arms if one.label == label)
            assert cells[:-2] == [to_be_seen(first, arm, target) for target in first.targets], n
            shown_at += [n] * any(cell != NOT_YET for cell in cells[:-2])
    assert {
        len(whole.judged) * [n] == [at for at in shown_at if at == n] for n in range(20, LOOKS)
    } == {True}


def test_everything_on_a_page_is_of_the_same_replications(
    grown: Grown, asked: AskedQuestion
) -> None:
    text = answer(AnswerState("looking", grown(30, 0.02)), asked)
    stated = re.findall(r"n = (\d+)|these (\d+) replications|>(\d+) replications<", text)
    numbers = {number for groups in stated for number in groups if number}
    assert numbers == {"30"}
    assert "always" in text.replace("stay true however", "always")


def test_an_answer_at_rest_says_what_the_department_cannot_carry(
    grown: Grown, asked: AskedQuestion
) -> None:
    result = grown(FIRST, 0.02)
    look = "Look at staffing.triage_nurses.rota"
    warnings = (DepartmentWarning("triage_nurses: load 172 % at 9 h", look),)
    known = replace(
        result,
        explained=Explained(
            result.study, replace(result.explanation, department_warnings=warnings)
        ),
    )
    text = answer(AnswerState("ended", known), asked)
    assert (
        "at its limits, or figures that do not fit.</strong> Triage nurses: load 172 % at 9 h.</p>"
        in text
    )
    assert "at its limits" not in answer(AnswerState("ended", result), asked)


def test_what_surely_does_more_than_any_ai_is_named(grown: Grown, asked: AskedQuestion) -> None:
    result = grown(30, 0.001)
    target = result.first_target
    scribe, lean = (result.finding(arm, target).comparison for arm in asked.arms)
    apart = lean.difference_high < scribe.difference_low
    text = answer(AnswerState("looking", result), asked)
    assert ("surely more than any AI here" in text) == apart
    assert apart
    assert "more than any AI" not in answer(AnswerState("looking", grown(5, 0.9)), asked)


def test_an_untested_claim_does_not_hide_what_does_more_than_every_measured_ai() -> None:
    arms = [
        made("scribe", -2, is_tool=True),
        made("claim", -9, is_tool=True, is_claimed=True),
        made("lean", -8),
    ]
    assert answers._beyond_ai(arms) == ["lean"]
    assert answers._beyond_ai(arms[1:]) == []


def test_the_policy_that_does_most_is_safe_and_is_named_once_every_effect_is_read() -> None:
    lean, unsafe = row_of(made("lean", -8)), made("unsafe", -9, is_tool=True, fails=True)
    arms = [lean, row_of(unsafe), row_of(made("scribe", -2, is_tool=True))]
    assert answers._best(arms) is lean
    arms.append(row_of(made("beds", -1, width=11)))
    assert answers._best(arms) is None


def test_an_answer_names_its_limits_its_brackets_its_costs_and_what_the_model_does_not_reproduce(
    grown: Grown, asked: AskedQuestion
) -> None:
    result = grown(30, 0.001)
    text = answer(AnswerState("ended", result), asked)
    assert "; ".join(margin.label for margin in result.design.margins) in text
    assert "simulation noise in this one department (not how departments differ)" in text
    assert "the model's departments: on past trials its answers are as near as a guess" in text
    assert [cells[-1] for cells in seen(text).values()] == ["£165,000", "£60,000"]
    assert "Of the policies ticked, ‘Lean triage, no AI’ does most" in text


def test_an_answer_at_rest_names_what_is_open_and_what_would_settle_it(
    grown: Grown, asked: AskedQuestion
) -> None:
    result = grown(30, 0.02)
    slim = result.on_targets
    (lean,) = (one for one in slim.safety if (one.arm, one.margin.label) == OPEN)

    def settles(n_more: int, kind: NonInferiority = "cannot tell", words: str = "") -> str:
        return answers._what_settles(Judgement(kind, words, "", n_more), slim)

    assert re.fullmatch(r"about 40 more replications, about \d+ \w+", settles(40))
    assert settles(900).endswith("work it out in full")
    assert "hardly tell" in settles(0)
    assert settles(40, "worse", "worse, perhaps") == "worse, perhaps: more replications may tell"
    few = grown(5, 0.9).on_targets
    early = answers._unsettled(few, [outcome_of(few, "lean_triage")])
    assert [len(what) for what in early.values()] == [1]
    assert next(iter(early)).startswith("too early to say")

    def words(*kinds: NonInferiority) -> str:
        judged = (replace(lean, judgement=replace(lean.judgement, kind=kind)) for kind in kinds)
        outcome: Any = SimpleNamespace(limits=Limits(tuple(judged)))
        return answers._safety_words(outcome)

    kinds: tuple[NonInferiority, ...] = ("non-inferior", "cannot tell", "inferior", "worse")
    assert words(*kinds) == f"fails: {OPEN[1]}; may fail: {OPEN[1]}; not settled: {OPEN[1]}"
    assert (words("non-inferior"), words("none seen")) == ("passes all 1", "none of 1 settled yet")
    assert "What next" in answer(AnswerState("ended", result), asked)
    assert "What next" not in answer(AnswerState("looking", result), asked)


def test_what_a_change_of_the_department_does_to_the_wait_is_said_beside_the_wait_as_it_is(
    grown: Grown, asked: AskedQuestion
) -> None:
    changed, result = replace(asked, changed=(("beds", 2),), within=True), grown(30, 0.02)
    known = answer(AnswerState("ended", result), changed, as_it_is=grown(24, 0.02))
    assert "In the department as it is: <strong>" in known
    assert "n = 24)" in known
    asks = answer(AnswerState("ended", result), changed)
    assert (
        f'href="/?{escape(asked.keeping(changed.query))}">Ask about the department as it is' in asks
    )
    assert "as it is" not in answer(AnswerState("looking", result), asked)


def test_a_changed_department_stands_beside_that_of_today_with_every_difference(
    grown: Grown, asked: AskedQuestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "CHANGED", "lean_triage")
    result = grown(30, 0.001)
    text = answer(AnswerState("looking", result), replace(asked, changed=(("beds", 2),)))
    rows = seen(text)
    assert list(rows)[: len(answers.OF_CHANGE)] == [*answers.OF_CHANGE.values()]
    for (measure, group), words in answers.OF_CHANGE.items():
        assert rows[words][1] == str(
            answers._cell(
                outcome_of(result, "lean_triage"), result.row("lean_triage", measure, group)
            )
        )
    said = text.partition('<ul class="verdicts changes">')[2].partition("</ul>")[0]
    assert result.arm("lean_triage").label in said
    assert result.arm("ai_scribe_measured").label not in said


def test_who_comes_on_the_days_of_a_change_stands_first(
    grown: Grown, asked: AskedQuestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "CHANGED", "lean_triage")
    result, own = grown(30, 0.001), SpanMeasure(kind="span", label="Mondays", until="departed_at")
    design = replace(result.design, measures={"stay_mean": own})
    result = replace(result, study=replace(result.study, design=design))
    text = answer(AnswerState("ended", result), replace(asked, changed=(("beds", 2),)))
    rows = [*seen(text)]
    assert rows[0] == "Mondays"
    first, *_, last = answers.OF_CHANGE.values()
    unfolded = text.partition("<details")[0]
    assert (first in unfolded, last in unfolded, last in rows) == (True, False, True)
    said = text.partition('<ul class="verdicts')[0]
    assert own.label in said


def test_a_change_of_one_department_may_be_asked_of_those_in_which_something_else_makes_patients_wait(
    grown: Grown, asked: AskedQuestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "CHANGED", "lean_triage")
    changed, kept = replace(asked, changed=(("beds", 12),)), "&amp;beside="
    text = answer(AnswerState("ended", grown(30, 0.001)), changed)
    links = re.findall(r'href="/\?([^"]*)">a department whose ', text)
    assert [dict(parse_qsl(unescape(link)))["department"] for link in links] == list(
        pages.CAUSES[1:]
    )
    assert all("beds=12" in link and kept in link for link in links)
    assert f'data-controls="{changed.controls_heading}"' in text
    assert answer(AnswerState("ended", grown(30, 0.001)), asked).count("a department whose ") == 0


def test_a_pilot_could_tell_what_is_larger_than_it_measures(
    grown: Grown, asked: AskedQuestion
) -> None:
    result = grown(30, 0.001)
    half_width, false_alarms = WORDS["triage_pilot"]
    assert false_alarms < TOO_MANY
    told = answers.of_pilot(result, ["lean_triage"])
    assert next(label for label, *_ in told["rows"]) == result.arm("lean_triage").label
    for name, (_, _, _, (by_wait, by_triage)) in zip(
        ("lean_triage", "ai_scribe_measured"), told["rows"], strict=True
    ):
        row = result.row(name, answers.TRIAGE_WAIT)
        assert by_triage == (abs(row.difference) >= ENOUGH * half_width)
        assert not by_wait  # 27 of 100 pilots before and after find an effect of nothing
    text = unescape(pilot_page(asked, result))
    assert text.count("<strong>No,") >= 1
    assert f"± {half_width} minutes" in text
    assert "Start it" in pilot_page(asked, None)


def test_no_page_of_the_app_says_a_command_where_a_link_leads() -> None:
    assert "`aeflow" in stored_answer()
    assert "`aeflow" not in rendered("whole.html", stored=stored_answer())


def test_an_answer_of_one_department_says_what_the_same_does_over_many(
    grown: Grown, asked: AskedQuestion
) -> None:
    text = answer(AnswerState("ended", grown(30, 0.02)), asked)
    assert "In 60 departments like England's" in text
    assert "AI scribe, as measured (27 s off) −2.7 (−5.1 to −0.6)" in text
    assert "The two differ because" in text
    assert "so far" not in text


def test_views_lead_back_to_what_is_kept_beside(grown: Grown, asked: AskedQuestion) -> None:
    kept = replace(asked, beside=(asked.query,))
    text = answer(AnswerState("ended", grown(30, 0.02)), kept, beside=[(asked, grown(30, 0.02))])
    assert "This answer is kept" in text
    assert f'href="/view/who?{escape(kept.address)}"' in text
    assert f'href="/?{escape(kept.address)}"' in view_page("who", kept, grown(30, 0.02))


def test_an_answer_in_which_nothing_does_enough_says_so(grown: Grown, asked: AskedQuestion) -> None:
    words = {
        "none": "None of the policies ticked is shown",
        "small": "None of the policies ticked does enough to matter",
    }
    shown = answers.shown(grown(30, 0.001), LOCAL)
    lean = shown["best"]
    first = lean.outcome.first
    little = replace(first, verdict=replace(first.verdict, size="less"))
    small = replace(lean, outcome=ArmOutcome(lean.outcome.result, lean.outcome.arm))
    vars(small.outcome)["effects"] = (little, *lean.outcome.effects[1:])
    for best, none_helps, said in (
        (None, True, "none"),
        (small, False, "small"),
        (lean, False, ""),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                pages,
                "shown",
                lambda *_, b=best, n=none_helps: {**shown, "best": b, "none_helps": n},
            )
            text = answer(AnswerState("ended", grown(30, 0.001)), asked)
        assert [key for key, sentence in words.items() if sentence in text] == [said] * bool(said)


def test_a_limitation_is_that_of_the_packaged_ensemble() -> None:
    stated = (packaged_configs() / "ensembles/england.yaml").read_text(encoding="utf-8")
    assert f"limitation: {LOCAL.limitation('typical')}\n" in stated
    assert LOCAL.limitation("short_of_beds") == LOCAL.limitation("typical")


def test_who_waits_longer_is_said_beside_the_policy(
    grown: Grown, asked: AskedQuestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = grown(30, 0.001).row("lean_triage", "wait_to_clinician_mean", "arrival_source=ambulance")
    harmed = (WorseOff(grown(30, 0.001).arm("lean_triage"), replace(row, difference=6.0), 0, True),)
    monkeypatch.setattr(outcome, "worse_off", lambda _: harmed)
    assert "Worse off" not in answer(AnswerState("looking", grown(30, 0.001)), asked)
    monkeypatch.setattr(outcome, "outcomes", outcome.outcomes.__wrapped__)
    text = answer(AnswerState("ended", grown(30, 0.001)), asked)
    assert text.count("Worse off: ambulance patients +6.0 minutes.") == 1
    wide = replace(
        row, difference=6.0, difference_low=-5.0, difference_high=17.0, group="age_band=child"
    )
    both = (*harmed, WorseOff(grown(30, 0.001).arm("lean_triage"), wide, 0, True))
    monkeypatch.setattr(outcome, "worse_off", lambda _: both)
    text = answer(AnswerState("ended", grown(30, 0.002)), asked)
    assert text.partition(" +6.0 minutes; ")[2].startswith(f"children ({NOT_YET} ")


def test_an_interval_that_is_too_wide_is_not_yet_a_number(
    grown: Grown, asked: AskedQuestion
) -> None:
    text = answer(AnswerState("looking", grown(5, 0.9)), asked)
    assert NOT_YET in text
    assert "<svg" not in text


def test_fewer_than_four_replications_show_no_effect(grown: Grown, asked: AskedQuestion) -> None:
    text = answer(AnswerState("simulating", grown(3, 0.02)), asked)
    assert "needs 4 replications" in text
    assert "<table" not in text


def test_a_refusal_says_every_fault_and_no_number(asked: AskedQuestion) -> None:
    with pytest.raises(ae.ConfigError) as refused:
        ae.load("run.replications=0", "run.seed=-1")
    text = answer(AnswerState("refused", refused=refused.value), asked)
    assert "run.replications: found 0" in text
    assert "run.seed: found -1" in text


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_of_what_is_not_worked_out_says_where_to_begin(
    name: str, asked: AskedQuestion
) -> None:
    assert f'href="/?{asked.query}"'.replace("&", "&amp;") in view_page(name, asked, None)


@pytest.mark.slow
@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_a_table_beside_every_chart(
    name: str, grown: Grown, asked: AskedQuestion
) -> None:
    text = view_page(name, asked, grown(12, 0.02))
    assert text.count("<table") >= text.count("<img")
    assert "Traceback" not in text


def test_the_words_of_views_are_those_that_were_read(
    grown: Grown, asked: AskedQuestion, golden: Callable[[str, str], None]
) -> None:
    result = grown(12, 0.02)
    shown = [name for name in VIEWS if name != "rests"]  # which names versions
    pages = [view_page(name, asked, result) for name in shown]
    golden("app/views.txt", "\n\n".join(map(lines_of_html, pages)))
    golden("app/first_visit.txt", lines_of_html(first_visit(result)))


def test_the_page_states_its_words_once_and_escapes_them() -> None:
    text = question_page(AskedQuestion(file="<script>", own=("study=<b>",), arms=()))
    assert "<script>" not in text.replace('<script src="/static/app.js" defer></script>', "")
    assert "study=&lt;b&gt;" in text


def test_what_an_answer_decides_does_not_follow_from_words(
    grown: Grown, asked: AskedQuestion
) -> None:
    def decided(result: ae.Result) -> Any:
        text = answer(AnswerState("ended", result), asked)
        next_ = text.partition('id="next"')[2].partition("</ol>")[0]
        looks = re.findall(r'<(?:li|td)[^>]* class="([^"]*)"', text)
        return looks, next_.count("<li>"), re.findall(r"[Aa]bout \d+ more", next_)

    for spread in (0.005, 0.2):
        result = grown(12, spread)
        assert decided(reworded(result)) == decided(result)
    assert len(decided(result)[-1]) > 2, "several verdicts are not settled"


def test_questions_side_by_side_have_the_reader_s_names_and_each_its_own_n(grown: Grown) -> None:
    asked = parse_question(
        [*PAIRS, ("name", "As it  is"), ("beside", "beds=4&arm=lean_triage&name=More+beds")]
    )
    other = parse_question([("beds", "4"), ("arm", "lean_triage"), ("name", "<b>More beds")])
    gone = parse_question([("tests", "5"), ("arm", "two_more_beds")])
    text = answer(
        AnswerState("looking", grown(30, 0.02)),
        asked,
        beside=[(other, grown(12, 0.02)), (gone, None)],
    )
    assert "‘As it is’" in text
    assert "&lt;b&gt;More beds" in text
    assert "changed: staffed beds in medicine +4" in text
    assert (text.count("n = 12"), text.count("not worked out yet")) == (1, 1)
    assert f'href="/?{escape(asked.keeping(gone.query))}">put away' in text


def test_the_link_keeps_the_names_and_the_questions_beside() -> None:
    asked = parse_question(
        [*PAIRS, ("name", "Plan B"), *(("beside", f"beds={n}&arm=lean_triage") for n in range(5))]
    )
    assert len(asked.beside) == MOST_BESIDE
    assert parse_question(parse_qsl(asked.keeping(*asked.beside))) == asked
    assert asked.overrides == parse_question(PAIRS).overrides
    assert asked.keeping(*asked.beside, asked.query).count("beside=") == MOST_BESIDE


@pytest.mark.slow
def test_figures_of_one_s_own_narrow_the_answer_as_the_command_does() -> None:
    asked = parse_question([("department", EVERY), ("arm", "lean_triage")])
    days = (
        "run.warm_up_days=0",
        "run.measured_days=2",
        "run.cool_down_days=1",
        "run.doublings=0",
        "executor=serial",
    )
    for result in ae.grow(ae.load(*asked.overrides, *days)):
        if len(result.replications) == 40:
            break
    wait = float(result.values("nurse", "walk_in_triage_wait_mean").mean())
    size = {SIZE: "340"}
    text = narrow_page(asked, result, {"wait": f"{wait:.1f}", "days": "28", **size})
    block = {"measure": "walk_in_triage_wait_mean", "value": round(wait, 1), "days": 28.0}
    narrowed = ae.narrow(result, [block], attendances_per_day=340)
    assert all(escape(sentence) in text for sentence in narrowed.sentences)
    assert all(
        escape(str(cell)) in text
        for table in narrowed.tables
        for row in table.cells
        for cell in row
    )
    for typed, field, words in (
        ({"wait": "soon"}, "wait", "Write a number, as in 24.5"),
        ({"wait": "2000"}, "wait", "Found 2000, where 1440 is the most"),
        ({"wait": "20", "days": "0"}, "days", "0"),
    ):
        page = narrow_page(asked, result, size | typed)
        fault = page.partition(f'id="{field}-fault">')[2].partition("<")[0]
        assert words in fault
        assert page.count('aria-invalid="true"') == 1
        assert f'<a href="#{field}">' in page
        assert "figures." not in page.partition("<form")[2]
    share = float(result.values("nurse", "within_4h_share").mean())
    typed = (f"{100 * share:.0f} %", f"{share:.2f}")
    one, other = (
        narrow_page(asked, result, size | {"four_hours": text}).partition("<h2>How this was read")[
            2
        ]
        for text in typed
    )
    assert one
    assert one == other


def test_no_field_of_a_department_is_taken_for_a_change_of_the_question() -> None:
    assert not FIELDS.keys() & controls().keys()


@pytest.mark.parametrize(
    ("where", "field"),
    [
        ("figures: attendances_per_day", SIZE),
        ("figures.figures.1.value", "doctors"),
        ("figures: figures.0", "wait"),
        ("figures.figures.0.days", "days"),
        ("wait", "wait"),
        ("figures", ""),
    ],
)
def test_a_fault_stands_at_the_field_that_it_is_about(where: str, field: str) -> None:
    error = ae.ConfigError([Fault(where, "is missing", "Write a number")])
    assert _by_field(error, ["wait", "doctors"]) == {field: "Is missing. Write a number."}


def test_figures_narrow_nothing_before_each_department_was_met_twice() -> None:
    text = narrow_page(
        parse_question([("department", EVERY), ("arm", "lean_triage")]), None, {"wait": "20"}
    )
    assert "40 replications, and 0 are worked out" in text


@pytest.mark.slow
def test_the_command_line_gives_the_numbers_of_the_app_bit_for_bit(
    short: None, asked: AskedQuestion, tmp_path: Path
) -> None:
    for seen in ae.grow(ae.load(*asked.overrides, "executor=threads", "workers=2")):
        if len(seen.replications) >= 5:  # two may end together
            break
    path = tmp_path / "question.yaml"
    path.write_text(ae.configuration(*asked.first(len(seen.replications))), encoding="utf-8")
    assert main(["compare", f"@{path}", f"results={tmp_path}", "executor=serial"]) == 0
    (folder,) = (tmp_path / "alternatives").glob("2*")
    read = ae.read(folder)
    assert ae.same_numbers(read, seen)
    assert repr(read.findings) == repr(seen.findings)


def test_the_first_visit_is_drawn_from_a_result(grown: Grown) -> None:
    text = first_visit(grown(30, 0.02))
    assert "30 replications" in text
    assert "<svg" in text


def test_a_first_visit_comes_with_the_package() -> None:
    text = STORED.read_text(encoding="utf-8")
    assert len(text.encode()) < 200_000
    assert "<script" not in text
    assert "The default study, worked out beforehand: 60 departments" in text


def test_the_first_visit_and_the_published_run_are_one_run() -> None:
    """Both are written by `make pages`."""
    about = json.loads(STORED.with_suffix(".json").read_text(encoding="utf-8"))
    published = json.loads((PUBLISHED / "ai_triage" / "manifest.json").read_text(encoding="utf-8"))
    assert all(about[name] == published[name] for name in ("identity", "n_replications"))
