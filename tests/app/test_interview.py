"""The interview one question a page: the questions, the order and the checks of `aeflow offer`."""

from html import escape, unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from zipfile import ZipFile

import pytest

from simulation.app.interviewing import (
    answers_of,
    answers_text,
    checked_answers,
    page,
    rest_blank,
    texts_of,
)
from simulation.offers.asking import answers_in
from simulation.offers.interview import check, next_question, questions

from .test_server import PORT, Client, app_of

FIRST = ("attendances_per_day", "300")
COUNTS = "\n".join([",red,orange,yellow,green,blue", "red,40,8,2,0,0", "orange,6,54,13,2,0", "yellow,1,20,98,13,1",
                    "green,0,4,22,76,4", "blue,0,1,3,11,21"])  # fmt: skip
PRODUCT = [FIRST, ("product", "x"), ("does", "labels"), ("against", "panel")]
LEFT = [("rest", "blank")]
DEPARTMENT_LEFT = [*texts_of(rest_blank(dict([FIRST]))).items()]
ECHO = "of 125 true level 1-2 the tool called 25 lower (levels 1 to 5: 50, 75, 133, 106, 36 cases)"


def test_it_begins_with_the_first_question_and_finds_no_fault_yet() -> None:
    text = page([])
    assert escape(questions()["attendances_per_day"].words) in text
    assert "There is a problem" not in text


def test_each_page_asks_what_the_command_would_ask_next() -> None:
    pairs = [FIRST]
    while (key := next_question(answers_of(pairs))) is not None and len(pairs) < 12:
        assert f'name="{key}"' in page(pairs)
        pairs.append((key, "Our AI" if key == "product" else ""))
        if questions()[key].required and key != "product":
            break


def test_an_answer_that_cannot_be_used_is_asked_again_with_what_is_wrong() -> None:
    text = page([("attendances_per_day", "109500")])
    assert "There is a problem" in text
    assert "Is it a year" in text
    assert 'value="109500"' in text


def test_an_odd_answer_is_shown_again_until_it_is_said_to_be_so_or_changed() -> None:
    odd, asked = ("attendances_per_day", "1200"), ("asked", "attendances_per_day")
    again = page([odd, asked])
    assert "Is this so?" in again
    assert 'name="so" value="1200"' in again
    assert "Is this so?" in page([("attendances_per_day", "1250"), asked, ("so", "1200")])
    for pairs in ([odd, asked, ("so", "1200")], [FIRST, asked]):
        assert "Is this so?" not in page(pairs)
        assert 'name="within_four_hours"' in page(pairs)


def test_what_an_answer_was_read_as_is_said_once() -> None:
    pairs = [
        FIRST,
        ("used_share", "60 %"),
        *PRODUCT[1:],
        ("price_a_year", "£118,000"),
        ("rest", "blank"),
    ]
    assert unescape(page(pairs)).count("£118,000") == 1


def test_a_choice_that_was_not_made_is_asked_for() -> None:
    keys = [*questions()]
    before = [FIRST, *((key, "") for key in keys[1 : keys.index("does")])]
    asked = [("product", "x"), ("asked", "does")]
    assert "is not answered" not in page([*before, ("asked", "triage_nurses")])
    assert "is not answered. Choose one of these" in page([*before, *asked])


def test_a_choice_that_may_be_left_blank_is_left_by_going_on() -> None:
    keys = [*questions()]
    before = [FIRST, *((key, "") for key in keys[1 : keys.index("ambulances")])]
    text = page([*before, ("asked", "ambulances")])
    assert "is not answered" not in text
    assert 'name="ambulances" value=""' in text


def test_what_an_answer_was_read_as_is_said_on_the_next_page() -> None:
    assert "300 attendances a day" in page([FIRST]).replace("\n", " ")


def test_an_answer_to_what_is_not_asked_any_more_is_left_out() -> None:
    pairs = [FIRST, ("ambulances", "triage nurses"), ("ambulance_nurses", "2 from 0 to 24")]
    assert "ambulance_nurses" not in answers_of(pairs)


def test_the_rest_of_the_answers_may_be_left_blank_at_once_but_for_what_must_be_answered() -> None:
    assert "Check your answers" in page([*DEPARTMENT_LEFT, *PRODUCT[1:], *LEFT])
    assert escape(questions()["product"].words) in page([FIRST, ("rest", "blank")])
    assert "rest=blank" in page([FIRST])


