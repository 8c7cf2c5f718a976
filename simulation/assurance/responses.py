"""How the four-hour share answers pressure (`only=responses`) is one regression over simulated months and over those of
NHS trusts. Nobody can run an experiment on England, so both sides are panels: a simulated trust is a replication of a
department, its months those of the measured year. A department alone would never be busier than planned for long, nor
would its patients be much harder to discharge, so attendances and ward stays of each simulated trust vary from month
to month (`DEMAND`, `DISCHARGES`) beside what the site's own months vary by. The sizes of both come from trusts'
attendances and occupancy, not from their four-hour share. A row that misses changes no exit code: both slopes are
associations.

Two-way fixed effects: each trust and each month has a level of its own, so what is left says how a trust's four-hour
share goes with its own occupancy and attendances in months that are unusual for it. First differences ask the same of
changes from one month to the next. Standard errors are clustered by trust: the sandwich of slopes (with the usual
factor n / (n - 1) of the clusters), the jackknife of spreads and correlations, the spread over trusts of the year's
shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import stats

from simulation.assurance.lines import text_of
from simulation.assurance.targets import (
    ADULT_BED,
    PublishedFigure,
    Say,
    pools_of,
    targets_named,
    telling,
    with_defaults,
)
from simulation.assurance.targets import MONTHS as NAMES
from simulation.config import load, search_folders
from simulation.config.ensembles import ensemble_named
from simulation.config.files import NO_FILE
from simulation.department.vocabulary import LastingFactor, Pathway
from simulation.errors import Fault, Faults
from simulation.patients import attendances
from simulation.records.schema import Floats, Ints
from simulation.runs.replicate import ArmReplication, ReplicationResult
from simulation.runs.result import simulate
from simulation.runs.running import open_executor
from simulation.statistics.departments import MIN_EACH
from simulation.study.study import RunLength, Study
from simulation.units import to_ticks

TARGETS = "trusts"
TRUSTS = 280
"""Simulated trusts: enough for standard errors of the simulation's slopes of half of the trusts' or less."""
ALLOWED = 2.0
"""Joint standard errors within which a row passes."""
WARD_STAY = "ward_stay"
"""The duration whose minutes the panel's discharges vary, where a department has it."""
DEMAND = LastingFactor(
    every="month", cv=0.055, persistence=0.9, evidence="assumed",
    source="chosen to give the spread and persistence of trusts' attendances by month, NHS England 2024-25 (OGL v3):"
    " the design of the panel",
)  # fmt: skip
"""How attendances of a simulated trust vary; which arrival sources are attendances is the department's."""
DISCHARGES = LastingFactor(
    every="month", cv=0.039, persistence=0.75, durations=(WARD_STAY,), evidence="assumed",
    source="chosen so that occupancy goes with that of the month before as trusts' does (covariance .61 points squared,"
    " and .18 two months before), NHS England 2024-25 (OGL v3): the design of the panel",
)  # fmt: skip
"""How ward stays of a simulated trust vary, beside what the site's own months vary by."""


class Response(NamedTuple):
    """One figure of the trusts (`target`) and of the simulation (`found`)."""

    target: PublishedFigure
    found: PanelEstimate

    @property
    def joint_error(self) -> float:
        """Standard error of the difference: the two sides are independent."""
        return math.hypot(self.found.standard_error, self.target.standard_error or 0.0)

    @property
    def apart(self) -> float:
        """The distance of the two in joint standard errors; from the nearer end of the target's band if it has one."""
        target = self.target
        low, high = (target.value if end is None else end for end in (target.low, target.high))
        assert low is not None and high is not None
        return (self.found.value - float(np.clip(self.found.value, low, high))) / self.joint_error

    @property
    def passed(self) -> bool:
        """Whether the two are within two joint standard errors."""
        return abs(self.apart) <= ALLOWED


class Responses(NamedTuple):
    """Every figure on both sides, and the numbers of departments, trusts and months that the simulated ones rest on."""

    rows: tuple[Response, ...]
    n_departments: int
    n_trusts: int
    n_months: int


