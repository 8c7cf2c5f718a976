"""How often `aeflow narrow` holds for twelve departments outside the ensemble: other rotas, sizes, mixtures of causes.

The rule by which the twelve are made was fixed before any was simulated, and none is left out:

- *what makes patients wait*: calibrations halfway between those of two causes of the ensemble (limits of patients in
  hand by their inverse, whole numbers rounded), on the site that has the words of all;
- *rota*: a second triage nurse from 12 to 20 h; one from 8 to 16 h; three from 12 to 20 h and two otherwise; half of
  the doctors by night. Triage minutes keep nurses at the desk as busy by day as in `two_by_day`;
- *size*: 180 to 700 attendances a day, beyond the ensemble at both ends;
- all other numbers: those of departments of either cause, in the order of the ensemble's file.

So none was fitted, and what each is like is printed. Each is observed for 28 days of a week drawn evenly over the year,
as docs/how-to/narrow.md says, rounded as a planner does. Its true effects are means over three years; their standard
errors are printed. A stored run of the default study is then asked by `narrow`. A miss is printed with its size.

    python tests/long/narrow_outside.py results/ai_triage/RUN

Some ten minutes of processor time; replications are kept. Exit code 1: a range of 90 % holds fewer than nine
of twelve true effects of an arm, or more than three departments are refused.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

import simulation as ae
from simulation.assurance.fitting.command import write
from simulation.config import search_folders
from simulation.config.ensembles import Ensemble, ensemble_named
from simulation.errors import ConfigError
from simulation.questions.narrow import (
    SIZE,
    NarrowedEffects,
    Observed,
    ObservedFigure,
    narrow_result,
)
from simulation.records.schema import Floats
from simulation.resumable import run_into
from simulation.runs.result import StudyResult
from simulation.statistics.variance_components import components
from simulation.study.design import Cause, Member, Structure

PAGE = Path(__file__).parents[2] / "docs/how-to/narrow.md"
N_HELD, N_REFUSED, YEARS, DAYS = 9, 3, 3, 28
SEED_OBSERVED, SEED_TRUE = 1729, 4104
TRIED = (
    "nurse",
    "sham",
    "ai_scribe_measured",
    "ai_label_measured_over",
    "ai_documents_measured",
    "lean_triage",
    "one_more_triage_nurse",
    "clinician_14_to_22",
)
MADE = {"evidence": "assumed", "source": "not in the ensemble"}
SCALE, ROTA = "calibration.triage_minutes_scale.value", "staffing.triage_nurses.rota"
BY_DAY, HOURS = 1.125, 26
"""The change of triage minutes of `two_by_day`, and its nurse hours by day."""


def rota(label: str, hours: int, *shifts: tuple[str, int]) -> Structure:
    """A rota of triage nurses with so many hours from 10 to 23 h."""
    stated = tuple({"hours": span, "number": number} for span, number in shifts)
    changes = {ROTA: stated, SCALE: {"times": BY_DAY * hours / HOURS}}
    return Structure(
        label=label,
        weight=1,
        staffing="typical",
        pathway="between_contacts",
        changes=changes,
        **MADE,
    )


NEW = {
    "second_12_to_20": rota("A second triage nurse, 12 to 20 h", 21, ("20-12", 1), ("12-20", 2)),
    "second_8_to_16": rota("A second triage nurse, 8 to 16 h", 19, ("16-8", 1), ("8-16", 2)),
    "three_12_to_20": rota("Three triage nurses, 12 to 20 h", 34, ("20-12", 2), ("12-20", 3)),
    "half_by_night": Structure(
        label="Half of the doctors by night",
        weight=1,
        staffing="typical",
        pathway="between_contacts",
        changes={
            SCALE: {"times": BY_DAY},
            "staffing.doctors.rota.0.number": {"times": 0.5, "whole": True},
        },
        **MADE,
    ),
}
PAIRS = (
    ("clinicians", "places"),
    ("clinicians", "pace"),
    ("places", "mixture"),
    ("pace", "mixture"),
)
SIZES = (180, 430, 620, 330, 230, 700, 280, 480, 580, 380, 660, 530)
WHOLE = (
    "majors_cubicles", "majors_chairs", "corridor_places", "assessment_bays", "corridor_places_more", "take_on_more",
    "take_on_above", "take_on_below", "take_on_every", "decisions_every_minutes", "rate_urgent",
)  # fmt: skip
NO_LIMIT = 9.0
"""Patients in hand that are no limit."""


def halfway(ensemble: Ensemble, pair: tuple[str, str]) -> Cause:
    """A cause halfway between two of the ensemble's, on the site of the mixture."""
    stated = [
        ae.load(f"site={ensemble.causes[name].site}", "ensemble=none").resolved["calibration"]
        for name in (*pair, "mixture")
    ]
    one, other, base = (
        {key: entry["value"] for key, entry in each.items() if isinstance(entry, dict)}
        for each in stated
    )
    changes = {}
    for key, value in base.items():
        ends = one[key], other[key]
        if not all(isinstance(each, int | float) for each in (*ends, value)):
            continue
        middle = sum(ends) / 2
        if key == "patients_in_hand":
            middle = 2 / sum(1 / (each or NO_LIMIT) for each in ends)
        middle = round(middle) if key in WHOLE else round(middle, 4)
        if middle != value:
            changes[f"calibration.{key}.value"] = middle
    mixture = ensemble.causes["mixture"]
    rest = {path: value for path, value in mixture.changes.items() if path.startswith("staffing")}
    return replace(
        mixture, label=f"between {' and '.join(pair)}", weight=1, changes={**rest, **changes}
    )


