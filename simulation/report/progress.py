"""What a command says while it works: what will run, and a live bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from simulation.explain.statements import BANNER
from simulation.report.words import season_words
from simulation.study.study import Study
from simulation.triage.idle import idle


def announce(study: Study, *, alone: bool) -> None:
    """Say what will run, before it does."""
    run = study.run
    n_arms = 1 if alone else len(study.arms)
    length = f"{run.replications} replications of {run.measured_days} days (after {run.warm_up_days} of warm-up)"
    season = season_words(run, range(run.replications))
    print(f"aeflow. {BANNER}")
    print(study.design.question)
    print(
        f"{n_arms} arm{'s' if n_arms > 1 else ''} x {length}{f', {season}' if season else ''}, "
        f"scenario '{study.scenario}', seed {run.seed}, "
        f"{study.where}."
    )
    print(f"Engine '{study.engine}': {study.engine_why}.")
    for arm in study.arms:
        for each in idle(arm.policy, arm.pathway):
            print(f"Warning: arm '{arm.name}': {each.where} of '{arm.policy.name}' does nothing here: {each.why}.")


@contextmanager
def progress(n_tasks: int) -> Iterator[Callable[[int], None]]:
    """A live bar on a terminal, a line every fifth of the way otherwise."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield lambda n_done: _tell(n_done, n_tasks)
        return
    columns = (
        TextColumn("Replications"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("replications", total=n_tasks)
        yield lambda n_done: bar.update(task, completed=n_done)


def _tell(n_done: int, n_tasks: int) -> None:
    every = max(n_tasks // 5, 1)
    if n_done % every == 0 or n_done == n_tasks:
        print(f"  {n_done} of {n_tasks} replications", file=sys.stderr, flush=True)
