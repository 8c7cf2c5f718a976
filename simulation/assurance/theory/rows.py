"""Queues that are known exactly, and what the engines give for them: the first part of `aeflow validate`.

A `Check` is a small department and the figures that theory knows about it; `theory_rows` runs it through the whole
chain (draws, policy, plan, engine) and sets the two side by side. The formulas, and the
queues solved numerically, are in `closed_forms`, the departments in `stations`.

`caught` shows the power of the rows: they are run again with one part of the `Chain` from a pathway to activities
broken at a time. A mutation that no row notices shows that the table is too weak. `aeflow validate power=true` prints
the table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from simulation.assurance.theory import closed_forms, stations
from simulation.assurance.theory.stations import (
    LEVELS,
    MINUTES_A_DAY,
    SERVICE,
    SOUND,
    Chain,
    Figure,
    Length,
)
from simulation.department.rota import mean_per_day
from simulation.department.vocabulary import ACUITY_GIVEN, Pathway
from simulation.engine.choose import EngineName
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.rows import Outcome, Plan, PoolRow
from simulation.errors import Faults, PlanError, ResultsError
from simulation.patients import Draws, day_factors
from simulation.patients.drawn import DrawnRun
from simulation.patients.sample import draw_run
from simulation.records.schema import Floats
from simulation.triage.matrix import probabilities
from simulation.triage.policy import Policy
from simulation.units import DAY, WEEK

ERROR, TAIL_ERROR = 0.005, 0.01
"""The standard error aimed at, as a share of what is expected; for tails and variances the second."""
VALUES = 40
"""Independent values of every figure: a replication each, or the mean of several where a replication is short."""
FALSE_ALARM, ROWS = 0.001, 50
"""With at most so many rows, the probability that a right engine fails any of them."""


@cache
def threshold(n_values: int) -> float:
    """Standard errors within which a row passes: Student's t at FALSE_ALARM / ROWS, two-sided.

    By Bonferroni's inequality, whatever the dependence between rows, a right engine then fails any row of the table
    with a probability of FALSE_ALARM at most. Seeds are fixed, so a table that passes stays so.
    """
    return float(stdtrit(n_values - 1, 1 - FALSE_ALARM / ROWS / 2))


@cache
def rerun_threshold(n_values: int) -> float:
    """Standard errors beyond which a row is run again with other random variates; it fails if it is beyond them again.

    So far out twice is as unlikely for a right engine as beyond `threshold` once, and an error of the size of the
    standard errors that the table allows is found far more often.
    """
    return float(stdtrit(n_values - 1, 1 - math.sqrt(FALSE_ALARM / ROWS) / 2))


@dataclass(frozen=True)
class KnownFigure:
    """One figure that is known (`expected`) and ours, with the standard error of their difference."""

    group: str
    name: str
    unit: str
    expected: float
    found: float
    standard_error: float
    source: str

    @property
    def z(self) -> float:
        """The difference between found and expected, in standard errors; 0 where they are equal."""
        if self.found == self.expected:
            return 0.0
        return (
            (self.found - self.expected) / self.standard_error
            if self.standard_error > 0
            else math.inf
        )


@dataclass(frozen=True)
class TheoryRow(KnownFigure):
    """One figure that theory knows and what an engine gives, over `n_values` independent values.

    `z_again` is the z of a second run with other random variates, where the first was close to the threshold.
    """

    n_values: int
    tail: bool
    z_again: float | None = None

    @property
    def relative_error(self) -> float:
        """The standard error as a share of what is expected."""
        return self.standard_error / self.expected

    @property
    def sharp(self) -> bool:
        """Whether the standard error is as small as the table promises."""
        return self.relative_error <= (TAIL_ERROR if self.tail else ERROR)

    @property
    def passed(self) -> bool:
        """Whether the two agree: not beyond the threshold, nor close to it twice on the same side."""
        again = self.z_again if self.z_again is not None else 0.0
        twice = min(abs(self.z), abs(again)) > rerun_threshold(self.n_values) and self.z * again > 0
        return abs(self.z) <= threshold(self.n_values) and not twice

    @property
    def needs_rerun(self) -> bool:
        """Whether the check is to be run again: the row passes, but is further out than nearly all rows should be."""
        return rerun_threshold(self.n_values) < abs(self.z) <= threshold(self.n_values)


class Expectation(NamedTuple):
    """One number that theory knows about one step, under one policy: a mean wait, if no other figure is named."""

    name: str
    expected: float
    figure: Figure = stations.mean_wait
    policy: int = 0
    unit: str = "minutes"
    step: str = SERVICE
    tail: bool = False


class Check(NamedTuple):
    """A department and what theory knows about it.

    `n_patients` bring every row's standard error to what the table promises: measured, with a little to spare. Where
    the window is part of the question `measured_days` fixes it, and more patients mean more replications.
    """

    group: str
    pathway: Pathway
    expectations: tuple[Expectation, ...]
    source: str
    n_patients: float
    warm_up_days: int = 1
    cool_down_days: int = 1
    policies: tuple[Policy | None, ...] = (None,)
    measured_days: int | None = None

    def length(self, effort: RunSize) -> tuple[Length, int]:
        """How long to run, and how many replications make one value."""
        per_day = sum(map(mean_per_day, self.pathway.arrivals.values()))
        days = self.n_patients * (ERROR / effort.error) ** 2 / per_day / effort.values
        per_value = (
            1 if self.measured_days is None else max(1, math.ceil(days / self.measured_days))
        )
        measured = self.measured_days or max(1, math.ceil(days))
        return Length(
            per_value * effort.values, self.warm_up_days, measured, self.cool_down_days
        ), per_value


class RunSize(NamedTuple):
    """The engine, the relative standard error aimed at, the number of values of each figure, and the seed."""

    engine: EngineName
    error: float = ERROR
    values: int = VALUES
    seed: int = 1917


# --- labels and stations -------------------------------------------------------------------------------------------

EQUAL_SHARES = (0.1, 0.2, 0.3, 0.25, 0.15)
MIX = (0.021, 0.174, 0.384, 0.362, 0.059)
"""The panel's levels of Moon et al. 2019, rounded to three figures."""
SERVICE_MEANS = (40.0, 30.0, 22.0, 15.0, 10.0)
CV = 0.629
TRIAGE_MINUTES: Mapping[str, float] = {"now": 5.50, "27 s saved": 5.05, "lean": 3.08}
"""Mean minutes of one triage: what 27 seconds of a nurse, and a lean triage, are worth."""


