"""How often labels are too low before anything is simulated: of nurses, and of the product as it is used, by what
agreement with nurses may mean. Patients are those of whom the board's page speaks: the sickest who come to triage."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from simulation.config.arms import policy_made_of
from simulation.config.dotted import Raw, lay_over
from simulation.config.ensembles import EnsembleDepartments
from simulation.config.files import copied
from simulation.department.vocabulary import ACUITY_TRUE, Pathway
from simulation.errors import Faults
from simulation.offers.product import ARM, DRAWN, OfferedProduct
from simulation.patients import DAYS_IN_YEAR, draw
from simulation.study.study import Study
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import N_HIGH
from simulation.triage.people import mask_reached, sources_labelled
from simulation.triage.policy import Policy
from simulation.wording import digits_apart

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
SAME = 1e-10
"""Shares that differ by no more are the same but for the order of sums; they are printed with nine decimals at most."""


def readings(policy: Raw) -> Iterator[tuple[str, Raw]]:
    """The ways to read a policy's labels, and the policy of each: one, or those of `TIES` and the naive one."""
    ai: Raw = {**policy["ai"]}
    beside = ai.pop("with_nurse", None)
    if beside is None:
        yield AS_ANSWERED, policy
        return
    for tie, words in TIES.items():
        tied = copied(policy)
        tied["ai"]["with_nurse"]["correlation"]["value"] = tie
        yield words, tied
    stated = {"evidence": "assumed", "source": "read as if nurses were never wrong"}
    if "counts" in beside:
        ai["matrix"] = {"counts": beside["counts"], **stated}
    else:
        shares = {"exact_share": beside["agree_share"], "under_share": beside["lower_share"]}
        ai["agreement"] = {**shares, **stated}
    yield NAIVE, {**policy, "ai": ai}


def label_lines(study: Study, product: OfferedProduct) -> tuple[list[str], float | None]:
    """Lines on the share of the sickest at triage who get too low a level, without the product and with it: means over
    the departments; then that share if it differs from nurses only where they are right, where that is a reading."""
    if not product.values.labels:
        return [], None
    arm = study.arm(ARM)
    mixes = tuple(_sickest_at_triage(arm.pathway, arm.policy, study.run.seed))
    before, after, impossible = dict[int, float](), dict[str, list[float]](), dict[str, str]()
    for number, (policy, nurse) in enumerate(_in_departments(study, product)):
        for words, raw in readings(policy):
            faults = Faults()
            made = policy_made_of(
                {"triage": raw, "nurse": copied(nurse)}, "triage", "nurse", faults
            )
            if made is None:
                impossible[words] = faults[0].found
                continue
            with_it, nurses = made.policy, replace(made.policy, ai=None, beside_nurse=None)
            share = policy["covers"]["share"]["value"]
            after.setdefault(words, []).append(_too_low((with_it, nurses, nurses), mixes, share))
            if number not in before:
                before[number] = _too_low((nurses, nurses, nurses), mixes, share)
    today = fmean(before.values())
    margins = [one.margin for one in study.design.margins if one.measure == UNDER_TRIAGE]
    limit = today + min(margins, default=math.inf)
    means = {words: fmean(shares) for words, shares in after.items()}
    # so many digits that which is more is seen
    digits = max((digits_apart(100 * mean, 100 * limit, 1) for mean in means.values()), default=1)
    limit_words = f"; the limit is {100 * limit:.{digits}f} %" if margins else ""
    differs = "differs from nurses" if product.values.agrees_with_nurses else "works"
    lines = [
        f"Too low a level for the sickest (levels 1-2) at triage: about {100 * today:.{digits}f} % today{limit_words}. "
        f"With it, if it {differs}"
    ]
    for words, mean in means.items():
        above = ", above the limit" * (mean > limit + SAME)
        lines.append(f"{words}: {100 * mean:.{digits}f} %{above}")
    lines += [f"{words}: no such table ({found})" for words, found in impossible.items()]
    return lines, means.get(TIES[-1])


def _in_departments(study: Study, product: OfferedProduct) -> Iterator[tuple[Raw, Raw]]:
    """Policy and nurses of each department: what was left blank differs in them."""
    departments = study.departments
    assert isinstance(departments, EnsembleDepartments)
    drawn = departments.varied_values
    for number in range(len(departments)):
        raw = {"triage": {product.name: product.policy()}, "nurse": copied(study.resolved["nurse"])}
        for key in product.blanks:
            path = product.path(key)
            lay_over(raw, path.split("."), drawn[DRAWN[key][0]][number], path, Faults())
        yield raw["triage"][product.name], raw["nurse"]


def _sickest_at_triage(pathway: Pathway, policy: Policy, seed: int) -> Iterator[list[int]]:
    """The patients of a drawn year of true levels 1 and 2 who come to triage, by true level: those whom the policy's
    tool is for, then the others."""
    drawn = draw(pathway, seed=seed, replication=0, days=DAYS_IN_YEAR)
    true, levels = drawn.attributes[ACUITY_TRUE], pathway.categories(ACUITY_TRUE)
    sickest = (true < N_HIGH) & (
        drawn.attributes[RECOGNISED] == pathway.categories(RECOGNISED).index("no")
    )
    attends = [source.attends for source in pathway.arrivals.values()]
    sickest &= np.array([*attends, *[False] * len(pathway.present)])[drawn.arrival_source]
    covered = np.ones_like(sickest)
    if covers := policy.covers:
        sources = sources_labelled(covers, pathway)
        covered = mask_reached(pathway, drawn.attributes, sources, covers.only)
    for of_them in (covered, ~covered):
        yield np.bincount(true[sickest & of_them], minlength=len(levels)).tolist()


def _too_low(policies: Sequence[Policy], mixes: Sequence[Sequence[int]], share: float) -> float:
    """The share with a label too low. policies: of those for whom it is used, of the others whom it is for, and of the
    rest; mixes: by true level, of those whom it is for, and of the rest; share: for whom of the former it is used."""
    n_all = n_low = 0.0
    for policy, mix, part in zip(
        policies, (mixes[0], *mixes), (share, 1 - share, 1.0), strict=True
    ):
        if n := part * sum(mix):
            n_all += n
            n_low += n * label_accuracy(policy, mix)["under_share"]
    return n_low / n_all if n_all else 0.0
