"""One patient's story in words, arm beside arm: what happened, when, and what the patient waited for.

The same patient is found in every arm by arrival source and number. The story is read from the tables of patients and
activities, outages from the draws.
"""

import math
from calendar import day_name, month_name
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulation.department.graph import WORSENING
from simulation.department.vocabulary import ACUITY_BY_DEGRADED_TOOL, ACUITY_BY_NURSE
from simulation.engine.rows import BranchRow, Kind, Plan, StepRow
from simulation.errors import ResultsError, nearest
from simulation.measures.patients_table import nobody
from simulation.measures.quantities import AMBULANCE, WALK_IN
from simulation.patients import Calendar
from simulation.records.schema import IN_BUILDING, LEFT, Patients
from simulation.records.serialise import read_yaml
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.statements import BANNER
from simulation.study.study import Study
from simulation.units import TICKS_PER_MINUTE
from simulation.wording import spaced

TOLD_ATTRIBUTES = ("age_band", "sex", "language_need", "complaint")
"""Attributes that introduce a patient, where the table has them."""
SHORTEST = 0.5
"""Minutes below which a wait is not worth a word."""
WORDS, STEP_WORDS, STEP_PLACES = read_yaml(Path(__file__).with_name("patient_words.yaml"))
"""What is said of an activity, of a departure, and of who did not come, in Python and in the page of an animation; what
a step is to a patient, by how its name ends (another name is kept); and what the rest of its name says of the place, or
of who it is."""


class PatientKey(NamedTuple):
    """Who a patient is in every arm: the arrival source and the number within it."""

    arrival_source: str
    number: int

    def __str__(self) -> str:
        return f"{self.arrival_source}-{self.number}"


def tell(study: Study, patient: str) -> str:
    """One patient's story under every arm of a study, in replication 0, which is simulated.

    `patient`: arrival source and number ('walk_in-123'), or a row of `patients` under the baseline ('4017'). Raises
    ResultsError if there is no such attendance.
    """
    must_name_somebody(patient, nobody(study.baseline.pathway).known("arrival_source"))
    cool_down_days = study.run.cool_down_days
    simulated = {
        arm.name: simulate_arm(arm, study.run, study.engine, 0, cool_down_days=cool_down_days)
        for arm in sorted(study.arms, key=lambda arm: arm.name != study.design.baseline)
    }
    return story(simulated, patient, labels={arm.name: arm.arm.label for arm in study.arms})


def story(
    simulated_by_arm: Mapping[str, Simulated],
    patient: str | int,
    *,
    labels: Mapping[str, str] | None = None,
) -> str:
    """One patient's story from arms that are simulated already; a row number is one of the first arm's."""
    if not simulated_by_arm:
        raise ResultsError("no arm was simulated. Simulate at least one")
    baseline = next(iter(simulated_by_arm.values()))
    patients = baseline.patients
    identity = find_patient(patients, patient)
    (first,) = attendances_of(patients, identity)
    heading = f"Patient {identity}, replication {int(patients['replication'][0])}. {BANNER}"
    arrived_at, (came, *attributes) = first.at("arrived_at"), introduced(first)
    who = f" {', '.join(attributes).capitalize()}." if attributes else ""
    when = f"{clock(arrived_at, day=True)} ({date_of(arrived_at, baseline.draws.calendar)})"
    lines = [heading, "", (f"Arrived {when} {came}.{who}{true_level(first)}")]
    outcomes = [("arm", "label", "first clinician after", "departed after", "outcome")]
    for name, simulated in simulated_by_arm.items():
        label = (labels or {}).get(name, name)
        lines += ["", label]
        attendances = attendances_of(simulated.patients, identity)
        if not attendances:
            lines.append(f"  {WORDS['none']}")
            outcomes.append((label, "–", "–", "–", "did not come"))
        for attendance in attendances:
            lines += [f"  {line}" for line in _course(simulated, attendance)]
            outcomes.append((label, *attendance.summary))
    widths = [max(map(len, cells)) for cells in zip(*outcomes, strict=True)]
    table = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in outcomes)
    return "\n".join([*lines, "", *table])


