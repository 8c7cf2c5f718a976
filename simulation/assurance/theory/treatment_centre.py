"""A published model beside ours: the treatment centre of Nelson's exercise 13, as the program treat-sim runs it.

The department is `configs/*/published/treatment_centre.yaml`, its authors' scenarios are the arms of that study, and
`treatment_centre.csv` holds what their program gives: means over 1,000 runs of treat-sim 3.0.0 (MIT licence,
https://github.com/pythonhealthdatascience/stars-treat-sim; random number sets 0 to 999), measured by running it. A
clinic day is a replication: the centre opens on Mondays and is empty again long before the next, so that 1,000 weeks
are 1,000 runs that start empty.

Faults of the original, and how each is handled:

- **Its thinning loop** accepts every candidate with the rate of the hour in which the *last* patient came. Gaps are
  then exponential at that hour's rate and nothing is thinned, so after a quiet hour a busy one begins late. The loop
  loses 2.3 patients a day (`shipped_arrivals_expected`). Two kinds of arrivals are compared: `shipped`, our patients
  at the times that this loop would give; `correct`, our own Poisson arrivals beside its program with the loop mended.
- **It runs 19 hours with 18 rates**: the index begins again, so the last hour has the rate of the first. That adds 2.4
  patients, and so the count is still about the 227 expected of 18 hours. Kept: it is in the profile. Texts about the
  model say 18 hours.
- **`swap_exam_treat`** does not swap an examination room for a cubicle: it adds a triage bay and removes a room.
  'Three minutes shorter' examinations are four minutes shorter. Kept; the arms are labelled by what they do.
- **Utilisation** counts the whole length of whatever began before closing, over the opening time, and can exceed 1.
  Waits are of those who began, times in the centre of those who left before closing: the longest are missing. These
  definitions are copied here and used nowhere else.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.assurance.lines import text_of
from simulation.assurance.theory.rows import KnownFigure
from simulation.config import load
from simulation.department.rota import mean_per_day, timetable
from simulation.department.vocabulary import Pathway
from simulation.engine.choose import EngineName, engine_named
from simulation.engine.contract import Activities
from simulation.engine.plan import bind, lower
from simulation.engine.rows import Plan
from simulation.errors import ResultsError
from simulation.patients import Draws, draw, draws_from_table
from simulation.records.schema import Floats, Ints
from simulation.study.simulate import draws_alike
from simulation.study.study import ReadyArm
from simulation.units import HOUR, NEVER, TICKS_PER_MINUTE, WEEK

Arrivals = Literal["shipped", "correct"]
"""Whether patients come as the original's loop makes them come, or as its rates say."""
Measured = Mapping[str, Floats]
"""One number a clinic day by measure, shape (clinic_days,)."""

STUDY = "study=published/treatment_centre"
SEED = 13
CLINIC_DAYS = 1000
OPENS, CLOSES = 6 * HOUR, 25 * HOUR
"""Ticks of the week: six on Monday to one on Tuesday morning, 19 hours."""
MINUTES_OPEN = (CLOSES - OPENS) / TICKS_PER_MINUTE
MOST_A_DAY = 400
"""Gaps drawn for a day of the shipped arrivals: 227 expected, standard deviation 16."""
UNITS = {"wait": "minutes", "total": "minutes", "utilisation": "share"}
"""By the last word of a measure's name; everything else counts patients."""
TRAUMA_STEPS = ("stabilisation", "trauma_treatment")
STEPS = ("triage", "registration", "examination", "treatment", *TRAUMA_STEPS)
BESIDE_EXAMINATION = ("triage", "registration", *TRAUMA_STEPS)
SAME_STARTS = {
    "exam_plus_1": ("base", BESIDE_EXAMINATION),
    "treat_plus_1": ("base", ("triage", "registration", "examination", *TRAUMA_STEPS)),
    "triage_and_exam": ("triage_plus_1", BESIDE_EXAMINATION),
    "fewer_exam": ("triage_plus_1", BESIDE_EXAMINATION),
    "short_exam": ("triage_plus_1", BESIDE_EXAMINATION),
}
"""Pairs of arms, and the steps that must start at the same tick in both: the arms differ only after or beside them."""
WITHIN = 3.0
SOURCE = "treat-sim 3.0.0 (MIT), 1,000 runs"


