"""The triage policy: a statement, and a pure function that gives every patient a label and minutes.

A policy says who labels (a nurse; an AI that replaces or advises the nurse), how often each is wrong, for whom,
when it hands back, how far people use it, and what that does to minutes. `apply` turns it into columns before the
clock starts; it makes no generator, touches no other column, and takes its chance from these named streams of the
draws:

- `triage.difficulty`           one number a patient, shared by all assessors;
- `triage.private.<assessor>`   one a patient and assessor, found by the assessor's name (`.again`: asked again);
- `triage.noise.<assessor>`     the coin of an answer that is not the same the second time;
- `triage.acceptance`           the coin of a nurse who is advised;
- `triage.action.<action>`      one number a patient and action (`actions`);
- the coins of `people`         coverage, exclusion, adoption, abstention;
- those of `watching`           who is seen to get worse, and false alarms.

So two policies that name the same nurse with the same matrix give the same nurse's labels, bit for bit, and
adding an AI moves nothing else.

**Errors that go together.** u = Phi(sqrt(rho) z_difficulty + sqrt(1 - rho) z_private) is uniform whatever rho, and
is looked up in the row of the patient's true level, from the most urgent label to the least: **low u errs up
(over-triage), high u errs down (under-triage)**. The shared difficulty thus has a sign: a high one is a patient
who looks better than they are, to everybody. The labels keep exactly the shares of the matrix. The latent
numbers of two assessors have correlation sqrt(rho_1 rho_2).

**A sham** is an AI with the nurse's matrix and no effect on minutes, under a name of its own and with correlation
0: its errors are independent of the nurse's. That is the widest, most careful null band: any shared difficulty
would let fewer patients change their label.

**In which order.** The nurse labels everybody. The tool is used for a patient if the policy is live, covers the
patient, and staff take it up. The AI answers, with drift and noise; it may hand back; its label replaces the
nurse's or is taken by her. Minutes: what burdens the site whatever the tool (`burdens`), then the effects of the
tool, then seconds waited for it and spent before a hand-back. What leans on the label (admission, where a site says so)
is decided again with it, by the same numbers; then what triage sets off (`actions`), by the label that counts. Watching
comes last.

**When it fails** (`failures`) the route chooses another of the policy's answers: the nurse's own label and minutes
(burdens and nothing else), or those that the tool gives with the `degraded` matrix on the same luck. They are columns
too, in departments that ask for them. What leans on the label would go on leaning on the policy's own, and what a tool
set off would stay set off: such arms are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from simulation.draws import Draws, attributes_after
from simulation.errors import ConfigError, Fault, nearest
from simulation.pathway.department import (
    ACUITY_BY_DEGRADED_TOOL,
    ACUITY_BY_NURSE,
    ACUITY_GIVEN,
    ACUITY_TRUE,
    STREAM,
    TOOL_CAN_FAIL,
    TRIAGE_TOOL,
    Given,
    Pathway,
)
from simulation.pathway.described import described
from simulation.pathway.ways import leaning
from simulation.records.schema import Floats, Mask
from simulation.triage.actions import TriageAction, action_faults, covered_by, set_off
from simulation.triage.estimates import AtLeastZero, Portion, estimate_faults
from simulation.triage.failures import by_worker, can_happen, durations_of_triage
from simulation.triage.labels import Assessor, Drift, Labels, labels_of, together
from simulation.triage.matrix import Agreement, Matrix, agreement, probabilities, table_faults
from simulation.triage.minutes import (
    SECONDS_PER_MINUTE,
    MinutesEffect,
    changed,
    effect_faults,
    lengthened,
    reached_by,
    streams_of,
)
from simulation.triage.people import (
    Abstention,
    Added,
    Adoption,
    Attributes,
    Coverage,
    Switching,
    abstained,
    abstention_faults,
    added_faults,
    adopted,
    coverage_faults,
    days_since,
    in_streams,
    offered,
    switch_shares,
    unknown,
)
from simulation.triage.watching import Watching, alarms, watched, watching_faults

Role = Literal["replaces", "advises"]


@described
class MatrixPolicy:
    """A nurse, and an AI where there is one, each as an error matrix; minutes; and how people use the tool.

    `role`: the AI's label replaces the nurse's, or advises: where the two differ, the nurse takes the AI's with
    probability `acceptance`, or by who is right (`switching`). Patients whom `covers` leaves out keep the nurse's
    label and minutes; so does everybody before `go_live_day` (of the run, 0 the first), and those for whom staff do
    not use the tool (`adoption`). `abstains`, `latency`, `noise` and `drift` are the AI's; `degraded` is its matrix
    while the site's outage of that name lasts (`describe` leaves it out), and `slow_under_load` what it takes longer
    where the site finds many waiting for it. `burdens`: minutes that
    are longer whoever triages (an interview through an interpreter), with or without a tool; an arm without one
    states them too. `minutes`: one effect of the tool, or several, one after another. `watches`: what rounds have to
    go by, instead of the truth, for those only for whom the tool is used. `actions`: what is
    set off at triage, by the tool or, in a policy without one, by the nurse; not for those whom an AI hands back.
    `price_per_attendance` (GBP) is paid for each attendance that the tool is used for, `cost_per_year` (GBP) besides.
    """

    kind: Literal["matrix"]
    name: str
    nurse: Assessor
    ai: Assessor | None = None
    role: Role | None = None
    acceptance: Portion | None = None
    switching: Switching | None = None
    covers: Coverage | None = None
    go_live_day: AtLeastZero | None = None
    adoption: Adoption | None = None
    abstains: Abstention | None = None
    noise: Portion | None = None
    drift: Drift | None = None
    latency: Added | None = None
    degraded: Matrix | None = None
    slow_under_load: Added | None = None
    burdens: tuple[MinutesEffect, ...] = ()
    minutes: MinutesEffect | tuple[MinutesEffect, ...] | None = None
    watches: Watching | None = None
    actions: Mapping[str, TriageAction] = field(default_factory=dict)
    price_per_attendance: AtLeastZero | None = None
    cost_per_year: AtLeastZero | None = None

    @property
    def effects(self) -> tuple[MinutesEffect, ...]:
        """What the tool does to minutes, in order."""
        if self.minutes is None:
            return ()
        return self.minutes if isinstance(self.minutes, tuple) else (self.minutes,)

    @property
    def durations(self) -> frozenset[str]:
        """The durations that the policy may change."""
        effects = [name for effect in (*self.burdens, *self.effects) for name in effect.durations]
        hand_back = self.abstains.hand_back if self.abstains is not None else None
        parts = (self.latency, hand_back, self.slow_under_load)
        added = [name for each in parts if each is not None for name in each.durations]
        return frozenset((*effects, *added))


Policy: TypeAlias = MatrixPolicy
"""Every kind of policy; a tagged union by `kind` when there are more."""


def apply(policy: Policy, pathway: Pathway, draws: Draws) -> Draws:
    """The same patients with `acuity_given`, and the minutes that the policy changes, replaced.

    Labels are codes of the categories of `acuity_true`, the most urgent 0. Raises ConfigError with every fault.
    """
    faults = check(policy, pathway)
    if faults:
        raise ConfigError(faults)
    triaged = _triaged(policy, pathway, draws)
    labelled = draws.with_columns(
        attributes={ACUITY_GIVEN: triaged.given, **attributes_after(pathway, draws, triaged.given)}
    )
    by_nurse = _minutes_by_nurse(policy, pathway, draws, triaged)
    minutes = _minutes(policy, pathway, draws, triaged, by_nurse)
    attributes = _actions(policy, pathway, labelled, triaged)
    if TOOL_CAN_FAIL in pathway.attributes:
        more, columns = _failing(policy, pathway, draws, triaged, minutes, by_nurse)
        attributes |= more
        minutes |= columns
    seen = None if policy.watches is None else alarms(policy.watches, draws, _watched(policy, pathway, draws, triaged))
    return labelled.with_columns(attributes=attributes, minutes=minutes, alarms=seen)


def _failing(
    policy: Policy,
    pathway: Pathway,
    draws: Draws,
    triaged: _Triaged,
    minutes: Mapping[str, Floats],
    by_nurse: Mapping[str, Floats],
) -> tuple[dict[str, Labels], dict[str, Floats]]:
    """Attributes and minutes that a route needs while the tool is down, answers worse or is slow."""
    stated = policy.slow_under_load is not None or any(can_happen(each) for each in pathway.outages.values())
    concerned = _reached(policy, pathway, draws, triaged, durations_of_triage(pathway)) if stated else None
    if concerned is None or not concerned.any():
        return _labels_instead(pathway, triaged, triaged), {}
    worse = triaged
    columns = by_worker("nurse", by_nurse, minutes)
    if policy.ai is not None and policy.degraded is not None:
        degraded = replace(policy, ai=replace(policy.ai, matrix=policy.degraded))
        worse = _triaged(degraded, pathway, draws)
        columns |= by_worker("degraded_tool", _minutes(degraded, pathway, draws, worse, by_nurse), minutes)
    if policy.slow_under_load is not None:
        seconds = policy.slow_under_load.seconds.value / SECONDS_PER_MINUTE
        late = policy.slow_under_load.durations
        columns |= {name: np.where(concerned, minutes[name] + seconds, minutes[name]) for name in late}
    return {TOOL_CAN_FAIL: concerned.astype(np.int16), **_labels_instead(pathway, triaged, worse)}, columns


def _labels_instead(pathway: Pathway, triaged: _Triaged, degraded: _Triaged) -> dict[str, Labels]:
    """The labels that may count instead of the one given, where the department asks for them."""
    labels = {ACUITY_BY_NURSE: triaged.attributes[ACUITY_GIVEN], ACUITY_BY_DEGRADED_TOOL: degraded.given}
    return {name: each for name, each in labels.items() if name in pathway.attributes}


def reached(policy: Policy, pathway: Pathway, draws: Draws) -> Mask:
    """For whom the tool is used, for their label, minutes, actions or watching, handed back or not; shape (n,)."""
    triaged = _triaged(policy, pathway, draws)
    found = _reached(policy, pathway, draws, triaged, frozenset(pathway.durations))
    if policy.watches is not None:
        found |= _watched(policy, pathway, draws, triaged)
    for action in policy.actions.values():
        found |= triaged.used & covered_by(action, pathway, draws, triaged.as_labelled)
    return found


def _reached(policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged, durations: frozenset[str]) -> Mask:
    """For whom the tool is used, for their label or any minutes of these `durations`; shape (n,)."""
    found = triaged.asked.copy()
    for effect in policy.effects:
        if durations.intersection(effect.durations):
            found |= triaged.used & _whose(effect, policy, pathway, draws, triaged)
    return found


@dataclass(frozen=True)
class _Triaged:
    """Everybody's label, and whom the tool was used for; shape (n,) each.

    attributes  codes by name, the label among them the nurse's own; used  the tool may be used, whatever the stream;
    asked  the AI was asked; handed_back  it was, and gave no answer.
    """

    given: Labels
    attributes: Attributes
    used: Mask
    asked: Mask
    handed_back: Mask

    @property
    def as_labelled(self) -> Attributes:
        """Codes by name, the label among them the one that counts."""
        return {**self.attributes, ACUITY_GIVEN: self.given}


def _triaged(policy: Policy, pathway: Pathway, draws: Draws) -> _Triaged:
    nurse = labels_of(policy.nurse, pathway, draws)
    attributes = {**draws.attributes, ACUITY_GIVEN: nurse}
    nobody = np.zeros(len(draws), dtype=np.bool_)
    since = days_since(policy.go_live_day, draws)
    if policy.covers is None:  # then each effect and action, and what watches, says itself whom it is for
        alone = policy.actions or policy.effects or policy.watches is not None
        used = adopted(policy.adoption, since, draws) if alone else nobody
        return _Triaged(nurse, attributes, used, nobody, nobody)
    used = offered(policy.covers, pathway, draws, attributes) & adopted(policy.adoption, since, draws)
    if policy.ai is None:
        return _Triaged(nurse, attributes, used, nobody, nobody)
    asked = used & in_streams(pathway, draws, policy.covers.labels)
    answer = labels_of(policy.ai, pathway, draws, noise=policy.noise, drift=policy.drift, since=since)
    handed_back = nobody
    if policy.abstains is not None:
        handed_back = asked & abstained(policy.abstains, pathway, draws, answer)
    taken = asked & ~handed_back
    if policy.role == "advises":
        taken &= draws.uniform("triage.acceptance") < _acceptance(policy, nurse, answer, draws.attributes[ACUITY_TRUE])
    return _Triaged(np.where(taken, answer, nurse), attributes, used, asked, handed_back)


def _acceptance(policy: Policy, nurse: Labels, answer: Labels, true: Labels) -> Floats | float:
    """How likely each advised nurse is to take the AI's label; it matters where the two differ."""
    if policy.switching is not None:
        return switch_shares(policy.switching, nurse, answer, true)
    return policy.acceptance.value if policy.acceptance is not None else 1.0


