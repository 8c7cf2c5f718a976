"""How often `aeflow narrow` holds for 40 departments outside the ensemble, of at least six rotas, two of them new.

The rule by which the 40 are drawn was fixed before any was simulated. It is the second: the 40 of the first rule (new
rotas: a second nurse from 12 to 20 h, four by day) showed that ranges were too narrow, and nothing here is of them.

28 have a structure of the ensemble. The emulator of the finished build draws 200 departments as `aeflow ensemble` does,
by the chance of the mean of ten years to meet every row; none of them was simulated in the build. They are tried in an
order drawn at random; at most eight of a structure are taken. Twelve have a rota that no structure has: six have a
second triage nurse from 8 to 16 h only, six have three nurses from 12 to 20 h and two at all other hours. They are
departments of the ensemble's file, in its order, with that rota and with triage minutes that leave the busy share by
day as it was. Each of the 40 must meet the eight rows that are not about age or hour on the mean of four fresh years.

Each is observed for 28 days of a week drawn evenly over the year: the wait of walk-ins for triage, the minutes of a
triage, and how many triage nurses are on by day. Its true effects are means over six pairs of years; their standard
errors are printed. A stored run of the default study (60 departments, two replications of 12 weeks each) is then asked
by `narrow`. All who are asked count alike, those of new rotas, too; those refused as outside the run are counted apart.

    python tests/long/narrow_outside.py results/ai_triage/RUN results/ensembles/typical-KEY

About half an hour on two cores; replications are kept as they end. Exit code 1: of scribe, lean triage and one more
nurse, a range of 90 % holds less than 85 % of the true effects, or is more than .6 as wide as over all departments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import simulation as ae
from simulation.assurance.fitting.build import Builder, Site, Year, YearsFile, simulate_years
from simulation.assurance.fitting.command import write
from simulation.assurance.fitting.emulator import space_of, walk
from simulation.assurance.targets import targets_named
from simulation.config import search_folders
from simulation.config.composing import stated_in
from simulation.config.ensembles import Ensemble, ensemble_named, priors_named
from simulation.errors import ConfigError
from simulation.questions.narrow import Observed, ObservedFigure, narrow_result
from simulation.records.schema import Mask
from simulation.resumable import run_into
from simulation.runs.result import StudyResult
from simulation.statistics.variance_components import components
from simulation.study.design import Member, Structure

N_KNOWN, N_EACH_ROTA, N_YEARS = 28, 6, 4
N_DRAWN, MOST_OF_STRUCTURE, SEED_DRAWN = 200, 8, 137
AHEAD = 10
ASKED_HELD, ASKED_WIDTH = 0.85, 0.6
FIRST_YEAR, SEED_OBSERVED, SEED_TRUE = 6_000_000, 1729, 4104
PAIRS = 6
"""Pairs of years of each department, and of its true effects."""
ABOUT_AGE_OR_HOUR = ("children", "18-64", "65-79", "80 and over", "arrival 20-8 h")
JUDGED = ("ai_scribe_measured", "lean_triage", "one_more_triage_nurse")
TRIED = (
    "nurse",
    "sham",
    *JUDGED,
    "ai_label_measured_over",
    "ai_documents_measured",
    "clinician_14_to_22",
)
"""The arms that are simulated: those that the rule judges, and some of which the share held is printed."""
FIGURES = (
    ("walk_in_triage_wait_mean", "all"),
    ("walk_in_triage_minutes_mean", "all"),
    ("on_duty_by_day_mean", "pool=triage_nurses"),
)
MADE = {"evidence": "assumed", "source": "a rota that no structure of the ensemble has"}
SCALE = "calibration.triage_minutes_scale.value"
ROTA = "staffing.triage_nurses.rota"
NEW = {
    "second_nurse_8_to_16": Structure(
        label="A second triage nurse from 8 to 16 h",
        weight=1,
        changes={
            ROTA: ({"hours": "16-8", "number": 1}, {"hours": "8-16", "number": 2}),
            SCALE: {"times": 1.125 * 19 / 26},
        },
        **MADE,
    ),
    "three_12_to_20": Structure(
        label="Three triage nurses from 12 to 20 h, two at all other hours",
        weight=1,
        changes={
            ROTA: ({"hours": "20-12", "number": 2}, {"hours": "12-20", "number": 3}),
            SCALE: {"times": 1.125 * 34 / 26},
        },
        **MADE,
    ),
}
"""Rotas of no structure; their minutes keep the nurses at the desk as busy by day as in `two_by_day`."""


def candidates(ensemble: Ensemble, known: list[Member]) -> Iterator[tuple[str, Member]]:
    """Departments in the order in which they are tried, each with the group that it is to fill."""
    for member in known:
        yield "known", member
    for name in NEW:
        for number in range(len(ensemble.departments)):
            yield name, replace(ensemble.member(number), structure=name)


def meets_rows(site: Site, years: list[Year]) -> bool:
    """Whether the mean of some years meets every row that is not about age or hour."""
    rows = [
        target
        for target in site.fitted
        if not any(words in target.name for words in ABOUT_AGE_OR_HOUR)
    ]
    assert len(rows) == 8
    return all(
        bool(target.allows(np.mean([year.rows[target.name] for year in years]))) for target in rows
    )


def drawn(ensemble: Ensemble, known: list[Member], site: Site, kept: Path) -> list[Member]:
    """The 40 departments, by the rule; years are simulated of some candidates ahead, which changes none of them."""
    wanted = {"known": N_KNOWN, **dict.fromkeys(NEW, N_EACH_ROTA)}
    chosen: list[Member] = []

    def is_wanted(group: str, member: Member) -> bool:
        alike = sum(each.structure == member.structure for each in chosen)
        return bool(wanted[group]) and alike < MOST_OF_STRUCTURE

    numbered = list(enumerate(candidates(ensemble, known)))
    with YearsFile(kept) as file:
        for first in range(0, len(numbered), AHEAD):
            block = [
                (place, each) for place, each in numbered[first : first + AHEAD] if is_wanted(*each)
            ]
            years = {
                FIRST_YEAR + N_YEARS * place + k: each[1]
                for place, each in block
                for k in range(N_YEARS)
            }
            for year in simulate_years(
                site, {n: member for n, member in years.items() if n not in file.years}
            ):
                file.add(year)
            for place, (group, member) in block:
                numbers = [FIRST_YEAR + N_YEARS * place + k for k in range(N_YEARS)]
                if is_wanted(group, member) and meets_rows(
                    site, [file.years[number] for number in numbers]
                ):
                    chosen.append(member)
                    wanted[group] -= 1
                    print(
                        f"  {len(chosen)} of 40 (candidate {place + 1}): {member.structure}",
                        flush=True,
                    )
    if any(wanted.values()):
        sys.exit(f"too few departments meet the rows: {wanted} are missing")
    return chosen


def run_of(folder: Path, seed: int, *words: str) -> StudyResult:
    """A run of the default study over the 40 departments, resumed if it is there."""
    asked = ("study=ai_triage", "ensemble=hidden", "run.departments=40", f"run.seed={seed}", *words)
    study = ae.load(*asked, config_dir=str(folder / "configs"))
    arms = tuple(arm for arm in study.arms if arm.name in TRIED)
    study = replace(study, arms=arms, design=study.design.restricted_to(TRIED))
    return run_into(study, folder / "results", say=lambda words: None).result


def judged(result: StudyResult, seen: StudyResult, true: StudyResult, new: Mask) -> bool:
    """Print rows for each arm of the stored run; whether what is asked of the three arms holds.

    new: which departments have a rota that no structure of the ensemble has, shape (40,).
    """
    target = result.first_target
    arms = [arm.name for arm in result.others if arm.name in true.measures]
    effects = np.column_stack([true.differences(arm, target) for arm in arms])
    assert true.department_of is not None
    moments = components(effects, true.department_of)
    errors = np.sqrt(
        np.diagonal(moments.squares, axis1=1, axis2=2)
        / (moments.n[:, None] - 1)
        / moments.n[:, None]
    )
    figures = [seen.values(seen.design.baseline, *key) for key in FIGURES]
    held, widths, asked, sham = [], [], [], []
    for number in range(40):
        stated = [
            ObservedFigure(measure=measure, group=group, value=float(values[number]), days=28)
            for (measure, group), values in zip(FIGURES, figures, strict=True)
        ]
        week = seen.run.calendar(number).start_week
        try:
            found = narrow_result(
                result, Observed(figures=tuple(stated), week=week), f"department {number}"
            )
        except ConfigError as refused:
            print(f"  refused: {refused}")
            continue
        effects = [found.effects[arm, target] for arm in arms]
        _, low, high = np.array([effect.here for effect in effects]).T
        _, lowest, highest = np.array([effect.everywhere for effect in effects]).T
        asked.append(number)
        held.append((low <= moments.means[number]) & (moments.means[number] <= high))
        before = highest - lowest
        widths.append((high - low) / np.where(before > 0, before, np.nan))
        sham.append(low[arms.index("sham")] < 0 < high[arms.index("sham")])
    print(f"{len(asked)} of 40 asked, {40 - len(asked)} refused as outside the run's departments")
    print(f"  the range of the sham, which has no effect, holds 0 in {np.mean(sham):.0%}")
    is_new = new[asked]
    print(
        f"  held by the range: of all asked, of {(~is_new).sum()} with a known rota, of {is_new.sum()} with a new one"
    )
    passes = True
    for column, arm in enumerate(arms):
        of_arm, width = np.array(held)[:, column], np.median(np.array(widths)[:, column])
        shares = "".join(
            f"{of_arm[rows].mean():>7.0%}" for rows in (is_new | True, ~is_new, is_new)
        )
        error = np.median(errors[:, column])
        print(
            f"  {arm:<28}{shares}{width:>10.2f} of the width{error:>8.2f} minutes: error of the true effect"
        )
        passes &= arm not in JUDGED or bool(of_arm.mean() >= ASKED_HELD and width <= ASKED_WIDTH)
    return passes


def report(stored: Path, build: Path, folder: Path) -> bool:
    """Draw, observe, simulate and ask; whether what is asked holds."""
    folders = search_folders(None)
    ensemble, priors = ensemble_named("typical", folders), priors_named("typical", folders)
    composed = stated_in(["run=validation"], folders)
    space = space_of(priors, composed.raw)
    targets = targets_named("england", folders)
    with YearsFile(build / "years.jsonl") as file:
        site = Site(composed, folders, priors, targets)
        builder = Builder(site, priors.judged_by_mean, file, site.study.run.seed, print)
        emulator, fit = builder._learn(file.of_waves())
        rng, start = np.random.default_rng(SEED_DRAWN), space.points([year.member for year in fit])
        points = walk(emulator.log_chance, space.n_dims, rng, start, n_chains=N_DRAWN)
        known = [space.member(point) for point in rng.permutation(np.unique(points, axis=0))]
    space = replace(space, structures={**space.structures, **NEW})
    chosen = drawn(
        ensemble, known, Site(composed, folders, priors, targets), folder / "years.jsonl"
    )
    hidden = replace(
        ensemble, name="hidden", structures=dict(space.structures), departments=tuple(chosen)
    )
    write(
        folder / "configs" / "ensembles" / "hidden.yaml",
        hidden,
        "the eight rows, and are not in the ensemble",
    )
    seen = run_of(folder, SEED_OBSERVED, "run=weeks", "run.measured_days=28", "run.replications=40")
    true = run_of(folder, SEED_TRUE, "run.measured_days=364", f"run.replications={40 * PAIRS}")
    return judged(
        ae.read(stored), seen, true, np.array([member.structure in NEW for member in chosen])
    )


def main() -> int:
    """Try one stored run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stored", type=Path, help="of a run of the default study")
    parser.add_argument("build", type=Path, help="of the build of its ensemble")
    parser.add_argument("--folder", type=Path, default=Path("results/narrow_outside_2"))
    asked = parser.parse_args()
    return 0 if report(asked.stored, asked.build, asked.folder) else 1


if __name__ == "__main__":
    sys.exit(main())
