"""A study on what really happened: the attendances of an extract simulated again, under every arm.

Who came when, by what way, how old, with what label and whether they were admitted is the extract's. The rest is
imputed, anew in each replication: true levels given the label, the disposition and the age; minutes; complaints;
patience, which is as long as somebody waited at least. Planned and other emergency admissions, who is there at the
start, and everybody of the days before and after the extract are drawn beside it, or wards would begin empty.

A nurse's label comes from a random variate. Each patient is given the variates of a candidate to whom the nurse gives
the label that was coded, so that arms which keep her label keep the coded one, and a tool errs with her as it should.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulation.department.durations import Weibull
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    Chance,
    Pathway,
)
from simulation.display.drawing import Picture
from simulation.display.table import UNKNOWN, Cell, Cells, ReportTable, ReportTables
from simulation.display.words import unit_words
from simulation.errors import ResultsError
from simulation.extracts.extract import Extract
from simulation.extracts.mapping import FEWEST
from simulation.extracts.page import beside_picture, daily_picture, ends_of_nine_in_ten, likeness
from simulation.extracts.quality import is_few
from simulation.fits.fitting import cautions, coded_counts, of_source, true_mix
from simulation.measures.measuring import measure
from simulation.measures.quantities import FOUR_HOURS, Window, count_unfinished
from simulation.patients import Calendar, DrawnRun, Draws, Source
from simulation.patients.arrivals import arrivals_by_layer, present_by_source
from simulation.patients.sample import after_arrival, draw_columns, evaluate_amount
from simulation.patients.variates import Variates
from simulation.records.schema import ADMITTED, LEFT, Column, Floats, Ints, Patients
from simulation.report.outcome import outcome_of
from simulation.report.verdict_tables import trials_column
from simulation.runs.replicate import ArmReplication, ReplicationResult
from simulation.runs.result import StudyResult
from simulation.study.design import Target
from simulation.study.explanation import Explained
from simulation.study.simulate import Simulated, draws_alike, simulate_draws
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply
from simulation.triage.labels import Assessor, labels_of
from simulation.triage.matrix import probabilities
from simulation.units import DAY, to_ticks

if TYPE_CHECKING:
    import pandas as pd

USUAL_IMPUTATIONS = 20
LAYER = 2**20
"""The layer of the extract's patients, beyond those of drawn arrivals: their random streams are their own."""
CANDIDATES = 4
"""Candidates for each patient, among whom one is found to whom the nurse gives the coded label."""
ADMISSION = "admitted"
PATIENCE_LEAST = 1.0


@dataclass(frozen=True)
class _Rows:
    """The extract's attendances of one arrival source: their rows, ticks of arrival in the run, and source."""

    name: str
    code: int
    rows: Ints
    ticks: Ints

    @property
    def candidates(self) -> Source:
        """Several candidates for each of them, of whom the first are kept."""
        n = len(self.rows)
        return Source(self.name, self.code, LAYER, CANDIDATES * n, np.arange(n))