def _minutes_by_nurse(policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged) -> dict[str, Floats]:
    """The durations that change, as they are without the tool, by name, shape (repeats, n) each."""
    now = {name: draws.minutes[name] for name in policy.durations}
    for burden in policy.burdens:
        now |= changed(burden, now, reached_by(burden, pathway, draws, triaged.attributes, pathway.categories(STREAM)))
    return now


def _minutes(
    policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged, by_nurse: Mapping[str, Floats]
) -> dict[str, Floats]:
    """The durations that change, by name, shape (repeats, n) each."""
    now = dict(by_nurse)
    for effect in policy.effects:
        whose = triaged.used & _whose(effect, policy, pathway, draws, triaged)
        now |= changed(effect, now, whose if effect.kept_when_handed_back else whose & ~triaged.handed_back)
    if policy.latency is not None:
        now |= lengthened(policy.latency, now, triaged.asked)
    if policy.abstains is not None and policy.abstains.hand_back is not None:
        now |= lengthened(policy.abstains.hand_back, now, triaged.handed_back)
    return now


def _actions(policy: Policy, pathway: Pathway, labelled: Draws, triaged: _Triaged) -> dict[str, Labels]:
    """What is set off for whom, where the tool is used and did not hand back."""
    return set_off(policy.actions, pathway, labelled, labelled.attributes, triaged.used & ~triaged.handed_back)


