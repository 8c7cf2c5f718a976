"""What is asked: a department, changes of it and policies, as the address of a page states them, and as overrides.

The address is the whole state of a page, so a link shares it. The overrides are those of a command line, so the command
gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import simulation as ae
from simulation.app.controls import (
    DAYS_OFFERED,
    EVERY_DAY,
    WORDS,
    ShiftChange,
    controls,
    parse_shift_change,
    teams,
    today,
)
from simulation.app.departments import (
    EVERY,
    LOCAL,
    N_DEPARTMENTS,
    N_IN_FULL,
    OWN,
    PACKAGED,
    TYPICAL,
    Department,
    Place,
)
from simulation.config.ensembles import PACKAGED as PACKAGED_ENSEMBLE
from simulation.errors import nearest, refuse
from simulation.wording import capitalised

STUDY, PLANNED = "alternatives", 200
"""The study whose arms can be chosen; the replications that are planned, of which a reader sees the beginning."""
RUN = (
    f"study={STUDY}", f"run.replications={PLANNED}", "run.warm_up_days=7", "run.measured_days=28",
    "run.cool_down_days=2", "run.profiles=2", "~study.arms.sham", "study.sham=null", "study.focus=[]",
)  # fmt: skip
"""What every question states: four weeks a replication, each in other weeks of the year."""
EXAMPLE = tuple(WORDS["pictured"])
"""The policies that are chosen at first: a tool that saves minutes, one that labels, and two that need no AI."""
USUAL_FOUR = "usual"
"""The word for these in an address."""
USUAL = 11
"""How many of the study's arms are offered at first, in its order; the others are a click away."""
MOST_ARMS, MOST_SECONDS = 5, 180
NOTHING_CHANGED = "Change patients, staff, places and beds"
MOST_BESIDE, MOST_OF_NAME = 3, 40
"""Questions beside one, and characters of a question's name."""
MOST_STAFF, MOST_OF_LABEL = 4, 90
"""Changes of teams in one question, and characters of the label of a changed department."""
Pairs = Sequence[tuple[str, str]]
"""What an address states, in its order."""
CHANGED, FOLLOWED, OPPOSITE = "changed", "changed_staff_follow", "changed_the_other_way"
"""The arms of a changed department, of its other end, where staff keep pace with more patients, and of the opposite
change."""
KEYS = WORDS["keys"]
"""The parts of a configuration that a file from elsewhere may state: a question, and not where or how it runs."""


