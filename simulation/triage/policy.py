"""The triage policy of an arm: a nurse, an AI where there is one, and how people use it.

A configuration states the nurse and the tool apart; `nurse_and_tool` puts them together. `apply` makes columns of
the policy, `check_policy` finds its faults, `label_accuracy` says how often its labels are right. The three are apart
from the policy itself, which holds for any department.

**Effects** are what it does besides giving labels: to minutes, by actions at triage, and by watching those who wait.

Nothing is drawn here: `people` decides who is covered, and chance comes from named streams of the draws.

**Minutes.** Several effects, one after another, each on the same draw. An effect changes minutes that a patient already
has; a step that a patient cannot come to keeps its 0 minutes.

**Actions**: ordering tests, streaming a patient, asking for a bed. A department names such an action as an attribute
(`kind: action`) and says in its route what follows; a policy says for whom it is set off. A patient whom the action
truly suits gets it with probability `sensitivity`, another one with probability 1 - `specificity`. One random number a
patient, from the stream `triage.action.<name>`, is compared with that probability. So a patient who gets the action at
one sensitivity also gets it at a higher one, and a patient who does not at one specificity does not at a higher one; a
nurse's action and a tool's of the same name share their random variates. The route determines what an action costs or
gains: a wrong one uses the same nurses, rooms and beds as a right one.

**Watching**: which worsening patients a tool detects or misses, and its false alarms. Whether a patient gets worse is
the truth (`Draws.worsens`) and no policy changes it. Under a policy that `watches`, staff go by alarms instead
(`Draws.alarms`). Rounds of the department act on alarms; where rounds are off nobody does, and watching changes
nothing.

- `triage.watching.sees`         the coin of whether a patient who gets worse is seen;
- `triage.watching.false_alarm`  when a false alarm is raised.

So a more sensitive tool sees everybody whom a less sensitive one sees, and one with fewer false alarms raises the same
patients' alarms later. There is one coin a patient: a tool that misses a patient's signs goes on missing them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Annotated, Literal, TypeAlias

import numpy as np
from annotated_types import Ge

from simulation.department.config_dataclass import (
    ByName,
    Context,
    Count,
    Names,
    NonEmpty,
    NotNegative,
    OfAttributes,
    Sourced,
    SourceNames,
    Unit,
    config_dataclass,
    find_stated,
)
from simulation.department.graph import label_dependent
from simulation.department.rota import can_happen
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    TRIAGE_TOOL,
    TRIAGE_TOOL_DEGRADED,
    Action,
    Pathway,
)
from simulation.errors import Fault, near_match, unknown_fault
from simulation.patients import Draws
from simulation.patients.variates import Attributes, NamedFloats
from simulation.records.schema import Ints, Mask
from simulation.triage.labels import Assessor, Drift, Labels
from simulation.triage.matrix import (
    AtLeastZero,
    BesideNurse,
    Estimate,
    Matrix,
    Portion,
    Probability,
)
from simulation.triage.people import (
    Abstention,
    Added,
    Adoption,
    Coverage,
    DurationsOnce,
    Switching,
    mask_among,
    mask_reached,
    sources_labelled,
)
from simulation.units import NEVER, to_ticks

SECONDS_PER_MINUTE = 60


@config_dataclass
class Reach(Sourced):
    """Whom one effect or action is for.

    Example: `{arrivals: [walk_in], only: {language_need: ["yes"]}, evidence: assumed,
    source: "who needs an interpreter"}`
    """

    arrivals: SourceNames = ()
    """Arrival sources whose patients it is for; none: those of the policy."""
    only: OfAttributes = field(default_factory=dict)
    """Of these patients, those who have one of the named categories of each named attribute (`acuity_given` is the
    label that counts)."""


@config_dataclass
class MinutesEffect:
    """What a policy does to some durations of a patient, on the same draw.

    Their sum S becomes max(S x factor - seconds_saved / 60, S x never_below), taken off each in proportion.

    Example: `{durations: [triage_interview, triage_record], seconds_saved: {value: 60, range: [0, 120],
    evidence: assumed, source: "a claim"}, never_below: {value: 0.1, range: [0, 0.5], evidence: assumed,
    source: "a nurse still looks"}}`
    """

    durations: DurationsOnce
    """Durations that change."""
    factor: Annotated[AtLeastZero, Unit("factor")] | None = None
    """What their sum is multiplied by.
    Example: `{value: 0.9, range: [0.8, 1], evidence: assumed, source: "a claim"}`"""
    seconds_saved: Annotated[Estimate, Unit("seconds")] | None = None
    """What is taken off their sum; it may be negative, and needs the floor `never_below`."""
    never_below: Annotated[Portion, Unit("share")] | None = None
    """The floor, as a share of their sum; where it binds, less is saved."""
    covers: Reach | None = None
    """Whose minutes change; none: of everybody whom the policy covers."""
    kept_when_handed_back: bool = False
    """Whether a patient whom the AI hands back to the nurse keeps the effect (a clinician's record is written all the
    same)."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """No effect, one without a floor, and durations that are not of one step."""
        if not self.factor and not self.seconds_saved:
            yield Fault("", "has neither a factor nor seconds_saved", "State at least one")
        if self.seconds_saved and not self.never_below:
            yield Fault(
                "never_below",
                "is missing",
                "Say below which share of a patient's minutes seconds_saved may not go",
            )
        known = context.department.durations
        if len({known[name].repeats for name in self.durations if name in known}) > 1:
            yield Fault(
                "durations",
                f"{', '.join(self.durations)} have different numbers of repeats",
                "Name durations of the same step",
            )


def sources_of(effect: MinutesEffect, of_policy: Sequence[str]) -> tuple[str, ...]:
    """The sources that an effect is for: its own, or else those of the policy."""
    own = effect.covers.arrivals if effect.covers else ()
    return own or tuple(of_policy)


def change_minutes(effect: MinutesEffect, minutes: NamedFloats, whose: Mask) -> NamedFloats:
    """The effect's durations after the effect, by name, shape (repeats, n) each."""
    before = {name: minutes[name] for name in effect.durations}
    total = np.sum(list(before.values()), axis=0)
    factor = effect.factor.value if effect.factor else 1.0
    saved = effect.seconds_saved.value / SECONDS_PER_MINUTE if effect.seconds_saved else 0.0
    floor = effect.never_below.value if effect.never_below else 0.0
    total_after = np.maximum(total * factor - saved, total * floor)
    ratio = np.divide(total_after, total, out=np.ones_like(total), where=total > 0)
    return {name: np.where(whose, column * ratio, column) for name, column in before.items()}


