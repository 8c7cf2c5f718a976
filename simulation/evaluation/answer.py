"""The answer: tables, a picture of the designs, one page, and a paragraph for a protocol."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation.display.dated_folder import write_dated
from simulation.display.drawing import BLUE, DARK, GREY, WORSE, Picture, figure_of, panel_title, png_of
from simulation.display.table import UNKNOWN, Cell, Cells, ReportTable, ReportTables
from simulation.display.words import change, cost_in_short, unit_words
from simulation.evaluation.charts import LEARNT_WEEKS, ChartResult
from simulation.evaluation.design import ANALYSES, EvaluatedOutcome, EvaluationDesign, main_outcome
from simulation.evaluation.deviations import Deviation
from simulation.evaluation.operating import (
    LEVEL,
    SOUND,
    TARGETS,
    NeededSize,
    Operating,
    OperatingFigure,
    power_over_weeks,
)
from simulation.evaluation.trials import Bank
from simulation.evaluation.value import DesignValue, Pounds, Stakes
from simulation.evaluation.words import protocol, sentences, size_words
from simulation.explain.statements import BANNER
from simulation.measures.definitions import definition_of
from simulation.report.templates import templates
from simulation.runs.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER, PAGE, TABLE, PROTOCOL = "evaluations", "evaluation.html", "designs.csv", "protocol.txt"
SPOT = 0.04
"""How near designs are in the picture that share a spot."""
MOST_WORDS = 300
"""Words of the page beside table, picture and protocol."""


@dataclass(frozen=True)
class Evaluation:
    """What evaluations of an arm would report.

    bank      the simulated weeks
    emulated  each analysis of each design, with each outcome, under both
    sizes     by label of a randomised design, what it needs for the wait
    worth     what each design is worth, if something is at stake
    deviations  how evaluations go otherwise than planned
    """

    result: StudyResult
    arm: str
    bank: Bank = field(repr=False)
    designs: tuple[EvaluationDesign, ...]
    outcomes: tuple[EvaluatedOutcome, ...]
    emulated: tuple[Operating, ...]
    sizes: Mapping[str, tuple[NeededSize, ...]]
    n_trials: int
    stakes: Stakes | None = None
    worth: tuple[DesignValue, ...] = ()
    deviations: tuple[Deviation, ...] = ()

    @property
    def nothing(self) -> str:
        """The arm that does nothing: the sham, or the baseline itself."""
        return self.result.design.nothing

    @property
    def label(self) -> str:
        """The arm's label."""
        return self.result.arm(self.arm).label

    def unit(self, outcome: EvaluatedOutcome) -> str:
        """The unit of an outcome."""
        return definition_of(outcome.measure, self.result.own).unit

    def of(self, outcome: EvaluatedOutcome, arm: str) -> tuple[Operating, ...]:
        """Every design and analysis with one outcome and arm, in order."""
        return tuple(row for row in self.emulated if row.outcome == outcome and row.arm == arm)

    def one(self, design: EvaluationDesign, outcome: EvaluatedOutcome, arm: str) -> Operating:
        """A design by its own analysis, with one outcome and arm."""
        return next(row for row in self.of(outcome, arm) if row.design == design)

    @property
    def main(self) -> EvaluatedOutcome:
        """The outcome that the answer is about."""
        return main_outcome(self.outcomes)

    @cached_property
    def tables(self) -> ReportTables:
        """A table for each outcome, by its name, and `value` if something is at stake."""
        tables = [*_tables(self), *([_value_table(self.worth)] if self.worth else [])]
        return ReportTables((table.kind, table) for table in tables)

    @property
    def table(self) -> ReportTable:
        """The table of the outcome that the answer is about."""
        return self.tables[table_name(self.main)]

    @cached_property
    def pictures(self) -> Mapping[str, Picture]:
        """Designs by false alarms and power, and their power by how long they last."""
        return {picture.name: picture for picture in (designs_picture(self), weeks_picture(self))}

    def shown(self, outcome: EvaluatedOutcome) -> tuple[EvaluationDesign, ...]:
        """The designs that look at an outcome; those by patient do at a few."""
        return tuple(dict.fromkeys(row.design for row in self.of(outcome, self.arm)))

    def sound(self, outcome: EvaluatedOutcome) -> tuple[EvaluationDesign, ...]:
        """The designs whose false alarms are about the 5 % that tests promise, and whose groups share no queue."""
        return tuple(
            design
            for design in self.shown(outcome)
            if self.one(design, outcome, self.nothing).significant.value <= SOUND and not design.is_simulated
        )

    @cached_property
    def best(self) -> EvaluationDesign:
        """The sound design that finds the wait's effect most often; the one with the fewest false alarms, if there is
        none."""
        if sound := self.sound(self.main):
            return max(sound, key=lambda design: self.one(design, self.main, self.arm).right.value)
        shown = self.shown(self.main)
        return min(shown, key=lambda design: self.one(design, self.main, self.nothing).significant.value)

    @property
    def title(self) -> str:
        """The question that the page answers."""
        return f"Would an evaluation of '{self.label}' find out?"

    @property
    def departments(self) -> tuple[int, ...]:
        """The department of each simulated run."""
        return tuple(map(self.result.study.department, self.result.numbers))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words."""
        return tuple(sentences(self))

    @property
    def protocol(self) -> str:
        """A paragraph for a protocol of the design that is judged best."""
        return protocol(self, self.best)

    @property
    def page(self) -> str:
        """One page that loads nothing."""
        environment = templates(Path(__file__).parent)
        pictures = [(base64.b64encode(shown.png).decode("ascii"), shown) for shown in self.pictures.values()]
        page = environment.get_template("page.html")
        return page.render(title=self.title, banner=BANNER, evaluation=self, pictures=pictures)

    def write(self, results: Path | str = "results") -> Path:
        """Write page, table, pictures and protocol into a dated folder in `results/evaluations`, and return it."""
        texts = {PAGE: self.page, PROTOCOL: f"{self.protocol}\n"}
        pictures = {f"{name}.png": picture for name, picture in self.pictures.items()}
        return write_dated(Path(results) / FOLDER, {TABLE: _rows(self)}, pictures, texts=texts)


def table_name(outcome: EvaluatedOutcome) -> str:
    """The name of an outcome's table."""
    return f"{outcome.measure}:{outcome.group}"


