"""A `Study` out of a composed configuration, every part validated and checked, every fault at once; and the study of a
stored run, with departments and policies as they were, whatever the configuration says today."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Le

from simulation.config.arms import (
    DEFAULT_NURSE,
    GROUPS,
    GROUPS_OF_VALUES,
    KINDS,
    Triaged,
    arm_changes,
    changes_of_arms,
    changes_stated,
    control_faults,
    department,
    lay_changes,
    policy_made_of,
    policy_of,
    stated_in_file,
    with_all_readings,
)
from simulation.config.composing import (
    Composed,
    defaults_left_out,
    lay_values,
    parsed_values,
    question_text,
    stated_in,
    with_files,
)
from simulation.config.dotted import Change, ChangeRow, Raw, resolve
from simulation.config.ensembles import (
    EnsembleDepartments,
    ensemble_named,
    over_ensemble,
)
from simulation.config.files import (
    ANOTHER_NAME,
    DEVICE,
    NO_FILE,
    Choices,
    Folders,
    copied,
    file_named,
    is_device,
    mapping_in,
    names_in,
    search_folders,
    shortened,
    stated_by,
)
from simulation.config.totals import totals_change
from simulation.config.validating import sound, validated
from simulation.department.check_pathway import NAME, NAME_WORDS
from simulation.department.config_dataclass import (
    HOLDER,
    Count,
    Evidence,
    NonEmpty,
    Range,
    Unit,
    config_dataclass,
)
from simulation.department.rota import mean_per_day
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault, Faults, ResultsError, nearest, refuse
from simulation.questions.ablation import lever_faults, with_combinations
from simulation.questions.narrow import Observed
from simulation.runs.provenance import FILES
from simulation.runs.running import MOST_WORKERS, processors
from simulation.runs.stored_run import StoredRun
from simulation.runs.stored_tables import kept_among
from simulation.study.check_study import (
    daily_faults,
    label_faults,
    role_faults,
    run_faults,
    staff_gone_faults,
    study_own_faults,
    target_faults,
    twice_faults,
)
from simulation.study.design import (
    Arm,
    Cause,
    Changes,
    Design,
    cost_faults,
    harm_faults,
    harm_groups,
    harm_measures,
)
from simulation.study.explanation import DAYS_PER_YEAR
from simulation.study.study import Cluster, ReadyArm, RunLength, Study
from simulation.triage.check_policy import check_policy
from simulation.triage.policy import Policy
from simulation.wording import first_and_others


@config_dataclass
class CalibrationParameter:
    """A fitted value: what it is now, what a department could have, and where it comes from.

    Example: `{value: 0.8, range: [0.5, 1], evidence: assumed, source: "fitted to the waits by level"}`
    """

    value: Annotated[float | int, HOLDER]
    """The value, which other files refer to as `${calibration.NAME.value}`."""
    range: Range
    """The lowest and the highest that a department could have."""
    evidence: Evidence
    """Where it comes from; a fitted value is assumed."""
    source: str
    """What it was fitted to, the citation, or the reason for an assumption."""


@config_dataclass
class Scenario:
    """Circumstances that every arm meets.

    Example: `{question: "What if 10 % more came?", changes: {site.arrivals.walk_in.scale: {times: 1.1}},
    evidence: assumed, source: "a choice"}`
    """

    question: str
    """What the scenario is to answer, for a reader."""
    changes: Changes
    """Dotted paths into site, staffing, pathway and calibration, and their new values, blocks or lists;
    `{times: 1.03}` multiplies the number that is there."""
    evidence: Evidence | None = None
    """Where the numbers of the changes come from."""
    source: str | None = None
    """The citation for the changes, or the reason for assuming them."""


@config_dataclass
class Top:
    """How a command runs: the keys outside the groups.

    Example: `{engine: auto, executor: local, workers: 0, results: results, dry_run: false}`
    """

    engine: Literal["auto", "reference", "compiled"]
    """What simulates: `reference` (SimPy, to be read), `compiled` (numba, the same tables), or the one that suits."""
    executor: Literal["serial", "threads", "local", "dask"]
    """Where replications run: one after another in this process (`serial`), in several threads of it (`threads`), in
    several processes (`local`), or on a cluster (`dask`)."""
    workers: Annotated[Count, Le(MOST_WORKERS), Unit("processes")]
    """Processes of the executor `local`, threads of `threads`, or processes of our own Dask cluster; 0: one for each
    processor that may be used."""
    results: NonEmpty[str]
    """The folder in which runs are written."""
    dry_run: bool
    """Whether to say what would run, for how long and in how much memory, and stop."""
    allow_large: bool = False
    """Whether a study may run that would take more time or memory than the limits."""
    resume: bool = True
    """Whether to go on with an unfinished run of the same study; else it begins anew."""
    readings: Literal["stated", "all"] = "stated"
    """Whether to run the reading of the evidence that each policy states, or every reading as an arm of its own."""
    cluster: Cluster = field(default_factory=Cluster)
    """Where the executor `dask` finds its workers."""
    ensemble: str | None = None
    """The ensemble on whose departments the study runs, instead of the study's own: the name of a file in
    `configs/ensembles/`; `none`: the typical department alone. Example: `typical`"""


GROUP_TYPES = ("study", "run", "scenario", "calibration", "nurse", "triage")
RESERVED = {
    "latest", "pathway", "published", "notebooks", "sweeps", "ensembles", "vetting", "breakeven", "evaluations",
}  # fmt: skip
"""Names that no study can have: those of other folders among the results."""


def reserved(name: str) -> str:
    """Why no study can have a name, in words: another folder's, or a device's on Windows; '' if it can."""
    if is_device(name):
        return DEVICE
    return "is a reserved name" if name.casefold() in RESERVED else ""


ANOTHER_SIZE = 1.15
"""The factor between the attendances that a cost counts and a department's own, from which the cost is another's."""


def load(*overrides: str, config_dir: str | Path | None = None) -> Study:
    """The study that files and overrides state, validated and checked; for notebooks, tests and the commands alike.

    `load("study=ai_triage", "scenario=winter", "run.replications=80")`; `@question.yaml`: a file of such words.
    A study that is too short for its ensemble, or of another site, is of one department: a warning of the logger
    `aeflow` says so, and `on_one` says why. Raises ConfigError with every fault found.
    """
    _refuse_other_than_text(overrides)
    folders = search_folders(config_dir)
    study = study_from(stated_in(with_files(overrides), folders), folders)
    if study.on_one:
        logging.getLogger("aeflow").warning("On one department: %s.", study.on_one)
    return study


def configuration(*overrides: str, config_dir: str | Path | None = None) -> str:
    """The text of a file that asks this question again, without running it: `aeflow compare @question.yaml`.

    It names files of configurations and holds none of their content. Raises ConfigError with every fault of its study.
    """
    words = with_files(overrides)
    return question_text(words, load(*words, config_dir=config_dir))


def _refuse_other_than_text(overrides: Sequence[object]) -> None:
    """Refuse overrides that are no text, such as a dict, with what to write instead."""
    for words in overrides:
        if not isinstance(words, str):
            pairs = words.items() if isinstance(words, Mapping) else [("key", "value")]
            texts = ", ".join(f'"{key}={value}"' for key, value in pairs)
            refuse(
                "load",
                f"found {shortened(repr(words))}",
                f"Write each value as text: load({texts})",
            )


def studies_with(arm: str, folders: Folders) -> tuple[str, ...]:
    """The studies whose file states an arm of that name; the user's own, unless only packaged ones do."""
    for places in (folders[:-1], folders[-1:]):
        stated = {
            name: mapping_in(path, name, Faults()) or {}
            for name in sorted(names_in("study", places))
            if (path := file_named("study", name, places))
        }
        if names := tuple(
            name for name, content in stated.items() if arm in (content.get("arms") or ())
        ):
            return names
    return ()


