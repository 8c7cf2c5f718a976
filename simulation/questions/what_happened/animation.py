"""A day of one department to watch: who waits and who is seen under two arms, side by side, the same patients.

One simulation an arm, up to the end of the day; what the page needs is read from the tables, in whole ticks, and what
happens after a departure is left out. The page stands alone: `page.html` with `animation.js` and the patients inside.
It shows how an arm works, not how large its effect is.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from calendar import day_name
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from simulation.department.vocabulary import ACUITY_GIVEN
from simulation.display.drawing import GREY, LEVEL_COLOURS
from simulation.display.files import write_dated
from simulation.display.words import STAGE_WORDS
from simulation.engine.rows import OUTCOMES, EndRow
from simulation.errors import refuse
from simulation.measures.occupancy import STAGES, stage_of
from simulation.measures.queues import EVERY, FOREVER, Queues, Rows
from simulation.questions.what_happened import patient_story
from simulation.records.schema import Ints
from simulation.runs.atomic import write_to
from simulation.runs.result import StudyResult
from simulation.study.simulate import SharedDraws, Simulated, simulate_draws
from simulation.study.statements import BANNER
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply
from simulation.units import DAY, NEVER, TICKS_PER_MINUTE, to_ticks
from simulation.wording import spaced

FOLDER, FILE = "animations", "animation.html"
TEMPLATE, SCRIPT = (Path(__file__).with_name(name) for name in ("page.html", "animation.js"))
MOST_ARMS = 2


@dataclass(frozen=True)
class Animation:
    """A day of one or two arms as a page that stands alone."""

    title: str
    about: str
    html: str = field(repr=False)

    def write(self, path: Path | str) -> Path:
        """Write the page, and return its path. Raises ResultsError if that fails."""
        path = Path(path)
        write_to(path, self.html, "Say where else: out=FILE.html")
        return path

    def write_dated(self, results: Path) -> Path:
        """Write the page into a new folder in `results`, and return its path. Raises ResultsError if that fails."""
        return write_dated(results / FOLDER, {FILE: self.html}) / FILE

    def _repr_html_(self) -> str:
        """The page in a frame, as a notebook shows it."""
        page, title = html.escape(self.html), html.escape(self.title)
        return f'<iframe srcdoc="{page}" title="{title}" style="width:100%;height:900px;border:0"></iframe>'


def animate(
    of: StudyResult | Study, *arms: str, day: int = 0, replication: int | None = None
) -> Animation:
    """A day of one or two arms as a page to watch; they are simulated, on the same patients, up to the end of that day.

    arms: by default the baseline and the arm that the study names first (a sham left out); day: of the measured window,
    0 the first; replication: by default the first of a result, 0 of a study, and of a study over an ensemble in the
    typical department. Raises ConfigError for a day that is not measured, and ResultsError if there is no such arm.
    """
    study = of.study if isinstance(of, StudyResult) else of.on_typical()
    number = (
        replication
        if replication is not None
        else of.numbers[0]
        if isinstance(of, StudyResult)
        else 0
    )
    names, run = _arms_of(study, arms), study.run
    if not 0 <= day < run.measured_days:
        remedy = f"Days are those of the measured window: 0 to {run.measured_days - 1}"
        refuse("day", f"there is no measured day {day}", remedy)
    if number < 0:
        refuse("replication", f"there is no replication {number}", "They count from 0")
    study = study.of(number)
    days = run.warm_up_days + day + 1
    drawn = SharedDraws(run.drawn(number, days))
    ready = [study.arm(name) for name in names]
    simulations = [
        simulate_draws(
            arm, apply(arm.policy, arm.pathway, drawn.of(arm.pathway)), study.engine, days
        )
        for arm in ready
    ]
    weekday = day_name[(days - 1) % 7]
    date = patient_story.date_of((days - 1) * 1440.0, simulations[0].draws.calendar)
    where = f", department {study.department(number)}" if study.departments is not None else ""
    about = f"Study {study.design.name}, scenario {study.scenario}, replication {number}{where}: {weekday} ({date})."
    when = f"A simulated {weekday} in {date.partition(',')[0]}."
    # the page with its content. Words of the user are escaped, and the script is the only one that may run
    title = f"A day in A&E: {' beside '.join(arm.arm.label for arm in ready)}"
    script = SCRIPT.read_text(encoding="utf-8")
    words = {"title": title, "about": about, "when": when, "banner": BANNER}
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        {name: html.escape(text) for name, text in words.items()},
        content=json.dumps(
            _Day(ready, simulations, (days - 1) * DAY).content(),
            separators=(",", ":"),
            ensure_ascii=False,
        ).replace("<", "\\u003c"),
        script=script,
        hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return Animation(title, about, page)


def _arms_of(study: Study, arms: Sequence[str]) -> tuple[str, ...]:
    """The names of the arms to show. Raises ConfigError for more than two, ResultsError for one that is not there."""
    if len(arms) > MOST_ARMS:
        refuse("arms", f"found {len(arms)} arms", "Name one or two")
    design = study.design
    others = [arm.name for arm in study.arms if arm.name not in (design.baseline, design.sham)]
    usual = (design.baseline, *[name for name in (*design.focus, *others) if name in others][:1])
    return tuple(study.arm(name).name for name in dict.fromkeys(arms or usual))


class _Numbered(dict[Any, int]):
    """Numbers for what is named, in the order in which it is first asked for."""

    def of(self, name: object) -> int:
        return self.setdefault(name, len(self))


class _Day:
    """The patients who are in A&E on a day, from arrival on, as the numbers that `animation.js` reads (it says which).

    Steps, classes, kinds of activities and texts are numbered over all arms.
    """

    def __init__(
        self, ready: Sequence[ReadyArm], simulations: Sequence[Simulated], begins: int
    ) -> None:
        self.begins = begins
        self.steps, self.classes, self.kinds, self.texts = (_Numbered() for _ in range(4))
        self.areas: list[int] = []
        self.arms = [_ArmOfDay(self, *arm) for arm in zip(ready, simulations, strict=True)]

    def content(self) -> dict[str, Any]:
        """Everything as plain values."""
        keys = {key: arm for arm in reversed(self.arms) for key in arm.there(self.begins)}
        in_order = sorted(
            keys, key=lambda key: (keys[key].arrived_at[row := keys[key].row_of[key]], row)
        )
        people = [self._person(key, keys[key]) for key in in_order]
        arms = [arm.content(in_order) for arm in self.arms]
        pathways = [arm.ready.pathway for arm in self.arms]
        relabels = (
            (pathway, step.relabels) for pathway in pathways for step in pathway.steps.values()
        )
        labels = [
            *dict.fromkeys(
                name for pathway, by in relabels if by for name in pathway.categories(by)
            )
        ]
        colours = {
            name: LEVEL_COLOURS[number % len(LEVEL_COLOURS)] for number, name in enumerate(labels)
        }
        classes = [
            [
                spaced(name),
                str(labels.index(name) + 1) if name in labels else "",
                colours.get(name, GREY),
            ]
            for name in self.classes
        ]
        return {
            "begins": self.begins,
            "ticks": TICKS_PER_MINUTE,
            "areas": [*STAGE_WORDS.values()],
            "steps": [
                [patient_story.step_words(name), area]
                for name, area in zip(self.steps, self.areas, strict=True)
            ],
            "classes": classes,
            "kinds": list(self.kinds),
            "arms": arms,
            "people": people,
            "texts": list(self.texts),
            "words": patient_story.WORDS,
            "weekdays": day_name[:],
        }

    def step(self, name: str, arm: ReadyArm) -> int:
        """The number of a step, which knows its area."""
        if name not in self.steps:
            self.areas.append(STAGES.index(stage_of(name, arm.pathway)))
        return self.steps.of(name)

    def _person(self, key: patient_story.PatientKey, arm: _ArmOfDay) -> list[Any]:
        """A patient's name, arrival, how they came and who they are."""
        attendance = patient_story.Attendance(arm.simulated.patients, arm.row_of[key])
        words = [*patient_story.introduced(attendance), patient_story.true_level(attendance)]
        return [
            self.texts.of(key.arrival_source),
            key.number,
            int(arm.arrived_at[attendance.row]),
            *map(self.texts.of, words),
        ]


