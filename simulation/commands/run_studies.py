"""Commands that run studies or show what would run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simulation.commands.command_line import CONFIG_DIR, MANY, CommandKey, CommandLine, read_line
from simulation.errors import Faults, refuse

if TYPE_CHECKING:
    from simulation.resumable import Stored
    from simulation.study.study import Study

PRICES = "study=shadow_prices"
"""A study without a file: its arms are made of the department's pools (`aeflow prices`)."""
NOT_OF_A_STUDY = ("results", "executor", "workers", "cluster", "allow_large")
"""Keys of a configuration that are not part of a study: with others, a stored study can be run elsewhere."""


def compare(line: CommandLine) -> int:
    """Run every arm of a study; with `from=FOLDER`, of a stored study."""
    if line["arms"] and (line["from"] or PRICES in line.overrides):
        refuse("arms", "cannot be chosen here", "Leave it out")
    if line["from"] is not None:
        return _run_again(line["from"], line)
    for word in line.overrides:
        if word.lstrip("+~").split("=")[0].split(".")[0] == "triage":
            refuse(word, "has no effect here, because arms name their policies", _of_an_arm(word))
    if PRICES in line.overrides:
        from simulation.commands.inquiries import prices

        words = [word for word in line.overrides if word != PRICES]
        folder = () if line.config_dir is None else (CONFIG_DIR, line.config_dir)
        return prices(read_line("prices", [*words, *folder]))
    return _run_studies(line, alone=False)


def _of_an_arm(word: str) -> str:
    """The remedy for a policy, or a value of one, on the command line: how to say it of an arm.

    >>> _of_an_arm("triage.minutes.seconds_saved.value=20,40").partition(": ")[2]
    "'study.arms.<arm>.changes={triage.minutes.seconds_saved.value: 20},{triage.minutes.seconds_saved.value: 40}'"
    """
    key, _, value = word.lstrip("+~").partition("=")
    if "." not in key or not value:
        return "Use aeflow run, or study.arms.<arm>.triage=<policy>"
    values = value.split(",") if not set(value) & set("[]{}'\"") else [value]
    return f"Name the arm: 'study.arms.<arm>.changes={','.join(f'{{{key}: {one}}}' for one in values)}'"


def run(line: CommandLine) -> int:
    """Run one arm alone."""
    return _run_studies(line, alone=True)


def _run_studies(line: CommandLine, *, alone: bool) -> int:
    """Run one study, or each study of a sweep; the exit code: that of the last run without a report, else 0."""
    from simulation.study.department_warnings import refuse_beyond_bound, refuse_overload
    from simulation.study.offered_load import refuse_large

    runs = line.runs()
    if alone:  # one arm says nothing of a range over departments
        studies = [line.study(["ensemble=none", *overrides]).only() for overrides in runs]
    else:
        runs, studies = _in_scenarios(line)
        _refuse_few_departments(line, studies)
    refuse_large(studies)
    for study in studies:
        refuse_beyond_bound(study)  # before anything is drawn of it
        refuse_overload(study)
    code, done = 0, []
    for overrides, study, heading in zip(runs, studies, headings(runs), strict=True):
        print_heading(heading)
        stored = _run_study(study, alone=alone)
        if stored is None:
            continue
        done.append((overrides, stored.result, stored.folder))
        if stored.failed is not None:  # of a sweep the others still run
            print(f"aeflow: {stored.failed}", file=sys.stderr)
            code = stored.failed.exit_code
    if len(done) > 1:
        from simulation.questions.sweep import put_together

        put_together(done, studies[0].results_folder)
    if done and studies[-1].held_to_records:
        print(f"\nNext: aeflow app{line.config_option}")
    return code


def _refuse_few_departments(line: CommandLine, studies: Sequence[Study]) -> None:
    """Refuse a comparison over fewer departments of an ensemble than a verdict takes."""
    from simulation.config.ensembles import ensemble_named
    from simulation.config.files import search_folders
    from simulation.study.study import refuse_few_departments

    for study in studies:
        if study.departments is not None:
            ensemble = ensemble_named(study.departments.name, search_folders(line.config_dir))
            refuse_few_departments(study.run, len(ensemble.departments))


def _in_scenarios(line: CommandLine) -> tuple[list[Sequence[str]], list[Study]]:
    """The overrides of each run that was asked for, and its study. A study that states scenarios is run in each of
    them, unless the command chooses one."""
    runs, studies = list[Sequence[str]](), []
    for overrides in line.runs():
        study = line.study(overrides)
        chosen = any(word.startswith("scenario=") for word in overrides)
        scenarios = () if chosen else study.design.scenarios
        in_each = [[*overrides, f"scenario={name}"] for name in scenarios]
        runs += in_each or [overrides]
        studies += [line.study(words) for words in in_each] or [study]
    return runs, studies


def headings(runs: Sequence[Sequence[str]]) -> list[str]:
    """What the output of each run begins with: which of them it is, and its swept values; '' if there is only one.

    >>> headings([["run.seed=1", "scenario=usual"], ["run.seed=2", "scenario=usual"]])
    ['Run 1 of 2: run.seed=1', 'Run 2 of 2: run.seed=2']
    """
    if len(runs) == 1:
        return [""]
    values_by_run = [
        dict(word.split("=", 1) for word in overrides if "=" in word) for overrides in runs
    ]
    keys = dict.fromkeys(key for values in values_by_run for key in values)
    swept = [key for key in keys if len({values.get(key) for values in values_by_run}) > 1]
    return [
        f"Run {number} of {len(runs)}: {', '.join(f'{key}={values[key]}' for key in swept if key in values)}"
        for number, values in enumerate(values_by_run, start=1)
    ]


