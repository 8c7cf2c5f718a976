"""Commands that run studies or show what would run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.commands.command_line import (
    RunRequest,
    headings,
    is_dry_run,
    load_study,
    print_heading,
    split_own,
    sweep,
)
from simulation.errors import refuse

if TYPE_CHECKING:
    from simulation.resumable import Stored
    from simulation.study.study import Study

PRICES = "study=shadow_prices"
"""A study without a file: its arms are made of the department's pools (`aeflow prices`)."""
NOT_OF_A_STUDY = ("results", "executor", "workers", "cluster", "allow_large")
"""Keys of a configuration that are not part of a study: with others, a stored study can be run elsewhere."""


def compare(words: list[str]) -> int:
    """Run every arm of a study; with `from=FOLDER`, of a stored study."""
    own, others = split_own(words, ("from",))
    if own:
        return _run_again(own["from"], others)
    for word in words:
        if word.lstrip("+~").split("=")[0].split(".")[0] == "triage":
            refuse(word, "has no effect here, because arms name their policies", _of_an_arm(word))
    if PRICES in words:
        from simulation.commands.inquiries import prices

        return prices([word for word in words if word != PRICES])
    return _run_studies(words, alone=False)


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


def run(words: list[str]) -> int:
    """Run one arm alone."""
    return _run_studies(words, alone=True)


def _run_studies(words: list[str], *, alone: bool) -> int:
    """Run one study, or each study of a sweep; the exit code: that of the last run without a report, else 0."""
    from simulation.study.overload import refuse_beyond_bound, refuse_overload
    from simulation.study.workload import refuse_large

    runs = sweep(words)
    if alone:  # one arm says nothing of a range over departments
        studies = [
            load_study(["ensemble=none", *overrides], config_dir).only()
            for overrides, config_dir in runs
        ]
    else:
        runs, studies = _in_scenarios(runs)
    refuse_large(studies)
    for study in studies:
        refuse_beyond_bound(study)  # before anything is drawn of it
        refuse_overload(study)
    code, done = 0, []
    for (overrides, _), study, heading in zip(runs, studies, headings(runs), strict=True):
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

        put_together(done, Path(str(studies[0].resolved["results"])))
    return code


def _in_scenarios(asked: Sequence[RunRequest]) -> tuple[list[RunRequest], list[Study]]:
    """The runs that were asked for, and the study of each. A study that states scenarios is run in each of them,
    unless the command chooses one."""
    runs, studies = [], []
    for overrides, config_dir in asked:
        study = load_study(overrides, config_dir)
        chosen = any(word.startswith("scenario=") for word in overrides)
        scenarios = () if chosen else study.design.scenarios
        in_each = [([*overrides, f"scenario={name}"], config_dir) for name in scenarios]
        runs += in_each or [(overrides, config_dir)]
        studies += [load_study(*run) for run in in_each] or [study]
    return runs, studies


def _run_again(folder: str, words: list[str]) -> int:
    """Run a stored study again, and say whether the numbers are the same to the last bit."""
    from simulation.api import read, same_numbers, what_changed
    from simulation.report.progress import announce, progress
    from simulation.report.screen import print_result
    from simulation.resumable import run_into
    from simulation.study.workload import refuse_large

    asked = _asked_elsewhere(words, NOT_OF_A_STUDY, "With from=FOLDER the study")
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
    results = Path(str(asked.resolved["results"]))
    with progress(len(numbers), keeps=bool(run.keep)) as callbacks:
        stored = run_into(study, results, done=callbacks.done, keeping=callbacks.keeping)
    print_result(stored.result, stored.folder)
    same = same_numbers(before, stored.result)
    print(
        f"Every number is {'the same as in' if same else 'NOT the same as in'} {folder}, to the last bit."
    )
    return 0 if same or changed else 1


def extend(words: list[str]) -> int:
    """Run more replications of a stored run, and write and print the whole."""
    from simulation.report.progress import progress
    from simulation.report.screen import print_result
    from simulation.resumable import extend_into

    plain = [word for word in words if "=" not in word]
    overrides = [word for word in words if word not in plain]
    if len(plain) != 2 or not plain[1].isdecimal():
        remedy = "Name the run, and how many more replications: aeflow extend results/latest 60"
        refuse("extend", f"found {' '.join(plain) or 'nothing'}", remedy)
    asked, n = _asked_elsewhere(overrides, (*NOT_OF_A_STUDY, "resume"), "The study"), int(plain[1])
    with progress(n) as callbacks:
        stored = extend_into(
            plain[0],
            n,
            Path(str(asked.resolved["results"])),
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
    from simulation.report.progress import progress
    from simulation.report.screen import print_result
    from simulation.resumable import run_into

    if is_dry_run(study, alone=alone):
        return None
    results, resume = Path(str(study.resolved["results"])), bool(study.resolved.get("resume", True))
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


def show(words: list[str]) -> int:
    """Show a department, an arm, a patient or the warm-up."""
    from simulation.study.workload import refuse_large

    chosen, others = split_own(words, ("patient", "arm", "warm_up"))
    runs = sweep(others)
    studies = [load_study(*run).on_typical() for run in runs]
    for study, heading in zip(studies, headings(runs), strict=True):
        refuse_large([study])
        print_heading(heading)
        if "patient" in chosen:
            from simulation.questions.what_happened.patient_story import tell

            print(tell(study, chosen["patient"]))
        elif "arm" in chosen:
            from simulation.report.show import show_arm

            show_arm(study, chosen["arm"])
        elif "warm_up" in chosen:
            from simulation.questions.warm_up import show_warm_up

            show_warm_up(study, chosen["warm_up"])
        else:
            from simulation.report.show import show

            show(study)
    return 0
