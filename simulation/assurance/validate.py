"""`aeflow validate`: theory and published models, then the site against published figures and its responses.

Of a site beside published NHS figures there are five kinds of row. input: set by hand, shown, not counted.
calibrated: the fitted values were chosen to meet it. plausible: a bound nobody published. predicted: not used in
choosing the fitted values. response: what a change to the department does, on the same draws. A row passes where its
value is in the band and its 95 % interval is no wider than the band, so that noise helps no row to pass. Every row is
judged on all replications, day profiles included. Nothing is tuned here.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

from simulation.api import compare
from simulation.assurance.known_effects import EFFECTS, effects_text, validate_known_effects
from simulation.assurance.lines import text_of
from simulation.assurance.responses import (
    responses_text,
    validate_responses,
)
from simulation.assurance.targets import (
    AS_IS,
    BUSY,
    CHANGES,
    CLINICIAN,
    FEWER_STAFF,
    LONGER,
    LONGER_STAYS,
    MONTHS,
    SCENARIOS,
    PublishedFigure,
    Replications,
    Say,
    busy_by_day,
    checked_targets,
    chosen_targets,
    fewer_beds,
    figure,
    four_hours_by_hour,
    one_clinician_fewer,
    pools_of,
    response_of,
    targets_for,
    targets_named,
    telling,
    with_defaults,
    with_measures_of,
    with_override,
)
from simulation.assurance.theory.rows import (
    FALSE_ALARM,
    MUTATIONS,
    VALUES,
    RunSize,
    caught,
    rerun_threshold,
    theory_rows,
    threshold,
)
from simulation.assurance.theory.treatment_centre import as_text as model_text
from simulation.assurance.theory.treatment_centre import treatment_centre_rows
from simulation.config import load, packaged_configs, pathway_from, search_folders
from simulation.config.composing import stated_in
from simulation.config.files import file_named, names_in
from simulation.config.writing import yaml_text
from simulation.department.vocabulary import ACUITY_GIVEN, Pathway
from simulation.errors import Fault, Faults, refuse
from simulation.patients import draw
from simulation.records.schema import Floats
from simulation.records.serialise import read_yaml
from simulation.runs.atomic import write_file
from simulation.statistics.intervals import estimate_interval
from simulation.study.offered_load import in_a_mean_week, offered_load
from simulation.study.statements import BANNER
from simulation.study.study import ReadyArm
from simulation.triage.apply import apply

LOAD_DAYS = 84
HOW_IT_IS_RUN = ("run", "engine", "executor", "workers", "results")
FILES = ("site", "study")
"""Overrides that choose files and leave their values as they are; `site.NAME=VALUE` does not."""


def validate_site(
    overrides: Sequence[str] = (),
    *,
    targets: str | None = None,
    config_dir: str | Path | None = None,
    responses: bool = True,
    say: Say | None = None,
) -> FigureTable:
    """The site's figures under the baseline arm and under every change, each held against its target.

    `overrides` are those of the command line; `run=` and `engine=` in them win over `validation` and `compiled`.
    `targets` names a file; None: the department's own, else England's. `say` is told what runs.
    Without `responses` those rows are left out. Raises ConfigError.
    """
    began = time.perf_counter()
    overridden = overridden_by(overrides)
    overrides = with_defaults(overrides, "run=validation", "engine=compiled")
    folders = search_folders(config_dir)
    targets = targets or targets_for(stated_in(overrides, folders).choices, folders)
    wanted = tuple(
        target
        for target in targets_named(targets, folders)
        if responses or target.kind != "response"
    )
    site = SiteRuns(overrides, config_dir)
    if site.study.run.replications < 2:
        refuse("run.replications", "is 1", "Run two or more: rows are judged by standard errors")
    wanted = checked_targets(wanted, targets, site.study)
    run, n_rows = site.study.run, len(wanted)
    n = len({target.change for target in wanted if target.kind == "response"})
    under = f", as it is and under {n} change{'s' if n > 1 else ''}" if n else ""
    words = (
        f"Simulating {site.department}{under}, to hold it against {n_rows} row{'s' if n_rows > 1 else ''} of "
        f"targets/{targets}.yaml: {run.replications} replications of {run.measured_days} days"
    )
    with telling(say, words, run.replications) as done:
        arms = site.arms(wanted, done)
    responses_last = sorted(wanted, key=lambda target: target.kind == "response")
    file = site.calibration_file()
    return FigureTable(
        site=site.department,
        targets=targets,
        rows=tuple(
            row for target in responses_last for row in _rows_of(target, arms, site.pathway)
        ),
        calibration=site.calibration(),
        calibration_file=f"configs/calibration/{file.name}" if file else "",
        calibration_sha256=calibration_hash(file) if file else "",
        overridden=overridden,
        predictions=read_predictions(predictions_path(file.stem)) if file else None,
        triage_load=_triage_load(site.study.baseline, run.seed),
        four_hours_by_hour=four_hours_by_hour(arms[AS_IS]),
        fewer_in=site.fewer_in,
        weeks=run.replications * run.measured_days / 7,
        replications=run.replications,
        engine=site.study.engine,
        seconds=time.perf_counter() - began,
        differs=site.differs(),
    )


def overridden_by(overrides: Sequence[str]) -> tuple[str, ...]:
    """The keys of overrides that make the site another one than its files, and the hash of its fitted values, say."""
    keys = {override.split("=", 1)[0] for override in overrides} - {*FILES}
    return tuple(sorted(key for key in keys if key.split(".")[0] not in HOW_IT_IS_RUN))


def judged(target: PublishedFigure, values: Floats) -> Row:
    """A row from one number a replication: the mean, its interval, and whether it is in the target's band."""
    over = estimate_interval(values)
    return Row(target, float(values.mean()), over.sd / math.sqrt(len(values)), over.half_width)


