"""How long must the warm-up be? How a run begins, drawn: Welch's moving average, and the truncation point of MSER-5.

`aeflow show warm_up=SERIES`; `run.warm_up_days` stays as it is stated. Both look at one series, such as the number in
the department hour by hour, as a mean over replications. A department has a weekly rhythm, whose ups and downs hide a
slow drift. So the rhythm, as the second half of the series shows it, is taken away first (`without_rhythm`).

Sources: P. D. Welch, 'The statistical analysis of simulation results', 1983 (the moving average); K. P. White, 'An
effective truncation heuristic for bias reduction in simulation output', Simulation 69 (1997) 323-334 (MSER; MSER-5
takes means of five first); K. Hoad, S. Robinson and R. Davies, 'Automating warm-up length estimation', Journal of the
Operational Research Society 61 (2010) 1389-1403 (the last five batches left out, a point beyond the middle refused).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulation.department.rota import HOURS_OF_WEEK
from simulation.display.drawing import DARK, GREY, WORSE, Picture, figure_of, panel_title, png_of
from simulation.errors import Fault, Faults, ResultsError, nearest
from simulation.measures.occupancy import holdings, minutes_by_hour
from simulation.measures.patients_table import nobody
from simulation.records.schema import Floats
from simulation.runs.atomic import own_folder, write_file
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.statements import BANNER
from simulation.study.study import RunLength, Study
from simulation.wording import spaced

EVERY = "all"
HALF_WINDOW = HOURS_OF_WEEK // 2
"""Hours of Welch's moving average to either side: it runs over a week, so that the weekly rhythm is not in it."""
MOST_PANELS = 6
"""Series that the picture shows."""
WEEKS = 12
MOST_REPLICATIONS = 20
IN_DEPARTMENT = "in_department"
"""The series of attendances between arrival and departure. Every other series is of a pool's units in use, by name."""
BATCH = 5
"""Numbers in a batch: the 5 of MSER-5."""
LEFT_OUT = 5
"""Batches at the end that cannot be the truncation point: so few numbers may lie close together by chance."""


# --- arithmetic ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Truncation:
    """The number of values to delete at the beginning of a series; not `settled` if that is beyond its middle: the
    series is too short, and a longer warm-up than it shows may be needed."""

    n_left_out: int
    settled: bool