@dataclass(frozen=True)
class AskedQuestion:
    """A question: a department, changes of it by control, arms in the study's order; or the overrides of a file.

    `beside`: the queries of other questions, whose answers are shown beside its own; `name`: what the reader calls it;
    `seconds`: what a product of the reader's own would take off each triage, 0 where none is asked about; `run`: a
    stored run, in place of all this; `place`: where its department and policies are looked for. `staff`: changes of
    teams on some days; `within`: whether policies are tried in the changed department, and not in that of today;
    `both`: whether the opposite change stands beside the change.
    """

    department: str = TYPICAL
    changed: tuple[tuple[str, int], ...] = ()
    arms: tuple[str, ...] = EXAMPLE
    file: str = ""
    own: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    seconds: int = 0
    run: str = ""
    name: str = ""
    place: Place = LOCAL
    staff: tuple[ShiftChange, ...] = ()
    within: bool = False
    both: bool = False

    @property
    def changes_words(self) -> tuple[str, ...]:
        """What it changes of the department, in words."""
        by_control = (
            f"{controls()[key].label.lower()} {value:+d}{controls()[key].sign}"
            for key, value in self.changed
        )
        return tuple(
            words.replace("-", "−", 1) if "-" in words.partition("from")[0] else words
            for words in (*by_control, *(one.words for one in self.staff))
        )

    @property
    def controls_heading(self) -> str:
        """The heading of the controls: what is changed, if anything is."""
        return f"{self.changes_sentence}: change more" if self.changes_words else NOTHING_CHANGED

    @property
    def changes_sentence(self) -> str:
        """What it changes of the department, as a sentence begins."""
        return capitalised("; ".join(self.changes_words))

    @property
    def changed_arms(self) -> tuple[str, ...]:
        """The arms of the changed department, which are compared with that of today: two where staff may follow."""
        if self.within or not self.changes_words:
            return ()
        return (CHANGED, *[FOLLOWED] * self._may_follow, *[OPPOSITE] * self.both)

    @property
    def opposite(self) -> AskedQuestion:
        """The same question of the opposite change alone."""
        staff = tuple(replace(one, number=-one.number) for one in self.staff)
        changed = tuple((key, -value) for key, value in self.changed)
        return replace(self, changed=changed, staff=staff, both=False)

    @cached_property
    def _may_follow(self) -> bool:
        changed = {key for key, _ in self.changed if controls()[key].followed}
        return bool(changed) and bool(today(self.where, self.place)[min(changed)].follows)

    @property
    def was_sent(self) -> bool:
        """Whether it, or its department, was sent by somebody, and is kept in memory alone."""
        return bool(self.file or self.place.sent)

    @property
    def lengths(self) -> Mapping[str, str]:
        """In what ways it can be worked out in full, in words, by name."""
        if self.own:
            return {"year": "As the file states it"}
        year = {} if self.where.ensemble else {"year": "A year of this department, 20 times"}
        every, n = self._every
        like = "like England's" if every.ensemble == PACKAGED_ENSEMBLE else "of these"
        return {**year, "every": f"{n} departments {like}, 12 weeks of each twice"}

    @property
    def _every(self) -> tuple[Department, int]:
        """The ensemble that it is asked over in full, and of how many departments: its own, or England's."""
        where = self.where if self.where.ensemble else PACKAGED[EVERY]
        return where, N_IN_FULL if where in PACKAGED.values() else N_DEPARTMENTS

    @property
    def values(self) -> Mapping[str, int]:
        """The value of every control, 0 where nothing is changed."""
        return dict.fromkeys(controls(), 0) | dict(self.changed)

    @property
    def query(self) -> str:
        """The address's query that states this question."""
        if self.file or self.run:
            return urlencode({"file": self.file} if self.file else {"run": self.run})
        pairs: list[tuple[str, object]] = [
            ("sent", self.place.sent),
            ("department", self.department),
            *self.changed,
            *(("staff", one.text) for one in self.staff),
            ("within", int(self.within)),
            ("both", int(self.both)),
            *(("arm", arm) for arm in self.arms),
            ("seconds", self.seconds),
            ("name", self.name),
        ]
        return urlencode([(key, value) for key, value in pairs if value])

    @property
    def address(self) -> str:
        """The address's query with the questions beside this one."""
        return self.keeping(*self.beside)

    @property
    def unchanged(self) -> AskedQuestion:
        """The same question of the department as it is."""
        return replace(self, changed=(), staff=(), within=False, both=False, name="", beside=())

    def keeping(self, *others: str) -> str:
        """The address's query with other questions beside this one, the newest last."""
        kept = list(dict.fromkeys(other for other in others if other))[-MOST_BESIDE:]
        return "&".join((self.query, *(urlencode({"beside": other}) for other in kept)))

    @property
    def where(self) -> Department:
        """The department. Raises ConfigError if it is not known any more."""
        return self.place.department(self.department)

    @cached_property
    def overrides(self) -> tuple[str, ...]:
        """The words of a command line that ask it."""
        return self._words(RUN, self.where.over(N_DEPARTMENTS))

    def in_full(self, length: str) -> tuple[str, ...]:
        """The words that ask it in full (`lengths`): in its department over a year, or in every department."""
        kept = [word for word in RUN if not word.startswith("run.")]
        if length == "year":
            return self._words([*kept, "run=standard"], ["ensemble=none", *self.where.words])
        every, n = self._every
        return self._words([*kept, "run=departments", f"run.replications={2 * n}"], every.over(n))

    def _words(self, run: Sequence[str], where: Sequence[str]) -> tuple[str, ...]:
        if self.own or self.run:
            return self.own or (f"run={self.run}",)
        changes = self._changes() if self.within else {}
        words = [
            *run,
            *where,
            *(f"~study.arms.{arm}" for arm in packaged_arms() if arm not in self.arms),
        ]
        words += [
            f"+study.arms.{arm}={{label: 'Your policy {name}', triage: {name}}}"
            for arm, name in self.place.own_policies().items()
            if arm in self.arms
        ]
        if not any(word.startswith("nurse=") for word in where):
            words += self.place.nurses_beside(self.arms)
        if changes:
            words += ["~scenario.changes", f"+scenario.changes={_inline(changes)}"]
            words += ["scenario.question='What if the department were changed?'"]
            words += ["+scenario.evidence=assumed", "+scenario.source='chosen in the app'"]
        for arm in self.arms:
            own = {
                path: value
                for path, value in arms_of(self.place)[arm].changes.items()
                if path in changes
            }
            if own:  # an arm's change comes on top of that of the department
                both = _together([*((path, changes[path]) for path in own), *own.items()])
                words.append(f"study.arms.{arm}.changes={_inline(both)}")
        words += [
            _changed_arm(arm, self.opposite if arm == OPPOSITE else self)
            for arm in self.changed_arms
        ]
        days = dict.fromkeys(one.days for one in self.staff if one.days != EVERY_DAY)
        for number, name in enumerate(days):
            words += [_on_days(f"{key}_{number}", name, of) for key, of in WORDS["on_days"].items()]
        return (*words, *([_own_product(self.seconds)] if self.seconds else []))

    def _changes(self, *, followed: bool = False) -> dict[str, Any]:
        """What it changes of the department, by path; of more patients either end."""
        by_control = (
            change
            for key, value in self.changed
            for change in controls()[key].changes(value, followed=followed)
        )
        return _together((*by_control, *(one.change for one in self.staff)))

    def first(self, n: int) -> tuple[str, ...]:
        """The words of a command line that give the first `n` replications of it, with the same intervals."""
        return (*self.overrides, "run.first=0", f"run.count={n}")


