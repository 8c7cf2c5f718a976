"""What is asked: the address says it whole, a study is made of it, and nothing else may be asked."""

from urllib.parse import parse_qsl

import pytest

import simulation as ae
from simulation.app.asked import (
    CHANGED,
    EXAMPLE,
    FOLLOWED,
    MOST_ARMS,
    OPPOSITE,
    USUAL_FOUR,
    AskedQuestion,
    packaged_arms,
    parse_question,
    question_of_file,
)
from simulation.app.controls import WORDS, controls, helps, today
from simulation.app.departments import LOCAL, PACKAGED, TYPICAL
from simulation.department.rota import units_by_hour
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError
from tests.held import Hold


def changes(asked: AskedQuestion) -> dict[str, object]:
    """What an address changes of the department, by path: the arm of the changed department."""
    assert ae.load(*asked.overrides).arm(CHANGED).pathway
    return dict(asked._changes())


def test_the_address_says_the_question_whole() -> None:
    asked = parse_question(
        [("department", "short_of_beds"), ("beds", "-3"), ("tests", "0"), ("arm", "lean_triage")]
    )
    assert asked.changed == (("beds", -3),)
    assert parse_question(parse_qsl(asked.query)) == asked


def test_a_first_question_is_the_example_in_the_typical_department() -> None:
    study = ae.load(*AskedQuestion().overrides)
    assert [arm.name for arm in study.arms] == ["nurse", *EXAMPLE]
    assert study.resolved["scenario"] == {
        "question": "What happens in the department as it is?",
        "changes": {},
    }


def test_every_policy_has_a_line_on_what_it_is() -> None:
    assert set(helps()) == set(packaged_arms())
    assert all(20 < len(words) < 160 and words.endswith((".", "?")) for words in helps().values())


def pathway_in(scenario: str) -> Pathway:
    return ae.load(f"scenario={scenario}", "ensemble=none").baseline.pathway


@pytest.mark.parametrize("key", ["attendances", "attendances_followed"])
def test_a_tenth_more_patients_are_both_scenarios_of_the_command_line_beside_today(
    key: str,
) -> None:
    study = ae.load(*parse_question([(key, "10"), ("arm", "lean_triage")]).overrides)
    assert study.baseline.pathway == pathway_in("usual")
    assert study.arm("lean_triage").pathway == study.baseline.pathway
    assert study.arm(CHANGED).pathway == pathway_in("busier_same_staff")
    assert study.arm(FOLLOWED).pathway == pathway_in("busier_staff_follow")


def test_policies_are_tried_in_the_changed_department_where_that_is_asked() -> None:
    asked = parse_question([("attendances", "10"), ("within", "1"), ("arm", "lean_triage")])
    assert parse_question(parse_qsl(asked.query)) == asked
    study = ae.load(*asked.overrides)
    assert [arm.name for arm in study.arms] == ["nurse", "lean_triage"]
    assert study.baseline.pathway == pathway_in("busier_same_staff")


@pytest.mark.parametrize(
    ("text", "fewer_on"),
    [("majors_nurses -2 0-24 mon", {0: 2}), ("doctors -1 8-16 sat,sun", {5: 1, 6: 1})],
)
def test_a_team_may_be_smaller_on_some_days(text: str, fewer_on: dict[int, int]) -> None:
    asked = parse_question([("staff", text)])
    assert parse_question(parse_qsl(asked.query)) == asked
    study = ae.load(*asked.overrides)
    pool = asked.staff[0].pool
    today, changed = (
        units_by_hour(study.arm(arm).pathway.pools[pool]).reshape(7, 24)
        for arm in ("nurse", CHANGED)
    )
    fewest = {day: int(one.max()) for day, one in enumerate(today - changed) if one.any()}
    assert fewest == fewer_on


def test_who_comes_on_the_days_of_a_change_is_measured_beside_the_week() -> None:
    every_day, some_days = (
        ae.load(*parse_question([("staff", f"majors_nurses -1 0-24 {days}")]).overrides)
        for days in ("mon-sun", "sat,sun")
    )
    assert not every_day.design.measures
    assert {one.days for one in some_days.design.measures.values()} == {"sat,sun"}  # type: ignore[union-attr]
    assert [name.rpartition("_")[0] for name in some_days.design.measures] == [*WORDS["on_days"]]