def study_from(composed: Composed, folders: Folders) -> Study:
    """The checked study of a composed configuration; `folders` hold the policies of its arms. Raises ConfigError."""
    faults = Faults(
        Fault(group, f"found {shortened(repr(composed.raw[group]))}", "Write a block of keys")
        for group in GROUPS_OF_VALUES
        if not isinstance(composed.raw.get(group) or {}, dict)
    )
    if "nurse" not in composed.choices and "nurse" not in composed.raw:
        faults.add(
            "config.yaml",
            "chooses no nurses among its defaults",
            f"Write `- nurse: {DEFAULT_NURSE}` above `triage`",
        )
    for group in KINDS:
        if composed.choices.get(group, NO_FILE) != NO_FILE:
            stated_in_file(group, composed.choices[group], folders, group, faults)
    faults.refuse()
    composed = scaled_to_totals(composed, folders, faults)
    raw = resolve(composed.raw)
    if why := _why_not_calibrated(composed.choices, folders):
        raw["study"] = {"not_calibrated": why, **(raw.get("study") or {})}
    top, design, run, scenario, left_out = _parts(
        raw, composed.choices.get("staffing", NO_FILE), faults
    )
    if top.readings == "all":
        design = with_all_readings(design, folders)
    scenario_changes = changes_stated(scenario.changes, "scenario")
    changed, pathway = department(composed.raw, scenario_changes, faults)
    triaged: dict[str, Triaged] = {}
    arms = tuple(_ready_arms(design, changed, pathway, raw, triaged, folders, faults))
    faults += control_faults(design, triaged)
    policy = _policy_alone(raw, pathway, faults)
    faults += _file_name_faults(pathway, policy)
    if pathway:  # or every measure that a faulty department states would be unknown
        faults += list(study_own_faults(design, arms)) or list(
            target_faults(design, arms, run.precision)
        )
        faults += daily_faults(run, design, pathway)
        faults += staff_gone_faults(design, arms)
    faults += run_faults(run, design)
    if faults:
        left_out_fault = defaults_left_out(composed.choices, composed.raw, design, folders)
        raise ConfigError([left_out_fault] if left_out_fault else dict.fromkeys(faults))
    assert len(arms) == len(design.arms), "an arm was left out without a fault"
    study = Study(
        design=design,
        run=run,
        arms=arms,
        alone=_alone(next(arm for arm in arms if arm.name == design.baseline), policy),
        engine_asked=top.engine,
        executor=top.executor,
        workers=top.workers or processors(),
        resolved=raw,
        choices=composed.choices,
        allow_large=top.allow_large,
        cluster=top.cluster,
        left_out=(*left_out, *costs_of_another_size(arms)),
    )
    return over_ensemble(study, composed, top.ensemble, scenario_changes, folders)


