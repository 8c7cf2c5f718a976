"""What a command prints before it works: what will run, and warnings."""

from simulation.display.words import DOES_NOT_FIT, season_words
from simulation.report.findings import unlike_words
from simulation.statistics.verdict import IDENTICAL
from simulation.study.arm_changes import changes_nothing
from simulation.study.department_warnings import department_warnings
from simulation.study.offered_load import work_of
from simulation.study.statements import BANNER
from simulation.study.study import Study
from simulation.triage.check_policy import find_idle


def announce(study: Study, *, alone: bool) -> None:
    """Print what will run, before it does. `alone`: the baseline only."""
    run, offer = study.run, study.design.offer
    n_arms = 1 if alone else len(study.arms)
    print(f"aeflow. {BANNER}")
    print(study.design.question)
    if offer or study.held_to_records:  # a planner reads it: the report says the rest
        print(f"{n_arms} options x {run.how_many} of {run.measured_days} days, in some minutes.")
    else:
        _announce_run(study, n_arms)
    if run.keep:
        print(
            f"Stored for every arm and replication: {', '.join(run.keep)}, "
            f"about {work_of(study).gigabytes_kept:.2g} GB. They are simulated again when the files are written."
        )
    for warning in department_warnings(study):
        print(f"Warning: {DOES_NOT_FIT} {warning}.")
    for arm in study.arms:
        for part in find_idle(arm.policy, arm.pathway):
            print(
                f"Warning: arm '{arm.name}': {part.where} of '{arm.policy.name}' does nothing here: {part.why}."
            )
    for arm in (
        study.arms if study.departments is None else ()
    ):  # a value of one department may differ in another
        if arm.name != study.design.baseline and changes_nothing(arm, study.baseline):
            print(f"Warning: arm '{arm.name}' changes nothing: it will be {IDENTICAL}.")
    focus = study.design.focus
    judged = [
        arm for arm in study.arms if arm.arm.draw_of is None and (arm.name in focus or not focus)
    ]
    for words in () if offer or study.held_to_records else unlike_words(judged):
        print(f"Warning, {words}")


def _announce_run(study: Study, n_arms: int) -> None:
    """Print how much is simulated, where, and by which engine."""
    run = study.run
    length = f"{run.how_many} of {run.measured_days} days (after {run.warm_up_days} of warm-up)"
    season = season_words(run, range(run.replications))
    print(
        f"{n_arms} arm{'s' if n_arms > 1 else ''} x {length}{f', {season}' if season else ''}, "
        f"scenario '{study.scenario}', seed {run.seed}, "
        f"{study.where}."
    )
    if study.departments is not None:
        print(f"On {study.department_words}.")
    elif study.on_one:
        print(f"On one department: {study.on_one}.")
    print(f"Engine '{study.engine}': {study.engine_why}.")
