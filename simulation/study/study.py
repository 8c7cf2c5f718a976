"""A study ready to run: its arms with their departments and policies, and how long each replication is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Protocol

import numpy as np
from annotated_types import Ge, Gt, Le, MaxLen, MultipleOf

from simulation.department.config_dataclass import (
    UNITLESS,
    AtLeastOne,
    Count,
    Unit,
    config_dataclass,
)
from simulation.department.graph import dated_after_departure
from simulation.department.rota import mean_per_day
from simulation.department.vocabulary import Pathway
from simulation.engine.choose import EngineAsked, EngineName, choose
from simulation.errors import ConfigError, Fault, Faults, ResultsError, nearest, refuse
from simulation.measures.definitions import Definition
from simulation.measures.measuring import DailyOutcome
from simulation.measures.quantities import Own, Window
from simulation.patients import (
    DAYS_IN_YEAR,
    Calendar,
    DrawnRun,
    balanced_start_week,
    start_weeks_over_departments,
)
from simulation.records.serialise import Plain
from simulation.statistics.departments import MIN_DEPARTMENTS, MIN_EACH
from simulation.study.design import Arm, Cause, Country, Design, OfMeasure
from simulation.triage.check_policy import check_policy
from simulation.triage.policy import Policy

Kept = Literal["patients", "activities", "events"]
MOST_NAMED = 6
"""How many arms the short form of a study names."""
MOST_POOLS = 4
"""How many pools one sentence names."""
LEAST_FIRST = 20
"""Replications below which a standard deviation says too little to plan by: from 20 its 95 % interval reaches from 0.76
to 1.46 times it."""
MOST_REPLICATIONS = 1_000_000
Stages = Annotated[int, Ge(LEAST_FIRST), Le(MOST_REPLICATIONS), Unit("replications")]


@config_dataclass
class Precision:
    """How precisely a measure should be known, from which follows how many replications are run.

    Replications are run in stages: the spread so far says how many are needed in all, until there are enough. There are
    at least `run.replications` and at most `at_most` of them; skewed numbers need more.

    Example: `{measure: wait_to_clinician_mean, group: "acuity_true=1-2", arm: lean_triage, half_width: 0.5,
    first_stage: 30, at_most: 500}`
    """

    measure: str
    """The measure, by its name in the tables."""
    group: str = "all"
    """Whose measure: everybody's, or that of one group of patients."""
    arm: str | None = None
    """The arm whose difference from the baseline is meant, or the baseline, for its own level; none: the differences of
    all arms but a sham, the least precise of which decides (the level, where there is only the baseline)."""
    half_width: OfMeasure
    """Half the length that the 95 % interval should have."""
    first_stage: Stages = LEAST_FIRST
    """Replications that are run first, from whose spread the number of all is planned; `run.replications`, if these
    are more."""
    at_most: Stages = 1000
    """The upper bound, whatever the spread."""

    def arm_faults(self, arms: Collection[str]) -> Iterator[Fault]:
        """The fault of `arm` in a study with these arms, if it has one."""
        if self.arm is not None and self.arm not in arms:
            yield Fault(
                "run.precision.arm", f"there is no arm '{self.arm}'", nearest(self.arm, arms)
            )

    def planned_arms(
        self, arms: Collection[str], baseline: str, sham: str | None
    ) -> tuple[str, ...]:
        """The arms whose differences from the baseline are planned; the baseline itself stands for its level."""
        if self.arm is not None:
            return (self.arm,)
        return tuple(arm for arm in arms if arm not in (baseline, sham)) or (baseline,)


