"""The contract, rule by rule, on departments small enough to draw on paper. Durations are 10 minutes unless said."""

from dataclasses import replace

import pytest

from simulation.department.vocabulary import (
    ByAttribute,
    ByHours,
    ByQueue,
    Choice,
    End,
    Loop,
    Opens,
    Overflow,
    Profile,
    QueueClass,
    Shift,
    Step,
    Takes,
    TargetPull,
)

from .small import NOTE, PRIORITY, Person, Simulate, department, minutes, play, staff


def consultation(**more: object) -> Step:
    return Step(**{"asks": ("doctor",), "minutes": ("consultation",), "next": "home", **more})  # type: ignore[arg-type]


# --- waiting and priority ------------------------------------------------------------------------------------------


def test_one_doctor_sees_people_one_after_the_other(engine: Simulate) -> None:
    clinic = department({"consult": consultation()}, pools={"doctor": 1})
    story = play(engine, clinic, Person(0), Person(1), Person(30))
    assert story.spans("consult") == {0: (0, 10), 1: (10, 20), 2: (30, 40)}
    assert story.of("home", 1)[2:6] == ("done", 20, 20, 20)


def test_the_urgent_go_first_and_then_whoever_came_first(engine: Simulate) -> None:
    clinic = department({"consult": consultation()}, pools={"doctor": 1})
    story = play(
        engine, clinic, Person(0), Person(1, "minor"), Person(2), Person(3, "urgent"), Person(3)
    )
    assert story.spans("consult") == {
        0: (0, 10),
        3: (10, 20),
        2: (20, 30),
        4: (30, 40),
        1: (40, 50),
    }


def test_waiting_earns_rank_at_the_rate_of_the_class(engine: Simulate) -> None:
    # At 10 the minor patient has waited 9 at rate 1, the urgent one 2 at rate 4: 9 against 8.
    # One minute later it would have been 10 against 12.
    rule = replace(PRIORITY, rule="accumulating")
    clinic = department({"consult": consultation()}, pools={"doctor": 1}, priority=rule)
    story = play(engine, clinic, Person(0), Person(1, "minor"), Person(8, "urgent"))
    assert story.spans("consult")[1] == (10, 20)
    longer = {"consultation": 11}
    story = play(engine, clinic, Person(0, minutes=longer), Person(1, "minor"), Person(8, "urgent"))
    assert story.spans("consult")[2] == (11, 21)


def test_before_triage_everybody_counts_as_the_untriaged_class(engine: Simulate) -> None:
    clinic = department({"consult": consultation()}, pools={"doctor": 1})
    unlabelled = replace(clinic, steps={**clinic.steps, "door": Step(next="consult")})
    story = play(engine, unlabelled, Person(0), Person(1, "minor"), Person(2, "urgent"))
    assert story.spans("consult") == {0: (0, 10), 1: (10, 20), 2: (20, 30)}


def test_a_step_may_state_the_class_in_which_everybody_waits(engine: Simulate) -> None:
    clinic = department({"consult": consultation(ranks_as="standard")}, pools={"doctor": 1})
    story = play(engine, clinic, Person(0), Person(1, "minor"), Person(2, "urgent"))
    assert story.spans("consult") == {0: (0, 10), 1: (10, 20), 2: (20, 30)}


def test_one_key_decides_between_different_steps_that_need_the_same_doctor(
    engine: Simulate,
) -> None:
    steps = {
        "sort": Step(minutes=("walk",), next="by_acuity"),
        "review": consultation(),
        "consult": consultation(),
    }
    by_acuity = ByAttribute(
        kind="attribute", attribute="acuity_true", cases={"minor": "review"}, otherwise="consult"
    )
    clinic = department(
        steps,
        pools={"doctor": 1},
        durations={"walk": minutes(0)},
        branches={"by_acuity": by_acuity},
    )
    story = play(engine, clinic, Person(0), Person(1, "minor"), Person(2), Person(3, "urgent"))
    assert story.spans("consult") == {0: (0, 10), 3: (10, 20), 2: (20, 30)}
    assert story.spans("review") == {1: (30, 40)}


def test_where_adherence_fails_a_patient_counts_as_the_stated_class(engine: Simulate) -> None:
    rule = replace(PRIORITY, adherence=0.5)
    clinic = department({"consult": consultation(adheres=True)}, pools={"doctor": 1}, priority=rule)
    story = play(
        engine, clinic, Person(0), Person(1), Person(2, "urgent", ignored=True), Person(3, "urgent")
    )
    assert story.spans("consult") == {0: (0, 10), 3: (10, 20), 1: (20, 30), 2: (30, 40)}


