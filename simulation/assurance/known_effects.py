"""Published trials run again over the departments of an ensemble: `aeflow validate only=known_effects`.

Each row is a trial's effect beside the simulated one, under an arm that does what the trial did
(`configs/study/known_effects.yaml`). A trial was in one department or a few, so its published interval is held against
the range over departments: a hit by overlap if the two meet, by mean if the mean over departments lies in it. Rows with
a published interval (strong), rows whose interval holds no effect at all, and rows without a published one (weak) are
counted apart, those for development and those held out, too. Nothing is tuned to hit. A miss is a finding, and changes
no exit code.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from simulation.api import compare
from simulation.assurance.lines import text_of
from simulation.assurance.targets import PublishedFigure, Say, targets_named, telling
from simulation.config import load, search_folders
from simulation.errors import Faults, nearest
from simulation.records.schema import Floats
from simulation.runs.result import StudyResult
from simulation.statistics.compare import subtract_pairs
from simulation.statistics.departments import spread_over
from simulation.statistics.intervals import Interval, estimate_interval, exact_interval
from simulation.study.statements import BANNER
from simulation.study.study import Study

STUDY = TARGETS = "known_effects"


class KnownEffect(NamedTuple):
    """One published effect and the simulated one, both in the target's unit or on its scale.

    found  the mean effect over departments with its 95 % interval; least, most  the range that holds nine in ten
    departments, noise removed; sham  the range for an arm that changes nothing.
    """

    target: PublishedFigure
    found: Interval
    least: float
    most: float
    sham: Sequence[float]

    @property
    def hit(self) -> bool:
        """Whether the range over departments and the published interval overlap."""
        low, high = self.target.bounds
        return self.least <= high and self.most >= low

    @property
    def central(self) -> bool:
        """Whether the mean over departments itself lies in the published interval."""
        return bool(self.target.allows(self.found.mean))

    @property
    def sham_hit(self) -> bool:
        """Whether an arm that changes nothing would hit."""
        least, most = self.sham
        return self._replace(least=least, most=most).hit

    @property
    def kind(self) -> str:
        """`strong`, `null` if the published interval holds no effect, or `weak`."""
        no_effect = float(self.target.scale != "difference")
        return (
            "null"
            if self.target.strength == "strong" and self.target.allows(no_effect)
            else self.target.strength
        )


class KnownEffects(NamedTuple):
    """Every published effect beside the simulated one, and the departments and replications that these rest on."""

    rows: tuple[KnownEffect, ...]
    n_departments: int
    n_replications: int
    measured_days: int


def validate_known_effects(
    overrides: Sequence[str] = (),
    *,
    config_dir: str | Path | None = None,
    say: Say | None = None,
) -> KnownEffects:
    """Published effects beside those of the study of known effects. Raises ConfigError.

    `overrides` are those of the command line; a `run=` there wins over the study's own. `say` is told what runs.
    """
    targets = targets_named(TARGETS, search_folders(config_dir))
    study = load(f"study={STUDY}", *overrides, config_dir=config_dir)
    _refuse_unfit(targets, study)
    n, days = study.run.replications, study.run.measured_days
    words = f"Simulating {len(study.arms)} arms, {n} replications of {days} days each, to hold them against trials"
    with telling(say, words, n) as done:
        return known_effects_of(compare(study, done=done), targets)


def _refuse_unfit(targets: Sequence[PublishedFigure], study: Study) -> None:
    """Raise ConfigError for a run on one department, which has no range, or a target without its trial or arm."""
    faults, arms = Faults(), study.design.arms
    if study.departments is None:
        reason = study.on_one or "it is asked for on the typical department"
        faults.add("ensemble", f"a range over departments is needed, and {reason}", "Leave it out")
    for target in targets:
        where = f"targets/{TARGETS}.yaml, {target.name}"
        for arm in {target.change, target.against} - {"", *arms}:
            faults.add(where, f"there is no arm '{arm}' in study={STUDY}", nearest(arm, arms))
        if not (target.trial and target.strength):
            faults.add(
                where,
                "trial or strength is missing",
                "State what the trial did, and whether strong or weak",
            )
    faults.refuse()


def known_effects_of(result: StudyResult, targets: Sequence[PublishedFigure]) -> KnownEffects:
    """The targets beside the effects in a result over departments."""
    department = result.department_of
    assert department is not None
    rows, baseline = [], result.design.baseline
    for target in targets:
        arms = (target.change, target.against or baseline, result.design.null_arm, baseline)
        after, before, sham, nurse = (
            result.values(arm, target.measure, target.group) for arm in arms
        )
        effects, nothing = _effect(target, after, before), _effect(target, sham, nurse)
        (_, least, most), (_, *of_sham) = (
            spread_over(values, department).range for values in (effects, nothing)
        )
        found = estimate_interval(effects, department=department)
        rows.append(KnownEffect(target, found, least, most, of_sham))
    n = len(set(department.tolist()))
    return KnownEffects(tuple(rows), n, len(result.replications), result.run.measured_days)


def _effect(target: PublishedFigure, after: Floats, before: Floats) -> Floats:
    """The effect by replication on the scale of the target."""
    if target.scale == "difference":
        return subtract_pairs(after, before)
    if target.scale == "odds_ratio":
        after, before = after / (1 - after), before / (1 - before)
    return after / before


def as_text(effects: KnownEffects) -> str:
    """What is printed: one an effect, how many hit by half and kind, then the reason for each miss."""
    return text_of("known_effects", effects=effects, exact=exact_interval, banner=BANNER)
