"""The answer: tables, a picture of the designs, one page, sentences, and a paragraph for a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.display.document import Document, Section, Words
from simulation.display.drawing import (
    BLUE,
    DARK,
    GREY,
    WORSE,
    Picture,
    figure_of,
    legend_below,
    legend_line,
    panel_title,
    png_of,
    rows_down,
)
from simulation.display.files import write_dated
from simulation.display.table import UNKNOWN, Cell, Cells, ReportTable, ReportTables
from simulation.display.web_page import page
from simulation.display.words import change, cost_in_short, unit_words
from simulation.evaluation.charts import LEARNT_WEEKS, ChartResult
from simulation.evaluation.design import (
    ANALYSES,
    REPORTED_BY,
    BeforeAfter,
    Deviation,
    EvaluatedOutcome,
    EvaluationDesign,
    main_outcome,
)
from simulation.evaluation.operating import (
    LEVEL,
    TARGETS,
    WEEKS,
    DesignValue,
    NeededSize,
    OperatingCharacteristics,
    OperatingFigure,
    Pounds,
    Stakes,
    power_over_weeks,
)
from simulation.evaluation.trials import Bank
from simulation.measures.definitions import definition_of
from simulation.runs.result import StudyResult
from simulation.study.statements import BANNER
from simulation.wording import listed_with_and, number_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


FOLDER, PAGE, TABLE, PROTOCOL = "evaluations", "evaluation.html", "designs.csv", "protocol.txt"
ALARMS: dict[str, Any] = {"marker": "D", "linestyle": "none", "markersize": 6, "color": WORSE}
FOUND: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 7, "color": BLUE}
MOST_BIAS = 0.25
"""The share of the effect that an evaluation may miss on average and still tell; a judgement."""


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What evaluations of an arm would report.

    bank      the simulated weeks
    emulated  each analysis of each design, with each outcome, under both
    sizes     by randomised design, what it needs for the wait
    worth     what each design is worth, if something is at stake
    deviations  how evaluations go otherwise than planned
    """

    result: StudyResult
    arm: str
    bank: Bank
    designs: tuple[EvaluationDesign, ...]
    outcomes: tuple[EvaluatedOutcome, ...]
    emulated: tuple[OperatingCharacteristics, ...]
    sizes: Mapping[EvaluationDesign, tuple[NeededSize, ...]]
    n_trials: int
    stakes: Stakes | None = None
    worth: tuple[DesignValue, ...] = ()
    deviations: tuple[Deviation, ...] = ()

    def __repr__(self) -> str:
        names = ", ".join(self.tables)
        return "\n".join((self.title, *self.sentences, f"Tables: {names}. {BANNER}"))

    @property
    def null_arm(self) -> str:
        """The arm that does nothing: the sham, or the baseline itself."""
        return self.result.design.null_arm

    @property
    def label(self) -> str:
        """The arm's label."""
        return self.result.arm(self.arm).label

    def unit(self, outcome: EvaluatedOutcome) -> str:
        """The unit of an outcome."""
        return definition_of(outcome.measure, self.result.own).unit

    def of(self, outcome: EvaluatedOutcome, arm: str) -> tuple[OperatingCharacteristics, ...]:
        """Every design and analysis with one outcome and arm, in order."""
        return tuple(row for row in self.emulated if row.outcome == outcome and row.arm == arm)

    def primary(
        self, design: EvaluationDesign, outcome: EvaluatedOutcome, arm: str
    ) -> OperatingCharacteristics:
        """A design by its primary analysis, with one outcome and arm."""
        return next(row for row in self.of(outcome, arm) if row.design == design)

    def both(
        self, design: EvaluationDesign, outcome: EvaluatedOutcome
    ) -> tuple[OperatingCharacteristics, OperatingCharacteristics]:
        """A design by its primary analysis, with the arm that does nothing and with the tool."""
        return self.primary(design, outcome, self.null_arm), self.primary(design, outcome, self.arm)

    def finds(self, design: EvaluationDesign, outcome: EvaluatedOutcome) -> bool:
        """Whether a design finds an outcome's change in 80 of 100, most of it, and keeps the 5 % of its test."""
        alarms, tool = self.both(design, outcome)
        is_whole = abs(tool.bias.value) <= MOST_BIAS * abs(tool.true)
        return is_whole and alarms.keeps_its_level and round(tool.right.value, 2) >= TARGETS[0]

    @property
    def near(self) -> tuple[EvaluatedOutcome, ...]:
        """The outcomes of the step near the tool."""
        return tuple(outcome for outcome in self.outcomes if outcome.role == "mechanism")

    @property
    def main(self) -> EvaluatedOutcome:
        """The outcome that the answer is about."""
        return main_outcome(self.outcomes)

    @cached_property
    def tables(self) -> ReportTables:
        """A table for each outcome, by its name, and `value` if something is at stake."""
        tables = [*_tables(self), *([_value_table(self.worth, self.stakes)] if self.stakes else [])]
        return ReportTables(tables)

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
            if self.primary(design, outcome, self.null_arm).keeps_its_level
            and not design.is_simulated
        )

    @cached_property
    def planned(self) -> tuple[EvaluationDesign, EvaluatedOutcome]:
        """The design and the outcome to plan for: the wait or else a step near the tool, and the design of the fewest
        weeks and departments that finds it, a randomised one if there is any. The wait by the sound design that finds
        it most often, if none does."""
        for outcome in (self.main, *self.near):
            if finding := [design for design in self.shown(outcome) if self.finds(design, outcome)]:
                return min(
                    finding, key=lambda each: (each.is_simulated, not each.is_randomised, each.size)
                ), outcome
        among = self.sound(self.main) or self.shown(self.main)
        return max(
            among, key=lambda design: self.primary(design, self.main, self.arm).right.value
        ), self.main

    @property
    def title(self) -> str:
        """The question that the page answers."""
        return f"Would an evaluation of '{self.label}' find out?"

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words."""
        return tuple(sentences(self))

    @property
    def protocol(self) -> str:
        """A paragraph for a protocol of the design to plan for."""
        return protocol(self, *self.planned)

    @property
    def document(self) -> Document:
        """The answer as a document."""
        first, *others = self.sentences
        tables = [self.table, *([self.tables["value"]] if self.worth else [])]
        words = (Words(first, "strong"), *map(Words, others))
        protocol = Section(
            (Words(self.protocol, "quote"),), f"For the protocol: {self.planned[0].label}"
        )
        return Document(self.title, (Section((*words, *self.pictures.values(), *tables)), protocol))

    @property
    def page(self) -> str:
        """One page that loads nothing."""
        return page(self.document)

    def write(self, results: Path | str = "results") -> Path:
        """Write page, table, pictures and protocol into a dated folder in `results/evaluations`, and return it."""
        pictures = {f"{name}.png": picture for name, picture in self.pictures.items()}
        texts = {PAGE: self.page, PROTOCOL: f"{self.protocol}\n"}
        return write_dated(Path(results) / FOLDER, {TABLE: _rows(self), **pictures, **texts})


def table_name(outcome: EvaluatedOutcome) -> str:
    """The name of an outcome's table."""
    return f"{outcome.measure}:{outcome.group}"