def print_heading(heading: str) -> None:
    """Print the heading of a run of a sweep, apart from the run before it."""
    if heading:
        print(f"{'' if heading.startswith('Run 1 ') else chr(10)}{heading}")


def is_dry_run(study: Study, *, alone: bool = False) -> bool:
    """Say what would run, and whether that is all because `dry_run` is set; `alone`: one arm."""
    from simulation.report.screen import announce
    from simulation.study.offered_load import work_of

    announce(study, alone=alone)
    if study.resolved["dry_run"]:
        print(f"Dry run: nothing was simulated. Expected: {work_of(study)}.")
    return bool(study.resolved["dry_run"])


def _run_again(folder: str, line: CommandLine) -> int:
    """Run a stored study again, and say whether the numbers are the same to the last bit."""
    from simulation.api import read, same_numbers, what_changed
    from simulation.display.progress import progress
    from simulation.report.screen import announce, print_result
    from simulation.resumable import run_into
    from simulation.study.offered_load import refuse_large

    asked = _asked_elsewhere(line.overrides, NOT_OF_A_STUDY, "With from=FOLDER the study")
    before = read(folder)
    numbers = before.numbers
    planned = max(before.run.replications, numbers[-1] + 1)
    precision = before.run.precision if len(numbers) == before.run.replications else None
    run = replace(
        before.run, replications=planned, first=numbers[0], count=len(numbers), precision=precision
    )
    study = _elsewhere(replace(before.study, run=run), asked)
    refuse_large([study])
    announce(study, alone=False)
    changed = what_changed(before)
    if changed:
        print(
            f"Not identical to {folder} bit for bit: since that run, {', '.join(changed)} changed."
        )
    results = asked.results_folder
    with progress(len(numbers), keeps=bool(run.keep)) as callbacks:
        stored = run_into(
            study, results, reuse=False, done=callbacks.done, keeping=callbacks.keeping
        )
    print_result(stored.result, stored.folder)
    same = same_numbers(before, stored.result)
    print(
        f"Every number is {'the same as in' if same else 'NOT the same as in'} {folder}, to the last bit."
    )
    return 0 if same or changed else 1


def extend(line: CommandLine) -> int:
    """Run more replications of a stored run, and write and print the whole."""
    from simulation.display.progress import progress
    from simulation.report.screen import print_result
    from simulation.resumable import extend_into

    faults, (folder, text) = Faults(), line.words
    number = int(CommandKey("NUMBER", "whole", "how many more", most=MANY).read(text, faults))
    faults.refuse()
    asked = _asked_elsewhere(line.overrides, (*NOT_OF_A_STUDY, "resume"), "The study")
    with progress(number) as callbacks:
        stored = extend_into(
            folder,
            number,
            asked.results_folder,
            resume=bool(asked.resolved.get("resume", True)),
            done=callbacks.done,
            on=lambda study: _elsewhere(study, asked),
        )
    print_result(stored.result, stored.folder)
    return 0


def _asked_elsewhere(words: Sequence[str], allowed: Sequence[str], subject: str) -> Study:
    """The study that is composed for its executor and folder alone. Raises ConfigError for any other word."""
    from simulation.config import load

    for word in words:
        if word.split("=", 1)[0].split(".")[0] not in allowed:
            remedy = f"{subject} is the stored one; only these can be changed: {', '.join(allowed)}"
            refuse(word, "cannot be changed in a stored study", remedy)
    return load(*words)


def _elsewhere(study: Study, asked: Study) -> Study:
    """The study with the executor that was asked for."""
    where = {
        name: getattr(asked, name) for name in ("executor", "workers", "cluster", "allow_large")
    }
    return replace(study, **where)


def _run_study(study: Study, *, alone: bool) -> Stored | None:
    """Run a study, store it and print its answer; None for a dry run."""
    from simulation.display.progress import progress
    from simulation.report.screen import print_result
    from simulation.resumable import run_into

    if is_dry_run(study, alone=alone):
        return None
    results, resume = study.results_folder, bool(study.resolved.get("resume", True))
    with progress(len(study.run.numbers), keeps=bool(study.run.keep)) as callbacks:
        stored = run_into(
            study,
            results,
            resume=resume,
            done=callbacks.done,
            keeping=callbacks.keeping,
            planning=callbacks.planning,
        )
    print_result(stored.result, stored.folder)
    return stored


def show(line: CommandLine) -> int:
    """Show a department, an arm, a patient or the warm-up."""
    from simulation.study.offered_load import refuse_large

    runs = line.runs()
    studies = [line.study(["ensemble=none", *overrides]).on_typical() for overrides in runs]
    for study, heading in zip(studies, headings(runs), strict=True):
        refuse_large([study])
        print_heading(heading)
        if line["patient"] is not None:
            from simulation.questions.what_happened.patient_story import tell

            print(tell(study, line["patient"]))
        elif line["arm"] is not None:
            from simulation.report.show import show_arm

            show_arm(study, line["arm"])
        elif line["warm_up"]:
            from simulation.questions.warm_up import show_warm_up

            show_warm_up(study, line["warm_up"])
        else:
            from simulation.report.show import show

            show(study)
    return 0
