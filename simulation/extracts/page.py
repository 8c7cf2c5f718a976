"""One page of an extract: data quality, observed beside simulated, by hour and age in pictures, and what was fitted."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation.display.dated_folder import write_dated
from simulation.display.drawing import BLUE, WORSE, Picture, figure_of, legend_below, legend_line, panel_title, png_of
from simulation.display.table import ReportTable
from simulation.explain.statements import BANNER
from simulation.measures.measuring import Measures
from simulation.records.schema import Floats
from simulation.report.templates import templates

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.extracts.extract import Extract

FOLDER, PAGE = "extracts", "extract.html"
BY_HOUR = (
    ("wait_to_clinician_mean", "Wait to first clinician, minutes"),
    ("within_4h_share", "Within four hours, %"),
    ("left_share", "Left before being seen, %"),
)
BY_GROUP = ("age_band", "arrival_source")
BESIDE = "Blue: the extract. Orange: simulated, the mean of the replications; the band: nine in ten of them."


def beside_picture(extract: Extract, simulated: Sequence[Measures], name: str) -> Picture:
    """The extract's waits by hour of arrival, by age and by source, beside simulated ones."""
    hours = [f"arrival_hour={hour:02d}" for hour in range(24)]
    groups = [one.group for one in extract.measures.names if one.group.partition("=")[0] in BY_GROUP]
    groups = list(dict.fromkeys(group for group in groups if ("within_4h_share", group) in simulated[0].places))
    panels = [(measure, words, which) for which in (hours, groups) for measure, words in BY_HOUR]
    with figure_of(11, 6.4, 2, len(BY_HOUR)) as (figure, axes):
        for ax, (measure, words, which) in zip(axes, panels, strict=True):
            names = [group for group in which if (measure, group) in extract.measures.places]
            names = [group for group in names if (measure, group) in simulated[0].places]
            scale = 100 if measure.endswith("share") else 1
            seen = scale * np.array([extract.measures.value(measure, group) for group in names])
            runs = scale * np.array([[one.value(measure, group) for group in names] for one in simulated])
            _panel(ax, names, seen, runs)
            panel_title(ax, words)
        handles = [legend_line(color=BLUE, marker="o", label="extract"), legend_line(color=WORSE, label="simulated")]
        legend_below(figure, handles)
        png = png_of(figure)
    alt = f"Waits, four-hour share and those who left by hour of arrival, age and source: {extract.name} and {name}."
    return Picture("beside", png, alt, BESIDE)


def _panel(ax: Axes, names: Sequence[str], seen: Floats, runs: Floats) -> None:
    """One measure by group: points of the extract, line and band of the simulation."""
    at = np.arange(len(names))
    low, middle, high = np.quantile(runs, 0.05, axis=0), runs.mean(axis=0), np.quantile(runs, 0.95, axis=0)
    ax.fill_between(at, low, high, color=WORSE, alpha=0.2, linewidth=0)
    ax.plot(at, middle, color=WORSE)
    ax.plot(at, seen, "o", color=BLUE, markersize=4)
    labels = [name.partition("=")[2].replace("_", " ") for name in names]
    step = 4 if len(names) == 24 else 1
    ax.set_xticks(at[::step], labels[::step], fontsize=8, rotation=0 if step > 1 else 30)


def page_of(title: str, sentences: Sequence[str], tables: Sequence[ReportTable], pictures: Sequence[Picture]) -> str:
    """One page that loads nothing."""
    environment = templates(Path(__file__).parent).overlay()
    environment.filters |= {"b64": lambda png: base64.b64encode(png).decode("ascii")}
    return environment.get_template("page.html").render(
        banner=BANNER, title=title, sentences=sentences, tables=tables, pictures=pictures
    )


def write_pages(
    results: Path, title: str, sentences: Iterator[str], tables: Sequence[ReportTable], pictures: Sequence[Picture]
) -> Path:
    """Write the page, tables and pictures into a dated folder in `results/extracts`, and return the page."""
    page = page_of(title, tuple(sentences), tables, pictures)
    rows: dict[str, list[dict[str, object]]] = {
        f"{table.kind}.csv": [dict(zip(table.headers, row, strict=True)) for row in table.rows] for table in tables
    }
    shown = {f"{picture.name}.png": picture for picture in pictures}
    return write_dated(results / FOLDER, rows, shown, texts={PAGE: page}) / PAGE