def must_name_somebody(patient: str, sources: Sequence[str]) -> None:
    """Raise ResultsError unless `patient` is a row number, or an arrival source and a number."""
    source, _, number = patient.rpartition("-")
    if not patient.isdecimal() and not (number.isdecimal() and source in sources):
        known = nearest(source or patient, sources).rstrip(".")
        raise ResultsError(
            f"patient={patient}: is neither a row nor SOURCE-NUMBER such as '{sources[0]}-12'. {known}"
        )


def find_patient(patients: Patients, patient: str | int) -> PatientKey:
    """The patient that 'walk_in-123' or a row number names. Raises ResultsError if there is none."""
    text = str(patient)
    sources = patients.known("arrival_source")
    must_name_somebody(text, sources)
    if text.isdecimal():
        rows = np.flatnonzero(patients["patient"] == int(text))
        if not len(rows):
            raise ResultsError(
                f"patient={text}: no attendance has this row; it may belong to somebody who only competes for beds. "
                f"Rows of attendances run from {patients['patient'].min()} to {patients['patient'].max()}"
            )
        return PatientKey(
            sources[patients["arrival_source"][rows[0]]], int(patients["number"][rows[0]])
        )
    source, _, number = text.rpartition("-")
    numbers = patients["number"][patients.where("arrival_source", source)]
    if int(number) not in numbers:
        near = "Nobody came by it"
        if len(numbers):
            near = f"The nearest is {source}-{numbers[np.argmin(np.abs(numbers - int(number)))]}"
        raise ResultsError(
            f"patient={text}: nobody of arrival source '{source}' has this number (not all of the drawn come). {near}"
        )
    return PatientKey(source, int(number))


@dataclass(frozen=True)
class Attendance:
    """A patient's row in the table of one arm."""

    patients: Patients
    row: int

    def at(self, name: str) -> float:
        """A point in time; NaN if it was not reached, or if nothing in this department records it."""
        return float(self.patients[name][self.row]) if name in self.patients else math.nan

    def category(self, column: str) -> str:
        """The value of an attribute, as a name of the configuration."""
        return self.patients.known(column)[int(self.patients[column][self.row])]

    def words(self, column: str) -> str:
        """The value of an attribute, as words."""
        return spaced(self.category(column))

    def until(self, name: str) -> str:
        """The time from arriving to a point in time, in words."""
        return _minutes(self.at(name) - self.at("arrived_at"))

    @property
    def was_not_triaged(self) -> bool:
        """Whether no triage ended, where one is recorded."""
        return "triaged_at" in self.patients and math.isnan(self.at("triaged_at"))

    @property
    def summary(self) -> tuple[str, str, str, str]:
        """Label, minutes until the first clinician and departure, outcome."""
        label = self.words("acuity_given") if self.patients.known("acuity_given") else "–"
        label = "none" if self.was_not_triaged else label
        return label, self.until("seen_at"), self.until("departed_at"), self.words("outcome")


def attendances_of(patients: Patients, identity: PatientKey) -> list[Attendance]:
    """The patient's row in a table; none if the arm has no such patient."""
    source, number = (
        patients.where("arrival_source", identity.arrival_source),
        patients["number"] == identity.number,
    )
    return [Attendance(patients, int(row)) for row in np.flatnonzero(source & number)]


def introduced(attendance: Attendance) -> list[str]:
    """How the patient came ('on foot'), then who it is: 'age 75-84', 'female', ..."""
    source = attendance.category("arrival_source")
    came = {WALK_IN: "on foot", AMBULANCE: "by ambulance"}.get(source, f"as '{spaced(source)}'")
    names = [name for name in TOLD_ATTRIBUTES if attendance.patients.known(name)]
    return [came, *(_attribute_words(name, attendance.words(name)) for name in names)]


def true_level(attendance: Attendance) -> str:
    """' True level urgent.', or nothing if the table has none."""
    return (
        f" True level {attendance.words('acuity_true')}."
        if attendance.patients.known("acuity_true")
        else ""
    )