def _whose(effect: MinutesEffect, policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged) -> Mask:
    """Whom an effect is for where the tool is used, shape (n,)."""
    streams = policy.covers.minutes if policy.covers is not None else ()
    return reached_by(effect, pathway, draws, triaged.attributes, streams)


def _watched(policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged) -> Mask:
    """Who is watched while they wait, shape (n,)."""
    if policy.watches is None:
        return np.zeros(len(draws), dtype=np.bool_)
    return watched(policy.watches, pathway, draws, triaged.attributes) & triaged.used


def describe(
    policy: Policy, mix: Sequence[float], *, category: str | None = None, levels: Sequence[str] = ()
) -> Agreement:
    """How the labels of a patient for whom the tool is used agree with the truth under a case `mix`.

    `mix`: shares or counts by true level; `levels`: their names, needed where an abstention names some. Hand-backs
    count; drift does not (it is the matrix at go-live). With a
    plain acceptance the matrix is acceptance x the AI's + (1 - acceptance) x the nurse's, whatever the correlation:
    where the two agree it does not matter whose label is taken. `category` reads the tables of that group where an
    assessor has one.
    """
    nurse = _shares(policy.nurse, category)
    if policy.ai is None:
        return agreement(nurse, mix)
    ai = _shares(policy.ai, category)
    if policy.abstains is None and policy.switching is None:
        taken = 1.0 if policy.role == "replaces" or policy.acceptance is None else policy.acceptance.value
        return agreement(taken * ai + (1 - taken) * nurse, mix)
    return agreement(_ending_up(policy, nurse, ai, levels), mix)