def responses_of(
    studies: Sequence[Study], targets: Sequence[PublishedFigure], *, say: Say | None = None
) -> Responses:
    """The targets beside the figures of a panel of these studies' baseline arms."""
    panel = simulated_panel(studies, say=say)
    simulated = estimates(panel)
    unknown = [target.measure for target in targets if target.measure not in simulated]
    remedy = f"A panel has {', '.join(simulated)}"
    Faults(
        Fault(f"targets/{TARGETS}.yaml", f"unknown figure '{name}'", remedy) for name in unknown
    ).refuse()
    rows = tuple(Response(target, simulated[target.measure]) for target in targets)
    return Responses(rows, len(studies), panel.n_trusts, len(np.unique(panel.month)))


def validate_responses(
    overrides: Sequence[str], *, config_dir: str | Path | None, say: Say | None = None
) -> Responses:
    """The responses of one site, from `TRUSTS` replications of a year unless `run` says otherwise.

    With `ensemble=NAME` they are of its departments, with two replications each or more. `say` is told what runs.
    """
    names = [text.partition("=")[2] for text in overrides if text.startswith("ensemble=")]
    folders, n, departments = search_folders(config_dir), 1, "ensemble=none"
    if names and names[-1] != NO_FILE:
        n = min(TRUSTS // MIN_EACH, len(ensemble_named(names[-1], folders).departments))
        departments = f"run.departments={n}"
    overrides = with_defaults(
        overrides, "run=validation", f"run.replications={TRUSTS // n * n}", departments
    )
    wanted = targets_named(TARGETS, folders)
    return responses_of(by_department(load(*overrides, config_dir=config_dir)), wanted, say=say)


def by_department(study: Study) -> list[Study]:
    """A study of each department of its ensemble, with its share of the replications; the study itself without one."""
    if study.departments is None:
        return [study]
    n = len(study.departments)
    run = replace(study.run, replications=study.run.replications // n, departments=None)
    return [replace(study.of(number), run=run) for number in range(n)]


def simulated_panel(studies: Sequence[Study], *, say: Say | None = None) -> Panel:
    """A panel in which every replication of every study's baseline arm is a trust, with the months measured whole.

    Each has random variates of its own: replications are numbered on from study to study. `say` is told what runs.
    Raises ConfigError for a panel too small for a regression.
    """
    n_trusts = sum(len(study.run.numbers) for study in studies)
    n_months = min((len(study.run.months(0)) for study in studies), default=0)
    faults = Faults()
    if n_trusts < 3:
        remedy = "Simulate three trusts or more: each is one"
        faults.add("run.replications", f"is {n_trusts}", remedy)
    if n_months < 3:
        remedy = "Measure three whole months or more, better a year: run.measured_days=364"
        faults.add("run.measured_days", f"holds {n_months} whole months", remedy)
    faults.refuse()
    words = (
        f"Simulating {n_trusts} trusts of {_departments(len(studies))}, {studies[0].run.measured_days} days each, "
        "to hold their months against those of NHS trusts"
    )
    trusts: list[Panel] = []
    with open_executor(studies[0]) as executor, telling(say, words, n_trusts) as done:
        for study in studies:
            before = len(trusts)
            varying = in_panel(study, before)
            result = simulate(varying, executor=executor, done=partial(_after, before, done))
            numbered = enumerate(result.replications, before)
            trusts += [_trust(varying, replication, number) for number, replication in numbered]
    return Panel(*map(np.concatenate, zip(*trusts, strict=True)))


def _after(before: int, done: Callable[[int], None], n_done: int) -> None:
    """Report how many replications have ended: those of the studies `before`, and `n_done` of this one."""
    done(before + n_done)


def in_panel(study: Study, first: int) -> Study:
    """A study of the baseline arm whose attendances and stays vary by month, its replications numbered from `first`."""
    arm = study.baseline
    attending = tuple(name for name, source in arm.pathway.arrivals.items() if source.attends)
    shocks = {"demand_of_the_panel": replace(DEMAND, arrivals=attending)}
    if WARD_STAY in arm.pathway.durations:
        shocks["discharges_of_the_panel"] = DISCHARGES
    lasting = {**arm.pathway.lasting_factors, **shocks}
    alone = replace(arm, pathway=replace(arm.pathway, lasting_factors=lasting))
    n = len(study.run.numbers)
    run = replace(
        study.run, replications=first + n, first=first, count=n, start_week=study.run.start_week or 0, by_month=True,
        profile_all=False, precision=None,
    )  # fmt: skip
    design = replace(
        study.design,
        baseline=arm.name,
        arms={arm.name: arm.arm},
        sham=None,
        coverages=None,
        levers={},
        full=None,
    )
    return replace(study, arms=(alone,), design=design, run=run)


def _trust(study: Study, result: ReplicationResult, number: int) -> Panel:
    """A panel of one trust, which is a replication: a row a month."""
    arm = study.baseline
    answer = result.arms[arm.name]
    month = np.array([month - 1 for month, _ in answer.months])
    running = month + MONTHS * np.cumsum(np.diff(month, prepend=month[0]) < 0)
    return Panel(
        trust=np.full(len(month), number),
        month=running,
        within_4h=100
        * np.array([measures.value("within_4h_share") for _, measures in answer.months]),
        occupancy=100 * _occupancy(arm.pathway, answer),
        attendances=_attendances(study.run, arm.pathway, result.replication),
    )


def _occupancy(pathway: Pathway, answer: ArmReplication) -> Floats:
    """Adult beds in use over adult beds there at 00:00, by month.

    Open escalation beds of a pool count as there; the pools are weighted by their own beds.
    """
    pools = {name: pathway.pools[name] for name in pools_of(pathway, ADULT_BED)}
    beds = np.array([(pool.capacity or 0) + pool.extra for pool in pools.values()], dtype=float)
    shares = np.array(
        [
            [measures.value("occupied_at_midnight_share", f"pool={name}") for name in pools]
            for _, measures in answer.months
        ]
    )
    return np.asarray(shares @ beds / beds.sum())


def _attendances(run: RunLength, pathway: Pathway, replication: int) -> Floats:
    """Attendances a day by month, as the replication drew them."""
    arrived_at = attendances(pathway, run.drawn(replication, run.days))
    windows = np.array([window for _, window in run.months(replication)])
    edges = to_ticks(windows)
    ordered = np.sort(arrived_at)
    n = np.searchsorted(ordered, edges[:, 1]) - np.searchsorted(ordered, edges[:, 0])
    return np.asarray(n / ((windows[:, 1] - windows[:, 0]) / 1440))


def responses_text(responses: Responses) -> str:
    """What is printed: one a figure, a table of the year's shape, and how many agree."""
    names = {month_effect(month): name for month, name in enumerate(NAMES)}
    figures = [row for row in responses.rows if row.target.measure not in names]
    by_measure = {row.target.measure: row for row in responses.rows}
    by_month = {
        name: by_measure[measure] for measure, name in names.items() if measure in by_measure
    }
    return text_of(
        "responses", responses=responses, departments=_departments(responses.n_departments), demand=DEMAND,
        discharges=DISCHARGES, allowed=ALLOWED, figures=figures, by_month=by_month,
    )  # fmt: skip


def _departments(n: int) -> str:
    return "one department" if n == 1 else f"{n} departments"


MONTHS = 12


class Panel(NamedTuple):
    """One row a trust and month, sorted by trust, then month; shape (n,) each.

    trust        number of the trust, from 0
    month        running number of the month, 0 for a January, so that neighbours differ by one
    within_4h    four-hour share, per cent
    occupancy    adult beds occupied, per cent
    attendances  a day
    """

    trust: Ints
    month: Ints
    within_4h: Floats
    occupancy: Floats
    attendances: Floats

    @property
    def n_trusts(self) -> int:
        """The number of trusts."""
        return len(np.unique(self.trust))


class PanelEstimate(NamedTuple):
    """A figure of a panel and its standard error, clustered by trust."""

    value: float
    standard_error: float


def month_effect(month: int) -> str:
    """The name of a month's figure (0 for January): its mean four-hour share over trusts less that of the year."""
    return f"panel_month_{month + 1}"


def estimates(panel: Panel) -> Mapping[str, PanelEstimate]:
    """The figures of a panel, by name: slopes, spreads within trusts, persistence, and the year's shape.

    Slopes are points of the four-hour share per point of occupancy and per 1 % of attendances, both in one regression.
    The lasting part of occupancy is its covariance with the month before. Chance that is forgotten within weeks hardly
    enters it: a level for each trust takes away a twelfth of that chance's variance.
    """
    columns = np.column_stack([panel.within_4h, panel.occupancy, 100 * np.log(panel.attendances)])
    trust = np.unique(panel.trust, return_inverse=True)[1]
    levels = _without_levels(columns, trust, panel.month)
    follows = np.flatnonzero((np.diff(trust) == 0) & (np.diff(panel.month) == 1))
    changes = _demeaned(columns[follows + 1] - columns[follows], panel.month[follows + 1])
    figures: dict[str, PanelEstimate] = {}
    for suffix, rows, of_trust in (("", levels, trust), ("_differenced", changes, trust[follows])):
        names = (f"panel_{name}_slope{suffix}" for name in ("occupancy", "attendances"))
        figures |= zip(names, _slopes(rows, of_trust), strict=True)
    for name, column in zip(("within_4h", "occupancy", "attendances"), levels.T, strict=True):
        squares = _by_trust(column**2, trust)
        products = _by_trust(column[follows] * column[follows + 1], trust[follows], len(squares))
        n_rows, n_pairs = (
            _by_trust(np.ones(len(rows)), rows, len(squares)) for rows in (trust, trust[follows])
        )
        figures[f"panel_{name}_sd"] = _jackknife(lambda s, n: math.sqrt(s / n), squares, n_rows)
        figures[f"panel_{name}_persistence"] = _jackknife(
            lambda p, m, s, n: (p / m) / (s / n), products, n_pairs, squares, n_rows
        )
        if name == "occupancy":
            figures["panel_occupancy_lasting"] = _jackknife(lambda p, m: p / m, products, n_pairs)
    return figures | _year(panel, trust)


def _year(panel: Panel, trust: Ints) -> dict[str, PanelEstimate]:
    """Each calendar month's four-hour share less the trust's own mean, as a mean over trusts."""
    from_mean = _demeaned(panel.within_4h, trust)
    figures = {}
    for month in np.unique(panel.month % MONTHS).tolist():
        of_month = from_mean[panel.month % MONTHS == month]
        error = stats.sem(of_month) if len(of_month) > 1 else math.nan
        figures[month_effect(month)] = PanelEstimate(float(of_month.mean()), float(error))
    return figures


def _demeaned(columns: Floats, group: Ints) -> Floats:
    """Columns less their mean within each group, shape of `columns`."""
    number = np.unique(group, return_inverse=True)[1]
    size = np.bincount(number).astype(float)
    flat = columns.reshape(len(columns), -1)
    means = np.column_stack([np.bincount(number, weights=column) / size for column in flat.T])
    return np.asarray((flat - means[number]).reshape(columns.shape))


def _without_levels(columns: Floats, trust: Ints, month: Ints) -> Floats:
    """Columns less a level of each trust and of each month, whether or not a trust has every month."""
    dummies = (month[:, None] == np.unique(month)[None, 1:]).astype(float)
    without_trusts, months = _demeaned(columns, trust), _demeaned(dummies, trust)
    levels = np.linalg.lstsq(months, without_trusts, rcond=None)[0]
    return np.asarray(without_trusts - months @ levels)


def _slopes(rows: Floats, trust: Ints) -> list[PanelEstimate]:
    """Least squares of the first column on the other two, without a constant; errors clustered by trust."""
    y, x = rows[:, 0], rows[:, 1:]
    bread = np.linalg.inv(x.T @ x)
    slopes = bread @ (x.T @ y)
    score = x * (y - x @ slopes)[:, None]
    clusters = np.column_stack([_by_trust(column, trust) for column in score.T])
    n = np.count_nonzero(np.bincount(trust))
    covariance = bread @ (clusters.T @ clusters) @ bread * (n / (n - 1))
    return [
        PanelEstimate(float(s), math.sqrt(v))
        for s, v in zip(slopes, np.diag(covariance), strict=True)
    ]


def _by_trust(values: Floats, trust: Ints, n: int = 0) -> Floats:
    return np.asarray(np.bincount(trust, weights=values, minlength=n))


def _jackknife(statistic: Callable[..., float], *sums: Floats) -> PanelEstimate:
    """A statistic of sums over trusts, and its standard error by leaving out one trust at a time."""
    totals = [by_trust.sum() for by_trust in sums]
    others = [total - by_trust for total, by_trust in zip(totals, sums, strict=True)]
    left_out = np.array([statistic(*of_others) for of_others in zip(*others, strict=True)])
    n = len(left_out)
    error = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
    return PanelEstimate(float(statistic(*totals)), error)
