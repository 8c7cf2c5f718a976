"""Ways of writing are read as what they are, or refused with what to write: never read as something else."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulation.app.interviewing import checked_answers
from simulation.department.rota import timetable, weekly_spans
from simulation.department.vocabulary import Pool, Shift
from simulation.offers.asking import answers_in, interview
from simulation.offers.interview import Answer, check, read
from simulation.offers.product import OfferedProduct
from simulation.offers.rotas import Rota, StatedShift, rota_words
from simulation.units import HOUR

STATED = yaml.safe_load(Path(__file__).with_name("ways_of_writing.yaml").read_text("utf-8"))
KEYS = {
    "number": "attendances_per_day",
    "share": "used_share",
    "minutes": "triage_minutes",
    "amount": "saves",
    "money": "price_a_year",
}
"""The question under which an answer of a kind is given."""


def week(rows: list[tuple[str, str, int]]) -> list[int]:
    """People on duty in each half hour of the week, from Monday, by shifts of days, hours and number."""
    on = [0] * 336
    for days, hours, number in rows:
        for start, end in weekly_spans(hours, days):
            for slot in range(2 * start // HOUR, 2 * end // HOUR):
                on[slot] += number
    return on


def said(checked: Any, key: str) -> str:
    return " ".join(str(fault) for fault in checked.faults.get(key, ()))


@pytest.mark.parametrize("way", STATED["rota"], ids=lambda way: way["text"])
def test_a_rota_is_read_as_written_or_refused(way: dict[str, Any]) -> None:
    checked = check({"doctors": way["text"]})
    if way["is"] == "refused":
        assert checked.values.doctors is None
        assert way["says"] in said(checked, "doctors")
        return
    rows = [row.split() for row in way["is"].split("; ")]
    wanted = week([(days, hours, int(number)) for days, hours, number in rows])
    if 0 in wanted:
        assert "nobody is on" in said(checked, "doctors")
        return
    rota = checked.values.doctors
    assert list(rota.on_duty) == wanted
    assert rota.person_hours == sum(wanted) / 14
    shifts = tuple(Shift(**shift) for shift in rota.stated())
    pool = Pool(kind="staff", rota=shifts, role="clinician", evidence="assumed", source="a test")
    changes = dict(timetable(pool))
    on = 0
    for slot, number in enumerate(wanted):
        on = changes.get(slot * HOUR // 2, on)
        assert on == number


@pytest.mark.parametrize("way", STATED["number"], ids=lambda way: f"{way['kind']}: {way['text']}")
def test_a_number_is_read_as_written_or_refused(way: dict[str, Any]) -> None:
    key = way.get("key", KEYS[way["kind"]])
    checked = check({"does": "saves time and labels", key: way["text"]})
    if way["is"] == "refused":
        assert not getattr(checked.values, key)
        assert way["says"] in said(checked, key)
        return
    value = getattr(checked.values, key)
    assert not said(checked, key)
    assert (list(value) if isinstance(value, tuple) else value) == pytest.approx(way["is"])


@pytest.mark.parametrize("way", STATED["whom"], ids=lambda way: way["text"])
def test_whom_it_is_for_is_read_as_written_or_refused(way: dict[str, Any]) -> None:
    checked = check({"covers": way["text"]})
    if "refused" in way:
        assert checked.values.covers is None
        assert way["refused"] in said(checked, "covers")
        return
    assert not said(checked, "covers")
    whom = checked.values.covers
    only = {}
    if "ages" in way:
        only["age_band"] = tuple(way["ages"])
    if "language" in way:
        only["language_need"] = (way["language"],)
    assert list(whom.sources) == way["ways"]
    assert dict(whom.only) == only
    asked = " ".join(checked.doubts["covers"])
    assert way.get("asked", "") in asked
    assert ("asked" in way) == bool(asked)


def test_both_fronts_work_out_the_same_share_of_everybody() -> None:
    """By hand: of attendances .66 walk in, .72 of them adults, .96 of these need no interpreter: .7 x .456 = .32."""
    answers: dict[str, Answer] = {"covers": "adult walk-ins, English only", "used_share": "70 %"}
    in_terminal, in_app = check(answers), checked_answers(answers)
    assert in_terminal.readings == in_app.readings
    assert ", 32 % of everybody" in in_terminal.readings["used_share"][-1]
    assert ", 46 % of everybody" in in_terminal.readings["covers"][-1]


def test_the_share_of_adults_follows_the_share_of_children() -> None:
    """By hand: children are .235 of attendances, .28 of walk-ins; with twice as many, adults are .44 of .66: .29."""
    whom = check({"covers": "adult walk-ins"}).values.covers
    assert whom.share == pytest.approx(0.66 * 0.72)
    usual = 0.66 * 0.28 + 0.28 * 0.12 + 0.06 * 0.28
    assert whom._replace(children=2 * usual).share == pytest.approx(0.66 * 0.44)
    everyone = check({"covers": "everyone"}).values.covers
    assert everyone._replace(children=0.4).share == pytest.approx(1)


def test_who_is_left_out_is_in_the_policy_and_on_the_board_s_page() -> None:
    """By hand: left out are ambulances and GP referrals, .34, children, .28 of .66, and .04 of the other .475: .54."""
    values = check(
        {"covers": "adult walk-ins, English only", "product": "x", "does": "labels"}
    ).values
    product = OfferedProduct("x", values)
    assert product.policy()["covers"]["only"] == {
        "age_band": ["adult", "older", "oldest"],
        "language_need": ["no"],
    }
    left_out = product.study([])["offer"]["left_out"]
    for words in (
        "GP referrals",
        "ambulance patients",
        "children",
        "interpreter",
        "(54 % of everybody)",
    ):
        assert words in left_out
    everyone = check({"covers": "everyone", "product": "x", "does": "labels"}).values
    assert "left_out" not in OfferedProduct("x", everyone).study([])["offer"]


def test_a_number_of_a_file_with_three_decimals_is_read_as_typed(tmp_path: Path) -> None:
    """YAML would make 100 of 100.000, which may be a hundred thousand."""
    path = tmp_path / "offer.yaml"
    path.write_text("price_a_year: 100.000\nused_share: 0.625\ncases: 1200\n", encoding="utf-8")
    answers = answers_in(path)
    assert answers == {"price_a_year": "100.000", "used_share": 0.625, "cases": 1200}
    assert "100,000" in said(check(answers), "price_a_year")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (["1200", "yes", "quit"], "1200"),
        (["1200", "310", "quit"], "310"),
        (["1200", "1250", "y", "quit"], "1250"),
        (["1200", "no", "310", "quit"], "310"),
        (["1200", "", "310", "quit"], "310"),
        (["1200", "many", "310", "quit"], "310"),
        (["1200", "quit"], None),
        (["1200"], None),
    ],
)
def test_an_odd_answer_takes_a_yes_or_another_answer(
    typed: list[str], kept: str | None, tmp_path: Path
) -> None:
    words, asked, answers = iter(typed), list[str](), dict[str, Answer]()

    def ask(prompt: str) -> str:
        asked.append(prompt)
        try:
            return next(words)
        except StopIteration:
            raise EOFError from None

    assert not interview(answers, tmp_path / "offer.yaml", ask=ask, say=lambda _: None)
    assert answers.get("attendances_per_day") == kept
    assert "100 to 700 is usual" in asked[1]


SHIFTS = st.tuples(
    st.integers(1, 9),
    st.integers(0, 47),
    st.integers(1, 47),
    st.sets(st.integers(0, 6), min_size=1),
)


@given(st.lists(SHIFTS, min_size=1, max_size=6))
@example([(1, 0, 1, {0}), (1, 0, 1, {0}), (1, 2, 47, {0}), (1, 1, 2, {*range(7)})])
@settings(max_examples=100, deadline=None)
def test_a_rota_is_read_again_as_it_is_stated(rows: list[tuple[int, int, int, set[int]]]) -> None:
    shifts = (
        StatedShift(number, start, start + length, tuple(sorted(days)))
        for number, start, length, days in rows
    )
    rota = Rota(tuple(shifts))
    stated = rota.stated()
    text = rota_words(rota).partition(" = ")[0]
    assert read("rota", text, {}).on_duty == rota.on_duty
    assert week([(one.get("days", "mon-sun"), one["hours"], one["number"]) for one in stated]) == [
        *rota.on_duty
    ]


ODD_ROTAS = [way["text"] for way in STATED["rota"]] + [
    f"2 {start}-{end}" for start in range(25) for end in range(0, 25, 2)
]


@pytest.mark.parametrize("text", ODD_ROTAS)
def test_every_example_of_a_refused_rota_is_accepted(text: str) -> None:
    for fault in check({"doctors": text}).faults.get("doctors", ()):
        for shown in re.findall(r"'([^']*\d[^']*)'", fault.remedy):
            again = check({"doctors": shown})
            assert "doctors" not in again.faults
            assert min(again.values.doctors.on_duty) >= 1
        assert "'" in fault.remedy or "blank" in fault.remedy