class TracedPatients:
    """The draws of one imputation, by department; `draws(pathway)` gives those of an arm's."""

    def __init__(self, extract: Extract, nurse: Assessor | None, run: DrawnRun) -> None:
        self._extract, self._nurse, self._run = extract, nurse, run
        self._drawn: list[tuple[Pathway, Draws]] = []
        self.n_other_label = 0

    def of(self, pathway: Pathway) -> Draws:
        """The draws of a pathway: new, or those of an earlier one that draws patients alike."""
        for known, draws in self._drawn:
            if draws_alike(known, pathway) and known.outages == pathway.outages:
                return draws
        draws = self._draw(pathway)
        self._drawn.append((pathway, draws))
        return draws

    @cached_property
    def _shift(self) -> int:
        """Ticks from the start of the run to the extract's Monday."""
        return self._run.calendar.warm_up_days * DAY

    def _draw(self, pathway: Pathway) -> Draws:
        run, traced = self._run, list(self._by_source(pathway))
        if ACUITY_TRUE not in pathway.attributes:
            raise ResultsError(
                f"trace: the department has no attribute '{ACUITY_TRUE}'. Use one that triages"
            )
        layers = [
            self._without_window(pathway, *layer) for layer in arrivals_by_layer(pathway, run)
        ]
        layers += list(present_by_source(pathway))
        n_before = sum(len(ticks) for _, ticks in layers)
        rough = [(part.candidates, part.ticks) for part in traced]
        first = draw_columns(pathway, run, [*layers, *rough])
        order = np.concatenate([np.zeros(0, np.int64), *(part.rows for part in traced)])
        known = self._known(pathway, first, n_before, order)
        ends = np.cumsum([len(part.rows) for part in traced])
        levels = np.split(known[ACUITY_TRUE][n_before:], ends)
        placed = [self._placed(part, pathway, levels[k]) for k, part in enumerate(traced)]
        drawn = draw_columns(
            pathway,
            run,
            [*layers, *zip(placed, (part.ticks for part in traced), strict=True)],
            known,
        )
        return self._patient_enough(pathway, drawn, n_before, order)

    @cached_property
    def _sources(self) -> Ints:
        """The arrival source of each patient of the extract, shape (n,); 0 where it is not known."""
        return np.maximum(self._extract.patients[ARRIVAL_SOURCE], 0)

    def _by_source(self, pathway: Pathway) -> Iterator[_Rows]:
        """The attendances by source; those whose source is not known are taken to walk in."""
        patients, names = self._extract.patients, pathway.categories(ARRIVAL_SOURCE)
        ticks = to_ticks(patients["arrived_at"]) + self._shift
        for code, name in enumerate(patients.known(ARRIVAL_SOURCE)):
            rows = np.flatnonzero(self._sources == code)
            if len(rows):
                if name not in pathway.arrivals:
                    raise ResultsError(
                        f"trace: the department has no arrivals '{name}'. Map them to one that it has"
                    )
                yield _Rows(name, names.index(name), rows, ticks[rows])

    def _without_window(self, pathway: Pathway, source: Source, ticks: Ints) -> tuple[Source, Ints]:
        """A layer without those who attend while the extract lasts."""
        if not pathway.arrivals[source.name].attends:
            return source, ticks
        start, end = (to_ticks(minute) + self._shift for minute in self._extract.window)
        outside = (ticks < start) | (ticks >= end)
        return replace(source, kept=source.kept[outside]), ticks[outside]

    # --- what the extract states of each patient ----------------------------------------------------------------

    def _known(
        self, pathway: Pathway, first: Draws, n_before: int, rows: Ints
    ) -> dict[str, Column]:
        """Codes by attribute, of everybody in the order of the layers: the extract's patients last, as they were."""
        patients = self._extract.patients
        known: dict[str, Column] = {}
        for name in ("age_band", "age", "sex", ADMISSION, ACUITY_TRUE):
            if name in pathway.attributes and name in first.attributes:
                in_layers = np.empty_like(first.attributes[name])
                in_layers[first.order] = first.attributes[name]
                known[name] = in_layers
        for name in ("age_band", "age", "sex"):
            if name in known and name in patients:
                stated = patients[name][rows]
                codes = (
                    stated
                    if name == "age"
                    else _translated(stated, patients.known(name), pathway.categories(name))
                )
                known[name][n_before:] = np.where(codes >= 0, codes, known[name][n_before:])
        if ADMISSION in known:
            yes = pathway.categories(ADMISSION).index("yes")
            left = patients.where("outcome", LEFT)[rows] | (patients["outcome"][rows] < 0)
            stated = np.where(patients.where("outcome", ADMITTED)[rows], yes, 1 - yes)
            known[ADMISSION][n_before:] = np.where(left, known[ADMISSION][n_before:], stated)
        known[ACUITY_TRUE][n_before:] = self._levels(pathway, known, n_before, rows)
        return known

    @cached_property
    def _table(self) -> Floats | None:
        """P(label | true level) of the nurse; None without labels in the extract or in the study."""
        if self._nurse is None or ACUITY_GIVEN not in self._extract.patients:
            return None
        return probabilities(self._nurse.matrix)

    def _levels(
        self, pathway: Pathway, known: Mapping[str, Column], n_before: int, rows: Ints
    ) -> Ints:
        """A true level for each patient, drawn given label, source, age and disposition; shape (n,)."""
        levels = pathway.categories(ACUITY_TRUE)
        patients = self._extract.patients
        weight = np.ones((len(rows), len(levels)))
        if self._table is None:
            return np.asarray(known[ACUITY_TRUE][n_before:], dtype=np.int64)
        coded = patients[ACUITY_GIVEN][rows]
        codes, sources = self._sources[rows], patients.known(ARRIVAL_SOURCE)
        for code, name in enumerate(sources):
            counts = coded_counts(self._extract, of_source(self._extract, name))
            if counts.sum():
                weight[codes == code] = true_mix(counts, self._table).values
        weight *= np.where(coded[:, None] >= 0, self._table[:, coded].T, 1.0)
        chance = pathway.attributes.get(ADMISSION)
        if isinstance(chance, Chance) and ADMISSION in known:
            yes = known[ADMISSION][n_before:] == pathway.categories(ADMISSION).index("yes")
            source = _translated(codes, sources, pathway.categories(ARRIVAL_SOURCE))
            stated = {name: column[n_before:] for name, column in known.items()}
            for level in range(len(levels)):
                at_level = {
                    **stated,
                    ARRIVAL_SOURCE: source,
                    ACUITY_TRUE: np.full(len(rows), level),
                }
                p = np.clip(evaluate_amount(pathway, at_level, chance.p), 1e-6, 1 - 1e-6)
                weight[:, level] *= np.where(yes, p, 1 - p)
        totals = np.cumsum(weight, axis=1)
        variates = self._run.generator("trace", ACUITY_TRUE).random(len(rows)) * totals[:, -1]
        drawn: Ints = np.minimum((variates[:, None] >= totals).sum(axis=1), len(levels) - 1)
        return drawn

    def _placed(self, part: _Rows, pathway: Pathway, true: Ints) -> Source:
        """The candidates whose variates the patients of a source get, each with the coded label where one is left."""
        source = part.candidates
        if self._table is None or self._nurse is None:
            return source
        coded = self._extract.patients[ACUITY_GIVEN][part.rows]
        labels = self._labels(source, pathway)
        place, free = np.full(len(true), -1), np.ones(source.n_candidates, dtype=np.bool_)
        pairs, n_of = np.unique(np.stack([true, coded]), axis=1, return_counts=True)
        for pair in np.argsort(n_of):  # the rarest first
            level, label = pairs[:, pair]
            wanted = np.flatnonzero((true == level) & (coded == label))
            if label >= 0:
                found = np.flatnonzero(free & (labels[level] == label))[: len(wanted)]
                place[wanted[: len(found)]] = found
                free[found] = False
        left = np.flatnonzero(place < 0)
        self.n_other_label += int((coded[left] >= 0).sum())
        place[left] = np.flatnonzero(free)[: len(left)]
        return replace(source, kept=place)

    def _labels(self, source: Source, pathway: Pathway) -> Ints:
        """The nurse's label for every candidate if its true level were each in turn; shape (levels, candidates)."""
        assert self._nurse is not None
        every = np.arange(source.n_candidates)
        all_of_it = replace(source, kept=every)
        variates = Variates(
            self._run.seed, self._run.replication, (all_of_it,), every, np.zeros(len(every))
        )
        none = np.zeros(len(every), dtype=np.int64)
        bare = Draws(
            self._run.replication,
            none,
            none.astype(np.int16),
            every,
            {},
            {},
            none,
            none,
            {},
            every,
            variates,
        )
        nurse = replace(self._nurse, matrix=replace(self._nurse.matrix, by_group={}))
        n_levels = len(pathway.categories(ACUITY_TRUE))
        at = (
            bare.with_columns(attributes={ACUITY_TRUE: np.full(len(every), level, np.int16)})
            for level in range(n_levels)
        )
        return np.stack([labels_of(nurse, pathway, draws) for draws in at]).astype(np.int64)

    # --- patience -------------------------------------------------------------------------------------------------

    def _patient_enough(self, pathway: Pathway, drawn: Draws, n_before: int, rows: Ints) -> Draws:
        """Patience as long as somebody waited at least, and of those who left as long as they did."""
        patients, clock = self._extract.patients, pathway.patience
        if clock is None or "seen_at" not in patients:
            return drawn
        in_layers = np.full(len(drawn), -1)
        in_layers[n_before:] = rows
        row = in_layers[drawn.order]
        is_traced, arrived = row >= 0, patients["arrived_at"]
        left = patients.where("outcome", LEFT) & np.isnan(patients["seen_at"])
        until = np.where(left, patients["departed_at"], patients["seen_at"]) - arrived
        waited, has_left = until[row], left[row] & is_traced
        minutes = drawn.minutes[clock.minutes].copy()
        duration = pathway.durations[clock.minutes]
        power = duration.power if isinstance(duration, Weibull) else 1.0
        longer = (minutes[0] ** power + np.nan_to_num(waited) ** power) ** (1 / power)
        minutes[0] = np.where(is_traced, longer, minutes[0])
        noted = has_left & ~np.isnan(waited)
        minutes[0] = np.where(noted, np.maximum(waited, PATIENCE_LEAST), minutes[0])
        with_minutes = drawn.with_columns(minutes={clock.minutes: minutes})
        return replace(
            with_minutes, patience=after_arrival(pathway, drawn, clock, with_minutes.minutes)
        )