def _tables(evaluation: Evaluation) -> Iterator[ReportTable]:
    """A table for each outcome; that of the wait also shows the mechanism, and the sizes that are needed."""
    for outcome in evaluation.outcomes:
        unit = evaluation.unit(outcome)
        nothing, tool = (evaluation.of(outcome, arm) for arm in (evaluation.nothing, evaluation.arm))
        columns = [_columns(unit, *pair) for pair in zip(nothing, tool, strict=True)]
        if outcome == evaluation.main:
            columns = [
                row | _beside(evaluation, pair)
                for row, pair in zip(columns, zip(nothing, tool, strict=True), strict=True)
            ]
        seen = "in a trust's records" if outcome.is_recorded else "not in a trust's records"
        true = f"{change(tool[0].true, unit)} {unit_words(unit)}"
        yield ReportTable(
            table_name(outcome),
            f"{outcome.label} ({seen}): {evaluation.label}, true effect {true}",
            tuple(columns[0]),
            [tuple(row.values()) for row in columns],
            (
                f"Per cent of {evaluation.n_trials:,} emulated evaluations with p < {LEVEL:g}: of a tool that does "
                "nothing (false alarms), and of this one, with its true sign (found) and with the opposite one. By "
                "department: found, in nine of ten departments. ±: half of the 95 % interval that is reported. In "
                "brackets: 95 % intervals, departments as a sample.",
            ),
        )


def _columns(unit: str, nothing: Operating, tool: Operating) -> dict[str, str | Cell]:
    """The cells of an analysis of a design, by header."""
    right = tool.right
    return {
        "design": tool.design.label,
        "analysis": ANALYSES[tool.analysis][0],
        "false alarms": _share(nothing.significant),
        "found": _share(right),
        "opposite": Cell(tool.wrong.value, style="percent", digits=0),
        "by department": UNKNOWN if np.isnan(right.p5) else f"{100 * right.p5:.0f} to {100 * right.p95:.0f}",
        "bias": Cell(tool.bias.value, unit, tool.bias.low, tool.bias.high, style="difference"),
        "±": Cell((100 if unit == "share" else 1) * tool.half_width, style="number"),
    }


