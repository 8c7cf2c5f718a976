"""Queues that are known exactly, but only numerically: Markov chains, solved without simulation.

A chain is a sparse matrix of rates between numbered states. `stationary` solves a chain in equilibrium, `forward` one
whose rates hold for a while (the Kolmogorov forward equations, by uniformisation). `day_from_empty` and `blocking` cut
off their lists of states, and raise ArithmeticError where the cut would show.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulation.records.schema import Floats

State = tuple[int, ...]
Move = tuple[State, State, float]
CUT_SHOWS = 1e-9
"""The most probability that states next to the cut may hold, and the most patients who may still wait at the end."""


def rate_matrix(states: Mapping[State, int], moves: Iterable[Move]) -> Any:
    """A sparse matrix of rates from row to column; moves to a state that is not listed are dropped."""
    from scipy.sparse import csr_array

    listed = [(states[start], states[end], rate) for start, end, rate in moves if end in states]
    start, end, rate = (np.array(column) for column in zip(*listed, strict=True))
    return csr_array((rate.astype(float), (start, end)), shape=(len(states), len(states)))


def stationary(rates: Any) -> Floats:
    """The share of time in each state of a chain in equilibrium, shape (states,)."""
    from scipy.sparse import csr_array, diags_array, vstack
    from scipy.sparse.linalg import spsolve

    n = rates.shape[0]
    balance = (rates - diags_array(rates.sum(axis=1))).T.tocsr()
    one = csr_array(np.ones((1, n)))
    shares: Floats = spsolve(vstack([balance[:-1], one]).tocsc(), np.append(np.zeros(n - 1), 1.0))
    return shares


def forward(rates: Any, start: Floats, minutes: float) -> tuple[Floats, Floats]:
    """The probability of each state after `minutes`, and the minutes spent in it until then, shapes (states,).

    Uniformisation: jumps come at one rate and some lead nowhere, so that their number is Poisson and every jump is one
    product. Exact but for rounding. Source: Jensen 1953, Skandinavisk Aktuarietidskrift 36:87.
    """
    from scipy.special import gammaln, pdtrc

    out = rates.sum(axis=1)
    fastest = float(out.max())
    mean = fastest * minutes
    jumps = np.arange(math.ceil(mean + 10 * math.sqrt(mean) + 40))
    p_jumps = np.exp(jumps * math.log(mean) - mean - gammaln(jumps + 1))
    minutes_spent = pdtrc(jumps, mean) / fastest
    inward = rates.T.tocsr()
    share, at_end, minutes_in = start, np.zeros_like(start), np.zeros_like(start)
    for number in jumps:
        at_end += p_jumps[number] * share
        minutes_in += minutes_spent[number] * share
        share = (inward @ share + (fastest - out) * share) / fastest
    return at_end, minutes_in


def _refuse_if_cut(share: float, what: str, remedy: str = "List more states") -> None:
    if share > CUT_SHOWS:
        raise ArithmeticError(f"{what}: {share:.1e} at the cut, more than {CUT_SHOWS:.0e}. {remedy}")


# --- a day that begins empty: time-varying arrivals, two classes --------------------------------------------------


@dataclass(frozen=True)
class DayFromEmpty:
    """Expected figures of the first day of M(t)/M/c with two classes, first come first served within each.

    number_waiting   at the end of every hour, shape (24,); waiting_minutes  summed over the day;
    waits_of_urgent, waits_of_others  minutes waited in all by those of a class who come on that day, to the last of
    them, while arrivals go on.
    """

    number_waiting: Floats
    waiting_minutes: float
    waits_of_urgent: float
    waits_of_others: float


def day_from_empty(
    *, urgent: Sequence[float], others: Sequence[float], service_mean: float, servers: int, most: tuple[int, int]
) -> DayFromEmpty:
    """The first day of a queue that begins empty.

    `urgent` and `others` are arrivals a minute by hour: 24 hours, then as many as everybody of the first day needs to
    start. Service is exponential and the same for both; the urgent go first, nobody is interrupted. `most` is the
    number of urgent and of other patients waiting at which the list of states is cut.

    Those who come after the first day wait behind patients of their own class, so they are left out when that class
    is followed to its last patient; the urgent among them overtake the others of the first day, and count.
    """
    most_urgent, most_others = most
    idle = [(-free, 0) for free in range(servers, 0, -1)]
    queued = [(h, k) for h in range(most_urgent + 1) for k in range(most_others + 1)]
    states: dict[State, int] = {state: number for number, state in enumerate((*idle, *queued))}
    coming_urgent = rate_matrix(states, _arrivals(states, (1, 0)))
    coming_others = rate_matrix(states, _arrivals(states, (0, 1)))
    serving = rate_matrix(states, _services(states, service_mean, servers))
    n_urgent = np.array([0] * servers + [h for h, _ in queued], dtype=float)
    n_others = np.array([0] * servers + [k for _, k in queued], dtype=float)

    share = np.zeros(len(states))
    share[0] = 1.0
    at_hours, minutes_in = [], np.zeros(len(states))
    for hour in range(24):
        rates = urgent[hour] * coming_urgent + others[hour] * coming_others + serving
        share, minutes = forward(rates, share, 60.0)
        at_hours.append(float(share @ (n_urgent + n_others)))
        minutes_in += minutes
        edge = float(share[(n_urgent == most_urgent) | (n_others == most_others)].sum())
        _refuse_if_cut(edge, "a day from empty")

    def to_the_last(later_urgent: Sequence[float], number: Floats) -> float:
        after, total = share, float(minutes_in @ number)
        for rate in later_urgent:
            after, minutes = forward(rate * coming_urgent + serving, after, 60.0)
            total += float(minutes @ number)
        _refuse_if_cut(float(after @ number), "the first day's patients who still wait", "State more hours")
        return total

    return DayFromEmpty(
        np.array(at_hours),
        float(minutes_in @ (n_urgent + n_others)),
        to_the_last([0.0] * len(urgent[24:]), n_urgent),
        to_the_last(urgent[24:], n_others),
    )


def _arrivals(states: Iterable[State], added: State) -> Iterator[Move]:
    """Arrivals of a class at rate 1: a patient is served at once if a clinician is free, and waits otherwise.

    States: (urgent, others) waiting, or (minus the clinicians who are free, 0).
    """
    for h, k in states:
        yield (h, k), (h + 1, 0) if h < 0 else (h + added[0], k + added[1]), 1.0


def _services(states: Iterable[State], service_mean: float, servers: int) -> Iterator[Move]:
    """Ends of service; the urgent start first."""
    for h, k in states:
        next_state = (h, k - 1) if h == 0 and k else (h - 1, k)
        if h > -servers:
            yield (h, k), next_state, (servers + min(h, 0)) / service_mean


# --- cubicle and clinician together -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blocking:
    """Mean minutes waited for a cubicle, and in it for a clinician; the share who find no cubicle free."""

    for_cubicle: float
    for_clinician: float
    none_free: float


def blocking(
    per_minute: float, *, cubicles: int, clinicians: int, service_mean: float, stay_mean: float, most: int
) -> Blocking:
    """Waits where patients hold a cubicle while they wait for a clinician, are treated, and stay in it for a while.

    Clinicians may thus be idle while people wait for a cubicle. States: (waiting for a cubicle; in one before or with a
    clinician; in one after). Services and stays are exponential; first come, first served. The list of states is cut
    at `most` waiting.
    """
    states: dict[State, int] = {}
    for waiting in range(most + 1):
        for before in range(cubicles + 1):
            for after in range(cubicles + 1 - before):
                if not waiting or before + after == cubicles:
                    states[waiting, before, after] = len(states)

    def moves() -> Iterator[Move]:
        for state in states:
            waiting, before, after = state
            if before + after < cubicles:
                yield state, (0, before + 1, after), per_minute
            else:
                yield state, (waiting + 1, before, after), per_minute
            if before:
                yield state, (waiting, before - 1, after + 1), min(before, clinicians) / service_mean
            if after and waiting:
                yield state, (waiting - 1, before + 1, after - 1), after / stay_mean
            elif after:
                yield state, (0, before, after - 1), after / stay_mean

    share = stationary(rate_matrix(states, moves()))
    n_waiting, n_before, n_after = np.array(list(states), dtype=float).T
    _refuse_if_cut(float(share[n_waiting == most].sum()), "a queue for cubicles")
    return Blocking(
        for_cubicle=float(share @ n_waiting) / per_minute,
        for_clinician=float(share @ np.maximum(n_before - clinicians, 0)) / per_minute,
        none_free=float(share[n_before + n_after == cubicles].sum()),
    )