def perfect_labels() -> Floats:
    """Labels that are all true, shape (levels, labels)."""
    return np.eye(len(LEVELS))


def nurse_labels() -> Floats:
    """The measured nurse of configs/nurse/korea.yaml, shape (levels, labels)."""
    from simulation.config import DEFAULT_NURSE, nurse_named, packaged_configs

    faults = Faults()
    nurse = nurse_named(DEFAULT_NURSE, (packaged_configs(),), faults)
    faults.refuse()
    assert nurse is not None
    return probabilities(nurse.labels.matrix)


def triage_only(*, per_hour: float, nurses: int, minutes: float) -> Pathway:
    """The department of configs/pathway/gallery/triage_only.yaml with these arrivals, nurses and mean minutes."""
    from simulation.config import packaged_configs, pathway_from
    from simulation.records.serialise import read_yaml

    path = packaged_configs() / "pathway" / "gallery" / "triage_only.yaml"
    stated: dict[str, Any] = {"pathway": read_yaml(path)}
    changes = {
        "pathway.arrivals.walk_in.per_day": per_hour * 24,
        "pathway.pools.nurses.capacity": nurses,
        "pathway.durations.triage.mean": minutes,
    }
    return pathway_from(stated, changes=changes)


def label_error_waits(labels: Floats, *, load: float) -> closed_forms.LabelWaits:
    """The waits of a department whose sick take longer, by theory, where these labels order the queue."""
    per_minute = load / float(np.dot(MIX, SERVICE_MEANS))
    means = np.array(SERVICE_MEANS)
    return closed_forms.label_errors(np.array(MIX) * per_minute, means, 2 * means**2, labels)


# --- one queue, first come, first served ---------------------------------------------------------------------------


def _waiting_over_an_hour(per_minute: float, service: float, *, servers: int) -> Expectation:
    expected = closed_forms.mmc_share_over(60.0, per_minute, service, servers=servers)
    return Expectation(
        "waiting over 60 minutes", expected, stations.share_over(60.0), unit="share", tail=True
    )


