"""Every alternative on the smallest department that shows it, against its exact or numerical answer.

Two stations, triage before a clinician, or beds: exponential minutes and Poisson arrivals, so that waits are known: by
Erlang's formula (the second station sees Poisson arrivals, too: Burke 1956), or where staff or arrivals change by the
hour by the Kolmogorov equations. Arms change the department as the study `alternatives` does. Effects are paired over
eight replications; each test fails a right engine with a probability of at most 0.1 % (|t| under 5.41 of 7 degrees of
freedom), and would not pass an effect that is a quarter off (of hours moved and of discharges, half off).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import t as student

from simulation.assurance.theory import closed_forms
from simulation.assurance.theory.closed_forms import forward, rate_matrix
from simulation.assurance.theory.stations import Length, by_the_hour, waited
from simulation.assurance.theory.stations import one_queue as labelled_queue
from simulation.department.durations import Exponential, Fixed
from simulation.department.vocabulary import (
    ACUITY_TRUE,
    ByChance,
    ExtraShift,
    Pathway,
    Pool,
    Profile,
    QuietDays,
    Step,
)
from simulation.engine.choose import EngineName
from simulation.patients.arrivals import fullest_above
from simulation.triage.matrix import AtLeastZero, Portion
from simulation.triage.people import Coverage
from simulation.triage.policy import MatrixPolicy, MinutesEffect

NOTE: Any = {"evidence": "assumed", "source": "a department with a known answer"}
PER_MINUTE, TRIAGE, CONTACT, NURSES, CLINICIANS = 0.18, 4.0, 9.0, 1, 2
LENGTH = Length(replications=8, warm_up_days=14, measured_days=140, cool_down_days=3)
REPLICATIONS = 8
LIMIT = float(student.ppf(1 - 0.0005, REPLICATIONS - 1))
LARGEST_ERROR = 0.25 / LIMIT
"""Of an effect: with a larger standard error a test would say little."""


def exponential(mean: float) -> Exponential:
    return Exponential(kind="exponential", mean=mean, **NOTE)


def one_queue(*, per_minute: float, service_mean: float, clinicians: int) -> Pathway:
    """A station at which nobody is labelled."""
    found = labelled_queue(per_minute=per_minute, service_mean=service_mean, clinicians=clinicians)
    return replace(found, attributes={ACUITY_TRUE: found.attributes[ACUITY_TRUE]})


def two_stations(*, nurses: int = NURSES, clinicians: int = CLINICIANS, **pools: Any) -> Pathway:
    """Triage, then a clinician, each first come, first served."""
    base = one_queue(per_minute=PER_MINUTE, service_mean=CONTACT, clinicians=clinicians)
    steps = {
        "triage": Step(asks=("nurses",), minutes=("triage",), next="contact"),
        "contact": Step(asks=("clinicians",), minutes=("contact",), first_seen=True, next="home"),
    }
    return replace(
        base,
        name="two_stations",
        arrivals={"walk_in": replace(base.arrivals["walk_in"], starts="triage")},
        pools={"nurses": staff(nurses), "clinicians": staff(clinicians), **pools},
        durations={"triage": exponential(TRIAGE), "contact": exponential(CONTACT)},
        steps=steps,
    )


def staff(units: int, **more: Any) -> Pool:
    return Pool(kind="staff", capacity=units, **NOTE, **more)


def changed(pathway: Pathway, pool: str, **changes: Any) -> Pathway:
    return replace(pathway, pools={**pathway.pools, pool: replace(pathway.pools[pool], **changes)})


def policy(
    *durations: str, factor: float | None = None, seconds: float | None = None, share: float = 1
) -> MatrixPolicy:
    """A tool that takes off minutes, used for a share of patients."""
    effect = MinutesEffect(
        durations=durations,
        factor=AtLeastZero(value=factor, range=(0, 2), **NOTE) if factor is not None else None,
        seconds_saved=AtLeastZero(value=seconds, range=(0, 900), **NOTE)
        if seconds is not None
        else None,
        never_below=Portion(value=0.5, range=(0, 1), **NOTE) if seconds is not None else None,
    )
    covers = Coverage(
        minutes=("walk_in",), share=Portion(value=share, range=(0, 1), **NOTE), **NOTE
    )
    return MatrixPolicy(kind="matrix", name="tool", covers=covers, minutes=effect)


Arm = tuple[Pathway, MatrixPolicy | None]
_waits: dict[str, Any] = {}


def waits(
    arm: Arm,
    *steps: str,
    engine: EngineName = "compiled",
    length: Length = LENGTH,
    n: int = REPLICATIONS,
) -> Any:
    """Minutes waited at these steps together, by replication; those of a department that tests share, once."""
    pathway, tool = arm
    shared = repr((arm, steps, engine, length, n))
    if shared in _waits:
        return _waits[shared]
    found = []
    for replication in range(n):
        (by_step,) = waited(
            pathway,
            [tool],
            engine=engine,
            length=length,
            seed=11,
            replication=replication,
            steps=steps,
        )
        found.append(
            sum(float(each.wait.sum()) for each in by_step.values())
            / 1024
            / len(by_step[steps[0]].wait)
        )
    return _waits.setdefault(shared, np.array(found))


def assert_effect(
    base: Arm, arm: Arm, expected: float, *steps: str, largest_error: float = LARGEST_ERROR
) -> None:
    """The paired effect on the wait is the expected one, within its own error, which is small."""
    assert_is(waits(arm, *steps) - waits(base, *steps), expected, largest_error=largest_error)


def assert_is(difference: Any, expected: float, *, largest_error: float = LARGEST_ERROR) -> None:
    """The mean of differences by replication is the expected one, within its own error, which is small."""
    error = difference.std(ddof=1) / math.sqrt(len(difference))
    assert error < largest_error * abs(expected)
    assert abs(difference.mean() - expected) < LIMIT * error, (difference.mean(), expected, error)


def erlang(service_mean: float, servers: int, per_minute: float = PER_MINUTE) -> float:
    return closed_forms.mmc_wait(per_minute, service_mean, servers=servers)


# --- staff at all hours, minutes, streaming: Erlang C -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("pool", "mean", "units"),
    [("nurses", TRIAGE, NURSES), ("clinicians", CONTACT, CLINICIANS)],
    ids=str,
)
def test_one_more_at_all_hours_takes_off_what_erlang_says(
    pool: str, mean: float, units: int
) -> None:
    base = two_stations()
    expected = erlang(mean, units + 1) - erlang(mean, units)
    assert_effect((base, None), (changed(base, pool, extra=1), None), expected, "triage", "contact")


def test_two_more_beds_take_off_what_erlang_says() -> None:
    base = two_stations(clinicians=4, nurses=1)
    base = replace(base, durations={**base.durations, "contact": exponential(19)})
    expected = erlang(19, 6) - erlang(19, 4)
    assert_effect(
        (base, None), (changed(base, "clinicians", extra=2), None), expected, "triage", "contact"
    )


def test_lean_triage_takes_off_what_erlang_says() -> None:
    base = two_stations()
    expected = erlang(0.56 * TRIAGE, NURSES) - erlang(TRIAGE, NURSES)
    assert_effect(
        (base, None), (base, policy("triage", factor=0.56)), expected, "triage", "contact"
    )


def test_a_record_that_ai_writes_takes_off_what_erlang_says() -> None:
    base = two_stations()
    expected = erlang(0.918 * CONTACT, CLINICIANS) - erlang(CONTACT, CLINICIANS)
    assert_effect(
        (base, None), (base, policy("contact", factor=0.918)), expected, "triage", "contact"
    )


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_seconds_off_at_triage_take_off_what_pollaczek_and_khinchine_say(share: float) -> None:
    """The wait for triage: 60 s off, down to half of a patient's minutes, for all or half of the patients."""
    base, saved = two_stations(), 1.0
    minutes = np.linspace(0, 200, 400_001)
    density = np.exp(-minutes / TRIAGE) / TRIAGE
    after = np.maximum(minutes - saved, minutes / 2)
    first, second = (
        share * float(np.trapezoid(after**power * density, minutes))
        + (1 - share) * math.factorial(power) * TRIAGE**power
        for power in (1, 2)
    )
    cv = math.sqrt(second / first**2 - 1)
    expected = closed_forms.pollaczek_khinchine(PER_MINUTE, first, cv=cv) - erlang(TRIAGE, NURSES)
    assert_effect(
        (base, None), (base, policy("triage", seconds=60 * saved, share=share)), expected, "triage"
    )


