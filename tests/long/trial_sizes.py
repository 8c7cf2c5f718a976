"""Trials in a department of their own size, and at their own level: does 'two for one' stand for it, and is a miss that
of the level?

This department has 1.7 to 3.0 times the patients of the trials in the period, so the arms of
`configs/study/known_effects.yaml` add or move two where a trial had one. Here the typical department is scaled to the
trial's attendances a day (`aeflow new department`, whole people, nothing fitted again), one is added, and the rows
stand beside the typical department with two. **The rows over England's departments count**, not these: a scaled
department is no more the trial's than another, and shifts of whole people leave small ones with slack.
Beds are not scaled to a trial's, so rows of beds are not run; where a trial's abstract gives no attendances, neither.

The second table: departments that fit England's figures have England's waits and stays, so weights of them hardly
reach a trial's own. Here the typical department has more or fewer patients with the staff of today, and each row is
read where its level before is the trial's, by a line between two loads; not said where no load between the least and
the most has it. These do not count either.

    python tests/long/trial_sizes.py [--replications 20] [--only TEXT]

About eight minutes of one processor.
"""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from trial_arms import STAFF, TAKEN_OUT, Patch, one, patched

from simulation.api import compare
from simulation.assurance.known_effects import EFFECTS, LOAD, STUDY, published_row
from simulation.assurance.targets import PublishedFigure, change_in, targets_named
from simulation.assurance.trial_score import scores_of
from simulation.config import load, packaged_configs
from simulation.config.new import new_scaled_department
from simulation.runs.result import StudyResult

A_DAY: Mapping[str, int] = {
    "doctor_at_triage": 136,
    "faculty_triage": 134,
    "physician_orders": 146,
    "team_triage_moved": 111,
    "doctor_and_nurse_added": 122,
    "fast_track_clinician_moved": 199,
    "senior_does_triage": 170,
    "physician_13_to_21": 135,
    "rapid_assessment": 110,
}
"""By arm, the trial's attendances a day: as its `source` states, or 340 times its patients in the period over ours."""
ONE: Mapping[str, Patch] = {
    **TAKEN_OUT["two for one"],
    "physician_orders": {STAFF: one("11-23", "mon-sat")},
    "senior_does_triage": {STAFF: one("8-21", "mon-fri")},
    "physician_13_to_21": {STAFF: one("13-21")},
    "rapid_assessment": {},
}
"""What makes the two of an arm into the trial's one; the share of patients who are taken on stays."""

LOADS = (0.6, 0.75, 0.85, 0.95, 1.0, 1.05)
"""Patients in the second table, as a multiple of today's."""
AS_IS = LOADS.index(1.0)


