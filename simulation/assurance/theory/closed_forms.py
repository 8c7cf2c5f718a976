"""Queues whose figures are known in closed form: small pure functions.

Times and rates share one unit (minutes and per minute here). A load of 1 or more has no steady state: the mean wait
is infinite. `chains` has the queues that are known exactly, but only numerically.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.records.schema import Floats

Numbers = Sequence[float] | Floats


def erlang_b(servers: int, work: float) -> float:
    """The share turned away where nobody can wait; `work` is arrivals times mean service (erlangs).

    It depends on the mean of the service only. Source: Erlang 1917; the recursion, Cooper, Introduction to Queueing
    Theory, 2nd ed. 1981, section 3.3; any service, Sevastyanov 1957.

    >>> round(erlang_b(2, 1.0), 3)
    0.2
    """
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = work * blocked / (number + work * blocked)
    return blocked


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


def mmc_share_over(minutes: float, per_minute: float, service_mean: float, *, servers: int) -> float:
    """The share who wait longer than `minutes` in M/M/c, first come first served. Source: Erlang 1917."""
    work = per_minute * service_mean
    return erlang_c(servers, work) * math.exp(-max(servers - work, 0.0) * minutes / service_mean)


def pollaczek_khinchine(per_minute: float, service_mean: float, *, cv: float) -> float:
    """Mean wait in M/G/1 for a service of this mean and coefficient of variation. Source: Pollaczek 1930,
    Khinchine 1932."""
    load = per_minute * service_mean
    return load * service_mean * (1 + cv**2) / (2 * (1 - load)) if load < 1 else math.inf


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
    rate, mean, second = (np.asarray(values, dtype=float) for values in (rates, service_means, second_moments))
    return _by_priority(float(rate @ second) / 2, rate * mean)


def priority_mmc(rates: Numbers, service_mean: float, *, servers: int) -> Floats:
    """Mean wait by class in M/M/c with non-preemptive priority and one service mean for all, shape (classes,).

    Source: Cobham 1954, Operations Research 2:70; Kella and Yechiali 1985, Naval Research Logistics 32:177.
    """
    rate = np.asarray(rates, dtype=float)
    work = float(rate.sum()) * service_mean
    return _by_priority(erlang_c(servers, work) * service_mean / servers, rate * service_mean / servers)


def _by_priority(ahead: float, loads: Floats) -> Floats:
    """Mean wait by class. `ahead` is the mean time until a server is free for somebody with no queue before them."""
    totals = np.concatenate(([0.0], np.cumsum(loads)))
    room = np.maximum(1 - totals, 0.0)
    with np.errstate(divide="ignore"):
        waits: Floats = ahead / (room[:-1] * room[1:])
    return waits


def accumulating(rates: Numbers, service_means: Numbers, second_moments: Numbers, earned: Numbers) -> Floats:
    """Mean wait by class in M/G/1 where class k earns `earned[k]` of rank a minute waited, the most urgent first.

    From the least urgent up, W_k = (W - sum_{below} l_i W_i (1 - b_i / b_k)) / (1 - sum_{above} l_i (1 - b_k / b_i))
    with loads l, rates of earning b, and W the wait of first come, first served. Source: Kleinrock 1964, Naval
    Research Logistics Quarterly 11:329; accumulating priority, Stanford, Taylor and Ziedins 2014, Queueing Systems
    77:297.
    """
    rate, mean, second, earn = (
        np.asarray(values, dtype=float) for values in (rates, service_means, second_moments, earned)
    )
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
    return float(np.average(waits, weights=np.asarray(rates, dtype=float) * np.asarray(service_means, dtype=float)))


@dataclass(frozen=True)
class LabelWaits:
    """Mean waits by label, of a patient, and of a minute of work; labels set the order, true levels the work."""

    by_label: Floats
    patient_mean: float
    work_mean: float


def label_errors(rates: Numbers, service_means: Numbers, second_moments: Numbers, labels: Floats) -> LabelWaits:
    """Mean waits by Cobham's formula with label errors.

    `labels` is P(label | true level), shape (levels, labels); the other arguments are by true level.

    A label class is a mixture of true levels, so its service is that mixture; Poisson streams split and merge
    into Poisson streams, so Cobham's formula holds for labels unchanged.
    """
    rate, mean, second = (np.asarray(values, dtype=float) for values in (rates, service_means, second_moments))
    of_label = rate @ labels
    label_mean = (rate * mean) @ labels / of_label
    label_second = (rate * second) @ labels / of_label
    waits = cobham(of_label, label_mean, label_second)
    return LabelWaits(waits, float(np.average(waits, weights=of_label)), work_weighted(waits, of_label, label_mean))


def erlang_a(per_minute: float, service_mean: float, *, patience_mean: float, servers: int) -> float:
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
    below = sum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(number))
    return 1 - below


def daily_variance(per_day: float, cv: float) -> float:
    """Variance of the arrivals of a day: Poisson around a day factor of mean 1 and this coefficient of variation.

    Source: the law of total variance; Whitt 1999, Operations Research Letters 24:205 (days that differ).
    """
    return float(per_day + (cv * per_day) ** 2)
