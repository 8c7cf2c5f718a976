"""`aeflow show warm_up=SERIES`: how a run begins, drawn, and the warm-up that MSER-5 recommends beside the one stated.

`run.warm_up_days` stays as it is stated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.department.rota import HOURS_OF_WEEK
from simulation.display.drawing import DARK, GREY, WORSE, Picture, figure_of, png_of
from simulation.errors import ConfigError, Fault, nearest
from simulation.explain.statements import BANNER
from simulation.questions.warm_up_runs import MOST_REPLICATIONS, WEEKS, hourly_series, series_names
from simulation.questions.warm_up_statistics import Truncation, mser, welch, without_rhythm
from simulation.records.schema import Floats
from simulation.run.store.folders import own_folder, write_file
from simulation.study.study import RunLength, Study

EVERY = "all"
HALF_WINDOW = HOURS_OF_WEEK // 2
"""Hours of Welch's moving average to either side: it runs over a week, so that the weekly rhythm is not in it."""
MOST_PANELS = 6
"""Series that the picture shows."""


@dataclass(frozen=True)
class Beginning:
    """One series from time 0, by hour, and where MSER-5 cuts it."""

    name: str
    hourly: Floats
    truncation: Truncation

    @property
    def label(self) -> str:
        """The name of the series for a reader."""
        return self.name.replace("_", " ")

    @property
    def days(self) -> float:
        """How many days MSER-5 leaves out."""
        return self.truncation.n_left_out / 24

    @property
    def settled(self) -> bool:
        """Whether the series is long enough to tell."""
        return self.truncation.settled

    @property
    def recommended(self) -> int | None:
        """Those days in whole weeks, as `run.warm_up_days` wants them; None where the series is too short to tell."""
        return 7 * math.ceil(self.days / 7) if self.settled else None


def show_warm_up(study: Study, asked: str) -> None:
    """Print what is recommended for each series asked for, and draw them. Raises ConfigError.

    `asked`: names with commas between them, or 'all'.
    """
    names = _names(study, asked)
    series = hourly_series(study)
    beginnings = [Beginning(name, series[name], mser(without_rhythm(series[name]))) for name in names]
    for line in warm_up_lines(study, beginnings):
        print(line)
    path = own_folder(Path(str(study.resolved["results"])), "pathway") / f"{study.baseline.pathway.name}-warm_up.png"
    write_file(path, warm_up_picture(study.run, beginnings).png)
    print(f"\nHow it begins, drawn: {path}")


def _names(study: Study, asked: str) -> tuple[str, ...]:
    known = series_names(study)
    if asked == EVERY:
        return known
    names = tuple(dict.fromkeys(name.strip() for name in asked.split(",")))
    faults = [
        Fault(f"warm_up={asked}", f"there is no series '{name}'", nearest(name, (*known, EVERY)))
        for name in names
        if name not in known
    ]
    if faults:
        raise ConfigError(faults)
    return names


def warm_up_lines(study: Study, beginnings: list[Beginning]) -> Iterator[str]:
    """Lines on each series with its recommendation, and on the longest of them beside the warm-up stated."""
    n = min(len(study.run.numbers), MOST_REPLICATIONS)
    yield f"aeflow. {BANNER}"
    yield (
        f"How a run of '{study.baseline.arm.label}' begins: {WEEKS} weeks from time 0, mean of {n} "
        f"replication{'s' if n > 1 else ''}, weekly rhythm removed"
    )
    yield f"  {'series, by hour':<24}{'first week':>12}{'last week':>12}{'MSER-5, days':>14}{'whole weeks':>14}"
    for beginning in beginnings:
        first, last = beginning.hourly[:HOURS_OF_WEEK].mean(), beginning.hourly[-HOURS_OF_WEEK:].mean()
        weeks = "too short" if beginning.recommended is None else f"{beginning.recommended} days"
        yield f"  {beginning.label:<24}{first:12.1f}{last:12.1f}{beginning.days:14.1f}{weeks:>14}"
    stated = f"run.warm_up_days is {study.run.warm_up_days}"
    if not all(beginning.settled for beginning in beginnings):
        yield f"No recommendation: for some series MSER-5 would leave out more than half of {WEEKS} weeks. {stated}."
        return
    most = max(beginning.recommended or 0 for beginning in beginnings)
    enough = "no longer one is needed" if most <= study.run.warm_up_days else "a longer one is needed"
    yield f"Recommended: {most} days, the longest of these. {stated}: {enough}. Look at the picture, and decide."


def warm_up_picture(run: RunLength, beginnings: list[Beginning]) -> Picture:
    """The first few series by hour, with Welch's moving average over a week and the two warm-ups."""
    shown = beginnings[:MOST_PANELS]
    with figure_of(8.0, 1.2 + 1.9 * len(shown), len(shown), 1, sharex=True) as (figure, axes):
        for ax, beginning in zip(axes, shown, strict=True):
            hourly = beginning.hourly
            days = np.arange(len(hourly)) / 24
            smooth = welch(hourly, half_window=HALF_WINDOW)
            ax.plot(days, hourly, color=GREY, alpha=0.4, linewidth=0.6, label="by hour, mean of replications")
            ax.plot(days[: len(smooth)], smooth, color=DARK, linewidth=1.6, label="moving average over a week (Welch)")
            ax.axvline(run.warm_up_days, color=GREY, linestyle=":", label="warm-up stated")
            if beginning.settled:
                ax.axvline(beginning.days, color=WORSE, linestyle="--", label="MSER-5")
            ax.set_title(beginning.label, fontsize=10, fontweight="bold", loc="left")
        axes[-1].set_xlabel("days from time 0")
        handles = {label: line for ax in axes for line, label in zip(*ax.get_legend_handles_labels(), strict=True)}
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)
        png = png_of(figure)
    left_out = "; ".join(
        f"{beginning.label}: {beginning.days:.1f}{'' if beginning.settled else ' (too short to tell)'}"
        for beginning in shown
    )
    return Picture(
        "warm_up",
        png,
        f"How a run begins, hour by hour. Days that MSER-5 leaves out: {left_out}. Stated: {run.warm_up_days}.",
        "Where the moving average becomes level, the initial bias has gone.",
    )