def test_streaming_to_primary_care_takes_off_what_erlang_says() -> None:
    """Every sixth patient goes to a GP instead of the clinicians; the wait is of everybody, wherever they wait."""
    base = two_stations(gps=staff(1))
    step = Step(asks=("gps",), minutes=("contact",), first_seen=True, next="home")
    chance = ByChance(kind="chance", targets={"gp": 1 / 6, "contact": 5 / 6}, **NOTE)
    streamed = replace(
        base,
        steps={**base.steps, "gp": step, "triage": replace(base.steps["triage"], next="streaming")},
        branches={"streaming": chance},
    )
    base = replace(base, pools={name: pool for name, pool in base.pools.items() if name != "gps"})
    for_gp = erlang(CONTACT, 1, PER_MINUTE / 6) / 6
    expected = (
        5 / 6 * erlang(CONTACT, CLINICIANS, PER_MINUTE * 5 / 6)
        + for_gp
        - erlang(CONTACT, CLINICIANS)
    )
    difference = waits((streamed, None), "triage", "contact", "gp") - waits(
        (base, None), "triage", "contact"
    )
    assert_is(difference, expected)


def test_pooled_wards_wait_as_one_queue_before_all_beds() -> None:
    """Two wards of three beds each, half of the patients each: apart, and with any bed for anybody."""
    base = two_stations(other=staff(3), clinicians=3)
    mean = 26.0
    chance = ByChance(kind="chance", targets={"contact": 0.5, "elsewhere": 0.5}, **NOTE)
    elsewhere = Step(asks=("other",), minutes=("contact",), first_seen=True, next="home")
    apart = replace(
        base,
        durations={**base.durations, "contact": exponential(mean)},
        steps={
            **base.steps,
            "elsewhere": elsewhere,
            "triage": replace(base.steps["triage"], next="ward"),
        },
        branches={"ward": chance},
    )
    any_bed = {
        "contact": replace(base.steps["contact"], asks=(), any_of=("clinicians", "other")),
        "elsewhere": replace(elsewhere, asks=(), any_of=("other", "clinicians")),
    }
    pooled = replace(apart, steps={**apart.steps, **any_bed})
    expected = erlang(mean, 6) - erlang(mean, 3, PER_MINUTE / 2)
    assert_effect((apart, None), (pooled, None), expected, "triage", "contact", "elsewhere")