def mser(series: Floats, *, batch: int = BATCH) -> Truncation:
    """The truncation point that minimises the squared standard error of the remaining values, taken as independent.

    With m batch means z, it is the d at which sum((z_i - mean)^2) / (m - d)^2 over the last m - d is smallest, the
    first of equals. Raises ResultsError for a series shorter than ten batches.
    """
    m = len(series) // batch
    if m < 2 * LEFT_OUT:
        needed = 2 * LEFT_OUT * batch
        raise ResultsError(
            f"MSER-{batch}: a series of {len(series)} numbers. Give {needed} at least: a longer run"
        )
    z = series[: m * batch].reshape(m, batch).mean(axis=1)
    errors = [
        float(((z[d:] - z[d:].mean()) ** 2).sum()) / (m - d) ** 2 for d in range(m - LEFT_OUT)
    ]
    d = int(np.argmin(errors))
    return Truncation(d * batch, d <= m // 2)


def welch(series: Floats, *, half_window: int) -> Floats:
    """The moving average over 2 w + 1 numbers (w: `half_window`), near the beginning over as many as fit on both sides.

    The last w numbers have none, so the shape is (len(series) - w,).
    """
    total = np.append(0.0, np.cumsum(series))
    at = np.arange(len(series) - half_window)
    width = np.minimum(at, half_window)
    average: Floats = (total[at + width + 1] - total[at - width]) / (2 * width + 1)
    return average


def without_rhythm(hourly: Floats) -> Floats:
    """The series without the weekly rhythm of its second half. `hourly`: whole weeks, at least two."""
    weeks = hourly.reshape(-1, HOURS_OF_WEEK)
    later = weeks[len(weeks) // 2 :]
    adjusted: Floats = (weeks - later.mean(axis=0) + later.mean()).ravel()
    return adjusted


# --- series --------------------------------------------------------------------------------------------------


def series_names(study: Study) -> tuple[str, ...]:
    """The series of the baseline's department: attendances, if departures are recorded, and its limited pools."""
    pathway = study.baseline.pathway
    inside = (IN_DEPARTMENT,) if "departed_at" in nobody(pathway) else ()
    return (*inside, *(name for name, pool in pathway.pools.items() if not pool.unlimited))


def hourly_series(study: Study) -> Mapping[str, Floats]:
    """Every series by hour from time 0 under the baseline, as the mean over replications; shape (2016,) each.

    The replications are those of the run, twenty at most, each of twelve weeks without a warm-up.
    """
    run = replace(study.run, warm_up_days=0, measured_days=7 * WEEKS)
    numbers = run.numbers[:MOST_REPLICATIONS]
    names = series_names(study)
    total = {name: np.zeros(WEEKS * HOURS_OF_WEEK) for name in names}
    for number in numbers:
        simulation = simulate_arm(study.baseline, run, study.engine, number, cool_down_days=0)
        for name, (from_at, to_at) in _spans(simulation, names).items():
            total[name] += minutes_by_hour(from_at, to_at, window=run.window) / 60 / len(numbers)
    return total


def _spans(simulation: Simulated, names: Sequence[str]) -> dict[str, tuple[Floats, Floats]]:
    """The start and end in minutes of every stay or use of a unit, by series; infinity where it had not ended."""
    held = holdings(simulation.plan, simulation.activities)
    spans = {
        name: (held.taken_at[held.of(name)], held.given_back_at[held.of(name)])
        for name in held.pools
    }
    if IN_DEPARTMENT in names:
        patients = simulation.patients
        gone_at = patients["departed_at"]
        spans[IN_DEPARTMENT] = patients["arrived_at"], np.where(np.isnan(gone_at), np.inf, gone_at)
    return {name: spans[name] for name in names}


# --- what is printed and drawn -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Beginning:
    """One series from time 0, by hour, and where MSER-5 cuts it."""

    label: str
    hourly: Floats
    truncation: Truncation

    @property
    def days(self) -> float:
        """How many days MSER-5 leaves out."""
        return self.truncation.n_left_out / 24

    @property
    def recommended(self) -> int | None:
        """Those days in whole weeks, as `run.warm_up_days` wants them; None where the series is too short to tell."""
        return 7 * math.ceil(self.days / 7) if self.truncation.settled else None


def show_warm_up(study: Study, asked: Sequence[str]) -> None:
    """Print what is recommended for each series asked for ('all': for every one), and draw them. Raises ConfigError."""
    names = _names(study, asked)
    series = hourly_series(study)
    beginnings = [
        Beginning(spaced(name), series[name], mser(without_rhythm(series[name]))) for name in names
    ]
    for line in warm_up_lines(study, beginnings):
        print(line)
    path = (
        own_folder(study.results_folder, "pathway") / f"{study.baseline.pathway.name}-warm_up.png"
    )
    write_file(path, warm_up_picture(study.run, beginnings).png)
    print(f"\nHow it begins, drawn: {path}")


def _names(study: Study, asked: Sequence[str]) -> tuple[str, ...]:
    known = series_names(study)
    if tuple(asked) == (EVERY,):
        return known
    names = tuple(dict.fromkeys(asked))
    Faults(
        Fault("warm_up", f"there is no series '{name}'", nearest(name, (*known, EVERY)))
        for name in names
        if name not in known
    ).refuse()
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
        first, last = (
            beginning.hourly[:HOURS_OF_WEEK].mean(),
            beginning.hourly[-HOURS_OF_WEEK:].mean(),
        )
        weeks = "too short" if beginning.recommended is None else f"{beginning.recommended} days"
        yield f"  {beginning.label:<24}{first:12.1f}{last:12.1f}{beginning.days:14.1f}{weeks:>14}"
    stated = f"run.warm_up_days is {study.run.warm_up_days}"
    recommended = [beginning.recommended for beginning in beginnings]
    if None in recommended:
        yield f"No recommendation: for some series MSER-5 would leave out more than half of {WEEKS} weeks. {stated}."
        return
    most = max(days or 0 for days in recommended)
    enough = (
        "no longer one is needed" if most <= study.run.warm_up_days else "a longer one is needed"
    )
    yield f"Recommended: {most} days, the longest of these. {stated}: {enough}. Look at the picture, and decide."


def warm_up_picture(run: RunLength, beginnings: list[Beginning]) -> Picture:
    """The first few series by hour, with Welch's moving average over a week and the two warm-ups."""
    shown = beginnings[:MOST_PANELS]
    with figure_of(8.0, 1.2 + 1.9 * len(shown), len(shown), 1, sharex=True) as (figure, axes):
        for ax, beginning in zip(axes, shown, strict=True):
            hourly = beginning.hourly
            days = np.arange(len(hourly)) / 24
            smooth = welch(hourly, half_window=HALF_WINDOW)
            ax.plot(
                days,
                hourly,
                color=GREY,
                alpha=0.4,
                linewidth=0.6,
                label="by hour, mean of replications",
            )
            ax.plot(
                days[: len(smooth)],
                smooth,
                color=DARK,
                linewidth=1.6,
                label="moving average over a week (Welch)",
            )
            ax.axvline(run.warm_up_days, color=GREY, linestyle=":", label="warm-up stated")
            if beginning.truncation.settled:
                ax.axvline(beginning.days, color=WORSE, linestyle="--", label="MSER-5")
            panel_title(ax, beginning.label)
        axes[-1].set_xlabel("days from time 0")
        handles = {
            label: line
            for ax in axes
            for line, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=2, fontsize=8)
        png = png_of(figure)
    left_out = "; ".join(
        f"{beginning.label}: {beginning.days:.1f}{'' if beginning.truncation.settled else ' (too short to tell)'}"
        for beginning in shown
    )
    return Picture(
        "warm_up",
        png,
        f"How a run begins, hour by hour. Days that MSER-5 leaves out: {left_out}. Stated: {run.warm_up_days}.",
        "Where the moving average becomes level, the initial bias has gone.",
    )
