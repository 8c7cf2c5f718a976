"""Applying a triage policy: a pure function that gives every patient a label and minutes.

A policy says who labels (a nurse; an AI that replaces or advises the nurse), how often each is wrong, for whom the AI
is used, when it hands back, how far people use it, and what that does to minutes. `apply` turns it into columns before
the clock starts. It makes no generator, changes no other column, and uses these named streams of the draws:

- `triage.difficulty`           one number a patient, shared by all assessors;
- `triage.private.<assessor>`   one number a patient and assessor, by the assessor's name (`.again`: asked again);
- `triage.noise.<assessor>`     the coin that decides whether a repeated answer differs;
- `triage.acceptance`           the coin of a nurse who is advised;
- `triage.action.<action>`      one number a patient and action (`actions`);
- the coins of `people`         coverage, exclusion, adoption, abstention;
- those of `watching`           who is seen to get worse, and false alarms.

So two policies that name the same nurse with the same matrix give the same nurse's labels, bit for bit, and
adding an AI moves nothing else.

**Correlated errors.** u = Phi(sqrt(rho) z_difficulty + sqrt(1 - rho) z_private) is uniform whatever rho, and
is looked up in the row of the patient's true level, from the most urgent label to the least: **low u errs up
(over-triage), high u errs down (under-triage)**. The shared difficulty thus has a sign: where it is high, a patient
looks better than they are to every assessor. The labels have exactly the shares of the matrix. The latent
numbers of two assessors have correlation sqrt(rho_1 rho_2). Where a bench counted truth, nurse and tool together
(`beside_nurse`), u is looked up in the row of the patient's true level and the nurse's label instead.

**A sham** (the negative control) is an AI with the nurse's matrix and no effect on minutes, under another name and with
correlation 0, so its errors are independent of the nurse's. That gives the widest sham band: with any shared difficulty
fewer patients would change their label.

**Order.** The nurse labels everybody. The tool is used for a patient if the policy is live, covers the patient, and
staff take it up. The AI answers, with drift and noise; it may hand back; its label replaces the nurse's or advises her.
Minutes change by the burdens that hold with or without a tool (`burdens`), then by the effects of the tool, then by the
seconds waited for it and spent before a hand-back. What leans on the label (admission, where a site says so) is decided
again with it, by the same random numbers; then what triage sets off (`actions`), by the label that counts. Watching
comes last.

**Failures.** While the tool fails, the route uses the nurse's own label and minutes (with burdens and
nothing else), or those of the tool with the `degraded` matrix on the same random variates. They are columns too, in
departments that ask for them. Attributes that lean on the label and actions could not be undone by the route, so arms
that combine them with failures are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from simulation.department.rota import can_happen
from simulation.department.vocabulary import (
    ACUITY_BY_DEGRADED_TOOL,
    ACUITY_BY_NURSE,
    ACUITY_GIVEN,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    TOOL_CAN_FAIL,
    Pathway,
    Worker,
    minutes_column,
)
from simulation.patients import Draws, attributes_after
from simulation.records.schema import MISSING, Floats, Mask
from simulation.triage.actions import covered_by, set_off
from simulation.triage.check_policy import check_policy, durations_of_triage
from simulation.triage.labels import Labels, labels_of
from simulation.triage.minutes_effects import SECONDS_PER_MINUTE, MinutesEffect, changed, lengthened, reached_by
from simulation.triage.people import (
    Attributes,
    abstained,
    adopted,
    days_since,
    from_sources,
    offered,
    sources_labelled,
    switch_shares,
)
from simulation.triage.policy import Policy
from simulation.triage.watching import alarms, watched


def apply(policy: Policy, pathway: Pathway, draws: Draws) -> Draws:
    """The same patients with `acuity_given`, and the minutes that the policy changes, replaced.

    Labels are codes of the categories of `acuity_true`, the most urgent 0; a policy without a nurse gives none. Raises
    ConfigError with every fault, and DrawsError if rows are not the same patients as before.
    """
    check_policy(policy, pathway).refuse()
    triaged = _triaged(policy, pathway, draws)
    labels = {} if policy.nurse is None else {ACUITY_GIVEN: triaged.given}
    labelled = draws.with_columns(attributes={**labels, **attributes_after(pathway, draws, triaged.given)})
    by_nurse = _minutes_by_nurse(policy, pathway, draws, triaged)
    minutes = _minutes(policy, pathway, draws, triaged, by_nurse)
    attributes = _actions(policy, pathway, labelled, triaged)
    if TOOL_CAN_FAIL in pathway.attributes:
        fallback_attributes, fallback_minutes = _fallback(policy, pathway, draws, triaged, minutes, by_nurse)
        attributes |= fallback_attributes
        minutes |= fallback_minutes
    watched_alarms = None
    if policy.watches is not None:
        watched_alarms = alarms(policy.watches, draws, _watched(policy, pathway, draws, triaged))
    after = labelled.with_columns(attributes=attributes, minutes=minutes, alarms=watched_alarms)
    draws.refuse_other_rows(after, f"triage.{policy.name}")
    return after


def _fallback(
    policy: Policy,
    pathway: Pathway,
    draws: Draws,
    triaged: _Triaged,
    minutes: Mapping[str, Floats],
    by_nurse: Mapping[str, Floats],
) -> tuple[dict[str, Labels], dict[str, Floats]]:
    """Attributes and minutes that a route needs while the tool is down, degraded or slow."""
    can_fail = policy.slow_under_load is not None or any(can_happen(outage) for outage in pathway.outages.values())
    concerned = _reached(policy, pathway, draws, triaged, durations_of_triage(pathway)) if can_fail else None
    if concerned is None or not concerned.any():
        return _fallback_labels(pathway, triaged, triaged), {}
    by_degraded = triaged
    columns = _by_worker("nurse", by_nurse, minutes)
    if policy.ai is not None and policy.degraded is not None:
        degraded = replace(policy, ai=replace(policy.ai, matrix=policy.degraded))
        by_degraded = _triaged(degraded, pathway, draws)
        columns |= _by_worker("degraded_tool", _minutes(degraded, pathway, draws, by_degraded, by_nurse), minutes)
    if policy.slow_under_load is not None:
        late, late_minutes = policy.slow_under_load, policy.slow_under_load.seconds.value / SECONDS_PER_MINUTE
        columns |= {name: np.where(concerned, minutes[name] + late_minutes, minutes[name]) for name in late.durations}
    return {TOOL_CAN_FAIL: concerned.astype(np.int16), **_fallback_labels(pathway, triaged, by_degraded)}, columns


def _fallback_labels(pathway: Pathway, triaged: _Triaged, degraded: _Triaged) -> dict[str, Labels]:
    """The labels that may replace the one given, if the department's route needs them."""
    labels = {ACUITY_BY_NURSE: triaged.attributes[ACUITY_GIVEN], ACUITY_BY_DEGRADED_TOOL: degraded.given}
    return {name: codes for name, codes in labels.items() if name in pathway.attributes}


