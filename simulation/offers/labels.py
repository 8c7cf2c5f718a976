"""How often labels are too low before anything is simulated: of nurses, and of the product as it is used, by what
agreement with nurses may mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from simulation.config.dotted import Raw
from simulation.config.files import copied
from simulation.config.policies import policy_made_of
from simulation.errors import Faults
from simulation.explain.label_mix import case_mix, uncovered_sources
from simulation.offers.product import OfferedProduct
from simulation.study.study import Study
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import N_HIGH
from simulation.triage.policy import Policy

UNDER_TRIAGE = "under_triage_1_2_share"
TIES: Mapping[float, str] = {
    -1: "it departs where nurses are right (the other way)",
    0: "it departs whoever is right (no correlation)",
    0.5: "half way",
    1: "it departs only where nurses are wrong (kind to it)",
}
"""What agreement with nurses may mean, by the correlation of its departures with their errors."""
NAIVE = "the naive reading: agreement taken for accuracy"


def readings(product: OfferedProduct) -> Iterator[tuple[str, Raw]]:
    """The ways to read what was answered of its labels, and the policy of each: one, or those of `TIES` and the naive
    one."""
    policy = product.policy()
    if not product.with_nurses or "correlation" in product.values:
        yield "as answered", policy
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
    """Lines on the share of true levels 1-2 with a label too low, among everybody, without the product and with it."""
    if not product.labels:
        return
    arm, nurses = study.arm(product.name), study.baseline.policy
    without = uncovered_sources(arm.policy, arm.pathway)
    used = [name for name, source in arm.pathway.arrivals.items() if source.attends and name not in without]
    mix, others = case_mix(arm.pathway, used), case_mix(arm.pathway, without)
    if mix is None or others is None:
        return
    margin = next((one.margin for one in study.design.margins if one.measure == UNDER_TRIAGE), None)
    before = _too_low([(nurses, mix, 1.0), (nurses, others, 1.0)])
    yield f"True levels 1-2 labelled too low, among everybody: {100 * before:.1f} % today. With the product, if"
    for words, raw in readings(product):
        faults = Faults()
        made = policy_made_of({"triage": raw, "nurse": copied(study.resolved["nurse"])}, "triage", "nurse", faults)
        if made is None:
            yield f"{words}: no such table ({faults[0].found})"
            continue
        share = product.values.get("used_share", 0.55)
        after = _too_low([(made.policy, mix, share), (nurses, mix, 1 - share), (nurses, others, 1.0)])
        beyond = "" if margin is None else f": {'fails' if after - before > margin else 'passes'}"
        limit = "" if margin is None else f" the limit of {100 * margin:g} point more"
        yield f"{words}: {100 * after:.1f} %{beyond}{limit}"


def _too_low(parts: Sequence[tuple[Policy, Sequence[float], float]]) -> float:
    """The share of true levels 1-2 with a label too low; of each part: policy, patients by true level, their share."""
    n_all = n_low = 0.0
    for policy, mix, share in parts:
        urgent = [number if level < N_HIGH else 0.0 for level, number in enumerate(mix)]
        if sum(urgent) and share:
            n_all += share * sum(urgent)
            n_low += share * sum(urgent) * label_accuracy(policy, urgent)["under_share"]
    return n_low / n_all if n_all else 0.0