@config_dataclass
class RunLength:
    """How long a run is: replications, and days before, during and after the measured window.

    Example: `{seed: 1, replications: 20, warm_up_days: 21, measured_days: 28, cool_down_days: 2}`
    """

    seed: Annotated[Count, UNITLESS]
    """The seed of all random numbers: the same seed gives the same patients."""
    replications: Annotated[AtLeastOne, Unit("replications")]
    """How often the department is simulated, each time with new random numbers; with `precision`, the least number."""
    warm_up_days: Annotated[Count, MultipleOf(7), Unit("days")]
    """Days that are simulated first and not counted: whole weeks."""
    measured_days: Annotated[int, Gt(0), Unit("days")]
    """The measured window: patients who arrive in it count."""
    cool_down_days: Annotated[Count, Unit("days")]
    """Days after the window, in which arrivals go on; doubled while a measured patient is still in."""
    start_week: Annotated[Count, Le(51), Unit("week")] | None = None
    """The week of the model year on whose Monday the window begins; 0 is the first of January. None: a window shorter
    than the year begins in another week in each replication, spread evenly over the year (over an ensemble in each
    pass over its departments, in an order drawn by seed and pass); a longer one in week 0. Example: `0`"""
    doublings: Annotated[Count, Le(8), Unit("times")] = 4
    """How often the cool-down may be doubled. Example: `0`"""
    keep: tuple[Kept, ...] = ()
    """Tables that are written for every replication and arm. Example: `[patients]`"""
    profile_all: bool = False
    """Whether every replication has day profiles, for what is inferred from them; else the first `profiles`."""
    profiles: Annotated[Count, Unit("replications")] = 8
    """How many replications, the first, have day profiles: eight are enough for pictures. A profile costs a tenth of a
    replication's time. Example: `2`"""
    first: Annotated[Count, Unit("replication")] = 0
    """The first replication to run, for array jobs; `aeflow gather` puts parts together. Example: `20`"""
    count: Annotated[AtLeastOne, Unit("replications")] | None = None
    """How many to run from `first` on; none: all that are left. Example: `20`"""
    by_month: bool = False
    """Whether measures of every month in the window are worked out as well, for `aeflow validate`."""
    daily: Annotated[tuple[DailyOutcome, ...], MaxLen(16)] = ()
    """Outcomes that are kept by day of arrival as well, for `aeflow evaluate`."""
    precision: Precision | None = None
    """How precisely one number should be known; none: exactly `replications` are run."""
    departments: Annotated[AtLeastOne, Unit("departments")] | None = None
    """How many departments of the study's ensemble are used, the first in its file: replication k uses department k
    modulo this number, so `replications` are a whole multiple of it, or fewer. None: 60, or as many as are used twice,
    which takes 40 replications or more. From 2 to 19 departments give no range and no verdict, and `aeflow compare`
    refuses them where the ensemble has more. Read only over an ensemble. Example: `60`"""
    department: Annotated[Count, Unit("department")] | None = None
    """The one department of the ensemble that every replication uses, by its number in the file, from 0. None: all of
    `departments` in turn. Example: `17`"""

    @property
    def window(self) -> Window:
        """The measured window: minutes of arrival, half-open."""
        return self.warm_up_days * 1440.0, (self.warm_up_days + self.measured_days) * 1440.0

    @property
    def is_balanced(self) -> bool:
        """Whether start weeks differ between replications, spread evenly over the year."""
        return self.start_week is None and self.measured_days < DAYS_IN_YEAR

    def calendar(self, replication: int) -> Calendar:
        """The calendar of a replication: which day of the model year each simulated day is."""
        return Calendar(self._start_week(replication), self.warm_up_days)

    def drawn(self, replication: int, days: int) -> DrawnRun:
        """What the patients of a replication of so many days are drawn by."""
        return DrawnRun(self.seed, replication, days, self.calendar(replication))

    def _start_week(self, replication: int) -> int:
        if not self.is_balanced:
            return self.start_week or 0
        if self.departments is None:
            return balanced_start_week(replication)
        number, place = divmod(replication, self.departments)
        return start_weeks_over_departments(self.seed, number, self.departments)[place]

    def months(self, replication: int) -> tuple[tuple[int, Window], ...]:
        """Months (1 for January) wholly inside a replication's measured window, each with its own window, in order.

        A month is a twelfth of the model year of 364 days; a day belongs to the month in which it begins.
        """
        first, after = self.warm_up_days, self.warm_up_days + self.measured_days
        # a day more at either end shows whether a month begins with the window and ends with it
        month = self.calendar(replication).months(np.arange(first - 1, after + 1))
        begins = (first + np.flatnonzero(np.diff(month))).tolist()
        return tuple(
            (int(month[begin - first + 1]) + 1, (begin * 1440.0, end * 1440.0))
            for begin, end in pairwise(begins)
        )

    @property
    def numbers(self) -> range:
        """The numbers of the replications to run: all, or the part that `first` and `count` name."""
        after = (
            self.replications
            if self.count is None
            else min(self.first + self.count, self.replications)
        )
        return range(self.first, after)

    @property
    def at_most(self) -> int:
        """The most replications that may be run: one for each number, unless a precision allows more."""
        return max(len(self.numbers), 0 if self.precision is None else self.precision.at_most)

    @property
    def how_many(self) -> str:
        """The number of replications in words: '20 replications'; with a precision '20 to 500 replications'."""
        if self.precision is None:
            return f"{self.replications} replications"
        return (
            f"{max(self.replications, self.precision.first_stage)} to {self.at_most} replications"
        )

    @property
    def part_name(self) -> str:
        """The range of the replications, '20-39', if they are a part of all; empty if they are all."""
        whole = self.numbers == range(self.replications)
        return "" if whole else f"{self.numbers.start}-{self.numbers.stop - 1}"

    @property
    def days(self) -> int:
        """Days simulated before any doubling."""
        return self.warm_up_days + self.measured_days + self.cool_down_days