def _rows_of(
    target: PublishedFigure, arms: Mapping[str, Replications], pathway: Pathway
) -> Iterator[Row]:
    """The row of a level, or of the paired difference that a change makes; a row for each pool of clinicians."""
    if target.kind == "response":
        yield judged(target, response_of(target, arms))
    elif target.measure != BUSY:
        yield judged(target, figure(target, arms[AS_IS], pathway))
    else:
        for pool in pools_of(pathway, CLINICIAN):
            yield judged(
                replace(target, name=f"{target.name}: {pool}"),
                busy_by_day(arms[AS_IS], pathway, pool),
            )


def _triage_load(arm: ReadyArm, seed: int) -> tuple[TriageLoad, ...]:
    """The load of every staff pool that steps ask for which give the triage label."""
    pathway = arm.pathway
    giving = [step for step in pathway.steps.values() if step.relabels == ACUITY_GIVEN]
    pools = dict.fromkeys(
        pool for step in giving for pool in step.pools if pathway.pools[pool].kind == "staff"
    )
    drawn = draw(in_a_mean_week(pathway), seed=seed, replication=0, days=LOAD_DAYS)
    load = offered_load(pathway, apply(arm.policy, pathway, drawn))
    loads = map(TriageLoad, load.pools, load.by_hour(), load.weekly().tolist())
    of_pool = {each.pool: each for each in loads}
    return tuple(map(of_pool.__getitem__, pools))


WEEKS_NEEDED = 150


class Row(NamedTuple):
    """One line of the table.

    found, standard_error and half_width (of the 95 % interval) are in the target's unit (shares from 0 to 1).
    """

    target: PublishedFigure
    found: float
    standard_error: float
    half_width: float

    @property
    def passed(self) -> bool | None:
        """Whether the value is in its band; None without a band."""
        return self.target.allows(self.found)

    @property
    def counts(self) -> bool:
        """Whether the row counts as agreement or disagreement."""
        return self.passed is not None and self.target.kind != "input"

    @property
    def word(self) -> Literal["PASS", "FAIL", "INCONCLUSIVE", ""]:
        """FAIL: outside the band; INCONCLUSIVE: inside, but the interval is too wide to say so; empty: no band."""
        if self.passed is None:
            return ""
        sharp = self.target.settled_by(self.found, self.half_width)
        return "FAIL" if not self.passed else "PASS" if sharp else "INCONCLUSIVE"


class CalibrationValue(NamedTuple):
    """A fitted value as it was in this run."""

    name: str
    value: float
    low: float
    high: float