def one_server() -> Iterator[Check]:
    """M/M/1 at load 0.75."""
    per_minute, service = 0.075, 10.0
    yield Check(
        "M/M/1, load 0.75",
        stations.one_queue(per_minute=per_minute, service_mean=service),
        (
            Expectation("mean wait", closed_forms.mmc_wait(per_minute, service, servers=1)),
            _waiting_over_an_hour(per_minute, service, servers=1),
        ),
        "Erlang 1917",
        n_patients=4.8e6,
        warm_up_days=stations.warm_up_days(per_minute, service),
    )  # fmt: skip


def several_servers() -> Iterator[Check]:
    """M/M/3 at load 0.8: waits, their tail, and Little's law."""
    servers, service = 3, 20.0
    per_minute = 0.8 * servers / service
    wait = closed_forms.mmc_wait(per_minute, service, servers=servers)
    waiting = closed_forms.erlang_c(servers, per_minute * service)
    yield Check(
        "M/M/3, load 0.8",
        stations.one_queue(per_minute=per_minute, service_mean=service, clinicians=servers),
        (
            Expectation("mean wait", wait),
            Expectation("waiting at all", waiting, stations.share_over(0.0), unit="share"),
            _waiting_over_an_hour(per_minute, service, servers=servers),
            Expectation("number waiting", per_minute * wait, stations.number_waiting, unit="patients"),
            Expectation("number waiting / (arrivals x mean wait)", 1.0, stations.little, unit="ratio"),
        ),
        "Erlang C; Little 1961, Operations Research 9:383",
        n_patients=8.5e6,
        warm_up_days=stations.warm_up_days(per_minute, service, clinicians=servers),
        cool_down_days=2,
    )  # fmt: skip


def general_service() -> Iterator[Check]:
    """M/G/1: triage by one nurse, lognormal, and a service that is always the same."""
    per_minute, source = 8 / 60, "Pollaczek 1930, Khinchine 1932"
    for name, minutes in TRIAGE_MINUTES.items():
        wait = closed_forms.pollaczek_khinchine(per_minute, minutes, cv=CV)
        yield Check(
            "M/G/1, triage alone, 8 an hour",
            triage_only(per_hour=8, nurses=1, minutes=minutes),
            (Expectation(f"mean wait, {name}", wait, step="triage"),),
            source,
            n_patients=3.5e6 if minutes > 4 else 1.1e6,
            warm_up_days=stations.warm_up_days(per_minute, minutes, cv=CV),
        )
    yield Check(
        "M/D/1, load 0.75",
        stations.served_for(stations.one_queue(per_minute=0.075, service_mean=10.0), 10.0, cv=0),
        (Expectation("mean wait", closed_forms.pollaczek_khinchine(0.075, 10.0, cv=0)),),
        source,
        n_patients=3.2e6,
        warm_up_days=stations.warm_up_days(0.075, 10.0),
    )


# --- order of service ----------------------------------------------------------------------------------------------


def priority_by_label() -> Iterator[Check]:
    """M/M/3 at load 0.7, five levels with one service: by the truth, and by a nurse's labels."""
    servers, load, service = 3, 0.7, 20.0
    per_minute = load * servers / service
    policies = {"perfect": perfect_labels(), "nurse": nurse_labels()}
    everybody = closed_forms.mmc_wait(per_minute, service, servers=servers)
    expectations = []
    for number, (name, labels) in enumerate(policies.items()):
        by_label = closed_forms.priority_mmc(
            per_minute * np.array(EQUAL_SHARES) @ labels, service, servers=servers
        )
        expectations += [
            Expectation(
                f"mean wait of {level}, {name} labels", wait, stations.of_label(label), number
            )
            for label, (level, wait) in enumerate(zip(LEVELS, by_label.tolist(), strict=True))
        ]
        expectations.append(Expectation(f"mean wait, {name} labels", everybody, policy=number))
    yield Check(
        "priority M/M/3, load 0.7",
        stations.station(
            per_minute=per_minute,
            shares=EQUAL_SHARES,
            service_means=[service] * len(LEVELS),
            clinicians=servers,
        ),
        tuple(expectations),
        "Cobham 1954; Kella and Yechiali 1985; labels split Poisson streams",
        n_patients=15e6,
        warm_up_days=stations.warm_up_days(per_minute, service, clinicians=servers),
        cool_down_days=3,
        policies=tuple(stations.labeller(name, labels) for name, labels in policies.items()),
    )


