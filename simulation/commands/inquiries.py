"""Commands that do more than run a study: validation, ensembles, prices, break-evens, the bench."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.commands.command_line import (
    is_dry_run,
    load_study,
    options,
    split_config_dir,
    split_own,
)
from simulation.errors import Faults, refuse

if TYPE_CHECKING:
    from simulation.api import Result
    from simulation.runs.result import StudyResult
    from simulation.study.study import Study

VET_SWITCHES = ("write_cases", "allow_remote", "dry_run")


def validate(words: list[str]) -> int:
    """Check simulations against theory, models and figures; the exit code is 1 if a row failed."""
    from simulation.assurance.validate import validate

    overrides, config_dir = options(words)
    failed = validate(overrides, config_dir=config_dir, say=print)
    return 1 if failed else 0


def ensemble(words: list[str]) -> int:
    """Find departments that fit the same figures."""
    from simulation.assurance.fitting.command import ensemble

    overrides, config_dir = options(words)
    ensemble(overrides, config_dir=config_dir, say=lambda line: print(line, flush=True))
    return 0


def prices(words: list[str]) -> int:
    """Print and write what an hour more of each resource is worth in one department."""
    from simulation.questions import shadow_prices

    study, own, _ = _asked(words, shadow_prices.OWN, shadow_prices.USUAL)
    shadow_prices.show_prices(study, own, run=_run_for_a_question)
    return 0


def _run_for_a_question(study: Study) -> StudyResult | None:
    """Run a study without storing it; None for a dry run."""
    from simulation.report.progress import progress
    from simulation.runs.running import compare

    if is_dry_run(study):
        return None
    with progress(len(study.run.numbers)) as callbacks:
        return compare(study, done=callbacks.done)


def animate(words: list[str]) -> int:
    """Write a day of two arms, of a stored run or of a study, as a page to watch."""
    from simulation.questions.what_happened import animation

    own, others = split_own(words, animation.OWN)
    folders = [
        word for word in split_config_dir(others)[0] if "=" not in word and not word.startswith("~")
    ]
    if folders and len(others) > 1:
        refuse(
            "animate",
            f"found {' '.join(others)}",
            "Name one stored run alone, or a study by key=value",
        )
    numbers: dict[str, int] = {}
    for key in ("day", "replication"):
        if key in own and not own[key].isdecimal():
            refuse(key, f"found '{own[key]}'", "Write a whole number from 0 on")
        numbers |= {key: int(own[key])} if key in own else {}
    arms = own["arms"].split(",") if own.get("arms") else ()
    if folders:
        from simulation.api import read

        stored = read(folders[0])
        made = animation.animate(stored, *arms, **numbers)
        path = made.write(own.get("out") or Path(str(stored.folder)) / animation.FILE)
    else:
        from simulation.study.workload import refuse_large

        study, _, _ = _asked(others, (), animation.USUAL)
        refuse_large([study])
        made = animation.animate(study, *arms, **numbers)
        path = (
            made.write(own["out"])
            if own.get("out")
            else made.write_dated(Path(str(study.resolved["results"])))
        )
    print(f"{made.title}\n{made.about}\nOpen it in a browser: {path}")
    return 0


def breakeven(words: list[str]) -> int:
    """Say at which figures of an arm it does as much as another arm."""
    from simulation.questions.break_even import break_evens

    study, own, config_dir = _asked(words, break_evens.OWN, break_evens.USUAL)
    _refuse_arms_of_another_study(study, own, config_dir)
    break_evens.breakeven(study, own)
    return 0


def _asked(
    words: list[str], own: Collection[str], usual: Mapping[str, str]
) -> tuple[Study, Mapping[str, str], str | None]:
    """The study of a question with keys of its `own`, the values of these keys, and the folder of configurations.

    `usual`: what the question chooses of the configuration unless the words do.
    """
    asked, others = split_own(words, own)
    overrides, config_dir = options(others)
    keys = {word.partition("=")[0] for word in overrides}
    defaults = [f"{key}={value}" for key, value in usual.items() if key not in keys]
    return load_study([*defaults, *overrides], config_dir), asked, config_dir


def _refuse_arms_of_another_study(
    study: Study, asked: Mapping[str, str], config_dir: str | None
) -> None:
    """Refuse an arm that the study has not and another has, with the study to name."""
    from simulation.config.folders import search_folders
    from simulation.config.studies import studies_with

    known = {arm.name for arm in study.arms}
    for key in ("arm", "against"):
        name = asked.get(key)
        studies = (
            studies_with(name, search_folders(config_dir)) if name and name not in known else ()
        )
        if studies:
            found = f"'{name}' is no arm of the study '{study.design.name}'"
            remedy = (
                f"It is one of study={' or study='.join(studies)}: name a study that has both arms"
            )
            refuse(key, found, remedy)


def evaluate(words: list[str]) -> int:
    """Say what evaluations of an arm would report, or with `bought` what charts would notice; weeks are simulated
    unless a run holds them."""
    from simulation.display.table import print_sentences, print_tables
    from simulation.evaluation import evaluate as wing
    from simulation.report.progress import progress

    own, others = split_own(
        words, ("arm", "design", "from", "trials", "bought", "deviations", *wing.STAKES)
    )
    changes = [word.removeprefix("design.") for word in others if word.startswith("design.")]
    rest = [word for word in others if not word.startswith("design.")]
    arm, bought, name = own.get("arm", ""), own.get("bought"), own.get("design") or wing.ALL_DESIGNS
    if not arm:
        remedy = "Name one of the study: aeflow evaluate arm=ai_scribe_measured design=before_after"
        refuse("arm", "names no arm", remedy)
    n_trials, stakes = wing.parsed_trials(own.get("trials")), wing.parsed_stakes(own)
    stated, config_dir = options(rest)
    designs = wing.designs_named(name, changes, config_dir=config_dir)
    deviations = list(filter(None, own.get("deviations", "").split(",")))
    wing.deviations_named(deviations, designs, config_dir=config_dir)
    if "from" in own:
        if stated:
            refuse(stated[0], "has no effect on a stored run", "Leave it out, or leave out from=")
        from simulation.api import read

        result, results = read(own["from"]), Path("results")
    else:
        study, _, config_dir = _asked(rest, (), {"run": "evaluation"})
        _refuse_arms_of_another_study(study, own, config_dir)
        if bought is None:
            wing.refuse_unanswerable(study, arm, stakes)
            more = wing.overrides_of_switching(study, arm, designs)
            study, _, config_dir = (
                _asked([*rest, *more], (), {"run": "evaluation"})
                if more
                else (study, own, config_dir)
            )
        arms = (bought or study.design.null_arm, arm)
        study = wing.study_of_evaluation(
            study, arms, wing.outcomes_of(designs, config_dir=config_dir), designs
        )
        results = Path(str(study.resolved["results"]))
        found = _run_for_an_evaluation(study, results)
        if found is None:
            return 0
        result = found
    if bought is not None:
        print_tables([wing.charts(result, arm, bought, config_dir=config_dir)])
        return 0
    how = {"trials": n_trials, "stakes": stakes, "deviations": deviations, "config_dir": config_dir}
    with progress(len(designs), what="designs emulated") as callbacks:
        answer = wing.evaluate(result, arm, name, *changes, **how, done=callbacks.done)  # type: ignore[arg-type]
    print(f"\n{answer.title}")
    print_sentences(answer.sentences)
    print_tables([answer.table, *([answer.tables["value"]] if answer.worth else [])])
    print(f"\nPage, table, picture, and a paragraph for a protocol: {answer.write(results)}")
    return 0


def _run_for_an_evaluation(study: Study, results: Path) -> Result | None:
    """The stored run of a study, or a new one that is stored; None for a dry run."""
    from simulation.evaluation.evaluate import stored_run
    from simulation.report.progress import progress
    from simulation.resumable import run_into
    from simulation.study.workload import work_of

    if is_dry_run(study):
        return None
    stored = stored_run(study, results)
    if stored is not None:
        print(f"The simulated weeks are those of {stored.folder}.")
        return stored
    print(
        f"Expected: {work_of(study)}, once; with fewer departments it is less: run.departments=20."
    )
    with progress(len(study.run.numbers)) as callbacks:
        return run_into(study, results, done=callbacks.done, planning=callbacks.planning).result


def vet(words: list[str]) -> int:
    """Put a triage AI on the bench, or write the cases for a vendor to answer."""
    from simulation.vetting.bench import dry_run_text
    from simulation.vetting.card import write_questions
    from simulation.vetting.llm import Setting
    from simulation.vetting.vet import cases_of, prompt_of, vet, vetting_named

    overrides, config_dir = options(words)
    own = {
        "name": "synthetic",
        "results": "results",
        "against": "",
        **dict.fromkeys(VET_SWITCHES, "false"),
    }
    stated, values = split_own(overrides, own)
    own |= stated
    faults = Faults()
    for key in VET_SWITCHES:
        if own[key] not in ("true", "false"):
            faults.add(key, f"found '{own[key]}'", "Write true or false")
    for key in ("name", "results", "against"):
        if key in stated and not own[key]:
            faults.add(f"{key}=", "names nothing", "Name one, or leave it out")
    faults.refuse()
    allow_remote, results = own["allow_remote"] == "true", Path(own["results"])
    if own["dry_run"] == "true" or own["write_cases"] == "true":
        plan = vetting_named(own["name"], values, config_dir=config_dir)
        cases = cases_of(plan, config_dir=config_dir)
        if own["dry_run"] == "true":
            setting = Setting(
                prompt=prompt_of(plan, config_dir=config_dir), allow_remote=allow_remote
            )
            print(dry_run_text(plan, cases, setting))
        else:
            print(
                f"Cases to answer (they hold complaints): {write_questions(cases, plan.name, results)}"
            )
        return 0
    against = own["against"] or None
    card = vet(
        own["name"],
        *values,
        against=against,
        allow_remote=allow_remote,
        results=results,
        config_dir=config_dir,
    )
    card.print(card.write(results))
    return 0