def _shares(assessor: Assessor, category: str | None) -> Floats:
    for tables in assessor.matrix.by_group.values():
        if category is not None and category in tables:
            return probabilities(tables[category])
    return probabilities(assessor.matrix)


def _ending_up(policy: Policy, nurse: Floats, ai: Floats, names: Sequence[str]) -> Floats:
    """P(label that counts | true level) of a nurse and an AI with these tables, shape (levels, levels)."""
    assert policy.ai is not None
    levels = np.arange(len(nurse), dtype=np.int16)
    abstains = policy.abstains
    beyond = abstains.beyond.value if abstains is not None and abstains.beyond is not None else None
    within, outside = together(
        nurse,
        ai,
        (policy.nurse.correlation.value, policy.ai.correlation.value),
        same_luck=policy.ai.luck_of is not None,
        beyond=beyond,
    )
    true, hers, its = np.meshgrid(levels, levels, levels, indexing="ij")
    taken = np.ones(within.shape) if policy.role == "replaces" else np.zeros(within.shape)
    if policy.role == "advises":
        taken += _acceptance(policy, hers, its, true)
    if abstains is not None:
        if (abstains.labels or abstains.shares) and len(names) != len(levels):
            raise ConfigError([Fault("levels", f"are {list(names)}", f"Name the {len(levels)} levels in order")])
        taken *= ~np.isin(its, [names.index(each) for each in abstains.labels])
        for level, portion in abstains.shares.items():
            taken[names.index(level)] *= 1 - portion.value
    kept = (within * (1 - taken)).sum(axis=2) + outside.sum(axis=2)
    found: Floats = (within * taken).sum(axis=1) + kept
    return found