@config_dataclass
class Cluster:
    """Where `executor=dask` finds its workers: without an address or a file, in a cluster of this machine that it
    starts itself.

    Example: `{address: "tcp://10.0.0.5:8786", wait_for: 16}`
    """

    address: str | None = None
    """The address of a Dask scheduler."""
    scheduler_file: str | None = None
    """A file that the scheduler writes and all machines can read, instead of an address.
    Example: `/shared/scheduler.json`"""
    wait_for: Annotated[AtLeastOne, Unit("workers")] = 1
    """How many workers of a cluster that is not its own must be connected before a run begins."""

    @property
    def is_own(self) -> bool:
        """Whether it is started for the run and ends with it."""
        return self.address is None and self.scheduler_file is None


@dataclass(frozen=True)
class ReadyArm:
    """An arm with its department and policy resolved and checked."""

    name: str
    arm: Arm
    pathway: Pathway
    policy: Policy


ReadyArms = tuple[ReadyArm, ...]


class Departments(Protocol):
    """The departments of a study, one a replication; picklable, so that workers make the arms themselves."""

    @property
    def name(self) -> str:
        """Name of the ensemble."""

    @property
    def structure_of(self) -> tuple[str, ...]:
        """The name of each department's structure; '' where the ensemble has none."""

    @property
    def causes(self) -> Mapping[str, Cause]:
        """What makes patients wait in them, by name; none where the ensemble states none."""

    @property
    def cause_of(self) -> tuple[str, ...]:
        """What makes patients wait in each department, '' where the ensemble has no causes."""

    @property
    def country(self) -> Country | None:
        """The country whose trusts they stand for; None where they stand for none."""

    @property
    def trust_of(self) -> tuple[str, ...]:
        """The trust of each department, '' where they stand for no country."""

    @property
    def n_varied(self) -> int:
        """The number of values of the configuration in which they differ."""

    @property
    def varied_values(self) -> Mapping[str, tuple[float, ...]]:
        """By parameter, its value in each department."""

    @property
    def limitation(self) -> str:
        """A sentence on what they do not reproduce; '' if none is stated."""

    def __len__(self) -> int:
        """The number of departments."""

    @property
    def ready(self) -> ReadyArms:
        """The arms of the study in the typical department, from which those of every other are made."""

    def arms(self, number: int) -> ReadyArms:
        """Every arm of the study in the department of this number, from 0.

        Raises ConfigError for a value that is not allowed there.
        """

    def with_policies(self, policies: Mapping[str, Policy]) -> Departments:
        """The same departments with only the named arms, each under its new policy."""

    def content(self) -> Mapping[str, object]:
        """Everything that can change a result, as plain values."""

    def content_by_arm(self) -> dict[str, Plain]:
        """By arm, all that can change a number of it, as plain values without names; under '' what all arms share."""