def _tables(evaluation: Evaluation) -> Iterator[ReportTable]:
    """A table for each outcome; that of the wait also shows the mechanism, and the sizes that are needed."""
    for outcome in evaluation.outcomes:
        unit = evaluation.unit(outcome)
        nothing, tool = (
            evaluation.of(outcome, arm) for arm in (evaluation.null_arm, evaluation.arm)
        )
        beside = _beside if outcome == evaluation.main else lambda *_: {}
        columns = [
            _columns(unit, *pair) | beside(evaluation, *pair)
            for pair in zip(nothing, tool, strict=True)
        ]
        seen = "in a trust's records" if outcome.is_recorded else "not in a trust's records"
        true = f"{change(tool[0].true, unit)} {unit_words(unit)}"
        yield ReportTable(
            table_name(outcome),
            f"{outcome.label} ({seen}): {evaluation.label}, true effect {true}",
            tuple(columns[0]),
            [tuple(row.values()) for row in columns],
            (
                f"Of 100 evaluations ({evaluation.n_trials:,} emulated), those with p < {LEVEL:g}; false alarms: of a "
                "tool that does nothing. By department: found, in nine of ten. ±: half of the interval reported. "
                "Brackets: 95 %, departments as a sample.",
            ),
        )


def _columns(
    unit: str, nothing: OperatingCharacteristics, tool: OperatingCharacteristics
) -> dict[str, str | Cell]:
    """The cells of an analysis of a design, by header."""
    right = tool.right
    return {
        "design": tool.design.label,
        "analysis": ANALYSES[tool.analysis][0],
        "false alarms": _share(nothing.significant),
        "found": _share(right),
        "opposite": Cell(tool.wrong.value, style="percent", digits=0),
        "by department": UNKNOWN
        if np.isnan(right.p5)
        else f"{100 * right.p5:.0f} to {100 * right.p95:.0f}",
        "bias": Cell(tool.bias.value, unit, tool.bias.low, tool.bias.high, style="difference"),
        "±": Cell((100 if unit == "share" else 1) * tool.half_width, style="number"),
    }