def urgent_first() -> Iterator[Check]:
    """One clinician, nearly all of whose work is urgent, so that the wait of the urgent shows a wrong order of them."""
    loads, service = (0.75, 0.15), 10.0
    per_minute = sum(loads) / service
    expected = closed_forms.priority_mmc(np.array(loads) / service, service, servers=1)
    yield Check(
        "priority M/M/1, load 0.75 of 0.9 urgent",
        stations.station(
            per_minute=per_minute,
            shares=[load / sum(loads) for load in loads],
            service_means=[service] * 2,
        ),
        (Expectation("mean wait of the urgent", float(expected[0]), stations.of_label(0)),),
        "Cobham 1954, Operations Research 2:70",
        n_patients=6e6,
        warm_up_days=stations.warm_up_days(per_minute, service),
        cool_down_days=2,
    )


def conservation() -> Iterator[Check]:
    """The sick take longer: labels change the mean wait of a patient, and leave that of a minute of work as it is."""
    load = 0.7
    mean = float(np.dot(MIX, SERVICE_MEANS))
    policies = {"nurse": nurse_labels(), "perfect": perfect_labels()}
    expectations = []
    for number, (name, matrix) in enumerate(policies.items()):
        known = label_error_waits(matrix, load=load)
        expectations += [
            Expectation(
                f"mean wait of a patient, {name} labels", known.patient_mean, policy=number
            ),
            Expectation(
                f"mean wait of work, {name} labels", known.work_mean, stations.work_mean, number
            ),
        ]
    yield Check(
        "M/G/1, the sick take longer, load 0.7",
        stations.station(per_minute=load / mean, shares=MIX, service_means=SERVICE_MEANS),
        tuple(expectations),
        "Cobham 1954 on label classes; conservation law, Kleinrock 1965",
        n_patients=5e6,
        warm_up_days=stations.warm_up_days(load / mean, mean),
        cool_down_days=3,
        policies=tuple(stations.labeller(name, matrix) for name, matrix in policies.items()),
    )


def accumulating_priority() -> Iterator[Check]:
    """M/M/1 within each class, load 0.75: three classes that earn 6, 3 and 1 a minute, the urgent with longer work."""
    shares, services, earned, load = (0.3, 0.4, 0.3), (15.0, 10.0, 8.0), (6, 3, 1), 0.75
    per_minute = load / float(np.dot(shares, services))
    means = np.array(services)
    waits = closed_forms.accumulating(per_minute * np.array(shares), means, 2 * means**2, earned)
    yield Check(
        "accumulating priority, load 0.75",
        stations.station(
            per_minute=per_minute, shares=shares, service_means=services, earned=earned
        ),
        tuple(
            Expectation(
                f"mean wait of the class earning {rate}", float(waits[k]), stations.of_label(k)
            )
            for k, rate in enumerate(earned)
        ),
        "Kleinrock 1964; Stanford, Taylor and Ziedins 2014",
        n_patients=7.5e6,
        warm_up_days=stations.warm_up_days(per_minute, 12.0),
        cool_down_days=2,
    )


# --- leaving, full, unlimited --------------------------------------------------------------------------------------


def abandonment() -> Iterator[Check]:
    """M/M/2+M: two clinicians asked for more than they can do; people leave after a mean of 45 minutes."""
    servers, service, patience = 2, 20.0, 45.0
    per_minute = 1.1 * servers / service
    share = closed_forms.erlang_a(per_minute, service, patience_mean=patience, servers=servers)
    yield Check(
        "M/M/2 with patience, load 1.1",
        stations.station(
            per_minute=per_minute, shares=(1.0,), service_means=[service], clinicians=servers,
            patience_mean=patience,
        ),
        (
            Expectation("leaving", share, stations.share_that(Outcome.LEFT), unit="share"),
            Expectation("mean wait of all", share * patience),
        ),
        "Erlang A (Palm 1946)",
        n_patients=6e5,
    )  # fmt: skip


