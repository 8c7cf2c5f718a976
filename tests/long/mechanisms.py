"""What happens between contacts with a clinician, one mechanism after another: rows of trials and of England, and cost.

The typical department as it is; with the laboratory's turnaround as published; with the picture taken while the
laboratory works; with nobody seen again before some time has passed; with results that are back read in the contact,
which is `pathway=between_contacts`; that with its own fitted values; and that with other shares of patients who are
treated though their results are back, which nobody has published. Trials are those of the development half alone: no
row that is held out is run. Each row of a trial is the mean effect over the years, on the same patients; each row of
England is the mean of as many years. CPU is the compiled engine's, a year of the nurse's arm, the least of those tried.

    python tests/long/mechanisms.py [YEARS]

About a quarter of an hour of one processor for ten years. Exit code 1: a calibrated row of the last but two variants
misses, or those sent home leave too soon after their last test or consultation.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from simulation.assurance.figures import AS_IS, figure
from simulation.assurance.site_table import SiteRuns, judged
from simulation.assurance.targets import PublishedFigure, checked_targets, targets_named
from simulation.config import load, packaged_configs, search_folders
from simulation.records.schema import Floats
from simulation.runs.running import compare
from simulation.study.simulate import Simulated, simulate_arms
from simulation.study.study import Study
from simulation.units import DAY, TICKS_PER_MINUTE

FULL = "pathway=between_contacts"
LABORATORY = "calibration.laboratory_minutes.value=50"
FITTED = "calibration=typical_between_contacts"
TREATED = "pathway.branches.treated_anyway.targets={{treated_after_results: {0:g}, tests: {1:g}}}"
PICTURE = ("sampling", "imaging", "laboratory", "reporting")
RETURN = ("reporting_ordered", "before_return")
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "as it is": (),
    "+ turnaround as published": (LABORATORY,),
    "+ picture beside the laboratory": (LABORATORY, "pathway=picture"),
    "+ time before a return": (LABORATORY, "pathway=return"),
    "+ results read in the contact": (LABORATORY, FULL),
    "+ fitted again": (FITTED, FULL),
    "  treated anyway .3": (FITTED, FULL, TREATED.format(0.3, 0.7)),
    "  treated anyway .9": (FITTED, FULL, TREATED.format(0.9, 0.1)),
}
FITTED_AGAIN = "+ fitted again"
SHORT = (57, 9)
RESULTS = ("laboratory", "laboratory_ordered", "reporting", "reporting_ordered", "specialty_review", "direct_contact")
LEAST_MEDIAN, MOST_MEDIAN, LEAST_UPPER = 40, 60, 65
"""Minutes from the last test or consultation to departure, of those sent home: the median's band, and the least upper
quartile (published: 48; 20 and 88)."""


def partial_pathways(folder: Path) -> None:
    """Write pathways with some of the mechanisms of the packaged one: the picture; the picture and the return."""
    packaged = packaged_configs() / "pathway" / "between_contacts.yaml"
    whole = yaml.safe_load(packaged.read_text(encoding="utf-8"))
    steps, branches = whole["steps"], whole["branches"]
    picture = {
        "steps": {name: {**steps[name]} for name in PICTURE},
        "branches": {name: branches[name] for name in ("picture_meanwhile", "laboratory_meanwhile")},
    }
    picture["steps"]["reporting"].pop("next")
    picture["branches"]["also_imaging"] = {"cases": branches["also_imaging"]["cases"]}
    asked = {"starts_clock": ["contact_over"], "next": "ordered_tests"}
    back = {
        "durations": whole["durations"],
        "steps": {name: steps[name] for name in (*PICTURE, *RETURN)} | {"asked": asked},
        "branches": picture["branches"] | {name: branches[name] for name in ("also_imaging", "ordered_also_imaging")},
        "loops": {"tests": {"again": "asked"}},
    }
    (folder / "pathway").mkdir()
    for name, parts in (("picture", picture), ("return", back)):
        stated = {"defaults": ["emergency_department", "_self_"], "name": name, **parts}
        text = f"# {name}\n" + yaml.safe_dump(stated, sort_keys=False)
        (folder / "pathway" / f"{name}.yaml").write_text(text, encoding="utf-8", newline="\n")


def of_trials(overrides: Sequence[str], folder: Path, years: int) -> tuple[dict[str, float], float]:
    """The effect of each development row, and the least CPU seconds of the engine for a year of an arm."""
    targets = [row for row in targets_named("known_effects", search_folders(None)) if is_development(row)]
    study = one_department(overrides, folder, years, {row.change for row in targets})
    result = compare(study)
    effects = {}
    for row in targets:
        after, before = (result.values(arm, row.measure, row.group) for arm in (row.change, row.against or "nurse"))
        effects[row.name] = float(np.mean(after - before if row.scale == "difference" else after / before))
    return effects, min(each.engine_seconds for each in result.replications) / len(study.arms)


def is_development(row: PublishedFigure) -> bool:
    return row.trial is not None and row.trial.half == "development"


def one_department(overrides: Sequence[str], folder: Path, years: int, changes: set[str]) -> Study:
    """The study of known effects on the typical department, with the arms of some changes alone."""
    run = (f"run.replications={years}", "run.measured_days=364", "engine=compiled", "executor=serial")
    study = load("study=known_effects", "ensemble=none", *run, *overrides, config_dir=str(folder))
    wanted = {"nurse", "sham", *changes}
    arms = tuple(arm for arm in study.arms if arm.name in wanted)
    design = replace(study.design, arms={name: arm for name, arm in study.design.arms.items() if name in wanted})
    return replace(study, arms=arms, design=design)


def of_england(overrides: Sequence[str], folder: Path, years: int) -> Iterator[tuple[PublishedFigure, float]]:
    """The calibrated rows of the department."""
    site = SiteRuns(
        ["run=validation", f"run.replications={years}", "engine=compiled", "executor=serial", *overrides], str(folder)
    )
    rows = [row for row in targets_named("england", search_folders(None)) if row.kind == "calibrated"]
    arms = site.arms(checked_targets(tuple(rows), "england", site.study), lambda _: None)
    for row in rows:
        yield row, judged(row, figure(row, arms[AS_IS], site.pathway)).found


def after_results(overrides: Sequence[str], folder: Path) -> Floats:
    """Quartiles of the minutes from the last test or consultation to departure, sent home, in one year."""
    study = one_department(overrides, folder, 1, set())
    _, simulated = next(iter(simulate_arms(study, 0, cool_down_days=study.run.cool_down_days)))
    last, departed = last_end(simulated, RESULTS), last_end(simulated, ("home",))
    arrived = simulated.draws.arrived_at
    measured = (arrived >= study.run.warm_up_days * DAY) & (last >= 0) & (departed >= 0)
    quartiles = np.percentile((departed - last)[measured] / TICKS_PER_MINUTE, [25, 50, 75])
    return np.asarray(quartiles)


def last_end(simulated: Simulated, steps: Sequence[str]) -> Floats:
    """The tick at which each patient last ended one of these steps; -1 if never."""
    table, last = simulated.run.activities, np.full(len(simulated.draws), -1)
    rows = np.isin(table.step, [simulated.plan.row(step) for step in steps]) & (table.ended_at >= 0)
    np.maximum.at(last, table.patient[rows], table.ended_at[rows])
    return last


def main(words: Sequence[str]) -> int:
    years, missed = int(words[0]) if words else 10, []
    columns: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        partial_pathways(folder)
        for variant, overrides in VARIANTS.items():
            with contextlib.redirect_stderr(io.StringIO()):
                effects, seconds = of_trials(overrides, folder, years)
                england = list(of_england(overrides, folder, years))
                quartiles = after_results(overrides, folder)
            column = {row: f"{effect:.2f}" for row, effect in effects.items()}
            column |= {row.name: f"{value:.3f}{'' if row.allows(value) else ' *'}" for row, value in england}
            column["last result to departure, home"] = " ".join(f"{value:.0f}" for value in quartiles)
            column["CPU s a year"] = f"{seconds:.2f}"
            columns[variant] = column
            if variant == FITTED_AGAIN:
                missed += [row.name for row, value in england if not row.allows(value)]
                if not (LEAST_MEDIAN <= quartiles[1] <= MOST_MEDIAN and quartiles[2] >= LEAST_UPPER):
                    missed.append("last result to departure, home")
            print(f"{variant.strip()}: done", file=sys.stderr, flush=True)
    print("\n".join(f"{number}: {variant.strip()}" for number, variant in enumerate(columns)))
    print(f"{'':{SHORT[0]}}" + "".join(f"{number:>{SHORT[1]}}" for number in range(len(columns))))
    for row in next(iter(columns.values())):
        print(
            f"{row[: SHORT[0] - 1]:{SHORT[0]}}" + "".join(f"{column[row]:>{SHORT[1]}}" for column in columns.values())
        )
    print("misses: " + (", ".join(missed) or "none"))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
