"""What a command says while it works: what will run, and a live bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from simulation.explain.statements import BANNER
from simulation.report.words import season_words
from simulation.study.bounds import work_of
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
    if run.keep:
        print(
            f"Kept of every arm and replication: {', '.join(run.keep)}, "
            f"about {work_of(study).gigabytes_kept:.2g} GB. They are simulated again to be written."
        )
    for arm in study.arms:
        for each in idle(arm.policy, arm.pathway):
            print(f"Warning: arm '{arm.name}': {each.where} of '{arm.policy.name}' does nothing here: {each.why}.")


class Callbacks(NamedTuple):
    """What to tell while a study runs: how many replications have ended, and of how many the tables are written."""

    done: Callable[[int], None]
    keeping: Callable[[int], None]


@contextmanager
def progress(n_tasks: int, *, keeps: bool = False) -> Iterator[Callbacks]:
    """Live bars on a terminal, a line every fifth of the way otherwise; `keeps`: whether tables will be written."""
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
        yield Callbacks(
            partial(_tell, n_tasks, "replications"), partial(_tell, n_tasks, "replications' tables written")
        )
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        simulated = bar.add_task("Replications", total=n_tasks)
        kept = bar.add_task("Tables", total=n_tasks, visible=keeps, start=False)

        def keeping(n_done: int) -> None:
            bar.start_task(kept)
            bar.update(kept, completed=n_done)

        yield Callbacks(lambda n_done: bar.update(simulated, completed=n_done), keeping)


def _tell(n_tasks: int, what: str, n_done: int) -> None:
    every = max(n_tasks // 5, 1)
    if n_done % every == 0 or n_done == n_tasks:
        print(f"  {n_done} of {n_tasks} {what}", file=sys.stderr, flush=True)