def test_a_change_and_its_opposite_stand_beside_today() -> None:
    asked = parse_question([("beds", "4"), ("staff", "doctors 1 8-16"), ("both", "1")])
    assert parse_question(parse_qsl(asked.query)) == asked
    assert asked.opposite.changed == (("beds", -4),)
    assert [one.number for one in asked.opposite.staff] == [-1]
    study = ae.load(*asked.overrides)
    today, more, fewer = (
        study.arm(name).pathway.pools["medicine_beds"].extra
        for name in ("nurse", CHANGED, OPPOSITE)
    )
    assert (more - today, fewer - today) == (4, -4)
    with pytest.raises(ConfigError, match="leaves nobody"):
        parse_question([("staff", "doctors 20"), ("both", "1")])


def test_a_department_alone_is_asked_about_with_the_usual_policies_and_a_change_alone() -> None:
    assert parse_question([("department", TYPICAL)]).arms == EXAMPLE
    front = [("arm", USUAL_FOUR), ("also", "beds=12")]
    assert (parse_question(front[:1]).arms, parse_question(front).arms) == (EXAMPLE, ())
    assert parse_question([*front, ("arm", "lean_triage")]).arms == ("lean_triage",)


@pytest.mark.parametrize(
    "text",
    [
        "triage_nurses -2 10-20 mon",
        "triage_nurses -1",
        "nurses -1",
        "doctors some",
        "doctors 0",
        "doctors 1 8+9",
        "doctors 1 8-16 monday",
        "doctors 99",
    ],
)
def test_a_change_of_a_team_that_cannot_be_is_one_message(text: str, hold: Hold) -> None:
    with hold.refusal(ConfigError, match="staff: "):
        parse_question([("staff", text)])


@pytest.mark.parametrize("end", ["lowest", "highest"])
@pytest.mark.parametrize("key", controls())
def test_a_control_may_be_moved_to_its_ends(key: str, end: str) -> None:
    value = getattr(today(PACKAGED[TYPICAL])[key], end)
    asked = parse_question([(key, str(value)), ("arm", "lean_triage")])
    if value:
        assert len(changes(asked)) == len(controls()[key].paths)
    else:
        assert not asked.changes_words


@pytest.mark.slow
@pytest.mark.parametrize("end", ["lowest", "highest"])
@pytest.mark.parametrize("name", PACKAGED)
def test_every_control_may_be_moved_at_once_in_every_department(name: str, end: str) -> None:
    values = [(key, str(getattr(now, end))) for key, now in today(LOCAL.department(name)).items()]
    asked = parse_question([("department", name), *values, ("arm", "lean_triage")])
    study = ae.load(*asked.overrides)
    assert (study.departments is not None) == bool(LOCAL.department(name).ensemble)


def test_shifts_of_one_team_are_put_together() -> None:
    asked = parse_question([("doctors_day", "1"), ("doctors_night", "2"), ("arm", "lean_triage")])
    shifts = [{"hours": "8-16", "number": 1}, {"hours": "0-8", "number": 2}]
    assert changes(asked) == {"staffing.doctors.extra_shifts": shifts}


def test_what_a_policy_adds_comes_on_top_of_what_the_department_has() -> None:
    asked = parse_question(
        [
            ("doctors_day", "1"),
            ("beds", "3"),
            ("within", "1"),
            ("arm", "clinician_14_to_22"),
            ("arm", "two_more_beds"),
        ]
    )
    study = ae.load(*asked.overrides)
    base, clinician, beds = (
        study.arm(name).pathway.pools for name in ("nurse", "clinician_14_to_22", "two_more_beds")
    )
    assert [shift.hours for shift in base["doctors"].extra_shifts] == ["8-16"]
    assert {shift.hours for shift in clinician["doctors"].extra_shifts} == {"8-16", "14-22"}
    assert (base["medicine_beds"].extra, beds["medicine_beds"].extra) == (3, 5)


