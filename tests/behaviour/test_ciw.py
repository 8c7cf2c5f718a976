"""Small departments beside Ciw, somebody else's simulator of queueing networks (MIT licence): are the waits the same?

Both begin empty and are watched over the same stretch of time, so no warm-up hides a difference. Each figure is a
mean over independent replications; the two programs share no random numbers. Seeds are fixed. All comparisons of this
file together raise a false alarm with probability `FALSE_ALARM`. What we mean by a rota, by leaving and by keeping a
place is said by which of our words agrees, and the tests show that the other word would not.
"""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import yaml
from scipy.stats import t as student

from simulation.department.check_pathway import check_pathway
from simulation.department.vocabulary import Pathway, ShiftChange
from simulation.engine.choose import EngineName, engine_named
from simulation.engine.plan import bind, lower
from simulation.engine.rows import Outcome
from simulation.patients import draw
from simulation.units import DAY, NEVER, TICKS_PER_MINUTE
from tests.department.made import ADAPTER

if find_spec("ciw") is None and not os.environ.get("CI"):
    pytest.skip("ciw is not installed: python -m pip install -e '.[dev]'", allow_module_level=True)

import ciw

FALSE_ALARM = 0.01
"""Probability that any comparison of this file fails although both programs are right (Bonferroni, Student's t)."""
N_COMPARISONS = 12
"""Figures of the four departments."""
CIW_REPLICATIONS, OUR_REPLICATIONS = 64, 192
OF_BOTH_ENGINES = 2
"""Replications in which the reference must give the same figures as the compiled engine, to the last digit."""
SEED = 451
MINUTES_A_DAY = 1440.0

Figures = Mapping[str, float]
"""What one replication gives, by name."""


@dataclass(frozen=True)
class Waits:
    """Whoever joined one queue while it was watched, shape (n,): minutes waited, whether they gave up, their class."""

    minutes: np.ndarray
    left: np.ndarray
    group: np.ndarray

    @property
    def mean(self) -> float:
        """Minutes waited by those who were served."""
        return float(self.minutes[~self.left].mean())

    def mean_of(self, group: str) -> float:
        """The same of one class."""
        return float(self.minutes[~self.left & (self.group == group)].mean())

    @property
    def waiting_share(self) -> float:
        """The share of those served who had to wait at all."""
        return float((self.minutes[~self.left] > 0).mean())


Queues = Mapping[str, Waits]


@dataclass(frozen=True)
class Department:
    """One department in both programs' words.

    `ours` is YAML without evidence and sources; `theirs` makes the network; `nodes` are our steps in the order of its
    nodes; `blocked` is our step whose wait is Ciw's time blocked at the first node. Everybody who joined in the first
    `watched_days` counts; the run goes on for one day more.
    """

    ours: str
    theirs: Callable[[], Any]
    nodes: tuple[str, ...]
    watched_days: int
    figures: Callable[[Queues], Figures]
    blocked: str | None = None

    @property
    def days(self) -> int:
        return self.watched_days + 1


# --- the two programs ------------------------------------------------------------------------------------------------


def pathway_of(department: Department) -> Pathway:
    """The pathway, every block marked as made for this test."""
    stated = yaml.safe_load(department.ours)
    note = {"evidence": "assumed", "source": "made for a test"}
    for section in ("arrivals", "pools", "attributes", "durations"):
        stated[section] = {name: {**each, **note} for name, each in stated.get(section, {}).items()}
    for section in ("priority", "patience"):
        if section in stated:
            stated[section] |= note
    for branch in stated.get("branches", {}).values():
        branch |= note
    made: Pathway = ADAPTER.validate_python({"name": "small", **stated})
    assert check_pathway(made) == ()
    return made