# --- tests ordered at triage, and a doctor there: the stay -----------------------------------------------------------


def with_tests(base: Pathway, *, early: bool, doctor: bool = False) -> Pathway:
    """Everybody has a test of an hour, which is taken after the clinician or, ordered early, before."""
    test = Step(minutes=("test",), next="home", since="sent" if early else None)
    steps = {**base.steps, "test": test, "contact": replace(base.steps["contact"], next="test")}
    first = "doctor" if doctor else "contact"
    steps["triage"] = replace(
        steps["triage"], next=first, starts_clock=("sent",) if early and not doctor else ()
    )
    if doctor:
        steps["doctor"] = Step(
            asks=("doctors",), minutes=("look",), starts_clock=("sent",), next="contact"
        )
    durations = {**base.durations, "test": Fixed(kind="fixed", mean=60, **NOTE)}
    if doctor:
        durations["look"] = exponential(LOOK)
    return replace(base, steps=steps, durations=durations)


LOOK = 3.0


@pytest.mark.parametrize("doctor", [False, True], ids=["nurse", "doctor"])
def test_tests_ordered_at_triage_take_off_the_time_that_runs_beside_the_clinicians(
    doctor: bool,
) -> None:
    """With one fast clinician the time from triage to the end of the contact is exponential with rate m - l, of which
    at most an hour is saved: (1 - exp(-(m - l) 60)) / (m - l). A doctor's look before adds its own sojourn."""
    mean = 4.5
    base = replace(
        two_stations(clinicians=1),
        durations={"triage": exponential(TRIAGE), "contact": exponential(mean)},
    )
    rate = 1 / mean - PER_MINUTE
    saved = (1 - math.exp(-60 * rate)) / rate
    expected = -saved + ((LOOK + erlang(LOOK, 1)) if doctor else 0)
    with_doctor = replace(base, pools={**base.pools, "doctors": staff(1)}) if doctor else base
    difference = stays(with_tests(with_doctor, early=True, doctor=doctor)) - stays(
        with_tests(base, early=False)
    )
    assert_is(difference, expected)


