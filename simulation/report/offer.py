"""What an offered product's numbers come to before any simulation: how often nurses, the product and both together
label rightly, what it costs a year, and what it takes off triage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from simulation.display.table import lines_of
from simulation.display.words import cost_in_short
from simulation.explain.arm_changes import arm_changes
from simulation.explain.costs import cost_of
from simulation.explain.label_mix import case_mix, uncovered_sources
from simulation.statistics.verdict import threshold
from simulation.study.study import ReadyArm, Study
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import N_HIGH
from simulation.triage.policy import Policy
from simulation.triage.unlike_patients import unlike_patients

UNDER_TRIAGE = "under_triage_1_2_share"
EVERYBODY = "Of everybody"
USUAL_PRICES = (0.10, 20.0)
"""Pounds an attendance outside which a price is probably in another unit. A judgement."""
USUAL_SECONDS = (2.0, 300.0)
"""Seconds saved, or lost, outside which the figure is probably in another unit. A judgement."""
Shares = tuple[float, float, float, float]
"""Shares of labels that are right, too low and too high, and the share too low of true levels 1-2."""


def offer_lines(study: Study, name: str) -> Iterator[str]:
    """Lines on how often nurses, a product that labels, and both together are right, then what makes that doubtful.

    At the department's mix of true levels, of those for whom the product is used and of everybody.
    """
    arm = study.arm(name)
    tables = dict(_tables(study, arm))
    if tables:
        yield "What the tables say, before anything is simulated:"
        yield from _table(tables)
        yield from lines_of(
            "Under-triage is a label less urgent than the truth, over-triage one more urgent. Figures are for this "
            f"department's mix of true levels.{_limit(study, tables)}"
        )
    for warning in unlike_patients(arm.policy, arm.pathway):
        yield from lines_of(f"Check: {warning}.")


def size_lines(study: Study, name: str) -> Iterator[str]:
    """Lines on what a product costs a year and what it takes off triage, and warnings of units that look wrong."""
    policy = study.arm(name).policy
    price, cost = policy.price_per_attendance, cost_of(study.arm(name))
    if price is not None and price.value and cost is not None:
        n = cost.pounds / price.value
        yield from lines_of(
            f"Price: £{price.value:,.2f} x {n:,.0f} attendances for which it is used = "
            f"{cost_in_short(cost.pounds)} a year."
        )
        if not USUAL_PRICES[0] <= price.value <= USUAL_PRICES[1]:
            yield from lines_of("Check: is that price in pounds, and for one attendance (price_per_attendance)?")
    for effect in policy.effects:
        if effect.seconds_saved is None:
            continue
        seconds = effect.seconds_saved.value
        (changed,) = arm_changes(study, [name])
        words = "; ".join(change.words for change in changed.changes if change.kind == "minutes")
        less = "less" if seconds > 0 else "more"
        yield from lines_of(
            f"Time: {abs(seconds):g} s {less} at triage: {words or 'no patient here has such minutes'}."
        )
        if not USUAL_SECONDS[0] <= abs(seconds) <= USUAL_SECONDS[1]:
            yield from lines_of("Check: is that time in seconds, and for one patient (seconds_saved)?")


def _tables(study: Study, arm: ReadyArm) -> Iterator[tuple[str, dict[str, Shares]]]:
    """Which patients a table is about, and its shares by who labels; none where the product does not label or the mix
    of levels is not known."""
    nurses, policy, pathway = study.baseline.policy, arm.policy, arm.pathway
    without = uncovered_sources(policy, pathway)
    used = [name for name, source in pathway.arrivals.items() if source.attends and name not in without]
    mix, others = case_mix(pathway, used), case_mix(pathway, without)
    if mix is None or others is None or policy.ai is None:
        return
    labelling = {"nurses": nurses, f"{arm.name} alone": replace(policy, role="replaces", acceptance=None)}
    if policy.acceptance is not None:
        labelling[f"nurses advised by {arm.name}"] = policy
    whom = f"Patients for whom it is used ({', '.join(used).replace('_', ' ')})" if without else EVERYBODY
    yield whom, {words: _shares((labels, mix)) for words, labels in labelling.items()}
    if without:
        before, after = _shares((nurses, mix), (nurses, others)), _shares((policy, mix), (nurses, others))
        yield EVERYBODY, {"nurses": before, f"with {arm.name}": after}


def _shares(*parts: tuple[Policy, Sequence[float]]) -> Shares:
    """The shares over all `parts` together; each is a policy, and the patients whom it labels by true level."""
    counts = np.zeros(4)
    n_all = n_urgent = 0.0
    for policy, mix in parts:
        urgent = [number if level < N_HIGH else 0.0 for level, number in enumerate(mix)]
        if not sum(mix):
            continue
        accuracy = label_accuracy(policy, mix)
        counts[:3] += sum(mix) * np.array([accuracy["exact_share"], accuracy["under_share"], accuracy["over_share"]])
        n_all += sum(mix)
        if sum(urgent):
            counts[3] += sum(urgent) * label_accuracy(policy, urgent)["under_share"]
            n_urgent += sum(urgent)
    right, too_low, too_high, urgent_too_low = (counts / [n_all, n_all, n_all, n_urgent or 1.0]).tolist()
    return right, too_low, too_high, urgent_too_low


def _table(tables: Mapping[str, Mapping[str, Shares]]) -> Iterator[str]:
    headers = ("right", "under-triage", "over-triage", "under-triage, levels 1-2")
    width = max(len(words) for rows in tables.values() for words in rows)
    yield f"    {'':<{width}}  {'  '.join(f'{header:>8}' for header in headers)}"
    for whom, rows in tables.items():
        yield f"  {whom}:"
        for words, shares in rows.items():
            cells = [f"{100 * share:.1f} %" for share in shares]
            yield f"    {words:<{width}}  " + "  ".join(
                f"{cell:>{max(8, len(header))}}" for cell, header in zip(cells, headers, strict=True)
            )


def _limit(study: Study, tables: Mapping[str, Mapping[str, Shares]]) -> str:
    """The study's limit on under-triage of levels 1-2, and the shares before and after, of everybody."""
    margin = next((margin.margin for margin in study.design.margins if margin.measure == UNDER_TRIAGE), None)
    if margin is None:
        return ""
    before, *_, after = (f"{100 * shares[3]:.1f} %" for shares in tables[EVERYBODY].values())
    return (
        f" The study's limit is {threshold(margin, 'share')} more under-triage of levels 1-2 among everybody: here "
        f"from {before} to {after}. The simulated figure, among those who are triaged, differs slightly."
    )
