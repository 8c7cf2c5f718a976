"""What each change of the arms of published trials did, one mechanism after another, on the same departments.

On 1 December 2026 the arms of `configs/study/known_effects.yaml` were brought to their trials' dose. Here each change
is taken back out of today's arms alone, then all of them together (*before*), and the rows that it touches are run on
the departments and replications of `aeflow validate only=known_effects`. Then stands the score of the rows that had an
arm before: as the arms were, with each change taken out, and now. The judgements, how much of the later contact is left
after a look and of the minutes of a contact with a senior, are run at both ends of their ranges, .5 and 1. Some of the
arms as they were leave patients waiting for staff who have gone, which the check of a study refuses: here it is off.

    python tests/long/trial_arms.py [--departments 20] [--only TEXT]

`--only`: the rows whose name holds this text, without a score. About seventeen minutes of one processor for all.
"""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from simulation.api import compare
from simulation.assurance.known_effects import (
    EFFECTS,
    STUDY,
    KnownEffect,
    KnownEffects,
    known_effects_of,
)
from simulation.assurance.targets import PublishedFigure, targets_named
from simulation.assurance.trial_score import Scores
from simulation.config import ensembles, load, packaged_configs, studies

Patch = Mapping[str, Any]
"""Changes of an arm's changes: a key, or `key>key within it`, and its value; None takes it out."""
FRONT, DISCHARGES = "pathway.steps.triage_doctor", "pathway.steps.triage_doctor_discharges"
DOOR, CHOSEN = (f"pathway.branches.triage_doctor_{name}" for name in ("door", "chosen"))
SITS = "pathway.branches.triage_doctor_sits>cases"
STAFF = "staffing.triage_doctors>rota"
LEVEL = "pathway.branches.triage_doctor_level"
TO_DOOR = {"yes": "ordering", "no": "triage_doctor_door"}
DELAYS = {f"pathway.steps.early_sampling.{key}": None for key in ("any_of", "minutes")}
SHORTER = (
    *(f"pathway.steps.{name}_contact_shorter" for name in ("majors", "minors")),
    *(f"pathway.branches.{name}_looked" for name in ("majors", "minors")),
    "pathway.branches.majors_right.cases.very_urgent",
    "pathway.branches.majors_right_urgent.otherwise",
    "pathway.branches.majors_right_low.cases.yes",
    "pathway.branches.minors_right.otherwise",
    "pathway.branches.minors_right_urgent.cases.injury",
)
NOT_SHORTER = dict.fromkeys(SHORTER)
SEATS = dict.fromkeys(
    (
        "pathway.branches.low_area.cases.no",
        "pathway.branches.one_area",
        "pathway.branches.majors_right_low.cases.no",
        "site.pools.majors_chairs.extra",
    )
)
LOADS = dict.fromkeys(
    f"site.arrivals.{name}.per_day" for name in ("walk_in", "ambulance", "referred")
)
ALONE = {f"{FRONT}>overflow": None}
BOTH_ALONE = {**ALONE, f"{DISCHARGES}>overflow": None}


def one(hours: str, days: str = "") -> list[dict[str, Any]]:
    """A rota of one, on some days of the week."""
    return [{"hours": hours, "number": 1, **({"days": days} if days else {})}]


def some(share: float) -> dict[str, Any]:
    """A coin that sends a share of patients to the doctor at the front."""
    targets = {"triage_doctor_full": share, "ordering": round(1 - share, 3)}
    return {"kind": "chance", "targets": targets, "evidence": "assumed", "source": "a dose"}


