"""Commands that do more than run a study: validation, ensembles, prices, break-evens, the bench, the app."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.commands.command_line import CommandLine
from simulation.commands.run_studies import is_dry_run
from simulation.errors import refuse

if TYPE_CHECKING:
    from simulation.api import Result
    from simulation.runs.result import StudyResult
    from simulation.study.study import Study


def validate(line: CommandLine) -> int:
    """Check simulations against theory, models and figures; the exit code is 1 if a row failed."""
    from simulation.assurance.validate import validate

    failed = validate(
        line.overrides,
        only=line["only"],
        targets=line["targets"],
        power=line["power"],
        write=line["predictions"] == "write",
        config_dir=line.config_dir,
        say=print,
    )
    return 1 if failed else 0


def ensemble(line: CommandLine) -> int:
    """Find departments that fit the same figures."""
    from simulation.assurance.fitting.command import ensemble

    ensemble(
        line.overrides,
        **line.values,
        config_dir=line.config_dir,
        say=lambda text: print(text, flush=True),
    )
    return 0


def prices(line: CommandLine) -> int:
    """Print and write what an hour more of each resource is worth in one department."""
    from simulation.questions.shadow_prices import refuse_ensemble, show_prices

    for word in line.overrides:  # before their number of runs is found too small for an ensemble
        if word.startswith("ensemble="):
            refuse_ensemble(word.removeprefix("ensemble="))
    study = _calibrated(line.study(ensemble="none", run="prices"))
    show_prices(study, line["pools"], run=_run_for_a_question)
    return 0


def _calibrated(study: Study) -> Study:
    """The study; refused where its department is not calibrated, because the answer would be an interval."""
    if study.not_calibrated:
        remedy = "Hold departments to the records: aeflow fit"
        refuse(study.design.name, f"is not calibrated: {study.not_calibrated}", remedy)
    return study


def _run_for_a_question(study: Study) -> StudyResult | None:
    """Run a study without storing it; None for a dry run."""
    from simulation.api import compare
    from simulation.display.progress import progress

    if is_dry_run(study):
        return None
    with progress(len(study.run.numbers)) as callbacks:
        return compare(study, done=callbacks.done)


def animate(line: CommandLine) -> int:
    """Write a day of two arms, of a stored run or of a study, as a page to watch."""
    from simulation.questions.what_happened import animation

    numbers = {key: line[key] for key in ("day", "replication") if line[key] is not None}
    if line.words:
        if line.overrides or line.config_dir is not None:
            found = f"found {' '.join([*line.words, *line.overrides])}"
            refuse("animate", found, "Name one stored run alone, or a study by key=value")
        from simulation.api import read

        stored = read(line.words[0])
        made = animation.animate(stored, *line["arms"], **numbers)
        path = made.write(line["out"] or Path(str(stored.folder)) / animation.FILE)
    else:
        from simulation.study.offered_load import refuse_large

        study = line.study(ensemble="none")
        refuse_large([study])
        made = animation.animate(study, *line["arms"], **numbers)
        results = study.results_folder
        path = made.write(line["out"]) if line["out"] else made.write_dated(results)
    print(f"{made.title}\n{made.about}\nOpen it in a browser: {path}")
    return 0


def breakeven(line: CommandLine) -> int:
    """Say at which figures of an arm it does as much as another arm."""
    from simulation.questions.break_even.break_evens import breakeven

    study = _calibrated(line.study(study="alternatives", run="breakeven"))
    _refuse_arms_of_another_study(study, line)
    breakeven(study, line["arm"], line["against"], line["what"])
    return 0


def _refuse_arms_of_another_study(study: Study, line: CommandLine) -> None:
    """Refuse an arm that the study has not and another has, with the study to name."""
    from simulation.config.files import search_folders
    from simulation.config.studies import studies_with

    known = {arm.name for arm in study.arms}
    for key in ("arm", "against"):
        name = line.values.get(key)
        if name is None or name in known:
            continue
        if studies := studies_with(name, search_folders(line.config_dir)):
            found = f"'{name}' is no arm of the study '{study.design.name}'"
            named = " or study=".join(studies)
            refuse(key, found, f"It is one of study={named}: name a study that has both arms")


def evaluate(line: CommandLine) -> int:
    """Say what evaluations of an arm would report, or with `bought` what charts would notice; weeks are simulated
    unless a run holds them."""
    from simulation.display.document import points, print_blocks
    from simulation.display.progress import progress
    from simulation.evaluation import evaluate as wing

    config_dir, arm, bought, deviations = (
        line.config_dir,
        line["arm"],
        line["bought"],
        line["deviations"],
    )
    of_study = [word for word in line.overrides if not word.startswith("design.")]
    changes = [
        word.removeprefix("design.") for word in line.overrides if word.startswith("design.")
    ]
    stakes = {key: line[key] for key in wing.STAKES if line[key] is not None}
    name = ",".join(line["design"])
    designs = wing.load_designs(name, changes, config_dir=config_dir)
    wing.load_deviations(deviations, designs, config_dir=config_dir)
    if line["from"] is not None:
        if of_study:
            refuse(of_study[0], "has no effect on a stored run", "Leave it out, or leave out from=")
        from simulation.api import read

        result, results = read(line["from"]), Path("results")
    else:
        study = _calibrated(line.study(of_study, run="evaluation"))
        _refuse_arms_of_another_study(study, line)
        if bought is None:
            wing.refuse_unanswerable(study, arm, stakes)
            if more := wing.overrides_of_switching(study, arm, designs):
                study = line.study([*of_study, *more], run="evaluation")
        arms = (bought or study.design.null_arm, arm)
        study = wing.study_of_evaluation(
            study, arms, wing.outcomes_of(designs, config_dir=config_dir), designs
        )
        results = study.results_folder
        found = _run_for_an_evaluation(study, results)
        if found is None:
            return 0
        result = found
    if bought is not None:
        print_blocks([wing.charts(result, arm, bought, config_dir=config_dir)])
        return 0
    how: Mapping[str, Any] = {} if line["trials"] is None else {"trials": line["trials"]}
    with progress(len(designs), what="designs emulated") as callbacks:
        answer = wing.evaluate(
            result,
            arm,
            name,
            *changes,
            **how,
            stakes=stakes,
            deviations=deviations,
            config_dir=config_dir,
            done=callbacks.done,
        )
    print(f"\n{answer.title}")
    worth = [answer.tables["value"]] if answer.worth else []
    print_blocks((*points(*answer.sentences), answer.table, *worth))
    print(f"\nPage, table, picture, and a paragraph for a protocol: {answer.write(results)}")
    return 0


def _run_for_an_evaluation(study: Study, results: Path) -> Result | None:
    """The stored run of a study, or a new one that is stored; None for a dry run."""
    from simulation.display.progress import progress
    from simulation.resumable import finished_run, run_into
    from simulation.study.offered_load import work_of

    if is_dry_run(study):
        return None
    stored = finished_run(study, results)
    if stored is not None and len(stored.numbers) >= study.run.replications:
        print(f"The simulated weeks are those of {stored.folder}.")
        return stored
    print(
        f"Expected: {work_of(study)}, once; with fewer departments it is less: run.departments=20."
    )
    with progress(len(study.run.numbers)) as callbacks:
        return run_into(study, results, done=callbacks.done, planning=callbacks.planning).result


def vet(line: CommandLine) -> int:
    """Put a triage AI on the bench, or write the cases for a vendor to answer."""
    from simulation.vetting.bench import dry_run_text
    from simulation.vetting.card import write_questions
    from simulation.vetting.llm import Setting
    from simulation.vetting.vet import cases_of, load_plan, prompt_of, vet

    name, config_dir, allow_remote = line["name"], line.config_dir, line["allow_remote"]
    results = Path(line["results"])
    if line["dry_run"] or line["write_cases"]:
        plan = load_plan(name, line.overrides, config_dir=config_dir)
        cases = cases_of(plan, config_dir=config_dir)
        if line["dry_run"]:
            prompt = prompt_of(plan, config_dir=config_dir)
            print(dry_run_text(plan, cases, Setting(prompt=prompt, allow_remote=allow_remote)))
        else:
            path = write_questions(cases, plan.name, results)
            print(f"Cases to answer (they hold complaints): {path}")
        return 0
    card = vet(
        name,
        *line.overrides,
        against=line["against"],
        allow_remote=allow_remote,
        results=results,
        config_dir=config_dir,
    )
    card.print(card.write(results))
    return 0


def app(line: CommandLine) -> int:
    """Serve the app on this computer alone, until Ctrl-C."""
    from simulation.app.serving import serve
    from simulation.config import search_folders

    folder = None if line.config_dir is None else search_folders(line.config_dir)[0]
    return serve(line["port"], line["workers"], Path(line["results"]), folder)