def date_of(at: float, calendar: Calendar) -> str:
    """'July, measured day 3'; the first measured day is 0, as in a policy's `go_live_day`."""
    day = np.array([int(at // 1440)])
    measured_day = int(calendar.measured_days(day)[0])
    month = month_name[1 + int(calendar.months(day)[0])]
    return (
        f"{month}, measured day {measured_day}" if measured_day >= 0 else f"{month}, in the warm-up"
    )


def _attribute_words(name: str, value: str) -> str:
    if name == "language_need":
        return "needs an interpreter" if value == "yes" else "needs no interpreter"
    return value if name == "sex" else f"{spaced(name.replace('_band', '_group'))} {value}"


def _course(simulated: Simulated, attendance: Attendance) -> list[str]:
    """What happened to a patient under one arm, a line a step."""
    patients, activities, row = simulated.patients, simulated.activities, attendance.row
    lines = [label_words(attendance)] if patients.known("acuity_given") else []
    departed_at = attendance.at("departed_at")
    departed = WORDS["departed"].format(attendance.until("departed_at"))
    points = (name for name in patients.columns if name.endswith("_at") and name not in WORSENING)
    after = any(
        attendance.at(name) > departed_at for name in points
    )  # somebody went home and came back, say
    told_after = False
    between_steps = [(at, line) for at, line in worsening(attendance) if not at > departed_at]
    steps, pools, outcomes = (activities.known(name) for name in ("step", "pool", "outcome"))
    for at in np.flatnonzero(activities["patient"] == patients["patient"][row]):
        joined, started, ended = (
            float(activities[name][at]) for name in ("joined_at", "started_at", "ended_at")
        )
        if after and joined >= departed_at and not told_after:
            lines += [f"{clock(departed_at, day=True)}  departed, {departed}", "After that:"]
            told_after = True
        elif not after and (joined > departed_at or joined == departed_at == ended):
            break
        while between_steps and between_steps[0][0] <= joined:
            lines.append(between_steps.pop(0)[1])
        lines += outage_line(simulated, int(at), joined)
        pool = int(activities["pool"][at])
        place = f" ({spaced(pools[pool])})" if pool >= 0 else ""
        words = step_words(steps[activities["step"][at]]) + place
        line = _step(words, joined, started, ended, outcomes[activities["outcome"][at]])
        if line:
            lines.append(line)
    lines += [line for _, line in between_steps]
    return [
        *lines,
        f"Outcome: {attendance.words('outcome')}." if told_after else _ended(attendance, departed),
    ]


def step_words(name: str) -> str:
    """A step as a patient meets it.

    >>> step_words("majors_contact"), step_words("move_to_medicine"), step_words("triage")
    ('a clinician in majors', 'a ward bed', 'triage')
    """
    words = spaced(name)
    if words.startswith("move to "):  # the place of the activity says which
        return "a ward bed"
    for part, told in STEP_WORDS.items():
        if words.endswith(part):
            rest = words.removesuffix(part).strip()
            return f"{told}{STEP_PLACES.get(rest, f' ({rest})' if rest else '')}"
    return words


def worsening(attendance: Attendance) -> list[tuple[float, str]]:
    """When a patient got worse and when a round acted on it, each with its line, in order of time."""
    worsened_at, noticed_at, seen_at = map(attendance.at, ("worsened_at", "noticed_at", "seen_at"))
    lines = []
    if worsened_at < (
        math.inf if math.isnan(seen_at) else seen_at
    ):  # after that a clinician has them in hand
        unseen = ", and nobody noticed" if math.isnan(noticed_at) else ""
        lines.append((worsened_at, f"{clock(worsened_at)}  got worse while waiting{unseen}"))
    if not math.isnan(noticed_at):
        why = "raised by a false alarm without having got worse,"
        if worsened_at <= noticed_at:
            why = f"noticed, {_minutes(noticed_at - worsened_at)} after getting worse,"
        lines.append((noticed_at, f"{clock(noticed_at)}  {why} and ranked again at a round"))
    return sorted(lines)


def outage_line(simulated: Simulated, at: int, joined: float) -> list[str]:
    """A line on the outage that led to an activity: what was down, from when to when, and what followed; or none.

    `at`: the row of the activity; `joined`: when it was joined, in minutes.
    """
    plan, table = simulated.plan, simulated.run.activities
    step, now = int(table.step[at]), int(table.joined_at[at])
    before = at - 1 if at and table.patient[at - 1] == table.patient[at] else at
    for branch in plan.rows:
        if (
            not isinstance(branch, BranchRow)
            or branch.kind != Kind.DOWN
            or branch.targets[0] != step
        ):
            continue
        name = plan.outages[branch.column]
        since = (
            int(table.started_at[before])
            if branch.number and table.started_at[before] >= 0
            else now
        )
        for start, end in simulated.draws.outages[name].tolist():
            if start <= now and end > since:
                until = (
                    f"until {clock(end / TICKS_PER_MINUTE)}"
                    if end < simulated.run.horizon
                    else "to the end"
                )
                tried = before != at and table.ended_at[before] > table.started_at[before]
                since_when = f"outage since {clock(start / TICKS_PER_MINUTE)}, {until}"
                what = _consequence(plan, plan.rows[step], tried=tried)
                return [f"{clock(joined)}  ({spaced(name)}: {since_when}{what})"]
    return []


def _consequence(plan: Plan, row: object, *, tried: bool) -> str:
    """What an outage means for the triage at a step. `tried`: the patient was in triage when it began."""
    if not isinstance(row, StepRow) or row.relabels < 0:
        return ""
    again = tried and row.ask >= 0
    nurse = (
        "; it came during triage, so the nurse triages again"
        if again
        else "; the nurse triages alone"
    )
    words = {
        ACUITY_BY_DEGRADED_TOOL: "; the tool works worse, and nobody knows",
        ACUITY_BY_NURSE: nurse,
    }
    return words.get(plan.attribute_columns[row.relabels], "")


def label_words(attendance: Attendance) -> str:
    """'Labelled urgent: the true level.'"""
    if attendance.was_not_triaged:
        return "Was not triaged."
    true, given = (
        int(attendance.patients[name][attendance.row]) for name in ("acuity_true", "acuity_given")
    )
    accuracy = (
        "the true level"
        if given == true
        else f"{'less' if given > true else 'more'} urgent than the truth"
    )
    return f"Labelled {attendance.words('acuity_given')}: {accuracy}."


def _step(words: str, joined: float, started: float, ended: float, outcome: str) -> str:
    """'14:05  waited 12 min for triage, which took 5 min'; '' for a step that took no time."""
    if math.isnan(started):
        until = "" if math.isnan(ended) else f" {_minutes(ended - joined)}"
        return f"{clock(joined)}  {WORDS['waited'].format(until, words)}{WORDS.get(outcome, WORDS['open'])}"
    wait, work = started - joined, ended - started
    took = WORDS["goes_on"] if math.isnan(work) else WORDS["took"].format(_minutes(work))
    if wait >= SHORTEST:
        after = WORDS["which"].format(took) if math.isnan(work) or work >= SHORTEST else ""
        return f"{clock(joined)}  {WORDS['waited'].format(f' {_minutes(wait)}', words)}{after}"
    return f"{clock(joined)}  {words} {took}" if math.isnan(work) or work >= SHORTEST else ""


def _ended(attendance: Attendance, departed: str) -> str:
    outcome, departed_at = attendance.category("outcome"), attendance.at("departed_at")
    words = outcome_words(outcome)
    if not math.isnan(departed_at):
        return f"{clock(departed_at, day=True)}  {words}, {departed}"
    return (
        "Still in the department when the run ended."
        if outcome == IN_BUILDING
        else f"{words.capitalize()}."
    )


def outcome_words(outcome: str) -> str:
    """How an attendance that has departed ended: 'discharged', 'moved to a ward bed'."""
    return {LEFT: "left without being seen", IN_BUILDING: "moved to a ward bed"}.get(
        outcome, spaced(outcome)
    )


def clock(at: float, *, day: bool = False) -> str:
    """The clock time of a point in time (minutes from time 0), with its weekday if asked.

    >>> clock(1440 + 845.0, day=True)
    'Tuesday 14:05'
    """
    minutes = int(at % 1440)
    time = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{day_name[int(at // 1440) % 7]} {time}" if day else time


def _minutes(minutes: float) -> str:
    if math.isnan(minutes):
        return "–"
    whole = round(minutes)
    return f"{whole // 60} h {whole % 60:02d} min" if whole >= 120 else f"{whole} min"
