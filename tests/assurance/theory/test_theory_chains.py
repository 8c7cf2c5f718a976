"""The queues solved by numbers, where a formula knows the answer too: exact, no simulation and no false alarms."""

import numpy as np
import pytest
from scipy.linalg import expm

from simulation.assurance.theory.closed_forms import (
    blocking,
    day_from_empty,
    erlang_b,
    erlang_c,
    forward,
    mmc_wait,
    priority_mmc,
    rate_matrix,
    stationary,
)


def birth_and_death(*, up: float, down: float, servers: int, most: int):  # type: ignore[no-untyped-def]
    states = {(n,): n for n in range(most + 1)}
    moves = [((n,), (n + 1,), up) for n in range(most)]
    moves += [((n,), (n - 1,), down * min(n, servers)) for n in range(1, most + 1)]
    return rate_matrix(states, moves)


def test_a_chain_at_rest_without_room_to_wait_is_full_as_often_as_erlang_b_says() -> None:
    share = stationary(birth_and_death(up=0.4, down=1 / 20, servers=10, most=10))
    assert share.sum() == pytest.approx(1)
    assert share[-1] == pytest.approx(erlang_b(10, 8.0))


def test_uniformisation_is_the_matrix_exponential() -> None:
    rates = birth_and_death(up=0.7, down=0.3, servers=2, most=6)
    start = np.eye(7)[2]
    at_end, spent = forward(rates, start, 5.0)
    generator = rates.toarray() - np.diag(rates.sum(axis=1))
    assert at_end == pytest.approx(start @ expm(generator * 5.0), abs=1e-12)
    both = np.block(
        [[generator, np.eye(7)], [np.zeros((7, 14))]]
    )  # Van Loan: the integral in the upper right block
    assert spent == pytest.approx(start @ expm(both * 5.0)[:7, 7:], abs=1e-12)
    assert spent.sum() == pytest.approx(5.0)


def test_a_day_of_steady_arrivals_ends_as_erlang_c_and_cobham_say() -> None:
    service, servers = 5.0, 2
    rates = (0.1, 0.14)
    urgent, others = ([rate] * 30 for rate in rates)
    known = day_from_empty(
        urgent=urgent, others=others, service_mean=service, servers=servers, most=(30, 60)
    )
    waiting = sum(rates) * mmc_wait(sum(rates), service, servers=servers)
    assert known.number_waiting[-1] == pytest.approx(waiting, rel=1e-6)
    assert known.waiting_minutes < waiting * 1440  # it began empty
    # The empty start costs the day some of its waiting: as much as three per cent, and from both classes.
    expected = priority_mmc(rates, service, servers=servers)
    for found, rate, wait in zip(
        (known.waits_of_urgent, known.waits_of_others), rates, expected, strict=True
    ):
        assert found < rate * 1440 * wait
        assert found == pytest.approx(rate * 1440 * wait, rel=0.03)


def test_waits_of_the_others_are_longer_when_the_urgent_keep_coming() -> None:
    urgent, others = [0.08] * 24, [0.09] * 24
    goes_on, drains = (
        day_from_empty(
            urgent=[*urgent, *[after] * 12],
            others=others,
            service_mean=5.0,
            servers=1,
            most=(40, 160),
        )
        for after in (0.02, 0.0)
    )
    assert goes_on.waits_of_others > drains.waits_of_others * 1.0001
    assert goes_on.waits_of_urgent == drains.waits_of_urgent
    assert np.array_equal(goes_on.number_waiting, drains.number_waiting)


def test_a_list_of_states_that_is_cut_too_soon_is_refused() -> None:
    with pytest.raises(ArithmeticError, match="List more states"):
        day_from_empty(
            urgent=[0.2] * 36, others=[0.1] * 36, service_mean=5.0, servers=1, most=(5, 5)
        )
    with pytest.raises(ArithmeticError, match="State more hours"):
        day_from_empty(
            urgent=[0.1] * 24, others=[0.1] * 24, service_mean=5.0, servers=2, most=(30, 30)
        )
    with pytest.raises(ArithmeticError, match="List more states"):
        blocking(0.09, cubicles=6, clinicians=2, service_mean=20, stay_mean=40, most=40)


def test_cubicles_that_never_run_out_leave_the_queue_for_clinicians_to_erlang() -> None:
    plenty = blocking(0.06, cubicles=60, clinicians=2, service_mean=20, stay_mean=10, most=20)
    assert plenty.for_cubicle == pytest.approx(0, abs=1e-5)
    assert plenty.for_clinician == pytest.approx(mmc_wait(0.06, 20, servers=2), rel=1e-6)


def test_as_many_clinicians_as_cubicles_and_hardly_a_stay_leave_the_queue_for_cubicles_to_erlang() -> (
    None
):
    rooms = blocking(0.1, cubicles=3, clinicians=3, service_mean=20, stay_mean=1e-6, most=200)
    assert rooms.for_clinician == 0
    assert rooms.for_cubicle == pytest.approx(mmc_wait(0.1, 20, servers=3), rel=1e-5)
    assert rooms.none_free == pytest.approx(erlang_c(3, 2.0), rel=1e-5)


def test_a_stay_in_the_cubicle_lengthens_the_wait_for_one_and_shortens_the_wait_in_it() -> None:
    short, long = (
        blocking(0.06, cubicles=6, clinicians=2, service_mean=20, stay_mean=stay, most=300)
        for stay in (10, 40)
    )
    assert long.for_cubicle > short.for_cubicle
    assert long.for_clinician < short.for_clinician
