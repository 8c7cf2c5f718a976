"""The triage policy of an arm: a nurse, an AI where there is one, and how people use it.

A configuration states the nurse and the tool apart; `stated` puts them together. `apply` makes columns of the policy,
`check` finds its faults, `label_accuracy` says how often its labels are right. The three are apart from the policy
itself, which holds for any department.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge

from simulation.department.config_dataclass import ByName, NonEmpty, Unit, config_dataclass
from simulation.triage.effects import MinutesEffect, TriageAction, Watching
from simulation.triage.estimates import AtLeastZero, Probability
from simulation.triage.labels import Assessor, Drift
from simulation.triage.matrix import BesideNurse, Matrix
from simulation.triage.people import Abstention, Added, Adoption, Coverage, Switching

Role = Literal["replaces", "advises"]
DaySpan = Annotated[tuple[Annotated[int, Ge(0)], Annotated[int, Ge(0)]], Unit("days")]
Yardstick = Literal["panel", "physician", "outcome", "written", "nurses"]
YARDSTICKS: Mapping[Yardstick, str] = {
    "panel": "the level an expert panel gave afterwards, with the whole record",
    "physician": "the level a physician gave at triage",
    "outcome": "a level derived from what happened to the patient",
    "written": "the level a synthetic vignette was written for",
    "nurses": "the level that nurses gave at triage",
}
"""What the true level means where a tool was measured, in words. Figures against different ones do not compare."""


@config_dataclass
class Usage:
    """How people use a tool, and what it does to minutes and routes.

    Example: `{kind: matrix, name: scribe, covers: {minutes: [walk_in], evidence: assumed, source: "the desk"},
    minutes: {durations: [triage_record], factor: {value: 0.5, range: [0.2, 1], evidence: assumed, source: "a claim"}}}`
    """

    kind: Literal["matrix"]
    name: str
    """Name of the policy: that of its file."""
    role: Role | None = None
    """Whether the AI's label replaces the nurse's, or advises: where the two differ, the nurse takes the AI's by
    `acceptance` or `switching`."""
    acceptance: Probability | None = None
    """How often an advised nurse takes the AI's label where the two differ, whoever is right."""
    switching: Switching | None = None
    """How often an advised nurse takes the AI's label where the two differ, by who is right."""
    covers: Coverage | None = None
    """Whom the tool is for."""
    go_live_day: Annotated[AtLeastZero, Unit("day")] | None = None
    """When the tool goes live: 0 is the first measured day. None: it is live in the warm-up, too."""
    live_days: NonEmpty[tuple[DaySpan, ...]] | None = None
    """Measured days on which the tool is on, each span from its first to its last day; none: all from go-live on.
    Example: `[[0, 6], [14, 20]]`"""
    adoption: Adoption | None = None
    """For how many covered patients staff use the tool; none: for all."""
    abstains: Abstention | None = None
    """When the AI gives no answer and hands the patient back to the nurse."""
    noise: Probability | None = None
    """How often the AI gives a fresh answer, as if asked again."""
    drift: Drift | None = None
    """How the AI's matrix changes after go-live."""
    latency: Added | None = None
    """What waiting for the AI's answer adds to durations."""
    degraded: Matrix | None = None
    """The AI's matrix while the site's outage `triage_tool_degraded` lasts."""
    slow_under_load: Added | None = None
    """What the tool adds to durations where the site finds many waiting for it."""
    minutes: MinutesEffect | tuple[MinutesEffect, ...] | None = None
    """What the tool does to minutes: one effect, or a list of them, one after another."""
    readings: ByName[MinutesEffect] = field(default_factory=dict)
    """Ways to read the evidence of one more effect on minutes, by name: seconds off each patient, say, or a share.
    One of them runs; a report gives the others from the same run. Example: `{share: {durations: [triage_record],
    factor: {value: 0.9, range: [0.8, 1], evidence: published, source: "a trial: 10 % less"}}}`"""
    reading: str | None = None
    """The name of the reading that runs. Example: `share`"""
    watches: Watching | None = None
    """What the tool sees of patients who wait: where it is used, rounds go by its alarms instead of the truth."""
    actions: Mapping[str, TriageAction] = field(default_factory=dict)
    """What is set off at triage, by name: by the tool or, in a policy without one, by the nurse; not for those whom an
    AI hands back."""
    price_per_attendance: Annotated[AtLeastZero, Unit("GBP")] | None = None
    """What is paid for each attendance that the tool is used for."""
    cost_per_year: Annotated[AtLeastZero, Unit("GBP a year")] | None = None
    """What is paid each year besides."""
    measured_on: Mapping[str, Mapping[str, Annotated[float, Ge(0), Unit("patients")]]] = field(
        default_factory=dict
    )
    """On whom the AI's labels were measured: patients by attribute of the site and category. A report says where the
    tool labels many here of whom it met few. Example: `{age_band: {child: 0, adult: 540, older: 120, oldest: 28}}`"""
    measured_against: Yardstick | None = None
    """What the true level of these patients was: that of an expert `panel` afterwards, as here, of a `physician` at
    triage, one derived from the `outcome`, the one that a vignette was `written` for, or that which `nurses` gave. A
    report says where it is not
    a panel's, for figures against different truths are not comparable. Example: `panel`"""

    @property
    def effects(self) -> tuple[MinutesEffect, ...]:
        """What the tool does to minutes, in order: last, by the reading that runs."""
        minutes = self.minutes if isinstance(self.minutes, tuple) else (self.minutes,)
        return tuple(
            effect for effect in (*minutes, self.readings.get(self.reading or "")) if effect
        )


@config_dataclass
class MatrixPolicy(Usage):
    """A nurse, and an AI where there is one, each as an error matrix; minutes; and how people use the tool.

    Patients whom the tool is not used for keep the nurse's label and minutes.

    Example: `{kind: matrix, name: nurse, nurse: {name: nurse, matrix: {shares: [[0.9, 0.1], [0.2, 0.8]],
    evidence: assumed, source: "a judgement"}, correlation: {value: 0.5, range: [0, 0.9], evidence: assumed,
    source: "not measured"}}}`
    """

    nurse: Assessor | None = None
    """How nurses label; none: nobody is labelled, which is for departments without `acuity_given`."""
    ai: Assessor | None = None
    """How the AI labels; none: no AI gives labels."""
    burdens: tuple[MinutesEffect, ...] = ()
    """What makes minutes longer whoever triages, with or without a tool (an interview through an interpreter)."""
    beside_nurse: BesideNurse | None = None
    """The AI's labels given the truth and the nurse's label, instead of given the truth alone."""

    @property
    def durations(self) -> frozenset[str]:
        """The durations that the policy may change."""
        hand_back = self.abstains.hand_back if self.abstains else None
        parts = (*self.burdens, *self.effects, self.latency, hand_back, self.slow_under_load)
        return frozenset(name for part in parts if part for name in part.durations)


Policy: TypeAlias = MatrixPolicy
"""Every kind of policy; a tagged union by `kind` when there are more."""