@dataclass(frozen=True, repr=False)
class Study:
    """Everything that a comparison needs.

    - `alone`: the arm of `aeflow run`: the baseline's department under the policy of the group `triage`, or under the
      baseline's own if that group chooses none
    - `choices`: the file chosen from each group of configurations ('scenario': 'winter')
    - `resolved`: the configuration as composed, for the record
    - `allow_large`: whether it may be run though it is larger than the limits (`study.offered_load`)
    - `departments`: over an ensemble, those that replications use in turn (`of`); `arms` are then of the typical one
    - `on_one`: why the study runs on one department though it states an ensemble; '' otherwise
    - `left_out`: arms for another staffing than the chosen one, or that some department cannot run, with their labels
      and the reason; and costs of a department of another size
    """

    design: Design
    run: RunLength
    arms: ReadyArms
    alone: ReadyArm
    engine_asked: EngineAsked
    executor: str
    workers: int
    resolved: Mapping[str, object]
    choices: Mapping[str, str]
    allow_large: bool = False
    cluster: Cluster = field(default_factory=Cluster)
    departments: Departments | None = None
    on_one: str = ""
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the arm of `run.precision` exists, and that arms are those of the ensemble. Raises ConfigError."""
        precision = self.run.precision
        if precision:
            Faults(precision.arm_faults([arm.name for arm in self.arms])).refuse()
        if self.departments is not None:
            ready = {arm.name: (id(arm.pathway), id(arm.policy)) for arm in self.departments.ready}
            changed = [
                arm.name
                for arm in self.arms
                if ready.get(arm.name) != (id(arm.pathway), id(arm.policy))
            ]
            if changed:
                refuse(
                    "arms",
                    f"{', '.join(changed[:MOST_NAMED])}: of another department or policy than those of the ensemble",
                    "State the change in YAML, or take the study.on_typical() first",
                )

    def __repr__(self) -> str:
        names = ", ".join(arm.name for arm in self.arms[:MOST_NAMED])
        and_more = f" and {len(self.arms) - MOST_NAMED} more" if len(self.arms) > MOST_NAMED else ""
        ensemble = "" if self.departments is None else f", {self.department_words}"
        lines = [
            f"Study '{self.design.name}': {self.design.question}",
            f"  arms: {names}{and_more} ({len(self.arms)} in all, against '{self.design.baseline}')",
            f"  site {self.chosen('site')}, scenario {self.scenario}{ensemble}",
            f"  {self.run.how_many} of {self.run.measured_days} days after {self.run.warm_up_days} of "
            f"warm-up, seed {self.run.seed}",
            f"  engine {self.engine_asked}, executor {self.executor}",
        ]
        return "\n".join(lines)

    @property
    def department_words(self) -> str:
        """The departments in words: '60 departments of the ensemble 'typical'', 'the typical department', or another by
        the name of its site, or of its pathway if that is the whole department."""
        if self.departments is None:
            site = self.choices.get("site", "typical")
            own = self.baseline.pathway.name if site == "none" else site
            return "the typical department" if own == "typical" else f"the department '{own}'"
        number = self.run.department
        n = min(self.run.departments or 1, self.run.replications)
        departments = f"{n} department{'s' * (n > 1)}" if number is None else f"department {number}"
        return f"{departments} of the ensemble '{self.departments.name}'"

    def _repr_html_(self) -> str:
        """The short form for a notebook."""
        return f"<pre>{escape(repr(self))}</pre>"

    @property
    def engine(self) -> EngineName:
        """The engine asked for, or the one that suits the work of all arms."""
        return choose(self.engine_asked, self.n_patients)[0]

    @property
    def engine_why(self) -> str:
        """Why this engine was chosen."""
        return choose(self.engine_asked, self.n_patients)[1]

    @property
    def where(self) -> str:
        """Where the replications run, in words."""
        n_workers = min(self.workers, len(self.run.numbers))
        processes = f"{n_workers} processes" if n_workers > 1 else "one process"
        if self.executor == "threads" and n_workers > 1:
            return f"{n_workers} threads"
        if self.executor != "dask":
            return "one process" if self.executor == "serial" else processes
        if self.cluster.is_own:
            return f"a Dask cluster of {processes} on this machine"
        return f"the Dask cluster of {self.cluster.address or self.cluster.scheduler_file}"

    @property
    def n_patients(self) -> float:
        """The approximate number of patients simulated, in all arms and replications together."""
        per_day = sum(
            mean_per_day(source) for arm in self.arms for source in arm.pathway.arrivals.values()
        )
        return per_day * self.run.days * self.run.replications

    @property
    def scenario(self) -> str:
        """The name of the scenario: that of its file."""
        return self.chosen("scenario")

    def chosen(self, group: str) -> str:
        """The file chosen from a group of configurations; 'config' for a group that config.yaml states itself."""
        return self.choices.get(group, "config")

    @property
    def not_calibrated(self) -> str:
        """Why its department is not calibrated, as a clause; '' where it is, or where the study is over others."""
        return (self.departments is None and self.design.not_calibrated) or ""

    @property
    def held_to_records(self) -> bool:
        """Whether it runs over departments that `aeflow fit` held to somebody's records."""
        return self.departments is not None and self.design.not_calibrated is not None

    @property
    def baseline(self) -> ReadyArm:
        """The arm that all others are compared with."""
        return self.arm(self.design.baseline)

    def department(self, replication: int) -> int:
        """The number of the department that a replication uses, from 0; 0 where there is only one."""
        if self.run.department is not None:
            return self.run.department
        return replication % (self.run.departments or 1)

    def of(self, replication: int) -> Study:
        """The study as a replication runs it: its arms in the department that this replication uses."""
        if self.departments is None:
            return self
        names = {arm.name for arm in self.arms}
        arms = tuple(
            arm for arm in self.departments.arms(self.department(replication)) if arm.name in names
        )
        return replace(self, arms=arms, departments=None)

    def of_one_arm(self, name: str, policy: Policy) -> Study:
        """The study of one arm alone, under another policy, in the same departments; nothing is compared.

        Raises ResultsError if there is no such arm, and ConfigError with every fault of the policy in its department.
        """
        arm = replace(self.arm(name), policy=policy)
        check_policy(policy, arm.pathway).refuse()
        design = self.design.with_arms(
            {name: replace(arm.arm, control=None, levers=())}, baseline=name
        )
        departments = (
            None if self.departments is None else self.departments.with_policies({name: policy})
        )
        ready = (arm,) if departments is None else departments.ready
        return replace(self, design=design, arms=ready, alone=ready[0], departments=departments)

    def of_arms(self, names: Collection[str]) -> Study:
        """The study of the baseline and the named arms. Raises ResultsError if there is no such arm."""
        arms = tuple(self.arm(name) for name in dict.fromkeys((self.design.baseline, *names)))
        design = self.design.restricted_to([arm.name for arm in arms])
        departments = self.departments
        if departments is not None:
            departments = departments.with_policies({arm.name: arm.policy for arm in arms})
        return replace(self, design=design, arms=arms, left_out=(), departments=departments)

    @property
    def results_folder(self) -> Path:
        """The folder in which its runs are written, as composed."""
        return Path(str(self.resolved["results"]))

    def on_typical(self) -> Study:
        """The study on the typical department instead of an ensemble."""
        return replace(
            self, departments=None, run=replace(self.run, departments=None, department=None)
        )

    def only(self) -> Study:
        """The study of the arm `alone`, in the typical department."""
        design = self.design.with_arms({self.alone.name: self.alone.arm}, baseline=self.alone.name)
        return replace(self.on_typical(), design=design, arms=(self.alone,), on_one="", left_out=())

    def with_policies(self, policies: Mapping[str, Policy], *, keep: Sequence[str] = ()) -> Study:
        """The study with an arm for each policy, in the baseline's department, instead of its own arms.

        This is for grids of policies that no file states. The baseline, the sham and the arms to `keep` stay; levers,
        coverages, controls and the ensemble do not. An arm's name is its label too.

        Raises ConfigError with every fault.
        """
        kept_names = {self.design.baseline, self.design.sham, *keep}
        unknown = sorted(kept_names - {None, *(arm.name for arm in self.arms)}, key=str)
        faults = Faults()
        for name in unknown:
            faults.add("keep", f"there is no arm '{name}'", nearest(str(name), self.design.arms))
        kept = tuple(arm for arm in self.arms if arm.name in kept_names)
        for name in filter(kept_names.__contains__, policies):
            faults.add(name, "is the name of an arm that stays", "Choose another name")
        pathway = self.baseline.pathway
        new_arms = []
        for name, policy in policies.items():
            faults += check_policy(policy, pathway)
            new_arms.append(ReadyArm(name, Arm(label=name, triage=policy.name), pathway, policy))
        faults.refuse()
        arms = (
            *(replace(arm, arm=replace(arm.arm, control=None, levers=())) for arm in kept),
            *new_arms,
        )
        design = self.design.with_arms(
            {arm.name: arm.arm for arm in arms},
            baseline=self.design.baseline,
            sham=self.design.sham,
        )
        return replace(self.on_typical(), arms=arms, design=design)

    def arm(self, name: str) -> ReadyArm:
        """An arm by name. Raises ResultsError if there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise unknown_arm(name, (arm.name for arm in self.arms))


def own_of(design: Design, pathway: Pathway) -> Own:
    """The user-defined measures and groups of a department: its own, then the study's."""
    measures, groups = {**pathway.measures, **design.measures}, {**pathway.groups, **design.groups}
    return Own(measures, groups, dated_after_departure(pathway) if measures else frozenset())