def test_the_pull_towards_the_target_lasts_from_its_start_until_before_its_end(
    engine: Simulate,
) -> None:
    pull = TargetPull(
        active=True, starts_at_minutes=10, ends_at_minutes=20, ranks_as="urgent", **NOTE
    )
    rule = replace(PRIORITY, target_pull=pull)
    clinic = department({"consult": consultation(pulled=True)}, pools={"doctor": 1}, priority=rule)
    pulled = play(engine, clinic, Person(0), Person(0, "minor"), Person(5))
    assert pulled.spans("consult")[1] == (10, 20)
    too_late = play(
        engine, clinic, Person(0, minutes={"consultation": 20}), Person(0, "minor"), Person(11)
    )
    assert too_late.spans("consult")[2] == (20, 30)


# --- several pools -------------------------------------------------------------------------------------------------


def test_a_request_for_two_pools_starts_when_both_are_free_and_reserves_nothing(
    engine: Simulate,
) -> None:
    steps = {
        "sort": Step(minutes=("walk",), next="by_acuity"),
        "resus": Step(asks=("doctor", "nurse"), minutes=("consultation",), next="home"),
        "dress": Step(asks=("nurse",), minutes=("dressing",), next="home"),
    }
    by_acuity = ByAttribute(
        kind="attribute", attribute="acuity_true", cases={"urgent": "resus"}, otherwise="dress"
    )
    clinic = department(
        steps,
        pools={"doctor": 1, "nurse": 1},
        durations={"walk": minutes(0), "dressing": minutes(4)},
        branches={"by_acuity": by_acuity},
    )
    # The second urgent patient waits for doctor and nurse from 1 on; the doctor is busy until 10, so the nurse
    # (busy too) is not kept for it: at 10 both are free.
    story = play(engine, clinic, Person(0, "urgent"), Person(1, "urgent"), Person(2))
    assert story.spans("resus") == {0: (0, 10), 1: (10, 20)}
    assert story.spans("dress") == {2: (20, 24)}
    # With a nurse more, whoever only needs a nurse passes the one who cannot start.
    wider = replace(clinic, pools={"doctor": staff(1), "nurse": staff(2)})
    story = play(engine, wider, Person(0, "urgent"), Person(1, "urgent"), Person(2))
    assert story.spans("dress") == {2: (2, 6)}


def test_any_of_takes_the_first_free_in_the_order_it_names(engine: Simulate) -> None:
    consult = Step(any_of=("senior", "doctor"), minutes=("consultation",), next="home")
    clinic = department({"consult": consult}, pools={"doctor": 1, "senior": 1})
    story = play(engine, clinic, Person(0), Person(1), Person(2))
    assert [story.of("consult", k).pool for k in range(3)] == ["senior", "doctor", "senior"]
    assert story.spans("consult") == {0: (0, 10), 1: (1, 11), 2: (10, 20)}


def test_all_of_and_any_of_are_needed_together(engine: Simulate) -> None:
    consult = Step(
        asks=("room",), any_of=("senior", "doctor"), minutes=("consultation",), next="home"
    )
    clinic = department({"consult": consult}, pools={"room": 1, "doctor": 1, "senior": 1})
    story = play(engine, clinic, Person(0), Person(1))
    assert story.spans("consult") == {0: (0, 10), 1: (10, 20)}


# --- keeping and giving up -----------------------------------------------------------------------------------------


def boarding(**more: object) -> dict[str, Step]:
    return {
        "treat": Step(asks=("cubicle",), keeps=("cubicle",), minutes=("treatment",), next="bed"),
        "bed": Step(asks=("bed",), keeps=("bed",), minutes=("move",), next="ward", **more),  # type: ignore[arg-type]
        "ward": Step(minutes=("stay",), releases_at_end=("bed",), next="home"),
    }


STAY = {"treatment": minutes(10), "move": minutes(5), "stay": minutes(100)}