def in_ours(
    department: Department,
    pathway: Pathway,
    *,
    engine: EngineName = "compiled",
    replications: int = OUR_REPLICATIONS,
) -> list[Figures]:
    """So many replications by an engine."""
    plan = lower(pathway)
    found = []
    for replication in range(replications):
        draws = draw(pathway, seed=SEED, replication=replication, days=department.days)
        table = engine_named(engine)(plan, bind(plan, draws), department.days * DAY).activities
        levels = np.array(pathway.categories("acuity_true"))[draws.attributes["acuity_true"]]
        queues = {}
        for step in pathway.steps:
            rows = np.flatnonzero(
                (table.step == plan.row(step)) & (table.joined_at < department.watched_days * DAY)
            )
            left = table.outcome[rows] == Outcome.LEFT
            until = np.where(left, table.ended_at[rows], table.started_at[rows])
            assert not np.any(until == NEVER), (
                "somebody who was watched still waits: run for longer"
            )
            minutes = (until - table.joined_at[rows]) / TICKS_PER_MINUTE
            queues[step] = Waits(minutes, left, levels[table.patient[rows]])
        found.append(department.figures(queues))
    return found


@cache
def in_ciw(department: Department) -> list[Figures]:
    """Every replication by Ciw."""
    network = department.theirs()
    watched = department.watched_days * MINUTES_A_DAY
    found = []
    for replication in range(CIW_REPLICATIONS):
        ciw.seed(SEED + replication)
        run = ciw.Simulation(network)
        run.simulate_until_max_time(department.days * MINUTES_A_DAY)
        records = [
            each for each in run.get_all_records() if each.record_type in ("service", "renege")
        ]
        queues = {}
        for number, step in enumerate(department.nodes, start=1):
            here = [each for each in records if each.node == number and each.arrival_date < watched]
            queues[step] = Waits(
                np.array([each.waiting_time for each in here]),
                np.array([each.record_type == "renege" for each in here]),
                np.array([each.customer_class for each in here]),
            )
        if department.blocked is not None:
            ended = [each for each in records if each.node == 1 and each.service_end_date < watched]
            nobody = np.full(len(ended), False)
            queues[department.blocked] = Waits(
                np.array([each.time_blocked for each in ended]), nobody, nobody
            )
        found.append(department.figures(queues))
    return found


def differences(department: Department, ours: list[Figures]) -> dict[str, float]:
    """Ours less Ciw's, in combined standard errors, by figure."""
    theirs = in_ciw(department)

    def values(replications: list[Figures], name: str) -> np.ndarray:
        return np.array([each[name] for each in replications])

    found = {}
    for name in theirs[0]:
        a, b = values(ours, name), values(theirs, name)
        error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        found[name] = float((a.mean() - b.mean()) / error)
    return found


ALLOWED = float(
    student.ppf(1 - FALSE_ALARM / N_COMPARISONS / 2, min(CIW_REPLICATIONS, OUR_REPLICATIONS) - 1)
)
"""Standard errors within which two right programs stay (3.5); degrees of freedom of the shorter of the two."""


def assert_agrees(department: Department) -> None:
    found = differences(department, in_ours(department, pathway_of(department)))
    assert all(abs(z) < ALLOWED for z in found.values()), found


# --- the departments -------------------------------------------------------------------------------------------------

ONE_CLASS = """
attributes:
  acuity_true: {kind: choice, categories: [anyone], shares: [1.0]}
priority: {rule: acuity, classes: {anyone: {rank: 1, rate: 1}}, untriaged_as: anyone, ignored_as: anyone}
"""

URGENT_FIRST = Department(
    ours="""
arrivals: {walk_in: {starts: door, per_day: 259.2}}
attributes:
  acuity_true: {kind: choice, categories: [urgent, routine], shares: [0.25, 0.75]}
pools: {nurses: {kind: staff, capacity: 3}}
durations: {treatment: {kind: exponential, mean: 12}}
priority:
  rule: acuity
  classes: {urgent: {rank: 1, rate: 1}, routine: {rank: 2, rate: 1}}
  untriaged_as: routine
  ignored_as: routine
steps:
  door: {relabels: acuity_true, next: treatment}
  treatment: {asks: [nurses], minutes: [treatment], next: home}
ends: {home: {outcome: discharged}}
""",
    theirs=lambda: ciw.create_network(
        arrival_distributions={
            "urgent": [ciw.dists.Exponential(0.25 * 259.2 / MINUTES_A_DAY)],
            "routine": [ciw.dists.Exponential(0.75 * 259.2 / MINUTES_A_DAY)],
        },
        service_distributions={
            name: [ciw.dists.Exponential(1 / 12)] for name in ("urgent", "routine")
        },
        priority_classes={"urgent": 0, "routine": 1},
        number_of_servers=[3],
    ),
    nodes=("treatment",),
    watched_days=2,
    figures=lambda queues: {
        "urgent": queues["treatment"].mean_of("urgent"),
        "routine": queues["treatment"].mean_of("routine"),
        "waiting_share": queues["treatment"].waiting_share,
    },
)

