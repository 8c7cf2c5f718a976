"""A study out of a stored run: departments and policies as they were, whatever the configuration says today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simulation.config.dotted import Change
from simulation.config.over_ensemble import EnsembleDepartments, ensemble_departments
from simulation.config.validating import validated
from simulation.errors import Fault, ResultsError
from simulation.experiment.executors import processors
from simulation.experiment.store.kept import kept_among
from simulation.experiment.store.manifest import FILES
from simulation.experiment.store.read import StoredRun
from simulation.pathway.department import Pathway
from simulation.study.design import Arm, Design
from simulation.study.study import ReadyArm, RunLength, Study
from simulation.triage.policy import Policy


def study_of(run: StoredRun) -> Study:
    """The study of a stored run, equal to the one that was run. Raises ResultsError if this version cannot make it."""
    content, faults = run.study, list[Fault]()
    pathways = [_made(Pathway, each, faults) for each in content["pathways"]]
    policies = [_made(Policy, each, faults) for each in content["policies"]]
    of_the_run = {
        "replications": content["planned_replications"],
        "precision": content.get("precision"),
        "keep": kept_among(run.manifest[FILES]),
    }
    design = _made(Design, content["design"], faults)
    length = _made(RunLength, {**content["run"], **of_the_run}, faults)

    def arm(ready: Mapping[str, Any]) -> ReadyArm:
        stated = _made(Arm, ready["arm"], faults)
        return ReadyArm(ready["name"], stated, pathways[ready["pathway"]], policies[ready["policy"]])

    arms = tuple(arm(ready) for ready in content["arms"])
    alone = arm(content["alone"])
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
    """The departments of a run over an ensemble, as they were; None of a run on one."""
    if content is None:
        return None

    def changes(stated: Any) -> tuple[Change, ...]:
        return tuple(Change(**each) for each in stated)

    return ensemble_departments(
        content["name"],
        files=content["files"],
        values=tuple(content["values"]),
        rows=tuple(map(changes, content["rows"])),
        scenario=changes(content["scenario"]),
        design=study.design,
        ready=study.arms,
    )


def _made(kind: Any, content: Any, faults: list[Fault]) -> Any:
    return validated(kind, content, "", faults)
