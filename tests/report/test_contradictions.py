"""No verdict on an offer whose department cannot be, or is not as stated; the page says what to look at first."""

import re
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from simulation.api import Result
from simulation.measures.measuring import MeasureName, Measures
from simulation.report.board import board, board_page
from simulation.report.findings import (
    CLINICIANS,
    not_judged,
    stated_figures,
    why_no_verdict,
)
from simulation.report.first_page import first_page
from simulation.report.screen import print_result, verdict_words
from simulation.runs.stored_run import _first_verdict
from simulation.study.design import OfferFacts
from tests.held import Hold

from .conftest import with_measures
from .test_first_page import NOISE, NURSE, TOOL, made

Base = Mapping[tuple[str, str], float]
BY_DAY, BY_NIGHT = "busy_by_day_share", "busy_by_night_share"
SHARES = {"within_4h_share", "left_share", "over_12h_share", "admitted_share", BY_DAY, BY_NIGHT}
ADVICE = re.compile(r"buy it|worth a pilot|would help|would do|fails|passes", re.IGNORECASE)


def busy(pool: str, by_day: float, by_night: float) -> Base:
    return {(BY_DAY, f"pool={pool}"): by_day, (BY_NIGHT, f"pool={pool}"): by_night}


SOUND: Base = {
    **busy("triage_nurses", 0.95, 0.8), **busy("assessment_nurses", 0.6, 0.5), **busy("doctors", 0.9, 0.7),
    **busy("children_doctors", 0.7, 0.6), **busy("reception", 0.4, 0.2), ("handover_mean", "all"): 25.0,
    ("within_4h_share", "all"): 0.62, ("left_share", "all"): 0.05, ("over_12h_share", "all"): 0.1,
    ("admitted_share", "all"): 0.27, ("walk_in_triage_wait_mean", "all"): 24.0,
}  # fmt: skip
"""A department that can be."""


def of_base(
    result: Result, base: Base, stated: Mapping[str, float] | None = None, **facts: Any
) -> Result:
    """An offer that helps by 20 of 100 minutes, in a department whose figures are these under every arm."""
    facts = {"arm": TOOL, "product": "Our AI", "department": "Our A&E", **facts}
    waits = {NURSE: [100.0] * 12, TOOL: 80 + NOISE}
    shown = made(result, waits, offer=OfferFacts(**facts, stated=stated or {}))
    names = tuple(
        MeasureName(measure, "share" if measure in SHARES else "minutes", group)
        for measure, group in base
    )
    values = np.array([*base.values()])
    measures = {
        arm: [Measures((*one.names, *names), np.array([*one.values, *values])) for one in of_arm]
        for arm, of_arm in shown.measures.items()
    }
    return with_measures(shown, measures, shown.design)


def test_a_department_as_it_was_stated_has_its_verdict_and_its_figures_stand_beside_the_stated(
    result: Result,
) -> None:
    stated = {"within_4h_share": 0.605, "left_share": 0.058, "wait_to_clinician_mean": 90.0}
    page = board(of_base(result, SOUND, stated))
    assert page.verdict == "Helps"
    assert page.picture is not None
    (part,) = (part for part in page.parts if part.anchor == "stated")
    assert [row[1:] for row in part.tables[0].rows] == [
        ("60.5 %", "62.0 %"),
        ("5.8 %", "5.0 %"),
        ("90.0 min", "100.0 min"),
    ]
    assert not part.words()


@pytest.mark.parametrize(
    ("base", "answer"),
    [
        (busy("assessment_nurses", 1.0, 0.99), "the rota of ambulance nurses"),
        (busy("triage_nurses", 0.99, 0.96), "the rota of triage nurses"),
        (busy("reception", 0.995, 0.992), "the rota of reception"),
        ({("handover_mean", "all"): 61.0}, "the share within four hours, then the number of beds"),
        (
            {("handover_mean", "all"): 61.0, **busy("assessment_nurses", 0.95, 0.9)},
            "the rota of ambulance nurses, then the number of beds",
        ),
        (busy("doctors", 0.985, 0.98), "the doctors' rota, and the share within four hours"),
        (busy("doctors", 0.3, 0.3), "the doctors' rota, and the share within four hours"),
        (busy("children_doctors", 0.95, 0.9), "the doctors' rota, and the share within four hours"),
        (
            {("occupied_at_midnight_share", f"pool={ward}"): 1.0 for ward in ("medicine_beds", "surgery_beds")},
            "the number of beds",
        ),
    ],
)  # fmt: skip
def test_a_department_that_cannot_be_has_no_verdict_and_the_answer_to_look_at_comes_first(
    result: Result, base: Base, answer: str, hold: Hold
) -> None:
    shown = of_base(result, {**SOUND, **base}, {"within_4h_share": 0.3})
    assert why_no_verdict(shown)[0].answer == answer
    assert why_no_verdict(shown)[-1].answer == "'Within four hours'", "what is stated comes last"
    page = board(shown)
    assert (page.verdict, page.look, page.picture) == ("No verdict", "cannot-tell", None)
    assert len(page.advice) == 1
    assert f" {answer}. " in page.advice[0]
    assert not ADVICE.search(" ".join((*page.sentences, page.verdict)))
    assert page.table is not None
    assert [row[-1] for row in page.table.rows] == ["no verdict"] * len(page.table.rows)
    hold([page.answer, *page.advice, *page.notes])