TAKEN_OUT: Mapping[str, Mapping[str, Patch]] = {
    "any doctor takes who has waited": {
        "doctor_at_triage": ALONE,
        "faculty_triage": ALONE,
        "physician_orders": ALONE,
        "fast_track_clinician_moved": ALONE,
        "doctor_and_nurse_added": ALONE,
        "team_triage_moved": BOTH_ALONE,
        "senior_assessment_moved": ALONE,
        "physician_led_team_triage": ALONE,
        "medical_team_evaluation": BOTH_ALONE,
    },
    "two for one": {
        "doctor_at_triage": {STAFF: one("11-20"), CHOSEN: some(0.42)},
        "faculty_triage": {STAFF: one("9-21", "mon")},
        "physician_orders": {
            STAFF: one("11-23"),
            f"{DOOR}>days": None,
        },
        "fast_track_clinician_moved": {
            STAFF: one("11-23"),
            "staffing.practitioners.extra_shifts": [{"hours": "11-23", "number": -1}],
        },
        "doctor_and_nurse_added": {
            STAFF: one("8-14:30", "mon-fri"),
            "staffing.majors_nurses.extra_shifts": one("8-14:30", "mon-fri"),
            f"{DOOR}>then": "triage_doctor_chosen",
            CHOSEN: some(0.5),
        },
        "team_triage_moved": {
            STAFF: one("9-12"),
            "staffing.doctors.extra_shifts": [{"hours": "9-12", "number": -1}],
        },
    },
    "the front sees levels 2 and 3": {
        "doctor_at_triage": {SITS: TO_DOOR, LEVEL: None, CHOSEN: some(0.46)},
        "doctor_and_nurse_added": {
            SITS: TO_DOOR,
            LEVEL: None,
            f"{DOOR}>then": "triage_doctor_chosen",
            CHOSEN: some(0.54),
        },
    },
    "a look shortens the later contact": {
        "faculty_triage": NOT_SHORTER,
        "physician_orders": NOT_SHORTER,
        "fast_track_clinician_moved": NOT_SHORTER,
        "team_triage_moved": NOT_SHORTER,
        "medical_team_evaluation": NOT_SHORTER,
    },
    "a senior takes .8 of the minutes": {
        "team_triage_moved": {f"{DISCHARGES}>times": None},
        "senior_assessment_moved": {f"{FRONT}>times": None},
        "physician_led_team_triage": {f"{FRONT}>times": None},
        "medical_team_evaluation": {f"{DISCHARGES}>times": None},
    },
    "a sample delays nobody": {
        "nurse_orders_tests": DELAYS,
        "standing_orders": DELAYS,
        "faculty_triage": DELAYS,
        "physician_orders": DELAYS,
        "fast_track_clinician_moved": DELAYS,
    },
    "rooms without a fast track are seats": {
        "no_fast_track": SEATS,
        "no_fast_track_one_fewer": SEATS,
    },
    "scribes in the trial's share of shifts": {
        "scribes_in_a_seventh": {"triage.covers.share": None}
    },
    "with the trial's volume": {"scribes_and_volume": LOADS},
    "beds by occupancy": {"intensive_care_beds": {"site.pools.specialist_beds.extra": 39}},
}
"""What takes each change of 1 December 2026 out of today's arms."""
TOGETHER: Mapping[str, Patch] = {
    "doctor_at_triage": {CHOSEN: some(0.23)},
    "doctor_and_nurse_added": {CHOSEN: some(0.27)},
}
"""What else stands in the arms as they were, because two changes move the same number."""
LATER = [f"pathway.steps.{name}_contact_shorter>times" for name in ("majors", "minors")]
LOOKS = (
    "faculty_triage", "physician_orders", "fast_track_clinician_moved", "team_triage_moved", "medical_team_evaluation",
    "senior_does_triage", "rapid_assessment", "physician_13_to_21",
)  # fmt: skip
SENIORS = {
    "team_triage_moved": DISCHARGES, "medical_team_evaluation": DISCHARGES,
    "senior_assessment_moved": FRONT, "physician_led_team_triage": FRONT,
}  # fmt: skip
ENDS = (0.5, 1.0)
RANGES: Mapping[str, Mapping[str, tuple[Patch, ...]]] = {
    "what a look leaves of the later contact": {
        arm: tuple(dict.fromkeys(LATER, end) for end in ENDS) for arm in LOOKS
    },
    "what a senior takes of the minutes": {
        arm: tuple({f"{step}>times": end} for end in ENDS) for arm, step in SENIORS.items()
    },
}
"""The two judgements at both ends of their ranges."""
NEW = ("senior_does_triage", "rapid_assessment", "physician_13_to_21", "patients_down_65", "longer_contacts",
       "laboratory_30_longer", "emptier_wards", "a_tenth_more_admitted", "patients_down_34")  # fmt: skip
"""Arms of trials that were found on 30 November 2026, which had no arm before."""
BEFORE = "before"


def patched(changes: Mapping[str, Any], *patches: Patch) -> dict[str, Any]:
    """The changes of an arm with some patches, one after another."""
    made = copy.deepcopy(dict(changes))
    for patch in patches:
        for path, value in patch.items():
            key, _, within = path.partition(">")
            holder, name = (made[key], within) if within else (made, key)
            if value is None:
                holder.pop(name, None)
            else:
                holder[name] = copy.deepcopy(value)
    return made


def variants(arms: Collection[str]) -> dict[tuple[str, str], tuple[Patch, ...]]:
    """By arm and name of a variant the patches that make it."""
    made: dict[tuple[str, str], tuple[Patch, ...]] = {}
    for name, by_arm in TAKEN_OUT.items():
        for arm, patch in by_arm.items():
            made[arm, name] = (patch,)
            made[arm, BEFORE] = (*made.get((arm, BEFORE), ()), patch)
    for arm, patch in TOGETHER.items():
        made[arm, BEFORE] += (patch,)
    for name, ends_of in RANGES.items():
        for arm, ends in ends_of.items():
            for end, patch in zip(ENDS, ends, strict=True):
                made[arm, f"{name}: {end}"] = (patch,)
    return {key: patches for key, patches in made.items() if key[0] in arms}


