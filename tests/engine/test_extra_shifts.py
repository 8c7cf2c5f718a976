"""Shifts laid over a rota or a capacity: more or fewer units at stated hours, as if the rota had been restated."""

from dataclasses import replace

import pytest

from simulation.department.rota import shift_starts, timetable, units_by_hour
from simulation.department.vocabulary import ExtraShift, Pool, Shift, Step
from simulation.study.simulate import draws_alike
from simulation.units import DAY, HOUR
from tests.engine.small import NOTE, Person, Simulate, department, minutes, play, staff

DAYTIME = (Shift(hours="8-20", number=2), Shift(hours="9-17", number=1, days="mon-fri"))


def pool(*extra_shifts: ExtraShift, **more: object) -> Pool:
    return Pool(kind="staff", extra_shifts=extra_shifts, **{"rota": DAYTIME, **NOTE, **more})


def test_a_shift_laid_over_a_rota_is_the_rota_with_one_shift_more() -> None:
    late = {"hours": "14-2", "number": 1, "days": "sun,mon"}
    laid_over = pool(ExtraShift(**late))
    restated = pool(rota=(*DAYTIME, Shift(**late)))
    assert timetable(laid_over) == timetable(restated)
    assert shift_starts(laid_over) == shift_starts(restated)
    assert timetable(laid_over) != timetable(pool())


def test_what_a_day_has_with_shifts_laid_over_it_is_the_sum_worked_out_by_hand() -> None:
    one_day = pool(
        ExtraShift(hours="14-22", number=1), ExtraShift(hours="19-21", number=-2), rota=DAYTIME[:1]
    )
    by_hand = [
        (0, 0),
        (8, 2),
        (14, 3),
        (19, 1),
        (20, 0),
        (21, 1),
        (22, 0),
    ]  # 20-21 h: 0 + 1 - 2 is nobody
    assert [(tick / HOUR, units) for tick, units in timetable(one_day) if tick < DAY] == by_hand
    assert units_by_hour(one_day)[:24].sum() == 6 * 2 + 5 * 3 + 1 * 1 + 1 * 1


def test_extra_units_count_where_the_rota_has_anybody_and_not_in_a_shift_laid_over_it() -> None:
    on_call = pool(ExtraShift(hours="22-23", number=1), rota=DAYTIME[:1], extra=1)
    assert [(tick // HOUR, units) for tick, units in timetable(on_call)][:5] == [
        (0, 0),
        (8, 3),
        (20, 0),
        (22, 1),
        (23, 0),
    ]


@pytest.mark.parametrize("hours", ["14-22", "13-14"])
def test_two_are_seen_at_once_in_the_hours_of_a_second_nurse_alone(
    engine: Simulate, hours: str
) -> None:
    nurses = {"nurses": staff(1, extra_shifts=(ExtraShift(hours=hours, number=1),))}
    pathway = department(
        {"see": Step(asks=("nurses",), minutes=("work",), next="home")}, pools=nurses
    )
    story = play(engine, pathway, Person(at=14 * 60 + 5), Person(at=14 * 60 + 5))
    second = 14 * 60 + 5 + (0 if hours == "14-22" else 10)
    assert story.spans("see") == {0: (845, 855), 1: (second, second + 10)}


def test_nobody_is_called_in_the_hours_of_a_shift_taken_away(engine: Simulate) -> None:
    nurses = {"nurses": staff(1, extra_shifts=(ExtraShift(hours="2-3", number=-1, days="tue"),))}
    pathway = department(
        {"see": Step(asks=("nurses",), minutes=("work",), next="home")},
        pools=nurses,
        durations={"work": minutes(30)},
    )
    story = play(engine, pathway, *(Person(at=1440 + at) for at in (100, 125)), until=3 * 1440)
    # the first is begun with at 1:40 and finished at 2:10, after the shift's end; the second waits until 3:00
    assert story.spans("see") == {0: (1540, 1570), 1: (1620, 1650)}


def test_a_shift_laid_over_a_rota_leaves_everybody_drawn_alike() -> None:
    steps = {"see": Step(asks=("nurses",), minutes=("work",), next="home")}
    usual = department(steps, pools={"nurses": staff(1)})
    more = replace(
        usual, pools={"nurses": staff(1, extra_shifts=(ExtraShift(hours="14-22", number=1),))}
    )
    assert draws_alike(usual, more)