def _translated(codes: Ints, known: Sequence[str], categories: Sequence[str]) -> Ints:
    """Codes of one list of categories as those of another; -1 for none and for one that the other has not."""
    of = np.array([*(categories.index(name) if name in categories else -1 for name in known), -1])
    return np.asarray(of[codes])


# --- the run ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Trace:
    """An extract simulated again under every arm of a study: `result` has a replication for each imputation.

    daily  within four hours, by day of arrival: of each imputation under the baseline; shape (imputations, days)
    """

    extract: Extract
    result: StudyResult
    other_label: float
    """The share of coded labels that no candidate of the true level had, so that another counts."""
    daily: Floats

    @cached_property
    def tables(self) -> ReportTables:
        """`factual`: the extract beside its own simulation; `daily`: the same by day; `effects`: each arm against it,
        without a row where the simulation is not near the extract."""
        tables = (self._factual(), self._daily(), self._effects())
        return ReportTables(tables)

    @cached_property
    def is_near(self) -> bool:
        """Whether the simulation is near enough to the extract for effects to be shown."""
        return likeness(self.extract, self.result)[1]

    @cached_property
    def pictures(self) -> tuple[Picture, ...]:
        """The extract beside its own simulation: by hour, age and source, and by day."""
        beside = beside_picture(self.extract, self.result, self.result.design.baseline)
        return beside, daily_picture(self.recorded, self.daily, self.extract.name)

    @cached_property
    def recorded(self) -> Floats:
        """The share within four hours by day of arrival in the records, shape (days,); NaN of a day on which fewer than
        5 came, or were within, or over, four hours."""
        return daily_shares(self.extract.patients, self.extract.window, FEWEST)

    def _daily(self) -> ReportTable:
        """The recorded share within four hours of each day beside the simulated one."""
        first = self.extract.first_day + round(self.extract.window[0] / 1440)
        low, high = ends_of_nine_in_ten(self.daily)
        cells: list[Cells] = [
            (
                str(first + day),
                Cell(100 * float(self.recorded[day]), digits=1, style="number"),
                Cell(
                    100 * float(mean), low=100 * float(low[day]), high=100 * float(high[day]),
                    digits=1, style="number",
                ),
            )
            for day, mean in enumerate(self.daily.mean(axis=0))
        ]  # fmt: skip
        headers = ("day of arrival", "records", "simulated: mean, nine in ten imputations")
        notes = (
            f"Records: no share of a day on which fewer than {FEWEST} were within, or over, four hours.",
        )
        return ReportTable("daily", "Within four hours by day, %", headers, cells, notes)

    def sentences(self) -> Iterator[str]:
        """What its page begins with."""
        yield (
            f"The {len(self.extract.patients):,} attendances of {self.extract.name}, simulated "
            f"{len(self.result.numbers)} times: as they were triaged, and under {len(self.result.arms) - 1} other "
            "policies. Arrivals, labels, ages and dispositions are the records'; everything else was drawn. No row is "
            "in this page or in any file."
        )
        yield likeness(self.extract, self.result)[0]
        yield from cautions(self.extract)
        if self.other_label:
            yield f"{100 * self.other_label:.2f} % of labels differ from the coded ones: no such error was left."

    def _factual(self) -> ReportTable:
        table = self.extract.beside(self.result)
        notes = (
            "The factual arm: the same attendances, labels and dispositions, simulated in the study's departments. "
            "Effects are worth as much as this agrees.",
            *table.notes,
        )
        return replace(
            table, kind="factual", title=f"{self.extract.name} and its own simulation", notes=notes
        )

    def _effects(self) -> ReportTable:
        targets = [
            target
            for target in self.result.targets
            if self.result.has(target.measure, target.group)
        ]
        cells: list[Cells] = []
        for arm in self.result.others if self.is_near else ():
            effects = (self._effect(arm.name, target) for target in targets)
            cells.append((arm.label, *effects))
        notes = (
            f"Mean over {len(self.result.numbers)} imputations. Each has other true levels, minutes and patience, and "
            f"its department in turn where the study has several. In brackets ({UNKNOWN}: too few imputations for it):",
            trials_column(self.result)[1],
        )
        units = [self.result.unit(target) for target in targets]
        headers = (
            "arm",
            *(f"{one.label}, {unit_words(unit)}" for one, unit in zip(targets, units, strict=True)),
        )
        title = "What would have been otherwise" if self.is_near else "Not calibrated: no effect"
        return ReportTable("effects", title, headers, cells, notes if self.is_near else ())

    def _effect(self, arm: str, target: Target) -> Cell:
        """The mean effect over imputations, and where the true effect of such a change would be."""
        row = self.result.row_of(target, arm)
        worth = outcome_of(self.result, arm).on_past_trials(row)
        low, high = (worth.low, worth.high) if worth else (math.nan, math.nan)
        return Cell(row.difference, row.unit, low, high, style="difference")

    def __repr__(self) -> str:
        return "\n".join(
            (
                *self.sentences(),
                "Tables: factual, daily, effects. Planning only, not for clinical use.",
            )
        )