def test_a_boarder_keeps_the_cubicle_until_the_move_to_the_bed_starts(engine: Simulate) -> None:
    steps = boarding(releases_at_start=("cubicle",))
    story = play(
        engine,
        department(steps, pools={"cubicle": 1, "bed": 1}, durations=STAY),
        Person(0),
        Person(0),
        Person(0),
    )
    # 0 takes cubicle (0-10) and bed (10-115). 1 takes the cubicle at 10 and boards until 115, when 2 gets it.
    assert story.spans("treat") == {0: (0, 10), 1: (10, 20), 2: (115, 125)}
    assert story.spans("bed") == {0: (10, 15), 1: (115, 120), 2: (220, 225)}


def test_what_is_released_at_the_end_is_held_through_the_step(engine: Simulate) -> None:
    steps = boarding(releases_at_end=("cubicle",))
    story = play(
        engine,
        department(steps, pools={"cubicle": 1, "bed": 1}, durations=STAY),
        Person(0),
        Person(0),
    )
    assert story.spans("treat") == {0: (0, 10), 1: (15, 25)}


def test_what_is_released_at_a_start_is_taken_in_the_same_instant(engine: Simulate) -> None:
    steps = {
        "first": Step(asks=("room",), keeps=("room",), minutes=("work",), next="second"),
        "second": Step(
            asks=("chair",), releases_at_start=("room",), minutes=("work",), next="home"
        ),
    }
    story = play(engine, department(steps, pools={"room": 1, "chair": 1}), Person(0), Person(3))
    assert story.spans("first") == {0: (0, 10), 1: (10, 20)}
    assert story.spans("second") == {0: (10, 20), 1: (20, 30)}


def test_a_step_without_pools_gives_up_at_its_start(engine: Simulate) -> None:
    steps = {
        "treat": Step(asks=("room",), keeps=("room",), minutes=("work",), next="leave"),
        "leave": Step(releases_at_start=("room",), minutes=("work",), next="home"),
    }
    story = play(engine, department(steps, pools={"room": 1}), Person(0), Person(1))
    assert story.spans("treat") == {0: (0, 10), 1: (10, 20)}


def test_the_end_of_the_route_gives_back_everything(engine: Simulate) -> None:
    steps = {"treat": Step(asks=("room",), keeps=("room",), minutes=("work",), next="home")}
    story = play(engine, department(steps, pools={"room": 1}), Person(0), Person(1))
    assert story.spans("treat") == {0: (0, 10), 1: (10, 20)}


def test_steps_of_no_length_follow_one_another_within_an_instant(engine: Simulate) -> None:
    steps = {
        "register": Step(asks=("desk",), next="consult"),
        "consult": consultation(),
    }
    story = play(
        engine, department(steps, pools={"desk": 1, "doctor": 3}), Person(0), Person(0), Person(0)
    )
    assert story.spans("register") == {0: (0, 0), 1: (0, 0), 2: (0, 0)}
    assert story.spans("consult") == {0: (0, 10), 1: (0, 10), 2: (0, 10)}


# --- leaving and being blocked ---------------------------------------------------------------------------------


def test_a_patient_whose_patience_ends_has_left_before_the_dispatch_of_that_instant(
    engine: Simulate,
) -> None:
    clinic = department(
        {"consult": consultation(may_leave=True)}, pools={"doctor": 1}, patience="gone"
    )
    story = play(engine, clinic, Person(0), Person(1, patience=9), Person(2, patience=9))
    left = story.of("consult", 1)
    assert (left.outcome, left.joined_at, left.started_at, left.ended_at) == ("left", 1, None, 10)
    assert story.spans("consult")[2] == (10, 20)  # its patience would have ended at 11
    assert story.route(1) == ["consult", "gone"]


def test_patience_counts_from_arrival_and_ends_a_later_wait_as_it_is_joined(
    engine: Simulate,
) -> None:
    steps = {
        "scan": Step(asks=("scanner",), minutes=("scan",), next="consult"),
        "consult": consultation(may_leave=True),
    }
    clinic = department(steps, pools={"doctor": 1, "scanner": 1}, patience="gone")
    story = play(engine, clinic, Person(0, patience=10))
    assert story.spans("scan") == {0: (0, 10)}  # nobody leaves while being served
    assert story.of("consult")[2:6] == ("left", 10, None, 10)


def test_once_a_clinician_has_started_patience_no_longer_matters(engine: Simulate) -> None:
    steps = {
        "consult": consultation(may_leave=True, first_seen=True, next="review"),
        "review": Step(asks=("senior",), minutes=("review",), may_leave=True, next="home"),
    }
    clinic = department(
        steps,
        pools={"doctor": 1, "senior": staff(rota=(Shift(hours="1-2", number=1),))},
        patience="gone",
    )
    story = play(engine, clinic, Person(0, patience=5))
    assert story.spans("review") == {0: (60, 70)}