def _why_not_calibrated(choices: Choices, folders: Folders) -> str | None:
    """Why a fitted department is not calibrated, as the study says that was written with it; whatever study asks."""
    site = choices.get("site", NO_FILE)
    if site == choices.get("study") or not file_named("study", site, folders):
        return None
    return stated_by("study", site, folders).get("not_calibrated")


def scaled_to_totals(composed: Composed, folders: Folders, faults: Faults) -> Composed:
    """The configuration whose department has what is known of all departments of the study's ensemble."""
    name, of_study = composed.raw.get("ensemble"), composed.raw.get("study")
    if name in (None, NO_FILE) and isinstance(of_study, Mapping):
        name = of_study.get("ensemble")
    if not isinstance(name, str) or name not in names_in("ensembles", folders):
        return composed
    totals = ensemble_named(name, folders).totals
    if totals is None:
        return composed
    raw: Raw = copied(composed.files)
    lay_changes(raw, totals_change(totals, f"ensembles/{name}.yaml"), faults)
    lay_values(raw, parsed_values(composed.values), faults)
    return replace(composed, raw=raw)


def _parts(
    raw: Raw, staffing: str, faults: Faults
) -> tuple[Top, Design, RunLength, Scenario, tuple[str, ...]]:
    """The parts of a study besides the department, each valid by itself, with an arm for each combination of levers.

    The last part says which arms were left out because they are for another staffing. Faults that leave the rest sound
    (of labels, roles and costs) are added to `faults`; for the others ConfigError is raised.
    """
    groups = (*GROUP_TYPES, *GROUPS)
    top = validated(
        Top, {key: raw[key] for key in raw if key not in groups}, "", faults, also=groups
    )
    design = validated(Design, raw.get("study"), "study", faults)
    run = validated(RunLength, raw.get("run"), "run", faults)
    scenario = validated(Scenario, raw.get("scenario"), "scenario", faults)
    for name, parameter in (raw.get("calibration") or {}).items():
        validated(CalibrationParameter, parameter, f"calibration.{name}", faults)
    if top:
        faults += _cluster_faults(top)
    faults.refuse()
    assert top and design and run and scenario
    elsewhere = {
        name: arm for name, arm in design.arms.items() if arm.staffing not in (None, staffing)
    }
    design = replace(
        design,
        arms={name: arm for name, arm in design.arms.items() if name not in elsewhere},
        focus=tuple(name for name in design.focus if name not in elsewhere),
        offer=None if design.offer and design.offer.arm in elsewhere else design.offer,
    )
    left_out = tuple(
        f"'{arm.label}' was not tried: it changes shifts of the {arm.staffing} rota, and this department has its own"
        for arm in elsewhere.values()
    )
    of_labels = [
        *label_faults(design),
        *twice_faults(design),
        *role_faults(design),
        *cost_faults(design.arms),
    ]
    of_names = [
        *_unknown_arms(design),
        *_name_faults(design),
        *lever_faults(design),
        *harm_faults(design.harm),
    ]
    if of_names:
        raise ConfigError([*of_names, *of_labels])
    design = with_combinations(design)
    design = replace(
        design,
        measures={**design.measures, **harm_measures(design.harm)},
        groups={**design.groups, **harm_groups(design.harm)},
    )
    if of_focus := [*_focus_faults(design)]:
        raise ConfigError([*of_focus, *of_labels])
    faults += of_labels
    if run.precision:
        first_stage = max(run.precision.first_stage, run.replications)
        run = replace(run, precision=replace(run.precision, first_stage=first_stage))
    return top, design, run, scenario, left_out


