"""`aeflow show warm_up=SERIES`: how a run begins, drawn, and how long a warm-up MSER-5 recommends beside the one
stated.

A recommendation and nothing else: `run.warm_up_days` stays what the reader says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.analysis.warm_up import Truncation, mser, welch, without_rhythm
from simulation.errors import ConfigError, Fault, nearest
from simulation.explain.statements import BANNER
from simulation.pathway.rota import HOURS_OF_WEEK
from simulation.records.schema import Floats
from simulation.report.figures.drawing import DARK, GREY, WORSE, Picture, figure_of, png_of
from simulation.study.study import RunLength, Study
from simulation.study.warm_up import MOST_REPLICATIONS, WEEKS, hourly_series, series_names

EVERY = "all"
HALF_WINDOW = HOURS_OF_WEEK // 2
"""Of Welch's moving average: it runs over a week, so that the weekly rhythm is not in it."""
MOST_PANELS = 6


@dataclass(frozen=True)
class Beginning:
    """One series from time 0, by hour, and what MSER-5 leaves out of it."""

    name: str
    hourly: Floats
    truncation: Truncation

    @property
    def label(self) -> str:
        """The series for a reader."""
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
        """The same in whole weeks, as `run.warm_up_days` wants them; None where the series is too short to tell."""
        return 7 * math.ceil(self.days / 7) if self.settled else None


def show_warm_up(study: Study, asked: str) -> None:
    """Print what is recommended for each series asked for (names, or `all`), and draw them. Raises ConfigError."""
    names = _names(study, asked)
    series = hourly_series(study)
    found = [Beginning(name, series[name], mser(without_rhythm(series[name]))) for name in names]
    for line in warm_up_lines(study, found):
        print(line)
    folder = Path(str(study.resolved["results"])) / "pathway"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{study.baseline.pathway.name}-warm_up.png"
    path.write_bytes(warm_up_picture(study.run, found).png)
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


def warm_up_lines(study: Study, found: list[Beginning]) -> Iterator[str]:
    """What is printed: each series with its recommendation, and the longest of them beside the warm-up stated."""
    n = min(len(study.run.numbers), MOST_REPLICATIONS)
    yield f"aeflow. {BANNER}"
    yield (
        f"How a run of '{study.baseline.arm.label}' begins: {WEEKS} weeks from time 0, mean of {n} "
        f"replication{'s' if n > 1 else ''}, the weekly rhythm taken away"
    )
    yield f"  {'series, by hour':<24}{'first week':>12}{'last week':>12}{'MSER-5, days':>14}{'whole weeks':>14}"
    for each in found:
        first, last = each.hourly[:HOURS_OF_WEEK].mean(), each.hourly[-HOURS_OF_WEEK:].mean()
        told = "too short" if each.recommended is None else f"{each.recommended} days"
        yield f"  {each.label:<24}{first:12.1f}{last:12.1f}{each.days:14.1f}{told:>14}"
    stated = f"run.warm_up_days is {study.run.warm_up_days}"
    if any(each.recommended is None for each in found):
        yield f"No recommendation: of some series MSER-5 would leave out more than half of {WEEKS} weeks. {stated}."
        return
    most = max(each.recommended or 0 for each in found)
    enough = "no longer one is called for" if most <= study.run.warm_up_days else "a longer one is called for"
    yield f"Recommended: {most} days, the longest of these. {stated}: {enough}. Look at the picture, and decide."


def warm_up_picture(run: RunLength, found: list[Beginning]) -> Picture:
    """Each series by hour, Welch's moving average over a week, and the two warm-ups; the first few series."""
    shown = found[:MOST_PANELS]
    with figure_of(8.0, 1.2 + 1.9 * len(shown), len(shown), 1, sharex=True) as (figure, axes):
        for ax, each in zip(axes, shown, strict=True):
            days = np.arange(len(each.hourly)) / 24
            smooth = welch(each.hourly, half_window=HALF_WINDOW)
            ax.plot(days, each.hourly, color=GREY, alpha=0.4, linewidth=0.6, label="by hour, mean of replications")
            ax.plot(days[: len(smooth)], smooth, color=DARK, linewidth=1.6, label="moving average over a week (Welch)")
            ax.axvline(run.warm_up_days, color=GREY, linestyle=":", label="warm-up stated")
            if each.settled:
                ax.axvline(each.days, color=WORSE, linestyle="--", label="MSER-5")
            ax.set_title(each.label, fontsize=10, fontweight="bold", loc="left")
        axes[-1].set_xlabel("days from time 0")
        handles = {label: line for ax in axes for line, label in zip(*ax.get_legend_handles_labels(), strict=True)}
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)
        png = png_of(figure)
    said = "; ".join(f"{each.label}: {each.days:.1f}{' (too short to tell)' * (not each.settled)}" for each in shown)
    return Picture(
        "warm_up",
        png,
        f"How a run begins, hour by hour. Days that MSER-5 leaves out: {said}. Stated: {run.warm_up_days}.",
        "Where the moving average becomes level, the beginning is forgotten.",
    )
