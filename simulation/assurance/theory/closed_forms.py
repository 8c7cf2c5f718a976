"""Queues whose figures are known in closed form: small pure functions.

Times and rates share one unit (minutes and per minute here). A load of 1 or more has no steady state: the mean wait
is infinite. Queues that are known exactly, but only numerically, are at the end.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, diags_array, vstack
from scipy.sparse.linalg import spsolve
from scipy.special import pdtrc
from scipy.stats import poisson

from simulation.records.schema import Floats

Numbers = Sequence[float] | Floats


def _arrays(*columns: Numbers) -> Iterator[Floats]:
    """The columns as arrays of fractions, shape (classes,) each."""
    return (np.asarray(values, dtype=float) for values in columns)


def erlang_b(servers: int, work: float) -> float:
    """The share blocked where nobody can wait; `work` is arrivals times mean service (erlangs).

    It depends on the mean of the service only: a Poisson number of busy servers, cut off at all. Source: Erlang 1917;
    any service, Sevastyanov 1957.

    >>> round(erlang_b(2, 1.0), 3)
    0.2
    """
    return float(poisson.pmf(servers, work) / poisson.cdf(servers, work))


def erlang_c(servers: int, work: float) -> float:
    """The probability of waiting in M/M/c; `work` is arrivals times mean service (erlangs).

    Source: Erlang 1917; by Erlang B, Cooper, Introduction to Queueing Theory, 2nd ed. 1981, section 3.4.

    >>> round(erlang_c(1, 0.6), 3)
    0.6
    """
    if work >= servers:
        return 1.0
    blocked = erlang_b(servers, work)
    return blocked / (1 - work / servers * (1 - blocked))


def mmc_wait(per_minute: float, service_mean: float, *, servers: int) -> float:
    """Mean wait in M/M/c, first come first served, in the unit of `service_mean`. Source: Erlang 1917."""
    work = per_minute * service_mean
    if work >= servers:
        return math.inf
    return erlang_c(servers, work) * service_mean / (servers - work)


def mmc_share_over(
    minutes: float, per_minute: float, service_mean: float, *, servers: int
) -> float:
    """The share who wait longer than `minutes` in M/M/c, first come first served. Source: Erlang 1917."""
    work = per_minute * service_mean
    return erlang_c(servers, work) * math.exp(-max(servers - work, 0.0) * minutes / service_mean)


def pollaczek_khinchine(per_minute: float, service_mean: float, *, cv: float) -> float:
    """Mean wait in M/G/1 for a service of this mean and coefficient of variation. Source: Pollaczek 1930,
    Khinchine 1932."""
    return allen_cunneen(per_minute, service_mean, cv=cv, servers=1)


def allen_cunneen(per_minute: float, service_mean: float, *, cv: float, servers: int) -> float:
    """Mean wait in M/G/c, approximately: that of M/M/c times (1 + cv^2) / 2. Exact for one server and for cv 1.

    Source: Allen, Probability, Statistics and Queueing Theory, 2nd ed. 1990, section 5.3. Some per cent off for
    several servers; it is further off, and too low for cv below 1, as the load falls and hardly anybody waits.
    """
    return mmc_wait(per_minute, service_mean, servers=servers) * (1 + cv**2) / 2


def cobham(rates: Numbers, service_means: Numbers, second_moments: Numbers) -> Floats:
    """Mean wait by class in M/G/1 with non-preemptive priority, the most urgent first, shape (classes,).

    W_k = W_0 / ((1 - s_{k-1}) (1 - s_k)); W_0 = sum of rate x E[S^2] / 2, s_k the load of classes 1 to k.
    Source: Cobham 1954, Operations Research 2:70.
    """
    rate, mean, second = _arrays(rates, service_means, second_moments)
    return _by_priority(float(rate @ second) / 2, rate * mean)


def priority_mmc(rates: Numbers, service_mean: float, *, servers: int) -> Floats:
    """Mean wait by class in M/M/c with non-preemptive priority and one service mean for all, shape (classes,).

    Source: Cobham 1954, Operations Research 2:70; Kella and Yechiali 1985, Naval Research Logistics 32:177.
    """
    rate = np.asarray(rates, dtype=float)
    loads = rate * service_mean / servers
    return _by_priority(
        erlang_c(servers, float(rate.sum()) * service_mean) * service_mean / servers, loads
    )


def _by_priority(ahead: float, loads: Floats) -> Floats:
    """Mean wait by class. `ahead` is the mean time until a server is free for somebody with no queue before them."""
    totals = np.append(0.0, np.cumsum(loads))
    room = np.maximum(1 - totals, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(ahead / (room[:-1] * room[1:]))


def accumulating(
    rates: Numbers, service_means: Numbers, second_moments: Numbers, earned: Numbers
) -> Floats:
    """Mean wait by class in M/G/1 where class k earns `earned[k]` of rank a minute waited, the most urgent first.

    From the least urgent up, W_k = (W - sum_{below} l_i W_i (1 - b_i / b_k)) / (1 - sum_{above} l_i (1 - b_k / b_i))
    with loads l, rates of earning b, and W the wait of first come, first served. Source: Kleinrock 1964, Naval
    Research Logistics Quarterly 11:329; accumulating priority, Stanford, Taylor and Ziedins 2014, Queueing Systems
    77:297.
    """
    rate, mean, second, earn = _arrays(rates, service_means, second_moments, earned)
    load = rate * mean
    in_turn = float(rate @ second) / 2 / (1 - load.sum())
    waits = np.zeros(len(rate))
    for k in range(len(rate) - 1, -1, -1):
        overtaken = float((load * waits * (1 - earn / earn[k]))[k + 1 :].sum())
        overtaking = float((load * (1 - earn[k] / earn))[:k].sum())
        waits[k] = (in_turn - overtaken) / (1 - overtaking)
    return waits


def work_weighted(waits: Numbers, rates: Numbers, service_means: Numbers) -> float:
    """Mean wait of a minute of work. In one work-conserving queue no order of service changes it.

    Source: Kleinrock 1965, Naval Research Logistics Quarterly 12:181 (the conservation law).
    """
    return float(np.average(waits, weights=np.multiply(rates, service_means)))


class LabelWaits(NamedTuple):
    """Mean waits of a patient and of a minute of work; labels set the order, true levels the work."""

    patient_mean: float
    work_mean: float


def label_errors(
    rates: Numbers, service_means: Numbers, second_moments: Numbers, labels: Floats
) -> LabelWaits:
    """Mean waits by Cobham's formula with label errors.

    `labels` is P(label | true level), shape (levels, labels); the other arguments are by true level.

    A label class is a mixture of true levels, so its service is that mixture; Poisson streams split and merge
    into Poisson streams, so Cobham's formula holds for labels unchanged.
    """
    rate, mean, second = _arrays(rates, service_means, second_moments)
    of_label = rate @ labels
    label_mean = (rate * mean) @ labels / of_label
    label_second = (rate * second) @ labels / of_label
    waits = cobham(of_label, label_mean, label_second)
    return LabelWaits(
        float(np.average(waits, weights=of_label)), work_weighted(waits, of_label, label_mean)
    )


def erlang_a(
    per_minute: float, service_mean: float, *, patience_mean: float, servers: int
) -> float:
    """The share who leave without service in M/M/c where patience is exponential.

    The states of a birth-death process are summed until they no longer matter. The mean wait of all, including those
    who leave, is this share of the mean patience. Source: Palm 1946; Garnett, Mandelbaum and Reiman 2002, Manufacturing
    & Service Operations Management 4:208.
    """
    weight, total, leaving, n = 1.0, 1.0, 0.0, 0
    while weight > 1e-15 * total or n <= servers:
        n += 1
        waiting = max(n - servers, 0)
        weight *= per_minute / (min(n, servers) / service_mean + waiting / patience_mean)
        total += weight
        leaving += weight * waiting / patience_mean
    return leaving / total / per_minute


def poisson_share_from(number: int, mean: float) -> float:
    """The share of time that at least `number` are in an unlimited pool that holds `mean` on average.

    Poisson, whatever the service. Source: Palm 1943; Takacs, Introduction to the Theory of Queues, 1962, chapter 3.
    """
    return float(pdtrc(number - 1, mean))


def daily_variance(per_day: float, cv: float) -> float:
    """Variance of the arrivals of a day: Poisson around a day factor of mean 1 and this coefficient of variation.

    Source: the law of total variance; Whitt 1999, Operations Research Letters 24:205 (days that differ).
    """
    return float(per_day + (cv * per_day) ** 2)


State = tuple[int, ...]
Move = tuple[State, State, float]
CUT_SHOWS = 1e-9
"""The most probability that states next to the cut may hold, and the most patients who may still wait at the end."""


def rate_matrix(states: Mapping[State, int], moves: Iterable[Move]) -> Any:
    """A sparse matrix of rates from row to column; moves to a state that is not listed are dropped."""
    listed = [(states[start], states[end], rate) for start, end, rate in moves if end in states]
    start, end, rate = (np.array(column) for column in zip(*listed, strict=True))
    return csr_array((rate.astype(float), (start, end)), shape=(len(states), len(states)))


def stationary(rates: Any) -> Floats:
    """The share of time in each state of a chain in equilibrium, shape (states,)."""
    n = rates.shape[0]
    balance = (rates - diags_array(rates.sum(axis=1))).T.tocsr()
    one = csr_array(np.ones((1, n)))
    return spsolve(vstack([balance[:-1], one]).tocsc(), np.append(np.zeros(n - 1), 1.0))


def forward(rates: Any, start: Floats, minutes: float) -> tuple[Floats, Floats]:
    """The probability of each state after `minutes`, and the minutes spent in it until then, shapes (states,).

    Uniformisation: jumps come at one rate and some lead nowhere, so that their number is Poisson and every jump is one
    product. Exact but for rounding. Source: Jensen 1953, Skandinavisk Aktuarietidskrift 36:87.
    """
    out = rates.sum(axis=1)
    fastest = float(out.max())
    mean = fastest * minutes
    jumps = np.arange(math.ceil(mean + 10 * math.sqrt(mean) + 40))
    p_jumps = poisson.pmf(jumps, mean)
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
        raise ArithmeticError(
            f"{what}: {share:.1e} at the cut, more than {CUT_SHOWS:.0e}. {remedy}"
        )


# --- a day that begins empty: time-varying arrivals, two classes --------------------------------------------------


class DayFromEmpty(NamedTuple):
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
    *,
    urgent: Sequence[float],
    others: Sequence[float],
    service_mean: float,
    servers: int,
    most: tuple[int, int],
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
    n_urgent, n_others = np.maximum(np.array(list(states), dtype=float), 0).T.copy()

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
        _refuse_if_cut(
            float(after @ number), "the first day's patients who still wait", "State more hours"
        )
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


class Blocking(NamedTuple):
    """Mean minutes waited for a cubicle, and in it for a clinician; the share who find no cubicle free."""

    for_cubicle: float
    for_clinician: float
    none_free: float


def blocking(
    per_minute: float,
    *,
    cubicles: int,
    clinicians: int,
    service_mean: float,
    stay_mean: float,
    most: int,
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
            is_free, waits = int(before + after < cubicles), int(waiting > 0)
            yield state, (waiting + 1 - is_free, before + is_free, after), per_minute
            if before:
                yield (
                    state,
                    (waiting, before - 1, after + 1),
                    min(before, clinicians) / service_mean,
                )
            if after:
                yield state, (waiting - waits, before + waits, after - 1), after / stay_mean

    share = stationary(rate_matrix(states, moves()))
    n_waiting, n_before, n_after = np.array(list(states), dtype=float).T
    _refuse_if_cut(float(share[n_waiting == most].sum()), "a queue for cubicles")
    return Blocking(
        for_cubicle=float(share @ n_waiting) / per_minute,
        for_clinician=float(share @ np.maximum(n_before - clinicians, 0)) / per_minute,
        none_free=float(share[n_before + n_after == cubicles].sum()),
    )