def blocked_arrivals() -> Iterator[Check]:
    """M/G/10 without room to wait: exponential services, and much more variable ones."""
    servers, service, per_minute = 10, 20.0, 0.4
    expected = closed_forms.erlang_b(servers, per_minute * service)
    room = stations.without_waiting_room(
        stations.one_queue(per_minute=per_minute, service_mean=service, clinicians=servers)
    )
    variable = stations.served_for(room, service, cv=1.5)
    figure = stations.share_that(Outcome.BLOCKED)
    for name, pathway in (("exponential service", room), ("lognormal service, cv 1.5", variable)):
        blocked = Expectation(f"blocked, {name}", expected, figure, unit="share")
        yield Check(
            "no room to wait, 10 places for 8", pathway, (blocked,), "Erlang B", n_patients=3e6
        )


def unlimited() -> Iterator[Check]:
    """M/G/infinity: as many places as are wanted."""
    per_minute, service = 0.1, 90.0
    pathway = stations.one_queue(per_minute=per_minute, service_mean=service, clinicians=None)
    mean = per_minute * service
    yield Check(
        "unlimited places",
        stations.served_for(pathway, service, cv=1.0),
        (
            Expectation("number there", mean, stations.number_served, unit="patients"),
            Expectation(
                "time with 14 or more there", closed_forms.poisson_share_from(14, mean), stations.time_share_from(14),
                unit="share", tail=True,
            ),
        ),
        "Poisson occupancy (Palm 1943)",
        n_patients=2.2e6,
        warm_up_days=2,
        cool_down_days=2,
    )  # fmt: skip


# --- arrivals that change ------------------------------------------------------------------------------------------


def busy_days() -> Iterator[Check]:
    """Days that differ: a factor of mean 1 on each day's arrivals."""
    per_day, cv = 10.0, 0.2
    pathway = stations.one_queue(
        per_minute=per_day / MINUTES_A_DAY, service_mean=10.0, clinicians=None
    )
    variance = closed_forms.daily_variance(per_day, cv)
    yield Check(
        "day factor of cv 0.2",
        stations.busy_days(pathway, cv=cv, thinning_bound=6.0),
        (
            Expectation("arrivals a day", per_day, stations.arrivals_a_day, unit="patients"),
            Expectation(
                "variance of the arrivals of a day", variance, stations.variance_of_days, unit="patients^2", tail=True
            ),
        ),
        "mixed Poisson",
        n_patients=1e6,
        warm_up_days=0,
    )  # fmt: skip


DAY_HOURS = (*[20.0] * 8, *[40.0] * 10, *[70.0] * 6)
NIGHT_HOURS = (35.0,) * 10
URGENT_SHARE = 0.3
"""Arrivals an hour of a day that ends with more than ten clinicians can do, and of the night after it."""


def changing_rate() -> Iterator[Check]:
    """M(t)/M/10 with two classes, a day that begins empty: arrivals go on until all who came on it have been seen.

    A wait here is that of a whole class over the number expected in it, which avoids the bias of a ratio.
    """
    servers, service = 10, 12.0
    per_hour = (*DAY_HOURS, *NIGHT_HOURS)
    shares = (URGENT_SHARE, 1 - URGENT_SHARE)
    urgent, others = ([share * (rate / 60) for rate in per_hour] for share in shares)
    known = closed_forms.day_from_empty(
        urgent=urgent, others=others, service_mean=service, servers=servers, most=(30, 310)
    )
    station = stations.station(
        per_minute=0.5, shares=shares, service_means=[service] * 2, clinicians=servers
    )
    over_day, at_midnight = known.waiting_minutes / MINUTES_A_DAY, float(known.number_waiting[23])
    n_urgent, n_others = (share * sum(DAY_HOURS) for share in shares)
    by_class = (
        ("urgent", n_urgent, known.waits_of_urgent),
        ("others", n_others, known.waits_of_others),
    )
    hours = (*per_hour, *[0.0] * (168 - len(per_hour)))
    yield Check(
        "M(t)/M/10, a day from empty",
        stations.by_the_hour(station, hours),
        (
            Expectation("number waiting over the day", over_day, stations.number_waiting, unit="patients"),
            Expectation("number waiting at 24:00", at_midnight, stations.waiting_at(24 * 60), unit="patients"),
            *(
                Expectation(f"wait of the day's {name}", total / number, stations.wait_among(number, label))
                for label, (name, number, total) in enumerate(by_class)
            ),
        ),
        "Kolmogorov forward equations, by uniformisation",
        n_patients=1.1e6,
        warm_up_days=0,
        measured_days=1,
    )  # fmt: skip