SHIFTS = Department(
    ours=ONE_CLASS
    + """
arrivals: {walk_in: {starts: treatment, per_day: 52}}
pools:
  doctors:
    kind: staff
    on_shift_change: outgoing_are_extra
    rota: [{hours: 0-8, number: 2}, {hours: 8-16, number: 3}, {hours: 16-20, number: 2}, {hours: 20-24, number: 2}]
durations: {treatment: {kind: exponential, mean: 45}}
steps:
  treatment: {asks: [doctors], minutes: [treatment], next: home}
ends: {home: {outcome: discharged}}
""",
    theirs=lambda: ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(52 / MINUTES_A_DAY)],
        service_distributions=[ciw.dists.Exponential(1 / 45)],
        number_of_servers=[
            ciw.Schedule(numbers_of_servers=[2, 3, 2, 2], shift_end_dates=[480, 960, 1200, 1440])
        ],
    ),
    nodes=("treatment",),
    watched_days=6,
    figures=lambda queues: {
        "mean": queues["treatment"].mean,
        "waiting_share": queues["treatment"].waiting_share,
    },
)

LEAVING = Department(
    ours=ONE_CLASS
    + """
arrivals: {walk_in: {starts: triage, per_day: 200}}
pools: {nurses: {kind: staff, capacity: 1}, doctors: {kind: staff, capacity: 2}}
durations:
  triage: {kind: exponential, mean: 8}
  treatment: {kind: lognormal, mean: 20, log_sd: 0.6}
  patience: {kind: exponential, mean: 40}
patience: {minutes: patience, arrivals: [walk_in], next: left}
steps:
  triage: {asks: [nurses], minutes: [triage], may_leave: true, first_seen: true, next: after_triage}
  treatment: {asks: [doctors], minutes: [treatment], next: home}
branches: {after_triage: {kind: chance, targets: {treatment: 0.7, home: 0.3}}}
ends: {home: {outcome: discharged}, left: {outcome: left}}
""",
    theirs=lambda: ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(200 / MINUTES_A_DAY), None],
        service_distributions=[
            ciw.dists.Exponential(1 / 8),
            ciw.dists.Lognormal(math.log(20) - 0.6**2 / 2, 0.6),
        ],
        routing=[[0.0, 0.7], [0.0, 0.0]],
        reneging_time_distributions=[ciw.dists.Exponential(1 / 40), None],
        number_of_servers=[1, 2],
    ),
    nodes=("triage", "treatment"),
    watched_days=2,
    figures=lambda queues: {
        "left_share": float(queues["triage"].left.mean()),
        "triage": queues["triage"].mean,
        "treatment": queues["treatment"].mean,
        "went_on_share": len(queues["treatment"].minutes) / (~queues["triage"].left).sum(),
    },
)

BOARDING = Department(
    ours=ONE_CLASS
    + """
arrivals: {walk_in: {starts: treatment, per_day: 52}}
pools: {cubicles: {kind: space, capacity: 4}, beds: {kind: space, capacity: 3}}
durations: {treatment: {kind: exponential, mean: 40}, stay: {kind: exponential, mean: 60}}
steps:
  treatment: {asks: [cubicles], minutes: [treatment], keeps: [cubicles], next: bed}
  bed: {asks: [beds], minutes: [stay], releases_at_start: [cubicles], next: home}
ends: {home: {outcome: admitted}}
""",
    theirs=lambda: ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(52 / MINUTES_A_DAY), None],
        service_distributions=[ciw.dists.Exponential(1 / 40), ciw.dists.Exponential(1 / 60)],
        routing=[[0.0, 1.0], [0.0, 0.0]],
        queue_capacities=[math.inf, 0],
        number_of_servers=[4, 3],
    ),
    nodes=("treatment",),
    blocked="bed",
    watched_days=6,
    figures=lambda queues: {
        "cubicle": queues["treatment"].mean,
        "bed": queues["bed"].mean,
        "boarding_share": queues["bed"].waiting_share,
    },
)


