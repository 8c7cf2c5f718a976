"""The triage policy: a statement, and a pure function that gives every patient a label and minutes.

A policy says who labels (a nurse; an AI that replaces or advises the nurse), how often each is wrong, for which
streams, and what that does to the minutes of triage. `apply` turns it into columns before the clock starts; it
makes no generator, touches no other column, and takes its chance from these named streams of the draws:

- `triage.difficulty`           one number a patient, shared by all assessors;
- `triage.private.<assessor>`   one a patient and assessor, found by the assessor's name;
- `triage.acceptance`           the coin of a nurse who is advised.

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
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Lt
from numpy.typing import NDArray

from simulation.draws import Draws
from simulation.errors import ConfigError, Fault, nearest
from simulation.pathway.department import ACUITY_GIVEN, ACUITY_TRUE, STREAM, Given, Pathway
from simulation.pathway.described import Share, Sourced, described
from simulation.triage.matrix import Agreement, Floats, Matrix, Table, agreement, probabilities, table_faults

Labels = NDArray[np.int16]
Role = Literal["replaces", "advises"]
SECONDS_PER_MINUTE = 60


@described
class Estimate(Sourced):
    """A number, where it comes from, and the range to sweep (an assumed one must say)."""

    value: float
    range: tuple[float, float] | None = None


@described
class Correlation(Estimate):
    """rho: how much of an assessor's luck is the patient's difficulty."""

    value: Annotated[float, Ge(0), Lt(1)]


@described
class Portion(Estimate):
    """A share or a probability."""

    value: Share


@described
class AtLeastZero(Estimate):
    """A factor, or pounds."""

    value: Annotated[float, Ge(0)]


@described
class Assessor:
    """Somebody or something that labels. The name is that of its stream of luck; 'nurse' in every policy."""

    name: str
    matrix: Matrix
    correlation: Correlation


@described
class Coverage(Sourced):
    """The streams whose patients get the AI's label, and those whose triage takes other minutes."""

    labels: tuple[str, ...] = ()
    minutes: tuple[str, ...] = ()


@described
class MinutesEffect:
    """What a policy does to some durations of a patient, on the same draw.

    Their sum S becomes max(S x factor - seconds_saved / 60, S x never_below), taken off each in proportion.
    `seconds_saved` may be negative; it needs the floor `never_below`, and where that binds less is saved.
    """

    durations: tuple[str, ...]
    factor: AtLeastZero | None = None
    seconds_saved: Estimate | None = None
    never_below: Portion | None = None


@described
class MatrixPolicy:
    """A nurse, and an AI where there is one, each as an error matrix.

    `role`: the AI's label replaces the nurse's, or advises: where the two differ, the nurse takes the AI's with
    probability `acceptance`. Streams that `covers` does not name keep the nurse's label and minutes.
    `price_per_attendance` (GBP) is paid for each attendance of a covered stream, `cost_per_year` (GBP) besides.
    """

    kind: Literal["matrix"]
    name: str
    nurse: Assessor
    ai: Assessor | None = None
    role: Role | None = None
    acceptance: Portion | None = None
    covers: Coverage | None = None
    minutes: MinutesEffect | None = None
    price_per_attendance: AtLeastZero | None = None
    cost_per_year: AtLeastZero | None = None


Policy: TypeAlias = MatrixPolicy
"""Every kind of policy; a tagged union by `kind` when there are more."""


def apply(policy: Policy, pathway: Pathway, draws: Draws) -> Draws:
    """The same patients with `acuity_given`, and the minutes that the policy changes, replaced.

    Labels are codes of the categories of `acuity_true`, the most urgent 0. Raises ConfigError with every fault.
    """
    faults = check(policy, pathway)
    if faults:
        raise ConfigError(faults)
    return draws.with_columns(
        attributes={ACUITY_GIVEN: _given(policy, pathway, draws)},
        minutes=_minutes(policy, pathway, draws),
    )


def describe(policy: Policy, mix: Sequence[float], *, category: str | None = None) -> Agreement:
    """How the labels of a *covered* patient agree with the truth under a case `mix` (shares or counts by level).

    Under an advising AI the matrix is acceptance x the AI's + (1 - acceptance) x the nurse's, whatever the
    correlation: where the two agree it does not matter whose label is taken. `category` reads the tables of that
    group where an assessor has one.
    """
    shares = _shares(policy.nurse, category)
    if policy.ai is not None:
        taken = 1.0 if policy.role == "replaces" or policy.acceptance is None else policy.acceptance.value
        shares = taken * _shares(policy.ai, category) + (1 - taken) * shares
    return agreement(shares, mix)