def _changed_arm(arm: str, asked: AskedQuestion) -> str:
    """The arm of the changed department under nurse triage."""
    words = asked.changes_sentence
    words = words if len(words) <= MOST_OF_LABEL else "The department as you changed it"
    end = ", staff follow" if arm == FOLLOWED else ", same staff" if asked._may_follow else ""
    stated = {
        "label": f"'{words}{end}'",
        "triage": "nurse",
        "comparator": "true",
        "changes": asked._changes(followed=arm == FOLLOWED),
        "evidence": "assumed",
        "source": "'chosen in the app'",
    }
    return f"+study.arms.{arm}={_inline(stated)}"


def _on_days(name: str, days: str, span: Mapping[str, Any]) -> str:
    """A measure of those who come on some days."""
    label = f"'{span['label']}, {DAYS_OFFERED.get(days, days)}'"
    return f"+study.measures.{name}={_inline({**span, 'label': label, 'days': repr(days)})}"


def _own_product(seconds: int) -> str:
    """The arm of a product of which no more is known than the seconds that it takes off each triage."""
    stated = {"evidence": "assumed", "source": "'a what-if, typed in the app'"}
    saved = {"value": seconds, "range": [seconds, seconds], **stated}
    arm = {
        "label": f"'Your product: {seconds} s off each triage (a what-if)'",
        "triage": "ai_scribe_measured",
        "changes": {"triage.readings.seconds.seconds_saved": saved},
        **stated,
    }
    return f"+study.arms.your_product={_inline(arm)}"


