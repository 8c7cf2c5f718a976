"""How far long work is: live bars on a terminal, lines anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import NamedTuple

from simulation.study.offered_load import in_words


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