def trace(
    extract: Extract,
    study: Study,
    *,
    imputations: int = USUAL_IMPUTATIONS,
    done: Callable[[int], None] = lambda n: None,
) -> Trace:
    """Simulate an extract's attendances again under every arm of a study, as often as there are imputations.

    `done(n)` is called when `n` have ended. Raises ResultsError for fewer than 2, and for an extract whose arrival
    sources the department does not have.
    """
    if imputations < 2:
        raise ResultsError(
            f"trace: {imputations} imputations show no uncertainty. Ask for 2 or more, usually 20"
        )
    study = _study_on(extract, study, imputations)
    results, daily, n_other = [], [], 0
    for number in range(imputations):
        imputed, of_days, other = _imputed(extract, study, number)
        results.append(imputed)
        daily.append(of_days)
        n_other += other
        done(number + 1)
    result = TracedResult(study, tuple(results), Explained(study), extract=extract)
    n_coded = imputations * len(extract.patients)
    return Trace(extract, result, n_other / max(n_coded, 1), np.array(daily))


@dataclass(frozen=True, eq=False)
class TracedResult(StudyResult):
    """A result whose patients are those of an extract, and whoever is drawn beside them."""

    extract: Extract | None = None

    def simulated(self, arm: str | None = None, replication: int | None = None) -> Simulated:
        """One arm's imputation in full, simulated again: the extract's patients, and those drawn beside them."""
        ready, chosen = self._chosen(arm, replication)
        assert self.extract is not None
        return Imputation(self.extract, self.study, chosen.replication).simulated(ready)

    def patients(self, arm: str | None = None, replication: int | None = None) -> pd.DataFrame:
        """One row per attendance of the extract, in the order of arrivals, of one arm's imputation."""
        assert self.extract is not None
        start, end = Imputation(self.extract, self.study, 0).window
        frame = super().patients(arm, replication)
        return frame[(frame["arrived_at"] >= start) & (frame["arrived_at"] < end)]