# --- held while waiting --------------------------------------------------------------------------------------------


def cubicle_and_clinician() -> Iterator[Check]:
    """Six cubicles, two clinicians: a cubicle is held while its patient waits, is treated, and stays a while."""
    per_minute, cubicles, clinicians, service, stay = 0.06, 6, 2, 20.0, 40.0
    known = closed_forms.blocking(
        per_minute,
        cubicles=cubicles,
        clinicians=clinicians,
        service_mean=service,
        stay_mean=stay,
        most=400,
    )
    yield Check(
        "cubicle held for a clinician",
        stations.with_cubicles(
            stations.one_queue(per_minute=per_minute, service_mean=service, clinicians=clinicians),
            cubicles=cubicles, stay_mean=stay,
        ),
        (
            Expectation("mean wait for a cubicle", known.for_cubicle, step=stations.ROOM),
            Expectation(
                "no cubicle free", known.none_free, stations.share_over(0.0), unit="share", step=stations.ROOM
            ),
            Expectation("mean wait in it for a clinician", known.for_clinician),
        ),
        "stationary Markov chain, solved exactly",
        n_patients=8e6,
        warm_up_days=stations.warm_up_days(per_minute, 60.0, clinicians=cubicles),
        cool_down_days=2,
    )  # fmt: skip


GROUPS: Mapping[str, Callable[[], Iterator[Check]]] = {
    checks.__name__: checks
    for checks in (
        one_server, several_servers, general_service, priority_by_label, urgent_first, conservation,
        accumulating_priority, abandonment, blocked_arrivals, unlimited, busy_days, changing_rate,
        cubicle_and_clinician,
    )
}  # fmt: skip
"""What can be checked, by name."""


@cache
def checks_of(group: str) -> tuple[Check, ...]:
    """The checks of one group."""
    return tuple(GROUPS[group]())


def theory_rows(
    effort: RunSize, *, groups: Sequence[str] = tuple(GROUPS), chain: Chain = SOUND
) -> tuple[TheoryRow, ...]:
    """The rows of these groups, run long enough for about the relative error that is asked for.

    No two checks share their random variates, whichever are asked for. Raises ResultsError if there are more rows than
    the limit of false alarms allows for.
    """
    _refuse_too_many_rows(groups)
    rows: list[TheoryRow] = []
    for index, group in enumerate(GROUPS):
        if group in groups:
            for number, check in enumerate(checks_of(group)):
                rows += _rows_with_reruns(
                    check, effort, seed=effort.seed + 100 * index + number, chain=chain
                )
    return tuple(rows)


AGAIN = 10_000
"""How far the seed of a second run is from that of the first."""


def _rows_with_reruns(check: Check, effort: RunSize, *, seed: int, chain: Chain) -> list[TheoryRow]:
    """The rows of one check, those close to the threshold with the z of a second run."""
    rows = rows_of(check, effort, seed=seed, chain=chain)
    if not any(row.needs_rerun for row in rows):
        return rows
    second = rows_of(check, effort, seed=seed + AGAIN, chain=chain)
    return [
        replace(row, z_again=repeated.z) if row.needs_rerun else row
        for row, repeated in zip(rows, second, strict=True)
    ]


def _refuse_too_many_rows(groups: Sequence[str]) -> None:
    n_rows = sum(len(check.expectations) for group in groups for check in checks_of(group))
    if n_rows > ROWS:
        raise ResultsError(
            f"theory: {n_rows} rows, and the threshold holds the chance of any false alarm for at most {ROWS}. "
            "Raise ROWS, which widens the threshold of every row"
        )


def rows_of(check: Check, effort: RunSize, *, seed: int, chain: Chain = SOUND) -> list[TheoryRow]:
    """The rows of one check: each expectation beside the mean of its values."""
    values = values_of(check, effort, seed=seed, chain=chain)
    means = values.mean(axis=0)
    errors = values.std(axis=0, ddof=1) / math.sqrt(effort.values)
    return [
        TheoryRow(
            check.group, expectation.name, expectation.unit, expectation.expected, float(mean), float(error),
            check.source, effort.values, expectation.tail,
        )
        for expectation, mean, error in zip(check.expectations, means, errors, strict=True)
    ]  # fmt: skip