def _beside(evaluation: Evaluation, pair: tuple[Operating, Operating]) -> dict[str, str | Cell]:
    """The power for the outcome near the tool, and the sizes for the wait."""
    nothing, tool = pair
    near = [row for row in evaluation.emulated if row.outcome.role == "mechanism" and row.arm == tool.arm]
    found = [row.right for row in near if (row.design, row.analysis) == (tool.design, tool.analysis)]
    sizes = evaluation.sizes.get(tool.design.label, ()) if tool.analysis == tool.design.analyses[0] else ()
    words = [size_words(size) if nothing.significant.value <= SOUND else UNKNOWN for size in sizes]
    return {
        "found, near the tool": Cell(found[0].value, style="percent", digits=0) if found else UNKNOWN,
        **dict(zip(("80 % needs", "90 % needs"), words or (UNKNOWN, UNKNOWN), strict=True)),
    }


def _value_table(worth: Sequence[DesignValue]) -> ReportTable:
    """What each design is worth."""

    def cell(pounds: Pounds) -> Cell:
        ends = f"± {cost_in_short(pounds.half_width)}"
        return Cell(pounds.value, style="rounded pounds", words=ends)

    cells: list[Cells] = [
        (
            value.design.label,
            *map(cell, (value.perfect, value.evaluated, value.significant)),
            Cell(value.net, style="rounded pounds"),
        )
        for value in worth
    ]
    headers = (
        "design",
        "to know, a year",
        "to evaluate, a year",
        "to buy if p < 0.05, a year",
        "to evaluate, less its cost",
    )
    note = (
        "Pounds by which a department is better off than by deciding on what is known today. To evaluate: buying if "
        "the estimate is better than the bound that is best. Its cost: what it costs itself, and weeks in which the "
        "tool is on or off against what is known. ±: 95 %, departments as a sample."
    )
    return ReportTable("value", "What an evaluation is worth to a department", headers, cells, (note,))


def charts_table(bought: str, failing: str, charts: Iterable[ChartResult]) -> ReportTable:
    """What charts notice of a tool that becomes another one; `bought`, `failing`: their labels."""

    def weeks(number: float) -> str:
        return "not noticed" if np.isinf(number) else f"{number:.0f}"

    cells: list[Cells] = [
        (
            chart.outcome.label,
            chart.chart,
            Cell(chart.alarms, style="number"),
            Cell(chart.noticed, style="percent", digits=0),
            weeks(chart.weeks),
            " to ".join(map(weeks, chart.by_department)),
        )
        for chart in charts
    ]
    headers = ("outcome", "chart", "false alarms a year", "within half a year", "weeks", "by department")
    note = (
        f"Per cent of failures that are noticed within half a year, and the median weeks; {LEARNT_WEEKS} weeks are "
        "learnt before. Limits are set so that departments together have one false alarm a year, but for the binomial "
        "one, which takes patients as independent. A false alarm counts as noticed: by chance alone that is 39 per "
        "cent within half a year, and 36 weeks. By department: the median in nine of ten."
    )
    return ReportTable("charts", f"'{bought}' becomes '{failing}': when charts notice", headers, cells, (note,))


def _share(figure: OperatingFigure) -> Cell:
    return Cell(figure.value, "share", max(figure.low, 0.0), min(figure.high, 1.0), style="percent", digits=0)


def _rows(evaluation: Evaluation) -> Iterator[dict[str, object]]:
    """A row for each design, analysis, outcome and arm."""
    for row in evaluation.emulated:
        numbers: dict[str, object] = {}
        for name in ("significant", "right", "wrong", "bias"):
            figure: OperatingFigure = getattr(row, name)
            numbers |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
        yield {
            "design": row.design.label,
            "departments": row.design.departments,
            "weeks": row.design.weeks,
            "analysis": row.analysis,
            "measure": row.outcome.measure,
            "group": row.outcome.group,
            "recorded": row.outcome.is_recorded,
            "arm": row.arm,
            **numbers,
            "right_department_p5": row.right.p5,
            "right_department_p95": row.right.p95,
            "true": row.true,
            "half_width": row.half_width,
        }


