"""Designs of an evaluation as YAML states them: who switches when, how that was drawn, and how it is analysed.

A design is laid over simulated departments by `trials`; what an analysis does stands in `analyses`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Le, Lt, MaxLen

from simulation.department.config_dataclass import (
    AtLeastOne,
    Count,
    Label,
    NonEmpty,
    NotNegative,
    Share,
    Sourced,
    Unit,
    config_dataclass,
)
from simulation.errors import Fault, nearest
from simulation.measures.measuring import DailyOutcome, is_observable
from simulation.records.serialise import read_yaml

WEEK_DAYS = 7
MOST_WEEKS = 260
"""The longest evaluation that is looked at: five years."""
Weeks = Annotated[AtLeastOne, Le(MOST_WEEKS), Unit("weeks")]
Analysis = Literal[
    "weekly_t", "paired_t", "patients_t", "least_squares", "hac", "glsar", "cluster_t", "permutation", "sequence_t",
    "gls", "mixed",
]  # fmt: skip
ANALYSES, ALLOWED, REPORTED_BY = read_yaml(Path(__file__).with_name("facts.yaml")).values()
"""By analysis, its words in a table and in a protocol; by order of switching, the analyses that suit it, and the
reporting guideline."""


@config_dataclass
class BeforeAfter:
    """One department switches the tool on once and for all; the others, if there are any, are controls.

    Example: `{kind: before_after, before_weeks: 12}`
    """

    kind: Literal["before_after"]
    before_weeks: Weeks
    """Weeks before the tool is switched on."""


@config_dataclass
class Alternating:
    """The tool is on in one week of every two, in random order.

    Example: `{kind: alternating, sequences: 2}`
    """

    kind: Literal["alternating"]
    sequences: Annotated[AtLeastOne, Le(2), Unit("sequences")] = 1
    """Orders of weeks: one for all departments, or one for a random half and its opposite for the others."""


@config_dataclass
class Parallel:
    """A random half of the departments has the tool from the first week, the others never.

    Example: `{kind: parallel}`
    """

    kind: Literal["parallel"]


@config_dataclass
class Stepped:
    """All departments begin without the tool and switch one after another, in random order: a stepped wedge.

    Example: `{kind: stepped, step_weeks: 4}`
    """

    kind: Literal["stepped"]
    step_weeks: Weeks
    """Weeks between two steps; at each as many departments switch."""


@config_dataclass
class AlternateDays:
    """One department has the tool on one day of every two, in random order. Such days are simulated, never put together
    from others, because a queue that the tool shortened is still shorter the day after.

    Example: `{kind: alternate_days}`
    """

    kind: Literal["alternate_days"]


@config_dataclass
class ByPatient:
    """A coin decides for each patient of one department; walk-ins are looked at. They are simulated, never put together
    from others, because both halves wait in the same queues.

    Example: `{kind: by_patient}`
    """

    kind: Literal["by_patient"]


Switching = BeforeAfter | Alternating | Parallel | Stepped | AlternateDays | ByPatient


@config_dataclass
class EvaluationDesign(Sourced):
    """A design of an evaluation.

    Example: `{label: "Before and after, one department", departments: 1, weeks: 24, switching: {kind: before_after,
    before_weeks: 12}, randomised: "not randomised", analyses: [weekly_t], evidence: assumed, source: "a choice"}`
    """

    label: Label
    """Words for the design in tables and pictures."""
    departments: Annotated[AtLeastOne, Le(200), Unit("departments")]
    """Departments that take part, controls included."""
    weeks: Weeks
    """Weeks that it lasts."""
    switching: Switching
    """When which department has the tool."""
    randomised: str
    """How that was drawn, for a protocol."""
    run_in_weeks: Annotated[Count, Le(52), Unit("weeks")] = 0
    """Weeks after a switch that are not counted while staff learn: of one department that switches for good, or at the
    beginning of every step; with clusters in parallel the first weeks of all. Example: `2`"""
    wash_out_days: Annotated[Count, Le(5), Unit("days")] = 0
    """Days at the beginning of each alternating week that are not counted, because those who came before the switch are
    still there. Example: `1`"""
    outcomes: str = "usual"
    """The outcomes that it looks at: the name of a file in `configs/outcomes/`. Example: `usual`"""
    analyses: NonEmpty[tuple[Analysis, ...]]
    """How it is analysed; the first is the one that it is judged by."""

    @property
    def size(self) -> int:
        """Weeks times departments."""
        return self.weeks * self.departments

    @property
    def is_randomised(self) -> bool:
        """Whether chance decides when a department has the tool."""
        return not isinstance(self.switching, BeforeAfter)

    @property
    def is_simulated(self) -> bool:
        """Whether the switching itself is simulated, because groups meet in the same queues."""
        return isinstance(self.switching, AlternateDays | ByPatient)

    @property
    def unit_days(self) -> int:
        """Days of the shortest period that is told apart: a week, or a day where days alternate."""
        return 1 if isinstance(self.switching, AlternateDays) else WEEK_DAYS

    @property
    def period_units(self) -> int:
        """How many of these make up a period, of which one mean is made for each department."""
        match self.switching:
            case Stepped():
                return self.switching.step_weeks
            case Parallel() | ByPatient():
                return self.weeks
        return 1

    @property
    def n_periods(self) -> int:
        """How many such means each department gives, those within a run-in included."""
        return WEEK_DAYS * self.weeks // (self.unit_days * self.period_units)


SomeShare = Annotated[NotNegative, Lt(1), Unit("share")]


@config_dataclass
class Deviation(Sourced):
    """One way in which an evaluation goes otherwise than planned.

    Example: `{label: "Slow adoption", effect_at_first: 0.3, effect_at_last: 0.8, weeks: 26, evidence: assumed,
    source: "a judgement"}`
    """

    label: Label
    """Words for it in tables."""
    effect_at_first: Share = 1.0
    """The share of the tool's effect in a department's first week with it."""
    effect_at_last: Share = 1.0
    """The share in the end; in a straight line between the two."""
    weeks: Weeks = 1
    """How long that takes, counted from a department's first week with the tool."""
    missing_share: SomeShare = 0.0
    """The share of weeks that nobody can count, each by chance; never the first. Example: `0.05`"""
    drop_out_share: SomeShare = 0.0
    """The chance that a department drops out of an evaluation with several, from a week by chance on.
    Example: `0.1`"""