def _beside(
    evaluation: Evaluation, nothing: OperatingCharacteristics, tool: OperatingCharacteristics
) -> dict[str, str | Cell]:
    """The power for the outcome near the tool, and the sizes for the wait."""
    found = [
        row.right
        for outcome in evaluation.near
        for row in evaluation.of(outcome, tool.arm)
        if (row.design, row.analysis) == (tool.design, tool.analysis)
    ]
    is_first = tool.analysis == tool.design.analyses[0]
    sizes = evaluation.sizes.get(tool.design, ()) if is_first else ()
    words = [size_words(size) if nothing.keeps_its_level else UNKNOWN for size in sizes]
    return {
        "found, near the tool": Cell(found[0].value, style="percent", digits=0)
        if found
        else UNKNOWN,
        **dict(zip(("80 % needs", "90 % needs"), words or (UNKNOWN, UNKNOWN), strict=True)),
    }


def _value_table(worth: Sequence[DesignValue], stakes: Stakes) -> ReportTable:
    """What each design is worth, and where each figure is from."""

    def cell(pounds: Pounds) -> Cell:
        ends = (
            f"± {cost_in_short(pounds.half_width)}"
            if np.isfinite(pounds.half_width)
            else "(without bound)"
        )
        return Cell(pounds.value, style="rounded pounds", words=ends)

    cells: list[Cells] = [
        (
            value.design.label,
            *map(cell, (value.perfect, value.evaluated, value.significant)),
            Cell(value.weeks, style="rounded pounds"),
            cell(value.net),
        )
        for value in worth
    ]
    over = f"over {stakes.years:g} year{'s' * (stakes.years != 1)}"
    headers = (
        "design", "to know, a year", "to evaluate, a year", "to buy if p < 0.05, a year", "lost in its weeks",
        f"left {over}",
    )  # fmt: skip
    notes = (
        "Pounds by which a department is better off than by deciding on what is known today. To evaluate: buying if "
        "the estimate is better than the bound that is best, set on one half of the evaluations and judged on the "
        "other; 0 where that loses, as a result may be ignored. ±: 95 %, departments as a sample.",
        f"Left: {stakes.years:g} times 'to evaluate', less {cost_in_short(stakes.cost)} for the evaluation itself and "
        "less what is lost in its weeks, in which the tool is on or off against what is known.",
        f"Yours: chance {100 * stakes.prior:.0f} %, £{stakes.hour:g} an hour, {stakes.years:g} years and what the "
        f"evaluation costs. Price of £{stakes.price:,.0f} a year: {stakes.price_source}. Hours: simulated.",
    )
    return ReportTable(
        "value", "What an evaluation is worth to a department", headers, cells, notes
    )