def run(arm: str, size: int | None, replications: int) -> StudyResult:
    """The arm with two in the typical department, or with one in a department of a size."""
    study = yaml.safe_load((packaged_configs() / "study" / f"{STUDY}.yaml").read_text("utf-8"))
    changed = study["arms"][arm]["changes"]
    if size is not None:
        staff = {key: value for key, value in ONE[arm].items() if key.startswith("staffing.")}
        changed = patched(changed, staff)
    kept = {name: study["arms"][name] for name in (study["baseline"], study["sham"])}
    arms = {**kept, arm: {**copy.deepcopy(study["arms"][arm]), "changes": changed}}
    words = [
        "study=trial_sizes",
        "ensemble=none",
        f"run.replications={replications}",
        "executor=serial",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if size is not None:
            new_scaled_department("sized", {"attendances_per_day": str(size)}, folder)
            words += [f"{group}=sized" for group in ("site", "staffing", "calibration", "pathway")]
        (folder / "study").mkdir(exist_ok=True)
        defaults, rest = study.pop("defaults"), {**study, "name": "trial_sizes", "arms": arms}
        text = yaml.safe_dump({"defaults": defaults, **rest}, sort_keys=False)
        (folder / "study" / "trial_sizes.yaml").write_text(text, encoding="utf-8", newline="\n")
        return compare(load(*words, config_dir=folder))


def effect(row: PublishedFigure, result: StudyResult) -> tuple[str, str]:
    """The level before and the effect, as cells; shares and their differences in per cent and points."""
    after, before = (
        result.values(name, row.measure, row.group) for name in (row.change, result.design.baseline)
    )
    mean = float(np.mean(change_in(row, after, before)))
    times = 100.0 if row.unit == "share" else 1.0
    level = f"{times * float(np.mean(before)):.3g}"
    return level, f"{times * mean:+.1f}" if row.scale == "difference" else f"{mean:.2f}"


def at_load(load_: float, arms: Sequence[str], replications: int) -> StudyResult:
    """Some arms in the typical department with so many times its patients."""
    study = yaml.safe_load((packaged_configs() / "study" / f"{STUDY}.yaml").read_text("utf-8"))
    kept = (study["baseline"], study["sham"], *arms)
    defaults = study.pop("defaults")
    arms_kept = {name: arm for name, arm in study["arms"].items() if name in kept}
    study |= {"name": "trial_sizes", "arms": arms_kept}
    sources = ("walk_in", "ambulance", "referred")
    scenario = {
        "question": "What at another load?",
        "changes": {f"site.arrivals.{name}.per_day": {"times": load_} for name in sources},
        "evidence": "assumed",
        "source": "the level of a trial",
    }
    with tempfile.TemporaryDirectory() as name:
        for path, content in (
            ("study/trial_sizes", {"defaults": defaults, **study}),
            ("scenario/another", scenario),
        ):
            file = Path(name) / f"{path}.yaml"
            file.parent.mkdir()
            text = yaml.safe_dump(content, sort_keys=False)
            file.write_text(text, encoding="utf-8", newline="\n")
        words = (f"run.replications={replications}", "executor=serial", "ensemble=none")
        words += () if load_ == 1 else ("scenario=another",)
        return compare(load("study=trial_sizes", *words, config_dir=name))


def print_levels(targets: Sequence[PublishedFigure], replications: int) -> None:
    """Each row where the typical department has the trial's level, and the score of these rows there and as it is."""
    rows = [row for row in targets if row.level]
    arms = sorted({arm for row in rows for arm in (row.change, row.against)} - {""})
    results = [at_load(load_, arms, replications) for load_ in LOADS]
    print("\n| row | trial's level | levels here | load with it | published | as it is | there |")
    print("|---|---|---|---|---|---|---|")
    here, there = [], []
    for row in rows:
        arms_of = (row.against or "nurse", row.change)
        before, after = np.array(
            [
                [result.values(arm, row.measure, row.group).mean() for result in results]
                for arm in arms_of
            ]
        )
        times = 100.0 if row.unit == "share" and row.scale == "difference" else 1.0
        scale = 100.0 if row.unit == "share" else 1.0
        order, level = np.argsort(before), row.level or 0.0
        is_said = before.min() <= level <= before.max()
        load_, after_there = (
            float(np.interp(level, before[order], values[order]))
            for values in (np.array(LOADS), after)
        )
        effects = [
            f"{times * float(change_in(row, np.array([a]), np.array([b]))[0]):+.2f}"
            for a, b in ((after[AS_IS], before[AS_IS]), (after_there, level))
        ]
        if is_said:
            here.append(published_row(row, float(before[AS_IS]), float(after[AS_IS])))
            there.append(published_row(row, level, after_there))
        cells = (
            f"{scale * level:g}",
            f"{scale * before.min():.3g} to {scale * before.max():.3g}",
            f"{load_:.2f}" if is_said else "none",
            f"{times * (row.value or 0.0):g}",
            effects[0],
            effects[1] if is_said else "not said",
        )
        print(f"| {row.name} | {' | '.join(cells)} |")
    counted = [(one, other) for one, other in zip(here, there, strict=True) if one.change != LOAD]
    for name, scored in zip(("as it is", "there"), zip(*counted, strict=True), strict=True):
        scores = scores_of(scored)
        error, rank = scores.model.error, scores.model.rank.value
        if not np.isfinite(error.value):  # of one study there is no guess, so no score
            continue
        right = f"{scores.model.right} of {scores.model.n_signed}"
        print(
            f"\n{name}: {scores.n_rows} rows of {scores.n_studies} studies but loads, mean error {error.value:.3f} "
            f"({error.low:.3f} to {error.high:.3f}), rank {rank:+.2f}, sign {right}"
        )


def main(words: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("--replications", type=int, default=20)
    asked.add_argument("--only", default="")
    given = asked.parse_args(words)
    targets = targets_named(EFFECTS, [packaged_configs()])
    print(
        "| row | a day | published | two here: before, effect | one, scaled: before, effect | trial's level |"
    )
    print("|---|---|---|---|---|---|")
    for arm, size in A_DAY.items():
        rows = [row for row in targets if row.change == arm and given.only in row.name]
        if not rows:
            continue
        here, there = (run(arm, each, given.replications) for each in (None, size))
        for row in rows:
            times = 100.0 if row.unit == "share" else 1.0
            of_value = times if row.scale == "difference" else 1.0
            level = f"{times * row.level:.3g}" if row.level else "not stated"
            cells = (", ".join(effect(row, result)) for result in (here, there))
            value = of_value * (row.value or 0.0)
            print(
                f"| {row.name} | {size} | {value:g} | {' | '.join(cells)} | {level} |", flush=True
            )
    print_levels([row for row in targets if given.only in row.name], given.replications)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