DEPARTMENTS = (URGENT_FIRST, SHIFTS, LEAVING, BOARDING)

# --- what agrees -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_urgent_and_the_others_wait_as_long_as_in_ciw() -> None:
    assert_agrees(URGENT_FIRST)


@pytest.mark.slow
def test_a_rota_whose_outgoing_team_is_extra_is_ciws_schedule() -> None:
    """There a shift brings a fresh team, and whoever is at work finishes in addition: also where the number stays."""
    assert_agrees(SHIFTS)


@pytest.mark.slow
def test_leaving_before_triage_thins_what_comes_to_the_doctors_as_in_ciw() -> None:
    assert_agrees(LEAVING)


@pytest.mark.slow
def test_a_cubicle_kept_until_a_bed_is_free_is_ciws_blocking_after_service() -> None:
    assert_agrees(BOARDING)


# --- what would not --------------------------------------------------------------------------------------------------


def outgoing(option: ShiftChange) -> Pathway:
    pathway = pathway_of(SHIFTS)
    return replace(
        pathway, pools={"doctors": replace(pathway.pools["doctors"], on_shift_change=option)}
    )


@pytest.mark.slow
def test_a_rota_whose_outgoing_team_counts_is_not_ciws_schedule() -> None:
    found = differences(SHIFTS, in_ours(SHIFTS, outgoing("outgoing_count")))
    assert min(found.values()) > 2 * ALLOWED, "fewer hands after a change, so longer waits"


@pytest.mark.slow
def test_first_come_first_served_is_not_ciws_priority() -> None:
    pathway = pathway_of(URGENT_FIRST)
    classes = {name: replace(each, rank=1) for name, each in pathway.priority.classes.items()}
    alike = replace(pathway, priority=replace(pathway.priority, classes=classes))
    found = differences(URGENT_FIRST, in_ours(URGENT_FIRST, alike))
    assert found["urgent"] > 2 * ALLOWED
    assert found["routine"] < 0
    assert abs(found["waiting_share"]) < ALLOWED, "priority changes who waits, not how many"


@pytest.mark.slow
def test_a_cubicle_given_back_before_the_bed_is_free_is_not_ciws_blocking() -> None:
    pathway = pathway_of(BOARDING)
    steps = {
        "treatment": replace(pathway.steps["treatment"], keeps=()),
        "bed": replace(pathway.steps["bed"], releases_at_start=()),
    }
    found = differences(BOARDING, in_ours(BOARDING, replace(pathway, steps=steps)))
    assert found["cubicle"] < -2 * ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_tenth_more_or_less_work_would_be_noticed(factor: float) -> None:
    pathway = pathway_of(LEAVING)
    longer = {
        name: replace(each, scale=factor)
        for name, each in pathway.durations.items()
        if name != "patience"
    }
    changed = replace(pathway, durations={**pathway.durations, **longer})
    found = differences(LEAVING, in_ours(LEAVING, changed))
    assert max(abs(z) for z in found.values()) > ALLOWED


def test_every_comparison_is_counted_in_the_stated_false_alarm() -> None:
    first = (in_ours(each, pathway_of(each), replications=1)[0] for each in DEPARTMENTS)
    assert sum(map(len, first)) == N_COMPARISONS


@pytest.mark.parametrize(
    "department", DEPARTMENTS, ids=("urgent_first", "shifts", "leaving", "boarding")
)
def test_what_agrees_is_what_every_engine_gives(department: Department, engine: EngineName) -> None:
    pathway = pathway_of(department)
    first = in_ours(department, pathway, replications=OF_BOTH_ENGINES)
    assert in_ours(department, pathway, engine=engine, replications=OF_BOTH_ENGINES) == first