def test_whoever_leaves_or_is_blocked_gives_back_what_it_holds(engine: Simulate) -> None:
    steps = {
        "wait": Step(asks=("chair",), keeps=("chair",), next="consult"),
        "consult": consultation(may_leave=True),
        "think": Step(minutes=("thought",), next="gone"),
    }
    clinic = department(steps, pools={"chair": 1, "doctor": 0}, patience="think")
    story = play(engine, clinic, Person(0, patience=5), Person(1))
    assert story.of("think").ended_at == 15
    assert story.spans("wait") == {0: (0, 0), 1: (5, 5)}
    limited = steps | {"consult": consultation(queue_limit=0, blocked_next="think")}
    story = play(engine, department(limited, pools={"chair": 1, "doctor": 0}), Person(0), Person(0))
    assert story.spans("wait") == {0: (0, 0), 1: (0, 0)}


def test_a_full_queue_turns_away_the_least_urgent_of_those_who_just_came(engine: Simulate) -> None:
    clinic = department(
        {"consult": consultation(queue_limit=1, blocked_next="elsewhere")},
        pools={"doctor": 1},
        ends={"home": End(outcome="discharged"), "elsewhere": End(outcome="diverted")},
    )
    # 0 starts; of 1, 2 and 3, who join together, the urgent one stays; 4 comes later and finds it full, urgent or not.
    people = (
        Person(0),
        Person(5),
        Person(5, "urgent"),
        Person(5, "minor"),
        Person(6, "urgent"),
        Person(11),
    )
    story = play(engine, clinic, *people)
    assert story.spans("consult") == {
        0: (0, 10),
        1: (None, 5),
        2: (10, 20),
        3: (None, 5),
        4: (None, 6),
        5: (20, 30),
    }
    assert [story.of("consult", k).outcome for k in range(6)] == [
        "done",
        "blocked",
        "done",
        "blocked",
        "blocked",
        "done",
    ]


def test_who_joins_later_in_the_same_instant_competes_for_the_places_left_in_a_queue(
    engine: Simulate,
) -> None:
    # The urgent patient registers first (no time), so it joins in a later round of minute 5 than the minor one.
    steps = {
        "sort": Step(minutes=("walk",), next="by_acuity"),
        "register": Step(asks=("desk",), next="consult"),
        "consult": consultation(queue_limit=1, blocked_next="gone"),
    }
    by_acuity = ByAttribute(
        kind="attribute", attribute="acuity_true", cases={"urgent": "register"}, otherwise="consult"
    )
    clinic = department(
        steps,
        pools={"desk": 1, "doctor": 1},
        durations={"walk": minutes(0)},
        branches={"by_acuity": by_acuity},
    )
    story = play(engine, clinic, Person(0), Person(5, "minor"), Person(5, "urgent"))
    assert story.of("consult", 1).outcome == "blocked"
    assert story.spans("consult")[2] == (10, 20)


# --- rotas ---------------------------------------------------------------------------------------------------------

SHIFTS = (Shift(hours="0-1", number=2), Shift(hours="1-2", number=1))


def test_those_still_at_work_count_against_a_smaller_shift(engine: Simulate) -> None:
    doctor = staff(rota=SHIFTS, on_shift_change="outgoing_count")
    clinic = department({"consult": consultation()}, pools={"doctor": doctor})
    long, longer = {"consultation": 20}, {"consultation": 30}
    story = play(engine, clinic, Person(50, minutes=long), Person(50, minutes=longer), Person(55))
    assert story.spans("consult") == {0: (50, 70), 1: (50, 80), 2: (80, 90)}


def test_where_the_outgoing_are_extra_the_new_shift_starts_with_nobody_in_use(
    engine: Simulate,
) -> None:
    doctor = staff(rota=SHIFTS, on_shift_change="outgoing_are_extra")
    clinic = department({"consult": consultation()}, pools={"doctor": doctor})
    long, longer = {"consultation": 20}, {"consultation": 30}
    people = (Person(50, minutes=long), Person(50, minutes=longer), Person(55), Person(65))
    story = play(engine, clinic, *people)
    # The new doctor takes 2 at 60; the old ones, done at 70 and 80, return to nobody.
    assert story.spans("consult") == {0: (50, 70), 1: (50, 80), 2: (60, 70), 3: (70, 80)}


