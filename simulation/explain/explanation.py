"""The explanation of a study's arms, worked out once: it is stored with the result, and a report only reads it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from simulation.department.graph import Subgraph
from simulation.explain.arm_changes import ArmChange, arm_changes
from simulation.explain.costs import cost_of
from simulation.explain.label_mix import labels_of_arm
from simulation.explain.reachable import SAMPLE_DAYS, reachable_subgraph
from simulation.explain.statements import AddedAssumption, assumptions_added_by
from simulation.patients import Draws, draw
from simulation.study.closed_hours import kept_until_open
from simulation.study.department_warnings import DepartmentWarning, department_warnings
from simulation.study.offered_load import in_a_mean_week
from simulation.study.study import Study
from simulation.triage.apply import minutes_saved


@dataclass(frozen=True)
class ArmExplanation:
    """What explains one arm.

    `agreement`: how well its labels agree with the true levels of covered patients at this site, by name of the figure;
    `label_mix`: the share that gets each label (both empty if the case mix is not known). `cost`: pounds a year beyond
    the baseline (None if not stated), `cost_range`: their lowest and highest value, `cost_words`: what they buy and
    whose figure it is. `changed`: what the arm changes, but for where its label then decides. `added_assumptions`: what
    it states besides the baseline. `readings`: mean minutes saved a patient in each department, by
    reading of its evidence.
    """

    agreement: Mapping[str, float]
    label_mix: tuple[float, ...]
    cost: float | None
    cost_words: str
    changed: tuple[ArmChange, ...] = ()
    added_assumptions: tuple[AddedAssumption, ...] = ()
    cost_range: tuple[float, float] | None = None
    readings: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Explanation:
    """What explains each arm, by name, and the part of the baseline's pathway that patients of some arm can reach.

    `department_warnings`: on what in the baseline's department does not fit together, and on whom its closed
    hours keep waiting.
    """

    arms: Mapping[str, ArmExplanation]
    reachable: Subgraph
    department_warnings: tuple[DepartmentWarning, ...] = ()


class Explained:
    """A study's explanation: worked out when it is first read, or as it was stored."""

    def __init__(self, study: Study, stored: Explanation | None = None) -> None:
        self.study = study
        if stored is not None:
            self.__dict__["explanation"] = stored

    @cached_property
    def explanation(self) -> Explanation:
        """The explanation. Draws some weeks of patients the first time."""
        return explain(self.study)


def explain(study: Study) -> Explanation:
    """Work out what explains each arm, on some weeks of patients drawn with the study's seed."""
    changed = {
        arm.arm: arm.without_by_label().changes for arm in arm_changes(study, study.design.shown)
    }
    readings, arms = _readings(study), {}
    for arm in study.arms:
        cost = cost_of(arm)
        agreement, label_mix = labels_of_arm(arm)
        arms[arm.name] = ArmExplanation(
            agreement=agreement,
            label_mix=label_mix,
            cost=cost.pounds if cost is not None else None,
            cost_words=cost.words if cost is not None else "",
            changed=changed.get(arm.name, ()),
            added_assumptions=assumptions_added_by(arm, study.baseline),
            cost_range=(cost.low, cost.high) if cost is not None else None,
            readings=readings.get(arm.name, {}),
        )
    reachable = reachable_subgraph(study.baseline.pathway, study.arms, seed=study.run.seed)
    kept = map(DepartmentWarning, kept_until_open(study))
    return Explanation(arms, reachable, (*department_warnings(study), *kept))


def _readings(study: Study) -> dict[str, dict[str, tuple[float, ...]]]:
    """By arm and reading of its evidence, the mean minutes saved a patient in each department."""
    arms = {arm.name: arm.policy.readings for arm in study.arms if arm.policy.readings}
    departments = [
        _minutes_saved(study.of(number), arms)
        for number in range(study.run.departments or 1)
        if arms
    ]
    return {
        name: {
            reading: tuple(saved[name, reading] for saved in departments) for reading in readings
        }
        for name, readings in arms.items()
    }


def _minutes_saved(study: Study, names: Iterable[str]) -> dict[tuple[str, str], float]:
    """The mean minutes saved a patient by arm and reading, on patients drawn with the study's seed."""
    drawn: dict[int, Draws] = {}
    saved = {}
    for arm in map(study.arm, names):
        pathway, key = arm.pathway, id(arm.pathway)
        if key not in drawn:
            drawn[key] = draw(
                in_a_mean_week(pathway), seed=study.run.seed, replication=0, days=SAMPLE_DAYS
            )
        for reading in arm.policy.readings:
            saved[arm.name, reading] = minutes_saved(
                replace(arm.policy, reading=reading), pathway, drawn[key]
            )
    return saved