def test_the_rest_about_the_department_says_nothing_of_the_product() -> None:
    left = rest_blank({"attendances_per_day": "310"})
    assert {questions()[key].section for key in left} == {"department"}


def test_where_leaving_the_rest_blank_leads_nowhere_it_is_not_offered_and_the_page_says_why() -> (
    None
):
    for text in (
        page([FIRST, ("rest", "blank")]),
        page([("attendances_per_day", "109500"), ("product", "x")]),
    ):
        assert "This one must be answered" in text
        assert "rest=blank" not in text
    assert "The rest of the part before is left blank" in page([FIRST, ("rest", "blank")])
    assert "must be answered.</p>" not in page([FIRST])


def test_the_first_page_says_which_questions_must_be_answered() -> None:
    assert (
        "These must be answered: attendances a day; the product's name; what it does."
        in unescape(page([]))
    )


def test_the_number_of_a_question_is_its_place_among_those_asked() -> None:
    rest = answers_of([FIRST, *((key, "") for key in questions())])
    pairs = [(key, "") for key in rest if key not in ("attendances_per_day", "product", "does")]
    asked_in_turn = [(key, "") for key, _ in pairs if questions()[key].section == "department"]
    last = f"question {len(asked_in_turn) + 2}<"
    numbers = [page([FIRST, *some]).count(last) for some in (pairs, asked_in_turn)]
    assert numbers == [1, 1]


def test_from_the_last_page_one_can_go_back_to_the_last_question_and_read_what_a_blank_price_means() -> (
    None
):
    text = page([*DEPARTMENT_LEFT, *PRODUCT[1:], *LEFT])
    back = text.partition('nhsuk-back-link" href="/interview?')[2].partition('"')[0]
    assert escape(questions()["evaluation"].words) in page(
        parse_qsl(unescape(back), keep_blank_values=True)
    )
    assert "left blank: the price for each patient is asked" in text


def test_the_file_of_answers_is_read_by_the_command(tmp_path: Path) -> None:
    path = tmp_path / "offer.yaml"
    path.write_text(answers_text([FIRST, ("within_four_hours", "")]), encoding="utf-8")
    assert answers_in(path) == {"attendances_per_day": "300", "within_four_hours": None}


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><b>'])
def test_what_is_typed_cannot_become_markup(text: str) -> None:
    written = page([("attendances_per_day", text)])
    assert text not in written


@pytest.mark.parametrize("text", [COUNTS, COUNTS.replace("\n", "\r\n"), COUNTS.replace(",", "\t")])
def test_a_table_that_is_pasted_is_read_and_its_counts_are_said_as_the_command_says_them(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "theirs.csv").write_text(COUNTS, encoding="utf-8")
    echoed = check({**dict(PRODUCT), "table": "theirs.csv"}, tmp_path).readings["table"][-1]
    pairs = [*PRODUCT, ("table", text)]
    assert checked_answers(answers_of(pairs)).readings["table"][-1] == echoed
    assert echoed in unescape(
        page([*pairs, *((key, "") for key in questions() if key not in dict(pairs))])
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (COUNTS.replace("98", "many"), "found 'many'"),
        ("1,2\n3,4", "table.csv"),
        ("/etc/passwd", "table.csv: holds no table"),
        ("secret.csv", "table.csv: holds no table"),
    ],
)
def test_a_table_that_cannot_be_used_is_asked_for_again(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text(COUNTS, encoding="utf-8")
    shown = unescape(page([*PRODUCT, ("table", text)]))
    assert told in shown
    assert "There is a problem" in shown
    assert "<textarea" in shown


def test_answers_with_a_table_are_kept_as_files_that_the_command_and_the_app_read(
    tmp_path: Path,
) -> None:
    client = Client(app_of(PORT, n_workers=1)[0])
    kept = client.get("/interview/answers.yaml", params=[*PRODUCT, ("table", COUNTS)])
    with ZipFile(BytesIO(kept.content)) as packed:
        packed.extractall(tmp_path)
    read = check(answers_in(tmp_path / "offer.yaml"), tmp_path)
    assert (
        read.values.table == checked_answers(answers_of([*PRODUCT, ("table", COUNTS)])).values.table
    )
    address = client.post("/open", files={"file": kept.content}).headers["location"]
    assert dict(parse_qsl(urlsplit(address).query))["table"] == COUNTS
    alone = client.post(
        "/open", files={"file": ("offer.yaml", (tmp_path / "offer.yaml").read_bytes())}
    )
    assert "table" not in alone.headers["location"]