@pytest.mark.parametrize(
    ("measure", "near", "far"),
    [
        ("within_4h_share", (0.601, 0.639), (0.599, 0.641)),
        ("over_12h_share", (0.081, 0.119), (0.079, 0.121)),
        ("left_share", (0.041, 0.059), (0.039, 0.061)),
        ("wait_to_clinician_mean", (88.0, 117.0), (86.0, 118.0)),
        ("walk_in_triage_wait_mean", (19.1, 28.2), (18.9, 29.1)),
    ],
)
def test_a_stated_figure_is_missed_beyond_its_tolerance(
    result: Result, measure: str, near: tuple[float, ...], far: tuple[float, ...]
) -> None:
    for value in near:
        assert why_no_verdict(of_base(result, SOUND, {measure: value})) == ()
    for value in far:
        (found,) = why_no_verdict(of_base(result, SOUND, {measure: value}))
        assert "was stated" in found.found
        assert board(of_base(result, SOUND, {measure: value})).verdict == "No verdict"


def test_attendances_are_held_against_those_that_were_simulated(result: Result) -> None:
    shown = of_base(result, SOUND, {"attendances_per_day": 1.0})
    days = result.run.warm_up_days + result.run.measured_days
    simulated = np.mean(
        [
            one.total("n_attendances") / len(one.arms) / (days + one.cool_down_days)
            for one in shown.replications
        ]
    )
    (figure,) = stated_figures(shown)
    assert figure.simulated == pytest.approx(simulated)
    assert why_no_verdict(shown)[0].answer == "'Attendances'"
    assert not why_no_verdict(of_base(result, SOUND, {"attendances_per_day": simulated * 1.019}))
    assert why_no_verdict(of_base(result, SOUND, {"attendances_per_day": simulated * 1.021}))


def test_the_figure_that_is_furthest_off_is_the_first_to_look_at(result: Result) -> None:
    shown = of_base(result, SOUND, {"within_4h_share": 0.59, "left_share": 0.2})
    assert [one.answer.split()[0] for one in why_no_verdict(shown)] == ["'Left", "'Within"]


def test_the_first_page_and_the_screen_of_such_an_offer_have_no_verdict(
    result: Result, hold: Hold
) -> None:
    shown = of_base(result, {**SOUND, **busy("assessment_nurses", 1.0, 1.0)})
    page = first_page(shown)
    assert (page.headlines, page.hangs, page.picture) == ((), "", None)
    hold(page.lead)
    out = StringIO()
    print_result(shown, stream=out)
    assert "No verdict. " in out.getvalue()
    assert not ADVICE.search(out.getvalue())
    assert "no verdict" in board_page(shown)
    sound = first_page(of_base(result, SOUND))
    assert sound.headlines
    assert sound.picture is not None


def test_what_an_earlier_run_does_not_hold_is_not_judged_and_the_page_says_so(
    result: Result, hold: Hold
) -> None:
    shown = of_base(result, {}, {"over_12h_share": 0.1})
    assert why_no_verdict(shown) == ()
    assert board(shown).verdict == "Helps"
    (part,) = (part for part in board(shown).parts if part.anchor == "stated")
    hold(part.words())
    assert not_judged(of_base(result, SOUND)) == ("what was stated",)
    assert not_judged(of_base(result, SOUND, {"left_share": 0.05})) == ()


def test_where_one_team_is_at_both_doors_the_rota_to_look_at_is_that_of_the_triage_nurses(
    result: Result, hold: Hold
) -> None:
    shown = of_base(
        result, {**SOUND, ("handover_mean", "all"): 90.0, **busy("assessment_nurses", 1.0, 1.0)}
    )
    assert "ambulance nurses" in " ".join(one.answer for one in why_no_verdict(shown))
    over = SimpleNamespace(structure_of=("pace/shared_front_door", "places/shared_front_door"))
    one_team = replace(shown, study=replace(shown.study))
    vars(one_team.study)["departments"] = over
    hold([one.answer for one in why_no_verdict(one_team)])


def test_a_list_of_runs_says_no_verdict_with_the_reason(result: Result) -> None:
    shown = of_base(result, {**SOUND, **busy("triage_nurses", 1.0, 1.0)})
    assert verdict_words(_first_verdict(shown)) == f"no verdict: {why_no_verdict(shown)[0].found}"
    assert "no verdict" not in verdict_words(_first_verdict(of_base(result, SOUND)))


def test_a_study_without_an_offer_is_not_judged_by_answers(result: Result) -> None:
    shown = of_base(result, {**SOUND, **busy("triage_nurses", 1.0, 1.0)})
    bare = replace(shown, study=replace(shown.study, design=replace(shown.design, offer=None)))
    assert why_no_verdict(bare) == ()
    assert first_page(bare).headlines


def test_clinicians_who_are_busier_than_anywhere_by_chance_alone_contradict_nothing(
    result: Result,
) -> None:
    """89.1 % of all hours, where the highest of a hundred departments measured 89.0."""
    assert not why_no_verdict(of_base(result, {**SOUND, **busy("children_doctors", 0.905, 0.875)}))
    found = why_no_verdict(of_base(result, {**SOUND, **busy("children_doctors", 0.93, 0.9)}))
    assert "children doctors" in found[0].found


def test_clinicians_of_the_ensemble_are_within_the_range_that_is_known(offered: Result) -> None:
    """Twenty of its departments, two days each: on average none is outside."""
    for pool, (low, high) in CLINICIANS.items():
        by_day, by_night = (
            offered.before(measure, f"pool={pool}").mean for measure in (BY_DAY, BY_NIGHT)
        )
        assert low < (13 * by_day + 11 * by_night) / 24 < high