def _study_on(extract: Extract, study: Study, imputations: int) -> Study:
    """The study with a run as long as the extract, from its week of the year."""
    last = round(extract.window[1] / 1440)
    run = replace(
        study.run, replications=imputations, measured_days=last, start_week=extract.start_week,
        precision=None, first=0, count=None, daily=(), by_month=False,
    )  # fmt: skip
    return replace(study, run=run)


class Imputation:
    """One imputation of an extract under the arms of a study, by its number."""

    def __init__(self, extract: Extract, study: Study, number: int) -> None:
        run, self.study = study.run, study.of(number)
        self.number, self.days = number, run.warm_up_days + run.measured_days + run.cool_down_days
        start = run.warm_up_days * 1440.0
        self.window: Window = (start + extract.window[0], start + extract.window[1])
        calendar = Calendar(run.start_week or 0, run.warm_up_days)
        nurse = self.study.arm(study.design.baseline).policy.nurse
        drawn = DrawnRun(run.seed, number, self.days, calendar)
        self.patients = TracedPatients(extract, nurse, drawn)

    def simulated(self, arm: ReadyArm) -> Simulated:
        """The extract's patients, and those drawn beside them, under an arm."""
        draws = apply(arm.policy, arm.pathway, self.patients.of(arm.pathway))
        return simulate_draws(arm, draws, self.study.engine, self.days)