def charts_table(bought: str, failing: str, charts: Iterable[ChartResult]) -> ReportTable:
    """What charts notice of a tool that becomes another one; `bought`, `failing`: their labels."""

    def weeks(number: float) -> str:
        return "not noticed" if np.isinf(number) else f"{number:.0f}"

    cells: list[Cells] = [
        (
            chart.outcome.label,
            chart.chart,
            Cell(
                chart.alarms,
                style="number",
                words=f"({chart.alarms_by_department[0]:.1f} to {chart.alarms_by_department[1]:.1f})",
            ),
            Cell(chart.noticed, style="percent", digits=0),
            weeks(chart.weeks),
            " to ".join(map(weeks, chart.by_department)),
        )
        for chart in charts
    ]
    headers = (
        "outcome",
        "chart",
        "false alarms a year",
        "within half a year",
        "weeks",
        "by department",
    )
    note = (
        f"Per cent of failures that are noticed within half a year, and the median weeks; {LEARNT_WEEKS} weeks are "
        "learnt before. Limits are set so that half of the departments together have one false alarm a year, and used "
        "on the other half; the binomial one is not set, and takes patients as independent. A false alarm counts as "
        "noticed: by chance alone that is 39 per cent within half a year, and 36 weeks. In brackets and by department: "
        "nine in ten."
    )
    return ReportTable(
        "charts", f"'{bought}' becomes '{failing}': when charts notice", headers, cells, (note,)
    )


def _share(figure: OperatingFigure) -> Cell:
    return Cell(
        figure.value,
        "share",
        max(figure.low, 0.0),
        min(figure.high, 1.0),
        style="percent",
        digits=0,
    )


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
    with _rows_of_designs(evaluation, 0.4) as (figure, panels):
        for ax, outcome in panels:
            for row, design in enumerate(evaluation.designs):
                if design in evaluation.shown(outcome):
                    alarms, tool = evaluation.both(design, outcome)
                    for figures, style in ((alarms.significant, ALARMS), (tool.right, FOUND)):
                        ends = (
                            100 * min(max(end, 0.0), 1.0) for end in (figures.low, figures.high)
                        )
                        ax.plot(list(ends), [row, row], color=style["color"], linewidth=1.5)
                        ax.plot(100 * figures.value, row, **style)
            for at in (LEVEL, TARGETS[0]):
                ax.axvline(100 * at, color=GREY, linewidth=1.2, linestyle="--")
            ax.set(xlim=(-3, 103), xlabel="of 100 evaluations")
        words = ("find an effect of a tool that does nothing", "find this tool's effect")
        handles = [
            legend_line(**style, label=each)
            for style, each in zip((ALARMS, FOUND), words, strict=True)
        ]
        legend_below(figure, handles, 2)
        figure.legends[0].set_title(BANNER)
        png = png_of(figure)
    caption = "Each design by its first analysis, with 95 % intervals; lines at 5 and 80."
    return Picture(
        "designs", png, f"Designs by false alarms and power. {evaluation.table.in_words()}", caption
    )


@contextmanager
def _rows_of_designs(
    evaluation: Evaluation, height: float
) -> Iterator[tuple[Figure, list[tuple[Axes, EvaluatedOutcome]]]]:
    """A figure with a panel for the step near the tool, if one is looked at, and for the wait; rows are designs."""
    shown, n = [*evaluation.near[:1], evaluation.main], len(evaluation.designs)
    with figure_of(2.4 + 3.4 * len(shown), 1.6 + height * n, 1, len(shown), sharey=True) as (
        figure,
        axes,
    ):
        axes[0].set_yticks(range(n), [design.label for design in evaluation.designs])
        for ax, outcome in zip(axes, shown, strict=True):
            rows_down(ax, n)
            panel_title(ax, outcome.label)
        yield figure, list(zip(axes, shown, strict=True))


