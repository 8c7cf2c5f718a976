"""What is compared with what, as YAML states it: arms, levers, targets and the differences that would matter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from typing import Annotated

from annotated_types import Ge, Le, MaxLen, MinLen

from simulation.pathway.config_dataclass import Evidence, Positive, Sourced, config_dataclass

TOGETHER = "+"
"""Between the names of levers in the name of an arm."""
Value = bool | int | float | str
Block = Mapping[str, object]
"""A whole block of a file, such as an outage of another kind."""
List = tuple[object, ...]
"""A whole list of a file, such as a rota."""
Label = Annotated[str, MinLen(1), MaxLen(200)]
"""Words for a column, or beside a figure."""


@config_dataclass
class Cost(Sourced):
    """Pounds a year, beyond the baseline, and what they buy."""

    per_year: float
    what: str


@config_dataclass
class Arm:
    """A triage policy and changes: dotted paths and their new values, blocks or lists (`staffing.doctors.extra: 1`).

    A path that begins with `triage` changes the policy (`triage.minutes.seconds_saved.value: 60`). `levers`: names of
    the study's levers that are on in this arm, besides. `control`: an arm that it is compared with as well, such as one
    that gives as many labels of each level, at random. `nurse`: a policy whose nurse and whose burdens this arm has
    instead of its own policy's, so that a tool can be put where a baseline is that states more (`nurse_language`).
    `evidence` and `source`: whose figures the changes are.
    """

    label: Label
    triage: str
    nurse: str | None = None
    changes: Mapping[str, Value | Block | List] = field(default_factory=dict)
    evidence: Evidence | None = None
    source: str | None = None
    levers: tuple[str, ...] = ()
    control: str | None = None
    cost: Cost | None = None


@config_dataclass
class Lever:
    """Something that a tool does, to be switched on alone or with others.

    takes: what it takes over from the study's `full` policy, dotted paths of blocks or values (`minutes`); changes,
    evidence and source: as an arm's. A block that `takes` brings into being has the `evidence` and `source` that it has
    in the full policy.
    """

    label: Label
    takes: tuple[str, ...] = ()
    changes: Mapping[str, Value | Block | List] = field(default_factory=dict)
    evidence: Evidence | None = None
    source: str | None = None


@config_dataclass
class Target(Sourced):
    """A measure that the study is about, and the smallest difference that would matter, in its unit."""

    measure: str
    group: str = "all"
    label: Label
    minimal_important_difference: Positive


@config_dataclass
class Margin(Sourced):
    """How much worse a measure may get before an arm counts as worse: a non-inferiority margin, in its unit."""

    measure: str
    group: str = "all"
    label: Label
    margin: Positive


@config_dataclass
class Coverages:
    """Arms in which one tool covers a part of the patients and all of them; in the baseline it covers nobody.

    Who is covered under `partial` is a group of patients in every arm, so that what the tool does to them and to the
    others can be told apart.
    """

    partial: str
    full: str


@config_dataclass
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
    order_pairs: Annotated[int, Ge(2), Le(1000)] = 12
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

    def restricted_to(self, names: Collection[str]) -> Design:
        """The design with these of its arms only, and without a sham or coverages whose arms are not among them."""
        if set(names) == self.arms.keys():
            return self
        arms = {name: arm for name, arm in self.arms.items() if name in names}
        told = self.coverages
        return replace(
            self,
            arms=arms,
            sham=self.sham if self.sham in arms else None,
            coverages=told if told is not None and {told.partial, told.full} <= arms.keys() else None,
        )

    def _is_between(self, name: str, on: Sequence[str]) -> bool:
        return 1 < len(on) < len(self.levers) - 1 and name == self.combination(on)