def _shares(assessor: Assessor, category: str | None) -> Floats:
    for tables in assessor.matrix.by_group.values():
        if category is not None and category in tables:
            return probabilities(tables[category])
    return probabilities(assessor.matrix)


def _given(policy: Policy, pathway: Pathway, draws: Draws) -> Labels:
    """The label each patient ends up with, shape (n,)."""
    given = _labels(policy.nurse, pathway, draws)
    if policy.ai is None or policy.covers is None:
        return given
    taken = _in_streams(pathway, draws, policy.covers.labels)
    if policy.role == "advises" and policy.acceptance is not None:
        taken &= draws.uniform("triage.acceptance") < policy.acceptance.value
    return np.where(taken, _labels(policy.ai, pathway, draws), given)


def _labels(assessor: Assessor, pathway: Pathway, draws: Draws) -> Labels:
    """One assessor's label for each patient, shape (n,), whether or not it is used."""
    luck = _luck(assessor, draws)
    true = draws.attributes[ACUITY_TRUE]
    labels = _look_up(assessor.matrix, true, luck)
    for attribute, tables in assessor.matrix.by_group.items():
        code = {name: number for number, name in enumerate(pathway.categories(attribute))}
        for category, table in tables.items():
            mine = draws.attributes[attribute] == code[category]
            labels[mine] = _look_up(table, true[mine], luck[mine])
    return labels


def _luck(assessor: Assessor, draws: Draws) -> Floats:
    """One standard normal number a patient: high luck errs down, low luck errs up. Shape (n,)."""
    luck = draws.normal(f"triage.private.{assessor.name}")
    rho = assessor.correlation.value
    if rho > 0:
        luck *= np.sqrt(1 - rho)
        luck += np.sqrt(rho) * draws.normal("triage.difficulty")
    return luck


def _look_up(table: Table, true: Labels, luck: Floats) -> Labels:
    """The first label whose running total exceeds the luck's probability; never one that the row gives no chance."""
    from scipy.special import ndtri

    shares = probabilities(table)
    totals = np.cumsum(shares, axis=1)
    # Rounding must not open the door to the impossible labels after a row's last possible one.
    after = np.cumsum(shares[:, ::-1], axis=1)[:, ::-1] - shares
    limits = np.where(after == 0, np.inf, ndtri(np.minimum(totals, 1)))
    labels: Labels = np.zeros(len(luck), dtype=np.int16)
    for limit in limits.T:
        labels += luck >= limit.take(true)
    return labels


def _in_streams(pathway: Pathway, draws: Draws, streams: Iterable[str]) -> NDArray[np.bool_]:
    known = pathway.categories(STREAM)
    return np.isin(draws.stream, [known.index(name) for name in streams])


def _minutes(policy: Policy, pathway: Pathway, draws: Draws) -> dict[str, Floats]:
    """The durations that change, by name, shape (repeats, n) each."""
    effect = policy.minutes
    if effect is None or policy.covers is None:
        return {}
    before = {name: draws.minutes[name] for name in effect.durations}
    total = np.sum(list(before.values()), axis=0)
    factor = effect.factor.value if effect.factor is not None else 1.0
    saved = effect.seconds_saved.value / SECONDS_PER_MINUTE if effect.seconds_saved is not None else 0.0
    floor = effect.never_below.value if effect.never_below is not None else 0.0
    wanted = np.maximum(total * factor - saved, total * floor)
    ratio = np.divide(wanted, total, out=np.ones_like(total), where=total > 0)
    covered = _in_streams(pathway, draws, policy.covers.minutes)
    return {name: np.where(covered, minutes * ratio, minutes) for name, minutes in before.items()}


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
        *_coverage_faults(policy, pathway, where),
        *_minutes_faults(policy, pathway, where),
        *_estimate_faults(policy, where),
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
    levels = pathway.categories(ACUITY_TRUE)
    groups = assessor.matrix.by_group
    faults = table_faults(assessor.matrix, f"{where}.matrix", levels)
    if len(groups) > 1:
        found = f"has tables by {len(groups)} attributes ({', '.join(groups)})"
        faults.append(Fault(f"{where}.matrix.by_group", found, "Choose one: a patient would belong to several tables"))
    for attribute, tables in groups.items():
        path = f"{where}.matrix.by_group.{attribute}"
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
                faults.append(_unknown(path, "category", category, known))
            faults += table_faults(table, f"{path}.{category}", levels)
    return faults