def reached(policy: Policy, pathway: Pathway, draws: Draws) -> Mask:
    """Mask of the patients for whom the tool is used, shape (n,): for label, minutes, actions or watching.

    Those whom an AI hands back are among them.
    """
    triaged = _triaged(policy, pathway, draws)
    users = _reached(policy, pathway, draws, triaged, frozenset(pathway.durations))
    if policy.watches is not None:
        users |= _watched(policy, pathway, draws, triaged)
    for action in policy.actions.values():
        users |= triaged.used & covered_by(action, pathway, draws, triaged.as_labelled)
    return users


def _reached(policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged, durations: frozenset[str]) -> Mask:
    """Mask of the patients for whom the tool is used, shape (n,): for the label or minutes of these `durations`."""
    users = triaged.asked.copy()
    for effect in policy.effects:
        if durations.intersection(effect.durations):
            users |= triaged.used & _covered(effect, policy, pathway, draws, triaged)
    return users


@dataclass(frozen=True)
class _Triaged:
    """Each patient's label, and whether the tool was used; shape (n,) each.

    given: the label that counts; attributes: codes by name, with the nurse's label; used: the tool may be used,
    whatever the source; asked: the AI was asked; handed_back: the AI was asked and gave no answer.
    """

    given: Labels
    attributes: Attributes
    used: Mask
    asked: Mask
    handed_back: Mask

    @property
    def as_labelled(self) -> Attributes:
        """Codes by name, with the label that counts."""
        return {**self.attributes, ACUITY_GIVEN: self.given}