def stays(pathway: Pathway) -> Any:
    """From joining triage to the end of the test, by replication."""
    found = []
    for replication in range(REPLICATIONS):
        (by_step,) = waited(
            pathway,
            [None],
            engine="compiled",
            length=LENGTH,
            seed=11,
            replication=replication,
            steps=("triage", "test"),
        )
        begun, ended = by_step["triage"], by_step["test"]
        joined, done = (
            (each.joined_at if each is begun else each.ended_at)[each.measured].astype(float)
            for each in (begun, ended)
        )
        found.append((done.mean() - joined.mean()) / 1024)
    return np.array(found)


# --- staff, arrivals and discharges by the hour: the Kolmogorov equations --------------------------------------------

BY_DAY = (0.6,) * 7 + (
    0.9,
    1.2,
    1.5,
    1.6,
    1.5,
    1.3,
    1.2,
    1.1,
    1.1,
    1.1,
    1.1,
    1.0,
    0.9,
    0.9,
    0.8,
    0.7,
    0.6,
)
"""Arrivals by hour of the day, relative to their mean of 1."""
MOST_BUSY, MOST_WAITING = 4, 120
STATES = {
    (b, q): b * (MOST_WAITING + 1) + q
    for b in range(MOST_BUSY + 1)
    for q in range(MOST_WAITING + 1)
}
WAITING = np.array([q for _, q in STATES], dtype=float)
SETTLED = 1e-7


@cache
def chains_of(units: int) -> tuple[Any, Any]:
    """Arrivals and services of one queue before so many units, at a rate of 1 each. States are (in service, waiting);
    after units have gone, those in service are served to their end and nobody starts."""
    comes = [((b, q), (b + 1, q) if b < units and q == 0 else (b, q + 1), 1.0) for b, q in STATES]
    goes = [
        ((b, q), (b, q - 1) if q and b <= units else (b - 1, q), float(b)) for b, q in STATES if b
    ]
    return rate_matrix(STATES, comes), rate_matrix(STATES, goes)


def started(now: Any, units: int) -> Any:
    """Those who wait start where units have come."""
    table = now.reshape(MOST_BUSY + 1, MOST_WAITING + 1).copy()
    for busy in range(units):
        for waiting in range(1, MOST_WAITING + 1):
            go = min(units - busy, waiting)
            table[busy + go, waiting - go] += table[busy, waiting]
            table[busy, waiting] = 0.0
    return table.ravel()


def through(
    now: Any, arrivals: Sequence[float], served: Sequence[float], units: Sequence[int]
) -> tuple[Any, float]:
    """Where the queue is after these hours (arrivals and services a minute by hour), and the minutes waited in them."""
    waited_minutes = 0.0
    for come, go, on_duty in zip(arrivals, served, units, strict=True):
        comes, goes = chains_of(on_duty)
        now, minutes = forward(come * comes + go * goes, started(now, on_duty), 60.0)
        waited_minutes += float(minutes @ WAITING)
    assert now.reshape(MOST_BUSY + 1, -1)[:, -1].sum() < 1e-9
    return now, waited_minutes