def lengthen_minutes(added: Added, minutes: NamedFloats, whose: Mask) -> NamedFloats:
    """The durations to which time is added, by name, longer for those who come to them; shape (repeats, n) each."""
    added_minutes = added.seconds.value / SECONDS_PER_MINUTE
    return {
        name: np.where(whose & (minutes[name] > 0), minutes[name] + added_minutes, minutes[name])
        for name in added.durations
    }


@config_dataclass
class TriageAction:
    """One action, whom it suits, and how well triage tells who that is. Its name is that of its random stream.

    Of several actions that set one attribute, the first that is set off counts.

    Example: `{sets: tests_ordered, to: "1", suited: {test_rounds: ["1", "2"]},
    sensitivity: {value: 0.8, evidence: measured, source: "own audit"},
    specificity: {value: 0.7, evidence: measured, source: "own audit"},
    covers: {arrivals: [walk_in], evidence: assumed, source: "the walk-in desk"}}`
    """

    sets: Annotated[str, Names("action")]
    """The department's action: an attribute of kind `action`."""
    to: str
    """The category that the attribute gets."""
    suited: OfAttributes
    """Who is truly suited: patients with one of the named categories of each named attribute."""
    sensitivity: Portion
    """The share of the suited for whom it is set off."""
    specificity: Portion
    """The share of the others for whom it is not set off."""
    covers: Reach
    """Whom triage considers for it."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """An action that the department lacks, that sets nothing off, or that suits or covers nobody."""
        actions = context.names.get("action", ())
        if not actions:
            yield Fault(
                "sets",
                f"is '{self.sets}', but the department has no action",
                "Describe one (kind: action) and route by it, or choose a policy without actions",
            )
        elif self.sets in actions:
            nothing, *something = context.categories[self.sets]
            if self.to == nothing:
                yield Fault(
                    "to",
                    f"is '{self.to}', which means that nothing is set off",
                    f"Name one of {', '.join(something)}",
                )
            elif self.to not in something:
                yield unknown_fault("to", self.to, something, what="category")
        if not self.suited:
            yield Fault(
                "suited",
                "names no attribute",
                "Say which categories of which attribute it suits",
            )
        for name in self.suited:
            if name == ACUITY_GIVEN or name in actions:
                yield Fault(
                    f"suited.{name}",
                    f"is by '{name}', which triage decides itself",
                    "Name what is true of the patient",
                )
        if not self.covers.arrivals:
            yield Fault("covers.arrivals", "names no arrival source", "Name the sources it is for")


def mask_covered(action: TriageAction, pathway: Pathway, attributes: Attributes) -> Mask:
    """Mask of the patients whom triage considers for an action, shape (n,): those who can get it and are covered."""
    attribute = pathway.attributes[action.sets]
    covered = mask_reached(pathway, attributes, action.covers.arrivals, action.covers.only)
    if isinstance(attribute, Action):
        covered &= mask_among(pathway, attributes, attribute.only)
    return covered


def set_off_actions(
    actions: Mapping[str, TriageAction], pathway: Pathway, draws: Draws, used: Mask
) -> dict[str, Labels]:
    """The codes of every attribute that an action sets, shape (n,) each; changed only for those in `used`."""
    codes_by_attribute: dict[str, Labels] = {}
    for name, action in actions.items():
        suited = mask_among(pathway, draws.attributes, action.suited)
        chance = np.where(suited, action.sensitivity.value, 1 - action.specificity.value)
        chosen = used & mask_covered(action, pathway, draws.attributes)
        chosen &= draws.uniform(f"triage.action.{name}") < chance
        codes = codes_by_attribute.setdefault(action.sets, draws.attributes[action.sets].copy())
        codes[chosen & (codes == 0)] = pathway.categories(action.sets).index(action.to)
    return codes_by_attribute


MINUTES_AN_HOUR = 60
LATER_THAN_ALL = np.iinfo(np.int64).max


@config_dataclass
class Watching(Sourced):
    """A tool that watches patients while they wait.

    Example: `{arrivals: [walk_in], only: {age_band: [oldest]}, sensitivity: {value: 0.7, range: [0.33, 1],
    evidence: assumed, source: "a judgement"}, false_alarms_per_hour: {value: 0.05, range: [0, 0.3], evidence: assumed,
    source: "a judgement"}, evidence: assumed, source: "who is watched"}`
    """

    arrivals: SourceNames
    """Arrival sources whose patients are watched."""
    only: OfAttributes = field(default_factory=dict)
    """Of these patients, those who have one of the named categories of each named attribute."""
    sensitivity: Probability
    """How likely a patient who gets worse is seen, at the next round."""
    false_alarms_per_hour: Annotated[AtLeastZero, Unit("alarms an hour")]
    """How many a watched patient raises for nothing (a constant rate from arrival); rounds act on the first."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Nobody who is watched, who gets worse, or who acts on an alarm."""
        if not self.arrivals:
            yield Fault(
                "arrivals", "names no arrival source", "Name those whose patients are watched"
            )
        if not context.department.worsening:
            yield Fault(
                "",
                "is stated, but nobody gets worse here",
                "Describe `worsening` in the pathway, or leave it out",
            )
        elif not context.department.rounds:
            yield Fault(
                "",
                "is stated, but nobody here acts on an alarm",
                "Describe `rounds` in the pathway (active: false, and let an arm switch them on), or leave it out",
            )