def check(policy: Policy, pathway: Pathway) -> list[Fault]:
    """Everything that is wrong with a policy for this department; nothing if it can be applied."""
    where = f"triage.{policy.name}"
    faults = _acuity_faults(pathway)
    if faults:
        return faults
    faults += _assessor_faults(policy.nurse, pathway, f"{where}.nurse")
    if policy.ai is not None:
        faults += _assessor_faults(policy.ai, pathway, f"{where}.ai")
    return [
        *faults,
        *_ai_faults(policy, where),
        *_answer_faults(policy, pathway, where),
        *_coverage_faults(policy, pathway, where),
        *_minutes_faults(policy, pathway, where),
        *(watching_faults(policy.watches, pathway, f"{where}.watches") if policy.watches is not None else ()),
        *action_faults(policy.actions, pathway, f"{where}.actions"),
        *_failing_faults(policy, pathway, where),
        *estimate_faults(policy, where),
    ]


def _acuity_faults(pathway: Pathway) -> list[Fault]:
    if ACUITY_TRUE not in pathway.attributes:
        return [Fault("attributes", f"there is no {ACUITY_TRUE}", "Describe it as a choice of the levels of urgency")]
    given = pathway.attributes.get(ACUITY_GIVEN)
    if not isinstance(given, Given) or pathway.categories(ACUITY_GIVEN) != pathway.categories(ACUITY_TRUE):
        remedy = f"Describe it as {{kind: given, like: {ACUITY_TRUE}}}: the triage policy fills it"
        return [Fault(f"attributes.{ACUITY_GIVEN}", "is missing or not given like the true level", remedy)]
    return []


def _assessor_faults(assessor: Assessor, pathway: Pathway, where: str) -> list[Fault]:
    return _matrix_faults(assessor.matrix, pathway, f"{where}.matrix")