def weeks_picture(evaluation: Evaluation) -> Picture:
    """The power of each design by how long it lasts: for the step near the tool, and for the wait."""
    columns = [weeks for weeks in WEEKS if weeks <= evaluation.bank.n_weeks]
    told = []
    with _rows_of_designs(evaluation, 0.34) as (figure, panels):
        for ax, outcome in panels:
            sound = evaluation.sound(outcome)
            powers = np.full((len(evaluation.designs), len(columns)), np.nan)
            for row, design in enumerate(evaluation.designs):
                of_length = power_over_weeks(
                    evaluation.bank, design, outcome, evaluation.arm, evaluation.deviations
                )
                for weeks, power in of_length if design in evaluation.shown(outcome) else ():
                    column = columns.index(weeks)
                    powers[row, column] = power if design in sound else np.nan
                    colour = (
                        "white"
                        if design in sound and power > 0.6
                        else DARK
                        if design in sound
                        else GREY
                    )
                    ax.text(
                        column,
                        row,
                        f"{100 * power:.0f}",
                        ha="center",
                        va="center",
                        color=colour,
                        fontsize=9,
                    )
                    told.append(
                        f"{design.label}, {outcome.label.lower()}, {weeks} weeks: {100 * power:.0f} %"
                    )
            ax.imshow(powers, cmap="Blues", vmin=0, vmax=1.2, aspect="auto")
            ax.set_xticks(range(len(columns)), [str(weeks) for weeks in columns])
            ax.set_xlabel("weeks in all")
            ax.grid(visible=False)
        figure.supxlabel(BANNER, fontsize=8)
        png = png_of(figure)
    words = "How many find this tool's effect, by weeks. Grey: not to be relied on (false alarms, or shared queues)."
    return Picture("weeks", png, f"Power over weeks. {'; '.join(told)}.", words)


# --- in words ------------------------------------------------------------------------------------------------

OF_AN_AI = "SPIRIT-AI (Cruz Rivera et al. 2020, Nat Med 26:1351) and CONSORT-AI (Liu et al. 2020, Nat Med 26:1364)"


def sentences(evaluation: Evaluation) -> Iterator[str]:
    """Whether the design that was asked about would tell, which one would, and what that rests on."""
    main, (design, outcome) = evaluation.main, evaluation.planned
    asked = next(
        (asked for asked in evaluation.designs if not asked.is_randomised), evaluation.designs[0]
    )
    yield from _verdict(evaluation, asked)
    if evaluation.finds(design, outcome):
        if (design, outcome) != (asked, main):
            alarms, tool = evaluation.both(design, outcome)
            near = "" if outcome == main else ", nearer to the tool"
            yield (
                f"What would: {design.label.lower()}, {span_words(design)}, by '{outcome.label.lower()}'{near}: "
                f"{_in_100(tool.right)} of 100 find its change, and {_in_100(alarms.significant)} an effect of nothing."
            )
    elif len(evaluation.designs) > 1:
        yield "None of these designs finds the change of either outcome in 80 of 100."
    if not evaluation.finds(design, main):
        yield from _least_size(evaluation)
    yield from _carried_over(evaluation)
    yield from _harm(evaluation)
    if evaluation.deviations:
        stated = listed_with_and([deviation.label.lower() for deviation in evaluation.deviations])
        yield f"Not all goes as planned: {stated} (assumed)."
    factors = evaluation.result.study.baseline.pathway.lasting_factors.values()
    alike = "the season alone, so real false alarms before and after are likely to be more"
    if any(factor.shared and factor.active for factor in factors):
        alike = "good and bad months, as trusts do"
    yield (
        f"This rests on {_departments(evaluation)}, {evaluation.bank.n_weeks} weeks each. They share {alike}."
    )
    yield _worth(evaluation)


def _verdict(evaluation: Evaluation, design: EvaluationDesign) -> Iterator[str]:
    """Whether a design would tell of the wait, and why."""
    main, (alarms, tool) = evaluation.main, evaluation.both(design, evaluation.main)
    answer, would = ("Yes", "would") if evaluation.finds(design, main) else ("No", "would not")
    yield f"{answer}: {design.label.lower()}, {span_words(design)}, {would} tell you."
    yield (
        f"The tool changes '{main.label.lower()}' by {_signed(evaluation, main, tool.true)}, with "
        f"±{_size(evaluation, main, tool.half_width)} reported. Of 100 evaluations of a tool that does nothing, "
        f"{_in_100(alarms.significant)} report an effect (a test promises 5); of this one, {_in_100(tool.right)} find "
        f"its effect and {_in_100(tool.wrong, short=True)} the opposite."
    )


