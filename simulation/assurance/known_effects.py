"""Published trials run again over the departments of an ensemble: `aeflow validate only=known_effects`.

Each row is a trial's effect beside the simulated one, under an arm that does what the trial did
(`configs/study/known_effects.yaml`). A trial was in one department or a few, so its published interval is held against
the range over departments: a hit by overlap if the two meet, by mean if the mean over departments lies in it. Rows with
a published interval (strong), rows whose interval holds no effect at all, and rows without a published one (weak) are
counted apart. Scores set the model beside no effect and beside a guess from other studies (`trial_score.py`). All rows
are in view when the model is changed. Nothing is tuned to hit. A miss is a finding, and changes no exit code.
England's departments count; beside them stand the same, weighted towards the trial's own level (`trial_level.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulation.api import compare
from simulation.assurance.lines import text_of
from simulation.assurance.targets import (
    PublishedFigure,
    Say,
    change_in,
    targets_named,
    telling,
)
from simulation.assurance.trial_level import AtLevel, at_level
from simulation.assurance.trial_score import Scores, TrialRow, log_ratio, scores_of
from simulation.config import load, packaged_configs, search_folders
from simulation.errors import Faults, nearest
from simulation.measures.definitions import ALL, Definition, definition_of, definitions
from simulation.runs.result import StudyResult
from simulation.statistics.departments import spread_over
from simulation.statistics.intervals import Interval, estimate_interval, exact_interval
from simulation.study.check_study import measures_of
from simulation.study.statements import BANNER
from simulation.study.study import Study, own_definitions, own_of
from simulation.wording import listed_with_and

STUDY = EFFECTS = "known_effects"
NEEDED = ("trial", "strength", "kind_of_change", "value", "low", "high")
"""Keys that a published effect states, beside those of every figure."""
LOAD = "load"
"""The kind of change that is scored apart: what others found of it says nothing."""
OUTCOMES = {
    "time_to_clinician": "wait", "wait_to_clinician": "wait", "over_an_hour": "wait", "stay": "stay",
    "left": "left", "within_4h": "four hours", "over_4h": "four hours", "boarding": "boarding",
    "decision": "decision", "treatment": "decision",
}  # fmt: skip
"""The classes of outcome, by what the name of a measure holds."""


class KnownEffect(NamedTuple):
    """One published effect and the simulated one, both in the target's unit or on its scale.

    found  the mean effect over departments with its 95 % interval; least, most  the range that holds nine in ten
    departments, noise removed; sham  the range for an arm that changes nothing; before, after  the mean of the measure
    without the change and with it; at_level: the departments at the trial's own level, None where it states none.
    """

    target: PublishedFigure
    found: Interval
    least: float
    most: float
    sham: Sequence[float]
    before: float
    after: float
    at_level: AtLevel | None = None

    @property
    def effect_at_level(self) -> float:
        """The effect in the departments at the trial's own level, on the scale of the target; NaN where not said."""
        there = self.at_level
        if there is None:
            return np.nan
        return float(change_in(self.target, *np.array([[there.after], [there.level]]))[0])

    @property
    def scored_at_level(self) -> TrialRow | None:
        """`scored` in the departments at the trial's own level; None where these cannot be said."""
        there = self.at_level
        if there is None or not there.is_said:
            return None
        return published_row(self.target, there.level, there.after)

    @property
    def scored(self) -> TrialRow:
        """The effect and the simulated one as logarithms of ratios, as scores compare them."""
        return published_row(self.target, self.before, self.after)

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


