"""The triage policy as it is stated: a nurse, an AI where there is one, and how people use it.

`apply` makes columns of it, `check` says what is wrong with it, `describe` what its labels come to; all three are told
apart from the statement, which holds for any department.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from simulation.pathway.config_dataclass import config_dataclass
from simulation.triage.actions import TriageAction
from simulation.triage.estimates import AtLeastZero, Portion
from simulation.triage.labels import Assessor, Drift
from simulation.triage.matrix import Matrix
from simulation.triage.minutes import MinutesEffect
from simulation.triage.people import Abstention, Added, Adoption, Coverage, Switching
from simulation.triage.watching import Watching

Role = Literal["replaces", "advises"]


@config_dataclass
class MatrixPolicy:
    """A nurse, and an AI where there is one, each as an error matrix; minutes; and how people use the tool.

    `role`: the AI's label replaces the nurse's, or advises: where the two differ, the nurse takes the AI's with
    probability `acceptance`, or by who is right (`switching`). Patients whom `covers` leaves out keep the nurse's
    label and minutes; so does everybody before `go_live_day` (0 is the first measured day; none: live in the warm-up
    too), and those for whom staff do not use the tool (`adoption`). `abstains`, `latency`, `noise` and `drift` are the
    AI's; `degraded` is its matrix while the site's outage of that name lasts (`describe` leaves it out), and
    `slow_under_load` what it takes longer where the site finds many waiting for it. `burdens`: minutes that
    are longer whoever triages (an interview through an interpreter), with or without a tool; an arm without one
    states them too. `minutes`: one effect of the tool, or several, one after another. `watches`: what rounds have to
    go by, instead of the truth, for those only for whom the tool is used. `actions`: what is
    set off at triage, by the tool or, in a policy without one, by the nurse; not for those whom an AI hands back.
    `price_per_attendance` (GBP) is paid for each attendance that the tool is used for, `cost_per_year` (GBP) besides.
    """

    kind: Literal["matrix"]
    name: str
    nurse: Assessor
    ai: Assessor | None = None
    role: Role | None = None
    acceptance: Portion | None = None
    switching: Switching | None = None
    covers: Coverage | None = None
    go_live_day: AtLeastZero | None = None
    adoption: Adoption | None = None
    abstains: Abstention | None = None
    noise: Portion | None = None
    drift: Drift | None = None
    latency: Added | None = None
    degraded: Matrix | None = None
    slow_under_load: Added | None = None
    burdens: tuple[MinutesEffect, ...] = ()
    minutes: MinutesEffect | tuple[MinutesEffect, ...] | None = None
    watches: Watching | None = None
    actions: Mapping[str, TriageAction] = field(default_factory=dict)
    price_per_attendance: AtLeastZero | None = None
    cost_per_year: AtLeastZero | None = None

    @property
    def effects(self) -> tuple[MinutesEffect, ...]:
        """What the tool does to minutes, in order."""
        if self.minutes is None:
            return ()
        return self.minutes if isinstance(self.minutes, tuple) else (self.minutes,)

    @property
    def durations(self) -> frozenset[str]:
        """The durations that the policy may change."""
        effects = [name for effect in (*self.burdens, *self.effects) for name in effect.durations]
        hand_back = self.abstains.hand_back if self.abstains is not None else None
        parts = (self.latency, hand_back, self.slow_under_load)
        added = [name for each in parts if each is not None for name in each.durations]
        return frozenset((*effects, *added))


Policy: TypeAlias = MatrixPolicy
"""Every kind of policy; a tagged union by `kind` when there are more."""