class _ArmOfDay:
    """One arm of a day."""

    def __init__(self, day: _Day, ready: ReadyArm, simulated: Simulated) -> None:
        self.day, self.ready, self.simulated = day, ready, simulated
        patients, activities = simulated.patients, simulated.run.activities
        sources = patients.known("arrival_source")
        identities = zip(
            patients["arrival_source"].tolist(), patients["number"].tolist(), strict=True
        )
        self.row_of = {
            patient_story.PatientKey(sources[code], number): row
            for row, (code, number) in enumerate(identities)
        }
        self.first, self.after = (
            np.searchsorted(activities.patient, patients["patient"], side=side)
            for side in ("left", "right")
        )
        self.arrived_at = activities.joined_at[self.first]
        last = self.after - 1
        at_end = np.array([isinstance(row, EndRow) for row in simulated.plan.rows])[
            activities.step[last]
        ]
        self.until = np.where(at_end, activities.ended_at[last], FOREVER)
        if "departed_at" in patients:
            departed_at = patients.ticks("departed_at")
            self.until = np.where(departed_at == NEVER, self.until, departed_at)
        self.queues = Queues.of(simulated.plan, simulated.draws, simulated.run)
        self.on_joining = self._classes(EVERY, activities.joined_at)
        self.changes: dict[int, list[tuple[int, ...]]] = {}
        rows, at = self.queues.may_change
        for row, *change in zip(rows.tolist(), at.tolist(), *self._classes(rows, at), strict=True):
            self.changes.setdefault(row, []).append(tuple(change))

    def there(self, begins: int) -> Iterator[patient_story.PatientKey]:
        """Who has not departed before the day begins."""
        return (key for key, row in self.row_of.items() if self.until[row] > begins)

    def content(self, keys: Sequence[patient_story.PatientKey]) -> dict[str, Any]:
        """The arm's name, its priority rule by class, and what happens to each patient, 0 for who does not come."""
        plan = self.simulated.plan
        people = [self._record(self.row_of[key]) if key in self.row_of else 0 for key in keys]
        rule = plan.rates if plan.accumulating else plan.ranks
        by_class = [
            rule[plan.classes.index(name)] if name in plan.classes else 0
            for name in self.day.classes
        ]
        return {
            "label": self.ready.arm.label,
            "accumulating": plan.accumulating,
            "rule": by_class,
            "people": people,
        }

    def _record(self, row: int) -> list[Any]:
        """What happens to one patient: how it ends, ticks from arrival to departure (or -1), activities, texts between
        them, and changes of class during waits."""
        table, until, texts = self.simulated.run.activities, int(self.until[row]), self.day.texts
        attendance, arrived_at = (
            patient_story.Attendance(self.simulated.patients, row),
            int(self.arrived_at[row]),
        )
        rows = range(
            self.first[row],
            self.first[row] + np.sum(table.joined_at[self.first[row] : self.after[row]] < until),
        )
        activities: list[int] = []
        changes: list[int] = []
        for number in rows:
            wait, work = self._spans(number, until)
            if wait or work:
                for tick, *classes in self.changes.get(number, ()):
                    changes += len(activities) // 3, tick - arrived_at, *map(self._class, classes)
                activities += self._kind(number, waits=wait != 0), wait, work
        notes = [
            (at - arrived_at, texts.of(text))
            for at, text in self._notes(attendance, rows)
            if at < until
        ]
        has_gone = until != FOREVER
        outcome = texts.of(
            patient_story.outcome_words(attendance.category("outcome")) if has_gone else ""
        )
        return [
            outcome,
            until - arrived_at if has_gone else NEVER,
            activities,
            [*chain(*notes)],
            changes,
        ]

    def _spans(self, number: int, until: int) -> tuple[int, int]:
        """Ticks of waiting and of work of an activity up to the departure; -1 for what does not end by then."""
        table = self.simulated.run.activities
        joined, started, ended = (
            int(getattr(table, name)[number]) for name in ("joined_at", "started_at", "ended_at")
        )
        begun = started if started != NEVER else ended
        if begun == NEVER:
            return (NEVER if until == FOREVER else until - joined), 0
        ended = min(ended if ended != NEVER else FOREVER, until)
        return begun - joined, ended - begun if ended != FOREVER else NEVER

    def _classes(self, rows: Rows, at: Ints) -> tuple[list[int], list[int]]:
        """The class as which each activity waits at an instant, and the patient's level, as numbers of the plan."""
        return self.queues.classes(rows, at).tolist(), self.queues.acuity(rows, at).tolist()

    def _class(self, number: int) -> int:
        """The number of a class over all arms."""
        return self.day.classes.of(self.simulated.plan.classes[number])

    def _kind(self, number: int, *, waits: bool) -> int:
        """The number of a kind of activity: step, words for the place, outcome, class while waiting, level."""
        table, plan = self.simulated.run.activities, self.simulated.plan
        pool = int(table.pool[number])
        place = self.day.texts.of(f" ({spaced(plan.pools[pool])})") if pool >= 0 else NEVER
        step = self.day.step(plan.nodes[table.step[number]], self.ready)
        class_number, level = (self._class(numbers[number]) for numbers in self.on_joining)
        return self.day.kinds.of(
            (step, place, OUTCOMES[table.outcome[number]], class_number if waits else NEVER, level)
        )

    def _notes(
        self, attendance: patient_story.Attendance, rows: Iterable[int]
    ) -> Iterator[tuple[int, str]]:
        """What is told between activities: the label once it is given, getting worse, outages; ticks and words."""
        patients = attendance.patients
        if (
            patients.known(ACUITY_GIVEN)
            and "triaged_at" in patients
            and not attendance.was_not_triaged
        ):
            yield to_ticks(attendance.at("triaged_at")), patient_story.label_words(attendance)
        lines = patient_story.worsening(attendance)
        for number in rows:
            joined = self.simulated.run.activities.joined_at[number] / TICKS_PER_MINUTE
            lines += [
                (joined, line) for line in patient_story.outage_line(self.simulated, number, joined)
            ]
        for at, line in lines:
            yield to_ticks(at), line.partition("  ")[2]