@dataclass(frozen=True)
class KnownEffects:
    """Every published effect beside the simulated one, and the departments and replications that these rest on."""

    rows: tuple[KnownEffect, ...]
    n_departments: int
    n_replications: int
    measured_days: int
    others: tuple[TrialRow, ...] = ()
    """Published effects beside these rows, of which the guess is made, too."""

    @cached_property
    def scores(self) -> dict[str, Scores]:
        """Scores of all rows but those of loads ('all'), if there are any, and by kind of change, if several."""
        scored = [row.scored for row in self.rows]
        kinds = dict.fromkeys(row.change for row in scored)
        of_all = [row for row in scored if row.change != LOAD]
        by_kind = {kind: [row for row in scored if row.change == kind] for kind in kinds}
        if len(by_kind) > 1 and of_all:
            by_kind = {ALL: of_all, **by_kind}
        elif of_all:  # of one kind: the same rows
            by_kind = {ALL: of_all}
        return {name: scores_of(rows, [*of_all, *self.others]) for name, rows in by_kind.items()}

    @cached_property
    def scores_at_level(self) -> tuple[Scores, Scores] | None:
        """Scores in all departments and at the trials' own levels, of the rows that can be said there but those of
        loads; None if there are none. The first count."""
        both = [(row.scored, row.scored_at_level) for row in self.rows]
        said = [(all_, there) for all_, there in both if there and all_.change != LOAD]
        among = [*(row for row, _ in both if row.change != LOAD), *self.others]
        if not said:
            return None
        everywhere, at_levels = (scores_of(rows, among) for rows in zip(*said, strict=True))
        return everywhere, at_levels


def outcome_class(measure: str) -> str:
    """The class of outcome of a measure: the guess for a row is what other studies found on the same class."""
    return next((outcome for part, outcome in OUTCOMES.items() if part in measure), measure)


def published_row(
    target: PublishedFigure, before: float = np.nan, after: float = np.nan
) -> TrialRow:
    """A published effect, and the modelled one of a measure before and after, as scores compare them."""
    known = definitions().get(target.measure)
    is_share, lower_is_better = target.unit == "share", known is None or known.better != "higher"
    published = published_ratio(target)
    assert target.trial is not None
    assert target.value is not None
    sign = float(np.sign(target.value - (target.scale != "difference")))
    return TrialRow(
        target.trial.did + target.trial.design,
        outcome_class(target.measure),
        target.kind_of_change or "",
        (-1.0 if lower_is_better else 1.0) * (sign if published is None else published),
        log_ratio(before, after, is_share=is_share, lower_is_better=lower_is_better),
        published is not None,
    )


def published_ratio(target: PublishedFigure) -> float | None:
    """The logarithm of a trial's ratio, odds of shares; None where the trial gives no level that makes it one."""
    value, level = target.value, target.level
    assert value is not None
    if target.scale == "odds_ratio" or (target.scale == "ratio" and target.unit != "share"):
        return float(np.log(value))
    if target.scale == "difference" and value == 0:
        return 0.0
    if level is None:
        return None
    after = level * value if target.scale == "ratio" else level + value
    return log_ratio(level, after, is_share=target.unit == "share", lower_is_better=False)


def validate_known_effects(
    overrides: Sequence[str] = (),
    *,
    targets: str = EFFECTS,
    config_dir: str | Path | None = None,
    say: Say | None = None,
) -> KnownEffects:
    """Published effects beside those of the study of known effects; with `dry_run` none, and nothing is simulated.

    Raises ConfigError for what cannot be run or compared.


    `overrides` are those of the command line; a `run=` or a `study=` there wins over the study's own. `targets`: the
    file of the effects; where it is another than the packaged one, that one's effects count for the guess, too. `say`
    is told what runs and how far it is.
    """
    folders = search_folders(config_dir)
    effects = targets_named(targets, folders)
    study = load(f"study={STUDY}", *overrides, config_dir=config_dir)
    _refuse_unfit(effects, study, targets)
    packaged = targets_named(EFFECTS, [packaged_configs()]) if targets != EFFECTS else ()
    others = tuple(row for row in map(published_row, packaged) if row.change != LOAD)
    n, days = study.run.replications, study.run.measured_days
    if study.resolved["dry_run"]:
        return KnownEffects((), 0, 0, days, others)
    words = f"Simulating {len(study.arms)} arms, {n} replications of {days} days each, to hold them against trials"
    with telling(say, words, n) as done:
        return replace(known_effects_of(compare(study, done=done), effects), others=others)