def own_definitions(design: Design, pathways: Iterable[Pathway]) -> Mapping[str, Definition]:
    """The definition of every user-defined measure of a study and of these departments, by name."""
    by_name: dict[str, Definition] = {}
    for pathway in pathways:
        by_name |= own_of(design, pathway).definitions
    return by_name


def unknown_arm(name: str, known: Iterable[str]) -> ResultsError:
    """The error for a name that no arm has."""
    return ResultsError(f"there is no arm '{name}'. {nearest(name, known)}")


def figures_of(values: Mapping[str, str]) -> str:
    """Pools with their figures (`values`, in words): 'medicine beds 101 %, surgery beds 100 %'."""
    return ", ".join(
        _first([f"{name.replace('_', ' ')} {words}" for name, words in values.items()])
    )


def pool_keys(study: Study, pools: Iterable[str]) -> str:
    """The keys of pools: 'site.pools.medicine_beds, staffing.nurses'."""
    return ", ".join(_first([f"{block_of_pool(study, pool)}{pool}" for pool in pools]))


def block_of_pool(study: Study, pool: str) -> str:
    """The path of the block that describes a pool, as an override names it, with a dot at its end: 'staffing.'."""
    for group in ("staffing", "site", "pathway"):
        block = study.resolved.get(group)
        path, pools = (
            (group, block) if group == "staffing" else (f"{group}.pools", _entry(block, "pools"))
        )
        if _entry(pools, pool) is not None:
            return f"{path}."
    return "pools."


