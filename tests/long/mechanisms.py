"""What happens between contacts with a clinician, one mechanism after another: rows of trials and of England, and cost.

The typical department as it is; with the laboratory's turnaround as published; with the picture taken while the
laboratory works; with nobody seen again before some time has passed; with results that are back read in the contact,
which is `pathway=between_contacts`; that with its own fitted values, which is `site=between_contacts`; and that with
other shares of patients who are treated though their results are back, which nobody has published. Trials are those of
those whose change is one of results. Each row of a trial is the mean effect over the years, on
the same patients; each row of England is the mean of as many years; each row of the default study is the effect on the
wait to a clinician; *reaches the stay* is the share of the minutes that are taken off a patient's laboratory results by
which the stay of patients with bloods is shorter, in one year (trials: Jang .09 to .87, Hausfater 0 to .67). CPU is
the compiled engine's, a year of the nurse's arm, the least of those tried.

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

from simulation.api import compare
from simulation.assurance.targets import (
    AS_IS,
    PublishedFigure,
    checked_targets,
    figure,
    targets_named,
)
from simulation.assurance.validate import SiteRuns, judged
from simulation.config import load, packaged_configs, search_folders
from simulation.records.schema import Floats
from simulation.study.simulate import Simulated, simulate_arms
from simulation.study.study import Study
from simulation.units import DAY, TICKS_PER_MINUTE

SITE, LABORATORY = "site=between_contacts", "calibration.laboratory_minutes.value=46"
NOT_FITTED = (SITE, "calibration=partial")
"""The values of the mechanisms, all others as in the typical department."""
PICTURE = ("sampling", "imaging", "laboratory", "reporting")
RETURN = ("reporting_ordered", "before_return")
MECHANISMS = ("laboratory_minutes", "return_minutes", "treated_anyway")
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "as it is": (),
    "+ turnaround as published": (LABORATORY,),
    "+ picture beside the laboratory": (LABORATORY, "pathway=picture"),
    "+ time before a return": (*NOT_FITTED, "pathway=return"),
    "+ results read in the contact": NOT_FITTED,
    "+ fitted again": (SITE,),
    "  treated anyway .3": (SITE, "calibration.treated_anyway.value=0.3"),
    "  treated anyway .9": (SITE, "calibration.treated_anyway.value=0.9"),
}
FITTED_AGAIN = "+ fitted again"
POINT_OF_CARE = {
    "point_of_care_10_minutes": "10 minutes sooner",
    "point_of_care": "whole",
    "point_of_care_half": "half",
}
BLOODS = (0, 2)
"""Kinds of test with a sample: bloods, both."""
SHORT = 57
RESULTS = (
    "laboratory",
    "laboratory_ordered",
    "reporting",
    "reporting_ordered",
    "specialty_review",
    "direct_contact",
)
LEAST_MEDIAN, MOST_MEDIAN, LEAST_UPPER = 40, 60, 65
"""Minutes from the last test or consultation to departure, of those sent home: the median's band, and the least upper
quartile (published: 48; 20 and 88)."""


def write_partial(folder: Path) -> None:
    """Write pathways with some of the mechanisms of the packaged one, and the values of the mechanisms alone."""
    whole, values = (
        yaml.safe_load(
            (packaged_configs() / group / "between_contacts.yaml").read_text(encoding="utf-8")
        )
        for group in ("pathway", "calibration")
    )
    steps, branches = whole["steps"], whole["branches"]
    picture = {
        "steps": {name: {**steps[name]} for name in PICTURE},
        "branches": {
            name: branches[name] for name in ("picture_meanwhile", "laboratory_meanwhile")
        },
    }
    picture["steps"]["reporting"].pop("next")
    picture["branches"]["also_imaging"] = {"cases": branches["also_imaging"]["cases"]}
    asked = {"starts_clock": ["contact_over"], "next": "ordered_tests"}
    back = {
        "steps": {name: steps[name] for name in (*PICTURE, *RETURN)} | {"asked": asked},
        "branches": picture["branches"]
        | {name: branches[name] for name in ("also_imaging", "ordered_also_imaging")},
        "loops": {"tests": {"again": "asked"}},
    }
    stated = {
        f"pathway/{name}.yaml": {
            "defaults": ["emergency_department", "_self_"],
            "name": name,
            **parts,
        }
        for name, parts in (("picture", picture), ("return", back))
    }
    stated["calibration/partial.yaml"] = {
        "defaults": ["typical", "_self_"],
        **{key: values[key] for key in MECHANISMS},
    }
    for name, content in stated.items():
        (folder / name).parent.mkdir(exist_ok=True)
        text = f"# {name}\n" + yaml.safe_dump(content, sort_keys=False)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def of_trials(overrides: Sequence[str], folder: Path, years: int) -> tuple[dict[str, float], float]:
    """The effect of each row about results, and the least CPU seconds of the engine for a year of an arm."""
    targets = [
        row for row in targets_named("known_effects", search_folders(None)) if is_about_results(row)
    ]
    study = one_department(overrides, folder, years, {row.change for row in targets})
    result = compare(study)
    effects = {}
    for row in targets:
        after, before = (
            result.values(arm, row.measure, row.group)
            for arm in (row.change, row.against or "nurse")
        )
        effects[row.name] = float(
            np.mean(after - before if row.scale == "difference" else after / before)
        )
    return effects, min(each.engine_seconds for each in result.replications) / len(study.arms)


def of_default(overrides: Sequence[str], folder: Path, years: int) -> dict[str, str]:
    """The effect of each arm of the default study on the wait to a clinician, and what its verdict says."""
    run = (
        f"run.replications={years}",
        "run.measured_days=364",
        "engine=compiled",
        "executor=serial",
    )
    result = compare(
        load("study=ai_triage", "ensemble=none", *run, *overrides, config_dir=str(folder))
    )
    target = result.first_target
    return {
        f"default study: {arm.name}": f"{result.row_of(target, arm.name).difference:+.1f} "
        + result.finding(arm.name, target).verdict.direction
        for arm in result.others
    }


def is_about_results(row: PublishedFigure) -> bool:
    return row.trial is not None and row.kind_of_change == "results"


def one_department(overrides: Sequence[str], folder: Path, years: int, changes: set[str]) -> Study:
    """The study of known effects on the typical department, with the arms of some changes alone."""
    run = (
        f"run.replications={years}",
        "run.measured_days=364",
        "engine=compiled",
        "executor=serial",
    )
    study = load("study=known_effects", "ensemble=none", *run, *overrides, config_dir=str(folder))
    wanted = {"nurse", "sham", *changes}
    arms = tuple(arm for arm in study.arms if arm.name in wanted)
    design = replace(
        study.design, arms={name: arm for name, arm in study.design.arms.items() if name in wanted}
    )
    return replace(study, arms=arms, design=design)


def of_england(
    overrides: Sequence[str], folder: Path, years: int
) -> Iterator[tuple[PublishedFigure, float]]:
    """The calibrated rows of the department."""
    site = SiteRuns(
        [
            "run=validation",
            f"run.replications={years}",
            "engine=compiled",
            "executor=serial",
            *overrides,
        ],
        str(folder),
    )
    rows = [
        row for row in targets_named("england", search_folders(None)) if row.kind == "calibrated"
    ]
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


def reaching(overrides: Sequence[str], folder: Path) -> dict[str, str]:
    """The share of the minutes off results that reaches the stay of patients with bloods who leave, in one year."""
    study = one_department(overrides, folder, 1, set(POINT_OF_CARE))
    simulated = {
        arm.name: each
        for arm, each in simulate_arms(study, 0, cool_down_days=study.run.cool_down_days)
    }
    before, shares = simulated["nurse"], {}
    draws, rounds = before.draws, np.arange(len(before.draws.minutes["laboratory"]))[:, None]
    done = rounds < draws.attributes["test_rounds"]
    with_bloods = np.isin(draws.attributes["test_kind"], BLOODS) & done.any(axis=0)
    for name, label in POINT_OF_CARE.items():
        after = simulated[name]
        minutes = (draws.minutes["laboratory"] - after.draws.minutes["laboratory"]) * done
        stay = stays(before) - stays(after)
        both = with_bloods & ~np.isnan(stay) & (draws.arrived_at >= study.run.warm_up_days * DAY)
        saved = minutes.sum(axis=0)[both].mean()
        shares[f"reaches the stay: {label}"] = f"{stay[both].mean() / saved:.2f} of {saved:.1f}"
    return shares


def stays(simulated: Simulated) -> Floats:
    """The minutes of each patient's stay, NaN of who does not leave within the simulation."""
    table, stay = simulated.patients, np.full(len(simulated.draws), np.nan)
    stay[table["patient"]] = table["departed_at"] - table["arrived_at"]
    return stay


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
        write_partial(folder)
        for variant, overrides in VARIANTS.items():
            with contextlib.redirect_stderr(io.StringIO()):
                effects, seconds = of_trials(overrides, folder, years)
                verdicts = of_default(overrides, folder, years)
                england = list(of_england(overrides, folder, years))
                quartiles, shares = after_results(overrides, folder), reaching(overrides, folder)
            column = {row: f"{effect:.2f}" for row, effect in effects.items()}
            column |= {
                row.name: f"{value:.3f}{'' if row.allows(value) else ' *'}"
                for row, value in england
            }
            column |= verdicts | shares
            column["last result to departure, home"] = " ".join(
                f"{value:.0f}" for value in quartiles
            )
            column["CPU s a year"] = f"{seconds:.2f}"
            columns[variant] = column
            if variant == FITTED_AGAIN:
                missed += [row.name for row, value in england if not row.allows(value)]
                if not (
                    LEAST_MEDIAN <= quartiles[1] <= MOST_MEDIAN and quartiles[2] >= LEAST_UPPER
                ):
                    missed.append("last result to departure, home")
            print(f"{variant.strip()}: done", file=sys.stderr, flush=True)
    print("\n".join(f"{number}: {variant.strip()}" for number, variant in enumerate(columns)))
    widths = [2 + max(map(len, column.values())) for column in columns.values()]
    print(f"{'':{SHORT}}" + "".join(f"{number:>{width}}" for number, width in enumerate(widths)))
    for row in next(iter(columns.values())):
        cells = (
            f"{column[row]:>{width}}"
            for column, width in zip(columns.values(), widths, strict=True)
        )
        print(f"{row[: SHORT - 1]:{SHORT}}" + "".join(cells))
    print("misses: " + (", ".join(missed) or "none"))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
