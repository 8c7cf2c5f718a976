"""What explains a study's arms, worked out once: it is stored with the result, and a report only reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from simulation.department.graph import Subgraph
from simulation.explain.arm_changes import Change, arm_changes
from simulation.explain.costs import cost_of
from simulation.explain.label_mix import labels_of_arm
from simulation.explain.reachable import reachable_subgraph
from simulation.explain.statements import AddedAssumption, assumptions_added_by
from simulation.study.misfits import kept_until_open, misfits
from simulation.study.study import Study


@dataclass(frozen=True)
class ArmExplanation:
    """What explains one arm.

    `agreement`: how well its labels agree with the true levels of covered patients at this site, by name of the figure;
    `label_mix`: the share that gets each label (both empty if the case mix is not known). `cost`: pounds a year beyond
    the baseline (None if not stated), `cost_range`: their lowest and highest value, `cost_words`: what they buy and
    whose figure it is. `changed`: what the arm changes, but for where its label then decides. `added_assumptions`: what
    it states besides the baseline.
    """

    agreement: Mapping[str, float]
    label_mix: tuple[float, ...]
    cost: float | None
    cost_words: str
    changed: tuple[Change, ...] = ()
    added_assumptions: tuple[AddedAssumption, ...] = ()
    cost_range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Explanation:
    """What explains each arm, by name, and the part of the baseline's pathway that patients of some arm can reach.

    `misfits`: what in the baseline's department does not fit together, in words; whom its closed hours keep waiting.
    """

    arms: Mapping[str, ArmExplanation]
    reachable: Subgraph
    misfits: tuple[str, ...] = ()


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
    changed = {arm.arm: arm.without_echoes().changes for arm in arm_changes(study, study.design.shown)}
    arms = {}
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
        )
    reachable = reachable_subgraph(study.baseline.pathway, study.arms, seed=study.run.seed)
    return Explanation(arms, reachable, (*misfits(study), *kept_until_open(study)))