def group_of(study: Study, section: str, name: str) -> str:
    """The group that states an entry of a section: 'site' or 'pathway'."""
    stated = _entry(_entry(study.resolved.get("site"), section), name)
    return "pathway" if stated is None else "site"


def _entry(block: object, key: str) -> object:
    return block.get(key) if isinstance(block, dict) else None


def _first(words: Sequence[str]) -> Sequence[str]:
    """The first few words and the number of the others: '3 more'."""
    n_more = len(words) - MOST_POOLS
    return words if n_more <= 0 else [*words[:MOST_POOLS], f"{n_more} more"]


MOST_DEPARTMENTS = 60
"""How many departments are used where `run.departments` does not say."""


def n_used(run: RunLength, n: int) -> int:
    """How many departments of an ensemble of `n` a run uses: as stated, else 60 at most, each twice at least.

    With `run.department`: all up to that one, though it alone is used.
    """
    if run.department is not None:
        return run.department + 1
    return run.departments or min(MOST_DEPARTMENTS, n, run.replications // MIN_EACH)


def too_short_fault(run: RunLength, ensemble: str, n: int) -> Fault | None:
    """The fault of a run that does not say how many departments it uses, and is too short for a verdict on such
    departments; None if it is not."""
    least = min(MIN_DEPARTMENTS, n)
    if run.departments or run.department is not None or run.replications >= MIN_EACH * least:
        return None
    return Fault(
        "run.replications",
        f"is {run.replications}, and a verdict on departments like those of the ensemble '{ensemble}' takes {least} of "
        f"them, {MIN_EACH} times each",
        f"Give {MIN_EACH * least} or more, or run one department: ensemble=none",
    )


def refuse_few_departments(run: RunLength, n: int) -> None:
    """Raise ConfigError for a run that is stated to use fewer of the `n` departments of an ensemble than a verdict
    takes; a part of a longer run may use any."""
    least = min(MIN_DEPARTMENTS, n)
    used = min(run.departments or 1, run.replications)
    if run.department is None and used < least:
        which = "departments" if (run.departments or 1) < least else "replications"
        refuse(
            f"run.{which}",
            f"is {getattr(run, which)}, and a verdict on such departments takes {least} of them",
            f"Give run.departments={least} run.replications={MIN_EACH * least}, or more, or run one department: "
            "ensemble=none, or run.department=0",
        )


def number_faults(run: RunLength, ensemble: str, n: int) -> Iterator[Fault]:
    """Faults of `run.departments` and `run.department`: both are stated, or the ensemble has not so many; and of
    `run.replications`: too few for a verdict, or noise would be read from the few departments that are used more often
    than the others."""
    if short := too_short_fault(run, ensemble, n):
        yield short
        return
    if run.departments and run.department is not None:
        yield Fault(
            "run.department",
            "is stated with run.departments",
            "Keep one: one department, or so many in turn",
        )
    if run.departments and run.departments > n:
        yield Fault(
            "run.departments",
            f"is {run.departments}, and the ensemble '{ensemble}' has {n}",
            f"Give {n} at most",
        )
    if run.department is not None and run.department >= n:
        yield Fault(
            "run.department",
            f"there is no department {run.department} in the ensemble '{ensemble}'",
            f"Name one from 0 to {n - 1}",
        )
    planned, used = run.replications, n_used(run, n)
    step = (
        used if run.departments or used == min(MOST_DEPARTMENTS, n) else MIN_EACH
    )  # one more department is used
    if run.department is None and planned > used and (over := planned % step):
        yield Fault(
            "run.replications",
            f"is {planned} over {used} departments. Allowed: one for each at most, or a whole multiple",
            f"Give {planned - over} or {planned - over + step}, or run one department: ensemble=none",
        )


def one_department_faults(study: Study, ensemble: str) -> Iterator[Fault]:
    """Faults of what is worked out from the spread over all replications: departments' differences would add to it."""
    for where, stated, what in (
        ("run.precision", study.run.precision, "planned"),
        ("study.levers", study.design.levers, "told apart"),
    ):
        if stated:
            yield Fault(
                where,
                f"cannot be {what} over the departments of the ensemble '{ensemble}'",
                "Run it on the typical department (ensemble=none), or leave it out",
            )


def without_impossible(
    study: Study, impossible: Iterable[tuple[ReadyArm, str, int]], n: int
) -> Study:
    """The study without the arms that a department cannot run, which are left out with the reason.

    `impossible`: each such arm, why, and how many of the `n` departments cannot run it. Raises ConfigError
    if no arm is left to compare with the baseline.
    """
    words = {}
    for ready, why, n_without in impossible:
        who = f"{n_without} of the {n} departments" if n > 1 else "this department"
        words[ready.name] = f"{who} cannot run it ({why})"
    if not words:
        return study
    kept = [arm.name for arm in study.arms if arm.name not in words]
    if study.design.baseline in words or not {*kept} - {study.design.baseline, study.design.sham}:
        remedy = "Change it so that every department can, or run one: ensemble=none"
        raise ConfigError(
            [Fault(f"study.arms.{name}", found, remedy) for name, found in words.items()]
        )
    left_out = (
        f"'{study.arm(name).arm.label}' was not tried: {found}" for name, found in words.items()
    )
    return replace(study.of_arms(kept), left_out=(*study.left_out, *left_out))
