"""Applying a triage policy: a pure function that gives every patient a label and minutes.

A policy says who labels (a nurse; an AI that replaces or advises the nurse), how often each is wrong, for whom the AI
is used, when it hands back, how far people use it, and what that does to minutes. `apply` turns it into columns before
the clock starts. It makes no generator, changes no other column, and reads these random streams of the draws, by name:

- `triage.difficulty`           one number a patient, shared by all assessors;
- `triage.private.<assessor>`   one number a patient and assessor, by the assessor's name (`.again`: for an answer that
  is asked for a second time);
- `triage.noise.<assessor>`     the coin that decides whether a repeated answer differs;
- `triage.acceptance`           the coin of a nurse who is advised;
- `triage.action.<action>`      one number a patient and action (`effects`);
- the coins of `people`         coverage, exclusion, adoption, abstention;
- `triage.watching.<...>`        who is seen to get worse, and false alarms.

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
seconds waited for it and spent before a hand-back. Attributes that depend on the label (admission, where a site says
so) are decided again with it, by the same random numbers; then what triage sets off (`effects`), by the label that
counts. Watching comes last.

**Failures.** While the tool fails, the route uses the nurse's own label and minutes (with burdens and
nothing else), or those of the tool with the `degraded` matrix on the same random variates. They are columns too, in
departments that ask for them. A route cannot undo actions, or attributes that depend on the label, so arms that combine
them with failures are refused.
"""

from dataclasses import dataclass, replace
from functools import cached_property

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
from simulation.patients.variates import Attributes, NamedFloats
from simulation.records.schema import MISSING, Floats, Mask
from simulation.triage import people
from simulation.triage.check_policy import check_policy
from simulation.triage.labels import Labels, labels_of
from simulation.triage.policy import (
    SECONDS_PER_MINUTE,
    MinutesEffect,
    Policy,
    alarms,
    change_minutes,
    durations_of_triage,
    lengthen_minutes,
    mask_covered,
    set_off_actions,
    sources_of,
)

Minutes = dict[str, Floats]
"""Minutes by duration, shape (repeats, n) each."""


def apply(policy: Policy, pathway: Pathway, draws: Draws) -> Draws:
    """The same patients with `acuity_given`, and the minutes that the policy changes, replaced.

    Labels are codes of the categories of `acuity_true`, the most urgent 0; a policy without a nurse gives none. Raises
    ConfigError with every fault, and DrawsError if rows are not the same patients as before.
    """
    check_policy(policy, pathway).refuse()
    triaged = _Triaged(policy, pathway, draws)
    labels = {} if policy.nurse is None else {ACUITY_GIVEN: triaged.given}
    labelled = draws.with_columns(
        attributes={**labels, **attributes_after(pathway, draws, triaged.given)}
    )
    minutes = triaged.minutes
    attributes = set_off_actions(
        policy.actions, pathway, labelled, triaged.used & ~triaged.handed_back
    )
    if TOOL_CAN_FAIL in pathway.attributes:
        fallback_attributes, fallback_minutes = triaged.fallback()
        attributes |= fallback_attributes
        minutes = {**minutes, **fallback_minutes}
    watched_alarms = (
        None if policy.watches is None else alarms(policy.watches, draws, triaged.watched)
    )
    after = labelled.with_columns(attributes=attributes, minutes=minutes, alarms=watched_alarms)
    draws.refuse_other_rows(after, f"triage.{policy.name}")
    return after


def mask_users(policy: Policy, pathway: Pathway, draws: Draws) -> Mask:
    """Mask of the patients for whom the tool is used, shape (n,): for label, minutes, actions or watching.

    Those whom an AI hands back are among them.
    """
    triaged = _Triaged(policy, pathway, draws)
    users = triaged.users(frozenset(pathway.durations)) | triaged.watched
    as_labelled = {**triaged.attributes, ACUITY_GIVEN: triaged.given}
    for action in policy.actions.values():
        users |= triaged.used & mask_covered(action, pathway, as_labelled)
    return users