def _imputed(extract: Extract, study: Study, number: int) -> tuple[ReplicationResult, Floats, int]:
    """One imputation under every arm, its shares by day under the baseline, and how many labels differ from those
    coded."""
    made = Imputation(extract, study, number)
    arms: dict[str, ArmReplication] = {}
    for arm in made.study.arms:
        table = made.simulated(arm).patients
        own = measure(table, window=made.window)
        arms[arm.name] = ArmReplication(
            own, None, None, count_unfinished(table, made.window), n_attendances=len(table)
        )
        if arm.name == study.design.baseline:
            daily = daily_shares(table, made.window)
    result = ReplicationResult(number, arms, study.run.cool_down_days, 0.0, 0.0)
    return result, daily, made.patients.n_other_label


def daily_shares(patients: Patients, window: Window, fewest: int = 1) -> Floats:
    """The share within four hours of those who arrive on each day of a window, shape (days,); NaN where fewer than
    `fewest` came, or some, but fewer, were within or over."""
    arrived = patients["arrived_at"]
    within = patients["departed_at"] - arrived <= FOUR_HOURS
    day = np.floor((arrived - window[0]) / 1440).astype(np.int64)
    n_days = round((window[1] - window[0]) / 1440)
    here = (day >= 0) & (day < n_days) & ~np.isnan(patients["departed_at"])
    n, yes = (np.bincount(day[here & of], minlength=n_days) for of in (here, within))
    is_shown = (n >= fewest) & ~((fewest > 1) & is_few(yes, n))
    return np.where(is_shown, yes / np.maximum(n, 1), np.nan)