def _refuse_unfit(targets: Sequence[PublishedFigure], study: Study, name: str) -> None:
    """Raise ConfigError for a run on one department, which has no range, or a target without its trial or arm."""
    faults, arms = Faults(), study.design.arms
    if study.departments is None:
        reason = study.on_one or "it is asked for on the typical department"
        faults.add("ensemble", f"a range over departments is needed, and {reason}", "Leave it out")
    elif (n := study.run.replications) < 2 * (n_departments := study.run.departments or n):
        found = f"is {n}: a range over {n_departments} departments needs each of them twice"
        remedy = f"Ask for {2 * n_departments} or more, or for fewer departments"
        faults.add("run.replications", found, remedy)
    pathway, design = study.baseline.pathway, study.design
    given = {(one.measure, one.group) for one in measures_of(pathway, own_of(design, pathway))}
    for target in targets:
        where = f"targets/{name}.yaml, {target.name}"
        for arm in {target.change, target.against} - {"", *arms}:
            found = f"there is no arm '{arm}' in study={study.design.name}"
            faults.add(where, found, nearest(arm, arms))
        missing = [key for key in NEEDED if getattr(target, key) in (None, "")]
        if missing:
            remedy = (
                "State what the trial did, what kind of change it was, and whether strong or weak"
            )
            faults.add(where, f"{listed_with_and(missing)} missing", remedy)
        elif fault := _unlike(target, given, own_definitions(design, [pathway])):
            faults.add(where, *fault)
    faults.refuse()


def _unlike(
    target: PublishedFigure, given: Collection[tuple[str, str]], own: Mapping[str, Definition]
) -> tuple[str, str] | None:
    """What is wrong with the measure, group, unit or numbers of an effect, and what to do; None if nothing is."""
    value, level, unit = target.value or 0.0, target.level, target.unit
    measures = {measure for measure, _ in given}
    if target.measure not in measures:
        return f"unknown measure '{target.measure}'", nearest(target.measure, measures)
    groups = {group for measure, group in given if measure == target.measure}
    if target.group not in groups:
        found = f"'{target.measure}' has no group '{target.group}'"
        return found, nearest(target.group, groups)
    known = definition_of(target.measure, own).unit
    if unit and unit != known:
        return f"unit is '{unit}'", f"'{target.measure}' is in {known}; a point is 0.01 of a share"
    if target.scale == "difference":
        ends = [value, *([level, level + value] if level is not None else [])]
        if known == "share" and not (abs(value) < 1 and all(0 < end < 1 for end in ends[1:])):
            return (
                f"a share changes by {value:g}",
                "Write shares from 0 to 1: -0.9 points are -0.009",
            )
        if level is not None and level + value <= 0:
            return f"{level:g} less {-value:g} leaves nothing", "State the level that the trial had"
    elif value <= 0:
        return f"a ratio of {value:g}", "Write it above 0: 0.84 is 16 per cent less"
    return None


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
        effects, nothing = change_in(target, after, before), change_in(target, sham, nurse)
        (_, least, most), (_, *of_sham) = (
            spread_over(values, department).range for values in (effects, nothing)
        )
        found = estimate_interval(effects, department=department)
        levels = float(np.mean(before)), float(np.mean(after))
        there = at_level(target.level, before, after, department) if target.level else None
        rows.append(KnownEffect(target, found, least, most, of_sham, *levels, there))
    n = len(set(department.tolist()))
    return KnownEffects(tuple(rows), n, len(result.replications), result.run.measured_days)


def effects_text(effects: KnownEffects) -> str:
    """What is printed: one an effect, how many hit by half and kind, then the reason for each miss."""
    return text_of("known_effects", effects=effects, exact=exact_interval, banner=BANNER)
