"""`evaluate`: what planned evaluations of a tool would report, from a run that kept outcomes by day.

The files are configs/evaluation (designs) and configs/outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.config.folders import names_in, search_folders
from simulation.config.stated_part import stated_part
from simulation.errors import refuse
from simulation.evaluation.answer import Evaluation
from simulation.evaluation.design import EvaluatedOutcome, EvaluatedOutcomes, EvaluationDesign, design_faults
from simulation.evaluation.operating import N_TRIALS, needed, rows
from simulation.evaluation.trials import bank_of
from simulation.runs.result import StudyResult
from simulation.runs.store.identity import identity_of
from simulation.runs.store.run_folder import folders_of

if TYPE_CHECKING:
    from simulation.api import Result
    from simulation.study.study import Study

ALL_DESIGNS = "all"
LEAST_TRIALS, MOST_TRIALS = 100, 20_000


def evaluate(
    result: StudyResult,
    arm: str,
    design: str = ALL_DESIGNS,
    *overrides: str,
    trials: int = N_TRIALS,
    config_dir: str | None = None,
) -> Evaluation:
    """What evaluations of an arm would report, emulated on the simulated weeks of a result (`run=evaluation`).

    `design`: the name of a file in `configs/evaluation/`, or `all`; `overrides`: single values laid over it, such as
    `"weeks=52"`; `trials`: how many are emulated of each. Raises ConfigError for a fault in a file, and ResultsError
    for a result without the arm, without outcomes by day or with too few weeks or departments.
    """
    result.arm(arm)
    designs = designs_named(design, overrides, config_dir=config_dir)
    outcomes = outcomes_of(designs, config_dir=config_dir)
    bank = bank_of(result)
    missing = [outcome.daily for outcome in outcomes if outcome.daily not in bank.outcomes]
    if missing:
        found = f"the run kept no {missing[0].measure} of {missing[0].group} by day"
        refuse("outcomes", found, "Run it with these outcomes among run.daily")
    nothing = result.design.sham or result.design.baseline
    emulated = tuple(rows(bank, designs, outcomes, (nothing, arm), n_trials=trials))
    main = main_outcome(outcomes)
    sizes = {
        design.label: needed(bank, design, main, arm, n_trials=trials) for design in designs if design.is_randomised
    }
    return Evaluation(result, arm, nothing, designs, outcomes, emulated, sizes, trials, bank.n_weeks)


def asked_trials(text: str | None) -> int:
    """How many trials a text asks for. Raises ConfigError for none that is allowed."""
    if text is None:
        return N_TRIALS
    if not text.isdecimal() or not LEAST_TRIALS <= int(text) <= MOST_TRIALS:
        refuse("trials", f"found {text}", f"Allowed: {LEAST_TRIALS} to {MOST_TRIALS:,}")
    return int(text)


def main_outcome(outcomes: Sequence[EvaluatedOutcome]) -> EvaluatedOutcome:
    """The first wait among the outcomes, or the first of all."""
    return next((outcome for outcome in outcomes if outcome.role == "wait"), outcomes[0])


def designs_named(
    name: str, overrides: Sequence[str] = (), *, config_dir: str | None = None
) -> tuple[EvaluationDesign, ...]:
    """The design of a file, or all, those without randomisation first, with single values laid over.

    Raises ConfigError with every fault.
    """
    names = sorted(names_in("evaluation", search_folders(config_dir))) if name == ALL_DESIGNS else [name]
    designs = (
        stated_part(EvaluationDesign, "evaluation", each, design_faults, config_dir, overrides) for each in names
    )
    return tuple(sorted(designs, key=lambda design: (design.is_randomised, design.departments)))


def outcomes_of(designs: Sequence[EvaluationDesign], *, config_dir: str | None = None) -> tuple[EvaluatedOutcome, ...]:
    """The outcomes that designs look at, each once. Raises ConfigError for a file with faults."""
    files = dict.fromkeys(design.outcomes for design in designs)
    stated = (stated_part(EvaluatedOutcomes, "outcomes", file, lambda *_: (), config_dir) for file in files)
    by_name = {outcome.daily: outcome for file in stated for outcome in reversed(file.outcomes)}
    return tuple(reversed(by_name.values()))


def study_of_evaluation(study: Study, arm: str, outcomes: Sequence[EvaluatedOutcome]) -> Study:
    """The study that simulates what an evaluation needs: the baseline, the sham and the arm, with outcomes by day.

    Raises ResultsError if there is no such arm.
    """
    sham = [] if study.design.sham is None else [study.design.sham]
    chosen = study.of_arms([*sham, arm])
    daily = tuple(dict.fromkeys((*study.run.daily, *(outcome.daily for outcome in outcomes))))
    design = replace(chosen.design, name=f"{chosen.design.name}_evaluation")
    return replace(chosen, run=replace(chosen.run, daily=daily), design=design)


def stored_run(study: Study, results: Path) -> Result | None:
    """The newest finished run of this very study among the results, if there is one."""
    from simulation.api import read

    parent = results / study.design.name
    for folder in sorted(folders_of(parent, identity_of(study).key), reverse=True) if parent.is_dir() else ():
        result = read(folder)
        if len(result.numbers) >= study.run.replications:
            return result
    return None
