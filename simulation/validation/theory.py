"""Queues whose mean waits are known in closed form, and what the engines give for them.

The closed forms are small pure functions; times and rates share one unit (minutes and per minute here). A load of
1 or more has no steady state: the mean wait is infinite. `theory_rows` runs the same departments through an engine
and sets the two side by side: the first part of the table of `aeflow validate`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.engine.choose import EngineName
from simulation.errors import ConfigError, Fault
from simulation.pathway.department import Pathway
from simulation.triage.matrix import probabilities
from simulation.validation._stations import (
    LEVELS,
    Figure,
    Length,
    Waited,
    first_come,
    labeller,
    length_for,
    read,
    station,
    waited,
)

Floats = NDArray[np.float64]
Numbers = Sequence[float] | Floats
WITHIN = 3.0
"""A row passes within so many standard errors of theory. With 20 replications (Student's t, 19 degrees of freedom)
a right engine fails 0.7 % of rows, by chance and by the seed; seeds are fixed, so a row that passes stays so."""

# --- closed forms --------------------------------------------------------------------------------------------------


def erlang_c(servers: int, work: float) -> float:
    """The probability of waiting in M/M/c; `work` is arrivals times mean service (erlangs).

    Source: Erlang 1917; by Erlang B's recursion, Cooper, Introduction to Queueing Theory, 2nd ed. 1981, section 3.4.

    >>> round(erlang_c(1, 0.6), 3)
    0.6
    """
    if work >= servers:
        return 1.0
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = work * blocked / (number + work * blocked)
    return blocked / (1 - work / servers * (1 - blocked))


def mmc_wait(per_minute: float, service_mean: float, *, servers: int) -> float:
    """Mean wait in M/M/c, first come first served, in the unit of `service_mean`. Source: Erlang 1917."""
    work = per_minute * service_mean
    if work >= servers:
        return math.inf
    return erlang_c(servers, work) * service_mean / (servers - work)


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
    rate, mean, second = (np.asarray(each, dtype=float) for each in (rates, service_means, second_moments))
    return _by_priority(float(rate @ second) / 2, rate * mean)


def priority_mmc(rates: Numbers, service_mean: float, *, servers: int) -> Floats:
    """Mean wait by class in M/M/c with non-preemptive priority and one service mean for all, shape (classes,).

    Source: Cobham 1954, Operations Research 2:70; Kella and Yechiali 1985, Naval Research Logistics 32:177.
    """
    rate = np.asarray(rates, dtype=float)
    work = float(rate.sum()) * service_mean
    return _by_priority(erlang_c(servers, work) * service_mean / servers, rate * service_mean / servers)


def _by_priority(ahead: float, loads: Floats) -> Floats:
    """`ahead` is the mean time until a server is free for somebody with no queue before them."""
    totals = np.concatenate(([0.0], np.cumsum(loads)))
    room = np.maximum(1 - totals, 0.0)
    with np.errstate(divide="ignore"):
        waits: Floats = ahead / (room[:-1] * room[1:])
    return waits


def work_weighted(waits: Numbers, rates: Numbers, service_means: Numbers) -> float:
    """Mean wait of a minute of work. In one work-conserving queue no order of service changes it.

    Source: Kleinrock 1965, Naval Research Logistics Quarterly 12:181 (the conservation law).
    """
    return float(np.average(waits, weights=np.asarray(rates, dtype=float) * np.asarray(service_means, dtype=float)))


@dataclass(frozen=True)
class LabelWaits:
    """Mean waits where the queue goes by label and the work by true level: by label, by patient, by minute of work."""

    by_label: Floats
    patient_mean: float
    work_mean: float


def label_errors(rates: Numbers, service_means: Numbers, second_moments: Numbers, labels: Floats) -> LabelWaits:
    """Cobham with label errors. `labels`: P(label | true level), shape (levels, labels); the rest by true level.

    A label class is a mixture of true levels, so its service is that mixture; Poisson streams split and merge
    into Poisson streams, so Cobham's formula holds for labels as it stands.
    """
    rate, mean, second = (np.asarray(each, dtype=float) for each in (rates, service_means, second_moments))
    of_label = rate @ labels
    label_mean = (rate * mean) @ labels / of_label
    label_second = (rate * second) @ labels / of_label
    waits = cobham(of_label, label_mean, label_second)
    return LabelWaits(
        waits, float(np.average(waits, weights=of_label)), work_weighted(waits, of_label, label_mean)
    )


def erlang_a(per_minute: float, service_mean: float, *, patience_mean: float, servers: int) -> float:
    """The share who leave without service in M/M/c where patience is exponential.

    The states of a birth-death process, summed until they no longer matter. Source: Palm 1946; Garnett, Mandelbaum
    and Reiman 2002, Manufacturing & Service Operations Management 4:208.
    """
    weight, total, leaving, n = 1.0, 1.0, 0.0, 0
    while weight > 1e-15 * total or n <= servers:
        n += 1
        waiting = max(n - servers, 0)
        weight *= per_minute / (min(n, servers) / service_mean + waiting / patience_mean)
        total += weight
        leaving += weight * waiting / patience_mean
    return leaving / total / per_minute


# --- beside an engine ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TheoryRow:
    """One closed form and what an engine gives. `z` is the difference in standard errors.

    `tolerance` is what the formula itself may be off, in its own unit: 0 where it is exact. A row passes within
    three standard errors plus the tolerance.
    """

    group: str
    name: str
    unit: str
    expected: float
    found: float
    standard_error: float
    tolerance: float
    source: str

    @property
    def z(self) -> float:
        """Found less expected, in standard errors."""
        return (self.found - self.expected) / self.standard_error if self.standard_error > 0 else math.inf

    @property
    def relative_error(self) -> float:
        """The standard error as a share of what is expected."""
        return self.standard_error / self.expected

    @property
    def passed(self) -> bool:
        """Whether the two agree."""
        return abs(self.found - self.expected) <= WITHIN * self.standard_error + self.tolerance


EQUAL_SHARES = (0.1, 0.2, 0.3, 0.25, 0.15)
EQUAL_SERVICE, EQUAL_LOAD = 10.0, 0.6
MIX = (0.021, 0.174, 0.384, 0.362, 0.059)
"""The panel's levels of Moon et al. 2019, rounded to three figures."""
SERVICE_MEANS = (40.0, 30.0, 22.0, 15.0, 10.0)
LABEL_LOAD = 0.85
CV = 0.629
TRIAGE_MINUTES: Mapping[str, float] = {"now": 5.50, "27 s saved": 5.05, "lean": 3.08}
TRIAGE_STATIONS = ((8, 1), (10, 1), (12, 2), (15, 2), (18, 2), (18, 3))
"""(arrivals an hour, nurses) of the table of what 27 seconds are worth."""
SEVERAL_SHARE, SEVERAL_MINUTES = 0.06, 0.05
"""For several nurses the formula is an approximation: 6 % or half of the last digit printed, whichever is more."""


def perfect_labels() -> Floats:
    """Every label is the true level."""
    return np.eye(len(LEVELS))


def random_labels(shares: Sequence[float] = EQUAL_SHARES) -> Floats:
    """Labels that know nothing: everybody's are dealt by the case mix."""
    return np.tile(np.asarray(shares, dtype=float), (len(LEVELS), 1))


def nurse_labels() -> Floats:
    """The measured nurse of configs/triage/nurse.yaml, shape (levels, labels)."""
    from simulation.config import packaged_configs, policy_named

    faults: list[Fault] = []
    policy = policy_named("nurse", (packaged_configs(),), "triage", faults)
    if policy is None:
        raise ConfigError(faults)
    return probabilities(policy.nurse.matrix)


def triage_only(*, per_hour: float, nurses: int, minutes: float) -> Pathway:
    """The department of configs/pathway/examples/triage_only.yaml with these arrivals, nurses and mean minutes."""
    import yaml

    from simulation.config import packaged_configs, pathway_from

    path = packaged_configs() / "pathway" / "examples" / "triage_only.yaml"
    stated: dict[str, Any] = {"pathway": yaml.safe_load(path.read_text(encoding="utf-8"))}
    changes = {
        "pathway.streams.walk_in.per_day": per_hour * 24,
        "pathway.pools.nurses.capacity": nurses,
        "pathway.durations.triage.mean": minutes,
    }
    return pathway_from(stated, changes=changes)


@dataclass(frozen=True)
class Effort:
    """How hard to try: the engine, the relative standard error aimed at, replications, the seed."""

    engine: EngineName
    error: float
    replications: int
    seed: int


@dataclass(frozen=True)
class Expectation:
    """One number that theory knows about one policy's replications."""

    name: str
    figure: Figure
    expected: float
    policy: int = 0
    tolerance: float = 0.0
    unit: str = "minutes"


def equal_service_rows(effort: Effort) -> list[TheoryRow]:
    """Five levels with the same service: whatever the labels, the mean wait of all is that of M/M/1."""
    per_minute = EQUAL_LOAD / EQUAL_SERVICE
    rates = np.array(EQUAL_SHARES) * per_minute
    second = [2 * EQUAL_SERVICE**2] * len(LEVELS)
    labels = {"nurse": nurse_labels(), "perfect": perfect_labels(), "random": random_labels()}
    expectations = []
    for number, (name, matrix) in enumerate(labels.items()):
        known = label_errors(rates, [EQUAL_SERVICE] * len(LEVELS), second, matrix)
        expectations.append(Expectation(f"mean wait, {name} labels", "mean", known.patient_mean, number))
        if name == "nurse":
            expectations += [
                Expectation(f"mean wait of label {level}", label, float(known.by_label[label]), number)
                for label, level in enumerate(LEVELS)
            ]
    return _rows(
        "priority by label, equal service, load 0.6",
        station(per_minute=per_minute, shares=EQUAL_SHARES, service_means=[EQUAL_SERVICE] * len(LEVELS)),
        [labeller(name, matrix) for name, matrix in labels.items()],
        expectations,
        length=length_for(
            error=effort.error, per_minute=per_minute, service_mean=EQUAL_SERVICE, cv=1.0, clinicians=1,
            p_wait=EQUAL_LOAD, replications=effort.replications,
        ),
        effort=effort,
        source="Cobham 1954, Operations Research 2:70",
    )  # fmt: skip


def label_error_waits(labels: Floats) -> LabelWaits:
    """Theory for the department whose sick take longer (load 0.85), queued by these labels."""
    per_minute = LABEL_LOAD / float(np.dot(MIX, SERVICE_MEANS))
    means = np.array(SERVICE_MEANS)
    return label_errors(np.array(MIX) * per_minute, means, 2 * means**2, labels)


def label_error_rows(effort: Effort) -> list[TheoryRow]:
    """The sick take longer: perfect triage lengthens the patients' mean wait and leaves the work's as it is."""
    mean = float(np.dot(MIX, SERVICE_MEANS))
    second = 2 * float(np.dot(MIX, np.square(SERVICE_MEANS)))
    labels = {"nurse": nurse_labels(), "perfect": perfect_labels()}
    expectations = []
    for number, (name, matrix) in enumerate(labels.items()):
        known = label_error_waits(matrix)
        expectations.append(Expectation(f"mean wait of a patient, {name} labels", "mean", known.patient_mean, number))
        expectations.append(Expectation(f"mean wait of work, {name} labels", "work_mean", known.work_mean, number))
    return _rows(
        "priority by label, the sick take longer, load 0.85",
        station(per_minute=LABEL_LOAD / mean, shares=MIX, service_means=SERVICE_MEANS),
        [labeller(name, matrix) for name, matrix in labels.items()],
        expectations,
        length=length_for(
            error=effort.error, per_minute=LABEL_LOAD / mean, service_mean=mean, cv=math.sqrt(second / mean**2 - 1),
            clinicians=1, p_wait=LABEL_LOAD, replications=effort.replications,
        ),
        effort=effort,
        source="Cobham 1954 on label classes; conservation law, Kleinrock 1965",
    )  # fmt: skip


def several_clinicians_rows(effort: Effort) -> list[TheoryRow]:
    """Three clinicians at load 0.8: first come first served, and priority by perfect labels."""
    servers, load, service = 3, 0.8, 20.0
    per_minute = load * servers / service
    rates = np.array(EQUAL_SHARES) * per_minute
    by_level = priority_mmc(rates, service, servers=servers)
    pathway = station(
        per_minute=per_minute, shares=EQUAL_SHARES, service_means=[service] * len(LEVELS), clinicians=servers
    )
    length = length_for(
        error=effort.error, per_minute=per_minute, service_mean=service, cv=1.0, clinicians=servers,
        p_wait=erlang_c(servers, load * servers), replications=effort.replications,
    )  # fmt: skip
    group = "three clinicians, load 0.8"
    everybody = mmc_wait(per_minute, service, servers=servers)
    levels = [Expectation(f"mean wait of {level}", k, float(by_level[k])) for k, level in enumerate(LEVELS)]
    perfect = labeller("perfect", perfect_labels())
    queued = _rows(
        group, pathway, [perfect], [Expectation("mean wait, by priority", "mean", everybody), *levels],
        length=length, effort=effort, source="Cobham 1954; Kella and Yechiali 1985",
    )  # fmt: skip
    in_turn = _rows(
        group, first_come(pathway), [perfect], [Expectation("mean wait, first come first served", "mean", everybody)],
        length=length, effort=effort, source="Erlang C",
    )  # fmt: skip
    return [*in_turn, *queued]


def patience_rows(effort: Effort) -> list[TheoryRow]:
    """Two clinicians asked for more than they can do; people leave after a mean of 45 minutes."""
    servers, service, patience = 2, 20.0, 45.0
    per_minute = 1.1 * servers / service
    pathway = station(
        per_minute=per_minute, shares=EQUAL_SHARES, service_means=[service] * len(LEVELS), clinicians=servers,
        patience_mean=patience,
    )  # fmt: skip
    expected = erlang_a(per_minute, service, patience_mean=patience, servers=servers)
    # Leaving makes the queue forget within a patience or two: independent half days, about 1 / share patients each.
    n_patients = 6 / (expected * effort.error**2)
    measured = math.ceil(n_patients / (per_minute * 1440) / effort.replications)
    return _rows(
        "patience, load 1.1",
        first_come(pathway),
        [labeller("perfect", perfect_labels())],
        [Expectation("share who leave", "left_share", expected, unit="share")],
        length=Length(effort.replications, 1, measured, 2),
        effort=effort,
        source="Erlang A (Palm 1946)",
    )


def triage_rows(effort: Effort, *, stations: Sequence[tuple[int, int]] = TRIAGE_STATIONS) -> list[TheoryRow]:
    """Triage alone at a constant rate of arrivals: what 27 seconds of a nurse, and a lean triage, are worth."""
    rows = []
    for number, (per_hour, nurses) in enumerate(stations):
        own = replace(effort, seed=effort.seed + 100 * number)
        for name, minutes in TRIAGE_MINUTES.items():
            per_minute = per_hour / 60
            expected = triage_wait(per_hour, nurses, minutes)
            tolerance = max(SEVERAL_SHARE * expected, SEVERAL_MINUTES) if nurses > 1 else 0.0
            rows += _rows(
                "triage alone",
                triage_only(per_hour=per_hour, nurses=nurses, minutes=minutes),
                [None],
                [Expectation(_triage_name(per_hour, nurses, name), "mean", expected, tolerance=tolerance)],
                length=length_for(
                    error=effort.error, per_minute=per_minute, service_mean=minutes, cv=CV, clinicians=nurses,
                    p_wait=erlang_c(nurses, per_minute * minutes), replications=effort.replications,
                ),
                effort=own,
                source="Pollaczek-Khinchine" if nurses == 1 else "Allen-Cunneen, within 6 % or 0.05 min",
                service="triage",
            )  # fmt: skip
    return rows


def _triage_name(per_hour: float, nurses: int, minutes: str) -> str:
    return f"{per_hour} an hour, {nurses} nurse{'s' if nurses > 1 else ''}, {minutes}"


def triage_wait(per_hour: float, nurses: int, minutes: float) -> float:
    """Theory for triage alone: mean minutes of waiting."""
    return allen_cunneen(per_hour / 60, minutes, cv=CV, servers=nurses)


GROUPS: Mapping[str, Callable[[Effort], list[TheoryRow]]] = {
    "equal_service": equal_service_rows,
    "label_errors": label_error_rows,
    "several_clinicians": several_clinicians_rows,
    "patience": patience_rows,
    "triage": triage_rows,
}
"""What can be checked, by name."""


def theory_rows(
    engine: EngineName,
    *,
    groups: Sequence[str] = tuple(GROUPS),
    error: float = 0.01,
    replications: int = 20,
    seed: int = 1917,
) -> tuple[TheoryRow, ...]:
    """Closed forms beside what an engine gives, run long enough for a relative standard error of about `error`.

    The error aimed at is that of everybody's mean wait; a rare label's is larger, and each row states its own.
    """
    own_seed = {group: seed + number for number, group in enumerate(GROUPS)}  # else all would share their luck
    return tuple(
        row for group in groups for row in GROUPS[group](Effort(engine, error, replications, own_seed[group]))
    )


def _rows(
    group: str,
    pathway: Pathway,
    policies: Sequence[Any],
    expectations: Sequence[Expectation],
    *,
    length: Length,
    effort: Effort,
    source: str,
    service: str = "treatment",
) -> list[TheoryRow]:
    """Run the replications and set each expectation beside their mean."""
    values = np.empty((length.replications, len(expectations)))
    for replication in range(length.replications):
        found: list[Waited] = waited(
            pathway, policies, engine=effort.engine, length=length, seed=effort.seed, replication=replication,
            service=service,
        )  # fmt: skip
        values[replication] = [read(found[each.policy], each.figure) for each in expectations]
    means = values.mean(axis=0)
    errors = values.std(axis=0, ddof=1) / math.sqrt(length.replications)
    return [
        TheoryRow(group, each.name, each.unit, each.expected, float(mean), float(error), each.tolerance, source)
        for each, mean, error in zip(expectations, means, errors, strict=True)
    ]