def designs_picture(evaluation: Evaluation) -> Picture:
    """Each design by its false alarms and its power: for the step near the tool, and for the wait."""
    shown = _shown_outcomes(evaluation)
    with figure_of(4.6 * len(shown), 5.2, 1, len(shown), sharex=True, sharey=True) as (figure, axes):
        for ax, outcome in zip(axes, shown, strict=True):
            _panel(ax, evaluation, outcome)
            panel_title(ax, outcome.label)
            ax.set_xlabel("false alarms: share that find\nan effect of a tool that does nothing")
        axes[0].set(ylim=(-0.04, 1.08), ylabel="found: share that find the tool's effect")
        alarms = [
            evaluation.one(design, outcome, evaluation.nothing).significant.value
            for outcome in shown
            for design in evaluation.shown(outcome)
        ]
        axes[0].set_xlim(0, 1.08 * max(*alarms, 2 * LEVEL))
        names = [f"{number} {design.label}" for number, design in enumerate(evaluation.designs, start=1)]
        handles = [axes[0].plot([], [], linestyle="none")[0] for _ in names]
        figure.legend(
            handles, names, loc="outside lower center", ncols=2, fontsize=8, handlelength=0, title=BANNER,
            title_fontsize=8,
        )  # fmt: skip
        png = png_of(figure)
    return Picture(
        "designs",
        png,
        f"Designs by false alarms and power. {evaluation.table.in_words()}",
        "Designs by false alarms and power, each by its own analysis. Blue: randomised. The line: the 5 % that tests "
        "promise.",
    )


def _shown_outcomes(evaluation: Evaluation) -> list[EvaluatedOutcome]:
    """The step near the tool, if one is looked at, and the wait."""
    near = [outcome for outcome in evaluation.outcomes if outcome.role == "mechanism"][:1]
    return [*near, evaluation.main]


def weeks_picture(evaluation: Evaluation) -> Picture:
    """The power of each design by how long it lasts: for the step near the tool, and for the wait."""
    shown = _shown_outcomes(evaluation)
    told = []
    with figure_of(4.6 * len(shown), 4.6, 1, len(shown), sharex=True, sharey=True) as (figure, axes):
        for ax, outcome in zip(axes, shown, strict=True):
            sound, ends = evaluation.sound(outcome), dict[int, list[tuple[float, float, int]]]()
            for number, design in enumerate(evaluation.designs, start=1):
                if design not in evaluation.shown(outcome):
                    continue
                lengths = list(power_over_weeks(evaluation.bank, design, outcome, evaluation.arm))
                if not lengths:
                    continue
                is_sound = design in sound
                ax.plot(*zip(*lengths, strict=True), "-" if is_sound else ":", color=BLUE if is_sound else WORSE)
                weeks, power = lengths[-1]
                ends.setdefault(round(power / SPOT), []).append((weeks, power, number))
                told.append(f"{design.label}, {outcome.label.lower()}: {100 * power:.0f} % in {weeks} weeks")
            _number_spots(ax, ends.values(), (5, -3))
            ax.axhline(TARGETS[0], color=GREY, linewidth=1.2, linestyle="--")
            panel_title(ax, outcome.label)
            ax.set_xlabel("weeks")
        axes[0].set(ylim=(0, 1.08), xlim=(0, None), ylabel="found: share that find the tool's effect")
        figure.supxlabel(BANNER, fontsize=8)
        png = png_of(figure)
    words = (
        "Power by how long an evaluation lasts; numbers as above. Dotted: more false alarms than a test promises, or "
        "groups that share their queues. The line: 80 %."
    )
    return Picture("weeks", png, f"Power over weeks. {'; '.join(told)}.", words)


def _panel(ax: Axes, evaluation: Evaluation, outcome: EvaluatedOutcome) -> None:
    """Draw the designs for one outcome; those on one spot share their numbers."""
    ax.axvline(LEVEL, color=GREY, linewidth=1.2, linestyle="--")
    spots: dict[tuple[int, int], list[tuple[float, float, int]]] = {}
    for number, design in enumerate(evaluation.designs, start=1):
        if design not in evaluation.shown(outcome):
            continue
        nothing, tool = (evaluation.one(design, outcome, arm) for arm in (evaluation.nothing, evaluation.arm))
        x, y = nothing.significant.value, tool.right.value
        ax.plot(x, y, "o", color=BLUE if design.is_randomised else WORSE, markersize=8)
        spots.setdefault((round(x / SPOT), round(y / SPOT)), []).append((x, y, number))
    _number_spots(ax, spots.values(), (7, -12))


def _number_spots(ax: Axes, spots: Iterable[list[tuple[float, float, int]]], away: tuple[int, int]) -> None:
    """Write the numbers of designs that share a spot beside the farthest of them, `away` in points."""
    for points in spots:
        x, y, _ = max(points)
        numbers = ", ".join(str(number) for *_, number in points)
        ax.annotate(numbers, (x, y), xytext=away, textcoords="offset points", fontsize=9, color=DARK)