class TriageLoad(NamedTuple):
    """Work asked of a pool that gives labels, over its units on duty: by clock hour, shape (24,), and over the week."""

    pool: str
    by_hour: Floats
    weekly: float


class Predictions(NamedTuple):
    """What a file of predictions was made with, and when: the hash of the fitted values, and the day."""

    calibration_sha256: str
    made_on: str


@dataclass(frozen=True)
class FigureTable:
    """The results of `validate` for a site."""

    site: str
    rows: tuple[Row, ...]
    calibration: tuple[CalibrationValue, ...]
    calibration_file: str
    calibration_sha256: str
    overridden: tuple[str, ...]
    """Keys given on the command line that make the site another one than its files state."""
    predictions: Predictions | None
    triage_load: tuple[TriageLoad, ...]
    four_hours_by_hour: Floats
    fewer_in: str
    """The pool that lost a clinician in a response row; empty if there are no such rows."""
    weeks: float
    replications: int
    engine: str
    seconds: float
    differs: tuple[str, ...] = ()
    """Each value in which the site differs from the typical one."""
    targets: str = "england"
    """The file of targets that it was held against."""

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows that count and do not pass: outside their band, or too uncertain to say."""
        return tuple(row for row in self.rows if row.counts and row.word != "PASS")


class SiteRuns:
    """A composed configuration and the runs of its site. `fewer_in`: the pool that lost a clinician, once run."""

    def __init__(self, overrides: Sequence[str], config_dir: str | Path | None) -> None:
        self.overrides = with_defaults(overrides, "ensemble=none")
        self.config_dir = config_dir
        self.raw = stated_in(self.overrides, search_folders(config_dir)).raw
        self.study = load(*self.overrides, config_dir=config_dir).on_typical()
        self.fewer_in = ""

    @property
    def pathway(self) -> Pathway:
        """The baseline arm's department."""
        return self.study.baseline.pathway

    @property
    def department(self) -> str:
        """The name of the department: that of its site, or of its pathway where it has no site."""
        name = self.study.chosen("site")
        return name if name != "none" else self.study.chosen("pathway")

    def calibration_file(self) -> Path | None:
        """The file of fitted values in use; None for a department without."""
        if not self.raw.get("calibration"):
            return None
        name = self.study.chosen("calibration")
        file = file_named("calibration", name, search_folders(self.config_dir))
        found = f"there is no file '{name}.yaml'"
        return file or refuse("calibration", found, "Name one that exists")

    def calibration(self) -> tuple[CalibrationValue, ...]:
        """Every fitted value."""
        return tuple(
            CalibrationValue(name, *map(float, (parameter["value"], *parameter["range"])))
            for name, parameter in (self.raw.get("calibration") or {}).items()
        )

    def differs(self) -> tuple[str, ...]:
        """Each value in which the site differs from the typical one; none for another pathway, where all differs."""
        typical = stated_in((), search_folders(self.config_dir))
        if self.study.chosen("pathway") != typical.choices["pathway"]:
            return ()
        return list_differences(self.raw, typical.raw)

    def arms(
        self, targets: Sequence[PublishedFigure], done: Callable[[int], None]
    ) -> dict[str, Replications]:
        """The replications that targets are about: of the site as it is and under each change, by its name."""
        changes = {target.change for target in targets}
        arms = [
            replace(self.study.baseline, name=AS_IS),
            *(self._arm(name) for name in CHANGES if name in changes),
        ]
        # Rows are judged on profiles too, and some on months, whatever the run says.
        by_month = any(target.months for target in targets)
        run = replace(self.study.run, profile_all=True, by_month=by_month)
        design = replace(with_measures_of(self.study, targets).design, baseline=AS_IS)
        study = replace(self.study, arms=tuple(arms), design=design, run=run)
        replications = compare(study, done=done).replications
        return {
            arm.name: tuple(replication.arms[arm.name] for replication in replications)
            for arm in arms
        }

    def _arm(self, change: str) -> ReadyArm:
        if change in SCENARIOS:
            overrides = with_override(self.overrides, f"scenario={SCENARIOS[change]}")
            return replace(load(*overrides, config_dir=self.config_dir).baseline, name=change)
        changes = LONGER if change == LONGER_STAYS else fewer_beds(self.study)
        if change == FEWER_STAFF:
            self.fewer_in, changes = one_clinician_fewer(self.pathway)
        return self.changed(change, changes)

    def changed(self, name: str, changes: Mapping[str, Any]) -> ReadyArm:
        """The baseline arm with changes on top of those of the scenario and of its own."""
        arm = self.study.baseline
        own = {**self.raw["scenario"]["changes"], **arm.arm.changes, **changes}
        return replace(arm, name=name, pathway=pathway_from(self.raw, changes=own))