def _triaged(policy: Policy, pathway: Pathway, draws: Draws) -> _Triaged:
    nurse = np.full(len(draws), MISSING, dtype=np.int16)
    if policy.nurse is not None:
        nurse = labels_of(policy.nurse, pathway, draws)
    attributes = {**draws.attributes, ACUITY_GIVEN: nurse}
    nobody = np.zeros(len(draws), dtype=np.bool_)
    since = days_since(policy.go_live_day, draws)
    if policy.covers is None:  # then effects, actions and watching each say whom they are for
        has_uses = policy.actions or policy.effects or policy.watches is not None
        used = adopted(policy.adoption, since, draws) if has_uses else nobody
        return _Triaged(nurse, attributes, used, nobody, nobody)
    used = offered(policy.covers, pathway, draws, attributes) & adopted(policy.adoption, since, draws)
    if policy.ai is None:
        return _Triaged(nurse, attributes, used, nobody, nobody)
    asked = used & from_sources(pathway, draws, sources_labelled(policy.covers, pathway))
    beside = (policy.beside_nurse, nurse) if policy.beside_nurse is not None else None
    answer = labels_of(policy.ai, pathway, draws, noise=policy.noise, drift=policy.drift, since=since, beside=beside)
    handed_back = nobody
    if policy.abstains is not None:
        handed_back = asked & abstained(policy.abstains, pathway, draws, answer)
    taken = asked & ~handed_back
    if policy.role == "advises":
        taken &= draws.uniform("triage.acceptance") < acceptance(policy, nurse, answer, draws.attributes[ACUITY_TRUE])
    return _Triaged(np.where(taken, answer, nurse), attributes, used, asked, handed_back)


def acceptance(policy: Policy, nurse: Labels, answer: Labels, true: Labels) -> Floats | float:
    """The probability that each advised nurse takes the AI's label where the two differ; shape of the labels, or one
    number for all."""
    if policy.switching is not None:
        return switch_shares(policy.switching, nurse, answer, true)
    return policy.acceptance.value if policy.acceptance is not None else 1.0


def _minutes_by_nurse(policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged) -> dict[str, Floats]:
    """The values without the tool of the durations that change, by name, shape (repeats, n) each."""
    minutes = {name: draws.minutes[name] for name in policy.durations}
    for burden in policy.burdens:
        whose = reached_by(burden, pathway, draws, triaged.attributes, pathway.categories(ARRIVAL_SOURCE))
        minutes |= changed(burden, minutes, whose)
    return minutes


def _minutes(
    policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged, by_nurse: Mapping[str, Floats]
) -> dict[str, Floats]:
    """The values under the policy of the durations that change, by name, shape (repeats, n) each."""
    minutes = dict(by_nurse)
    for effect in policy.effects:
        whose = triaged.used & _covered(effect, policy, pathway, draws, triaged)
        minutes |= changed(effect, minutes, whose if effect.kept_when_handed_back else whose & ~triaged.handed_back)
    if policy.latency is not None:
        minutes |= lengthened(policy.latency, minutes, triaged.asked)
    if policy.abstains is not None and policy.abstains.hand_back is not None:
        minutes |= lengthened(policy.abstains.hand_back, minutes, triaged.handed_back)
    return minutes


def _actions(policy: Policy, pathway: Pathway, labelled: Draws, triaged: _Triaged) -> dict[str, Labels]:
    """Codes of the action attributes, shape (n,) each: set off where the tool is used and did not hand back."""
    return set_off(policy.actions, pathway, labelled, labelled.attributes, triaged.used & ~triaged.handed_back)


def _covered(effect: MinutesEffect, policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged) -> Mask:
    """Mask of the patients whom an effect of the tool is for, shape (n,), whether or not the tool is used for them."""
    sources = policy.covers.minutes if policy.covers is not None else ()
    return reached_by(effect, pathway, draws, triaged.attributes, sources)


def _watched(policy: Policy, pathway: Pathway, draws: Draws, triaged: _Triaged) -> Mask:
    """Mask of the patients who are watched while they wait, shape (n,)."""
    if policy.watches is None:
        return np.zeros(len(draws), dtype=np.bool_)
    return watched(policy.watches, pathway, draws, triaged.attributes) & triaged.used


def _by_worker(worker: Worker, minutes: Mapping[str, Floats], usual: Mapping[str, Floats]) -> dict[str, Floats]:
    """The columns of one worker's minutes, by name, shape (repeats, n) each, except those equal to `usual`."""
    return {
        minutes_column(name, worker): column
        for name, column in minutes.items()
        if column is not usual[name] and not np.array_equal(column, usual[name])
    }