def _cluster_faults(top: Top) -> Iterator[Fault]:
    """Settings of a cluster that contradict one another, or that nothing would read."""
    keys = [key for key in ("address", "scheduler_file") if getattr(top.cluster, key) is not None]
    if len(keys) > 1:
        yield Fault("cluster", "names both an address and a scheduler file", "Keep one of them")
    if keys and top.executor != "dask":
        remedy = "Say executor=dask, or leave it out"
        yield Fault(f"cluster.{keys[0]}", f"is not used by executor={top.executor}", remedy)


def _ready_arms(
    design: Design,
    changed: Raw,
    pathway: Pathway | None,
    raw: Raw,
    triaged: dict[str, Triaged],
    folders: Folders,
    faults: Faults,
) -> Iterator[ReadyArm]:
    """The arms whose department and policy are sound, in their order; the faults of the others are added to `faults`.

    `changed` and `pathway`: the groups with the scenario's changes, and the department that they state. Each arm's
    policy is added to `triaged`.
    """
    for name, arm in design.arms.items():
        if arm.levers and faults:
            continue  # the same fault again, in every combination of levers
        changes = arm_changes(arm, design, f"study.arms.{name}")
        arm_pathway = pathway
        of_department = [change for change in changes if not change.of_triage]
        if of_department and pathway:
            _, arm_pathway = department(changed, of_department, faults)
        of_triage = [change for change in changes if change.of_triage]
        arm_triage = policy_of(name, design, of_triage, raw.get("nurse"), folders, faults)
        if arm_triage:
            triaged[name] = arm_triage
        if arm_pathway and arm_triage:
            faults += check_policy(arm_triage.policy, arm_pathway)
            yield ReadyArm(name, arm, arm_pathway, arm_triage.policy)