def test_nobody_starts_when_nobody_is_on_duty_and_the_week_repeats(engine: Simulate) -> None:
    doctor = staff(rota=(Shift(hours="0-1", number=1, days="mon"),))
    clinic = department({"consult": consultation()}, pools={"doctor": doctor})
    story = play(engine, clinic, Person(55), Person(56), until=8 * 1440)
    assert story.spans("consult") == {0: (55, 65), 1: (7 * 1440, 7 * 1440 + 10)}


# --- the route -----------------------------------------------------------------------------------------------------


def test_the_kth_pass_of_a_loop_reads_the_kth_draw_and_the_last_one_from_then_on(
    engine: Simulate,
) -> None:
    passes = Choice(kind="choice", categories=("0", "1", "2", "3"), shares=(1, 0, 0, 0), **NOTE)
    clinic = department(
        {"test": Step(minutes=("scan",), repeat_of="again", next="again")},
        pools={"doctor": 1},
        durations={"scan": minutes(1, repeats=2)},
        attributes={"scans": passes},
        loops={"again": Loop(passes="scans", again="test", next="home")},
    )
    looped = replace(clinic, steps={**clinic.steps, "door": Step(next="again")})
    story = play(
        engine, looped, Person(0, minutes={"scan": (5, 7)}, categories={"scans": "3"}), Person(0)
    )
    assert [each.ended_at for each in story.activities if each.step == "test"] == [5, 12, 19]
    assert story.route(1) == ["home"]


def test_a_pace_stretches_work_over_the_slow_hours(engine: Simulate) -> None:
    # Nothing moves from 1 to 2; the other 23 hours run at 24/23.
    lab = Profile(weights=(1, 0, *(1,) * 22), **NOTE)
    clinic = department(
        {"test": Step(minutes=("scan",), pace="lab", next="home")},
        pools={"doctor": 1},
        profiles={"lab": lab},
    )
    work = 24.0
    story = play(
        engine, clinic, Person(0, minutes={"scan": work}), Person(50, minutes={"scan": work})
    )
    assert story.of("test", 0).ended_at == pytest.approx(23, abs=0.01)
    assert story.of("test", 1).ended_at == pytest.approx(50 + 23 + 60, abs=0.01)


def test_a_branch_by_hours_is_open_from_its_start_until_before_its_end(engine: Simulate) -> None:
    unit = ByHours(kind="hours", hours="8-20", days="mon", then="consult", otherwise="home", **NOTE)
    clinic = department({"consult": consultation()}, pools={"doctor": 9}, branches={"open": unit})
    sorted_ = replace(clinic, steps={**clinic.steps, "door": Step(next="open")})
    people = [Person(at) for at in (8 * 60 - 1, 8 * 60, 20 * 60 - 1, 20 * 60, 1440 + 9 * 60)]
    story = play(engine, sorted_, *people, until=3 * 1440)
    assert [story.route(k)[0] for k in range(5)] == ["home", "consult", "consult", "home", "home"]


def test_a_branch_on_a_queue_reads_how_many_waited_before_this_instant(engine: Simulate) -> None:
    full = ByQueue(
        kind="queue", waiting_at=("consult",), at_least=1, then="gone", otherwise="consult", **NOTE
    )
    clinic = department({"consult": consultation()}, pools={"doctor": 1}, branches={"full": full})
    watched = replace(
        clinic, steps={**clinic.steps, "door": Step(relabels="acuity_true", next="full")}
    )
    # 1, 2 and 3 come together and read nobody waiting; 4 reads three; at 30 the last of them waited until this instant.
    story = play(
        engine,
        watched,
        Person(0),
        *(Person(5) for _ in range(3)),
        Person(6),
        Person(30),
        Person(31),
    )
    assert [story.route(k)[0] for k in range(7)] == ["consult"] * 4 + ["gone", "gone", "consult"]


# --- decisions -----------------------------------------------------------------------------------------------------