def span_words(design: EvaluationDesign) -> str:
    """How long a design lasts: '12 weeks before and 12 after', '24 weeks'."""
    if isinstance(design.switching, BeforeAfter):
        before = design.switching.before_weeks
        return f"{before} weeks before and {design.weeks - before} after"
    return number_of(design.weeks, "week")


def _carried_over(evaluation: Evaluation) -> Iterator[str]:
    """What designs show whose groups meet in the same queues, beside what the tool does to everybody."""
    outcome = (*evaluation.near, evaluation.main)[0]
    designs = [one for one in evaluation.shown(outcome) if one.is_simulated]
    rows = [evaluation.primary(one, outcome, evaluation.arm) for one in designs]
    shown = [
        f"{_short_label(row.design)} show {change(row.true + row.bias.value, evaluation.unit(outcome))}"
        for row in rows
    ]
    if shown:
        true = _signed(evaluation, outcome, rows[0].true)
        yield f"Queues carry over what a tool saves: of {true} by '{outcome.label.lower()}', {'; '.join(shown)}."


def _worth(evaluation: Evaluation) -> str:
    """What evaluations are worth, and the rule that loses money; or why nothing is said of it."""
    stakes = evaluation.stakes
    if stakes is None:
        return "No value in pounds is given without a stated chance that the tool works (prior=)."
    best = max(evaluation.worth, key=lambda value: value.net.value)
    worst = min(evaluation.worth, key=lambda value: value.significant.value)
    words = (
        f"With a chance of {100 * stakes.prior:.0f} % that the tool works, {cost_in_short(stakes.price)} a year and "
        f"£{stakes.hour:g} an hour, to know is worth {cost_in_short(best.perfect.value)} a year. "
    )
    if best.net.value > 0:
        gain = (
            f"{cost_in_short(best.net.value)} over {stakes.years:g} year{'s' * (stakes.years != 1)}"
        )
        words += f"Best is {best.design.label.lower()}: {gain}, its cost deducted."
    else:
        words += f"No design is worth its cost. On what is known today: {'buy' if best.buys else 'do not buy'}."
    if worst.significant.value < 0:
        loss = cost_in_short(-worst.significant.value)
        words += f" To buy if p < 0.05 loses {loss} a year after {worst.design.label.lower()}."
    return words


def _departments(evaluation: Evaluation) -> str:
    used = set(map(evaluation.result.study.department, evaluation.result.numbers))
    return number_of(len(used), "simulated department")


def _signed(evaluation: Evaluation, outcome: EvaluatedOutcome, value: float) -> str:
    unit = evaluation.unit(outcome)
    return f"{change(value, unit)} {unit_words(unit)}"


def _size(evaluation: Evaluation, outcome: EvaluatedOutcome, value: float) -> str:
    return _signed(evaluation, outcome, abs(value)).removeprefix("+")


def _in_100(figure: OperatingFigure, *, short: bool = False) -> str:
    """'19 (16 to 22)'."""
    value, low, high = (
        100 * min(max(number, 0.0), 1.0) for number in (figure.value, figure.low, figure.high)
    )
    return f"{value:.0f}" if short else f"{value:.0f} ({low:.0f} to {high:.0f})"


def _least_size(evaluation: Evaluation) -> Iterator[str]:
    """The least that a randomised design needs for 80 % power on the wait."""
    sound = [one for one in evaluation.sound(evaluation.main) if one in evaluation.sizes]
    sizes = {one: size for one in sound for size in evaluation.sizes[one][:1] if size.weeks}
    if sizes:
        design = min(sizes, key=lambda one: (sizes[one].weeks or 0) * sizes[one].departments)
        wait, takes = evaluation.main.label.lower(), _short_label(design)
        yield f"To find the change of '{wait}' in 80 of 100 takes {takes}: {size_words(sizes[design])}."
    elif sound:
        yield "On the wait, no randomised design here reaches 80 of 100 within five years or 120 departments."


def _short_label(design: EvaluationDesign) -> str:
    """'alternate weeks' of 'Alternate weeks, eight departments'."""
    return design.label.partition(",")[0].lower()