def _policy_alone(raw: Raw, pathway: Pathway | None, faults: Faults) -> Policy | None:
    """The policy of the group `triage`, checked for the department; None if no file of that group is chosen, or, after
    adding to `faults`, if it is not sound."""
    groups = {group: raw.get(group) for group in KINDS}
    chosen = (
        policy_made_of(groups, "triage", "nurse", faults) if groups["triage"] is not None else None
    )
    if chosen and pathway:
        faults += check_policy(chosen.policy, pathway)
    return chosen.policy if chosen else None


def _alone(baseline: ReadyArm, policy: Policy | None) -> ReadyArm:
    """The arm that `aeflow run` runs: the baseline's department under the policy of the group `triage`, or under its
    own if that group chooses none."""
    if policy in (None, baseline.policy):
        return baseline
    arm = replace(baseline.arm, label=f"Triage policy {policy.name}", triage=policy.name, cost=None)
    return ReadyArm(policy.name, arm, baseline.pathway, policy)


def _unknown_arms(design: Design) -> Iterator[Fault]:
    """Names of arms, in other parts of a study, that are none."""
    named = [("study.baseline", design.baseline), ("study.sham", design.sham)]
    for key in ("control", "draw_of"):
        named += [
            (f"study.arms.{name}.{key}", getattr(arm, key)) for name, arm in design.arms.items()
        ]
    if design.coverages:
        named += [
            (f"study.coverages.{part}", getattr(design.coverages, part))
            for part in ("partial", "full")
        ]
    for where, name in named:
        if name is not None and name not in design.arms:
            yield Fault(where, f"there is no arm '{name}'", nearest(name, design.arms))


def _focus_faults(design: Design) -> Iterator[Fault]:
    """Names in `focus`, and in `offer`, that are no arm, or of which no page says anything: baseline and sham."""
    reported = [name for name in design.shown if name not in (design.baseline, design.sham)]
    roles = {
        design.sham: "is the sham, which the first page leaves out",
        design.baseline: "is the baseline",
    }
    named = [("study.focus", name) for name in design.focus]
    named += [("study.offer.arm", design.offer.arm)] if design.offer else []
    for where, name in named:
        if name not in reported:
            role = roles.get(name, "is no arm that is shown")
            yield Fault(where, f"'{name}' {role}", nearest(name, reported))


def _name_faults(design: Design) -> Iterator[Fault]:
    """Names that cannot be part of a path: a study's is a folder, an arm's and a lever's are parts of dotted paths."""
    if reason := reserved(design.name):
        yield Fault("study.name", f"'{design.name}' {reason}", ANOTHER_NAME)
    named = [("study.name", design.name), *((f"study.arms.{name}", name) for name in design.arms)]
    named += [(f"study.levers.{name}", name) for name in design.levers]
    for where, name in named:
        if not NAME.fullmatch(name):
            yield Fault(where, f"'{name}' is not a name", NAME_WORDS)


def _file_name_faults(pathway: Pathway | None, policy: Policy | None) -> Iterator[Fault]:
    """Names that cannot be part of a file's: a department's, and that of the policy which `aeflow run` uses, name
    pictures."""
    for where, part in (("pathway.name", pathway), ("triage.name", policy)):
        if part and not NAME.fullmatch(part.name):
            yield Fault(where, f"'{shortened(part.name)}' is not a name", NAME_WORDS)


