"""How often labels are too low before anything is simulated: of nurses, and of the product as it is used, by what
agreement with nurses may mean. Patients are those of whom the board's page speaks: the sickest who come to triage."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from simulation.config.dotted import Raw
from simulation.config.files import copied
from simulation.config.policies import policy_made_of
from simulation.department.vocabulary import ACUITY_TRUE, Pathway
from simulation.errors import Faults
from simulation.explain.label_mix import uncovered_sources
from simulation.offers.product import ARM, OfferedProduct
from simulation.patients import DAYS_IN_YEAR, draw
from simulation.study.study import Study
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import N_HIGH
from simulation.triage.policy import Policy

UNDER_TRIAGE = "under_triage_1_2_share"
RECOGNISED = "recognised"
"""Patients who are taken straight to a resuscitation bay, and not triaged."""
TIES: Mapping[float, str] = {
    -1: "only where nurses are right (the other way)",
    0: "whoever is right",
    0.5: "half way",
    1: "only where nurses are wrong (kind to it)",
}
"""Where the product may differ from nurses, by the correlation of its departures with their errors."""
NAIVE = "read as accuracy, which agreement is not"
AS_ANSWERED = "as answered"


def readings(product: OfferedProduct) -> Iterator[tuple[str, Raw]]:
    """The ways to read what was answered of its labels, and the policy of each: one, or those of `TIES` and the naive
    one."""
    policy = product.policy()
    if not product.with_nurses:
        yield AS_ANSWERED, policy
        return
    for tie, words in TIES.items():
        tied = copied(policy)
        tied["ai"]["with_nurse"]["correlation"]["value"] = tie
        yield words, tied
    naive, beside = copied(policy), policy["ai"]["with_nurse"]
    stated = {"evidence": "assumed", "source": "read as if nurses were never wrong"}
    ai = {"name": product.name, "correlation": naive["ai"]["correlation"]}
    if "counts" in beside:
        ai["matrix"] = {"counts": beside["counts"], **stated}
    else:
        ai["agreement"] = {"exact_share": beside["agree_share"], "under_share": beside["lower_share"], **stated}
    yield NAIVE, {**naive, "ai": ai}


def label_lines(study: Study, product: OfferedProduct) -> Iterator[str]:
    """Lines on the share of the sickest at triage who get too low a level, without the product and with it."""
    if not product.labels:
        return
    arm, nurses = study.arm(ARM), study.baseline.policy
    without = uncovered_sources(arm.policy, arm.pathway)
    mix, others = _sickest_at_triage(arm.pathway, without, study.run.seed)
    before = _too_low([(nurses, mix, 1.0), (nurses, others, 1.0)])
    margin = next((one.margin for one in study.design.margins if one.measure == UNDER_TRIAGE), None)
    limit = "" if margin is None else f"; the limit is {100 * (before + margin):.1f} %"
    differs = "differs from nurses" if product.with_nurses else "works"
    yield (
        f"The sickest (levels 1 and 2) who get too low a level at triage: about {100 * before:.1f} % today{limit}. "
        f"With the product, if it {differs}"
    )
    for words, raw in readings(product):
        faults = Faults()
        made = policy_made_of({"triage": raw, "nurse": copied(study.resolved["nurse"])}, "triage", "nurse", faults)
        if made is None:
            yield f"{words}: no such table ({faults[0].found})"
            continue
        share = product.values.get("used_share", 0.55)
        after = _too_low([(made.policy, mix, share), (nurses, mix, 1 - share), (nurses, others, 1.0)])
        beyond = "" if margin is None or after - before <= margin else ", above the limit"
        yield f"{words}: {100 * after:.1f} %{beyond}"


def _sickest_at_triage(pathway: Pathway, without: Collection[str], seed: int) -> Iterator[list[int]]:
    """The patients of a drawn year of true levels 1 and 2 who come to triage, by true level: those whom the product is
    for, then those of the sources `without` it."""
    drawn = draw(pathway, seed=seed, replication=0, days=DAYS_IN_YEAR)
    true, levels = drawn.attributes[ACUITY_TRUE], pathway.categories(ACUITY_TRUE)
    sickest = (true < N_HIGH) & (drawn.attributes[RECOGNISED] == pathway.categories(RECOGNISED).index("no"))
    for is_without in (False, True):
        wanted = [source.attends and (name in without) is is_without for name, source in pathway.arrivals.items()]
        of_them = np.array([*wanted, *[False] * len(pathway.present)])[drawn.arrival_source]
        yield np.bincount(true[sickest & of_them], minlength=len(levels)).tolist()


def _too_low(parts: Sequence[tuple[Policy, Sequence[int], float]]) -> float:
    """The share with a label too low; of each part: policy, patients by true level, the share of them it labels."""
    counted = [
        (share * sum(mix), label_accuracy(policy, mix)["under_share"]) for policy, mix, share in parts if sum(mix)
    ]
    n_all = sum(n for n, _ in counted)
    return sum(n * low for n, low in counted) / n_all if n_all else 0.0