Role = Literal["mechanism", "wait", "safety"]


@config_dataclass
class EvaluatedOutcome:
    """An outcome of an evaluation: a mean or a share.

    Example: `{label: "Wait to first clinician", measure: wait_to_clinician_mean, role: wait}`
    """

    label: Label
    """Words for it in tables."""
    measure: str
    """The measure, by its name in the tables."""
    group: str = "all"
    """Whose: everybody's, or that of one group of patients. Example: `acuity_given=1-2`"""
    role: Role
    """What it stands for: a step near the tool (`mechanism`), the wait that the tool is bought for, or `safety`."""
    recorded: bool | None = None
    """Whether a trust's records show it; none: as the measure's definition says. Example: `true`"""

    @property
    def daily(self) -> DailyOutcome:
        """What a run has to keep of it."""
        return DailyOutcome(measure=self.measure, group=self.group)

    @property
    def is_recorded(self) -> bool:
        """Whether a trust's records show it."""
        return is_observable(self.measure, self.group) if self.recorded is None else self.recorded


def main_outcome(outcomes: Sequence[EvaluatedOutcome]) -> EvaluatedOutcome:
    """The outcome that an answer is about: the first wait, or the first of all."""
    return next((outcome for outcome in outcomes if outcome.role == "wait"), outcomes[0])


@config_dataclass
class EvaluatedOutcomes:
    """The outcomes of an evaluation; designs that name the same file share the simulated weeks.

    Example: `{outcomes: [{label: "Wait to first clinician", measure: wait_to_clinician_mean, role: wait}]}`
    """

    outcomes: Annotated[NonEmpty[tuple[EvaluatedOutcome, ...]], MaxLen(8)] = field()
    """One to eight outcomes."""


def design_faults(design: EvaluationDesign, where: str) -> Iterator[Fault]:
    """Faults of numbers that do not fit one another, and of analyses that do not suit the order of switching."""
    switching, n = design.switching, design.departments
    kind = switching.kind + (" of one" if switching.kind == "alternating" and n == 1 else "")
    for number, analysis in enumerate(design.analyses):
        if analysis not in ALLOWED[kind]:
            found = f"'{analysis}' does not suit departments that are {kind.replace('_', ' ')}"
            yield Fault(f"{where}.analyses.{number}", found, nearest(analysis, ALLOWED[kind]))
    if design.wash_out_days and not isinstance(switching, Alternating):
        yield Fault(
            f"{where}.wash_out_days", "is about alternating weeks", "State run_in_weeks instead"
        )
    if design.run_in_weeks and isinstance(switching, Alternating):
        yield Fault(
            f"{where}.run_in_weeks",
            "would leave no alternating week",
            "State wash_out_days instead",
        )
    if design.is_simulated and n > 1:
        yield Fault(
            f"{where}.departments",
            f"is {n}",
            "Give 1: days and patients are switched within one department",
        )
    least = {"alternating": 1 if n == 1 else 4, "parallel": 4, "stepped": 2}.get(switching.kind, 1)
    if n < least or (n > 1 and n % 2 and not isinstance(switching, BeforeAfter | Stepped)):
        even = "" if isinstance(switching, BeforeAfter | Stepped) else "an even number, "
        yield Fault(f"{where}.departments", f"is {n}", f"Give {even}{least} or more")
    match switching:
        case BeforeAfter():
            after = design.weeks - switching.before_weeks - design.run_in_weeks
            if switching.before_weeks < 3 or after < 3:
                found = f"leaves {switching.before_weeks} and {after} weeks before and after"
                yield Fault(f"{where}.weeks", found, "Leave three or more of each")
        case Alternating():
            if design.weeks % 2 or design.weeks < 4:
                yield Fault(
                    f"{where}.weeks", f"is {design.weeks}", "Give an even number, 4 or more"
                )
            if (n > 1) != (switching.sequences == 2):
                found = f"has {switching.sequences} for {n} departments"
                yield Fault(
                    f"{where}.switching.sequences", found, "Give one department 1, several 2"
                )
        case Parallel():
            if design.run_in_weeks >= design.weeks:
                yield Fault(
                    f"{where}.run_in_weeks", "leaves no week", f"Give fewer than {design.weeks}"
                )
        case Stepped():
            steps = design.weeks // switching.step_weeks - 1
            if design.weeks % switching.step_weeks or steps < 1 or n % steps:
                found = f"gives {design.weeks / switching.step_weeks:g} periods for {n} departments"
                remedy = "Give one period more than there are steps, and as many departments at each step"
                yield Fault(f"{where}.weeks", found, remedy)
            if design.run_in_weeks >= switching.step_weeks:
                yield Fault(
                    f"{where}.run_in_weeks",
                    "leaves no week of a step",
                    f"Give under {switching.step_weeks}",
                )