def alarms(watching: Watching, draws: Draws, whose: Mask) -> Ints:
    """Ticks from arrival to each patient's first alarm, true or false, shape (n,); NEVER for all but `whose`.

    A false alarm's time is exponential: -ln(U) over the rate, which falls as the rate rises.
    """
    seen = (
        whose
        & (draws.worsens != NEVER)
        & (draws.uniform("triage.watching.sees") < watching.sensitivity.value)
    )
    ticks = np.where(seen, draws.worsens, LATER_THAN_ALL)
    rate = watching.false_alarms_per_hour.value / MINUTES_AN_HOUR
    if rate > 0:
        raised = to_ticks(-np.log(draws.uniform("triage.watching.false_alarm")) / rate)
        ticks = np.where(whose, np.minimum(ticks, raised), ticks)
    return np.where(ticks == LATER_THAN_ALL, NEVER, ticks)


AI_FIELDS = ("role", "acceptance", "switching", "abstains", "noise", "drift", "latency", "degraded")
"""What a policy may state only with an AI that labels."""
TOOL_FIELDS = ("go_live_day", "live_days", "adoption", "slow_under_load")
"""What a policy may state only with a tool, be it an AI that labels or something that saves minutes."""


def durations_of_triage(pathway: Pathway) -> frozenset[str]:
    """The durations of the steps that give the policy's label."""
    steps = [step for step in pathway.steps.values() if step.relabels == ACUITY_GIVEN]
    return frozenset(name for step in steps for name in step.minutes)