def run(
    n_departments: int, only: str
) -> tuple[list[KnownEffect], dict[tuple[str, str], list[KnownEffect]]]:
    """Each row now, and by arm and variant its rows."""
    targets = targets_named(EFFECTS, [packaged_configs()])
    rows = [row for row in targets if only in row.name]
    study = yaml.safe_load((packaged_configs() / "study" / f"{STUDY}.yaml").read_text("utf-8"))
    wanted = {arm for row in rows for arm in (row.change, row.against)} - {""}
    kept = {study["baseline"], study["sham"], *wanted}
    made = variants(wanted)
    arms = {name: arm for name, arm in study["arms"].items() if name in kept}
    names = {key: f"variant_{number}" for number, key in enumerate(made)}
    for (arm, name), patches in made.items():
        changed = patched(arms[arm].get("changes", {}), *patches)
        label = f"{arms[arm]['label']} ({name})"
        arms[names[arm, name]] = {**copy.deepcopy(arms[arm]), "label": label, "changes": changed}
    variant_rows: list[tuple[tuple[str, str], PublishedFigure]] = [
        (key, replace(row, change=name) if row.change == key[0] else replace(row, against=name))
        for key, name in names.items()
        for row in rows
        if key[0] in (row.change, row.against)
    ]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "study").mkdir()
        path = Path(folder) / "study" / "trial_arms.yaml"
        content = {**study, "name": "trial_arms", "arms": arms}
        defaults = content.pop("defaults")
        text = yaml.safe_dump({"defaults": defaults, **content}, sort_keys=False)
        path.write_text(text, encoding="utf-8", newline="\n")
        length = (f"run.departments={n_departments}", f"run.replications={2 * n_departments}")
        words = ("study=trial_arms", *length, "executor=serial", "engine=compiled")
        result = compare(load(*words, config_dir=folder))
    effects = known_effects_of(result, [*rows, *(row for _, row in variant_rows)]).rows
    found: dict[tuple[str, str], list[KnownEffect]] = {}
    for (key, _), effect in zip(variant_rows, effects[len(rows) :], strict=True):
        found.setdefault(key, []).append(effect)
    return list(effects[: len(rows)]), found


def scored(now: Sequence[KnownEffect], instead: Sequence[KnownEffect]) -> Scores:
    """The score of the rows that had an arm before, some of them replaced."""
    had_one = [row for row in now if not {row.target.change, row.target.against} & {*NEW}]
    others = {row.target.name: row for row in instead}
    rows = [others.get(row.target.name, row) for row in had_one]
    return KnownEffects(tuple(rows), 0, 0, 0).scores["all"]


def show(value: float, target: PublishedFigure) -> str:
    """An effect in the unit or on the scale of its row; a difference of shares in points."""
    if target.scale != "difference":
        return f"{value:.2f}"
    return f"{100 * value:+.1f}" if target.unit == "share" else f"{value:+.1f}"


def cells(target: PublishedFigure, *rows: KnownEffect) -> str:
    """The name of a row, the published effect and modelled ones, as cells of a table."""
    shown = [show(target.value or 0.0, target), *(show(row.found.mean, target) for row in rows)]
    return " | ".join([target.name, *shown])


def lines(
    now: Sequence[KnownEffect],
    found: Mapping[tuple[str, str], Sequence[KnownEffect]],
    *,
    score: bool,
) -> Iterator[str]:
    """The three tables."""
    of_row = {row.target.name: row for row in now}
    before = {
        row.target.name: row for (_, name), rows in found.items() if name == BEFORE for row in rows
    }
    yield "| change | row | published | as it was | without this change | now |"
    yield "|---|---|---|---|---|---|"
    for change in TAKEN_OUT:
        for (_, variant), rows in found.items():
            for row in rows if variant == change else ():
                name = row.target.name
                yield f"| {change} | {cells(row.target, before[name], row, of_row[name])} |"
    yield ""
    yield "| judgement | row | published | at .5 | now | at 1 |"
    yield "|---|---|---|---|---|---|"
    for judgement, by_arm in RANGES.items():
        for arm in by_arm:
            ends = [found.get((arm, f"{judgement}: {end}"), []) for end in ENDS]
            for low, high in zip(*ends, strict=True):
                row = of_row[low.target.name]
                yield f"| {judgement} | {cells(row.target, low, row, high)} |"
    if not score:
        return
    yield ""
    yield "| arms | rows, studies | error: model | no effect | guess | rank | sign right |"
    yield "|---|---|---|---|---|---|---|"
    ends_of = [f"{judgement}: {end}" for judgement in RANGES for end in ENDS]
    for name in ("now", BEFORE, *TAKEN_OUT, *ends_of):
        rows = [row for (_, variant), rows in found.items() if variant == name for row in rows]
        scores = scored(now, rows)
        label = f"without: {name}" if name in TAKEN_OUT else name
        errors = [of.error.value for of in (scores.model, scores.no_effect, scores.guess)]
        numbers = " | ".join(f"{error:.3f}" for error in errors)
        right = f"{scores.model.right} of {scores.model.n_signed}"
        rank = scores.model.rank.value
        yield f"| {label} | {scores.n_rows}, {scores.n_studies} | {numbers} | {rank:+.2f} | {right} |"


def main(words: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("--departments", type=int, default=20)
    asked.add_argument("--only", default="")
    given = asked.parse_args(words)
    for room in (studies, ensembles):  # arms as they were are refused by both
        room.staff_gone_faults = lambda design, arms: iter(())  # type: ignore[attr-defined]
    now, found = run(given.departments, given.only)
    print("\n".join(lines(now, found, score=not given.only)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