def test_a_product_of_one_s_own_takes_so_many_seconds_off_each_triage() -> None:
    asked = parse_question([("seconds", "40")])
    assert parse_question(parse_qsl(asked.query)) == asked
    study = ae.load(*asked.overrides)
    assert [arm.name for arm in study.arms] == ["nurse", "your_product"]
    (saved,) = (effect.seconds_saved for effect in study.arm("your_product").policy.effects)
    assert saved is not None
    assert (saved.value, saved.evidence) == (40, "assumed")
    assert "Cho" not in saved.source


@pytest.mark.parametrize("name", [TYPICAL, "short_of_triage"])
def test_every_control_says_what_it_is_today_and_where_that_comes_from(name: str) -> None:
    for key, now in today(LOCAL.department(name)).items():
        assert now.evidence in ("published", "measured", "assumed"), key
        assert now.source, key
    assert today(PACKAGED[TYPICAL])["attendances"].words == "340 patients a day"
    assert "trusts' panel" in today(PACKAGED[TYPICAL])["attendances"].follows
    assert "2 from 10-23 h" in today(PACKAGED[TYPICAL])["triage_nurses"].words


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (
            [("department", "St Elsewhere"), ("arm", "lean_triage")],
            "department: there is no 'St Elsewhere'",
        ),
        (
            [("arm", "lean_triag")],
            "Did you mean 'lean_triage'?",
        ),
        (
            [("department", TYPICAL), ("arm", "")],
            "policies: none is chosen. Choose 1 to 5, or change",
        ),
        (
            [("beds", "1000"), ("arm", "lean_triage")],
            "Choose -50 to 30",
        ),
        ([("tests", "5e1"), ("arm", "lean_triage")], "found '5e1'. Choose -30 to 210 %"),
        (
            [("seconds", "-5"), ("arm", "lean_triage")],
            "Choose 0 to 180",
        ),
        ([("arm", name) for name in helps()], f"Choose {MOST_ARMS} at most"),
    ],
)
def test_what_is_not_offered_is_one_message(
    pairs: list[tuple[str, str]], message: str, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_question(pairs)
    hold(str(refused.value), message)


def test_a_question_as_a_file_is_the_same_study(asked: AskedQuestion) -> None:
    text = ae.configuration(*asked.first(12))
    sent = question_of_file(text, "its-name")
    assert ae.load(*sent.overrides).run == ae.load(*asked.overrides).run
    assert sent.arms == asked.arms
    assert sent.query == "file=its-name"


@pytest.mark.parametrize(
    "word",
    [
        "executor=dask",
        "cluster.address=tcp://example.org:1",
        "results=/tmp",
        "allow_large=true",
        "+cluster.x=1",
    ],
)
def test_a_file_from_elsewhere_cannot_say_where_or_how_it_runs(word: str, hold: Hold) -> None:
    with hold.refusal(ConfigError, match="be stated here"):
        question_of_file(f"['study=ai_triage', '{word}']", "a name")


def test_a_control_goes_as_far_as_the_configuration_says_that_a_department_could() -> None:
    cubicles, laboratory = (today(PACKAGED[TYPICAL])[key] for key in ("cubicles", "tests"))
    assert (cubicles.number, cubicles.lowest, cubicles.highest) == (35, -15, 3)  # 20 to 38
    assert (laboratory.number, laboratory.lowest, laboratory.highest) == (
        29,
        -30,
        210,
    )  # 20 to 90, in steps of 5 %
    assert today(PACKAGED["short_of_triage"])["cubicles"].highest == 0  # 39 already


@pytest.mark.parametrize("key", controls())
def test_a_control_keeps_within_the_bounds_of_the_typed_class(key: str) -> None:
    control, now = controls()[key], today(PACKAGED[TYPICAL])[key]
    assert control.typed.meaning
    units = {"times": ("factor", "patients a day"), "extra": ("units",), "shift": ("",)}
    assert control.typed.unit in units[control.how]
    assert now.lowest > -100 if control.how == "times" else (now.number or 0) + now.highest >= 0