def _groups(matrix: Matrix) -> set[tuple[str, str]]:
    """The attributes and categories that have tables of their own."""
    return {(name, category) for name, tables in matrix.by_group.items() for category in tables}


Role = Literal["replaces", "advises"]
DaySpan = Annotated[tuple[Annotated[int, Ge(0)], Count], Unit("days")]
Yardstick = Literal["panel", "physician", "outcome", "written", "nurses"]
YARDSTICKS: Mapping[Yardstick, str] = {
    "panel": "the level an expert panel gave afterwards, with the whole record",
    "physician": "the level a physician gave at triage",
    "outcome": "a level derived from what happened to the patient",
    "written": "the level a synthetic vignette was written for",
    "nurses": "the level that nurses gave at triage",
}
"""What the true level means where a tool was measured, in words. Figures against different ones do not compare."""


@config_dataclass
class Usage:
    """How people use a tool, and what it does to minutes and routes.

    Example: `{kind: matrix, name: scribe, covers: {minutes: [walk_in], evidence: assumed, source: "the desk"},
    minutes: {durations: [triage_record], factor: {value: 0.5, range: [0.2, 1], evidence: assumed, source: "a claim"}}}`
    """

    kind: Literal["matrix"]
    name: str
    """Name of the policy: that of its file."""
    role: Role | None = None
    """Whether the AI's label replaces the nurse's, or advises: where the two differ, the nurse takes the AI's by
    `acceptance` or `switching`."""
    acceptance: Probability | None = None
    """How often an advised nurse takes the AI's label where the two differ, whoever is right."""
    switching: Switching | None = None
    """How often an advised nurse takes the AI's label where the two differ, by who is right."""
    covers: Coverage | None = None
    """Whom the tool is for."""
    go_live_day: Annotated[AtLeastZero, Unit("day")] | None = None
    """When the tool goes live: 0 is the first measured day. None: it is live in the warm-up, too."""
    live_days: NonEmpty[tuple[DaySpan, ...]] | None = None
    """Measured days on which the tool is on, each span from its first to its last day; none: all from go-live on.
    Example: `[[0, 6], [14, 20]]`"""
    adoption: Adoption | None = None
    """For how many covered patients staff use the tool; none: for all."""
    abstains: Abstention | None = None
    """When the AI gives no answer and hands the patient back to the nurse."""
    noise: Probability | None = None
    """How often the AI gives a fresh answer, as if asked again."""
    drift: Drift | None = None
    """How the AI's matrix changes after go-live."""
    latency: Added | None = None
    """What waiting for the AI's answer adds to durations."""
    degraded: Matrix | None = None
    """The AI's matrix while the site's outage `triage_tool_degraded` lasts."""
    slow_under_load: Added | None = None
    """What the tool adds to durations where the site finds many waiting for it."""
    minutes: MinutesEffect | tuple[MinutesEffect, ...] | None = None
    """What the tool does to minutes: one effect, or a list of them, one after another."""
    readings: ByName[MinutesEffect] = field(default_factory=dict)
    """Ways to read the evidence of one more effect on minutes, by name: seconds off each patient, say, or a share.
    One of them runs; a report gives the others from the same run. Example: `{share: {durations: [triage_record],
    factor: {value: 0.9, range: [0.8, 1], evidence: published, source: "a trial: 10 % less"}}}`"""
    reading: str | None = None
    """The name of the reading that runs. Example: `share`"""
    watches: Watching | None = None
    """What the tool sees of patients who wait: where it is used, rounds go by its alarms instead of the truth."""
    actions: Mapping[str, TriageAction] = field(default_factory=dict)
    """What is set off at triage, by name: by the tool or, in a policy without one, by the nurse; not for those whom an
    AI hands back."""
    price_per_attendance: Annotated[AtLeastZero, Unit("GBP")] | None = None
    """What is paid for each attendance that the tool is used for."""
    cost_per_year: Annotated[AtLeastZero, Unit("GBP a year")] | None = None
    """What is paid each year besides."""
    measured_on: Mapping[str, Mapping[str, Annotated[NotNegative, Unit("patients")]]] = field(
        default_factory=dict
    )
    """On whom the AI's labels were measured: patients by attribute of the site and category. A report says where the
    tool labels many here of whom it met few. Example: `{age_band: {child: 0, adult: 540, older: 120, oldest: 28}}`"""
    measured_against: Yardstick | None = None
    """What the true level of these patients was: that of an expert `panel` afterwards, as here, of a `physician` at
    triage, one derived from the `outcome`, the one that a vignette was `written` for, or that which `nurses` gave. A
    report says where it is not
    a panel's, for figures against different truths are not comparable. Example: `panel`"""

    @property
    def effects(self) -> tuple[MinutesEffect, ...]:
        """What the tool does to minutes, in order: last, by the reading that runs."""
        minutes = self.minutes if isinstance(self.minutes, tuple) else (self.minutes,)
        return tuple(
            effect for effect in (*minutes, self.readings.get(self.reading or "")) if effect
        )