def periodic_wait(
    arrivals: Sequence[float],
    service_mean: float,
    units: Mapping[float, Sequence[int]],
    pace: Sequence[float] | None = None,
) -> float:
    """Minutes waited by the mean patient, once every period is like the one before; `units`: by the chance of a kind of
    period, who is on duty in it by hour."""
    served = [each / service_mean for each in (pace or [1.0] * len(arrivals))]
    now = np.zeros(len(STATES))
    now[0] = 1.0
    minutes = 0.0
    for _ in range(200):
        kinds = [
            (chance, *through(now, arrivals, served, on_duty)) for chance, on_duty in units.items()
        ]
        after = sum(chance * end for chance, end, _ in kinds)
        minutes = sum(chance * spent for chance, _, spent in kinds)
        if np.abs(after - now).sum() < SETTLED:
            return minutes / (60 * sum(arrivals))
        now = after
    raise AssertionError("not periodic yet")


def on_duty(base: int, *shifts: tuple[int, int, int]) -> list[int]:
    """Units by hour of the day, with shifts (from, to, number) on top."""
    return [
        base + sum(number for start, end, number in shifts if start <= hour < end)
        for hour in range(24)
    ]


def extra(*shifts: tuple[int, int, int]) -> tuple[ExtraShift, ...]:
    return tuple(ExtraShift(hours=f"{start}-{end}", number=number) for start, end, number in shifts)


def test_a_clinician_from_14_to_22_takes_off_what_the_equations_say() -> None:
    base = two_stations()
    shift = (14, 22, 1)
    arm = changed(base, "clinicians", extra_shifts=extra(shift))
    steady = [PER_MINUTE] * 24
    expected = periodic_wait(steady, CONTACT, {1.0: on_duty(CLINICIANS, shift)}) - erlang(
        CONTACT, CLINICIANS
    )
    assert_effect((base, None), (arm, None), expected, "triage", "contact")


def at_the_desk(**nurses: Any) -> Pathway:
    """Triage alone, with arrivals by hour: one nurse, and a second by shift."""
    base = one_queue(per_minute=PER_MINUTE, service_mean=TRIAGE, clinicians=1)
    base = by_the_hour(base, [PER_MINUTE * 60 * each for each in BY_DAY] * 7)
    return changed(base, "clinicians", **nurses)


HOURLY = [PER_MINUTE * each for each in BY_DAY]


@pytest.mark.slow
def test_a_shift_that_begins_an_hour_earlier_takes_off_what_the_equations_say() -> None:
    """The second nurse comes at 9 and goes at 17 instead of 10 and 18, before arrivals that peak at 10."""
    late, early = (10, 18, 1), (9, 17, 1)
    base, arm = (at_the_desk(extra_shifts=extra(each)) for each in (late, early))
    with_late, with_early = (
        periodic_wait(HOURLY, TRIAGE, {1.0: on_duty(1, each)}) for each in (late, early)
    )
    assert_effect((base, None), (arm, None), with_early - with_late, "treatment")


@pytest.mark.slow
def test_hours_moved_to_days_chosen_blindly_do_what_the_equations_say() -> None:
    """A third nurse from 9 to 14 on a tenth of days, paid for by an hour less of the second on the others. The forecast
    is off by far more than days differ, so that days are as good as drawn."""
    error, day = 1.0, (9, 18, 1)
    quiet = QuietDays(
        kind="quiet_days", hours="9-18", fullest_share=0.1, forecast_error=error, **NOTE
    )
    base = at_the_desk(extra_shifts=extra(day))
    moved = at_the_desk(extra_shifts=extra(day, (9, 17, 1)), closed_while="quiet", closes=1)
    moved = replace(moved, outages={"quiet": quiet})
    beyond = math.log(fullest_above(moved, quiet) / (60 * sum(HOURLY))) / error + error / 2
    full = 1 - float(ndtr(beyond))
    expected = periodic_wait(
        HOURLY, TRIAGE, {full: on_duty(1, day, (9, 17, 1)), 1 - full: on_duty(1, day, (17, 18, -1))}
    ) - periodic_wait(HOURLY, TRIAGE, {1.0: on_duty(1, day)})
    assert_effect(
        (base, None), (moved, None), expected, "treatment", largest_error=2 * LARGEST_ERROR
    )


STAY, BEDS, FOR_BEDS = 20.0, 3, 0.08