def _matrix_faults(matrix: Matrix, pathway: Pathway, where: str) -> list[Fault]:
    levels = pathway.categories(ACUITY_TRUE)
    groups = matrix.by_group
    faults = table_faults(matrix, where, levels)
    if len(groups) > 1:
        found = f"has tables by {len(groups)} attributes ({', '.join(groups)})"
        faults.append(Fault(f"{where}.by_group", found, "Choose one: a patient would belong to several tables"))
    for attribute, tables in groups.items():
        path = f"{where}.by_group.{attribute}"
        if attribute not in pathway.attributes and attribute != STREAM:
            found = "the department has no such attribute"
            faults.append(Fault(path, found, nearest(attribute, [*pathway.attributes, STREAM]).rstrip(".")))
            continue
        if attribute == ACUITY_GIVEN:
            faults.append(Fault(path, "the label cannot choose the table it comes from", "Name another attribute"))
            continue
        known = pathway.categories(attribute)
        for category, table in tables.items():
            if category not in known:
                faults.append(unknown(path, "category", category, known))
            faults += table_faults(table, f"{path}.{category}", levels)
    return faults


def _failing_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    """What a route cannot take back of a tool that is found to fail: its actions, and what leans on its label."""
    matter = (TRIAGE_TOOL, TRIAGE_TOOL_DEGRADED) if policy.degraded is not None else (TRIAGE_TOOL,)
    failing = [f"outages.{name}" for name in matter if name in pathway.outages and can_happen(pathway.outages[name])]
    if not failing:
        return []
    remedy = "in arms of their own: the two together are not modelled"
    faults = []
    if policy.actions:
        found = f"are set off by a tool that can fail ({', '.join(failing)})"
        faults.append(Fault(f"{where}.actions", found, f"Compare outages and actions {remedy}"))
    leans = leaning(pathway)
    if policy.ai is not None and leans:
        found = f"gives labels that {', '.join(leans)} lean on, and can fail ({', '.join(failing)})"
        faults.append(Fault(f"{where}.ai", found, f"Compare outages and leans_on_label {remedy}"))
    return faults


TRIAGE_TOOL_DEGRADED = f"{TRIAGE_TOOL}_degraded"
"""The outage while which a tool answers from its `degraded` matrix."""
OF_THE_AI = ("role", "acceptance", "switching", "abstains", "noise", "drift", "latency", "degraded")
"""What a policy states about its AI."""
OF_THE_TOOL = ("go_live_day", "adoption", "slow_under_load")
"""What it states about a tool, be it an AI that labels or something that saves minutes."""


def _ai_faults(policy: Policy, where: str) -> list[Fault]:
    """An AI that is not described, or what is described without one."""
    if policy.ai is None:
        return _stated_without(policy, OF_THE_AI, where, "ai")
    faults = []
    if policy.ai.name == policy.nurse.name:
        found = f"'{policy.ai.name}' is the nurse's name too, so both would have the same luck"
        faults.append(Fault(f"{where}.ai.name", found, "Give the ai a name of its own"))
    if policy.ai.luck_of not in (None, policy.nurse.name):
        found = f"is '{policy.ai.luck_of}', who does not label"
        faults.append(Fault(f"{where}.ai.luck_of", found, f"Name '{policy.nurse.name}', or leave it out"))
    if policy.nurse.luck_of is not None:
        faults.append(Fault(f"{where}.nurse.luck_of", "is stated", "Leave it out: the nurse's luck is her own"))
    if policy.role is None:
        faults.append(Fault(f"{where}.role", "is missing", "Say whether the ai 'replaces' or 'advises' the nurse"))
    ways = [name for name in ("acceptance", "switching") if getattr(policy, name) is not None]
    if policy.role == "advises" and not ways:
        faults.append(Fault(f"{where}.acceptance", "is missing", "Say how often an advised nurse takes the ai's label"))
    if policy.role == "advises" and len(ways) > 1:
        faults.append(Fault(f"{where}.switching", "is stated beside acceptance", "State one of the two"))
    if policy.role == "replaces":
        remedy = "Leave it out, or role: advises"
        faults += [Fault(f"{where}.{name}", "is stated for an ai that replaces", remedy) for name in ways]
    return faults


def _stated_without(policy: Policy, names: Sequence[str], where: str, what: str) -> list[Fault]:
    stated = [name for name in names if getattr(policy, name) is not None]
    article = "an" if what == "ai" else "a"
    return [
        Fault(f"{where}.{name}", f"is stated but there is no {what}", f"Add {article} {what}, or leave it out")
        for name in stated
    ]


