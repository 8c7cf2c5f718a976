"""One page of an extract: data quality, observed beside simulated, by hour and age in pictures, and what was fitted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.department.vocabulary import Pathway
from simulation.display.document import Document, Section, Words
from simulation.display.drawing import (
    BLUE,
    WORSE,
    Picture,
    figure_of,
    legend_below,
    legend_line,
    panel_title,
    png_of,
)
from simulation.display.files import files_of, write_dated
from simulation.display.table import ReportTable
from simulation.display.web_page import page
from simulation.extracts.mapping import FEWEST
from simulation.patients import FROM_JANUARY
from simulation.patients.arrivals import hours_of, usual_arrivals
from simulation.records.schema import Floats
from simulation.runs.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simulation.extracts.extract import Extract

FOLDER, PAGE, TITLE = "extracts", "extract.html", "title.txt"
LIKENESS = (
    ("within_4h_share", "Within four hours, per cent:", 100, 0.02, True),
    ("wait_to_clinician_mean", "minutes to the first clinician:", 1, 0.1, True),
    ("left_share", "left before being seen, per cent:", 100, 0.01, False),
    ("over_12h_share", "over 12 hours, per cent:", 100, 0.02, False),
    ("decision_to_departure_over_4h_share", "over four hours from the decision, per cent:", 100, 0.05, False),
)  # fmt: skip
"""What is said of a simulated department beside its records: words, factor, within how much they are near, and whether
effects are shown only if they are. The others are said where they are not."""
ENOUGH = 5
"""Simulations whose spread says what chance does."""
MOST_SHOWN = 50
LARGEST_PAGE = 20_000_000
"""Pages that the app lists, and bytes of one that it shows."""
BY_GROUP = (
    ("wait_to_clinician_mean", "Wait to first clinician, minutes"),
    ("within_4h_share", "Within four hours, %"),
    ("left_share", "Left before being seen, %"),
)
GROUPS = ("age_band", "arrival_source")
HOURS = tuple(f"arrival_hour={hour:02d}" for hour in range(24))
DAYS = tuple(f"weekday={day}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
BESIDE = (
    "Blue: the records. Orange: simulated, the mean of the replications; band or bar: nine in ten of them (of "
    "fewer than 20 all). Arrivals agree because they are the records' own; waits come out of simulated queues."
)


def beside_picture(extract: Extract, result: StudyResult, name: str) -> Picture:
    """When the extract's patients came, and their waits by hour, age and source, beside simulated ones."""
    simulated = result.measures[result.design.baseline]
    places = set(simulated[0].places) & set(extract.measures.places)
    groups = [
        f"{by}={name}"
        for by in GROUPS
        if by in extract.patients
        for name in extract.patients.known(by)
        if extract.patients.where(by, name).sum() >= FEWEST
    ]
    arrived = extract.patients["arrived_at"]
    site = result.arm(result.design.baseline).ready.pathway
    by_hour, by_day = (wanted(site, along) for along in (0, 1))
    with figure_of(11, 6.4, 2, 3) as (figure, axes):
        hours = np.bincount((arrived // 60 % 24).astype(np.int64), minlength=24)
        days = np.bincount((arrived // 1440 % 7).astype(np.int64), minlength=7)
        _panel(axes[0], HOURS, 100 * hours / hours.sum(), 100 * by_hour[None] / by_hour.sum())
        _panel(axes[1], DAYS, 100 * days / days.sum(), 100 * by_day[None] / by_day.sum())
        panel_title(axes[0], "Arrivals by hour, %")
        panel_title(axes[1], "Arrivals by weekday, %")
        panels = [("within_4h_share", "Within four hours by hour of arrival, %", HOURS)]
        panels += [(measure, words, tuple(dict.fromkeys(groups))) for measure, words in BY_GROUP]
        for ax, (measure, words, which) in zip(axes[2:], panels, strict=True):
            names = tuple(group for group in which if (measure, group) in places
                          and np.isfinite(extract.measures.value(measure, group)))  # fmt: skip
            scale = 100 if measure.endswith("share") else 1
            seen = scale * np.array([extract.measures.value(measure, group) for group in names])
            runs = scale * np.array(
                [[one.value(measure, group) for group in names] for one in simulated]
            )
            _panel(ax, names, seen, runs)
            panel_title(ax, words)
        png = _with_legend(figure)
    alt = f"Arrivals, and waits by hour of arrival, age and source: {extract.name} and {name}."
    return Picture("beside", png, alt, BESIDE)


def daily_picture(recorded: Floats, simulated: Floats, name: str) -> Picture:
    """The share within four hours by day of arrival: recorded, shape (days,), and simulated, (imputations, days)."""
    at = np.arange(len(recorded))
    low, high = ends_of_nine_in_ten(simulated)
    with figure_of(11, 3.2, 1, 1) as (figure, axes):
        axes[0].fill_between(at, 100 * low, 100 * high, color=WORSE, alpha=0.3, linewidth=0)
        axes[0].plot(at, 100 * simulated.mean(axis=0), color=WORSE, linewidth=1)
        axes[0].plot(at, 100 * recorded, ".", color=BLUE, markersize=4)
        panel_title(axes[0], "Within four hours by day of arrival, %")
        png = _with_legend(figure)
    return Picture("daily", png, f"Within four hours by day: {name} and its simulation.", BESIDE)


def _with_legend(figure: Figure) -> bytes:
    records = legend_line(color=BLUE, marker="o", label="records")
    legend_below(figure, [records, legend_line(color=WORSE, label="simulated")])
    return png_of(figure)


def likeness(extract: Extract, result: StudyResult) -> tuple[str, bool]:
    """How near the simulated baseline is to the records, in a sentence; and whether it is near enough for effects: as
    `LIKENESS` says, or within twice that if chance explains it (two standard deviations of single simulations)."""
    of_records, simulated = extract.measures, result.measures[result.design.baseline]
    said: dict[bool, list[str]] = {True: [], False: []}
    is_near = True
    for measure, label, scale, near, decides in LIKENESS:
        if (measure, "all") in of_records.places:
            of_each = [one.value(measure) for one in simulated]
            own, here = of_records.value(measure), float(np.mean(of_each))
            least = near if scale == 100 else near * own
            chance = 2 * float(np.std(of_each, ddof=1)) if len(of_each) >= ENOUGH else 0.0
            fits = abs(here - own) <= min(max(least, chance), 2 * least)
            if decides or not fits:
                words = f"{label} {scale * own:.1f} in the records, {scale * here:.1f} simulated"
                said[decides].append(words)
            is_near &= fits or not decides
    so = "Not calibrated: they differ, so no effect is shown. Find departments that fit (aeflow fit)."
    if is_near:
        so = f"The two are near{', but for ' if said[False] else ''}{'; '.join(said[False])}."
    return f"{'; '.join(said[True])}. {so}", is_near


def wanted(site: Pathway, along: int) -> Floats:
    """Attendances that a site states by hour of the day (`along` 0) or by weekday (1)."""
    total = np.zeros((7, 24))
    for source in site.arrivals.values():
        if source.attends and source.per_day is not None:
            by_day = usual_arrivals(site, source, 7, FROM_JANUARY, by_month=False)
            hours = hours_of(site, source)
            total += by_day[:, None] * hours / np.maximum(hours.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(total.sum(axis=along))


def _panel(ax: Axes, names: Sequence[str], seen: Floats, runs: Floats) -> None:
    """One measure by hour or weekday (a line and its band simulated) or by group (a point and its bar): points of the
    extract beside them."""
    at = np.arange(len(names))
    (low, high), middle = ends_of_nine_in_ten(runs), runs.mean(axis=0)
    if names in (HOURS, DAYS):
        ax.fill_between(at, low, high, color=WORSE, alpha=0.2, linewidth=0)
        ax.plot(at, middle, color=WORSE)
    else:  # ages and sources have no order between them
        ax.errorbar(at, middle, (middle - low, high - middle), fmt="_", color=WORSE, capsize=3)
    ax.plot(at, seen, "o", color=BLUE, markersize=4, clip_on=False)
    if names not in (HOURS, DAYS):
        ax.set_ylim(bottom=0)
    labels = [name.partition("=")[2].replace("_", " ") for name in names]
    step = 4 if len(names) == 24 else 1
    turned: dict[str, Any] = {} if step > 1 else {"rotation": 30, "ha": "right"}
    ax.set_xticks(at[::step], labels[::step], fontsize=8, **turned)


def ends_of_nine_in_ten(runs: Floats) -> Floats:
    """The ends within which nine in ten replications are, or all of fewer than 20; along the first axis."""
    return np.asarray(np.quantile(runs, [0.05, 0.95] if len(runs) >= 20 else [0, 1], axis=0))


def write_pages(
    results: Path,
    title: str,
    sentences: Iterable[str],
    tables: Iterable[ReportTable],
    pictures: Iterable[Picture],
    next_step: str = "",
) -> Path:
    """Write the page, tables and pictures into a dated folder in `results/extracts`, and return the page.

    `next_step`: the command that comes next, which the page and the app's list of pages say.
    """
    said = [*sentences, f"Next: {next_step}"] if next_step else sentences
    shown = Section((*map(Words, said), *pictures, *tables))
    document = Document(title, (shown,), is_wide=True)
    files = {**files_of(document), PAGE: page(document), TITLE: f"{title}\n{next_step}\n"}
    return write_dated(results / FOLDER, files) / PAGE


def written_pages(results: Path = Path("results")) -> dict[str, tuple[str, str, str]]:
    """Title, the command that comes next, and content of the newest pages in `results/extracts`, by the name of their
    folder, the newest first.

    What leads out of the folder by a link is left out.
    """
    found = {}
    for path in sorted((results / FOLDER).glob(f"*/{PAGE}"), reverse=True)[:MOST_SHOWN]:
        title = path.with_name(TITLE)
        if any(one.is_symlink() for one in (path, path.parent, title)):
            continue
        if path.stat().st_size <= LARGEST_PAGE:
            text, named = path.read_text("utf-8", "replace"), title.is_file()
            words = title.read_text("utf-8", "replace") if named else path.parent.name
            name, _, step = words.strip().partition("\n")
            found[path.parent.name] = (name, step, text)
    return found