# --- what the original gives ---------------------------------------------------------------------------------------


class Published(NamedTuple):
    """A mean over the original's runs and its standard error. A figure that equals another arm's is listed once."""

    arrivals: Arrivals
    arm: str
    measure: str
    mean: float
    standard_error: float


@dataclass(frozen=True)
class ModelRow(KnownFigure):
    """One figure of another model and ours.

    `standard_error` is that of the difference, so of both models together; 0 where the two must be equal. A row passes
    within three of them. Nothing is adjusted for the number of rows: `false_alarms` says how many would fail by chance.
    """

    @property
    def passed(self) -> bool:
        """Whether the two agree."""
        return abs(self.z) <= WITHIN


@cache
def published() -> tuple[Published, ...]:
    """The figures that 1,000 runs of the original gave."""
    table = pd.read_csv(Path(__file__).with_suffix(".csv"))
    return tuple(map(Published._make, table.itertuples(index=False)))


# --- who comes -----------------------------------------------------------------------------------------------------


def hourly_rates(pathway: Pathway) -> Floats:
    """Patients an hour in the hours that the original has rates for, 6:00 to midnight, shape (18,)."""
    source = pathway.arrivals["arrivals"]
    weights = np.asarray(pathway.profiles[source.by_hour or ""].weights, dtype=float)
    return np.asarray(weights[OPENS // HOUR : 24] * (7 * mean_per_day(source) / weights.sum()))


def shipped_gaps(uniform: Floats, rates: Floats) -> Floats:
    """Minutes after opening at which the original's loop lets patients in; `uniform` holds a random number a gap.

    Both arrays have shape (clinic_days, gaps). Candidates come at the highest rate and are kept with probability
    rate / highest; the rate is held until one is kept, so a gap is a geometric number of exponentials: Exp(rate).
    """
    at = np.zeros(len(uniform))
    times = np.empty_like(uniform)
    for number, gap in enumerate(-np.log1p(-uniform.T)):
        hour = (at // 60).astype(np.int64) % len(rates)
        at = at + gap * 60 / rates[hour]
        times[:, number] = at
    return times


def shipped_arrivals_expected(rates: Floats, hours: int) -> float:
    """The expected number of patients that the original's loop lets in, exactly.

    The probability that the last patient came in each hour is carried through the hours. A rate s held from before
    lets in a first patient with probability 1 - e^-s, which leaves 1 - (1 - e^-s) / s of the hour, on average, to the
    hour's own rate.
    """
    expected = float(rates[0])
    held = {0: 1.0}  # the hour whose rate is held at the end of this one -> probability
    for hour in range(1, hours):
        rate, begins = float(rates[hour % len(rates)]), 0.0
        for last, probability in held.items():
            slow = float(rates[last % len(rates)])
            ends = -math.expm1(-slow)
            expected += probability * (ends + rate * (1 - ends / slow))
            held[last] = probability * (1 - ends)
            begins += probability * ends
        held[hour] = begins
    return expected


def people(pathway: Pathway, arrivals: Arrivals, *, clinic_days: int, seed: int) -> Draws:
    """The draws of all patients who come on so many clinic days."""
    if arrivals == "correct":
        return draw(pathway, seed=seed, replication=0, days=7 * clinic_days)
    candidates = pd.DataFrame(
        {"arrived_at": np.zeros(clinic_days * MOST_A_DAY), "arrival_source": "arrivals"}
    )
    uniform = draws_from_table(pathway, candidates, seed=seed).uniform("shipped gap")
    minutes = shipped_gaps(uniform.reshape(clinic_days, MOST_A_DAY), hourly_rates(pathway))
    if minutes[:, -1].min() < MINUTES_OPEN:
        raise ResultsError(f"a clinic day has more than {MOST_A_DAY} arrivals. Raise MOST_A_DAY")
    opens = np.arange(clinic_days)[:, None] * (WEEK / TICKS_PER_MINUTE) + OPENS / TICKS_PER_MINUTE
    at = (opens + minutes)[minutes < MINUTES_OPEN]
    return draws_from_table(
        pathway, pd.DataFrame({"arrived_at": at, "arrival_source": "arrivals"}), seed=seed
    )


# --- what happens to them ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SimulatedCentre:
    """One arm: its pathway and plan, its patients, and their activities."""

    pathway: Pathway
    plan: Plan
    draws: Draws
    activities: Activities
    clinic_days: int

    @property
    def clinic_day(self) -> Ints:
        """The number of the clinic day on which each patient came, shape (patients,)."""
        return self.draws.arrived_at // WEEK

    def rows(self, step: str) -> NDArray[np.intp]:
        """The activities at a step or an end, in order of patient."""
        return np.flatnonzero(self.activities.step == self.plan.row(step))

    def count(self, patient: NDArray[Any]) -> Floats:
        """How many of these patients came on each clinic day, shape (clinic_days,)."""
        return np.bincount(self.clinic_day[patient], minlength=self.clinic_days).astype(float)

    def total(self, ticks: Ints, patient: NDArray[Any]) -> Floats:
        """Minutes of these patients added up by clinic day, shape (clinic_days,)."""
        by_day = np.bincount(self.clinic_day[patient], weights=ticks, minlength=self.clinic_days)
        return by_day / TICKS_PER_MINUTE

    def mean(self, ticks: Ints, patient: NDArray[Any]) -> Floats:
        """Mean minutes of these patients by clinic day, NaN where there was nobody, shape (clinic_days,)."""
        with np.errstate(invalid="ignore"):
            return self.total(ticks, patient) / self.count(patient)


def simulated(
    arm: ReadyArm, draws: Draws, *, engine: EngineName, clinic_days: int
) -> SimulatedCentre:
    """The run of one arm. Raises ResultsError unless everybody has left before the next clinic day."""
    plan = lower(arm.pathway)
    run = engine_named(engine)(plan, bind(plan, draws), clinic_days * WEEK + OPENS)
    arm_run = SimulatedCentre(arm.pathway, plan, draws, run.activities, clinic_days)
    home = arm_run.rows("home")
    late = (
        run.activities.joined_at[home]
        >= (arm_run.clinic_day[run.activities.patient[home]] + 1) * WEEK + OPENS
    )
    if len(home) != len(draws) or late.any():
        raise ResultsError(
            f"{arm.name}: a clinic day begins before the last has ended, so that days are not alike"
        )
    return arm_run


def measured(arm: SimulatedCentre) -> Measured:
    """Every figure of the original by the original's definition, one number a clinic day."""
    activities = arm.activities
    patient, started_at = activities.patient, activities.started_at
    closes = (arm.clinic_day * WEEK + CLOSES)[patient]
    figures: dict[str, Floats] = {"arrivals": arm.count(np.arange(len(arm.draws)))}
    for step in STEPS:
        rows = arm.rows(step)
        rows = rows[started_at[rows] < closes[rows]]
        (pool,) = arm.pathway.steps[step].asks
        units = timetable(arm.pathway.pools[pool])[0][1]
        figures[f"{step}_wait"] = arm.mean(
            started_at[rows] - activities.joined_at[rows], patient[rows]
        )
        held = arm.total(activities.ended_at[rows] - started_at[rows], patient[rows])
        figures[f"{step}_utilisation"] = held / (MINUTES_OPEN * units)
    home = arm.rows("home")
    home = home[activities.joined_at[home] < closes[home]]
    left = patient[home]
    ticks = activities.joined_at[home] - arm.draws.arrived_at[left]
    for code, kind in enumerate(arm.pathway.categories("patient_type")):
        of_kind = arm.draws.attributes["patient_type"][left] == code
        figures[f"{kind}_total"] = arm.mean(ticks[of_kind], left[of_kind])
    figures["throughput"] = arm.count(left)
    return figures


# --- side by side --------------------------------------------------------------------------------------------------


def treatment_centre_rows() -> list[ModelRow]:
    """Every distinct figure of the original beside ours, and the exact rows, for both kinds of arrivals."""
    arms = {arm.name: arm for arm in load(STUDY).arms}
    rows: list[ModelRow] = []
    for kind in get_args(Arrivals):
        originals = [original for original in published() if original.arrivals == kind]
        chosen = [arms[name] for name in dict.fromkeys(original.arm for original in originals)]
        runs = simulate(chosen, kind, engine="compiled", clinic_days=CLINIC_DAYS, seed=SEED)
        ours = {name: measured(run) for name, run in runs.items()}
        rows += [
            _row(original, arms[original.arm], ours[original.arm][original.measure])
            for original in originals
        ]
        rows += _exact_rows(kind, runs["base"])
        rows += _same_rows(kind, runs, arms)
    return rows


def expected_failures(rows: Sequence[ModelRow]) -> float:
    """How many rows a right engine is expected to fail by chance; rows that must be equal cannot fail so."""
    return math.erfc(WITHIN / math.sqrt(2)) * sum(row.standard_error > 0 for row in rows)


def as_text(rows: Sequence[ModelRow]) -> str:
    """What `validate` prints: a heading, every row, how many pass, how many would fail by chance."""
    expected = expected_failures(rows)
    largest, any_fails = max(abs(row.z) for row in rows), -math.expm1(-expected)
    return text_of(
        "models", rows=rows, within=WITHIN, largest=largest, expected=expected, any_fails=any_fails
    )


def simulate(
    arms: Sequence[ReadyArm], kind: Arrivals, *, engine: EngineName, clinic_days: int, seed: int
) -> dict[str, SimulatedCentre]:
    """The run of every arm by name, on the same patients wherever chance is stated alike."""
    drawn: list[tuple[Pathway, Draws]] = []
    runs = {}
    for arm in arms:
        draws = next((draws for known, draws in drawn if draws_alike(known, arm.pathway)), None)
        if draws is None:
            draws = people(arm.pathway, kind, clinic_days=clinic_days, seed=seed)
            drawn.append((arm.pathway, draws))
        runs[arm.name] = simulated(arm, draws, engine=engine, clinic_days=clinic_days)
    return runs


def _group(kind: Arrivals) -> str:
    return f"treatment centre, {kind} arrivals"


def _label(arm: ReadyArm) -> str:
    """The original's name of an arm: its label up to the colon."""
    return arm.arm.label.partition(":")[0]


def _row(expected: Published, arm: ReadyArm, values: Floats) -> ModelRow:
    mean, error = _mean_and_error(values)
    name = f"{_label(arm)}, {expected.measure.replace('_', ' ')}"
    unit = UNITS.get(expected.measure.rpartition("_")[2], "patients")
    of_difference = math.hypot(error, expected.standard_error)
    return ModelRow(
        _group(expected.arrivals), name, unit, expected.mean, mean, of_difference, SOURCE
    )


def _exact_rows(kind: Arrivals, base: SimulatedCentre) -> Iterator[ModelRow]:
    """Rows for the number of arrivals, which is known exactly for either kind of arrivals."""
    rates = hourly_rates(base.pathway)
    for hours in (len(rates), (CLOSES - OPENS) // HOUR):
        within = base.draws.arrived_at - base.clinic_day * WEEK < OPENS + hours * HOUR
        expected, source = sum(float(rates[hour % len(rates)]) for hour in range(hours)), "exact"
        if kind == "shipped":
            expected, source = (
                shipped_arrivals_expected(rates, hours),
                "exact: its loop, hour by hour",
            )
        mean, error = _mean_and_error(base.count(within))
        yield ModelRow(
            _group(kind), f"arrivals in {hours} hours", "patients", expected, mean, error, source
        )


def _same_rows(
    kind: Arrivals, runs: Mapping[str, SimulatedCentre], arms: Mapping[str, ReadyArm]
) -> Iterator[ModelRow]:
    """Rows for pairs of arms: how many starts differ in the part that the two arms share. Expected is none."""
    for name, (other, steps) in SAME_STARTS.items():
        if name in runs:
            n_differing = sum(
                int((starts(runs[name], step) != starts(runs[other], step)).sum()) for step in steps
            )
            label = f"{_label(arms[name])}, starts unlike {_label(arms[other])} before the change"
            yield ModelRow(
                _group(kind), label, "starts", 0.0, n_differing, 0.0, "exact: the same draws"
            )


def starts(arm: SimulatedCentre, step: str) -> Ints:
    """The tick at which each patient began a step, NEVER for those without it, shape (patients,)."""
    rows = arm.rows(step)
    at = np.full(len(arm.draws), NEVER, dtype=np.int64)
    at[arm.activities.patient[rows]] = arm.activities.started_at[rows]
    return at


def _mean_and_error(values: Floats) -> tuple[float, float]:
    """Mean over clinic days and its standard error; days without anybody to measure left out."""
    known = values[~np.isnan(values)]
    return float(known.mean()), float(known.std(ddof=1) / math.sqrt(len(known)))