def _ai_faults(policy: Policy, where: str) -> list[Fault]:
    if policy.ai is None:
        stated = [name for name in ("role", "acceptance") if getattr(policy, name) is not None]
        return [
            Fault(f"{where}.{name}", "is stated but there is no ai", "Add an ai, or leave it out") for name in stated
        ]
    faults = []
    if policy.ai.name == policy.nurse.name:
        found = f"'{policy.ai.name}' is the nurse's name too, so both would have the same luck"
        faults.append(Fault(f"{where}.ai.name", found, "Give the ai a name of its own"))
    if policy.role is None:
        faults.append(Fault(f"{where}.role", "is missing", "Say whether the ai 'replaces' or 'advises' the nurse"))
    if policy.role == "advises" and policy.acceptance is None:
        faults.append(Fault(f"{where}.acceptance", "is missing", "Say how often an advised nurse takes the ai's label"))
    if policy.role == "replaces" and policy.acceptance is not None:
        faults.append(
            Fault(f"{where}.acceptance", "is stated for an ai that replaces", "Leave it out, or role: advises")
        )
    return faults


def _coverage_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    path, covers, known = f"{where}.covers", policy.covers, pathway.categories(STREAM)
    labels, minutes = (covers.labels, covers.minutes) if covers is not None else ((), ())
    faults = []
    for name, streams, what in (("labels", labels, policy.ai), ("minutes", minutes, policy.minutes)):
        effect = "an ai" if name == "labels" else "a minutes effect"
        if what is not None and not streams:
            faults.append(
                Fault(f"{path}.{name}", f"names no stream, but there is {effect}", "Name the streams it covers")
            )
        if what is None and streams:
            faults.append(Fault(f"{path}.{name}", f"names streams, but there is not {effect}", "Leave it out"))
        faults += [_unknown(f"{path}.{name}", "stream", each, known) for each in streams if each not in known]
    return faults


def _minutes_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    effect, path = policy.minutes, f"{where}.minutes"
    if effect is None:
        return []
    faults = []
    if effect.factor is None and effect.seconds_saved is None:
        faults.append(Fault(path, "has neither a factor nor seconds_saved", "State at least one"))
    if effect.seconds_saved is not None and effect.never_below is None:
        remedy = "Say below which share of a patient's minutes seconds_saved may not go"
        faults.append(Fault(f"{path}.never_below", "is missing", remedy))
    if not effect.durations or len(set(effect.durations)) < len(effect.durations):
        faults.append(
            Fault(f"{path}.durations", f"is {list(effect.durations)}", "Name each duration once, at least one")
        )
    known = pathway.durations
    unknown = [name for name in effect.durations if name not in known]
    faults += [_unknown(f"{path}.durations", "duration", name, known) for name in unknown]
    if not unknown and len({known[name].repeats for name in effect.durations}) > 1:
        found = f"{', '.join(effect.durations)} have different numbers of repeats"
        faults.append(Fault(f"{path}.durations", found, "Name durations of the same step"))
    return faults


def _estimate_faults(policy: Policy, where: str) -> list[Fault]:
    """Numbers outside their own range, and assumptions without one."""
    faults = []
    for path, estimate in _estimates(policy):
        if estimate.range is None:
            if estimate.mark == "assumed":
                faults.append(
                    Fault(f"{where}.{path}.range", "is missing", "An assumed number says what range to sweep")
                )
        elif not estimate.range[0] <= estimate.value <= estimate.range[1]:
            found = f"{estimate.value} is outside its own range {list(estimate.range)}"
            faults.append(Fault(f"{where}.{path}", found, "Change the value or the range"))
    return faults


def _estimates(policy: Policy) -> list[tuple[str, Estimate]]:
    """Every number of a policy that states a provenance, by its path."""
    effect = policy.minutes
    found: dict[str, Estimate | None] = {
        "nurse.correlation": policy.nurse.correlation,
        "ai.correlation": policy.ai.correlation if policy.ai is not None else None,
        "acceptance": policy.acceptance,
        "minutes.factor": effect.factor if effect is not None else None,
        "minutes.seconds_saved": effect.seconds_saved if effect is not None else None,
        "minutes.never_below": effect.never_below if effect is not None else None,
        "price_per_attendance": policy.price_per_attendance,
        "cost_per_year": policy.cost_per_year,
    }
    return [(path, estimate) for path, estimate in found.items() if estimate is not None]


def _unknown(where: str, what: str, name: str, known: Iterable[str]) -> Fault:
    return Fault(where, f"unknown {what} '{name}'", nearest(name, known).rstrip("."))