def hidden(ensemble: Ensemble) -> Ensemble:
    """The twelve departments, as an ensemble."""
    causes = {"_".join(pair): halfway(ensemble, pair) for pair in PAIRS}
    place = list(ensemble.parameters).index(SIZE.measure)
    members = [ensemble.member(number) for number in range(len(ensemble.departments))]
    chosen = []
    for number, size in enumerate(SIZES):
        pair = PAIRS[number % len(PAIRS)]
        like = [each for each in members if each.cause in pair][number // len(PAIRS)]
        values = (*like.values[:place], float(size), *like.values[place + 1 :])
        structure = list(NEW)[(number + number // len(PAIRS)) % len(NEW)]
        chosen.append(Member(structure=structure, values=values, cause="_".join(pair)))
    parameters = dict(ensemble.parameters)
    parameters["size"] = replace(
        parameters["size"], range=(float(min(SIZES)), float(max(SIZES))), quantiles=()
    )
    return replace(
        ensemble,
        name="hidden",
        structures=NEW,
        causes=causes,
        parameters=parameters,
        departments=tuple(chosen),
    )


def run_of(folder: Path, seed: int, *words: str) -> StudyResult:
    """A run of some arms of the default study over the departments, resumed if it is there."""
    asked = ("study=ai_triage", "ensemble=hidden", "run.departments=12", f"run.seed={seed}", *words)
    study = ae.load(*asked, config_dir=str(folder / "configs"))
    arms = tuple(arm for arm in study.arms if arm.name in TRIED)
    study = replace(study, arms=arms, design=study.design.restricted_to([arm.name for arm in arms]))
    return run_into(study, folder / "results", say=print).result


def answer(result: StudyResult, seen: StudyResult, number: int) -> NarrowedEffects:
    """What `narrow` says of a department, observed as the page says. Raises ConfigError."""
    page = yaml.safe_load(
        PAGE.read_text(encoding="utf-8").partition("```yaml")[2].partition("```")[0]
    )
    figures = []
    for stated in page["figures"]:
        measure, group = stated["measure"], stated.get("group", "all")
        value = float(seen.values(seen.design.baseline, measure, group)[number])
        digits = 0 if measure.endswith(("wait_mean", "minutes_mean")) else 2
        figures.append(
            ObservedFigure(measure=measure, group=group, value=round(value, digits), days=DAYS)
        )
    week = seen.run.calendar(number).start_week
    observed = Observed(figures=tuple(figures), attendances_per_day=SIZES[number], week=week)
    return narrow_result(result, observed, f"department {number}")


def judged(result: StudyResult, seen: StudyResult, true: StudyResult) -> bool:
    """Print a row for each department, each miss, and a row for each arm; whether enough are held."""
    target, over = result.first_target, true.study.departments
    assert true.department_of is not None
    assert over is not None
    arms = [arm.name for arm in true.others if arm.name in result.measures]
    moments = components(
        np.column_stack([true.differences(arm, target) for arm in arms]), true.department_of
    )
    errors = np.sqrt(np.diagonal(moments.within) / YEARS)
    held: list[Floats] = []
    widths, n_refused = [], 0
    for number in range(len(SIZES)):
        name = f"{number} ({over.structure_of[number]}, {SIZES[number]} a day)"
        share = true.values(true.design.baseline, "within_4h_share")[
            true.department_of == number
        ].mean()
        try:
            found = answer(result, seen, number)
        except ConfigError as refused:
            n_refused += 1
            print(f"  {name}: refused: {refused}")
            continue
        points = ", ".join(
            f"{cause[:20]} {chance:.0%}" for cause, chance in found.causes.items() if chance > 0.01
        )
        outside = [
            each.measure
            for each, is_out in zip(found.names, found.is_outside, strict=True)
            if is_out
        ]
        given = ", ".join(f"{value:g}" for value in found.values)
        print(
            f"  {name}: within 4 h {share:.0%}; told {given}; {points}; outside: {outside or 'none'}"
        )
        effects = [found.effects[arm, target] for arm in arms]
        _, low, high = np.array([effect.here for effect in effects]).T
        _, lowest, highest = np.array([effect.everywhere for effect in effects]).T
        truth = moments.means[number]
        held.append((low <= truth) & (truth <= high))
        widths.append((high - low) / np.where(highest > lowest, highest - lowest, np.nan))
        for arm, is_held, value, least, most in zip(arms, held[-1], truth, low, high, strict=True):
            if not is_held:
                print(f"    missed {arm}: {value:.1f}, said {least:.1f} to {most:.1f}")
    n_held = np.sum(held, axis=0)
    for arm, n, width, error in zip(
        arms, n_held, np.nanmedian(widths, axis=0), errors, strict=True
    ):
        print(
            f"  {arm:<28}{n:>3} of {len(held)} held{width:>8.2f} of the width{error:>7.2f} minutes: error"
        )
    print(f"  {n_refused} of {len(SIZES)} refused")
    return bool((n_held >= N_HELD).all()) and n_refused <= N_REFUSED


def report(stored: Path, folder: Path, config_dir: str | None) -> bool:
    """Make, observe, simulate and ask; whether what is asked holds."""
    ensemble = hidden(ensemble_named("england", search_folders(config_dir)))
    write(
        folder / "configs" / "ensembles" / "hidden.yaml",
        ensemble,
        "no row, and are not in the ensemble",
    )
    n = len(SIZES)
    seen = run_of(
        folder, SEED_OBSERVED, "run=weeks", f"run.measured_days={DAYS}", f"run.replications={n}"
    )
    true = run_of(folder, SEED_TRUE, "run.measured_days=364", f"run.replications={n * YEARS}")
    return judged(ae.read(stored), seen, true)


def main() -> int:
    """Try one stored run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stored", type=Path, help="of a run of the default study")
    parser.add_argument("--folder", type=Path, default=Path("results/narrow_outside"))
    parser.add_argument("--config-dir", help="that has the ensemble 'england'")
    asked = parser.parse_args()
    return 0 if report(asked.stored, asked.folder, asked.config_dir) else 1


if __name__ == "__main__":
    sys.exit(main())