def study_of(run: StoredRun) -> Study:
    """The study of a stored run, equal to the one that was run. Raises ResultsError if this version cannot make it."""
    content, faults = run.study, Faults()
    pathways = [validated(Pathway, pathway, "", faults) for pathway in content["pathways"]]
    policies = [validated(Policy, policy, "", faults) for policy in content["policies"]]
    of_the_run = {
        "replications": content["planned_replications"],
        "precision": content.get("precision"),
        "keep": kept_among(run.manifest[FILES]),
    }
    design = validated(Design, content["design"], "", faults)
    length = validated(RunLength, {**content["run"], **of_the_run}, "", faults)

    def ready_arm(ready: Mapping[str, Any]) -> ReadyArm:
        arm = validated(Arm, ready["arm"], "", faults)
        return ReadyArm(ready["name"], arm, pathways[ready["pathway"]], policies[ready["policy"]])

    arms = tuple(map(ready_arm, content["arms"]))
    alone = ready_arm(content["alone"])
    if faults:
        raise ResultsError(
            f"{run.folder}: was written by another version of aeflow, and this one does not understand its study "
            f"({faults[0].where}: {faults[0].found}). Read it with version {run.manifest['versions'].get('aeflow')}"
        )
    study = Study(
        design=design,
        run=length,
        arms=arms,
        alone=next((ready for ready in arms if ready == alone), alone),
        engine_asked="auto",
        executor="local",
        workers=processors(),
        resolved=content["resolved"],
        choices=content["choices"],
        on_one=content.get("on_one", ""),
        left_out=tuple(content.get("left_out", ())),
    )
    return replace(study, departments=_departments(content.get("departments"), study))


def _departments(content: Mapping[str, Any] | None, study: Study) -> EnsembleDepartments | None:
    """The departments of a run over an ensemble, as they were; None for a run on one department."""
    if content is None:
        return None

    def changes(rows: Any) -> ChangeRow:
        return tuple(Change(**row) for row in rows)

    return EnsembleDepartments(
        content["name"], files=content["files"], structures=content.get("structures", {}),
        structure_of=tuple(content.get("structure_of", [""] * len(content["rows"]))), values=tuple(content["values"]),
        rows=tuple(map(changes, content["rows"])),
        scenario=changes(content["scenario"]), ready=study.arms, changes=changes_of_arms(study.design, study.arms),
        tools=content.get("tools", {}), limitation=content.get("limitation", ""),
        causes={name: validated(Cause, cause, "", Faults()) for name, cause in content.get("causes", {}).items()},
    )  # fmt: skip


def observed_in(path: Path) -> Observed:
    """The figures that a YAML file states, for `aeflow narrow observed=FILE.yaml`. Raises ConfigError."""
    faults = Faults()
    content = mapping_in(path, str(path), faults)
    faults.refuse()
    return observed_of(content, str(path))


def observed_of(content: Any, where: str) -> Observed:
    """The figures that a block states, as such a file does; `where` names it in messages. Raises ConfigError."""
    none = Fault(where, "states no figure", "Write one to six under `figures`")
    return sound(Observed, content, where, lambda stated: () if stated.figures else (none,))


def costs_of_another_size(arms: Iterable[ReadyArm]) -> Iterator[str]:
    """A sentence if costs of these arms count the attendances of a department of another size."""
    counts: dict[str, str] = {}
    for ready in arms:
        cost, arrivals = ready.arm.cost, ready.pathway.arrivals
        if cost is None or cost.attendances is None:
            continue
        counted = [
            source
            for name, source in arrivals.items()
            if source.attends and name in (cost.arrivals or arrivals)
        ]
        here = DAYS_PER_YEAR * sum(map(mean_per_day, counted))
        if here and not 1 / ANOTHER_SIZE <= cost.attendances / here <= ANOTHER_SIZE:
            counts[ready.arm.label] = (
                f"{cost.attendances:,.0f} attendances a year, and here are {here:,.0f}"
            )
    if counts:
        yield (
            f"The cost of {first_and_others(list(counts))} is that of a department of another size "
            f"({next(iter(counts.values()))}): state your own"
        )