def _harm(evaluation: Evaluation) -> Iterator[str]:
    """What evaluations would see of longer waits of the most urgent, by the truth and by the label given."""
    urgent = [outcome for outcome in evaluation.outcomes if outcome.group.endswith("=1-2")]
    design, _ = evaluation.planned
    if len(urgent) == 2 and all(design in evaluation.shown(outcome) for outcome in urgent):
        rows = [evaluation.primary(design, outcome, evaluation.arm) for outcome in urgent]
        if rows[0].true > 0:
            truly, given = (_signed(evaluation, row.outcome, row.true) for row in rows)
            by_truth, by_label = (_in_100(row.right, short=True) for row in rows)
            yield (
                f"The wait of levels 1 and 2 changes by {truly} by the truth, {given} by the labels, which alone "
                f"records show. {design.label} finds the first in {by_truth} of 100, if all cases are audited, and the "
                f"second in {by_label}."
            )


def size_words(size: NeededSize) -> str:
    """'24 weeks in 40 departments', 'not within five years'."""
    if size.weeks is None:
        return (
            "not within five years"
            if size.departments == 1
            else f"not with {size.departments} departments"
        )
    where = "one department" if size.departments == 1 else f"{size.departments} departments"
    return f"{'' if size.simulated else 'about '}{size.weeks} weeks in {where}"


def protocol(evaluation: Evaluation, design: EvaluationDesign, main: EvaluatedOutcome) -> str:
    """A paragraph for the protocol of an evaluation by this design with this primary outcome."""
    definition = definition_of(main.measure, evaluation.result.own).definition
    alarms, tool = evaluation.both(design, main)
    finds, wait = evaluation.finds(design, main), evaluation.main
    why = (
        ""
        if finds
        else " No outcome of this design is found in 80 of 100: enlarge it before anybody signs."
    )
    if main != wait:
        of_wait = evaluation.primary(design, wait, evaluation.arm).right
        why = f" It is primary because this design finds its change; that of '{wait.label.lower()}' it finds in "
        why += f"{_in_100(of_wait, short=True)} of 100."
    others = listed_with_and(
        [
            outcome.label
            for outcome in evaluation.outcomes
            if outcome != main and outcome.is_recorded
        ]
    )
    audited = listed_with_and(
        [outcome.label for outcome in evaluation.outcomes if not outcome.is_recorded]
    )
    uncounted = [
        *([f"the first {design.run_in_weeks} weeks after a switch"] if design.run_in_weeks else []),
        *(
            [f"the first {design.wash_out_days} day(s) of each week"]
            if design.wash_out_days
            else []
        ),
    ]
    where = "one department" if design.departments == 1 else f"{design.departments} departments"
    parts = (
        f"Primary outcome: {main.label}. {definition.removesuffix(' Primary.')}{why}",
        f"Secondary outcomes from routine records: {others}.",
        f"By audit of a sample of cases, blind to whether the tool was on: {audited}."
        if audited
        else "",
        f"Setting and size: {where}, {span_words(design)}.",
        f"Allocation: {design.randomised}."
        + (
            " The list is drawn outside the departments, before the first week."
            if design.is_randomised
            else ""
        ),
        "Unit of analysis: "
        + (
            {"alternate_days": "the day.", "by_patient": "the patient."}.get(
                design.switching.kind, "the week."
            )
            if design.departments == 1
            else "the department, by the means of its periods; never the patient."
        ),
        f"Analysis: {ANALYSES[design.analyses[0]][1]}, two-sided at 5 %, everybody counted under what was allocated.",
        f"Not counted: {listed_with_and(uncounted)}." if uncounted else "",
        f"Assumptions: an effect of {_signed(evaluation, main, tool.true)}. Emulated {evaluation.n_trials:,} times on "
        f"{_departments(evaluation)}, the design finds it in {_in_100(tool.right)} of 100, with "
        f"±{_size(evaluation, main, tool.half_width)}, and an effect of a tool that does nothing in "
        f"{_in_100(alarms.significant)} of 100{'' if alarms.keeps_its_level else ', which is too many'}.",
        f"Reported by {REPORTED_BY[design.switching.kind]}, with {OF_AN_AI}.",
    )
    return " ".join(filter(None, parts))