def minutes_saved(policy: Policy, pathway: Pathway, draws: Draws) -> float:
    """Mean minutes that a policy takes off a patient, over those whose minutes it changes; 0 if there are none."""
    triaged = _Triaged(policy, pathway, draws)
    saved = np.zeros(len(draws))
    for name, minutes in sorted(triaged.minutes.items()):  # sums round alike in every process
        saved += (triaged.minutes_by_nurse[name] - minutes).sum(axis=0)
    return float(saved.sum()) / max(int(np.count_nonzero(saved)), 1)


@dataclass(frozen=True)
class _Triaged:
    """Patients under a policy: each one's label, whether the tool was used, and minutes; shape (n,) each.

    From wide to narrow: `used` may get the tool; `asked` are those of them whom the AI is to label; `handed_back` those
    of these to whom it gives no answer. `watched` are those of `used` whom it watches.
    """

    policy: Policy
    pathway: Pathway
    draws: Draws

    @cached_property
    def nurse(self) -> Labels:
        """The nurse's labels."""
        if not self.policy.nurse:
            return np.full(len(self.draws), MISSING, dtype=np.int16)
        return labels_of(self.policy.nurse, self.pathway, self.draws)

    @property
    def attributes(self) -> Attributes:
        """Codes by name, with the nurse's label."""
        return {**self.draws.attributes, ACUITY_GIVEN: self.nurse}

    @property
    def nobody(self) -> Mask:
        """A mask of no patient."""
        return np.zeros(len(self.draws), dtype=np.bool_)

    @cached_property
    def used(self) -> Mask:
        """Who may get the tool: it is live, staff take it up, and the draw of `covers` includes the patient.

        For which arrival sources is decided later, by each use: label, minutes, action or watching.
        """
        policy = self.policy
        used = people.mask_adopted(
            policy.adoption, people.days_since(policy.go_live_day, self.draws), self.draws
        )
        if policy.live_days:
            used &= people.live_on(policy.live_days, self.draws)
        if policy.covers:
            used &= people.mask_offered(policy.covers, self.pathway, self.draws, self.attributes)
        return used

    @cached_property
    def asked(self) -> Mask:
        """For whom the AI was asked."""
        if not self.policy.covers or not self.policy.ai:
            return self.nobody
        return self.used & people.mask_reached(
            self.pathway,
            self.attributes,
            people.sources_labelled(self.policy.covers, self.pathway),
            {},
        )

    @cached_property
    def answer(self) -> Labels:
        """The AI's labels, whether or not it was asked."""
        policy = self.policy
        assert policy.ai is not None
        return labels_of(
            policy.ai,
            self.pathway,
            self.draws,
            noise=policy.noise,
            drift=policy.drift,
            since=people.days_since(policy.go_live_day, self.draws),
            beside=(policy.beside_nurse, self.nurse) if policy.beside_nurse else None,
        )

    @cached_property
    def handed_back(self) -> Mask:
        """For whom the AI was asked and gave no answer."""
        if not self.policy.ai or not self.policy.abstains:
            return self.nobody
        return self.asked & people.mask_abstained(
            self.policy.abstains, self.pathway, self.draws, self.answer
        )

    @cached_property
    def given(self) -> Labels:
        """The labels that count."""
        if not self.policy.ai:
            return self.nurse
        taken = self.asked & ~self.handed_back
        if self.policy.role == "advises":
            accepted = acceptance_of(
                self.policy, self.nurse, self.answer, self.draws.attributes[ACUITY_TRUE]
            )
            taken &= self.draws.uniform("triage.acceptance") < accepted
        return np.where(taken, self.answer, self.nurse)

    @cached_property
    def watched(self) -> Mask:
        """Who is watched while waiting."""
        watching = self.policy.watches
        if not watching:
            return self.nobody
        return self.used & people.mask_reached(
            self.pathway, self.attributes, watching.arrivals, watching.only
        )

    def users(self, durations: frozenset[str]) -> Mask:
        """For whom the tool is used: for the label or minutes of these `durations`."""
        users = self.asked.copy()
        for effect in self.policy.effects:
            if durations.intersection(effect.durations):
                users |= self.used & self._covered(effect)
        return users

    @cached_property
    def minutes_by_nurse(self) -> Minutes:
        """Minutes without the tool, burdens included, of the durations that the policy changes."""
        minutes = {name: self.draws.minutes[name] for name in self.policy.durations}
        for burden in self.policy.burdens:
            minutes |= change_minutes(
                burden, minutes, self._covered(burden, self.pathway.categories(ARRIVAL_SOURCE))
            )
        return minutes

    @cached_property
    def minutes(self) -> Minutes:
        """Minutes under the policy, of the durations that it changes."""
        policy, minutes = self.policy, dict(self.minutes_by_nurse)
        for effect in policy.effects:
            whose = self.used & self._covered(effect)
            minutes |= change_minutes(
                effect,
                minutes,
                whose if effect.kept_when_handed_back else whose & ~self.handed_back,
            )
        if policy.latency:
            minutes |= lengthen_minutes(policy.latency, minutes, self.asked)
        if policy.abstains and policy.abstains.hand_back:
            minutes |= lengthen_minutes(policy.abstains.hand_back, minutes, self.handed_back)
        return minutes

    def _covered(self, effect: MinutesEffect, sources: tuple[str, ...] | None = None) -> Mask:
        """Whom an effect is for, whether or not the tool is used: patients of `sources` (None: those whose minutes the
        policy covers), as far as the effect is for them."""
        if sources is None:
            sources = self.policy.covers.minutes if self.policy.covers else ()
        only = effect.covers.only if effect.covers else {}
        return people.mask_reached(self.pathway, self.attributes, sources_of(effect, sources), only)

    def fallback(self) -> tuple[dict[str, Labels], Minutes]:
        """Attributes and minutes that a route needs while the tool is down, degraded or slow."""
        policy, late = self.policy, self.policy.slow_under_load
        can_fail = late or any(can_happen(outage) for outage in self.pathway.outages.values())
        concerned = self.users(durations_of_triage(self.pathway)) if can_fail else self.nobody
        degraded = self
        columns: Minutes = {}
        if concerned.any():
            columns = _by_worker("nurse", self.minutes_by_nurse, self.minutes)
            if policy.ai and policy.degraded:
                degraded = replace(
                    self, policy=replace(policy, ai=replace(policy.ai, matrix=policy.degraded))
                )
                columns |= _by_worker("degraded_tool", degraded.minutes, self.minutes)
            if late:
                slower = {
                    name: self.minutes[name] + late.seconds.value / SECONDS_PER_MINUTE
                    for name in late.durations
                }
                columns |= {
                    name: np.where(concerned, slower[name], self.minutes[name]) for name in slower
                }
        labels = {ACUITY_BY_NURSE: self.nurse, ACUITY_BY_DEGRADED_TOOL: degraded.given}
        attributes = {
            name: codes for name, codes in labels.items() if name in self.pathway.attributes
        }
        if concerned.any():
            attributes[TOOL_CAN_FAIL] = concerned.astype(np.int16)
        return attributes, columns


def acceptance_of(policy: Policy, nurse: Labels, answer: Labels, true: Labels) -> Floats | float:
    """The probability that each advised nurse takes the AI's label where the two differ; shape of the labels, or one
    number for all."""
    if policy.switching:
        return people.switch_shares(policy.switching, nurse, answer, true)
    return policy.acceptance.value if policy.acceptance else 1.0


def _by_worker(worker: Worker, minutes: NamedFloats, usual: NamedFloats) -> Minutes:
    """The columns of one worker's minutes, by name, shape (repeats, n) each, except those equal to `usual`."""
    return {
        minutes_column(name, worker): column
        for name, column in minutes.items()
        if column is not usual[name] and not np.array_equal(column, usual[name])
    }