GROUPS = ("site", "staffing", "calibration")
WORDS = ("evidence", "source")
"""Keys that say where a number comes from and change nothing."""


def list_differences(raw: Mapping[str, Any], typical: Mapping[str, Any]) -> tuple[str, ...]:
    """A line for each value that differs: 'calibration.medicine_beds.value 262 (typical 256)'.

    `raw` and `typical` are composed configurations with unresolved references, so that a value is listed once.

    >>> list_differences({"site": {"a": {"scale": 0.7}}}, {"site": {"a": {"mean": 3, "scale": 1}}})
    ('site.a.mean none (typical 3)', 'site.a.scale 0.7 (typical 1)')
    """
    return tuple(
        line for group in GROUPS for line in _within(raw.get(group), typical.get(group), group)
    )


def _within(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in sorted({*ours, *theirs} - {*WORDS}):
            yield from _within(ours.get(key), theirs.get(key), f"{path}.{key}")
    elif ours != theirs:
        yield f"{path} {_as_text(ours)} (typical {_as_text(theirs)})"


def _as_text(value: Any) -> str:
    if value is None:
        return "none"
    return (
        f"{value:g}"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )


def calibration_hash(path: Path) -> str:
    """The SHA-256 of a file of fitted values, with line ends as on Linux."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def predictions_path(calibration: str) -> Path:
    """The file of the predictions made with a file of fitted values, in docs/decisions of a checkout."""
    return packaged_configs().parent / "docs" / "decisions" / f"predictions-{calibration}.yaml"


def write_predictions(path: Path, table: FigureTable, *, on: date | None = None) -> None:
    """Write the predicted and response values with the hash of the fitted values that they were made with.

    Raises ConfigError if anything of the site was overridden (the hash would not be that of the values used), if the
    response rows are missing, if there are too few weeks to judge by, or no fitted values.
    """
    remedy = "Write it into the site's files before predicting"
    faults = Faults(Fault(key, "is overridden", remedy) for key in table.overridden)
    if not table.calibration_file:
        faults.add("calibration", "is none, and predictions are named after it", "Choose a file")
    if table.weeks < WEEKS_NEEDED:
        faults.add(
            "run", f"measures {table.weeks:.0f} weeks", f"Predict from {WEEKS_NEEDED} or more"
        )
    if not any(row.target.kind == "response" for row in table.rows):
        faults.add("responses", "were left out", "Predict with them")
    faults.refuse()
    content = {
        "calibration": table.calibration_file,
        "calibration_sha256": table.calibration_sha256,
        "made_on": (on or date.today()).isoformat(),
        "engine": table.engine,
        "weeks": round(table.weeks, 1),
        **{
            kind: [
                {
                    "name": row.target.name,
                    "measure": row.target.measure,
                    "value": float(f"{row.found:.5g}"),
                    "standard_error": float(f"{row.standard_error:.2g}"),
                    "unit": row.target.unit,
                    **({"months": list(row.target.months)} if row.target.months else {}),
                }
                for row in table.rows
                if row.target.kind == kind
            ]
            for kind in ("predicted", "response")
        },
    }
    heading = "What the model predicted, and the hash of the fitted values. Written by `write_predictions`."
    write_file(path, yaml_text(heading, content))


def read_predictions(path: Path) -> Predictions | None:
    """What the predictions on file were made with; None if there are none."""
    if not path.is_file():
        return None
    content = read_yaml(path)
    return Predictions(content["calibration_sha256"], str(content["made_on"]))


PARTS = ("theory", "models", "site", "responses")
"""The parts that run by default. Known effects are run on request: they are of an ensemble, not of one site."""


def validate(
    overrides: Sequence[str],
    *,
    only: str = "all",
    targets: str | None = None,
    power: bool = False,
    write: bool = False,
    config_dir: str | None = None,
    say: Say,
) -> int:
    """The number of rows that count and failed, printed with all the others.

    `only`: the part to run; `targets`: the file of targets for the site, or of published effects; `power`: show the
    power of the theory rows; `write`: write the predictions file. Raises ConfigError for what does not go together.
    """
    if only not in ("all", "site"):
        if targets is not None and only != "known_effects":
            remedy = "Leave targets= out, or say only=site or only=known_effects"
            refuse(f"targets={targets}", f"only={only} has targets of its own", remedy)
        if write:
            remedy = "Leave only= out, or say only=site"
            refuse("predictions=write", f"only={only} predicts nothing", remedy)
    # reports a mistake before a minute's work, not after it
    load(*with_defaults(overrides, "ensemble=none"), config_dir=config_dir)
    say(f"aeflow validate. {BANNER}")
    parts = PARTS if only == "all" else (only,)
    failed = 0
    if "theory" in parts:
        failed += _say_theory(say)
    if "models" in parts:
        rows = treatment_centre_rows()
        say(model_text(rows) + "\n")
        failed += sum(not row.passed for row in rows)
    if power:
        failed += _say_power(say)
    if "site" in parts:
        failed += _say_site(overrides, config_dir, say, targets=targets, write=write)
    if "responses" in parts:
        if "site" in parts:
            say("")
        say(responses_text(validate_responses(overrides, config_dir=config_dir, say=say)))
    if "known_effects" in parts:
        say("")
        effects = validate_known_effects(
            overrides, targets=targets or EFFECTS, config_dir=config_dir, say=say
        )
        say(effects_text(effects))
    return failed


def _say_site(
    overrides: Sequence[str],
    config_dir: str | None,
    say: Say,
    *,
    targets: str | None,
    write: bool,
) -> int:
    """The number of rows that count and did not pass, printed with the rest of the site's table."""
    folders = search_folders(config_dir)
    targets = chosen_targets(targets, stated_in(overrides, folders).choices, folders, say)
    table = validate_site(overrides, targets=targets, config_dir=config_dir, say=say)
    say(site_text(table))
    if table.failed:
        hint = "docs/how-to/own-targets.md, step 3, says what to move."
        if table.targets in names_in("targets", [packaged_configs()]):
            hint = "docs/validation.md explains the rows of the packaged site that do not pass."
        say(f"{hint} The exit code is 1.")
    if write:
        path = predictions_path(Path(table.calibration_file).stem)
        write_predictions(path, table)
        say(f"Predictions written: {path}")
    return len(table.failed)


def _say_theory(say: Say) -> int:
    """The number of theory rows that failed, printed with all the others."""
    say(
        "\nTheory: queues known exactly beside the compiled engine (equal to the reference bit for bit)\n"
        f"A row passes within {threshold(VALUES):.2f} standard errors of {VALUES} values. Beyond "
        f"{rerun_threshold(VALUES):.2f} it is run again with other random variates,\nand fails if it is beyond them "
        f"again on the same side. At each look a right engine fails any row with a probability of {FALSE_ALARM:.1%} "
        "at most.\n"
        "INCONCLUSIVE: the standard error is too large to say."
    )
    rows = theory_rows(RunSize("compiled"))
    failed = sum(not (row.passed and row.sharp) for row in rows)
    body, tails = (
        max(row.relative_error for row in rows if row.tail == tail) for tail in (False, True)
    )
    say(text_of("theory", rows=rows, n_failed=failed, body=body, tails=tails) + "\n")
    return failed


def _say_power(say: Say) -> int:
    """The number of mutations that no theory row noticed, printed with those that some did."""
    say(
        "Power: the theory rows again with one thing broken at a time (about a minute each). Each must fail a row"
    )
    missed = 0
    for mutation in MUTATIONS:
        result = caught(mutation, RunSize("compiled"))
        missed += not result.failed
        say(text_of("power", mutation=mutation, caught=result))
    say("")
    return missed


def site_text(table: FigureTable) -> str:
    """The table as text: what failed and why, every fitted value, and what is printed but not judged."""
    return text_of("site", table=table, weeks_needed=WEEKS_NEEDED, month_names=MONTHS)