def _answer_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    """What is wrong with how the AI answers: abstention, latency, drift."""
    faults = []
    if policy.abstains is not None:
        faults += abstention_faults(policy.abstains, pathway, f"{where}.abstains")
    if policy.latency is not None:
        faults += added_faults(policy.latency, pathway, f"{where}.latency")
    if policy.slow_under_load is not None:
        faults += added_faults(policy.slow_under_load, pathway, f"{where}.slow_under_load")
        always = [name for name in policy.slow_under_load.durations if name in durations_of_triage(pathway)]
        if always:
            found = f"name {', '.join(always)}, which triage takes whether many wait or not"
            remedy = "Name the duration of a step that the route comes to while many wait (tool_late)"
            faults.append(Fault(f"{where}.slow_under_load.durations", found, remedy))
    if policy.degraded is not None:
        faults += _matrix_faults(policy.degraded, pathway, f"{where}.degraded")
    for name in _lacking(policy, pathway):
        faults.append(Fault(f"attributes.{name}", "is missing", f"{where} needs it: describe it, and route by it"))
    if policy.drift is not None and policy.ai is not None:
        path, towards = f"{where}.drift.towards", policy.drift.towards
        faults += _matrix_faults(towards, pathway, path)
        others = {"the ai's matrix": policy.ai.matrix, "degraded": policy.degraded}
        for what, matrix in others.items():
            if matrix is not None and _groups(towards) != _groups(matrix):
                unlike = sorted(_groups(towards) ^ _groups(matrix))
                names = ", ".join(f"{name} {category}" for name, category in unlike)
                found = f"and {what} have not the same groups: {names}"
                faults.append(Fault(f"{path}.by_group", found, "State the same groups in both"))
    return faults


def _groups(matrix: Matrix) -> set[tuple[str, str]]:
    """The attributes and categories that have a table of their own."""
    return {(name, category) for name, tables in matrix.by_group.items() for category in tables}


def _lacking(policy: Policy, pathway: Pathway) -> list[str]:
    """What a department must describe for this policy's failures to be told apart."""
    needed = [TOOL_CAN_FAIL] if policy.degraded is not None or policy.slow_under_load is not None else []
    needed += [ACUITY_BY_DEGRADED_TOOL] if policy.degraded is not None else []
    return [name for name in needed if name not in pathway.attributes]


def _coverage_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    path, covers, known = f"{where}.covers", policy.covers, pathway.categories(STREAM)
    labels, minutes = (covers.labels, covers.minutes) if covers is not None else ((), ())
    wanting = tuple(effect for effect in policy.effects if not streams_of(effect, ()))
    faults = []
    for name, streams, what, needs in (
        ("labels", labels, policy.ai, policy.ai),
        ("minutes", minutes, policy.effects, wanting),
    ):
        effect = "an ai" if name == "labels" else "a minutes effect"
        if needs and not streams:
            faults.append(
                Fault(f"{path}.{name}", f"names no stream, but there is {effect}", "Name the streams it covers")
            )
        if not what and streams:
            faults.append(Fault(f"{path}.{name}", f"names streams, but there is not {effect}", "Leave it out"))
        faults += [unknown(f"{path}.{name}", "stream", each, known) for each in streams if each not in known]
    if policy.ai is None and not policy.effects and not policy.actions and policy.watches is None:
        faults += _stated_without(policy, OF_THE_TOOL, where, "tool")
    return faults + (coverage_faults(covers, pathway, path) if covers is not None else [])


def _minutes_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    faults = []
    for number, effect in enumerate(policy.effects):
        place = f"{where}.minutes.{number}" if isinstance(policy.minutes, tuple) else f"{where}.minutes"
        faults += effect_faults(effect, pathway, place)
    for number, burden in enumerate(policy.burdens):
        faults += effect_faults(burden, pathway, f"{where}.burdens.{number}")
    return faults