def values_of(check: Check, effort: RunSize, *, seed: int, chain: Chain = SOUND) -> Floats:
    """Independent values of every expectation, shape (values, expectations)."""
    length, per_value = check.length(effort)
    steps = tuple(dict.fromkeys(expectation.step for expectation in check.expectations))
    figures = np.empty((length.replications, len(check.expectations)))
    for replication in range(length.replications):
        by_policy = stations.waited(
            check.pathway, check.policies, engine=effort.engine, length=length, seed=seed, replication=replication,
            steps=steps, chain=chain,
        )  # fmt: skip
        figures[replication] = [
            expectation.figure(by_policy[expectation.policy][expectation.step])
            for expectation in check.expectations
        ]
    return np.asarray(figures.reshape(effort.values, per_value, -1).mean(axis=1))


TOO_LONG = 1.02
ONE_IN = 100


def service_too_long(plan: Plan, drawn: Draws) -> Columns:
    """The columns with every service 2 % longer than it was drawn."""
    columns = bind(plan, drawn)
    return replace(columns, minutes=np.rint(columns.minutes * TOO_LONG).astype(np.int32))


def flipped_ranks(plan: Plan, drawn: Draws) -> Columns:
    """The columns with one patient in a hundred given the opposite rank: the most urgent the least, and so on."""
    columns = bind(plan, drawn)
    if ACUITY_GIVEN not in plan.attribute_columns:
        return columns
    attributes = columns.attributes.copy()
    labels = attributes[plan.attribute_columns.index(ACUITY_GIVEN)]
    labels[::ONE_IN] = len(plan.classes) - 1 - labels[::ONE_IN]
    return replace(columns, attributes=attributes)


def server_lost(pathway: Pathway) -> Plan:
    """The plan in which every pool lacks one unit during a hundredth of each day, from noon."""
    plan = lower(pathway)
    return replace(plan, pool_rows=tuple(map(_one_fewer, plan.pool_rows)))


def _one_fewer(row: PoolRow) -> PoolRow:
    if row.unlimited:
        return row
    if len(row.timetable) > 1:
        raise PlanError(
            "a pool has a rota, and this mutation knows only pools of one number. Give it a capacity"
        )
    units = row.timetable[0][1]
    changes = [(0, units)]
    for noon in range(DAY // 2, WEEK, DAY):
        changes += [(noon, units - 1), (noon + DAY // ONE_IN, units)]
    return replace(row, timetable=tuple(changes))


def day_factor_twice(pathway: Pathway, **which: Any) -> Draws:
    """The draws as they would be if the factor of each day were multiplied in twice."""
    run = DrawnRun(**which)
    busy = {name: factor**2 for name, factor in day_factors(pathway, run).items()}
    return draw_run(pathway, run, busy)


class Mutation(NamedTuple):
    """A chain with one part broken, and the group of checks that is there to notice it."""

    name: str
    chain: Chain
    noticed_by: str


MUTATIONS = (
    Mutation("service 2 % too long", replace(SOUND, bind=service_too_long), "one_server"),
    Mutation("a server lost 1 % of the time", replace(SOUND, lower=server_lost), "one_server"),
    Mutation(
        "a rank flipped in 1 % of dispatches", replace(SOUND, bind=flipped_ranks), "urgent_first"
    ),
    Mutation("a day factor counted twice", replace(SOUND, draw=day_factor_twice), "busy_days"),
    Mutation(
        "a run that drains instead of running on", replace(SOUND, drains=True), "changing_rate"
    ),
)


class Caught(NamedTuple):
    """The theory rows under one mutation."""

    rows: tuple[TheoryRow, ...]

    @property
    def failed(self) -> tuple[TheoryRow, ...]:
        """The rows that noticed, the surest first."""
        return tuple(
            sorted((row for row in self.rows if not row.passed), key=lambda row: -abs(row.z))
        )

    @property
    def largest_z(self) -> float:
        """The largest difference from theory, in standard errors, whichever its sign."""
        return max(abs(row.z) for row in self.rows)


def caught(mutation: Mutation, effort: RunSize, *, groups: Sequence[str] = tuple(GROUPS)) -> Caught:
    """The rows of these groups under a mutation."""
    return Caught(theory_rows(effort, groups=groups, chain=mutation.chain))