def ward(pace: Sequence[float]) -> Pathway:
    """Beds whose stays run at a pace by hour of the day or week, for arrivals by hour of the day."""
    base = one_queue(per_minute=FOR_BEDS, service_mean=STAY, clinicians=BEDS)
    base = by_the_hour(base, [FOR_BEDS * 60 * each for each in BY_DAY] * 7)
    profile = Profile(weights=tuple(pace), **NOTE)
    steps = {"treatment": replace(base.steps["treatment"], pace="discharges")}
    return replace(base, profiles={**base.profiles, "discharges": profile}, steps=steps)


DISCHARGES = (0.6,) * 9 + (
    0.9,
    1.1,
    1.3,
    1.4,
    1.5,
    1.7,
    1.7,
    1.6,
    1.5,
    1.3,
    1.2,
    1.0,
    0.8,
    0.7,
    0.6,
)


def mean_one(weights: Sequence[float]) -> list[float]:
    return (np.array(weights) / np.mean(weights)).tolist()


def test_discharges_earlier_in_the_day_take_off_what_the_equations_say() -> None:
    earlier = (*DISCHARGES[6:], *DISCHARGES[:6])
    beds = {1.0: [BEDS] * 24}
    arrivals = [FOR_BEDS * each for each in BY_DAY]
    now, then = (
        periodic_wait(arrivals, STAY, beds, mean_one(each)) for each in (DISCHARGES, earlier)
    )
    assert_effect(
        (ward(DISCHARGES), None),
        (ward(earlier), None),
        then - now,
        "treatment",
        largest_error=2 * LARGEST_ERROR,
    )


@pytest.mark.slow
def test_discharges_at_the_weekend_take_off_what_the_equations_say() -> None:
    week = [*DISCHARGES * 5, *(0.7 * each for each in DISCHARGES * 2)]
    even = DISCHARGES * 7
    beds = {1.0: [BEDS] * 168}
    arrivals = [FOR_BEDS * each for each in BY_DAY] * 7
    now, then = (periodic_wait(arrivals, STAY, beds, mean_one(each)) for each in (week, even))
    assert_effect(
        (ward(week), None),
        (ward(even), None),
        then - now,
        "treatment",
        largest_error=2 * LARGEST_ERROR,
    )


def test_stays_that_a_letter_ends_earlier_take_off_what_erlang_says() -> None:
    """A tenth off the stays of half of the patients: exponential of two means, one bed (Pollaczek and Khinchine)."""
    base = one_queue(per_minute=0.6 / STAY, service_mean=STAY, clinicians=1)
    first, second = (
        0.5 * (1 + 0.9**power) * math.factorial(power) * STAY**power for power in (1, 2)
    )
    cv = math.sqrt(second / first**2 - 1)
    expected = closed_forms.pollaczek_khinchine(0.6 / STAY, first, cv=cv) - closed_forms.mmc_wait(
        0.6 / STAY, STAY, servers=1
    )
    assert_effect(
        (base, None), (base, policy("treatment", factor=0.9, share=0.5)), expected, "treatment"
    )


# --- both engines -----------------------------------------------------------------------------------------------------

SHORT = Length(replications=1, warm_up_days=0, measured_days=2, cool_down_days=1)
ARMS: dict[str, Callable[[], Arm]] = {
    "one more": lambda: (changed(two_stations(), "clinicians", extra=1), None),
    "by shift": lambda: (
        changed(two_stations(), "clinicians", extra_shifts=extra((14, 22, 1))),
        None,
    ),
    "minutes": lambda: (two_stations(), policy("triage", seconds=60, share=0.5)),
    "quiet days": lambda: (
        replace(
            changed(two_stations(nurses=2), "nurses", closed_while="quiet", closes=1),
            outages={
                "quiet": QuietDays(
                    kind="quiet_days", hours="9-18", fullest_share=0.5, forecast_error=0.1, **NOTE
                )
            },
        ),
        None,
    ),
}


@pytest.mark.parametrize("name", ARMS)
def test_the_engines_wait_alike_to_the_last_bit(engine: EngineName, name: str) -> None:
    steps = ("triage", "contact")
    ours = waits(ARMS[name](), *steps, engine=engine, length=SHORT, n=1)
    assert ours[0] > 0
    assert np.array_equal(ours, waits(ARMS[name](), *steps, length=SHORT, n=1))