@config_dataclass
class MatrixPolicy(Usage):
    """A nurse, and an AI where there is one, each as an error matrix; minutes; and how people use the tool.

    Patients whom the tool is not used for keep the nurse's label and minutes.

    Example: `{kind: matrix, name: nurse, nurse: {name: nurse, matrix: {shares: [[0.9, 0.1], [0.2, 0.8]],
    evidence: assumed, source: "a judgement"}, correlation: {value: 0.5, range: [0, 0.9], evidence: assumed,
    source: "not measured"}}}`
    """

    nurse: Assessor | None = None
    """How nurses label; none: nobody is labelled, which is for departments without `acuity_given`."""
    ai: Assessor | None = None
    """How the AI labels; none: no AI gives labels."""
    burdens: tuple[MinutesEffect, ...] = ()
    """What makes minutes longer whoever triages, with or without a tool (an interview through an interpreter)."""
    beside_nurse: BesideNurse | None = None
    """The AI's labels given the truth and the nurse's label, instead of given the truth alone."""

    @property
    def durations(self) -> frozenset[str]:
        """The durations that the policy may change."""
        hand_back = self.abstains.hand_back if self.abstains else None
        parts = (*self.burdens, *self.effects, self.latency, hand_back, self.slow_under_load)
        return frozenset(name for part in parts if part for name in part.durations)

    def faults(self, context: Context) -> Iterator[Fault]:
        """Parts that do not go together, or that are missing."""
        if self.readings and self.reading is None:
            yield Fault("reading", "is missing", f"Say which runs: {' or '.join(self.readings)}")
        elif self.reading is not None and self.reading not in self.readings:
            yield unknown_fault("reading", self.reading, self.readings, what="reading")
        if self.ai and self.nurse:
            yield from self._faults_of_ai(self.ai, self.nurse)
        else:
            yield from self._stated_without("an ai", *AI_FIELDS)
        yield from self._faults_of_answers(context.department)
        yield from self._faults_of_coverage(context.department)
        if not self.ai and not self.effects and not self.actions and self.watches is None:
            yield from self._stated_without("a tool", *TOOL_FIELDS)
        for number, (first, last) in enumerate(self.live_days or ()):
            if first > last:
                yield Fault(
                    f"live_days.{number}",
                    f"found [{first}, {last}]",
                    "Write the first day, then the last",
                )
        yield from self._faults_of_failing(context.department)
        yield from self._faults_of_measured_on(context)

    def _stated_without(self, what: str, *names: str) -> Iterator[Fault]:
        for name in find_stated(self, *names):
            yield Fault(
                name,
                f"is stated but there is no {what.partition(' ')[2]}",
                f"Add {what}, or leave it out",
            )

    def _faults_of_ai(self, ai: Assessor, nurse: Assessor) -> Iterator[Fault]:
        """Faults of the AI's name, draw and role."""
        if ai.name == nurse.name:
            yield Fault(
                "ai.name",
                f"'{ai.name}' is the nurse's name too, so both would have the same random variates",
                "Give the ai a name of its own",
            )
        if ai.same_draw_as not in (None, nurse.name):
            yield Fault(
                "ai.same_draw_as",
                f"is '{ai.same_draw_as}', who does not label",
                f"Name '{nurse.name}', or leave it out",
            )
        if nurse.same_draw_as is not None:
            yield Fault(
                "nurse.same_draw_as", "is stated", "Leave it out: the nurse's draw is her own"
            )
        shares_stated = find_stated(self, "acceptance", "switching")
        if self.role is None:
            yield Fault(
                "role", "is missing", "Say whether the ai 'replaces' or 'advises' the nurse"
            )
        elif self.role == "replaces":
            for name in shares_stated:
                yield Fault(
                    name, "is stated for an ai that replaces", "Leave it out, or role: advises"
                )
        elif not shares_stated:
            yield Fault(
                "acceptance", "is missing", "Say how often an advised nurse takes the ai's label"
            )
        elif len(shares_stated) > 1:
            yield Fault("switching", "is stated beside acceptance", "State one of the two")

    def _faults_of_answers(self, department: Pathway) -> Iterator[Fault]:
        """Faults of how the AI answers: slowness, drift, labels beside the nurse's."""
        slow = self.slow_under_load.durations if self.slow_under_load else ()
        if always := [name for name in slow if name in durations_of_triage(department)]:
            yield Fault(
                "slow_under_load.durations",
                f"name {', '.join(always)}, which triage takes whether many wait or not",
                "Name the duration of a step that the route comes to while many wait (tool_late)",
            )
        if self.beside_nurse:
            by_matrix = find_stated(self, "drift", "degraded")
            by_matrix += ["abstains.beyond"] if self.abstains and self.abstains.beyond else []
            for name in by_matrix:
                yield Fault(
                    name,
                    "is stated beside ai.beside_nurse",
                    "State a matrix, or leave one of them out",
                )
        if self.drift and self.ai:
            others = {"the ai's matrix": self.ai.matrix, "degraded": self.degraded}
            for what, matrix in others.items():
                unlike = _groups(self.drift.towards) ^ _groups(matrix) if matrix else set()
                if unlike:
                    names = ", ".join(f"{name} {category}" for name, category in sorted(unlike))
                    yield Fault(
                        "drift.towards.by_group",
                        f"and {what} have not the same groups: {names}",
                        "State the same groups in both",
                    )

    def _faults_of_coverage(self, department: Pathway) -> Iterator[Fault]:
        """Faults of covered arrival sources that a tool needs, or that nothing needs."""
        covers = self.covers
        labels, minutes = (covers.labels or (), covers.minutes) if covers else ((), ())
        if covers and self.ai:
            labels = sources_labelled(covers, department)
        for name, sources, what, present, unplaced in (
            ("labels", labels, "an ai", self.ai, self.ai),
            (
                "minutes",
                minutes,
                "a minutes effect",
                self.effects or self.readings,
                any(not sources_of(effect, ()) for effect in self.effects),
            ),
        ):
            if unplaced and not sources:
                yield Fault(
                    f"covers.{name}",
                    f"names no arrival source, but there is {what}",
                    "Name the sources it covers",
                )
            if not present and sources:
                yield Fault(
                    f"covers.{name}",
                    f"names arrival sources, but there is not {what}",
                    "Leave it out",
                )

    def _faults_of_failing(self, department: Pathway) -> Iterator[Fault]:
        """Actions of a tool that can fail, and attributes that lean on its label: the fall-back cannot undo these."""
        relevant = (TRIAGE_TOOL, TRIAGE_TOOL_DEGRADED) if self.degraded else (TRIAGE_TOOL,)
        outages = department.outages
        names = ", ".join(
            f"outages.{name}" for name in relevant if name in outages and can_happen(outages[name])
        )
        leans = label_dependent(department)
        remedy = "in arms of their own: the two together are not modelled"
        if names and self.actions:
            yield Fault(
                "actions",
                f"are set off by a tool that can fail ({names})",
                f"Compare outages and actions {remedy}",
            )
        if names and self.ai and leans:
            yield Fault(
                "ai",
                f"gives labels that {', '.join(leans)} lean on, and can fail ({names})",
                f"Compare outages and label_weight {remedy}",
            )

    def _faults_of_measured_on(self, context: Context) -> Iterator[Fault]:
        """Faults of names in `measured_on` that nearly match names of the department: misspelt, they would never warn.

        Other names are accepted: a tool may have been measured on attributes that this department does not have.
        """
        for attribute, counts in self.measured_on.items():
            if word := near_match(attribute, context.categories):
                found = f"the department has no '{attribute}'"
                yield Fault("measured_on", found, f"Did you mean '{word}'?")
            known = context.categories.get(attribute, ())
            for name in counts:
                word = near_match(name, [category for category in known if category not in counts])
                if name not in known and word:
                    found = f"'{attribute}' has no category '{name}'"
                    yield Fault(f"measured_on.{attribute}", found, f"Did you mean '{word}'?")


Policy: TypeAlias = MatrixPolicy
"""Every kind of policy; a tagged union by `kind` when there are more."""
