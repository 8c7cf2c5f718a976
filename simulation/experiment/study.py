"""What is compared with what: arms, primary measures, the differences that would matter, and how long to run.

These are statements (YAML states them, `config` validates them); `replicate` runs them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, MinLen, MultipleOf

from simulation.analysis.window import Window
from simulation.draws import DAYS_IN_YEAR, Calendar, balanced_start_week
from simulation.engine.choose import Asked, EngineName, choose
from simulation.errors import ConfigError, Fault, ResultsError, nearest
from simulation.pathway.department import Pathway
from simulation.pathway.described import Mark, Positive, Sourced, described
from simulation.triage.check import check
from simulation.triage.policy import Policy

TOGETHER = "+"
"""Between the names of levers in the name of an arm."""
Value = bool | int | float | str
Block = Mapping[str, object]
"""A whole block of a file, such as an outage of another kind."""


@described
class Cost(Sourced):
    """Pounds a year, beyond the baseline, and what they buy."""

    per_year: float
    what: str


@described
class Arm:
    """A triage policy and changes: dotted paths and their new values or blocks (`staffing.doctors.extra: 1`).

    A path that begins with `triage` changes the policy (`triage.minutes.seconds_saved.value: 60`). `levers`: names of
    the study's levers that are on in this arm, besides. `control`: an arm that it is compared with as well, such as one
    that gives as many labels of each level, at random. `nurse`: a policy whose nurse and whose burdens this arm has
    instead of its own policy's, so that a tool can be put where a baseline is that states more (`nurse_language`).
    `mark` and `source`: whose figures the changes are.
    """

    label: str
    triage: str
    nurse: str | None = None
    changes: Mapping[str, Value | Block] = field(default_factory=dict)
    mark: Mark | None = None
    source: str | None = None
    levers: tuple[str, ...] = ()
    control: str | None = None
    cost: Cost | None = None


@described
class Lever:
    """Something that a tool does, to be switched on alone or with others.

    takes: what it takes over from the study's `full` policy, dotted paths of blocks or values (`minutes`); changes,
    mark and source: as an arm's. A block that `takes` brings into being has the `mark` and `source` that it has in the
    full policy.
    """

    label: str
    takes: tuple[str, ...] = ()
    changes: Mapping[str, Value] = field(default_factory=dict)
    mark: Mark | None = None
    source: str | None = None


@described
class Target(Sourced):
    """A measure that the study is about, and the smallest difference that would matter, in its unit."""

    measure: str
    group: str = "all"
    label: str
    minimal_important_difference: Positive


@described
class Margin(Sourced):
    """How much worse a measure may get before an arm counts as worse: a non-inferiority margin, in its unit."""

    measure: str
    group: str = "all"
    label: str
    margin: Positive


@described
class Coverages:
    """Arms in which one tool covers a part of the patients and all of them; in the baseline it covers nobody.

    Who is covered under `partial` is a group of patients in every arm, so that what the tool does to them and to the
    others can be told apart.
    """

    partial: str
    full: str


@described
class Design:
    """A study as its YAML states it.

    With `levers` its arms are those stated and the baseline under every combination of the levers; of more than
    `inquiry.ablation.MOST_LEVERS`, under the combinations that `order_pairs` sampled orders and their reverses need.
    All levers together must make the triage policy `full`, prices apart.
    """

    name: str
    question: str
    baseline: str
    sham: str | None = None
    arms: Annotated[Mapping[str, Arm], MinLen(1)]
    levers: Mapping[str, Lever] = field(default_factory=dict)
    full: str | None = None
    order_pairs: Annotated[int, Ge(2)] = 12
    primary: Annotated[tuple[Target, ...], MinLen(1)]
    secondary: tuple[Target, ...] = ()
    margins: tuple[Margin, ...] = ()
    coverages: Coverages | None = None

    def combination(self, levers: Collection[str]) -> str:
        """The name of the arm in which these levers are on: 'accuracy+time'; the baseline if there are none."""
        return TOGETHER.join(name for name in self.levers if name in levers) or self.baseline

    @property
    def shown(self) -> tuple[str, ...]:
        """Arms for a reader: without the combinations of levers that are neither one, nor all, nor all but one."""
        return tuple(name for name, arm in self.arms.items() if not self._is_between(name, arm.levers))

    def _is_between(self, name: str, on: Sequence[str]) -> bool:
        return 1 < len(on) < len(self.levers) - 1 and name == self.combination(on)


@described
class RunLength:
    """Replications, and days before, during and after the measured window; the warm-up is whole weeks.

    The window begins on the Monday of `start_week` of the model year (0 is the first of January). Without one, a window
    shorter than the year begins in another week in each replication, in an order that spreads the replications evenly
    over the year however many there are; a window of a year or more begins in week 0.
    Arrivals go on through the run-out; it doubles (at most `doublings` times) while a measured patient is still in.
    `profile_all`: day profiles of every replication, for what is inferred from them; else of the first eight, which is
    enough for pictures. `by_month`: measures of every month in the window as well, for `aeflow validate`.
    """

    seed: Annotated[int, Ge(0)]
    replications: Annotated[int, Ge(1)]
    warm_up_days: Annotated[int, Ge(0), MultipleOf(7)]
    measured_days: Annotated[int, Gt(0)]
    run_out_days: Annotated[int, Ge(0)]
    start_week: Annotated[int, Ge(0), Le(51)] | None = None
    doublings: Annotated[int, Ge(0), Le(8)] = 4
    keep_patients: bool = False
    profile_all: bool = False
    by_month: bool = False

    @property
    def window(self) -> Window:
        """The measured window: minutes of arrival, half-open."""
        return self.warm_up_days * 1440.0, (self.warm_up_days + self.measured_days) * 1440.0

    @property
    def is_balanced(self) -> bool:
        """Whether each replication begins in a week of its own, so that together they stand for the year."""
        return self.start_week is None and self.measured_days < DAYS_IN_YEAR

    def calendar(self, replication: int) -> Calendar:
        """Which day of the model year each simulated day of a replication is."""
        week = balanced_start_week(replication) if self.is_balanced else self.start_week or 0
        return Calendar(week, self.warm_up_days)

    def months(self, replication: int) -> tuple[tuple[int, Window], ...]:
        """Months (1 for January) that lie wholly in a replication's measured window, each with its own, in order.

        A month is a twelfth of the model year of 364 days, its days those that begin in it.
        """
        first, after = self.warm_up_days, self.warm_up_days + self.measured_days
        # a day more at either end shows whether a month begins with the window and ends with it
        month = self.calendar(replication).months(np.arange(first - 1, after + 1))
        begins = (first + np.flatnonzero(np.diff(month))).tolist()
        return tuple(
            (int(month[begin - first + 1]) + 1, (begin * 1440.0, end * 1440.0)) for begin, end in pairwise(begins)
        )

    @property
    def days(self) -> int:
        """Days simulated before any doubling."""
        return self.warm_up_days + self.measured_days + self.run_out_days


@dataclass(frozen=True)
class ReadyArm:
    """An arm with its department and policy resolved and checked."""

    name: str
    arm: Arm
    pathway: Pathway
    policy: Policy


@dataclass(frozen=True)
class Study:
    """Everything a comparison needs.

    `alone`: the one arm of `aeflow run`, the baseline's department under the policy of the group `triage`.
    `choices`: by group of configurations, the file taken from it ('scenario': 'busier').
    `resolved`: the configuration as composed, for the record.
    """

    design: Design
    run: RunLength
    arms: tuple[ReadyArm, ...]
    alone: ReadyArm
    engine_asked: Asked
    executor: Literal["serial", "local"]
    workers: int
    resolved: Mapping[str, object]
    choices: Mapping[str, str]

    @property
    def engine(self) -> EngineName:
        """The engine asked for, or the one that suits the work of all arms."""
        return choose(self.engine_asked, self.n_patients)[0]

    @property
    def engine_why(self) -> str:
        """Why it is this one."""
        return choose(self.engine_asked, self.n_patients)[1]

    @property
    def n_patients(self) -> float:
        """About how many patients are simulated, all arms and replications together."""
        per_day = sum(stream.per_day * stream.scale for arm in self.arms for stream in arm.pathway.streams.values())
        return per_day * self.run.days * self.run.replications

    @property
    def scenario(self) -> str:
        """The name of the scenario: of its file."""
        return self.chosen("scenario")

    def chosen(self, group: str) -> str:
        """The file taken from a group of configurations; 'config' for one that config.yaml states itself."""
        return self.choices.get(group, "config")

    @property
    def baseline(self) -> ReadyArm:
        """The arm that all others are compared with."""
        return self.arm(self.design.baseline)

    def only(self) -> Study:
        """The study of that one arm."""
        arms = {self.alone.name: self.alone.arm}
        design = replace(
            self.design, baseline=self.alone.name, arms=arms, sham=None, coverages=None, levers={}, full=None
        )
        return replace(self, design=design, arms=(self.alone,))

    def with_policies(self, policies: Mapping[str, Policy], *, keep: Sequence[str] = ()) -> Study:
        """The study with an arm for each policy, in the baseline's department, instead of its own arms.

        The baseline, the sham and the arms to `keep` stay. An arm's name is its label too. For grids of policies that
        no file states; levers, coverages and controls of the study are left behind. Raises ConfigError with every
        fault of a policy.
        """
        stays = {self.design.baseline, self.design.sham, *keep}
        unknown = sorted(stays - {None, *(arm.name for arm in self.arms)}, key=str)
        faults = [Fault("keep", f"there is no arm '{name}'", nearest(str(name), self.design.arms)) for name in unknown]
        kept = tuple(arm for arm in self.arms if arm.name in stays)
        taken = [name for name in policies if name in stays]
        faults += [Fault(name, "is the name of an arm that stays", "Choose another name") for name in taken]
        pathway = self.baseline.pathway
        made = []
        for name, policy in policies.items():
            faults += check(policy, pathway)
            made.append(ReadyArm(name, Arm(label=name, triage=policy.name), pathway, policy))
        if faults:
            raise ConfigError(faults)
        arms = (*(replace(arm, arm=replace(arm.arm, control=None, levers=())) for arm in kept), *made)
        design = replace(self.design, arms={arm.name: arm.arm for arm in arms}, levers={}, full=None, coverages=None)
        return replace(self, arms=arms, design=design)

    def arm(self, name: str) -> ReadyArm:
        """An arm by name. Raises ResultsError if there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise no_arm(name, (arm.name for arm in self.arms))


def no_arm(name: str, known: Iterable[str]) -> ResultsError:
    """What to raise for a name that no arm has."""
    return ResultsError(f"there is no arm '{name}'. {nearest(name, known)}")