def _together(changes: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Changes by path; of several on one path, lists are put one after another and numbers added."""
    by_path: dict[str, Any] = {}
    for path, value in changes:
        value = [*value] if isinstance(value, list | tuple) else value
        by_path[path] = by_path[path] + value if path in by_path else value
    return by_path


def _inline(block: Mapping[str, Any]) -> str:
    """A block as one override states it."""
    return "{" + ", ".join(f"{path}: {_value(value)}" for path, value in block.items()) + "}"


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return _inline(value) if isinstance(value, Mapping) else str(value)


class OwnArm(NamedTuple):
    """The arm of a policy of the user's own, which changes nothing else."""

    label: str
    changes: Mapping[str, Any] = {}


def arms_of(place: Place) -> Mapping[str, Any]:
    """The arms that can be chosen beside nurse triage, by name: those of the study, in its order, as stated, and those
    of the user's own policies."""
    own = {arm: OwnArm(f"Your policy {name}") for arm, name in place.own_policies().items()}
    return {**packaged_arms(), **own}


@cache
def packaged_arms() -> Mapping[str, Any]:
    """The arms of the study that can be chosen, by name."""
    design = ae.load(f"study={STUDY}", "ensemble=none").design
    return {
        name: arm for name, arm in design.arms.items() if name not in (design.baseline, design.sham)
    }


def parse_question(pairs: Pairs, place: Place = LOCAL) -> AskedQuestion:
    """The question that the pairs of an address state, in a place. Raises ConfigError for what is not offered."""
    stated: dict[str, list[str]] = {}
    also = [pair for key, text in pairs if key == "also" for pair in parse_qsl(text)]
    for key, text in (*pairs, *also):
        stated.setdefault(key.removesuffix("_followed"), []).append(text)  # as once asked
    last = {key: texts[-1] for key, texts in stated.items()}
    known, where = arms_of(place), last.get("department", TYPICAL)
    department = place.department(where)
    seconds = _whole("seconds off each triage", last.get("seconds", "0"), 0, MOST_SECONDS)
    typed = {key: text for key, text in last.items() if key in controls()}
    of_staff = list(filter(str.strip, stated.get("staff", ())))
    is_changed = bool(of_staff) or any(text != "0" for text in typed.values())
    without = "" if is_changed or seconds else USUAL_FOUR  # a department alone
    arms = list(filter(None, stated.get("arm", [without])))
    if USUAL_FOUR in arms:  # of the first page: unless it states a change, which is answered alone
        arms = [arm for arm in (*arms, *([] if also else EXAMPLE)) if arm != USUAL_FOUR]
    for arm in arms:
        if arm not in known:
            refuse("arm", f"there is no policy '{arm[:40]}'", nearest(arm[:40], known))
    within = last.get("within") == "1"
    n_arms = len(set(arms)) + (seconds > 0)
    if len(of_staff) > MOST_STAFF:
        refuse("staff", f"{len(of_staff)} changes are stated", f"State {MOST_STAFF} at most")
    if not n_arms and (within or not is_changed):
        refuse("policies", "none is chosen", f"Choose 1 to {MOST_ARMS}, or change the department")
    if n_arms > MOST_ARMS:
        remedy = f"Choose {MOST_ARMS} at most, so that an answer comes soon"
        refuse("policies", f"{n_arms} are chosen", remedy)
    if department.ensemble:  # departments of an offer differ in its product
        arms.append(f"{OWN}{where}")
    now, values = today(department, place) if typed else {}, dict[str, int]()
    for key, text in typed.items():
        control = controls()[key]
        lowest, highest = (now[key].lowest, now[key].highest) if key in now else (0, 0)
        values[key] = _whole(control.label, text, lowest, highest, control.sign)
    changed = tuple((key, values[key]) for key in controls() if values.get(key))
    rotas = teams(department, place) if of_staff else {}
    staff = tuple(parse_shift_change(text, rotas) for text in of_staff)
    differs = bool(changed or staff)
    asked = AskedQuestion(
        where,
        changed,
        tuple(arm for arm in known if arm in arms),
        beside=tuple(filter(None, stated.get("beside", ())))[-MOST_BESIDE:],
        seconds=seconds,
        name=" ".join(last.get("name", "").split())[:MOST_OF_NAME],
        place=place,
        staff=staff,
        within=within and differs,
        both=last.get("both") == "1" and not within and differs,
    )
    if asked.both:  # what is not offered is refused
        parse_question(parse_qsl(asked.opposite.query), place)
    return asked


def few_enough(pairs: Pairs) -> list[tuple[str, str]]:
    """The same pairs with no more policies than can be chosen, the first of them."""
    has_own = any(key == "seconds" and text not in ("", "0") for key, text in pairs)
    arms = list(dict.fromkeys(text for key, text in pairs if key == "arm"))[: MOST_ARMS - has_own]
    return [(key, text) for key, text in pairs if key != "arm" or text in arms]


def _whole(label: str, text: str, lowest: int, highest: int, sign: str = "") -> int:
    try:
        value = int(text)
    except ValueError:
        value = highest + 1
    if not lowest <= value <= highest:
        refuse(label, f"found '{text[:20]}'", f"Choose {lowest} to {highest}{sign}")
    return value


def question_of_file(text: str, name: str, place: Place = LOCAL) -> AskedQuestion:
    """The question of a file that somebody sent, checked in a place. Raises ConfigError with every fault.

    It may state what is asked, and not where it runs; its length is that of every question here.
    """
    words = ae.overrides_in(text, "the file")
    for word in words:
        key = word.lstrip("+~").partition("=")[0].split(".")[0]
        if key not in KEYS:
            refuse(
                "the file", f"'{word[:60]}' may not be stated here", f"Keep to {', '.join(KEYS)}"
            )
    kept = (word for word in words if word.partition("=")[0] not in ("run.first", "run.count"))
    asked = AskedQuestion(file=name, own=tuple(kept), arms=(), place=place)
    study = place.load(*asked.own)
    return replace(
        asked, arms=tuple(arm.name for arm in study.arms if arm.name != study.design.baseline)
    )
