"""What a command prints while it works: what will run, and live bars."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import NamedTuple

from simulation.display.words import DOES_NOT_FIT, season_words
from simulation.report.findings import unlike_words
from simulation.statistics.verdict import IDENTICAL
from simulation.study.arm_changes import changes_nothing
from simulation.study.department_warnings import department_warnings
from simulation.study.offered_load import in_words, work_of
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


class Callbacks(NamedTuple):
    """What to call while a study runs, each with a number of replications: ended, with tables written, and in all
    where that follows from the first of them."""

    done: Callable[[int], None]
    keeping: Callable[[int], None]
    planning: Callable[[int], None]


@contextmanager
def progress(
    n_tasks: int, *, keeps: bool = False, what: str = "replications"
) -> Iterator[Callbacks]:
    """Live bars on a terminal, a line every fifth of the way otherwise; `keeps`: whether tables will be written."""
    from rich import progress as bars
    from rich.console import Console

    console = Console(file=sys.stderr)
    if not console.is_terminal:
        lines = _Lines(n_tasks)
        yield Callbacks(
            partial(lines.ended, what),
            partial(lines.ended, "replications' tables written"),
            lines.planning,
        )
        return
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=console, transient=True) as bar:
        simulated = bar.add_task(what.capitalize(), total=n_tasks)
        kept = bar.add_task("Tables", total=n_tasks, visible=keeps, start=False)

        def keeping(n_done: int) -> None:
            bar.start_task(kept)
            bar.update(kept, completed=n_done)

        def planning(n_all: int) -> None:
            for task in (simulated, kept):
                bar.update(task, total=n_all)

        yield Callbacks(lambda n_done: bar.update(simulated, completed=n_done), keeping, planning)


class _Lines:
    """A line every fifth of the way, with the time that is left if what follows takes as long."""

    def __init__(self, n_all: int) -> None:
        self._n_all, self._began = n_all, monotonic()

    def planning(self, n_all: int) -> None:
        self._n_all = n_all

    def ended(self, what: str, n_done: int) -> None:
        every = max(self._n_all // 5, 1)
        if n_done % every == 0 or n_done == self._n_all:
            left = (monotonic() - self._began) * (self._n_all - n_done) / n_done
            words = f", about {in_words(left)} left" if left >= 1 else ""
            print(f"  {n_done} of {self._n_all} {what}{words}", file=sys.stderr, flush=True)
