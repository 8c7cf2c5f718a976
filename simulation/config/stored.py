"""The study of a stored run: departments and policies as they were, whatever the configuration says today."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulation.config.dotted import Change, ChangeRow
from simulation.config.files import mapping_in
from simulation.config.over_ensemble import EnsembleDepartments, changes_of_arms
from simulation.config.validating import sound, validated
from simulation.department.vocabulary import Pathway
from simulation.errors import Fault, Faults, ResultsError
from simulation.questions.narrow import Observed
from simulation.runs.executors import processors
from simulation.runs.kept import kept_among
from simulation.runs.manifest import FILES
from simulation.runs.run_folder import StoredRun
from simulation.study.design import Arm, Design
from simulation.study.study import ReadyArm, RunLength, Study
from simulation.triage.policy import Policy


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
    )  # fmt: skip


def observed_in(path: Path) -> Observed:
    """The figures that a YAML file states, for `aeflow narrow observed=FILE.yaml`. Raises ConfigError."""
    faults = Faults()
    content = mapping_in(path, str(path), faults)
    faults.refuse()
    return observed_of(content, str(path))


def observed_of(content: Any, where: str) -> Observed:
    """The figures that a block states, as such a file does; `where` names it in messages. Raises ConfigError."""
    none = Fault(where, "states no figure", "Write one to five under `figures`")
    return sound(Observed, content, where, lambda stated: () if stated.figures else (none,))