def test_a_request_that_overflows_at_a_decision_keeps_its_place(engine: Simulate) -> None:
    # Two wait for a medical bed, the older since 20; from the decision at 120 on it may take a surgical one, and
    # it goes before the surgical patient who joined at 100.
    steps = {
        "sort": Step(minutes=("walk",), next="by_acuity"),
        "medical": Step(
            asks=("medical",),
            minutes=("stay",),
            overflow=Overflow(after_minutes=60, any_of=("surgical",), **NOTE),
            next="home",
        ),
        "surgical": Step(asks=("surgical",), minutes=("stay",), next="home"),
    }
    by_acuity = ByAttribute(
        kind="attribute", attribute="acuity_true", cases={"minor": "surgical"}, otherwise="medical"
    )
    same = {name: QueueClass(rank=1, rate=1) for name in PRIORITY.classes}
    ward = department(
        steps,
        pools={"medical": 1, "surgical": 1},
        durations={"walk": minutes(0), "stay": minutes(1000)},
        branches={"by_acuity": by_acuity},
        priority=replace(PRIORITY, classes=same),
    )
    people = (
        Person(0),
        Person(0, "minor", minutes={"stay": 150}),
        Person(20),
        Person(70),
        Person(100, "minor"),
    )
    story = play(engine, ward, *people, until=2000)
    assert story.spans("medical")[2] == (150, 1150)
    assert story.of("medical", 2).joined_at == 20
    assert story.of("medical", 2).pool == "surgical"
    assert story.of("medical", 3).pool == "medical"
    assert story.spans("medical")[3] == (1000, None)
    assert story.spans("surgical")[4] == (1150, None)


def test_a_request_that_overflowed_may_start_at_the_decision_itself(engine: Simulate) -> None:
    overflow = Overflow(after_minutes=30, any_of=("surgical",), **NOTE)
    ward = department(
        {"bed": Step(asks=("medical",), minutes=("stay",), overflow=overflow, next="home")},
        pools={"medical": 0, "surgical": 1},
    )
    story = play(engine, ward, Person(20), Person(40), until=300)
    assert story.spans("bed") == {0: (60, 70), 1: (120, 130)}


def test_escalation_opens_on_the_snapshot_and_closing_cuts_nobody_off(engine: Simulate) -> None:
    opens = Opens(
        kind="opens", waiting_at=("consult",), above=1, below=0, pool="doctor", extra=1, **NOTE
    )
    clinic = department(
        {"consult": consultation()},
        pools={"doctor": 1},
        durations={"consultation": minutes(50)},
        triggers={"overflow": opens},
    )
    # At 60: 2 and 3 wait, so a second doctor opens. At 120: nobody waits, it closes; 3 goes on until 150.
    story = play(engine, clinic, Person(0), Person(1), Person(2), Person(3), Person(125), until=400)
    assert story.spans("consult") == {
        0: (0, 50),
        1: (50, 100),
        2: (60, 110),
        3: (100, 150),
        4: (150, 200),
    }
    changes = story.run.changes
    assert (changes.at / 1024).tolist() == [60, 120]
    assert changes.units.tolist() == [1, 0]


def test_care_of_those_who_wait_takes_whole_units_and_carries_the_rest(engine: Simulate) -> None:
    takes = Takes(
        kind="takes", waiting_at=("bed",), minutes_per_hour=20, pool="nurse", leaves=1, **NOTE
    )
    clinic = department(
        {"bed": Step(asks=("bed",), next="home")},
        pools={"bed": 0, "nurse": 3},
        triggers={"care": takes},
    )
    # Two wait: 40 minutes an hour. At 60: 40 due, no unit; at 120: 80, one unit, 20 carried; at 180: 60, one unit;
    # at 240: 40, none.
    story = play(engine, clinic, Person(0), Person(0), until=250)
    changes = story.run.changes
    assert (changes.at / 1024).tolist() == [120, 240]
    assert changes.units.tolist() == [1, 0]


# --- the horizon ---------------------------------------------------------------------------------------------------


def test_events_at_the_horizon_do_not_run_and_what_is_under_way_stays_open(
    engine: Simulate,
) -> None:
    clinic = department({"consult": consultation()}, pools={"doctor": 1})
    story = play(engine, clinic, Person(0), Person(1), Person(20), until=20)
    assert story.of("consult", 1)[2:6] == ("open", 1, 10, None)
    assert {each.patient for each in story.activities} == {0, 1}


def test_nobody_at_all_makes_empty_tables(engine: Simulate) -> None:
    clinic = department({"consult": consultation()}, pools={"doctor": 1})
    assert len(play(engine, clinic).run.activities) == 0
